"""The workbook: the assessment's own numbers in its cells, words that stay words, sheets that print."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
import tomli_w
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from conftest import CITIES
from geoplan.criteria.targets import due_day
from geoplan.criteria.telling import CONFIDENCE, MARKS, STATUS
from geoplan.model import words
from geoplan.quantity import UNITS, Quantity, Scope
from geoplan.show import labels, write_workbook
from geoplan.show.workbook_sheet import Column, Figure, Sheets, Table, figure, lines_of

if TYPE_CHECKING:
    from openpyxl.cell import Cell
    from openpyxl.workbook import Workbook

    from geoplan.criteria.verdict import Verdict

SHEETS = [
    "Tóm tắt", "Loại đô thị", "Đánh giá", "Đơn vị", "Tiêu chuẩn đơn vị", "Chỉ tiêu", "Thiếu số liệu", "Độ phủ",
    "Mật độ", "Quy hoạch", "Khu công nghiệp", "Đất công nghiệp theo xã", "Số liệu", "Nguồn",
]  # fmt: skip
DATES = [(name, None) for name in CITIES] + [
    ("hung-yen", dt.date(2026, 1, 1)),
    ("pho-yen", dt.date(2025, 7, 1)),
    ("viet-yen", dt.date(2025, 12, 31)),
]


@functools.cache
def assessed(name: str, on: dt.date | None) -> geoplan.Assessment:
    return geoplan.assess(geoplan.open_city(name, on=on))


def written(result: geoplan.Assessment, folder: Path, *, lang: Any = "vi") -> Workbook:
    write_workbook(result, folder / "a.xlsx", lang=lang)
    return openpyxl.load_workbook(folder / "a.xlsx")


@functools.cache
def book_of(name: str, on: dt.date | None) -> Workbook:
    """The Vietnamese workbook of a bundled city, written and read back once."""
    with tempfile.TemporaryDirectory() as folder:
        return written(assessed(name, on), Path(folder))


def rows(book: Workbook, sheet: str) -> list[dict[str, Cell]]:
    """The cells of a sheet's table by heading; the heading row is that of the filter, or the first full one."""
    page = book[sheet]
    top = next(r for r in range(1, 20) if sum(c.value is not None for c in page[r]) >= 3)
    headings = [str(c.value) for c in page[top] if c.value is not None]
    found = []
    for cells in page.iter_rows(min_row=top + 1, max_col=len(headings)):
        if all(c.value is None for c in cells):
            break
        found.append(dict(zip(headings, cells, strict=True)))
    return found


def expected(quantity: Quantity | None) -> float | str | None:
    if quantity is None:
        return None
    return quantity.said.vi if quantity.said is not None else quantity.value


def same(cell: Cell, value: object) -> bool:
    """Whether a cell holds exactly this number or text; nothing when it is unknown."""
    return bool(cell.value == value) and (value is None) == (cell.value is None)


# --- every number -------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "on"), DATES, ids=str)
def test_every_figure_is_the_record_itself(name: str, on: dt.date | None) -> None:
    result = assessed(name, on)
    book = book_of(name, on)
    found = rows(book, "Số liệu")
    assert len(found) == len(result.quantities)
    for row, quantity in zip(found, result.quantities.values(), strict=True):
        assert (row["Mã số liệu"].value, row["Mã phạm vi"].value) == quantity.key
        assert same(row["Giá trị"], expected(quantity)), quantity.key
        assert same(row["Đơn vị đo"], UNITS[quantity.unit].words.vi or None)
        missing = row["Còn thiếu"].value
        assert (missing or "") == "; ".join(text.vi for text in quantity.missing)
        for label, part in (("Tử số", quantity.numerator), ("Mẫu số", quantity.denominator)):
            if quantity.denominator is not None and part is not None:
                assert same(row[f"{label}: giá trị"], part.value)
                assert same(row[f"{label}: thấp nhất"], part.low)
                assert same(row[f"{label}: cao nhất"], part.high)
    known = [row for row in found if isinstance(row["Giá trị"].value, int | float)]
    assert known
    units = {
        u.words.vi: u for key, u in UNITS.items() if key in {"person", "km2", "percent", "person_per_km2"}
    }
    for row in known:
        unit = units.get(str(row["Đơn vị đo"].value))
        if unit is not None:
            digits = row["Giá trị"].number_format.partition(".")[2]
            assert len(digits) == unit.digits


