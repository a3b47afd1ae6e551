"""The layers of a call by parts, whatever they are: GeoDataFrames, files, or Dask's frames."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan.errors import UsageError
from geoplan.intake.arrow_file import PolygonFile, open_polygons
from geoplan.intake.read import read_layer
from geoplan.parts import frames
from geoplan.parts.cluster import client_of, running_client
from geoplan.parts.source import bodies_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.parts.source import PlanSource


def is_plain(layer: object) -> bool:
    """Whether a layer is no file and no Dask frame: what the measures take as it is."""
    return not is_file(layer) and not frames.is_dask(layer)


def is_file(layer: object) -> bool:
    """Whether a layer is a file, by its name or opened."""
    return isinstance(layer, str | Path | PolygonFile)


def client_for(scheduler: Any, *layers: Any) -> AbstractContextManager[Any]:
    """The client to work with: of the scheduler named; for Dask frames the one that is open; or None."""
    if scheduler is not None:
        return client_of(scheduler)
    return nullcontext(running_client() if any(frames.is_dask(layer) for layer in layers) else None)


def layer_of(layer: Any, *, client: Any | None) -> gpd.GeoDataFrame:
    """A layer whole, in memory."""
    if isinstance(layer, str | Path):
        return read_layer(layer)
    return frames.whole(layer, client=client) if frames.is_dask(layer) else layer


def units_of(communes: Any, *, client: Any | None, id_column: str | None) -> gpd.GeoDataFrame:
    """The communes whole, in memory; those of a Dask frame once each."""
    frame = layer_of(communes, client=client)
    return frames.units_once(frame, id_column=id_column) if frames.is_dask(communes) else frame


@contextmanager
def plans_of(plans: Any, *, client: Any | None) -> Iterator[tuple[PlanSource, NDArray[np.bool_]]]:
    """Where the plans come from, and which of them are to be left out as they stand there twice."""
    if frames.is_dask(plans):
        yield frames.read_plans(plans, client=client, what="plans")
    elif isinstance(plans, str | Path):
        with open_polygons(plans) as source:
            yield source, np.zeros(len(source), np.bool_)
    elif isinstance(plans, PolygonFile):
        yield plans, np.zeros(len(plans), np.bool_)
    else:
        held = bodies_of(plans, what="plans")
        yield held, np.zeros(len(held.boxes), np.bool_)


def seen(client: Any, path: Path) -> bool:
    """Whether all workers have a file where the caller has it: the same size and time of writing."""
    here = stamp(path)
    return here is not None and all(there == here for there in client.run(stamp, path).values())


def stamp(path: str | Path) -> tuple[int, int] | None:
    """Size and time of writing of a file; None where it is not."""
    try:
        found = Path(path).resolve().stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns


def require_count(name: str, value: int | None) -> None:
    """Refuse a number of parts or bytes below one.

    Raises
    ------
    UsageError
        Saying which.
    """
    if value is not None and value < 1:
        raise UsageError(
            vi=f"{name}={value}: phải là số nguyên từ 1 trở lên.",
            en=f"{name}={value}: must be a whole number from 1.",
        )
