"""Repairs: what is mended, what is refused, and that nothing else moves by a bit."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon

from cities import SOUTH, STEP, WEST, square, tiny_layers
from geoplan.errors import CrsError, DataError
from geoplan.intake.check_communes import check_communes
from geoplan.intake.check_geometry import check_geometry
from geoplan.intake.clean import Cleaned, clean

if TYPE_CHECKING:
    from pathlib import Path

METRE = 1 / 1109  # of a cell, about


def layer(*shapes: Any, crs: int = 4326) -> gpd.GeoDataFrame:
    names = [f"Xã {i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame(
        {"name": names}, geometry=list(shapes), crs=crs, index=[f"r{i}" for i in range(len(shapes))]
    )


def mended(*shapes: Any, layer_name: str | None = "plans", **more: Any) -> Cleaned:
    return clean(layer(*shapes), layer=layer_name, what="thử", **more)


def codes(cleaned: Cleaned) -> list[tuple[Any, str]]:
    return [(change.row, change.code) for change in cleaned.log]


def cells(*points: tuple[float, float]) -> Polygon:
    return Polygon([(WEST + x * STEP, SOUTH + y * STEP) for x, y in points])


def bits(frame: gpd.GeoDataFrame) -> list[bytes]:
    return shapely.to_wkb(frame.geometry.to_numpy(), flavor="iso").tolist()


BOW_TIE = cells((0, 0), (1, 1), (1, 0), (0, 1))
TINY_LOOP = cells((0, 0), (1, 0), (1, 1), (0.5, 1), (0.5005, 1.001), (0.5005, 1), (0, 1))
TOUCHING = cells((0, 0), (1, 0), (1, 1), (0.5, 0.5), (0.5, 0.8), (0.3, 0.8), (0.5, 0.5), (0, 1))
REPEATED = cells((0, 0), (1, 0), (1, 0), (1, 1), (0, 1))


def test_a_clean_layer_comes_back_as_it_was() -> None:
    frame = tiny_layers()["communes"]
    cleaned = clean(frame.iloc[::-1], layer="plans", what="thử")
    assert cleaned.log == []
    assert bits(cleaned.frame) == bits(frame.iloc[::-1])
    assert list(cleaned.frame.columns) == list(frame.columns)
    assert cleaned.frame.crs == frame.crs
    assert cleaned.frame.index.equals(frame.index[::-1])


def test_a_bow_tie_needs_repair_and_keeps_both_lobes() -> None:
    with pytest.raises(DataError, match="--repair") as refused:
        mended(square(3, 0), BOW_TIE)
    assert "Xã 1" in refused.value.vi
    assert "0,01 %" in refused.value.vi
    assert "0.01 %" in refused.value.en
    frame = layer(square(3, 0), BOW_TIE, square(5, 0))
    cleaned = clean(frame, layer="plans", what="thử", repair=True)
    (change,) = cleaned.log
    assert (change.row, change.feature, change.code) == ("r1", "Xã 1", "GEOM-01")
    assert change.area_before_km2 == pytest.approx(0, abs=1e-4)
    assert change.area_after_km2 == pytest.approx(1.148 / 2, rel=0.01)
    assert cleaned.frame.geometry.iloc[1].area == pytest.approx(STEP**2 / 2)
    assert [bits(cleaned.frame)[i] for i in (0, 2)] == [bits(frame)[i] for i in (0, 2)]
    assert bits(frame)[1] == BOW_TIE.wkb  # the layer itself is not changed


def test_a_small_change_needs_no_repair_and_the_limit_is_a_parameter() -> None:
    assert codes(mended(TINY_LOOP)) == [("r0", "GEOM-01")]
    with pytest.raises(DataError, match="--repair"):
        mended(TINY_LOOP, limit_pct=1e-6)


def test_a_crossing_within_rounding_of_a_vertex_is_mended_for_good() -> None:
    halfway = shapely.make_valid(TINY_LOOP, method="structure", keep_collapsed=False)
    assert not halfway.is_valid  # as GEOS gives it back
    assert mended(TINY_LOOP).frame.is_valid.all()


def test_a_ring_that_touches_itself_keeps_its_area() -> None:
    assert not TOUCHING.is_valid
    (change,) = mended(TOUCHING).log
    assert change.area_after_km2 == pytest.approx(change.area_before_km2, rel=1e-9)


def test_heights_go_and_so_do_repeated_vertices() -> None:
    high = shapely.force_3d(square(1, 0), 7.0)
    cleaned = mended(high, REPEATED)
    assert codes(cleaned) == [("r0", "GEOM-06"), ("r1", "GEOM-03")]
    assert not cleaned.frame.has_z.any()
    assert shapely.get_num_coordinates(cleaned.frame.geometry.to_numpy()).tolist() == [5, 5]
    assert cleaned.frame.geometry.iloc[0].equals(square(1, 0))


def test_measures_go() -> None:
    cleaned = mended(shapely.from_wkt("POLYGON ZM ((105 21 1 2, 105.1 21 1 2, 105.1 21.1 1 2, 105 21 1 2))"))
    assert codes(cleaned) == [("r0", "GEOM-06")]
    assert not shapely.has_m(cleaned.frame.geometry.to_numpy()).any()


def test_a_line_beside_a_polygon_in_one_feature_goes() -> None:
    mixed = GeometryCollection([square(0, 0), LineString([(WEST, SOUTH), (WEST, SOUTH + 1)])])
    cleaned = mended(mixed)
    assert codes(cleaned) == [("r0", "GEOM-07")]
    assert cleaned.frame.geometry.iloc[0].equals(square(0, 0))


def test_what_has_no_polygon_stays_for_the_checks() -> None:
    frame = layer(Point(WEST, SOUTH), None, Polygon(), square(0, 0))
    cleaned = clean(frame, layer="communes", what="thử")
    assert cleaned.log == []
    assert bits(cleaned.frame) == bits(frame)


@pytest.mark.parametrize("repair", [True, False])
def test_what_would_vanish_is_refused(repair: bool) -> None:
    flat = cells((0, 0), (1, 0), (2, 0))
    with pytest.raises(DataError, match="Xã 1"):
        mended(square(5, 0), flat, repair=repair)
    with pytest.raises(DataError, match="Xã"):
        mended(square(0, 0), square(0, 0), layer_name="communes", repair=repair)


def test_coordinates_that_are_no_place_are_refused() -> None:
    with np.errstate(invalid="ignore"):
        nowhere = Polygon([(WEST, SOUTH), (WEST + 1, SOUTH), (WEST, float("nan"))])
    with pytest.raises(DataError, match="Xã 1"):
        mended(square(0, 0), nowhere)
    with pytest.raises(CrsError):
        clean(gpd.GeoDataFrame(geometry=[square(0, 0)]), layer=None, what="thử")


def test_plans_may_overlap_and_communes_may_not() -> None:
    shapes = square(0, 0, 1.1), square(1, 0), square(9, 9)
    assert mended(*shapes).log == []
    assert mended(*shapes, layer_name=None).log == []
    with pytest.raises(DataError, match="--repair"):
        mended(*shapes, layer_name="communes")
    cleaned = mended(*shapes, layer_name="communes", repair=True)
    out = cleaned.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(out)
    assert shapely.area(out).sum() == pytest.approx(3 * STEP**2)
    assert ("r0", "COV-01") in codes(cleaned) or ("r1", "COV-01") in codes(cleaned)
    assert bits(cleaned.frame)[2] == square(9, 9).wkb


@pytest.mark.parametrize("crs", [4326, 9213])
def test_a_border_that_misses_by_centimetres_is_closed_without_repair(crs: int) -> None:
    frame = layer(square(0, 0, 1 - 0.05 * METRE), square(1, 0), square(9, 9)).to_crs(crs)
    cleaned = clean(frame, layer="communes", what="thử")
    assert {code for _, code in codes(cleaned)} == {"COV-04"}
    out = cleaned.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(out)
    assert shapely.intersection(out[0], out[1]).length == pytest.approx(
        square(0, 0).bounds[3] - SOUTH, rel=1e-6
    ) or (crs != 4326)
    assert out[0].distance(out[1]) == 0
    assert bits(cleaned.frame)[2] == bits(frame)[2]


def test_a_gap_wider_than_the_tolerance_stays() -> None:
    frame = layer(square(0, 0, 1 - 3 * METRE), square(1, 0))
    assert clean(frame, layer="communes", what="thử").log == []
    closed = clean(frame, layer="communes", what="thử", repair=True, tolerance_m=5)
    assert closed.frame.geometry.iloc[0].distance(closed.frame.geometry.iloc[1]) == 0


def test_a_valid_coverage_is_not_touched_by_a_bit() -> None:
    x, y = 105.81, 21.41
    frame = layer(
        Polygon([(105, 21), (x, 21), (x, y), (105, y)]), Polygon([(x, y), (x, 21), (106, 21), (106, y)])
    )
    cleaned = clean(frame, layer="communes", what="thử")
    assert cleaned.log == []
    assert bits(cleaned.frame) == bits(frame)


def test_units_of_different_times_do_not_cut_each_other() -> None:
    frame = layer(square(0, 0, 2), square(0, 0), square(9, 9))
    frame["valid_from"] = [None, "2025-07-01", None]
    frame["valid_to"] = ["2025-07-01", None, None]
    assert clean(frame, layer="communes", what="thử").log == []


def test_parts_stay_parts() -> None:
    two = MultiPolygon([square(0, 0, 1.1), square(5, 5)])
    cleaned = mended(two, square(1, 0), layer_name="communes", repair=True)
    assert cleaned.frame.geom_type.tolist() == ["MultiPolygon", "Polygon"]
    assert len(cleaned.frame.geometry.iloc[0].geoms) == 2


SHAPES = [
    BOW_TIE,
    TINY_LOOP,
    TOUCHING,
    REPEATED,
    square(3, 0, 1.2),
    square(4, 0),
    square(4, 1, 0.5),
    square(3, 1),
]


@given(st.lists(st.integers(0, len(SHAPES) - 1), min_size=1, unique=True))
def test_cleaning_twice_changes_nothing_the_second_time(chosen: list[int]) -> None:
    frame = layer(
        *(
            shapely.transform(SHAPES[i], lambda xy, i=i: xy + np.array([0.0, 0.05 * (i < 4) * i]))
            for i in chosen
        )
    )
    for name in ("communes", "plans"):
        once = clean(frame, layer=name, what="thử", repair=True)
        twice = clean(once.frame, layer=name, what="thử")
        assert twice.log == []
        assert bits(twice.frame) == bits(once.frame)
        assert not [f for f in check_geometry(once.frame, what="thử") if f.severity == "error"]


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), min_size=16, max_size=16))
def test_a_shaken_grid_becomes_a_coverage_again(shakes: list[tuple[float, float]]) -> None:
    shapes = []
    for i in range(4):
        corners = np.array(square(i % 2, i // 2).exterior.coords)[:4]
        shapes.append(Polygon(corners + np.array(shakes[4 * i : 4 * i + 4]) * METRE * STEP))
    frame = layer(*shapes)
    cleaned = clean(frame, layer="communes", what="thử", repair=True)
    out = cleaned.frame.geometry.to_numpy()
    assert shapely.coverage_is_valid(out)
    assert shapely.area(out).sum() == pytest.approx(shapely.union_all(shapes).area, rel=1e-3)
    frame_codes = {f.kind.code for f in check_communes(cleaned.frame, what="thử")}
    assert "COV-01" not in frame_codes


def test_the_whole_country_becomes_a_coverage(real_data: Path) -> None:
    frame = gpd.read_parquet(real_data / "vietnam-communes-2025.parquet")
    started = time.monotonic()
    with pytest.raises(DataError, match="--repair") as refused:
        clean(frame, layer="communes", what="cả nước")
    assert "8 " in refused.value.en
    cleaned = clean(frame, layer="communes", what="cả nước", repair=True)
    print(f"twice the country: {time.monotonic() - started:.1f} s, {len(cleaned.log)} changes")  # noqa: T201
    before, after = bits(frame), bits(cleaned.frame)
    changed = [frame.index[i] for i in range(len(frame)) if before[i] != after[i]]
    assert changed == [change.row for change in cleaned.log]
    assert shapely.coverage_is_valid(cleaned.frame.geometry.to_numpy())
    assert shapely.area(cleaned.frame.geometry.to_numpy()).sum() == pytest.approx(
        shapely.area(frame.geometry.to_numpy()).sum(), rel=1e-4
    )
    assert cleaned.frame.drop(columns="geometry").equals(frame.drop(columns="geometry"))
