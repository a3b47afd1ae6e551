"""Density by parts: people in a raster counted part by part, here or on a Dask cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import measures
from geoplan.errors import listening, tell
from geoplan.intake.raster import Raster
from geoplan.intake.repair import mend
from geoplan.measures.engines import require_engine
from geoplan.measures.population import in_raster_crs, raster_engine
from geoplan.parts import layers
from geoplan.parts.cluster import done_there, threads
from geoplan.parts.split import along_curve, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.measures.engines import Engine
    from geoplan.measures.overlay import Progress

_PEOPLE: Final = "geoplan_people"
_NAMED_BY: Final = ("name", "code", "id")


def density(
    communes: Any,
    *,
    population_column: str = "population",
    raster: Raster | None = None,
    urban_land: Any = None,
    id_column: str | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    parts: int | None = None,
    scheduler: Any = None,
) -> pd.DataFrame:
    """People per km² of each commune.

    Layers may be GeoDataFrames, files, or frames of ``dask_geopandas`` (the extra ``dask``). The table is
    the same to the last bit however it is come by, in the order of the communes.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed. Of a Dask frame: a commune that stands in several partitions (one
        code, one outline) counts once, and is named.
    population_column
        Column with the number of people. Not used with `raster`.
    raster
        People per cell instead of a column: a second opinion, never mixed with it.
    urban_land
        Polygons of urban construction land (đất xây dựng đô thị); adds people per km² of it.
    id_column
        Column with the code; found when None.
    engine
        How a raster is counted, as in `people_in_raster`; ``table.attrs["engine"]`` says which ran.
    progress
        Called with communes done and in all (only the raster takes long).
    parts
        In how many parts by space the raster is counted; as the workers need when None.
    scheduler
        Address of a Dask scheduler (``tcp://10.0.0.1:8786``) or a ``distributed.Client``, whose workers
        count the raster: they read it where they have the file, else its cells are sent. With Dask frames
        and None: the client that is open, if there is one.

    Returns
    -------
    pandas.DataFrame
        ``code, name, population, area_km2, density_per_km2`` aligned on the communes; with
        `urban_land` also ``urban_land_km2, density_urban_per_km2``. An unknown population gives NaN,
        never 0.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`; and when the population column is missing or holds no numbers.
    """
    layers.require_count("parts", parts)
    with layers.client_for(scheduler, communes, urban_land) as client:
        frame = layers.units_of(communes, client=client, id_column=id_column)
        land = None if urban_land is None else layers.layer_of(urban_land, client=client)
        if raster is None or (parts is None and client is None):
            return measures.density(
                frame,
                population_column=population_column,
                raster=raster,
                urban_land=land,
                id_column=id_column,
                engine=engine,
                progress=progress,
            )
        people = _people(frame, raster, engine, parts=parts, client=client, progress=progress)
    counted = frame.assign(**{_PEOPLE: people.to_numpy()})
    table = measures.density(counted, population_column=_PEOPLE, urban_land=land, id_column=id_column)
    table.attrs["engine"] = people.attrs["engine"]
    return table


@dataclass(frozen=True)
class Held(Raster):
    """The cells of a raster near some communes, for workers that have no such file.

    Attributes
    ----------
    held
        People per cell.
    left, above
        Column and row in the raster where they begin.
    """

    held: NDArray[np.float64]
    left: int
    above: int

    def cells(self, first: int, last: int, top: int, bottom: int) -> NDArray[np.float64]:
        """People in columns `first` to `last` of rows `top` to `bottom`, as `Raster.cells` reads them."""
        rows, columns = (
            slice(top - self.above, bottom - self.above),
            slice(first - self.left, last - self.left),
        )
        found = self.held[rows, columns].copy()
        if min(rows.start, columns.start) < 0 or found.shape != (bottom - top, last - first):
            raise IndexError(f"cells {first}–{last}, {top}–{bottom}")  # more than was sent
        return found


@dataclass(frozen=True)
class Counted:
    """People of some communes, and what was said of them."""

    people: NDArray[np.float64]
    notes: list[tuple[str, str]]


def _people(
    communes: gpd.GeoDataFrame,
    raster: Raster,
    engine: Engine,
    *,
    parts: int | None,
    client: Any | None,
    progress: Progress | None,
) -> pd.Series:
    """People of each commune, part by part, by one engine for all."""
    require_engine(engine)
    sound, _ = mend(communes, what="communes")
    shapes = in_raster_crs(sound, raster)
    engine, boxes = raster_engine(shapes, raster, engine), shapely.bounds(shapes)
    weights = np.nan_to_num((boxes[:, 2:] - boxes[:, :2]).prod(axis=1)) + 1e-9
    if parts is None:
        parts = 1 if client is None else 4 * threads(client)
    groups = runs(along_curve(boxes), weights, parts)
    slim = sound[[*(c for c in _NAMED_BY if c in sound.columns), sound.geometry.name]]
    slim.attrs.update(sound.attrs)
    people, done = np.full(len(communes), np.nan), 0
    for number, counted in _coming(slim, raster, engine, groups, client):
        people[groups[number]] = counted.people
        for vi, en in counted.notes:
            tell(vi=vi, en=en)
        done += len(groups[number])
        if progress is not None:
            progress(done, len(people))
    counts = pd.Series(people, index=communes.index)
    counts.attrs["engine"] = engine
    return counts


def _coming(
    communes: gpd.GeoDataFrame,
    raster: Raster,
    engine: Engine,
    groups: list[NDArray[np.int64]],
    client: Any | None,
) -> Iterator[tuple[int, Counted]]:
    """What comes of the groups: one after the other here, or as the workers are done with them."""
    if client is None:
        return ((k, _count(communes.iloc[group], raster, engine)) for k, group in enumerate(groups))
    seen = layers.seen(client, raster.path)

    def send(number: int) -> Any:
        part = communes.iloc[groups[number]]
        sent = client.scatter((part, raster if seen else _held(part, raster), engine), hash=False)
        return client.submit(_count_sent, sent, pure=False)

    return done_there(client, send, len(groups))


def _count_sent(sent: tuple[gpd.GeoDataFrame, Raster, Engine]) -> Counted:
    return _count(*sent)


def _count(communes: gpd.GeoDataFrame, raster: Raster, engine: Engine) -> Counted:
    with listening() as notes:
        people = measures.people_in_raster(communes, raster=raster, engine=engine)
    return Counted(people.to_numpy(), [(note.vi, note.en) for note in notes])


def _held(communes: gpd.GeoDataFrame, raster: Raster) -> Held:
    """The part of a raster that communes need, and two cells around it."""
    boxes, at = shapely.bounds(in_raster_crs(communes, raster)), raster.transform
    first, last = _span((boxes[:, ::2] - at.c) / at.a, raster.width)
    top, bottom = _span((boxes[:, 1::2] - at.f) / at.e, raster.height)
    cells = raster.cells(first, last, top, bottom) if last > first and bottom > top else np.empty((0, 0))
    return Held(
        raster.path,
        raster.crs,
        raster.transform,
        raster.width,
        raster.height,
        cells,
        left=first,
        above=top,
        block_rows=raster.block_rows,
    )


def _span(ends: NDArray[np.float64], most: int) -> tuple[int, int]:
    """The first cell, and the one behind the last, of a row or column."""
    if np.isnan(ends).all():
        return 0, 0
    low, high = int(np.floor(np.nanmin(ends))) - 2, int(np.ceil(np.nanmax(ends))) + 2
    return max(0, min(most, low)), max(0, min(most, high))
