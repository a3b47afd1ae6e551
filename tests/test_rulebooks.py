"""The rulebooks: read twice, dated to the day, marked as far as they are known, and refused with the line."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import tomllib
from functools import cache
from importlib import resources
from typing import Any

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from geoplan.criteria import locate
from geoplan.criteria.checks import METRICS
from geoplan.criteria.indicators import catalogue, level_title, read_catalogue
from geoplan.criteria.library import Library, load_library, parse_rulebook
from geoplan.criteria.rulebook import Rulebook, Standard, UnitKind, UrbanClass
from geoplan.errors import DataError
from geoplan.quantity import UNITS

FOLDER = resources.files("geoplan.criteria") / "rulebooks"
NAMES = sorted(p.name for p in FOLDER.iterdir())
OLD, AMENDED, NOW = "class-1210-2016", "class-1210-2016-26-2022", "class-111-2025"
UNITS_OLD, UNITS_AMENDED, UNITS_NOW = "units-1211-2016", "units-1211-2016-27-2022", "units-112-2025"


@cache
def book(name: str) -> Rulebook:
    return parse_rulebook((FOLDER / f"{name}.toml").read_text("utf-8"), name=name)


def a_class(name: str, id_: str, variant: str | None = None) -> UrbanClass:
    (found,) = (c for c in book(name).classes if (c.id, c.variant) == (id_, variant))
    return found


def a_kind(name: str, kind: str, of: tuple[str, ...] = ()) -> UnitKind:
    (found,) = (u for u in book(name).units if (u.kind, u.of) == (kind, of))
    return found


def by_id(owner: UrbanClass | UnitKind) -> dict[str, Standard]:
    return {s.id: s for s in owner.standards}


def everything() -> list[tuple[str, str, Standard]]:
    """Every standard with its rulebook and its class or kind."""
    books = [book(name.removesuffix(".toml")) for name in NAMES]
    found = [
        (b.id, f"{c.id} {c.variant or ''}".strip(), s) for b in books for c in b.classes for s in c.standards
    ]
    return found + [(b.id, " ".join((u.kind, *u.of)), s) for b in books for u in b.units for s in u.standards]


# ---- what is in them


def test_every_bundled_rulebook_is_there_and_named_by_its_id():
    assert NAMES == [
        "class-111-2025.toml",
        "class-1210-2016-26-2022.toml",
        "class-1210-2016.toml",
        "units-112-2025.toml",
        "units-1211-2016-27-2022.toml",
        "units-1211-2016.toml",
        "units-76-2025.toml",
    ]
    for name in NAMES:
        assert f"{book(name.removesuffix('.toml')).id}.toml" == name


SECOND_READING = """
01  5.5 .. 7    | provincial regional | commune provincial
02  6 .. 8      | - -                 | - -
03  5.5 .. 7    | 200000 500000       | 20000 200000
04  4.5 .. 6    | 1000 1500           | 500 1000
05  5.5 .. 7    | 65 95               | 55 65
06  3 .. 4      | provincial regional | commune provincial
07  4 .. 5      | 6 8                 | 4 6
08  2 .. 3      | 90 100              | 85 95
09  2 .. 3      | 3.5 4.5             | 3 3.5
10  0.75 .. 1   | 60 80               | 50 70
11  2 .. 3      | 80 90               | 70 80
12  2 .. 3      | 60 80               | 50 70
13  2.5 .. 3    | n1 n2               | project n1
14  3.75 .. 5   | 35 40               | 30 35
15  3.75 .. 5   | 10 25               | 1 10
16  3.75 .. 5   | 10 20               | 2 10
17  3 .. 4      | 5 10                | 2 5
18  2 .. 3      | 5 10                | 2 5
19  2 .. 3      | 2 3                 | 1.5 2
20  3 .. 4      | 2 4                 | 1 2
21  2 .. 3      | 25 35               | 25 35
22  2.5 .. 3    | 6 8                 | 2.5 7
23  4 .. 5      | 1 3                 | 1 3
"""
"""Table 2A of resolution 111/2025, typed in a second time; n1: the level “1”."""


def cell(text: str) -> float | str | None:
    if text == "-":
        return None
    return text.removeprefix("n") if text[0].isalpha() else float(text)


@pytest.mark.parametrize(("class_", "column"), [("II", 1), ("III", 2)])
def test_table_2a_agrees_with_a_second_reading(class_: str, column: int):
    read = {}
    for row in SECOND_READING.strip().splitlines():
        number, low, high = re.match(r"(\d\d)\s+([\d.]+) \.\. ([\d.]+)", row).groups()  # type: ignore[union-attr]
        least, most = row.split("|")[column].split()
        read[f"2A.{number}"] = (cell(least), cell(most), float(low), float(high))
    standards = by_id(a_class(NOW, class_))
    assert list(standards) == list(read)
    for id_, s in standards.items():
        assert (s.minimum, s.maximum, s.points_min, s.points_max) == read[id_], id_
        assert s.confidence == "secondary"
    assert len(read) == 23


@pytest.mark.parametrize("class_", ["II", "III"])
def test_table_2a_adds_up_to_75_and_100(class_: str):
    urban_class = a_class(NOW, class_)
    assert (urban_class.total, urban_class.full) == (75, 100)
    assert sum(s.points_min or 0 for s in urban_class.standards) == 75
    assert sum(s.points_max or 0 for s in urban_class.standards) == 100
    sums = {
        g.id: (
            sum(s.points_min or 0 for s in urban_class.standards if s.group == g.id),
            sum(s.points_max or 0 for s in urban_class.standards if s.group == g.id),
        )
        for g in urban_class.groups
    }
    assert sums == {"I": (11.5, 15), "II": (15.5, 20), "III": (48, 65)}
    assert [(g.points_min, g.points_max) for g in urban_class.groups] == list(sums.values())
    assert len(urban_class.also) == 1
    assert "2B" in urban_class.also[0].vi


MINIMA_1210 = {  # population, inner, density, inner, labour, inner; their marks: s(een), r(ecalled)
    ("special", None): ((5_000_000, 3_000_000, 3_000, 12_000, 70, 90), "ssrrrr"),
    ("I", "central_city"): ((1_000_000, 500_000, 2_000, 10_000, 65, 85), "ssssss"),
    ("I", "provincial_city"): ((500_000, 200_000, 2_000, 10_000, 65, 85), "ssssss"),
    ("II", None): ((200_000, 100_000, 1_800, 8_000, 65, 80), "rrrrrr"),
    ("III", None): ((100_000, 50_000, 1_400, 7_000, 60, 75), "ssssss"),
    ("IV", None): ((50_000, 20_000, 1_200, 6_000, 55, 70), "ssssss"),
    ("V", None): ((4_000, None, 1_000, 5_000, 55, None), "s-rrr-"),
}
SIX = ("population", "population_inner", "density", "density_inner", "labour", "labour_inner")
MAXIMA_1210 = {  # in the order of SIX
    ("special", None): (None, None, 3_500, 15_000, None, 95),
    ("I", "central_city"): (None,) * 6,
    ("I", "provincial_city"): (1_000_000, 500_000, 3_000, 12_000, None, 90),
    ("II", None): (500_000, 200_000, 2_000, 10_000, None, 85),
    ("III", None): (200_000, 100_000, 1_800, 8_000, None, 80),
    ("IV", None): (100_000, 50_000, 1_400, 7_000, None, 75),
    ("V", None): (50_000, None, 1_200, 6_000, None, None),
}


@pytest.mark.parametrize("name", [OLD, AMENDED])
@pytest.mark.parametrize("key", MINIMA_1210, ids=str)
def test_the_classes_of_1210_and_how_far_each_figure_is_known(name: str, key: tuple[str, str | None]):
    standards = by_id(a_class(name, *key))
    minima, marks = MINIMA_1210[key]
    for id_, minimum, mark, maximum in zip(SIX, minima, marks, MAXIMA_1210[key], strict=True):
        if minimum is None:
            assert id_ not in standards
            continue
        s = standards[id_]
        assert (s.minimum, s.confidence) == (minimum, {"s": "seen", "r": "recalled"}[mark])
        assert s.maximum == (maximum if name == OLD else None)
        if s.maximum is not None:
            assert (s.maximum_confidence or s.confidence) == "recalled"
        if s.points_min is not None:
            assert name == OLD
            assert (s.points_confidence or s.confidence) == "recalled"


def test_the_groups_of_1210_before_and_after_the_amendment():
    old, new = a_class(OLD, "II"), a_class(AMENDED, "II")
    points = [(g.points_min, g.points_max) for g in old.groups]
    assert points == [(15, 20), (6, 8), (4.5, 6), (4.5, 6), (45, 60)]
    assert {(g.confidence, g.points_min_confidence) for g in old.groups} == {("seen", "recalled")}
    assert [(g.points_min, g.points_max) for g in new.groups] == [(None, m) for m in (18, 8, 8, 6, 60)]
    assert {g.confidence for g in new.groups} == {"seen"}
    for urban_class in (old, new):
        assert (urban_class.total, urban_class.full, urban_class.total_confidence) == (75, 100, "recalled")
    assert all(s.points_min is None and s.points_max is None for s in new.standards)
    split = {s.id: (s.points_min, s.points_max) for s in old.standards if s.points_min is not None}
    assert split == {
        "population": (1.5, 2), "population_inner": (4.5, 6), "density": (1, 1.5),
        "density_inner": (3.5, 4.5), "labour": (1, 1.5), "labour_inner": (3.5, 4.5),
    }  # fmt: skip


def test_class_i_of_111_is_a_quota_of_its_fifteen_standards():
    first = a_class(NOW, "I")
    assert (first.rule, first.total, first.total_confidence) == ("quota", 12, "secondary")
    assert [(g.id, g.needed) for g in first.groups] == [("I", 4), ("II", 2), ("III", 4)]
    assert [s.id for s in first.standards] == [f"I.{n:02}" for n in range(1, 16)]
    assert "".join(s.group or "" for s in first.standards) == "I" * 6 + "II" * 4 + "III" * 5
    figures = {s.id: (s.operator, s.minimum) for s in first.standards if not s.levels}
    assert figures == {
        "I.02": (">=", 2), "I.05": ("<=", 10), "I.07": (">=", 2_500_000), "I.08": (">=", 45),
        "I.09": (">=", 600_000), "I.10": (">=", 50), "I.11": (">=", 2), "I.12": (">=", 100), "I.13": (">=", 5),
    }  # fmt: skip
    assert {s.minimum for s in first.standards if s.levels} == {"yes"}
    heritage = [e for f in book(NOW).factors_of("I") for e in f.effects if f.id == "heritage"]
    assert [e.total for e in heritage] == [10]


@pytest.mark.parametrize("name", [UNITS_OLD, UNITS_AMENDED])
def test_the_units_of_1211(name: str):
    wards = {of: by_id(a_kind(name, "ward", (of,))) for of in ("urban_district", "provincial_city", "town")}
    assert {of: w["population"].minimum for of, w in wards.items()} == {
        "urban_district": 15_000, "provincial_city": 7_000, "town": 5_000,
    }  # fmt: skip
    for ward in wards.values():
        area = ward["area"]
        assert (area.minimum, area.flag, area.metric, area.confidence) == (5.5, True, "area_legal", "seen")
        assert area.note is not None
        assert "4,78 km²" in area.note.vi
        assert ward["socio_economic"].minimum is None
        assert ward["recognised"].minimum == "yes"
    city = by_id(a_kind(name, "provincial_city"))
    assert [s.minimum for s in city.values()] == [150_000, 150, 10, 65, "III", None]
    assert {s.confidence for s in city.values()} == {"seen"}
    assert [s.minimum for s in a_kind(name, "town").standards] == [100_000, 200, 10, 50, "IV"]
    assert [s.minimum for s in a_kind(name, "township").standards] == [8_000, 14, None]
    assert [s.minimum for s in a_kind(name, "commune").standards] == [8_000, 30]
    for kind in ("town", "township", "commune"):
        assert {s.confidence for s in a_kind(name, kind).standards} == {"recalled"}, kind


def test_the_infrastructure_of_a_ward_is_named_where_it_was_not_found():
    before = by_id(a_kind(UNITS_OLD, "ward", ("town",)))
    found = {id_: s.minimum for id_, s in before.items() if id_.startswith("infra.")}
    assert found == {
        "infra.1": 2.7, "infra.2": 1, "infra.3": 0.5, "infra.4": 1, "infra.5": 2,
        "infra.6": None, "infra.7": None, "infra.8-13": None,
    }  # fmt: skip
    assert before["infra.8-13"].confidence == "recalled"
    after = by_id(a_kind(UNITS_AMENDED, "ward", ("town",)))
    assert after["infrastructure"].minimum is None
    assert not [id_ for id_ in after if id_.startswith("infra.")]


def test_the_units_of_112_and_what_changes_them():
    ward = by_id(a_kind(UNITS_NOW, "ward"))
    assert {id_: s.minimum for id_, s in ward.items()} == {
        "population": 21_000, "area": 5.5, "centre": "yes", "urban_population": 50, "budget": 100,
        "industry_services": 70, "labour": 70, "income": "yes", "poverty": "yes",
    }  # fmt: skip
    assert not any(s.flag for s in ward.values())
    assert [s.minimum for s in a_kind(UNITS_NOW, "commune").standards] == [16_000, 30]
    assert [s.minimum for s in a_kind(UNITS_NOW, "province").standards] == [1_400_000, 5_000, 1]
    city = [s.minimum for s in a_kind(UNITS_NOW, "central_city").standards]
    assert city == [2_500_000, 2_500, 30, 45, "I", 80, "yes"]
    assert {s.confidence for b, _, s in everything() if b == UNITS_NOW} == {"seen"}
    changes = {
        (f.only, f.id, e.standards): (e.replace, e.multiply, f.confidence)
        for f in book(UNITS_NOW).factors
        for e in f.effects
    }
    one, two, both = ("commune",), ("commune", "province"), ("population",)
    assert changes == {
        (one, "mountain", both): (5_000, None, "seen"),
        (one, "mountain", ("area",)): (100, None, "seen"),
        (("province",), "mountain", both): (900_000, None, "seen"),
        (("province",), "mountain", ("area",)): (8_000, None, "seen"),
        (one, "island", both): (2_500, None, "seen"),
        (one, "island", ("area",)): (15, None, "seen"),
        (two, "minority", both): (None, 0.5, "seen"),
        (two, "border", both): (None, 0.5, "seen"),
        (one, "coastal", both): (None, 0.5, "seen"),
        (("ward",), "mountain", both): (None, 0.5, "secondary"),
        (("ward",), "border", both): (None, 0.5, "secondary"),
        (("ward",), "island", both): (None, 0.5, "secondary"),
        (("ward",), "heritage", both): (None, 0.5, "secondary"),
    }
    (minority,) = (e for f in book(UNITS_NOW).factors if f.id == "minority" for e in f.effects)
    assert (minority.from_value, minority.step, minority.less) == (50, 10, 0.05)


def test_the_rearrangement_of_2025():
    once = book("units-76-2025")
    ward, commune = by_id(a_kind(once.id, "ward")), by_id(a_kind(once.id, "commune"))
    assert [(s.minimum, s.confidence) for s in ward.values()] == [(21_000, "seen"), (5.5, "seen")]
    assert [(s.minimum, s.confidence) for s in commune.values()] == [(16_000, "recalled"), (30, "recalled")]
    assert once.merged is not None
    assert (once.merged.at_least, once.merged.standards) == (3, ("population", "area"))
    lowered = {f.id: f.effects[0].replace for f in once.factors_of("ward") if f.effects[0].replace}
    assert lowered == {"mountain": 15_000, "highland": 15_000, "border": 15_000}
    assert {f.confidence for f in once.factors_of("commune") if f.id == "mountain"} == {"recalled"}


NOT_FOUND = {
    OLD: {"position"} | {  # and the list of group 5
        "housing_floor", "permanent_housing", "civil_land", "public_service_land", "health", "education",
        "cultural_works", "sports_works", "commerce_works", "transport_hubs", "traffic_land_share",
        "road_density", "traffic_land", "public_transport", "domestic_electricity", "street_lighting",
        "clean_water", "drainage", "wastewater", "solid_waste", "cemeteries", "green_land",
        "public_green_land", "architecture_rules", "model_streets", "renewal_projects", "public_spaces",
        "heritage_works",
    },
    NOW: {"special", "2A.02"},
    UNITS_OLD: {"socio_economic", "infra.6", "infra.7", "infra.8-13", "urban_class"},
    UNITS_AMENDED: {"socio_economic", "infrastructure", "urban_class"},
}  # fmt: skip
NOT_FOUND[AMENDED] = NOT_FOUND[OLD]


def test_what_was_not_found_has_no_threshold_and_nothing_else_lacks_one():
    named: dict[str, set[str]] = {}
    for rulebook, owner, s in everything():
        if s.minimum is None and (s.id != "urban_class" or owner == "township"):
            named.setdefault(rulebook, set()).add(s.id)
            assert s.maximum is None
    assert named == NOT_FOUND


RECALLED = {  # what nobody has read: classes and kinds with the standards whose threshold is recalled
    (OLD, "special"): set(SIX) - {"population", "population_inner"},
    (OLD, "II"): set(SIX),
    (OLD, "V"): {"density", "density_inner", "labour"},
    (UNITS_OLD, "town"): {"population", "area", "units", "ward_share", "urban_class"},
    (UNITS_OLD, "township"): {"population", "area", "urban_class"},
    (UNITS_OLD, "commune"): {"population", "area"},
    ("units-76-2025", "commune"): {"population", "area"},
}  # fmt: skip
RECALLED |= {(AMENDED, owner): ids for (name, owner), ids in RECALLED.items() if name == OLD}
RECALLED |= {(UNITS_AMENDED, owner): ids for (name, owner), ids in RECALLED.items() if name == UNITS_OLD}


def test_exactly_the_recalled_figures_are_marked_so():
    marked: dict[tuple[str, str], set[str]] = {}
    for rulebook, owner, s in everything():
        only_named = s.minimum is None and s.id != "urban_class"
        if s.confidence == "recalled" and not only_named:
            marked.setdefault((rulebook, owner), set()).add(s.id)
    assert marked == RECALLED


def test_the_list_of_group_5_is_recalled_and_so_are_the_old_factors():
    for name in (OLD, AMENDED):
        five = [s for s in a_class(name, "III").standards if s.group == "5"]
        assert len(five) == 28
        assert {s.confidence for s in five} == {"recalled"}
    assert {f.confidence for f in book(OLD).factors} == {"recalled"}
    share = {f.id: [e.multiply for e in f.effects] for f in book(OLD).factors}
    assert share == {f: [0.5, 0.7] for f in ("mountain", "highland", "border")} | {
        "island": [0.2, 0.5],
        "heritage": [None],
    }
    assert all(e.unknown for f in book(AMENDED).factors for e in f.effects)


def test_heritage_in_111_halves_what_the_law_halves_and_leaves_the_rest_open():
    (factor,) = (f for f in book(NOW).factors_of("II") if f.id == "heritage")
    effects = {name: e for e in factor.effects for name in e.standards}
    assert [n for n, e in effects.items() if e.not_considered] == ["2A.04"]
    assert [n for n, e in effects.items() if e.unknown] == [f"2A.{n}" for n in ("01", "06", 20, 21, 22, 23)]
    halved = {n: e.whole for n, e in effects.items() if e.multiply == 0.5}
    assert halved == {
        f"2A.{n:02}": n in range(15, 19) for n in (3, 5, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19)
    }
    for f in book(NOW).factors_of("III"):
        assert f.id == "heritage" or [(e.all_others, e.unknown) for e in f.effects] == [(True, True)]


def test_each_standard_reads_well_in_both_languages_and_says_where_it_stands():
    for rulebook, owner, s in everything():
        where = (rulebook, owner, s.id)
        assert s.title.vi.strip(), where
        assert s.title.en.strip(), where
        assert s.article.strip(), where
        assert s.unit in UNITS, where
        assert s.metric is None or s.metric in METRICS, where


# ---- on which day


@pytest.mark.parametrize(
    ("day", "urban_class", "unit", "once"),
    [
        ("2016-05-31", None, None, None),
        ("2016-06-01", OLD, UNITS_OLD, None),
        ("2022-12-31", OLD, UNITS_OLD, None),
        ("2023-01-01", AMENDED, UNITS_AMENDED, None),
        ("2025-04-13", AMENDED, UNITS_AMENDED, None),
        ("2025-04-14", AMENDED, UNITS_AMENDED, "units-76-2025"),
        ("2025-12-31", AMENDED, UNITS_AMENDED, "units-76-2025"),
        ("2026-01-01", NOW, UNITS_NOW, None),
        ("2100-01-01", NOW, UNITS_NOW, None),
    ],
)
def test_the_regime_changes_on_the_day(day: str, urban_class: str, unit: str, once: str):
    library, on = load_library(), dt.date.fromisoformat(day)
    found = [library.on(on, kind) for kind in ("class", "unit", "rearrangement")]
    assert [None if b is None else b.id for b in found] == [urban_class, unit, once]
    assert [x.rulebook.id for x in library.listing(on)] == [
        x for x in (urban_class, once, unit) if x is not None
    ]  # fmt: skip


def test_all_are_listed_in_order_with_the_fingerprint_of_their_text():
    listed = load_library().listing()
    assert [x.rulebook.id for x in listed] == [
        OLD, AMENDED, NOW, "units-76-2025", UNITS_OLD, UNITS_AMENDED, UNITS_NOW,
    ]  # fmt: skip
    for x in listed:
        data = (FOLDER / x.name).read_bytes()
        assert x.sha256 == hashlib.sha256(data).hexdigest()
        assert data.decode().splitlines()[x.line - 1] == f"in_force_from = {x.rulebook.in_force_from}"
        assert not x.users


# ---- the user's own

GOOD = """\
id = "mine"
kind = "class"
title = { vi = "Của tôi", en = "Mine" }
law = "Nghị quyết thử"
in_force_from = 2024-01-01
in_force_to = 2025-01-01
source = "thử"

