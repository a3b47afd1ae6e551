"""The geometry under all measures: parts of one layer inside the units of another.

Arrays in, arrays out, in one equal-area plane. Knows nothing of plans, people or columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely

from geoplan.intake.repair import polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY = shapely.Polygon()


class Progress(Protocol):
    """Called with steps done and steps in all, as long work goes on."""

    def __call__(self, done: int, total: int, /) -> None:
        """Take note of progress."""


class Inside:
    """Which shapes lie in which unit, and their parts inside it.

    Parameters
    ----------
    units, shapes
        Valid polygons in one plane; empty ones have no part in anything.
    """

    def __init__(self, units: NDArray[Any], shapes: NDArray[Any]) -> None:
        self.units = units
        self.shapes = shapes
        shapely.prepare(units)
        unit, shape = shapely.STRtree(shapes).query(units, predicate="intersects")
        order = np.lexsort((shape, unit))
        self._shape = shape[order]
        self._first = np.searchsorted(unit[order], np.arange(len(units) + 1))

    def parts(self, unit: int) -> tuple[NDArray[np.intp], NDArray[np.object_]]:
        """Indices of the shapes that meet a unit, and their polygons inside it."""
        which = self._shape[self._first[unit] : self._first[unit + 1]]
        outline = self.units[unit]
        cut = self.shapes[which].copy()
        crossing = ~shapely.contains_properly(outline, cut)
        cut[crossing] = polygonal(shapely.intersection(cut[crossing], outline))
        some = ~shapely.is_empty(cut)
        return which[some], cut[some]


def union(shapes: NDArray[Any]) -> Any:
    """One polygonal geometry of everything that at least one shape covers."""
    if len(shapes) == 0:
        return EMPTY
    return polygonal(np.array([shapely.union_all(shapes)], dtype=object))[0]


def twice(shapes: NDArray[Any]) -> Any:
    """One polygonal geometry of everything that at least two shapes cover."""
    if len(shapes) <= 1:
        return EMPTY
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    return union(polygonal(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]])))


def square_km(geometries: NDArray[Any]) -> NDArray[np.float64]:
    """Areas in km² of geometries in a plane of metres."""
    return np.asarray(shapely.area(geometries), dtype="float64") / 1e6


def overlaps(units: NDArray[Any], *, tolerance_m2: float = 1.0) -> list[tuple[int, int, float]]:
    """Pairs of units that overlap by more than a tolerance: two positions and the area in m².

    A layer that is a valid coverage is known at once; pairs are only compared when it is not.
    """
    if shapely.coverage_is_valid(units):
        return []
    first, second = shapely.STRtree(units).query(units, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    areas = shapely.area(shapely.intersection(units[first], units[second]))
    return [(int(first[i]), int(second[i]), float(areas[i])) for i in np.flatnonzero(areas > tolerance_m2)]
