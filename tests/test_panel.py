"""The what-if panel: by its parts, and ticked by a person in a real JupyterLab."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING

import nbformat
import pytest

import geoplan
from cities import tiny_layers, write_city
from geoplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

TOKEN = "t0ken"  # noqa: S105 - of a server on loopback that lives for one test


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> geoplan.City:
    root = tmp_path_factory.mktemp("panel")
    write_city(root, tiny_layers("Xã <b>{}</b>"))
    return geoplan.open_city("tiny", workspace=root)


def test_ticking_changes_the_city_and_unticking_gives_it_back(city: geoplan.City) -> None:
    panel = geoplan.panel(city)
    assert panel.ticked == []
    assert panel.city is city
    panel.tick("00002")
    assert panel.city.communes.set_index("code").loc["00002", "kind"] == "ward"
    assert [c.what for c in panel.city.changes] == ["wards"]
    panel.tick()
    assert panel.city is city
    with pytest.raises(UsageError, match="99999"):
        panel.tick("99999")


def test_the_table_is_that_of_compare_and_names_stay_text(city: geoplan.City) -> None:
    panel = geoplan.panel(city, lang="en")
    panel.tick("00002", "00003")
    said = panel._out.value
    moved = geoplan.compare(city, city.with_wards(["00002", "00003"]))
    assert moved.summary("en") in said
    assert "<b>" not in said
    assert "&lt;b&gt;" in said


def test_the_document_named_come_first_and_wards_have_no_box(city: geoplan.City) -> None:
    boxes = geoplan.panel(city)._boxes
    assert list(boxes) == ["00002", "00003", "00004"]
    assert boxes["00002"].description.endswith("(văn kiện nêu tên)")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A JupyterLab on a free port of this machine, and its folder."""
    home = tmp_path_factory.mktemp("lab")
    log = (home / "log").open("w")
    options = {"ServerApp.ip": "127.0.0.1", "ServerApp.port": "0", "IdentityProvider.token": TOKEN,
               "ServerApp.root_dir": str(home), "LabApp.news_url": "", "LabApp.check_for_updates_class":
               "jupyterlab.NeverCheckForUpdate", "ServerApp.open_browser": "False"}  # fmt: skip
    more = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    scratch = {name: str(home / f".{name.lower()}") for name in
               ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items()), *more],
        stdout=log, stderr=log, env={**os.environ, **scratch},
    )  # fmt: skip
    try:
        yield _address(home / ".jupyter_runtime_dir", process, home / "log"), home
    finally:
        process.terminate()
        process.wait(20)
        log.close()


def _address(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    for _ in range(600):
        for file in runtime.glob("jpserver-*.json"):
            url = str(json.loads(file.read_text())["url"])
            with urllib.request.urlopen(f"{url}api?token={TOKEN}", timeout=10) as answer:  # noqa: S310
                assert answer.status == 200
            return url
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())


def test_a_planner_ticks_communes_in_jupyterlab(lab: tuple[str, Path], browser: Browser) -> None:
    url, home = lab
    code = 'import geoplan\ngeoplan.panel(geoplan.open_city("hung-yen"))'
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, home / "panel.ipynb")
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{url}lab/tree/panel.ipynb?token={TOKEN}", timeout=90_000)
    page.locator(".jp-Notebook .jp-Cell").first.click(timeout=90_000)
    page.keyboard.press("Shift+Enter")
    box = page.locator(".jp-OutputArea .widget-checkbox", has_text="Bảo Khê").locator("input")
    box.check(timeout=120_000)
    table = page.locator(".jp-OutputArea table").last
    table.get_by_text("Mật độ", exact=False).first.wait_for(timeout=60_000)
    text = table.inner_text()
    assert re.search(r"Bảo Khê", text)
    page.locator(".jp-OutputArea .widget-checkbox", has_text="Liên Phương").locator("input").check()
    table.get_by_text("Liên Phương").first.wait_for(timeout=60_000)
    page.close()
    here = url.rstrip("/")
    assert not [u for u in asked if not u.startswith((here, "data:", "blob:", here.replace("http", "ws")))]
