"""Findings as a GeoPackage that opens in QGIS with its colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from xml.sax.saxutils import escape

import geopandas as gpd
import pandas as pd
import shapely

from geoplan import crs
from geoplan.exports.atomic import beside
from geoplan.exports.gpkg_file import add_styles
from geoplan.exports.styles import Style
from geoplan.gpkg import write_gpkg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.errors import Lang
    from geoplan.intake.findings import Finding

_COLOURS: Final = {"error": "215,25,28", "warning": "253,174,97", "note": "69,117,180"}
_LAYERS: Final = {"points": 0, "lines": 1, "polygons": 2}
_SYMBOLS: Final = {
    "points": ("marker", "SimpleMarker", "color"),
    "lines": ("line", "SimpleLine", "line_color"),
    "polygons": ("fill", "SimpleFill", "color"),
}


def write_findings(findings: Sequence[Finding], path: Path, *, lang: Lang = "vi") -> None:
    """Write findings with a place as one layer a geometry type, the others as a table.

    Layers ``points``, ``lines``, ``polygons`` (those that are not empty) in EPSG:4326, each with its
    style in ``layer_styles``, which QGIS takes without asking; table ``whole_layer`` for findings
    about the layer as a whole. Columns: ``code, severity, row, feature, sentence, mend``.
    """
    placed = [f for f in findings if f.place is not None and not shapely.is_empty(f.place)]
    others = [f for f in findings if f.place is None or shapely.is_empty(f.place)]
    with beside(path) as draft:
        styles = {}
        for name, dimension in _LAYERS.items():
            mine = [f for f in placed if shapely.get_dimensions(f.place) == dimension]
            if mine:
                frame = gpd.GeoDataFrame(_table(mine, lang), geometry=[f.place for f in mine], crs=crs.WGS84)
                write_gpkg(frame, draft, layer=name, append=draft.exists())
                styles[name] = Style(qml=_qml(name), sld="")
        write_gpkg(_table(others, lang), draft, layer="whole_layer", append=draft.exists())
        add_styles(draft, styles, name="severity")


def _table(findings: Sequence[Finding], lang: Lang) -> pd.DataFrame:
    columns: dict[str, list[Any]] = {
        "code": [f.kind.code for f in findings],
        "severity": [f.severity for f in findings],
        "row": [f.row for f in findings],
        "feature": [f.feature for f in findings],
        "sentence": [f.sentence(lang) for f in findings],
        "mend": [f.mend(lang) for f in findings],
    }
    return pd.DataFrame(columns).astype({"row": "Int64"})


def _qml(layer: str) -> str:
    """A categorised style by severity."""
    kind, symbol, colour_key = _SYMBOLS[layer]
    categories, symbols = [], []
    for i, (severity, colour) in enumerate(_COLOURS.items()):
        categories.append(
            f'<category render="true" symbol="{i}" value="{severity}" label="{escape(severity)}"/>'
        )
        options = f'<Option type="QString" name="{colour_key}" value="{colour},200"/>'
        symbols.append(
            f'<symbol type="{kind}" name="{i}" alpha="1"><layer class="{symbol}" enabled="1" pass="0">'
            f'<Option type="Map">{options}</Option><prop k="{colour_key}" v="{colour},200"/></layer></symbol>'
        )
    return (
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
        '<qgis version="3.22" styleCategories="Symbology">'
        '<renderer-v2 type="categorizedSymbol" attr="severity">'
        f"<categories>{''.join(categories)}</categories><symbols>{''.join(symbols)}</symbols></renderer-v2></qgis>"
    )
