"""Judging under an adversary: what a verdict, its points or its sentence may never do."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from geoplan.city_file import FactorHeld
from geoplan.criteria.certainty import certainty
from geoplan.criteria.rulebook import Effect, Factor, Rulebook, Standard, UrbanClass
from geoplan.criteria.standards import Threshold, judge, threshold
from geoplan.criteria.telling import threshold_text, total_text, verdict_lines
from geoplan.criteria.wording import abs_with_unit, exact
from geoplan.errors import DataError
from geoplan.model import words
from geoplan.people import one_series
from geoplan.quantity import Part, Quantity, Scope
from geoplan.text import number

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import ClassResult, TargetResult, Verdict

ON = dt.date(2026, 3, 1)
CITY = Scope(id="city", name=words("toàn thành phố", "whole city"))
BOUNDS = ("over", "under")


def standard(**changes: Any) -> Standard:
    base: dict[str, Any] = {
        "id": "a", "title": words("Diện tích", "Area"), "metric": "area", "unit": "km2", "minimum": 10.0,
        "maximum": 20.0, "points_min": 3.0, "points_max": 4.0, "article": "Điều 1", "source": "thử",
        "confidence": "seen",
    }  # fmt: skip
    return Standard.model_validate({**base, **changes})


def figure(value: float | None, **changes: Any) -> Quantity:
    part = Part(name=words("diện tích", "area"), value=value, unit="km2")
    base = Quantity(
        metric="area", name=words("Diện tích", "Area"), value=value, unit="km2", scope=CITY, on=ON,
        numerator=part,
    )  # fmt: skip
    return replace(base, **changes)


def book(*factors: dict[str, Any]) -> Rulebook:
    common = {"title": words("hệ số", "factor"), "article": "Điều 8", "source": "thử", "confidence": "seen"}
    return Rulebook(
        id="thu", kind="class", title=words("Thử", "Trial"), law="NQ thử", in_force_from=dt.date(2026, 1, 1),
        source="thử", factors=tuple(Factor.model_validate(common | f) for f in factors),
    )  # fmt: skip


def claim(id_: str, value: float | None = None) -> FactorHeld:
    known = {"id": id_, "article": "QĐ", "source": "thử", "confidence": "seen", "value": value}
    return FactorHeld.model_validate(known)


def asked(s: Standard, *claims: FactorHeld, rules: Rulebook | None = None) -> Threshold:
    return threshold(s, rulebook=rules or book(), owner="II", claimed=claims, standards=(s,))


def verdict(s: Standard, q: Quantity, least: Threshold | None = None) -> Verdict:
    return judge(s, q, least or asked(s), id_="x", rulebook="thu")


# --- what is known of a number only in part settles nothing more than it settles ---------------------------

values = st.floats(0, 40, allow_subnormal=False)
signs = st.sampled_from([">=", ">", "<=", "<"])


@st.composite
def standards(draw: st.DrawFn, id_: str = "a", **fixed: Any) -> Standard:
    sign, low, span = draw(signs), draw(st.integers(1, 30)), draw(st.integers(0, 20))
    top = low + span if sign in {">=", ">"} else max(low - span, 0)
    most = None if draw(st.booleans()) else float(top)
    return standard(id=id_, operator=sign, minimum=float(low), maximum=most, **fixed)


@given(s=standards(), bound=values, truth=values, qualifier=st.sampled_from(BOUNDS))
def test_a_bound_says_of_verdict_and_points_only_what_holds_for_every_truth(
    s: Standard, bound: float, truth: float, qualifier: Any
) -> None:
    if (truth > bound) is not (qualifier == "over") or truth == bound:
        return
    said, real = verdict(s, figure(bound, qualifier=qualifier)), verdict(s, figure(truth))
    assert said.passes in {None, real.passes}
    assert said.points is not None
    assert real.points is not None
    assert said.points.worst <= real.points.worst
    assert real.points.best <= said.points.best
    assert (said.margin, said.certainty) == (None, None), "by how much is not known"


@given(s=standards(), value=values)
def test_points_and_verdict_agree(s: Standard, value: float) -> None:
    """Points of a standard that fails are none, of one that passes at least its least."""
    v = verdict(s, figure(value))
    assert v.points is not None
    assert v.points.worst >= 3.0 if v.passes else v.points.best == 0.0
    assert v.points.best <= 4.0


class FakeEvidence:
    """Quantities by standard id: what `Evidence` gives, without a city."""

    def __init__(self, given_: dict[str, Quantity]) -> None:
        self.given = given_
        self.city = type("C", (), {"factors": ()})()

    def answer(self, one: Standard, *, scope: str) -> Quantity:
        """The quantity under the standard's id."""
        assert scope == "city"
        return self.given[one.id]


