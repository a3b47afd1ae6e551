"""How far the area of plans, urban land and zones may be off for how sharply their layers are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geoplan import schema
from geoplan.errors import listening
from geoplan.measures import overlay, spread
from geoplan.measures.plan_layer import DEFAULT_KIND_COLUMN, read_plans, read_urban_land
from geoplan.measures.spread import Spread

if TYPE_CHECKING:
    import geopandas as gpd

    from geoplan.city import City
    from geoplan.quantity import Scope
    from geoplan.schema import LayerName


class Sharpness:
    """Bounds of areas from the layers' stated accuracy; nothing is measured where they state none."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._outlines: dict[str, Any] = {}
        self._wholes: dict[tuple[str, str], Any] = {}

    def of(
        self,
        km2: float | None,
        *layers: LayerName,
        scope: Scope,
        rows: gpd.GeoDataFrame,
        kind: str = schema.ALL_KINDS,
    ) -> Spread:
        """The span of the area that layers have together inside a scope.

        Parameters
        ----------
        km2
            The area as measured.
        layers
            ``plans``, ``urban_land``, ``industrial_zones``.
        scope, rows
            The scope, and its units or its zone.
        kind
            Of the plans; ``all``: zoning and detailed plans together.
        """
        if km2 is None:
            return Spread()
        stated = [m for layer in layers if (m := self.city.layers[layer].accuracy_m) is not None]
        if not stated:
            return Spread()
        shape = self._outlines.get(scope.id)
        if shape is None:
            shape = self._outlines[scope.id] = spread.outline(rows)
        for layer in layers:
            shape = overlay.both(shape, self._whole(layer, kind))
        return spread.line_spread(km2, accuracy_m=max(stated), shape=shape)

    def _whole(self, layer: LayerName, kind: str) -> Any:
        """Everything that counts of a layer on the date, as one geometry."""
        key = layer, kind
        if key not in self._wholes:
            with listening():  # what has to be mended was told when the layer was measured
                self._wholes[key] = self._read(layer, kind)
        return self._wholes[key]

    def _read(self, layer: LayerName, kind: str) -> Any:
        city = self.city
        if layer == "industrial_zones":
            zones = city.industrial_zones
            return spread.outline(zones[zones["status"] != "planned"])
        if layer == "urban_land":
            return overlay.union(read_urban_land(city.layers["urban_land"].frame))
        plans = read_plans(city.plans, on=city.on, kind_column=DEFAULT_KIND_COLUMN)
        wanted = ("zoning", "detailed") if kind == schema.ALL_KINDS else (kind,)
        return overlay.union(plans.shapes[np.isin(plans.kinds.astype(str), wanted)])
