"""From cells in the plane to a valid coverage in longitude and latitude."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely.geometry import Polygon
from shapely.strtree import STRtree

from domain import polygons
from plane import GRID, Plane, rounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shapely.geometry.base import BaseGeometry

SPECK = 0.001


def as_coverage(cells: Mapping[str, BaseGeometry], plane: Plane) -> dict[str, Polygon]:
    """Return cells as polygons that share every vertex of their common borders.

    All linework is noded together on the grid of the written decimals, turned into faces, and each
    face is given to the cell it lies in. Rounding afterwards changes nothing.

    Parameters
    ----------
    cells : mapping of key to polygonal geometry
        In the plane, km, touching up to rounding error.
    plane : Plane

    Returns
    -------
    dict of key to Polygon
        Longitude and latitude, six decimals.
    """
    keys = list(cells)
    earth = [plane.to_earth(cells[k]) for k in keys]
    lines = shapely.union_all([shapely.boundary(g) for g in earth], grid_size=GRID)
    faces = list(shapely.polygonize([lines]).geoms)
    tree = STRtree(earth)
    owned: dict[str, list[BaseGeometry]] = {k: [] for k in keys}
    for face in faces:
        inside = face.representative_point()
        hits = tree.query(inside, predicate="within")
        if len(hits):
            owned[keys[int(min(hits))]].append(face)
        else:
            _give_sliver(face, earth, keys, owned)
    _move_specks(owned)
    return {k: dissolved(owned[k]) for k in keys}


def _move_specks(owned: dict[str, list[BaseGeometry]]) -> None:
    """Give a speck cut off from its cell by a bay of the outline to the cell it borders most."""
    for key, faces in owned.items():
        parts = polygons(shapely.coverage_union_all(faces))
        body = max(parts, key=lambda p: p.area)
        for face in [f for f in faces if not body.contains(f.representative_point())]:
            if face.area > SPECK * body.area:
                msg = f"{key} is drawn in two large pieces: move its site"
                raise ValueError(msg)
            others = [k for k in owned if k != key]
            touch = [sum(face.intersection(f).length for f in owned[k]) for k in others]
            faces.remove(face)
            owned[others[touch.index(max(touch))]].append(face)


def _give_sliver(
    face: BaseGeometry, earth: list[BaseGeometry], keys: list[str], owned: dict[str, list[BaseGeometry]]
) -> None:
    """Give a face that rounding opened between cells to the cell it touches most; skip real holes."""
    if face.area > 1e-8:
        return
    best = max(range(len(keys)), key=lambda i: face.buffer(2 * GRID).intersection(earth[i]).area)
    owned[keys[best]].append(face)


def dissolved(faces: list[BaseGeometry]) -> Polygon:
    """Return the union of faces of one coverage as one polygon, keeping every shared vertex."""
    merged = rounded(shapely.coverage_union_all(faces)).normalize()
    if not isinstance(merged, Polygon):
        msg = f"a unit comes out as {merged.geom_type} instead of one polygon"
        raise TypeError(msg)
    return merged
