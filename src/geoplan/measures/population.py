"""People counted from a raster."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import crs
from geoplan.errors import tell
from geoplan.intake.repair import label, mend
from geoplan.measures.engines import require_engine
from geoplan.text import listing

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan.intake.raster import Raster
    from geoplan.measures.engines import Engine
    from geoplan.measures.overlay import Progress


MANY_CELLS: Final = 1_000_000
"""Cells in the communes' boxes from which ``auto`` takes ``sweep``: below, it costs more than it saves."""
_EDGE_SHARE: Final = 0.001
_SLIVER: Final = 1e-16
"""Of a shape's area: a part that is less is rounding of an overlay."""


def people_in_raster(
    communes: gpd.GeoDataFrame,
    *,
    raster: Raster,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> pd.Series:
    """People of each commune in a raster of people per cell, border cells by their exact share.

    A cell that a commune's border crosses gives it the share of its area that lies inside, in the
    raster's own coordinates: people are taken as spread evenly over the cell. Cells without data, or
    with a negative number, count nobody.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed.
    raster
        From `geoplan.open_raster`.
    engine
        ``geos``: cell by cell, as polygon intersections; ``sweep`` (needs the extra ``fast``): as an
        integral along the borders, the raster read once; ``auto``: what is faster for the size. They
        agree to 1e-9; ``people.attrs["engine"]`` says which ran.
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
    require_engine(engine)
    sound, _ = mend(communes, what="communes")
    shapes = in_raster_crs(sound, raster)
    outside = beyond(shapes, raster)
    used = raster_engine(shapes, raster, engine)
    people = np.full(len(shapes), np.nan)
    counted = np.flatnonzero(~outside & ~shapely.is_empty(shapes))
    if used == "sweep":
        people[counted] = _swept(shapes[counted], raster, progress)
    else:
        for k, i in enumerate(counted.tolist()):
            people[i] = people_in(shapes[i], raster)
            if progress is not None:
                progress(k + 1, len(counted))
    if outside.any():
        tell_beyond([label(communes, i) for i in np.flatnonzero(outside).tolist()], raster)
    counts = pd.Series(people, index=communes.index, name="population")
    counts.attrs["engine"] = used
    return counts


def tell_beyond(names: list[str], raster: Raster) -> None:
    """Say which communes reach beyond the raster."""
    tell(
        vi=f"{raster.path.name}: {len(names)} xã nằm ngoài hoặc chỉ một phần trong raster, "
        f"coi như chưa có số liệu: {listing(names)}.",
        en=f"{raster.path.name}: {len(names)} communes lie outside or only partly inside the raster "
        f"and count as unknown: {listing(names, lang='en')}.",
    )


def in_raster_crs(layer: gpd.GeoDataFrame, raster: Raster) -> NDArray[np.object_]:
    """The shapes of a layer in the coordinates of a raster."""
    if same_coordinates(crs.require_crs(layer, what="communes"), raster.crs):
        return np.asarray(shapely.force_2d(layer.geometry.to_numpy()))
    lonlat = crs.to_lonlat(layer, what="communes")
    if same_coordinates(crs.WGS84, raster.crs):
        return np.asarray(lonlat.geometry.to_numpy())
    return crs.from_lonlat(lonlat, raster.crs)


def same_coordinates(one: CRS, other: CRS) -> bool:
    """Whether two systems give the same x and y: CRS84 is WGS 84 with its axes in another order."""
    return bool(one.equals(other, ignore_axis_order=True))


def beyond(shapes: NDArray[Any], raster: Raster) -> NDArray[np.bool_]:
    """Which shapes, in the raster's coordinates, have more than 0.1 % of their area outside the raster."""
    extent = shapely.box(*raster.bounds)
    found = np.asarray(~shapely.is_empty(shapes))
    found[found] = ~shapely.covers(extent, shapely.box(*shapely.bounds(shapes[found]).T))
    rest = shapely.area(shapely.difference(shapes[found], extent))
    found[found] = rest > _EDGE_SHARE * shapely.area(shapes[found])
    return found


def raster_engine(shapes: NDArray[Any], raster: Raster, engine: Engine) -> Engine:
    """The engine that runs: what ``auto`` takes for so many cells."""
    if engine != "auto":
        return engine
    box, at = shapely.bounds(shapes), raster.transform
    cells = np.nansum((box[:, 2:] - box[:, :2]).prod(axis=1)) / abs(at.a * at.e)
    return "sweep" if cells >= MANY_CELLS and find_spec("numba") is not None else "geos"


def _swept(shapes: NDArray[Any], raster: Raster, progress: Progress | None) -> NDArray[np.float64]:
    """People of shapes by the kernel; cell by cell where rounding or the lack of data asks for it."""
    from geoplan.measures import zonal  # noqa: PLC0415 - numba is an extra, and slow to load

    none = np.empty(0, dtype=object)
    found = zonal.people_by_depth(
        shapes, none, np.empty(0, np.int64), raster=raster, integrand="plane", progress=progress
    )
    return sure_people(found.inhabitants, shapes, raster)


def sure_people(
    inhabitants: NDArray[np.float64], shapes: NDArray[Any], raster: Raster
) -> NDArray[np.float64]:
    """People of each shape as the kernel has them, or cell by cell where they are lost in its rounding.

    Few as a rule: shapes without anybody, without data, or beside a city in their own box.
    """
    from geoplan.measures.zonal import ROUNDED  # noqa: PLC0415

    people = inhabitants[:, 0].copy()
    for i in np.flatnonzero(~(people > ROUNDED * inhabitants[:, 1])).tolist():
        people[i] = np.nan if shapely.is_empty(shapes[i]) else people_in(shapes[i], raster)
    return people


def people_in(shape: Any, raster: Raster) -> float:
    """People of one polygonal geometry in the raster's coordinates, cell by cell; NaN without any data."""
    people, x, y = raster.window(*shape.bounds)
    row, column = np.nonzero(~np.isnan(people))
    if len(row) == 0:
        return np.nan
    low, high = np.minimum(y[row], y[row + 1]), np.maximum(y[row], y[row + 1])
    cells = shapely.box(x[column], low, x[column + 1], high)
    parts = shapely.get_parts(shape)
    real = shapely.area(parts) > _SLIVER * shapely.area(shape)
    if real.any() and not real.all():  # GEOS may give a whole cell for a sliver that goes through it
        shape = shapely.multipolygons(parts[real])
    shapely.prepare(shape)
    share = shapely.contains(shape, cells).astype("float64")
    border = (share == 0) & shapely.intersects(shape, cells)
    share[border] = shapely.area(shapely.intersection(cells[border], shape)) / shapely.area(cells[border])
    if not (share > 0).any():
        return np.nan
    return float(np.sum(people[row, column] * share))
