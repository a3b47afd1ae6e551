"""geoplan: planning coverage, density and readiness of Vietnamese cities.

One way through: files → intake → City → assess → Assessment → map | report | export.
"""

from geoplan import __about__
from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.criteria.verdict import Verdict
from geoplan.exports.export import export
from geoplan.exports.scenario_file import save_scenario
from geoplan.exports.writing import ExportResult
from geoplan.founding import new_city
from geoplan.intake import open_raster, read_layer
from geoplan.measures import LiveCoverage, crosswalk, dasymetric, grid_cells, people_under_plans, zones
from geoplan.parts import coverage, density
from geoplan.quantity import Quantity
from geoplan.scenario.best.search import best
from geoplan.scenario.compare import Comparison, compare
from geoplan.scenario.file import Scenario, read_scenario
from geoplan.scenario.projection.project import project
from geoplan.show import CityMap, explore, panel
from geoplan.show.report import report
from geoplan.workspace import list_cities, open_city

__version__ = __about__.VERSION

__all__ = [
    "Assessment",
    "City",
    "CityMap",
    "Comparison",
    "ExportResult",
    "LiveCoverage",
    "Quantity",
    "Scenario",
    "Verdict",
    "__version__",
    "assess",
    "best",
    "compare",
    "coverage",
    "crosswalk",
    "dasymetric",
    "density",
    "explore",
    "export",
    "grid_cells",
    "list_cities",
    "new_city",
    "open_city",
    "open_raster",
    "panel",
    "people_under_plans",
    "project",
    "read_layer",
    "read_scenario",
    "report",
    "save_scenario",
    "zones",
]
