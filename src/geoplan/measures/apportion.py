"""Sharing out a count so that nothing is lost, and how far the shares may be off."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

STEP: Final = 2.0**-20
"""What a count is shared out in unless whole ones are asked for: about a millionth of one. A power of two, so
that sums of its multiples are exact in floating point up to 2^33, whatever the order."""
NEAR_DEGREES: Final = 1e-4
"""Units this close (about 11 m) are neighbours: layers drawn by hand leave slits between them."""
COLUMNS: Final = ["observed", "predicted", "ratio", "neighbours"]
_ROUNDING: Final = 1e-9


def apportion(
    count: float, *, shares: NDArray[np.float64], step: float = STEP, ties: NDArray[np.intp] | None = None
) -> NDArray[np.float64]:
    """Share out a count by largest remainders (Hamilton's method), so that the parts add up to it exactly.

    Parameters
    ----------
    count
        Not negative; NaN when unknown.
    shares
        Not negative, adding up to 1.
    step
        Parts are multiples of it; 1 for whole persons. What is less than a step goes to the largest part.
    ties
        Who comes first among equal remainders and equal shares; the order given when None.

    Returns
    -------
    numpy.ndarray
        As long as `shares`. Unknown counts give NaN, except for a share of 0, which is 0 of anything.
    """
    if math.isnan(count):
        return np.where(shares > 0, np.nan, 0.0)
    first = np.arange(len(shares)) if ties is None else ties
    steps = math.floor(count / step)
    ideal = steps * shares
    parts = np.floor(ideal)
    order = np.lexsort((first, -shares, parts - ideal))
    left = int(steps - parts.sum())
    parts[order[: max(left, 0)]] += 1
    largest = np.lexsort((first, -shares))[0]
    parts[largest] += steps - parts.sum()  # where the shares' own rounding left over more
    parts *= step
    parts[largest] += count - steps * step
    return parts


def leave_one_out(
    shapes: NDArray[Any], *, counts: NDArray[np.float64], weights: NDArray[np.float64]
) -> pd.DataFrame:
    """Each known unit predicted from its neighbours alone.

    The unit's own count is left out; it is predicted as its weight (km² of land, km² of urban land, or people
    of a raster) times the neighbours' pooled density: their counts over their weights.

    Parameters
    ----------
    shapes
        Polygons in longitude and latitude.
    counts
        NaN when unknown: such a unit neither is predicted nor predicts.
    weights
        What people are taken to be spread over; a unit whose weight is not positive takes no part.

    Returns
    -------
    pandas.DataFrame
        ``observed, predicted, ratio, neighbours`` (how many), the position of the unit as index. ``ratio``
        is observed over predicted: by what factor the unit is denser than the land around it; NaN where
        both are 0. A unit without a known neighbour has no row.
    """
    usable = np.flatnonzero(np.nan_to_num(weights) * np.where(np.isnan(counts), 0.0, 1.0) > 0)
    one, other = shapely.STRtree(shapes[usable]).query(
        shapes[usable], predicate="dwithin", distance=NEAR_DEGREES
    )
    one, other = one[one != other], other[one != other]
    rows = []
    for k, i in enumerate(usable.tolist()):
        near = usable[other[slice(*np.searchsorted(one, [k, k + 1]))]]
        if len(near):
            predicted = float(weights[i] * counts[near].sum() / weights[near].sum())
            rows.append((i, float(counts[i]), predicted, _ratio(float(counts[i]), predicted), len(near)))
    table = pd.DataFrame(rows, columns=["unit", *COLUMNS])
    return table.astype({"unit": int}).set_index("unit").rename_axis(None)


def _ratio(observed: float, predicted: float) -> float:
    if predicted > 0:
        return observed / predicted
    return math.inf if observed > 0 else math.nan


def reach(ratios: NDArray[np.float64], *, level: float) -> float:
    """The factor within which a share of all ratios lies, up or down: a quantile of ``|log ratio|``.

    The quantile is that of the ``ceil((n + 1)·level)``-th smallest of `n`, as in split conformal prediction;
    infinite when there are too few ratios for the level (fewer than 9 for 0.9).
    """
    known = ratios[~np.isnan(ratios)]
    with np.errstate(divide="ignore"):
        far = np.sort(np.abs(np.log(known)))
    rank = math.ceil((len(far) + 1) * level - _ROUNDING)
    return math.inf if rank > len(far) else float(np.exp(far[max(rank, 1) - 1]))


def span(count: float, *, share: float, factor: float) -> tuple[float, float]:
    """Bounds of a part of a count when the part is up to `factor` times denser, or less dense, than the rest.

    With a density ratio ρ between the part and the rest, the part truly has ``ρ·s / (ρ·s + 1 − s)`` of the
    count, `s` being the share that ρ = 1 gives it; the bounds are those of ρ = 1/factor and ρ = factor. They
    never leave 0 … count, and are the count itself when the part is all of it.
    """
    if share in {0.0, 1.0} or math.isnan(count):
        return count * share, count * share
    if math.isinf(factor):
        return 0.0, count
    rest = 1 - share
    return count * share / (share + rest * factor), count * share * factor / (share * factor + rest)
