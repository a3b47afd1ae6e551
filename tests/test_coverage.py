"""Coverage against squares computed by hand, another algorithm, and invariants."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import affinity
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon
from typeguard import suppress_type_checks

import geoplan
from cities import square, tiny_layers
from geoplan.errors import CrsError, DataError, DataWarning, UsageError
from geoplan.measures import conflicts, coverage_totals, gaps
from geoplan.measures.totals import groups

GEOD = Geod(ellps="WGS84")
ON = "2024-01-18"


def km2(shape: Polygon) -> float:
    """By geodesics so short that the edges are straight in longitude and latitude."""
    return abs(GEOD.geometry_area_perimeter(shapely.segmentize(shape, 0.0005))[0]) / 1e6


def frame(*shapes: object, **columns: list[object]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def communes(count: int = 2) -> gpd.GeoDataFrame:
    return frame(*(square(i, 0) for i in range(count)), code=[f"0000{i}" for i in range(count)])


def natural(table: pd.DataFrame, kind: str = "all") -> pd.DataFrame:
    return table[(table["denominator"] == "natural") & (table["plan_kind"] == kind)]


def test_the_table_is_the_promised_one() -> None:
    layers = tiny_layers()
    table = geoplan.coverage(
        layers["communes"], plans=layers["plans"], on=ON, urban_land=layers["urban_land"]
    )
    assert list(table.columns) == [
        "code", "name", "plan_kind", "denominator", "denominator_km2", "covered_km2", "coverage_pct",
        "gap_km2", "conflict_km2",
    ]  # fmt: skip
    assert len(table) == 4 * 2 * 3  # communes, kinds, denominators
    assert table.index.tolist() == [i for i in range(4) for _ in range(6)]
    assert table["code"].tolist()[:6] == ["00001"] * 6


def test_hand_computed_squares() -> None:
    """Commune 1: P1 covers its west half, P2 the strip 1.25–1.75; together three quarters."""
    layers = tiny_layers()
    table = geoplan.coverage(
        layers["communes"], plans=layers["plans"], on=ON, urban_land=layers["urban_land"]
    )
    row = table.loc[1].set_index(["plan_kind", "denominator"]).loc[("zoning", "natural")]
    assert row["denominator_km2"] == pytest.approx(km2(square(1, 0)), rel=1e-6)
    assert row["covered_km2"] == pytest.approx(km2(square(1, 0, 0.75)), rel=1e-6)
    assert row["coverage_pct"] == pytest.approx(75, rel=1e-6)
    assert row["gap_km2"] == pytest.approx(km2(square(1.75, 0, 0.25)), rel=1e-6)
    assert row["conflict_km2"] == pytest.approx(km2(square(1.25, 0, 0.25)), rel=1e-6)
    urban = table.loc[1].set_index(["plan_kind", "denominator"]).loc[("zoning", "urban_land")]
    assert urban["denominator_km2"] == pytest.approx(km2(square(1, 0, 0.5, 0.5)), rel=1e-6)
    assert urban["coverage_pct"] == pytest.approx(100, rel=1e-6)
    assert urban["conflict_km2"] == pytest.approx(km2(square(1.25, 0, 0.25, 0.5)), rel=1e-6)


def test_the_published_area_is_a_denominator_of_its_own() -> None:
    layers = tiny_layers()
    table = geoplan.coverage(layers["communes"], plans=layers["plans"], on=ON)
    published = table[(table["denominator"] == "published") & (table["plan_kind"] == "zoning")]
    covered = km2(square(0, 0))
    assert published.loc[0, "coverage_pct"] == pytest.approx(100 * covered / 1.1, rel=1e-6)
    assert published.loc[0, "coverage_pct"] > 100
    assert published.loc[0, "gap_km2"] == 0
    unknown = published.loc[1]
    assert np.isnan(unknown[["denominator_km2", "coverage_pct", "gap_km2"]].to_numpy(dtype=float)).all()
    assert unknown["covered_km2"] > 0


def test_no_urban_land_is_no_percentage() -> None:
    layers = tiny_layers()
    table = geoplan.coverage(
        layers["communes"], plans=layers["plans"], on=ON, urban_land=layers["urban_land"]
    )
    bare = table.loc[3].set_index(["plan_kind", "denominator"]).loc[("zoning", "urban_land")]
    assert bare["denominator_km2"] == 0
    assert np.isnan(bare["coverage_pct"])


def test_without_a_kind_column_the_kind_is_all() -> None:
    table = geoplan.coverage(communes(), plans=frame(square(0, 0)), on=ON)
    assert table["plan_kind"].unique().tolist() == ["all"]
    assert table["denominator"].unique().tolist() == ["natural"]
    assert natural(table)["coverage_pct"].tolist() == pytest.approx([100, 0])


def test_a_kind_whose_plans_are_not_in_force_has_rows_of_zero() -> None:
    plans = frame(square(0, 0), kind=["detailed"], status=["drafting"])
    table = geoplan.coverage(communes(), plans=plans, on=ON)
    assert natural(table, "detailed")["covered_km2"].tolist() == [0, 0]


def test_a_missing_kind_is_shown_as_unknown() -> None:
    plans = frame(square(0, 0), square(1, 0), kind=["zoning", None])
    table = geoplan.coverage(communes(), plans=plans, on=ON)
    assert table["plan_kind"].unique().tolist() == ["zoning", "unknown"]


def test_exact_duplicates_count_once_and_conflict_wholly() -> None:
    table = natural(geoplan.coverage(communes(), plans=frame(*[square(0, 0, 0.5)] * 3), on=ON))
    assert table.loc[0, "coverage_pct"] == pytest.approx(50, rel=1e-6)
    assert table.loc[0, "conflict_km2"] == pytest.approx(table.loc[0, "covered_km2"], rel=1e-9)


def test_plans_that_only_touch_do_not_conflict() -> None:
    table = natural(geoplan.coverage(communes(), plans=frame(square(0, 0, 0.5), square(0.5, 0, 0.5)), on=ON))
    assert table.loc[0, "coverage_pct"] == pytest.approx(100, rel=1e-9)
    assert table["conflict_km2"].tolist() == [0, 0]


def test_holes_and_multiparts() -> None:
    ring = square(0, 0).difference(square(0.25, 0.25, 0.5, 0.5))
    table = natural(geoplan.coverage(communes(), plans=frame(ring), on=ON))
    assert table.loc[0, "coverage_pct"] == pytest.approx(75, rel=1e-5)
    two = MultiPolygon([square(0, 0, 0.25), square(1, 0, 0.5)])
    table = natural(geoplan.coverage(communes(), plans=frame(two), on=ON))
    assert table["coverage_pct"].tolist() == pytest.approx([25, 50], rel=1e-6)


def test_inputs_are_not_changed() -> None:
    layers = tiny_layers()
    before = {name: layer.copy() for name, layer in layers.items()}
    geoplan.coverage(layers["communes"], plans=layers["plans"], on=ON, urban_land=layers["urban_land"])
    for name, layer in layers.items():
        assert layer.equals(before[name])


@pytest.mark.parametrize(("ours", "theirs"), [(9213, 4326), (4326, 32648), (3405, 9213), (3857, 4756)])
def test_any_system_on_either_side(ours: int, theirs: int) -> None:
    plan = square(0.25, 0.25, 1, 0.5)
    reference = natural(geoplan.coverage(communes(), plans=frame(plan), on=ON))
    moved = natural(geoplan.coverage(communes().to_crs(ours), plans=frame(plan).to_crs(theirs), on=ON))
    assert moved["covered_km2"].tolist() == pytest.approx(reference["covered_km2"].tolist(), rel=2e-5)


def test_three_dimensional_plans_are_flattened() -> None:
    high = Polygon([(x, y, 100.0) for x, y in square(0, 0, 0.5).exterior.coords])
    table = natural(geoplan.coverage(communes(), plans=frame(high), on=ON))
    assert table.loc[0, "coverage_pct"] == pytest.approx(50, rel=1e-6)


def test_a_bow_tie_is_mended_whole_and_named() -> None:
    """buffer(0) would lose half of it; both triangles together are half of the square."""
    (x0, y0), (x1, y1) = square(0, 0).bounds[:2], square(0, 0).bounds[2:]
    bow_tie = Polygon([(x0, y0), (x1, y1), (x1, y0), (x0, y1)])
    plans = frame(bow_tie, name=["Nơ"])
    with pytest.warns(DataWarning, match="đã sửa 1 hình không hợp lệ: Nơ"):
        table = natural(geoplan.coverage(communes(), plans=plans, on=ON))
    assert table.loc[0, "coverage_pct"] == pytest.approx(50, rel=1e-3)


def test_lines_points_and_empty_geometry_are_named_not_dropped() -> None:
    odd = frame(
        square(0, 0), Point(105.8, 21.4), LineString([(105.8, 21.4), (105.9, 21.5)]), Polygon(), None,
        name=["A", "điểm", "đường", "rỗng", "không"],
    )  # fmt: skip
    with pytest.warns(DataWarning, match="4 đối tượng không có vùng"):
        table = geoplan.coverage(communes(), plans=odd, on=ON)
    assert natural(table).loc[0, "coverage_pct"] == pytest.approx(100)
    with pytest.warns(DataWarning, match="4 đối tượng không có vùng"):
        table = geoplan.coverage(odd.assign(code=list("abcde")), plans=frame(square(0, 0)), on=ON)
    assert len(natural(table)) == 5
    assert np.isnan(natural(table)["denominator_km2"].tolist()[1:]).all()


def test_communes_that_overlap_are_reported() -> None:
    over = frame(square(0, 0), square(0.5, 0), code=["A", "B"], name=["Một", "Hai"])
    with pytest.warns(DataWarning, match="1 cặp xã chồng lên nhau.*Một – Hai"):
        geoplan.coverage(over, plans=frame(square(0, 0)), on=ON)


def test_codes_found_named_and_made() -> None:
    plans = frame(square(0, 0))
    theirs = frame(square(0, 0), square(1, 0), MA_XA=["01", "02"], TEN_XA=["Một", "Hai"])
    table = geoplan.coverage(theirs, plans=plans, on=ON)
    assert table["code"].tolist() == ["01", "02"]
    assert table["name"].tolist() == ["Một", "Hai"]
    table = geoplan.coverage(theirs, plans=plans, on=ON, id_column="TEN_XA")
    assert table["code"].tolist() == ["Một", "Hai"]
    with pytest.raises(UsageError, match="không có cột “x”; các cột có: MA_XA, TEN_XA"):
        geoplan.coverage(theirs, plans=plans, on=ON, id_column="x")
    with pytest.warns(DataWarning, match="không thấy cột mã"):
        table = geoplan.coverage(frame(square(0, 0)), plans=plans, on=ON)
    assert table["code"].tolist() == ["1"]
    with pytest.warns(DataWarning, match="mã lặp lại.*7"):
        geoplan.coverage(frame(square(0, 0), square(1, 0), code=[7.0, 7.0]), plans=plans, on=ON)


def test_columns_that_a_dbf_cut_or_an_office_wrote_in_capitals_are_recognised() -> None:
    """A .dbf holds ten bytes of a name: overlooking approved_o would count plans that have lapsed."""
    plans = frame(
        square(0, 0),
        KIND=["zoning"],
        STATUS=["approved"],
        approved_o=["2020-01-01"],
        superseded=["2021-01-01"],
    )
    with pytest.warns(DataWarning, match="approved_o → approved_on, superseded → superseded_on"):
        table = geoplan.coverage(communes(), plans=plans, on=ON)
    assert natural(table, "zoning")["covered_km2"].tolist() == [0, 0]
    cut = communes().assign(area_publi=[1.0, 2.0])
    with pytest.warns(DataWarning, match="area_publi → area_published_km2"):
        table = geoplan.coverage(cut, plans=frame(square(0, 0)), on=ON)
    assert set(table["denominator"]) == {"natural", "published"}


def test_kinds_that_differ_in_form_are_one() -> None:
    plans = frame(square(0, 0), square(1, 0), square(0, 0), kind=["Zoning ", "zoning", " "])
    table = geoplan.coverage(communes(), plans=plans, on=ON)
    assert table["plan_kind"].unique().tolist() == ["zoning", "unknown"]
    assert natural(table, "zoning")["coverage_pct"].tolist() == pytest.approx([100, 100])


def test_nested_collections_keep_their_polygons() -> None:
    nested = GeometryCollection([GeometryCollection([square(0, 0), Point(105.8, 21.4)])])
    table = natural(geoplan.coverage(communes(), plans=frame(nested), on=ON))
    assert table["coverage_pct"].tolist() == pytest.approx([100, 0])


def test_layers_that_do_not_meet_are_reported() -> None:
    with pytest.warns(DataWarning, match="không chạm nhau"):
        geoplan.coverage(communes(), plans=frame(square(100, 0)), on=ON)


def test_no_plan_at_all_is_no_coverage() -> None:
    none = frame(square(0, 0), kind=["zoning"]).iloc[:0]
    table = geoplan.coverage(communes(), plans=none, on=ON)
    assert natural(table)["coverage_pct"].tolist() == [0, 0]


def test_a_published_area_that_is_not_positive_is_unknown() -> None:
    with pytest.warns(DataWarning, match="diện tích công bố không dương ở dòng 0"):
        table = geoplan.coverage(
            communes().assign(area_published_km2=[-3, 2]), plans=frame(square(0, 0)), on=ON
        )
    assert np.isnan(table[table["denominator"] == "published"]["coverage_pct"].iloc[0])


def test_wrong_arguments_are_refused() -> None:
    good = frame(square(0, 0))
    for arguments in (
        {"by": "zone"}, {"on": 2024}, {"kind_column": "loai"}, {"published_column": "dt"}, {"plans": None},
        {"plans": pd.DataFrame({"a": [1]})},
    ):  # fmt: skip
        with suppress_type_checks(), pytest.raises(UsageError):
            geoplan.coverage(communes(), **{"plans": good, "on": ON, **arguments})
    twice = pd.concat([communes(), communes()[["code"]]], axis=1)
    with pytest.raises(UsageError, match="tên cột lặp lại"):
        geoplan.coverage(twice, plans=good, on=ON)


def test_a_commune_of_straight_edges_has_its_parts_measured_right() -> None:
    """A triangle of 60 km: its part under a small plan is that plan, wherever its long edges run."""
    triangle = Polygon([(105.5, 21.2), (106.1, 21.2), (105.8, 21.6)])
    plan = square(-5, -15)
    table = natural(geoplan.coverage(frame(triangle, code=["A"]), plans=frame(plan), on=ON))
    assert table.loc[0, "covered_km2"] == pytest.approx(km2(plan), rel=1e-9)
    assert table.loc[0, "denominator_km2"] == pytest.approx(km2(triangle), rel=1e-9)


def test_layers_that_cannot_be_measured_are_refused() -> None:
    bare = gpd.GeoDataFrame(geometry=[square(0, 0)])
    with pytest.raises(CrsError, match="plans: không có hệ tọa độ"):
        geoplan.coverage(communes(), plans=bare, on=ON)
    with pytest.raises(DataError, match="không có đối tượng vùng nào"):
        geoplan.coverage(communes(), plans=frame(Point(105.8, 21.4)), on=ON)
    endless = frame(Polygon([(105.8, 21.4), (105.9, 21.4), (105.9, float("inf"))]))
    with pytest.raises(DataError, match="không phải số hữu hạn ở dòng 0"):
        geoplan.coverage(communes(), plans=endless, on=ON)


def test_totals_are_the_sums_and_name_what_is_missing() -> None:
    layers = tiny_layers()
    layers["communes"]["kind"] = ["ward", "commune", "commune", "commune"]
    table = geoplan.coverage(
        layers["communes"], plans=layers["plans"], on=ON, urban_land=layers["urban_land"]
    )
    totals = coverage_totals(table, members=groups(layers["communes"]))
    totals = totals.set_index(["group", "plan_kind", "denominator"])
    whole = totals.loc[("all", "zoning", "natural")]
    assert whole["covered_km2"] == pytest.approx(km2(square(0, 0, 1.75)), rel=1e-6)
    assert whole["coverage_pct"] == pytest.approx(100 * 1.75 / 4, rel=1e-6)
    assert totals.loc[("candidates", "zoning", "natural"), "coverage_pct"] == pytest.approx(75, rel=1e-6)
    quarter = 100 * km2(square(0, 0, 0.5, 0.5)) / km2(square(0, 0))
    assert totals.loc[("wards", "detailed", "natural"), "coverage_pct"] == pytest.approx(quarter, rel=1e-6)
    published = totals.loc[("all", "zoning", "published")]
    assert np.isnan(published["coverage_pct"])
    assert published["missing"] == "Xã 1"


def test_by_plan() -> None:
    layers = tiny_layers()
    layers["plans"].loc[2, "status"] = "drafting"
    table = geoplan.coverage(layers["communes"].iloc[:1], plans=layers["plans"], on=ON, by="plan")
    assert table["id"].tolist() == ["P1", "P2", "P3"]
    assert table["in_force"].tolist() == [True, True, False]
    assert table.loc[0, "area_km2"] == pytest.approx(km2(square(0, 0, 1.5)), rel=1e-6)
    assert table.loc[0, "inside_km2"] == pytest.approx(km2(square(0, 0)), rel=1e-6)
    assert table.loc[1, "inside_km2"] == 0
    assert np.isnan(table.loc[2, "inside_km2"])
    whole = geoplan.coverage(layers["communes"], plans=layers["plans"], on=ON, by="plan")
    shared = km2(square(1.25, 0, 0.25))
    assert whole["conflict_km2"].tolist()[:2] == pytest.approx([shared, shared], rel=1e-6)


def test_gaps_and_conflicts_are_places_with_the_areas_of_the_table() -> None:
    layers = tiny_layers()
    table = geoplan.coverage(layers["communes"], plans=layers["plans"], on=ON)
    table = table[table["denominator"] == "natural"]
    for places, column in ((gaps, "gap_km2"), (conflicts, "conflict_km2")):
        found = places(layers["communes"], plans=layers["plans"], on=ON)
        assert found.crs.to_epsg() == 4326
        assert found.is_valid.all()
        expected = table[table[column] > 1e-9].groupby(["code", "plan_kind"])[column].sum()
        got = found.groupby(["code", "plan_kind"])["area_km2"].sum()
        pd.testing.assert_series_equal(got, expected, check_names=False, rtol=1e-9)
        assert [km2(shape) for shape in found.geometry] == pytest.approx(found["area_km2"].tolist(), rel=1e-9)


boxes = st.tuples(
    st.floats(0, 3.5), st.floats(0, 0.9), st.floats(0.05, 1.5), st.floats(0.05, 1.2), st.floats(0, 90)
)


def turned(column: float, row: float, width: float, height: float, angle: float) -> Polygon:
    return affinity.rotate(square(column, row, width, height), angle)


@settings(max_examples=40, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_overlay_and_dissolve_agree_and_order_does_not_matter(
    shapes: list[tuple[float, ...]], random: object
) -> None:
    units = communes(4).assign(name=None)
    drawn = frame(*(turned(*s) for s in shapes))
    table = natural(geoplan.coverage(units, plans=drawn, on=ON))
    pieces = gpd.overlay(units, drawn, how="intersection", keep_geom_type=True).dissolve("code")
    other = pieces.segmentize(0.002).to_crs(6933).area.reindex(units["code"]).fillna(0) / 1e6
    assert table["covered_km2"].tolist() == pytest.approx(other.tolist(), rel=3e-5, abs=3e-5)
    by_hand = [km2(shapely.intersection(u, shapely.union_all(drawn.geometry))) for u in units.geometry]
    assert table["covered_km2"].tolist() == pytest.approx(by_hand, rel=1e-5, abs=3e-5)
    shuffled = drawn.iloc[random.sample(range(len(drawn)), len(drawn))]  # type: ignore[attr-defined]
    again = natural(geoplan.coverage(units, plans=shuffled, on=ON))
    for column in ("covered_km2", "conflict_km2"):
        assert again[column].tolist() == pytest.approx(table[column].tolist(), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.lists(boxes, min_size=1, max_size=6), boxes)
def test_invariants(shapes: list[tuple[float, ...]], one_more: tuple[float, ...]) -> None:
    units = communes(4)
    drawn = [turned(*s) for s in shapes]
    table = natural(geoplan.coverage(units, plans=frame(*drawn), on=ON))
    assert (table["covered_km2"] <= table["denominator_km2"] * (1 + 1e-12)).all()
    assert (table["conflict_km2"] <= table["covered_km2"] + 1e-12).all()
    assert (table["gap_km2"] >= 0).all()
    assert (table["gap_km2"] + table["covered_km2"]).tolist() == pytest.approx(
        table["denominator_km2"].tolist(), rel=1e-9
    )
    more = natural(geoplan.coverage(units, plans=frame(*drawn, turned(*one_more)), on=ON))
    for column in ("covered_km2", "conflict_km2"):
        assert (more[column] >= table[column] - 2e-5).all()
    doubled = natural(geoplan.coverage(units, plans=frame(*drawn, *drawn), on=ON))
    assert doubled["covered_km2"].tolist() == pytest.approx(table["covered_km2"].tolist(), abs=1e-6)
    assert doubled["conflict_km2"].tolist() == pytest.approx(table["covered_km2"].tolist(), abs=1e-6)


def test_both_engines_give_one_table() -> None:
    layers = tiny_layers()
    plans = pd.concat([layers["plans"], layers["plans"].assign(id=["Q1", "Q2", "Q3"])], ignore_index=True)
    plans.geometry = [affinity.rotate(s, 7 * i) for i, s in enumerate(plans.geometry)]
    tables = {
        engine: geoplan.coverage(
            layers["communes"], plans=plans, on=ON, urban_land=layers["urban_land"], engine=engine
        )
        for engine in ("geos", "sweep", "auto")
    }
    assert {name: table.attrs["engine"] for name, table in tables.items()} == {
        "geos": "geos",
        "sweep": "sweep",
        "auto": "geos",
    }
    pd.testing.assert_frame_equal(tables["geos"], tables["sweep"], rtol=1e-9, atol=1e-12)
    assert (tables["sweep"]["conflict_km2"] > 0.1).any()
    with pytest.raises(UsageError, match="auto, geos hoặc sweep"):
        geoplan.coverage(layers["communes"], plans=plans, engine="fast")  # type: ignore[arg-type]
