"""Projection: compound growth against its closed form, verdicts against a whole assessment, unknown stays so."""

from __future__ import annotations

import datetime as dt
import html
import json
import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from conftest import CITIES
from geoplan.assessment import assess
from geoplan.cli import main
from geoplan.criteria.library import load_library
from geoplan.errors import DataWarning, UsageError
from geoplan.model import words
from geoplan.quantity import Scope
from geoplan.scenario.projection.clues import gather
from geoplan.scenario.projection.crossing import METRICS, outcomes, when
from geoplan.scenario.projection.growth import (
    VARIANTS,
    Asked,
    Base,
    GrowthEvidence,
    bases,
    growths,
    year_end,
    years_between,
)
from geoplan.scenario.projection.paths import Line, Point
from geoplan.scenario.projection.paths import Path as Course
from geoplan.scenario.projection.project import first_year, project
from geoplan.scenario.projection.years import people_on
from geoplan.show.projection import projection_json, projection_lines, save_chart

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.city import City
    from geoplan.scenario.projection.crossing import Crossing
    from geoplan.scenario.projection.project import Projection

Captured = pytest.CaptureFixture[str]
CENSUS = dt.date(2019, 4, 1)
SINCE = 2019 + 91 / 365
"""The end of the day of the census, in years."""
PEOPLE = 16_000


def small(folder: Path, **more: Any) -> City:
    """Three communes of 11,000, 2,000 and 3,000 people at the census of 2019, seen on 2024-01-18."""
    layers = tiny_layers()
    layers["communes"] = layers["communes"].iloc[:3]
    write_city(folder, layers, **more)
    return geoplan.open_city("tiny", workspace=folder)


def figure(result: Projection, metric: str, scope: str, year: int) -> pd.Series:
    table = result.table
    rows = table[(table["metric"] == metric) & (table["scope"] == scope) & (table["year"] == year)]
    assert len(rows) == 1
    return rows.iloc[0]


def crossing(result: Projection, id_: str, scope: str = "city") -> Crossing:
    return next(c for c in result.crossings if c.id == id_ and c.scope.id == scope)


def test_people_grow_at_compound_interest_from_their_own_day(tmp_path: Path) -> None:
    result = project(small(tmp_path), until=2030, growth=10, low=0, high=20)
    row = figure(result, "population", "00001", 2024)
    assert row["medium"] == pytest.approx(11_000 * 1.1 ** (2025 - SINCE), abs=1e-6)
    assert row["low"] == 11_000
    assert row["high"] == pytest.approx(11_000 * 1.2 ** (2025 - SINCE), abs=1e-6)
    later = figure(result, "population", "00001", 2025)
    assert later["medium"] / row["medium"] == pytest.approx(1.1, rel=1e-9), "a year is a year"
    whole = figure(result, "population", "city", 2030)
    assert whole["medium"] == pytest.approx(PEOPLE * 1.1 ** (2031 - SINCE), abs=1e-6)
    assert (whole["base"], whole["base_on"], whole["growth_medium"]) == (PEOPLE, pd.Timestamp(CENSUS), 10)
    assert whole["source"] == "Thành phố Thử"
    assert whole["kind"] == "dự báo"
    assert list(result.people(year_end(2030)).values()) == pytest.approx(
        [p * 1.1 ** (2031 - SINCE) for p in (11_000, 2_000, 3_000)]
    )


def test_density_divides_projected_people_by_the_land_of_today(tmp_path: Path) -> None:
    city = small(tmp_path)
    row = figure(project(city, until=2025, growth=2), "density", "city", 2025)
    area = assess(city).density["area_km2"].sum()
    assert row["denominator_value"] == pytest.approx(area, rel=1e-12)
    assert row["numerator_medium"] == pytest.approx(PEOPLE * 1.02 ** (2026 - SINCE))
    assert row["medium"] == pytest.approx(row["numerator_medium"] / area)
    assert (row["numerator"], row["unit"]) == ("dân số dự báo", "person_per_km2")


