"""The house: an import only ever goes down, modules stay small, and no threshold hides in the code."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest
import typeguard

import geoplan

SOURCE = Path(__file__).parents[1] / "src" / "geoplan"
FLOORS = [
    {"cli"},
    {
        "cli_assess",
        "cli_batch",
        "cli_crosswalk",
        "cli_export",
        "cli_intake",
        "cli_map",
        "cli_project",
        "cli_report",
        "cli_scenario",
    },
    {"cli_best", "cli_city", "cli_cluster"},
    {"batch", "progress"},
    {"show"},
    {"exports"},
    {"scenario"},
    {"assessment", "timeline"},
    {"criteria"},
    {"parts"},
    {"measures"},
    {"founding"},
    {"importing"},
    {"workspace"},
    {"city"},
    {"changes"},
    {"intake"},
    {"city_file", "dated", "people"},
    {"schema"},
    {"quantity"},
    {"crs", "model", "text", "gpkg", "palette"},
    {"authalic", "errors", "rings"},
    {"__about__"},
]
LONG_ON_PURPOSE = {"sweep.py": 1200}
"""Compiled as one: numba does not notice changes in other files (see its docstring)."""
LEVEL = {name: level for level, names in enumerate(FLOORS) for name in names}
MODULES = sorted(SOURCE.rglob("*.py"))


def floor(module: Path) -> str:
    parts = module.relative_to(SOURCE).with_suffix("").parts
    return parts[0]


def imported(module: Path) -> set[str]:
    """Names right under geoplan that a module imports, those for type checking left out."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    found: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "geoplan":
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("geoplan."):
            found.add(str(node.module).split(".")[1])
        elif isinstance(node, ast.Import):
            found |= {a.name.split(".")[1] for a in node.names if a.name.startswith("geoplan.")}
    return found


@pytest.mark.parametrize(
    "module", [m for m in MODULES if m.name != "__init__.py" or m.parent != SOURCE], ids=str
)
def test_an_import_only_goes_down(module: Path) -> None:
    mine = floor(module)
    assert mine in LEVEL, f"{mine} has no floor"
    for name in imported(module):
        assert name in LEVEL, f"{name} has no floor"
        assert name == mine or LEVEL[name] > LEVEL[mine], f"{mine} imports {name}, which is above it"


def test_a_city_knows_nothing_of_the_floors_above() -> None:
    assert not {"assess", "map", "explore", "report", "export"} & set(dir(geoplan.City))


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_modules_and_functions_stay_small(module: Path) -> None:
    text = module.read_text(encoding="utf-8")
    most = LONG_ON_PURPOSE.get(module.name, 400)
    assert len(text.splitlines()) <= most
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            document = ast.get_docstring(node, clean=False) or ""
            length = (node.end_lineno or 0) - node.lineno - document.count("\n")
            assert length <= (80 if module.name in LONG_ON_PURPOSE else 60), f"{node.name} has {length} lines"


def test_measures_read_no_file_and_know_no_law() -> None:
    for module in (SOURCE / "measures").glob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert not re.search(r"\b(open|read_file|read_layer|read_parquet)\(", text), module.name
        assert "criteria" not in imported(module)


def test_the_face_is_documented() -> None:
    for name in geoplan.__all__:
        thing = getattr(geoplan, name)
        if not isinstance(thing, str):
            assert inspect.getdoc(thing), name
    for function in (geoplan.coverage, geoplan.density, geoplan.zones, geoplan.assess, geoplan.open_city):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        assert all(p.kind is p.KEYWORD_ONLY for p in parameters), function.__name__
        assert "Returns" in (inspect.getdoc(function) or "") or "Raises" in (inspect.getdoc(function) or "")


def test_calls_are_checked_against_their_types() -> None:
    """The hook of `conftest` came before the package."""
    from geoplan import crs  # noqa: PLC0415 - by its own name

    with pytest.raises(typeguard.TypeCheckError):
        crs.is_vn2000("EPSG:3405")  # type: ignore[arg-type]
