"""Crosswalk: counts of the units of one date on the units of another, nothing lost and nothing doubled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan import schema
from geoplan.errors import UsageError, tell
from geoplan.measures import overlay
from geoplan.measures.apportion import STEP, apportion, leave_one_out, reach, span
from geoplan.measures.split import (
    METHODS,
    OUTSIDE,
    Part,
    Weigher,
    official_targets,
    split,
    weigher_of,
)
from geoplan.measures.units import read_units
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.intake.raster import Raster
    from geoplan.measures.split import Method
    from geoplan.measures.units import Units

MOVES: Final = [
    "code_from",
    "name_from",
    "code_to",
    "name_to",
    "how",
    "basis",
    "share",
    "share_of_area",
    "share_of_target",
]
_KINDS: Final = dict.fromkeys(("share", "share_of_area", "share_of_target"), "float64")
UNITS: Final = ["code", "name", "area_km2", "covered_share"]
ERRORS: Final = ["code", "name", "value", "basis", "observed", "predicted", "ratio", "neighbours"]
LEVEL: Final = 0.9


@dataclass(frozen=True)
class Crosswalk:
    """Counts moved from source units to target units.

    Attributes
    ----------
    units
        A row for each target, aligned on the targets: ``code, name, area_km2, covered_share`` (share of its
        land, 0 … 1, that any source covers as drawn), and for each value v: ``v`` (what the sources bring;
        NaN when a source with a part in it has no count, or no source reaches it), ``v_low, v_high`` (the
        interval; an unknown sum has no upper bound), ``v_known`` (what the sources with a count bring),
        ``v_missing`` (names of those without, empty when none).
    outside
        One row with the same columns: what lies in no target. ``v_known`` of `units` and of this row add up
        to the counts of the sources.
    moves
        A row for each source and target, the largest share first; the index repeats the sources':
        ``code_from, name_from, code_to, name_to`` (None: outside), ``how`` (``official``, ``whole``,
        ``part``), ``basis`` (what the share was computed by: ``official``, ``areal``, ``urban``,
        ``raster``), ``share`` (of the count, 0 … 1), ``share_of_area`` (of the source as drawn),
        ``share_of_target`` (of the target as drawn), and ``v, v_low, v_high``.
    errors
        The leave-one-out: ``code, name, value, basis, observed, predicted, ratio, neighbours`` for each
        known source.
    method, values, level
        As asked for.
    """

    units: pd.DataFrame
    outside: pd.DataFrame
    moves: pd.DataFrame
    errors: pd.DataFrame
    method: Method
    values: tuple[str, ...]
    level: float

    def table(self) -> pd.DataFrame:
        """Targets and, where anything lies outside them, a last row without a code."""
        if (self.moves["code_to"].notna()).all():
            return self.units.reset_index(drop=True)
        return pd.concat([self.units, self.outside], ignore_index=True)


def crosswalk(
    sources: gpd.GeoDataFrame,
    *,
    targets: gpd.GeoDataFrame,
    values: str | Sequence[str] = "population",
    method: Method = "areal",
    urban_land: gpd.GeoDataFrame | None = None,
    raster: Raster | None = None,
    official: Mapping[str, str | Sequence[str]] | None = None,
    whole: bool = False,
    level: float = LEVEL,
) -> Crosswalk:
    """Move counts (people, households) from source units to target units.

    A source that lies in one target, or that the official table sends to one, moves whole. A source that
    lies in several, or reaches beyond them, is split by weights:

    ``areal``
        by area: people spread evenly over the unit's land (Goodchild and Lam 1980);
    ``urban``
        by urban land: people only on urban construction land (binary dasymetric mapping; Mennis 2003).
        Urban land on less than 0.1 % of a part is none; a source without any is split by area;
    ``raster``
        by the people a raster counts in each part, border cells by their exact share; cells without data
        count nobody. A source that reaches beyond the raster, or has nobody in it, is split by area.

    The weights of a source add up to 1, so that totals stay: the parts of each count add up to it exactly,
    and for whole counts so do the targets and the outside to the total, to the last person.

    Parameters
    ----------
    sources, targets
        Polygons in any CRS, not changed; with ``code`` (found as in `coverage`).
    values
        Column or columns of the sources with counts: amounts that add up, never densities or percentages.
        Empty is unknown, never 0; so is a negative one, which is told.
    urban_land
        Polygons in any CRS; with the method ``urban``.
    raster
        People per cell, from `geoplan.open_raster`; with the method ``raster``.
    official
        Code of a source to the code of the target it was merged into whole, whatever the drawing says; or
        to several codes, between which alone it is then split by weights. Codes of other units are passed
        over; a target that `targets` lacks counts as outside.
    whole
        Only whole persons: each count is shared out by largest remainders, ties by the targets' codes.
        Otherwise in steps of 2⁻²⁰.
    level
        How much of the leave-one-out errors an interval holds, 0 … 1.

    Returns
    -------
    Crosswalk

    Warns
    -----
    DataWarning
        When geometry was mended, units overlap, codes repeat, a source was split by area though another
        method was asked for, or the official table contradicts the drawing.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`; and when a source without a polygon is not in the official table, a method lacks its
        layer, or codes repeat while an official table is given.

    Notes
    -----
    Areas are on the WGS 84 ellipsoid. A part of less than 0.1 % of both units is two outlines drawn apart
    (`geoplan.measures.succession`) and moves nobody. Land that two overlapping targets share is divided by
    the weights of both, so that nobody counts twice.

    **The interval.** Each source with a count is predicted from its neighbours' pooled density, its own
    count left out (`geoplan.measures.apportion.leave_one_out`, on all sources known, with the method's own
    weights). The ratio of observed to predicted says by what factor a piece of land differs from the land
    around it; a part of a split unit is taken to differ from the rest of it by no more than the
    `level`-quantile of those factors, up or down (`reach`, `span`). Whole moves have an interval of width
    0; bounds of a target are the sums of its parts' bounds, as if all were off to one side at once. With
    too few known units (fewer than 9 at 0.9) a part may be anything from nobody to everybody. Where all of
    the method's weight lies in one part (all urban land, say), bounds are those of the even spread: no
    error was ever seen that would bound them.

    Leaving out known units is how areal interpolation is usually tried (Goodchild and Lam 1980; Mennis and
    Hultgren 2006), the rank of the quantile is that of conformal prediction (Lei et al. 2018); putting the
    two together in this way is geoplan's own. **Not promised:** that `level` of all true counts lie inside
    (units beside each other are not exchangeable, and parts are smaller than units); anything about how the
    count itself was taken, about change between the dates, or about where the drawn outlines are wrong.

    References
    ----------
    M. F. Goodchild and N. S.-N. Lam, Areal interpolation: a variant of the traditional spatial problem,
    Geo-Processing 1, 1980. J. Mennis, Generating surface models of population using dasymetric mapping,
    The Professional Geographer 55, 2003. J. Mennis and T. Hultgren, Intelligent dasymetric mapping and its
    application to areal interpolation, Cartography and Geographic Information Science 33, 2006. J. Lei et
    al., Distribution-free predictive inference for regression, Journal of the American Statistical
    Association 113, 2018.
    """
    columns = (values,) if isinstance(values, str) else tuple(values)
    _require_call(columns, method, urban_land, raster, level)
    then, now = read_units(sources), read_units(targets)
    counts = {v: _counts(sources, v) for v in columns}
    weigher = weigher_of(method, urban_land, raster)
    parts = split(then, now, weigher=weigher, official=official_targets(official, then, now))
    errors = pd.concat([_errors(then, counts[v], v, each) for v in columns for each in _weighers(weigher)])
    errors = errors.reset_index(drop=True)
    moves = _moves(parts, then, now, index=sources.index)
    for v in columns:
        moves[v] = _shared_out(parts, counts[v], now, step=1.0 if whole else STEP)
        factors: dict[str, float] = {basis: factor(errors, v, basis, level) for basis in METHODS}
        spans = [_span(part, counts[v][part.source], factors) for part in parts]
        moves[f"{v}_low"] = np.fmin([low for low, _ in spans], moves[v])
        moves[f"{v}_high"] = np.fmax([high for _, high in spans], moves[v])
    table = pd.concat([_land(parts, then, now), *(_sums(moves, parts, v, now) for v in columns)], axis=1)
    units, outside = table.iloc[:-1].set_axis(targets.index), table.iloc[-1:].reset_index(drop=True)
    return Crosswalk(units, outside, moves, errors, method, columns, level)


def factor(errors: pd.DataFrame, value: str, basis: str, level: float) -> float:
    """The factor of the intervals of one value, from the leave-one-out of one basis."""
    mine = errors[(errors["value"] == value) & (errors["basis"] == basis)]
    return reach(mine["ratio"].to_numpy(dtype="float64"), level=level)


def _require_call(
    values: tuple[str, ...],
    method: str,
    urban_land: gpd.GeoDataFrame | None,
    raster: Raster | None,
    level: float,
) -> None:
    if method not in METHODS:
        raise UsageError(
            vi=f"method=“{method}” không có; hãy dùng {', '.join(METHODS)}.",
            en=f"there is no method=“{method}”; use {', '.join(METHODS)}.",
        )
    if (method == "urban" and urban_land is None) or (method == "raster" and raster is None):
        what = "urban_land" if method == "urban" else "raster"
        raise UsageError(
            vi=f"method=“{method}” cần {what}; hãy đưa vào, hoặc dùng method=“areal”.",
            en=f"method=“{method}” needs {what}; give it, or use method=“areal”.",
        )
    if not values or len(set(values)) < len(values):
        raise UsageError(
            vi="values phải nêu ít nhất một cột, mỗi cột một lần.",
            en="values must name at least one column, each once.",
        )
    if not 0 < level < 1:
        raise UsageError(
            vi=f"level={level} phải lớn hơn 0 và nhỏ hơn 1, ví dụ 0.9.",
            en=f"level={level} must lie between 0 and 1, such as 0.9.",
        )


def _counts(sources: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    layer = schema.aligned(sources, "communes", what="sources")
    found = schema.numbers(layer[schema.named_column(layer, column, what="sources")], what="sources")
    negative = found < 0
    if negative.any():
        rows = listing(found.index[negative])
        tell(
            vi=f"sources: cột {column} âm ở dòng {rows}, coi như chưa có số liệu.",
            en=f"sources: a negative {column} in row {rows} counts as unknown.",
        )
    return found.where(~negative).to_numpy(dtype="float64")


def _weighers(weigher: Weigher) -> list[Weigher]:
    """The method's and, where some units may have to be split by area after all, the even one."""
    return [weigher] if weigher.basis == "areal" else [weigher, Weigher()]


def _errors(then: Units, counts: NDArray[np.float64], value: str, weigher: Weigher) -> pd.DataFrame:
    table = leave_one_out(then.shapes, counts=counts, weights=weigher.each(then.shapes))
    at = table.index.to_numpy(dtype=int)
    head = {"code": then.codes[at], "name": then.names[at], "value": value, "basis": weigher.basis}
    figures = {c: table[c].to_numpy(dtype="float64") for c in ("observed", "predicted", "ratio")}
    near = table["neighbours"].to_numpy(dtype="int64")
    return pd.DataFrame({**head, **figures, "neighbours": near}, columns=ERRORS)


def _moves(parts: Sequence[Part], then: Units, now: Units, *, index: pd.Index) -> pd.DataFrame:
    """The parts in words and shares, without counts."""
    rows = []
    for part in parts:
        inside = part.target != OUTSIDE
        code, name = (now.codes[part.target], now.names[part.target]) if inside else (None, None)
        of_target = part.km2 / now.area_km2[part.target] if inside else math.nan
        head = (then.codes[part.source], then.names[part.source], code, name, part.how, part.basis)
        rows.append((*head, part.share, min(part.km2 / then.area_km2[part.source], 1.0), min(of_target, 1.0)))
    columns = dict(zip(MOVES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(MOVES, ())
    return pd.DataFrame(
        {name: pd.Series(column, dtype=_KINDS.get(name, object)) for name, column in columns.items()}
    ).set_axis(index[[part.source for part in parts]])


def _shared_out(
    parts: Sequence[Part], counts: NDArray[np.float64], now: Units, *, step: float
) -> NDArray[np.float64]:
    """The count of each part; the parts of a source add up to its count."""
    names = [*(str(code) for code in now.codes), ""]  # outside comes last among equals
    rank = np.empty(len(names), dtype=np.intp)
    rank[np.lexsort((names, np.arange(len(names)) == len(now.codes)))] = np.arange(len(names))
    out = np.empty(len(parts))
    source = np.array([part.source for part in parts], dtype=np.intp)
    for i in np.unique(source):
        mine = np.flatnonzero(source == i).tolist()
        shares = np.array([parts[k].share for k in mine])
        ties = rank[[parts[k].target for k in mine]]
        out[mine] = apportion(float(counts[i]), shares=shares, step=step, ties=ties)
    return out


def _span(part: Part, count: float, factors: Mapping[str, float]) -> tuple[float, float]:
    """Bounds of a part; those of the even spread where the method gives it all or nothing."""
    if 0 < part.share < 1:
        return span(count, share=part.share, factor=factors[part.basis])
    return span(count, share=part.even, factor=factors["areal"])


def _land(parts: Sequence[Part], then: Units, now: Units) -> pd.DataFrame:
    """The targets, and a last row for what lies outside them: land, and how much of it the sources cover."""
    inside = overlay.Inside(now.shapes, then.shapes)
    covered = [overlay.km2(overlay.union(inside.parts(k)[1])) for k in range(len(now.codes))]
    outside = math.fsum(part.km2 for part in parts if part.target == OUTSIDE)
    return pd.DataFrame(
        {
            "code": pd.Series([*now.codes, None], dtype=object),
            "name": pd.Series([*now.names, None], dtype=object),
            "area_km2": [*now.area_km2, outside],
            "covered_share": [*np.minimum(covered / now.area_km2, 1.0), math.nan],
        },
        columns=UNITS,
    )


def _sums(moves: pd.DataFrame, parts: Sequence[Part], value: str, now: Units) -> pd.DataFrame:
    """The sums of one value over the parts of each target; the last row is outside."""
    count, low, high = (moves[c].to_numpy() for c in (value, f"{value}_low", f"{value}_high"))
    names = moves["name_from"].fillna(moves["code_from"]).to_numpy()
    target = np.array([part.target for part in parts], dtype=np.intp)
    rows = []
    for k in (*range(len(now.codes)), OUTSIDE):
        mine = np.flatnonzero(target == k)
        known = mine[~np.isnan(count[mine])]
        missing = ", ".join(str(name) for name in names[mine[np.isnan(count[mine])]])
        sure = not missing and (len(mine) > 0 or k == OUTSIDE)
        total = math.fsum(count[known])
        bounds = (math.fsum(low[known]), math.fsum(high[known]) if sure else math.nan)
        rows.append((total if sure else math.nan, *bounds, total, missing))
    return pd.DataFrame(rows, columns=[value, *(f"{value}_{c}" for c in ("low", "high", "known", "missing"))])
