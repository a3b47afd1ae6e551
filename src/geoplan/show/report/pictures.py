"""The maps and the chart of a report: drawn for paper, told apart in grey, the same bytes every time."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np

from geoplan.errors import DataError
from geoplan.show import palette
from geoplan.show.choropleth import by_kind, choropleths
from geoplan.show.labels import capital, plan_kind, word
from geoplan.show.paper import ground
from geoplan.show.paper.furniture import put_frame, put_rows, put_scale
from geoplan.show.paper.ink import MM, WHITE, Look, blank_page, press
from geoplan.show.paper.layout import Box, Layout, round_scale, rows
from geoplan.show.paper.sheet import draw, extent_of, on_page, put_names, system_name
from geoplan.show.report.chart import draw_chart

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.show.choropleth import Choropleth
    from geoplan.show.paper.ground import Drawn
    from geoplan.show.paper.layout import Row
    from geoplan.timeline import Timeline

WIDTH: Final = 165.0
"""Millimetres: the width of the text between the margins of an A4 page."""
_SHORTEST, _TALLEST = 75.0, 112.0
_TICKS: Final = 4.0
_STRIP: Final = 27.0
"""Millimetres that the scale bar and the arrow need."""
_GAP: Final = 4.0
_DPI: Final = 200
_HATCHES: Final = {"gaps": "////", "conflicts": "xxxx"}


@dataclass(frozen=True)
class Drawing:
    """A picture in the formats that were asked for, and its size in millimetres."""

    width: float
    height: float
    files: Mapping[str, bytes]


def drawings(
    result: Assessment,
    keys: Sequence[str],
    *,
    kinds: Sequence[str] = ("png", "svg"),
    history: Timeline | None = None,
    earlier: Assessment | None = None,
    lang: Lang = "vi",
) -> dict[str, Drawing]:
    """The pictures of a report by their keys; one that cannot be drawn is not among them.

    A key such as ``before/readiness`` is a map of `earlier`: the city before a scenario.
    """
    found = {}
    for key in keys:
        with press():
            mpl.rcParams["svg.hashsalt"] = "geoplan"
            try:
                side, _, name = key.rpartition("/")
                shown = earlier if side == "before" and earlier is not None else result
                figure = _drawn(shown, name, history, lang)
            except DataError:
                continue
            if figure is None:
                continue
            wide, tall = (float(inches) * MM for inches in figure.get_size_inches())
            found[key] = Drawing(wide, tall, {kind: _saved(figure, kind) for kind in kinds})
    return found


def _saved(figure: Figure, kind: str) -> bytes:
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"svg": {"Date": None}, "png": {"Software": None}}[kind]
    figure.savefig(buffer, format=kind, dpi=_DPI, metadata=metadata)
    return buffer.getvalue()


def _drawn(result: Assessment, key: str, history: Timeline | None, lang: Lang) -> Figure | None:
    if key == "progress" and history is not None:
        return draw_chart(result, history, lang)
    known = _known(result)
    return _map(result, key, lang) if key in known or key.partition(".")[0] in _HATCHES else None


@dataclass(frozen=True)
class _Ground:
    """What a map shows: areas from the bottom to the top, its classes, and a figure for each unit."""

    areas: tuple[Drawn, ...]
    classes: tuple[tuple[Look, str], ...]
    heading: str
    figures: tuple[str, ...]


def _map(result: Assessment, key: str, lang: Lang) -> Figure:
    """A map with its legend and scale under it, as wide as the text."""
    system = ground.drawing_crs(result)
    shapes = ground.plane(result.city.communes, system)
    west, south, east, north = extent_of(result, shapes)
    centre = ((west + east) / 2, (south + north) / 2)
    around = tuple(ground.neighbours(result, system, lang))
    what = key.partition(".")[0]
    shown = _found(result, key, lang) if what in _HATCHES else _coloured(result, key, lang)
    legend = _legend(shown, around)
    layout = _layout((east - west, north - south), legend)
    figure, axes = blank_page(layout.width, layout.height, dpi=_DPI)
    for z, drawn in enumerate([*around, *shown.areas]):
        draw(axes, drawn, layout, centre, z=1 + z / 10)
    named: NDArray[Any] = np.concatenate([shapes, *(drawn.shapes for drawn in around)])
    put_names(axes, result, on_page(named, layout, centre), layout, figures=shown.figures, lang=lang)
    for x, top, column in layout.columns:
        put_rows(axes, column, x, top)
    put_frame(axes, layout, centre, lang)
    put_scale(axes, layout, system_name(system), lang)
    return figure


def _known(result: Assessment) -> dict[str, Choropleth]:
    """What units can be coloured by."""
    return {c.key: c for c in (*choropleths(result), by_kind(result))}


def _coloured(result: Assessment, key: str, lang: Lang) -> _Ground:
    """Units in the classes of a metric, with the zones and the candidates over them."""
    known = _known(result)
    metric = ground.chosen_metric(result, known[key], lang)
    system = ground.drawing_crs(result)
    shapes = ground.plane(result.city.communes, system)
    over = ground.overlays(result, system, ("zones", "candidates"), key, lang)
    return _Ground(
        areas=(*ground.units_drawn(shapes, metric), *over),
        classes=metric.classes,
        heading=metric.label,
        figures=metric.figures,
    )


def _found(result: Assessment, key: str, lang: Lang) -> _Ground:
    """Gaps or conflicts of one kind of plan over white units, with the outlines of the plans."""
    what, _, kind = key.partition(".")
    frame = result.gaps if what == "gaps" else result.conflicts
    frame = frame[frame["plan_kind"] == kind]
    system = ground.drawing_crs(result)
    units = ground.plane(result.city.communes, system)
    table = result.plans[(result.plans["plan_kind"] == kind) & result.plans["in_force"]]
    plans = ground.plane(result.city.plans.loc[table.index], system)
    colour = palette.GAP.get(kind, palette.PLAN_OTHER) if what == "gaps" else palette.CONFLICT
    look = Look(fill=palette.mixed(colour, WHITE, 0.75), hatch=_HATCHES[what], hatch_colour=colour)
    name = plan_kind(kind, lang)
    plan = Look(edge=palette.plan_colour(kind), width=0.9)
    words = {
        "gaps": word(f"gap.{kind}", lang),
        "conflicts": f"{word('conflicts', lang)}: {name}",
    }
    outlines = ground.Drawn(plans, plan, f"{capital(name)} ({word('in_force', lang).lower()})")
    return _Ground(
        areas=(
            ground.Drawn(units, ground.RIM),
            ground.Drawn(units, Look(fill=WHITE)),
            ground.Drawn(ground.plane(frame, system), look, words[what]),
            ground.Drawn(units, ground.BORDER),
            outlines,
        ),
        classes=(),
        heading=words[what],
        figures=("",) * len(units),
    )


def _legend(shown: _Ground, around: Sequence[Drawn]) -> tuple[tuple[Row, ...], tuple[Row, ...]]:
    """Two columns: the classes under their heading, and what lies over them."""
    wide = _column_width()
    overlays = [(d.look, d.words) for d in (*shown.areas, *around) if d.words is not None]
    first = (*_entries(shown.classes, wide),)
    if first:
        first = (*rows(shown.heading, wide, 7.5, bold=True, most=2), *first)
    second = tuple(_entries(overlays, wide))
    if first:
        return first, second
    half = -(-len(second) // 2)
    return second[:half], second[half:]


def _entries(given: Sequence[tuple[Look, str]], wide: float) -> Iterator[Row]:
    for look, text in given:
        *before, last = rows(text, wide, 7, look=look, most=2)
        yield from before
        yield replace(last, room=0.5)


def _column_width() -> float:
    return (WIDTH - 2 * _GAP) / 3


def _layout(extent: tuple[float, float], legend: tuple[tuple[Row, ...], tuple[Row, ...]]) -> Layout:
    wide = _column_width()
    tall = min(max((WIDTH - _TICKS) * extent[1] / max(extent[0], 1.0), _SHORTEST), _TALLEST)
    strip = max(_STRIP, *(sum(row.height for row in column) for column in legend))
    frame = Box(_TICKS, strip + _TICKS + 3, WIDTH - _TICKS - 0.5, tall)
    lefts = [i * (wide + _GAP) for i in range(3)]
    return Layout(
        paper="a4",
        width=WIDTH,
        height=frame.top + 0.5,
        enlarged=1.0,
        columns=tuple((x, strip, column) for x, column in zip(lefts, legend, strict=False)),
        band=None,
        frame=frame,
        scale_at=Box(lefts[2], 0.0, wide, strip),
        notes_at=Box(lefts[1], 0.0, wide, max(strip - sum(row.height for row in legend[1]), 0.0)),
        denominator=round_scale(extent, frame),
    )
