"""People in polygons, and on land under plans, from a raster: exact in border cells, by the kernel `sweep`.

People are spread evenly over a cell, so the people in a region are ∮ P(x, y) dy along its border (Green's
theorem), y in rows, x in columns, P the people west of x in the row of y: the prefix sum of the row, linear
inside a cell. A straight piece of border, cut at the lines of rows and columns, has its integral by the mean
of P. The kernel walks the borders of units, and of the land under plans, piece by piece anyway; people are a
second integrand of the same pieces.

The raster is read by bands of rows, each once, a band ahead of the work. Bands are the raster's, so that a
unit's sum is the same to the last bit whatever other units are asked. A unit that spans several bands is
walked for each, with the rows of the others left out, and its parts add up. With plans, whose crossings cost
more than cells, a unit that is not tall is walked once instead, and bands overlap by such units' height.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import shapely

from geoplan.measures.depth import Sweep, mended
from geoplan.rings import rings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.intake.raster import Raster
    from geoplan.measures.depth import DepthAreas, Integrand
    from geoplan.measures.overlay import Progress

BAND_CELLS: Final = 8_000_000
"""Cells of a band: 64 MB, and twice that with the one that is read ahead."""
ROUNDED: Final = 1e-5
"""A unit with a smaller share of the people in its box may be off by 1e-9: rounding is that of the box."""


class _Band(NamedTuple):
    """Rows and columns of a raster, and the units whose people they hold."""

    first: int
    last: int
    top: int
    bottom: int
    units: NDArray[np.intp]


def people_by_depth(
    units: NDArray[Any],
    plans: NDArray[Any],
    kinds: NDArray[Any],
    *,
    raster: Raster,
    depth: int = 1,
    integrand: Integrand = "ellipsoid",
    threads: int | None = None,
    progress: Progress | None = None,
) -> DepthAreas:
    """People of each unit, and on its land under at least 1, 2, … plans, by kind and together; areas too.

    Parameters
    ----------
    units, plans
        Polygons in the coordinates of the raster; what is invalid is mended, as by `depth.covered`.
    kinds
        A number from 0 for each plan; a plan with −1 counts nowhere.
    raster
        People per cell; outside it and where it has no data is nobody.
    depth, integrand, threads
        As in `depth.depth_areas`.
    progress
        Called with units done (about) and in all.

    Returns
    -------
    DepthAreas
        With ``people`` and ``inhabitants``. A unit that does not meet the raster has 0 of everything.
    """
    ready, wrong = _ready(np.asarray(units, dtype=object), np.asarray(plans, dtype=object), threads)
    kinds = np.asarray(kinds, dtype=np.int64)
    result = ready.people(kinds, raster=raster, depth=depth, integrand=integrand, progress=progress)
    return replace(result, suspect_units=wrong[0], suspect_plans=wrong[1])


def _ready(
    units: NDArray[Any], plans: NDArray[Any], threads: int | None
) -> tuple[PeopleSweep, list[NDArray[np.intp]]]:
    """Layers for the kernel, and which were mended."""
    ready = PeopleSweep(rings_of(units), rings_of(plans), threads=threads)
    suspects = ((units, ready.suspect_units), (plans, ready.suspect_plans))
    wrong = [which[~shapely.is_valid(shapes[which])] for shapes, which in suspects]
    if len(wrong[0]) or len(wrong[1]):
        sound = rings_of(mended(units, wrong[0])), rings_of(mended(plans, wrong[1]))
        ready = PeopleSweep(*sound, threads=threads)
    return ready, wrong


class PeopleSweep(Sweep):
    """A `Sweep` that counts people of a raster in the same pass; layers are in the raster's coordinates."""

    def people(
        self,
        kinds: NDArray[np.int64],
        *,
        raster: Raster,
        depth: int,
        integrand: Integrand,
        progress: Progress | None,
    ) -> DepthAreas:
        """People and areas; see `people_by_depth`."""
        count, every = int(kinds.max(initial=-1)) + 1, len(self._units.body_box)
        rules = self._rules(self._units.body_box, integrand)
        total = self._areas(kinds, count, depth, np.arange(0), rules[:0])
        shape = (every, count + 1, depth)
        areas, people, own = np.zeros(shape), np.zeros(shape), np.zeros(every)
        inhabitants, crossings = np.zeros((every, 2)), 0
        bands = self._bands(raster, whole=bool(len(kinds)))
        read = raster.strips((band.first, band.last, band.top, band.bottom) for band in bands)
        for k, (band, cells) in enumerate(zip(bands, read, strict=True)):
            held = self._cells(raster, band, cells)
            part = self._areas(kinds, count, depth, band.units, rules[band.units], cells=held)
            areas[band.units] = np.concatenate([part.by_kind, part.together[:, None]], axis=1)
            own[band.units] = part.units
            people[band.units] += part.people
            inhabitants[band.units] += part.inhabitants
            crossings += part.crossings
            if progress is not None:
                progress(every * (k + 1) // len(bands), every)
        return replace(
            total,
            together=areas[:, -1],
            by_kind=areas[:, :-1],
            units=own,
            crossings=crossings,
            people=np.maximum(people, 0.0),
            inhabitants=inhabitants,
        )

    def _cells(self, raster: Raster, band: _Band, people: NDArray[np.float64]) -> Any:
        """A band for the kernel."""
        at = raster.transform
        x, y = at.c - self._lattice.x, at.f - self._lattice.y
        return self._kernel.Cells(people, band.first, band.top, x, y, 1 / at.a, 1 / at.e)

    def _bands(self, raster: Raster, *, whole: bool) -> list[_Band]:
        """Bands of the raster from its first row to its last, with the units in each; `whole`: see above."""
        box, at = self._units.body_box.astype(np.float64), raster.transform
        there = box[:, 0] <= box[:, 2]
        box = np.where(there[:, None], box, 0.0)
        x = np.sort((box[:, ::2] + self._lattice.x - at.c) / at.a, axis=1)
        y = np.sort((box[:, 1::2] + self._lattice.y - at.f) / at.e, axis=1)
        x, y = np.clip(x, 0, raster.width), np.clip(y, 0, raster.height)
        span = np.floor(x[:, 0]), np.ceil(x[:, 1]), np.floor(y[:, 0]), np.ceil(y[:, 1])
        first, last, top, bottom = (ends.astype(np.int64) for ends in span)
        left = np.flatnonzero(there & (first < last) & (top < bottom))
        if not len(left):
            return []
        block = raster.block_rows if raster.block_rows * raster.width <= 4 * BAND_CELLS else 1
        rows = max(BAND_CELLS // raster.width // block, 1) * block
        once = (bottom - top <= rows // 2) if whole else np.zeros(len(top), np.bool_)
        found = []

        def add(begin: int, rows: int, units: NDArray[np.intp]) -> None:
            across = int(first[units].min()), int(last[units].max())
            down = max(begin, int(top[units].min())), min(begin + rows, int(bottom[units].max()))
            found.append(_Band(*across, *down, units))

        cut, waiting = left[~once[left]], left[once[left]]
        for begin in range(int(top[left].min()) // rows * rows, int(bottom[left].max()), rows):
            met = cut[(top[cut] < begin + rows) & (bottom[cut] > begin)]
            if len(met):
                add(begin, rows, met)
        while len(
            waiting
        ):  # the first one fits always: no taller than half of `rows`, and begun within a block
            begin = int(top[waiting].min()) // block * block
            fits = bottom[waiting] <= begin + rows + block
            add(begin, rows + block, waiting[fits])
            waiting = waiting[~fits]
        return found
