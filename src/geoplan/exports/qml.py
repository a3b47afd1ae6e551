"""QML, the style of QGIS: renderer and labels of a look, as QGIS 3.22 and newer read it."""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

from geoplan.exports.markup import document, element, inert, legal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.errors import Lang
    from geoplan.exports.looks import Look, LookClass, Symbol

VERSION: Final = "3.22.16-Białowieża"
"""The QGIS that files are written for: the last of 3.22; it tells of projects of any other release."""
DOCTYPE: Final = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
_OPAQUE: Final = 255
_OVER_POLYGON: Final = 0
_HORIZONTAL: Final = 4


def qml(look: Look, *, names: Mapping[str, str], lang: Lang) -> str:
    """A look as QML; `names` are the fields' names in the file by their full ones."""
    root = ET.Element(
        "qgis",
        {
            "version": VERSION,
            "styleCategories": "Symbology|Labeling",
            "labelsEnabled": str(int(labels_on(look))),
        },
    )
    root.append(renderer(look, names=names, lang=lang))
    labels = labeling(look, names=names)
    if labels is not None:
        root.append(labels)
    return document(root, doctype=DOCTYPE)


def labels_on(look: Look) -> bool:
    """Whether labels are drawn at once."""
    return look.label is not None and look.labelled


def key_of(*parts: str) -> str:
    """An identifier as QGIS makes them, but the same every time."""
    return "{" + str(uuid.uuid5(uuid.NAMESPACE_OID, "\n".join(parts))) + "}"


def renderer(look: Look, *, names: Mapping[str, str], lang: Lang) -> ET.Element:
    """``renderer-v2``: one symbol, categories by a value, or rules by ranges and a rule for the rest."""
    root = ET.Element("renderer-v2", {"symbollevels": "0", "enableorderby": "0", "forceraster": "0"})
    by = None if look.by is None else legal(names.get(look.by, look.by))
    if by is None:
        root.set("type", "singleSymbol")
    elif any(c.low is not None for c in look.classes):
        root.set("type", "RuleRenderer")
        rules = element(root, "rules", key=key_of(by))
        for i, entry in enumerate(look.entries):
            words = inert(entry.label.text(lang))
            element(rules, "rule", symbol=i, key=key_of(by, str(i)), filter=_test(entry, by), label=words)
    else:
        root.set("type", "categorizedSymbol")
        root.set("attr", by)
        categories = element(root, "categories")
        for i, entry in enumerate(look.entries):
            words = inert(entry.label.text(lang))
            value = legal(entry.value or "")
            element(categories, "category", symbol=i, value=value, type="string", render="true", label=words)
    live = None if look.live is None else names.get(look.live, look.live)
    symbols = element(root, "symbols")
    for i, entry in enumerate(look.entries):
        symbols.append(_symbol(entry.symbol, str(i), live))
    return root


def quoted_field(name: str) -> str:
    """A field in an expression of QGIS."""
    return '"' + legal(name).replace('"', '""') + '"'


def _test(entry: LookClass, by: str) -> str:
    if entry.low is None:
        return "ELSE"
    field = quoted_field(by)
    upper = "" if entry.high is None else f" AND {field} < {entry.high!r}"
    return f"{field} >= {entry.low!r}{upper}"


def colour(hexadecimal: str, opacity: float = 1.0) -> str:
    """``#rrggbb`` as QGIS writes it: ``r,g,b,a``."""
    red, green, blue = (int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5))
    return f"{red},{green},{blue},{round(_OPAQUE * opacity)}"


def _symbol(symbol: Symbol, name: str, live: str | None) -> ET.Element:
    root = ET.Element(
        "symbol", {"type": "fill", "name": name, "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"}
    )
    fill = fill_layer(
        root,
        fill=None if symbol.fill is None else colour(symbol.fill, symbol.opacity),
        edge=colour(symbol.edge),
        width=symbol.width,
        dashed=symbol.dashed,
    )
    if live is not None:
        _only_where(fill, live, colour(symbol.fill or "#ffffff", symbol.opacity))
    for i, angle in enumerate(symbol.angles):
        _hatch(root, symbol, angle, f"@{name}@{i + 1}")
    return root


