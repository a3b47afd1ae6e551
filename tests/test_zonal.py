"""People in polygons and under plans: by hand, in rational arithmetic, and one engine against the other."""

from __future__ import annotations

import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS
from shapely import MultiPolygon, Polygon, affinity, box

import depth_reference
import geoplan
from geoplan import cli
from geoplan.errors import DataWarning, UsageError
from geoplan.measures import people_in_raster, people_under_plans, zonal
from geoplan.measures.population import people_in

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import generate

ENGINES = ("geos", "sweep")
WIDE = 0.5
"""Degrees of a cell in the small rasters: a power of two, so that cell lines are exact."""


def layer(*shapes: Any, **columns: list[Any]) -> gpd.GeoDataFrame:
    columns = columns or {"code": [str(i) for i in range(len(shapes))]}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def raster(
    path: Path,
    cells: np.ndarray,
    *,
    at: tuple[float, float] = (0.0, 0.0),
    size: float = WIDE,
    south_up: bool = False,
    nodata: float | None = None,
    scale: float = 1.0,
    offset: float = 0.0,
    **options: Any,
) -> geoplan.intake.Raster:
    """A GeoTIFF with its south-western corner somewhere; cells are given from the north."""
    rows, columns = cells.shape
    north = at[1] + rows * size
    transform = (
        Affine(size, 0, at[0], 0, size, at[1]) if south_up else Affine(size, 0, at[0], 0, -size, north)
    )
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype=cells.dtype, nodata=nodata,
        crs=options.pop("crs", "EPSG:4326"), transform=transform, **options,
    ) as file:  # fmt: skip
        file.write(cells[::-1] if south_up else cells, 1)
        file.scales, file.offsets = (scale,), (offset,)
    return geoplan.open_raster(path)


def exactly(shape: Any, cells: np.ndarray, size: float = WIDE) -> Fraction:
    """People of a valid shape in rational arithmetic, for a raster whose corner is at 0, 0."""
    total, rows = Fraction(0), len(cells)
    for (row, column), people in np.ndenumerate(cells):
        if people >= 0:
            low = (rows - 1 - row) * size
            cell = box(column * size, low, (column + 1) * size, low + size)
            inside = depth_reference.depth_areas(cell, [shape], [0], depth=1)[0][0]
            total += Fraction(float(people)) * inside / Fraction(size) ** 2
    return total


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("south_up", [False, True])
def test_counted_by_hand(tmp_path: Path, engine: Any, south_up: bool) -> None:
    """Whole cells and parts, a lake, two parts, edges along cell lines, a unit inside one cell."""
    cells = np.array([[1.0, 2, 3, 4], [5, np.nan, 7, 8], [9, 10, -11, 12]])
    here = raster(tmp_path / "p.tif", cells, south_up=south_up)
    lake = Polygon(box(0, 0, 2, 1.5).exterior, [box(0.25, 0.25, 0.75, 1.25).exterior])
    parts = MultiPolygon([box(0, 0, 0.5, 0.5), box(1.5, 1, 2, 1.25)])
    shapes = (box(0, 0, 2, 1.5), box(0.5, 0.5, 1.5, 1.5), lake, parts, box(0.1, 0.1, 0.2, 0.15))
    people = people_in_raster(layer(*shapes), raster=here, engine=engine)
    # the lake takes a quarter of 1, 2, 9 and 10, and half of 5
    lake_people = (1 + 2 + 9 + 10) / 4 + 5 / 2
    assert people.tolist() == pytest.approx([61, 12, 61 - lake_people, 11, 9 * 0.02], rel=1e-12)
    assert people.attrs["engine"] == engine


corners = st.tuples(st.integers(0, 16), st.integers(0, 12)).map(lambda p: (p[0] / 8, p[1] / 8))


