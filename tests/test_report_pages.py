"""What pages of reports looked like when they were looked at: notes, units, dates, slivers, widths."""

from __future__ import annotations

import datetime as dt
import subprocess
from typing import TYPE_CHECKING

import docx
import openpyxl
import pandas as pd
import pytest
from docx.oxml.ns import qn

import geoplan
from cities import tiny_layers, write_city
from exporting import needs
from geoplan.show.report import content
from geoplan.show.report.docx import write_docx
from geoplan.show.report.html import html_page
from geoplan.show.report.model import Column, Grid, Paragraph, Report, pages, tied
from geoplan.show.report.pdf import write_pdf
from geoplan.text import date_text

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.assessment import Assessment

NOTE = "Ghi chú: “…” là chưa có số liệu."


@pytest.fixture(scope="module")
def hung_yen() -> Assessment:
    return geoplan.assess(geoplan.open_city("hung-yen"))


def report_of(*blocks: Grid | Paragraph) -> Report:
    return Report(
        lang="vi", on=dt.date(2024, 1, 18), city="Nơi", nation="NƯỚC", motto="Tiêu ngữ", parent_agency="",
        agency="CƠ QUAN", number="Số: 1", date="ngày", kind="BÁO CÁO", subject="Về việc", recipients="Nơi nhận:",
        signer="NGƯỜI KÝ", blocks=blocks,
    )  # fmt: skip


def grid_of(rows: int) -> Grid:
    columns = (Column("Đơn vị", 30), Column("Diện tích (ha)", 20, numeric=True))
    cells = tuple((f"Xã số {i}", "…") for i in range(rows))
    return Grid(caption="Bảng 1. Thử", columns=columns, rows=cells, note=NOTE)


def test_a_note_stands_under_the_last_row_wherever_the_page_ends(tmp_path: Path) -> None:
    path, pages_of = tmp_path / "a.pdf", []
    for rows in range(42, 56):
        write_pdf(report_of(grid_of(rows)), path, drawings={})
        call = [needs("pdftotext"), "-layout", str(path), "-"]
        text = subprocess.run(call, check=True, capture_output=True, text=True).stdout
        (noted,) = (page for page in text.split("\f") if NOTE in page)
        before, _ = noted.split(NOTE)
        assert before.split("\n")[-2].split() == ["Xã", "số", str(rows - 1), "…"]
        pages_of.append(text.count("Đơn vị"))
    assert set(pages_of) == {1, 2}  # the end of a page was among them


def test_word_keeps_the_note_with_the_last_row(tmp_path: Path) -> None:
    write_docx(report_of(grid_of(3)), tmp_path / "a.docx", drawings={})
    table = docx.Document(str(tmp_path / "a.docx")).tables[-2]  # the last is for signing
    kept = [
        [p.paragraph_format.keep_with_next for cell in row.cells for p in cell.paragraphs]
        for row in table.rows
    ]
    assert kept == [[True, True], [None, None], [None, None], [True, True]]
    for look in table._tbl.iter(qn("w:pPr")):  # the order that the schema asks for
        names = [child.tag for child in look]
        assert names == sorted(names, key=[qn("w:pStyle"), qn("w:keepNext"), qn("w:jc")].index)


@pytest.mark.parametrize(
    ("loose", "kept"),
    [
        ("phủ 48,6 % diện tích", "phủ 48,6\u00a0% diện tích"),
        ("cần ≥ 1.800 người/km²", "cần ≥\u00a01.800 người/km²"),
        ("3.627,8 ha tại 10 đơn vị", "3.627,8\u00a0ha tại 10 đơn vị"),
        ("73,89 km², thiếu", "73,89\u00a0km², thiếu"),
        ("hơn 5 hai lần; a < b", "hơn 5 hai lần; a < b"),
    ],
)
def test_a_number_stays_with_its_sign_and_unit(loose: str, kept: str) -> None:
    (block,) = tied(report_of(Paragraph(loose))).blocks
    assert isinstance(block, Paragraph)
    assert block.text == kept
    assert kept.replace("<", "&lt;") in html_page(tied(report_of(Paragraph(loose))), drawings={})


