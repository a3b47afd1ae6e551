"""The list of cities in a real browser: searched, sorted, read by keyboard, deaf to hostile text."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import axe_playwright_python
import pytest

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from conftest import CITIES
from geoplan import batch
from geoplan.show.index import index_card, index_page, is_index_card
from pages import inject, open_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from pages import Opened

HOSTILE = [
    "<script>window.hacked=1</script>",
    '<img src=x onerror="window.hacked=1">',
    "</script><script>window.hacked=1</script>",
    "\"'><svg onload=window.hacked=1>",
    "{{ 7*7 }}{% raw %}",
    "{{ cycler.__init__.__globals__.os.environ.update(hacked='1') }}",
    "${window.hacked=1}",
    "javascript:window.hacked=1",
    "--><script>window.hacked=1</script><!--",
    "`;window.hacked=1;//\u2028\u2029\\",
]
AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
SIZES = [(360, 640), (820, 1100), (1366, 768)]


def titles(opened: Opened) -> list[str]:
    """The cities that are shown, in order."""
    return opened.page.locator("tbody tr:visible strong").all_text_contents()


def data_of(page: str) -> Any:
    """The block of data that the page's script reads."""
    found = re.search(r'<script type="application/json" id="geoplan-index">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    return json.loads(found[1])


@pytest.fixture(scope="session")
def results() -> dict[str, geoplan.Assessment]:
    return {name: geoplan.assess(geoplan.open_city(name)) for name in CITIES}


@pytest.fixture(scope="session")
def cards(results: dict[str, geoplan.Assessment]) -> list[dict[str, Any]]:
    """A card of each bundled city, by id."""
    return [
        index_card(results[name], map_file=f"{name}.html", workbook=f"reports/{name}.xlsx")
        for name in sorted(CITIES)
    ]


@pytest.fixture
def page_file(cards: list[dict[str, Any]], tmp_path: Path) -> Path:
    path = tmp_path / "index.html"
    path.write_text(index_page(cards), encoding="utf-8", newline="\n")
    return path


def test_the_page_says_what_the_assessments_say(
    page_file: Path, browser: Browser, results: dict[str, geoplan.Assessment]
) -> None:
    opened = open_page(browser, page_file)
    page = opened.page
    assert page.locator("html").get_attribute("lang") == "vi"
    assert page.title() == page.locator("h1").inner_text() == "Độ phủ quy hoạch và mật độ dân số"
    assert titles(opened) == [results[name].city.title() for name in sorted(CITIES)]
    top = page.locator("main > .gx-standing").inner_text()
    assert "Ranh giới là sơ đồ, không phải bản đồ đo đạc" in top
    for at, name in enumerate(sorted(CITIES)):
        result = results[name]
        row = page.locator("tbody tr").nth(at)
        judged = result.judgement
        chips = row.locator(".gx-col-classes .gx-chip").all_inner_texts()
        assert [chip[0] for chip in chips] == [
            {True: "✓", False: "✗", None: "?"}[c.passes] for c in judged.classes
        ]
        assert [c.urban_class in chip for c, chip in zip(judged.classes, chips, strict=True)] == [True] * len(
            chips
        )
        shown = row.locator(".gx-col-targets .gx-chip").all_inner_texts()
        assert sum(int(text.split()[1]) for text in shown) == len(judged.targets)
        candidates = row.locator(".gx-col-candidates .gx-chip").all_inner_texts()
        assert sum(int(text.split()[1]) for text in candidates) == len(judged.candidates)
        density = result.quantities["density", "city"].text()
        assert row.locator(".gx-col-density .gx-figure").inner_text() == density
        zoning = row.locator(".gx-col-zoning .gx-figure").all_inner_texts()
        shares = [result.quantities[f"coverage.zoning.{over}", "city"] for over in ("natural", "urban_land")]
        assert zoning == [q.text() for q in shares]
        assert [a.get_attribute("href") for a in row.locator("a").all()] == [
            f"{name}.html",
            f"reports/{name}.xlsx",
        ]
    opened.quiet()
    page.close()


def test_the_page_of_all_cities_is_linked_when_there_is_one(
    cards: list[dict[str, Any]], page_file: Path, browser: Browser
) -> None:
    assert data_of(page_file.read_text(encoding="utf-8"))["glance"] is None
    opened = open_page(browser, page_file)
    assert opened.page.locator(".gx-glance").count() == 0
    page_file.write_text(index_page(cards, glance="national.html", lang="en"), encoding="utf-8", newline="\n")
    (page_file.parent / "national.html").write_text("<title>national</title>", encoding="utf-8")
    opened.page.reload()
    opened.page.get_by_role("link", name="All cities at a glance: maps and one table").click()
    assert opened.page.title() == "national"
    opened.page.close()


def test_a_search_needs_no_diacritics_and_knows_the_units(page_file: Path, browser: Browser) -> None:
    opened = open_page(browser, page_file)
    page = opened.page
    box = page.get_by_label("Tìm đô thị, xã, phường hoặc mã (không cần dấu)")
    status = page.get_by_role("status")
    assert status.inner_text() == "4/4 đô thị"
    box.fill("pho yen")
    assert titles(opened) == ["Thành phố Phổ Yên"]
    box.fill("yen hung")
    assert titles(opened) == ["Thành phố Hưng Yên"]
    box.fill("BẢO  khe")
    assert titles(opened) == ["Thành phố Hưng Yên"]
    assert page.locator(".gx-found:visible").all_inner_texts() == ["có Bảo Khê (11983)"]
    assert status.inner_text() == "1/4 đô thị"
    box.fill("11983")
    assert titles(opened) == ["Thành phố Hưng Yên"]
    box.fill("không có ở đâu")
    assert titles(opened) == []
    assert status.inner_text() == "Không có đô thị nào khớp."
    box.press("Escape")
    assert len(titles(opened)) == 4
    assert page.locator(".gx-found").all_text_contents() == [""] * 4
    opened.quiet()
    page.close()


def variants(card: dict[str, Any]) -> list[dict[str, Any]]:
    """Five cities that differ in everything one may sort by; the last is unknown in all of it."""
    out = []
    figures: list[tuple[str, float | None, int]] = [
        ("Ân", 30.0, 3), ("An", 9.5, 1), ("Đức", 100.0, 2), ("Bình", 0.0, 0), ("Yên", None, 0)
    ]  # fmt: skip
    for name, figure, count in figures:
        one = copy.deepcopy(card)
        one |= {"name": name, "title": name, "density": figure, "population": figure, "units": count + 1}
        one["coverage"] = dict.fromkeys(card["coverage"], figure)
        one["candidates"] = {"passes": count, "fails": 3 - count, "open": 0}
        one["targets"] = dict.fromkeys(card["targets"], count) | {"not_assessable": 1}
        one["on"] = f"2024-01-0{count + 1}"
        answers = {3: True, 2: None, 1: False, 0: False}
        finding = {"urban_class": "II", "title": "Đô thị loại II", "passes": answers[count], "reason": "vì"}
        one["classes"] = [finding]
        if figure is None:
            one |= {"classes": [], "targets": dict.fromkeys(card["targets"], 0)}
            one["candidates"] = {"passes": 0, "fails": 0, "open": 0}
        out.append(one)
    return out


def test_every_criterion_sorts_and_the_unknown_comes_last(
    cards: list[dict[str, Any]], browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "index.html"
    path.write_text(index_page(variants(cards[0])), encoding="utf-8")
    opened = open_page(browser, path)
    page = opened.page
    choice, turn = page.get_by_label("Sắp xếp theo"), page.locator(".gx-tools button")
    assert titles(opened) == ["An", "Ân", "Bình", "Đức", "Yên"]  # as Vietnamese sorts them
    by_figure = ["Đức", "Ân", "An", "Bình", "Yên"]
    for key in ("zoning", "zoning_urban", "detailed", "detailed_urban", "density", "population"):
        choice.select_option(key)
        assert turn.inner_text() == "Giảm dần ▼"
        assert titles(opened) == by_figure, key
        turn.click()
        assert turn.inner_text() == "Tăng dần ▲"
        assert titles(opened) == ["Bình", "An", "Ân", "Đức", "Yên"], key
    for key in ("candidates", "met", "overdue"):
        choice.select_option(key)
        assert titles(opened) == ["Ân", "Đức", "An", "Bình", "Yên"], key
    choice.select_option("failing")
    assert titles(opened) == ["Bình", "An", "Đức", "Ân", "Yên"]
    choice.select_option("classes")
    assert titles(opened) == ["Ân", "Đức", "An", "Bình", "Yên"]
    choice.select_option("on")
    assert titles(opened)[:3] == ["Ân", "Đức", "An"]
    keys = choice.locator("option").evaluate_all("nodes => nodes.map(n => n.value)")
    sortable = set(data_of(path.read_text(encoding="utf-8"))["cities"][0]["sort"])
    assert set(keys) == sortable
    assert len(keys) == len(sortable)
    page.close()


def test_what_is_unknown_is_not_shown_as_nothing(
    cards: list[dict[str, Any]], browser: Browser, tmp_path: Path
) -> None:
    path = tmp_path / "index.html"
    path.write_text(index_page(variants(cards[0])[-1:]), encoding="utf-8")
    opened = open_page(browser, path)
    row = opened.page.locator("tbody tr")
    for column in ("zoning", "detailed", "density"):
        assert set(row.locator(f".gx-col-{column} .gx-none").all_inner_texts()) == {"chưa có số liệu"}
        assert row.locator(f".gx-col-{column} .gx-bar").count() == 0
    for column in ("classes", "candidates", "targets"):
        assert row.locator(f".gx-col-{column}").inner_text() == "không có"
    opened.page.close()


def test_headings_sort_and_reasons_open_by_keyboard(page_file: Path, browser: Browser) -> None:
    opened = open_page(browser, page_file)
    page = opened.page
    heading = page.get_by_role("columnheader", name="Mật độ dân số")
    page.get_by_label("Tìm đô thị").focus()
    for _ in range(9):  # the select, the direction, then the headings in order
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Mật độ dân số"
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert titles(opened)[0] == "Thành phố Bắc Giang"
    page.keyboard.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert titles(opened)[-1] == "Thành phố Bắc Giang"
    assert page.locator("[aria-sort]").count() == 1
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    reason = page.locator("tbody tr").first.locator("details p").first
    assert not reason.is_visible()
    page.keyboard.press("Enter")
    assert reason.is_visible()
    roles = [
        page.get_by_role("table").count(),
        page.get_by_role("columnheader").count(),
        page.get_by_role("rowheader").count(),
        page.get_by_role("row").count(),
    ]
    assert roles == [1, 8, 4, 5]
    assert page.get_by_role("link", name="Bản đồ – Thành phố Hưng Yên").count() == 1
    opened.quiet()
    page.close()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_three_sizes_in_two_languages(
    results: dict[str, geoplan.Assessment],
    browser: Browser,
    tmp_path: Path,
    size: tuple[int, int],
    lang: Any,
) -> None:
    card = index_card(results["hung-yen"], map_file="a.html", workbook="a.xlsx", reports=["a.pdf"], lang=lang)
    path = tmp_path / "index.html"
    path.write_text(index_page([card], lang=lang), encoding="utf-8")
    opened = open_page(browser, path, width=size[0], height=size[1])
    page = opened.page
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    inside = """nodes => nodes.filter(n => n.scrollWidth > n.clientWidth + 1).map(n => n.className)"""
    assert page.locator("td, td > div").evaluate_all(inside) == []
    names = {"vi": ["Bản đồ", "Sổ Excel", "Báo cáo PDF"], "en": ["Map", "Workbook", "Report, PDF"]}
    assert [text.split("\n")[0] for text in page.locator("tbody a").all_inner_texts()] == names[lang]
    assert page.get_by_role("rowheader").count() == 1
    tall = page.locator("tbody a").first.bounding_box()
    assert tall is not None
    assert tall["height"] >= 24  # a finger or a shaking hand hits it
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
    assert [(v["id"], v["impact"]) for v in found["violations"]] == []
    shares = {"vi": "48,6 %", "en": "48.6 %"}
    assert page.locator(".gx-col-zoning .gx-figure").first.inner_text() == shares[lang]
    opened.quiet()
    page.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(tmp_path: Path, browser: Browser, text: str) -> None:
    """Every text of every layer, target, indicator and of the city file at once."""
    layers = tiny_layers("")
    for layer in layers.values():
        for column in layer.columns.drop("geometry"):
            if layer[column].map(type).eq(str).any() and not column.endswith(("status", "_on")):
                numbers = range(len(layer)) if column in {"code", "id"} else [""] * len(layer)
                layer[column] = [f"{text}{n}" for n in numbers]
    targets = tiny_targets()
    for row in targets["targets"]:
        row |= {"title": {"vi": text, "en": text}, "section": text, "quote": text}
    indicators = tiny_indicators()
    indicators["source"] = text
    held = [{"class": "III", "source": text, "confidence": "seen"}]
    more = {"classes": held, "provinces": [{"name": text}], "name": text}
    write_city(tmp_path / "w", layers, title=text, more=more, targets=targets, indicators=indicators)
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    card = index_card(result, map_file="tiny.html", workbook="reports/tiny.xlsx")
    assert card["title"] == text
    path = tmp_path / "index.html"
    path.write_text(index_page([card]), encoding="utf-8", newline="\n")
    opened = open_page(browser, path)
    page = opened.page
    for summary in page.locator("summary").all():
        summary.click()
    page.get_by_label("Tìm đô thị").fill(f"{text}1"[:20])
    page.get_by_label("Tìm đô thị").fill("")
    for heading in page.locator("thead button").all():
        heading.click()
    assert page.evaluate("window.hacked") is None
    assert page.locator("td strong").evaluate("node => node.textContent") == text
    assert page.locator("main script, main img, main svg, main iframe").count() == 0
    opened.quiet()
    page.close()


def test_the_policy_blocks_what_is_injected_later(page_file: Path, browser: Browser) -> None:
    page = open_page(browser, page_file).page
    inject(page)
    assert page.evaluate("window.hacked") is None
    page.close()


def test_it_works_in_a_sandboxed_frame(page_file: Path, browser: Browser, tmp_path: Path) -> None:
    shell = tmp_path / "shell.html"
    shell.write_text(
        f'<!DOCTYPE html><iframe sandbox="allow-scripts" src="{page_file.name}" width="900" height="600"></iframe>',
        encoding="utf-8",
    )
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(shell.as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("html[data-geoplan=ready]").wait_for()
    frame.get_by_label("Tìm đô thị").fill("viet yen")
    assert frame.locator("tbody tr:visible").count() == 1
    assert said == []
    page.close()


def test_only_files_beside_the_page_are_linked(cards: list[dict[str, Any]]) -> None:
    odd = [
        "https://example.org/a.html",
        "javascript:alert(1)",
        "../a.html",
        "/etc/a.html",
        "a.exe",
        "A b.pdf",
        "//x/a.pdf",
    ]
    card = copy.deepcopy(cards[0]) | {"reports": [*odd, "reports/x.docx", "x.png"], "map": "file:///a.html"}
    links = data_of(index_page([card]))["cities"][0]["links"]
    assert [link["href"] for link in links] == [cards[0]["workbook"], "reports/x.docx", "x.png"]


def test_a_card_is_plain_data_and_is_checked(cards: list[dict[str, Any]]) -> None:
    for card in cards:
        assert json.loads(json.dumps(card, allow_nan=False)) == card
        assert is_index_card(card)
        assert not is_index_card({key: value for key, value in card.items() if key != "units"})
        assert not is_index_card(card | {"more": 1})
        assert not is_index_card(card | {"density": "nhiều"})
        assert not is_index_card(card | {"coverage": [1, 2]})
    assert not is_index_card(None)
    assert not is_index_card([])


def test_the_same_cards_give_the_same_bytes(cards: list[dict[str, Any]]) -> None:
    page = index_page(cards)
    assert page == index_page(json.loads(json.dumps(cards)))
    assert re.findall(r"https?://[^\"']*", page) == ["http://www.w3.org/2000/svg"]  # a name, not an address
    assert len(page.encode("utf-8")) < 60_000
    assert data_of(index_page([]))["cities"] == []


def test_map_workbook_and_reports_are_linked_when_they_are_there(tmp_path: Path, browser: Browser) -> None:
    write_city(tmp_path / "w", tiny_layers())
    report = tmp_path / "maps" / "reports" / "tiny.pdf"
    report.parent.mkdir(parents=True)
    report.write_bytes(b"%PDF")
    batch.build(["tiny"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    page = open_page(browser, tmp_path / "maps" / "index.html").page
    links = page.locator("tbody a").evaluate_all("nodes => nodes.map(n => n.getAttribute('href'))")
    assert links == ["tiny.html", "reports/tiny.xlsx", "reports/tiny.pdf"]
    assert all((tmp_path / "maps" / link).is_file() for link in links)
    page.get_by_role("link", name="Bản đồ").click()
    page.wait_for_url("**/tiny.html")
    assert page.locator("h1").inner_text() == "Thành phố Thử"
    page.close()


def test_a_card_that_somebody_changed_is_left_out_of_the_next_build(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers(), city_id="a-town")
    write_city(tmp_path / "w", tiny_layers(), city_id="b-town")
    out = tmp_path / "maps"
    batch.build(["a-town", "b-town"], out=out, workspace_folder=tmp_path / "w")
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    manifest["cities"][0]["card"]["targets"] = "nhiều"
    (out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    batch.build(["b-town"], out=out, workspace_folder=tmp_path / "w")
    assert len(data_of((out / "index.html").read_text(encoding="utf-8"))["cities"]) == 1
