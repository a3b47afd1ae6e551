"""Boxes and arrays of polygons from a layer's own coordinates to longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
from pyproj import CRS

from geoplan import crs
from geoplan.errors import CrsError
from geoplan.rings import Rings, rings_of, shapes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SPARE: Final = 0.02
"""By how much of its size a box carried over from another system is made larger."""
_SPARE_DEGREES: Final = 1e-6
_CRS84: Final = CRS.from_user_input("OGC:CRS84")
_WORLD: Final = np.array([-180.0, -90.0, 180.0, 90.0])
_AT_ONCE: Final = 1 << 16


def _same_degrees(system: CRS) -> bool:
    """Whether coordinates are longitude and latitude on WGS 84 already."""
    return system in (crs.WGS84, _CRS84)


def carried(boxes: NDArray[np.float64], system: CRS) -> NDArray[np.float64]:
    """Boxes in longitude and latitude that hold those in another system: round the border, and some more."""
    if _same_degrees(system):
        return boxes
    out = np.full(boxes.shape, np.nan)
    there = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    for part in np.array_split(there, len(there) // _AT_ONCE + 1):
        west, south, east, north = boxes[part].T
        middle, centre = (west + east) / 2, (south + north) / 2
        x = np.stack([west, middle, east, east, east, middle, west, west])
        y = np.stack([south, south, south, centre, north, north, north, centre])
        lon, lat = crs.lonlat(x.ravel(), y.ravel(), system)
        lon, lat = np.reshape(lon, x.shape), np.reshape(lat, x.shape)
        low, high = np.stack([lon.min(0), lat.min(0)], 1), np.stack([lon.max(0), lat.max(0)], 1)
        spare = _SPARE * (high - low).max(axis=1, keepdims=True) + _SPARE_DEGREES
        found = np.concatenate([low - spare, high + spare], axis=1)
        out[part] = np.where(np.isfinite(found).all(axis=1, keepdims=True), found, _WORLD)
    return out


def moved_rings(own: Rings, system: CRS, what: str) -> Rings:
    """Polygons in longitude and latitude, as `geoplan.crs.overlay_shapes` carries them over."""
    if _same_degrees(system):
        return own
    if system.is_geographic:  # vertex by vertex: no edge is divided
        lon, lat = crs.lonlat(own.xy[:, 0], own.xy[:, 1], system)
        moved = own._replace(xy=np.stack([lon, lat], axis=1))
        if not np.isfinite(moved.xy).all():
            raise CrsError(
                vi=f"{what}: có tọa độ không nằm trên trái đất theo hệ {system.name}; "
                "hãy kiểm tra hệ tọa độ.",
                en=f"{what}: coordinates that are no place on the earth in {system.name}; check the system.",
            )
        return moved
    frame = gpd.GeoDataFrame(geometry=shapes_of(own), crs=system)
    return rings_of(crs.overlay_shapes(frame, what=what))
