"""The formats that layers go out in. A new one is a module with a `Format`, and its line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.exports import (
    csv_file,
    dossier,
    dxf,
    filegdb,
    flatgeobuf,
    geojson,
    gpkg_file,
    kml,
    mapinfo,
    parquet,
    shapefile,
    xlsx_file,
)

if TYPE_CHECKING:
    from geoplan.exports.writing import Format

_ALL: Final[tuple[Format, ...]] = (
    gpkg_file.FORMAT,
    shapefile.FORMAT,
    geojson.FORMAT,
    flatgeobuf.FORMAT,
    parquet.FORMAT,
    mapinfo.TAB,
    mapinfo.MIF,
    filegdb.FORMAT,
    dxf.FORMAT,
    kml.FORMAT,
    kml.KMZ,
    csv_file.FORMAT,
    xlsx_file.FORMAT,
    dossier.FORMAT,
)
FORMATS: Final[dict[str, Format]] = {each.name: each for each in _ALL}
"""By the name that ``--format`` takes."""
