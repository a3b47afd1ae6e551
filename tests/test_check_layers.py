"""What layers must be: squares for every code, invariants, and the whole country."""

from __future__ import annotations

import resource
import time
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Polygon

from cities import STEP, square, tiny_layers
from geoplan.intake import check_layers
from geoplan.intake.borders import overlaps
from geoplan.intake.check_communes import check_communes
from geoplan.intake.check_layers import ALL_CODES, check_layer, check_plans, check_urban_land, check_zones
from geoplan.intake.readable import readable_numbers
from geoplan.intake.shapes import read_shapes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from geoplan.intake.findings import Finding

CELL_KM2 = 1.148  # a cell of the grid, within 1 %
METRE = 1 / 1109  # of a cell, about


def communes(*shapes: Any, crs: int | str = 4326, **columns: list[Any]) -> gpd.GeoDataFrame:
    facts = {"code": [f"{i:05}" for i in range(len(shapes))], "name": [f"Xã {i}" for i in range(len(shapes))]}
    return gpd.GeoDataFrame({**facts, **columns}, geometry=list(shapes), crs=crs)


def kinds(findings: Iterable[Finding], but: tuple[str, ...] = ("FACT-04",)) -> list[tuple[int | None, str]]:
    return [(f.row, f.kind.code) for f in findings if f.kind.code not in but]


def about(*shapes: Any, **more: Any) -> list[tuple[int | None, str]]:
    return kinds(check_communes(communes(*shapes), what="thử", **more))


ROW = [square(0, 0), square(1, 0), square(2, 0)]


def test_a_row_of_squares_is_a_coverage() -> None:
    assert about(*ROW) == []
    assert about(ROW[0], square(5, 5)) == []
    assert about(ROW[0], square(1, 1)) == []  # touch in a corner


@pytest.mark.parametrize("crs", [4326, 32648, 9213])
def test_an_overlap_is_measured_and_placed(crs: int) -> None:
    frame = communes(square(0, 0, 1.1), square(1, 0), crs=4326).to_crs(crs)
    (finding,) = [f for f in check_communes(frame, what="thử") if f.kind.code != "FACT-04"]
    assert (finding.row, finding.kind.code, finding.severity) == (0, "COV-01", "error")
    assert finding.place.symmetric_difference(square(1, 0, 0.1)).area < 1e-3 * square(1, 0, 0.1).area
    said = float(finding.en.split(" by ")[1].split(" m²")[0].replace(",", ""))
    assert said == pytest.approx(CELL_KM2 * 1e5, rel=0.01)
    assert "Xã 1" in finding.vi


def test_a_unit_within_another_overlaps_it() -> None:
    assert about(square(0, 0), square(0.2, 0.2, 0.5, 0.5)) == [(0, "COV-01")]
    assert about(square(0.2, 0.2, 0.5, 0.5), square(0, 0)) == [(0, "COV-01")]
    assert about(square(0, 0), square(0, 0)) == [(0, "COV-01")]


def test_an_overlap_within_the_tolerance_is_a_border_that_does_not_match() -> None:
    strip = square(0, 0, 1 + 0.05 * METRE), square(1, 0)
    assert about(*strip) == [(0, "COV-04")]
    assert about(*strip, tolerance_m=0.01) == [(0, "COV-01")]
    assert about(square(0, 0, 1 + 3 * METRE), square(1, 0), tolerance_m=5) == [(0, "COV-04")]


def test_a_narrow_gap_that_is_open_is_a_border_that_does_not_match() -> None:
    near = square(0, 0, 1 - 0.05 * METRE), square(1, 0)
    assert about(*near) == [(0, "COV-04")]
    assert about(*near, tolerance_m=0.01) == []


def test_a_vertex_that_one_side_lacks_is_found_once_for_the_pair() -> None:
    x0, y0, x1, y1 = ROW[0].bounds
    more = Polygon([(x0, y0), (x1, y0), (x1, y0 + STEP / 3), (x1, y0 + STEP / 2), (x1, y1), (x0, y1)])
    (finding,) = [f for f in check_communes(communes(more, *ROW[1:]), what="thử") if f.kind.code != "FACT-04"]
    assert (finding.row, finding.kind.code) == (0, "COV-04")
    assert "Xã 1" in finding.en
    assert finding.place.distance(shapely.Point(x1, y0)) == 0


