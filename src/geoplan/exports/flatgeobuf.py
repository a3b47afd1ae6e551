"""FlatGeobuf: one file a layer, rows in their order."""

from __future__ import annotations

from typing import Final

from geoplan.exports.csv_file import write_tables
from geoplan.exports.vectors import write_vector
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.model import words


def write(job: Job) -> Written:
    """One ``.fgb`` a layer; tables as CSV.

    Without the spatial index, which would put the rows in another order.
    """
    parts = []
    for layer in job.layers:
        if not layer.spatial:
            continue
        require_finite(layer)
        path, frame = job.path(layer, ".fgb"), job.placed(layer)
        options = {"SPATIAL_INDEX": "NO", "TITLE": layer.title.text(job.lang)}
        write_vector(
            frame, path, fields=layer.fields, driver="FlatGeobuf", layer=layer.name, layer_options=options
        )
        job.write_style(layer, path)
        parts.append(Part(layer, frame, path))
    tables = write_tables(job)
    return Written((*parts, *tables.parts), tables.losses)


FORMAT: Final = Format("fgb", words("FlatGeobuf", "FlatGeobuf"), write)