@pytest.mark.parametrize(("name", "on"), DATES, ids=str)
def test_the_tables_by_unit_and_zone_have_the_same_numbers(name: str, on: dt.date | None) -> None:
    result = assessed(name, on)
    book = book_of(name, on)
    kinds = {labels.plan_kind(k): k for k in result.coverage["plan_kind"]}
    over = {labels.word(d): d for d in result.coverage["denominator"]}
    seen = 0
    for row in rows(book, "Độ phủ"):
        metric = f"coverage.{kinds[row['Loại quy hoạch'].value]}.{over[row['Mẫu số'].value]}"
        quantity = result.quantities[metric, row["Mã"].value]
        assert same(row["Độ phủ (%)"], quantity.value)
        assert quantity.denominator is not None
        assert quantity.numerator is not None
        assert same(row["Mẫu số (km²)"], quantity.denominator.value)
        assert same(row["Đã phủ (km²)"], quantity.numerator.value)
        seen += 1
    assert seen == len(result.coverage)
    for row in rows(book, "Mật độ"):
        code = row["Mã"].value
        assert same(row["Dân số (người)"], result.quantities["population", code].value)
        assert same(row["Mật độ (người/km²)"], result.quantities["density", code].value)
        assert same(row["Diện tích đo trên lớp (km²)"], result.quantities["area", code].value)
        assert row["Mã"].data_type == "s"
    for row in rows(book, "Đất công nghiệp theo xã") if len(result.zone_table) else []:
        share = result.quantities["zone_share", row["Mã"].value].value
        assert row["Tỷ trọng đất khu công nghiệp (%)"].value == pytest.approx(share, rel=1e-12)
    zones = rows(book, "Khu công nghiệp") if len(result.zone_table) else []
    assert len(zones) == len(result.zone_table)
    for row in zones:
        occupancy = result.quantities["occupancy", f"zone:{row['Mã'].value}"].value
        assert row["Tỷ lệ lấp đầy (%)"].value == (occupancy and pytest.approx(occupancy, rel=1e-12))


def check_verdict(row: dict[str, Cell], verdict: Verdict) -> None:
    assert same(row["Tiêu chuẩn"], verdict.title.vi)
    assert same(row["Giá trị"], expected(verdict.quantity)), verdict.id
    threshold = verdict.threshold if verdict.threshold_said is None else verdict.threshold_said.vi
    assert same(row["Ngưỡng"], threshold)
    assert same(row["Chênh lệch"], verdict.margin if verdict.threshold_said is None else None)
    mark = MARKS[verdict.passes] if verdict.considered else "–"
    assert str(row["Kết quả"].value).startswith(f"{mark} ")
    firm = verdict.certainty
    holds = None if firm is None or firm.holds is None else 100 * firm.holds
    assert same(row["Giữ nguyên khi thử sai số (%)"], holds)
    assert same(row["Sát ngưỡng"], "sát ngưỡng" if firm is not None and firm.borderline else None)
    assert same(row["Điều khoản"], verdict.article)
    assert same(row["Nguồn của ngưỡng"], verdict.source)
    trust = None if verdict.threshold is None else CONFIDENCE[verdict.confidence].vi
    assert same(row["Độ tin cậy của ngưỡng"], trust)
    assert same(row["Lý do"], verdict.reason.vi)


@pytest.mark.parametrize(("name", "on"), DATES, ids=str)
def test_class_verdicts_and_totals(name: str, on: dt.date | None) -> None:
    result = assessed(name, on)
    book = book_of(name, on)
    verdicts = [v for c in result.judgement.classes for v in c.verdicts]
    assert verdicts
    for row, verdict in zip(rows(book, "Đánh giá"), verdicts, strict=True):
        check_verdict(row, verdict)
        points = verdict.points
        assert same(row["Điểm đã có"], None if points is None else points.given)
        assert same(row["Điểm tối thiểu"], None if points is None else points.minimum)
        assert same(row["Điểm tối đa"], None if points is None else points.maximum)
    totals = iter(rows(book, "Loại đô thị"))
    for found in result.judgement.classes:
        for one in (found, *found.groups):
            row = next(totals)
            assert row["Loại đô thị"].value == found.title.vi
            assert str(row["Kết quả"].value)[0] == MARKS[one.passes]
            points = one.points
            names = ("Điểm đã có", "Điểm thấp nhất", "Điểm cao nhất", "Điểm tối thiểu", "Điểm tối đa")
            got = [row[n].value for n in names]
            values = [None] * 5
            if points is not None:
                values = [points.given, points.worst, points.best, points.minimum, points.maximum]  # type: ignore[list-item]
            assert got == values
    assert next(totals, None) is None


