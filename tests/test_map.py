"""The map in a real browser: offline, silent, readable, and deaf to hostile text."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass, field
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

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from geoplan.city import City

HOSTILE = [
    "<script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "\"'><svg onload=window.hacked=1>",
    "{{ 7*7 }}{% raw %}",
    "{{ 7*7 }}",
    "{# gone #} {{ cycler.__init__.__globals__ }}",
    "{{ cycler.__init__.__globals__.os.environ.update(hacked='1') }}",
    "${window.hacked=1}",
    "javascript:window.hacked=1",
    "=cmd|' /C calc'!A0",
    "`;window.hacked=1;//\u2028\u2029\r\n\\",
    "--><script>window.hacked=1</script><!--",
]


@dataclass
class Opened:
    """A page with everything that it asked for, said and raised."""

    page: Page
    requests: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def quiet(self) -> None:
        """Nothing but the file itself was asked for, nothing said, nothing popped up."""
        assert len(self.requests) == 1, self.requests
        assert self.said == []
        assert self.dialogs == []


def open_page(browser: Browser, path: Path, *, width: int = 1280, height: int = 800) -> Opened:
    page = browser.new_page(viewport={"width": width, "height": height})
    opened = Opened(page)
    page.on("request", lambda request: opened.requests.append(request.url))
    page.on("console", lambda message: opened.said.append(message.text))
    page.on("pageerror", lambda error: opened.said.append(str(error)))
    page.on("dialog", lambda dialog: (opened.dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(path.resolve().as_uri())
    page.wait_for_selector("html[data-geoplan=ready]")
    return opened


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All bundled cities, built once."""
    out = tmp_path_factory.mktemp("maps")
    batch.build(CITIES, out=out)
    return out


@pytest.mark.parametrize("name", CITIES)
def test_each_city_opens_without_request_or_error(built: Path, browser: Browser, name: str) -> None:
    opened = open_page(browser, built / f"{name}.html")
    city = geoplan.open_city(name)
    page = opened.page
    assert page.locator("h1").inner_text() == city.title()
    assert page.locator("html").get_attribute("lang") == "vi"
    paths = page.locator(".leaflet-communes-pane path")
    assert paths.count() == len(city.communes)
    side = page.locator(".gp-side").inner_text()
    assert "Ranh giới là sơ đồ, không phải bản đồ đo đạc" in side
    assert "Quy hoạch chỉ để minh họa, không có thật" in side
    assert city.on.strftime("%d/%m/%Y") in side
    page.locator(".gp-sources summary").click()
    assert city.layers["communes"].source.vi in page.locator(".gp-sources").inner_text()
    assert re.fullmatch(r"\d+ (km|m)", page.locator(".leaflet-control-scale-line").inner_text())
    names = page.locator(".gp-name")
    assert set(names.all_text_contents()) == set(city.communes["name"])
    assert len([text for text in names.all_inner_texts() if text]) > len(city.communes) / 3  # those with room
    opened.quiet()
    page.close()


def test_hover_click_and_layers_in_vietnamese(built: Path, browser: Browser) -> None:
    opened = open_page(browser, built / "hung-yen.html")
    page = opened.page
    city = geoplan.open_city("hung-yen")
    at = int(city.communes.index[city.communes["name"] == "Bảo Khê"][0])
    commune = page.locator(".leaflet-communes-pane path").nth(at).element_handle()
    commune.hover()
    tip = page.locator(".leaflet-tooltip").inner_text()
    assert tip.startswith("Xã Bảo Khê")
    assert re.search(r"Quy hoạch phân khu: [\d,]+ % \([\d,]+ trên [\d,]+ km² diện tích tự nhiên\)", tip)
    commune.click()
    panel = page.locator(".gp-panel").inner_text()
    for words in (
        "Mã 11983, dự kiến lên phường",
        "Dân số",
        "7.386",
        "Quy hoạch chi tiết / đất xây dựng đô thị",
    ):
        assert words in panel
    page.keyboard.press("Escape")
    labels = page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    for label in (
        "Quy hoạch phân khu",
        "Quy hoạch chi tiết",
        "Chưa có quy hoạch phân khu",
        "Xã dự kiến lên phường",
    ):
        assert label in [text.strip() for text in labels]
    assert page.locator(".leaflet-outlines-pane path").count() == 5
    assert page.locator(".leaflet-plans-pane path").count() == 0
    page.get_by_label("Quy hoạch phân khu", exact=True).check()
    in_force = geoplan.assess(city).plans.query("in_force and plan_kind == 'zoning'")
    assert page.locator(".leaflet-plans-pane path").count() == len(in_force)
    opened.quiet()
    page.close()


def test_colours_and_legend_follow_the_choice(built: Path, browser: Browser) -> None:
    opened = open_page(browser, built / "pho-yen.html")
    page = opened.page
    first = page.locator(".leaflet-communes-pane path").first
    before = first.get_attribute("fill")
    page.get_by_label("Mật độ (người/km²)").check()
    assert page.locator(".gp-legend h2").inner_text() == "Mật độ (người/km²)"
    assert first.get_attribute("fill") != before
    first.hover()
    assert "Mật độ (người/km²): " in page.locator(".leaflet-tooltip").inner_text()
    opened.quiet()
    page.close()


