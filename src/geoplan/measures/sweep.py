# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
# ruff: noqa: ANN001, ANN003, ANN201, ANN202, ARG001, C901, PLR0912, PLR0917, PLR2004, SIM102 - as Numba wants it
"""The land of each unit by how many plans cover it, without building a union: the engine for many plans.

One pass gives, for every unit (a commune), the area under at least 1, 2, … plans, for each kind of plan
and for all together. Needs Numba (the extra ``fast``); compiled once for a machine and kept on disk.

**The idea.** Every edge of every ring is cut where it crosses another ring. Along each piece the number of
*other* plans there, n, is known, and the piece's share of Green's integral −∮ Q(y) dx goes to a sum chosen by
n: the border of {depth ≥ k} inside the unit is made of the plans' pieces with n = k − 1 in the unit, and of
the unit's own pieces with n ≥ k. With Q(y) = y this is the area in the plane; with Q the area of a strip of
the ellipsoid (`geoplan.authalic`), that on the ellipsoid, edges straight in longitude and latitude.
Per unit Q is a polynomial in y, so both are the same code, and pieces add up to their edge.

**People** of a raster, spread evenly over each cell, are ∮ P dy in rows and columns, P the people west of a
point in its row: a second integrand of the same pieces, cut at the lines of the cells (`_people`).

**Numbers.** Coordinates are rounded to a lattice 2⁵⁰ steps wide (a nanometre over Vietnam), so that their
differences are exact, and the sign of an orientation (is c left of a→b?) by Dekker's products is exact too,
its value right to the last bit. Every orientation of zero gets its sign as if the body of rank r (unit 0,
plans 1, 2, …) were moved by r·(ε, ε²): then no vertex lies on an edge of another body, no edges overlap, and
exact copies, shared borders and touching corners are ordinary crossings or none. Areas are continuous in
the shift, so the answer is the true one, and nothing can throw.

**Order.** A counter starts with the winding of all bodies at the first vertex of a run of edges and changes
by ±1 at each crossing. Sums of ±1 do not depend on the order of crossings, so crossings that coincide cost a
piece of length 0 at worst. Where only part of a ring is near the unit, every edge that could cross that part
is there too (the passive blocks), so that the counter stays right outside the unit.

**Layout.** Edges go by eights, a *block*; boxes of eight blocks (or of the eight edges of one) lie together
as float32, rounded outwards, and one primitive, `meets`, says which of eight boxes meet a box. It serves the
points in rings, the border test, the grid and the edges. In the hot loops only scalars are handed on, and the
functions there count no references to arrays (see `_compiled`): that alone was a factor of 1.5.

**Invalid shapes.** Orientation of rings is mended here; rings of a body that touch or cross themselves or one
another, or do not lie in one another as shell and holes do, make the body a *suspect*: not every suspect is
invalid (a hole may touch its shell), but none that is invalid by more than the lattice's rounding goes
unnamed. `geoplan.measures.depth.covered` asks GEOS about the suspects, mends the invalid and runs again.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from llvmlite import ir
from numba import config, njit, types
from numba.extending import intrinsic

if TYPE_CHECKING:
    from numpy.typing import NDArray

_CELL: Final = 1.6
"""Width of a cell of a unit's grid, in mean blocks."""

_PLAIN: Final = os.environ.get("GEOPLAN_PLAIN_KERNEL", "") == "1"
"""Use the plain form of each intrinsic: slower, the same answers; the tests compare the two."""


class Lattice(NamedTuple):
    """Where the lattice begins, how many steps a unit of the coordinates has, and the length of a step."""

    x: float
    y: float
    scale: float
    step: float


class Layer(NamedTuple):
    """Bodies ready for the kernel: their rings, which way those turn, and boxes of eights of edges.

    Boxes are float32 from the lattice's beginning, rounded outwards: x and y least, x and y most.
    """

    xy: NDArray[np.float64]
    ring_start: NDArray[np.int64]
    ring_group: NDArray[np.int64]  # first group of eight blocks of each ring
    ring_turn: NDArray[np.float64]  # 1 where the ring has its land on the left, else −1
    ring_box: NDArray[np.float32]
    body_ring: NDArray[np.int64]
    body_box: NDArray[np.float32]
    boxes: NDArray[np.float32]  # groups × 4 × 8
    is_shell: NDArray[np.bool_]


class Cells(NamedTuple):
    """People per cell of a window of a raster; nobody is where it is NaN or below 0, or outside it.

    `left` and `top`: its first column and row. `x` and `y`: where the raster begins, from the lattice's
    beginning; `per_x` and `per_y`: columns and rows to a unit of the coordinates, below 0 where they run
    west or south. No window at all is one without rows.
    """

    people: NDArray[np.float64]
    left: int
    top: int
    x: float
    y: float
    per_x: float
    per_y: float


class _Window(NamedTuple):
    """The cells of one unit: people west of each column in each row, and coordinates to columns and rows."""

    sums: NDArray[np.float64]
    rows: int
    columns: int
    x: float
    y: float
    per_x: float
    per_y: float


class _Room(NamedTuple):
    """Working arrays of one thread; the local blocks of a unit and their crossings."""

    x: NDArray[np.float64]  # nine vertices a block, from the unit's corner
    y: NDArray[np.float64]
    edge_box: NDArray[np.float32]  # blocks × 4 × 8
    block_box: NDArray[np.float32]
    body: NDArray[np.int32]  # 0 the unit, i + 1 its i-th candidate
    ring: NDArray[np.int64]
    number: NDArray[np.int64]  # which block of its ring
    active: NDArray[np.bool_]
    turn: NDArray[np.float64]
    head: NDArray[np.int32]  # first crossing of each edge, −1 for none
    near_ring: NDArray[np.int64]  # rings that can matter to the unit
    near_body: NDArray[np.int32]
    near_state: NDArray[np.int8]
    near_box: NDArray[np.float32]  # eights of boxes, as above
    border: NDArray[np.float32]  # boxes of the unit's groups
    there: NDArray[np.int64]  # those near a ring
    cell_start: NDArray[np.int64]
    held: NDArray[np.int32]


