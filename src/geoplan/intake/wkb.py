"""Polygons as files keep them (WKB in an Arrow array) to arrays, without an object for each shape.

The compiled walk (`geoplan.intake.wkb_kernel`, the extra ``fast``) takes polygons and multipolygons that are
plain: whole, closed, in either order of bytes; Z and M are dropped. Whatever is odd (another kind of
geometry, an open ring, an SRID, broken bytes) goes to GEOS one by one, so that the answer, or the sentence,
is the one that shapely would have given; so does everything when there is little to do, or no Numba.
"""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pyarrow as pa
import shapely

from geoplan.errors import DataError
from geoplan.intake.limits import LIMITS, Limits, check
from geoplan.intake.repair import made_valid, polygonal
from geoplan.rings import Rings, boxes_of, joined, rings_of, starts, taken

if TYPE_CHECKING:
    from numpy.typing import NDArray

MUCH: Final = 1 << 22
"""Bytes from which the compiled walk pays; below, loading it costs more than it saves."""
_HEAD: Final = 5
_SINGLE: Final = (1, 2, 3)
"""Bytes of the head of a geometry; the low byte of the type of a point, line or polygon."""
_GEOS_SAYS: Final = (shapely.errors.ShapelyError, TypeError, ValueError, NotImplementedError)
"""What reading a geometry may raise; the last for curves."""
_TAKEN, _LEFT_OUT, _ODD = 0, 1, 2
_MANY: Final = re.compile(
    rb"\x01[\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf][\x00\x03\x07\x0b]\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]\x00[\x00\x03\x07\x0b][\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf]",
    re.DOTALL,
)
"""The head of a geometry of many parts (multi-geometry or collection) as WKB writes it, either byte
order, with Z and M. GEOS reads those inside each other without a floor: enough of them end Python."""


def worth_compiling(size: int) -> bool:
    """Whether so many bytes are worth the compiled walk, and it is there."""
    return size >= MUCH and find_spec("numba") is not None


def check_nesting(values: Any, *, what: str, limits: Limits) -> None:
    """Refuse collections too deep inside each other, before GEOS reads them.

    Parameters
    ----------
    values
        ``pyarrow.Array`` of binary or large binary: geometries as WKB.
    what, limits
        The file's name for the sentence, and how deep.

    Raises
    ------
    DataError
        Over the limit.
    """
    data, offsets, state = _buffers(values)
    rows = np.flatnonzero((np.diff(offsets) >= _HEAD) & (state == _TAKEN))
    first = data[offsets[rows][:, None] + np.arange(_HEAD)]
    base = np.where(first[:, 0] == 1, first[:, 1], first[:, 4])
    for i in rows[~np.isin(base, _SINGLE)].tolist():
        _check_one(data[offsets[i] : offsets[i + 1]].tobytes(), what, limits)


def _check_one(wkb: bytes, what: str, limits: Limits) -> None:
    if _MANY.match(wkb):
        check(what, limits, "nesting", len(_MANY.findall(wkb)))


def rings_of_wkb(
    values: Any,
    *,
    what: str,
    numbers: NDArray[np.int64] | None = None,
    open_rings: Literal["raise", "fix"] = "raise",
    limits: Limits = LIMITS,
    compiled: bool | None = None,
    room: NDArray[np.float64] | None = None,
) -> Rings:
    """The arrays of polygons kept as WKB, a body for each value; null and foreign ones have no ring.

    Parameters
    ----------
    values
        ``pyarrow.Array`` of binary or large binary.
    what
        The file's name for the sentences.
    numbers
        The row number of each value, for the sentences; positions when None.
    open_rings
        What to do with a ring that does not end where it begins: ``fix`` closes it.
    limits
        How deep collections may lie in one another.
    compiled
        Whether the compiled walk is used; where it pays when None.
    room
        Where the vertices may be put, from its beginning, when they fit; new memory costs more than that.

    Returns
    -------
    Rings
        Bit for bit what `shapely.from_wkb`, `geoplan.intake.repair.polygonal` and
        `geoplan.rings.rings_of` give. Polygons are neither checked nor mended.

    Raises
    ------
    DataError
        When the bytes of a row are no geometry, or a coordinate is not a finite number: which row.
    """
    data, offsets, state = _buffers(values)
    rows = np.arange(len(state)) if numbers is None else np.asarray(numbers)
    if compiled is None:
        compiled = worth_compiling(int(offsets[-1] - offsets[0]))
    counts = np.zeros((len(state), 3), np.int64)
    if compiled:
        kernel = import_module("geoplan.intake.wkb_kernel")
        kernel.measure(data, offsets, state, counts)
        plain = _filled(kernel, (data, offsets, state), counts, room)
    else:
        state[state == _TAKEN] = _ODD
        plain = _empty(len(state))
    odd = np.flatnonzero(state == _ODD)
    if len(odd):
        wkb = [data[offsets[i] : offsets[i + 1]].tobytes() for i in odd.tolist()]
        with np.errstate(all="ignore"):  # coordinates may be anything
            rest = rings_of(_shapes(wkb, rows[odd], what, open_rings, limits))
        place = np.arange(len(state))
        place[odd] = len(state) + np.arange(len(odd))
        plain = taken(joined([plain, rest]), place)
    _require_finite(plain, rows, what)
    return plain


