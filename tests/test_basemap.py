"""A picture under the map: where it lands, what it looks like, and what does not get in."""

from __future__ import annotations

import base64
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import CRS, Transformer
from pyproj.transformer import TransformerGroup
from rasterio.enums import ColorInterp
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import MemoryFile
from rasterio.warp import Resampling, reproject
from rasterio.warp import transform as gdal_transform

from geoplan import crs as systems
from geoplan.errors import CrsError, DataError, DataWarning, GeoplanError, MissingFileError, UsageError
from geoplan.intake import picture
from geoplan.show import basemap
from geoplan.show.basemap import Basemap, raster_basemap

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
NORTH = (105.87, 21.43)  # Phổ Yên
SOUTH = (105.75, 10.05)  # Cần Thơ, inside the box where PROJ takes another datum shift


def to_plane(lon: float, lat: float, epsg: int) -> tuple[float, float]:
    """A place in a system, by the operation that the traps name, picked without the house's own code."""
    system = CRS.from_epsg(epsg)
    if "VN-2000" in system.name:
        group = TransformerGroup(4756, 4326, always_xy=True)
        shift = next(
            t for t in group.transformers if any(o.name == "VN-2000 to WGS 84 (2)" for o in t.operations)
        )
        lon, lat = shift.transform(lon, lat, direction="INVERSE")
        if system.is_geographic:
            return lon, lat
        x, y = Transformer.from_crs(4756, system, always_xy=True).transform(lon, lat)
    else:
        x, y = Transformer.from_crs(4326, system, always_xy=True).transform(lon, lat)
    return float(x), float(y)


def write(path: Path, bands: np.ndarray, **more: Any) -> Path:
    """A picture: bands (bands, rows, columns) in any format of rasterio."""
    count, height, width = bands.shape
    more.setdefault("driver", "GTiff")
    profile = {"width": width, "height": height, "count": count, "dtype": str(bands.dtype), **more}
    with rasterio.open(path, "w", **profile) as file:
        file.write(bands)
    return path


def around(x: float, y: float, size: int, pixel: float, angle: float = 0) -> Affine:
    """A square picture with a place in the very middle of it."""
    cos, sin = pixel * np.cos(np.radians(angle)), pixel * np.sin(np.radians(angle))
    return moved(Affine(cos, sin, x, sin, -cos, y), -size / 2)


def moved(t: Affine, cells: float) -> Affine:
    """The same grid, its first cell so many columns and rows further on."""
    return Affine(t.a, t.b, t.c + cells * (t.a + t.b), t.d, t.e, t.f + cells * (t.d + t.e))


