"""A page for the meeting: A4 and A3 with title, legend, scale, north, date, sources and standing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

import geoplan
from pages import SIZES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    MapOf = Callable[[str], Path]

POINTS = {
    "A4-landscape": (842, 595),
    "A4-portrait": (595, 842),
    "A3-landscape": (1191, 842),
    "A3-portrait": (842, 1191),
}


def boxes(pdf: bytes) -> list[tuple[float, float]]:
    """Width and height of each page in points."""
    return [(float(w), float(h)) for w, h in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", pdf)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("paper", POINTS)
def test_a_sheet_of_each_paper_at_each_window_size(
    map_of: MapOf, browser: Browser, paper: str, size: tuple[int, int]
) -> None:
    city = geoplan.open_city("hung-yen")
    opened = open_page(browser, map_of("hung-yen"), width=size[0], height=size[1])
    page = opened.page
    page.get_by_role("button", name="In", exact=True).click()
    page.get_by_label("Khổ giấy").select_option(paper)
    sheet = page.locator(".gp-sheet")
    said = sheet.inner_text()
    for words in (
        city.title(),
        "ngày 18/01/2024",
        "Ranh giới là sơ đồ, không phải bản đồ đo đạc",
        "QH phân khu, % diện tích tự nhiên",
        "phủ kín",
        "Nguồn: ",
        city.layers["communes"].source.vi,
    ):
        assert " ".join(words.split()) in " ".join(said.split())
    assert sheet.get_by_role("img", name="Hướng Bắc").is_visible()
    assert re.fullmatch(r"[\d.]+ m", sheet.locator(".leaflet-control-scale-line").inner_text())
    assert re.search(r"Tỷ lệ khoảng 1:[\d.]+000", said)
    frame = sheet.locator(".gp-sheet-map").bounding_box()
    assert frame is not None
    assert sheet.locator(".gp-sheet-side").evaluate("n => n.scrollHeight <= n.clientHeight + 2")
    for path in sheet.locator(".leaflet-communes-pane path").all():
        box = path.bounding_box()
        assert box is not None
        assert frame["x"] - 3 <= box["x"] <= box["x"] + box["width"] <= frame["x"] + frame["width"] + 3
        assert frame["y"] - 3 <= box["y"] <= box["y"] + box["height"] <= frame["y"] + frame["height"] + 3
    sizes = boxes(page.pdf(prefer_css_page_size=True))
    assert len(sizes) == 1
    assert sizes[0] == pytest.approx(POINTS[paper], abs=1.5)
    page.get_by_role("button", name="Đóng").click()
    assert page.locator(".gp-sheet").count() == 0
    assert page.locator(".gp-stage .leaflet-communes-pane path").count() == len(city.communes)
    opened.quiet()
    page.close()


def test_the_scale_said_is_the_scale_drawn(map_of: MapOf, browser: Browser) -> None:
    """The bar's length on paper times the scale is what the bar says, within the two figures said."""
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    page.get_by_role("button", name="In", exact=True).click()
    ratio = re.search(r"1:([\d.]+)", page.locator(".gp-ratio").inner_text())
    assert ratio is not None
    scale = int(ratio[1].replace(".", ""))
    bar = page.locator(".gp-sheet .leaflet-control-scale-line")
    metres = int(bar.inner_text().replace(".", "").removesuffix(" m"))
    pixels = float(str(bar.evaluate("n => n.style.width")).removesuffix("px"))
    assert pixels * 0.0254 / 96 * scale == pytest.approx(metres, rel=0.06)
    page.close()


def test_printing_from_the_browsers_menu(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("bac-giang"), width=768, height=1024)
    sizes = boxes(opened.page.pdf(prefer_css_page_size=True))
    assert len(sizes) == 1
    assert sizes[0] == pytest.approx(POINTS["A4-landscape"], abs=1.5)
    assert opened.page.locator(".gp-sheet").count() == 0
    opened.quiet()
    opened.page.close()


def test_every_layer_at_once_still_fits(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Lớp bản đồ")
    for box in page.locator(".gp-switch input").all():
        box.check()
    page.get_by_label("Tô màu đơn vị theo").select_option("population")
    page.get_by_role("button", name="In", exact=True).click()
    side = page.locator(".gp-sheet-side")
    assert side.evaluate("n => n.scrollHeight <= n.clientHeight + 2 && n.scrollWidth <= n.clientWidth + 2")
    assert len(boxes(page.pdf(prefer_css_page_size=True))) == 1
    page.close()
