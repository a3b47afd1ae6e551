"""What if: each change of a city, on squares that a person can check and on the real cities."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod

import geoplan
from cities import square, tiny_layers, write_city
from geoplan.assessment import measure
from geoplan.errors import CrsError, DataError, DataWarning, UsageError
from geoplan.workspace import open_city

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from shapely import Polygon

    from geoplan.city import City

    Step = Callable[[City], City]

HOSTILE = "<img src=x onerror=alert(1)> {{7*7}} \x1b[31m"
DAY = dt.date(2024, 1, 18)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The small city, opened once: no change may alter it."""
    root = tmp_path_factory.mktemp("town")
    write_city(root, tiny_layers())
    return open_city("tiny", workspace=root)


def geodesic_km2(shape: Polygon) -> float:
    """The outside oracle: Karney's sums on the ellipsoid."""
    return abs(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0]) / 1e6


def kinds(city: City) -> dict[str, str]:
    units = city.communes
    return dict(zip(units["name"], units["kind"], strict=True))


def people(city: City) -> dict[str, float]:
    units = city.communes
    return dict(zip(units["name"], units["population"], strict=True))


def state(city: City) -> tuple[object, ...]:
    """All that a city holds, to see that it stays as it is."""
    frames = {n: la.frame.to_wkt().to_csv() for n, la in city.layers.items()}
    return (
        frames, city.kinds.to_csv(), city.populations.to_csv(), city.on, city.changes, city.title(),
        [la.sha256 for la in city.layers.values()],
    )  # fmt: skip


def held(city: City) -> list[str]:
    """What a city shows on its date, whatever the order of its rows."""
    frames = (city.communes, city.plans, city.industrial_zones)
    return [frame.to_wkt().astype(str).sort_values("name").to_csv(index=False) for frame in frames]


def land(city: City) -> float:
    return sum(geodesic_km2(shape) for shape in city.communes.geometry)


def zoning(shape: object = None, crs: int | None = 4326, **columns: list[object]) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(columns, geometry=[square(2, 0) if shape is None else shape], crs=4326)
    return frame.set_crs(None, allow_override=True) if crs is None else frame.to_crs(crs)


def value(city: City, metric: str, scope: str = "city") -> float:
    found = measure(city).quantities[metric, scope].value
    assert found is not None
    return found


# --- wards ------------------------------------------------------------------------------------------


def test_wards_move_the_inner_area_by_exactly_those_units(town: City) -> None:
    changed = town.with_wards(["Xã 1"])
    assert kinds(changed) == {"Xã 0": "ward", "Xã 1": "ward", "Xã 2": "commune", "Xã 3": "commune"}
    assert value(changed, "population", "wards") == 13000
    assert value(town, "population", "wards") == 11000
    one = geodesic_km2(square(0, 0)) + geodesic_km2(square(1, 0))
    # the oracle's edges are geodesics, ours straight in longitude and latitude
    assert value(changed, "area", "wards") == pytest.approx(one, rel=1e-8)
    assert value(changed, "area") == value(town, "area")
    assert not changed.communes["ward_candidate"].any()


@pytest.mark.parametrize("name", ["00002", "Xã 1", "xa 1", "XÃ 1", " Xã 1 "])
def test_units_are_found_by_code_and_by_name_without_diacritics(town: City, name: str) -> None:
    assert kinds(town.with_wards([name]))["Xã 1"] == "ward"


def test_one_name_is_one_unit_not_its_letters(town: City) -> None:
    assert town.with_wards("Xã 1").changes[0].units == ("00002",)


def test_before_its_day_a_change_is_not_there(town: City) -> None:
    changed = town.with_wards(["Xã 1"], on="2024-06-01")
    assert kinds(changed.as_of("2024-05-31")) == kinds(town.as_of("2024-05-31"))
    assert kinds(changed)["Xã 1"] == "commune"
    assert kinds(changed.as_of("2024-06-01"))["Xã 1"] == "ward"
    assert kinds(changed.as_of("2030-01-01"))["Xã 1"] == "ward"