def judged(urban_class: UrbanClass, given_: dict[str, Quantity]) -> ClassResult:
    from geoplan.criteria import classes  # noqa: PLC0415 - typeguard must see the fake only inside

    judge_class: Any = getattr(classes.judge_class, "__wrapped__", classes.judge_class)
    result: ClassResult = judge_class(urban_class, rulebook=book(), evidence=FakeEvidence(given_))
    return result


@st.composite
def urban_classes(draw: st.DrawFn) -> UrbanClass:
    """A class by any rule, two groups of two standards each, with minima found or not."""
    rule = draw(st.sampled_from(["points", "all", "quota"]))
    scored: dict[str, Any] = {} if rule == "points" else {"points_min": None, "points_max": None}
    members = [
        draw(standards(id_=id_, group=id_[0], flag=rule == "all" and draw(st.booleans()), **scored))
        for id_ in ("1a", "1b", "2a", "2b")
    ]
    groups = [
        {
            "id": g, "title": words(g, g), "points_min": draw(st.sampled_from([None, 3.0, 6.0])),
            "points_max": 8.0, "needed": draw(st.integers(0, 2)), "article": "a", "source": "s",
            "confidence": "seen",
        }
        for g in "12"
    ]  # fmt: skip
    total = draw(st.sampled_from([6.0, 12.0, 14.0])) if rule == "points" else float(draw(st.integers(0, 4)))
    return UrbanClass.model_validate({
        "id": "II", "title": words("Loại II", "Class II"), "rule": rule, "total": total, "article": "a",
        "groups": groups, "standards": members,
    })  # fmt: skip


@given(c=urban_classes(), truths=st.tuples(values, values, values, values), data=st.data())
def test_no_class_is_decided_better_or_worse_for_want_of_a_figure(
    c: UrbanClass, truths: tuple[float, ...], data: st.DataObject
) -> None:
    """Whatever is decided on figures that are missing or bounds is what the whole truth decides."""
    whole = {s.id: figure(v) for s, v in zip(c.standards, truths, strict=True)}
    partly = dict(whole)
    for id_, full in whole.items():
        value = full.value or 0.0
        how = data.draw(st.sampled_from(["known", "missing", "over", "under"]))
        if how == "missing":
            partly[id_] = figure(None)
        elif how == "over" and value > 0:
            partly[id_] = figure(value * data.draw(st.floats(0, 0.99)), qualifier="over")
        elif how == "under":
            partly[id_] = figure(value + 1 + data.draw(values), qualifier="under")
    known, less = judged(c, whole), judged(c, partly)
    assert less.passes in {None, known.passes}
    if known.points is not None and less.points is not None:
        assert less.points.worst <= known.points.worst + 1e-9
        assert known.points.best <= less.points.best + 1e-9


# --- factors ------------------------------------------------------------------------------------------------


def test_an_unfound_coefficient_beside_a_known_one_leaves_a_shortfall_open() -> None:
    rules = book(
        {"id": "heritage", "effects": [Effect(standards=("a",), multiply=0.5)]},
        {"id": "mountain", "effects": [Effect(all_others=True, unknown=True)]},
    )
    s = standard()
    least = asked(s, claim("heritage"), claim("mountain"), rules=rules)
    assert verdict(s, figure(5.0), least).passes is True, "what the known reduction lets pass passes"
    short = verdict(s, figure(4.0), least)
    assert short.passes is None
    assert "hệ số không tìm thấy" in short.reason.vi
    assert short.points is not None
    assert (short.points.worst, short.points.best) == (0.0, 4.0)
    assert verdict(s, figure(4.0), asked(s, claim("heritage"), rules=rules)).passes is False


def test_a_factor_by_degree_whose_degree_nobody_gave_is_not_passed_over() -> None:
    effect = Effect(standards=("a",), multiply=0.5, from_value=50, step=10, less=0.05)
    rules, s = book({"id": "minority", "effects": [effect]}), standard()
    v = verdict(s, figure(7.0), asked(s, claim("minority"), rules=rules))
    assert v.passes is None
    assert "value" in v.reason.vi
    assert verdict(s, figure(7.0), asked(s, claim("minority", 55.0), rules=rules)).passes is True
    assert verdict(s, figure(7.0), asked(s, claim("minority", 10.0), rules=rules)).passes is False


