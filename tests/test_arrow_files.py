"""Polygons of files as arrays: the same to the last bit as by way of objects, read in part, whatever the bytes."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

from geoplan import crs
from geoplan.errors import CrsError, DataError, GeoplanError, MissingFileError, UsageError
from geoplan.intake import Limits, read_layer
from geoplan.intake.arrow_file import PolygonFile, open_polygons
from geoplan.intake.arrow_sort import sorted_copy
from geoplan.intake.repair import polygonal
from geoplan.intake.wkb import rings_of_wkb
from geoplan.rings import Rings, boxes_of, rings_of

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

import generate

SQUARE = shapely.box(105.0, 21.0, 105.01, 21.01)
RING = shapely.Polygon(
    SQUARE.exterior.coords, [shapely.box(105.002, 21.002, 105.004, 21.004).exterior.coords]
)
TWO = shapely.MultiPolygon([RING, affinity.translate(SQUARE, 0.1, 0.1)])
SOLID = shapely.Polygon([(105, 21, 5), (105.01, 21, 6), (105.01, 21.01, 7), (105, 21, 5)])
BOWTIE = shapely.Polygon([(105, 21), (105.01, 21.01), (105.01, 21), (105, 21.01)])
MIXED = shapely.GeometryCollection([RING, shapely.Point(105, 21), shapely.MultiPolygon([SQUARE])])
SHAPES = [
    SQUARE, RING, TWO, SOLID, BOWTIE, MIXED, None, shapely.Polygon(), shapely.MultiPolygon(),
    shapely.Point(105, 21), shapely.LineString([(105, 21), (106, 22)]), shapely.GeometryCollection(),
    shapely.MultiPolygon([shapely.Polygon(), SQUARE]),
    shapely.from_wkt("POLYGON M ((105 21 1, 106 21 2, 106 22 3, 105 21 1))"),
    shapely.from_wkt("MULTIPOLYGON ZM (((105 21 1 2, 106 21 2 3, 106 22 3 4, 105 21 1 2)))"),
]  # fmt: skip


def same(one: Rings, other: Rings) -> bool:
    """To the last bit: the sign of a zero too."""
    return all(a.dtype == b.dtype and a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


def by_objects(shapes: list[Any]) -> Rings:
    """What the ordinary way gives."""
    return rings_of(polygonal(shapely.force_2d(np.array(shapes, dtype=object))))


def wkb(shape: Any, order: int = 1, flavor: str = "iso") -> bytes | None:
    return None if shape is None else shapely.to_wkb(shape, byte_order=order, flavor=flavor)


# ---- WKB ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()])
def test_wkb_gives_the_rings_that_objects_give(*, compiled: bool, order: int, kind: pa.DataType) -> None:
    values = pa.array([None, *(wkb(s, order) for s in SHAPES)], kind)
    assert same(rings_of_wkb(values[1:], what="t", compiled=compiled), by_objects(SHAPES))


@pytest.mark.parametrize("compiled", [True, False])
def test_extended_wkb_with_a_system_and_heights_is_read(*, compiled: bool) -> None:
    named = shapely.to_wkb(shapely.set_srid(SOLID, 4326), include_srid=True, flavor="extended")
    values = pa.array([wkb(SOLID, flavor="extended"), named, wkb(SQUARE)])
    assert same(rings_of_wkb(values, what="t", compiled=compiled), by_objects([SOLID, SOLID, SQUARE]))


@pytest.mark.parametrize("compiled", [True, False])
def test_no_rows_and_only_null_rows(*, compiled: bool) -> None:
    assert len(rings_of_wkb(pa.array([], pa.binary()), what="t", compiled=compiled).body_start) == 1
    assert same(
        rings_of_wkb(pa.nulls(3, pa.binary()), what="t", compiled=compiled), by_objects([None, None, None])
    )


numbers = st.floats(-1e6, 1e6)
outlines = st.builds(
    lambda x, y, size, holes: shapely.Polygon(
        shapely.box(x, y, x + size, y + size).exterior.coords,
        [shapely.box(x + k, y + k, x + k + size / 9, y + k + size / 9).exterior.coords for k in range(holes)],
    ),
    numbers, numbers, st.floats(0, 1e4), st.integers(0, 3),
)  # fmt: skip
anything = st.one_of(
    outlines,
    st.lists(outlines, max_size=3).map(shapely.MultiPolygon),
    outlines.map(lambda s: shapely.force_3d(s, 7.0)),
    st.sampled_from(SHAPES),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(anything, st.integers(0, 1), st.sampled_from(["iso", "extended"])), max_size=8))
def test_wkb_there_and_back(drawn: list[tuple[Any, int, str]]) -> None:
    kept = [d for d in drawn if not (d[0] is not None and shapely.has_m(d[0]) and d[2] == "extended")]
    values = pa.array([wkb(*d) for d in kept], pa.binary())
    assert same(rings_of_wkb(values, what="t", compiled=True), by_objects([d[0] for d in kept]))


def answer(content: bytes, *, compiled: bool) -> Rings | str:
    """The rings of one row between two good ones, or the sentence."""
    try:
        return rings_of_wkb(pa.array([content], pa.binary()), what="t", compiled=compiled)
    except DataError as error:
        return error.en


@pytest.mark.parametrize("shape", [RING, TWO, shapely.force_3d(TWO), MIXED])
@pytest.mark.parametrize("order", [0, 1])
def test_broken_bytes_are_named_or_read_as_geos_reads_them(shape: Any, order: int) -> None:
    good = wkb(shape, order)
    assert good is not None
    broken = [good[:k] for k in range(len(good))] + [good + b"\x00"]
    for k in range(len(good)):
        broken += [good[:k] + bytes([b]) + good[k + 1 :] for b in {0, 0xFF, good[k] ^ 1, good[k] ^ 0x80}]
    sentences = 0
    for content in broken:
        one, other = answer(content, compiled=True), answer(content, compiled=False)
        if isinstance(one, str):
            sentences += 1
            assert one == other
            assert "row 0" in one
        else:
            assert not isinstance(other, str)
            assert same(one, other)
    assert sentences > len(good)


@pytest.mark.parametrize("compiled", [True, False])
def test_the_damaged_row_is_named(*, compiled: bool) -> None:
    good = wkb(TWO)
    assert good is not None
    values = pa.array([good, good[:-9], good])
    with pytest.raises(DataError, match="dòng 57"):
        rings_of_wkb(values, what="t", numbers=np.array([3, 57, 60]), compiled=compiled)
    endless = good[:-24] + np.array([np.nan]).tobytes() + good[-16:]
    values = pa.array([good, endless, good])
    with pytest.raises(DataError, match="hữu hạn ở dòng 57"):
        rings_of_wkb(values, what="t", numbers=np.array([3, 57, 60]), compiled=compiled)


def test_curves_are_refused_in_one_sentence(covered: Path, tmp_path: Path) -> None:
    curve = b"\x01\x0a\x00\x00\x00\x00\x00\x00\x00"
    table = pq.read_table(covered)
    column = pa.array([curve, *table.column("geometry").to_pylist()[1:]])
    changed = table.set_column(table.column_names.index("geometry"), table.schema.field("geometry"), column)
    pq.write_table(changed, tmp_path / "curve.parquet")
    with pytest.raises(DataError):
        read_layer(tmp_path / "curve.parquet")
    with open_polygons(tmp_path / "curve.parquet") as file, pytest.raises(DataError, match="dòng 0"):
        file.rings(np.array([0, 1]))


@pytest.mark.parametrize("compiled", [True, False])
def test_collections_without_floor_are_refused(*, compiled: bool) -> None:
    deep = b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 5000 + b"\x01\x07\x00\x00\x00\x00\x00\x00\x00"
    with pytest.raises(DataError, match="nesting"):
        rings_of_wkb(pa.array([deep]), what="t", compiled=compiled)
    shells = b"\x01\x06\x00\x00\x00\x01\x00\x00\x00" * 5000
    with pytest.raises(DataError, match="nesting"):
        rings_of_wkb(pa.array([shells]), what="t", compiled=compiled)


# ---- Files -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans() -> gpd.GeoDataFrame:
    """Some hundred plans in rows of no order; some of several parts, with holes, empty, or missing."""
    rng = np.random.default_rng(3)
    shapes: list[Any] = [affinity.translate(SHAPES[k % 4], *rng.uniform(0, 2, 2)) for k in range(300)]
    shapes[7], shapes[8], shapes[290] = None, shapely.Polygon(), shapely.MultiPolygon()
    return gpd.GeoDataFrame(
        {
            "id": [f"P{k}" for k in range(300)],
            "kind": ["zoning" if k % 3 else "detailed" for k in range(300)],
            "approved_on": [None if k % 5 == 0 else f"20{k % 20:02d}-01-01" for k in range(300)],
            "area": rng.uniform(0, 9, 300),
        },
        geometry=shapes,
        crs=4326,
    )


FILES = ["plain", "covered", "gpkg", "vn2000", "vn2000.gpkg", "degrees", "geoarrow", "geojson"]


@pytest.fixture(scope="module", params=FILES)
def path(request: pytest.FixtureRequest, plans: gpd.GeoDataFrame, tmp_path_factory: Any) -> Path:
    folder = tmp_path_factory.mktemp("files")
    kind = request.param
    frame = plans.to_crs(4756) if kind == "degrees" else plans.to_crs(9209) if "vn2000" in kind else plans
    if "g" in kind.split(".")[-1][:1] and kind != "geoarrow":
        target = folder / f"plans.{kind.rsplit('.', maxsplit=1)[-1]}"
        frame.to_file(target, engine="pyogrio")
    elif kind == "geoarrow":
        target = folder / "plans.parquet"
        frame[~(shapely.is_missing(frame.geometry) | shapely.is_empty(frame.geometry))].reset_index(
            drop=True
        ).to_parquet(target, geometry_encoding="geoarrow")
    else:
        target = folder / "plans.parquet"
        frame.to_parquet(target, write_covering_bbox=kind != "plain", row_group_size=50)
    return target


@pytest.fixture
def file(path: Path) -> Iterator[PolygonFile]:
    with open_polygons(path) as opened:
        yield opened


def wanted(path: Path, rows: Any = slice(None)) -> Rings:
    """The rings by way of objects."""
    return rings_of(crs.overlay_shapes(read_layer(path).iloc[rows]))


def test_all_rows_and_some_are_those_of_read_layer(file: PolygonFile, path: Path) -> None:
    every = np.arange(len(file))
    assert same(file.rings(every), wanted(path))
    some = np.array([0, 7, 8, 51, 52, 140, 288])
    assert same(file.rings(some), wanted(path, some))
    assert same(file.rings(every[:0]), wanted(path, every[:0]))
    assert file.crs == read_layer(path).crs


def test_boxes_hold_the_land(file: PolygonFile, path: Path) -> None:
    land = boxes_of(wanted(path))
    empty = np.isnan(land).any(axis=1)
    assert np.isnan(file.boxes[empty]).all()
    assert (file.boxes[~empty, :2] <= land[~empty, :2]).all()
    assert (file.boxes[~empty, 2:] >= land[~empty, 2:]).all()
    size = (land[:, 2:] - land[:, :2])[~empty]
    assert ((file.boxes[:, 2:] - file.boxes[:, :2])[~empty] <= 1.2 * size.max(axis=1, keepdims=True)).all()
    if file.crs == crs.WGS84:
        assert (file.boxes[~empty] == land[~empty]).all()


def test_attributes_are_those_of_read_layer(file: PolygonFile, path: Path) -> None:
    layer = read_layer(path)
    assert list(file.attributes.columns) == [c for c in layer.columns if c != layer.geometry.name]
    for name in file.attributes:
        mine, theirs = (frame[name].astype(object) for frame in (file.attributes, layer))
        assert (mine.isna() == theirs.isna()).all()
        assert (mine.dropna().astype(str) == theirs.dropna().astype(str)).all()
    assert file.attributes["kind"].dtype == "category"


def test_a_sorted_copy_gives_the_same_for_the_same_rows(
    file: PolygonFile, path: Path, tmp_path: Path
) -> None:
    copy = sorted_copy(file, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["plans.sorted.parquet"]
    some = np.array([0, 7, 8, 51, 52, 140, 288])
    for rows in (np.arange(len(file)), some):
        assert same(copy.rings(rows), file.rings(rows))
    np.testing.assert_array_equal(copy.boxes, file.boxes)
    pd.testing.assert_frame_equal(copy.attributes, file.attributes, check_dtype=False)
    assert copy.crs == file.crs
    again = read_layer(copy.path)
    order = again["geoplan_row"].to_numpy()
    assert sorted(order) == list(range(len(file)))
    assert same(rings_of(crs.overlay_shapes(again)), wanted(path, order))


def test_it_works_in_another_process_as_here(file: PolygonFile) -> None:
    rows = np.array([3, 77, 200])
    sent = pickle.dumps(file)
    there = pickle.loads(sent)  # noqa: S301
    assert same(there.rings(rows), file.rings(rows))
    if "FramePolygons" not in sent.decode("latin-1"):
        assert len(sent) < 5000, "rows were sent along"
        assert pickle.loads(sent) is there  # noqa: S301


def test_rows_must_ascend(file: PolygonFile) -> None:
    for rows in ([3, 2], [1, 1], [-1, 0], [0, 300]):
        with pytest.raises(UsageError, match="tăng dần"):
            file.rings(np.array(rows))


# ---- Read in part ------------------------------------------------------------------------------------


@pytest.fixture
def covered(plans: gpd.GeoDataFrame, tmp_path: Path) -> Path:
    """Rows with a polygon, sorted by longitude, 50 in a group, with declared boxes."""
    some = plans[~(shapely.is_missing(plans.geometry) | shapely.is_empty(plans.geometry))]
    sorted_by = some.iloc[np.argsort(some.bounds["minx"])].iloc[:250].reset_index(drop=True)
    target = tmp_path / "covered.parquet"
    sorted_by.to_parquet(target, write_covering_bbox=True, row_group_size=50)
    return target


def spoilt(path: Path, group: int) -> Path:
    """A copy with rubbish in the middle of the geometry of one row group."""
    chunk = next(
        c
        for i in range(20)
        if (c := pq.read_metadata(path).row_group(group).column(i)).path_in_schema == "geometry"
    )
    content = bytearray(path.read_bytes())
    middle = (chunk.dictionary_page_offset or chunk.data_page_offset) + chunk.total_compressed_size // 2
    content[middle : middle + 64] = b"\xa5" * 64
    target = path.with_name("spoilt.parquet")
    target.write_bytes(content)
    return target


def test_only_the_row_groups_that_hold_the_rows_are_read(covered: Path) -> None:
    with open_polygons(covered) as good, open_polygons(spoilt(covered, 3)) as bad:
        rows = np.array([5, 20, 120, 149])
        assert bad.source.cost(rows)[0] == 2
        assert same(bad.rings(rows), good.rings(rows))
        np.testing.assert_array_equal(bad.boxes, good.boxes)
        with pytest.raises(DataError):
            bad.rings(np.array([5, 160]))


def test_the_cost_of_parts_tells_sorted_from_unsorted(
    plans: gpd.GeoDataFrame, covered: Path, tmp_path: Path
) -> None:
    mixed = tmp_path / "mixed.parquet"
    gpd.read_parquet(covered).sample(frac=1, random_state=1).to_parquet(mixed, row_group_size=50)
    for path, low, high in ((covered, 1.0, 2.3), (mixed, 4.5, 5.0)):
        with open_polygons(path) as file:
            parts = np.array_split(np.argsort(file.boxes[:, 0]), 5)
            assert low <= file.reading_cost([np.sort(part) for part in parts]) <= high


def test_a_row_outside_its_declared_box_is_named(covered: Path, tmp_path: Path) -> None:
    table = pq.read_table(covered)
    boxes = table.column("bbox").to_pylist()
    boxes[60]["xmax"] -= 1e-9
    index = table.column_names.index("bbox")
    changed = table.set_column(
        index, table.schema.field("bbox"), pa.array(boxes, table.schema.field("bbox").type)
    )
    pq.write_table(changed, tmp_path / "lie.parquet", row_group_size=50)
    with open_polygons(tmp_path / "lie.parquet") as file:
        file.rings(np.array([59, 61]))
        with pytest.raises(DataError, match="dòng 60"):
            file.rings(np.array([59, 60]))


def test_boxes_of_single_precision_are_rounded_outwards(covered: Path, tmp_path: Path) -> None:
    table = pq.read_table(covered)
    boxes = table.column("bbox").combine_chunks()
    rough = pa.StructArray.from_arrays(
        [boxes.field(side).cast(pa.float32(), safe=False) for side in ("xmin", "ymin", "xmax", "ymax")],
        names=["xmin", "ymin", "xmax", "ymax"],
    )
    index = table.column_names.index("bbox")
    pq.write_table(table.set_column(index, "bbox", rough), tmp_path / "rough.parquet")
    with open_polygons(tmp_path / "rough.parquet") as file:
        land = boxes_of(file.rings(np.arange(len(file))))
        assert (file.boxes[:, :2] <= land[:, :2]).all()
        assert (file.boxes[:, 2:] >= land[:, 2:]).all()
        assert np.abs(file.boxes - land).max() < 3e-5


def test_rows_that_a_wrong_spatial_index_hides_are_found(plans: gpd.GeoDataFrame, tmp_path: Path) -> None:
    import sqlite3  # noqa: PLC0415

    path = tmp_path / "plans.gpkg"
    plans.to_file(path, engine="pyogrio")
    with sqlite3.connect(path) as base:
        base.execute("DELETE FROM rtree_plans_geom WHERE id IN (4, 6, 101)")
    base.close()
    rows = np.array([3, 5, 100, 101])
    with open_polygons(path) as file:
        assert same(file.rings(rows), wanted(path, rows))


def test_in_large_files_pieces_are_put_together_in_one_array(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    angles = np.linspace(0, 2 * np.pi, 400, endpoint=False)
    star = np.column_stack([np.cos(angles), np.sin(angles)])
    shapes: list[Any] = [shapely.Polygon(star * r + rng.uniform(0, 9, 2)) for r in rng.uniform(0.1, 1, 1500)]
    for name, odd in (("plain", SQUARE), ("odd", shapely.Point(1, 1)), ("many", shapes[3])):
        drawn = [*shapes, odd] if name != "many" else [*shapes, *[odd] * 600]
        frame = gpd.GeoDataFrame(geometry=drawn, crs=4326)
        frame.to_parquet(tmp_path / f"{name}.parquet", row_group_size=700)
        with open_polygons(tmp_path / f"{name}.parquet") as file:
            every = np.arange(len(file))
            assert same(file.rings(every), by_objects(drawn))
            assert same(sorted_copy(file, tmp_path).rings(every), by_objects(drawn))


def test_layers_of_the_benchmarks_made_in_turn_are_the_same_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "_AT_ONCE", 20)
    shapes = []
    for k in range(2):
        communes, parts = generate.in_turn(6, 50, seed=2)
        generate.write_in_turn(communes, parts, tmp_path / f"{k}")
        generate.write_sorted(tmp_path / f"{k}")
        frames = [read_layer(tmp_path / f"{k}" / f"plans{kind}.parquet") for kind in ("", ".sorted")]
        assert sorted(frames[1]["id"]) == sorted(frames[0]["id"])
        assert len(set(frames[0]["id"])) == 50
        assert len(read_layer(tmp_path / f"{k}" / "communes.parquet")) == 6
        shapes.append(frames[0].geometry.to_wkb())
    assert (shapes[0] == shapes[1]).all()


# ---- Files from strangers ----------------------------------------------------------------------------


def test_what_the_door_refuses_is_refused_here(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1" + b"\x00" * 100)
    (tmp_path / "b.gpkg").write_bytes(b"SQLite format 3\x00" + b"\x00" * 100)
    (tmp_path / "c.txt").write_text("hello")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "d.parquet")
    for name in ("a.parquet", "b.gpkg", "c.txt", "d.parquet", "missing.parquet", "/vsizip/x"):
        with pytest.raises(GeoplanError):
            open_polygons(tmp_path / name if not name.startswith("/") else name)


def test_a_value_used_in_every_row_does_not_fill_the_memory(tmp_path: Path) -> None:
    ring = np.column_stack([np.cos(np.linspace(0, 6, 20_000)), np.sin(np.linspace(0, 6, 20_000))])
    large = gpd.GeoDataFrame(geometry=[shapely.Polygon(ring)] * 200, crs=4326)
    large.to_parquet(tmp_path / "large.parquet")
    assert (tmp_path / "large.parquet").stat().st_size < 1_000_000
    with (
        pytest.raises(DataError, match="file_bytes"),
        open_polygons(tmp_path / "large.parquet", limits=Limits(file_bytes=30_000_000)) as file,
    ):
        _ = file.boxes
    with (
        pytest.raises(DataError, match="vertices"),
        open_polygons(tmp_path / "large.parquet", limits=Limits(vertices=1_000_000)) as file,
    ):
        _ = file.boxes


def test_bytes_changed_anywhere_in_a_parquet_file_are_read_or_named(covered: Path, tmp_path: Path) -> None:
    content = covered.read_bytes()
    rng = np.random.default_rng(5)
    target = tmp_path / "changed.parquet"
    outcomes = {"read": 0, "named": 0}
    for at in rng.integers(4, len(content), 80).tolist():
        target.write_bytes(content[:at] + bytes([content[at] ^ (1 << rng.integers(8))]) + content[at + 1 :])
        try:
            with open_polygons(target) as file:
                file.rings(np.arange(len(file)))
            outcomes["read"] += 1
        except GeoplanError:
            outcomes["named"] += 1
    assert min(outcomes.values()) > 5


def test_a_number_of_rows_that_is_none_is_refused(covered: Path, tmp_path: Path) -> None:
    table = pq.read_table(covered)
    metadata = {**table.schema.metadata, b"geoplan": json.dumps({"rows": "geoplan_row"}).encode()}
    for numbers in ([0] * len(table), [None] * len(table), ["a"] * len(table), None):
        changed = table if numbers is None else table.append_column("geoplan_row", pa.array(numbers))
        pq.write_table(changed.replace_schema_metadata(metadata), tmp_path / "numbers.parquet")
        with open_polygons(tmp_path / "numbers.parquet") as file, pytest.raises(DataError):
            _ = file.boxes


def test_names_that_geoplan_uses_itself_may_be_columns(plans: gpd.GeoDataFrame, tmp_path: Path) -> None:
    frame = plans.rename(columns={"id": "bbox", "area": "geometry_"}).rename_geometry("shape")
    frame["geometry"], frame["geoplan_row"] = "text", 7
    frame["kind"] = frame["kind"].astype("category")
    frame.to_file(tmp_path / "plans.gpkg", engine="pyogrio")
    frame.to_parquet(tmp_path / "plans.parquet", row_group_size=20)
    for name in ("plans.gpkg", "plans.parquet"):
        with open_polygons(tmp_path / name) as file:
            copy = sorted_copy(file, tmp_path)
            assert list(copy.attributes) == ["bbox", "kind", "approved_on", "geometry_", "geometry"]
            assert list(copy.attributes["bbox"]) == list(frame["bbox"])
            assert copy.attributes["kind"].dtype == "category"
            assert same(copy.rings(np.arange(300)), wanted(tmp_path / name))


def test_text_that_is_not_utf8_is_named(covered: Path, tmp_path: Path) -> None:
    table = pq.read_table(covered)
    wrong = pa.array([b"\xff"] * len(table)).view(pa.string())
    pq.write_table(table.append_column("note", wrong), tmp_path / "wrong.parquet")
    with open_polygons(tmp_path / "wrong.parquet") as file, pytest.raises(DataError, match="UTF-8"):
        _ = file.attributes


def test_a_closed_file_says_so(covered: Path) -> None:
    with open_polygons(covered) as file:
        sent = pickle.dumps(file)
    for closed in (file, pickle.loads(sent)):  # noqa: S301
        with pytest.raises(MissingFileError, match="đã đóng"):
            closed.rings(np.array([1]))


def test_a_layer_without_a_system_is_refused_as_ever(plans: gpd.GeoDataFrame, tmp_path: Path) -> None:
    plans.set_crs(None, allow_override=True).to_parquet(tmp_path / "none.parquet")
    with open_polygons(tmp_path / "none.parquet") as file, pytest.raises(CrsError, match="hệ tọa độ"):
        file.rings(np.array([1]))
    metres = plans.to_crs(9209).set_crs(4326, allow_override=True)
    metres.to_parquet(tmp_path / "metres.parquet")
    with open_polygons(tmp_path / "metres.parquet") as file, pytest.raises(CrsError, match="hệ tọa độ sai"):
        _ = file.boxes


def test_open_rings_of_a_geopackage_are_closed_as_read_layer_does(
    plans: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    import sqlite3  # noqa: PLC0415

    path = tmp_path / "open.gpkg"
    plans.iloc[:20].to_file(path, engine="pyogrio")
    with sqlite3.connect(path) as base:
        (blob,) = base.execute("SELECT geom FROM open WHERE fid = 1").fetchone()
        changed = blob[:-16] + np.array([105.005, 21.02]).tobytes()
        for (trigger,) in base.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{trigger}"')
        base.execute("UPDATE open SET geom = ? WHERE fid = 1", [changed])
    base.close()
    with open_polygons(path) as file:
        assert same(file.rings(np.arange(20)), wanted(path))


def test_geoarrow_with_an_empty_part_is_refused_and_does_not_end_python(
    covered: Path, tmp_path: Path
) -> None:
    point = pa.struct({"x": pa.float64(), "y": pa.float64()})
    ring = [{"x": x, "y": y} for x, y in SQUARE.exterior.coords]
    shapes = pa.array([[[ring]], [], [[ring], []]], pa.list_(pa.list_(pa.list_(point))))
    geo = {"version": "1.1.0", "primary_column": "geometry",
           "columns": {"geometry": {"encoding": "multipolygon", "geometry_types": ["MultiPolygon"]}}}  # fmt: skip
    table = pa.table({"geometry": shapes}).replace_schema_metadata({b"geo": json.dumps(geo).encode()})
    for rows, sound in (([0, 1], True), ([0, 2], False)):
        pq.write_table(table.take(pa.array(rows)), tmp_path / "parts.parquet")
        if sound:
            assert len(read_layer(tmp_path / "parts.parquet")) == 2
        else:
            with pytest.raises(DataError, match="WKB"):
                read_layer(tmp_path / "parts.parquet")
