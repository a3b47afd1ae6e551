"""Seeded layers for the benchmarks: communes with rough borders that fit, and plans that do not.

    python benchmarks/generate.py city|province|nation|million --out FOLDER [--seed 1] [--sorted]

`city`: 18 communes, 300 plans; `province`: 180 and 10,000; `nation`: 10,512 and 300,000 with some 21
million vertices; `million`: the nation's communes and 1,000,000 plans, made and written some at a time.
Communes are a valid planar coverage over a grid whose shared sides are fractal (midpoint displacement, one
side made once and used by both neighbours), 200 to 1,200 vertices each. Of the plans, 25 % are zoning
(large, few vertices), 75 % detailed (small, many); they overlap; 3 % are exact copies of another; some
sixth to fifth cross a border, and some of those are cut exactly at it.

Everything is in longitude and latitude (EPSG:4326) and made in NumPy, without a Python object per shape;
`write` saves GeoParquet, its rows in no order of space; ``--sorted`` adds ``plans.sorted.parquet``: along a
Hilbert curve, in row groups, with a box for each row (GeoParquet 1.1).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
import shapely
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {
    "city": (18, 300),
    "province": (180, 10_000),
    "nation": (10_512, 300_000),
    "million": (10_512, 1_000_000),
}
_AT_ONCE = 50_000
"""Plans of `million` that are in memory at a time."""
_SIDE = 0.09
"""Degrees: a commune some 10 km wide."""
_CORNER = (102.5, 8.5)
_DETAILED = 0
_ZONING = 1


class Generated(NamedTuple):
    """Layers as shapely arrays, and the plans' kinds: 0 detailed, 1 zoning."""

    communes: np.ndarray
    plans: np.ndarray
    kinds: np.ndarray


def generate(size: str, *, seed: int = 1) -> Generated:
    """One of `SIZES`, the same for the same seed."""
    communes, plans = SIZES[size]
    return layers(communes, plans, seed=seed)


def layers(communes: int, plans: int, *, seed: int = 1) -> Generated:
    """So many communes (rounded to a full grid below a row) and plans."""
    rng = np.random.default_rng(seed)
    shapes = _grid(rng, communes)
    drawn, kinds = _plans(rng, shapes, plans, per_commune=plans / len(shapes))
    return Generated(shapes, drawn, kinds)


def in_turn(communes: int, plans: int, *, seed: int = 1) -> tuple[np.ndarray, Iterator[Generated]]:
    """The communes, and so many plans in turn, each time `_AT_ONCE` of them from all over the communes."""
    rng = np.random.default_rng(seed)
    shapes = _grid(rng, communes)

    def drawn() -> Iterator[Generated]:
        for first in range(0, plans, _AT_ONCE):
            count = min(_AT_ONCE, plans - first)
            yield Generated(shapes, *_plans(rng, shapes, count, per_commune=plans / len(shapes)))

    return shapes, drawn()


def _grid(rng: np.random.Generator, communes: int) -> np.ndarray:
    across = max(k for k in range(1, int(np.sqrt(communes)) + 1) if communes % k == 0)
    return _communes(rng, across, communes // across)


def _rough(rng: np.random.Generator, ends: np.ndarray, levels: int) -> np.ndarray:
    """Lines between pairs of points (n × 2 × 2), 2^levels edges each, by midpoint displacement."""
    line = ends
    amount = 0.05
    for _ in range(levels):
        a, b = line[:, :-1], line[:, 1:]
        step = b - a
        normal = np.stack([-step[..., 1], step[..., 0]], axis=-1)
        middle = (a + b) / 2 + normal * rng.uniform(-amount, amount, (*normal.shape[:2], 1))
        fine = np.empty((len(line), 2 * line.shape[1] - 1, 2))
        fine[:, ::2], fine[:, 1::2] = line, middle
        line = fine
        amount = 0.08
    return line


def _communes(rng: np.random.Generator, across: int, down: int) -> np.ndarray:
    """A coverage of `across` × `down` cells with rough sides of 2^6 to 2^8 edges."""
    at = np.stack(np.meshgrid(np.arange(across + 1), np.arange(down + 1), indexing="ij"), axis=-1)
    knots = np.array(_CORNER) + _SIDE * (at + rng.uniform(-0.18, 0.18, at.shape))
    flat = _sides(rng, np.stack([knots[:-1], knots[1:]], axis=2).reshape(-1, 2, 2))
    upright = _sides(rng, np.stack([knots[:, :-1], knots[:, 1:]], axis=2).reshape(-1, 2, 2))
    rings = []
    for i in range(across):
        for j in range(down):
            south, north = flat[i * (down + 1) + j], flat[i * (down + 1) + j + 1]
            west, east = upright[i * down + j], upright[(i + 1) * down + j]
            rings.append(np.concatenate([south[:-1], east[:-1], north[:0:-1], west[::-1]]))
    return _polygons(np.concatenate(rings), np.array([len(r) for r in rings]))


def _sides(rng: np.random.Generator, ends: np.ndarray) -> list[np.ndarray]:
    levels = rng.choice([6, 7, 8], len(ends), p=[0.25, 0.4, 0.35])
    sides: list[Any] = [None] * len(ends)
    for level in (6, 7, 8):
        which = np.flatnonzero(levels == level)
        for k, line in zip(which.tolist(), _rough(rng, ends[which], level), strict=True):
            sides[k] = line
    return sides


def _polygons(xy: np.ndarray, counts: np.ndarray) -> np.ndarray:
    starts = np.concatenate([[0], np.cumsum(counts)])
    rings = np.arange(len(counts) + 1)
    return np.asarray(shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, (starts, rings)))


