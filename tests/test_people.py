"""People of units: one series, what the source converted, and the formula only when it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import pytest

import geoplan
from cities import tiny_layers, write_city
from geoplan.cli import main
from geoplan.people import equivalent_residents

if TYPE_CHECKING:
    from pathlib import Path


def write_people(root: Path, **columns: list[str]) -> geoplan.City:
    """The tiny city with more columns in ``population.csv``."""
    folder = write_city(root, tiny_layers())
    table = pd.read_csv(folder / "population.csv", dtype=str, keep_default_na=False)
    table.assign(**columns).to_csv(folder / "population.csv", index=False)
    return geoplan.open_city("tiny", workspace=root)


def test_the_formula_by_hand() -> None:
    """10,000 visits of 73 days: 2 · 10,000 · 73 / 365 = 4,000 residents."""
    got = equivalent_residents(pd.Series([10_000.0, None]), pd.Series([73.0, 73.0]))
    assert got[0] == 4_000
    assert pd.isna(got[1])


def test_what_the_source_converted_counts_and_is_said(tmp_path: Path) -> None:
    city = write_people(tmp_path, converted=["500", "", ""])
    assert list(city.communes["population"])[:3] == [11_500, 2_000, 3_000]
    sources = list(city.communes["population_source"])
    assert "tạm trú đã quy đổi" in sources[0]
    assert "quy đổi" not in sources[1]


def test_the_formula_runs_only_when_asked_for_and_says_what_it_is(tmp_path: Path) -> None:
    city = write_people(
        tmp_path, converted=["", "100", ""], temporary=["10000", "10000", ""], mean_days=["73", "73", "9"]
    )
    assert list(city.communes["population"])[:3] == [11_000, 2_100, 3_000]
    counting = city.counting_temporary()
    assert list(counting.communes["population"])[:3] == [15_000, 2_100, 3_000]
    assert list(city.communes["population"])[:3] == [11_000, 2_100, 3_000], "a view is frozen"
    said = counting.communes["population_source"].iloc[0]
    assert "N0 = 2·Nt·m/365" in said
    assert "chưa kiểm chứng" in said
    quantity = geoplan.assess(counting).quantities["population", "00001"]
    assert quantity.value == 15_000
    assert any("chưa kiểm chứng" in source for source in quantity.sources)


@pytest.mark.parametrize("on", ["2019-04-01", "2024-01-18"])
def test_an_unknown_population_stays_unknown(tmp_path: Path, on: str) -> None:
    city = write_people(tmp_path, temporary=["1", "1", "1"], mean_days=["9", "9", "9"]).as_of(on)
    assert pd.isna(city.counting_temporary().communes["population"].iloc[3])


def test_the_command_line_asks_for_the_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_people(tmp_path, temporary=["10000", "", ""], mean_days=["73", "", ""])
    call = ["explain", "tiny", "population", "--scope", "00001", "--workspace", str(tmp_path)]
    assert main(call) == 0
    assert "11.000 người" in capsys.readouterr().out
    assert main([*call, "--convert-temporary"]) == 0
    said = capsys.readouterr().out
    assert "15.000 người" in said
    assert "chưa kiểm chứng" in said