def target(size: int, bands: int = 3) -> np.ndarray:
    """White, with a black square of 5 × 5 pixels in the middle."""
    cells = np.full((bands, size, size), 255, dtype="uint8")
    middle = slice(size // 2 - 2, size // 2 + 3)
    cells[:, middle, middle] = 0
    return cells


def decoded(shown: Basemap) -> np.ndarray:
    """The picture in the page (bands, rows, columns)."""
    head, _, body = shown.data_uri.partition(",")
    assert head == "data:image/webp;base64"
    with MemoryFile(base64.b64decode(body)) as memory, memory.open(driver="WEBP") as file:
        return file.read()


def dark_spot(shown: Basemap) -> tuple[float, float]:
    """Longitude and latitude of the middle of what is dark: rows are even in Web Mercator."""
    image = decoded(shown)
    dark = np.clip(128.0 - image[0], 0, None) * (image[3] if len(image) > 3 else 255)
    rows, columns = np.indices(dark.shape) + 0.5
    column, row = (float((axis * dark).sum() / dark.sum()) for axis in (columns, rows))
    to = Transformer.from_crs(4326, 3857, always_xy=True)
    (west, east), (south, north) = to.transform([shown.west, shown.east], [shown.south, shown.north])
    x = west + (east - west) * column / shown.width
    y = north - (north - south) * row / shown.height
    lon, lat = to.transform(x, y, direction="INVERSE")
    return float(lon), float(lat)


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    return float(systems._GEOD.inv(*one, *other)[2])


def near(place: tuple[float, float], degrees: float = 0.01) -> tuple[float, float, float, float]:
    lon, lat = place
    return lon - degrees, lat - degrees, lon + degrees, lat + degrees


def test_the_vector_of_the_traps() -> None:
    east, north = to_plane(*NORTH, 9213)
    assert (round(east, 3), round(north, 3)) == (434498.390, 2370690.295)


@pytest.mark.parametrize("angle", [0, 33])
@pytest.mark.parametrize(
    ("place", "epsg"),
    [
        (NORTH, 9213),
        (NORTH, 3405),
        (NORTH, 32648),
        (NORTH, 3857),
        (SOUTH, 9210),
        (SOUTH, 3405),
        (SOUTH, 32648),
    ],
)
def test_a_known_place_lands_within_a_pixel(
    tmp_path: Path, place: tuple[float, float], epsg: int, angle: float
) -> None:
    size, pixel = 501, 0.25
    file = write(
        tmp_path / "a.tif",
        target(size),
        crs=f"EPSG:{epsg}",
        transform=around(*to_plane(*place, epsg), size, pixel, angle),
    )
    shown = raster_basemap(file, bounds=near(place))
    assert metres(dark_spot(shown), place) < pixel / 2


def test_the_two_datum_shifts_would_be_seen(tmp_path: Path) -> None:
    """The same pixel by GDAL's own choice and by no shift at all: further off than a pixel."""
    x, y = to_plane(*SOUTH, 9210)
    (lon,), (lat,) = gdal_transform("EPSG:9210", "EPSG:4326", [x], [y])
    assert 0.6 < metres((lon, lat), SOUTH) < 0.9
    flat = Transformer.from_crs(9210, 4756, always_xy=True).transform(x, y)
    assert 200 < metres(flat, SOUTH) < 240
    file = write(tmp_path / "a.tif", target(501), crs="EPSG:9210", transform=around(x, y, 501, 0.25))
    spot = dark_spot(raster_basemap(file, bounds=near(SOUTH)))
    assert metres(spot, SOUTH) < 0.07
    assert metres(spot, (lon, lat)) > 0.5


def test_geographic_pictures(tmp_path: Path) -> None:
    for epsg in (4326, 4756):
        x, y = to_plane(*SOUTH, epsg)
        file = write(
            tmp_path / f"{epsg}.tif", target(501), crs=f"EPSG:{epsg}", transform=around(x, y, 501, 2e-6)
        )
        assert metres(dark_spot(raster_basemap(file, bounds=near(SOUTH))), SOUTH) < 0.1


def test_a_large_picture_is_scaled_down_and_still_in_place(tmp_path: Path) -> None:
    size, pixel = 4001, 5.0
    cells = np.full((1, size, size), 255, dtype="uint8")
    cells[:, 1960:2041, 1960:2041] = 0
    transform = around(*to_plane(*NORTH, 9213), size, pixel)
    file = write(tmp_path / "a.tif", cells, crs="EPSG:9213", transform=transform, compress="deflate")
    shown = raster_basemap(file, bounds=near(NORTH, 0.08), max_pixels=100_000)
    assert 90_000 < shown.width * shown.height <= 100_000
    assert metres(dark_spot(shown), NORTH) < 16  # a quarter of a pixel of 64 m
    whole = raster_basemap(file, bounds=near(NORTH, 1))
    assert whole.width * whole.height <= 2_000_000
    assert metres(dark_spot(whole), NORTH) < 4


@pytest.mark.parametrize(("place", "epsg"), [(NORTH, 9213), (SOUTH, 3405)])
def test_what_is_interpolated_is_exact_to_a_hundredth_of_a_pixel(
    tmp_path: Path, place: tuple[float, float], epsg: int
) -> None:
    transform = around(*to_plane(*place, epsg), 1001, 50.0, 20)
    cells = np.zeros((1, 1001, 1001), dtype="uint8")
    opened = picture.open_picture(write(tmp_path / "a.tif", cells, crs=f"EPSG:{epsg}", transform=transform))
    box = (place[0] - 0.2, place[1] - 0.2, place[0] + 0.2, place[1] + 0.2)
    fast = basemap._places(opened, box, 700, 750)
    u, v = np.meshgrid((np.arange(700) + 0.5) / 700, (np.arange(750) + 0.5) / 750)
    assert np.abs(fast - basemap._source(opened, box, u, v)).max() < 0.01


def test_cut_to_the_city_with_a_margin(tmp_path: Path) -> None:
    file = write(tmp_path / "a.tif", target(2001), crs="EPSG:4326", transform=around(*NORTH, 2001, 1e-4))
    shown = raster_basemap(file, bounds=near(NORTH, 0.01))
    assert (shown.west, shown.east) == pytest.approx((105.87 - 0.012, 105.87 + 0.012))
    assert (shown.south, shown.north) == pytest.approx((21.43 - 0.012, 21.43 + 0.012))
    assert 230 <= shown.width <= 250  # no finer than the picture
    small = write(tmp_path / "b.tif", target(21), crs="EPSG:4326", transform=around(*NORTH, 21, 1e-4))
    shown = raster_basemap(small, bounds=near(NORTH, 0.01))
    assert (shown.west, shown.east) == pytest.approx((105.87 - 0.00105, 105.87 + 0.00105))


def test_the_same_look_as_gdal_gives_where_no_datum_is_moved(tmp_path: Path) -> None:
    size = 400
    row, column = np.indices((size, size))
    cells = np.stack([127 + 120 * np.sin(row / 40), 127 + 120 * np.cos(column / 50), (row + column) / 4])
    source = Affine(5, 0, 590_000, 0, -5, 2_370_000)
    file = write(tmp_path / "a.tif", cells.astype("uint8"), crs="EPSG:32648", transform=source)
    to = Transformer.from_crs(32648, 4326, always_xy=True)
    shown = raster_basemap(file, bounds=near(to.transform(591_000, 2_369_000), 0.002), max_bytes=10**7)
    mercator = Transformer.from_crs(4326, 3857, always_xy=True).transform
    west, north = mercator(shown.west, shown.north)
    east, south = mercator(shown.east, shown.south)
    expected = np.zeros((3, shown.height, shown.width), dtype="uint8")
    reproject(
        cells.astype("uint8"),
        expected,
        src_transform=source,
        src_crs="EPSG:32648",
        dst_transform=Affine((east - west) / shown.width, 0, west, 0, (south - north) / shown.height, north),
        dst_crs="EPSG:3857",
        resampling=Resampling.bilinear,
    )
    difference = np.abs(decoded(shown).astype(float) - expected)
    assert difference.mean() < 2.5
    assert np.percentile(difference, 99) < 10


def shown_as(tmp_path: Path, bands: np.ndarray, **more: Any) -> np.ndarray:
    size = bands.shape[-1]
    file = write(tmp_path / "c.tif", bands, crs="EPSG:4326", transform=around(*NORTH, size, 1e-5), **more)
    return decoded(raster_basemap(file, bounds=near(NORTH, 1)))


def halves(left: tuple[float, ...], right: tuple[float, ...], dtype: str = "uint8") -> np.ndarray:
    cells = np.empty((len(left), 64, 64), dtype=dtype)
    for band, (a, b) in enumerate(zip(left, right, strict=True)):
        cells[band, :, :32], cells[band, :, 32:] = a, b
    return cells


def ends(image: np.ndarray) -> tuple[list[int], list[int]]:
    """The colour in the middle of the left half and of the right one."""
    rows, columns = image.shape[1:]
    return image[:, rows // 2, columns // 4].tolist(), image[:, rows // 2, 3 * columns // 4].tolist()


def test_grey_and_colour(tmp_path: Path) -> None:
    left, right = ends(shown_as(tmp_path, halves((40,), (200,))))
    assert left == pytest.approx([40] * 3, abs=4)
    assert right == pytest.approx([200] * 3, abs=4)
    left, right = ends(shown_as(tmp_path, halves((200, 30, 40), (20, 60, 180))))
    assert left == pytest.approx([200, 30, 40], abs=8)
    assert right == pytest.approx([20, 60, 180], abs=8)


def test_opacity(tmp_path: Path) -> None:
    left, right = ends(
        shown_as(tmp_path, halves((200, 30, 40, 255), (90, 90, 90, 0)), photometric="RGB", alpha="yes")
    )
    assert left == pytest.approx([200, 30, 40, 255], abs=8)
    assert right[3] == 0


def test_no_data_is_transparent(tmp_path: Path) -> None:
    left, right = ends(shown_as(tmp_path, halves((0, 0, 0), (0, 90, 90)), nodata=0))
    assert left[3] == 0
    assert right == pytest.approx([0, 90, 90, 255], abs=8)


def test_a_palette(tmp_path: Path) -> None:
    file = tmp_path / "p.tif"
    with rasterio.open(
        file, "w", driver="GTiff", width=64, height=64, count=1, dtype="uint8", crs="EPSG:4326",
        transform=around(*NORTH, 64, 1e-5), photometric="palette",
    ) as opened:  # fmt: skip
        opened.write(halves((3,), (7,)))
        opened.write_colormap(1, {3: (250, 10, 10), 7: (10, 10, 250)})
    left, right = ends(decoded(raster_basemap(file, bounds=near(NORTH, 1))))
    assert left == pytest.approx([250, 10, 10], abs=10)
    assert right == pytest.approx([10, 10, 250], abs=10)


@pytest.mark.parametrize("photometric", ["MINISWHITE", "MINISBLACK"])
def test_black_and_white_scans_turn_grey_and_do_not_lose_their_lines(
    tmp_path: Path, photometric: str
) -> None:
    ink = 1 if photometric == "MINISWHITE" else 0
    cells = np.full((1, 1024, 1024), 1 - ink, dtype="uint8")
    cells[:, :, ::8] = ink
    file = write(
        tmp_path / "s.tif", cells, crs="EPSG:4326", transform=around(*NORTH, 1024, 1e-5), nbits=1,
        compress="CCITTFAX4", photometric=photometric,
    )  # fmt: skip
    image = decoded(raster_basemap(file, bounds=near(NORTH, 1), max_pixels=128 * 128))
    assert image[0].mean() == pytest.approx(255 * 7 / 8, abs=6)
    assert image[0].std() < 40


def test_sixteen_bits_are_stretched(tmp_path: Path) -> None:
    ramp = np.tile(np.linspace(4000, 6000, 64), (64, 1)).astype("uint16")
    image = shown_as(tmp_path, np.stack([ramp] * 3))
    middle = image[:, 32]
    assert middle[:, 1].max() < 12
    assert middle[:, -2].min() > 243
    assert int(middle[0, 32]) == pytest.approx(128, abs=8)


def test_unknown_numbers_are_transparent(tmp_path: Path) -> None:
    cells = halves((np.nan,), (10.0,), "float32")
    cells[:, :, 48:] = 20.0
    left, right = ends(shown_as(tmp_path, cells))
    assert left[3] == 0
    assert right[3] == 255


def test_colours_elsewhere_among_more_bands(tmp_path: Path) -> None:
    file = tmp_path / "m.tif"
    with rasterio.open(
        file, "w", driver="GTiff", width=64, height=64, count=5, dtype="uint8", crs="EPSG:4326",
        transform=around(*NORTH, 64, 1e-5),
    ) as opened:  # fmt: skip
        opened.write(halves((1, 2, 200, 30, 40), (1, 2, 20, 60, 180)))
        unnamed = [ColorInterp.gray, ColorInterp.undefined]
        opened.colorinterp = [*unnamed, ColorInterp.red, ColorInterp.green, ColorInterp.blue]
    left, _ = ends(decoded(raster_basemap(file, bounds=near(NORTH, 1))))
    assert left == pytest.approx([200, 30, 40], abs=8)


def test_bands_without_a_colour_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="5 kênh"):
        shown_as(tmp_path, halves((1, 2, 3, 4, 5), (1, 2, 3, 4, 5)), photometric="MINISBLACK")


PRJ = CRS.from_epsg(9213).to_wkt("WKT1_ESRI")


def plan(folder: Path, name: str = "plan.jpg", angle: float = 0) -> tuple[Path, Affine]:
    """A picture without coordinates, and the grid that it should have."""
    driver = {"jpg": "JPEG", "png": "PNG", "tif": "GTiff"}[name.rsplit(".", 1)[-1].casefold()]
    file = write(folder / name, target(501), driver=driver)
    return file, around(*to_plane(*NORTH, 9213), 501, 0.25, angle)


def world(file: Path, grid: Affine, suffix: str, decimal: str = ".") -> None:
    """The world file of a grid: it names the middle of the first pixel."""
    t = moved(grid, 0.5)
    lines = "\r\n".join(f"{v:.9f}" for v in (t.a, t.d, t.b, t.e, t.c, t.f))
    file.with_suffix(suffix).write_text(lines.replace(".", decimal), encoding="ascii")


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("plan.jpg", ".jgw"),
        ("plan.jpg", ".wld"),
        ("PLAN.JPG", ".JGW"),
        ("plan.png", ".pgw"),
        ("plan.tif", ".tfw"),
    ],
)
@pytest.mark.parametrize("angle", [0, 12])
def test_a_world_file_and_a_prj(tmp_path: Path, name: str, suffix: str, angle: float) -> None:
    file, grid = plan(tmp_path, name, angle=angle)
    world(file, grid, suffix)
    file.with_suffix(".prj").write_text(PRJ, encoding="ascii")
    assert metres(dark_spot(raster_basemap(file, bounds=near(NORTH))), NORTH) < 0.1


