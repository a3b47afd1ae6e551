"""Reading back a layer of a KML or KMZ that geoplan wrote, with the types of its fields."""

from __future__ import annotations

import xml.etree.ElementTree as ET
import zipfile
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import shapely

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer

_IN: Final = "{http://www.opengis.net/kml/2.2}"


def read_kml(path: Path, layer: ExportLayer) -> gpd.GeoDataFrame:
    """A layer: its fields by their short names (dates and whole numbers as text), its shapes.

    For files of geoplan's own: nothing is guarded against.
    """
    if path.suffix == ".kmz":
        with zipfile.ZipFile(path) as archive:
            text = archive.read("doc.kml").decode("utf-8")
    else:
        text = path.read_text(encoding="utf-8")
    root = ET.fromstring(text)  # noqa: S314 - our own file
    folder = next(f for f in root.iter(f"{_IN}Document") if f.get("id") == layer.name)
    marks = folder.findall(f"{_IN}Placemark")
    rows = [{d.get("name"): d.text or "" for d in mark.iter(f"{_IN}SimpleData")} for mark in marks]
    columns = {f.short: _column([row.get(f.short) for row in rows], f.kind) for f in layer.fields}
    shapes = gpd.GeoSeries([_shape(mark) for mark in marks], index=range(len(marks)), crs="EPSG:4326")
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=shapes.index), geometry=shapes)


def _column(texts: list[str | None], kind: str) -> Any:
    if kind == "number":
        return pd.array([float("nan") if text is None else float(text) for text in texts], dtype="float64")
    if kind == "boolean":
        return pd.array([pd.NA if text is None else text == "1" for text in texts], dtype="boolean")
    return pd.Series(texts, dtype=object)


def _shape(parent: ET.Element) -> Any:
    found = [part for child in parent if (part := _one(child)) is not None]
    return found[0] if found else None


def _one(item: ET.Element) -> Any:
    tag = item.tag.removeprefix(_IN)
    if tag == "Point":
        return shapely.Point(_points(item)[0])
    if tag == "LineString":
        return shapely.LineString(_points(item))
    if tag == "Polygon":
        rings = [_points(ring) for ring in item.iter(f"{_IN}LinearRing")]
        return shapely.Polygon(rings[0], rings[1:])
    if tag != "MultiGeometry":
        return None
    parts = [part for child in item if (part := _one(child)) is not None]
    makers = {
        "Polygon": shapely.MultiPolygon,
        "LineString": shapely.MultiLineString,
        "Point": shapely.MultiPoint,
    }
    kinds = {part.geom_type for part in parts}
    return makers[kinds.pop()](parts) if len(kinds) == 1 else shapely.GeometryCollection(parts)


def _points(item: ET.Element) -> list[tuple[float, float]]:
    text = item.findtext(f"{_IN}coordinates") or ""
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in text.split())]