def test_a_moment_is_shown_as_its_day() -> None:
    for day in (dt.date(2020, 3, 5), pd.Timestamp("2020-03-05")):
        assert date_text(day, lang="en") == "2020-03-05"
        assert date_text(day) == "05/03/2020"


def test_the_english_report_has_dates_without_hours(hung_yen: Assessment) -> None:
    grids = [b for b in content(hung_yen, lang="en").blocks if isinstance(b, Grid)]
    (plans,) = (g for g in grids if "Plans in force" in g.caption)
    assert "2020-10-30" in plans.rows[0][3]
    assert not [cell for g in grids for row in g.rows for cell in row if "00:00" in cell]


def test_a_sliver_that_shows_as_nothing_is_no_place(hung_yen: Assessment) -> None:
    gaps = hung_yen.gaps[hung_yen.gaps["plan_kind"] == "zoning"]
    assert (gaps["area_km2"] < 0.0005).any()
    grids = [b for b in content(hung_yen).blocks if isinstance(b, Grid)]
    (table,) = (g for g in grids if g.caption.endswith("Nơi chưa có quy hoạch phân khu"))
    assert len(table.rows) - 1 == (gaps["area_km2"] >= 0.0005).sum()
    assert not [row for row in table.rows if row[2] == "0,0"]


def test_targets_name_a_document_that_the_first_part_explains(hung_yen: Assessment) -> None:
    blocks = content(hung_yen).blocks
    told = [b.text for b in blocks if isinstance(b, Paragraph) and b.text.startswith("Văn bản đặt ra")]
    (table,) = (b for b in blocks if isinstance(b, Grid) and b.caption.endswith("tình trạng thực hiện"))
    assert {row[0].split(",")[0] for row in table.rows} == {"003"}
    assert told == ["Văn bản đặt ra chỉ tiêu (003): Kết luận ngày 18/01/2024 về thành phố Hưng Yên."]


def test_places_that_miss_a_target_are_named_in_the_language(hung_yen: Assessment) -> None:
    tables = {
        lang: [b for b in content(hung_yen, lang=lang).blocks if isinstance(b, Grid) and len(b.columns) == 8]
        for lang in ("vi", "en")
    }
    vi, en = ([row[-1] for row in tables[lang][-1].rows if "Quảng Châu" in row[-1]] for lang in ("vi", "en"))
    assert len(vi) == len(en) == 1
    assert "xã Quảng Châu 607,8 ha" in vi[0]
    assert "Quảng Châu commune 607.8 ha" in en[0]
    assert "xã" not in en[0]


def test_no_part_ends_with_a_page_for_one_line(hung_yen: Assessment) -> None:
    for _, blocks in pages(content(hung_yen).blocks):
        assert not (len(blocks) == 1 and isinstance(blocks[0], Paragraph))
        assert not (isinstance(blocks[-1], Paragraph) and "Lập bằng" in blocks[-1].text and len(blocks) < 4)


def test_the_source_of_a_stated_figure_has_room_in_the_workbook(hung_yen: Assessment, tmp_path: Path) -> None:
    geoplan.report(hung_yen, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    sources = {s.source for s in hung_yen.city.info.stated}
    found = [cell for row in sheet.iter_rows() for cell in row if cell.value in sources]
    assert len(found) == len(hung_yen.city.info.stated) > 0
    merged = {r.min_row: r for r in sheet.merged_cells.ranges if r.min_col == found[0].column}
    for cell in found:
        room = merged[cell.row]
        wide = sum(
            sheet.column_dimensions[openpyxl.utils.get_column_letter(c)].width
            for c in range(room.min_col, room.max_col + 1)
        )
        assert wide > 60


def test_a_city_without_stated_figures_has_a_workbook(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    assert not result.city.info.stated
    geoplan.report(result, tmp_path / "a.xlsx")
    assert openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0].title == "Tóm tắt"
