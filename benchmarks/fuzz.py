"""Both coverage engines against each other and an exact reference, on shapes made to be awkward.

    python benchmarks/fuzz.py --minutes 20 [--seed 1]

Each case is one of two sizes. *Tiny*: a few plans of a few vertices, held against rational arithmetic
(`tests/depth_reference.py`), every depth and kind, to 1e-9 of the unit's area. *Middling*: dozens of plans
of dozens of vertices, held against GEOS unions to 1e-9, and to 1e-9 of what the ellipsoid says. Prints a
line of counts; the first difference is written out as WKT and ends the run with 1.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import affinity

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

import depth_reference
from geoplan.intake.repair import made_valid
from geoplan.measures import depth

Generator = np.random.Generator
TOLERANCE = 1e-9


def star(rng: Generator, *, at: tuple[float, float], size: float, vertices: int) -> Any:
    """A ring around a point, as rough as it comes."""
    angles = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    radii = size * rng.uniform(0.3, 1.0, vertices)
    return shapely.Polygon(np.c_[at[0] + radii * np.cos(angles), at[1] + radii * np.sin(angles)])


def pierced(rng: Generator, shape: Any) -> Any:
    """The same with a hole that may touch the shell."""
    inner = affinity.scale(shape, 0.4, 0.4, origin=shape.centroid)
    hole = shape.difference(inner) if rng.random() < 0.8 else shape.difference(shapely.box(*inner.bounds))
    return hole if hole.geom_type in {"Polygon", "MultiPolygon"} and not hole.is_empty else shape


def snapped(shape: Any) -> Any:
    """The same on a coarse grid, where vertices and edges coincide."""
    return shapely.transform(shape, lambda xy: np.round(xy * 8) / 8)


def bow_tie(rng: Generator, at: tuple[float, float], size: float) -> Any:
    """A ring that crosses itself."""
    x, y = at
    return shapely.Polygon([(x, y), (x + size, y + size), (x + size, y), (x, y + size * rng.uniform(0.3, 1))])


def spike(rng: Generator, shape: Any) -> Any:
    """The same with an edge that goes out and comes back."""
    xy = shapely.get_coordinates(shape.exterior if shape.geom_type == "Polygon" else shape.geoms[0].exterior)
    k = int(rng.integers(1, len(xy)))
    tip = xy[k] + rng.normal(0, 1, 2)
    return shapely.Polygon(np.r_[xy[: k + 1], [tip], xy[k:]])


def one_plan(rng: Generator, earlier: list[Any], unit: Any, *, vertices: int) -> tuple[str, Any]:  # noqa: C901, PLR0911, PLR0912 - a list of families
    """A plan of a random family, perhaps made of an earlier one or of the unit."""
    at = (float(rng.uniform(-1, 11)), float(rng.uniform(-1, 11)))
    size = float(rng.uniform(0.5, 6))
    fresh = star(rng, at=at, size=size, vertices=int(rng.integers(3, vertices)))
    source = earlier[int(rng.integers(len(earlier)))] if earlier and rng.random() < 0.8 else unit
    family = str(
        rng.choice(
            [
                "fresh",
                "shifted",
                "rotated",
                "duplicate",
                "snapped",
                "holed",
                "multipart",
                "bow-tie",
                "spike",
                "unit",
                "flat",
                "box",
                "touching",
                "cut",
                "doubled",
            ]
        )
    )
    if family in {"holed", "multipart"} and not fresh.is_valid:
        return "bow-tie", fresh
    match family:
        case "shifted":
            d = 10.0 ** rng.uniform(-10, -4)
            return family, affinity.translate(source, d * rng.normal(), d * rng.normal())
        case "rotated":
            return family, affinity.rotate(source, 10.0 ** rng.uniform(-12, -8), use_radians=True)
        case "duplicate":
            return family, source
        case "snapped":
            return family, snapped(fresh)
        case "holed":
            return family, pierced(rng, fresh)
        case "multipart":
            return family, shapely.union_all([fresh, affinity.translate(fresh, size * 1.7, 0.2)])
        case "bow-tie":
            return family, bow_tie(rng, at, size)
        case "spike":
            return family, spike(rng, fresh)
        case "unit":
            return family, unit
        case "flat":
            return family, shapely.Polygon([at, (at[0] + size, at[1]), (at[0] + size / 2, at[1])])
        case "box":
            return family, shapely.box(*np.round(np.array([*at, at[0] + size, at[1] + size]) * 2) / 2)
        case "touching":
            low = shapely.bounds(source)
            return family, shapely.box(low[2], low[1], low[2] + size, low[3])
        case "cut":
            return family, source.intersection(unit) if source.is_valid and unit.is_valid else fresh
        case "doubled":
            xy = shapely.get_coordinates(fresh)
            return family, shapely.Polygon(np.repeat(xy, 2, axis=0))
    return "fresh", fresh


def case(
    rng: Generator, *, plans: int, vertices: int
) -> tuple[list[Any], list[Any], list[int], Counter[str]]:
    """Units (a small coverage), valid plans, their kinds and the families they are of."""
    middle = float(rng.uniform(3, 7))
    if rng.random() < 0.5:
        units = [shapely.box(0, 0, middle, 10), shapely.box(middle, 0, 10, 10)]
    else:
        line = np.c_[middle + rng.normal(0, 0.5, 9), np.linspace(0, 10, 9)]
        left = [*line.tolist(), [0.0, 10.0], [0.0, 0.0]]
        right = [*line.tolist(), [10.0, 10.0], [10.0, 0.0]]
        units = [shapely.Polygon(left), shapely.Polygon(right)]
    if rng.random() < 0.5:  # a lake, and an island in it
        lake = star(rng, at=(2.0, 5.0), size=1.8, vertices=7)
        if lake.is_valid and units[0].contains(lake):
            island = affinity.scale(lake, 0.3, 0.3, origin=lake.centroid)
            holed = units[0].difference(lake)
            units[0] = holed.union(island) if lake.contains_properly(island) else holed
    made: list[Any] = []
    families: Counter[str] = Counter()
    for _ in range(plans):
        family, shape = one_plan(rng, made, units[int(rng.integers(2))], vertices=vertices)
        if shape.geom_type in {"Polygon", "MultiPolygon"} and not shape.is_empty:
            made.append(shape)
            families[family] += 1
    return units, made, [int(k) for k in rng.integers(0, 3, len(made))], families


def by_union(unit: Any, plans: list[Any], kinds: list[int], area: Any) -> np.ndarray:
    """Depths 1 and 2 by GEOS: union, and union of the pairs' intersections."""
    rows = []
    for kind in [*range(max(kinds, default=-1) + 1), None]:
        mine = [p for p, k in zip(plans, kinds, strict=True) if kind is None or k == kind]
        cut = [c for p in mine if not (c := unit.intersection(p)).is_empty]
        pairs = [cut[i].intersection(cut[j]) for i in range(len(cut)) for j in range(i)]
        rows.append([area(shapely.union_all(cut)), area(shapely.union_all(pairs))])
    return np.array(rows)