def test_without_growth_the_answer_is_unknown_and_says_what_to_do(tmp_path: Path) -> None:
    targets = tiny_targets()
    targets["targets"] = [target | {"due": 2023} for target in targets["targets"]]
    city = small(tmp_path / "w", targets=targets)
    result = project(city, until=2030)
    people = result.table[result.table["metric"].isin(METRICS)]
    assert people.empty or people[list(VARIANTS)].isna().all(axis=None)
    asked = crossing(result, "target.900.population")
    assert [asked.when(v).state for v in VARIANTS] == ["unknown"] * 3
    assert "chưa rõ tốc độ tăng dân số" in "\n".join(projection_lines(result))
    assert "growth is not known" in "\n".join(projection_lines(result, "en"))
    with pytest.raises(UsageError, match="hãy nêu --growth"):
        save_chart(result, tmp_path / "chart.png")
    assert not (tmp_path / "chart.png").exists()


def test_a_unit_nobody_counted_leaves_its_groups_unknown_and_no_other(tiny: City) -> None:
    result = project(tiny, until=2026, growth=1)
    assert math.isnan(figure(result, "population", "city", 2026)["medium"])
    assert figure(result, "population", "00002", 2026)["medium"] > 2_000
    assert figure(result, "population", "wards", 2026)["medium"] > 11_000
    assert "chưa có số liệu của: Xã 3" in dict(result.lines())["Số gốc"]
    assert crossing(result, "class.II.population").when().state == "unknown"


@pytest.mark.parametrize("percent", [0.3, 1.0, 1.7, 2.5, 4.0, 9.0])
def test_the_year_of_crossing_is_that_of_the_logarithm(tmp_path: Path, percent: float) -> None:
    """More than 20,000 people: ``16000·(1+r)^t > 20000`` first at ``t = log(20/16)/log(1+r)``."""
    city = small(tmp_path, targets=tiny_targets())
    found = crossing(project(city, until=2105, growth=percent), "target.900.population")
    years = math.log(20_000 / PEOPLE) / math.log(1 + percent / 100)
    assert found.year() == max(math.ceil(SINCE + years - 1), 2024)
    assert found.when().first == (SINCE + years - 1 <= 2024)


@pytest.mark.parametrize("percent", [1.2, 2.0, 3.5, 6.0])
def test_when_hung_yen_reaches_two_hundred_thousand(percent: float) -> None:
    result = project(geoplan.open_city("hung-yen"), until=2070, growth=percent)
    found = crossing(result, "class.II.population")
    years = math.log(200_000 / 116_356) / math.log(1 + percent / 100)
    assert found.year() == math.ceil(SINCE + years - 1)
    asked = found.asked()
    assert asked is not None
    assert (asked.threshold, asked.id) == (200_000, "class.II.2A.03")
    assert asked.law == "Nghị quyết 111/2025/UBTVQH15"


def test_a_new_law_moves_thresholds_and_is_named() -> None:
    """Class II asks for 1,800 per km² until 2025 and 1,000 from 2026; a ward for 7,000 and then 21,000."""
    result = project(geoplan.open_city("hung-yen"), until=2035, growth=0.5)
    density = crossing(result, "class.II.density")
    assert density.year() == 2026
    assert density.when().text() == "năm 2026 (quy định mới)"
    assert density.when().text("en") == "2026 (new law)"
    assert [o.threshold for o in density.still[:3] if o is not None] == [1_800, 1_800, 1_000]
    ward = crossing(result, "ward.population", "11974")
    assert (ward.when().state, ward.when().lost) == ("already", 2026)
    assert ward.when().text() == "đã đạt; không còn đạt từ 2026 (quy định mới)"
    inner = crossing(result, "class.II.density_urban", "wards")
    assert (inner.when().state, inner.when().until, inner.when().gone) == ("never", 2025, 2026)
    assert "ngưỡng chưa kiểm chứng" in str(inner.asked() and inner.asked().need())  # type: ignore[union-attr]


def test_growth_that_is_needed_is_told_with_the_threshold_it_leads_to() -> None:
    """Phú Cường passes 7,000 in 2025 and fails the 21,000 of 2026, which growth would have to reach."""
    result = project(geoplan.open_city("hung-yen"), until=2027, growth=1.5)
    lines = projection_lines(result, "en")
    at = next(i for i, line in enumerate(lines) if "Population – Phú Cường" in line)
    assert "2025; fails again from 2026 (new law)" in lines[at]
    assert "≥ 7,000 people, Nghị quyết 1211/2016/UBTVQH13" in lines[at + 1]
    assert lines[at + 1].endswith("by the end of 2027 (≥ 21,000 people, Nghị quyết 112/2025/UBTVQH15)")
    told = next(c for c in projection_json(result)["crossings"] if c["growth_needed_for"] == 21_000)
    base = next(u for u in result.bases if u.code == told["scope"])
    years = years_between(CENSUS, year_end(2027))
    assert base.value is not None
    assert base.value * (1 + told["growth_needed"] / 100) ** years == pytest.approx(21_000)


