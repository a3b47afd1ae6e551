"""Coverage: how much of the land has a plan in force, of which kind, over which denominator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.errors import UsageError, tell
from geoplan.intake.repair import polygonal
from geoplan.measures import overlay
from geoplan.measures.engines import require_engine, sums
from geoplan.measures.plan_layer import DEFAULT_KIND_COLUMN, Plans, read_plans, read_urban_land, warn_apart
from geoplan.measures.units import Units, read_units
from geoplan.text import listing

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.measures.engines import Engine, Sums
    from geoplan.measures.overlay import Progress

COLUMNS = [
    "code",
    "name",
    "plan_kind",
    "denominator",
    "denominator_km2",
    "covered_km2",
    "coverage_pct",
    "gap_km2",
    "conflict_km2",
]
DEFAULT_PUBLISHED_COLUMN: Final = "area_published_km2"
PLAN_COLUMNS = ["id", "name", "plan_kind", "in_force", "area_km2", "inside_km2", "conflict_km2"]


def coverage(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None = None,
    urban_land: gpd.GeoDataFrame | None = None,
    by: Literal["commune", "plan"] = "commune",
    kind_column: str = DEFAULT_KIND_COLUMN,
    published_column: str = DEFAULT_PUBLISHED_COLUMN,
    id_column: str | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Share of each commune that plans in force cover, by kind of plan and by denominator.

    The covered area is that of the *union* of the plans of one kind in force on the date, inside the
    commune: land under two plans counts once. Denominators:

    ``natural``
        the commune's land as drawn;
    ``urban_land``
        urban construction land (đất xây dựng đô thị) inside the commune, and only plans on it: the
        official ratio of the Ministry of Construction's statistics; needs `urban_land`;
    ``published``
        the commune's legal area, for the same covered area as ``natural``; needs `published_column`.
        Where the drawn area is larger than the published one, coverage may exceed 100.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed. Rows with ``valid_from`` / ``valid_to`` that are not in force
        on the date are the caller's to leave out (`City.as_of` does).
    plans
        Polygons in any CRS; see `in_force` for the columns that decide which count.
    on
        The day; today when None.
    urban_land
        Polygons of urban construction land; overlapping ones count once.
    by
        ``commune`` (default), or ``plan`` for a row each plan.
    kind_column
        Column of the plans with their kind. Without it the kind is ``all``.
    published_column
        Column of the communes with the legal area in km².
    id_column
        Column of the communes with their code; found when None.
    engine
        ``geos``, ``sweep`` (needs the extra ``fast``), or ``auto``: what is faster for the size. They
        agree (`geoplan.measures.engines`); ``table.attrs["engine"]`` says which ran. Not used `by` plan.
    progress
        Called with communes done and in all.

    Returns
    -------
    pandas.DataFrame
        By commune: ``code, name, plan_kind, denominator, denominator_km2, covered_km2, coverage_pct,
        gap_km2, conflict_km2``; one row per commune, kind and denominator, in the order of the
        communes; the index repeats the commune's. ``gap_km2`` is the denominator less the covered
        area, never below zero; ``conflict_km2`` lies under two or more plans of the kind. A
        denominator that is unknown or zero gives NaN, not 0 %.
        By plan: ``id, name, plan_kind, in_force, area_km2, inside_km2, conflict_km2`` aligned on the
        plans: area in all, inside the communes, and shared with other plans of its kind in force
        (the last two NaN when not in force).

    Warns
    -----
    DataWarning
        When geometry was mended, communes overlap each other, or codes repeat.

    Raises
    ------
    CrsError
        When a layer has no coordinate system.
    DataError, UsageError
        When a layer has no polygon, a value cannot be read, or a named column is missing.

    Notes
    -----
    Areas are those on the WGS 84 ellipsoid, edges straight in longitude and latitude (see
    `geoplan.crs`). The result does not say whether the law asks for this denominator.
    """
    _require_by(by, ("commune", "plan"))
    require_engine(engine)
    units = read_units(communes, id_column=id_column)
    drawn = read_plans(plans, on=on, kind_column=kind_column)
    warn_apart(units.shapes, shapely.bounds(drawn.shapes))
    if by == "plan":
        return _by_plan(units, drawn)
    kinds, of_kind = drawn.kinds_in_order(), drawn.kind_numbers()
    land = sums(units.shapes, drawn.shapes, of_kind, count=len(kinds), engine=engine, progress=progress)
    towns = None
    if urban_land is not None:
        town = urban_parts(units.shapes, read_urban_land(urban_land))
        towns = town, sums(town, drawn.shapes, of_kind, count=len(kinds), engine=land.engine)
    return table_of(communes, units, kinds, land, towns=towns, published_column=published_column)


