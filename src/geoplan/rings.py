"""Polygons as arrays: what the fast engine works on, and what files give without an object per shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Rings(NamedTuple):
    """Polygons as arrays, in the layout of a GeoArrow multipolygon.

    Attributes
    ----------
    xy
        Vertices, n × 2, float64; each ring ends with its first vertex.
    ring_start, polygon_start, body_start
        First vertex of each ring, first ring of each polygon (its shell), first polygon of each body
        (a row of the layer); each with the end as last item, int64.
    """

    xy: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    polygon_start: NDArray[np.int64]
    body_start: NDArray[np.int64]


def flat(shapes: NDArray[Any]) -> NDArray[np.object_]:
    """The shapes in two dimensions; those that have no height as they are."""
    shapes = np.asarray(shapes, dtype=object)
    if not (shapely.has_z(shapes) | shapely.has_m(shapes)).any():
        return shapes
    return np.asarray(shapely.force_2d(shapes), dtype=object)


def rings_of(shapes: NDArray[Any]) -> Rings:
    """The arrays of polygons and multipolygons; empty and missing ones have no ring."""
    shapes = np.asarray(shapes, dtype=object)
    if (shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON).all():
        parts, body = shapes, np.arange(len(shapes))
    else:
        parts, body = shapely.get_parts(shapes, return_index=True)
    there = ~shapely.is_empty(parts)
    if not there.all():
        parts, body = parts[there], body[there]
    vertices, holes = shapely.get_num_coordinates(parts), shapely.get_num_interior_rings(parts)
    polygon_start = starts(holes + 1)
    ring_vertices = np.empty(polygon_start[-1], np.int64)
    ring_vertices[polygon_start[:-1]] = vertices
    pierced = np.flatnonzero(holes)
    if len(pierced):
        rings, of = shapely.get_rings(parts[pierced], return_index=True)
        place = np.arange(len(rings)) - np.searchsorted(of, of) + polygon_start[pierced][of]
        ring_vertices[place] = shapely.get_num_coordinates(rings)
    counts = np.bincount(body, minlength=len(shapes))
    return Rings(shapely.get_coordinates(parts), starts(ring_vertices), polygon_start, starts(counts))


def shapes_of(rings: Rings) -> NDArray[np.object_]:
    """The multipolygons of the arrays; a body without a ring is an empty one."""
    offsets = (rings.ring_start, rings.polygon_start, rings.body_start)
    made = shapely.from_ragged_array(shapely.GeometryType.MULTIPOLYGON, rings.xy, offsets)
    return np.asarray(made, dtype=object)


def taken(rings: Rings, which: NDArray[Any]) -> Rings:
    """The bodies at some positions, in that order."""
    which = np.asarray(which, dtype=np.int64)
    polygons = _runs(rings.body_start, which)
    ring = _runs(rings.polygon_start, polygons)
    return Rings(
        rings.xy[_runs(rings.ring_start, ring)],
        starts(np.diff(rings.ring_start)[ring]),
        starts(np.diff(rings.polygon_start)[polygons]),
        starts(np.diff(rings.body_start)[which]),
    )


def joined(parts: list[Rings]) -> Rings:
    """The bodies of several arrays, one after the other."""
    return Rings(
        np.concatenate([np.empty((0, 2)), *(p.xy for p in parts)]),
        *(
            starts(np.concatenate([np.empty(0, np.int64), *(np.diff(p[level]) for p in parts)]))
            for level in (1, 2, 3)
        ),
    )


def boxes_of(rings: Rings) -> NDArray[np.float64]:
    """West, south, east and north of each body; NaN for one without a ring."""
    first = rings.ring_start[rings.polygon_start[rings.body_start]]
    boxes = np.full((len(first) - 1, 4), np.nan)
    some = np.flatnonzero(np.diff(first))
    if len(some):
        boxes[some, :2] = np.minimum.reduceat(rings.xy, first[some])
        boxes[some, 2:] = np.maximum.reduceat(rings.xy, first[some])
    return boxes


def starts(counts: NDArray[Any]) -> NDArray[np.int64]:
    """Where runs of so many items begin, and the end."""
    return np.concatenate([[0], np.cumsum(counts, dtype=np.int64)]).astype(np.int64)


def _runs(start: NDArray[np.int64], which: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions of the items of some runs."""
    counts = np.diff(start)[which]
    first = starts(counts)
    return np.arange(first[-1]) + np.repeat(start[which] - first[:-1], counts)
