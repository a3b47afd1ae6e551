"""Targets, indicators and classes of the bundled cities, held against the documents they come from."""

from __future__ import annotations

import csv
import datetime as dt
import json
import os
import re
import tomllib
import unicodedata
from pathlib import Path

import pytest

from conftest import CITIES, ROOT
from geoplan.city_file import INDICATOR_COLUMNS, CityFile, ClassHeld, Target, TargetFile, Title
from geoplan.criteria.indicators import catalogue
from geoplan.quantity import UNITS

DOCUMENTS = {
    "pho-yen": ("000", "001"),
    "viet-yen": ("002",),
    "hung-yen": ("003",),
    "bac-giang": ("004",),
}
LONGEST_QUOTE = 160
LAYER_METRICS = {
    ("coverage.detailed.natural", "candidates"),
    ("coverage.zoning.natural", "candidates"),
    ("coverage.detailed.natural", "city"),
    ("coverage.zoning.natural", "city"),
    ("occupancy", "zones"),
    ("population", "city"),
    ("inner_population_share", "city"),
    ("candidates_become_wards", "candidates"),
    ("green_land_per_person", "city"),
}
READ_INTO_THE_TEXT = {  # figures that the documents do not print; each target's note says how they were read
    ("000.plan-tay-pho-yen", 100),
    ("000.plan-yen-binh-it", 100),
    ("000.plan-yen-binh-2", 100),
    ("000.zones-filled", 100),
    ("003.zoning-coverage-candidates", 100),
    ("003.poor-households", 0),
}
NUMBER = re.compile(r"\d+(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?")


@pytest.fixture(scope="session")
def seeds() -> dict[str, str]:
    """The documents' texts by id, in one line each; they are no part of the project."""
    folder = Path(os.environ.get("GEOPLAN_SEEDS", ROOT.parent / "shared" / "seeds"))
    if not folder.is_dir():
        message = f"the documents are not at {folder}; set GEOPLAN_SEEDS to their folder"
        if "GEOPLAN_SEEDS" in os.environ or os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return {p.name[:3]: plain(p.read_text(encoding="utf-8")) for p in sorted(folder.glob("*.txt"))}


def plain(text: str) -> str:
    """Text in NFC without Markdown's asterisks, every run of white space one space."""
    return " ".join(unicodedata.normalize("NFC", text).replace("*", "").split())


def figures(text: str) -> set[float]:
    """The numbers in a Vietnamese text."""
    return {float(n.replace(".", "").replace(",", ".")) for n in NUMBER.findall(text)}


def target_file(city: str) -> TargetFile:
    path = ROOT / "layers" / city / "targets.toml"
    return TargetFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def city_file(city: str) -> CityFile:
    path = ROOT / "layers" / city / "city.toml"
    return CityFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def indicators(city: str) -> list[dict[str, str]]:
    with (ROOT / "layers" / city / "indicators.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


TARGETS: dict[str, Target] = {t.id: t for city in CITIES for t in target_file(city).targets}


def test_numbers_as_vietnamese_texts_print_them() -> None:
    assert figures("09 xã; 14,5 - 16,5%; 8.500 USD; 18m²") == {9, 14.5, 16.5, 8500, 18}
    assert figures("100.000 tỷ; 17-19%/năm; 0,45%") == {100000, 17, 19, 0.45}


def test_a_target_has_one_id_in_all_cities() -> None:
    assert len(TARGETS) == sum(len(target_file(city).targets) for city in CITIES)
    assert all(t.id.startswith(f"{t.document}.") and t.id.isascii() for t in TARGETS.values())


@pytest.mark.parametrize("city", CITIES)
def test_each_document_belongs_to_its_city_and_starts_within_the_record(city: str) -> None:
    file, info = target_file(city), city_file(city)
    assert tuple(d.id for d in file.documents) == DOCUMENTS[city]
    assert {t.document for t in file.targets} == set(DOCUMENTS[city])
    assert all(d.base_on >= info.record_from for d in file.documents)


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda t: t.id)
def test_a_quote_stands_in_the_document(target: Target, seeds: dict[str, str]) -> None:
    assert target.quote in seeds[target.document]


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda t: t.id)
def test_a_quote_is_short_and_holds_the_figures(target: Target) -> None:
    assert target.quote == plain(target.quote)
    assert len(target.quote) <= LONGEST_QUOTE
    for figure in (target.value, target.upper):
        if figure is not None and (target.id, figure) not in READ_INTO_THE_TEXT:
            assert figure in figures(target.quote)
    if (target.id, target.value) in READ_INTO_THE_TEXT:
        assert target.value not in figures(target.quote)
        assert target.note is not None


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda t: t.id)
def test_the_word_before_the_figure_is_the_operator(target: Target) -> None:
    """“trên” (over) is more than, “dưới” (under) less than; at least and ranges have neither."""
    before = {
        (target.quote[: found.start()].split() or [""])[-1].casefold()
        for found in NUMBER.finditer(target.quote)
        if target.value in figures(found.group())
    }
    wanted = {">": {"trên"}, "<": {"dưới"}}.get(target.operator, set())
    assert before & {"trên", "dưới"} == wanted


