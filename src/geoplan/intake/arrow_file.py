"""A file of polygons that is read in part, as arrays: attributes and boxes first, land as it is asked for.

`open_polygons` lets in the same files as `read_layer`, through the same door. GeoParquet and GeoPackage stay
on the disk; any other format is read whole. See `PolygonFile`.
"""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from geoplan import crs
from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.intake import gdal
from geoplan.intake.arrow_gpkg import GpkgPolygons
from geoplan.intake.arrow_lonlat import carried, moved_rings
from geoplan.intake.arrow_parquet import ParquetPolygons
from geoplan.intake.arrow_source import FramePolygons
from geoplan.intake.kinds import GPKG, PARQUET
from geoplan.intake.limits import LIMITS, Limits, check
from geoplan.intake.precheck import gpkg_count, precheck
from geoplan.intake.read import choose_layer, data_layers, existing_file, read_layer
from geoplan.intake.staging import staged
from geoplan.intake.wkb import MUCH, rings_of_wkb, worth_compiling
from geoplan.rings import Rings, boxes_of, joined, taken
from geoplan.schema import require_layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan.intake.arrow_source import Numbered, Source

_PIECE: Final = MUCH
"""Bytes of WKB that become arrays at once: no more than pays, so that the same memory serves again."""
_ROOM: Final = 1.1
"""Of the vertices that there should be: what is set aside for them, untouched until it is used."""
_FEW: Final = 1000
"""Different texts in a column that are kept once each, whatever the number of rows."""


