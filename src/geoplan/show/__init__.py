"""An Assessment to what people look at. Nothing is computed here."""

from geoplan.show.map import CityMap, explore
from geoplan.show.panel import panel
from geoplan.show.workbook import write_workbook

__all__ = ["CityMap", "explore", "panel", "write_workbook"]
