"""A table of a Word document, element by element: python-docx needs seconds for what this does at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from docx.oxml import OxmlElement
from docx.oxml.ns import qn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.show.report.model import Column, Grid

_TWIPS: Final = 1440 / 25.4
"""In a millimetre."""


def made_table(grid: Grid, *, room: float, text_style: str | None, table_style: str | None) -> Any:
    """The table as an element: fixed widths, a heading that repeats, rows that do not break.

    Parameters
    ----------
    grid
        What stands in it; texts go in as texts, escaped when the document is saved.
    room
        Millimetres that all columns take together.
    text_style, table_style
        Ids of the styles; Word's own when None.
    """
    share = room / sum(column.width for column in grid.columns)
    widths = [str(round(column.width * share * _TWIPS)) for column in grid.columns]
    table = OxmlElement("w:tbl")
    table.append(_properties(table_style, sum(int(width) for width in widths)))
    columns = _added(table, "w:tblGrid")
    for width in widths:
        _added(columns, "w:gridCol", w=width)
    heads = [column.head for column in grid.columns]
    table.append(_row(heads, widths, grid.columns, text_style, head=True, bold=True))
    strong = len(grid.rows) - grid.strong
    for at, row in enumerate(grid.rows):
        table.append(_row(row, widths, grid.columns, text_style, head=False, bold=at >= strong))
    if grid.note and grid.rows:
        _keep_with_next(table[-1])
    return table


def _keep_with_next(row: Any) -> None:
    """The note below never stands alone at the top of a page."""
    for look in row.iter(qn("w:pPr")):
        keep = OxmlElement("w:keepNext")
        look.insert(1 if look.find(qn("w:pStyle")) is not None else 0, keep)


def _added(parent: Any, name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)
    return element


def _properties(style: str | None, width: int) -> Any:
    properties = OxmlElement("w:tblPr")
    if style is not None:
        _added(properties, "w:tblStyle", val=style)
    _added(properties, "w:tblW", w=str(width), type="dxa")
    _added(properties, "w:jc", val="center")
    if style is None:
        borders = _added(properties, "w:tblBorders")
        for side in ("top", "left", "bottom", "right", "insideH", "insideV"):
            _added(borders, f"w:{side}", val="single", sz="4", space="0", color="000000")
    _added(properties, "w:tblLayout", type="fixed")
    margins = _added(properties, "w:tblCellMar")
    for side in ("left", "right"):
        _added(margins, f"w:{side}", w="70", type="dxa")
    _added(properties, "w:tblLook", val="0620", firstRow="1", lastRow="0", firstColumn="0", lastColumn="0")
    return properties


def _row(
    texts: Sequence[str],
    widths: Sequence[str],
    columns: Sequence[Column],
    style: str | None,
    *,
    head: bool,
    bold: bool,
) -> Any:
    row = OxmlElement("w:tr")
    properties = _added(row, "w:trPr")
    _added(properties, "w:cantSplit")
    if head:
        _added(properties, "w:tblHeader")
    for text, width, column in zip(texts, widths, columns, strict=True):
        cell = _added(row, "w:tc")
        _added(_added(cell, "w:tcPr"), "w:tcW", w=width, type="dxa")
        paragraph = _added(cell, "w:p")
        look = _added(paragraph, "w:pPr")
        if style is not None:
            _added(look, "w:pStyle", val=style)
        if head:
            _added(look, "w:keepNext")
        if head or column.numeric:
            _added(look, "w:jc", val="center" if head else "right")
        run = _added(paragraph, "w:r")
        if bold:
            _added(_added(run, "w:rPr"), "w:b")
        written = _added(run, "w:t")
        written.text = text
        written.set(qn("xml:space"), "preserve")
    return row
