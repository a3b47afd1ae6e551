"""GEOS by hand, through shapely: a tree, whole plans that lie inside, a union for each commune, threads."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from layers import Layers, read
from worker import KINDS, serve

if TYPE_CHECKING:
    from collections.abc import Callable


def _each(layers: Layers, work: Callable[[np.ndarray, np.ndarray], Any]) -> np.ndarray:
    """`work` of the plans' kinds and their parts in each commune."""
    communes, plans, kinds = layers
    shapely.prepare(communes)
    unit, plan = shapely.STRtree(plans).query(communes, predicate="intersects")
    order = np.argsort(unit, kind="stable")
    unit, plan = unit[order], plan[order]
    first = np.searchsorted(unit, np.arange(len(communes) + 1))

    def one(i: int) -> Any:
        which = plan[first[i] : first[i + 1]]
        cut = plans[which]
        crossing = ~shapely.contains_properly(communes[i], cut)
        cut[crossing] = shapely.intersection(cut[crossing], communes[i])
        return work(kinds[which], cut)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.array(list(pool.map(one, range(len(communes)))))


def union(layers: Layers) -> np.ndarray:
    """Area of each commune's union."""
    return _each(layers, lambda _, cut: shapely.area(shapely.union_all(cut)))


def _by_kind(kinds: np.ndarray, cut: np.ndarray) -> list[list[float]]:
    areas = []
    for kind in range(len(KINDS)):
        mine = cut[kinds == kind]
        one, other = shapely.STRtree(mine).query(mine, predicate="intersects")
        pairs = one < other
        both = shapely.intersection(mine[one[pairs]], mine[other[pairs]])
        areas.append([shapely.area(shapely.union_all(mine)), shapely.area(shapely.union_all(both))])
    return areas


def kinds(layers: Layers) -> np.ndarray:
    """The same for each kind, and the union of what two of a kind share."""
    return _each(layers, _by_kind)


if __name__ == "__main__":
    serve(
        read,
        {"union": (union, lambda _, r: r.tolist()), "kinds": (kinds, lambda _, r: r.tolist())},
        lambda _: f"shapely {shapely.__version__}, GEOS {shapely.geos_version_string}",
    )
