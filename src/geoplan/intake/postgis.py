"""Reading a layer from a table of a PostGIS database, for the same cleaning as a file's (needs psycopg)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from psycopg import sql
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import DataError, UsageError
from geoplan.intake.database import connected
from geoplan.intake.file_codes import NO_PRJ
from geoplan.intake.findings import Finding
from geoplan.intake.limits import LIMITS, Limits, check
from geoplan.intake.read import Opened
from geoplan.text import date_text, listing, one_line, quoted

if TYPE_CHECKING:
    import datetime as dt

    import psycopg

    from geoplan.intake.database import DatabaseTable

DRIVER: Final = "PostgreSQL"
KEY: Final = ("city", "assessed_on", "row_no")
"""The primary key of tables that geoplan writes: several cities and dates are in one table."""
_EXACT: Final = 2**53
_TABLES: Final = """
SELECT n.nspname, c.relname, c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND (c.relname = %(name)s OR n.nspname || '.' || c.relname = %(name)s)
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname || '.' || c.relname = %(name)s DESC, 1
"""
_SPATIAL: Final = """
SELECT DISTINCT n.nspname || '.' || c.relname FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE t.typname IN ('geometry', 'geography') AND c.relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1 LIMIT 50
"""
_COLUMNS: Final = """
SELECT a.attname, COALESCE(b.typname, t.typname) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_type b ON b.oid = NULLIF(t.typbasetype, 0)
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_PRIMARY: Final = """
SELECT a.attname FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(attnum, place)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE i.indrelid = %s AND i.indisprimary ORDER BY k.place
"""
_SHAPES: Final = ("geometry", "geography")
_WHOLE: Final = ("int2", "int4", "int8", "oid")
_DECIMAL: Final = ("float4", "float8", "numeric", "money")
_AS: Final = {
    **dict.fromkeys((*_WHOLE, "bool", "float4", "float8", "text", "varchar"), "{}"),
    "numeric": "{}::float8",
    "money": "{}::numeric::float8",
    "date": "CASE WHEN isfinite({0}) THEN {0} END",  # 'infinity' is an open end, as an empty one is
    "timestamp": "CASE WHEN isfinite({0}) THEN {0} END",
    "timestamptz": "CASE WHEN isfinite({0}) THEN {0} AT TIME ZONE 'Asia/Ho_Chi_Minh' END",
}
"""How values of a type are asked for; all others as text."""


@dataclass(frozen=True)
class _Found:
    """A table in the catalogue: its columns with their types, what tells its rows apart."""

    schema: str
    table: str
    columns: tuple[tuple[str, str], ...]
    primary: tuple[str, ...]


def read_table(
    source: DatabaseTable, *, geometry: str | None = None, limits: Limits = LIMITS
) -> tuple[gpd.GeoDataFrame, Opened]:
    """The rows of a table with what `geoplan.intake.open_layer` says of a file.

    Parameters
    ----------
    source
        Which table.
    geometry
        Which column holds the geometry, when there are several.
    limits
        What it may hold: checked before anything is fetched.

    Returns
    -------
    geopandas.GeoDataFrame
        Dates of a time zone are those of Vietnam; an ``infinity`` is empty. Curves have become lines.
    Opened
        `Opened.sha256` is of the rows, in whatever order they come.

    Raises
    ------
    UsageError
        No such table or column, several that could be meant, or no connection.
    DataError
        No geometry, several coordinate systems, over a limit, or refused by the server.
    """
    with connected(source.address, read_only=True) as connection:
        found = _find(connection, source)
        column = _geometry_column(found, geometry)
        where = _own_rows(connection, found, source)
        frame, digest = fetch(connection, found, column, where, limits=limits)
    name = one_line(f"{found.schema}.{found.table}")
    stated = getattr(frame, "crs", None) is not None
    vi, en = f"{name}: không ghi hệ tọa độ (SRID 0).", f"{name}: no coordinate system stated (SRID 0)."
    opened = Opened(
        path=Path(name.replace("/", "_")),
        driver=DRIVER,
        layer=found.table,
        layers=(found.table,),
        sha256=digest,
        encoding_stated="UTF-8",
        crs_stated=stated,
        findings=() if stated else (Finding(NO_PRJ, vi=vi, en=en),),
    )
    return frame, opened


def describe_table(connection: psycopg.Connection[Any], schema: str, table: str, oid: int) -> _Found:
    """A table's columns and primary key, by its number in the catalogue."""
    columns = connection.execute(_COLUMNS, [oid]).fetchall()
    primary = connection.execute(_PRIMARY, [oid]).fetchall()
    return _Found(schema, table, tuple((n, t) for n, t in columns), tuple(n for (n,) in primary))