def _require_by(by: str, known: tuple[str, ...]) -> None:
    if by not in known:
        raise UsageError(
            vi=f"by=“{by}” không có; hãy dùng {' hoặc '.join(known)}.",
            en=f"there is no by=“{by}”; use {' or '.join(known)}.",
        )


def _published(communes: gpd.GeoDataFrame, column: str) -> NDArray[np.float64] | None:
    if column != DEFAULT_PUBLISHED_COLUMN:
        schema.named_column(communes, column, what="communes")
    communes = schema.aligned(communes, "communes", what="communes")
    if column not in communes.columns:
        return None
    areas = schema.numbers(communes[column], what="communes")
    if (areas <= 0).any():
        rows = listing(areas.index[areas <= 0])
        tell(
            vi=f"communes: diện tích công bố không dương ở dòng {rows}, coi như chưa có.",
            en=f"communes: a published area that is not positive in row {rows} counts as unknown.",
        )
    return areas.where(areas > 0).to_numpy()


def urban_parts(units: NDArray[np.object_], urban: NDArray[np.object_]) -> NDArray[np.object_]:
    """The urban construction land of each unit."""
    inside = overlay.Inside(units, urban)
    return np.array([overlay.union(inside.parts(i)[1]) for i in range(len(units))], dtype=object)


def table_of(
    communes: gpd.GeoDataFrame,
    units: Units,
    kinds: list[str],
    land: Sums,
    *,
    towns: tuple[NDArray[np.object_], Sums] | None,
    published_column: str,
) -> pd.DataFrame:
    """The table of `coverage` from its sums: on the units' land, and on their urban land."""
    published = _published(communes, published_column)
    town_km2 = None if towns is None else crs.area_km2(towns[0])
    rows: list[tuple[object, ...]] = []
    for i, area_km2 in enumerate(units.area_km2):
        for k, kind in enumerate(kinds):
            head = (units.codes[i], units.names[i], kind)
            area, conflict = land.covered[i, k], land.twice[i, k]
            rows.append((*head, "natural", *figures(area_km2, area, conflict, inside=True)))
            if towns is not None and town_km2 is not None:
                on_town = towns[1].covered[i, k], towns[1].twice[i, k]
                rows.append((*head, "urban_land", *figures(town_km2[i], *on_town, inside=True)))
            if published is not None:
                rows.append((*head, "published", *figures(published[i], area, conflict)))
    index = communes.index.repeat(len(rows) // len(communes)) if len(communes) else communes.index
    table = pd.DataFrame(rows, columns=COLUMNS, index=index)
    table.attrs["engine"] = land.engine
    return table


def figures(
    denominator: float, covered: float, conflict: float, *, inside: bool = False
) -> tuple[float, ...]:
    """Denominator, covered, percent, gap and conflict; what has no denominator has no percent.

    What lies inside its denominator cannot be larger: rounding must not say 100.0000000001 %.
    """
    if inside:
        covered = min(covered, denominator)
        conflict = min(conflict, covered)
    percent = 100 * covered / denominator if denominator > 0 else np.nan
    gap = np.nan if np.isnan(denominator) else max(denominator - covered, 0.0)
    return denominator, covered, percent, gap, conflict


def _by_plan(units: Units, plans: Plans) -> pd.DataFrame:
    land = np.array([overlay.union(units.shapes)], dtype=object)
    inside = np.full(len(plans.table), np.nan)
    shared = np.full(len(plans.table), np.nan)
    for kind in plans.kinds_in_order():
        mine = np.flatnonzero((plans.kinds == kind) & plans.counts)
        which, parts = overlay.Inside(land, plans.shapes[mine]).parts(0)
        tree = shapely.STRtree(parts)
        inside[mine] = shared[mine] = 0.0
        inside[mine[which]] = crs.area_km2(parts)
        for k, part in zip(which, parts, strict=True):
            others = [j for j in tree.query(part, predicate="intersects") if which[j] != k]
            both = overlay.union(polygonal(shapely.intersection(parts[others], part)))
            shared[mine[k]] = overlay.km2(both)
    table = plans.table
    return pd.DataFrame(
        {
            "id": schema.texts(table["id"]) if "id" in table.columns else [str(i) for i in table.index],
            "name": schema.texts(table["name"]) if "name" in table.columns else None,
            "plan_kind": plans.kinds,
            "in_force": plans.counts,
            "area_km2": crs.area_km2(plans.whole),
            "inside_km2": inside,
            "conflict_km2": shared,
        },
        index=table.index,
        columns=PLAN_COLUMNS,
    )
