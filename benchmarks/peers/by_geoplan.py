"""geoplan itself: the kernel on shapely arrays, and the public function on frames."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numba
import numpy as np
from layers import Layers, frames, read
from worker import KINDS, serve

import geoplan
from geoplan.__about__ import VERSION
from geoplan.measures import depth

if TYPE_CHECKING:
    from pathlib import Path


class State(NamedTuple):
    """Layers as arrays and as frames; `plain` has no kinds."""

    layers: Layers
    communes: Any
    plans: Any
    plain: Any


def load(folder: Path) -> State:
    """Read, and make the kernel ready: compiled code is loaded by a first small call."""
    layers = read(folder)
    communes, plans = frames(layers)
    depth.covered(layers.communes[:2], layers.plans[:2], layers.kinds[:2])
    return State(layers, communes, plans, plans.drop(columns="kind"))


def union(state: State, **options: Any) -> depth.DepthAreas:
    """Area under at least one plan."""
    layers = state.layers
    none = np.zeros(len(layers.plans), np.int64)
    return depth.covered(layers.communes, layers.plans, none, depth=1, **options)


def kinds(state: State, **options: Any) -> depth.DepthAreas:
    """Area under at least one and two plans of each kind."""
    layers = state.layers
    return depth.covered(layers.communes, layers.plans, layers.kinds, depth=2, **options)


def public(state: State, engine: str, *, plain: bool) -> Any:
    """The table that users get."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return geoplan.coverage(
            state.communes, plans=state.plain if plain else state.plans, on="2026-01-01", engine=engine
        )


def areas(state: State, result: depth.DepthAreas) -> list[Any]:
    """Of the communes, or of communes × kinds × depths; m², or square degrees on the plane."""
    del state
    return result.by_kind[:, 0, 0].tolist() if result.by_kind.shape[2] == 1 else result.by_kind.tolist()


def table(state: State, result: Any) -> list[Any]:
    """The same of the table, m²."""
    every = result[result["denominator"] == "natural"]
    names = [k for k in KINDS if (every["plan_kind"] == k).any()]
    if not names:
        return (every["covered_km2"] * 1e6).tolist()
    areas = np.zeros((len(state.communes), len(KINDS), 2))
    for k in names:
        of_kind = every[every["plan_kind"] == k]
        areas[:, KINDS.index(k)] = of_kind[["covered_km2", "conflict_km2"]].to_numpy() * 1e6
    return areas.tolist()


if __name__ == "__main__":
    works: dict[str, Any] = {}
    for name, work in (("union", union), ("kinds", kinds)):
        works[name] = (work, areas)
        works[f"{name}, plane"] = (lambda s, w=work: w(s, integrand="plane"), areas)
        works[f"{name}, 1 thread"] = (lambda s, w=work: w(s, threads=1), areas)
        for engine in ("sweep", "geos", "auto"):
            works[f"{name}, {engine}"] = (
                lambda s, e=engine, p=name == "union": public(s, e, plain=p),
                table,
            )
    python = ".".join(map(str, sys.version_info[:3]))
    serve(
        load,
        works,
        lambda _: f"geoplan {VERSION}, Numba {numba.__version__}, NumPy {np.__version__}, Python {python}",
    )
