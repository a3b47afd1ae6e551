"""Coordinate systems: each candidate is recognised by where it puts real communes; nothing is guessed."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer

from cities import square
from conftest import CITIES
from geoplan import crs
from geoplan.errors import UsageError
from geoplan.intake.crs_findings import CODES, explain, findings
from geoplan.intake.crs_fit import Fit, fit
from geoplan.intake.crs_systems import systems, take
from geoplan.intake.meridians import Meridian, meridian_of, meridians, meridians_of
from geoplan.text import fold

EPSG = [system.epsg for system in systems()]
DEGREES = {4326, 4147, 4131}
"""In the north PROJ knows no datum shift for Hanoi 1972 and Indian 1960: in degrees they are WGS 84."""
BEFORE, TODAY = dt.date(2025, 6, 30), dt.date(2025, 7, 1)


@pytest.fixture(scope="module")
def known(real_data: Path) -> gpd.GeoDataFrame:
    return gpd.read_file(real_data / "bac-giang-communes-2025.geojson")


@pytest.fixture(scope="module")
def country(real_data: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(real_data / "vietnam-communes-2025.parquet")


def moved(frame: gpd.GeoDataFrame, epsg: int, *, swapped: bool = False, stated: int | None = None):
    """The layer as a file in another system holds it; without a system, or with a wrong one."""
    shapes = crs.from_lonlat(frame, CRS.from_epsg(epsg))
    if swapped:
        shapes = shapely.transform(shapes, lambda x, y: (y, x), interleaved=False)
    return gpd.GeoDataFrame(geometry=shapes, crs=stated)


def unshifted(frame: gpd.GeoDataFrame, epsg: int) -> np.ndarray:
    """WGS 84 degrees drawn in a VN-2000 plane without the seven parameters."""
    to = Transformer.from_crs(CRS.from_epsg(4756), CRS.from_epsg(epsg), always_xy=True)
    return shapely.transform(frame.geometry.to_numpy(), to.transform, interleaved=False)


def fitting(fits: list[Fit]) -> set[tuple[int, bool]]:
    return {(f.epsg, f.swapped) for f in fits if f.verdict == "fits"}


def codes(frame: gpd.GeoDataFrame, known: gpd.GeoDataFrame, **asked: object) -> list[str]:
    return [f.kind.code for f in findings(frame, fit(frame, known=known, **asked), what="x.shp", **asked)]


def rows(*shapes: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes))


# --- the dated table ---------------------------------------------------------------------------------


def test_63_provinces_until_july_2025_and_34_since():
    old = [row for row in meridians() if row.in_force(BEFORE)]
    new = [row for row in meridians() if row.in_force(TODAY)]
    assert (len(old), len(new), len(meridians())) == (63, 34, 97)
    assert len({row.province for row in old}) == 63
    assert len({row.province for row in new}) == 34


def test_the_34_are_those_of_the_real_boundaries(country: gpd.GeoDataFrame):
    real = {name[3:].replace("_", " ") for name in country["province"]}
    assert {fold(row.province) for row in meridians() if row.in_force(TODAY)} == real


@pytest.mark.parametrize("row", meridians(), ids=lambda r: f"{fold(r.province)}-{r.epsg}")
def test_the_system_has_the_meridian_by_proj(row: Meridian):
    system = CRS.from_epsg(row.epsg)
    parameters = {p.name: p.value for p in system.coordinate_operation.params}
    assert parameters["Longitude of natural origin"] == row.degrees
    assert parameters["Scale factor at natural origin"] == 0.9999
    assert "VN-2000 / TM-3" in system.name
    assert all(row.source)
    assert row.note is None or all(row.note)
    assert row.note is not None or not row.disputed


def test_epsg_names_the_old_provinces_in_its_areas_of_use():
    """An outside oracle for the 63: EPSG's own words, where it lists provinces."""
    named = 0
    for row in meridians():
        words = CRS.from_epsg(row.epsg).area_of_use.name
        if row.in_force(BEFORE) and ("province" in words or "municipality" in words):
            listed = fold(words).replace("-", " ").replace("  ", " ")
            assert fold(row.province).replace(" - ", " ") in listed.replace("  ", " "), (row, words)
            named += 1
    assert named == 53


