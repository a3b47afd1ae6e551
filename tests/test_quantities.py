"""Quantities against squares computed by hand, against the cells they come from, and against hostile names."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import html
import itertools
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

from cities import square, tiny_layers, write_city
from conftest import CITIES
from geoplan.assessment import measure
from geoplan.errors import listening
from geoplan.measures import spread
from geoplan.measures.records import bounded
from geoplan.model import words
from geoplan.quantity import LAYER_NAMES, STANDING_NAMES, UNITS, LayerUse, Part, Quantity, Scope
from geoplan.show import labels
from geoplan.workspace import bundled, open_city

if TYPE_CHECKING:
    from geoplan.assessment import Measured
    from geoplan.city import City

GEOD = Geod(ellps="WGS84")
HOSTILE = '<script>alert(1)</script>{{7*7}} {0} %s “&"\n\x1b[2J'
EXAMPLES = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
Records = dict[tuple[str, str], Quantity]


def records(city: City) -> Records:
    with listening():
        return dict(measure(city).quantities)


def km2(shape: shapely.Geometry) -> float:
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 1e6


def km(shape: shapely.Geometry) -> float:
    return GEOD.geometry_area_perimeter(shape)[1] / 1e3


def with_people(city: City, rows: list[tuple[str, float, str, str]]) -> City:
    """The tiny city with other population figures: code, people, day, series."""
    columns = ["code", "population", "population_on", "series"]
    table = pd.DataFrame(rows, columns=columns).astype({"population": float})
    table["population_on"] = pd.to_datetime(table["population_on"]).astype("datetime64[s]")
    table["unit_from"] = pd.Series([pd.NaT] * len(table), dtype="datetime64[s]")
    return replace(city, populations=table.assign(population_source=table["series"], confidence="seen"))


def with_layer(city: City, name: str, **changes: Any) -> City:
    return replace(city, layers={**city.layers, name: replace(city.layers[name], **changes)})


# ---- the tiny city, by hand -------------------------------------------------------------------------


def test_every_value_of_the_tiny_city(tiny: City) -> None:
    found = records(tiny)
    unit, whole = km2(square(0, 0)), 4 * km2(square(0, 0))
    half = km2(square(0.5, 0, 0.5, 0.5))
    expected = {
        ("population", "00001"): 11000,
        ("population", "wards"): 11000,
        ("population", "candidates"): 2000,
        ("area", "city"): whole,
        ("area", "wards"): unit,
        ("area", "candidates"): unit,
        ("area_legal", "00001"): 1.1,
        ("area_legal", "00002"): unit,
        ("area_legal", "city"): whole,
        ("density", "00001"): 11000 / unit,
        ("density", "candidates"): 2000 / unit,
        ("density_urban", "wards"): 11000 / half,
        ("density_urban", "00002"): 2000 / half,
        ("units", "city"): 4,
        ("units", "wards"): 1,
        ("ward_share", "city"): 25,
        ("coverage.zoning.natural", "00001"): 100,
        ("coverage.zoning.natural", "00002"): 75,
        ("coverage.zoning.natural", "00003"): 0,
        ("coverage.zoning.natural", "city"): 43.75,
        ("coverage.zoning.natural", "candidates"): 75,
        ("coverage.zoning.urban_land", "city"): 100,
        ("coverage.zoning.published", "00001"): 100 * unit / 1.1,
        ("coverage.detailed.natural", "wards"): 100 * km2(square(0, 0, 0.5, 0.5)) / unit,
        ("coverage.detailed.urban_land", "wards"): 0,
        ("zone_share", "00003"): 100 * km2(square(2.5, 0.25, 0.5, 0.5)) / unit,
        ("zone_share", "city"): 100 * km2(square(2.5, 0.25, 0.5, 0.5)) / whole,
        ("zone_coverage", "zone:Z1"): 0,
        ("occupancy", "zone:Z1"): 50,
        ("occupancy", "zones"): 50,
        ("candidates_become_wards", "candidates"): 0,
    }
    assert {key: found[key].value for key in expected} == pytest.approx(expected, rel=1e-6)
    unknown = {
        ("population", "00004"), ("population", "city"), ("density", "city"), ("density", "00004"),
        ("inner_population_share", "city"), ("density_urban", "00003"), ("density_urban", "00004"),
        ("coverage.zoning.published", "city"), ("coverage.general.natural", "city"),
    }  # fmt: skip
    assert {key for key in unknown if found[key].value is not None} == set()
    assert found["density_urban", "00003"].missing[0].vi == "lớp đất xây dựng đô thị không có phần nào ở đây"
    assert found["coverage.zoning.published", "city"].missing[0].vi == "chưa có diện tích công bố của: Xã 1"
    assert "không có đồ án nào" in found["coverage.general.natural", "city"].missing[0].vi


def test_the_scopes_are_those_there_are(tiny: City) -> None:
    codes = {"00001", "00002", "00003", "00004"}
    assert {scope for _, scope in records(tiny)} == {
        "city",
        "wards",
        "candidates",
        "zones",
        "zone:Z1",
    } | codes
    bare = replace(tiny, kinds=tiny.kinds.assign(kind="commune"))
    bare = with_layer(bare, "communes", frame=bare.layers["communes"].frame.assign(ward_candidate=False))
    bare = with_layer(bare, "industrial_zones", frame=bare.layers["industrial_zones"].frame.iloc[:0])
    found = records(bare)
    assert {scope for _, scope in found} == {"city"} | codes
    assert found["ward_share", "city"].value == 0
    assert found["zone_share", "city"].value is None
    assert found["zone_share", "city"].missing[0].vi == "chưa có khu công nghiệp nào trong lớp"


def test_without_urban_land_the_reason_is_said(tiny: City) -> None:
    layers = {name: layer for name, layer in tiny.layers.items() if name != "urban_land"}
    found = records(replace(tiny, layers=layers))
    for key in (
        ("density_urban", "wards"),
        ("density_urban", "00001"),
        ("coverage.zoning.urban_land", "city"),
    ):
        assert found[key].value is None
        assert "chưa có lớp đất xây dựng đô thị" in [text.vi for text in found[key].missing]


def test_a_unit_of_unknown_kind_leaves_the_shares_unknown(tiny: City) -> None:
    found = records(replace(tiny, kinds=tiny.kinds[tiny.kinds["code"] != "00002"]))
    for key in (("ward_share", "city"), ("inner_population_share", "city"), ("units", "wards")):
        assert found[key].value is None
        assert "chưa có loại đơn vị của: Xã 1" in [text.vi for text in found[key].missing]
    assert found["candidates_become_wards", "candidates"].value is None
    assert found["population", "wards"].value == 11000
    assert "không tính vào nội thị: Xã 1" in found["population", "wards"].explain()


def test_kinds_of_the_user_s_and_ids_that_repeat(tiny: City) -> None:
    plans = tiny.layers["plans"].frame
    zones = tiny.layers["industrial_zones"].frame
    odd = with_layer(tiny, "plans", frame=plans.assign(kind=["zoning", "thiết kế đô thị", None]))
    odd = with_layer(odd, "industrial_zones", frame=pd.concat([zones, zones], ignore_index=True))
    found = records(odd)
    assert found["coverage.thiết kế đô thị.natural", "00002"].value == pytest.approx(50, rel=1e-6)
    assert "“thiết kế đô thị”" in found["coverage.thiết kế đô thị.natural", "00002"].explain("en")
    assert found["coverage.unknown.natural", "00001"].value == pytest.approx(25, rel=1e-3)
    assert {scope for _, scope in found if scope.startswith("zone:")} == {"zone:Z1#1", "zone:Z1#2"}
    assert found["occupancy", "zones"].numerator.value == 50  # type: ignore[union-attr]


def test_zones_without_a_figure_and_zones_not_yet_established(tiny: City) -> None:
    zones = tiny.layers["industrial_zones"].frame
    later = zones.assign(id="Z2", name="KCN Sau", established_on=pd.Timestamp("2030-01-01"), leased_ha=None)
    more = with_layer(tiny, "industrial_zones", frame=pd.concat([zones, later], ignore_index=True))
    found = records(more)
    assert found["occupancy", "zones"].value == 50
    assert found["occupancy", "zone:Z2"].missing[0].vi == "chưa có diện tích đã cho thuê của: KCN Sau"
    assert found["zone_coverage", "zone:Z2"].notes[0].vi == "Khu chưa thành lập tại ngày này."
    found = records(replace(more, on=dt.date(2030, 1, 1)))
    assert found["occupancy", "zones"].value is None
    assert [text.vi for text in found["occupancy", "zones"].missing] == [
        "chưa có diện tích đã cho thuê của: KCN Sau"
    ]
    none = with_layer(tiny, "industrial_zones", frame=zones.assign(status="planned"))
    assert records(none)["occupancy", "zones"].missing[0].en == "no zone is established on this date"


def test_zones_outside_the_city_are_named() -> None:
    outside = "Nằm ngoài địa bàn: KCN Yên Bình 3."
    for on, notes in (("2024-12-31", 0), ("2025-06-30", 1), ("2025-07-01", 1)):
        said = records(open_city("pho-yen").as_of(on))["occupancy", "zones"].notes
        assert [text.vi for text in said].count(outside) == notes, on


# ---- the bundled cities, cell by cell ---------------------------------------------------------------


def views() -> list[tuple[str, dt.date]]:
    """Each bundled city on every date from which other units or kinds hold, and on its own date."""
    found = []
    for name in CITIES:
        city = open_city(name)
        frames = (city.layers["communes"].frame, city.kinds)
        days = {day.date() for frame in frames for day in frame["valid_from"].dropna()}
        found += [(name, day) for day in sorted(days | {city.on}) if day >= city.info.record_from]
    return found


@functools.cache
def measured(name: str, on: dt.date) -> Measured:
    with listening():
        return measure(open_city(name).as_of(on))


def cells(table: Measured) -> dict[tuple[str, str], float]:
    """Every cell that a quantity must equal, straight from the tables."""
    groups = {"all": "city", "wards": "wards"}
    out: dict[tuple[str, str], float] = {}
    for row in table.density.to_dict("records"):
        out["population", row["code"]] = row["population"]
        out["area", row["code"]] = row["area_km2"]
        out["density", row["code"]] = row["density_per_km2"]
        out["density_urban", row["code"]] = row["density_urban_per_km2"]
    for row in table.density_totals.to_dict("records"):
        scope = groups.get(row["group"])
        if scope and row["denominator"] == "natural":
            out["population", scope] = row["population"]
            out["area", scope] = row["area_km2"]
            out["density", scope] = row["density_per_km2"]
        elif scope:
            out["density_urban", scope] = row["density_per_km2"]
    for row in table.coverage.to_dict("records"):
        out[f"coverage.{row['plan_kind']}.{row['denominator']}", row["code"]] = row["coverage_pct"]
    for row in table.coverage_totals.to_dict("records"):
        if row["group"] in groups:
            key = f"coverage.{row['plan_kind']}.{row['denominator']}", groups[row["group"]]
            out[key] = row["coverage_pct"]
    for row in table.zones.to_dict("records"):
        out["zone_share", row["code"]] = row["zone_share_pct"]
    for row in table.zone_table.to_dict("records"):
        out["occupancy", f"zone:{row['id']}"] = row["occupancy_pct"]
    return out


@pytest.mark.parametrize(("name", "on"), views())
def test_a_quantity_is_the_cell_it_comes_from(name: str, on: dt.date) -> None:
    table = measured(name, on)
    expected = {key: None if math.isnan(value) else value for key, value in cells(table).items()}
    assert len(expected) > 10 * len(table.density)
    assert {key: table.quantities[key].value for key in expected} == expected


@pytest.mark.parametrize(("name", "on"), views())
def test_what_holds_for_every_quantity(name: str, on: dt.date) -> None:
    table = measured(name, on)
    files = {layer.file: layer.sha256 for layer in table.city.layers.values()}
    for key, quantity in table.quantities.items():
        assert quantity.key == key
        assert quantity.on == on
        assert quantity.unit in UNITS
        assert (quantity.value is None) == bool(quantity.missing), key
        json.dumps(quantity.as_json(), allow_nan=False)
        for part in (quantity.numerator, quantity.denominator):
            if part is not None and part.low is not None:
                assert part.value is not None
                assert part.low <= part.value <= part.high  # type: ignore[operator]
                assert part.why is not None
        if quantity.denominator is not None and quantity.unit != "unit":
            times = 100 if quantity.unit == "percent" else 1
            assert quantity.value == ratio(quantity.numerator, quantity.denominator, times)
        for layer in quantity.layers:
            assert files[layer.file] == layer.sha256
            assert any(layer.name.vi in note.vi and word(layer) in note.vi for note in quantity.notes)


def ratio(numerator: Part | None, denominator: Part, times: float) -> Any:
    if numerator is None or numerator.value is None or not denominator.value:
        return None
    return pytest.approx(times * numerator.value / denominator.value, rel=1e-12)


def word(layer: LayerUse) -> str:
    return STANDING_NAMES[layer.standing].vi


def test_the_files_fingerprints_are_those_of_the_files() -> None:
    quantity = records(open_city("hung-yen"))["coverage.zoning.urban_land", "wards"]
    assert [layer.layer for layer in quantity.layers] == ["communes", "plans", "urban_land"]
    for layer in quantity.layers:
        content = (bundled() / "hung-yen" / layer.file).read_bytes()
        assert layer.sha256 == hashlib.sha256(content).hexdigest()


def test_only_layers_that_enter_are_named(tiny: City) -> None:
    found = records(tiny)
    for metric, layers in {
        "population": [],
        "units": [],
        "ward_share": [],
        "inner_population_share": [],
        "area": ["communes"],
        "density": ["communes"],
        "density_urban": ["communes", "urban_land"],
        "coverage.zoning.natural": ["communes", "plans"],
        "coverage.zoning.published": ["communes", "plans"],
        "coverage.zoning.urban_land": ["communes", "plans", "urban_land"],
        "zone_share": ["communes", "industrial_zones"],
        "zone_coverage": ["industrial_zones", "plans"],
        "occupancy": ["industrial_zones"],
    }.items():
        some = [quantity for key, quantity in found.items() if key[0] == metric]
        assert some
        assert all([layer.layer for layer in quantity.layers] == layers for quantity in some), metric
    surveyed = with_layer(tiny, "communes", standing="surveyed")
    assert not records(surveyed)["area", "city"].notes
    assert "(đo đạc)" in records(surveyed)["area", "city"].explain()


# ---- unknown stays unknown --------------------------------------------------------------------------


@EXAMPLES
@given(known=st.sets(st.sampled_from(["00001", "00002", "00003", "00004"])))
def test_a_missing_population_makes_all_above_it_unknown(tiny: City, known: set[str]) -> None:
    city = with_people(tiny, [(code, 1000.0, "2019-04-01", "census") for code in sorted(known)])
    found = records(city)
    members = {"city": "1234", "wards": "1", "candidates": "2", **{f"0000{i}": str(i) for i in range(1, 5)}}
    for scope, digits in members.items():
        lacking = [f"Xã {int(i) - 1}" for i in digits if f"0000{i}" not in known]
        for metric in ("population", "density"):
            quantity = found[metric, scope]
            assert (quantity.value is None) == bool(lacking)
            said = [f"chưa có dân số của: {', '.join(lacking)}"] if lacking else []
            assert [text.vi for text in quantity.missing] == said
    assert (found["inner_population_share", "city"].value is None) == (len(known) < 4)


def test_named_units_that_were_merged_away_have_no_population() -> None:
    """Hưng Yên's five communes: none became a ward before 2025-07-01, when all were merged."""
    city = open_city("hung-yen")
    before, after = records(city), records(city.as_of("2025-07-01"))
    assert before["population", "candidates"].value == 40215
    assert after["population", "candidates"].value is None
    assert before["candidates_become_wards", "candidates"].notes == ()
    five = "Bảo Khê, Liên Phương, Phú Cường, Quảng Châu, Trung Nghĩa"
    assert after["population", "candidates"].missing[0].vi == (
        f"không còn là đơn vị riêng vào ngày 01/07/2025: {five}"
    )
    assert after["area", "candidates"].value == before["area", "candidates"].value
    became = after["candidates_become_wards", "candidates"]
    assert (became.value, became.denominator.value) == (0, 5)  # type: ignore[union-attr]
    assert became.notes[0].vi == f"Đã nhập vào đơn vị khác khi chưa trở thành phường: {five}."


