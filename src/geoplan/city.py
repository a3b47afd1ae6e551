"""A city: what one city is, with its layers, their provenance, and how it lawfully was on a date."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geoplan import changes, schema
from geoplan.dated import holds, in_force_rows
from geoplan.errors import UsageError
from geoplan.people import one_series
from geoplan.quantity import LAYER_NAMES, STANDING_NAMES, html_table
from geoplan.text import as_date, date_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from geoplan.changes import Change
    from geoplan.city_file import CityFile, CityKind, ClassHeld, FactorHeld, Layer, RuleFile, TargetFile
    from geoplan.errors import Lang
    from geoplan.schema import LayerName, Standing


@dataclass(frozen=True)
class City:
    """One city. Frozen: `as_of`, and each change to ask “what if”, gives a new one.

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
    changes
        What was changed to ask “what if”, first to last; empty for a city as it is on record.
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
    changes: tuple[Change, ...] = ()

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
        label = "What if" if lang == "en" else "Giả định"
        out += [(label, f"{date_text(c.on, lang=lang)}: {c.words.text(lang)}") for c in self.changes]
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

    def with_wards(self, units: Iterable[str], *, on: dt.date | str | None = None) -> City:
        """The city with these communes as wards, from a day on (its own date when None).

        Parameters
        ----------
        units
            Codes or names, with or without diacritics.

        Raises
        ------
        UsageError
            When a name is that of no unit or of several, or the unit is a ward already.
        """
        return changes.wards(self, units, on=on)

    def with_plans(
        self,
        plans: gpd.GeoDataFrame,
        *,
        kind: str | None = None,
        on: dt.date | str | None = None,
        standing: Standing = "illustrative",
    ) -> City:
        """The city with more plans.

        Parameters
        ----------
        plans
            Polygons in any CRS, with the columns of the contract. Without ``status`` a plan is approved,
            without ``approved_on`` since `on`.
        kind
            ``general``, ``zoning`` or ``detailed`` where the layer does not say.
        on
            The day from which they hold; the city's own date when None.
        standing
            How well the outlines are known.

        Raises
        ------
        CrsError, DataError, UsageError
            When the layer has no coordinate system, no kind, or cannot be read.
        """
        return changes.plans(self, plans, kind=kind, on=on, standing=standing)

    def with_population(
        self, people: Mapping[str, float], *, on: dt.date | str | None = None, source: str | None = None
    ) -> City:
        """The city with other numbers of people in some units; the others keep those of the day.

        Parameters
        ----------
        people
            People by code or name.
        on
            The day from which the figures are; the city's own date when None.
        source
            Where the figures come from.

        Raises
        ------
        UsageError
            When a name is that of no unit or of several, or a figure is no number of people.
        """
        return changes.population(self, people, on=on, source=source)

    def with_industrial_zone(
        self, name: str, *, geometry: Any = None, on: dt.date | str | None = None, **facts: Any
    ) -> City:
        """The city with another industrial zone, or with one of its zones changed.

        Parameters
        ----------
        name
            Id or name of a zone of the city, else the name of a new one.
        geometry
            Its outline: a polygon in longitude and latitude, or a layer in any CRS; needed for a new one.
        on
            The day on which a new one is established; the city's own date when None.
        facts
            Columns of the contract: ``kind, status, established_on, area_declared_ha, leased_ha``.

        Raises
        ------
        UsageError
            When the zone is new and has no outline, or a fact is no column of the contract.
        """
        return changes.zone(self, name, geometry=geometry, on=on, facts=facts)

    def without(self, names: Iterable[str], *, on: dt.date | str | None = None) -> City:
        """The city without some plans or zones (by id or name), or without units from a day on.

        Raises
        ------
        UsageError
            When nothing, or more than one unit, is called so.
        """
        return changes.without(self, names, on=on)

    def merge(
        self, units: Iterable[str], *, name: str, kind: str | None = None, on: dt.date | str | None = None
    ) -> City:
        """The city with some units merged into one, from a day on.

        Its people are the sum of theirs in every series that has all of them. It becomes a ward when the
        last of its parts does, and ends by law when the first of them does; the others then go on by
        themselves. Its code is theirs, joined by “+”.

        Parameters
        ----------
        units
            Codes or names of two or more units.
        name
            What the new unit is called.
        kind
            ``ward``, ``commune`` or ``township``; a ward when all parts are wards, else a commune.

        Raises
        ------
        UsageError
            When a name is that of no unit or of several, or they are fewer than two.
        """
        return changes.merge(self, units, name=name, kind=kind, on=on)

    def counting_temporary(self) -> City:
        """The city with temporary residents converted by `geoplan.people.equivalent_residents`.

        The formula is recalled and not verified: it runs only when it is asked for here.
        """
        return replace(self, temporary_counted=True)

    def title(self, lang: Lang = "vi") -> str:
        """What the city is called in full on the date; its name when no title holds.

        A city that was changed says so here, and with it wherever its title stands.
        """
        held = (t for t in self.info.titles if holds(t.valid_from, t.valid_to, self.on))
        title = next(held, None)
        name = self.info.name if title is None else (title.en if lang == "en" else title.vi)
        return f"{name} – {changes.NAME.text(lang)}" if self.changes else name

    @property
    def kind(self) -> CityKind | None:
        """What the whole city is as a unit on the date; None when its file does not say."""
        held = (t.kind for t in self.info.titles if holds(t.valid_from, t.valid_to, self.on))
        return next(held, None)

    @property
    def urban_class(self) -> ClassHeld | None:
        """The urban class that the city holds on the date; None when none is known."""
        held = (c for c in self.info.classes if holds(c.valid_from, c.valid_to, self.on))
        return next(held, None)

    @property
    def factors(self) -> tuple[FactorHeld, ...]:
        """The regional and special factors that the city claims."""
        return self.info.factors

    @property
    def province(self) -> str:
        """The province that the city lies in on the date."""
        for province in self.info.provinces:
            if holds(province.valid_from, province.valid_to, self.on):
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
        units = units[~units["code"].isin(self._absorbed)]
        now = in_force_rows(units, self.on).index
        wards = self.kinds[
            (self.kinds["kind"] == "ward") & ~(self.kinds["valid_from"] > pd.Timestamp(self.on))
        ]
        keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
        became = keys.isin(pd.MultiIndex.from_frame(wards[["code", "unit_from"]]))
        return units.assign(became_ward=became, in_force=units.index.isin(now)).reset_index(drop=True)

    @property
    def _absorbed(self) -> set[str]:
        """Codes of units that a change merged into another or took away."""
        held = (c for c in self.changes if c.what in {"merge", "without"} and c.on <= self.on)
        return {code for change in held for code in change.units}

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