@pytest.mark.parametrize(("name", "on"), DATES, ids=str)
def test_units_and_their_standards(name: str, on: dt.date | None) -> None:
    result = assessed(name, on)
    judged = result.judgement
    book = book_of(name, on)
    units = [*([judged.city_unit] if judged.city_unit else []), *judged.units]
    for row, unit in zip(rows(book, "Đơn vị"), units, strict=True):
        assert same(row["Đơn vị"], unit.scope.name.vi)
        assert str(row["Kết quả"].value)[0] == MARKS[unit.passes]
        assert same(row["Dự kiến lên phường"], "dự kiến" if unit.candidate else None)
        answers = [v.passes for v in unit.verdicts if v.considered]
        shown = [row[n].value for n in ("Số tiêu chuẩn đạt", "Chưa đạt", "Chưa đánh giá được")]
        assert shown == [answers.count(a) for a in (True, False, None)]
        flagged = [v for v in unit.verdicts if v.flag and v.passes is False]
        flags = str(row["Lưu ý (không quyết định)"].value or "")
        assert all(v.title.vi in flags for v in flagged)
        assert bool(flags) == bool(flagged)
    pairs = [(unit, v) for unit in units for v in unit.verdicts]
    for row, (unit, verdict) in zip(rows(book, "Tiêu chuẩn đơn vị"), pairs, strict=True):
        assert same(row["Mã"], None if unit.scope.id == "city" else unit.scope.id)
        assert same(row["Không quyết định"], "chỉ nêu" if verdict.flag else None)
        check_verdict(row, verdict)


@pytest.mark.parametrize(("name", "on"), DATES, ids=str)
def test_targets_and_data_gaps(name: str, on: dt.date | None) -> None:
    result = assessed(name, on)
    book = book_of(name, on)
    judged = result.judgement
    assert judged.targets
    for row, found in zip(rows(book, "Chỉ tiêu"), judged.targets, strict=True):
        target = found.target
        assert same(row["Chỉ tiêu"], target.title.vi)
        assert same(row["Mục"], target.section)
        assert str(row["Tình trạng"].value)[2:] == STATUS[found.status].vi
        assert same(row["Giá trị hiện tại"], expected(found.quantity))
        assert same(row["Giá trị phải đạt"], target.value)
        assert same(row["Đến"], target.upper)
        assert same(row["Giá trị gốc"], found.base)
        assert same(row["Theo lộ trình phải đạt"], found.expected)
        assert same(row["Còn thiếu"], found.gap if found.gap_unit is not None else None)
        assert same(row["Lý do"], found.reason.vi)
        due = due_day(target)
        assert row["Hạn"].value == (due and dt.datetime.combine(due, dt.time()))
        assert all(place.name.vi in str(row["Nơi còn thiếu"].value) for place in found.places[:20])
        if found.quantity is not None and found.quantity.value is not None:
            assert found.quantity.unit == target.unit  # one column says the unit of both
    for rank, (row, gap) in enumerate(zip(rows(book, "Thiếu số liệu"), judged.missing, strict=True), 1):
        assert row["Hạng"].value == rank
        assert same(row["Số liệu còn thiếu"], gap.name.vi)
        assert same(row["Phạm vi"], gap.scope.name.vi)
        assert row["Số kết luận bị vướng"].value == len(gap.blocks)
        named = str(row["Các kết luận bị vướng"].value)
        assert "@" not in named  # titles, not ids
        assert "target." not in named


# --- the summary and the sources ----------------------------------------------------------------


def texts(book: Workbook, sheet: str) -> list[str]:
    return [str(c.value) for line in book[sheet].iter_rows() for c in line if c.value is not None]


def beside_label(book: Workbook, sheet: str, label: str) -> list[Any]:
    """What stands to the right of a label in the first column."""
    row = next(line for line in book[sheet].iter_rows() if line[0].value == label)
    return [c.value for c in row[1:] if c.value is not None]