def test_a_later_lawful_event_stays() -> None:
    """Việt Yên's communes became wards on 1 February 2024 and merged on 1 July 2025."""
    city = geoplan.open_city("viet-yen", on=dt.date(2024, 1, 18))
    one = city.communes["name"].iloc[0]
    lawful = {day: kinds(city.as_of(day)) for day in ("2024-02-01", "2025-07-01")}
    changed = city.with_wards([one])
    assert kinds(changed)[one] == "ward"
    for day, known in lawful.items():
        later = kinds(changed.as_of(day))
        assert later.keys() == known.keys()
        assert {k: v for k, v in later.items() if k != one} == {k: v for k, v in known.items() if k != one}


def test_wards_that_cannot_be(town: City) -> None:
    with pytest.raises(UsageError, match="đã là phường ngày 18/01/2024") as told:
        town.with_wards(["Xã 0"])
    assert "is a ward on 2024-01-18 already" in told.value.en
    with pytest.raises(UsageError, match="không phải tên của đúng một đơn vị") as told:
        town.with_wards(["Xã 9"])
    assert "Xã 3" in told.value.vi  # what there is
    with pytest.raises(UsageError, match="số liệu bắt đầu từ"):
        town.with_wards(["Xã 1"], on="1999-12-31")


def test_a_name_of_two_units_needs_the_code(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["name"] = ["A", "Tân", "tân", "B"]
    write_city(tmp_path, layers)
    city = open_city("tiny", workspace=tmp_path)
    with pytest.raises(UsageError, match="00002, 00003"):
        city.with_wards(["tan"])
    changed = city.with_wards(["00003"])
    assert list(changed.communes["kind"]) == ["ward", "commune", "ward", "commune"]
    assert changed.changes[0].entry["units"] == ["00003"]  # its name would not be found again


# --- plans and zones ------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", [4326, 3405, 32648])
def test_a_plan_covers_exactly_what_it_lies_on(town: City, crs: int) -> None:
    changed = town.with_plans(zoning(crs=crs), kind="zoning")
    before = value(town, "coverage.zoning.natural", "00003")
    assert before == pytest.approx(0, abs=1e-9)
    assert value(changed, "coverage.zoning.natural", "00003") == pytest.approx(100, abs=1e-3)
    assert value(changed, "coverage.zoning.natural", "00004") == pytest.approx(0, abs=1e-4)


def test_a_plan_holds_from_its_day(town: City) -> None:
    changed = town.with_plans(zoning(), kind="zoning", on="2024-03-01")
    assert value(changed, "coverage.zoning.natural", "00003") == pytest.approx(0, abs=1e-9)
    assert value(changed.as_of("2024-03-01"), "coverage.zoning.natural", "00003") == pytest.approx(
        100, abs=1e-3
    )


def test_plans_added_twice_are_two_and_known_as_illustrative(town: City) -> None:
    plan = zoning(id=["P1"], name=["Khu mới"])
    twice = town.with_plans(plan, kind="zoning").with_plans(plan, kind="zoning")
    assert list(twice.plans["id"]) == ["P1", "P2", "P3", "P1 (2)", "P1 (3)"]
    assert twice.layers["plans"].standing == "illustrative"
    assert "phương án giả định" in twice.layers["plans"].source.vi.lower()
    assert twice.layers["plans"].sha256 != town.layers["plans"].sha256


def test_plans_that_cannot_be_used(town: City) -> None:
    with pytest.raises(CrsError):
        town.with_plans(zoning(crs=None), kind="zoning")
    with pytest.raises(DataError):
        town.with_plans(zoning())  # no kind
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy([105.8], [21.4]), crs=4326)
    with pytest.raises((DataError, UsageError)):
        town.with_plans(points, kind="zoning")


def test_an_industrial_zone_is_added_or_changed(town: City) -> None:
    new = town.with_industrial_zone(
        "KCN 2", geometry=square(3, 0, 0.5, 0.5), area_declared_ha=30, leased_ha=15
    )
    assert list(new.industrial_zones["name"]) == ["Xã KCN", "KCN 2"]
    assert new.industrial_zones["status"].iloc[1] == "established"
    fuller = town.with_industrial_zone("xa kcn", leased_ha=50)
    assert value(town, "occupancy", "zone:Z1") == pytest.approx(50)
    assert value(fuller, "occupancy", "zone:Z1") == pytest.approx(100)
    later = town.with_industrial_zone("KCN 3", geometry=square(3, 0), on="2024-09-01")
    assert later.industrial_zones["status"].iloc[1] == "planned"
    with pytest.raises(UsageError, match="không có hình"):
        town.with_industrial_zone("KCN 2")
    with pytest.raises(UsageError, match="không có cột colour"):
        town.with_industrial_zone("Z1", colour="red")


