"""Geometry findings: hand-made shapes for every code, invariants, and the whole country."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from cities import SOUTH, WEST, square
from geoplan.errors import CrsError
from geoplan.intake.check_geometry import CODES, check_geometry
from geoplan.intake.shapes import width_m

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.intake.findings import Finding

METRE = 1e-5  # degrees, about
NAN, INF = float("nan"), float("inf")


def layer(*shapes: object, crs: int | str = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [f"Xã {i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=crs)


def found(frame: gpd.GeoDataFrame, **more: float) -> list[Finding]:
    return check_geometry(frame, what="thử", **more)


def kinds(frame: gpd.GeoDataFrame, **more: float) -> list[tuple[int | None, str]]:
    return [(f.row, f.kind.code) for f in found(frame, **more)]


def unchecked(*points: tuple[float, float]) -> Polygon:
    with np.errstate(invalid="ignore"):
        return Polygon(points)


def moved(*points: tuple[float, float]) -> Polygon:
    return unchecked(*((WEST + x, SOUTH + y) for x, y in points))


GOOD = square(0, 0)
BOW_TIE = moved((1, 0), (1.02, 0.02), (1.02, 0), (1, 0.02))
NEEDLE = moved((0, 0), (0.01, 0), (0.01, 0.005), (0.03, 0.00501), (0.01, 0.00502), (0.01, 0.01), (0, 0.01))
REPEATED = moved((0, 0), (0.01, 0), (0.01, 0), (0.01, 0.01), (0, 0.01))
PART_GONE = MultiPolygon([GOOD, moved((1, 1), (1, 1), (1, 1), (1, 1))])
FLAT = moved((0, 0), (0.01, 0.01), (0.02, 0.02))
SLIVER = moved((0, 0), (0.1, 0), (0.1, 0.2 * METRE), (0, 0.2 * METRE))


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        (GOOD, []),
        (MultiPolygon([GOOD, square(2, 0)]), []),
        (BOW_TIE, ["GEOM-01"]),
        (NEEDLE, ["GEOM-02"]),
        (REPEATED, ["GEOM-03"]),
        (PART_GONE, ["GEOM-01", "GEOM-03"]),
        (Polygon(), ["GEOM-05"]),
        (None, ["GEOM-05"]),
        (Point(WEST, SOUTH), ["GEOM-07"]),
        (LineString([(WEST, SOUTH), (WEST, SOUTH + 1)]), ["GEOM-07"]),
        (GeometryCollection([GOOD, LineString([(WEST, SOUTH), (WEST, SOUTH + 1)])]), ["GEOM-07"]),
        (SLIVER, ["GEOM-08"]),
        (MultiPolygon([GOOD, square(2, 0, 0.001, 0.001)]), ["GEOM-08"]),
        (moved((0, 0), (0.01, 0), (NAN, 0.01)), ["GEOM-09"]),
        (moved((0, 0), (0.01, 0), (0.01, INF)), ["GEOM-09"]),
        (box(105, 91, 106, 92), ["GEOM-09"]),
        (box(500000, 2300000, 500100, 2300100), ["GEOM-09"]),
        (FLAT, ["GEOM-11"]),
    ],
)
def test_each_shape_has_exactly_its_findings(shape: object, expected: list[str]) -> None:
    assert kinds(layer(square(5, 5), shape)) == [(1, code) for code in expected]


def test_the_crossing_of_a_bow_tie_is_named_and_placed() -> None:
    (finding,) = found(layer(BOW_TIE))
    assert finding.place.distance(Point(WEST + 1.01, SOUTH + 0.01)) < 1e-9
    assert finding.vi == "thử, Xã 0: biên tự cắt tại kinh độ 106,81000, vĩ độ 21,41000."
    assert finding.en == "thử, Xã 0: Self-intersection at longitude 106.81000, latitude 21.41000."
    assert finding.severity == "error"
    assert "--repair" in finding.mend("en")


def test_the_crossing_is_placed_in_degrees_whatever_the_layer_is_in() -> None:
    projected = layer(BOW_TIE).to_crs(32648)
    (finding,) = found(projected)
    assert finding.place.distance(Point(WEST + 1.01, SOUTH + 0.01)) < 1e-4


def test_spikes_have_an_angle_and_a_length() -> None:
    tip = found(layer(NEEDLE))[0].place
    assert tip.distance(Point(WEST + 0.03, SOUTH + 0.00501)) < 1e-7
    assert kinds(layer(NEEDLE), spike_angle_deg=0.01) == []
    assert kinds(layer(NEEDLE), spike_leg_m=3000) == []
    assert [code for _, code in kinds(layer(GOOD), spike_angle_deg=91)] == ["GEOM-02"]


def test_a_repeated_vertex_does_not_hide_a_spike() -> None:
    points = list(NEEDLE.exterior.coords)
    doubled = Polygon([*points[:4], points[3], *points[4:]])
    assert kinds(layer(doubled)) == [(0, "GEOM-02"), (0, "GEOM-03")]


def test_duplicates_name_the_first_wherever_their_rings_start() -> None:
    turned = Polygon(list(GOOD.exterior.coords)[2:] + list(GOOD.exterior.coords)[1:3])
    (finding,) = found(layer(GOOD, square(1, 0), turned))
    assert (finding.row, finding.kind.code) == (2, "GEOM-04")
    assert "Xã 0" in finding.vi
    assert kinds(layer(GOOD, square(1e-6, 0))) == []


def test_heights_are_one_finding_for_the_layer() -> None:
    high = shapely.force_3d(GOOD, 5.0)
    assert kinds(layer(high, shapely.force_3d(square(1, 0), 2.0), square(2, 0))) == [(None, "GEOM-06")]
    assert kinds(layer(shapely.from_wkt("POLYGON M ((105 21 1, 105.1 21 1, 105.1 21.1 1, 105 21 1))"))) == [
        (None, "GEOM-06")
    ]


def test_a_sliver_is_measured() -> None:
    (finding,) = found(layer(SLIVER))
    assert finding.place.equals(SLIVER)
    assert "0.2" in finding.en
    assert kinds(layer(SLIVER), sliver_width_m=0.1, sliver_area_m2=1) == []


@pytest.mark.parametrize(("width", "height"), [(1.0, 1.0), (0.1, 2000.0), (3.0, 7.0)])
def test_the_width_of_a_rectangle_is_its_shorter_side(width: float, height: float) -> None:
    assert width_m(np.array([box(0, 0, width, height)]))[0] == pytest.approx(width, rel=1e-9)


def test_the_width_of_nothing_is_zero() -> None:
    assert width_m(np.array([Polygon(), box(0, 0, 0, 1)])).tolist() == [0.0, 0.0]


def test_a_huge_ring_is_reported_in_bounded_time() -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_002)
    ring = Polygon(np.column_stack([WEST + 0.1 * np.cos(turn), SOUTH + 0.1 * np.sin(turn)]))
    started = time.monotonic()
    findings = found(layer(ring))
    assert time.monotonic() - started < 30
    assert [f.kind.code for f in findings] == ["GEOM-10"]
    assert "1,000,002" in findings[0].en
    assert kinds(layer(GOOD), most_vertices=5) == []
    assert kinds(layer(GOOD), most_vertices=4) == [(0, "GEOM-10")]


def test_errors_come_first_then_rows() -> None:
    assert kinds(layer(REPEATED, SLIVER, None, BOW_TIE)) == [
        (2, "GEOM-05"),
        (3, "GEOM-01"),
        (1, "GEOM-08"),
        (0, "GEOM-03"),
    ]


def test_a_layer_without_system_or_of_metres_called_degrees_is_refused() -> None:
    with pytest.raises(CrsError, match=r"\.prj"):
        found(gpd.GeoDataFrame(geometry=[GOOD]))
    with pytest.raises(CrsError):
        found(layer(box(500000, 2300000, 500100, 2300100)))


def test_an_empty_layer_has_no_finding() -> None:
    assert kinds(layer()) == []


def test_codes_are_two_languages_and_unique() -> None:
    assert [code.code for code in CODES] == [f"GEOM-{i:02}" for i in range(1, 12)]
    assert all(len(pair) == 2 and all(pair) for code in CODES for pair in (code.title, code.mend))


SHAPES = [GOOD, BOW_TIE, NEEDLE, REPEATED, None, Point(WEST, SOUTH), FLAT, square(3, 3, 0.5)]


@given(st.permutations(range(len(SHAPES))))
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    straight = sorted(kinds(layer(*SHAPES)))
    mixed = kinds(layer(*(SHAPES[i] for i in order)))
    assert sorted((order[row], code) for row, code in mixed if row is not None) == straight


@given(st.floats(-1.0, 1.0), st.floats(-5.0, 1.0))
def test_moving_the_layer_does_not_matter(east: float, north: float) -> None:
    shapes = [GOOD, BOW_TIE, REPEATED, square(3, 3, 0.5), NEEDLE, SLIVER]
    there = [shapely.transform(s, lambda xy: xy + np.array([east, north])) for s in shapes]
    assert kinds(layer(*there)) == kinds(layer(*shapes))


@given(st.lists(st.tuples(st.floats(0, 0.1), st.floats(0, 0.1)), min_size=3, max_size=8))
def test_whatever_is_drawn_geos_agrees(points: list[tuple[float, float]]) -> None:
    shape = moved(*points)
    codes = {code for _, code in kinds(layer(shape))}
    if shape.is_valid:
        assert "GEOM-01" not in codes
    else:
        assert len(codes & {"GEOM-01", "GEOM-11"}) == 1


def test_the_whole_country_in_bounded_time_and_what_was_broken_in_it(real_data: Path) -> None:
    frame = gpd.read_parquet(real_data / "vietnam-communes-2025.parquet")
    started = time.monotonic()
    before = {(f.row, f.kind.code) for f in found(frame)}
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"geometry of {len(frame)} units: {seconds:.1f} s, {len(before)} findings, peak {peak:.0f} MB")  # noqa: T201
    assert seconds < 30
    assert not {code for _, code in before} & {"GEOM-01", "GEOM-05", "GEOM-07", "GEOM-09", "GEOM-11"}
    shapes = frame.geometry.to_numpy().copy()
    for row in (10, 500, 3000):
        east = shapely.get_coordinates(shapes[row])[0, 0] - WEST
        beside = shapely.transform(BOW_TIE, lambda xy, east=east: xy + np.array([east, -3]))
        shapes[row] = MultiPolygon([*shapes[row].geoms, beside])
    shapes[77] = shapes[78]
    shapes[1500] = None
    after = {(f.row, f.kind.code) for f in found(frame.set_geometry(shapes, crs=frame.crs))}
    assert after - before == {
        (10, "GEOM-01"),
        (500, "GEOM-01"),
        (3000, "GEOM-01"),
        (78, "GEOM-04"),
        (1500, "GEOM-05"),
    }
