"""Power diagrams with prescribed areas (semi-discrete optimal transport).

A power diagram divides a domain among weighted sites into cells with straight edges. For any
positive areas that add up to the domain's there are weights that give every cell its area; the
damped Newton method of Kitagawa, Mérigot and Thibert (2019) finds them:
"Convergence of a Newton algorithm for semi-discrete optimal transport", J. Eur. Math. Soc. 21.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import Point, Polygon
from shapely.ops import nearest_points

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from plane import Array

Tags = NDArray[np.int64]

_MAX_NEWTON = 60
_MAX_HALVINGS = 30


@dataclass(frozen=True)
class Diagram:
    """Cells of a power diagram inside a domain.

    Attributes
    ----------
    cells : array of geometries
        One cell per site, clipped to the domain.
    borders : array of float, shape (n, n)
        Length of the border between two cells inside the domain, km.
    """

    cells: NDArray[np.object_]
    borders: Array

    @property
    def areas(self) -> Array:
        """Cell areas, km²."""
        return np.asarray(shapely.area(self.cells), dtype=float)


def _clip(ring: Array, tags: Tags, normal: Array, offset: float, tag: int) -> tuple[Array, Tags]:
    """Clip a convex ring by ``normal · x <= offset``; edge k runs from vertex k to k + 1."""
    side = ring @ normal - offset
    if side.max() <= 0.0:
        return ring, tags
    points: list[Array] = []
    out: list[int] = []
    for k in range(len(ring)):
        after = (k + 1) % len(ring)
        here, there = side[k], side[after]
        if here <= 0.0:
            points.append(ring[k])
            out.append(int(tags[k]))
        if (here < 0.0 < there) or (there < 0.0 < here):
            points.append(ring[k] + (ring[after] - ring[k]) * (here / (here - there)))
            out.append(tag if here < 0.0 else int(tags[k]))
    return np.array(points).reshape(-1, 2), np.array(out, dtype=np.int64)


def _convex_cells(sites: Array, weights: Array, reach: float) -> list[tuple[Array, Tags]]:
    """Return each site's unbounded cell, cut to a large square, with the neighbour behind each edge."""
    middle = sites.mean(axis=0)
    square = middle + reach * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
    lifted = (sites**2).sum(axis=1) - weights
    found: list[tuple[Array, Tags]] = []
    for i, site in enumerate(sites):
        ring, tags = square, np.full(4, -1, dtype=np.int64)
        order = np.argsort(((sites - site) ** 2).sum(axis=1), kind="stable")
        for j in order:
            if j == i:
                continue
            ring, tags = _clip(ring, tags, 2.0 * (sites[j] - site), float(lifted[j] - lifted[i]), int(j))
            if len(ring) < 3:
                break
        found.append((ring, tags))
    return found


def power_diagram(domain: BaseGeometry, sites: Array, weights: Array) -> Diagram:
    """Return the power diagram of weighted sites, clipped to a domain.

    Parameters
    ----------
    domain : polygonal geometry
        In the plane, km.
    sites : array, shape (n, 2)
        Positions, km.
    weights : array, shape (n,)
        Weights, km²; a heavier site takes more.
    """
    west, south, east, north = domain.bounds
    reach = 3.0 * max(east - west, north - south)
    raw = _convex_cells(sites, weights, reach)
    empty = Polygon()
    cells = np.array([Polygon(r) if len(r) > 2 else empty for r, _ in raw], dtype=object)
    cells = shapely.intersection(cells, domain)
    pairs: list[tuple[int, int]] = []
    lines: list[list[Array]] = []
    for i, (ring, tags) in enumerate(raw):
        for k in np.flatnonzero(tags > i):
            pairs.append((i, int(tags[k])))
            lines.append([ring[k], ring[(k + 1) % len(ring)]])
    borders = np.zeros((len(sites), len(sites)))
    if pairs:
        lengths = shapely.length(shapely.intersection(shapely.linestrings(np.array(lines)), domain))
        rows, columns = np.array(pairs).T
        borders[rows, columns] = lengths
        borders += borders.T
    return Diagram(cells=cells, borders=borders)


def _step(diagram: Diagram, sites: Array, missing: Array) -> Array:
    """Return the Newton step of the weights for the areas still missing."""
    apart = np.hypot(*(sites[:, None, :] - sites[None, :, :]).transpose(2, 0, 1))
    np.fill_diagonal(apart, 1.0)
    slope = -diagram.borders / (2.0 * apart)
    np.fill_diagonal(slope, 0.0)
    np.fill_diagonal(slope, -slope.sum(axis=1) + 1e-9)
    step = np.zeros(len(sites))
    step[1:] = np.linalg.solve(slope[1:, 1:], missing[1:])
    return step


def solve_weights(
    domain: BaseGeometry, sites: Array, areas: Array, start: Array, *, tolerance: float = 1e-7
) -> tuple[Array, Diagram]:
    """Find weights that give every cell its area.

    Parameters
    ----------
    domain : polygonal geometry
        Its area must be the sum of ``areas``.
    sites : array, shape (n, 2)
        Positions, km.
    areas : array, shape (n,)
        Wanted areas, km².
    start : array, shape (n,)
        First guess of the weights, km².
    tolerance : float
        Largest relative error of an area.

    Returns
    -------
    weights, diagram

    Raises
    ------
    RuntimeError
        If no damped step makes progress, which means that a site is badly placed.
    """
    weights, diagram = _open_start(domain, sites, start)
    floor = 0.5 * min(float(diagram.areas.min()), float(areas.min()))
    for _ in range(_MAX_NEWTON):
        missing = areas - diagram.areas
        if np.max(np.abs(missing) / areas) <= tolerance:
            return weights, diagram
        step = _step(diagram, sites, missing)
        size = 1.0
        for _ in range(_MAX_HALVINGS):
            trial = power_diagram(domain, sites, weights + size * step)
            shrunk = np.linalg.norm(areas - trial.areas) <= (1.0 - size / 2.0) * np.linalg.norm(missing)
            if trial.areas.min() > floor and shrunk:
                break
            size /= 2.0
        else:
            msg = "the power diagram does not converge: a site is badly placed"
            raise RuntimeError(msg)
        weights, diagram = weights + size * step, trial
    return weights, diagram


def _open_start(domain: BaseGeometry, sites: Array, start: Array) -> tuple[Array, Diagram]:
    """Return a start in which no cell is empty: the guess, with hidden sites lifted until they show."""
    weights = start.astype(float)
    inside = domain.buffer(-0.05)
    for _ in range(5 * len(sites)):
        diagram = power_diagram(domain, sites, weights)
        hidden = np.flatnonzero(diagram.areas <= 1e-4)
        if not len(hidden):
            return weights, diagram
        i = int(hidden[0])
        near = shapely.get_coordinates(nearest_points(inside, Point(sites[i]))[0])[0]
        others = ((sites - near) ** 2).sum(axis=1) - weights
        others[i] = np.inf
        weights = weights.copy()
        weights[i] = ((sites[i] - near) ** 2).sum() - others.min() + 0.3
    msg = "some sites have no cell of their own: they are too close together"
    raise RuntimeError(msg)