def test_bac_ninh_changed_its_meridian_with_its_borders():
    assert meridian_of("Bắc Ninh", on=BEFORE).epsg == 9209
    assert meridian_of("bac ninh", on=TODAY).epsg == 9214
    assert meridian_of("Tỉnh Bắc Giang", on=BEFORE).epsg == 9214
    assert [row.meridian for row in meridians_of("BẮC NINH")] == ["105°30′", "107°00′"]
    assert meridian_of("TP. Hồ Chí Minh", on=TODAY) == meridian_of("TP.HCM", on=TODAY)
    assert meridian_of("Thừa Thiên-Huế", on=BEFORE) == meridian_of("Huế", on=BEFORE)
    assert meridian_of("Bà Rịa-Vũng Tàu", on=BEFORE).epsg == 5899


def test_what_sources_dispute_is_said():
    assert {(r.province, r.in_force(BEFORE)) for r in meridians() if r.disputed} == {
        ("Hòa Bình", True),
        ("Lai Châu", True),
        ("Lai Châu", False),
    }
    assert meridian_of("Hoà Bình", on=BEFORE).epsg == 9211


def test_a_name_that_is_no_province_is_answered_with_near_ones():
    with pytest.raises(UsageError, match=r"Bắc Ninh"):
        meridian_of("Bac Nin", on=TODAY)
    with pytest.raises(UsageError, match=r"chỉ đến 01/07/2025"):
        meridian_of("Bắc Giang", on=TODAY)
    with pytest.raises(UsageError, match=r"“”"):
        meridian_of("", on=TODAY)


# --- which systems fit -------------------------------------------------------------------------------


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("epsg", EPSG)
def test_the_true_system_is_first_or_in_an_explicit_tie(known: gpd.GeoDataFrame, epsg: int, *, swapped: bool):
    fits = fit(moved(known, epsg, swapped=swapped), known=known)
    expected = DEGREES if epsg in DEGREES else {epsg}
    assert fitting(fits) == {(code, swapped) for code in expected}
    assert fits[0].verdict == "fits"
    assert fits[0].overlap_pct == pytest.approx(100, abs=1)
    assert fits[0].distance_km == pytest.approx(0, abs=0.001)
    assert len(fits) == 62


@pytest.mark.parametrize(
    ("province", "told_apart"),
    [("79_ho_chi_minh", (4147, 4326, 4756)), ("46_hue", (4131, 3148, 4326, 32648, 9214))],
)
def test_old_datums_are_told_apart_where_proj_knows_their_shift(
    country: gpd.GeoDataFrame, province: str, told_apart: tuple[int, ...]
):
    units = country[country["province"] == province]
    for epsg in told_apart:
        fits = fit(moved(units, epsg), known=units)
        assert fits[0].epsg == epsg
        assert (epsg == 4326) or fitting(fits) == {(epsg, False)}


def test_the_whole_country_is_read_in_bounded_time(country: gpd.GeoDataFrame):
    layer = moved(country, 3405)
    sample = take(layer)
    assert len(sample.x) < 10_000
    start = time.perf_counter()
    fits = fit(layer, known=country)
    assert time.perf_counter() - start < 15
    assert fitting(fits) == {(3405, False)}


def test_a_plan_follows_no_border_and_ties_are_said(known: gpd.GeoDataFrame, country: gpd.GeoDataFrame):
    """A square inside one commune: 220 m and the next zone cannot be seen in it."""
    x, y = known.geometry.iloc[0].representative_point().coords[0]
    plan = gpd.GeoDataFrame(geometry=[shapely.box(x - 0.005, y - 0.005, x + 0.005, y + 0.005)], crs=4326)
    alone = fit(moved(plan, 9214), known=known)
    assert fitting(alone) == {(9214, False)}
    province = country[country["province"] == "24_bac_ninh"]
    wide = fit(moved(plan, 9214), known=province)
    assert (9214, False) in fitting(wide)
    assert len(fitting(wide)) > 1
    assert fit(moved(plan, 9214), known=province, province="Bắc Ninh", on=TODAY)[0].epsg == 9214
    assert fitting(fit(moved(plan, 4326), known=known)) == {(e, False) for e in (4326, 4756, 4147, 4131)}


def test_a_bare_pair_fits_many_and_the_province_decides(country: gpd.GeoDataFrame):
    pair = rows(shapely.Point(434_498.390, 2_370_690.295))
    fits = fit(pair, known=country)
    assert 11 <= len(fitting(fits)) <= 15
    assert (9213, False) in fitting(fits)
    led = fit(pair, known=country, province="Thái Nguyên", on=TODAY)
    assert led[0].epsg == 9213
    assert fitting(led) == fitting(fits), "the meridian is a reason, not a proof"
    assert any("central meridian of Thái Nguyên 106°30′" in en for _, en in led[0].reasons)
    assert "Several fit" in explain(led, lang="en")[0]
    assert "cùng phù hợp" in explain(led)[0]
    assert codes(pair, country) == ["CRS-01", "CRS-06"]