@settings(max_examples=60, deadline=None)
@given(
    ring=st.lists(corners, min_size=3, max_size=8), seed=st.integers(0, 9), shift=st.sampled_from([0, 1 / 3])
)
def test_both_engines_against_rational_arithmetic(
    tmp_path_factory: pytest.TempPathFactory, ring: list[tuple[float, float]], seed: int, shift: float
) -> None:
    """Vertices on cell lines, edges along them; crossed rings are mended the same way for all three."""
    shape = affinity.translate(Polygon(ring), shift / 8, shift / 16)
    shape = geoplan.intake.repair.made_valid(shape)
    cells = np.round(np.random.default_rng(seed).exponential(100, (4, 5)))
    if shape.is_empty:
        return
    here = raster(tmp_path_factory.mktemp("r") / "p.tif", cells)
    expected = float(exactly(shape, cells))
    for engine in ENGINES:
        people = people_in_raster(layer(shape), raster=here, engine=engine)[0]
        assert people == pytest.approx(expected, rel=1e-9, abs=1e-12 * cells.sum())


def country(seed: int = 3) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Communes with rough borders, one of them invalid, and plans of two kinds."""
    made = generate.layers(24, 300, seed=seed)
    communes = made.communes.copy()
    ring = shapely.get_coordinates(communes[5])
    communes[5] = Polygon(np.r_[ring[:40], ring[55:39:-1], ring[55:]])
    assert not communes[5].is_valid
    codes = [f"{i:03d}" for i in range(len(communes))]
    words = np.array(["detailed", "zoning"])[made.kinds]
    status = ["approved"] * len(words)
    return layer(*communes, code=codes), layer(*made.plans, kind=words.tolist(), status=status)


def people_of(seed: int = 4, *, shape: tuple[int, int] = (230, 170)) -> np.ndarray:
    """Cells with towns, empty land, no data and negative numbers."""
    rng = np.random.default_rng(seed)
    cells = np.round(rng.exponential(30, shape) * rng.choice([0, 1, 20], shape), 3)
    cells[40:90, 100:130] = np.nan
    cells[100, 20:60] = -5
    return cells


FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "south-up": {"south_up": True},
    "single": {"dtype": "float32", "nodata": -99999.0},
    "counts": {
        "dtype": "int32",
        "nodata": -1,
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        "compress": "lzw",
    },
    "words": {"dtype": "uint16", "nodata": 65535, "compress": "deflate"},
    "scaled": {"dtype": "int16", "nodata": -32768, "scale": 0.25, "offset": 3.0},
    "marked": {"dtype": "float32", "nodata": 7777.0},
}


@pytest.mark.parametrize("form", FORMS)
def test_engines_agree_on_rasters_of_every_form(
    tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    communes, _ = country()
    options = dict(FORMS[form])
    dtype = np.dtype(options.pop("dtype", "float64"))
    cells = people_of()
    nobody = ~(cells >= 0)
    cells = cells if dtype.kind == "f" else np.round(np.nan_to_num(cells))
    if "nodata" in options:
        cells[nobody] = options["nodata"]
    here = raster(tmp_path / "p.tif", cells.astype(dtype), at=(102.4, 8.4), size=0.004, **options)
    with pytest.warns(DataWarning, match="đã sửa 1 hình"):
        expected = people_in_raster(communes, raster=here, engine="geos")
    for band in (3_000, 8_000_000):
        monkeypatch.setattr(zonal, "BAND_CELLS", band)
        with pytest.warns(DataWarning, match="đã sửa 1 hình"):
            people = people_in_raster(communes, raster=here, engine="sweep")
        assert people.isna().tolist() == expected.isna().tolist() == [False] * 24
        np.testing.assert_allclose(people, expected, rtol=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_is_unknown_stays_unknown(tmp_path: Path, engine: Any) -> None:
    """Outside, partly outside, only no data; but nobody is nobody, and a hair beyond the edge is nothing."""
    cells = np.array([[0.0, 0, 5], [0, 0, np.nan]])
    here = raster(tmp_path / "p.tif", cells)
    shapes = (
        box(9, 9, 10, 10), box(-1, 0, 0.5, 0.5), box(1.1, 0.1, 1.4, 0.4), box(0.1, 0.1, 0.9, 0.9),
        box(-1e-5, 0, 1.5, 1), Polygon(), box(0.9, 0.1, 1.1, 0.4),
    )  # fmt: skip
    with pytest.warns(DataWarning) as told:
        people = people_in_raster(layer(*shapes), raster=here, engine=engine)
    assert "2 xã nằm ngoài hoặc chỉ một phần trong raster, coi như chưa có số liệu: 0, 1" in str(
        told[-1].message
    )
    assert np.isnan(people[[0, 1, 2, 5]]).all()
    assert people[3] == people[6] == 0
    assert people[4] == pytest.approx(5, rel=1e-9)


def test_a_handful_of_people_beside_a_city_is_not_lost_in_rounding(tmp_path: Path) -> None:
    """A unit bent around a city of 10⁹ in its own box: counted cell by cell, to the last bits."""
    cells = np.full((6, 6), 1e-7)
    cells[1:, 1:5] = 1e9
    bent = Polygon([(0, 0), (0.5, 0), (0.5, 2.5), (2.5, 2.5), (2.5, 0), (3, 0), (3, 3), (0, 3)])
    here = raster(tmp_path / "p.tif", cells)
    assert people_in_raster(layer(bent), raster=here, engine="sweep")[0] == pytest.approx(16e-7, rel=1e-12)


def test_parts_add_up_and_neighbours_share_a_border_without_loss(tmp_path: Path) -> None:
    communes, _ = country()
    communes = communes.drop(5)
    here = raster(tmp_path / "p.tif", people_of(), at=(102.4, 8.4), size=0.004)
    parts = people_in_raster(communes, raster=here, engine="sweep")
    some = people_in_raster(communes.iloc[[19, 2, 7]], raster=here, engine="sweep")
    assert some.tolist() == parts.iloc[[19, 2, 7]].tolist(), "to the last bit, whatever else is asked"
    whole = people_in_raster(layer(shapely.union_all(communes.geometry)), raster=here, engine="sweep")
    assert parts.sum() == pytest.approx(whole[0], rel=1e-12)


@pytest.mark.parametrize("engine", ENGINES)
def test_people_under_plans_by_hand(tmp_path: Path, engine: Any) -> None:
    """Overlapping plans of a kind count once; of two kinds once together; a plan not in force not at all."""
    cells = np.array([[10.0, 20, 0], [30, 40, 0]])
    here = raster(tmp_path / "p.tif", cells)
    communes = layer(box(0, 0, 1, 1), box(1, 0, 1.5, 1), box(4, 4, 5, 5))
    plans = layer(
        box(0, 0, 0.5, 0.5), box(0.25, 0, 0.75, 0.5), box(0, 0.25, 1.25, 1), box(0, 0, 1, 1),
        kind=["detailed", "detailed", "zoning", "master"], status=["approved"] * 3 + ["drafting"],
    )  # fmt: skip
    with pytest.warns(DataWarning, match="1 xã nằm ngoài"):
        table = people_under_plans(communes, plans=plans, raster=here, on="2025-01-01", engine=engine)
    assert table.attrs["engine"] == engine
    assert table.columns.tolist() == ["code", "name", "plan_kind", "people", "people_covered", "share_pct"]
    assert table.index.tolist() == [i for i in range(3) for _ in range(4)]
    found = table.set_index(["code", "plan_kind"])["people_covered"]
    assert found.loc["0"].to_dict() == pytest.approx({"all": 90, "detailed": 50, "master": 0, "zoning": 65})
    assert found.loc["1"].tolist() == [0] * 4
    share = table.set_index(["code", "plan_kind"])["share_pct"]
    assert share.loc["0", "all"] == pytest.approx(90)
    assert np.isnan(share.loc["1"]).all()
    assert table[table["code"] == "2"][["people", "people_covered", "share_pct"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("system", "band"), [("EPSG:4326", 2_000), ("EPSG:4326", 20_000), ("EPSG:9213", 20_000)]
)
def test_people_under_plans_agree(
    tmp_path: Path, system: str, band: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both engines; tall units in several bands, low ones in bands that overlap, and all in one."""
    communes, plans = country()
    communes = communes.drop(5)
    metres = system != "EPSG:4326"
    west, south, east, _ = communes.to_crs(CRS(system)).total_bounds
    size = (east - west) / 150
    at = (west - 3.3 * size, south - 2.2 * size)
    here = raster(tmp_path / "p.tif", people_of(shape=(320, 170)), at=at, size=size, crs=system)
    monkeypatch.setattr(zonal, "BAND_CELLS", band)
    one, other = (people_under_plans(communes, plans=plans, raster=here, engine=e) for e in ENGINES)
    assert one.drop(columns=["people", "people_covered", "share_pct"]).equals(
        other.drop(columns=["people", "people_covered", "share_pct"])
    )
    assert (one["people_covered"] > 0).sum() > 40
    np.testing.assert_allclose(one["people"], other["people"], rtol=1e-9)
    np.testing.assert_allclose(one["people_covered"], other["people_covered"], rtol=1e-8 if metres else 1e-9)


