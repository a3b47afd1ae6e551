"""Density: people per km² of natural area, and of urban land for the inner area."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from geoplan import crs, schema
from geoplan.errors import tell
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.measures.population import people_in_raster
from geoplan.measures.units import read_units
from geoplan.text import listing

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.intake.raster import Raster
    from geoplan.measures.engines import Engine
    from geoplan.measures.overlay import Progress

COLUMNS = ["code", "name", "population", "area_km2", "density_per_km2"]


def density(
    communes: gpd.GeoDataFrame,
    *,
    population_column: str = "population",
    raster: Raster | None = None,
    urban_land: gpd.GeoDataFrame | None = None,
    id_column: str | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> pd.DataFrame:
    """People per km² of each commune.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed.
    population_column
        Column with the number of people. Not used with `raster`.
    raster
        People per cell instead of a column: a second opinion, never mixed with it.
    urban_land
        Polygons of urban construction land (đất xây dựng đô thị); adds people per km² of it.
    id_column
        Column with the code; found when None.
    engine
        How a raster is counted, as in `people_in_raster`; ``table.attrs["engine"]`` says which ran.
    progress
        Called with communes done and in all (only the raster takes long).

    Returns
    -------
    pandas.DataFrame
        ``code, name, population, area_km2, density_per_km2`` aligned on the communes; with
        `urban_land` also ``urban_land_km2, density_urban_per_km2``. An unknown population gives NaN,
        never 0.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`; and when the population column is missing or holds no numbers.
    """
    units = read_units(communes, id_column=id_column)
    if raster is not None:
        people = people_in_raster(communes, raster=raster, engine=engine, progress=progress)
    else:
        layer = schema.aligned(communes, "communes", what="communes")
        column = schema.named_column(layer, population_column, what="communes")
        people = _people(schema.numbers(layer[column], what="communes"))
    table = pd.DataFrame(
        {
            "code": units.codes,
            "name": units.names,
            "population": people.to_numpy(),
            "area_km2": units.area_km2,
            "density_per_km2": people.to_numpy() / units.area_km2,
        },
        index=communes.index,
    )
    if raster is not None:
        table.attrs["engine"] = people.attrs["engine"]
    if urban_land is not None:
        schema.require_layer(urban_land, what="urban_land")
        crs.require_crs(urban_land, what="urban_land")
        sound, _ = mend(urban_land, what="urban_land")
        inside = overlay.Inside(units.shapes, crs.overlay_shapes(sound, what="urban_land"))
        table["urban_land_km2"] = [
            overlay.km2(overlay.union(inside.parts(i)[1])) for i in range(len(units.shapes))
        ]
        land = table["urban_land_km2"].where(table["urban_land_km2"] > 0, np.nan)
        table["density_urban_per_km2"] = table["population"] / land
    return table


def _people(values: pd.Series) -> pd.Series:
    """Populations, a negative one as unknown, and said so."""
    negative = values < 0
    if negative.any():
        rows = listing(values.index[negative])
        tell(
            vi=f"communes: dân số âm ở dòng {rows}, coi như chưa có số liệu.",
            en=f"communes: a negative population in row {rows} counts as unknown.",
        )
    return values.where(~negative)
