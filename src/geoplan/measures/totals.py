"""Sums over groups of communes: the whole city, its wards, its ward candidates.

A sum over a commune whose figure is missing is missing too, and says which ones: it never passes as
complete.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

_SUMMED: Final = ["denominator_km2", "covered_km2", "gap_km2", "conflict_km2"]


def groups(communes: gpd.GeoDataFrame) -> dict[str, pd.Series]:
    """The usual groups: ``all``; ``wards`` by ``kind``; ``candidates`` by ``ward_candidate``.

    A group that the layer has no column for, or no member of, is left out.
    """
    found = {"all": pd.Series(data=True, index=communes.index)}
    if "kind" in communes.columns:
        found["wards"] = communes["kind"] == "ward"
    if "ward_candidate" in communes.columns:
        found["candidates"] = communes["ward_candidate"].astype(bool)
    return {name: members for name, members in found.items() if members.any()}


def coverage_totals(table: pd.DataFrame, *, members: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Coverage of groups, from the table of `coverage` by commune.

    Parameters
    ----------
    table
        Result of ``coverage(..., by="commune")``.
    members
        Group name to a boolean Series on the communes' index, such as `groups` gives.

    Returns
    -------
    pandas.DataFrame
        ``group, plan_kind, denominator, denominator_km2, covered_km2, coverage_pct, gap_km2,
        conflict_km2, units, missing`` with the number of communes and, in ``missing``, the names of
        those whose denominator is unknown: then the sums of that row are NaN. ``gap_km2`` is the sum
        of the communes' gaps.
    """
    rows = []
    figures = {name: table[name].to_numpy() for name in _SUMMED if len(table)}
    number = table.groupby(["plan_kind", "denominator"], sort=False).ngroup().to_numpy()
    kinds = [np.flatnonzero(number == k) for k in range(number.max(initial=-1) + 1)]
    for group, mask in members.items():
        mine = table.index.isin(mask.index[mask])
        for of_kind in kinds:
            part = of_kind[mine[of_kind]]
            if not len(part):
                continue
            unknown = part[np.isnan(figures["denominator_km2"][part])]
            sums = {name: np.nan if len(unknown) else _sum(values[part]) for name, values in figures.items()}
            whole = sums["denominator_km2"]
            rows.append(
                {
                    "group": group,
                    "plan_kind": table["plan_kind"].iloc[part[0]],
                    "denominator": table["denominator"].iloc[part[0]],
                    "denominator_km2": whole,
                    "covered_km2": sums["covered_km2"],
                    "coverage_pct": 100 * sums["covered_km2"] / whole if whole > 0 else np.nan,
                    "gap_km2": sums["gap_km2"],
                    "conflict_km2": sums["conflict_km2"],
                    "units": len(part),
                    "missing": _names(table.iloc[unknown]),
                }
            )
    columns = ["group", "plan_kind", "denominator", *_TOTAL_FIGURES, "units", "missing"]
    return pd.DataFrame(rows, columns=columns)


def _sum(values: NDArray[np.float64]) -> float:
    """What is known, added up; NaN when nothing is."""
    known = values[~np.isnan(values)]
    return float(known.sum()) if len(known) else np.nan


_TOTAL_FIGURES: Final = ["denominator_km2", "covered_km2", "coverage_pct", "gap_km2", "conflict_km2"]


def density_totals(table: pd.DataFrame, *, members: Mapping[str, pd.Series]) -> pd.DataFrame:
    """Density of groups, from the table of `density`.

    Returns
    -------
    pandas.DataFrame
        ``group, denominator, population, area_km2, density_per_km2, units, missing``: over the
        ``natural`` area for every group and, when the table has urban land, over ``urban_land`` for
        the wards (the inner area). When the population of a commune is unknown, the population and
        density of its groups are NaN and ``missing`` names it.
    """
    rows = []
    for group, mask in members.items():
        part = table[mask.reindex(table.index, fill_value=False).to_numpy()]
        unknown = part[part["population"].isna()]
        people = part["population"].sum() if unknown.empty else np.nan
        areas = {"natural": part["area_km2"].sum(skipna=False)}
        if "urban_land_km2" in table.columns and group == "wards":
            areas["urban_land"] = part["urban_land_km2"].sum(skipna=False)
        for denominator, area in areas.items():
            rows.append(
                {
                    "group": group,
                    "denominator": denominator,
                    "population": people,
                    "area_km2": area,
                    "density_per_km2": people / area if area > 0 else np.nan,
                    "units": len(part),
                    "missing": _names(unknown),
                }
            )
    columns = ["group", "denominator", "population", "area_km2", "density_per_km2", "units", "missing"]
    return pd.DataFrame(rows, columns=columns)


def _names(rows: pd.DataFrame) -> str:
    return ", ".join(str(name or code) for name, code in zip(rows["name"], rows["code"], strict=True))
