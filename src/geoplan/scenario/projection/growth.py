"""How fast each unit's population is taken to grow, low, medium and high, and by which rule."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Literal

import pandas as pd

from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.text import date_text, fold, listing, number, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from geoplan.city import City
    from geoplan.errors import Lang

Variant = Literal["low", "medium", "high"]
VARIANTS: Final[tuple[Variant, ...]] = ("low", "medium", "high")
VARIANT_NAMES: Final[dict[Variant, Words]] = {
    "low": words("thấp", "low"),
    "medium": words("vừa", "medium"),
    "high": words("cao", "high"),
}
CITY, WARDS = "city", "wards"
MOST: Final = 100.0
"""Percent a year either way: more is a slip of the pen, such as 12 for 1.2 per mille."""


@dataclass(frozen=True, kw_only=True)
class Count:
    """People on a day."""

    value: float
    on: dt.date

    def text(self, lang: Lang = "vi") -> str:
        """The figure with its day."""
        return f"{with_unit(self.value, 'person', lang)} ({date_text(self.on, lang=lang)})"


@dataclass(frozen=True, kw_only=True)
class Base:
    """The figure of a unit that its projection starts from; `value` is None when nobody gave one."""

    code: str
    name: str
    ward: bool
    value: float | None
    on: dt.date | None
    source: str


@dataclass(frozen=True, kw_only=True)
class GrowthEvidence:
    """One thing that says how fast people become more.

    Attributes
    ----------
    kind
        ``entered`` (a row of ``indicators.csv``), ``observed`` (between two counts that count alike),
        ``aimed`` (what a document aims at: growth itself, or a population that growth must lead to).
    scope
        ``city``, ``wards`` or a unit's code; `name` is what it is called.
    percent
        A year.
    start, end
        The two counts, where growth follows from them.
    """

    kind: Literal["entered", "observed", "aimed"]
    scope: str
    name: str
    percent: float
    title: Words
    source: str
    start: Count | None = None
    end: Count | None = None

    def text(self, lang: Lang = "vi") -> str:
        """What says it, for whom, how much, and where it stands."""
        counts = [c.text(lang) for c in (self.start, self.end) if c is not None]
        span = f": {' → '.join(counts)}" if counts else ""
        return (
            f"{percent_text(self.percent, lang)} – {self.title.text(lang)}, {self.name}{span}; {self.source}"
        )


@dataclass(frozen=True, kw_only=True)
class Growth:
    """Percent a year that a unit is projected with, None where nothing says it; `rule`: how it was chosen."""

    code: str
    name: str
    low: float | None
    medium: float | None
    high: float | None
    rule: Words
    evidence: tuple[GrowthEvidence, ...] = ()

    def of(self, variant: Variant) -> float | None:
        """Percent a year of a variant."""
        return {"low": self.low, "medium": self.medium, "high": self.high}[variant]

    def text(self, lang: Lang = "vi") -> str:
        """Low, medium and high with the rule behind them."""
        if self.low is self.medium is self.high is None:
            return self.rule.text(lang)
        labels = words("thấp {}, vừa {}, cao {}", "low {}, medium {}, high {}").text(lang)
        figures = labels.format(*(percent_text(self.of(v), lang) for v in VARIANTS))
        return f"{figures}; {self.rule.text(lang)}"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person states about growth, percent a year; `spread` in percentage points either way."""

    growth: float | Mapping[str, float] | None = None
    low: float | None = None
    high: float | None = None
    spread: float | None = None


GIVEN: Final = words("do người dùng nêu", "as stated by the user")
_UNKNOWN: Final = words(
    "chưa rõ tốc độ tăng dân số: hãy nêu tốc độ (--growth), hoặc nhập chỉ số population_growth vào "
    "indicators.csv",
    "growth is not known: state it (--growth), or enter population_growth in indicators.csv",
)
_ONE: Final = words(
    "chỉ có một căn cứ, không suy ra được mức thấp và mức cao: hãy nêu low, high hoặc spread",
    "one piece of evidence gives no low and no high: state low, high or spread",
)