def test_nine_units_of_viet_yen_became_wards_on_the_day() -> None:
    city = open_city("viet-yen")
    for on, count in (("2024-01-31", 0), ("2024-02-01", 9), ("2025-07-01", 9)):
        found = records(city.as_of(on))
        assert found["candidates_become_wards", "candidates"].value == count
        assert ("population", "wards") in found or count == 0


# ---- tolerances -------------------------------------------------------------------------------------


def test_other_sources_within_five_years_span_a_unit_s_population(tiny: City) -> None:
    def rows(day: str) -> list[tuple[str, float, str, str]]:
        return [(f"0000{i}", 1000.0 * i, "2019-04-01", "census") for i in (1, 2, 3, 4)] + [
            ("00001", 1400.0, day, "other")
        ]

    within = records(with_people(tiny, rows("2024-01-18")))["population", "00001"].numerator
    assert (within.value, within.low, within.high) == (1000, 1000, 1400)  # type: ignore[union-attr]
    assert within.why.vi == "nguồn khác ghi 1.400 (18/01/2024, other)"  # type: ignore[union-attr]
    for day in ("2024-01-19", "2014-03-31"):  # after the date; more than five years before the census
        apart = records(with_people(tiny, rows(day)))["population", "00001"].numerator
        assert (apart.low, apart.high, apart.why) == (None, None, None)  # type: ignore[union-attr]
    assert spread.YEARS == 5


