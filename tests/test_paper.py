"""Maps for paper: true to scale, in the palette's colours, readable, the same bytes every time."""

from __future__ import annotations

import math
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pyproj import Geod
from shapely.geometry import Polygon, box
from typeguard import suppress_type_checks

import geoplan
from cities import SOUTH, STEP, WEST, square, tiny_layers, write_city
from geoplan.assessment import Assessment
from geoplan.city import City
from geoplan.errors import DataError, UsageError
from geoplan.show import labels, palette, paper
from geoplan.show.choropleth import choropleths
from geoplan.show.page import standing_warnings
from geoplan.show.paper import ground, ink, layout, names

CITIES = ("pho-yen", "viet-yen", "hung-yen", "bac-giang")
GREY = (0x8A, 0x8A, 0x8A)


@pytest.fixture
def measured(tiny: City) -> Assessment:
    return geoplan.assess(tiny)


@pytest.fixture(scope="module")
def pho_yen() -> Assessment:
    return geoplan.assess(geoplan.open_city("pho-yen"))


def city_of(folder: Path, layers: dict[str, gpd.GeoDataFrame], title: str = "Thử") -> Assessment:
    write_city(folder, layers, title=title)
    return geoplan.assess(geoplan.open_city("tiny", workspace=folder))


def printed(result: Assessment, path: Path, **how: object) -> np.ndarray:
    """The pixels of a PNG."""
    paper.print_map(result, path, **how)  # type: ignore[arg-type]
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def text_of(pdf: Path) -> str:
    """What a person can search and copy, runs of blanks as one."""
    done = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True)
    return " ".join(done.stdout.decode("utf-8").split())


def written(sheet: paper.Sheet) -> str:
    """All texts of a page one after the other, halos left out."""
    texts = [t for axes in sheet.figure.axes for t in axes.texts if not t.get_path_effects()]
    return " ".join(" ".join(t.get_text() for t in texts).split())


def around(pixels: np.ndarray, sheet: paper.Sheet, lon: float, lat: float, reach: int = 4) -> np.ndarray:
    """The pixels in a small square around a place."""
    column, row = sheet.pixel(lon, lat)
    at = (slice(int(row) - reach, int(row) + reach + 1), slice(int(column) - reach, int(column) + reach + 1))
    return pixels[at].reshape(-1, 3)


def rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))


# the page


@pytest.mark.parametrize(
    ("how", "size"),
    [
        ({"dpi": 150, "landscape": False}, (1240, 1754)),
        ({"dpi": 200, "landscape": True}, (2339, 1654)),
        ({"dpi": 300, "paper": "a3", "landscape": False}, (3508, 4961)),
    ],
)
def test_a_png_has_the_pixels_of_its_paper(
    measured: Assessment, tmp_path: Path, how: dict[str, object], size: tuple[int, int]
) -> None:
    paper.print_map(measured, tmp_path / "map.png", **how)  # type: ignore[arg-type]
    with Image.open(tmp_path / "map.png") as image:
        assert image.size == size
        assert image.info["dpi"] == pytest.approx((how["dpi"], how["dpi"]), abs=0.02)
        assert not {"Software", "Creation Time"} & set(image.info)
    assert [p.name for p in tmp_path.iterdir() if p.name != "workspace"] == ["map.png"]


@pytest.mark.parametrize(("size", "points"), [("a4", "595.276 x 841.89"), ("a3", "841.89 x 1190.55")])
def test_a_pdf_has_the_size_of_its_paper_and_holds_its_fonts(
    pho_yen: Assessment, tmp_path: Path, size: layout.Paper, points: str
) -> None:
    pdf = tmp_path / "map.pdf"
    paper.print_map(pho_yen, pdf, paper=size)
    said = subprocess.run(["pdfinfo", str(pdf)], capture_output=True, check=True).stdout.decode()
    assert f"Page size:       {points} pts" in said
    assert "Title:           Thành phố Phổ Yên" in said
    assert "Pages:           1" in said
    assert "CreationDate" not in said
    fonts = subprocess.run(["pdffonts", str(pdf)], capture_output=True, check=True).stdout.decode()
    rows = fonts.splitlines()[2:]
    assert rows
    for row in rows:
        assert "DejaVuSans" in row
        assert row.split()[-5:-2] == ["yes", "yes", "yes"]  # embedded, a subset, with its letters named


