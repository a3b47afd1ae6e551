"""A city: what one city is, with its layers, their provenance, and how it lawfully was on a date."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd
from pydantic import BaseModel, ConfigDict

from geoplan import schema
from geoplan.errors import Lang, UsageError
from geoplan.schema import Confidence, LayerName, Standing
from geoplan.text import as_date, date_text

if TYPE_CHECKING:
    from collections.abc import Mapping

_Rows = TypeVar("_Rows", bound=pd.DataFrame)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Words(_Strict):
    """One text in both languages."""

    vi: str
    en: str

    def text(self, lang: Lang = "vi") -> str:
        """The text in one language."""
        return self.en if lang == "en" else self.vi


class Aim(_Strict):
    """The urban class that a document sets for the city, with its due year."""

    class_: str
    due: int
    document: str

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.rstrip("_"))


class Title(_Strict):
    """What the city is called in full, from a date until another (half-open)."""

    vi: str
    en: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    def text(self, lang: Lang = "vi") -> str:
        """The title in one language."""
        return self.en if lang == "en" else self.vi


class Province(_Strict):
    """The province that the city lies in, from a date until another (half-open)."""

    name: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class DateOfInterest(_Strict):
    """A date to assess, and why."""

    on: dt.date
    why: Words


class Stated(_Strict):
    """A figure for the whole city as a source states it."""

    on: dt.date
    source: str
    confidence: Confidence
    population: int | None = None
    area_km2: float | None = None


class ImportRecord(_Strict):
    """How a layer came in from a foreign file."""

    name: str
    sha256: str
    crs_stated: str
    crs_used: str
    encoding: str
    changes: int


class LayerFile(_Strict):
    """Where a layer's file is and where it comes from."""

    file: str
    standing: Standing
    source: Words
    licence: str
    imported: ImportRecord | None = None
    fetched: dict[str, str] | None = None


class CityFile(_Strict):
    """What ``city.toml`` holds."""

    id: str
    name: str
    titles: tuple[Title, ...]
    class_now: str
    class_now_source: str
    class_aimed: tuple[Aim, ...] = ()
    crs: str
    crs_source: str
    record_from: dt.date
    default_on: dt.date
    provinces: tuple[Province, ...]
    dates: tuple[DateOfInterest, ...] = ()
    stated: tuple[Stated, ...] = ()
    layers: dict[LayerName, LayerFile]


@dataclass(frozen=True)
class Layer:
    """One layer of a city: its features, their standing, and where the file comes from."""

    frame: gpd.GeoDataFrame
    standing: Standing
    source: Words
    licence: str
    file: str
    sha256: str


