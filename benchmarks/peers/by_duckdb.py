"""DuckDB with its spatial extension: tables in memory; the extension comes as a Python package."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_spatial
from sql import covered, meeting, twice
from worker import by_commune, by_kind, serve


def load(folder: Path) -> Any:
    """Tables of the layers."""
    package = Path(duckdb_extension_spatial.__file__).parent
    (extension,) = package.glob("extensions/*/spatial.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    for table, columns in (("communes", "code"), ("plans", "id, kind")):
        file = folder / f"{table}.parquet"
        connection.execute(f"CREATE TABLE {table} AS SELECT {columns}, geometry FROM '{file}'")  # noqa: S608 - our own
    return connection


def _ours(query: str) -> str:
    """Its aggregate unites by itself; pairs come first, or the kinds become a key of the join after all."""
    query = query.replace("ST_UnaryUnion(x.g)", "x.g").replace("ST_Collect_Agg", "ST_Union_Agg")
    return query.replace("pairs AS (", "pairs AS MATERIALIZED (")


def union(connection: Any) -> list[Any]:
    """Rows of commune and area."""
    return list(connection.execute(_ours(meeting())).fetchall())


def kinds(connection: Any) -> list[list[Any]]:
    """Rows of commune, kind and area: covered, and under two plans."""
    return [list(connection.execute(_ours(query)).fetchall()) for query in (covered(), twice())]


def _count(connection: Any) -> int:
    return int(connection.execute("SELECT count(*) FROM communes").fetchone()[0])


if __name__ == "__main__":
    serve(
        load,
        {
            "union": (union, lambda s, r: by_commune(_count(s), r)),
            "kinds": (kinds, lambda s, r: by_kind(_count(s), *r)),
        },
        lambda _: f"DuckDB {duckdb.__version__} with spatial",
    )