def test_a_pdf_can_be_searched(pho_yen: Assessment, tmp_path: Path) -> None:
    paper.print_map(pho_yen, tmp_path / "map.pdf", metric="zoning/natural", layers=paper.LAYERS)
    text = text_of(tmp_path / "map.pdf")
    for name in pho_yen.city.communes["name"]:
        assert all(part in text for part in name.split()), name
    warnings = standing_warnings(pho_yen, lang="vi")
    assert warnings
    for said in (
        "Thành phố Phổ Yên",
        "Độ phủ: QH phân khu, % diện tích tự nhiên, ngày 27/03/2024",
        "SƠ ĐỒ – không phải ranh giới thật",
        *warnings,
        "phủ kín",
        labels.word("no_data.legend"),
        "Chưa có quy hoạch phân khu",
        "Quy hoạch cùng loại chồng lấn",
        "Khu công nghiệp",
        "Xã dự kiến lên phường (không có)",
        "Quy hoạch phân khu, phạm vi đồ án",
        "Điềm Thụy",
        "Tỷ lệ 1:175.000",
        "khi in đúng khổ A4",
        "VN-2000 / TM-3 106-30 (EPSG:9213)",
        "Ngày đánh giá: 27/03/2024",
        f"Lập bằng geoplan {geoplan.__version__}",
        "Bắc lưới tọa độ",
        pho_yen.city.in_use["communes"].source.vi[:25],
    ):
        assert said in text, said
    assert "Chưa có quy hoạch chi tiết" not in text  # the map is about zoning plans


def test_english_is_english_throughout(pho_yen: Assessment, tmp_path: Path) -> None:
    paper.print_map(pho_yen, tmp_path / "map.pdf", metric="density", lang="en")
    text = text_of(tmp_path / "map.pdf")
    for said in ("SCHEMATIC – not the real boundaries", "Scale 1:175,000", "Grid north", "on 2024-03-27"):
        assert said in text
    for unsaid in ("Tỷ lệ", "Chú giải", "ngày", "sơ đồ", "không có"):
        assert unsaid not in text


def test_the_same_bytes_in_every_process(pho_yen: Assessment, tmp_path: Path) -> None:
    program = (
        "import sys, geoplan; from pathlib import Path; from geoplan.show import paper;"
        "result = geoplan.assess(geoplan.open_city('pho-yen'));"
        "[paper.print_map(result, Path(path), layers=paper.LAYERS) for path in sys.argv[1:]];"
        "from matplotlib._pylab_helpers import Gcf; assert not Gcf.figs"
    )
    kinds = ("png", "pdf")
    subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *(str(tmp_path / f"there.{kind}") for kind in kinds)],
        env={**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "LC_ALL": "C"},
        check=True,
    )
    for kind in kinds:
        paper.print_map(pho_yen, tmp_path / f"here.{kind}", layers=paper.LAYERS)
        assert (tmp_path / f"there.{kind}").read_bytes() == (tmp_path / f"here.{kind}").read_bytes()


def test_matplotlib_is_loaded_without_a_word(tmp_path: Path) -> None:
    program = (  # the module alone: what else is imported is not its matter
        "import sys, importlib.util as u; spec = u.spec_from_file_location('ink', sys.argv[1]);"
        "ink = sys.modules['ink'] = u.module_from_spec(spec); spec.loader.exec_module(ink);"
        "assert 'matplotlib.pyplot' not in sys.modules; print(ink.drawable('Phổ Yên'))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "utf8", "-c", program, str(ink.__file__)],
        env={**os.environ, "MPLCONFIGDIR": "/dev/null/none"},  # where it can keep no list of fonts
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stdout.decode(), done.stderr.decode()) == (0, "Phổ Yên\n", "")


def test_the_settings_of_the_user_change_nothing_and_stay(measured: Assessment, tmp_path: Path) -> None:
    paper.print_map(measured, tmp_path / "plain.png")
    mine = {"text.usetex": True, "font.size": 30, "savefig.bbox": "tight", "axes.facecolor": "red"}
    with mpl.rc_context(mine):
        paper.print_map(measured, tmp_path / "mine.png")
        assert {key: mpl.rcParams[key] for key in mine} == mine
    assert (tmp_path / "mine.png").read_bytes() == (tmp_path / "plain.png").read_bytes()


