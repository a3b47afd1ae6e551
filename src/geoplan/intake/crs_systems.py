"""The coordinate systems of Vietnam that a file may be in, and where each would put its coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError
from pyproj.transformer import TransformerGroup

from geoplan import crs

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

TM3: Final = (
    *(9205, 9206, 9207, 9208, 5897, 9209, 9210, 9211, 9212),
    *(9213, 9214, 9215, 9216, 5899, 5898, 9217, 9218, 5896),
)
OTHERS: Final = (4326, 4756, 3857, 3405, 3406, 32648, 32649, 4147, 2044, 2045, 4131, 3148, 3149)
MARGIN: Final = 1.25
"""Degrees around an area of use. EPSG draws it for the 63 old provinces; today's reach up to 1.1° beyond
it (the west of Gia Lai and Lai Châu in the systems they are listed with)."""
ABSURD: Final = 1e8
"""No system here has a coordinate as large; squares of it still fit in a float."""
VIETNAM: Final = (
    (101.9, 8.0, 109.9, 23.6),  # mainland and the islands along the coast
    (110.9, 15.3, 113.1, 17.4),  # Hoàng Sa
    (109.0, 6.2, 118.1, 12.3),  # Trường Sa and the shelf south of it
)
"""Boxes in degrees: west, south, east, north."""
_FEATURES: Final = 1000
_INNER: Final = 1500
_OUTLINE: Final = 800
_DEGREES: Final = 360.0


@dataclass(frozen=True)
class System:
    """A coordinate system a Vietnamese file may be in.

    Attributes
    ----------
    epsg, name, crs
        As EPSG has it.
    meridian
        Its central meridian in degrees when it is a VN-2000 TM-3 zone, else None.
    area
        Its area of use with a margin, in degrees: west, south, east, north.
    """

    epsg: int
    name: str
    crs: CRS
    meridian: float | None
    area: tuple[float, float, float, float]


@cache
def systems() -> tuple[System, ...]:
    """All of them, those in daily use first."""
    return tuple(_system(epsg) for epsg in (*TM3, *OTHERS))


def _system(epsg: int) -> System:
    system = CRS.from_epsg(epsg)
    use = system.area_of_use
    if use is None:
        raise ValueError(epsg)
    west, south, east, north = use.bounds
    operation = system.coordinate_operation
    parameters = {p.name: p.value for p in operation.params} if operation else {}
    centre = float(parameters.get("Longitude of natural origin", 0.0))
    if centre and epsg not in TM3:
        # A six-degree zone is used to its edges, islands included, whatever part of it EPSG names.
        west, east = min(west, centre - 3), max(east, centre + 3)
    if system.is_geographic:
        west, south, east, north = -180.0, -90.0, 180.0, 90.0
    return System(
        epsg=epsg,
        name=system.name,
        crs=system,
        meridian=centre if epsg in TM3 else None,
        area=(west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN),
    )


def place(
    x: NDArray[np.float64], y: NDArray[np.float64], system: CRS, *, datum_shift: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates as WGS 84 longitude and latitude; not finite where the system has no such place.

    `datum_shift` False reads a VN-2000 plane as if it were drawn over WGS 84: what a file holds whose
    maker left the seven parameters out.
    """
    try:
        if datum_shift:
            lon, lat = crs.lonlat(x, y, system)
        else:
            to = _unshifted(system)
            lon, lat = to.transform(x, y)
    except ProjError:
        lon, lat = np.full_like(x, np.inf), np.full_like(y, np.inf)
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


@cache
def _unshifted(system: CRS) -> Transformer:
    return Transformer.from_crs(system, system.geodetic_crs, always_xy=True)


@cache
def _shifts(system: CRS) -> tuple[tuple[float, float, float, float], ...]:
    """Where PROJ knows a datum shift from a system to WGS 84; elsewhere it takes the ellipsoids as one."""
    group = TransformerGroup(system.geodetic_crs, crs.WGS84, always_xy=True)
    known = (t for t in group.transformers if "ballpark" not in t.description.casefold())
    return tuple(t.area_of_use.bounds for t in known if t.area_of_use is not None)


def shift_is_known(system: CRS, lon: float, lat: float) -> bool:
    """Whether the way from a system to WGS 84 is more than a guess at a place."""
    if system.geodetic_crs == crs.WGS84 or crs.is_vn2000(system):
        return True
    return any(w <= lon <= e and s <= lat <= n for w, s, e, n in _shifts(system))


