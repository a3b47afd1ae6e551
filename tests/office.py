"""A folder as an office has it: the files that the README and the guide name, and the code that they show."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import shutil
import sys
from pathlib import Path

import numpy as np

import geoplan
from geoplan.cli import main
from test_density import grid


def furnish(folder: Path) -> None:
    """Write the files that are named: ``xa.shp``, ``xa.zip``, ``quy_hoach.gpkg``, ``dat_xd.gpkg``, ``worldpop.tif``."""
    city = geoplan.open_city("hung-yen", on="2024-11-30")
    units = city.communes
    layer = units[["geometry"]].assign(
        MA_XA=units["code"], TEN_XA=units["name"], DAN_SO=units["population"], LOAI_XA=units["kind"]
    )
    inside = folder / "xa"
    inside.mkdir()
    layer.to_crs(9209).to_file(inside / "xa.shp", encoding="UTF-8")
    shutil.make_archive(str(folder / "xa"), "zip", inside)
    for part in inside.iterdir():
        part.rename(folder / part.name)
    inside.rmdir()
    plans = city.plans.drop(columns=["decision", "scale"])
    plans.assign(LOAI_QH=plans["kind"]).to_crs(3405).to_file(folder / "quy_hoach.gpkg")
    assert city.urban_land is not None
    city.urban_land.to_file(folder / "dat_xd.gpkg")
    grid(folder / "worldpop.tif", np.ones((2, 2)))


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language in a page."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def command_lines(text: str, program: str = "geoplan") -> list[list[str]]:
    """The calls of a program in the shell blocks of a page, as arguments without the program's name."""
    lines = [line for block in blocks(text, "sh") for line in block.replace("\\\n", " ").splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith(f"{program} ")]


def run(calls: dict[str, list[list[str]]]) -> dict[str, str]:
    """Run the calls of each page in a furnished folder of its own; what those said that went wrong."""
    base = Path.cwd()
    wrong = dict.fromkeys(calls, "")
    for number, (page, lines) in enumerate(calls.items()):
        folder = base / str(number)
        folder.mkdir()
        furnish(folder)
        os.chdir(folder)
        for arguments in lines:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = main(arguments)
            if code != 0:
                wrong[page] += f"{shlex.join(arguments)}: {code}\n{said.getvalue()}"
    return wrong


if __name__ == "__main__":
    json.dump(run(json.load(sys.stdin)), sys.stdout)