class _Crossings(NamedTuple):
    """Crossings, two for each (one on either edge): where, of what, and how the counter changes."""

    t: NDArray[np.float64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    following: NDArray[np.int32]
    body: NDArray[np.int32]
    change: NDArray[np.int64]


def _compiled(function, **more):
    """Compile without the interpreter's lock; keep it on disk where a folder for that can be written.

    Without counting references either (``_nrt``): arrays come from the caller and outlive the call, and
    two atomic counts for each use of one cost more than the work. Such a function cannot allocate.
    """
    options = {"nogil": True, "error_model": "numpy", "_nrt": False} | more
    try:
        return njit(cache=not _PLAIN, **options)(function)
    except RuntimeError:
        return njit(**options)(function)


def _inlined(function):
    """The same, put into its callers."""
    return _compiled(function, inline="always")


def _allocating(function):
    """The same with counts of references, for what makes arrays."""
    return _compiled(function, _nrt=True)


# ---- Primitives: scalars in, scalars out ------------------------------------------------------------


@_compiled
def _two_product_error(a, b, p):
    """What rounding took from p = a·b (T. J. Dekker, 1971), exactly."""
    ca = 134217729.0 * a
    ah = ca - (ca - a)
    al = a - ah
    cb = 134217729.0 * b
    bh = cb - (cb - b)
    bl = b - bh
    return ((ah * bh - p) + ah * bl + al * bh) + al * bl


@_compiled
def _orientation(ax, ay, bx, by, cx, cy):
    """Twice the area of abc: above 0 when c lies left of a→b. Sign exact, value to the last bit."""
    ux, uy, vx, vy = bx - ax, by - ay, cx - ax, cy - ay
    p, q = ux * vy, uy * vx
    return (p - q) + (_two_product_error(ux, vy, p) - _two_product_error(uy, vx, q))


@_compiled
def _tie(ux, uy, later):
    """Whether a point on an edge along u counts as left of it; `later`: the point's rank is the higher."""
    if uy != 0.0:
        return later != (uy > 0.0)
    return later == (ux > 0.0)


@_compiled
def _surely_apart(ux, uy, ax, ay, cx, cy, dx, dy):
    """Whether c and d lie on one side of the line through a along u beyond any rounding: most pairs do."""
    p, q = ux * (cy - ay), uy * (cx - ax)
    r, s = ux * (dy - ay), uy * (dx - ax)
    one, two = p - q, r - s
    least = 4.5e-16 * (abs(p) + abs(q) + abs(r) + abs(s))
    return (one > least and two > least) or (one < -least and two < -least)


@_compiled
def _cut(ax, ay, bx, by, cx, cy, dx, dy, later):
    """Whether edge ab crosses cd, of a body of `later` or earlier rank.

    Returns 1 when ab goes over to the left of cd, −1 to the right, 0 when they do not cross; then
    where on ab and on cd, from 0 to 1.
    """
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    if _surely_apart(ux, uy, ax, ay, cx, cy, dx, dy) or _surely_apart(vx, vy, cx, cy, ax, ay, bx, by):
        return 0, 0.0, 0.0
    oc = _orientation(ax, ay, bx, by, cx, cy)
    od = _orientation(ax, ay, bx, by, dx, dy)
    side_c = oc > 0.0 or (oc == 0.0 and _tie(ux, uy, later))
    side_d = od > 0.0 or (od == 0.0 and _tie(ux, uy, later))
    if side_c == side_d:
        return 0, 0.0, 0.0
    oa = _orientation(cx, cy, dx, dy, ax, ay)
    ob = _orientation(cx, cy, dx, dy, bx, by)
    side_a = oa > 0.0 or (oa == 0.0 and _tie(vx, vy, not later))
    side_b = ob > 0.0 or (ob == 0.0 and _tie(vx, vy, not later))
    if side_a == side_b:
        return 0, 0.0, 0.0
    return (1 if side_b else -1), oa / (oa - ob), oc / (oc - od)


@_compiled
def _on_lattice(value, beginning, scale, step):
    return np.floor((value - beginning) * scale + 0.5) * step


@_compiled
def _down(value):
    """A float32 not above the value."""
    return np.float32(value - abs(value) * 1.3e-7)


@_compiled
def _up(value):
    """A float32 not below the value."""
    return np.float32(value + abs(value) * 1.3e-7)


def _meets_plain(boxes, group, x0, y0, x1, y1):
    """Which of the eight boxes of a group meet a box, as bits."""
    bits = 0
    for j in range(8):
        if (
            boxes[group, 0, j] <= x1
            and boxes[group, 1, j] <= y1
            and boxes[group, 2, j] >= x0
            and boxes[group, 3, j] >= y0
        ):
            bits |= 1 << j
    return bits


def _eight_meet():
    """`_meets_plain` for the compiler: four loads and four compares of eight floats at once."""

    @intrinsic
    def meets(typing, boxes, group, x0, y0, x1, y1):
        def build(context, builder, signature, arguments):
            view = context.make_array(signature.args[0])(context, builder, arguments[0])
            lanes = ir.VectorType(ir.FloatType(), 8)
            place = builder.gep(view.data, [builder.mul(arguments[1], arguments[1].type(32))])
            place = builder.bitcast(place, lanes.as_pointer())
            found = None
            for k, how in enumerate(("<=", "<=", ">=", ">=")):
                row = builder.load(builder.gep(place, [ir.IntType(64)(k)]), align=4)
                one = ir.Constant(lanes, ir.Undefined)
                one = builder.insert_element(one, arguments[(4, 5, 2, 3)[k]], ir.IntType(32)(0))
                mask = ir.Constant(ir.VectorType(ir.IntType(32), 8), [0] * 8)
                every = builder.shuffle_vector(one, one, mask)
                hit = builder.fcmp_ordered(how, row, every)
                found = hit if found is None else builder.and_(found, hit)
            return builder.zext(builder.bitcast(found, ir.IntType(8)), ir.IntType(64))

        single = types.float32
        return types.int64(boxes, types.int64, single, single, single, single), build

    return meets


def _first_bit_plain(bits):
    """The place of the lowest bit that is set."""
    place = 0
    while (bits >> place) & 1 == 0:
        place += 1
    return place


def _trailing_zeros():
    """`_first_bit_plain` for the compiler."""

    @intrinsic
    def first_bit(typing, bits):
        def build(context, builder, signature, arguments):
            return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

        return types.int64(types.int64), build

    return first_bit


_first_bit = _compiled(_first_bit_plain) if _PLAIN or config.DISABLE_JIT else _trailing_zeros()
_meets = _compiled(_meets_plain) if _PLAIN or config.DISABLE_JIT else _eight_meet()


@_compiled
def _integral(x0, y0, x1, y1, low, unit, tall, c1, c2, c3, c4, c5, c6, c7, c8):
    """−∫ Q(y) dx along a straight piece, by Gauss's two points; Q has the powers c of w = unit·y − low."""
    rise = y1 - y0
    if c8 == 0.0 and abs(rise) <= tall:  # a small unit: the rest is below rounding
        a = unit * (y0 + 0.21132486540518711775 * rise) - low
        b = unit * (y0 + 0.78867513459481288225 * rise) - low
        total = a * (c1 + a * (c2 + a * (c3 + a * (c4 + a * c5))))
        return (x0 - x1) * (total + b * (c1 + b * (c2 + b * (c3 + b * (c4 + b * c5))))) / 2
    parts = 1
    if abs(rise) > tall:
        parts = int(np.ceil(abs(rise) / tall))
    total = 0.0
    w0, dw = unit * y0 - low, unit * rise / parts
    for i in range(parts):
        a = w0 + (i + 0.21132486540518711775) * dw
        b = w0 + (i + 0.78867513459481288225) * dw
        total += a * (c1 + a * (c2 + a * (c3 + a * (c4 + a * (c5 + a * (c6 + a * (c7 + a * c8)))))))
        total += b * (c1 + b * (c2 + b * (c3 + b * (c4 + b * (c5 + b * (c6 + b * (c7 + b * c8)))))))
    return (x0 - x1) * total / (2 * parts)


# ---- People: the cells under a piece ----------------------------------------------------------------


@_compiled
def _sum_rows(cells, box, x, y, sums):
    """Row sums of the cells that meet a unit's box, its corner at x, y: what `_Window` takes; their sum."""
    per_x, per_y, first, begin = cells.per_x, cells.per_y, cells.left, cells.top
    last, end = first + cells.people.shape[1], begin + cells.people.shape[0]
    x0, x1 = (np.float64(box[0]) - cells.x) * per_x, (np.float64(box[2]) - cells.x) * per_x
    y0, y1 = (np.float64(box[1]) - cells.y) * per_y, (np.float64(box[3]) - cells.y) * per_y
    left, right = max(int(np.floor(min(x0, x1))), first), min(int(np.ceil(max(x0, x1))), last)
    top, bottom = max(int(np.floor(min(y0, y1))), begin), min(int(np.ceil(max(y0, y1))), end)
    columns, rows, place, every = max(right - left, 0), max(bottom - top, 0), 0, 0.0
    for row in range(top, top + rows):
        west = 0.0
        sums[place] = sums[place + 1] = 0.0
        place += 2
        for column in range(left, left + columns):
            west += max(0.0, cells.people[row - begin, column - first])  # 0 for NaN, in this order
            sums[place] = west
            place += 1
        sums[place] = west
        place += 1
        every += west
    return rows, columns + 2, (x - cells.x) * per_x - (left - 1), (y - cells.y) * per_y - top, every


@_compiled
def _mean_west(a, b, sums, row, columns):
    """The mean, over columns `a` to `b`, of the people west of there in a row."""
    if a > b:
        a, b = b, a
    column, last, place = int(np.floor(a)), columns - 1, row * (columns + 1)
    total, begin = 0.0, a
    while True:
        j = place + min(max(column, 0), last)
        end = min(b, column + 1.0)
        west = sums[j] + (sums[j + 1] - sums[j]) * ((begin + end) / 2 - column)
        if begin == a and end == b:
            return west
        total += (end - begin) * west
        if end == b:
            return total / (b - a)
        begin = end
        column += 1


@_compiled
def _people(x0, y0, x1, y1, window):
    """∫ P dy along a straight piece: the people between it and the west of the window."""
    x0, x1 = x0 * window.per_x + window.x, x1 * window.per_x + window.x
    y0, y1 = y0 * window.per_y + window.y, y1 * window.per_y + window.y
    sign = 1.0 if window.per_x * window.per_y > 0.0 else -1.0
    if y0 > y1:
        x0, y0, x1, y1, sign = x1, y1, x0, y0, -sign
    y, last = max(y0, 0.0), min(y1, np.float64(window.rows))
    if y >= last:
        return 0.0
    row = int(y)
    if y == y0 and y1 <= row + 1.0:  # the usual case
        return sign * (y1 - y0) * _mean_west(x0, x1, window.sums, row, window.columns)
    low, high, slope, total = min(x0, x1), max(x0, x1), (x1 - x0) / (y1 - y0), 0.0
    x = min(max(x0 + (y - y0) * slope, low), high)
    while y < last:
        below = min(row + 1.0, last)
        beyond = min(max(x0 + (below - y0) * slope, low), high) if below < y1 else x1
        total += (below - y) * _mean_west(x, beyond, window.sums, row, window.columns)
        x, y = beyond, below
        row += 1
    return sign * total


# ---- Once for a layer: boxes, turns, suspects -------------------------------------------------------


@_compiled
def box_rings(first, last, layer, x0, y0, extent):
    """Boxes of the blocks and the turn of each ring; the first ring that is not closed or not finite."""
    xy, boxes = layer.xy, layer.boxes
    for ring in range(first, last):
        start, end = layer.ring_start[ring], layer.ring_start[ring + 1] - 1
        group, groups = layer.ring_group[ring], layer.ring_group[ring + 1] - layer.ring_group[ring]
        area = 0.0
        ox, oy = xy[start, 0], xy[start, 1]
        rx0, ry0, rx1, ry1 = ox, oy, ox, oy
        for block in range(8 * groups):
            low, high = start + 8 * block, min(start + 8 * block + 8, end)
            g, j = group + (block >> 3), block & 7
            if low >= end:
                boxes[g, 0, j] = boxes[g, 1, j] = np.inf
                boxes[g, 2, j] = boxes[g, 3, j] = -np.inf
                continue
            px, py = xy[low, 0], xy[low, 1]
            bx0, by0, bx1, by1 = px, py, px, py
            for i in range(low + 1, high + 1):
                qx, qy = xy[i, 0], xy[i, 1]
                area += (px - ox) * (qy - oy) - (py - oy) * (qx - ox)
                bx0, bx1, by0, by1 = min(bx0, qx), max(bx1, qx), min(by0, qy), max(by1, qy)
                px, py = qx, qy
            boxes[g, 0, j], boxes[g, 1, j] = _down(bx0 - x0), _down(by0 - y0)
            boxes[g, 2, j], boxes[g, 3, j] = _up(bx1 - x0), _up(by1 - y0)
            rx0, rx1, ry0, ry1 = min(rx0, bx0), max(rx1, bx1), min(ry0, by0), max(ry1, by1)
        if not np.isfinite(area) or not np.isfinite(ox + oy) or xy[end, 0] != ox or xy[end, 1] != oy:
            return ring
        layer.ring_turn[ring] = 1.0 if (area > 0.0) == layer.is_shell[ring] else -1.0
        layer.ring_box[ring, 0], layer.ring_box[ring, 1] = _down(rx0 - x0), _down(ry0 - y0)
        layer.ring_box[ring, 2], layer.ring_box[ring, 3] = _up(rx1 - x0), _up(ry1 - y0)
        extent[0], extent[1] = min(extent[0], rx0), min(extent[1], ry0)
        extent[2], extent[3] = max(extent[2], rx1), max(extent[3], ry1)
    return -1


@_compiled
def box_bodies(layer):
    """Boxes of the bodies from those of their rings."""
    for body in range(len(layer.body_box)):
        layer.body_box[body, 0] = layer.body_box[body, 1] = np.inf
        layer.body_box[body, 2] = layer.body_box[body, 3] = -np.inf
        for ring in range(layer.body_ring[body], layer.body_ring[body + 1]):
            for k in range(2):
                layer.body_box[body, k] = min(layer.body_box[body, k], layer.ring_box[ring, k])
                layer.body_box[body, k + 2] = max(layer.body_box[body, k + 2], layer.ring_box[ring, k + 2])


@_compiled
def _winding_of(x, y, later, xy, boxes, start, end, group, last_group, lattice):
    """How often the ring of vertices `start` to `end` winds around a point; see `_winding`."""
    x0, y0, scale, step = lattice.x, lattice.y, lattice.scale, lattice.step
    qx, qy0, qy1 = _down(x - step), _down(y - step), _up(y + step)
    total = 0
    for g in range(group, last_group):
        bits = _meets(boxes, g, qx, qy0, np.float32(np.inf), qy1)
        while bits:
            low = start + 64 * (g - group) + 8 * _first_bit(bits)
            bits &= bits - 1
            cx, cy = _on_lattice(xy[low, 0], x0, scale, step), _on_lattice(xy[low, 1], y0, scale, step)
            c_below = cy < y or (cy == y and later)
            for i in range(low + 1, min(low + 8, end) + 1):
                dx, dy = _on_lattice(xy[i, 0], x0, scale, step), _on_lattice(xy[i, 1], y0, scale, step)
                d_below = dy < y or (dy == y and later)
                if c_below != d_below:
                    o = _orientation(cx, cy, dx, dy, x, y)
                    left = o > 0.0 or (o == 0.0 and _tie(dx - cx, dy - cy, later))
                    if left == c_below:
                        total += 1 if c_below else -1
                cx, cy, c_below = dx, dy, d_below
    return total


@_inlined
def _winding(x, y, later, layer, ring, lattice):
    """How often a ring winds around a point of the lattice, of a body of `later` or earlier rank."""
    return _winding_of(
        x, y, later, layer.xy, layer.boxes, layer.ring_start[ring], layer.ring_start[ring + 1] - 1,
        layer.ring_group[ring], layer.ring_group[ring + 1], lattice,
    )  # fmt: skip


@_compiled
def _touch(ax, ay, bx, by, cx, cy, dx, dy):
    """Whether two edges have a point in common."""
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return False
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return False
    oc, od = _orientation(ax, ay, bx, by, cx, cy), _orientation(ax, ay, bx, by, dx, dy)
    if (oc > 0.0 and od > 0.0) or (oc < 0.0 and od < 0.0):
        return False
    oa, ob = _orientation(cx, cy, dx, dy, ax, ay), _orientation(cx, cy, dx, dy, bx, by)
    return not ((oa > 0.0 and ob > 0.0) or (oa < 0.0 and ob < 0.0))


@_compiled
def _folds(ax, ay, bx, by, cx, cy):
    """Whether b→c goes back over a→b."""
    return _orientation(ax, ay, bx, by, cx, cy) == 0.0 and (bx - ax) * (cx - bx) + (by - ay) * (cy - by) < 0.0


@_allocating
def _new_room(blocks, near):
    return _Room(
        np.empty(9 * blocks), np.empty(9 * blocks),
        np.empty((blocks, 4, 8), np.float32), np.empty((blocks, 4), np.float32),
        np.empty(blocks, np.int32), np.empty(blocks, np.int64), np.empty(blocks, np.int64),
        np.empty(blocks, np.bool_), np.empty(blocks), np.empty(8 * blocks, np.int32),
        np.empty(near + 8, np.int64), np.empty(near + 8, np.int32), np.empty(near + 8, np.int8),
        np.empty(((near + 7) // 8 + 1, 4, 8), np.float32), np.empty((blocks // 8 + 1, 4), np.float32),
        np.empty(blocks // 8 + 1, np.int64),
        np.empty(2 * blocks + 17, np.int64), np.empty(8 * blocks + 64, np.int32),
    )  # fmt: skip


@_inlined
def _put_blocks(room, b, layer, ring, index, count, body, walked, ux, uy, lattice):
    """Copy `count` blocks of a ring into the room at b: vertices from a corner (exact), boxes.

    Empty slots have the last vertex and a box at infinity. Bits of `walked` say which blocks are active.
    """
    xy, x, y, edge_box, block_box, head = layer.xy, room.x, room.y, room.edge_box, room.block_box, room.head
    bodies, rings, indices, active, turns = room.body, room.ring, room.number, room.active, room.turn
    lx, ly, scale, step = lattice.x, lattice.y, lattice.scale, lattice.step
    turn, end = layer.ring_turn[ring], layer.ring_start[ring + 1] - 1
    boxes, group = layer.boxes, layer.ring_group[ring]
    for k in range(count):
        low = min(layer.ring_start[ring] + 8 * (index + k), end)
        here, v = min(8, end - low), 9 * b
        if here == 8:
            for e in range(9):  # a fixed number, so that it is done by vectors
                x[v + e] = _on_lattice(xy[low + e, 0], lx, scale, step) - ux
                y[v + e] = _on_lattice(xy[low + e, 1], ly, scale, step) - uy
        else:
            for e in range(9):
                x[v + e] = _on_lattice(xy[low + min(e, here), 0], lx, scale, step) - ux
                y[v + e] = _on_lattice(xy[low + min(e, here), 1], ly, scale, step) - uy
        for e in range(8):
            px, py, qx, qy = x[v + e], y[v + e], x[v + e + 1], y[v + e + 1]
            edge_box[b, 0, e] = _down(min(px, qx)) if px != qx or py != qy else np.inf
            edge_box[b, 1, e] = _down(min(py, qy))
            edge_box[b, 2, e] = _up(max(px, qx))
            edge_box[b, 3, e] = _up(max(py, qy))
        for e in range(8 * b, 8 * b + 8):
            head[e] = -1
        g, j = group + ((index + k) >> 3), (index + k) & 7
        block_box[b, 0] = _down(np.float64(boxes[g, 0, j]) - ux - step)
        block_box[b, 1] = _down(np.float64(boxes[g, 1, j]) - uy - step)
        block_box[b, 2] = _up(np.float64(boxes[g, 2, j]) - ux + step)
        block_box[b, 3] = _up(np.float64(boxes[g, 3, j]) - uy + step)
        bodies[b], rings[b], indices[b], turns[b] = body, ring, index + k, turn
        active[b] = (walked >> k) & 1 == 1
        b += 1


@_inlined
def _blocks_touch(x, y, edge_box, a, b, first, second, edges):
    """Whether edges of two blocks of a body (or of one) touch where no ring may.

    `first` and `second` are the numbers of their first edges in their ring of so many `edges`; `edges` is 0
    when they are of two rings.
    """
    for e in range(8):
        x0, y0, x1, y1 = edge_box[a, 0, e], edge_box[a, 1, e], edge_box[a, 2, e], edge_box[a, 3, e]
        bits = _meets(edge_box, b, x0, y0, x1, y1)
        if a == b:
            bits &= 254 << e
        i = 9 * a + e
        ax, ay, bx, by = x[i], y[i], x[i + 1], y[i + 1]
        while bits:
            f = _first_bit(bits)
            bits &= bits - 1
            j = 9 * b + f
            cx, cy, dx, dy = x[j], y[j], x[j + 1], y[j + 1]
            if edges and second + f == first + e + 1:
                if _folds(ax, ay, bx, by, dx, dy):
                    return True
            elif edges and first + e == 0 and second + f == edges - 1:
                if _folds(cx, cy, dx, dy, bx, by):
                    return True
            elif _touch(ax, ay, bx, by, cx, cy, dx, dy):
                return True
    return False


@_inlined
def _rings_touch(layer, room, ring, other, base):
    """Whether two rings of a body touch each other, or a ring itself; `base`: the body's first group."""
    boxes, x, y, edge_box = layer.boxes, room.x, room.y, room.edge_box
    ring_group, other_group = layer.ring_group[ring], layer.ring_group[other]
    edges = layer.ring_start[ring + 1] - 1 - layer.ring_start[ring] if ring == other else 0
    for g in range(ring_group, layer.ring_group[ring + 1]):
        for h in range(g if ring == other else other_group, layer.ring_group[other + 1]):
            for i in range(8):
                x0, y0, x1, y1 = boxes[g, 0, i], boxes[g, 1, i], boxes[g, 2, i], boxes[g, 3, i]
                bits = _meets(boxes, h, x0, y0, x1, y1)
                if g == h:
                    bits &= 255 << i
                while bits:
                    j = _first_bit(bits)
                    bits &= bits - 1
                    a, b = 8 * (g - base) + i, 8 * (h - base) + j
                    first, second = 8 * (8 * (g - ring_group) + i), 8 * (8 * (h - other_group) + j)
                    if _blocks_touch(x, y, edge_box, a, b, first, second, edges):
                        return True
    return False


@_inlined
def _is_misplaced(layer, lattice, ring, first, last):
    """Whether a ring does not lie to the others of its body as a shell or a hole does."""
    start = layer.ring_start[ring]
    x = _on_lattice(layer.xy[start, 0], lattice.x, lattice.scale, lattice.step)
    y = _on_lattice(layer.xy[start, 1], lattice.y, lattice.scale, lattice.step)
    around = 0.0
    for other in range(first, last):
        if other != ring:
            around += layer.ring_turn[other] * _winding(x, y, False, layer, other, lattice)
    return around != (0.0 if layer.is_shell[ring] else 1.0)


@_allocating
def find_suspects(begin, end, layer, lattice, groups, suspect):
    """Bodies whose rings touch each other or themselves, or do not lie as shells and holes do."""
    _find_suspects(begin, end, layer, lattice, _new_room(8 * groups, 0), suspect)


@_compiled
def _find_suspects(begin, end, layer, lattice, room, suspect):
    """The same with a room given."""
    for body in range(begin, end):
        first, last = layer.body_ring[body], layer.body_ring[body + 1]
        suspect[body] = False
        if first == last:
            continue
        base = layer.ring_group[first]
        ux = _on_lattice(layer.xy[layer.ring_start[first], 0], lattice.x, lattice.scale, lattice.step)
        uy = _on_lattice(layer.xy[layer.ring_start[first], 1], lattice.y, lattice.scale, lattice.step)
        for ring in range(first, last):
            blocks = 8 * (layer.ring_group[ring + 1] - layer.ring_group[ring])
            _put_blocks(
                room, 8 * (layer.ring_group[ring] - base), layer, ring, 0, blocks, 0, 0, ux, uy, lattice
            )
            few = layer.ring_start[ring + 1] - layer.ring_start[ring] <= 3
            if few or (last - first > 1 and _is_misplaced(layer, lattice, ring, first, last)):
                suspect[body] = True
        for ring in range(first, last):
            for other in range(ring, last):
                a, b = layer.ring_box[ring], layer.ring_box[other]
                if a[0] > b[2] or b[0] > a[2] or a[1] > b[3] or b[1] > a[3] or suspect[body]:
                    continue
                if _rings_touch(layer, room, ring, other, base):
                    suspect[body] = True


# ---- Which plans are near which unit ----------------------------------------------------------------


@_compiled
def _cell(value, low, per, count):
    """The cell of a coordinate; monotone, so that common corners are found where both boxes are."""
    return min(max(int((value - low) * per), 0), count - 1)


@_allocating
def pairs(unit_box, plan_box, skip, wanted, across, down):
    """Plans whose box meets each unit's, over a grid of `across` × `down` cells: starts, plans in order."""
    x0 = y0 = np.inf
    x1 = y1 = -np.inf
    for u in wanted:
        x0, x1 = min(x0, unit_box[u, 0]), max(x1, unit_box[u, 2])
        y0, y1 = min(y0, unit_box[u, 1]), max(y1, unit_box[u, 3])
    per_x, per_y = across / max(x1 - x0, 1e-30), down / max(y1 - y0, 1e-30)
    start = np.zeros(across * down + 1, np.int64)
    held = np.empty(0, np.int64)
    for turn in range(2):
        for p in range(len(plan_box)):
            px0, py0, px1, py1 = plan_box[p, 0], plan_box[p, 1], plan_box[p, 2], plan_box[p, 3]
            if skip[p] or not (px0 <= x1 and px1 >= x0 and py0 <= y1 and py1 >= y0):
                continue
            for i in range(_cell(px0, x0, per_x, across), _cell(px1, x0, per_x, across) + 1):
                for j in range(_cell(py0, y0, per_y, down), _cell(py1, y0, per_y, down) + 1):
                    cell = j * across + i
                    if turn == 0:
                        start[cell] += 1
                    else:
                        start[cell] -= 1
                        held[start[cell]] = p
        if turn == 0:
            start = np.cumsum(start)
            held = np.empty(start[-1], np.int64)
    first = np.zeros(len(wanted) + 1, np.int64)
    found = np.empty(4 * len(wanted) + 64, np.int64)
    count = 0
    for k in range(len(wanted)):
        u = wanted[k]
        ux0, uy0, ux1, uy1 = unit_box[u, 0], unit_box[u, 1], unit_box[u, 2], unit_box[u, 3]
        if ux0 <= ux1:
            for i in range(_cell(ux0, x0, per_x, across), _cell(ux1, x0, per_x, across) + 1):
                for j in range(_cell(uy0, y0, per_y, down), _cell(uy1, y0, per_y, down) + 1):
                    for s in range(start[j * across + i], start[j * across + i + 1]):
                        p = held[s]
                        px0, py0, px1, py1 = plan_box[p, 0], plan_box[p, 1], plan_box[p, 2], plan_box[p, 3]
                        if px0 > ux1 or px1 < ux0 or py0 > uy1 or py1 < uy0:
                            continue
                        if (
                            _cell(max(px0, ux0), x0, per_x, across) != i
                            or _cell(max(py0, uy0), y0, per_y, down) != j
                        ):
                            continue
                        if count == len(found):
                            more = np.empty(2 * count, np.int64)
                            more[:count] = found
                            found = more
                        found[count] = p
                        count += 1
        found[first[k] : count].sort()
        first[k + 1] = count
    return first, found[:count]


# ---- One unit: its blocks, their crossings, the walk ------------------------------------------------

_OUT: Final = 0
_TOUCHES: Final = 1
_INSIDE: Final = 2
_AROUND: Final = 3


@_inlined
def _winding_unit(x, y, units, unit, lattice):
    """Whether a vertex of a plan lies in a unit: 1, or 0."""
    total = 0.0
    for ring in range(units.body_ring[unit], units.body_ring[unit + 1]):
        box = units.ring_box[ring]
        if box[0] <= _up(x + lattice.step) and box[2] >= _down(x - lattice.step):
            if box[1] <= _up(y + lattice.step) and box[3] >= _down(y - lattice.step):
                total += units.ring_turn[ring] * _winding(x, y, True, units, ring, lattice)
    return total


@_compiled
def _group_boxes(layer, begin, end, out):
    """A box for each of some groups of eight blocks."""
    for g in range(begin, end):
        for k in range(2):
            out[g - begin, k], out[g - begin, k + 2] = np.inf, -np.inf
            for j in range(8):
                out[g - begin, k] = min(out[g - begin, k], layer.boxes[g, k, j])
                out[g - begin, k + 2] = max(out[g - begin, k + 2], layer.boxes[g, k + 2, j])


@_inlined
def _state(units, unit, plans, ring, lattice, pad, border, groups, there):
    """How a plan's ring lies to a unit: out of it, touching its border perhaps, inside, or around a part."""
    ux0, uy0, ux1, uy1 = units.body_box[unit]
    rx0, ry0, rx1, ry1 = plans.ring_box[ring]
    if rx0 - pad > ux1 or rx1 + pad < ux0 or ry0 - pad > uy1 or ry1 + pad < uy0:
        return _OUT
    first, boxes, others, near = units.ring_group[units.body_ring[unit]], plans.boxes, units.boxes, 0
    for h in range(groups):
        if border[h, 0] <= rx1 + pad and border[h, 2] >= rx0 - pad:
            if border[h, 1] <= ry1 + pad and border[h, 3] >= ry0 - pad:
                there[near] = first + h
                near += 1
    for g in range(plans.ring_group[ring], plans.ring_group[ring + 1] if near else 0):
        bits = _meets(boxes, g, ux0 - pad, uy0 - pad, ux1 + pad, uy1 + pad)
        while bits:
            j = _first_bit(bits)
            bits &= bits - 1
            x0, y0 = boxes[g, 0, j] - pad, boxes[g, 1, j] - pad
            x1, y1 = boxes[g, 2, j] + pad, boxes[g, 3, j] + pad
            for h in range(near):
                if _meets(others, there[h], x0, y0, x1, y1):
                    return _TOUCHES
    start = plans.ring_start[ring]
    x = _on_lattice(plans.xy[start, 0], lattice.x, lattice.scale, lattice.step)
    y = _on_lattice(plans.xy[start, 1], lattice.y, lattice.scale, lattice.step)
    if _winding_unit(x, y, units, unit, lattice) != 0.0:
        return _INSIDE
    for own in range(units.body_ring[unit], units.body_ring[unit + 1]):
        start = units.ring_start[own]
        x = _on_lattice(units.xy[start, 0], lattice.x, lattice.scale, lattice.step)
        y = _on_lattice(units.xy[start, 1], lattice.y, lattice.scale, lattice.step)
        if rx0 - pad <= x <= rx1 + pad and ry0 - pad <= y <= ry1 + pad:
            if _winding(x, y, False, plans, ring, lattice) != 0:
                return _AROUND
    return _OUT


@_compiled
def _near(room, units, unit, plans, candidates, lattice, pad, reach):
    """Rings that matter to a unit; `reach` becomes the box of what is walked. Returns how many."""
    ux0, uy0, ux1, uy1 = units.body_box[unit]
    reach[0], reach[1], reach[2], reach[3] = ux0, uy0, ux1, uy1
    border, there = room.border, room.there
    begin = units.ring_group[units.body_ring[unit]]
    groups = units.ring_group[units.body_ring[unit + 1]] - begin
    _group_boxes(units, begin, begin + groups, border)
    count = 0
    for i in range(len(candidates)):
        for ring in range(plans.body_ring[candidates[i]], plans.body_ring[candidates[i] + 1]):
            state = _state(units, unit, plans, ring, lattice, pad, border, groups, there)
            if state == _OUT:
                continue
            room.near_ring[count], room.near_body[count], room.near_state[count] = ring, i + 1, state
            for k in range(4):
                room.near_box[count >> 3, k, count & 7] = plans.ring_box[ring, k]
            count += 1
            if state != _TOUCHES:
                continue
            for g in range(plans.ring_group[ring], plans.ring_group[ring + 1]):
                bits = _meets(plans.boxes, g, ux0 - pad, uy0 - pad, ux1 + pad, uy1 + pad)
                for j in range(8):
                    if (bits >> j) & 1:
                        for k in range(2):
                            reach[k] = min(reach[k], plans.boxes[g, k, j])
                            reach[k + 2] = max(reach[k + 2], plans.boxes[g, k + 2, j])
    for j in range(count, ((count + 7) >> 3) << 3):
        room.near_box[j >> 3, 0, j & 7] = np.inf
    return count


@_compiled
def _gather(room, units, unit, plans, near, lattice, pad, reach, ux, uy):
    """Copy the unit's blocks and those of the near rings; how many there are."""
    count = 0
    for ring in range(units.body_ring[unit], units.body_ring[unit + 1]):
        for index in range(0, (units.ring_start[ring + 1] - units.ring_start[ring] + 6) >> 3, 8):
            some = min(8, ((units.ring_start[ring + 1] - units.ring_start[ring] + 6) >> 3) - index)
            _put_blocks(room, count, units, ring, index, some, 0, 255, ux, uy, lattice)
            count += some
    x0, y0, x1, y1 = units.body_box[unit]
    for n in range(near):
        ring, state = room.near_ring[n], room.near_state[n]
        first = plans.ring_group[ring]
        for g in range(first, plans.ring_group[ring + 1]):
            there = _meets(plans.boxes, g, reach[0] - pad, reach[1] - pad, reach[2] + pad, reach[3] + pad)
            walked = 0 if state == _AROUND else _meets(plans.boxes, g, x0 - pad, y0 - pad, x1 + pad, y1 + pad)
            while there:
                j = _first_bit(there)
                some = _first_bit(~(there >> j))
                body, active = room.near_body[n], walked >> j
                _put_blocks(
                    room, count, plans, ring, 8 * (g - first) + j, some, body, active, ux, uy, lattice
                )
                count += some
                there &= -1 << (j + some)
    return count


@_compiled
def _grid(room, blocks):
    """A uniform grid over what is walked: its corner, cells per length, size, and the blocks of each cell."""
    box, active, start, held = room.block_box, room.active, room.cell_start, room.held
    x0 = y0 = np.float32(np.inf)
    x1 = y1 = np.float32(-np.inf)
    wide = high = 0.0
    for b in range(blocks):
        if active[b]:
            x0, x1 = min(x0, box[b, 0]), max(x1, box[b, 2])
            y0, y1 = min(y0, box[b, 1]), max(y1, box[b, 3])
        wide += box[b, 2] - box[b, 0]
        high += box[b, 3] - box[b, 1]
    cells = len(start) - 1
    across = max(1, min(int((x1 - x0) * blocks / max(_CELL * wide, 1e-30)), cells))
    down = max(1, min(int((y1 - y0) * blocks / max(_CELL * high, 1e-30)), cells))
    if across * down > cells:
        shrink = np.sqrt(cells / (across * down))
        across = max(1, int(across * shrink))
        down = max(1, min(int(down * shrink), cells // across))
    while True:
        per_x, per_y = across / max(x1 - x0, 1e-30), down / max(y1 - y0, 1e-30)
        for cell in range(across * down + 1):
            start[cell] = 0
        for b in range(blocks):
            if box[b, 0] <= x1 and box[b, 2] >= x0 and box[b, 1] <= y1 and box[b, 3] >= y0:
                left, right = _cell(box[b, 0], x0, per_x, across), _cell(box[b, 2], x0, per_x, across)
                for j in range(_cell(box[b, 1], y0, per_y, down), _cell(box[b, 3], y0, per_y, down) + 1):
                    for cell in range(j * across + left, j * across + right + 1):
                        start[cell] += 1
        for cell in range(across * down):
            start[cell + 1] += start[cell]
        if start[across * down] <= len(held):
            break
        across, down = (across + 1) // 2, (down + 1) // 2
    for b in range(blocks):
        if box[b, 0] <= x1 and box[b, 2] >= x0 and box[b, 1] <= y1 and box[b, 3] >= y0:
            left, right = _cell(box[b, 0], x0, per_x, across), _cell(box[b, 2], x0, per_x, across)
            for j in range(_cell(box[b, 1], y0, per_y, down), _cell(box[b, 3], y0, per_y, down) + 1):
                for cell in range(j * across + left, j * across + right + 1):
                    start[cell] -= 1
                    held[start[cell]] = b
    return x0, y0, per_x, per_y, across, down


@_compiled
def _cross(room, crossings, blocks):
    """All crossings of the local blocks, by the grid; how many, or −1 when the arrays are too small.

    Long, because in this loop arrays must not be handed on. A pair of blocks is tested once: in the cell of
    the lower left corner of their common box.
    """
    grid_x, grid_y, per_x, per_y, across, down = _grid(room, blocks)
    x, y, box, edge_box, body, active = room.x, room.y, room.block_box, room.edge_box, room.body, room.active
    turn, head, start, held = room.turn, room.head, room.cell_start, room.held
    ts, xs, ys, following = crossings.t, crossings.x, crossings.y, crossings.following
    bodies, change = crossings.body, crossings.change
    count, most = 0, len(ts) - 2
    for cell in range(across * down):
        for s in range(start[cell], start[cell + 1] - 1):
            a = held[s]
            body_a, active_a = body[a], active[a]
            ax0, ay0, ax1, ay1 = box[a, 0], box[a, 1], box[a, 2], box[a, 3]
            for s2 in range(s + 1, start[cell + 1]):
                b = held[s2]
                if body_a == body[b] or not (active_a or active[b]):
                    continue
                x0, y0, x1, y1 = (
                    max(ax0, box[b, 0]), max(ay0, box[b, 1]), min(ax1, box[b, 2]), min(ay1, box[b, 3])
                )  # fmt: skip
                if x0 > x1 or y0 > y1:
                    continue
                if _cell(y0, grid_y, per_y, down) * across + _cell(x0, grid_x, per_x, across) != cell:
                    continue
                first = _meets(edge_box, a, x0, y0, x1, y1)
                if first == 0 or _meets(edge_box, b, x0, y0, x1, y1) == 0:
                    continue
                later = body[b] > body_a
                while first:
                    e = _first_bit(first)
                    first &= first - 1
                    second = _meets(
                        edge_box, b,
                        edge_box[a, 0, e], edge_box[a, 1, e], edge_box[a, 2, e], edge_box[a, 3, e],
                    )  # fmt: skip
                    i = 9 * a + e
                    px, py, qx, qy = x[i], y[i], x[i + 1], y[i + 1]
                    while second:
                        f = _first_bit(second)
                        second &= second - 1
                        j = 9 * b + f
                        way, t, u = _cut(px, py, qx, qy, x[j], y[j], x[j + 1], y[j + 1], later)
                        if way == 0:
                            continue
                        if count > most:
                            return -1
                        for k in range(2):  # once on either edge
                            one, edge = count + k, (8 * a + e) if k == 0 else (8 * b + f)
                            ts[one] = t if k == 0 else u
                            xs[one], ys[one] = px + t * (qx - px), py + t * (qy - py)
                            bodies[one] = body[b] if k == 0 else body_a
                            change[one] = way * int(turn[b]) if k == 0 else -way * int(turn[a])
                            before, now = -1, head[edge]
                            while now >= 0 and ts[now] < ts[one]:
                                before, now = now, following[now]
                            following[one] = now
                            if before < 0:
                                head[edge] = one
                            else:
                                following[before] = one
                        count += 2
    return count


@_inlined
def _count_at(x, y, own, room, near, plans, kind_of, lattice, counts):
    """Winding of the near bodies but `own` at a vertex, by kind and (last) together."""
    counts[:] = 0
    x0, y0 = _down(x - lattice.step), _down(y - lattice.step)
    x1, y1 = _up(x + lattice.step), _up(y + lattice.step)
    for group in range((near + 7) >> 3):
        bits = _meets(room.near_box, group, x0, y0, x1, y1)
        for j in range(8):
            if (bits >> j) & 1:
                n = 8 * group + j
                body, ring = room.near_body[n], room.near_ring[n]
                if body != own:
                    around = int(plans.ring_turn[ring]) * _winding(x, y, own > body, plans, ring, lattice)
                    counts[kind_of[body - 1]] += around
                    counts[-1] += around


@_compiled
def _walk_unit(
    room, crossings, blocks, near, units, plans, kind_of, lattice, rule, counts, window, border, people
):
    """Sums of the unit's own pieces by depth: border[kind, depth], people[kind, depth]; the unit's in all."""
    low, unit, tall = rule[0], rule[1], rule[2]
    c1, c2, c3, c4, c5, c6, c7, c8 = rule[3], rule[4], rule[5], rule[6], rule[7], rule[8], rule[9], rule[10]
    kinds, most = len(counts), border.shape[1] - 1
    xs, ys, head, turn = room.x, room.y, room.head, room.turn
    cut_x, cut_y, cut_body, change, following = (
        crossings.x, crossings.y, crossings.body, crossings.change, crossings.following
    )  # fmt: skip
    area = every = carried = 0.0
    counted = window.rows > 0
    for b in range(blocks):
        if room.body[b] != 0:
            break
        if room.number[b] == 0:
            start = units.ring_start[room.ring[b]]
            x = _on_lattice(units.xy[start, 0], lattice.x, lattice.scale, lattice.step)
            y = _on_lattice(units.xy[start, 1], lattice.y, lattice.scale, lattice.step)
            _count_at(x, y, 0, room, near, plans, kind_of, lattice, counts)
        for e in range(8):
            i = 9 * b + e
            px, py = xs[i], ys[i]
            crossing = head[8 * b + e]
            while True:
                if crossing >= 0:
                    qx, qy = cut_x[crossing], cut_y[crossing]
                else:
                    qx, qy = xs[i + 1], ys[i + 1]
                share = turn[b] * _integral(px, py, qx, qy, low, unit, tall, c1, c2, c3, c4, c5, c6, c7, c8)
                area += share
                if counted:
                    carried = turn[b] * _people(px, py, qx, qy, window)
                    every += carried
                if counts[kinds - 1] != 0:
                    for k in range(kinds):
                        border[k, min(max(counts[k], 0), most)] += share
                        people[k, min(max(counts[k], 0), most)] += carried
                if crossing < 0:
                    break
                counts[kind_of[cut_body[crossing] - 1]] += change[crossing]
                counts[kinds - 1] += change[crossing]
                px, py = qx, qy
                crossing = following[crossing]
    return area, every


@_inlined
def _put(inner, people, together, every, kind, own, area, carried):
    """Add land and its people where there are `every` others, `own` of them of the kind."""
    most = inner.shape[1]
    if 0 <= every < most:
        inner[together, every] += area
        people[together, every] += carried
    if 0 <= own < most:
        inner[kind, own] += area
        people[kind, own] += carried


@_compiled
def _walk_plans(
    room, crossings, blocks, near, units, unit_index, plans, kind_of, lattice, rule, counts, window, inner,
    people,
):  # fmt: skip
    """Sums of the plans' pieces in the unit by the number of others: inner[kind, number], people[…]."""
    low, unit, tall = rule[0], rule[1], rule[2]
    c1, c2, c3, c4, c5, c6, c7, c8 = rule[3], rule[4], rule[5], rule[6], rule[7], rule[8], rule[9], rule[10]
    together = len(counts) - 1
    xs, ys, head, turn = room.x, room.y, room.head, room.turn
    bodies, rings, index, active = room.body, room.ring, room.number, room.active
    cut_x, cut_y, cut_body, change, following = (
        crossings.x, crossings.y, crossings.body, crossings.change, crossings.following
    )  # fmt: skip
    inside, every, own, kind, n = 0.0, 0, 0, 0, -1
    counted = window.rows > 0
    for b in range(blocks):
        body = bodies[b]
        if body == 0 or not active[b]:
            continue
        ring = rings[b]
        if rings[b - 1] != ring or bodies[b - 1] != body or not active[b - 1] or index[b - 1] != index[b] - 1:
            while room.near_ring[max(n, 0)] != ring or n < 0:
                n += 1
            start = plans.ring_start[ring] + 8 * index[b]
            x = _on_lattice(plans.xy[start, 0], lattice.x, lattice.scale, lattice.step)
            y = _on_lattice(plans.xy[start, 1], lattice.y, lattice.scale, lattice.step)
            inside = 1.0 if room.near_state[n] == _INSIDE else _winding_unit(x, y, units, unit_index, lattice)
            _count_at(x, y, body, room, near, plans, kind_of, lattice, counts)
            kind = kind_of[body - 1]
            every, own = counts[together], counts[kind]
        share = carried = 0.0  # of the pieces since the counters changed
        for e in range(8):
            i = 9 * b + e
            px, py = xs[i], ys[i]
            crossing = head[8 * b + e]
            while crossing >= 0:
                qx, qy = cut_x[crossing], cut_y[crossing]
                if inside != 0.0:
                    share += _integral(px, py, qx, qy, low, unit, tall, c1, c2, c3, c4, c5, c6, c7, c8)
                    if counted:
                        carried += _people(px, py, qx, qy, window)
                    _put(inner, people, together, every, kind, own, turn[b] * share, turn[b] * carried)
                share = carried = 0.0
                other = cut_body[crossing]
                if other == 0:
                    inside += change[crossing]
                else:
                    every += change[crossing]
                    if kind_of[other - 1] == kind:
                        own += change[crossing]
                px, py = qx, qy
                crossing = following[crossing]
            if inside != 0.0:
                share += _integral(
                    px, py, xs[i + 1], ys[i + 1], low, unit, tall, c1, c2, c3, c4, c5, c6, c7, c8
                )
                if counted:
                    carried += _people(px, py, xs[i + 1], ys[i + 1], window)
        _put(inner, people, together, every, kind, own, turn[b] * share, turn[b] * carried)


@_allocating
def _new_crossings(count):
    return _Crossings(
        np.empty(count), np.empty(count), np.empty(count),
        np.empty(count, np.int32), np.empty(count, np.int32), np.empty(count, np.int64),
    )  # fmt: skip


@_allocating
def sweep_units(
    which, wanted, units, plans, first, found, kinds, lattice, rules, blocks, near, cells, most_cells,
    areas, own, people, own_people, counted,
):  # fmt: skip
    """The units `wanted[which]`: areas[unit, kind, depth], the last kind all plans together; own areas.

    The same of people, where there are cells; own people, and those in the cells of the unit's box. A
    unit's cells are no more than `most_cells`, with three more to a row.
    """
    room = _new_room(blocks, near)
    crossings = _new_crossings(blocks * 4 + 64)
    reach = np.empty(4, np.float32)
    counts = np.empty(areas.shape[1], np.int64)
    inner, inner_people = np.empty(areas.shape[1:]), np.empty(areas.shape[1:])
    border = np.empty((areas.shape[1], areas.shape[2] + 1))
    border_people = np.empty((areas.shape[1], areas.shape[2] + 1))
    sums = np.empty(most_cells)
    pad = np.float32(lattice.step * 2)
    for w in which:
        unit = wanted[w]
        candidates = found[first[w] : first[w + 1]]
        kind_of = kinds[candidates]
        ux = _on_lattice(
            np.float64(units.body_box[unit, 0]) + lattice.x, lattice.x, lattice.scale, lattice.step
        )
        uy = _on_lattice(
            np.float64(units.body_box[unit, 1]) + lattice.y, lattice.y, lattice.scale, lattice.step
        )
        rule = rules[w].copy()
        rule[0] = (rule[0] - uy) * rule[1]
        count = _near(room, units, unit, plans, candidates, lattice, pad, reach)
        total = _gather(room, units, unit, plans, count, lattice, pad, reach, ux, uy)
        if total == 0:
            continue
        crossed = _cross(room, crossings, total) if count else 0
        while crossed < 0:
            crossings = _new_crossings(2 * len(crossings.t))
            room.head[: 8 * total] = -1
            crossed = _cross(room, crossings, total)
        rows, columns, x, y, own_people[w, 1] = _sum_rows(cells, units.body_box[unit], ux, uy, sums)
        window = _Window(sums, rows, columns, x, y, cells.per_x, cells.per_y)
        inner[:] = inner_people[:] = 0.0
        border[:] = border_people[:] = 0.0
        own[w], own_people[w, 0] = _walk_unit(
            room, crossings, total, count, units, plans, kind_of, lattice, rule, counts, window, border,
            border_people,
        )  # fmt: skip
        _walk_plans(
            room, crossings, total, count, units, unit, plans, kind_of, lattice, rule, counts, window, inner,
            inner_people,
        )  # fmt: skip
        counted[w] = crossed // 2
        _by_depth(inner, border, areas[w])
        if window.rows:
            _by_depth(inner_people, border_people, people[w])


@_compiled
def _by_depth(inner, border, out):
    """Sums at least so deep, from those of plans' pieces and of the unit's."""
    for k in range(out.shape[0]):
        above = 0.0
        for d in range(out.shape[1] - 1, -1, -1):
            above += border[k, d + 1]
            out[k, d] = inner[k, d] + above
