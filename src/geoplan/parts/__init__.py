"""The measures by parts of the land: in files larger than memory, and on many machines.

A coverage needs the plans near a commune and no others. Communes are put into parts by where they lie, each
part gets the plans whose boxes meet its communes' boxes, and its figures go to their places: the table is
that of the measure on one machine, to the last bit.
"""

from geoplan.parts.coverage import coverage
from geoplan.parts.density import density

__all__ = ["coverage", "density"]
