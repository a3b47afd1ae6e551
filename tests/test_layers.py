"""The bundled layers: read as plain files, without geoplan, and held against the numbers they come from."""

from __future__ import annotations

import csv
import datetime as dt
import itertools
import json
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely.geometry import box, shape
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ROOT / "layers"
DRAW = LAYERS / "draw"
CITIES = ("pho-yen", "viet-yen", "hung-yen", "bac-giang")
FILES = ("communes", "industrial_zones", "plans", "urban_land")
GEOD = Geod(ellps="WGS84")
TOUCH_DEG = 20 / 111_000  # a common edge of 20 m
GAP_DEG = 2 / 111_000  # a gap of 2 m or less is an error of drawing; the outline's own bays are wider

COMMUNE_COLUMNS = (
    "code",
    "name",
    "valid_from",
    "valid_to",
    "established_by",
    "ended_by",
    "formed_from",
    "ward_candidate",
    "candidate_source",
    "area_published_km2",
    "area_source",
    "area_confidence",
    "area_drawn_to_km2",
    "area_drawn_to_source",
)
ZONE_COLUMNS = (
    "id",
    "name",
    "kind",
    "status",
    "established_on",
    "decision",
    "area_declared_ha",
    "area_source",
    "confidence",
    "leased_ha",
    "host_communes",
    "note",
)
PLAN_COLUMNS = (
    "id",
    "name",
    "kind",
    "scale",
    "status",
    "decision",
    "approved_on",
    "expires_on",
    "superseded_on",
)
COLUMNS = {
    "communes": COMMUNE_COLUMNS,
    "neighbours": COMMUNE_COLUMNS,
    "industrial_zones": ZONE_COLUMNS,
    "plans": PLAN_COLUMNS,
    "urban_land": ("id", "name", "note"),
}

