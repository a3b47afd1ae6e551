"""Tables with coordinates: CSV or TSV with WKT, or with longitude and latitude."""

from __future__ import annotations

import csv
import io
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.crs import WGS84
from geoplan.errors import DataError
from geoplan.intake.limits import LIMITS, Limits, check
from geoplan.text import fold

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WKT_NAMES: Final = ("wkt", "geom", "geometry", "the_geom", "wkt_geom", "shape", "hinh hoc", "hinhhoc")
_LON_NAMES: Final = ("lon", "long", "lng", "longitude", "kinh do", "kinhdo", "kinh_do")
_LAT_NAMES: Final = ("lat", "latitude", "vi do", "vido", "vi_do")
_WKT: Final = re.compile(
    r"\s*(?:SRID=(\d{1,6});)?\s*(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)\b", re.IGNORECASE
)
_DELIMITERS: Final = ",;\t|"
_DECIMAL_COMMA: Final = re.compile(r"[+-]?\d+,\d+")
_MOST_LON: Final = 180.0
_MOST_LAT: Final = 90.0


@dataclass(frozen=True)
class Table:
    """A table as it was read.

    Attributes
    ----------
    frame
        Every column as text (an empty cell is None), and the geometry.
    crs_stated
        Whether the table itself says its coordinate system (``SRID=9213;POLYGON…``).
    lonlat
        Whether the geometry comes from longitude and latitude columns.
    """

    frame: gpd.GeoDataFrame
    crs_stated: bool
    lonlat: bool


def read_csv(file: Path, *, what: str, encoding: str | None = None, limits: Limits = LIMITS) -> Table:
    """Read a table whose geometry is WKT or a longitude and a latitude.

    Parameters
    ----------
    file
        Text with one head line; the delimiter (comma, semicolon, tab, bar) is told by that line.
    what
        The file's name for the sentences.
    encoding
        UTF-8 (with or without a mark) when None.
    limits
        What it may hold.

    Returns
    -------
    Table
        In EPSG:4326 when the geometry comes from longitude and latitude; in the system of the SRID
        when the WKT states one; in none otherwise.

    Raises
    ------
    DataError
        Not text of that encoding, a row of another length than the head, two columns of one name, no
        geometry column, WKT or a number that cannot be read (each with its row), or over a limit.
    """
    check(what, limits, "text_bytes", file.stat().st_size)
    text = _decode(file.read_bytes(), what, encoding)
    head, columns = _columns(text, what, limits)
    wkt = _wkt_column(head, columns)
    if wkt is not None:
        geometries, srid = _from_wkt(columns[wkt], what, limits)
        crs = None if srid is None else _crs(srid, what)
    else:
        wkt, srid, crs = "", None, WGS84
        geometries = _from_lonlat(head, columns, what)
    data = {name: [value or None for value in columns[name]] for name in head if name != wkt}
    frame = gpd.GeoDataFrame(data, geometry=gpd.GeoSeries(geometries, crs=crs))
    return Table(frame, crs_stated=srid is not None, lonlat=not wkt)


def _crs(srid: int, what: str) -> CRS:
    try:
        return CRS.from_epsg(srid)
    except CRSError as error:
        raise DataError(
            vi=f"{what}: SRID={srid} không phải mã EPSG đọc được; hãy sửa rồi chạy lại.",
            en=f"{what}: SRID={srid} is no EPSG code that can be read; mend it and run again.",
        ) from error


def _decode(data: bytes, what: str, encoding: str | None) -> str:
    try:
        return data.decode(encoding or "utf-8-sig").removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            vi=f"{what}: không phải văn bản {encoding or 'UTF-8'}; hãy nêu bảng mã bằng --encoding.",
            en=f"{what}: not {encoding or 'UTF-8'} text; state the encoding by --encoding.",
        ) from error


def _columns(text: str, what: str, limits: Limits) -> tuple[list[str], dict[str, list[str]]]:
    rows = _rows(text, what)
    head = [name.strip() for name in next(rows, [])]
    check(what, limits, "columns", len(head))
    if len(set(head)) != len(head):
        twice = next(name for name in head if head.count(name) > 1)
        raise DataError(
            vi=f"{what}: hai cột cùng tên “{twice}”; hãy đổi tên một cột.",
            en=f"{what}: two columns called “{twice}”; rename one.",
        )
    columns: dict[str, list[str]] = {name: [] for name in head}
    for position, row in enumerate(rows, start=2):
        if not row:
            continue
        if len(row) != len(head):
            raise DataError(
                vi=f"{what}: dòng {position} có {len(row)} ô, đầu bảng có {len(head)}; hãy sửa dòng đó.",
                en=f"{what}: row {position} has {len(row)} cells, the head has {len(head)}; mend that row.",
            )
        if position - 1 > limits.features:
            check(what, limits, "features", position - 1)
        for name, cell in zip(head, row, strict=True):
            columns[name].append(cell)
    check(what, limits, "cells", sum(len(c) for c in columns.values()))
    return head, columns