def test_the_neighbour_of_neighbours_is_not_accused() -> None:
    west, south, east, north = square(0, 1, 3).bounds
    above = Polygon([*((west + i * STEP, south) for i in range(4)), (east, north), (west, north)])
    assert about(square(0, 0), square(1, 0), square(2, 0), above) == []
    assert about(square(0, 0, 1.1), square(1, 0), square(2, 0), above) == [(0, "COV-01"), (0, "COV-04")]


def test_holes_are_gaps_up_to_a_size() -> None:
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    small = square(0, 0, 3, 3).difference(square(1, 1, 0.5, 0.5))
    (large,) = check_communes(communes(ring, area_published_km2=[CELL_KM2 * 8]), what="thử")
    (gap,) = check_communes(communes(small, area_published_km2=[CELL_KM2 * 8.75]), what="thử")
    assert (large.kind.code, large.severity, large.row) == ("COV-07", "note", None)
    assert (gap.kind.code, gap.severity) == ("COV-02", "warning")
    assert gap.place.symmetric_difference(square(1, 1, 0.5, 0.5)).area < 1e-12
    assert about(ring, largest_gap_km2=2) == [(None, "COV-02")]
    assert about(ring, square(1, 1)) == []


def test_an_island_in_a_hole_is_no_gap() -> None:
    ring = square(0, 0, 3, 3).difference(square(1, 1))
    findings = check_communes(communes(ring, square(1.25, 1.25, 0.5, 0.5)), what="thử")
    (gap,) = [f for f in findings if f.kind.code != "FACT-04"]
    assert gap.place.area == pytest.approx(0.75 * STEP**2)
    assert "Xã 0" in gap.vi


def test_units_of_different_times_do_not_meet() -> None:
    frame = communes(
        square(0, 0, 2),
        square(0, 0),
        square(1, 0),
        code=["00001", "00001", "00002"],
        valid_from=[None, "2025-07-01", "2025-07-01"],
        valid_to=["2025-07-01", None, None],
    )
    assert kinds(check_communes(frame, what="thử")) == []
    frame["valid_to"] = ["2025-07-02", None, None]
    assert kinds(check_communes(frame, what="thử")) == [(0, "COV-01"), (0, "COV-01"), (1, "COV-05")]


def test_dates_that_cannot_be_read_or_never_hold() -> None:
    frame = communes(*ROW, valid_from=["hôm qua", "2025-07-01", None], valid_to=[None, "2025-07-01", ""])
    assert kinds(check_communes(frame, what="thử")) == [(0, "COV-08"), (1, "COV-08")]


def test_protrusion_beyond_the_outline() -> None:
    city = gpd.GeoDataFrame(geometry=[square(0, 0, 2.5)], crs=4326)
    findings = check_communes(communes(*ROW), what="thử", outline=city.to_crs(9213))
    (beyond,) = [f for f in findings if f.kind.code != "FACT-04"]
    assert (beyond.row, beyond.kind.code) == (2, "COV-03")
    assert beyond.place.symmetric_difference(square(2.5, 0, 0.5)).area < 1e-3 * STEP**2
    assert about(*ROW, outline=gpd.GeoDataFrame(geometry=[square(0, 0, 3)], crs=4326)) == []
    narrow = gpd.GeoDataFrame(geometry=[square(0, 0, 3 - 0.05 * METRE)], crs=4326)
    assert about(*ROW, outline=narrow) == []


def test_codes_and_names() -> None:
    frame = communes(*ROW, code=["1", "1", None], name=["A", " ", "C"])
    assert kinds(check_communes(frame, what="thử")) == [(1, "COV-05"), (1, "COV-06"), (2, "COV-06")]
    bare = frame[["geometry"]]
    assert kinds(check_communes(bare, what="thử")) == [(None, "COV-06"), (None, "COV-06")]


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (CELL_KM2, []),
        (CELL_KM2 * 1.03, ["FACT-01"]),
        (CELL_KM2 * 1.1, ["FACT-05"]),
        (CELL_KM2 / 1.1, ["FACT-05"]),
        (CELL_KM2 / 9, ["FACT-06"]),
        (None, ["FACT-04"]),
        (0.0, ["FACT-07"]),
        ("khoảng 1", ["FACT-07"]),
        ("1,15", []),
    ],
)
def test_published_area(published: object, expected: list[str]) -> None:
    frame = communes(square(0, 0), area_published_km2=[published])
    findings = check_communes(frame, what="thử")
    assert [f.kind.code for f in findings] == expected
    assert all(square(0, 0).contains(f.place) for f in findings)