[[classes]]
id = "II"
title = { vi = "Loại II", en = "Class II" }
rule = "points"
total = 75
full = 100
article = "Điều 1"

[[classes.groups]]
id = "a"
title = { vi = "Nhóm", en = "Group" }
points_min = 75
points_max = 100
article = "Điều 1"
source = "thử"
confidence = "seen"

[[classes.standards]]
id = "population"
title = { vi = "Dân số", en = "Population" }
group = "a"
metric = "population"
unit = "person"
minimum = 1_000
maximum = 2_000
points_min = 70
points_max = 90
article = "Điều 1"
source = "thử"
confidence = "seen"

[[classes.standards]]
id = "role"
title = { vi = "Vai trò", en = "Role" }
group = "a"
indicator = "urban_role"
unit = "level"
levels = ["commune", "provincial", "regional", "national"]
minimum = "commune"
maximum = "regional"
points_min = 5
points_max = 10
article = "Điều 1"
source = "thử"
confidence = "seen"

[[factors]]
id = "mountain"
title = { vi = "Miền núi", en = "Mountain" }
article = "Điều 2"
source = "thử"
confidence = "seen"
effects = [
  { standards = ["population"], multiply = 0.5 },
]
"""
QUOTA = """\
id = "mine"
kind = "class"
title = { vi = "Của tôi", en = "Mine" }
law = "Nghị quyết thử"
in_force_from = 2024-01-01
source = "thử"

