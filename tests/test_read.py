"""The door: what may come in, and one sentence for what may not."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

from cities import square, tiny_layers
from geoplan import intake, schema
from geoplan.errors import DataError, MissingFileError, UsageError


def plain() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"code": ["01"], "name": ["Đồng Tiến"]}, geometry=[square(0, 0)], crs=4326)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.geojson", {}),
        ("a.gpkg", {}),
        ("a.shp", {"encoding": "UTF-8"}),
        ("a.fgb", {}),
        ("a.tab", {"driver": "MapInfo File"}),
        ("a.gml", {"driver": "GML"}),
        ("a.shp.zip", {"driver": "ESRI Shapefile", "encoding": "UTF-8"}),
    ],
)
def test_the_usual_formats_come_in_whole(tmp_path: Path, name: str, options: dict[str, str]) -> None:
    path = tmp_path / name
    plain().to_file(path, **options)
    read = intake.read_layer(path)
    assert read["name"].tolist() == ["Đồng Tiến"]
    assert str(read["code"].iloc[0]) == "01"
    assert read.crs is not None
    assert read.geometry.iloc[0].area == pytest.approx(square(0, 0).area, rel=1e-6)


def test_geoparquet_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "lop.dat"
    plain().to_parquet(path)
    assert intake.read_layer(path)["name"].tolist() == ["Đồng Tiến"]
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "bang.parquet")
    with pytest.raises(DataError, match="bang.parquet: là Parquet nhưng không có hình học"):
        intake.read_layer(tmp_path / "bang.parquet")
    (tmp_path / "hong.parquet").write_bytes(b"PAR1 broken")
    with pytest.raises(DataError, match="hong.parquet: không phải tệp véc-tơ"):
        intake.read_layer(tmp_path / "hong.parquet")


def test_a_layer_is_chosen_by_name(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    plain().to_file(path, layer="xa")
    plain().to_file(path, layer="quy_hoach")
    with pytest.raises(UsageError, match=r"có 2 lớp \(xa, quy_hoach\)"):
        intake.read_layer(path)
    with pytest.raises(UsageError, match="không có lớp “z”"):
        intake.read_layer(path, layer="z")
    assert len(intake.read_layer(path, layer="xa")) == 1


def test_what_is_no_vector_file(tmp_path: Path) -> None:
    (tmp_path / "a.shp").write_text("hello")
    (tmp_path / "b.geojson").write_text('{"type": "FeatureCollection", "features": [')
    (tmp_path / "c.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    (tmp_path / "d.gpkg").write_bytes(b"")
    (tmp_path / "e.txt").write_text("a,b\n1,2\n")
    (tmp_path / "folder").mkdir()
    for name in ("a.shp", "b.geojson", "c.zip", "d.gpkg", "e.txt", "folder"):
        with pytest.raises(DataError, match=f"{name}: không phải tệp véc-tơ"):
            intake.read_layer(tmp_path / name)


def test_a_table_has_no_geometry(tmp_path: Path) -> None:
    path = tmp_path / "bang.gpkg"
    plain().to_file(path)
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE danh_muc (fid INTEGER PRIMARY KEY, ten TEXT)")
        base.execute("INSERT INTO danh_muc VALUES (1, 'a')")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('danh_muc', 'attributes', 'danh_muc')"
        )
    with pytest.raises(DataError, match="không có hình học"):
        intake.read_layer(path, layer="danh_muc")
    nothing = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[None, None], crs=4326)
    nothing.to_file(tmp_path / "null.geojson")
    with pytest.raises(DataError, match="null.geojson: không có hình học"):
        intake.read_layer(tmp_path / "null.geojson")


def test_an_empty_layer_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trong.gpkg"
    plain().iloc[:0].to_file(path)
    with pytest.raises(DataError, match="trong.gpkg: lớp trống"):
        intake.read_layer(path)
    assert len(intake.read_layer(path, may_be_empty=True)) == 0


def test_nothing_but_files_of_this_machine(tmp_path: Path) -> None:
    for address in (
        "/vsicurl/http://127.0.0.1/a.geojson",
        "http://127.0.0.1/a.shp",
        "\\\\may\\a.shp",
        "s3://a/b",
    ):
        with pytest.raises(UsageError, match="chỉ đọc tệp trên máy này"):
            intake.read_layer(address)
    with pytest.raises(MissingFileError, match="không có tệp này") as caught:
        intake.read_layer(tmp_path / "none.shp")
    assert isinstance(caught.value, FileNotFoundError)
    assert caught.value.exit_code == 2


def test_a_vrt_in_disguise_does_not_open_another_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.geojson"
    plain().to_file(secret)
    for name in ("a.geojson", "a.shp", "a.vrt", "a.gpkg"):
        (tmp_path / name).write_text(
            f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
            "</OGRVRTLayer></OGRVRTDataSource>"
        )
        with pytest.raises(DataError, match="không phải tệp véc-tơ"):
            intake.read_layer(tmp_path / name)


def test_mending_keeps_every_row_and_says_by_how_much() -> None:
    layers = tiny_layers()
    frame, repairs = intake.mend(layers["plans"], what="plans")
    assert repairs == []
    assert frame.geometry.geom_equals(layers["plans"].geometry).all()


def test_types_of_the_contract() -> None:
    assert schema.texts(pd.Series([1.0, 2.5, None, "03", 7])).tolist() == ["1", "2.5", None, "03", "7"]
    flags = gpd.GeoDataFrame(
        {"code": ["1"], "name": ["a"], "ward_candidate": [1]}, geometry=[square(0, 0)], crs=4326
    )
    assert schema.conform(flags, "communes", what="x")["ward_candidate"].tolist() == [True]
    assert schema.find_code_column(flags.rename(columns={"code": "MA XA"})) == "MA XA"
