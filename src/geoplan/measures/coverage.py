"""Coverage: how much of the land has a plan in force, of which kind, over which denominator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.errors import UsageError, tell
from geoplan.intake.repair import mend, polygonal
from geoplan.measures import overlay
from geoplan.measures.engines import require_engine, sums
from geoplan.measures.in_force import in_force
from geoplan.measures.units import Units, read_units
from geoplan.text import listing

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from geoplan.measures.engines import Engine
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
DEFAULT_KIND_COLUMN: Final = "kind"
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
    _warn_apart(units, drawn)
    if by == "plan":
        return _by_plan(units, drawn)
    urban = None if urban_land is None else read_urban_land(urban_land)
    published = _published(communes, published_column)
    rows, used = _rows(units, drawn, urban, published, engine=engine, progress=progress)
    index = communes.index.repeat(len(rows) // len(communes)) if len(communes) else communes.index
    table = pd.DataFrame(rows, columns=COLUMNS, index=index)
    table.attrs["engine"] = used
    return table


def gaps(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None = None,
    kind_column: str = "kind",
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Where no plan of a kind is in force: a polygon per commune and kind, in EPSG:4326.

    Parameters and errors are those of `coverage`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``code, name, plan_kind, area_km2, geometry``; communes covered whole have no row.
    """
    return _places(communes, plans, on, kind_column, id_column, part="gap")


