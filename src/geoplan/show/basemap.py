"""A picture of one's own under the map: moved to where the map draws it, and inside the page.

Only where each pixel comes from is worked out here, for drawing; no figure is.
"""

from __future__ import annotations

import base64
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile

from geoplan import crs as systems
from geoplan.errors import DataError
from geoplan.intake.picture import open_picture
from geoplan.model import Words, words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geoplan.intake.picture import Picture

MAX_PIXELS: Final = 2_000_000
MAX_BYTES: Final = 800_000
"""Of the picture as text in the page."""
MARGIN: Final = 0.1
"""Around the city, as a share of its longer side."""
_QUALITIES: Final = (80, 65, 50, 35)
_FEWEST: Final = 4096
_LONGEST: Final = 8192
"""Pixels of a side that browsers draw; WebP itself ends at 16383."""
_NODES: Final = 16
"""Pixels from one exact place to the next; those between are interpolated, within 1 mm over a city."""
_EDGE: Final = 65
_ROOM: Final = 4
_FULL: Final = 255

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Basemap:
    """A picture ready to lie under a map in Web Mercator, as Leaflet's ``imageOverlay`` takes it.

    Attributes
    ----------
    data_uri
        The picture; transparent where it has no data.
    south, west, north, east
        Its edges in degrees (WGS 84). Its rows are even in Web Mercator, not in latitude.
    width, height
        In pixels.
    source
        Which file it is and in which system, for the page's list of sources.
    sha256
        Of the file and its companions (see `geoplan.intake.picture.Picture`).
    """

    data_uri: str
    south: float
    west: float
    north: float
    east: float
    width: int
    height: int
    source: Words
    sha256: str


def raster_basemap(
    path: str | Path,
    *,
    bounds: Sequence[float],
    crs: str | None = None,
    max_pixels: int = MAX_PIXELS,
    max_bytes: int = MAX_BYTES,
) -> Basemap:
    """A local picture where the map draws it: cut to the city, and small enough for the page.

    VN-2000 goes through EPSG:6960 as everything else does (`geoplan.crs`), not through the operation
    that GDAL would choose.

    Parameters
    ----------
    path
        A GeoTIFF, or a TIFF, PNG or JPEG with a world file; see `geoplan.intake.picture.open_picture`.
    bounds
        West, south, east and north of the city in degrees; a margin of `MARGIN` is left around it.
    crs
        The picture's system, such as ``EPSG:9213``, when it states none or a wrong one.
    max_pixels
        At most so many; and no more than the picture itself has there.
    max_bytes
        Length of the text in the page, in characters: quality goes down first, then pixels.

    Returns
    -------
    Basemap
        The same bytes for the same file every time, as long as GDAL is the same.

    Raises
    ------
    MissingFileError, UsageError, DataError, CrsError
        What cannot be opened (`open_picture`); a picture that does not reach the city, or shows
        nothing there.
    """
    picture = open_picture(path, crs=crs)
    box, driver = _overlap(picture, bounds), _best_driver()
    while True:
        pixels = _drawn(picture, box, max_pixels)
        if not pixels[..., 3].any():
            raise _elsewhere(picture)
        for quality in _QUALITIES:
            uri = _encoded(pixels, quality, driver=driver)
            if len(uri) <= max_bytes:
                return _basemap(picture, box, pixels, uri)
        max_pixels = pixels[..., 0].size // 2
        if max_pixels < _FEWEST:
            return _basemap(picture, box, pixels, uri)


def _basemap(picture: Picture, box: Box, pixels: NDArray[np.uint8], uri: str) -> Basemap:
    west, south, east, north = box
    height, width = pixels.shape[:2]
    name, system = picture.path.name, picture.crs.name
    return Basemap(
        data_uri=uri,
        south=south,
        west=west,
        north=north,
        east=east,
        width=width,
        height=height,
        source=words(
            f"{name} ({system}), thu về {number(width)} × {number(height)} điểm ảnh",
            f"{name} ({system}), scaled to {number(width, lang='en')} × {number(height, lang='en')} pixels",
        ),
        sha256=picture.sha256,
    )


