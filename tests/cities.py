"""Small cities for the tests: squares whose areas a person can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import tomli_w
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from pathlib import Path

WEST, SOUTH = 105.8, 21.4
STEP = 0.01  # degrees, about 1.1 km


def square(column: float, row: float, width: float = 1, height: float = 1) -> Polygon:
    """A box on the grid of the tiny city, counted in cells from its south-west corner."""
    west, south = WEST + column * STEP, SOUTH + row * STEP
    return box(west, south, west + width * STEP, south + height * STEP)


def tiny_layers(name: str = "Xã {}") -> dict[str, gpd.GeoDataFrame]:
    """Four communes in a row, three plans, a zone and urban land, on the grid of `square`.

    Commune 0 is a ward; 1 is a candidate; 3 has no population. `name` may be hostile.
    """
    communes = gpd.GeoDataFrame(
        {
            "code": ["00001", "00002", "00003", "00004"],
            "name": [name.format(i) for i in range(4)],
            "valid_from": [None] * 4,
            "valid_to": [None] * 4,
            "ward_candidate": [False, True, False, False],
            "area_published_km2": [1.1, None, 1.2, 1.15],
            "area_source": [name, None, None, None],
        },
        geometry=[square(i, 0) for i in range(4)],
        crs=4326,
    )
    plans = gpd.GeoDataFrame(
        {
            "id": ["P1", "P2", "P3"],
            "name": [name.format("PK1"), name.format("PK2"), name.format("CT1")],
            "kind": ["zoning", "zoning", "detailed"],
            "status": ["approved", "approved", "approved"],
            "decision": [name, name, name],
            "approved_on": ["2020-01-01", "2021-01-01", "2022-01-01"],
            "expires_on": [None, None, None],
            "superseded_on": [None, None, None],
        },
        geometry=[square(0, 0, 1.5), square(1.25, 0, 0.5), square(0, 0, 0.5, 0.5)],
        crs=4326,
    )
    zones = gpd.GeoDataFrame(
        {
            "id": ["Z1"],
            "name": [name.format("KCN")],
            "kind": ["park"],
            "status": ["established"],
            "established_on": ["2019-05-01"],
            "decision": [name],
            "area_declared_ha": [50.0],
            "leased_ha": [25.0],
            "host_communes": [name],
            "note": [name],
        },
        geometry=[square(2.5, 0.25, 0.5, 0.5)],
        crs=4326,
    )
    urban = gpd.GeoDataFrame(
        {"id": ["U1"], "name": [name], "note": [name]}, geometry=[square(0.5, 0, 1, 0.5)], crs=4326
    )
    return {"communes": communes, "plans": plans, "industrial_zones": zones, "urban_land": urban}


def write_city(
    root: Path, layers: dict[str, gpd.GeoDataFrame], *, city_id: str = "tiny", title: str = "Thành phố Thử"
) -> Path:
    """A workspace holding one city made of these layers; its folder."""
    folder = root / city_id
    folder.mkdir(parents=True)
    for layer, frame in layers.items():
        frame.to_file(folder / f"{layer}.geojson", driver="GeoJSON")
    words = {"vi": title, "en": title}
    info = {
        "id": city_id,
        "name": title,
        "titles": [words],
        "class_now": "III",
        "class_now_source": title,
        "class_aimed": [{"class": "II", "due": 2025, "document": title}],
        "crs": "EPSG:9213",
        "crs_source": "EPSG",
        "record_from": pd.Timestamp("2000-01-01").date(),
        "default_on": pd.Timestamp("2024-01-18").date(),
        "provinces": [{"name": "Thái Nguyên"}],
        "layers": {
            layer: {"file": f"{layer}.geojson", "standing": "illustrative", "source": words, "licence": "MIT"}
            for layer in layers
        },
    }
    (folder / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")
    codes = list(layers["communes"]["code"])
    kinds = pd.DataFrame({"code": codes, "unit_from": "", "kind": ["ward"] + ["commune"] * (len(codes) - 1)})
    kinds.assign(valid_from="", valid_to="").to_csv(folder / "unit_kinds.csv", index=False)
    people = pd.DataFrame(
        {"code": codes[:3], "unit_from": "", "population": [11000, 2000, 3000][: len(codes)]}
    )
    people.assign(population_on="2019-04-01", series="census-2019", source=title, confidence="seen").to_csv(
        folder / "population.csv", index=False
    )
    return folder
