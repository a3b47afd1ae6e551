"""What every output says besides its figures: title, date, standing, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan import schema
from geoplan.model import Words, words
from geoplan.show import labels, layers, palette
from geoplan.show.cards import both
from geoplan.show.choropleth import packed
from geoplan.show.labels import word
from geoplan.show.moments import moments, plan_spans
from geoplan.show.page_words import PAGE_WORDS
from geoplan.show.panels import by_scope, city_card, label_points, unit_cards, units
from geoplan.show.shapes import encode, for_display
from geoplan.show.texts import Texts
from geoplan.text import date_text, listing, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.show.beside import BeforeAfter
    from geoplan.show.choropleth import Choropleth
    from geoplan.show.search import Entry
    from geoplan.timeline import Timeline

_WHAT_IF: Final = words(
    "Phương án giả định, không phải hiện trạng", "A what-if scenario, not the city as it is"
)
_MOST_CHANGES: Final = 3


def page_data(
    result: Assessment,
    *,
    lang: Lang,
    shown: Sequence[Choropleth],
    pictures: Mapping[str, Any],
    tips: list[Words] | bool,
    history: Timeline | None,
    found: Sequence[Entry],
    beside: BeforeAfter | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a page holds: what it needs at once, and what its panel says when it is asked.

    All texts are there in both languages, each once, and named by number; those of the panel follow
    those of the page. `beside`: the city before a scenario, which then stands where time does.
    """
    ever = {} if history is None else plan_spans(history)
    texts, over = Texts(), list(layers.page_layers(result, ever=ever) if beside is None else beside.layers)
    points = label_points(result)
    shapes, places = for_display(np.asarray(result.city.communes.geometry.to_numpy(), dtype=object))
    data: dict[str, Any] = {
        "lang": lang,
        "title": texts.add(both(result.city.title)),
        "subtitle": texts.add(both(lambda la: _subtitle(result, la))),
        "warnings": texts.all(_by_line(lambda la: standing_warnings(result, lang=la))),
        "sources": texts.all([*_by_line(lambda la: _source_texts(result, la)), *_credits(pictures)]),
        "boundary": texts.add(both(lambda la: _boundary(result, la))),
        "border": palette.BORDER,
        "metrics": packed(shown, texts),
        "tips": tips if isinstance(tips, bool) else texts.all(tips),
        "units": units(result, texts, points=points),
        "places": places,
        "shapes": [encode(shape, places) for shape in shapes],
        "layers": [layers.packed(layer, texts) for layer in over],
        "time": None if history is None else moments(result, history, texts),
        "what_if": None,
        "search": [
            [texts.add(e.label), texts.add(e.detail), e.target, list(e.names), list(e.exact), e.keys]
            for e in found
        ],
        "pictures": _told(pictures, texts),
        "words": {key: texts.add(pair) for key, pair in PAGE_WORDS.items()},
    }
    if beside is not None:
        data |= beside.packed(texts)
    data["texts"] = {"vi": texts.listed("vi"), "en": texts.listed("en")}
    figures, first = by_scope(result), len(data["texts"]["vi"])
    details: dict[str, Any] = {"cards": unit_cards(result, texts, figures=figures, points=points)}
    for layer in over:
        details["cards"] |= layers.cards(layer, texts, figures=figures)
    details["city"] = city_card(result, texts, figures=figures)
    details["texts"] = {"vi": texts.listed("vi")[first:], "en": texts.listed("en")[first:]}
    return data, details


def _credits(pictures: Mapping[str, Any]) -> list[Words]:
    """Where the picture under the map comes from."""
    raster = pictures.get("raster")
    if raster is None:
        return []
    name, source = PAGE_WORDS["basemap"], raster["source"]
    return [Words(vi=f"{name.vi}: {source.vi}", en=f"{name.en}: {source.en}")]


