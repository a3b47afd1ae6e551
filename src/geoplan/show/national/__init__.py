"""All cities of a batch beside one another: one table, as Parquet and workbook, and one page with maps."""

from geoplan.show.national.page import national_page
from geoplan.show.national.rows import NationalRow
from geoplan.show.national.tables import national_frame, write_national_workbook

__all__ = ["NationalRow", "national_frame", "national_page", "write_national_workbook"]
