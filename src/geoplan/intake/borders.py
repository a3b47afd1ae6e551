"""Where neighbours overlap, leave gaps or do not match along their border; who is a neighbour when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.intake.shapes import in_plane, metres_per_unit, polygon_parts, wide_parts, width_m

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS


_NOISE_M: Final = 1e-4


@dataclass(frozen=True)
class Pair:
    """Something between two shapes, the first before the second in the layer.

    Attributes
    ----------
    first, second
        Positions of the two.
    place
        Where, in the layer's coordinates.
    size
        m² of an overlap, m of a border.
    """

    first: int
    second: int
    place: Any
    size: float


@dataclass(frozen=True)
class Gap:
    """A hole between shapes: its polygon in the layer's coordinates, m², m, and the shapes around it."""

    place: Any
    area_m2: float
    width_m: float
    around: list[int]


def overlaps(
    shapes: NDArray[np.object_], crs: CRS, *, above_m: float, suspects: NDArray[np.bool_] | None = None
) -> list[Pair]:
    """Pairs of shapes that share more than a strip of `above_m`; those that only touch are none.

    Parameters
    ----------
    shapes
        Valid polygons in coordinates of `crs`.
    crs
        Their coordinate system.
    above_m
        Parts of an overlap up to this width are left out.
    suspects
        When known: of every overlapping pair at least one is among these.
    """
    first, second = shapely.STRtree(shapes).query(shapes)
    keep = first < second
    if suspects is not None:
        keep &= suspects[first] | suspects[second]
    first, second = first[keep], second[keep]
    shared = shapely.intersection(shapes[first], shapes[second])
    return [
        Pair(int(first[i]), int(second[i]), place, area)
        for i, place, area in wide_parts(shared, crs, above_m=above_m)
    ]


def unmatched_edges(shapes: NDArray[np.object_], crs: CRS, *, within_m: float) -> NDArray[np.object_]:
    """Edges of each shape that lie in another, or closer than `within_m` to it without matching."""
    return np.asarray(shapely.coverage_invalid_edges(shapes, gap_width=within_m / metres_per_unit(crs)))


def rounded(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """Shapes with coordinates to a tenth of a millimetre: what differs by less is the noise of programs."""
    decimals = int(np.floor(np.log10(metres_per_unit(crs) / _NOISE_M)))
    return np.asarray(shapely.transform(shapes, lambda xy: np.round(xy, decimals)), dtype=object)


def mismatches(
    shapes: NDArray[np.object_], edges: NDArray[np.object_], crs: CRS, *, within_m: float
) -> list[Pair]:
    """Pairs of shapes whose shared border does not match; `edges` are those of `unmatched_edges`."""
    near = within_m / metres_per_unit(crs)
    at = np.flatnonzero(~shapely.is_empty(edges))
    source, other = shapely.STRtree(shapes).query(edges[at], predicate="dwithin", distance=near)
    pairs = np.unique(np.sort(np.column_stack([at[source], other]), axis=1), axis=0)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    places = []
    for both in pairs:
        between = shapely.coverage_invalid_edges(shapes[both], gap_width=near)
        places.append(shapely.line_merge(shapely.union_all(shapely.intersection(between, edges[both]))))
    lengths = shapely.length(in_plane(np.array(places, dtype=object), crs))
    return [
        Pair(int(first), int(second), place, float(length))
        for (first, second), place, length in zip(pairs, places, lengths, strict=True)
        if length > 0
    ]


def gaps(shapes: NDArray[np.object_], crs: CRS, *, above_m: float) -> list[Gap]:
    """Holes between shapes that are wider than `above_m`; land of a shape inside a hole is none of it.

    Edges that two shapes share cannot bound a hole; the others, cut where they cross, bound faces, and
    the faces that lie in no shape are the holes. (The union of all shapes costs twice as much.)
    """
    near = above_m / metres_per_unit(crs)
    even = rounded(shapes, crs)
    lines = shapely.union_all(shapely.linestrings(_single_edges(even)))
    faces = shapely.get_parts(shapely.polygonize([lines]))
    tree = shapely.STRtree(even)
    covered, _ = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    holes = np.delete(faces, covered)
    holes = holes[width_m(in_plane(holes, crs)) > above_m]
    around = [tree.query(hole, predicate="dwithin", distance=near) for hole in holes]
    for i, rows in enumerate(around):
        holes[i] = shapely.difference(holes[i], shapely.union_all(shapes[rows]))
    flat = in_plane(holes, crs)
    areas, widths = shapely.area(flat), width_m(flat)
    return [
        Gap(holes[i], float(areas[i]), float(widths[i]), sorted(around[i].tolist()))
        for i in np.flatnonzero(widths > above_m)
    ]


def _single_edges(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Edges that only one ring has, as arrays (edge, end, axis)."""
    parts, _ = polygon_parts(shapes)
    points, ring = shapely.get_coordinates(shapely.get_rings(parts), return_index=True)
    inside = ring[:-1] == ring[1:]
    edges = np.stack([points[:-1][inside], points[1:][inside]], axis=1)
    ahead = (edges[:, 0, 0] < edges[:, 1, 0]) | (
        (edges[:, 0, 0] == edges[:, 1, 0]) & (edges[:, 0, 1] < edges[:, 1, 1])
    )
    same_way = np.where(ahead[:, None, None], edges, edges[:, ::-1])
    shared = pd.DataFrame(same_way.reshape(-1, 4)).duplicated(keep=False).to_numpy()
    return np.asarray(edges[~shared])


def editions(valid_from: pd.Series, valid_to: pd.Series) -> list[NDArray[np.int64]]:
    """Positions of the rows that are in force together, one array for each time that differs.

    Intervals are half-open; an empty end is open. A row that is never in force is in no edition.
    """
    start, end = (values.to_numpy(dtype="datetime64[s]").astype("int64") for values in (valid_from, valid_to))
    end = np.where(valid_to.isna(), np.iinfo("int64").max, end)
    found: dict[tuple[int, ...], NDArray[np.int64]] = {}
    for day in np.unique(start):
        rows = np.flatnonzero((start <= day) & (day < end))
        found.setdefault(tuple(rows.tolist()), rows)
    return [rows for rows in found.values() if len(rows)]
