"""Time in the page: coverage on each date, plans that come and go, two dates side by side."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

import geoplan
from geoplan.text import date_text, percent
from geoplan.timeline import timeline
from pages import open_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    MapOf = Callable[[str], Path]


def slide(page: Page, step: int) -> None:
    page.locator("#gp-slider").evaluate(
        "(node, step) => { node.value = step; node.dispatchEvent(new Event('input')); }", step
    )


def test_the_slider_shows_coverage_as_it_was(map_of: MapOf, browser: Browser) -> None:
    """Against assessments of those very days."""
    city = geoplan.open_city("hung-yen")
    days = list(timeline(city).steps["date"])
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    panel = opened.tab("Thời gian")
    page.get_by_label("Loại quy hoạch").select_option(label="QH phân khu, % diện tích tự nhiên")
    assert int(page.locator("#gp-slider").get_attribute("max") or 0) == len(days) - 1
    for step in (0, len(days) // 2, len(days) - 1):
        slide(page, step)
        then = geoplan.assess(city, on=days[step].date())
        assert page.locator(".gp-day").inner_text().startswith(date_text(days[step].date()))
        rows = then.coverage_totals.query(
            "group == 'all' and plan_kind == 'zoning' and denominator == 'natural'"
        )
        assert percent(rows["coverage_pct"].iloc[0]) in panel.locator(".gp-told .gp-value").first.inner_text()
        paths = page.locator(".leaflet-communes-pane path")
        assert paths.count() == len(then.city.communes)
        assert f"{int(then.plans['in_force'].sum())} đồ án có hiệu lực" in panel.inner_text()
        assert date_text(days[step].date()) in page.locator(".gp-stage .gp-daybox").first.inner_text()
        assert date_text(days[step].date()) in page.locator(".gp-head").inner_text()
    page.get_by_role("button", name="Về ngày đánh giá").click()
    assert paths.count() == len(city.communes)
    assert page.locator(".gp-stage .gp-daybox").first.is_hidden()
    opened.quiet()
    page.close()


def test_plans_appear_and_expire_on_the_map(map_of: MapOf, browser: Browser) -> None:
    city = geoplan.open_city("pho-yen")
    history = timeline(city)
    days = list(history.steps["date"])
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Lớp bản đồ")
    page.get_by_label("Quy hoạch chi tiết", exact=True).check()
    opened.tab("Thời gian")
    kinds = city.plans["kind"]
    for step in range(0, len(days), 6):
        slide(page, step)
        rows = history.plans[(history.plans["date"] == days[step]) & history.plans["in_force"]]
        expected = sum(kinds[plan] == "detailed" for plan in rows["plan"])
        assert page.locator(".leaflet-plans-pane path").count() == expected
    slide(page, 0)
    begins = page.locator(".gp-told .gp-row").all_inner_texts()
    first = history.plans[(history.plans["date"] == days[0]) & history.plans["in_force"]]
    assert set(begins) == {city.plans["name"][plan] for plan in first["plan"]}
    opened.quiet()
    page.close()


def test_the_target_is_a_line_of_the_chart(map_of: MapOf, browser: Browser) -> None:
    city = geoplan.open_city("pho-yen")
    assert city.targets is not None
    asked = [
        t for t in city.targets.targets if (t.metric or "").startswith("coverage.") and t.scope == "city"
    ]
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Thời gian")
    for target in asked:
        page.locator("#gp-kind").select_option(
            index=page.evaluate("key => geoplan.data.time.kinds.findIndex(k => k.key === key)", target.metric)
        )
        assert page.locator(".gp-chart line[stroke-dasharray]").count() == 1
        assert target.title.vi in page.locator(".gp-target-line").inner_text()
    assert page.locator(".gp-chart path").count() == 1
    opened.quiet()
    page.close()


def test_two_dates_side_by_side_move_together(map_of: MapOf, browser: Browser) -> None:
    city = geoplan.open_city("viet-yen")
    days = list(timeline(city).steps["date"])
    merged = next(i for i, day in enumerate(days) if day.date() >= dt.date(2025, 7, 1))
    opened = open_page(browser, map_of("viet-yen"))
    page = opened.page
    opened.tab("Thời gian")
    page.get_by_role("button", name="So sánh hai ngày").click()
    page.get_by_label("Trước", exact=True).select_option(index=merged - 1)
    page.get_by_label("Sau", exact=True).select_option(index=merged)
    first, second = (
        page.locator(f"{box} .leaflet-communes-pane path") for box in (".folium-map", ".gp-second")
    )
    assert first.count() == len(city.as_of(days[merged - 1].date()).communes)
    assert second.count() == len(city.as_of(days[merged].date()).communes)
    assert first.count() != second.count()
    assert page.locator(".gp-second .gp-daybox").inner_text() == f"Sau: {date_text(days[merged].date())}"
    page.evaluate("geoplan.map.setView([21.27, 106.1], 13.5, { animate: false })")
    centres = page.evaluate(
        """() => [geoplan.map, geoplan.secondMap()].map(m => [m.getCenter().lat, m.getCenter().lng, m.getZoom()])"""
    )
    assert centres[0] == pytest.approx(centres[1], abs=1e-4)
    assert centres[1][2] == 13.5
    box = page.locator(".gp-second").bounding_box()
    assert box is not None
    before = page.evaluate("geoplan.map.getCenter().lng")
    page.mouse.move(box["x"] + 200, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 300, steps=4)
    page.mouse.up()
    page.wait_for_timeout(400)
    assert page.evaluate("geoplan.map.getCenter().lng") > before  # the first follows the second
    page.get_by_role("button", name="Thôi so sánh").click()
    assert page.locator(".gp-second").count() == 0
    opened.quiet()
    page.close()


def test_without_a_history_there_is_no_slider(tmp_path: Path, browser: Browser) -> None:
    geoplan.explore(geoplan.open_city("hung-yen"), history=False).save(tmp_path / "a.html")
    opened = open_page(browser, tmp_path / "a.html")
    assert "Không có ngày quyết định nào" in opened.tab("Thời gian").inner_text()
    opened.quiet()
    opened.page.close()
