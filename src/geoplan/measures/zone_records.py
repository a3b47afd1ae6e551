"""Records about industrial zones: how full, how well planned, and how much of the land they take."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan import schema
from geoplan.measures import spread
from geoplan.measures.records import bounded, distinct, known, lacking, layer_use, names, ratio, record
from geoplan.model import words
from geoplan.quantity import Part, Scope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import geopandas as gpd
    import pandas as pd

    from geoplan.city import City
    from geoplan.measures.places import Place
    from geoplan.measures.sharpness import Sharpness
    from geoplan.measures.spread import Spread
    from geoplan.model import Words
    from geoplan.quantity import Quantity

_ZONES: Final = words("các khu, cụm công nghiệp đã thành lập", "established industrial zones")
_LEASED: Final = words("diện tích đã cho thuê", "leased area")
_DECLARED: Final = words("diện tích theo quyết định", "declared area")
_PLANNED: Final = words("Khu chưa thành lập tại ngày này.", "The zone is not established on this date.")
_NO_ZONES: Final = words("chưa có khu công nghiệp nào trong lớp", "the layer has no industrial zone")


def shares(
    city: City, whole: Place, units: Sequence[Place], *, zones: pd.DataFrame, sharpness: Sharpness
) -> Iterator[Quantity]:
    """The share of natural area that established zones take: in the city, and in each unit."""
    yield _share(city, whole, known(zones["zone_km2"].sum(skipna=False)), sharpness)
    for i, unit in enumerate(units):
        yield _share(city, unit, known(zones["zone_km2"].iloc[i]), sharpness)


def each(
    city: City, *, zone_table: pd.DataFrame, coverage: pd.DataFrame | None, sharpness: Sharpness
) -> Iterator[Quantity]:
    """Occupancy of each zone and of all established ones; how much of each has a plan.

    Parameters
    ----------
    zone_table
        Result of `zones` by zone, in the order of ``city.industrial_zones``.
    coverage
        Result of `coverage` on the zones by plans without a kind; None leaves that out.
    """
    zones = city.industrial_zones
    if zones.empty:
        return
    planned = (zones["status"] == "planned").to_numpy()
    called = names(zones)
    for i, name in enumerate(distinct(zones["id"])):
        scope = Scope(id=f"zone:{name}", name=words(called[i], called[i]))
        notes = (_PLANNED,) if planned[i] else ()
        yield _occupancy(city, scope, zones.iloc[[i]], zone_table.iloc[[i]], notes=notes)
        if coverage is not None:
            natural = coverage[coverage["denominator"] == "natural"]
            yield _planned_share(city, scope, zones.iloc[[i]], natural.iloc[i], sharpness, notes=notes)
    outside = names(zones[~planned & (zone_table["inside_ha"] == 0).to_numpy()])
    listed = ", ".join(outside)
    note = words(f"Nằm ngoài địa bàn: {listed}.", f"Outside the city: {listed}.")
    yield _occupancy(
        city,
        Scope(id="zones", name=_ZONES),
        zones[~planned],
        zone_table[~planned],
        notes=(note,) if outside else (),
    )


def _share(city: City, place: Place, km2: float | None, sharpness: Sharpness) -> Quantity:
    span = sharpness.of(km2, "industrial_zones", scope=place.scope, rows=place.units)
    name = words("đất khu công nghiệp đã thành lập", "land of established zones")
    part = bounded(name, km2, "km2", span)
    land = place.land.part
    missing = (_NO_ZONES,) if city.layers["industrial_zones"].frame.empty else ()
    return place.record(
        "zone_share",
        name=words("Tỷ trọng đất khu công nghiệp", "Share of industrial zones"),
        value=ratio(part, land, times=100),
        unit="percent",
        numerator=part,
        denominator=land,
        method=words(
            "gộp các khu đã thành lập trong phạm vi này (phần chồng nhau chỉ tính một lần), chia cho diện "
            "tích tự nhiên đo trên lớp",
            "union of the established zones inside (overlaps count once) over natural area as drawn",
        ),
        layers=(place.land.layer, layer_use(city, "industrial_zones")),
        missing=(*missing, *place.land.missing),
    )


def _occupancy(
    city: City, scope: Scope, zones: pd.DataFrame, table: pd.DataFrame, *, notes: tuple[Words, ...]
) -> Quantity:
    """Leased over declared area of some zones; unknown as soon as one of the figures is."""
    leased, declared = table["leased_ha"], table["area_declared_ha"]
    missing = (
        *lacking(_LEASED, names(table[leased.isna()])),
        *lacking(_DECLARED, names(table[declared.isna()])),
    )
    if table.empty:
        missing = (words("chưa có khu nào thành lập tại ngày này", "no zone is established on this date"),)
    parts = [
        Part(name=name, value=known(cells.sum(skipna=False)) if len(cells) else None, unit="ha")
        for name, cells in ((_LEASED, leased), (_DECLARED, declared))
    ]
    told = schema.texts(zones["area_source"]).dropna() if "area_source" in zones.columns else ()
    return record(
        "occupancy",
        scope,
        city.on,
        name=words("Tỷ lệ lấp đầy", "Occupancy"),
        value=ratio(*parts, times=100),
        unit="percent",
        numerator=parts[0],
        denominator=parts[1],
        method=words(
            "diện tích đã cho thuê chia cho diện tích theo quyết định", "leased area over declared area"
        ),
        layers=(layer_use(city, "industrial_zones"),),
        sources=tuple(dict.fromkeys(told)),
        missing=missing,
        notes=notes,
    )


def _planned_share(
    city: City,
    scope: Scope,
    zone: gpd.GeoDataFrame,
    row: pd.Series,
    sharpness: Sharpness,
    *,
    notes: tuple[Words, ...],
) -> Quantity:
    """How much of a zone zoning and detailed plans cover, in hectares as zones are counted."""
    covered, whole = known(row["covered_km2"]), known(row["denominator_km2"])
    value = known(row["coverage_pct"])
    accuracy = city.layers["industrial_zones"].accuracy_m
    lines = spread.line_spread(
        whole, accuracy_m=accuracy, shape=None if accuracy is None else spread.outline(zone)
    )
    planned = sharpness.of(covered, "plans", scope=scope, rows=zone)
    unknown = words(f"không đo được hình của: {scope.name.vi}", f"no outline for: {scope.name.en}")
    return record(
        "zone_coverage",
        scope,
        city.on,
        name=words("Tỷ lệ diện tích khu có quy hoạch", "Share of the zone that is planned"),
        value=value,
        unit="percent",
        numerator=_hectares(
            words(
                "diện tích có quy hoạch phân khu hoặc chi tiết còn hiệu lực",
                "area under zoning or detailed plans in force",
            ),
            covered,
            planned,
        ),
        denominator=_hectares(words("diện tích khu đo trên lớp", "area of the zone as drawn"), whole, lines),
        method=words(
            "gộp các đồ án quy hoạch phân khu và chi tiết có hiệu lực trong ngày nằm trong khu (phần chồng "
            "nhau chỉ tính một lần), chia cho diện tích khu đo trên lớp",
            "union of the zoning and detailed plans in force on the date inside the zone (overlaps count "
            "once) over its area as drawn",
        ),
        layers=(layer_use(city, "industrial_zones"), layer_use(city, "plans")),
        missing=() if value is not None else (unknown,),
        notes=notes,
    )


def _hectares(name: Words, km2: float | None, span: Spread) -> Part:
    return bounded(name, None if km2 is None else 100 * km2, "ha", span.times(100))
