"""Geometry for drawing: simplified when there is very much of it, and written as small whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACES: Final = 6
"""Decimals of a degree, about 0.1 m: rounding is for display only."""
FEWER_PLACES: Final = 5
MANY: Final = 150_000
"""Vertices of a layer from which on it is simplified for display."""
_TOLERANCES: Final = (0.00005, 0.0001, 0.0002, 0.0005)
"""In degrees: from 5 to 55 m, tried until few enough vertices are left."""


def for_display(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], int]:
    """The shapes of a layer as they are drawn, and how many decimals of a degree to write.

    A layer of very many vertices is simplified so that neighbours keep their common edge; that needs
    a valid coverage, another one stays as it is. Figures never come from these shapes.
    """
    if int(shapely.get_num_coordinates(shapes).sum()) <= MANY:
        return shapes, PLACES
    whole = np.array([s if s is not None else shapely.Polygon() for s in shapes], dtype=object)
    if not shapely.coverage_is_valid(whole):
        return shapes, FEWER_PLACES
    simple = whole
    for tolerance in _TOLERANCES:
        simple = shapely.coverage_simplify(whole, tolerance)
        if int(shapely.get_num_coordinates(simple).sum()) <= MANY:
            break
    return simple, FEWER_PLACES


def encode(shape: Any, places: int = PLACES) -> list[list[list[int]]]:
    """A polygon or several as whole numbers: polygons of rings of x, y and the steps to each next point.

    The unit is 10 to the minus `places` degrees; a ring is not closed, its first point is not repeated.
    A ring that rounding leaves fewer than three points of is left out.
    """
    if shape is None or shape.is_empty:
        return []
    polygons = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        outer = _ring(part.exterior, places)
        if outer:
            inner = (_ring(ring, places) for ring in part.interiors)
            polygons.append([outer, *(ring for ring in inner if ring)])
    return polygons


def _ring(ring: Any, places: int) -> list[int]:
    points = np.rint(shapely.get_coordinates(ring)[:-1] * 10**places).astype(np.int64)
    if len(points):
        points = points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
    if len(points) < 3:  # noqa: PLR2004 - the corners of a triangle
        return []
    steps = np.diff(points, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    return [int(v) for v in steps.ravel()]


def label_point(shape: Any) -> tuple[float, float] | None:
    """Longitude and latitude of the middle of the widest place, where a name has most room."""
    if shape is None or shape.is_empty:
        return None
    x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, tolerance=1e-4))[0]
    return round(float(x), PLACES), round(float(y), PLACES)
