"""Run by Debian's Python inside QGIS, without a screen: how QGIS draws what geoplan wrote.

In, on stdin: JSON with ``layers`` (a list of [source, path of an SLD or null, points to look at]), and
``projects`` (a list of [path of a .qgz, folder to print into]). Out, as the last line: what it saw of
each. It imports nothing of geoplan.
"""

import json
import os
import sys

from qgis.core import (  # type: ignore[import-not-found]
    Qgis,
    QgsApplication,
    QgsLayoutExporter,
    QgsLayoutItemLabel,
    QgsLayoutItemScaleBar,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRenderContext,
    QgsUnitTypes,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize  # type: ignore[import-not-found]
from qgis.PyQt.QtGui import QColor  # type: ignore[import-not-found]

QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
said: list = []
ASIDE = ("Python warning", "processing", "Network")
SIZE = 600


def hear(text, tag, level):  # noqa: ANN001
    if level in (Qgis.Warning, Qgis.Critical) and not tag.startswith(ASIDE):
        said.append(f"{tag}: {text}")


QgsApplication.messageLog().messageReceived.connect(hear)


def look(layer):  # noqa: ANN001
    """The renderer, what it goes by, its legend and its labels."""
    renderer = layer.renderer()
    labeling = layer.labeling()
    settings = None if labeling is None else labeling.settings()
    written = None if settings is None else settings.format()  # kept: what it gives points into it
    halo = None if written is None else written.buffer()
    return {
        "valid": layer.isValid(),
        "renderer": renderer.type(),
        "fields": sorted(renderer.usedAttributes(QgsRenderContext())),
        "legend": [item.label() for item in renderer.legendSymbolItems()],
        "label": None if settings is None else settings.fieldName,
        "halo": halo is not None and halo.enabled(),
        "labelled": layer.labelsEnabled(),
    }


def pixels(layer, points):  # noqa: ANN001
    """The colours in which a layer is drawn: the commonest ones of 9 × 9 pixels at each point."""
    labels = layer.labelsEnabled()
    layer.setLabelsEnabled(False)
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(layer.crs())
    settings.setExtent(layer.extent())
    settings.setOutputSize(QSize(SIZE, SIZE))
    settings.setBackgroundColor(QColor("white"))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image, found = job.renderedImage(), []
    for x, y in points:
        at = settings.mapToPixel().transform(x, y)
        near = [
            image.pixelColor(int(at.x()) + i, int(at.y()) + j).name()
            for i in range(-4, 5)
            for j in range(-4, 5)
        ]
        found.append(sorted(set(near), key=near.count, reverse=True))
    layer.setLabelsEnabled(labels)
    return found


def styled(source, sld, points):  # noqa: ANN001
    layer = QgsVectorLayer(source, "layer", "ogr")
    if sld is not None:
        message, done = layer.loadSldStyle(sld)
        if not done:
            said.append(message)
    return look(layer) | {"pixels": pixels(layer, points)}


def opened(path, folder):  # noqa: ANN001
    project = QgsProject.instance()
    project.clear()
    other: list = []
    project.readVersionMismatchOccurred.connect(other.append)
    read = project.read(path)
    tree = project.layerTreeRoot()
    seen = {
        "read": read,
        "other_version": other,
        "title": project.title(),
        "crs": project.crs().authid(),
        "groups": {g.name(): [c.layer().name() for c in g.children()] for g in tree.children()},
        "layers": {},
        "layouts": [],
    }
    for layer in project.mapLayers().values():
        name = layer.source().split("layername=")[1]
        seen["layers"][name] = {
            "valid": layer.isValid(),
            "crs": layer.crs().authid() if layer.isSpatial() else None,
            "shown": tree.findLayer(layer).isVisible(),
            "source": layer.source(),
            "look": look(layer) if layer.isSpatial() else None,
        }
    for layout in project.layoutManager().layouts():
        items = layout.items()
        exporter = QgsLayoutExporter(layout)
        settings = QgsLayoutExporter.ImageExportSettings()
        settings.dpi = 100
        seen["layouts"].append(
            {
                "name": layout.name(),
                "kinds": sorted({type(item).__name__ for item in items}),
                "texts": [item.currentText() for item in items if isinstance(item, QgsLayoutItemLabel)],
                "bars": [
                    [bar.unitLabel(), bar.unitsPerSegment(), bar.units() == QgsUnitTypes.DistanceMeters]
                    for bar in items
                    if isinstance(bar, QgsLayoutItemScaleBar)
                ],
                "printed": [
                    exporter.exportToImage(folder + "/page.png", settings),
                    exporter.exportToPdf(folder + "/page.pdf", QgsLayoutExporter.PdfExportSettings()),
                ],
            }
        )
    return seen


asked = json.load(sys.stdin)
out = {
    "layers": [styled(*one) for one in asked.get("layers", [])],
    "projects": [opened(*one) for one in asked.get("projects", [])],
    "said": said,
}
sys.stdout.write("\n" + json.dumps(out) + "\n")
sys.stdout.flush()
os._exit(0)
