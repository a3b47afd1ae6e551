"""The one pass: a city and a date to everything that is shown, exported and judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from geoplan import measures
from geoplan.errors import DataWarning, listening
from geoplan.measures.totals import groups
from geoplan.text import as_date

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    import pandas as pd

    from geoplan.city import City
    from geoplan.measures.overlay import Progress


@dataclass(frozen=True)
class Assessment:
    """Everything about one city on one date.

    Attributes
    ----------
    city
        The city as of the date.
    on
        The date.
    coverage, coverage_totals, plans
        By commune; by group (whole city, wards, candidates); plan by plan.
    density, density_totals
        By commune; by group.
    zones, zone_table
        Industrial land by commune; zone by zone.
    gaps, conflicts
        Where no plan of a kind, or more than one, is in force (EPSG:4326).
    notes
        What was mended or is missing.
    """

    city: City
    on: dt.date
    coverage: pd.DataFrame
    coverage_totals: pd.DataFrame
    plans: pd.DataFrame
    density: pd.DataFrame
    density_totals: pd.DataFrame
    zones: pd.DataFrame
    zone_table: pd.DataFrame
    gaps: gpd.GeoDataFrame
    conflicts: gpd.GeoDataFrame
    notes: tuple[DataWarning, ...]

    def __repr__(self) -> str:
        return f"<Assessment {self.city.id} {self.on.isoformat()}>"


def assess(city: City, *, on: dt.date | str | None = None, progress: Progress | None = None) -> Assessment:
    """Measure a city on a date.

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
        When a layer cannot be measured.
    """
    view = city if on is None else city.as_of(as_date(on))
    communes, plans, land = view.communes, view.plans, view.urban_land
    day = view.on
    with listening() as heard:
        by_commune = measures.coverage(communes, plans=plans, on=day, urban_land=land, progress=progress)
        people = measures.density(communes, urban_land=land)
        members = groups(communes)
        zones = view.industrial_zones
        result = Assessment(
            city=view,
            on=day,
            coverage=by_commune,
            coverage_totals=measures.coverage_totals(by_commune, members=members),
            plans=measures.coverage(communes, plans=plans, on=day, by="plan"),
            density=people,
            density_totals=measures.density_totals(people, members=members),
            zones=measures.zones(communes, zones=zones),
            zone_table=measures.zones(communes, zones=zones, by="zone"),
            gaps=measures.gaps(communes, plans=plans, on=day),
            conflicts=measures.conflicts(communes, plans=plans, on=day),
            notes=(),
        )
    return replace(result, notes=tuple(heard))
