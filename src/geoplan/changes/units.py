"""Changes of units: wards, people, mergers, and what leaves the city."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan.changes.features import replaced, rows_called
from geoplan.changes.record import (
    ASSUMED_SOURCE,
    Change,
    appended,
    called,
    changed,
    day_of,
    find_units,
    readable,
    several,
)
from geoplan.dated import in_force_rows
from geoplan.errors import UsageError
from geoplan.intake.repair import polygonal
from geoplan.model import words
from geoplan.people import ASSUMED
from geoplan.text import date_text, listing, number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from geoplan.city import City
    from geoplan.city_file import Layer
    from geoplan.errors import Lang
    from geoplan.schema import LayerName

_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")
UNIT_KINDS: Final = ("ward", "commune", "township")


def wards(city: City, units: Iterable[str], *, on: dt.date | str | None) -> City:
    """See `geoplan.city.City.with_wards`."""
    day = day_of(city, on)
    view = city.as_of(day)
    chosen = find_units(view, units)
    held = chosen.loc[chosen["kind"] == "ward", "name"]
    if len(held):
        raise UsageError(
            vi=f"{listing(held)} đã là phường ngày {date_text(day)}; hãy bỏ khỏi danh sách.",
            en=f"{listing(held, lang='en')} is a ward on {day} already; leave it out.",
        )
    start, kinds = pd.Timestamp(day), city.kinds.copy()
    rows = []
    for unit in chosen.itertuples():
        mine = (kinds["code"] == unit.code) & _same_day(kinds["unit_from"], unit.valid_from)
        later = kinds.loc[mine & (kinds["valid_from"] > start), "valid_from"]
        now = mine & kinds.index.isin(in_force_rows(kinds, day).index)
        kinds.loc[now, "valid_to"] = start
        rows.append(
            {
                "code": unit.code, "unit_from": unit.valid_from, "kind": "ward", "valid_from": start,
                "valid_to": later.min() if len(later) else unit.valid_to, "decision": ASSUMED_SOURCE,
            }
        )  # fmt: skip
    kinds = kinds[~(kinds["valid_from"] >= kinds["valid_to"])]  # one that began today never held
    names = list(chosen["name"])
    change = Change(
        "wards",
        day,
        words(f"thành phường: {listing(names, limit=8)}", f"wards: {listing(names, limit=8, lang='en')}"),
        units=tuple(chosen["code"]),
        entry={"units": called(chosen, view.communes)},
    )
    return changed(city, change, kinds=appended(kinds, pd.DataFrame(rows)))


def population(
    city: City, figures: Mapping[str, float], *, on: dt.date | str | None, source: str | None
) -> City:
    """See `geoplan.city.City.with_population`."""
    day = day_of(city, on)
    view = city.as_of(day)
    chosen = find_units(view, figures)
    if len(chosen) < len(figures):
        raise UsageError(
            vi=f"Dân số: một đơn vị được nêu hai lần trong {listing(figures, limit=8)}; hãy nêu một lần.",
            en=f"Population: a unit is named twice in {listing(figures, limit=8, lang='en')}; name it once.",
        )
    values = [_people(value) for value in figures.values()]
    strange = [n for n, value in zip(figures, values, strict=True) if not (0 <= value < math.inf)]
    if strange:
        raise UsageError(
            vi=f"Số dân của {listing(strange)} phải là số không âm.",
            en=f"The population of {listing(strange, lang='en')} must be a number of zero or more.",
        )
    said = f"{ASSUMED_SOURCE}: {source}" if source else ASSUMED_SOURCE
    keys = list(_keys(chosen))
    given = dict(zip(keys, values, strict=True))
    before = city.populations
    rows, written = [_assumed(view, given, said)], {pd.Timestamp(day)}
    for later in _later_days(city, day):
        then = replace(city, on=later)
        held = _given_between(city, day, later)
        still = {k: v for k, v in given.items() if k[0] not in held and k in set(_keys(then.communes))}
        if still:
            rows.append(_assumed(then, still, said))
            written.add(pd.Timestamp(later))
    replaced_rows = (before["series"] == ASSUMED) & before["population_on"].isin(written)
    vi, en = (
        listing([f"{n} {number(v, lang=la)}" for n, v in zip(chosen["name"], values, strict=True)], lang=la)
        for la in _LANGS
    )
    text = words(f"dân số: {vi}", f"population: {en}")
    plain = [int(value) if value.is_integer() else value for value in values]
    entry: dict[str, Any] = {"people": dict(zip(called(chosen, view.communes), plain, strict=True))}
    entry |= {"source": source} if source else {}
    change = Change("population", day, text, units=tuple(chosen["code"]), entry=entry)
    return changed(city, change, populations=appended(before[~replaced_rows], pd.concat(rows)))


def _people(value: Any) -> float:
    """A number of people; not a number when it is none, such as a text: “12.345” would be twelve."""
    known = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return float(value) if known else float("nan")


def _keys(units: gpd.GeoDataFrame) -> Iterable[tuple[str, Any]]:
    """Code and first day of each unit; None where it is not known."""
    first = units["valid_from"].astype(object)
    return zip(units["code"], first.where(first.notna(), None), strict=True)


def _later_days(city: City, day: dt.date) -> list[dt.date]:
    """Later days on which units begin, or other people were assumed: the series goes on there."""
    people = city.populations
    found = set(people.loc[people["series"] == ASSUMED, "population_on"])
    for name in ("communes", "boundaries"):
        if name in city.layers:
            found |= set(city.layers[name].frame["valid_from"].dropna())
    return sorted(begun.date() for begun in found if begun.date() > day)


def _given_between(city: City, day: dt.date, until: dt.date) -> set[str]:
    """Codes of units whose people an earlier step gives for a later day, up to one: that figure stays."""
    steps = (c for c in city.changes if c.what == "population" and day < c.on <= until)
    return {code for step in steps for code in step.units}


def _assumed(view: City, given: Mapping[tuple[str, Any], float], said: str) -> pd.DataFrame:
    """A series for all units of a day: some figures given, the others as they are on it."""
    units = view.communes
    keys = list(_keys(units))
    told = pd.Series([key in given for key in keys], index=units.index)
    figures = pd.Series([given.get(key) for key in keys], index=units.index, dtype=float)
    return pd.DataFrame(
        {
            "code": units["code"],
            "unit_from": units["valid_from"],
            "population": figures.where(told, units["population"]),
            "population_on": pd.Timestamp(view.on),
            "series": ASSUMED,
            "population_source": units["population_source"].where(~told, said),
            "confidence": "derived",
        }
    ).dropna(subset="population")


def without(city: City, names: Iterable[str], *, on: dt.date | str | None) -> City:
    """See `geoplan.city.City.without`."""
    day = day_of(city, on)
    wanted, layers, gone = list(dict.fromkeys(map(str, several(names)))), dict(city.layers), []
    if not wanted:
        raise UsageError(vi="Hãy nêu ít nhất một tên để bỏ.", en="Name at least one thing to leave out.")
    for name in wanted:
        found = {layer: rows_called(layers[layer].frame, name) for layer in ("plans", "industrial_zones")}
        hits = [layer for layer, rows in found.items() if len(rows)]
        if hits:
            layer: LayerName = "plans" if hits[0] == "plans" else "industrial_zones"
            frame = layers[layer].frame.drop(index=found[layer]).reset_index(drop=True)
            text = words(f"bỏ {name}", f"without {name}")
            layers |= replaced(replace(city, layers=layers), layer, frame, text, layers[layer].standing)
        else:
            gone.append(name)
    codes: tuple[str, ...] = ()
    if gone:
        view = city.as_of(day)
        chosen, home = find_units(view, gone), _home(view)
        codes = tuple(chosen["code"])
        if len(chosen) == len(view.communes):
            raise UsageError(
                vi=f"Không thể bỏ mọi đơn vị của {city.info.name}.",
                en=f"Not all units of {city.info.name} can be left out.",
            )
        text = words(f"bỏ {listing(chosen['name'], limit=8)}", f"without {listing(chosen['name'], limit=8)}")
        ended = _ended(layers[home].frame, chosen, day)
        layers |= replaced(replace(city, layers=layers), home, ended, text, layers[home].standing)
    said = listing(wanted, limit=8)
    change = Change("without", day, words(f"bỏ {said}", f"without {said}"), codes, {"names": wanted})
    return changed(city, change, layers=layers)


def merge(city: City, units: Iterable[str], *, name: str, kind: str | None, on: dt.date | str | None) -> City:
    """See `geoplan.city.City.merge`."""
    day = day_of(city, on)
    view = city.as_of(day)
    parts = find_units(view, units)
    if len(parts) < 2:  # noqa: PLR2004 - one is no merger
        raise UsageError(
            vi="Nhập đơn vị cần ít nhất hai đơn vị khác nhau.",
            en="A merger needs at least two different units.",
        )
    if kind not in {None, *UNIT_KINDS} or not readable(name):
        raise UsageError(
            vi=f"Nhập đơn vị: đơn vị mới cần tên, và loại là {', '.join(UNIT_KINDS)} nếu có nêu.",
            en=f"A merger: the new unit needs a name; its kind, if given, is {', '.join(UNIT_KINDS)}.",
        )
    name = str(name).strip()
    start, end = pd.Timestamp(day), parts["valid_to"].min()
    code = "+".join(parts["code"])
    key = {"code": code, "valid_from": start, "valid_to": end}
    kind = kind or ("ward" if set(parts["kind"].dropna()) == {"ward"} else "commune")
    text = words(
        f"nhập {listing(parts['name'], limit=8)} thành {name}",
        f"{listing(parts['name'], limit=8, lang='en')} merged into {name}",
    )
    home = _home(view)
    layers, frame = dict(city.layers), city.layers[home].frame
    rest = _rest(frame, parts, end, since="valid_from")
    frame = appended(appended(_ended(frame, parts, day), rest), _merged_row(parts, parts, key, name))
    layers |= replaced(city, home, frame, text, layers[home].standing)
    if home == "communes" and "boundaries" in layers:
        fetched = layers["boundaries"]
        outlines = _outlines(fetched, parts)
        if len(outlines) == len(parts):
            rest = _rest(fetched.frame, parts, end, since="valid_from")
            frame = appended(appended(fetched.frame, rest), _merged_row(parts, outlines, key, name))
            layers |= replaced(replace(city, layers=layers), "boundaries", frame, text, fetched.standing)
    change = Change(
        "merge",
        day,
        text,
        units=tuple(parts["code"]),
        entry={"units": called(parts, view.communes), "name": name, "kind": kind},
    )
    kinds = appended(city.kinds, _rest(city.kinds, parts, end, since="unit_from"))
    people = appended(city.populations, _rest(city.populations, parts, end, since="unit_from"))
    return changed(
        city,
        change,
        layers=layers,
        kinds=appended(kinds, _merged_kinds(city.kinds, parts, key, kind)),
        populations=appended(people, _merged_people(city.populations, parts, code, start)),
    )


def _same_day(days: pd.Series, day: Any) -> pd.Series:
    return days.isna() if pd.isna(day) else days == day


def _home(view: City) -> LayerName:
    """Which layer says what the units are: fetched boundaries when the communes end before the date."""
    return "boundaries" if in_force_rows(view.layers["communes"].frame, view.on).empty else "communes"


def _ended(rows: gpd.GeoDataFrame, units: gpd.GeoDataFrame, day: dt.date) -> gpd.GeoDataFrame:
    """A layer of units with these gone from a day on."""
    frame = rows.copy()
    keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
    gone = pd.MultiIndex.from_frame(frame[["code", "valid_from"]]).isin(keys)
    frame.loc[gone, "valid_to"] = pd.Timestamp(day)
    return frame[~(frame["valid_from"] >= frame["valid_to"])].reset_index(drop=True)


def _rest(rows: Any, parts: gpd.GeoDataFrame, end: Any, *, since: str) -> Any:
    """Rows about parts that outlive the merged unit, as they are from its end on: each part by itself."""
    longer = parts[~(parts["valid_to"] <= end)] if pd.notna(end) else parts.iloc[:0]
    keys = pd.MultiIndex.from_frame(longer[["code", "valid_from"]])
    mine = rows[pd.MultiIndex.from_frame(rows[["code", since]]).isin(keys)].copy()
    if since == "unit_from" and "valid_to" in mine.columns:
        mine = mine[~(mine["valid_to"] <= end)].copy()
        mine["valid_from"] = mine["valid_from"].where(mine["valid_from"] > end, end)
    mine[since] = end
    return mine


def _merged_kinds(
    kinds: pd.DataFrame, parts: gpd.GeoDataFrame, key: Mapping[str, Any], kind: str
) -> pd.DataFrame:
    """The kind of the new unit; a ward from the later day, if any, on which all its parts are wards."""
    keys = pd.MultiIndex.from_frame(parts[["code", "valid_from"]])
    mine = kinds[pd.MultiIndex.from_frame(kinds[["code", "unit_from"]]).isin(keys)]
    start, end = key["valid_from"], key["valid_to"]
    begun = sorted(day for day in set(mine["valid_from"].dropna()) if start < day and not day >= end)
    wards = (d for d in begun if len(parts) == (in_force_rows(mine, d.date())["kind"] == "ward").sum())
    turns = next(wards, None) if kind != "ward" else None
    row = {"code": key["code"], "unit_from": start, "decision": ASSUMED_SOURCE}
    spans = [(kind, start, end)] if turns is None else [(kind, start, turns), ("ward", turns, end)]
    return pd.DataFrame([row | {"kind": k, "valid_from": a, "valid_to": b} for k, a, b in spans])


def _outlines(layer: Layer, parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The rows of fetched boundaries that are these units."""
    keys = pd.MultiIndex.from_frame(parts[["code", "valid_from"]])
    return layer.frame[pd.MultiIndex.from_frame(layer.frame[["code", "valid_from"]]).isin(keys)]


