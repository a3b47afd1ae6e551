"""Foreign files to clean layers: open safely, mend, say what was done."""

from geoplan.intake.limits import Limits, parse_limits
from geoplan.intake.raster import Raster, open_raster
from geoplan.intake.read import Opened, describe, open_layer, read_layer
from geoplan.intake.repair import Repair, mend

__all__ = [
    "Limits",
    "Opened",
    "Raster",
    "Repair",
    "describe",
    "mend",
    "open_layer",
    "open_raster",
    "parse_limits",
    "read_layer",
]
