"""A city through time: the same figures as on each date by itself, and every date that matters."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal
from shapely.geometry import Polygon

import geoplan
from cities import square, tiny_layers, write_city
from conftest import CITIES
from geoplan import measures, schema
from geoplan.errors import DataWarning, UsageError, listening
from geoplan.measures.totals import groups
from geoplan.timeline import DENOMINATORS, Timeline, timeline
from geoplan.workspace import open_city

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.city import City

FIGURES = ["code", "plan_kind", "denominator", "coverage_pct", "covered_km2", "denominator_km2"]


def assert_as_measured(city: City, found: Timeline, on: pd.Timestamp, day: dt.date) -> None:
    """What the timeline says from `on` is what measuring the city on `day` gives, to the last bit."""
    view = replace(city, on=day)
    units = view.communes
    plans = found.plans[found.plans["date"] == on]
    with listening():
        assert plans["in_force"].tolist() == measures.in_force(city.plans, on=day).tolist()
    zones = found.zones[found.zones["date"] == on]
    assert zones["established"].tolist() == (view.industrial_zones["status"] == "established").tolist()
    rows = found.coverage[found.coverage["date"] == on]
    if units.empty:
        assert rows.empty
        return
    with listening():
        table = measures.coverage(units, plans=city.plans, on=day, urban_land=view.urban_land)
    table = table[table["denominator"].isin(DENOMINATORS)]
    alike = {"check_exact": True, "check_dtype": False}
    assert_frame_equal(rows[FIGURES].reset_index(drop=True), table[FIGURES].reset_index(drop=True), **alike)
    assert (
        rows["unit_from"].tolist() == units["valid_from"].loc[table.index].tolist()
        or (rows["unit_from"].isna() == units["valid_from"].loc[table.index].isna().to_numpy()).all()
    )
    totals = found.totals[found.totals["date"] == on].drop(columns="date").reset_index(drop=True)
    assert_frame_equal(totals, measures.coverage_totals(table, members=groups(units)), **alike)


@pytest.mark.parametrize("name", CITIES)
def test_the_bundled_cities_on_every_date(name: str) -> None:
    city = geoplan.open_city(name)
    found = timeline(city)
    days = found.steps["date"].tolist()
    assert days == sorted(set(days))
    assert days[0] == pd.Timestamp(city.info.record_from)
    assert days[-1] <= pd.Timestamp(max([city.on, *(d.on for d in city.info.dates)]))
    assert len(days) > 20
    for day in days:
        assert_as_measured(city, found, day, day.date())


@pytest.mark.parametrize("name", CITIES)
def test_nothing_changes_between_the_dates(name: str) -> None:
    """Midway to the next date, and on the eve of it, all is as it was."""
    city = geoplan.open_city(name)
    found = timeline(city)
    days = found.steps["date"].tolist()
    for day, following in list(itertools.pairwise(days))[::12]:
        assert_as_measured(city, found, day, (following - pd.Timedelta(days=1)).date())
        assert_as_measured(city, found, day, (day + (following - day) // 2).date())


@pytest.fixture
def eras(tmp_path: Path) -> City:
    """The small city of four communes; 00003 and 00004 become one, 00002 a ward, before it ends."""
    layers = tiny_layers()
    communes = layers["communes"]
    merged = communes.iloc[[2]].assign(code="00005", name="Hợp Nhất", valid_from="2023-07-01")
    merged["geometry"] = [square(2, 0, 2)]
    communes.loc[[2, 3], "valid_to"] = "2023-07-01"
    layers["communes"] = pd.concat([communes, merged], ignore_index=True)
    plans = layers["plans"]
    plans.loc[0, "expires_on"] = "2023-01-01"
    plans.loc[1, "superseded_on"] = "2022-01-01"
    folder = write_city(tmp_path, layers)
    kinds = pd.read_csv(folder / "unit_kinds.csv", dtype=str, keep_default_na=False)
    kinds.loc[kinds["code"] == "00002", "valid_to"] = "2022-06-01"
    kinds.loc[kinds["code"] == "00005", "unit_from"] = "2023-07-01"
    turned = pd.DataFrame(
        {"code": ["00002"], "unit_from": "", "kind": "ward", "valid_from": "2022-06-01", "valid_to": ""}
    )
    pd.concat([kinds, turned]).to_csv(folder / "unit_kinds.csv", index=False)
    return open_city("tiny", workspace=tmp_path)


def test_every_change_is_a_step_and_says_why(eras: City) -> None:
    steps = timeline(eras).steps
    assert [(day.date().isoformat(), why.vi) for day, why in steps.itertuples(index=False)] == [
        ("2000-01-01", "Bắt đầu có số liệu"),
        ("2019-05-01", "Thành lập: Xã KCN"),
        ("2020-01-01", "Phê duyệt: Xã PK1"),
        ("2021-01-01", "Phê duyệt: Xã PK2"),
        ("2022-01-01", "Phê duyệt: Xã CT1; bị thay thế: Xã PK2"),
        ("2022-06-01", "Thành phường: Xã 1"),
        ("2023-01-01", "Hết hạn: Xã PK1"),
        ("2023-07-01", "Thành lập xã: Hợp Nhất; chấm dứt: Xã 2, Xã 3"),
    ]
    english = [why.en for why in steps["why"]]
    assert english[-1] == "Commune formed: Hợp Nhất; ceased: Xã 2, Xã 3"
    assert english[4] == "Approved: Xã CT1; superseded: Xã PK2"


def test_figures_that_a_person_can_check(eras: City) -> None:
    found = timeline(eras)
    rows = found.coverage[
        (found.coverage["plan_kind"] == "zoning") & (found.coverage["denominator"] == "natural")
    ]
    share = rows.pivot_table(index="date", columns="code", values="coverage_pct").round(3)
    assert share.loc["2019-05-01"].dropna().to_dict() == {"00001": 0, "00002": 0, "00003": 0, "00004": 0}
    assert share.loc["2020-01-01"].dropna().to_dict() == {"00001": 100, "00002": 50, "00003": 0, "00004": 0}
    assert share.loc["2021-01-01"]["00002"] == 75
    assert share.loc["2022-01-01"]["00002"] == 50
    assert share.loc["2023-01-01"]["00002"] == 0
    assert share.loc["2023-07-01"].dropna().to_dict() == {"00001": 0, "00002": 0, "00005": 0}
    totals = found.totals[
        (found.totals["plan_kind"] == "zoning") & (found.totals["denominator"] == "natural")
    ]
    wards = totals[totals["group"] == "wards"].set_index("date")["units"]
    assert wards.loc[["2022-01-01", "2022-06-01"]].tolist() == [1, 2]
    assert (totals.groupby("date")["group"].first() == "all").all()
    for day in found.steps["date"]:
        assert_as_measured(eras, found, day, day.date())


def test_until(eras: City) -> None:
    assert len(timeline(eras, until="2021-12-31").steps) == 4
    assert len(timeline(eras, until="2022-01-01").steps) == 5
    assert len(timeline(eras, until=dt.date(2000, 1, 1)).steps) == 1
    with pytest.raises(UsageError, match="số liệu bắt đầu từ 01/01/2000"):
        timeline(eras, until="1999-12-31")
    assert timeline(eras).steps["date"].max() <= pd.Timestamp(eras.on)
    later = replace(eras, on=dt.date(2021, 6, 1))
    assert timeline(later).steps["date"].max() == pd.Timestamp("2021-01-01")


def test_the_date_of_the_view_does_not_matter(eras: City) -> None:
    once, again = (timeline(eras.as_of(on), until="2024-01-18") for on in ("2020-06-01", "2023-12-01"))
    for name in ("steps", "coverage", "totals", "plans", "zones"):
        assert_frame_equal(getattr(once, name), getattr(again, name), check_exact=True)


def test_progress_and_notes(eras: City) -> None:
    seen: list[tuple[int, int]] = []
    bow = Polygon([(105.8, 21.4), (105.81, 21.41), (105.81, 21.4), (105.8, 21.41)])
    city = with_plans(eras, eras.plans.set_geometry([bow, *eras.plans.geometry[1:]]))
    found = timeline(city, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(i + 1, 8) for i in range(8)]
    assert [note.vi for note in found.notes] == ["plans: đã sửa 1 hình không hợp lệ: Xã PK1."]
    assert all(isinstance(note, DataWarning) for note in found.notes)


def test_a_time_without_units(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["valid_from"] = "2020-06-01"
    layers["communes"]["valid_to"] = "2023-01-01"
    folder = write_city(tmp_path, layers)
    for name in ("unit_kinds.csv", "population.csv"):
        table = pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        table.assign(unit_from="2020-06-01").to_csv(folder / name, index=False)
    city = open_city("tiny", workspace=tmp_path, on=dt.date(2021, 1, 1))
    found = timeline(city, until="2024-01-01")
    whys = dict(zip(found.steps["date"].dt.strftime("%Y-%m-%d"), found.steps["why"], strict=True))
    assert whys["2020-06-01"].vi.startswith("Thành lập")
    assert whys["2023-01-01"].vi == "Chấm dứt: Xã 0, Xã 1, Xã 2 và 1 nữa"
    for day in found.steps["date"]:
        assert_as_measured(city, found, day, day.date())
    assert set(found.coverage["date"]) == {d for d in found.steps["date"] if "2020-06" <= str(d) < "2023"}


def with_plans(city: City, plans: gpd.GeoDataFrame) -> City:
    frame = schema.conform(plans, "plans", what="plans")
    return replace(city, layers={**city.layers, "plans": replace(city.layers["plans"], frame=frame)})


DAYS = [f"20{y:02}-{m:02}-01" for y in range(18, 25) for m in (1, 7)]
SHAPES = st.tuples(
    st.floats(-1, 4), st.floats(-0.5, 0.5), st.floats(0.05, 3), st.floats(0.05, 1.5), st.booleans()
)
PLAN = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["general", "zoning", "detailed", "khác"]),
        "status": st.sampled_from(["approved", "approved", "drafting", "expired", "superseded", None]),
        "approved_on": st.sampled_from([*DAYS, None]),
        "expires_on": st.sampled_from([*DAYS, None, None, None]),
        "superseded_on": st.sampled_from([*DAYS, None, None, None]),
        "shape": SHAPES,
    }
)


def drawn(shape: tuple[float, float, float, float, bool]) -> Polygon:
    """A box or a bow-tie, which has to be mended first."""
    west, south, east, north = square(*shape[:4]).bounds
    if shape[4]:
        return Polygon([(west, south), (east, north), (east, south), (west, north)])
    return square(*shape[:4])


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(PLAN, max_size=5), data=st.data())
def test_any_plans_as_measured_on_any_date(
    eras: City, rows: list[dict[str, Any]], data: st.DataObject
) -> None:
    table = pd.DataFrame(rows, columns=["kind", "status", "approved_on", "expires_on", "superseded_on"])
    table = table.assign(
        id=[f"P{i}" for i in range(len(rows))], name=[f"Đồ án {i}" for i in range(len(rows))]
    )
    shapes = np.array([drawn(row["shape"]) for row in rows], dtype=object)
    city = with_plans(eras, gpd.GeoDataFrame(table, geometry=shapes, crs=4326))
    found = timeline(city)
    days = found.steps["date"]
    chosen = data.draw(st.lists(st.sampled_from(days.dt.date.tolist()), max_size=4, unique=True))
    for day in [*chosen, days.iloc[-1].date(), data.draw(st.dates(dt.date(2017, 1, 1), eras.on))]:
        assert_as_measured(city, found, days[days <= pd.Timestamp(day)].max(), day)
    assert len(found.plans) == len(rows) * len(days)