def test_the_percent_is_in_the_sentence_and_the_tolerance_is_a_parameter() -> None:
    frame = communes(square(0, 0), area_published_km2=[CELL_KM2 / 1.1])
    (finding,) = check_communes(frame, what="thử")
    assert "10,0 %" in finding.vi or "9,9 %" in finding.vi or "10,1 %" in finding.vi
    assert check_communes(frame, what="thử", area_tolerance_pct=12) == []


@pytest.mark.parametrize(
    ("people", "expected"),
    [
        (5000, []),
        (None, []),
        ("5.000", ["FACT-03"]),  # five, or five thousand
        ("5.000.000", ["FACT-02"]),
        (2, ["FACT-02"]),
        (0, ["FACT-02"]),
        (200_000, ["FACT-02"]),
        (-5, ["FACT-03"]),
        (12.5, ["FACT-03"]),
        ("nhiều", ["FACT-03"]),
    ],
)
def test_population(people: object, expected: list[str]) -> None:
    frame = communes(square(0, 0), population=[people], area_published_km2=[CELL_KM2])
    assert [f.kind.code for f in check_communes(frame, what="thử")] == expected


def test_numbers_are_read_as_the_rest_of_the_column_is_written() -> None:
    column = pd.Series(["12.345", "abc", "1.234.567", None], dtype=object)
    values, unread = readable_numbers(column, what="thử")
    assert values.tolist()[0] == 12345
    assert unread == [1]
    plain, bad = readable_numbers(pd.Series(["12.345", "abc", "1.5"], dtype=object), what="thử")
    assert plain.tolist()[0] == 12.345
    assert bad == [1]
    assert readable_numbers(pd.Series(["12.345", "abc"], dtype=object), what="thử")[1] == [0, 1]


def test_invalid_and_missing_shapes_do_not_stop_the_check() -> None:
    bow_tie = shapely.transform(
        Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), lambda xy: xy * STEP + [105.8, 21.4]
    )
    assert about(bow_tie, None, Polygon(), square(0, 0.4, 1, 0.2))[0] == (0, "COV-01")


@given(st.permutations(range(5)))
def test_the_order_of_communes_does_not_matter(order: list[int]) -> None:
    shapes = [*ROW, square(2.5, 0), square(0, 1, 3)]
    straight = communes(*shapes)

    def said(frame: gpd.GeoDataFrame) -> list[tuple[str, bytes]]:
        findings = check_communes(frame, what="thử")
        return sorted((f.kind.code, f.place.normalize().wkb) for f in findings if f.place is not None)

    assert said(straight.iloc[order]) == said(straight)


@given(st.integers(1, 4), st.integers(1, 4), st.floats(-2, 2), st.floats(-5, 1))
def test_a_grid_is_clean_wherever_it_lies(columns: int, rows: int, east: float, north: float) -> None:
    cells = [square(i, j) for i in range(columns) for j in range(rows)]
    frame = communes(*(shapely.transform(cell, lambda xy: xy + np.array([east, north])) for cell in cells))
    assert not [f for f in check_layer(frame, "communes", what="thử") if f.kind.code != "FACT-04"]


# plans, zones, urban land


def plans(**changes: list[Any]) -> gpd.GeoDataFrame:
    facts = {
        "id": ["P1", "P2"],
        "name": ["PK1", "PK2"],
        "kind": ["zoning", "zoning"],
        "status": ["approved", "approved"],
        "approved_on": ["2020-01-01", "2021-01-01"],
        "expires_on": [None, None],
        "superseded_on": [None, None],
    }
    return gpd.GeoDataFrame({**facts, **changes}, geometry=[square(0, 0), square(0.5, 0)], crs=4326)