@pytest.mark.parametrize(("name", "year"), [("hung-yen", 2024), ("hung-yen", 2030), ("viet-yen", 2025)])
def test_the_short_way_agrees_with_assessing_the_projected_city(name: str, year: int) -> None:
    """Measured once and varied, or the city of that year assessed whole: the same numbers and verdicts."""
    result = project(geoplan.open_city(name), until=2030, growth=2.2)
    whole = assess(result.city_at(year))
    judged = outcomes(whole.judgement, load_library())
    mine = {f"{c.id}@{c.scope.id}": c.paths["medium"][result.years.index(year)] for c in result.crossings}
    assert len(judged) > 15
    assert {key for key, found in mine.items() if found is not None} == set(judged)
    for key, other in judged.items():
        found = mine[key]
        assert found is not None
        assert (found.passes, found.threshold, found.law) == (other.passes, other.threshold, other.law), key
        assert found.value == (None if other.value is None else pytest.approx(other.value, rel=1e-9)), key
    assert whole.city.communes["population_source"].str.startswith("dự báo").all()


def test_the_growth_that_is_needed_just_suffices() -> None:
    city = geoplan.open_city("hung-yen")
    asked = crossing(project(city, until=2035), "class.II.population")
    assert asked.needed == pytest.approx(100 * ((200_000 / 116_356) ** (1 / (2036 - SINCE)) - 1), abs=1e-6)
    assert asked.needed is not None
    enough = crossing(project(city, until=2035, growth=asked.needed + 1e-6), "class.II.population")
    short = crossing(project(city, until=2035, growth=asked.needed - 1e-3), "class.II.population")
    assert (enough.year(), short.year()) == (2035, None)
    assert crossing(project(city, until=2035), "class.III.population").needed is None, "it is met without"


def test_the_goal_is_reached_when_the_last_of_its_tests_passes() -> None:
    city = geoplan.open_city("hung-yen")
    found = first_year(city, goal="II", until=2060, growth=2, low=1.5, high=3)
    years = {v: found.of(v).year for v in VARIANTS}
    assert years == {
        v: math.ceil(SINCE + math.log(200_000 / 116_356) / math.log(1 + g / 100) - 1)
        for v, g in zip(VARIANTS, (1.5, 2, 3), strict=True)
    }
    assert {c.id for c in found.crossings} == {
        "class.II.population", "class.II.density", "class.II.density_urban"
    }  # fmt: skip
    assert found.lines("en")[0] == ("II", f"{found.text('en')} (a projection, not a statistic)")
    assert len(found.lines()) == 1 + len(found.crossings)
    result = project(city, until=2030, growth=1)
    ward = result.first_year("ward@phu cuong")
    assert [c.scope.id for c in ward.crossings] == ["12331"]
    assert len(result.first_year("ward").crossings) == 5, "the five that are slated"
    assert result.first_year("class.II.density").medium.year == 2026
    with pytest.raises(UsageError, match=r"class\.II"):
        result.first_year("class.IX")
    with pytest.raises(UsageError, match="Không có đơn vị"):
        result.first_year("ward@Atlantis")


def test_a_new_law_that_asks_the_same_is_not_what_brings_it_about() -> None:
    """Class II asks for 200,000 people before and after 2026: it is growth that gets Bắc Giang there."""
    found = crossing(project(geoplan.open_city("bac-giang"), until=2028, growth=2), "class.II.population")
    assert found.year() == math.ceil(SINCE + math.log(200_000 / 174_229) / math.log(1.02) - 1) == 2026
    assert found.when().text() == "năm 2026"


