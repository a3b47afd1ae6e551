"""When a threshold is crossed: the same verdicts year after year, by the law of each year."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, Literal

from geoplan.criteria.wording import SIGNS, UNVERIFIED, exact
from geoplan.model import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geoplan.criteria.library import Library
    from geoplan.criteria.verdict import Judgement, Verdict
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity, Scope
    from geoplan.scenario.projection.growth import Variant
    from geoplan.schema import Confidence

METRICS: Final = ("population", "density", "density_urban", "inner_population_share")
"""What moves when people become more and land stays."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One verdict of one year: a number against a threshold, by the law or document that holds then.

    Attributes
    ----------
    id
        Of the verdict, such as ``class.II.population``; ``target.<id>`` for a document's target.
    against
        What asks for it: a class, a kind of unit, a document's target.
    value, denominator
        The number, and what it is divided by, None for a plain one.
    law
        The resolution, or the document and its section.
    deciding
        False when failing it is only reported.
    candidate
        Whether the unit is judged as what it is to become.
    """

    id: str
    scope: Scope
    against: Words
    title: Words
    metric: str
    unit: str
    value: float | None
    denominator: float | None
    operator: str
    threshold: float | None
    passes: bool | None
    law: str
    article: str
    confidence: Confidence | None
    deciding: bool = True
    candidate: bool = False

    def need(self, lang: Lang = "vi") -> str:
        """The threshold as it is read, with the law, and whether the figure is verified."""
        if self.threshold is None:
            return words("ngưỡng không tìm thấy trong nguồn", "threshold not found in a source").text(lang)
        text = f"{SIGNS[self.operator]} {exact(self.threshold, self.unit, lang)}, {self.law}"
        return f"{text} ({UNVERIFIED.text(lang)})" if self.confidence == "recalled" else text


@dataclass(frozen=True, kw_only=True)
class When:
    """When something passes.

    Attributes
    ----------
    state
        ``already`` on the date of the view, ``crossed`` in `year`, ``never`` up to `until`, ``unknown``.
    year
        The first year at whose end it passes; None unless it is crossed.
    first
        Whether that is the first year that was looked at, or the year before is unknown, so that it may
        have been crossed before.
    begins
        Whether nobody asked for it before that year.
    lost
        The first year after passing at whose end it does not.
    gone
        The first year from whose end on it is asked for no more.
    new_law
        The years from which another law with another threshold holds.
    """

    state: Literal["already", "crossed", "never", "unknown"]
    until: int
    year: int | None = None
    first: bool = False
    begins: bool = False
    lost: int | None = None
    gone: int | None = None
    new_law: frozenset[int] = frozenset()

    def text(self, lang: Lang = "vi") -> str:
        """The answer in a few words; whether a new law brings it about."""

        def new(year: int | None) -> str:
            return words(" (quy định mới)", " (new law)").text(lang) if year in self.new_law else ""

        by = words("chậm nhất năm ", " at the latest") if self.first else words("năm ", "")
        if self.begins:
            by = words("đạt ngay khi bắt đầu xét, năm ", ", when it is first asked for")
        head = {
            "already": words("đã đạt", "already passes"),
            "crossed": words(f"{by.vi}{self.year}", f"{self.year}{by.en}"),
            "never": words(f"chưa đạt đến {self.until}", f"not until {self.until}"),
            "unknown": words("chưa rõ", "unknown"),
        }[self.state]
        parts = [head.text(lang) + new(self.year)]
        if self.lost is not None:
            text = words(f"không còn đạt từ {self.lost}", f"fails again from {self.lost}").text(lang)
            parts.append(text + new(self.lost))
        if self.gone is not None:
            parts.append(words(f"từ {self.gone} không còn xét", f"not asked from {self.gone}").text(lang))
        return "; ".join(parts)


Answer = Literal["pass", "fail", "open", "gone"]
"""What a year says: the last when no law of that year asks for it."""


def when(now: Answer, years: Sequence[int], answers: Sequence[Answer]) -> When:
    """When a row of yearly answers passes for the first time; `now` is the answer on the date of the view."""
    until = years[-1]
    row: list[Answer] = [now, *answers]
    gone = _gone(years, answers)
    last = until if gone is None else gone - 1
    start = next((i for i, answer in enumerate(row) if answer == "pass"), None)
    if start is None:
        known = "fail" in row and "open" not in answers
        return When(state="never" if known else "unknown", until=last, gone=gone)
    lost = next((years[i - 1] for i in range(start + 1, len(row)) if row[i] == "fail"), None)
    if start == 0:
        return When(state="already", until=last, lost=lost, gone=gone)
    year = years[start - 1]
    begins = all(answer == "gone" for answer in row[:start])
    return When(
        state="crossed",
        until=last,
        year=year,
        first=(start == 1 or row[start - 1] == "open") and not begins,
        begins=begins,
        lost=lost,
        gone=gone,
    )


def _gone(years: Sequence[int], answers: Sequence[Answer]) -> int | None:
    """The first of the last years without the standard; None when the last year has it."""
    asked = [i for i, answer in enumerate(answers) if answer != "gone"]
    first = asked[-1] + 1 if asked else 0
    return years[first] if first < len(years) else None


@dataclass(frozen=True, kw_only=True)
class Crossing:
    """What one class, kind of unit or document asks of one number, over the years and their laws.

    Attributes
    ----------
    id
        Such as ``class.II.density`` or ``ward.population``, or ``target.<id>``: who asks, and for what. Under
        another law the standard may have another id (`Outcome.id`) and another threshold.
    scope, against, title, metric, unit, deciding, candidate
        As on the latest `Outcome`.
    years
        The years whose ends were judged.
    now
        On the date of the view, with the base figures; None when nothing asks for it then.
    still
        Each year's outcome if nobody came or went: what the law of that year asks.
    paths
        Each year's outcome by variant; a variant without growth is not there.
    needed
        Even growth, percent a year since the base figures, that would just reach the threshold of the last
        year that has it; None when it is met without, or cannot be worked out.
    """

    id: str
    scope: Scope
    against: Words
    title: Words
    metric: str
    unit: str
    deciding: bool
    candidate: bool
    years: tuple[int, ...]
    now: Outcome | None
    still: tuple[Outcome | None, ...]
    paths: Mapping[Variant, tuple[Outcome | None, ...]]
    needed: float | None = None

    def answers(self, variant: Variant) -> tuple[Answer, ...]:
        """What each year says; open where growth is not known."""
        known = self.paths.get(variant)
        if known is not None:
            return tuple(_answer(outcome) for outcome in known)
        return tuple("gone" if outcome is None else "open" for outcome in self.still)

    def when(self, variant: Variant = "medium") -> When:
        """When it is crossed."""
        found = when(_answer(self.now), self.years, self.answers(variant))
        return replace(found, new_law=self.new_law)

    @property
    def new_law(self) -> frozenset[int]:
        """The years from which another law with another threshold holds."""
        steps = zip(self.years, pairwise((self.now, *self.still)), strict=True)
        return frozenset(
            year
            for year, (old, new) in steps
            if old is not None and new is not None and old.law != new.law and old.threshold != new.threshold
        )

    def year(self, variant: Variant = "medium") -> int | None:
        """The first year at whose end it passes; None when it does already, does not, or is not known to."""
        return self.when(variant).year

    def asked(self, variant: Variant = "medium") -> Outcome | None:
        """What shows what is asked: the outcome of the year of crossing, else of the last that has one."""
        year = self.year(variant)
        if year is not None:
            return self.paths[variant][self.years.index(year)]
        return self.asked_last()

    def asked_last(self) -> Outcome | None:
        """The outcome of the last year that has one: its threshold is what `needed` leads to."""
        return next((o for o in reversed(self.still) if o is not None), self.now)


def joint(chosen: Sequence[Crossing], variant: Variant) -> When:
    """When several thresholds are all met at one year's end, those that no law asks for left out."""
    rows = [crossing.answers(variant) for crossing in chosen]
    now = _together([_answer(crossing.now) for crossing in chosen])
    found = when(now, chosen[0].years, [_together(year) for year in zip(*rows, strict=True)])
    turns = [(crossing, crossing.when(variant)) for crossing in chosen]
    new = frozenset(
        y for one, own in turns for y in (own.year, own.lost) if y in one.new_law and y is not None
    )
    return replace(found, new_law=new)


