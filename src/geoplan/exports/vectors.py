"""Writing a layer by GDAL with explicit types: through Arrow, so that dates are dates and nulls nulls."""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pyogrio
import shapely

from geoplan.gpkg import fixed_time

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geoplan.exports.fields import Field

ARROW_TYPES: Final = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "boolean": pa.bool_(),
}
GEOMETRY: Final = "geometry"
_MULTI: Final = {0: "MultiPoint", 1: "MultiLineString", 2: "MultiPolygon"}


def write_vector(
    frame: pd.DataFrame,
    path: Path,
    *,
    fields: Sequence[Field],
    driver: str,
    layer: str,
    crs: str | None = None,
    names: Mapping[str, str] | None = None,
    types: Mapping[str, pa.DataType] | None = None,
    layer_options: Mapping[str, str] | None = None,
    dataset_options: Mapping[str, str] | None = None,
    append: bool = False,
) -> None:
    """Write one layer, or a table when the frame has no geometry.

    Parameters
    ----------
    frame
        In the system that is written; nothing is transformed.
    path, layer, driver, layer_options, dataset_options, append
        As pyogrio takes them.
    fields
        Its columns; `names` says what they are called in the file, `types` which are of another Arrow
        type than their kind's.
    crs
        The system as WKT or an authority's code, when it is not the frame's own.
    """
    table = arrow_table(frame, fields, names=names or {}, types=types or {})
    spatial = isinstance(frame, gpd.GeoDataFrame)
    kind = geometry_type(frame.geometry.to_numpy()) if isinstance(frame, gpd.GeoDataFrame) else None
    if spatial and crs is None and frame.crs is not None:
        crs = frame.crs.to_wkt()
    with fixed_time(), warnings.catch_warnings():
        # What a format cannot hold is in the loss report, exactly; GDAL's hints are not.
        warnings.simplefilter("ignore", RuntimeWarning)
        pyogrio.write_arrow(
            table,
            path,
            layer=layer,
            driver=driver,
            geometry_name=GEOMETRY if spatial else None,
            geometry_type=kind,
            crs=crs if spatial else None,
            append=append,
            layer_options=dict(layer_options or {}),
            dataset_options=dict(dataset_options or {}),
        )


def arrow_table(
    frame: pd.DataFrame,
    fields: Sequence[Field],
    *,
    names: Mapping[str, str],
    types: Mapping[str, pa.DataType],
) -> pa.Table:
    """The fields as Arrow columns, and the geometry as WKB."""
    columns: dict[str, pa.Array] = {}
    for field in fields:
        values = pa.array(plain_values(frame[field.name], field), ARROW_TYPES[field.kind])
        stored = names.get(field.name, field.name)
        columns[stored] = values.cast(types[field.name], safe=False) if field.name in types else values
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_numpy()
        if geometry_type(shapes).startswith("Multi"):
            shapes = as_multi(shapes)
        columns[GEOMETRY] = pa.array(shapely.to_wkb(shapes), pa.binary())
    return pa.table(columns)


def plain_values(values: pd.Series, field: Field) -> list[Any]:
    """Values as Python's own: str, int, float, datetime.date, bool; None where nothing is known."""
    if field.kind == "date":
        return [None if pd.isna(v) else v.date() for v in values]
    plain = values.astype(object).where(values.notna(), None).tolist()
    if field.kind == "number":
        return [None if v is None else float(v) for v in plain]
    return plain


def geometry_type(shapes: NDArray[Any]) -> str:
    """One type for a layer: the simple one when all are, the multi one of one dimension, else Unknown."""
    given = shapes[~shapely.is_missing(shapes)]
    kinds = {str(s.geom_type) for s in given}
    if not kinds:
        return "MultiPolygon"
    if len(kinds) == 1:
        return kinds.pop().replace("LinearRing", "LineString")
    dimensions = set(shapely.get_dimensions(given).tolist())
    if len(dimensions) == 1 and "GeometryCollection" not in kinds:
        return _MULTI[dimensions.pop()]
    return "Unknown"


def as_multi(shapes: NDArray[Any]) -> NDArray[Any]:
    """Single shapes as multi-shapes of one part; empty and missing ones stay what they are."""
    makers = {
        "Polygon": shapely.MultiPolygon,
        "LineString": shapely.MultiLineString,
        "Point": shapely.MultiPoint,
    }
    out = shapes.copy()
    for i, shape in enumerate(shapes):
        maker = None if shape is None else makers.get(shape.geom_type)
        if maker is not None:
            out[i] = maker([] if shape.is_empty else [shape])
    return out


def distinct_names(
    fields: Iterable[Field], *, taken: Iterable[str] = (), plain: bool = False
) -> dict[str, str]:
    """What to call fields where names must differ in more than case: only those that change.

    With `plain`, names are of letters, digits and ``_`` only and begin with a letter.
    """
    used = {name.casefold() for name in taken}
    out: dict[str, str] = {}
    for field in fields:
        wanted = re.sub(r"\W", "_", field.name) if plain else field.name
        wanted = f"c_{wanted}" if plain and not wanted[:1].isalpha() else wanted
        name = next(n for n in _numbered(wanted) if n.casefold() not in used)
        used.add(name.casefold())
        if name != field.name:
            out[field.name] = name
    return out


def _numbered(name: str) -> Iterator[str]:
    yield name
    number = 2
    while True:
        yield f"{name}_{number}"
        number += 1
