"""Units into parts by where they lie, and for each part the shapes that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MARGIN_DEGREES: Final = 1e-4
"""Boxes are taken so much larger: the kernel's own are rounded to single precision (a metre)."""
_AT_ONCE: Final = 1 << 16
"""Boxes made into objects at a time: a million at once would take 300 MB."""


class Part(NamedTuple):
    """Positions of the units of a part, and of the shapes near them, both ascending."""

    units: NDArray[np.int64]
    shapes: NDArray[np.int64]


class Near(NamedTuple):
    """Pairs of a unit and a shape whose boxes meet."""

    unit: NDArray[np.int32]
    shape: NDArray[np.int32]

    def weights(self, units: NDArray[np.int64], shapes: NDArray[np.int64]) -> NDArray[np.float64]:
        """What there is to do for each unit: its own vertices and those of the shapes near it."""
        return np.asarray(
            units + np.bincount(self.unit, shapes[self.shape], minlength=len(units)), np.float64
        )


def near(units: NDArray[np.float64], shapes: NDArray[np.float64]) -> Near:
    """The pairs whose boxes meet.

    Parameters
    ----------
    units, shapes
        West, south, east and north in degrees, a row each; NaN for what lies nowhere.
    """
    margin = np.array([-1, -1, 1, 1]) * _MARGIN_DEGREES
    there = np.flatnonzero(~np.isnan(units).any(axis=1))
    tree = shapely.STRtree(shapely.box(*(units[there] + margin).T))
    some = np.flatnonzero(~np.isnan(shapes).any(axis=1))
    found: list[Near] = [Near(np.empty(0, np.int32), np.empty(0, np.int32))]
    for begin in range(0, len(some), _AT_ONCE):
        which = some[begin : begin + _AT_ONCE]
        shape, unit = tree.query(shapely.box(*shapes[which].T))
        found.append(Near(there[unit].astype(np.int32), which[shape].astype(np.int32)))
    return Near(*(np.concatenate(each) for each in zip(*found, strict=True)))


def along_curve(boxes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Positions in the order in which a Hilbert curve passes the middles of boxes; those nowhere last."""
    there = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    nowhere = np.flatnonzero(np.isnan(boxes).any(axis=1))
    middle = (boxes[there, :2] + boxes[there, 2:]) / 2
    if len(there) < 2:  # noqa: PLR2004 - one has no order, and no extent either
        return np.concatenate([there, nowhere])
    distance = gpd.GeoSeries(shapely.points(middle)).hilbert_distance()
    return np.concatenate([there[np.argsort(distance.to_numpy(), kind="stable")], nowhere])


def runs(order: NDArray[np.int64], weights: NDArray[np.float64], count: int) -> list[NDArray[np.int64]]:
    """The units in at most so many parts of about the same weight, each a run of the order."""
    count = max(1, min(count, len(order)))
    done = np.cumsum(weights[order])
    ends = np.searchsorted(done, np.arange(1, count) * (done[-1] / count)) if len(done) else []
    return [np.sort(run) for run in np.split(order, ends) if len(run)]


def with_shapes(groups: list[NDArray[np.int64]], pairs: Near, units: int) -> list[Part]:
    """Groups of units as parts: each with the shapes that are near one of its units, once each."""
    group_of = np.zeros(units, np.int64)
    for number, group in enumerate(groups):
        group_of[group] = number
    group = group_of[pairs.unit]
    order = np.argsort(group, kind="stable")
    ends = np.searchsorted(group[order], np.arange(1, len(groups)))
    shapes = np.split(pairs.shape[order], ends) if groups else []
    return [Part(g, np.unique(s).astype(np.int64)) for g, s in zip(groups, shapes, strict=True)]
