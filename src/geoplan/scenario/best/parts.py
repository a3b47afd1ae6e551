"""Parts of a city that may be planned next: gaps split into connected pieces, and what lies beside what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs, measures
from geoplan.intake.repair import polygonal
from geoplan.measures import overlay
from geoplan.measures.apportion import NEAR_DEGREES
from geoplan.measures.plan_layer import read_urban_land

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

HA_PER_KM2: Final = 100.0
_CORNER: Final = 3.0
"""Land that only meets at a corner shares up to twice the distance that counts as touching, and no more."""


def gap_parts(
    units: gpd.GeoDataFrame,
    *,
    plans: gpd.GeoDataFrame,
    kind: str,
    on: dt.date,
    urban_land: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Land without a plan of a kind, one row for each connected piece of each unit.

    Parameters
    ----------
    units
        Units of a city, with ``code, name, population``.
    plans
        Plans in any CRS; those of the kind in force on the day count.
    kind, on
        Which plans, on which day.
    urban_land
        Urban construction land: then what a piece adds to coverage is its share of that land.

    Returns
    -------
    geopandas.GeoDataFrame
        ``id`` (the unit's code and the piece's number, the largest first), ``code, name, area_km2,
        gain_km2, people, geometry`` in EPSG:4326, by code. `people` are the unit's, spread evenly over its
        land: an estimate; NaN when the unit's number is unknown. Pieces under a square metre are rounding
        and left out.
    """
    found = measures.gaps(units, plans=plans, on=on)
    pieces = found[found["plan_kind"] == kind].explode(index_parts=False).reset_index(drop=True)
    pieces["area_km2"] = crs.area_km2(pieces.geometry.to_numpy())
    pieces = pieces[pieces["area_km2"] > overlay.NOTHING_KM2]
    pieces = pieces.sort_values(["code", "area_km2"], ascending=[True, False], kind="stable")
    number = pieces.groupby("code").cumcount() + 1
    many = pieces.groupby("code")["code"].transform("size") > 1
    shapes = pieces.geometry.to_numpy()
    land = pd.Series(crs.area_km2(crs.overlay_shapes(units, what="communes")), index=units["code"].to_numpy())
    each = units.set_index("code")["population"] / land
    table = pd.DataFrame(
        {
            "id": pieces["code"] + "-" + number.astype(str),
            "code": pieces["code"],
            "name": pieces["name"].where(~many, pieces["name"] + " " + number.astype(str)),
            "area_km2": pieces["area_km2"],
            "gain_km2": pieces["area_km2"] if urban_land is None else _inside(shapes, urban_land),
            "people": pieces["area_km2"] * pieces["code"].map(each).astype(float),
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.WGS84).reset_index(drop=True)


def _inside(shapes: NDArray[Any], urban_land: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Urban construction land in each piece, in km²."""
    inside = overlay.Inside(shapes, read_urban_land(urban_land))
    return np.array([overlay.km2(overlay.union(inside.parts(i)[1])) for i in range(len(shapes))])


def neighbours(shapes: NDArray[Any]) -> tuple[tuple[int, int], ...]:
    """Pairs of polygons that share a border, by position; meeting at a corner does not count.

    Layers drawn by hand leave slits, so that what comes within about 11 m counts as touching.
    """
    first, second = _within_reach(shapes, shapes)
    order = first < second
    kept = _border(shapes[first[order]], shapes[second[order]])
    pairs = zip(first[order][kept].tolist(), second[order][kept].tolist(), strict=True)
    return tuple(sorted(pairs))


def touching(shapes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.bool_]:
    """Which polygons share a border with any of the others."""
    out = np.zeros(len(shapes), dtype=bool)
    first, second = _within_reach(shapes, others)
    out[first[_border(shapes[first], others[second])]] = True
    return out


def _within_reach(shapes: NDArray[Any], others: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = shapely.STRtree(others).query(shapes, predicate="dwithin", distance=NEAR_DEGREES)
    return first, second


def _border(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether two polygons share more of a border than a corner."""
    near = shapely.buffer(one, NEAR_DEGREES)
    shared = shapely.length(shapely.intersection(near, shapely.boundary(other)))
    return np.asarray(shared > _CORNER * NEAR_DEGREES)


def as_plans(pieces: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pieces as plans to come, a hair wider than the gaps: an overlay must not leave slits between.

    The hair is 1e-9 degrees, a tenth of a millimetre.
    """
    shapes = polygonal(shapely.buffer(pieces.geometry.to_numpy(), _HAIR_DEGREES, join_style="mitre"))
    table = pd.DataFrame(
        {
            "id": [f"PA-{one}" for one in pieces["id"]],
            "name": [f"Phần chưa có quy hoạch: {name}" for name in pieces["name"]],
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapes, crs=crs.WGS84)


_HAIR_DEGREES: Final = 1e-9
