"""Writing GeoPackages: one version that every program opens, and the same bytes every time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyogrio

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

_STAMP: Final = "2000-01-01T00:00:00.000Z"
"""GDAL writes the time into the file unless it is told what time it is."""


def write_gpkg(frame: pd.DataFrame, path: Path, *, layer: str | None = None, append: bool = False) -> None:
    """Write a layer, or a table when it has no geometry, into a new file; into the same one to append.

    GeoPackage 1.2: GDAL's newest default is not opened by QGIS 3.22 without a warning.
    """
    earlier = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        if append:
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=True)
        else:
            path.unlink(missing_ok=True)
            options = {"VERSION": "1.2"}
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", dataset_options=options)
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": earlier})
