"""Opening a population raster that somebody else made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import rasterio
from pyproj import CRS
from rasterio.errors import RasterioError
from rasterio.windows import Window

from geoplan.errors import CrsError, DataError
from geoplan.intake.read import existing_file

if TYPE_CHECKING:
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
    """

    path: Path
    crs: CRS
    transform: Affine
    width: int
    height: int

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
        with rasterio.open(self.path, driver=DRIVER) as file:
            band = file.read(1, window=Window(first, top, last - first, bottom - top), masked=True)
            scale, offset = file.scales[0], file.offsets[0]
        people = np.ma.filled(band.astype("float64") * scale + offset, np.nan)
        people[~(people >= 0)] = np.nan
        return people, x, y


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
    return Raster(path=file, crs=CRS.from_wkt(crs.to_wkt()), transform=transform, width=width, height=height)
