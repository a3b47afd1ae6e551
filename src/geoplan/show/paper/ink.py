"""Text and lines for paper: measured before they are drawn, and drawn as they are.

Nothing of the data is ever read as markup (``parse_math`` is off), and what the font cannot draw
becomes ``□``, so that a reader sees that something stands there. The font is the one inside
matplotlib, whatever is installed on the machine: the same inputs give the same bytes.
"""

from __future__ import annotations

import logging
import threading
import unicodedata
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@contextmanager
def _silent() -> Iterator[None]:
    """Loads matplotlib without its remarks: at first sight of a machine it lists fonts for seconds."""
    logger = logging.getLogger("matplotlib")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)


with _silent():
    import matplotlib as mpl
    from matplotlib import style
    from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties, get_font
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline
    from matplotlib.patheffects import Stroke

MM: Final = 25.4
PT: Final = MM / 72
"""Millimetres in an inch, and in a typographic point."""
INK: Final = "#1a1a1a"
FAINT: Final = "#5a5a5a"
WHITE: Final = "#ffffff"
MISSING: Final = "□"
_HATCH: Final = 0.7
_HATCH_CASING: Final = 2.0
_MEASURED_AT: Final = 288
_SLACK: Final = 1.01
"""Rounding to whole pixels makes a line up to this much longer."""
_SETTINGS: Final[dict[str, Any]] = {
    "pdf.fonttype": 42,  # TrueType: text can be searched and copied
    "text.usetex": False,
    "text.hinting": "none",  # letters are as wide in PNG as in PDF and as their halo
    "path.simplify": False,
}
_FONTS: Final = Path(mpl.get_data_path()) / "fonts" / "ttf"
_FILES: Final = {False: _FONTS / "DejaVuSans.ttf", True: _FONTS / "DejaVuSans-Bold.ttf"}
_LONGEST: Final = 400
"""Letters: more stand in no line; a text of a million must not cost a minute."""
_ONE_AT_A_TIME: Final = threading.Lock()


@contextmanager
def press() -> Iterator[None]:
    """Matplotlib's own defaults and ours for the time of a page, whatever the user's settings are.

    The settings of matplotlib are one for the whole process, so pages are printed one at a time.
    """
    with _ONE_AT_A_TIME, style.context(_SETTINGS, after_reset=True):
        yield


@dataclass(frozen=True)
class Look:
    """How an area is drawn, on the map and in the legend alike. Widths in points.

    A casing is the width of a white line under the edge; the hatching has one too, so that both are
    seen on dark ground.
    """

    fill: str | None = None
    edge: str | None = None
    width: float = 0.0
    dash: tuple[float, ...] = ()
    hatch: str | None = None
    hatch_colour: str = FAINT
    casing: float = 0.0

    @property
    def is_line(self) -> bool:
        """Whether there is nothing inside the edge."""
        return self.fill is None and self.hatch is None


@cache
def _drawn_by_font() -> frozenset[int]:
    """The code points that both weights have."""
    regular, bold = (set(get_font(str(file)).get_charmap()) for file in _FILES.values())
    return frozenset(regular & bold)


def drawable(text: object) -> str:
    """One line of text that the font can draw: composed, spaces for breaks, ``□`` for the rest."""
    known = _drawn_by_font()
    composed = unicodedata.normalize("NFC", str(text))
    return "".join(
        " " if c.isspace() else c if c.isprintable() and ord(c) in known else MISSING for c in composed
    ).strip()


def font(size: float, *, bold: bool = False) -> FontProperties:
    """The font in a size in points."""
    return FontProperties(fname=str(_FILES[bold]), size=size)


_ruler = threading.local()


@lru_cache(maxsize=20_000)
def _width_at_ten(text: str, bold: bool) -> float:  # noqa: FBT001 - a key of the cache
    if not hasattr(_ruler, "renderer"):
        _ruler.renderer = RendererAgg(8, 8, _MEASURED_AT)  # type: ignore[no-untyped-call]
    width, _, _ = _ruler.renderer.get_text_width_height_descent(text, font(10, bold=bold), ismath=False)
    return float(width) / _MEASURED_AT * MM * _SLACK


