"""Zonal sums of a nation's raster, and people under plans: geoplan against exactextract and rasterstats.

    python benchmarks/rasters.py --out FOLDER [--communes 10512] [--width 10000] [--height 20000]

The raster is seeded: people per cell, float32, towns and empty land, a part without data; once in strips as
they are, once in tiles and packed (DEFLATE), over the extent of the communes of `generate.py`. Every program
runs in a process of its own, with the communes read before the clock starts, and opens the raster itself.
exactextract is asked in both its strategies. The peers get an environment of their own in the folder.

What is compared: each peer's sums with geoplan's (exactextract keeps shares of cells in single precision,
rasterstats takes a cell whole or not at all, by its centre), and geoplan's with a count cell by cell of some
communes by GEOS.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
import venv
import warnings
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from rasterio.windows import Window

PACKAGES: Final = (
    "exactextract==0.3.0",
    "rasterstats==0.21.0",
    "geopandas>=1.1,<2",
    "rasterio>=1.4,<2",
    "pyarrow",
)
PLANS_PER_COMMUNE: Final = 28
SAMPLE: Final = 40
"""Communes counted cell by cell."""
SLOW_SECONDS: Final = 6.0
"""What takes longer is not repeated."""
_ROWS: Final = 256
_NOTHING: Final = -99_999.0
_FILES: Final = {
    "plain": {},
    "tiled": {"tiled": True, "blockxsize": 512, "blockysize": 512, "compress": "deflate", "zlevel": 1},
}
_WORKS: Final = {
    "plain": "zonal sums, GeoTIFF in strips",
    "tiled": "zonal sums, GeoTIFF tiled and packed",
    "plans": "people under plans, in strips",
}


def write_raster(
    path: Path,
    bounds: tuple[float, float, float, float],
    *,
    width: int,
    height: int,
    seed: int = 1,
    **form: Any,
) -> None:
    """People per cell over a box, some rows at a time, the same for the same seed."""
    west, south, east, north = bounds
    rng = np.random.default_rng(seed)
    x = np.sin(np.linspace(0, 40, width, dtype=np.float32))
    y = np.cos(np.linspace(0, 80, height, dtype=np.float32))
    with rasterio.open(
        path, "w", driver="GTiff", width=width, height=height, count=1, dtype="float32", nodata=_NOTHING,
        crs="EPSG:4326", **form,
        transform=Affine((east - west) / width, 0, west, 0, (south - north) / height, north),
    ) as file:  # fmt: skip
        for top in range(0, height, _ROWS):
            rows = min(_ROWS, height - top)
            where = x * y[top : top + rows, None]
            people = rng.standard_exponential((rows, width), dtype=np.float32) * np.exp(2 * where)
            people[people < 0.35] = 0
            people = np.round(people * 64) / 64
            people[where > 0.93] = _NOTHING
            file.write(people, 1, window=Window(0, top, width, rows))


def prepare(folder: Path, *, communes: int, width: int, height: int) -> None:
    """The layers and rasters, where they are not there yet."""
    import generate  # noqa: PLC0415 - the peers' environment has not what it needs

    asked = json.dumps([communes, width, height])
    made = folder / "made.json"
    if made.is_file() and made.read_text() == asked:
        return
    layers = generate.layers(communes, communes * PLANS_PER_COMMUNE)
    generate.write(layers, folder)
    west, south, east, north = gpd.GeoSeries(layers.communes).total_bounds
    bounds = (west - 0.02, south - 0.02, east + 0.02, north + 0.02)
    for name, form in _FILES.items():
        write_raster(folder / f"{name}.tif", bounds, width=width, height=height, **form)
    made.write_text(asked)


def environment(folder: Path) -> Path:
    """A Python with the peers."""
    python = folder / "peers" / "bin" / "python"
    if not python.is_file():
        venv.create(folder / "peers", with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", *PACKAGES], check=True)
    return python


def run(who: str, work: str, folder: Path, repeats: int) -> None:
    """In a process of its own: print seconds and the peak, save the sums."""
    warnings.simplefilter("ignore")
    communes = gpd.read_parquet(folder / "communes.parquet")
    plans = gpd.read_parquet(folder / "plans.parquet") if work == "plans" else None
    call = _CALLS[who]
    path = folder / ("plain.tif" if work == "plans" else f"{work}.tif")
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        sums = call(communes, path, plans)
        seconds.append(time.perf_counter() - begun)
        if seconds[-1] > SLOW_SECONDS:
            break
    np.save(folder / f"{who}-{work}.npy", sums)
    print(json.dumps({"seconds": seconds, "peak_mb": _peak_mb()}))


def _peak_mb() -> float:
    """The most memory that this process held; what `getrusage` says can be its parent's."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    return float("nan")


def _exactextract(strategy: str) -> Any:
    def call(communes: gpd.GeoDataFrame, path: Path, _: Any) -> np.ndarray:
        from exactextract import exact_extract  # noqa: PLC0415

        return np.asarray(
            exact_extract(str(path), communes, "sum", output="pandas", strategy=strategy)["sum"]
        )

    return call