def test_decimal_commas(tmp_path: Path) -> None:
    file, grid = plan(tmp_path)
    world(file, grid, ".jgw", decimal=",")
    assert metres(dark_spot(raster_basemap(file, bounds=near(NORTH), crs="EPSG:9213")), NORTH) < 0.1


def test_what_gdal_writes_beside(tmp_path: Path) -> None:
    file = tmp_path / "plan.png"
    transform = around(*to_plane(*NORTH, 9213), 501, 0.25)
    write(file, target(501), driver="PNG", crs="EPSG:9213", transform=transform)
    assert (tmp_path / "plan.png.aux.xml").exists()
    assert metres(dark_spot(raster_basemap(file, bounds=near(NORTH))), NORTH) < 0.1


def test_no_system_stated(tmp_path: Path) -> None:
    file, grid = plan(tmp_path)
    world(file, grid, ".jgw")
    with pytest.raises(CrsError, match=r"plan.jpg: ảnh không ghi hệ tọa độ .* EPSG:9213") as error:
        raster_basemap(file, bounds=near(NORTH))
    assert "no coordinate system" in error.value.en
    with pytest.raises(UsageError, match="không phải hệ tọa độ"):
        raster_basemap(file, bounds=near(NORTH), crs="VN2000 hay gì đó")


