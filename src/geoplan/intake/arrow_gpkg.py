"""A GeoPackage read in part: the window that holds the rows asked for, as GDAL's Arrow stream."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import pyarrow as pa
from pyproj import CRS

from geoplan.intake import gdal
from geoplan.intake.staging import not_vector

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from geoplan.intake.arrow_source import Numbered
    from geoplan.intake.limits import Limits


@dataclass(frozen=True)
class GpkgPolygons:
    """The polygons of a layer of a GeoPackage (a private copy, see `geoplan.intake.staging`)."""

    path: Path
    layer: str
    columns: tuple[str, ...]
    system: str | None
    what: str
    limits: Limits
    open_rings: ClassVar[Literal["raise", "fix"]] = "fix"
    windowed: ClassVar[bool] = True
    declares: ClassVar[bool] = False

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, f.name) for f in fields(self))  # without what was read already

    def _stream(self, **more: Any) -> Iterator[Any]:
        try:
            yield from gdal.stream(self.path, self.layer, what=self.what, limits=self.limits, **more)
        except (OSError, pa.ArrowException) as error:
            raise not_vector(self.what) from error

    @cached_property
    def _fids(self) -> NDArray[np.int64]:
        """The fid of each row."""
        found = [batch.column(0).to_numpy() for batch in self._stream(columns=[], geometry=False)]
        return np.concatenate([np.empty(0, np.int64), *found])

    @property
    def crs(self) -> CRS | None:
        """The coordinate system."""
        return None if self.system is None else CRS.from_user_input(self.system)

    @property
    def count(self) -> int:
        """Rows."""
        return len(self._fids)

    @cached_property
    def _by_fid(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row numbers in the order of their fids, and those."""
        order = np.argsort(self._fids, kind="stable")
        return order, self._fids[order]

    def _numbers(self, fids: NDArray[np.int64]) -> NDArray[np.int64]:
        order, known = self._by_fid
        return order[np.searchsorted(known, fids)]

    def wkb(
        self, rows: NDArray[np.int64] | None, *, window: NDArray[np.float64] | None = None
    ) -> Iterator[Numbered]:
        """Geometries of some rows, of all when None, in the order of the file."""
        wanted = np.full(self.count, rows is None)
        if rows is not None:
            wanted[rows] = True
        box = None if window is None else tuple(window.tolist())
        for batch in self._stream(columns=[], bbox=box):
            numbers = self._numbers(batch.column(0).to_numpy())
            here = np.flatnonzero(wanted[numbers])
            wanted[numbers] = False
            if len(here):
                yield numbers[here], batch.column(1).take(pa.array(here))
        if box is not None and wanted.any():  # the file's spatial index does not find them
            yield from self.wkb(np.flatnonzero(wanted))

    def boxes(self, rows: NDArray[np.int64] | None = None) -> None:
        """A GeoPackage declares no boxes that are exact."""
        del rows

    def vertices(self) -> None:
        """Not known without looking."""
        return

    def plain_columns(self) -> list[str]:
        """The columns but for the geometry."""
        return list(self.columns)

    def tables(self, columns: Sequence[str], *, geometry: bool) -> Iterator[Numbered]:
        """Record batches of some columns; the geometry last, where asked for."""
        for batch in self._stream(columns=list(columns), geometry=geometry):
            numbers = self._numbers(batch.column(0).to_numpy())
            last = [batch.schema.names[-1]] if geometry else []
            yield numbers, batch.select([*columns, *last])

    def cost(self, rows: NDArray[np.int64]) -> tuple[int, int]:
        """One window; bytes are the share of the file that the rows themselves are."""
        return 1, int(self.path.stat().st_size * len(rows) / max(self.count, 1))
