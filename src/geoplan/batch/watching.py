"""What a run shows while it goes on: bars on a terminal, plain lines elsewhere, JSON lines for a program."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import sys
from collections import Counter
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from geoplan.batch.job import Outcome, Step, plain
from geoplan.errors import GeoplanError, UsageError
from geoplan.model import words
from geoplan.text import number, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from rich.progress import TaskID

    from geoplan.batch.run import Event
    from geoplan.errors import Lang

_STEPS: Final = {
    "open": words("mở dữ liệu", "opening"),
    "assess": words("tính và đánh giá", "measuring and judging"),
    "map": words("bản đồ", "map"),
    "workbook": words("sổ Excel", "workbook"),
    "reports": words("báo cáo", "reports"),
}
STATES: Final = {
    "built": words("đã dựng", "built"),
    "kept": words("giữ nguyên, không có gì thay đổi", "kept, nothing changed"),
    "broken": words("hỏng", "broken"),
    "halted": words("dừng", "halted"),
}
_ALL: Final = words("tất cả", "all")
_CITIES: Final = words("đô thị", "cities")
_SECONDS: Final = words("giây", "s")


@contextmanager
def watching(*, lang: Lang, steps: int, log: Path | str | None = None) -> Iterator[Callable[[Event], None]]:
    """Something to give to `geoplan.batch.run.run` as its `watch`.

    Parameters
    ----------
    lang
        Of the words.
    steps
        How many steps a city has.
    log
        A file to add lines of JSON to, or ``-`` for the standard output: an object an event.
    """
    with contextlib.ExitStack() as stack:
        shown: list[Callable[[Event], None]] = []
        if log is not None:
            shown.append(stack.enter_context(_json_lines(log, lang)))
        show = _bars(lang, steps) if sys.stderr.isatty() else contextlib.nullcontext(_lines(lang))
        shown.append(stack.enter_context(show))

        def watch(event: Event) -> None:
            for each in shown:
                each(event)

        yield watch


def _lines(lang: Lang) -> Callable[[Event], None]:
    """A line a city."""

    def show(event: Event) -> None:
        if isinstance(event.what, Outcome):
            sys.stderr.write(_line(event.what, event.done, event.of, lang) + "\n")
            sys.stderr.flush()

    return show


def _line(outcome: Outcome, done: int, of: int, lang: Lang) -> str:
    text = STATES[outcome.state].text(lang)
    if outcome.state == "built":
        text += f", {number(outcome.seconds, digits=1, lang=lang)} {_SECONDS.text(lang)}"
    if outcome.sentence is not None:
        text += f": {outcome.sentence.text(lang)}"
    return one_line(f"[{done:>{len(str(of))}}/{of}] {outcome.city}: {text}")


@contextmanager
def _bars(lang: Lang, steps: int) -> Iterator[Callable[[Event], None]]:
    """A bar for all, and one for each city that is being built; what is broken stays as a line."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        whole = bars.add_task(_ALL.text(lang), total=None)
        tasks: dict[str, TaskID] = {}

        def show(event: Event) -> None:
            what = event.what
            bars.update(whole, completed=event.done, total=event.of)
            if isinstance(what, Step):
                name = _STEPS[what.name].text(lang) if what.name in _STEPS else what.name
                text = escape(one_line(f"{what.city}: {name}"))
                if what.city not in tasks:
                    tasks[what.city] = bars.add_task(text, total=steps)
                else:
                    bars.update(tasks[what.city], description=text, advance=1)
                return
            if what.city in tasks:
                bars.remove_task(tasks.pop(what.city))
            if what.sentence is not None:
                bars.console.print(escape(_line(what, event.done, event.of, lang)))

        yield show


@contextmanager
def _json_lines(log: Path | str, lang: Lang) -> Iterator[Callable[[Event], None]]:
    with contextlib.ExitStack() as stack:
        stream: IO[str] = sys.stdout if str(log) == "-" else stack.enter_context(_added_to(log))

        def write(content: dict[str, Any]) -> None:
            at = dt.datetime.now().astimezone().isoformat(timespec="milliseconds")
            stream.write(json.dumps({"at": at, **content}, ensure_ascii=False, allow_nan=False) + "\n")
            stream.flush()

        def show(event: Event) -> None:
            what = event.what
            if isinstance(what, Step):
                write({"event": "step", "city": what.city, "step": what.name})
            else:
                write({"event": "city", "done": event.done, "of": event.of, **plain(what, lang)})

        write({"event": "start"})
        try:
            yield show
        except BaseException as error:
            sentence = error.sentence(lang) if isinstance(error, GeoplanError) else type(error).__name__
            write({"event": "stopped", "sentence": sentence})
            raise
        write({"event": "end"})


def _added_to(log: Path | str) -> IO[str]:
    try:
        return open(log, "a", encoding="utf-8", newline="\n")  # noqa: PTH123 - the caller's stack closes it
    except OSError as error:
        raise UsageError(
            vi=f"{log}: không ghi được nhật ký ({error.strerror}).",
            en=f"{log}: cannot write the log ({error.strerror}).",
        ) from error


def total(outcomes: Sequence[Outcome], lang: Lang = "vi") -> str:
    """How many cities were built, kept and broken, in a line."""
    counts = Counter(outcome.state for outcome in outcomes)
    parts = [f"{STATES[state].text(lang)}: {counts[state]}" for state in ("built", "kept", "broken")]
    return f"{len(outcomes)} {_CITIES.text(lang)} – {'; '.join(parts)}"
