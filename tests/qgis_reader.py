"""Run by Debian's Python inside QGIS, without a screen: what QGIS sees of the layers that come on stdin.

In: a JSON list of [source, layer name]. Out, as the last line: a JSON list of count, EPSG code, field names, extent
in degrees by QGIS's own transformation, and every warning. It imports nothing of geoplan.
"""

import json
import os
import sys

from qgis.core import (  # type: ignore[import-not-found]
    Qgis,
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsProject,
    QgsVectorLayer,
)

QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
said: list = []
ASIDE = ("Python warning", "processing", "CRS", "Network")


def hear(text, tag, level):  # noqa: ANN001
    if level in (Qgis.Warning, Qgis.Critical) and not tag.startswith(ASIDE):
        said.append(f"{tag}: {text}")


QgsApplication.messageLog().messageReceived.connect(hear)
seen = []
degrees = QgsCoordinateReferenceSystem("EPSG:4326")
for source, name in json.load(sys.stdin):
    said.clear()
    layer = QgsVectorLayer(source, name, "ogr")
    box = None
    if layer.isValid() and layer.isSpatial() and layer.featureCount():
        move = QgsCoordinateTransform(layer.crs(), degrees, QgsProject.instance())
        corners = None
        for feature in layer.getFeatures():
            shape = feature.geometry()
            if shape.isNull() or shape.isEmpty():
                continue
            shape.transform(move)
            found = shape.boundingBox()
            corners = found if corners is None else corners
            corners.combineExtentWith(found)
        if corners is not None:
            box = [corners.xMinimum(), corners.yMinimum(), corners.xMaximum(), corners.yMaximum()]
    code = layer.crs().authid() if layer.isValid() else ""
    seen.append(
        {
            "count": layer.featureCount() if layer.isValid() else -1,
            "epsg": int(code[5:]) if code.startswith("EPSG:") else None,
            "fields": [f.name() for f in layer.fields()],
            "extent": box,
            "warnings": said[:] if layer.isValid() else ["not valid", *said],
        }
    )
sys.stdout.write("\n" + json.dumps(seen) + "\n")
sys.stdout.flush()
os._exit(0)
