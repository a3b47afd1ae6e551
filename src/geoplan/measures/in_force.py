"""Which plans count on a date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from geoplan import schema
from geoplan.errors import tell
from geoplan.text import as_date, listing

if TYPE_CHECKING:
    import datetime as dt


def in_force(plans: pd.DataFrame, *, on: dt.date | str | None = None, what: str = "plans") -> pd.Series:
    """Whether each plan is in force on a date.

    A plan is in force from ``approved_on`` until (not including) ``expires_on`` or ``superseded_on``,
    whichever comes first, and only when it was approved: a plan being drafted never counts. A plan
    whose ``status`` says expired or superseded today was in force before its end date, and never
    counts when that date is missing. Without any date column the status alone decides; without dates
    and status every plan counts.

    Parameters
    ----------
    plans
        Columns used when present: ``status``, ``approved_on``, ``expires_on``, ``superseded_on``.
    on
        The day; today when None.
    what
        The layer's name for the sentences.

    Returns
    -------
    pandas.Series of bool
        Aligned on the index of `plans`.

    Warns
    -----
    DataWarning
        When approved plans do not count because their date of approval is missing.

    Raises
    ------
    DataError
        When a status or a date cannot be understood.
    """
    day = pd.Timestamp(as_date(on))
    plans = schema.aligned(plans, "plans", what=what)
    counts = pd.Series(data=True, index=plans.index, dtype=bool, name="in_force")
    present = [c for c in schema.DATE_COLUMNS if c in plans.columns]
    ends = [schema.dates(plans[c], what=what) for c in present if c != "approved_on"]
    for end in ends:
        counts &= ~(end <= day)
    if "status" in plans.columns:
        status = schema.statuses(plans["status"], what=what)
        _warn_unstated(plans, status.isna(), what)
        ended = status.isin(["expired", "superseded"])
        known_end = pd.Series(data=False, index=plans.index)
        for end in ends:
            known_end |= end.notna()
        counts &= (status == "approved") | (ended & known_end)
    if "approved_on" in plans.columns:
        approved_on = schema.dates(plans["approved_on"], what=what)
        undated = counts & approved_on.isna()
        _warn_undated(plans, undated, what)
        counts &= approved_on <= day
    return counts.astype(bool)


def _warn_unstated(plans: pd.DataFrame, unstated: pd.Series, what: str) -> None:
    if unstated.any():
        names = listing(_names(plans, unstated))
        tell(
            vi=f"{what}: {int(unstated.sum())} đồ án không tính vì không rõ tình trạng (status): {names}.",
            en=f"{what}: {int(unstated.sum())} plans do not count for want of a status: {names}.",
        )


def _names(plans: pd.DataFrame, which: pd.Series) -> list[object]:
    column = next((c for c in ("id", "name") if c in plans.columns), None)
    return list(plans.loc[which, column] if column else plans.index[which])


def _warn_undated(plans: pd.DataFrame, undated: pd.Series, what: str) -> None:
    if not undated.any():
        return
    names = _names(plans, undated)
    tell(
        vi=f"{what}: {int(undated.sum())} đồ án không tính vì thiếu ngày phê duyệt (approved_on): "
        f"{listing(names)}.",
        en=f"{what}: {int(undated.sum())} plans do not count for want of a date of approval "
        f"(approved_on): {listing(names, lang='en')}.",
    )
