"""For everyone: axe-core finds nothing serious, at three window sizes, wherever the reader goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import axe_playwright_python
import pytest

from pages import SIZES, open_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser, Page

    MapOf = Callable[[str], Path]

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"


def findings(page: Page) -> list[str]:
    """What axe-core has to say, all of it: not even a moderate finding is let pass."""
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    return [f"{v['impact']} {v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_nothing(map_of: MapOf, browser: Browser, size: tuple[int, int]) -> None:
    opened = open_page(browser, map_of("pho-yen"), width=size[0], height=size[1])
    page = opened.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert findings(page) == []
    for tab in ("Lớp bản đồ", "Thời gian", "Nguồn"):
        opened.tab(tab)
        assert findings(page) == []
    opened.tab("Thời gian")
    page.get_by_role("button", name="So sánh hai ngày").click()
    assert findings(page) == []
    page.get_by_role("button", name="Thôi so sánh").click()
    opened.choose_unit(3)
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert findings(page) == []
    page.get_by_role("button", name="English").click()
    page.evaluate("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    assert findings(page) == []
    page.get_by_role("combobox").fill("minh")
    assert page.get_by_role("option").count() > 0
    assert findings(page) == []
    page.get_by_role("button", name="Print", exact=True).click()
    assert findings(page) == []
    page.close()


def test_touch(map_of: MapOf, browser: Browser) -> None:
    """A finger on a phone: chosen by a tap, and every button is large enough for it."""
    context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(map_of("hung-yen").as_uri())
    page.wait_for_selector("html[data-geoplan=ready]")
    assert page.evaluate("window.innerWidth") == 360
    box = page.locator(".leaflet-communes-pane path").nth(2).bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".gp-card")
    for button in page.locator("button:visible, .gp-tab:visible, input:visible, select:visible").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 24
    context.close()
