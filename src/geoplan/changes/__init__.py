"""What if: one change of a city at a time, each a new city that remembers what was changed.

`geoplan.city.City` offers these as methods. A change holds from its day on; what the record lawfully says
of other days and of later events stays.
"""

from geoplan.changes.features import plans, zone
from geoplan.changes.record import NAME, Change, file_id, find_units
from geoplan.changes.units import merge, population, wards, without

__all__ = [
    "NAME",
    "Change",
    "file_id",
    "find_units",
    "merge",
    "plans",
    "population",
    "wards",
    "without",
    "zone",
]
