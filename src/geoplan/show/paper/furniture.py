"""What stands around the map: rows of text with their swatches, frame, coordinates, scale and arrow."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from geoplan.show.paper.ink import (
    FAINT,
    INK,
    PT,
    WHITE,
    Look,
    paint,
    rectangle,
    ring,
    stroke,
    text_width,
    write,
)
from geoplan.show.paper.layout import LEADING, SWATCH, round_length, rows
from geoplan.show.paper.words import paper_word
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes

    from geoplan.errors import Lang
    from geoplan.show.paper.layout import Box, Layout, Row

BLACK: Final = Look(fill=INK, edge=INK, width=0.5)
OPEN: Final = Look(fill=WHITE, edge=INK, width=0.5)
FRAME: Final = Look(edge=INK, width=0.9)
BAND: Final = Look(fill="#fff3c4", edge=INK, width=1.2)
_ARROW: Final = 16.0


def put_rows(axes: Axes, given: Iterable[Row], x: float, top: float) -> None:
    """Rows of text from a corner down, each behind its swatch."""
    for row in given:
        baseline = top - row.size * PT * (LEADING / 2 + 0.32)
        if row.look is not None:
            factor = row.size / 7
            wide, tall = SWATCH[0] * factor, SWATCH[1] * factor
            middle = top - row.size * PT * LEADING / 2
            paint(axes, rectangle(x, middle - tall / 2, wide, tall), row.look, z=15)
        write(axes, (x + row.indent, baseline), row.text, row.size, bold=row.bold, colour=row.colour)
        top -= row.height


def put_frame(axes: Axes, layout: Layout, centre: tuple[float, float], lang: Lang) -> None:
    """The frame with ticks at round coordinates of the projection: north on the left, east below."""
    frame, metres = layout.frame, layout.denominator / 1000
    paint(axes, rectangle(frame.x, frame.y, frame.width, frame.height), FRAME, z=12)
    step = 2 * round_length(max(frame.width, frame.height) * metres / 8)
    size = 5.5 * layout.enlarged
    east = centre[0] - metres * frame.width / 2
    for at in _ticks(east, frame.width * metres, step):
        x = frame.x + (at - east) / metres
        for y, up in ((frame.y, 1.5), (frame.top, -1.5)):
            paint(axes, stroke((x, y), (x, y + up)), FRAME, z=12)
        half = text_width(number(at, lang=lang), size) / 2
        if frame.x <= x - half and x + half <= frame.right:
            _coordinate(axes, (x, frame.y - 2.6 * layout.enlarged), at, size, lang)
    north = centre[1] - metres * frame.height / 2
    for at in _ticks(north, frame.height * metres, step):
        y = frame.y + (at - north) / metres
        for x, right in ((frame.x, 1.5), (frame.right, -1.5)):
            paint(axes, stroke((x, y), (x + right, y)), FRAME, z=12)
        half = text_width(number(at, lang=lang), size) / 2
        if frame.y <= y - half and y + half <= frame.top:
            _coordinate(axes, (frame.x - 1.0, y), at, size, lang, rotation=90)


def put_scale(axes: Axes, layout: Layout, system: str, lang: Lang) -> tuple[float, float, float]:
    """Scale in figures and as a bar, and the arrow; the bar's ends and its length in metres."""
    box, k = layout.scale_at, layout.enlarged
    scale = f"1:{number(layout.denominator, lang=lang)}"
    wide = box.width - _ARROW * k
    head = rows(paper_word("scale", lang, scale), wide, 9 * k, bold=True)
    paper = paper_word("true_when", lang, layout.paper.upper())
    put_rows(axes, [*head, *rows(paper, wide, 5.8 * k)], box.x, box.top)
    metres = round_length((wide - 10 * k) * layout.denominator / 1000)
    long = metres * 1000 / layout.denominator
    left, y, tall = box.x + 1.5 * k, box.top - 13 * k, 1.6 * k
    for quarter in range(4):
        look = OPEN if quarter % 2 else BLACK
        paint(axes, rectangle(left + quarter * long / 4, y, long / 4, tall), look, z=15)
    unit, divisor = ("km", 1000) if metres >= 1000 else ("m", 1)  # noqa: PLR2004 - metres in a kilometre
    for share in (0.0, 0.5, 1.0):
        value = metres * share / divisor
        text = number(value, digits=0 if value.is_integer() else 1, lang=lang)
        at = left + share * long
        if share == 1:
            write(axes, (at - text_width(text, 6.5 * k) / 2, y - 2.8 * k), f"{text} {unit}", 6.5 * k)
        else:
            write(axes, (at, y - 2.8 * k), text, 6.5 * k, align="center")
    _arrow(axes, box, k, lang)
    notes = [*rows(system, box.width, 5.8 * k, most=2), *rows(paper_word("ticks", lang), box.width, 5.8 * k)]
    put_rows(axes, notes, box.x, y - 4.2 * k)
    return left, left + long, metres


def _arrow(axes: Axes, box: Box, k: float, lang: Lang) -> None:
    """Grid north is straight up: the map is drawn in the projection's own axes."""
    x, top = box.right - _ARROW * k / 2, box.top - 0.5 * k
    write(axes, (x, top - 3.2 * k), paper_word("north", lang), 10 * k, bold=True, align="center")
    tip, foot, half = top - 4.2 * k, top - 13.2 * k, 2.4 * k
    paint(axes, ring((x, tip), (x - half, foot), (x, foot + 2 * k)), BLACK, z=15)
    paint(axes, ring((x, tip), (x + half, foot), (x, foot + 2 * k)), OPEN, z=15)
    words = paper_word("grid_north", lang)
    write(axes, (box.right, foot - 2.8 * k), words, 5.8 * k, align="right", colour=FAINT)


def _ticks(start: float, length: float, step: float) -> list[float]:
    first, last = math.ceil(start / step), math.floor((start + length) / step)
    return [i * step for i in range(first, last + 1)]


def _coordinate(
    axes: Axes, at: tuple[float, float], value: float, size: float, lang: Lang, *, rotation: float = 0.0
) -> None:
    text = number(value, lang=lang)
    write(axes, at, text, size, align="center", colour=FAINT, rotation=rotation)
