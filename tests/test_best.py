"""The best change: the same as every subset tried, never worse than taking the cheapest first, and confirmed."""

from __future__ import annotations

import json
from functools import cache
from itertools import combinations, product
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import geoplan
from cities import square, tiny_layers, write_city
from geoplan.cli import main
from geoplan.errors import DataError, UsageError
from geoplan.model import words
from geoplan.scenario.best.front import front
from geoplan.scenario.best.model import Problem, Rule, components, mask
from geoplan.scenario.best.pareto import by_budgets
from geoplan.scenario.best.pareto import by_trying as by_trying_front
from geoplan.scenario.best.parts import gap_parts, neighbours, touching
from geoplan.scenario.best.search import answer, best, task_of
from geoplan.scenario.best.solve import cheapest, clashes, densest, nearest, shortfall
from geoplan.scenario.best.task import class_result
from geoplan.scenario.projection.project import first_year
from geoplan.show.best import save_front

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.city import City

ALL_WARDS = {
    "hung-yen": ("II", None),
    "viet-yen": ("IV", None),
    "pho-yen": ("II", "all"),
    "bac-giang": ("II", "all"),
}
"""A class for each city, and its candidates: those of documents, or all that are no wards where none are named."""


@cache
def assessed(city: str) -> Assessment:
    return geoplan.assess(geoplan.open_city(city))


def subsets(count: int) -> Iterator[NDArray[np.bool_]]:
    for bits in product((False, True), repeat=count):
        yield np.array(bits, dtype=bool)


def order(problem: Problem, chosen: NDArray[np.bool_]) -> tuple[object, ...]:
    """What the search prefers: least land, then fewest, then the one that takes the first choice."""
    return problem.cost(chosen), int(chosen.sum()), tuple(~chosen)


def by_trying(problem: Problem) -> NDArray[np.bool_] | None:
    fitting = [x for x in subsets(len(problem.costs)) if problem.fits(x)]
    return min(fitting, key=lambda x: order(problem, x), default=None)


def greedy(problem: Problem) -> NDArray[np.bool_] | None:
    """Take the cheapest that may be taken, one after the other, until all is met."""
    chosen = mask(len(problem.costs), [])
    for i in np.argsort(problem.costs, kind="stable"):
        if problem.fits(chosen):
            return chosen
        if problem.takeable()[i]:
            chosen[i] = True
    return chosen if problem.fits(chosen) else None


def greedy_by_need(problem: Problem) -> NDArray[np.bool_] | None:
    """Take what brings the first rule most for its land, one after the other, until all is met."""
    chosen = mask(len(problem.costs), [])
    rate = problem.rules[0].gains / np.maximum(problem.costs, 1)
    for i in np.argsort(-rate, kind="stable"):
        if problem.fits(chosen):
            return chosen
        if problem.takeable()[i]:
            chosen[i] = True
    return chosen if problem.fits(chosen) else None


def rule(gains: list[float], threshold: float, **parts: object) -> Rule:
    given_parts = {"have": 0.0, "unit": "person", "quantity": ("population", "wards")} | parts
    return Rule(
        id=str(given_parts.pop("id", "people")),
        title=words("số người", "people"),
        operator=str(given_parts.pop("operator", ">=")),
        threshold=threshold,
        article="Điều 1",
        source="",
        confidence="seen",
        gains=np.array(gains, dtype=float),
        **given_parts,  # type: ignore[arg-type]
    )