def _find(connection: psycopg.Connection[Any], source: DatabaseTable) -> _Found:
    named = {"name": source.table.replace("\x00", "")}
    rows = connection.execute(_TABLES, named).fetchall()
    exact = [row for row in rows if f"{row[0]}.{row[1]}" == source.table]
    if len(rows) == 1 or len(exact) == 1:
        schema, table, oid = (exact or rows)[0]
        return describe_table(connection, schema, table, oid)
    if rows:
        names = [one_line(f"{schema}.{table}") for schema, table, _ in rows]
        raise UsageError(
            vi=f"{source.address.shown}: nhiều bảng tên {quoted(source.table)}: {listing(names)}; hãy ghi cả "
            "lược đồ.",
            en=f"{source.address.shown}: several tables are called {quoted(source.table)}: "
            f"{listing(names, lang='en')}; name the schema too.",
        )
    have = [one_line(name) for (name,) in connection.execute(_SPATIAL).fetchall()]
    raise UsageError(
        vi=f"{source.address.shown}: không có bảng {quoted(source.table)}; các bảng có hình học: "
        f"{listing(have, limit=12) or 'không có'}.",
        en=f"{source.address.shown}: no table {quoted(source.table)}; tables with a geometry: "
        f"{listing(have, limit=12, lang='en') or 'none'}.",
    )


def _geometry_column(found: _Found, wanted: str | None) -> str:
    have = [name for name, kind in found.columns if kind in _SHAPES]
    if wanted in have or len(have) == 1:
        return wanted if wanted in have and wanted is not None else have[0]
    what = one_line(f"{found.schema}.{found.table}")
    if not have:
        raise DataError(
            vi=f"{what}: không có cột hình học (chỉ là bảng); cần một lớp vùng.",
            en=f"{what}: no geometry column (only a table); a polygon layer is needed.",
        )
    raise UsageError(
        vi=f"{what}: có {len(have)} cột hình học ({listing(have)}); hãy chọn một cột (--layer …).",
        en=f"{what}: has {len(have)} geometry columns ({listing(have, lang='en')}); choose one (--layer …).",
    )


def _own_rows(
    connection: psycopg.Connection[Any], found: _Found, source: DatabaseTable
) -> tuple[str, dt.date] | None:
    """Of a table that geoplan wrote: the city and the day whose rows are meant."""
    if found.primary != KEY or source.city is None:
        return None
    table = sql.Identifier(found.schema, found.table)
    query = sql.SQL("SELECT DISTINCT city, assessed_on FROM {} ORDER BY 1, 2").format(table)
    rows = connection.execute(query).fetchall()
    days = [day for city, day in rows if city == source.city and source.on in (None, day)]
    if len(days) == 1:
        return source.city, days[0]
    what = one_line(f"{found.schema}.{found.table}")
    if days:
        raise UsageError(
            vi=f"{what}: có {source.city} vào {len(days)} ngày ({listing(date_text(d) for d in days)}); hãy "
            "chọn "
            "ngày (--on).",
            en=f"{what}: has {source.city} on {len(days)} days ({listing(days, lang='en')}); choose one "
            "(--on).",
        )
    have = [one_line(f"{city} {date_text(day)}") for city, day in rows]
    have_en = [one_line(f"{city} {day}") for city, day in rows]
    raise UsageError(
        vi=f"{what}: không có dòng nào của {source.city} vào ngày đó; bảng có: "
        f"{listing(have) or 'không gì cả'}.",
        en=f"{what}: no row of {source.city} on that day; it has: "
        f"{listing(have_en, lang='en') or 'nothing'}.",
    )


