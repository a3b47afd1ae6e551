"""The report of a city: one content, written as Word, PDF, Excel and HTML."""

from geoplan.show.report.content import content
from geoplan.show.report.write import FORMATS, report, save_template

__all__ = ["FORMATS", "content", "report", "save_template"]
