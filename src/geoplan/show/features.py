"""An Assessment to GeoJSON features with their texts ready to be shown.

Nothing is computed: figures come from the tables of the Assessment and are only put into words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geoplan.show import labels, palette
from geoplan.show.labels import word
from geoplan.text import date_text, number, percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

DECIMALS = 6
"""Of a degree, about 0.1 m: rounding is for display only."""


def kinds(result: Assessment) -> list[str]:
    """The kinds of plan that the coverage table has, in its order."""
    return list(dict.fromkeys(result.coverage["plan_kind"]))


def plan_label(kind: str, lang: Lang) -> str:
    """A kind of plan as a heading."""
    return labels.capital(labels.plan_kind(kind, lang))


def metrics(result: Assessment, *, lang: Lang) -> list[dict[str, Any]]:
    """What communes can be coloured by: key, label and classes; the first is the page's first."""
    chosen: list[dict[str, Any]] = []
    present = set(zip(result.coverage["plan_kind"], result.coverage["denominator"], strict=True))
    order: list[str] = [k for k in ("zoning", "detailed") if k in kinds(result)]
    order += [k for k in kinds(result) if k not in order]
    for denominator in ("natural", "urban_land"):
        for kind in order:
            if (kind, denominator) in present:
                label = f"{labels.plan_kind_short(kind, lang)}, % {word(denominator, lang)}"
                chosen.append(
                    {
                        "key": f"{kind}/{denominator}",
                        "label": label,
                        "classes": _classes(palette.COVERAGE, lang, "%"),
                    }
                )
    chosen.append(
        {
            "key": "density",
            "label": word("density_per_km2", lang),
            "classes": _classes(palette.DENSITY, lang, ""),
        }
    )
    chosen.append(
        {
            "key": "zone_share",
            "label": word("zone_share_pct", lang),
            "classes": _classes(palette.ZONE_SHARE, lang, "%"),
        }
    )
    return chosen


def communes(result: Assessment, *, lang: Lang) -> dict[str, Any]:
    """The communes, each with its fill and short text by metric, and its facts."""
    units = result.city.communes
    properties: list[dict[str, Any]] = []
    for i, unit in units.iterrows():
        fill, brief, facts = _measured(result, i, lang)
        properties.append(
            {
                "id": f"u{i}",
                "name": str(unit["name"]),
                "at": _label_point(unit["geometry"]),
                "title": _unit_title(unit, lang),
                "subtitle": _unit_subtitle(unit, lang),
                "fill": fill,
                "brief": brief,
                "facts": _area_facts(result, unit, i, lang) + facts,
            }
        )
    return _collection(units.geometry, properties)


def candidates(result: Assessment, *, lang: Lang) -> dict[str, Any]:
    """Outlines of the communes slated to become wards."""
    units = result.city.communes
    chosen = units[units["ward_candidate"]]
    properties = [
        {"id": f"c{i}", "title": _unit_title(u, lang), "line": "", "facts": []} for i, u in chosen.iterrows()
    ]
    return _collection(chosen.geometry, properties)


def neighbours(result: Assessment, *, lang: Lang) -> dict[str, Any]:
    """Units beside the city, for bearings."""
    beside = result.city.neighbours
    if beside is None:
        return _collection([], [])
    line = word("neighbours", lang)
    properties = [
        {"id": f"n{i}", "title": str(u["name"]), "line": line, "facts": []} for i, u in beside.iterrows()
    ]
    return _collection(beside.geometry, properties)


def plans(result: Assessment, kind: str, *, lang: Lang) -> dict[str, Any]:
    """Plans of a kind in force on the date."""
    table = result.plans[(result.plans["plan_kind"] == kind) & result.plans["in_force"]]
    layer = result.city.plans.loc[table.index]
    properties = []
    for i, plan in layer.iterrows():
        row = table.loc[i]
        area = _with_unit(row["area_km2"], "km²", lang)
        facts = [
            [word("decision", lang), _or_unknown(plan.get("decision"), lang)],
            [word("approved_on", lang), _day(plan.get("approved_on"), lang)],
            [word("expires_on", lang), _day(plan.get("expires_on"), lang)],
            [word("superseded_on", lang), _day(plan.get("superseded_on"), lang)],
            [word("scale", lang), _or_unknown(plan.get("scale"), lang)],
            [labels.bare("plan_area_km2", lang), area],
            [labels.bare("inside_km2", lang), _with_unit(row["inside_km2"], "km²", lang)],
            [labels.bare("conflict_km2", lang), _with_unit(row["conflict_km2"], "km²", lang)],
        ]
        line = f"{labels.plan_kind(kind, lang)}, {area}"
        properties.append(
            {
                "id": f"p{i}",
                "title": str(plan["name"]),
                "subtitle": plan_label(kind, lang),
                "line": line,
                "facts": facts,
            }
        )
    return _collection(layer.geometry, properties)