def test_the_summary_says_class_units_and_targets() -> None:
    result, book = assessed("hung-yen", None), book_of("hung-yen", None)
    judged = result.judgement
    held = beside_label(book, "Tóm tắt", "Loại đô thị hiện nay")[0]
    assert held.startswith("loại III (nguồn: danh sách đô thị loại III")
    assert beside_label(book, "Tóm tắt", "Loại đô thị hướng tới")[0].startswith("loại II (2025; ")
    for found in judged.classes:
        line = beside_label(book, "Tóm tắt", found.title.vi)[0]
        assert line == f"{MARKS[found.passes]} {found.reason.vi}"
    states = [u.passes for u in judged.candidates]
    counts = [states.count(True), states.count(False), states.count(None)]
    assert beside_label(book, "Tóm tắt", "Các xã dự kiến lên phường") == counts
    statuses = [t.status for t in judged.targets]
    assert beside_label(book, "Tóm tắt", "Chỉ tiêu của các văn bản") == [statuses.count(s) for s in STATUS]


def test_an_unknown_class_is_said_to_be_unknown() -> None:
    assert assessed("viet-yen", None).city.urban_class is None
    assert beside_label(book_of("viet-yen", None), "Tóm tắt", "Loại đô thị hiện nay") == ["chưa rõ"]


