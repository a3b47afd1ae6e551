"""Shapefiles and MapInfo files: widths, dates, nulls, what is refused, the datum."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import struct
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fiona
import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from cities import square, tiny_layers, write_city
from exporting import MIXED, make_layer, nasty_layer
from geoplan import assess, export, open_city, read_layer
from geoplan.assessment import Assessment
from geoplan.crs import to_lonlat
from geoplan.errors import DataError, listening
from geoplan.exports import mapinfo, shapefile
from geoplan.exports.export import deliver, target_crs
from geoplan.exports.formats import FORMATS
from geoplan.exports.shortened import cut
from geoplan.intake.meridians import meridians

if TYPE_CHECKING:
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import ExportResult

SEVEN = (-191.90441429, -39.30318279, -111.45032835, 0.00928836, -0.01975479, 0.00427372, 0.252906278)
"""EPSG:6960 as towgs84 has it: position vector, seconds, parts per million."""


@pytest.fixture(scope="module")
def tiny_result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("tiny")
    write_city(folder, tiny_layers())
    with listening():
        return assess(open_city("tiny", workspace=folder))


def send(layer: ExportLayer, name: str, out: Path, result: Assessment, crs: str = "province") -> ExportResult:
    """One layer, whatever it holds, out in a format."""
    system = target_crs(result.city, crs, FORMATS[name])
    return deliver([layer], result=result, chosen=FORMATS[name], out=out, crs=system)


def one(columns: dict[str, list[Any]]) -> ExportLayer:
    count = len(next(iter(columns.values())))
    return make_layer("one", columns, [square(i, 0) for i in range(count)])


def width(values: list[Any]) -> shapefile.Width:
    layer = one({"v": values})
    return shapefile.width_of(layer, layer.fields[0], layer.frame)  # type: ignore[arg-type]


# --- shapefile -------------------------------------------------------------------------------------------


def test_the_zip_holds_what_it_takes_to_understand_it(tmp_path: Path) -> None:
    with listening():
        made = export(open_city("viet-yen"), format="shp", out=tmp_path, layers=["communes"])
    stem = "viet-yen-2023-03-31-communes"
    assert [p.name for p in made.files] == [f"{stem}.zip", "viet-yen-2023-03-31-shp.losses.txt"]
    with zipfile.ZipFile(made.files[0]) as archive:
        names = set(archive.namelist())
        parts = {
            f"{stem}{e}" for e in (".shp", ".shx", ".dbf", ".prj", ".cpg", ".fields.csv", ".txt", ".shp.xml")
        }
        assert parts <= names
        assert archive.read(f"{stem}.cpg") == b"UTF-8"
        rows = list(csv.DictReader(io.StringIO(archive.read(f"{stem}.fields.csv").decode("utf-8-sig"))))
        text = archive.read(f"{stem}.txt").decode("utf-8-sig")
        tree = ET.fromstring(archive.read(f"{stem}.shp.xml"))  # noqa: S314 - our own
    assert rows[0] == {
        "name": "MA_XA", "full_name": "code", "title_vi": "Mã đơn vị hành chính", "title_en": "Code of the unit",
        "kind": "text", "unit": "",
    }  # fmt: skip
    assert {"MAT_DO", "TL_QHPK", "DAN_SO"} <= {row["name"] for row in rows}
    assert next(r["unit"] for r in rows if r["name"] == "MAT_DO") == "người/km²"
    for words in (
        "sơ đồ: không phải đo đạc",
        "EPSG:9214",
        "EPSG:6960",
        "--map MA_XA=code",
        "Tỉnh: Bắc Giang",
    ):
        assert words in text
    assert tree.tag == "{http://www.isotc211.org/2005/gmd}MD_Metadata"
    said = " ".join(t.strip() for t in tree.itertext() if t.strip())
    assert "9214" in said
    assert "sơ đồ" in said
    box = [float(t) for t in [e.text for e in tree.iter("{http://www.isotc211.org/2005/gco}Decimal")] if t]
    bounds = open_city("viet-yen").communes.total_bounds
    assert box == pytest.approx([bounds[0], bounds[2], bounds[1], bounds[3]], abs=1e-6)


def test_names_dates_and_nulls_in_the_dbf(tmp_path: Path, tiny_result: Assessment) -> None:
    columns = {
        "tên": ["Đồng Tiến", None, "Ấp"],
        "ngày": [dt.date(2024, 1, 18), None, dt.date(1999, 12, 31)],
        "số": [0.5, None, -12.25],
        "nguyên": [7, None, -1234567890123],
        "đúng": [True, None, False],
    }
    made = send(one(columns), "shp", tmp_path, tiny_result)
    with fiona.open(f"zip://{made.files[0]}") as opened:
        assert opened.schema["properties"] == {
            "TEN": "str:14", "NGAY": "date", "SO": "float:6.2", "NGUYEN": "int:14", "DUNG": "int32:1",
        }  # fmt: skip
        rows = [list(f["properties"].values()) for f in opened]
    assert rows == [
        ["Đồng Tiến", "2024-01-18", 0.5, 7, 1],
        [None] * 5,
        ["Ấp", "1999-12-31", -12.25, -1234567890123, 0],
    ]


def test_the_order_of_types_does_not_confuse_the_writer(tmp_path: Path, tiny_result: Assessment) -> None:
    """Fiona chooses how to write a value by the Python type that it saw first."""
    columns = {
        "d": [dt.date(2024, 1, 18)], "flag": [True], "small": [3], "big": [2**53], "t": ["a"], "n": [1e15],
        "whole": [12.0],
    }  # fmt: skip
    for names in (list(columns), list(columns)[::-1]):
        made = send(one({n: columns[n] for n in names}), "shp", tmp_path, tiny_result)
        row = read_layer(made.files[0]).iloc[0]
        assert (row["SMALL"], row["BIG"], row["T"], row["N"], row["FLAG"]) == (3, 2**53, "a", 1e15, 1)
        assert row["D"].date() == dt.date(2024, 1, 18)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1234567.891, 0.5], "float:11.3"),
        ([0.1], "float:3.1"),
        ([100.0, 7.0], "float:3.0"),
        ([1e15, 0.3], "float:18.1"),
        ([None, 1.0], "float:1.0"),
        ([5e-324], "float:17.15"),
        ([-1e17], "float:19.0"),
    ],
)
def test_numbers_have_the_width_of_the_data(values: list[float | None], said: str) -> None:
    assert width(values).schema == said


@given(st.lists(st.floats(-1e12, 1e12, allow_nan=False), min_size=1, max_size=8))
def test_the_width_holds_every_number_as_well_as_nineteen_characters_can(values: list[float]) -> None:
    found = width([*values, 0.5])
    assert found.kind == "float"
    assert found.bytes <= shapefile.NUMBER_WIDTH
    for value in values:
        written = f"{value:.{found.decimals}f}"
        assert len(written) <= found.bytes
        assert abs(float(written) - value) <= 10.0**-found.decimals
    if found.decimals < 15 and any(float(f"{v:.{found.decimals}f}") != v for v in values):
        longer = max(len(f"{v:.{found.decimals + 1}f}") for v in [*values, 0.5])
        assert longer > shapefile.NUMBER_WIDTH  # one more decimal would not have fitted


@pytest.mark.parametrize("value", [1e19, -1e18, 1e300])
def test_a_number_that_does_not_fit_is_refused_by_name(
    value: float, tmp_path: Path, tiny_result: Assessment
) -> None:
    with pytest.raises(DataError, match=r"one\.v, dòng 2: giá trị .* vượt quá sức chứa"):
        send(one({"v": [1.5, value]}), "shp", tmp_path / "x", tiny_result)
    assert not (tmp_path / "x").exists()


def test_texts_are_cut_at_254_bytes_and_never_inside_a_character(
    tmp_path: Path, tiny_result: Assessment
) -> None:
    long = "x" + "Ế" * 100  # 301 bytes; byte 254 is inside a character
    made = send(one({"t": [long, "ngắn"]}), "shp", tmp_path, tiny_result)
    found = read_layer(made.files[0])["T"].tolist()
    assert found == ["x" + "Ế" * 84, "ngắn"]
    assert [loss.text.en for loss in made.losses if loss.kind == "cut"] == [
        "1 texts cut, by 48 bytes at most."
    ]


@given(st.text(max_size=40), st.integers(0, 60))
def test_cut_keeps_whole_characters(text: str, most: int) -> None:
    short = cut(text, most)
    assert text.startswith(short)
    assert len(short.encode("utf-8", "replace")) <= most or short == text


def test_mixed_geometry_is_split_by_type(tmp_path: Path, tiny_result: Assessment) -> None:
    made = send(make_layer("mixed", {"id": ["a", "b", "c", "d"]}, MIXED), "shp", tmp_path, tiny_result)
    assert [p.name.removeprefix("tiny-2024-01-18-") for p in made.files] == [
        "mixed-points.zip", "mixed-polygons.zip", "shp.losses.txt",
    ]  # fmt: skip
    points, polygons = (read_layer(p) for p in made.files[:2])
    assert polygons["ID"].tolist() == ["a", "c", "d"]
    assert polygons.geometry.isna().tolist() == [False, False, True]
    assert points["ID"].tolist() == ["b", "c"]
    assert to_lonlat(points).geometry.iloc[1].geoms[0].x == pytest.approx(105.9, abs=1e-9)
    assert any(loss.kind == "geometry" and "tách thành 2 tệp" in loss.text.vi for loss in made.losses)


def test_more_than_two_gigabytes_is_refused_before_writing(tiny_result: Assessment) -> None:
    layer = make_layer("big", {"t": ["x" * 254] * 3}, [square(i, 0) for i in range(3)])
    big = gpd.GeoDataFrame(geometry=gpd.GeoSeries([square(0, 0)], crs=4326))
    shp, dbf = shapefile.bytes_of(big, [254] * 10)
    assert dbf == 33 + 320 + 2541 + 1
    assert shp >= 100 + 8 + 44 + 4 + 5 * 16
    with pytest.raises(
        DataError, match=r"big: cần .* byte, Shapefile chỉ giữ được 2\.147\.483\.647 \(2 GB\)"
    ):
        shapefile.check_size(layer, layer.frame, [shapefile.LIMIT // 3])  # type: ignore[arg-type]
    with pytest.raises(DataError, match="256 trường"):
        shapefile.check_size(layer, layer.frame, [1] * 256)  # type: ignore[arg-type]
    shapefile.check_size(layer, layer.frame, [1] * 255)  # type: ignore[arg-type]


def test_the_sizes_foretold_are_those_of_the_files(tmp_path: Path, tiny_result: Assessment) -> None:
    layer = nasty_layer([*nasty_layer().frame.geometry[:2], square(5, 5), square(6, 6)])
    made = send(layer, "shp", tmp_path, tiny_result)
    widths = [shapefile.width_of(layer, f, layer.frame).bytes for f in layer.fields]  # type: ignore[arg-type]
    shp, dbf = shapefile.bytes_of(layer.frame, widths)  # type: ignore[arg-type]
    with zipfile.ZipFile(made.files[0]) as archive:
        sizes = {Path(e.filename).suffix: e.file_size for e in archive.infolist()}
        head = archive.read(next(n for n in archive.namelist() if n.endswith(".dbf")))[:32]
    assert sizes[".dbf"] == dbf
    assert sizes[".shp"] == shp
    assert struct.unpack("<3B", head[1:4]) == (100, 1, 1)  # written in 2000, whatever today is


@pytest.mark.parametrize("epsg", sorted({row.epsg for row in meridians()}))
def test_every_provincial_system_survives_the_prj(epsg: int, tmp_path: Path, tiny_result: Assessment) -> None:
    made = send(
        make_layer("place", {"id": ["a"]}, [square(0, 0)]), "shp", tmp_path, tiny_result, crs=f"EPSG:{epsg}"
    )
    frame = read_layer(made.files[0])
    assert CRS(frame.crs).to_epsg() == epsg
    assert to_lonlat(frame).total_bounds == pytest.approx(square(0, 0).bounds, abs=1e-9)


# --- MapInfo ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["tab", "mif"])
def test_the_datum_is_vn2000s_and_not_225_metres_off(
    name: str, tmp_path: Path, tiny_result: Assessment
) -> None:
    corner = shapely.Point(105.87, 21.43)
    made = send(make_layer("mark", {"id": ["a"]}, [corner]), name, tmp_path, tiny_result)
    path = next(p for p in made.files if p.suffix == f".{name}")
    frame = pyogrio.read_dataframe(path)
    point = frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((434_498.389, 2_370_690.295), abs=0.002)
    # GDAL's and PROJ's own way, which knows nothing of geoplan: the shift is in the file
    there = frame.to_crs(4326).geometry.iloc[0]
    assert (there.x, there.y) == pytest.approx((105.87, 21.43), abs=2e-8)
    bare = gpd.GeoSeries([point], crs="+proj=tmerc +lon_0=106.5 +k=0.9999 +x_0=500000 +datum=WGS84").to_crs(
        4326
    )
    off = math.hypot((bare.iloc[0].x - 105.87) * 103_700, (bare.iloc[0].y - 21.43) * 110_700)
    assert 215 < off < 235  # what a file without the shift would say


def test_the_seven_parameters_are_the_pinned_ones() -> None:
    bound = mapinfo.with_shift(CRS.from_epsg(9213))
    assert bound.is_bound
    given = [p.value for p in bound.coordinate_operation.params]  # type: ignore[union-attr]
    assert given == pytest.approx(SEVEN, rel=1e-9)
    assert mapinfo.with_shift(CRS.from_epsg(32648)) == CRS.from_epsg(32648)


def test_unknown_numbers_do_not_become_zero_in_mapinfo(tmp_path: Path, tiny_result: Assessment) -> None:
    columns = {
        "people": [100.0, None],
        "count": [1, None],
        "flag": [True, None],
        "all": [1.5, 2.5],
        "n": [1, 2],
    }
    made = send(one(columns), "tab", tmp_path, tiny_result)
    path = next(p for p in made.files if p.suffix == ".tab")
    frame = pyogrio.read_dataframe(path)
    assert frame["PEOPLE"].tolist() == ["100.0", ""]
    assert frame["COUNT"].tolist() == ["1", ""]
    assert frame["ALL"].tolist() == [1.5, 2.5]
    info = pyogrio.read_info(path)
    assert dict(zip(info["fields"], info["ogr_types"], strict=True))["N"] == "OFTInteger"  # 32 bits
    told = {f for loss in made.losses if loss.kind == "type" for f in loss.fields}
    assert {"people", "count", "flag"} <= told
    assert "all" not in told


def test_mapinfo_tables_hold_whole_vietnamese(tmp_path: Path) -> None:
    with listening():
        made = export(open_city("hung-yen"), format="tab", out=tmp_path, layers=["communes"])
    path = next(p for p in made.files if p.suffix == ".tab")
    assert b'charset "UTF-8"' in path.read_bytes().lower().replace(b"utf-8", b"UTF-8")
    names = set(pyogrio.read_dataframe(path, encoding="UTF-8")["TEN_XA"])
    assert names == set(open_city("hung-yen").communes["name"])
    assert np.all([name.isprintable() for name in names])
