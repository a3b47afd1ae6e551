"""Foreign files to clean layers: open safely, mend, say what was done."""

from geoplan.intake.raster import Raster, open_raster
from geoplan.intake.read import read_layer
from geoplan.intake.repair import Repair, mend

__all__ = ["Raster", "Repair", "mend", "open_raster", "read_layer"]
