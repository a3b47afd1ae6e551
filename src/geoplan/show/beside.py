"""A city before and after a scenario on one page: units, layers, and what moves.

Before and after are two steps where the page has its dates otherwise: units and features hold for one of
them or for both.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.model import words
from geoplan.scenario.moves import MOVE_KINDS
from geoplan.scenario.saying import change_text, side_text
from geoplan.show.cards import both
from geoplan.show.choropleth import Band, Choropleth, by_kind, choropleths, packed_bands, scope_ids
from geoplan.show.labels import capital
from geoplan.show.layers import Feature, MapLayer, page_layers
from geoplan.show.moments import unit_keys
from geoplan.show.panels import unit_title
from geoplan.show.shapes import encode, for_display, label_point
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.scenario.compare import Comparison
    from geoplan.scenario.moves import Move
    from geoplan.show.moments import Key
    from geoplan.show.texts import Texts

_BEFORE: Final = "b-"
"""What the ids of features begin with that are there before the scenario only."""
_SPANS: Final = {"before": [[0, 1]], "after": [[1, -1]], "both": [[0, -1]]}
_EDGE: Final = "#6a1b9a"
_CHANGED: Final = words("Đơn vị thay đổi loại hoặc phạm vi", "Units that change in kind or extent")
_ADDED: Final = words("Đồ án, khu được thêm", "Plans and zones that are added")
_MOST_ROWS: Final = 400
_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")


@dataclass(frozen=True)
class BeforeAfter:
    """The first and the last city of a comparison, as a page shows them."""

    comparison: Comparison

    @property
    def before(self) -> Assessment:
        """The city before the scenario."""
        return self.comparison.results[0]

    @property
    def after(self) -> Assessment:
        """The city after it."""
        return self.comparison.results[-1]

    @cached_property
    def _made(self) -> tuple[list[MapLayer], dict[str, list[list[int]]]]:
        """The layers of both, and when each feature is there."""
        earlier = {layer.key: layer for layer in page_layers(self.before)}
        later = {layer.key: layer for layer in page_layers(self.after)}
        spans: dict[str, list[list[int]]] = {}
        made = []
        for key in dict.fromkeys([*later, *earlier]):
            layer = _joined(earlier.get(key), later.get(key), spans)
            made.append(layer)
        made += [layer for layer in self._marks(spans) if layer.features]
        return made, spans

    @property
    def layers(self) -> list[MapLayer]:
        """The layers over and under the units: what is there before only comes and goes with that step."""
        return self._made[0]

    def _marks(self, spans: dict[str, list[list[int]]]) -> Iterator[MapLayer]:
        """What the scenario changes, so that the eye finds it: what came in, and units that changed."""
        added = [c.added for c in self.after.city.changes if c.added is not None]
        came = [(str(name), shape) for f in added for name, shape in zip(f["name"], f.geometry, strict=True)]
        codes = {m.scope for m in self.comparison.moves if m.what == "kind" and m.moved}
        units = self.after.city.communes
        units = units[units["code"].astype(str).isin(codes)]
        changed = list(zip(units["name"].astype(str), units.geometry, strict=True))
        for key, title, found, dash in (("added", _ADDED, came, None), ("changed", _CHANGED, changed, "8 4")):
            features = [Feature(f"{key}{i}", name, title) for i, (name, _) in enumerate(found)]
            spans |= {feature.id: _SPANS["after"] for feature in features}
            look: dict[str, Any] = {"color": _EDGE, "weight": 3.5, "fill": False}
            yield MapLayer(
                key=key,
                title=title,
                look=look | ({"dashArray": dash} if dash else {}),
                shapes=np.array([shape for _, shape in found], dtype=object),
                features=features,
                pane="outlines",
                interactive=False,
            )

    def packed(self, texts: Texts) -> dict[str, Any]:
        """What the page holds of it: the two steps, and the panel of what moves."""
        return {"time": self._time(texts), "what_if": self._panel(texts)}

    def _time(self, texts: Texts) -> dict[str, Any]:
        first, last = self.before, self.after
        here = {key: at for at, key in enumerate(unit_keys(last.city.communes))}
        units = [*_units(first, here, texts), *_units(last, here, texts)]
        many = len(first.city.communes)
        pairs = list(_pairs(first, last))
        names = [self.comparison.names[0], self.comparison.names[-1]]
        return {
            "dates": [0, 1],
            "days": texts.all(_day(n, r.on) for n, r in zip(names, (first, last), strict=True)),
            "whys": texts.all(names),
            "now": 1,
            "assessed": texts.add(both(lambda lang: date_text(last.on, lang=lang))),
            "kinds": [
                {"key": pair[1].key, "title": texts.add(pair[1].title), "bands": packed_bands(bands, texts)}
                for pair, bands, _ in pairs
            ],
            "bands": [],
            "units": units,
            "there": [[0, list(range(many))], [1, list(range(many, len(units)))]],
            "coverage": [
                [
                    [[step, -1 if at is None else at, texts.add(brief)]]
                    for step, (one, ats) in enumerate(zip(pair, places, strict=True))
                    for at, brief in zip(ats, one.briefs, strict=True)
                ]
                for pair, _, places in pairs
            ],
            "totals": [],
            "targets": [],
            "plans": self._made[1],
        }

    def _panel(self, texts: Texts) -> dict[str, Any]:
        told = [m for m in self.comparison.told if m.moved][:_MOST_ROWS]
        ids = {scope: f"u{at}" for at, scope in enumerate(scope_ids(self.after))}
        groups = []
        for what in MOVE_KINDS:
            moves = [m for m in told if m.what == what]
            if moves:
                rows = [_row(m, texts, ids.get(m.scope)) for m in moves]
                groups.append({"title": texts.add(MOVE_KINDS[what]), "rows": rows})
        silent = sum(m.moved for m in self.comparison.moves) - len(told)
        more = words(
            f"Ngoài ra có {silent} dòng của các đơn vị mới lập hoặc không còn; xem bảng so sánh.",
            f"Besides, {silent} lines on units that are new or gone; see the table of the comparison.",
        )
        return {
            "changes": texts.all(_change_words(self.after)),
            "summary": texts.add(both(self.comparison.summary)),
            "groups": groups,
            "more": texts.add(more) if silent else None,
        }


def _change_words(result: Assessment) -> Iterator[Words]:
    for change in result.city.changes:
        vi, en = (f"{date_text(change.on, lang=la)}: {change.words.text(la)}" for la in _LANGS)
        yield words(vi, en)


def _row(move: Move, texts: Texts, unit: str | None) -> dict[str, Any]:
    first, last = move.sides[0], move.sides[-1]
    where, name = move.where, move.name
    if move.what == "kind":
        where, name = words("", ""), move.where
    change = both(lambda lang: change_text(move, lang))
    return {
        "name": texts.add(words(capital(name.vi), capital(name.en))),
        "where": texts.add(where) if where.vi else None,
        "before": texts.add(both(lambda lang: side_text(move, first, lang))),
        "after": texts.add(both(lambda lang: side_text(move, last, lang))),
        "change": texts.add(change) if change.vi else None,
        "unit": unit,
    }


def _day(name: Words, on: Any) -> Words:
    def say(lang: Lang) -> str:
        text, day = name.text(lang), date_text(on, lang=lang)
        return text if day in text else f"{text}, {day}"

    return both(say)


def _units(result: Assessment, here: dict[Key, int], texts: Texts) -> Iterator[dict[str, Any]]:
    """The units of one step; those that the page draws anyway are named by their place there."""
    rows = result.city.communes
    for key, row in zip(unit_keys(rows), rows.to_dict("records"), strict=True):
        named = {"title": texts.add(unit_title({str(k): v for k, v in row.items()}))}
        named["name"] = texts.add(str(row["name"]))
        if key in here:
            yield named | {"shown": here[key]}
            continue
        shapes, places = for_display(np.array([row["geometry"]], dtype=object))
        point = label_point(row["geometry"])
        yield named | {
            "shape": encode(shapes[0], places),
            "places": places,
            "at": None if point is None else [point[1], point[0]],
        }


def _pairs(
    first: Assessment, last: Assessment
) -> Iterator[tuple[tuple[Choropleth, Choropleth], list[Band], list[list[int | None]]]]:
    """What both can be coloured by, with the classes of both together and each unit's place among them."""
    earlier = {c.key: c for c in [by_kind(first), *choropleths(first)]}
    for later in [by_kind(last), *choropleths(last)]:
        if later.key not in earlier:
            continue
        pair = (earlier[later.key], later)
        bands = list(dict.fromkeys([*later.bands, *pair[0].bands]))
        places = [[None if at is None else bands.index(c.bands[at]) for at in c.classes] for c in pair]
        yield pair, bands, places


