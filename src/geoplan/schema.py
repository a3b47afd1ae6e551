"""What a layer is: its columns and what they mean. The contract between all floors of the house.

Columns are English snake_case, values are Vietnamese text. Intervals are half-open everywhere: a
unit or plan is in force on ``valid_from`` / ``approved_on`` and no longer on ``valid_to`` /
``expires_on`` / ``superseded_on``; an empty end is open.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd

from geoplan.errors import DataError, UsageError
from geoplan.text import fold, listing, parse_date

if TYPE_CHECKING:
    import geopandas as gpd

LayerName = Literal["communes", "industrial_zones", "plans", "urban_land", "neighbours"]
Standing = Literal["surveyed", "published", "digitised", "schematic", "illustrative"]
Confidence = Literal["seen", "secondary", "recalled", "derived"]

UNIT_KINDS: Final = ("ward", "commune", "township")
PLAN_KINDS: Final = ("general", "zoning", "detailed")
PLAN_STATUSES: Final = ("drafting", "approved", "expired", "superseded")
ALL_KINDS: Final = "all"
UNKNOWN_KIND: Final = "unknown"
DENOMINATORS: Final = ("natural", "urban_land", "published")
GROUPS: Final = ("all", "wards", "candidates")

NOT_REAL: Final[frozenset[str]] = frozenset({"schematic", "illustrative"})
"""Standings that every output must name: nobody may take them for survey."""

DATE_COLUMNS: Final = ("approved_on", "expires_on", "superseded_on")
_CODE_NAMES: Final = ("code", "ma_xa", "maxa", "ma_dvhc", "ma", "id", "gid", "objectid")
_NAME_NAMES: Final = ("name", "ten_xa", "tenxa", "ten_dvhc", "ten", "ten_xa_phuong")
_STATUS_WORDS: Final = {
    "drafting": "drafting",
    "dang lap": "drafting",
    "du thao": "drafting",
    "approved": "approved",
    "da phe duyet": "approved",
    "phe duyet": "approved",
    "da duyet": "approved",
    "expired": "expired",
    "het han": "expired",
    "het hieu luc": "expired",
    "superseded": "superseded",
    "bi thay the": "superseded",
    "da thay the": "superseded",
}


@dataclass(frozen=True)
class Column:
    """One column of a layer: its type and what it means."""

    name: str
    kind: Literal["text", "number", "date", "flag"]
    required: bool = False
    meaning: str = ""


LAYERS: Final[dict[LayerName, tuple[Column, ...]]] = {
    "communes": (
        Column("code", "text", required=True, meaning="mã đơn vị hành chính, giữ số 0 ở đầu"),
        Column("name", "text", required=True, meaning="tên, không kèm Phường/Xã"),
        Column("valid_from", "date", meaning="ngày đầu tiên có hiệu lực"),
        Column("valid_to", "date", meaning="ngày đầu tiên hết hiệu lực"),
        Column("ward_candidate", "flag", meaning="văn kiện nêu tên để lên phường"),
        Column("area_published_km2", "number", meaning="diện tích công bố, km²"),
    ),
    "industrial_zones": (
        Column("id", "text", required=True, meaning="mã khu"),
        Column("name", "text", required=True, meaning="tên khu"),
        Column("kind", "text", meaning="park, cluster, it_park"),
        Column("status", "text", meaning="established, planned"),
        Column("established_on", "date", meaning="ngày quyết định thành lập"),
        Column("area_declared_ha", "number", meaning="diện tích theo quyết định, ha"),
        Column("leased_ha", "number", meaning="diện tích đã cho thuê, ha"),
    ),
    "plans": (
        Column("id", "text", required=True, meaning="mã đồ án"),
        Column("name", "text", required=True, meaning="tên đồ án"),
        Column("kind", "text", required=True, meaning="general, zoning, detailed"),
        Column("status", "text", meaning="drafting, approved, expired, superseded"),
        *(Column(name, "date") for name in DATE_COLUMNS),
    ),
    "urban_land": (Column("id", "text", required=True),),
    "neighbours": (Column("name", "text", required=True),),
}


def conform(frame: gpd.GeoDataFrame, layer: LayerName, *, what: str) -> gpd.GeoDataFrame:
    """The layer with its contract's types: text as text, dates as dates, numbers as floats.

    Columns that the contract does not name stay as they are; optional ones that are missing are
    added empty.

    Raises
    ------
    DataError
        When a required column is missing, or a value does not fit its column.
    """
    out = frame.copy()
    missing = [c.name for c in LAYERS[layer] if c.required and c.name not in out.columns]
    if missing and len(out):
        raise DataError(
            vi=f"{what}: lớp {layer} thiếu cột {', '.join(missing)}; hãy thêm hoặc đổi tên cột.",
            en=f"{what}: the layer {layer} has no column {', '.join(missing)}; add or rename it.",
        )
    for column in LAYERS[layer]:
        if column.name not in out.columns:
            out[column.name] = False if column.kind == "flag" else None
        values = out[column.name]
        if column.kind == "text":
            out[column.name] = texts(values)
        elif column.kind == "date":
            out[column.name] = dates(values, what=what)
        elif column.kind == "number":
            out[column.name] = numbers(values, what=what)
        else:
            out[column.name] = values.map(lambda v: v is True or v == 1).astype(bool)
    return out


def texts(values: pd.Series) -> pd.Series:
    """Values as text, whole numbers without a decimal point, missing ones as None."""

    def one(value: object) -> str | None:
        if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
            return None
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value)

    return pd.Series([one(v) for v in values], index=values.index, dtype=object, name=values.name)


def numbers(values: pd.Series, *, what: str) -> pd.Series:
    """Values as floats; missing ones as NaN.

    Raises
    ------
    DataError
        When a value is neither a number nor empty.
    """
    out = pd.to_numeric(values, errors="coerce").astype("float64")
    lost = values.notna() & (values.astype(str).str.strip() != "") & out.isna()
    if lost.any():
        at = int(lost.to_numpy().argmax())
        where, value = values.index[at], values.iloc[at]
        raise DataError(
            vi=f"{what}: cột {values.name}, dòng {where}: “{value}” không phải là số.",
            en=f"{what}: column {values.name}, row {where}: “{value}” is not a number.",
        )
    return out


def dates(values: pd.Series, *, what: str) -> pd.Series:
    """Values as midnight timestamps; text as ``YYYY-MM-DD`` or ``DD/MM/YYYY``; missing ones as NaT.

    Raises
    ------
    DataError
        When a value is neither a date nor empty.
    """

    def one(row: object, value: object) -> pd.Timestamp | None:
        if value is None or value is pd.NaT or value is pd.NA or value == "":
            return None
        if isinstance(value, float) and np.isnan(value):
            return None
        if isinstance(value, dt.date | np.datetime64):
            stamp = pd.Timestamp(value)
            return (stamp.tz_localize(None) if stamp.tzinfo else stamp).normalize()
        try:
            return pd.Timestamp(parse_date(str(value)[:10]))
        except UsageError as error:
            raise DataError(
                vi=f"{what}: cột {values.name}, dòng {row}: {error.vi}",
                en=f"{what}: column {values.name}, row {row}: {error.en}",
            ) from error

    stamps = [one(row, value) for row, value in values.items()]
    return pd.Series(pd.array(stamps, dtype="datetime64[s]"), index=values.index, name=values.name)


def statuses(values: pd.Series, *, what: str) -> pd.Series:
    """Plan statuses in the contract's words; the usual Vietnamese ones are understood.

    Raises
    ------
    DataError
        When a status is unknown: guessing would count or drop a plan silently.
    """
    known = values.map(lambda v: _STATUS_WORDS.get(fold(str(v)).strip()) if pd.notna(v) else None)
    strange = sorted({str(v) for v in values[known.isna() & values.notna()]})
    if strange:
        raise DataError(
            vi=f"{what}: cột status có giá trị lạ ({listing(strange)}); hãy dùng {', '.join(PLAN_STATUSES)}.",
            en=f"{what}: unknown status ({listing(strange, lang='en')}); use {', '.join(PLAN_STATUSES)}.",
        )
    return known


def named_column(frame: gpd.GeoDataFrame, name: str, *, what: str) -> str:
    """The column that the user named.

    Raises
    ------
    UsageError
        When the layer has no such column; the sentence lists those it has.
    """
    if name not in frame.columns:
        have = [str(c) for c in frame.columns if c != frame.geometry.name]
        raise UsageError(
            vi=f"{what}: không có cột “{name}”; các cột có: {listing(have, limit=12)}.",
            en=f"{what}: no column “{name}”; it has: {listing(have, limit=12, lang='en')}.",
        )
    return name


def find_code_column(frame: gpd.GeoDataFrame) -> str | None:
    """The column that most likely holds the unit's code, or None."""
    return _find(frame, _CODE_NAMES)


def find_name_column(frame: gpd.GeoDataFrame) -> str | None:
    """The column that most likely holds the unit's name, or None."""
    return _find(frame, _NAME_NAMES)


def _find(frame: gpd.GeoDataFrame, wanted: tuple[str, ...]) -> str | None:
    by_folded = {fold(str(c)).replace(" ", "_"): str(c) for c in reversed(frame.columns)}
    return next((by_folded[name] for name in wanted if name in by_folded), None)
