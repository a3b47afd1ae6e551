"""The workbook of a city: a sheet a table, real numbers, words in the reader's language."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import xlsxwriter

from geoplan import __about__
from geoplan.exports.atomic import beside
from geoplan.show import labels
from geoplan.show.labels import word
from geoplan.show.page import note_lines, standing_warnings
from geoplan.text import date_text

if TYPE_CHECKING:
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

_FORMATS: Final = {
    "km2": "#,##0.00",
    "ha": "#,##0.00",
    "pct": "#,##0.0",
    "whole": "#,##0",
    "date": "dd/mm/yyyy",
}
_WORD_COLUMNS: Final = {"unit_kind", "denominator", "group", "status", "kind", "confidence"}


def write_workbook(result: Assessment, path: Path, *, lang: Lang = "vi") -> None:
    """Write the workbook of an assessment.

    Sheets: summary, coverage by commune and kind, density, plans, zones, industrial land by commune,
    sources. Unknown figures are empty cells. Text from data is never a formula or a link.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    path
        Where to; an existing file is replaced whole.
    lang
        ``vi`` or ``en``.
    """
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with beside(path) as draft, xlsxwriter.Workbook(str(draft), options) as book:
        title = result.city.title(lang)
        created = dt.datetime.combine(result.on, dt.time())
        book.set_properties({"title": title, "created": created, "comments": f"geoplan {__about__.VERSION}"})
        writer = _Writer(book, result, lang)
        writer.summary()
        for name, table in _tables(result):
            writer.table(name, table)
        writer.sources()


def _tables(result: Assessment) -> list[tuple[str, pd.DataFrame]]:
    units = result.city.communes
    kinds = units["kind"]
    coverage = result.coverage.copy()
    coverage.insert(2, "unit_kind", kinds.reindex(coverage.index))
    density = result.density[["code", "name"]].copy()
    density["unit_kind"] = kinds
    density["ward_candidate"] = units["ward_candidate"]
    for column in ("population", "population_on", "population_source"):
        density[column] = units[column]
    density["area_km2"] = result.density["area_km2"]
    for column in ("area_published_km2", "area_source"):
        density[column] = units.get(column)
    for column in ("density_per_km2", "urban_land_km2", "density_urban_per_km2"):
        if column in result.density.columns:
            density[column] = result.density[column]
    plans = result.plans.rename(columns={"area_km2": "plan_area_km2"})
    for column in ("status", "scale", "decision", "approved_on", "expires_on", "superseded_on"):
        if column in result.city.plans.columns:
            plans[column] = result.city.plans[column]
    zones = result.zone_table.copy()
    for column in ("kind", "status", "established_on", "decision", "host_communes", "note"):
        if column in result.city.industrial_zones.columns:
            zones[column] = result.city.industrial_zones[column]
    return [
        ("coverage", coverage),
        ("density", density),
        ("plans", plans),
        ("zones", zones),
        ("zones_by_commune", result.zones),
    ]


class _Writer:
    """Writes sheets of one workbook in one language."""

    def __init__(self, book: Any, result: Assessment, lang: Lang) -> None:
        self.book = book
        self.result = result
        self.lang = lang
        self.bold = book.add_format({"bold": True})
        self.heading = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E3EAF2"}
        )
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.standing = book.add_format({"bold": True, "bg_color": "#FFF3CD"})
        self.text = book.add_format({"valign": "top", "text_wrap": True})
        self.numbers = {
            key: book.add_format({"num_format": text, "valign": "top"}) for key, text in _FORMATS.items()
        }

    def table(self, name: str, table: pd.DataFrame) -> None:
        """A sheet with one table: standing above, headings frozen and filtered."""
        sheet = self.book.add_worksheet(word(name, self.lang))
        top = self._preface(sheet, word(name, self.lang))
        self._grid(sheet, table, top)
        self._widths(sheet, table)
        sheet.repeat_rows(top)
        sheet.freeze_panes(top + 1, 2)
        if len(table):
            sheet.autofilter(top, 0, top + len(table), len(table.columns) - 1)
        self._paper(sheet)

    def summary(self) -> None:
        """The first sheet: what city, which date, and the totals of each group."""
        result, info = self.result, self.result.city.info
        sheet = self.book.add_worksheet(word("summary", self.lang))
        row = self._preface(sheet, f"{result.city.title(self.lang)} – {word('map.title', self.lang)}")
        aims = "; ".join(f"{aim.class_} ({aim.due}; {aim.document})" for aim in info.class_aimed)
        facts = [
            ("date", date_text(result.on, lang=self.lang)),
            ("province", result.city.province),
            ("class_now", f"{info.class_now} ({info.class_now_source})"),
            ("class_aimed", aims),
            ("units", str(len(result.city.communes))),
            ("crs", info.crs),
        ]
        for key, text in facts:
            sheet.write_string(row, 0, word(key, self.lang), self.bold)
            sheet.write_string(row, 1, text)
            row += 1
        for heading, table in (
            ("coverage", result.coverage_totals),
            ("density", result.density_totals),
            ("stated", self._stated()),
        ):
            row += 1
            sheet.write_string(row, 0, word(heading, self.lang), self.title)
            row = self._grid(sheet, table, row + 1) + 1
        for note in [word("method.missing", self.lang), *note_lines(result, lang=self.lang)]:
            row += 1
            sheet.write_string(row, 0, note)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 2, 24)
        sheet.set_column(3, 8, 13)
        sheet.set_column(9, 9, 60)
        sheet.freeze_panes(1, 0)
        self._paper(sheet)

    def sources(self) -> None:
        """The last sheet: every layer with its standing, file, fingerprint, source and licence."""
        rows = [
            {
                "layer": word("urban_land.layer" if name == "urban_land" else name, self.lang),
                "standing": labels.standing(layer.standing, self.lang),
                "source": layer.source.text(self.lang),
                "licence": layer.licence,
                "file": layer.file,
                "sha256": layer.sha256,
            }
            for name, layer in self.result.city.in_use.items()
        ]
        self.table("sources", pd.DataFrame(rows))
        sheet = self.book.get_worksheet_by_name(word("sources", self.lang))
        sheet.write_string(len(rows) + 6, 0, word("method", self.lang), self.bold)
        sheet.write_string(len(rows) + 7, 0, word("method.area", self.lang))

    def _stated(self) -> pd.DataFrame:
        rows = [
            {
                "on_date": date_text(s.on, lang=self.lang),
                "population": s.population,
                "area_published_km2": s.area_km2,
                "confidence": s.confidence,
                "source": s.source,
            }
            for s in self.result.city.info.stated
        ]
        return pd.DataFrame(rows)

    def _preface(self, sheet: Worksheet, title: str) -> int:
        """Title and the sentences on standing; the next free row."""
        sheet.write_string(0, 0, title, self.title)
        when = f"{word('on_date', self.lang)} {date_text(self.result.on, lang=self.lang)}"
        sheet.write_string(1, 0, when)
        row = 2
        for sentence in standing_warnings(self.result, lang=self.lang):
            sheet.write_string(row, 0, sentence, self.standing)
            row += 1
        return row + 1

    def _grid(self, sheet: Worksheet, table: pd.DataFrame, top: int) -> int:
        """A table with its headings; the row after it."""
        sheet.set_row(top, 45)
        for column, name in enumerate(table.columns):
            sheet.write_string(top, column, word(str(name), self.lang), self.heading)
            values = table[name].tolist()
            for i, value in enumerate(values, start=top + 1):
                self._cell(sheet, i, column, str(name), value)
        return top + 1 + len(table)

    def _widths(self, sheet: Worksheet, table: pd.DataFrame) -> None:
        """Columns wide enough for their texts; long texts wrap."""
        for column, name in enumerate(table.columns):
            texts = [self._text(str(name), v) for v in table[name].tolist() if isinstance(v, str)]
            longest = max([len(text) for text in texts] + [13])
            sheet.set_column(column, column, min(longest + 1, 60))

    def _cell(self, sheet: Worksheet, row: int, column: int, name: str, value: Any) -> None:
        if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
            return
        if isinstance(value, bool):
            sheet.write_string(row, column, word("yes" if value else "no", self.lang))
        elif isinstance(value, int | float):
            sheet.write_number(row, column, value, self._format(name))
        elif isinstance(value, dt.date):
            sheet.write_datetime(row, column, pd.Timestamp(value).to_pydatetime(), self.numbers["date"])
        else:
            sheet.write_string(row, column, self._text(name, str(value)), self.text)

    def _text(self, name: str, value: str) -> str:
        """A text of a table in the reader's language, when it is one of the contract's words."""
        if name == "plan_kind":
            return labels.plan_kind(value, self.lang)
        return word(value, self.lang) if name in _WORD_COLUMNS else value

    def _format(self, name: str) -> Format:
        unit = name.rsplit("_", 1)[-1]
        if name.startswith("density") or unit not in self.numbers:
            return self.numbers["whole"]
        return self.numbers[unit]

    def _paper(self, sheet: Worksheet) -> None:
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
