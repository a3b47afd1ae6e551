"""Units of another time over the units of this one: what an old name is called now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.intake.repair import mend
from geoplan.measures import overlay

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

COLUMNS: Final = ["code_then", "name_then", "code_now", "share", "share_now"]
LEAST_SHARE: Final = 1e-3
"""Of a unit's area: less is two outlines drawn apart, not land that changed hands."""


def succession(units_then: gpd.GeoDataFrame, units_now: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which units of now the land of each unit of then belongs to.

    Parameters
    ----------
    units_then
        Polygons in any CRS with ``code`` and ``name``; may be of several dates and overlap each other.
    units_now
        Polygons in any CRS with ``code``.

    Returns
    -------
    pandas.DataFrame
        ``code_then, name_then, code_now, share, share_now``: a row for each pair whose common land is
        more than 0.1 % of either; in the order of `units_then`, the largest share first; the index repeats
        that of `units_then`. `share` (0 … 1) is of the area of the unit of then, `share_now` of that of
        the unit of now, on the WGS 84 ellipsoid. Shares add up to 1 where the units of now cover a unit of
        then, and to less where it reaches beyond them. A unit without a polygon, or with nothing of it
        in the units of now, has no row.

    Raises
    ------
    CrsError, DataError
        No coordinate system; no polygon; no such column.

    Notes
    -----
    By area, not by people, and by the outlines as drawn: where a border was moved on paper only, the
    share says nothing.
    """
    then, now = _shapes(units_then, "units_then"), _shapes(units_now, "units_now")
    area_then, area_now = crs.area_km2(then), crs.area_km2(now)
    inside = overlay.Inside(then, now)
    found: list[tuple[int, int, float, float]] = []
    for i in np.flatnonzero(area_then > 0).tolist():
        which, parts = inside.parts(i)
        common = crs.area_km2(parts)
        for k in np.argsort(-common, kind="stable").tolist():
            shares = (min(common[k] / area_then[i], 1.0), min(common[k] / area_now[which[k]], 1.0))
            if max(shares) > LEAST_SHARE:
                found.append((i, int(which[k]), *shares))
    at_then, at_now = ([row[side] for row in found] for side in (0, 1))
    return pd.DataFrame(
        {
            "code_then": units_then["code"].iloc[at_then].to_numpy(),
            "name_then": units_then["name"].iloc[at_then].to_numpy(),
            "code_now": units_now["code"].iloc[at_now].to_numpy(),
            "share": np.array([row[2] for row in found], dtype="float64"),
            "share_now": np.array([row[3] for row in found], dtype="float64"),
        },
        index=units_then.index[at_then],
    )


def _shapes(units: gpd.GeoDataFrame, what: str) -> NDArray[Any]:
    schema.require_layer(units, what=what)
    for column in ("code", "name") if what == "units_then" else ("code",):
        schema.named_column(units, column, what=what)
    if len(units) == 0:
        return np.array([], dtype=object)
    crs.require_crs(units, what=what)
    sound, _ = mend(units, what=what)
    shapes = crs.overlay_shapes(sound, what=what)
    return np.where(shapely.is_missing(shapes), overlay.EMPTY, shapes)
