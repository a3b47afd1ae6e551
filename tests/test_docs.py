"""The documentation site: it builds without a warning, no link is broken, and what it shows runs."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import nbformat
import pytest

import geoplan
from geoplan.cli import _parser
from geoplan.criteria.library import load_library
from geoplan.quantity import with_unit
from office import blocks, command_lines, furnish

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(p for p in DOCS.rglob("*.md") if "_build" not in p.parts)
NAMES = [p.relative_to(DOCS).as_posix() for p in PAGES]
TEXTS = dict(zip(NAMES, (p.read_text(encoding="utf-8") for p in PAGES), strict=True))
HOSTS = {"epsg.org", "github.com"}
"""Where a link may lead: the register of coordinate systems; the theme's own page, in the footer."""
PARSED = {"batch", "build", "diff", "export", "fetch", "map", "report"}
"""Commands that are only parsed here: they take long or a network, and tests of their own run them; so do
scenarios that write reports."""


def commands() -> dict[str, argparse.ArgumentParser]:
    (found,) = (a for a in _parser()._actions if isinstance(a, argparse._SubParsersAction))
    return dict(found.choices)


class Page(HTMLParser):
    """The ids of a page, and what it refers to: tag, attribute, address."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.references: list[tuple[str, str, str]] = []
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a tag is called and what it refers to."""
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name in {"href", "src", "srcset", "action", "poster"} and value is not None:
                self.references.append((tag, name, value))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built once; notebooks without outputs, which tests of their own run."""
    folder = tmp_path_factory.mktemp("site")
    call = [sys.executable, "-m", "sphinx", "-b", "html", "-E", "-W", "--keep-going", "-q"]
    done = subprocess.run(
        [*call, "-d", str(folder / "doctrees"), str(DOCS), str(folder / "html")],
        env=os.environ | {"GALLERY": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "html"


@pytest.fixture(scope="session")
def pages(site: Path) -> dict[Path, Page]:
    """Every page of the site."""
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_page_and_notebook_is_there(site: Path, pages: dict[Path, Page]) -> None:
    expected = {site / name.removesuffix(".md") for name in NAMES}
    expected |= {site / "gallery" / p.stem for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert {p.with_suffix("") for p in pages} == expected | {site / "genindex", site / "search"}


def test_every_link_and_anchor_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    followed = 0
    for path, page in pages.items():
        for tag, _, address in page.references:
            where = f"{path.relative_to(site)}: {address}"
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                assert tag == "a", where
                assert parts.scheme == "https", where
                assert parts.hostname in HOSTS, where
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            assert target.is_file(), where
            if parts.fragment and target.suffix == ".html":
                assert unquote(parts.fragment) in pages[target].ids, where
            followed += 1
    assert followed > 1000


def test_nothing_is_remote_and_nothing_is_of_the_machine(site: Path) -> None:
    texts = [p for p in sorted(site.rglob("*")) if p.suffix in {".html", ".js", ".css", ".svg"}]
    assert len(texts) > 40
    for path in texts:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(@import|url\()\s*[\"']?(https?:)?//", text), path
        assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=[\"']?(https?:)?//", text), path
        for ours in (ROOT, Path.home(), Path(tempfile.gettempdir())):
            assert ours == Path("/") or f"{ours}/" not in text, f"{path}: {ours}"
        assert "last-updated" not in text, path


def test_the_guide_mentions_every_command() -> None:
    guide = "".join(text for name, text in TEXTS.items() if name.startswith("guide/"))
    missing = [name for name in commands() if f"geoplan {name} " not in guide]
    assert not missing


def test_every_option_is_on_the_page_of_commands(site: Path) -> None:
    page = (site / "guide" / "cli.html").read_text(encoding="utf-8")
    for name, parser in commands().items():
        section = page.split(f'<section id="geoplan-{name}">')[1].split("<section ")[0]
        for option in (o for a in parser._actions for o in a.option_strings if o not in {"-h", "--help"}):
            assert re.search(rf"{option}\b", section), f"{name} {option}"


def test_every_figure_of_the_law_is_on_its_page(site: Path) -> None:
    for found in load_library(()).listing():
        page = (site / "guide" / "law" / f"{found.rulebook.id}.html").read_text(encoding="utf-8")
        owners = [*found.rulebook.classes, *found.rulebook.units]
        figures = [s for owner in owners for s in owner.standards if isinstance(s.minimum, float)]
        assert figures
        for standard in figures:
            assert isinstance(standard.minimum, float)
            assert with_unit(standard.minimum, standard.unit) in page, standard.id
            assert standard.source in page.replace("&amp;", "&"), standard.id


def test_the_face_is_on_the_page_of_functions(pages: dict[Path, Page], site: Path) -> None:
    ids = pages[site / "developers" / "api.html"].ids
    missing = [n for n in geoplan.__all__ if n != "__version__" and not any(i.endswith(f".{n}") for i in ids)]
    assert not missing


def with_code(language: str) -> list[str]:
    return [name for name, text in TEXTS.items() if blocks(text, language)]


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the pages name."""
    monkeypatch.chdir(tmp_path)
    furnish(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::geoplan.errors.DataWarning")
@pytest.mark.parametrize("name", with_code("python"))
def test_the_python_of_a_page_runs(name: str, office: Path) -> None:
    for block in blocks(TEXTS[name], "toml"):
        (office / "rulebooks").mkdir(exist_ok=True)
        (office / "rulebooks" / f"{tomllib.loads(block)['id']}.toml").write_text(block, encoding="utf-8")
    names: dict[str, Any] = {}
    for block in blocks(TEXTS[name], "python"):
        exec(compile(block, name, "exec"), names)  # noqa: S102 - our own text
    if name == "developers/extend.md":
        assert "units-demo" in geoplan.assess(names["city"]).judgement.regime


def runs_here(arguments: list[str]) -> bool:
    options = _parser().parse_args(arguments)
    here = options.command not in PARSED and getattr(options, "scheduler", None) is None
    return here and (options.command != "scenario" or options.out is None)


@pytest.fixture(scope="session")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What went wrong in the commands of each page: all run in one process, without typeguard's delay."""
    calls = {name: list(filter(runs_here, command_lines(TEXTS[name]))) for name in with_code("sh")}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("office.py")],
        input=json.dumps(calls),
        cwd=tmp_path_factory.mktemp("commands"),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=550,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, str] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("name", with_code("sh"))
