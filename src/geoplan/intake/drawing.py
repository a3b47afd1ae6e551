"""Drawings (DXF, DGN) know lines, not polygons: a line that ends where it began bounds a polygon."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely

from geoplan.intake.file_codes import LINES_CLOSED, LINES_OPEN
from geoplan.intake.findings import Finding
from geoplan.text import number

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LINE = shapely.GeometryType.LINESTRING
_FACES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_FEWEST = 4
"""Vertices of the smallest ring: three corners and the first again."""


def close_lines(frame: gpd.GeoDataFrame, *, what: str) -> tuple[gpd.GeoDataFrame, list[Finding]]:
    """The drawing with each closed line as a polygon; every row stays, in its order.

    Parameters
    ----------
    frame
        Everything of the drawing; not changed.
    what
        The file's name for the sentences.

    Returns
    -------
    frame : geopandas.GeoDataFrame
        The same rows; a line whose last vertex is its first is the polygon inside it. Lines that
        only together make a ring stay lines.
    findings : list of Finding
        FILE-07 with the number closed, FILE-08 with the number that is still no polygon.
    """
    geometries: NDArray[np.object_] = np.array(frame.geometry.to_numpy(), dtype=object, copy=True)
    closed = (shapely.get_type_id(geometries) == _LINE) & shapely.is_closed(geometries)
    closed &= shapely.get_num_coordinates(geometries) >= _FEWEST
    geometries[closed] = [shapely.Polygon(line.coords) for line in geometries[closed]]
    rest = int((~np.isin(shapely.get_type_id(geometries), _FACES)).sum())
    findings = []
    if closed.any():
        n = int(closed.sum())
        findings.append(
            Finding(
                LINES_CLOSED,
                vi=f"{what}: {number(n)} đường khép kín được coi là vùng.",
                en=f"{what}: {number(n, lang='en')} closed lines were taken as polygons.",
            )
        )
    if rest:
        findings.append(
            Finding(
                LINES_OPEN,
                vi=f"{what}: {number(rest)} đối tượng của bản vẽ không phải vùng (đường hở, "
                "điểm, chữ, khối chèn).",
                en=f"{what}: {number(rest, lang='en')} things of the drawing are no polygons (open lines, "
                "points, texts, inserted blocks).",
            )
        )
    return frame.set_geometry(gpd.GeoSeries(geometries, index=frame.index, crs=frame.crs)), findings
