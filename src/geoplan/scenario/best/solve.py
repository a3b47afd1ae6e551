"""The exact search: mixed-integer programming by HiGHS, cuts for what does not hang together, no ties."""

from __future__ import annotations

import ctypes
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from geoplan.errors import DataError
from geoplan.scenario.best.model import ARES_PER_HA, WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from geoplan.scenario.best.model import Chosen, Problem

    Row = tuple[NDArray[np.float64], float, float]
    """Coefficients, lower and upper bound."""
    Found = tuple[Chosen, float, float | None]
    """A choice, the gap, and the bound."""

_INFEASIBLE: Final = 2
_STDOUT: Final = 1
NODES: Final = 20_000
"""Branches that are looked at before the search stops with what it has, and states the gap. A number of
branches and not of seconds, so that the answer is the same on every machine."""
_CHUNK: Final = 10
"""Ties are broken by this many choices at a time: weights up to 2^9 do not blur the solver's tolerance."""
_HALF: Final = 0.5
"""Costs and counts are whole numbers: half of one keeps a stage's optimum for the next."""
_TINY: Final = 1e-6
_STILL: Final = 1e-9
"""A rate of people that grows by less has stopped growing."""


class StoppedError(DataError):
    """The solver stopped before it had any solution."""


@contextmanager
def _hushed() -> Iterator[None]:
    """HiGHS prints remarks of its own past Python, where JSON may be expected: they are led away."""
    try:
        own = os.dup(_STDOUT)
    except OSError:  # there is no standard output
        yield
        return
    c_library = ctypes.CDLL(None) if os.name == "posix" else ctypes.cdll.msvcrt
    sys.stdout.flush()
    c_library.fflush(None)
    with Path(os.devnull).open("wb") as nothing:
        os.dup2(nothing.fileno(), _STDOUT)
    try:
        yield
    finally:
        c_library.fflush(None)  # what waits in its buffer must go nowhere too
        os.dup2(own, _STDOUT)
        os.close(own)


@dataclass(frozen=True)
class Proof:
    """How far the optimum is proved.

    Attributes
    ----------
    gap
        Relative gap between the solution and the bound, as the solver states it: 0 when proved.
    bound
        No choice that meets the demands costs fewer hectares; when none meets them, none falls less
        short of the first thing asked for. None where people per hectare are sought.
    solves
        How many programmes were solved, cuts and ties included.
    cuts
        How many choices were cut off for not hanging together, or by rounding.
    """

    gap: float
    bound: float | None
    solves: int
    cuts: int


@dataclass(frozen=True)
class Solution:
    """The best choice, and the proof of it."""

    chosen: Chosen
    proof: Proof


