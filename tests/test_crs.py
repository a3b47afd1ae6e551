"""Coordinates and areas against test vectors and an independent geodesics."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod
from pyproj.transformer import TransformerGroup
from shapely.geometry import Point, Polygon, box

import geoplan
from geoplan import crs
from geoplan.errors import CrsError, DataWarning

GEOD = Geod(ellps="WGS84")


def geodesic_km2(shape: Polygon) -> float:
    """Area on the ellipsoid by geodesics (Karney 2013, GeographicLib), so short that the edges are straight."""
    shape = shapely.segmentize(shape, 0.00005)
    return abs(GEOD.geometry_area_perimeter(shape)[0]) / 1e6


def drawn_km2(frame: gpd.GeoDataFrame) -> np.ndarray:
    """What geoplan measures."""
    return crs.area_km2(crs.overlay_shapes(frame))


def plane_km2(frame: gpd.GeoDataFrame) -> np.ndarray:
    """The independent path: a densified outline in an equal-area plane, by the shoelace formula."""
    return shapely.area(crs.project(frame)) / 1e6


def points(code: int, *xy: tuple[float, float]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=[Point(p) for p in xy], crs=code)


def test_vn2000_to_wgs84_matches_the_test_vector() -> None:
    moved = crs.to_lonlat(points(9213, (434498.390, 2370690.295))).geometry[0]
    assert moved.x == pytest.approx(105.87, abs=1e-8)
    assert moved.y == pytest.approx(21.43, abs=1e-8)


def test_the_way_back_is_the_inverse() -> None:
    here = points(4326, (105.87, 21.43))
    x, y = crs.from_lonlat(here, CRS.from_epsg(9213))[0].coords[0]
    assert (x, y) == pytest.approx((434498.390, 2370690.295), abs=1e-3)


def test_one_operation_on_both_sides_of_the_box_edge() -> None:
    """PROJ itself switches operations at 11.04 N, 0.7 m apart; geoplan must not tear there."""
    south, north = 11.0399, 11.0401
    ours = crs.to_lonlat(points(4756, (106.5, south), (106.5, north))).geometry
    shift = [(p.x - 106.5, p.y - lat) for p, lat in zip(ours, (south, north), strict=True)]
    assert np.allclose(shift[0], shift[1], atol=1e-9)
    group = TransformerGroup(4756, 4326, always_xy=True)
    national = next(t for t in group.transformers if "VN-2000 to WGS 84 (2)" in t.description)
    for point, lat in zip(ours, (south, north), strict=True):
        assert (point.x, point.y) == pytest.approx(national.transform(106.5, lat), abs=1e-11)


@pytest.mark.parametrize("code", [4756, 3405, 3406, 5896, 5897, 5898, 5899, *range(9205, 9219)])
def test_every_vietnamese_system_is_pinned_even_after_a_prj_round_trip(code: int) -> None:
    stated = CRS.from_epsg(code)
    assert crs.is_vn2000(stated)
    assert crs.is_vn2000(CRS.from_wkt(stated.to_wkt("WKT1_ESRI")))


@pytest.mark.parametrize("code", [4326, 32648, 3857, 4131])
def test_other_datums_are_not_vn2000(code: int) -> None:
    assert not crs.is_vn2000(CRS.from_epsg(code))


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(102.2, 109.3),
    lat=st.floats(8.6, 23.3),
    size=st.floats(0.0005, 0.08),
    turn=st.floats(0, 3.1),
    squash=st.floats(0.1, 1),
)
def test_areas_are_those_of_the_ellipsoid_within_1_ppm(
    lon: float, lat: float, size: float, turn: float, squash: float
) -> None:
    angles = turn + np.array([0.0, 2.1, 4.0])
    triangle = Polygon(np.c_[lon + size * np.cos(angles), lat + squash * size * np.sin(angles)])
    frame = gpd.GeoDataFrame(geometry=[triangle], crs=4326)
    assert drawn_km2(frame)[0] == pytest.approx(geodesic_km2(triangle), rel=1e-9, abs=3e-10)
    dense = frame.set_geometry(frame.geometry.segmentize(0.0003))
    assert drawn_km2(dense)[0] == pytest.approx(plane_km2(frame)[0], rel=1e-6)
    density = geoplan.density(frame.assign(code="A", population=1))
    assert density["area_km2"][0] == pytest.approx(geodesic_km2(triangle), rel=1e-9, abs=3e-10)


def test_holes_and_wrong_orientation_are_measured_right() -> None:
    outer, inner = box(105.8, 21.4, 105.82, 21.42), box(105.805, 21.405, 105.81, 21.41)
    expected = geodesic_km2(outer) - geodesic_km2(inner)
    for hole in (inner.exterior.coords, list(inner.exterior.coords)[::-1]):
        for shell in (outer.exterior.coords, list(outer.exterior.coords)[::-1]):
            frame = gpd.GeoDataFrame(geometry=[Polygon(shell, [hole])], crs=4326)
            assert drawn_km2(frame)[0] == pytest.approx(expected, rel=1e-9)
            assert plane_km2(frame)[0] == pytest.approx(expected, rel=1e-6)


def test_a_border_shared_in_the_file_is_shared_in_the_plane() -> None:
    """The long edge of one layer and the two half edges of another leave nothing between them."""
    whole = gpd.GeoDataFrame(geometry=[box(105.80, 21.40, 105.90, 21.42)], crs=4326)
    halves = gpd.GeoDataFrame(
        geometry=[box(105.80, 21.42, 105.843, 21.45), box(105.843, 21.42, 105.9, 21.45)], crs=4326
    )
    below, above = crs.project(whole)[0], shapely.union_all(crs.project(halves))
    assert shapely.area(shapely.intersection(below, above)) < 0.01
    assert shapely.area(shapely.union(below, above)) == pytest.approx(
        shapely.area(below) + shapely.area(above), rel=1e-12
    )


@pytest.mark.parametrize("code", [9213, 3405, 32648, 3857])
def test_areas_do_not_depend_on_the_system_of_the_file(code: int) -> None:
    outline = shapely.segmentize(box(105.80, 21.40, 105.85, 21.44), 0.0005)
    here = gpd.GeoDataFrame(geometry=[outline], crs=4326)
    there = gpd.GeoDataFrame(geometry=crs.from_lonlat(here, CRS.from_epsg(code)), crs=code)
    assert drawn_km2(there)[0] == pytest.approx(drawn_km2(here)[0], rel=1e-6)


def test_web_mercator_area_is_not_taken_at_its_word() -> None:
    frame = gpd.GeoDataFrame(geometry=[box(105.8, 21.4, 105.9, 21.5)], crs=4326)
    mercator = frame.to_crs(3857).area[0] / 1e6
    assert mercator / drawn_km2(frame)[0] > 1.1


def test_a_tm3_grid_on_wgs84_is_suspected() -> None:
    """What GDAL makes of a VN-2000 MapInfo file: read as stated, all is about 225 m off."""
    stated = CRS.from_proj4(
        "+proj=tmerc +lat_0=0 +lon_0=106.5 +k=0.9999 +x_0=500000 +y_0=0 +datum=WGS84 +units=m"
    )
    frame = gpd.GeoDataFrame(geometry=[box(434000, 2370000, 435000, 2371000)], crs=stated)
    with pytest.warns(DataWarning, match="lệch khoảng 225 m"):
        crs.require_crs(frame, what="a.tab")


def test_a_layer_without_a_system_is_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[box(0, 0, 1, 1)])
    with pytest.raises(CrsError, match="không có hệ tọa độ") as caught:
        crs.require_crs(frame, what="a.shp")
    assert "assign the right one" in caught.value.sentence("en")


def test_metres_labelled_degrees_are_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[box(434000, 2370000, 435000, 2371000)], crs=4326)
    with pytest.raises(CrsError, match="hệ tọa độ sai"):
        crs.require_crs(frame, what="a.shp")


def test_coordinates_that_fit_no_place_are_refused() -> None:
    frame = gpd.GeoDataFrame(geometry=[box(1e12, 1e12, 2e12, 2e12)], crs=9213)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        with pytest.raises(CrsError, match="không nằm trên trái đất"):
            crs.project(frame)
