"""CSV: text for spreadsheets and scripts. UTF-8 with a mark, so that Excel reads the diacritics."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from geoplan.exports.vectors import plain_values
from geoplan.exports.writing import Format, Job, Loss, Part, Written, require_finite
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer

GEOMETRY: Final = "wkt"
_FORMULA: Final = re.compile(r"[=@\t\r+\-](?!\d+([.,]\d+)?$)")
"""Beginnings that a spreadsheet takes for a formula; a signed number alone is none."""
_NUL: Final = "\x00"


def write(job: Job) -> Written:
    """One ``.csv`` a layer and a table; geometry as WKT with its SRID in the last column."""
    written = [_write(job, layer) for layer in job.layers]
    return Written(
        tuple(part for part, _ in written), tuple(loss for _, losses in written for loss in losses)
    )


def write_tables(job: Job) -> Written:
    """The tables of a job as CSV, beside layers in a format that holds layers only."""
    written = [_write(job, layer) for layer in job.layers if not layer.spatial]
    return Written(
        tuple(part for part, _ in written), tuple(loss for _, losses in written for loss in losses)
    )


def _write(job: Job, layer: ExportLayer) -> tuple[Part, list[Loss]]:
    require_finite(layer)
    path, frame = job.path(layer, ".csv"), job.placed(layer)
    columns, losses = {}, []
    for field in layer.fields:
        cells = [_cell(value) for value in plain_values(frame[field.name], field)]
        guarded = [guard(cell) for cell in cells]
        changed = sum(a != b for a, b in zip(cells, guarded, strict=True))
        if changed:
            losses.append(_guarded(layer.name, field.name, changed))
        columns[field.name] = guarded
    if isinstance(frame, gpd.GeoDataFrame):
        code = job.crs.to_epsg()
        head = "" if code is None else f"SRID={code};"
        shapes = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)
        columns[GEOMETRY] = ["" if text is None else head + str(text) for text in shapes]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([guard(name) for name in columns])
    writer.writerows(zip(*columns.values(), strict=True))
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))
    placed = isinstance(frame, gpd.GeoDataFrame) and bool((~frame.geometry.isna()).any())
    return Part(layer, frame, path, read=None if placed else _reader(path)), losses


def _cell(value: Any) -> str:
    """A value as a script reads it: a point for decimals, ISO dates, true and false, nothing for unknown."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else str(value).replace(_NUL, "")


def guard(text: str) -> str:
    """A text that no spreadsheet runs: an apostrophe before what it would take for a formula."""
    return f"'{text}" if _FORMULA.match(text) else text


def _guarded(layer: str, field: str, count: int) -> Loss:
    text = words(
        f"{count} chữ được thêm dấu ' ở đầu để Excel không chạy như công thức.",
        f"{count} texts got an apostrophe in front, so that Excel does not run them as formulas.",
    )
    return Loss(layer, "text", text, (field,))


def _reader(path: Path) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        cells = [[cell or None for cell in row] for row in rows[1:]]
        return pd.DataFrame(cells, columns=rows[0], dtype=object)

    return read


FORMAT: Final = Format("csv", words("CSV", "CSV"), write)
