"""Straight lines into the coming years: how full zones get, and how many people work and at what."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any, Final

from geoplan.criteria.evidence import Evidence, read_entries, scopes_of
from geoplan.criteria.indicators import catalogue
from geoplan.criteria.targets import due_day
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.scenario.projection.growth import year_end
from geoplan.text import date_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from geoplan.city import City
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity, Scope
    from geoplan.scenario.projection.growth import Variant

OCCUPANCY: Final = "occupancy"
_RECORDED: Final = "zone_occupancy"
LABOUR: Final = ("workforce", "nonfarm_labour", "trained_labour")
"""Indicators on people in work."""
_SHARES: Final = frozenset({"percent", "percent_2"})
_MOST_SHARE: Final = 100.0
_NO_VALUE: Final = words("chưa rõ: chưa có số liệu hiện trạng", "unknown: there is no figure of today")
_ONE_VALUE: Final = words(
    "chưa rõ: mới có số liệu một năm và không văn bản nào nêu mức phải đạt, nên không kẻ được đường nào",
    "unknown: there is a figure of one year only and no document aims at another, so no line can be drawn",
)
_TREND: Final = words("tiếp tục đà giữa hai số liệu gần nhất", "the last two figures go on as they did")


@dataclass(frozen=True, kw_only=True)
class Point:
    """A figure on a day: known, or aimed at by a document."""

    on: dt.date
    value: float
    source: str

    def text(self, unit: str, lang: Lang = "vi") -> str:
        """The figure with its day and source."""
        return f"{with_unit(self.value, unit, lang)} ({date_text(self.on, lang=lang)}; {self.source})"


@dataclass(frozen=True, kw_only=True)
class Line:
    """A straight line from the last known figure: to `end`, where it stays when a document aims no further.

    A line without an end that is aimed at goes on for ever.
    """

    why: Words
    start: Point
    end: Point
    stays: bool

    def at(self, day: dt.date) -> float:
        """Where the line is on a day."""
        days = (self.end.on - self.start.on).days
        share = (day - self.start.on).days / days
        if self.stays:
            share = min(share, 1.0)
        return self.start.value + share * (self.end.value - self.start.value)


@dataclass(frozen=True, kw_only=True)
class Path:
    """A figure that is no population, from year to year.

    Attributes
    ----------
    metric, title, unit, scope
        Which figure, about what.
    known
        Figures of the past, the last of them the base.
    aims
        What documents want, with the day it is due.
    lines
        What may be expected: the trend of the last two known figures, and a line to each aim.
    missing
        Why there is no line; None when there is one.
    numerator, denominator
        Names of what is divided by what, when it is a ratio.
    """

    metric: str
    title: Words
    unit: str
    scope: Scope
    known: tuple[Point, ...]
    aims: tuple[Point, ...]
    lines: tuple[Line, ...]
    missing: Words | None
    numerator: Words | None = None
    denominator: Words | None = None

    def at(self, day: dt.date, variant: Variant) -> float | None:
        """The figure on a day: the least, the median, the greatest of the lines.

        None when there is no line, or the day is before the last known figure; of one line there is no low
        and no high.
        """
        if not self.lines or day < self.lines[0].start.on:
            return None
        values = [self._bounded(line.at(day)) for line in self.lines]
        if variant == "medium":
            return median(values)
        if len(values) == 1:
            return None
        return min(values) if variant == "low" else max(values)

    def _bounded(self, value: float) -> float:
        """A share is between nothing and all, a number of people not below nothing."""
        most = _MOST_SHARE if self.unit in _SHARES else value
        return max(min(value, most), 0.0)

    def basis(self, lang: Lang = "vi") -> str:
        """The known figure and the lines that start from it, or why there is none."""
        parts = [p.text(self.unit, lang) for p in self.known[-1:]]
        for line in self.lines:
            end = f" → {line.end.text(self.unit, lang)}" if line.stays else ""
            parts.append(f"{line.why.text(lang)}{end}")
        if self.missing is not None:
            parts.append(self.missing.text(lang))
            aimed = words("văn bản đặt mức", "a document aims at").text(lang)
            parts += [f"{aimed} {a.text(self.unit, lang)}" for a in self.aims]
        return "; ".join(parts)


def paths(city: City, quantities: Mapping[tuple[str, str], Quantity]) -> tuple[Path, ...]:
    """Occupancy of all zones and of each one that something is known of, and each figure on labour.

    Parameters
    ----------
    city, quantities
        The city, and what was measured on its date.

    Raises
    ------
    DataError
        When ``indicators.csv`` cannot be read.
    """
    entries = Evidence(city, quantities, read_entries(city.indicators, scopes=scopes_of(city)))
    return (*_occupancy(city, entries), *_labour(city, entries))


def _occupancy(city: City, evidence: Evidence) -> Iterator[Path]:
    for (metric, scope), quantity in evidence.quantities.items():
        if metric != OCCUPANCY:
            continue
        known = _entered(evidence, _RECORDED, scope)
        if quantity.value is not None:
            source = "; ".join(quantity.sources) or quantity.layers[0].file
            known = [p for p in known if p.on < city.on]
            known.append(Point(on=city.on, value=quantity.value, source=source))
        found = _path(
            known,
            _aims(city, (OCCUPANCY, _RECORDED), scope),
            metric=metric,
            title=quantity.name,
            unit=quantity.unit,
            scope=quantity.scope,
            numerator=None if quantity.numerator is None else quantity.numerator.name,
            denominator=None if quantity.denominator is None else quantity.denominator.name,
        )
        if scope == "zones" or found.known or found.aims:
            yield found


def _labour(city: City, evidence: Evidence) -> Iterator[Path]:
    for indicator in LABOUR:
        known = catalogue()[indicator]
        scopes = {e.scope for e in evidence.entries if e.indicator == indicator}
        scopes |= {
            t.scope for t in (() if city.targets is None else city.targets.targets) if t.metric == indicator
        }
        for scope in sorted(scopes | ({"city"} if indicator == LABOUR[0] else set())):
            yield _path(
                _entered(evidence, indicator, scope),
                _aims(city, (indicator,), scope),
                metric=indicator,
                title=known.title,
                unit=known.unit,
                scope=evidence.scope(scope),
            )


def _entered(evidence: Evidence, indicator: str, scope: str) -> list[Point]:
    """Rows of ``indicators.csv`` on years that are over; a bound is no figure to start a line from."""
    return [
        Point(on=year_end(e.year), value=e.value, source=e.source)
        for e in evidence.series(indicator, scope)
        if isinstance(e.value, float) and e.qualifier in {None, "about"}
    ]


def _aims(city: City, metrics: Sequence[str], scope: str) -> list[Point]:
    """What documents that are known on the date want on a day to come."""
    if city.targets is None:
        return []
    documents = {d.id: d for d in city.targets.documents}
    found = []
    for target in city.targets.targets:
        due, document = due_day(target), documents[target.document]
        if target.metric not in metrics or target.scope != scope or target.growth is not None:
            continue
        if due is None or due <= city.on or document.base_on > city.on:
            continue
        source = f"{document.title.vi}, mục {target.section}"
        values = (target.value, target.upper)
        found += [Point(on=due, value=value, source=source) for value in values if value is not None]
    return found


def _path(known: Sequence[Point], aims: Sequence[Point], **named: Any) -> Path:
    lines: list[Line] = []
    if len(known) > 1:
        before, last = known[-2:]
        ahead = last.on + (last.on - before.on)
        end = Point(on=ahead, value=2 * last.value - before.value, source=before.source)
        lines.append(Line(why=_TREND, start=last, end=end, stays=False))
    for aim in aims:
        if known and aim.on > known[-1].on:
            why = words("đường thẳng đến mức văn bản đặt ra", "a straight line to what a document aims at")
            lines.append(Line(why=why, start=known[-1], end=aim, stays=True))
    missing = None if lines else (_ONE_VALUE if known else _NO_VALUE)
    return Path(known=tuple(known), aims=tuple(aims), lines=tuple(lines), missing=missing, **named)
