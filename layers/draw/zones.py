"""Industrial zones: blocks of the declared area, somewhere inside the communes that host them.

No source gives a zone's position. A zone is put where it touches most of its hosts, as compact as it
will go, and off the other zones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import Polygon

from domain import bisect, largest, offset, polygons
from inputs import Row, read_rows
from shapes import block, placed, written

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from communes import Drawn
    from features import Feature

COLUMNS = (
    "id",
    "name",
    "kind",
    "status",
    "established_on",
    "decision",
    "area_declared_ha",
    "area_source",
    "confidence",
    "leased_ha",
    "host_communes",
    "note",
)
CLOSE_KM = 0.1
INSET_KM = 0.04
APART_KM = 0.12
ENOUGH_IN_HOST = 0.08
GRID_STEPS = 14


def draw_zones(city: str, drawn: Drawn, outside: dict[str, Polygon]) -> list[Feature]:
    """Return the zones of one city in the order of the table."""
    plane = drawn.plane
    communes = {code: plane.to_plane(p) for code, p in {**drawn.old, **outside}.items()}
    shapes: list[BaseGeometry] = []
    features: list[Feature] = []
    for row in read_rows("zones.csv", city):
        hosts = [communes[code] for code in row["hosts"].split("|")]
        shapes.append(_place(hosts, shapes, float(row["area_declared_ha"]) / 100.0))
        features.append((properties(row), written(shapes[-1], plane)))
    return features


def properties(row: Row) -> dict[str, str | float | None]:
    """Return a zone's properties in the order of the contract."""
    values: dict[str, str | float | None] = {name: row.get(name) or None for name in COLUMNS}
    values["area_declared_ha"] = float(row["area_declared_ha"])
    return values


def _place(hosts: list[BaseGeometry], taken: list[BaseGeometry], area: float) -> Polygon:
    """Return a block of the wanted area inside the hosts and off the zones already placed."""
    allowed = shapely.union_all(hosts).buffer(CLOSE_KM).buffer(-CLOSE_KM - INSET_KM)
    if taken:
        allowed = allowed.difference(shapely.union_all(taken).buffer(APART_KM, join_style="mitre"))
    west, south, east, north = allowed.bounds
    xs, ys = np.linspace(west, east, GRID_STEPS), np.linspace(south, north, GRID_STEPS)
    trials = [
        placed(block("chamfered", aspect, area), np.array([x, y]), angle)
        for aspect in (1.3, 1.9, 2.6)
        for angle in (0.0, 30.0, 60.0, 90.0, 120.0, 150.0)
        for x in xs
        for y in ys
    ]
    shapely.prepare(allowed)
    inside = shapely.area(shapely.intersection(np.array(trials), allowed)) / area
    score = 4.0 * np.minimum(inside, 0.9999)
    for host in hosts:
        shared = shapely.area(shapely.intersection(np.array(trials), host)) / area
        score += np.minimum(shared / ENOUGH_IN_HOST, 1.0) * 0.3 + np.minimum(shared, 0.3) * 0.1
    best = trials[int(np.argmax(np.round(score, 9)))]
    return largest(bisect(lambda grow: _fitted(best, grow, allowed), -1.0, 2.0, area))


def _fitted(shape: Polygon, grow: float, allowed: BaseGeometry) -> Polygon:
    """Return a block grown by a distance and cut to where it may lie."""
    fitted = offset(shape, grow).intersection(allowed)
    return largest(fitted) if polygons(fitted) else Polygon()