UNITS = [
    ("pho-yen", "2015-05-15", 18, {"ward": 4, "commune": 14}),
    ("pho-yen", "2022-04-09", 18, {"ward": 4, "commune": 14}),
    ("pho-yen", "2022-04-10", 18, {"ward": 13, "commune": 5}),
    ("pho-yen", "2024-11-30", 18, {"ward": 13, "commune": 5}),
    ("pho-yen", "2025-06-30", 18, {"ward": 13, "commune": 5}),
    ("pho-yen", "2025-07-01", 6, {"ward": 4, "commune": 2}),
    ("viet-yen", "2019-04-01", 17, {"township": 2, "commune": 15}),
    ("viet-yen", "2024-01-31", 17, {"township": 2, "commune": 15}),
    ("viet-yen", "2024-02-01", 17, {"ward": 9, "commune": 8}),
    ("viet-yen", "2024-11-30", 17, {"ward": 9, "commune": 8}),
    ("viet-yen", "2025-07-01", 4, {"ward": 4}),
    ("hung-yen", "2013-08-06", 17, {"ward": 7, "commune": 10}),
    ("hung-yen", "2024-11-30", 17, {"ward": 7, "commune": 10}),
    ("hung-yen", "2024-12-01", 15, {"ward": 6, "commune": 9}),
    ("hung-yen", "2025-07-01", 4, {"ward": 3, "commune": 1}),
    ("bac-giang", "2019-04-01", 16, {"ward": 10, "commune": 6}),
    ("bac-giang", "2024-11-30", 16, {"ward": 10, "commune": 6}),
    ("bac-giang", "2024-12-31", 16, {"ward": 10, "commune": 6}),
    ("bac-giang", "2025-01-01", 31, {"ward": 21, "commune": 10}),
    ("bac-giang", "2025-07-01", 8, {"ward": 7, "commune": 1}),
]
CHANGES = {
    "pho-yen": ("2015-05-15", "2024-11-30", "2025-07-01"),
    "viet-yen": ("2019-04-01", "2024-11-30", "2025-07-01"),
    "hung-yen": ("2013-08-06", "2024-11-30", "2024-12-01", "2025-07-01"),
    "bac-giang": ("2019-04-01", "2024-11-30", "2025-01-01", "2025-07-01"),
}
AREAS_2025 = {
    "05860": 40.70,
    "05890": 40.20,
    "05899": 25.84,
    "05857": 74.16,
    "05881": 43.45,
    "05488": 107.47,
    "07777": 51.97,
    "07774": 39.89,
    "07795": 35.98,
    "07798": 43.17,
    "07210": 23.23,
    "07228": 33.10,
    "07696": 30.70,
    "07682": 42.87,
    "07681": 52.42,
    "07699": 25.46,
    "07738": 27.73,
    "07735": 33.21,
    "11953": 21.50,
    "11983": 23.62,
    "11980": 15.41,
    "11977": 19.20,
}
CANDIDATES = {
    "pho-yen": set(),
    "viet-yen": {
        "Bích Động",
        "Hồng Thái",
        "Nếnh",
        "Ninh Sơn",
        "Quang Châu",
        "Quảng Minh",
        "Tăng Tiến",
        "Tự Lạn",
        "Vân Trung",
    },
    "hung-yen": {"Bảo Khê", "Liên Phương", "Trung Nghĩa", "Quảng Châu", "Phú Cường"},
    "bac-giang": set(),
}
ZONES = {
    "yen-binh-1": 400.0,
    "yen-binh-2": 299.07,
    "yen-binh-3": 295.34,
    "yen-binh-cntt": 197.61,
    "nam-pho-yen": 263.0,
    "diem-thuy": 361.1,
    "tay-pho-yen-1": 499.07,
    "dinh-tram": 127.0,
    "quang-chau": 426.0,
    "quang-chau-mo-rong": 90.0,
    "van-trung": 433.28,
    "viet-han-mo-rong": 148.0,
    "tien-son-ninh-son": 222.98,
    "song-khe-noi-hoang": 154.6,
    "yen-lu": 377.0,
    "yen-lu-mo-rong": 208.14,
    "duc-giang": 287.54,
}
FIGURES = [
    ("hung-yen", "11980", "2025-07-01", "police-2024", 18714),
    ("hung-yen", "11953", "2025-07-01", "police-2024", 68982),
    ("pho-yen", "05875", "2015-05-15", "nq-469", 11198),
    ("pho-yen", "05875", "2015-05-15", "census-2019", 10706),
    ("viet-yen", "07783", "", "nq-938", 15601),
    ("hung-yen", "11977", "2024-12-01", "nq-1248", 11227),
    ("hung-yen", "11959", "2024-12-01", "census-2019", 6148 + 7635),
    ("bac-giang", "07207", "2025-01-01", "nq-1191", 25973),
    ("bac-giang", "07204", "", "nq-1191", 11950),
    ("bac-giang", "07210", "2025-07-01", "police-2024", 122838),
]

Feature = tuple[dict[str, Any], BaseGeometry]


@cache
def layer(city: str, name: str) -> tuple[Feature, ...]:
    """Features of one layer."""
    text = (LAYERS / city / f"{name}.geojson").read_text(encoding="utf-8")
    return tuple((f["properties"], shape(f["geometry"])) for f in json.loads(text)["features"])


@cache
def table(city: str, name: str) -> tuple[dict[str, str], ...]:
    """Rows of one CSV file of a city."""
    with (LAYERS / city / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def inputs(name: str) -> tuple[dict[str, str], ...]:
    """Rows of one input table of the drawing."""
    with (DRAW / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))


@cache
def city_file(city: str) -> dict[str, Any]:
    """What ``city.toml`` says."""
    return tomllib.loads((LAYERS / city / "city.toml").read_text(encoding="utf-8"))


def holds(row: dict[str, Any], day: str) -> bool:
    """Whether a half-open interval holds a day."""
    return (row["valid_from"] or "") <= day < (row["valid_to"] or "9999")


def units(city: str, day: str) -> dict[str, Feature]:
    """Units in force on a day, by code."""
    return {p["code"]: (p, g) for p, g in layer(city, "communes") if holds(p, day)}


