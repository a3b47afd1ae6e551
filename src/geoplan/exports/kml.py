"""KML and KMZ for Google Earth: every field, the palette's colours, names, a document a layer.

Layers are documents in the document: a folder can hold no schema, and GDAL does not find that of a folder
in a KMZ.

The coordinates are those of the model, WGS 84 by the pinned transformation: nothing is transformed here.
What programs show as HTML (descriptions) is escaped twice; fields are typed data (``ExtendedData``).
"""

from __future__ import annotations

import html
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import shapely

from geoplan.exports import metadata
from geoplan.exports.csv_file import write_tables
from geoplan.exports.kml_read import read_kml
from geoplan.exports.looks import Look, look_of
from geoplan.exports.markup import document, element, legal, pack
from geoplan.exports.vectors import plain_values
from geoplan.exports.writing import Format, Job, Loss, Part, Written, require_finite
from geoplan.model import words
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from geoplan.exports.fields import FieldKind
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.looks import Symbol

_NAMESPACE: Final = "http://www.opengis.net/kml/2.2"
_TYPES: Final[dict[FieldKind, str]] = {
    "text": "string",
    "integer": "string",
    "number": "double",
    "date": "string",
    "boolean": "bool",
}
"""KML knows no dates, and whole numbers of 32 bits only: those are text, as ISO 8601 and as digits."""
_PIXELS_A_MM: Final = 4
_UNHATCHED: Final = words(
    "KML không có nét gạch: vùng gạch chéo thành màu trơn.",
    "KML knows no hatching: hatched areas are plain.",
)


def write(job: Job) -> Written:
    """``<stem>.kml`` with everything that has a place; tables as CSV."""
    return _write(job, ".kml", lambda path, text: path.write_text(text, encoding="utf-8", newline="\n"))


def write_kmz(job: Job) -> Written:
    """The same as ``<stem>.kmz``."""
    return _write(job, ".kmz", lambda path, text: pack(path, {"doc.kml": text}))


def _write(job: Job, suffix: str, save: Callable[[Any, str], object]) -> Written:
    layers = [layer for layer in job.layers if layer.spatial]
    for layer in layers:
        require_finite(layer)
    path = job.folder / f"{job.stem}{suffix}"
    save(path, _kml(job, layers))
    tables = write_tables(job)
    parts = [
        Part(layer, layer.frame, path, names=short_names(layer), read=partial(read_kml, path, layer))
        for layer in layers
    ]
    looks = [look_of(layer) for layer in layers]
    hatched = [
        layer.name
        for layer, look in zip(layers, looks, strict=True)
        if look is not None and any(entry.symbol.hatch for entry in look.entries)
    ]
    losses = [Loss(", ".join(hatched), "style", _UNHATCHED)] if hatched else []
    return Written((*parts, *tables.parts), (*losses, *tables.losses))


def short_names(layer: ExportLayer) -> dict[str, str]:
    """The fields' short names by their full ones: ``id`` and ``name`` are GDAL's own in KML."""
    return {field.name: field.short for field in layer.fields}


@dataclass(frozen=True)
class _Placed:
    """A layer with its look and the beginning of the identifiers of its styles."""

    layer: ExportLayer
    look: Look | None
    key: str


def _kml(job: Job, layers: Iterable[ExportLayer]) -> str:
    lang = job.lang
    placed = [_Placed(layer, look_of(layer), f"l{i}") for i, layer in enumerate(layers)]
    root = ET.Element("kml", {"xmlns": _NAMESPACE})
    whole = element(root, "Document", id="geoplan")
    element(whole, "name", legal(f"{job.result.city.title(lang)}, {date_text(job.on, lang=lang)}"))
    element(whole, "open", "1")
    said = [
        f"{one.title.text(lang)}: {metadata.standing_text(one, lang)}" for one in (p.layer for p in placed)
    ]
    element(whole, "description", _html([*said, f"WGS 84; VN-2000 → WGS 84: {metadata.SHIFT}"]))
    for one in placed:
        _folder(whole, one, job)
    return document(root)


def _html(lines: Iterable[str]) -> str:
    """Lines as the HTML that a description is taken for; the XML around it escapes once more."""
    return "<br/>".join(html.escape(legal(line)) for line in lines if line)


