"""How firm a verdict is: how far an input may move before it turns, and how often plausible inputs agree."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.criteria.verdict import Certainty, Flip

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geoplan.quantity import Part, Quantity

COMPARE: Final[dict[str, Callable[..., object]]] = {
    ">=": operator.ge,
    ">": operator.gt,
    "<=": operator.le,
    "<": operator.lt,
    "between": operator.ge,
}
_SAMPLES: Final = 4000
_SEED: Final = 20240118
_FIRM: Final = 0.95
"""A verdict that fewer plausible inputs share is borderline: a convention of statistics, not of the law."""


def passes(value: float, sign: str, threshold: float) -> bool:
    """Whether a value meets a threshold; ``between`` asks for its lower end, more meets it too."""
    return bool(COMPARE[sign](value, threshold))


def certainty(quantity: Quantity, *, sign: str, threshold: float) -> Certainty | None:
    """How firm the verdict on a quantity is; None when its value is unknown, or no more than a bound.

    Each input (numerator, denominator) is drawn evenly between its bounds, independently, with a fixed
    seed; the share of draws with the same verdict is `holds`. Bounds are what sources differ by, so
    this is no confidence interval: it says whether the known disagreement of sources matters.
    """
    value = quantity.value
    if value is None or quantity.qualifier in {"over", "under"}:
        return None
    ratio = quantity.numerator is None or quantity.numerator.unit != quantity.unit
    below = quantity.denominator if ratio else None  # "7 of 9 units" is a count, no ratio
    inputs = [p for p in (quantity.numerator, below) if p is not None]
    parts = [p for p in inputs if p.value]
    flips = tuple(
        Flip(input=part.name, percent=percent)
        for part in parts
        if (percent := _turns_at(value, threshold, over=part is quantity.denominator)) is not None
    )
    nothing = any(p.value == 0 and p.high for p in inputs)  # bounds that no factor of the value reaches
    if nothing or all(p.low is None or p.high is None for p in parts):
        return Certainty(flips=flips, holds=None, borderline=False)
    drawn = np.full(_SAMPLES, float(value))
    for part, even in zip(parts, _even(), strict=False):
        change = _draw(part, even) / float(part.value or 1)
        drawn = drawn / change if part is quantity.denominator else drawn * change
    same = np.asarray(COMPARE[sign](drawn, threshold)) == passes(value, sign, threshold)
    holds = float(np.mean(same))
    return Certainty(flips=flips, holds=holds, borderline=holds < _FIRM)


def _turns_at(value: float, threshold: float, *, over: bool) -> float | None:
    """Percent by which an input must change for the value to be the threshold."""
    if value <= 0 or threshold <= 0:
        return None
    return 100 * ((value / threshold if over else threshold / value) - 1)


@functools.cache
def _even() -> tuple[NDArray[np.float64], ...]:
    generator = np.random.Generator(np.random.PCG64(_SEED))
    return tuple(generator.random(_SAMPLES) for _ in range(2))


def _draw(part: Part, even: NDArray[np.float64]) -> NDArray[np.float64]:
    if part.low is None or part.high is None:
        return np.full(len(even), float(part.value or 1))
    return part.low + even * (part.high - part.low)
