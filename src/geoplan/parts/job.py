"""A coverage as a list of tasks, one for each part, and its sums from what comes of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geoplan.measures.engines import Sums
from geoplan.parts.split import along_curve, near, runs, with_shapes
from geoplan.parts.work import Done, Task
from geoplan.rings import boxes_of, taken

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geoplan.measures.overlay import Progress
    from geoplan.parts.source import Bodies, PlanSource
    from geoplan.parts.split import Part
    from geoplan.rings import Rings

BYTES_A_VERTEX: Final = 150
"""What a part takes at its height for each vertex in it, with what reading it from a file leaves behind."""
FEWEST_A_PART: Final = 200_000
"""Vertices below which a part on a cluster costs more in messages than it saves."""


@dataclass(frozen=True)
class Question:
    """What is asked of all units.

    Attributes
    ----------
    units
        Their outlines.
    plans
        Where the plans come from.
    kinds
        The number of each plan's kind; −1 for one that counts nowhere.
    count
        How many kinds there are.
    engine
        The same for all parts.
    urban
        Urban land, when that is asked for.
    """

    units: Rings
    plans: PlanSource
    kinds: NDArray[np.int64]
    count: int
    engine: Literal["geos", "sweep"]
    urban: Bodies | None = None


@dataclass(frozen=True)
class Job:
    """A question in parts; `urban` are the rows of urban land near each part."""

    question: Question
    parts: list[Part]
    urban: list[NDArray[np.int64]]

    def task(self, number: int, plans: Rings | PlanSource | None) -> Task:
        """The task of a part, with its plans as they are to be sent."""
        asked, part = self.question, self.parts[number]
        return Task(
            units=taken(asked.units, part.units),
            plans=plans,
            rows=part.shapes,
            kinds=asked.kinds[part.shapes],
            count=asked.count,
            engine=asked.engine,
            urban=None if asked.urban is None else asked.urban.rings(self.urban[number]),
        )

    def gathered(self, results: Iterable[tuple[int, Done]], progress: Progress | None = None) -> Done:
        """What comes of the parts, each figure in its place; of a part that comes twice the first counts."""
        asked = self.question
        total = len(asked.units.body_start) - 1
        areas = np.zeros((4, total, asked.count))
        towns = np.empty(total, dtype=object)
        mended: list[NDArray[np.intp]] = [np.empty(0, np.intp)]
        ready, seconds = np.zeros(total, np.bool_), 0.0
        for number, done in results:
            part = self.parts[number]
            if ready[part.units].any():
                continue
            ready[part.units] = True
            areas[:2, part.units] = done.land.covered, done.land.twice
            if done.towns is not None:
                towns[part.units] = done.towns[0]
                areas[2:, part.units] = done.towns[1].covered, done.towns[1].twice
            mended.append(part.shapes[done.land.mended])
            seconds += done.seconds
            if progress is not None:
                progress(int(ready.sum()), total)
        wrong = np.unique(np.concatenate(mended))
        land, town = (Sums(areas[k], areas[k + 1], asked.engine, wrong) for k in (0, 2))
        return Done(land, None if asked.urban is None else (towns, town), seconds, 0)


def job_of(
    question: Question, *, parts: int | None = None, memory: int | None = None, at_once: int = 1
) -> Job:
    """A question in parts by space.

    Parameters
    ----------
    parts
        How many; by `memory` and `at_once` when None.
    memory
        Bytes that one part may take.
    at_once
        How many parts are done at the same time.
    """
    units = question.units
    boxes = boxes_of(units)
    drawn = np.where(question.kinds[:, None] < 0, np.nan, question.plans.boxes)
    pairs = near(boxes, drawn)
    first = units.ring_start[units.polygon_start[units.body_start]]
    weights = pairs.weights(np.diff(first), question.plans.vertices)
    if parts is None:
        parts = _how_many(float(weights.sum()), memory, at_once)
    groups = runs(along_curve(boxes), weights, parts)
    return with_land(question, groups, with_shapes(groups, pairs, len(boxes)))


def with_land(question: Question, groups: list[NDArray[np.int64]], parts: list[Part]) -> Job:
    """The job of parts; with the urban land near each, where that is asked for."""
    if question.urban is None:
        return Job(question, parts, [])
    boxes = boxes_of(question.units)
    land = with_shapes(groups, near(boxes, question.urban.boxes), len(boxes))
    return Job(question, parts, [part.shapes for part in land])


def _how_many(weight: float, memory: int | None, at_once: int) -> int:
    by_memory = 1 if memory is None else int(np.ceil(weight * BYTES_A_VERTEX / memory))
    if at_once == 1:
        return max(1, by_memory)
    busy = min(4 * at_once, int(np.ceil(weight / FEWEST_A_PART)))
    return max(1, by_memory, busy)
