"""What the panel says of the city and of each unit: Quantities, verdicts, targets, missing data."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely
from pyproj import CRS

from geoplan import crs
from geoplan.model import Words, words
from geoplan.show import cards, labels
from geoplan.show.cards import both
from geoplan.show.choropleth import scope_ids, unit_state
from geoplan.show.layers import bare, day, known, word
from geoplan.show.shapes import label_point
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import UnitResult
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity
    from geoplan.show.layers import Figures
    from geoplan.show.texts import Texts

Card = dict[str, Any]
Point = tuple[float, float]

_MAIN: Final = (
    "population",
    "area",
    "density",
    "coverage.zoning.urban_land",
    "coverage.zoning.natural",
    "coverage.detailed.urban_land",
    "coverage.detailed.natural",
)
_HELD: Final = words("Loại đô thị hiện nay", "Urban class now")
_FORMED: Final = words("Hình thành từ", "Formed from")


def by_scope(result: Assessment) -> Figures:
    """The Quantities of each scope, in their order."""
    found: Figures = defaultdict(list)
    for quantity in result.quantities.values():
        found[quantity.scope.id].append(quantity)
    return dict(found)


def city_card(result: Assessment, texts: Texts, *, figures: Figures) -> Card:
    """The city's panel: figures, classes, the city as a unit, targets, what is missing."""
    main, more = _split(figures.get("city", []))
    judged = result.judgement
    documents = {} if result.city.targets is None else {d.id: d.title for d in result.city.targets.documents}
    held = result.city.urban_class
    facts = [(word("province"), known(result.city.province or None))]
    if held is not None:
        facts.append((_HELD, words(held.class_, held.class_)))
    wards = [q for scope in ("wards", "candidates", "zones") for q in figures.get(scope, [])]
    return {
        "facts": [texts.all(fact) for fact in facts],
        "figures": [cards.figure(q, texts) for q in main],
        "more": [cards.figure(q, texts) for q in more],
        "groups": [
            {"title": texts.add(scope_title), "figures": [cards.figure(q, texts) for q in own]}
            for scope_title, own in _grouped(wards)
        ],
        "classes": [cards.class_result(c, texts) for c in judged.classes],
        "unit": None if judged.city_unit is None else cards.unit_result(judged.city_unit, texts),
        "targets": [cards.target(t, texts, documents=documents) for t in judged.targets],
        "gaps": [cards.data_gap(g, texts) for g in judged.missing],
    }


def _split(figures: Sequence[Quantity]) -> tuple[list[Quantity], list[Quantity]]:
    """The main figures in their fixed order, and the others."""
    named = {q.metric: q for q in figures}
    main = [named[metric] for metric in _MAIN if metric in named]
    return main, [q for q in figures if q.metric not in _MAIN]


def _grouped(figures: Sequence[Quantity]) -> list[tuple[Words, list[Quantity]]]:
    groups: dict[str, list[Quantity]] = defaultdict(list)
    for quantity in figures:
        groups[quantity.scope.id].append(quantity)
    return [
        (both(lambda lang, q=own[0]: labels.capital(q.scope.name.text(lang))), own)  # type: ignore[misc]
        for own in groups.values()
    ]


def units(result: Assessment, texts: Texts, *, points: Sequence[Point | None]) -> list[Card]:
    """The units in the layer's order, as lists and labels need them."""
    judged = _judged(result)
    out = []
    for at, (row, scope) in enumerate(
        zip(result.city.communes.to_dict("records"), scope_ids(result), strict=True)
    ):
        point = points[at]
        out.append(
            {
                "id": f"u{at}",
                "name": texts.add(str(row["name"])),
                "title": texts.add(unit_title(row)),
                "code": texts.add(str(row["code"])),
                "scope": scope,
                "at": None if point is None else [point[1], point[0]],
                "candidate": bool(row["ward_candidate"]),
                "states": [unit_state(u) for u in judged.get(scope, [])],
            }
        )
    return out


