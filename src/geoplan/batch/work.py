"""Building one city in a worker: everything into a folder of the run, then into its place."""

from __future__ import annotations

import errno
import json
import shutil
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING, Any, Final

import shapely

from geoplan import workspace
from geoplan.assessment import assess
from geoplan.batch.job import Outcome
from geoplan.batch.state import FOLDER, code_version, names_beside, state_path
from geoplan.batch.writers import MAP, WORKBOOK, report_files, writers
from geoplan.errors import GeoplanError, listening
from geoplan.intake.read import sha256
from geoplan.model import words
from geoplan.scenario.records import records
from geoplan.show.index import index_card
from geoplan.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geoplan.assessment import Assessment
    from geoplan.batch.job import Job
    from geoplan.city import City
    from geoplan.model import Words

_HALTS: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
"""What the machine refuses to every city after the first."""
_ONE: Final = threading.Lock()
"""Threads of one process, as a Dask worker has, build one after the other: matplotlib is for one."""
_OTHER_CODE: Final = words(
    "geoplan đã thay đổi trong khi chạy, hoặc máy thực hiện dùng bản khác; hãy cài cùng một bản trên mọi máy "
    "rồi chạy lại với --resume.",
    "geoplan changed during the run, or a worker has another version; install the same one on all machines, "
    "then run again with --resume.",
)
_LONGEST_ERROR: Final = 300
_OUTLINE_TOLERANCE: Final = 0.0005
"""Degrees, about 50 m: the outline is for the map of all cities, no figure comes from it."""


def build_city(job: Job, step: Callable[[str], None] | None = None) -> Outcome:
    """Build one city; whatever goes wrong with it is in the outcome, and leaves its files as they were.

    Parameters
    ----------
    job
        Which city, how, and where to.
    step
        Called with the name of each step when it begins.
    """
    began = time.monotonic()
    if job.code != code_version():
        return Outcome(city=job.city, state="halted", sentence=_OTHER_CODE)
    with _ONE, listening() as heard:
        try:
            _build(job, step or (lambda _: None))
        except Exception as error:  # noqa: BLE001 - one broken city stops nothing; the outcome says what it was
            return _failed(job, error, time.monotonic() - began)
        finally:
            shutil.rmtree(job.staging / job.city, ignore_errors=True)
    notes = tuple(words(note.vi, note.en) for note in heard)
    seconds = time.monotonic() - began
    return Outcome(city=job.city, state="built", seconds=seconds, peak_kb=peak_kb(), notes=notes)


def _build(job: Job, step: Callable[[str], None]) -> None:
    place, options = job.place, job.options
    step("open")
    beside = names_beside(place)
    city = workspace.open_city(place.city, on=options.on, workspace=place.home, rulebooks=options.rulebooks)
    inputs = workspace.input_files(city, workspace=place.home)
    step("assess")
    result = assess(city)
    draft = job.staging / job.city
    files: dict[str, str] = {}
    for name, writer in writers(city.id, options):
        step(name)
        for file in writer.files:
            (draft / file).parent.mkdir(parents=True, exist_ok=True)
        writer.write(result, draft, options.lang)
        files |= {file: sha256(draft / file) for file in writer.files}
    state = {**_entry(result, job, files), "inputs": inputs, "beside": beside, **_numbers(result)}
    note = draft / FOLDER / state_path(job.out, job.city).name
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(json.dumps(state, ensure_ascii=False, allow_nan=False), encoding="utf-8", newline="\n")
    for file in files:
        (job.out / file).parent.mkdir(parents=True, exist_ok=True)
        (draft / file).replace(job.out / file)
    note.replace(state_path(job.out, job.city))


def _entry(result: Assessment, job: Job, files: dict[str, str]) -> dict[str, Any]:
    """What the manifest says of a city."""
    lang, name = job.options.lang, result.city.id
    card = index_card(
        result,
        map_file=MAP.format(name),
        workbook=WORKBOOK.format(name),
        reports=report_files(name, job.options),
        lang=lang,
    )
    return {
        "city": name,
        "on": result.on.isoformat(),
        "lang": lang,
        "standing": {key: layer.standing for key, layer in result.city.in_use.items()},
        "files": files,
        "card": card,
        "code": job.code,
        "options": job.options.recorded(),
    }


