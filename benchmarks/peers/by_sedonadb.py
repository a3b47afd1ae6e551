"""SedonaDB: views of tables in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import sedonadb
from sql import covered, meeting, twice
from worker import by_commune, by_kind, serve

if TYPE_CHECKING:
    from pathlib import Path


class State(NamedTuple):
    """The context and the number of communes."""

    context: Any
    count: int


def load(folder: Path) -> State:
    """Views of the layers."""
    context = sedonadb.connect()
    for table in ("communes", "plans"):
        context.read_parquet(str(folder / f"{table}.parquet")).to_memtable().to_view(table)
    return State(context, int(context.sql("SELECT * FROM communes").count()))


def asked(state: State, *queries: str) -> list[Any]:
    """Arrow tables."""
    return [state.context.sql(query).to_arrow_table() for query in queries]


def _rows(table: Any) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


if __name__ == "__main__":
    serve(
        load,
        {
            "union": (
                lambda s: asked(s, meeting()),
                lambda s, r: by_commune(s.count, _rows(r[0])),
            ),
            "kinds": (
                lambda s: asked(s, covered(), twice()),
                lambda s, r: by_kind(s.count, *map(_rows, r)),
            ),
        },
        lambda _: f"SedonaDB {sedonadb.__version__}",
    )