def _elsewhere(picture: Picture, at: tuple[float, float] | None = None) -> DataError:
    vi = en = ""
    if at is not None:
        vi = f" (ảnh nằm quanh kinh độ {number(at[0], digits=2)}, vĩ độ {number(at[1], digits=2)})"
        en = f" (it lies around longitude {at[0]:.2f}, latitude {at[1]:.2f})"
    name, system = picture.path.name, picture.crs.name
    return DataError(
        vi=f"{name}: ảnh không có gì trên địa bàn{vi}; hãy kiểm tra ảnh và hệ tọa độ ({system}).",
        en=f"{name}: the picture shows nothing of the city{en}; check it and its system ({system}).",
    )


def _overlap(picture: Picture, bounds: Sequence[float]) -> Box:
    """West, south, east and north of what the city with its margin and the picture share."""
    west, south, east, north = bounds
    margin = MARGIN * max(east - west, north - south)
    along = np.linspace(0, 1, _EDGE)
    start, end = np.zeros(_EDGE), np.ones(_EDGE)
    column = picture.width * np.concatenate([along, along, start, end])
    row = picture.height * np.concatenate([start, end, along, along])
    t = picture.transform
    lon, lat = systems.lonlat(t.a * column + t.b * row + t.c, t.d * column + t.e * row + t.f, picture.crs)
    there = np.isfinite(lon) & np.isfinite(lat)
    if not there.any():
        raise _elsewhere(picture)
    lon, lat = lon[there], lat[there]
    box = (
        max(west - margin, float(lon.min())),
        max(south - margin, float(lat.min())),
        min(east + margin, float(lon.max())),
        min(north + margin, float(lat.max())),
    )
    if box[0] >= box[2] or box[1] >= box[3]:
        raise _elsewhere(picture, (float(lon.mean()), float(lat.mean())))
    return box


def _mercator(lat: Any) -> Any:
    return np.arcsinh(np.tan(np.radians(lat)))


def _source(picture: Picture, box: Box, u: NDArray[Any], v: NDArray[Any]) -> NDArray[np.float64]:
    """Where in the picture (column, row) places of the box lie; `u` runs east and `v` south, 0 … 1."""
    west, south, east, north = box
    top, bottom = _mercator(north), _mercator(south)
    lon = west + (east - west) * u
    lat = np.degrees(np.arctan(np.sinh(top + (bottom - top) * v)))
    points = shapely.linestrings(np.column_stack([lon.ravel(), lat.ravel()]))
    moved = systems.from_lonlat(gpd.GeoDataFrame(geometry=[points], crs=systems.WGS84), picture.crs)
    x, y = shapely.get_coordinates(moved).T
    back = ~picture.transform
    column, row = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
    return np.stack([column, row], axis=-1).reshape(*u.shape, 2)


def _size(picture: Picture, box: Box, max_pixels: int) -> tuple[int, int]:
    """Width and height in pixels: as fine as the picture is, as far as `max_pixels` allows."""
    u, v = np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9))
    at = _source(picture, box, u, v)
    across = np.nanmedian(np.hypot(*np.moveaxis(at[:, 1:] - at[:, :-1], -1, 0))) * 8
    down = np.nanmedian(np.hypot(*np.moveaxis(at[1:] - at[:-1], -1, 0))) * 8
    shape = np.radians(box[2] - box[0]) / (_mercator(box[3]) - _mercator(box[1]))
    pixels = min(float(max_pixels), max(across * across / shape, down * down * shape, 1.0))
    width, height = np.clip(np.sqrt([pixels * shape, pixels / shape]), 1, _LONGEST)
    return int(width), int(height)


def _places(picture: Picture, box: Box, width: int, height: int) -> NDArray[np.float64]:
    """Where in the picture (column, row) the middle of each pixel of the box lies: (height, width, 2)."""
    i, j = (np.arange(0, size + _NODES, _NODES) for size in (width, height))
    u, v = np.meshgrid((i + 0.5) / width, (j + 0.5) / height)
    nodes = _source(picture, box, u, v)
    across = _between(nodes, width, axis=1)
    return _between(across, height, axis=0)