def test_only_complete_series_span_a_group(tiny: City) -> None:
    census = [(f"0000{i}", 1000.0 * i, "2019-04-01", "census") for i in (1, 2, 3, 4)]
    police = [(f"0000{i}", 900.0 * i, "2018-04-01", "police") for i in (1, 2, 3)]
    found = records(with_people(tiny, census + police))
    assert found["population", "city"].numerator.low is None  # type: ignore[union-attr]
    assert found["population", "wards"].numerator.low == 900  # type: ignore[union-attr]
    assert found["population", "candidates"].numerator.low == 1800  # type: ignore[union-attr]
    found = records(with_people(tiny, [*census, *police, ("00004", 5000.0, "2018-04-01", "police")]))
    part = found["density", "city"].numerator
    assert (part.low, part.high) == (10000, 10400)  # type: ignore[union-attr]


def test_temporary_residents_that_are_counted_are_no_second_source(tiny: City) -> None:
    populations = tiny.populations.assign(converted=[500.0] * len(tiny.populations))
    part = records(replace(tiny, populations=populations))["population", "00001"].numerator
    assert (part.value, part.low) == (11500, None)  # type: ignore[union-attr]


def test_what_is_stated_for_the_city_spans_its_own_figures() -> None:
    found = records(open_city("hung-yen"))
    people, area = found["population", "city"].numerator, found["area", "city"].numerator
    assert (people.value, people.low, people.high) == (116356, 116356, 118646)  # type: ignore[union-attr]
    assert area.high == 73.89  # type: ignore[union-attr]
    legal = found["area_legal", "city"]
    assert legal.value == 73.89
    assert legal.sources == ("nguồn thứ cấp, số năm 2020, ngày không nêu",)
    assert legal.layers == ()