def outline(city: str, day: str) -> BaseGeometry:
    """The city on a day."""
    return shapely.coverage_union_all([g for _, g in units(city, day).values()])


def km2(geometry: BaseGeometry) -> float:
    """Area on the ellipsoid."""
    return abs(float(GEOD.geometry_area_perimeter(geometry)[0])) / 1e6


def every_layer() -> list[tuple[str, str]]:
    """All layers of all cities."""
    return [*itertools.product(CITIES, FILES), ("pho-yen", "neighbours")]


@pytest.mark.parametrize(("city", "day", "count", "kinds"), UNITS)
def test_units_and_kinds_on_a_day(city: str, day: str, count: int, kinds: dict[str, int]) -> None:
    rows = [p for p, _ in layer(city, "communes") if holds(p, day)]
    assert len(rows) == count
    assert len({p["code"] for p in rows}) == count
    keys = {(p["code"], p["valid_from"] or "") for p in rows}
    found = [
        r["kind"] for r in table(city, "unit_kinds") if holds(r, day) and (r["code"], r["unit_from"]) in keys
    ]
    assert len(found) == count
    assert {kind: found.count(kind) for kind in set(found)} == kinds


@pytest.mark.parametrize("city", CITIES)
def test_no_code_is_in_force_twice(city: str) -> None:
    for name in ("communes", "unit_kinds"):
        rows = [p for p, _ in layer(city, name)] if name == "communes" else table(city, name)
        for a, b in itertools.combinations(rows, 2):
            if a["code"] == b["code"]:
                later, earlier = sorted((a, b), key=lambda r: r["valid_from"] or "", reverse=True)
                assert earlier["valid_to"], earlier
                assert earlier["valid_to"] <= later["valid_from"]


@pytest.mark.parametrize("city", CITIES)
def test_each_unit_has_a_kind_on_each_of_its_days(city: str) -> None:
    for p, _ in layer(city, "communes"):
        kinds = sorted(
            (
                r
                for r in table(city, "unit_kinds")
                if (r["code"], r["unit_from"]) == (p["code"], p["valid_from"] or "")
            ),
            key=lambda r: r["valid_from"],
        )
        assert kinds[0]["valid_from"] == (p["valid_from"] or "")
        assert kinds[-1]["valid_to"] == (p["valid_to"] or "")
        assert all(a["valid_to"] == b["valid_from"] for a, b in itertools.pairwise(kinds))


@pytest.mark.parametrize(("city", "day"), [(c, d) for c, days in CHANGES.items() for d in days])
def test_units_form_a_coverage_without_gaps_or_overlaps(city: str, day: str) -> None:
    shapes = [g for _, g in units(city, day).values()]
    assert shapely.coverage_is_valid(shapes, gap_width=GAP_DEG)
    assert shapely.is_empty(shapely.coverage_invalid_edges(shapes, gap_width=GAP_DEG)).all()
    whole = shapely.coverage_union_all(shapes).normalize()
    assert whole.geom_type == "Polygon"
    assert len(whole.interiors) == 0
    overlaps = sum(a.intersection(b).area for a, b in itertools.combinations(shapes, 2))
    assert overlaps == 0.0


@pytest.mark.parametrize("city", CITIES)
def test_every_unit_has_the_area_it_was_drawn_to(city: str) -> None:
    for p, g in layer(city, "communes"):
        assert g.geom_type == "Polygon"
        assert km2(g) == pytest.approx(p["area_drawn_to_km2"], rel=0.005), p["name"]