def test_squares_made_by_hand():
    communes = gpd.GeoDataFrame(geometry=[square(i, j) for i in range(4) for j in range(4)], crs=4326)
    half = gpd.GeoDataFrame(geometry=[square(3, 0, 2, 4)], crs=4326)
    fits = fit(moved(half, 9213), known=communes)
    assert fits[0].epsg == 9213
    assert fits[0].overlap_pct == pytest.approx(50, abs=2)
    assert fit(moved(communes, 4326), known=communes, province="Thái Nguyên")[0].epsg == 4326


def test_a_layer_far_beyond_the_known_communes_is_told_by_their_borders(
    known: gpd.GeoDataFrame, country: gpd.GeoDataFrame
):
    province = country[country["province"] == "24_bac_ninh"]
    fits = fit(moved(province, 9214), known=known)
    assert fitting(fits) == {(9214, False)}
    assert fits[0].overlap_pct == pytest.approx(100 * 0.0254, abs=3)


def test_several_cities_may_be_known_together(real_data: Path):
    cities = pd.concat(
        gpd.read_file(real_data / f"{city}-communes-2025.geojson")
        for city in ("hung-yen", "viet-yen", "pho-yen")
    )
    hung_yen = gpd.read_file(real_data / "hung-yen-communes-2025.geojson")
    assert fitting(fit(moved(hung_yen, 9209), known=cities)) == {(9209, False)}


def test_schematic_borders_tell_the_zone_but_never_the_datum(real_data: Path):
    """The bundled communes are drawn from lists: some hundred metres off, so 220 m stays open."""
    layers = Path(__file__).parents[1] / "layers"
    drawn = pd.concat(gpd.read_file(layers / city / "communes.geojson") for city in CITIES)
    for city, epsg in (("bac-giang", 9214), ("viet-yen", 9214), ("pho-yen", 9213), ("hung-yen", 9209)):
        real = gpd.read_file(real_data / f"{city}-communes-2025.geojson")
        assert fitting(fit(moved(real, epsg), known=drawn)) == {(epsg, False)}
        degrees = fit(moved(real, 4326), known=drawn)
        assert fitting(degrees) == {(e, False) for e in (4326, 4756, 4147, 4131)}
        assert degrees[0].epsg == 4326
        assert codes(moved(real, 4326, stated=4756), drawn) == [], "what cannot be told is not contradicted"


# --- what is wrong with the stated one ---------------------------------------------------------------


def test_what_is_right_has_no_finding(known: gpd.GeoDataFrame):
    assert codes(known, known) == []
    assert codes(moved(known, 9214, stated=9214), known) == []
    assert codes(moved(known, 9214, stated=9214), known, province="Bắc Ninh", on=TODAY) == []
    assert codes(moved(known, 9214, stated=9214), known, province="Bắc Giang", on=BEFORE) == []


def test_the_usual_prj_with_towgs84_is_right_and_its_flipped_signs_cannot_be_seen(known: gpd.GeoDataFrame):
    for signs in ("0.00928836,-0.01975479,0.00427372", "-0.00928836,0.01975479,-0.00427372"):
        text = (
            "+proj=tmerc +lat_0=0 +lon_0=107 +k=0.9999 +x_0=500000 +y_0=0 +ellps=WGS84 +units=m "
            f"+towgs84=-191.90441429,-39.30318279,-111.45032835,{signs},0.252906278"
        )
        frame = gpd.GeoDataFrame(geometry=crs.from_lonlat(known, CRS.from_epsg(9214)), crs=text)
        assert codes(frame, known) == []


def test_the_wrong_zone_is_found_with_its_distance(known: gpd.GeoDataFrame):
    frame = moved(known, 9214, stated=9209)
    found = findings(frame, fit(frame, known=known), what="x.shp")
    assert [f.kind.code for f in found] == ["CRS-02"]
    # One and a half degrees of longitude at 21°16′ N: 155.6 km.
    assert "155," in found[0].vi
    assert "155." in found[0].en
    assert "EPSG:9214" in found[0].vi


def test_swapped_axes_are_found(known: gpd.GeoDataFrame):
    assert codes(moved(known, 9214, swapped=True, stated=9214), known) == ["CRS-03"]
    assert codes(moved(known, 9214, swapped=True), known) == ["CRS-01", "CRS-03"]
    assert codes(moved(known, 4326, swapped=True, stated=4326), known)[0] == "CRS-03"


