"""Columns that may hold values nobody can read: what can be read, and which rows cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geoplan import schema
from geoplan.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable


def readable_dates(values: pd.Series, *, what: str) -> tuple[pd.Series, list[int]]:
    """Dates of a column by the rules of `schema.dates`, and the positions of values that are none (NaT)."""
    try:
        return schema.dates(values, what=what), []
    except DataError:
        single = [_alone(schema.dates, values.iloc[[i]], what) for i in range(len(values))]
    read = [None if one is None else one.iloc[0] for one in single]
    stamps = pd.Series(pd.array(read, dtype="datetime64[s]"), index=values.index, name=values.name)
    return stamps, [i for i, one in enumerate(single) if one is None]


def readable_numbers(values: pd.Series, *, what: str) -> tuple[pd.Series, list[int]]:
    """Numbers of a column by the rules of `schema.numbers`, and the positions of values that are none (NaN).

    Text that could be two numbers, such as ``12.345``, is read as the readable rest of the column is
    written, and counts as unreadable when that does not tell.
    """
    try:
        return schema.numbers(values, what=what), []
    except DataError:
        single = [_alone(schema.numbers, values.iloc[[i]], what) for i in range(len(values))]
    sure = values[[one is not None for one in single]]
    probe = _alone(schema.numbers, pd.Series([*sure, "1.234"], dtype=object), what)
    if probe is not None:
        witness = "1,5" if probe.iloc[-1] > 1000 else "1.5"  # noqa: PLR2004 - as the column reads 1.234
        for i, one in enumerate(single):
            if one is None:
                pair = pd.Series([witness, values.iloc[i]], dtype=object)
                single[i] = _alone(schema.numbers, pair, what)
    read = [float("nan") if one is None else float(one.iloc[-1]) for one in single]
    numbers = pd.Series(read, index=values.index, name=values.name, dtype="float64")
    return numbers, [i for i, one in enumerate(single) if one is None]


def _alone(read: Callable[..., pd.Series], values: pd.Series, what: str) -> pd.Series | None:
    try:
        return read(values, what=what)
    except DataError:
        return None