class PolygonFile:
    """Polygons of a file, of which some rows are read at a time.

    To be opened by `open_polygons` and closed (a ``with`` does it): the private copy of the file is deleted
    then. It may be sent to another process of this machine, or of one that sees the same temporary folder,
    and works there as long as it is open here.

    Rows are numbered from 0 in the order of the file, and in that of the original for a file that
    `geoplan.intake.arrow_sort.sorted_copy` made.
    """

    def __init__(
        self, path: Path, source: Source, folder: ExitStack | None = None, *, known: bool = False
    ) -> None:
        self.path = path
        self._source = source
        self._folder = folder
        self._known = known

    def __reduce__(self) -> tuple[Any, ...]:
        kept = not isinstance(self._source, FramePolygons)
        return _again if kept else PolygonFile, (self.path, self._source)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self._source.count

    def close(self) -> None:
        """Delete the private copy."""
        if self._folder is not None:
            self._folder.close()

    @property
    def source(self) -> Source:
        """Where the rows come from."""
        return self._source

    def _require_open(self) -> None:
        source = self._source
        if source.path is not None and not source.path.exists():
            raise MissingFileError(
                vi=f"{source.what}: tệp đã đóng, hoặc máy này không thấy thư mục tạm của máy đã mở nó.",
                en=f"{source.what}: the file was closed, or this machine does not see the temporary folder "
                "of the one that opened it.",
            )

    @property
    def crs(self) -> CRS | None:
        """The coordinate system that the file states."""
        return self._source.crs

    @cached_property
    def attributes(self) -> pd.DataFrame:
        """The columns that are a value a row, on the index 0 … n − 1; repeated texts as categories."""
        self._require_open()
        names = self._source.plain_columns()
        numbers = [np.empty(0, np.int64)]
        batches: list[pa.RecordBatch] = []
        for rows, batch in self._source.tables(names, geometry=False):
            numbers.append(rows)
            batches.append(batch)
        index = pd.RangeIndex(len(self))
        if not batches or not names:
            return pd.DataFrame(index=index, columns=names)
        table = pa.Table.from_batches([batch.select(names) for batch in batches])
        order = np.concatenate(numbers)
        if (np.diff(order) < 0).any():
            table = table.take(pa.array(np.argsort(order, kind="stable")))
        try:
            return pd.DataFrame({name: _light(table.column(name)) for name in names}, index=index)
        except (UnicodeDecodeError, pa.ArrowException) as error:
            raise DataError(
                vi=f"{self._source.what}: có chữ không phải UTF-8; hãy xuất lại tệp.",
                en=f"{self._source.what}: text that is not UTF-8; export it again.",
            ) from error

    @cached_property
    def own_boxes(self) -> NDArray[np.float64]:
        """West, south, east and north of each row in the layer's own coordinates; NaN without a polygon.

        Those that the file declares (GeoParquet 1.1), else found by going through it once.
        """
        return self._scanned[0]

    @cached_property
    def vertices(self) -> NDArray[np.int64]:
        """Vertices of each row; where the file declares boxes, what its row group has on average."""
        return self._scanned[1]

    @cached_property
    def _scanned(self) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        self._require_open()
        boxes, vertices = self._source.boxes(), self._source.vertices()
        unknown: NDArray[np.int64] | None = None
        if boxes is None or vertices is None:
            boxes, vertices = np.full((len(self), 4), np.nan), np.zeros(len(self), np.int64)
        else:
            unknown = np.flatnonzero(np.isnan(boxes).any(axis=1))
        total = 0
        for numbers, part in self._parts(unknown) if unknown is None or len(unknown) else ():
            boxes[numbers] = boxes_of(part)
            vertices[numbers] = _vertices(part)
            total += len(part.xy)
            check(self._source.what, self._source.limits, "vertices", total)
        return boxes, vertices

    @cached_property
    def _system(self) -> CRS:
        """The coordinate system, after the checks that `geoplan.crs.require_crs` makes of a layer."""
        extent = []
        if not self._known:  # else another process has looked
            extent = [shapely.box(*box) for box in (_extent(self.own_boxes),) if box is not None]
        return crs.require_crs(gpd.GeoDataFrame(geometry=extent, crs=self.crs), what=self._source.what)

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north in degrees, or a little more; NaN for a row without a polygon.

        Raises
        ------
        CrsError
            When the file states no coordinate system.
        """
        return carried(self.own_boxes, self._system)

    def rings(self, rows: NDArray[np.int64]) -> Rings:
        """The polygons of some rows in longitude and latitude (WGS 84), neither checked nor mended.

        Bit for bit what `geoplan.crs.overlay_shapes` and `geoplan.rings.rings_of` give of `read_layer`: edges
        of a projected layer get a vertex every 200 m.

        Parameters
        ----------
        rows
            Row numbers, ascending.

        Raises
        ------
        CrsError
            No coordinate system, or coordinates that are no place on the earth.
        DataError
            When a row is damaged, or lies outside the box that the file declares for it.
        """
        self._require_open()
        rows = np.asarray(rows, dtype=np.int64)
        if len(rows) and (rows[0] < 0 or rows[-1] >= len(self) or (np.diff(rows) <= 0).any()):
            raise UsageError(
                vi=f"{self._source.what}: các dòng phải tăng dần, từ 0 đến {len(self) - 1}.",
                en=f"{self._source.what}: rows must ascend, from 0 to {len(self) - 1}.",
            )
        numbers, own = self._collected(rows)
        check(self._source.what, self._source.limits, "vertices", len(own.xy))
        if (np.diff(numbers) < 0).any():
            order = np.argsort(numbers, kind="stable")
            own, numbers = taken(own, order), numbers[order]
        self._require_found(rows, numbers, own)
        if len(rows) == len(self) and not self._source.declares:  # then it has been gone through
            self.__dict__.setdefault("_scanned", (boxes_of(own), _vertices(own)))
        return moved_rings(own, self._system, self._source.what)

    def _collected(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], Rings]:
        """The polygons of rows in the order of the file; vertices are written into one array as they come."""
        guess = self._source.vertices()
        room = np.empty((0 if guess is None else int(_ROOM * guess[rows].sum()), 2))
        found = list(self._parts(rows, room=room)) if len(rows) else []
        numbers = np.concatenate([np.empty(0, np.int64), *(n for n, _ in found)])
        parts = [part for _, part in found]
        if not all(np.may_share_memory(part.xy, room) for part in parts if len(part.xy)):
            return numbers, joined(parts)
        whole = room[: sum(len(part.xy) for part in parts)]
        return numbers, joined([part._replace(xy=room[:0]) for part in parts])._replace(xy=whole)

    def _parts(
        self, rows: NDArray[np.int64] | None, *, room: NDArray[np.float64] | None = None
    ) -> Iterator[tuple[NDArray[np.int64], Rings]]:
        """Row numbers and polygons in the layer's own coordinates, in pieces, in the order of the file."""
        source = self._source
        window = None
        if source.windowed and rows is not None and len(rows) < len(self):
            window = _extent(self.own_boxes[rows])
        many = False
        for numbers, values in _pieces(source.wkb(rows, window=window)):
            many = many or worth_compiling(values.nbytes)
            part = rings_of_wkb(
                values,
                what=source.what,
                numbers=numbers,
                open_rings=source.open_rings,
                limits=source.limits,
                compiled=many,
                room=room,
            )
            room = None if room is None else room[len(part.xy) :]
            yield numbers, part

    def _require_found(self, rows: NDArray[np.int64], numbers: NDArray[np.int64], own: Rings) -> None:
        what = self._source.what
        if not np.array_equal(rows, numbers):
            raise DataError(
                vi=f"{what}: tệp thay đổi trong khi đọc hoặc hỏng; hãy mở lại hoặc xin lại tệp.",
                en=f"{what}: the file changed while it was read, or is damaged; open it again or ask for it "
                "again.",
            )
        if not self._source.declares:
            return
        stated = self.own_boxes[rows] if "_scanned" in self.__dict__ else self._source.boxes(rows)
        found, said = boxes_of(own), np.asarray(stated)
        outside = (found[:, :2] < said[:, :2]).any(axis=1) | (found[:, 2:] > said[:, 2:]).any(axis=1)
        if outside.any():
            row = rows[outside][0]
            raise DataError(
                vi=f"{what}: khung bao ghi trong tệp (bbox) không chứa hình ở dòng {row}; hãy xuất lại tệp.",
                en=f"{what}: the box that the file declares (bbox) does not hold the shape in row {row}; "
                "export it again.",
            )

    def reading_cost(self, partitions: Iterable[NDArray[np.int64]]) -> float:
        """How many times the bytes of all geometry are read when each part's rows are read by themselves.

        Near 1 for a file sorted by space and parts that are places; many for one that is not sorted: then
        `geoplan.intake.arrow_sort.sorted_copy` pays.
        """
        whole = self._source.cost(np.arange(len(self)))[1]
        return sum(self._source.cost(np.asarray(rows))[1] for rows in partitions) / whole if whole else 0.0


