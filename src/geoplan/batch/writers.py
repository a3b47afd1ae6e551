"""What is written of a city: the map, the workbook, and the report formats that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.show import explore, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geoplan.assessment import Assessment
    from geoplan.batch.job import Options
    from geoplan.errors import Lang


@dataclass(frozen=True)
class Writer:
    """A file of a city: its path in the folder of results, with ``{city}`` in it, and what writes it."""

    file: str
    write: Callable[[Assessment, Path, Lang], None]


def _map(result: Assessment, path: Path, lang: Lang) -> None:
    explore(result, lang=lang).save(path)


def _workbook(result: Assessment, path: Path, lang: Lang) -> None:
    write_workbook(result, path, lang=lang)


def _report(result: Assessment, path: Path, lang: Lang) -> None:
    from geoplan.show.report import report  # noqa: PLC0415 - Word and typst only where they are asked for

    report(result, path, lang=lang)


ALWAYS: Final = {"map": Writer("{city}.html", _map), "workbook": Writer("reports/{city}.xlsx", _workbook)}
"""Made for every city: the pages link them."""

REPORTS: Final = {kind: Writer(f"reports/{{city}}.{kind}", _report) for kind in ("docx", "pdf", "html")}
"""Made when ``--format`` names them, such as ``docx``."""


def writers(options: Options) -> Iterator[tuple[str, Writer]]:
    """Name and writer of every file of a city, in the order in which they are written."""
    yield from ALWAYS.items()
    for name in options.formats:
        yield name, REPORTS[name]
