"""The search as numbers: choices that cost land, rules that must hold, and what may not be chosen.

Knows no city and no law: `geoplan.scenario.best.wards` and `geoplan.scenario.best.coverage` fill it in.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.criteria.certainty import passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from geoplan.model import Words
    from geoplan.schema import Confidence

    Chosen = NDArray[np.bool_]

ARES_PER_HA: Final = 100
"""Land is compared in whole ares (100 m²), a hundredth of a hectare: finer than any layer is drawn."""
WHOLE: Final = "unit"
"""The unit of what is short that comes in whole ones only: wards."""
CONTIGUOUS: Final = "contiguous"
"""The name of the demand that what is chosen hangs together."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One threshold on what the choices add up to, kept linear: a ratio is compared without dividing.

    The value is ``times · (have + Σ gains) / (size + Σ sizes)``, without the division when `sizes` is
    None. ``times · (have + Σ gains) ≥ threshold · (size + Σ sizes)`` says the same and is linear.

    Attributes
    ----------
    id, title, unit
        Such as ``class.II.density_inner``; the value's unit, a key of `geoplan.quantity.UNITS`.
    operator, threshold, article, source, confidence
        As the verdict that the rule comes from has them; no confidence for a figure of the user's.
    gains, have
        What each choice adds to the numerator, and what is there already.
    sizes, size
        The same of the denominator.
    times
        100 for percent.
    lack_unit, lack_times
        The unit of what is missing in the numerator, and how many of it are one of the numerator's.
    rounding
        By how much overlays may measure otherwise than was counted, in the numerator's unit.
    slack
        What the numerator may miss and pass: `rounding` where the whole is asked for, else nothing.
    quantity
        Metric and scope of the number that the changed city must have.
    """

    id: str
    title: Words
    unit: str
    operator: str
    threshold: float
    article: str
    source: str
    confidence: Confidence | None
    gains: NDArray[np.float64]
    have: float
    sizes: NDArray[np.float64] | None = None
    size: float = 1.0
    times: float = 1.0
    lack_unit: str = "person"
    lack_times: float = 1.0
    rounding: float = 0.0
    slack: float = 0.0
    quantity: tuple[str, str]

    def parts(self, chosen: Chosen) -> tuple[float, float]:
        """Numerator and denominator of a choice."""
        below = self.size if self.sizes is None else self.size + float(self.sizes[chosen].sum())
        return self.have + float(self.gains[chosen].sum()), below

    def value(self, chosen: Chosen) -> float:
        """What the judge will read; NaN without a denominator."""
        above, below = self.parts(chosen)
        return self.times * above / below if below > 0 else np.nan

    def met(self, chosen: Chosen) -> bool:
        """Whether a choice passes, by the judge's own comparison."""
        above, below = self.parts(chosen)
        return below > 0 and passes(self.times * (above + self.slack) / below, self.operator, self.threshold)

    def lack(self, chosen: Chosen) -> float:
        """What the numerator is short of, in `lack_unit`; 0 when the rule is met. Units are whole ones."""
        if self.met(chosen):
            return 0.0
        above, below = self.parts(chosen)
        short = max(self.lack_times * (self.threshold * below / self.times - above), 0.0)
        return float(math.ceil(short)) if self.lack_unit == WHOLE else short

    def row(self) -> tuple[NDArray[np.float64], float]:
        """Coefficients and lower bound of the linear form, in `lack_unit`."""
        each = self.gains
        if self.sizes is not None:
            each = each - self.threshold / self.times * self.sizes
        least = self.threshold * self.size / self.times - self.have - self.slack
        return self.lack_times * each, self.lack_times * least


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Choices with their cost in land, and what is demanded of them.

    Attributes
    ----------
    costs
        Whole ares (100 m²) of each choice, so that equal costs are equal.
    rules
        What must pass.
    possible
        False for a choice whose figures are unknown: it cannot be counted.
    barred
        Named demands on single choices: True where a choice is out while the demand holds.
    contiguous
        Whether what is chosen must hang together: with `roots`, each through chosen ones with a root.
    near
        Pairs of choices that are neighbours.
    roots
        Choices that touch what is there already; None when what is chosen must hang together by itself.
    """

    costs: NDArray[np.int64]
    rules: tuple[Rule, ...]
    possible: Chosen
    barred: Mapping[str, Chosen] = field(default_factory=dict)
    contiguous: bool = False
    near: tuple[tuple[int, int], ...] = ()
    roots: Chosen | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """All demands by name: rules, what is barred, and hanging together."""
        tail = (CONTIGUOUS,) if self.contiguous else ()
        return (*(rule.id for rule in self.rules), *self.barred, *tail)

    def only(self, names: Iterable[str]) -> Problem:
        """The same choices under some of the demands."""
        kept = set(names)
        return replace(
            self,
            rules=tuple(rule for rule in self.rules if rule.id in kept),
            barred={name: mask for name, mask in self.barred.items() if name in kept},
            contiguous=self.contiguous and CONTIGUOUS in kept,
        )

    def takeable(self) -> Chosen:
        """Choices that are possible and not barred."""
        out = self.possible.copy()
        for mask in self.barred.values():
            out &= ~mask
        return out

    def cost(self, chosen: Chosen) -> int:
        """Ares of a choice."""
        return int(self.costs[chosen].sum())

    def fits(self, chosen: Chosen) -> bool:
        """Whether a choice meets every demand, worked out anew and without a solver."""
        within = not (chosen & ~self.takeable()).any()
        return within and all(rule.met(chosen) for rule in self.rules) and not self.loose(chosen)

    def loose(self, chosen: Chosen) -> list[NDArray[np.intp]]:
        """Parts of a choice that hang together with nothing they should; empty when all is well."""
        if not self.contiguous:
            return []
        found = components(chosen, self.near)
        if self.roots is not None:
            return [part for part in found if not self.roots[part].any()]
        return found if len(found) > 1 else []

    def beside(self, part: NDArray[np.intp]) -> list[int]:
        """Neighbours of a part that are not in it."""
        inside = set(part.tolist())
        pairs = (*self.near, *((j, i) for i, j in self.near))
        return sorted({j for i, j in pairs if i in inside and j not in inside})


def components(chosen: Chosen, near: Iterable[tuple[int, int]]) -> list[NDArray[np.intp]]:
    """The chosen ones in groups that hang together, each in order, the one with the first choice first."""
    links: dict[int, list[int]] = {int(i): [] for i in np.flatnonzero(chosen)}
    for i, j in near:
        if i in links and j in links:
            links[i].append(j)
            links[j].append(i)
    found: list[NDArray[np.intp]] = []
    seen: set[int] = set()
    for start in links:
        if start in seen:
            continue
        group, todo = {start}, [start]
        while todo:
            fresh = [j for j in links[todo.pop()] if j not in group]
            group.update(fresh)
            todo += fresh
        seen |= group
        found.append(np.array(sorted(group), dtype=np.intp))
    return found


def mask(count: int, chosen: Iterable[int]) -> Chosen:
    """Positions as one truth value a choice."""
    out: Any = np.zeros(count, dtype=bool)
    out[list(chosen)] = True
    return out  # type: ignore[no-any-return]
