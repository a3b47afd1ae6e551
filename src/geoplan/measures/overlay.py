"""The geometry under all measures: parts of one layer inside the units of another.

Arrays in, arrays out, in longitude and latitude. Knows nothing of plans, people or columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely

from geoplan.crs import area_km2
from geoplan.intake.repair import polygonal

if TYPE_CHECKING:
    from numpy.typing import NDArray

EMPTY = shapely.Polygon()
NODE_DEGREES = 1e-11
"""Nodes of a union this close to a straight edge go: a micrometre, what the overlay put there itself."""
NOTHING_KM2 = 1e-6
"""A place smaller than a square metre is rounding, not land."""


class Progress(Protocol):
    """Called with steps done and steps in all, as long work goes on."""

    def __call__(self, done: int, total: int, /) -> None:
        """Take note of progress."""


class Inside:
    """Which shapes lie in which unit, and their parts inside it.

    Parameters
    ----------
    units, shapes
        Valid polygons in longitude and latitude; empty ones have no part in anything.
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
    if len(shapes) == 1:
        return shapes[0]
    whole = shapely.simplify(shapely.union_all(shapes), NODE_DEGREES)
    return polygonal(np.array([whole], dtype=object))[0]


def both(one: Any, other: Any) -> Any:
    """One polygonal geometry of what two polygonal geometries share."""
    return polygonal(np.array([shapely.intersection(one, other)], dtype=object))[0]


def twice(shapes: NDArray[Any]) -> Any:
    """One polygonal geometry of everything that at least two shapes cover."""
    if len(shapes) <= 1:
        return EMPTY
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    pairs = first < second
    return union(polygonal(shapely.intersection(shapes[first[pairs]], shapes[second[pairs]])))


def km2(shape: Any) -> float:
    """Area of one polygonal geometry on the ellipsoid."""
    return float(area_km2(np.array([shape], dtype=object))[0])


def overlaps(units: NDArray[Any], *, tolerance_m2: float = 1.0) -> list[tuple[int, int, float]]:
    """Pairs of units that overlap by more than a tolerance: two positions and the area in m².

    A layer that is a valid coverage is known at once; pairs are only compared when it is not.
    """
    if shapely.coverage_is_valid(units):
        return []
    first, second = shapely.STRtree(units).query(units, predicate="intersects")
    pairs = first < second
    first, second = first[pairs], second[pairs]
    areas = 1e6 * area_km2(polygonal(shapely.intersection(units[first], units[second])))
    return [(int(first[i]), int(second[i]), float(areas[i])) for i in np.flatnonzero(areas > tolerance_m2)]