[[classes]]
id = "I"
title = { vi = "Loại I", en = "Class I" }
rule = "quota"
total = 1
article = "Điều 1"

[[classes.groups]]
id = "a"
title = { vi = "Nhóm", en = "Group" }
needed = 1
article = "Điều 1"
source = "thử"
confidence = "seen"

[[classes.standards]]
id = "rank"
title = { vi = "Hạng", en = "Rank" }
group = "a"
indicator = "investment_rank"
unit = "rank"
operator = "<="
minimum = 10
maximum = 5
article = "Điều 1"
source = "thử"
confidence = "seen"
"""
UNIT = """\
id = "mine"
kind = "unit"
title = { vi = "Của tôi", en = "Mine" }
law = "Nghị quyết thử"
in_force_from = 2024-01-01
source = "thử"

[[units]]
kind = "ward"
title = { vi = "Phường", en = "Ward" }
article = "Điều 1"

[[shared]]
only = ["ward"]

[[shared.standards]]
id = "population"
title = { vi = "Dân số", en = "Population" }
metric = "population"
scope = "unit"
unit = "person"
minimum = 1_000
article = "Điều 1"
source = "thử"
confidence = "seen"

[merged]
at_least = 3
standards = ["population"]
article = "Điều 2"
source = "thử"
confidence = "seen"
"""


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) >= 1, old
    return text.replace(old, new, 1)


def library_of(*texts: str) -> Library:
    return load_library([(f"{i}.toml", text) for i, text in enumerate(texts)])


def held(library: Library, day: str, kind: Any = "class") -> str | None:
    found = library.on(dt.date.fromisoformat(day), kind)
    return None if found is None else found.id


def test_the_users_rulebook_comes_first_on_the_days_it_covers_and_on_no_other():
    library = library_of(GOOD)
    days = ("2023-12-31", "2024-01-01", "2024-12-31", "2025-01-01")
    assert [held(library, day) for day in days] == [AMENDED, "mine", "mine", AMENDED]
    assert held(library, "2024-06-01", "unit") == UNITS_AMENDED
    on = dt.date(2024, 6, 1)
    mine = library.find(on, "class")
    assert mine is not None
    assert (mine.users, mine.name, mine.line) == (True, "0.toml", 5)
    assert mine.sha256 == hashlib.sha256(GOOD.encode()).hexdigest()
    assert [x.rulebook.id for x in library.listing(on)] == ["mine", UNITS_AMENDED]
    assert len(library.listing()) == 8
    assert held(load_library(), "2024-06-01") == AMENDED


def test_one_with_a_bundled_id_takes_its_place_altogether():
    library = library_of(changed(GOOD, '"mine"', f'"{AMENDED}"'))
    days = ("2022-12-31", "2023-06-01", "2024-06-01", "2025-06-01", "2026-01-01")
    assert [held(library, day) for day in days] == [OLD, None, AMENDED, None, NOW]
    assert len(library.listing()) == 7


def test_two_of_the_users_that_follow_each_other_are_welcome():
    later = changed(changed(GOOD, '"mine"', '"next"'), "2024-01-01\nin_force_to = 2025-01-01", "2025-01-01")
    library = library_of(GOOD, later)
    assert [held(library, d) for d in ("2024-12-31", "2025-01-01", "2030-01-01")] == ["mine", "next", "next"]


def test_two_of_one_kind_on_the_same_day_are_refused_with_files_lines_and_days():
    other = changed(
        changed(GOOD, '"mine"', '"other"'), "in_force_from = 2024-01-01", "\nin_force_from = 2024-12-31"
    )
    with pytest.raises(DataError) as caught:
        library_of(GOOD, other)
    assert caught.value.vi == (
        "“1.toml”, dòng 6: trùng thời gian hiệu lực (từ 31/12/2024 đến trước 01/01/2025) với “0.toml”, dòng 5, "
        "cùng loại “class”; hãy sửa bộ tiêu chuẩn này."
    )
    assert "line 6: in force at the same time (from 2024-12-31 until before 2025-01-01)" in caught.value.en
    with pytest.raises(DataError, match="^“1.toml”, dòng 3: id “mine” \\(“0.toml”\\) đã có"):
        library_of(GOOD, "\n\n" + UNIT)
    assert library_of(GOOD, changed(UNIT, '"mine"', '"units"')).find(dt.date(2024, 6, 1), "unit")


def test_what_is_shared_is_put_into_each_class_and_kind():
    (ward,) = parse_rulebook(UNIT, name="x").units
    assert [s.id for s in ward.standards] == ["population"]
    assert parse_rulebook(UNIT, name="x").shared == ()
    assert parse_rulebook("\ufeff" + UNIT.replace("\n", "\r\n"), name="x").units == (ward,)


# ---- refused with the line

LEVELS = 'levels = ["commune", "provincial", "regional", "national"]'
REFUSED = [
    # form
    (GOOD, "total = 75", "total = ", 13, "không đúng TOML", "not TOML"),
    (GOOD, 'law = "Nghị quyết thử"\n', "", 1, "thiếu “law”", "“law” is missing"),
    (GOOD, 'id = "role"\n', "", 40, "thiếu “id”", "“id” is missing"),
    (GOOD, 'group = "a"\nmetric', 'grup = "a"\nmetric', 29, "không có khóa “grup”", "no key “grup”"),
    (GOOD, "minimum = 1_000", "minimum = inf", 32, "“minimum” phải là số hữu hạn", "a finite number"),
    (GOOD, "minimum = 1_000", "minimum = nan", 32, "“minimum” phải là số hữu hạn", "a finite number"),
    (GOOD, "minimum = 1_000", "minimum = true", 32, "“minimum” phải là số", "“minimum” must be a number"),
    (GOOD, "points_min = 70", 'points_min = "70"', 34, "“points_min” phải là số", "must be a number"),
    (GOOD, 'confidence = "seen"\n\n[[f', 'confidence = "sure"\n\n[[f', 53, "phải là một trong", "must be one of"),
    (GOOD, 'kind = "class"', 'kind = "town"', 2, "“kind” phải là một trong", "“kind” must be one of"),
    (GOOD, 'vi = "Vai trò"', "vi = 3", 42, "“vi” phải là chữ", "“vi” must be text"),
    (GOOD, "multiply = 0.5 }", "multiplied = 0.5 }", 62, "không có khóa “multiplied”", "no key “multiplied”"),
    (GOOD, 'id = "role"', 'id = "r ole"', 41, "“id” chỉ gồm", "“id” takes"),
    (GOOD, 'article = "Điều 2"', 'article = ""', 58, "“article” không được trống", "must not be empty"),
    (GOOD, "in_force_from = 2024-01-01", 'in_force_from = "soon"', 5, "phải là ngày", "must be a day"),
    # times, kinds, ids
    (GOOD, "2025-01-01", "2024-01-01", 6, "phải sau in_force_from", "must be after in_force_from"),
    (GOOD, 'kind = "class"', 'kind = "unit"', 9, "phải có [[units]]", "has [[units]]"),
    (GOOD, 'id = "role"', 'id = "population"', 40, "“population” lặp lại", "“population” is there twice"),
    (UNIT, "[[shared]]", '[[units]]\nkind = "ward"\ntitle = { vi = "P", en = "W" }\narticle = "1"\n[[shared]]',
     13, "“ward” lặp lại", "“ward” is there twice"),
    (UNIT, "[[shared]]", '[[units]]\nkind = "ward"\nof = ["town"]\ntitle = { vi = "P", en = "W" }\narticle = "1"\n[[shared]]',
     8, "thiếu of", "needs an “of”"),
    (UNIT, 'only = ["ward"]', 'only = ["wards"]', 14, "không có loại “wards”", "no class or kind of unit “wards”"),
    # what answers a standard
    (GOOD, 'metric = "population"', 'metric = "people"', 30, "không có số đo “people”", "no metric “people”"),
    (GOOD, 'metric = "population"', 'metric = "units"', 31, "phải là “unit”", "must be “unit”"),
    (UNIT, 'metric = "population"', 'metric = "units"', 20, "số đo units chỉ có cho city", "only for city"),
    (GOOD, 'indicator = "urban_role"', 'indicator = "role"', 44, "không có chỉ tiêu “role”", "no indicator “role”"),
    (GOOD, 'metric = "population"\n', 'metric = "population"\nindicator = "markets"\n', 31, "chỉ dùng metric", "either"),
    (GOOD, 'unit = "person"', 'unit = "persons"', 31, "không có đơn vị “persons”", "no unit “persons”"),
    (GOOD, 'unit = "person"', 'unit = "km2"', 31, "phải là “person”", "must be “person”"),
    (GOOD, 'group = "a"\nindicator', 'group = "b"\nindicator', 43, "không có nhóm “b”", "no group “b”"),
    (GOOD, 'group = "a"\nindicator', "indicator", 40, "thiếu group", "needs a group"),
    (GOOD, 'unit = "level"', 'unit = "level"\nscope = "unit"', 46, "“unit” chỉ dùng", "“unit” is for"),
    # thresholds, levels, points
    (GOOD, "maximum = 2_000", "maximum = 999", 33, "maximum phải từ minimum trở lên", "at least the minimum"),
    (QUOTA, "maximum = 5", "maximum = 11", 31, "maximum phải không quá minimum", "at most the minimum"),
    (GOOD, "minimum = 1_000\n", "", 32, "thiếu minimum", "needs a minimum"),
    (GOOD, 'minimum = "commune"', 'minimum = "village"', 47, "không có mức “village”", "no level “village”"),
    (GOOD, 'minimum = "commune"', "minimum = 1", 47, "phải là một trong các mức", "one of the levels"),
    (GOOD, "minimum = 1_000", 'minimum = "1000"', 32, "phải là số, không phải “1000”", "a number, not “1000”"),
    (GOOD, 'maximum = "regional"', 'maximum = "commune"\nminimum = "x"', 49, "không đúng TOML", "not TOML"),
    (GOOD, LEVELS, 'levels = ["commune", "regional"]', 46, "levels: phải là commune, provincial", "must be commune"),
    (GOOD, LEVELS + "\n", "", 40, "levels: phải liệt kê các mức", "must be listed"),
    (GOOD, "points_min = 70", "points_min = 91", 35, "points_min ≤ points_max", "points_min ≤ points_max"),
    (GOOD, "points_min = 70\n", "", 34, "đi đôi", "go together"),
    # sums
    (GOOD, "points_min = 70", "points_min = 71", 20, "cộng lại là 76,00, không phải 75,00", "add up to 76.00, not 75.00"),
    (GOOD, "points_max = 10\n", "points_max = 10.5\n", 21, "cộng lại là 100,50, không phải 100,00", "100.50, not 100.00"),
    (GOOD, "total = 75", "total = 74", 13, "total: các phần cộng lại là 75,00", "total: the parts add up to 75.00"),
    (GOOD, "full = 100", "full = 90", 14, "full: các phần cộng lại là 100,00", "full: the parts add up to 100.00"),
    (GOOD, "full = 100\n", "", 12, "“points” cần full", "“points” needs full"),
    (GOOD, "total = 75\n", "", 12, "cần total", "needs a total"),
    (QUOTA, "needed = 1", "needed = 2", 18, "cần từ 0 đến 1", "needs 0 to 1"),
    (QUOTA, "total = 1", "total = 2", 12, "cần từ 1", "needs 1"),
    (QUOTA, "maximum = 5", "maximum = 5\npoints_min = 1\npoints_max = 2", 32, "chỉ loại tính điểm", "rule “points”"),
    # effects
    (GOOD, '["population"], m', '["people"], m', 62, "không có tiêu chuẩn “people”", "no standard “people”"),
    (GOOD, "multiply = 0.5 }", "multiply = 0.5, unknown = true }", 62, "đúng một trong", "exactly one of"),
    (GOOD, '["population"], m', '["role"], m', 62, "role tính theo mức", "role has levels"),
    (GOOD, "multiply = 0.5 }", 'replace = "commune" }', 62, "population: phải là số", "population: must be"),
    (GOOD, "multiply = 0.5 }", "multiply = 0.5, step = 10 }", 62, "đi cùng nhau", "go together"),
    (GOOD, "multiply = 0.5 }", "multiply = -0.5 }", 62, "không được âm", "not negative"),
    (GOOD, 'standards = ["population"], multiply = 0.5', "total = 1", 62, "chỉ cho loại “quota”", "only for rule"),
    (GOOD, 'standards = ["population"], ', "", 62, "cần standards hoặc all_others", "either standards or"),
    (UNIT, 'standards = ["population"]', 'standards = [\n  "population",\n  "area",\n]', 31, "tiêu chuẩn “area”", "“area”"),
]  # fmt: skip


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: f"{case[3]}: {case[5]}")
def test_what_is_wrong_is_refused_with_its_line(case: tuple[str, str, str, int, str, str]):
    text, old, new, line, vi, en = case
    parse_rulebook(text, name="good.toml")
    with pytest.raises(DataError) as caught:
        parse_rulebook(changed(text, old, new), name="rules/x.toml")
    error = caught.value
    assert error.vi.startswith(f"“rules/x.toml”, dòng {line}: "), error.vi
    assert error.en.startswith(f"“rules/x.toml”, line {line}: "), error.en
    assert vi in error.vi
    assert en in error.en
    assert "\n" not in error.vi + error.en


def test_a_points_class_whose_split_is_not_known_is_no_error():
    text = changed(GOOD, "points_min = 5\npoints_max = 10\n", "")
    assert [s.points_min for s in parse_rulebook(text, name="x").classes[0].standards] == [70, None]


HOSTILE = {
    "empty": "",
    "nul": GOOD + "\0",
    "huge number": changed(GOOD, "1_000", "1" * 1900),
    "longer than Python reads": changed(GOOD, "1_000", "9" * 6000),
    "infinite": changed(GOOD, "1_000", "1e999"),
    "a million entries": changed(GOOD, LEVELS, "levels = [" + "1," * 1_000_000 + "]"),
    "many entries on lines": changed(GOOD, LEVELS, "levels = [\n" + "1,\n" * 65_000 + "]"),
    "many entries": changed(GOOD, LEVELS, "levels = [\n" + ("1," * 900 + "\n") * 105 + "]"),
    "large": GOOD + "#\n" * 100_000,
    "deep lists": GOOD + "\nx = " + "[" * 900 + "]" * 900,
    "deep lists on lines": GOOD + "\nx = " + "[\n" * 45_000 + "]\n" * 45_000,
    "deep tables": GOOD + "\nx = " + "{a=" * 600 + "1" + "}" * 600,
    "long key": GOOD + "\n" + "a." * 900 + "a = 1",
    "long keys": GOOD + "".join(f"\n{'a.' * 190}k{i} = 1" for i in range(480)),
    "many tables": GOOD + "\n[[classes]]" * 16_000,
    "many problems": GOOD + "\n[[shared]]\nstandards = [{}]" * 6_800,
    "open text": GOOD + '\nx = """' + "a\n" * 50_000,
    "one line": "x" * 5_000_000,
    "surrogate": GOOD + "\nx = '\ud800'",
    "control in a key": GOOD + '\n"a\\u0000\\u202e" = 1',
    "braces in a key": changed(GOOD, "law =", '"{key}{0}{expected.__class__}" ='),
    "date beyond": changed(GOOD, "2024-01-01", "2024-02-30"),
    "moment": changed(GOOD, "2024-01-01", "2024-01-01T10:00:00"),
    "all is text": changed(GOOD, "[[classes]]", 'classes = "x"\n[[klasses]]'),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_gives_one_sentence(text: str):
    with pytest.raises(DataError) as caught:
        load_library([("x\0\u202e.toml", text)])
    for sentence in (caught.value.vi, caught.value.en):
        assert re.match(r"“x\\u0000\\u202e\.toml”, (dòng|line) [0-9]+: .{5,}[.]$", sentence)
        assert sentence.isprintable()
        assert len(sentence) < 400