def percent_text(value: float | None, lang: Lang = "vi") -> str:
    """Growth a year as it is read; words when unknown."""
    return with_unit(value, "percent_per_year_2", lang)


def year_end(year: int) -> dt.date:
    """The day that a year's figure is for."""
    return dt.date(year, 12, 31)


def years_between(start: dt.date, end: dt.date) -> float:
    """Years from the end of one day to the end of another; from year end to year end a whole number."""
    return _decimal(end) - _decimal(start)


def _decimal(day: dt.date) -> float:
    first = dt.date(day.year, 1, 1).toordinal()
    last = year_end(day.year).toordinal()
    return day.year + (day.toordinal() - first + 1) / (last - first + 1)


def grown(value: float, percent: float, years: float) -> float:
    """Compound growth: ``value·(1 + percent/100)^years``; infinite beyond any number."""
    try:
        return float(value * (1 + percent / 100) ** years)
    except OverflowError:
        return math.inf if value > 0 else 0.0


def between(start: Count, end: Count) -> float:
    """Compound growth, percent a year, that leads from one count to another; infinite beyond any number."""
    try:
        return float(100 * ((end.value / start.value) ** (1 / years_between(start.on, end.on)) - 1))
    except OverflowError:
        return math.inf


def bases(city: City) -> tuple[Base, ...]:
    """What each unit in force is projected from: its figure of the city's one series."""
    return tuple(
        Base(
            code=str(row["code"]),
            name=str(row["name"]),
            ward=row["kind"] == "ward",
            value=None if pd.isna(row["population"]) else float(row["population"]),
            on=None if pd.isna(row["population_on"]) else row["population_on"].date(),
            source="" if pd.isna(row["population_source"]) else str(row["population_source"]),
        )
        for row in city.communes.to_dict("records")
    )


def total(units: Sequence[Base]) -> Count | None:
    """All people of some units; None when a figure is missing, or they are of different days."""
    days = {unit.on for unit in units}
    values = [unit.value for unit in units]
    day = next(iter(days)) if len(days) == 1 else None
    known = [value for value in values if value is not None]
    return None if day is None or len(known) < len(values) else Count(value=sum(known), on=day)


def growths(units: Sequence[Base], evidence: Sequence[GrowthEvidence], asked: Asked) -> tuple[Growth, ...]:
    """Low, medium and high growth of each unit.

    What is stated for a unit counts first, then what is stated for the city; else the evidence on the unit
    itself, on the wards when it is one, on the city, whichever comes first. Of several pieces of evidence the
    least is the low, the median the medium and the greatest the high; of one there is no low and no high.

    Raises
    ------
    UsageError
        When a figure is no growth, low, medium and high are out of order, or a name is that of no unit.
    """
    _check(asked)
    given = _given(units, asked.growth)
    return tuple(_growth(unit, given.get(unit.code), evidence, asked) for unit in units)


def _check(asked: Asked) -> None:
    figures = [asked.low, asked.high, asked.spread]
    figures += (
        list(asked.growth.values())
        if not isinstance(asked.growth, (float, int, type(None)))
        else [asked.growth]
    )
    for figure in figures:
        if figure is not None and not (math.isfinite(figure) and abs(figure) < MOST):
            raise UsageError(
                vi=f"Tốc độ tăng {figure} %/năm không hợp lệ: hãy nêu một số giữa -100 và 100, ví dụ 1.2.",
                en=f"A growth of {figure} % a year is not valid: give one between -100 and 100, such as 1.2.",
            )
    if asked.spread is not None and (asked.spread < 0 or asked.low is not None or asked.high is not None):
        raise UsageError(
            vi="spread là số điểm phần trăm không âm và không đi cùng low, high; hãy chọn một cách.",
            en="spread is percentage points, not negative, and goes without low and high; choose one way.",
        )


