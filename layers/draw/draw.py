"""Draws the bundled schematic and illustrative layers: ``python layers/draw/draw.py [--out DIR]``.

Everything comes from the tables beside this script; running it twice writes the same files.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from communes import Drawn, draw_city, neighbour
from features import Feature, write_layer
from inputs import CITIES, HERE, Row, read_rows
from plans import draw_plans
from urban import draw_urban
from zones import draw_zones

if TYPE_CHECKING:
    from shapely.geometry import Polygon

COLUMNS = (
    "code",
    "name",
    "valid_from",
    "valid_to",
    "established_by",
    "ended_by",
    "formed_from",
    "ward_candidate",
    "candidate_source",
    "area_published_km2",
    "area_source",
    "area_confidence",
    "area_drawn_to_km2",
    "area_drawn_to_source",
)
NUMBERS = ("area_published_km2", "area_drawn_to_km2")
NEIGHBOURS_OF = "pho-yen"


def commune_properties(row: Row) -> dict[str, Any]:
    """Return a unit's properties in the order of the contract."""
    values: dict[str, Any] = {name: row[name] or None for name in COLUMNS}
    values["ward_candidate"] = row["ward_candidate"] == "true"
    values |= {name: float(row[name]) for name in NUMBERS if row[name]}
    return values


def commune_features(city: str, drawn: Drawn) -> list[Feature]:
    """Return all units of one city, of all its eras, in the order of ``units.csv``."""
    return [(commune_properties(row), drawn.unit(row)) for row in read_rows("units.csv", city)]


def draw(city: str, folder: Path) -> None:
    """Draw and write the layers of one city."""
    drawn = draw_city(city)
    outside: dict[str, Polygon] = {}
    if city == NEIGHBOURS_OF:
        rows = read_rows("units.csv", "neighbour")
        outside = {row["code"]: neighbour(drawn, row) for row in rows}
        listed = [(commune_properties(row), outside[row["code"]]) for row in rows]
        write_layer(folder / "neighbours.geojson", listed)
    zones = draw_zones(city, drawn, outside)
    write_layer(folder / "communes.geojson", commune_features(city, drawn))
    write_layer(folder / "industrial_zones.geojson", zones)
    write_layer(folder / "plans.geojson", draw_plans(city, drawn, zones))
    write_layer(folder / "urban_land.geojson", draw_urban(city, drawn))


def main() -> None:
    """Draw the wanted cities."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("cities", nargs="*", help=f"of {', '.join(CITIES)}; all when none is named")
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder that gets one folder a city")
    options = parser.parse_args()
    unknown = sorted(set(options.cities) - set(CITIES))
    if unknown:
        parser.error(f"no such city: {', '.join(unknown)}")
    for city in options.cities or CITIES:
        draw(city, options.out / city)


if __name__ == "__main__":
    main()
