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
    values = [float(value) for value in figures.values()]
    strange = [n for n, value in zip(figures, values, strict=True) if not (0 <= value < math.inf)]
    if strange:
        raise UsageError(
            vi=f"Số dân của {listing(strange)} phải là số không âm.",
            en=f"The population of {listing(strange, lang='en')} must be a number of zero or more.",
        )
    units = view.communes.set_index("code")
    people = units["population"].copy()
    people.loc[list(chosen["code"])] = values
    given = people.index.isin(chosen["code"])
    said = f"{ASSUMED_SOURCE}: {source}" if source else ASSUMED_SOURCE
    rows = pd.DataFrame(
        {
            "code": units.index,
            "unit_from": units["valid_from"].to_numpy(),
            "population": people.to_numpy(),
            "population_on": pd.Timestamp(day),
            "series": ASSUMED,
            "population_source": units["population_source"].where(~given, said).to_numpy(),
            "confidence": "derived",
        }
    ).dropna(subset="population")
    before = city.populations
    replaced = (before["series"] == ASSUMED) & (before["population_on"] == pd.Timestamp(day))
    vi, en = (
        listing([f"{n} {number(v, lang=la)}" for n, v in zip(chosen["name"], values, strict=True)], lang=la)
        for la in _LANGS
    )
    text = words(f"dân số: {vi}", f"population: {en}")
    plain = [int(value) if value.is_integer() else value for value in values]
    entry: dict[str, Any] = {"people": dict(zip(called(chosen, units.reset_index()), plain, strict=True))}
    entry |= {"source": source} if source else {}
    change = Change("population", day, text, units=tuple(chosen["code"]), entry=entry)
    return changed(city, change, populations=appended(before[~replaced], rows))


def without(city: City, names: Iterable[str], *, on: dt.date | str | None) -> City:
    """See `geoplan.city.City.without`."""
    day = day_of(city, on)
    wanted, layers, gone = list(several(names)), dict(city.layers), []
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
    start, end = pd.Timestamp(day), parts["valid_to"].min()
    code = "+".join(parts["code"])
    key = {"code": code, "valid_from": start, "valid_to": end}
    kinds = set(parts["kind"].dropna())
    kind = kind or ("ward" if kinds == {"ward"} else "commune")
    text = words(
        f"nhập {listing(parts['name'], limit=8)} thành {name}",
        f"{listing(parts['name'], limit=8, lang='en')} merged into {name}",
    )
    home = _home(view)
    layers, frame = dict(city.layers), city.layers[home].frame
    frame = appended(_ended(frame, parts, day), _merged_row(parts, parts, key, name))
    layers |= replaced(city, home, frame, text, layers[home].standing)
    if home == "communes" and "boundaries" in layers:
        fetched = layers["boundaries"]
        outlines = _outlines(fetched, parts)
        if len(outlines) == len(parts):
            frame = appended(fetched.frame, _merged_row(parts, outlines, key, name))
            layers |= replaced(replace(city, layers=layers), "boundaries", frame, text, fetched.standing)
    row_of_kind = {"unit_from": start, "valid_from": start, "valid_to": end, "code": code, "kind": kind}
    change = Change(
        "merge",
        day,
        text,
        units=tuple(parts["code"]),
        entry={"units": called(parts, view.communes), "name": name, "kind": kind},
    )
    return changed(
        city,
        change,
        layers=layers,
        kinds=appended(city.kinds, pd.DataFrame([row_of_kind | {"decision": ASSUMED_SOURCE}])),
        populations=appended(city.populations, _merged_people(city.populations, parts, code, start)),
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
    """The parts' figures added up, of each series and day on which all of them have one."""
    keys = pd.MultiIndex.from_frame(parts[["code", "valid_from"]])
    mine = populations[pd.MultiIndex.from_frame(populations[["code", "unit_from"]]).isin(keys)]
    sums = [name for name in ("population", "converted") if name in mine.columns]
    rows = []
    for _, group in mine.groupby(["series", "population_on"], dropna=False):
        if group["code"].nunique() == len(parts) and group["population"].notna().all():
            row = dict(group.iloc[0]) | {"code": code, "unit_from": start, "name": None}
            rows.append(row | {name: group[name].sum(skipna=False) for name in sums})
    return pd.DataFrame(rows, columns=populations.columns)
