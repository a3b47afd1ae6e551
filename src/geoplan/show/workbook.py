"""The workbook of a city: a sheet a table, real numbers, words in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import pandas as pd
import xlsxwriter

from geoplan import __about__
from geoplan.criteria.telling import MARKS, STATUS, target_mark
from geoplan.exports.atomic import beside
from geoplan.model import words
from geoplan.show.comparison import changes_table, moves_table
from geoplan.show.labels import word
from geoplan.show.page import note_lines, standing_warnings
from geoplan.show.verdict_words import (
    FACTORS,
    OUTCOMES,
    class_held,
    class_name,
    count_outcomes,
    count_statuses,
    outcome,
)
from geoplan.show.workbook_sheet import Column, Sheets, Table
from geoplan.show.workbook_tables import (
    SOURCE_WIDTHS,
    figures_table,
    frame_table,
    measured_tables,
    rulebooks_table,
    sources_table,
)
from geoplan.show.workbook_verdicts import verdict_tables
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.scenario.compare import Comparison
    from geoplan.show.workbook_sheet import Cell

_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
_SUMMARY_WIDTHS: Final = (34, 23, 23, 16, 13, 16, 13, 13, 13, 44)
_FINDINGS: Final = words("Kết luận", "Findings")
_ASKED: Final = words("Nội dung", "Question")
_RESULT: Final = words("Kết quả", "Result")
_UNITS_BY_RESULT: Final = words("Số đơn vị theo kết quả", "Units by result")
_ALL_UNITS: Final = words("Các đơn vị, theo loại hiện nay", "Units, each as what it is now")
_CANDIDATES: Final = words("Các xã dự kiến lên phường", "Communes slated to become wards")
_TARGETS: Final = words("Số chỉ tiêu theo tình trạng", "Targets by status")
_ALL_TARGETS: Final = words("Chỉ tiêu của các văn bản", "Targets of the documents")
_AS_UNIT: Final = words("Cả đô thị là một đơn vị", "The whole city as a unit")
_FACTORS: Final = words("Yếu tố đặc thù", "Special factors")


def write_workbook(
    result: Assessment, path: Path, *, lang: Lang = "vi", comparison: Comparison | None = None
) -> None:
    """Write the workbook of an assessment.

    Sheets: summary; urban class, verdicts, units, their standards, targets, missing data; coverage by
    commune and kind, density, plans, zones, industrial land by commune; every figure with its parts;
    sources and rulebooks. Unknown figures are empty cells. Text from data is never a formula or a link.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    path
        Where to; an existing file is replaced whole.
    lang
        ``vi`` or ``en``.
    comparison
        What the assessment is compared with: two sheets more, on what moves and what was changed.
    """
    with beside(path) as draft, xlsxwriter.Workbook(str(draft), _OPTIONS) as book:
        created = dt.datetime.combine(result.on, dt.time())
        book.set_properties(
            {"title": result.city.title(lang), "created": created, "comments": f"geoplan {__about__.VERSION}"}
        )
        sheets = Sheets(book, lang)
        _summary(sheets, result)
        tables = [*verdict_tables(result, lang), *measured_tables(result, lang)]
        if comparison is not None:
            tables = [moves_table(comparison, lang), changes_table(comparison, lang), *tables]
        for table in [*tables, figures_table(result.quantities.values(), lang)]:
            sheets.table(table, _preface(sheets, result, table.name.text(lang)))
        _sources(sheets, result)


def _preface(sheets: Sheets, result: Assessment, title: str) -> list[tuple[str, Format | None]]:
    """What every sheet begins with: its title, the date, and the sentences on standing."""
    lang = sheets.lang
    when = f"{word('on_date', lang)} {date_text(result.on, lang=lang)}"
    warnings = standing_warnings(result, lang=lang)
    return [(title, sheets.title), (when, None), *((text, sheets.standing) for text in warnings)]


def _summary(sheets: Sheets, result: Assessment) -> None:
    """The first sheet: what city, which date, what follows, and the totals of each group."""
    lang = sheets.lang
    sheet = sheets.book.add_worksheet(word("summary", lang))
    for at, width in enumerate(_SUMMARY_WIDTHS):
        sheet.set_column(at, at, width)
    title = f"{result.city.title(lang)} – {word('map.title', lang)}"
    row = sheets.lines(sheet, _preface(sheets, result, title), _SUMMARY_WIDTHS) + 1
    for key, text in _facts(result, lang):
        row = _labelled(sheets, sheet, row, key, text)
    row = _findings(sheets, sheet, row, result)
    for name, frame in (
        ("coverage", result.coverage_totals),
        ("density", result.density_totals),
        ("stated", _stated(result, lang)),
    ):
        sheets.write(sheet, row + 1, 0, word(name, lang), sheets.title)
        table, spread = frame_table(name, frame, lang), name == "stated" and len(frame) > 0
        row = sheets.grid(sheet, table, row + 2, _SUMMARY_WIDTHS, spread=spread)
    row += 1
    for note in [word("method.missing", lang), *note_lines(result, lang=lang)]:
        sheets.across(sheet, row, 0, len(_SUMMARY_WIDTHS) - 1, note, width=sum(_SUMMARY_WIDTHS))
        row += 1
    sheet.freeze_panes(1, 0)
    sheets.paper(sheet, width=sum(_SUMMARY_WIDTHS))


def _facts(result: Assessment, lang: Lang) -> list[tuple[str, str]]:
    city, info = result.city, result.city.info
    aims = "; ".join(
        f"{class_name(aim.class_, lang)} ({aim.due}; {aim.document})" for aim in info.class_aimed
    )
    factors = "; ".join(f"{FACTORS[f.id].text(lang)} ({f.article}; {f.source})" for f in city.factors)
    facts = [
        (word("date", lang), date_text(result.on, lang=lang)),
        (word("province", lang), city.province),
        (word("class_now", lang), class_held(city.urban_class, lang)),
        (word("class_aimed", lang), aims),
        (_FACTORS.text(lang), factors),
        (word("units", lang), str(len(city.communes))),
        (word("crs", lang), info.crs),
    ]
    return [(label, text) for label, text in facts if text]


def _labelled(sheets: Sheets, sheet: Worksheet, row: int, label: str, text: str) -> int:
    """A label and a text over the other columns; the next row."""
    sheets.write(sheet, row, 0, label, sheets.bold)
    sheets.across(sheet, row, 1, len(_SUMMARY_WIDTHS) - 1, text, width=sum(_SUMMARY_WIDTHS[1:]))
    return row + 1


def _findings(sheets: Sheets, sheet: Worksheet, row: int, result: Assessment) -> int:
    """A line for each class and for the city as a unit, then how many units and targets stand how."""
    lang, judged = sheets.lang, result.judgement
    lines = [(c.title.text(lang), f"{MARKS[c.passes]} {c.reason.text(lang)}") for c in judged.classes]
    if judged.city_unit is not None:
        unit = judged.city_unit
        lines.append((_AS_UNIT.text(lang), f"{outcome(unit.passes, lang)}: {unit.reason.text(lang)}"))
    if lines:
        sheets.write(sheet, row + 1, 0, _FINDINGS.text(lang), sheets.title)
        row += 2
    for title, text in lines:
        row = _labelled(sheets, sheet, row, title, text)
    for table in _counts(result, lang):
        sheets.write(sheet, row + 1, 0, table.name.text(lang), sheets.title)
        row = sheets.grid(sheet, table, row + 2, _SUMMARY_WIDTHS)
    return row


def _counts(result: Assessment, lang: Lang) -> list[Table]:
    """How many units pass, fail and are open; how many targets are met, on track, behind, overdue."""
    judged = result.judgement
    own = [unit for unit in judged.units if not unit.candidate]
    groups = [(_ALL_UNITS, own), (_CANDIDATES, judged.candidates)]
    units: list[Sequence[Cell]] = [
        [title.text(lang), *count_outcomes(members).values()] for title, members in groups if members
    ]
    heads = [words(outcome(key, "vi"), outcome(key, "en")) for key in OUTCOMES]
    tables = [Table(_UNITS_BY_RESULT, tuple(Column(text) for text in (_ASKED, *heads)), units)]
    if judged.targets:
        row: list[Cell] = [_ALL_TARGETS.text(lang), *count_statuses(judged.targets).values()]
        marked = [words(f"{target_mark(k)} {t.vi}", f"{target_mark(k)} {t.en}") for k, t in STATUS.items()]
        tables.append(Table(_TARGETS, tuple(Column(text) for text in (_ASKED, *marked)), [row]))
    return tables


def _stated(result: Assessment, lang: Lang) -> pd.DataFrame:
    rows = [
        {
            "on_date": date_text(s.on, lang=lang),
            "population": s.population,
            "area_published_km2": s.area_km2,
            "confidence": s.confidence,
            "source": s.source,
        }
        for s in result.city.info.stated
    ]
    return pd.DataFrame(rows)


def _sources(sheets: Sheets, result: Assessment) -> None:
    """The last sheet: every layer and rulebook with its source and fingerprint; how areas are measured."""
    lang = sheets.lang
    layers, books = sources_table(result, lang), rulebooks_table(result, lang)
    sheet = sheets.table(layers, _preface(sheets, result, layers.name.text(lang)))
    below = len(_preface(sheets, result, "")) + 2 + len(layers.rows)
    row = sheets.grid(sheet, books, below + 1, SOURCE_WIDTHS) if books.rows else below
    sheets.write(sheet, row + 1, 0, word("method", lang), sheets.bold)
    sheets.write(sheet, row + 2, 0, word("method.area", lang))
