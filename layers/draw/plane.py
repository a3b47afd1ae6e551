"""The plane in which the schematic layers are drawn, and the way back to longitude and latitude.

Everything is drawn in kilometres on a Lambert azimuthal equal-area plane centred on the city
(WGS 84 ellipsoid), so that an area in the plane is the area on the ellipsoid.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Geod, Transformer
from shapely.geometry.base import BaseGeometry

Array = NDArray[np.float64]

GEOD = Geod(ellps="WGS84")
DECIMALS = 6
GRID = 10.0**-DECIMALS

G = TypeVar("G", bound=BaseGeometry)


class Plane:
    """An equal-area plane in kilometres around one point.

    Parameters
    ----------
    lon, lat : float
        Centre of the plane, degrees, WGS 84.
    """

    def __init__(self, lon: float, lat: float) -> None:
        crs = f"+proj=laea +lon_0={lon} +lat_0={lat} +ellps=WGS84 +units=km +no_defs"
        self._forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
        self._back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def point(self, lon: float, lat: float) -> Array:
        """Return one position in the plane, km, shape (2,)."""
        return np.array(self._forward.transform(lon, lat), dtype=float)

    def to_plane(self, geometry: G) -> G:
        """Return a WGS 84 geometry in the plane, km."""
        return self._move(geometry, self._forward)

    def to_earth(self, geometry: G) -> G:
        """Return a plane geometry in longitude and latitude, not rounded."""
        return self._move(geometry, self._back)

    @staticmethod
    def _move(geometry: G, transformer: Transformer) -> G:
        def move(xy: Array) -> Array:
            return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

        moved: G = shapely.transform(geometry, move)
        return moved


def rounded(geometry: G) -> G:
    """Return a geometry with coordinates rounded to the written decimals."""
    moved: G = shapely.transform(geometry, lambda xy: np.round(xy, DECIMALS))
    return moved


def area_km2(geometry: BaseGeometry) -> float:
    """Return the area of a WGS 84 geometry on the ellipsoid, km²."""
    return abs(float(GEOD.geometry_area_perimeter(geometry)[0])) / 1e6
