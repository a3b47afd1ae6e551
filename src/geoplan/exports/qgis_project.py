"""A QGIS project beside a GeoPackage: layers grouped, styled and labelled, with a page ready to print.

Written by hand, so that no QGIS is needed: ``<stem>.qgz``, a zip with the project in XML. It names the
GeoPackage by a relative path, has the system of the export, and is what QGIS 3.22 and newer open without
a question. Text of data goes in as text: QGIS would evaluate ``[% … %]`` in names and labels.
"""

from __future__ import annotations

import textwrap
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np

from geoplan.exports.looks import Look, look_of
from geoplan.exports.markup import document, element, inert, legal, pack
from geoplan.exports.qgis_layout import WRAP, Page, page_layout
from geoplan.exports.qml import DOCTYPE, VERSION, labeling, labels_on, renderer
from geoplan.exports.styles import only_areas
from geoplan.exports.vectors import geometry_type
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from geoplan.exports.writing import Job, Part

Box = tuple[float, float, float, float]

_GROUPS: Final = (
    (words("Kết quả", "Results"), ("candidates", "conflicts", "gaps")),
    (words("Dữ liệu đầu vào", "Inputs"), ("industrial_zones", "plans", "urban_land")),
    (words("Đơn vị hành chính và nền", "Units and bearings"), ("communes", "neighbours")),
)
"""Groups from the top of the map to its bottom; other layers follow, tables come last."""
_OTHERS: Final = words("Lớp khác", "Other layers")
_TABLES: Final = words("Bảng số liệu", "Tables")
_PROPERTIES: Final = {
    "Paths": {"Absolute": ("bool", "false")},
    "SpatialRefSys": {"ProjectionsEnabled": ("int", "1")},
    "Measurement": {"DistanceUnits": ("QString", "meters"), "AreaUnits": ("QString", "km2")},
    "Measure": {"Ellipsoid": ("QString", "EPSG:7030")},
}
_MARGIN: Final = 0.05
_LINE: Final = 40
"""Characters of a line of the page's legend."""


@dataclass(frozen=True)
class _Sheet:
    """One layer of the project."""

    part: Part
    look: Look | None
    box: Box | None

    @property
    def id(self) -> str:
        return f"geoplan_{self.part.layer.name}"

    @property
    def source(self) -> str:
        return f"./{self.part.path.name}|layername={self.part.within}"

    def title(self, job: Job) -> str:
        known = self.part.layer.title if self.look is None else self.look.title
        return inert(known.text(job.lang))

    @property
    def shown(self) -> bool:
        return self.look is not None and self.look.shown


def write_project(job: Job, parts: Sequence[Part]) -> Path:
    """Write the project of a GeoPackage beside it; its path.

    Parameters
    ----------
    parts
        The layers and tables of the GeoPackage.
    """
    sheets = [_sheet(part) for part in parts]
    by_name = {sheet.part.layer.name: sheet for sheet in sheets}
    whole = by_name["communes"].box if "communes" in by_name else None
    box = _wider(whole or _together(sheet.box for sheet in sheets))
    root = ET.Element("qgis", {"version": VERSION, "projectname": inert(_title(job))})
    element(root, "title", inert(_title(job)))
    _srs(element(root, "projectCrs"), job)
    groups = _groups(sheets, job)
    _tree(root, groups, job)
    _canvas(root, box, job)
    layers = element(root, "projectlayers")
    for sheet in sheets:
        _layer(layers, sheet, job)
    order = element(root, "layerorder")
    for _, members in groups:
        for sheet in members:
            element(order, "layer", id=sheet.id)
    _properties(root)
    units = by_name["communes"].title(job) if "communes" in by_name else ""
    page = Page(
        f"{_title(job)} – {units}" if units else _title(job), box, tuple(part.layer for part in parts)
    )
    element(root, "Layouts").append(page_layout(page, job))
    target = job.folder / f"{job.stem}.qgz"
    pack(target, {f"{job.stem}.qgs": document(root, doctype=DOCTYPE)})
    return target


def _title(job: Job) -> str:
    return job.result.city.title(job.lang)


def _sheet(part: Part) -> _Sheet:
    frame = part.frame
    box = None
    if isinstance(frame, gpd.GeoDataFrame):
        west, south, east, north = (float(v) for v in frame.total_bounds)
        box = (west, south, east, north) if np.isfinite([west, south, east, north]).all() else None
    return _Sheet(part, look_of(part.layer) if only_areas(part.layer) else None, box)


