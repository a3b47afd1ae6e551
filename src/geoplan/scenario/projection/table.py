"""A projection as one table: a row for each figure, place and year, with what it is made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.scenario.projection.growth import VARIANTS, year_end

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geoplan.quantity import Part, Quantity
    from geoplan.scenario.projection.growth import Base, Growth, Variant
    from geoplan.scenario.projection.paths import Path

COLUMNS: Final = (
    "metric", "name", "scope", "scope_name", "year", "on", "low", "medium", "high", "unit",
    "numerator", "numerator_low", "numerator_medium", "numerator_high", "denominator", "denominator_value",
    "base", "base_on", "growth_low", "growth_medium", "growth_high", "source", "method", "kind",
)  # fmt: skip
KIND: Final = "dự báo"
_BY_LINE: Final = "đường thẳng"


def frame(
    units: Sequence[Base],
    growth: Sequence[Growth],
    figures: Mapping[tuple[Variant, int], Mapping[tuple[str, str], Quantity]],
    *,
    paths: Sequence[Path],
    years: Sequence[int],
    members: Mapping[str, Sequence[str]],
) -> pd.DataFrame:
    """The table; cells of what is unknown are empty.

    Parameters
    ----------
    units, growth
        Base and growth of each unit, in one order.
    figures
        Quantities by variant and year.
    paths
        Occupancy and labour.
    years
        Of the rows.
    members
        The codes of the units in each scope.
    """
    rates = {rate.code: rate for rate in growth}
    by_code = {unit.code: unit for unit in units}
    rows = list(_people(figures, years, members, by_code, rates))
    rows += [row for path in paths for row in _path(path, years)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _people(
    figures: Mapping[tuple[Variant, int], Mapping[tuple[str, str], Quantity]],
    years: Sequence[int],
    members: Mapping[str, Sequence[str]],
    units: Mapping[str, Base],
    rates: Mapping[str, Growth],
) -> Iterator[dict[str, Any]]:
    keys = dict.fromkeys(key for found in figures.values() for key in found)
    for key in keys:
        metric, scope = key
        mine = [units[code] for code in members.get(scope, ())]
        for year in years:
            found = {v: figures[v, year][key] for v in VARIANTS if (v, year) in figures}
            one = next(iter(found.values()))
            row: dict[str, Any] = {"metric": metric, "name": one.name.vi, "scope": scope}
            row |= {"scope_name": one.scope.name.vi}
            row |= {"year": year, "on": pd.Timestamp(year_end(year)), "unit": one.unit, "kind": KIND}
            row |= _part("denominator", one.denominator) | _base(mine)
            if one.numerator is not None:
                row["numerator"] = one.numerator.name.vi
            for variant, quantity in found.items():
                row[variant] = quantity.value
                above = quantity.numerator
                row[f"numerator_{variant}"] = None if above is None else above.value
            for variant in VARIANTS:
                row[f"growth_{variant}"] = _same(rates[u.code].of(variant) for u in mine)
            row["method"] = "" if one.method is None else one.method.vi
            yield row


def _part(column: str, part: Part | None) -> dict[str, Any]:
    return {} if part is None else {column: part.name.vi, f"{column}_value": part.value}


def _base(units: Sequence[Base]) -> dict[str, Any]:
    values = [unit.value for unit in units]
    day = _same(unit.on for unit in units)
    known = [value for value in values if value is not None]
    return {
        "base": sum(known) if units and len(known) == len(units) else None,
        "base_on": None if day is None else pd.Timestamp(day),
        "source": "; ".join(dict.fromkeys(unit.source for unit in units if unit.source)),
    }


def _same(values: Any) -> Any:
    """The one value that all share; None when they do not."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _path(path: Path, years: Sequence[int]) -> Iterator[dict[str, Any]]:
    last = path.known[-1] if path.known else None
    for year in years:
        day = year_end(year)
        yield {
            "metric": path.metric,
            "name": path.title.vi,
            "scope": path.scope.id,
            "scope_name": path.scope.name.vi,
            "year": year,
            "on": pd.Timestamp(day),
            **{variant: path.at(day, variant) for variant in VARIANTS},
            "unit": path.unit,
            "numerator": None if path.numerator is None else path.numerator.vi,
            "denominator": None if path.denominator is None else path.denominator.vi,
            "base": None if last is None else last.value,
            "base_on": None if last is None else pd.Timestamp(last.on),
            "source": "; ".join(dict.fromkeys(p.source for p in (*path.known[-2:], *path.aims))),
            "method": _BY_LINE if path.missing is None else path.missing.vi,
            "kind": KIND,
        }
