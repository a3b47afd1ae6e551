"""What cannot be bettered: choices of which no other costs less and gains as much. Numbers only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.scenario.best.solve import most_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geoplan.scenario.best.model import Chosen, Problem

MOST_TRIED: Final = 16
"""Up to so many choices every subset is tried: 65,536 of them."""
BUDGETS: Final = 40
"""With more choices the front is sampled at so many budgets, each point of it exact."""


def by_trying(problem: Problem, gains: NDArray[np.float64]) -> list[Chosen]:
    """The choices that no other betters in land and in every gain, the cheapest first.

    Parameters
    ----------
    problem
        Its rules are not asked, only what is possible, barred, and hanging together.
    gains
        A row for each gain, a column for each choice; more is better. Of choices that are equal in all,
        that of fewest is kept, then the one that takes the first where they differ.
    """
    every = every_choice(problem)
    return select(problem, every, every.astype(float) @ gains.T)


def every_choice(problem: Problem) -> NDArray[np.bool_]:
    """Every subset of what may be taken, one a row."""
    free = np.flatnonzero(problem.takeable())
    bits = (np.arange(2 ** len(free))[:, None] >> np.arange(len(free))[::-1]) & 1
    every = np.zeros((len(bits), len(problem.costs)), dtype=bool)
    every[:, free] = bits.astype(bool)
    return every


def select(problem: Problem, every: NDArray[np.bool_], values: NDArray[np.float64]) -> list[Chosen]:
    """Of many choices, one a row, those that no other betters, the cheapest first.

    `values` has a row of gains for each; equal ones are settled by the later row.
    """
    costs = every @ problem.costs
    first = -np.arange(len(every))  # the earlier choices are the higher bits
    order = np.lexsort((first, every.sum(axis=1), -values.sum(axis=1), costs))
    kept: list[int] = []
    best = np.empty((0, values.shape[1]))
    for i in order:
        if (best >= values[i]).all(axis=1).any() or problem.loose(every[i]):
            continue
        kept.append(int(i))
        best = np.vstack([best, values[i]])
    return [every[i] for i in kept]


def by_budgets(problem: Problem, gains: NDArray[np.float64]) -> Iterator[Chosen]:
    """For each of evenly spaced budgets of land the choice of most gain, and of those the cheapest."""
    whole = problem.cost(problem.takeable())
    seen: set[int] = set()
    for step in range(BUDGETS + 1):
        found = most_for(problem, gains, budget=whole * step // BUDGETS)
        cost = problem.cost(found)
        if cost not in seen:
            seen.add(cost)
            yield found
