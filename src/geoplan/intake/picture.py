"""Opening a georeferenced picture that somebody else made: an orthophoto, a scanned plan, a map sheet.

What the file is, is told by its bytes; one GDAL driver may open it, never a VRT, which can name any
other file. GDAL sees no neighbour of the file and no overview that the file names elsewhere; what is
written beside it is read by `picture_place`.
"""

from __future__ import annotations

import stat
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import rasterio
from affine import Affine
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.windows import Window

from geoplan.errors import DataError
from geoplan.intake.picture_place import WORLD, companions, given_system, stated_system, transform_beside
from geoplan.intake.read import existing_file
from geoplan.intake.staging import digest
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from pyproj import CRS

MOST_PIXELS: Final = 500_000_000
"""Of a picture that are looked at: 20 × 25 km at one metre. A small file may claim to be many more."""
MOST_BLOCK_BYTES: Final = 1 << 28
"""Of a piece that is unpacked whole; a TIFF may be a single one."""
MOST_SIDE: Final = 200_000
_MAGIC: Final = (
    (b"II*\x00", "GTiff"),
    (b"MM\x00*", "GTiff"),
    (b"II+\x00", "GTiff"),
    (b"MM\x00+", "GTiff"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
)
"""The first bytes, and the only GDAL driver that may then open the file."""
_CLOSED: Final = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}
_STRIPE: Final = 512
_RGB: Final = (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
_SEEN_PCT: Final = (2.0, 98.0)
_FULL: Final = np.float32(255)


@dataclass(frozen=True)
class Picture:
    """A picture with its place on the earth; its pixels are read window by window.

    Attributes
    ----------
    path
        The file.
    driver
        The GDAL driver that reads it.
    crs
        Its coordinate system.
    transform
        Pixel (column, row; whole numbers at corners) to coordinates; may be rotated.
    width, height
        In pixels.
    colours
        The bands: one of grey or of a palette, or three of red, green and blue.
    alpha
        The band of opacity, when there is one.
    sha256
        Of the file; with companions, of the lines that ``sha256sum`` prints of them all.
    """

    path: Path
    driver: str
    crs: CRS
    transform: Affine
    width: int
    height: int
    colours: tuple[int, ...]
    alpha: int | None
    sha256: str

    def rgba(self, *, left: int, top: int, right: int, bottom: int, step: int = 1) -> NDArray[np.float32]:
        """A window of it, each `step` × `step` pixels averaged to one.

        Values that are not bytes are stretched: the 2nd percentile of what is seen becomes black and
        the 98th white, the same for all colours.

        Returns
        -------
        array (rows, columns, 4)
            Red, green and blue, each times opacity, and opacity; 0 … 1.

        Raises
        ------
        DataError
            When there are too many pixels, or they cannot be read.
        """
        part = self.driver == "GTiff"  # the other formats are unpacked from the first pixel on
        _check_pixels(self.path.name, (bottom - top) * (right - left) if part else self.width * self.height)
        with _opened(self.path, self.driver) as file:
            lut = _palette(file, self.colours)
            planes = len(self.colours) if lut is None else len(_RGB)
            shape = (-(-(bottom - top) // step), -(-(right - left) // step), planes + 1)
            out = np.zeros(shape, dtype="float32")
            stripe = -(-max(_STRIPE, file.block_shapes[0][0]) // step) * step
            for first in range(top, bottom, stripe):
                window = Window(left, first, right - left, min(bottom, first + stripe) - first)
                raw, seen = self._read(file, window)
                _average(raw, seen, lut, step, out[(first - top) // step :])
            full = _FULL if lut is not None else _full_scale(file, self.colours[0])
        return _opaque(out, full)

    def _read(self, file: Any, window: Window) -> tuple[NDArray[Any], NDArray[np.float32]]:
        """The bands (bands, rows, columns), and how far each pixel is seen: 0 … 1."""
        raw = file.read(list(self.colours), window=window)
        if self.alpha is None:
            seen = (file.dataset_mask(window=window) > 0).astype("float32")
        else:
            most = np.iinfo(file.dtypes[self.alpha - 1]).max
            seen = file.read(self.alpha, window=window).astype("float32") / np.float32(most)
        if np.issubdtype(raw.dtype, np.floating):
            known = np.isfinite(raw).all(axis=0)
            raw, seen = np.where(known, raw, 0), np.where(known, seen, np.float32(0))
        return raw, seen


def open_picture(path: str | Path, *, crs: str | None = None) -> Picture:
    """A picture that knows its place: a GeoTIFF, or a TIFF, PNG or JPEG with a world file.

    Parameters
    ----------
    path
        A file of this machine. The format is told by its bytes, not by the extension. Its place is
        taken from the file itself, else from ``.aux.xml`` or the world file beside it (``.tfw``,
        ``.pgw``, ``.jgw``, ``.wld``); its system from the file, else from ``.aux.xml`` or ``.prj``.
    crs
        The system, such as ``EPSG:9213``; what the file says of it is then not heeded.

    Raises
    ------
    MissingFileError, UsageError
        No such file; an address; `crs` is no coordinate system.
    DataError
        Not a picture of these formats, one that says no place (or only control points), one made of
        too large pieces, or one whose bands are no colours.
    CrsError
        No coordinate system.
    """
    file = existing_file(path)
    driver = _sniff(file)
    beside = companions(file, driver)
    with _opened(file, driver) as opened:
        _check_pieces(file.name, opened)
        colours, alpha = _bands(file.name, opened)
        inner = None if opened.transform == Affine.identity() else opened.transform
        stated = opened.crs.to_wkt() if opened.crs else None
        width, height, points = opened.width, opened.height, bool(opened.gcps[0])
    transform = inner or transform_beside(beside, what=file.name)
    if transform is None:
        raise _placeless(file, driver, points=points)
    return Picture(
        path=file,
        driver=driver,
        crs=stated_system(stated, beside, what=file.name) if crs is None else given_system(crs),
        transform=transform,
        width=width,
        height=height,
        colours=colours,
        alpha=alpha,
        sha256=digest([file, *beside.values()]),
    )


def _sniff(file: Path) -> str:
    if stat.S_ISREG(file.stat().st_mode):
        with file.open("rb") as opened:
            head = opened.read(16)
        for magic, driver in _MAGIC:
            if head.startswith(magic):
                return driver
    raise _not_picture(file.name)


@contextmanager
def _opened(file: Path, driver: str) -> Iterator[Any]:
    """The file by one driver, alone: no neighbour of it, no overview that it names elsewhere."""
    try:
        with rasterio.Env(**_CLOSED), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(file.resolve(), driver=driver) as opened:
                yield opened
    except (RasterioError, CPLE_BaseError, MemoryError) as error:
        raise _not_picture(file.name) from error


def _bands(what: str, file: Any) -> tuple[tuple[int, ...], int | None]:
    """Which bands are colours, and which is opacity."""
    meaning = list(file.colorinterp)
    alpha = meaning.index(ColorInterp.alpha) + 1 if ColorInterp.alpha in meaning else None
    rest = tuple(i for i in range(1, file.count + 1) if i != alpha)
    if all(colour in meaning for colour in _RGB):
        colours = tuple(meaning.index(colour) + 1 for colour in _RGB)
    elif len(rest) in {1, len(_RGB)} and ColorInterp.cyan not in meaning:
        colours = rest
    else:
        raise DataError(
            vi=f"{what}: ảnh có {file.count} kênh mà không rõ đỏ, lục, lam; hãy xuất lại thành ảnh RGB.",
            en=f"{what}: {file.count} bands of which none says red, green and blue; export it as RGB.",
        )
    if any(np.dtype(file.dtypes[i - 1]).kind not in "uif" for i in colours) or (
        alpha is not None and np.dtype(file.dtypes[alpha - 1]).kind != "u"
    ):
        raise _not_picture(what)
    return colours, alpha


def _palette(file: Any, colours: tuple[int, ...]) -> NDArray[np.float32] | None:
    """Red, green, blue and opacity of each number of a band, 0 … 255; None for bands without a palette."""
    if len(colours) > 1 or file.colorinterp[colours[0] - 1] is not ColorInterp.palette:
        return None
    table = file.colormap(colours[0])
    lut = np.zeros((max(table) + 1, 4), dtype="float32")
    for value, colour in table.items():
        lut[value] = colour
    return lut


def _average(
    raw: NDArray[Any],
    seen: NDArray[np.float32],
    lut: NDArray[np.float32] | None,
    step: int,
    out: NDArray[np.float32],
) -> None:
    """Means of `step` × `step` pixels of a stripe, colours weighed by how far they are seen, into `out`."""
    rows, columns = seen.shape
    starts = np.arange(0, columns, step)
    wide = np.diff([*starts, columns])
    for i, first in enumerate(range(0, rows, step)):
        weight = seen[first : first + step]
        if lut is None:
            bands = [band[first : first + step].astype("float32") for band in raw]
        else:
            colour = lut[np.clip(raw[0][first : first + step].astype("int64"), 0, len(lut) - 1)]
            weight = weight * colour[..., 3] / _FULL
            bands = [colour[..., k] for k in range(len(_RGB))]
        for k, plane in enumerate([*(band * weight for band in bands), weight]):
            sums = np.add.reduceat(plane.sum(axis=0, dtype="float64"), starts)
            out[i, :, k] = sums / (wide * len(plane))


def _opaque(out: NDArray[np.float32], full: np.float32 | None) -> NDArray[np.float32]:
    """Means of a file's values as red, green, blue (times opacity) and opacity, 0 … 1."""
    colours, seen = out[..., :-1], out[..., -1:]
    if full is None:
        low, high = _stretch(colours, seen)
        colours = np.clip((colours - low * seen) / (high - low), 0, seen)
    else:
        colours = colours / full
    if colours.shape[-1] == 1:
        colours = np.repeat(colours, len(_RGB), axis=-1)
    return np.concatenate([colours, seen], axis=-1)


def _full_scale(file: Any, band: int) -> np.float32 | None:
    """The largest value of a band of bytes or less; None when values must be stretched."""
    if file.dtypes[band - 1] != "uint8":
        return None
    bits = int(file.tags(band, ns="IMAGE_STRUCTURE").get("NBITS", "8"))
    return np.float32(2**bits - 1)


def _stretch(colours: NDArray[np.float32], seen: NDArray[np.float32]) -> tuple[np.float32, np.float32]:
    visible = seen[..., 0] > 0
    if not visible.any():
        return np.float32(0), np.float32(1)
    low, high = np.percentile((colours[visible] / seen[visible]).astype("float64"), _SEEN_PCT)
    return np.float32(low), np.float32(high if high > low else low + 1)


def _check_pieces(what: str, file: Any) -> None:
    """Refuse what would take the machine's memory when it is unpacked."""
    rows, columns = file.block_shapes[0]
    together = file.count if file.interleaving is Interleaving.pixel else 1
    size = rows * columns * together * max(np.dtype(d).itemsize for d in file.dtypes)
    if size > MOST_BLOCK_BYTES or max(file.width, file.height) > MOST_SIDE:
        raise DataError(
            vi=f"{what}: ảnh quá lớn hoặc gồm những mảnh quá lớn; hãy cắt theo địa bàn và lưu lại thành "
            "GeoTIFF chia ô (gdal_translate -co TILED=YES).",
            en=f"{what}: the picture or its pieces are too large; cut it to the city and save it as a tiled "
            "GeoTIFF (gdal_translate -co TILED=YES).",
        )


def _check_pixels(what: str, pixels: int) -> None:
    if pixels > MOST_PIXELS:
        have, most = round(pixels / 1e6), MOST_PIXELS // 10**6
        raise DataError(
            vi=f"{what}: có {have} triệu điểm ảnh, quá {number(most)} triệu; hãy cắt theo địa bàn "
            "hoặc thu nhỏ ảnh (gdal_translate -outsize).",
            en=f"{what}: {have} million pixels, more than {number(most, lang='en')} million; cut it to the "
            "city or scale it down (gdal_translate -outsize).",
        )


def _not_picture(what: str) -> DataError:
    return DataError(
        vi=f"{what}: không phải ảnh đọc được; hãy dùng GeoTIFF, hoặc JPG/PNG có tệp world (.jgw, .pgw).",
        en=f"{what}: not a picture that can be read; use GeoTIFF, or JPG/PNG with a world file (.jgw, .pgw).",
    )


def _placeless(file: Path, driver: str, *, points: bool) -> DataError:
    if points:
        return DataError(
            vi=f"{file.name}: ảnh mới chỉ có điểm khống chế (GCP); hãy nắn ảnh (gdalwarp) rồi dùng tệp mới.",
            en=f"{file.name}: only control points (GCPs); warp the picture (gdalwarp) and use the new file.",
        )
    beside = f"{file.stem}{WORLD[driver][1]}"
    return DataError(
        vi=f"{file.name}: ảnh chưa có tọa độ (trong tệp không ghi, cạnh tệp không có {beside}); "
        "hãy nắn ảnh rồi lưu thành GeoTIFF.",
        en=f"{file.name}: the picture does not say where it lies (nor is {beside} beside it); "
        "georeference it and save it as GeoTIFF.",
    )
