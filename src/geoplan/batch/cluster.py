"""Workers of a Dask cluster, by the address of its scheduler.

They see the same folders under the same paths and have the same version of geoplan. Dask gives a
city to another worker when one dies; both write whole files of the same bytes, so nothing is hurt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.batch.job import Outcome
from geoplan.batch.pool import died
from geoplan.batch.work import build_city
from geoplan.model import words
from geoplan.parts.cluster import connected, dask
from geoplan.text import one_line

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from geoplan.batch.job import Job, Step


def build_there(jobs: Sequence[Job], *, scheduler: str) -> Generator[Step | Outcome]:
    """Build cities on a Dask cluster; outcomes as they come.

    Whoever can reach a Dask scheduler can run code on its workers: keep it inside one's own network.

    Raises
    ------
    UsageError
        When Dask is not installed, no scheduler answers at the address, or it has no worker.
    """
    client = connected(scheduler)
    try:
        futures = {client.submit(build_city, job, key=_key(job), pure=False): job for job in jobs}
        for future in dask().as_completed(futures, loop=client.loop):
            yield _outcome(future, futures[future])
            future.release()
    finally:
        client.close()


def _key(job: Job) -> str:
    return f"geoplan-{job.staging.name}-{job.city}"


def _outcome(future: Any, job: Job) -> Outcome:
    try:
        outcome: Outcome = future.result()
    except Exception as error:  # noqa: BLE001 - whatever a cluster does to one city stops no other
        if type(error).__name__ == "KilledWorker":
            return Outcome(city=job.city, state="broken", sentence=died("KilledWorker"))
        said = one_line(f"{type(error).__name__}: {error}")[:300]
        sentence = words(
            f"Cụm Dask không dựng được: {said}.", f"The Dask cluster could not build it: {said}."
        )
        return Outcome(city=job.city, state="broken", sentence=sentence)
    return outcome
