"""Text that would be code: in every layer, file, panel, legend, search, slider and printed title it stays text."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import folium
import pytest

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from geoplan import batch
from pages import open_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from pages import Opened

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
    "</title><script>window.hacked=1</script>",
    "url(http://127.0.0.1:9/x)",
    "\ue000\ue001{{ 7*7 }}",
]
_DATES = {"status", "approved_on", "established_on"}


def hostile_city(folder: Path, text: str) -> None:
    """Every text of every layer and file at once."""
    layers = tiny_layers("")
    for layer in layers.values():
        for column in layer.columns.drop("geometry"):
            if layer[column].map(type).eq(str).any() and column not in _DATES:
                numbers = range(len(layer)) if column in {"code", "id"} else [""] * len(layer)
                layer[column] = [f"{text}{n}" for n in numbers]
    layers["communes"]["established_by"] = text
    layers["communes"]["formed_from"] = text
    words = {"vi": text, "en": text}
    targets: dict[str, Any] = tiny_targets()
    for document in targets["documents"]:
        document["title"] = document["base_why"] = words
    for target in targets["targets"]:
        target |= {"title": words, "quote": text, "section": text, "note": words}
    figures = tiny_indicators().assign(source=text)
    write_city(folder, layers, title=text, targets=targets, indicators=figures)


def touch_everything(opened: Opened) -> None:
    """Show all layers, point at, click, open and type whatever there is; slide, compare, print, both languages."""
    page = opened.page
    for language in ("English", "Tiếng Việt"):
        page.get_by_role("button", name=language).click()
        for tab in page.get_by_role("tab").all():
            tab.click()
        page.evaluate(
            "document.querySelectorAll('.gp-switch input').forEach(i => { if (!i.checked) i.click(); })"
        )
        page.evaluate("geoplan.data.metrics.forEach((m, i) => geoplan.colourBy(i))")
        for path in page.locator(".leaflet-map-pane path.leaflet-interactive").all():
            path.dispatch_event("mouseover")
            path.dispatch_event("mousemove")
            path.dispatch_event("mouseout")
        page.evaluate(
            """() => { for (const id of Object.keys(geoplan.details.cards)) {
                geoplan.choose([id]);
                document.querySelectorAll('details').forEach(d => { d.open = true; });
            } geoplan.choose([]); document.querySelectorAll('details').forEach(d => { d.open = true; }); }"""
        )
        page.evaluate("geoplan.data.time.days.forEach((d, i) => geoplan.goTo(i))")
    page.get_by_role("tab", name="Thời gian").click()
    page.get_by_role("button", name="So sánh hai ngày").click()
    for path in page.locator(".gp-second path.leaflet-interactive").all():
        path.dispatch_event("mouseover")
    page.get_by_role("button", name="Thôi so sánh").click()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(tmp_path: Path, browser: Browser, text: str) -> None:
    hostile_city(tmp_path / "w", text)
    batch.build(["tiny"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    opened = open_page(browser, tmp_path / "maps" / "tiny.html")
    page = opened.page
    touch_everything(opened)
    assert page.locator("h1").evaluate("node => node.textContent") == text
    assert page.title().split()[: len(text.split())] == text.split()
    page.evaluate("geoplan.map.fitBounds(geoplan.units.bounds[0], { animate: false })")
    names = page.locator(".gp-called").evaluate_all("nodes => nodes.map(n => n.textContent)")
    assert set(names) == {text}
    page.get_by_role("tab", name="Lớp bản đồ").click()
    switches = page.locator(".gp-switch").evaluate_all("nodes => nodes.map(n => n.textContent.trim())")
    assert any(
        s.split() and s.casefold().split() == text.casefold().split() for s in switches
    )  # a kind of plan
    box = page.get_by_role("combobox", name="Tìm trên bản đồ")
    box.fill(text)
    box.press("ArrowDown")
    box.press("Enter")
    page.get_by_role("button", name="In", exact=True).click()
    assert page.locator(".gp-sheet h1").evaluate("node => node.textContent") == text
    assert len(page.pdf(prefer_css_page_size=True)) > 10_000
    page.get_by_role("button", name="Đóng").click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("body img, body iframe, body object, body a:not([href='#'])").count() == 0
    assert (
        page.locator("body script:not([id])").evaluate_all(
            "nodes => nodes.filter(n => n.textContent.includes('hacked')).length"
        )
        == 0
    )
    assert "hacked" not in os.environ
    opened.quiet()
    page.goto((tmp_path / "maps" / "index.html").resolve().as_uri())
    assert page.evaluate("window.hacked") is None
    assert opened.dialogs == []
    page.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_on_another_map(tmp_path: Path, browser: Browser, text: str) -> None:
    """Units added to a map of folium's: its templates run twice over every script."""
    hostile_city(tmp_path / "w", text)
    city = geoplan.open_city("tiny", workspace=tmp_path / "w")
    result = geoplan.assess(city)
    base = geoplan.explore(result, history=False)
    geoplan.explore(result, m=base, tooltip=["name", "established_by"])
    plain = folium.Map(tiles=None)
    assert geoplan.explore(result, m=plain) is plain
    shown = plain.get_root().render()
    assert "49" not in shown.split("var data = ")[1].split('"shapes"')[0]
    base.save(tmp_path / "both.html")
    opened = open_page(browser, tmp_path / "both.html")
    for path in opened.page.locator(".leaflet-overlay-pane path").all():
        path.dispatch_event("mouseover")
        tips = opened.page.locator(".leaflet-tooltip").evaluate_all("nodes => nodes.map(n => n.textContent)")
        assert any(text.split(maxsplit=1)[0] in tip for tip in tips)
        path.dispatch_event("mouseout")
    assert opened.page.evaluate("window.hacked") is None
    assert "hacked" not in os.environ
    opened.quiet()
    opened.page.close()
