"""Coverage that follows its plans: what changes is measured again only where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import numpy as np
import shapely

from geoplan import crs, schema
from geoplan.errors import DataError, UsageError, listening
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.measures.coverage import DEFAULT_PUBLISHED_COLUMN, figures, table_of, urban_parts
from geoplan.measures.engines import Sums, engine_for, require_engine, sums
from geoplan.measures.in_force import in_force as counting
from geoplan.measures.plan_layer import (
    DEFAULT_KIND_COLUMN,
    PlanFacts,
    Plans,
    kind_word,
    read_plans,
    read_urban_land,
    warn_apart,
)
from geoplan.measures.units import read_units
from geoplan.text import listing

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.measures.depth_edits import Edits
    from geoplan.measures.engines import Engine

_BY_DATE: Final = -1
_M2_PER_KM2: Final = 1e6
_FIGURES: Final = ["denominator_km2", "covered_km2", "coverage_pct", "gap_km2", "conflict_km2"]


class LiveCoverage:
    """The table of `coverage`, kept up to date as plans are changed, added and removed or the day moves.

    Only the communes that a changed plan touches, as it was or as it is now, are measured again. The
    figures are those of `coverage` on the changed layers, to 1e-9 of a commune.

    The parameters are those of `coverage`, which says what is warned of and raised.

    Examples
    --------
    ::

        live = LiveCoverage(city.communes, plans=city.plans, on=city.on)
        moved = live.change("HY-MH-012", in_force=True)
        live.table.loc[moved]
    """

    def __init__(
        self,
        communes: gpd.GeoDataFrame,
        *,
        plans: gpd.GeoDataFrame,
        on: dt.date | str | None = None,
        urban_land: gpd.GeoDataFrame | None = None,
        kind_column: str = DEFAULT_KIND_COLUMN,
        published_column: str = DEFAULT_PUBLISHED_COLUMN,
        id_column: str | None = None,
        engine: Engine = "auto",
    ) -> None:
        require_engine(engine)
        self._communes, self._published_column = communes, published_column
        self._units = read_units(communes, id_column=id_column)
        drawn = read_plans(plans, on=on, kind_column=kind_column)
        warn_apart(self._units.shapes, shapely.bounds(drawn.shapes))
        self._lands = [self._units.shapes]
        if urban_land is not None:
            self._lands.append(urban_parts(self._units.shapes, read_urban_land(urban_land)))
        shapely.prepare(self._units.shapes)
        self._tree = shapely.STRtree(self._units.shapes)
        vertices = sum(int(shapely.get_num_coordinates(s).sum()) for s in (self._units.shapes, drawn.shapes))
        self._engine = engine_for(vertices) if engine == "auto" else engine
        self._book = _Book(drawn)
        self._measure()

    @property
    def table(self) -> pd.DataFrame:
        """The table of `coverage` as it is now; a copy."""
        return self._head.assign(**dict(zip(_FIGURES, self._figures.T, strict=True)))

    def on(self, date: dt.date | str | None) -> pd.Index:
        """Move to a day (today when None); what `change` said of a plan being in force stays said.

        Returns
        -------
        pandas.Index
            The communes (their labels in the layer) that were measured again.
        """
        self._book.move_to(date)
        return self._follow()

    def change(
        self,
        plan_id: str,
        *,
        geometry: Any = None,
        in_force: bool | Literal["by_date"] | None = None,
        kind: str | None = None,
    ) -> pd.Index:
        """Change a plan; what is None stays.

        Parameters
        ----------
        plan_id
            Its ``id``; the label of its row as text where the layer has no such column.
        geometry
            Its new outline: a polygon in longitude and latitude, or a layer in any CRS. What is invalid
            is mended and named.
        in_force
            Whether it counts, on every day; ``by_date`` gives that back to its dates and status.
        kind
            Its new kind.

        Returns
        -------
        pandas.Index
            The communes (their labels in the layer) that were measured again; all of them when there is
            now a kind more or less.

        Raises
        ------
        UsageError
            When not exactly one plan has this id.
        CrsError, DataError
            When the outline has no coordinate system, or no polygon.
        """
        place = self._book.place(plan_id)
        outline = None if geometry is None else _outline(geometry, plan_id)
        self._book.say(place, in_force=in_force, kind=kind)
        return self._follow(place, outline)

    def add(self, plan_id: str, *, geometry: Any, kind: str, in_force: bool = True) -> pd.Index:
        """Add a plan that is in force on every day, or on none; see `change`.

        Raises
        ------
        UsageError
            When there is a plan with this id already.
        """
        outline = _outline(geometry, plan_id)
        return self._follow(self._book.add(plan_id, kind=kind, in_force=in_force), outline)

    def remove(self, plan_id: str) -> pd.Index:
        """Take a plan away for good; see `change`."""
        self._book.remove(plan_id)
        return self._follow()

    def _measure(self) -> pd.Index:
        """Measure everything; all communes."""
        book = self._book
        self._kinds, self._numbers = book.kinds, book.numbers()
        self._sums = [
            _Followed(land, book.shapes, self._numbers, count=len(self._kinds), engine=self._engine)
            for land in self._lands
        ]
        land, *towns = [found.sums() for found in self._sums]
        table = table_of(
            self._communes,
            self._units,
            self._kinds,
            land,
            towns=(self._lands[1], towns[0]) if towns else None,
            published_column=self._published_column,
        )
        self._head, self._figures = table.drop(columns=_FIGURES), table[_FIGURES].to_numpy(copy=True)
        every: pd.Index = self._communes.index
        return every

    def _follow(self, redrawn: int | None = None, outline: Any = None) -> pd.Index:
        """Measure again what plans touch that count otherwise than before, or that one which is redrawn."""
        book, before = self._book, self._book.shapes.copy()
        if outline is None:
            redrawn = None
        else:
            book.shapes[redrawn] = outline
        if book.kinds != self._kinds:
            return self._measure()
        now = book.numbers()
        was = np.concatenate([self._numbers, np.full(len(now) - len(self._numbers), -1)])
        self._numbers = now
        moved = np.flatnonzero((now != was) | (np.arange(len(now)) == redrawn))
        old, new = before[moved][was[moved] >= 0], book.shapes[moved][now[moved] >= 0]
        touched = self._touched(np.concatenate([old, new]))
        try:
            for land in self._sums:
                land.follow(moved, book.shapes, now, redrawn=redrawn, units=touched)
        except DataError:  # an outline that reaches beyond what the engine was made ready for
            return self._measure()
        self._write(touched)
        again: pd.Index = self._communes.index[touched]
        return again

    def _touched(self, shapes: NDArray[Any]) -> NDArray[np.intp]:
        """The communes that meet any of the shapes."""
        shape, unit = self._tree.query(shapes)
        return np.unique(unit[shapely.intersects(self._units.shapes[unit], shapes[shape])])

    def _write(self, units: NDArray[np.intp]) -> None:
        """Write the figures of some communes anew."""
        each = len(self._figures) // len(self._communes)
        names = self._head["denominator"].iloc[: each // len(self._kinds)].to_list()
        for unit in units.tolist():
            for row in range(unit * each, (unit + 1) * each):
                name = names[row % len(names)]
                land = self._sums[name == "urban_land"]
                areas = land.km2[unit, row % each // len(names)]
                self._figures[row] = figures(self._figures[row, 0], *areas, inside=name != "published")


class _Book:
    """The plans: what each is, and whether it counts. A plan that was removed keeps its place.

    Attributes
    ----------
    kinds
        The kinds that there are, in the order of the table.
    shapes
        Each plan's land.
    """

    def __init__(self, drawn: Plans) -> None:
        self._dated = drawn.table
        labels = drawn.table["id"] if "id" in drawn.table.columns else drawn.table.index.to_series()
        self._places: dict[str, list[int]] = {}
        for place, plan_id in enumerate(schema.texts(labels)):
            self._places.setdefault(str(plan_id), []).append(place)
        self.shapes = drawn.whole.copy()
        self._words, self._there = drawn.kinds.copy(), np.ones(len(drawn.kinds), np.bool_)
        self._by_date, self._said = drawn.counts.copy(), np.full(len(drawn.kinds), _BY_DATE)
        self._number()

    def _number(self) -> None:
        words = self._words[self._there]
        facts = PlanFacts(self._dated, words, np.ones(len(words), np.bool_))
        self.kinds = facts.kinds_in_order()
        self._kind = np.full(len(self._words), -1)
        self._kind[self._there] = facts.kind_numbers()

    def numbers(self) -> NDArray[np.int64]:
        """The kind of each plan by its place among `kinds`; −1 for one that does not count."""
        return np.where(np.where(self._said == _BY_DATE, self._by_date, self._said == 1), self._kind, -1)

    def place(self, plan_id: str) -> int:
        """Where a plan stands.

        Raises
        ------
        UsageError
            When not exactly one plan has this id.
        """
        found = self._places.get(plan_id, [])
        if len(found) != 1:
            raise UsageError(
                vi=f"{len(found)} đồ án có mã {plan_id}, cần đúng một; các mã: {listing(self._places)}.",
                en=f"{len(found)} plans have the id {plan_id}, it must be one; the ids: "
                f"{listing(self._places, lang='en')}.",
            )
        return found[0]

    def move_to(self, date: dt.date | str | None) -> None:
        """Take what dates and status say of a day."""
        with listening():  # what is odd about the dates was told at the beginning
            counts = counting(self._dated, on=date).to_numpy()
        self._by_date[: len(counts)] = counts

    def say(self, place: int, *, in_force: bool | Literal["by_date"] | None, kind: str | None) -> None:
        """Take what a person says of a plan; None: nothing."""
        if in_force is not None:
            self._said[place] = _BY_DATE if in_force == "by_date" else int(in_force)
        if kind is not None:
            self._words[place] = kind_word(kind)
            self._number()

    def add(self, plan_id: str, *, kind: str, in_force: bool) -> int:
        """One more plan, without an outline yet; its place.

        Raises
        ------
        UsageError
            When there is a plan with this id.
        """
        if plan_id in self._places:
            raise UsageError(
                vi=f"đã có đồ án {plan_id}; hãy dùng change, hoặc chọn mã khác.",
                en=f"there is a plan {plan_id} already; use change, or choose another id.",
            )
        place = len(self._words)
        self._places[plan_id] = [place]
        self._words = np.concatenate([self._words, np.array([kind_word(kind)], dtype=object)])
        self.shapes = np.concatenate([self.shapes, np.array([overlay.EMPTY], dtype=object)])
        self._by_date, self._there = np.append(self._by_date, [False]), np.append(self._there, [True])
        self._said = np.append(self._said, [int(in_force)])
        self._number()
        return place

    def remove(self, plan_id: str) -> None:
        """Take a plan away."""
        self._there[self.place(plan_id)] = False
        del self._places[plan_id]
        self._number()


class _Followed:
    """Areas of units under one and under two plans, by kind, kept up to date by one of the engines."""

    def __init__(
        self,
        units: NDArray[Any],
        shapes: NDArray[Any],
        kinds: NDArray[np.int64],
        *,
        count: int,
        engine: Literal["geos", "sweep"],
    ) -> None:
        self._units, self._count, self._engine = units, count, engine
        self._edits: Edits | None = None
        if engine == "sweep":
            from geoplan.measures import depth_edits  # noqa: PLC0415 - numba is an extra, slow to load

            self._edits = depth_edits.Edits(units, shapes, kinds, count=count)
            self.km2 = self._edits.by_kind / _M2_PER_KM2
        else:
            self.km2 = self._cut(units, shapes, kinds)

    def follow(
        self,
        moved: NDArray[np.intp],
        shapes: NDArray[Any],
        kinds: NDArray[np.int64],
        *,
        redrawn: int | None,
        units: NDArray[np.intp],
    ) -> None:
        """Take the kinds of the plans that moved, the outline of one, and measure some units again."""
        if self._edits is not None:
            for plan in moved.tolist():
                self._edits.place(plan, shapes[plan] if plan == redrawn else None, kind=int(kinds[plan]))
            self._edits.redo(units)
            self.km2[units] = self._edits.by_kind[units] / _M2_PER_KM2
        elif len(units):
            some = self._units[units]
            west, south, east, north = shapely.total_bounds(some)
            boxes = shapely.bounds(shapes).T
            beside = (boxes[0] > east) | (boxes[2] < west) | (boxes[1] > north) | (boxes[3] < south)
            near = np.flatnonzero((kinds >= 0) & ~beside)
            self.km2[units] = self._cut(some, shapes[near], kinds[near])

    def _cut(
        self, units: NDArray[Any], shapes: NDArray[Any], kinds: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        found = sums(units, shapes, kinds, count=self._count, engine="geos")
        return np.stack([found.covered, found.twice], axis=2)

    def sums(self) -> Sums:
        """All areas, as an engine gives them."""
        return Sums(self.km2[:, :, 0], self.km2[:, :, 1], self._engine, np.empty(0, np.intp))


def _outline(geometry: Any, plan_id: str) -> Any:
    """An outline ready for overlay, mended and spoken of where it is invalid."""
    faces = isinstance(geometry, shapely.Polygon | shapely.MultiPolygon)
    if faces and geometry.is_valid and not geometry.is_empty:  # nearly always: no layer need be made for it
        return shapely.force_2d(geometry)
    if not isinstance(geometry, gpd.GeoSeries | gpd.GeoDataFrame):
        geometry = gpd.GeoSeries([geometry], index=[plan_id], crs=crs.WGS84)
    frame = gpd.GeoDataFrame(geometry=geometry.geometry)
    crs.require_crs(frame, what="plans")
    sound, _ = mend(frame, what="plans")
    return overlay.union(crs.overlay_shapes(sound, what="plans"))
