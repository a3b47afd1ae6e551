"""The map of a city: a folium map that saves itself as one sealed file."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
from branca.element import Element, Figure, MacroElement
from folium.elements import ElementAddToElement
from folium.map import CustomPane
from jinja2 import Template

from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.show import features, palette
from geoplan.show.labels import word
from geoplan.show.page import page_config
from geoplan.show.seal import embed, seal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.errors import Lang


class CityMap(folium.Map):
    """A folium map whose file needs nothing else: no network, no folder of assets.

    It composes like any folium map (``layer.add_to(m)``). What is added must bring no script or style
    of its own from elsewhere: `save` raises `geoplan.show.seal.SealError` then. Images that it asks
    for while running, such as tiles and marker icons, are blocked by the page's policy.

    Attributes
    ----------
    data
        What the page shows as text, such as names and figures. No template ever sees it: branca
        takes the scripts it has rendered for Jinja templates and renders them once more, so a name
        such as ``{{ 7*7 }}`` would be computed. The data goes into the sealed page as a block of JSON.
    """

    default_js: list[tuple[str, str]] = [  # noqa: RUF012 - folium reads the class attribute
        ("leaflet", "asset:leaflet.js"),
        ("geoplan", "asset:geoplan.js"),
    ]
    default_css: list[tuple[str, str]] = [  # noqa: RUF012
        ("leaflet_css", "asset:leaflet.css"),
        ("geoplan_css", "asset:geoplan.css"),
    ]

    def __init__(self, *, data: dict[str, Any], lang: Lang = "vi") -> None:
        super().__init__(
            tiles=None, zoom_control=False, control_scale=False, prefer_canvas=False, zoom_snap=0.25
        )
        self.lang = lang
        self.data = data

    def to_html(self) -> str:
        """The whole page as text, sealed. The same map gives the same text every time."""
        root = self.get_root()
        assert isinstance(root, Figure)  # noqa: S101 - what a folium map always has
        for number, element in enumerate(_tree(self)):
            element._id = f"{number:04x}"  # noqa: SLF001 - branca draws it at random, two pages would differ
        parts = (root.header, root.html, root.script)
        before = [part._children.copy() for part in parts]  # noqa: SLF001 - rendering adds to them
        try:
            page = root.render()
        finally:
            for part, children in zip(parts, before, strict=True):
                part._children = children  # noqa: SLF001
        page = page.replace("<html>", f'<html lang="{self.lang}">', 1)
        return embed(seal(page), self.data, title=f"{self.data['title']} – {self.data['subtitle']}")

    def save(self, path: str | Path, **_: Any) -> None:  # type: ignore[override]
        """Write the page as one file; an existing one is replaced whole."""
        with beside(Path(path)) as draft:
            draft.write_text(self.to_html(), encoding="utf-8", newline="\n")

    def _repr_html_(self, **_: Any) -> str:
        """The page inside a frame, for notebooks: it works offline and cannot reach the notebook."""
        return (
            f'<iframe sandbox="allow-scripts" style="width:100%;height:600px;border:0" '
            f'srcdoc="{html.escape(self.to_html())}"></iframe>'
        )


class _Page(MacroElement):
    """Starts the page's own script when all layers are there. Names no text of the data."""

    _template = Template(
        "{% macro script(this, kwargs) %}"
        "geoplanPage({{ this._parent.get_name() }}, ["
        "{% for layer in this.layers %}{{ layer.get_name() }},{% endfor %}"
        "], {{ this.control.get_name() }});"
        "{% endmacro %}"
    )

    def __init__(self, layers: list[folium.GeoJson], control: folium.LayerControl) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "GeoplanPage"
        self.layers = layers
        self.control = control


