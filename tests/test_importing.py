"""A foreign file into a workspace, from the command line: what comes in, what is refused, what is kept."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import tomllib
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from pyproj import CRS
from shapely.geometry import Polygon

import geoplan
import servers
from geoplan import crs
from geoplan.cli import main
from geoplan.intake.check import ALL_CODES, check_file
from geoplan.intake.legacy_tables import encode

ROOT = Path(__file__).parents[1]


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


def tree(folder: Path) -> dict[str, str]:
    """Every file of a folder by its sha256."""
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """What an office sends: a zipped shapefile in VN-2000 without .prj and .cpg, names in TCVN3."""
    units = geoplan.open_city("hung-yen", on="2024-11-30").communes
    moved = crs.from_lonlat(units, CRS.from_epsg(9209))
    frame = gpd.GeoDataFrame(
        {"MA_XA": units["code"], "TEN_XA": units["name"]}, geometry=list(moved), crs=9209
    )
    frame["TEN_XA"] = [bytes_of(name).decode("latin-1") for name in frame["TEN_XA"]]
    folder = tmp_path / "gui"
    folder.mkdir()
    frame.to_file(folder / "xa.shp", encoding="ISO-8859-1")
    with zipfile.ZipFile(tmp_path / "xa.zip", "w") as archive:
        for part in sorted(folder.iterdir()):
            if part.suffix not in {".prj", ".cpg"}:
                archive.write(part, part.name)
    return tmp_path / "xa.zip"


def bytes_of(name: str) -> bytes:
    coded = encode(name, "tcvn3")
    assert isinstance(coded, bytes)
    return coded


def test_what_an_office_sends_is_checked_told_and_taken_in(
    office: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("check", office, "--as", "communes", "--near", "hung-yen", "--json") == 1
    findings = {f["code"]: f for f in json.loads(capsys.readouterr().out)}
    assert {"CRS-01", "COL-01", "COL-02", "FILE-01", "FILE-02", "TEXT-03"} <= set(findings)
    assert "“An T¶o” → “An Tảo”" in findings["TEXT-03"]["sentence"]
    assert run("crs", office, "--near", "hung-yen") == 1
    assert capsys.readouterr().out.startswith("phù hợp: EPSG:9209")
    workspace = tmp_path / "w"
    arguments = ["import", office, "--city", "hung-yen", "--as", "communes", "--workspace", workspace]
    assert run(*arguments) == 1
    assert not workspace.exists()
    maps = ["--map", "MA_XA=code", "--map", "TEN_XA=name"]
    assert run(*arguments, *maps, "--crs", "EPSG:9209") == 0
    opened = geoplan.open_city("hung-yen", workspace=workspace)
    bundled = geoplan.open_city("hung-yen", on="2024-11-30").communes
    assert opened.communes["name"].tolist() == bundled["name"].tolist()
    ours, theirs = (frame.geometry.normalize() for frame in (opened.communes, bundled))
    assert ours.geom_equals_exact(theirs, 1e-7).all()
    record = opened.layers["communes"]
    info = tomllib.loads((workspace / "hung-yen" / "city.toml").read_text(encoding="utf-8"))["layers"][
        "communes"
    ]
    assert info["imported"] == {
        "name": "xa.zip",
        "sha256": hashlib.sha256(office.read_bytes()).hexdigest(),
        "crs_stated": "",
        "crs_used": "EPSG:9209",
        "encoding": "tcvn3",
        "changes": 0,
    }
    assert record.standing == "digitised"
    assert (workspace / "hung-yen" / "communes.changes.csv").is_file()


def test_communes_with_names_only_get_their_codes(tmp_path: Path) -> None:
    units = geoplan.open_city("viet-yen", on="2024-11-30").communes
    names = [
        f"{'P.' if kind == 'ward' else 'Xã'} {name.upper()}"
        for name, kind in zip(units["name"], units["kind"], strict=True)
    ]
    units[["geometry"]].assign(name=names).to_file(tmp_path / "ten.gpkg")
    with pytest.warns(geoplan.errors.DataWarning, match="17 mã lấy theo tên"):
        geoplan.importing.import_layer(
            geoplan.importing.Source(tmp_path / "ten.gpkg", "communes"),
            city="viet-yen",
            workspace=tmp_path / "w",
        )
    opened = geoplan.open_city("viet-yen", workspace=tmp_path / "w", on="2024-11-30")
    assert set(opened.communes["code"]) == set(units["code"])


def spoiled(tmp_path: Path) -> Path:
    """The plans of Hưng Yên with one bow-tie."""
    plans = geoplan.open_city("hung-yen").plans
    west, south, east, north = plans.geometry.iloc[5].bounds
    shapes = plans.geometry.to_numpy().copy()
    shapes[5] = Polygon([(west, south), (east, north), (east, south), (west, north)])
    plans.set_geometry(gpd.GeoSeries(shapes, crs=plans.crs)).to_file(tmp_path / "qh.gpkg")
    return tmp_path / "qh.gpkg"


def test_a_large_repair_needs_the_user_s_word_and_is_logged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, workspace = spoiled(tmp_path), tmp_path / "w"
    arguments = ["import", path, "--city", "hung-yen", "--as", "plans", "--workspace", workspace]
    assert run("init", "hung-yen", "--workspace", workspace) == 0
    before = tree(workspace)
    assert run(*arguments) == 1
    assert "--repair" in capsys.readouterr().err
    assert tree(workspace) == before
    assert run(*arguments, "--repair") == 0
    log = pd.read_csv(workspace / "hung-yen" / "plans.changes.csv")
    assert log["code"].tolist() == ["GEOM-01"]
    assert log["area_after_km2"].iloc[0] > 0
    opened = geoplan.open_city("hung-yen", workspace=workspace)
    assert opened.plans.is_valid.all()
    assert len(opened.plans) == len(geoplan.open_city("hung-yen").plans)
    again = tree(workspace)
    assert run(*arguments, "--repair") == 0
    assert tree(workspace) == again  # the same bytes


def test_every_refused_import_leaves_the_workspace_as_it_was(tmp_path: Path) -> None:
    workspace = tmp_path / "w"
    assert run("init", "pho-yen", "--workspace", workspace) == 0
    before = tree(tmp_path)
    good = geoplan.open_city("pho-yen", on="2024-03-27").communes[["code", "name", "geometry"]]
    files = tmp_path / "files"
    files.mkdir()
    (files / "text.shp").write_text("hello")
    (files / "evil.geojson").write_text("<OGRVRTDataSource/>")
    good.drop(columns="code").assign(name="Lạ").to_file(files / "names.gpkg")
    good.set_crs(9213, allow_override=True).to_file(files / "degrees-as-metres.gpkg")
    geoplan.open_city("hung-yen").communes[["code", "name", "geometry"]].to_file(files / "elsewhere.gpkg")
    good.set_geometry(good.geometry.scale(1.05, 1.05)).to_file(files / "overlaps.gpkg")
    with zipfile.ZipFile(files / "slip.zip", "w") as archive:
        archive.writestr("../../escaped.shp", b"x")
    for path in sorted(files.iterdir()):
        assert run("import", path, "--city", "pho-yen", "--as", "communes", "--workspace", workspace) in {
            1,
            2,
        }, path
    shutil.rmtree(files)
    assert tree(tmp_path) == before
    assert not list(tmp_path.glob("**/.geoplan-*"))


def test_findings_as_a_geopackage_with_styles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = geoplan.open_city("pho-yen", on="2024-03-27").communes[["code", "name", "geometry"]]
    good.set_geometry(good.geometry.scale(1.02, 1.02)).to_file(tmp_path / "chong.gpkg")
    out = tmp_path / "loi.gpkg"
    assert run("check", tmp_path / "chong.gpkg", "--as", "communes", "--near", "pho-yen", "--out", out) == 1
    assert "lỗi" in capsys.readouterr().out
    layers = {name for name, _ in pyogrio.list_layers(out)}
    assert {"polygons", "whole_layer", "layer_styles"} <= layers
    places = gpd.read_file(out, layer="polygons")
    assert "COV-01" in set(places["code"])
    assert places.crs.to_epsg() == 4326
    assert (shapely.area(places.geometry.to_numpy()) > 0).all()
    with sqlite3.connect(out) as base:
        styled = {row[0] for row in base.execute("SELECT f_table_name FROM layer_styles WHERE useAsDefault")}
    assert styled == layers - {"whole_layer", "layer_styles"}
    assert run("check", tmp_path / "chong.gpkg", "--out", tmp_path / "loi.csv") == 2


def test_tolerances_and_the_outline_are_the_user_s(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    units = geoplan.open_city("bac-giang", on="2024-12-31").communes
    units[["code", "name", "area_published_km2", "geometry"]].to_file(tmp_path / "xa.gpkg")
    units[["geometry"]].iloc[1:].dissolve().to_file(tmp_path / "bao.gpkg")
    arguments = ["check", tmp_path / "xa.gpkg", "--as", "communes", "--near", "bac-giang", "--json"]

    def codes(*more: object) -> list[str]:
        run(*arguments, *more)
        return [f["code"] for f in json.loads(capsys.readouterr().out)]

    assert "COV-03" not in codes()
    assert "COV-03" in codes("--outline", tmp_path / "bao.gpkg")
    assert codes("--area-tolerance", "50").count("FACT-01") < codes("--area-tolerance", "0.5").count(
        "FACT-01"
    )


def test_a_clean_layer_has_no_error(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    units = geoplan.open_city("bac-giang", on="2024-12-31").communes[["code", "name", "geometry"]]
    units.to_file(tmp_path / "xa.gpkg")
    assert run("check", tmp_path / "xa.gpkg", "--as", "communes", "--near", "bac-giang") == 0
    assert "0 lỗi" in capsys.readouterr().out
    assert run("check", tmp_path / "xa.gpkg", "--lang", "en") == 0
    assert "0 errors" in capsys.readouterr().out


def test_the_whole_country_is_checked(real_data: Path) -> None:
    """189 units whose drawn and published area differ by more than 5 %, as counted by hand in 2026."""
    checked = check_file(real_data / "vietnam-communes-2025.parquet", layer="communes")
    codes = pd.Series([f.kind.code for f in checked.findings]).value_counts()
    assert abs(codes["FACT-05"] + codes["FACT-06"] - 189) <= 2
    assert not {c for c in codes.index if c.startswith(("GEOM-01", "FILE", "CRS"))}


# --- fetched boundaries -------------------------------------------------------------------------


def test_fetched_boundaries_are_built_and_said(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with servers.serving(real_data / "boundaries", servers.good) as server:
        assert run("fetch", "viet-yen", "--base-url", server.url, "--cache", tmp_path / "cache") == 0
        asked = len(server.asked)
        assert run("fetch", "viet-yen", "--base-url", server.url, "--cache", tmp_path / "cache") == 0
        assert len(server.asked) == asked == 4
    assert "MIT" in capsys.readouterr().err
    today = geoplan.open_city("viet-yen", workspace="workspace")
    assert today.on.isoformat() == "2025-07-01"
    assert today.in_use["communes"].standing == "digitised"
    real = gpd.read_file(real_data / "viet-yen-communes-2025.geojson").set_index("code").geometry
    shapes = today.communes.set_index("code").geometry
    assert shapes.geom_equals_exact(real.loc[shapes.index], 1e-9).all()
    earlier = today.as_of("2024-06-01")
    assert earlier.in_use["communes"].standing == "schematic"
    assert len(earlier.communes) == 17
    assert run("build", "viet-yen") == 0
    page = Path("maps/viet-yen.html").read_text(encoding="utf-8")
    assert "thanglequoc/vietnamese-provinces-database" in page
    assert "Ranh giới là sơ đồ" not in page


def test_offline_is_one_sentence_and_the_schematic_layer_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run("fetch", "viet-yen", "--base-url", servers.closed_port(), "--cache", tmp_path / "cache") == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2  # the licence, and the sentence
    assert not Path("workspace").exists()
    assert run("build", "viet-yen") == 0


def test_a_province_is_one_geopackage(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "served"
    shutil.copytree(real_data / "boundaries", root)
    have = {p.name[:5] for p in root.rglob("*.geojson")}
    monkeypatch.setattr(
        "geoplan.intake.fetch.codes_of_province", lambda _code: sorted(have & set(_bac_ninh()))
    )
    with servers.serving(root, servers.good) as server:
        assert run("fetch", "--province", "24", "--base-url", server.url, "--cache", tmp_path / "cache") == 0
    made = gpd.read_file("workspace/boundaries/24.gpkg")
    assert len(made) == len(have & set(_bac_ninh()))
    assert shapely.is_valid(made.geometry.to_numpy()).all()


def _bac_ninh() -> list[str]:
    return [
        u
        for name in ("viet-yen", "bac-giang")
        for u in geoplan.open_city(name, on="2026-01-01").communes["code"]
    ]


# --- the table of codes -------------------------------------------------------------------------


def test_every_code_is_in_the_documentation_with_an_example() -> None:
    text = (ROOT / "docs" / "findings.md").read_text(encoding="utf-8")
    rows = {
        line.split("|")[1].strip(): line.split("|") for line in text.splitlines() if line.startswith("| ")
    }
    assert len({c.code for c in ALL_CODES}) == len(ALL_CODES)
    for code in ALL_CODES:
        cells = [cell.strip() for cell in rows[code.code]]
        assert cells[2] == code.severity
        assert cells[3] == code.title[0]
        assert len(cells[4]) > 10, f"{code.code} has no example"
        assert cells[5] == code.mend[0].replace("|", "\\|")


# --- what was once wrong ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", ["list", "build", "coverage", "density", "check", "crs", "import", "init", "fetch"]
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert "--lang" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["EPSG:9211", "EPSG:3857", "EPSG:32649"])
def test_a_wrong_crs_of_the_user_s_is_refused_too(office: Path, tmp_path: Path, wrong: str) -> None:
    maps = ["--map", "MA_XA=code", "--map", "TEN_XA=name"]
    arguments = [
        "import",
        office,
        "--city",
        "hung-yen",
        "--as",
        "communes",
        "--workspace",
        tmp_path / "w",
        *maps,
    ]
    assert run(*arguments, "--crs", wrong) == 1
    assert not (tmp_path / "w").exists()


def test_what_could_not_be_built_does_not_come_in(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plans = geoplan.open_city("hung-yen").plans
    plans.assign(status="chờ duyệt").to_file(tmp_path / "status.gpkg")
    shapes = plans.geometry.to_numpy().copy()
    shapes[3] = None
    plans.set_geometry(gpd.GeoSeries(shapes, crs=plans.crs)).to_file(tmp_path / "null.gpkg")
    for name, sentence in (("status", "chờ duyệt"), ("null", "không có hình")):
        arguments = [
            "import",
            tmp_path / f"{name}.gpkg",
            "--city",
            "hung-yen",
            "--as",
            "plans",
            "--workspace",
            tmp_path / "w",
        ]
        assert run(*arguments) == 1
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "w").exists()


def test_old_and_new_units_follow_each_other_in_one_workspace(
    real_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    units = geoplan.open_city("viet-yen", on="2024-11-30").communes
    units[["code", "name", "geometry"]].to_file("cu.gpkg")
    assert run("import", "cu.gpkg", "--city", "viet-yen", "--as", "communes") == 0
    with servers.serving(real_data / "boundaries", servers.good) as server:
        assert run("fetch", "viet-yen", "--base-url", server.url, "--cache", tmp_path / "cache") == 0
    today = geoplan.open_city("viet-yen", on="2025-07-01", workspace="workspace")
    assert len(today.communes) == 4
    assert today.communes["kind"].eq("ward").all()
    assert len(today.as_of("2024-06-01").communes) == 17
    assert (
        run("import", real_data / "viet-yen-communes-2025.geojson", "--city", "viet-yen", "--as", "communes")
        == 0
    )
    assert len(geoplan.open_city("viet-yen", workspace="workspace").communes) == 4


def test_empty_columns_and_columns_alike_but_for_case(tmp_path: Path) -> None:
    units = geoplan.open_city("hung-yen", on="2024-11-30").communes
    frame = units[["geometry"]].assign(Name=None, MA_XA=units["code"], TEN_XA=units["name"], ten="x", TEN="y")
    frame.to_parquet(tmp_path / "kml.parquet")
    found = check_file(tmp_path / "kml.parquet", layer="communes").findings
    assert "TEN_XA" in next(f.vi for f in found if f.kind.code == "COL-01" and "“name”" in f.vi)
    maps = ["--map", "MA_XA=code", "--map", "TEN_XA=name"]
    workspace = tmp_path / "w"
    assert (
        run(
            "import",
            tmp_path / "kml.parquet",
            "--city",
            "hung-yen",
            "--as",
            "communes",
            "--workspace",
            workspace,
            *maps,
        )
        == 0
    )
    columns = list(gpd.read_file(workspace / "hung-yen" / "communes.gpkg").columns)
    assert len({c.casefold() for c in columns}) == len(columns)
    assert {"ten", "ten_2"} <= {c.casefold() for c in columns}


def test_a_geopackage_with_a_qgis_style_is_one_layer(tmp_path: Path) -> None:
    path = tmp_path / "xa.gpkg"
    geoplan.open_city("hung-yen").communes[["code", "name", "geometry"]].to_file(path)
    with sqlite3.connect(path) as base:
        base.execute("CREATE TABLE layer_styles (id INTEGER PRIMARY KEY, styleQML TEXT)")
        base.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', 'x')"
        )
    assert len(geoplan.read_layer(path)) == 17
