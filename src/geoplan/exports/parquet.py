"""GeoParquet 1.1: one file a layer; tables as plain Parquet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import shapely

from geoplan.exports.vectors import GEOMETRY, arrow_table
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd


def write(job: Job) -> Written:
    """One ``.parquet`` a layer and a table."""
    parts = []
    for layer in job.layers:
        require_finite(layer)
        path, frame = job.path(layer, ".parquet"), job.placed(layer)
        table = arrow_table(frame, layer.fields, names={}, types={})
        if isinstance(frame, gpd.GeoDataFrame):
            table = table.replace_schema_metadata({"geo": json.dumps(_about(frame), ensure_ascii=False)})
        pq.write_table(table, path, compression="zstd")
        parts.append(Part(layer, frame, path, read=None if layer.spatial else _reader(path)))
    return Written(tuple(parts))


def _reader(path: Path) -> Callable[[], pd.DataFrame]:
    return lambda: pq.read_table(path).to_pandas()


def _about(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """What the standard asks to be said about the geometry column."""
    shapes = frame.geometry.to_numpy()
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted({str(s.geom_type) for s in shapes[~shapely.is_missing(shapes)]}),
        "crs": None if frame.crs is None else json.loads(frame.crs.to_json()),
    }
    box = [float(v) for v in frame.total_bounds]
    if np.isfinite(box).all():
        column["bbox"] = box
    return {"version": "1.1.0", "primary_column": GEOMETRY, "columns": {GEOMETRY: column}}


FORMAT: Final = Format("parquet", words("GeoParquet", "GeoParquet"), write)