# ---- lines

KEYS = st.text(min_size=1, max_size=6)
LEAVES = st.one_of(
    st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False), st.dates(), st.text(max_size=8)
)
TREES = st.recursive(
    LEAVES, lambda kids: st.lists(kids, max_size=4) | st.dictionaries(KEYS, kids, max_size=4), max_leaves=25
)


def paths_of(tree: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], Any]:
    kids = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    found = {path: tree} if path else {}
    for key, kid in kids:
        found |= paths_of(kid, (*path, key))
    return found


def marked(tree: Any, counter: list[int]) -> Any:
    """The tree with a text of its own for every leaf."""
    if isinstance(tree, dict):
        return {key: marked(kid, counter) for key, kid in tree.items()}
    if isinstance(tree, list):
        return [marked(kid, counter) for kid in tree]
    counter[0] += 1
    return f"«{counter[0]}» # [x] = {{"


@given(st.dictionaries(KEYS, TREES, max_size=5), st.booleans())
def test_every_leaf_is_found_on_the_line_where_it_is_written(tree: dict[str, Any], multiline: bool):
    told = marked(tree, [0])
    text = tomli_w.dumps(told, multiline_strings=multiline)
    rows = text.split("\n")
    known = locate.lines(text)
    for path, leaf in paths_of(told).items():
        assert path in known, path
        if isinstance(leaf, str):
            assert leaf.split()[0] in rows[known[path] - 1]


