"""What the checks and the repairs share: shapes that can be worked with, their plane, their width.

Borders are compared in the coordinates that the file has: there, neighbours that share a border share
its vertices to the last bit, which no projection keeps. Areas and widths are taken in the plane of
`geoplan.crs.project`.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import shapely
from pyproj import Geod

from geoplan import crs as systems
from geoplan.errors import DataWarning
from geoplan.intake.findings import SEVERITIES, Finding
from geoplan.intake.repair import label, made_valid, polygonal
from geoplan.text import number

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan.errors import Lang
    from geoplan.intake.findings import Code

_LONGEST_NAME: Final = 80
_FULL_CIRCLE: Final = 360.0
_DEGREE_METRES: Final = np.pi / 180 * Geod(ellps="WGS84").a


@dataclass(frozen=True)
class Shapes:
    """The geometries of a layer in the order of its rows, in its own coordinates.

    Attributes
    ----------
    crs
        The coordinate system.
    flat
        Two-dimensional; an empty polygon where there is none or where it cannot be placed.
    absent
        Rows with a null or empty geometry.
    wild
        Rows with a coordinate that is not finite, or that is no place on the earth.
    """

    crs: CRS
    flat: NDArray[np.object_]
    absent: NDArray[np.bool_]
    wild: NDArray[np.bool_]

    def sound(self) -> NDArray[np.object_]:
        """Valid polygons only, as a repair would make them; an empty polygon where there is none."""
        bad = ~shapely.is_valid(self.flat)
        mended = self.flat.copy()
        mended[bad] = [made_valid(shape) for shape in self.flat[bad]]
        return polygonal(mended)


def read_shapes(frame: gpd.GeoDataFrame, *, what: str) -> Shapes:
    """The geometries of a layer, those that cannot be placed set aside.

    Raises
    ------
    CrsError
        When the layer has no coordinate system, or every coordinate contradicts it.
    """
    with np.errstate(invalid="ignore"):  # NaN among the coordinates is looked for below
        flat = np.array(shapely.force_2d(frame.geometry.to_numpy()), dtype=object)
    absent = shapely.is_missing(flat) | shapely.is_empty(flat)
    wild = np.zeros(len(flat), dtype=bool)
    points, at = shapely.get_coordinates(flat, return_index=True)
    wild[at[~np.isfinite(points).all(axis=1)]] = True
    degrees = frame.crs is not None and frame.crs.is_geographic
    far = np.zeros(len(flat), dtype=bool)
    if degrees:
        far[at[(np.abs(points) > _FULL_CIRCLE).any(axis=1)]] = True
    placed = ~(absent | wild | far)
    stated = systems.require_crs(frame[placed] if placed.any() else frame, what=what)
    wild |= far
    flat[absent | wild] = shapely.Polygon()
    moved, at = shapely.get_coordinates(vertices_in_plane(flat, stated), return_index=True)
    wild[at[~np.isfinite(moved).all(axis=1)]] = True
    flat[wild] = shapely.Polygon()
    return Shapes(stated, flat, absent, wild)


def _layer(shapes: NDArray[np.object_], crs: CRS) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(shapes, crs=crs))


def vertices_in_plane(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """The same vertices, none added, in the plane for measuring (EPSG:6933, metres)."""
    return systems.from_lonlat(_layer(in_lonlat(shapes, crs), systems.WGS84), systems.PLANE)


def in_plane(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """Shapes in the plane for measuring (EPSG:6933, metres), as `geoplan.crs.project` puts them."""
    with warnings.catch_warnings():  # what is odd about the system was said when the layer was read
        warnings.simplefilter("ignore", DataWarning)
        return systems.project(_layer(shapes, crs))


def in_lonlat(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.object_]:
    """Shapes in longitude and latitude (EPSG:4326), as the places of findings are."""

    def move(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[Any, Any]:
        return systems.lonlat(x, y, crs)

    return np.asarray(shapely.transform(shapes, move, interleaved=False), dtype=object)


def metres_per_unit(crs: CRS) -> float:
    """Length of one unit of the coordinates; for degrees that along a meridian (east-west it is less)."""
    return float(_DEGREE_METRES) if crs.is_geographic else float(crs.axis_info[0].unit_conversion_factor)


def width_m(shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    """Width of each polygon: that of the rectangle with its area and perimeter; 0 when it is empty.

    A strip has its width, a square its side. (4 · area / perimeter would read a strip as twice as wide.)
    """
    area, half = shapely.area(shapes), shapely.length(shapes) / 2
    root = half + np.sqrt(np.maximum(half**2 - 4 * area, 0.0))
    width = np.divide(2 * area, root, out=np.zeros_like(area), where=root > 0)
    return np.asarray(width, dtype=np.float64)


def polygon_parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.int64]]:
    """The polygons that shapes are made of, and the position of the shape that each belongs to."""
    parts, at = shapely.get_parts(polygonal(shapes), return_index=True)
    there = ~shapely.is_empty(parts)
    return parts[there], at[there]


def wide_parts(shapes: NDArray[np.object_], crs: CRS, *, above_m: float) -> list[tuple[int, Any, float]]:
    """For each shape with parts wider than `above_m`: its position, those parts together, their m²."""
    parts, at = polygon_parts(shapes)
    flat = in_plane(parts, crs)
    wide = width_m(flat) > above_m
    parts, at, area = parts[wide], at[wide], shapely.area(flat[wide])
    return [(int(i), shapely.union_all(parts[at == i]), float(area[at == i].sum())) for i in np.unique(at)]


def first_corners(shapes: NDArray[np.object_]) -> NDArray[np.object_]:
    """The first vertex of each shape, none of which is empty."""
    points, at = shapely.get_coordinates(shapes, return_index=True)
    _, first = np.unique(at, return_index=True)
    return np.array([shapely.Point(xy) for xy in points[first]], dtype=object)


def title(frame: gpd.GeoDataFrame, position: int) -> str:
    """What a person would call this row, never longer than a line."""
    name = " ".join(label(frame, position).split())
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def spot(point: Any, lang: Lang = "vi") -> str:
    """A point in EPSG:4326 for a sentence, to about a metre."""
    lon, lat = number(point.x, digits=5, lang=lang), number(point.y, digits=5, lang=lang)
    return f"kinh độ {lon}, vĩ độ {lat}" if lang == "vi" else f"longitude {lon}, latitude {lat}"


@dataclass(frozen=True)
class Report:
    """Writes findings about the rows of one layer."""

    frame: gpd.GeoDataFrame
    what: str
    crs: CRS

    def say(self, kind: Code, row: int, *, vi: str, en: str, place: Any = None) -> Finding:
        """A finding about one row; the sentences get the layer's and the feature's name before them."""
        name = title(self.frame, row)
        return Finding(
            kind,
            vi=f"{self.what}, {name}: {vi}.",
            en=f"{self.what}, {name}: {en}.",
            row=row,
            feature=name,
            place=place,
        )

    def places(self, shapes: list[Any] | NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes of the layer's coordinates as places."""
        return in_lonlat(np.array(shapes, dtype=object), self.crs)


def ordered(findings: list[Finding]) -> list[Finding]:
    """Errors first, then warnings, then notes; each by row, those about the whole layer first."""
    return sorted(
        findings,
        key=lambda f: (SEVERITIES.index(f.severity), -1 if f.row is None else f.row, f.kind.code, f.vi),
    )