def test_no_place_stated(tmp_path: Path) -> None:
    file, _ = plan(tmp_path)
    with pytest.raises(DataError, match=r"plan.jpg: ảnh chưa có tọa độ .* plan.jgw"):
        raster_basemap(file, bounds=near(NORTH), crs="EPSG:9213")
    file.with_suffix(".jgw").write_text("0.25\n0\nnorth\n", encoding="ascii")
    with pytest.raises(DataError, match=r"plan.jgw: không phải tệp world"):
        raster_basemap(file, bounds=near(NORTH), crs="EPSG:9213")


def test_a_prj_that_names_a_file_of_shifts(tmp_path: Path) -> None:
    file, grid = plan(tmp_path)
    world(file, grid, ".jgw")
    grid = CRS.from_proj4("+proj=longlat +ellps=WGS84 +nadgrids=/etc/passwd +type=crs").to_wkt("WKT1_GDAL")
    file.with_suffix(".prj").write_text(grid, encoding="ascii")
    with pytest.raises(CrsError):
        raster_basemap(file, bounds=near(NORTH))


def test_only_control_points(tmp_path: Path) -> None:
    points = [
        rasterio.control.GroundControlPoint(r, c, 105 + c / 1e4, 21 - r / 1e4)
        for r, c in ((0, 0), (0, 9), (9, 0))
    ]
    file = write(tmp_path / "g.tif", target(21), crs="EPSG:4326", gcps=points)
    with pytest.raises(DataError, match="GCP"):
        raster_basemap(file, bounds=near(NORTH))


