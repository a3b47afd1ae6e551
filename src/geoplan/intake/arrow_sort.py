"""A copy of a file of polygons sorted by space, so that a place is read from a few row groups."""

from __future__ import annotations

import json
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

from geoplan.intake.arrow_file import PolygonFile
from geoplan.intake.arrow_parquet import OWN, ROW_COLUMN, SIDES, ParquetPolygons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from pyproj import CRS

_GROUP_BYTES: Final = 1 << 23
_GROUP_ROWS: Final = (64, 16_384)
"""Bytes of geometry in a row group, and the fewest and most rows."""
_GROUPS_A_BUCKET: Final = 8
_PIECE: Final = 1 << 25
"""Bytes that are dealt out at once."""
_LEVEL: Final = 16
_POINTS: Final = 1 << 16


def sorted_copy(file: PolygonFile, folder: str | Path) -> PolygonFile:
    """Write the rows of a file along a Hilbert curve, as GeoParquet 1.1 with a box for each row.

    Memory stays within some hundred MB whatever the size: rows are dealt out to buckets on the disk first,
    and each bucket is sorted by itself.

    Parameters
    ----------
    file
        An open file.
    folder
        Where ``<name>.sorted.parquet`` is written; the caller's to delete.

    Returns
    -------
    PolygonFile
        The copy, opened; each row keeps the number that it has in `file`, so that `PolygonFile.rings` gives
        the very same for the same rows.
    """
    source = file.source
    names = [name for name in source.plain_columns() if name != ROW_COLUMN]
    rank = _ranks(file.own_boxes)
    each = max(1, 16 * int(file.vertices.sum()) // max(len(file), 1))
    group = int(np.clip(_GROUP_BYTES // each, *_GROUP_ROWS))
    target = Path(folder) / f"{file.path.stem}.sorted.parquet"
    draft = target.with_suffix(".part")
    with tempfile.TemporaryDirectory(prefix="geoplan-sort-", dir=folder) as made:
        buckets = _deal(_tables(file, names), Path(made), rank, group * _GROUPS_A_BUCKET)
        _write(draft, buckets, rank=rank, boxes=file.own_boxes, crs=source.crs, group=group)
    draft.replace(target)
    return PolygonFile(target, ParquetPolygons(target, source.what, source.limits))


def _ranks(boxes: NDArray[np.float64]) -> NDArray[np.int64]:
    """The place of each row along the curve, by the middle of its box; rows without one come last."""
    keys = np.full(len(boxes), np.iinfo(np.int64).max)
    there = np.flatnonzero(~np.isnan(boxes).any(axis=1))
    if len(there):
        extent = [*boxes[there, :2].min(axis=0), *boxes[there, 2:].max(axis=0)]
        for part in np.array_split(there, len(there) // _POINTS + 1):
            middles = gpd.GeoSeries(shapely.points((boxes[part, :2] + boxes[part, 2:]) / 2))
            keys[part] = middles.hilbert_distance(total_bounds=extent, level=_LEVEL)
    rank = np.empty(len(boxes), np.int64)
    rank[np.argsort(keys, kind="stable")] = np.arange(len(boxes))
    return rank


def _tables(file: PolygonFile, names: list[str]) -> Iterator[pa.Table]:
    """The rows with their numbers, in pieces worth dealing out."""
    waiting: list[pa.Table] = []
    size = 0
    for numbers, batch in file.source.tables(names, geometry=True):
        geometry = batch.column(batch.num_columns - 1)
        columns = {name: batch.column(name) for name in names}
        shape = {_free("geometry", names): geometry.cast(pa.large_binary())}
        waiting.append(pa.table({**columns, ROW_COLUMN: pa.array(numbers), **shape}))
        size += batch.nbytes
        if size >= _PIECE:
            yield pa.concat_tables(waiting)
            waiting, size = [], 0
    if waiting:
        yield pa.concat_tables(waiting)


def _free(name: str, taken: list[str]) -> str:
    """A name that no column has."""
    while name in taken:
        name += "_"
    return name


def _deal(tables: Iterator[pa.Table], folder: Path, rank: NDArray[np.int64], rows: int) -> list[Path]:
    """Put each row into the bucket of its rank, so many rows each; files in the order of the ranks."""
    paths = [folder / f"{k}.arrow" for k in range(-(-len(rank) // rows))]
    with ExitStack() as open_files:
        writers: list[Any] = [None] * len(paths)
        for table in tables:
            bucket = rank[table.column(ROW_COLUMN).to_numpy()] // rows
            order = np.argsort(bucket, kind="stable")
            dealt = table.take(pa.array(order)).combine_chunks()
            ends = np.searchsorted(bucket[order], np.arange(len(paths) + 1))
            for k in np.flatnonzero(np.diff(ends)).tolist():
                if writers[k] is None:
                    sink = open_files.enter_context(pa.OSFile(str(paths[k]), "wb"))
                    writers[k] = open_files.enter_context(pa.ipc.new_stream(sink, table.schema))
                writers[k].write_table(dealt.slice(ends[k], ends[k + 1] - ends[k]))
    return paths


def _write(
    draft: Path,
    buckets: list[Path],
    *,
    rank: NDArray[np.int64],
    boxes: NDArray[np.float64],
    crs: CRS | None,
    group: int,
) -> None:
    """The buckets one after the other, each in the order of its ranks."""
    with ExitStack() as open_files:
        writer: pq.ParquetWriter | None = None
        for path in buckets:
            with pa.OSFile(str(path)) as opened, pa.ipc.open_stream(opened) as stream:
                table = stream.read_all()
            path.unlink()
            numbers = table.column(ROW_COLUMN).to_numpy()
            order = np.argsort(rank[numbers])
            table = _with_boxes(table.take(pa.array(order)), boxes[numbers[order]], crs)
            if writer is None:
                names = table.column_names
                writer = open_files.enter_context(
                    pq.ParquetWriter(
                        draft,
                        table.schema,
                        compression="zstd",
                        compression_level=1,
                        use_dictionary=names[:-3],
                        write_statistics=names[:-3],
                    )
                )
            writer.write_table(table, row_group_size=group)


def _with_boxes(table: pa.Table, boxes: NDArray[np.float64], crs: CRS | None) -> pa.Table:
    """The table with a last column of boxes, and the metadata of GeoParquet 1.1."""
    geometry, box = table.column_names[-1], _free("bbox", table.column_names)
    sides = [pa.array(side, from_pandas=True) for side in boxes.T]
    empty = pa.array(np.isnan(boxes).any(axis=1))
    column = pa.StructArray.from_arrays(sides, names=list(SIDES), mask=empty)
    about: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": [],
        "crs": None if crs is None else crs.to_json_dict(),
        "covering": {"bbox": {side: [box, side] for side in SIDES}},
    }
    geo = {"version": "1.1.0", "primary_column": geometry, "columns": {geometry: about}}
    metadata = {b"geo": json.dumps(geo).encode(), OWN: json.dumps({"rows": ROW_COLUMN}).encode()}
    return table.append_column(box, column).replace_schema_metadata(metadata)
