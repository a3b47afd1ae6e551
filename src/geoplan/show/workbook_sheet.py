"""Tables and cells of a workbook: real numbers in the format of their unit, texts that stay texts."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.model import words
from geoplan.quantity import QUALIFIERS, UNITS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    from geoplan.criteria.verdict import Verdict
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.quantity import Qualifier, Quantity

_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that no XML file, and so no workbook, can hold."""
_NARROWEST, _WIDEST = 9, 60
_A4, _A3 = 9, 8
_A4_CHARACTERS, _A3_CHARACTERS = 210, 355
"""Columns wider than this together would be too small to read on one page of that paper."""
_DATES: Final = {"vi": "dd/mm/yyyy", "en": "yyyy-mm-dd"}
_LINE_POINTS, _MOST_POINTS = 16, 405
_RULE: Final = {"bottom": 1, "bottom_color": "#D5D5D5", "valign": "top"}
_INDENT: Final = 2
"""Characters that a text's indent takes, which keeps it off the number before it."""
_BAR_CHARACTERS: Final = 80
_PAGE: Final = words("Trang", "Page")
_COLOURS: Final = {
    "✓": {"bg_color": "#E2F1E4", "font_color": "#14532D"},
    "✗": {"bg_color": "#F3C6BF", "font_color": "#7A1712", "bold": True},
    "?": {"bg_color": "#FFF6D6", "font_color": "#5C4400", "italic": True},
}
"""By the mark that a cell begins with: told apart in grey by lightness and type."""


@dataclass(frozen=True)
class Figure:
    """A number in a cell, in its unit; `signed` for a margin, which says on which side it is."""

    value: float | None
    unit: str
    qualifier: Qualifier | None = None
    signed: bool = False

    @property
    def pattern(self) -> str:
        """Its number format: the digits of its unit, more for a margin that would read as nothing."""
        digits = UNITS[self.unit].digits
        size = abs(self.value or 0.0)
        if self.signed and 0.5 * 10 ** -(digits + 2) <= size < 0.5 * 10**-digits:
            digits += 2
        plain = "#,##0" + ("." + "0" * digits if digits else "")
        return f"+{plain};-{plain};0" if self.signed else plain


Cell = Figure | str | float | dt.date | None


@dataclass(frozen=True)
class Column:
    """A heading; the width in characters (by the texts when None); whether cells begin with a mark."""

    heading: Words
    width: int | None = None
    marked: bool = False


@dataclass(frozen=True)
class Table:
    """What one sheet shows.

    Attributes
    ----------
    name, note
        Of the sheet; how to read it, above the table.
    frozen
        How many columns stay when it is moved.
    """

    name: Words
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Cell]]
    note: Words | None = None
    frozen: int = 2


def figure(quantity: Quantity | None, lang: Lang) -> Figure | str | None:
    """What a cell shows of a quantity: its number, or its words when it is a level or a yes."""
    if quantity is None:
        return None
    if quantity.said is not None:
        return quantity.said.text(lang)
    return Figure(quantity.value, quantity.unit, quantity.qualifier)


def limit(verdict: Verdict, lang: Lang) -> Figure | str | None:
    """What a cell shows of a threshold: the number, the level in words, nothing when it was not found."""
    if verdict.threshold_said is not None:
        return verdict.threshold_said.text(lang)
    return Figure(verdict.threshold, verdict.quantity.unit)


def unit_text(unit: str, lang: Lang) -> str | None:
    """A unit in words; None when it has none."""
    return UNITS[unit].words.text(lang) or None


class _Exact(float):
    """A number written with every digit that it has: xlsxwriter cuts it to 16, which loses the last bit."""

    def __format__(self, spec: str) -> str:
        return repr(float(self))


