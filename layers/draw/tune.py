"""Looks for the sites from which the diagrams of 2024 come out most like the stated numbers.

Run by hand, only when the input numbers change: ``python layers/draw/tune.py [city …]`` writes
``sites.csv``, which ``draw.py`` reads. A hill climb with a fixed seed, from the sites already there: each
site is moved a little, and the move is kept when more of each commune lies in its stated bounding box,
more stated neighbours touch, and the cells' centroids stay near the stated ones.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from shapely.geometry import Polygon

from domain import grown
from inputs import CITIES, HERE, Commune, city_plane, communes_2024, read_rows, read_settings
from power import power_diagram, solve_weights

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from plane import Array, Plane

ROUNDS = 1500
TOUCH_KM = 0.15
ENOUGH_SHARE = 0.95


@dataclass(frozen=True)
class Task:
    """One city's search: its units, the owner of each site and the areas of the sites."""

    units: list[Commune]
    owner: list[int]
    areas: Array
    domain: BaseGeometry

    def score(self, sites: Array, weights: Array) -> float:
        """Return how well the cells fit what is stated; higher is better."""
        diagram = power_diagram(self.domain, sites, weights)
        count = len(self.units)
        cells = [
            shapely.union_all(
                [c for c, o in zip(diagram.cells, self.owner, strict=True) if o == i], grid_size=1e-6
            )
            for i in range(count)
        ]
        touch = np.zeros((count, count))
        np.add.at(touch, (np.array(self.owner)[:, None], np.array(self.owner)[None, :]), diagram.borders)
        total = 0.0
        index = {u.code: i for i, u in enumerate(self.units)}
        pairs = {(i, index[n]) for i, u in enumerate(self.units) for n in u.neighbours}
        for unit, cell in zip(self.units, cells, strict=True):
            box = shapely.box(*unit.box_low, *unit.box_high)
            total += 1.5 * min(cell.intersection(box).area / cell.area, ENOUGH_SHARE)
            total -= 4.0 * max(0.0, 0.75 - cell.intersection(box).area / cell.area)
            away = np.hypot(cell.centroid.x - unit.centre[0], cell.centroid.y - unit.centre[1])
            total -= 0.5 * float(away) / np.sqrt(unit.area)
            round_ = 4.0 * np.pi * cell.area / cell.length**2
            total -= 4.0 * max(0.0, 0.55 - round_)
            if not isinstance(cell, Polygon):
                total -= 8.0 + 2.0 * sum(float(cell.geoms[0].distance(part)) for part in cell.geoms)
        total += 0.5 * sum(min(float(touch[p]) / TOUCH_KM, 1.0) for p in pairs)
        strangers = np.argwhere(np.triu(touch, 1) > 0.05)
        return total - 0.15 * sum((int(i), int(j)) not in pairs for i, j in strangers)


def search(task: Task, sites: Array, seed: int) -> Array:
    """Return improved sites, km."""
    rng = np.random.default_rng(seed)
    weights, _ = solve_weights(task.domain, sites, task.areas, np.zeros(len(sites)), tolerance=1e-3)
    best = task.score(sites, weights)
    for _ in range(ROUNDS):
        trial = sites.copy()
        reach = 0.4 * 10.0 ** rng.uniform(-1.7, 0.0)
        for k in rng.choice(len(sites), size=int(rng.integers(1, 3)), replace=False):
            trial[k] += rng.normal(0.0, reach * np.sqrt(task.areas[k]), 2)
        try:
            found, _ = solve_weights(task.domain, trial, task.areas, weights, tolerance=1e-3)
        except RuntimeError:
            continue
        score = task.score(trial, found)
        if score > best:
            sites, weights, best = trial, found, score
    return sites


def start(city: str, unit: Commune, split: dict[str, list[list[float]]], plane: Plane) -> list[Array]:
    """Return where a unit's sites start: where the last search left them, else as the settings say."""
    given = split.get(unit.code)
    kept = [r for r in read_rows("sites.csv", city) if r["code"] == unit.code]
    if len(kept) == len(given or [unit.centre]):
        return [plane.point(float(r["lon"]), float(r["lat"])) for r in kept]
    return [plane.point(*p) for p in given] if given else [unit.centre]


def main(wanted: list[str]) -> None:
    """Search the wanted cities (all when none is named) and write ``sites.csv``."""
    rows = [list(r.values()) for r in read_rows("sites.csv") if wanted and r["city"] not in wanted]
    for city in wanted or CITIES:
        settings = read_settings()[city]
        plane = city_plane(city)
        units = communes_2024(city, plane)
        owner: list[int] = []
        sites: list[Array] = []
        for i, unit in enumerate(units):
            places = start(city, unit, settings.get("split", {}), plane)
            owner += [i] * len(places)
            sites += places
        areas = np.array([units[o].area / owner.count(o) for o in owner])
        domain = grown(
            np.vstack([u.middle for u in units]),
            np.vstack([u.half for u in units]),
            np.array([u.area for u in units]),
            close=settings["close"],
            smooth=settings["smooth"],
        )
        found = search(Task(units, owner, areas, domain), np.vstack(sites), settings["seed"])
        for place, o in zip(found, owner, strict=True):
            lon, lat = plane.to_earth(shapely.Point(place)).coords[0]
            rows.append([city, units[o].code, f"{lon:.5f}", f"{lat:.5f}", f"{1 / owner.count(o):.4f}"])
    with (HERE / "sites.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(["city", "code", "lon", "lat", "share"])
        writer.writerows(rows)


if __name__ == "__main__":
    main(sys.argv[1:])
