"""`explore` from Python: columns, schemes, palettes, tips, other maps, what lies under the map."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import folium
import mapclassify
import numpy as np
import pytest
import rasterio
from affine import Affine

import geoplan
from geoplan.errors import UsageError
from geoplan.show import choose, palette
from geoplan.show.shapes import encode
from pages import listened, open_page

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

    from geoplan.city import City
    from geoplan.show.choropleth import Choropleth


def first(city: City, **options: Any) -> Choropleth:
    options = {"column": None, "scheme": None, "k": None, "cmap": None} | options
    return choose.chosen(geoplan.assess(city), **options)[0]


def test_a_metric_comes_first_and_the_others_stay() -> None:
    result = geoplan.assess(geoplan.open_city("hung-yen"))
    plain = choose.chosen(result, column=None, scheme=None, k=None, cmap=None)
    shown = choose.chosen(result, column="density", scheme=None, k=None, cmap=None)
    assert shown[0].key == "density"
    assert sorted(c.key for c in shown) == sorted(c.key for c in plain)
    assert plain[0].key == "coverage.zoning.natural"
    assert plain[-1].key == "readiness"


@pytest.mark.filterwarnings("ignore:Numba not installed")
@pytest.mark.parametrize("scheme", ["quantiles", "FisherJenks", "equal_interval", "naturalbreaks"])
@pytest.mark.parametrize("k", [2, 4])
def test_classes_are_those_of_mapclassify(scheme: str, k: int) -> None:
    city = geoplan.open_city("bac-giang")
    result = geoplan.assess(city)
    values = np.array(
        [result.quantities["density", c].value for c in result.city.communes["code"]], dtype=float
    )
    known = np.isfinite(values)
    expected = mapclassify.classify(values[known], scheme.replace("_", ""), k=k).yb
    shown = choose.chosen(result, column="density", scheme=scheme, k=k, cmap=None)[0]
    classes = np.array([-1 if c is None else c for c in shown.classes])
    # Classes that mapclassify leaves empty are not drawn: compare their order.
    assert np.array_equal(np.unique(expected, return_inverse=True)[1], classes[known])
    assert (classes[~known] == -1).all()


def test_a_column_of_numbers_and_one_of_words(tiny: City) -> None:
    numbers = first(tiny, column="area_published_km2", k=3)
    assert numbers.classes == (0, None, 2, 1)
    assert [b.colour for b in numbers.bands] == list(palette.ramp(palette.COVERAGE.colours, 3))
    words = first(tiny, column="kind")
    assert words.classes == (1, 0, 0, 0)
    assert [b.label.vi for b in words.bands] == ["commune", "ward"]


def test_colours_from_a_list() -> None:
    shown = first(geoplan.open_city("hung-yen"), column="density", cmap=["#000000", "#ffffff"])
    assert shown.bands[0].colour == "#000000"
    assert shown.bands[-1].colour == "#ffffff"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"column": "<b>"}, "không có cột “<b>”"),
        ({"scheme": "magic"}, "scheme: không có “magic”"),
        ({"k": 0}, "k: 0 không phải số lớp"),
        ({"k": 99}, "k: 99 không phải số lớp"),
        ({"cmap": "rainbow"}, "cmap: không có “rainbow”"),
        ({"cmap": ["red", "blue"]}, "ít nhất hai màu"),
        ({"cmap": ["#123456"]}, "ít nhất hai màu"),
        ({"column": "readiness", "k": 3}, "readiness không phải là số"),
        ({"tooltip": ["x"]}, "không có cột “x”"),
        ({"lang": "fr"}, "lang là “vi” hoặc “en”"),
        ({"tiles": "https://t.example/{z}/{x}/{y}.png", "m": folium.Map(tiles=None)}, "không dùng tiles"),
    ],
)
def test_what_is_not_known_is_said(tiny: City, options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as refused:
        geoplan.explore(tiny, **options)
    assert said in str(refused.value)
    assert refused.value.en


def test_tips_can_be_columns_or_none(tiny: City, tmp_path: Path, browser: Browser) -> None:
    geoplan.explore(tiny, tooltip=["code", "kind"]).save(tmp_path / "a.html")
    opened = open_page(browser, tmp_path / "a.html")
    opened.page.locator(".leaflet-communes-pane path").nth(1).hover()
    assert opened.page.locator(".leaflet-tooltip").inner_text() == "Xã Xã 1\ncode: 00002; kind: commune"
    opened.quiet()
    opened.page.close()
    geoplan.explore(tiny, tooltip=False).save(tmp_path / "b.html")
    opened = open_page(browser, tmp_path / "b.html")
    opened.page.locator(".leaflet-communes-pane path").nth(1).hover()
    opened.page.wait_for_timeout(200)
    assert opened.page.locator(".leaflet-tooltip").count() == 0
    opened.page.close()


def test_two_cities_on_one_map(tiny: City, tmp_path: Path, browser: Browser) -> None:
    page = geoplan.explore(geoplan.open_city("hung-yen"), history=False)
    assert geoplan.explore(tiny, m=page, column="density", lang="en") is page
    page.save(tmp_path / "two.html")
    opened = open_page(browser, tmp_path / "two.html")
    added = opened.page.locator(".leaflet-overlay-pane path")
    assert added.count() == 4
    added.first.dispatch_event("mouseover")
    said = opened.page.locator(".leaflet-tooltip").inner_text()
    assert said.startswith("Xã 0 (ward)\nPopulation density on natural area: ")
    opened.quiet()
    opened.page.close()


def test_tiles_are_named_in_the_policy_and_said(tiny: City, tmp_path: Path, browser: Browser) -> None:
    url = "http://127.0.0.1:9/{z}/{x}/{y}.png"
    geoplan.explore(tiny, tiles=url).save(tmp_path / "tiles.html")
    text = (tmp_path / "tiles.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert "img-src data: http://127.0.0.1:9;" in policy[1]
    assert "default-src 'none'" in policy[1]
    opened = listened(browser.new_page())
    opened.page.goto((tmp_path / "tiles.html").as_uri())
    opened.page.wait_for_selector("html[data-geoplan=ready]")
    assert "Ảnh nền cần mạng, tải từ 127.0.0.1:9" in opened.tab("Lớp bản đồ").inner_text()
    asked = [r for r in opened.requests if not r.startswith("file:")]
    assert asked
    assert all(r.startswith("http://127.0.0.1:9/") for r in asked)
    opened.page.close()


def test_a_picture_lies_inside_the_page(tiny: City, tmp_path: Path, browser: Browser) -> None:
    west, south, east, north = tiny.communes.total_bounds
    pixels = np.zeros((3, 40, 120), dtype="uint8")
    pixels[0] = 200
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", width=120, height=40, count=3, dtype="uint8", crs="EPSG:4326",
        transform=Affine((east - west) / 120, 0, west, 0, (south - north) / 40, north),
    ) as file:  # fmt: skip
        file.write(pixels)
    geoplan.explore(tiny, raster=tmp_path / "a.tif").save(tmp_path / "a.html")
    opened = open_page(browser, tmp_path / "a.html")
    image = opened.page.locator(".leaflet-ground-pane img")
    assert image.count() == 1
    units = [p.bounding_box() for p in opened.page.locator(".leaflet-communes-pane path").all()]
    box = image.bounding_box()
    assert box is not None
    left = min(u["x"] for u in units if u is not None)
    right = max(u["x"] + u["width"] for u in units if u is not None)
    assert box["x"] == pytest.approx(left, abs=2)
    assert box["x"] + box["width"] == pytest.approx(right, abs=2)
    assert "a.tif" in opened.tab("Nguồn").inner_text()
    assert opened.said == []
    assert all(r.startswith(("file:", "data:")) for r in opened.requests)
    opened.page.close()


def test_what_others_add_can_be_switched(tiny: City, tmp_path: Path, browser: Browser) -> None:
    page = geoplan.explore(tiny)
    folium.GeoJson(
        {"type": "Point", "coordinates": [105.81, 21.405]},
        name="<b>Của tôi</b>",
        marker=folium.CircleMarker(radius=6),
    ).add_to(page)
    page.save(tmp_path / "a.html")
    opened = open_page(browser, tmp_path / "a.html")
    opened.tab("Lớp bản đồ")
    box = opened.page.get_by_label("<b>Của tôi</b>")
    assert box.is_checked()
    assert opened.page.locator(".leaflet-overlay-pane path").count() == 1
    box.uncheck()
    assert opened.page.locator(".leaflet-overlay-pane path").count() == 0
    opened.quiet()
    opened.page.close()


def test_shapes_are_written_without_loss(tiny: City) -> None:
    """Steps summed up again give the corners to the sixth decimal."""
    shape = tiny.communes.geometry.iloc[0]
    (ring,) = encode(shape)[0]
    corners = np.cumsum(np.array(ring).reshape(-1, 2), axis=0) / 1e6
    assert np.allclose(corners, np.asarray(shape.exterior.coords)[:-1], atol=5.1e-7)


def test_a_scale_takes_the_laws_breaks() -> None:
    scale = palette.Scale(breaks=(0.0, 10.0), colours=("#000000", "#ffffff")).split({5.0, 10.0, 20.0, -1.0})
    assert scale.breaks == (0.0, 5.0, 10.0, 20.0)
    assert len(set(scale.colours)) == 4
    assert [scale.place(v) for v in (4.9, 5.0, 10.0, 25.0, float("nan"), None)] == [0, 1, 2, 3, None, None]
    assert replace(scale).colour(None) == palette.NO_DATA