@pytest.mark.parametrize(
    ("name", "on", "area"),
    [
        ("hung-yen", "2024-12-01", 73.89),  # three wards merged among themselves
        ("hung-yen", "2025-07-01", 79.73),  # parts of other districts joined: the sum of the new units
        ("bac-giang", "2024-12-31", 66.55),
        ("bac-giang", "2025-01-01", 258.29),  # Yên Dũng joined
        ("pho-yen", "2025-07-01", 331.82),
    ],
)
def test_a_stated_figure_holds_for_its_own_land_only(name: str, on: str, area: float) -> None:
    found = records(open_city(name).as_of(on))
    assert found["area_legal", "city"].value == pytest.approx(area, abs=1e-9)
    part = found["area", "city"].numerator
    assert part is not None
    assert part.low is not None
    assert part.high == pytest.approx(part.low, rel=0.05)


def test_units_merged_among_themselves_keep_what_was_stated() -> None:
    """Việt Yên's four units of 2025-07-01 are drawn 0.05 % smaller than the 17 they were made of."""
    part = records(open_city("viet-yen").as_of("2025-07-01"))["population", "city"].numerator
    assert (part.value, part.low, part.high) == (218676, 218676, 229162)  # type: ignore[union-attr]


def test_lines_that_may_be_off_span_what_is_drawn(tiny: City) -> None:
    accurate = with_layer(tiny, "communes", accuracy_m=10.0)
    found = records(accurate)
    lone, row = square(1, 0), square(0, 0, 4)
    part = found["area", "00002"].numerator
    reach = km(lone) / 100
    assert part.low == pytest.approx(km2(lone) - reach, rel=1e-6)  # type: ignore[union-attr]
    assert part.high == pytest.approx(km2(lone) + reach, rel=1e-6)  # type: ignore[union-attr]
    assert part.why.vi == "đường nét có thể lệch 10,0 m"  # type: ignore[union-attr]
    whole = found["density", "city"].denominator
    assert whole.high == pytest.approx(4 * km2(lone) + km(row) / 100, rel=1e-4)  # type: ignore[union-attr]
    published = found["area_legal", "00001"].numerator
    assert published.low == pytest.approx(1.1, abs=1e-9)  # type: ignore[union-attr]
    assert published.high == pytest.approx(km2(square(0, 0)) + reach, rel=1e-6)  # type: ignore[union-attr]


