"""Density and zonal sums against squares, grids and a cell-by-cell reference."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from shapely import affinity
from shapely.geometry import Point, box

import geoplan
from cities import SOUTH, STEP, WEST, square, tiny_layers
from geoplan import crs
from geoplan.errors import CrsError, DataError, DataWarning, UsageError
from geoplan.measures import density_totals, people_in_raster
from geoplan.measures.totals import groups

GEOD = Geod(ellps="WGS84")


def frame(*shapes: object, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def grid(path: Path, people: np.ndarray, *, nodata: float | None = -99999, code: int = 4326) -> Path:
    """A GeoTIFF whose cells are the cells of the tiny city, north row first."""
    rows, columns = people.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float64", nodata=nodata,
        crs=CRS.from_epsg(code).to_wkt(), transform=Affine(STEP, 0, WEST, 0, -STEP, SOUTH + rows * STEP),
    ) as file:  # fmt: skip
        file.write(people, 1)
    return path


def test_people_over_the_area_on_the_ellipsoid() -> None:
    communes = tiny_layers()["communes"].assign(population=[11000, 2000, None, 0])
    table = geoplan.density(communes)
    assert list(table.columns) == ["code", "name", "population", "area_km2", "density_per_km2"]
    area = abs(GEOD.geometry_area_perimeter(square(0, 0))[0]) / 1e6
    assert table.loc[0, "area_km2"] == pytest.approx(area, rel=1e-6)
    assert table.loc[0, "density_per_km2"] == pytest.approx(11000 / area, rel=1e-6)
    assert np.isnan(table.loc[2, "density_per_km2"])
    assert table.loc[3, "density_per_km2"] == 0


def test_a_negative_population_is_unknown() -> None:
    with pytest.warns(DataWarning, match="dân số âm ở dòng 0"):
        table = geoplan.density(frame(square(0, 0), code=["A"], population=[-99999]))
    assert np.isnan(table.loc[0, "population"])


def test_the_index_is_the_input_s() -> None:
    communes = frame(square(0, 0), square(1, 0), code=["A", "B"], population=[1, 2])
    communes.index = ["x", "y"]
    assert geoplan.density(communes).index.tolist() == ["x", "y"]


def test_inner_density_is_over_urban_land() -> None:
    layers = tiny_layers()
    communes = layers["communes"].assign(
        population=[11000, 2000, 3000, 100], kind=["ward"] * 2 + ["commune"] * 2
    )
    table = geoplan.density(communes, urban_land=layers["urban_land"])
    land = abs(GEOD.geometry_area_perimeter(square(0.5, 0, 0.5, 0.5))[0]) / 1e6
    assert table.loc[0, "urban_land_km2"] == pytest.approx(land, rel=1e-6)
    assert table.loc[0, "density_urban_per_km2"] == pytest.approx(11000 / land, rel=1e-6)
    assert np.isnan(table.loc[3, "density_urban_per_km2"])
    totals = density_totals(table, members=groups(communes)).set_index(["group", "denominator"])
    assert totals.loc[("wards", "urban_land"), "density_per_km2"] == pytest.approx(
        13000 / (2 * land), rel=1e-5
    )
    assert totals.loc[("all", "natural"), "population"] == 16100
    assert ("all", "urban_land") not in totals.index


def test_a_sum_over_a_missing_population_says_so() -> None:
    communes = tiny_layers()["communes"].assign(population=[11000, 2000, None, 1])
    totals = density_totals(geoplan.density(communes), members=groups(communes)).set_index("group")
    assert np.isnan(totals.loc["all", "population"])
    assert np.isnan(totals.loc["all", "density_per_km2"])
    assert totals.loc["all", "missing"] == "Xã 2"
    assert totals.loc["candidates", "population"] == 2000


def test_a_missing_or_wrong_population_column() -> None:
    with pytest.raises(UsageError, match="không có cột “population”; các cột có: code"):
        geoplan.density(frame(square(0, 0), code=["A"]))
    with pytest.raises(DataError, match="dòng 1: “nhiều” không phải là số"):
        geoplan.density(frame(square(0, 0), square(1, 0), code=["A", "B"], population=["12", "nhiều"]))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["1.234.567", "12.345"], [1234567, 12345]),
        (["1234.5", "12.345"], [1234.5, 12.345]),
        (["1,5", " 2 000 "], [1.5, 2000]),
    ],
)
def test_numbers_as_text_are_read_as_their_column_is_written(texts: list[str], expected: list[float]) -> None:
    table = geoplan.density(frame(square(0, 0), square(1, 0), code=["A", "B"], population=texts))
    assert table["population"].tolist() == expected


@pytest.mark.parametrize("text", ["12.345", "1,234", "inf", "-inf"])
def test_a_number_that_could_be_two_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="hai số khác nhau|không phải là số"):
        geoplan.density(frame(square(0, 0), code=["A"], population=[text]))


def test_whole_cells_and_shares_of_cells(tmp_path: Path) -> None:
    raster = geoplan.open_raster(grid(tmp_path / "p.tif", np.array([[10.0, 20.0], [30.0, 40.0]])))
    communes = frame(
        square(0, 0), square(0, 0, 2, 2), square(0.5, 0.5), square(0, 0, 0.25), code=list("ABCD")
    )
    people = people_in_raster(communes, raster=raster)
    assert people.tolist() == pytest.approx([30, 100, 25, 7.5], rel=1e-9)


def test_no_data_is_nobody_whatever_it_is_called(tmp_path: Path) -> None:
    cells = np.array([[10.0, -99999.0], [np.nan, -32768.0]])
    raster = geoplan.open_raster(grid(tmp_path / "p.tif", cells))
    communes = frame(square(0, 0, 2, 2), square(1, 0), code=["A", "B"])
    people = people_in_raster(communes, raster=raster)
    assert people[0] == pytest.approx(10)
    assert np.isnan(people[1])


def test_a_commune_outside_the_raster_is_unknown(tmp_path: Path) -> None:
    raster = geoplan.open_raster(grid(tmp_path / "p.tif", np.ones((2, 2))))
    communes = frame(square(10, 10), square(-1, 0, 2), square(0, 0), code=["A", "B", "C"])
    with pytest.warns(DataWarning, match="p.tif: 2 xã nằm ngoài hoặc chỉ một phần trong raster.*A, B"):
        people = people_in_raster(communes, raster=raster)
    assert people.isna().tolist() == [True, True, False]
    assert people[2] == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(x=st.floats(1.1, 2.9), y=st.floats(1.1, 2.9), size=st.floats(0.1, 1.4), turn=st.floats(0, 90))
def test_border_cells_against_a_fine_sample(
    tmp_path_factory: pytest.TempPathFactory, x: float, y: float, size: float, turn: float
) -> None:
    """An independent path: points on a fine regular grid, each with its share of its cell's people."""
    cells = np.arange(16, dtype=float).reshape(4, 4)
    raster = geoplan.open_raster(grid(tmp_path_factory.mktemp("r") / "p.tif", cells))
    shape = affinity.rotate(square(x - size / 2, y - size / 2, size, size), turn)
    n = 397  # a prime: no sample point falls on an edge of round numbers
    at = (np.arange(n) + 0.5) / n * 4
    column, row = np.meshgrid(at, at)
    inside = shapely.contains_xy(shape, WEST + column * STEP, SOUTH + row * STEP)
    sample = cells[(3 - row.astype(int)), column.astype(int)] / (n / 4) ** 2
    expected = float(sample[inside].sum())
    got = people_in_raster(frame(shape, code=["A"]), raster=raster)[0]
    assert (0.0 if np.isnan(got) else got) == pytest.approx(expected, rel=0.05, abs=0.1)


