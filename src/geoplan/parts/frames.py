"""Dask's frames: what is in them, partition by partition, without bringing the polygons here."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.errors import listening, tell
from geoplan.intake.repair import tell_repairs
from geoplan.parts.source import Bodies, bodies, bodies_of, has_polygon, nowhere
from geoplan.rings import Rings, joined, shapes_of, starts, taken
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.parts.source import PlanSource


def is_dask(layer: object) -> bool:
    """Whether it is a frame of dask_geopandas; asked by name, so that nothing is imported."""
    return any(kind.__module__.split(".")[0] == "dask_geopandas" for kind in type(layer).__mro__)


@dataclass(frozen=True)
class Chunk:
    """A partition as arrays, and what was said while it was read."""

    bodies: Bodies
    notes: list[tuple[str, str]]


@dataclass(frozen=True)
class Summary:
    """A chunk without its polygons."""

    attributes: pd.DataFrame
    boxes: NDArray[np.float64]
    vertices: NDArray[np.int64]
    notes: list[tuple[str, str]]


def chunk_of(frame: gpd.GeoDataFrame, what: str) -> Chunk:
    """A partition, mended, in longitude and latitude; one without a polygon is no error here."""
    with listening() as notes:
        if len(frame) and not has_polygon(frame):
            crs.require_crs(frame, what=what)
            found = bodies(np.full(len(frame), shapely.Polygon(), dtype=object), frame)
        else:
            found = bodies_of(frame, what=what)
    return Chunk(found, [(note.vi, note.en) for note in notes])


def summary_of(chunk: Chunk) -> Summary:
    """What the caller needs to know of a chunk."""
    found = chunk.bodies
    return Summary(found.attributes, found.boxes, found.vertices, chunk.notes)


def picked(chunk: Chunk, rows: NDArray[np.int64]) -> Rings:
    """The polygons of some rows of a chunk."""
    return taken(chunk.bodies.polygons, rows)


class OnCluster:
    """Plans that stay on the workers; a source whose pieces go from worker to worker.

    Parameters
    ----------
    client
        Of the cluster.
    chunks
        A future of a `Chunk` for each partition.
    summaries
        Of the same.
    """

    def __init__(self, client: Any, chunks: Sequence[Any], summaries: Sequence[Summary]) -> None:
        self._client, self._chunks = client, list(chunks)
        self._first = starts(np.array([len(s.boxes) for s in summaries], dtype=np.int64))
        self.attributes = pd.concat([s.attributes for s in summaries])
        self.boxes = np.concatenate([s.boxes for s in summaries])
        self.vertices = np.concatenate([s.vertices for s in summaries])

    def pieces(self, rows: NDArray[np.int64]) -> list[Any]:
        """Futures of the polygons of ascending rows; each is cut out where its chunk is."""
        ends = np.searchsorted(rows, self._first)
        return [
            self._client.submit(picked, chunk, rows[low:high] - first, pure=False)
            for chunk, first, low, high in zip(self._chunks, self._first, ends[:-1], ends[1:], strict=False)
            if high > low
        ]

    def rings(self, rows: NDArray[np.int64]) -> Rings:
        """The polygons of ascending rows, brought here."""
        return joined(self._client.gather(self.pieces(rows)))


def whole(frame: Any, *, client: Any | None) -> gpd.GeoDataFrame:
    """A frame brought here, its rows in the order of its partitions."""
    return frame.compute() if client is None else client.compute(frame).result()


def units_once(communes: gpd.GeoDataFrame, *, id_column: str | None) -> gpd.GeoDataFrame:
    """Communes without those that stand in several partitions: the same code and the very same outline.

    A spatial shuffle or tiles with a margin repeat what lies on a border of partitions. The first is kept.
    """
    column = schema.find_code_column(communes) if id_column is None else id_column
    if column is None or column not in communes.columns:
        return communes
    codes = schema.texts(communes[column])
    same = pd.DataFrame({"code": codes, "outline": shapely.to_wkb(communes.geometry.to_numpy())})
    again = (same.duplicated() & codes.notna()).to_numpy()
    if again.any():
        names = codes[again].unique()
        tell(
            vi=f"communes: {len(names)} xã nằm ở nhiều phân vùng của bảng Dask, chỉ tính một lần: "
            f"{listing(names)}.",
            en=f"communes: {len(names)} communes stand in several partitions of the Dask frame and count "
            f"once: {listing(names, lang='en')}.",
        )
    return communes[~again]


def read_plans(frame: Any, *, client: Any | None, what: str) -> tuple[PlanSource, NDArray[np.bool_]]:
    """The plans of a Dask frame, and which of them stand in an earlier partition already.

    With a client they stay on its workers; without one they are read here, by Dask's threads.
    """
    delayed = importlib.import_module("dask").delayed
    chunks = [delayed(chunk_of)(partition, what) for partition in frame.to_delayed()]
    source: PlanSource
    if client is None:
        made = list(importlib.import_module("dask").compute(*chunks))
        summaries = [summary_of(chunk) for chunk in made]
        source = Bodies(
            joined([chunk.bodies.polygons for chunk in made]),
            pd.concat([s.attributes for s in summaries]),
            np.concatenate([s.boxes for s in summaries]),
            np.concatenate([s.vertices for s in summaries]),
        )
    else:
        held = client.compute(chunks)
        summaries = client.gather(client.map(summary_of, held, pure=False))
        source = OnCluster(client, held, summaries)
    for vi, en in dict.fromkeys(note for summary in summaries for note in summary.notes):
        tell(vi=vi, en=en)
    empty = nowhere(source.boxes)
    if empty.all():
        tell_repairs(source.attributes, mended=~empty, empty=empty, what=what)
    chunk = np.repeat(np.arange(len(summaries)), [len(s.boxes) for s in summaries])
    return source, _repeated(source, chunk)


def _repeated(source: PlanSource, chunk: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Plans with the id and the polygon of one in an earlier partition: they would pass as a conflict."""
    again = np.zeros(len(chunk), np.bool_)
    if "id" not in source.attributes.columns:
        return again
    table = pd.DataFrame(source.boxes, columns=["west", "south", "east", "north"])
    table["id"] = schema.texts(source.attributes["id"]).to_numpy()
    rows = np.flatnonzero(table.duplicated(keep=False) & table["id"].notna() & table["west"].notna())
    if not len(rows):
        return again
    outlines = shapely.to_wkb(shapes_of(source.rings(rows)))
    same = pd.DataFrame({"id": table["id"].to_numpy()[rows], "outline": outlines})
    earliest = pd.Series(chunk[rows]).groupby([same["id"], same["outline"]]).transform("min").to_numpy()
    again[rows] = chunk[rows] > earliest
    if again.any():
        names = table["id"][again].unique()
        tell(
            vi=f"plans: {len(names)} đồ án nằm ở nhiều phân vùng của bảng Dask, chỉ tính một lần: "
            f"{listing(names)}.",
            en=f"plans: {len(names)} plans stand in several partitions of the Dask frame and count once: "
            f"{listing(names, lang='en')}.",
        )
    return again
