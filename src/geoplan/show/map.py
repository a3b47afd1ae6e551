"""The map of a city: a folium map that saves itself as one sealed file."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import folium
import pandas as pd
from branca.element import Element, Figure, MacroElement
from folium.elements import ElementAddToElement
from folium.map import Layer
from jinja2 import Template

from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.scenario.compare import Comparison
from geoplan.scenario.compare import beside as compared
from geoplan.show import choose, seal, search
from geoplan.show.added import add_to_map
from geoplan.show.beside import BeforeAfter
from geoplan.show.page import page_data
from geoplan.show.pictures import page_pictures
from geoplan.timeline import Timeline, successors, timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.errors import Lang

SCRIPTS = ("base", "draw", "panel", "legend", "search", "find", "time", "whatif", "print", "page")
"""The page's own scripts, in the order in which they run."""
_VIEWPORT = re.compile(r"width=device-width,\s*initial-scale=1\.0, maximum-scale=1\.0, user-scalable=no")
"""What folium asks of phones: a page that cannot be enlarged."""
MOST_UNITS = 500
"""Units of a city up to which its timeline is worked out for the page when nobody gives one."""


class CityMap(folium.Map):
    """A folium map whose file needs nothing else: no network, no folder of assets.

    It composes like any folium map (``layer.add_to(m)``). What is added must bring no script or style
    of its own from elsewhere: `save` raises `geoplan.show.seal.SealError` then. Images that it asks
    for while running, such as tiles and marker icons, are blocked by the page's policy, except those
    of the hosts in `images`.

    Attributes
    ----------
    data, details
        What the page shows as text, such as names and figures: at once, and in its panel. No template
        ever sees them: branca takes the scripts it has rendered for Jinja templates and renders them
        once more, so a name such as ``{{ 7*7 }}`` would be computed. They go into the sealed page as
        blocks of JSON.
    images
        Origins of tiles that the page may ask for; none as a rule.
    """

    default_js: list[tuple[str, str]] = [  # noqa: RUF012 - folium reads the class attribute
        ("leaflet", "asset:leaflet.js"),
        *((name, f"asset:{name}.js") for name in SCRIPTS),
    ]
    default_css: list[tuple[str, str]] = [  # noqa: RUF012
        ("leaflet_css", "asset:leaflet.css"),
        ("geoplan_css", "asset:geoplan.css"),
        ("print_css", "asset:print.css"),
    ]

    def __init__(
        self,
        *,
        data: dict[str, Any],
        details: dict[str, Any],
        lang: Lang = "vi",
        images: Sequence[str] = (),
    ) -> None:
        super().__init__(
            tiles=None, zoom_control=False, control_scale=False, prefer_canvas=False, zoom_snap=0.25
        )
        self.lang = lang
        self.data = data
        self.details = details
        self.images = tuple(images)

    @property
    def title(self) -> str:
        """The page's title in its first language."""
        texts = self.data["texts"][self.lang]
        return f"{texts[self.data['title']]} – {texts[self.data['subtitle']]}"

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
        page = _VIEWPORT.sub("width=device-width, initial-scale=1", page, count=1)
        data = {**self.data, "foreign": self._foreign()}
        blocks = {"geoplan-data": data, "geoplan-details": self.details}
        return seal.embed(seal.seal(page, images=self.images), blocks, title=self.title)

    def _foreign(self) -> list[dict[str, str]]:
        """The layers that others have added: the variable of each in the page, and its name."""
        layers = [child for child in self._children.values() if isinstance(child, Layer) and child.control]
        return [{"variable": layer.get_name(), "name": str(layer.layer_name)} for layer in layers]

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
    """Starts the page's own script. Names no text of the data."""

    _template = Template(
        "{% macro script(this, kwargs) %}geoplan.start({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "GeoplanPage"


def explore(
    city: City | Assessment,
    *,
    lang: Lang = "vi",
    column: str | None = None,
    scheme: str | None = None,
    k: int | None = None,
    cmap: str | Sequence[str] | None = None,
    tooltip: bool | Sequence[str] = True,
    m: folium.Map | None = None,
    tiles: str | None = None,
    raster: str | Path | None = None,
    history: Timeline | bool = True,
    against: City | Assessment | Comparison | None = None,
) -> folium.Map:
    """A map of a city: coverage, density, readiness, zones, plans, gaps; figures and verdicts on a click.

    Parameters
    ----------
    city
        A city (assessed on its date) or an assessment.
    lang
        ``vi`` or ``en``: the page's first language; the reader can switch.
    column
        What the units are coloured by at first: a metric such as ``density`` or
        ``coverage.zoning.natural``, ``readiness``, or a column of ``city.communes``.
    scheme, k
        Class breaks by mapclassify, such as ``quantiles`` or ``fisherjenks``, and how many classes;
        the metric's fixed breaks, with the law's thresholds among them, when None.
    cmap
        Colours of the classes: a list of ``#rrggbb`` from low to high, or a palette's name
        (`geoplan.show.choose.COLOURS`).
    tooltip
        Whether pointing at a unit shows its figure; or the columns of ``city.communes`` to show.
    m
        A map of folium's to add the coloured units to; it is returned as it is otherwise.
    tiles
        Address of tiles to lie under the map (``https://host/{z}/{x}/{y}.png``). The page then needs
        the network, says so, and may ask that host for images and nothing else.
    raster
        A picture to lie under the map, a GeoTIFF or one with a world file; it goes into the page.
    history
        What the time slider shows: a `geoplan.timeline.Timeline` of the city; True: its own, worked
        out now, for a city of up to `MOST_UNITS` units; False: none.
    against
        The city before a what-if scenario, or a comparison that ends in this assessment: the page then
        shows before and after, and what moves, where the time slider is otherwise.

    Returns
    -------
    CityMap
        Shows itself in a notebook, and saves as one file with ``save(path)``. Plans that are not in
        force on the date are not drawn. With `m`: that map.

    Raises
    ------
    UsageError
        When it is neither a city nor an assessment, or an option is not known; when `against` is another
        city.
    GeoplanError
        When the picture cannot be read.
    """
    if not isinstance(city, City | Assessment) or lang not in {"vi", "en"}:
        raise UsageError(
            vi="explore cần một City hoặc Assessment, và lang là “vi” hoặc “en”.",
            en="explore takes a City or an Assessment, and lang is “vi” or “en”.",
        )
    result = assess(city) if isinstance(city, City) else city
    shown = choose.chosen(result, column=column, scheme=scheme, k=k, cmap=cmap)
    tips = choose.tips(result, tooltip)
    if m is not None:
        if tiles is not None or raster is not None:
            raise UsageError(
                vi="explore: khi đã có bản đồ m thì không dùng tiles hay raster; hãy thêm nền vào m.",
                en="explore: with a map m there are no tiles and no raster; add them to m.",
            )
        return add_to_map(m, result, shown[0], tips=tips, lang=lang)
    comparison = compared(against, result)
    pictures, origins = page_pictures(result, tiles=tiles, raster=raster)
    history = history if comparison is None else False
    if history is True:
        history = len(result.city.communes) <= MOST_UNITS and timeline(result.city)
    data, details = page_data(
        result,
        lang=lang,
        shown=shown,
        pictures=pictures,
        tips=tips,
        history=history or None,
        found=search.entries(result, successors=_successors(result)),
        beside=None if comparison is None else BeforeAfter(comparison),
    )
    page = CityMap(data=data, details=details, lang=lang, images=origins)
    _Page().add_to(page)
    return page


def _successors(result: Assessment) -> pd.DataFrame:
    """Former and later names; none for a layer that is no one city's any more."""
    if len(result.city.communes) > MOST_UNITS:
        return pd.DataFrame()
    return successors(result.city)


def _tree(element: Element) -> Iterator[Element]:
    """The elements that a person added, depth first; those that rendering adds have no id to show."""
    yield element
    for child in element._children.values():  # noqa: SLF001 - branca has no public way
        if not isinstance(child, ElementAddToElement):
            yield from _tree(child)
