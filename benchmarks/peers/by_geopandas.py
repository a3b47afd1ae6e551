"""geopandas: overlay and dissolve, and for conflict the pairs of parts that meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from layers import frames, read
from worker import by_commune, by_kind, serve

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def load(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Frames without a coordinate system: areas are those of the plane, as everywhere here."""
    communes, plans = (f.set_crs(None, allow_override=True) for f in frames(read(folder)))
    return communes[["code", "geometry"]], plans


def parts(state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Plans cut by communes."""
    return gpd.overlay(state[1], state[0], how="intersection", keep_geom_type=True)


def union(state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> pd.Series:
    """Overlay, dissolve, area."""
    return parts((state[0], state[1][["geometry"]])).dissolve("code").area


def kinds(state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> tuple[pd.Series, pd.Series]:
    """The best form found: pairs of parts from the spatial index, cut with each other, and dissolved."""
    cut = parts(state)
    covered = cut.dissolve(["code", "kind"]).area
    one, other = cut.sindex.query(cut.geometry, predicate="intersects")
    code, kind = cut["code"].to_numpy(), cut["kind"].to_numpy()
    same = (one < other) & (code[one] == code[other]) & (kind[one] == kind[other])
    both = cut.iloc[one[same]].reset_index(drop=True)
    others = cut.geometry.iloc[other[same]].reset_index(drop=True)
    return covered, both.set_geometry(both.geometry.intersection(others)).dissolve(["code", "kind"]).area


def kinds_by_overlay(state: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> tuple[pd.Series, pd.Series]:
    """As the handbook has it: the parts overlaid with themselves."""
    cut = parts(state)
    covered = cut.dissolve(["code", "kind"]).area
    cut["part"] = np.arange(len(cut))
    both = gpd.overlay(cut, cut, how="intersection", keep_geom_type=True)
    same = (
        (both["part_1"] < both["part_2"])
        & (both["code_1"] == both["code_2"])
        & (both["kind_1"] == both["kind_2"])
    )
    twice = both[same].dissolve(["code_1", "kind_1"]).area
    return covered, twice


def _rows(areas: pd.Series) -> list[Any]:
    return [(*(key if isinstance(key, tuple) else (key,)), area) for key, area in areas.items()]


def _kinds(state: Any, result: tuple[pd.Series, pd.Series]) -> list[Any]:
    return by_kind(len(state[0]), _rows(result[0]), _rows(result[1]))


if __name__ == "__main__":
    serve(
        load,
        {
            "union": (union, lambda s, r: by_commune(len(s[0]), _rows(r))),
            "kinds": (kinds, _kinds),
            "kinds by overlay": (kinds_by_overlay, _kinds),
        },
        lambda _: (
            f"geopandas {gpd.__version__}, shapely {shapely.__version__}, GEOS {shapely.geos_version_string}"
        ),
    )