def test_plans_urban_land_and_zones_that_may_be_off(tiny: City) -> None:
    city = tiny
    for name in ("plans", "urban_land", "industrial_zones"):
        city = with_layer(city, name, accuracy_m=5.0)
    found = records(city)
    part = found["coverage.zoning.natural", "00002"].numerator
    assert part.low == pytest.approx(km2(square(1, 0, 0.75)) - km(square(1, 0, 0.75)) / 200, rel=1e-5)  # type: ignore[union-attr]
    full = found["coverage.zoning.natural", "00001"]
    assert full.numerator.high == full.denominator.value  # type: ignore[union-attr]
    land = found["density_urban", "00002"].denominator
    assert land.high == pytest.approx(
        km2(square(1, 0, 0.5, 0.5)) + km(square(1, 0, 0.5, 0.5)) / 200, rel=1e-5
    )  # type: ignore[union-attr]
    zone = found["zone_coverage", "zone:Z1"].denominator
    shape = square(2.5, 0.25, 0.5, 0.5)
    assert zone.high == pytest.approx(100 * (km2(shape) + km(shape) / 200), rel=1e-5)  # type: ignore[union-attr]
    assert found["zone_share", "00003"].numerator.high == pytest.approx(zone.high / 100, rel=1e-5)  # type: ignore[union-attr, operator]


