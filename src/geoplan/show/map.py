"""The map of a city: a folium map that saves itself as one sealed file."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.elements import ElementAddToElement
from folium.map import CustomPane
from jinja2 import Template

from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.exports.atomic import beside
from geoplan.show import features, palette
from geoplan.show.labels import word
from geoplan.show.page import page_config
from geoplan.show.seal import seal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geoplan.errors import Lang


_BRACE = "\ufdd0"
"""Stands for an opening brace while branca renders: a code point that no text may contain."""


class CityMap(folium.Map):
    """A folium map whose file needs nothing else: no network, no folder of assets.

    It composes like any folium map (``layer.add_to(m)``), as long as what is added brings no script
    of its own; `save` raises `geoplan.show.seal.SealError` when it does.
    """

    default_js: list[tuple[str, str]] = [  # noqa: RUF012 - folium reads the class attribute
        ("leaflet", "asset:leaflet.js"),
        ("geoplan", "asset:geoplan.js"),
    ]
    default_css: list[tuple[str, str]] = [  # noqa: RUF012
        ("leaflet_css", "asset:leaflet.css"),
        ("geoplan_css", "asset:geoplan.css"),
    ]

    def __init__(self, *, title: str, lang: Lang = "vi") -> None:
        super().__init__(
            tiles=None, zoom_control=False, control_scale=False, prefer_canvas=False, zoom_snap=0.25
        )
        self.lang = lang
        self.page_title = title

    def to_html(self) -> str:
        """The whole page as text, sealed. The same map gives the same text every time."""
        root = self.get_root()
        assert isinstance(root, Figure)  # noqa: S101 - what a folium map always has
        for number, element in enumerate(_tree(self)):
            element._id = f"{number:04x}"  # noqa: SLF001 - branca draws it at random, two pages would differ
        root.title = html.escape(self.page_title)
        parts = (root.header, root.html, root.script)
        before = [part._children.copy() for part in parts]  # noqa: SLF001 - rendering adds to them
        try:
            page = root.render()
        finally:
            for part, children in zip(parts, before, strict=True):
                part._children = children  # noqa: SLF001
        page = page.replace("<html>", f'<html lang="{self.lang}">', 1)
        return seal(page.replace("\\ufdd0", "\\u007b"))

    def save(self, path: Path, **_: Any) -> None:  # type: ignore[override]
        """Write the page as one file; an existing one is replaced whole."""
        with beside(path) as draft:
            draft.write_text(self.to_html(), encoding="utf-8", newline="\n")

    def _repr_html_(self, **_: Any) -> str:
        """The page inside a frame, for notebooks: it works offline and cannot reach the notebook."""
        return (
            f'<iframe sandbox="allow-scripts" style="width:100%;height:600px;border:0" '
            f'srcdoc="{html.escape(self.to_html())}"></iframe>'
        )


class _Page(MacroElement):
    """Starts the page's own script when all layers are there."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "geoplanPage({{ this._parent.get_name() }}, {{ this.config|tojson }}, { "
        "{% for name, layer in this.layers.items() %}{{ name|tojson }}: {{ layer.get_name() }},{% endfor %}"
        "}, {{ this.control.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(
        self, config: dict[str, Any], layers: dict[str, folium.GeoJson], control: folium.LayerControl
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "GeoplanPage"
        self.config = _shield(config)
        self.layers = layers
        self.control = control


@dataclass(frozen=True)
class _Overlay:
    """A layer that the reader can switch: its features, its look, and its mark in the control."""

    key: str
    label: str
    collection: dict[str, Any]
    style: dict[str, Any]
    pane: str
    show: bool


def explore(city: City | Assessment, *, lang: Lang = "vi") -> CityMap:
    """A map of a city: coverage, density, zones, plans and gaps.

    Parameters
    ----------
    city
        A city (assessed on its date) or an assessment.
    lang
        ``vi`` or ``en``.

    Returns
    -------
    CityMap
        Shows itself in a notebook, and saves as one file with ``save(path)``. Plans that are not in
        force on the date are not drawn.
    """
    result = assess(city) if isinstance(city, City) else city
    config = page_config(result, lang=lang)
    page = CityMap(title=f"{config['title']} – {config['subtitle']}", lang=lang)
    for z, pane in enumerate(("neighbours", "communes", "plans", "zones", "places", "outlines", "names")):
        CustomPane(pane, z_index=401 + z).add_to(page)
    layers: dict[str, folium.GeoJson] = {}
    neighbours = features.neighbours(result, lang=lang)
    if neighbours["features"]:
        layers["neighbours"] = _still(neighbours, "neighbours", palette.NEIGHBOUR, page)
    layers["communes"] = _communes(result, config, lang, page)
    for overlay in _overlays(result, lang):
        if overlay.collection["features"]:
            layers[overlay.key] = _switched(overlay, page)
    control = folium.LayerControl(collapsed=False)
    control.add_to(page)
    _Page(config, layers, control).add_to(page)
    return page


