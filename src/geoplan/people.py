"""People of a city's units: one series of figures for all, with temporary residents where they are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

if TYPE_CHECKING:
    import datetime as dt

ASSUMED: Final = "what-if"
"""The series of figures that a scenario assumes."""
COLUMNS: Final = ["code", "unit_from", "population", "population_on", "population_source"]
FORMULA_SOURCE: Final = "nhớ lại, chưa kiểm chứng: không thấy công thức trong văn bản nào đã đọc"
"""What is known of where the formula stands: recalled, in no text that was read."""
_DAYS_OF_A_YEAR: Final = 365


def equivalent_residents(temporary: pd.Series, mean_days: pd.Series) -> pd.Series:
    """Permanent residents that temporary ones stand for: ``N0 = 2·Nt·m/365``.

    Parameters
    ----------
    temporary
        Temporary residents and visits of under six months in a year, Nt.
    mean_days
        Their mean stay in days, m.

    Returns
    -------
    pandas.Series
        People; NaN where either is unknown.

    Notes
    -----
    The formula is recalled and was found in no text that could be read, so that nothing uses it unless
    a person asks for it (`geoplan.city.City.counting_temporary`).
    """
    return 2 * temporary * mean_days / _DAYS_OF_A_YEAR


def one_series(populations: pd.DataFrame, units: pd.DataFrame, *, on: dt.date, convert: bool) -> pd.DataFrame:
    """Population figures of units from one source for all of them.

    Sources count people differently and must not be mixed: the series that covers most units is taken,
    of those what a scenario assumes, else the latest, none from after the date.

    Parameters
    ----------
    populations
        ``code, unit_from, population, population_on, series, population_source``; also, where given,
        ``converted`` (temporary residents as the source converted them, added to the permanent ones)
        and ``temporary, mean_days`` (for `equivalent_residents`, where nothing is converted).
    units
        ``code, valid_from`` of the units in force.
    on
        The day.
    convert
        Whether temporary residents are converted by the formula.

    Returns
    -------
    pandas.DataFrame
        ``code, unit_from, population, population_on, population_source``.
    """
    known = populations[populations["population_on"] <= pd.Timestamp(on)]
    known = known[known["population"] >= 0]  # a row without a figure is no figure: its series covers less
    keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
    known = known[pd.MultiIndex.from_frame(known[["code", "unit_from"]]).isin(keys)]
    if known.empty:
        return pd.DataFrame({name: pd.Series(dtype=known[name].dtype) for name in COLUMNS})
    ranked = known.groupby("series").agg(units=("code", "nunique"), latest=("population_on", "max"))
    ranked["assumed"] = ranked.index == ASSUMED
    best = ranked.sort_values(["units", "assumed", "latest"]).index[-1]
    chosen = known[known["series"] == best].sort_values("population_on")
    chosen = chosen.drop_duplicates(["code", "unit_from"], keep="last")
    return _with_temporary(chosen, convert=convert)[COLUMNS]


def _with_temporary(figures: pd.DataFrame, *, convert: bool) -> pd.DataFrame:
    """Permanent and temporary residents together, and said so in the source."""
    nothing = pd.Series(float("nan"), index=figures.index)
    extra = figures.get("converted", nothing)
    by_formula = nothing
    if convert and {"temporary", "mean_days"} <= set(figures.columns):
        by_formula = equivalent_residents(figures["temporary"], figures["mean_days"]).where(extra.isna())
    out = figures.copy()
    out["population"] += extra.fillna(0) + by_formula.fillna(0)
    source = out["population_source"].astype(object)
    source = source.where(extra.isna(), source + "; gồm cả tạm trú đã quy đổi")
    how = f"; gồm cả tạm trú quy đổi theo N0 = 2·Nt·m/365 ({FORMULA_SOURCE})"
    out["population_source"] = source.where(by_formula.isna(), source + how)
    return out
