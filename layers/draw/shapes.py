"""Planning-like shapes in the plane: blocks, angular cuts, built-up patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely import affinity
from shapely.geometry import Polygon, box

from domain import bisect, largest
from plane import GRID, Array, Plane

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

_FAR = 100.0


def block(kind: str, aspect: float, area: float) -> Polygon:
    """Return a block around the origin.

    Parameters
    ----------
    kind : {"rectangle", "chamfered", "angle"}
        "angle" is an L.
    aspect : float
        Length over width.
    area : float
        km².
    """
    corners = {
        "rectangle": [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)],
        "chamfered": [(0.12, 0.0), (1.0, 0.0), (1.0, 0.8), (0.86, 1.0), (0.0, 1.0), (0.0, 0.25)],
        "angle": [(0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.45, 0.5), (0.45, 1.0), (0.0, 1.0)],
    }[kind]
    raw = affinity.scale(Polygon(corners), np.sqrt(aspect), 1.0 / np.sqrt(aspect), origin=(0, 0))
    sized = affinity.scale(raw, *(2 * [np.sqrt(area / raw.area)]), origin=(0, 0))
    centre = sized.centroid
    return affinity.translate(sized, -centre.x, -centre.y)


def placed(shape: Polygon, at: Array, angle: float) -> Polygon:
    """Return a block turned by an angle (degrees) and moved to a position (km)."""
    return affinity.translate(affinity.rotate(shape, angle, origin=(0, 0)), float(at[0]), float(at[1]))


def cut(region: BaseGeometry, angle: float, part: float) -> BaseGeometry:
    """Keep a part of a region behind a bent line.

    Parameters
    ----------
    region : polygonal geometry
    angle : float
        Direction to which the kept side lies, degrees from east.
    part : float
        Share of the area that is kept.
    """
    if part >= 1.0:
        return region
    middle = region.centroid
    half = np.sqrt(region.area) / 3.0
    edge = [(0.0, -_FAR), (0.0, -half), (0.25 * half, -0.4 * half), (-0.2 * half, 0.5 * half), (0.0, half)]
    side = Polygon([*edge, (0.0, _FAR), (_FAR, _FAR), (_FAR, -_FAR)])

    def kept(distance: float) -> BaseGeometry:
        moved = affinity.translate(side, -distance, 0.0)
        turned = affinity.rotate(moved, angle, origin=(0, 0))
        return region.intersection(affinity.translate(turned, middle.x, middle.y))

    return largest(bisect(kept, -30.0, 30.0, part * region.area))


def with_hole(region: BaseGeometry, share: float) -> BaseGeometry:
    """Leave a square out of a region; its area is a share of the region's."""
    inner = largest(region.buffer(-0.2))
    at = inner.representative_point()
    half = 0.5 * np.sqrt(share * region.area)
    hole = placed(box(-half, -half, half, half), np.array([at.x, at.y]), 20.0)
    return region.difference(hole)


def patch(at: Array, area: float, rng: np.random.Generator) -> Polygon:
    """Return an irregular built-up patch of the wanted area."""
    turns = np.linspace(0.0, 2.0 * np.pi, 20, endpoint=False)
    radius = np.ones(20)
    for wave in (2, 3, 5):
        radius += rng.uniform(0.08, 0.16) * np.cos(wave * turns + rng.uniform(0.0, 2.0 * np.pi))
    raw = Polygon(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))
    return placed(affinity.scale(raw, *(2 * [np.sqrt(area / raw.area)]), origin=(0, 0)), at, 0.0)


def written(shape: BaseGeometry, plane: Plane) -> BaseGeometry:
    """Return a plane geometry as it is written: longitude and latitude on the grid of six decimals."""
    return shapely.set_precision(plane.to_earth(shape), GRID).normalize()
