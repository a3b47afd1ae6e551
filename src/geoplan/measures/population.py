"""People counted from a raster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import crs
from geoplan.errors import tell
from geoplan.intake.repair import label, mend
from geoplan.text import listing

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.intake.raster import Raster
    from geoplan.measures.overlay import Progress


_EDGE_SHARE: Final = 0.001


def people_in_raster(
    communes: gpd.GeoDataFrame, *, raster: Raster, progress: Progress | None = None
) -> pd.Series:
    """People of each commune in a raster of people per cell, border cells by their exact share.

    A cell that a commune's border crosses gives it the share of its area that lies inside, computed
    as a polygon intersection in the raster's own coordinates: people are taken as spread evenly
    within a cell. Cells without data, and negative ones, count nobody. A commune that reaches beyond
    the raster's edge is unknown: the people there are not counted, so its sum would pass as complete.

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
        Aligned on the index of `communes`; NaN where no cell with data meets the commune, or a part
        of it (over 0.1 % of its area) lies outside the raster.

    Warns
    -----
    DataWarning
        Naming the communes that reach beyond the raster.
    """
    sound, _ = mend(communes, what="communes")
    shapes = _in_raster_crs(sound, raster)
    extent = shapely.box(*raster.bounds)
    people = np.full(len(shapes), np.nan)
    beyond = []
    for i, shape in enumerate(shapes):
        if not shapely.is_empty(shape):
            if shapely.area(shapely.difference(shape, extent)) > _EDGE_SHARE * shapely.area(shape):
                beyond.append(label(communes, i))
            else:
                people[i] = _sum(shape, raster)
        if progress is not None:
            progress(i + 1, len(shapes))
    if beyond:
        tell(
            vi=f"{raster.path.name}: {len(beyond)} xã nằm ngoài hoặc chỉ một phần trong raster, "
            f"coi như chưa có số liệu: {listing(beyond)}.",
            en=f"{raster.path.name}: {len(beyond)} communes lie outside or only partly inside the raster "
            f"and count as unknown: {listing(beyond, lang='en')}.",
        )
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