def test_fetched_boundaries_without_an_end_are_held_too(tmp_path: Path) -> None:
    city = small(tmp_path)
    layer = city.layers["communes"]
    frame = layer.frame[["code", "name", "valid_from", "geometry"]]
    fetched = replace(city, layers={**city.layers, "boundaries": replace(layer, frame=frame)})
    result = project(fetched, until=2026, growth=1)
    assert figure(result, "population", "city", 2026)["medium"] > PEOPLE
    assert len(result.city_at(2026).communes) == 3


def test_a_class_that_begins_with_a_law_is_met_when_it_is_first_asked_for() -> None:
    """Việt Yên holds class III from 2026 on, by the law of that year; before nobody asked for it."""
    result = project(geoplan.open_city("viet-yen"), until=2027)
    found = crossing(result, "class.III.population").when()
    assert (found.state, found.year, found.begins, found.first) == ("crossed", 2026, True, False)
    assert found.text("en") == "2026, when it is first asked for"
    joint = project(geoplan.open_city("bac-giang"), until=2027, growth=2).first_year("II").medium
    assert joint.text() == "năm 2026", "the density it had by the old law as well"


def test_decline_loses_what_was_passed(tmp_path: Path) -> None:
    targets = tiny_targets()
    for target in targets["targets"]:
        if target["id"] == "900.population":
            target["value"] = 15_000
    city = small(tmp_path, targets=targets)
    found = crossing(project(city, until=2040, growth=-1), "target.900.population").when()
    lost = math.ceil(SINCE + math.log(15 / 16) / math.log(0.99) - 1)
    assert (found.state, found.lost) == ("already", lost)
    assert found.text("en") == f"already passes; fails again from {lost}"


# What says how fast people grow


def test_series_of_different_sources_are_not_held_against_each_other() -> None:
    """Hồng Thái: 9,985 at the census and 15,601 in a resolution that may count others: no growth of 12 %."""
    city = geoplan.open_city("viet-yen", on=dt.date(2024, 2, 1))
    evidence = gather(city, bases(city))
    assert [e.kind for e in evidence] == ["aimed"]
    told = " ".join(note.vi for note in project(city, until=2025).notes)
    assert "không so với nhau" in told
    assert "nq-938" in told
    alike = gather(city, bases(city), alike=["census-2019", "nq-938"])
    mine = [e for e in alike if e.name == "Hồng Thái"]
    assert [(e.kind, e.scope) for e in mine] == [("observed", "07783")]
    years = years_between(CENSUS, dt.date(2023, 12, 13))
    assert mine[0].percent == pytest.approx(100 * ((15_601 / 9_985) ** (1 / years) - 1))


def test_the_document_of_viet_yen_asks_for_three_and_a_half_percent_a_year() -> None:
    result = project(geoplan.open_city("viet-yen"), until=2026)
    assert [e.kind for e in result.evidence] == ["aimed"]
    needed = 100 * ((259_000 / 205_900) ** (1 / (2026 - SINCE)) - 1)
    assert [g.medium for g in result.growth] == [pytest.approx(needed)] * 17
    assert {(g.low, g.high) for g in result.growth} == {(None, None)}, "one piece of evidence has no spread"
    assert "259.000 nghìn người" in result.evidence[0].text()
    assert figure(result, "population", "city", 2025)["medium"] == pytest.approx(259_000, abs=1e-5)
    found = crossing(result, "target.002.population")
    assert found.year() == 2026, "“trên 259.000”: exactly so many is not more"


def test_once_its_day_is_over_an_aim_says_nothing_more() -> None:
    city = geoplan.open_city("viet-yen", on=dt.date(2026, 1, 1))
    assert gather(city, bases(city)) == ()


def test_the_two_figures_that_hung_yen_states_count_when_they_are_said_to_count_alike() -> None:
    city = geoplan.open_city("hung-yen")
    assert gather(city, bases(city)) == ()
    alike = ["stated:2019-12-31", "stated:2020-12-31"]
    result = project(city, until=2040, alike=alike)
    assert [e.percent for e in result.evidence] == [pytest.approx(100 * (118_646 / 116_775 - 1))]
    assert crossing(result, "class.II.population").when().state == "never"
    with pytest.raises(UsageError, match="census-2019"):
        project(city, until=2040, alike=["census-1999"])