def problem(costs: list[int], *rules: Rule, **parts: object) -> Problem:
    given_parts = {"possible": np.ones(len(costs), dtype=bool)} | parts
    return Problem(costs=np.array(costs, dtype=np.int64), rules=rules, **given_parts)  # type: ignore[arg-type]


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    count = draw(st.integers(1, 7))

    def ints(low: int, high: int) -> list[int]:
        return draw(st.lists(st.integers(low, high), min_size=count, max_size=count))

    people, land = ints(0, 40), ints(0, 9)
    size_rule = rule(people, draw(st.integers(0, 160)), have=draw(st.integers(0, 20)))
    dense = rule(
        people,
        draw(st.integers(1, 12)),
        id="density",
        have=size_rule.have,
        sizes=np.array(land, dtype=float),
        size=float(draw(st.integers(0, 6))),
        unit="person_per_km2",
        operator=draw(st.sampled_from([">=", ">"])),
    )
    pairs = [p for p in combinations(range(count), 2) if draw(st.booleans())]
    roots = draw(st.none() | st.lists(st.booleans(), min_size=count, max_size=count))
    bits = st.lists(st.booleans(), min_size=count, max_size=count)
    return problem(
        ints(0, 6),
        *draw(st.sampled_from([(size_rule,), (dense,), (size_rule, dense)])),
        possible=np.array(draw(bits)) if draw(st.booleans()) else np.ones(count, dtype=bool),
        barred={"min_part": np.array(draw(bits))} if draw(st.booleans()) else {},
        contiguous=draw(st.booleans()),
        near=tuple(pairs),
        roots=None if roots is None else np.array(roots),
    )


@settings(max_examples=80, deadline=None)
@given(problems())
def test_the_search_finds_what_trying_every_subset_finds(asked: Problem) -> None:
    expected, found = by_trying(asked), cheapest(asked)
    assert (found is None) == (expected is None)
    if found is None or expected is None:
        return
    assert found.chosen.tolist() == expected.tolist()
    assert found.proof.gap == 0.0
    assert found.proof.bound == pytest.approx(asked.cost(expected) / 100, abs=1e-6)
    for simple in (greedy(asked), greedy_by_need(asked)):
        assert simple is None or asked.cost(found.chosen) <= asked.cost(simple)


@settings(max_examples=40, deadline=None)
@given(problems())
def test_when_nothing_is_enough_the_nearest_falls_least_short(asked: Problem) -> None:
    if by_trying(asked) is not None:
        return
    allowed = [
        x for x in subsets(len(asked.costs)) if not (x & ~asked.takeable()).any() and not asked.loose(x)
    ]
    found = nearest(asked).chosen
    assert any(found.tolist() == x.tolist() for x in allowed)
    least = min(shortfall(asked, x)["person"] for x in allowed)
    assert shortfall(asked, found)["person"] == pytest.approx(least, abs=1e-5)
    cost = min(asked.cost(x) for x in allowed if shortfall(asked, x)["person"] <= least + 1e-9)
    assert asked.cost(found) == cost


@settings(max_examples=40, deadline=None)
@given(problems())
def test_clashes_are_exactly_the_smallest_sets_that_cannot_be_met(asked: Problem) -> None:
    impossible = [
        set(names)
        for size in range(len(asked.names) + 1)
        for names in combinations(asked.names, size)
        if by_trying(asked.only(names)) is None
    ]
    smallest = [s for s in impossible if not any(other < s for other in impossible)]
    assert sorted(map(sorted, clashes(asked))) == sorted(map(sorted, smallest))


@settings(max_examples=40, deadline=None)
@given(problems(), st.data())
def test_the_densest_has_most_people_per_hectare(asked: Problem, data: st.DataObject) -> None:
    count = len(asked.costs)
    asked = problem((asked.costs + 1).tolist(), *asked.rules, contiguous=asked.contiguous, near=asked.near)
    people = np.array(data.draw(st.lists(st.integers(0, 30), min_size=count, max_size=count)), dtype=float)
    found = densest(asked, people)
    fitting = [x for x in subsets(count) if asked.fits(x)]
    if not fitting:
        assert found is None
        return
    assert found is not None
    if asked.fits(mask(count, [])):
        assert not found.chosen.any()
        return
    most = max(people[x].sum() / asked.cost(x) for x in fitting)
    assert asked.fits(found.chosen)
    assert people[found.chosen].sum() / asked.cost(found.chosen) == pytest.approx(most, rel=1e-7)


def test_taking_the_cheapest_first_may_cost_more() -> None:
    # three at 2 hectares bring 10 each, one at 5 hectares brings 21: 21 are wanted
    asked = problem([20_000, 20_000, 20_000, 50_000], rule([10, 10, 10, 21], 21))
    simple, found = greedy(asked), cheapest(asked)
    assert simple is not None
    assert found is not None
    assert (asked.cost(simple), asked.cost(found.chosen)) == (60_000, 50_000)
    by_need = greedy_by_need(asked)
    assert by_need is not None
    assert asked.cost(by_need) == 60_000


