"""A city through time: every date on which something was decided, and its coverage from then on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import crs, measures, schema
from geoplan.errors import DataWarning, UsageError, listening
from geoplan.intake.repair import label, mend
from geoplan.measures.succession import succession
from geoplan.measures.totals import groups
from geoplan.model import Words, words
from geoplan.text import as_date, date_text, listing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.city import City
    from geoplan.measures.overlay import Progress

DENOMINATORS: Final = ("natural", "urban_land")
_KEPT: Final = ["code", "plan_kind", "denominator", "coverage_pct", "covered_km2", "denominator_km2"]
UNIT_KINDS: Final = {
    "ward": words("phường", "ward"),
    "commune": words("xã", "commune"),
    "township": words("thị trấn", "township"),
    "special_zone": words("đặc khu", "special zone"),
}
_UNIT: Final = words("đơn vị", "unit")
_BEGINS: Final = words("bắt đầu có số liệu", "the record begins")
_FORMED: Final = words("thành lập {kind}: {names}", "{kind} formed: {names}")
_TURNED: Final = words("thành {kind}: {names}", "now {kind}: {names}")
_CEASED: Final = words("chấm dứt: {names}", "ceased: {names}")
_APPROVED: Final = words("phê duyệt: {names}", "approved: {names}")
_ESTABLISHED: Final = words("thành lập: {names}", "established: {names}")
_ENDS: Final = {
    "superseded_on": words("bị thay thế: {names}", "superseded: {names}"),
    "expires_on": words("hết hạn: {names}", "expired: {names}"),
    "": words("không còn hiệu lực: {names}", "no longer in force: {names}"),
}
_NAMED: Final = 3


@dataclass(frozen=True)
class Timeline:
    """What holds from each date until the next, in tidy tables.

    Attributes
    ----------
    steps
        ``date, why`` (Words): the first day of the record, and each day on which a plan came into or
        went out of force, a unit was formed, ceased or changed its kind, or a zone was established.
    coverage
        ``date, code, unit_from, plan_kind, denominator, coverage_pct, covered_km2, denominator_km2`` by
        unit, as `geoplan.measures.coverage` has it on that date, over ``natural`` and ``urban_land``.
        No rows for a date on which no unit is in force.
    totals
        ``date`` and the columns of `geoplan.measures.coverage_totals`, over the same denominators.
    plans
        ``date, plan`` (its index in the layer), ``id, in_force``.
    zones
        ``date, zone`` (its index in the layer), ``id, established``.
    notes
        What was mended or is missing, as on an Assessment.
    """

    steps: pd.DataFrame
    coverage: pd.DataFrame
    totals: pd.DataFrame
    plans: pd.DataFrame
    zones: pd.DataFrame
    notes: tuple[DataWarning, ...]


@dataclass(frozen=True)
class _State:
    """What lawfully is on a day: which plans count, which units there are, which zones."""

    day: pd.Timestamp
    plans: NDArray[np.bool_]
    units: gpd.GeoDataFrame
    zones: NDArray[np.bool_]

    def kinds(self) -> dict[tuple[str, object], str]:
        """The kind of each unit (empty when not known) by its code and first day."""
        kinds = self.units["kind"].where(self.units["kind"].notna(), "")
        return dict(zip(_keys(self.units), kinds, strict=True))


def timeline(city: City, *, until: dt.date | str | None = None, progress: Progress | None = None) -> Timeline:
    """Coverage of a city on every date on which something was decided.

    Parameters
    ----------
    city
        From `geoplan.open_city`.
    until
        The last day to look at; when None the later of the city's own date and its last date of
        interest.
    progress
        Called with dates done and in all.

    Raises
    ------
    UsageError
        When `until` lies before the record.
    DataError
        When a layer cannot be measured.

    Notes
    -----
    From one date to the next only the units that a changed plan comes near are measured again; the
    figures are those of `geoplan.measures.coverage` to the last bit.
    """
    with listening():  # what is odd about people on some day is no matter of coverage
        states, whys = _steps(city, _days(city, until))
    tables: list[pd.DataFrame] = []
    with listening() as heard:
        for table in _tables(city, states):
            tables.append(table)
            if progress is not None:
                progress(len(tables), len(states))
        totals = [
            measures.coverage_totals(table, members=groups(state.units) if len(table) else {})
            for table, state in zip(tables, states, strict=True)
        ]
    plans, zones = city.plans, city.industrial_zones
    return Timeline(
        steps=_dated(states, [pd.DataFrame({"why": [why]}) for why in whys]),
        coverage=_dated(states, map(_by_unit, tables, states)),
        totals=_dated(states, totals),
        plans=_dated(states, [_marked(plans, "plan", "in_force", s.plans) for s in states]),
        zones=_dated(states, [_marked(zones, "zone", "established", s.zones) for s in states]),
        notes=tuple(heard),
    )


def _days(city: City, until: dt.date | str | None) -> list[pd.Timestamp]:
    """The first day of the record, and each later day that a layer or table names, up to the last one."""
    start = city.info.record_from
    end = max([city.on, *(d.on for d in city.info.dates)]) if until is None else as_date(until)
    if end < start:
        raise UsageError(
            vi=f"{city.info.name}: số liệu bắt đầu từ {date_text(start)}; hãy chọn ngày từ đó về sau.",
            en=f"{city.info.name}: the record starts on {start}; choose that date or a later one.",
        )
    plans = schema.aligned(city.plans, "plans", what="plans")
    named = [schema.dates(plans[c], what="plans") for c in schema.DATE_COLUMNS if c in plans.columns]
    named.append(city.industrial_zones["established_on"])
    found = {day for column in named for day in column.dropna()} | _unit_days(city)
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    return [first, *sorted(day for day in found if first < day <= last)]


def _unit_days(city: City) -> set[pd.Timestamp]:
    """The days on which units may begin, end or change their kind."""
    layers = [city.layers[name].frame for name in ("communes", "boundaries") if name in city.layers]
    tables = [city.kinds, *(schema.conform(frame, "communes", what="communes") for frame in layers)]
    return {day for table in tables for c in ("valid_from", "valid_to") for day in table[c].dropna()}


def _steps(city: City, days: Sequence[pd.Timestamp]) -> tuple[list[_State], list[Words]]:
    """The first day and those that change something, and what they change."""
    states: list[_State] = []
    whys: list[Words] = []
    turning = _unit_days(city)
    for day in days:
        view = replace(city, on=day.date())
        state = _State(
            day=day,
            plans=measures.in_force(city.plans, on=day.date()).to_numpy(),
            units=view.communes if day in turning or not states else states[-1].units,
            zones=(view.industrial_zones["status"] != "planned").to_numpy(dtype=bool),
        )
        why = list(_changes(city, states[-1], state)) if states else [_BEGINS]
        if why:
            states.append(state)
            whys.append(_sentence(why))
    return states, whys


def _changes(city: City, before: _State, now: _State) -> Iterator[Words]:
    """What a day changes, in words."""
    plans, then, units = city.plans, before.kinds(), now.kinds()
    yield from _listed(_APPROVED, plans, np.flatnonzero(now.plans & ~before.plans))
    gone = np.flatnonzero(before.plans & ~now.plans)
    ends = np.array([_end(plans, i, now.day) for i in gone.tolist()])
    for end, text in _ENDS.items():
        yield from _listed(text, plans, gone[ends == end])
    yield from _by_kind(_FORMED, now.units, units, [key not in then for key in units])
    yield from _by_kind(_TURNED, now.units, units, [then.get(k, kind) != kind for k, kind in units.items()])
    ceased = [key not in units for key in then]
    yield from _listed(_CEASED, before.units, np.flatnonzero(ceased))
    yield from _listed(_ESTABLISHED, city.industrial_zones, np.flatnonzero(now.zones & ~before.zones))


def _end(plans: gpd.GeoDataFrame, position: int, day: pd.Timestamp) -> str:
    """Which date of a plan ended it on a day; empty when none did."""
    dated = (c for c in ("superseded_on", "expires_on") if c in plans.columns)
    return next((c for c in dated if plans[c].iloc[position] == day), "")


def _by_kind(
    text: Words, units: gpd.GeoDataFrame, kinds: dict[tuple[str, object], str], chosen: list[bool]
) -> Iterator[Words]:
    here = np.array(list(kinds.values()))
    for kind in dict.fromkeys(here[chosen].tolist()):
        yield from _listed(text, units, np.flatnonzero(np.array(chosen) & (here == kind)), kind)


def _listed(
    text: Words, frame: gpd.GeoDataFrame, positions: NDArray[np.intp], kind: str = ""
) -> Iterator[Words]:
    """A text with the names of some features, when there are any."""
    if len(positions):
        names = [label(frame, i) for i in positions.tolist()]
        known = UNIT_KINDS.get(kind, _UNIT)
        vi, en = listing(names, limit=_NAMED), listing(names, limit=_NAMED, lang="en")
        yield words(text.vi.format(kind=known.vi, names=vi), text.en.format(kind=known.en, names=en))


def _sentence(parts: Sequence[Words]) -> Words:
    vi, en = "; ".join(p.vi for p in parts), "; ".join(p.en for p in parts)
    return words(vi[:1].upper() + vi[1:], en[:1].upper() + en[1:])


def _tables(city: City, states: Sequence[_State]) -> Iterator[pd.DataFrame]:
    """Coverage by unit on each day; rows of units that no changed plan comes near are kept."""
    plans, land = city.plans, city.urban_land
    drawn = crs.overlay_shapes(mend(plans, what="plans")[0], what="plans")
    table, before, tree = pd.DataFrame(columns=_KEPT), None, shapely.STRtree([])
    for now in states:
        on = now.day.date()
        if now.units.empty:
            table = pd.DataFrame(columns=_KEPT)
        elif before is None or _keys(before.units) != _keys(now.units):
            table = _of_interest(measures.coverage(now.units, plans=plans, on=on, urban_land=land))
            sound, _ = mend(now.units, what="communes")
            tree = shapely.STRtree(crs.overlay_shapes(sound, what="communes"))
        else:
            near = np.unique(tree.query(drawn[before.plans != now.plans])[1])
            if len(near):
                with listening():  # what is odd was told by the pass over all units
                    again = measures.coverage(now.units.iloc[near], plans=plans, on=on, urban_land=land)
                kept = table.drop(index=now.units.index[near])
                table = pd.concat([kept, _of_interest(again)]).sort_index(kind="stable")
        before = now
        yield table


def _of_interest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["denominator"].isin(DENOMINATORS)]


def _by_unit(table: pd.DataFrame, state: _State) -> pd.DataFrame:
    since = state.units["valid_from"].loc[table.index]
    return table.assign(unit_from=since)[["code", "unit_from", *_KEPT[1:]]]


def _keys(units: gpd.GeoDataFrame) -> list[tuple[Any, Any]]:
    first = units["valid_from"].astype(object)
    return list(zip(units["code"], first.where(first.notna(), None), strict=True))


def _marked(layer: gpd.GeoDataFrame, what: str, mark: str, values: NDArray[np.bool_]) -> pd.DataFrame:
    return pd.DataFrame({what: layer.index, "id": layer["id"].to_numpy(), mark: values})


def _dated(states: Iterable[_State], tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The tables of all days under each other, the day in front."""
    found = [(state.day, table) for state, table in zip(states, tables, strict=True)]
    days = [day for day, table in found for _ in range(len(table))]
    filled = [table for _, table in found if len(table)] or [found[0][1]]
    stacked = pd.concat(filled, ignore_index=True)
    stacked.insert(0, "date", pd.Series(days, dtype="datetime64[s]"))
    return stacked


