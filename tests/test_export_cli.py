"""`geoplan export`: what it prints, what it refuses, and that a failure leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

import geoplan
from cities import tiny_layers, write_city
from geoplan.cli import main


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(w) for w in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_files_on_stdout_losses_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    code, printed, told = run(
        capsys, "export", "Phổ Yên", "--format", "shp", "--layers", "communes", "coverage", "--out", out
    )
    assert code == 0
    paths = [Path(line) for line in printed.splitlines()]
    assert [p.name for p in paths] == [
        "pho-yen-2024-03-27-communes.zip", "pho-yen-2024-03-27-coverage.csv", "pho-yen-2024-03-27-shp.losses.txt",
    ]  # fmt: skip
    assert all(p.is_file() for p in paths)
    assert "tên trường đổi: code → MA_XA" in told
    assert all(len(line) <= 161 for line in told.splitlines())
    report = paths[-1].read_text(encoding="utf-8")
    assert "population → DAN_SO" in report
    assert len(report) > len(told)


def test_date_language_and_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, printed, _ = run(
        capsys, "export", "viet-yen", "--on", "2025-08-01", "--format", "gpkg", "--lang", "en", "--crs", "wgs84",
        "--layers", "communes", "--out", tmp_path,
    )  # fmt: skip
    assert code == 0
    path = Path(printed.splitlines()[0])
    assert path.name == "viet-yen-2025-08-01.gpkg"
    frame = geoplan.read_layer(path)
    assert frame.crs.to_epsg() == 4326
    assert set(frame["kind_text"]) <= {"ward", "commune"}
    assert "Nothing: reading the files back" in (tmp_path / "viet-yen-2025-08-01-gpkg.losses.txt").read_text(
        "utf-8"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--format", "gpkg", "--layers", "roads"), "không có lớp “roads” để xuất; các lớp: communes, plans"),
        (("--format", "geojson", "--crs", "EPSG:9213"), "luôn ở WGS 84"),
        (("--format", "gpkg", "--crs", "VN2000"), "“VN2000” không phải hệ tọa độ"),
    ],
)
def test_a_wrong_call_says_what_to_do(
    words: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed, told = run(capsys, "export", "pho-yen", *words, "--out", tmp_path / "out")
    assert (code, printed) == (2, "")
    assert said in told
    assert not (tmp_path / "out").exists()


def test_a_value_that_does_not_fit_is_a_finding_in_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    layers = tiny_layers()
    layers["communes"] = layers["communes"].assign(ma_64=[2**60, 1, 2, 3])
    write_city(tmp_path / "w", layers)
    place = ("--workspace", tmp_path / "w", "--out", tmp_path / "out")
    code, printed, told = run(capsys, "export", "tiny", "--format", "shp", *place)
    assert (code, printed) == (1, "")
    assert "communes.ma_64, dòng 1: giá trị “1152921504606846976” vượt quá sức chứa của trường" in told
    assert not (tmp_path / "out").exists()
    code, _, _ = run(capsys, "export", "tiny", "--format", "gpkg", *place)
    assert code == 0


def test_the_function_is_on_the_face(tmp_path: Path) -> None:
    made = geoplan.export(geoplan.open_city("bac-giang"), format="fgb", out=tmp_path, layers=["gaps"])
    assert isinstance(made, geoplan.ExportResult)
    assert len(geoplan.read_layer(made.files[0])) == 24
