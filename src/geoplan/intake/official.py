"""Reading an official table of old and new units."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final

from geoplan.errors import DataError
from geoplan.intake.limits import LIMITS, Limits, check
from geoplan.intake.read import existing_file
from geoplan.text import fold, listing

if TYPE_CHECKING:
    from pathlib import Path

COLUMNS: Final = (
    ("code_from", "code_to"),
    ("old_code", "new_code"),
    ("old_id", "new_id"),
    ("ma_cu", "ma_moi"),
)
"""Pairs of headings that are understood, in any case and without diacritics; the first pair that is there."""


def read_official(path: str | Path, *, limits: Limits = LIMITS) -> dict[str, list[str]]:
    """Code of each old unit to the codes of the units it went into.

    Parameters
    ----------
    path
        A CSV table in UTF-8 with a column of old and one of new codes (`COLUMNS`), a row each pair; a unit
        that was split has several rows.
    limits
        What the file may hold.

    Raises
    ------
    MissingFileError, UsageError
        No such file on this machine.
    DataError
        Not such a table, a row without a code, or a file larger than the limit.
    """
    file = existing_file(path)
    what = file.name
    if not file.is_file():
        raise _no_table(what)
    check(what, limits, "text_bytes", file.stat().st_size)
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = list(csv.reader(text, strict=True))
    except (UnicodeError, csv.Error) as error:
        raise _no_table(what) from error
    head = [fold(cell).strip().replace(" ", "_") for cell in rows[0]] if rows else []
    pair = next((pair for pair in COLUMNS if set(pair) <= set(head)), None)
    if pair is None:
        wanted = ", ".join("/".join(pair) for pair in COLUMNS)
        raise DataError(
            vi=f"{what}: thiếu cột mã cũ và mã mới ({wanted}); các cột có: {listing(head, limit=12)}.",
            en=f"{what}: no columns of old and new codes ({wanted}); it has: "
            f"{listing(head, limit=12, lang='en')}.",
        )
    old, new = head.index(pair[0]), head.index(pair[1])
    found: dict[str, list[str]] = {}
    for line, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        codes = [row[at].strip() if at < len(row) else "" for at in (old, new)]
        if not all(codes):
            raise DataError(
                vi=f"{what}, dòng {line}: thiếu mã cũ hoặc mã mới; hãy điền hoặc xóa dòng đó.",
                en=f"{what}, line {line}: the old or the new code is missing; fill it in or drop the line.",
            )
        targets = found.setdefault(codes[0], [])
        if codes[1] not in targets:
            targets.append(codes[1])
    return found


def _no_table(what: str) -> DataError:
    return DataError(vi=f"{what}: không phải bảng CSV mã UTF-8.", en=f"{what}: not a CSV table in UTF-8.")
