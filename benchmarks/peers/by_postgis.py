"""PostGIS: indexed, clustered tables, two connections that share the communes between them."""

from __future__ import annotations

import itertools
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import psycopg
import pyarrow.parquet as pq
from worker import by_commune, by_kind, serve

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
import postgres

PORTIONS = 24
SETTINGS = (
    "-c shared_buffers=1GB -c max_wal_size=8GB -c work_mem=256MB -c jit=off "
    "-c max_parallel_workers_per_gather=0"
)

MEET = "communes c JOIN plans p ON ST_Intersects(c.geom, p.geom) WHERE c.code BETWEEN %s AND %s"
UNION = f"SELECT c.code, ST_Area(ST_Intersection(c.geom, ST_Union(p.geom))) FROM {MEET} GROUP BY c.code"  # noqa: S608 - our own
COVERED = (
    f"SELECT c.code, p.kind, ST_Area(ST_Intersection(c.geom, ST_Union(p.geom))) FROM {MEET} "  # noqa: S608 - our own
    "GROUP BY c.code, p.kind"
)
TWICE = """
    SELECT c.code, p.kind, ST_Area(ST_Intersection(c.geom, ST_Union(ST_Intersection(p.geom, q.geom))))
    FROM communes c
    JOIN plans p ON ST_Intersects(c.geom, p.geom)
    JOIN plans q ON p.number < q.number AND p.kind = q.kind AND ST_Intersects(p.geom, q.geom)
                 AND ST_Intersects(c.geom, q.geom)
    WHERE c.code BETWEEN %s AND %s
    GROUP BY c.code, p.kind"""


class State(NamedTuple):
    """Open connections, and how many communes."""

    connections: list[Any]
    count: int
    version: str


_open = ExitStack()


def load(folder: Path) -> State:
    """A server of our own with the layers in it."""
    server = _open.enter_context(postgres.running(SETTINGS))
    url = server.url("with_postgis")
    with psycopg.connect(url, autocommit=True) as connection:
        for table, columns in (("communes", ("code",)), ("plans", ("kind",))):
            connection.execute(
                f"CREATE UNLOGGED TABLE {table} (number int, {columns[0]} "
                f"{'int' if table == 'communes' else 'text'}, geom geometry(Polygon))"
            )
            connection.execute(f"ALTER TABLE {table} ALTER geom SET STORAGE EXTERNAL")
            read = pq.read_table(folder / f"{table}.parquet")
            values = read[columns[0]].to_pylist()
            with connection.cursor().copy(f"COPY {table} FROM STDIN") as copy:
                for row, shape in enumerate(read["geometry"]):
                    copy.write_row((row, values[row], shape.as_py().hex()))
            connection.execute(f"CREATE INDEX {table}_geom ON {table} USING gist (geom)")
            connection.execute(f"CLUSTER {table} USING {table}_geom")
            if table == "communes":
                connection.execute("ALTER TABLE communes ADD PRIMARY KEY (code)")
            connection.execute(f"VACUUM ANALYZE {table}")
        count = connection.execute("SELECT count(*) FROM communes").fetchone()
        version = connection.execute(
            "SELECT 'PostgreSQL ' || current_setting('server_version_num')::int / 10000 || ', PostGIS ' || "
            "postgis_lib_version() || ', GEOS ' || postgis_geos_version()"
        ).fetchone()
    assert count is not None
    assert version is not None
    connections = [_open.enter_context(psycopg.connect(url)) for _ in range(os.cpu_count() or 1)]
    return State(connections, count[0], version[0])


def asked(state: State, *queries: str) -> list[list[Any]]:
    """The rows of the queries; portions of the communes go to whichever connection is free."""
    edges = [state.count * k // PORTIONS for k in range(PORTIONS + 1)]
    spans = [(a, b - 1) for a, b in itertools.pairwise(edges) if a < b]
    waiting: SimpleQueue[tuple[int, tuple[int, int]]] = SimpleQueue()
    for job in itertools.product(range(len(queries)), spans):
        waiting.put(job)
    rows: list[list[Any]] = [[] for _ in queries]
    wrong: list[BaseException] = []

    def work(connection: Any) -> None:
        try:
            while not waiting.empty():
                q, span = waiting.get_nowait()
                rows[q] += connection.execute(queries[q], span).fetchall()
        except Empty:
            pass
        except psycopg.Error as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(c,), daemon=True) for c in state.connections]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        raise wrong[0]
    return rows


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the server is stopped in any case
    with _open:
        serve(
            load,
            {
                "union": (lambda s: asked(s, UNION), lambda s, r: by_commune(s.count, r[0])),
                "kinds": (lambda s: asked(s, COVERED, TWICE), lambda s, r: by_kind(s.count, *r)),
            },
            lambda s: s.version,
        )