@dataclass(frozen=True)
class City:
    """One city. Frozen: `as_of` gives a new one.

    Attributes
    ----------
    info
        What ``city.toml`` says.
    layers
        The layers as read, all dates together.
    kinds
        Kind of each unit by date: ``code, unit_from, kind, valid_from, valid_to, decision``.
    populations
        Population figures: ``code, unit_from, population, population_on, series, source, confidence``.
    on
        The date of this view; the city's default date when opened.
    """

    info: CityFile
    layers: Mapping[LayerName, Layer]
    kinds: pd.DataFrame
    populations: pd.DataFrame
    on: dt.date

    def __repr__(self) -> str:
        return f"<City {self.info.id} {self.on.isoformat()}: {len(self.communes)} units>"

    @property
    def id(self) -> str:
        """Short ASCII name, such as ``pho-yen``."""
        return self.info.id

    def as_of(self, on: dt.date | str) -> City:
        """The city as it lawfully was on a date.

        Raises
        ------
        UsageError
            When the record does not reach back to that date, or no unit was in force.
        """
        on = as_date(on)
        if on < self.info.record_from:
            since = self.info.record_from
            raise UsageError(
                vi=f"{self.info.name}: số liệu bắt đầu từ {date_text(since)}; hãy chọn ngày từ đó về sau.",
                en=f"{self.info.name}: the record starts on {since}; choose that date or a later one.",
            )
        view = replace(self, on=on)
        if view.communes.empty:
            raise UsageError(
                vi=f"{self.info.name}: không có đơn vị hiệu lực ngày {date_text(on)}; hãy chọn ngày khác.",
                en=f"{self.info.name}: no unit is in force on {on}; choose another date.",
            )
        return view

    def title(self, lang: Lang = "vi") -> str:
        """What the city is called in full on the date; its name when no title holds."""
        for title in self.info.titles:
            if _holds(title.valid_from, title.valid_to, self.on):
                return title.text(lang)
        return self.info.name

    @property
    def province(self) -> str:
        """The province that the city lies in on the date."""
        for province in self.info.provinces:
            if _holds(province.valid_from, province.valid_to, self.on):
                return province.name
        return ""

    @property
    def communes(self) -> gpd.GeoDataFrame:
        """Units in force on the date, with ``kind``, ``population`` and where they come from.

        One series of population figures for the whole city, because sources count people
        differently: the series that covers most units, of those the latest, none from after the
        date. Units that it lacks have no population. Each call gives a copy: a City is frozen.
        """
        return self._communes.copy()

    @cached_property
    def _communes(self) -> gpd.GeoDataFrame:
        units = self._units().reset_index(drop=True)
        kinds = in_force_rows(self.kinds, self.on)
        units = units.merge(
            kinds[["code", "unit_from", "kind"]],
            how="left",
            left_on=["code", "valid_from"],
            right_on=["code", "unit_from"],
            suffixes=("_in_file", ""),
            validate="m:1",
        ).drop(columns="unit_from")
        figures = self._one_series(units)
        units = units.merge(
            figures, how="left", left_on=["code", "valid_from"], right_on=["code", "unit_from"]
        ).drop(columns="unit_from")
        units["ward_candidate"] &= units["kind"] != "ward"
        if self._bounded:
            frame = self.layers["boundaries"].frame
            keys = pd.MultiIndex.from_frame(frame[["code", "valid_from"]])
            shapes = pd.Series(frame.geometry.to_numpy(), index=keys)
            units["geometry"] = shapes.loc[pd.MultiIndex.from_frame(units[["code", "valid_from"]])].to_numpy()
        return gpd.GeoDataFrame(units, geometry="geometry", crs=self.layers["communes"].frame.crs)

    def _units(self) -> gpd.GeoDataFrame:
        """Rows in force: of the communes, or of fetched boundaries when the communes end before the date."""
        units = in_force_rows(self.layers["communes"].frame, self.on)
        if units.empty and "boundaries" in self.layers:
            fetched = schema.conform(self.layers["boundaries"].frame, "communes", what="boundaries")
            units = in_force_rows(fetched.drop(columns="kind", errors="ignore"), self.on)
        return units

    @property
    def _bounded(self) -> bool:
        """Whether fetched boundaries hold every unit in force on the date."""
        layer = self.layers.get("boundaries")
        if layer is None:
            return False
        units = self._units()
        have = pd.MultiIndex.from_frame(layer.frame[["code", "valid_from"]])
        return bool(pd.MultiIndex.from_frame(units[["code", "valid_from"]]).isin(have).all())

    @property
    def in_use(self) -> dict[LayerName, Layer]:
        """The layers of this view: fetched boundaries stand for the communes when they hold them all."""
        shown: dict[LayerName, Layer] = {n: la for n, la in self.layers.items() if n != "boundaries"}
        if self._bounded:
            shown["communes"] = self.layers["boundaries"]
        return shown

    def _one_series(self, units: pd.DataFrame) -> pd.DataFrame:
        columns = ["code", "unit_from", "population", "population_on", "population_source"]
        known = self.populations[self.populations["population_on"] <= pd.Timestamp(self.on)]
        keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
        known = known[pd.MultiIndex.from_frame(known[["code", "unit_from"]]).isin(keys)]
        if known.empty:
            return pd.DataFrame(
                {name: pd.Series(dtype=known.get(name, known["code"]).dtype) for name in columns}
            )
        ranked = known.groupby("series").agg(units=("code", "nunique"), latest=("population_on", "max"))
        best = ranked.sort_values(["units", "latest"]).index[-1]
        chosen = known[known["series"] == best].sort_values("population_on")
        return pd.DataFrame(chosen.drop_duplicates(["code", "unit_from"], keep="last")[columns])

    @property
    def plans(self) -> gpd.GeoDataFrame:
        """All plans, whatever their status; `geoplan.measures.in_force` says which count."""
        return self.layers["plans"].frame.copy()

    @property
    def industrial_zones(self) -> gpd.GeoDataFrame:
        """Industrial zones; one established after the date has the status ``planned``."""
        zones = self.layers["industrial_zones"].frame.copy()
        later = zones["established_on"] > pd.Timestamp(self.on)
        zones["status"] = zones["status"].mask(later, "planned")
        return zones

    @property
    def urban_land(self) -> gpd.GeoDataFrame | None:
        """Urban construction land (đất xây dựng đô thị), or None when the city has no such layer."""
        layer = self.layers.get("urban_land")
        return None if layer is None else layer.frame.copy()

    @property
    def neighbours(self) -> gpd.GeoDataFrame | None:
        """Units beside the city, for bearings only, or None."""
        layer = self.layers.get("neighbours")
        return None if layer is None else layer.frame


def in_force_rows(rows: _Rows, on: dt.date) -> _Rows:
    """Rows whose half-open interval ``valid_from`` … ``valid_to`` holds a date; empty ends are open."""
    day = pd.Timestamp(on)
    started = rows["valid_from"].isna() | (rows["valid_from"] <= day)
    return rows[started & ~(rows["valid_to"] <= day)]


def _holds(start: dt.date | None, end: dt.date | None, on: dt.date) -> bool:
    return (start is None or start <= on) and (end is None or on < end)


def unit_table(rows: pd.DataFrame, *, what: str) -> pd.DataFrame:
    """A table about units (``unit_kinds.csv``, ``population.csv``) with dates as dates."""
    out = rows.copy()
    for column in ("unit_from", "valid_from", "valid_to", "population_on"):
        if column in out.columns:
            out[column] = schema.dates(out[column], what=what)
    if "population" in out.columns:
        out["population"] = schema.numbers(out["population"], what=what)
    return out
