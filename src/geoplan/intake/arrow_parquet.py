"""GeoParquet read in part: the row groups that hold the rows asked for, batch by batch."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import DataError
from geoplan.intake.arrow_pages import largest_row, rows_at_once
from geoplan.intake.limits import Limits, check
from geoplan.rings import starts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geoplan.intake.arrow_source import Numbered

_WINDOW: Final = 1 << 20
ROW_COLUMN: Final = "geoplan_row"
"""Of a file that geoplan sorted: which row of the original each row is."""
OWN: Final = b"geoplan"
"""Metadata of a file that geoplan sorted."""
SIDES: Final = ("xmin", "ymin", "xmax", "ymax")


@contextmanager
def sentences(what: str) -> Iterator[None]:
    """Whatever Arrow raises about a file is one sentence."""
    try:
        yield
    except DataError:
        raise
    except (ValueError, OSError, pa.ArrowException) as error:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; GeoParquet hỏng, hãy xin lại tệp.",
            en=f"{what}: not a vector file that can be read; the GeoParquet is damaged, ask for it again.",
        ) from error


@dataclass(frozen=True)
class ParquetPolygons:
    """The polygons of a GeoParquet file (a private copy, see `geoplan.intake.staging`).

    Row numbers are those of the file, or of the original where geoplan sorted it (`ROW_COLUMN`).
    """

    path: Path
    what: str
    limits: Limits
    open_rings: ClassVar[Literal["raise", "fix"]] = "raise"
    windowed: ClassVar[bool] = False

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.path, self.what, self.limits)  # without what was read already

    @cached_property
    def _metadata(self) -> pq.FileMetaData:
        with sentences(self.what):
            return pq.read_metadata(self.path, memory_map=True)

    @cached_property
    def _geo(self) -> dict[str, Any]:
        """What the metadata says of the geometry: its column too, as ``name``."""
        with sentences(self.what):
            try:
                geo = json.loads((self._metadata.metadata or {})[b"geo"])
                name = str(geo["primary_column"])
                return {**geo["columns"][name], "name": name}
            except (KeyError, TypeError, AttributeError) as error:
                raise ValueError from error

    @property
    def readable(self) -> bool:
        """Whether the geometry is WKB with straight edges; what is not is read the ordinary way."""
        schema = self._metadata.schema.to_arrow_schema()
        kinds = [f.type for f in schema if f.name == self._geo["name"]]
        bytes_once = kinds in ([pa.binary()], [pa.large_binary()]) and len(set(schema.names)) == len(schema)
        straight = self._geo.get("edges", "planar") == "planar"
        return self._geo.get("encoding") == "WKB" and straight and bytes_once

    @property
    def declares(self) -> bool:
        """Whether it states boxes."""
        return self._covering is not None

    @cached_property
    def crs(self) -> CRS | None:
        """The coordinate system; longitude and latitude where none is mentioned, as GeoParquet has it."""
        stated = self._geo.get("crs", "OGC:CRS84")
        with sentences(self.what):
            try:
                return None if stated is None else CRS.from_user_input(stated)
            except CRSError as error:
                raise ValueError from error

    @property
    def count(self) -> int:
        """Rows."""
        return int(self._metadata.num_rows)

    @cached_property
    def _first(self) -> NDArray[np.int64]:
        """The first row of each row group, and the end."""
        groups = range(self._metadata.num_row_groups)
        return starts(np.array([self._metadata.row_group(g).num_rows for g in groups], dtype=np.int64))

    def check(self) -> None:
        """Refuse a file with more in it than the limits allow.

        Raises
        ------
        DataError
            Over a limit, or damaged.
        """
        metadata = self._metadata
        with sentences(self.what):
            groups = [metadata.row_group(g) for g in range(metadata.num_row_groups)]
            values = sum(group.column(c).num_values for group in groups for c in range(group.num_columns))
        check(self.what, self.limits, "features", metadata.num_rows)
        check(self.what, self.limits, "columns", metadata.num_columns)
        check(self.what, self.limits, "cells", max(metadata.num_rows * metadata.num_columns, values))

    def _opened(self) -> pq.ParquetFile:
        """The file, read through a small window: a column of a row group is not taken in at once."""
        return pq.ParquetFile(self.path, metadata=self._metadata, buffer_size=_WINDOW, pre_buffer=False)

    def batches(
        self, columns: Sequence[str], groups: Sequence[int] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """Record batches of some row groups, each with the place of its first row."""
        size = 0
        with sentences(self.what), self._opened() as opened:
            row, whole = largest_row(self.path, self._metadata, columns)
            check(self.what, self.limits, "file_bytes", whole)
            rows = rows_at_once(row)
            for group in range(self._metadata.num_row_groups) if groups is None else groups:
                at = int(self._first[group])
                for batch in opened.iter_batches(rows, [group], list(columns), use_threads=False):
                    size += batch.nbytes
                    check(self.what, self.limits, "file_bytes", size)
                    yield at, batch
                    at += len(batch)

    @cached_property
    def _numbers(self) -> NDArray[np.int64] | None:
        """The row number at each place; None where it is the place itself.

        Only a file that says so itself is believed, and only when each number is there once.
        """
        if OWN not in (self._metadata.metadata or {}):
            return None
        with sentences(self.what):
            schema = self._metadata.schema.to_arrow_schema()
            if ROW_COLUMN not in schema.names or not pa.types.is_integer(schema.field(ROW_COLUMN).type):
                raise ValueError
        parts = [b.column(0).to_numpy(zero_copy_only=False) for _, b in self.batches([ROW_COLUMN])]
        numbers = np.concatenate([np.empty(0, np.int64), *parts])
        if not np.array_equal(np.sort(numbers), np.arange(self.count)):  # a null has made them doubles
            with sentences(self.what):
                raise ValueError
        return numbers.astype(np.int64)

    @cached_property
    def _place(self) -> NDArray[np.int64] | None:
        """The place of each row number."""
        return None if self._numbers is None else np.argsort(self._numbers, kind="stable")

    def _places(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.sort(rows if self._place is None else self._place[rows])

    def _groups(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The row groups that hold some rows."""
        return np.unique(np.searchsorted(self._first, self._places(rows), side="right") - 1)

    def numbered(self, at: int, count: int) -> NDArray[np.int64]:
        """The row numbers of so many rows from a place on."""
        return np.arange(at, at + count) if self._numbers is None else self._numbers[at : at + count]

    def wkb(
        self, rows: NDArray[np.int64] | None, *, window: NDArray[np.float64] | None = None
    ) -> Iterator[Numbered]:
        """Geometries of some rows, of all when None, in the order of the file."""
        del window
        if rows is None:
            for at, batch in self.batches([self._geo["name"]]):
                yield self.numbered(at, len(batch)), batch.column(0)
            return
        places = self._places(rows)
        for at, batch in self.batches([self._geo["name"]], self._groups(rows).tolist()):
            low, high = np.searchsorted(places, [at, at + len(batch)])
            if high > low:
                here = places[low:high] - at
                values = batch.column(0)
                values = values if len(here) == len(values) else values.take(pa.array(here))
                yield self.numbered(at, len(batch))[here], values

    def boxes(self, rows: NDArray[np.int64] | None = None) -> NDArray[np.float64] | None:
        """The boxes that the file declares (GeoParquet 1.1 ``covering``), rounded outwards; None without.

        Those of some rows, of all when None; NaN for a row whose box is missing or odd.
        """
        paths = self._covering
        if paths is None:
            return None
        boxes = np.full((self.count, 4), np.nan)
        groups = None if rows is None else self._groups(rows).tolist()
        for at, batch in self.batches([".".join(path) for path in paths], groups):
            for side, path in enumerate(paths):
                values = batch.column(path[0]).field(path[1])
                if batch.column(path[0]).null_count:
                    values = pc.if_else(batch.column(path[0]).is_valid(), values, None)
                numbers = values.to_numpy(zero_copy_only=False)
                if numbers.dtype == np.float32:
                    numbers = np.nextafter(numbers, np.float32(-np.inf if side < 2 else np.inf))  # noqa: PLR2004
                boxes[self.numbered(at, len(batch)), side] = numbers
        boxes = boxes if rows is None else boxes[rows]
        odd = ~(boxes[:, :2] <= boxes[:, 2:]).all(axis=1) | ~np.isfinite(boxes).all(axis=1)
        boxes[odd] = np.nan
        return boxes

    def vertices(self) -> NDArray[np.int64]:
        """What a row of each row group has on average, by the bytes that the metadata states."""
        counts = np.diff(self._first)
        each = self._group_sizes[:, 1] // (16 * np.maximum(counts, 1))
        guess: NDArray[np.int64] = np.minimum(np.repeat(each, counts), self.limits.vertices)
        return guess

    @cached_property
    def _covering(self) -> list[tuple[str, str]] | None:
        with sentences(self.what):
            try:
                stated = self._geo.get("covering", {}).get("bbox")
                paths = None if stated is None else [tuple(stated[side]) for side in SIDES]
            except (KeyError, TypeError, AttributeError) as error:
                raise ValueError from error
            if paths is None:
                return None
            schema = self._metadata.schema.to_arrow_schema()
            for path in paths:
                if len(path) != 2 or "." in path[0] or path[0] not in schema.names:  # noqa: PLR2004
                    return None
                kind = schema.field(path[0]).type
                if not pa.types.is_struct(kind) or kind.get_field_index(path[1]) < 0:
                    return None
                if kind.field(path[1]).type not in (pa.float32(), pa.float64()):
                    return None
            return [(str(a), str(b)) for a, b in paths]

    def plain_columns(self) -> list[str]:
        """The columns but for geometry and boxes: those that are a value a row."""
        schema = self._metadata.schema.to_arrow_schema()
        kept = (ROW_COLUMN, self._geo["name"])
        return [f.name for f in schema if f.name not in kept and "." not in f.name and not _odd(f.type)]

    def tables(self, columns: Sequence[str], *, geometry: bool) -> Iterator[Numbered]:
        """Record batches of some columns; the geometry last, where asked for."""
        wanted = [*columns, self._geo["name"]] if geometry else list(columns)
        for at, batch in self.batches(wanted):
            yield self.numbered(at, len(batch)), batch.select(wanted)

    def cost(self, rows: NDArray[np.int64]) -> tuple[int, int]:
        """Row groups and compressed bytes of geometry that reading some rows takes."""
        groups = self._groups(rows)
        return len(groups), int(self._group_sizes[groups, 0].sum())

    @cached_property
    def _group_sizes(self) -> NDArray[np.int64]:
        """Bytes of geometry in each row group, compressed and not."""
        metadata, name = self._metadata, self._geo["name"]
        column = [metadata.schema.column(c).path for c in range(metadata.num_columns)].index(name)
        chunks = [metadata.row_group(g).column(column) for g in range(metadata.num_row_groups)]
        sizes = [(c.total_compressed_size, c.total_uncompressed_size) for c in chunks]
        return np.array(sizes, dtype=np.int64).reshape(-1, 2)


def _odd(kind: pa.DataType) -> bool:
    """Whether values are several things at once, or bytes."""
    tests = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary)
    return any(test(kind) for test in tests)
