"""People under plans: who lives on land with a plan in force, counted from a raster."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.measures import overlay
from geoplan.measures.depth import mended
from geoplan.measures.engines import MUCH, require_engine
from geoplan.measures.plan_layer import DEFAULT_KIND_COLUMN, read_plans
from geoplan.measures.population import (
    beyond,
    in_raster_crs,
    people_in,
    raster_engine,
    same_coordinates,
    sure_people,
    tell_beyond,
)
from geoplan.measures.units import read_units

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from geoplan.intake.raster import Raster
    from geoplan.measures.engines import Engine
    from geoplan.measures.overlay import Progress

COLUMNS: Final = ["code", "name", "plan_kind", "people", "people_covered", "share_pct"]


def people_under_plans(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    raster: Raster,
    on: dt.date | str | None = None,
    kind_column: str = DEFAULT_KIND_COLUMN,
    id_column: str | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Share of each commune's people who live on land that plans in force cover, by kind and together.

    People are those of a raster, spread evenly over each cell; a cell that the border of a commune or of a
    plan crosses counts by its exact share. Land under two plans counts once.

    Parameters
    ----------
    communes, plans
        Polygons in any CRS; not changed. As in `coverage`.
    raster
        People per cell, from `geoplan.open_raster`.
    on
        The day; today when None.
    kind_column
        Column of the plans with their kind. Without it the kind is ``all``.
    id_column
        Column of the communes with their code; found when None.
    engine
        ``geos``: unions of the plans, and cell by cell; ``sweep`` (needs the extra ``fast``): people and
        depths of plans in one pass; ``auto``: what is faster for the size. They agree to 1e-9 of a
        commune's people; ``table.attrs["engine"]`` says which ran.
    progress
        Called with communes done and in all.

    Returns
    -------
    pandas.DataFrame
        ``code, name, plan_kind, people, people_covered, share_pct``: a row for each commune and kind, and
        one for all kinds together (``all``) where there are several; the index repeats the commune's.
        ``share_pct`` is NaN where nobody lives; everything is where the people are unknown: no cell with
        data meets the commune, or over 0.1 % of it lies outside the raster.

    Warns
    -----
    DataWarning
        As `coverage` and `people_in_raster`.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`.
    """
    require_engine(engine)
    units = read_units(communes, id_column=id_column)
    drawn = read_plans(plans, on=on, kind_column=kind_column)
    kinds = drawn.kinds_in_order()
    land, covering = (_there(shapes, raster) for shapes in (units.shapes, drawn.shapes))
    outside = beyond(land, raster)
    if outside.any():
        names = [str(units.names[i] or units.codes[i]) for i in np.flatnonzero(outside).tolist()]
        tell_beyond(names, raster)
    known = np.flatnonzero(~outside)
    used = _engine(land[known], covering, raster, engine)
    counted = _swept if used == "sweep" else _united
    people, covered = counted(
        land[known], covering, drawn.kind_numbers(), count=len(kinds), raster=raster, progress=progress
    )
    if len(kinds) > 1 and schema.ALL_KINDS not in kinds:
        kinds = [*kinds, schema.ALL_KINDS]
    every = np.full((len(land), 1 + len(kinds)), np.nan)
    every[known] = np.c_[people, np.minimum(covered, people[:, None])[:, : len(kinds)]]
    return _table(units.codes, units.names, kinds, every, index=communes.index, engine=used)


def _there(shapes: NDArray[np.object_], raster: Raster) -> NDArray[np.object_]:
    """Shapes in longitude and latitude as coordinates of the raster."""
    if same_coordinates(crs.WGS84, raster.crs):
        return shapes
    moved = in_raster_crs(gpd.GeoDataFrame(geometry=shapes, crs=crs.WGS84), raster)
    return mended(moved, np.flatnonzero(~shapely.is_valid(moved)))  # what was valid here may not be there


def _engine(land: NDArray[Any], plans: NDArray[Any], raster: Raster, engine: Engine) -> Engine:
    """What ``auto`` takes for so many cells, or vertices."""
    vertices = int(shapely.get_num_coordinates(land).sum() + shapely.get_num_coordinates(plans).sum())
    if engine == "auto" and vertices >= MUCH and find_spec("numba") is not None:
        return "sweep"
    return raster_engine(land, raster, engine)


def _united(
    land: NDArray[Any],
    plans: NDArray[Any],
    kinds: NDArray[np.int64],
    *,
    count: int,
    raster: Raster,
    progress: Progress | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """People of each unit; of the union of the plans of each kind, and (last) of all, in it."""
    people, covered = np.full(len(land), np.nan), np.zeros((len(land), count + 1))
    inside = overlay.Inside(land, plans)
    for i, unit in enumerate(land):
        which, parts = inside.parts(i)
        if not shapely.is_empty(unit):
            people[i] = people_in(unit, raster)
        for kind in np.unique(kinds[which]).tolist():
            covered[i, kind] = _people(overlay.union(parts[kinds[which] == kind]), raster)
        covered[i, count] = _people(overlay.union(parts), raster)
        if progress is not None:
            progress(i + 1, len(land))
    return people, covered


def _people(shape: Any, raster: Raster) -> float:
    return 0.0 if shapely.is_empty(shape) else float(np.nan_to_num(people_in(shape, raster)))


def _swept(
    land: NDArray[Any],
    plans: NDArray[Any],
    kinds: NDArray[np.int64],
    *,
    count: int,
    raster: Raster,
    progress: Progress | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The same in one pass."""
    from geoplan.measures.zonal import people_by_depth  # noqa: PLC0415 - numba is an extra, and slow to load

    found = people_by_depth(land, plans, kinds, raster=raster, integrand="plane", progress=progress)
    covered = np.zeros((len(land), count + 1))
    covered[:, : found.people.shape[1] - 1] = found.people[:, :-1, 0]
    covered[:, count] = found.people[:, -1, 0]
    return sure_people(found.inhabitants, land, raster), covered


def _table(
    codes: NDArray[np.object_],
    names: NDArray[np.object_],
    kinds: list[str],
    counts: NDArray[np.float64],
    *,
    index: pd.Index,
    engine: Engine,
) -> pd.DataFrame:
    """Rows of units and kinds; `counts`: people of each unit, and covered by each kind."""
    people = counts[:, 0].repeat(len(kinds))
    covered = counts[:, 1:].ravel()
    share = 100 * covered / np.where(people > 0, people, np.nan)
    columns = (codes.repeat(len(kinds)), names.repeat(len(kinds)), kinds * len(codes), people, covered, share)
    table = pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), index=index.repeat(len(kinds)))
    table.attrs["engine"] = engine
    return table
