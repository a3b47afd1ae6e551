"""Industrial zones: how much of each commune they take, and how full they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.measures.units import Units, read_units

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS = ["code", "name", "area_km2", "zone_km2", "zone_share_pct"]
ZONE_COLUMNS = [
    "id",
    "name",
    "area_declared_ha",
    "area_drawn_ha",
    "drawn_less_declared_pct",
    "inside_ha",
    "leased_ha",
    "occupancy_pct",
]


def zones(
    communes: gpd.GeoDataFrame,
    *,
    zones: gpd.GeoDataFrame,
    by: Literal["commune", "zone"] = "commune",
    id_column: str | None = None,
) -> pd.DataFrame:
    """Industrial zones by commune, or zone by zone.

    Parameters
    ----------
    communes, zones
        Polygons in any CRS; not changed. A layer of zones without a row means that none is known.
    by
        ``commune`` or ``zone``.
    id_column
        Column of the communes with their code; found when None.

    Returns
    -------
    pandas.DataFrame
        By commune, aligned on the communes: ``code, name, area_km2, zone_km2`` (union of the zones
        inside), ``zone_share_pct`` (over the drawn natural area).
        By zone, aligned on the zones: ``id, name, area_declared_ha`` (by decision),
        ``area_drawn_ha``, ``drawn_less_declared_pct`` (difference over the declared area),
        ``inside_ha`` (inside these communes), ``leased_ha``, ``occupancy_pct`` (leased over declared
        area). What nobody stated is NaN.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`.
    """
    units = read_units(communes, id_column=id_column)
    shapes, drawn_ha = np.array([], dtype=object), np.array([])
    if len(zones):
        crs.require_crs(zones, what="industrial_zones")
        sound, _ = mend(zones, what="industrial_zones")
        shapes = crs.project(sound, what="industrial_zones")
        drawn_ha = 100 * crs.geodesic_km2(sound, what="industrial_zones")
    if by == "commune":
        return _by_commune(communes, units, shapes)
    return _by_zone(zones, units, shapes, drawn_ha)


def _by_commune(communes: gpd.GeoDataFrame, units: Units, shapes: NDArray[np.object_]) -> pd.DataFrame:
    inside = overlay.Inside(units.shapes, shapes)
    land = [overlay.union(inside.parts(i)[1]) for i in range(len(units.shapes))]
    area = shapely.area(land) * units.km2_per_m2
    figures = {
        "code": units.codes,
        "name": units.names,
        "area_km2": units.area_km2,
        "zone_km2": area,
        "zone_share_pct": 100 * area / units.area_km2,
    }
    return pd.DataFrame(figures, index=communes.index, columns=COLUMNS)


def _by_zone(
    zones: gpd.GeoDataFrame, units: Units, shapes: NDArray[np.object_], drawn_ha: NDArray[np.float64]
) -> pd.DataFrame:
    declared = _column(zones, "area_declared_ha")
    leased = _column(zones, "leased_ha")
    whole = np.where(shapely.is_empty(shapes), np.nan, shapely.area(shapes))
    share_inside = shapely.area(shapely.intersection(shapes, overlay.union(units.shapes))) / whole
    figures = {
        "id": schema.texts(zones["id"]) if "id" in zones.columns else [str(i) for i in zones.index],
        "name": schema.texts(zones["name"]) if "name" in zones.columns else None,
        "area_declared_ha": declared,
        "area_drawn_ha": drawn_ha,
        "drawn_less_declared_pct": 100 * (drawn_ha / declared - 1),
        "inside_ha": drawn_ha * share_inside,
        "leased_ha": leased,
        "occupancy_pct": 100 * leased / declared,
    }
    return pd.DataFrame(figures, index=zones.index, columns=ZONE_COLUMNS)


def _column(zones: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    if name not in zones.columns:
        return np.full(len(zones), np.nan)
    values = schema.numbers(zones[name], what="industrial_zones").to_numpy()
    return np.where(values > 0, values, np.nan) if name == "area_declared_ha" else values
