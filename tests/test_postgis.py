"""Layers into a real PostGIS and out of it again: whole or not at all, and no password anywhere."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import psycopg
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql
from pyproj import CRS
from shapely.geometry import Polygon

import geoplan
from cities import square, tiny_layers, write_city
from exporting import HUGE, MIXED, make_layer, nasty_layer
from geoplan import crs as systems
from geoplan import importing
from geoplan.cli import main
from geoplan.errors import DataError, UsageError
from geoplan.exports.compare import OURS
from geoplan.exports.compare_values import differences
from geoplan.exports.layers import export_layers
from geoplan.exports.postgis import column_names, export_postgis, write_tables
from geoplan.exports.postgis_register import storable
from geoplan.exports.vectors import as_multi
from geoplan.exports.writing import DatabaseResult
from geoplan.intake.database import DatabaseTable, connected, parse_address, without_credentials
from geoplan.intake.limits import Limits
from geoplan.intake.postgis import describe_table, fetch, read_table
from postgres import CLERK, OWNER, PASSWORD, Server, emptied, running

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.city import City
    from geoplan.exports.layers import ExportLayer

DAY = dt.date(2024, 1, 18)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running() as started:
        yield started


@pytest.fixture
def url(server: Server) -> str:
    """A database with nothing but PostGIS in it."""
    shared = server.url("shared")
    emptied(shared)
    return shared


@pytest.fixture
def assessed(tiny: City) -> Assessment:
    return geoplan.assess(tiny)


def ask(url: str, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of a query that a test wrote."""
    with psycopg.connect(url) as connection:
        return connection.execute(query, values or None).fetchall()  # type: ignore[arg-type]


