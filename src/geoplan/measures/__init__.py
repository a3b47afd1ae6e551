"""Layers to numbers. Pure functions that read no file and know no law."""

from geoplan.measures.coverage import coverage
from geoplan.measures.crosswalk import crosswalk
from geoplan.measures.dasymetric import dasymetric, grid_cells
from geoplan.measures.density import density
from geoplan.measures.in_force import in_force
from geoplan.measures.live import LiveCoverage
from geoplan.measures.plan_people import people_under_plans
from geoplan.measures.population import people_in_raster
from geoplan.measures.totals import coverage_totals, density_totals
from geoplan.measures.uncovered import conflicts, gaps
from geoplan.measures.zones import zones

__all__ = [
    "LiveCoverage",
    "conflicts",
    "coverage",
    "coverage_totals",
    "crosswalk",
    "dasymetric",
    "density",
    "density_totals",
    "gaps",
    "grid_cells",
    "in_force",
    "people_in_raster",
    "people_under_plans",
    "zones",
]