def _between(nodes: NDArray[np.float64], size: int, *, axis: int) -> NDArray[np.float64]:
    """Values at every pixel from those at every `_NODES`-th, linearly."""
    cell, rest = np.divmod(np.arange(size), _NODES)
    share = (rest / _NODES).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    low, high = nodes.take(cell, axis=axis), nodes.take(cell + 1, axis=axis)
    with np.errstate(invalid="ignore"):  # places that the picture's system does not have are infinite
        return np.asarray(low + share * (high - low))


def _drawn(picture: Picture, box: Box, max_pixels: int) -> NDArray[np.uint8]:
    """The box as an image: red, green, blue and opacity (height, width, 4), rows even in Web Mercator."""
    width, height = _size(picture, box, max_pixels)
    at = _places(picture, box, width, height)
    inside = (at >= 0).all(axis=-1) & (at[..., 0] <= picture.width) & (at[..., 1] <= picture.height)
    if not inside.any():
        return np.zeros((height, width, 4), dtype="uint8")
    left, top = (
        np.minimum(at[inside].min(axis=0), (picture.width - 1, picture.height - 1)).astype(int).tolist()
    )
    right, bottom = np.maximum(np.ceil(at[inside].max(axis=0)), (left + 1, top + 1)).astype(int).tolist()
    fine = np.sqrt((right - left) * (bottom - top) / max(1, np.count_nonzero(inside)))
    step = max(1, int(fine))
    while (right - left) * (bottom - top) > _ROOM * max_pixels * step * step:
        step += 1
    cells = picture.rgba(left=left, top=top, right=right, bottom=bottom, step=step)
    sampled = _sampled(cells, (np.where(inside[..., None], at, 0) - (left, top)) / step - 0.5)
    sampled[~inside] = 0
    seen = sampled[..., 3:]
    colours = np.divide(sampled[..., :3], seen, out=np.zeros_like(sampled[..., :3]), where=seen > 0)
    values = np.clip(np.concatenate([colours, seen], axis=-1), 0, 1)
    return np.asarray(np.rint(_FULL * values).astype("uint8"))


def _sampled(cells: NDArray[np.float32], at: NDArray[np.float64]) -> NDArray[np.float32]:
    """Bilinear values at (column, row) of cell middles; beyond the middles of the border, the border's."""
    rows, columns = cells.shape[:2]
    at = np.clip(at, 0, (columns - 1, rows - 1))
    column, row = np.moveaxis(at.astype(np.intp), -1, 0)
    x, y = np.moveaxis((at - np.floor(at)).astype("float32")[..., None], -2, 0)
    right, below = np.minimum(column + 1, columns - 1), np.minimum(row + 1, rows - 1)
    upper = cells[row, column] * (1 - x) + cells[row, right] * x
    lower = cells[below, column] * (1 - x) + cells[below, right] * x
    return np.asarray(upper * (1 - y) + lower * y)


def _best_driver() -> str:
    """WebP where GDAL was built with it: it is smaller, and may be transparent."""
    with rasterio.Env() as env:
        return "WEBP" if "WEBP" in env.drivers() else "JPEG"


def _encoded(pixels: NDArray[np.uint8], quality: int, *, driver: str) -> str:
    """An image as a data URI; in JPEG what is transparent becomes white."""
    opaque = bool((pixels[..., 3] == _FULL).all())
    if driver == "JPEG" and not opaque:
        seen = pixels[..., 3:] / np.float32(_FULL)
        pixels = np.rint(pixels * seen + _FULL * (1 - seen)).astype("uint8")
    bands = np.moveaxis(pixels[..., : 3 if opaque or driver == "JPEG" else 4], -1, 0)
    count, height, width = bands.shape
    shape = {"width": width, "height": height, "count": count, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile() as memory:
            with memory.open(driver=driver, quality=quality, **shape) as file:
                file.write(bands)
            data = memory.read()
    return f"data:image/{driver.casefold()};base64,{base64.b64encode(data).decode('ascii')}"