def _merged_row(
    parts: gpd.GeoDataFrame, shapes: gpd.GeoDataFrame, key: Mapping[str, Any], name: str
) -> gpd.GeoDataFrame:
    """The unit that takes the parts' land: its published area is theirs when all are known."""
    whole = polygonal(np.array([shapely.union_all(shapes.geometry.to_numpy())], dtype=object))[0]
    row = {
        **key,
        "name": name,
        "ward_candidate": bool(parts["ward_candidate"].any()),
        "area_published_km2": parts["area_published_km2"].sum(skipna=False),
        "established_by": ASSUMED_SOURCE,
        "area_source": ASSUMED_SOURCE,
        "formed_from": ", ".join(parts["name"]),
    }
    return gpd.GeoDataFrame([row], geometry=[whole], crs=shapes.crs)


def _merged_people(
    populations: pd.DataFrame, parts: gpd.GeoDataFrame, code: str, start: pd.Timestamp
) -> pd.DataFrame:
    """The parts' figures added up, of each series from each day on which all of them have one."""
    keys = pd.MultiIndex.from_frame(parts[["code", "valid_from"]])
    mine = populations[pd.MultiIndex.from_frame(populations[["code", "unit_from"]]).isin(keys)]
    mine = mine[mine["population"] >= 0].sort_values("population_on", kind="stable")
    rows = []
    for _, group in mine.groupby("series"):
        for day in group["population_on"].dropna().unique():
            known = group[group["population_on"] <= day].drop_duplicates("code", keep="last")
            if len(known) == len(parts):
                row = dict(known.iloc[0]) | {"code": code, "unit_from": start, "name": None}
                rows.append(row | {"population_on": day} | _summed(known))
    return pd.DataFrame(rows, columns=populations.columns)


def _summed(figures: pd.DataFrame) -> dict[str, Any]:
    """People of several units together, with where all of the figures come from.

    A part without temporary residents has none to add; their mean stay is weighted by their number.
    """
    sources = "; ".join(dict.fromkeys(figures["population_source"].dropna().astype(str)))
    out: dict[str, Any] = {"population": figures["population"].sum(), "population_source": sources}
    if "converted" in figures.columns:
        out["converted"] = figures["converted"].sum(min_count=1)
    if {"temporary", "mean_days"} <= set(figures.columns):
        known = figures[figures["temporary"].notna() & figures["mean_days"].notna()]
        many, days = known["temporary"].sum(min_count=1), (known["temporary"] * known["mean_days"]).sum()
        out |= {"temporary": many, "mean_days": days / many if many > 0 else float("nan")}
    return out