def _buffers(values: Any) -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.uint8]]:
    """The bytes, where each value begins and the last ends, and which are null (left out)."""
    if isinstance(values, pa.ExtensionArray):
        values = values.storage
    wide = pa.types.is_large_binary(values.type)
    state = np.zeros(len(values), np.uint8)
    if values.null_count:
        state[values.is_null().to_numpy(zero_copy_only=False)] = _LEFT_OUT
    _, places, content = values.buffers()
    if not len(values) or places is None:
        return np.frombuffer(b"", np.uint8), np.zeros(len(values) + 1, np.int64), state
    item = np.dtype(np.int64 if wide else np.int32)
    kept: NDArray[Any] = np.frombuffer(places, item, len(values) + 1, values.offset * item.itemsize)
    data = np.frombuffer(content or b"", np.uint8)
    offsets = kept.astype(np.int64)
    if offsets[0] < 0 or (np.diff(offsets) < 0).any() or offsets[-1] > len(data):
        raise ValueError("offsets of an Arrow array leave its bytes")  # the kernel believes them
    return data, offsets, state


def _filled(
    kernel: Any, bytes_of: tuple[Any, ...], counts: NDArray[np.int64], room: NDArray[np.float64] | None
) -> Rings:
    polygons, rings, vertices = counts.sum(axis=0).tolist()
    made = Rings(
        np.empty((vertices, 2)) if room is None or vertices > len(room) else room[:vertices],
        np.empty(rings + 1, np.int64),
        np.empty(polygons + 1, np.int64),
        starts(counts[:, 0]),
    )
    kernel.fill(*bytes_of, made.xy.view(np.uint64), made.ring_start, made.polygon_start)
    return made


def _empty(count: int) -> Rings:
    none = np.zeros(1, np.int64)
    return Rings(np.empty((0, 2)), none, none, np.zeros(count + 1, np.int64))


def _shapes(
    wkb: list[bytes], rows: NDArray[Any], what: str, open_rings: Literal["raise", "fix"], limits: Limits
) -> NDArray[np.object_]:
    """Shapes as GEOS reads them, those that are no polygons made so."""
    for one in wkb:
        _check_one(one, what, limits)
    try:
        read = shapely.from_wkb(np.array(wkb, dtype=object), on_invalid=open_rings)
    except _GEOS_SAYS:
        read = np.array([_shape(one, n, what, open_rings) for one, n in zip(wkb, rows, strict=True)])
    kinds = shapely.get_type_id(read)
    foreign = (kinds != shapely.GeometryType.POLYGON) & (kinds != shapely.GeometryType.MULTIPOLYGON)
    if foreign.any():
        valid = shapely.is_valid(read[foreign]) | shapely.is_missing(read[foreign])
        made = polygonal(read[foreign], valid=valid)
        for i in np.flatnonzero(~valid).tolist():
            made[i] = made_valid(made[i])
        read[foreign] = made
    return np.asarray(read, dtype=object)


def _shape(wkb: bytes, row: Any, what: str, open_rings: Literal["raise", "fix"]) -> Any:
    try:
        return shapely.from_wkb(wkb, on_invalid=open_rings)
    except _GEOS_SAYS as error:
        raise DataError(
            vi=f"{what}: hình ở dòng {row} hỏng, không đọc được; hãy sửa đối tượng đó hoặc xin lại tệp.",
            en=f"{what}: the shape in row {row} is damaged and cannot be read; mend that feature or ask for "
            "the file again.",
        ) from error


def _require_finite(rings: Rings, rows: NDArray[Any], what: str) -> None:
    if np.isfinite(rings.xy).all():
        return
    row = rows[np.flatnonzero(~np.isfinite(boxes_of(rings)).all(axis=1) & (np.diff(rings.body_start) > 0))[0]]
    raise DataError(
        vi=f"{what}: tọa độ không phải số hữu hạn ở dòng {row}; hãy sửa các đối tượng đó.",
        en=f"{what}: coordinates that are not finite numbers in row {row}; mend those features.",
    )