def _rows(text: str, what: str) -> Iterator[list[str]]:
    first = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=first.count)
    before = csv.field_size_limit(len(text) + 1)
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except csv.Error as error:
        raise DataError(
            vi=f"{what}: không phải bảng CSV đọc được ({error}); hãy xuất lại.",
            en=f"{what}: not a CSV table that can be read ({error}); export it again.",
        ) from error
    finally:
        csv.field_size_limit(before)


def _wkt_column(head: list[str], columns: dict[str, list[str]]) -> str | None:
    """The column called like a geometry, else the first whose first text is WKT."""
    named = [name for name in head if fold(name) in _WKT_NAMES]
    for name in [*named, *head]:
        first = next((cell for cell in columns[name] if cell.strip()), "")
        if _WKT.match(first):
            return name
    return None


def _from_wkt(
    cells: list[str], what: str, limits: Limits
) -> tuple[list[shapely.Geometry | None], int | None]:
    out: list[shapely.Geometry | None] = []
    srids: set[int] = set()
    for position, cell in enumerate(cells, start=2):
        if not cell.strip():
            out.append(None)
            continue
        check(what, limits, "nesting", _depth(cell))
        head = _WKT.match(cell)
        try:
            if head is None:
                raise ValueError(cell[:20])  # noqa: TRY301 - one sentence for both
            geometry = shapely.from_wkt(cell.split(";", 1)[1] if head[1] else cell)
        except (ValueError, shapely.errors.ShapelyError) as error:
            raise DataError(
                vi=f"{what}: dòng {position}: WKT không đọc được; hãy sửa dòng đó.",
                en=f"{what}: row {position}: WKT that cannot be read; mend that row.",
            ) from error
        srids.add(int(head[1]) if head[1] else 0)
        out.append(geometry)
    if len(srids) > 1:
        raise DataError(
            vi=f"{what}: các dòng ghi SRID khác nhau ({sorted(srids)}); hãy dùng một hệ tọa độ.",
            en=f"{what}: the rows state different SRIDs ({sorted(srids)}); use one coordinate system.",
        )
    return out, next(iter(srids), 0) or None


def _depth(wkt: str) -> int:
    depth = most = 0
    for bracket in re.findall(r"[()]", wkt):
        depth += 1 if bracket == "(" else -1
        most = max(most, depth)
    return most


def _from_lonlat(head: list[str], columns: dict[str, list[str]], what: str) -> list[shapely.Geometry | None]:
    lon = next((name for name in head if fold(name) in _LON_NAMES), None)
    lat = next((name for name in head if fold(name) in _LAT_NAMES), None)
    if lon is None or lat is None:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; bảng không có cột WKT, cũng không có lon và lat "
            "(kinh độ, vĩ độ).",
            en=f"{what}: not a vector file that can be read; the table has no WKT column and no lon and lat.",
        )
    x = np.array([_degrees(v, _MOST_LON, lon, i, what) for i, v in enumerate(columns[lon], start=2)])
    y = np.array([_degrees(v, _MOST_LAT, lat, i, what) for i, v in enumerate(columns[lat], start=2)])
    known = np.isfinite(x) & np.isfinite(y)
    return [shapely.Point(a, b) if ok else None for a, b, ok in zip(x, y, known, strict=True)]


def _degrees(cell: str, most: float, column: str, row: int, what: str) -> float:
    """A number of degrees, NaN when the cell is empty; a decimal comma is understood."""
    text = cell.strip()
    if not text:
        return math.nan
    try:
        value = float(text.replace(",", ".") if _DECIMAL_COMMA.fullmatch(text) else text)
    except ValueError:
        value = math.inf
    if not abs(value) <= most:
        raise DataError(
            vi=f"{what}: cột {column}, dòng {row}: “{text[:40]}” không phải số độ "
            f"từ -{most:.0f} đến {most:.0f}.",
            en=f"{what}: column {column}, row {row}: “{text[:40]}” is no number of degrees up to {most:.0f}.",
        )
    return value
