"""A run: every city that changed is built, the others are kept, and the pages over all are written.

It may be killed at any moment. A city's files move into place when all of them are written, its
state after them; what a killed run leaves in its own folder is removed by the next.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.batch.cluster import build_there
from geoplan.batch.job import Job, Options, Outcome, Place, Step, plan_of, planned
from geoplan.batch.lock import only_run
from geoplan.batch.pool import build_here
from geoplan.batch.state import FOLDER, RUN, code_version, read_json, unchanged
from geoplan.batch.summary import write_summary
from geoplan.batch.work import halted
from geoplan.errors import GeoplanError
from geoplan.exports.atomic import beside

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

_WORK: Final = "_work"


class HaltedError(GeoplanError, OSError):
    """The machine refuses every further city; what is written is whole, and a run can go on from it."""

    def __str__(self) -> str:
        return self.vi


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a run did: an outcome a city in the order of their ids, and the files over all cities."""

    outcomes: tuple[Outcome, ...]
    files: tuple[Path, ...] = ()

    @property
    def broken(self) -> list[Outcome]:
        """The cities that could not be built."""
        return [o for o in self.outcomes if o.state == "broken"]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something happened: ``of`` so many cities, ``done`` are done."""

    done: int
    of: int
    what: Step | Outcome


def run(
    places: Sequence[Place],
    *,
    out: Path,
    options: Options,
    processes: int | None = None,
    scheduler: str | None = None,
    watch: Callable[[Event], None] | None = None,
) -> Report:
    """Build cities into one folder, many at a time; a city that did not change is kept.

    Parameters
    ----------
    places
        From `geoplan.batch.choose.choose`.
    out
        The folder; made when it is missing.
    options
        What is the same for all.
    processes
        How many cities at a time on this machine; as many as it has processors when None.
    scheduler
        Address of a Dask scheduler, whose workers build instead of this machine.
    watch
        Called with every step and outcome.

    Returns
    -------
    Report
        Broken cities are in it, and raise nothing.

    Raises
    ------
    UsageError
        When another run is writing into the folder, or the scheduler cannot be used.
    HaltedError
        When the machine refuses to write, such as for a full disk; what is there is whole.
    """
    out = out.resolve()
    with only_run(out):
        try:
            return _run(
                tuple(places), out, options, _builder(processes, scheduler), watch or (lambda _: None)
            )
        except Exception as error:
            said = None if isinstance(error, HaltedError) else halted(str(out), error)
            if said is None:
                raise
            raise HaltedError(vi=said.vi, en=said.en) from error


def unfinished(out: Path) -> tuple[tuple[Place, ...], Options] | None:
    """The cities and options of a run that was cut off in a folder; None when none was."""
    plan = read_json(out / FOLDER / RUN)
    if plan is None:
        return None
    try:
        return planned(plan)
    except (KeyError, TypeError, ValueError):
        return None


def processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _builder(
    processes: int | None, scheduler: str | None
) -> Callable[[Sequence[Job]], Generator[Step | Outcome]]:
    if scheduler is not None:
        return lambda jobs: build_there(jobs, scheduler=scheduler)
    return lambda jobs: build_here(jobs, processes=processes or processors())


def _run(
    places: tuple[Place, ...],
    out: Path,
    options: Options,
    builder: Callable[[Sequence[Job]], Generator[Step | Outcome]],
    watch: Callable[[Event], None],
) -> Report:
    work = out / FOLDER / _WORK
    shutil.rmtree(work, ignore_errors=True)
    staging = work / uuid.uuid4().hex
    staging.mkdir(parents=True)
    plan = out / FOLDER / RUN
    _write_json(plan, plan_of(places, options))
    try:
        jobs = [Job(place=p, options=options, out=out, staging=staging, code=code_version()) for p in places]
        outcomes = _outcomes(jobs, builder, watch)
        files = write_summary(out, outcomes=outcomes, options=options, staging=staging)
        plan.unlink()
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return Report(outcomes=outcomes, files=files)


def _outcomes(
    jobs: Sequence[Job],
    builder: Callable[[Sequence[Job]], Generator[Step | Outcome]],
    watch: Callable[[Event], None],
) -> tuple[Outcome, ...]:
    """An outcome a city; those that did not change need no worker."""
    found: dict[str, Outcome] = {}

    def note(what: Step | Outcome) -> None:
        if isinstance(what, Outcome):
            found[what.city] = what
        watch(Event(done=len(found), of=len(jobs), what=what))

    waiting = []
    for job in jobs:
        if unchanged(job):
            note(Outcome(city=job.city, state="kept"))
        else:
            waiting.append(job)
    if waiting:
        with contextlib.closing(builder(waiting)) as building:
            for what in building:
                if isinstance(what, Outcome) and what.state == "halted" and what.sentence is not None:
                    raise HaltedError(vi=what.sentence.vi, en=what.sentence.en)
                note(what)
    return tuple(found[city] for city in sorted(found))


def _write_json(path: Path, content: Any) -> None:
    with beside(path) as draft:
        draft.write_text(json.dumps(content, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