@pytest.mark.parametrize("city", CITIES)
def test_communes_of_2024_follow_their_table(city: str) -> None:
    drawn = units(city, "2024-11-30")
    rows = [r for r in inputs("communes-2024") if r["city"] == city]
    assert {r["code"]: r["name"] for r in rows} == {c: p["name"] for c, (p, _) in drawn.items()}
    kinds = {"Phường": "ward", "Xã": "commune", "Thị trấn": "township"}
    for r in rows:
        p, g = drawn[r["code"]]
        wanted = float(r["area_official_km2"] or r["area_drawn_km2"])
        assert km2(g) == pytest.approx(wanted, rel=0.005)
        frame = box(*(float(r[side]) for side in ("west", "south", "east", "north")))
        assert g.intersection(frame).area / g.area > 0.7, r["name"]
        for column, day in (("kind_2019", "2019-04-01"), ("kind_2024_11", "2024-11-30")):
            found = [k["kind"] for k in table(city, "unit_kinds") if k["code"] == p["code"] and holds(k, day)]
            assert found == [kinds[r[column]]]


@pytest.mark.parametrize("city", CITIES)
def test_listed_neighbours_touch(city: str) -> None:
    drawn = {p["name"]: g for p, g in units(city, "2024-11-30").values()}
    listed = {
        frozenset((r["name"], other))
        for r in inputs("communes-2024")
        if r["city"] == city
        for other in r["neighbours"].split("|")
        if other in drawn
    }
    touching = [p for p in listed if shapely.intersection(*(drawn[n] for n in sorted(p))).length > TOUCH_DEG]
    assert len(touching) / len(listed) >= 0.9


def test_units_of_2025_have_the_stated_areas() -> None:
    found = {c: (p, g) for city in CITIES for c, (p, g) in units(city, "2025-07-01").items()}
    assert set(found) == set(AREAS_2025)
    for code, (p, g) in found.items():
        assert p["area_published_km2"] == AREAS_2025[code]
        assert km2(g) == pytest.approx(AREAS_2025[code], rel=0.005)
        assert p["valid_to"] is None


def test_units_of_2025_lie_near_their_stated_centres() -> None:
    for r in inputs("units-2025"):
        if r["city"] in CITIES:
            g = units(r["city"], "2025-07-01")[r["code"]][1]
            metres = GEOD.inv(g.centroid.x, g.centroid.y, float(r["lon"]), float(r["lat"]))[2]
            assert metres < 1500.0, r["name"]


@pytest.mark.parametrize(
    ("city", "code", "day", "parts", "area"),
    [
        ("hung-yen", "11959", "2024-12-01", ("11959", "11965"), 1.43),
        ("hung-yen", "11977", "2024-12-01", ("12382", "11977"), 6.16),
        ("bac-giang", "07207", "2025-01-01", ("07207", "07204"), 2.02),
        ("bac-giang", "07213", "2025-01-01", ("07213", "07219"), 1.89),
    ],
)
def test_merged_units_are_the_union_of_their_parts(
    city: str, code: str, day: str, parts: tuple[str, ...], area: float
) -> None:
    p, g = units(city, day)[code]
    before = units(city, "2024-11-30")
    assert g.symmetric_difference(shapely.union_all([before[c][1] for c in parts])).area < 1e-12
    assert p["area_published_km2"] == area
    assert p["valid_from"] == day


@pytest.mark.parametrize("city", CITIES)
def test_ward_candidates_are_those_of_the_documents(city: str) -> None:
    marked = [p for p, _ in layer(city, "communes") if p["ward_candidate"]]
    assert {p["name"] for p in marked} == CANDIDATES[city]
    assert all(p["candidate_source"] for p in marked)
    assert all(holds(p, "2024-01-18") for p in marked)
    assert all(p["candidate_source"] is None for p, _ in layer(city, "communes") if not p["ward_candidate"])


@pytest.mark.parametrize(("city", "name"), every_layer())
def test_layers_are_valid_small_and_in_the_contracts_order(city: str, name: str) -> None:
    path = LAYERS / city / f"{name}.geojson"
    text = path.read_text(encoding="utf-8")
    assert path.stat().st_size < 120_000
    assert text.endswith("]}\n")
    assert "\\u" not in text
    features = layer(city, name)
    assert len(text.splitlines()) == (len(features) + 2 if features else 1)
    assert len({json.dumps(p, sort_keys=True) for p, _ in features}) == len(features)
    for p, g in features:
        assert tuple(p) == COLUMNS[name]
        assert g.is_valid
        assert not g.is_empty
        assert g.geom_type in {"Polygon", "MultiPolygon"}
        assert all(value != "" for value in p.values())
        rings = g.geoms if g.geom_type == "MultiPolygon" else [g]
        assert all(r.exterior.is_ccw for r in rings)
        xy = shapely.get_coordinates(g)
        assert np.array_equal(xy, np.round(xy, 6))
        assert 105.5 < xy[:, 0].min() < xy[:, 0].max() < 106.5
        assert 20.4 < xy[:, 1].min() < xy[:, 1].max() < 21.8


