"""The build: its files, its manifest, the same bytes twice, and the workbook's numbers."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import geoplan
from cities import tiny_layers, write_city
from conftest import CITIES
from geoplan import batch
from geoplan.city import City
from geoplan.cli import main
from geoplan.errors import DataError, UsageError
from geoplan.show import labels, write_workbook

SHEETS = ["Tóm tắt", "Độ phủ", "Mật độ", "Quy hoạch", "Khu công nghiệp", "Đất công nghiệp theo xã", "Nguồn"]


def table(path: Path, sheet: str) -> pd.DataFrame:
    """A sheet's table, found by its heading row."""
    raw = pd.read_excel(path, sheet_name=sheet, header=None, dtype=object)
    top = next(i for i in raw.index if raw.loc[i].notna().sum() >= 4)
    out = raw.loc[top + 1 :].set_axis(raw.loc[top], axis=1)
    return out.dropna(how="all").reset_index(drop=True)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_build_writes_what_the_manifest_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", "--out", str(tmp_path)]) == 0
    printed = capsys.readouterr().out.splitlines()
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    expected = {"index.html", "manifest.json"}
    expected |= {f"{c}.html" for c in CITIES} | {f"reports/{c}.xlsx" for c in CITIES}
    assert files == expected
    assert {Path(p).relative_to(tmp_path).as_posix() for p in printed} == expected - {"manifest.json"}
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["geoplan"] == geoplan.__version__
    assert manifest["index"] == {"index.html": digest(tmp_path / "index.html")}
    assert sorted(entry["city"] for entry in manifest["cities"]) == sorted(CITIES)
    for entry in manifest["cities"]:
        for name, sha in entry["files"].items():
            assert digest(tmp_path / name) == sha
        folder = Path(__file__).parents[1] / "layers" / entry["city"]
        assert set(entry["inputs"]) >= {"city.toml", "communes.geojson", "plans.geojson", "population.csv"}
        for name, sha in entry["inputs"].items():
            assert digest(folder / name) == sha


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    for run in ("a", "b"):
        batch.build(["hung-yen", "Phổ Yên", "hung-yen"], out=tmp_path / run, on=dt.date(2024, 1, 18))
    first = {p.relative_to(tmp_path / "a"): digest(p) for p in (tmp_path / "a").rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path / "b"): digest(p) for p in (tmp_path / "b").rglob("*") if p.is_file()}
    assert first == second
    assert len(first) == 6


