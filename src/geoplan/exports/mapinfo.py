"""MapInfo TAB and MIF, with the true datum of VN-2000.

GDAL writes VN-2000 as the datum WGS 84 there, a silent error of 225 m, unless the system carries its
shift. MapInfo has no null for numbers: a missing one would become 0, so such a column goes out as text.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
from pyproj.crs import CRS, BoundCRS
from pyproj.crs.coordinate_operation import ToWGS84Transformation
from pyproj.crs.crs import CoordinateOperation  # type: ignore[attr-defined]

from geoplan import crs as systems
from geoplan.exports.csv_file import write_tables
from geoplan.exports.fields import Field
from geoplan.exports.shortened import cut, field_table
from geoplan.exports.vectors import plain_values, write_vector
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer

TEXT_BYTES: Final = 254
_INT32: Final = 2**31
_EXACT: Final = 2**53
_MARGIN_M: Final = 100_000
_METRES_A_DEGREE: Final = 100_000
_SHIFTS: Final = ("X-axis translation", "Y-axis translation", "Z-axis translation")
_TURNS: Final = ("X-axis rotation", "Y-axis rotation", "Z-axis rotation")
_SCALE: Final = "Scale difference"


@cache
def with_shift(system: CRS) -> CRS:
    """A VN-2000 system with the seven parameters of EPSG:6960, as MapInfo files have to state them.

    EPSG gives the rotations by the coordinate-frame convention; MapInfo, as ``towgs84``, has the signs of
    the position-vector convention. Other systems are themselves.
    """
    if not systems.is_vn2000(system):
        return system
    given = {p.name: float(p.value) for p in CoordinateOperation.from_authority("EPSG", "6960").params}
    base = system.geodetic_crs
    shift = ToWGS84Transformation(  # type: ignore[call-arg]
        base, *(given[n] for n in _SHIFTS), *(-given[n] for n in _TURNS), given[_SCALE]
    )
    return BoundCRS(source_crs=system, target_crs=systems.WGS84, transformation=shift)


def _writer(suffix: str, options: dict[str, str]) -> Callable[[Job], Written]:
    def write(job: Job) -> Written:
        parts = []
        for layer in job.layers:
            if layer.spatial:
                require_finite(layer)
                parts.append(_write(job, layer, job.path(layer, suffix), options))
        tables = write_tables(job)
        return Written((*parts, *tables.parts), tables.losses)

    return write


def _write(job: Job, layer: ExportLayer, path: Path, options: dict[str, str]) -> Part:
    frame = job.placed(layer)
    names = {field.name: field.short for field in layer.fields}
    stored, fields, types = _storable(frame, layer.fields)
    bounds = {"BOUNDS": _bounds(frame)} if path.suffix == ".tab" else {}
    write_vector(
        stored,
        path,
        fields=fields,
        names=names,
        types=types,
        driver="MapInfo File",
        layer=path.stem,
        crs=with_shift(job.crs).to_wkt(),
        layer_options={"ENCODING": "UTF-8", **bounds},
        dataset_options=options,
    )
    field_table(job, layer, path.with_suffix(".fields.csv"), names=names)
    job.write_style(layer, path, names=names)
    return Part(layer, frame, path, names=names)


def _storable(
    frame: pd.DataFrame, fields: tuple[Field, ...]
) -> tuple[pd.DataFrame, list[Field], dict[str, pa.DataType]]:
    """The columns as MapInfo can hold them: without nulls that would become 0, whole numbers in 32 bits."""
    out, kept, types = frame.copy(), [], {}
    if isinstance(out, gpd.GeoDataFrame):
        out = out.set_geometry(out.geometry.where(~out.geometry.is_empty))  # it has no empty shapes
    for field in fields:
        values = frame[field.name]
        as_text = field.kind in {"integer", "number", "boolean"} and bool(values.isna().any())
        if field.kind == "integer" and not as_text and len(values):
            most = int(values.abs().max())
            as_text = not 0 <= most <= _EXACT
            types[field.name] = pa.int32() if most < _INT32 else pa.float64()
        elif field.kind == "integer":
            types[field.name] = pa.int32()
        if as_text:
            types.pop(field.name, None)
            texts = [None if v is None else str(v) for v in plain_values(values, field)]
            out[field.name] = pd.Series(texts, index=frame.index, dtype=object)
        elif field.kind == "text":
            out[field.name] = [None if v is None else cut(v, TEXT_BYTES) for v in values]
        kind = "text" if as_text else field.kind
        kept.append(Field(field.name, field.short, field.title, kind, field.unit, field.decimals))
    return out, kept, types


def _bounds(frame: pd.DataFrame) -> str:
    """Coordinates of a TAB are whole numbers between bounds: the layer and 100 km around it, 0.1 mm steps."""
    if not isinstance(frame, gpd.GeoDataFrame):
        return ""
    box = np.asarray(frame.total_bounds, dtype=float)
    geographic = frame.crs is not None and frame.crs.is_geographic
    margin = _MARGIN_M / _METRES_A_DEGREE if geographic else _MARGIN_M
    if not np.isfinite(box).all():
        box = np.array([100.0, 8.0, 112.0, 24.0]) if geographic else np.array([0.0, 0.0, 1e6, 3e6])
    low, high = box[:2] - margin, box[2:] + margin
    return ",".join(f"{v:.6f}" for v in (*low, *high))


TAB: Final = Format("tab", words("MapInfo TAB", "MapInfo TAB"), _writer(".tab", {}))
MIF: Final = Format("mif", words("MapInfo MIF", "MapInfo MIF"), _writer(".mif", {"FORMAT": "MIF"}))