# --- people -------------------------------------------------------------------------------------------


def test_people_of_some_units_are_replaced_and_the_others_stay(town: City) -> None:
    changed = town.with_population({"Xã 1": 5000.0, "xa 3": 700}, source="điều tra")
    assert people(changed) == {"Xã 0": 11000, "Xã 1": 5000, "Xã 2": 3000, "Xã 3": 700}
    sources = dict(zip(changed.communes["name"], changed.communes["population_source"], strict=True))
    assert sources["Xã 1"] == "giả định của phương án: điều tra"
    assert "giả định" not in sources["Xã 0"]
    again = changed.with_population({"Xã 1": 6000})
    assert people(again) == {"Xã 0": 11000, "Xã 1": 6000, "Xã 2": 3000, "Xã 3": 700}
    assert value(again, "population") == 20700


@pytest.mark.parametrize("figure", [-1, float("nan"), float("inf")])
def test_people_must_be_a_number_of_people(town: City, figure: float) -> None:
    with pytest.raises(UsageError, match="phải là số không âm"):
        town.with_population({"Xã 1": figure})


def test_a_unit_named_twice_is_one_sentence(town: City) -> None:
    with pytest.raises(UsageError, match="được nêu hai lần"):
        town.with_population({"Xã 1": 1.0, "00002": 2.0})


# --- mergers and what goes --------------------------------------------------------------------------------


def test_a_merger_keeps_land_and_people(town: City) -> None:
    changed = town.merge(["Xã 1", "Xã 2"], name="Mới")
    assert people(changed) == {"Xã 0": 11000, "Xã 3": pytest.approx(float("nan"), nan_ok=True), "Mới": 5000}
    assert kinds(changed)["Mới"] == "commune"
    assert changed.communes["code"].tolist() == ["00001", "00004", "00002+00003"]
    assert value(changed, "area") == pytest.approx(value(town, "area"), rel=1e-9)
    unit = changed.communes.set_index("name").loc["Mới"]
    assert pd.isna(unit["area_published_km2"])  # one of the two has none
    assert bool(unit["ward_candidate"])


def test_a_merger_is_another_layer_and_its_source_says_why(town: City) -> None:
    one, other = town.layers["communes"], town.merge(["Xã 1", "Xã 2"], name="Mới").layers["communes"]
    assert one.sha256 != other.sha256
    assert other.source.vi.endswith("Phương án giả định: nhập Xã 1, Xã 2 thành Mới.")
    assert one.standing == other.standing


def test_people_assumed_are_merged_and_a_merged_unit_can_be_given_people(town: City) -> None:
    merged = town.with_population({"Xã 1": 5000}).merge(["Xã 1", "Xã 2"], name="Mới")
    assert people(merged)["Mới"] == 8000
    assert people(merged.with_population({"Mới": 9000}))["Mới"] == 9000
    assert people(merged.with_population({"Mới": 9000}))["Xã 0"] == 11000
    assert people(town.with_population({"Xã 3": 1}).merge(["Xã 2", "Xã 3"], name="Mới"))["Mới"] == 3001


def test_a_merger_without_all_people_has_none(town: City) -> None:
    assert pd.isna(people(town.merge(["Xã 2", "Xã 3"], name="Mới"))["Mới"])


def test_a_merger_of_wards_is_a_ward_and_can_be_one(town: City) -> None:
    both = town.with_wards(["Xã 1"])
    assert kinds(both.merge(["Xã 0", "Xã 1"], name="Mới"))["Mới"] == "ward"
    mixed = town.merge(["Xã 0", "Xã 1"], name="Mới")
    assert kinds(mixed)["Mới"] == "commune"
    assert kinds(mixed.with_wards(["Mới"]))["Mới"] == "ward"
    assert kinds(town.merge(["Xã 0", "Xã 1"], name="Mới", kind="ward"))["Mới"] == "ward"


