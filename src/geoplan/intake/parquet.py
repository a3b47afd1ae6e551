"""GeoParquet from strangers: measured piece by piece before it is read whole."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from shapely.errors import ShapelyError

from geoplan.errors import DataError
from geoplan.intake.arrow_pages import largest_row, rows_at_once
from geoplan.intake.limits import Limits, check
from geoplan.intake.wkb import check_nesting

if TYPE_CHECKING:
    from pathlib import Path

_WINDOW: Final = 1 << 20


def read_parquet(file: Path, *, what: str, limits: Limits) -> gpd.GeoDataFrame:
    """A GeoParquet file whose size in memory and nesting stay within the limits.

    Raises
    ------
    DataError
        Not GeoParquet, damaged, or over a limit.
    """
    try:
        with pq.ParquetFile(file, buffer_size=_WINDOW, pre_buffer=False) as opened:
            metadata = opened.metadata
            check(what, limits, "features", metadata.num_rows)
            check(what, limits, "columns", metadata.num_columns)
            check(what, limits, "cells", metadata.num_rows * metadata.num_columns)
            check(what, limits, "cells", _values(metadata))
            encodings = _geometry_columns(metadata.metadata, what)
            row, whole = largest_row(file, metadata)
            check(what, limits, "file_bytes", whole)
            _measure(opened, encodings, rows_at_once(row), what, limits)
        return gpd.read_parquet(file)
    except DataError:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        NotImplementedError,
        OSError,
        pa.ArrowException,
        ShapelyError,
    ) as error:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; GeoParquet hỏng, hãy xin lại tệp.",
            en=f"{what}: not a vector file that can be read; the GeoParquet is damaged, ask for it again.",
        ) from error


def _values(metadata: pq.FileMetaData) -> int:
    """Values of all columns, those inside lists too."""
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    return sum(group.column(c).num_values for group in groups for c in range(group.num_columns))


def _geometry_columns(metadata: dict[bytes, bytes] | None, what: str) -> dict[str, str]:
    if metadata is None or b"geo" not in metadata:
        raise DataError(
            vi=f"{what}: là Parquet nhưng không có hình học (thiếu siêu dữ liệu GeoParquet).",
            en=f"{what}: Parquet without geometry (no GeoParquet metadata).",
        )
    geo: Any = json.loads(metadata[b"geo"])
    return {name: str(column.get("encoding", "WKB")) for name, column in geo["columns"].items()}


def _measure(opened: pq.ParquetFile, encodings: dict[str, str], rows: int, what: str, limits: Limits) -> None:
    size = 0
    for batch in opened.iter_batches(batch_size=rows):
        size += sum(_bytes(column) for column in batch.columns)
        check(what, limits, "file_bytes", size)
        for name, encoding in encodings.items():
            if name in batch.schema.names:
                _check_geometry(batch.column(name), encoding, what, limits)


def _check_geometry(column: pa.Array, encoding: str, what: str, limits: Limits) -> None:
    if encoding == "WKB" and (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)):
        check_nesting(column, what=what, limits=limits)
    elif encoding == "WKB" and not pa.types.is_null(column.type):
        check_nesting(column.cast(pa.large_binary()), what=what, limits=limits)
    elif encoding == "multipolygon" and pc.min(pc.list_value_length(column.flatten())).as_py() == 0:
        raise DataError(
            vi=f"{what}: có vùng gồm một phần trống, GeoArrow không đọc được; hãy xuất lại bằng mã hóa WKB.",
            en=f"{what}: a polygon with an empty part, which cannot be read as GeoArrow; export it again "
            "with the encoding WKB.",
        )  # shapely 2.2 ends the process on one


def _bytes(column: pa.Array) -> int:
    """What the column takes once every row has its own copy."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    if not (pa.types.is_binary(column.dictionary.type) or pa.types.is_string(column.dictionary.type)):
        return int(column.nbytes)
    lengths = pc.fill_null(pc.binary_length(column.dictionary), 0)
    return int(pc.sum(pc.take(lengths.cast(pa.int64()), column.indices)).as_py() or 0)
