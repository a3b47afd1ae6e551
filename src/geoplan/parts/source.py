"""Where the polygons of a part come from: a layer in memory, a file read in part, frames on a cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.intake.repair import mend, polygonal
from geoplan.rings import Rings, boxes_of, rings_of, taken

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray


class PlanSource(Protocol):
    """Polygons in longitude and latitude of which some rows are wanted at a time."""

    @property
    def attributes(self) -> pd.DataFrame:
        """The columns but for the geometry, a row a polygon."""

    @property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north in degrees, or a little more; NaN for a row without a polygon."""

    @property
    def vertices(self) -> NDArray[np.int64]:
        """How many vertices each row has; a guess will do, the parts are balanced by it."""

    def rings(self, rows: NDArray[np.int64], /) -> Rings:
        """The polygons of some rows, in that order."""


@dataclass(frozen=True)
class Bodies:
    """A layer in memory: its polygons as arrays, mended, and its columns."""

    polygons: Rings
    attributes: pd.DataFrame
    boxes: NDArray[np.float64]
    vertices: NDArray[np.int64]

    def rings(self, rows: NDArray[np.int64]) -> Rings:
        """The polygons of some rows, in that order."""
        return taken(self.polygons, rows)


def bodies_of(frame: gpd.GeoDataFrame, *, what: str) -> Bodies:
    """A layer, mended, in longitude and latitude.

    Warns
    -----
    DataWarning
        When something was mended, or is no polygon.

    Raises
    ------
    CrsError, DataError, UsageError
        As the measures do: no coordinate system; no polygon at all; coordinates that are not finite.
    """
    schema.require_layer(frame, what=what)
    crs.require_crs(frame, what=what)
    sound, _ = mend(frame, what=what)
    return bodies(crs.overlay_shapes(sound, what=what), frame)


def bodies(shapes: NDArray[Any], frame: gpd.GeoDataFrame) -> Bodies:
    """Valid polygons in longitude and latitude with the columns of the layer that they are from."""
    polygons = rings_of(shapes)
    columns = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    first = polygons.ring_start[polygons.polygon_start[polygons.body_start]]
    return Bodies(polygons, columns, boxes_of(polygons), np.diff(first))


def has_polygon(frame: gpd.GeoDataFrame) -> bool:
    """Whether a layer has one polygon with land."""
    return bool((~shapely.is_empty(polygonal(shapely.force_2d(frame.geometry.to_numpy())))).any())


def nowhere(boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows have no polygon."""
    return np.asarray(np.isnan(boxes).any(axis=1), dtype=np.bool_)