def test_mergers_that_are_none(town: City) -> None:
    for units in (["Xã 1"], ["Xã 1", "00002"]):
        with pytest.raises(UsageError, match="ít nhất hai đơn vị khác nhau"):
            town.merge(units, name="Mới")


def test_what_is_left_out(town: City) -> None:
    fewer = town.without(["P1", "Xã KCN", "Xã 3"])
    assert list(fewer.plans["id"]) == ["P2", "P3"]
    assert fewer.industrial_zones.empty
    assert list(fewer.communes["name"]) == ["Xã 0", "Xã 1", "Xã 2"]
    later = town.without(["Xã 3"], on="2024-06-01")
    assert len(later.communes) == 4
    assert len(later.as_of("2024-06-01").communes) == 3
    with pytest.raises(UsageError, match="không phải tên"):
        town.without(["Xã 8"])


def test_hung_yen_merger_and_wards_by_name() -> None:
    city = geoplan.open_city("hung-yen")
    wards = city.with_wards(["Bảo Khê", "lien phuong"])
    assert sum(k == "ward" for k in kinds(city).values()) == 7
    assert sum(k == "ward" for k in kinds(wards).values()) == 9
    assert value(wards, "population", "wards") == value(city, "population", "wards") + 7386 + 8492
    merged = city.merge(["Phú Cường", "Hùng Cường"], name="Cường Thịnh")
    assert len(merged.communes) == 16
    assert people(merged)["Cường Thịnh"] == people(city)["Phú Cường"] + people(city)["Hùng Cường"] == 10878
    assert value(merged, "population") == value(city, "population")
    assert (
        merged.communes.geometry.union_all().symmetric_difference(city.communes.geometry.union_all()).area
        < 1e-12
    )


def test_a_candidate_merged_away_is_counted_once() -> None:
    """Phú Cường is one of the five; merged, its land and people are the new unit's."""
    city = geoplan.open_city("hung-yen")
    merged = city.merge(["Phú Cường", "Hùng Cường"], name="Cường Thịnh")
    named = merged.named_candidates
    assert len(named) == len(city.named_candidates) == 5
    assert "Cường Thịnh" in set(named["name"])
    assert "Phú Cường" not in set(named["name"])


# --- fetched boundaries ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fetched(tmp_path_factory: pytest.TempPathFactory) -> City:
    """The small city with boundaries of its own, twice as tall as its schematic communes."""
    layers = tiny_layers()
    real = layers["communes"].drop(columns=["ward_candidate", "area_published_km2", "area_source"])
    layers["boundaries"] = real.set_geometry([square(i, 0, 1, 2) for i in range(4)], crs=4326)
    root = tmp_path_factory.mktemp("fetched")
    write_city(root, layers)
    return open_city("tiny", workspace=root)


def test_changes_hold_on_fetched_boundaries_too(fetched: City) -> None:
    tall = sum(geodesic_km2(square(i, 0, 1, 2)) for i in range(4))
    assert value(fetched, "area") == pytest.approx(tall, rel=1e-6)
    for changed in (
        fetched.with_wards(["Xã 1"]),
        fetched.merge(["Xã 1", "Xã 2"], name="Mới"),
        fetched.with_population({"Xã 1": 1}),
    ):
        assert "boundaries" in changed.layers
        assert value(changed, "area") == pytest.approx(tall, rel=1e-6)
    fewer = fetched.without(["Xã 3"])
    assert value(fewer, "area") == pytest.approx(0.75 * tall, rel=1e-6)


def reformed(root: Path) -> City:
    """The small city whose communes end on 1 July 2025, and fetched boundaries of four new units from then on."""
    layers = tiny_layers()
    new = layers["communes"].drop(columns=["ward_candidate", "area_published_km2", "area_source"])
    new = new.assign(code=["1", "2", "3", "4"], name=["Đ", "E", "F", "G"], valid_from="2025-07-01")
    layers["communes"]["valid_to"] = "2025-07-01"
    folder = write_city(root, layers | {"boundaries": new})
    kinds = pd.read_csv(folder / "unit_kinds.csv", dtype=str, keep_default_na=False)
    later = kinds.assign(code=new["code"], unit_from="2025-07-01", valid_from="2025-07-01")
    rows = pd.concat([kinds.assign(valid_to="2025-07-01"), later])
    rows.to_csv(folder / "unit_kinds.csv", index=False)
    return open_city("tiny", workspace=root).as_of("2025-08-01")


