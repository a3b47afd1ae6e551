"""The what-if panel: by its parts, and ticked by a person in a real JupyterLab."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest

import geoplan
from cities import square, tiny_layers, write_city
from geoplan.errors import UsageError
from notebook_pages import jupyterlab

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from geoplan.show.panel import Panel
    from notebook_pages import Lab


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> geoplan.City:
    """The tiny city with names that are markup, and plans being drafted, expired and superseded."""
    root = tmp_path_factory.mktemp("panel")
    layers = tiny_layers("Xã <b>{}</b>")
    more = gpd.GeoDataFrame(
        {
            "id": ["D1", "E1", "S1", "D2"],
            "name": ["<b>Đang lập</b>", "Hết hạn", "Bị thay thế", "Đang lập 2"],
            "kind": ["zoning", "zoning", "zoning", "detailed"],
            "status": ["drafting", "expired", "superseded", "drafting"],
            "approved_on": [None, "2015-01-01", "2015-01-01", None],
            "expires_on": [None, "2021-06-30", None, None],
            "superseded_on": [None, None, "2018-01-01", None],
        },
        geometry=[square(2, 0, 1, 0.5), square(3, 0, 0.5, 1), square(0, 0), square(2, 0, 0.3, 0.3)],
        crs=4326,
    )
    layers["plans"] = pd.concat([layers["plans"], more], ignore_index=True)
    write_city(root, layers)
    return geoplan.open_city("tiny", workspace=root)


def shares(panel: Panel, kind: str) -> list[float]:
    """What the panel's table rests on: the units' coverage by one kind, in percent of their land."""
    table = panel._coverage._live.table.query("plan_kind == @kind and denominator == 'natural'")
    return [round(share, 6) for share in table["coverage_pct"]]


def test_ticking_changes_the_city_and_unticking_gives_it_back(city: geoplan.City) -> None:
    panel = geoplan.panel(city)
    assert panel.ticked == []
    assert panel.city is city
    panel.tick("00002")
    assert panel.city.communes.set_index("code").loc["00002", "kind"] == "ward"
    assert [c.what for c in panel.city.changes] == ["wards"]
    panel.tick()
    assert panel.city is city
    with pytest.raises(UsageError, match="99999"):
        panel.tick("99999")
    with pytest.raises(UsageError, match="S1"):
        panel.tick_plans("S1")


def test_the_table_is_that_of_compare_and_names_stay_text(city: geoplan.City) -> None:
    panel = geoplan.panel(city, lang="en")
    panel.tick("00002", "00003")
    panel.tick_plans("D1")
    said = panel._out.value
    moved = geoplan.compare(city, panel.city)
    assert [c.what for c in panel.city.changes] == ["plans", "wards"]
    assert moved.summary("en") in said
    assert "<b>1" not in said + panel._table.value
    assert "&lt;b&gt;" in said
    assert "Coverage moves in no unit." in panel._table.value  # there is no urban land under D1
    panel._land.value = "natural"
    assert "Xã &lt;b&gt;2&lt;/b&gt;" in panel._table.value


def test_the_document_named_come_first_and_wards_have_no_box(city: geoplan.City) -> None:
    boxes = geoplan.panel(city)._boxes
    assert list(boxes) == ["00002", "00003", "00004"]
    assert boxes["00002"].description.endswith("(văn kiện nêu tên)")


def test_drafts_come_first_then_what_expired_and_never_what_was_superseded(city: geoplan.City) -> None:
    plans = geoplan.panel(city)._plans
    assert list(plans) == ["D1", "D2", "E1"]
    assert [box.description for box in plans.values()] == [
        "<b>Đang lập</b>", "Đang lập 2", "Hết hạn (hết hạn 30/06/2021)",
    ]  # fmt: skip


def test_the_days_are_those_on_which_other_plans_count(city: geoplan.City) -> None:
    """E1 and S1 begin, S1 ends, P1 and P2 begin, E1 ends, P3 begins."""
    panel = geoplan.panel(city)
    days = [day.isoformat() for day in panel._coverage.days]
    assert days[1:] == [
        "2015-01-01", "2018-01-01", "2020-01-01", "2021-01-01", "2021-06-30", "2022-01-01", "2024-01-18",
    ]  # fmt: skip
    assert panel.on == city.on
    with pytest.raises(UsageError, match="21/01/2020.*01/01/2020"):
        panel.move_to("2020-01-21")


def test_the_day_and_the_plans_move_the_coverage_and_the_city_alike(city: geoplan.City) -> None:
    """Commune 2: D1 covers half of it; commune 3: E1 half; commune 0: P3 a quarter, from 2022 on."""
    panel = geoplan.panel(city)
    assert shares(panel, "zoning") == [100, 75, 0, 0]
    panel.tick_plans("D1", "E1")
    assert shares(panel, "zoning")[:2] == [100, 75]
    assert shares(panel, "zoning")[2:] == pytest.approx([50, 50], rel=1e-4)
    panel.move_to("2021-01-01")  # E1 is still in force then: it does not count twice
    assert [c.what for c in panel.city.changes] == ["plans"]
    assert shares(panel, "detailed") == [0, 0, 0, 0]
    fresh = geoplan.coverage(panel.city.communes, plans=panel.city.plans, on=panel.city.on)
    mine = panel._coverage._live.table.query("denominator != 'urban_land'")
    pd.testing.assert_frame_equal(mine, fresh, rtol=1e-9, atol=1e-9)
    panel.tick_plans()
    panel.move_to(city.on)
    assert panel.city is city
    assert "Tỷ lệ phủ không đổi ở đơn vị nào." in panel._table.value


def test_the_wards_follow_what_is_ticked(city: geoplan.City) -> None:
    """Of the ward, commune 0, all is zoned; of commune 1 three quarters."""
    panel = geoplan.panel(city)
    panel._land.value = "natural"
    head, whole, wards = cells(panel)
    assert head == ["Phạm vi", "Quy hoạch phân khu", "Quy hoạch chi tiết"]
    assert whole[0] == "Toàn thành phố"
    assert wards == ["Các phường", "100,0", "25,0"]
    panel.tick("00002")
    assert cells(panel)[2] == ["Các phường", "100,0 → 87,5 (−12,5)", "25,0 → 12,5 (−12,5)"]
    assert len(cells(panel)) == 3


def cells(panel: Panel) -> list[list[str]]:
    """The rows of the table of coverage."""
    rows = re.findall(r"<tr>(.*?)</tr>", panel._table.value)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows]


def test_one_change_however_many_boxes_and_each_choice_once(city: geoplan.City) -> None:
    panel = geoplan.panel(city)
    panel.tick("00002", "00003", "00004")
    assert len(panel._told) == 2
    panel.tick()
    panel.tick("00002", "00003", "00004")
    assert len(panel._told) == 2


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with jupyterlab(tmp_path_factory.mktemp("lab")) as running:
        yield running


def test_a_planner_ticks_communes_in_jupyterlab(lab: Lab, browser: Browser) -> None:
    with lab.run(browser, 'import geoplan\ngeoplan.panel(geoplan.open_city("hung-yen"))') as opened:
        page = opened.page
        boxes = page.locator(".jp-OutputArea .widget-checkbox")
        boxes.filter(has_text="khu Phú Cường").locator("input").check()
        coverage = page.locator(".jp-OutputArea table").first
        coverage.get_by_text("0,0 → 100,0 (+100,0)").wait_for()
        page.locator(".jp-OutputArea .noUi-handle").press("ArrowLeft")
        page.locator(".jp-OutputArea").get_by_text("ngày 20/10/2023").wait_for()
        page.locator(".jp-OutputArea .noUi-handle").press("ArrowRight")
        boxes.filter(has_text="Bảo Khê").locator("input").check()
        table = page.locator(".jp-OutputArea table").last
        table.get_by_text("Mật độ", exact=False).first.wait_for()
        assert "Bảo Khê" in table.inner_text()
        boxes.filter(has_text="Liên Phương (văn kiện").locator("input").check()
        table.get_by_text("Liên Phương").first.wait_for()
    assert lab.only_here(opened), opened.requests
