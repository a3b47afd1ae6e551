"""What the README shows does what it says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import geoplan
from geoplan.cli import main
from office import blocks, command_lines, furnish

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README names."""
    monkeypatch.chdir(tmp_path)
    furnish(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::geoplan.errors.DataWarning")
def test_the_python_of_the_readme_runs(office: Path) -> None:
    (block,) = blocks(README, "python")
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own text
    result = names["result"]
    assert isinstance(result, geoplan.Assessment)
    geoplan.explore(result).save("hung-yen.html")
    assert (office / "hung-yen.html").stat().st_size > 100_000


@pytest.mark.usefixtures("office")
def test_the_daily_commands_of_the_readme_run() -> None:
    daily = [
        arguments
        for arguments in command_lines(README)
        if arguments[0]
        in {
            "list",
            "build",
            "coverage",
            "density",
            "assess",
            "explain",
            "rules",
            "map",
            "export",
            "scenario",
            "project",
            "crosswalk",
            "new",
        }
        and "pho-yen-communes-2025.geojson" not in arguments
    ]
    assert len(daily) == 18
    for arguments in daily:
        assert main(arguments) == 0, arguments
    for made in ("maps/pho-yen.html", "maps/reports/hung-yen.xlsx", "bang.xlsx", "mat_do.csv", "mat_do.gpkg"):
        assert Path(made).is_file(), made


def test_the_picture_is_small_and_there() -> None:
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert (Path(__file__).parents[1] / picture).stat().st_size < 300_000
