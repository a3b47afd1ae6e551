"""What a layer is: its columns and what they mean. The contract between all floors of the house.

Columns are English snake_case, values are Vietnamese text. Intervals are half-open everywhere: a
unit or plan is in force on ``valid_from`` / ``approved_on`` and no longer on ``valid_to`` /
``expires_on`` / ``superseded_on``; an empty end is open.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from geoplan.errors import DataError, UsageError, tell
from geoplan.text import fold, listing, parse_date, quoted

LayerName = Literal["communes", "industrial_zones", "plans", "urban_land", "neighbours", "boundaries"]
USER_LAYERS: Final[tuple[LayerName, ...]] = ("communes", "plans", "industrial_zones", "urban_land")
Standing = Literal["surveyed", "published", "digitised", "schematic", "illustrative"]
Confidence = Literal["seen", "secondary", "recalled", "derived"]
_Frame = TypeVar("_Frame", bound=pd.DataFrame)

PLAN_KINDS: Final = ("general", "zoning", "detailed")
PLAN_STATUSES: Final = ("drafting", "approved", "expired", "superseded")
ALL_KINDS: Final = "all"
UNKNOWN_KIND: Final = "unknown"

NOT_REAL: Final[frozenset[str]] = frozenset({"schematic", "illustrative"})
"""Standings that every output must name: nobody may take them for survey."""

DATE_COLUMNS: Final = ("approved_on", "expires_on", "superseded_on")
_DBF_NAME: Final = 10
_CODE_NAMES: Final = ("code", "ma_xa", "maxa", "ma_dvhc", "ma", "id", "gid", "objectid")
_NAME_NAMES: Final = ("name", "ten_xa", "tenxa", "ten_dvhc", "ten", "ten_xa_phuong")
_TWO_WAYS: Final = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_VIETNAMESE: Final = re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?|[+-]?\d+,\d+")
_SURELY_PLAIN: Final = re.compile(r"[+-]?(\d+\.(\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)")
_SURELY_VIETNAMESE: Final = re.compile(
    r"[+-]?(\d{1,3}(\.\d{3}){2,}(,\d+)?|\d{1,3}(\.\d{3})+,\d+|\d+,(\d{1,2}|\d{4,}))"
)
_WRITTEN: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_NO_NUMBER: Final = "không phải là số"
_AMBIGUOUS: Final = "có thể là hai số khác nhau (dấu ngăn nghìn hay dấu thập phân?); hãy để cột ở dạng số"
_NUMBER_EN: Final = {
    _NO_NUMBER: "is not a number",
    _AMBIGUOUS: "could be two numbers (thousands or decimals?); make it a number column",
}
_TIME: Final = re.compile(r"[T ]\d{1,2}(:\d{2})+(\.\d+)?\s*(Z|[+-]\d{2}(:?\d{2})?)?$")
_FLAG_WORDS: Final = {
    **dict.fromkeys(("", "0", "false", "khong", "no", "n", "f"), False),
    **dict.fromkeys(("1", "true", "co", "yes", "y", "t", "x"), True),
}
_STATUS_WORDS: Final = {
    "drafting": "drafting",
    "dang lap": "drafting",
    "du thao": "drafting",
    "approved": "approved",
    "da duoc phe duyet": "approved",
    "con hieu luc": "approved",
    "dang co hieu luc": "approved",
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
    "boundaries": (
        Column("code", "text", required=True),
        Column("name", "text", required=True),
        Column("valid_from", "date", required=True),
    ),
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
    out = aligned(frame, layer, what=what).copy()
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
            out[column.name] = flags(values, what=what)
    return out


def texts(values: pd.Series) -> pd.Series:
    """Values as text, whole numbers without a decimal point, missing ones as None."""

    def one(value: Any) -> str | None:
        if type(value) is str:
            return value
        if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
            return None
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value)

    return pd.Series([one(v) for v in values], index=values.index, dtype=object, name=values.name)


def numbers(values: pd.Series, *, what: str) -> pd.Series:
    """Values as finite floats; missing and blank ones as NaN.

    Text may be written as Vietnamese offices do (``1.234,5``) or plainly (``1234.5``). Text that could
    be either, such as ``12.345``, is read as the column's other values are written, and refused when
    they do not tell: a town of 12,345 people must not become one of 12.

    Raises
    ------
    DataError
        When a value is not a finite number, or could be two numbers.
    """
    texts_in = [v.strip() for v in values if isinstance(v, str)]
    plain = any(_SURELY_PLAIN.fullmatch(t) for t in texts_in)
    vietnamese = any(_SURELY_VIETNAMESE.fullmatch(t) for t in texts_in)
    style: Literal["plain", "vietnamese"] | None = None
    if plain != vietnamese:
        style = "plain" if plain else "vietnamese"
    out = []
    for row, value in values.items():
        number = _number(value, style)
        if isinstance(number, str):
            raise DataError(
                vi=f"{what}: cột {values.name}, dòng {row}: {quoted(value)} {number}.",
                en=f"{what}: column {values.name}, row {row}: {quoted(value)} {_NUMBER_EN[number]}.",
            )
        out.append(number)
    return pd.Series(out, index=values.index, dtype="float64", name=values.name)


def _number(value: object, style: Literal["plain", "vietnamese"] | None) -> float | str:
    """A float, NaN when missing, or what is wrong in Vietnamese."""
    if value is None or value is pd.NA or value is pd.NaT:
        return np.nan
    if isinstance(value, str):
        text = value.strip().replace("\u00a0", " ").replace(" ", "")
        if not text:
            return np.nan
        if _TWO_WAYS.fullmatch(text) and style is None:
            return _AMBIGUOUS
        if style != "plain" and _VIETNAMESE.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        if not _WRITTEN.fullmatch(text):
            return _NO_NUMBER
        value = text
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return _NO_NUMBER
    return _NO_NUMBER if np.isinf(number) else number


def flags(values: pd.Series, *, what: str) -> pd.Series:
    """Values as True or False; missing and blank ones as False; ``có``/``không`` and the like understood.

    Raises
    ------
    DataError
        When a value is neither yes nor no.
    """
    words = texts(values).map(lambda v: fold(v).strip() if isinstance(v, str) else "")
    known = words.map(_FLAG_WORDS)
    if known.isna().any():
        strange = listing(sorted(set(words[known.isna()])))
        raise DataError(
            vi=f"{what}: cột {values.name} phải là có/không, nhưng có: {strange}.",
            en=f"{what}: column {values.name} must be yes or no, but has: {strange}.",
        )
    return known.astype(bool)


def dates(values: pd.Series, *, what: str) -> pd.Series:
    """Values as midnight timestamps; text as ``YYYY-MM-DD`` or ``DD/MM/YYYY``; missing ones as NaT.

    Raises
    ------
    DataError
        When a value is neither a date nor empty.
    """
    known: dict[object, pd.Timestamp | None] = {}

    def one(row: object, value: object) -> pd.Timestamp | None:
        if type(value) is str:  # the same few texts over and over in a large layer
            if value not in known:
                known[value] = parsed(row, value)
            return known[value]
        return parsed(row, value)

    def parsed(row: object, value: object) -> pd.Timestamp | None:
        if (
            value is None
            or value is pd.NaT
            or value is pd.NA
            or (isinstance(value, str) and not value.strip())
        ):
            return None
        if isinstance(value, float) and np.isnan(value):
            return None
        if isinstance(value, dt.date | np.datetime64):
            if isinstance(value, np.datetime64) and np.isnat(value):
                return None
            stamp = pd.Timestamp(value)
            return (stamp.tz_localize(None) if stamp.tzinfo else stamp).normalize()
        try:
            return pd.Timestamp(parse_date(_TIME.sub("", str(value).strip())))
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
    words = texts(values).map(lambda v: (v.strip() or None) if isinstance(v, str) else None)
    meanings = {v: _STATUS_WORDS.get(fold(v)) for v in words.unique() if isinstance(v, str)}
    known = words.map(meanings.get)
    strange = sorted({v for v in words[known.isna()] if isinstance(v, str)})
    if strange:
        raise DataError(
            vi=f"{what}: cột status có giá trị lạ ({listing(strange)}); hãy dùng {', '.join(PLAN_STATUSES)}.",
            en=f"{what}: unknown status ({listing(strange, lang='en')}); use {', '.join(PLAN_STATUSES)}.",
        )
    return known


def aligned(frame: _Frame, layer: LayerName, *, what: str) -> _Frame:
    """The layer with columns that only differ in form under the contract's names.

    A column is recognised in any case (``APPROVED_ON``) and cut to the ten bytes that a .dbf holds
    (``approved_o``), when only one column can be it. Overlooking one would count plans that have
    lapsed, so each is announced.

    Warns
    -----
    DataWarning
        Naming the columns that were taken for others.
    """
    present = {str(c) for c in frame.columns}
    renamed: dict[str, str] = {}
    for name in _known_columns(layer):
        alike = [c for c in present if c.casefold() in {name, name[:_DBF_NAME]} and c != name]
        if name not in present and len(alike) == 1:
            renamed[alike[0]] = name
    if not renamed:
        return frame
    pairs = listing(f"{theirs} → {ours}" for theirs, ours in sorted(renamed.items()))
    tell(vi=f"{what}: hiểu cột {pairs}.", en=f"{what}: columns taken as {pairs}.")
    return frame.rename(columns=renamed)


def _known_columns(layer: LayerName) -> list[str]:
    more = ["population", "kind"] if layer == "communes" else ["decision", "scale"]
    return [*(c.name for c in LAYERS[layer]), *more]


def require_layer(frame: object, *, what: str) -> None:
    """Refuse what is no layer at all, before anything strange happens.

    Raises
    ------
    UsageError
        When it is not a GeoDataFrame, or two of its columns have one name.
    """
    if not isinstance(frame, gpd.GeoDataFrame):
        raise UsageError(
            vi=f"{what} phải là GeoDataFrame (đọc tệp bằng geoplan.read_layer), không phải "
            f"{type(frame).__name__}.",
            en=f"{what} must be a GeoDataFrame (see geoplan.read_layer), not {type(frame).__name__}.",
        )
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise UsageError(
            vi=f"{what}: tên cột lặp lại ({listing(doubled)}); hãy đổi tên để mỗi cột một tên.",
            en=f"{what}: repeated column names ({listing(doubled, lang='en')}); rename them.",
        )


def named_column(frame: pd.DataFrame, name: str, *, what: str) -> str:
    """The column that the user named.

    Raises
    ------
    UsageError
        When the layer has no such column; the sentence lists those it has.
    """
    geometry = frame.geometry.name if isinstance(frame, gpd.GeoDataFrame) else None
    if name not in frame.columns or name == geometry:
        have = [str(c) for c in frame.columns if c != geometry]
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
    present = {str(c) for c in frame.columns}
    return next((n if n in present else by_folded[n] for n in wanted if n in by_folded), None)