def test_a_town_of_259_thousand_and_not_of_259_million(seeds: dict[str, str]) -> None:
    """The text prints “259.000 nghìn người”: the number is read as people, and the note says so."""
    population = TARGETS["002.population"]
    assert "259.000 nghìn người" in seeds["002"]
    assert (population.value, population.unit) == (259000, "person")
    assert population.note is not None
    assert "259.000 nghìn người" in population.note.vi


@pytest.mark.parametrize("target", TARGETS.values(), ids=lambda t: t.id)
def test_what_answers_a_target_exists(target: Target) -> None:
    assert target.unit in UNITS
    if target.answered_by == "layers" and target.scope.startswith("zone:"):
        path = ROOT / "layers" / "pho-yen" / "industrial_zones.geojson"
        zones = json.loads(path.read_text(encoding="utf-8"))["features"]
        assert target.metric == "zone_coverage"
        assert target.scope.removeprefix("zone:") in {z["properties"]["id"] for z in zones}
    elif target.answered_by == "layers":
        assert (target.metric, target.scope) in LAYER_METRICS
    elif target.answered_by == "indicator":
        known = catalogue()[str(target.metric)]
        assert target.scope in {"city", "wards"}
        assert target.unit == ("percent_per_year" if target.growth else known.unit)
    elif target.answered_by == "class":
        assert target.metric in {"I", "II", "IV"}
    elif target.answered_by == "unit":
        assert (target.metric, target.scope) in {("ward", "candidates"), ("town", "city")}
    else:
        assert target.metric is None


