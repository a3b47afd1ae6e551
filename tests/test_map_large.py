"""Ten thousand communes in one file: how large it is, and how soon it can be used."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geoplan.show.shapes import MANY, for_display
from large import coverage
from pages import open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_a_large_layer_is_drawn_with_common_borders() -> None:
    shapes = coverage(100)
    assert shapely.coverage_is_valid(shapes)
    drawn, _ = for_display(shapes)
    before, after = (int(shapely.get_num_coordinates(s).sum()) for s in (shapes, drawn))
    assert before > MANY
    assert after < before / 3
    assert shapely.coverage_is_valid(drawn)
    assert np.isclose(shapely.area(drawn).sum(), shapely.area(shapes).sum(), rtol=1e-3)


def test_a_small_or_broken_layer_stays_as_it_is() -> None:
    small = coverage(10)
    assert for_display(small)[0] is small
    broken = coverage(60)
    broken[0] = shapely.buffer(broken[0], 0.001)
    assert for_display(broken)[0] is broken


def test_ten_thousand_communes(tmp_path: Path, browser: Browser) -> None:
    """Made by another process: here every call is watched by typeguard, which takes minutes."""
    metrics = ("population", "density", "coverage.zoning.natural")
    program = Path(__file__).parent / "large.py"
    subprocess.run([sys.executable, program, tmp_path / "large.html", *metrics], check=True, timeout=600)
    assert (tmp_path / "large.html").stat().st_size < 12_000_000
    start = time.perf_counter()
    opened = open_page(browser, tmp_path / "large.html")
    took = time.perf_counter() - start
    page = opened.page
    assert page.locator(".leaflet-communes-pane path").count() == 10_000
    assert took < 12  # 3 s on the machine of docs/maps.md when it has nothing else to do
    box = page.get_by_role("combobox")
    box.fill("don vi 7777")
    box.press("Enter")
    assert page.locator(".gp-card > summary h2").inner_text() == "Xã Đơn vị 7777"
    assert page.locator(".gp-card .gp-figure").count() == len(metrics)
    opened.quiet()
    page.close()
