"""What a newcomer installs: the same packages by pip and conda, and a wheel that stands alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from rattler import MatchSpec

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def runtime() -> dict[str, SpecifierSet]:
    requirements = [Requirement(text) for text in PROJECT["dependencies"]]
    return {r.name.casefold(): r.specifier for r in requirements}


def test_conda_and_pip_ask_for_the_same_packages_and_bounds() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert environment["channels"] == ["conda-forge"]
    conda: dict[str, SpecifierSet] = {}
    by_pip: list[str] = []
    for entry in environment["dependencies"]:
        if isinstance(entry, dict):
            by_pip = entry["pip"]
            continue
        spec = MatchSpec(entry)
        conda[str(spec.name.normalized)] = SpecifierSet(str(spec.version or ""))
    assert conda.pop("python") == SpecifierSet(PROJECT["requires-python"])
    assert conda.pop("pip") == SpecifierSet("")
    assert by_pip.pop() == "-e ."
    for text in by_pip:
        requirement = Requirement(text)
        conda[requirement.name.casefold()] = requirement.specifier
    groups = PROJECT["optional-dependencies"]
    extras = [Requirement(text) for name in ("postgis", "cad", "fast", "notebook") for text in groups[name]]
    assert conda == runtime() | {r.name: r.specifier for r in extras}  # conda has no extras


def test_constraints_pin_every_dependency_and_name_no_registry() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*(-|--)", text, flags=re.MULTILINE)
    pinned = {Requirement(line).name.casefold(): Requirement(line) for line in text.splitlines() if line}
    optional = [Requirement(t) for group in PROJECT["optional-dependencies"].values() for t in group]
    for name, bounds in {**runtime(), **{r.name.casefold(): r.specifier for r in optional}}.items():
        (pin,) = pinned[name].specifier
        assert pin.operator == "=="
        assert bounds.contains(pin.version), name


def test_every_dependency_has_its_reason_in_contributing() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").casefold()
    extra = [Requirement(t).name for group in PROJECT["optional-dependencies"].values() for t in group]
    for name in [*runtime(), *extra]:
        assert f"`{name.casefold()}`" in text, name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", out, ROOT], check=True, capture_output=True
    )
    (built,) = out.glob("*.whl")
    return built


def test_the_wheel_carries_layers_and_assets_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for city in ("pho-yen", "viet-yen", "hung-yen", "bac-giang"):
        assert f"geoplan/layers/{city}/city.toml" in names
        assert f"geoplan/layers/{city}/communes.geojson" in names
    for asset in (
        "show/assets/page.js",
        "show/assets/search.js",
        "show/assets/print.css",
        "show/assets/index.html",
        "show/report/report.typ",
        "show/report/report.css",
        "intake/meridians.toml",
        "intake/boundaries-2025.csv",
    ):
        assert f"geoplan/{asset}" in names
    assert "geoplan/py.typed" in names
    assert all(name.startswith(("geoplan/", "geoplan-")) for name in names)
    assert not any(name.startswith("geoplan/layers/draw") for name in names)


WITHOUT_EXTRAS = """
import sys
import geoplan, numpy
from geoplan.errors import UsageError
from geoplan.measures.depth import covered
sys.stdout.reconfigure(encoding="utf-8")
city = geoplan.open_city("hung-yen")
units, plans = city.communes, city.plans
for call in (
    lambda: geoplan.coverage(units, plans=plans, engine="sweep"),
    lambda: covered(units.geometry.to_numpy(), plans.geometry.to_numpy(), numpy.zeros(len(plans), int)),
    lambda: geoplan.panel(city),
):
    try:
        call()
    except UsageError as error:
        print(error.vi)
print(geoplan.coverage(units, plans=plans, on="2024-01-18").attrs["engine"])
"""
"""What needs an extra says which one; what does not, works."""


def test_the_wheel_works_in_an_empty_environment_and_folder(wheel: Path, tmp_path: Path) -> None:
    environment, folder = tmp_path / "env", tmp_path / "empty"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    pip = [sys.executable, "-m", "pip", "--python", environment, "install", "-q", "--no-compile"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", wheel], check=True, capture_output=True)
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "VIRTUAL_ENV", "GEOPLAN"))}
    done = subprocess.run(
        [environment / "bin" / "geoplan", "build", "pho-yen"],
        cwd=folder,
        env=bare,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert (folder / "maps" / "pho-yen.html").stat().st_size > 100_000
    assert (folder / "maps" / "reports" / "pho-yen.xlsx").is_file()
    assert "Phổ Yên" in (folder / "maps" / "index.html").read_text(encoding="utf-8")
    asked = subprocess.run(
        [environment / "bin" / "python", "-c", WITHOUT_EXTRAS],
        cwd=folder,
        env=bare,
        capture_output=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stderr.decode()
    said = asked.stdout.decode("utf-8").splitlines()
    assert all("geoplan[fast]" in line for line in said[:2])
    assert "geoplan[notebook]" in said[2]
    assert said[3] == "geos"