def test_several_threads_print_the_same(measured: Assessment, tmp_path: Path) -> None:
    paper.print_map(measured, tmp_path / "alone.pdf")
    paths = [tmp_path / f"{i}.pdf" for i in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda path: paper.print_map(measured, path), paths))
    assert {p.read_bytes() for p in paths} == {(tmp_path / "alone.pdf").read_bytes()}


def test_the_page_lies_as_the_city_does(measured: Assessment, tmp_path: Path) -> None:
    wide = paper.compose(measured).layout
    assert wide.width > wide.height  # four squares in a row
    layers = tiny_layers()
    layers["communes"].geometry = [square(0, row) for row in range(4)]
    tall = paper.compose(city_of(tmp_path, layers)).layout
    assert tall.width < tall.height
    for forced in (True, False):
        page = paper.compose(measured, landscape=forced).layout
        assert (page.width > page.height) is forced
        assert page.denominator >= wide.denominator


# true to scale


@pytest.mark.parametrize("size", ["a4", "a3"])
@pytest.mark.parametrize("city", CITIES)
def test_nothing_stands_on_anything_else(city: str, size: layout.Paper) -> None:
    result = geoplan.assess(geoplan.open_city(city))
    for across in (True, False):
        sheet = paper.compose(result, paper=size, landscape=across, layers=paper.LAYERS, metric="density")
        page = sheet.layout
        west, south, east, north = shapely.total_bounds(ground.plane(result.city.communes, sheet.system))
        mm = 1000 / page.denominator
        assert (east - west) * mm <= page.frame.width
        assert (north - south) * mm <= page.frame.height
        boxes = [(page.frame.x, page.frame.y, page.frame.right, page.frame.top)]
        boxes.append((page.scale_at.x, page.scale_at.y, page.scale_at.right, page.scale_at.top))
        for x, top, rows in page.columns:
            if rows:
                wide = max(r.indent + ink.text_width(r.text, r.size, bold=r.bold) for r in rows)
                boxes.append((x, top - sum(r.height for r in rows), x + wide, top))
        assert all(b[0] > 0 and b[1] > 0 and b[2] < page.width and b[3] < page.height for b in boxes)
        shapes = np.array([box(*b) for b in boxes])
        over, under = shapely.STRtree(shapes).query(shapes)
        shared = shapely.area(shapely.intersection(shapes[over], shapes[under]))[over != under]
        assert shared.max(initial=0) < 1e-3


@pytest.mark.parametrize("how", [{}, {"paper": "a3", "landscape": False}, {"dpi": 150}])
def test_the_scale_bar_and_the_scale_are_true(
    measured: Assessment, tmp_path: Path, how: dict[str, object]
) -> None:
    sheet = paper.compose(measured, **how)  # type: ignore[arg-type]
    pixels = printed(measured, tmp_path / "map.png", **how)
    left, right, metres = sheet.bar
    per_mm = sheet.dpi / 25.4
    # the bar as a reader sees it: the dark edge of its first and last field
    k = sheet.layout.enlarged
    row = round((sheet.layout.height - (sheet.layout.scale_at.top - 13 * k + 0.8 * k)) * per_mm)
    start, stop = round((left - 1) * per_mm), round((right + 1) * per_mm)
    dark = np.flatnonzero(pixels[row, start:stop].max(axis=1) < 128)
    drawn = dark[-1] - dark[0]
    # the ground as a geodesist measures it
    ends = [(WEST, SOUTH), (WEST + 4 * STEP, SOUTH + STEP)]
    (x0, y0), (x1, y1) = (sheet.pixel(*end) for end in ends)
    _, _, ground_metres = Geod(ellps="WGS84").inv(*ends[0], *ends[1])
    pixels_a_metre = math.hypot(x1 - x0, y1 - y0) / ground_metres
    assert drawn / pixels_a_metre == pytest.approx(metres, rel=0.005, abs=1.5 / pixels_a_metre)
    assert (right - left) * sheet.layout.denominator / 1000 == pytest.approx(metres)
    assert 1000 * per_mm / pixels_a_metre == pytest.approx(sheet.layout.denominator, rel=0.002)
    assert metres in {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000}


