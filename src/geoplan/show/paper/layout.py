"""Where everything stands on the page: measured first, so that the map gets all the room that is left.

All lengths are millimetres from the lower left corner of the page; text sizes are points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

from geoplan.show.paper.ink import INK, PT, Look, wrap
from geoplan.show.paper.words import paper_word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geoplan.errors import Lang

Paper = Literal["a4", "a3"]
PAPERS: Final[dict[Paper, tuple[float, float]]] = {"a4": (210.0, 297.0), "a3": (297.0, 420.0)}
ENLARGED: Final[dict[Paper, float]] = {"a4": 1.0, "a3": 1.3}
MARGIN: Final = 10.0
LEADING: Final = 1.35
SWATCH: Final = (7.0, 3.2)
GAP: Final = 4.0
TICKS: Final = 4.0
"""Room for coordinates left of the frame and under it."""
_SCALE_BLOCK: Final = 25.0
_MOST_FOOTER: Final = 44.0
_COLUMN: Final = 62.0
_MOST_LEGEND: Final = 60.0
_PADDING: Final = 4.0
_ROUND: Final = (1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0)
_LARGEST_SCALE: Final = 100


@dataclass(frozen=True)
class Box:
    """A rectangle on the page."""

    x: float
    y: float
    width: float
    height: float

    @property
    def top(self) -> float:
        """The upper edge."""
        return self.y + self.height

    @property
    def right(self) -> float:
        """The right edge."""
        return self.x + self.width


@dataclass(frozen=True)
class Row:
    """One line of text as it will stand, perhaps behind a swatch."""

    text: str
    size: float
    bold: bool = False
    colour: str = INK
    look: Look | None = None
    indent: float = 0.0
    room: float = 0.0

    @property
    def height(self) -> float:
        """From the top of this row to that of the next."""
        return self.size * PT * LEADING + self.room


@dataclass(frozen=True)
class Texts:
    """What is written around the map, before it is broken into lines.

    `classes` and `overlays` are a heading and pairs of a look and its words.
    """

    title: str
    subtitle: str
    warning: str
    warnings: tuple[str, ...]
    classes: tuple[str, tuple[tuple[Look, str], ...]]
    overlays: tuple[str, tuple[tuple[Look, str], ...]]
    facts: tuple[str, tuple[str, ...]]
    sources: tuple[str, ...]
    imprint: str


@dataclass(frozen=True)
class Layout:
    """A page: its size, its boxes and the rows that stand in them.

    `columns` are the corner (left, top) of rows of text; `scale_at` the box of scale bar and arrow.
    """

    paper: Paper
    width: float
    height: float
    enlarged: float
    columns: tuple[tuple[float, float, tuple[Row, ...]], ...]
    band: Box | None
    frame: Box
    scale_at: Box
    notes_at: Box
    denominator: int


def plan_page(
    texts: Texts, *, extent: tuple[float, float], paper: Paper, landscape: bool | None, lang: Lang
) -> Layout:
    """The page on which the city is largest: upright or across, unless that is given.

    Parameters
    ----------
    texts
        All that is to be written.
    extent
        Width and height of the city in metres of its projection.
    paper, landscape
        The sheet, and which way round; the better one when None.
    lang
        For the words that say that a text was cut.
    """
    ways = (False, True) if landscape is None else (landscape,)
    pages = [_arranged(texts, extent, paper, across=way, lang=lang) for way in ways]
    return min(pages, key=lambda page: (page.denominator, -_room(page, extent)))


def _arranged(texts: Texts, extent: tuple[float, float], paper: Paper, *, across: bool, lang: Lang) -> Layout:
    width, height = PAPERS[paper][::-1] if across else PAPERS[paper]
    k = ENLARGED[paper]
    inner = width - 2 * MARGIN
    columns: list[tuple[float, float, tuple[Row, ...]]] = []
    head = _head(texts, inner, k)
    columns.append((MARGIN, height - MARGIN, head))
    top = height - MARGIN - _height(head) - 2
    band = None
    warning = _warning(texts, inner - 6, k)
    if warning:
        band = Box(MARGIN, top - _height(warning) - 3, inner, _height(warning) + 3)
        columns.append((MARGIN + 3, top - 1.2, warning))
        top = band.y - 2.5
    foot, bottom = _foot(texts, inner, k, lang)
    columns += foot
    room = Box(MARGIN, bottom + 3, inner, top - bottom - 3)
    beside = _right_column if across else _strip_below
    frame, legend, scale_at, notes_at = beside(texts, room, k, lang)
    return Layout(
        paper=paper,
        width=width,
        height=height,
        enlarged=k,
        columns=(*columns, *legend),
        band=band,
        frame=frame,
        scale_at=scale_at,
        notes_at=notes_at,
        denominator=round_scale(extent, frame),
    )


def round_scale(extent: tuple[float, float], frame: Box) -> int:
    """The denominator of the largest round scale at which an extent in metres fits into a frame."""
    inner = (frame.width - 2 * _PADDING, frame.height - 2 * _PADDING)
    needed = max(_LARGEST_SCALE, *(1000 * metres / mm for metres, mm in zip(extent, inner, strict=True)))
    power: int = 10 ** math.floor(math.log10(needed))
    return next(round(step * power) for step in _ROUND if step * power >= needed * (1 - 1e-9))


def round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10, 20, 50 … that is not above `most`."""
    power = 10.0 ** math.floor(math.log10(most))
    return max(step * power for step in (1.0, 2.0, 5.0) if step * power <= most * (1 + 1e-9))