def test_the_sources_name_layers_and_rulebooks_with_fingerprints(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    folder = tmp_path / "w" / "rulebooks"
    folder.mkdir()
    own = {
        "id": "cua-toi",
        "kind": "unit",
        "title": {"vi": "Bộ của tôi", "en": "Mine"},
        "law": "Văn bản thử",
        "in_force_from": dt.date(2024, 1, 1),
        "in_force_to": dt.date(2025, 1, 1),
        "source": "nguồn thử",
        "units": [
            {
                "kind": "commune",
                "title": {"vi": "Xã", "en": "Commune"},
                "article": "Điều 1",
                "standards": [
                    {
                        "id": "population", "title": {"vi": "Dân số", "en": "Population"}, "metric": "population",
                        "scope": "unit", "unit": "person", "minimum": 2500, "article": "Điều 1", "source": "thử",
                        "confidence": "seen",
                    }
                ],
            }
        ],
    }  # fmt: skip
    (folder / "mine.toml").write_text(tomli_w.dumps(own), encoding="utf-8")
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    book = written(result, tmp_path)
    cells = texts(book, "Nguồn")
    assert result.city.layers["plans"].sha256 in cells
    text = (folder / "mine.toml").read_text(encoding="utf-8")
    line = beside_label(book, "Nguồn", "Bộ của tôi (của người dùng)")
    sha = hashlib.sha256(text.encode()).hexdigest()
    days = [dt.datetime(2024, 1, 1), dt.datetime(2025, 1, 1)]  # noqa: DTZ001 - as a cell holds it
    assert line == [*days, "mine.toml", "Văn bản thử; nguồn thử", sha]
    assert any("1210/2016" in cell for cell in cells)
    assert "có sẵn" in " ".join(cells)
    standards = rows(book, "Tiêu chuẩn đơn vị")
    mine = next(
        row for row in standards if row["Mã"].value == "00003" and row["Tiêu chuẩn"].value == "Dân số"
    )
    assert (mine["Giá trị"].value, mine["Ngưỡng"].value, mine["Chênh lệch"].value) == (3000, 2500, 500)
    assert mine["Chênh lệch"].number_format == "+#,##0;-#,##0;0"


# --- sheets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_every_sheet_is_ready_to_read_and_print(tmp_path: Path, lang: str) -> None:
    book = (
        book_of("hung-yen", None)
        if lang == "vi"
        else written(assessed("hung-yen", None), tmp_path, lang=lang)
    )
    names = book.sheetnames
    assert names == SHEETS if lang == "vi" else len(names) == len(SHEETS)
    not_real = {
        "vi": "Ranh giới là sơ đồ, không phải bản đồ đo đạc",
        "en": "Boundaries are schematic, not surveyed",
    }
    day = {"vi": "Ngày 18/01/2024", "en": "On 2024-01-18"}
    for sheet in book:
        top = [str(sheet.cell(row, 1).value) for row in range(1, 6)]
        assert not_real[lang] in top
        assert day[lang] in top
        assert sheet.freeze_panes is not None
        assert sheet.page_setup.orientation == "landscape"
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.page_setup.paperSize in {8, 9}
        assert "&P" in str(sheet.oddFooter.right.text)
        if sheet.title in {names[0], names[10], names[11]}:  # totals; no zone in this city
            continue
        heading = sheet[int(re.sub(r"\D", "", str(sheet.freeze_panes))) - 1]
        assert all(c.font.bold for c in heading if c.value is not None)
        assert sheet.auto_filter.ref.startswith(heading[0].coordinate)
        assert sheet.print_title_rows == f"${heading[0].row}:${heading[0].row}"
    first = next(row for row in rows(book, names[7]))
    assert [c.number_format for c in first.values()][5:8] == ["#,##0.00", "#,##0.00", "#,##0.0"]


def test_results_have_a_mark_and_a_colour_that_follows_it() -> None:
    book = book_of("hung-yen", None)
    for name, heading in (
        ("Loại đô thị", "Kết quả"), ("Đánh giá", "Kết quả"), ("Đơn vị", "Kết quả"),
        ("Tiêu chuẩn đơn vị", "Kết quả"), ("Chỉ tiêu", "Tình trạng"),
    ):  # fmt: skip
        cells = [row[heading] for row in rows(book, name)]
        assert {str(c.value)[:2] for c in cells} <= {"✓ ", "✗ ", "? ", "– ", "↗ "}
        ranges = book[name].conditional_formatting
        assert [str(r.sqref) for r in ranges] == [f"{cells[0].coordinate}:{cells[-1].coordinate}"]
        rules = [rule for r in ranges for rule in r.rules]
        assert {rule.text for rule in rules} == {"✓", "✗", "?"}
        assert {rule.operator for rule in rules} == {"beginsWith"}
        fills = [rule.dxf.fill.bgColor.rgb for rule in rules]
        shades = sorted(
            sum(int(f[i : i + 2], 16) * w for i, w in ((2, 0.3), (4, 0.59), (6, 0.11))) for f in fills
        )
        assert shades[1] - shades[0] > 15  # what fails is told apart in grey, too
        assert {rule.dxf.font.b for rule in rules if rule.text == "✗"} == {True}


def test_a_missing_population_is_an_empty_cell_and_named_in_the_sum() -> None:
    book = book_of("pho-yen", dt.date(2025, 7, 1))
    people = {row["Tên"].value: row for row in rows(book, "Mật độ")}
    assert people["Vạn Xuân"]["Dân số (người)"].value is None
    assert people["Vạn Xuân"]["Mật độ (người/km²)"].value is None
    assert {"Vạn Xuân, Đại Phúc", "Đại Phúc, Vạn Xuân"} & set(texts(book, "Tóm tắt"))
    gaps = rows(book, "Thiếu số liệu")
    assert any("Vạn Xuân" in str(row["Phạm vi"].value) for row in gaps)


def test_english_workbook(tmp_path: Path) -> None:
    result = assessed("viet-yen", None)
    book = written(result, tmp_path, lang="en")
    assert book.sheetnames == [
        "Summary", "Urban class", "Verdicts", "Units", "Standards of units", "Targets", "Missing data", "Coverage",
        "Density", "Plans", "Industrial zones", "Industrial land", "Figures", "Sources",
    ]  # fmt: skip
    cover = rows(book, "Coverage")
    assert {row["Denominator"].value for row in cover} == {
        "natural area",
        "urban construction land",
        "published area",
    }
    found = rows(book, "Verdicts")
    assert {str(row["Result"].value) for row in found} <= {
        "✓ passes",
        "✗ fails",
        "? not assessable",
        "– set aside",
    }
    assert found[1]["Reason"].value == result.judgement.classes[0].verdicts[1].reason.en
    assert rows(book, "Targets")[0]["Due"].number_format == "yyyy-mm-dd"


def test_a_city_without_targets_or_classes_has_no_empty_sheets(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers(), more={"classes": [], "class_aimed": []})
    book = written(geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w")), tmp_path)
    assert "Chỉ tiêu" not in book.sheetnames
    assert "Đánh giá" not in book.sheetnames
    assert "Đơn vị" in book.sheetnames
    assert "Số chỉ tiêu theo tình trạng" not in texts(book, "Tóm tắt")


def test_the_same_assessment_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_workbook(geoplan.assess(geoplan.open_city("hung-yen")), tmp_path / f"{name}.xlsx")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()


# --- texts --------------------------------------------------------------------------------------


def test_hostile_text_is_text_in_the_workbook(tmp_path: Path) -> None:
    layers = tiny_layers('=HYPERLINK("http://127.0.0.1","{}")')
    layers["plans"]["decision"] = "=1+1"
    targets = tiny_targets()
    for row in targets["targets"]:
        row |= {"section": "=3+3", "quote": "@SUM(1)"}
    indicators = tiny_indicators()
    indicators["source"] = "+cmd|' /C calc'!A0"
    write_city(tmp_path / "w", layers, title="=2+2", targets=targets, indicators=indicators)
    book = written(geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w")), tmp_path)
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row if isinstance(c.value, str)]
    shown = {c.value for c in cells}
    assert {"=1+1", "=3+3", "“@SUM(1)”"} <= shown
    assert any(text.startswith("=HYPERLINK") for text in shown)
    assert all(c.data_type == "s" for c in cells)
    assert all(c.hyperlink is None for c in cells)
    assert not book.defined_names


@given(text=st.text(min_size=1, max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_as_text(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "a.xlsx"
    with xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False}) as book:
        column = Column(words("Chữ", "Text"))
        Sheets(book, "vi").table(Table(words("A", "A"), (column,), [[text]], frozen=1), [])
    cell = openpyxl.load_workbook(path)["A"].cell(3, 1)
    assert cell.data_type == "s"
    back = re.sub(r"_x([0-9A-Fa-f]{4})_", lambda m: chr(int(m[1], 16)), str(cell.value))
    allowed = re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)
    assert back.replace("\r\n", "\n").replace("\r", "\n") == allowed.replace("\r\n", "\n").replace("\r", "\n")


@pytest.mark.parametrize(
    ("shown", "pattern"),
    [
        (Figure(1580.25, "person_per_km2"), "#,##0"),
        (Figure(73.89, "km2"), "#,##0.00"),
        (Figure(48.6, "percent"), "#,##0.0"),
        (Figure(0.04, "percent"), "#,##0.0"),
        (Figure(0.04, "percent", signed=True), "+#,##0.000;-#,##0.000;0"),  # it would read as nothing
        (
            Figure(1e-12, "percent", signed=True),
            "+#,##0.0;-#,##0.0;0",
        ),  # a rounding of the last bit is nothing
        (Figure(None, "ha"), "#,##0.0"),
        (Figure(-614, "person", signed=True), "+#,##0;-#,##0;0"),
    ],
)
def test_numbers_have_the_digits_of_their_unit(shown: Figure, pattern: str) -> None:
    assert shown.pattern == pattern


def test_a_bound_a_level_and_an_unknown_in_cells(tmp_path: Path) -> None:
    city = Scope(id="city", name=words("thành phố", "city"))
    plain = Quantity(
        metric="m", name=words("a", "a"), value=85.0, unit="percent", scope=city, on=dt.date(2024, 1, 1)
    )
    shown = [
        figure(replace(plain, qualifier="over"), "vi"),
        figure(replace(plain, said=words("cấp tỉnh", "provincial")), "vi"),
        figure(replace(plain, value=None), "vi"),
        figure(replace(plain, value=float("nan")), "vi"),
        figure(None, "vi"),
        dt.date(2024, 1, 18),
        3,
    ]
    path = tmp_path / "a.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        columns = tuple(Column(words(str(i), str(i)), 12) for i in range(len(shown)))
        Sheets(book, "vi").table(Table(words("A", "A"), columns, [shown]), [])
    cells = list(openpyxl.load_workbook(path)["A"][3])
    when = dt.datetime(2024, 1, 18)  # noqa: DTZ001 - as a cell holds it
    assert [c.value for c in cells] == [85, "cấp tỉnh", None, None, None, when, 3]
    assert cells[0].number_format == '"trên "#,##0.0'
    assert cells[5].number_format == "dd/mm/yyyy"


def test_rows_are_as_high_as_their_texts_need() -> None:
    assert lines_of("một dòng", 20) == 1
    assert lines_of("a" * 18, 20) == 1
    assert lines_of("a" * 19, 20) == 2
    assert lines_of("tám chữ " * 9, 20) == 5
    assert lines_of("a\nb\n\nc", 20) == 4
    assert lines_of("", 1) == 1