def test_a_place_is_where_its_pixel_is(measured: Assessment, tmp_path: Path) -> None:
    sheet = paper.compose(measured, layers=())
    pixels = printed(measured, tmp_path / "map.png", layers=())
    column, row = sheet.pixel(WEST, SOUTH + 0.8 * STEP)  # on the western rim of the city
    line = pixels[round(row), round(column) - 30 : round(column) + 30]
    rim = np.flatnonzero(line.max(axis=1) < 60)
    assert abs(rim[0] - 30) < 8
    assert tuple(line[0]) == (255, 255, 255)


@pytest.mark.parametrize(
    ("extent", "denominator"),
    [
        ((1000, 1000), 10_000),
        ((1001, 10), 12_500),
        ((15_000, 9_000), 150_000),
        ((0.5, 0.5), 100),
        ((1, 99_999), 1_000_000),
    ],
)
def test_round_scales(extent: tuple[float, float], denominator: int) -> None:
    assert layout.round_scale(extent, layout.Box(0, 0, 108, 108)) == denominator


@given(st.floats(1, 4e6), st.floats(1, 4e6), st.floats(60, 300), st.floats(60, 300))
def test_a_city_fits_at_its_scale_and_fills_its_frame(w: float, h: float, wide: float, tall: float) -> None:
    frame = layout.Box(0, 0, wide, tall)
    scale = layout.round_scale((w, h), frame)
    share = max(1000 * w / scale / (wide - 8), 1000 * h / scale / (tall - 8))
    assert share <= 1 + 1e-6
    assert share >= 0.66 or scale == 100
    first = f"{scale:e}".split("e")[0].rstrip("0")
    assert len(first.replace(".", "")) <= 3  # such as 1.25


@given(st.floats(0.1, 1e6))
def test_round_lengths(most: float) -> None:
    length = layout.round_length(most)
    assert length <= most * (1 + 1e-6) < 2.5 * length * (1 + 1e-6)
    assert f"{length:.0e}"[0] in "125"


# colours


@pytest.mark.parametrize(
    "metric", ["coverage.zoning.natural", "coverage.zoning.urban_land", "density", "readiness"]
)
def test_units_have_the_colours_of_the_page(measured: Assessment, tmp_path: Path, metric: str) -> None:
    sheet = paper.compose(measured, metric=metric, layers=())
    pixels = printed(measured, tmp_path / "map.png", metric=metric, layers=())
    choropleth = next(c for c in choropleths(measured) if c.key == metric)
    seen = set()
    for unit, at in enumerate(choropleth.classes):
        found = around(pixels, sheet, WEST + (unit + 0.15) * STEP, SOUTH + 0.2 * STEP, reach=14)
        colours = {tuple(int(v) for v in pixel) for pixel in found}
        if at is None:
            assert (255, 255, 255) in colours
            assert np.abs(found - GREY).sum(axis=1).min() < 12  # the hatching
            assert 0.02 < (found.sum(axis=1) < 3 * 230).mean() < 0.6
        elif choropleth.bands[at].pattern is None:
            assert colours == {rgb(choropleth.bands[at].colour)}
        else:
            assert rgb(choropleth.bands[at].colour) in colours
            assert len(colours) > 1
        seen.add(at)
    assert len(seen) > 1  # otherwise nothing was compared


def test_no_data_is_hatched_in_the_legend_too(measured: Assessment, tmp_path: Path) -> None:
    sheet = paper.compose(measured)
    pixels = printed(measured, tmp_path / "map.png")
    word = labels.word("no_data.legend")
    x, top, rows = next(c for c in sheet.layout.columns if any(r.text == word for r in c[2]))
    at = next(i for i, r in enumerate(rows) if r.text == word)
    middle = top - sum(r.height for r in rows[:at]) - rows[at].size * ink.PT * layout.LEADING / 2
    per_mm = sheet.dpi / 25.4
    row = round((sheet.layout.height - middle) * per_mm)
    swatch = pixels[row - 8 : row + 9, round((x + 1) * per_mm) : round((x + 6) * per_mm)].reshape(-1, 3)
    assert (swatch == 255).all(axis=1).mean() > 0.5
    assert np.abs(swatch - GREY).sum(axis=1).min() < 12