@given(st.dictionaries(KEYS, TREES, max_size=5))
def test_every_path_of_any_toml_is_known(tree: dict[str, Any]):
    text = tomli_w.dumps(tree)
    assert set(paths_of(tomllib.loads(text))) == set(locate.lines(text))


def test_lines_of_what_people_write():
    text = '''\
# comment = [
a.b."c d" = 1   # x
[[t]]
x = """
[[t]]
y = 2""" 	# ]
[t.sub]
k = [ 1, # ]
  { z = '#', w = [
    "}" ] } ]
[[t]]
'q.q' = 2000-01-01T00:00:00
'''
    known = locate.lines(text)
    assert {path: line for path, line in known.items() if path[0] == "t"} == {
        ("t",): 3, ("t", 0): 3, ("t", 0, "x"): 4, ("t", 0, "sub"): 7, ("t", 0, "sub", "k"): 8,
        ("t", 0, "sub", "k", 0): 8, ("t", 0, "sub", "k", 1): 9, ("t", 0, "sub", "k", 1, "z"): 9,
        ("t", 0, "sub", "k", 1, "w"): 9, ("t", 0, "sub", "k", 1, "w", 0): 10, ("t", 1): 11, ("t", 1, "q.q"): 12,
    }  # fmt: skip
    assert known["a", "b", "c d"] == 2
    assert locate.line_of(("t", 0, "sub", "k", 1, "nothing", 5), known) == 9
    assert locate.line_of(("nothing",), known) == 1


