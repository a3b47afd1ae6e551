"""The outline of a schematic city: ellipses of the stated sizes, grown until the areas add up."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import Polygon

if TYPE_CHECKING:
    from collections.abc import Callable

    from shapely.geometry.base import BaseGeometry

    from plane import Array

_BISECTIONS = 60
_CORNERS = 64
TINY = 1e-9


def ellipse(centre: Array, half: Array, *, power: float = 2.5) -> Polygon:
    """Return a superellipse, km, rounder than a box and fuller than an ellipse.

    Parameters
    ----------
    centre : array, shape (2,)
    half : array, shape (2,)
        Half axes.
    power : float
        2 is an ellipse, larger values approach the box.
    """
    turn = np.linspace(0.0, 2.0 * np.pi, _CORNERS, endpoint=False)
    unit = np.column_stack([np.cos(turn), np.sin(turn)])
    unit = np.sign(unit) * np.abs(unit) ** (2.0 / power)
    return Polygon(np.asarray(centre) + unit * np.asarray(half))


def without_holes(geometry: BaseGeometry) -> BaseGeometry:
    """Return a polygonal geometry with its holes filled."""
    parts = [Polygon(p.exterior) for p in polygons(geometry)]
    return shapely.union_all(parts)


def polygons(geometry: BaseGeometry) -> list[Polygon]:
    """Return the polygons of a geometry."""
    if isinstance(geometry, Polygon):
        return [] if geometry.is_empty else [geometry]
    return [p for p in getattr(geometry, "geoms", []) if isinstance(p, Polygon) and not p.is_empty]


def largest(geometry: BaseGeometry) -> Polygon:
    """Return the largest polygon of a geometry."""
    return max(polygons(geometry), key=lambda p: p.area)


def bisect(shape: Callable[[float], BaseGeometry], low: float, high: float, area: float) -> BaseGeometry:
    """Return the shape of the wanted area from a family that grows with its parameter."""
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if shape(middle).area < area:
            low = middle
        else:
            high = middle
    return shape(0.5 * (low + high))


def offset(geometry: BaseGeometry, distance: float) -> BaseGeometry:
    """Return a geometry grown or shrunk with sharp corners; next to nothing is nothing (GEOS drops it)."""
    if abs(distance) < TINY:
        return geometry
    return geometry.buffer(distance, join_style="mitre", mitre_limit=2.0)


def exact(geometry: BaseGeometry, area: float, *, base: BaseGeometry | None = None) -> Polygon:
    """Offset an outline by the little that is missing to the wanted area.

    Parameters
    ----------
    geometry : polygonal geometry
    area : float
        Wanted area of the result, km²; of the part outside ``base`` if that is given.
    base : polygonal geometry, optional
        Ground that is taken: the result is what the outline covers beyond it.
    """

    def moved_by(distance: float) -> BaseGeometry:
        moved = largest(offset(geometry, distance))
        return moved if base is None else largest(moved.difference(base))

    return largest(bisect(moved_by, -0.6, 0.6, area))


def grown(
    centres: Array,
    halves: Array,
    areas: Array,
    *,
    close: float,
    smooth: float,
    base: BaseGeometry | None = None,
) -> Polygon:
    """Return one outline around all units, of exactly the units' total area.

    Parameters
    ----------
    centres, halves : array, shape (n, 2)
        Centre and half extents of the units, km.
    areas : array, shape (n,)
        Stated areas, km²; each superellipse starts with its unit's area.
    close : float
        Bays narrower than twice this are filled, km.
    smooth : float
        Simplification of the outline, km.
    base : polygonal geometry, optional
        Ground that is taken: the outline adjoins it without a gap and stays outside.
    """

    def shape(scale: float) -> BaseGeometry:
        parts: list[BaseGeometry] = [] if base is None else [base]
        for centre, half, area in zip(centres, halves, areas, strict=True):
            full = ellipse(centre, half)
            parts.append(ellipse(centre, half * scale * np.sqrt(area / full.area)))
        return closed(shapely.union_all(parts), close).simplify(smooth)

    total = float(areas.sum())
    taken = 0.0 if base is None else base.area
    around = bisect(shape, 0.7, 2.0, total + taken)
    return exact(joined(around), total, base=base)


def closed(geometry: BaseGeometry, distance: float) -> BaseGeometry:
    """Fill the bays and holes of an outline."""
    return without_holes(geometry.buffer(distance).buffer(-distance))


def joined(geometry: BaseGeometry) -> BaseGeometry:
    """Bridge the parts of an outline that do not touch."""
    distance = 0.1
    merged = geometry
    while len(polygons(merged)) > 1 and distance < 5.0:
        merged = without_holes(geometry.buffer(distance).buffer(-distance * 0.98))
        distance *= 1.5
    return merged


def beside(centre: Array, half: Array, taken: BaseGeometry, area: float) -> Polygon:
    """Return a shape of the wanted area around a centre, outside what is taken, in one piece."""

    def shape(scale: float) -> BaseGeometry:
        free = ellipse(centre, half * scale).difference(taken)
        return largest(free) if polygons(free) else Polygon()

    return largest(bisect(shape, 0.05, 6.0, area))