def test_overlays_are_drawn_where_they_are(measured: Assessment, tmp_path: Path) -> None:
    sheet = paper.compose(measured)
    bare = printed(measured, tmp_path / "bare.png", layers=())
    for layer, lon, lat, colour in (
        ("gaps", WEST + 3.15 * STEP, SOUTH + 0.2 * STEP, palette.GAP["zoning"]),
        ("conflicts", WEST + 1.37 * STEP, SOUTH + 0.2 * STEP, palette.CONFLICT),
        ("zones", WEST + 2.75 * STEP, SOUTH + 0.32 * STEP, palette.ZONE),
    ):
        sheet = paper.compose(measured, layers=(layer,))  # type: ignore[arg-type]
        pixels = printed(measured, tmp_path / "one.png", layers=(layer,))
        found = around(pixels, sheet, lon, lat, reach=14)
        assert np.abs(found - rgb(colour)).sum(axis=1).min() < 90, layer
        apart = (pixels != bare[: pixels.shape[0], : pixels.shape[1]]).any(axis=2)
        assert apart.any()


def test_edges_that_two_areas_share_are_drawn_once() -> None:
    (lines,) = ground.edges(np.array([box(0, 0, 100, 100), box(100, 0, 200, 100)]))
    assert lines.length == pytest.approx(600 + 100)


def test_a_city_without_a_plane_of_its_own_is_drawn_in_vn2000(tmp_path: Path) -> None:
    folder = write_city(tmp_path, tiny_layers())
    text = (folder / "city.toml").read_text(encoding="utf-8")
    (folder / "city.toml").write_text(text.replace("EPSG:9213", "EPSG:4756"), encoding="utf-8")
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path))
    assert ground.drawing_crs(result).to_epsg() == 3405
    paper.print_map(result, tmp_path / "map.pdf")
    assert "VN-2000 / UTM zone 48N (EPSG:3405)" in text_of(tmp_path / "map.pdf")


# names and texts

HOSTILE = [
    r"$\frac{1}{0}$",
    r"$x^2$ \alpha \usepackage{x} %d {0} {{x}}",
    "một\nhai\r\nba\tbốn",
    "Phổ Yên " + "rất dài " * 40,
    "x" * 300,
    "🏙️🇻🇳 đô thị",
    "שלום \u202eעולם",
    "مرحبا",
    "a\x00b\x1b[31m\ud800",
    "ก็ 漢字",
    "",
    "   ",
    "</text><script>alert(1)</script> & ]]>",
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("kind", ["png", "pdf"])
def test_hostile_names_are_drawn_as_they_are(
    measured: Assessment, tmp_path: Path, name: str, kind: str
) -> None:
    city = measured.city
    layers = {key: replace(layer, frame=layer.frame.copy()) for key, layer in city.layers.items()}
    for layer in layers.values():
        if "name" in layer.frame:
            layer.frame["name"] = pd.Series(name, index=layer.frame.index, dtype=object)
        object.__setattr__(layer, "source", layer.source.model_copy(update={"vi": name, "en": name}))
    title = city.info.titles[0].model_copy(update={"vi": name, "en": name})
    info = city.info.model_copy(update={"titles": (title,), "name": name})
    hostile = replace(measured, city=replace(city, layers=layers, info=info))
    path = tmp_path / f"map.{kind}"
    paper.print_map(hostile, path, layers=paper.LAYERS)
    assert path.stat().st_size > 10_000
    if kind == "pdf" and name.isascii() and len(name) < 60 and name.isprintable():
        assert " ".join(name.split()) in text_of(path)


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        ("Phổ Yên", "Phổ Yên"),
        ("Pho\u0302\u0309 Ye\u0302n", "Phổ Yên"),
        (r"$\frac{1}{2}$", r"$\frac{1}{2}$"),
        ("a\nb\tc", "a b c"),
        ("a\x00b", "a□b"),
        ("nhà 🏙", "nhà □"),
        ("漢字", "□□"),
        ("\u202ex", "□x"),
        ("\ud800", "□"),
    ],
)
def test_what_the_font_lacks_shows_that_something_stands_there(text: str, drawn: str) -> None:
    assert ink.drawable(text) == drawn