def test_the_least_sharp_layer_counts_and_only_what_is_established(tiny: City) -> None:
    zones = tiny.layers["industrial_zones"].frame
    planned = zones.assign(id="Z2", status="planned", geometry=[square(2, 0.25, 0.5, 0.5)])
    both = pd.concat([zones, planned], ignore_index=True)
    city = with_layer(tiny, "industrial_zones", frame=both, accuracy_m=5.0)
    city = with_layer(city, "plans", accuracy_m=1.0)
    found = records(with_layer(city, "urban_land", accuracy_m=3.0))
    shape = square(2.5, 0.25, 0.5, 0.5)
    assert bounds(found["zone_share", "00003"].numerator) == reach(shape, 0.005)
    covered = found["coverage.detailed.natural", "00001"].numerator
    assert bounds(covered) == reach(square(0, 0, 0.5, 0.5), 0.001)
    covered = found["coverage.zoning.urban_land", "00002"].numerator
    assert bounds(covered)[0] == reach(square(1, 0, 0.5, 0.5), 0.003)[0]


def test_bounds_are_widened_to_hold_a_value_that_rounding_put_outside() -> None:
    name, span = words("tên", "name"), spread.Spread(6.0, 7.0, words("vì", "why"))
    assert bounds(bounded(name, 5.0, "km2", span)) == (5.0, 7.0)
    assert bounds(bounded(name, 8.0, "km2", span)) == (6.0, 8.0)
    assert bounds(bounded(name, None, "km2", span)) == (None, None)


def bounds(part: Part | None) -> tuple[float | None, float | None]:
    assert part is not None
    return part.low, part.high


def reach(shape: shapely.Geometry, off_km: float) -> tuple[Any, Any]:
    low, high = km2(shape) - off_km * km(shape), km2(shape) + off_km * km(shape)
    return pytest.approx(low, rel=1e-6), pytest.approx(high, rel=1e-6)


FIGURES = st.lists(
    st.tuples(
        st.sampled_from(["00001", "00002", "00003", "00004"]),
        st.floats(0, 1e6, allow_nan=False),
        st.dates(dt.date(2010, 1, 1), dt.date(2030, 1, 1)).map(str),
        st.sampled_from(["census", "police", "resolution"]),
    ),
    unique_by=lambda row: (row[0], row[2], row[3]),
)


@EXAMPLES
@given(rows=FIGURES, accuracy=st.none() | st.floats(0, 2000))
def test_bounds_hold_the_value_whatever_sources_say(
    tiny: City, rows: list[tuple[str, float, str, str]], accuracy: float | None
) -> None:
    city = with_people(tiny, rows) if rows else tiny
    for name in tiny.layers:
        city = with_layer(city, name, accuracy_m=accuracy)
    for quantity in records(city).values():
        for part in (quantity.numerator, quantity.denominator):
            if part is not None and part.low is not None:
                assert 0 <= part.low <= part.value <= part.high  # type: ignore[operator]


# ---- invariants and texts ---------------------------------------------------------------------------