def test_a_wrong_system_is_said(tmp_path: Path) -> None:
    file, grid = plan(tmp_path)
    world(file, grid, ".jgw")
    with pytest.raises(DataError, match=r"không có gì trên địa bàn \(ảnh nằm quanh kinh độ 10\d,\d\d"):
        raster_basemap(file, bounds=near(NORTH), crs="EPSG:5896")
    plane = "+proj=tmerc +lat_0=0 +lon_0=106.5 +k=0.9999 +x_0=500000 +y_0=0 +datum=WGS84 +units=m +type=crs"
    file.with_suffix(".prj").write_text(CRS.from_proj4(plane).to_wkt("WKT1_ESRI"), encoding="ascii")
    with pytest.warns(DataWarning, match="225 m"):
        raster_basemap(file, bounds=near(NORTH))


def test_the_fingerprint_knows_the_companions(tmp_path: Path) -> None:
    file, grid = plan(tmp_path)
    world(file, grid, ".jgw")
    before = raster_basemap(file, bounds=near(NORTH), crs="EPSG:9213")
    world(file, moved(grid, 1), ".jgw")
    after = raster_basemap(file, bounds=near(NORTH), crs="EPSG:9213")
    assert before.sha256 != after.sha256
    assert before.source.vi.startswith("plan.jpg (VN-2000 / TM-3 106-30), thu về ")
    assert before.source.en.startswith("plan.jpg (VN-2000 / TM-3 106-30), scaled to ")