def test_a_minimum_raised_past_the_maximum_does_not_turn_the_scale_round() -> None:
    rules, s = book({"id": "mountain", "effects": [Effect(standards=("a",), replace=30.0)]}), standard()
    least = asked(s, claim("mountain"), rules=rules)
    points = [verdict(s, figure(v), least).points for v in (15.0, 29.0, 30.0, 99.0)]
    assert [p and p.given for p in points] == [0.0, 0.0, 4.0, 4.0]


# --- sentences ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "sign", "vi"),
    [
        (9.9996, ">=", "chưa đạt: 9,9996 km², cần ≥ 10,00 km², thiếu 0,00040 km²"),
        (10.0, ">", "chưa đạt: 10,00 km², cần > 10,00 km², vừa bằng ngưỡng"),
        (10.0, ">=", "đạt: 10,00 km², cần ≥ 10,00 km², vừa bằng ngưỡng"),
        (10.0004, "<=", "chưa đạt: 10,0004 km², cần ≤ 10,00 km², vượt 0,00040 km²"),
        (9.99, ">=", "chưa đạt: 9,99 km², cần ≥ 10,00 km², thiếu 0,01 km²"),
    ],
)
def test_a_rounded_sentence_never_contradicts_its_verdict(value: float, sign: str, vi: str) -> None:
    s = standard(operator=sign, maximum=None, points_min=None, points_max=None)
    assert verdict(s, figure(value)).reason.vi == vi


def test_a_threshold_is_written_with_all_its_decimals() -> None:
    """Half of 3.5 km/km² is 1.75: the unit's one decimal would ask for 1.8."""
    s = standard(unit="km_per_km2", minimum=3.5, maximum=None, points_min=None, points_max=None)
    rules = book({"id": "heritage", "effects": [Effect(standards=("a",), multiply=0.5)]})
    v = verdict(s, figure(1.76, unit="km_per_km2"), asked(s, claim("heritage"), rules=rules))
    assert v.passes is True
    assert "cần ≥ 1,75 km/km²" in v.reason.vi
    assert threshold_text(v, "en") == "≥ 1.75 km/km²"
    assert exact(5_000 * 0.45, "person") == "2.250 người"
    assert abs_with_unit(1e-7, "percent") == "0,00000010 %"


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_can_be_written(value: float) -> None:
    assert number(value, digits=2)


def test_a_bound_has_no_margin_and_a_level_no_percentage() -> None:
    s = standard(maximum=None, points_min=None, points_max=None)
    over = verdict(s, figure(9.0, qualifier="over"))
    assert (over.passes, over.margin, over.certainty) == (None, None, None)
    assert not any("thiếu" in text or "%" in text for _, text in verdict_lines(over))
    levels = {"levels": ("none", "commune", "provincial", "regional"), "unit": "level"}
    degree = standard(minimum="regional", maximum=None, points_min=None, points_max=None, **levels)
    v = verdict(degree, figure(1.0, unit="level", said=words("cấp xã", "commune level")))
    assert (v.passes, v.certainty) == (False, None)


def test_bounds_around_nothing_do_not_count_as_agreement() -> None:
    part = Part(name=words("diện tích", "area"), value=0.0, unit="km2", low=0.0, high=30.0)
    firm = certainty(figure(0.0, numerator=part), sign=">=", threshold=10.0)
    assert firm is not None
    assert firm.holds is None


# --- indicators, targets, people ------------------------------------------------------------------------------

HEAD = "year,scope,indicator,value,qualifier,source\n"


def assessed(
    root: Path,
    *rows: str,
    on: str = "2024-01-18",
    more: dict[str, Any] | None = None,
    **changes: dict[str, Any],
) -> Assessment:
    """The tiny city with these rows of ``indicators.csv``; `changes` go into the targets of these names."""
    file = tiny_targets()
    for target in file["targets"]:
        target.update(changes.get(target["id"].removeprefix("900."), {}))
    folder = write_city(root, tiny_layers(), targets=file, indicators=tiny_indicators(), more=more)
    if rows:
        (folder / "indicators.csv").write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return geoplan.assess(geoplan.open_city("tiny", workspace=root), on=on)


