"""The page of a QGIS project that is ready to print: A4, with what a map has to say of itself."""

from __future__ import annotations

import base64
import math
import textwrap
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyproj import Geod

from geoplan.exports import metadata
from geoplan.exports.markup import element, inert
from geoplan.exports.qml import fill_layer, key_of
from geoplan.model import words
from geoplan.schema import NOT_REAL
from geoplan.text import date_text, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import Job

_WIDTH, _HEIGHT = 297, 210
_MAP: Final = (10.0, 31.0, 196.0, 146.0)
"""Left, top, width, height in millimetres; likewise below."""
_LEGEND: Final = (209.0, 31.0, 78.0, 120.0)
_ARROW: Final = (190.0, 34.0, 12.0, 16.0)
_BAR: Final = (14.0, 163.0, 60.0, 12.0)
_KINDS: Final = {"page": 65638, "map": 65639, "picture": 65640, "label": 65641, "legend": 65642, "bar": 65646}
"""QGIS's numbers of the kinds of items."""
_NAME: Final = words("A4 ngang", "A4 landscape")
_LEGEND_TITLE: Final = words("Chú giải", "Legend")
_LINE: Final = words("Ngày {} · {}", "{} · {}")
_CAUTION: Final = words("Lưu ý", "Caution")
_SOURCES: Final = words("Nguồn", "Sources")
_SHIFT: Final = words("VN-2000 chuyển sang WGS 84 theo EPSG:6960.", "VN-2000 to WGS 84 by EPSG:6960.")
_MADE: Final = words("Lập bằng geoplan và QGIS", "Made with geoplan and QGIS")
_MOST: Final = 1100
"""Characters of the sources that the page has room for; the metadata has all of them."""
WRAP: Final = "|"
"""Where the legend begins a new line."""
_BAR_MM: Final = 25.0
_INK: Final = (26, 26, 26)
_RED: Final = (179, 38, 30)
_GEOD: Final = Geod(ellps="WGS84")
_NORTH: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="60" height="80" viewBox="0 0 60 80">'
    '<path d="M30 22 L44 74 L30 62 Z" fill="#1a1a1a" stroke="#1a1a1a"/>'
    '<path d="M30 22 L16 74 L30 62 Z" fill="#ffffff" stroke="#1a1a1a"/>'
    '<path d="M24 18 V2 L36 18 V2" fill="none" stroke="#1a1a1a" stroke-width="3"/></svg>'
)


@dataclass(frozen=True)
class Page:
    """What is printed: the title, the place (west, south, east, north in the job's system), the layers."""

    title: str
    box: tuple[float, float, float, float]
    layers: tuple[ExportLayer, ...]


def page_layout(page: Page, job: Job) -> ET.Element:
    """A ``Layout``: map, title, date and system, caution, legend, scale bar, north arrow, sources."""
    lang = job.lang
    layout = ET.Element("Layout", {"name": _NAME.text(lang), "units": "mm", "printResolution": "300"})
    paper = element(layout, "PageCollection")
    _white(paper)
    _white(_item(paper, "page", (0, 0, _WIDTH, _HEIGHT), background="true", zValue=0))
    main = _map(layout, page)
    caution = caution_text(page.layers, job)
    line = _LINE.text(lang).format(date_text(job.on, lang=lang), metadata.crs_text(job))
    _label(layout, (10, 6, 277, 9), page.title, size=15, bold=True)
    _label(layout, (10, 15, 277, 5), line, size=8)
    _label(layout, (10, 20, 277, 10), caution, size=8, bold=True, colour=_RED)
    _label(layout, (10, 179, 277, 26), _sources(page.layers, job), size=6)
    _legend(layout, main, lang=_LEGEND_TITLE.text(lang))
    _scale_bar(layout, main, page, job)
    _item(
        layout, "picture", _ARROW, id="north", mapUuid=main, mode=0, resizeMode=0, northMode=1, northOffset=0,
        file="base64:" + base64.b64encode(_NORTH.encode()).decode("ascii"), pictureRotation=0, anchorPoint=4,
    )  # fmt: skip
    return layout


def caution_text(layers: Iterable[ExportLayer], job: Job) -> str:
    """Which layers are no survey, by their standing; empty when all are."""
    said: dict[str, list[str]] = {}
    for layer in layers:
        if layer.standing in NOT_REAL:
            said.setdefault(metadata.standing_text(layer, job.lang), []).append(layer.title.text(job.lang))
    told = [f"{', '.join(titles)} – {text}" for text, titles in said.items()]
    return f"{_CAUTION.text(job.lang)}: {'; '.join(told)}." if told else ""


def _sources(layers: Iterable[ExportLayer], job: Job) -> str:
    by_source: dict[str, list[str]] = {}
    for layer in layers:
        if layer.source is not None:
            by_source.setdefault(layer.source.text(job.lang), []).append(layer.title.text(job.lang))
    told = " ".join(f"{', '.join(titles)}: {text}" for text, titles in by_source.items())
    end = f"{_SHIFT.text(job.lang)} {_MADE.text(job.lang)}."
    return f"{_SOURCES.text(job.lang)}: {textwrap.shorten(told, _MOST, placeholder='…')} {end}"


def _item(
    parent: ET.Element, kind: str, box: tuple[float, float, float, float], **attributes: Any
) -> ET.Element:
    left, top, width, height = box
    key = key_of(kind, str(attributes.get("id", box)))
    place = f"{left:g},{top:g},mm"
    common: dict[str, Any] = {
        "type": _KINDS[kind], "uuid": key, "templateUuid": key, "position": place, "positionOnPage": place,
        "size": f"{width:g},{height:g},mm", "referencePoint": 0, "itemRotation": 0, "visibility": 1,
        "opacity": 1, "frame": "false", "background": "false", "zValue": 1 if kind == "map" else 2,
    }  # fmt: skip
    return element(parent, "LayoutItem", **(common | attributes))