def test_units_that_only_fetched_boundaries_have_can_change_too(tmp_path: Path) -> None:
    city = reformed(tmp_path)
    assert list(city.with_wards(["E"]).communes["kind"]) == ["ward", "ward", "commune", "commune"]
    merged = city.merge(["E", "F"], name="M")
    assert kinds(merged) == {"Đ": "ward", "G": "commune", "M": "commune"}
    assert land(merged) == pytest.approx(land(city), rel=1e-9)
    assert kinds(merged.with_wards("m").without(["Đ"])) == {"G": "commune", "M": "ward"}
    for changed in (merged, city.without(["G"])):
        assert kinds(changed.as_of("2025-07-15")) == kinds(city.as_of("2025-07-15"))
        assert kinds(changed.as_of("2024-01-18")) == kinds(city.as_of("2024-01-18"))


# --- what holds of all changes ----------------------------------------------------------------------------------


STEPS: dict[str, Step] = {
    "wards": lambda c: c.with_wards(["Xã 1"]),
    "plans": lambda c: c.with_plans(zoning(name=["Mới"]), kind="zoning"),
    "people": lambda c: c.with_population({"Xã 2": 4321}),
    "zone": lambda c: c.with_industrial_zone("Z1", leased_ha=40),
    "without": lambda c: c.without(["P3"]),
}


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(sorted(STEPS)), count=st.integers(1, len(STEPS)))
def test_independent_changes_in_any_order_give_the_same_numbers(
    town: City, order: list[str], count: int
) -> None:
    before = state(town)
    chosen = order[:count]
    one, other = town, town
    for name in chosen:
        one = STEPS[name](one)
    for name in sorted(chosen):
        other = STEPS[name](other)
    assert state(town) == before
    assert len(one.changes) == count
    assert held(one) == held(other)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.sets(st.sampled_from(["Xã 0", "Xã 1", "Xã 2", "Xã 3"]), min_size=2),
    name=st.text(max_size=20).filter(str.strip),
)
def test_any_merger_keeps_land_people_and_history(town: City, parts: set[str], name: str) -> None:
    before = state(town)
    merged = town.merge(sorted(parts), name=name)
    assert state(town) == before
    assert len(merged.communes) == 4 - len(parts) + 1
    assert land(merged) == pytest.approx(land(town), rel=1e-9)
    known = merged.communes["population"]
    if "Xã 3" not in parts:
        assert known.sum() == 16000
    assert kinds(merged.as_of("2024-01-17")) == kinds(town.as_of("2024-01-17"))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(chosen=st.sets(st.sampled_from(["Xã 1", "Xã 2", "Xã 3"]), min_size=1))
def test_wards_change_no_land_and_no_people(town: City, chosen: set[str]) -> None:
    changed = town.with_wards(sorted(chosen))
    assert land(changed) == land(town)
    assert changed.communes["population"].sum() == 16000
    assert {name for name, kind in kinds(changed).items() if kind == "ward"} == {"Xã 0", *chosen}


def test_a_changed_city_says_so_everywhere(town: City) -> None:
    changed = town.with_wards(["Xã 1"]).with_population({"Xã 2": 4321.5})
    assert changed.title() == "Thành phố Thử – phương án giả định"
    assert changed.title("en") == "Thành phố Thử – a what-if scenario"
    assert town.title() == "Thành phố Thử"
    told = [text for label, text in changed.lines() if label == "Giả định"]
    assert told == ["18/01/2024: thành phường: Xã 1", "18/01/2024: dân số: Xã 2 4.322"]
    assert [c.on for c in changed.changes] == [DAY, DAY]


def test_hostile_names_stay_names(tmp_path: Path) -> None:
    write_city(tmp_path, tiny_layers(HOSTILE + " {}"))
    city = open_city("tiny", workspace=tmp_path)
    changed = (
        city.with_wards(["00002"])
        .merge(["00003", "00004"], name=HOSTILE)
        .with_plans(zoning(name=[HOSTILE]), kind="zoning")
    )
    assert HOSTILE in kinds(changed)
    assert changed._repr_html_().count("<img") == 0
    with pytest.raises(UsageError) as told:
        city.with_wards([HOSTILE * 3])
    assert "\x1b" not in told.value.vi.split("hãy chọn")[0]


