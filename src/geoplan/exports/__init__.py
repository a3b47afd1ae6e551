"""Results to files that other programs open."""

from geoplan.exports.atomic import beside
from geoplan.exports.tables import TABLE_FORMATS, write_table

__all__ = ["TABLE_FORMATS", "beside", "write_table"]