class Sheets:
    """Writes tables and lines into one workbook in one language."""

    def __init__(self, book: Any, lang: Lang) -> None:
        self.book = book
        self.lang = lang
        self.bold = book.add_format({"bold": True, "valign": "top"})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.standing = book.add_format({"bold": True, "bg_color": "#FFF3CD"})
        self.note = book.add_format({"italic": True, "font_color": "#444444"})
        self.text = book.add_format({"valign": "top", "text_wrap": True})
        self._text = book.add_format({**_RULE, "text_wrap": True, "align": "left", "indent": 1})
        self._blank = book.add_format(_RULE)
        self._heading = book.add_format(
            {**_RULE, "bold": True, "text_wrap": True, "align": "left", "indent": 1, "bg_color": "#E3EAF2"}
        )
        self._marks = {sign: book.add_format(look) for sign, look in _COLOURS.items()}
        self._patterns: dict[str, Format] = {}

    def table(self, table: Table, preface: Sequence[tuple[str, Format | None]]) -> Worksheet:
        """A sheet with one table under some lines: headings frozen, filtered and repeated on paper."""
        sheet = self.book.add_worksheet(table.name.text(self.lang))
        lines = [*preface, *([] if table.note is None else [(table.note.text(self.lang), self.note)])]
        widths = [self._width(table, at, column) for at, column in enumerate(table.columns)]
        for at, width in enumerate(widths):
            sheet.set_column(at, at, width)
        top = self.lines(sheet, lines, widths) + 1
        self.grid(sheet, table, top, widths)
        if table.rows:
            sheet.autofilter(top, 0, top + len(table.rows), len(table.columns) - 1)
        sheet.freeze_panes(top + 1, table.frozen)
        sheet.repeat_rows(top)
        sheet.repeat_columns(0, table.frozen - 1)
        self.paper(sheet, width=sum(widths))
        return sheet

    def lines(
        self, sheet: Worksheet, lines: Sequence[tuple[str, Format | None]], widths: Sequence[int]
    ) -> int:
        """Lines at the top, their background under the whole text; the row after them."""
        bar = next(
            (i for i in range(len(widths)) if sum(widths[: i + 1]) >= _BAR_CHARACTERS), len(widths) - 1
        )
        for row, (text, look) in enumerate(lines):
            self.write(sheet, row, 0, text, look)
            if look is self.standing:
                for column in range(1, bar + 1):
                    sheet.write_blank(row, column, None, look)
        return len(lines)

    def grid(
        self, sheet: Worksheet, table: Table, top: int, widths: Sequence[int], *, spread: bool = False
    ) -> int:
        """A table with its headings, in rows high enough for their texts; the row after it.

        With `spread` the last column takes the width of all that are to the right of it.
        """
        if spread:
            last, end = len(table.columns) - 1, len(widths) - 1
            for row in range(top, top + 1 + len(table.rows)):
                sheet.merge_range(row, last, row, end, "", self._heading if row == top else self._text)
            widths = [*widths[:last], sum(widths[last:])]
        headings = [column.heading.text(self.lang) for column in table.columns]
        for at, heading in enumerate(headings):
            self.write(sheet, top, at, heading, self._heading)
        self._high_enough(sheet, top, headings, [width + 1 for width in widths])
        for i, cells in enumerate(table.rows, start=top + 1):
            for at, cell in enumerate(cells):
                self.cell(sheet, i, at, cell)
            self._high_enough(sheet, i, cells, widths)
        for at, column in enumerate(table.columns):
            if column.marked and table.rows:
                self._colour(sheet, top + 1, at, top + len(table.rows))
        return top + 1 + len(table.rows)

    def cell(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        """One cell; what is unknown stays empty."""
        shown = Figure(float(cell), "count") if isinstance(cell, int | float) else cell
        if isinstance(shown, Figure) and shown.value is not None and math.isfinite(shown.value):
            sheet.write_number(row, column, _Exact(shown.value), self._number(shown))
        elif shown is None or isinstance(shown, Figure):
            sheet.write_blank(row, column, None, self._blank)
        elif isinstance(shown, dt.date):
            moment = dt.datetime.combine(shown, dt.time())
            sheet.write_datetime(row, column, moment, self._format(_DATES[self.lang]))
        else:
            self.write(sheet, row, column, shown, self._text)

    def write(self, sheet: Worksheet, row: int, column: int, text: str, look: Format | None = None) -> None:
        """A text, which is never a formula, a number or a link."""
        sheet.write_string(row, column, _NOT_XML.sub("\ufffd", text), look)

    def across(self, sheet: Worksheet, row: int, first: int, last: int, text: str, *, width: int) -> None:
        """A text over several columns of this width together, wrapped, in a row high enough for it."""
        sheet.merge_range(row, first, row, last, "", self.text)
        self.write(sheet, row, first, text, self.text)
        self._high_enough(sheet, row, [text], [width])

    def paper(self, sheet: Worksheet, *, width: int) -> None:
        """Landscape, A3 when it would be too small on A4, two pages when on A3, too; page numbers below."""
        sheet.set_landscape()
        sheet.set_paper(_A4 if width <= _A4_CHARACTERS else _A3)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.fit_to_pages(math.ceil(width / _A3_CHARACTERS), 0)
        sheet.set_footer(f"&L&A&R{_PAGE.text(self.lang)} &P/&N")

    @staticmethod
    def _high_enough(sheet: Worksheet, row: int, cells: Sequence[Cell], widths: Sequence[int]) -> None:
        """Set the height that the longest text needs: not every program finds it by itself."""
        texts = ((cell, width) for cell, width in zip(cells, widths, strict=False) if isinstance(cell, str))
        needed = max((lines_of(text, width) for text, width in texts), default=1)
        if needed > 1:
            sheet.set_row(row, min(_LINE_POINTS * needed, _MOST_POINTS))

    def _colour(self, sheet: Worksheet, first: int, column: int, last: int) -> None:
        """Colours by the mark, so that they follow when rows are sorted or edited."""
        for sign, look in self._marks.items():
            rule = {"type": "text", "criteria": "begins with", "value": sign, "format": look}
            sheet.conditional_format(first, column, last, column, rule)

    def _width(self, table: Table, at: int, column: Column) -> int:
        """Wide enough for the longest text and the longest word of the heading; long texts wrap."""
        if column.width is not None:
            return column.width
        texts = [len(row[at]) for row in table.rows if isinstance(row[at], str)]  # type: ignore[arg-type]
        longest = max(
            [*texts, _NARROWEST, *(len(word) + 2 for word in column.heading.text(self.lang).split())]
        )
        return min(longest + _INDENT + 1, _WIDEST)

    def _number(self, shown: Figure) -> Format:
        if shown.qualifier is None:
            return self._format(shown.pattern)
        return self._format(f'"{QUALIFIERS[shown.qualifier].text(self.lang)} "{shown.pattern}')

    def _format(self, pattern: str) -> Format:
        if pattern not in self._patterns:
            self._patterns[pattern] = self.book.add_format({**_RULE, "num_format": pattern})
        return self._patterns[pattern]


@functools.lru_cache(maxsize=4096)
def lines_of(text: str, width: int) -> int:
    """How many lines a text takes in a column of this width."""
    room = max(width - _INDENT, 1)
    if len(text) <= room and "\n" not in text:
        return 1
    return sum(max(len(textwrap.wrap(part, room)), 1) for part in text.split("\n"))