@dataclass
class _Search:
    """One problem being solved; cuts stay for the stages that follow.

    `spare` are the units of what may be short, a number each.
    """

    problem: Problem
    strict: bool = True
    spare: tuple[str, ...] = ()
    cuts: list[Row] = field(default_factory=list)
    solves: int = 0
    nodes: int = NODES

    @property
    def count(self) -> int:
        return len(self.problem.costs)

    def row(self, coefficients: NDArray[Any], low: float, high: float = np.inf) -> Row:
        """A row over the choices alone."""
        return np.concatenate([np.asarray(coefficients, dtype=float), np.zeros(len(self.spare))]), low, high

    def least(self, cost: NDArray[Any], rows: Sequence[Row]) -> tuple[Chosen, float, float] | None:
        """The choice of least cost, the gap, and the bound; None when no choice meets the rows.

        What the solver finds is looked at again without it: a choice that does not hang together, or
        passes only by the solver's tolerance, is cut off and the rest searched again.
        """
        if not len(cost):  # HiGHS takes no programme without a variable
            nothing = np.zeros(0, dtype=bool)
            met = self._within(nothing, rows) and not self._cuts_for(nothing, rows)
            return (nothing, 0.0, 0.0) if met else None
        while True:
            found = self._solve(cost, [*rows, *self.cuts])
            if found is None:
                return None
            chosen = np.asarray(found.x[: self.count] > _HALF)
            cuts = self._cuts_for(chosen, rows)
            if not cuts:
                return chosen, *_proved(found)
            self.cuts += cuts

    def _solve(self, cost: NDArray[Any], rows: Sequence[Row]) -> Any:
        from scipy.optimize import (  # noqa: PLC0415 - slow to import
            Bounds,
            LinearConstraint,
            milp,
        )

        self.solves += 1
        free = np.full(len(self.spare), np.inf)
        above = np.concatenate([self.problem.takeable().astype(float), free])
        whole = np.array([1.0] * self.count + [float(unit == WHOLE) for unit in self.spare])
        held = []
        if rows:
            scale = np.array([np.abs(row).max(initial=0.0) or 1.0 for row, _, _ in rows])
            table = np.array([row for row, _, _ in rows]) / scale[:, None]
            low, high = (np.array([row[side] for row in rows]) / scale for side in (1, 2))
            held = [LinearConstraint(table, low, high)]
        with _hushed():
            found = milp(
                c=np.asarray(cost, dtype=float),
                integrality=whole,
                bounds=Bounds(np.zeros(len(above)), above),
                constraints=held,
                options={"mip_rel_gap": 0.0, "node_limit": self.nodes},
            )
        if found.status == _INFEASIBLE:
            return None
        if found.x is None:
            raise StoppedError(
                vi=f"Bộ giải HiGHS dừng sau {NODES} nhánh mà chưa có lời giải; hãy bớt số lựa chọn.",
                en=f"HiGHS stopped after {NODES} branches without a solution; give it fewer choices.",
            )
        return found

    def _cuts_for(self, chosen: Chosen, rows: Sequence[Row]) -> list[Row]:
        loose = self.problem.loose(chosen)
        if loose:
            return list(self._bridges(loose))
        if self.strict and not all(rule.met(chosen) for rule in self.problem.rules):
            return [self._never(chosen)]
        return [] if self._within(chosen, rows) else [self._never(chosen)]

    def _never(self, chosen: Chosen) -> Row:
        """Anything but this very choice."""
        return self.row(np.where(chosen, -1.0, 1.0), 1.0 - chosen.sum())

    def _within(self, chosen: Chosen, rows: Sequence[Row]) -> bool:
        """Whether a choice meets the rows over choices alone by more than the solver's tolerance."""
        for row, low, high in rows:
            if not row[self.count :].any():
                value = float(row[: self.count][chosen].sum())
                spare = _STILL * float(np.abs(row).max(initial=1.0))
                if not low - spare <= value <= high + spare:
                    return False
        return True

    def _bridges(self, loose: Sequence[NDArray[np.intp]]) -> Iterable[Row]:
        """A part that stands alone needs a neighbour: for each member and, without roots, each other part."""
        for part in loose:
            around = np.zeros(self.count)
            around[self.problem.beside(part)] = 1.0
            others = [int(other[0]) for other in loose if other is not part]
            for i in part:
                if self.problem.roots is not None:
                    row = around.copy()
                    row[i] -= 1.0
                    yield self.row(row, 0.0)
                    continue
                for j in others:
                    row = around.copy()
                    row[[int(i), j]] -= 1.0
                    yield self.row(row, -1.0)


def _proved(found: Any) -> tuple[float, float]:
    """Relative gap and bound as the solver states them; it states none where nothing had to be searched."""
    bound = found.fun if found.mip_dual_bound is None else float(found.mip_dual_bound)
    if abs(found.fun - bound) <= _TINY * max(1.0, abs(found.fun)):  # the solver's own absolute tolerance
        return 0.0, bound
    gap = np.inf if found.mip_gap is None else float(found.mip_gap)
    return (gap if np.isfinite(gap) else abs(found.fun - bound)), bound


def cheapest(problem: Problem, *, nodes: int = NODES) -> Solution | None:
    """The choice of least land that meets every demand; None when none does.

    Of several that cost the same, that of fewest choices; of those, the one that takes the first choice
    where they differ: the same problem always has the same answer. `nodes` branches are looked at.

    Raises
    ------
    StoppedError
        When the solver stops before it has any solution.
    """
    search = _Search(problem, nodes=nodes)
    rows = [search.row(*rule.row()) for rule in problem.rules]
    found = search.least(problem.costs, rows)
    if found is None:
        return None
    chosen, gap, bound = found
    if gap > 0:
        return Solution(chosen, Proof(gap, bound / ARES_PER_HA, search.solves, len(search.cuts)))
    rows.append(search.row(problem.costs, -np.inf, problem.cost(chosen) + _HALF))
    return _settled(search, rows, (chosen, gap, bound / ARES_PER_HA))


def densest(problem: Problem, people: NDArray[np.float64]) -> Solution | None:
    """The choice with most people per hectare that meets every demand; None when none does.

    A ratio is no linear cost, so that its value is guessed and mended (Dinkelbach's method): the choice
    of most people less the guess for each are either beats the guess and is the next one, or
    proves it. Unknown people must not be among the possible choices.
    """
    search, known = _Search(problem), np.nan_to_num(people)
    rows = [search.row(*rule.row()) for rule in problem.rules]
    if problem.fits(np.zeros(search.count, dtype=bool)):
        return cheapest(problem)
    rate = 0.0
    while True:
        found = search.least(rate * problem.costs - known, rows)
        if found is None:
            return None
        chosen, gap, _ = found
        better = float(known[chosen].sum()) / max(problem.cost(chosen), 1)
        if better <= rate * (1 + _STILL):
            rows.append(search.row(known - rate * problem.costs, -_STILL * max(known.sum(), 1.0)))
            return _settled(search, rows, (chosen, gap, None))
        rate = better