def rows(
    text: object,
    width: float,
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    look: Look | None = None,
    most: int = 1000,
) -> tuple[Row, ...]:
    """A text as rows of a width; with a look they stand behind its swatch."""
    indent = SWATCH[0] * size / 7 + 2 if look is not None else 0.0
    lines = wrap(text, width - indent, size, bold=bold, most=most)
    first = Row(lines[0], size, bold=bold, colour=colour, look=look, indent=indent)
    return (first, *(replace(first, text=line, look=None) for line in lines[1:]))


def fitting(given: Sequence[Row], height: float, lang: Lang) -> tuple[Row, ...]:
    """The rows that a height holds; the last one says how many more there are."""
    if _height(given) <= height + 1e-6:
        return tuple(given)
    kept = list(given)
    while kept and _height(kept) + given[-1].height > height:
        kept.pop()
    said = paper_word("cut", lang, len(given) - len(kept))
    return (*kept, replace(given[-1], text=said, look=None, indent=0.0))


def _height(given: Iterable[Row]) -> float:
    return sum(row.height for row in given)


def _room(page: Layout, extent: tuple[float, float]) -> float:
    """How much longer the frame is than the city needs."""
    frame = page.frame
    return min(frame.width / max(extent[0], 1), frame.height / max(extent[1], 1))


def _head(texts: Texts, width: float, k: float) -> tuple[Row, ...]:
    title = wrap(texts.title, width, 16 * k, bold=True)
    size = 16 * k if len(title) == 1 else 11 * k
    return (
        *rows(texts.title, width, size, bold=True, most=3),
        *rows(texts.subtitle, width, 10 * k, most=2),
    )


def _warning(texts: Texts, width: float, k: float) -> tuple[Row, ...]:
    if not texts.warnings:
        return ()
    return (
        *rows(texts.warning, width, 10 * k, bold=True),
        *rows(". ".join(texts.warnings) + ".", width, 8 * k),
    )


