"""Draws the picture of the README: ``make picture``. Run by hand; not a test."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

import geoplan


def main(target: Path) -> None:
    """Screenshot of the map of Phổ Yên with the panel of one commune open."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "map.html"
        geoplan.explore(geoplan.open_city("pho-yen")).save(page_file)
        chromium = playwright.chromium.launch(
            executable_path=os.environ["GEOPLAN_CHROMIUM"], args=["--no-sandbox"]
        )
        page = chromium.new_page(viewport={"width": 1200, "height": 760})
        page.goto(page_file.as_uri())
        page.wait_for_selector("html[data-geoplan=ready]")
        box = page.locator(".gp-name", has_text="Thành Công").bounding_box()
        if box is not None:
            page.mouse.click(box["x"] - 30, box["y"] + 40)
        page.mouse.move(340, 700)
        page.wait_for_timeout(600)
        page.screenshot(path=target)
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