def _together(answers: Sequence[Answer]) -> Answer:
    asked: list[Answer] = [answer for answer in answers if answer != "gone"]
    order: tuple[Answer, ...] = ("fail", "open", "pass")
    return next((answer for answer in order if answer in asked), "gone")


def _answer(outcome: Outcome | None) -> Answer:
    if outcome is None:
        return "gone"
    return "open" if outcome.passes is None else ("pass" if outcome.passes else "fail")


def outcomes(judged: Judgement, library: Library) -> dict[str, Outcome]:
    """Every verdict that people decide, by who asks for what of which scope.

    A second standard of one metric and scope goes by its own id.
    """
    laws = {x.rulebook.id: x.rulebook.law for x in library.loaded}
    found: dict[str, Outcome] = {}
    for asks, outcome in (*_of_law(judged, laws), *_of_targets(judged)):
        scope = outcome.scope.id
        key = f"{asks}@{scope}"
        found.setdefault(f"{outcome.id}@{scope}" if key in found else key, outcome)
    return found


def _of_law(judged: Judgement, laws: Mapping[str, str]) -> Iterator[tuple[str, Outcome]]:
    for found in judged.classes:
        for verdict in found.verdicts:
            yield from _of_verdict(verdict, f"class.{found.urban_class}", found.title, laws)
    whole = () if judged.city_unit is None else (judged.city_unit,)
    for unit in (*whole, *judged.units):
        for verdict in unit.verdicts:
            yield from _of_verdict(verdict, unit.against, unit.title, laws, candidate=unit.candidate)