def target(result: Assessment, name: str) -> TargetResult:
    return next(t for t in result.judgement.targets if t.target.id == f"900.{name}")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("2023,nowhere,poor_households,1,,s", "dòng 2: không có phạm vi “nowhere”"),
        ("2023,00009,poor_households,1,,s", "dòng 2: không có phạm vi “00009”"),
        ("2023,city,poor_households,-1,,s", "dòng 2: poor_households: “-1.0” không thể âm"),
        ("2023,city,poor_households,1e400,,s", "dòng 2: “1e400” không phải là số"),
    ],
)
def test_a_row_that_could_only_be_misread_is_refused(tmp_path: Path, row: str, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        assessed(tmp_path, row)


def test_rows_on_units_zones_and_growth_below_zero_are_taken(tmp_path: Path) -> None:
    rows = [
        "2023,00002,poor_households,1,,s",
        "2023,zone:Z1,poor_households,1,,s",
        "2023,city,economic_growth,-2,,s",
    ]
    assert assessed(tmp_path, *rows).judgement.targets


@pytest.mark.parametrize(
    ("value", "said", "passes"), [("0", "chưa có", False), ("1", "1", True), ("3", "3", True)]
)
def test_a_number_among_levels_is_said_as_it_was_entered(
    tmp_path: Path,
    value: str,
    said: str,
    passes: bool,
) -> None:
    result = assessed(tmp_path, f"2025,city,funeral_homes,{value},,s", on="2026-03-01")
    found = next(c for c in result.judgement.classes if c.urban_class == "II")
    v = next(v for v in found.verdicts if v.id.endswith("2A.13"))
    assert (v.quantity.text(), v.passes) == (said, passes)


def test_growth_into_debt_is_no_number(tmp_path: Path) -> None:
    """A square root of a negative ratio is none."""
    rows = ["2020,city,budget_revenue_own,100,,s", "2023,city,budget_revenue_own,-5,,s"]
    found = target(assessed(tmp_path, *rows), "revenue")
    assert (found.status, found.passes) == ("not_assessable", None)
    assert "không tính được tăng trưởng" in found.reason.vi


def test_an_old_figure_is_held_against_the_line_of_its_own_day(tmp_path: Path) -> None:
    """3.0 % in 2020, 1.0 by the end of 2025: 1.6 at the end of 2023 is ahead, though no longer in mid-2025."""
    rows = ["2020,city,poor_households,3,,s", "2023,city,poor_households,1.6,,s"]
    goal = {"poor": {"value": 1.0, "operator": "<="}}
    found = target(assessed(tmp_path, *rows, on="2025-06-30", **goal), "poor")
    assert found.expected == pytest.approx(3 - 2 * 1095 / 1826, abs=1e-6)
    assert found.status == "on_track"
    assert "31/12/2023" in found.reason.vi


def test_a_due_date_is_not_missed_by_a_figure_from_before_it(tmp_path: Path) -> None:
    rows = ["2020,city,poor_households,3,,s", "2023,city,poor_households,1.6,,s"]
    found = target(assessed(tmp_path / "a", *rows, on="2026-02-01"), "poor")
    assert found.status == "not_assessable"
    assert "2025" in found.reason.vi
    late = target(
        assessed(tmp_path / "b", *rows, "2025,city,poor_households,1.6,,s", on="2026-02-01"), "poor"
    )
    assert late.status == "overdue"


def test_a_bound_is_on_track_only_when_every_truth_is(tmp_path: Path) -> None:
    """Over 1.4 % may be over the line of 1.8 % just as well."""
    rows = ["2020,city,poor_households,3,,s", "2023,city,poor_households,1.4,over,s"]
    goal = {"poor": {"value": 1.0, "operator": "<="}}
    found = target(assessed(tmp_path, *rows, on="2024-06-30", **goal), "poor")
    assert found.passes is False
    assert (found.status, found.margin) == ("not_assessable", None)


def test_the_gap_of_a_density_is_people_and_of_too_much_there_is_none(tmp_path: Path) -> None:
    people = "code,unit_from,population,population_on,series,source,confidence\n"
    people += "".join(f"0000{i},,1000,2019-04-01,c,s,seen\n" for i in range(1, 5))
    file = tiny_targets()
    file["targets"][0].update(metric="density", unit="person_per_km2", value=2000)
    file["targets"][1].update(metric="coverage.zoning.natural", unit="percent", operator="<=", value=10)
    folder = write_city(tmp_path, tiny_layers(), targets=file)
    (folder / "population.csv").write_text(people, encoding="utf-8")
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path))
    dense, little = target(result, "zoning"), target(result, "population")
    area = result.quantities["area", "city"].value
    assert area is not None
    assert (dense.gap, dense.gap_unit) == (pytest.approx(2000 * area - 4000), "person")
    assert (little.passes, little.gap) == (False, None)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"unit": "tỷ"}, "không có đơn vị “tỷ”"),
        ({"unit": "ha"}, None),
        ({"due": 99_999}, "99999 không phải là năm"),
        ({"answered_by": "indicator", "metric": "nobody"}, "không có chỉ số “nobody”"),
        ({"answered_by": "indicator", "metric": "poor_households"}, "đơn vị phải là “percent_2”"),
        ({"operator": "between", "upper": 10}, "upper nhỏ hơn value"),
    ],
)
def test_a_target_that_cannot_mean_anything_is_named(
    tmp_path: Path, changes: dict[str, Any], sentence: str | None
) -> None:
    if sentence is None:
        found = target(assessed(tmp_path, zoning=changes), "zoning")
        assert found.status == "not_assessable"
        assert "số đo bằng “percent”" in found.reason.vi
        return
    with pytest.raises(DataError, match=f"“900.zoning”: {sentence}"):
        assessed(tmp_path, zoning=changes)


