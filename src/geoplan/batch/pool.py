"""Workers on this machine: processes that take one city after the other.

A pool of the standard library is lost whole when one of its processes dies; here a worker that is
killed, such as for its memory, costs the one city it was at. Each takes a new city only when it
has given back the last, and is replaced after some, so memory is bounded by the largest cities
and not by their number.
"""

from __future__ import annotations

import contextlib
import functools
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from dataclasses import dataclass
from multiprocessing import connection
from typing import TYPE_CHECKING, Final

from geoplan.batch.job import Outcome, Step
from geoplan.batch.work import build_city, hush
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

    from geoplan.batch.job import Job
    from geoplan.model import Words

_CITIES_A_WORKER: Final = 40
_PATIENCE_SECONDS: Final = 5.0
_PROCESSES: Final = multiprocessing.get_context("spawn")
"""A fork would take over GDAL and its locks in whatever state they are."""


@dataclass
class _Worker:
    """A process, this end of its pipe, the job it is at, and how many it has had."""

    process: SpawnProcess
    pipe: Connection
    job: Job | None = None
    given: int = 0

    def take(self, job: Job) -> None:
        self.job = job
        self.given += 1
        with contextlib.suppress(OSError):  # it died meanwhile, which the next look at its pipe finds
            self.pipe.send(job)


def build_here(jobs: Sequence[Job], *, processes: int) -> Generator[Step | Outcome]:
    """Build cities in processes of this machine; steps and outcomes as they come.

    When the caller goes away, by an error or for good, the workers end at once.
    """
    waiting, workers = deque(jobs), list[_Worker]()
    try:
        while waiting or any(worker.job for worker in workers):
            workers = [w for w in workers if w.job is not None or _fit(w)]
            while waiting and sum(w.job is not None for w in workers) < processes:
                idle = next((w for w in workers if w.job is None), None)
                if idle is None:
                    idle = _started()
                    workers.append(idle)
                idle.take(waiting.popleft())
            busy = {w.pipe: w for w in workers if w.job is not None}
            for pipe in connection.wait(list(busy)):
                yield from _heard(busy[pipe])  # type: ignore[index]
    finally:
        for worker in workers:
            worker.process.kill()
            worker.process.join(_PATIENCE_SECONDS)
            worker.pipe.close()


def _started() -> _Worker:
    here, there = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=_work, args=(there,), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _fit(worker: _Worker) -> bool:
    """Whether an idle worker may take another city; it is ended when not."""
    if worker.process.is_alive() and worker.given < _CITIES_A_WORKER:
        return True
    worker.pipe.close()
    worker.process.join(_PATIENCE_SECONDS)
    worker.process.kill()
    return False


def _heard(worker: _Worker) -> Iterator[Step | Outcome]:
    """What a worker has to say; that it is dead when it says nothing any more."""
    try:
        said: Step | Outcome = worker.pipe.recv()
    except (EOFError, OSError):
        worker.process.join(_PATIENCE_SECONDS)
        city, code = worker.job.city if worker.job else "", worker.process.exitcode
        worker.job = None
        yield Outcome(city=city, state="broken", sentence=died(f"{code}"))
        return
    if isinstance(said, Outcome):
        worker.job = None
    yield said


def died(code: str) -> Words:
    """That a worker died at a city."""
    return words(
        f"Tiến trình dựng thành phố này bị dừng đột ngột (mã {code}), thường vì hết bộ nhớ; hãy chạy lại "
        "với --jobs nhỏ hơn.",
        f"The process that built this city died (code {code}), mostly for want of memory; run again with "
        "fewer --jobs.",
    )


def _work(pipe: Connection) -> None:
    """What a worker does until there is no more to do, or no one to do it for."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who asked stops the workers
    sys.unraisablehook = hush
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            job: Job = pipe.recv()
        except (EOFError, OSError):
            return
        pipe.send(build_city(job, functools.partial(_tell, pipe, job.city)))


def _tell(pipe: Connection, city: str, step: str) -> None:
    pipe.send(Step(city=city, name=step))


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
