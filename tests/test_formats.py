"""Every format there and back: names, codes and coordinate systems as they were."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from cities import square
from geoplan import crs as systems
from geoplan.errors import DataError, UsageError
from geoplan.intake.archive import STEM
from geoplan.intake.kinds import KINDS
from geoplan.intake.read import DRIVERS, describe, open_layer, read_layer

NAMES = ["Đồng Tiến", "Phường Ba Hàng", "Thị trấn Bãi Bông", "Xã Nghĩa Hưng ư ơ ẵ ỹ"]
CODES = ["05860", "05869", "05878", "00001"]
CANDIDATES = [4756, 3405, 3406, *range(5896, 5900), *range(9205, 9219), 4326, 32648, 32649]
SHAPES = [square(i, 0) for i in range(4)]


def layer(epsg: int = 4326) -> gpd.GeoDataFrame:
    """Four squares near Phổ Yên with Vietnamese names and codes that start with 0."""
    plain = gpd.GeoDataFrame({"code": CODES, "name": NAMES}, geometry=SHAPES, crs=4326)
    moved = systems.from_lonlat(plain, CRS.from_epsg(epsg))
    return plain.set_geometry(gpd.GeoSeries(moved, crs=epsg))


def write(frame: gpd.GeoDataFrame, path: Path) -> Path:
    """Write a layer in the format that the extension names."""
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".csv":
        epsg = frame.crs.to_epsg()
        table = pd.DataFrame(frame.drop(columns="geometry"))
        table["WKT"] = [f"SRID={epsg};{g.wkt}" for g in frame.geometry]
        table.to_csv(path, index=False)
    else:
        drivers = {".tab": "MapInfo File", ".mif": "MapInfo File", ".gml": "GML", ".gdb": "OpenFileGDB",
                   ".geojsonl": "GeoJSONSeq", ".kml": "LIBKML", ".kmz": "LIBKML"}  # fmt: skip
        more = {"encoding": "UTF-8"} if path.suffix in {".shp", ".tab", ".mif"} else {}
        more |= {"SPATIAL_INDEX": "NO"} if path.suffix == ".fgb" else {}
        frame.to_file(path, driver=drivers.get(path.suffix), engine="pyogrio", **more)
    return path


CARRY_ANY_CRS = [".shp", ".gpkg", ".fgb", ".parquet", ".gml", ".gdb", ".csv", ".geojson"]


@pytest.mark.parametrize("suffix", CARRY_ANY_CRS)
def test_every_candidate_system_in_every_format_that_can_carry_it(tmp_path: Path, suffix: str) -> None:
    for epsg in CANDIDATES:
        sent = layer(epsg)
        path = write(sent, tmp_path / f"lop_{epsg}{suffix}")
        got, opened = open_layer(path)
        assert isinstance(got, gpd.GeoDataFrame)
        assert CRS.from_user_input(got.crs).equals(CRS.from_epsg(epsg), ignore_axis_order=True) or (
            got.crs.to_epsg(min_confidence=60) == epsg
        ), (suffix, epsg, got.crs)
        assert opened.crs_stated
        assert got["name"].tolist() == NAMES, (suffix, epsg)
        assert got["code"].tolist() == CODES
        tolerance = 1e-6 if epsg in {4756, 4326} else 1e-3
        assert shapely.normalize(got.geometry.to_numpy())[0].equals_exact(
            shapely.normalize(_as(sent.geometry.iloc[0], got.geometry.iloc[0])), tolerance
        )
        assert systems.is_vn2000(CRS.from_user_input(got.crs)) == (epsg not in {4326, 32648, 32649})


def _as(shape: Polygon, like: object) -> object:
    return MultiPolygon([shape]) if isinstance(like, MultiPolygon) else shape


@pytest.mark.parametrize("suffix", [".tab", ".mif"])
def test_mapinfo_carries_the_shape_but_calls_vn2000_wgs84(tmp_path: Path, suffix: str) -> None:
    """A loss of the format as GDAL writes it, 200 m on the ground: nothing in the file betrays it."""
    for epsg in CANDIDATES:
        got = read_layer(write(layer(epsg), tmp_path / f"lop{epsg}{suffix}"))
        assert got["name"].tolist() == NAMES
        assert got["code"].tolist() == CODES
        assert got.crs is not None
        assert not systems.is_vn2000(CRS.from_user_input(got.crs))
        assert got.crs.is_geographic == CRS.from_epsg(epsg).is_geographic
        assert np.allclose(got.total_bounds, layer(epsg).total_bounds, rtol=1e-6)


@pytest.mark.parametrize("suffix", [".kml", ".kmz", ".geojsonl"])
def test_formats_that_are_always_wgs84(tmp_path: Path, suffix: str) -> None:
    got, opened = open_layer(write(layer(), tmp_path / f"lop{suffix}"))
    assert isinstance(got, gpd.GeoDataFrame)
    assert got.crs.to_epsg() == 4326
    assert opened.crs_stated
    column = "name" if suffix == ".geojsonl" else "Name"
    assert got[column].tolist() == NAMES
    assert got["code"].astype(str).tolist() == CODES
    assert shapely.area(got.geometry.to_numpy()).tolist() == pytest.approx([s.area for s in SHAPES], rel=1e-6)
    assert opened.findings == ()


@pytest.mark.parametrize("suffix", [".dxf", ".dgn"])
def test_drawings_close_their_lines_and_say_so(tmp_path: Path, suffix: str) -> None:
    drawn = gpd.GeoDataFrame(
        geometry=[
            LineString(box(0, 0, 10, 10).exterior.coords),
            LineString([(20, 0), (30, 0), (30, 10)]),
            Point(5, 5),
        ],
        crs=9213,
    )
    path = tmp_path / f"ban ve{suffix}"
    drawn.to_file(path, driver=suffix[1:].upper(), engine="pyogrio")
    got, opened = open_layer(path)
    assert isinstance(got, gpd.GeoDataFrame)
    assert got.crs is None
    assert [g.geom_type for g in got.geometry][:2] == ["Polygon", "LineString"]
    assert got.geometry.iloc[0].area == pytest.approx(100)
    assert len(got) == 3
    assert [f.kind.code for f in opened.findings] == ["FILE-01", "FILE-07", "FILE-08"]
    assert "1 đường khép kín được coi là vùng" in opened.findings[1].vi
    assert "2 things of the drawing are no polygons" in opened.findings[2].en
    assert not opened.crs_stated
    assert describe(path).findings == opened.findings


def parts(folder: Path, name: str = "xa") -> list[Path]:
    """A shapefile in a folder of its own; its files."""
    folder.mkdir()
    layer(9213).to_file(folder / f"{name}.shp", encoding="UTF-8")
    return sorted(folder.iterdir())


def packed(target: Path, files: list[Path], prefix: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, prefix + file.name)
    return target


def test_a_shapefile_in_all_its_wrappings(tmp_path: Path) -> None:
    files = parts(tmp_path / "thu muc")
    wrapped = [
        tmp_path / "thu muc",
        tmp_path / "thu muc" / "xa.shp",
        packed(tmp_path / "a.zip", files),
        packed(tmp_path / "xa.shp.zip", files, "ranh giới/"),
        packed(tmp_path / "win.zip", files, "a\\b\\"),
    ]
    for path in wrapped:
        got, opened = open_layer(path)
        assert got["name"].tolist() == NAMES
        assert opened.layers == ("xa",)
        assert opened.layer == "xa"
        assert opened.driver == "ESRI Shapefile"
        assert opened.encoding_stated == "UTF-8"
        assert opened.findings == ()
        assert STEM not in str(opened)
        assert describe(path) == opened
    loud = tmp_path / "LOUD"
    loud.mkdir()
    for file in files:
        shutil.copy(file, loud / file.name.upper())
    assert read_layer(loud / "XA.SHP")["name"].tolist() == NAMES
    assert read_layer(loud)["name"].tolist() == NAMES


def test_a_zip_with_other_things_says_so(tmp_path: Path) -> None:
    files = parts(tmp_path / "f")
    (tmp_path / "doc.txt").write_text("xin chào")
    opened = describe(packed(tmp_path / "a.zip", [*files, tmp_path / "doc.txt"]))
    assert [f.kind.code for f in opened.findings] == ["FILE-05"]
    assert "doc.txt" in opened.findings[0].vi


def test_two_layers_in_one_folder_or_zip_ask_which(tmp_path: Path) -> None:
    files = parts(tmp_path / "f")
    for file in files:
        shutil.copy(file, file.with_name(file.name.replace("xa", "qh")))
    packed(tmp_path / "two.zip", sorted((tmp_path / "f").iterdir()))
    for path in (tmp_path / "f", tmp_path / "two.zip"):
        with pytest.raises(UsageError, match=r"có 2 lớp \(qh, xa\)"):
            read_layer(path)
        assert open_layer(path, layer="xa")[1].layer == "xa"


def test_a_filegdb_as_folder_and_zip(tmp_path: Path) -> None:
    path = write(layer(9213), tmp_path / "dat.gdb")
    assert describe(path).layers == ("dat",)
    archive = shutil.make_archive(str(tmp_path / "dat.gdb"), "zip", tmp_path, "dat.gdb")
    assert read_layer(archive)["name"].tolist() == NAMES
    assert describe(path).driver == "OpenFileGDB"


def test_several_layers_are_listed_and_chosen(tmp_path: Path) -> None:
    path = tmp_path / "two.gpkg"
    layer().to_file(path, layer="xa")
    layer(9213).to_file(path, layer="quy hoạch")
    opened = describe(path)
    assert opened.layers == ("xa", "quy hoạch")
    assert opened.layer is None
    assert describe(path, layer="quy hoạch").layer == "quy hoạch"
    with pytest.raises(UsageError) as caught:
        read_layer(path)
    assert "has 2 layers (xa, quy hoạch); choose one" in caught.value.en


def test_findings_about_the_parts_of_a_shapefile(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    parts(folder)
    for name in ("xa.prj", "xa.cpg", "xa.shx"):
        (folder / name).unlink()
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    got, opened = open_layer(folder / "xa.shp", encoding="UTF-8")
    assert [f.kind.code for f in opened.findings] == ["FILE-01", "FILE-02", "FILE-03"]
    assert "thiếu tệp .shx; đã lập lại từ .shp, 4 hình" in opened.findings[2].vi
    assert got["name"].tolist() == NAMES
    assert len(got) == 4
    assert not opened.crs_stated
    assert opened.encoding_stated is None
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    (folder / "xa.dbf").unlink()
    assert "FILE-09" in [f.kind.code for f in describe(folder).findings]
    assert len(read_layer(folder)) == 4


def test_a_stale_index_is_rebuilt_and_a_reordered_one_is_not(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    parts(folder)
    shx = (folder / "xa.shx").read_bytes()
    entries = [shx[100 + 8 * i : 108 + 8 * i] for i in range(4)]
    (folder / "xa.shx").write_bytes(shx[:100] + entries[1] + entries[0] + entries[2] + entries[3])
    assert describe(folder).findings == ()
    assert read_layer(folder).geometry.iloc[0].centroid.x > read_layer(folder).geometry.iloc[1].centroid.x
    for stale in (shx[:100] + entries[0] * 4, shx[:-8], shx[:100] + b"\x7f" * 32, b"", shx[:50]):
        (folder / "xa.shx").write_bytes(stale)
        got, opened = open_layer(folder)
        assert [f.kind.code for f in opened.findings] == ["FILE-03"]
        assert "không khớp .shp" in opened.findings[0].vi
        assert got["name"].tolist() == NAMES
        assert got.geometry.iloc[0].centroid.x < got.geometry.iloc[3].centroid.x


def test_rows_of_another_export_are_an_error_that_check_can_still_show(tmp_path: Path) -> None:
    parts(tmp_path / "f")
    layer(9213).iloc[:3].to_file(tmp_path / "three.shp", encoding="UTF-8")
    shutil.copy(tmp_path / "three.dbf", tmp_path / "f" / "xa.dbf")
    opened = open_layer(tmp_path / "f")[1]
    assert [f.kind.code for f in opened.findings] == ["FILE-04"]
    assert opened.findings[0].severity == "error"
    with pytest.raises(DataError, match=r".shp có 4 hình nhưng .dbf có 3 dòng"):
        read_layer(tmp_path / "f")


def test_an_extension_that_lies_is_said_and_the_content_is_read(tmp_path: Path) -> None:
    write(layer(), tmp_path / "a.geojson").rename(tmp_path / "a.gpkg")
    got, opened = open_layer(tmp_path / "a.gpkg")
    assert got["name"].tolist() == NAMES
    assert [f.kind.code for f in opened.findings] == ["FILE-06"]
    assert "đuôi “.gpkg” nhưng nội dung là GeoJSON" in opened.findings[0].vi
    write(layer(), tmp_path / "b.geojson").rename(tmp_path / "b.json")
    assert describe(tmp_path / "b.json").findings == ()


def test_every_byte_of_a_dbf_comes_through_as_latin1(tmp_path: Path) -> None:
    """The door must not lose a byte: only then can a legacy encoding be told and turned back."""
    frame = gpd.GeoDataFrame({"ten": ["x" * 224]}, geometry=[square(0, 0)], crs=4326)
    frame.to_file(tmp_path / "a.shp", encoding="ISO-8859-1")
    dbf = (tmp_path / "a.dbf").read_bytes()
    every = bytes(range(0x21, 0x100))
    at = dbf.index(b"x" * 224)
    for cpg, ldid in ((None, 0x57), ("UTF-8", 0), ("1258", 0x03), (None, 0)):
        data = bytearray(dbf[:at] + every + dbf[at + len(every) :])
        data[29] = ldid
        (tmp_path / "a.dbf").write_bytes(data)
        (tmp_path / "a.cpg").unlink(missing_ok=True)
        if cpg is not None:
            (tmp_path / "a.cpg").write_text(cpg)
        got = read_layer(tmp_path / "a.shp", encoding="ISO-8859-1")
        assert got["ten"].iloc[0].encode("latin-1")[: len(every)] == every, (cpg, ldid)
        assert describe(tmp_path / "a.shp").encoding_stated == cpg


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_tables_with_longitude_and_latitude(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ["Mã xã", "Tên", "Kinh độ", "Vĩ độ"],
        ["05860", "Đồng Tiến", "105.88", "21.42"],
        ["", "x", "", ""],
    ]
    if delimiter != ",":
        rows[1][2] = "105,88"
    path = tmp_path / ("a.tsv" if delimiter == "\t" else "a.csv")
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    got, opened = open_layer(path)
    assert list(got.columns) == ["Mã xã", "Tên", "Kinh độ", "Vĩ độ", "geometry"]
    assert got["Mã xã"].iloc[0] == "05860"
    assert got["Mã xã"].isna().tolist() == [False, True]
    assert got.geometry.iloc[0] == Point(105.88, 21.42)
    assert got.geometry.iloc[1] is None
    assert got.crs.to_epsg() == 4326
    assert [f.kind.code for f in opened.findings] == ["FILE-10"]
    assert not opened.crs_stated


def test_tables_with_wkt(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        'ten;hinh\n"Xã ""A""; B";POLYGON((0 0,1 0,1 1,0 0))\nC;\n', encoding="utf-8"
    )
    got, opened = open_layer(tmp_path / "a.csv")
    assert got["ten"].tolist() == ['Xã "A"; B', "C"]
    assert got.geometry.iloc[0].area == 0.5
    assert got.crs is None
    assert not opened.crs_stated
    (tmp_path / "l.csv").write_bytes("ten,wkt\nX· Ba,POINT(1 2)\n".encode("latin-1"))
    assert read_layer(tmp_path / "l.csv", encoding="ISO-8859-1")["ten"].tolist() == ["X· Ba"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b\n1,2\n", "không có cột WKT, cũng không có lon và lat"),
        ("", "không có cột WKT"),
        ("lon,lat\n105,21\n105\n", "dòng 3 có 1 ô, đầu bảng có 2"),
        ("lon,lat\n105,91\n", "cột lat, dòng 2: “91” không phải số độ"),
        ("lon,lat\n105,nan\n", "“nan” không phải số độ"),
        ("lon,lat\n105,abc\n", "“abc” không phải số độ"),
        ("lon,lat,lon\n105,21,3\n", "hai cột cùng tên “lon”"),
        ("wkt\n\nPOINT(1 2)\nPOINT(1\n", "WKT không đọc được"),
        ('wkt\n"SRID=4326;POINT(1 2)"\nPOINT(1 2)\n', "SRID khác nhau"),
        ('wkt\n"SRID=9232;POINT(1 2)"\n', "SRID=9232 không phải mã EPSG"),
        ('wkt,a\n"POINT(1 2)\n', "không phải bảng CSV đọc được"),
    ],
)
def test_tables_that_cannot_be_read_say_where(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(DataError) as caught:
        read_layer(tmp_path / "a.csv")
    assert sentence in caught.value.vi


def test_the_digest_is_what_sha256sum_says(tmp_path: Path) -> None:
    path = write(layer(), tmp_path / "a.gpkg")
    assert describe(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    files = parts(tmp_path / "f")
    lines = "".join(f"{hashlib.sha256(f.read_bytes()).hexdigest()}  {f.name}\n" for f in files)
    assert describe(tmp_path / "f").sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_list_of_drivers_is_the_list_of_formats() -> None:
    assert len(KINDS) == 14
    assert "OGR_VRT" not in DRIVERS
    assert set(DRIVERS) <= set(pyogrio.list_drivers())


def test_the_whole_country_comes_through_unchanged(real_data: Path) -> None:
    path = real_data / "vietnam-communes-2025.parquet"
    got = read_layer(path)
    assert len(got) == 3321
    assert got.geometry.equals(gpd.read_parquet(path).geometry)
