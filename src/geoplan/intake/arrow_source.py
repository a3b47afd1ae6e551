"""Where the rows of a `PolygonFile` come from: what each kind of file must answer; a layer held in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import geopandas as gpd
    from pyproj import CRS

    from geoplan.intake.limits import Limits

Numbered = tuple[NDArray[np.int64], Any]
"""Row numbers, and an Arrow array or record batch with an item each."""


class Source(Protocol):
    """A layer of polygons, opened and checked; rows are numbered from 0."""

    @property
    def what(self) -> str:
        """The file's name for the sentences."""

    @property
    def path(self) -> Path | None:
        """The private copy that is read; None for what is in memory."""

    @property
    def limits(self) -> Limits:
        """What it may hold."""

    @property
    def open_rings(self) -> Literal["raise", "fix"]:
        """What becomes of a ring that does not end where it begins, as `read_layer` has it."""

    @property
    def windowed(self) -> bool:
        """Whether it reads by a window, and not by row numbers."""

    @property
    def declares(self) -> bool:
        """Whether the file states boxes, which may be wrong."""

    @property
    def crs(self) -> CRS | None:
        """The coordinate system that is stated."""

    @property
    def count(self) -> int:
        """Rows."""

    def wkb(
        self, rows: NDArray[np.int64] | None, *, window: NDArray[np.float64] | None = None
    ) -> Iterator[Numbered]:
        """Geometries of some rows, of all when None, in small batches, in the order of the file.

        `window` holds the boxes of the rows, in the layer's own coordinates.
        """

    def boxes(self, rows: NDArray[np.int64] | None = None) -> NDArray[np.float64] | None:
        """Declared boxes of some rows, of all when None; NaN where one is missing or odd; None without."""

    def vertices(self) -> NDArray[np.int64] | None:
        """About how many vertices each row has, when that is known without looking."""

    def plain_columns(self) -> list[str]:
        """The columns that are a value a row, without the geometry."""

    def tables(self, columns: Sequence[str], *, geometry: bool) -> Iterator[Numbered]:
        """Record batches of some columns; the geometry (WKB) last, where asked for."""

    def cost(self, rows: NDArray[np.int64]) -> tuple[int, int]:
        """Row groups and bytes that reading some rows takes."""


@dataclass(frozen=True)
class FramePolygons:
    """A layer that had to be read whole."""

    frame: gpd.GeoDataFrame
    what: str
    limits: Limits
    open_rings: ClassVar[Literal["raise", "fix"]] = "raise"
    windowed: ClassVar[bool] = False
    declares: ClassVar[bool] = False
    path: ClassVar[None] = None

    @property
    def crs(self) -> CRS | None:
        """The coordinate system."""
        stated: CRS | None = self.frame.crs
        return stated

    @property
    def count(self) -> int:
        """Rows."""
        return len(self.frame)

    def wkb(
        self, rows: NDArray[np.int64] | None, *, window: NDArray[np.float64] | None = None
    ) -> Iterator[Numbered]:
        """Geometries of some rows, of all when None."""
        del window
        wanted = np.arange(self.count) if rows is None else rows
        for part in np.array_split(wanted, len(wanted) // (1 << 16) + 1):
            shapes = self.frame.geometry.to_numpy()[part]
            yield part, pa.array(shapely.to_wkb(shapes), pa.large_binary())

    def boxes(self, rows: NDArray[np.int64] | None = None) -> None:
        """None are declared."""
        del rows

    def vertices(self) -> None:
        """Not known without looking."""
        return

    def plain_columns(self) -> list[str]:
        """The columns but for the geometry."""
        return [str(c) for c in self.frame.columns if c != self.frame.geometry.name]

    def tables(self, columns: Sequence[str], *, geometry: bool) -> Iterator[Numbered]:
        """Record batches of some columns; the geometry last, where asked for."""
        table = pa.Table.from_pandas(pd.DataFrame(self.frame[list(columns)]), preserve_index=False)
        if geometry:
            shapes = pa.array(shapely.to_wkb(self.frame.geometry.to_numpy()), pa.large_binary())
            table = table.append_column("geometry", shapes)
        at = 0
        for batch in table.to_batches(1 << 14):
            yield np.arange(at, at + len(batch)), batch
            at += len(batch)

    def cost(self, rows: NDArray[np.int64]) -> tuple[int, int]:
        """It is in memory."""
        del rows
        return 0, 0
