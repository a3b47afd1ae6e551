"""The geometry and the coordinate system of a layer against what reading it back gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS, Geod

from geoplan import crs as systems
from geoplan.exports.writing import Loss
from geoplan.model import words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.exports.writing import LossKind

_SAME_PLACE_M: Final = 0.001
_METRES_A_DEGREE: Final = 111_320
_GEOD: Final = Geod(ellps="WGS84")


def geometry_losses(layer: str, ours: gpd.GeoDataFrame, back: gpd.GeoDataFrame) -> Iterator[Loss]:
    """Shapes lost or changed, coordinates less precise, a system that is another or has lost its code."""

    def loss(kind: LossKind, vi: str, en: str) -> Loss:
        return Loss(layer, kind, words(vi, en))

    a, b = ours.geometry.to_numpy(), back.geometry.to_numpy()
    no_a, no_b = (shapely.is_missing(s) | shapely.is_empty(s) for s in (a, b))
    gone = int((no_a != no_b).sum())
    if gone:
        yield loss("geometry", f"{gone} hình mất hoặc thừa.", f"{gone} shapes lost or added.")
    emptied = int((no_a & no_b & (shapely.is_missing(a) != shapely.is_missing(b))).sum())
    if emptied:
        vi = f"{emptied} hình rỗng và ô không có hình bị lẫn."
        yield loss("null", vi, f"{emptied} empty shapes and missing ones confused.")
    if back.crs is None and ours.crs is not None:
        yield loss("crs", "tệp không ghi hệ tọa độ.", "the file states no coordinate system.")
    elif ours.crs is not None:
        yield from _crs_losses(layer, ours, back)
    both = ~no_a & ~no_b
    yield from _shape_losses(layer, a[both], b[both], geographic=ours.crs is None or ours.crs.is_geographic)


def _crs_losses(layer: str, ours: gpd.GeoDataFrame, back: gpd.GeoDataFrame) -> Iterator[Loss]:
    stated, read = CRS.from_user_input(ours.crs), CRS.from_user_input(back.crs)
    shift = _shift_m(ours, stated, read)
    if shift > _SAME_PLACE_M:
        vi = f"hệ tọa độ đọc lại lệch {number(shift, digits=3)} m."
        yield Loss(layer, "crs", words(vi, f"the system read back is {shift:.3f} m off."))
    code = stated.to_epsg()
    if code is not None and read.to_epsg() != code:
        vi = f"tệp không giữ mã EPSG:{code}, chỉ giữ các tham số."
        yield Loss(layer, "crs", words(vi, f"the file keeps no code EPSG:{code}, only the parameters."))


def _shift_m(ours: gpd.GeoDataFrame, stated: CRS, read: CRS) -> float:
    """How far the middle of the layer moves when its coordinates are read in the system of the file."""
    box = np.asarray(ours.total_bounds, dtype=float)
    if not np.isfinite(box).all():
        return 0.0
    x, y = np.array([(box[0] + box[2]) / 2]), np.array([(box[1] + box[3]) / 2])
    (lon1, lat1), (lon2, lat2) = (systems.lonlat(x, y, system) for system in (stated, read))
    return float(np.asarray(_GEOD.inv(lon1, lat1, lon2, lat2)[2])[0])


def _shape_losses(layer: str, a: NDArray[Any], b: NDArray[Any], *, geographic: bool) -> Iterator[Loss]:
    a, b = shapely.normalize(_single(a)), shapely.normalize(_single(b))
    differ = ~shapely.equals_exact(a, b, tolerance=0.0)
    if not differ.any():
        return
    a, b = a[differ], b[differ]
    recut = int((shapely.get_num_coordinates(a) != shapely.get_num_coordinates(b)).sum())
    if recut:
        vi = f"{recut} hình có số đỉnh thay đổi."
        yield Loss(layer, "geometry", words(vi, f"{recut} shapes with more or fewer vertices."))
    away = float(np.max(shapely.hausdorff_distance(a, b), initial=0.0)) * (
        _METRES_A_DEGREE if geographic else 1
    )
    if away > 0:
        far = f"{away * 1000:.2g}"
        vi = f"tọa độ của {len(a)} hình lệch nhiều nhất {far} mm."
        yield Loss(layer, "precision", words(vi, f"coordinates of {len(a)} shapes off by {far} mm at most."))


def _single(shapes: NDArray[Any]) -> NDArray[Any]:
    """Multi-shapes of one part as single shapes: formats choose, and nothing is lost by it."""
    out = np.empty(len(shapes), dtype=object)
    for i, shape in enumerate(shapes):
        out[i] = shape.geoms[0] if hasattr(shape, "geoms") and len(shape.geoms) == 1 else shape
    return out
