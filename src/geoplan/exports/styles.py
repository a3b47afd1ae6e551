"""The style of a layer as programs take it: QML for QGIS, SLD for GeoServer and others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import shapely

from geoplan.exports.looks import look_of
from geoplan.exports.qml import qml
from geoplan.exports.sld import sld

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.errors import Lang
    from geoplan.exports.layers import ExportLayer

_POLYGONS: Final = 2


@dataclass(frozen=True)
class Style:
    """How one layer is drawn: a QGIS style (QML) and an OGC style (SLD), as XML."""

    qml: str
    sld: str


def style_of(layer: ExportLayer, *, names: Mapping[str, str], lang: Lang) -> Style | None:
    """The style of a layer whose fields are called so in the file.

    Parameters
    ----------
    names
        What the fields are called, by their full names; those not named are called as they are.

    Returns
    -------
    Style or None
        None when the layer has no look, or holds anything but areas.
    """
    look = look_of(layer)
    if look is None or not only_areas(layer):
        return None
    return Style(qml(look, names=names, lang=lang), sld(look, title=layer.name, names=names, lang=lang))


def only_areas(layer: ExportLayer) -> bool:
    """Whether a layer holds areas and nothing else."""
    if not isinstance(layer.frame, gpd.GeoDataFrame):
        return False
    shapes = layer.frame.geometry.to_numpy()
    dimensions = shapely.get_dimensions(shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))])
    return bool((dimensions == _POLYGONS).all())
