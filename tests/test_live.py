"""Coverage that follows its plans, against coverage measured afresh."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, Point, Polygon

import geoplan
from cities import square, tiny_layers
from geoplan.errors import CrsError, DataError, DataWarning, UsageError, listening
from geoplan.measures.live import LiveCoverage

if TYPE_CHECKING:
    from collections.abc import Callable

Engine = Literal["geos", "sweep"]
ON = "2024-01-18"
ENGINES: tuple[Engine, ...] = ("geos", "sweep")
DATES = ["2019-12-31", "2020-01-01", "2021-06-30", "2022-05-01", "2024-01-18", "2031-01-01"]
BOWTIE = Polygon([(105.8, 21.4), (105.82, 21.41), (105.82, 21.4), (105.8, 21.41)])
"""Two triangles that meet in a point: invalid, and mended to both."""


def dated_plans() -> gpd.GeoDataFrame:
    """Plans of the tiny city, one that ends, one that is drafted and one far away."""
    plans = tiny_layers()["plans"]
    more = gpd.GeoDataFrame(
        {
            "id": ["P4", "P5", "P6"],
            "kind": ["zoning", "detailed", "zoning"],
            "status": ["approved", "drafting", "approved"],
            "approved_on": ["2019-01-01", None, "2019-01-01"],
            "expires_on": ["2022-05-01", None, None],
        },
        geometry=[square(2.5, 0.5, 1.2, 1), square(2.9, 0.1, 0.3, 0.3), square(40, 0)],
        crs=4326,
    )
    return pd.concat([plans, more], ignore_index=True)


class Both:
    """The same plans followed and in a layer that is measured afresh; every plan's state by hand or by date."""

    def __init__(self, engine: Engine) -> None:
        layers = tiny_layers()
        self.communes, self.urban = layers["communes"], layers["urban_land"]
        self.plans, self.on, self.said = dated_plans(), dt.date(2024, 1, 18), dict[str, bool]()
        self.live = LiveCoverage(
            self.communes, plans=self.plans, on=self.on, urban_land=self.urban, engine=engine
        )

    def _afresh(self) -> pd.DataFrame:
        plans = self.plans.copy()
        for plan, said in self.said.items():
            row = plans["id"] == plan
            plans.loc[row, ["status", "approved_on"]] = ["approved" if said else "drafting", "2000-01-01"]
            plans.loc[row, ["expires_on", "superseded_on"]] = None
        return geoplan.coverage(self.communes, plans=plans, on=self.on, urban_land=self.urban, engine="geos")

    def agree(self) -> None:
        """Hold the one against the other."""
        mine, fresh = self.live.table, self._afresh()
        pd.testing.assert_frame_equal(mine, fresh, rtol=1e-9, atol=1e-9)

    def put(self, plan: str, **columns: Any) -> None:
        """Write into the layer."""
        row = self.plans.index[self.plans["id"] == plan][0]
        for column, value in columns.items():
            self.plans.at[row, column] = value  # noqa: PD008 - a geometry in one cell


def places() -> st.SearchStrategy[Polygon]:
    """Boxes on a grid of quarter cells, so that borders coincide; some invalid, of two parts, or nowhere."""
    at = st.integers(-4, 18).map(lambda k: k / 4)
    size = st.integers(1, 10).map(lambda k: k / 4)
    boxes = st.builds(square, at, st.integers(-2, 3).map(lambda k: k / 4), size, size)
    pairs = st.builds(shapely.union, boxes, boxes)
    return st.one_of(boxes, boxes, pairs, st.sampled_from([BOWTIE, square(30, 0)]))


def steps() -> st.SearchStrategy[tuple[str, Any]]:
    plan = st.sampled_from(["P1", "P2", "P3", "P4", "P5", "P6", "N1", "N2"])
    kind = st.sampled_from(["zoning", "detailed", "zoning", "của tôi"])
    return st.one_of(
        st.tuples(st.just("geometry"), st.tuples(plan, places())),
        st.tuples(st.just("in_force"), st.tuples(plan, st.sampled_from([True, False, "by_date"]))),
        st.tuples(st.just("kind"), st.tuples(plan, kind)),
        st.tuples(st.just("on"), st.sampled_from(DATES)),
        st.tuples(st.just("add"), st.tuples(places(), kind)),
        st.tuples(st.just("remove"), plan),
    )


def take(both: Both, step: str, what: Any) -> None:
    """One step on both sides; a plan that is not there is refused by the one and left alone by the other."""
    live, there = both.live, set(both.plans["id"])
    if step == "on":
        both.on = dt.date.fromisoformat(what)
        live.on(what)
    elif step == "add":
        new = next(name for name in ("N1", "N2", "N3", "N4", "N5", "N6", "N7") if name not in there)
        row = gpd.GeoDataFrame({"id": [new], "kind": [what[1]]}, geometry=[what[0]], crs=4326)
        both.plans = pd.concat([both.plans, row], ignore_index=True)
        both.said[new] = True
        live.add(new, geometry=what[0], kind=what[1])
    elif step == "remove" and what in there:
        both.plans = both.plans[both.plans["id"] != what].reset_index(drop=True)
        both.said.pop(what, None)
        live.remove(what)
    elif step != "remove" and what[0] in there:
        live.change(what[0], **{step: what[1]})
        if step != "in_force":
            both.put(what[0], **{step: what[1]})
        elif what[1] != "by_date":
            both.said[what[0]] = what[1]
        elif not what[0].startswith("N"):  # a plan that was added has no dates
            both.said.pop(what[0], None)
        else:
            both.said[what[0]] = False