def successors(city: City) -> pd.DataFrame:
    """Where the units of other dates lie among those of the city's date: old names and new ones.

    Returns
    -------
    pandas.DataFrame
        The columns of `geoplan.measures.succession.succession` for each unit of the record that is not
        in force on the date, be it a former or a later one, and ``kind`` (the last that it has; None
        when not known), ``valid_from``, ``valid_to``.
    """
    layers = [city.layers[name].frame for name in ("communes", "boundaries") if name in city.layers]
    frames = [schema.conform(frame, "communes", what="communes") for frame in layers]
    record = pd.concat(frames, ignore_index=True).drop_duplicates(["code", "valid_from"], ignore_index=True)
    now = city.communes
    here = set(_keys(now))
    others = record[[key not in here for key in _keys(record)]]
    kinds = city.kinds.rename(columns={"valid_from": "kind_from", "unit_from": "valid_from"})
    kinds = kinds.sort_values("kind_from", na_position="first", kind="stable")
    last = dict(zip(_keys(kinds), kinds["kind"], strict=True))
    with listening():  # what is odd about the outlines was told when they were measured
        found = succession(others, now)
    lives = others.loc[found.index]
    return found.assign(
        kind=pd.Series([last.get(key) for key in _keys(lives)], index=found.index, dtype=object),
        valid_from=lives["valid_from"],
        valid_to=lives["valid_to"],
    )