def unit_cards(
    result: Assessment, texts: Texts, *, figures: Figures, points: Sequence[Point | None]
) -> dict[str, Card]:
    """What the panel says of each unit, by the feature's id."""
    judged = _judged(result)
    places = positions(result, points, texts)
    found = {}
    rows = result.city.communes.to_dict("records")
    for at, (row, scope) in enumerate(zip(rows, scope_ids(result), strict=True)):
        main, more = _split(figures.get(scope, []))
        found[f"u{at}"] = {
            "title": texts.add(unit_title({str(k): v for k, v in row.items()})),
            "subtitle": texts.add(unit_subtitle({str(k): v for k, v in row.items()})),
            "facts": [texts.all(fact) for fact in _unit_facts({str(k): v for k, v in row.items()})],
            "figures": [cards.figure(q, texts) for q in main],
            "more": [cards.figure(q, texts) for q in more],
            "results": [cards.unit_result(u, texts) for u in judged.get(scope, [])],
            "position": places[at],
        }
    return found


def _judged(result: Assessment) -> dict[str, list[UnitResult]]:
    """The results of each unit, as a candidate first."""
    found: dict[str, list[UnitResult]] = defaultdict(list)
    for unit in sorted(result.judgement.units, key=lambda u: not u.candidate):
        found[unit.scope.id].append(unit)
    return found


def _unit_facts(row: dict[str, Any]) -> list[tuple[Words, Words]]:
    facts = [(bare("population_on"), day(row.get("population_on")))]
    if isinstance(row.get("population_source"), str):
        facts.append((word("population_source"), known(row["population_source"])))
    if isinstance(row.get("formed_from"), str):
        facts.append((_FORMED, known(row["formed_from"])))
    if isinstance(row.get("established_by"), str):
        facts.append((word("decision"), known(row["established_by"])))
    return facts


def unit_title(row: dict[Any, Any]) -> Words:
    """``Xã Bảo Khê``, ``Bảo Khê (commune)``; the name alone when the kind is not known."""
    name = str(row["name"])
    if not isinstance(row["kind"], str):
        return words(name, name)
    kind = row["kind"]
    return words(f"{labels.capital(labels.word(kind))} {name}", f"{name} ({labels.word(kind, 'en')})")


def unit_subtitle(row: dict[str, Any]) -> Words:
    """The code, and whether it is to become a ward."""

    def say(lang: Lang) -> str:
        parts = [f"{labels.word('code', lang)} {row['code']}"]
        if row["ward_candidate"]:
            parts.append(labels.word("ward_candidate", lang).lower())
        return ", ".join(parts)

    return both(say)


def label_points(result: Assessment) -> list[Point | None]:
    """Where each unit's name has most room."""
    return [label_point(shape) for shape in result.city.communes.geometry]


def positions(result: Assessment, points: Sequence[Point | None], texts: Texts) -> list[list[list[int]]]:
    """Each point in the province's VN-2000 and in WGS 84, as pairs of system and coordinates."""
    system = CRS.from_user_input(result.city.info.crs)
    there = [shapely.Point(p) if p is not None else shapely.Point() for p in points]
    moved = crs.from_lonlat(gpd.GeoDataFrame(geometry=there, crs=crs.WGS84), system)
    name = (
        system.name if not crs.is_vn2000(system) else f"VN-2000, {_meridian(system)} ({system.to_string()})"
    )
    out: list[list[list[int]]] = []
    for point, plane in zip(points, moved, strict=True):
        if point is None or plane is None or plane.is_empty:
            out.append([])
            continue
        pairs = [texts.pair("WGS 84", "WGS 84"), texts.add(_lonlat(point))]
        here = [pairs]
        if system.is_projected:
            here.insert(0, [texts.add(name), texts.add(_plane(plane))])
        out.append(here)
    return out


def _meridian(system: CRS) -> str:
    """Such as ``106°30′``, the central meridian of a projection."""
    found = [
        p.value
        for p in (system.coordinate_operation.params if system.coordinate_operation else [])
        if p.name == "Longitude of natural origin"
    ]
    if not found or pd.isna(found[0]):
        return system.name
    degrees, minutes = divmod(round(float(found[0]) * 60), 60)
    return f"{degrees}°{minutes:02}′"


def _lonlat(point: Point) -> Words:
    def say(lang: Lang) -> str:
        lon, lat = (number(v, digits=5, lang=lang) for v in point)
        return f"{lat}° B, {lon}° Đ" if lang == "vi" else f"{lat}° N, {lon}° E"

    return both(say)


def _plane(point: Any) -> Words:
    def say(lang: Lang) -> str:
        north, east = number(point.y, lang=lang), number(point.x, lang=lang)
        return f"X (Bắc) {north} m, Y (Đông) {east} m" if lang == "vi" else f"N {north} m, E {east} m"

    return both(say)