@pytest.mark.parametrize("engine", ENGINES)
@settings(max_examples=20, deadline=None)
@given(st.lists(steps(), min_size=1, max_size=8))
def test_after_any_changes_it_is_what_a_fresh_measure_gives(
    engine: Engine, changes: list[tuple[str, Any]]
) -> None:
    with listening():
        both = Both(engine)
        for step, what in changes:
            take(both, step, what)
        both.agree()


@pytest.mark.parametrize("engine", ENGINES)
def test_only_the_communes_that_the_plan_touches_are_measured_again(engine: Engine) -> None:
    """P3 lies in commune 0, P1 in 0 and 1, P6 in none; a border that is shared is touched."""
    both = Both(engine)
    live = both.live
    for land in live._sums:
        land.km2[:] = -5
    before = live.table
    assert live.change("P3", in_force=False).tolist() == [0]
    assert live.table.loc[[1, 2, 3]].equals(before.loc[[1, 2, 3]])
    assert [(land.km2 != -5).any(axis=(1, 2)).tolist() for land in live._sums] == 2 * [[True] + 3 * [False]]
    both = Both(engine)
    live = both.live
    assert live.change("P3", in_force=False).tolist() == [0]
    assert live.change("P3", in_force=False).tolist() == []
    assert live.change("P3", geometry=square(3.2, 0)).tolist() == []
    assert live.change("P3", in_force=True).tolist() == [3]
    assert live.change("P3", geometry=square(1.5, 0.2, 0.2, 0.2)).tolist() == [1, 3]
    assert live.change("P3", geometry=square(0.5, 0.2, 0.5, 0.2)).tolist() == [0, 1]
    assert live.change("P6", in_force=False).tolist() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_date_puts_only_the_plans_whose_state_it_changes(engine: Engine) -> None:
    """P4 (communes 2 and 3) ends on 2022-05-01, P3 (0) begins on 2022-01-01, P2 (1) on 2021-01-01."""
    live = Both(engine).live
    assert live.on("2024-06-01").tolist() == []
    assert live.on("2022-05-01").tolist() == []
    assert live.on("2022-04-30").tolist() == [2, 3]
    assert live.on("2021-12-31").tolist() == [0]
    assert live.on("2020-06-01").tolist() == [1]
    live.change("P5", in_force=True)
    assert live.on("2018-01-01").tolist() == [0, 1, 2, 3]
    row = live.table.query("plan_kind == 'detailed' and denominator == 'natural'")
    assert (row["covered_km2"] > 0).tolist() == [False, False, True, True]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_plan_larger_than_all_others_and_one_round_the_world(engine: Engine) -> None:
    both = Both(engine)
    rough = shapely.segmentize(square(-1, -1, 6, 3), 1e-4)
    for outline in (rough, Polygon([(-170, -60), (170, -60), (170, 80), (-170, 80)])):
        both.live.change("P3", geometry=outline)
        both.put("P3", geometry=outline)
        both.agree()


def test_the_engines_say_their_name_and_the_table_is_a_copy() -> None:
    for engine in ENGINES:
        live = Both(engine).live
        assert live.table.attrs["engine"] == engine
        table = live.table
        table["covered_km2"] = 0.0
        assert live.table["covered_km2"].sum() > 0


def test_an_invalid_outline_is_mended_and_named() -> None:
    live = Both("geos").live
    with pytest.warns(DataWarning, match="P3"):
        live.change("P3", geometry=BOWTIE)
    first = live.table.query("plan_kind == 'detailed' and denominator == 'natural'").iloc[0]
    assert 0 < first["covered_km2"] < first["denominator_km2"]


def test_an_outline_may_come_in_the_layers_own_system() -> None:
    live, other = Both("geos").live, Both("geos").live
    drawn = gpd.GeoSeries([square(1.1, 0.1, 0.3, 0.3), square(1.3, 0.1, 0.3, 0.3)], crs=4326)
    live.change("P3", geometry=drawn.to_crs(3405))
    other.change("P3", geometry=shapely.union_all(drawn.to_numpy()))
    pd.testing.assert_frame_equal(live.table, other.table, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        (lambda live: live.change("P9"), UsageError),
        (lambda live: live.remove("P9"), UsageError),
        (lambda live: live.add("P1", geometry=square(0, 0), kind="zoning"), UsageError),
        (lambda live: live.change("P1", geometry=Point(105.8, 21.4)), DataError),
        (lambda live: live.change("P1", geometry=Polygon()), DataError),
        (lambda live: live.add("N1", geometry=LineString([(105, 21), (106, 22)]), kind="zoning"), DataError),
        (lambda live: live.change("P1", geometry=gpd.GeoSeries([square(0, 0)])), CrsError),
        (lambda live: live.change("P1", geometry=Polygon([(105, 21), (106, 21), (106, np.inf)])), DataError),
        (lambda live: live.on("hôm qua"), UsageError),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    wrong: Callable[[LiveCoverage], object], what: type[Exception]
) -> None:
    live = Both("geos").live
    before = live.table
    with pytest.raises(what):
        wrong(live)
    assert live.table.equals(before)
    assert live.on(ON).tolist() == []


def test_two_plans_of_one_id_are_no_one_plan() -> None:
    layers = tiny_layers()
    plans = layers["plans"].assign(id="P")
    live = LiveCoverage(layers["communes"], plans=plans, on=ON)
    with pytest.raises(UsageError, match="3 đồ án"):
        live.change("P", in_force=False)
    unnamed = LiveCoverage(layers["communes"], plans=layers["plans"].drop(columns="id"), on=ON)
    assert unnamed.change("2", in_force=False).tolist() == [0]