def noise(path: Path, size: int = 900) -> Path:
    cells = np.random.default_rng(5).integers(0, 256, (3, size, size), dtype="uint8")
    return write(path, cells, crs="EPSG:4326", transform=around(*NORTH, size, 1e-5), tiled=True)


def test_even_noise_stays_within_the_limit_and_is_the_same_twice(tmp_path: Path) -> None:
    file = noise(tmp_path / "n.tif")
    once, again = (raster_basemap(file, bounds=near(NORTH)) for _ in range(2))
    assert once == again
    assert len(once.data_uri) <= 800_000
    assert once.width * once.height > 100_000
    assert len(raster_basemap(file, bounds=near(NORTH), max_bytes=20_000).data_uri) <= 20_000


def test_a_vrt_by_another_name(tmp_path: Path) -> None:
    secret = noise(tmp_path / "secret.tif", 32)
    for name in ("a.vrt", "a.tif", "a.png"):
        (tmp_path / name).write_text(
            '<VRTDataset rasterXSize="32" rasterYSize="32"><SRS>EPSG:4326</SRS>'
            "<GeoTransform>105.8, 1e-5, 0, 21.5, 0, -1e-5</GeoTransform>"
            f'<VRTRasterBand dataType="Byte" band="1"><SimpleSource><SourceFilename>{secret}</SourceFilename>'
            "</SimpleSource></VRTRasterBand></VRTDataset>",
            encoding="utf-8",
        )
        with pytest.raises(DataError, match=f"{name}: không phải ảnh đọc được"):
            raster_basemap(tmp_path / name, bounds=near(NORTH))