def _style(whole: ET.Element, key: str, symbol: Symbol, *, live: bool = True) -> None:
    """The colours of one entry of a legend; of what is not in force only the outline."""
    style = element(whole, "Style", id=key)
    line = element(style, "LineStyle")
    element(line, "color", _colour(symbol.edge, 1 if live else 0.6))
    element(line, "width", f"{max(symbol.width * _PIXELS_A_MM, 1):g}")
    fill = symbol.fill if symbol.hatch is None else symbol.hatch
    area = element(style, "PolyStyle")
    filled = live and fill is not None
    element(area, "color", _colour(fill or symbol.edge, _opacity(symbol) if filled else 0))
    element(area, "fill", str(int(filled)))
    element(area, "outline", "1")


def _opacity(symbol: Symbol) -> float:
    return 0.4 if symbol.hatch is not None else symbol.opacity


def _colour(colour: str, opacity: float) -> str:
    """``#rrggbb`` as KML writes it: ``aabbggrr``."""
    red, green, blue = (colour[i : i + 2] for i in (1, 3, 5))
    return f"{round(255 * opacity):02x}{blue}{green}{red}"


def _schema(whole: ET.Element, one: _Placed, job: Job) -> None:
    schema = element(whole, "Schema", name=one.key, id=one.key)
    for field in one.layer.fields:
        entry = element(schema, "SimpleField", type=_TYPES[field.kind], name=field.short)
        element(entry, "displayName", legal(field.title.text(job.lang)))


def _folder(whole: ET.Element, one: _Placed, job: Job) -> None:
    layer, look, lang = one.layer, one.look, job.lang
    folder = element(whole, "Document", id=layer.name)
    element(folder, "name", legal(layer.title.text(lang)))
    element(folder, "visibility", str(int(look is None or look.shown)))
    source = "" if layer.source is None else layer.source.text(lang)
    legend = "" if look is None else look.title.text(lang)
    element(folder, "description", _html([legend, metadata.standing_text(layer, lang), source]))
    for i, entry in enumerate(look.entries if look is not None else ()):
        _style(folder, f"{one.key}-{i}", entry.symbol)
        if look is not None and look.live is not None:
            _style(folder, f"{one.key}-{i}-no", entry.symbol, live=False)
    _schema(folder, one, job)
    columns = [plain_values(layer.frame[field.name], field) for field in layer.fields]
    rows = list(zip(*columns, strict=True)) if columns else [()] * len(layer.frame)
    for shape, values in zip(layer.frame.geometry, rows, strict=True):
        _placemark(folder, one, values, shape)


def _placemark(folder: ET.Element, one: _Placed, values: Sequence[Any], shape: Any) -> None:
    """A row: its name, style, fields and shape; unknown values are left out."""
    look, fields = one.look, one.layer.fields
    row = dict(zip((field.name for field in fields), values, strict=True))
    mark = element(folder, "Placemark")
    if look is not None and isinstance(row.get(look.label or ""), str):
        element(mark, "name", legal(row[str(look.label)]))
    if look is not None and not look.shown:
        element(mark, "visibility", "0")
    if look is not None:
        element(mark, "styleUrl", f"#{_style_of(one.key, look, row)}")
    data = element(element(mark, "ExtendedData"), "SchemaData", schemaUrl=f"#{one.key}")
    for field, value in zip(fields, values, strict=True):
        if value is not None:
            element(data, "SimpleData", _text(value), name=field.short)
    if shape is not None and not shape.is_empty:
        _geometry(mark, shape)


def _style_of(key: str, look: Look, row: dict[str, Any]) -> str:
    place = len(look.classes) if look.by is None else look.place(row[look.by])
    live = look.live is None or bool(row[look.live])
    return f"{key}-{place}" + ("" if live else "-no")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return repr(value) if isinstance(value, float) else legal(str(value))


def _geometry(parent: ET.Element, shape: Any) -> None:
    if hasattr(shape, "geoms"):
        several = element(parent, "MultiGeometry")
        for part in shape.geoms:
            _geometry(several, part)
    elif shape.geom_type == "Polygon":
        area = element(parent, "Polygon")
        element(area, "tessellate", "1")
        turned = shapely.orient_polygons(shape)
        for side, ring in (
            ("outerBoundaryIs", turned.exterior),
            *(("innerBoundaryIs", r) for r in turned.interiors),
        ):
            _coordinates(element(element(area, side), "LinearRing"), ring)
    else:
        _coordinates(element(parent, "Point" if shape.geom_type == "Point" else "LineString"), shape)


def _coordinates(parent: ET.Element, line: Any) -> None:
    element(parent, "coordinates", " ".join(f"{x!r},{y!r}" for x, y in line.coords))


FORMAT: Final = Format("kml", words("KML (Google Earth)", "KML (Google Earth)"), write, lonlat=True)
KMZ: Final = Format("kmz", words("KMZ (Google Earth)", "KMZ (Google Earth)"), write_kmz, lonlat=True)
