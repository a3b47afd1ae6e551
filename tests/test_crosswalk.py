"""Counts moved between the units of two dates: by hand, by invariants, by other formulas, on real reforms."""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import MultiPolygon, Point, Polygon

import geoplan
from cities import SOUTH, STEP, WEST, square
from conftest import CITIES
from geoplan.cli import main
from geoplan.errors import DataError, DataWarning, UsageError
from geoplan.intake.official import read_official
from geoplan.measures import apportion as shared
from geoplan.measures.crosswalk import Crosswalk, factor
from geoplan.measures.reform import FOLLOWED, follow, merged_whole, reform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.city import City
    from geoplan.intake.raster import Raster

Captured = pytest.CaptureFixture[str]
LAST_DAY, NEW = "2025-06-30", "2025-07-01"


def units(shapes: Sequence[Any], counts: Sequence[float | None] | None = None, prefix: str = "0") -> Any:
    codes = [f"{prefix}{i}" for i in range(len(shapes))]
    columns: dict[str, Any] = {"code": codes, "name": [f"Xã {c}" for c in codes]}
    if counts is not None:
        columns["population"] = counts
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def grid(path: Path, cells: Any, nodata: float = -99999) -> Raster:
    """People per cell; cell (0, 0) is the north-west one of a block that starts at the origin of `square`."""
    rows, columns = np.shape(cells)
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1, dtype="float64", nodata=nodata,
        crs="EPSG:4326", transform=Affine(STEP, 0, WEST, 0, -STEP, SOUTH + rows * STEP),
    ) as file:  # fmt: skip
        file.write(np.asarray(cells, dtype="float64"), 1)
    return geoplan.open_raster(path)


def sums(moved: Crosswalk, value: str = "population") -> list[float]:
    """Targets in order, then what lies outside."""
    return [*moved.units[value].tolist(), float(moved.outside[value].iloc[0])]


# by hand


