"""Ten thousand units with common borders, as an Assessment: for the size and speed of pages.

Run as a program it saves their page: ``large.py PAGE METRIC…``.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

import geoplan
from geoplan.model import words
from geoplan.quantity import Scope

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.city import City

WIGGLES = 12


def coverage(side: int) -> NDArray[np.object_]:
    """`side` by `side` polygons about 1 km wide that share every vertex of their wiggly borders."""
    chance = np.random.default_rng(7)
    corners = np.stack(np.meshgrid(np.arange(side + 1), np.arange(side + 1)), -1).astype(float)
    corners += chance.uniform(-0.2, 0.2, corners.shape)

    def edge(a: Any, b: Any) -> Any:
        line = a + (b - a) * np.linspace(0, 1, WIGGLES + 2)[:, None]
        line[1:-1] += chance.uniform(-0.015, 0.015, (WIGGLES, 2))
        return line

    across = [[edge(corners[j, i], corners[j, i + 1]) for i in range(side)] for j in range(side + 1)]
    up = [[edge(corners[j, i], corners[j + 1, i]) for i in range(side + 1)] for j in range(side)]
    shapes = []
    for j in range(side):
        for i in range(side):
            ring = [across[j][i][:-1], up[j][i + 1][:-1], across[j + 1][i][::-1][:-1], up[j][i][::-1][:-1]]
            shapes.append(shapely.Polygon(np.vstack(ring) * 0.01 + [105.0, 20.0]))
    return np.array(shapes, dtype=object)


def large_assessment(small: City, *, side: int = 100, metrics: tuple[str, ...] | None = None) -> Assessment:
    """An assessment of `side` squared units, each with the Quantities and verdicts of one of a small city.

    Only the page is put to the test: nothing is measured. `metrics`: which Quantities; all when None.
    """
    result = geoplan.assess(small)
    shapes = coverage(side)
    count = len(shapes)
    layer = small.layers["communes"]
    now = layer.frame[layer.frame["code"].isin(small.communes["code"])].drop_duplicates("code")
    rows = now.iloc[np.arange(count) % len(now)].reset_index(drop=True)
    codes = [f"{i:05}" for i in range(count)]
    frame = gpd.GeoDataFrame(
        rows.assign(
            code=codes, name=[f"Đơn vị {i}" for i in range(count)], valid_from=pd.NaT, valid_to=pd.NaT
        ),
        geometry=shapes,
        crs=4326,
    )
    kinds = pd.DataFrame({"code": codes, "kind": "commune"})
    kinds = kinds.assign(unit_from=pd.NaT, valid_from=pd.NaT, valid_to=pd.NaT)
    city = replace(
        small,
        layers={**small.layers, "communes": replace(layer, frame=frame)},
        kinds=kinds.astype(dict.fromkeys(("unit_from", "valid_from", "valid_to"), "datetime64[s]")),
    )
    known = list(small.communes["code"])
    quantities = {k: q for k, q in result.quantities.items() if k[1] not in set(known)}
    own = {code: [q for q in result.quantities.values() if q.scope.id == code] for code in known}
    judged = {u.scope.id: u for u in result.judgement.units}
    units = []
    for i, code in enumerate(codes):
        scope = Scope(id=code, name=words(f"xã Đơn vị {i}", f"Đơn vị {i} commune"))
        pattern = known[i % len(known)]
        for quantity in own[pattern]:
            if metrics is None or quantity.metric in metrics:
                value = None if quantity.value is None else quantity.value * (1 + i / count)
                quantities[quantity.metric, code] = replace(quantity, scope=scope, value=value)
        if pattern in judged:
            units.append(replace(judged[pattern], scope=scope))
    judgement = replace(result.judgement, units=tuple(units))
    return replace(result, city=city, quantities=quantities, judgement=judgement)


if __name__ == "__main__":
    result = large_assessment(geoplan.open_city("hung-yen"), metrics=tuple(sys.argv[2:]) or None)
    geoplan.explore(result, history=False).save(sys.argv[1])
