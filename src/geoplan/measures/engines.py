"""Two engines, one answer: how much of each unit lies under at least one, and at least two, plans of a kind.

``geos`` cuts the plans at the unit's border and unites them: a tree, GEOS's overlay, a loop over the units.
It is always there, and what the other is tested against. ``sweep`` counts depths along the rings without
building a union (`geoplan.measures.sweep`); it needs numba (the extra ``fast``), is compiled once on a
machine, and is the faster by far where there is much to do. Both take edges as straight in longitude and
latitude and measure on the ellipsoid (`geoplan.authalic`).
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from geoplan.crs import area_km2
from geoplan.errors import UsageError
from geoplan.intake.repair import made_valid
from geoplan.measures import overlay
from geoplan.rings import Rings, shapes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.measures.overlay import Progress

Engine = Literal["auto", "geos", "sweep"]
MUCH: Final = 300_000
"""Vertices from which ``auto`` takes ``sweep``: below, loading and compiling it costs more than it saves."""
_WORTH_THREADS: Final = 10_000
"""Vertices from which GEOS works on several units at a time."""
_M2_PER_KM2: Final = 1e6


@dataclass(frozen=True)
class Sums:
    """Areas in km², units × kinds, and which engine found them."""

    covered: NDArray[np.float64]
    twice: NDArray[np.float64]
    engine: Literal["geos", "sweep"]
    mended: NDArray[np.intp]  # positions of shapes that were invalid, and were mended


def require_engine(engine: str) -> None:
    """Refuse an engine that does not exist, or is not installed.

    Raises
    ------
    UsageError
        Saying which there are.
    """
    if engine not in {"auto", "geos", "sweep"}:
        raise UsageError(
            vi=f"engine=“{engine}” không có; hãy dùng auto, geos hoặc sweep.",
            en=f"there is no engine=“{engine}”; use auto, geos or sweep.",
        )
    if engine == "sweep" and find_spec("numba") is None:
        raise UsageError(
            vi="engine=“sweep” cần numba: pip install 'geoplan[fast]'; hoặc dùng engine=“geos”.",
            en="engine=“sweep” needs numba: pip install 'geoplan[fast]'; or use engine=“geos”.",
        )


def sums(
    units: NDArray[Any] | Rings,
    shapes: NDArray[Any] | Rings,
    kinds: NDArray[np.int64],
    *,
    count: int,
    engine: Engine = "auto",
    progress: Progress | None = None,
) -> Sums:
    """Land of each unit under one and under two or more shapes of each kind.

    Parameters
    ----------
    units, shapes
        Polygons in longitude and latitude, as objects or as arrays; empty ones have no part in anything.
        Those as objects are valid; of arrays the invalid ones are mended and named in the result.
    kinds
        The kind of each shape, from 0 up to `count`; −1 for one that counts nowhere.
    engine
        See the module; ``auto`` takes what is faster for the size.
    progress
        Called with units done and in all; once by ``sweep``.
    """
    if engine == "auto":
        engine = engine_for(_vertices(units) + _vertices(shapes))
    if engine == "geos":
        return _geos(units, shapes, kinds, count, progress)
    return _sweep(units, shapes, kinds, count, progress)


def engine_for(vertices: int) -> Literal["geos", "sweep"]:
    """What ``auto`` takes for so many vertices, those of the units included."""
    return "sweep" if vertices >= MUCH and find_spec("numba") is not None else "geos"


def _vertices(shapes: NDArray[Any] | Rings) -> int:
    return len(shapes.xy) if isinstance(shapes, Rings) else int(shapely.get_num_coordinates(shapes).sum())


def _geos(
    units: NDArray[Any] | Rings,
    shapes: NDArray[Any] | Rings,
    kinds: NDArray[np.int64],
    count: int,
    progress: Progress | None,
) -> Sums:
    units, _ = _sound(units)
    shapes, mended = _sound(shapes)
    shapes = np.where(kinds < 0, overlay.EMPTY, shapes)
    inside = overlay.Inside(units, shapes)
    land = np.full((2, len(units), count), overlay.EMPTY, dtype=object)

    def cover(unit: int) -> None:
        which, parts = inside.parts(unit)
        for kind in np.unique(kinds[which]).tolist():
            of_kind = parts[kinds[which] == kind]
            land[0, unit, kind], land[1, unit, kind] = overlay.union(of_kind), overlay.twice(of_kind)

    threads = (os.cpu_count() or 1) if _vertices(units) + _vertices(shapes) >= _WORTH_THREADS else 1
    with ThreadPoolExecutor(threads) as pool:  # GEOS works without the interpreter's lock
        for done, _ in enumerate(pool.map(cover, range(len(units))), start=1):
            if progress is not None:
                progress(done, len(units))
    covered, twice = area_km2(land.ravel()).reshape(land.shape)
    return Sums(covered, twice, "geos", mended)


def _sound(shapes: NDArray[Any] | Rings) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Valid objects, and which of them were mended; those that come as objects are valid already."""
    if not isinstance(shapes, Rings):
        return shapes, np.empty(0, np.intp)
    made = shapes_of(shapes)
    wrong = np.flatnonzero(~shapely.is_valid(made))
    for i in wrong.tolist():
        made[i] = made_valid(made[i])
    return made, wrong


def _sweep(
    units: NDArray[Any] | Rings,
    shapes: NDArray[Any] | Rings,
    kinds: NDArray[np.int64],
    count: int,
    progress: Progress | None,
) -> Sums:
    from geoplan.measures.depth import covered  # noqa: PLC0415 - numba is an extra, and slow to load

    found = covered(units, shapes, kinds)
    done = len(found.units)
    areas = np.zeros((done, count, 2))
    areas[:, : found.by_kind.shape[1]] = found.by_kind / _M2_PER_KM2
    if progress is not None:
        progress(done, done)
    return Sums(areas[:, :, 0], areas[:, :, 1], "sweep", found.suspect_plans)