@EXAMPLES
@given(order=st.permutations(range(4)))
def test_the_order_of_the_units_does_not_matter(tiny: City, order: list[int]) -> None:
    frame = tiny.layers["communes"].frame
    shuffled = with_layer(tiny, "communes", frame=frame.iloc[order].reset_index(drop=True))
    one, other = records(tiny), records(shuffled)
    assert one.keys() == other.keys()
    mine, theirs = [], []
    for key, quantity in one.items():
        same = {text.vi: sorted(text.vi.split(": ")[-1].split(", ")) for text in quantity.missing}
        twin = {text.vi: sorted(text.vi.split(": ")[-1].split(", ")) for text in other[key].missing}
        assert list(same.values()) == list(twin.values())
        for part in ("value", "numerator", "denominator"):
            mine += flat(quantity.as_json()[part])
            theirs += flat(other[key].as_json()[part])
        assert [la.sha256 for la in quantity.layers] == [la.sha256 for la in other[key].layers]
    np.testing.assert_allclose(mine, theirs, rtol=1e-12)


def flat(part: Any) -> list[float]:
    values = [part] if not isinstance(part, dict) else [part["value"], part["low"], part["high"]]
    return [np.nan if value is None else value for value in values]


@pytest.mark.parametrize("name", [HOSTILE, "{}", "%(x)s {0!r}", "' onclick='x", "A\r\nNguồn: giả"])
def test_hostile_names_stay_text(tmp_path: Path, name: str) -> None:
    layers = tiny_layers()
    for frame in layers.values():
        if "name" in frame.columns:
            frame["name"] = [f"{name}{i}" for i in range(len(frame))]
    layers["plans"]["kind"] = ["zoning", name, "detailed"]
    write_city(tmp_path / "w", layers, title=name)
    for key, quantity in records(open_city("tiny", workspace=tmp_path / "w")).items():
        for lang in ("vi", "en"):
            lines = quantity.explain(lang).split("\n")
            assert len(lines) == len(quantity.lines(lang)), key
            assert all(char.isprintable() for line in lines for char in line)
        page = quantity._repr_html_()
        bare = page
        for tag in ("table", "tr", "th", "td"):
            bare = bare.replace(f"</{tag}>", "").replace(f"<{tag}>", "")
        for style in ("th style='text-align:left;vertical-align:top'", "td style='text-align:left'"):
            bare = bare.replace(f"<{style}>", "")
        assert not set("<>\"'") & set(bare)
        assert html.unescape(bare) == "".join(itertools.chain(*quantity.lines("vi")))


def test_each_language_is_complete_and_its_own() -> None:
    vietnamese = set("ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ")
    for name, on in views():
        for key, quantity in measured(name, on).quantities.items():
            vi, en = quantity.lines("vi"), quantity.lines("en")
            assert len(vi) == len(en)
            assert all(text.strip() for _, text in vi + en), key
            labels_vi, labels_en = {label for label, _ in vi if label}, {label for label, _ in en if label}
            assert not labels_vi & labels_en
            for words_ in (quantity.name, quantity.method, *quantity.notes):
                if words_ is not None:
                    said = words_.en.split(": ")[0]  # names come after a colon
                    assert not vietnamese & set(said.lower()), words_.en


def test_an_explanation_reads_well() -> None:
    city = open_city("hung-yen")
    found = records(city)
    sha = city.layers["communes"].sha256[:12]
    assert found["density", "11953"].explain() == (
        "Mật độ dân số trên diện tích tự nhiên – phường Hiến Nam, 18/01/2024: "
        f"{found['density', '11953'].text()}\n"
        "Tử số: dân số: 10.709 người\n"
        f"Mẫu số: {found['density', '11953'].denominator.text()}\n"  # type: ignore[union-attr]
        "Cách tính: dân số chia cho diện tích tự nhiên đo trên lớp ranh giới\n"
        f"Lớp dữ liệu: Đơn vị hành chính (sơ đồ), communes.geojson, sha256 {sha}\n"
        "Nguồn: Tổng điều tra dân số và nhà ở 2019, đơn vị theo địa giới tháng 11/2024\n"
        "Lưu ý: Hình vẽ của lớp “Đơn vị hành chính” chỉ là sơ đồ, không phải đo đạc."
    )
    assert found["population", "city"].explain("en").splitlines()[:2] == [
        "Population – Hưng Yên city, 2024-01-18: 116,356 people",
        (
            "Bounds: population from 116,356 to 118,646 people; other sources say 116,775 (2019-12-31, Niên "
            "giám thống kê 2019, tr. 43 (niengiamhuyen.thongkehungyen.gov.vn): dân số trung bình năm 2019; "
            "khác cách tính với số năm 2013); 118,646 (2020-12-31, nguồn thứ cấp, số năm 2020, ngày không nêu)"
        ),
    ]