def most_for(problem: Problem, gains: NDArray[np.float64], *, budget: int) -> Chosen:
    """The choice of most gain for so many ares, and of those the cheapest; no rule is asked."""
    search, known = _Search(problem, strict=False), np.nan_to_num(gains)
    rows = [search.row(problem.costs, -np.inf, budget + _HALF)]
    found = search.least(-known, rows)
    assert found is not None  # noqa: S101 - nothing costs nothing
    most = float(known[found[0]].sum())
    rows.append(search.row(known, most - _STILL * max(most, 1.0)))
    least = search.least(problem.costs, rows)
    assert least is not None  # noqa: S101
    rows.append(search.row(problem.costs, -np.inf, problem.cost(least[0]) + _HALF))
    return _settled(search, rows, (least[0], 0.0, None)).chosen


def _settled(search: _Search, rows: list[Row], known: Found) -> Solution:
    """One choice of all those that meet the rows: the smallest, then the first.

    `known` is what was found so far, with its gap and bound; it stays where the search stops.
    """
    chosen, gap, bound = known
    count, search.nodes = search.count, min(search.nodes, NODES // 10)
    try:
        found = search.least(_padded(search, np.ones(count)), rows)
        assert found is not None  # noqa: S101 - the rows have had an answer
        chosen = found[0]
        rows = [*rows, search.row(np.ones(count), -np.inf, chosen.sum() + _HALF)]
        for start in range(0, count, _CHUNK):
            width = min(_CHUNK, count - start)
            weights = np.zeros(count)
            weights[start : start + width] = 2.0 ** np.arange(width)[::-1]
            best = search.least(_padded(search, -weights), rows)
            assert best is not None  # noqa: S101
            chosen = best[0]
            rows = [*rows, search.row(weights, float(weights[chosen].sum()) - _HALF)]
    except StoppedError:
        pass  # of several equally good ones the first that was found
    return Solution(chosen, Proof(gap=gap, bound=bound, solves=search.solves, cuts=len(search.cuts)))


def _padded(search: _Search, cost: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([cost, np.zeros(len(search.spare))])


def nearest(problem: Problem) -> Solution:
    """The choice that falls least short when none meets every rule, and of those the one of least land.

    Rules short of the same thing share it: more people in the inner area help its size and its density at
    once, so that what counts is the most that any of them lacks. Different things come one after the
    other, in the order of the rules. What is barred stays barred, and what must hang together does.
    """
    kinds = tuple(dict.fromkeys(rule.lack_unit for rule in problem.rules))
    search = _Search(problem, strict=False, spare=kinds)
    rows: list[Row] = []
    for rule in problem.rules:
        coefficients, low = rule.row()
        short = np.zeros(len(kinds))
        short[kinds.index(rule.lack_unit)] = 1.0
        rows.append((np.concatenate([coefficients, short]), low, np.inf))
    count, gap, bound = search.count, 0.0, 0.0
    for k in range(len(kinds)):
        cost = np.zeros(count + len(kinds))
        cost[count + k] = 1.0
        found = search.least(cost, rows)
        assert found is not None  # noqa: S101 - choosing nothing is always allowed
        least = shortfall(problem, found[0])[kinds[k]]
        gap, bound = max(gap, found[1]), found[2] if k == 0 else bound
        rows.append((cost, -np.inf, least * (1 + 1e-12) + _TINY))
    found = search.least(_padded(search, problem.costs), rows)
    assert found is not None  # noqa: S101
    rows.append(search.row(problem.costs, -np.inf, problem.cost(found[0]) + _HALF))
    return _settled(search, rows, (found[0], gap, bound))


def shortfall(problem: Problem, chosen: Chosen) -> dict[str, float]:
    """What a choice is short of by unit: the most that any rule of the unit lacks."""
    out: dict[str, float] = {}
    for rule in problem.rules:
        out[rule.lack_unit] = max(out.get(rule.lack_unit, 0.0), rule.lack(chosen))
    return out


def feasible(problem: Problem) -> bool:
    """Whether any choice meets every demand."""
    search = _Search(problem)
    return search.least(np.zeros(search.count), [search.row(*r.row()) for r in problem.rules]) is not None


def clashes(problem: Problem) -> tuple[tuple[str, ...], ...]:
    """Every smallest set of demands that no choice meets together; drop any one of a set and it can be met.

    Sets are tried from small to large, those that hold a known clash left out, so that none is larger
    than it need be and none is missed.
    """
    found: list[tuple[str, ...]] = []
    for size in range(1, len(problem.names) + 1):
        for names in combinations(problem.names, size):
            known = any(set(clash) <= set(names) for clash in found)
            if not known and not feasible(problem.only(names)):
                found.append(names)
    return tuple(found)
