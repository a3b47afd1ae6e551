"""QGIS's overlap analysis (native:calculatevectoroverlaps) on indexed layers in memory.

Run by the Python that QGIS has, in one process: the clock is round the algorithm alone, with neither QGIS's
start nor files in it. The analysis has no areas under two plans of a kind.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

os.environ["QT_QPA_PLATFORM"] = "offscreen"
sys.path.append("/usr/share/qgis/python/plugins")

import processing
from processing.core.Processing import Processing
from qgis.core import (
    Qgis,
    QgsApplication,
    QgsFeatureRequest,
    QgsGeometry,
    QgsProcessingContext,
    QgsProcessingFeedback,
    QgsVectorLayer,
)
from worker import by_commune, serve

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = QgsApplication([], False)


def load(folder: Path) -> list[Any]:
    """Communes and plans from GeoPackages without a coordinate system, so that areas are the plane's."""
    PROGRAM.initQgis()
    Processing.initialize()
    layers = []
    for name in ("communes", "plans"):
        layer = QgsVectorLayer(str(folder / f"{name}.gpkg"), name, "ogr").materialize(QgsFeatureRequest())
        layer.setName(name)
        assert layer.featureCount()
        assert layer.dataProvider().createSpatialIndex()
        layers.append(layer)
    return layers


def union(layers: list[Any]) -> Any:
    """The analysis."""
    context = QgsProcessingContext()
    context.setEllipsoid("NONE")
    context.setInvalidGeometryCheck(QgsFeatureRequest.GeometryNoCheck)
    asked = {"INPUT": layers[0], "LAYERS": [layers[1]], "OUTPUT": "memory:"}
    algorithm = "native:calculatevectoroverlaps"
    return processing.run(algorithm, asked, context=context, feedback=QgsProcessingFeedback())["OUTPUT"]


def _areas(layers: list[Any], result: Any) -> list[float]:
    rows = [(int(f["code"]), f["plans_area"]) for f in result.getFeatures()]
    return by_commune(layers[0].featureCount(), rows)


if __name__ == "__main__":
    geos = QgsGeometry  # loaded with the core
    assert geos is not None
    serve(
        load,
        {"union": (union, _areas)},
        lambda _: f"QGIS {Qgis.QGIS_VERSION.split('-')[0]}, GEOS {Qgis.geosVersion()}",
    )
    os._exit(0)  # QGIS's own end sometimes crashes, long after the work
