"""A look at the bytes before a large C library gets them: what could hurt there is refused here.

Each function raises a `DataError` of one sentence or returns nothing. They are stricter than the
libraries behind them: one way to read a file, or none.
"""

from __future__ import annotations

import json
import mmap
import re
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final, NoReturn
from xml.parsers import expat

import numpy as np

from geoplan.errors import DataError
from geoplan.intake.kinds import DXF, GEOJSON, GEOJSONL, GML, GPKG, HEAD, KML, MIF, TAB, Kind
from geoplan.intake.limits import Limits, check

if TYPE_CHECKING:
    from pathlib import Path

_STRING: Final = re.compile(rb'"(?:[^"\\\x00-\x1f]++|\\.)*+"', re.DOTALL)
_OUTSIDE_STRINGS: Final = b"[]{},:0123456789+-.eE \t\r\n\x1etruefalsn"
_WORDS: Final = re.compile(rb"[A-Za-z]++(?<!true)(?<!false)(?<!null)(?<![0-9.][eE])")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_OPENING: Final = b"[{"
_FEW: Final = 32
"""Brackets that a loop counts faster than numpy."""
_NUMBER_FALSE: Final = re.compile(rb"NaN|Infinity|nan|inf", re.IGNORECASE)
_REMOTE_CRS: Final = frozenset({"link", "url", "ogc"})
_ELSEWHERE: Final = re.compile(
    rb"<\s*OGRVRTDataSource|<\s*VRTDataset|<\s*OGR\w+DataSource|gdal_streamed_alg|Product_Observational"
    rb"|PDS_VERSION_ID|LBLSIZE=|<\s*GDAL_WMS",
    re.IGNORECASE,
)
_TAB_ELSEWHERE: Final = re.compile(
    rb"\bopen\s+table\b|\bcreate\s+view\b|isseamless|\btype\s+(?!native\b|dbf\b)\w+|^\s*file\s+\"[^\"]*[/\\]",
    re.IGNORECASE | re.MULTILINE,
)
_RTREE: Final = re.compile(
    r'CREATE VIRTUAL TABLE\s+("[^"]*"|\w+)\s+USING\s+rtree\s*\([\w\s,"]*\)', re.IGNORECASE
)


def precheck(file: Path, kind: Kind, *, what: str, limits: Limits) -> None:
    """Refuse a file whose content could make its reader fetch, follow, loop or grow.

    Raises
    ------
    DataError
        One sentence: what it holds, and what to do.
    """
    if kind in {GEOJSON, GEOJSONL}:
        check_json(file, what=what, limits=limits)
    elif kind in {KML, GML}:
        check_xml(file, what=what, limits=limits)
        _check_elsewhere(file, what, whole=True)
        if kind is GML and file.with_suffix(".xsd").exists():
            _check_schema(file.with_suffix(".xsd"), what, limits)
    elif kind is GPKG:
        check_gpkg(file, what=what, limits=limits)
    elif kind in {TAB, MIF, DXF}:
        _check_elsewhere(file, what, whole=False)
        if kind is TAB:
            _check_tab(file, what)


def _refuse(what: str, vi: str, en: str) -> NoReturn:
    raise DataError(
        vi=f"{what}: không phải tệp véc-tơ đọc được; {vi}.",
        en=f"{what}: not a vector file that can be read; {en}.",
    )


def check_json(file: Path, *, what: str, limits: Limits) -> None:
    """Only strict JSON, not too deep, whose coordinate system is no address.

    Raises
    ------
    DataError
        When it is something else: a number that is none (NaN), a comment, a string without end.
    """
    if file.stat().st_size == 0:
        _refuse(what, "tệp trống", "the file is empty")
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        depth, last = 0, 3 if data[:3] == b"\xef\xbb\xbf" else 0
        for match in _STRING.finditer(data):
            depth = _outside(data[last : match.start()], depth, what, limits)
            last = match.end()
            if match.end() - match.start() < _LONGEST_CRS and _is_crs_key(match[0]):
                _check_crs_member(data, last, what)
        _outside(data[last:], depth, what, limits)


_LONGEST_CRS: Final = 2 + 3 * 6
"""The word crs as JSON can write it at the longest: three escapes and the quotes."""
_SHORTEST_ESCAPE: Final = 5


def _outside(gap: bytes, depth: int, what: str, limits: Limits) -> int:
    """What is between two strings: the depth after it."""
    if gap.translate(None, _OUTSIDE_STRINGS) or (len(gap) > _SHORTEST_ESCAPE and _WORDS.search(gap)):
        if _NUMBER_FALSE.search(gap):
            raise DataError(
                vi=f"{what}: có tọa độ hay giá trị không phải số (NaN, Infinity); hãy sửa rồi chạy lại.",
                en=f"{what}: a coordinate or value that is not a number (NaN, Infinity); mend it "
                "and run again.",
            )
        _refuse(what, "không phải JSON chuẩn", "it is not strict JSON")
    brackets = gap.translate(None, _NOT_BRACKETS)
    if len(brackets) <= _FEW:
        for bracket in brackets:
            depth += 1 if bracket in _OPENING else -1
            check(what, limits, "nesting", depth)
        return depth
    signs = np.frombuffer(brackets, dtype=np.uint8)
    levels = depth + np.cumsum(np.where((signs == _OPENING[0]) | (signs == _OPENING[1]), 1, -1))
    if levels.max() > limits.nesting:
        check(what, limits, "nesting", int(levels[levels > limits.nesting][0]))
    return int(levels[-1])


def _is_crs_key(token: bytes) -> bool:
    if token == b'"crs"':
        return True
    if b"\\" not in token:
        return False
    try:
        return bool(json.loads(token) == "crs")
    except ValueError:
        return False


