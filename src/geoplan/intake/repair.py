"""Mending geometry: what was wrong, what was done, and by how much the area moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.errors import DataError, tell
from geoplan.rings import flat
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray

_FACES: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)

_ROUNDS: Final = 5
_MENDED: Final = "geoplan.mended"
"""Marks a layer that was mended and spoken of already, so that nothing is said twice."""


@dataclass(frozen=True)
class Repair:
    """One mended feature. Areas are planar, in the unit of the layer's own coordinates, squared."""

    row: Hashable
    reason: str
    area_before: float
    area_after: float


def mend(frame: gpd.GeoDataFrame, *, what: str) -> tuple[gpd.GeoDataFrame, list[Repair]]:
    """Make every geometry of a layer valid and two-dimensional; drop no row.

    Parameters
    ----------
    frame
        Any layer; not changed.
    what
        The layer's name for the sentences, such as a file name.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        The same rows in the same order; invalid polygons mended by
        ``shapely.make_valid(method="structure")``, which keeps what the outline says; polygons only.
    repairs : list of Repair
        What was mended.

    Warns
    -----
    DataWarning
        When something was mended, is empty, or is not a polygon: how many, and which.

    Raises
    ------
    DataError
        When a coordinate is not a finite number, or no feature is a polygon.
    """
    geometries = flat(frame.geometry.to_numpy())
    endless = _endless(geometries)
    if endless.any():
        where = listing(frame.index[endless])
        raise DataError(
            vi=f"{what}: tọa độ không phải số hữu hạn ở dòng {where}; hãy sửa các đối tượng đó.",
            en=f"{what}: coordinates that are not finite numbers in row {where}; mend those features.",
        )
    bad = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    shapes = polygonal(geometries, valid=~bad)
    for i in np.flatnonzero(bad).tolist():
        shapes[i] = made_valid(geometries[i])
    repairs = [
        Repair(
            row=frame.index[i],
            reason=shapely.is_valid_reason(geometries[i]),
            area_before=float(shapely.area(geometries[i])),
            area_after=float(shapely.area(shapes[i])),
        )
        for i in np.flatnonzero(bad)
    ]
    if not frame.attrs.get(_MENDED):
        empty = shapely.is_empty(shapes)
        tell_repairs(frame, mended=bad & ~empty, empty=empty, what=what)
    sound = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    sound.attrs[_MENDED] = True
    return sound, repairs


def made_valid(shape: Any) -> Any:
    """The polygons of an invalid shape, by ``make_valid(method="structure")``; empty when nothing is left.

    GEOS 3.14 at times gives back an invalid shape where a crossing lies within rounding of a vertex;
    a second round mends that. What stays invalid is taken for nothing.
    """
    for _ in range(_ROUNDS):
        one = shapely.make_valid(shape, method="structure", keep_collapsed=False)
        shape = polygonal(np.array([one], dtype=object))[0]
        if shape.is_valid:
            return shape
    return shapely.Polygon()


def _endless(geometries: NDArray[Any]) -> NDArray[np.bool_]:
    """Which geometries have a coordinate that is not a finite number."""
    endless = np.zeros(len(geometries), dtype=bool)
    if np.isfinite(shapely.get_coordinates(geometries)).all():
        return endless
    coordinates, at = shapely.get_coordinates(geometries, return_index=True)
    endless[at[~np.isfinite(coordinates).all(axis=1)]] = True
    return endless


def polygonal(geometries: NDArray[Any], *, valid: NDArray[np.bool_] | None = None) -> NDArray[np.object_]:
    """Only the polygons of each geometry; an empty polygon when there are none or it is missing.

    Geometries that `valid` marks as invalid are left as they are.
    """
    out = np.array(geometries, dtype=object, copy=True)
    kinds = shapely.get_type_id(out)
    foreign = ~np.isin(kinds, _FACES) if valid is None else ~np.isin(kinds, _FACES) & valid
    for i in np.flatnonzero(foreign):
        faces = _faces(out[i])
        out[i] = shapely.union_all(faces) if faces else shapely.Polygon()
    return out


def _faces(geometry: Any) -> list[Any]:
    """The polygons in a geometry, however deep its collections go."""
    found, waiting = [], [geometry] if geometry is not None else []
    while waiting:
        one = waiting.pop()
        if shapely.get_type_id(one) in _FACES:
            found.append(one)
        elif shapely.get_type_id(one) == shapely.GeometryType.GEOMETRYCOLLECTION:
            waiting.extend(shapely.get_parts(one))
    return found


def tell_repairs(
    frame: pd.DataFrame, *, mended: NDArray[np.bool_], empty: NDArray[np.bool_], what: str
) -> None:
    """Say which rows of a layer were mended, and which are no polygon; see `mend` for the rest.

    Raises
    ------
    DataError
        When no row is a polygon.
    """
    if empty.all() and len(frame):
        raise DataError(
            vi=f"{what}: không có đối tượng vùng nào; cần vùng (polygon), không phải điểm hay đường.",
            en=f"{what}: no polygon at all; polygons are needed, not points or lines.",
        )
    if mended.any():
        names = [label(frame, i) for i in np.flatnonzero(mended).tolist()]
        tell(
            vi=f"{what}: đã sửa {len(names)} hình không hợp lệ: {listing(names)}.",
            en=f"{what}: mended {len(names)} invalid geometries: {listing(names, lang='en')}.",
        )
    if empty.any():
        names = [label(frame, i) for i in np.flatnonzero(empty).tolist()]
        tell(
            vi=f"{what}: {len(names)} đối tượng không có vùng (trống, điểm, đường hoặc hỏng hẳn), "
            f"tính là không có diện tích: {listing(names)}.",
            en=f"{what}: {len(names)} features are no polygons (empty, points, lines or broken) and "
            f"count as no area: {listing(names, lang='en')}.",
        )


def label(frame: pd.DataFrame, position: int) -> str:
    """What a person would call this row: its name, code or id, else its row number."""
    for column in ("name", "code", "id"):
        if column in frame.columns:
            value = frame[column].iloc[position]
            if pd.notna(value):
                return str(value)
    return f"#{frame.index[position]}"