def test_a_class_that_was_reached_stays_reached_and_says_how_far_it_is_trusted(tmp_path: Path) -> None:
    classes = [
        {"class": "II", "source": "QĐ 1", "confidence": "recalled", "valid_to": dt.date(2026, 1, 1)},
        {"class": "III", "source": "NQ 2", "confidence": "derived", "valid_from": dt.date(2026, 1, 1)},
    ]
    for on in ("2024-01-18", "2026-03-01"):
        found = target(assessed(tmp_path / on, on=on, more={"classes": classes}), "class")
        assert found.status == "met"
        assert "chưa kiểm chứng" in found.reason.vi
        assert "not verified" in found.reason.en


def test_a_recalled_class_carries_its_mark_into_the_city_s_verdict(tmp_path: Path) -> None:
    classes = [{"class": "III", "source": "QĐ 1", "confidence": "recalled"}]
    unit = assessed(tmp_path, more={"classes": classes}).judgement.city_unit
    assert unit is not None
    v = next(v for v in unit.verdicts if v.id.endswith("urban_class"))
    assert v.passes is True
    assert "chưa kiểm chứng" in v.reason.vi


def test_a_series_of_empty_rows_does_not_hide_one_with_figures() -> None:
    day = pd.Timestamp("2019-04-01")
    rows = [
        ("1", None, "empty"),
        ("2", None, "empty"),
        ("3", -1.0, "empty"),
        ("1", 5.0, "full"),
        ("2", 6.0, "full"),
    ]
    table = pd.DataFrame(rows, columns=["code", "population", "series"]).assign(
        unit_from=pd.NaT, population_on=day, population_source="s"
    )
    units = pd.DataFrame({"code": ["1", "2", "3"], "valid_from": pd.NaT})
    told = one_series(table, units, on=dt.date(2024, 1, 1), convert=False)
    assert dict(zip(told["code"], told["population"], strict=True)) == {"1": 5.0, "2": 6.0}


def test_a_unit_s_code_cannot_pass_for_the_whole_city(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["code"] = ["city", "00002", "00003", "00004"]
    write_city(tmp_path, layers)
    with pytest.raises(DataError, match="“city” trùng với tên một phạm vi"):
        geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path))


def test_points_just_below_what_is_asked_do_not_read_as_it() -> None:
    """Three standards of four points each; 11.9988 of 12 is not 12.00."""
    one = [standard(id=i, group="1", minimum=10.0, maximum=20.0) for i in "abc"]
    group = {
        "id": "1", "title": words("1", "1"), "points_min": 9.0, "points_max": 12.0, "article": "a",
        "source": "s", "confidence": "seen",
    }  # fmt: skip
    c = UrbanClass.model_validate({
        "id": "II", "title": words("Loại II", "Class II"), "rule": "points", "total": 12.0, "article": "a",
        "groups": [group], "standards": one,
    })  # fmt: skip
    found = judged(c, {s.id: figure(19.996) for s in one})
    assert found.passes is False
    assert found.points is not None
    assert "11,999" in found.reason.vi
    assert "11.999" in found.reason.en
    assert "11,999" in total_text(found.points)


def test_the_line_does_not_read_as_the_value_that_is_behind_it(tmp_path: Path) -> None:
    rows = ["2020,city,poor_households,3,,s", "2023,city,poor_households,1.8040,,s"]
    goal = {"poor": {"value": 1.0, "operator": "<="}}
    found = target(assessed(tmp_path, *rows, on="2024-06-30", **goal), "poor")
    assert found.status == "behind"
    assert "1,80 %" in found.reason.vi
    assert "phải đạt 1,801 %" in found.reason.vi
