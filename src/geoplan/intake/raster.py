"""Opening a population raster that somebody else made."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoplan.errors import CrsError, DataError
from geoplan.intake.read import existing_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Future
    from pathlib import Path

    from affine import Affine
    from numpy.typing import NDArray

DRIVER: Final = "GTiff"
"""The only GDAL driver that may open a raster. A VRT, for one, may not: it can name any other file."""


@dataclass(frozen=True)
class Raster:
    """One band of people per cell in a file; cells are read window by window.

    Attributes
    ----------
    path
        The file.
    crs
        Its coordinate system.
    transform
        Cell (column, row) to coordinates; without rotation.
    width, height
        In cells.
    block_rows
        Rows that the file keeps together: read by multiples of it, nothing is unpacked twice.
    """

    path: Path
    crs: CRS
    transform: Affine
    width: int
    height: int
    block_rows: int = field(default=1, kw_only=True)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north in its own coordinates."""
        t = self.transform
        x, y = sorted([t.c, t.c + t.a * self.width]), sorted([t.f, t.f + t.e * self.height])
        return x[0], y[0], x[1], y[1]

    def window(
        self, west: float, south: float, east: float, north: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """The cells that meet a box.

        Returns
        -------
        people : array (rows, columns)
            People per cell, NaN where the raster has no data or a negative number.
        x : array (columns + 1,)
            Cell borders from west to east.
        y : array (rows + 1,)
            Cell borders from north to south (as the file runs).
        """
        columns = (np.array([west, east]) - self.transform.c) / self.transform.a
        rows = (np.array([north, south]) - self.transform.f) / self.transform.e
        first, last = max(0, int(np.floor(min(columns)))), min(self.width, int(np.ceil(max(columns))))
        top, bottom = max(0, int(np.floor(min(rows)))), min(self.height, int(np.ceil(max(rows))))
        x = self.transform.c + self.transform.a * np.arange(first, max(first, last) + 1.0)
        y = self.transform.f + self.transform.e * np.arange(top, max(top, bottom) + 1.0)
        if last <= first or bottom <= top:
            return np.empty((0, 0)), x, y
        return self.cells(first, last, top, bottom), x, y

    def cells(self, first: int, last: int, top: int, bottom: int) -> NDArray[np.float64]:
        """People in columns `first` up to `last` of rows `top` up to `bottom`; NaN as in `window`."""
        # uncompressed cells are taken as they lie, not block by block through a cache
        with rasterio.Env(GTIFF_DIRECT_IO="YES"), rasterio.open(self.path, driver=DRIVER) as file:
            people = _people(file, Window(first, top, last - first, bottom - top))
        np.copyto(people, np.nan, where=people < 0)
        return people

    def strips(self, wanted: Iterable[tuple[int, int, int, int]]) -> Iterator[NDArray[np.float64]]:
        """`cells` of one window after the other, each read while the caller works on the one before."""
        with ThreadPoolExecutor(1) as reader:
            coming: Future[NDArray[np.float64]] | None = None
            for window in wanted:
                following = reader.submit(self.cells, *window)
                if coming is not None:
                    yield coming.result()
                coming = following
            if coming is not None:
                yield coming.result()


def _people(file: Any, window: Window) -> NDArray[np.float64]:
    """Band 1, scaled, with NaN where the file says that there are no data; numbers below 0 are left."""
    scale, offset, nothing = file.scales[0], file.offsets[0], file.nodatavals[0]
    whole = np.issubdtype(file.dtypes[0], np.integer)
    told = file.mask_flag_enums[0] in ([MaskFlags.all_valid], [MaskFlags.nodata])
    if told and scale == 1 and offset == 0 and (nothing is None or whole or not nothing >= 0):
        people = np.asarray(file.read(1, window=window, out_dtype="float64"))
        if nothing is not None and nothing >= 0:
            people[people == nothing] = np.nan
        return people
    band = file.read(1, window=window, masked=True)
    return np.asarray(np.ma.filled(band.astype("float64") * scale + offset, np.nan))


def open_raster(path: str | Path) -> Raster:
    """A population raster: people per cell in band 1.

    Raises
    ------
    MissingFileError
        No such file.
    DataError
        Not a raster, or a rotated one.
    CrsError
        No coordinate system.
    """
    file = existing_file(path)
    try:
        with rasterio.open(file, driver=DRIVER) as opened:
            crs, transform, width, height = opened.crs, opened.transform, opened.width, opened.height
            rows = int(opened.block_shapes[0][0])
    except RasterioError as error:
        raise DataError(
            vi=f"{file.name}: không phải tệp raster đọc được; hãy dùng GeoTIFF.",
            en=f"{file.name}: not a raster that can be read; use GeoTIFF.",
        ) from error
    if crs is None:
        raise CrsError(
            vi=f"{file.name}: raster không có hệ tọa độ; hãy gán đúng hệ rồi chạy lại.",
            en=f"{file.name}: the raster has no coordinate system; assign the right one and run again.",
        )
    if transform.b or transform.d:
        raise DataError(
            vi=f"{file.name}: raster bị xoay; hãy nắn (gdalwarp) về lưới thẳng rồi chạy lại.",
            en=f"{file.name}: the raster is rotated; warp it to a straight grid (gdalwarp) and run again.",
        )
    crs = CRS.from_wkt(crs.to_wkt())
    return Raster(path=file, crs=crs, transform=transform, width=width, height=height, block_rows=rows)
