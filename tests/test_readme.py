"""What the README shows does what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import geoplan
from geoplan.cli import main
from test_density import grid

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files that the README names."""
    monkeypatch.chdir(tmp_path)
    city = geoplan.open_city("hung-yen", on="2024-11-30")
    units = city.communes
    layer = units[["geometry"]].assign(MA_XA=units["code"], TEN_XA=units["name"], DAN_SO=units["population"])
    layer.to_crs(9209).to_file("xa.shp", encoding="UTF-8")
    plans = city.plans.drop(columns=["decision", "scale"])
    plans.assign(LOAI_QH=plans["kind"]).to_crs(3405).to_file("quy_hoach.gpkg")
    assert city.urban_land is not None
    city.urban_land.to_file("dat_xd.gpkg")
    grid(tmp_path / "worldpop.tif", np.ones((2, 2)))
    return tmp_path


@pytest.mark.filterwarnings("ignore::geoplan.errors.DataWarning")
def test_the_python_of_the_readme_runs(office: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(block, "README.md", "exec"), names)  # noqa: S102 - our own text
    result = names["result"]
    assert isinstance(result, geoplan.Assessment)
    geoplan.explore(result).save("hung-yen.html")
    assert (office / "hung-yen.html").stat().st_size > 100_000


@pytest.mark.usefixtures("office")
def test_the_daily_commands_of_the_readme_run() -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, flags=re.DOTALL)
    commands = [
        line.split("#")[0] for block in blocks for line in block.splitlines() if line.startswith("geoplan ")
    ]
    daily = [
        c
        for c in commands
        if c.split()[1]
        in {"list", "build", "coverage", "density", "assess", "explain", "rules", "map", "export"}
        and "--communes pho" not in c
    ]
    assert len(daily) == 12
    for command in daily:
        assert main(shlex.split(command)[1:]) == 0, command
    for made in ("maps/pho-yen.html", "maps/reports/hung-yen.xlsx", "bang.xlsx", "mat_do.csv", "mat_do.gpkg"):
        assert Path(made).is_file(), made


def test_the_picture_is_small_and_there() -> None:
    (picture,) = re.findall(r"!\[[^]]*\]\(([^)]+)\)", README)
    assert (Path(__file__).parents[1] / picture).stat().st_size < 300_000
