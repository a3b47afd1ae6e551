"""The layers of a folder as shapely arrays, for the peers that take those."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely
from worker import KINDS

if TYPE_CHECKING:
    from pathlib import Path


class Layers(NamedTuple):
    """Communes in the order of their codes, plans, and the plans' kinds as numbers (`KINDS`)."""

    communes: np.ndarray
    plans: np.ndarray
    kinds: np.ndarray


def read(folder: Path) -> Layers:
    """The arrays."""
    communes, plans = (pq.read_table(folder / f"{name}.parquet") for name in ("communes", "plans"))
    order = np.argsort(communes["code"].to_numpy().astype(np.int64))
    kinds = (plans["kind"].to_numpy() == KINDS[1]).astype(np.int64)
    shapes = [
        np.asarray(shapely.from_wkb(table["geometry"].to_numpy()), dtype=object)
        for table in (communes, plans)
    ]
    return Layers(shapes[0][order], shapes[1], kinds)


def frames(layers: Layers) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """The same as frames, with the columns ``code`` and ``kind``."""
    codes = [f"{i:05d}" for i in range(len(layers.communes))]
    return (
        gpd.GeoDataFrame({"code": codes, "name": codes}, geometry=layers.communes, crs="EPSG:4326"),
        gpd.GeoDataFrame({"kind": np.array(KINDS)[layers.kinds]}, geometry=layers.plans, crs="EPSG:4326"),
    )
