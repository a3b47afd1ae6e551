"""What the units can be coloured by: each unit's class, the classes' colours and words, the short text.

The values are those of the Quantities and verdicts of an Assessment; only their class is looked up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.measures.records import distinct
from geoplan.model import Words, words
from geoplan.quantity import UNITS, with_unit
from geoplan.show import labels, palette
from geoplan.show.cards import both, state
from geoplan.show.page_words import PAGE_WORDS
from geoplan.text import number
from geoplan.timeline import UNIT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import UnitResult, Verdict
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity
    from geoplan.show.texts import Texts

    Limit = tuple[UnitResult, Verdict]
    """A threshold of the law: the unit it was asked of, and the verdict."""


@dataclass(frozen=True)
class Band:
    """One class of a legend: fill, pattern over it, sign, words, and a note such as a threshold's article."""

    colour: str
    label: Words
    pattern: str | None = None
    sign: str | None = None
    note: Words | None = None


@dataclass(frozen=True)
class Choropleth:
    """What the units are coloured by.

    Attributes
    ----------
    key
        A metric of the Quantities, ``readiness``, or ``column:<name>``.
    bands
        The classes, lowest first.
    classes
        Of each unit, in the layer's order: its class, or None when the figure is unknown.
    briefs
        Of each unit: the figure in a few words.
    """

    key: str
    title: Words
    bands: tuple[Band, ...]
    classes: tuple[int | None, ...]
    briefs: tuple[Words, ...]
    note: Words | None = None


_SCALES: Final = {
    "density": palette.DENSITY,
    "density_urban": palette.DENSITY,
    "zone_share": palette.ZONE_SHARE,
    "population": palette.POPULATION,
    "area_legal": palette.AREA,
}
_KIND: Final = words("Loại đơn vị", "Kind of unit")
_CAUTION: Final = words("chưa kiểm chứng", "not verified")
_DENOMINATORS: Final = ("natural", "urban_land", "published")
_FIRST_KINDS: Final = ("zoning", "detailed", "general")


def scope_ids(result: Assessment) -> list[str]:
    """The scope of each unit's Quantities, in the layer's order."""
    return distinct(result.city.communes["code"])


def choropleths(result: Assessment) -> list[Choropleth]:
    """All that the units can be coloured by; the first is the page's first."""
    found = [from_quantities(result, metric) for metric in _metrics(result)]
    ready = readiness(result)
    shown = [c for c in found if any(at is not None for at in c.classes)]
    return [*shown, ready] if shown else [ready]


def by_kind(result: Assessment) -> Choropleth:
    """Units by what they are: ward, commune, township."""
    kinds = [str(kind) for kind in result.city.communes["kind"]]
    order = [kind for kind in UNIT_KINDS if kind in kinds]
    return Choropleth(
        key="kind",
        title=_KIND,
        bands=tuple(Band(palette.UNIT_KIND[kind], _capital(UNIT_KINDS[kind])) for kind in order),
        classes=tuple(order.index(kind) if kind in order else None for kind in kinds),
        briefs=tuple(_capital(UNIT_KINDS.get(kind, words(kind, kind))) for kind in kinds),
    )


def _capital(text: Words) -> Words:
    return words(labels.capital(text.vi), labels.capital(text.en))


def from_quantities(result: Assessment, metric: str, scale: palette.Scale | None = None) -> Choropleth:
    """Units coloured by a metric: by a scale, or by its fixed one with the law's thresholds as breaks."""
    figures = [result.quantities.get((metric, scope)) for scope in scope_ids(result)]
    limits = thresholds(result, metric) if scale is None else {}
    scale = scale_of(metric).split(limits) if scale is None else scale
    known = [q for q in figures if q is not None]
    unit = known[0].unit if known else "count"
    return Choropleth(
        key=metric,
        title=title_of(metric, unit),
        bands=tuple(_bands(scale, unit, limits, coverage=metric.startswith("coverage."))),
        classes=tuple(scale.place(None if q is None else q.value) for q in figures),
        briefs=tuple(_brief(q, title_of(metric, unit)) for q in figures),
    )


def scale_of(metric: str) -> palette.Scale:
    """The fixed breaks of a metric, so that two cities and two dates compare."""
    return palette.COVERAGE if metric.startswith("coverage.") else _SCALES[metric]


def title_of(metric: str, unit: str) -> Words:
    """A metric's name, short enough for a legend, with its unit."""
    parts = metric.split(".")
    if parts[0] == "coverage":
        return both(lambda lang: _coverage_title(parts[1], parts[-1], lang))
    names = {
        "density": words("Mật độ", "Density"),
        "density_urban": words("Mật độ trên đất đô thị", "Density on urban land"),
        "zone_share": words("Tỷ trọng đất khu công nghiệp", "Share of industrial land"),
        "population": words("Dân số", "Population"),
        "area_legal": words("Diện tích công bố", "Published area"),
    }
    name, tail = names[metric], UNITS[unit].words
    return words(f"{name.vi} ({tail.vi})", f"{name.en} ({tail.en})")


def _coverage_title(kind: str, denominator: str, lang: Lang) -> str:
    return f"{labels.plan_kind_short(kind, lang)}, % {labels.word(denominator, lang)}"


def thresholds(result: Assessment, metric: str) -> dict[float, Limit]:
    """The law's thresholds for a metric in the verdicts on units, each with one that names it."""
    judged = ((u, v) for u in result.judgement.units for v in u.verdicts)
    fitting = ((u, v) for u, v in judged if v.quantity.metric == metric and v.threshold is not None)
    return {float(v.threshold or 0): (u, v) for u, v in fitting}