Row = tuple[str, str, float | None, float | None, str, int | dt.date | None]
ROWS: dict[str, tuple[Row, ...]] = {
    # the rows of the list of targets, read from the documents a second time:
    # id, operator, value, upper, what answers it, due
    "Phổ Yên: urban class": (("000.class-ii", "done", None, None, "class II", 2025),),
    "Phổ Yên: urban class, basically": (("000.class-i", "done", None, None, "class I", 2030),),
    "Phổ Yên: planning basis of three zones": (
        ("000.plan-tay-pho-yen", ">=", 100, None, "layers zone_coverage", None),
        ("000.plan-yen-binh-it", ">=", 100, None, "layers zone_coverage", None),
        ("000.plan-yen-binh-2", ">=", 100, None, "layers zone_coverage", None),
    ),
    "Phổ Yên: zones filled": (("000.zones-filled", ">=", 100, None, "layers occupancy", 2030),),
    "Phổ Yên: 16 chief targets": (("000.sixteen-indicators", "done", None, None, "nothing", 2025),),
    "Phổ Yên: revenue growth": (
        ("001.budget-revenue-growth", ">=", 10, None, "indicator budget_revenue_own", None),
    ),
    "Phổ Yên: economic growth": (("001.economic-growth", ">", 20, None, "indicator economic_growth", None),),
    "Việt Yên: urban class IV": (("002.class-iv", "done", None, None, "class IV", 2022),),
    "Việt Yên: becomes a town": (
        ("002.town", "done", None, None, "fact", 2025),
        ("002.town-standards", "done", None, None, "unit town", 2025),
    ),
    "Việt Yên: population": (("002.population", ">", 259000, None, "layers population", 2025),),
    "Việt Yên: inner share": (
        ("002.inner-population-share", ">=", 59, None, "layers inner_population_share", 2025),
    ),
    "Việt Yên: nine wards": (
        ("002.candidates-become-wards", ">=", 9, None, "layers candidates_become_wards", 2025),
        ("002.candidates-ward-standards", "done", None, None, "unit ward", 2025),
    ),
    "Việt Yên: hospital beds": (
        ("002.hospital-beds", ">=", 31.5, None, "indicator hospital_beds", 2025),
        ("002.hospital-beds-inner", ">=", 53.8, None, "indicator hospital_beds", 2025),
    ),
    "Việt Yên: non-agricultural labour": (
        ("002.non-agricultural-labour", ">=", 77, None, "indicator nonfarm_labour", 2025),
        ("002.non-agricultural-labour-inner", ">=", 80, None, "indicator nonfarm_labour", 2025),
    ),
    "Việt Yên: poor households": (("002.poor-households", "<", 1, None, "indicator poor_households", 2025),),
    "Việt Yên: production, income, revenue": (
        ("002.production-growth", ">=", 23, None, "indicator production_value", 2025),
        ("002.income-per-head", ">=", 120, None, "indicator income_per_head", 2025),
        ("002.budget-revenue-growth", "between", 17, 19, "indicator budget_revenue_without_land", 2025),
    ),
    "Việt Yên: digital": (
        ("002.online-files-district", ">", 85, None, "indicator online_files_district", 2025),
        ("002.online-files-commune", ">=", 65, None, "indicator online_files_commune", 2025),
        ("002.databases-connected", ">=", 100, None, "indicator databases_connected", 2025),
        ("002.payment-accounts", ">=", 100, None, "indicator payment_accounts", 2025),
    ),
    "Việt Yên: detailed-plan coverage": (
        ("002.detailed-coverage-candidates", ">", 80, None, "layers coverage.detailed.natural", 2025),
    ),
    "Việt Yên: shopping centres, hotels": (
        ("002.shopping-centres", ">=", 2, None, "indicator shopping_centres", 2025),
        ("002.hotels", ">=", 2, None, "indicator hotels_3_5_stars", 2025),
    ),
    "Hưng Yên: urban class II": (("003.class-ii", "done", None, None, "class II", 2025),),
    "Hưng Yên: plans and wards of the five": (
        ("003.zoning-coverage-candidates", ">=", 100, None, "layers coverage.zoning.natural", 2025),
        ("003.candidates-ward-standards", "done", None, None, "unit ward", 2025),
        ("003.candidates-become-wards", ">=", 5, None, "layers candidates_become_wards", 2025),
    ),
    "Bắc Giang: zoning-plan coverage": (
        ("004.zoning-coverage", ">=", 100, None, "layers coverage.zoning.natural", 2025),
    ),
    "Bắc Giang: detailed-plan coverage": (
        ("004.detailed-coverage", ">=", 85, None, "layers coverage.detailed.natural", 2025),
    ),
    "Bắc Giang: green land": (("004.green-land", ">=", 18, None, "layers green_land_per_person", 2025),),
    "Bắc Giang: class I": (
        ("004.class-i-2025", "done", None, None, "class I", 2025),
        ("004.class-i", "done", None, None, "class I", dt.date(2029, 12, 31)),
    ),
    "Bắc Giang: boundary": (("004.boundary", "done", None, None, "fact", 2030),),
    "Bắc Giang: economy to 2025": (
        ("004.value-added-growth-2025", "between", 14.5, 16.5, "indicator value_added", 2025),
        ("004.service-output-2025", "between", 22, 25, "indicator service_output", 2025),
        ("004.service-share-2025", "between", 45, 48, "indicator service_output_share", 2025),
        ("004.budget-revenue-growth-2025", "between", 15, 18, "indicator budget_revenue_without_land", 2025),
        ("004.value-added-per-head-2025", "between", 8500, 9000, "indicator value_added_per_head", 2025),
        ("004.investment-2025", ">", 100000, None, "indicator investment_total", 2025),
    ),
    "Bắc Giang: economy to 2030": (
        ("004.value-added-growth-2030", "between", 16, 16.5, "indicator value_added", 2030),
        ("004.service-output-2030", "between", 50, 52, "indicator service_output", 2030),
        ("004.service-share-2030", "between", 48, 50, "indicator service_output_share", 2030),
        ("004.budget-revenue-growth-2030", "between", 18, 20, "indicator budget_revenue_without_land", 2030),
        ("004.value-added-per-head-2030", "between", 13000, 15000, "indicator value_added_per_head", 2030),
        ("004.investment-2030", ">", 165000, None, "indicator investment_total", 2030),
    ),
    "Bắc Giang: smart city and digital economy": (
        ("004.smart-city-rank-2025", "<=", 10, None, "indicator smart_city_rank", 2025),
        ("004.digital-economy-2025", ">=", 30, None, "indicator digital_economy", 2025),
        ("004.digital-economy-sector-2025", ">=", 20, None, "indicator digital_economy_sector", 2025),
        ("004.smart-city-rank-2030", "<=", 5, None, "indicator smart_city_rank", 2030),
        ("004.digital-economy-2030", ">=", 50, None, "indicator digital_economy", 2030),
        ("004.digital-economy-sector-2030", ">=", 35, None, "indicator digital_economy_sector", 2030),
    ),
    "Bắc Giang: schools, trained labour": (
        ("004.schools-level-1", ">=", 100, None, "indicator schools_level_1", 2025),
        ("004.schools-level-2", ">", 30, None, "indicator schools_level_2", 2025),
        ("004.trained-labour", ">", 80, None, "indicator trained_labour", 2025),
    ),
    "Bắc Giang: areas, hotels, night zones, park": (
        ("004.green-smart-areas", "between", 2, 3, "indicator green_smart_areas", 2025),
        ("004.hotels", "between", 2, 4, "indicator hotels_4_5_stars", 2025),
        ("004.night-zones", "between", 2, 3, "indicator night_zones", 2025),
        ("004.park", ">=", 1, None, "indicator parks_100_ha", 2025),
    ),
    "Bắc Giang: stadium, sports": (
        ("004.stadium", ">=", 1, None, "indicator stadiums_30000", 2030),
        ("004.sports-complexes", "between", 1, 2, "indicator sports_complexes", 2030),
    ),
}
BESIDE_THE_LIST = {  # what the documents set besides the rows above
    "003.poor-households",
    "004.general-plan",
    "004.party-organisations-2025",
    "004.party-organisations-2030",
    "004.service-multiple-2025",
    "004.service-multiple-2030",
    "004.startup-centre",
}