def test_degrees_and_metres_confused_are_found(known: gpd.GeoDataFrame):
    assert codes(moved(known, 4326, stated=9214), known)[0] == "CRS-04"
    assert codes(moved(known, 9214, stated=4326), known) == ["CRS-04"]
    assert codes(moved(known, 9214, stated=4756), known) == ["CRS-04"]


def test_a_missing_datum_shift_is_found(known: gpd.GeoDataFrame):
    """223 to 226 m: stated VN-2000, drawn over WGS 84, or the other way round."""
    for holds, states in ((4326, 4756), (4756, 4326), (32648, 3405), (3405, 32648)):
        frame = moved(known, holds, stated=states)
        found = findings(frame, fit(frame, known=known), what="x.shp")
        assert found[0].kind.code == "CRS-05", (holds, states)
        metres = int(found[0].en.split(" m off")[0].split()[-1])
        assert 222 <= metres <= 227
    wrong = gpd.GeoDataFrame(geometry=unshifted(known, 9214), crs=9214)
    fits = fit(wrong, known=known)
    assert [(f.epsg, f.no_datum_shift) for f in fits if f.verdict == "fits"] == [(9214, True)]
    assert "thiếu 7 tham số" in fits[0].label()
    assert codes(wrong, known) == ["CRS-05"]
    assert codes(wrong.set_crs(None, allow_override=True), known) == ["CRS-01", "CRS-05"]


def test_the_meridian_of_another_time_is_found(known: gpd.GeoDataFrame):
    today = moved(known, 9214, stated=9214)
    old = moved(known, 9209, stated=9209)
    assert codes(today, known, province="Bắc Ninh", on=BEFORE) == ["CRS-08"]
    assert codes(old, known, province="Bắc Ninh", on=BEFORE) == []
    assert codes(old, known, province="Bắc Ninh", on=TODAY) == ["CRS-08"]
    assert codes(old, known, province="Bắc Ninh") == [], "without a date it may be old"
    assert codes(moved(known, 9213, stated=9213), known, province="Bắc Ninh") == ["CRS-08"]
    assert codes(known, known, province="Bắc Ninh", on=TODAY) == [], "degrees have no meridian"


def test_what_fits_nowhere_is_said(known: gpd.GeoDataFrame):
    drawing = rows(shapely.box(0, 0, 297, 210))
    assert codes(drawing, known) == ["CRS-01", "CRS-07"]
    assert explain(fit(drawing, known=known), lang="en")[0] == "No system fits."
    beyond = rows(shapely.box(-5e9, 0, 1, 1), shapely.Point(np.inf, 1))
    assert {f.verdict for f in fit(beyond, known=known)} == {"impossible"}
    assert codes(beyond, known) == ["CRS-01"]


def test_elsewhere_in_vietnam_is_no_contradiction(known: gpd.GeoDataFrame, country: gpd.GeoDataFrame):
    hue = country[country["province"] == "46_hue"]
    assert codes(hue, known) == ["CRS-09"]
    assert "chưa hệ nào" in explain(fit(hue, known=known))[0]
    assert codes(moved(hue, 9214), known[:0]) == ["CRS-01", "CRS-06"]
    lost = moved(hue, 9214, stated=32601)
    assert codes(lost, known[:0]) == ["CRS-02", "CRS-06"]


def test_the_islands_are_in_vietnam(country: gpd.GeoDataFrame):
    islands = country[shapely.bounds(country.geometry.to_numpy())[:, 0] > 111]
    assert len(islands)
    for epsg in (4326, 4756, 32649, 3406):
        assert fitting(fit(moved(islands, epsg), known=islands)) & {(epsg, False)}


def test_impossible_ones_come_in_one_summary_with_reasons(known: gpd.GeoDataFrame):
    lines = explain(fit(moved(known, 9214), known=known))
    assert lines[0].startswith("phù hợp: EPSG:9214 VN-2000 / TM-3 107-00: 100,0 %")
    assert sum(line.startswith("không thể") for line in lines) <= 3
    assert sum(line.startswith("phù hợp") for line in lines) == 1


def test_codes_are_unique_and_said_in_both_languages():
    assert [code.code for code in CODES] == [f"CRS-{i:02d}" for i in range(1, 10)]
    for code in CODES:
        assert all((*code.title, *code.mend))


# --- nothing breaks it -------------------------------------------------------------------------------