def test_depths_of_people(tmp_path: Path) -> None:
    """Under one, two and three plans, together and by kind, from the same pass as the areas."""
    cells = np.arange(1.0, 17.0).reshape(4, 4)
    here = raster(tmp_path / "p.tif", cells)
    unit = np.array([box(0.2, 0.2, 1.9, 1.9)], dtype=object)
    plans = np.array([box(0.3, 0, 1.2, 1), box(0.7, 0.4, 3, 1.1), box(0.6, 0.1, 1.1, 9)], dtype=object)
    found = zonal.people_by_depth(unit, plans, np.array([0, 1, 0]), raster=here, depth=3, integrand="plane")
    first = shapely.intersection(plans, unit[0])
    pairs = [first[0] & first[1], first[0] & first[2], first[1] & first[2]]
    levels = [shapely.union_all(first), shapely.union_all(pairs), pairs[0] & first[2]]
    expected = [[people_in(s, here), s.area] for s in levels]
    assert found.people[0, -1].tolist() == pytest.approx([p for p, _ in expected], rel=1e-12)
    assert found.together[0].tolist() == pytest.approx([a for _, a in expected], rel=1e-12)
    assert found.people[0, 0].tolist() == pytest.approx(
        [people_in(first[0] | first[2], here), people_in(pairs[1], here), 0], rel=1e-12, abs=1e-12
    )
    assert found.inhabitants[0, 0] == pytest.approx(people_in(unit[0], here), rel=1e-12)