@pytest.mark.parametrize("row", ROWS)
def test_every_row_of_the_list_is_a_target(row: str) -> None:
    for target_id, operator, value, upper, answered_by, due in ROWS[row]:
        target = TARGETS[target_id]
        said = f"{target.answered_by} {target.metric or ''}".strip()
        assert (target.operator, target.value, target.upper, said, target.due) == (
            operator, value, upper, answered_by, due,
        )  # fmt: skip


def test_no_target_is_there_that_nobody_asked_for() -> None:
    assert set(TARGETS) == {row[0] for rows in ROWS.values() for row in rows} | BESIDE_THE_LIST


def test_scopes_within_and_growth_over_the_years() -> None:
    """What tells apart two targets of one metric: inner area and whole, mean growth and growth each year."""
    inner = {"002.hospital-beds-inner", "002.non-agricultural-labour-inner"}
    assert {i for i, t in TARGETS.items() if t.scope == "wards"} == inner
    growth = {i for i, t in TARGETS.items() if t.growth is not None}
    assert growth == {
        "001.budget-revenue-growth", "002.production-growth", "002.budget-revenue-growth",
        "004.value-added-growth-2025", "004.value-added-growth-2030",
        "004.budget-revenue-growth-2025", "004.budget-revenue-growth-2030",
    }  # fmt: skip
    assert all("bình quân" in TARGETS[i].quote and TARGETS[i].growth == "mean" for i in growth)
    assert {i for i, t in TARGETS.items() if t.yearly} == {
        "001.budget-revenue-growth", "001.economic-growth",
        "004.party-organisations-2025", "004.party-organisations-2030",
    }  # fmt: skip


