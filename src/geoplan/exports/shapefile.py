"""Shapefile: a zip a layer, with everything that it needs to be read right and understood.

Inside: ``.shp .shx .dbf .prj .cpg``, the style, ``.fields.csv`` (what each short name means), the metadata
as ``.shp.xml`` (ISO 19115) and ``.txt``. Widths are those of the data; what a dBASE number cannot hold is
refused, not cut.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import fiona
import shapely
from pyproj import CRS

from geoplan.errors import DataError
from geoplan.exports import metadata
from geoplan.exports.csv_file import write_tables
from geoplan.exports.dimensions import by_dimension
from geoplan.exports.shortened import cut, field_table
from geoplan.exports.vectors import plain_values
from geoplan.exports.writing import Format, Job, Loss, Part, Written, overflow, require_finite
from geoplan.model import words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import geopandas as gpd

    from geoplan.exports.fields import Field
    from geoplan.exports.layers import ExportLayer

TEXT_BYTES: Final = 254
NUMBER_WIDTH: Final = 19
"""Characters of a number that every reader of dBASE takes."""
INTEGER_WIDTH: Final = 18
"""More digits are read back as a floating number."""
_MOST_DECIMALS: Final = 15
_MOST_FIELDS: Final = 255
_LONG: Final = 10
"""From this width on GDAL makes a whole number one of 64 bits."""
LIMIT: Final = (1 << 31) - 1
"""Bytes of a .shp or .dbf that every reader takes."""
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_TYPES: Final = {0: "MultiPoint", 1: "LineString", 2: "Polygon"}
_ENDINGS: Final = {0: "points", 1: "lines", 2: "polygons"}


@dataclass(frozen=True)
class Width:
    """How a field lies in the .dbf: its type for fiona, its bytes, and its decimals."""

    kind: str
    bytes: int
    decimals: int = 0

    @property
    def schema(self) -> str:
        """As fiona's schema has it."""
        if self.kind == "float":
            return f"float:{self.bytes}.{self.decimals}"
        return f"{self.kind}:{self.bytes}" if self.kind in {"str", "int64"} else self.kind


def write(job: Job) -> Written:
    """One zip a layer and type of geometry; tables as CSV."""
    parts: list[Part] = []
    losses: list[Loss] = []
    for layer in job.layers:
        if not layer.spatial:
            continue
        require_finite(layer)
        pieces = list(by_dimension(job.placed(layer)))
        for dimension, frame in pieces:
            ending = f"-{_ENDINGS[dimension]}" if len(pieces) > 1 else ""
            parts.append(_write(job, layer, frame, dimension, job.path(layer, f"{ending}.zip")))
        if len(pieces) > 1:
            text = words(
                f"tách thành {len(pieces)} tệp theo loại hình (điểm, đường, vùng).",
                f"split into {len(pieces)} files by the type of geometry.",
            )
            losses.append(Loss(layer.name, "geometry", text))
    tables = write_tables(job)
    return Written((*parts, *tables.parts), (*losses, *tables.losses))


def _write(job: Job, layer: ExportLayer, frame: gpd.GeoDataFrame, dimension: int, path: Path) -> Part:
    widths = {field.name: width_of(layer, field, frame) for field in layer.fields}
    check_size(layer, frame, [w.bytes for w in widths.values()])
    home = job.folder / f".{path.stem}"
    home.mkdir()
    shp = home / f"{path.stem}.shp"
    names = {field.name: field.short for field in layer.fields}
    _write_shp(shp, frame, widths=widths, layer=layer, dimension=dimension)
    _write_companions(job, layer, shp, names)
    _pack(home, path)
    return Part(layer, frame, path, names=names)


def width_of(layer: ExportLayer, field: Field, frame: gpd.GeoDataFrame) -> Width:
    """The width of a field in bytes, from the values that it is to hold.

    Raises
    ------
    DataError
        When a number needs more than a dBASE field has; with the field, the row and the value.
    """
    values = plain_values(frame[field.name], field)
    known = [(i, v) for i, v in enumerate(values) if v is not None]
    if field.kind == "text":
        longest = max((len(cut(v, TEXT_BYTES).encode("utf-8", "replace")) for _, v in known), default=1)
        return Width("str", max(longest, 1))
    if field.kind == "date":
        return Width("date", 8)
    if field.kind == "boolean":
        return Width("int64", 1)
    if field.kind == "integer":
        for row, value in known:
            if len(str(value)) > INTEGER_WIDTH:
                raise overflow(layer, field.name, row, value)
        return Width("int64", max((len(str(v)) for _, v in known), default=1))
    return _number_width(layer, field, known)


def _number_width(layer: ExportLayer, field: Field, known: list[tuple[int, float]]) -> Width:
    """As many decimals as the values need to come back the same, as far as there is room."""
    if not known:
        return Width("float", 2, 0)
    for row, value in known:
        if len(f"{value:.0f}") > NUMBER_WIDTH:
            raise overflow(layer, field.name, row, value)
    values = [v for _, v in known]
    needed = max([field.decimals or 0, *(_decimals(v) for v in values)])
    for decimals in range(min(needed, _MOST_DECIMALS), -1, -1):
        width = max(len(f"{v:.{decimals}f}") for v in values)
        if width <= NUMBER_WIDTH:
            return Width("float", width, decimals)
    raise AssertionError(field.name)