def test_two_counts_of_one_series_and_entered_growth(tmp_path: Path) -> None:
    rows = [(2021, "city", "population_growth", "1.5", "", "niên giám"),
            (2022, "city", "population_growth", "0.9", "", "niên giám"),
            (2023, "city", "population_growth", "2", "over", "báo cáo"),
            (2023, "00003", "population_growth", "4", "", "báo cáo")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["year", "scope", "indicator", "value", "qualifier", "source"])
    layers = tiny_layers()
    layers["communes"] = layers["communes"].iloc[:3]
    folder = write_city(tmp_path, layers, indicators=table)
    with (folder / "population.csv").open("a", encoding="utf-8") as file:
        file.write(
            "00002,,1900,2018-04-01,census-2019,cũ,seen\n00002,,2100,2019-06-01,census-2019,mới,seen\n"
        )
    city = geoplan.open_city("tiny", workspace=tmp_path)
    result = project(city, until=2030)
    by_code = {g.code: g for g in result.growth}
    ward, second, third = (by_code[code] for code in ("00001", "00002", "00003"))
    assert (ward.low, ward.medium, ward.high) == (0.9, pytest.approx(1.2), 1.5), "a bound is no figure"
    assert "trung vị" in ward.rule.vi
    assert second.medium == pytest.approx(100 * (2_000 / 1_900 - 1)), "one year; two months say nothing"
    assert (third.low, third.medium, third.high) == (None, 4, None)
    assert figure(result, "population", "city", 2030)["medium"] > 0
    assert math.isnan(figure(result, "population", "city", 2030)["low"])


def test_what_is_stated_counts_before_what_is_found(tmp_path: Path) -> None:
    city = small(tmp_path)
    result = project(city, until=2026, growth={"city": 1, "xa 1": 3}, spread=0.5)
    assert [(g.low, g.medium, g.high) for g in result.growth] == [(0.5, 1, 1.5), (2.5, 3, 3.5), (0.5, 1, 1.5)]
    assert "0,50 điểm phần trăm" in result.growth[0].rule.vi
    partly = project(city, until=2026, growth={"00003": 2})
    assert [g.medium for g in partly.growth] == [None, None, 2]
    assert math.isnan(figure(partly, "population", "city", 2026)["medium"])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"growth": {"Nowhere": 1}}, "Không có đơn vị"),
        ({"growth": math.nan}, "không hợp lệ"),
        ({"growth": 120}, "giữa -100 và 100"),
        ({"growth": 1, "low": 2}, "phải tăng dần"),
        ({"growth": 1, "high": 0.5}, "phải tăng dần"),
        ({"growth": 1, "spread": -1}, "điểm phần trăm"),
        ({"growth": 1, "spread": 1, "low": 0}, "chọn một cách"),
        ({"growth": 1, "until": 2023}, "từ 2024 đến 2124"),
        ({"growth": 1, "until": 9999}, "từ 2024 đến 2124"),
    ],
)
def test_a_wrong_call_is_told_in_a_sentence(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said) as raised:
        project(small(tmp_path), **({"until": 2030} | wrong))
    assert raised.value.en != raised.value.vi


def test_the_calendar_ends_and_so_does_the_projection(tmp_path: Path) -> None:
    city = small(tmp_path).as_of("9995-01-01")
    assert project(city, until=9999, growth=0).years[-1] == 9999
    fast = projection_json(project(city, until=9996, growth=99))  # more people than any number holds
    json.dumps(fast, allow_nan=False)
    assert fast["table"][0]["medium"] is None
    with pytest.raises(UsageError, match="từ 9995 đến 9999"):
        project(city, until=10_000, growth=0)


@pytest.mark.parametrize("percent", ["1e300", "500", "-150"])
def test_growth_that_no_place_has_is_left_out_and_said_so(tmp_path: Path, percent: str) -> None:
    rows = pd.DataFrame(
        [(2022, "city", "population_growth", percent, "", "số liệu")], columns=list(tiny_indicators().columns)
    )
    city = small(tmp_path, indicators=rows)
    with pytest.warns(DataWarning, match="không nằm giữa -100 và 100"):
        result = project(city, until=2124)
    assert result.evidence == ()
    assert {rate.medium for rate in result.growth} == {None}


