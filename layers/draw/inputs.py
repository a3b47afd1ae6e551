"""Reads the input tables of the drawing. Every figure in them carries its source there."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from plane import Array, Plane

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent

CITIES = ("pho-yen", "viet-yen", "hung-yen", "bac-giang")

Row = dict[str, str]


def read_rows(name: str, city: str | None = None) -> list[Row]:
    """Return the rows of an input table, of one city or of all."""
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if city is None or row["city"] == city]


def read_settings() -> dict[str, Any]:
    """Return the drawing's settings, one table per city."""
    return tomllib.loads((HERE / "settings.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Site:
    """One site of a power diagram: a position and the unit it draws, or a part of the unit.

    Attributes
    ----------
    unit : str
        Code of the unit, or the name of an added area.
    position : array, shape (2,)
        km, in the city's plane.
    area : float
        Area its cell gets, km².
    """

    unit: str
    position: Array
    area: float


@dataclass(frozen=True)
class Commune:
    """What is known of one commune of 2024 for drawing it."""

    code: str
    name: str
    area: float
    centre: Array
    box_low: Array
    box_high: Array
    neighbours: tuple[str, ...]

    @property
    def half(self) -> Array:
        """Half extents of the bounding box, km."""
        return (self.box_high - self.box_low) / 2.0

    @property
    def middle(self) -> Array:
        """Between the centroid and the middle of the bounding box, km."""
        return (self.centre + (self.box_low + self.box_high) / 2.0) / 2.0


@dataclass(frozen=True)
class NewUnit:
    """One unit of 2025-07-01: its stated area and centre, and what it was made of."""

    code: str
    area: float
    centre: Array
    old: tuple[str, ...]
    added: str


def drawn_area(row: Row) -> float:
    """Return the area a commune of 2024 is drawn to: official when given, else as measured, km²."""
    return float(row["area_official_km2"] or row["area_drawn_km2"])


def city_plane(city: str) -> Plane:
    """Return the drawing plane of a city: centred on the mean of the communes' centroids."""
    rows = read_rows("communes-2024.csv", city)
    lon = np.mean([float(r["lon"]) for r in rows])
    lat = np.mean([float(r["lat"]) for r in rows])
    return Plane(round(float(lon), 3), round(float(lat), 3))


def communes_2024(city: str, plane: Plane) -> list[Commune]:
    """Return the communes of November 2024, in the order of the table."""
    return list(_communes(city, plane))


def _communes(city: str, plane: Plane) -> Iterator[Commune]:
    rows = read_rows("communes-2024.csv", city)
    codes = {r["name"]: r["code"] for r in rows}
    for r in rows:
        yield Commune(
            code=r["code"],
            name=r["name"],
            area=drawn_area(r),
            centre=plane.point(float(r["lon"]), float(r["lat"])),
            box_low=plane.point(float(r["west"]), float(r["south"])),
            box_high=plane.point(float(r["east"]), float(r["north"])),
            neighbours=tuple(codes[n] for n in r["neighbours"].split("|") if n in codes),
        )


def sites_2024(city: str, plane: Plane) -> list[Site]:
    """Return the sites found by ``tune.py`` for the communes of 2024."""
    areas = {r["code"]: drawn_area(r) for r in read_rows("communes-2024.csv", city)}
    return [
        Site(r["code"], plane.point(float(r["lon"]), float(r["lat"])), areas[r["code"]] * float(r["share"]))
        for r in read_rows("sites.csv", city)
    ]


def yen_dung(plane: Plane) -> list[tuple[str, float, Array | None]]:
    """Return code, area and stated position of the 17 units of Yên Dũng; no position when none is right."""
    return [
        (r["code"], float(r["area_km2"]), plane.point(float(r["lon"]), float(r["lat"])) if r["lon"] else None)
        for r in read_rows("yen-dung-2025.csv")
    ]


def units_2025(city: str, plane: Plane) -> list[NewUnit]:
    """Return the units in force since 2025-07-01."""
    return [
        NewUnit(
            code=r["code"],
            area=float(r["area_km2"]),
            centre=plane.point(float(r["lon"]), float(r["lat"])),
            old=tuple(filter(None, r["old_communes"].split("|"))),
            added=r["added"],
        )
        for r in read_rows("units-2025.csv", city)
    ]