def _plans(
    rng: np.random.Generator, communes: np.ndarray, count: int, *, per_commune: float
) -> tuple[np.ndarray, np.ndarray]:
    """Stars round places in the communes; a few copies, a few cut at a border."""
    kinds = np.where(rng.random(count) < 0.25, _ZONING, _DETAILED)
    home = rng.integers(0, len(communes), count)
    bounds = shapely.bounds(communes)[home]
    centre = bounds[:, :2] + rng.uniform(0.05, 0.95, (count, 2)) * (bounds[:, 2:] - bounds[:, :2])
    reach = _SIDE * np.where(kinds == _ZONING, 0.11, 0.036) * np.sqrt(28 / max(per_commune, 28))
    size = reach * np.exp(rng.normal(0, 0.35, count))
    vertices = np.where(kinds == _ZONING, rng.integers(16, 60, count), rng.integers(24, 72, count))
    shapes = _stars(rng, centre, size, vertices)
    copies = rng.choice(count, int(0.03 * count), replace=False)
    shapes[copies] = shapes[(copies + 1) % count]
    kinds[copies] = kinds[(copies + 1) % count]
    cut = rng.choice(count, int(0.02 * count), replace=False)
    parts = shapely.intersection(shapes[cut], communes[home[cut]])
    sound = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & ~shapely.is_empty(parts)
    shapes[cut[sound]] = parts[sound]
    return shapes, kinds


def _stars(
    rng: np.random.Generator, centre: np.ndarray, size: np.ndarray, vertices: np.ndarray
) -> np.ndarray:
    """Star-shaped rings: angles in order with some play, radii as a smooth curve and some roughness."""
    of = np.repeat(np.arange(len(vertices)), vertices)
    first = np.concatenate([[0], np.cumsum(vertices)])
    place = np.arange(len(of)) - first[of]
    angle = 2 * np.pi * (place + rng.uniform(-0.3, 0.3, len(of))) / vertices[of]
    waves = rng.uniform(0, 2 * np.pi, (len(vertices), 2))[of]
    radius = size[of] * (1 + 0.3 * np.sin(2 * angle + waves[:, 0]) + 0.15 * np.sin(5 * angle + waves[:, 1]))
    radius *= rng.uniform(0.93, 1.07, len(of))
    points = centre[of] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    closed = np.empty((len(of) + len(vertices), 2))
    closed[np.arange(len(of)) + of] = points
    closed[first[1:] + np.arange(len(vertices))] = points[first[:-1]]
    return _polygons(closed, vertices + 1)


def write(made: Generated, folder: Path) -> None:
    """`communes.parquet` and `plans.parquet` (GeoParquet 1.1, WKB), with the columns geoplan reads."""
    write_in_turn(made.communes, iter([made]), folder)


def write_in_turn(communes: np.ndarray, plans: Iterator[Generated], folder: Path) -> int:
    """The same, the plans as they come; gives the number of their vertices."""
    folder.mkdir(parents=True, exist_ok=True)
    codes = pa.array([f"{i:05d}" for i in range(len(communes))])
    parquet.write_table(
        _table(communes, {"code": codes, "name": codes}), folder / "communes.parquet", compression="zstd"
    )
    words = np.array(["detailed", "zoning"], dtype=object)
    written = vertices = 0
    schema = _table(communes[:0], {"id": codes[:0], "kind": codes[:0]}).schema
    with parquet.ParquetWriter(folder / "plans.parquet", schema, compression="zstd") as writer:
        for part in plans:
            ids = pa.array([f"P{written + i}" for i in range(len(part.plans))])
            kinds = pa.array(words[part.kinds], pa.string())
            writer.write_table(_table(part.plans, {"id": ids, "kind": kinds}))
            written += len(part.plans)
            vertices += int(shapely.get_num_coordinates(part.plans).sum())
    return vertices


def write_sorted(folder: Path) -> None:
    """`plans.sorted.parquet` beside `plans.parquet`, by geoplan."""
    from geoplan.intake.arrow_file import open_polygons  # noqa: PLC0415 - the layers are made without geoplan
    from geoplan.intake.arrow_sort import sorted_copy  # noqa: PLC0415

    with open_polygons(folder / "plans.parquet") as file:
        sorted_copy(file, folder)


def _table(shapes: np.ndarray, columns: dict[str, pa.Array]) -> pa.Table:
    meta = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Polygon"]}},
    }
    geometry = pa.array(shapely.to_wkb(shapes), type=pa.binary())
    return pa.table({**columns, "geometry": geometry}).replace_schema_metadata({"geo": json.dumps(meta)})


def main() -> int:
    """Make one size and write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sorted", action="store_true", help="write plans.sorted.parquet too")
    options = parser.parse_args()
    begun = time.perf_counter()
    if options.size == "million":
        communes, parts = in_turn(*SIZES[options.size], seed=options.seed)
    else:
        made = generate(options.size, seed=options.seed)
        communes, parts = made.communes, iter([made])
    vertices = write_in_turn(communes, parts, options.out)
    print(f"{len(communes)} communes, {int(shapely.get_num_coordinates(communes).sum())} vertices", end="; ")
    print(f"{SIZES[options.size][1]} plans, {vertices} vertices", end="; ")
    print(f"made and written in {time.perf_counter() - begun:.1f} s")
    if options.sorted:
        write_sorted(options.out)
        print(f"sorted after {time.perf_counter() - begun:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
