"""The find box: typed as people type, by keyboard, and what is found is gone to and marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import geoplan
from pages import SIZES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser

    MapOf = Callable[[str], Path]


@pytest.mark.parametrize("size", SIZES)
def test_bao_khe_is_found_zoomed_to_and_marked(
    map_of: MapOf, browser: Browser, size: tuple[int, int]
) -> None:
    opened = open_page(browser, map_of("hung-yen"), width=size[0], height=size[1])
    page = opened.page
    before = page.evaluate("geoplan.map.getZoom()")
    box = page.get_by_role("combobox", name="Tìm trên bản đồ")
    box.focus()
    page.keyboard.type("bao khe")
    assert box.get_attribute("aria-expanded") == "true"
    options = page.get_by_role("option")
    assert options.first.inner_text().startswith("Bảo Khê")
    page.keyboard.press("ArrowDown")
    assert options.first.get_attribute("aria-selected") == "true"
    page.keyboard.press("Enter")
    assert page.get_by_role("option").count() == 0
    assert page.locator(".gp-card > summary h2").first.inner_text() == "Xã Bảo Khê"
    assert page.evaluate("geoplan.map.getZoom()") > before
    mark = page.locator(".leaflet-highlight-pane path").first.bounding_box()
    frame = page.locator(".folium-map").bounding_box()
    assert mark is not None
    assert frame is not None
    assert frame["x"] <= mark["x"] <= mark["x"] + mark["width"] <= frame["x"] + frame["width"]
    assert frame["y"] <= mark["y"] <= mark["y"] + mark["height"] <= frame["y"] + frame["height"]
    opened.quiet()
    page.close()


def test_codes_decisions_and_names_of_other_dates(map_of: MapOf, browser: Browser) -> None:
    city = geoplan.open_city("hung-yen")
    plan = city.plans.loc[geoplan.assess(city).plans.query("in_force").index[0]]
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    box = page.get_by_role("combobox")
    first = page.get_by_role("option").first
    box.fill("11983")
    assert first.inner_text().startswith("Bảo Khê")
    box.fill("pho hien")  # the ward of 2025
    texts = page.get_by_role("option").all_inner_texts()
    assert any(t.startswith("Phố Hiến") and "01/07/2025" in t for t in texts)
    box.fill(str(plan["decision"]).casefold())
    assert page.get_by_role("option", name=plan["name"]).count() == 1
    page.get_by_role("option", name=plan["name"]).click()
    assert page.locator(".gp-card > summary h2").first.inner_text() == plan["name"]
    assert page.locator(".leaflet-plans-pane path").count() > 0  # its layer was off
    box.fill("không có gì như thế")
    assert page.get_by_text("Không tìm thấy.").is_visible()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="English").click()
    page.get_by_role("combobox").fill("bao khe")
    assert "commune" in first.inner_text()
    opened.quiet()
    page.close()
