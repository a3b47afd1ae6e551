"""Writing GeoPackages: one version that every program opens, and the same bytes every time."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pyogrio

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

VERSION: Final = "1.2"
"""GDAL's newest default is not opened by QGIS 3.22 without a warning."""
STAMP: Final = "2000-01-01T00:00:00.000Z"


@contextmanager
def fixed_time() -> Iterator[None]:
    """While inside, GDAL takes it to be `STAMP`: it writes the time into files unless it is told another."""
    earlier = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": earlier})


def write_gpkg(frame: pd.DataFrame, path: Path, *, layer: str | None = None, append: bool = False) -> None:
    """Write a layer, or a table when it has no geometry, into a new file; into the same one to append."""
    with fixed_time():
        if append:
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=True)
        else:
            path.unlink(missing_ok=True)
            options = {"VERSION": VERSION}
            pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", dataset_options=options)
