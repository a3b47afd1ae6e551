"""What is in force when: intervals are half-open, and an empty end is open."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pandas as pd

from geoplan import schema

if TYPE_CHECKING:
    import datetime as dt

_Rows = TypeVar("_Rows", bound=pd.DataFrame)


def in_force_rows(rows: _Rows, on: dt.date) -> _Rows:
    """Rows whose half-open interval ``valid_from`` … ``valid_to`` holds a date; empty ends are open."""
    day = pd.Timestamp(on)
    started = rows["valid_from"].isna() | (rows["valid_from"] <= day)
    return rows[started & ~(rows["valid_to"] <= day)]


def holds(start: dt.date | None, end: dt.date | None, on: dt.date) -> bool:
    """Whether a half-open interval holds a date; None is an open end."""
    return (start is None or start <= on) and (end is None or on < end)


def unit_table(rows: pd.DataFrame, *, what: str) -> pd.DataFrame:
    """A table about units (``unit_kinds.csv``, ``population.csv``) with dates as dates."""
    out = rows.copy()
    for column in ("unit_from", "valid_from", "valid_to", "population_on"):
        if column in out.columns:
            out[column] = schema.dates(out[column], what=what)
    for column in ("population", "converted", "temporary", "mean_days"):
        if column in out.columns:
            out[column] = schema.numbers(out[column], what=what)
    return out