def test_an_aim_that_is_due_in_a_month_is_no_growth_of_a_year(tmp_path: Path) -> None:
    targets = tiny_targets()
    aim = next(t for t in targets["targets"] if t["id"] == "900.population")
    targets["targets"] = [aim | {"due": 2019, "value": 100_000_000}]
    targets["documents"][0]["base_on"] = CENSUS
    city = replace(small(tmp_path, targets=targets), on=dt.date(2019, 12, 30))
    people = city.populations.assign(population_on=pd.Timestamp("2019-12-30"))
    with pytest.warns(DataWarning, match="không nằm giữa"):
        result = project(replace(city, populations=people), until=2029)
    assert result.evidence == ()


def test_nothing_of_the_city_is_changed(tmp_path: Path) -> None:
    city = small(tmp_path)
    before = city.communes.copy(), city.populations.copy(), city.kinds.copy()
    result = project(city, until=2026, growth=5)
    assert result.city_at(2026).communes["population"].sum() > PEOPLE
    assert city.on == dt.date(2024, 1, 18)
    for old, new in zip(before, (city.communes, city.populations, city.kinds), strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(old), pd.DataFrame(new))


def test_units_stay_as_they_are_when_the_law_has_moved_on() -> None:
    """The seventeen units of 2024 were merged in 2025; seen from 2024 they are projected all the same."""
    result = project(geoplan.open_city("hung-yen"), until=2030, growth=1)
    then = result.city_at(2030)
    assert len(then.communes) == 17
    assert then.title() == "Thành phố Hưng Yên"
    assert then.communes["population"].notna().all()
    assert dict.fromkeys(then.communes["kind"]).keys() == {"ward", "commune"}
    today = project(geoplan.open_city("hung-yen", on=dt.date(2026, 1, 1)), until=2030, growth=1)
    assert len(today.bases) == 4
    assert {b.on for b in today.bases} == {dt.date(2024, 12, 31)}


# Invariants

_rates = st.floats(-50, 50, allow_nan=False)


@given(percents=st.lists(_rates, min_size=1, max_size=6), year=st.integers(2019, 2119))
def test_low_is_never_above_medium_nor_medium_above_high(percents: list[float], year: int) -> None:
    unit = Base(code="1", name="Xã", ward=False, value=5_000, on=CENSUS, source="s")
    title = words("a", "a")
    evidence = [
        GrowthEvidence(kind="entered", scope="city", name="x", percent=p, title=title, source="s")
        for p in percents
    ]
    rates = growths([unit], evidence, Asked())
    low, medium, high = (people_on([unit], rates, year_end(year), v)["1"] for v in VARIANTS)
    assert medium is not None
    if len(percents) == 1:
        assert (low, high) == (None, None)
    else:
        assert low is not None
        assert high is not None
        assert low <= medium * (1 + 1e-12)
        assert medium <= high * (1 + 1e-12)


@given(percent=st.floats(0, 30), faster=st.floats(0, 30), year=st.integers(2020, 2100))
def test_more_growth_and_more_years_never_make_fewer(percent: float, faster: float, year: int) -> None:
    unit = Base(code="1", name="Xã", ward=False, value=5_000, on=CENSUS, source="s")

    def at(rate: float, when_: int) -> float:
        found = people_on([unit], growths([unit], [], Asked(growth=rate)), year_end(when_), "medium")["1"]
        assert found is not None
        return found

    assert at(percent, year) <= at(percent + faster, year)
    assert at(percent, year) <= at(percent, year + 1)


@given(
    now=st.sampled_from(["pass", "fail", "open", "gone"]),
    answers=st.lists(st.sampled_from(["pass", "fail", "open", "gone"]), min_size=1, max_size=8),
)
def test_when_finds_the_first_year_that_passes(now: Any, answers: list[Any]) -> None:
    years = list(range(2024, 2024 + len(answers)))
    found = when(now, years, answers)
    passing = [y for y, a in zip(years, answers, strict=True) if a == "pass"]
    if now == "pass":
        assert (found.state, found.year) == ("already", None)
    elif passing:
        assert (found.state, found.year) == ("crossed", passing[0])
        before = [now, *answers][years.index(passing[0])]
        assert found.begins or found.first == (passing[0] == years[0] or before == "open")
    else:
        assert found.state in {"never", "unknown"}
        assert (found.state == "never") == ("open" not in answers and "fail" in [now, *answers])
    if found.lost is not None:
        assert answers[years.index(found.lost)] == "fail"
    if found.gone is not None:
        assert set(answers[years.index(found.gone) :]) == {"gone"}
    assert found.text("vi") != found.text("en")


