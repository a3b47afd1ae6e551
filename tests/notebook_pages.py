"""A notebook opened and run in a real JupyterLab, however slow the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from playwright.sync_api import Error
from playwright.sync_api import TimeoutError as TimedOut

from pages import listened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from pages import Opened

TOKEN: Final = "t0ken"  # noqa: S105 - of a server on loopback that lives for one module of tests
PATIENCE_MS: Final = 180_000
READY: Final = """() => {
    const seen = (what) => document.querySelector('.jp-NotebookPanel ' + what);
    return seen('.jp-Toolbar-kernelName')?.getAttribute('aria-label')?.startsWith('Python')
        && seen('.jp-Notebook-ExecutionIndicator')?.dataset.status === 'idle'
        && seen('.jp-Notebook .jp-InputPrompt')?.innerText.startsWith('[');
}"""
"""JupyterLab says “idle” before there is any kernel, and shows a cell before it can be run."""
BEGUN: Final = r"/\[[*\d]+\]/.test(document.querySelector('.jp-Notebook .jp-InputPrompt')?.innerText)"


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab and its folder, where its ``log`` is."""

    url: str
    home: Path

    @contextmanager
    def run(self, browser: Browser, code: str) -> Iterator[Opened]:
        """A page in which a notebook of one cell has begun to run; what fails says what the page shows."""
        cell = {"cell_type": "code", "id": "a", "source": code, "metadata": {}, "outputs": []}
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook = {"cells": [cell | {"execution_count": None}], "metadata": {"kernelspec": kernel}}
        (self.home / "notebook.ipynb").write_text(json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5}))
        opened = listened(browser.new_page(viewport={"width": 1400, "height": 900}))
        page = opened.page
        page.set_default_timeout(PATIENCE_MS)
        try:
            page.goto(f"{self.url}lab/tree/notebook.ipynb?token={TOKEN}")
            page.wait_for_function(READY)
            _press_run(page)
            yield opened
        except Error as error:
            shown, log = page.inner_text("body", timeout=5_000), (self.home / "log").read_text()
            raise AssertionError(f"{error}\n--- page:\n{shown}\n--- log:\n{log[-4000:]}") from error
        finally:
            page.close()

    def only_here(self, opened: Opened) -> bool:
        """Whether the page asked nobody but this JupyterLab."""
        here = self.url.rstrip("/")
        return all(
            u.startswith((here, "data:", "blob:", here.replace("http", "ws"))) for u in opened.requests
        )


def _press_run(page: Page) -> None:
    """The toolbar's button, pressed again when nothing has begun: a busy page may lose a click."""
    for _ in range(12):
        page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
        page.locator('[data-command="notebook:run-cell-and-select-next"]').first.click()
        try:
            page.wait_for_function(BEGUN, timeout=15_000)
        except TimedOut:
            continue
        return
    page.wait_for_function(BEGUN, timeout=1)


@contextmanager
def jupyterlab(home: Path) -> Iterator[Lab]:
    """A JupyterLab on a free port of this machine."""
    options = {"ServerApp.ip": "127.0.0.1", "ServerApp.port": "0", "IdentityProvider.token": TOKEN,
               "ServerApp.root_dir": str(home), "LabApp.news_url": "", "LabApp.check_for_updates_class":
               "jupyterlab.NeverCheckForUpdate", "ServerApp.open_browser": "False"}  # fmt: skip
    more = ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    scratch = {name: str(home / f".{name.lower()}") for name in
               ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")}  # fmt: skip
    with (home / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{k}={v}" for k, v in options.items()), *more],
            stdout=log, stderr=log, env={**os.environ, **scratch},
        )  # fmt: skip
        try:
            yield Lab(_address(home / ".jupyter_runtime_dir", process, home / "log"), home)
        finally:
            process.terminate()
            process.wait(20)


def _address(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Where it answers; it writes its file a moment before it listens."""
    for _ in range(1200):
        for file in runtime.glob("jpserver-*.json"):
            with suppress(OSError, ValueError):
                url = str(json.loads(file.read_text())["url"])
                with urllib.request.urlopen(f"{url}api?token={TOKEN}", timeout=30) as answer:  # noqa: S310
                    assert answer.status == 200
                return url
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
