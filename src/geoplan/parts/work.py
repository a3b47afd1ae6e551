"""One part of a coverage: what a worker is given, what it does, and what it gives back."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geoplan import __about__
from geoplan.errors import UsageError
from geoplan.measures.coverage import urban_parts
from geoplan.measures.engines import sums
from geoplan.rings import Rings, joined, shapes_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from geoplan.measures.engines import Sums
    from geoplan.parts.source import PlanSource


@dataclass(frozen=True)
class Task:
    """What there is to do for some units.

    Attributes
    ----------
    units
        Their outlines.
    plans
        The plans near them; or a file that has them, with `rows`; or None when they come beside.
    kinds
        The number of each plan's kind, in the same order.
    count
        How many kinds there are.
    engine
        Decided for the whole: ``geos`` or ``sweep``.
    urban
        Urban land near the units, when that is asked for.
    version
        Of geoplan: workers with another one would give other figures.
    """

    units: Rings
    plans: Rings | PlanSource | None
    rows: NDArray[np.int64]
    kinds: NDArray[np.int64]
    count: int
    engine: Literal["geos", "sweep"]
    urban: Rings | None = None
    version: str = __about__.VERSION


@dataclass(frozen=True)
class Done:
    """What came of a task.

    Attributes
    ----------
    land
        Sums over the units; ``mended`` are positions among the part's plans.
    towns
        Urban land of each unit and the sums over it.
    seconds
        What it took.
    process
        Which process did it.
    """

    land: Sums
    towns: tuple[NDArray[np.object_], Sums] | None
    seconds: float
    process: int


def measure(task: Task, *pieces: Rings) -> Done:
    """Do a task; the plans that are not in it come as pieces, in the order of their rows."""
    began = time.perf_counter()
    if task.version != __about__.VERSION:
        raise UsageError(
            vi=f"máy thực hiện có geoplan {__about__.VERSION}, máy gọi có {task.version}; hãy cài cùng "
            "một bản.",
            en=f"a worker has geoplan {__about__.VERSION}, the caller {task.version}; install the same "
            "version.",
        )
    if task.plans is None:
        plans = joined(list(pieces))
    elif isinstance(task.plans, Rings):
        plans = task.plans
    else:
        plans = task.plans.rings(task.rows)
    land = sums(task.units, plans, task.kinds, count=task.count, engine=task.engine)
    towns = None
    if task.urban is not None:
        town = urban_parts(shapes_of(task.units), shapes_of(task.urban))
        towns = town, sums(town, plans, task.kinds, count=task.count, engine=task.engine)
    return Done(land, towns, time.perf_counter() - began, os.getpid())
