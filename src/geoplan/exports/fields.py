"""The fields of exported layers: full names, ten-character short ones, titles, types, units.

The table is ``fields.csv`` beside this module: fixed, so that a short name means the same in every
file and year, and reversible: no short name occurs twice in a layer. Columns that it does not know
(of the user's own layers) get a short name by rule, the same for the same columns in the same order.
"""

from __future__ import annotations

import csv
import datetime as dt
import re
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from geoplan import schema
from geoplan.model import Words, words
from geoplan.text import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

FieldKind = Literal["text", "integer", "number", "date", "boolean"]

SHORT: Final = 10
"""Characters of a field name in a .dbf."""
_MOST_NUMBERED: Final = 100_000
_BIG: Final = 2.0**63


@dataclass(frozen=True)
class Field:
    """One column of an exported layer.

    Attributes
    ----------
    name
        English snake_case; the column of `ExportLayer.frame`.
    short
        At most ten characters of A–Z, 0–9 and ``_``, beginning with a letter; unique in the layer.
    title
        What it is, for people.
    kind
        ``text`` (str or None), ``integer`` (nullable Int64), ``number`` (float64, NaN unknown),
        ``date`` (datetime64[s] at midnight, NaT unknown), ``boolean`` (nullable).
    unit
        A key of `geoplan.quantity.UNITS`; None when it has none, or another column holds it.
    decimals
        With how many decimals people read it. What is stored is never rounded.
    """

    name: str
    short: str
    title: Words
    kind: FieldKind
    unit: str | None = None
    decimals: int | None = None


@cache
def known_fields() -> dict[str, tuple[Field, ...]]:
    """The table of ``fields.csv``: the fields of each layer, in order."""
    text = resources.files("geoplan.exports").joinpath("fields.csv").read_text("utf-8")
    out: dict[str, list[Field]] = {}
    for row in csv.DictReader(text.splitlines()):
        kind = row["kind"]
        if kind not in get_args(FieldKind):
            raise ValueError(kind)
        field = Field(
            name=row["name"],
            short=row["short"],
            title=words(row["vi"], row["en"]),
            kind=kind,  # type: ignore[arg-type]
            unit=row["unit"] or None,
            decimals=int(row["decimals"]) if row["decimals"] else None,
        )
        out.setdefault(row["layer"], []).append(field)
    return {layer: tuple(fields) for layer, fields in out.items()}


def full_names(layer: str) -> dict[str, str]:
    """Full names by short ones, to read a shapefile back: ``{"MA_XA": "code", …}``."""
    return {field.short: field.name for field in known_fields().get(layer, ())}


def fields_of(layer: str, frame: pd.DataFrame) -> tuple[Field, ...]:
    """The fields of a frame: known ones in the table's order, then the frame's others in its own.

    Known fields that the frame lacks stay out.
    """
    geometry = getattr(frame, "_geometry_column_name", None)
    columns = [str(c) for c in frame.columns if c != geometry]
    known = [field for field in known_fields().get(layer, ()) if field.name in columns]
    names = {field.name for field in known}
    fields = list(known)
    for column in columns:
        if column not in names:
            fields.append(_unknown(column, frame[column], fields))
    return tuple(fields)


def typed(frame: pd.DataFrame, fields: Sequence[Field], *, what: str) -> pd.DataFrame:
    """The columns of the fields with their types (see `Field.kind`); the geometry stays as it is.

    Raises
    ------
    DataError
        When a value does not fit its field.
    """
    out = frame.reset_index(drop=True)
    for field in fields:
        out[field.name] = _typed(out[field.name], field.kind, what)
    geometry = getattr(frame, "_geometry_column_name", None)
    return out[[field.name for field in fields] + ([geometry] if geometry else [])]


def _typed(values: pd.Series, kind: FieldKind, what: str) -> pd.Series:
    if kind == "text":
        return schema.texts(values)
    if kind == "date":
        return schema.dates(values, what=what)
    if kind == "number":
        return schema.numbers(values, what=what)
    return values.astype("Int64" if kind == "integer" else "boolean")


def _unknown(column: str, values: pd.Series, before: Sequence[Field]) -> Field:
    """A field for a column that the table does not know, its type from its values."""
    return Field(
        name=column,
        short=short_name(column, {field.short for field in before}),
        title=words(column, column),
        kind=_kind(values),
    )


def _kind(values: pd.Series) -> FieldKind:
    if isinstance(values.dtype, pd.BooleanDtype) or values.dtype.kind == "b":
        return "boolean"
    if values.dtype.kind in "iu":
        return "integer"
    if values.dtype.kind == "f":
        return "number"
    if values.dtype.kind == "M":
        return "date" if (values.dropna() == values.dropna().dt.normalize()).all() else "text"
    return _kind_of_objects([v for v in values if not _missing(v)])


def _kind_of_objects(given: list[Any]) -> FieldKind:
    """The type of Python values of one type; text when there is none, or several."""
    if not given:
        return "text"
    if all(isinstance(v, bool | np.bool_) for v in given):
        return "boolean"
    if any(isinstance(v, bool | np.bool_) for v in given):
        return "text"
    if all(isinstance(v, int | np.integer) for v in given):
        return "integer" if all(-_BIG <= v < _BIG for v in given) else "text"
    if all(isinstance(v, int | float | np.number) for v in given):
        return "number"
    plain = all(isinstance(v, dt.date) and not isinstance(v, dt.datetime) for v in given)
    return "date" if plain else "text"


def _missing(value: Any) -> bool:
    return value is None or (bool(pd.api.types.is_scalar(value)) and bool(pd.isna(value)))


def short_name(name: str, taken: set[str]) -> str:
    """A short name for a column: its ASCII letters and digits, numbered when another has it.

    >>> short_name("Diện tích đất ở", {"DIEN_TICH"})
    'DIEN_TICH1'
    """
    plain = re.sub(r"[^A-Z0-9]+", "_", fold(name).upper()).strip("_")
    plain = plain if plain[:1].isalpha() else f"C_{plain}".rstrip("_")
    first = plain[:SHORT].rstrip("_")
    if first not in taken:
        return first
    for i in range(1, _MOST_NUMBERED):
        short = f"{first[: SHORT - len(str(i))]}{i}"
        if short not in taken:
            return short
    raise ValueError(name)
