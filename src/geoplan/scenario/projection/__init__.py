"""What next: people by commune, zones and workforce, and the year in which each threshold is crossed."""

from geoplan.scenario.projection.project import first_year, project

__all__ = ["first_year", "project"]
