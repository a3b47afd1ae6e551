"""Judging: points, thresholds after factors, certainty, classes, units – on small rulebooks written here."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.city_file import FactorHeld
from geoplan.criteria.certainty import certainty
from geoplan.criteria.points import interpolate
from geoplan.criteria.rulebook import Effect, Factor, Group, Rulebook, Standard, UrbanClass
from geoplan.criteria.standards import Threshold, judge, least_trusted, threshold
from geoplan.model import words
from geoplan.quantity import Part, Quantity, Scope

ON = dt.date(2026, 3, 1)
CITY = Scope(id="city", name=words("toàn thành phố", "whole city"))


def standard(**changes: Any) -> Standard:
    base: dict[str, Any] = {
        "id": "population",
        "title": words("Quy mô dân số", "Population"),
        "metric": "population",
        "unit": "person",
        "minimum": 200_000.0,
        "maximum": 500_000.0,
        "points_min": 5.5,
        "points_max": 7.0,
        "article": "Bảng 2A",
        "source": "thử",
        "confidence": "seen",
    }
    return Standard.model_validate({**base, **changes})


def quantity(value: float | None, **changes: Any) -> Quantity:
    part = Part(name=words("dân số", "population"), value=value, unit="person")
    base = Quantity(
        metric="population", name=words("Dân số", "Population"), value=value, unit="person", scope=CITY, on=ON,
        numerator=part,
    )  # fmt: skip
    return replace(base, **changes)


def ratio(people: float, area: float, *, people_within: tuple[float, float] | None = None) -> Quantity:
    low, high = people_within or (None, None)
    return Quantity(
        metric="density", name=words("Mật độ", "Density"), value=people / area, unit="person_per_km2",
        scope=CITY, on=ON,
        numerator=Part(name=words("dân số", "population"), value=people, unit="person", low=low, high=high),
        denominator=Part(name=words("diện tích", "area"), value=area, unit="km2"),
    )  # fmt: skip


def plain(s: Standard) -> Threshold:
    return threshold(s, rulebook=book(), owner="II", claimed=(), standards=(s,))


def book(*factors: Factor) -> Rulebook:
    return Rulebook(
        id="thu", kind="class", title=words("Thử", "Trial"), law="NQ thử", in_force_from=dt.date(2026, 1, 1),
        source="thử", factors=factors,
    )  # fmt: skip


def factor(id_: str, *effects: Effect) -> Factor:
    return Factor.model_validate(
        {
            "id": id_,
            "title": words(id_, id_),
            "article": "Điều 8",
            "source": "thử",
            "confidence": "secondary",
            "effects": effects,
        }
    )


def held(id_: str, value: float | None = None) -> FactorHeld:
    return FactorHeld.model_validate(
        {"id": id_, "article": "QĐ thử", "source": "thử", "confidence": "seen", "value": value}
    )


# --- points -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "points"),
    [
        (199_999.99, 0.0),
        (200_000, 5.5),
        (350_000, 6.25),
        (260_000, 5.8),
        (500_000, 7.0),
        (9e9, 7.0),
        (0, 0.0),
    ],
)
def test_points_by_hand(value: float, points: float) -> None:
    got = interpolate(value, minimum=200_000, maximum=500_000, points_min=5.5, points_max=7)
    assert got == pytest.approx(points, abs=1e-12)


figures = st.floats(min_value=0, max_value=1e9, allow_subnormal=False)


@given(
    low=figures,
    span=st.floats(1e-3, 1e9),
    pmin=st.floats(0, 50),
    extra=st.floats(0, 50),
    a=figures,
    b=figures,
)
def test_points_are_monotone_and_exact_at_both_ends(  # noqa: PLR0917 - six numbers of one line
    low: float, span: float, pmin: float, extra: float, a: float, b: float
) -> None:
    high = low + span
    if high <= low:
        return

    def at(value: float) -> float:
        return interpolate(value, minimum=low, maximum=high, points_min=pmin, points_max=pmin + extra)

    assert at(low) == pmin
    assert at(high) == pmin + extra
    assert at(min(a, b)) <= at(max(a, b))
    assert 0 <= at(a) <= pmin + extra


@given(value=figures)
def test_less_is_better_is_the_mirror(value: float) -> None:
    down = interpolate(value, minimum=30, maximum=10, points_min=2, points_max=3)
    up = interpolate(-value, minimum=-30, maximum=-10, points_min=2, points_max=3)
    assert down == up


# --- one standard -----------------------------------------------------------------------------------


def test_a_verdict_says_value_threshold_margin_and_the_mark() -> None:
    s = standard(confidence="recalled")
    v = judge(s, quantity(116_775.0), plain(s), id_="class.II.population", rulebook="thu")
    assert v.passes is False
    assert v.margin == -83_225
    assert v.points is not None
    assert v.points.given == 0
    assert v.reason.vi == (
        "chưa đạt: 116.775 người, cần ≥ 200.000 người, thiếu 83.225 người; ngưỡng chưa kiểm chứng"
    )
    assert "83,225 people short" in v.reason.en
    assert "not verified" in v.reason.en


def test_the_threshold_itself_passes_where_it_is_included() -> None:
    for sign, passes in ((">=", True), (">", False), ("<=", True), ("<", False)):
        s = standard(operator=sign, maximum=None, points_min=None, points_max=None)
        assert judge(s, quantity(200_000.0), plain(s), id_="x", rulebook="thu").passes is passes, sign


def test_a_missing_number_is_never_a_zero() -> None:
    s = standard()
    v = judge(
        s,
        quantity(None, missing=(words("chưa có dân số của Vạn Xuân", "…"),)),
        plain(s),
        id_="x",
        rulebook="t",
    )
    assert (v.passes, v.margin, v.certainty) == (None, None, None)
    assert "Vạn Xuân" in v.reason.vi
    assert v.points is not None
    assert (v.points.given, v.points.worst, v.points.best) == (None, 0, 7)


def test_a_threshold_that_was_not_found_is_no_threshold() -> None:
    s = standard(minimum=None, maximum=None)
    v = judge(s, quantity(5e6), plain(s), id_="x", rulebook="t")
    assert v.passes is None
    assert "không tìm thấy ngưỡng" in v.reason.vi
    assert v.points is not None
    assert (v.points.given, v.points.worst, v.points.best) == (None, 0, 7)


@pytest.mark.parametrize(
    ("qualifier", "value", "sign", "expected"),
    [
        ("over", 20.0, ">", True),
        ("over", 20.0, ">=", True),
        ("over", 19.0, ">", None),
        ("over", 21.0, "<", False),
        ("over", 19.0, "<", None),
        ("under", 20.0, "<", True),
        ("under", 20.0, "<=", True),
        ("under", 21.0, "<", None),
        ("under", 19.0, ">", False),
        ("under", 21.0, ">=", None),
        ("about", 20.0, ">=", True),
    ],
)
def test_a_bound_settles_only_what_it_settles(
    qualifier: Any,
    value: float,
    sign: str,
    expected: bool | None,
) -> None:
    s = standard(operator=sign, minimum=20.0, maximum=None, unit="percent", points_min=None, points_max=None)
    v = judge(s, quantity(value, unit="percent", qualifier=qualifier), plain(s), id_="x", rulebook="t")
    assert v.passes is expected


@given(value=st.one_of(st.none(), figures), sign=st.sampled_from([">=", ">", "<=", "<"]))
def test_a_missing_input_never_improves_a_verdict(value: float | None, sign: str) -> None:
    s = standard(operator=sign)
    known = judge(s, quantity(value), plain(s), id_="x", rulebook="t")
    missing = judge(s, quantity(None), plain(s), id_="x", rulebook="t")
    assert missing.passes is None
    assert known.points is not None
    assert missing.points is not None
    assert missing.points.worst <= known.points.worst
    assert (missing.points.given or 0) <= (known.points.given or 0)


# --- factors ----------------------------------------------------------------------------------------


def test_a_factor_multiplies_and_is_named_with_both_articles() -> None:
    s = standard()
    least = threshold(
        s, rulebook=book(factor("mountain", Effect(standards=("population",), multiply=0.5))),
        owner="II", claimed=[held("mountain")], standards=(s,),
    )  # fmt: skip
    assert least.minimum == 100_000
    assert least.confidence == "secondary"
    assert "Điều 8" in least.article
    assert "QĐ thử" in least.article
    v = judge(s, quantity(150_000.0), least, id_="x", rulebook="t")
    assert v.passes is True
    assert "đã áp dụng mountain" in v.reason.vi


def test_reductions_do_not_add_up_the_kindest_counts() -> None:
    s = standard()
    rules = book(
        factor("mountain", Effect(all_others=True, multiply=0.7)),
        factor("border", Effect(standards=("population",), multiply=0.5)),
    )
    both = threshold(
        s, rulebook=rules, owner="II", claimed=[held("mountain"), held("border")], standards=(s,)
    )
    assert both.minimum == 100_000
    one = threshold(s, rulebook=rules, owner="II", claimed=[held("mountain")], standards=(s,))
    assert one.minimum == pytest.approx(140_000)


def test_an_unknown_coefficient_leaves_the_standard_open() -> None:
    s = standard()
    rules = book(factor("mountain", Effect(all_others=True, unknown=True)))
    least = threshold(s, rulebook=rules, owner="II", claimed=[held("mountain")], standards=(s,))
    v = judge(s, quantity(9e6), least, id_="x", rulebook="t")
    assert v.passes is None
    assert "hệ số không tìm thấy" in v.reason.vi


def test_what_is_not_considered_gets_its_minimum_points_and_does_not_decide() -> None:
    s = standard()
    rules = book(factor("heritage", Effect(standards=("population",), not_considered=True)))
    least = threshold(s, rulebook=rules, owner="II", claimed=[held("heritage")], standards=(s,))
    v = judge(s, quantity(1.0), least, id_="x", rulebook="t")
    assert v.passes is None
    assert v.considered is False
    assert v.points is not None
    assert v.points.given == 5.5


@pytest.mark.parametrize(
    ("minority", "share"), [(49.9, 1.0), (50, 0.5), (59.9, 0.5), (60, 0.45), (75, 0.4), (100, 0.25)]
)
def test_minorities_by_degree_in_full_steps(minority: float, share: float) -> None:
    effect = Effect(standards=("population",), multiply=0.5, from_value=50, step=10, less=0.05)
    s = standard(minimum=5000.0, maximum=None, points_min=None, points_max=None)
    least = threshold(
        s,
        rulebook=book(factor("minority", effect)),
        owner="II",
        claimed=[held("minority", minority)],
        standards=(s,),
    )
    assert least.minimum == pytest.approx(5000 * share)


def test_a_chain_is_as_good_as_its_weakest_link() -> None:
    assert least_trusted(["seen", "recalled", "derived"]) == "recalled"
    assert least_trusted(["seen", None, "secondary"]) == "secondary"
    assert least_trusted([]) == "seen"


# --- certainty --------------------------------------------------------------------------------------


def test_how_far_an_input_may_move() -> None:
    firm = certainty(ratio(116_775, 73.42), sign=">=", threshold=1800)
    assert firm is not None
    people, area = firm.flips
    assert people.percent == pytest.approx(100 * (1800 * 73.42 / 116_775 - 1))
    assert area.percent == pytest.approx(100 * (116_775 / 1800 / 73.42 - 1))
    assert firm.holds is None
    assert firm.borderline is False


def test_the_share_that_holds_is_that_of_the_plausible_inputs() -> None:
    """1,800 lies a quarter of the way up from 1,500 to 2,700: the verdict "passes" holds for three quarters."""
    firm = certainty(ratio(200_000, 100, people_within=(150_000, 270_000)), sign=">=", threshold=1800)
    assert firm is not None
    assert firm.holds == pytest.approx(0.75, abs=0.03)
    assert firm.borderline is True
    again = certainty(ratio(200_000, 100, people_within=(150_000, 270_000)), sign=">=", threshold=1800)
    assert again == firm, "the seed is fixed"


def test_sources_that_agree_leave_no_doubt() -> None:
    firm = certainty(ratio(200_000, 100, people_within=(190_000, 210_000)), sign=">=", threshold=1800)
    assert firm is not None
    assert (firm.holds, firm.borderline) == (1.0, False)


@given(
    value=st.floats(1, 1e6), low=st.floats(0.5, 1), high=st.floats(1, 2), least=st.floats(1, 1e6),
    sign=st.sampled_from([">=", "<"]),
)  # fmt: skip
def test_the_share_agrees_with_the_exact_length(
    value: float, low: float, high: float, least: float, sign: str
) -> None:
    """One input, even between its bounds: the share is a ratio of lengths."""
    bounds = (value * low, value * high)
    firm = certainty(ratio(value, 1.0, people_within=bounds), sign=sign, threshold=least)
    assert firm is not None
    assert firm.holds is not None
    span = bounds[1] - bounds[0]
    if span < value * 1e-6:
        return
    above = float(np.clip((bounds[1] - least) / span, 0, 1))
    passing = above if sign == ">=" else 1 - above
    passes_now = value >= least if sign == ">=" else value < least
    assert firm.holds == pytest.approx(passing if passes_now else 1 - passing, abs=0.04)


# --- classes ----------------------------------------------------------------------------------------


def points_class(*standards: Standard, **changes: Any) -> UrbanClass:
    groups = [
        Group.model_validate(
            {
                "id": g,
                "title": words(g, g),
                "points_min": low,
                "points_max": high,
                "article": "a",
                "source": "s",
                "confidence": "seen",
            }
        )
        for g, low, high in (("1", 40.0, 50.0), ("2", 30.0, 50.0))
    ]
    base: dict[str, Any] = {
        "id": "II", "title": words("Loại II", "Class II"), "rule": "points", "total": 75.0, "article": "a",
        "groups": groups, "standards": standards,
    }  # fmt: skip
    return UrbanClass.model_validate({**base, **changes})


class FakeEvidence:
    """Values by standard id: what `Evidence` gives, without a city."""

    def __init__(self, values: dict[str, float | None]) -> None:
        self.values = values
        self.city = type("C", (), {"factors": ()})()

    def answer(self, asked: Standard, *, scope: str) -> Quantity:
        """The value under the standard's id."""
        assert scope == "city"
        return quantity(self.values[asked.id], metric=asked.id)


