"""The layers that lie over the units: plans, zones, gaps, conflicts, candidates, neighbours.

Each brings its features, its look, its own legend and the standing of its geometry. Figures come from
the tables and Quantities of the Assessment and are only put into words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.measures.records import distinct
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.show import labels, palette
from geoplan.show.cards import both, figure
from geoplan.show.page_words import PAGE_WORDS
from geoplan.show.shapes import encode, for_display
from geoplan.text import date_text, number

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity
    from geoplan.schema import LayerName
    from geoplan.show.texts import Texts

    Figures = dict[str, list[Quantity]]
    """The Quantities of each scope."""

Fact = tuple[Words, Words]


@dataclass(frozen=True)
class Feature:
    """One feature: what the panel says of it, and the scope of its Quantities when it has any.

    `now` False: a plan that is in force on other dates only.
    """

    id: str
    title: Words | str
    line: Words
    facts: tuple[Fact, ...] = ()
    subtitle: Words | None = None
    scope: str | None = None
    now: bool = True


@dataclass(frozen=True)
class MapLayer:
    """A layer of the page.

    `look` are options of a Leaflet path; `interactive` False: for the eye only. `standing` says of
    what kind its geometry is; `note` where its colour comes from.
    """

    key: str
    title: Words
    look: dict[str, Any]
    shapes: NDArray[np.object_]
    features: list[Feature]
    pane: str = "plans"
    pattern: str | None = None
    show: bool = True
    switch: bool = True
    interactive: bool = True
    standing: Words | None = None
    note: Words | None = None


_DECISION_COLUMNS: Final = ("approved_on", "expires_on", "superseded_on")


def page_layers(result: Assessment, *, ever: Container[Any] = ()) -> Iterator[MapLayer]:
    """All layers over and under the units, from the bottom to the top; empty ones are left out.

    `ever`: plans, by their index, that are there for other dates, when they are not in force on this.
    """
    made = [_neighbours(result)]
    made += [_plans(result, kind, ever) for kind in dict.fromkeys(result.plans["plan_kind"])]
    made.append(_zones(result))
    made += [_gaps(result, kind) for kind in palette.GAP]
    made += [_conflicts(result), _candidates(result)]
    yield from (layer for layer in made if layer is not None and layer.features)


def standing_of(result: Assessment, layer: LayerName) -> Words | None:
    """The standing of a layer's geometry in words."""
    used = result.city.in_use.get(layer)
    return None if used is None else both(lambda lang: labels.standing(used.standing, lang))


def _look(colour: str, opacity: float, weight: float = 1) -> dict[str, Any]:
    return {"color": colour, "weight": weight, "fillColor": colour, "fillOpacity": opacity}


def _neighbours(result: Assessment) -> MapLayer | None:
    beside = result.city.neighbours
    if beside is None:
        return None
    title = both(lambda lang: labels.word("neighbours", lang))
    names = [str(name) for name in beside["name"]]
    return MapLayer(
        key="neighbours",
        title=title,
        look={
            "color": "#8a8a8a", "weight": 1, "dashArray": "4 3", "fillColor": palette.NEIGHBOUR,
            "fillOpacity": 0.5,
        },
        shapes=beside.geometry.to_numpy(),
        features=[Feature(f"n{i}", name, title) for i, name in enumerate(names)],
        pane="neighbours",
        switch=False,
        standing=standing_of(result, "neighbours"),
    )  # fmt: skip


def _plans(result: Assessment, kind: str, ever: Container[Any]) -> MapLayer:
    table = result.plans[result.plans["plan_kind"] == kind]
    there = [on or i in ever for i, on in table["in_force"].items()]
    layer = result.city.plans.loc[table.index[there]]
    title = both(lambda lang: labels.capital(labels.plan_kind(kind, lang)))
    return MapLayer(
        key=f"plans.{kind}",
        title=title,
        look=_look(palette.plan_colour(kind), 0.18, 1.5),
        shapes=layer.geometry.to_numpy(),
        features=[plan_feature(i, plan, table.loc[i], title) for i, plan in layer.iterrows()],
        show=False,
        standing=standing_of(result, "plans"),
        note=PAGE_WORDS["plan_colours.note"] if kind in palette.PLAN else None,
    )


def plan_feature(i: Any, plan: pd.Series, row: pd.Series, kind: Words) -> Feature:
    """A plan with its dates and areas."""
    size = area(row["area_km2"], "km2")
    facts = [
        (word("decision"), known(plan.get("decision"))),
        *((word(c), day(plan.get(c))) for c in _DECISION_COLUMNS),
        (word("scale"), known(plan.get("scale"))),
        (bare("plan_area_km2"), size),
        (bare("inside_km2"), area(row["inside_km2"], "km2")),
        (bare("conflict_km2"), area(row["conflict_km2"], "km2")),
    ]
    line = words(f"{kind.vi}, {size.vi}", f"{kind.en}, {size.en}")
    return Feature(f"p{i}", str(plan["name"]), line, tuple(facts), subtitle=kind, now=bool(row["in_force"]))


def _zones(result: Assessment) -> MapLayer:
    zones = result.city.industrial_zones
    scopes = [f"zone:{name}" for name in distinct(zones["id"])]
    return MapLayer(
        key="zones",
        title=word("industrial_zones"),
        look=_look(palette.ZONE, 0.28, 2),
        shapes=zones.geometry.to_numpy(),
        features=[
            _zone(f"z{i}", zone, result.zone_table.loc[i], scopes[at])
            for at, (i, zone) in enumerate(zones.iterrows())
        ],
        pane="zones",
        standing=standing_of(result, "industrial_zones"),
        note=PAGE_WORDS["zone_colour.note"],
    )