# ---- the catalogue


def test_every_indicator_has_a_unit_titles_and_titled_levels():
    used = {s.indicator for _, _, s in everything() if s.indicator is not None}
    assert used <= set(catalogue())
    for indicator in catalogue().values():
        assert indicator.unit in UNITS
        assert indicator.title.vi != indicator.title.en
        for level in indicator.levels:
            assert level.isdigit() or level_title(level).vi != level, level
    assert level_title("regional").vi == "cấp vùng"
    assert level_title("2").en == "2"


ONE = '[[indicators]]\nid = "a"\ntitle = { vi = "A", en = "B" }\nunit = "percent"\n'


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (ONE, "“a” × 2"),
        (ONE.replace('"a"', '"b"').replace("percent", "percents"), "no unit percents"),
        (ONE.replace('"a"', '"b"').replace("percent", "level"), "goes with levels"),
        (ONE.replace('"a"', '"b"').replace('"percent"', '"level"\nlevels = ["x"]'), "“x”"),
        ("x = [", "two.toml: danh mục"),
        ("[[indicators]]\nid = 3", "valid string"),
    ],
)
def test_a_catalogue_that_does_not_hold_is_refused(second: str, said: str):
    assert list(read_catalogue([("one.toml", ONE)])[0]) == ["a"]
    with pytest.raises(DataError) as caught:
        read_catalogue([("one.toml", ONE), ("two.toml", second)])
    assert said in caught.value.vi
