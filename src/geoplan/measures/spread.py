"""How far a figure may be off: what other sources say of the same thing, and how sharply it is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan import crs
from geoplan.dated import in_force_rows
from geoplan.errors import listening
from geoplan.intake.repair import mend
from geoplan.measures import overlay
from geoplan.model import words
from geoplan.people import one_series
from geoplan.text import date_text, number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.city import City
    from geoplan.city_file import Stated
    from geoplan.errors import Lang
    from geoplan.model import Words

Key = tuple[str | None, pd.Timestamp | None]
"""A unit: its code, and since when it has been this unit."""

_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")
YEARS: Final = 5
"""Figures further apart than this differ by growth more than by how people were counted. Not fewer: the
resolutions on units count people in 2021 to 2023, and the census of 2019, which has every unit, is what
they can be held against."""

SAME_LAND: Final = 0.01
"""A figure stated for the whole city holds as long as its land is the same: units that were only merged
among themselves keep their area within this share, those that took in a district do not."""


@dataclass(frozen=True)
class Figure:
    """A number of people as one source gives it, and the day it is for."""

    people: float
    on: dt.date
    source: str

    def text(self, lang: Lang) -> str:
        """Such as ``116.775 (31/12/2019, Niên giám thống kê 2019)``."""
        return f"{number(self.people, lang=lang)} ({date_text(self.on, lang=lang)}, {self.source})"


@dataclass(frozen=True)
class Spread:
    """Between which bounds a figure may lie, and why; all None when nothing is known about its error."""

    low: float | None = None
    high: float | None = None
    why: Words | None = None

    def times(self, factor: float) -> Spread:
        """The same in another unit."""
        if self.low is None or self.high is None:
            return self
        return Spread(self.low * factor, self.high * factor, self.why)


def unit_keys(rows: pd.DataFrame, since: str = "valid_from") -> list[Key]:
    """The key of each row of a table about units, in its order."""
    return [
        (None if pd.isna(code) else str(code), None if pd.isna(start) else pd.Timestamp(start))
        for code, start in zip(rows["code"], rows[since], strict=True)
    ]


class People:
    """What each series of population figures says last, up to a city's date, of each unit."""

    def __init__(self, city: City) -> None:
        self._series: list[dict[Key, Figure]] = []
        for _, rows in city.populations.groupby("series"):
            units = rows.rename(columns={"unit_from": "valid_from"})
            told = one_series(rows, units, on=city.on, convert=city.temporary_counted)
            told = told[told["population"] >= 0]
            figures = zip(told["population"], told["population_on"], told["population_source"], strict=True)
            keyed = zip(unit_keys(told, "unit_from"), figures, strict=True)
            self._series.append(
                {key: Figure(float(n), on.date(), str(source)) for key, (n, on, source) in keyed}
            )

    def of(self, keys: Sequence[Key]) -> list[Figure]:
        """The sum over some units of every series that has them all, on the latest day in it."""
        sums = []
        for known in self._series:
            parts = [known[key] for key in keys if key in known]
            if parts and len(parts) == len(keys):
                latest = max(parts, key=lambda part: part.on)
                sums.append(Figure(sum(part.people for part in parts), latest.on, latest.source))
        return sums


def people_spread(used: Figure | None, others: Iterable[Figure]) -> Spread:
    """The span of what the sources say within `YEARS` of the figure used."""
    if used is None:
        return Spread()
    years = pd.DateOffset(years=YEARS)
    first, last = pd.Timestamp(used.on) - years, pd.Timestamp(used.on) + years
    near = [
        other
        for other in others
        if first <= pd.Timestamp(other.on) <= last and (other.people, other.on) != (used.people, used.on)
    ]
    if not near:
        return Spread()
    values = [used.people, *(other.people for other in near)]
    told = {lang: "; ".join(other.text(lang) for other in near) for lang in _LANGS}
    why = words(f"nguồn khác ghi {told['vi']}", f"other sources say {told['en']}")
    return Spread(min(values), max(values), why)


def stated_for_this_land(city: City) -> list[Stated]:
    """What sources state for the whole city up to its date, for the land that it has on that date.

    A figure from before the city took in or gave away land is left out; see `SAME_LAND`.
    """
    earlier = [stated for stated in city.info.stated if stated.on <= city.on]
    if not earlier:
        return []
    frame = city.layers["communes"].frame
    now = in_force_rows(frame, city.on)
    now = city.communes if now.empty else now
    return [stated for stated in earlier if _same_land(in_force_rows(frame, stated.on), now)]


def _same_land(then: gpd.GeoDataFrame, now: gpd.GeoDataFrame) -> bool:
    if set(unit_keys(then)) == set(unit_keys(now)):
        return True
    before, after = (float(crs.area_km2(_shapes(rows)).sum()) for rows in (then, now))
    return abs(before - after) <= SAME_LAND * after


def _shapes(rows: gpd.GeoDataFrame) -> NDArray[np.object_]:
    with listening():  # what has to be mended was told when the layer was measured
        sound, _ = mend(rows, what="communes")
        return crs.overlay_shapes(sound, what="communes")


def outline(rows: gpd.GeoDataFrame) -> Any:
    """Several units or zones as one polygonal geometry in longitude and latitude."""
    return overlay.union(_shapes(rows))


def line_spread(km2: float | None, *, accuracy_m: float | None, shape: Any) -> Spread:
    """The span of an area whose lines may all be off to one side by the layer's accuracy.

    Parameters
    ----------
    km2
        The area; None when unknown.
    accuracy_m
        By how much the lines may be off, m; None when the layer does not say.
    shape
        What was measured, in longitude and latitude.
    """
    if km2 is None or accuracy_m is None:
        return Spread()
    length = float(crs.geodesic_perimeter_km(np.array([shape], dtype=object))[0])
    reach = accuracy_m / 1000 * length
    why = words(
        f"đường nét có thể lệch {number(accuracy_m, digits=1)} m",
        f"lines may be off by {number(accuracy_m, digits=1, lang='en')} m",
    )
    return Spread(max(km2 - reach, 0.0), km2 + reach, why)


def area_spread(drawn: float | None, *, published: Iterable[float], lines: Spread) -> Spread:
    """The span of a drawn area, the published ones, and what its lines' accuracy gives it (all km²)."""
    legal = sorted(set(published))
    if drawn is None or not legal:
        return lines
    values = [drawn, *legal, *(bound for bound in (lines.low, lines.high) if bound is not None)]
    told = {
        lang: [
            number(drawn, digits=2, lang=lang),
            "; ".join(number(km2, digits=2, lang=lang) for km2 in legal),
        ]
        for lang in _LANGS
    }
    why = words(
        "đo trên lớp {} km²; công bố {} km²".format(*told["vi"]),
        "{} km² drawn; {} km² published".format(*told["en"]),
    )
    if lines.why is not None:
        why = words(f"{why.vi}; {lines.why.vi}", f"{why.en}; {lines.why.en}")
    return Spread(min(values), max(values), why)
