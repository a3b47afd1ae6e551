"""The search for the best change: which wards, which parts to plan, at the least cost."""

from geoplan.scenario.best.front import front
from geoplan.scenario.best.search import best

__all__ = ["best", "front"]