@given(start=st.dates(dt.date(1990, 1, 1), dt.date(2050, 1, 1)), years=st.integers(1, 60))
def test_from_year_end_to_year_end_is_a_whole_number(start: dt.date, years: int) -> None:
    first = year_end(start.year)
    assert years_between(first, year_end(start.year + years)) == years
    assert 0 <= years_between(start, first) < 1


# Occupancy and labour


def test_a_line_from_what_is_to_what_a_document_wants() -> None:
    """60 % at the end of 2020 and 70 % at the end of 2024; 100 % wanted at the end of 2030."""
    known = (
        Point(on=dt.date(2020, 12, 31), value=60, source="a"),
        Point(on=dt.date(2024, 12, 31), value=70, source="b"),
    )
    aim = Point(on=dt.date(2030, 12, 31), value=100, source="c")
    trend = Line(
        why=words("đ", "t"),
        start=known[1],
        end=Point(on=dt.date(2028, 12, 31), value=80, source="a"),
        stays=False,
    )
    wanted = Line(why=words("m", "a"), start=known[1], end=aim, stays=True)
    course = Course(
        metric="occupancy", title=words("x", "y"), unit="percent", scope=Scope(id="zones", name=words("k", "z")),
        known=known, aims=(aim,), lines=(trend, wanted), missing=None,
    )  # fmt: skip
    day = dt.date(2028, 12, 31)
    share = (day - known[1].on).days / (aim.on - known[1].on).days
    assert course.at(day, "low") == pytest.approx(80)
    assert course.at(day, "high") == pytest.approx(70 + 30 * share)
    assert course.at(day, "medium") == pytest.approx((80 + 70 + 30 * share) / 2)
    assert course.at(dt.date(2040, 12, 31), "high") == 100, "nothing is fuller than full"
    assert course.at(dt.date(2023, 12, 31), "medium") is None, "what was is no projection"


def test_occupancy_of_zones_goes_from_the_layer_to_the_target(tmp_path: Path) -> None:
    targets = tiny_targets()
    targets["targets"].append({
        "id": "900.filled", "title": {"vi": "Lấp đầy", "en": "Filled"}, "answered_by": "layers",
        "metric": "occupancy", "scope": "zones", "operator": ">=", "value": 100, "unit": "percent", "due": 2030,
        "document": "900", "section": "I", "quote": "lấp đầy",
    })  # fmt: skip
    city = small(tmp_path, targets=targets)
    result = project(city, until=2032)
    row = figure(result, "occupancy", "zones", 2027)
    days = (dt.date(2027, 12, 31) - city.on).days / (dt.date(2030, 12, 31) - city.on).days
    assert row["medium"] == pytest.approx(50 + 50 * days), "25 of 50 ha are leased"
    assert math.isnan(row["low"]), "one line has no low"
    assert (row["numerator"], row["denominator"]) == ("diện tích đã cho thuê", "diện tích theo quyết định")
    assert (row["base"], row["base_on"]) == (50, pd.Timestamp(city.on))
    assert figure(result, "occupancy", "zones", 2032)["medium"] == 100


def test_labour_of_one_year_only_is_unknown_and_of_two_goes_on(tmp_path: Path) -> None:
    rows = [(2021, "city", "workforce", "9000", "", "a"), (2023, "city", "workforce", "9200", "", "b"),
            (2023, "city", "nonfarm_labour", "71", "", "b")]  # fmt: skip
    table = pd.DataFrame(rows, columns=["year", "scope", "indicator", "value", "qualifier", "source"])
    result = project(small(tmp_path, indicators=table), until=2027)
    day = dt.date(2025, 12, 31)
    slope = 200 / (dt.date(2023, 12, 31) - dt.date(2021, 12, 31)).days
    expected = 9_200 + slope * (day - dt.date(2023, 12, 31)).days
    assert figure(result, "workforce", "city", 2025)["medium"] == pytest.approx(expected)
    share = next(p for p in result.paths if p.metric == "nonfarm_labour")
    assert share.at(day, "medium") is None
    assert "mới có số liệu một năm" in share.basis()
    assert "one year only" in share.basis("en")