def verdict_on(values: dict[str, float | None], **changes: Any) -> Any:
    from geoplan.criteria import classes  # noqa: PLC0415 - typeguard must see the fake only inside

    one = standard(id="a", group="1", points_min=40.0, points_max=50.0, minimum=100.0, maximum=200.0)
    two = standard(id="b", group="2", points_min=30.0, points_max=50.0, minimum=100.0, maximum=200.0)
    judge_class: Any = getattr(classes.judge_class, "__wrapped__", classes.judge_class)
    return judge_class(points_class(one, two, **changes), rulebook=book(), evidence=FakeEvidence(values))


@pytest.mark.parametrize(
    ("values", "passes", "worst", "best"),
    [
        ({"a": 200.0, "b": 200.0}, True, 100, 100),
        ({"a": 100.0, "b": 125.0}, True, 75, 75),
        ({"a": 100.0, "b": 124.0}, False, 74.8, 74.8),  # the groups reach their minima, the total does not
        ({"a": 99.0, "b": 200.0}, False, 50, 50),
        ({"a": 200.0, "b": None}, None, 50, 100),
        ({"a": 99.0, "b": None}, False, 0, 50),  # group 1 is out of reach whatever the other is
    ],
)
def test_a_class_by_points(
    values: dict[str, float | None],
    passes: bool | None,
    worst: float,
    best: float,
) -> None:
    result = verdict_on(values)
    assert result.passes is passes
    assert (result.points.worst, result.points.best) == pytest.approx((worst, best))


def test_a_table_that_was_not_found_leaves_the_class_open_but_never_saves_it() -> None:
    also = (words("Bảng 2B không tìm thấy", "Table 2B was not found"),)
    assert verdict_on({"a": 200.0, "b": 200.0}, also=also).passes is None
    assert "Bảng 2B" in verdict_on({"a": 200.0, "b": 200.0}, also=also).reason.vi
    assert verdict_on({"a": 99.0, "b": 200.0}, also=also).passes is False


@given(a=st.one_of(st.none(), figures), b=st.one_of(st.none(), figures), more=st.floats(0, 1e6))
def test_more_is_never_worse_and_missing_never_better(a: float | None, b: float | None, more: float) -> None:
    order = {False: 0, None: 1, True: 2}
    result = verdict_on({"a": a, "b": b})
    assert result.points.worst <= result.points.best
    if a is not None:
        better = verdict_on({"a": a + more, "b": b})
        assert better.points.worst >= result.points.worst
        assert order[better.passes] >= order[result.passes]
        lost = verdict_on({"a": None, "b": b})
        assert lost.points.worst <= result.points.worst
        assert lost.passes is not True
