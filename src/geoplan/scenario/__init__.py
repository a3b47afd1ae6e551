"""What if, what is cheapest, what next: a City to a changed City, and the search for the best change."""

from geoplan.scenario.compare import Comparison, compare
from geoplan.scenario.file import Scenario, read_scenario

__all__ = ["Comparison", "Scenario", "compare", "read_scenario"]
