"""What a coverage by parts costs on a cluster, and the figures for an estimate.

    python benchmarks/cluster.py --data FOLDER [--parts 8 32]

FOLDER holds `communes.parquet` and `plans.parquet` from `generate.py`. Every part is done in a process of its
own, one after the other, so that its peak memory can be seen and none disturbs another. The figures are those
of docs/guide/cluster.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import pickle
import sys
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import shapely

import generate
from geoplan.intake import read_layer
from geoplan.intake.arrow_file import open_polygons
from geoplan.measures.plan_layer import read_facts
from geoplan.measures.units import read_units
from geoplan.parts.job import Question, job_of
from geoplan.parts.work import Task, measure
from geoplan.rings import Rings, rings_of, taken


class Cost(NamedTuple):
    """One part: vertices in it, plans sent, bytes of its message, seconds of work and of one core, memory."""

    vertices: int
    plans: int
    sent: int
    wall: float
    cpu: float
    peak: int


def question(data: Path) -> Question:
    """The question, with plans read whole: what is measured is the work, not the reading."""
    communes = read_layer(data / "communes.parquet")
    units = read_units(communes)
    with open_polygons(data / "plans.parquet") as file:
        facts = read_facts(file.attributes, on=None, kind_column="kind")
        source = InMemory(file.rings(np.arange(len(file))), file.boxes, file.vertices)
    count = len(facts.kinds_in_order())
    return Question(rings_of(units.shapes), source, facts.kind_numbers(), count, "sweep")


class InMemory:
    """Plans as arrays."""

    def __init__(self, polygons: Rings, boxes: np.ndarray, vertices: np.ndarray) -> None:
        self.polygons, self.boxes, self.vertices = polygons, boxes, vertices

    def rings(self, rows: np.ndarray) -> Rings:
        """Some rows."""
        return taken(self.polygons, rows)


def alone(task: Task, warm: Task) -> tuple[float, float, int]:
    """Do one part in this process, after a small one that loads what is compiled.

    Seconds, seconds of all cores, and the most memory that the process ever had.
    """
    measure(warm)
    wall, cpu = time.perf_counter(), time.process_time()
    measure(task)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    status = Path("/proc/self/status").read_text(encoding="ascii")  # ru_maxrss is the parent's at first
    return wall, cpu, 1024 * int(status.split("VmHWM:")[1].split()[0])


def costs(asked: Question, parts: int) -> list[Cost]:
    """Of each part, in a process of its own; memory beyond that of a process with next to nothing to do."""
    job, plans = job_of(asked, parts=parts), asked.plans
    few = np.arange(2)
    warm = Task(taken(asked.units, few), plans.rings(few), few, few * 0, 1, "sweep")

    def apart(task: Task) -> tuple[float, float, int]:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(alone, (task, warm))

    found, base = [], apart(warm)[2]
    for number, part in enumerate(job.parts):
        task = job.task(number, plans.rings(part.shapes))
        wall, cpu, peak = apart(task)
        vertices, sent = len(task.units.xy) + len(task.plans.xy), len(pickle.dumps(task, protocol=5))
        found.append(Cost(vertices, len(part.shapes), sent, wall, cpu, peak - base))
    return found


def told(name: int, found: list[Cost], one: Cost) -> None:
    """A row of the table."""
    wall, vertices = (np.array([c[k] for c in found]) for k in (3, 0))
    cores = sum(c.cpu for c in found) / one.cpu
    again = sum(c.plans for c in found) / one.plans
    sent, peak = sum(c.sent for c in found) / 1e6, max(c.peak for c in found) / 1e6
    print(
        f"| {name} | {wall.mean():.2f} | {wall.max() / wall.mean():.2f} "
        f"| {vertices.max() / vertices.mean():.2f} | {cores:.2f} | {again:.3f} "
        f"| {sent:.0f} | {peak:.0f} | {max(c.peak / c.vertices for c in found):.0f} |"
    )


def parcels(counts: tuple[int, ...] = (10_000, 30_000, 100_000)) -> None:
    """One commune cut into parcels that share their borders, as a cadastre does: seconds of one core."""
    commune = generate.layers(4, 40).communes[0]
    west, south, east, north = shapely.bounds(commune)
    points = np.random.default_rng(1).uniform([west, south], [east, north], (max(counts), 2))
    units, none = rings_of(np.array([commune])), np.zeros(0, np.int64)
    print("| parcels in a commune | vertices | core s | vertices a second and core |")
    print("|---|---|---|---|")
    for count in counts:
        cells = shapely.voronoi_polygons(
            shapely.multipoints(points[:count]), extend_to=shapely.box(*commune.bounds)
        )
        drawn = rings_of(shapely.segmentize(shapely.get_parts(cells), (north - south) / count**0.5 / 3))
        measure(Task(units, taken(drawn, np.arange(3)), none, np.zeros(3, np.int64), 1, "sweep"))
        begun = time.process_time()
        measure(Task(units, drawn, none, np.zeros(count, np.int64), 1, "sweep"))
        spent = time.process_time() - begun
        print(f"| {count} | {len(drawn.xy)} | {spent:.2f} | {len(drawn.xy) / spent:.3g} |")


def main() -> int:
    """Print the table and the figures that the estimate rests on."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--parts", type=int, nargs="+", default=[8, 32])
    options = parser.parse_args()
    begun = time.perf_counter()
    asked = question(options.data)
    print(f"read in {time.perf_counter() - begun:.1f} s; ", end="")
    begun = time.perf_counter()
    job_of(asked, parts=max(options.parts))
    planned = time.perf_counter() - begun
    one = costs(asked, 1)[0]
    print(f"{one.plans} plans, {one.vertices} vertices; into parts in {planned:.1f} s")
    print(
        "| parts | mean s | max/mean | vertices max/mean | core s of one part | plans sent | MB sent "
        "| peak MB | bytes a vertex |"
    )
    print("|---" * 9 + "|")
    for parts in (1, *options.parts):
        found = [one] if parts == 1 else costs(asked, parts)
        told(parts, found, one)
    print(f"vertices a second and core: {sum(c.vertices for c in found) / sum(c.cpu for c in found):.3g}")
    print(f"bytes sent a plan: {sum(c.sent for c in found) / one.plans:.0f}")
    print(f"seconds to plan a million plans: {planned / one.plans * 1e6:.1f}\n")
    parcels()
    return 0


if __name__ == "__main__":
    sys.exit(main())
