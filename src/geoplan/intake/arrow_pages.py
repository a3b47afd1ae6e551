"""How large a value of a Parquet file can be, told by the heads of its pages before one is decoded.

A value that is kept once and used in every row makes a small file large: in a dictionary, or as a prefix. So
as many rows are decoded at once as fit when each has the largest value that there can be.
"""

from __future__ import annotations

import mmap
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    import pyarrow.parquet as pq

_DICTIONARY_PAGE: Final = 2
_DELTA_BYTE_ARRAY: Final = 7
_TYPE, _SIZE, _COMPRESSED, _V1, _V2 = 1, 2, 3, 5, 8
_ENCODING: Final = {_V1: 2, _V2: 4}
_DEEPEST: Final = 8
_LONGEST: Final = 10
"""Bytes of a number."""
_ROWS: Final = 1024
_ROOM: Final = 1 << 27
"""Rows decoded at once at most, and bytes that they may take."""


def rows_at_once(row: int) -> int:
    """How many rows are decoded at once, when each can be so large (`largest_row`)."""
    return max(1, min(_ROWS, _ROOM // max(row, 1)))


def largest_row(
    path: Path, metadata: pq.FileMetaData, columns: Collection[str] | None = None
) -> tuple[int, int]:
    """What the columns of bytes hold at most.

    Parameters
    ----------
    path, metadata
        Of the file.
    columns
        Names of columns, or dotted paths into them; all when None.

    Returns
    -------
    row : int
        The most bytes that a row can take beyond its own share of a page: of each column the largest
        dictionary, or page of values written as differences.
    whole : int
        Bytes of all pages, uncompressed; where a row has a list, each value as large as it can be.

    Raises
    ------
    ValueError
        When the pages do not follow one another as the metadata says.
    """
    wanted, row, whole = set(columns or ()), 0, 0
    with path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for index in range(metadata.num_columns):
            column = metadata.schema.column(index)
            named = columns is None or not wanted.isdisjoint((column.path, column.path.split(".")[0]))
            if column.physical_type != "BYTE_ARRAY" or not named:
                continue
            value = 0
            for group in range(metadata.num_row_groups):
                chunk = metadata.row_group(group).column(index)
                if metadata.row_group(group).num_rows == 0 and chunk.num_values == 0:
                    continue  # it has no page, and its offsets mean nothing
                pages = _pages(data, chunk)
                spread = max((size for size, spreads in pages if spreads), default=0)
                whole += sum(size for size, _ in pages)
                if column.max_repetition_level:
                    whole += spread * chunk.num_values
                value = max(value, spread)
            row += value
    return row, whole


def _pages(data: mmap.mmap, chunk: Any) -> list[tuple[int, bool]]:
    """Uncompressed bytes of each page, and whether one value of it can stand for many."""
    at = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < chunk.dictionary_page_offset < at:
        at = chunk.dictionary_page_offset
    end = at + chunk.total_compressed_size
    if not 0 <= at <= end <= len(data):
        raise ValueError("a column leaves the file")
    found = []
    while at < end:
        head, at = _struct(data, at, 0)
        size, held = head.get(_SIZE), head.get(_COMPRESSED)
        if not isinstance(size, int) or not isinstance(held, int) or size < 0 or held < 0:
            raise ValueError("a page without a size")
        codes = [part.get(_ENCODING[k]) for k in _ENCODING if isinstance(part := head.get(k), dict)]
        found.append((size, head.get(_TYPE) == _DICTIONARY_PAGE or _DELTA_BYTE_ARRAY in codes))
        at += held
    return found


def _varint(data: mmap.mmap, at: int) -> tuple[int, int]:
    value = 0
    for k in range(_LONGEST):
        if at + k >= len(data):
            break
        byte = data[at + k]
        value |= (byte & 0x7F) << (7 * k)
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number
            return value, at + k + 1
    raise ValueError("a number without end")


def _number(data: mmap.mmap, at: int) -> tuple[int, int]:
    value, at = _varint(data, at)
    return (value >> 1) ^ -(value & 1), at


def _struct(data: mmap.mmap, at: int, depth: int) -> tuple[dict[int, Any], int]:
    """The fields of a structure in Thrift's compact form by their numbers, and where it ends."""
    if depth > _DEEPEST:
        raise ValueError("too deep")
    fields: dict[int, Any] = {}
    number = 0
    while True:
        if at >= len(data):
            raise ValueError("a structure without end")
        delta, kind = data[at] >> 4, data[at] & 15
        at += 1
        if kind == 0:
            return fields, at
        if delta:
            number += delta
        else:
            number, at = _number(data, at)
        found, at = _value(data, at, kind, depth)
        fields[number] = found


def _value(data: mmap.mmap, at: int, kind: int, depth: int) -> tuple[Any, int]:
    if kind in {1, 2}:
        return kind == 1, at
    if kind in {4, 5, 6}:
        return _number(data, at)
    if kind == 12:  # noqa: PLR2004 - a structure; the others are bytes, numbers of one size and text
        return _struct(data, at, depth + 1)
    if kind in {3, 7}:
        return None, at + (1 if kind == 3 else 8)  # noqa: PLR2004
    if kind == 8:  # noqa: PLR2004
        length, at = _varint(data, at)
        return None, at + length
    raise ValueError("a kind of value that no page has")