def fill_layer(
    parent: ET.Element, *, fill: str | None, edge: str | None, width: float = 0.2, dashed: bool = False
) -> ET.Element:
    """A plain fill with its outline, in QGIS's colours; None leaves one out."""
    line = "no" if edge is None else "dash" if dashed else "solid"
    return _layer(
        parent,
        "SimpleFill",
        {
            "color": fill or "255,255,255,0",
            "joinstyle": "bevel",
            "outline_color": edge or "0,0,0,255",
            "outline_style": line,
            "outline_width": f"{width:g}",
            "outline_width_unit": "MM",
            "style": "no" if fill is None else "solid",
        },
    )


def _hatch(root: ET.Element, symbol: Symbol, angle: int, name: str) -> None:
    options = {"angle": str(angle), "distance": "1.6", "distance_unit": "MM", "line_width": "0.2"}
    over = _layer(root, "LinePatternFill", options)
    line = ET.SubElement(over, "symbol", {"type": "line", "name": name, "alpha": "1"})
    drawn = {"line_color": colour(symbol.hatch or symbol.edge), "line_style": "solid"}
    _layer(line, "SimpleLine", drawn | {"line_width": "0.2", "line_width_unit": "MM", "capstyle": "square"})


def _layer(parent: ET.Element, kind: str, options: Mapping[str, str]) -> ET.Element:
    """A symbol layer, its options said twice: as QGIS 3.18 and newer read them, and as older ones do."""
    layer = ET.SubElement(parent, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    listed = element(layer, "Option", type="Map")
    for key, value in options.items():
        element(listed, "Option", type="QString", name=key, value=value)
    for key, value in options.items():
        element(layer, "prop", k=key, v=value)
    return layer


def _only_where(layer: ET.Element, field: str, fill: str) -> None:
    """Where the field says no: an open, dashed outline."""
    tests = {
        "outlineStyle": f"if({quoted_field(field)}, 'solid', 'dash')",
        "fillColor": f"if({quoted_field(field)}, '{fill}', '255,255,255,0')",
    }
    listed = element(element(layer, "data_defined_properties"), "Option", type="Map")
    element(listed, "Option", name="name", type="QString", value="")
    properties = element(listed, "Option", name="properties", type="Map")
    for key, expression in tests.items():
        one = element(properties, "Option", name=key, type="Map")
        element(one, "Option", name="active", type="bool", value="true")
        element(one, "Option", name="expression", type="QString", value=expression)
        element(one, "Option", name="type", type="int", value=3)
    element(listed, "Option", name="type", type="QString", value="collection")


def labeling(look: Look, *, names: Mapping[str, str]) -> ET.Element | None:
    """``labeling``: names with a halo, in the program's own font: a foreign one may be missing."""
    if look.label is None:
        return None
    root = ET.Element("labeling", {"type": "simple"})
    settings = element(root, "settings", calloutType="simple")
    style = element(
        settings,
        "text-style",
        fieldName=legal(names.get(look.label, look.label)),
        isExpression=0,
        fontSize=8,
        fontSizeUnit="Point",
        fontWeight=50,
        textColor="26,26,26,255",
        textOpacity=1,
        multilineHeight=1,
        allowHtml=0,
    )
    element(
        style, "text-buffer", bufferDraw=1, bufferSize="0.8", bufferSizeUnits="MM", bufferOpacity=1,
        bufferColor="255,255,255,255", bufferNoFill=0, bufferJoinStyle=128,
    )  # fmt: skip
    element(settings, "text-format", autoWrapLength=28, useMaxLineLengthForAutoWrap=1, multilineAlign=1)
    element(
        settings, "placement", placement=_HORIZONTAL, layerType="PolygonGeometry", centroidInside=1,
        centroidWhole=0, priority=5, fitInPolygonOnly=0, polygonPlacementFlags=2,
    )  # fmt: skip
    element(settings, "rendering", obstacle=1, obstacleType=0, displayAll=0, mergeLines=0, drawLabels=1)
    return root
