"""Coverage by parts: of layers in memory, of files larger than memory, and on a Dask cluster."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import shapely

from geoplan import measures
from geoplan.errors import UsageError
from geoplan.intake.repair import tell_repairs
from geoplan.measures.coverage import DEFAULT_PUBLISHED_COLUMN, table_of
from geoplan.measures.engines import engine_for, require_engine
from geoplan.measures.plan_layer import DEFAULT_KIND_COLUMN, read_facts, read_urban_land, warn_apart
from geoplan.measures.units import read_units
from geoplan.parts import layers, run
from geoplan.parts.cluster import threads
from geoplan.parts.job import Question, job_of
from geoplan.parts.source import bodies, nowhere
from geoplan.rings import rings_of

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.measures.engines import Engine
    from geoplan.measures.overlay import Progress
    from geoplan.parts.source import Bodies, PlanSource

MEMORY: Final = 300_000_000
"""Bytes for a part of a file."""


def coverage(
    communes: Any,
    *,
    plans: Any,
    on: dt.date | str | None = None,
    urban_land: Any = None,
    by: Literal["commune", "plan"] = "commune",
    kind_column: str = DEFAULT_KIND_COLUMN,
    published_column: str = DEFAULT_PUBLISHED_COLUMN,
    id_column: str | None = None,
    engine: Engine = "auto",
    progress: Progress | None = None,
    parts: int | None = None,
    memory: int | None = None,
    scheduler: Any = None,
) -> pd.DataFrame:
    """Share of each commune that plans in force cover, by kind of plan and by denominator.

    The covered area is that of the *union* of the plans of one kind in force on the date, inside the
    commune: land under two plans counts once. Denominators:

    ``natural``
        the commune's land as drawn;
    ``urban_land``
        urban construction land (đất xây dựng đô thị) inside the commune, and only plans on it: the
        official ratio of the Ministry of Construction's statistics; needs `urban_land`;
    ``published``
        the commune's legal area, for the same covered area as ``natural``; needs `published_column`.
        Where the drawn area is larger than the published one, coverage may exceed 100.

    Layers may be GeoDataFrames, files, or frames of ``dask_geopandas`` (the extra ``dask``). Files of plans
    are read in part; the polygons of Dask's plans stay on its workers. The table is the same to the last bit
    however it is come by, in the order of the communes.

    Parameters
    ----------
    communes
        Polygons in any CRS; not changed. Rows with ``valid_from`` / ``valid_to`` that are not in force
        on the date are the caller's to leave out (`City.as_of` does). Of a Dask frame: a commune that stands
        in several partitions (one code, one outline) counts once, and is named.
    plans
        Polygons in any CRS; see `geoplan.measures.in_force` for the columns that decide which count. Of a
        Dask frame: one that stands in several partitions (one id, one outline) counts once, and is named.
    on
        The day; today when None.
    urban_land
        Polygons of urban construction land; overlapping ones count once.
    by
        ``commune`` (default), or ``plan`` for a row each plan: of GeoDataFrames, not by parts.
    kind_column
        Column of the plans with their kind. Without it the kind is ``all``.
    published_column
        Column of the communes with the legal area in km².
    id_column
        Column of the communes with their code; found when None.
    engine
        ``geos``, ``sweep`` (needs the extra ``fast``), or ``auto``: what is faster for the size. They
        agree (`geoplan.measures.engines`); ``table.attrs["engine"]`` says which ran. Not used `by` plan.
    progress
        Called with communes done and in all.
    parts
        In how many parts by space; as `memory` and the workers need when None.
    memory
        Bytes that a part may take; 300 MB for a file of plans when None.
    scheduler
        Address of a Dask scheduler (``tcp://10.0.0.1:8786``) or a ``distributed.Client``, whose workers do
        the parts. With Dask frames and None: the client that is open, if there is one.

    Returns
    -------
    pandas.DataFrame
        By commune: ``code, name, plan_kind, denominator, denominator_km2, covered_km2, coverage_pct,
        gap_km2, conflict_km2``; one row per commune, kind and denominator, in the order of the
        communes; the index repeats the commune's. ``gap_km2`` is the denominator less the covered
        area, never below zero; ``conflict_km2`` lies under two or more plans of the kind. A
        denominator that is unknown or zero gives NaN, not 0 %. Of Dask frames too it is a plain table: it
        is small, and made when the function is called.
        By plan: ``id, name, plan_kind, in_force, area_km2, inside_km2, conflict_km2`` aligned on the
        plans: area in all, inside the communes, and shared with other plans of its kind in force
        (the last two NaN when not in force).

    Warns
    -----
    DataWarning
        When geometry was mended, communes overlap each other, codes repeat, or something stands in several
        partitions.

    Raises
    ------
    CrsError
        When a layer has no coordinate system.
    DataError, UsageError
        When a layer has no polygon, a value cannot be read, or a named column is missing; when Dask is not
        installed, no scheduler answers, it has no worker, or workers die at one part again and again.

    Notes
    -----
    Areas are those on the WGS 84 ellipsoid, edges straight in longitude and latitude (see
    `geoplan.crs`). The result does not say whether the law asks for this denominator.
    """
    if (
        parts is None
        and memory is None
        and scheduler is None
        and all(layer is None or layers.is_plain(layer) for layer in (communes, plans, urban_land))
    ):
        return measures.coverage(
            communes, plans=plans, on=on, urban_land=urban_land, by=by, kind_column=kind_column,
            published_column=published_column, id_column=id_column, engine=engine, progress=progress,
        )  # fmt: skip
    _require_by(by)
    layers.require_count("parts", parts)
    layers.require_count("memory", memory)
    require_engine(engine)
    with ExitStack() as opened:
        client = opened.enter_context(layers.client_for(scheduler, communes, plans, urban_land))
        frame = layers.units_of(communes, client=client, id_column=id_column)
        units = read_units(frame, id_column=id_column)
        source, left_out = opened.enter_context(layers.plans_of(plans, client=client))
        facts = read_facts(source.attributes, on=on, kind_column=kind_column)
        numbers = np.where(left_out, -1, facts.kind_numbers())
        warn_apart(units.shapes, source.boxes[numbers >= 0])
        question = Question(
            units=rings_of(units.shapes),
            plans=source,
            kinds=numbers,
            count=len(facts.kinds_in_order()),
            engine=_engine(engine, units.shapes, source, numbers),
            urban=_urban(urban_land, client),
        )
        if memory is None and layers.is_file(plans):
            memory = MEMORY
        job = job_of(question, parts=parts, memory=memory, at_once=1 if client is None else threads(client))
        done = job.gathered(run.here(job) if client is None else run.there(job, client), progress)
        if layers.is_file(plans):  # what is in memory was mended before
            empty = nowhere(source.boxes)
            mended = np.isin(np.arange(len(empty)), done.land.mended)
            tell_repairs(source.attributes, mended=mended, empty=empty, what="plans")
    kinds = facts.kinds_in_order()
    return table_of(frame, units, kinds, done.land, towns=done.towns, published_column=published_column)


def _require_by(by: str) -> None:
    if by != "commune":
        raise UsageError(
            vi=f"by=“{by}” không tính được theo từng phần; hãy đưa GeoDataFrame và bỏ parts, memory, "
            "scheduler.",
            en=f"by=“{by}” does not go by parts; give GeoDataFrames, without parts, memory and scheduler.",
        )


def _engine(
    engine: Engine, units: NDArray[Any], source: PlanSource, numbers: NDArray[np.int64]
) -> Literal["geos", "sweep"]:
    """One for all parts: ``auto`` decides by the size of the whole."""
    if engine != "auto":
        return engine
    return engine_for(int(shapely.get_num_coordinates(units).sum() + source.vertices[numbers >= 0].sum()))


def _urban(urban_land: Any, client: Any | None) -> Bodies | None:
    if urban_land is None:
        return None
    land = layers.layer_of(urban_land, client=client)
    return bodies(read_urban_land(land), land)
