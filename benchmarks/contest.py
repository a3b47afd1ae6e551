"""Peers against geoplan: programs that take turns at the same work, and whose answers are compared."""

from __future__ import annotations

import hashlib
import json
import os
import queue
import statistics
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import geopandas as gpd
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import shapely

import generate
from geoplan.crs import area_km2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

HERE: Final = Path(__file__).parent
LOADING_SECONDS: Final = 600
PATIENCE_SECONDS: Final = 20
SHORT_SECONDS: Final = 0.3
LONG_SECONDS: Final = 3.0
"""Work longer than this needs no warming up: its first time counts."""
SEVERAL: Final = 5, 3
"""How often short work, and work that is not long, is done in a round; the median counts."""


@dataclass(frozen=True)
class Peer:
    """A program of `peers/`, and the name of the work it is asked for in place of the plain one."""

    title: str
    program: str
    python: str = sys.executable
    works: dict[str, str] = field(default_factory=dict)
    slow: frozenset[tuple[str, str]] = frozenset()
    """Sizes and works that are left to `--long`."""
    missing: str = ""
    """Why it cannot be measured here."""


class Failed(Exception):  # noqa: N818
    """A peer did not give an answer; says why."""


class Program:
    """A peer at work: a process that has the layers and answers one request at a time."""

    def __init__(self, peer: Peer, folder: Path) -> None:
        environment = os.environ | {"PYTHONWARNINGS": "ignore"}
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed below
        self._process = subprocess.Popen(
            [peer.python, str(HERE / "peers" / f"{peer.program}.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=environment,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        try:
            ready = self._answer(LOADING_SECONDS)
        except Failed:
            self.close()
            raise
        self.versions, self.load_seconds = str(ready["versions"]), float(ready["load"])

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            raise Failed(f"no answer in {seconds:.0f} s") from None
        if not line:
            self._process.wait()
            self._errors.seek(0)
            said = [line for line in self._errors.read().splitlines() if line.strip()]
            reasons = [line for line in said if "Error: " in line] or said
            raise Failed(reasons[-1][:200] if said else f"ended with {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, work: str, *, timeout: float, answers: Path | None = None) -> dict[str, Any]:
        """Do the work once: seconds, and the memory that the program has had at most."""
        assert self._process.stdin is not None
        asked = {"work": work, "answers": None if answers is None else str(answers)}
        with suppress(BrokenPipeError):  # the reason is in what it said
            self._process.stdin.write(json.dumps(asked) + "\n")
            self._process.stdin.flush()
        return self._answer(timeout)

    def close(self) -> None:
        """End it; it has its own way of cleaning up when its input ends."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        for stop in (self._process.terminate, self._process.kill):
            try:
                self._process.wait(timeout=PATIENCE_SECONDS)
                break
            except subprocess.TimeoutExpired:
                stop()
        self._process.wait()
        self._listener.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def layers(size: str, work: Path) -> Path:
    """The folder with the layers of a size, made when they are not there yet."""
    folder = work / size
    if not is_made(folder):
        generate.write(generate.generate(size), folder)
        for name, column in (("communes", "code"), ("plans", "kind")):
            table = pq.read_table(folder / f"{name}.parquet")
            shapes = shapely.from_wkb(table["geometry"].to_numpy())
            frame = gpd.GeoDataFrame({column: table[column].to_pylist()}, geometry=shapes)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # no system: so that QGIS measures on the plane
                pyogrio.write_dataframe(frame, folder / f"{name}.gpkg", layer=name, driver="GPKG")
        set_made(folder)
    return folder


def is_made(folder: Path) -> bool:
    """Whether the folder has the layers of the generator as it is now."""
    mark = folder / "made-by.txt"
    return mark.is_file() and mark.read_text(encoding="utf-8") == _generator()


def set_made(folder: Path) -> None:
    """Say so."""
    (folder / "made-by.txt").write_text(_generator(), encoding="utf-8")


def _generator() -> str:
    return hashlib.sha256(Path(generate.__file__).read_bytes()).hexdigest()


@dataclass(frozen=True)
class _Match:
    """One size and one work: geoplan's program, what it answers, and how often it is done."""

    ours: Program
    work: str
    folder: Path
    rounds: int
    timeout: float
    expected: dict[str, np.ndarray]
    land: dict[str, np.ndarray]

    def against(self, peer: Peer) -> dict[str, Any]:
        """Seconds of the peer and of geoplan in the same rounds, ratios, and the largest difference."""
        name = peer.works.get(self.work, self.work)
        times: dict[str, list[float]] = {"seconds": [], "kernel": [], "public": []}
        with ExitStack() as stack:
            program = self.ours
            if peer.program != "by_geoplan":
                program = stack.enter_context(Program(peer, self.folder))
            answers = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "answers.json"
            warm = program.ask(name, timeout=self.timeout, answers=answers)
            counted = [(warm["seconds"], warm["peak_mb"])] if warm["seconds"] > LONG_SECONDS else []
            for _ in range(self.rounds):
                times["kernel"].append(_timed(self.ours, self.work, self.timeout)[0])
                times["public"].append(_timed(self.ours, _public(self.work), self.timeout)[0])
                seconds, peak = counted.pop() if counted else _timed(program, name, self.timeout)
                times["seconds"].append(seconds)
            found, versions = _read(answers), program.versions
        surface = "ellipsoid" if program is self.ours else "plane"
        off = difference(found, self.expected[surface], self.land[surface])
        row: dict[str, Any] = {**times, "versions": versions, "peak_mb": peak, "difference": off}
        for other in ("kernel", "public"):
            row[f"to_{other}"] = [s / o for s, o in zip(times["seconds"], times[other], strict=True)]
        return row


def contest(
    peers: list[Peer],
    *,
    size: str,
    work: str,
    folder: Path,
    rounds: int,
    timeout: float,
    tell: Callable[[str], None],
) -> Iterator[dict[str, Any]]:
    """A row for each peer.

    In a round geoplan's kernel, geoplan's public function and the peer work one after the other, so that what
    else the machine does meets all of them.
    """
    with ExitStack() as stack:
        ours = stack.enter_context(Program(Peer("geoplan", "by_geoplan"), folder))
        truth = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "answers.json"
        expected = {}
        for surface, name in (("plane", f"{work}, plane"), ("ellipsoid", work)):
            ours.ask(name, timeout=timeout, answers=truth)
            expected[surface] = _read(truth)
        ours.ask(_public(work), timeout=timeout)
        match = _Match(ours, work, folder, rounds, timeout, expected, _land(folder))
        for peer in peers:
            row = {"size": size, "work": work, "who": peer.title}
            if peer.missing:
                yield row | {"missing": peer.missing}
                continue
            tell(f"{size}, {work}: {peer.title}")
            try:
                yield row | match.against(peer)
            except Failed as failed:
                yield row | {"missing": str(failed)}


def _public(work: str) -> str:
    return f"{work}, sweep"


def _timed(program: Program, name: str, timeout: float) -> tuple[float, float]:
    """Seconds of one time, or the median of several when it is short; and the peak of memory."""
    first = program.ask(name, timeout=timeout)
    seconds = [float(first["seconds"])]
    more = SEVERAL[0] if seconds[0] < SHORT_SECONDS else SEVERAL[1] if seconds[0] < LONG_SECONDS else 1
    seconds += [float(program.ask(name, timeout=timeout)["seconds"]) for _ in range(more - 1)]
    return statistics.median(seconds), float(first["peak_mb"])


def _read(answers: Path) -> np.ndarray:
    return np.array(json.loads(answers.read_text(encoding="utf-8")), dtype=np.float64)


def _land(folder: Path) -> dict[str, np.ndarray]:
    """Area of each commune on the plane and in m² on the ellipsoid, in the order of codes."""
    table = pq.read_table(folder / "communes.parquet")
    order = np.argsort(table["code"].to_numpy().astype(np.int64))
    shapes = np.asarray(shapely.from_wkb(table["geometry"].to_numpy()), dtype=object)[order]
    return {"plane": shapely.area(shapes), "ellipsoid": area_km2(shapes) * 1e6}


def difference(found: np.ndarray, expected: np.ndarray, land: np.ndarray) -> float:
    """The largest difference of an area, as a share of the commune's."""
    if found.shape != expected.shape:
        raise Failed(f"answers of another form: {found.shape}, not {expected.shape}")
    off = np.abs(found - expected).reshape(len(land), -1).max(axis=1)
    return float((off / land).max())
