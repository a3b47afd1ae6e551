"""Where the kernel's time goes: each of its functions on one thread, against reading the vertices once.

The functions that `geoplan.measures.depth.Sweep` calls have a clock put round them. The loop over the units
is compiled code; a copy of it is made from its source with the processor's counter read after each statement,
so that the table follows the kernel when that is changed.
"""

from __future__ import annotations

import ast
import inspect
import statistics
import textwrap
import time
from collections import Counter
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from unittest import mock

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from geoplan import rings
from geoplan.measures import depth, sweep

if TYPE_CHECKING:
    from generate import Generated

NAMES: Final = {
    "rings_of": "arrays from shapely's objects",
    "box_rings": "boxes of blocks, turn of rings, finite and closed",
    "box_bodies": "boxes of bodies",
    "find_suspects": "rings that cross themselves (invalid plans)",
    "pairs": "pairs of communes and plans by boxes",
    "_near": "per commune: which rings matter; does a plan touch the border, else point in ring",
    "_gather": "per commune: blocks of edges onto the lattice",
    "_grid": "per commune: grid over the blocks",
    "_cross": "per commune: edges that cross, exact signs, crossings put in order",
    "_walk_unit": "per commune: along its border, with the first depth of each ring",
    "_walk_plans": "per commune: along the plans, with the first depth of each run of edges",
    "others": "per commune: the rest of the loop",
    "rest": "Python and NumPy between them",
}


SOURCE: Final = textwrap.dedent(inspect.getsource(sweep.sweep_units.py_func))
"""Read when the kernel is loaded: the file may change while the benchmark runs."""


def _counter() -> Any:
    @intrinsic
    def ticks(typing: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            del context, signature, arguments
            wide = ir.IntType(64)
            read = builder.module.declare_intrinsic("llvm.readcyclecounter", (), ir.FunctionType(wide, []))
            return builder.call(read, [])

        del typing
        return types.int64(), build

    return ticks


def _clocked() -> tuple[Any, list[str]]:
    """A copy of the loop over the units that adds its ticks to its last argument, and what each is of."""
    tree = ast.parse(SOURCE)
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    function.decorator_list = []
    function.args.args.append(ast.arg("spent"))
    loop = next(s for s in function.body if isinstance(s, ast.For) and ast.unparse(s.target) == "w")
    labels = ["others"]
    body = ast.parse("then = ticks()").body
    gridded = False
    for statement in loop.body:
        called = [
            node.func.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in NAMES
        ]
        label = called[0] if called else "others"
        if label == "_cross" and not gridded:  # it makes the grid first: here once more, for its time alone
            grid = ast.parse("_grid(room, total)").body[0]
            made = statement.value if isinstance(statement, ast.Assign) else None
            if isinstance(made, ast.IfExp):  # where there is anything to cross
                grid = ast.If(made.test, [grid], [])
            body += [grid, *_note("_grid", labels)]
            gridded = True
        body += [statement, *_note(label, labels)]
    loop.body = body
    ast.fix_missing_locations(tree)
    space = dict(vars(sweep)) | {"ticks": _counter()}
    exec(compile(tree, "clocked", "exec"), space)  # noqa: S102 - our own source
    return sweep.njit(nogil=True, error_model="numpy")(space["sweep_units"]), labels


def _note(label: str, labels: list[str]) -> list[ast.stmt]:
    if label not in labels:
        labels.append(label)
    return ast.parse(f"now = ticks()\nspent[{labels.index(label)}] += now - then\nthen = now").body


def stages(made: Generated, *, rounds: int) -> dict[str, Any]:
    """Seconds of each stage on one thread, the median of some rounds; whole calls; reading once."""
    kernel, labels = _clocked()
    seen: list[Counter[str]] = []
    spent = np.zeros(len(labels), np.int64)

    def clock(name: str, function: Any) -> Any:
        def call(*arguments: Any, **options: Any) -> Any:
            begun = time.perf_counter()
            result = function(*arguments, **options)
            seen[-1][name] += time.perf_counter() - begun
            return result

        return call

    clocked = {n: clock(n, getattr(sweep, n)) for n in NAMES if hasattr(sweep, n) and not n.startswith("_")}
    clocked["sweep_units"] = clock("sweep_units", lambda *a: kernel(*a, spent))
    stand_in = SimpleNamespace(**(vars(sweep) | clocked))
    with (
        mock.patch.object(depth, "_kernel", return_value=stand_in),
        mock.patch.object(depth, "rings_of", clock("rings_of", rings.rings_of)),
    ):
        seen.append(Counter())
        depth.covered(made.communes[:2], made.plans[:2], made.kinds[:2], threads=1)  # compiles
        seen.clear()
        for _ in range(rounds):
            seen.append(Counter())
            spent[:] = 0
            begun = time.perf_counter()
            depth.covered(*made, threads=1)
            seen[-1]["whole"] = time.perf_counter() - begun
            _share_out(seen[-1], spent, labels)
    read = [rings.rings_of(shapes).xy.ravel() for shapes in (made.communes, made.plans)]
    vertices = sum(len(xy) for xy in read) // 2
    once = statistics.median(_seconds(lambda: [xy.sum() for xy in read]) for _ in range(5))
    plain = statistics.median(_seconds(lambda: depth.covered(*made, threads=1)) for _ in range(rounds))
    names = [n for n in NAMES if any(s[n] for s in seen)]
    return {
        "rows": [{"stage": NAMES[n], "seconds": statistics.median(s[n] for s in seen)} for n in names],
        "whole": statistics.median(s["whole"] for s in seen),
        "plain": plain,
        "once": once,
        "vertices": vertices,
    }


def _share_out(seen: Counter[str], spent: np.ndarray, labels: list[str]) -> None:
    """The loop's seconds by its ticks. The grid was made twice: that of the crossings is not counted."""
    loop = seen.pop("sweep_units")
    ticks = dict(zip(labels, spent.tolist(), strict=True))
    second = ticks.get("_grid", 0)
    for label, count in ticks.items():
        seen[label] += loop * (count - (second if label == "_cross" else 0)) / max(int(spent.sum()), 1)
    seen["whole"] -= loop * second / max(int(spent.sum()), 1)
    seen["rest"] = seen["whole"] - sum(seconds for name, seconds in seen.items() if name != "whole")


def _seconds(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
