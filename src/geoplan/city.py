"""A city: what one city is, with its layers, their provenance, and how it lawfully was on a date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import geopandas as gpd
import pandas as pd

from geoplan import schema
from geoplan.errors import UsageError
from geoplan.people import one_series
from geoplan.quantity import LAYER_NAMES, STANDING_NAMES, html_table
from geoplan.text import as_date, date_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from geoplan.city_file import CityFile, CityKind, ClassHeld, FactorHeld, TargetFile
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.schema import LayerName, Standing

_Rows = TypeVar("_Rows", bound=pd.DataFrame)


@dataclass(frozen=True)
class Layer:
    """One layer of a city: its features, their standing, and where the file comes from."""

    frame: gpd.GeoDataFrame
    standing: Standing
    source: Words
    licence: str
    file: str
    sha256: str
    accuracy_m: float | None = None


@dataclass(frozen=True)
class RuleFile:
    """A rulebook of the user's, as read: `geoplan.criteria` makes law of it."""

    name: str
    text: str


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
    indicators
        Figures that no layer answers: ``year, scope, indicator, value, qualifier, source``, all as text.
    targets
        What documents set for the city; None when nobody entered any.
    rule_files
        Rulebooks of the user's; they take precedence over the bundled ones.
    temporary_counted
        Whether temporary residents are converted by a formula that is not verified.
    """

    info: CityFile
    layers: Mapping[LayerName, Layer]
    kinds: pd.DataFrame
    populations: pd.DataFrame
    on: dt.date
    indicators: pd.DataFrame
    targets: TargetFile | None = None
    rule_files: tuple[RuleFile, ...] = ()
    temporary_counted: bool = False

    def __repr__(self) -> str:
        return f"<City {self.info.id} {self.on.isoformat()}: {len(self.communes)} units>"

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """Title, date, units and layers with their standing, as pairs of a label and a text."""
        units, on = self.communes, date_text(self.on, lang=lang)
        wards = int((units["kind"] == "ward").sum())
        vi = lang == "vi"
        held = "" if self.urban_class is None else self.urban_class.class_
        out = [
            ("", f"{self.title(lang)}, {on}"),
            ("Tỉnh" if vi else "Province", self.province),
            ("Loại đô thị" if vi else "Urban class", held),
            ("Đơn vị" if vi else "Units", f"{len(units)} ({wards} {'phường' if vi else 'wards'})"),
        ]
        for name, layer in self.in_use.items():
            many = f"{len(layer.frame)} {'đối tượng' if vi else 'features'}"
            text = f"{STANDING_NAMES[layer.standing].text(lang)}; {many}; {layer.file}"
            out.append((LAYER_NAMES[name].text(lang), text))
        return [(label, text) for label, text in out if text]

    def _repr_html_(self) -> str:
        return html_table(self.lines())

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

    def counting_temporary(self) -> City:
        """The city with temporary residents converted by `geoplan.people.equivalent_residents`.

        The formula is recalled and not verified: it runs only when it is asked for here.
        """
        return replace(self, temporary_counted=True)

    def title(self, lang: Lang = "vi") -> str:
        """What the city is called in full on the date; its name when no title holds."""
        for title in self.info.titles:
            if _holds(title.valid_from, title.valid_to, self.on):
                return title.en if lang == "en" else title.vi
        return self.info.name

    @property
    def kind(self) -> CityKind | None:
        """What the whole city is as a unit on the date; None when its file does not say."""
        held = (t.kind for t in self.info.titles if _holds(t.valid_from, t.valid_to, self.on))
        return next(held, None)

    @property
    def urban_class(self) -> ClassHeld | None:
        """The urban class that the city holds on the date; None when none is known."""
        held = (c for c in self.info.classes if _holds(c.valid_from, c.valid_to, self.on))
        return next(held, None)

    @property
    def factors(self) -> tuple[FactorHeld, ...]:
        """The regional and special factors that the city claims."""
        return self.info.factors

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
        figures = one_series(self.populations, units, on=self.on, convert=self.temporary_counted)
        units = units.merge(
            figures,
            how="left",
            left_on=["code", "valid_from"],
            right_on=["code", "unit_from"],
            suffixes=("_in_file", ""),
        ).drop(columns="unit_from")
        units["ward_candidate"] &= units["kind"] != "ward"
        if self._bounded:
            frame = self.layers["boundaries"].frame
            keys = pd.MultiIndex.from_frame(frame[["code", "valid_from"]])
            shapes = pd.Series(frame.geometry.to_numpy(), index=keys)
            units["geometry"] = shapes.loc[pd.MultiIndex.from_frame(units[["code", "valid_from"]])].to_numpy()
        return gpd.GeoDataFrame(units, geometry="geometry", crs=self.layers["communes"].frame.crs)

    @property
    def named_candidates(self) -> gpd.GeoDataFrame:
        """Units that documents want to become wards, each as it last was, whatever became of it.

        With ``became_ward``: whether it has been a ward by the date; and ``in_force``: whether it is
        still a unit. A target set for these units is measured on them even after they were merged.
        """
        frame = self.layers["communes"].frame
        known = ~(frame["valid_from"] > pd.Timestamp(self.on)) & frame["ward_candidate"]
        units = frame[known].sort_values("valid_from", na_position="first")
        units = units.drop_duplicates("code", keep="last").sort_index()
        now = in_force_rows(units, self.on).index
        wards = self.kinds[
            (self.kinds["kind"] == "ward") & ~(self.kinds["valid_from"] > pd.Timestamp(self.on))
        ]
        keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
        became = keys.isin(pd.MultiIndex.from_frame(wards[["code", "unit_from"]]))
        return units.assign(became_ward=became, in_force=units.index.isin(now)).reset_index(drop=True)

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
    for column in ("population", "converted", "temporary", "mean_days"):
        if column in out.columns:
            out[column] = schema.numbers(out[column], what=what)
    return out
