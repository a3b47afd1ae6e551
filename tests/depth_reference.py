"""Area by depth of cover in exact rational arithmetic: slow, short, and without any rounding.

The plane is cut into vertical slabs at every vertex and every crossing of edges. Inside a slab edges do
not cross, so they can be put in order by their height in the middle; between two neighbours every body
covers all or nothing, and the strip is a trapezium.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import shapely

Edge = tuple[Fraction, Fraction, Fraction, Fraction, int]


def edges_of(shape: Any, body: int) -> list[Edge]:
    """Edges of a polygon from left to right, none upright; the body is to be told apart by parity."""
    found = []
    for ring in shapely.get_rings(shapely.get_parts(shape)):
        points = [(Fraction(x), Fraction(y)) for x, y in shapely.get_coordinates(ring).tolist()]
        for a, b in pairwise(points):
            if a[0] != b[0]:
                found.append((*min(a, b), *max(a, b), body))
    return found


def depth_areas(unit: Any, plans: list[Any], kinds: list[int], *, depth: int = 3) -> list[list[Fraction]]:
    """Area of the unit under at least 1 … `depth` plans: a row for each kind, the last for all together."""
    edges = edges_of(unit, -1)
    for i, plan in enumerate(plans):
        edges += edges_of(plan, i)
    groups = [[i for i, k in enumerate(kinds) if k == kind] for kind in range(max(kinds, default=-1) + 1)]
    groups.append(list(range(len(plans))))
    areas = [[Fraction(0)] * depth for _ in groups]
    for left, right in pairwise(_cuts(edges)):
        middle = (left + right) / 2
        here = [e for e in edges if e[0] <= left and e[2] >= right]
        here.sort(key=lambda e: _height(e, middle))
        inside: set[int] = set()
        for low, high in pairwise(here):
            inside ^= {low[4]}
            if -1 not in inside:
                continue
            area = (_height(high, middle) - _height(low, middle)) * (right - left)
            for row, group in zip(areas, groups, strict=True):
                covered = sum(i in inside for i in group)
                for d in range(min(covered, depth)):
                    row[d] += area
    return areas


def _height(edge: Edge, x: Fraction) -> Fraction:
    x0, y0, x1, y1, _ = edge
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)


def _cuts(edges: list[Edge]) -> list[Fraction]:
    cuts = {x for e in edges for x in (e[0], e[2])}
    for i, (ax, ay, bx, by, _) in enumerate(edges):
        for cx, cy, dx, dy, _ in edges[:i]:
            if max(ax, cx) >= min(bx, dx):
                continue
            slope, other = (by - ay) / (bx - ax), (dy - cy) / (dx - cx)
            if slope != other:
                x = (cy - ay + slope * ax - other * cx) / (slope - other)
                if max(ax, cx) < x < min(bx, dx):
                    cuts.add(x)
    return sorted(cuts)


def as_floats(areas: list[list[Fraction]]) -> np.ndarray:
    return np.array([[float(a) for a in row] for row in areas])