SMALL = gpd.GeoDataFrame(geometry=[square(0, 0), square(1, 0)], crs=4326)
NUMBERS = st.one_of(
    st.floats(),
    st.floats(-2e7, 2e7),
    st.sampled_from([0.0, 105.805, 21.405, 434_498.0, 2_370_690.0, np.nan, np.inf, -np.inf, 1e300]),
)
PAIRS = st.tuples(NUMBERS, NUMBERS)


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(PAIRS, max_size=4),
    ring=st.lists(PAIRS, min_size=2, max_size=2),
    corner=st.tuples(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9)),
    stated=st.sampled_from([None, 4326, 9213, 3857, 2044]),
)
def test_any_coordinates_are_answered(
    points: list[tuple[float, float]],
    ring: list[tuple[float, float]],
    corner: tuple[float, float],
    stated: int | None,
):
    shapes = [shapely.Point(*pair) for pair in points]
    triangle = shapely.set_coordinates(shapely.Polygon([(0, 0), (1, 0), (0, 1)]), [corner, *ring, corner])
    shapes += [triangle, shapely.MultiPolygon([triangle]) if np.isfinite(ring).all() else triangle.exterior]
    shapes.append(shapely.GeometryCollection([shapely.GeometryCollection(list(shapes)), shapely.Point()]))
    frame = gpd.GeoDataFrame(geometry=[*shapes, None], crs=stated)
    fits = fit(frame, known=SMALL)
    assert len(fits) >= 62
    assert all(np.isfinite(f.overlap_pct) for f in fits if f.overlap_pct is not None)
    findings(frame, fits, what="x")
    assert explain(fits)
    assert explain(fits, lang="en")


def test_an_empty_layer_and_missing_geometry():
    for frame in (rows(), rows(None), rows(shapely.Point(), shapely.Polygon())):
        fits = fit(frame, known=SMALL)
        assert {f.verdict for f in fits} == {"impossible"}
        assert [f.kind.code for f in findings(frame, fits, what="x")] == ["CRS-01"]


def test_known_communes_may_be_missing_and_without_shape():
    odd = gpd.GeoDataFrame(geometry=[None, shapely.Polygon(), square(0, 0), shapely.Point(105, 21)], crs=4326)
    assert fitting(fit(moved(SMALL[:1], 9213), known=odd)) == {(9213, False)}
    assert {f.overlap_pct for f in fit(moved(SMALL, 9213), known=odd[:2])} == {None}


def test_one_absurd_feature_does_not_hide_the_rest(known: gpd.GeoDataFrame):
    frame = moved(known, 9214)
    frame = gpd.GeoDataFrame(geometry=[*frame.geometry, shapely.box(0, 0, 1e300, 1e300)])
    fits = fit(frame, known=known)
    assert fitting(fits) == {(9214, False)}
    assert any("1 of 5 features left out" in en for _, en in fits[0].reasons)


def test_a_ring_of_a_million_vertices_costs_a_moment():
    angle = np.linspace(0, 2 * np.pi, 1_000_001)
    ring = np.column_stack([434_498 + 5000 * np.cos(angle), 2_370_690 + 5000 * np.sin(angle)])
    ring[-1] = ring[0]
    frame = rows(shapely.Polygon(ring))
    start = time.perf_counter()
    sample = take(frame)
    assert time.perf_counter() - start < 5
    outline = np.hypot(sample.x[sample.inner :] - 434_498, sample.y[sample.inner :] - 2_370_690)
    assert outline == pytest.approx(5000, abs=0.01)
    assert sample.weight.sum() == pytest.approx(np.pi * 5000**2, rel=0.02)


def test_points_along_lines_are_where_shapely_puts_them():
    lines = [shapely.LineString([(0, 0), (3, 4), (3, 10)]), shapely.LineString([(50, 50), (60, 50)])]
    sample = take(rows(*lines))
    shares = (np.arange(sample.inner // 2) + 0.5) / (sample.inner // 2)
    expected = [line.interpolate(s, normalized=True).coords[0] for line in lines for s in shares]
    assert np.column_stack([sample.x, sample.y])[: sample.inner] == pytest.approx(np.array(expected))


@settings(max_examples=40, deadline=None)
@given(
    west=st.floats(102, 118), south=st.floats(6, 24), width=st.floats(0.001, 3), height=st.floats(0.001, 3)
)
def test_the_sample_stands_for_the_area(west: float, south: float, width: float, height: float):
    """The weight inside one half of a box is half of its area."""
    sample = take(rows(shapely.box(west, south, west + width, south + height)))
    left = sample.x[: sample.inner] < west + width / 2
    assert sample.weight[left].sum() / sample.weight.sum() == pytest.approx(0.5, abs=0.02)
    assert sample.weight.sum() == pytest.approx(width * height, rel=0.02)