def _zone(name: str, zone: pd.Series, row: pd.Series, scope: str) -> Feature:
    kind = both(lambda lang: labels.capital(labels.word(str(zone["kind"]), lang)))
    facts = [
        (word("status"), word(str(zone["status"]))),
        (word("established_on"), day(zone["established_on"])),
        (word("decision"), known(zone.get("decision"))),
        (bare("area_drawn_ha"), area(row["area_drawn_ha"], "ha")),
        (bare("inside_ha"), area(row["inside_ha"], "ha")),
        (word("host_communes"), known(zone.get("host_communes"))),
    ]
    if isinstance(zone.get("note"), str):
        facts.append((word("note"), words(zone["note"], zone["note"])))
    declared = area(row["area_declared_ha"], "ha")
    line = words(f"{kind.vi}, {declared.vi}", f"{kind.en}, {declared.en}")
    return Feature(name, str(zone["name"]), line, tuple(facts), subtitle=kind, scope=scope)


def _gaps(result: Assessment, kind: str) -> MapLayer:
    chosen = result.gaps[result.gaps["plan_kind"] == kind]
    return _places(chosen, f"gaps.{kind}", word(f"gap.{kind}"), palette.GAP[kind], "stripes")


def _conflicts(result: Assessment) -> MapLayer:
    return _places(result.conflicts, "conflicts", word("conflicts"), palette.CONFLICT, "cross")


def _places(chosen: gpd.GeoDataFrame, key: str, title: Words, colour: str, pattern: str) -> MapLayer:
    features = []
    for i, place in chosen.iterrows():
        kind = both(lambda lang, k=place["plan_kind"]: labels.plan_kind(k, lang))  # type: ignore[misc]
        size = both(lambda lang, km2=place["area_km2"]: f"{number(100 * km2, digits=1, lang=lang)} ha")  # type: ignore[misc]
        line = words(f"{kind.vi}: {size.vi}", f"{kind.en}: {size.en}")
        name = str(place["name"] or place["code"])
        features.append(Feature(f"{key}{i}", name, line, ((bare("area_km2"), size),), subtitle=title))
    return MapLayer(
        key=key,
        title=title,
        look=_look(colour, 0.4),
        shapes=chosen.geometry.to_numpy(),
        features=features,
        pane="places",
        pattern=pattern,
        show=False,
    )


def _candidates(result: Assessment) -> MapLayer:
    units = result.city.communes
    chosen = units[units["ward_candidate"]]
    return MapLayer(
        key="candidates",
        title=word("candidate_outline"),
        look={"color": palette.CANDIDATE, "weight": 3, "dashArray": "6 4", "fill": False},
        shapes=chosen.geometry.to_numpy(),
        features=[Feature(f"c{i}", str(u["name"]), word("ward_candidate")) for i, u in chosen.iterrows()],
        pane="outlines",
        interactive=False,
        standing=standing_of(result, "communes"),
    )


def word(key: str) -> Words:
    """A word of `labels` in both languages."""
    return both(lambda lang: labels.word(key, lang))


def bare(key: str) -> Words:
    """The word for a column without its unit."""
    return both(lambda lang: labels.bare(key, lang))


def area(value: Any, unit: str) -> Words:
    """A size with its unit; words when it is unknown."""
    return both(lambda lang: with_unit(None if pd.isna(value) else float(value), unit, lang))


def day(value: Any) -> Words:
    """A day in both languages; a dash when there is none."""

    def say(lang: Lang) -> str:
        return "–" if value is None or pd.isna(value) else date_text(pd.Timestamp(value).date(), lang=lang)

    return both(say)


def known(value: Any) -> Words:
    """A text of the data, or that there is none."""
    if value is not None and pd.notna(value):
        return words(str(value), str(value))
    return word("no_data")


def packed(layer: MapLayer, texts: Texts) -> dict[str, Any]:
    """A layer as a page holds it; features without a shape are in the tables only."""
    shapes, places = for_display(np.asarray(layer.shapes, dtype=object))
    drawn = [(f, encode(s, places)) for f, s in zip(layer.features, shapes, strict=True)]
    return {
        "key": layer.key,
        "title": texts.add(layer.title),
        "look": layer.look,
        "pane": layer.pane,
        "pattern": layer.pattern,
        "show": layer.show,
        "switch": layer.switch,
        "interactive": layer.interactive,
        "places": places,
        "standing": None if layer.standing is None else texts.add(layer.standing),
        "note": None if layer.note is None else texts.add(layer.note),
        "features": [
            {"id": f.id, "title": texts.add(f.title), "line": texts.add(f.line), "shape": shape, "now": f.now}
            for f, shape in drawn
            if shape
        ],
    }


def cards(layer: MapLayer, texts: Texts, *, figures: Figures) -> dict[str, dict[str, Any]]:
    """What the panel says of a layer's features, by their ids."""
    return {f.id: _card(f, texts, figures) for f in layer.features if layer.interactive}


def _card(feature: Feature, texts: Texts, figures: Figures) -> dict[str, Any]:
    own = figures.get(feature.scope, []) if feature.scope is not None else []
    return {
        "title": texts.add(feature.title),
        "subtitle": None if feature.subtitle is None else texts.add(feature.subtitle),
        "facts": [texts.all(fact) for fact in feature.facts],
        "figures": [figure(q, texts) for q in own],
    }