def _together(boxes: Iterable[Box | None]) -> Box:
    given = [box for box in boxes if box is not None]
    if not given:
        return (0.0, 0.0, 1.0, 1.0)
    west, south = (min(box[i] for box in given) for i in (0, 1))
    east, north = (max(box[i] for box in given) for i in (2, 3))
    return (west, south, east, north)


def _wider(box: Box) -> Box:
    more = max(box[2] - box[0], box[3] - box[1], 1e-6) * _MARGIN
    return (box[0] - more, box[1] - more, box[2] + more, box[3] + more)


def _groups(sheets: Sequence[_Sheet], job: Job) -> list[tuple[str, list[_Sheet]]]:
    """The layers in their groups, from the top of the map down; empty groups are left out."""
    left = {sheet.part.layer.name: sheet for sheet in sheets}
    out = []
    for title, names in _GROUPS:
        out.append((title.text(job.lang), [left.pop(name) for name in names if name in left]))
    spatial = [s for s in left.values() if s.part.layer.spatial]
    out.append((_OTHERS.text(job.lang), spatial))
    out.append((_TABLES.text(job.lang), [s for s in left.values() if not s.part.layer.spatial]))
    return [(title, members) for title, members in out if members]


def _tree(root: ET.Element, groups: Sequence[tuple[str, list[_Sheet]]], job: Job) -> None:
    tree = element(root, "layer-tree-group")
    for title, members in groups:
        group = element(tree, "layer-tree-group", name=title, checked="Qt::Checked", expanded=1)
        for sheet in members:
            entry = element(
                group,
                "layer-tree-layer",
                id=sheet.id,
                name=sheet.title(job),
                source=sheet.source,
                providerKey="ogr",
                checked="Qt::Checked" if sheet.shown or sheet.look is None else "Qt::Unchecked",
                expanded=int(sheet.shown),
            )
            listed = element(element(entry, "customproperties"), "Option", type="Map")
            element(
                listed, "Option", name="legend/title-label", type="QString", value=_wrapped(sheet.title(job))
            )


def _wrapped(title: str) -> str:
    """A title in lines, as the legend of the page divides it."""
    return WRAP.join(textwrap.wrap(title.replace(WRAP, "/"), _LINE))


def _srs(parent: ET.Element, job: Job) -> None:
    """The system by its code, and in full for those that have none."""
    system = element(parent, "spatialrefsys")
    element(system, "wkt", job.crs.to_wkt())
    code = job.crs.to_epsg()
    element(system, "authid", "" if code is None else f"EPSG:{code}")
    element(system, "description", legal(job.crs.name))
    element(system, "geographicflag", str(job.crs.is_geographic).lower())


def _extent(parent: ET.Element, box: Box) -> None:
    extent = element(parent, "extent")
    for name, value in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True):
        element(extent, name, repr(value))


def _canvas(root: ET.Element, box: Box, job: Job) -> None:
    canvas = element(root, "mapcanvas", name="theMapCanvas", annotationsVisible=1)
    element(canvas, "units", "degrees" if job.crs.is_geographic else "meters")
    _extent(canvas, box)
    element(canvas, "rotation", "0")
    _srs(element(canvas, "destinationsrs"), job)


def _layer(layers: ET.Element, sheet: _Sheet, job: Job) -> None:
    part = sheet.part
    spatial = isinstance(part.frame, gpd.GeoDataFrame)
    kind = geometry_type(part.frame.geometry.to_numpy()) if isinstance(part.frame, gpd.GeoDataFrame) else ""
    plain = kind.removeprefix("Multi").replace("LineString", "Line")
    layer = element(
        layers,
        "maplayer",
        type="vector",
        geometry=plain if spatial else "No geometry",
        wkbType=kind if spatial else "NoGeometry",
        labelsEnabled=int(sheet.look is not None and labels_on(sheet.look)),
    )
    if sheet.box is not None:
        _extent(layer, sheet.box)
    element(layer, "id", sheet.id)
    element(layer, "datasource", sheet.source)
    element(layer, "layername", sheet.title(job))
    if spatial:
        _srs(element(layer, "srs"), job)
    element(layer, "provider", "ogr", encoding="UTF-8")
    if sheet.look is not None:
        layer.append(renderer(sheet.look, names=part.names, lang=job.lang))
        labels = labeling(sheet.look, names=part.names)
        if labels is not None:
            layer.append(labels)
        element(layer, "layerOpacity", "1")


def _properties(root: ET.Element) -> None:
    properties = element(root, "properties")
    for group, entries in _PROPERTIES.items():
        under = element(properties, group)
        for name, (kind, value) in entries.items():
            element(under, name, value, type=kind)