def _rasterstats(communes: gpd.GeoDataFrame, path: Path, _: Any) -> np.ndarray:
    from rasterstats import zonal_stats  # noqa: PLC0415

    found = zonal_stats(communes, str(path), stats="sum")
    return np.array([np.nan if row["sum"] is None else row["sum"] for row in found], dtype=float)


def _geoplan(communes: gpd.GeoDataFrame, path: Path, plans: Any) -> np.ndarray:
    import geoplan  # noqa: PLC0415
    from geoplan import measures  # noqa: PLC0415

    raster = geoplan.open_raster(path)
    if plans is None:
        return measures.people_in_raster(communes, raster=raster, engine="sweep").to_numpy()
    table = measures.people_under_plans(communes, plans=plans, raster=raster, on="2026-01-01", engine="sweep")
    return table.loc[table["plan_kind"] == "all", "people_covered"].to_numpy()


def _coverage(communes: gpd.GeoDataFrame, _: Path, plans: Any) -> np.ndarray:
    from geoplan import measures  # noqa: PLC0415

    table = measures.coverage(communes, plans=plans, on="2026-01-01", engine="sweep")
    return table["covered_km2"].to_numpy()


_CALLS: Final = {
    "geoplan": _geoplan,
    "coverage": _coverage,
    "exactextract by feature": _exactextract("feature-sequential"),
    "exactextract by raster": _exactextract("raster-sequential"),
    "rasterstats": _rasterstats,
}


def _reference(folder: Path, work: str) -> float:
    """The worst difference of geoplan's sums from a count cell by cell, of some communes."""
    import geoplan  # noqa: PLC0415
    from geoplan import measures  # noqa: PLC0415

    communes = gpd.read_parquet(folder / "communes.parquet")
    some = np.random.default_rng(1).choice(len(communes), min(SAMPLE, len(communes)), replace=False)
    communes, raster = (
        communes.iloc[some],
        geoplan.open_raster(folder / f"{'plain' if work == 'plans' else work}.tif"),
    )
    if work == "plans":
        bounds = communes.total_bounds
        plans = gpd.read_parquet(folder / "plans.parquet").cx[bounds[0] : bounds[2], bounds[1] : bounds[3]]
        table = measures.people_under_plans(
            communes, plans=plans, raster=raster, on="2026-01-01", engine="geos"
        )
        exact = table.loc[table["plan_kind"] == "all", "people_covered"].to_numpy()
    else:
        exact = measures.people_in_raster(communes, raster=raster, engine="geos").to_numpy()
    return _worst(np.load(folder / f"geoplan-{work}.npy")[some], exact)[1]


def _worst(sums: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """Median and worst relative difference where there is at least one person."""
    some = others >= 1
    apart = np.abs(sums[some] / others[some] - 1)
    return float(np.median(apart)), float(apart.max())


def measure(
    folder: Path, *, communes: int = 10_512, width: int = 10_000, height: int = 20_000, repeats: int = 3
) -> list[dict[str, Any]]:
    """Rows of work, who, seconds (each repeat), peak_mb, and difference: the worst, relative.

    A peer's difference is from geoplan's sums, geoplan's from a count cell by cell; ``median`` beside it. A
    peer that cannot be installed is left out, and named on the standard error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder, communes=communes, width=width, height=height)
    peers = [("geoplan", work) for work in _WORKS] + [("coverage", "plans")]
    try:
        python = environment(folder)
        peers += [(who, work) for who in _CALLS if who not in {"geoplan", "coverage"} for work in _FILES]
    except subprocess.CalledProcessError as failed:
        print(f"the peers could not be installed: {failed}", file=sys.stderr)
    _alone(sys.executable, "geoplan", "plans", folder, 1)  # what is compiled is on disk from here on
    rows = []
    for who, work in peers:
        mine = who in {"geoplan", "coverage"}
        found = _alone(sys.executable if mine else str(python), who, work, folder, repeats)
        if who == "geoplan":
            found |= {"difference": _reference(folder, work)}
        elif not mine:
            sums, ours = (np.load(folder / f"{name}-{work}.npy") for name in (who, "geoplan"))
            found |= dict(zip(("median", "difference"), _worst(sums, ours), strict=True))
        title = "areas of the same plans, no raster" if who == "coverage" else _WORKS[work]
        rows.append({"work": title, "who": "geoplan" if mine else who, "difference": None} | found)
    return rows


def _alone(python: str, who: str, work: str, folder: Path, repeats: int) -> dict[str, Any]:
    call = [python, __file__, "--out", str(folder), "--one", who, work, "--repeats", str(repeats)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{who}: {(done.stderr.strip().splitlines() or ['no word'])[-1][:300]}")
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--communes", type=int, default=10_512)
    parser.add_argument("--width", type=int, default=10_000)
    parser.add_argument("--height", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--one", nargs=2, metavar=("WHO", "WORK"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        run(*options.one, options.out, options.repeats)
        return 0
    rows = measure(
        options.out,
        communes=options.communes,
        width=options.width,
        height=options.height,
        repeats=options.repeats,
    )
    for row in rows:
        off = "" if row["difference"] is None else f", off by {row['difference']:.1e} at worst"
        seconds = statistics.median(row["seconds"])
        print(f"{row['work']}: {row['who']} {seconds:.2f} s, {row['peak_mb']:,.0f} MB{off}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