def within(
    lon: NDArray[np.float64], lat: NDArray[np.float64], box: tuple[float, float, float, float]
) -> NDArray[np.bool_]:
    """Which places lie in a box of degrees."""
    west, south, east, north = box
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def on_vietnam(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which places lie in one of the boxes around Vietnam, its islands included."""
    return np.asarray(np.any([within(lon, lat, box) for box in VIETNAM], axis=0))


@dataclass(frozen=True)
class Sample:
    """Points that stand for a layer, in its raw coordinates.

    Attributes
    ----------
    x, y
        First the inner points, then those along the outlines.
    weight
        Of each inner point: the area it stands for (1 for points and lines).
    outlined
        How many points along outlines follow the inner ones.
    left_out, features
        How many features have coordinates that are no finite or no sensible number, of how many.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    weight: NDArray[np.float64]
    outlined: int
    left_out: int
    features: int

    @property
    def inner(self) -> int:
        """How many inner points."""
        return len(self.weight)

    @property
    def in_degrees(self) -> bool:
        """Whether no coordinate is too large for degrees."""
        return bool(max(np.abs(self.x).max(), np.abs(self.y).max()) <= _DEGREES)


def take(frame: gpd.GeoDataFrame) -> Sample:
    """At most some thousand points of a layer: inside its polygons by area, and along its outlines.

    Deterministic. Lines and points stand for a layer only when it has no polygon.
    """
    shapes = shapely.force_2d(frame.geometry.to_numpy())
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = ~(np.abs(coordinates) <= ABSURD).all(axis=1)
    wrong = np.unique(owner[bad])
    parts = _parts(_some(np.delete(shapes, wrong)))
    kinds = shapely.get_dimensions(parts)
    top = kinds.max(initial=-1)
    chosen = _some(parts[kinds == top])
    outline = np.empty((0, 2))
    weight = np.empty(0)
    if top == 2:  # noqa: PLR2004 - polygons
        outline = _along(shapely.get_exterior_ring(chosen))
        inner, weight = _inside(chosen)
    elif top == 1:
        inner = outline = _along(chosen)
    else:
        inner = shapely.get_coordinates(chosen)
    return Sample(
        x=np.concatenate([inner[:, 0], outline[:, 0]]),
        y=np.concatenate([inner[:, 1], outline[:, 1]]),
        weight=weight if weight.sum() > 0 else np.ones(len(inner)),
        outlined=len(outline),
        left_out=len(wrong),
        features=len(shapes),
    )


def _some(items: NDArray[Any]) -> NDArray[Any]:
    """At most `_FEATURES` of them, evenly."""
    if len(items) <= _FEATURES:
        return items
    return np.asarray(items[np.linspace(0, len(items) - 1, _FEATURES).astype(int)])


def _parts(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """Points, lines and polygons, however deeply they were collected."""
    while len(shapes) and (shapely.get_type_id(shapes) > shapely.GeometryType.POLYGON).any():
        shapes = shapely.get_parts(shapes)
    return np.asarray(shapes[~shapely.is_empty(shapes)])


def _along(lines: NDArray[np.object_]) -> NDArray[np.float64]:
    """Points at equal steps along each line."""
    count = int(np.clip(_OUTLINE // len(lines), 1, 400))
    xy, line = shapely.get_coordinates(lines, return_index=True)
    steps = np.hypot(*np.diff(xy, axis=0).T)
    steps[np.diff(line) > 0] = 0
    run = np.append(0.0, np.cumsum(steps))
    first = np.flatnonzero(np.append(True, np.diff(line) > 0))
    last = np.append(first[1:], len(line)) - 1
    share = (np.arange(count) + 0.5) / count
    at = (run[first, None] + (run[last] - run[first])[:, None] * share).ravel()
    return np.column_stack([np.interp(at, run, xy[:, 0]), np.interp(at, run, xy[:, 1])])


def _inside(polygons: NDArray[np.object_]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Points inside each polygon, and the area each stands for.

    An even sequence over the bounding box, kept where it falls inside (M. Roberts' R2 sequence). Works
    on invalid polygons, too. A polygon so thin that none falls inside is stood for by a vertex.
    """
    count = int(np.clip(_INNER // len(polygons), 4, 600))
    steps = np.outer(np.arange(1, count + 1), (0.7548776662466927, 0.5698402909980532)) % 1.0
    west, south, east, north = shapely.bounds(polygons).T
    x = west[:, None] + (east - west)[:, None] * steps[:, 0]
    y = south[:, None] + (north - south)[:, None] * steps[:, 1]
    shapely.prepare(polygons)
    hit = shapely.contains_xy(polygons[:, None], x, y)
    weight = np.broadcast_to(((east - west) * (north - south) / count)[:, None], hit.shape)
    thin = ~hit.any(axis=1)
    first = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(polygons[thin]), 0))
    points = np.column_stack([x[hit], y[hit]])
    return np.vstack([points, first]), np.concatenate([weight[hit], shapely.area(polygons[thin])])