def test_a_conflict_of_plans_is_a_note_with_hectares() -> None:
    (finding,) = check_plans(plans(), what="thử")
    assert (finding.row, finding.kind.code, finding.severity) == (0, "PLAN-01", "note")
    assert finding.place.symmetric_difference(square(0.5, 0, 0.5)).area < 1e-12
    assert float(finding.en.split(" by ")[1].split(" ha")[0]) == pytest.approx(CELL_KM2 * 50, rel=0.01)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": ["zoning", "detailed"]}, []),
        ({"status": ["drafting", "approved"]}, []),
        ({"superseded_on": ["2021-01-01", None]}, []),
        ({"superseded_on": ["2021-01-02", None]}, [(0, "PLAN-01")]),
        ({"status": ["superseded", "approved"], "superseded_on": ["2021-01-01", None]}, []),
        ({"status": ["superseded", "approved"]}, [(0, "PLAN-07")]),
        ({"status": ["expired", "approved"], "expires_on": ["2022-01-01", None]}, [(0, "PLAN-01")]),
        ({"kind": ["zoning", "khu"]}, [(1, "PLAN-02")]),
        ({"kind": [None, "zoning"]}, [(0, "PLAN-02")]),
        ({"status": ["ok", "approved"]}, [(0, "PLAN-03")]),
        ({"expires_on": ["2019-01-01", None]}, [(0, "PLAN-04")]),
        ({"superseded_on": ["2020-01-01", None]}, [(0, "PLAN-04")]),
        ({"approved_on": [None, "2021-01-01"]}, [(0, "PLAN-05")]),
        ({"approved_on": [None, "2021-01-01"], "status": ["drafting", "approved"]}, []),
        ({"id": ["P1", "P1"], "kind": ["zoning", "general"]}, [(1, "PLAN-06")]),
        ({"id": [None, "P1"], "kind": ["zoning", "general"]}, [(0, "PLAN-06")]),
        ({"expires_on": ["31/02/2025", None]}, [(0, "PLAN-08"), (0, "PLAN-01")]),
        ({"status": ["đã phê duyệt", "Phê duyệt"]}, [(0, "PLAN-01")]),
    ],
)
def test_plans(changes: dict[str, list[Any]], expected: list[tuple[int, str]]) -> None:
    assert kinds(check_plans(plans(**changes), what="thử")) == expected


def test_plans_that_touch_do_not_conflict() -> None:
    frame = plans().set_geometry([square(0, 0), square(1, 0)], crs=4326)
    assert check_plans(frame, what="thử") == []


def test_plans_without_columns() -> None:
    bare = plans()[["geometry"]]
    assert kinds(check_plans(bare, what="thử")) == [(None, "PLAN-06"), (None, "PLAN-02"), (0, "PLAN-01")]


def zones(**changes: list[Any]) -> gpd.GeoDataFrame:
    facts = {
        "id": ["Z1", "Z2"],
        "name": ["A", "B"],
        "area_declared_ha": [114.8, 114.8],
        "leased_ha": [50.0, None],
    }
    return gpd.GeoDataFrame({**facts, **changes}, geometry=[square(0, 0), square(2, 0)], crs=4326)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"area_declared_ha": [90.0, None]}, [(0, "ZONE-01")]),
        ({"leased_ha": [120.0, None]}, [(0, "ZONE-02")]),
        ({"leased_ha": ["120 ha", -1]}, [(0, "ZONE-04"), (1, "ZONE-04")]),
        ({"geometry": [square(0, 0), square(0.9, 0)]}, [(0, "ZONE-03")]),
        ({"geometry": [square(0, 0), square(1, 0)]}, []),
    ],
)
def test_zones(changes: dict[str, list[Any]], expected: list[tuple[int, str]]) -> None:
    frame = zones(**{k: v for k, v in changes.items() if k != "geometry"})
    if "geometry" in changes:
        frame = frame.set_geometry(changes["geometry"], crs=4326)
    assert kinds(check_zones(frame, what="thử")) == expected


def test_urban_land() -> None:
    frame = gpd.GeoDataFrame({"id": ["U1", "U2"]}, geometry=[square(0, 0), square(0.5, 0)], crs=4326)
    assert kinds(check_urban_land(frame, what="thử")) == [(0, "LAND-01")]
    assert check_urban_land(frame.iloc[:1], what="thử") == []


def test_the_small_city_has_only_its_planned_conflict() -> None:
    layers = tiny_layers()
    assert kinds(check_layer(layers["communes"], "communes", what="x"), ("FACT-04", "FACT-01")) == []
    assert kinds(check_layer(layers["plans"], "plans", what="x")) == [(0, "PLAN-01")]
    assert [f.kind.code for f in check_layer(layers["industrial_zones"], "industrial_zones", what="x")] == [
        "ZONE-01"
    ]
    assert check_layer(layers["urban_land"], "urban_land", what="x") == []


