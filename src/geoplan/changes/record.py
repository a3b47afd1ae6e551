"""A change and its place in a city's history; what all changes share."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, Literal

import geopandas as gpd
import pandas as pd

from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.text import as_date, date_text, fold, listing, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from geoplan.city import City

ChangeKind = Literal["wards", "plans", "population", "zone", "without", "merge"]

NAME: Final = words("phương án giả định", "a what-if scenario")
"""What a changed city is called wherever its title stands."""
ASSUMED_SOURCE: Final = "giả định của phương án"
"""The source of what a change says, in the tables of a city."""
_KIND_WORDS: Final = ("phuong ", "xa ", "thi tran ", "dac khu ")


@dataclass(frozen=True)
class Change:
    """One step from a city to another.

    Attributes
    ----------
    what
        Which kind of change.
    on
        The day from which it holds.
    words
        What was done, as a person reads it.
    units
        Codes of the units concerned.
    entry
        The change as a scenario file holds it, layers left out.
    added
        The features that came in, in EPSG:4326; None when none did.
    """

    what: ChangeKind
    on: dt.date
    words: Words
    units: tuple[str, ...] = ()
    entry: Mapping[str, Any] = field(default_factory=dict)
    added: gpd.GeoDataFrame | None = field(default=None, compare=False, repr=False)


def file_id(city: City) -> str:
    """What files and tables of a city are called by: a changed city's are never taken for the real one's."""
    return f"{city.id}-what-if" if city.changes else city.id


def find_units(city: City, names: Iterable[str]) -> gpd.GeoDataFrame:
    """Units in force that are called so: by code or name, with or without diacritics or ``xã``, ``phường``.

    Raises
    ------
    UsageError
        When a name is that of no unit, or of several.
    """
    units = city.communes
    folded = units["name"].map(lambda n: fold(n or "").strip())
    rows = []
    wanted = list(several(names))
    if not wanted:
        raise UsageError(vi="Hãy nêu ít nhất một đơn vị.", en="Name at least one unit.")
    for name in wanted:
        plain = fold(str(name)).strip()
        bare = next((plain.removeprefix(k) for k in _KIND_WORDS if plain.startswith(k)), plain)
        hits = units.index[units["code"] == str(name).strip()]
        hits = hits if len(hits) else units.index[folded == plain]
        hits = hits if len(hits) else units.index[folded == bare]
        if len(hits) != 1:
            told = listing(sorted(units["name"] if not len(hits) else units.loc[hits, "code"]), limit=20)
            day = date_text(city.on)
            raise UsageError(
                vi=f"{city.info.name}: {quoted(name)} không phải tên của đúng một đơn vị ngày {day}; "
                f"hãy chọn: {told}.",
                en=f"{city.info.name}: {quoted(name)} is not the name of one unit on {city.on}; "
                f"choose: {told}.",
            )
        rows.append(hits[0])
    return units.loc[list(dict.fromkeys(rows))]


def called(chosen: gpd.GeoDataFrame, units: gpd.GeoDataFrame) -> list[str]:
    """Each unit by its name, or by its code where another unit has the name: found again by `find_units`."""
    folded = units["name"].map(lambda n: fold(n or "").strip())
    doubled = set(folded[folded.duplicated(keep=False)]) | {"", *map(fold, units["code"])}
    return [
        str(code) if fold(name or "").strip() in doubled else str(name)
        for code, name in zip(chosen["code"], chosen["name"], strict=True)
    ]


def several(names: Iterable[str]) -> Iterable[str]:
    """Names as a list: one text alone is one name, not its letters."""
    return [names] if isinstance(names, str) else names


def readable(name: object) -> bool:
    """Whether a name has letters, and such as every file can hold."""
    text = str(name or "")
    return bool(text.strip()) and text.encode(errors="ignore").decode() == text


def day_of(city: City, on: dt.date | str | None) -> dt.date:
    """The day of a change: the city's own when none is given."""
    return city.on if on is None else as_date(on)


def changed(city: City, change: Change, **fields: Any) -> City:
    """The city with these fields, the change in its history, and its own date when it may be seen."""
    return replace(city, changes=(*city.changes, change), **fields)


def appended(rows: Any, more: pd.DataFrame) -> Any:
    """Rows with more below, each column keeping its type; a frame of geometry stays one."""
    if more.empty:
        return rows
    filled = more.reindex(columns=list(rows.columns))
    for column, kind in rows.dtypes.items():
        if kind.kind == "b":
            filled[column] = [value is True for value in filled[column]]
        elif column not in more.columns:
            filled[column] = filled[column].astype(kind if kind.kind in "fM" else object)
    both = pd.concat([rows, filled], ignore_index=True)
    return gpd.GeoDataFrame(both, crs=rows.crs) if isinstance(rows, gpd.GeoDataFrame) else both