@dataclass(frozen=True)
class _Drawn:
    """A layer of the map: its features, its look, and whether the reader can switch it."""

    key: str
    collection: dict[str, Any]
    style: dict[str, Any]
    pane: str
    label: str | None = None
    show: bool = True


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

    Raises
    ------
    UsageError
        When it is neither, or the language is not known.
    """
    if not isinstance(city, City | Assessment) or lang not in {"vi", "en"}:
        raise UsageError(
            vi="explore cần một City hoặc Assessment, và lang là “vi” hoặc “en”.",
            en="explore takes a City or an Assessment, and lang is “vi” or “en”.",
        )
    result = assess(city) if isinstance(city, City) else city
    config = page_config(result, lang=lang)
    drawn = [d for d in _layers(result, config["metrics"][0]["key"], lang) if d.collection["features"]]
    config["layers"] = [
        {
            "key": d.key,
            "label": d.label,
            "colour": d.style.get("color"),
            "texts": {f["id"]: f["properties"] for f in d.collection["features"]},
        }
        for d in drawn
    ]
    page = CityMap(data=config, lang=lang)
    for z, pane in enumerate(("neighbours", "communes", "plans", "zones", "places", "outlines", "names")):
        CustomPane(pane, z_index=401 + z).add_to(page)
    layers = [_add(d, number, page) for number, d in enumerate(drawn)]
    control = folium.LayerControl(collapsed=False)
    control.add_to(page)
    _Page(layers, control).add_to(page)
    return page


def _tree(element: Element) -> Iterator[Element]:
    """The elements that a person added, depth first; those that rendering adds have no id to show."""
    yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no public way
        if not isinstance(child, ElementAddToElement):
            yield from _tree(child)


def _add(drawn: _Drawn, number: int, page: CityMap) -> folium.GeoJson:
    """A folium layer of the bare shapes: identifiers and geometry, no text of the data."""
    bare = [{**f, "properties": {"id": f["id"]}} for f in drawn.collection["features"]]
    fills = {f["id"]: f["properties"].get("fill") for f in drawn.collection["features"]}
    first = drawn.style.get("metric")

    def style(feature: dict[str, Any]) -> dict[str, Any]:
        look = {key: value for key, value in drawn.style.items() if key != "metric"}
        fill = fills[feature["id"]]
        return {**look, "fillColor": fill[first]} if fill else look

    layer = folium.GeoJson(
        {"type": "FeatureCollection", "features": bare},
        name=f"layer-{number}",
        style_function=style,
        control=drawn.label is not None,
        show=drawn.show,
        smooth_factor=0,
        pane=drawn.pane,
    )
    layer.add_to(page)
    return layer


def _layers(result: Assessment, metric: str, lang: Lang) -> Iterator[_Drawn]:
    """All layers from the bottom to the top; those with a label can be switched."""
    ground = {"color": "#8a8a8a", "weight": 1, "dashArray": "4 3", "fillColor": palette.NEIGHBOUR}
    yield _Drawn(
        "neighbours", features.neighbours(result, lang=lang), {**ground, "fillOpacity": 0.5}, "neighbours"
    )
    border = {"color": palette.BORDER, "weight": 1.2, "fillOpacity": 0.9, "metric": metric}
    yield _Drawn("communes", features.communes(result, lang=lang), border, "communes")
    for kind in features.kinds(result):
        look = {**_look(palette.plan_colour(kind), 0.18), "weight": 1.5}
        collection = features.plans(result, kind, lang=lang)
        yield _Drawn("plans", collection, look, "plans", features.plan_label(kind, lang), show=False)
    zones = features.zones(result, lang=lang)
    yield _Drawn(
        "zones", zones, {**_look(palette.ZONE, 0.3), "weight": 2}, "zones", word("industrial_zones", lang)
    )
    for kind, colour in palette.GAP.items():
        collection = features.places(result.gaps, kind, lang=lang)
        yield _Drawn("gaps", collection, _look(colour, 0.4), "places", word(f"gap.{kind}", lang), show=False)
    collection = features.places(result.conflicts, None, lang=lang)
    look = _look(palette.CONFLICT, 0.55)
    yield _Drawn("conflicts", collection, look, "places", word("conflicts", lang), show=False)
    outline = {
        "color": palette.CANDIDATE,
        "weight": 3,
        "dashArray": "6 4",
        "fill": False,
        "interactive": False,
    }
    collection = features.candidates(result, lang=lang)
    yield _Drawn("candidates", collection, outline, "outlines", word("candidate_outline", lang))


def _look(colour: str, opacity: float) -> dict[str, Any]:
    return {"color": colour, "weight": 1, "fillColor": colour, "fillOpacity": opacity}
