"""The communes of a measure: checked, named, and ready for overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geoplan import crs, schema
from geoplan.errors import tell
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.text import listing, number

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Units:
    """Communes in the order of the layer.

    Attributes
    ----------
    codes, names
        Text; a name may be None.
    shapes
        Valid polygons in longitude and latitude.
    area_km2
        Drawn area on the ellipsoid; NaN where there is no polygon.
    """

    codes: NDArray[np.object_]
    names: NDArray[np.object_]
    shapes: NDArray[np.object_]
    area_km2: NDArray[np.float64]


def read_units(communes: gpd.GeoDataFrame, *, id_column: str | None = None) -> Units:
    """Communes ready to be measured.

    Warns
    -----
    DataWarning
        When geometry was mended, communes overlap each other, codes repeat or are missing.

    Raises
    ------
    CrsError, DataError, UsageError
        No coordinate system; no polygon; no such column.
    """
    what = "communes"
    schema.require_layer(communes, what=what)
    crs.require_crs(communes, what=what)
    sound, _ = mend(communes, what=what)
    shapes = crs.overlay_shapes(sound, what=what)
    area = np.where(shapely.is_empty(shapes), np.nan, crs.area_km2(shapes))
    units = Units(_codes(communes, id_column), _names(communes), shapes, area)
    _warn_overlaps(units)
    return units


def _codes(communes: gpd.GeoDataFrame, id_column: str | None) -> NDArray[np.object_]:
    if id_column is not None:
        column: str | None = schema.named_column(communes, id_column, what="communes")
    else:
        column = schema.find_code_column(communes)
    if column is None:
        tell(
            vi="communes: không thấy cột mã; dùng số thứ tự dòng làm mã (hoặc chỉ cột bằng --id-column).",
            en="communes: no code column found; row numbers serve as codes (or give --id-column).",
        )
        return np.array([str(i + 1) for i in range(len(communes))], dtype=object)
    codes = schema.texts(communes[column])
    if codes.isna().any():
        rows = listing(communes.index[codes.isna()])
        tell(
            vi=f"communes: {int(codes.isna().sum())} dòng không có mã ở cột {column}: dòng {rows}.",
            en=f"communes: {int(codes.isna().sum())} rows have no code in column {column}: {rows}.",
        )
    repeated = codes[codes.duplicated() & codes.notna()].unique()
    if len(repeated):
        tell(
            vi=f"communes: mã lặp lại ở cột {column}: {listing(repeated)}; mỗi dòng vẫn tính riêng.",
            en=f"communes: repeated codes in column {column}: {listing(repeated, lang='en')}; "
            "each row is still counted by itself.",
        )
    return codes.to_numpy(dtype=object)


def _names(communes: gpd.GeoDataFrame) -> NDArray[np.object_]:
    column = schema.find_name_column(communes)
    if column is None:
        return np.full(len(communes), None, dtype=object)
    return schema.texts(communes[column]).to_numpy(dtype=object)


def _warn_overlaps(units: Units) -> None:
    found = overlay.overlaps(units.shapes)
    if not found:
        return
    found.sort(key=lambda pair: -pair[2])
    pairs = [f"{_title(units, i)} – {_title(units, j)}" for i, j, _ in found]
    hectares = sum(area for *_, area in found) / 1e4
    tell(
        vi=f"communes: {len(found)} cặp xã chồng lên nhau, tổng {number(hectares, digits=2)} ha "
        f"tính hai lần: {listing(pairs, limit=3)}.",
        en=f"communes: {len(found)} pairs of communes overlap and "
        f"{number(hectares, digits=2, lang='en')} ha count twice: {listing(pairs, limit=3, lang='en')}.",
    )


def _title(units: Units, i: int) -> str:
    return str(units.names[i] or units.codes[i])