def test_one_broken_city_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers(), city_id="a-good")
    broken = write_city(tmp_path / "w", tiny_layers(), city_id="b-broken")
    (broken / "plans.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="plans.geojson: không phải tệp véc-tơ"):
        batch.build(["a-good", "b-broken"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    assert not (tmp_path / "maps").exists()
    with pytest.raises(UsageError):
        batch.build(["a-good", "nowhere"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    assert not (tmp_path / "maps").exists()


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    steps: list[tuple[int, int]] = []
    batch.build(
        ["tiny"],
        out=tmp_path / "m",
        workspace_folder=tmp_path / "w",
        progress=lambda d, t: steps.append((d, t)),
    )
    assert steps == [(1, 2), (2, 2)]


# --- the workbook -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CITIES)
def test_the_workbook_has_the_numbers_of_the_assessment(tmp_path: Path, name: str) -> None:
    result = geoplan.assess(geoplan.open_city(name))
    path = tmp_path / "a.xlsx"
    write_workbook(result, path)
    with pd.ExcelFile(path) as book:
        assert book.sheet_names == SHEETS
    cover = table(path, "Độ phủ")
    assert len(cover) == len(result.coverage)
    for column in ("denominator_km2", "covered_km2", "coverage_pct", "gap_km2", "conflict_km2"):
        got = cover[labels.word(column)].astype(float).to_numpy()
        assert got == pytest.approx(result.coverage[column].to_numpy(), rel=1e-14, nan_ok=True)
    assert cover["Mã"].tolist() == result.coverage["code"].tolist()
    assert set(cover["Loại quy hoạch"]) == {"quy hoạch chung", "quy hoạch phân khu", "quy hoạch chi tiết"}
    people = table(path, "Mật độ")
    assert people["Dân số (người)"].astype(float).tolist() == pytest.approx(
        result.density["population"].tolist(), nan_ok=True
    )
    assert people["Mật độ (người/km²)"].astype(float).tolist() == pytest.approx(
        result.density["density_per_km2"].tolist(), nan_ok=True
    )
    plans = table(path, "Quy hoạch")
    assert plans["Tên"].str.contains("minh họa").all()
    assert (plans["Có hiệu lực"] == "có").sum() == result.plans["in_force"].sum()
    sources = table(path, "Nguồn")
    assert result.city.layers["plans"].sha256 in sources["sha256"].tolist()


def test_every_sheet_says_what_is_not_real_and_freezes_its_headings(tmp_path: Path) -> None:
    write_workbook(geoplan.assess(geoplan.open_city("hung-yen")), tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    for sheet in book:
        top = [str(sheet.cell(row, 1).value) for row in range(1, 6)]
        assert "Ranh giới là sơ đồ, không phải bản đồ đo đạc" in top
        assert "Quy hoạch chỉ để minh họa, không có thật" in top
        assert "Ngày 18/01/2024" in top
        assert sheet.freeze_panes is not None
    cover = book["Độ phủ"]
    heading = next(r for r in range(1, 12) if cover.cell(r, 1).value == "Mã")
    assert cover.freeze_panes == f"C{heading + 1}"
    assert cover.cell(heading + 1, 6).number_format == "#,##0.00"
    assert isinstance(cover.cell(heading + 1, 6).value, float)


def test_a_missing_population_is_an_empty_cell_and_named_in_the_sum(tmp_path: Path) -> None:
    result = geoplan.assess(geoplan.open_city("pho-yen", on=dt.date(2025, 7, 1)))
    write_workbook(result, tmp_path / "a.xlsx")
    people = table(tmp_path / "a.xlsx", "Mật độ").set_index("Tên")
    assert pd.isna(people.loc["Vạn Xuân", "Dân số (người)"])
    assert pd.isna(people.loc["Vạn Xuân", "Mật độ (người/km²)"])
    cells = [
        c.value for row in openpyxl.load_workbook(tmp_path / "a.xlsx")["Tóm tắt"].iter_rows() for c in row
    ]
    assert any(str(c) in {"Vạn Xuân, Đại Phúc", "Đại Phúc, Vạn Xuân"} for c in cells)


def test_hostile_text_is_text_in_the_workbook(tmp_path: Path, tiny: City) -> None:
    layers = tiny_layers('=HYPERLINK("http://127.0.0.1","{}")')
    layers["plans"]["decision"] = "=1+1"
    write_city(tmp_path / "hostile", layers, title="=2+2")
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "hostile"))
    write_workbook(result, tmp_path / "a.xlsx")
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    texts = [c for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    assert any(c.value == "=1+1" for c in texts)
    assert all(c.data_type == "s" for c in texts)
    assert all(c.hyperlink is None for c in texts)
    assert tiny.id == "tiny"


def test_english_workbook(tmp_path: Path) -> None:
    write_workbook(geoplan.assess(geoplan.open_city("viet-yen")), tmp_path / "a.xlsx", lang="en")
    with pd.ExcelFile(tmp_path / "a.xlsx") as book:
        assert book.sheet_names[:3] == ["Summary", "Coverage", "Density"]
    cover = table(tmp_path / "a.xlsx", "Coverage")
    assert set(cover["Denominator"]) == {"natural area", "urban construction land", "published area"}


# --- the assessment -----------------------------------------------------------------------------


def test_the_assessment_is_of_one_date(tiny: City) -> None:
    early = geoplan.assess(tiny, on="2020-06-01")
    late = geoplan.assess(tiny, on=dt.date(2023, 1, 1))
    assert early.plans["in_force"].tolist() == [True, False, False]
    assert late.plans["in_force"].tolist() == [True, True, True]
    assert "2020-06-01" in repr(early)


def test_what_was_mended_is_noted_once(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"].loc[[1], "geometry"] = (
        layers["communes"].geometry.iloc[[0]].translate(0.009).to_numpy()
    )
    write_city(tmp_path / "w", layers)
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    assert len(result.notes) == 1
    assert "chồng lên nhau" in result.notes[0].vi


def test_a_second_build_keeps_the_cities_of_the_first(tmp_path: Path) -> None:
    batch.build(["hung-yen", "viet-yen"], out=tmp_path)
    batch.build(["pho-yen"], out=tmp_path)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["city"] for entry in manifest["cities"]] == ["hung-yen", "pho-yen", "viet-yen"]
    assert all(entry["standing"]["plans"] == "illustrative" for entry in manifest["cities"])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert all(f'href="{city}.html"' in page for city in ("hung-yen", "pho-yen", "viet-yen"))
    (tmp_path / "viet-yen.html").unlink()
    batch.build(["pho-yen"], out=tmp_path)
    assert 'href="viet-yen.html"' not in (tmp_path / "index.html").read_text(encoding="utf-8")
    (tmp_path / "manifest.json").write_text("{", encoding="utf-8")
    batch.build(["pho-yen"], out=tmp_path)
    assert 'href="hung-yen.html"' not in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_no_city_is_no_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["build", "--workspace", str(tmp_path / "empty"), "--out", str(tmp_path / "maps")]) == 2
    assert "Không có thành phố nào để dựng" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


def test_assessing_in_threads_loses_no_note(tmp_path: Path) -> None:
    layers = tiny_layers()
    shifted = layers["communes"].geometry.iloc[[0]].translate(0.009).to_numpy()
    layers["communes"].loc[[1], "geometry"] = shifted
    write_city(tmp_path / "w", layers)
    opened = geoplan.open_city("tiny", workspace=tmp_path / "w")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: geoplan.assess(opened), range(24)))
    assert {len(result.notes) for result in results} == {1}
