"""Many small cities for the batch, some of them broken, each with its own place and numbers."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from cities import tiny_layers, write_city

if TYPE_CHECKING:
    from collections.abc import Sequence

BREAKS = ("not a layer", "a column is gone", "not TOML")
"""How cities are broken, in turn."""
_POINT = re.compile(r"\[ (10\d\.\d+), (2\d\.\d+) \]")


def many_cities(root: Path, count: int, *, broken: int = 0) -> list[str]:
    """Write so many cities into a workspace, the broken ones spread among them; the ids of the broken."""
    every = count // broken if broken else count + 1
    bad = []
    with tempfile.TemporaryDirectory() as folder:
        pattern = write_city(Path(folder), tiny_layers(), city_id="pattern")
        for i in range(count):
            city = root / f"city-{i:03}"
            _write(city, pattern, i)
            if i % every == every - 1 and len(bad) < broken:
                _break(city, BREAKS[len(bad) % len(BREAKS)])
                bad.append(city.name)
    return bad


def _write(city: Path, pattern: Path, i: int) -> None:
    shutil.copytree(pattern, city)
    east, north = 0.07 * (i % 20), -0.03 * (i // 20)
    for layer in city.glob("*.geojson"):
        text = layer.read_text(encoding="utf-8")
        moved = _POINT.sub(lambda m: f"[ {float(m[1]) + east:.4f}, {float(m[2]) + north:.4f} ]", text)
        layer.write_text(moved, encoding="utf-8")
    info = (city / "city.toml").read_text(encoding="utf-8")
    named = info.replace('id = "pattern"', f'id = "{city.name}"').replace(
        "Thành phố Thử", f"Thành phố Thử {i}"
    )
    (city / "city.toml").write_text(named, encoding="utf-8")
    people = pd.read_csv(city / "population.csv", dtype=str)
    people["population"] = [str(int(value) + 10 * i) for value in people["population"]]
    people.loc[len(people)] = people.iloc[-1].where(people.columns != "code", "00004")
    people.to_csv(city / "population.csv", index=False)


def _break(city: Path, how: str) -> None:
    if how == "not a layer":
        (city / "plans.geojson").write_text("{", encoding="utf-8")
    elif how == "a column is gone":
        people = pd.read_csv(city / "population.csv", dtype=str)
        people.drop(columns="population").to_csv(city / "population.csv", index=False)
    else:
        (city / "city.toml").write_text("id = ", encoding="utf-8")


def snapshot(out: Path) -> dict[str, bytes]:
    """Every file in a folder of results."""
    return {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}


def results(files: dict[str, bytes]) -> dict[str, bytes]:
    """Those of a snapshot that people open: not what a run keeps for itself."""
    return {name: data for name, data in files.items() if not name.startswith(".state/")}


def command(out: Path, *arguments: str | Path) -> list[str]:
    """The command line of a batch in another process."""
    program = Path(sys.executable).with_name("geoplan")
    return [str(program), "batch", "--out", str(out), *map(str, arguments)]


def batch(out: Path, *arguments: str | Path, limit: str = "") -> subprocess.CompletedProcess[str]:
    """Run a batch to its end; `limit` is a command for the shell before it, such as ``ulimit -f 100``."""
    line = command(out, *arguments)
    if limit:
        line = ["sh", "-c", f'{limit}; exec "$@"', "sh", *line]
    return subprocess.run(line, capture_output=True, text=True, check=False, cwd=out.parent)


def killed(
    out: Path,
    *arguments: str | Path,
    after: int,
    log: Path,
    wait: float = 0.0,
    workers: list[int] | None = None,
) -> int:
    """Start a batch and kill it by SIGKILL so many seconds after its log has so many lines.

    How many cities were done then; the processes that it had started go to `workers`.
    """
    log.unlink(missing_ok=True)
    line = command(out, *arguments, "--json-log", log)
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=out.parent) as run:
        while run.poll() is None:
            if len(lines(log)) >= after:
                time.sleep(wait)
                if workers is not None:
                    workers += children(run.pid)
                run.send_signal(signal.SIGKILL)
                break
        run.wait()
    return sum(line["event"] == "city" for line in lines(log))


def lines(log: Path) -> list[dict[str, Any]]:
    """The whole lines of a log of JSON so far."""
    if not log.exists():
        return []
    return [json.loads(text) for text in log.read_text(encoding="utf-8").split("\n")[:-1]]


def children(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    listing: Sequence[str] = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return [int(child) for child in listing]


def alive(pid: int) -> bool:
    """Whether a process runs (one that has ended and was not asked after does not)."""
    try:
        os.kill(pid, 0)
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