def readiness(result: Assessment) -> Choropleth:
    """Units by whether they meet the standards: candidates as wards, others as what they are."""
    best = {u.scope.id: u for u in result.judgement.units if not u.candidate}
    best |= {u.scope.id: u for u in result.judgement.units if u.candidate}
    order = list(palette.READINESS)
    found = [best.get(scope) for scope in scope_ids(result)]
    return Choropleth(
        key="readiness",
        title=PAGE_WORDS["readiness"],
        bands=tuple(Band(m.colour, PAGE_WORDS[k], m.pattern, m.sign) for k, m in palette.READINESS.items()),
        classes=tuple(order.index(unit_state(u)) for u in found),
        briefs=tuple(_ready_words(u) for u in found),
        note=PAGE_WORDS["readiness.note"],
    )


def unit_state(unit: UnitResult | None) -> str:
    """How a unit is marked; without any standard to judge by it is not applicable."""
    return "na" if unit is None or not unit.verdicts else state(unit.passes)


def _ready_words(unit: UnitResult | None) -> Words:
    if unit is None:
        return PAGE_WORDS["na"]
    said = PAGE_WORDS[unit_state(unit)]
    return words(f"{unit.title.vi}: {said.vi}", f"{unit.title.en}: {said.en}")


def _metrics(result: Assessment) -> Iterator[str]:
    scopes = set(scope_ids(result))
    there = dict.fromkeys(metric for metric, scope in result.quantities if scope in scopes)
    kinds = dict.fromkeys(m.split(".", 1)[1].rsplit(".", 1)[0] for m in there if m.startswith("coverage."))
    ordered = [k for k in _FIRST_KINDS if k in kinds] + [k for k in kinds if k not in _FIRST_KINDS]
    for denominator in _DENOMINATORS:
        for kind in ordered:
            if f"coverage.{kind}.{denominator}" in there:
                yield f"coverage.{kind}.{denominator}"
    yield from (metric for metric in _SCALES if metric in there)


def number_bands(scale: palette.Scale) -> Iterator[Band]:
    """The classes of plain numbers."""
    return _bands(scale, "count", {}, coverage=False)


def _bands(scale: palette.Scale, unit: str, limits: dict[float, Limit], *, coverage: bool) -> Iterator[Band]:
    for i, low in enumerate(scale.breaks):
        high = scale.breaks[i + 1] if i + 1 < len(scale.breaks) else None
        note = both(lambda lang, v=limits[low]: _limit(v, lang)) if low in limits else None  # type: ignore[misc]
        yield Band(scale.colours[i], _band_words(low, high, unit, coverage=coverage), note=note)


def _limit(limit: Limit, lang: Lang) -> str:
    unit, verdict = limit
    caution = f", {_CAUTION.text(lang)}" if verdict.confidence == "recalled" else ""
    named = f"{unit.title.text(lang)}, {labels.lowered(verdict.title.text(lang))}"
    least = with_unit(verdict.threshold, verdict.quantity.unit, lang)
    return f"{PAGE_WORDS['threshold_here'].text(lang)} {least}: {named}, {verdict.article}{caution}"


def _band_words(low: float, high: float | None, unit: str, *, coverage: bool) -> Words:
    share = unit.startswith("percent")
    if share and high is not None and high < 1:
        return both(lambda lang: labels.word("none", lang))
    if coverage and high is None:
        return both(lambda lang: labels.word("whole", lang))
    start = 0.0 if share and low < 1 else low
    digits = 0 if start == int(start) and (high is None or high == int(high) or coverage) else 1
    tail = UNITS[unit].words if share else words("", "")

    def say(lang: Lang) -> str:
        first = number(start, digits=digits, lang=lang)
        if high is None:
            return f"{first} {tail.text(lang)}".rstrip() + f" {labels.word('and_more', lang)}"
        return f"{first} – {number(high, digits=digits, lang=lang)} {tail.text(lang)}".rstrip()

    return both(say)


def _brief(quantity: Quantity | None, title: Words) -> Words:
    if quantity is None:
        return both(lambda lang: f"{title.text(lang)}: {labels.word('no_data', lang)}")

    def say(lang: Lang) -> str:
        text = f"{quantity.name.text(lang)}: {quantity.text(lang)}"
        top, bottom = quantity.numerator, quantity.denominator
        if top is None or bottom is None or quantity.value is None:
            return text
        over = labels.word("over", lang)
        parts = [with_unit(p.value, p.unit, lang) for p in (top, bottom)]
        return f"{text} ({parts[0]} {over} {parts[1]})"

    return both(say)


def coverage_bands() -> list[Band]:
    """The classes of a coverage."""
    return list(_bands(palette.COVERAGE, "percent", {}, coverage=True))


def packed_bands(bands: Iterable[Band], texts: Texts) -> list[dict[str, Any]]:
    """Classes as a page holds them."""
    return [
        {
            "colour": b.colour,
            "pattern": b.pattern,
            "sign": b.sign,
            "label": texts.add(b.label),
            "note": None if b.note is None else texts.add(b.note),
        }
        for b in bands
    ]


def packed(shown: Iterable[Choropleth], texts: Texts) -> list[dict[str, Any]]:
    """Choropleths as a page holds them: classes of the units in a row, −1 for unknown."""
    return [
        {
            "key": c.key,
            "title": texts.add(c.title),
            "note": None if c.note is None else texts.add(c.note),
            "bands": packed_bands(c.bands, texts),
            "classes": [-1 if at is None else at for at in c.classes],
            "briefs": texts.all(c.briefs),
        }
        for c in shown
    ]