def test_the_font_has_every_vietnamese_letter_and_sign_of_ours() -> None:
    vowels = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
    letters = [v + tone for v in vowels for tone in ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")]
    ours = [w for pair in labels._WORDS.values() for w in pair] + [m.sign for m in palette.READINESS.values()]
    assert "□" not in ink.drawable("".join([*letters, "đĐ²³–…“”·°′″×≥≤", *ours]))


@given(st.text(max_size=400), st.floats(12, 190), st.sampled_from([5.2, 8.0, 16.0]), st.booleans())
def test_lines_are_no_wider_than_they_may_be_and_lose_nothing(
    text: str, width: float, size: float, bold: bool
) -> None:
    lines = ink.wrap(text, width, size, bold=bold)
    assert all(ink.text_width(line, size, bold=bold) <= width * 1.02 for line in lines)
    assert "".join("".join(lines).split()) == "".join(ink.drawable(text).split())
    few = ink.wrap(text, width, size, bold=bold, most=2)
    assert len(few) <= 2
    assert few == lines or few[-1].endswith("…")


def test_a_text_of_a_million_letters_costs_no_minute() -> None:
    for text in ("x" * 1_000_000, "xin chào " * 100_000):
        started = time.perf_counter()
        assert len(ink.wrap(text, 90, 6.0, most=3)) == 3
        assert len(ink.shorten(text, 40, 8.0)) < 60
        assert time.perf_counter() - started < 10


@given(
    st.lists(
        st.tuples(st.floats(0, 150), st.floats(0, 150), st.floats(0.5, 60), st.floats(0.5, 60)),
        min_size=1,
        max_size=25,
    )
)
def test_names_never_overlap_and_none_is_lost(boxes: list[tuple[float, float, float, float]]) -> None:
    frame = layout.Box(0, 0, 180, 180)
    shapes = np.array([box(x, y, x + w, y + h) for x, y, w, h in boxes])
    called = [f"Xã số {i}" for i in range(len(boxes))]
    lines, left_out = names.place_names(shapes, called, ["99,9 %"] * len(boxes), frame=frame, enlarged=1.0)
    written = {line.area for line in lines}
    assert written | set(left_out) == set(range(len(boxes)))
    assert not written & set(left_out)
    extents: dict[int, list[Polygon]] = {}
    for line in lines:
        half = ink.text_width(line.text, line.size, bold=line.bold) / 2
        tall = line.size * ink.PT
        extents.setdefault(line.area, []).append(
            box(line.x - half, line.y - 0.2 * tall, line.x + half, line.y + 0.75 * tall)
        )
    drawn = [shapely.union_all(parts) for parts in extents.values()]
    for i, one in enumerate(drawn):
        assert shapely.box(0, 0, 180, 180).contains(one)
        assert all(one.intersection(other).area < 1e-6 for other in drawn[i + 1 :])


@pytest.mark.parametrize("city", CITIES)
def test_every_unit_of_a_bundled_city_is_named(city: str) -> None:
    result = geoplan.assess(geoplan.open_city(city))
    for how in ({"metric": "zoning/natural"}, {"metric": "readiness", "landscape": True}):
        text = written(paper.compose(result, **how))  # type: ignore[arg-type]
        assert all(part in text for name in result.city.communes["name"] for part in name.split())
        assert "Không đủ chỗ" not in text


@pytest.mark.parametrize("across", [True, False])
def test_units_without_room_for_their_name_are_listed(tmp_path: Path, across: bool) -> None:
    layers = tiny_layers("Xã tên dài {}")
    layers["communes"].geometry = [
        square(0, 0, 40, 40), square(41, 0, 0.2, 0.2), square(41, 1, 0.2, 0.2), square(42, 0, 40, 40),
    ]  # fmt: skip
    text = written(paper.compose(city_of(tmp_path, layers), landscape=across))
    assert "Không đủ chỗ ghi tên: Xã tên dài 1, Xã tên dài 2" in text


@pytest.mark.parametrize("across", [True, False])
def test_very_long_sources_are_cut_and_say_so(tmp_path: Path, across: bool) -> None:
    result = city_of(tmp_path, tiny_layers(), title="Nguồn dài dòng " * 300)
    sheet = paper.compose(result, landscape=across)
    text = written(sheet)
    assert "dòng nữa, xem trong sổ Excel" in text
    assert "Lập bằng geoplan" in text
    assert "MINH HỌA – không phải ranh giới thật" in text
    assert sheet.layout.frame.height > 50


# refusals


@pytest.mark.parametrize(
    ("name", "how", "said"),
    [
        ("map.png", {"dpi": 149}, "dpi: 149 không nằm trong khoảng 150 đến 300 điểm trên inch."),
        ("map.pdf", {"dpi": 301}, "dpi: 301 không nằm trong khoảng"),
        ("map.png", {"metric": "mật độ"}, "metric: không có “mật độ”; hãy chọn: coverage.zoning.natural, "),
        ("map.png", {"metric": "zoning/"}, "metric: không có “zoning/”"),
        ("map.png", {"paper": "a5"}, "paper: không có “a5”; hãy chọn: a4, a3."),
        ("map.png", {"layers": ("zones", "roads")}, "layers: không có “roads”; hãy chọn: zones, gaps,"),
        ("map.png", {"lang": "fr"}, "lang: không có “fr”; hãy chọn: vi, en."),
        ("map.svg", {}, "map.svg: bản đồ giấy chỉ ghi được thành .png hoặc .pdf."),
        ("map", {}, "map: bản đồ giấy chỉ ghi được"),
        ("x.png", {}, "x.png: là một thư mục"),
    ],
)
def test_what_is_refused_is_refused_in_one_sentence(
    measured: Assessment, tmp_path: Path, name: str, how: dict[str, object], said: str
) -> None:
    if name == "x.png":
        (tmp_path / name).mkdir()
    before = sorted(tmp_path.rglob("*"))
    with suppress_type_checks(), pytest.raises(UsageError) as error:
        paper.print_map(measured, tmp_path / name, **how)  # type: ignore[arg-type]
    assert said in error.value.vi
    assert error.value.en.endswith(".")
    assert "\n" not in error.value.vi
    assert sorted(tmp_path.rglob("*")) == before


def test_a_metric_in_short_is_the_same_map(measured: Assessment, tmp_path: Path) -> None:
    paper.print_map(measured, tmp_path / "short.png", metric="detailed/urban_land")
    paper.print_map(measured, tmp_path / "long.png", metric="coverage.detailed.urban_land")
    paper.print_map(measured, tmp_path / "other.png", metric="zoning/urban_land")
    short, long, other = ((tmp_path / f"{n}.png").read_bytes() for n in ("short", "long", "other"))
    assert short == long != other


def test_broken_and_missing_shapes_do_not_stop_the_map(measured: Assessment, tmp_path: Path) -> None:
    bow = Polygon([(WEST, SOUTH), (WEST + STEP, SOUTH + STEP), (WEST + STEP, SOUTH), (WEST, SOUTH + STEP)])
    city = measured.city
    frame = city.layers["communes"].frame.copy()
    frame.geometry = [bow, None, Polygon(), square(3, 0)]
    layers = {**city.layers, "communes": replace(city.layers["communes"], frame=frame)}
    paper.print_map(replace(measured, city=replace(city, layers=layers)), tmp_path / "map.png")
    assert (tmp_path / "map.png").exists()
    frame = frame.copy()
    frame.geometry = [None] * 4
    layers = {**city.layers, "communes": replace(city.layers["communes"], frame=frame)}
    with pytest.raises(DataError, match="không có hình nào vẽ được"):
        paper.print_map(replace(measured, city=replace(city, layers=layers)), tmp_path / "none.png")
    assert not (tmp_path / "none.png").exists()


def test_ticks_stand_at_round_coordinates(pho_yen: Assessment, tmp_path: Path) -> None:
    paper.print_map(pho_yen, tmp_path / "map.pdf")
    done = subprocess.run(
        ["pdftotext", "-bbox", str(tmp_path / "map.pdf"), "-"], capture_output=True, check=True
    )
    sheet = paper.compose(pho_yen)
    frame, mm = sheet.layout.frame, 72 / 25.4
    found = []
    for line in done.stdout.decode().splitlines():
        if "<word" in line and line.rstrip("</word>\n").endswith(".000"):
            numbers = [float(part.split('"')[0]) for part in line.split('="')[1:]]
            x, bottom = (numbers[0] + numbers[2]) / 2 / mm, sheet.layout.height - numbers[3] / mm
            if frame.y - 5 < bottom < frame.y and x > frame.x:
                found.append((x, 1000 * float(line.split(">")[1].split("<")[0].removesuffix(".000"))))
    assert len(found) >= 4
    for x, easting in found:
        there = sheet.centre[0] + (x - frame.x - frame.width / 2) * sheet.layout.denominator / 1000
        assert there == pytest.approx(easting, abs=0.4 * sheet.layout.denominator / 1000)
    assert len({round(b[1] - a[1]) for a, b in pairwise(sorted(found))}) == 1
