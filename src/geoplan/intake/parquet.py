"""GeoParquet from strangers: measured piece by piece before it is read whole."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from shapely.errors import ShapelyError

from geoplan.errors import DataError
from geoplan.intake.limits import Limits, check

if TYPE_CHECKING:
    from pathlib import Path

_BATCH: Final = 256
_MANY: Final = re.compile(
    rb"\x01[\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf][\x00\x03\x07\x0b]\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]\x00[\x00\x03\x07\x0b][\x04-\x07\xec-\xef\xd4-\xd7\xbc-\xbf]",
    re.DOTALL,
)
"""The head of a geometry of many parts (multi-geometry or collection) as WKB writes it, either byte
order, with Z and M. GEOS reads those inside each other without a floor: enough of them end Python."""


def read_parquet(file: Path, *, what: str, limits: Limits) -> gpd.GeoDataFrame:
    """A GeoParquet file whose size in memory and nesting stay within the limits.

    Raises
    ------
    DataError
        Not GeoParquet, damaged, or over a limit.
    """
    try:
        with pq.ParquetFile(file, read_dictionary=_text_columns(file)) as opened:
            metadata = opened.metadata
            check(what, limits, "features", metadata.num_rows)
            check(what, limits, "columns", metadata.num_columns)
            check(what, limits, "cells", metadata.num_rows * metadata.num_columns)
            check(what, limits, "cells", _values(metadata))
            geometries = _geometry_columns(metadata.metadata, what)
            _measure(opened, geometries, what, limits)
        return gpd.read_parquet(file)
    except DataError:
        raise
    except (
        ValueError,
        TypeError,
        KeyError,
        AttributeError,
        OSError,
        pa.ArrowException,
        ShapelyError,
    ) as error:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; GeoParquet hỏng, hãy xin lại tệp.",
            en=f"{what}: not a vector file that can be read; the GeoParquet is damaged, ask for it again.",
        ) from error


def _text_columns(file: Path) -> list[str]:
    """Columns of bytes: they are read as a dictionary, so that a value kept once is held once."""
    schema = pq.read_schema(file)
    kinds = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_string, pa.types.is_large_string)
    return [f.name for f in schema if any(kind(f.type) for kind in kinds)]


def _values(metadata: pq.FileMetaData) -> int:
    """Values of all columns, those inside lists too."""
    groups = (metadata.row_group(i) for i in range(metadata.num_row_groups))
    return sum(group.column(c).num_values for group in groups for c in range(group.num_columns))


def _geometry_columns(metadata: dict[bytes, bytes] | None, what: str) -> set[str]:
    if metadata is None or b"geo" not in metadata:
        raise DataError(
            vi=f"{what}: là Parquet nhưng không có hình học (thiếu siêu dữ liệu GeoParquet).",
            en=f"{what}: Parquet without geometry (no GeoParquet metadata).",
        )
    geo: Any = json.loads(metadata[b"geo"])
    return {name for name, column in geo["columns"].items() if column.get("encoding", "WKB") == "WKB"}


def _measure(opened: pq.ParquetFile, geometries: set[str], what: str, limits: Limits) -> None:
    size = 0
    for batch in opened.iter_batches(batch_size=_BATCH):
        size += sum(_bytes(column) for column in batch.columns)
        check(what, limits, "file_bytes", size)
        for name in geometries & set(batch.schema.names):
            _check_nesting(batch.column(name), what, limits)


def _check_nesting(column: pa.Array, what: str, limits: Limits) -> None:
    values = column.dictionary if pa.types.is_dictionary(column.type) else column
    for value in values:
        wkb = value.as_py()
        if wkb and _MANY.match(wkb):
            check(what, limits, "nesting", len(_MANY.findall(wkb)))


def _bytes(column: pa.Array) -> int:
    """What the column takes once every row has its own copy."""
    if not pa.types.is_dictionary(column.type):
        return int(column.nbytes)
    lengths = pc.fill_null(pc.binary_length(column.dictionary), 0)
    return int(pc.sum(pc.take(lengths.cast(pa.int64()), column.indices)).as_py() or 0)
