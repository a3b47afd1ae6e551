"""A layer of mixed geometry as one layer for each type: points, lines, polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

_POLYGONS: Final = 2
_MAKERS: Final = {0: shapely.multipoints, 1: shapely.multilinestrings, 2: shapely.multipolygons}


def by_dimension(frame: gpd.GeoDataFrame) -> Iterator[tuple[int, gpd.GeoDataFrame]]:
    """A frame for each type of geometry that is there, polygons (2) first, then lines (1) and points (0).

    Collections are taken apart, their row is then in several frames. Rows without a shape are in the first
    frame; a layer without any shape is one of polygons.
    """
    shapes = frame.geometry.to_numpy()
    nothing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    pieces = {d: _parts(shapes, d) for d in (2, 1, 0)}
    present = [d for d, found in pieces.items() if not shapely.is_missing(found).all()]
    for place, dimension in enumerate(present or [_POLYGONS]):
        found = np.where(nothing, shapes, pieces[dimension]) if place == 0 else pieces[dimension]
        mine = ~shapely.is_missing(pieces[dimension])
        if place == 0:
            mine |= nothing
        geometry = gpd.GeoSeries(found[mine], crs=frame.crs, index=frame.index[mine])
        yield dimension, frame[mine].set_geometry(geometry).reset_index(drop=True)


def _parts(shapes: NDArray[Any], dimension: int) -> NDArray[Any]:
    """Of each shape what has one dimension; None when it has nothing of it."""
    out = np.full(len(shapes), None, dtype=object)
    for i, shape in enumerate(shapes):
        if shape is None or shape.is_empty:
            continue
        if shape.geom_type == "GeometryCollection":
            singles = [p for p in _flat(shape) if shapely.get_dimensions(p) == dimension and not p.is_empty]
            out[i] = _MAKERS[dimension](singles) if singles else None
        elif shapely.get_dimensions(shape) == dimension:
            out[i] = shape
    return out


def _flat(shape: Any) -> Iterator[Any]:
    for part in getattr(shape, "geoms", [shape]):
        if hasattr(part, "geoms"):
            yield from _flat(part)
        else:
            yield part