def fetch(
    connection: psycopg.Connection[Any],
    found: _Found,
    geometry: str | None,
    own: tuple[str, dt.date] | None,
    *,
    limits: Limits,
) -> tuple[pd.DataFrame, str]:
    """The rows as a frame, and their fingerprint; with geometry, a GeoDataFrame."""
    what = one_line(f"{found.schema}.{found.table}")
    kept = [(n, k) for n, k in found.columns if k not in (*_SHAPES, "raster") and not (own and n in KEY)]
    table = sql.Identifier(found.schema, found.table)
    rows_of = sql.SQL("FROM {}").format(table)
    if own is not None:
        mine = (sql.Literal(own[0]), sql.Literal(own[1]))
        rows_of += sql.SQL(" WHERE city = {} AND assessed_on = {}").format(*mine)
    shape = None if geometry is None else sql.SQL("{}::geometry").format(sql.Identifier(geometry))
    srid = _check(connection, rows_of, shape, limits=limits, what=what, columns=len(kept))
    asked = [sql.SQL(_AS.get(kind, "{}::text")).format(sql.Identifier(name)) for name, kind in kept]
    if shape is not None:
        asked.append(sql.SQL("ST_AsBinary(ST_CurveToLine(ST_Force2D({})))").format(shape))
    order = sql.SQL(", ").join(map(sql.Identifier, found.primary))
    ordered = sql.SQL(" ORDER BY {}").format(order) if found.primary else sql.SQL("")
    query = sql.SQL("SELECT {} {}{}").format(sql.SQL(", ").join(asked), rows_of, ordered)
    rows = connection.execute(query).fetchall()
    marks = sorted(hashlib.sha256(repr(row).encode("utf-8", "replace")).digest() for row in rows)
    digest = hashlib.sha256(b"".join(marks)).hexdigest()
    values = {name: _series([row[i] for row in rows], kind) for i, (name, kind) in enumerate(kept)}
    frame = pd.DataFrame(values, index=range(len(rows)))
    if shape is None:
        return frame, digest
    system = _system(connection, srid, what) if srid else None
    try:
        shapes = gpd.GeoSeries(shapely.from_wkb([row[-1] for row in rows]), index=frame.index, crs=system)
    except shapely.errors.ShapelyError as error:
        raise DataError(
            vi=f"{what}: có hình thuộc loại không đọc được (như TIN); hãy đổi sang vùng (polygon).",
            en=f"{what}: shapes of a type that cannot be read (such as TIN); make them polygons.",
        ) from error
    name = "geometry" if "geometry" not in frame.columns else str(geometry)
    frame[name] = shapes
    return gpd.GeoDataFrame(frame, geometry=name, crs=system), digest


def _check(
    connection: psycopg.Connection[Any], rows_of: Any, shape: Any, *, limits: Limits, what: str, columns: int
) -> int:
    """The SRID of the rows, when they are not too many and all in one system; 0 when they state none."""
    inner = (
        sql.SQL("0, NULL::int") if shape is None else sql.SQL("sum(ST_NPoints({0})), NULL::int").format(shape)
    )
    counted = connection.execute(sql.SQL("SELECT count(*), {} {}").format(inner, rows_of)).fetchone()
    rows, vertices = (0, 0) if counted is None else (counted[0], counted[1] or 0)
    check(what, limits, "columns", columns)
    check(what, limits, "features", rows)
    check(what, limits, "cells", rows * columns)
    check(what, limits, "vertices", vertices)
    if shape is None:
        return 0
    query = sql.SQL("SELECT DISTINCT ST_SRID({}) AS srid {} ORDER BY 1").format(shape, rows_of)
    have = [srid for (srid,) in connection.execute(query).fetchall() if srid is not None]
    if len(have) > 1:
        raise DataError(
            vi=f"{what}: các hình thuộc nhiều hệ tọa độ (SRID {listing(have)}); hãy đưa về một hệ "
            "(ST_Transform).",
            en=f"{what}: shapes in several systems (SRID {listing(have, lang='en')}); bring them into one.",
        )
    return int(have[0]) if have else 0


def _system(connection: psycopg.Connection[Any], srid: int, what: str) -> CRS:
    """The system of an SRID: that of EPSG when the table of systems says so, else its own definition."""
    row = connection.execute(
        "SELECT auth_name, auth_srid, srtext, proj4text FROM spatial_ref_sys WHERE srid = %s", [srid]
    ).fetchone()
    authority, code, *texts = row or (None, None)
    tried = [f"EPSG:{code}"] if str(authority).upper() == "EPSG" else []
    for text in [*tried, *texts]:
        try:
            return CRS.from_user_input(text or "")
        except CRSError:
            continue
    raise DataError(
        vi=f"{what}: SRID {srid} không có định nghĩa trong spatial_ref_sys; hãy bổ sung, hoặc nêu --crs "
        "EPSG:n.",
        en=f"{what}: SRID {srid} has no definition in spatial_ref_sys; add one, or name it with --crs "
        "EPSG:n.",
    )


def _series(values: list[Any], kind: str) -> pd.Series:
    """A column with the type that GDAL would give it: whole numbers as floats where some are missing."""
    if kind in _WHOLE:
        if None not in values:
            return pd.Series(values, dtype="int64")
        exact = all(v is None or abs(v) <= _EXACT for v in values)
        return pd.Series(values, dtype="float64" if exact else object)
    if kind in _DECIMAL:
        return pd.Series([np.nan if v is None else v for v in values], dtype="float64")
    if kind in {"date", "timestamp", "timestamptz"}:
        return pd.Series(pd.array(values, dtype="datetime64[us]"))
    if kind == "bool" and None not in values:
        return pd.Series(values, dtype=bool)
    return pd.Series(values, dtype=object)
