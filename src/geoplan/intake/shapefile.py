"""The three files of a shapefile against each other, before GDAL believes what they say."""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.errors import DataError
from geoplan.intake.file_codes import BAD_SHX, COUNTS_DIFFER, NO_DBF
from geoplan.intake.findings import Finding
from geoplan.intake.limits import Limits, check
from geoplan.text import number

if TYPE_CHECKING:
    from pathlib import Path

_HEADER: Final = 100
_RECORD: Final = struct.Struct(">ii")
_WORD: Final = 2
_DBF_HEADER: Final = struct.Struct("<B3xIHH")
_DBF_FIELD: Final = 32
_COUNTS_AT: Final = 36
"""In a line or polygon record: type (4), box (32), then the numbers of parts and of points."""
_MANY: Final = frozenset({3, 5, 13, 15, 23, 25, 31})
_MULTIPOINT: Final = frozenset({8, 18, 28})
_POINT_BYTES: Final = 16


@dataclass(frozen=True)
class Shapes:
    """What the .shp holds: where each record starts and how long it is (bytes), and all vertices."""

    starts: tuple[int, ...]
    lengths: tuple[int, ...]
    vertices: int


def check_shapefile(shp: Path, *, what: str, limits: Limits) -> list[Finding]:
    """Compare .shp, .shx and .dbf of a private copy; write a right .shx when it is missing or stale.

    Parameters
    ----------
    shp
        The .shp of the copy, its other parts beside it with lower-case extensions.
    what
        The file's name for the sentences.
    limits
        What it may hold.

    Returns
    -------
    list of Finding
        FILE-03, FILE-04, FILE-09.

    Raises
    ------
    DataError
        When the .shp or the .dbf is cut short or says what cannot be, or a limit is broken.
    """
    shapes = _records(shp, what, limits)
    check(what, limits, "vertices", shapes.vertices)
    findings = []
    shx = shp.with_suffix(".shx")
    if not _fits(shx, shapes):
        missing = not shx.exists()
        _write_shx(shp, shx, shapes)
        findings.append(_stale(what, len(shapes.starts), missing=missing))
    dbf = shp.with_suffix(".dbf")
    if not dbf.exists():
        vi = f"{what}: thiếu tệp .dbf, các hình không có thuộc tính."
        return [*findings, Finding(NO_DBF, vi=vi, en=f"{what}: no .dbf, the shapes have no attributes.")]
    rows = _dbf_rows(dbf, what, limits)
    count = len(shapes.starts)
    if rows != count:
        findings.append(
            Finding(
                COUNTS_DIFFER,
                vi=f"{what}: .shp có {number(count)} hình nhưng .dbf có {number(rows)} dòng; "
                "hãy xin lại đủ các tệp của cùng một lần xuất.",
                en=f"{what}: the .shp has {number(count, lang='en')} shapes but the .dbf "
                f"{number(rows, lang='en')} rows; ask for all files of one export.",
            )
        )
    return findings


def _cut(what: str, part: str) -> DataError:
    return DataError(
        vi=f"{what}: không phải tệp véc-tơ đọc được; tệp {part} bị cắt cụt hoặc hỏng, hãy xin lại tệp.",
        en=f"{what}: not a vector file that can be read; the {part} is cut short or damaged, "
        "ask for it again.",
    )


def _stale(what: str, count: int, *, missing: bool) -> Finding:
    vi, en = ("thiếu tệp .shx", "no .shx") if missing else ("tệp .shx không khớp .shp", "the .shx is stale")
    return Finding(
        BAD_SHX,
        vi=f"{what}: {vi}; đã lập lại từ .shp, {number(count)} hình.",
        en=f"{what}: {en}; rebuilt from the .shp, {number(count, lang='en')} shapes.",
    )


def _records(shp: Path, what: str, limits: Limits) -> Shapes:
    size = shp.stat().st_size
    if size < _HEADER:
        raise _cut(what, ".shp")
    starts, lengths, vertices = [], [], 0
    with shp.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = min(size, struct.unpack_from(">i", data, 24)[0] * _WORD)
        if end < _HEADER or struct.unpack_from(">i", data, 24)[0] * _WORD > size:
            raise _cut(what, ".shp")
        at = _HEADER
        while at < end:
            if at + _RECORD.size > end:
                raise _cut(what, ".shp")
            length = _RECORD.unpack_from(data, at)[1] * _WORD
            after = at + _RECORD.size + length
            if length < 4 or after > end:  # noqa: PLR2004 - a record holds at least its type
                raise _cut(what, ".shp")
            vertices += _points(data, at + _RECORD.size, length, what, limits)
            starts.append(at)
            lengths.append(length)
            if len(starts) > limits.features:
                check(what, limits, "features", len(starts))
            at = after
    return Shapes(tuple(starts), tuple(lengths), vertices)


def _points(data: mmap.mmap, at: int, length: int, what: str, limits: Limits) -> int:
    kind = struct.unpack_from("<i", data, at)[0]
    many = kind in _MANY
    if not many and kind not in _MULTIPOINT:
        return 1
    if length < _COUNTS_AT + 8:
        raise _cut(what, ".shp")
    first, second = struct.unpack_from("<ii", data, at + _COUNTS_AT)
    parts, points = (first, second) if many else (0, first)
    if parts < 0 or points < 0 or 4 * parts + _POINT_BYTES * points > length:
        raise _cut(what, ".shp")
    check(what, limits, "rings", parts)
    return int(points)


def _fits(shx: Path, shapes: Shapes) -> bool:
    """Whether each entry of the index is another record of the .shp, and all of them are there."""
    if not shx.exists():
        return False
    data = shx.read_bytes() if shx.stat().st_size == _HEADER + 8 * len(shapes.starts) else b""
    if len(data) < _HEADER or not data.startswith(b"\x00\x00\x27\x0a"):
        return False
    listed = [(o * _WORD, n * _WORD) for o, n in _RECORD.iter_unpack(data[_HEADER:])]
    return sorted(listed) == list(zip(shapes.starts, shapes.lengths, strict=True))


def _write_shx(shp: Path, shx: Path, shapes: Shapes) -> None:
    with shp.open("rb") as file:
        header = bytearray(file.read(_HEADER))
    struct.pack_into(">i", header, 24, (_HEADER + 8 * len(shapes.starts)) // _WORD)
    entries = zip(shapes.starts, shapes.lengths, strict=True)
    shx.write_bytes(bytes(header) + b"".join(_RECORD.pack(a // _WORD, n // _WORD) for a, n in entries))


def _dbf_rows(dbf: Path, what: str, limits: Limits) -> int:
    size = dbf.stat().st_size
    with dbf.open("rb") as file:
        head = file.read(_DBF_HEADER.size)
        if len(head) < _DBF_HEADER.size:
            raise _cut(what, ".dbf")
        _, rows, header, width = _DBF_HEADER.unpack(head)
        check(what, limits, "columns", max(0, header - 33) // _DBF_FIELD)
        if header < _DBF_FIELD + 1 or width < 1 or header + rows * width > size:
            raise _cut(what, ".dbf")
        fields = file.read(header - _DBF_HEADER.size)[_DBF_FIELD - _DBF_HEADER.size :]
    widths = [fields[i + 16] for i in range(0, len(fields) - 31, _DBF_FIELD) if fields[i] != 0x0D]  # noqa: PLR2004
    if sum(widths) > width:
        raise _cut(what, ".dbf")
    return int(rows)