def _check_crs_member(data: mmap.mmap, at: int, what: str) -> None:
    piece = re.compile(rb"\s*:\s*(\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\})").match(data, at)
    if piece is None:
        if re.compile(rb"\s*:\s*\{").match(data, at):
            _refuse(what, "hệ tọa độ ghi lạ", "its coordinate system is written strangely")
        return
    try:
        crs: Any = json.loads(piece[1])
    except ValueError:
        _refuse(what, "hệ tọa độ ghi lạ", "its coordinate system is written strangely")
    if str(crs.get("type")).casefold() in _REMOTE_CRS or {"href", "url"} & set(crs.get("properties") or ()):
        _refuse(
            what,
            "hệ tọa độ là một địa chỉ mạng; hãy ghi bằng mã EPSG",
            "its coordinate system is an address on a network; state it by an EPSG code",
        )


def check_xml(file: Path, *, what: str, limits: Limits) -> None:
    """Only well-formed XML without a document type, without entities, not too deep.

    Raises
    ------
    DataError
        When it is something else.
    """
    parser = expat.ParserCreate()
    depth = 0

    def start(_name: str, _attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > limits.nesting:
            check(what, limits, "nesting", depth)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        _refuse(
            what,
            "XML có khai báo DOCTYPE hoặc thực thể, có thể gọi tệp khác; hãy xuất lại không có chúng",
            "XML with a DOCTYPE or entities, which may call other files; export it without",
        )

    def declaration(_version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding or "utf-8").casefold() not in {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1"}:
            _refuse(what, f"bảng mã XML “{encoding}”; hãy lưu lại bằng UTF-8",
                    f"XML encoding “{encoding}”; save it as UTF-8")  # fmt: skip

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = doctype
    parser.XmlDeclHandler = declaration
    try:
        with file.open("rb") as opened:
            if b"\x00" in opened.read(4):
                _refuse(what, "XML không phải UTF-8; hãy lưu lại", "XML that is not UTF-8; save it again")
            opened.seek(0)
            parser.ParseFile(opened)
    except expat.ExpatError as error:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; XML hỏng ở dòng {error.lineno}.",
            en=f"{what}: not a vector file that can be read; broken XML in line {error.lineno}.",
        ) from error


def _check_elsewhere(file: Path, what: str, *, whole: bool) -> None:
    if file.stat().st_size == 0:
        return
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        found = _ELSEWHERE.search(data, 0, len(data) if whole else min(HEAD, len(data)))
    if found:
        _refuse(
            what,
            "có lệnh đọc dữ liệu từ nơi khác; hãy dùng chính tệp dữ liệu đó",
            "it tells the reader to take data from elsewhere; use that file itself",
        )


def _check_schema(xsd: Path, what: str, limits: Limits) -> None:
    check_xml(xsd, what=f"{what} (.xsd)", limits=limits)
    if re.search(rb"<([\w.-]+:)?(include|redefine)\b", xsd.read_bytes()):
        _refuse(what, "lược đồ .xsd gọi tệp khác", "its .xsd calls other files")


def _check_tab(file: Path, what: str) -> None:
    if _TAB_ELSEWHERE.search(file.read_bytes()):
        _refuse(
            what,
            "bảng TAB này chỉ gọi các bảng khác; hãy dùng chính các bảng đó",
            "this TAB only calls other tables; use those tables themselves",
        )


def check_gpkg(file: Path, *, what: str, limits: Limits) -> None:
    """Only plain tables and spatial indexes: no other virtual table, no computed column.

    Raises
    ------
    DataError
        When the base is damaged, or a layer would be computed while it is read.
    """
    with closing(_open_sqlite(file)) as base:
        try:
            objects = base.execute("SELECT type, name, sql FROM sqlite_master").fetchmany(100_000)
            layers = [r[0] for r in base.execute("SELECT table_name FROM gpkg_contents").fetchmany(100_000)]
            for kind, name, sql in objects:
                virtual = kind == "table" and str(sql).upper().lstrip().startswith("CREATE VIRTUAL")
                if (virtual and not _RTREE.fullmatch(str(sql).strip())) or (
                    kind == "view" and name in layers
                ):
                    _computed(what, name)
            for name in layers:
                columns = base.execute("SELECT hidden FROM pragma_table_xinfo(?)", [name]).fetchall()
                if any(hidden for (hidden,) in columns):
                    _computed(what, name)
                check(what, limits, "columns", len(columns))
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _damaged(what) from error


def gpkg_count(file: Path, layer: str, *, what: str) -> int:
    """The rows that a table of a GeoPackage really has; what the file says about it may be wrong.

    Raises
    ------
    DataError
        When they cannot be counted.
    """
    quoted = layer.replace('"', '""')
    with closing(_open_sqlite(file)) as base:
        try:
            return int(base.execute(f'SELECT count(*) FROM "{quoted}" NOT INDEXED').fetchone()[0])  # noqa: S608
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise _damaged(what) from error


def _damaged(what: str) -> DataError:
    return DataError(
        vi=f"{what}: không phải tệp véc-tơ đọc được; GeoPackage hỏng, hãy xin lại tệp.",
        en=f"{what}: not a vector file that can be read; the GeoPackage is damaged, ask for it again.",
    )


def _open_sqlite(file: Path) -> sqlite3.Connection:
    base = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
    base.execute("PRAGMA trusted_schema=OFF")
    base.text_factory = lambda data: data.decode("utf-8", errors="replace")
    return base


def _computed(what: str, name: str) -> NoReturn:
    _refuse(
        what,
        f"“{name}” được tính khi đọc (view, bảng ảo), không phải bảng dữ liệu; hãy xuất thành bảng thường",
        f"“{name}” is computed while it is read (a view or virtual table); export it as a plain table",
    )
