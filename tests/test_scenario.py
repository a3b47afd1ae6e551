"""Scenarios: what moves, files that are kept and run again, the command, the page and the report."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
import tomli_w

import geoplan
from cities import square, tiny_layers, tiny_targets, write_city
from geoplan.cli import main
from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.scenario.compare import Comparison, compare
from geoplan.scenario.file import read_scenario
from geoplan.show.comparison import write_comparison
from geoplan.show.verdict_json import as_json
from geoplan.workspace import open_city
from pages import inject, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from geoplan.assessment import Assessment
    from geoplan.city import City

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} =1+1"
ASSUMED = "phương án giả định"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workspace")
    write_city(folder, tiny_layers(), targets=tiny_targets())
    return folder


@pytest.fixture(scope="module")
def town(root: Path) -> City:
    return open_city("tiny", workspace=root)


@pytest.fixture(scope="module")
def before(town: City) -> Assessment:
    return geoplan.assess(town)


def plan(name: str = "Khu mới") -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [name]}, geometry=[square(2, 0)], crs=4326)


def scenario_of(town: City, name: str = "Khu mới") -> City:
    """One of each change."""
    return (
        town.merge(["Xã 2", "Xã 3"], name="Mới")
        .with_wards(["Xã 1"])
        .with_plans(plan(name), kind="zoning")
        .with_population({"Xã 1": 2500}, source="điều tra")
        .with_industrial_zone(
            "KCN 2", geometry=square(3, 0, 0.5, 0.5), leased_ha=5, established_on="2023-05-01"
        )
        .with_industrial_zone("Z1", leased_ha=40)
        .without(["P2"])
    )


@pytest.fixture(scope="module")
def after(town: City) -> Assessment:
    return geoplan.assess(scenario_of(town, HOSTILE))


# --- what moves -------------------------------------------------------------------------------------------


def test_every_figure_that_differs_is_in_the_table_and_no_other(
    before: Assessment, after: Assessment
) -> None:
    table = compare(before, after).table
    numbers = table[table["what"] == "number"].set_index(["id", "scope"])
    keys = before.quantities.keys() | after.quantities.keys()
    for key in keys:
        one, other = before.quantities.get(key), after.quantities.get(key)
        values = [None if q is None else q.value for q in (one, other)]
        apart = (one is None) != (other is None) or (
            values[0] != values[1]
            if None in values
            else not math.isclose(values[0] or 0, values[1] or 0, rel_tol=1e-6, abs_tol=1e-6)
        )
        assert (key in numbers.index) == apart, key
        if key in numbers.index:
            row = numbers.loc[key]
            for value, cell in zip(values, row[["before", "after"]], strict=True):
                assert (pd.isna(cell) and value is None) or cell == value
            if None not in values:
                assert row["change"] == values[1] - values[0]


def test_verdicts_move_with_their_numbers(before: Assessment, after: Assessment) -> None:
    table = compare(before, after).table
    assert list(table["what"]) == sorted(
        table["what"], key=["class", "kind", "unit", "verdict", "target", "number"].index
    )
    kinds = table[table["what"] == "kind"].set_index("scope")
    assert kinds.loc["00002", ["state_before", "state_after"]].tolist() == ["commune", "ward"]
    assert pd.isna(kinds.loc["00003", "state_after"])
    assert kinds.loc["00003+00004", "state_after"] == "commune"
    targets = table[table["what"] == "target"].set_index("id")
    judged = {t.target.id: t for t in after.judgement.targets}
    row = targets.loc["900.zoning"] if "900.zoning" in targets.index else None
    same = {t.target.id: t for t in before.judgement.targets}["900.zoning"].status == judged[
        "900.zoning"
    ].status
    assert (row is None) == same
    dense = table[(table["id"] == "density") & (table["scope"] == "wards")].iloc[0]
    assert dense["denominator"] == "diện tích tự nhiên đo trên lớp"
    wards = after.quantities["density", "wards"].denominator
    assert wards is not None
    assert dense["denominator_after"] == wards.value


def test_a_city_beside_itself_moves_nothing(before: Assessment) -> None:
    same = compare(before, before)
    assert same.moves == ()
    assert same.table.empty
    assert same.summary() == "Không số liệu hay kết luận nào thay đổi."
    everything = compare(before, before, everything=True)
    assert not everything.table["moved"].any()
    verdicts = len(before.judgement.verdicts)
    assert (everything.table["what"] == "verdict").sum() == verdicts
    assert (everything.table["what"] == "number").sum() == len(before.quantities)


def test_several_scenarios_stand_side_by_side(before: Assessment, after: Assessment, town: City) -> None:
    third = geoplan.assess(town.with_population({"Xã 0": 20000}))
    found = compare(before, after, third, names=["Hiện trạng", "A", "B"])
    row = found.table.query("what == 'number' and id == 'population' and scope == 'wards'").iloc[0]
    assert row["before"] == before.quantities["population", "wards"].value == 11000
    assert row["after_2"] - row["before"] == 9000 == row["change_2"]
    assert [name.vi for name in found.names] == ["Hiện trạng", "A", "B"]
    assert found.lines()[0] == ("", "Thành phố Thử: Hiện trạng → A → B")


def test_moves_as_words_in_both_languages() -> None:
    city = geoplan.open_city("hung-yen")
    found = geoplan.compare(city, city.with_wards(["Bảo Khê", "Liên Phương"]))
    vi, en = dict(found.lines()), dict(found.lines("en"))
    assert vi["Loại đơn vị – Bảo Khê"] == "xã → phường"
    assert en["Kind of unit – Bảo Khê"] == "commune → ward"
    assert (
        vi["Số liệu: Dân số – khu vực nội thị (các phường)"] == "53.241 người → 69.119 người (+15.878 người)"
    )
    assert (
        en["Figure: Population – inner area (the wards)"] == "53,241 people → 69,119 people (+15,878 people)"
    )
    share = vi["Số liệu: Tỷ lệ phường trên tổng số đơn vị hành chính – Thành phố Hưng Yên"]
    assert share == "41,2 % → 52,9 % (+11,8 điểm %)"
    assert vi["Giả định"] == "18/01/2024: thành phường: Bảo Khê, Liên Phương"
    assert "<table>" in found._repr_html_()
    assert "<th" in found._repr_html_()


def test_names_of_what_is_compared(before: Assessment, after: Assessment, town: City) -> None:
    assert [n.vi for n in compare(before, after).names] == ["hiện trạng", ASSUMED]
    third = geoplan.assess(town.with_wards(["Xã 2"]))
    assert [n.vi for n in compare(before, after, third).names] == [
        "hiện trạng",
        f"{ASSUMED} 1",
        f"{ASSUMED} 2",
    ]
    later = geoplan.assess(town, on="2024-06-01")
    assert [n.en for n in compare(before, later).names] == ["as it is 2024-01-18", "as it is 2024-06-01"]


def test_what_cannot_be_compared(before: Assessment, after: Assessment) -> None:
    with pytest.raises(UsageError, match="của một thành phố"):
        compare(before, geoplan.open_city("hung-yen"))
    with pytest.raises(UsageError, match="Cần 2 tên"):
        compare(before, after, names=["một"])


def test_comparisons_are_plain_json_and_escaped_html(before: Assessment, after: Assessment) -> None:
    found = compare(before, after)
    content = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert [c["what_if"] for c in content["cities"]] == [False, True]
    assert content["cities"][1]["title"].endswith(ASSUMED)
    assert len(content["cities"][1]["changes"]) == 7
    assert len(content["moves"]) == len(found.moves)
    assert "<img" not in found._repr_html_()


# --- files -------------------------------------------------------------------------------------------------


def test_a_scenario_is_the_same_when_it_is_read_again(town: City, after: Assessment, tmp_path: Path) -> None:
    changed = after.city
    made = geoplan.save_scenario(changed, tmp_path / "a.toml", title="Thử", note=HOSTILE)
    assert [path.name for path in made] == ["a.toml", "a.scenario.gpkg"]
    first = [path.read_bytes() for path in made]
    read = geoplan.read_scenario(tmp_path / "a.toml")
    assert read.file.scenario.note == HOSTILE
    again = read.apply(town)
    assert again.changes == changed.changes
    result = geoplan.assess(again)
    assert {k: q.value for k, q in result.quantities.items()} == {
        k: q.value for k, q in after.quantities.items()
    }
    assert as_json(result) == as_json(after)
    assert compare(after, result).moves == ()
    geoplan.save_scenario(again, tmp_path / "a.toml", title="Thử", note=HOSTILE)
    assert [path.read_bytes() for path in made] == first


def test_a_scenario_keeps_its_days(town: City, tmp_path: Path) -> None:
    changed = (
        town.with_wards(["Xã 1"], on="2024-03-01").without(["Xã 3"], on="2024-05-01").as_of("2024-04-01")
    )
    geoplan.save_scenario(changed, tmp_path / "a.toml")
    again = read_scenario(tmp_path / "a.toml").apply(town)
    assert again.on.isoformat() == "2024-04-01"
    assert [c.on.isoformat() for c in again.changes] == ["2024-03-01", "2024-05-01"]
    assert len(again.communes) == 4
    assert len(again.as_of("2024-05-01").communes) == 3


HEAD = '[scenario]\ncity = "tiny"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[scenario", "không đúng TOML"),
        ("", "mục scenario còn thiếu"),
        ("[scenario]\n", "mục scenario.city còn thiếu"),
        (HEAD + "colour = 1\n", "mục scenario.colour không thuộc tệp phương án"),
        (HEAD + "[[changes]]\nunits = []\n", "thay đổi thứ 1: thiếu what"),
        (HEAD + '[[changes]]\nwhat = "burn"\n', "thay đổi thứ 1: có what lạ"),
        (
            HEAD + '[[changes]]\nwhat = "wards"\nunits = []\n',
            "thay đổi thứ 1: mục units phải có thêm giá trị",
        ),
        (HEAD + '[[changes]]\nwhat = "wards"\nunits = "A"\n', "thay đổi thứ 1: mục units phải là danh sách"),
        (HEAD + '[[changes]]\nwhat = "merge"\nunits = ["A"]\nname = "B"\n', "mục units phải có thêm giá trị"),
        (HEAD + '[[changes]]\nwhat = "plans"\n', "thay đổi thứ 1: mục file còn thiếu"),
        (HEAD + '[[changes]]\nwhat = "population"\npeople = {A = -1}\n', "people.A phải từ 0 trở lên"),
        (HEAD + '[[changes]]\nwhat = "population"\npeople = {A = inf}\n', "mục people.A không hợp lệ"),
        (HEAD + 'note = "' + "x" * (1 << 20) + '"\n', "không phải tệp phương án"),
        ("a = " + "[" * 20000, "không đúng TOML"),
    ],
)
def test_what_is_no_scenario_is_one_sentence_with_the_place(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "p.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError) as told:
        read_scenario(path)
    assert said in told.value.vi
    assert told.value.vi.startswith("p.toml")
    assert "\n" not in told.value.vi
    assert told.value.en.startswith("p.toml")


def with_file(folder: Path, file: str) -> Path:
    path = folder / "p.toml"
    content = {"scenario": {"city": "tiny"}, "changes": [{"what": "plans", "kind": "zoning", "file": file}]}
    path.write_text(tomli_w.dumps(content), encoding="utf-8")
    return path


@pytest.mark.parametrize("file", ["../out.geojson", "sub/../../out.geojson", "{absolute}", "link.geojson"])
def test_files_outside_the_folder_are_not_read(tmp_path: Path, file: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    outside = tmp_path / "out.geojson"
    plan().to_file(outside)
    (folder / "link.geojson").symlink_to(outside)
    with pytest.raises(DataError, match="phải nằm trong thư mục của phương án"):
        read_scenario(with_file(folder, file.format(absolute=outside)))


@pytest.mark.parametrize("file", ["none.geojson", "/vsicurl/http://127.0.0.1:9/x", "a\0b", "x" * 5000, "."])
def test_files_that_are_not_there(tmp_path: Path, file: str) -> None:
    with pytest.raises((MissingFileError, DataError), match="thay đổi thứ 1"):
        read_scenario(with_file(tmp_path, file))


def test_a_hostile_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "x.geojson").write_text(
        '<OGRVRTDataset><OGRVRTLayer name="x"/></OGRVRTDataset>', encoding="utf-8"
    )
    with pytest.raises(DataError, match=r"p\.toml, thay đổi thứ 1: "):
        read_scenario(with_file(tmp_path, "x.geojson"))


def test_a_file_in_a_folder_below_is_read(tmp_path: Path, town: City) -> None:
    (tmp_path / "sub").mkdir()
    plan().to_crs(3405).to_file(tmp_path / "sub" / "x.gpkg")
    changed = read_scenario(with_file(tmp_path, "sub/x.gpkg")).apply(town)
    assert list(changed.plans["name"])[-1] == "Khu mới"


def test_a_change_that_does_not_fit_says_which(tmp_path: Path, town: City) -> None:
    path = tmp_path / "p.toml"
    path.write_text(HEAD + '[[changes]]\nwhat = "wards"\nunits = ["Xã 1"]\n' * 2, encoding="utf-8")
    with pytest.raises(UsageError, match=r"p\.toml, thay đổi thứ 2: Xã 1 đã là phường"):
        read_scenario(path).apply(town)
    with pytest.raises(UsageError, match="phương án của thành phố “tiny”, không phải hung-yen"):
        read_scenario(path).apply(geoplan.open_city("hung-yen"))


def test_only_a_changed_city_is_saved_and_only_as_toml(town: City, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="chưa có thay đổi nào"):
        geoplan.save_scenario(town, tmp_path / "a.toml")
    with pytest.raises(UsageError, match=r"đuôi \.toml"):
        geoplan.save_scenario(town.with_wards(["Xã 1"]), tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


# --- the command ----------------------------------------------------------------------------------------------


def run(root: Path, *arguments: str) -> int:
    return main(["scenario", "tiny", "--workspace", str(root), *arguments])


def test_the_command_prints_what_moves(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(root, "--wards", "xa 1", "--population", "Xã 1=2.500, Xã 2=4000") == 0
    said = capsys.readouterr().out
    assert "Loại đơn vị – Xã 1: xã → phường" in said
    assert "18/01/2024: dân số: Xã 1 2.500, Xã 2 4.000" in said
    assert (
        "Số liệu: Dân số – khu vực nội thị (các phường): 11.000 người → 13.500 người (+2.500 người)" in said
    )
    assert run(root, "--merge", "Xã 1 + Xã 2 = Mới", "--wards", "Mới", "--json", "--lang", "en") == 0
    content = json.loads(capsys.readouterr().out)
    assert content["cities"][1]["changes"][0]["text"] == "Xã 1, Xã 2 merged into Mới"
    assert {m["scope"] for m in content["moves"] if m["what"] == "kind"} == {"00002", "00003", "00002+00003"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Hãy nêu một thay đổi"),
        (["--wards", "Xã 7"], "không phải tên của đúng một đơn vị"),
        (["--merge", "Xã 1 + Xã 2"], "hãy viết như"),
        (["--population", "Xã 1=nhiều"], "hãy viết mỗi đơn vị một lần"),
        (["--population", "Xã 1=1, Xã 1=2"], "hãy viết mỗi đơn vị một lần"),
        (["--wards", "Xã 1", "--from", "31/02/2024"], "không phải là ngày"),
        (["--plans", "none.shp"], "không có tệp này"),
        (["--wards", "Xã 1", "--save", "a.txt"], "đuôi .toml"),
    ],
)
def test_a_wrong_call_is_one_sentence(
    root: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert run(root, *arguments) == 2
    told = capsys.readouterr().err.strip()
    assert said in told
    assert "\n" not in told
    assert "Traceback" not in told


def test_a_saved_scenario_runs_again(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan().to_file(tmp_path / "moi.gpkg")
    saved = tmp_path / "out" / "pa.toml"
    arguments = ["--plans", str(tmp_path / "moi.gpkg"), "--kind", "zoning", "--wards", "Xã 1"]
    # its title is what the scenario is called in the comparison
    assert run(root, *arguments, "--save", str(saved), "--title", "Phương án 1", "--on", "2024-03-01") == 0
    first = capsys.readouterr().out.splitlines()
    assert first[0] == "Thành phố Thử: hiện trạng → Phương án 1"
    assert first[-2:] == [str(saved), str(saved.with_suffix(".scenario.gpkg"))]
    assert main(["scenario", "--workspace", str(root), "--file", str(saved)]) == 0
    assert capsys.readouterr().out.splitlines() == first[:-2]
    assert main(["scenario", "hung-yen", "--file", str(saved)]) == 2
    assert main(["scenario"]) == 2


def test_everything_goes_into_one_folder(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(root, "--wards", "Xã 1", "--out", str(out), "--format", "html,xlsx") == 0
    named = {Path(line).name for line in capsys.readouterr().out.splitlines() if line.startswith(str(out))}
    files = {path.name for path in out.rglob("*") if path.is_file()}
    assert named == files == {
        "tiny-comparison.xlsx", "tiny-comparison.json", "tiny-map.html", "tiny-scenario.toml",
        "tiny-what-if.html", "tiny-what-if.xlsx",
    }  # fmt: skip
    content = json.loads((out / "tiny-comparison.json").read_text(encoding="utf-8"))
    assert content["city"] == "tiny"
    book = openpyxl.load_workbook(out / "report" / "tiny-what-if.xlsx")
    assert ASSUMED in str(book.worksheets[0]["A1"].value)
    assert {"Thay đổi", "Các thay đổi giả định"} <= set(book.sheetnames)


# --- tables ----------------------------------------------------------------------------------------------------


def test_the_workbook_holds_real_numbers_and_no_formula(
    before: Assessment, after: Assessment, tmp_path: Path
) -> None:
    found = compare(before, after)
    write_comparison(found, tmp_path / "a.xlsx")
    write_comparison(found, tmp_path / "b.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book["Thay đổi"]
    assert ASSUMED in str(sheet["A1"].value)
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    top = next(i for i, row in enumerate(rows) if row[0] == "Loại")
    assert rows[top][4:7] == ["Hiện trạng", "Phương án giả định", "Chênh lệch"]
    assert len(rows) - top - 1 == len(found.moves)
    for row, move in zip(rows[top + 1 :], found.moves, strict=True):
        cells = row[4:6]
        if move.what == "kind":
            assert cells == [None if s is None or s.said is None else s.said.vi for s in move.sides]
        else:
            assert cells == [None if s is None else s.value for s in move.sides]
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)


# --- the report and every other output ---------------------------------------------------------------------------


def texts(path: Path) -> str:
    if path.suffix == ".docx":
        document = docx.Document(str(path))
        cells = (cell.text for table in document.tables for row in table.rows for cell in row.cells)
        return "\n".join([*(p.text for p in document.paragraphs), *cells])
    if path.suffix == ".pdf":
        done = subprocess.run(["pdftotext", "-raw", path, "-"], check=True, capture_output=True)
        return done.stdout.decode()
    return path.read_text(encoding="utf-8")


def test_the_report_has_the_scenario_in_every_format(
    before: Assessment, after: Assessment, tmp_path: Path
) -> None:
    made = geoplan.report(after, tmp_path, formats="docx,pdf,html", against=before, history=False)
    for path in made:
        said = " ".join(texts(path).split())
        assert "Phương án giả định" in said
        assert "không phải hiện trạng" in said
        assert "Kết luận và chỉ tiêu thay đổi" in said
        assert "Số liệu thay đổi" in said
        assert "Hiện trạng: QH phân khu, % diện tích tự nhiên" in said  # the map before, then that after
        assert "Phương án giả định: QH phân khu, % diện tích tự nhiên" in said
        assert "Xã 2, Xã 3 thành Mới" in said.replace("\n", " ")
        assert "<img src=x" not in texts(path) or path.suffix != ".html"
    plain = geoplan.report(before, tmp_path / "plain.html", history=False)
    assert "Phương án giả định" not in texts(plain[0])


def test_an_output_shows_only_a_comparison_that_ends_in_its_city(
    before: Assessment, after: Assessment, tmp_path: Path
) -> None:
    other = compare(after, before)
    with pytest.raises(UsageError, match="phải kết thúc bằng chính kết quả"):
        geoplan.explore(after, against=other)
    with pytest.raises(UsageError, match="của một thành phố"):
        geoplan.report(after, tmp_path / "r.html", against=geoplan.open_city("pho-yen"))
    named = compare(before, after, names=["Nay", "Sau này"])
    geoplan.report(after, tmp_path / "r.html", against=named, history=False)
    assert "Sau này" in texts(tmp_path / "r.html")


def test_every_output_of_a_changed_city_says_that_it_is_assumed(after: Assessment, tmp_path: Path) -> None:
    assert after.city.title().endswith(ASSUMED)
    assert as_json(after)["title"].endswith(ASSUMED)
    page = geoplan.explore(after, history=False)
    assert ASSUMED in page.title
    geoplan.report(after, tmp_path / "r.html", history=False)
    assert ASSUMED in texts(tmp_path / "r.html")
    geoplan.report(after, tmp_path / "r.xlsx", history=False)
    first = openpyxl.load_workbook(tmp_path / "r.xlsx").worksheets[0]
    assert ASSUMED in str(first["A1"].value)
    assert "Phương án giả định, không phải hiện trạng" in str(first["A3"].value)


def test_exports_of_a_changed_city_say_so(after: Assessment, tmp_path: Path) -> None:
    geoplan.export(after, format="gpkg", out=tmp_path / "x")
    found = [p for p in (tmp_path / "x").rglob("*") if p.suffix in {".gpkg", ".json", ".xml", ".txt", ".md"}]
    assert found
    assert any(ASSUMED.encode() in p.read_bytes() for p in found)


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_file(before: Assessment, after: Assessment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pages") / "whatif.html"
    geoplan.explore(after, against=before).save(path)
    return path


def test_before_and_after_stand_side_by_side(page_file: Path, browser: Browser) -> None:
    opened = open_page(browser, page_file, width=1600, height=900)
    page = opened.page
    page.wait_for_selector(".gp-second")
    assert ASSUMED in page.locator(".gp-head h1").inner_text()
    assert "Phương án giả định, không phải hiện trạng" in page.locator(".gp-warnings").inner_text()
    days = page.locator(".gp-daybox").all_inner_texts()
    assert days == ["Trước: hiện trạng, 18/01/2024", f"Sau: {ASSUMED}, 18/01/2024"]
    first = page.locator("#map_0000, .folium-map").first.locator(".leaflet-communes-pane path")
    second = page.locator(".gp-second .leaflet-communes-pane path")
    assert (first.count(), second.count()) == (4, 3)
    fills = second.evaluate_all("paths => paths.map(path => path.getAttribute('fill'))")
    assert sorted(fills) == ["#4477aa", "#4477aa", "#e4d9b0"]
    # what is added is drawn after, not before
    assert page.locator(".gp-second .leaflet-outlines-pane path").count() >= 1
    inject(page)
    assert page.evaluate("window.hacked") is None
    page.close()


def test_the_panel_tells_what_moves_and_shows_one_side(
    page_file: Path, browser: Browser, before: Assessment, after: Assessment
) -> None:
    opened = open_page(browser, page_file, width=1600, height=900)
    page = opened.page
    panel = page.get_by_role("tabpanel", name="Phương án", exact=True)
    assert compare(before, after).summary() in panel.inner_text()
    assert "nhập Xã 2, Xã 3 thành Mới" in panel.inner_text()
    row = panel.locator(".gp-move", has_text="Xã 1").first
    assert "xã" in row.inner_text()
    assert "phường" in row.inner_text()
    paths = page.locator(".folium-map .leaflet-communes-pane path")
    page.get_by_role("button", name="Trước", exact=True).click()
    assert page.locator(".gp-second").count() == 0
    assert paths.count() == 4
    page.get_by_role("button", name="Sau", exact=True).click()
    assert paths.count() == 3
    assert page.get_by_role("button", name="Sau", exact=True).get_attribute("aria-pressed") == "true"
    page.locator("#gp-kind").select_option(label="QH phân khu, % diện tích tự nhiên")
    page.get_by_role("button", name="Cạnh nhau").click()
    assert page.locator(".gp-second .leaflet-communes-pane path").count() == 3
    page.get_by_role("button", name="English").click()
    assert "What was changed" in page.locator("#gp-panel-time").inner_text()
    assert "a what-if scenario" in page.locator(".gp-head h1").inner_text()
    opened.quiet()
    page.close()


def test_print_shows_the_scenario_with_its_figures_and_what_was_before_without(
    page_file: Path, browser: Browser
) -> None:
    opened = open_page(browser, page_file, width=1600, height=900)
    page = opened.page
    sheet = page.locator(".gp-sheet")
    page.get_by_role("button", name="In", exact=True).click()
    assert sheet.locator(".leaflet-communes-pane path").count() == 3
    assert ASSUMED in sheet.locator(".gp-daybox").inner_text()
    assert sheet.locator(".gp-sheet-figures").count() == 1
    page.get_by_role("button", name="Đóng").click()
    page.get_by_role("button", name="Trước", exact=True).click()
    page.get_by_role("button", name="In", exact=True).click()
    assert sheet.locator(".leaflet-communes-pane path").count() == 4
    assert "hiện trạng" in sheet.locator(".gp-daybox").inner_text()
    assert sheet.locator(".gp-sheet-figures").count() == 0
    assert "Phương án giả định, không phải hiện trạng" in sheet.inner_text()
    opened.quiet()
    page.close()


def test_a_narrow_page_opens_on_what_comes_after(page_file: Path, browser: Browser) -> None:
    opened = open_page(browser, page_file, width=390, height=844)
    page = opened.page
    assert page.locator(".gp-second").count() == 0
    assert page.locator(".leaflet-communes-pane path").count() == 3
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    opened.quiet()
    page.close()


def test_the_page_is_the_same_every_time(
    before: Assessment, after: Assessment, page_file: Path, tmp_path: Path
) -> None:
    geoplan.explore(after, against=before).save(tmp_path / "again.html")
    assert (tmp_path / "again.html").read_bytes() == page_file.read_bytes()
    assert page_file.stat().st_size < 2_000_000
    assert "<img src=x" not in page_file.read_text(encoding="utf-8")


def test_a_comparison_says_what_it_is(before: Assessment, after: Assessment) -> None:
    found = compare(before, after)
    assert isinstance(found, Comparison)
    assert repr(found).startswith("<Comparison tiny: ")


def test_a_saved_scenario_never_replaces_the_plans_it_was_made_from(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan().to_file(tmp_path / "moi.gpkg")
    before = (tmp_path / "moi.gpkg").read_bytes()
    arguments = [
        "--plans",
        str(tmp_path / "moi.gpkg"),
        "--kind",
        "zoning",
        "--save",
        str(tmp_path / "moi.toml"),
    ]
    assert run(root, *arguments) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "moi.scenario.gpkg")
    assert (tmp_path / "moi.gpkg").read_bytes() == before


def test_a_number_in_quotation_marks_is_no_number(tmp_path: Path) -> None:
    for figure in ('"12.345"', "true"):
        text = (
            f'[scenario]\ncity = "tiny"\n[[changes]]\nwhat = "population"\npeople = {{"Xã 1" = {figure}}}\n'
        )
        (tmp_path / "a.toml").write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match="phải là số, không trong dấu nháy"):
            read_scenario(tmp_path / "a.toml")


def test_a_scenario_of_an_editor_that_puts_a_mark_in_front_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[scenario]\ncity = "tiny"\n', encoding="utf-8-sig")
    assert read_scenario(tmp_path / "a.toml").city_id == "tiny"


def test_files_of_a_changed_city_are_never_called_like_those_of_the_real_one(
    town: City, tmp_path: Path
) -> None:
    changed = town.with_wards(["Xã 1"])
    for city, name in ((town, "tiny"), (changed, "tiny-what-if")):
        made = geoplan.export(city, format="csv", out=tmp_path).files
        assert {p.name.split("-2024-01-18")[0] for p in made} == {name}
        (page,) = geoplan.report(city, tmp_path, formats="html", history=False)
        assert page.name == f"{name}.html"


def test_a_title_with_a_broken_letter_is_saved_without_it(town: City, tmp_path: Path) -> None:
    geoplan.save_scenario(town.with_wards(["Xã 1"]), tmp_path / "a.toml", title="A\udcff", note="B\udcff")
    head = read_scenario(tmp_path / "a.toml").file.scenario
    assert (head.title, head.note) == ("A?", "B?")
