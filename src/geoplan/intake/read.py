"""Opening a vector file that somebody else made."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import fiona
import geopandas as gpd
import pyogrio
from fiona.errors import DriverError, FionaValueError

from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.text import listing

if TYPE_CHECKING:
    import pandas as pd

DRIVERS: Final = (
    "GeoJSON",
    "GeoJSONSeq",
    "GPKG",
    "ESRI Shapefile",
    "FlatGeobuf",
    "MapInfo File",
    "KML",
    "LIBKML",
    "GML",
    "DXF",
    "DGN",
    "OpenFileGDB",
    "TopoJSON",
)
"""The only GDAL drivers that may open a file. A VRT, for one, may not: it can name any other file."""

_NOT_A_PATH: Final = re.compile(r"^(/vsi|[a-z][a-z0-9+.-]+:/|\\\\|//)", re.IGNORECASE)


def existing_file(path: str | Path) -> Path:
    """A file or folder on this machine.

    Raises
    ------
    UsageError
        When it is an address on a network or a GDAL virtual path.
    MissingFileError
        When nothing is there.
    """
    if _NOT_A_PATH.match(str(path)):
        raise UsageError(
            vi=f"{path}: chỉ đọc tệp trên máy này; hãy tải về rồi chỉ đường dẫn.",
            en=f"{path}: only files on this machine are read; download it and give its path.",
        )
    found = Path(path)
    if not found.exists():
        raise MissingFileError(
            vi=f"{path}: không có tệp này; hãy kiểm tra đường dẫn.",
            en=f"{path}: no such file; check the path.",
        )
    return found


def read_layer(path: str | Path, *, layer: str | None = None, may_be_empty: bool = False) -> gpd.GeoDataFrame:
    """Read one layer of a vector file as it is: no column renamed, no geometry changed.

    Parameters
    ----------
    path
        A file (or a FileGDB folder, or a zipped shapefile) of this machine, in a format of
        `DRIVERS` or GeoParquet. The format is told by the content, not by the extension.
    layer
        Which layer, when the file has several.
    may_be_empty
        Whether a layer without a feature is an answer (no zone is known) and not a mistake.

    Returns
    -------
    geopandas.GeoDataFrame
        With the file's columns and coordinate system (which may be None).

    Raises
    ------
    MissingFileError, UsageError
        No such file; an address; several layers and none named.
    DataError
        Not a vector file of a known format, no geometry, or no feature at all.

    Notes
    -----
    Promises nothing about validity: `geoplan.intake.mend` does that.
    """
    file = existing_file(path)
    frame = _read_parquet(file) if _is_parquet(file) else _read_gdal(file, layer)
    if len(frame) == 0:
        if may_be_empty and isinstance(frame, gpd.GeoDataFrame):
            return frame
        raise DataError(
            vi=f"{file.name}: lớp trống, không có đối tượng nào.",
            en=f"{file.name}: the layer is empty, it has no feature.",
        )
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise DataError(
            vi=f"{file.name}: không có hình học (chỉ là bảng); cần một lớp vùng.",
            en=f"{file.name}: no geometry (only a table); a polygon layer is needed.",
        )
    return frame


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _not_vector(file: Path) -> DataError:
    return DataError(
        vi=f"{file.name}: không phải tệp véc-tơ đọc được; hãy dùng GeoPackage, GeoJSON, Shapefile "
        "hoặc định dạng tương tự.",
        en=f"{file.name}: not a vector file that can be read; use GeoPackage, GeoJSON or Shapefile.",
    )


def _is_parquet(file: Path) -> bool:
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return opened.read(4) == b"PAR1"


def _read_parquet(file: Path) -> gpd.GeoDataFrame | pd.DataFrame:
    try:
        return gpd.read_parquet(file)
    except ValueError as error:
        if "geo metadata" in str(error).casefold():
            raise DataError(
                vi=f"{file.name}: là Parquet nhưng không có hình học (thiếu siêu dữ liệu GeoParquet).",
                en=f"{file.name}: Parquet without geometry (no GeoParquet metadata).",
            ) from error
        raise _not_vector(file) from error
    except OSError as error:
        raise _not_vector(file) from error


def _read_gdal(file: Path, layer: str | None) -> gpd.GeoDataFrame | pd.DataFrame:
    source = f"/vsizip/{file.resolve()}" if file.suffix.casefold() == ".zip" else str(file)
    try:
        layers = fiona.listlayers(source, enabled_drivers=list(DRIVERS))
        if not layers:
            raise _not_vector(file)
        if layer is None and len(layers) > 1:
            raise UsageError(
                vi=f"{file.name}: có {len(layers)} lớp ({listing(layers)}); hãy chọn một lớp.",
                en=f"{file.name}: has {len(layers)} layers ({listing(layers, lang='en')}); choose one.",
            )
        name = layer if layer is not None else layers[0]
        if name not in layers:
            raise UsageError(
                vi=f"{file.name}: không có lớp “{name}”; các lớp có: {listing(layers)}.",
                en=f"{file.name}: no layer “{name}”; it has: {listing(layers, lang='en')}.",
            )
        with fiona.open(source, layer=name, enabled_drivers=list(DRIVERS)) as opened:
            driver = opened.driver
        frame = pyogrio.read_dataframe(source, layer=name)
    except (
        DriverError,
        FionaValueError,
        pyogrio.errors.DataSourceError,
        pyogrio.errors.DataLayerError,
    ) as error:
        raise _not_vector(file) from error
    if driver not in DRIVERS:
        raise _not_vector(file)
    return frame
