"""What formats of short names and short texts need: whole characters, and the table of names."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from geoplan.quantity import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import Job


def cut(text: str, most: int) -> str:
    """A text of so many UTF-8 bytes at most, no character of it cut in two.

    >>> cut("Đồng", 5)
    'Đồ'
    """
    data = text.encode("utf-8", errors="replace")
    return text if len(data) <= most else data[:most].decode("utf-8", errors="ignore")


def field_table(job: Job, layer: ExportLayer, path: Path, *, names: Mapping[str, str]) -> None:
    """Write ``fields.csv``: what each field is called in the file and in full, what it means, its unit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["name", "full_name", "title_vi", "title_en", "kind", "unit"])
    for field in layer.fields:
        unit = "" if field.unit is None else UNITS[field.unit].words.text(job.lang)
        title = field.title
        writer.writerow([names[field.name], field.name, title.vi, title.en, field.kind, unit])
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode("utf-8"))
