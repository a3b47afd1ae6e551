"""geoplan: planning coverage, density and readiness of Vietnamese cities.

One way through: files → intake → City → assess → Assessment → map | report | export.
"""

from geoplan import __about__
from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.criteria.verdict import Verdict
from geoplan.exports.export import export
from geoplan.exports.writing import ExportResult
from geoplan.intake import open_raster, read_layer
from geoplan.measures import coverage, density, zones
from geoplan.quantity import Quantity
from geoplan.show import CityMap, explore
from geoplan.show.report import report
from geoplan.workspace import list_cities, open_city

__version__ = __about__.VERSION

__all__ = [
    "Assessment",
    "City",
    "CityMap",
    "ExportResult",
    "Quantity",
    "Verdict",
    "__version__",
    "assess",
    "coverage",
    "density",
    "explore",
    "export",
    "list_cities",
    "open_city",
    "open_raster",
    "read_layer",
    "report",
    "zones",
]
