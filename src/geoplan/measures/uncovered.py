"""Where no plan is in force, and where two of a kind are: polygons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs
from geoplan.intake.repair import polygonal
from geoplan.measures import overlay
from geoplan.measures.plan_layer import read_plans
from geoplan.measures.units import read_units

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray


def gaps(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None = None,
    kind_column: str = "kind",
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Where no plan of a kind is in force: a polygon per commune and kind, in EPSG:4326.

    Parameters and errors are those of `coverage`.

    Returns
    -------
    geopandas.GeoDataFrame
        ``code, name, plan_kind, area_km2, geometry``; communes covered whole have no row.
    """
    return _places(communes, plans, on, kind_column, id_column, part="gap")


def conflicts(
    communes: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None = None,
    kind_column: str = "kind",
    id_column: str | None = None,
) -> gpd.GeoDataFrame:
    """Where two or more plans of a kind are in force: a polygon per commune and kind, in EPSG:4326.

    Parameters and errors are those of `coverage`; columns as in `gaps`.
    """
    return _places(communes, plans, on, kind_column, id_column, part="conflict")


def _places(
    communes: gpd.GeoDataFrame,
    plans: gpd.GeoDataFrame,
    on: dt.date | str | None,
    kind_column: str,
    id_column: str | None,
    *,
    part: Literal["gap", "conflict"],
) -> gpd.GeoDataFrame:
    units = read_units(communes, id_column=id_column)
    drawn = read_plans(plans, on=on, kind_column=kind_column)
    inside = overlay.Inside(units.shapes, drawn.shapes)
    rows: list[tuple[object, ...]] = []
    shapes: list[Any] = []
    for i, outline in enumerate(units.shapes):
        which, parts = inside.parts(i)
        for kind in drawn.kinds_in_order():
            of_kind = parts[drawn.kinds[which] == kind]
            place = overlay.twice(of_kind) if part == "conflict" else _rest(outline, of_kind)
            area = overlay.km2(place)
            if area > overlay.NOTHING_KM2:
                rows.append((units.codes[i], units.names[i], kind, area))
                shapes.append(place)
    table = pd.DataFrame(rows, columns=["code", "name", "plan_kind", "area_km2"])
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.WGS84)


def _rest(outline: Any, parts: NDArray[np.object_]) -> Any:
    rest = shapely.difference(outline, overlay.union(parts))
    return polygonal(np.array([rest], dtype=object))[0]
