"""A number that explains itself: value, unit, parts, scope, date, method, layers, sources, article."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from geoplan.model import Words, words
from geoplan.text import UNKNOWN, date_text, number, one_line

if TYPE_CHECKING:
    import datetime as dt

    from geoplan.errors import Lang
    from geoplan.schema import LayerName, Standing

Qualifier = Literal["over", "under", "about"]


@dataclass(frozen=True)
class Unit:
    """How a unit is written, and with how many decimals its values are read."""

    words: Words
    digits: int = 0


UNITS: Final[dict[str, Unit]] = {
    "person": Unit(words("người", "people")),
    "person_per_km2": Unit(words("người/km²", "people/km²")),
    "km2": Unit(words("km²", "km²"), 2),
    "ha": Unit(words("ha", "ha"), 1),
    "percent": Unit(words("%", "%"), 1),
    "percent_2": Unit(words("%", "%"), 2),
    "percent_per_year": Unit(words("%/năm", "%/year"), 1),
    "percent_per_year_2": Unit(words("%/năm", "%/year"), 2),
    "times": Unit(words("lần", "times"), 1),
    "unit": Unit(words("đơn vị", "units")),
    "count": Unit(words("", "")),
    "number": Unit(words("công trình", "facilities")),
    "m2_per_person": Unit(words("m²/người", "m²/person"), 1),
    "km_per_km2": Unit(words("km/km²", "km/km²"), 1),
    "per_1000": Unit(words("giường/1.000 dân", "beds per 1,000 people"), 1),
    "per_10000": Unit(words("giường/10.000 dân", "beds per 10,000 people"), 1),
    "per_5000": Unit(words("trạm/5.000 dân", "stations per 5,000 people"), 1),
    "kwh_per_person": Unit(words("kWh/người/năm", "kWh/person/year")),
    "years": Unit(words("năm", "years")),
    "level": Unit(words("", "")),
    "class": Unit(words("", "")),
    "fact": Unit(words("", "")),
    "rank": Unit(words("", "")),
    "points": Unit(words("điểm", "points"), 2),
    "billion_vnd": Unit(words("tỷ đồng", "billion VND")),
    "thousand_billion_vnd": Unit(words("nghìn tỷ đồng", "thousand billion VND"), 1),
    "million_vnd": Unit(words("triệu đồng", "million VND")),
    "usd": Unit(words("USD", "USD")),
    "billion_usd": Unit(words("tỷ USD", "billion USD"), 1),
}
"""Units by the key that TOML files and JSON use."""


def with_unit(value: float | None, unit: str, lang: Lang = "vi") -> str:
    """A value as it is read, with its unit; words when it is unknown.

    >>> with_unit(1580.25, "person_per_km2")
    '1.580 người/km²'
    """
    known = UNITS[unit]
    text = number(value, digits=known.digits, lang=lang)
    tail = known.words.text(lang)
    return f"{text} {tail}" if tail and text != UNKNOWN[lang] else text


LAYER_NAMES: Final[dict[LayerName, Words]] = {
    "communes": words("Đơn vị hành chính", "Administrative units"),
    "boundaries": words("Ranh giới đơn vị hành chính tải về", "Fetched boundaries of the units"),
    "plans": words("Quy hoạch", "Plans"),
    "industrial_zones": words("Khu công nghiệp", "Industrial zones"),
    "urban_land": words("Đất xây dựng đô thị", "Urban construction land"),
    "neighbours": words("Đơn vị lân cận", "Neighbouring units"),
}
STANDING_NAMES: Final[dict[Standing, Words]] = {
    "surveyed": words("đo đạc", "surveyed"),
    "published": words("công bố", "published"),
    "digitised": words("số hóa", "digitised"),
    "schematic": words("sơ đồ", "schematic"),
    "illustrative": words("minh họa", "illustrative"),
}


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a number is about: the city, its wards, its candidates, one unit, one zone.

    `id` is ``city``, ``wards``, ``candidates``, ``zones``, a unit's code, or ``zone:<id>``.
    """

    id: str
    name: Words