def test_a_density_is_met_exactly_at_its_threshold_and_not_beyond() -> None:
    def of(operator: str) -> Problem:
        dense = rule(
            [6000, 6001], 6000, operator=operator, sizes=np.array([1.0, 1.0]), size=0.0, unit="person_per_km2"
        )
        return problem([1, 2], dense)

    at, beyond = cheapest(of(">=")), cheapest(of(">"))
    assert at is not None
    assert beyond is not None
    assert (at.chosen.tolist(), beyond.chosen.tolist()) == ([True, False], [False, True])


def test_what_must_hang_together_does_by_a_way_of_its_own() -> None:
    # a row of five: the two ends bring most, and the middle has to come along
    chain = tuple((i, i + 1) for i in range(4))
    ends = problem([1, 9, 9, 9, 1], rule([5, 1, 1, 1, 5], 10), contiguous=True, near=chain)
    found = cheapest(ends)
    assert found is not None
    assert found.chosen.tolist() == [True] * 5
    loose = cheapest(ends.only(["people"]))
    assert loose is not None
    assert loose.chosen.tolist() == [True, False, False, False, True]
    assert [c.tolist() for c in components(loose.chosen, chain)] == [[0], [4]]
    assert clashes(problem([1, 1], rule([1, 1], 2), contiguous=True)) == (("people", "contiguous"),)


@pytest.mark.parametrize("name", sorted(ALL_WARDS))
@pytest.mark.parametrize("contiguous", [False, True])
def test_wards_of_the_real_cities_against_every_subset(name: str, contiguous: bool) -> None:
    urban_class, candidates = ALL_WARDS[name]
    options = {"urban_class": urban_class, "candidates": candidates, "contiguous": contiguous}
    before = assessed(name)
    asked = task_of(before, "wards", options).problem
    expected, found = by_trying(asked), best(before, goal="wards", **options)
    chosen = found.choices["chosen"].to_numpy()
    if expected is None:
        assert found.status == "infeasible"
        everything = [x for x in subsets(len(asked.costs)) if not asked.loose(x)]
        least = min(shortfall(asked, x)["person"] for x in everything)
        assert found.shortfall["person"] == pytest.approx(least, abs=1e-3)
    else:
        assert chosen.tolist() == expected.tolist()
        assert found.objective == pytest.approx(asked.cost(expected) / 100, abs=0.05)
        for simple in (greedy(asked), greedy_by_need(asked)):
            assert simple is None or asked.cost(chosen) <= asked.cost(simple)
    assert found.proof.gap == 0.0
    for checked in found.rules:  # measured on the city really changed
        measured = found.after.quantities[checked.rule.quantity].value
        assert checked.after == measured == pytest.approx(checked.rule.value(chosen))


@pytest.mark.parametrize("name", sorted(ALL_WARDS))
def test_parts_of_the_real_cities_against_every_subset(name: str) -> None:
    before = assessed(name)
    worse = 0
    for over, contiguous, hectares in (
        ("natural", False, 0),
        ("urban_land", False, 50),
        ("natural", True, 0),
    ):
        options = {"share": 85, "over": over, "contiguous": contiguous, "min_part_ha": hectares}
        task = task_of(before, "coverage", options)
        found, expected = cheapest(task.problem), by_trying(task.problem)
        assert (found is None) == (expected is None)
        if found is None or expected is None:
            continue
        assert found.chosen.tolist() == expected.tolist()
        for simple in (greedy(task.problem), greedy_by_need(task.problem)):
            if simple is not None:
                assert task.problem.cost(found.chosen) <= task.problem.cost(simple)
                worse += task.problem.cost(found.chosen) < task.problem.cost(simple)
    assert worse > 0, "greedy was never worse here"