def text_width(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a drawable text in millimetres; `size` in points."""
    return _width_at_ten(text, bold) * size / 10 if text else 0.0


def wrap(text: object, width: float, size: float, *, bold: bool = False, most: int = 1000) -> list[str]:
    """A text in lines no wider than `width` millimetres, at most so many; the last one ends in ``…`` then."""
    lines: list[str] = []
    line, left = "", 0.0
    space = text_width("n n", size, bold=bold) - text_width("nn", size, bold=bold)
    for word in drawable(text).split():
        for piece in _pieces(word, width, size, bold=bold):
            wide = text_width(piece, size, bold=bold)
            if line and left + space + wide > width:
                lines.append(line)
                line, left = piece, wide
            else:
                line, left = (f"{line} {piece}", left + space + wide) if line else (piece, wide)
            if len(lines) > most:
                break
        if len(lines) > most:
            break
    lines.append(line)
    if len(lines) > most:
        return [*lines[: most - 1], shorten(f"{lines[most - 1]} …", width, size, bold=bold)]
    return lines


def _pieces(word: str, width: float, size: float, *, bold: bool) -> Iterator[str]:
    """A word, in pieces when it is wider than a line."""
    while word:
        head = word[:_LONGEST]
        wide = text_width(head, size, bold=bold)
        fits = len(head) if wide <= width else int(len(head) * width / wide)  # as if all were as wide
        while fits > 1 and text_width(word[:fits], size, bold=bold) > width:
            fits -= 1
        yield word[: max(fits, 1)]
        word = word[max(fits, 1) :]


def shorten(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """The text, its end cut to ``…`` when it is wider than `width` millimetres."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
    while len(cut) > 1 and text_width(cut, size, bold=bold) > width:
        cut = cut.rstrip("… ")[:-1].rstrip() + "…"
    return cut


def blank_page(width: float, height: float, *, dpi: int) -> tuple[Figure, Axes]:
    """A figure of so many millimetres whose one axes counts millimetres from the lower left corner."""
    figure = Figure(figsize=(width / MM, height / MM), dpi=dpi, facecolor=WHITE)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(0, height)
    return figure, axes


def write(
    axes: Axes,
    at: tuple[float, float],
    text: str,
    size: float,
    *,
    bold: bool = False,
    colour: str = INK,
    align: str = "left",
    halo: float = 0.0,
    rotation: float = 0.0,
    z: float = 20,
) -> None:
    """One line of text with its baseline at a place in millimetres; a halo is so many points wide.

    The halo is a text of its own underneath: PDF turns text with an effect into curves, which nobody
    can search.
    """
    plain: dict[str, Any] = {
        "fontproperties": font(size, bold=bold),
        "ha": align,
        "va": "baseline",
        "rotation": rotation,
        "rotation_mode": "anchor",
        "parse_math": False,
    }
    if halo:
        under = axes.text(*at, text, color=WHITE, zorder=z, **plain)
        under.set_path_effects([Stroke(linewidth=2 * halo, foreground=WHITE, joinstyle="round")])
    axes.text(*at, text, color=colour, zorder=z + 0.1, **plain)


def outline(shapes: NDArray[Any]) -> Outline | None:
    """Polygons and lines as one path; None when there are none.

    Shells go one way round and holes the other: that is what makes them holes when they are filled.
    """
    paths: list[Outline] = []
    for part in shapely.get_parts(shapely.orient_polygons(np.asarray(shapes, dtype=object))):
        if part.geom_type == "Polygon" and not part.is_empty:
            rings = (part.exterior, *part.interiors)
            paths += [Outline(shapely.get_coordinates(ring), closed=True) for ring in rings]
        elif part.geom_type == "LineString" and not part.is_empty:
            paths.append(Outline(shapely.get_coordinates(part)))
    return Outline.make_compound_path(*paths) if paths else None


def paint(axes: Axes, path: Outline | None, look: Look, *, z: float, clip: Outline | None = None) -> None:
    """A path in millimetres in its look: fill, hatching over it, casing, edge."""
    if path is None:
        return
    for number, (given, hatched) in enumerate(_strokes(look)):
        patch = PathPatch(path, joinstyle="round", capstyle="butt", zorder=z + number / 100, **given)
        patch.set_hatch_linewidth(hatched)
        axes.add_patch(patch)
        if clip is not None:
            patch.set_clip_path(clip, axes.transData)


def _strokes(look: Look) -> Iterator[tuple[dict[str, Any], float]]:
    """What is drawn one over the other, and the width of hatching."""
    if look.fill is not None:
        yield {"facecolor": look.fill, "edgecolor": "none", "linewidth": 0}, _HATCH
    plain: dict[str, Any] = {"facecolor": "none"}
    if look.hatch is not None:
        hatch = {**plain, "linewidth": 0, "hatch": look.hatch}
        if look.casing:
            yield {**hatch, "edgecolor": WHITE}, _HATCH_CASING
        yield {**hatch, "edgecolor": look.hatch_colour}, _HATCH
    if look.casing:
        yield {**plain, "edgecolor": WHITE, "linewidth": look.casing}, _HATCH
    if look.edge is not None:
        dash = (0, look.dash) if look.dash else "solid"
        yield {**plain, "edgecolor": look.edge, "linewidth": look.width, "linestyle": dash}, _HATCH


def ring(*points: tuple[float, float]) -> Outline:
    """The outline through some corners and back to the first."""
    return Outline([*points, points[0]], closed=True)


def stroke(start: tuple[float, float], end: tuple[float, float]) -> Outline:
    """A straight line."""
    return Outline([start, end])


def rectangle(x: float, y: float, width: float, height: float) -> Outline:
    """A box from its lower left corner."""
    return ring((x, y), (x + width, y), (x + width, y + height), (x, y + height))