def _foot(
    texts: Texts, width: float, k: float, lang: Lang
) -> tuple[list[tuple[float, float, tuple[Row, ...]]], float]:
    """Sources in two columns over the imprint; and the height at which they begin."""
    size = 5.8 * k
    imprint = rows(texts.imprint, width, size, bold=True, most=2)
    half = (width - 2 * GAP) / 2
    lines = [row for text in texts.sources for row in rows(text, half, size)]
    each = math.ceil(len(lines) / 2)
    tall = min(_height(lines[:each]), _MOST_FOOTER * k)
    left, right = tuple(lines[:each]), tuple(lines[each:])
    if _height(left) > tall:
        fits = math.floor(tall / lines[0].height)
        left, right = tuple(lines[:fits]), fitting(lines[fits:], fits * lines[0].height, lang)
    base = MARGIN + _height(imprint)
    return [
        (MARGIN, base + 1 + tall, left),
        (MARGIN + half + 2 * GAP, base + 1 + tall, right),
        (MARGIN, base, imprint),
    ], base + 1 + tall


def _listed(heading: str, entries: Iterable[tuple[Look, str]], width: float, k: float) -> tuple[Row, ...]:
    out: list[Row] = []
    for block in (
        rows(heading, width, 7.5 * k, bold=True, most=2),
        *(rows(text, width, 7 * k, look=look, most=2) for look, text in entries),
    ):
        out += [*block[:-1], replace(block[-1], room=0.6 * k)]
    return tuple(out)


def _told(heading: str, texts: Iterable[str], width: float, k: float) -> tuple[Row, ...]:
    lines = [row for text in texts for row in rows(text, width, 6.5 * k)]
    return (*rows(heading, width, 7.5 * k, bold=True), *lines) if lines else ()


_Below = tuple[Box, list[tuple[float, float, tuple[Row, ...]]], Box, Box]


def _strip_below(texts: Texts, room: Box, k: float, lang: Lang) -> _Below:
    """Three columns of legend under the map."""
    wide = (room.width - 2 * GAP) / 3
    lefts = [room.x + i * (wide + GAP) for i in range(3)]
    classes = _listed(*texts.classes, wide, k)
    overlays = fitting(_listed(*texts.overlays, wide, k), _MOST_LEGEND * k, lang)
    scale = _SCALE_BLOCK * k
    facts = fitting(_told(*texts.facts, wide, k), _MOST_LEGEND * k - scale, lang)
    notes = 3 * 6.5 * k * PT * LEADING
    tall = max(_height(classes), _height(overlays) + notes, scale + _height(facts))
    top = room.y + tall
    frame_y = top + TICKS + 3
    frame = Box(room.x + TICKS, frame_y, room.width - TICKS, room.top - frame_y)
    columns = [
        (lefts[0], top, classes),
        (lefts[1], top, overlays),
        (lefts[2], top - scale, facts),
    ]
    notes_at = Box(lefts[1], room.y, wide, tall - _height(overlays))
    return frame, columns, Box(lefts[2], top - scale, wide, scale), notes_at


def _right_column(texts: Texts, room: Box, k: float, lang: Lang) -> _Below:
    """One column of legend beside the map."""
    wide = _COLUMN * k
    left = room.right - wide
    classes = _listed(*texts.classes, wide, k)
    scale = _SCALE_BLOCK * k
    left_over = room.height - _height(classes) - scale - 2 * k
    overlays = fitting(_listed(*texts.overlays, wide, k), left_over, lang)
    facts = _told(*texts.facts, wide, k)
    frame = Box(room.x + TICKS, room.y + TICKS, room.width - wide - TICKS - GAP, room.height - TICKS)
    second = room.top - _height(classes) - 2 * k
    third = second - _height(overlays) - 2 * k
    block = Box(left, room.y, wide, scale)
    columns = [(left, room.top, classes), (left, second, overlays)]
    left_over = third - block.top - 2 * k
    told = fitting(facts, left_over, lang) if facts and left_over > 2 * facts[0].height else ()
    columns.append((left, third, told))
    third -= _height(told) + 2 * k
    return frame, columns, block, Box(left, block.top, wide, max(third - block.top, 0.0))
