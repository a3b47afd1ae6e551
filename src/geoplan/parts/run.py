"""A job's tasks, one after the other here or on the workers of a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan.intake.arrow_file import PolygonFile
from geoplan.parts import layers
from geoplan.parts.cluster import done_there
from geoplan.parts.frames import OnCluster
from geoplan.parts.work import measure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.parts.job import Job
    from geoplan.parts.work import Done


def here(job: Job) -> Iterator[tuple[int, Done]]:
    """The parts one after the other; the engine has its own threads."""
    for number, part in enumerate(job.parts):
        yield number, measure(job.task(number, job.question.plans.rings(part.shapes)))


def there(job: Job, client: Any) -> Iterator[tuple[int, Done]]:
    """The parts on a cluster, as they come.

    Of plans in a file that all workers see too, rows are sent and no polygons.
    """
    plans = job.question.plans
    kept_at = getattr(plans.source, "path", None) if isinstance(plans, PolygonFile) else None
    seen = kept_at is not None and layers.seen(client, kept_at)

    def send(number: int) -> Any:
        rows = job.parts[number].shapes
        if isinstance(plans, OnCluster):
            task, pieces = job.task(number, None), plans.pieces(rows)
        else:
            task, pieces = job.task(number, plans if seen else plans.rings(rows)), []
        sent = client.scatter(task, hash=False)
        return client.submit(measure, sent, *pieces, pure=False)

    return done_there(client, send, len(job.parts))