def test_the_question_of_hung_yen() -> None:
    """Which of the five communes, what is missing for class II, and what the best plan costs."""
    found = best(assessed("hung-yen"))
    assert found.title.en.startswith("Which of 5 communes")
    assert found.status == "infeasible"
    people, density = found.rules
    assert (people.rule.threshold, density.rule.threshold) == (100_000, 8000)
    everything = mask(5, range(5))
    assert people.rule.value(everything) == 93_456  # 53,241 in the wards and 40,215 in the five
    assert people.rule.lack(everything) == 6544
    assert len(found.clashes) == 2  # each fails even alone: too few people, and too thinly spread
    assert all(len(clash) == 1 for clash in found.clashes)
    assert found.shortfall["person"] == pytest.approx(19_126, abs=1)
    assert list(found.chosen["name"]) == ["Liên Phương", "Quảng Châu", "Bảo Khê", "Phú Cường"]
    assert found.objective == pytest.approx(1212.9, abs=0.1)
    open_ids = {v.id for v in found.open}
    assert {"class.II.population", "class.II.density", "class.II.labour_inner"} <= open_ids
    assert not open_ids & {checked.rule.id for checked in found.rules}
    text = "\n".join(value for _, value in found.lines("en"))
    assert "all that may be chosen (5)" in text
    assert "Phú Cường fails the standards of a ward: Population" in text
    assert [c.what for c in found.city.changes] == ["wards"]
    assert set(found.city.communes.query("kind == 'ward'")["name"]) >= set(found.chosen["name"])


def test_the_answer_is_the_same_bytes_again_and_in_both_languages() -> None:
    one, two = (best(assessed("bac-giang"), urban_class="II", candidates="all") for _ in range(2))
    for lang in ("vi", "en"):
        assert one.lines(lang) == two.lines(lang)
        assert json.dumps(one.as_json(lang), allow_nan=False) == json.dumps(
            two.as_json(lang), allow_nan=False
        )
    assert one.lines("vi") != one.lines("en")
    assert one.status == "optimal"
    assert "<table>" in one._repr_html_()
    assert "đất xây dựng đô thị hầu như không có gì ở Song Khê" in " ".join(v for _, v in one.lines())


def test_a_commune_that_fails_the_standards_of_a_ward_may_be_left_out() -> None:
    before = assessed("hung-yen")
    ready = best(before, ready=True, ward_share=True)
    assert "Phú Cường" not in set(ready.chosen["name"])
    assert ready.shortfall["unit"] >= 1
    assert ready.shortfall["unit"] == int(ready.shortfall["unit"])
    short = [label for label, _ in ready.lines("en") if "hort" in label or "lacks" in label]
    assert short == ["Short of at least", "This choice also lacks"]  # wards come after people: not the least
    shares = [c for c in ready.rules if c.rule.id.endswith("ward_share")]
    assert [c.rule.threshold for c in shares] == [65]
    named = {name.en for clash in ready.clashes for name in clash}
    assert "only communes that fail no standard of a ward" in named


def test_unknown_people_are_never_counted_as_none(tiny: City) -> None:
    with pytest.raises(UsageError, match="Phú Cường|Quy định|loại"):
        best(tiny, urban_class="no such class")
    found = best(tiny, urban_class="IV", candidates="all")
    unknown = found.choices[found.choices["population"].isna()]
    assert list(unknown["code"]) == ["00004"]
    assert not unknown["chosen"].any()
    assert any("left out" in note.en and "Xã 3" in note.en for note in found.notes)
    parts = best(tiny, goal="coverage", share=100)
    lost = parts.choices[parts.choices["code"] == "00004"]
    assert lost["people"].isna().all()
    assert lost["chosen"].all()
    assert parts.as_json()["choices"][-1]["people"] is None
    assert any("not counted as 0" in note.en for note in parts.notes)


def test_parts_with_unknown_people_are_left_out_where_most_people_are_sought(tiny: City) -> None:
    found = best(tiny, goal="coverage", share=100, most="people")
    assert found.status == "infeasible"
    assert list(found.choices["chosen"]) == [True, True, False]
    assert any("left out where most people are sought" in note.en for note in found.notes)
    some = best(tiny, goal="coverage", share=45, most="people")
    (checked,) = some.rules
    assert "given by the user" in checked.text("en")
    rate = some.choices["people_per_ha"][some.choices["chosen"]].iloc[0]
    assert rate == some.choices["people_per_ha"].max()
    assert some.proof.bound is None