@dataclass(frozen=True, kw_only=True)
class Part:
    """A numerator or a denominator: what it is called, its value, and between which bounds it may lie.

    `low` and `high` span what the sources say (`why` names them); both are None when nothing is
    known about the error.
    """

    name: Words
    value: float | None
    unit: str
    low: float | None = None
    high: float | None = None
    why: Words | None = None

    def text(self, lang: Lang = "vi") -> str:
        """Name and value."""
        return f"{self.name.text(lang)}: {with_unit(self.value, self.unit, lang)}"

    def bounds(self, lang: Lang = "vi") -> str:
        """Name and bounds, and why; empty when nothing is known of them, or they read the same."""
        if self.low is None or self.high is None:
            return ""
        digits = UNITS[self.unit].digits
        low, high = (number(bound, digits=digits, lang=lang) for bound in (self.low, self.high))
        if low == high:
            return ""
        why = "" if self.why is None else f"; {self.why.text(lang)}"
        span = _SPAN.text(lang).format(low, with_unit(self.high, self.unit, lang))
        return f"{self.name.text(lang)} {span}{why}"

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """As plain values, None for what is unknown."""
        return {
            "name": self.name.text(lang),
            "value": _finite(self.value),
            "unit": self.unit,
            "low": _finite(self.low),
            "high": _finite(self.high),
            "why": _text(self.why, lang),
        }


