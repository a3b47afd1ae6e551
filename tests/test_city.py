"""A city as it lawfully was on a date; the workspace that holds it."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import geoplan
from cities import square, tiny_layers, write_city
from conftest import CITIES
from geoplan import importing
from geoplan.city import City
from geoplan.errors import CrsError, DataError, DataWarning, MissingFileError, UsageError
from geoplan.measures import density_totals
from geoplan.measures.totals import groups


def city(name: str, on: str) -> City:
    return geoplan.open_city(name, on=dt.date.fromisoformat(on))


def wards(view: City) -> int:
    return int((view.communes["kind"] == "ward").sum())


@pytest.mark.parametrize(
    ("name", "on", "units", "ward_count"),
    [
        ("pho-yen", "2022-04-09", 18, 4),
        ("pho-yen", "2022-04-10", 18, 13),
        ("pho-yen", "2025-06-30", 18, 13),
        ("pho-yen", "2025-07-01", 6, 4),
        ("viet-yen", "2024-01-31", 17, 0),
        ("viet-yen", "2024-02-01", 17, 9),
        ("viet-yen", "2025-07-01", 4, 4),
        ("hung-yen", "2024-11-30", 17, 7),
        ("hung-yen", "2024-12-01", 15, 6),
        ("hung-yen", "2025-07-01", 4, 3),
        ("bac-giang", "2024-12-31", 16, 10),
        ("bac-giang", "2025-01-01", 31, 21),
        ("bac-giang", "2025-07-01", 8, 7),
    ],
)
def test_units_and_wards_as_the_law_had_them(name: str, on: str, units: int, ward_count: int) -> None:
    view = city(name, on)
    assert len(view.communes) == units
    assert wards(view) == ward_count
    assert view.communes["code"].is_unique
    assert view.communes["kind"].notna().all()
    assert view.communes["code"].str.fullmatch(r"\d{5}").all()


def test_a_view_goes_forward_and_back() -> None:
    view = city("hung-yen", "2024-12-01")
    assert len(view.as_of(dt.date(2024, 11, 30)).communes) == 17
    assert len(view.communes) == 15
    assert len(view.as_of(dt.date(2026, 1, 1)).as_of(dt.date(2024, 12, 1)).communes) == 15


def test_the_province_changes_with_the_date() -> None:
    assert city("viet-yen", "2024-06-01").province == "Bắc Giang"
    assert city("viet-yen", "2025-07-01").province == "Bắc Ninh"


def test_candidates_are_candidates_until_they_are_wards() -> None:
    before, after = city("viet-yen", "2024-01-31"), city("viet-yen", "2024-02-01")
    assert int(before.communes["ward_candidate"].sum()) == 9
    assert int(after.communes["ward_candidate"].sum()) == 0
    five = city("hung-yen", "2024-01-18").communes
    assert set(five.loc[five["ward_candidate"], "name"]) == {
        "Bảo Khê", "Liên Phương", "Trung Nghĩa", "Quảng Châu", "Phú Cường",
    }  # fmt: skip


def test_one_series_of_population_and_none_from_another_unit_of_the_code() -> None:
    today = city("pho-yen", "2025-07-01").communes.set_index("name")
    assert today.loc["Phổ Yên", "population"] == 49162
    assert pd.isna(today.loc["Vạn Xuân", "population"])  # its code was Nam Tiến's, which has a census
    assert pd.isna(today.loc["Đại Phúc", "population"])
    assert today.loc["Trung Thành", "population"] == 37075  # same code and name as the old ward
    for name in CITIES:
        for entry in geoplan.open_city(name).info.dates:
            view = geoplan.open_city(name, on=entry.on)
            assert len(set(view.communes["population_on"].dropna())) <= 1
            assert (view.communes["population_on"].dropna() <= pd.Timestamp(entry.on)).all()


def test_a_sum_over_an_unknown_population_is_unknown() -> None:
    view = city("pho-yen", "2025-07-01")
    totals = density_totals(geoplan.density(view.communes), members=groups(view.communes)).set_index("group")
    assert pd.isna(totals.loc["all", "population"])
    assert set(totals.loc["all", "missing"].split(", ")) == {"Vạn Xuân", "Đại Phúc"}
    whole = city("hung-yen", "2024-01-18")
    totals = density_totals(geoplan.density(whole.communes), members=groups(whole.communes)).set_index(
        "group"
    )
    assert (
        totals.loc["all", "population"] == 116356
    )  # the census of the 17 units, summed by hand from the CSV


def test_before_the_record_there_is_no_city() -> None:
    with pytest.raises(UsageError, match="số liệu bắt đầu từ 06/08/2013"):
        city("hung-yen", "2013-08-05")


def test_zones_of_later_decisions_are_planned() -> None:
    zones = city("pho-yen", "2024-03-27").industrial_zones.set_index("id")["status"]
    later = city("pho-yen", "2026-01-01").industrial_zones.set_index("id")["status"]
    assert zones["tay-pho-yen-1"] == "planned"
    assert later["tay-pho-yen-1"] == "established"


def test_names_with_and_without_diacritics_open_a_city() -> None:
    for name in ("pho-yen", "Phổ Yên", "PHO YEN", "phổ yên"):
        assert geoplan.open_city(name).id == "pho-yen"
    assert geoplan.list_cities() == sorted(CITIES)
    with pytest.raises(UsageError, match="Không có thành phố “hanoi”; hãy chọn: bac-giang, hung-yen"):
        geoplan.open_city("hanoi")


@pytest.mark.parametrize("name", CITIES)
def test_the_default_view_opens_and_is_frozen(name: str) -> None:
    opened = geoplan.open_city(name)
    assert name in repr(opened)
    with pytest.raises(AttributeError):
        opened.on = dt.date(2000, 1, 1)  # type: ignore[misc]


# --- workspaces ---------------------------------------------------------------------------------


def own_communes(folder: Path) -> Path:
    """Today's two units of Việt Yên as a stranger's file has them: prefixes, no dates."""
    communes = gpd.GeoDataFrame(
        {
            "code": ["07774", "07795"],
            "name": ["Phường Tự Lạn", "Phường Nếnh"],
            "area_published_km2": [39.89, 35.98],
        },
        geometry=[square(0, 0), square(1, 0)],
        crs=4326,
    ).to_crs(9214)
    path = folder / "xa.gpkg"
    communes.to_file(path)
    return path


def test_own_communes_take_validity_and_kind_from_the_bundled_units(tmp_path: Path) -> None:
    replacement = importing.Source(own_communes(tmp_path), "communes")
    importing.init_city("viet-yen", workspace=tmp_path / "w", sources=(replacement,))
    opened = geoplan.open_city("viet-yen", workspace=tmp_path / "w")
    assert opened.on == dt.date(2025, 7, 1)
    assert opened.communes["name"].tolist() == ["Tự Lạn", "Nếnh"]
    assert opened.communes["kind"].tolist() == ["ward", "ward"]
    assert opened.communes["population"].tolist() == [45470, 55559]
    assert opened.layers["communes"].standing == "digitised"
    assert "xa.gpkg" in opened.layers["communes"].source.vi
    with pytest.raises(UsageError, match="không có đơn vị hiệu lực"):
        opened.as_of(dt.date(2024, 1, 1))


def test_a_workspace_is_not_overwritten_and_a_failure_leaves_nothing(tmp_path: Path) -> None:
    importing.init_city("viet-yen", workspace=tmp_path / "w")
    with pytest.raises(UsageError, match="đã có thành phố này"):
        importing.init_city("viet-yen", workspace=tmp_path / "w")
    bare = tmp_path / "bare.geojson"
    gpd.GeoDataFrame({"x": [1]}, geometry=[square(0, 0)], crs=4326).to_file(bare)
    with pytest.raises(DataError, match="cần cột “code”"):
        importing.init_city(
            "hung-yen", workspace=tmp_path / "v", sources=(importing.Source(bare, "communes"),)
        )
    assert not (tmp_path / "v").exists()


def test_a_city_file_that_is_wrong_is_refused_with_the_place(tmp_path: Path) -> None:
    folder = write_city(tmp_path / "w", tiny_layers())
    path = folder / "city.toml"
    good = path.read_text(encoding="utf-8")
    for wrong, sentence in (
        (good.replace("classes = ", "class_held = "), "mục classes"),
        (good.replace("illustrative", "guessed"), "standing"),
        ("id = ", "không đúng TOML"),
        (good.replace('"plans.geojson"', '"../plans.geojson"'), "phải nằm trong thư mục"),
        (good.replace('"plans.geojson"', '"none.geojson"'), "không có tệp none.geojson"),
        (good.replace("[layers.plans", "[layers.neighbours"), "thiếu lớp plans"),
    ):
        path.write_text(wrong, encoding="utf-8")
        with pytest.raises((DataError, MissingFileError), match=sentence):
            geoplan.open_city("tiny", workspace=tmp_path / "w")


def test_a_layer_without_its_columns_or_system_is_refused(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["plans"] = layers["plans"].drop(columns="kind")
    write_city(tmp_path / "w", layers)
    with pytest.raises(DataError, match="lớp plans thiếu cột kind"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")
    shutil.rmtree(tmp_path / "w")
    folder = write_city(tmp_path / "w", tiny_layers())
    tiny_layers()["communes"][["code", "name", "geometry"]].to_file(folder / "communes.shp", encoding="UTF-8")
    (folder / "communes.prj").unlink()
    toml = folder / "city.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace("communes.geojson", "communes.shp"), encoding="utf-8"
    )
    with pytest.raises(CrsError, match="không có hệ tọa độ"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")


@pytest.mark.parametrize("name", CITIES)
def test_boundaries_of_2024_give_the_city_of_2024(tmp_path: Path, name: str) -> None:
    """Codes are used again in 2025: the units of a file are those of one day, not the latest of a code."""
    units = geoplan.open_city(name, on="2024-11-30").communes
    path = tmp_path / "cu.gpkg"
    units[["code", "name", "geometry"]].to_file(path)
    importing.init_city(name, workspace=tmp_path / "w", sources=(importing.Source(path, "communes"),))
    opened = geoplan.open_city(name, workspace=tmp_path / "w")
    assert len(opened.communes) == len(units)
    assert opened.communes["kind"].notna().all()
    assert opened.on == geoplan.open_city(name).info.default_on


def test_communes_of_another_city_are_refused_and_strangers_named(tmp_path: Path) -> None:
    units = geoplan.open_city("hung-yen").communes[["code", "name", "geometry"]]
    units.to_file(tmp_path / "hy.gpkg")
    other = importing.Source(tmp_path / "hy.gpkg", "communes")
    with pytest.raises(DataError, match="không đơn vị nào là của Phổ Yên"):
        importing.init_city("pho-yen", workspace=tmp_path / "w", sources=(other,))
    units.assign(name=[*units["name"][:-1], "Lạ"]).to_file(tmp_path / "la.gpkg")
    with pytest.warns(DataWarning, match="1 đơn vị không có trong hồ sơ Hưng Yên.*Lạ"):
        importing.init_city(
            "hung-yen",
            workspace=tmp_path / "w",
            sources=(importing.Source(tmp_path / "la.gpkg", "communes"),),
        )


@pytest.mark.parametrize(
    ("name", "on", "title"),
    [
        ("viet-yen", "2023-03-31", "Huyện Việt Yên"),
        ("viet-yen", "2024-02-01", "Thị xã Việt Yên"),
        ("pho-yen", "2022-04-09", "Thị xã Phổ Yên"),
        ("pho-yen", "2022-04-10", "Thành phố Phổ Yên"),
        ("bac-giang", "2025-07-01", "Địa bàn thành phố Bắc Giang cũ"),
    ],
)
def test_what_the_city_was_called(name: str, on: str, title: str) -> None:
    assert geoplan.open_city(name, on=on).title() == title


@pytest.mark.parametrize("wrong", ["../../escaped", "Tiny", "other", "a b", ""])
def test_an_id_that_is_not_the_folder_s_name_is_refused(tmp_path: Path, wrong: str) -> None:
    folder = write_city(tmp_path / "w", tiny_layers())
    toml = folder / "city.toml"
    toml.write_text(
        toml.read_text(encoding="utf-8").replace('id = "tiny"', f'id = "{wrong}"'), encoding="utf-8"
    )
    with pytest.raises(DataError, match="phải trùng tên thư mục"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("population.csv", "", "không phải bảng CSV"),
        ("population.csv", "\ufeffcode;x\n", "thiếu cột"),
        (
            "unit_kinds.csv",
            "code,unit_from,kind,valid_from,valid_to\n00001,,ward,,\n00001,,commune,,\n",
            "hai dòng hiệu lực",
        ),
    ],
)
def test_tables_that_are_wrong_are_refused(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    folder = write_city(tmp_path / "w", tiny_layers())
    (folder / name).write_text(content, encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        geoplan.open_city("tiny", workspace=tmp_path / "w")
    (folder / name).write_bytes("code\n".encode("utf-16"))
    with pytest.raises(DataError, match="không phải bảng CSV"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")


def test_planned_zones_are_no_industrial_land_yet() -> None:
    """Tây Phổ Yên was decided on 2026-01-01: before, Bắc Sơn has none of it."""
    early = geoplan.assess(geoplan.open_city("pho-yen", on="2024-03-27")).zones.set_index("name")
    assert early.loc["Bắc Sơn", "zone_km2"] == 0
    assert early.loc["Bắc Sơn", "planned_km2"] > 1


def test_a_view_cannot_be_spoiled() -> None:
    opened = geoplan.open_city("hung-yen")
    opened.communes["name"] = "x"
    opened.plans["name"] = "x"
    assert "x" not in set(opened.communes["name"]) | set(opened.plans["name"])


@pytest.mark.parametrize(
    "content", [b"a=" + b"[" * 500 + b"]" * 500, b"a=" + b"1" * 4400, b"\xff\xfe", b"a=" + b"[" * 4000]
)
def test_a_city_file_that_could_hurt_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    folder = write_city(tmp_path / "w", tiny_layers())
    (folder / "city.toml").write_bytes(content)
    with pytest.raises(DataError, match="không đúng TOML"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")


def test_a_row_with_too_many_fields_does_not_shift_the_table(tmp_path: Path) -> None:
    folder = write_city(tmp_path / "w", tiny_layers())
    kinds = folder / "unit_kinds.csv"
    kinds.write_text("code,unit_from,kind,valid_from,valid_to\n00001,,ward,,,,\n", encoding="utf-8")
    with pytest.raises(DataError, match="không phải bảng CSV"):
        geoplan.open_city("tiny", workspace=tmp_path / "w")
