"""SLD 1.0.0, the style that GeoServer, MapServer and ArcGIS read (and QGIS).

Programs differ in how they hatch: hatching is drawn over a plain fill, which stays where it is not known.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Final

from geoplan.exports.markup import document, element, legal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.errors import Lang
    from geoplan.exports.looks import Look, LookClass, Symbol

_SLD: Final = "http://www.opengis.net/sld"
_OGC: Final = "http://www.opengis.net/ogc"
_PIXELS_A_MM: Final = 1 / 0.28
"""OGC's pixel is 0.28 mm wide."""
_MARKS: Final = {45: "shape://slash", 135: "shape://backslash"}
_VERSION: Final = "1.0.0"


def sld(look: Look, *, title: str, names: Mapping[str, str], lang: Lang) -> str:
    """A look as SLD; `names` are the fields' names in the file by their full ones.

    SLD has no say on plans that are not in force: they are drawn as their kind.
    """
    root = ET.Element("StyledLayerDescriptor", {"version": _VERSION, "xmlns": _SLD, "xmlns:ogc": _OGC})
    named = element(root, "NamedLayer")
    element(named, "Name", legal(title))
    style = element(named, "UserStyle")
    element(style, "Title", legal(look.title.text(lang)))
    rules = element(style, "FeatureTypeStyle")
    by = None if look.by is None else names.get(look.by, look.by)
    for entry in look.entries:
        rule = element(rules, "Rule")
        element(rule, "Name", legal(entry.label.text(lang)))
        element(rule, "Title", legal(entry.label.text(lang)))
        if by is not None:
            _filter(rule, look, entry, by)
        _symbolizers(rule, entry.symbol)
    if look.label is not None and look.labelled:
        _label(element(rules, "Rule"), names.get(look.label, look.label))
    return document(root)


def _filter(rule: ET.Element, look: Look, entry: LookClass, by: str) -> None:
    """What a rule takes; for the rest in full, as QGIS knows no ``ElseFilter``."""
    if entry is not look.rest:
        _test(element(rule, "ogc:Filter"), entry, by)
    elif look.classes:
        either = element(element(rule, "ogc:Filter"), "ogc:Or")
        element(element(either, "ogc:PropertyIsNull"), "ogc:PropertyName", legal(by))
        none = element(either, "ogc:Not")
        if len(look.classes) > 1:
            none = element(none, "ogc:Or")
        for known in look.classes:
            _test(none, known, by)


def _test(where: ET.Element, entry: LookClass, by: str) -> None:
    if entry.value is not None:
        _compare(where, "PropertyIsEqualTo", by, entry.value)
        return
    both = where if entry.high is None else element(where, "ogc:And")
    _compare(both, "PropertyIsGreaterThanOrEqualTo", by, repr(entry.low))
    if entry.high is not None:
        _compare(both, "PropertyIsLessThan", by, repr(entry.high))


def _compare(parent: ET.Element, operator: str, by: str, value: str) -> None:
    test = element(parent, f"ogc:{operator}")
    element(test, "ogc:PropertyName", legal(by))
    element(test, "ogc:Literal", legal(value))


def _symbolizers(rule: ET.Element, symbol: Symbol) -> None:
    if symbol.hatch is not None:
        plain = element(rule, "PolygonSymbolizer")
        _fill(plain, symbol)
        for angle in symbol.angles:
            _hatch(element(element(rule, "PolygonSymbolizer"), "Fill"), symbol.hatch, angle)
    drawn = element(rule, "PolygonSymbolizer")
    if symbol.hatch is None:
        _fill(drawn, symbol)
    stroke = element(drawn, "Stroke")
    _css(stroke, "stroke", symbol.edge)
    _css(stroke, "stroke-width", f"{symbol.width * _PIXELS_A_MM:.2f}")
    if symbol.dashed:
        _css(stroke, "stroke-dasharray", "6 4")


def _fill(drawn: ET.Element, symbol: Symbol) -> None:
    if symbol.fill is not None:
        fill = element(drawn, "Fill")
        _css(fill, "fill", symbol.fill)
        _css(fill, "fill-opacity", f"{symbol.opacity:g}")


def _hatch(fill: ET.Element, colour: str, angle: int) -> None:
    graphic = element(element(fill, "GraphicFill"), "Graphic")
    mark = element(graphic, "Mark")
    element(mark, "WellKnownName", _MARKS[angle])
    stroke = element(mark, "Stroke")
    _css(stroke, "stroke", colour)
    _css(stroke, "stroke-width", "1")
    element(graphic, "Size", "8")


def _label(rule: ET.Element, field: str) -> None:
    text = element(rule, "TextSymbolizer")
    element(element(text, "Label"), "ogc:PropertyName", legal(field))
    font = element(text, "Font")
    _css(font, "font-family", "SansSerif")
    _css(font, "font-size", "11")
    anchor = element(element(element(text, "LabelPlacement"), "PointPlacement"), "AnchorPoint")
    element(anchor, "AnchorPointX", "0.5")
    element(anchor, "AnchorPointY", "0.5")
    halo = element(text, "Halo")
    element(halo, "Radius", "2")
    _css(element(halo, "Fill"), "fill", "#ffffff")
    _css(element(text, "Fill"), "fill", "#1a1a1a")


def _css(parent: ET.Element, name: str, value: str) -> None:
    element(parent, "CssParameter", value, name=name)