def test_zones_are_those_with_a_source() -> None:
    found = {p["id"]: p for city in CITIES for p, _ in layer(city, "industrial_zones")}
    assert {i: p["area_declared_ha"] for i, p in found.items()} == ZONES
    assert layer("hung-yen", "industrial_zones") == ()
    assert {p["kind"] for p in found.values()} == {"park", "it_park"}
    assert {p["status"] for p in found.values()} == {"established", "planned"}
    assert all(p["leased_ha"] is None for p in found.values())
    assert found["tay-pho-yen-1"]["established_on"] == "2026-01-01"
    assert "200 ha" in found["yen-binh-1"]["note"]


@pytest.mark.parametrize("city", CITIES)
def test_zones_have_their_area_inside_their_hosts(city: str) -> None:
    ground = {c: g for c, (_, g) in (units(city, "2024-11-30") | units(city, "2025-01-01")).items()}
    ground |= {p["code"]: g for p, g in layer("pho-yen", "neighbours")}
    hosts = {r["id"]: r["hosts"].split("|") for r in inputs("zones")}
    zones = layer(city, "industrial_zones")
    for p, g in zones:
        assert 100.0 * km2(g) == pytest.approx(p["area_declared_ha"], rel=0.01)
        assert g.geom_type == "Polygon"
        home = shapely.union_all([ground[c] for c in hosts[p["id"]]]).buffer(1e-3).buffer(-1e-3)
        assert g.difference(home).area / g.area < 0.005, p["name"]
    assert all(not a.intersects(b) for (_, a), (_, b) in itertools.combinations(zones, 2))


def test_diem_thuy_lies_beside_pho_yen() -> None:
    ((p, g),) = layer("pho-yen", "neighbours")
    assert (p["code"], p["name"]) == ("05941", "Điềm Thụy")
    assert km2(g) == pytest.approx(42.03, rel=0.005)
    for day in ("2024-11-30", "2025-07-01"):
        city = outline("pho-yen", day)
        assert km2(city.intersection(g)) < 1e-3
        assert city.distance(g) < 1e-4


@pytest.mark.parametrize("city", CITIES)
def test_plans_show_every_case(city: str) -> None:
    plans = layer(city, "plans")
    assert 25 <= len(plans) <= 45
    assert {p["kind"] for p, _ in plans} == {"general", "zoning", "detailed"}
    assert {p["status"] for p, _ in plans} == {"drafting", "approved", "expired", "superseded"}
    assert sum(p["kind"] == "general" for p, _ in plans) == 2
    assert sum(g.geom_type == "MultiPolygon" for _, g in plans) >= 1
    assert any(g.geom_type == "Polygon" and len(g.interiors) for _, g in plans)
    twins = [
        (a, b)
        for (a, g), (b, h) in itertools.combinations(plans, 2)
        if g.equals(h) and a["kind"] == b["kind"]
    ]
    assert len(twins) == 1
    assert twins[0][0]["decision"] != twins[0][1]["decision"]
    inside = units(city, "2024-11-30")
    city_shape = outline(city, "2024-11-30")
    assert any(g.difference(city_shape).area > 1e-6 and g.intersects(city_shape) for _, g in plans)
    assert any(sum(g.intersection(u).area > 1e-7 for _, u in inside.values()) > 1 for _, g in plans)
    years = {p["approved_on"][:4] for p, _ in plans if p["approved_on"]}
    assert min(years) == "2012" or city == "bac-giang"
    assert max(years) == "2026"