def test_the_door_checks_geometry_too_and_sorts() -> None:
    frame = plans().set_geometry([square(0, 0), Polygon()], crs=4326)
    frame["status"] = ["lạ", "approved"]
    assert kinds(check_layer(frame, "plans", what="x")) == [(0, "PLAN-03"), (1, "GEOM-05")]
    assert kinds(check_layer(frame, None, what="x")) == [(1, "GEOM-05")]
    assert kinds(check_layer(frame, "neighbours", what="x")) == [(1, "GEOM-05")]


def test_codes_are_unique_and_in_two_languages() -> None:
    names = [code.code for code in ALL_CODES]
    assert len(names) == len(set(names))
    assert all(len(pair) == 2 and all(pair) for code in ALL_CODES for pair in (code.title, code.mend))
    assert {name.split("-")[0] for name in names} == {"GEOM", "COV", "FACT", "PLAN", "ZONE", "LAND"}
    assert set(check_layers.CODES) < set(ALL_CODES)


# the whole country


@pytest.fixture(scope="module")
def country(real_data: Path) -> gpd.GeoDataFrame:
    return gpd.read_parquet(real_data / "vietnam-communes-2025.parquet")


@pytest.fixture(scope="module")
def country_findings(country: gpd.GeoDataFrame) -> list[Finding]:
    started = time.monotonic()
    findings = check_communes(country, what="cả nước", population_column="population_as_printed")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(country)} communes: {time.monotonic() - started:.1f} s, peak {peak:.0f} MB")  # noqa: T201
    return findings


def test_189_units_differ_by_more_than_5_percent(country_findings: list[Finding]) -> None:
    far = {f.row for f in country_findings if f.kind.code in {"FACT-05", "FACT-06"}}
    assert abs(len(far) - 189) <= 2
    near = {f.row for f in country_findings if f.kind.code == "FACT-01"}
    assert abs(len(far | near) - 735) <= 5


def test_overlaps_of_the_country_are_those_of_every_pair(
    country: gpd.GeoDataFrame, country_findings: list[Finding]
) -> None:
    shapes = read_shapes(country, what="cả nước")
    every = overlaps(shapes.flat, shapes.crs, above_m=0.1)  # without the short cut over unmatched edges
    assert len([f for f in country_findings if f.kind.code == "COV-01"]) == len(every)
    assert {f.row for f in country_findings if f.kind.code == "COV-01"} == {pair.first for pair in every}


def test_what_is_broken_in_the_country_is_found(
    country: gpd.GeoDataFrame, country_findings: list[Finding]
) -> None:
    shapes = country.geometry.to_numpy().copy()
    edges = shapely.coverage_invalid_edges(shapes)
    sound = shapely.is_empty(edges) & (shapely.get_num_geometries(shapes) == 1)
    rows = np.flatnonzero(sound)[[100, 700, 1300]]
    moved, thinned, coded = rows.tolist()
    shapes[moved] = shapely.transform(shapes[moved], lambda xy: xy + np.array([2e-4, 0.0]))
    ring = shapely.get_coordinates(shapes[thinned])
    shapes[thinned] = MultiPolygon([Polygon(np.delete(ring, [5, 6, 7, 8], axis=0))])
    broken = country.set_geometry(shapes, crs=country.crs)
    broken.loc[coded, "code"] = broken.loc[0, "code"]
    new = {(f.row, f.kind.code, f.en) for f in check_communes(broken, what="cả nước")}
    new -= {(f.row, f.kind.code, f.en) for f in country_findings}
    new = {finding for finding in new if not finding[1].startswith("FACT")}
    assert (coded, "COV-05") in {(row, code) for row, code, _ in new}
    names = {country["name"].iloc[moved], country["name"].iloc[thinned]}
    about_them = {f for f in new if f[1] != "COV-05"}
    assert all(any(name in text for name in names) for _, _, text in about_them)
    assert {code for _, code, text in about_them if country["name"].iloc[moved] in text} >= {"COV-01"}
    assert {c for _, c, text in about_them if country["name"].iloc[thinned] in text} & {
        "COV-01",
        "COV-02",
        "COV-04",
    }