def _decimals(value: float) -> int:
    """With how many decimals a number is the same when it is read again."""
    return max(0, -int(Decimal(repr(value)).normalize().as_tuple().exponent))


def check_size(layer: ExportLayer, frame: gpd.GeoDataFrame, widths: Sequence[int]) -> None:
    """Refuse before anything is written what a .shp or .dbf cannot hold.

    Raises
    ------
    DataError
        More than 255 fields, or a file of more than 2 GB; with the size.
    """
    if len(widths) > _MOST_FIELDS:
        raise DataError(
            vi=f"{layer.name}: {len(widths)} trường, Shapefile chỉ giữ được {_MOST_FIELDS}; hãy xuất gpkg.",
            en=f"{layer.name}: {len(widths)} fields, a shapefile holds {_MOST_FIELDS}; export gpkg.",
        )
    size = max(bytes_of(frame, widths))
    if size > LIMIT:
        raise DataError(
            vi=f"{layer.name}: cần {number(size)} byte, Shapefile chỉ giữ được {number(LIMIT)} (2 GB); "
            "hãy xuất gpkg, hoặc chia lớp.",
            en=f"{layer.name}: {number(size, lang='en')} bytes, a shapefile holds {number(LIMIT, lang='en')} "
            "(2 GB); export gpkg, or divide the layer.",
        )


def bytes_of(frame: gpd.GeoDataFrame, widths: Sequence[int]) -> tuple[int, int]:
    """How large the .shp and the .dbf will be (the .shp at most)."""
    shapes = frame.geometry.to_numpy()
    singles = shapely.get_parts(shapes)
    rings = len(singles) + int(shapely.get_num_interior_rings(singles).sum())
    shp = 100 + 52 * len(frame) + 4 * rings + 16 * int(shapely.get_num_coordinates(shapes).sum())
    dbf = 33 + 32 * len(widths) + len(frame) * (1 + sum(widths)) + 1
    return shp, dbf


def _write_shp(
    shp: Path, frame: gpd.GeoDataFrame, *, widths: dict[str, Width], layer: ExportLayer, dimension: int
) -> None:
    fields, system = layer.fields, CRS.from_user_input(frame.crs)
    schema = {
        "geometry": _TYPES[dimension],
        "properties": {field.short: widths[field.name].schema for field in fields},
    }
    columns = {
        field.short: _cells(plain_values(frame[field.name], field), field, widths[field.name])
        for field in fields
    }
    code = system.to_epsg()
    with fiona.open(
        str(shp),
        "w",
        driver="ESRI Shapefile",
        schema=schema,
        crs_wkt=system.to_wkt() if code is None else None,
        crs=None if code is None else f"EPSG:{code}",
        encoding="UTF-8",
        DBF_DATE_LAST_UPDATE="2000-01-01",
    ) as file:
        shapes = frame.geometry.to_numpy()
        rows = zip(*columns.values(), strict=True) if columns else [()] * len(frame)
        file.writerecords(
            {
                "geometry": None
                if shape is None or shape.is_empty
                else shapely.geometry.mapping(_point(shape, dimension)),
                "properties": dict(zip(columns, row, strict=True)),
            }
            for shape, row in zip(shapes, rows, strict=True)
        )
    shp.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")


def _point(shape: Any, dimension: int) -> Any:
    """Single points as multipoints: the file holds those."""
    return shapely.multipoints([shape]) if dimension == 0 and shape.geom_type == "Point" else shape


class _Long(int):
    """A whole number for a field of ten characters and more."""


def _cells(values: list[Any], field: Field, width: Width) -> list[Any]:
    """Values as fiona takes them.

    It remembers by the Python type alone how to write a value: after a short whole number it would write
    a long one as 32 bits, after a date as text every text as a date. So each type of field has its own.
    """
    if field.kind == "text":
        return [None if v is None else cut(v, TEXT_BYTES) for v in values]
    if field.kind == "boolean":  # 1 and 0: a dBASE logical is read as text by GDAL before 3.7 and by ArcGIS
        return [None if v is None else int(v) for v in values]
    if field.kind == "integer" and width.bytes >= _LONG:
        return [None if v is None else _Long(v) for v in values]
    return values


def _write_companions(job: Job, layer: ExportLayer, shp: Path, names: dict[str, str]) -> None:
    """What explains the files: fields, metadata, style."""
    field_table(job, layer, shp.with_suffix(".fields.csv"), names=names)
    text = metadata.readable(job, layer, names=names)
    shp.with_suffix(".txt").write_text(text, encoding="utf-8-sig", newline="\r\n")
    shp.with_suffix(".shp.xml").write_text(metadata.iso_xml(job, layer), encoding="utf-8", newline="\n")
    job.write_style(layer, shp, names=names)


def _pack(home: Path, target: Path) -> None:
    """Everything in a folder as a zip that is the same every time; the folder goes."""
    with zipfile.ZipFile(target, "w") as archive:
        for file in sorted(home.iterdir()):
            entry = zipfile.ZipInfo(file.name, date_time=_ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with file.open("rb") as source, archive.open(entry, "w") as out:
                while piece := source.read(1 << 20):
                    out.write(piece)
            file.unlink()
    home.rmdir()


FORMAT: Final = Format("shp", words("Shapefile", "Shapefile"), write)
