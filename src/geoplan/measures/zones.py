"""Industrial zones: how much of each commune they take, and how full they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.errors import UsageError
from geoplan.intake.repair import mend, polygonal
from geoplan.measures import overlay
from geoplan.measures.units import Units, read_units

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS = ["code", "name", "area_km2", "zone_km2", "zone_share_pct", "planned_km2"]
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
        Polygons in any CRS; not changed. A layer of zones without a row means that none is known:
        their area is unknown, not 0.
    by
        ``commune`` or ``zone``.
    id_column
        Column of the communes with their code; found when None.

    Returns
    -------
    pandas.DataFrame
        By commune, aligned on the communes: ``code, name, area_km2, zone_km2`` (union of the zones
        inside), ``zone_share_pct`` (over the drawn natural area), ``planned_km2`` (zones whose
        ``status`` is ``planned``, which count in neither).
        By zone, aligned on the zones: ``id, name, area_declared_ha`` (by decision),
        ``area_drawn_ha``, ``drawn_less_declared_pct`` (difference over the declared area),
        ``inside_ha`` (inside these communes), ``leased_ha``, ``occupancy_pct`` (leased over declared
        area). What nobody stated is NaN.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`.
    """
    if by not in {"commune", "zone"}:
        raise UsageError(
            vi=f"by=“{by}” không có; hãy dùng commune hoặc zone.",
            en=f"there is no by=“{by}”; use commune or zone.",
        )
    schema.require_layer(zones, what="industrial_zones")
    zones = schema.aligned(zones, "industrial_zones", what="industrial_zones")
    units = read_units(communes, id_column=id_column)
    shapes, drawn_ha = np.array([], dtype=object), np.array([])
    if len(zones):
        crs.require_crs(zones, what="industrial_zones")
        sound, _ = mend(zones, what="industrial_zones")
        shapes = crs.overlay_shapes(sound, what="industrial_zones")
        drawn_ha = 100 * crs.area_km2(shapes)
    if by == "zone":
        return _by_zone(zones, units, shapes, drawn_ha)
    planned = np.zeros(len(zones), dtype=bool)
    if "status" in zones.columns:
        planned = (schema.texts(zones["status"]) == "planned").to_numpy()
    return _by_commune(communes, units, shapes, planned)


def _by_commune(
    communes: gpd.GeoDataFrame, units: Units, shapes: NDArray[np.object_], planned: NDArray[np.bool_]
) -> pd.DataFrame:
    area = _inside_km2(units, shapes[~planned])
    later = _inside_km2(units, shapes[planned])
    if len(shapes) == 0:
        area[:] = later[:] = np.nan
    figures = {
        "code": units.codes,
        "name": units.names,
        "area_km2": units.area_km2,
        "zone_km2": area,
        "zone_share_pct": 100 * area / units.area_km2,
        "planned_km2": later,
    }
    return pd.DataFrame(figures, index=communes.index, columns=COLUMNS)


def _inside_km2(units: Units, shapes: NDArray[np.object_]) -> NDArray[np.float64]:
    inside = overlay.Inside(units.shapes, shapes)
    return np.array([overlay.km2(overlay.union(inside.parts(i)[1])) for i in range(len(units.shapes))])


def _by_zone(
    zones: gpd.GeoDataFrame, units: Units, shapes: NDArray[np.object_], drawn_ha: NDArray[np.float64]
) -> pd.DataFrame:
    declared = _column(zones, "area_declared_ha")
    leased = _column(zones, "leased_ha")
    city = overlay.union(units.shapes)
    inside_ha = 100 * crs.area_km2(polygonal(shapely.intersection(shapes, city)))
    figures = {
        "id": schema.texts(zones["id"]) if "id" in zones.columns else [str(i) for i in zones.index],
        "name": schema.texts(zones["name"]) if "name" in zones.columns else None,
        "area_declared_ha": declared,
        "area_drawn_ha": drawn_ha,
        "drawn_less_declared_pct": 100 * (drawn_ha / declared - 1),
        "inside_ha": np.minimum(inside_ha, drawn_ha),
        "leased_ha": leased,
        "occupancy_pct": 100 * leased / declared,
    }
    return pd.DataFrame(figures, index=zones.index, columns=ZONE_COLUMNS)


def _column(zones: gpd.GeoDataFrame, name: str) -> NDArray[np.float64]:
    if name not in zones.columns:
        return np.full(len(zones), np.nan)
    values = schema.numbers(zones[name], what="industrial_zones").to_numpy()
    return np.where(values > 0, values, np.nan) if name == "area_declared_ha" else values
