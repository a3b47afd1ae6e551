"""The map in a real browser: offline, silent, readable; the file that it is."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import TYPE_CHECKING

import folium
import pytest

import geoplan
from cities import tiny_layers, write_city
from conftest import CITIES
from geoplan import batch
from geoplan.show import seal
from geoplan.show.seal import SealError
from pages import SIZES, inject, listened, open_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Browser

    from geoplan.city import City

    MapOf = Callable[[str], Path]


@pytest.mark.parametrize("name", CITIES)
def test_each_city_opens_without_request_or_error(map_of: MapOf, browser: Browser, name: str) -> None:
    opened = open_page(browser, map_of(name))
    city = geoplan.open_city(name)
    page = opened.page
    assert page.locator("h1").inner_text() == city.title()
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.locator(".leaflet-communes-pane path").count() == len(city.communes)
    warnings = page.locator(".gp-warnings").inner_text()
    assert "Ranh giới là sơ đồ, không phải bản đồ đo đạc" in warnings
    assert "Quy hoạch chỉ để minh họa, không có thật" in warnings
    assert city.on.strftime("%d/%m/%Y") in page.locator(".gp-head").inner_text()
    assert city.layers["communes"].source.vi in opened.tab("Nguồn").inner_text()
    assert re.fullmatch(r"[\d.]+ m", page.locator(".leaflet-control-scale-line").inner_text())
    names = set(page.locator(".gp-called").all_inner_texts())
    assert names <= set(city.communes["name"])
    assert len(names) > len(city.communes) / 2  # those with room
    assert page.title().startswith(city.title())
    opened.quiet()
    page.close()


def test_hover_and_layers_in_vietnamese(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    city = geoplan.open_city("hung-yen")
    at = int(city.communes.index[city.communes["name"] == "Bảo Khê"][0])
    page.locator(".leaflet-communes-pane path").nth(at).hover()
    tip = page.locator(".leaflet-tooltip").inner_text()
    assert tip.startswith("Xã Bảo Khê")
    assert re.search(r"quy hoạch phân khu .*: [\d,]+ % \([\d,]+ km² trên [\d,]+ km²\)", tip)
    panel = opened.tab("Lớp bản đồ")
    labels = [text.strip() for text in panel.locator(".gp-switch").all_inner_texts()]
    for label in (
        "Quy hoạch phân khu",
        "Quy hoạch chi tiết",
        "Chưa có quy hoạch phân khu",
        "Xã dự kiến lên phường",
    ):
        assert label in labels
    assert page.locator(".leaflet-outlines-pane path").count() == 5
    assert page.locator(".leaflet-plans-pane path").count() == 0
    page.get_by_label("Quy hoạch phân khu", exact=True).check()
    in_force = geoplan.assess(city).plans.query("in_force and plan_kind == 'zoning'")
    assert page.locator(".leaflet-plans-pane path").count() == len(in_force)
    opened.quiet()
    page.close()


def test_a_legend_comes_and_goes_with_its_layer(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Lớp bản đồ")
    legend = page.locator(".gp-legend-body")
    assert legend.locator("[data-layer='plans.zoning']").count() == 0
    page.get_by_label("Quy hoạch phân khu", exact=True).check()
    words = legend.locator("[data-layer='plans.zoning']").inner_text()
    assert "minh họa" in words  # the standing of its geometry
    assert "Thông tư 16/2025 không có màu cho loại quy hoạch" in words
    page.get_by_label("Quy hoạch phân khu", exact=True).uncheck()
    assert legend.locator("[data-layer='plans.zoning']").count() == 0
    assert "ACI 192" in legend.locator("[data-layer=zones]").inner_text()
    assert "sơ đồ" in legend.locator(".gp-legend-metric").inner_text()
    opened.quiet()
    page.close()


def test_colours_and_legend_follow_the_choice(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("pho-yen"))
    page = opened.page
    opened.tab("Lớp bản đồ")
    first = page.locator(".leaflet-communes-pane path").first
    before = first.get_attribute("fill")
    page.get_by_label("Tô màu đơn vị theo").select_option(label="Mật độ (người/km²)")
    assert page.locator(".gp-legend h2").first.inner_text() == "Mật độ (người/km²)"
    assert first.get_attribute("fill") != before
    first.hover()
    assert "Mật độ dân số trên diện tích tự nhiên: " in page.locator(".leaflet-tooltip").inner_text()
    opened.quiet()
    page.close()


def test_the_laws_thresholds_are_class_breaks(map_of: MapOf, browser: Browser) -> None:
    city = geoplan.open_city("hung-yen")
    judged = [v for u in geoplan.assess(city).judgement.units for v in u.verdicts]
    limits = {v.threshold for v in judged if v.quantity.metric == "population"}
    assert limits
    opened = open_page(browser, map_of("hung-yen"))
    opened.tab("Lớp bản đồ")
    opened.page.get_by_label("Tô màu đơn vị theo").select_option("population")
    rows = opened.page.locator(".gp-legend-metric .gp-class").all_inner_texts()
    for limit in limits:
        start = f"{limit:,.0f}".replace(",", ".")
        row = next(text for text in rows if text.startswith(start + " "))
        assert "ngưỡng" in row
        assert "NQ 1211/2016" in row
    opened.page.close()


def test_readiness_is_told_by_pattern_and_sign(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    result = geoplan.assess(geoplan.open_city("hung-yen"))
    units = result.city.communes
    opened.tab("Lớp bản đồ")
    page.get_by_label("Tô màu đơn vị theo").select_option("readiness")
    best = {u.scope.id: u for u in result.judgement.units if not u.candidate}
    best |= {u.scope.id: u for u in result.judgement.units if u.candidate}
    patterns = {True: "#2f7fc1", False: "stripes", None: "dots"}
    signs = {True: "✓", False: "✗", None: "?"}
    paths = page.locator(".leaflet-communes-pane path")
    marks = page.locator(".gp-name")
    told = {text[1:]: text[:1] for text in marks.evaluate_all("nodes => nodes.map(n => n.textContent)")}
    compared = 0
    for at, (code, name) in enumerate(zip(units["code"], units["name"], strict=True)):
        assert patterns[best[code].passes] in str(paths.nth(at).get_attribute("fill"))
        if name in told:
            assert told[name] == signs[best[code].passes]
            compared += 1
    assert compared > len(units) / 2
    opened.quiet()
    page.close()


def test_an_unknown_figure_is_hatched_and_said(tmp_path: Path, browser: Browser) -> None:
    write_city(tmp_path / "w", tiny_layers())
    geoplan.explore(geoplan.open_city("tiny", workspace=tmp_path / "w")).save(tmp_path / "tiny.html")
    opened = open_page(browser, tmp_path / "tiny.html")
    page = opened.page
    opened.tab("Lớp bản đồ")
    page.get_by_label("Tô màu đơn vị theo").select_option("density")
    last = page.locator(".leaflet-communes-pane path").nth(3)
    assert last.get_attribute("fill") == "url(#geoplan-no-data)"
    assert page.locator("pattern#geoplan-no-data").count() == 1
    assert "chưa có số liệu" in page.locator(".gp-legend").inner_text()
    last.hover()
    assert "chưa có số liệu" in page.locator(".leaflet-tooltip").inner_text()
    assert "Xã 3" in opened.tab("Tổng quan").inner_text()  # named where the city's figure is missing
    opened.quiet()
    page.close()


@pytest.mark.parametrize("size", SIZES)
def test_every_size_shows_the_whole_city(map_of: MapOf, browser: Browser, size: tuple[int, int]) -> None:
    opened = open_page(browser, map_of("pho-yen"), width=size[0], height=size[1])
    page = opened.page
    frame = page.locator(".folium-map").bounding_box()
    assert frame is not None
    assert frame["width"] > 300
    assert frame["height"] > 240
    for path in page.locator(".leaflet-communes-pane path").all():
        box = path.bounding_box()
        assert box is not None
        assert box["x"] >= frame["x"] - 2
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 2
        assert box["y"] >= frame["y"] - 2
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    for tab in ("Tổng quan", "Lớp bản đồ", "Thời gian", "Nguồn"):
        panel = opened.tab(tab)
        box = panel.bounding_box()
        assert box is not None
        assert box["height"] > 120
        assert panel.evaluate("node => node.scrollWidth <= node.clientWidth + 1")
    opened.quiet()
    page.close()


def test_the_language_is_switched_in_the_page(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    page.get_by_role("button", name="English").click()
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("h1").inner_text() == "Hưng Yên city"
    assert page.title() == "Hưng Yên city – Planning coverage and density, on 2024-01-18"
    assert "Boundaries are schematic, not surveyed" in page.locator(".gp-warnings").inner_text()
    assert page.get_by_role("tab").all_inner_texts() == ["Overview", "Layers", "Time", "Sources"]
    assert "116,356 people" in page.get_by_role("tabpanel").inner_text()
    assert page.locator(".gp-legend h2").first.inner_text() == "Zoning, % natural area"
    page.locator(".leaflet-communes-pane path").first.hover()
    assert (
        "(commune)" in page.locator(".leaflet-tooltip").inner_text()
        or "(ward)" in page.locator(".leaflet-tooltip").inner_text()
    )
    page.get_by_role("button", name="Tiếng Việt").click()
    assert page.locator("h1").inner_text() == "Thành phố Hưng Yên"
    opened.quiet()
    page.close()


def test_english_first(tmp_path: Path, browser: Browser) -> None:
    batch.build(["hung-yen"], out=tmp_path, lang="en")
    opened = open_page(browser, tmp_path / "hung-yen.html")
    assert opened.page.locator("h1").inner_text() == "Hưng Yên city"
    assert "on 2024-01-18" in opened.page.locator(".gp-head").inner_text()
    opened.quiet()
    opened.page.close()


def test_the_policy_blocks_what_is_injected_later(map_of: MapOf, browser: Browser) -> None:
    opened = open_page(browser, map_of("hung-yen"))
    page = opened.page
    inject(page)
    assert page.evaluate("window.hacked") is None
    page.close()


# --- the file -----------------------------------------------------------------------------------


def test_explore_is_a_folium_map_that_saves_sealed_and_the_same(tiny: City, tmp_path: Path) -> None:
    page = geoplan.explore(tiny)
    assert isinstance(page, folium.Map)
    page.save(tmp_path / "a.html")
    geoplan.explore(geoplan.assess(tiny)).save(tmp_path / "b.html")
    page.save(tmp_path / "c.html")
    first = (tmp_path / "a.html").read_bytes()
    assert first == (tmp_path / "b.html").read_bytes() == (tmp_path / "c.html").read_bytes()
    assert b"http://" not in re.sub(rb"https?://(leafletjs\.com|www\.w3\.org)[^\s\"']*", b"", first)


def test_in_a_notebook_it_is_a_sandboxed_frame(tiny: City, browser: Browser, tmp_path: Path) -> None:
    shown = geoplan.explore(tiny)._repr_html_()
    assert 'sandbox="allow-scripts"' in shown
    (tmp_path / "notebook.html").write_text(f"<!DOCTYPE html><meta charset=utf-8>{shown}", encoding="utf-8")
    opened = listened(browser.new_page())
    opened.page.goto((tmp_path / "notebook.html").as_uri())
    frame = opened.page.frame_locator("iframe")
    frame.locator("html[data-geoplan=ready]").wait_for()
    assert frame.locator(".leaflet-communes-pane path").count() == 4
    frame.get_by_role("tab", name="Thời gian").click()
    frame.get_by_role("button", name="In", exact=True).click()
    assert frame.locator(".gp-sheet").count() == 1
    assert opened.said == []
    opened.page.close()


def test_a_frame_that_is_not_to_be_seen_yet_shows_the_city_when_it_is(
    tiny: City, browser: Browser, tmp_path: Path
) -> None:
    shown = geoplan.explore(tiny)._repr_html_()
    hidden = f"<!DOCTYPE html><meta charset=utf-8><div style='display:none'>{shown}</div>"
    (tmp_path / "hidden.html").write_text(hidden, encoding="utf-8")
    opened = listened(browser.new_page())
    opened.page.goto((tmp_path / "hidden.html").as_uri())
    frame = opened.page.frame_locator("iframe")
    frame.locator("html[data-geoplan=ready]").wait_for(state="attached")
    opened.page.evaluate("document.querySelector('div').style.display = 'block'")
    first, last = (frame.locator(".leaflet-communes-pane path").nth(n) for n in (0, 3))
    last.wait_for()
    opened.page.wait_for_timeout(300)
    boxes = [path.bounding_box() for path in (first, last)]
    assert all(box is not None and box["width"] > 40 for box in boxes)
    assert opened.said == []
    opened.page.close()


def test_a_layer_that_brings_a_script_of_its_own_is_refused(tiny: City, tmp_path: Path) -> None:
    page = geoplan.explore(tiny)
    folium.TileLayer("OpenStreetMap").add_to(page)
    page.save(tmp_path / "tiles.html")  # tiles are asked for by a script, and the policy forbids them
    page.get_root().header.add_child(folium.JavascriptLink("https://cdn.example/x.js"), name="x")
    with pytest.raises(SealError, match="cdn.example"):
        page.save(tmp_path / "x.html")
    assert not (tmp_path / "x.html").exists()


@pytest.mark.parametrize(
    "tag",
    ['<img src="a.png">', '<link rel="icon" href="x.ico">', '<iframe src="x"></iframe>', '<script src="x.js"></script>',
     '<script type="module" src="x.js"></script>', '<object data="x"></object>', '<video poster="x"></video>',
     '<meta http-equiv="Refresh" content="0;url=x">', '<svg><image xlink:href="x.png"/></svg>', '<a href="javascript:1">x</a>',
     '<a href="x" ping="y">x</a>', '<form action="x"></form>', '<style>@import "x.css";</style>', '<iframe srcdoc="x"></iframe>',
     "<style>b { background: url(x.png) }</style>", '<body background="x.png">', '<a href="https://example.org">x</a>'],
)  # fmt: skip
def test_the_seal_refuses_whatever_asks_for_something(tag: str) -> None:
    with pytest.raises(SealError):
        seal.seal(f"<!DOCTYPE html><html><head></head><body>{tag}</body></html>")


def test_the_seal_allows_links_and_data() -> None:
    page = seal.seal(
        '<html><head></head><body><a href="b.html">b</a><img src="data:image/png;base64,AA"></body></html>'
    )
    assert "script-src 'none'" in page


def test_an_asset_that_changed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    real = seal.ASSETS["asset:leaflet.js"]
    wrong = seal.Asset(real.package, real.path, "0" * 64)
    monkeypatch.setitem(seal.ASSETS, "asset:leaflet.js", wrong)
    with pytest.raises(SealError, match="không phải bản đã kiểm"):
        seal.seal('<html><head><script src="asset:leaflet.js"></script></head></html>')


@pytest.mark.parametrize("name", CITIES)
def test_the_page_of_a_bundled_city_is_small(map_of: MapOf, name: str) -> None:
    page = map_of(name)
    assert page.stat().st_size < 1_500_000
    assert html.escape(geoplan.open_city(name).title()) in page.read_text(encoding="utf-8")
