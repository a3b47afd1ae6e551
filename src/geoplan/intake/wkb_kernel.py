# mypy: allow-untyped-defs, allow-untyped-calls, no-check-untyped-defs
# ruff: noqa: ANN001, ANN003, ANN201, ANN202, PLR0917, PLR1714, PLR2004 - as Numba wants it
"""WKB bytes to arrays of polygons, compiled: see `geoplan.intake.wkb`, which calls it.

Bytes come from strangers. `measure` walks through each shape once and looks before it steps: no byte is
read that is not inside the shape's own, no count is believed that the bytes left over cannot hold. It takes
only what is plain (a polygon or multipolygon, each ring closed, nothing left over) and calls the rest odd;
`fill` then goes the same way again over what was taken.
"""

from __future__ import annotations

import numpy as np
from numba import njit

TAKEN, LEFT_OUT, ODD = 0, 1, 2
"""What becomes of a shape. The caller sets those to be left out; `measure` finds the odd ones."""

_POLYGON, _MULTIPOLYGON = 3, 6
_LEAST = 4
"""Vertices of a closed ring at least; what has fewer is odd, and GEOS decides."""
_ENDLESS = np.uint64(0x7FF0000000000000)


def _compiled(function, **more):
    """Compile without the interpreter's lock; keep it on disk where a folder for that can be written."""
    try:
        return njit(cache=True, nogil=True, **more)(function)
    except RuntimeError:
        return njit(nogil=True, **more)(function)


@_compiled
def _u32(data, at, order):
    """Four bytes as a number; the bytes of order 1 begin with the least."""
    a, b, c, d = np.int64(data[at]), np.int64(data[at + 1]), np.int64(data[at + 2]), np.int64(data[at + 3])
    if order == 1:
        return a | (b << 8) | (c << 16) | (d << 24)
    return d | (c << 8) | (b << 16) | (a << 24)


@_compiled
def _double(data, at):
    """Eight bytes, the least first, as the bits of a double: written out, this is one load."""
    return (
        np.uint64(data[at])
        | np.uint64(data[at + 1]) << np.uint64(8)
        | np.uint64(data[at + 2]) << np.uint64(16)
        | np.uint64(data[at + 3]) << np.uint64(24)
        | np.uint64(data[at + 4]) << np.uint64(32)
        | np.uint64(data[at + 5]) << np.uint64(40)
        | np.uint64(data[at + 6]) << np.uint64(48)
        | np.uint64(data[at + 7]) << np.uint64(56)
    )


@_compiled
def _u64(data, at, order):
    """Eight bytes in either order as the bits of a double."""
    if order == 1:
        return _double(data, at)
    return np.uint64(_u32(data, at, 0)) << np.uint64(32) | np.uint64(_u32(data, at + 4, 0))


@_compiled
def _vertex_bytes(kind, wanted):
    """Bytes of a vertex when the type is the wanted one (ISO or extended, with Z and M); else 0."""
    if kind & 0x3FFF0000 or (kind & 0xFFFF) % 1000 != wanted or (kind & 0xFFFF) // 1000 > 3:
        return 0
    more = (kind & 0xFFFF) // 1000
    z = (kind & 0x80000000) != 0 or more == 1 or more == 3
    m = (kind & 0x40000000) != 0 or more >= 2
    return 16 + 8 * z + 8 * m


@_compiled
def _polygon(data, at, end):
    """Where the polygon that begins here ends, its rings and vertices; −1 when it is odd."""
    if end - at < 9 or data[at] > 1:
        return -1, 0, 0
    order = data[at]
    step = _vertex_bytes(_u32(data, at + 1, order), _POLYGON)
    if step == 0:
        return -1, 0, 0
    rings = _u32(data, at + 5, order)
    at += 9
    vertices = 0
    for _ in range(rings):
        if end - at < 4:
            return -1, 0, 0
        count = _u32(data, at, order)
        at += 4
        if count < _LEAST or count > (end - at) // step:
            return -1, 0, 0
        last = at + (count - 1) * step
        for k in (0, 8):
            begun = _u64(data, at + k, order)
            if begun != _u64(data, last + k, order) or (begun & _ENDLESS) == _ENDLESS:
                return -1, 0, 0
        at = last + step
        vertices += count
    return at, rings, vertices


@_compiled
def _members(data, at, end):
    """Where the members of a shape begin and how many they are: itself, or those of a multipolygon."""
    if end - at < 9 or data[at] > 1:
        return at, 0, False
    order = data[at]
    if _vertex_bytes(_u32(data, at + 1, order), _MULTIPOLYGON):
        return at + 9, _u32(data, at + 5, order), True
    return at, 1, True


@_compiled
def measure(data, offsets, state, counts):
    """Polygons, rings and vertices of each shape that is taken; marks the odd ones."""
    for row in range(len(state)):
        counts[row] = 0
        if state[row] != TAKEN:
            continue
        end = offsets[row + 1]
        at, members, sound = _members(data, offsets[row], end)
        for _ in range(members):
            at, rings, vertices = _polygon(data, at, end)
            if at < 0:
                break
            if rings:
                counts[row, 0] += 1
                counts[row, 1] += rings
                counts[row, 2] += vertices
        if not sound or at != end:
            counts[row] = 0
            state[row] = ODD


@_compiled
def fill(data, offsets, state, bits, ring_start, polygon_start):
    """The vertices (as the bits of doubles) and starts of what `measure` took."""
    polygon, ring, vertex = 0, 0, 0
    for row in range(len(state)):
        if state[row] != TAKEN:
            continue
        at, members, _ = _members(data, offsets[row], offsets[row + 1])
        for _ in range(members):
            order = data[at]
            step = _vertex_bytes(_u32(data, at + 1, order), _POLYGON)
            rings = _u32(data, at + 5, order)
            at += 9
            if rings:
                polygon_start[polygon] = ring
                polygon += 1
            for _ in range(rings):
                count = _u32(data, at, order)
                at += 4
                ring_start[ring] = vertex
                ring += 1
                if order == 1 and step == 16:  # as nearly always: two loads and two stores a vertex
                    for k in range(count):
                        bits[vertex + k, 0] = _double(data, at + 16 * k)
                        bits[vertex + k, 1] = _double(data, at + 16 * k + 8)
                else:
                    for k in range(count):
                        bits[vertex + k, 0] = _u64(data, at + step * k, order)
                        bits[vertex + k, 1] = _u64(data, at + step * k + 8, order)
                at += step * count
                vertex += count
    polygon_start[polygon] = ring
    ring_start[ring] = vertex
