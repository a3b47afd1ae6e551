"""Land by how many plans cover it, from arrays of polygons, by the kernel `geoplan.measures.sweep`.

`covered` takes shapes and mends what is invalid; `depth_areas` takes arrays and names it; a `Sweep` keeps
layers ready to be asked again. Numba (the extra ``fast``) is loaded
when the first of them is called.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from geoplan.authalic import TERMS, strip_polynomial
from geoplan.errors import DataError, UsageError
from geoplan.intake.repair import made_valid
from geoplan.rings import Rings, joined, rings_of, shapes_of, starts, taken

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geoplan.measures.sweep import Cells, Layer

Integrand = Literal["ellipsoid", "plane"]
_STEPS: Final = 50
"""Powers of two in the lattice: differences of products of such numbers are exact in Dekker's sum."""
_TALL_DEGREES: Final = 0.05
"""An edge that climbs more is integrated in parts; Gauss's two points are exact to 1e-16 below."""
_NEGLIGIBLE: Final = 1e-17
"""Of the first power of an area's polynomial: where the sixth is less, the kernel takes five."""
_ALONE: Final = 60_000
"""Vertices below which one thread is quicker than two."""
_PARTS_PER_THREAD: Final = 12
_HOME: Final = np.array([106.0, 15.0])
_HOME_REACH: Final = 16.0
BOX_MARGIN_DEGREES: Final = 1e-5
"""What may lie within this of a unit's box belongs to its part, for the same bits: boxes are rounded here."""
_HOME_STEPS: Final = 46
"""What lies within 16° of here has one lattice, 2⁴⁶ steps a degree (1.6 nm, the spacing of doubles at this
longitude), whatever else is in the layers: a part of the country gives the bits that the whole gives."""


@dataclass(frozen=True)
class DepthAreas:
    """Land by how many plans cover it.

    Attributes
    ----------
    together
        units × depths: area under at least 1, 2, … plans of any kind, in m² (in the square of the
        coordinates' unit for the plane).
    by_kind
        units × kinds × depths: the same, of the plans of one kind.
    units
        Area of each unit.
    suspect_units, suspect_plans
        Bodies whose rings touch or cross. Those that GEOS calls invalid have wrong areas here: mend them
        and run again, or call `covered`, which does.
    crossings
        Crossings of edges met, a measure of the work.
    people
        units × (kinds and, last, together) × depths: people there, where cells were given; else 0.
    inhabitants
        People of each unit, and in the cells of its box: what the former is rounded from.
    """

    together: NDArray[np.float64]
    by_kind: NDArray[np.float64]
    units: NDArray[np.float64]
    suspect_units: NDArray[np.intp]
    suspect_plans: NDArray[np.intp]
    crossings: int
    people: NDArray[np.float64]
    inhabitants: NDArray[np.float64]