def test_facts_are_done_on_the_day_their_decision_took_effect() -> None:
    done = {i: t.fact for i, t in TARGETS.items() if t.fact is not None}
    assert {i: (f.done_on.isoformat(), f.decision.split()[1]) for i, f in done.items()} == {
        "002.town": ("2024-02-01", "938/NQ-UBTVQH15"),
        "004.boundary": ("2025-01-01", "1191/NQ-UBTVQH15"),
    }


def test_the_finding_of_2024_is_said_beside_its_target(seeds: dict[str, str]) -> None:
    finding = "quy mô, mật độ dân số chưa đạt tiêu chí tối thiểu của đô thị loại II"
    note = TARGETS["003.class-ii"].note
    assert finding in seeds["003"]
    assert note is not None
    assert finding in note.vi


@pytest.mark.parametrize(
    ("city", "on", "document", "quarter"),
    [
        ("viet-yen", "2023-03-31", "002", "sơ kết thực hiện Nghị quyết vào quý I/2023"),
        ("viet-yen", "2025-12-31", "002", "tổng kết thực hiện Nghị quyết vào quý IV/2025"),
        ("bac-giang", "2025-03-31", "004", "sơ kết thực hiện Nghị quyết vào Quý I năm 2025"),
        ("bac-giang", "2030-03-31", "004", "tổng kết Nghị quyết vào Quý I năm 2030"),
    ],
)
def test_review_dates_are_dates_of_interest(
    city: str, on: str, document: str, quarter: str, seeds: dict[str, str]
) -> None:
    assert quarter in seeds[document]
    why = {entry.on.isoformat(): entry.why.vi for entry in city_file(city).dates}
    assert "III.7" in why[on]


# --- indicators -----------------------------------------------------------------------------------

BASE_VALUES = {  # read from the documents a second time
    "pho-yen": {
        (2021, "budget_revenue_own"): "2200", (2022, "budget_revenue_own"): "2500",
        (2023, "budget_revenue_own"): "2900", (2022, "budget_revenue"): "7000",
        (2022, "grdp_per_head"): "345", (2023, "grdp_per_head"): "370",
        (2022, "income_per_head"): "over 120",
        (2022, "economic_growth"): "over 20", (2023, "economic_growth"): "over 20",
        (2022, "industrial_output"): "over 843000", (2023, "industrial_output_growth"): "9.51",
        (2022, "industrial_output_share"): "over 92", (2023, "industrial_output_share"): "over 91",
        (2022, "exports"): "over 30", (2022, "exports_share"): "97", (2023, "exports_share"): "95.5",
    },
    "hung-yen": {
        (2023, "economic_growth"): "11", (2023, "grdp_per_head"): "126",
        (2023, "urbanisation"): "55", (2023, "poor_households"): "0.45",
    },
    "viet-yen": {},
    "bac-giang": {},
}  # fmt: skip


@pytest.mark.parametrize("city", CITIES)
def test_base_values_are_those_of_the_documents(city: str) -> None:
    path = ROOT / "layers" / city / "indicators.csv"
    assert tuple(path.read_text(encoding="utf-8").splitlines()[0].split(",")) == INDICATOR_COLUMNS
    rows = indicators(city)
    found = {(int(r["year"]), r["indicator"]): f"{r['qualifier']} {r['value']}".strip() for r in rows}
    assert found == BASE_VALUES[city]
    assert len(found) == len(rows)
    assert {r["scope"] for r in rows} <= {"city"}


