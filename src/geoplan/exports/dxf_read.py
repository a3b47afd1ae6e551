"""Reading back a layer of a drawing that geoplan wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ezdxf
import geopandas as gpd
import pandas as pd
import shapely

from geoplan.exports.dxf_texts import APP, EPSG, read_attributes

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer


def read_drawing(path: Path, layer: ExportLayer) -> gpd.GeoDataFrame:
    """A layer of a drawing that `write` made, from its outlines and their attributes.

    Rows without a shape are not in it; the system is that of the drawing's properties, if it has a code.
    """
    doc = ezdxf.readfile(path)
    shapes: dict[int, list[Any]] = {}
    rows: dict[int, dict[str, Any]] = {}
    for thing in doc.modelspace():
        if not thing.has_xdata(APP):
            continue
        origin, values = read_attributes((tag.code, tag.value) for tag in thing.get_xdata(APP))
        if origin.layer != layer.name:
            continue
        rows.setdefault(origin.row, values)
        mine = shapes.setdefault(origin.row, [])
        if origin.hole:
            mine[-1] = shapely.Polygon(mine[-1].exterior, [*mine[-1].interiors, _ring(thing)])
        else:
            mine.append(_shape(thing))
    code = next((value for name, value in doc.header.custom_vars if name == EPSG), "")
    table = pd.DataFrame([rows[i] for i in sorted(rows)], columns=[f.name for f in layer.fields])
    joined = [_joined(shapes[i]) for i in sorted(rows)]
    return gpd.GeoDataFrame(
        _typed(table, layer),
        geometry=gpd.GeoSeries(joined, index=table.index, crs=f"EPSG:{code}" if code else None),
    )


def _ring(thing: Any) -> list[tuple[float, float]]:
    return [(x, y) for x, y in thing.get_points("xy")]


def _shape(thing: Any) -> Any:
    if thing.dxftype() == "POINT":
        return shapely.Point(thing.dxf.location.x, thing.dxf.location.y)
    return shapely.Polygon(_ring(thing)) if thing.closed else shapely.LineString(_ring(thing))


def _joined(parts: list[Any]) -> Any:
    if len(parts) == 1:
        return parts[0]
    kinds = {part.geom_type for part in parts}
    makers = {
        "Polygon": shapely.MultiPolygon,
        "LineString": shapely.MultiLineString,
        "Point": shapely.MultiPoint,
    }
    return makers[kinds.pop()](parts) if len(kinds) == 1 else shapely.GeometryCollection(parts)


def _typed(table: pd.DataFrame, layer: ExportLayer) -> pd.DataFrame:
    """Texts of the drawing as the values that they were."""
    for known in layer.fields:
        values = table[known.name]
        if known.kind == "date":
            table[known.name] = pd.to_datetime(values.astype(object)).astype("datetime64[s]")
        elif known.kind == "number":
            table[known.name] = values.astype("float64")
        elif known.kind == "integer":
            table[known.name] = pd.array([pd.NA if pd.isna(v) else int(v) for v in values], dtype="Int64")
        elif known.kind == "boolean":
            table[known.name] = pd.array([pd.NA if pd.isna(v) else bool(v) for v in values], dtype="boolean")
        else:
            table[known.name] = pd.Series([None if pd.isna(v) else str(v) for v in values], dtype=object)
    return table
