"""Tables to records: every number of an assessment as a `Quantity` that says where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.measures import place_records, plan_records, zone_records
from geoplan.measures.places import Places
from geoplan.measures.sharpness import Sharpness

if TYPE_CHECKING:
    import pandas as pd

    from geoplan.city import City
    from geoplan.quantity import Quantity


def quantities(
    city: City,
    *,
    coverage: pd.DataFrame,
    coverage_totals: pd.DataFrame,
    density: pd.DataFrame,
    density_totals: pd.DataFrame,
    zone_table: pd.DataFrame,
    zones: pd.DataFrame,
    named_coverage: pd.DataFrame | None = None,
    zone_coverage: pd.DataFrame | None = None,
) -> dict[tuple[str, str], Quantity]:
    """Every number about a city on its date as a record, by metric and scope.

    Nothing is measured again: a value is the cell of its table, with its parts, its layers, and the
    bounds that other sources, published areas and the layers' accuracy give its parts.

    Parameters
    ----------
    city
        The city as of the date.
    coverage, coverage_totals
        Results of `coverage` and `coverage_totals` on the city's units and `totals.groups`.
    density, density_totals
        Results of `density` and `density_totals` on the same.
    zones, zone_table
        Results of `zones` by commune and by zone.
    named_coverage
        Result of `coverage` on ``city.named_candidates``; without it those units have no land here.
    zone_coverage
        Result of `coverage` on ``city.industrial_zones`` by zoning and detailed plans taken together.

    Returns
    -------
    dict
        By ``(metric, scope id)``. Scopes: ``city``; ``wards``, ``candidates`` (the units that documents
        name, whatever they are on the date) and ``zones`` when there are any; ``zone:<id>``; each
        unit's code; ``merged:<code>`` for a named unit that is one no more. What is unknown has the
        value None and says why in ``missing``.
    """
    reader = Places(city, density=density)
    groups = list(reader.city_and_wards(coverage=coverage_totals, density=density_totals))
    named = city.named_candidates
    if len(named) and named_coverage is not None:
        groups.append(reader.candidates(named, coverage=named_coverage))
        groups += reader.merged(named, coverage=named_coverage)
    units = list(reader.each(coverage=coverage))
    sharpness = Sharpness(city)
    whole = groups[0]
    wards = next((place for place in groups if place.scope.id == "wards"), None)
    found = [
        *place_records.people_and_land([*groups, *units]),
        *place_records.legal_areas([whole, *units]),
        *place_records.urban_densities(
            city, wards, units, density=density, totals=density_totals, sharpness=sharpness
        ),
        *place_records.counts(city, whole, wards),
        *plan_records.coverages(
            city, [*groups, *units], kinds=list(coverage["plan_kind"].unique()), sharpness=sharpness
        ),
        *zone_records.shares(city, whole, units, zones=zones, sharpness=sharpness),
        *zone_records.each(city, zone_table=zone_table, coverage=zone_coverage, sharpness=sharpness),
    ]
    return {quantity.key: quantity for quantity in found}
