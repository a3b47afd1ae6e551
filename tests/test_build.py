"""The build: its files, its manifest, and the same bytes twice."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import io
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import geoplan
from cities import tiny_layers, write_city
from conftest import CITIES
from geoplan import batch
from geoplan.city import City
from geoplan.cli import main
from geoplan.errors import DataError, UsageError


def linked(page: Path) -> set[str]:
    """The files that the list of cities links."""
    found = re.search(r'id="geoplan-index">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    return {link["href"] for city in json.loads(found[1])["cities"] for link in city["links"]}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The bundled cities, built by the command; what it printed."""
    out, printed = tmp_path_factory.mktemp("built"), io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert main(["build", "--out", str(out)]) == 0
    return out, printed.getvalue().splitlines()


def workspace_of(folder: Path, *names: str) -> Path:
    """Small cities with these ids."""
    for name in names:
        write_city(folder, tiny_layers(), city_id=name)
    return folder


def test_build_writes_what_the_manifest_says(built: tuple[Path, list[str]]) -> None:
    tmp_path, printed = built
    files = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    expected = {"index.html", "manifest.json"}
    expected |= {f"{c}.html" for c in CITIES} | {f"reports/{c}.xlsx" for c in CITIES}
    assert files == expected
    assert {Path(p).relative_to(tmp_path).as_posix() for p in printed} == expected - {"manifest.json"}
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["geoplan"] == geoplan.__version__
    assert manifest["index"] == {"index.html": digest(tmp_path / "index.html")}
    assert sorted(entry["city"] for entry in manifest["cities"]) == sorted(CITIES)
    for entry in manifest["cities"]:
        for name, sha in entry["files"].items():
            assert digest(tmp_path / name) == sha
        folder = Path(__file__).parents[1] / "layers" / entry["city"]
        assert set(entry["inputs"]) >= {"city.toml", "communes.geojson", "plans.geojson", "population.csv"}
        for name, sha in entry["inputs"].items():
            assert digest(folder / name) == sha


def test_the_same_inputs_give_the_same_bytes(built: tuple[Path, list[str]], tmp_path: Path) -> None:
    batch.build(["hung-yen", "Phổ Yên", "hung-yen"], out=tmp_path / "real")
    again = [p for p in (tmp_path / "real").rglob("*") if p.is_file()]
    assert len(again) == 6
    for path in again:
        if path.name not in {"index.html", "manifest.json"}:
            assert digest(path) == digest(built[0] / path.relative_to(tmp_path / "real"))
    home = workspace_of(tmp_path / "w", "a-one", "b-two")
    for run in ("a", "b"):
        names, day = ["b-two", "a-one", "b-two"], dt.date(2024, 1, 18)
        batch.build(names, out=tmp_path / run, on=day, workspace_folder=home)
    first = {p.relative_to(tmp_path / "a"): digest(p) for p in (tmp_path / "a").rglob("*") if p.is_file()}
    second = {p.relative_to(tmp_path / "b"): digest(p) for p in (tmp_path / "b").rglob("*") if p.is_file()}
    assert first == second
    assert len(first) == 6


def test_one_broken_city_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers(), city_id="a-good")
    broken = write_city(tmp_path / "w", tiny_layers(), city_id="b-broken")
    (broken / "plans.geojson").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match="plans.geojson: không phải tệp véc-tơ"):
        batch.build(["a-good", "b-broken"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    assert not (tmp_path / "maps").exists()
    with pytest.raises(UsageError):
        batch.build(["a-good", "nowhere"], out=tmp_path / "maps", workspace_folder=tmp_path / "w")
    assert not (tmp_path / "maps").exists()


def test_progress_is_told_step_by_step(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    steps: list[tuple[int, int]] = []
    batch.build(
        ["tiny"],
        out=tmp_path / "m",
        workspace_folder=tmp_path / "w",
        progress=lambda d, t: steps.append((d, t)),
    )
    assert steps == [(1, 2), (2, 2)]


# --- the assessment -----------------------------------------------------------------------------


def test_the_assessment_is_of_one_date(tiny: City) -> None:
    early = geoplan.assess(tiny, on="2020-06-01")
    late = geoplan.assess(tiny, on=dt.date(2023, 1, 1))
    assert early.plans["in_force"].tolist() == [True, False, False]
    assert late.plans["in_force"].tolist() == [True, True, True]
    assert "2020-06-01" in repr(early)


def test_what_was_mended_is_noted_once(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["communes"].loc[[1], "geometry"] = (
        layers["communes"].geometry.iloc[[0]].translate(0.009).to_numpy()
    )
    write_city(tmp_path / "w", layers)
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    assert len(result.notes) == 1
    assert "chồng lên nhau" in result.notes[0].vi


def test_a_second_build_keeps_the_cities_of_the_first(tmp_path: Path) -> None:
    cities = ("a-first", "b-second", "c-first")
    home, out = workspace_of(tmp_path / "w", *cities), tmp_path / "maps"
    batch.build(["a-first", "c-first"], out=out, workspace_folder=home)
    batch.build(["b-second"], out=out, workspace_folder=home)
    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["city"] for entry in manifest["cities"]] == list(cities)
    assert all(entry["standing"]["plans"] == "illustrative" for entry in manifest["cities"])
    page = out / "index.html"
    assert linked(page) == {f"{c}.html" for c in cities} | {f"reports/{c}.xlsx" for c in cities}
    (out / "c-first.html").unlink()
    batch.build(["b-second"], out=out, workspace_folder=home)
    assert linked(page) == {f"{c}.html" for c in cities[:2]} | {f"reports/{c}.xlsx" for c in cities[:2]}
    (out / "manifest.json").write_text("{", encoding="utf-8")
    batch.build(["b-second"], out=out, workspace_folder=home)
    assert linked(page) == {"b-second.html", "reports/b-second.xlsx"}


def test_no_city_is_no_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["build", "--workspace", str(tmp_path / "empty"), "--out", str(tmp_path / "maps")]) == 2
    assert "Không có thành phố nào để dựng" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


def test_assessing_in_threads_loses_no_note(tmp_path: Path) -> None:
    layers = tiny_layers()
    shifted = layers["communes"].geometry.iloc[[0]].translate(0.009).to_numpy()
    layers["communes"].loc[[1], "geometry"] = shifted
    write_city(tmp_path / "w", layers)
    opened = geoplan.open_city("tiny", workspace=tmp_path / "w")
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: geoplan.assess(opened), range(24)))
    assert {len(result.notes) for result in results} == {1}
