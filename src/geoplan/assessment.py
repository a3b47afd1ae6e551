"""The one pass: a city and a date to everything that is shown, exported and judged."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geoplan import measures
from geoplan.criteria.judge import judge_city
from geoplan.criteria.library import load_library
from geoplan.criteria.telling import MARKS, STATUS
from geoplan.errors import DataWarning, UsageError, listening
from geoplan.measures.quantities import quantities
from geoplan.measures.totals import groups
from geoplan.quantity import html_table
from geoplan.text import as_date, listing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geoplan.city import City
    from geoplan.criteria.verdict import Judgement
    from geoplan.errors import Lang
    from geoplan.measures.overlay import Progress
    from geoplan.model import Words
    from geoplan.quantity import Quantity


@dataclass(frozen=True)
class Measured:
    """The numbers of one city on one date, before any law is asked.

    Attributes
    ----------
    city
        The city as of the date.
    coverage, coverage_totals, plans
        By commune; by group (whole city, wards, candidates); plan by plan.
    density, density_totals
        By commune; by group.
    zones, zone_table
        Industrial land by commune; zone by zone.
    quantities
        Every number as a record, by metric and scope.
    """

    city: City
    coverage: pd.DataFrame
    coverage_totals: pd.DataFrame
    plans: pd.DataFrame
    density: pd.DataFrame
    density_totals: pd.DataFrame
    zones: pd.DataFrame
    zone_table: pd.DataFrame
    quantities: Mapping[tuple[str, str], Quantity]


@dataclass(frozen=True)
class Assessment(Measured):
    """Everything about one city on one date.

    Attributes
    ----------
    on
        The date.
    judgement
        Verdicts on classes, units and targets, and the data they lack.
    gaps, conflicts
        Where no plan of a kind, or more than one, is in force (EPSG:4326).
    notes
        What was mended or is missing.
    """

    on: dt.date
    judgement: Judgement
    gaps: gpd.GeoDataFrame
    conflicts: gpd.GeoDataFrame
    notes: tuple[DataWarning, ...]

    def __repr__(self) -> str:
        return f"<Assessment {self.city.id} {self.on.isoformat()}>"

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """The city and, in short, what was judged, as pairs of a label and a text."""
        judged = self.judgement
        whole = () if judged.city_unit is None else (judged.city_unit,)
        found: list[tuple[Words, bool | None, Words]] = [
            *((c.title, c.passes, c.reason) for c in judged.classes),
            *((u.scope.name, u.passes, u.reason) for u in (*whole, *judged.candidates)),
        ]
        out = self.city.lines(lang)
        out += [(name.text(lang), f"{MARKS[ok]} {why.text(lang)}") for name, ok, why in found]
        states = Counter(t.status for t in judged.targets)
        if states:
            counts = ", ".join(f"{n} {STATUS[state].text(lang)}" for state, n in states.most_common())
            out.append(("Targets" if lang == "en" else "Chỉ tiêu", counts))
        if judged.missing:
            names = list(dict.fromkeys(gap.name.text(lang) for gap in judged.missing))
            label = "Missing figures" if lang == "en" else "Số liệu còn thiếu"
            out.append((label, listing(names, limit=3, lang=lang)))
        out += [("Note" if lang == "en" else "Lưu ý", note.sentence(lang)) for note in self.notes]
        return out

    def _repr_html_(self) -> str:
        return html_table(self.lines())


def assess(city: City, *, on: dt.date | str | None = None, progress: Progress | None = None) -> Assessment:
    """Measure a city on a date and judge it by the law and the documents of that date.

    Parameters
    ----------
    city
        From `geoplan.open_city`.
    on
        The date; the city's own when None.
    progress
        Called with steps done and in all.

    Raises
    ------
    UsageError
        When the record does not reach the date.
    DataError
        When a layer cannot be measured, or an indicator or rulebook cannot be read.
    """
    view = city if on is None else city.as_of(as_date(on))
    library = load_library(tuple((file.name, file.text) for file in view.rule_files))
    with listening() as heard:
        measured = measure(view, progress=progress)
        plans, day = view.plans, view.on
        gaps = measures.gaps(view.communes, plans=plans, on=day)
        conflicts = measures.conflicts(view.communes, plans=plans, on=day)
    with listening():  # what an earlier date is like is no note on this one
        judged = judge_city(
            view,
            quantities=measured.quantities,
            library=library,
            base=functools.cache(functools.partial(_earlier, view)),
        )
    return Assessment(
        **vars(measured), on=day, judgement=judged, gaps=gaps, conflicts=conflicts, notes=tuple(heard)
    )


def _earlier(city: City, on: dt.date) -> Mapping[tuple[str, str], Quantity] | None:
    """The quantities on an earlier date; None when the record does not reach back to it."""
    try:
        return measure(city.as_of(on)).quantities
    except UsageError:
        return None


def measure(city: City, *, progress: Progress | None = None) -> Measured:
    """The numbers of a city as of its date: coverage, density, zones.

    Raises
    ------
    DataError
        When a layer cannot be measured.
    """
    communes, plans, land, zones = city.communes, city.plans, city.urban_land, city.industrial_zones
    by_commune = measures.coverage(communes, plans=plans, on=city.on, urban_land=land, progress=progress)
    people = measures.density(communes, urban_land=land)
    members = groups(communes)
    measured = Measured(
        city=city,
        coverage=by_commune,
        coverage_totals=measures.coverage_totals(by_commune, members=members),
        plans=measures.coverage(communes, plans=plans, on=city.on, by="plan"),
        density=people,
        density_totals=measures.density_totals(people, members=members),
        zones=measures.zones(communes, zones=zones),
        zone_table=measures.zones(communes, zones=zones, by="zone"),
        quantities={},
    )
    return replace(measured, quantities=_quantities(measured))


def _quantities(measured: Measured) -> Mapping[tuple[str, str], Quantity]:
    """The tables as records, with what targets ask beside: candidates as named, plans on zones."""
    city = measured.city
    named, zones, plans = city.named_candidates, city.industrial_zones, city.plans
    under = plans[plans["kind"].isin(("zoning", "detailed"))].drop(columns="kind")
    named_coverage = zone_coverage = None
    with listening():  # what is to be said of the layers was said when they were measured whole
        if len(named):
            named_coverage = measures.coverage(named, plans=plans, on=city.on, urban_land=city.urban_land)
        if len(zones):
            zone_coverage = measures.coverage(zones, plans=under, on=city.on, id_column="id")
    return quantities(
        city,
        coverage=measured.coverage,
        coverage_totals=measured.coverage_totals,
        density=measured.density,
        density_totals=measured.density_totals,
        zones=measured.zones,
        zone_table=measured.zone_table,
        named_coverage=named_coverage,
        zone_coverage=zone_coverage,
    )