def _told(pictures: Mapping[str, Any], texts: Texts) -> dict[str, Any]:
    """Pictures with their sources as numbers of texts."""
    return {
        kind: {k: texts.add(v) if isinstance(v, Words) else v for k, v in parts.items()}
        for kind, parts in pictures.items()
    }


def _boundary(result: Assessment, lang: Lang) -> str:
    standing = labels.standing(result.city.in_use["communes"].standing, lang)
    return f"{word('communes', lang)}: {standing}"


def _subtitle(result: Assessment, lang: Lang) -> str:
    on_date = f"{word('on_date', lang).lower()} {date_text(result.on, lang=lang)}"
    return f"{word('map.title', lang)}, {on_date}"


def _source_texts(result: Assessment, lang: Lang) -> list[str]:
    return [*source_lines(result, lang=lang), word("method.area", lang), *note_lines(result, lang=lang)]


def _by_line(say: Callable[[Lang], list[str]]) -> list[Words]:
    """Lines that are said in each language, put together."""
    return [Words(vi=vi, en=en) for vi, en in zip(say("vi"), say("en"), strict=True)]


def standing_warnings(result: Assessment, *, lang: Lang) -> list[str]:
    """The sentences that say what is assumed, schematic or illustrative; every output carries them."""
    sentences = _assumed(result, lang)
    for name, layer in result.city.in_use.items():
        if layer.standing in schema.NOT_REAL and name != "neighbours" and len(layer.frame):
            key = f"not_real.{name}.{layer.standing}"
            sentence = word(key, lang)
            title = word("urban_land.layer" if name == "urban_land" else name, lang)
            sentences.append(f"{title}: {word(layer.standing, lang)}" if sentence == key else sentence)
    return sentences


def _assumed(result: Assessment, lang: Lang) -> list[str]:
    """That this is a what-if scenario, and what was changed; nothing for a city as it is on record."""
    if not result.city.changes:
        return []
    told = listing((c.words.text(lang) for c in result.city.changes), limit=_MOST_CHANGES, lang=lang)
    return [f"{_WHAT_IF.text(lang)}: {told}"]


def headline(result: Assessment, *, lang: Lang) -> list[str]:
    """The figures of the whole city in a line each, with their denominators."""
    lines = []
    totals = result.coverage_totals
    for kind in ("zoning", "detailed"):
        for denominator in ("natural", "urban_land"):
            row = totals[
                (totals["group"] == "all")
                & (totals["plan_kind"] == kind)
                & (totals["denominator"] == denominator)
            ]
            if len(row):
                share = percent(row["coverage_pct"].iloc[0], lang=lang)
                lines.append(f"{labels.plan_kind_short(kind, lang)}: {share} {word(denominator, lang)}")
    for total in result.density_totals.to_dict("records"):
        if total["group"] == "all":
            notes = [people_source(result, lang=lang)]
            if total["missing"]:
                notes.append(f"{word('missing', lang).lower()}: {total['missing']}")
            text = number(total["density_per_km2"], lang=lang)
            lines.append(f"{word('density_per_km2', lang)}: {text} ({'; '.join(notes)})")
    return lines


def people_source(result: Assessment, *, lang: Lang) -> str:
    """Of which date the population figures are."""
    dates = sorted({d.date() for d in result.city.communes["population_on"].dropna()})
    if not dates:
        return word("no_data", lang)
    return f"{word('people_of', lang)} {', '.join(date_text(d, lang=lang) for d in dates)}"


def source_lines(result: Assessment, *, lang: Lang) -> list[str]:
    """A line for each layer: its standing and where it comes from."""
    lines = []
    for name, layer in result.city.in_use.items():
        title = word("urban_land.layer" if name == "urban_land" else name, lang)
        lines.append(f"{title} ({labels.standing(layer.standing, lang)}): {layer.source.text(lang)}")
    return lines


def note_lines(result: Assessment, *, lang: Lang) -> list[str]:
    """What was mended or is missing, a sentence each."""
    return [note.sentence(lang) for note in result.notes]