# --- what the law does to a change later ---------------------------------------------------------------------


def test_parts_that_outlive_a_merged_unit_go_on_by_themselves() -> None:
    """Phương Chiểu ends on 1 December 2024, Tân Hưng on 1 July 2025: nothing of the city may be lost between."""
    city = geoplan.open_city("hung-yen")
    merged = city.merge(["Phương Chiểu", "Tân Hưng"], name="Mới")
    for day in ("2024-11-30", "2024-12-01", "2025-06-30", "2025-07-01"):
        then, lawful = merged.as_of(day), city.as_of(day)
        assert land(then) == pytest.approx(land(lawful), rel=1e-4), day
        assert then.communes["population"].sum() == lawful.communes["population"].sum()
    after = merged.as_of("2024-12-01").communes.set_index("name")
    assert "Mới" not in after.index
    assert (after.loc["Tân Hưng", "kind"], after.loc["Tân Hưng", "population"]) == ("commune", 4754)


def test_parts_go_on_within_fetched_boundaries_too(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"]["valid_to"] = [None, "2024-06-01", None, None]
    real = layers["communes"].drop(columns=["ward_candidate", "area_published_km2", "area_source"])
    layers["boundaries"] = real.set_geometry([square(i, 0, 1, 2) for i in range(4)], crs=4326)
    write_city(tmp_path, layers)
    city = open_city("tiny", workspace=tmp_path)
    merged = city.merge(["Xã 1", "Xã 2"], name="Mới")
    for day in ("2024-01-17", "2024-01-18", "2024-05-31", "2024-06-01", "2025-01-01"):
        then, lawful = merged.as_of(day), city.as_of(day)
        assert then._bounded
        assert land(then) == pytest.approx(land(lawful), rel=1e-9)
        assert then.communes["population"].sum() == lawful.communes["population"].sum()
    assert kinds(merged.as_of("2024-06-01")) == kinds(city.as_of("2024-06-01"))


def test_a_merged_unit_becomes_a_ward_when_the_law_makes_wards_of_its_parts() -> None:
    city = geoplan.open_city("viet-yen", on=dt.date(2024, 1, 18))
    later = city.as_of("2024-02-01").communes.set_index("code")["kind"]
    now = city.communes[city.communes["code"].map(later) == "ward"]
    parts = list(now.loc[now["kind"] != "ward", "code"][:2])
    merged = city.merge(parts, name="Mới")
    assert kinds(merged)["Mới"] == "commune"
    assert kinds(merged.as_of("2024-02-01"))["Mới"] == "ward"
    assert kinds(merged.as_of("2025-06-30"))["Mới"] == "ward"
    other = next(code for code in city.communes["code"] if later[code] == "commune")
    assert kinds(city.merge([parts[0], other], name="Mới").as_of("2024-02-01"))["Mới"] == "commune"


def test_assumed_people_stay_when_other_units_merge_by_law() -> None:
    city = geoplan.open_city("hung-yen")
    changed = city.with_population({"Bảo Khê": 20000})
    for day in ("2024-01-18", "2024-12-01", "2025-06-30"):
        lawful = people(city.as_of(day))
        assert people(changed.as_of(day)) == lawful | {"Bảo Khê": 20000}
    assert people(changed.as_of("2025-07-01")) == people(city.as_of("2025-07-01"))


def test_people_assumed_in_any_order_hold_from_their_days_on(town: City) -> None:
    for steps in ([("Xã 1", 5000, "2024-06-01"), ("Xã 2", 9000, "2024-03-01")],
                  [("Xã 2", 9000, "2024-03-01"), ("Xã 1", 5000, "2024-06-01")]):  # fmt: skip
        changed = town
        for name, many, day in steps:
            changed = changed.with_population({name: many}, on=day)
        assert people(changed.as_of("2024-04-01"))["Xã 1"] == 2000
        assert people(changed.as_of("2024-04-01"))["Xã 2"] == 9000
        later = people(changed.as_of("2024-07-01"))
        assert (later["Xã 1"], later["Xã 2"]) == (5000, 9000)
    last = changed.with_population({"Xã 1": 1}, on="2024-02-01")
    assert people(last.as_of("2024-05-01"))["Xã 1"] == 1
    assert people(last.as_of("2024-07-01"))["Xã 1"] == 5000  # given for June, whatever held before


def test_merged_people_say_all_their_sources_and_keep_temporary_residents(tmp_path: Path) -> None:
    folder = write_city(tmp_path, tiny_layers())
    table = pd.read_csv(folder / "population.csv", dtype=str, keep_default_na=False)
    table = table.assign(converted=["", "100", ""], temporary=["365", "", ""], mean_days=["10", "", ""])
    table.to_csv(folder / "population.csv", index=False)
    city = open_city("tiny", workspace=tmp_path)
    assert people(city.merge(["Xã 1", "Xã 2"], name="Mới"))["Mới"] == 5100
    two = table.assign(converted="", temporary=["365", "730", ""], mean_days=["10", "40", ""])
    two.to_csv(folder / "population.csv", index=False)
    counted = open_city("tiny", workspace=tmp_path).counting_temporary()
    assert people(counted.merge(["Xã 0", "Xã 1"], name="Mới"))["Mới"] == pytest.approx(13000 + 20 + 160)
    mixed = city.with_population({"Xã 2": 9}, source="điều tra").merge(["Xã 1", "Xã 2"], name="Mới")
    source = mixed.communes.set_index("name").loc["Mới", "population_source"]
    assert "giả định của phương án: điều tra" in source


@pytest.mark.parametrize("figure", ["12.345", None, True, "nhiều"])
def test_people_are_a_number_and_no_text(town: City, figure: object) -> None:
    with pytest.raises(UsageError, match="phải là số không âm"):
        town.with_population({"Xã 1": figure})  # type: ignore[dict-item]


def test_changes_that_change_nothing_or_everything_are_refused(town: City) -> None:
    far = zoning(square(3000, 0))
    for step, told in (
        (lambda: town.with_wards([]), "ít nhất một đơn vị"),
        (lambda: town.with_population({}), "ít nhất một đơn vị"),
        (lambda: town.without([]), "ít nhất một tên"),
        (lambda: town.without(["Xã 0", "Xã 1", "Xã 2", "Xã 3"]), "Không thể bỏ mọi đơn vị"),
        (lambda: town.with_plans(zoning().iloc[:0], kind="zoning"), "Không có đồ án"),
        (lambda: town.with_plans(zoning(), kind="zonning"), "hãy chọn general"),
        (lambda: town.with_plans(zoning(), kind="zoning", standing="sure"), "hãy chọn surveyed"),  # type: ignore[arg-type]
        (lambda: town.with_industrial_zone("Z1"), "hãy nêu hình"),
        (lambda: town.with_industrial_zone("Z1", status="plannned"), "hãy chọn established, planned"),
        (lambda: town.with_industrial_zone("Z1", kind="khu"), "hãy chọn park"),
        (lambda: town.with_industrial_zone(" ", geometry=square(3, 0)), "cần tên"),
        (lambda: town.with_industrial_zone("KCN 9", geometry="POLYGON"), "phải là hình"),
        (lambda: town.merge(["Xã 1", "Xã 2"], name=" \n"), "cần tên"),
        (lambda: town.merge(["Xã 1", "Xã 2"], name="A\udcff"), "cần tên"),
        (lambda: town.merge(["Xã 1", "Xã 2"], name="Mới", kind="quận"), "loại là ward"),
    ):
        with pytest.raises(UsageError, match=told):
            step()
    with pytest.warns(DataWarning, match="kiểm tra hệ tọa độ"):
        town.with_plans(far, kind="zoning")
    unnamed = zoning(id=[None], name=["Khu"])
    assert town.with_plans(unnamed, kind="zoning").plans["id"].iloc[-1] == "PA-20240118-001"


def test_a_name_that_is_another_unit_s_code_is_found_by_its_own(town: City) -> None:
    merged = town.merge(["Xã 1", "Xã 2"], name="00001").with_wards(["00002+00003"])
    assert kinds(merged)["00001"] == "ward"
    assert merged.changes[-1].entry["units"] == ["00002+00003"]
    assert town.merge(["Xã 1", "Xã 2"], name="00001").without("00001").communes["code"].tolist() == [
        "00004", "00002+00003",
    ]  # fmt: skip
