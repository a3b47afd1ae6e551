"""What the criteria say: verdicts on single standards, and what follows for a class, a unit, a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from geoplan.criteria import telling
from geoplan.quantity import html_table
from geoplan.text import one_line

if TYPE_CHECKING:
    import datetime as dt

    from geoplan.city_file import Target
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.quantity import Quantity, Scope
    from geoplan.schema import Confidence

Status = Literal["met", "on_track", "behind", "overdue", "not_assessable"]


@dataclass(frozen=True, kw_only=True)
class Flip:
    """By how many percent one input may change, the other staying, before a verdict turns."""

    input: Words
    percent: float


@dataclass(frozen=True, kw_only=True)
class Certainty:
    """How firm a verdict is.

    Attributes
    ----------
    flips
        For each input (numerator, denominator), the change in percent at which the verdict turns.
    holds
        Share (0 to 1) of plausible inputs, drawn between each input's bounds with a fixed seed, for
        which the verdict stays; None when no input has bounds.
    borderline
        Whether less than 95 % hold.
    """

    flips: tuple[Flip, ...]
    holds: float | None
    borderline: bool


@dataclass(frozen=True, kw_only=True)
class Points:
    """Points of a standard or a group: given, and at worst and best when something is missing."""

    given: float | None
    worst: float
    best: float
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One number against one threshold.

    Attributes
    ----------
    id
        Such as ``class.II.population`` or ``ward.area``, unique with its scope.
    quantity
        The number; its value is None when nobody gave it.
    operator, threshold, upper
        ``>=``, ``>``, ``<=``, ``<``, or ``between``. `threshold` is None when the law's figure was not found.
    passes
        None when it cannot be assessed, or is not considered; `reason` says why.
    margin
        In the quantity's unit, positive on the good side.
    article, source, confidence
        Of the threshold itself.
    considered
        False when an exception sets the standard aside.
    flag
        True when failing is reported and does not decide (see the rulebook's note).
    """

    id: str
    title: Words
    quantity: Quantity
    operator: str
    threshold: float | None
    passes: bool | None
    margin: float | None
    article: str
    source: str
    confidence: Confidence
    reason: Words
    rulebook: str
    upper: float | None = None
    threshold_said: Words | None = None
    group: str | None = None
    points: Points | None = None
    certainty: Certainty | None = None
    considered: bool = True
    flag: bool = False

    @property
    def scope(self) -> Scope:
        """What it is about."""
        return self.quantity.scope

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """Verdict, threshold, article, trust and certainty as pairs of a label and a text."""
        return telling.verdict_lines(self, lang)

    def explain(self, lang: Lang = "vi") -> str:
        """The verdict and then the number's own chain, a line each."""
        return _in_lines([*self.lines(lang), *self.quantity.lines(lang)])

    def _repr_html_(self) -> str:
        return html_table([*self.lines(), *self.quantity.lines()])


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """A group of standards: its points, or how many passed of how many needed."""

    id: str
    title: Words
    points: Points | None
    passed: int
    failed: int
    unknown: int
    needed: int | None
    passes: bool | None


@dataclass(frozen=True, kw_only=True)
class ClassResult:
    """The city against one urban class; `points` is the total where the rulebook has points."""

    urban_class: str
    title: Words
    rulebook: str
    law: str
    article: str
    verdicts: tuple[Verdict, ...]
    groups: tuple[GroupResult, ...]
    points: Points | None
    passes: bool | None
    reason: Words
    confidence: Confidence


@dataclass(frozen=True, kw_only=True)
class UnitResult:
    """One unit (or the whole city) against the standards of a kind of unit."""

    scope: Scope
    kind: str
    against: str
    candidate: bool
    title: Words
    rulebook: str
    verdicts: tuple[Verdict, ...]
    passes: bool | None
    reason: Words
    flags: tuple[Words, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where something is to be done: a unit, and how much of it."""

    name: Words
    code: str
    value: float
    unit: str


@dataclass(frozen=True, kw_only=True)
class TargetResult:
    """A target on the date.

    Attributes
    ----------
    quantity
        The number that answers it; None when nothing does.
    status
        ``met``, ``on_track`` (at or above the straight line from the base value), ``behind``,
        ``overdue`` (due and not met), ``not_assessable``.
    base, expected
        The value on the document's base date, and where the straight line is on the date, or on the day
        that the figure is for when it is older (an indicator's year).
    gap, gap_unit, places
        What is missing in the unit people act on, and where, the largest first.
    """

    target: Target
    quantity: Quantity | None
    passes: bool | None
    margin: float | None
    status: Status
    reason: Words
    base: float | None = None
    base_on: dt.date | None = None
    expected: float | None = None
    gap: float | None = None
    gap_unit: str | None = None
    places: tuple[Place, ...] = ()
    certainty: Certainty | None = None

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """Status, due date, gap and document as pairs of a label and a text."""
        return telling.target_lines(self, lang)

    def explain(self, lang: Lang = "vi") -> str:
        """The target and then the chain of the number that answers it, a line each."""
        return _in_lines(self._chain(lang))

    def _repr_html_(self) -> str:
        return html_table(self._chain("vi"))

    def _chain(self, lang: Lang) -> list[tuple[str, str]]:
        return self.lines(lang) + ([] if self.quantity is None else self.quantity.lines(lang))


def _in_lines(pairs: list[tuple[str, str]]) -> str:
    return "\n".join(one_line(f"{label}: {text}" if label else text) for label, text in pairs)


@dataclass(frozen=True, kw_only=True)
class DataGap:
    """A figure that nobody gave, and the verdicts it blocks."""

    metric: str
    name: Words
    scope: Scope
    blocks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Everything the criteria say about one city on one date."""

    regime: tuple[str, ...]
    classes: tuple[ClassResult, ...]
    city_unit: UnitResult | None
    units: tuple[UnitResult, ...]
    targets: tuple[TargetResult, ...]
    missing: tuple[DataGap, ...]

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """Every single verdict: of the classes, of the city as a unit, of each unit and candidate."""
        whole = () if self.city_unit is None else (self.city_unit,)
        return tuple(v for found in (*self.classes, *whole, *self.units) for v in found.verdicts)

    @property
    def candidates(self) -> tuple[UnitResult, ...]:
        """The results of the units slated to become wards, against the ward's standards."""
        return tuple(u for u in self.units if u.candidate)