def _numbers(result: Assessment) -> dict[str, Any]:
    """What the manifest leaves out: the outline for the map of all cities, every figure and verdict."""
    return {"outline": _outline(result.city), "records": records(result)}


def _outline(city: City) -> dict[str, Any] | None:
    """The outline of all units as GeoJSON in EPSG:4326, simplified; None when no unit is drawn."""
    shapes = city.communes.geometry.dropna()
    whole = shapely.union_all(shapely.make_valid(shapes.to_numpy()))
    if whole.is_empty:
        return None
    simple = shapely.simplify(whole, _OUTLINE_TOLERANCE)
    fine = shapely.set_precision(simple, 1e-5)
    content: dict[str, Any] = json.loads(shapely.to_geojson(whole if fine.is_empty else fine))
    return content


def _failed(job: Job, error: Exception, seconds: float) -> Outcome:
    """The outcome of a city that could not be built."""
    stop = halted(str(job.out), error)
    if stop is not None:
        return Outcome(city=job.city, state="halted", sentence=stop, seconds=seconds)
    sentence, trace = _sentence(error), ""
    if not isinstance(error, GeoplanError):
        trace = "".join(traceback.format_exception(error))
    return Outcome(
        city=job.city, state="broken", sentence=sentence, trace=trace, seconds=seconds, peak_kb=peak_kb()
    )


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and those that it came from, also those that a library has put into its own."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        one = waiting.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [
                one.__cause__,
                one.__context__,
                *(a for a in one.args if isinstance(a, BaseException)),
            ]


def hush(unraisable: Any) -> None:
    """What a file says that cannot even be closed on a full disk, which the outcome says already."""
    error = unraisable.exc_value
    if not (isinstance(error, OSError) and error.errno in _HALTS):
        sys.__unraisablehook__(unraisable)


def halted(out: str, error: BaseException) -> Words | None:
    """Why no city can be written any more, in a sentence; None when an error says no such thing."""
    refused = next((e for e in _chain(error) if isinstance(e, OSError) and e.errno in _HALTS), None)
    if refused is None:
        return None
    if refused.errno == errno.EROFS:
        return words(
            f"{out}: không ghi được nữa ({refused.strerror}); hãy kiểm tra ổ đĩa rồi chạy lại với --resume.",
            f"{out}: nothing can be written any more ({refused.strerror}); look at the disk, then run again "
            "with --resume.",
        )
    return words(
        f"{out}: đĩa đã đầy ({refused.strerror}); hãy giải phóng dung lượng rồi chạy lại với --resume, "
        "mọi tệp đã ghi đều nguyên vẹn.",
        f"{out}: the disk is full ({refused.strerror}); make room and run again with --resume; every file "
        "that was written is whole.",
    )


def _sentence(error: Exception) -> Words:
    if isinstance(error, GeoplanError):
        return words(error.vi, error.en)
    if isinstance(error, MemoryError):
        return words(
            "Không đủ bộ nhớ cho thành phố này; hãy bớt --jobs hoặc dùng máy có nhiều bộ nhớ hơn.",
            "Not enough memory for this city; lower --jobs, or take a machine with more memory.",
        )
    said = one_line(str(error))[:_LONGEST_ERROR]
    what = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return words(
        f"Lỗi ngoài dự kiến ({what}); hãy gửi dòng này kèm --json-log cho người phát triển.",
        f"An error that was not foreseen ({what}); send this line with the --json-log to the developers.",
    )


def peak_kb() -> int:
    """The most memory that this process has had, in kB; 0 where the system does not tell."""
    if sys.platform == "win32":
        return 0
    import resource  # noqa: PLC0415 - not on every system

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 1024 if sys.platform == "darwin" else most