@pytest.mark.parametrize(
    "path",
    [
        "/vsicurl/http://127.0.0.1/a.tif",
        "https://example.org/a.tif",
        "GTIFF_DIR:1:/tmp/a.tif",
        "//host/a.tif",
    ],
)
def test_addresses(path: str) -> None:
    with pytest.raises(UsageError):
        raster_basemap(path, bounds=near(NORTH))


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        raster_basemap(tmp_path / "no.tif", bounds=near(NORTH))
    os.mkfifo(tmp_path / "pipe.tif")
    for name in (".", "pipe.tif"):
        with pytest.raises(DataError, match="không phải ảnh"):
            raster_basemap(tmp_path / name, bounds=near(NORTH))


def test_the_extension_is_only_a_claim(tmp_path: Path) -> None:
    file = noise(tmp_path / "a.tif", 64).rename(tmp_path / "a.jpg")
    assert raster_basemap(file, bounds=near(NORTH)).width > 60


def test_overviews_and_companions_that_name_other_files_are_not_read(tmp_path: Path) -> None:
    """GDAL itself would show the secret picture in place of the white one."""
    size, place = 2048, {"crs": "EPSG:4326", "transform": around(*NORTH, 2048, 1e-5)}
    file = tmp_path / "a.tif"
    write(tmp_path / "black.tif", np.zeros((3, size // 8, size // 8), dtype="uint8"), **place)
    with rasterio.open(
        file, "w", driver="GTiff", width=size, height=size, count=3, dtype="uint8", **place
    ) as opened:
        opened.write(np.full((3, size, size), 255, dtype="uint8"))
        opened.update_tags(ns="OVERVIEWS", OVERVIEW_FILE=str(tmp_path / "black.tif"))
    with rasterio.open(file) as opened:
        assert opened.read(1, out_shape=(200, 200)).max() == 0
    (tmp_path / "a.tif.ovr").write_bytes((tmp_path / "black.tif").read_bytes())
    (tmp_path / "a.tif.msk").write_bytes((tmp_path / "black.tif").read_bytes())
    before = sorted(p.name for p in tmp_path.iterdir())
    image = decoded(raster_basemap(file, bounds=near(NORTH), max_pixels=200 * 200))
    assert image.shape[0] == 3
    assert image.min() > 250
    assert sorted(p.name for p in tmp_path.iterdir()) == before


def test_a_small_file_that_claims_to_be_huge(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:4326", "sparse_ok": True}
    for name, width, more in (("sparse", 60_000, {"tiled": True}), ("wide", 250_000, {"tiled": True})):
        file = tmp_path / f"{name}.tif"
        with rasterio.open(
            file, "w", width=width, height=width, transform=around(*NORTH, width, 1e-7), **more, **profile
        ):
            pass
        assert file.stat().st_size < 20_000_000
        with pytest.raises(DataError, match=r"triệu điểm ảnh|quá lớn"):
            raster_basemap(file, bounds=near(NORTH))


def test_one_piece_too_large(tmp_path: Path) -> None:
    file, side = tmp_path / "tile.tif", 16_400
    with rasterio.open(
        file, "w", driver="GTiff", width=side, height=side, count=1, dtype="uint8", crs="EPSG:4326",
        transform=around(*NORTH, side, 1e-6), tiled=True, blockxsize=side, blockysize=side, sparse_ok=True,
    ):  # fmt: skip
        pass
    with pytest.raises(DataError, match="mảnh quá lớn"):
        raster_basemap(file, bounds=near(NORTH))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_broken_files_end_in_one_sentence(tmp_path: Path, data: st.DataObject) -> None:
    driver = data.draw(st.sampled_from(["GTiff", "PNG", "JPEG"]))
    file = tmp_path / f"whole.{driver}"
    if not file.exists():
        more = {"compress": "deflate"} if driver == "GTiff" else {}
        place = {"crs": "EPSG:4326", "transform": around(*NORTH, 64, 1e-5)} if driver == "GTiff" else {}
        write(file, target(64), driver=driver, **more, **place)
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(8, len(content) - 1))] = data.draw(st.integers(0, 255))
    broken = tmp_path / "broken.bin"
    broken.write_bytes(content[: data.draw(st.integers(16, len(content)))])
    lon, lat = NORTH
    broken.with_suffix(".wld").write_text(f"1e-5\n0\n0\n-1e-5\n{lon}\n{lat}\n", encoding="ascii")
    try:
        shown = raster_basemap(broken, bounds=near(NORTH, 1), crs="EPSG:4326")
        said = f"broken.bin {shown.width}"
    except GeoplanError as error:
        said = error.vi
    assert "broken.bin" in said


def test_without_webp_what_is_transparent_is_white() -> None:
    pixels = np.zeros((32, 32, 4), dtype="uint8")
    pixels[:, 16:] = (200, 30, 40, 255)
    head, _, body = basemap._encoded(pixels, 90, driver="JPEG").partition(",")
    assert head == "data:image/jpeg;base64"
    with MemoryFile(base64.b64decode(body)) as memory, memory.open(driver="JPEG") as file:
        image = file.read()
    left, right = ends(image)
    assert left == pytest.approx([255] * 3, abs=4)
    assert right == pytest.approx([200, 30, 40], abs=8)


def test_threads(tmp_path: Path) -> None:
    file = noise(tmp_path / "n.tif", 200)
    found: list[Basemap] = []
    threads = [
        threading.Thread(target=lambda: found.append(raster_basemap(file, bounds=near(NORTH))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len({b.data_uri for b in found}) == 1


def test_leaflet_draws_it_in_its_place(tmp_path: Path, browser: Browser) -> None:
    """Leaflet's overlay on a large box: even rows in latitude would be pixels off."""
    xstatic = Path(__import__("xstatic.pkg.leaflet", fromlist=["x"]).__path__[0]) / "data"
    cells = np.full((3, 1001, 1001), 255, dtype="uint8")
    cells[:, 240:261, 690:711] = 0
    degree = 5e-3
    transform = Affine(degree, 0, 104.0, 0, -degree, 22.0)
    file = write(tmp_path / "a.tif", cells, crs="EPSG:4326", transform=transform)
    lon, lat = 104.0 + degree * 700.5, 22.0 - degree * 250.5
    shown = raster_basemap(file, bounds=(104, 17, 109, 22), max_bytes=10**6)
    page = browser.new_page(viewport={"width": 600, "height": 600})
    page.set_content("<style>html,body,#m{margin:0;height:100%}</style><div id=m></div>")
    page.add_style_tag(content=(xstatic / "leaflet.css").read_text(encoding="utf-8"))
    page.add_script_tag(content=(xstatic / "leaflet.js").read_text(encoding="utf-8"))
    box = [[shown.south, shown.west], [shown.north, shown.east]]
    found = page.evaluate(
        """async ([uri, box, at]) => {
             const map = L.map("m", {zoomControl: false, attributionControl: false, zoomSnap: 0,
               fadeAnimation: false}).fitBounds(box, {animate: false});
             const over = L.imageOverlay(uri, box).addTo(map);
             await new Promise(done => over.once("load", done));
             await new Promise(done => setTimeout(done, 200));
             const p = map.latLngToContainerPoint(at);
             return [p.x, p.y];
           }""",
        [shown.data_uri, box, [lat, lon]],
    )
    with MemoryFile(page.screenshot()) as memory, memory.open(driver="PNG") as shot:
        seen = np.clip(128.0 - shot.read(1), 0, None)
    page.close()
    rows, columns = np.indices(seen.shape) + 0.5
    x, y = float((columns * seen).sum() / seen.sum()), float((rows * seen).sum() / seen.sum())
    assert (x, y) == pytest.approx(found, abs=0.7)


def test_the_door_names_its_drivers() -> None:
    assert {driver for _, driver in picture._MAGIC} == {"GTiff", "PNG", "JPEG"}
    assert issubclass(NotGeoreferencedWarning, UserWarning)
