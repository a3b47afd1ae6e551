"""The map of a city on paper: one page of A4 or A3 as PNG or PDF, without a browser."""

from geoplan.show.paper.ground import LAYERS
from geoplan.show.paper.sheet import Sheet, compose, print_map

__all__ = ["LAYERS", "Sheet", "compose", "print_map"]
