"""Every edge of every ring of a layer at once, and the vertices where a ring turns back on itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Rings:
    """Every edge of every ring: its end and its run in the plane, its ring; and the row of every ring."""

    end: NDArray[np.float64]
    run: NDArray[np.float64]
    ring: NDArray[np.int64]
    feature: NDArray[np.int64]


def read_rings(flat: NDArray[np.object_]) -> Rings:
    """The edges of polygons; `feature` of a ring is the position of its polygon among them."""
    parts, part_feature = shapely.get_parts(flat, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    points, at = shapely.get_coordinates(rings, return_index=True)
    inside = at[:-1] == at[1:]
    end, run, ring = points[1:][inside], np.diff(points, axis=0)[inside], at[:-1][inside]
    return Rings(end, run, ring, part_feature[ring_part])


def needles(rings: Rings, angle: float, leg: float) -> NDArray[np.int64]:
    """Edges that end at a vertex whose angle is below `angle`, both sides at least `leg` long."""
    moving = np.flatnonzero(rings.run.any(axis=1))
    run = rings.run[moving]
    following = np.arange(1, len(run) + 1)
    heads = np.flatnonzero(np.diff(rings.ring[moving], prepend=-1))
    following[np.append(heads[1:], len(run))[: len(heads)] - 1] = heads
    back, forth = -run, run[following]
    cross = back[:, 0] * forth[:, 1] - back[:, 1] * forth[:, 0]
    turn = np.degrees(np.abs(np.arctan2(cross, (back * forth).sum(axis=1))))
    shorter = np.minimum(np.hypot(back[:, 0], back[:, 1]), np.hypot(forth[:, 0], forth[:, 1]))
    return np.asarray(moving[(turn < angle) & (shorter >= leg)])