@pytest.mark.parametrize("city", CITIES)
def test_plans_are_consistent_and_say_that_they_are_illustrative(city: str) -> None:
    approvals = {p["approved_on"] for p, _ in layer(city, "plans")}
    scales = {"general": {"1/10000"}, "zoning": {"1/2000", "1/5000"}, "detailed": {"1/500"}}
    assert len({p["id"] for p, _ in layer(city, "plans")}) == len(layer(city, "plans"))
    for p, _ in layer(city, "plans"):
        assert "minh họa" in p["name"]
        assert p["scale"] in scales[p["kind"]]
        if p["status"] == "drafting":
            assert [p[k] for k in PLAN_COLUMNS[5:]] == [None] * 4
            continue
        assert "minh họa" in p["decision"]
        assert "2012" <= p["approved_on"][:4] <= "2026"
        dates = [dt.date.fromisoformat(p[k]) for k in PLAN_COLUMNS[6:] if p[k]]
        assert dates == sorted(set(dates))
        assert (p["superseded_on"] is not None) == (p["status"] == "superseded")
        if p["superseded_on"]:
            assert p["superseded_on"] in approvals
        if p["status"] == "expired":
            assert p["expires_on"] < "2026-11-01"
        elif p["expires_on"]:
            assert p["expires_on"] > "2026-11-01"


def coverage_percent(city: str, kind: str, day: str, shapes: list[BaseGeometry]) -> float:
    """Share of some units under plans of one kind in force, percent."""
    plans = shapely.union_all(
        [
            g
            for p, g in layer(city, "plans")
            if p["kind"] == kind
            and (p["approved_on"] or "9999") <= day
            and (p["expires_on"] or "9999") > day
            and (p["superseded_on"] or "9999") > day
        ]
    )
    ground = shapely.union_all(shapes)
    return 100.0 * km2(ground.intersection(plans)) / km2(ground)


@pytest.mark.parametrize("city", CITIES)
def test_coverage_is_believable_and_makes_every_rule_bite(city: str) -> None:
    day = city_file(city)["default_on"].isoformat()
    wards = {r["code"] for r in table(city, "unit_kinds") if holds(r, day) and r["kind"] == "ward"}
    rows = units(city, day)
    urban = [g for c, (p, g) in rows.items() if c in wards or p["ward_candidate"]]
    rural = [g for c, (p, g) in rows.items() if c not in wards and not p["ward_candidate"]]
    assert coverage_percent(city, "general", day, urban + rural) > 99.9
    assert 50.0 < coverage_percent(city, "zoning", day, urban) < 90.0
    assert 8.0 < coverage_percent(city, "detailed", day, urban) < 25.0
    assert coverage_percent(city, "zoning", day, rural) < 30.0
    assert coverage_percent(city, "detailed", day, rural) < 5.0
    if CANDIDATES[city]:
        each = [coverage_percent(city, "zoning", day, [g]) for p, g in rows.values() if p["ward_candidate"]]
        assert max(each) > 99.9
        assert min(each) < 0.1


@pytest.mark.parametrize("city", CITIES)
def test_urban_land_gives_a_plausible_density(city: str) -> None:
    patches = layer(city, "urban_land")
    assert 6 <= len(patches) <= 20
    assert all("minh họa" in p["name"] for p, _ in patches)
    whole = shapely.union_all([g for _, g in patches])
    rows = units(city, "2024-11-30")
    wards = {r["code"] for r in table(city, "unit_kinds") if holds(r, "2024-11-30") and r["kind"] == "ward"}
    census = {
        (r["code"], r["unit_from"]): int(r["population"])
        for r in table(city, "population")
        if r["series"] == "census-2019"
    }
    people = sum(census[c, rows[c][0]["valid_from"] or ""] for c in wards)
    built = sum(km2(rows[c][1].intersection(whole)) for c in wards)
    assert 3000.0 < people / built < 9000.0
    assert any(g.intersection(whole).area < 1e-9 for _, g in rows.values())
    assert any(sum(g.intersection(u).area > 1e-7 for _, u in rows.values()) > 1 for _, g in patches)