def test_squares_by_hand() -> None:
    sources = units([square(0, 0), square(1, 0)], [100, 200])
    targets = units([square(0, 0, 0.25), square(0.25, 0, 1.35)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets)
    assert sums(moved) == pytest.approx([25, 75 + 120, 80], abs=1e-5)
    assert moved.moves[["code_from", "code_to", "how", "basis"]].to_numpy().tolist() == [
        ["00", "n1", "part", "areal"],
        ["00", "n0", "part", "areal"],
        ["01", "n1", "part", "areal"],
        ["01", None, "part", "areal"],
    ]
    assert moved.moves["share"].tolist() == pytest.approx([0.75, 0.25, 0.6, 0.4], abs=1e-7)
    assert moved.moves["share_of_target"].tolist()[:3] == pytest.approx(
        [0.75 / 1.35, 1, 0.6 / 1.35], abs=1e-7
    )
    assert moved.moves.index.tolist() == [0, 0, 1, 1]
    assert moved.units["covered_share"].tolist() == pytest.approx([1, 1])
    assert moved.outside["area_km2"].iloc[0] == pytest.approx(moved.units["area_km2"].iloc[0] * 1.6, rel=1e-6)
    assert moved.table()["code"].tolist() == ["n0", "n1", None]


def test_a_half_covered_target_is_not_doubled() -> None:
    """A known trap: some programs give a target that is half covered twice its people."""
    moved = geoplan.crosswalk(units([square(0, 0)], [100]), targets=units([square(0, 0, 2)], prefix="n"))
    assert sums(moved) == [100, 0]
    assert moved.units["covered_share"].tolist() == pytest.approx([0.5], abs=1e-7)
    assert moved.moves["how"].tolist() == ["whole"]


def test_urban_land_carries_the_people(recwarn: pytest.WarningsRecorder) -> None:
    sources = units([square(0, 0), square(1, 0)], [100, 200])
    targets = units([square(0, 0, 0.5), square(0.5, 0, 1), square(1.5, 0, 0.5)], prefix="n")
    land = units([square(0.25, 0, 1, 0.5), square(1.9, 0, 0.1, 0.5)])
    moved = geoplan.crosswalk(sources, targets=targets, method="urban", urban_land=land)
    # of the first: 0.25 of land left and 0.5 right; of the second: 0.25 left and 0.1 right
    left, right = 200 * 0.25 / 0.35, 200 * 0.1 / 0.35
    assert sums(moved) == pytest.approx([100 / 3, 200 / 3 + left, right, 0], abs=1e-4)
    assert set(moved.moves["basis"]) == {"urban"}
    assert not recwarn.list


def test_a_unit_without_urban_land_is_split_by_area_and_named() -> None:
    sources = units([square(0, 0), square(1, 0)], [100, 200])
    targets = units([square(0, 0, 0.25), square(0.25, 0, 1.75)], prefix="n")
    land = units([square(1, 0, 0.5)])
    with pytest.warns(DataWarning, match="1 đơn vị cũ không có đất đô thị nên chia theo diện tích: Xã 00"):
        moved = geoplan.crosswalk(sources, targets=targets, method="urban", urban_land=land)
    assert sums(moved) == pytest.approx([25, 275, 0], abs=1e-4)
    assert moved.moves["basis"].tolist() == ["areal", "areal", "areal"]
    sliver = units([square(0, 0, 0.0002), square(1, 0, 0.5)])
    with pytest.warns(DataWarning, match="không có đất đô thị"):
        assert sums(geoplan.crosswalk(sources, targets=targets, method="urban", urban_land=sliver)) == sums(
            moved
        )


def test_a_raster_carries_the_people(tmp_path: Path) -> None:
    raster = grid(tmp_path / "p.tif", [[30, 10, -99999, 7]])
    sources = units([square(0, 0, 2), square(2, 0, 2)], [80, 70])
    targets = units([square(0, 0, 1.5), square(1.5, 0, 2), square(3.5, 0, 0.5)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets, method="raster", raster=raster)
    # of the first 30 + 5 of 40 lie left; of the second nobody in the cell without data, 3.5 of 7 on each side
    assert sums(moved) == pytest.approx([70, 10 + 35, 35, 0], abs=1e-5)
    assert set(moved.moves["basis"]) == {"raster"}


def test_where_the_raster_says_nothing_area_does(tmp_path: Path) -> None:
    raster = grid(tmp_path / "p.tif", [[0, 0, 5, 5]])
    sources = units([square(0, 0, 2), square(3, 0, 2)], [80, 100])  # nobody there; beyond the edge
    targets = units([square(0, 0, 0.5), square(0.5, 0, 3), square(3.5, 0, 2)], prefix="n")
    with pytest.warns(DataWarning, match="không có ai trong raster.*Xã 00, Xã 01"):
        moved = geoplan.crosswalk(sources, targets=targets, method="raster", raster=raster)
    assert sums(moved) == pytest.approx([20, 60 + 25, 75, 0], abs=1e-4)
    assert set(moved.moves["basis"]) == {"areal"}


def test_slivers_move_nobody() -> None:
    sources = units([square(0, 0)], [1000])
    thin = units([square(0, 0, 0.9995), square(0.9995, 0, 1)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=thin)
    assert moved.moves["how"].tolist() == ["whole"]
    assert moved.units["population"].tolist()[0] == 1000
    wide = units([square(0, 0, 0.99), square(0.99, 0, 1)], prefix="n")
    assert sums(geoplan.crosswalk(sources, targets=wide)) == pytest.approx([990, 10, 0], abs=1e-4)


def test_land_of_two_targets_counts_once() -> None:
    sources = units([square(0, 0)], [90])
    targets = units([square(0, 0), square(0.5, 0, 0.5)], prefix="n")
    with pytest.warns(DataWarning, match="chồng lên nhau"):
        moved = geoplan.crosswalk(sources, targets=targets)
    assert sums(moved) == pytest.approx([60, 30, 0], abs=1e-4)


# unknown stays unknown


def test_an_unknown_count_is_no_zero() -> None:
    sources = units([square(0, 0), square(1, 0)], [100, None])
    targets = units([square(0, 0, 0.5), square(0.5, 0, 1), square(1.5, 0, 0.5), square(9, 9)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets)
    table = moved.units
    assert table["population"].tolist() == pytest.approx([50, np.nan, np.nan, np.nan], abs=1e-5, nan_ok=True)
    assert table["population_known"].tolist() == pytest.approx([50, 50, 0, 0], abs=1e-5)
    assert table["population_missing"].tolist() == ["", "Xã 01", "Xã 01", ""]
    assert table["population_high"].isna().tolist() == [False, True, True, True]
    assert table["covered_share"].tolist() == pytest.approx([1, 1, 1, 0])
    assert math.fsum(table["population_known"]) == 100


def test_a_negative_count_is_unknown_and_said_so() -> None:
    sources = units([square(0, 0)], [-5])
    with pytest.warns(DataWarning, match="cột population âm ở dòng 0"):
        moved = geoplan.crosswalk(sources, targets=units([square(0, 0)], prefix="n"))
    assert moved.units["population"].isna().all()


def test_nothing_to_move_and_nowhere_to() -> None:
    one = units([square(0, 0)], [10])
    nothing = geoplan.crosswalk(one.iloc[:0], targets=one)
    assert nothing.units["population"].isna().all()
    assert len(nothing.moves) == len(nothing.errors) == 0
    assert sums(geoplan.crosswalk(one, targets=one.iloc[:0])) == [10]


# the official table


def test_the_official_table_moves_whole_whatever_is_drawn() -> None:
    sources = units([square(0, 0), square(1, 0)], [100, 200])
    targets = units([square(0, 0, 0.75), square(0.75, 0, 1.25)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets, official={"00": "n0", "other": "elsewhere"})
    assert sums(moved) == [100, 200, 0]
    assert moved.moves["how"].tolist() == ["official", "whole"]
    assert moved.moves["share"].tolist() == [1, 1]
    assert moved.moves["share_of_area"].tolist() == pytest.approx([0.75, 1])
    with pytest.warns(DataWarning, match="khác hình vẽ.*Xã 01"):
        against = geoplan.crosswalk(sources, targets=targets, official={"01": "n0"})
    assert sums(against) == pytest.approx([75 + 200, 25, 0], abs=1e-4)


def test_several_official_targets_share_by_weights() -> None:
    sources = units([square(0, 0)], [100])
    targets = units([square(0, 0, 0.25), square(0.25, 0, 0.25), square(0.5, 0, 0.5)], prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets, official={"00": ["n0", "n2"]})
    assert sums(moved)[0::2] == pytest.approx([100 / 3, 200 / 3], abs=1e-4)
    assert np.isnan(moved.units["population"].iloc[1])
    with pytest.warns(DataWarning, match="không có trong lớp: gone"):
        moved = geoplan.crosswalk(sources, targets=targets.iloc[:2], official={"00": ["n0", "gone"]})
    assert sums(moved)[0::2] == pytest.approx([100 / 3, 200 / 3], abs=1e-4)
    far = units([square(0, 0), square(5, 5), square(6, 6)], prefix="n")
    with pytest.warns(DataWarning, match="không chạm đơn vị nào mà bảng chính thức nêu.*Xã 00"):
        assert sums(geoplan.crosswalk(sources, targets=far, official={"00": ["n1", "n2"]}))[0] == 100


def test_official_codes_that_cannot_serve() -> None:
    sources, targets = units([square(0, 0)], [100]), units([square(0, 0)], prefix="n")
    twice = pd.concat([sources, sources.set_geometry([square(1, 0)])])
    with (
        pytest.warns(DataWarning, match="mã lặp lại"),
        pytest.raises(UsageError, match="sources: mã lặp lại"),
    ):
        geoplan.crosswalk(twice, targets=targets, official={"00": "n0"})
    with pytest.warns(DataWarning, match="không nêu đơn vị cũ nào"):
        geoplan.crosswalk(sources, targets=targets, official={"0": "n0"})
    bare = units([square(1, 0), Point(0, 0)], [100, 50])
    with (
        pytest.warns(DataWarning, match="không có vùng"),
        pytest.raises(DataError, match="không có hình.*Xã 01"),
    ):
        geoplan.crosswalk(bare, targets=targets)
    with pytest.warns(DataWarning):
        assert sums(geoplan.crosswalk(bare, targets=targets, official={"01": "n0"})) == [50, 100]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"method": "urban"}, "cần urban_land"),
        ({"method": "raster"}, "cần raster"),
        ({"method": "nearest"}, "method=“nearest” không có"),
        ({"values": []}, "ít nhất một cột"),
        ({"values": ["population", "population"]}, "mỗi cột một lần"),
        ({"values": "households"}, "không có cột “households”"),
        ({"level": 1.0}, "level=1.0"),
    ],
)
def test_calls_that_cannot_work(options: dict[str, Any], sentence: str) -> None:
    layer = units([square(0, 0)], [100])
    with pytest.raises(UsageError, match=sentence) as caught:
        geoplan.crosswalk(layer, targets=layer, **options)
    assert caught.value.en != caught.value.vi


# invariants

CUTS = st.lists(st.floats(0.05, 3.95), min_size=0, max_size=5, unique=True)
COUNT = st.one_of(st.none(), st.integers(0, 2_000_000), st.floats(0, 1e6))


def slices(cuts: list[float], low: float, high: float) -> list[Polygon]:
    edges = [low, *sorted(c for c in cuts if low + 0.01 < c < high - 0.01), high]
    return [square(a, 0, b - a) for a, b in itertools.pairwise(edges)]


@settings(deadline=None, max_examples=40)
@given(then=CUTS, now=CUTS, end=st.floats(2, 5), whole=st.booleans(), data=st.data())
def test_not_one_person_is_lost(
    then: list[float], now: list[float], end: float, whole: bool, data: st.DataObject
) -> None:
    old, new = slices(then, 0, 4), slices(now, -0.5, end)
    counts = [data.draw(COUNT) for _ in old]
    sources = units(old, [None if c is None else float(c) for c in counts])
    sources["households"] = [data.draw(st.integers(0, 1000)) for _ in old]
    land = units([square(0.3, 0, 0.8, 0.5), square(2.2, 0, 0.9, 0.7)])
    values = ["population", "households"]
    for method in ("areal", "urban"):
        with geoplan.errors.listening():
            moved = geoplan.crosswalk(
                sources, targets=units(new, prefix="n"), values=values, method=method,
                urban_land=land, whole=whole,
            )  # fmt: skip
        moves = moved.moves
        assert moves.groupby(level=0)["share"].sum().tolist() == pytest.approx([1] * len(old))
        for i, count in enumerate(counts):
            if count is not None:
                assert sum(moves.loc[[i], "population"]) == count  # to the last bit, in any order
                assert sum(reversed(moves.loc[[i], "population"].tolist())) == count
        both = pd.concat([moved.units, moved.outside])
        assert both["households_known"].sum() == sources["households"].sum()
        whole_counts = [c for c in counts if isinstance(c, int)]
        if len(whole_counts) == len(counts):
            assert both["population_known"].sum() == sum(whole_counts)
        else:
            known = math.fsum(c for c in counts if c is not None)
            assert math.fsum(both["population_known"]) == pytest.approx(known, rel=1e-14)
        if whole:
            assert (both["households_known"] % 1 == 0).all()
            assert (moves["households"] % 1 == 0).all()
        known = moves[moves["population"].notna()]
        assert (known["population_low"] <= known["population"]).all()
        assert (known["population"] <= known["population_high"]).all()
        assert (known["population_low"] >= 0).all()


@settings(deadline=None, max_examples=20)
@given(old=st.permutations(range(4)), new=st.permutations(range(3)), whole=st.booleans())
def test_the_order_of_units_does_not_matter(old: list[int], new: list[int], whole: bool) -> None:
    sources = units([square(i, 0) for i in range(4)], [101, 203, 307, 11])
    shapes = [square(0, 0, 1.5), MultiPolygon([square(1.5, 0), square(3.5, 0, 0.5)]), square(2.5, 0, 1)]
    targets = units(shapes, prefix="n")
    want = geoplan.crosswalk(sources, targets=targets, whole=whole)
    got = geoplan.crosswalk(sources.iloc[old], targets=targets.iloc[new], whole=whole)
    assert_frame_equal(got.units.sort_index(), want.units, rtol=0, atol=1e-9)
    assert_frame_equal(got.outside, want.outside)
    assert_frame_equal(got.moves.sort_index(kind="stable"), want.moves)


def test_a_plane_gives_the_same_people() -> None:
    sources = units([square(0, 0), square(1, 0)], [1000, 2000])
    targets = units([square(0, 0, 1.3), square(1.3, 0)], prefix="n")
    plane = geoplan.crosswalk(sources.to_crs(9213), targets=targets.to_crs(3405))
    assert sums(plane) == pytest.approx(sums(geoplan.crosswalk(sources, targets=targets)), abs=0.05)


@settings(deadline=None, max_examples=20)
@given(cuts=CUTS, counts=st.lists(st.integers(0, 10**6), min_size=6, max_size=6))
def test_units_that_stay_keep_their_people(cuts: list[float], counts: list[int]) -> None:
    shapes = slices(cuts, 0, 4)
    layer = units(shapes, counts[: len(shapes)])
    moved = geoplan.crosswalk(layer, targets=layer)
    assert moved.units["population"].tolist() == counts[: len(shapes)]
    assert moved.moves["how"].eq("whole").all()
    assert (moved.units["population_low"] == moved.units["population_high"]).all()


@settings(deadline=None, max_examples=20)
@given(one=st.lists(st.integers(0, 10**6), min_size=3, max_size=3), now=CUTS)
def test_sums_may_be_taken_before_or_after(one: list[int], now: list[float]) -> None:
    sources = units([square(i, 0, 1.2) if i == 2 else square(i, 0) for i in range(3)], one)
    sources["women"] = [n // 2 for n in one]
    sources["all"] = sources["population"] + sources["women"]
    targets = units(slices(now, 0, 4), prefix="n")
    moved = geoplan.crosswalk(sources, targets=targets, values=["population", "women", "all"])
    table = pd.concat([moved.units, moved.outside])
    assert np.allclose(
        table["population_known"] + table["women_known"], table["all_known"], rtol=0, atol=1e-4
    )
    merged = units([shapely.union_all(targets.geometry.to_numpy())], prefix="m")
    together = geoplan.crosswalk(sources, targets=merged, values="population")
    assert together.units["population"].iloc[0] == pytest.approx(
        math.fsum(moved.units["population_known"]), abs=0.002 * sum(one) + 1e-4
    )


def test_nothing_that_is_given_changes() -> None:
    sources, targets = units([square(0, 0)], [7]), units([square(0, 0, 0.5)], prefix="n")
    before = sources.copy(), targets.copy()
    geoplan.crosswalk(sources, targets=targets)
    assert_frame_equal(sources, before[0])
    assert_frame_equal(targets, before[1])


# other formulas


@pytest.fixture(scope="module")
def turned() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Nine squares, and three discs and a bar at an angle over them."""
    rng = np.random.default_rng(7)
    sources = units([square(x, y) for x in range(3) for y in range(3)], rng.integers(100, 9000, 9).tolist())
    degrees = [(0.7, 0.8, 0.7), (2.2, 0.9, 0.6), (0.7, 2.3, 0.6)]
    shapes = [Point(WEST + x * STEP, SOUTH + y * STEP).buffer(r * STEP) for x, y, r in degrees]
    bar = shapely.affinity.rotate(square(1.7, 2.1, 2, 0.5), 30)
    return sources, units([*shapes, bar], prefix="n")


def test_against_geopandas_overlay(turned: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    """An independent path: planar overlay in an equal-area projection."""
    sources, targets = turned
    moved = geoplan.crosswalk(sources, targets=targets)
    old = sources.to_crs(6933).rename(columns={"code": "old"})[["old", "population", "geometry"]]
    old["whole"] = old.area
    pieces = old.overlay(targets.to_crs(6933)[["code", "geometry"]], how="intersection")
    pieces["people"] = pieces["population"] * pieces.area / pieces["whole"]
    want = pieces.groupby("code")["people"].sum().reindex(targets["code"])
    assert moved.units["population"].tolist() == pytest.approx(want.tolist(), rel=2e-4)
    rest = sources["population"].sum() - want.sum()
    assert moved.outside["population"].iloc[0] == pytest.approx(rest, rel=2e-4)


def test_against_people_thrown_at_random(turned: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    """An independent path: everybody stands somewhere in their unit, and is counted where they stand."""
    sources, targets = turned
    moved = geoplan.crosswalk(sources, targets=targets)
    rng = np.random.default_rng(11)
    found = np.zeros(len(targets))
    times = 40
    for shape, people in zip(sources.geometry, sources["population"], strict=True):
        west, south, east, north = shape.bounds
        x, y = rng.uniform(west, east, people * times), rng.uniform(south, north, people * times)
        found += [shapely.contains_xy(target, x, y).sum() for target in targets.geometry]
    sigma = np.sqrt(moved.units["population"] / times)
    assert (abs(found / times - moved.units["population"]) < 4.5 * sigma).all()


# the interval


def test_leaving_one_out_by_hand() -> None:
    layer = units([square(0, 0), square(1, 0), square(2, 0), square(9, 9)], [100, 300, 200, 50])
    errors = geoplan.crosswalk(layer, targets=layer).errors
    assert errors["code"].tolist() == ["00", "01", "02"]  # the fourth has no neighbour
    assert errors["neighbours"].tolist() == [1, 2, 1]
    assert errors["observed"].tolist() == [100, 300, 200]
    assert errors["predicted"].tolist() == pytest.approx([300, 150, 300], rel=1e-6)
    assert errors["ratio"].tolist() == pytest.approx([1 / 3, 2, 2 / 3], rel=1e-6)
    unknown = geoplan.crosswalk(layer.assign(population=[100, None, 200, 50]), targets=layer).errors
    assert len(unknown) == 0  # a unit without a count is no neighbour to learn from


def test_the_reach_is_the_right_quantile() -> None:
    ratios = np.array([1.0, 1 / 2, 3.0, 4.0, 1 / 5, 6.0, 7.0, 1 / 8, 9.0])
    assert shared.reach(ratios, level=0.9) == pytest.approx(9)
    assert shared.reach(ratios, level=0.5) == pytest.approx(5)
    assert shared.reach(ratios[:8], level=0.9) == math.inf
    assert shared.reach(np.array([0.0, *ratios]), level=0.9) == math.inf
    assert shared.reach(np.array([np.nan] * 9), level=0.9) == math.inf


def test_bounds_by_hand() -> None:
    sources = units([square(i, 0) for i in range(12)], [100 * 2**i for i in range(12)])
    shapes = [square(0, 0, 3.25), square(3.25, 0, 8.75)]
    moved = geoplan.crosswalk(sources, targets=units(shapes, prefix="n"), level=0.8)
    far = factor(moved.errors, "population", "areal", 0.8)
    assert far == pytest.approx(2, rel=1e-6)  # the ends differ by 2 from their one neighbour, others by 1.25
    part = moved.moves[moved.moves["code_to"].eq("n0") & moved.moves["how"].eq("part")].iloc[0]
    assert part["population"] == pytest.approx(200, abs=1e-4)
    assert part["population_low"] == pytest.approx(800 * 0.25 / (0.25 + 0.75 * far), rel=1e-6)
    assert part["population_high"] == pytest.approx(800 * 0.25 * far / (0.25 * far + 0.75), rel=1e-6)
    n0 = moved.units.iloc[0]
    assert n0["population_low"] == pytest.approx(700 + part["population_low"])
    assert n0["population_high"] == pytest.approx(700 + part["population_high"])


def test_too_few_known_units_bound_nothing() -> None:
    sources = units([square(i, 0) for i in range(4)], [100] * 4)
    moved = geoplan.crosswalk(sources, targets=units([square(0, 0, 1.5), square(1.5, 0, 2.5)], prefix="n"))
    assert moved.units["population_low"].tolist() == [100, 200]
    assert moved.units["population_high"].tolist() == [200, 300]


@given(count=st.floats(0, 1e7), share=st.floats(0, 1), near=st.floats(1, 1e6), more=st.floats(1, 1e6))
def test_bounds_hold_the_estimate_and_mirror_each_other(
    count: float, share: float, near: float, more: float
) -> None:
    low, high = shared.span(count, share=share, factor=near)
    assert 0 <= low <= count * share * (1 + 1e-12) + 1e-12
    assert count * share * (1 - 1e-9) - 1e-9 <= high <= count * (1 + 1e-12)
    other_low, other_high = shared.span(count, share=1 - share, factor=near)
    assert low + other_high == pytest.approx(count, rel=1e-9, abs=1e-9)
    assert high + other_low == pytest.approx(count, rel=1e-9, abs=1e-9)
    wider = shared.span(count, share=share, factor=near * more)
    assert wider[0] <= low * (1 + 1e-9) + 1e-9
    assert wider[1] >= high * (1 - 1e-9) - 1e-9


def test_all_urban_land_on_one_side_does_not_pass_for_certainty() -> None:
    sources = units([square(i, 0) for i in range(12)], [100 * (1 + i % 3) for i in range(12)])
    targets = units([square(0, 0, 3.25), square(3.25, 0, 8.75)], prefix="n")
    land = units([square(i + 0.5, 0, 0.5, 0.5) for i in range(12)])
    moved = geoplan.crosswalk(sources, targets=targets, method="urban", urban_land=land)
    part = moved.moves[moved.moves["how"].eq("part")]
    assert part["share"].tolist() == [1, 0]
    assert (part["population_low"] < part["population_high"]).all()


@given(
    count=st.integers(0, 10**7), raw=st.lists(st.integers(0, 1000), min_size=1, max_size=8), one=st.booleans()
)
def test_shares_of_a_count_add_up(count: int, raw: list[int], one: bool) -> None:
    weights = np.array(raw, dtype="float64")
    weights[0] += 1
    shares = weights / weights.sum()
    step = 1.0 if one else shared.STEP
    parts = shared.apportion(float(count), shares=shares, step=step)
    assert parts.sum() == count
    assert (abs(parts - count * shares) <= step + 1e-6).all()
    assert (parts[weights == 0] == 0).all()
    assert (parts >= 0).all()


def test_ties_go_to_the_lower_code() -> None:
    halves = np.array([0.5, 0.5])
    assert shared.apportion(3.0, shares=halves, step=1.0).tolist() == [2, 1]
    assert shared.apportion(3.0, shares=halves, step=1.0, ties=np.array([1, 0])).tolist() == [1, 2]
    assert np.isnan(shared.apportion(math.nan, shares=np.array([1.0, 0.0]))).tolist() == [True, False]


# real reforms


def known_on(name: str) -> str:
    """The last day on which every unit of a bundled city has a count."""
    return "2024-12-31" if name == "bac-giang" else LAST_DAY


@pytest.mark.parametrize("name", CITIES)
def test_the_record_agrees_with_the_official_table(name: str, real_data: Path) -> None:
    table = read_official(real_data / "communes-old-to-new-2025.csv")
    city = geoplan.open_city(name)
    ours = merged_whole(city, start=LAST_DAY, end=NEW)
    assert ours == {code: table[code][0] for code in city.as_of(LAST_DAY).communes["code"]}
    assert all(len(table[code]) == 1 for code in ours)


def test_a_merger_before_the_reform_is_followed_through() -> None:
    city = geoplan.open_city("bac-giang")
    found = merged_whole(city, start="2024-12-31", end=NEW)
    assert len(found) == 16
    assert (
        found["07219"] == found["07204"] == "07210"
    )  # Lê Lợi and Trần Nguyên Hãn, merged half a year before
    assert merged_whole(city, start="2024-12-31", end="2025-01-01")["07219"] == "07213"
    stay = merged_whole(city, start=LAST_DAY, end="2025-03-01")
    assert stay == {code: code for code in city.as_of(LAST_DAY).communes["code"]}


def test_what_the_record_leaves_open_is_left_to_the_drawing() -> None:
    city = geoplan.open_city("bac-giang")
    layer = city.layers["communes"]
    frame = layer.frame.copy()
    named = "phần còn lại của phường Mỹ Độ, phường Song Mai (huyện Tân Yên), Tân Mỹ (thành phố Bắc Giang), Song Khê"
    frame.loc[(frame["code"] == "07228") & (frame["valid_from"] == pd.Timestamp(NEW)), "formed_from"] = named
    changed = replace(city, layers={**city.layers, "communes": replace(layer, frame=frame)})
    ours, whole = (merged_whole(c, start=LAST_DAY, end=NEW) for c in (changed, city))
    # a part of it; elsewhere; not named at all; claimed by two new units
    assert set(whole) - set(ours) == {"07216", "07222", "07228", "07705"}
    assert ours["07687"] == "07228"
    assert ours.items() <= whole.items()


@pytest.mark.parametrize(
    ("name", "old", "new", "people"),
    [("bac-giang", 16, 8, 174_229), ("hung-yen", 15, 4, 116_356), ("pho-yen", 18, 6, 196_378),
     ("viet-yen", 17, 4, 205_900)],
)  # fmt: skip
def test_reforms_of_2025_lose_nobody(name: str, old: int, new: int, people: int) -> None:
    city = geoplan.open_city(name)
    result = reform(city, start=known_on(name), end=NEW)
    moved = result.crosswalk
    assert len(result.before.communes) == old
    assert len(moved.units) == new
    assert moved.moves["how"].eq("official").all()
    assert moved.units["population_known"].sum() + moved.outside["population"].sum() == people
    census = result.before.communes.set_index("code")["population"]
    into = merged_whole(city, start=known_on(name), end=NEW)
    want = census.groupby(into).sum()
    assert moved.units.set_index("code")["population"].dropna().to_dict() == want.to_dict()
    for method in ("areal", "urban"):
        with geoplan.errors.listening():
            drawn = reform(city, start=known_on(name), end=NEW, official={}, method=method).crosswalk
        assert drawn.units["population_known"].sum() + drawn.outside["population"].sum() == people
        back = reform(city, start=NEW, end=LAST_DAY, method="areal").crosswalk
        assert back.units["population_known"].sum() + back.outside["population_known"].sum() == (
            city.as_of(NEW).communes["population"].sum()
        )


def test_thirty_one_units_become_eight(real_data: Path) -> None:
    """Bắc Giang with the national table and the real outlines of its eight units."""
    old = geoplan.open_city("bac-giang").as_of(LAST_DAY).communes
    table = read_official(real_data / "communes-old-to-new-2025.csv")
    country = gpd.read_parquet(real_data / "vietnam-communes-2025.parquet")
    new = country[country["code"].isin({table[code][0] for code in old["code"]})]
    with pytest.warns(DataWarning, match="theo bảng: Quỳnh Sơn, Đức Giang"):  # drawn elsewhere, and not split
        moved = geoplan.crosswalk(old, targets=new, official=table, whole=True)
    assert (len(old), len(new)) == (31, 8)
    assert moved.moves["how"].eq("official").all()
    assert moved.units["population_known"].sum() == old["population"].sum() == 203_215
    units_of = moved.units.set_index("code")
    assert units_of.loc["07696", "population"] == 39_838  # the sum of its four parts in NQ 1191
    assert units_of["population"].isna().sum() == 7  # 16 of 31 units have no count in that resolution
    assert units_of.loc["07681", "population_missing"] == "Yên Lư"


def test_published_counts_are_near() -> None:
    """Published counts (31/12/2024, with temporary residents) over the moved ones of the census of 2019."""
    ratios = {}
    for name in CITIES:
        table = reform(geoplan.open_city(name), start=known_on(name), end=NEW).table()
        table = table[table["population"].notna() & (table["covered_share"] > 0.9)]
        ratios |= dict(zip(table["name"], table["population_published"] / table["population"], strict=True))
    known = {name: ratio for name, ratio in ratios.items() if not math.isnan(ratio)}
    assert len(known) == 12
    assert 0.87 < min(known.values()) < 0.89  # Nếnh: workers of its zones were counted in 2019
    assert 1.19 < max(known.values()) < 1.21  # Phố Hiến
    assert np.median(list(known.values())) == pytest.approx(1.13, abs=0.02)


def test_intervals_hold_on_units_that_are_known() -> None:
    """Every two neighbours taken together and split again: how often the truth lies in the interval."""
    inside = []
    for name in CITIES:
        layer = (
            geoplan.open_city(name).as_of(known_on(name)).communes[["code", "name", "population", "geometry"]]
        )
        shapes = layer.geometry.to_numpy()
        first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=1e-4)
        for pair in [[i, j] for i, j in zip(first, second, strict=True) if i < j]:
            one = gpd.GeoDataFrame(
                {"code": ["both"], "name": ["both"], "population": [layer["population"].iloc[pair].sum()]},
                geometry=[shapely.union_all(shapes[pair])], crs=layer.crs,
            )  # fmt: skip
            merged = pd.concat([layer.drop(index=layer.index[pair]), one], ignore_index=True)
            units_of = geoplan.crosswalk(merged, targets=layer).units.iloc[pair]
            truth = layer["population"].iloc[pair]
            inside += (
                (units_of["population_low"] <= truth) & (truth <= units_of["population_high"])
            ).tolist()
    assert len(inside) == 268
    assert np.mean(inside) == pytest.approx(0.9, abs=0.03)


def test_candidates_are_followed() -> None:
    city = geoplan.open_city("hung-yen")
    found = follow(city, on=NEW)
    assert found.columns.tolist() == FOLLOWED
    assert dict(zip(found["name"], found["name_to"], strict=True)) == {
        "Bảo Khê": "Sơn Nam",
        "Liên Phương": "Phố Hiến",
        "Phú Cường": "Sơn Nam",
        "Quảng Châu": "Hồng Châu",
        "Trung Nghĩa": "Phố Hiến",
    }
    assert found["how"].eq("whole").all()
    assert found["kind_to"].eq("ward").all()
    assert found["population"].tolist() == [7386, 8492, 6394, 8829, 9114]
    later = follow(city.as_of("2025-09-01"), on=NEW)  # they are no more, and followed from their last day
    assert_frame_equal(later, found)
    drawn = follow(city, on=NEW, official={})
    assert set(drawn["how"]) == {"part"}
    assert drawn.groupby("name")["population"].sum().to_dict() == dict(
        zip(found["name"], found["population"], strict=True)
    )
    same = follow(city, on="2024-06-01")
    assert same["code"].tolist() == same["code_to"].tolist() == found["code"].tolist()
    assert len(follow(geoplan.open_city("pho-yen"), on=NEW)) == 0


def test_a_city_that_records_no_mergers(tiny: City) -> None:
    """The small city of the tests: nothing says what was formed from what, and one unit has no count."""
    result = reform(tiny, start=tiny.on, end=tiny.on)
    assert result.crosswalk.moves["how"].eq("official").all()
    table = result.table()
    assert table["population"].isna().tolist() == [False, False, False, True]
    assert table["population_missing"].tolist()[3] == "Xã 3"
    assert table["population"].dropna().tolist() == table["population_published"].dropna().tolist()
    assert follow(tiny, on=tiny.on)["code_to"].tolist() == ["00002"]


# official tables as files


def test_official_files(tmp_path: Path) -> None:
    path = tmp_path / "bang.csv"
    path.write_text("Mã cũ,tên,MÃ MỚI\n001,A,100\n001,A,200\n\n002,B,100\n001,A,100\n", encoding="utf-8-sig")
    assert read_official(path) == {"001": ["100", "200"], "002": ["100"]}
    for text, sentence in (
        ("a,b\n1,2\n", "thiếu cột mã cũ và mã mới"),
        ("", "thiếu cột mã cũ và mã mới"),
        ("old_id,new_id\n1,\n", "bang.csv, dòng 2: thiếu mã cũ hoặc mã mới"),
        ("old_id,new_id\n1\n", "dòng 2"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=sentence):
            read_official(path)
    path.write_bytes(b"\xff\xfeold_id")
    with pytest.raises(DataError, match="không phải bảng CSV mã UTF-8"):
        read_official(path)
    with pytest.raises(DataError, match="không phải bảng CSV"):
        read_official(tmp_path)


# the command


def run(*arguments: object) -> int:
    return main(["crosswalk", *map(str, arguments)])


@pytest.fixture
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without a workspace."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_apart")
def test_the_command_tells_what_was_done(capsys: Captured) -> None:
    assert run("bac-giang", "--from", LAST_DAY, "--to", "1/7/2025") == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "dân số 31 đơn vị ngày 30/06/2025 chuyển về 8 đơn vị ngày 01/07/2025" in said.out
    assert "NQ 1191/NQ-UBTVQH15 (bản sao công khai); ngày 31/12/2023" in said.out
    assert "Ranh giới: cũ sơ đồ, mới sơ đồ" in said.out
    assert "39.838" in said.out
    assert "chưa có dân số: Yên Lư; đã biết 26.128" in said.out
    assert "Tổng dân số đã biết: 203.215 = 203.215 trong các đơn vị này + 0 ở ngoài" in said.out
    assert run("Việt Yên", "--from", LAST_DAY, "--to", NEW, "--lang", "en") == 0
    said = capsys.readouterr()
    assert "people of 17 units of 2025-06-30 on 4 units of 2025-07-01" in said.out
    assert "17 whole (official)" in said.out
    assert "205,900 = 205,900 in these units + 0 outside" in said.out


@pytest.mark.usefixtures("_apart")
def test_the_command_tells_how_parts_were_split(capsys: Captured, tmp_path: Path) -> None:
    table = tmp_path / "bang.csv"
    table.write_text("old_id,new_id\n11983,11983\n", encoding="utf-8")
    call = ("hung-yen", "--from", LAST_DAY, "--to", NEW, "--official", table)
    assert run(*call, "--moves") == 0
    out = capsys.readouterr().out
    assert "theo diện tích (dân rải đều); thử bỏ từng đơn vị trong 15 đơn vị đã biết" in out
    assert "Mẫu số: tổng trọng số của đơn vị cũ" in out
    assert "ngoài các đơn vị này" in out
    assert run(*call, "--level", "0.99", "--lang", "en") == 0
    assert "15 known units are too few to try it" in capsys.readouterr().out


@pytest.mark.usefixtures("_apart")
def test_the_command_follows_candidates(capsys: Captured) -> None:
    assert run("hung-yen", "--to", NEW, "--candidates") == 0
    out = capsys.readouterr().out
    assert "5 đơn vị dự kiến lên phường, theo về các đơn vị ngày 01/07/2025" in out
    assert "Phường Hồng Châu" in out
    assert run("pho-yen", "--to", NEW, "--candidates", "--lang", "en") == 0
    assert capsys.readouterr().out.strip() == "Phổ Yên: no document names a candidate."


@pytest.mark.usefixtures("_apart")
def test_the_command_writes_tables(capsys: Captured, tmp_path: Path) -> None:
    call = ("bac-giang", "--from", LAST_DAY, "--to", NEW, "--out")
    for name in ("a.csv", "a.xlsx", "a.json"):
        assert run(*call, tmp_path / name) == 0
    assert capsys.readouterr().out == ""
    table = pd.read_csv(tmp_path / "a.csv", dtype={"code": str})
    assert table["code"].tolist()[:2] == ["07210", "07228"]
    assert table["population"].isna().sum() == 7
    assert set(table["standing_from"]) == set(table["standing_to"]) == {"schematic"}
    assert set(table["method"]) == {"areal"}
    assert set(table["population_on"]) == {"2023-12-31"}
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet["A"]][1:3] == ["07210", "07228"]
    content = json.loads((tmp_path / "a.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert content["city"] == "bac-giang"
    assert len(content["units"]) == 8
    assert len(content["moves"]) == 31
    assert content["units"][0]["population"] is None
    assert sum(unit["population_known"] for unit in content["units"]) == 203_215
    first = (tmp_path / "a.json").read_bytes()
    assert run(*call, tmp_path / "a.json") == 0
    assert (tmp_path / "a.json").read_bytes() == first
    assert run("hung-yen", "--to", NEW, "--candidates", "--out", tmp_path / "c.json") == 0
    assert json.loads((tmp_path / "c.json").read_text("utf-8"))[0]["name_to"] == "Sơn Nam"
    assert run(*call, tmp_path / "m.csv", "--moves") == 0
    assert len(pd.read_csv(tmp_path / "m.csv")) == 31


@pytest.mark.usefixtures("_apart")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--to", NEW, "--out", "a.pdf"), 2, "a.pdf: không biết định dạng “.pdf”"),
        (("--to", "2025-02-30"), 2, "không phải là ngày"),
        (("--from", "1999-01-01", "--to", NEW), 2, "số liệu bắt đầu từ"),
        (("--to", NEW, "--method", "raster"), 2, "cần raster"),
        (("--to", NEW, "--method", "raster", "--raster", "none.tif"), 2, "none.tif"),
        (("--to", NEW, "--raster", "none.tif"), 2, "--raster chỉ đi với --method raster"),
        (("--to", NEW, "--official", "none.csv"), 2, "none.csv"),
        (("--to", NEW, "--level", "2"), 2, "level=2.0"),
        (("--to", NEW, "--official", "t.csv", "--out", "t.csv"), 2, "là tệp đầu vào"),
    ],
)
def test_calls_that_the_command_refuses(
    arguments: tuple[str, ...], code: int, sentence: str, capsys: Captured, tmp_path: Path
) -> None:
    assert run("viet-yen", *arguments) == code
    said = capsys.readouterr()
    assert sentence in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert said.out == ""
    assert list(tmp_path.iterdir()) == []