def do(url: str, *statements: str) -> None:
    with psycopg.connect(url) as connection:
        for statement in statements:
            connection.execute(statement.replace("$PARCEL", PARCEL))  # type: ignore[arg-type]


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of all tables outside the system's own schemas, with the table's comment."""
    tables = ask(
        url,
        "SELECT n.nspname, c.relname, obj_description(c.oid) FROM pg_class c JOIN pg_namespace n "
        "ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information' "
        "AND n.nspname <> 'gis' ORDER BY 1, 2",
    )
    out = {}
    with psycopg.connect(url) as connection:
        for schema, table, comment in tables:
            query = sql.SQL("SELECT t::text FROM {} t ORDER BY 1").format(sql.Identifier(schema, table))
            out[f"{schema}.{table}"] = [(comment,), *connection.execute(query).fetchall()]
    return out


def put(layers: list[ExportLayer], url: str, **more: Any) -> DatabaseResult:
    settings = {"city": "tiny", "on": DAY, "crs": CRS.from_epsg(9213)} | more
    return write_tables(layers, url, **settings)


def source(url: str, table: str, **more: Any) -> DatabaseTable:
    return DatabaseTable(parse_address(url), table, **more)


# --- out --------------------------------------------------------------------------------------------------


def test_a_whole_city_arrives_whole(url: str) -> None:
    result = geoplan.assess(geoplan.open_city("pho-yen"))
    made = geoplan.export(result, to=url)
    assert isinstance(made, DatabaseResult)
    assert made.losses == ()
    assert made.files == ()
    assert made.schema == "geoplan"
    layers = {layer.name: layer for layer in export_layers(result)}
    assert made.rows == {name: len(layer.frame) for name, layer in layers.items()}
    keys = ask(url, "SELECT code, name, row_no FROM geoplan.communes WHERE city = 'pho-yen' ORDER BY row_no")
    frame = layers["communes"].frame
    assert keys == list(zip(frame["code"], frame["name"], range(1, len(frame) + 1), strict=True))
    drawn = ask(
        url, "SELECT ST_Area(geom), ST_SRID(geom), ST_IsValid(geom) FROM geoplan.communes ORDER BY row_no"
    )
    plane = systems.from_lonlat(frame, CRS.from_epsg(9213))  # type: ignore[arg-type]
    assert [a for a, _, _ in drawn] == pytest.approx(shapely.area(plane), rel=1e-12)
    assert {(s, v) for _, s, v in drawn} == {(9213, True)}
    (density,) = ask(
        url, "SELECT density_per_km2, own_passes, valid_from FROM geoplan.communes WHERE row_no = 1"
    )
    first = frame.iloc[0]
    assert density[0] == first["density_per_km2"]
    assert density[2] == first["valid_from"].date()
    assert density[1] == (None if pd.isna(first["own_passes"]) else bool(first["own_passes"]))


def test_tables_have_keys_an_index_types_and_comments(assessed: Assessment, url: str) -> None:
    export_postgis(assessed, url)
    types = dict(
        ask(
            url,
            "SELECT a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
            "WHERE attrelid = 'geoplan.communes'::regclass AND attnum > 0",
        )
    )
    want = {
        "city": "text", "assessed_on": "date", "row_no": "bigint", "code": "text", "valid_from": "date",
        "population": "double precision", "ward_candidate": "boolean", "geom": "geometry(MultiPolygon,9213)",
    }  # fmt: skip
    assert want.items() <= types.items()
    indexes = [d for (d,) in ask(url, "SELECT indexdef FROM pg_indexes WHERE tablename = 'communes'")]
    assert any("USING btree (city, assessed_on, row_no)" in d and "UNIQUE" in d for d in indexes)
    assert any("USING gist (geom)" in d for d in indexes)
    about = "SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s"
    assert ask(url, about, "geoplan.communes", "area_km2") == [("Diện tích đo trên lớp (km²)",)]
    assert ask(url, about, "geoplan.communes", "density_per_km2") == [("Mật độ dân số (người/km²)",)]
    ((comment,),) = ask(url, "SELECT obj_description('geoplan.plans'::regclass)")
    assert comment.startswith("Quy hoạch\ntiny: minh họa: không phải đo đạc")
    assert "Giấy phép: MIT" in comment
    ((registered,),) = ask(
        url, "SELECT count(*) FROM geoplan.geoplan_exports WHERE city = 'tiny' AND rows > 0"
    )
    assert registered >= 8


def test_what_gpkg_and_postgis_give_is_the_same(assessed: Assessment, url: str, tmp_path: Path) -> None:
    geoplan.export(assessed, format="gpkg", out=tmp_path)
    export_postgis(assessed, url)
    (file,) = tmp_path.glob("*.gpkg")
    for layer in export_layers(assessed):
        ours = gpd.read_file(file, layer=layer.name)
        table, _ = _table(url, layer)
        assert len(ours) == len(table)
        for each in layer.fields:
            assert not list(differences(each.kind, ours[each.name], table[each.name])), (
                layer.name,
                each.name,
            )
        if layer.spatial:
            assert shapely.equals_exact(
                as_multi(ours.geometry.to_numpy()), table.geometry.to_numpy(), 0
            ).all()


def _table(url: str, layer: ExportLayer) -> tuple[Any, str]:
    with connected(parse_address(url), read_only=True) as connection:
        ((oid,),) = connection.execute("SELECT %s::regclass::oid", [f"geoplan.{layer.name}"]).fetchall()
        found = describe_table(connection, "geoplan", layer.name, oid)
        return fetch(connection, found, "geom" if layer.spatial else None, ("tiny", DAY), limits=OURS)


def test_a_system_that_postgis_does_not_know_is_added_with_the_right_shift(
    assessed: Assessment, url: str
) -> None:
    before = ask(url, "SELECT count(*) FROM spatial_ref_sys WHERE srid IN (9213, 4756)")
    export_postgis(assessed, url)
    ((name, code, text, proj),) = ask(
        url, "SELECT auth_name, auth_srid, srtext, proj4text FROM spatial_ref_sys WHERE srid = 9213"
    )
    assert (name, code) == ("EPSG", 9213)
    ((known,),) = ask(url, "SELECT srtext FROM spatial_ref_sys WHERE srid = 4756")
    shift = known.split("TOWGS84[")[1].split("]")[0]
    assert [float(v) for v in text.split("TOWGS84[")[1].split("]")[0].split(",")] == [
        float(v) for v in shift.split(",")
    ]
    assert "+towgs84=-191.90441429,-39.30318279,-111.45032835,0.00928836" in proj
    assert before != [(2,)], "this PostGIS knows the system already: the test shows nothing"
    rows = ask(url, "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_PointN(ST_ExteriorRing("
                    "ST_GeometryN(geom, 1)), 1), 4326) p FROM geoplan.communes ORDER BY row_no) q")  # fmt: skip
    corners = np.array([s.exterior.coords[0] for s in assessed.city.communes.geometry])
    assert np.abs(np.array(rows) - corners).max() * 111_000 < 0.01  # metres


def test_the_test_vector_lands_where_it_must(url: str) -> None:
    shape = Polygon([(105.87, 21.43), (105.88, 21.43), (105.88, 21.44)])
    put([make_layer("one", {"a": ["x"]}, [shape])], url)
    ((east, north),) = ask(url, "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_PointN(ST_ExteriorRing(ST_GeometryN("
                                "geom, 1)), 1) p FROM geoplan.one) q")  # fmt: skip
    assert (east, north) == pytest.approx((434_498.390, 2_370_690.295), abs=0.001)


def test_a_clerk_who_may_not_add_a_system_is_told_what_to_do(assessed: Assessment, server: Server) -> None:
    name = server.database()
    do(server.url(name), f"CREATE SCHEMA office AUTHORIZATION {CLERK}")
    clerk = server.url(name, user=CLERK, password=CLERK)
    with pytest.raises(DataError) as error:
        export_postgis(assessed, clerk, schema="office")
    assert "EPSG:9213" in error.value.vi
    assert "--crs wgs84" in error.value.vi
    assert "spatial_ref_sys" in error.value.en
    assert ask(clerk, "SELECT count(*) FROM pg_tables WHERE schemaname = 'office'") == [(0,)]
    assert export_postgis(assessed, clerk, schema="office", crs="wgs84").rows["communes"] == 4
    with pytest.raises(DataError, match="thiếu quyền") as refused:
        export_postgis(assessed, clerk, crs="wgs84")
    assert CLERK not in refused.value.vi + refused.value.en


def test_a_system_of_that_number_that_is_another_is_refused(assessed: Assessment, url: str) -> None:
    do(
        url,
        "INSERT INTO gis.spatial_ref_sys SELECT 9213, 'local', 1, srtext, proj4text FROM spatial_ref_sys WHERE srid = 3405",
    )
    with pytest.raises(DataError, match="không phải EPSG:9213"):
        export_postgis(assessed, url)


# --- whose rows -------------------------------------------------------------------------------------------


def test_a_second_export_replaces_its_own_rows_and_no_others(
    tiny: City, assessed: Assessment, url: str
) -> None:
    export_postgis(assessed, url)
    export_postgis(geoplan.assess(tiny.as_of("2021-06-01")), url)
    do(
        url,
        "INSERT INTO geoplan.communes (city, assessed_on, row_no, name) VALUES ('other', '2024-01-18', 1, 'Khác')",
        "CREATE TABLE geoplan.mine (a int PRIMARY KEY)",
        "INSERT INTO geoplan.mine VALUES (7)",
        "UPDATE geoplan.communes SET name = 'sửa tay' WHERE city = 'tiny' AND assessed_on = '2021-06-01'",
    )
    before = everything(url)
    export_postgis(assessed, url)
    assert everything(url) == before
    export_postgis(assessed, url, layers=["plans"])
    assert everything(url) == before
    do(url, "UPDATE geoplan.communes SET name = 'sửa tay' WHERE city = 'tiny' AND assessed_on = '2024-01-18'")
    export_postgis(assessed, url)
    assert everything(url) == before


def test_a_changed_city_never_replaces_the_rows_of_the_real_one(
    tiny: City, assessed: Assessment, url: str
) -> None:
    export_postgis(assessed, url)
    real = ask(url, "SELECT * FROM geoplan.communes WHERE city = 'tiny' ORDER BY row_no")
    code = tiny.communes["code"].iloc[1]
    export_postgis(geoplan.assess(tiny.with_wards([code])), url)
    assert ask(url, "SELECT * FROM geoplan.communes WHERE city = 'tiny' ORDER BY row_no") == real
    kinds = ask(url, "SELECT city, kind FROM geoplan.communes WHERE row_no = 2 ORDER BY city")
    assert kinds == [("tiny", "commune"), ("tiny-what-if", "ward")]


def test_rows_of_a_layer_that_the_city_no_longer_has_go(tmp_path: Path, url: str) -> None:
    def city(folder: str, *, candidate: bool) -> City:
        layers = tiny_layers()
        layers["communes"]["ward_candidate"] = [False, candidate, False, False]
        write_city(tmp_path / folder, layers)
        return geoplan.open_city("tiny", workspace=tmp_path / folder)

    export_postgis(geoplan.assess(city("with", candidate=True)), url)
    assert ask(url, "SELECT name FROM geoplan.candidates") == [("Xã 1",)]
    without = geoplan.assess(city("without", candidate=False))
    export_postgis(without, url, layers=["plans"])
    assert ask(url, "SELECT count(*) FROM geoplan.candidates") == [(1,)]
    export_postgis(without, url)
    assert ask(url, "SELECT count(*) FROM geoplan.candidates") == [(0,)]
    assert ask(url, "SELECT count(*) FROM geoplan.geoplan_exports WHERE layer = 'candidates'") == [(0,)]


def test_columns_of_the_users_own_are_added_and_null_elsewhere(url: str) -> None:
    put([make_layer("plans", {"id": ["1"]}, [square(0, 0)])], url)
    put(
        [make_layer("plans", {"id": ["2"], "ma_ho_so": ["01QHC1"], "so": [3]}, [square(1, 0)])],
        url,
        city="other",
    )
    assert ask(url, "SELECT city, id, ma_ho_so, so FROM geoplan.plans ORDER BY 1") == [
        ("other", "2", "01QHC1", 3),
        ("tiny", "1", None, None),
    ]
    put(
        [make_layer("plans", {"id": ["3"], "so": [2.5], "x": [None]}, [square(1, 0)])],
        url,
        city="x",
        schema="s",
    )
    with pytest.raises(DataError, match="“so”.*bigint.*double precision"):
        put([make_layer("plans", {"id": ["3"], "so": [2.5]}, [square(1, 0)])], url, city="third")
    put([make_layer("plans", {"id": ["4"], "so": [None]}, [square(1, 0)])], url, city="third")


@pytest.mark.parametrize(
    ("existing", "says"),
    [
        ("CREATE TABLE geoplan.plans (id text PRIMARY KEY)", "khóa chính"),
        ("CREATE VIEW geoplan.plans AS SELECT 1 AS id", "không phải là bảng"),
        (
            (
                "CREATE TABLE geoplan.plans (city text, assessed_on date, row_no bigint, geom geometry(MultiPolygon, 3405), "
                "PRIMARY KEY (city, assessed_on, row_no))"
            ),
            r"--crs EPSG:n",
        ),
        (
            (
                "CREATE TABLE geoplan.plans (city text, assessed_on date, row_no bigint, id int, geom "
                "geometry(MultiPolygon, 4326), PRIMARY KEY (city, assessed_on, row_no))"
            ),
            "“id”.*integer.*text",
        ),
        (
            (
                "CREATE TABLE geoplan.plans (city text, assessed_on date, row_no bigint, must int NOT NULL, geom "
                "geometry(MultiPolygon, 4326), PRIMARY KEY (city, assessed_on, row_no))"
            ),
            "“must”",
        ),
        (
            (
                "CREATE TABLE geoplan.plans (city text, assessed_on date, row_no bigint, "
                "PRIMARY KEY (city, assessed_on, row_no))"
            ),
            "hình kiểu –",
        ),
    ],
)
def test_a_table_of_another_shape_is_refused_in_one_sentence(
    existing: str, says: str, assessed: Assessment, url: str
) -> None:
    do(url, "CREATE SCHEMA geoplan", existing)
    before = everything(url)
    with pytest.raises(DataError, match=says) as error:
        export_postgis(assessed, url, crs="wgs84")
    assert "geoplan.plans" in error.value.vi
    assert "--schema" in error.value.en
    assert "\n" not in error.value.vi
    assert everything(url) == before  # communes come before plans: they are not there either


# --- all or nothing ---------------------------------------------------------------------------------------


def test_killed_in_the_middle_it_leaves_what_was(
    tiny: City, assessed: Assessment, url: str, tmp_path: Path
) -> None:
    export_postgis(assessed, url)
    do(url, "UPDATE geoplan.communes SET name = 'cũ'")
    before = everything(url)
    call = [
        sys.executable,
        "-m",
        "geoplan.cli",
        "export",
        "tiny",
        "--to",
        url,
        "--workspace",
        str(tmp_path / "workspace"),
    ]
    code = "import sys; from geoplan.cli import main; sys.exit(main(sys.argv[1:]))"
    call[1:3] = ["-c", code]
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE geoplan.quantities IN ACCESS EXCLUSIVE MODE")
        with subprocess.Popen(call, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child:
            waiting = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'geoplan' AND wait_event_type = 'Lock'"
            for _ in range(600):
                if ask(url, waiting):
                    break
                time.sleep(0.05)
            else:
                pytest.fail("the export never came to the locked table")
            child.send_signal(signal.SIGKILL)
        other.rollback()
    assert everything(url) == before
    export_postgis(assessed, url)
    assert ask(url, "SELECT count(*) FROM geoplan.communes WHERE name = 'cũ'") == [(0,)]


def test_a_value_that_cannot_be_held_leaves_what_was(assessed: Assessment, url: str) -> None:
    good = make_layer("a", {"v": [1.5]}, None)
    put([good], url)
    before = everything(url)
    changed = make_layer("a", {"v": [2.5]}, None)
    bad = make_layer("b", {"v": [2.5]}, None)
    bad.frame.loc[0, "v"] = np.inf
    with pytest.raises(DataError, match=r"b\.v, dòng 1"):
        put([changed, bad], url)
    assert everything(url) == before


def test_two_at_once_wait_for_each_other(url: str) -> None:
    layers = [make_layer(name, {"v": list(range(50))}, [square(0, 0)] * 50) for name in ("a", "b")]
    failed: list[BaseException] = []

    def run(city: str, order: int) -> None:
        try:
            put(layers[::order], url, city=city)
        except BaseException as error:  # noqa: BLE001 - told to the test
            failed.append(error)

    threads = [threading.Thread(target=run, args=(f"c{i}", 1 if i % 2 else -1)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert ask(url, "SELECT count(DISTINCT city), count(*) FROM geoplan.a") == [(4, 200)]


# --- hostile things ---------------------------------------------------------------------------------------

EVIL = 'x"; DROP SCHEMA geoplan CASCADE; --'


@pytest.mark.parametrize("schema", [EVIL, "Quy hoạch “đô thị” 🏠", "%s %(a)s {}", "a.b", "'; SELECT 1; '"])
def test_hostile_schema_names_are_only_names(schema: str, assessed: Assessment, url: str) -> None:
    do(url, "CREATE SCHEMA geoplan", "CREATE TABLE geoplan.keep AS SELECT 1 AS a")
    assert export_postgis(assessed, url, schema=schema, crs="wgs84").losses == ()
    assert (
        ask(url, "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s", schema)[0][0] > 5
    )
    assert ask(url, "SELECT a FROM geoplan.keep") == [(1,)]
    frame, _ = read_table(source(url, f"{schema}.communes", city="tiny"))
    assert list(frame["name"]) == [f"Xã {i}" for i in range(4)]


@pytest.mark.parametrize("schema", ["", "pg_catalog", "PG_x", "information_schema", "a\x00b", "đ" * 32])
def test_schema_names_that_cannot_be_are_refused(schema: str, url: str) -> None:
    with pytest.raises(UsageError, match="tên lược đồ"):
        put([make_layer("a", {"v": [1]}, None)], url, schema=schema)


def test_nasty_values_and_names_come_back_the_same(url: str) -> None:
    layer = nasty_layer()
    made = put([layer], url)
    assert [(loss.kind, loss.layer) for loss in made.losses] == [("null", "nasty")]  # an empty shape is NULL
    columns = {
        EVIL: ["a"], "xmin": ["b"], "geom": ["c"], "city": ["d"], "GEOM": ["e"], "%s": ["f"], "đ" * 40: ["g"],
        "đ" * 40 + "x": ["h"], 'q"\'': ["i"], "row_no": ["k"], "a\nb": ["'); DROP TABLE geoplan.nasty; --"],
    }  # fmt: skip
    made = put([make_layer("names", columns, [square(0, 0)])], url)
    assert {loss.kind for loss in made.losses} == {"name"}
    names = column_names(make_layer("names", columns, None).fields)
    with psycopg.connect(url) as connection:
        for name, (value,) in columns.items():
            column = sql.Identifier(names.get(name, name))
            rows = connection.execute(sql.SQL("SELECT {} FROM geoplan.names").format(column)).fetchall()
            assert rows == [(value,)], name
    assert ask(url, "SELECT count(*) FROM geoplan.nasty") == [(4,)]


def test_whole_numbers_of_64_bits_and_unknown_ones(url: str) -> None:
    made = put(
        [
            make_layer(
                "big", {"v": HUGE, "n": [float("nan"), 1e308, -1e-308, None], "d": ["a", None, "", "b"]}, None
            )
        ],
        url,
    )
    assert made.losses == ()
    assert ask(url, "SELECT v FROM geoplan.big ORDER BY row_no") == [(v,) for v in HUGE]
    assert ask(url, "SELECT n, d FROM geoplan.big ORDER BY row_no") == [
        (None, "a"),
        (1e308, None),
        (-1e-308, ""),
        (None, "b"),
    ]


def test_what_no_database_holds_is_cleaned_and_said(url: str) -> None:
    made = put([make_layer("t", {"v": ["a\x00b", "Đồng", "x\ud83cy", None]}, None)], url)
    (loss,) = made.losses
    assert loss.kind == "text"
    assert loss.text.vi.startswith("2 chữ có ký tự")
    assert "2 texts" in loss.text.en
    assert ask(url, "SELECT v FROM geoplan.t ORDER BY row_no") == [("ab",), ("Đồng",), ("x\ufffdy",), (None,)]


@given(st.text(st.characters(codec=None)))
def test_storable_text_changes_only_what_it_must(text: str) -> None:
    made = storable(text)
    made.encode("utf-8")
    assert "\x00" not in made
    bad = "\x00" in text or any("\ud800" <= c <= "\udfff" for c in text)
    assert bad or made == text


def test_shapes_of_several_kinds_are_in_one_column(url: str) -> None:
    made = put([make_layer("m", {"v": list("abcd")}, MIXED)], url)
    assert made.losses == ()
    assert [t for (t,) in ask(url, "SELECT GeometryType(geom) FROM geoplan.m ORDER BY row_no")] == [
        "POLYGON", "POINT", "GEOMETRYCOLLECTION", None,
    ]  # fmt: skip
    assert ask(url, "SELECT type, srid FROM geometry_columns WHERE f_table_name = 'm'") == [
        ("GEOMETRY", 9213)
    ]


# --- credentials ------------------------------------------------------------------------------------------


def shows_nothing(text: str, *secrets: str) -> None:
    for secret in (PASSWORD, OWNER, "M%E1%BA%ADt", "Mật/", *secrets):
        assert secret not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://boss:geheim@127.0.0.1:{port}/none",
        "postgresql://boss:geheim@127.0.0.1:1/none",
        "postgresql://boss@127.0.0.1:{port}/none?password=geheim",
        "postgresql://127.0.0.1:{port}/none?user=boss&password=geheim&sslmode=prefer",
        "postgresql://boss:gehe@im@127.0.0.1/x",
        "postgresql://boss:gehe/im@127.0.0.1/x",
        "postgresql://boss:geheim@127.0.0.1:{port}/x?geheim=1",
        "postgresql://boss:geheim%@127.0.0.1/x",
        "postgresql:/boss:geheim@127.0.0.1/x",
        "http://boss:geheim@127.0.0.1/x",
        "host=127.0.0.1 user=boss password=geheim",
        "postgresql://boss:geheim@127.0.0.1:99999/x",
        "postgresql://boss:geheim@127.0.0.1:{port}/x%00y",
    ],
)
def test_no_sentence_or_traceback_holds_an_account_or_password(url: str, server: Server) -> None:
    with pytest.raises(UsageError) as error:
        put([make_layer("a", {"v": [1]}, None)], url.replace("{port}", str(server.port)))
    lines = traceback.format_exception(error.value)
    shown = "".join(line for line in lines if "put(" not in line) + error.value.vi + error.value.en
    for secret in ("boss", "gehe", "im@"):
        assert secret not in shown
    assert "\n" not in error.value.vi


def test_a_wrong_password_and_a_missing_database_are_told_apart(server: Server) -> None:
    layer = [make_layer("a", {"v": [1]}, None)]
    with pytest.raises(UsageError, match="tài khoản hoặc mật khẩu") as error:
        put(layer, server.url("with_postgis", password=OWNER))
    shows_nothing(str(error.value))
    with pytest.raises(UsageError, match="không có cơ sở dữ liệu"):
        put(layer, server.url("nowhere"))


def test_the_command_line_shows_and_keeps_no_credentials(
    server: Server,
    tiny: City,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, home = server.database(), tmp_path / "workspace"
    full, bare = server.url(name), server.url(name, password=None)
    assert main(["export", "tiny", "--to", full, "--workspace", str(home)]) == 0
    out, err = capfd.readouterr()
    assert f"postgresql://127.0.0.1:{server.port}/{name} geoplan.communes: 4" in out
    shows_nothing(out + err)
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    assert (
        main(["export", "tiny", "--to", bare, "--schema", "s", "--layers", "plans", "--workspace", str(home)])
        == 0
    )
    call = [
        "import",
        bare,
        "--table",
        "s.plans",
        "--as",
        "plans",
        "--city",
        "pho-yen",
        "--workspace",
        str(tmp_path / "w"),
    ]
    assert main(call) == 2  # the table has no rows of that city
    out, err = capfd.readouterr()
    assert "pho-yen" in err
    assert "tiny 18/01/2024" in err
    do(full, "CREATE TABLE public.plans AS SELECT id, name, kind, geom FROM s.plans")
    assert main([*call[:3], "public.plans", *call[4:]]) == 0
    out, err = capfd.readouterr()
    shows_nothing(out + err)
    toml = (tmp_path / "w" / "pho-yen" / "city.toml").read_text(encoding="utf-8")
    assert "Bảng PostgreSQL của người dùng: public.plans, sha256 " in toml
    for file in (tmp_path / "w").rglob("*"):
        if file.is_file():
            shows_nothing(file.read_bytes().decode("latin-1"), PASSWORD.encode().decode("latin-1"))
    shows_nothing(json.dumps(everything(full), default=str, ensure_ascii=False))
    shows_nothing(repr(parse_address(full)) + repr(source(full, "x")))
    assert main(["check", full]) == 2
    assert main(["export", "tiny", "--to", full, "--format", "gpkg", "--workspace", str(home)]) == 2
    assert main(["export", "tiny", "--workspace", str(home)]) == 2
    assert main(["import", full, "--as", "plans", "--city", "pho-yen"]) == 2
    shows_nothing("".join(capfd.readouterr()))


def test_addresses_lose_their_credentials_in_sentences() -> None:
    assert without_credentials("https://me:secret@host/x.zip") == "https://…"
    assert without_credentials("https://host/x.zip") == "https://host/x.zip"
    assert without_credentials("/vsicurl/http://a") == "/vsicurl/http://a"


def test_without_psycopg_the_sentence_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "psycopg.py").write_text("raise ImportError('none')", encoding="utf-8")
    code = (
        "import geoplan\n"
        "try: geoplan.export(geoplan.open_city('pho-yen'), to='postgresql://h/d')\n"
        "except geoplan.errors.UsageError as e: print(e)"
    )
    env = os.environ | {"PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    made = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert "pip install 'geoplan[postgis]'" in made.stdout


# --- databases that will not do ---------------------------------------------------------------------------


def test_a_database_without_postgis_or_utf8_is_refused(server: Server, assessed: Assessment) -> None:
    with pytest.raises(DataError, match="CREATE EXTENSION postgis"):
        export_postgis(assessed, server.url("postgres"))
    name = server.database("template0", "ENCODING 'SQL_ASCII' LOCALE 'C'")
    do(server.url(name), "CREATE EXTENSION postgis")
    with pytest.raises(DataError, match="SQL_ASCII"):
        export_postgis(assessed, server.url(name))


def test_a_read_only_server_is_told(server: Server, assessed: Assessment, url: str) -> None:
    with pytest.raises(DataError, match="chỉ cho đọc"):
        export_postgis(assessed, url + "?options=-c%20default_transaction_read_only%3Don")


def test_functions_of_other_schemas_are_not_called(assessed: Assessment, url: str) -> None:
    do(
        url,
        "CREATE FUNCTION public.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS 'SELECT 1/0'",
        "CREATE FUNCTION public.count(text) RETURNS bigint LANGUAGE sql AS 'SELECT 1/0::bigint'",
    )
    assert export_postgis(assessed, url).rows["communes"] == 4


# --- in ---------------------------------------------------------------------------------------------------

PARCEL = "ST_GeomFromText('POLYGON((105.80 21.40, 105.81 21.40, 105.81 21.41, 105.80 21.40))', 4326)"


def test_a_foreign_table_is_read_with_its_types(url: str) -> None:
    do(
        url,
        "CREATE DOMAIN code AS text",
        'CREATE TABLE public."Quy hoạch" (gid serial PRIMARY KEY, ma code, n numeric(8,2), big bigint, small int, '
        "d date, t timestamptz, b boolean, j jsonb, a text[], u uuid, c char(4), raw bytea, geom geometry)",
        "INSERT INTO public.\"Quy hoạch\" VALUES (2, '007', 12.50, 9007199254740993, NULL, 'infinity', "
        "'2024-01-01 00:00+07', true, '{\"k\": 1}', ARRAY['x', 'y'], NULL, 'ab', '\\x00', $PARCEL)",
        "INSERT INTO public.\"Quy hoạch\" VALUES (1, NULL, 'NaN', 1, 5, '2024-02-29', 'infinity', NULL, NULL, NULL, "
        "NULL, NULL, NULL, ST_CurveToLine(ST_Force3D($PARCEL)))",
    )
    frame, opened = read_table(source(url, "Quy hoạch", city="tiny"))
    assert list(frame["gid"]) == [1, 2]
    assert list(frame["ma"]) == [None, "007"]
    assert np.isnan(frame["n"][0])
    assert frame["n"][1] == 12.5
    assert list(frame["big"]) == [1, 9007199254740993]
    assert frame["small"][0] == 5
    assert np.isnan(frame["small"][1])
    assert [str(v) for v in frame["d"]] == ["2024-02-29 00:00:00", "NaT"]
    assert [str(v) for v in frame["t"]] == ["NaT", "2024-01-01 00:00:00"]  # Vietnam's day, not the server's
    assert list(frame["b"]) == [None, True]
    assert list(frame["j"]) == [None, '{"k": 1}']
    assert frame.crs.to_epsg() == 4326
    assert not shapely.has_z(frame.geometry).any()
    assert (opened.driver, opened.layer, opened.path.name) == ("PostgreSQL", "Quy hoạch", "public.Quy hoạch")
    do(url, 'UPDATE public."Quy hoạch" SET ma = ma')  # another physical order, the same rows
    assert read_table(source(url, "public.Quy hoạch"))[1].sha256 == opened.sha256
    do(url, "UPDATE public.\"Quy hoạch\" SET ma = 'x' WHERE gid = 1")
    assert read_table(source(url, "public.Quy hoạch"))[1].sha256 != opened.sha256


@pytest.mark.parametrize(
    ("made", "table", "error", "says"),
    [
        ("CREATE TABLE t (a int)", "t", DataError, "không có cột hình học"),
        ("CREATE TABLE t (g1 geometry, g2 geometry)", "t", UsageError, "g1, g2"),
        ("CREATE TABLE t AS SELECT $PARCEL g UNION ALL SELECT ST_SetSRID($PARCEL, 3405)", "t", DataError, "3405, 4326"),
        ("CREATE TABLE t AS SELECT $PARCEL g", "nowhere", UsageError, "public.t"),
        ("CREATE SCHEMA s; CREATE TABLE t (g geometry); CREATE TABLE s.t (g geometry)", "t", UsageError, "public.t, s.t"),
        ("CREATE TABLE t AS SELECT ST_SetSRID($PARCEL, 777777) g", "t", DataError, "777777"),
        ("CREATE TABLE t AS SELECT $PARCEL g, 'x'::text a FROM generate_series(1, 11)", "t", DataError, "features=11"),
        ("CREATE TABLE t AS SELECT ST_GeomFromText('TIN(((0 0 0, 0 0 1, 0 1 0, 0 0 0)))') g", "t", DataError, "TIN"),
        ("CREATE TABLE t AS SELECT ST_MakePoint(1, 2) g, '0044-03-15 BC'::date d", "t", DataError, "không đọc được"),
    ],
)  # fmt: skip
def test_tables_that_cannot_serve_are_refused_in_one_sentence(
    made: str, table: str, error: type[Exception], says: str, url: str
) -> None:
    do(url, *made.split("; "))
    with pytest.raises(error, match=says):
        read_table(source(url, table), limits=Limits(features=10))


def test_views_curves_geography_and_a_chosen_column(url: str) -> None:
    do(
        url,
        "CREATE TABLE t AS SELECT $PARCEL g1, ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0, 1 1, 2 0, 1 -1, 0 0))')"
        " g2, $PARCEL::geography g3",
        "CREATE VIEW v AS SELECT * FROM t",
    )
    frame, opened = read_table(source(url, "v"), geometry="g2")
    assert frame.crs is None
    assert not opened.crs_stated
    assert len(opened.findings) == 1
    assert frame.geometry.area[0] == pytest.approx(np.pi, rel=1e-2)
    assert read_table(source(url, "v"), geometry="g3")[0].crs.to_epsg() == 4326


def test_a_system_of_the_offices_own_is_read_by_its_definition(url: str) -> None:
    do(
        url,
        "INSERT INTO gis.spatial_ref_sys SELECT 990213, NULL, NULL, srtext, proj4text FROM spatial_ref_sys WHERE srid = 3405",
        "CREATE TABLE t AS SELECT ST_Transform($PARCEL, 990213) g",
    )
    frame, _ = read_table(source(url, "t"))
    assert frame.crs.is_projected
    assert "VN-2000" in frame.crs.name
    back = systems.to_lonlat(frame).geometry.iloc[0].exterior.coords[0]
    assert back == pytest.approx((105.80, 21.40), abs=1e-6)


def test_what_was_exported_is_imported_again_and_is_the_same(url: str, tmp_path: Path) -> None:
    city = geoplan.open_city("pho-yen")
    export_postgis(geoplan.assess(city), url)
    later = dt.date(2024, 12, 31)
    export_postgis(geoplan.assess(city.as_of(later)), url)
    communes = source(url, "communes", city="pho-yen")
    with pytest.raises(UsageError, match=r"2 ngày \(27/03/2024, 31/12/2024\).*--on"):
        read_table(communes)
    for layer, table in (("communes", "communes"), ("plans", "plans"), ("industrial_zones", "industrial_zones"),
                         ("urban_land", "urban_land")):  # fmt: skip
        taken = source(url, table, city="pho-yen", on=city.on)
        importing.import_layer(importing.Source(taken, layer), city="pho-yen", workspace=tmp_path)  # type: ignore[arg-type]
    again = geoplan.open_city("pho-yen", workspace=tmp_path, on=city.on)
    ours, theirs = geoplan.assess(city), geoplan.assess(again)
    pd.testing.assert_frame_equal(theirs.coverage, ours.coverage, rtol=1e-5, atol=1e-5)
    pd.testing.assert_frame_equal(theirs.density, ours.density, rtol=1e-5, atol=1e-5)
    moved = [a.hausdorff_distance(b) * 111_000 for a, b in
             zip(ours.city.communes.geometry, theirs.city.communes.geometry, strict=True)]  # fmt: skip
    assert max(moved) < 0.001  # metres