def test_layers_and_standings_are_called_as_on_the_map() -> None:
    for standing, name in STANDING_NAMES.items():
        assert (labels.standing(standing), labels.standing(standing, "en")) == (name.vi, name.en)
    keys = {"urban_land": "urban_land.layer", "boundaries": None}
    for layer, name in LAYER_NAMES.items():
        key = keys.get(layer, layer)
        if key is not None:
            assert (labels.word(key), labels.word(key, "en")) == (name.vi, name.en)


def test_fetched_boundaries_are_named_where_they_stand_for_the_communes(tiny: City) -> None:
    communes = tiny.layers["communes"]
    wider = communes.frame.set_geometry(communes.frame.geometry.scale(1, 2, origin=(105.8, 21.4)))
    fetched = replace(communes, frame=wider, standing="published", file="boundaries.parquet", sha256="f" * 64)
    found = records(replace(tiny, layers={**tiny.layers, "boundaries": fetched}))
    area = found["area", "00001"]
    assert area.value == pytest.approx(km2(square(0, 0, 1, 2)), rel=1e-5)
    assert [(la.layer, la.standing, la.file) for la in area.layers] == [
        ("boundaries", "published", "boundaries.parquet")
    ]
    legal = found["area_legal", "00001"]
    assert [la.file for la in legal.layers] == ["communes.geojson"]
    named = found["area", "candidates"]
    assert named.value == pytest.approx(km2(square(1, 0)), rel=1e-6)
    assert [la.layer for la in named.layers] == ["communes"]


def test_when_the_communes_end_before_the_date_boundaries_answer_and_candidates_stay(tiny: City) -> None:
    day = pd.Timestamp("2024-01-01")
    communes = tiny.layers["communes"]
    new = communes.frame.assign(valid_from=day, code=["10", "11", "12", "13"])
    fetched = replace(communes, frame=new, file="boundaries.parquet", sha256="f" * 64)
    old = replace(communes, frame=communes.frame.assign(valid_to=day))
    kinds = pd.concat([tiny.kinds, tiny.kinds.assign(code=new["code"].to_numpy(), unit_from=day)])
    city = replace(tiny, layers={**tiny.layers, "communes": old, "boundaries": fetched}, kinds=kinds)
    found = records(city)
    assert [la.layer for la in found["area_legal", "10"].layers] == ["boundaries"]
    used = found["coverage.zoning.published", "candidates"].layers
    assert [la.layer for la in used] == ["communes", "plans"]
    assert found["area", "candidates"].value == pytest.approx(km2(square(1, 0)), rel=1e-6)
    assert (
        found["population", "candidates"].missing[0].en == "no longer units of their own on 2024-01-18: Xã 1"
    )


def test_a_record_as_plain_values() -> None:
    quantity = Quantity(
        metric="x",
        name=words("Số", "Number"),
        value=math.nan,
        unit="km2",
        scope=Scope(id="city", name=words("thành phố", "city")),
        on=dt.date(2024, 1, 18),
        numerator=Part(name=words("tử", "part"), value=math.inf, unit="km2", low=math.nan),
        layers=(LayerUse(layer="plans", standing="schematic", file="p", sha256="0" * 64),),
        missing=(words("thiếu", "missing"),),
    )
    plain = quantity.as_json("en")
    assert json.loads(json.dumps(plain, allow_nan=False)) == plain
    assert plain["value"] is None
    assert plain["on"] == "2024-01-18"
    assert plain["numerator"] == {
        "name": "part", "value": None, "unit": "km2", "low": None, "high": None, "why": None,
    }  # fmt: skip
    assert plain["denominator"] is None
    assert plain["layers"][0]["name"] == "Plans"
    assert plain["missing"] == ["missing"]
    assert quantity.as_json()["missing"] == ["thiếu"]


def test_quantities_do_not_touch_their_tables(tiny: City) -> None:
    with listening():
        one = measure(tiny)
        again = measure(tiny)
    assert one.quantities == again.quantities
    for name in ("coverage", "density", "zones", "zone_table", "coverage_totals", "density_totals"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(again, name))