def test_splitting_a_commune_conserves_its_people(tmp_path: Path) -> None:
    cells = np.random.default_rng(7).uniform(0, 900, (6, 6))
    raster = geoplan.open_raster(grid(tmp_path / "p.tif", cells))
    whole = affinity.rotate(square(1, 1, 3, 3), 20)
    parts = [whole.intersection(half) for half in (square(-5, -5, 7.3, 20), square(2.3, -5, 20, 20))]
    people = people_in_raster(frame(whole, *parts, code=list("ABC")), raster=raster)
    assert people[1] + people[2] == pytest.approx(people[0], rel=1e-9)


def test_a_raster_in_vn2000_gives_the_same_people(tmp_path: Path) -> None:
    communes = frame(box(105.80, 21.40, 105.84, 21.43), code=["A"])
    target = CRS.from_epsg(9213)
    west, south, east, north = shapely.bounds(crs.from_lonlat(communes, target)[0])
    path = tmp_path / "vn.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=100, height=100, count=1, dtype="float64", crs=target.to_wkt(),
        transform=Affine((east - west) / 100, 0, west, 0, (south - north) / 100, north),
    ) as file:  # fmt: skip
        file.write(np.ones((100, 100)), 1)
    people = people_in_raster(communes, raster=geoplan.open_raster(path))[0]
    area = crs.from_lonlat(communes, target)[0].area
    assert people == pytest.approx(area / ((east - west) * (north - south)) * 10000, rel=1e-9)


def test_rasters_that_cannot_serve_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.tif").write_text("not a raster")
    with pytest.raises(DataError, match="a.tif: không phải tệp raster"):
        geoplan.open_raster(tmp_path / "a.tif")
    with rasterio.open(
        tmp_path / "b.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="float32",
        transform=Affine(2, 0, 0, 0, -2, 0),
    ) as file:  # fmt: skip
        file.write(np.ones((2, 2), dtype="float32"), 1)
    with pytest.raises(CrsError, match="b.tif: raster không có hệ tọa độ"):
        geoplan.open_raster(tmp_path / "b.tif")
    vrt = tmp_path / "c.tif"
    grid(tmp_path / "d.tif", np.ones((2, 2)))
    vrt.write_text(
        '<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Float64" band="1"><SimpleSource>'
        f"<SourceFilename>{tmp_path / 'd.tif'}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(DataError, match="c.tif: không phải tệp raster"):
        geoplan.open_raster(vrt)


def test_points_count_nobody(tmp_path: Path) -> None:
    raster = geoplan.open_raster(grid(tmp_path / "p.tif", np.ones((2, 2))))
    communes = frame(square(0, 0), Point(WEST, SOUTH), code=["A", "B"])
    with pytest.warns(DataWarning, match="1 đối tượng không có vùng"):
        people = people_in_raster(communes, raster=raster)
    assert people[0] == pytest.approx(1)
    assert np.isnan(people[1])