def _tree(element: Element) -> Iterator[Element]:
    """The elements that a person added, depth first; those that rendering adds have no id to show."""
    yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no public way
        if not isinstance(child, ElementAddToElement):
            yield from _tree(child)


def _shield(data: Any) -> Any:
    """Data that branca may render: it takes every script for a Jinja template a second time.

    A name such as ``{{ 7*7 }}`` would be computed. So opening braces inside texts travel as a
    stand-in, which `CityMap.to_html` turns into JavaScript's escape for a brace.
    """
    if isinstance(data, str):
        return data.replace("{", _BRACE)
    if isinstance(data, dict):
        return {key: _shield(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_shield(value) for value in data]
    return data


def _constant(style: dict[str, Any]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda _feature: style


def _communes(result: Assessment, config: dict[str, Any], lang: Lang, page: CityMap) -> folium.GeoJson:
    first = config["metrics"][0]["key"]

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        fill = feature["properties"]["fill"][first]
        return {"color": palette.BORDER, "weight": 1.2, "fillColor": fill, "fillOpacity": 0.9}

    layer = folium.GeoJson(
        _shield(features.communes(result, lang=lang)),
        style_function=style,
        control=False,
        smooth_factor=0,
        pane="communes",
    )
    layer.add_to(page)
    return layer


def _still(collection: dict[str, Any], pane: str, colour: str, page: CityMap) -> folium.GeoJson:
    style = {"color": "#8a8a8a", "weight": 1, "dashArray": "4 3", "fillColor": colour, "fillOpacity": 0.5}
    layer = folium.GeoJson(
        _shield(collection), style_function=_constant(style), control=False, smooth_factor=0, pane=pane
    )
    layer.add_to(page)
    return layer


def _switched(overlay: _Overlay, page: CityMap) -> folium.GeoJson:
    """A layer with its mark in the layer control. The control takes markup: the label is escaped."""
    colour = overlay.style["color"]
    mark = f'<span class="gp-mark" style="border-color:{colour}"></span> {html.escape(overlay.label)}'
    layer = folium.GeoJson(
        _shield(overlay.collection),
        name=_shield(mark),
        style_function=_constant(overlay.style),
        show=overlay.show,
        smooth_factor=0,
        pane=overlay.pane,
    )
    layer.add_to(page)
    return layer


def _overlays(result: Assessment, lang: Lang) -> Iterator[_Overlay]:
    for kind in features.kinds(result):
        colour = palette.plan_colour(kind)
        style = {"color": colour, "weight": 1.5, "fillColor": colour, "fillOpacity": 0.18}
        collection = features.plans(result, kind, lang=lang)
        yield _Overlay(
            f"plans_{kind}", features.plan_label(kind, lang), collection, style, "plans", show=False
        )
    zone = {"color": palette.ZONE, "weight": 2, "fillColor": palette.ZONE, "fillOpacity": 0.3}
    yield _Overlay(
        "zones", word("industrial_zones", lang), features.zones(result, lang=lang), zone, "zones", show=True
    )
    gap = {"color": palette.GAP, "weight": 1, "fillColor": palette.GAP, "fillOpacity": 0.35}
    for kind in ("zoning", "detailed"):
        collection = features.places(result.gaps, kind, lang=lang)
        yield _Overlay(f"gap_{kind}", word(f"gap.{kind}", lang), collection, gap, "places", show=False)
    conflict = {"color": palette.CONFLICT, "weight": 1, "fillColor": palette.CONFLICT, "fillOpacity": 0.55}
    collection = features.places(result.conflicts, None, lang=lang)
    yield _Overlay("conflicts", word("conflicts", lang), collection, conflict, "places", show=False)
    outline = {
        "color": palette.CANDIDATE,
        "weight": 3,
        "dashArray": "6 4",
        "fill": False,
        "interactive": False,
    }
    yield _Overlay(
        "candidates",
        word("candidate_outline", lang),
        features.candidates(result, lang=lang),
        outline,
        "outlines",
        show=True,
    )