def test_auto_takes_what_is_faster_and_an_unknown_engine_is_refused(tmp_path: Path) -> None:
    here = raster(tmp_path / "p.tif", np.ones((1100, 1100), np.uint8), size=0.001)
    assert people_in_raster(layer(box(0, 0, 1, 1)), raster=here).attrs["engine"] == "sweep"
    assert people_in_raster(layer(box(0, 0, 0.1, 0.1)), raster=here).attrs["engine"] == "geos"
    with pytest.raises(UsageError, match="hãy dùng auto, geos hoặc sweep"):
        people_in_raster(layer(box(0, 0, 1, 1)), raster=here, engine="fast")  # type: ignore[arg-type]


def test_the_command_takes_plans_and_an_engine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    communes, plans = country()
    communes.drop(5).to_file(tmp_path / "xa.gpkg")
    plans.to_file(tmp_path / "qh.gpkg")
    raster(tmp_path / "p.tif", people_of(), at=(102.4, 8.4), size=0.004)
    places = ["--communes", str(tmp_path / "xa.gpkg"), "--raster", str(tmp_path / "p.tif")]
    out = tmp_path / "bang.csv"
    under = [*places, "--plans", str(tmp_path / "qh.gpkg"), "--engine", "sweep", "--out", str(out)]
    assert cli.main(["density", *under]) == 0
    assert len(pd.read_csv(out)) == 3 * 23
    assert cli.main(["density", *places, "--engine", "geos", "--out", str(tmp_path / "mat_do.csv")]) == 0
    counted = pd.read_csv(tmp_path / "mat_do.csv")["population"]
    assert counted.sum() == pytest.approx(pd.read_csv(out)["people"].sum() / 3, rel=1e-6)
    assert cli.main(["density", *under, "--parts", "2"]) != 0
    assert "không đi với --parts" in capsys.readouterr().err