def test_an_unknown_figure_is_hatched_and_said(tmp_path: Path, browser: Browser) -> None:
    write_city(tmp_path / "w", tiny_layers())
    batch.build(["tiny"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    opened = open_page(browser, tmp_path / "maps" / "tiny.html")
    page = opened.page
    page.get_by_label("Mật độ (người/km²)").check()
    last = page.locator(".leaflet-communes-pane path").nth(3)
    assert last.get_attribute("fill") == "url(#geoplan-no-data)"
    assert page.locator("pattern#geoplan-no-data").count() == 1
    last.hover()
    assert "chưa có số liệu" in page.locator(".leaflet-tooltip").inner_text()
    assert "thiếu số liệu: Xã 3" in page.locator(".gp-title").inner_text()
    opened.quiet()
    page.close()


def test_english(tmp_path: Path, browser: Browser) -> None:
    batch.build(["hung-yen"], out=tmp_path, lang="en")
    opened = open_page(browser, tmp_path / "hung-yen.html")
    side = opened.page.locator(".gp-side").inner_text()
    assert opened.page.locator("h1").inner_text() == "Hưng Yên city"
    assert "Boundaries are schematic, not surveyed" in side
    assert "on 2024-01-18" in side
    assert "Colour by" in side
    opened.quiet()
    opened.page.close()


@pytest.mark.parametrize("size", [(390, 780), (820, 1180), (1920, 1080)])
def test_every_size_shows_the_whole_city(built: Path, browser: Browser, size: tuple[int, int]) -> None:
    opened = open_page(browser, built / "pho-yen.html", width=size[0], height=size[1])
    page = opened.page
    frame = page.locator(".folium-map").bounding_box()
    assert frame is not None
    assert frame["width"] > 300
    assert frame["height"] > 300
    for path in page.locator(".leaflet-communes-pane path").all():
        box = path.bounding_box()
        assert box is not None
        assert box["x"] >= frame["x"] - 2
        assert box["x"] + box["width"] <= frame["x"] + frame["width"] + 2
        assert box["y"] + box["height"] <= frame["y"] + frame["height"] + 2
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    opened.quiet()
    page.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(tmp_path: Path, browser: Browser, text: str) -> None:
    """Every text of every layer and of the city file at once; then everything is hovered and clicked."""
    layers = tiny_layers("")
    for layer in layers.values():
        for column in layer.columns.drop("geometry"):
            if layer[column].map(type).eq(str).any() and column not in {
                "status",
                "approved_on",
                "established_on",
            }:
                numbers = range(len(layer)) if column in {"code", "id"} else [""] * len(layer)
                layer[column] = [f"{text}{n}" for n in numbers]
    write_city(tmp_path / "w", layers, title=text)
    batch.build(["tiny"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    opened = open_page(browser, tmp_path / "maps" / "tiny.html")
    page = opened.page
    page.evaluate(
        "document.querySelectorAll('.leaflet-control-layers input').forEach(i => { if (!i.checked) i.click(); })"
    )
    for path in page.locator("path.leaflet-interactive").all():
        path.dispatch_event("mouseover")
        path.dispatch_event("click")
    page.locator(".gp-sources summary").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("h1").evaluate("node => node.textContent") == text
    assert page.title().split() == f"{text} – {page.locator('.gp-subtitle').first.inner_text()}".split()
    switches = page.locator(".leaflet-control-layers label").evaluate_all(
        "nodes => nodes.map(n => n.textContent.trim())"
    )
    assert any(
        s.split() and s.casefold().split() == text.casefold().split() for s in switches
    )  # the kind of plan
    names = page.locator(".gp-name").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert set(names) == {text}
    assert (
        page.locator(".gp-side script, .gp-side img, .leaflet-popup img, .leaflet-tooltip img").count() == 0
    )
    assert "hacked" not in os.environ
    opened.quiet()
    page.goto((tmp_path / "maps" / "index.html").resolve().as_uri())
    assert page.locator("td strong").evaluate("node => node.textContent").split() == text.split()
    assert page.evaluate("window.hacked") is None
    assert opened.dialogs == []
    page.close()


def test_the_policy_blocks_what_is_injected_later(built: Path, browser: Browser) -> None:
    opened = open_page(browser, built / "hung-yen.html")
    page = opened.page
    page.evaluate(
        """() => {
            const box = document.createElement('div');
            box.innerHTML = '<img src="http://127.0.0.1:9/x.png" onerror="window.hacked=1">';
            document.body.appendChild(box);
            const script = document.createElement('script');
            script.textContent = 'window.hacked = 2';
            document.body.appendChild(script);
            return fetch('http://127.0.0.1:9/').catch(() => null);
        }"""
    )
    page.wait_for_timeout(300)
    assert page.evaluate("window.hacked") is None
    page.close()


def test_the_index_links_what_is_there(built: Path, browser: Browser) -> None:
    page = browser.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((built / "index.html").as_uri())
    assert len(requests) == 1
    links = page.locator("a").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))")
    assert len(links) == 8
    assert all((built / link).is_file() for link in links)
    page.locator("a", has_text="Bản đồ").first.click()
    page.wait_for_selector("html[data-geoplan=ready]")
    page.close()


# --- in Python ----------------------------------------------------------------------------------


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
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("html[data-geoplan=ready]").wait_for()
    assert frame.locator(".leaflet-communes-pane path").count() == 4
    assert said == []
    page.close()


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


def test_the_page_of_a_bundled_city_is_small(built: Path) -> None:
    for name in CITIES:
        assert (built / f"{name}.html").stat().st_size < 1_500_000
    assert html.escape("Phổ Yên") in (built / "index.html").read_text(encoding="utf-8")
