"""GeoJSON by RFC 7946: always WGS 84 longitude and latitude."""

from __future__ import annotations

from typing import Final

from geoplan.exports.csv_file import write_tables
from geoplan.exports.vectors import write_vector
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.model import words

_DECIMALS: Final = 15
"""As many as a coordinate has: rounding to fewer makes slivers of gaps collapse."""


def write(job: Job) -> Written:
    """One ``.geojson`` a layer; tables as CSV."""
    parts = []
    for layer in job.layers:
        if not layer.spatial:
            continue
        require_finite(layer)
        path = job.path(layer, ".geojson")
        options = {
            "RFC7946": "YES",
            "COORDINATE_PRECISION": str(_DECIMALS),
            "SIGNIFICANT_FIGURES": "17",
            "WRITE_NAME": "YES",
            "DESCRIPTION": layer.title.text(job.lang),
        }
        frame = job.placed(layer)
        write_vector(
            frame,
            path,
            fields=layer.fields,
            driver="GeoJSON",
            layer=layer.name,
            crs="EPSG:4326",
            layer_options=options,
        )
        job.write_style(layer, path)
        parts.append(Part(layer, frame, path))
    tables = write_tables(job)
    return Written((*parts, *tables.parts), tables.losses)


FORMAT: Final = Format("geojson", words("GeoJSON", "GeoJSON"), write, lonlat=True)
