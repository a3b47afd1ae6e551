"""Shared by all tests: the real data beside the project, the small city, the browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typeguard
from hypothesis import settings
from playwright.sync_api import sync_playwright

from cities import tiny_layers, write_city

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser

    from geoplan.city import City

ROOT = Path(__file__).parents[1]
CALLED_EVERYWHERE = {"geoplan.intake.limits", "geoplan.intake.precheck", "geoplan.model", "geoplan.text"}
"""Small modules called a million times in the suite: a check of each call was a tenth of its time."""


class Checked(typeguard.TypeguardFinder):
    """Every module of geoplan has its calls checked, but for these few, which mypy alone checks."""

    def should_instrument(self, module_name: str) -> bool:
        """As asked by typeguard."""
        return module_name not in CALLED_EVERYWHERE and super().should_instrument(module_name)


typeguard.config.forward_ref_policy = typeguard.ForwardRefPolicy.IGNORE
typeguard.install_import_hook(["geoplan"], cls=Checked)

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
if os.environ.get("CI"):  # the same examples every time; new ones are sought at every other run
    settings.load_profile("ci")
CITIES = ("pho-yen", "viet-yen", "hung-yen", "bac-giang")


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real boundaries; it is no part of the project (see CONTRIBUTING)."""
    folder = Path(os.environ.get("GEOPLAN_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        message = f"the real boundaries are not at {folder}; set GEOPLAN_REAL_DATA to their folder"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> City:
    """The small city of `cities.tiny_layers`."""
    from geoplan.workspace import open_city  # noqa: PLC0415 - typeguard must come before geoplan

    write_city(tmp_path / "workspace", tiny_layers())
    return open_city("tiny", workspace=tmp_path / "workspace")


@pytest.fixture(scope="session")
def map_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The map of a bundled city as a file, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("maps-of")

    def saved(name: str) -> Path:
        import geoplan  # noqa: PLC0415 - typeguard must come before geoplan

        path = folder / f"{name}.html"
        if not path.exists():
            geoplan.explore(geoplan.open_city(name)).save(path)
        return path

    return saved


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; `make test` finds or installs it."""
    found = os.environ.get("GEOPLAN_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.fail("no Chromium: run the tests by `make test`, or set GEOPLAN_CHROMIUM to one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()