def _given(units: Sequence[Base], growth: float | Mapping[str, float] | None) -> dict[str, float]:
    """The growth stated for each unit, by code."""
    if growth is None:
        return {}
    if isinstance(growth, (float, int)):
        return {unit.code: float(growth) for unit in units}
    rest = growth.get(CITY)
    out = {} if rest is None else {unit.code: float(rest) for unit in units}
    for name, percent in growth.items():
        if name != CITY:
            out[unit_called(units, name).code] = float(percent)
    return out


def unit_called(units: Sequence[Base], name: str) -> Base:
    """The unit of a code or a name, with or without diacritics.

    Raises
    ------
    UsageError
        When there is none, or more than one.
    """
    for fits in (
        [u for u in units if u.code == name],
        [u for u in units if u.name == name],
        [u for u in units if fold(u.name) == fold(name.strip())],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            codes = listing(u.code for u in fits)
            raise UsageError(
                vi=f"Có nhiều đơn vị tên {quoted(name)}; hãy dùng mã: {codes}.",
                en=f"Several units are called {quoted(name)}; use a code: {codes}.",
            )
    have = listing((u.name for u in units), limit=20)
    raise UsageError(
        vi=f"Không có đơn vị {quoted(name)} vào ngày này; hãy chọn: {have}.",
        en=f"There is no unit {quoted(name)} on this date; choose among: {have}.",
    )


def _growth(unit: Base, given: float | None, evidence: Sequence[GrowthEvidence], asked: Asked) -> Growth:
    used = () if given is not None else _about(unit, evidence)
    percents = [e.percent for e in used]
    low = high = None
    medium = given if given is not None else (median(percents) if percents else None)
    rule = GIVEN if given is not None else _UNKNOWN
    if len(percents) > 1:
        low, high, many = min(percents), max(percents), len(percents)
        rule = words(
            f"thấp nhất, trung vị và cao nhất của {many} căn cứ",
            f"the least, the median and the greatest of {many} pieces of evidence",
        )
    elif percents:
        rule = _ONE
    if asked.spread is not None and medium is not None:
        low, high = medium - asked.spread, medium + asked.spread
        span = [number(asked.spread, digits=2, lang=lang) for lang in ("vi", "en")]
        by = words("", "") if given is not None else _BY_EVIDENCE
        vi, en = "điểm phần trăm do người dùng nêu", "percentage points as stated by the user"
        rule = words(f"{by.vi} ± {span[0]} {vi}".strip(), f"{by.en} ± {span[1]} {en}".strip())
    low, high = (
        (asked.low if asked.low is not None else low),
        (asked.high if asked.high is not None else high),
    )
    if (asked.low is not None or asked.high is not None) and given is None:
        vi, en = "mức thấp, mức cao do người dùng nêu", "low and high as stated by the user"
        rule = words(f"{_BY_EVIDENCE.vi} {vi}", f"{_BY_EVIDENCE.en} {en}") if percents else words(vi, en)
    _require_order(unit, low, medium, high)
    return Growth(code=unit.code, name=unit.name, low=low, medium=medium, high=high, rule=rule, evidence=used)


_BY_EVIDENCE: Final = words("theo căn cứ,", "by the evidence,")


def _about(unit: Base, evidence: Sequence[GrowthEvidence]) -> tuple[GrowthEvidence, ...]:
    """The evidence nearest to a unit: on itself, on the wards, on the city."""
    for scope in (unit.code, *([WARDS] if unit.ward else []), CITY):
        found = tuple(e for e in evidence if e.scope == scope)
        if found:
            return found
    return ()


def _require_order(unit: Base, low: float | None, medium: float | None, high: float | None) -> None:
    known = [figure for figure in (low, medium, high) if figure is not None]
    if known != sorted(known) or (known and known[0] <= -MOST):
        vi, en = (", ".join(percent_text(f, lang) for f in (low, medium, high)) for lang in ("vi", "en"))
        raise UsageError(
            vi=f"{unit.name}: mức thấp, vừa, cao phải tăng dần, nay là {vi}; hãy nêu lại.",
            en=f"{unit.name}: low, medium and high must rise in this order, they are {en}; state them again.",
        )
