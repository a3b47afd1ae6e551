"""What numbers are about: the city, its wards, its candidates and each unit, with their people and land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import schema
from geoplan.errors import DataError
from geoplan.measures import spread
from geoplan.measures.records import (
    bounded,
    days,
    distinct,
    ground_use,
    known,
    lacking,
    layer_use,
    legal_use,
    names,
    record,
)
from geoplan.measures.spread import Figure
from geoplan.measures.totals import coverage_totals, groups
from geoplan.model import words
from geoplan.quantity import Scope

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.city import City
    from geoplan.measures.records import Row
    from geoplan.model import Words
    from geoplan.quantity import LayerUse, Part, Quantity

PEOPLE: Final = words("dân số", "population")
_LAND: Final = words("diện tích tự nhiên đo trên lớp", "natural area as drawn")
_OUTLINE: Final = words("hình ranh giới", "outline")
_UNITS: Final = {
    "ward": ("phường {}", "{} ward"),
    "commune": ("xã {}", "{} commune"),
    "township": ("thị trấn {}", "{} township"),
    "special_zone": ("đặc khu {}", "{} special zone"),
}
_GROUPS: Final = frozenset({"city", "wards", "candidates", "zones"})
"""Ids of scopes that are no units: a unit's numbers under one of them would pass for the whole city's."""
_WARDS: Final = words("khu vực nội thị (các phường)", "inner area (the wards)")
CANDIDATES: Final = words(
    "các đơn vị mà văn kiện nêu tên để lên phường", "units that documents want to become wards"
)


@dataclass(frozen=True, kw_only=True)
class Headcount:
    """People: how many, why that is unknown, on which days and by whom they were counted."""

    part: Part
    missing: tuple[Words, ...]
    counted_on: tuple[dt.date, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Land:
    """Land as drawn: its area, why that is unknown, and on which layer."""

    part: Part
    missing: tuple[Words, ...]
    layer: LayerUse


@dataclass(frozen=True, kw_only=True)
class Legal:
    """A published area: of one unit, stated for the city (`on` a day), or the sum when all units have one."""

    km2: float
    sources: tuple[str, ...]
    layer: LayerUse | None = None
    on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """One scope with what the tables say of it.

    Attributes
    ----------
    count, single
        How many units it is, and whether it is one of the units and no group.
    people, land, legal
        Its people, its land as drawn, its published area (None when there is none).
    units
        Its units with their outlines.
    coverage
        Its rows of the coverage table, by kind of plan and denominator.
    notes
        What a reader of any of its numbers must know.
    """

    scope: Scope
    on: dt.date
    count: int
    single: bool
    people: Headcount
    land: Land
    legal: Legal | None
    units: gpd.GeoDataFrame
    coverage: dict[tuple[str, str], Row]
    notes: tuple[Words, ...] = ()

    def record(self, metric: str, *, notes: tuple[Words, ...] = (), **parts: Any) -> Quantity:
        """A number about this place."""
        return record(metric, self.scope, self.on, notes=(*self.notes, *notes), **parts)


class Places:
    """Reads the places of a city out of the tables of its assessment, which are in the order of its units."""

    def __init__(self, city: City, *, density: pd.DataFrame) -> None:
        self.city = city
        self.units = city.communes
        self.density = density
        self.figures = spread.People(city)
        self.stated = spread.stated_for_this_land(city)
        self.ground = ground_use(city)
        self.legal = legal_use(city)

    def city_and_wards(self, *, coverage: pd.DataFrame, density: pd.DataFrame) -> Iterator[Place]:
        """The city and, when it has any, its wards, from the tables of totals."""
        members = groups(self.units)
        whole = Scope(id="city", name=words(self.city.title(), self.city.title("en")))
        for group, scope in (("all", whole), ("wards", Scope(id="wards", name=_WARDS))):
            if group not in members:
                continue
            total = density[(density["group"] == group) & (density["denominator"] == "natural")].iloc[0]
            at = np.flatnonzero(members[group].to_numpy())
            rows = self.units.iloc[at]
            yield Place(
                scope=scope,
                on=self.city.on,
                count=len(at),
                single=False,
                people=self._people(at, total["population"], whole=group == "all"),
                land=self._land(rows, total["area_km2"], whole=group == "all"),
                legal=self._stated_area() if group == "all" else None,
                units=rows,
                coverage=_by_kind(coverage[coverage["group"] == group]),
                notes=self._unclear() if group == "wards" else (),
            )

    def candidates(self, named: gpd.GeoDataFrame, *, coverage: pd.DataFrame) -> Place:
        """The units that documents name, whatever they are on the date, each as it last was."""
        everyone = {"candidates": pd.Series(data=True, index=named.index)}
        rows = _by_kind(coverage_totals(coverage, members=everyone))
        now = {key: i for i, key in enumerate(spread.unit_keys(self.units))}
        still = named["in_force"].to_numpy()
        at = np.array([now[key] for key in spread.unit_keys(named[still])], dtype=int)
        people = self.density["population"].iloc[at].sum(skipna=False) if still.all() else None
        gone = ", ".join(names(named[~still]))
        day = days(self.city.on)
        merged = words(
            f"không còn là đơn vị riêng vào ngày {day.vi}: {gone}",
            f"no longer units of their own on {day.en}: {gone}",
        )
        area = next((row["denominator_km2"] for key, row in rows.items() if key[1] == "natural"), None)
        return Place(
            scope=Scope(id="candidates", name=CANDIDATES),
            on=self.city.on,
            count=len(named),
            single=False,
            people=self._people(at, people, gone=(merged,) if gone else ()),
            land=self._land(named, area, fetched=False),
            legal=None,
            units=named,
            coverage=rows,
        )

    def merged(self, named: gpd.GeoDataFrame, *, coverage: pd.DataFrame) -> Iterator[Place]:
        """Each named unit that is no unit any more, on its last outline: where its plans are missing."""
        day = days(self.city.on)
        for i in np.flatnonzero(~named["in_force"].to_numpy()):
            row = named.iloc[[i]]
            called = names(row)[0]
            rows = _by_kind(coverage.loc[[named.index[i]]])
            area = next((r["denominator_km2"] for key, r in rows.items() if key[1] == "natural"), None)
            why = words(f"không còn là đơn vị riêng vào ngày {day.vi}", f"no longer a unit on {day.en}")
            yield Place(
                scope=Scope(
                    id=f"merged:{row['code'].iloc[0]}",
                    name=words(f"{called} (đã sáp nhập)", f"{called} (merged)"),
                ),
                on=self.city.on,
                count=1,
                single=True,
                people=self._people(np.array([], dtype=int), None, gone=(why,)),
                land=self._land(row, area, fetched=False),
                legal=None,
                units=row,
                coverage=rows,
            )

    def each(self, *, coverage: pd.DataFrame) -> Iterator[Place]:
        """Each unit, from the tables by commune.

        Raises
        ------
        DataError
            When a unit's code is the id of another scope.
        """
        count = len(coverage) // max(len(self.units), 1)
        cells = coverage.to_dict("records")
        called = names(self.units)
        for i, code in enumerate(distinct(self.units["code"])):
            if code in _GROUPS:
                raise DataError(
                    vi=f"communes: mã đơn vị “{code}” trùng với tên một phạm vi của geoplan; hãy đổi mã này.",
                    en=f"communes: the code “{code}” is the name of a scope of geoplan's; change it.",
                )
            at = np.array([i])
            mine = cells[i * count : (i + 1) * count]
            vi, en = _UNITS.get(str(self.units["kind"].iloc[i]), ("{}", "{}"))
            yield Place(
                scope=Scope(id=code, name=words(vi.format(called[i]), en.format(called[i]))),
                on=self.city.on,
                count=1,
                single=True,
                people=self._people(at, self.density["population"].iloc[i]),
                land=self._land(self.units.iloc[at], self.density["area_km2"].iloc[i]),
                legal=self._published_area(self.units.iloc[at]),
                units=self.units.iloc[at],
                coverage={(row["plan_kind"], row["denominator"]): row for row in mine},
            )

    def _people(
        self,
        at: NDArray[np.int_],
        population: float | None,
        *,
        whole: bool = False,
        gone: tuple[Words, ...] = (),
    ) -> Headcount:
        people = known(population)
        rows = self.units.iloc[at]
        uncounted = self.density["population"].iloc[at].isna().to_numpy()
        counted = rows[~uncounted]
        days = tuple(sorted({day.date() for day in counted["population_on"].dropna()}))
        sources = tuple(dict.fromkeys(schema.texts(counted["population_source"]).dropna()))
        used = Figure(people, days[-1], sources[0]) if people is not None and days and sources else None
        others = self.figures.of(spread.unit_keys(rows))
        if whole:
            stated = (s for s in self.stated if s.population is not None)
            others = others + [Figure(float(s.population or 0), s.on, s.source) for s in stated]
        return Headcount(
            part=bounded(PEOPLE, people, "person", spread.people_spread(used, others)),
            missing=(*lacking(PEOPLE, names(rows[uncounted])), *gone),
            counted_on=days,
            sources=sources,
        )

    def _land(
        self, rows: gpd.GeoDataFrame, area: float | None, *, whole: bool = False, fetched: bool = True
    ) -> Land:
        drawn = known(area)
        sum_km2 = self._published_area(rows)
        legal = [] if sum_km2 is None else [sum_km2.km2]
        if whole:
            legal += [s.area_km2 for s in self.stated if s.area_km2 is not None]
        layers = self.city.in_use if fetched else self.city.layers
        accuracy = layers["communes"].accuracy_m
        shape = None if accuracy is None else spread.outline(rows)
        lines = spread.line_spread(drawn, accuracy_m=accuracy, shape=shape)
        span = spread.area_spread(drawn, published=legal, lines=lines)
        empty = rows[~(shapely.area(rows.geometry.to_numpy()) > 0)]
        return Land(
            part=bounded(_LAND, drawn, "km2", span),
            missing=() if drawn is not None else lacking(_OUTLINE, names(empty)),
            layer=self.ground if fetched else layer_use(self.city, "communes"),
        )

    def _published_area(self, rows: gpd.GeoDataFrame) -> Legal | None:
        """The sum of the published areas when every unit has one."""
        areas = rows["area_published_km2"]
        if not (areas > 0).all():
            return None
        told = schema.texts(rows["area_source"]).dropna() if "area_source" in rows.columns else ()
        return Legal(km2=float(areas.sum()), sources=tuple(dict.fromkeys(told)), layer=self.legal)

    def _stated_area(self) -> Legal | None:
        """What was last stated for the whole city as it is, else the sum of its units' published areas."""
        stated = [s for s in self.stated if s.area_km2 is not None]
        if not stated:
            return self._published_area(self.units)
        last = max(stated, key=lambda s: s.on)
        return Legal(km2=float(last.area_km2 or 0), sources=(last.source,), on=last.on)

    def _unclear(self) -> tuple[Words, ...]:
        """A note on units that may be wards or not."""
        listed = ", ".join(names(self.units[self.units["kind"].isna()]))
        if not listed:
            return ()
        return (
            words(
                f"Chưa rõ loại đơn vị, không tính vào nội thị: {listed}.",
                f"Of unknown kind, not counted as inner area: {listed}.",
            ),
        )


def _by_kind(rows: pd.DataFrame) -> dict[tuple[str, str], Row]:
    return {(row["plan_kind"], row["denominator"]): row for row in rows.to_dict("records")}
