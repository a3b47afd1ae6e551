"""A city of one's own: from messy files to an assessed city, or one sentence and nothing written."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest

import geoplan
from cities import tiny_layers
from geoplan import cli
from geoplan.errors import DataError, UsageError
from geoplan.founding import new_city
from geoplan.importing import Source

if TYPE_CHECKING:
    from pathlib import Path

    from geoplan.schema import LayerName

NAMES = ["Phường Cải Đan", "Xã Tân Quang", "Xã Bá Xuyên", "Thị trấn Chợ"]


def files(folder: Path, *names: LayerName, epsg: int = 9213) -> list[Source]:
    """The tiny city's layers as files in a VN-2000 system, the communes with kinds in their names."""
    layers = tiny_layers()
    layers["communes"] = layers["communes"].assign(
        name=NAMES, population=[11000, 2000, None, 3000], valid_from=None
    )
    sources: list[Source] = []
    for name in names:
        path = folder / f"{name}.gpkg"
        layers[name].dropna(axis=1, how="all").to_crs(epsg).to_file(path)
        sources.append(Source(path, name))
    return sources


def founded(tmp_path: Path, *names: LayerName, **more: str) -> geoplan.City:
    made = new_city(
        "Sông Công",
        workspace=tmp_path / "w",
        sources=files(tmp_path, "communes", "plans", *names),
        province="Thái Nguyên",
        on="2024-12-31",
        **more,  # type: ignore[arg-type]
    )
    assert made.id == "song-cong"
    return geoplan.open_city("Sông Công", workspace=tmp_path / "w")


def test_the_city_is_what_its_files_say(tmp_path: Path) -> None:
    city = founded(tmp_path, "industrial_zones", "urban_land", title="Thành phố Sông Công", urban_class="III")
    units = city.communes
    assert list(units["kind"]) == ["ward", "commune", "commune", "township"]
    assert list(units["name"]) == ["Cải Đan", "Tân Quang", "Bá Xuyên", "Chợ"]
    assert units["population"].fillna(-1).tolist() == [11000, 2000, -1, 3000]
    assert units["ward_candidate"].tolist() == [False, True, False, False]
    assert (city.title(), city.province) == ("Thành phố Sông Công", "Thái Nguyên")
    assert city.urban_class is not None
    assert city.urban_class.class_ == "III"
    assert city.on == city.info.record_from == dt.date(2024, 12, 31)
    assert city.info.crs == "EPSG:9213"
    assert {layer.standing for layer in city.layers.values()} == {"digitised"}


def test_it_is_measured_like_the_layers_themselves(tmp_path: Path) -> None:
    city, layers = founded(tmp_path), tiny_layers()
    result = geoplan.assess(city)
    direct = geoplan.coverage(layers["communes"], plans=layers["plans"], on="2024-12-31")
    mine = result.coverage.query("denominator == 'natural'")["covered_km2"].to_numpy()
    theirs = direct.query("denominator == 'natural'")["covered_km2"].to_numpy()
    assert mine == pytest.approx(theirs, rel=1e-5)  # there and back through VN-2000
    people = result.quantities["population", "city"]
    assert people.value is None  # one commune has no figure, and no sum hides that


def test_without_zones_they_are_unknown_and_not_none(tmp_path: Path) -> None:
    city = founded(tmp_path)
    assert city.industrial_zones.empty
    assert city.layers["industrial_zones"].source.vi == "Chưa có lớp khu công nghiệp"


def test_refusals_name_what_is_wrong_and_write_nothing(tmp_path: Path) -> None:
    communes, plans = files(tmp_path, "communes", "plans")
    into = {"workspace": tmp_path / "w", "province": "Thái Nguyên", "on": "2024-12-31"}
    with pytest.raises(UsageError, match="thiếu tệp cho lớp plans"):
        new_city("A", sources=[communes], **into)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="Không có tỉnh"):
        new_city("A", sources=[communes, plans], **(into | {"province": "Atlantis"}))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="phải có chữ"):
        new_city("../..", sources=[communes, plans], **into)  # type: ignore[arg-type]
    twice = gpd.read_file(communes.path).assign(code="00001")
    twice.to_file(tmp_path / "twice.gpkg")
    with pytest.raises(DataError, match="00001"):
        new_city("A", sources=[Source(tmp_path / "twice.gpkg", "communes"), plans], **into)  # type: ignore[arg-type]
    assert not (tmp_path / "w").exists()
    new_city("A", sources=[communes, plans], **into)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="đã có thành phố này"):
        new_city("á", sources=[communes, plans], **into)  # type: ignore[arg-type]


