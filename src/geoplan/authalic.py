"""Areas on the ellipsoid of polygons whose edges are straight in longitude and latitude.

Between two meridians dλ apart the strip from the equator to latitude φ has the area q(φ) dλ, with

    q(φ) = b²/2 · (sin φ / (1 − e² sin² φ) + artanh(e sin φ) / e)

(J. P. Snyder, Map Projections: A Working Manual, 1987, eq. 3-12, times a²/2). So a region's area is
−∮ q(φ) dλ along its border (Green's theorem), and along an edge that is straight in λ and φ, as GeoJSON
(RFC 7946) draws it, the integral is Δλ times the mean of q over the edge: a smooth function of one
variable, had to the last bit by Gauss's rule. Nothing is approximated but rounding, pieces of an edge
add up to the edge, and a shape cut in two loses nothing: what an overlay in longitude and latitude needs.

The polygon of *geodesics* through the same vertices (C. F. F. Karney, Algorithms for geodesics, Journal of
Geodesy 87, 2013; what QGIS measures) is another region: a
geodesic leaves the straight edge by L² tan φ / 8 R in the middle, and L³ tan φ / 12 R of land lies between
the two, for an edge of length L from east to west. In Vietnam that is 0.005 m² for an edge of 100 m, 5 m²
for 1 km and 0.5 ha for 10 km; opposite edges of a shape mostly cancel. It also changes when an edge gets
a vertex, as every overlay gives it; the area here does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MAJOR: Final = 6378137.0
_FLATTENING: Final = 1 / 298.257223563
_MINOR: Final = _MAJOR * (1 - _FLATTENING)
_ECCENTRICITY: Final = float(np.sqrt(_FLATTENING * (2 - _FLATTENING)))
_AT_ONCE: Final = 1 << 19
"""Vertices whose areas are found at a time: a nation's would take gigabytes."""
TERMS: Final = 8
"""Powers in `strip_polynomial`: 1e-13 of the area for units up to 25° of latitude high."""
_SHORT_DEGREES: Final = 0.05
"""Edges that climb less need two of Gauss's points, others six: both are exact to 1e-16 of the strip."""
_TWO, _SIX = (tuple(zip(*np.polynomial.legendre.leggauss(n), strict=True)) for n in (2, 6))
"""Nodes and weights."""


def strip(latitude: NDArray[np.float64], *, base: NDArray[np.float64] | float = 0.0) -> NDArray[np.float64]:
    """Area in m² of the strip one degree of longitude wide from latitude `base` to `latitude` (degrees).

    The difference is taken before it is lost: a strip of a metre is as exact as one of 1,000 km.
    """
    s, s0 = np.sin(np.radians(latitude)), np.sin(np.radians(base))
    middle, half = np.radians((latitude + base) / 2), np.radians((latitude - base) / 2)
    rise = 2 * np.cos(middle) * np.sin(half)
    e2 = _ECCENTRICITY**2
    first = rise * (1 + e2 * s * s0) / ((1 - e2 * s * s) * (1 - e2 * s0 * s0))
    second = np.arctanh(_ECCENTRICITY * rise / (1 - e2 * s * s0)) / _ECCENTRICITY
    return np.asarray(np.radians(_MINOR**2 / 2 * (first + second)))


def strip_polynomial(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coefficients of powers 1 to `TERMS` of w in `strip` between latitudes `low` and `high`.

    w runs from −1 at `low` to 1 at `high`; the strip begins in the middle. One row for each pair.
    """
    count = TERMS + 1
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    middle, half = ((high + low) / 2)[:, None], ((high - low) / 2)[:, None]
    values = strip(middle + half * nodes, base=middle)
    powers = np.linalg.inv(np.vander(nodes, count, increasing=True))
    # summed term by term: a matrix product's last bits depend on how many rows it has
    return np.asarray(sum(values[:, j, None] * powers[None, 1:, j] for j in range(count)))


def area_m2(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Area in m² of valid polygons in longitude and latitude, edges straight in degrees.

    Parameters
    ----------
    shapes
        Polygons and multipolygons in EPSG:4326; 0 for empty and missing ones. Rings may turn either way.
    """
    shapes = np.asarray(shapes, dtype=object)
    done = np.cumsum(shapely.get_num_coordinates(shapes))
    ends: Any = np.searchsorted(done, np.arange(_AT_ONCE, done[-1], _AT_ONCE)) if len(done) else []
    return np.concatenate([np.zeros(0), *(_area_m2(some) for some in np.split(shapes, ends))])


def _area_m2(shapes: NDArray[Any]) -> NDArray[np.float64]:
    shapes = np.asarray(shapely.orient_polygons(shapes), dtype=object)
    out = np.zeros(len(shapes))
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    if not len(rings):
        return out
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    shape_of = part_of[ring_part][ring_of]
    bounds = shapely.bounds(shapes)
    base = ((bounds[:, 1] + bounds[:, 3]) / 2)[shape_of]
    edge = np.flatnonzero(ring_of[1:] == ring_of[:-1])
    y0, rise, base = xy[edge, 1], xy[edge + 1, 1] - xy[edge, 1], base[edge]
    mean = np.empty(len(edge))
    short = np.abs(rise) < _SHORT_DEGREES
    for some, rule in ((short, _TWO), (~short, _SIX)):
        if some.any():
            mean[some] = _mean_strip(y0[some], rise[some], base[some], rule)
    terms = -(xy[edge + 1, 0] - xy[edge, 0]) * mean
    return np.abs(np.bincount(shape_of[edge], terms, minlength=len(shapes)))


def _mean_strip(
    y0: NDArray[np.float64],
    rise: NDArray[np.float64],
    base: NDArray[np.float64],
    rule: tuple[tuple[float, float], ...],
) -> NDArray[np.float64]:
    """The mean of `strip` over edges that climb from y0 by `rise`, by Gauss's rule."""
    mean = np.zeros(len(y0))
    for node, weight in rule:
        mean += weight / 2 * strip(y0 + rise * (1 + node) / 2, base=base)
    return mean