def test_coverage_of_the_tiny_city_by_hand(tiny: City) -> None:
    # zoning plans cover squares 0 … 1.75 of 4: gaps of 0.25, 1 and 1 squares
    found = best(tiny, goal="coverage", share=60)
    assert list(found.choices["id"]) == ["00002-1", "00003-1", "00004-1"]
    assert list(found.choices["chosen"]) == [False, True, False]
    square_ha = found.choices["area_ha"][1]
    assert found.choices["area_ha"][0] == pytest.approx(square_ha / 4, rel=1e-3)
    assert found.objective == pytest.approx(square_ha, abs=1e-3)
    (checked,) = found.rules
    assert checked.before == pytest.approx(43.75, abs=0.01)
    assert checked.after == pytest.approx(68.75, abs=0.01)
    done = found.city.with_plans(gpd.GeoDataFrame(geometry=[square(3, 0)], crs=4326), kind="zoning")
    assert best(done, goal="coverage", share=60).status == "nothing_needed"
    # both pieces beside each other for 70 %: the quarter and its neighbour; the two far squares cost more
    joined = best(tiny, goal="coverage", share=70, contiguous=True)
    assert list(joined.choices["chosen"]) == [True, True, False]
    small = best(tiny, goal="coverage", share=100, min_part_ha=50)
    assert small.status == "infeasible"
    assert small.shortfall["ha"] == pytest.approx(square_ha / 4, rel=1e-2)
    assert [len(c) for c in small.clashes] == [2]