@pytest.mark.parametrize("city", CITIES)
def test_each_value_stands_in_the_document_that_its_source_names(city: str, seeds: dict[str, str]) -> None:
    titles = {d.title.vi: d.id for d in target_file(city).documents}
    for row in indicators(city):
        named = [document for title, document in titles.items() if row["source"].startswith(title)]
        assert len(named) == 1, row["source"]
        assert float(row["value"]) in figures(seeds[named[0]])
        year_printed = re.search(rf"năm {row['year']}\b", seeds[named[0]])
        assert year_printed or "không nêu" in row["source"]
        assert row["indicator"] in catalogue()


def test_the_catalogue_names_each_indicator_once_and_none_in_vain() -> None:
    folder = ROOT / "src" / "geoplan" / "criteria" / "indicators"
    ids = {
        path.stem: [i["id"] for i in tomllib.loads(path.read_text(encoding="utf-8"))["indicators"]]
        for path in folder.glob("*.toml")
    }
    everything = [i for many in ids.values() for i in many]
    assert len(everything) == len(set(everything))
    used = {t.metric for t in TARGETS.values() if t.answered_by == "indicator"}
    used |= {row["indicator"] for city in CITIES for row in indicators(city)}
    assert set(ids["targets"]) <= used


# --- classes and titles ---------------------------------------------------------------------------


def holds(row: ClassHeld | Title, on: dt.date) -> bool:
    return (row.valid_from or dt.date.min) <= on < (row.valid_to or dt.date.max)


@pytest.mark.parametrize(
    ("city", "on", "urban_class", "confidence"),
    [
        ("pho-yen", "2019-06-16", None, None),
        ("pho-yen", "2019-06-17", "III", "seen"),
        ("pho-yen", "2025-12-31", "III", "seen"),
        ("pho-yen", "2026-01-01", "II", "derived"),
        ("hung-yen", "2013-08-06", "III", "seen"),
        ("hung-yen", "2024-01-18", "III", "seen"),
        ("hung-yen", "2026-01-01", "II", "derived"),
        ("viet-yen", "2023-03-31", None, None),  # the resolution of 2021 still wants class IV
        ("viet-yen", "2024-02-01", "IV", "recalled"),
        ("viet-yen", "2026-01-01", "III", "derived"),
        ("bac-giang", "2019-04-01", "II", "recalled"),
        ("bac-giang", "2025-12-31", "II", "recalled"),
        ("bac-giang", "2026-01-01", "II", "derived"),
    ],
)
def test_the_class_on_a_date(city: str, on: str, urban_class: str | None, confidence: str | None) -> None:
    found = [c for c in city_file(city).classes if holds(c, dt.date.fromisoformat(on))]
    said = [(c.class_, c.confidence) for c in found]
    assert said == ([] if urban_class is None else [(urban_class, confidence)])


@pytest.mark.parametrize(
    ("city", "on", "kind"),
    [
        ("pho-yen", "2022-04-09", "town"),
        ("pho-yen", "2022-04-10", "provincial_city"),
        ("pho-yen", "2025-07-01", "former"),
        ("hung-yen", "2024-01-18", "provincial_city"),
        ("viet-yen", "2024-01-31", "district"),
        ("viet-yen", "2024-02-01", "town"),
        ("viet-yen", "2025-07-01", "former"),
        ("bac-giang", "2025-06-30", "provincial_city"),
    ],
)
def test_what_unit_the_city_was(city: str, on: str, kind: str) -> None:
    found = [t for t in city_file(city).titles if holds(t, dt.date.fromisoformat(on))]
    assert [t.kind for t in found] == [kind]


@pytest.mark.parametrize("city", CITIES)
def test_one_title_always_and_never_two_classes(city: str) -> None:
    info = city_file(city)
    ends = {d for row in (*info.titles, *info.classes) for d in (row.valid_from, row.valid_to) if d}
    for day in sorted({info.record_from, *ends, *(d - dt.timedelta(days=1) for d in ends)}):
        if day >= info.record_from:
            assert sum(holds(t, day) for t in info.titles) == 1
            assert sum(holds(c, day) for c in info.classes) <= 1


def test_no_factor_is_claimed_that_was_not_checked() -> None:
    assert all(city_file(city).factors == () for city in CITIES)