@lru_cache(maxsize=8)
def _again(path: Path, source: Source) -> PolygonFile:
    """A file that another process opened; the same object each time it comes here."""
    return PolygonFile(path, source, known=True)


def open_polygons(path: str | Path, *, layer: str | None = None, limits: Limits = LIMITS) -> PolygonFile:
    """Open a layer of polygons that is to be read in part.

    Parameters
    ----------
    path
        As for `read_layer`: any vector file of this machine. GeoParquet (WKB) and GeoPackage stay on the
        disk, other formats are read whole.
    layer
        Which layer, when the file has several.
    limits
        What it may hold.

    Returns
    -------
    PolygonFile
        To be closed, or used in a ``with``.

    Raises
    ------
    MissingFileError, UsageError, DataError
        As `read_layer`.
    """
    named = existing_file(path)
    with ExitStack() as folder:
        opened = folder.enter_context(staged(named, layer, limits=limits))
        what = named.name
        source: Source | None = None
        if opened.kind is PARQUET:
            source = _parquet(ParquetPolygons(opened.path, what, limits))
        elif opened.kind is GPKG:
            precheck(opened.path, GPKG, what=what, limits=limits)
            names = data_layers(gdal.layers(opened, what=what, limits=limits))
            chosen = names[choose_layer(what, tuple(names), opened.layer)]
            said = gdal.info(opened, chosen, what=what, limits=limits)
            if said["geometry_type"] is not None:
                source = GpkgPolygons(opened.path, chosen, tuple(said["fields"]), said["crs"], what, limits)
                gdal.check_count(what, source.count, gpkg_count(opened.path, chosen, what=what))
        if source is not None and source.count:
            return PolygonFile(named, source, folder.pop_all())
    frame = read_layer(named, layer=layer, limits=limits)
    require_layer(frame, what=named.name)
    return PolygonFile(named, FramePolygons(frame, named.name, limits))


def _parquet(source: ParquetPolygons) -> ParquetPolygons | None:
    source.check()
    return source if source.readable else None


def _pieces(batches: Iterator[Numbered]) -> Iterator[Numbered]:
    """Small batches together, so that each piece is worth the compiled walk."""
    numbers: list[NDArray[np.int64]] = []
    values: list[Any] = []
    size = 0
    for rows, batch in batches:
        numbers.append(rows)
        values.append(batch)
        size += batch.nbytes
        if size >= _PIECE:
            yield np.concatenate(numbers), pa.concat_arrays(values)
            numbers, values, size = [], [], 0
    if values:
        yield np.concatenate(numbers), pa.concat_arrays(values)


def _vertices(rings: Rings) -> NDArray[np.int64]:
    return np.diff(rings.ring_start[rings.polygon_start[rings.body_start]])


def _extent(boxes: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The box of boxes; None when there is none."""
    there = boxes[~np.isnan(boxes).any(axis=1)]
    return np.concatenate([there[:, :2].min(axis=0), there[:, 2:].max(axis=0)]) if len(there) else None


def _light(column: pa.ChunkedArray) -> pd.Series:
    """A column as pandas has it, repeated texts as categories, others as Arrow keeps them."""
    if pa.types.is_dictionary(column.type):
        return pd.Series(column.unify_dictionaries().to_pandas())
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        return pd.Series(column.to_pandas(date_as_object=False))
    if pc.count_distinct(column).as_py() > max(_FEW, len(column) // 4):
        return pd.Series(column.combine_chunks(), dtype=pd.ArrowDtype(column.type))
    return pd.Series(pa.chunked_array([column.combine_chunks()]).dictionary_encode().to_pandas())
