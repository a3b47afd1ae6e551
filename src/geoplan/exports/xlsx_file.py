"""XLSX: a sheet a layer and a table, with their types; texts that no one runs as formulas."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from geoplan.exports.vectors import plain_values
from geoplan.exports.writing import Format, Job, Loss, Written, require_finite
from geoplan.model import words
from geoplan.quantity import UNITS

if TYPE_CHECKING:
    from geoplan.exports.fields import Field
    from geoplan.exports.layers import ExportLayer

_CELL: Final = 32_767
"""Characters of a cell."""
_EXACT: Final = 2**53
_FIRST_DAY: Final = dt.date(1900, 3, 1)
"""Excel's calendar is wrong before."""
_CREATED: Final = dt.datetime(2000, 1, 1)  # noqa: DTZ001 - Excel has no zones
_FIELDS: Final = words("Cac_truong", "Fields")
_NO_SHAPES: Final = words("bảng tính không giữ hình học.", "a workbook holds no geometry.")


def write(job: Job) -> Written:
    """One workbook ``<stem>.xlsx``; its last sheet says what each column means."""
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    losses: list[Loss] = []
    with xlsxwriter.Workbook(str(job.folder / f"{job.stem}.xlsx"), options) as book:
        book.set_properties({"created": _CREATED, "title": job.stem})
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for layer in job.layers:
            require_finite(layer)
            losses += _sheet(book.add_worksheet(layer.name[:31]), layer, bold, day)
        _fields(book.add_worksheet(_FIELDS.text(job.lang)), job, bold)
    return Written(losses=tuple(losses))


def _sheet(sheet: Any, layer: ExportLayer, bold: Any, day: Any) -> list[Loss]:
    losses = [Loss(layer.name, "geometry", _NO_SHAPES)] if layer.spatial else []
    for column, field in enumerate(layer.fields):
        sheet.write_string(0, column, field.name, bold)
        changed = [0, 0]
        for row, value in enumerate(plain_values(layer.frame[field.name], field), start=1):
            lost = _write(sheet, row, column, value, day)
            if lost is not None:
                changed[lost] += 1
        losses += _lost(layer.name, field, changed)
    sheet.freeze_panes(1, 0)
    if layer.fields and len(layer.frame):
        sheet.autofilter(0, 0, len(layer.frame), len(layer.fields) - 1)
    sheet.autofit()
    return losses


def _write(sheet: Any, row: int, column: int, value: Any, day: Any) -> int | None:
    """Write one cell; 0 when it was cut, 1 when its type changed."""
    if value is None:
        return None
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, float) or (isinstance(value, int) and abs(value) <= _EXACT):
        sheet.write_number(row, column, value)
    elif isinstance(value, dt.date) and value >= _FIRST_DAY:
        sheet.write_datetime(row, column, dt.datetime.combine(value, dt.time()), day)
    else:
        text = str(value)
        sheet.write_string(row, column, text[:_CELL])
        if not isinstance(value, str):
            return 1
        return 0 if len(text) > _CELL else None
    return None


def _lost(layer: str, field: Field, changed: list[int]) -> list[Loss]:
    out = []
    shortened, retyped = changed
    if shortened:
        text = words(
            f"{shortened} chữ bị cắt còn {_CELL} ký tự.", f"{shortened} texts cut to {_CELL} characters."
        )
        out.append(Loss(layer, "cut", text, (field.name,)))
    if retyped:
        text = words(
            f"{retyped} giá trị ghi thành chữ vì Excel không giữ đúng (số trên 2^53, ngày trước 1900).",
            f"{retyped} values written as text, which Excel cannot hold (above 2^53, before 1900).",
        )
        out.append(Loss(layer, "type", text, (field.name,)))
    return out


def _fields(sheet: Any, job: Job, bold: Any) -> None:
    heads = ("layer", "field", "title_vi", "title_en", "kind", "unit", "short")
    for column, head in enumerate(heads):
        sheet.write_string(0, column, head, bold)
    row = 1
    for layer in job.layers:
        for field in layer.fields:
            unit = "" if field.unit is None else UNITS[field.unit].words.text(job.lang)
            cells = (layer.name, field.name, field.title.vi, field.title.en, field.kind, unit, field.short)
            for column, cell in enumerate(cells):
                sheet.write_string(row, column, cell)
            row += 1
    sheet.freeze_panes(1, 0)
    sheet.autofit()


FORMAT: Final = Format("xlsx", words("Excel (XLSX)", "Excel (XLSX)"), write)
