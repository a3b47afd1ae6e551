"""One answer from the start of a process: ``start.py WHO FOLDER``, a line of JSON at the end.

`WHO` is geopandas, kernel (geoplan's, from arrays), auto, sweep or geos (geoplan's public function on
frames), files or sorted (the same on files by parts, plans in no order or by space). Seconds to import, to
read the layers, of the first answer, in which compiled code is loaded, and of a second one; and the most
memory that the process had.
"""

# ruff: noqa: PLC0415 - when a thing is imported is what is measured
from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker import peak_mb

if TYPE_CHECKING:
    from collections.abc import Callable


def _geopandas(folder: Path) -> Callable[[], Any]:
    import by_geopandas

    frames = (by_geopandas.gpd.read_parquet(folder / f"{name}.parquet") for name in ("communes", "plans"))
    state = tuple(frame.set_crs(None, allow_override=True) for frame in frames)
    return lambda: by_geopandas.union((state[0][["code", "geometry"]], state[1]))


def _kernel(folder: Path) -> Callable[[], Any]:
    import numpy as np
    import shapely
    from pyarrow import parquet

    from geoplan.measures import depth

    tables = [parquet.read_table(folder / f"{name}.parquet") for name in ("communes", "plans")]
    communes, plans = (shapely.from_wkb(table["geometry"].to_numpy()) for table in tables)
    kinds = (tables[1]["kind"].to_numpy() == "zoning").astype(np.int64)
    return lambda: depth.covered(communes, plans, kinds)


def _public(folder: Path, engine: str) -> Callable[[], Any]:
    import geopandas as gpd

    import geoplan

    communes, plans = (gpd.read_parquet(folder / f"{name}.parquet") for name in ("communes", "plans"))
    return lambda: geoplan.coverage(communes, plans=plans, on="2026-01-01", engine=engine)


def _files(folder: Path, name: str = "plans") -> Callable[[], Any]:
    from geoplan import parts

    communes, plans = folder / "communes.parquet", folder / f"{name}.parquet"
    return lambda: parts.coverage(communes, plans=plans, on="2026-01-01", engine="sweep")


IMPORTS = {
    "geopandas": "by_geopandas",
    "kernel": "geoplan.measures.depth",
    "files": "geoplan.parts",
    "sorted": "geoplan.parts",
}


READERS: dict[str, Callable[[Path], Callable[[], Any]]] = {
    "geopandas": _geopandas,
    "kernel": _kernel,
    "files": _files,
    "sorted": lambda folder: _files(folder, "plans.sorted"),
}


def main(who: str, folder: Path) -> None:
    """Do it, and print."""
    warnings.simplefilter("ignore")
    seconds = {}
    begun = time.perf_counter()
    __import__(IMPORTS.get(who, "geoplan"))
    seconds["import"], begun = time.perf_counter() - begun, time.perf_counter()
    work = _public(folder, who) if who in {"auto", "sweep", "geos"} else READERS[who](folder)
    seconds["read"], begun = time.perf_counter() - begun, time.perf_counter()
    for name in ("first", "second")[: 1 if sys.argv[3:] == ["once"] else 2]:
        work()
        seconds[name], begun = time.perf_counter() - begun, time.perf_counter()
    print(json.dumps({**seconds, "peak_mb": peak_mb()}))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
