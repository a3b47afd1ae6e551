"""Names on the map where they fit: inside their unit if they can be, never over one another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely

from geoplan.show.paper.ink import PT, drawable, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from geoplan.show.paper.layout import Box

_SIZES: Final = (8.0, 7.0, 6.0, 5.2)
_LEADING: Final = 1.12
_LONGEST: Final = 45.0
"""Millimetres; a longer name is cut."""
_SMALLEST: Final = 2.0
"""Millimetres: in a unit narrower than this no name can be read."""
_MOSTLY: Final = 0.45
"""Of a name's box that must lie in its own unit when it does not fit in."""


@dataclass(frozen=True)
class Line:
    """A line of a name: which area's, the middle of its baseline in millimetres, its text and size."""

    area: int
    x: float
    y: float
    text: str
    size: float
    bold: bool


@dataclass(frozen=True)
class _Trial:
    """A way to write a name: its lines, its size in points."""

    lines: tuple[str, ...]
    bold: int
    size: float

    @property
    def width(self) -> float:
        return max(text_width(t, self.size, bold=i < self.bold) for i, t in enumerate(self.lines))

    @property
    def height(self) -> float:
        return len(self.lines) * self.size * PT * _LEADING


def place_names(
    shapes: NDArray[Any], names: Sequence[str], figures: Sequence[str], *, frame: Box, enlarged: float
) -> tuple[list[Line], list[int]]:
    """Lines to write, and the positions of the areas whose names found no room.

    Parameters
    ----------
    shapes
        The areas in millimetres of the page; larger ones get their names first.
    names, figures
        A name and a short figure for each; the figure is left out where there is no room for both.
    frame
        Names stay inside it.
    enlarged
        Factor of all text sizes.
    """
    taken = np.empty((0, 4))
    lines: list[Line] = []
    written: set[int] = set()
    order = [int(i) for i in np.argsort(-shapely.area(shapes), kind="stable") if _has_room(shapes[i])]
    anchors = {i: _anchors(shapes[i]) for i in order}
    for inside in (True, False):
        for i in order:
            if i in written:
                continue
            trials = _trials(names[i], figures[i], enlarged, sizes=_SIZES if inside else _SIZES[2:])
            found = _try(trials, shapes[i], anchors[i], taken, frame, inside=inside)
            if found is not None:
                trial, box = found
                taken = np.vstack([taken, box])
                lines += _lines(i, trial, box)
                written.add(i)
    return lines, [i for i in range(len(shapes)) if i not in written]


def _has_room(shape: Any) -> bool:
    west, south, east, north = shapely.bounds(shape)
    return bool(min(east - west, north - south) >= _SMALLEST)


def _anchors(shape: Any) -> list[tuple[float, float]]:
    """Where a name may stand: in the middle of the widest place, or in the middle of all."""
    largest = max(shapely.get_parts(shape), key=shapely.area)
    circle = shapely.maximum_inscribed_circle(largest, tolerance=0.2)
    points = [shapely.get_coordinates(circle)[0]]
    points += [shapely.get_coordinates(shapely.centroid(largest))[0]]
    return [(float(x), float(y)) for x, y in points]


def _trials(name: str, figure: str, enlarged: float, *, sizes: Sequence[float]) -> Iterator[_Trial]:
    """From the best way to write it to the worst."""
    text = shorten(drawable(name), _LONGEST * enlarged, _SIZES[0] * enlarged, bold=True)
    ways: list[tuple[str, ...]] = [(text,)]
    if " " in text:
        ways.append(_halves(text))
    if figure:
        for size in sizes:
            for way in ways:
                yield _Trial((*way, figure), len(way), size * enlarged)
    for size in sizes:
        for way in ways:
            yield _Trial(way, len(way), size * enlarged)


def _halves(text: str) -> tuple[str, str]:
    """A name in two lines, broken at the space nearest to its middle."""
    at = min((i for i, c in enumerate(text) if c == " "), key=lambda i: abs(i - len(text) / 2))
    return text[:at], text[at + 1 :]


def _try(
    trials: Iterator[_Trial],
    shape: Any,
    anchors: list[tuple[float, float]],
    taken: NDArray[np.float64],
    frame: Box,
    *,
    inside: bool,
) -> tuple[_Trial, NDArray[np.float64]] | None:
    for trial in trials:
        for x, y in anchors:
            half = np.array([trial.width / 2 + 0.3, trial.height / 2 + 0.2])
            box = np.array([x - half[0], y - half[1], x + half[0], y + half[1]])
            if _free(box, taken, frame) and _belongs(shapely.box(*box), shape, inside=inside):
                return trial, box
    return None


def _free(box: NDArray[np.float64], taken: NDArray[np.float64], frame: Box) -> bool:
    if box[0] < frame.x + 1 or box[1] < frame.y + 1 or box[2] > frame.right - 1 or box[3] > frame.top - 1:
        return False
    over = (taken[:, 0] < box[2]) & (taken[:, 2] > box[0]) & (taken[:, 1] < box[3]) & (taken[:, 3] > box[1])
    return not bool(over.any())


def _belongs(box: Any, shape: Any, *, inside: bool) -> bool:
    if inside:
        return bool(shapely.contains(shape, box))
    return bool(shapely.area(shapely.intersection(shape, box)) >= _MOSTLY * shapely.area(box))


def _lines(area: int, trial: _Trial, box: NDArray[np.float64]) -> Iterator[Line]:
    step = trial.size * PT * _LEADING
    for number, text in enumerate(trial.lines):
        y = box[3] - 0.2 - number * step - 0.82 * step
        yield Line(area, float((box[0] + box[2]) / 2), float(y), text, trial.size, bold=number < trial.bold)