def _white(parent: ET.Element) -> None:
    symbol = element(parent, "symbol", type="fill", name="", alpha=1)
    fill_layer(symbol, fill="255,255,255,255", edge=None)


def _map(layout: ET.Element, page: Page) -> str:
    """The map, its place widened to the shape of its frame; the item's key."""
    west, south, east, north = page.box
    units = max((east - west) / _MAP[2], (north - south) / _MAP[3])
    x, y = (west + east) / 2, (south + north) / 2
    half = (_MAP[2] * units / 2, _MAP[3] * units / 2)
    item = _item(
        layout, "map", _MAP, id="map", frame="true", background="true", keepLayerSet="false",
        followPreset="false", mapRotation=0, drawCanvasItems="true",
    )  # fmt: skip
    element(item, "FrameColor", red=74, green=74, blue=74, alpha=255)
    element(item, "BackgroundColor", red=255, green=255, blue=255, alpha=255)
    corners = {"xmin": x - half[0], "ymin": y - half[1], "xmax": x + half[0], "ymax": y + half[1]}
    element(item, "Extent", **{name: repr(value) for name, value in corners.items()})
    return item.attrib["uuid"]


def _label(
    layout: ET.Element,
    box: tuple[float, float, float, float],
    text: str,
    *,
    size: int,
    bold: bool = False,
    colour: tuple[int, int, int] = _INK,
) -> None:
    item = _item(
        layout, "label", box, labelText=inert(text), htmlState=0, halign=1, valign=32, marginX=0, marginY=0
    )
    element(item, "LabelFont", description=_font(size, bold=bold), style="")
    red, green, blue = colour
    element(item, "FontColor", red=red, green=green, blue=blue, alpha=255)


def _font(size: int, *, bold: bool = False) -> str:
    """A font as Qt describes it, of the program's own family: any other may be missing."""
    return f"Sans Serif,{size},-1,5,{75 if bold else 50},0,0,0,0,0"


def _legend(layout: ET.Element, main: str, *, lang: str) -> None:
    """A legend that follows the layers that are shown."""
    item = _item(
        layout, "legend", _LEGEND, id="legend", map_uuid=main, title=lang, legendFilterByMap=1, columnCount=1,
        resizeToContents=1, symbolWidth=6, symbolHeight=3.5, boxSpace=1, columnSpace=2, lineSpacing=1,
        fontColor="#1a1a1a", titleAlignment=1, symbolAlignment=1, legendFilterByAtlas=0, wrapChar=WRAP,
    )  # fmt: skip
    styles = element(item, "styles")
    for name, size, bold, above in (
        ("title", 11, True, 0), ("group", 8, True, 2.5), ("subgroup", 7, True, 1.5),
        ("symbol", 7, False, 0.8), ("symbolLabel", 7, False, 0.8),
    ):  # fmt: skip
        space: dict[str, Any] = {"marginTop": above, "marginLeft": 2 if name == "symbolLabel" else 0}
        style = element(styles, "style", name=name, alignment=1, indent=0, **space)
        element(style, "styleFont", description=_font(size, bold=bold), style="")


def _scale_bar(layout: ET.Element, main: str, page: Page, job: Job) -> None:
    """A bar of two parts in metres, each of a round length of about 25 mm."""
    length = _round(_metres_a_mm(page, job) * _BAR_MM)
    lang = job.lang
    thousands, decimals = number(1000, lang=lang)[1], number(0.1, digits=1, lang=lang)[1]
    item = _item(
        layout, "bar", _BAR, id="scale", mapUuid=main, style="Single Box", unitType="meters", unitLabel="m",
        numUnitsPerSegment=repr(length), numMapUnitsPerScaleBarUnit=1, numSegments=2, numSegmentsLeft=0,
        segmentSizeMode=0, height=2, labelBarSpace=1, boxContentSpace=1, alignment=0, outlineWidth="0.2",
        minBarWidth=20, maxBarWidth=150, background="true",
    )  # fmt: skip
    element(item, "BackgroundColor", red=255, green=255, blue=255, alpha=200)
    element(item, "text-style", fontSize=7, fontSizeUnit="Point", fontWeight=50, textColor="26,26,26,255")
    options = element(element(item, "numericFormat", id="basic"), "Option", type="Map")
    for name, kind, value in (
        ("decimals", "int", "0"),
        ("decimal_separator", "QChar", decimals),
        ("show_trailing_zeros", "bool", "true"),
        ("show_thousand_separator", "bool", "true"),
        ("thousand_separator", "QChar", thousands),
    ):
        element(options, "Option", name=name, type=kind, value=value)


def _metres_a_mm(page: Page, job: Job) -> float:
    west, south, east, north = page.box
    units = max((east - west) / _MAP[2], (north - south) / _MAP[3])
    if not job.crs.is_geographic:
        return units * float(job.crs.axis_info[0].unit_conversion_factor)
    middle = (south + north) / 2
    return float(_GEOD.inv(west, middle, west + units, middle)[2])


def _round(length: float) -> float:
    """The longest of 1, 2, 5, 10 … that is not longer."""
    power = 10.0 ** math.floor(math.log10(length))
    return max(step * power for step in (1, 2, 5) if step * power <= length)
