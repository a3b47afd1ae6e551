"""People counted from a raster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geoplan import crs
from geoplan.intake.repair import mend

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.intake.raster import Raster
    from geoplan.measures.overlay import Progress


def people_in_raster(
    communes: gpd.GeoDataFrame, *, raster: Raster, progress: Progress | None = None
) -> pd.Series:
    """People of each commune in a raster of people per cell, border cells by their exact share.

    A cell that a commune's border crosses gives it the share of its area that lies inside, computed
    as a polygon intersection in the raster's own coordinates: people are taken as spread evenly
    within a cell. Cells without data, and negative ones, count nobody.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed.
    raster
        People per cell, from `geoplan.intake.open_raster`.
    progress
        Called with communes done and in all.

    Returns
    -------
    pandas.Series of float
        Aligned on the index of `communes`; NaN where no cell with data meets the commune.
    """
    sound, _ = mend(communes, what="communes")
    shapes = _in_raster_crs(sound, raster)
    people = np.full(len(shapes), np.nan)
    for i, shape in enumerate(shapes):
        if not shapely.is_empty(shape):
            people[i] = _sum(shape, raster)
        if progress is not None:
            progress(i + 1, len(shapes))
    return pd.Series(people, index=communes.index, name="population")


def _in_raster_crs(communes: gpd.GeoDataFrame, raster: Raster) -> Any:
    lonlat = crs.to_lonlat(communes, what="communes")
    return lonlat.geometry.to_numpy() if raster.crs == crs.WGS84 else crs.from_lonlat(lonlat, raster.crs)


def _sum(shape: Any, raster: Raster) -> float:
    people, x, y = raster.window(*shape.bounds)
    row, column = np.nonzero(~np.isnan(people))
    if len(row) == 0:
        return np.nan
    low, high = np.minimum(y[row], y[row + 1]), np.maximum(y[row], y[row + 1])
    cells = shapely.box(x[column], low, x[column + 1], high)
    shapely.prepare(shape)
    share = shapely.contains(shape, cells).astype("float64")
    border = (share == 0) & shapely.intersects(shape, cells)
    share[border] = shapely.area(shapely.intersection(cells[border], shape)) / shapely.area(cells[border])
    if not (share > 0).any():
        return np.nan
    return float(np.sum(people[row, column] * share))
