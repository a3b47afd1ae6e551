"""geoplan: planning coverage, density and readiness of Vietnamese cities.

One way through: files → intake → City → assess → Assessment → map | report | export.
"""

from geoplan import __about__
from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.intake import open_raster, read_layer
from geoplan.measures import coverage, density, zones
from geoplan.show import CityMap, explore
from geoplan.workspace import list_cities, open_city

__version__ = __about__.VERSION

__all__ = [
    "Assessment",
    "City",
    "CityMap",
    "__version__",
    "assess",
    "coverage",
    "density",
    "explore",
    "list_cities",
    "open_city",
    "open_raster",
    "read_layer",
    "zones",
]