@dataclass(frozen=True, kw_only=True)
class LayerUse:
    """A layer that a number was measured on: which one, its standing, its file and the file's sha256."""

    layer: LayerName
    standing: Standing
    file: str
    sha256: str

    @property
    def name(self) -> Words:
        """What the layer is called."""
        return LAYER_NAMES[self.layer]

    @property
    def standing_name(self) -> Words:
        """Its standing in words, such as “sơ đồ”."""
        return STANDING_NAMES[self.standing]

    def text(self, lang: Lang = "vi") -> str:
        """The layer as a line: name, standing, file, and how the file's sha256 begins."""
        named = f"{self.name.text(lang)} ({self.standing_name.text(lang)})"
        return f"{named}, {self.file}, sha256 {self.sha256[:12]}"


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A number as a record; the map, the workbook and the command line all show this one.

    Attributes
    ----------
    metric
        Such as ``population``, ``density``, ``coverage.zoning.natural``.
    name
        What it is called.
    value
        None when unknown; why is in `missing`.
    unit
        A key of `UNITS`.
    scope, on
        What it is about, on which day.
    numerator, denominator
        A ratio's two parts, each with its name. A plain figure has itself as the numerator.
    method
        How it was worked out.
    layers
        The layers it was measured on.
    sources
        Where figures that are not measured come from.
    article
        Which article or source defines the ratio; None when it is geoplan's own.
    missing
        Why the value, or a part of it, is unknown.
    qualifier
        ``over``, ``under`` or ``about`` when the source gives no more than a bound.
    said
        The value in the source's own words, when it is a level or a yes and not a number.
    """

    metric: str
    name: Words
    value: float | None
    unit: str
    scope: Scope
    on: dt.date
    numerator: Part | None = None
    denominator: Part | None = None
    method: Words | None = None
    layers: tuple[LayerUse, ...] = ()
    sources: tuple[str, ...] = ()
    article: str | None = None
    missing: tuple[Words, ...] = ()
    qualifier: Qualifier | None = None
    said: Words | None = None
    notes: tuple[Words, ...] = field(default=())

    @property
    def key(self) -> tuple[str, str]:
        """Metric and scope: what tells it apart from the other numbers of one city and date."""
        return self.metric, self.scope.id

    def text(self, lang: Lang = "vi") -> str:
        """The value with its unit, as a person reads it."""
        if self.said is not None:
            return self.said.text(lang)
        shown = with_unit(self.value, self.unit, lang)
        if self.qualifier is None or self.value is None:
            return shown
        return f"{QUALIFIERS[self.qualifier].text(lang)} {shown}"

    def explain(self, lang: Lang = "vi") -> str:
        """The whole chain in words, a line each: value, parts, method, layers, sources, what is missing."""
        lines = (f"{label}: {text}" if label else text for label, text in self.lines(lang))
        return "\n".join(one_line(line) for line in lines)

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """The chain as pairs of a label and a text, for a table."""
        label = {key: pair.text(lang) for key, pair in _LABELS.items()}
        day = date_text(self.on, lang=lang)
        out = [("", f"{self.name.text(lang)} – {self.scope.name.text(lang)}, {day}: {self.text(lang)}")]
        parts = [("numerator", self.numerator), ("denominator", self.denominator)]
        given = [(label[key], part) for key, part in parts if part is not None]
        if self.denominator is not None:  # a plain figure's one part is the value above
            out += [(key, part.text(lang)) for key, part in given]
        out += [(label["bounds"], part.bounds(lang)) for _, part in given if part.bounds(lang)]
        if self.method is not None:
            out.append((label["method"], self.method.text(lang)))
        out += [(label["layer"], layer.text(lang)) for layer in self.layers]
        out += [(label["source"], text) for text in self.sources]
        if self.article is not None:
            out.append((label["article"], self.article))
        out += [(label["missing"], text.text(lang)) for text in self.missing]
        out += [(label["note"], text.text(lang)) for text in self.notes]
        return out

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """The record as plain values for JSON: texts in one language, None for what is unknown."""
        return {
            "metric": self.metric,
            "name": self.name.text(lang),
            "scope": {"id": self.scope.id, "name": self.scope.name.text(lang)},
            "on": self.on.isoformat(),
            "value": _finite(self.value),
            "unit": self.unit,
            "qualifier": self.qualifier,
            "said": _text(self.said, lang),
            "numerator": None if self.numerator is None else self.numerator.as_json(lang),
            "denominator": None if self.denominator is None else self.denominator.as_json(lang),
            "method": _text(self.method, lang),
            "layers": [
                {
                    "layer": la.layer,
                    "name": la.name.text(lang),
                    "standing": la.standing,
                    "file": la.file,
                    "sha256": la.sha256,
                }
                for la in self.layers
            ],
            "sources": list(self.sources),
            "article": self.article,
            "missing": [text.text(lang) for text in self.missing],
            "notes": [text.text(lang) for text in self.notes],
        }

    def _repr_html_(self) -> str:
        return html_table(self.lines())


QUALIFIERS: Final = {
    "over": words("trên", "over"),
    "under": words("dưới", "under"),
    "about": words("khoảng", "about"),
}
_SPAN: Final = words("từ {} đến {}", "from {} to {}")
_LABELS: Final = {
    "numerator": words("Tử số", "Numerator"),
    "denominator": words("Mẫu số", "Denominator"),
    "method": words("Cách tính", "Method"),
    "bounds": words("Khoảng sai lệch", "Bounds"),
    "layer": words("Lớp dữ liệu", "Layer"),
    "source": words("Nguồn", "Source"),
    "article": words("Căn cứ", "Basis"),
    "missing": words("Còn thiếu", "Missing"),
    "note": words("Lưu ý", "Note"),
}


def _finite(value: float | None) -> float | None:
    """A number that JSON can hold; None when it is unknown."""
    return value if value is not None and math.isfinite(value) else None


def _text(text: Words | None, lang: Lang) -> str | None:
    return None if text is None else text.text(lang)


def html_table(lines: list[tuple[str, str]]) -> str:
    """Pairs of label and text as a table of HTML, everything escaped, for a notebook."""
    rows = "".join(
        f"<tr><th style='text-align:left;vertical-align:top'>{html.escape(label)}</th>"
        f"<td style='text-align:left'>{html.escape(text)}</td></tr>"
        for label, text in lines
    )
    return f"<table>{rows}</table>"
