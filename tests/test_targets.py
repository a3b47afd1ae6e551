"""Targets on the tiny city: status, straight line, gap and where – worked out by hand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from geoplan.city_file import TargetFile
from geoplan.criteria.evidence import read_entries
from geoplan.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.criteria.verdict import TargetResult


def results(
    tmp_path: Path,
    *,
    on: str = "2024-01-18",
    targets: dict[str, Any] | None = None,
    indicators: pd.DataFrame | None = None,
    **changes: dict[str, Any],
) -> dict[str, TargetResult]:
    """Targets of the tiny city by short name; `changes` go into the targets of these names."""
    file = targets or tiny_targets()
    for target in file["targets"]:
        target.update(changes.get(target["id"].removeprefix("900."), {}))
    write_city(
        tmp_path / "w",
        tiny_layers(),
        targets=file,
        indicators=tiny_indicators() if indicators is None else indicators,
    )
    city = geoplan.open_city("tiny", workspace=tmp_path / "w")
    judged = geoplan.assess(city, on=on).judgement.targets
    return {t.target.id.removeprefix("900."): t for t in judged}


def cell_ha(result: TargetResult) -> float:
    """Hectares of one cell of the tiny city, from the record itself."""
    assert result.quantity is not None
    assert result.quantity.denominator is not None
    return (result.quantity.denominator.value or 0) * 100 / 4


def test_coverage_behind_its_line_with_hectares_and_places(tmp_path: Path) -> None:
    found = results(tmp_path)["zoning"]
    assert found.quantity is not None
    assert found.quantity.value == pytest.approx(100 * 1.75 / 4, rel=1e-6)
    assert found.base == pytest.approx(found.quantity.value)
    line = (
        found.base
        + (80 - found.base)
        * (dt.date(2024, 1, 18) - dt.date(2022, 1, 1)).days
        / (dt.date(2025, 12, 31) - dt.date(2022, 1, 1)).days
    )
    assert found.expected == pytest.approx(line)
    assert (found.status, found.passes) == ("behind", False)
    assert found.gap == pytest.approx((0.8 * 4 - 1.75) * cell_ha(found), rel=1e-6)
    assert found.gap_unit == "ha"
    assert [p.code for p in found.places] == ["00003", "00004", "00002"]
    assert [p.value for p in found.places] == pytest.approx(
        [cell_ha(found), cell_ha(found), 0.25 * cell_ha(found)], rel=1e-4
    )


@pytest.mark.parametrize(
    ("on", "value", "status"),
    [
        ("2024-01-18", 43.0, "met"),
        ("2022-01-01", 80.0, "on_track"),  # the line starts at the base value
        ("2025-12-31", 80.0, "behind"),  # the last day is in time
        ("2026-01-01", 80.0, "overdue"),
    ],
)
def test_status_by_date(tmp_path: Path, on: str, value: float, status: str) -> None:
    assert results(tmp_path, on=on, zoning={"value": value})["zoning"].status == status


def test_on_track_when_it_has_grown_faster_than_the_line(tmp_path: Path) -> None:
    """37.5 % when only the first plan was approved, 43.75 % a year later; the target of 45 % is ten years off."""
    file = tiny_targets()
    file["documents"][0]["base_on"] = dt.date(2020, 6, 1)
    found = results(tmp_path, on="2021-06-01", targets=file, zoning={"value": 45.0, "due": 2030})["zoning"]
    assert found.base == pytest.approx(37.5, rel=1e-5)
    assert found.status == "on_track"


def test_an_unknown_population_is_not_assessable_and_named(tmp_path: Path) -> None:
    found = results(tmp_path)["population"]
    assert (found.status, found.passes, found.margin) == ("not_assessable", None, None)
    assert "Xã 3" in found.reason.vi


def test_indicators_bounds_growth_and_facts(tmp_path: Path) -> None:
    found = results(tmp_path)
    assert found["poor"].status == "met"  # under 0.5 is below 1
    assert found["revenue"].quantity is not None
    assert found["revenue"].quantity.value == 10.0
    assert found["revenue"].status == "met"
    assert found["boundary"].status == "met"
    assert "QĐ 1" in found["boundary"].reason.vi
    assert found["unheard"].status == "not_assessable"


def test_before_the_fact_it_is_not_done(tmp_path: Path) -> None:
    found = results(tmp_path, on="2023-05-31")
    assert (found["boundary"].status, found["boundary"].passes) == ("behind", False)


def test_an_indicator_counts_once_its_year_is_over(tmp_path: Path) -> None:
    found = results(tmp_path, on="2023-12-30")
    assert found["poor"].quantity is not None
    assert found["poor"].quantity.value == 3.0
    assert found["poor"].passes is False


def test_without_a_row_it_says_where_to_enter_it(tmp_path: Path) -> None:
    found = results(tmp_path, indicators=tiny_indicators().iloc[:0])
    for name in ("poor", "revenue"):
        assert found[name].status == "not_assessable"
        assert "indicators.csv" in found[name].reason.vi


def test_a_class_is_met_when_it_was_recognised(tmp_path: Path) -> None:
    assert results(tmp_path)["class"].passes is not True
    met = results(tmp_path / "b", **{"class": {"metric": "III"}})["class"]
    assert met.status == "met"


def test_the_order_of_units_does_not_matter(tmp_path: Path) -> None:
    once = results(tmp_path / "a")
    layers = tiny_layers()
    layers["communes"] = layers["communes"].iloc[::-1].reset_index(drop=True)
    folder = write_city(tmp_path / "b", layers, targets=tiny_targets(), indicators=tiny_indicators())
    for name in ("unit_kinds.csv", "population.csv"):
        (folder / name).write_bytes((tmp_path / "a" / "w" / "tiny" / name).read_bytes())
    city = geoplan.open_city("tiny", workspace=tmp_path / "b")
    again = {t.target.id.removeprefix("900."): t for t in geoplan.assess(city).judgement.targets}
    for name, found in once.items():
        assert (again[name].status, again[name].gap_unit) == (found.status, found.gap_unit)
        assert again[name].gap == pytest.approx(found.gap)
        assert [p.code for p in again[name].places] == [p.code for p in found.places]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("20x4,city,poor_households,1,,s", "dòng 2: “20x4” không phải là năm"),
        ("2024,city,poor_households,1,more,s", "qualifier “more”"),
        ("2024,city,poor_households,,,s", "thiếu giá trị"),
        ("2024,city,nobody_knows,1,,s", "không có chỉ số “nobody_knows”"),
        (
            "2024,city,poor_households,1,,s\n2024,city,poor_households,2,,s",
            "dòng 3: chỉ số này của năm này đã có",
        ),
        ("2024,city,poor_households,many,,s", "“many” không phải là số"),
        ("2024,city,planned_centre,1,,s", "“1.0” không phải là một trong các mức no, yes"),
        ("2024,city,poor_households,12.345,,s", "có thể là hai số khác nhau"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(row: str, sentence: str) -> None:
    from io import StringIO  # noqa: PLC0415 - only here

    text = "year,scope,indicator,value,qualifier,source\n" + row
    with pytest.raises(DataError, match=sentence):
        read_entries(pd.read_csv(StringIO(text), dtype=str, keep_default_na=False))


@given(base=st.floats(0, 100), goal=st.floats(0, 100), days=st.integers(0, 1460))
def test_the_line_is_straight_and_ends_at_the_target(base: float, goal: float, days: int) -> None:
    from geoplan.criteria.targets import _expected  # noqa: PLC0415

    target = TargetFile.model_validate(tiny_targets()).targets[0].model_copy(update={"value": goal})
    since, due = dt.date(2022, 1, 1), dt.date(2025, 12, 31)
    on = since + dt.timedelta(days=days)
    line = _expected(target, (base, since), on, due)
    assert line is not None
    assert line == pytest.approx(base + (goal - base) * days / (due - since).days, abs=1e-9)
    assert min(base, goal) - 1e-9 <= line <= max(base, goal) + 1e-9