def zones(result: Assessment, *, lang: Lang) -> dict[str, Any]:
    """Industrial zones with declared and drawn area and occupancy."""
    layer = result.city.industrial_zones
    properties = []
    for i, zone in layer.iterrows():
        row = result.zone_table.loc[i]
        declared = _with_unit(row["area_declared_ha"], "ha", lang)
        facts = [
            [labels.bare("area_declared_ha", lang), declared],
            [labels.bare("area_drawn_ha", lang), _with_unit(row["area_drawn_ha"], "ha", lang)],
            [labels.bare("inside_ha", lang), _with_unit(row["inside_ha"], "ha", lang)],
            [labels.bare("occupancy_pct", lang), percent(row["occupancy_pct"], lang=lang)],
            [word("status", lang), word(str(zone["status"]), lang)],
            [word("established_on", lang), _day(zone["established_on"], lang)],
            [word("decision", lang), _or_unknown(zone.get("decision"), lang)],
            [word("host_communes", lang), _or_unknown(zone.get("host_communes"), lang)],
        ]
        if isinstance(zone.get("note"), str):
            facts.append([word("note", lang), "", zone["note"]])
        kind = labels.capital(word(str(zone["kind"]), lang))
        properties.append(
            {"id": f"z{i}", "title": str(zone["name"]), "subtitle": kind, "line": declared, "facts": facts}
        )
    return _collection(layer.geometry, properties)


def places(layer: gpd.GeoDataFrame, kind: str | None, *, lang: Lang) -> dict[str, Any]:
    """Gaps or conflicts of a kind (all kinds when None), with their hectares."""
    chosen = layer if kind is None else layer[layer["plan_kind"] == kind]
    properties = []
    for i, place in chosen.iterrows():
        hectares = f"{number(100 * place['area_km2'], digits=1, lang=lang)} ha"
        properties.append(
            {
                "id": f"g{i}",
                "title": str(place["name"] or place["code"]),
                "subtitle": plan_label(place["plan_kind"], lang),
                "line": f"{labels.plan_kind(place['plan_kind'], lang)}: {hectares}",
                "facts": [[labels.bare("area_km2", lang), hectares]],
            }
        )
    return _collection(chosen.geometry, properties)


def _collection(geometries: Iterable[Any], properties: list[dict[str, Any]]) -> dict[str, Any]:
    """Features to draw; what has no shape has no place on the map and is in the tables only."""
    shapes = np.asarray(list(geometries), dtype=object)
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, DECIMALS))
    drawn = ~(shapely.is_missing(rounded) | shapely.is_empty(rounded))
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": p["id"], "properties": p, "geometry": shapely.geometry.mapping(shape)}
            for shape, p, there in zip(rounded, properties, drawn, strict=True)
            if there
        ],
    }


def _classes(scale: palette.Scale, lang: Lang, unit: str) -> list[list[str]]:
    """Colour and words of each class."""
    rows = []
    tail = f" {unit}" if unit else ""
    for i, low in enumerate(scale.breaks):
        last = i == len(scale.breaks) - 1
        high = None if last else scale.breaks[i + 1]
        if unit == "%" and high is not None and high < 1:
            text = word("none", lang)
        elif last and scale is palette.COVERAGE:
            text = word("whole", lang)
        elif high is None:
            text = f"{number(low, lang=lang)}{tail} {word('and_more', lang)}"
        else:
            text = f"{number(0 if low < 1 else low, lang=lang)} – {number(high, lang=lang)}{tail}"
        rows.append([scale.colours[i], text])
    return rows


