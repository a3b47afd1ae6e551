"""An Assessment to what people look at. Nothing is computed here."""

from geoplan.show.map import CityMap, explore
from geoplan.show.workbook import write_workbook

__all__ = ["CityMap", "explore", "write_workbook"]
