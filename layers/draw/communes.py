"""The communes of one city in all its eras, as schematic polygons.

Three diagrams: the communes of November 2024; for Bắc Giang also the 17 units of Yên Dũng that
joined on 2025-01-01, around the old outline; and the units in force since 2025-07-01, drawn from the
same sites with the stated new areas.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from coverage import as_coverage, dissolved
from domain import beside, closed, exact, grown, joined
from inputs import (
    NewUnit,
    Row,
    Site,
    city_plane,
    communes_2024,
    read_rows,
    read_settings,
    sites_2024,
    units_2025,
    yen_dung,
)
from power import solve_weights

if TYPE_CHECKING:
    from shapely.geometry import Polygon
    from shapely.geometry.base import BaseGeometry

    from plane import Array, Plane

CLOSE_KM = 0.6
SMOOTH_KM = 0.05


@dataclass(frozen=True)
class Drawn:
    """What is drawn of a city: polygons in longitude and latitude by diagram and code."""

    plane: Plane
    old: dict[str, Polygon]
    new: dict[str, Polygon]

    def unit(self, row: Row) -> Polygon:
        """Return the polygon of one row of ``units.csv``."""
        source = self.new if row["diagram"] == "2025" else self.old
        return dissolved([source[code] for code in row["parts"].split("|")])


def draw_city(city: str) -> Drawn:
    """Draw all eras of one city."""
    plane = city_plane(city)
    sites = sites_2024(city, plane)
    units = communes_2024(city, plane)
    settings = read_settings()[city]
    outline = grown(
        np.vstack([u.middle for u in units]),
        np.vstack([u.half for u in units]),
        np.array([u.area for u in units]),
        close=settings["close"],
        smooth=settings["smooth"],
    )
    cells = diagram_cells(outline, sites)
    if city == "bac-giang":
        joining = _yen_dung_sites(plane, sites)
        ring = _ring(outline, joining)
        cells |= diagram_cells(ring, joining)
        outline = joined(shapely.union_all([outline, ring]).buffer(1e-6))
        sites = sites + joining
    old = as_coverage(cells, plane)
    new = as_coverage(_cells_2025(units_2025(city, plane), outline, sites), plane)
    return Drawn(plane=plane, old=old, new=new)


def diagram_cells(outline: BaseGeometry, sites: list[Site]) -> dict[str, BaseGeometry]:
    """Return the cells of a power diagram by unit, km."""
    areas = np.array([s.area for s in sites])
    areas *= outline.area / areas.sum()
    positions = np.vstack([s.position for s in sites])
    _, diagram = solve_weights(outline, positions, areas, np.zeros(len(sites)))
    return _by_unit(list(diagram.cells), [s.unit for s in sites])


def _by_unit(cells: list[BaseGeometry], owners: list[str]) -> dict[str, BaseGeometry]:
    grouped: dict[str, list[BaseGeometry]] = {}
    for cell, owner in zip(cells, owners, strict=True):
        grouped.setdefault(owner, []).append(cell)
    return {owner: shapely.union_all(parts) for owner, parts in grouped.items()}


def residual(total: float, centre: Array, known: list[tuple[float, Array]]) -> Array:
    """Return where the rest of a unit lies, from the centre of the whole and of the known parts."""
    left = total - sum(area for area, _ in known)
    moment = total * centre - sum((area * at for area, at in known), np.zeros(2))
    return np.asarray(moment / left, dtype=float)


def _yen_dung_sites(plane: Plane, city_sites: list[Site]) -> list[Site]:
    """Return sites for Yên Dũng's units, agreeing with the centres stated for the units of 2025.

    A unit without a right position takes the place that is left in its unit of 2025. Where all
    positions are given, the group is shifted as one to the stated centre.
    """
    rows = yen_dung(plane)
    areas = {code: area for code, area, _ in rows}
    places: dict[str, Array] = {code: at for code, _, at in rows if at is not None}
    kept = {s.unit: s for s in city_sites}
    for unit in units_2025("bac-giang", plane):
        mine = [c for c in unit.old if c in areas]
        if not mine:
            continue
        fixed = [(kept[c].area, kept[c].position) for c in unit.old if c in kept]
        missing = [c for c in mine if c not in places]
        if missing:
            known = fixed + [(areas[c], places[c]) for c in mine if c in places]
            places[missing[0]] = residual(unit.area, unit.centre, known)
        else:
            rest = residual(unit.area, unit.centre, fixed)
            weights = np.array([areas[c] for c in mine])
            now = np.average(np.vstack([places[c] for c in mine]), axis=0, weights=weights)
            places.update({c: places[c] + rest - now for c in mine})
    return [Site(code, places[code], area) for code, area, _ in rows]


def _ring(outline: Polygon, joining: list[Site]) -> Polygon:
    """Return the outline of the units that join, adjoining the old city without a gap."""
    areas = np.array([s.area for s in joining])
    return grown(
        np.vstack([s.position for s in joining]),
        np.repeat(np.sqrt(areas / np.pi)[:, None], 2, axis=1),
        areas,
        close=CLOSE_KM,
        smooth=SMOOTH_KM,
        base=outline,
    )


def _cells_2025(units: list[NewUnit], outline: BaseGeometry, sites: list[Site]) -> dict[str, BaseGeometry]:
    """Return the units of 2025: old sites scaled to the new areas, plus sites for what was added."""
    owner = {code: unit.code for unit in units for code in unit.old}
    extra: list[BaseGeometry] = []
    placed: list[Site] = []
    for unit in units:
        mine = [s for s in sites if owner.get(s.unit) == unit.code]
        known = sum(s.area for s in mine)
        scale = 1.0
        if unit.added:
            at = residual(unit.area, unit.centre, [(s.area, s.position) for s in mine])
            half = np.full(2, np.sqrt((unit.area - known) / np.pi))
            extra.append(beside(at, half, outline, unit.area - known))
            where = np.array([extra[-1].centroid.x, extra[-1].centroid.y])
            placed.append(Site(unit.code, where, unit.area - known))
        else:
            scale = unit.area / known
        placed += [Site(unit.code, s.position, s.area * scale) for s in mine]
    around = joined(closed(shapely.union_all([outline, *extra]), 0.3))
    return diagram_cells(exact(around, sum(u.area for u in units)), placed)


def neighbour(drawn: Drawn, row: Row) -> Polygon:
    """Draw a commune outside the city beside it, overlapping it in no era."""
    numbers = next(r for r in read_rows("units-2025.csv", "neighbour") if r["code"] == row["code"])
    plane = drawn.plane
    centre = plane.point(float(numbers["lon"]), float(numbers["lat"]))
    eras = [shapely.union_all(list(era.values())) for era in (drawn.old, drawn.new)]
    taken = plane.to_plane(shapely.union_all(eras)).buffer(1e-6)
    area = float(numbers["area_km2"])
    shape = beside(centre, np.full(2, np.sqrt(area / np.pi)), taken, area)
    return as_coverage({row["code"]: shape}, plane)[row["code"]]
