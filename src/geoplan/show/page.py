"""What every output says besides its figures: title, date, standing, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geoplan import schema
from geoplan.show import features, labels
from geoplan.show.labels import word
from geoplan.text import date_text, number, percent

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.errors import Lang


def page_config(result: Assessment, *, lang: Lang) -> dict[str, Any]:
    """What the page's script shows around the map; plain text throughout."""
    on_date = f"{word('on_date', lang).lower()} {date_text(result.on, lang=lang)}"
    names = ("colour_by", "layers", "sources", "zoom_in", "zoom_out")
    return {
        "title": result.city.title(lang),
        "subtitle": f"{word('map.title', lang)}, {on_date}",
        "warnings": standing_warnings(result, lang=lang),
        "facts": headline(result, lang=lang),
        "sources": [
            *source_lines(result, lang=lang),
            word("method.area", lang),
            *note_lines(result, lang=lang),
        ],
        "metrics": features.metrics(result, lang=lang),
        "words": {**{name: word(name, lang) for name in names}, "no_data": word("no_data.legend", lang)},
    }


def standing_warnings(result: Assessment, *, lang: Lang) -> list[str]:
    """The sentences that say what is schematic or illustrative; every output carries them."""
    sentences = []
    for name, layer in result.city.in_use.items():
        if layer.standing in schema.NOT_REAL and name != "neighbours" and len(layer.frame):
            key = f"not_real.{name}.{layer.standing}"
            sentence = word(key, lang)
            title = word("urban_land.layer" if name == "urban_land" else name, lang)
            sentences.append(f"{title}: {word(layer.standing, lang)}" if sentence == key else sentence)
    return sentences


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
