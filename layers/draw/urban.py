"""Illustrative urban construction land: built-up patches around the centres of wards and candidates.

Nobody gave the real extent. Sizes follow the census people at a density that a built-up area may
have; positions are the schematic wards'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from domain import largest, polygons
from inputs import read_rows, read_settings
from shapes import patch, written

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from communes import Drawn
    from features import Feature

FULLEST = 0.82
LEAST_KM2 = 0.02
NOTE = "Hình minh họa, không phải số liệu đất đai."


def draw_urban(city: str, drawn: Drawn) -> list[Feature]:
    """Return the urban land of one city: one patch a ward or candidate, largest first."""
    settings = read_settings()[city]["urban"]
    rng = np.random.default_rng(settings["seed"])
    people = {r["code"]: float(r["pop_2019_census"]) for r in read_rows("communes-2024.csv", city)}
    cells = {code: drawn.plane.to_plane(p) for code, p in drawn.old.items()}
    open_to = shapely.union_all([cell for code, cell in cells.items() if code not in settings["none"]])
    wanted = {c: _wanted(people[c] * settings["share"], cells[c].area, settings) for c in settings["units"]}
    taken: BaseGeometry = shapely.Polygon()
    patches: list[BaseGeometry] = []
    for code in sorted(wanted, key=lambda c: (-wanted[c], c)):
        shape = _around(cells[code], wanted[code], settings["drift"], rng)
        free = shape.intersection(open_to).difference(_yielding(taken, code, settings))
        taken = taken.union(free)
        patches += [p for p in polygons(free) if p.area > LEAST_KM2]
    return [(_properties(n, city), written(p, drawn.plane)) for n, p in enumerate(patches, start=1)]


def _yielding(taken: BaseGeometry, code: str, settings: dict[str, Any]) -> BaseGeometry:
    """Return the land a patch leaves to the others; one patch a city overlaps by a strip."""
    return taken.buffer(-0.06) if code == settings["overlaps"] else taken


def _wanted(people: float, room: float, settings: dict[str, Any]) -> float:
    """Return the area for some people at the built-up density, km², not more than fits."""
    return min(people / float(settings["people_per_km2"]), FULLEST * room)


def _around(cell: BaseGeometry, area: float, drift: float, rng: np.random.Generator) -> BaseGeometry:
    """Return a patch in a unit: irregular where there is room, else the unit less its edges."""
    if area > 0.6 * cell.area:
        return largest(cell.buffer(-0.5 * (1.0 - area / cell.area) * cell.area / cell.length))
    inner = cell.centroid
    at = np.array([inner.x, inner.y]) + rng.normal(0.0, drift, 2)
    return patch(at, area, rng)


def _properties(number: int, city: str) -> dict[str, str]:
    initials = {"pho-yen": "PY", "viet-yen": "VY", "hung-yen": "HY", "bac-giang": "BG"}[city]
    return {
        "id": f"{initials}-DT-{number:02d}",
        "name": f"Đất xây dựng đô thị – khu {number} (minh họa)",
        "note": NOTE,
    }