@pytest.mark.parametrize("name", CITIES)
def test_what_the_documents_do_not_state_of_zones_and_labour_is_unknown(name: str) -> None:
    result = project(geoplan.open_city(name), until=2031)
    assert result.paths
    for course in result.paths:
        assert course.missing is not None
        assert "chưa rõ" in course.basis()
    rows = result.table[result.table["metric"].isin([p.metric for p in result.paths])]
    assert rows[list(VARIANTS)].isna().all(axis=None)


# What people see


def test_every_output_says_that_it_is_a_projection_in_both_languages(tmp_path: Path) -> None:
    result = project(
        small(tmp_path, indicators=tiny_indicators(), targets=tiny_targets()), until=2026, growth=1
    )
    for lang, mark in (("vi", "dự báo"), ("en", "projection")):
        assert mark in " ".join(text for _, text in result.lines(lang))
        assert mark.upper() in projection_lines(result, lang)[0]
        told = projection_json(result, lang)
        assert mark in told["projection"]
        assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert projection_lines(result, "vi") != projection_lines(result, "en")
    assert "dự báo" in result._repr_html_()


def test_a_hostile_name_forges_nothing(tmp_path: Path) -> None:
    evil = "<script>x</script>\x1b[2J\n{}"
    write_city(tmp_path, tiny_layers(evil), title=evil)
    city = geoplan.open_city("tiny", workspace=tmp_path)
    result = project(city, until=2025, growth={"00001": 1})
    assert "<script>" not in result._repr_html_()
    assert html.escape("<script>") in result._repr_html_()
    assert all(line.isprintable() for line in projection_lines(result))
    made = save_chart(result, tmp_path / "c.png")
    assert made.read_bytes().startswith(b"\x89PNG")
    dollars = project(small(tmp_path / "dollars", title="T $x_$"), until=2026, growth=1)
    assert save_chart(dollars, tmp_path / "d.png").read_bytes().startswith(b"\x89PNG")


def test_the_chart_is_the_same_every_time_and_png_only(tmp_path: Path) -> None:
    result = project(small(tmp_path), until=2030, growth=1, spread=0.5)
    first = save_chart(result, tmp_path / "a.png").read_bytes()
    assert save_chart(result, tmp_path / "b.png").read_bytes() == first
    assert save_chart(result, tmp_path / "c.png", lang="en").read_bytes() != first
    with pytest.raises(UsageError, match=r"\.png"):
        save_chart(result, tmp_path / "a.pdf")
    assert not (tmp_path / "a.pdf").exists()


def test_the_command(tmp_path: Path, capsys: Captured) -> None:
    call = ["project", "hung-yen", "--growth", "1,2", "--low", "0.8", "--high", "1.6%", "--until", "2026"]
    assert main([*call, "--chart", str(tmp_path / "c.png")]) == 0
    told = capsys.readouterr()
    assert "DỰ BÁO" in told.out
    assert "Mật độ dân số trên diện tích tự nhiên – Thành phố Hưng Yên (Đô thị loại II): " in told.out
    assert told.err == ""
    assert (tmp_path / "c.png").exists()
    assert main([*call, "--json", "--lang", "en"]) == 0
    content = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert content["growth"][0]["medium"] == 1.2
    row = next(r for r in content["table"] if r["metric"] == "population" and r["scope"] == "city")
    assert (row["year"], row["base_on"]) == (2024, "2019-04-01")
    assert main(["project", "hung-yen", "--growth", "3", "--goal", "II", "--until", "2045", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["medium"] == {"state": "crossed", "year": 2037}
    assert (
        main(
            [
                "project",
                "hung-yen",
                "--growth",
                "Bảo Khê=2",
                "--growth",
                "1",
                "--goal",
                "ward",
                "--lang",
                "en",
            ]
        )
        == 0
    )
    assert "Ward" in capsys.readouterr().out


@pytest.mark.parametrize(
    "wrong",
    [["--growth", "nhanh"], ["--growth", "1e9"], ["--goal", "IX", "--growth", "1"], ["--until", "1999"]],
)
def test_a_wrong_command_is_one_sentence_and_code_2(wrong: list[str], capsys: Captured) -> None:
    assert main(["project", "hung-yen", *wrong]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert len(told.err.strip().splitlines()) == 1