def test_a_zone_of_another_province_is_spoken_of(tmp_path: Path) -> None:
    with pytest.warns(geoplan.errors.DataWarning, match="EPSG:9209 không phải hệ của tỉnh"):
        new_city(
            "Lạc",
            workspace=tmp_path / "w",
            sources=files(tmp_path, "communes", "plans", epsg=9209),
            province="Thái Nguyên",
            on="2024-12-31",
        )


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    communes, plans = files(tmp_path, "communes", "plans")
    renamed = gpd.read_file(communes.path).rename(columns={"code": "MA_XA", "population": "DAN_SO"})
    renamed.to_file(tmp_path / "xa.gpkg")
    named = gpd.read_file(plans.path).rename(columns={"kind": "LOAI_QH"})
    named.to_file(tmp_path / "qh.gpkg")
    call = [
        "new", "Sông Công", "--province", "Thái Nguyên", "--on", "31/12/2024", "--workspace",
        str(tmp_path / "w"), "--communes", str(tmp_path / "xa.gpkg"), "--plans", str(tmp_path / "qh.gpkg"),
        "--map", "MA_XA=code", "--map", "communes:DAN_SO=population", "--map", "plans:LOAI_QH=kind",
    ]  # fmt: skip
    assert cli.main(call) == 0
    assert capsys.readouterr().out.strip() == str(tmp_path / "w" / "song-cong")
    assert cli.main(["assess", "song-cong", "--workspace", str(tmp_path / "w")]) == 0
    assert "Sông Công" in capsys.readouterr().out


def made_of(tmp_path: Path, name: str = "A", **more: object) -> geoplan.City:
    """A city of the tiny layers with other columns of its communes, or of another description."""
    communes, plans = files(tmp_path, "communes", "plans")
    columns = more.pop("columns", {})
    gpd.read_file(communes.path).assign(**columns).to_file(tmp_path / "own.gpkg")  # type: ignore[arg-type]
    sources = [Source(tmp_path / "own.gpkg", "communes"), plans]
    call: dict[str, Any] = {"workspace": tmp_path / "w", "province": "Thái Nguyên", "on": "2024-12-31"}
    made = new_city(name, sources=sources, **(call | more))
    return geoplan.open_city(made.id, workspace=tmp_path / "w")


@pytest.mark.parametrize(
    ("name", "more", "told"),
    [
        ("A", {"kind": "quận"}, "titles.0.kind"),
        ("A", {"columns": {"valid_to": "2024-01-01"}}, "không có đơn vị hiệu lực"),
        ("A", {"columns": {"valid_from": "2030-01-01"}}, "không có đơn vị hiệu lực"),
        ("Rulebooks", {}, "Không dùng được"),
        ("Boundaries", {}, "Không dùng được"),
        ("a" * 300, {}, "Không dùng được"),
        ("A\x1b[31m", {}, "không in được"),
        ("A\udcff", {}, "không in được"),
        ("A", {"title": "A\nB"}, "không in được"),
    ],
)
def test_a_city_that_could_not_be_opened_is_not_made(
    tmp_path: Path, name: str, more: dict[str, object], told: str
) -> None:
    with pytest.raises((DataError, UsageError), match=told):
        made_of(tmp_path, name, **more)
    assert not (tmp_path / "w").exists()
    assert list(made_of(tmp_path).communes["code"]) == ["00001", "00002", "00003", "00004"]


def test_odd_people_and_kinds_are_spoken_of(tmp_path: Path) -> None:
    with pytest.warns(geoplan.errors.DataWarning, match="số dân âm của Cải Đan"):
        city = made_of(tmp_path, columns={"population": [-5.0, 10, 20, 30]})
    assert city.communes["population"].isna().tolist() == [True, False, False, False]
    with pytest.warns(geoplan.errors.DataWarning, match="có phần lẻ"):
        made_of(tmp_path, "B", columns={"population": [12.345, 10, 20, 30]})
    with pytest.warns(geoplan.errors.DataWarning, match="loại đơn vị lạ .quận."):
        city = made_of(tmp_path, "C", columns={"kind": ["quận", None, "XÃ", "thị trấn"]})
    assert list(city.communes["kind"]) == ["ward", "commune", "commune", "township"]
