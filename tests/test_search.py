"""Finding: by any part of a name, old or new, in Chromium as the page does it."""

from __future__ import annotations

import json
import random
import sys
import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import geoplan
from cities import tiny_layers, write_city
from conftest import CITIES
from geoplan import show
from geoplan.show.search import entries, search_entries
from geoplan.text import fold
from geoplan.timeline import successors
from geoplan.workspace import open_city

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SCRIPT = Path(show.__file__).parent / "assets" / "search.js"
Found = list[dict[str, Any]]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A blank page with the script and nothing else."""
    opened = browser.new_page()
    opened.add_script_tag(content=SCRIPT.read_text(encoding="utf-8"))
    yield opened
    opened.close()


def index_of(name: str, on: str | None = None, lang: Any = "vi") -> Found:
    city = geoplan.open_city(name)
    result = geoplan.assess(city, on=on)
    return search_entries(result, successors=successors(result.city), lang=lang)


def ask(page: Page, index: Found, query: str) -> Found:
    return page.evaluate("([entries, query]) => geoplanSearch(entries, query)", [index, query])


def labels(found: Found) -> list[str]:
    return [entry["label"] for entry in found]


def folded(page: Page, texts: list[str]) -> list[str]:
    return page.evaluate("texts => texts.map(geoplanFold)", texts)


def test_the_page_folds_as_python_does_every_text_of_the_cities(page: Page) -> None:
    texts = set()
    for name in CITIES:
        city = geoplan.open_city(name)
        frames = [layer.frame for layer in city.layers.values()]
        texts |= {str(v) for frame in frames for c in frame.columns if c != "geometry" for v in frame[c]}
    texts |= {word for text in texts for word in text.split()}
    texts |= {form for text in texts for form in (text.upper(), unicodedata.normalize("NFD", text))}
    ordered = sorted(texts)
    assert len(ordered) > 2000
    assert folded(page, ordered) == [fold(text) for text in ordered]
    assert folded(page, ["Đồng Tiến", "PHÚC THUẬN", "Ð ð đ Đ"]) == ["dong tien", "phuc thuan", "ð ð d d"]


def test_the_page_folds_as_python_does_every_character_there_is(page: Page) -> None:
    assigned = [
        chr(c) for c in range(sys.maxunicode + 1) if unicodedata.category(chr(c)) not in {"Cn", "Co", "Cs"}
    ]
    assert len(assigned) > 140_000
    wrong = [
        (hex(ord(ch)), fold(ch), theirs)
        for ch, theirs in zip(assigned, folded(page, assigned), strict=True)
        if fold(ch) != theirs
    ]
    assert wrong == []
    draw = random.Random(7)  # noqa: S311 - texts, not secrets
    marks = [ch for ch in assigned if unicodedata.combining(ch)]
    texts = [
        "".join(draw.choice(marks if draw.random() < 0.4 else assigned) for _ in range(draw.randint(1, 30)))
        for _ in range(4000)
    ]
    assert folded(page, texts) == [fold(text) for text in texts]


@pytest.mark.parametrize("name", CITIES)
@pytest.mark.parametrize("on", ["2024-03-01", "2026-01-01"])
def test_every_feature_can_be_found_and_nothing_else(name: str, on: str) -> None:
    city = geoplan.open_city(name).as_of(on)
    result = geoplan.assess(city)
    index = search_entries(result, successors=successors(city), lang="vi")
    plans = result.plans.index[result.plans["in_force"]]
    wanted = {f"u{i}" for i in city.communes.index} | {f"z{i}" for i in city.industrial_zones.index}
    assert {entry["target"] for entry in index} == wanted | {f"p{i}" for i in plans}
    assert json.loads(json.dumps(index)) == index
    by_target = {entry["target"]: entry for entry in reversed(index)}
    for i, unit in city.communes.iterrows():
        assert by_target[f"u{i}"]["label"] == unit["name"]
        assert unit["code"] in by_target[f"u{i}"]["exact"]
    for i in plans:
        assert by_target[f"p{i}"]["label"] == city.plans["name"][i]
    for entry in index:
        assert set(" ".join([*entry["names"], *entry["exact"]]).split()) <= set(entry["keys"].split())


def test_a_commune_by_what_an_official_types(page: Page) -> None:
    index = index_of("hung-yen", "2024-01-01")
    for query in ("bao khe", "Bảo Khê", "BAO  KHÊ ", "khe bao", "bảo k", "xa bao khe", "bao khe commune"):
        assert labels(ask(page, index, query))[0] == "Bảo Khê", query
    assert ask(page, index, "bao khe")[0]["detail"] == "xã, mã 11983"
    code = ask(page, index, "11983")  # since 2025 that of a larger unit, Sơn Nam
    assert labels(code)[0] == "Bảo Khê"
    assert set(labels(code)[1:]) == {"Sơn Nam"}
    assert ask(page, index, "") == ask(page, index, "   ") == ask(page, index, "không có đâu") == []


def test_names_come_before_what_only_mentions_them(page: Page) -> None:
    index = index_of("viet-yen", "2024-06-01")
    found = ask(page, index, "nếnh")
    assert found[0]["target"].startswith("u")
    assert labels(found)[0] == "Nếnh"
    assert len(found) > 2  # plans that name it follow
    assert all("nenh" in entry["keys"] for entry in found)
    assert labels(ask(page, index, "phường Nếnh"))[0] == "Nếnh"
    middle = labels(ask(page, index, "ch"))
    assert "Bích Động" in middle  # any part of the name


def test_old_names_lead_to_the_units_of_the_date(page: Page) -> None:
    index = index_of("pho-yen", "2026-01-01")
    names = {
        f"u{i}": unit["name"]
        for i, unit in geoplan.open_city("pho-yen").as_of("2026-01-01").communes.iterrows()
    }
    found = ask(page, index, "dong tien")
    assert labels(found)[:2] == ["Đồng Tiến", "Đồng Tiến"]
    assert [names[entry["target"]] for entry in found[:2]] == ["Vạn Xuân", "Phổ Yên"]
    assert found[0]["detail"] == "phường, trước 01/07/2025, một phần nay thuộc phường Vạn Xuân"
    whole = ask(page, index, "ba hang")[0]
    assert whole["detail"] == "phường, trước 01/07/2025, nay thuộc phường Phổ Yên"
    assert names[whole["target"]] == "Phổ Yên"
    assert names[ask(page, index, "05896")[0]["target"]] == "Trung Thành"  # a code that is no more
    outside = ask(page, index, "hùng sơn")  # a town of another district that went into one of them
    assert [names[entry["target"]] for entry in outside] == ["Đại Phúc"]
    english = ask(page, index_of("pho-yen", "2026-01-01", "en"), "ba hang")[0]
    assert english["detail"] == "ward, before 2025-07-01, now in Phổ Yên ward"


def test_new_names_lead_back_to_the_units_of_an_earlier_date(page: Page) -> None:
    index = index_of("pho-yen", "2024-03-27")
    names = {f"u{i}": unit["name"] for i, unit in geoplan.open_city("pho-yen").communes.iterrows()}
    found = ask(page, index, "van xuan")
    new = [names[entry["target"]] for entry in found if entry["label"] == "Vạn Xuân"]
    assert set(new) >= {"Nam Tiến", "Tân Hương", "Đồng Tiến"}
    assert labels(found)[: len(new)] == ["Vạn Xuân"] * len(new)  # before zones that name it as their host
    small = [entry for entry in ask(page, index, "phuong pho yen") if names.get(entry["target"]) == "Ba Hàng"]
    assert small[0]["detail"] == "phường, từ 01/07/2025, gồm cả phường Ba Hàng"


def test_plans_and_zones_by_number_kind_and_name(page: Page) -> None:
    index = index_of("pho-yen", "2026-01-01")
    assert labels(ask(page, index, "QĐ 01/QĐ-UBND"))[0] == "KCN Tây Phổ Yên, giai đoạn 1"
    assert labels(ask(page, index, "01/qd-ubnd"))[0] == "KCN Tây Phổ Yên, giai đoạn 1"
    assert labels(ask(page, index, "khu công nghiệp yên bình"))[0].startswith("KCN Yên Bình")
    city = geoplan.open_city("pho-yen").as_of("2026-01-01")
    result = geoplan.assess(city)
    for i in result.plans.index[result.plans["in_force"]][:5]:
        plan = city.plans.loc[i]
        assert ask(page, index, plan["id"])[0]["target"] == f"p{i}"
        assert f"p{i}" in {entry["target"] for entry in ask(page, index, plan["decision"])}
    kinds = [entry["target"][0] for entry in ask(page, index, "quy hoạch phân khu")]
    assert set(kinds) == {"p"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_exactly_those_that_hold_every_word(page: Page, data: st.DataObject) -> None:
    """Against a plain reading in Python: what is found, whatever the order."""
    index = CACHE.setdefault(
        "bac-giang", index_of("bac-giang", "2026-01-01") if "bac-giang" not in CACHE else []
    )
    word = st.sampled_from(sorted({w for entry in index for w in entry["keys"].split()}))
    piece = st.builds(lambda w, a, b: w[a : a + b] or w, word, st.integers(0, 4), st.integers(1, 8))
    query = " ".join(data.draw(st.lists(piece | st.text(max_size=3), min_size=1, max_size=3)))
    wanted = fold(query).split()
    expected = {
        (e["target"], e["label"], e["detail"])
        for e in index
        if wanted and (" ".join(wanted) in e["exact"] or all(w in e["keys"] for w in wanted))
    }
    found = ask(page, index, query)
    assert {(e["target"], e["label"], e["detail"]) for e in found} == expected
    ranks = [rank(entry, wanted) for entry in found]
    assert ranks == sorted(ranks)


CACHE: dict[str, Found] = {}


def rank(entry: dict[str, Any], wanted: list[str]) -> int:
    """Codes first, then whole names, then how names begin, then the rest."""
    query = " ".join(wanted)
    if query in entry["exact"]:
        return 0
    if query in entry["names"]:
        return 1
    return 2 if any(name.startswith(query) for name in entry["names"]) else 3


def test_hostile_and_missing_texts(tmp_path: Path, page: Page) -> None:
    hostile = "<img src=x onerror=window.hacked=1> {{ 7*7 }} __proto__ constructor {}"
    layers = tiny_layers(hostile)
    layers["communes"].loc[2, "name"] = "hasOwnProperty"
    zones = layers["industrial_zones"].assign(decision=None)
    layers["industrial_zones"] = pd.concat([zones, zones.assign(id="Z2", geometry=None)], ignore_index=True)
    layers["plans"].loc[1, "decision"] = None
    write_city(tmp_path, layers)
    result = geoplan.assess(open_city("tiny", workspace=tmp_path))
    index = search_entries(result, successors=successors(result.city), lang="en")
    assert {entry["target"] for entry in index} == {"u0", "u1", "u2", "u3", "p0", "p1", "p2", "z0"}
    assert labels(ask(page, index, "<img src=x"))[0].startswith("<img src=x onerror")
    assert labels(ask(page, index, "hasownproperty")) == ["hasOwnProperty"]
    assert labels(ask(page, index, "__proto__")) != []
    assert page.evaluate("window.hacked") is None
    unkind = replace(result, city=replace(result.city, kinds=result.city.kinds.iloc[:0]))
    assert entries(unkind, successors=successors(unkind.city))[0].detail.vi == "mã 00001"


def test_ten_thousand_units_are_searched_at_once(page: Page) -> None:
    index = index_of("bac-giang", "2026-01-01")
    many = (index * (10_000 // len(index) + 1))[:10_000]
    took = page.evaluate(
        "([entries, query]) => { const t = performance.now(); geoplanSearch(entries, query); return performance.now() - t; }",
        [many, "xuong gia"],
    )
    assert took < 500
