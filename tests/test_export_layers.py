"""What goes out: layers, tables, fields, and the fixed table of short names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cities import square, tiny_targets, write_city
from exporting import LONGEST, make_layer, nasty_city
from geoplan import assess, open_city
from geoplan.errors import GeoplanError, UsageError
from geoplan.exports import fields
from geoplan.exports.export import province_crs
from geoplan.exports.layers import LAYERS, export_layers
from geoplan.exports.writing import safe_name
from geoplan.intake.columns import propose
from geoplan.quantity import UNITS
from geoplan.schema import USER_LAYERS

if TYPE_CHECKING:
    from geoplan.city import City

SPATIAL = ("communes", "plans", "industrial_zones", "urban_land", "gaps", "conflicts", "candidates")
TABLES = ("coverage", "verdicts", "targets", "data_gaps", "quantities")
DOCS = Path(__file__).parents[1] / "docs" / "exports.md"


def test_short_names_are_fixed_reversible_and_fit_a_dbf() -> None:
    assert set(fields.known_fields()) == set(LAYERS)
    for layer, known in fields.known_fields().items():
        shorts, names = [f.short for f in known], [f.name for f in known]
        assert len(set(shorts)) == len(shorts), layer
        assert len(set(names)) == len(names), layer
        assert all(re.fullmatch(r"[A-Z][A-Z0-9_]{0,9}", short) for short in shorts), layer
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names), layer
        assert all(f.unit is None or f.unit in UNITS for f in known)
        assert fields.full_names(layer) == dict(zip(shorts, names, strict=True))


def test_the_habits_of_vietnamese_offices_are_kept_and_understood_when_read_back() -> None:
    short = {(layer, f.name): f.short for layer, known in fields.known_fields().items() for f in known}
    assert short["communes", "code"] == "MA_XA"
    assert short["communes", "name"] == "TEN_XA"
    assert short["communes", "population"] == "DAN_SO"
    assert short["communes", "density_per_km2"] == "MAT_DO"
    assert short["communes", "coverage_zoning_natural_pct"] == "TL_QHPK"
    assert short["communes", "coverage_detailed_natural_pct"] == "TL_QHCT"
    for layer in USER_LAYERS:
        columns = [f.short for f in fields.known_fields()[layer]]
        found = {p.theirs: p.ours for p in propose(columns, layer)}
        full = fields.full_names(layer)
        assert found, layer
        assert {theirs: full[theirs] for theirs in found} == found  # import proposes what the table says


def test_every_short_name_is_in_the_documentation() -> None:
    text = DOCS.read_text(encoding="utf-8")
    for layer, known in fields.known_fields().items():
        for field in known:
            assert f"| {field.short} | {field.name} | {field.title.vi} |" in text, (layer, field.name)


@given(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=40, unique=True))
def test_columns_of_the_user_get_short_names_by_rule(columns: list[str]) -> None:
    taken: set[str] = set()
    for column in columns:
        short = fields.short_name(column, taken)
        assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,9}", short)
        assert short not in taken
        taken.add(short)


@pytest.fixture
def whole(tmp_path: Path) -> City:
    """The tiny city with targets: every layer and table has rows."""
    from cities import tiny_layers  # noqa: PLC0415 - beside its only use

    write_city(tmp_path / "w", tiny_layers(), targets=tiny_targets())
    return open_city("tiny", workspace=tmp_path / "w")


def test_everything_computed_goes_out(whole: City) -> None:
    result = assess(whole)
    made = {layer.name: layer for layer in export_layers(result)}
    assert tuple(made) == (*SPATIAL, *TABLES)
    for name in SPATIAL:
        frame = made[name].frame
        assert isinstance(frame, gpd.GeoDataFrame)
        assert frame.crs.to_epsg() == 4326
        assert list(frame.columns) == [*(f.name for f in made[name].fields), "geometry"]
        assert set(frame["standing"]) <= {"minh họa"}
        assert made[name].standing == "illustrative"
        assert made[name].style == name
    for name in TABLES:
        assert not made[name].spatial
        assert made[name].standing is None
        assert len(made[name].frame), name
    assert len(made["quantities"].frame) == len(result.quantities)
    assert len(made["targets"].frame) == len(result.judgement.targets)
    judged = result.judgement
    units = [*([judged.city_unit] if judged.city_unit else []), *judged.units]
    count = sum(len(c.verdicts) for c in judged.classes) + sum(len(u.verdicts) for u in units)
    assert len(made["verdicts"].frame) == count
    assert len(made["coverage"].frame) == len(result.coverage) + len(result.coverage_totals)


def test_communes_carry_the_numbers_of_the_assessment(whole: City) -> None:
    result = assess(whole)
    communes = export_layers(result, layers=["communes"])[0].frame.set_index("code")
    # two zoning plans cover the first commune whole and three quarters of the second, one detailed plan a quarter
    assert communes.loc["00001", "coverage_zoning_natural_pct"] == pytest.approx(100)
    assert communes.loc["00002", "coverage_zoning_natural_pct"] == pytest.approx(75, abs=1e-3)
    assert communes.loc["00001", "coverage_detailed_natural_pct"] == pytest.approx(25, abs=1e-3)
    assert communes.loc["00001", "population"] == 11000
    assert np.isnan(communes.loc["00004", "population"])
    assert np.isnan(communes.loc["00004", "density_per_km2"])
    for (metric, scope), quantity in result.quantities.items():
        if metric == "density" and scope in communes.index and quantity.value is not None:
            assert communes.loc[scope, "density_per_km2"] == pytest.approx(quantity.value)
    own = {u.scope.id: u for u in result.judgement.units if not u.candidate}
    for code, unit in own.items():
        held = communes.loc[code, "own_passes"]
        assert (None if pd.isna(held) else bool(held)) is unit.passes
        failed = [v.title.vi for v in unit.verdicts if v.passes is False and v.considered and not v.flag]
        assert communes.loc[code, "own_failed"] == ("; ".join(failed) or None)
    assert pd.isna(communes.loc["00003", "ward_status"])  # no candidate
    assert communes.loc["00002", "ward_status"] is not None


def test_words_are_in_the_language_and_codes_stay(whole: City) -> None:
    result = assess(whole)
    for lang, word in (("vi", "quy hoạch phân khu"), ("en", "zoning plan")):
        plans = export_layers(result, lang=lang, layers=["plans"])[0].frame
        assert list(plans["kind"]) == ["zoning", "zoning", "detailed"]
        assert plans["kind_text"].iloc[0] == word
        assert list(plans["status"]) == ["approved"] * 3


def test_what_is_made_of_two_layers_stands_as_the_weaker(tmp_path: Path) -> None:
    from cities import tiny_layers  # noqa: PLC0415 - beside its only use

    layers = tiny_layers()
    folder = write_city(tmp_path / "w", layers)
    text = (folder / "city.toml").read_text(encoding="utf-8")
    head, tail = text.split("[layers.plans]")
    tail = tail.replace('standing = "illustrative"', 'standing = "surveyed"', 1)
    (folder / "city.toml").write_text(f"{head}[layers.plans]{tail}", encoding="utf-8")
    made = {la.name: la for la in export_layers(assess(open_city("tiny", workspace=tmp_path / "w")))}
    assert made["plans"].standing == "surveyed"
    assert made["gaps"].standing == "illustrative"
    assert set(made["gaps"].frame["standing"]) == {"minh họa"}


def test_a_layer_that_is_not_there_is_named(whole: City) -> None:
    result = assess(whole)
    with pytest.raises(UsageError, match="không có lớp “roads”"):
        export_layers(result, layers=["roads"])
    with pytest.raises(UsageError, match="không có lớp “neighbours”"):
        export_layers(result, layers=["neighbours"])


def test_columns_of_the_users_own_go_out_with_their_types(tmp_path: Path) -> None:
    write_city(tmp_path / "w", nasty_city())
    layer = export_layers(assess(open_city("tiny", workspace=tmp_path / "w")), layers=["communes"])[0]
    assert layer.field("Ghi chú “dài”").short == "GHI_CHU_DA"
    assert layer.field("so_lon").kind == "number"
    assert layer.field("ma_64").kind == "integer"
    assert layer.frame["Ghi chú “dài”"].iloc[0] == LONGEST
    assert layer.frame["ma_64"].iloc[3] == 2**53


def test_types_are_told_by_values() -> None:
    day = pd.Timestamp("2024-01-18").date()
    columns = {
        "a": [True, None], "b": [1, None], "c": [1.5, 2], "d": [day, None], "e": ["x", 1], "f": [None, None],
        "g": [2**64, 1],
    }  # fmt: skip
    layer = make_layer("any", columns, [square(0, 0), None])
    assert [f.kind for f in layer.fields] == ["boolean", "integer", "number", "date", "text", "text", "text"]
    assert layer.frame["b"].tolist() == [1, pd.NA]
    assert layer.frame["g"].tolist() == [str(2**64), "1"]


@pytest.mark.parametrize("city_id", ["pho-yen", "viet-yen", "hung-yen", "bac-giang"])
def test_the_default_system_is_the_provinces_on_the_date(city_id: str) -> None:
    codes = {"pho-yen": 9213, "viet-yen": 9214, "hung-yen": 9209, "bac-giang": 9214}
    city = open_city(city_id)
    assert province_crs(city).to_epsg() == codes[city_id]
    days = [city.info.record_from, *(d.on for d in city.info.dates)]
    assert {province_crs(city.as_of(day)).to_epsg() for day in days} == {codes[city_id]}


def test_a_province_that_is_in_no_table_leaves_the_citys_own_system(tmp_path: Path) -> None:
    from cities import tiny_layers  # noqa: PLC0415 - beside its only use

    more = {"provinces": [{"name": "Tỉnh Không Có"}], "crs": "EPSG:9210"}
    write_city(tmp_path / "w", tiny_layers(), more=more)
    assert province_crs(open_city("tiny", workspace=tmp_path / "w")).to_epsg() == 9210


def test_names_of_files_are_safe_on_every_system() -> None:
    assert safe_name("../../etc/passwd") == "etc-passwd"
    assert safe_name("CON") == "con_"
    assert safe_name("Quy hoạch “phân khu” 🏠\n") == "quy-hoach-phan-khu"
    assert safe_name("🏠") == "layer"
    assert len(safe_name("đ" * 500)) == 60


@given(st.text(max_size=300))
def test_any_name_becomes_a_safe_one(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9_][a-z0-9_-]{0,60}", safe_name(name))


def test_errors_are_geoplans() -> None:
    with pytest.raises(GeoplanError):
        make_layer("communes", {"population": ["nhiều"]}, None)
