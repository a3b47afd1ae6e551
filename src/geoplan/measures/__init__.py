"""Layers to numbers. Pure functions that read no file and know no law."""

from geoplan.measures.coverage import coverage
from geoplan.measures.crosswalk import crosswalk
from geoplan.measures.density import density
from geoplan.measures.in_force import in_force
from geoplan.measures.population import people_in_raster
from geoplan.measures.totals import coverage_totals, density_totals
from geoplan.measures.uncovered import conflicts, gaps
from geoplan.measures.zones import zones

__all__ = [
    "conflicts",
    "coverage",
    "coverage_totals",
    "crosswalk",
    "density",
    "density_totals",
    "gaps",
    "in_force",
    "people_in_raster",
    "zones",
]