def _measured(
    result: Assessment, i: Any, lang: Lang
) -> tuple[dict[str, str], dict[str, str], list[list[str]]]:
    """Fill and short text by metric, and the facts, of one commune."""
    fill: dict[str, str] = {}
    brief: dict[str, str] = {}
    facts: list[list[str]] = []
    for row in result.coverage.loc[[i]].to_dict("records"):
        key = f"{row['plan_kind']}/{row['denominator']}"
        share, detail = _share(row, lang)
        base = word(row["denominator"], lang)
        title = plan_label(row["plan_kind"], lang)
        fill[key] = palette.COVERAGE.colour(row["coverage_pct"])
        brief[key] = f"{title}: {share} ({detail})"
        if pd.notna(row["denominator_km2"]):
            facts.append([f"{title} / {base}", share, detail])
    people = result.density.loc[i]
    per_km2 = number(people["density_per_km2"], lang=lang)
    fill["density"] = palette.DENSITY.colour(people["density_per_km2"])
    brief["density"] = f"{word('density_per_km2', lang)}: {per_km2}"
    area = number(people["area_km2"], digits=2, lang=lang)
    detail = (
        f"{number(people['population'], lang=lang)} {word('over', lang)} {area} km² {word('natural', lang)}"
    )
    facts.insert(0, [word("density_per_km2", lang), per_km2, detail])
    share = result.zones.loc[i, "zone_share_pct"]
    fill["zone_share"] = palette.ZONE_SHARE.colour(share)
    brief["zone_share"] = f"{word('zone_share_pct', lang)}: {percent(share, lang=lang)}"
    zone = f"{number(result.zones.loc[i, 'zone_km2'], digits=2, lang=lang)} {word('over', lang)} {area} km²"
    facts.append([word("zone_share_pct", lang), percent(share, lang=lang), zone])
    return fill, brief, facts


def _share(row: dict[Any, Any], lang: Lang) -> tuple[str, str]:
    """A coverage as a percentage, and what it is a percentage of; or why there is none."""
    base = word(row["denominator"], lang)
    if row["denominator_km2"] == 0:
        return "–", f"{word('none', lang)} {base}"
    if pd.isna(row["denominator_km2"]):
        return word("no_data", lang), base
    covered, whole = (_figure(row[c], lang) for c in ("covered_km2", "denominator_km2"))
    return percent(row["coverage_pct"], lang=lang), f"{covered} {word('over', lang)} {whole} km² {base}"


def _area_facts(result: Assessment, unit: pd.Series, i: Any, lang: Lang) -> list[list[str]]:
    drawn = _with_unit(result.density.loc[i, "area_km2"], "km²", lang)
    published = _with_unit(unit["area_published_km2"], "km²", lang)
    people = number(unit["population"], lang=lang)
    when = _day(unit["population_on"], lang) if pd.notna(unit["population"]) else ""
    source = str(unit["population_source"]) if pd.notna(unit["population_source"]) else ""
    area_source = unit.get("area_source")
    return [
        [labels.bare("area_km2", lang), drawn],
        [
            labels.bare("area_published_km2", lang),
            published,
            area_source if isinstance(area_source, str) else "",
        ],
        [labels.bare("population", lang), people, f"{when} {source}".strip()],
    ]


def _label_point(shape: Any) -> list[float]:
    """Latitude and longitude of the middle of the widest place, where a name has most room."""
    if shape is None or shape.is_empty:
        return [0.0, 0.0]
    x, y = shapely.get_coordinates(shapely.maximum_inscribed_circle(shape, tolerance=1e-4))[0]
    return [round(float(y), DECIMALS), round(float(x), DECIMALS)]


def _unit_title(unit: pd.Series, lang: Lang) -> str:
    name = str(unit["name"])
    if not isinstance(unit["kind"], str):
        return name
    kind = labels.capital(word(unit["kind"], lang))
    return f"{kind} {name}" if lang == "vi" else f"{name} ({word(unit['kind'], lang)})"


def _unit_subtitle(unit: pd.Series, lang: Lang) -> str:
    parts = [f"{word('code', lang)} {unit['code']}"]
    if unit["ward_candidate"]:
        parts.append(word("ward_candidate", lang).lower())
    return ", ".join(parts)


def _figure(value: float, lang: Lang) -> str:
    """Two decimals; a figure that they would show as nothing is said to be less than they can show."""
    text = number(value, digits=2, lang=lang)
    return f"< {number(0.01, digits=2, lang=lang)}" if 0 < value < 0.005 else text  # noqa: PLR2004


def _with_unit(value: float, unit: str, lang: Lang) -> str:
    """A figure with two decimals and its unit; words alone when it is unknown."""
    text = number(value, digits=2, lang=lang)
    return text if pd.isna(value) else f"{text} {unit}"


def _day(value: Any, lang: Lang) -> str:
    return "–" if value is None or pd.isna(value) else date_text(pd.Timestamp(value).date(), lang=lang)


def _or_unknown(value: Any, lang: Lang) -> str:
    return str(value) if value is not None and pd.notna(value) else word("no_data", lang)