def test_the_commands_of_a_page_run(name: str, wrong: dict[str, str]) -> None:
    assert wrong[name] == ""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for arguments in command_lines(TEXTS[name], "make"):
        assert arguments[0] in targets, arguments


def module(name: str) -> Any:
    """One of the modules that build the site."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


def test_a_notebook_is_shown_without_what_needs_a_kernel_or_a_network() -> None:
    gallery = module("gallery")
    live = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "VBox()"}
    here = str(Path(tempfile.gettempdir()) / "tmpabc123")
    outputs = [
        nbformat.v4.new_output("display_data", live),
        nbformat.v4.new_output("execute_result", {"text/html": '<iframe srcdoc="&lt;p&gt;map&lt;/p&gt;"></iframe>'}),
        nbformat.v4.new_output("display_data", {"image/png": "iVBORw0KGgo="}),
        nbformat.v4.new_output("stream", text=f"{here}/ra.gpkg\n{Path(here).parent}/ipykernel_12/345.py:5: Warning\n"),
    ]  # fmt: skip
    cells = [
        nbformat.v4.new_markdown_cell("# 9. Thử\n\nMột **câu**.\n\nCâu sau."),
        nbformat.v4.new_code_cell("1 < 2", outputs=outputs),
    ]
    book = nbformat.v4.new_notebook(cells=cells)
    gallery._tidy(book, here)
    page = gallery.page(book)
    assert gallery.opening(book) == ("9. Thử", "Một câu.")
    assert '<iframe srcdoc="&lt;p&gt;map&lt;/p&gt;"></iframe>' in page
    assert "Bảng tương tác" in page
    assert 'alt="Hình do ô lệnh trên vẽ"' in page
    assert "VBox" not in page
    assert "…/ra.gpkg" in page
    assert str(Path(here).parent) not in page
    assert not re.search(r"https?:", page)


def test_words_are_found_without_diacritics_and_as_compounds(site: Path, browser: Browser) -> None:
    page = browser.new_page()
    said: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    for query, found, left_out in (
        ("do phu", "Phương pháp", "Dự báo"),
        ("độ phủ", "Phương pháp", "Dự báo"),
        ("sap xep dia gioi", "Số dân qua sắp xếp địa giới", "Chạy hàng loạt"),
    ):
        page.goto(f"{(site / 'search.html').as_uri()}?q={query}")
        page.get_by_text("Tìm thấy").wait_for()
        titles = page.locator("#search-results li a").all_inner_texts()
        assert found in titles
        assert left_out not in titles
    assert not said
    assert asked
    assert all(url.startswith(("file:", "data:")) for url in asked)
    page.close()
