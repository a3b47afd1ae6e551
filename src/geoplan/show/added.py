"""Units added to a folium map that is not geoplan's own: no text of theirs becomes code or markup there."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from branca.element import MacroElement
from jinja2 import Template

from geoplan.show import palette
from geoplan.show.panels import unit_title
from geoplan.show.shapes import for_display

if TYPE_CHECKING:
    import folium

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.show.choropleth import Choropleth

_TEXT: Final = re.compile(r'"(?:[^"\\]|\\.)*"')
"""A text in JSON. Braces within it are escaped: branca renders every script twice as a template."""
_SIGNS: Final = {
    "&": "\\u0026",
    "<": "\\u003c",
    ">": "\\u003e",
    "{": "\\u007b",
    "}": "\\u007d",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}
_NO_DATA: Final = "#ffffff"


class _Units(MacroElement):
    """Draws the units; tips are text nodes."""

    _template = Template(
        """{% macro script(this, kwargs) %}
        (function () {
            var data = {{ this.payload }};
            L.geoJSON(data.shapes, {
                style: function (f) { return data.looks[f.properties.at]; },
                onEachFeature: function (f, layer) {
                    var tip = data.tips[f.properties.at];
                    if (!tip) { return; }
                    var box = document.createElement("div");
                    tip.forEach(function (text) {
                        var line = document.createElement("div");
                        line.textContent = text;
                        box.appendChild(line);
                    });
                    layer.bindTooltip(box, { sticky: true });
                },
            }).addTo({{ this._parent.get_name() }});
        })();
        {% endmacro %}"""
    )

    def __init__(self, payload: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "GeoplanUnits"
        self.payload = payload


def add_to_map(
    m: folium.Map, result: Assessment, shown: Choropleth, *, tips: list[Words] | bool, lang: Lang
) -> folium.Map:
    """Add the units of a city, coloured, to a map of folium's, and return that map."""
    shapes, places = for_display(np.asarray(result.city.communes.geometry.to_numpy(), dtype=object))
    rounded = shapely.transform(shapes, lambda xy: np.round(xy, places))
    features = [
        {"type": "Feature", "properties": {"at": i}, "geometry": shapely.geometry.mapping(shape)}
        for i, shape in enumerate(rounded)
        if shape is not None and not shape.is_empty
    ]
    payload = {
        "shapes": {"type": "FeatureCollection", "features": features},
        "looks": [_look(shown, at) for at in shown.classes],
        "tips": _tips(result, shown, tips=tips, lang=lang),
    }
    _Units(_script_json(payload)).add_to(m)
    west, south, east, north = (float(v) for v in shapely.total_bounds(rounded))
    m.fit_bounds([[south, west], [north, east]])
    return m


def _look(shown: Choropleth, at: int | None) -> dict[str, Any]:
    known = at is not None
    colour = shown.bands[at].colour if at is not None else _NO_DATA
    return {
        "color": palette.BORDER if known else "#777777",
        "weight": 1.2,
        "dashArray": None if known else "3 3",
        "fillColor": colour,
        "fillOpacity": 0.85 if known else 0.4,
    }


def _tips(
    result: Assessment, shown: Choropleth, *, tips: list[Words] | bool, lang: Lang
) -> list[list[str] | None]:
    rows = result.city.communes.to_dict("records")
    lines = shown.briefs if isinstance(tips, bool) else tips
    if tips is False:
        return [None] * len(rows)
    return [[unit_title(row).text(lang), line.text(lang)] for row, line in zip(rows, lines, strict=True)]


def _script_json(value: Any) -> str:
    """JSON for inside a script that is also a Jinja template: no text ends the one or opens the other."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return _TEXT.sub(lambda found: "".join(_SIGNS.get(sign, sign) for sign in found[0]), text)