def faces(shape: Any) -> Any:
    """The polygons of an overlay's result."""
    return shapely.union_all(
        [p for p in shapely.get_parts(shape) if p.geom_type in {"Polygon", "MultiPolygon"}]
    )


def compare(rng: Generator, *, tiny: bool, families: Counter[str], counts: Counter[str]) -> float:
    """The largest difference of one case, as a share of the unit."""
    units, plans, kinds, used = case(
        rng, plans=int(rng.integers(1, 6 if tiny else 30)), vertices=8 if tiny else 60
    )
    families.update(used)
    result = depth.covered(
        np.array(units, dtype=object),
        np.array(plans, dtype=object),
        np.array(kinds),
        depth=3,
        integrand="plane",
    )
    invalid = {i for i, p in enumerate(plans) if not p.is_valid}
    unnamed = invalid - set(result.suspect_plans.tolist())
    if any(abs(made_valid(plans[i]).area - abs(plans[i].area)) > TOLERANCE for i in unnamed):
        raise Different(f"invalid plans not named: {unnamed}", units, plans, kinds)
    counts["invalid plans named"] += len(invalid - unnamed)
    counts["invalid within rounding, not named"] += len(unnamed)
    sound = [p if p.is_valid else made_valid(p) for p in plans]
    worst = 0.0
    for u, unit in enumerate(units):
        mine = np.concatenate([result.by_kind[u], result.together[u][None]])
        if tiny:
            expected = depth_reference.as_floats(depth_reference.depth_areas(unit, sound, kinds, depth=3))
            mine = mine[: len(expected)] if len(expected) == len(mine) else mine
        else:
            expected, mine = by_union(unit, sound, kinds, shapely.area), mine[:, :2]
        off = float(np.abs(mine - expected).max()) / unit.area
        if off > TOLERANCE and not tiny:
            counts["GEOS off, settled by the rational reference"] += 1
            expected = depth_reference.as_floats(depth_reference.depth_areas(unit, sound, kinds, depth=2))
            off = float(np.abs(mine - expected).max()) / unit.area
        if off > TOLERANCE:
            raise Different(f"unit {u}: {off:.2e}\n{mine}\n{expected}", units, plans, kinds)
        worst = max(worst, off)
    return worst


class Different(Exception):  # noqa: N818
    """Two engines disagree."""

    def __init__(self, what: str, units: list[Any], plans: list[Any], kinds: list[int]) -> None:
        shapes = "\n".join(shapely.to_wkt(np.array(units + plans, dtype=object), rounding_precision=-1))
        super().__init__(f"{what}\nkinds {kinds}\n{shapes}")


def main() -> int:
    """Run cases until the time is over."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, help="stop after so many")
    options = parser.parse_args()
    end = time.monotonic() + 60 * options.minutes
    counts: Counter[str] = Counter()
    families: Counter[str] = Counter()
    worst = {True: 0.0, False: 0.0}
    seed = options.seed
    while time.monotonic() < end and seed - options.seed != options.cases:
        rng = np.random.default_rng(seed)
        tiny = bool(rng.random() < 0.7)
        try:
            worst[tiny] = max(worst[tiny], compare(rng, tiny=tiny, families=families, counts=counts))
        except Different as difference:
            print(f"seed {seed}: {difference}", file=sys.stderr)
            return 1
        except shapely.errors.GEOSException:
            counts["not comparable: GEOS raised"] += 1
        counts["tiny, rational" if tiny else "middling, GEOS"] += 1
        seed += 1
    print(dict(counts), "worst", worst, "families", dict(families))
    return 0


if __name__ == "__main__":
    sys.exit(main())
