"""The panel: numbers and verdicts as the records say them, and everything that lies at a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pyproj import Transformer

import geoplan
from conftest import CITIES
from geoplan.criteria import telling
from geoplan.quantity import with_unit
from pages import open_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Locator

    MapOf = Callable[[str], Path]


def text_of(panel: Locator) -> str:
    """All that the panel says, folded parts too, with single spaces."""
    return " ".join(str(panel.evaluate("node => node.textContent")).split())


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", CITIES)
def test_every_number_of_a_unit_is_its_quantity(map_of: MapOf, browser: Browser, name: str) -> None:
    result = geoplan.assess(geoplan.open_city(name))
    opened = open_page(browser, map_of(name))
    codes = list(result.city.communes["code"])
    for at in (0, len(codes) // 2, len(codes) - 1):
        panel = opened.choose_unit(at)
        rows = panel.locator(".gp-card[data-id] .gp-figure > .gp-pair").evaluate_all(
            "nodes => nodes.map(n => [n.children[0].textContent, n.children[1].textContent])"
        )
        own = [q for q in result.quantities.values() if q.scope.id == codes[at]]
        assert sorted(rows) == sorted([q.name.vi, q.text()] for q in own)
        said = text_of(panel)
        for quantity in own:
            for part in (quantity.numerator, quantity.denominator):
                if quantity.denominator is not None and part is not None:
                    assert flat(f"{part.name.vi}: {with_unit(part.value, part.unit)}") in said
            for label, line in quantity.lines()[1:]:
                assert flat(label + line) in said
    opened.quiet()
    opened.page.close()


def test_a_candidates_verdicts_with_margin_article_and_confidence(map_of: MapOf, browser: Browser) -> None:
    result = geoplan.assess(geoplan.open_city("hung-yen"))
    at = list(result.city.communes["name"]).index("Phú Cường")
    code = result.city.communes["code"].iloc[at]
    unit = next(u for u in result.judgement.units if u.scope.id == code and u.candidate)
    opened = open_page(browser, map_of("hung-yen"))
    panel = opened.choose_unit(at)
    assert panel.locator(".gp-subtitle").first.inner_text() == f"Mã {code}, dự kiến lên phường"
    shown = panel.locator(".gp-result").first
    assert {True: "Đạt", False: "Chưa đạt", None: "Chưa kết luận được"}[unit.passes] in shown.locator(
        ".gp-state"
    ).first.inner_text()
    items = shown.locator(".gp-verdict")
    assert items.count() == len(unit.verdicts)
    cautions = 0
    for i, verdict in enumerate(unit.verdicts):
        said = text_of(items.nth(i))
        assert flat(verdict.title.vi) in said
        assert flat(verdict.quantity.text()) in said
        assert flat(telling.threshold_text(verdict)) in said
        assert flat(verdict.article) in said
        assert flat(verdict.reason.vi) in said
        if verdict.margin is not None and verdict.considered and verdict.threshold_said is None:
            margin = dict(telling.verdict_lines(verdict))["Chênh lệch"]
            assert flat(margin) in text_of(items.nth(i).locator(".gp-brief"))
        if verdict.confidence == "recalled" and verdict.threshold is not None:
            cautions += 1
            assert "ngưỡng chưa kiểm chứng" in text_of(items.nth(i).locator(".gp-brief"))
        if verdict.certainty is not None:
            assert flat(telling.certainty_text(verdict.certainty)) in said
            borderline = items.nth(i).locator(".gp-brief", has_text="sát ngưỡng").count() == 1
            assert borderline == verdict.certainty.borderline
    opened.quiet()
    opened.page.close()


@pytest.mark.parametrize("name", CITIES)
def test_the_city_classes_targets_and_what_is_missing(map_of: MapOf, browser: Browser, name: str) -> None:
    result = geoplan.assess(geoplan.open_city(name))
    judged = result.judgement
    opened = open_page(browser, map_of(name))
    panel = opened.tab("Tổng quan")
    classes = panel.locator(".gp-class-result")
    assert classes.count() == len(judged.classes)
    for i, found in enumerate(judged.classes):
        said = text_of(classes.nth(i))
        assert flat(found.title.vi) in said
        assert flat(found.reason.vi) in said
        if found.points is not None:
            assert flat(telling.total_text(found.points)) in said
        assert classes.nth(i).locator(".gp-verdict").count() == len(found.verdicts)
    targets = panel.locator(".gp-target")
    assert targets.count() == len(judged.targets)
    for i, target in enumerate(judged.targets):
        said = text_of(targets.nth(i))
        assert telling.STATUS[target.status].vi in said
        assert flat(target.target.title.vi) in said
        assert flat(target.target.quote) in said
        if target.gap is not None:
            assert flat(telling.gap_text(target)) in text_of(targets.nth(i).locator(".gp-brief"))
    gaps = panel.locator(".gp-gaps li")
    assert gaps.count() == len(judged.missing)
    blocks = [int(text_of(gaps.nth(i).locator(".gp-part")).split()[0]) for i in range(gaps.count())]
    assert blocks == [len(g.blocks) for g in judged.missing]
    assert blocks == sorted(blocks, reverse=True)
    opened.quiet()
    opened.page.close()


def test_everything_at_a_place_is_listed(map_of: MapOf, browser: Browser) -> None:
    """Clicked where the middle of a zone is: the zone, the plans over it, the unit under it."""
    result = geoplan.assess(geoplan.open_city("pho-yen"))
    point = result.city.industrial_zones.geometry.iloc[0].representative_point()
    units = result.city.communes
    under = units[units.geometry.contains(point)]
    layers = result.city.plans.loc[result.plans.index[result.plans["in_force"]]]
    over = layers[layers.geometry.contains(point)]
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Lớp bản đồ")
    for box in page.locator(".gp-switch input").all():
        box.check()
    x, y = page.evaluate(
        """([lat, lng]) => {
            const p = geoplan.map.latLngToContainerPoint([lat, lng]);
            const box = geoplan.map.getContainer().getBoundingClientRect();
            return [p.x + box.x, p.y + box.y];
        }""",
        [point.y, point.x],
    )
    page.mouse.click(x, y)
    titles = page.locator(".gp-card > summary h2").all_inner_texts()
    assert result.city.industrial_zones["name"].iloc[0] in titles
    assert set(over["name"]) <= set(titles)
    assert len(over) > 0
    for name in under["name"]:
        assert any(title.endswith(name) for title in titles)
    assert f"{len(titles)} đối tượng tại điểm này" in page.locator(".gp-back").inner_text()
    assert page.locator(".leaflet-highlight-pane path").count() == 2
    page.locator(".gp-card > summary").last.click()
    assert page.locator(".gp-card[open]").count() == 2
    page.get_by_role("button", name="Về tổng quan").click()
    assert page.locator(".gp-card").count() == 0
    assert page.locator(".leaflet-highlight-pane path").count() == 0
    opened.quiet()
    page.close()


def test_the_position_in_the_provinces_vn2000(map_of: MapOf, browser: Browser) -> None:
    """Against PROJ's own pipeline through EPSG:6960, to the metre."""
    opened = open_page(browser, map_of("pho-yen"))
    panel = opened.choose_unit(0)
    lat, lon = opened.page.evaluate("geoplan.data.units[0].at")
    back = Transformer.from_pipeline("urn:ogc:def:coordinateOperation:EPSG::6960")
    plane = Transformer.from_crs(4756, 9213, always_xy=True)
    there = back.transform(lat, lon, direction="INVERSE")
    east, north = plane.transform(there[1], there[0])
    said = text_of(panel)
    assert "106°30′ (EPSG:9213)" in said
    assert f"X (Bắc) {north:,.0f} m, Y (Đông) {east:,.0f} m".replace(",", ".").replace(". Y", ", Y") in said
    assert f"{lat:.5f}".replace(".", ",") + "° B" in said
    opened.page.close()


def test_by_keyboard_alone(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    page.get_by_role("tab", name="Tổng quan").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "Lớp bản đồ"
    assert page.get_by_label("Tô màu đơn vị theo").is_visible()
    page.keyboard.press("ArrowLeft")
    summary = page.locator("summary", has_text="Các đơn vị hành chính")
    summary.focus()
    page.keyboard.press("Enter")
    row = page.get_by_role("button", name="Xã Bảo Khê")
    row.focus()
    page.keyboard.press("Enter")
    assert page.locator(".gp-card > summary h2").inner_text() == "Xã Bảo Khê"
    page.locator(".folium-map").focus()
    before = page.evaluate("geoplan.map.getZoom()")
    page.keyboard.press("+")
    page.wait_for_timeout(400)
    assert page.evaluate("geoplan.map.getZoom()") > before
    opened.quiet()
    page.close()
