"""Old units over new ones: shares by hand on squares, and the invariants of any layout."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import MultiPolygon, Point, Polygon

import geoplan
from cities import square
from conftest import CITIES
from geoplan.errors import CrsError, UsageError
from geoplan.measures.succession import COLUMNS, LEAST_SHARE, succession
from geoplan.timeline import successors


def units(shapes: list[object], prefix: str = "0", **more: object) -> gpd.GeoDataFrame:
    codes = [f"{prefix}{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"code": codes, "name": [f"Xã {c}" for c in codes], **more}, geometry=shapes, crs=4326
    )


def test_squares_by_hand() -> None:
    then = units([square(0, 0), square(1, 0), square(2, 0), square(9, 9)])
    now = units([square(0, 0, 1.75), square(1.75, 0, 0.75)], "n")
    found = succession(then, now)
    assert found.columns.tolist() == COLUMNS
    assert found[["code_then", "name_then", "code_now"]].to_numpy().tolist() == [
        ["00", "Xã 00", "n0"],
        ["01", "Xã 01", "n0"],
        ["01", "Xã 01", "n1"],
        ["02", "Xã 02", "n1"],
    ]
    assert found["share"].tolist() == pytest.approx([1, 0.75, 0.25, 0.5], abs=1e-6)
    assert found["share_now"].tolist() == pytest.approx(
        [1 / 1.75, 0.75 / 1.75, 0.25 / 0.75, 0.5 / 0.75], abs=1e-6
    )
    assert found.index.tolist() == [0, 1, 1, 2]


def test_the_index_and_the_layers_stay() -> None:
    then, now = units([square(0, 0), square(1, 0)]).set_index(pd.Index([7, 3])), units([square(0, 0, 2)], "n")
    before = then.copy(), now.copy()
    assert succession(then, now).index.tolist() == [7, 3]
    assert_frame_equal(then, before[0])
    assert_frame_equal(now, before[1])


def test_a_plane_gives_the_same_shares() -> None:
    then, now = units([square(0, 0), square(1, 0)]), units([square(0, 0, 1.5), square(1.5, 0)], "n")
    plane = succession(then.to_crs(9213), now.to_crs(3405))
    assert_frame_equal(plane, succession(then, now), atol=2e-5)


def test_slivers_are_no_succession() -> None:
    then = units([square(0, 0)])
    sliver = LEAST_SHARE / 2
    now = units([square(0, 0, 1 - sliver), square(1 - sliver, 0)], "n")
    assert succession(then, now)["code_now"].tolist() == ["n0"]
    wider = 2 * LEAST_SHARE
    now = units([square(0, 0, 1 - wider), square(1 - wider, 0)], "n")
    assert succession(then, now)["code_now"].tolist() == ["n0", "n1"]


def test_a_small_unit_wholly_inside_a_large_one_is_found_from_both_sides() -> None:
    town, land = units([square(0.4, 0.4, 0.02, 0.02)], "t"), units([square(0, 0)], "l")
    assert succession(town, land)["share"].tolist() == pytest.approx([1])
    back = succession(land, town)
    assert back["share"].tolist() == pytest.approx([0.0004], rel=1e-3)
    assert back["share_now"].tolist() == pytest.approx([1])


def test_nothing_and_odd_shapes() -> None:
    now = units([square(0, 0)], "n")
    empty = succession(units([]), now)
    assert empty.columns.tolist() == COLUMNS
    assert len(empty) == 0
    assert len(succession(now, units([]))) == 0
    with pytest.warns(geoplan.errors.DataWarning, match="không có vùng"):
        found = succession(units([Point(105.8, 21.4), square(0, 0)]), now)
    assert found["code_then"].tolist() == ["01"]
    bow = Polygon([(105.8, 21.4), (105.81, 21.41), (105.81, 21.4), (105.8, 21.41)])
    with pytest.warns(geoplan.errors.DataWarning, match="đã sửa"):
        assert succession(units([bow]), now)["share"].tolist() == pytest.approx([1])
    with pytest.raises(UsageError, match="không có cột “name”"):
        succession(now.drop(columns="name"), now)
    with pytest.raises(CrsError):
        succession(now.set_crs(None, allow_override=True), now)


CUTS = st.lists(st.floats(0.05, 3.95), min_size=0, max_size=5, unique=True)


def slices(cuts: list[float], low: float, high: float) -> list[Polygon]:
    edges = [low, *sorted(c for c in cuts if low + 0.01 < c < high - 0.01), high]
    return [square(a, 0, b - a) for a, b in itertools.pairwise(edges)]


@settings(deadline=None, max_examples=60)
@given(then=CUTS, now=CUTS)
def test_shares_add_up(then: list[float], now: list[float]) -> None:
    old, new = units(slices(then, 0, 4)), units(slices(now, 0, 4), "n")
    found = succession(old, new)
    sums = found.groupby("code_then")["share"].sum()
    assert sums.tolist() == pytest.approx([1] * len(old), abs=len(new) * LEAST_SHARE)
    assert found.groupby("code_now")["share_now"].sum().tolist() == pytest.approx(
        [1] * len(new), abs=len(old) * LEAST_SHARE
    )
    assert found["share"].between(0, 1).all()
    back = succession(new, old).rename(columns={"code_then": "code_now", "code_now": "code_then"})
    keys = ["code_then", "code_now"]
    both = found.merge(back, on=keys, suffixes=("", "_back"), how="outer")
    assert np.allclose(both["share"], both["share_now_back"], rtol=0, atol=1e-12)


@given(st.permutations(range(4)))
@settings(deadline=None, max_examples=10)
def test_the_order_of_units_does_not_matter(order: list[int]) -> None:
    old = units([square(i, 0) for i in range(4)])
    new = units([MultiPolygon([square(0, 0), square(2, 0)]), square(1, 0), square(3, 0)], "n")
    found = succession(old.iloc[order], new).sort_index()
    assert_frame_equal(found, succession(old, new))


@pytest.mark.parametrize("name", CITIES)
def test_bundled_cities_know_what_became_of_their_units(name: str) -> None:
    city = geoplan.open_city(name)
    former = successors(city.as_of("2026-01-01"))
    assert (former["valid_to"] <= pd.Timestamp("2026-01-01")).all()
    old = city.as_of("2025-06-30").communes
    sums = former[former["valid_to"] == pd.Timestamp("2025-07-01")].groupby("code_then")["share"].sum()
    assert set(sums.index) == set(old["code"])
    assert sums.between(0.95, 1.001).all()
    later = successors(city.as_of("2025-06-30"))
    new = set(city.as_of("2025-07-01").communes["code"])
    assert set(later.loc[later["valid_from"] == pd.Timestamp("2025-07-01"), "code_then"]) == new
    assert later["kind"].isin(["ward", "commune", "township"]).all()


def test_one_that_the_resolution_names() -> None:
    """NQ 1683/NQ-UBTVQH15: Phúc Tân went to Đại Phúc."""
    found = successors(geoplan.open_city("pho-yen").as_of("2026-01-01"))
    rows = found[found["name_then"] == "Phúc Tân"]
    assert rows["code_now"].iloc[0] == "05488"
    assert rows["share"].iloc[0] > 0.95
