"""Writes GeoJSON that is small and easy to compare: one feature a line, six decimals."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import MultiPolygon, Polygon, mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from plane import rounded

if TYPE_CHECKING:
    from pathlib import Path

Feature = tuple[Mapping[str, Any], BaseGeometry]


def _oriented(geometry: BaseGeometry) -> BaseGeometry:
    """Return a polygon or multipolygon with outer rings counter-clockwise, as RFC 7946 asks."""
    if isinstance(geometry, Polygon):
        return orient(geometry)
    if isinstance(geometry, MultiPolygon):
        return MultiPolygon([orient(p) for p in geometry.geoms])
    msg = f"only polygons are written, not {geometry.geom_type}"
    raise TypeError(msg)


def feature_line(properties: Mapping[str, Any], geometry: BaseGeometry) -> str:
    """Return one feature as one line of JSON."""
    shape = _oriented(rounded(geometry))
    if not shapely.is_valid(shape):
        reason = shapely.is_valid_reason(shape)
        msg = f"not valid after rounding: {dict(properties)}: {reason}"
        raise ValueError(msg)
    feature = {"type": "Feature", "properties": dict(properties), "geometry": mapping(shape)}
    return json.dumps(feature, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_layer(path: Path, features: Sequence[Feature]) -> None:
    """Write a FeatureCollection beside the old file, then put it in its place."""
    lines = ",\n".join(feature_line(p, g) for p, g in features)
    body = f"\n{lines}\n" if features else ""
    text = f'{{"type":"FeatureCollection","features":[{body}]}}\n'
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".part")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(path)
