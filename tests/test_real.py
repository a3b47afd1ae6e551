"""Real boundaries: the four cities and the whole country (data that is no part of the project)."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pyproj import Geod

import geoplan
from conftest import CITIES
from geoplan.cli import main
from geoplan.errors import DataWarning
from test_map import open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize("name", CITIES)
def test_a_workspace_of_real_boundaries_builds_map_and_workbook(
    real_data: Path, tmp_path: Path, browser: Browser, name: str
) -> None:
    source = real_data / f"{name}-communes-2025.geojson"
    workspace, out = str(tmp_path / "w"), tmp_path / "maps"
    assert main(["init", name, "--workspace", workspace, "--communes", str(source)]) == 0
    assert main(["build", "--workspace", workspace, "--out", str(out)]) == 0
    real = gpd.read_file(source)
    opened = open_page(browser, out / f"{name}.html")
    assert opened.page.locator(".leaflet-communes-pane path").count() == len(real)
    said = opened.page.locator("body").inner_text()
    assert "Quy hoạch chỉ để minh họa" in said
    sources = opened.tab("Nguồn").inner_text()
    assert "Đơn vị hành chính (số hóa)" in sources
    assert source.name in sources
    opened.quiet()
    opened.page.close()
    city = geoplan.open_city(name, workspace=workspace)
    assert city.on.isoformat() >= "2025-07-01"
    assert city.communes["kind"].isin(["ward", "commune"]).all()
    assert set(city.communes["code"]) == set(real["code"])
    assert (out / "reports" / f"{name}.xlsx").stat().st_size > 10_000
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert "communes.gpkg" in manifest["cities"][0]["inputs"]


def test_published_and_drawn_area_of_pho_yen(real_data: Path) -> None:
    """The areas that were computed from the same polygons elsewhere, and the legal ones beside them."""
    communes = gpd.read_file(real_data / "pho-yen-communes-2025.geojson")
    drawn = geoplan.density(communes.assign(population=1)).set_index("code")["area_km2"]
    stated = {"05860": 40.97, "05890": 39.84, "05899": 26.06, "05857": 73.20, "05881": 44.30, "05488": 107.60}
    assert drawn.round(2).to_dict() == pytest.approx(stated, abs=0.011)
    published = communes.set_index("code")["area_published_km2"]
    assert (drawn / published - 1).abs().max() < 0.021
    geodesic = [abs(GEOD.geometry_area_perimeter(s)[0]) / 1e6 for s in communes.geometry.segmentize(0.001)]
    assert drawn.tolist() == pytest.approx(geodesic, rel=1e-6)


def test_coverage_over_the_published_area_differs_by_the_ratio_of_areas(real_data: Path) -> None:
    communes = gpd.read_file(real_data / "pho-yen-communes-2025.geojson")
    plans = geoplan.open_city("pho-yen").plans
    table = geoplan.coverage(communes, plans=plans, on="2026-01-01")
    wide = table.pivot_table(index=["code", "plan_kind"], columns="denominator", values="coverage_pct")
    areas = table.pivot_table(index=["code", "plan_kind"], columns="denominator", values="denominator_km2")
    ratio = areas["natural"] / areas["published"]
    assert (wide["published"]).to_numpy() == pytest.approx((wide["natural"] * ratio).to_numpy(), rel=1e-9)


def test_the_whole_country_as_one_coverage(real_data: Path) -> None:
    """3,321 units: the total area is the geodesic one, and no gap is negative."""
    communes = geoplan.read_layer(real_data / "vietnam-communes-2025.parquet")
    assert len(communes) == 3321
    halves = gpd.GeoDataFrame(
        {"kind": ["zoning", "zoning"]},
        geometry=[
            shapely.box(*communes.total_bounds).buffer(0.001).envelope.intersection(b)
            for b in _halves(communes)
        ],
        crs=4326,
    )
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        table = geoplan.coverage(communes, plans=halves, on="2026-01-01")
    assert any("chồng lên nhau" in str(w.message) for w in heard if issubclass(w.category, DataWarning))
    natural = table[table["denominator"] == "natural"]
    geodesic = np.array(
        [abs(GEOD.geometry_area_perimeter(s)[0]) / 1e6 for s in communes.geometry.segmentize(0.001)]
    )
    assert natural["denominator_km2"].to_numpy() == pytest.approx(geodesic, rel=1e-6)
    assert natural["denominator_km2"].sum() == pytest.approx(geodesic.sum(), rel=1e-7)
    assert (natural["gap_km2"] >= 0).all()
    assert natural["covered_km2"].to_numpy() == pytest.approx(geodesic, rel=1e-6)
    assert natural["conflict_km2"].to_numpy() == pytest.approx(np.zeros(3321), abs=1e-6)


def _halves(communes: gpd.GeoDataFrame) -> list[object]:
    west, south, east, north = communes.total_bounds
    middle = (south + north) / 2
    return [
        shapely.box(west - 1, south - 1, east + 1, middle),
        shapely.box(west - 1, middle, east + 1, north + 1),
    ]


def test_people_of_a_real_raster(real_data: Path) -> None:
    """WorldPop 2020 in the units of Phổ Yên: near the police figures, and within the whole window."""
    raster = geoplan.open_raster(real_data / "worldpop-2020-1km-four-cities.tif")
    communes = gpd.read_file(real_data / "pho-yen-communes-2025.geojson")
    table = geoplan.density(communes, raster=raster).set_index("code")
    assert table["population"].notna().all()
    assert 0.6 < table.loc["05860", "population"] / 49162 < 1.4
    whole = geoplan.density(communes.dissolve().assign(code="all"), raster=raster)
    assert whole["population"].iloc[0] == pytest.approx(table["population"].sum(), rel=1e-4)


def test_the_command_on_real_files(real_data: Path, tmp_path: Path) -> None:
    plans = geoplan.open_city("viet-yen").plans
    plans.to_crs(9214).to_file(tmp_path / "qh.gpkg")
    out = tmp_path / "bang.parquet"
    communes = real_data / "viet-yen-communes-2025.geojson"
    assert main(["coverage", "--communes", str(communes), "--plans", str(tmp_path / "qh.gpkg"), "--on", "2026-01-01",
                 "--out", str(out)]) == 0  # fmt: skip
    table = pd.read_parquet(out)
    assert table.groupby("denominator").size().to_dict() == {"natural": 12, "published": 12}
    general = table[(table["plan_kind"] == "general") & (table["denominator"] == "natural")]
    assert (general["coverage_pct"] > 50).all()
