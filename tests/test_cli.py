"""The command line as GIS staff use it, and one clear sentence for every wrong call."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest

import geoplan
from cities import square, tiny_layers
from geoplan.cli import main
from test_density import grid

COVERAGE = [
    "code", "name", "plan_kind", "denominator", "denominator_km2", "covered_km2", "coverage_pct", "gap_km2",
    "conflict_km2",
]  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """The layers of the tiny city as files in four formats and three systems."""
    layers = tiny_layers()
    layers["communes"]["population"] = [11000, 2000, None, 500]
    short = layers["communes"][["code", "name", "population", "geometry"]]
    short.to_crs(9213).to_file(tmp_path / "xa.shp", encoding="UTF-8")
    layers["communes"].to_file(tmp_path / "xa.gpkg")
    layers["plans"].to_crs(32648).to_file(tmp_path / "qh.gpkg")
    layers["plans"].drop(columns=["kind"]).to_file(tmp_path / "qh.geojson", driver="GeoJSON")
    layers["urban_land"].to_parquet(tmp_path / "dat.parquet")
    return tmp_path


def run(*arguments: object) -> int:
    return main([str(a) for a in arguments])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".parquet", ".gpkg", ".geojson"])
def test_coverage_to_every_format_at_full_precision(files: Path, suffix: str) -> None:
    out = files / "new" / f"bang{suffix}"
    assert run("coverage", "--communes", files / "xa.gpkg", "--plans", files / "qh.gpkg", "--urban-land",
               files / "dat.parquet", "--on", "2024-01-18", "--out", out) == 0  # fmt: skip
    read = {
        ".csv": lambda: pd.read_csv(out, dtype={"code": str}),
        ".xlsx": lambda: pd.read_excel(out, dtype={"code": str}),
        ".parquet": lambda: gpd.read_parquet(out),
        ".gpkg": lambda: gpd.read_file(out),
        ".geojson": lambda: gpd.read_file(out),
    }[suffix]()
    assert [c for c in read.columns if c != "geometry"] == COVERAGE
    assert len(read) == 4 * 2 * 3
    assert read["code"].iloc[0] == "00001"
    reference = read[(read["code"] == "00002") & (read["plan_kind"] == "zoning")].set_index("denominator")
    assert reference.loc["natural", "coverage_pct"] == pytest.approx(75, rel=1e-5)
    assert np.isnan(reference.loc["published", "coverage_pct"])
    if suffix != ".xlsx":  # Excel keeps 15 to 17 digits, as its writer formats them
        share = reference.loc["natural", "covered_km2"] / reference.loc["natural", "denominator_km2"]
        assert 100 * share == pytest.approx(reference.loc["natural", "coverage_pct"], rel=1e-15)
    if suffix in {".gpkg", ".geojson", ".parquet"}:
        assert read.crs.to_epsg() == 4326
        assert read.geometry.iloc[0].equals_exact(square(0, 0), 1e-6)


def test_mixed_systems_and_no_kind_column(files: Path) -> None:
    out = files / "b.csv"
    assert run("coverage", "--communes", files / "xa.shp", "--plans", files / "qh.geojson", "--on", "2024-01-18",
               "--out", out) == 0  # fmt: skip
    table = pd.read_csv(out)
    assert table["plan_kind"].unique().tolist() == ["all"]
    assert table["name"].tolist()[0] == "Xã 0"
    natural = table[table["denominator"] == "natural"]
    assert natural["coverage_pct"].tolist() == pytest.approx([100, 75, 0, 0], abs=2e-3)


def test_a_kind_column_of_another_name(files: Path) -> None:
    plans = gpd.read_file(files / "qh.gpkg").rename(columns={"kind": "LOAI_QH"})
    plans.to_file(files / "loai.gpkg")
    out = files / "b.csv"
    assert run("coverage", "--communes", files / "xa.gpkg", "--plans", files / "loai.gpkg", "--kind-column", "LOAI_QH",
               "--out", out) == 0  # fmt: skip
    assert pd.read_csv(out)["plan_kind"].unique().tolist() == ["zoning", "detailed"]


def test_communes_of_other_dates_are_left_out(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    communes = tiny_layers()["communes"]
    communes["valid_to"] = ["2020-01-01", None, None, None]
    communes.to_file(files / "era.geojson", driver="GeoJSON")
    out = files / "b.csv"
    arguments = [
        "coverage",
        "--communes",
        files / "era.geojson",
        "--plans",
        files / "qh.gpkg",
        "--out",
        out,
        "--on",
    ]
    assert run(*arguments, "2019-12-31") == 0
    assert pd.read_csv(out, dtype=str)["code"].nunique() == 4
    assert run(*arguments, "2020-01-01") == 0
    assert pd.read_csv(out, dtype=str)["code"].unique().tolist() == ["00002", "00003", "00004"]
    communes.assign(valid_to="2020-01-01").to_file(files / "era.geojson", driver="GeoJSON")
    assert run(*arguments, "2024-01-01") == 2
    assert "không có xã nào có hiệu lực ngày 01/01/2024" in capsys.readouterr().err


def test_density_by_column_and_by_raster(files: Path) -> None:
    out = files / "d.csv"
    assert run("density", "--communes", files / "xa.gpkg", "--out", out) == 0
    table = pd.read_csv(out, dtype={"code": str})
    assert list(table.columns) == ["code", "name", "population", "area_km2", "density_per_km2"]
    assert table.loc[0, "density_per_km2"] == pytest.approx(11000 / table.loc[0, "area_km2"], rel=1e-12)
    assert np.isnan(table.loc[2, "population"])
    grid(files / "p.tif", np.array([[100.0, 200.0, 300.0, 400.0]]))
    assert run("density", "--communes", files / "xa.shp", "--raster", files / "p.tif", "--out", out) == 0
    assert pd.read_csv(out)["population"].tolist() == pytest.approx([100, 200, 300, 400], rel=1e-4)


def test_on_the_screen_numbers_are_rounded_and_vietnamese(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("density", "--communes", files / "xa.gpkg") == 0
    screen = capsys.readouterr().out
    assert "11.000" in screen
    assert "1,15" in screen
    assert "chưa có số liệu" in screen
    assert run("density", "--communes", files / "xa.gpkg", "--lang", "en") == 0
    screen = capsys.readouterr().out
    assert "11,000" in screen
    assert "no data" in screen


def test_mended_geometry_is_counted_and_named_on_stderr(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plans = tiny_layers()["plans"]
    west, south, east, north = square(0, 0).bounds
    bow_tie = f"POLYGON(({west} {south},{east} {north},{east} {south},{west} {north},{west} {south}))"
    plans.loc[[0], "geometry"] = gpd.GeoSeries.from_wkt([bow_tie], crs=4326).to_numpy()
    plans.to_file(files / "no.gpkg")
    out = files / "b.csv"
    assert run("coverage", "--communes", files / "xa.gpkg", "--plans", files / "no.gpkg", "--out", out) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == ["no.gpkg: đã sửa 1 hình không hợp lệ: Xã PK1."]
    table = pd.read_csv(out)
    first = table[(table["denominator"] == "natural") & (table["plan_kind"] == "zoning")].iloc[0]
    assert first["coverage_pct"] == pytest.approx(50, rel=1e-3)


def wrong_calls(files: Path) -> list[tuple[list[object], int, str]]:
    """Arguments, exit code and a piece of the sentence, for every way to go wrong."""
    communes, plans = files / "xa.gpkg", files / "qh.gpkg"
    (files / "text.shp").write_text("hello")
    tiny_layers()["plans"][["id", "geometry"]].to_file(files / "bare.shp", encoding="UTF-8")
    (files / "bare.prj").unlink()
    tiny_layers()["plans"].iloc[:0].to_file(files / "empty.gpkg")
    gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs=4326).to_file(files / "null.geojson")
    plans_as_points = tiny_layers()["plans"]
    plans_as_points.set_geometry(plans_as_points.representative_point()).to_file(files / "points.gpkg")
    cover = ["coverage", "--communes", communes, "--plans"]
    return [
        ([*cover, files / "none.shp"], 2, "không có tệp này"),
        ([*cover, files / "text.shp"], 1, "text.shp: không phải tệp véc-tơ"),
        ([*cover, files / "bare.shp"], 1, "bare.shp: không có hệ tọa độ"),
        ([*cover, files / "empty.gpkg"], 1, "empty.gpkg: lớp trống"),
        ([*cover, files / "null.geojson"], 1, "null.geojson: không có hình học"),
        ([*cover, files / "points.gpkg"], 1, "points.gpkg: không có đối tượng vùng nào"),
        ([*cover, plans, "--on", "31/02/2024"], 2, "“31/02/2024” không phải là ngày"),
        ([*cover, plans, "--kind-column", "LOAI"], 2, "qh.gpkg: không có cột “LOAI”"),
        ([*cover, plans, "--id-column", "MA"], 2, "không có cột “MA”"),
        ([*cover, "http://127.0.0.1/a.shp"], 2, "chỉ đọc tệp trên máy này"),
        (["density", "--communes", communes, "--population-column", "DAN_SO"], 2, "không có cột “DAN_SO”"),
        (["density", "--communes", communes, "--raster", files / "text.shp"], 1, "không phải tệp raster"),
        (["build", "ha-noi"], 2, "Không có thành phố “ha-noi”"),
        (["build", "hung-yen", "--on", "1999-01-01"], 2, "số liệu bắt đầu từ 06/08/2013"),
        (["build", "hung-yen", "--on", "ngày mai"], 2, "“ngày mai” không phải là ngày"),
        (["build", "--workspace", files / "none"], 2, "không có tệp này"),
        (["list", "--workspace", files / "none"], 2, "không có tệp này"),
        (["init", "ha-noi", "--workspace", files / "w"], 2, "Không có thành phố “ha-noi”"),
    ]


def test_every_wrong_call_gets_one_sentence_and_leaves_nothing(
    files: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = wrong_calls(files)
    monkeypatch.chdir(files)
    before = sorted(files.rglob("*"))
    for arguments, code, sentence in calls:
        out = ["--out", files / "out.csv"] if arguments[0] in {"coverage", "density"} else []
        out = ["--out", files / "maps"] if arguments[0] == "build" else out
        assert run(*arguments, *out) == code, arguments
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1, said.err
        assert sentence in said.err
        assert run(*arguments, *out, "--lang", "en") == code
        english = capsys.readouterr().err
        assert len(english.splitlines()) == 1
        assert english != said.err
        assert sorted(files.rglob("*")) == before, arguments


def test_an_unknown_extension_is_refused_before_any_work(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run("coverage", "--communes", files / "none.shp", "--plans", files / "none.shp", "--out", "b.doc")
        == 2
    )
    assert "b.doc: không biết định dạng “.doc”; hãy dùng .csv" in capsys.readouterr().err
    assert run("density", "--communes", files / "xa.gpkg", "--out", files / "xa.gpkg" / "b.csv") == 2
    assert "không ghi được vào thư mục này" in capsys.readouterr().err


def test_an_earlier_result_survives_a_failure(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = files / "b.csv"
    out.write_text("old")

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pd.DataFrame, "to_csv", broken)
    assert run("density", "--communes", files / "xa.gpkg", "--out", out) == 1
    assert out.read_text() == "old"
    assert not [p for p in files.iterdir() if p.name.startswith(".")]


@pytest.mark.parametrize(
    "arguments", [[], ["coverage"], ["dance"], ["build", "--nope"], ["density", "--communes"]]
)
def test_a_call_that_cannot_be_parsed_is_one_line_and_code_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_text_of_data_is_no_formula_in_excel(files: Path) -> None:
    communes = tiny_layers()["communes"]
    communes["name"] = ["=1+1", "+cmd|' /C calc'!A0", "@SUM(1)", "http://127.0.0.1/"]
    communes.to_file(files / "danger.gpkg")
    out = files / "b.xlsx"
    assert (
        run("coverage", "--communes", files / "danger.gpkg", "--plans", files / "qh.gpkg", "--out", out) == 0
    )
    sheet = openpyxl.load_workbook(out).active
    cells = [row[1] for row in sheet.iter_rows(min_row=2)]
    assert {c.data_type for c in cells} == {"s"}
    assert cells[0].value == "=1+1"
    assert all(c.hyperlink is None for c in cells)


def test_list_names_every_city(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["bac-giang", "hung-yen", "pho-yen", "viet-yen"]
    assert "Thành phố Hưng Yên, Hưng Yên: 17 đơn vị, ngày 18/01/2024" in lines[1]
    assert run("list", "--lang", "en") == 0
    assert "17 units, on 2024-01-18" in capsys.readouterr().out


def test_the_installed_command_speaks_utf8_whatever_the_locale(files: Path) -> None:
    command = Path(sys.executable).parent / "geoplan"
    done = subprocess.run(
        [command, "density", "--communes", files / "none.gpkg"],
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        check=False,
    )
    assert done.returncode == 2
    assert "không có tệp này" in done.stderr.decode("utf-8")
    assert b"Traceback" not in done.stderr


def test_the_output_never_replaces_an_input(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (files / "xa.gpkg").read_bytes()
    assert run("density", "--communes", files / "xa.gpkg", "--out", files / "xa.gpkg") == 2
    assert "là tệp đầu vào" in capsys.readouterr().err
    assert (files / "xa.gpkg").read_bytes() == before


def test_a_layer_of_several_is_chosen(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny_layers()["plans"].to_file(files / "both.gpkg", layer="qh")
    tiny_layers()["communes"].to_file(files / "both.gpkg", layer="xa")
    assert (
        run(
            "coverage",
            "--communes",
            files / "both.gpkg",
            "--plans",
            files / "both.gpkg",
            "--on",
            "2024-01-18",
        )
        == 2
    )
    assert "có 2 lớp" in capsys.readouterr().err
    out = files / "b.csv"
    assert run("coverage", "--communes", files / "both.gpkg", "--communes-layer", "xa", "--plans", files / "both.gpkg",
               "--plans-layer", "qh", "--on", "2024-01-18", "--out", out) == 0  # fmt: skip
    assert len(pd.read_csv(out)) == 4 * 2 * 2


def test_build_with_communes_of_one_s_own_is_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    units = geoplan.open_city("hung-yen").communes
    units[["code", "name", "geometry"]].to_file(tmp_path / "xa.gpkg")
    monkeypatch.chdir(tmp_path)
    assert run("build", "hung-yen", "--communes", "xa.gpkg") == 0
    assert (tmp_path / "maps" / "hung-yen.html").is_file()
    assert (tmp_path / "workspace" / "hung-yen" / "communes.gpkg").is_file()
    assert run("build", "hung-yen", "--communes", "xa.gpkg") == 0  # and once more, as one does
    capsys.readouterr()
    assert run("build") == 0  # all cities; this one from the workspace, and that is said
    said = capsys.readouterr()
    assert said.err.splitlines() == ["hung-yen: dùng dữ liệu trong workspace/, không dùng bộ có sẵn."]
    assert {p.stem for p in (tmp_path / "maps").glob("*.html")} == {"index", *geoplan.list_cities()}
    assert run("build", "hung-yen", "pho-yen", "--communes", "xa.gpkg") == 2
    assert "đúng một thành phố" in capsys.readouterr().err


def test_what_the_machine_refuses_is_one_sentence(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("density", "--communes", files / "xa.gpkg", "--out", files / ("a" * 300 + ".csv")) == 1
    said = capsys.readouterr().err
    assert said.startswith("Máy từ chối")
    assert len(said.splitlines()) == 1
    assert not [p for p in files.iterdir() if p.name.startswith(".")]


def test_a_bar_appears_on_a_terminal_after_two_seconds_only() -> None:
    """In a pseudo-terminal of its own: nothing for quick work, a bar for slow work, nothing in a pipe."""
    start = "import time\nfrom geoplan.progress import progress_bar\n"
    code = "with progress_bar('mật độ') as report:\n    report(1, 4)\n    time.sleep({})\n    report(2, 4)\n    time.sleep(0.3)\n"
    pipe = [sys.executable, "-c", start + code.format(2.3)]
    with subprocess.Popen(pipe, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as piped:
        both = _in_terminal(f"{start}{code.format(0.1)}print('=' * 9, flush=True)\n{code.format(2.6)}")
        quick, slow = both.split("=" * 9)
        assert "mật độ" not in quick
        assert "mật độ" in slow
        assert piped.communicate() == (b"", b"")
        assert piped.returncode == 0


def _in_terminal(code: str) -> str:
    outer, inner = pty.openpty()
    done = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=inner,
        stdout=inner,
        stderr=inner,
        env={**os.environ, "TERM": "xterm"},
    )
    os.close(inner)
    seen = b""
    while True:
        try:
            block = os.read(outer, 4096)
        except OSError:  # the other end is closed
            break
        if not block:
            break
        seen += block
    os.close(outer)
    assert done.wait(20) == 0
    return seen.decode("utf-8", errors="replace")
