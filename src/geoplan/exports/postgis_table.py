"""Tables in PostGIS: what one should look like, whether the one that is there will do, and making it.

A table holds the rows of several cities and dates, told apart by its primary key. It is made once; later
exports add columns that it lacks and touch nobody else's rows. A table of another shape is somebody's own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg import sql

from geoplan.errors import DataError
from geoplan.intake.postgis import KEY
from geoplan.text import one_line, quoted

if TYPE_CHECKING:
    import psycopg

GEOMETRY: Final = "geom"
TYPES: Final = {
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "date": "date",
    "boolean": "boolean",
}
"""Types of PostgreSQL by `Field.kind`."""
SYSTEM_COLUMNS: Final = ("tableoid", "xmin", "cmin", "xmax", "cmax", "ctid", "oid")
"""Names that PostgreSQL keeps for itself in every table."""
_EXISTING: Final = """
SELECT c.oid, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s
"""
_COLUMNS: Final = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull AND NOT a.atthasdef FROM pg_attribute a
WHERE a.attrelid = %s AND a.attnum > 0 AND NOT a.attisdropped
"""


@dataclass(frozen=True)
class Column:
    """One column: its name, its type in PostgreSQL, what is said of it; whether any value is known."""

    name: str
    type: str
    comment: str
    used: bool = True
    needed: bool = False


@dataclass(frozen=True)
class Table:
    """A table as it should be.

    Attributes
    ----------
    schema, name
        What it is called.
    columns
        All but the geometry; those of the key first.
    key
        Its primary key.
    geometry
        The type of its geometry, such as ``geometry(MultiPolygon,9213)``; None for a plain table.
    """

    schema: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = KEY
    geometry: str | None = None

    @property
    def identifier(self) -> sql.Identifier:
        """Its name, quoted."""
        return sql.Identifier(self.schema, self.name)

    @property
    def said(self) -> str:
        """Its name for a sentence."""
        return one_line(f"{self.schema}.{self.name}")


def make_schema(connection: psycopg.Connection[Any], schema: str) -> None:
    """The schema, made when it is missing; exports into one schema wait for each other from here on."""
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"geoplan:{schema}"])
    found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema]).fetchone()
    if found is None:  # IF NOT EXISTS asks for the right to make one even where it exists
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))


def number_of(connection: psycopg.Connection[Any], schema: str, name: str) -> int | None:
    """A table's number in the catalogue; None when there is none."""
    row = connection.execute(_EXISTING, [schema, name]).fetchone()
    return None if row is None else int(row[0])


def ensure(connection: psycopg.Connection[Any], table: Table) -> None:
    """Make a table, or add to the one that is there what it lacks.

    Raises
    ------
    DataError
        When something of that name is there that is no table of this shape.
    """
    row = connection.execute(_EXISTING, [table.schema, table.name]).fetchone()
    if row is None:
        _create(connection, table)
        return
    number, kind = row
    have = {n: (t, must) for n, t, must in connection.execute(_COLUMNS, [number]).fetchall()}
    if kind not in {"r", "p"}:
        raise _another(table, "không phải là bảng thường", "it is no plain table")
    _check_shape(connection, table, number, have)
    for column in table.columns:
        if column.name not in have:
            added = sql.SQL("ALTER TABLE {} ADD COLUMN {}").format(table.identifier, _defined(column))
            connection.execute(added)
            _comment(connection, table, [column])


def comment_table(connection: psycopg.Connection[Any], table: Table, text: str) -> None:
    """Say what a table is, for who opens it in another program."""
    said = sql.SQL("COMMENT ON TABLE {} IS {}").format(table.identifier, sql.Literal(text))
    connection.execute(said)


def _create(connection: psycopg.Connection[Any], table: Table) -> None:
    parts = [_defined(column) for column in table.columns]
    if table.geometry is not None:
        parts.append(sql.SQL("{} {}").format(sql.Identifier(GEOMETRY), sql.SQL(table.geometry)))
    parts.append(sql.SQL("PRIMARY KEY ({})").format(sql.SQL(", ").join(map(sql.Identifier, table.key))))
    body = sql.SQL(", ").join(parts)
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table.identifier, body))
    if table.geometry is not None:
        index = sql.SQL("CREATE INDEX ON {} USING gist ({})").format(
            table.identifier, sql.Identifier(GEOMETRY)
        )
        connection.execute(index)
    _comment(connection, table, table.columns)


def _defined(column: Column) -> sql.Composed:
    must = sql.SQL(" NOT NULL" if column.needed else "")
    return sql.SQL("{} {}{}").format(sql.Identifier(column.name), sql.SQL(column.type), must)


def _comment(connection: psycopg.Connection[Any], table: Table, columns: Any) -> None:
    """Comments on columns, all in one message."""
    said = [
        sql.SQL("COMMENT ON COLUMN {} IS {}").format(
            sql.Identifier(table.schema, table.name, column.name), sql.Literal(column.comment)
        )
        for column in columns
    ]
    connection.execute(sql.SQL("; ").join(said))


def _check_shape(
    connection: psycopg.Connection[Any], table: Table, number: int, have: dict[str, tuple[str, bool]]
) -> None:
    primary = connection.execute(
        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        "AND a.attnum = ANY (i.indkey) WHERE i.indrelid = %s AND i.indisprimary",
        [number],
    ).fetchall()
    if {name for (name,) in primary} != set(table.key):
        key = ", ".join(table.key)
        raise _another(table, f"khóa chính không phải ({key})", f"its primary key is not ({key})")
    if table.geometry is not None and have.get(GEOMETRY, ("",))[0] != table.geometry:
        raise _other_geometry(table, have.get(GEOMETRY, ("–",))[0])
    for column in table.columns:
        found = have.get(column.name, (column.type, False))[0]
        if column.used and found != column.type and (column.type, found) != ("bigint", "double precision"):
            what = one_line(column.name)
            vi = f"cột {quoted(what)} ở đó có kiểu {found}, ở đây là {column.type}"
            raise _another(table, vi, f"its column {quoted(what)} is {found}, here {column.type}")
    ours = {column.name for column in table.columns} | {GEOMETRY}
    strange = [name for name, (_, must) in have.items() if must and name not in ours]
    if strange:
        vi = f"cột {quoted(strange[0])} ở đó bắt buộc có giá trị"
        raise _another(table, vi, f"its column {quoted(strange[0])} must have a value")


def _another(table: Table, vi: str, en: str) -> DataError:
    return DataError(
        vi=f"bảng {table.said} đã có và có cấu trúc khác: {vi}; hãy chọn lược đồ khác (--schema), hoặc đổi "
        "tên bảng đó.",
        en=f"the table {table.said} is there and has another shape: {en}; choose another schema (--schema), "
        "or rename that table.",
    )


def _other_geometry(table: Table, found: str) -> DataError:
    """Mostly the system of another province: one geometry column has one system."""
    wanted = table.geometry
    return DataError(
        vi=f"bảng {table.said} đã có với hình kiểu {found}, không chứa được {wanted}; hãy xuất theo hệ tọa "
        "độ "
        "của bảng (--crs EPSG:n), hoặc chọn lược đồ khác (--schema).",
        en=f"the table {table.said} is there with {found}, which cannot hold {wanted}; export in the table's "
        "system (--crs EPSG:n), or choose another schema (--schema).",
    )