def test_a_city_that_is_covered_needs_nothing(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"] = layers["communes"].iloc[:1]  # a plan covers it: no part is left to choose from
    write_city(tmp_path, layers)
    city = geoplan.open_city("tiny", workspace=tmp_path)
    for options in ({"share": 90}, {"share": 100, "contiguous": True}, {"share": 100, "most": "people"}):
        found = best(city, goal="coverage", **options)
        assert (found.status, len(found.choices), found.objective) == ("nothing_needed", 0, 0)
        assert found.rules[0].after == pytest.approx(100)
    nothing = problem([], rule([], 10.0, have=9.0))
    assert cheapest(nothing) is None
    assert shortfall(nothing, nearest(nothing).chosen) == {"person": 1.0}
    assert clashes(nothing) == (("rule0",),) or len(clashes(nothing)) == 1


def test_without_a_ward_there_is_no_inner_area_yet(tmp_path: Path) -> None:
    folder = write_city(tmp_path, tiny_layers())
    kinds = folder / "unit_kinds.csv"
    kinds.write_text(kinds.read_text("utf-8").replace("ward", "commune"), "utf-8")
    found = best(geoplan.open_city("tiny", workspace=tmp_path), candidates=["00004"])  # nobody counted it
    assert found.status == "infeasible"
    assert not len(found.chosen)
    assert {c.after for c in found.rules} == {None}
    assert all("no data → no data" in c.text("en") for c in found.rules)
    json.dumps(found.as_json(), allow_nan=False)


def test_a_share_is_told_with_all_its_decimals_and_by_whom(tiny: City) -> None:
    found = best(tiny, goal="coverage", share=99.99)
    assert "99,99 %" in found.title.vi
    assert "99.99 %" in found.title.en
    (told,) = found.as_json("en")["rules"]
    assert told["article"] == told["source"] == "given by the user"


def test_a_trade_off_for_people_leaves_out_what_nobody_counted(tiny: City) -> None:
    found = front(tiny, goal="coverage")
    assert any("every subset of the 2 choices" in note.en for note in found.notes)
    assert any("Xã 3; left out" in note.en for note in found.notes)
    assert not any("not counted as 0" in note.en for note in found.notes)
    with pytest.raises(UsageError, match="most"):
        front(tiny, goal="coverage", most="land")


def test_the_whole_may_be_missed_by_the_rounding_of_overlays_only() -> None:
    found = best(assessed("hung-yen"), goal="coverage", share=100)
    (checked,) = found.rules
    assert found.status == "optimal"
    assert checked.after == pytest.approx(100, abs=1e-4)
    assert found.objective == pytest.approx(found.whole, abs=0.01)
    assert "cần ≥ 100,0 %" in checked.text("vi")


def test_the_targets_of_the_documents_are_the_default() -> None:
    found = best(assessed("viet-yen"), goal="coverage")
    (checked,) = found.rules
    assert (checked.rule.operator, checked.rule.threshold) == (">", 80)
    assert checked.rule.quantity == ("coverage.detailed.natural", "candidates")
    assert "II.2" in checked.rule.article
    assert found.status == "optimal"


def test_neighbours_share_a_border_and_not_a_corner() -> None:
    shapes = np.array(
        [square(0, 0), square(1, 0), square(1, 1), square(3, 0), square(1.000001, -1)], dtype=object
    )
    assert neighbours(shapes) == ((0, 1), (1, 2), (1, 4))
    assert touching(shapes[[0, 3]], shapes[[1]]).tolist() == [True, False]


def test_parts_are_the_connected_pieces_of_the_gaps(tiny: City) -> None:
    middle = gpd.GeoDataFrame(geometry=[square(2.4, 0, 0.2)], crs=4326)
    city = tiny.with_plans(middle, kind="zoning")
    parts = gap_parts(city.communes, plans=city.plans, kind="zoning", on=city.on)
    assert list(parts["id"]) == ["00002-1", "00003-1", "00003-2", "00004-1"]
    whole = geoplan.coverage(city.communes, plans=city.plans, on=city.on)
    gap = whole[(whole["plan_kind"] == "zoning") & (whole["denominator"] == "natural")]["gap_km2"].sum()
    assert parts["area_km2"].sum() == pytest.approx(gap)
    people = city.communes.set_index("code")["population"]["00003"]
    assert parts["people"][1] + parts["people"][2] == pytest.approx(0.8 * people, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"goal": "gold"}, "There is no goal “gold”; choose: wards"),
        ({"goal": "wards", "share": 85}, "has no option share"),
        ({"goal": "coverage", "share": 0}, "above 0, up to 100"),
        ({"goal": "coverage", "share": 85, "over": "sea"}, "use natural, urban_land, published"),
        ({"goal": "coverage", "share": 85, "kind": "secret"}, "none of the kind “secret”"),
        ({"goal": "coverage", "share": 85, "min_part_ha": -1}, "zero or more"),
        ({"goal": "coverage", "share": 85, "most": "gold"}, "use land"),
        ({"goal": "wards", "urban_class": "IX"}, "no urban class “IX”"),
        ({"goal": "wards", "candidates": ["Lam Sơn"]}, "is a ward on 2024-01-18 already"),
        ({"goal": "wards", "on": "2026-02-01", "candidates": "all"}, "no threshold on the people or density"),
        ({"goal": "year"}, "needs until"),
    ],
    ids=str,
)
def test_a_wrong_call_gets_one_sentence(options: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        best(assessed("hung-yen"), **options)  # type: ignore[call-overload]
    assert said in caught.value.en
    assert "\n" not in caught.value.vi


def test_an_answer_that_the_city_does_not_confirm_is_refused() -> None:
    from dataclasses import replace  # noqa: PLC0415

    task = task_of(assessed("bac-giang"), "wards", {"urban_class": "II", "candidates": "all"})
    wrong = replace(task, changed=lambda _: task.before.city)
    with pytest.raises(DataError, match="tìm kiếm tính"):
        answer(wrong)


def test_hanging_together_agrees_with_another_library() -> None:
    from scipy.sparse import coo_matrix  # noqa: PLC0415
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    random = np.random.default_rng(7)
    for _ in range(60):
        count = int(random.integers(1, 12))
        pairs = [p for p in combinations(range(count), 2) if random.random() < 0.2]
        chosen = random.random(count) < 0.6
        kept = [(i, j) for i, j in pairs if chosen[i] and chosen[j]]
        rows, columns = ([p[side] for p in kept] for side in (0, 1))
        graph = coo_matrix((np.ones(len(kept)), (rows, columns)), shape=(count, count))
        _, labels = connected_components(graph, directed=False)
        expected = {frozenset(np.flatnonzero(chosen & (labels == k)).tolist()) for k in labels[chosen]}
        assert {frozenset(c.tolist()) for c in components(chosen, pairs)} == expected


def test_the_front_of_hung_yen_is_what_no_subset_betters() -> None:
    before = assessed("hung-yen")
    found = front(before)
    task = task_of(before, "wards", {})
    people = task.people
    every = {(round(task.hectares[x].sum(), 1), people[x].sum()) for x in subsets(5)}
    kept = {(c, p) for c, p in every if not any((a <= c and b >= p) and (a, b) != (c, p) for a, b in every)}
    assert {(round(r.to_plan_ha, 1), r.low) for r in found.table.itertuples()} == kept
    assert found.table["to_plan_ha"].is_monotonic_increasing
    assert found.table["low"].is_monotonic_increasing
    assert found.asked == 46_759
    assert found.table["choices"].iloc[-1] == (
        "Trung Nghĩa",
        "Liên Phương",
        "Quảng Châu",
        "Bảo Khê",
        "Phú Cường",
    )
    assert found.table["to_plan_ha"].iloc[-1] == pytest.approx(1441.8, abs=0.05)
    assert not found.table["met"].any()


def test_points_of_the_front_are_those_of_the_judge_on_the_changed_city() -> None:
    city = geoplan.open_city("hung-yen", on="2022-03-24")
    found = front(city, gain="points", urban_class="III")
    assert found.bounded
    assert "ít nhất" in found.gain_text(found.table.iloc[0].to_dict())
    assert found.asked == 75
    for row in (found.table.iloc[0], found.table.iloc[-1]):
        changed = city.with_wards(list(row["choices"])) if row["choices"] else city
        judged = class_result(geoplan.assess(changed), "III").points
        assert judged is not None
        assert (row["low"], row["high"]) == pytest.approx((judged.worst, judged.best))
    better = found.table[["low", "high"]].to_numpy()
    assert len(found.table) > 1
    assert (np.diff(better, axis=0) >= -1e-12).all()


def test_a_front_of_many_parts_is_sampled_and_each_point_is_exact() -> None:
    random = np.random.default_rng(3)
    costs, gains = random.integers(1, 500, 12), random.integers(0, 300, 12).astype(float)
    asked = problem(costs.tolist())
    exact = {(asked.cost(x), gains[x].sum()) for x in by_trying_front(asked, gains[None, :])}
    sampled = [(asked.cost(x), gains[x].sum()) for x in by_budgets(asked, gains)]
    assert set(sampled) <= exact
    assert len(sampled) > 10
    many = front(assessed("pho-yen"), goal="coverage", kind="detailed")
    assert not many.tried
    assert many.table["low"].is_monotonic_increasing
    assert any("even budgets" in note.en for note in many.notes)


def test_a_front_that_is_no_trade_off_is_refused() -> None:
    before = assessed("hung-yen")
    for options, said in (
        ({"goal": "coverage", "gain": "coverage", "over": "natural"}, "nothing to trade"),
        ({"gain": "gold"}, "There is no trade-off “gold”"),
        ({"goal": "wards", "gain": "people", "share": 80}, "has no option share"),
    ):
        with pytest.raises(UsageError) as caught:
            front(before, **options)
        assert said in caught.value.en


def test_the_chart_is_the_same_bytes_and_needs_no_colour(tmp_path: Path) -> None:
    found = front(assessed("hung-yen"))
    one, two = (save_front(found, tmp_path / name) for name in ("one.png", "two.png"))
    assert one.read_bytes() == two.read_bytes()
    with Image.open(one) as picture:
        pixels = np.asarray(picture.convert("RGB")).astype(int)
    assert (pixels.max(axis=2) - pixels.min(axis=2)).max() <= 2  # grey as it is
    assert (pixels < 100).mean() > 0.002
    with pytest.raises(UsageError, match="PNG"):
        save_front(found, tmp_path / "chart.svg")


def test_a_name_with_dollars_is_drawn_as_it_is(tmp_path: Path) -> None:
    write_city(tmp_path, tiny_layers("=1+1 $x_$ {}"), title="T $x_$")
    city = geoplan.open_city("tiny", workspace=tmp_path)
    made = save_front(front(city, candidates="all"), tmp_path / "front.png")
    assert made.read_bytes().startswith(b"\x89PNG")


def test_the_year_is_asked_of_the_projection() -> None:
    city = geoplan.open_city("hung-yen")
    found = best(city, goal="year", until=2028, growth=3)
    same = first_year(city, goal="II", until=2028, growth=3)
    assert found.goal == same.goal == "II"
    assert found.medium == same.medium


def test_the_command_searches_prints_and_keeps(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "hung-yen", "--best", "wards", "--lang", "en"]) == 0
    text = capfd.readouterr().out
    assert "no choice is enough" in text
    assert "Short of at least: 19,126 people in the inner area" in text
    assert "Highs" not in text
    kept = tmp_path / "best.toml"
    arguments = ["scenario", "bac-giang", "--best", "wards", "--class", "II", "--among", "all"]
    assert main([*arguments, "--json", "--save", str(kept)]) == 0
    told = json.loads(capfd.readouterr().out)
    assert [c["name"] for c in told["choices"] if c["chosen"]] == ["Song Khê"]
    again = geoplan.read_scenario(kept).apply(geoplan.open_city("bac-giang"))
    assert again.communes.set_index("name")["kind"]["Song Khê"] == "ward"
    chart = tmp_path / "front.png"
    assert main(["scenario", "hung-yen", "--best", "wards", "--front", "--chart", str(chart)]) == 0
    assert "1.441,8 ha: 40.215 người" in capfd.readouterr().out
    assert chart.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["gold"], "There is no goal “gold”"),
        (["wards", "--share", "85"], "has no option share"),
        (["coverage", "--share", "much"], "write a number"),
        (["wards", "--chart", "x.png"], "add --front"),
        (["wards", "--out", "x"], "--best writes no folder"),
        (["wards", "--gain", "points"], "add --front"),
        (["wards", "--until", "2030"], "--until has no use with --best wards: "),
        (["coverage", "--front", "--most", "people"], "--most has no use with --best coverage --front"),
        (["wards", "--front", "--save", "x.toml"], "--save has no use with --best wards --front"),
        (["year", "--until", "2030", "--share", "50"], "--share has no use with --best year"),
        (["year", "--until", "2030", "--front", "--save", "x.toml"], "--front, --save has no use"),
        (
            ["wards", "--among", "all", "--ward-share", "--class", "II", "--on", "2025-07-01"],
            "sets a share of wards",
        ),
        (["wards", "--class", "II", "--on", "2015-06-01"], "No rules on urban classes are known for 2015"),
        (["coverage", "--share", "100.04"], "A share of 100.04 % is not valid"),
    ],
    ids=str,
)
def test_a_wrong_command_says_what_to_do(
    options: list[str], said: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["scenario", "hung-yen", "--lang", "en", "--best", *options]) == 2
    assert said in capfd.readouterr().err


def test_options_of_the_search_need_it(capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["scenario", "hung-yen", "--lang", "en", "--wards", "Bảo Khê", "--contiguous", "--class", "II"])
        == 2
    )
    assert capfd.readouterr().err.startswith("--class, --contiguous belongs to the search")


def test_a_search_that_stops_states_its_gap() -> None:
    random = np.random.default_rng(1)
    land = np.exp(random.normal(4, 1.5, 40))
    half = problem(np.rint(100 * land).astype(int).tolist(), rule(land.tolist(), 0.5 * land.sum()))
    found = cheapest(half, nodes=1)
    assert found is not None
    assert half.fits(found.chosen)
    assert found.proof.gap > 0
    assert found.proof.bound is not None
    assert found.proof.bound <= half.cost(found.chosen) / 100
    assert cheapest(half, nodes=1).chosen.tolist() == found.chosen.tolist()  # branches, not seconds
