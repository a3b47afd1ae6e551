"""geoplan against others and against itself: one run, written to docs/benchmarks.md. `make bench`.

    python benchmarks/bench.py [--only PART ...] [--sizes SIZE ...] [--repeats N] [--long] [--out FILE]
                               [--work FOLDER] [--keep]

Some 25 minutes in all; `--only` and `--sizes` do a part of it, for which the page is then written. Peers that
are Python packages go into an environment inside `--work` (a temporary folder unless given), PostGIS and QGIS
come from the system. The ratios in `kept.json` are compared in the end: worse ones end the run with 1.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import shapely

import alone
import figures
import generate
import page
import rasters
import stages
from contest import HERE, Peer, contest, layers

if TYPE_CHECKING:
    from collections.abc import Callable

PARTS: Final = ("contests", "start", "growth", "edits", "memory", "streaming", "rasters", "stages")
ROUNDS: Final = {"city": 7, "province": 5, "nation": 2}
SIZES: Final = tuple(ROUNDS)
KEPT: Final = HERE / "kept.json"
TIMEOUT: Final = {"city": 60.0, "province": 300.0, "nation": 900.0}


def tell(text: str) -> None:
    """A line on how far it is."""
    print(f"{dt.datetime.now().astimezone():%H:%M:%S}  {text}", flush=True)


def packages(work: Path) -> tuple[str, str]:
    """The Python of the environment with the peers from packages, and why there is none."""
    home = work / "peers"
    python, pins = home / "bin" / "python", HERE / "requirements.txt"
    kept = home / pins.name
    if kept.is_file() and kept.read_bytes() == pins.read_bytes():
        return str(python), ""
    tell("installing peers")
    venv.create(home, clear=True, with_pip=True)
    call = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pins]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return str(python), f"could not be installed ({done.stderr.strip().splitlines()[-1][:160]})"
    shutil.copy(pins, kept)
    return str(python), ""


def peers(work: Path) -> list[Peer]:
    """Everyone who takes part; the quick ones first."""
    python, unpacked = packages(work)
    system = "/usr/bin/python3"
    no_postgis = (
        ""
        if os.environ.get("GEOPLAN_POSTGRES") or list(Path("/usr/lib/postgresql").glob("*/bin"))
        else ("there is no PostgreSQL with PostGIS (Debian: postgresql-postgis)")
    )
    qgis = subprocess.run([system, "-c", "import qgis.core, processing"], capture_output=True, check=False,
                          env=os.environ | {"PYTHONPATH": "/usr/share/qgis/python/plugins"})  # fmt: skip
    no_qgis = "" if qgis.returncode == 0 else "there is no QGIS with its Python (Debian: qgis, python3-qgis)"
    nation = frozenset({("nation", "kinds")})
    slow = nation | {("nation", "union")}
    return [
        Peer("geoplan: kernel, 1 thread", "by_geoplan",
             works={w: f"{w}, 1 thread" for w in ("union", "kinds")}),
        Peer('geoplan: `coverage(engine="auto")`', "by_geoplan",
             works={w: f"{w}, auto" for w in ("union", "kinds")}, slow=slow),
        Peer('geoplan: `coverage(engine="geos")`', "by_geoplan",
             works={w: f"{w}, geos" for w in ("union", "kinds")}, slow=slow),
        Peer("GEOS by hand", "by_shapely", slow=nation),
        Peer("geopandas", "by_geopandas", slow=nation),
        Peer("geopandas, overlay twice", "by_geopandas", works={"union": "", "kinds": "kinds by overlay"},
             slow=nation),
        Peer("PostGIS", "by_postgis", slow=nation, missing=no_postgis),
        Peer("QGIS", "by_qgis", python=system, works={"kinds": ""}, missing=no_qgis),
        Peer("SedonaDB", "by_sedonadb", python=python, slow=nation, missing=unpacked),
        Peer("DuckDB", "by_duckdb", python=python, slow=nation, missing=unpacked),
    ]  # fmt: skip


def contests(options: argparse.Namespace, work: Path) -> list[dict[str, Any]]:
    """All sizes and works."""
    every = [p for p in peers(work) if not options.peers or p.program.removeprefix("by_") in options.peers]
    rows: list[dict[str, Any]] = []
    for size in options.sizes:
        for name in ("union", "kinds"):
            asked = [
                p for p in every if p.works.get(name, name) and (options.long or (size, name) not in p.slow)
            ]
            rounds = options.repeats or ROUNDS[size]
            if (size, name) == ("nation", "kinds"):
                rounds = 1
            rows += contest(
                asked, size=size, work=name, folder=layers(size, work), rounds=rounds,
                timeout=TIMEOUT[size], tell=tell,
            )  # fmt: skip
    return rows


def measured(options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """The figures of the parts asked for."""
    rounds, largest = options.repeats or 5, options.sizes[-1]
    few = min(rounds, 3)
    middling = "province" if "province" in options.sizes else largest
    do: dict[str, Callable[[], Any]] = {
        "contests": lambda: contests(options, work),
        "start": lambda: alone.start(work, rounds=rounds),
        "growth": lambda: alone.growth(rounds=few, most=10_000 if largest == "city" else 80_000),
        "edits": lambda: alone.edits(middling, rounds=rounds),
        "memory": lambda: alone.memory(largest, work),
        "streaming": lambda: alone.streaming(work),
        "rasters": lambda: density(work, full=largest == "nation", repeats=min(rounds, 2)),
        "stages": lambda: [
            staged(size, few) for size in options.sizes if size != "city" or largest == "city"
        ],
    }
    results: dict[str, Any] = {"sizes": [counted(size) for size in options.sizes]}
    for part in options.only:
        tell(part)
        try:
            results[part] = do[part]()
        except Exception as wrong:  # noqa: BLE001 - what was measured before it is worth its page
            traceback.print_exc()
            results.setdefault("failed", {})[part] = f"{type(wrong).__name__}: {wrong}".splitlines()[0][:200]
        (work / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    return results


def counted(size: str) -> dict[str, Any]:
    """How large a size is."""
    made = generate.generate(size)
    vertices = sum(int(shapely.get_num_coordinates(s).sum()) for s in (made.communes, made.plans))
    return {"size": size, "communes": len(made.communes), "plans": len(made.plans), "vertices": vertices}


def staged(size: str, rounds: int) -> dict[str, Any]:
    """The stages of a size, with the yardstick: seconds of a sort over those of a million vertices."""
    sort = alone.reference()
    found = stages.stages(generate.generate(size), rounds=rounds)
    return {"size": size, **found, "yardstick": sort / (found["plain"] / found["vertices"] * 1e6)}


def density(work: Path, *, full: bool, repeats: int) -> list[dict[str, Any]]:
    """What `rasters.py` measures; on a small raster where the nation is not asked for."""
    small = {} if full else {"communes": 180, "width": 1_000, "height": 2_000}
    return rasters.measure(work / "rasters", repeats=repeats, **small)


def machine() -> dict[str, Any]:
    """What ran it."""
    model = platform.processor() or platform.machine()
    facts = Path("/proc/cpuinfo")
    if facts.is_file():
        found = [
            line.split(":")[1].strip()
            for line in facts.read_text().splitlines()
            if line.startswith("model name")
        ]
        model = found[0] if found else model
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 1e9
    return {
        "cores": os.cpu_count(),
        "model": model,
        "memory_gb": memory,
        "system": f"{platform.system()} {platform.machine()}",
        "load": [os.getloadavg()[0]] * 2,
    }


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), metavar="PART")
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES), metavar="SIZE")
    parser.add_argument("--peers", nargs="+", metavar="PEER", help="only these, as in peers/by_PEER.py")
    parser.add_argument("--repeats", type=int, help="rounds, in place of each size's own")
    parser.add_argument("--long", action="store_true", help="peers that take minutes for the nation too")
    parser.add_argument("--out", type=Path, default=HERE.parent / "docs" / "benchmarks.md")
    parser.add_argument("--work", type=Path, help="folder for layers and peers; kept")
    parser.add_argument("--keep", action="store_true", help="keep the ratios of this run")
    options = parser.parse_args(given)
    options.sizes = [s for s in SIZES if s in options.sizes]
    options.only = [p for p in PARTS if p in options.only]
    return options


def run(options: argparse.Namespace, work: Path) -> int:
    """Measure, write, compare."""
    begun, kind = time.monotonic(), machine()
    results = measured(options, work)
    kind["load"][1] = os.getloadavg()[0]
    today = dt.datetime.now().astimezone().date().isoformat()
    left = [p for p in PARTS if p not in options.only] + [s for s in SIZES if s not in options.sizes]
    results |= {"machine": kind, "date": today, "minutes": (time.monotonic() - begun) / 60, "left_out": left}
    results["kept"] = kept = figures.kept_in(KEPT)
    (work / "results.json").write_text(json.dumps(results, indent=1), encoding="utf-8")
    options.out.write_text(page.written(results), encoding="utf-8")
    tell(f"{options.out} written")
    now = figures.of_run(results)
    if options.keep:
        figures.keep(KEPT, now, on=today)
        return 0
    worse = list(figures.worse(kept, now, whole=not left and not options.peers))
    if worse:
        print(
            f"Slower than what is kept by more than {figures.TOLERANCE:.0%}: {'; '.join(worse)}.",
            file=sys.stderr,
        )
    return 1 if worse or results.get("failed") else 0


def main() -> int:
    """Run in the folder asked for, or in one that goes."""
    options = arguments()
    if options.work is not None:
        options.work.mkdir(parents=True, exist_ok=True)
        return run(options, options.work.resolve())
    with tempfile.TemporaryDirectory(prefix="geoplan-bench-") as folder:
        return run(options, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