class Sweep:
    """Units and plans made ready for the kernel; see `depth_areas` for the parameters.

    Worth keeping when the same layers are asked again: only `areas` is then to be paid.
    """

    def __init__(self, units: Rings, plans: Rings, *, threads: int | None = None) -> None:
        self._kernel = _kernel()
        self._threads = _threads(threads, len(units.xy) + len(plans.xy))
        corner = next((r.xy[0] for r in (units, plans) if len(r.xy)), np.zeros(2))
        at_home = bool((np.abs(corner - _HOME) < _HOME_REACH).all())
        begin = _HOME if at_home else np.floor(corner) if np.isfinite(corner).all() else np.zeros(2)
        self._units, low, high = self._boxed(units, begin, what="units")
        self._plans, low2, high2 = self._boxed(plans, begin, what="plans")
        low, high = np.minimum(low, low2), np.maximum(high, high2)
        extent = float(np.max(high - low))
        power = _STEPS - int(np.ceil(np.log2(extent))) if 0 < extent < np.inf else _STEPS
        if at_home and (np.maximum(high - _HOME, _HOME - low) <= _HOME_REACH).all():
            power = _HOME_STEPS
        self._lattice = self._kernel.Lattice(float(begin[0]), float(begin[1]), 2.0**power, 2.0**-power)
        self.suspect_units = self._suspects(self._units)
        self.suspect_plans = self._suspects(self._plans)

    def areas(
        self,
        kinds: NDArray[Any],
        *,
        depth: int = 2,
        integrand: Integrand = "ellipsoid",
        only: NDArray[Any] | None = None,
    ) -> DepthAreas:
        """The areas; those of the units `only` (positions) where given, in that order."""
        every = np.arange(len(self._units.body_box))
        wanted = every if only is None else every[np.asarray(only, dtype=np.int64)]
        kinds = np.asarray(kinds, dtype=np.int64)
        if len(kinds) != len(self._plans.body_box):  # the kernel checks no index
            raise UsageError(
                vi=f"mỗi quy hoạch cần một loại: {len(kinds)} loại, {len(self._plans.body_box)} quy hoạch.",
                en=f"each plan needs a kind: {len(kinds)} kinds, {len(self._plans.body_box)} plans.",
            )
        rules = self._rules(self._units.body_box[wanted], integrand)
        return self._areas(kinds, int(kinds.max(initial=-1)) + 1, depth, wanted, rules)

    def _areas(
        self,
        kinds: NDArray[np.int64],
        count: int,
        depth: int,
        wanted: NDArray[np.int64],
        rules: NDArray[np.float64],
        *,
        cells: Cells | None = None,
    ) -> DepthAreas:
        """The areas of some units, of the plans of so many kinds; and people, where cells are given."""
        units, plans = self._units, self._plans
        side = max(1, int(np.sqrt(len(wanted))))
        first, found = self._kernel.pairs(units.body_box, plans.body_box, kinds < 0, wanted, side, side)
        areas = np.zeros((len(wanted), count + 1, depth))
        own, crossed = np.zeros(len(wanted)), np.zeros(len(wanted), np.int64)
        groups = units.ring_group[units.body_ring[wanted + 1]] - units.ring_group[units.body_ring[wanted]]
        rings = plans.body_ring[found], plans.body_ring[found + 1]
        blocks = 8 * (groups + _sums(plans.ring_group[rings[1]] - plans.ring_group[rings[0]], first))
        near = _sums(rings[1] - rings[0], first)
        if cells is None:
            cells = self._kernel.Cells(np.zeros((0, 0)), 0, 0, 0.0, 0.0, 1.0, 1.0)
        room = _room_for(cells, units.body_box[wanted])
        people, inhabitants = np.zeros_like(areas), np.zeros((len(wanted), 2))

        def work(which: NDArray[np.int64]) -> None:
            self._kernel.sweep_units(
                which, wanted, units, plans, first, found, kinds, self._lattice, rules,
                int(blocks[which].max()), int(near[which].max()), cells, int(room[which].max()), areas, own,
                people, inhabitants, crossed,
            )  # fmt: skip

        few = blocks.sum() < _ALONE // 8
        self._run(work, _shared_out(blocks, 1 if few else self._threads))
        np.maximum(areas, 0.0, out=areas)
        return DepthAreas(
            together=areas[:, -1],
            by_kind=areas[:, :-1],
            units=own,
            suspect_units=self.suspect_units,
            suspect_plans=self.suspect_plans,
            crossings=int(crossed.sum()),
            people=people,
            inhabitants=inhabitants,
        )

    def _boxed(
        self, rings: Rings, begin: NDArray[np.float64], *, what: str
    ) -> tuple[Layer, NDArray[np.float64], NDArray[np.float64]]:
        """A layer with its boxes, and its extent."""
        count = len(rings.ring_start) - 1
        groups = starts((np.diff(rings.ring_start) - 1 + 63) // 64)
        is_shell = np.zeros(count, np.bool_)
        is_shell[rings.polygon_start[:-1]] = True
        layer = self._kernel.Layer(
            xy=np.ascontiguousarray(rings.xy, dtype=np.float64),
            ring_start=rings.ring_start,
            ring_group=groups,
            ring_turn=np.ones(count),
            ring_box=np.empty((count, 4), np.float32),
            body_ring=rings.polygon_start[rings.body_start],
            body_box=np.empty((len(rings.body_start) - 1, 4), np.float32),
            boxes=np.empty((groups[-1], 4, 8), np.float32),
            is_shell=is_shell,
        )
        extents: list[NDArray[np.float64]] = [np.array([np.inf, np.inf, -np.inf, -np.inf])]

        def work(which: NDArray[np.int64]) -> None:
            extent = np.array([np.inf, np.inf, -np.inf, -np.inf])
            extents.append(extent)
            wrong = self._kernel.box_rings(which[0], which[-1] + 1, layer, begin[0], begin[1], extent)
            if wrong >= 0:
                raise _wrong_ring(layer, int(wrong), what)

        self._run(work, _slices(np.diff(rings.ring_start), self._threads))
        self._kernel.box_bodies(layer)
        every = np.array(extents)
        return layer, every[:, :2].min(axis=0), every[:, 2:].max(axis=0)

    def _suspects(self, layer: Layer) -> NDArray[np.intp]:
        suspect = np.zeros(len(layer.body_box), np.bool_)
        groups = np.diff(layer.ring_group[layer.body_ring])

        def work(which: NDArray[np.int64]) -> None:
            self._kernel.find_suspects(
                which[0], which[-1] + 1, layer, self._lattice, groups[which].max(), suspect
            )

        self._run(work, _slices(groups + 1, self._threads))
        return np.flatnonzero(suspect)

    def _rules(self, box: NDArray[np.float32], integrand: Integrand) -> NDArray[np.float64]:
        """For each unit: middle of its y, what makes y run from −1 to 1, tallest edge, powers of Q."""
        low, high = (np.where(np.isfinite(box[:, k]), box[:, k], 0).astype(np.float64) for k in (1, 3))
        rules = np.zeros((len(box), 3 + TERMS))
        half = np.maximum((high - low) / 2, self._lattice.step)
        rules[:, 0], rules[:, 1] = (low + high) / 2, 1 / half
        if integrand == "plane":
            rules[:, 2], rules[:, 3] = np.inf, half
        else:
            middle = self._lattice.y + rules[:, 0]
            rules[:, 2] = _TALL_DEGREES
            rules[:, 3:] = strip_polynomial(middle - half, middle + half)
            small = np.abs(rules[:, 8]) < _NEGLIGIBLE * rules[:, 3]
            rules[small, 8:] = 0.0
        return rules

    def _run(self, work: Callable[[NDArray[np.int64]], None], parts: list[NDArray[np.int64]]) -> None:
        """Do the parts, heaviest first as they come, each thread taking the next when it is free."""
        if self._threads == 1 or len(parts) < 2:  # noqa: PLR2004
            for part in parts:
                work(part)
            return
        with ThreadPoolExecutor(self._threads) as pool:
            for done in [pool.submit(work, part) for part in parts]:
                done.result()


def _kernel() -> Any:
    """The compiled functions."""
    try:
        return import_module("geoplan.measures.sweep")
    except ModuleNotFoundError as missing:
        if missing.name not in {"numba", "llvmlite"}:
            raise
        raise UsageError(
            vi="máy tính diện tích nhanh cần Numba; hãy cài: pip install 'geoplan[fast]'.",
            en="the fast engine needs Numba; install it: pip install 'geoplan[fast]'.",
        ) from None


def _threads(wanted: int | None, vertices: int) -> int:
    if wanted is not None:
        return max(1, wanted)
    return 1 if vertices < _ALONE else (os.cpu_count() or 1)


def _sums(values: NDArray[Any], first: NDArray[np.int64]) -> NDArray[np.int64]:
    """Sums of runs of values that begin at `first`."""
    return np.diff(starts(values)[first])


def _room_for(cells: Cells, box: NDArray[np.float32]) -> NDArray[np.int64]:
    """Cells that each unit's window takes at most, three more to a row."""
    size = np.maximum((box[:, 2:] - box[:, :2]).astype(np.float64), 0.0) * np.abs([cells.per_x, cells.per_y])
    columns, rows = np.minimum(np.ceil(size) + 2, np.array(cells.people.shape)[::-1]).astype(np.int64).T
    return np.asarray(rows * (columns + 3))


def _slices(weights: NDArray[Any], threads: int) -> list[NDArray[np.int64]]:
    """Positions in runs of about the same weight."""
    if not len(weights):
        return []
    parts = 1 if threads == 1 else threads * 4
    ends = np.searchsorted(np.cumsum(weights), np.arange(1, parts) * (weights.sum() / parts))
    return [part for part in np.split(np.arange(len(weights)), ends) if len(part)]


def _shared_out(weights: NDArray[np.int64], threads: int) -> list[NDArray[np.int64]]:
    """Positions in parts, the heaviest first."""
    order = np.argsort(-weights, kind="stable")
    parts = 1 if threads == 1 else threads * _PARTS_PER_THREAD
    ends = np.searchsorted(np.cumsum(weights[order]), np.arange(1, parts) * (weights.sum() / parts))
    return [part for part in np.split(order, ends) if len(part)]


def _wrong_ring(layer: Layer, ring: int, what: str) -> DataError:
    body = int(np.searchsorted(layer.body_ring, ring, side="right")) - 1
    return DataError(
        vi=f"{what}: vùng thứ {body + 1} có tọa độ không phải số hữu hạn hoặc đường bao không khép kín; "
        "hãy sửa đối tượng đó.",
        en=f"{what}: polygon number {body + 1} has coordinates that are not finite or a ring that is not "
        "closed; mend that feature.",
    )


def depth_areas(
    units: Rings,
    plans: Rings,
    kinds: NDArray[Any],
    *,
    depth: int = 2,
    integrand: Integrand = "ellipsoid",
    threads: int | None = None,
) -> DepthAreas:
    """Area of each unit under at least 1, 2, … plans, by kind and together.

    Parameters
    ----------
    units, plans
        Polygons in one coordinate system; rings may turn either way. Units may overlap each other.
    kinds
        A number from 0 for each plan; a plan with −1 counts nowhere.
    depth
        How many depths.
    integrand
        ``ellipsoid``: longitude and latitude in degrees, areas in m² on WGS 84, edges straight in
        degrees. ``plane``: any plane, areas in its square unit.
    threads
        How many; by the machine and the amount of work when None.

    Raises
    ------
    DataError
        When a coordinate is not finite or a ring is not closed.

    Notes
    -----
    For areas on part of the units only (plans on urban land), give as units the unit's share of that
    land: ``shapely.intersection(unit, urban)``, made once and kept.
    """
    return Sweep(units, plans, threads=threads).areas(kinds, depth=depth, integrand=integrand)


def covered(
    units: NDArray[Any] | Rings,
    plans: NDArray[Any] | Rings,
    kinds: NDArray[Any],
    *,
    depth: int = 2,
    integrand: Integrand = "ellipsoid",
    threads: int | None = None,
) -> DepthAreas:
    """`depth_areas` of shapes, invalid ones mended: named in the result, never silently wrong.

    Parameters
    ----------
    units, plans
        Polygons and multipolygons, as objects or as arrays; what is mended is mended by
        `geoplan.intake.repair.made_valid`.

    Returns
    -------
    DepthAreas
        ``suspect_units`` and ``suspect_plans`` are those that were invalid, and were mended.
    """
    units, plans = (x if isinstance(x, Rings) else rings_of(x) for x in (units, plans))
    ready = Sweep(units, plans, threads=threads)
    (units, wrong_units), (plans, wrong_plans) = (
        _without_invalid(x, s) for x, s in ((units, ready.suspect_units), (plans, ready.suspect_plans))
    )
    if len(wrong_units) or len(wrong_plans):
        ready = Sweep(units, plans, threads=threads)
    result = ready.areas(kinds, depth=depth, integrand=integrand)
    return replace(result, suspect_units=wrong_units, suspect_plans=wrong_plans)


def _without_invalid(rings: Rings, suspects: NDArray[np.intp]) -> tuple[Rings, NDArray[np.intp]]:
    """The bodies with those of the suspects that GEOS calls invalid mended; which these are."""
    shapes = shapes_of(taken(rings, suspects))
    invalid = ~shapely.is_valid(shapes)
    if not invalid.any():
        return rings, suspects[invalid]
    wrong = suspects[invalid]
    place = np.arange(len(rings.body_start) - 1)
    place[wrong] = len(place) + np.arange(len(wrong))
    sound = rings_of(mended(shapes[invalid], np.arange(len(wrong))))
    return taken(joined([rings, sound]), place), wrong


def mended(shapes: NDArray[Any], which: NDArray[np.intp]) -> NDArray[np.object_]:
    """The shapes with those at `which` made valid."""
    out = shapes.copy()
    for i in which.tolist():
        out[i] = made_valid(out[i])
    return out