def _joined(earlier: MapLayer | None, later: MapLayer | None, spans: dict[str, list[list[int]]]) -> MapLayer:
    """One layer with the features of both steps; those that are in both once."""
    layer = later if later is not None else earlier
    assert layer is not None  # noqa: S101 - one of them has the key
    after = [] if later is None else list(zip(later.features, later.shapes, strict=True))
    before = [] if earlier is None else list(zip(earlier.features, earlier.shapes, strict=True))
    known = {_what(*one): feature.id for one in after for feature in one[:1]}
    spans |= {feature.id: _SPANS["after"] for feature, _ in after}
    gone = []
    for feature, shape in before:
        same = known.get(_what(feature, shape))
        if same is not None:
            spans[same] = _SPANS["both"]
            continue
        left = replace(feature, id=f"{_BEFORE}{feature.id}", scope=None, now=False)
        spans[left.id] = _SPANS["before"]
        gone.append((left, shape))
    every = [*after, *gone]
    shapes = np.empty(len(every), dtype=object)
    shapes[:] = [shape for _, shape in every]
    return replace(layer, features=[feature for feature, _ in every], shapes=shapes)


def _what(feature: Feature, shape: Any) -> tuple[Any, ...]:
    """What a feature is, whatever its number: its texts and its outline."""
    title = feature.title if isinstance(feature.title, str) else feature.title.vi
    return title, feature.line.vi, b"" if shape is None else shape.wkb
