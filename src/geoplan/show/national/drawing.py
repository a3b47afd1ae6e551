"""Outlines as SVG: on one canvas for all maps of a page, with patterns that are told apart in grey."""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH, _TALLEST = 480.0, 720.0
_MARGIN: Final = 12.0
_SMALL: Final = 9.0
"""A city smaller than this on the canvas, both ways, is shown by a dot."""
_SIGN_ROOM: Final = 14.0
_EDGE: Final = "#4a4a4a"
_DEFS: Final = (
    '<pattern id="none" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#fff"/><path d="M0 0V6" stroke="#8a8a8a" stroke-width="2"/></pattern>'
    '<pattern id="stripes" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">'
    '<path d="M0 0V5" stroke="#1b1b1b" stroke-width="1.2"/></pattern>'
    '<pattern id="dots" width="6" height="6" patternUnits="userSpaceOnUse">'
    '<circle cx="3" cy="3" r="1" fill="#1b1b1b"/></pattern>'
)


@dataclass(frozen=True)
class Canvas:
    """Where a place lies: x = (lon − west) · across, y = (north − lat) · down, each plus the margin."""

    west: float
    north: float
    across: float
    down: float
    width: float
    height: float

    def points(self, ring: Any) -> Any:
        """Longitude and latitude as places on the paper."""
        lonlat = shapely.get_coordinates(ring)
        x = (lonlat[:, 0] - self.west) * self.across + _MARGIN
        y = (self.north - lonlat[:, 1]) * self.down + _MARGIN
        return np.column_stack((x, y))


@dataclass(frozen=True)
class Area:
    """One city on a map; without a colour it is hatched, for what is not known."""

    shape: Any
    colour: str | None
    pattern: str | None
    sign: str
    tip: str
    href: str


def canvas_for(shapes: Sequence[Any]) -> Canvas:
    """The canvas that all shapes (EPSG:4326) fit on; degrees of longitude shortened as at its middle."""
    west, south, east, north = (
        shapely.total_bounds(np.array(shapes, dtype=object)) if shapes else (0, 0, 1, 1)
    )
    shorter = math.cos(math.radians((south + north) / 2))
    wide, tall = max((east - west) * shorter, 1e-6), max(north - south, 1e-6)
    scale = min((_WIDTH - 2 * _MARGIN) / wide, (_TALLEST - 2 * _MARGIN) / tall)
    height = max(tall * scale + 2 * _MARGIN, 2 * _MARGIN + _SMALL)
    return Canvas(float(west), float(north), shorter * scale, scale, _WIDTH, float(height))


def svg(areas: Sequence[Area], canvas: Canvas, *, title: str) -> str:
    """A map: the larger cities first, so that none hides a smaller one."""
    ordered = sorted(areas, key=lambda area: -float(shapely.area(area.shape)))
    drawn = "".join(_drawn(area, canvas) for area in ordered)
    box = f"0 0 {canvas.width:.0f} {canvas.height:.0f}"
    return (
        f'<svg class="map" viewBox="{box}" role="group" aria-label="{escape(title)}"><defs>{_DEFS}</defs>'
        f"{drawn}</svg>"
    )


def swatch(colour: str | None, pattern: str | None) -> str:
    """The sample of a legend."""
    box = 'width="24" height="16"'
    over = "" if pattern is None else f'<rect {box} fill="url(#{pattern})"/>'
    fill = colour or "url(#none)"
    shown = f'<rect {box} fill="{fill}" stroke="{_EDGE}"/>{over}'
    return f'<svg viewBox="0 0 24 16" aria-hidden="true">{shown}</svg>'


def _drawn(area: Area, canvas: Canvas) -> str:
    points = canvas.points(area.shape)
    low, high = points.min(axis=0), points.max(axis=0)
    across, down = high - low
    if max(across, down) < _SMALL:
        x, y = (low + high) / 2
        outline = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{_SMALL / 2}"'
    else:
        outline = f'<path fill-rule="evenodd" d="{_path(area.shape, canvas)}"'
    edge = f' stroke="{_EDGE}" stroke-width=".7"'
    body = f'{outline} fill="{area.colour or "url(#none)"}"{edge}/>'
    if area.pattern is not None:
        body += f'{outline} fill="url(#{area.pattern})"/>'
    if area.sign and min(across, down) > _SIGN_ROOM:
        x, y = canvas.points(shapely.point_on_surface(area.shape))[0]
        body += (
            f'<text x="{x:.1f}" y="{y:.1f}" font-size="13" font-weight="700" text-anchor="middle" '
            'dominant-baseline="central" stroke="#fff" stroke-width="3" paint-order="stroke">'
            f"{area.sign}</text>"
        )
    tip = escape(area.tip)
    return f'<a href="{escape(area.href)}" aria-label="{tip}"><title>{tip}</title>{body}</a>'


def _path(shape: Any, canvas: Canvas) -> str:
    rings = []
    for part in shapely.get_parts(shape):
        if part.geom_type != "Polygon":
            continue
        for ring in (part.exterior, *part.interiors):
            points = canvas.points(ring)[:-1]
            rings.append("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + "Z")
    return "".join(rings)