def conflicts(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None = None,
    kind_column: str = "kind",
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Where two or more plans of a kind are in force: a polygon per commune and kind, in EPSG:4326.

    Parameters and errors are those of `coverage`; columns as in `gaps`.
    """
    return _places(communes, plans, on, kind_column, id_column, part="conflict")


@dataclass(frozen=True)
class _Plans:
    """Plans in longitude and latitude; `shapes` of those not in force are empty."""

    table: gpd.GeoDataFrame
    kinds: NDArray[np.object_]
    counts: NDArray[np.bool_]
    area_km2: NDArray[np.float64]
    shapes: NDArray[np.object_]

    def kinds_in_order(self) -> list[str]:
        """Kinds of the contract first, then the user's by name; ``all`` when there is no plan."""
        if len(self.kinds) == 0:
            return [schema.ALL_KINDS]
        known = [k for k in schema.PLAN_KINDS if (self.kinds == k).any()]
        return known + sorted(set(self.kinds) - set(known))


def read_plans(plans: gpd.GeoDataFrame, *, on: dt.date | str | None, kind_column: str) -> _Plans:
    """Plans ready for overlay, with which of them count on the date."""
    schema.require_layer(plans, what="plans")
    crs.require_crs(plans, what="plans")
    plans = schema.aligned(plans, "plans", what="plans")
    sound, _ = mend(plans, what="plans")
    counts = in_force(plans, on=on).to_numpy()
    if kind_column != DEFAULT_KIND_COLUMN:
        schema.named_column(plans, kind_column, what="plans")
    if kind_column in plans.columns:
        kinds = np.array([_kind(v) for v in schema.texts(plans[kind_column])], dtype=object)
    else:
        kinds = np.full(len(plans), schema.ALL_KINDS, dtype=object)
    whole = crs.overlay_shapes(sound, what="plans")
    return _Plans(plans, kinds, counts, crs.area_km2(whole), np.where(counts, whole, overlay.EMPTY))


def _kind(value: str | None) -> str:
    """A kind as the contract writes it when it is one of its words; the user's own words as they are."""
    text = "" if value is None else value.strip()
    if not text:
        return schema.UNKNOWN_KIND
    return text.casefold() if text.casefold() in schema.PLAN_KINDS else text


def _require_by(by: str, known: tuple[str, ...]) -> None:
    if by not in known:
        raise UsageError(
            vi=f"by=“{by}” không có; hãy dùng {' hoặc '.join(known)}.",
            en=f"there is no by=“{by}”; use {' or '.join(known)}.",
        )


def _warn_apart(units: Units, plans: _Plans) -> None:
    """Say when no plan is anywhere near a commune: the wrong zone is the usual reason."""
    land, drawn = (s[~shapely.is_empty(s)] for s in (units.shapes, plans.shapes))
    if not len(land) or not len(drawn) or len(shapely.STRtree(land).query(shapely.box(*_extent(drawn)))):
        return
    tell(
        vi="Lớp quy hoạch và lớp xã không chạm nhau ở đâu cả; hãy kiểm tra hệ tọa độ (sai múi chiếu?).",
        en="The plans and the communes do not meet anywhere; check their systems (a wrong zone?).",
    )


def _extent(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    return np.asarray(shapely.total_bounds(shapes))


def read_urban_land(urban_land: gpd.GeoDataFrame) -> NDArray[np.object_]:
    """Urban construction land ready for overlay."""
    schema.require_layer(urban_land, what="urban_land")
    crs.require_crs(urban_land, what="urban_land")
    sound, _ = mend(urban_land, what="urban_land")
    return crs.overlay_shapes(sound, what="urban_land")


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


def _rows(
    units: Units,
    plans: _Plans,
    urban: NDArray[np.object_] | None,
    published: NDArray[np.float64] | None,
    *,
    engine: Engine,
    progress: Progress | None,
) -> tuple[list[tuple[object, ...]], str]:
    """Rows of the table, commune by commune, and which engine measured them."""
    kinds = plans.kinds_in_order()
    of_kind = np.array([kinds.index(kind) for kind in plans.kinds], dtype=np.int64)
    land = sums(units.shapes, plans.shapes, of_kind, count=len(kinds), engine=engine, progress=progress)
    if urban is not None:
        inside = overlay.Inside(units.shapes, urban)
        towns = np.array([overlay.union(inside.parts(i)[1]) for i in range(len(units.shapes))], dtype=object)
        town_km2 = crs.area_km2(towns)
        on_town = sums(towns, plans.shapes, of_kind, count=len(kinds), engine=engine)
    rows: list[tuple[object, ...]] = []
    for i, area_km2 in enumerate(units.area_km2):
        for k, kind in enumerate(kinds):
            head = (units.codes[i], units.names[i], kind)
            area, conflict = land.covered[i, k], land.twice[i, k]
            rows.append((*head, "natural", *_figures(area_km2, area, conflict, inside=True)))
            if urban is not None:
                figures = _figures(town_km2[i], on_town.covered[i, k], on_town.twice[i, k], inside=True)
                rows.append((*head, "urban_land", *figures))
            if published is not None:
                rows.append((*head, "published", *_figures(published[i], area, conflict)))
    return rows, land.engine


def _figures(
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


def _by_plan(units: Units, plans: _Plans) -> pd.DataFrame:
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
            "area_km2": plans.area_km2,
            "inside_km2": inside,
            "conflict_km2": shared,
        },
        index=table.index,
        columns=PLAN_COLUMNS,
    )


def _places(
    communes: gpd.GeoDataFrame,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None,
    kind_column: str,
    id_column: str | None,
    *,
    part: Literal["gap", "conflict"],
) -> gpd.GeoDataFrame:
    units = read_units(communes, id_column=id_column)
    drawn = read_plans(plans, on=on, kind_column=kind_column)
    inside = overlay.Inside(units.shapes, drawn.shapes)
    rows: list[tuple[object, ...]] = []
    shapes: list[Any] = []
    for i, outline in enumerate(units.shapes):
        which, parts = inside.parts(i)
        for kind in drawn.kinds_in_order():
            of_kind = parts[drawn.kinds[which] == kind]
            place = overlay.twice(of_kind) if part == "conflict" else _rest(outline, of_kind)
            area = overlay.km2(place)
            if area > overlay.NOTHING_KM2:
                rows.append((units.codes[i], units.names[i], kind, area))
                shapes.append(place)
    table = pd.DataFrame(rows, columns=["code", "name", "plan_kind", "area_km2"])
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.WGS84)


def _rest(outline: Any, parts: NDArray[np.object_]) -> Any:
    rest = shapely.difference(outline, overlay.union(parts))
    return polygonal(np.array([rest], dtype=object))[0]
