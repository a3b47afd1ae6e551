"""A table of results as csv, xlsx, parquet, gpkg or geojson, with full precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import xlsxwriter

from geoplan import crs
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.gpkg import write_gpkg

if TYPE_CHECKING:
    from pathlib import Path

TABLE_FORMATS: Final = (".csv", ".xlsx", ".parquet", ".gpkg", ".geojson")


def check_format(path: Path) -> None:
    """Refuse an extension that no format here has, before any work is done.

    Raises
    ------
    UsageError
        The sentence lists the extensions.
    """
    if path.suffix.casefold() not in TABLE_FORMATS:
        raise UsageError(
            vi=f"{path.name}: không biết định dạng “{path.suffix}”; hãy dùng {', '.join(TABLE_FORMATS)}.",
            en=f"{path.name}: unknown format “{path.suffix}”; use {', '.join(TABLE_FORMATS)}.",
        )


def write_table(table: pd.DataFrame, path: Path, *, units: gpd.GeoDataFrame) -> None:
    """Write a table of results; the format is the extension's.

    Parameters
    ----------
    table
        Rows whose index values are those of `units`; an index value may repeat.
    path
        Where to; an existing file is replaced whole, or left as it is when writing fails.
    units
        The communes: their geometry goes into gpkg and geojson, and into parquet as GeoParquet.
        GeoJSON is written in WGS 84 longitude and latitude, the others in the units' own CRS.

    Raises
    ------
    UsageError
        Unknown extension, or a folder that cannot be written to.
    """
    check_format(path)
    suffix = path.suffix.casefold()
    with beside(path) as draft:
        if suffix == ".csv":
            table.to_csv(draft, index=False, encoding="utf-8", lineterminator="\n")
        elif suffix == ".xlsx":
            _write_xlsx(table, draft)
        elif suffix == ".parquet":
            _placed(table, units).to_parquet(draft, index=False)
        elif suffix == ".gpkg":
            write_gpkg(_placed(table, units), draft, layer=path.stem)
        else:
            placed = crs.to_lonlat(_placed(table, units))
            placed.to_file(draft, driver="GeoJSON", engine="pyogrio", layer_options={"RFC7946": "YES"})


def _placed(table: pd.DataFrame, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    geometry = (
        units.geometry.loc[table.index].to_numpy() if units.index.is_unique else _repeated(table, units)
    )
    return gpd.GeoDataFrame(table.reset_index(drop=True), geometry=geometry, crs=units.crs)


def _repeated(table: pd.DataFrame, units: gpd.GeoDataFrame) -> Any:
    """Geometries for a table that runs through the units in order, so many rows each."""
    return units.geometry.repeat(len(table) // len(units)).to_numpy()


def _write_xlsx(table: pd.DataFrame, path: Path) -> None:
    options = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"created": pd.Timestamp(2000, 1, 1).to_pydatetime()})
        sheet = book.add_worksheet("geoplan")
        bold = book.add_format({"bold": True})
        for column, name in enumerate(table.columns):
            sheet.write_string(0, column, str(name), bold)
            for row, value in enumerate(table[name].tolist(), start=1):
                if isinstance(value, bool):
                    sheet.write_boolean(row, column, value)
                elif isinstance(value, int | float):
                    if pd.notna(value):
                        sheet.write_number(row, column, value)
                elif value is not None:
                    sheet.write_string(row, column, str(value))
        sheet.freeze_panes(1, 0)
        sheet.autofit()
