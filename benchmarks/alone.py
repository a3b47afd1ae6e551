"""What is measured of geoplan by itself: its start, growth, edits, memory and streaming."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
from shapely import affinity

import generate
import geoplan
from contest import HERE, is_made, layers, set_made
from geoplan.errors import GeoplanError
from geoplan.measures import depth
from geoplan.measures.depth_edits import Edits
from geoplan.measures.live import LiveCoverage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STARTERS: Final = ("geopandas", "auto", "sweep", "geos", "kernel")
PLANS: Final = (2_500, 5_000, 10_000, 20_000, 40_000, 80_000)
COMMUNES: Final = (45, 90, 180, 360, 720, 1_440)
PER_COMMUNE: Final = 56


def timed(work: Callable[[], Any]) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def reference() -> float:
    """Seconds of a fixed piece of NumPy work on one thread, the yardstick of `kept.json`: a sort."""
    numbers = np.random.default_rng(0).random(4_000_000)
    return statistics.median(timed(lambda: np.sort(numbers)) for _ in range(5))


def fresh(who: str, folder: Path, *, once: bool = False, **environment: str) -> dict[str, float]:
    """What `peers/start.py` measures, and the seconds of the whole process as its parent sees them."""
    call = [sys.executable, str(HERE / "peers" / "start.py"), who, str(folder), *(["once"] if once else [])]
    begun = time.perf_counter()
    done = subprocess.run(
        call, env=os.environ | environment, capture_output=True, text=True, check=False, timeout=1800
    )
    whole = time.perf_counter() - begun
    if done.returncode != 0:
        raise RuntimeError(f"{who}: {(done.stderr.strip().splitlines() or ['no word'])[-1][:200]}")
    measured: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return measured | {"whole": whole}


def start(work: Path, *, rounds: int) -> dict[str, Any]:
    """The city from the start of a process, compiled code on disk; and once without it."""
    folder = layers("city", work)
    for who in STARTERS:
        fresh(who, folder)
    found: dict[str, list[dict[str, float]]] = {who: [] for who in STARTERS}
    for _ in range(rounds):
        for who in STARTERS:
            found[who].append(fresh(who, folder))
    with tempfile.TemporaryDirectory() as nothing:
        cold = fresh("kernel", folder, NUMBA_CACHE_DIR=nothing)
    return {"rows": found, "compile": cold["first"]}


def growth(*, rounds: int, most: int = 80_000) -> list[dict[str, Any]]:
    """Seconds of the kernel as plans, communes, and both grow, with the exponents."""
    series = (
        ("plans, in 180 communes", [(180, n) for n in PLANS if n <= most]),
        ("communes, with 10,000 plans", [(n, 10_000) for n in COMMUNES if most >= 10_000]),
        ("both, 56 plans a commune", [(n, PER_COMMUNE * n) for n in COMMUNES if PER_COMMUNE * n <= most]),
    )
    tables = []
    for what, sizes in series:
        rows = []
        for communes, plans in sizes:
            made = generate.layers(communes, plans, seed=2)
            seconds = [timed(lambda m=made: depth.covered(*m)) for _ in range(rounds + 1)][1:]
            rows.append({"communes": communes, "plans": plans, "seconds": seconds})
        if len(rows) > 1:
            tables.append({"what": what, "rows": rows, "exponent": exponent(rows)})
    return tables


def exponent(rows: list[dict[str, Any]]) -> float:
    """Slope of seconds over what grows, least squares of the logarithms."""
    grows = "plans" if len({r["plans"] for r in rows}) > 1 else "communes"
    sizes = np.log([r[grows] for r in rows])
    return float(np.polyfit(sizes, np.log([statistics.median(r["seconds"]) for r in rows]), 1)[0])


def edits(size: str, *, rounds: int, seed: int = 3) -> dict[str, Any]:
    """A plan moved by some metres, and its communes done again, against a full pass; in turn.

    `put` and `full` of the kernel; `change` and `coverage` of the public functions.
    """
    made = generate.generate(size)
    rng = np.random.default_rng(seed)
    codes, ids = ([f"{i:05d}" for i in range(len(shapes))] for shapes in (made.communes, made.plans))
    communes = gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=made.communes, crs="EPSG:4326")
    words = np.array(["detailed", "zoning"])[made.kinds]
    plans = gpd.GeoDataFrame({"id": ids, "kind": words}, geometry=made.plans, crs="EPSG:4326")
    kept = Edits(made.communes, made.plans, made.kinds)
    live = LiveCoverage(communes, plans=plans, on="2026-01-01", engine="sweep")
    seconds: dict[str, list[float]] = {"put": [], "full": [], "change": [], "coverage": []}
    touched: list[int] = []
    shapes = made.plans.copy()
    for _ in range(rounds):
        seconds["full"].append(timed(lambda: depth.covered(made.communes, shapes, made.kinds)))
        moved = plans.set_geometry(shapes, crs=plans.crs)
        coverage = partial(geoplan.coverage, communes, plans=moved, on="2026-01-01", engine="sweep")
        seconds["coverage"].append(timed(coverage))
        for plan in rng.integers(0, len(shapes), 40).tolist():
            shapes[plan] = affinity.translate(shapes[plan], *rng.normal(0, 1e-4, 2))
            begun = time.perf_counter()
            touched.append(len(kept.put(plan, shapes[plan], kind=int(made.kinds[plan]))))
            seconds["put"].append(time.perf_counter() - begun)
            seconds["change"].append(timed(partial(live.change, ids[plan], geometry=shapes[plan])))
    full = depth.covered(made.communes, shapes, made.kinds)
    off = np.abs(kept.by_kind - full.by_kind) / full.units[:, None, None]
    return {"size": size, **seconds, "communes": statistics.mean(touched), "difference": float(off.max())}


def memory(size: str, work: Path) -> list[dict[str, Any]]:
    """Peak memory and seconds of a process that goes from GeoParquet to the table."""
    return _from_files(size, layers(size, work), ("files", "sorted", "sweep"))


def streaming(work: Path) -> list[dict[str, Any]]:
    """The same of a million plans, by parts of the files only."""
    folder = work / "million"
    if not is_made(folder):
        call = [sys.executable, str(HERE / "generate.py"), "million", "--out", str(folder)]
        subprocess.run(call, check=True, stdout=subprocess.DEVNULL)
        set_made(folder)
    communes, plans = generate.SIZES["million"]
    return _from_files(f"{communes:,} communes, {plans:,} plans", folder, ("files", "sorted"))


def _from_files(size: str, folder: Path, who: tuple[str, ...]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for one in who:
        row: dict[str, Any] = {"size": size, "who": one}
        try:
            if one == "sorted" and not (folder / "plans.sorted.parquet").is_file():
                generate.write_sorted(folder)
            plans = folder / f"plans{'.sorted' if one == 'sorted' else ''}.parquet"
            row["file_mb"] = (plans.stat().st_size + (folder / "communes.parquet").stat().st_size) / 1e6
            rows.append(row | fresh(one, folder, once=True))
        except (GeoplanError, RuntimeError, subprocess.TimeoutExpired) as wrong:
            rows.append({"file_mb": 0.0} | row | {"missing": str(wrong)})
    return rows
