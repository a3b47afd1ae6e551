"""The dossier of TT 16/2025/TT-BXD: its tree, classes, widths and codes, and the list of what is missing."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from cities import square, tiny_layers, write_city
from exporting import by_qgis
from geoplan.cli import main
from geoplan.errors import DataError, UsageError
from geoplan.exports.dossier_rules import camel_case, dossier_rules
from geoplan.exports.export import export

if TYPE_CHECKING:
    from geoplan.city import City
    from geoplan.exports.writing import ExportResult

FIELDS = {
    "maThongTinQH": 15, "maHoSoQH": 15, "maDoiTuong": 100, "tenDoiTuong": 100, "phanLoai": 250, "ghiChu": 250,
}  # fmt: skip
CLASSES = {
    "HienTrang": ["TenDonViHanhChinh_P", "RanhGioiHanhChinh_L", "RanhGioiQuyHoach_A", "ChucNangSuDungDat_A"],
    "QuyHoach": ["PhanKhuQuyHoach_A", "PhanOQuyHoach_A", "ChucNangSuDungDat_A"],
    "MocGioi": ["MocGioiQuyHoach_P", "MocGioiQuyHoach_L", "MocGioiQuyHoach_A"],
}
GIS = Path("CSDL_ThanhPhoThu/HoSoGIS")


def made(city: City, out: Path, **more: Any) -> ExportResult:
    return export(city, format="dossier", out=out, **more)


def read(out: Path, file: str, name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(out / GIS / f"{file}.gpkg", layer=name)


def listed(out: Path) -> list[list[str]]:
    text = (out / GIS.parent / "CanBoSung.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def city_with(tmp_path: Path, **columns: Any) -> City:
    """The tiny city with columns in its plans."""
    layers = tiny_layers()
    layers["plans"] = layers["plans"].assign(**columns)
    write_city(tmp_path / "workspace", layers)
    return geoplan.open_city("tiny", workspace=tmp_path / "workspace")


def test_the_tree_and_the_classes_are_those_of_the_templates(tiny: City, tmp_path: Path) -> None:
    result = made(tiny, tmp_path)
    folders = sorted(
        p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_dir() and "CSDL" in str(p)
    )
    assert folders == [
        "CSDL_ThanhPhoThu",
        "CSDL_ThanhPhoThu/HoSoBASIC",
        "CSDL_ThanhPhoThu/HoSoBASIC/BanVe",
        "CSDL_ThanhPhoThu/HoSoBASIC/VanBan",
        "CSDL_ThanhPhoThu/HoSoGIS",
        "CSDL_ThanhPhoThu/HoSoScan",
        "CSDL_ThanhPhoThu/HoSoScan/BanVe",
        "CSDL_ThanhPhoThu/HoSoScan/VanBan",
    ]
    for file, names in CLASSES.items():
        assert [name for name, _ in pyogrio.list_layers(tmp_path / GIS / f"{file}.gpkg")] == names
    assert {p.name for p in (tmp_path / GIS).iterdir()} == {"HienTrang.gpkg", "QuyHoach.gpkg", "MocGioi.gpkg"}
    assert {p.name for p in result.files} == {"CSDL_ThanhPhoThu", "tiny-2024-01-18-dossier.losses.txt"}


def test_every_class_has_the_six_text_fields_with_their_widths(tiny: City, tmp_path: Path) -> None:
    made(tiny, tmp_path)
    types = {"P": "Point", "L": "MultiLineString", "A": "MultiPolygon"}
    for file, names in CLASSES.items():
        path = tmp_path / GIS / f"{file}.gpkg"
        for name in names:
            info = pyogrio.read_info(path, layer=name)
            assert list(info["fields"]) == list(FIELDS)
            assert info["geometry_type"] == types[name[-1]]
            assert info["crs"] == "EPSG:9213"
            with closing(sqlite3.connect(path)) as base:
                columns = {row[1]: row[2] for row in base.execute(f'PRAGMA table_info("{name}")')}
            assert {f: columns[f] for f in FIELDS} == {f: f"TEXT({width})" for f, width in FIELDS.items()}


def test_the_rows_are_those_of_the_layers(tiny: City, tmp_path: Path) -> None:
    made(tiny, tmp_path)
    names = read(tmp_path, "HienTrang", "TenDonViHanhChinh_P")
    assert list(names["maDoiTuong"]) == ["00001", "00002", "00003", "00004"]
    assert list(names["tenDoiTuong"]) == ["Phường Xã 0", "Xã Xã 1", "Xã Xã 2", "Xã Xã 3"]
    assert list(names["phanLoai"]) == ["phường", "xã", "xã", "xã"]
    lonlat = names.to_crs(4326).geometry.to_numpy()
    assert all(shapely.within(p, square(i, 0)) for i, p in enumerate(lonlat))
    lines = read(tmp_path, "HienTrang", "RanhGioiHanhChinh_L")
    assert lines.geometry.length.tolist() == pytest.approx(
        [4290, 4290, 4290, 4290], rel=0.01
    )  # 4 sides of 0.01°
    plans = read(tmp_path, "HienTrang", "RanhGioiQuyHoach_A")
    assert list(plans["phanLoai"]) == ["quy hoạch phân khu", "quy hoạch phân khu", "quy hoạch chi tiết"]
    assert plans["ghiChu"][0].endswith("; đã phê duyệt; Xã {}; phê duyệt 01/01/2020")
    land = read(tmp_path, "HienTrang", "ChucNangSuDungDat_A")
    assert list(zip(land["maDoiTuong"], land["phanLoai"], strict=True)) == [
        ("U1", "đất xây dựng đô thị"),
        ("Z1", "khu công nghiệp"),
    ]
    assert list(read(tmp_path, "QuyHoach", "PhanKhuQuyHoach_A")["maDoiTuong"]) == ["P1", "P2"]
    assert list(read(tmp_path, "QuyHoach", "PhanOQuyHoach_A")["maDoiTuong"]) == ["P3"]
    assert read(tmp_path, "QuyHoach", "ChucNangSuDungDat_A").empty


def test_plans_not_in_force_are_limits_but_no_planned_zones(tiny: City, tmp_path: Path) -> None:
    made(tiny.as_of("2020-06-01"), tmp_path)
    assert list(read(tmp_path, "QuyHoach", "PhanKhuQuyHoach_A")["maDoiTuong"]) == ["P1"]
    assert read(tmp_path, "QuyHoach", "PhanOQuyHoach_A").empty
    assert len(read(tmp_path, "HienTrang", "RanhGioiQuyHoach_A")) == 3


def test_the_standing_is_in_every_note_and_in_the_list(tiny: City, tmp_path: Path) -> None:
    made(tiny, tmp_path, lang="en")
    for file, names in CLASSES.items():
        for name in names:
            notes = read(tmp_path, file, name)["ghiChu"]
            assert all(
                n.startswith("minh họa: không phải đo đạc, không dùng làm căn cứ pháp lý") for n in notes
            )
    text = (tmp_path / GIS.parent / "CanBoSung.txt").read_text(encoding="utf-8-sig")
    assert "Replace schematic and illustrative shapes" in text
    assert "TT 16/2025/TT-BXD" in text
    assert "secondary source" in text
    assert "VN-2000 / TM-3 106-30 (EPSG:9213)" in text


def test_the_list_says_what_is_missing_and_is_the_same_twice_over(tiny: City, tmp_path: Path) -> None:
    made(tiny, tmp_path)
    rows = listed(tmp_path)
    text = (tmp_path / GIS.parent / "CanBoSung.txt").read_text(encoding="utf-8-sig")
    assert "nguồn thứ cấp" in text
    assert [f"[ ] {no}. {where}: {what}" for no, where, what in rows[1:]] == text.splitlines()[5:]
    where = {place: what for _, place, what in rows[1:]}
    assert "PDF" in where["HoSoScan/VanBan"]
    assert where["HoSoGIS/QuyHoach.gpkg/PhanKhuQuyHoach_A"].endswith("còn trống ở 2 đối tượng.")
    for empty in ("MocGioi.gpkg/MocGioiQuyHoach_P", "QuyHoach.gpkg/ChucNangSuDungDat_A"):
        assert where[f"HoSoGIS/{empty}"].startswith("Lớp trống")


def test_good_codes_go_in_and_bad_ones_are_listed(tmp_path: Path) -> None:
    city = city_with(
        tmp_path,
        MA_HO_SO=["19QPK1010001", "19QHC1010001", "19QCT1010001"],  # the second is of a general plan
        ma_thong_tin=["192421012345", "192431012345", "19243101234"],  # the last has 11 digits
    )
    made(city, tmp_path / "out")
    plans = read(tmp_path / "out", "HienTrang", "RanhGioiQuyHoach_A")
    assert list(plans["maHoSoQH"].fillna("")) == ["19QPK1010001", "", "19QCT1010001"]
    assert list(plans["maThongTinQH"].fillna("")) == ["192421012345", "", ""]
    said = [what for _, _, what in listed(tmp_path / "out") if "không đúng mẫu" in what]
    assert [re.findall("“(.*?)”", what) for what in said] == [
        ["P2", "19QHC1010001"],
        ["P2", "192431012345"],
        ["P3", "19243101234"],
    ]


@pytest.mark.parametrize(
    ("field", "text", "kind", "good"),
    [
        ("maHoSoQH", "01QHC1010001", "general", True),
        ("maHoSoQH", "01QHC1010001", "zoning", False),
        ("maHoSoQH", "01QHC1010001", "unknown", True),
        ("maHoSoQH", "1QHC1010001", "general", False),
        ("maHoSoQH", "01QHX1010001", "general", False),
        ("maHoSoQH", "01QHC101000", "general", False),
        ("maHoSoQH", "01QHC10100011", "general", False),
        ("maHoSoQH", "٠١QHC1010001", "general", False),
        ("maThongTinQH", "012511012345", "general", True),
        ("maThongTinQH", "012541012345", "detailed", True),
        ("maThongTinQH", "012551012345", "detailed", False),
        ("maThongTinQH", "012511312345", "general", False),
        ("maThongTinQH", "012511012345\n", "general", False),
    ],
)
def test_the_patterns_of_the_codes(field: str, text: str, kind: str, good: bool) -> None:
    assert dossier_rules().codes[field].holds(text, kind) is good


def test_a_text_that_is_too_long_is_cut_and_said_a_code_is_refused(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["name"] = ["Đ" * 94, "Đ" * 101, "Đ" * 96, "Đ"]  # the prefix takes 7 and 3
    write_city(tmp_path / "workspace", layers)
    result = made(geoplan.open_city("tiny", workspace=tmp_path / "workspace"), tmp_path / "out")
    names = read(tmp_path / "out", "HienTrang", "TenDonViHanhChinh_P")["tenDoiTuong"]
    assert [len(n) for n in names] == [100, 100, 99, 4]
    assert [n.endswith("…") for n in names] == [True, True, False, False]
    cuts = [loss for loss in result.losses if loss.kind == "cut"]
    assert [(c.layer, c.fields) for c in cuts] == [
        ("HienTrang.TenDonViHanhChinh_P", ("tenDoiTuong",)),
        ("HienTrang.RanhGioiHanhChinh_L", ("tenDoiTuong",)),
    ]
    assert cuts[0].text.vi.endswith(": 2.")
    assert sum("bị cắt" in what for _, _, what in listed(tmp_path / "out")) == 2
    before = sorted(p for p in (tmp_path / "out").rglob("*"))
    with pytest.raises(DataError, match=r"maDoiTuong chỉ chứa 100 ký tự"):
        made(city_with(tmp_path / "other", id=["P" * 101, "2", "3"]), tmp_path / "out")
    assert sorted(p for p in (tmp_path / "out").rglob("*")) == before


def test_what_has_no_place_in_a_dossier_is_in_the_loss_report(tiny: City, tmp_path: Path) -> None:
    result = made(tiny, tmp_path)
    assert {loss.kind for loss in result.losses} == {"layer"}
    said = {loss.layer: loss.text.vi for loss in result.losses}
    assert said["communes"].startswith("chỉ mã, tên, loại")
    assert said["verdicts"] == said["gaps"] == "hồ sơ không có lớp cho phần này."


def test_the_same_city_gives_the_same_bytes(tiny: City, tmp_path: Path) -> None:
    for out in ("a", "b"):
        made(tiny, tmp_path / out)
    files = [p.relative_to(tmp_path / "a") for p in sorted((tmp_path / "a").rglob("*")) if p.is_file()]
    assert len(files) == 6
    for file in files:
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes(), file


def test_a_dossier_that_somebody_worked_on_is_not_replaced(tiny: City, tmp_path: Path) -> None:
    made(tiny, tmp_path)
    made(tiny, tmp_path)  # nobody added anything
    scan = tmp_path / "CSDL_ThanhPhoThu" / "HoSoScan" / "VanBan" / "QD-123.pdf"
    scan.write_bytes(b"%PDF-1.4")
    with pytest.raises(UsageError, match=r"HoSoScan/VanBan/QD-123\.pdf.*--out"):
        made(tiny, tmp_path)
    assert scan.read_bytes() == b"%PDF-1.4"


def test_some_layers_only_and_hostile_names(tmp_path: Path) -> None:
    nasty = "=cmd|' /C calc'!A0 <b>Đồng\u0301 🏠 \"'; DROP"
    write_city(tmp_path / "workspace", tiny_layers(nasty), title="../Thị trấn “Ô” \u202e=1")
    city = geoplan.open_city("tiny", workspace=tmp_path / "workspace")
    result = made(city, tmp_path / "out", layers=["plans", "coverage"], crs="wgs84")
    assert (tmp_path / "out" / "CSDL_ThiTranO1").is_dir()
    gis = tmp_path / "out" / "CSDL_ThiTranO1" / "HoSoGIS"
    plans = gpd.read_file(gis / "HienTrang.gpkg", layer="RanhGioiQuyHoach_A")
    assert list(plans["tenDoiTuong"]) == [nasty] * 3
    assert plans.crs.to_epsg() == 4326
    assert gpd.read_file(gis / "HienTrang.gpkg", layer="TenDonViHanhChinh_P").empty
    assert {loss.layer for loss in result.losses} == {"plans", "coverage"}


@given(st.text())
def test_names_of_folders_are_plain(name: str) -> None:
    assert re.fullmatch("[A-Za-z0-9]{1,60}", camel_case(name))


def test_qgis_opens_every_class_without_a_word(tmp_path: Path) -> None:
    assert main(["export", "pho-yen", "--format", "dossier", "--out", str(tmp_path)]) == 0
    gis = tmp_path / "CSDL_ThanhPhoPhoYen" / "HoSoGIS"
    asked = [(gis / f"{file}.gpkg", name) for file, names in CLASSES.items() for name in names]
    seen = by_qgis(asked)
    counts = [len(gpd.read_file(path, layer=name)) for path, name in asked]
    assert [s.count for s in seen] == counts
    assert sum(counts) > 100
    for one in seen:
        assert one.epsg == 9213
        assert one.warnings == ()
        assert [f for f in one.fields if f != "fid"] == list(FIELDS)
