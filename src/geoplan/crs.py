"""Coordinate systems: one way to WGS 84, and areas on its ellipsoid.

Two things here are on purpose:

* VN-2000 goes to WGS 84 by EPSG:6960 (the national parameters of 2007) everywhere. Left to itself
  PROJ takes another operation inside a box around the Mekong delta, 0.7 m off, and a layer tears
  along the edge of that box.
* Overlay happens in longitude and latitude, where edges are straight as GeoJSON (RFC 7946) draws
  them; edges of a projected layer get a vertex every 200 m first, so that they stay where that
  projection draws them. Every area is that of the region with these edges on the WGS 84 ellipsoid
  (`geoplan.authalic`): there is no plane whose distortion could enter, and the parts of a shape add up
  to it. The polygon of geodesics through the same vertices, as QGIS measures it, differs by some
  parts in 10⁵ where edges are kilometres long, and by less than 10⁻⁶ in surveyed outlines.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS, Geod, Transformer

from geoplan.authalic import area_m2
from geoplan.errors import CrsError, tell
from geoplan.rings import flat

if TYPE_CHECKING:
    from numpy.typing import NDArray

WGS84: Final = CRS.from_epsg(4326)
PLANE: Final = CRS.from_epsg(6933)
"""A plane in metres for tolerances: equal-area (cylindrical, WGS 84)."""
_GEOD: Final = Geod(ellps="WGS84")
STEP_METRES: Final = 200.0
STEP_DEGREES: Final = 0.002
_MOST_STEPS: Final = 500_000
"""Steps across a whole layer: absurd coordinates must not cost memory."""
_FULL_CIRCLE: Final = 360.0
_TM3_SCALE: Final = 0.9999
_VN2000_NAMES: Final = {"vietnam 2000", "vietnam_2000", "d_vietnam_2000", "vn-2000", "vn_2000", "d_vn_2000"}


def is_vn2000(crs: CRS) -> bool:
    """Whether the datum is VN-2000 (and the file does not state a shift of its own)."""
    if crs.is_bound or crs.geodetic_crs is None or crs.geodetic_crs.datum is None:
        return False
    return crs.geodetic_crs.datum.name.casefold() in _VN2000_NAMES


@cache
def _to_geographic(crs: CRS) -> Transformer:
    """Coordinates of `crs` to longitude and latitude on its own datum."""
    return Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


@cache
def _epsg6960() -> Transformer:
    """VN-2000 to WGS 84 (2); takes and gives latitude before longitude."""
    return Transformer.from_pipeline("urn:ogc:def:coordinateOperation:EPSG::6960")


@cache
def _general(source: CRS, target: CRS) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


def mistaken_for_wgs84(crs: CRS) -> bool:
    """Whether a system is VN-2000's TM-3 grid on the datum WGS 84, as MapInfo files come out of GDAL.

    Coordinates of such a file are VN-2000; read as stated they fall about 225 m off.
    """
    if not crs.is_projected or crs.geodetic_crs is None or is_vn2000(crs):
        return False
    parameters = crs.coordinate_operation.params if crs.coordinate_operation is not None else []
    scales = [p.value for p in parameters if p.name == "Scale factor at natural origin"]
    datum = crs.geodetic_crs.datum.name if crs.geodetic_crs.datum is not None else ""
    return "84" in f"{crs.geodetic_crs.name} {datum}" and [float(s) for s in scales] == [_TM3_SCALE]


def lonlat(x: NDArray[np.float64], y: NDArray[np.float64], crs: CRS) -> tuple[Any, Any]:
    """Coordinates in `crs` (x east, y north) as WGS 84 longitude and latitude in degrees."""
    if is_vn2000(crs):
        lon, lat = _to_geographic(crs).transform(x, y)
        lat, lon = _epsg6960().transform(lat, lon)
        return lon, lat
    if crs == WGS84:
        return x, y
    return _general(crs, WGS84).transform(x, y)


def require_crs(frame: gpd.GeoDataFrame, *, what: str) -> CRS:
    """The coordinate system of a layer.

    Parameters
    ----------
    frame
        Any layer.
    what
        The layer's name for the sentence, such as a file name.

    Raises
    ------
    CrsError
        When the layer states none, or when degrees are stated and the coordinates are not degrees.
    """
    if frame.crs is None:
        raise CrsError(
            vi=f"{what}: không có hệ tọa độ (thiếu .prj?); hãy gán đúng hệ, ví dụ VN-2000, rồi chạy lại.",
            en=f"{what}: no coordinate system (a missing .prj?); assign the right one, then run again.",
        )
    crs = CRS.from_user_input(frame.crs)
    bounds = frame.total_bounds
    if crs.is_geographic and np.isfinite(bounds).all() and np.abs(bounds).max() > _FULL_CIRCLE:
        raise CrsError(
            vi=f"{what}: ghi là độ ({crs.name}) nhưng tọa độ đến {np.abs(bounds).max():.0f}: hệ tọa độ sai.",
            en=f"{what}: says degrees ({crs.name}) but has coordinates up to {np.abs(bounds).max():.0f}: "
            "the coordinate system is wrong.",
        )
    if mistaken_for_wgs84(crs):
        tell(
            vi=f"{what}: hệ tọa độ ghi múi 3° trên WGS 84 (thường do tệp MapInfo); nếu thật ra là "
            "VN-2000 thì lệch khoảng 225 m: hãy gán lại hệ VN-2000.",
            en=f"{what}: the system is a 3° zone on WGS 84 (as MapInfo files often say); if it is "
            "VN-2000 in truth, all is about 225 m off: assign the VN-2000 system.",
        )
    return crs


def to_lonlat(frame: gpd.GeoDataFrame, *, what: str = "layer") -> gpd.GeoDataFrame:
    """The same layer in WGS 84 longitude and latitude (EPSG:4326), two-dimensional.

    Raises
    ------
    CrsError
        When the layer has no coordinate system.
    """
    crs = require_crs(frame, what=what)

    def move(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, Any]:
        return lonlat(x, y, crs)

    moved = shapely.transform(flat(frame.geometry.to_numpy()), move, interleaved=False)
    return frame.set_geometry(gpd.GeoSeries(moved, index=frame.index, crs=WGS84, name=frame.geometry.name))


def _before_6960(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[Any, Any]:
    """VN-2000 longitude and latitude of what EPSG:6960 takes to these.

    PROJ's inverse is 0.9 mm off: one step back by what is left over makes it exact, so that a layer
    that goes out and comes in again and again stays where it is.
    """
    there = _epsg6960().transform(lat, lon, direction="INVERSE")
    back = _epsg6960().transform(*there)
    lat, lon = _epsg6960().transform(2 * lat - back[0], 2 * lon - back[1], direction="INVERSE")
    return lon, lat


def from_lonlat(frame: gpd.GeoDataFrame, crs: CRS) -> NDArray[np.object_]:
    """The geometries of a layer in EPSG:4326 as coordinates of `crs`; the way back of `to_lonlat`."""

    def move(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> tuple[Any, Any]:
        if is_vn2000(crs):
            return _to_geographic(crs).transform(*_before_6960(lon, lat), direction="INVERSE")
        return _general(WGS84, crs).transform(lon, lat)

    return np.asarray(shapely.transform(frame.geometry.to_numpy(), move, interleaved=False))


def project(frame: gpd.GeoDataFrame, *, what: str = "layer") -> NDArray[np.object_]:
    """The geometries of a layer in an equal-area plane (EPSG:6933): metres, two-dimensional.

    For tolerances in metres; lengths are right within some 8 % in Vietnam. Reported areas are those
    of `area_km2`.

    Raises
    ------
    CrsError
        When the layer has no coordinate system, or its coordinates are no place on the earth.
    """
    crs = require_crs(frame, what=what)
    step = STEP_DEGREES if crs.is_geographic else STEP_METRES / crs.axis_info[0].unit_conversion_factor
    dense = _dense(flat(frame.geometry.to_numpy()), step)
    forward = _general(WGS84, PLANE)

    def move(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, Any]:
        return forward.transform(*lonlat(x, y, crs))

    moved = np.asarray(shapely.transform(dense, move, interleaved=False))
    _require_somewhere(moved, crs, what)
    return moved


def overlay_shapes(frame: gpd.GeoDataFrame, *, what: str = "layer") -> NDArray[np.object_]:
    """The geometries of a layer ready for overlay: longitude and latitude, two-dimensional.

    Raises
    ------
    CrsError
        When the layer has no coordinate system, or its coordinates are no place on the earth.
    """
    crs = require_crs(frame, what=what)
    plane = flat(frame.geometry.to_numpy())
    if not crs.is_geographic:
        plane = _dense(plane, STEP_METRES / crs.axis_info[0].unit_conversion_factor)

    def move(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, Any]:
        return lonlat(x, y, crs)

    moved = plane if crs == WGS84 else np.asarray(shapely.transform(plane, move, interleaved=False))
    _require_somewhere(moved, crs, what)
    return moved


def area_km2(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Area in km² on the ellipsoid of valid polygons in longitude and latitude; 0 for empty and missing ones.

    Edges are straight in longitude and latitude, as GeoJSON draws them and overlay cuts them, so that
    the parts of a shape add up to it (`geoplan.authalic`).
    """
    return area_m2(shapes) / 1e6


def geodesic_perimeter_km(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Length in km of the outlines (holes too) of polygons in longitude and latitude; 0 for empty ones."""
    return np.array([abs(_GEOD.geometry_area_perimeter(s)[1]) / 1e3 if s else 0.0 for s in shapes])


def _dense(shapes: NDArray[Any], step: float) -> NDArray[Any]:
    """Vertices at least every `step`, fewer where absurd coordinates would cost memory."""
    bounds = shapely.bounds(shapes[~(shapely.is_empty(shapes) | shapely.is_missing(shapes))])
    extent = np.ptp(bounds) if bounds.size else 0.0
    return np.asarray(shapely.segmentize(shapes, max(step, extent / _MOST_STEPS)))


def _require_somewhere(moved: NDArray[Any], crs: CRS, what: str) -> None:
    somewhere = ~(shapely.is_empty(moved) | shapely.is_missing(moved))
    if not np.isfinite(shapely.bounds(moved[somewhere])).all():
        raise CrsError(
            vi=f"{what}: có tọa độ không nằm trên trái đất theo hệ {crs.name}; hãy kiểm tra hệ tọa độ.",
            en=f"{what}: coordinates that are no place on the earth in {crs.name}; check the system.",
        )
