"""Small cities for the tests: squares whose areas a person can check."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import tomli_w
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from collections.abc import Mapping
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


def tiny_targets() -> dict[str, Any]:
    """A target of each kind for the tiny city, as ``targets.toml`` has them; due in 2025, base 2022-01-01."""
    words = {"vi": "Chỉ tiêu thử", "en": "A target to try"}
    common = {"title": words, "document": "900", "section": "I", "quote": "đạt 10%", "due": 2025}
    done: dict[str, Any] = {"operator": "done", "unit": "fact"}
    percent = {"operator": ">=", "unit": "percent"}
    rows: dict[str, dict[str, Any]] = {
        "zoning": percent | {"answered_by": "layers", "metric": "coverage.zoning.natural", "value": 80},
        "population": {
            "answered_by": "layers", "metric": "population", "operator": ">", "value": 20000, "unit": "person",
        },
        "class": done | {"answered_by": "class", "metric": "II", "unit": "class"},
        "ward": done | {"answered_by": "unit", "metric": "ward", "scope": "candidates", "unit": "unit"},
        "poor": {
            "answered_by": "indicator", "metric": "poor_households", "operator": "<", "value": 1,
            "unit": "percent_2",
        },
        "revenue": {
            "answered_by": "indicator", "metric": "budget_revenue_own", "operator": "between", "value": 10,
            "upper": 15, "unit": "percent_per_year", "growth": "mean", "yearly": True,
        },
        "boundary": done | {
            "answered_by": "fact", "fact": {"done_on": dt.date(2023, 6, 1), "decision": "QĐ 1"},
        },
        "unheard": done | {"answered_by": "nothing"},
    }  # fmt: skip
    document = {"id": "900", "title": words, "base_on": dt.date(2022, 1, 1), "base_why": words}
    return {"documents": [document], "targets": [{"id": f"900.{k}"} | common | v for k, v in rows.items()]}


def tiny_indicators() -> pd.DataFrame:
    """Two indicators for the tiny city, as ``indicators.csv`` has them: revenue up by 10 % a year."""
    rows = [
        (2021, "city", "budget_revenue_own", "100", "", "báo cáo"),
        (2022, "city", "budget_revenue_own", "110", "", "báo cáo"),
        (2023, "city", "budget_revenue_own", "121", "", "báo cáo"),
        (2021, "city", "poor_households", "3", "", "báo cáo"),
        (2023, "city", "poor_households", "0.5", "under", "báo cáo"),
    ]
    return pd.DataFrame(rows, columns=["year", "scope", "indicator", "value", "qualifier", "source"])


def write_city(
    root: Path,
    layers: dict[str, gpd.GeoDataFrame],
    *,
    city_id: str = "tiny",
    title: str = "Thành phố Thử",
    more: Mapping[str, Any] | None = None,
    targets: Mapping[str, Any] | None = None,
    indicators: pd.DataFrame | None = None,
) -> Path:
    """A workspace holding one city made of these layers; its folder.

    `more` goes into ``city.toml`` (classes, factors, stated …); `targets` and `indicators` become the
    files of these names.
    """
    folder = root / city_id
    folder.mkdir(parents=True)
    for layer, frame in layers.items():
        frame.to_file(folder / f"{layer}.geojson", driver="GeoJSON")
    words = {"vi": title, "en": title}
    info = {
        "id": city_id,
        "name": title,
        "titles": [words | {"kind": "provincial_city"}],
        "classes": [{"class": "III", "source": title, "confidence": "seen"}],
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
    (folder / "city.toml").write_text(tomli_w.dumps(info | dict(more or {})), encoding="utf-8")
    if targets is not None:
        (folder / "targets.toml").write_text(tomli_w.dumps(dict(targets)), encoding="utf-8")
    if indicators is not None:
        indicators.to_csv(folder / "indicators.csv", index=False)
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
