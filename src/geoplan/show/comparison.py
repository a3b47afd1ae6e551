"""A comparison of scenarios as a workbook: real numbers, verdicts with their marks, what each was made by."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import xlsxwriter

from geoplan import __about__
from geoplan.exports.atomic import beside
from geoplan.model import words
from geoplan.scenario.moves import MOVE_KINDS
from geoplan.scenario.saying import side_text
from geoplan.show.labels import capital
from geoplan.show.page import standing_warnings
from geoplan.show.workbook_sheet import Column, Figure, Sheets, Table, unit_text
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.scenario.compare import Comparison
    from geoplan.scenario.moves import Move, Side
    from geoplan.show.workbook_sheet import Cell

_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
_MOVES: Final = words("Thay đổi", "What moves")
_CHANGES: Final = words("Các thay đổi giả định", "What was changed")
_WHAT: Final = words("Loại", "What")
_ITEM: Final = words("Nội dung", "Item")
_SCOPE: Final = words("Phạm vi", "Scope")
_UNIT: Final = words("Đơn vị tính", "Unit")
_CHANGE: Final = words("Chênh lệch", "Change")
_VERDICT: Final = words("Kết luận", "Verdict")
_BELOW: Final = words("Mẫu số", "Denominator")
_ARTICLE: Final = words("Căn cứ", "Basis")
_DAY: Final = words("Từ ngày", "From")
_DONE: Final = words("Thay đổi", "Change")
_OF: Final = words("Phương án", "Scenario")
_WIDTHS: Final = (18, 44, 34, 14)


def write_comparison(comparison: Comparison, path: Path, *, lang: Lang = "vi") -> None:
    """Write a comparison as a workbook: what moves, and what was changed.

    Unknown figures are empty cells; text from data is never a formula or a link. The same comparison gives
    the same bytes.

    Parameters
    ----------
    comparison
        From `geoplan.compare`.
    path
        Where to; an existing file is replaced whole.
    lang
        ``vi`` or ``en``.
    """
    last = comparison.results[-1]
    with beside(path) as draft, xlsxwriter.Workbook(str(draft), _OPTIONS) as book:
        created = dt.datetime.combine(last.on, dt.time())
        about = f"geoplan {__about__.VERSION}"
        book.set_properties({"title": last.city.title(lang), "created": created, "comments": about})
        sheets = Sheets(book, lang)
        top = [(last.city.title(lang), sheets.title), (comparison.summary(lang), None)]
        top += [(text, sheets.standing) for text in standing_warnings(last, lang=lang)]
        for table in (moves_table(comparison, lang), changes_table(comparison, lang)):
            sheets.table(table, top)


def moves_table(comparison: Comparison, lang: Lang) -> Table:
    """A row for each move, with numbers as numbers."""
    names = comparison.names
    heads = [_WHAT, _ITEM, _SCOPE, _UNIT]
    columns = [Column(text, width) for text, width in zip(heads, _WIDTHS, strict=True)]
    columns += [Column(_named(name), 16) for name in names]
    columns += [Column(_joined(_CHANGE, name) if len(names) > 2 else _CHANGE, 14) for name in names[1:]]  # noqa: PLR2004
    columns += [Column(_joined(_VERDICT, name), 24, marked=True) for name in names]
    columns += [Column(_joined(_BELOW, name), 26) for name in names]
    rows = [_row(move, lang) for move in comparison.moves]
    return Table(_MOVES, (*columns, Column(_ARTICLE, 40)), rows, frozen=3)


def _row(move: Move, lang: Lang) -> Sequence[Cell]:
    unit = move.unit or "count"
    sides, first = move.sides, move.sides[0]
    cells: list[Cell] = [
        MOVE_KINDS[move.what].text(lang),
        capital(move.name.text(lang)),
        move.where.text(lang),
        unit_text(unit, lang),
    ]
    cells += [_value(side, unit, lang) for side in sides]
    cells += [_change(first, side, unit) for side in sides[1:]]
    cells += [_verdict(move, side, lang) for side in sides]
    cells += [_below(side, lang) for side in sides]
    return [*cells, move.article]


def _value(side: Side | None, unit: str, lang: Lang) -> Cell:
    if side is None or side.value is None:
        return None if side is None or side.said is None else side.said.text(lang)
    return Figure(side.value, unit, None if side.quantity is None else side.quantity.qualifier)


def _change(first: Side | None, side: Side | None, unit: str) -> Cell:
    if first is None or side is None or first.value is None or side.value is None:
        return None
    return Figure(side.value - first.value, unit, signed=True)


def _verdict(move: Move, side: Side | None, lang: Lang) -> Cell:
    if move.what in {"number", "kind"}:
        return None
    return side_text(move, side, lang).partition(" (")[0]


def _below(side: Side | None, lang: Lang) -> Cell:
    part = None if side is None else side.denominator
    return None if part is None else part.text(lang)


def changes_table(comparison: Comparison, lang: Lang) -> Table:
    """What each scenario was made by, step by step."""
    rows: list[Sequence[Cell]] = [
        [capital(name.text(lang)), date_text(change.on, lang=lang), change.words.text(lang)]
        for name, result in zip(comparison.names, comparison.results, strict=True)
        for change in result.city.changes
    ]
    columns = (Column(_OF, 24), Column(_DAY, 14), Column(_DONE, 90))
    return Table(_CHANGES, columns, rows, frozen=1)


def _named(name: Words) -> Words:
    return words(capital(name.vi), capital(name.en))


def _joined(*texts: Words) -> Words:
    def line(parts: Iterable[str]) -> str:
        head, *rest = parts
        return f"{head}, {', '.join(rest)}"

    return words(line(t.vi for t in texts), line(t.en for t in texts))
