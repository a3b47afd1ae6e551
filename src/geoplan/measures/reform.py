"""A city before and after a boundary reform: its people on the units of another date."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan.errors import UsageError
from geoplan.measures.crosswalk import LEVEL, crosswalk
from geoplan.text import as_date, fold

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from geoplan.city import City
    from geoplan.intake.raster import Raster
    from geoplan.measures.crosswalk import Crosswalk
    from geoplan.measures.split import Method

PEOPLE: Final = "population"
FOLLOWED: Final = [
    "code",
    "name",
    "code_to",
    "name_to",
    "kind_to",
    "how",
    "share",
    "share_of_area",
    "share_of_target",
    "population",
    "population_low",
    "population_high",
]
_KIND: Final = re.compile(r"^(phường|xã|thị trấn)\s+", re.IGNORECASE)
_PART: Final = re.compile(r"^(một )?phần\b", re.IGNORECASE)
_PLACE: Final = re.compile(r"\s*\(([^()]*)\)\s*$")
_Key = tuple[str, pd.Timestamp | None]


@dataclass(frozen=True)
class Reform:
    """A city's people of one date on its units of another.

    Attributes
    ----------
    before, after
        The city on both dates.
    crosswalk
        The people of `before` on the units of `after`.
    """

    before: City
    after: City
    crosswalk: Crosswalk

    def table(self) -> pd.DataFrame:
        """The crosswalk's table, with the kind of each unit and what is published of it on the later date.

        Adds ``kind, population_published, population_published_on, population_published_source``: another
        count on another day, to be held beside the estimate and not taken for its truth.
        """
        table = self.crosswalk.table()
        units = self.after.communes
        for column, name in (
            ("kind", "kind"),
            (PEOPLE, "population_published"),
            ("population_on", "population_published_on"),
            ("population_source", "population_published_source"),
        ):
            table[name] = units[column].reset_index(drop=True).reindex(table.index)
        return table


def reform(
    city: City,
    *,
    start: dt.date | str,
    end: dt.date | str,
    method: Method = "areal",
    raster: Raster | None = None,
    official: Mapping[str, str | Sequence[str]] | None = None,
    whole: bool = True,
    level: float = LEVEL,
) -> Reform:
    """Move a city's people from its units of one date to those of another.

    Parameters
    ----------
    city
        From `geoplan.open_city`.
    start, end
        The date whose people are moved, and the date whose units they are moved to; either may be earlier.
    method, raster, whole, level
        As in `geoplan.crosswalk`; ``urban`` takes the city's own urban land.
    official
        Code to code, as in `geoplan.crosswalk`; when None, `merged_whole` of the city's own record.

    Raises
    ------
    UsageError
        When the record lacks a date, or the method lacks its layer.
    DataError
        When a layer cannot be measured.

    Notes
    -----
    People are one series of figures for all units (`geoplan.people.one_series`); a unit that the series lacks
    is unknown, and so is every unit that it goes into.
    """
    before, after = city.as_of(start), city.as_of(end)
    if method == "urban" and city.urban_land is None:
        raise UsageError(
            vi=f"{city.info.name}: chưa có lớp đất xây dựng đô thị; hãy dùng cách khác (areal, raster).",
            en=f"{city.info.name}: no layer of urban land; use another method (areal, raster).",
        )
    if official is None:
        official = merged_whole(city, start=start, end=end)
    moved = crosswalk(
        before.communes,
        targets=after.communes,
        values=PEOPLE,
        method=method,
        urban_land=city.urban_land if method == "urban" else None,
        raster=raster,
        official=official,
        whole=whole,
        level=level,
    )
    return Reform(before, after, moved)


def merged_whole(city: City, *, start: dt.date | str, end: dt.date | str) -> dict[str, str]:
    """Units of one date that the resolutions merged whole into a unit of a later date, by their codes.

    A unit that is the same on both dates goes to itself. Otherwise the units that a unit was ``formed_from``
    are looked up by name among those in force on the day before it; from merger to merger, until one is in
    force at the end. What is named as a part (“phần còn lại của …”), lies elsewhere (“… (huyện Tân Yên)”),
    has a name that two units share, or is claimed by two new units, is left to the drawing.

    Returns
    -------
    dict of str to str
        Empty when the end lies before the start, except for units that stay: nothing is split officially.
    """
    before, after = city.as_of(start).communes, city.as_of(end).communes
    into = _formed(city)
    goal = set(_keys(after))
    found: dict[str, str] = {}
    for key in _keys(before):
        at: _Key | None = key
        while at is not None and at not in goal:
            at = into.get(at)
        if at is not None:
            found[key[0]] = at[0]
    return found


def follow(
    city: City,
    *,
    on: dt.date | str,
    method: Method = "areal",
    raster: Raster | None = None,
    official: Mapping[str, str | Sequence[str]] | None = None,
    level: float = LEVEL,
) -> pd.DataFrame:
    """The units that documents want to become wards, followed into the units of another date.

    Parameters
    ----------
    city
        From `geoplan.open_city`; `City.named_candidates` of its date are followed, each as it last was.
    on
        The date of the units they are followed into.
    method, raster, official, level
        As in `reform`.

    Returns
    -------
    pandas.DataFrame
        ``code, name`` of the candidate, ``code_to, name_to, kind_to`` of a unit it lies in (None: outside
        all units of that date), ``how`` (``whole``: all of it went there; ``part``), ``share`` (0 … 1, of
        its people), ``share_of_area`` (of its area as drawn), ``share_of_target`` (of the other unit's
        area), and ``population, population_low, population_high`` (what of its people went there; whole
        persons). In the order of the candidates, the largest share first; no rows when no document names
        any.

    Raises
    ------
    UsageError, DataError
        As `reform`.
    """
    wanted = city.named_candidates
    after = city.as_of(on).communes
    kinds = dict(zip(after["code"], after["kind"], strict=True))
    last = wanted["valid_to"] - pd.Timedelta(days=1)
    seen = last.where(last < pd.Timestamp(city.on), pd.Timestamp(city.on))
    found = []
    for day in seen.drop_duplicates():
        there = reform(
            city,
            start=day.date(),
            end=as_date(on),
            method=method,
            raster=raster,
            official=official,
            level=level,
        )
        moves = there.crosswalk.moves
        found.append(moves[moves["code_from"].isin(wanted["code"][seen == day])])
    if not found:
        return pd.DataFrame(columns=FOLLOWED)
    moves = pd.concat(found).rename(columns={"code_from": "code", "name_from": "name"})
    place = {code: k for k, code in enumerate(wanted["code"])}
    moves = moves.sort_values("code", key=lambda codes: codes.map(place), kind="stable")
    moves["how"] = moves["how"].replace("official", "whole")
    return moves.assign(kind_to=moves["code_to"].map(kinds))[FOLLOWED].reset_index(drop=True)


def _formed(city: City) -> dict[_Key, _Key]:
    """Each unit of the record that was merged whole, and the unit it was merged into."""
    record = city.layers["communes"].frame
    if "formed_from" not in record.columns:
        return {}
    claims: dict[_Key, list[_Key]] = {}
    new = record[record["formed_from"].notna() & record["valid_from"].notna()]
    for code, start, text in zip(new["code"], new["valid_from"], new["formed_from"], strict=True):
        ended = record[record["valid_to"] == start]
        for name in _named_whole(str(text), city.info.name):
            same = ended[[_plain(str(n)) == name for n in ended["name"]]]
            if len(same) == 1:
                claims.setdefault(_keys(same)[0], []).append((code, start))
    return {key: into[0] for key, into in claims.items() if len(into) == 1}


def _named_whole(text: str, city: str) -> list[str]:
    """Names of the units of this city that a unit was formed from whole."""
    names = []
    for item in re.split(r",\s*", text):
        place = _PLACE.search(item)
        elsewhere = place is not None and (
            fold(place[1]).startswith("ngoai") or fold(city) not in fold(place[1])
        )
        if not elsewhere and not _PART.match(item):
            names.append(_plain(_KIND.sub("", _PLACE.sub("", item))))
    return names


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip().casefold()


def _keys(units: gpd.GeoDataFrame) -> list[_Key]:
    first = units["valid_from"].astype(object)
    return list(zip(units["code"], first.where(first.notna(), None), strict=True))
