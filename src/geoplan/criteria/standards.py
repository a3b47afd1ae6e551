"""One standard against one number: the threshold after regional factors, the verdict, its points."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geoplan.criteria.certainty import certainty, passes
from geoplan.criteria.points import interpolate
from geoplan.criteria.verdict import Points, Verdict
from geoplan.criteria.wording import Finding, both, reason, said
from geoplan.model import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geoplan.city_file import FactorHeld
    from geoplan.criteria.rulebook import Effect, Factor, Rulebook, Standard
    from geoplan.quantity import Quantity
    from geoplan.schema import Confidence

_TRUST: Final[tuple[Confidence, ...]] = ("seen", "secondary", "derived", "recalled")


def least_trusted(marks: Iterable[Confidence | None]) -> Confidence:
    """The weakest of several marks: a chain is as good as its weakest link."""
    known = [m for m in marks if m is not None]
    return max(known, key=_TRUST.index, default="seen")


@dataclass(frozen=True)
class Threshold:
    """A standard's minimum once the factors that are claimed have been applied.

    `may_ask_less`: another factor that is claimed has a coefficient that was not found, so that falling
    short of `minimum` settles nothing.
    """

    minimum: float | None
    maximum: float | None
    article: str
    confidence: Confidence
    considered: bool = True
    why: Words | None = None
    may_ask_less: bool = False


def threshold(
    standard: Standard,
    *,
    rulebook: Rulebook,
    owner: str,
    claimed: Sequence[FactorHeld],
    standards: Sequence[Standard],
) -> Threshold:
    """The minimum of a standard for a city or unit that claims some factors.

    A replaced minimum (that of communes in the mountains, say) comes first; reductions of it do not
    add up (NQ 111/2025, Điều 8.3): of several, the one that asks least counts. A factor by degree whose
    value nobody gave is as one whose coefficient was not found.

    Parameters
    ----------
    standard, standards
        The standard, and all those of the same class or kind of unit.
    rulebook, owner
        Whose factors hold; the class or kind of unit, such as ``II`` or ``ward``.
    claimed
        The factors that the city or unit claims.
    """
    found = Threshold(
        _figure(standard, standard.minimum),
        _figure(standard, standard.maximum),
        standard.article,
        standard.confidence,
    )
    reached = [
        (factor, held, effect)
        for held in claimed
        for factor in rulebook.factors_of(owner)
        if factor.id == held.id
        for effect in [_effect_on(standard, factor, standards)]
        if effect is not None
        and (effect.from_value is None or held.value is None or held.value >= effect.from_value)
    ]
    for replacing in (True, False):
        reduced = [
            _with_factor(found, standard, factor, held, effect)
            for factor, held, effect in reached
            if (effect.replace is not None) is replacing
        ]
        found = min(reduced, key=lambda one: _asks(one, standard.operator), default=found)
        unfound = next((one for one in reduced if one.minimum is None), None)
        if found.minimum is not None and unfound is not None:
            why = both(*(text for text in (found.why, unfound.why) if text is not None))
            found = replace(found, may_ask_less=True, why=why)
    return found


def _figure(standard: Standard, figure: float | str | None) -> float | None:
    """A figure as a number; a level by its place."""
    return float(standard.levels.index(figure)) if isinstance(figure, str) else figure


def _effect_on(standard: Standard, factor: Factor, standards: Sequence[Standard]) -> Effect | None:
    """The effect that names the standard, else the one for all the others."""
    named = {name for effect in factor.effects for name in effect.standards}
    for effect in factor.effects:
        if standard.id in effect.standards:
            return effect
    rest = (e for e in factor.effects if e.all_others and standard.id not in named and standard in standards)
    return next(rest, None)


def _with_factor(
    plain: Threshold, standard: Standard, factor: Factor, held: FactorHeld, effect: Effect
) -> Threshold:
    article = f"{plain.article}; {factor.article} ({held.article})"
    trust = least_trusted((plain.confidence, factor.confidence, held.confidence))
    title = factor.title
    if effect.not_considered:
        why = words(f"không xét ({title.vi}, {factor.article})", f"set aside ({title.en}, {factor.article})")
        return Threshold(plain.minimum, plain.maximum, article, trust, considered=False, why=why)
    if effect.unknown or (effect.from_value is not None and held.value is None):
        why = words(
            f"{title.vi}: hệ số không tìm thấy trong nguồn ({factor.article})",
            f"{title.en}: the coefficient was not found in a source ({factor.article})",
        )
        if not effect.unknown:
            why = words(
                f"{title.vi}: city.toml chưa ghi mức độ (value) ({factor.article})",
                f"{title.en}: city.toml does not give its degree (value) ({factor.article})",
            )
        return Threshold(None, plain.maximum, article, trust, why=why)
    if plain.minimum is None:
        return plain
    if effect.replace is not None:
        least = _figure(standard, effect.replace)
    else:
        least = round(plain.minimum * _share(effect, held.value), 9)  # 70 % of 3.5 is 2.45
        least = max(math.floor(least + 0.5), 1.0) if effect.whole else least
    why = words(f"đã áp dụng {title.vi} ({factor.article})", f"{title.en} applied ({factor.article})")
    return Threshold(least, plain.maximum, article, trust, why=why)


def _share(effect: Effect, value: float | None) -> float:
    """What the minimum is multiplied by; by degree, full steps only, never below zero."""
    share = 1.0 if effect.multiply is None else effect.multiply
    if effect.from_value is None or effect.step is None or effect.less is None or value is None:
        return share
    steps = int((value - effect.from_value) / effect.step + _TINY)
    return max(share - steps * effect.less, 0.0)


_TINY: Final = 1e-9
"""A full step must not be missed by a rounding of the last bit."""


def _asks(reduced: Threshold, sign: str) -> tuple[int, float]:
    """How much a threshold asks: nothing when set aside; what is not known asks most."""
    if not reduced.considered:
        return 0, 0.0
    if reduced.minimum is None:
        return 2, 0.0
    return 1, reduced.minimum if _upward(sign) else -reduced.minimum


def _upward(sign: str) -> bool:
    """Whether more is better."""
    return sign in {">=", ">"}


def judge(standard: Standard, quantity: Quantity, least: Threshold, *, id_: str, rulebook: str) -> Verdict:
    """The verdict of one standard on one number."""
    value, minimum = quantity.value, least.minimum
    found = Finding(standard, quantity, least.minimum, least.confidence, least.considered, least.why)
    if value is not None and minimum is not None and least.considered:
        decided = _decide(quantity, standard.operator, minimum)
        # The next place among levels is no percentage away.
        firm = None if standard.levels else certainty(quantity, sign=standard.operator, threshold=minimum)
        found = replace(
            found,
            passes=None if decided is False and least.may_ask_less else decided,
            margin=_margin(quantity, standard.operator, minimum),
            firm=firm,
        )
    return Verdict(
        id=id_,
        title=standard.title,
        quantity=quantity,
        operator=standard.operator,
        threshold=minimum,
        threshold_said=said(standard, minimum),
        passes=found.passes,
        margin=found.margin,
        article=least.article,
        source=standard.source,
        confidence=least.confidence,
        reason=reason(found),
        rulebook=rulebook,
        group=standard.group,
        points=_points(standard, quantity, least),
        certainty=found.firm,
        considered=least.considered,
        flag=standard.flag,
    )


def _margin(quantity: Quantity, sign: str, minimum: float) -> float | None:
    """By how much a value is on the good side; None when only a bound of it is known."""
    if quantity.value is None or quantity.qualifier in {"over", "under"}:
        return None
    return quantity.value - minimum if _upward(sign) else minimum - quantity.value


def _decide(quantity: Quantity, sign: str, minimum: float) -> bool | None:
    """Pass or fail; None when the source gives only a bound and that does not settle it."""
    value = quantity.value
    assert value is not None  # noqa: S101 - the caller has looked
    upward = _upward(sign)
    if quantity.qualifier == "over":  # the truth is larger than the value
        return upward if value >= minimum else None
    if quantity.qualifier == "under":
        return not upward if value <= minimum else None
    return passes(value, sign, minimum)


def _points(standard: Standard, quantity: Quantity, least: Threshold) -> Points | None:
    """Points of a standard; None when the rulebook gives it none."""
    low, high = standard.points_min, standard.points_max
    if low is None or high is None:
        return None
    if not least.considered:
        return Points(given=low, worst=low, best=low, minimum=low, maximum=high)
    value, sign = quantity.value, standard.operator
    if value is None or least.minimum is None:
        return Points(given=None, worst=0.0, best=high, minimum=low, maximum=high)
    reached = _decide(quantity, sign, least.minimum)
    given = 0.0
    if least.maximum is not None and passes(value, sign, least.minimum):
        side = 1.0 if _upward(sign) else -1.0
        bottom, top = side * least.minimum, side * least.maximum
        given = interpolate(
            side * value, minimum=bottom, maximum=max(bottom, top), points_min=low, points_max=high
        )
    worst = best = given
    if least.maximum is None:  # where the most is asked was not found: anything above the minimum's points
        worst, best = (low if reached else 0.0), (0.0 if reached is False else high)
    elif quantity.qualifier in {"over", "under"}:  # a bound: the truth lies on one side of it
        better = (quantity.qualifier == "over") == _upward(sign)
        at_least, at_most = max(given, low if reached else 0.0), 0.0 if reached is False else given
        worst, best = (at_least, high) if better else (0.0, at_most)
    if least.may_ask_less:
        best = high
    return Points(given=worst if worst == best else None, worst=worst, best=best, minimum=low, maximum=high)