def _of_verdict(
    verdict: Verdict, owner: str, against: Words, laws: Mapping[str, str], *, candidate: bool = False
) -> Iterator[tuple[str, Outcome]]:
    quantity = verdict.quantity
    if quantity.metric in METRICS and verdict.considered:
        found = Outcome(
            id=verdict.id,
            scope=verdict.scope,
            against=against,
            title=verdict.title,
            metric=quantity.metric,
            unit=quantity.unit,
            value=quantity.value,
            denominator=_denominator(quantity),
            operator=verdict.operator,
            threshold=verdict.threshold,
            passes=verdict.passes,
            law=laws.get(verdict.rulebook, verdict.rulebook),
            article=verdict.article,
            confidence=verdict.confidence,
            deciding=not verdict.flag,
            candidate=candidate,
        )
        yield f"{owner}.{quantity.metric}", found


def _of_targets(judged: Judgement) -> Iterator[tuple[str, Outcome]]:
    for found in judged.targets:
        quantity, target = found.quantity, found.target
        if quantity is not None and quantity.metric in METRICS:
            asked = Outcome(
                id=f"target.{target.id}",
                scope=quantity.scope,
                against=words("chỉ tiêu của văn bản", "a document's target"),
                title=target.title,
                metric=quantity.metric,
                unit=quantity.unit,
                value=quantity.value,
                denominator=_denominator(quantity),
                operator=target.operator,
                threshold=target.value,
                passes=found.passes,
                law=f"{target.document}, {target.section}",
                article=target.section,
                confidence=None,
            )
            yield asked.id, asked


def _denominator(quantity: Quantity) -> float | None:
    return None if quantity.denominator is None else quantity.denominator.value