@pytest.mark.parametrize("city", CITIES)
def test_csv_rows_belong_to_units(city: str) -> None:
    keys = {(p["code"], p["valid_from"] or "", p["name"]) for p, _ in layer(city, "communes")}
    for name in ("unit_kinds", "population"):
        for r in table(city, name):
            assert (r["code"], r["unit_from"], r["name"]) in keys
            assert r["source"]
            assert r["confidence"] in {"seen", "secondary", "derived"}
    ids = [(r["code"], r["unit_from"], r["series"]) for r in table(city, "population")]
    assert len(set(ids)) == len(ids)
    for r in table(city, "population"):
        assert int(r["population"]) > 500
        dt.date.fromisoformat(r["population_on"])


@pytest.mark.parametrize("city", CITIES)
def test_census_has_every_commune_of_2024(city: str) -> None:
    rows = [r for r in inputs("communes-2024") if r["city"] == city]
    census = {
        (r["code"], r["name"]): int(r["population"])
        for r in table(city, "population")
        if r["series"] == "census-2019" and r["confidence"] == "seen"
    }
    assert census == {(r["code"], r["name"]): int(float(r["pop_2019_census"])) for r in rows}


@pytest.mark.parametrize(("city", "code", "unit_from", "series", "people"), FIGURES)
def test_figures_as_stated(city: str, code: str, unit_from: str, series: str, people: int) -> None:
    found = [
        int(r["population"])
        for r in table(city, "population")
        if (r["code"], r["unit_from"], r["series"]) == (code, unit_from, series)
    ]
    assert found == [people]


def test_truncated_figures_are_absent() -> None:
    new = {r["code"] for r in table("pho-yen", "population") if r["unit_from"] == "2025-07-01"}
    assert new == {"05860", "05899", "05857", "05881"}
    everything = {r["population"] for city in CITIES for r in table(city, "population")}
    assert not everything & {"6161", "3922", "4186", "35"}


@pytest.mark.parametrize("city", CITIES)
def test_city_file(city: str) -> None:
    info = city_file(city)
    assert info["id"] == city
    assert info["default_on"] in [d["on"] for d in info["dates"]]
    days = [d["on"] for d in info["dates"]]
    assert days == sorted(set(days))
    assert 4 <= len(days) <= 8
    assert all(day >= info["record_from"] for day in days)
    assert dt.date(2026, 1, 1) in days
    assert info["record_from"].isoformat() == CHANGES[city][0]
    assert {n: entry["standing"] for n, entry in info["layers"].items() if n != "neighbours"} == {
        "communes": "schematic",
        "industrial_zones": "schematic",
        "plans": "illustrative",
        "urban_land": "illustrative",
    }
    for entry in info["layers"].values():
        assert (LAYERS / city / entry["file"]).is_file()
        assert set(entry["source"]) == {"vi", "en"}
    crs = {"pho-yen": 9213, "viet-yen": 9214, "hung-yen": 9209, "bac-giang": 9214}
    assert info["crs"] == f"EPSG:{crs[city]}"
    assert ("not found" in info["layers"]["industrial_zones"]["source"]["en"].lower()) == (city == "hung-yen")


def test_drawing_again_gives_the_same_layers(tmp_path: Path) -> None:
    script = DRAW / "draw.py"
    subprocess.run([sys.executable, str(script), "--out", str(tmp_path)], check=True, timeout=120)
    for city, name in every_layer():
        again = json.loads((tmp_path / city / f"{name}.geojson").read_text(encoding="utf-8"))["features"]
        kept = layer(city, name)
        assert [f["properties"] for f in again] == [p for p, _ in kept]
        for feature, (p, g) in zip(again, kept, strict=True):
            # Other releases of GEOS and numpy may move the last decimal, a metre at most.
            assert shape(feature["geometry"]).hausdorff_distance(g) <= 1e-5, p
