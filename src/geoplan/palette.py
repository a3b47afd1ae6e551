"""The one palette: what colour a number or a kind has, on the map, on paper and in files.

Sequential colours run from light to dark in lightness as well as hue, so that they are told apart
in grey and by colour-blind readers. Breaks are fixed, so that two cities, or two dates, compare.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

NO_DATA: Final = "url(#geoplan-no-data)"
"""Fill of an area whose figure is unknown: the hatching that the page defines."""


@dataclass(frozen=True)
class Scale:
    """Class breaks and their colours: a value takes the colour of the last break not above it."""

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    digits: int = 0

    def place(self, value: float | None) -> int | None:
        """Which class a value is in; None when it is unknown."""
        if value is None or math.isnan(value):
            return None
        return max(sum(float(value) >= b for b in self.breaks) - 1, 0)

    def colour(self, value: float | None) -> str:
        """The fill for a value; hatching when it is unknown."""
        at = self.place(value)
        return NO_DATA if at is None else self.colours[at]

    def split(self, values: Iterable[float]) -> Scale:
        """The scale with further breaks, such as the law's thresholds; a new class is half-way in colour.

        Values that are a break already, or lie at or below the lowest one, change nothing.
        """
        scale = self
        for value in sorted(set(values)):
            if value in scale.breaks or value <= scale.breaks[0]:
                continue
            at = scale.place(value) or 0
            here, above = scale.colours[at], scale.colours[at + 1 : at + 2]
            between = mixed(here, above[0]) if above else mixed(here, "#000000", 0.35)
            scale = Scale(
                breaks=(*scale.breaks[: at + 1], value, *scale.breaks[at + 1 :]),
                colours=(*scale.colours[: at + 1], between, *scale.colours[at + 1 :]),
                digits=scale.digits,
            )
        return scale


def is_colour(text: str) -> bool:
    """Whether a text is a colour as ``#rrggbb``."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def mixed(one: str, other: str, share: float = 0.5) -> str:
    """The colour between two ``#rrggbb`` colours, `share` of the way to the other."""
    pairs = [(int(one[i : i + 2], 16), int(other[i : i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a + share * (b - a)):02x}" for a, b in pairs)


def ramp(colours: Sequence[str], count: int) -> tuple[str, ...]:
    """So many colours evenly along a row of colours, both ends among them; the middle one for one."""
    if count == 1:
        return (colours[len(colours) // 2],)
    out = []
    for i in range(count):
        at = i * (len(colours) - 1) / (count - 1)
        low = min(int(at), len(colours) - 2)
        out.append(mixed(colours[low], colours[low + 1], at - low))
    return tuple(out)


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

POPULATION: Final = Scale(
    breaks=(0.0, 2500.0, 5000.0, 10000.0, 15000.0, 30000.0),
    colours=("#f1f1ec", "#d5dbcf", "#aebfae", "#7f9f8f", "#537d72", "#2c5a55"),
)
"""People of a unit."""

AREA: Final = Scale(
    breaks=(0.0, 2.5, 5.0, 10.0, 20.0, 50.0),
    colours=("#f6f1e7", "#e6d9bd", "#cdb98d", "#aa9461", "#806d3f", "#574824"),
)
"""km² of a unit."""


@dataclass(frozen=True)
class Mark:
    """How a state is shown: colour, the pattern over it, and a sign, so that no one has to tell by colour."""

    colour: str
    pattern: str | None
    sign: str


READINESS: Final = {
    "pass": Mark("#2f7fc1", None, "✓"),
    "fail": Mark("#ee9a3a", "stripes", "✗"),
    "open": Mark("#e3e3e3", "dots", "?"),
    "na": Mark("#ffffff", None, "–"),
}
"""Blue and orange stay apart for every kind of colour blindness, and in grey."""

CATEGORIES: Final = (
    "#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#999933", "#882255", "#44aa99",
)  # fmt: skip
"""For values without an order (Paul Tol's schemes, which colour-blind readers tell apart)."""
UNIT_KIND: Final = {
    "ward": CATEGORIES[0],
    "commune": "#e4d9b0",
    "township": CATEGORIES[4],
    "special_zone": CATEGORIES[5],
}
"""For kinds of unit: wards dark, communes light, so that grey tells them apart, too."""

LAND_USE: Final = {
    "DAT_O_Nhomnhao": "#cc9900",
    "DAT_O_Honhop_Nhomo": "#cc3200",
    "DAT_O_Langxom": "#7f7f40",
    "DAT_HTXH_Yte": "#ff00bf",
    "DAT_SX_Congnghiep": "#6600cc",
    "HTKT_DuongGT": "#5b5b5b",
    "HTKT_Nghiatrang": "#5b5b5b",
    "HTKT_Hatangkhac": "#39264c",
    "NN_Nongnghiep": "#00ff00",
}
"""Colours of land use in Annex I of circular 16/2025/TT-BXD, as public copies have them (not held against
the gazette). It gives colours to land uses, none to kinds of plan; `PLAN` is geoplan's own."""

LAND_USE_ACI: Final = {
    "DAT_O_Nhomnhao": 42,
    "DAT_O_Honhop_Nhomo": 22,
    "DAT_O_Langxom": 57,
    "DAT_HTXH_Yte": 220,
    "DAT_SX_Congnghiep": 192,
    "HTKT_DuongGT": 251,
    "HTKT_Nghiatrang": 251,
    "HTKT_Hatangkhac": 199,
    "NN_Nongnghiep": 3,
}
"""The same as colour numbers of drawings (ACI), from the same copies of the annex."""

PLAN: Final = {"general": "#6b6b6b", "zoning": "#1f6fb4", "detailed": "#d1560f"}
PLAN_OTHER: Final = "#7a5a9a"
ZONE: Final = LAND_USE["DAT_SX_Congnghiep"]
URBAN_LAND: Final = LAND_USE["DAT_O_Nhomnhao"]
GAP: Final = {"zoning": "#b3261e", "detailed": "#e08a1e"}
CONFLICT: Final = "#c2185b"
CANDIDATE: Final = "#111111"
BORDER: Final = "#ffffff"
UNIT_EDGE: Final = "#4a4a4a"
UNKNOWN_HATCH: Final = "#8a8a8a"
"""Over white: hatching of an area whose figure is unknown, in programs that draw by themselves."""
NEIGHBOUR: Final = "#f4f4f4"
NEIGHBOUR_EDGE: Final = "#8a8a8a"


def plan_colour(kind: str) -> str:
    """The colour of a kind of plan; of a land use of circular 16/2025 when the kind is one of its codes."""
    return PLAN.get(kind) or LAND_USE.get(kind, PLAN_OTHER)
