"""The one palette: what colour a number or a kind has, on the map and on paper.

Sequential colours run from light to dark in lightness as well as hue, so that they are told apart
in grey and by colour-blind readers. Breaks are fixed, so that two cities, or two dates, compare.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

NO_DATA: Final = "url(#geoplan-no-data)"
"""Fill of an area whose figure is unknown: the hatching that the page defines."""


@dataclass(frozen=True)
class Scale:
    """Class breaks and their colours: a value takes the colour of the last break not above it."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    digits: int = 0

    def colour(self, value: float | None) -> str:
        """The fill for a value; hatching when it is unknown."""
        if value is None or math.isnan(value):
            return NO_DATA
        at = sum(value >= b for b in self.breaks) - 1
        return self.colours[max(at, 0)]


COVERAGE: Final = Scale(
    breaks=(0.0, 0.05, 20.0, 40.0, 60.0, 80.0, 99.95),
    colours=("#f2efe6", "#d9e7c3", "#a9d3b0", "#68b8ae", "#3a92ab", "#2a6293", "#22306b"),
)
"""Percent covered; the first class is "none", the last "whole" (to the rounding of one decimal)."""

DENSITY: Final = Scale(
    breaks=(0.0, 500.0, 1000.0, 1500.0, 2500.0, 5000.0, 10000.0),
    colours=("#fdf0dc", "#fbd3a4", "#f6ac6f", "#e98249", "#c9562f", "#983621", "#5f1d16"),
)
"""People per km²."""

ZONE_SHARE: Final = Scale(
    breaks=(0.0, 0.05, 5.0, 10.0, 20.0, 40.0),
    colours=("#f2eff5", "#ddd3e8", "#bda7d3", "#9a7abb", "#744d9f", "#4a2675"),
)
"""Percent of a commune that is industrial land."""

PLAN: Final = {"general": "#6b6b6b", "zoning": "#1f6fb4", "detailed": "#d1560f"}
PLAN_OTHER: Final = "#7a5a9a"
ZONE: Final = "#6a3d9a"
GAP: Final = {"zoning": "#b3261e", "detailed": "#e08a1e"}
CONFLICT: Final = "#c2185b"
CANDIDATE: Final = "#111111"
BORDER: Final = "#ffffff"
NEIGHBOUR: Final = "#f4f4f4"


def plan_colour(kind: str) -> str:
    """The colour of a kind of plan."""
    return PLAN.get(kind, PLAN_OTHER)
