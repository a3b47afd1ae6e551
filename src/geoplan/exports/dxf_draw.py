"""A drawing: outlines, hatching and names of layers, each kind on layers of its own, and a note."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import ezdxf
import geopandas as gpd
from ezdxf.enums import TextEntityAlignment

from geoplan.exports import metadata
from geoplan.exports.dxf_texts import (
    APP,
    EPSG,
    Origin,
    aci_of,
    aci_of_kind,
    attributes,
    label,
    layer_name,
    paragraph,
)
from geoplan.exports.looks import Look, LookClass, look_of
from geoplan.exports.vectors import plain_values
from geoplan.model import words
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd
    from ezdxf.document import Drawing
    from ezdxf.layouts import Modelspace

    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import Job

_VERSION: Final = "R2010"
_METRES: Final = 6
_STYLE: Final = "GEOPLAN"
_FONT: Final = "arial.ttf"
"""Has every Vietnamese letter, and is on every Windows; other systems put their own in its place."""
_DASHED: Final = "GEOPLAN_DASHED"
_NOTE: Final = "GEOPLAN_NOTE"
_DRAWN: Final = (
    "neighbours", "communes", "urban_land", "plans", "industrial_zones", "gaps", "conflicts", "candidates",
)  # fmt: skip
"""What lies under what, from the bottom."""
_LETTERS: Final = 0.006
"""Height of names, of the height of the whole."""
_PATTERNS: Final = {1: "ANSI31", 2: "ANSI37"}
_METRES_SAID: Final = words("Đơn vị: mét.", "Units: metres.")
_COLOURS: Final = words(
    "Màu: số màu AutoCAD (ACI) gần nhất với bảng màu của geoplan.",
    "Colours: the AutoCAD numbers (ACI) nearest to geoplan's palette.",
)


@dataclass
class _Pen:
    """One drawing under way."""

    doc: Drawing
    job: Job
    height: float
    names: dict[tuple[str, str | None], str] = field(default_factory=dict)

    @property
    def space(self) -> Modelspace:
        return self.doc.modelspace()


def write_drawing(
    job: Job, frames: Mapping[str, pd.DataFrame], layers: Sequence[ExportLayer], path: Path
) -> None:
    """Draw layers, their frames by name in metres, and save the drawing: the same bytes every time."""
    with _without_time():
        _drawn(job, frames, layers).saveas(path)


@contextmanager
def _without_time() -> Iterator[None]:
    """While inside, ezdxf writes fixed times and identifiers."""
    earlier = ezdxf.options.write_fixed_meta_data_for_testing
    ezdxf.options.write_fixed_meta_data_for_testing = True
    try:
        yield
    finally:
        ezdxf.options.write_fixed_meta_data_for_testing = earlier


def _drawn(job: Job, frames: Mapping[str, pd.DataFrame], layers: Sequence[ExportLayer]) -> Drawing:
    order = {name: i for i, name in enumerate(_DRAWN)}
    doc = ezdxf.new(_VERSION)
    pen = _Pen(doc, job, _height(list(frames.values())))
    _prepare(pen, layers)
    for layer in sorted(layers, key=lambda one: order.get(one.name, len(order))):
        _draw(pen, layer, frames[layer.name])
    _note(pen, layers, frames)
    return doc


def _height(frames: list[pd.DataFrame]) -> float:
    """The height of letters, from that of the whole."""
    boxes = [f.total_bounds for f in frames if isinstance(f, gpd.GeoDataFrame)]
    tall = [float(box[3] - box[1]) for box in boxes if box[3] > box[1]]
    return max(max(tall, default=1000.0) * _LETTERS, 1.0)


def _prepare(pen: _Pen, layers: Sequence[ExportLayer]) -> None:
    """Units, fonts, line types, and what the drawing says of itself in its properties."""
    doc, job = pen.doc, pen.job
    doc.header["$INSUNITS"] = _METRES
    doc.header["$MEASUREMENT"] = 1
    doc.header["$LUNITS"] = 2
    doc.appids.add(APP)
    doc.styles.add(_STYLE, font=_FONT)
    long = pen.height
    doc.linetypes.add(_DASHED, [2 * long, 1.2 * long, -0.8 * long], description="_ _ _")
    doc.layers.add(_NOTE)
    code = job.crs.to_epsg()
    facts = {
        "Title": job.result.city.title(job.lang),
        "Date": job.on.isoformat(),
        "CRS": metadata.crs_text(job),
        EPSG: "" if code is None else str(code),
        "Shift": metadata.SHIFT,
        **{f"Standing {one.name}": metadata.standing_text(one, job.lang) for one in layers},
    }
    for name, value in facts.items():
        doc.header.custom_vars.append(name, label(value))


def _draw(pen: _Pen, layer: ExportLayer, frame: pd.DataFrame) -> None:
    look = look_of(layer)
    columns = [plain_values(frame[known.name], known) for known in layer.fields]
    rows = list(zip(*columns, strict=True)) if columns else [()] * len(frame)
    places = {known.name: i for i, known in enumerate(layer.fields)}
    for row, (shape, values) in enumerate(zip(frame.geometry, rows, strict=True)):
        if shape is None or shape.is_empty:
            continue
        entry, live = _entry(look, values, places)
        target = _layer(pen, layer, look, entry)
        dashed = not live or (entry is not None and entry.symbol.dashed)
        own = {"layer": target} | ({"linetype": _DASHED} if dashed else {})
        for hole, thing in _outlines(pen, shape, own):
            origin = Origin(layer.name, row, hole)
            fields, cells = ((), ()) if hole else (layer.fields, values)
            thing.set_xdata(APP, attributes(origin, fields, cells))
        if entry is not None and live:
            _hatch(pen, shape, target, entry)
        if look is not None and look.label is not None and isinstance(values[places[look.label]], str):
            _name(pen, shape, target, values[places[look.label]])


def _entry(
    look: Look | None, values: tuple[Any, ...], places: dict[str, int]
) -> tuple[LookClass | None, bool]:
    """The entry of the legend that a row belongs to, and whether it is drawn in full."""
    if look is None:
        return None, True
    live = look.live is None or bool(values[places[look.live]])
    return (look.rest if look.by is None else look.entries[look.place(values[places[look.by]])]), live


def _layer(pen: _Pen, layer: ExportLayer, look: Look | None, entry: LookClass | None) -> str:
    """The layer of the drawing, made when it is first asked for, with one for hatching and one for names."""
    kind = None if entry is None else entry.value
    known = (layer.name, kind) in pen.names
    name = layer_name(layer.name, kind, pen.names)
    if known:
        return name
    colour = "#4a4a4a" if entry is None else entry.symbol.edge
    lang = pen.job.lang
    said = layer.title.text(lang) if kind is None or entry is None else entry.label.text(lang)
    for ending, off in (
        ("", False),
        ("_HATCH", look is None or not look.shown),
        ("_TEXT", look is None or not (look.labelled and look.shown)),
    ):
        made = pen.doc.layers.add(f"{name}{ending}", color=aci_of_kind(kind, colour))
        made.description = said
        if off:
            made.off()
    return name


def _outlines(pen: _Pen, shape: Any, own: dict[str, Any]) -> list[tuple[bool, Any]]:
    """The outlines of a shape as objects of the drawing: each with whether it is a hole."""
    out: list[tuple[bool, Any]] = []
    for part in _singles(shape):
        if part.geom_type == "Polygon":
            for i, ring in enumerate((part.exterior, *part.interiors)):
                line = pen.space.add_lwpolyline(ring.coords[:-1], close=True, dxfattribs=own)
                out.append((i > 0, line))
        elif part.geom_type == "Point":
            out.append((False, pen.space.add_point((part.x, part.y), dxfattribs=own)))
        else:
            out.append((False, pen.space.add_lwpolyline(part.coords, dxfattribs=own)))
    return out


def _singles(shape: Any) -> list[Any]:
    if hasattr(shape, "geoms"):
        return [single for part in shape.geoms for single in _singles(part)]
    return [] if shape.is_empty else [shape]


def _hatch(pen: _Pen, shape: Any, target: str, entry: LookClass) -> None:
    symbol = entry.symbol
    areas = [part for part in _singles(shape) if part.geom_type == "Polygon"]
    if not areas or (symbol.fill is None and symbol.hatch is None):
        return
    hatch = pen.space.add_hatch(dxfattribs={"layer": f"{target}_HATCH"})
    if symbol.hatch is not None:
        colour = aci_of(symbol.hatch)
        hatch.set_pattern_fill(_PATTERNS[len(symbol.angles)], color=colour, scale=pen.height * 2)
    else:
        hatch.set_solid_fill(color=aci_of_kind(entry.value, symbol.fill or symbol.edge))
        hatch.transparency = 1 - symbol.opacity
    for part in areas:
        hatch.paths.add_polyline_path(part.exterior.coords[:-1], is_closed=True, flags=1)
        for hole in part.interiors:
            hatch.paths.add_polyline_path(hole.coords[:-1], is_closed=True, flags=0)


def _name(pen: _Pen, shape: Any, target: str, text: str) -> None:
    largest = max(_singles(shape), key=lambda part: part.area)
    at = largest.representative_point()
    own = {"layer": f"{target}_TEXT", "style": _STYLE}
    said = pen.space.add_text(label(text), height=pen.height, dxfattribs=own)
    said.set_placement((at.x, at.y), align=TextEntityAlignment.MIDDLE_CENTER)


def _note(pen: _Pen, layers: Sequence[ExportLayer], frames: Mapping[str, pd.DataFrame]) -> None:
    """Under the drawing, in words: what it is, its date and system, and what is no survey."""
    job, lang = pen.job, pen.job.lang
    lines = [
        f"{job.result.city.title(lang)}, {date_text(job.on, lang=lang)}",
        f"{metadata.crs_text(job)}; {metadata.SHIFT}. {_METRES_SAID.text(lang)}",
    ]
    for one in layers:
        source = "" if one.source is None else one.source.text(lang)
        lines.append(f"{one.title.text(lang)}: {metadata.standing_text(one, lang)}. {source}")
    lines.append(_COLOURS.text(lang))
    boxes = [f.total_bounds for f in frames.values() if isinstance(f, gpd.GeoDataFrame) and len(f)]
    boxes = [box for box in boxes if box[2] >= box[0]]
    west, south, east = (
        (0.0, 0.0, 1000.0)
        if not boxes
        else (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes))
    )
    note = pen.space.add_mtext(paragraph(lines), dxfattribs={"layer": _NOTE, "style": _STYLE})
    note.dxf.char_height = pen.height
    note.dxf.width = float(east - west)
    note.dxf.attachment_point = 1
    note.set_location((float(west), float(south) - 4 * pen.height))
