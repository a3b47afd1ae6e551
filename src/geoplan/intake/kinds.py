"""What a file is, told by its content: the extension is only a claim."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

HEAD: Final = 1 << 16


@dataclass(frozen=True)
class Kind:
    """One format.

    Attributes
    ----------
    name
        What people call it.
    driver
        The GDAL driver that fiona's door lets in; empty for formats that GDAL does not read here.
    reads_as
        The drivers that pyogrio may then read it with.
    suffixes
        Extensions it goes by, the usual one first.
    sidecars
        Extensions of the files beside it that belong to it.
    prefix
        Put before the path, makes GDAL take this driver and no other.
    text
        Whether it is written as text: the smaller limit applies.
    drawing
        Whether polygons may come as closed lines.
    indirect
        Whether small parts of it may be used many times: it is measured before it is read whole.
    """

    name: str
    driver: str
    reads_as: tuple[str, ...]
    suffixes: tuple[str, ...]
    sidecars: tuple[str, ...] = ()
    prefix: str = ""
    text: bool = False
    drawing: bool = False
    indirect: bool = False
    options: tuple[tuple[str, str], ...] = ()


def _kind(name: str, driver: str, *suffixes: str, **more: object) -> Kind:
    return Kind(name, driver, (driver,), suffixes, **more)  # type: ignore[arg-type]


SHAPEFILE: Final = _kind("Shapefile", "ESRI Shapefile", ".shp", sidecars=(".shx", ".dbf", ".prj", ".cpg"))
GPKG: Final = _kind("GeoPackage", "GPKG", ".gpkg")
GEOJSON: Final = _kind("GeoJSON", "GeoJSON", ".geojson", ".json", prefix="GeoJSON:", text=True)
GEOJSONL: Final = _kind(
    "GeoJSON", "GeoJSONSeq", ".geojsonl", ".geojsons", ".ndjson", ".jsonl", prefix="GeoJSONSeq:", text=True
)
FLATGEOBUF: Final = _kind("FlatGeobuf", "FlatGeobuf", ".fgb")
TAB: Final = _kind(
    "MapInfo TAB", "MapInfo File", ".tab", sidecars=(".dat", ".map", ".id", ".ind", ".dbf"), indirect=True
)
MIF: Final = _kind("MapInfo MIF", "MapInfo File", ".mif", sidecars=(".mid",), text=True, indirect=True)
KML: Final = Kind("KML", "KML", ("LIBKML", "KML"), (".kml",), text=True)
GML: Final = _kind(
    "GML",
    "GML",
    ".gml",
    ".xml",
    sidecars=(".xsd",),
    text=True,
    options=(("DOWNLOAD_SCHEMA", "NO"), ("WRITE_GFS", "NO")),
)
DXF: Final = _kind(
    "DXF", "DXF", ".dxf", text=True, drawing=True, indirect=True, options=(("INLINE_BLOCKS", "NO"),)
)
DGN: Final = _kind("DGN", "DGN", ".dgn", drawing=True, indirect=True)
FILEGDB: Final = _kind("FileGDB", "OpenFileGDB", ".gdb", indirect=True)
PARQUET: Final = Kind("GeoParquet", "", (), (".parquet", ".geoparquet", ".pq"))
CSV: Final = Kind("CSV", "", (), (".csv", ".tsv"), text=True)
ZIP: Final = Kind("ZIP", "", (), (".zip", ".kmz"))

KINDS: Final = (
    SHAPEFILE,
    GPKG,
    GEOJSON,
    GEOJSONL,
    FLATGEOBUF,
    TAB,
    MIF,
    KML,
    GML,
    DXF,
    DGN,
    FILEGDB,
    PARQUET,
    CSV,
)

_MAGIC: Final = (
    (b"\x00\x00\x27\x0a", SHAPEFILE),
    (b"SQLite format 3\x00", GPKG),
    (b"fgb\x03fgb", FLATGEOBUF),
    (b"PAR1", PARQUET),
    (b"\x08\x09\xfe\x02", DGN),
    (b"\xc8\x09\xfe\x02", DGN),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
)
_BOM: Final = b"\xef\xbb\xbf"
_XML_ROOT: Final = re.compile(
    rb"\s*+(?:<\?[^>]*+>\s*+|<!--(?>.*?-->)\s*+)*+<([\w.-]++:)?([\w.-]++)", re.DOTALL
)
_MIF: Final = re.compile(rb"\s*version\s+\d+", re.IGNORECASE)
_DXF: Final = re.compile(
    rb"\s*+(?:999[ \t]*+\r?\n[^\r\n]*+\r?\n[ \t]*+)*+0[ \t]*+\r?\n[ \t]*+SECTION\s", re.IGNORECASE
)
_TEXT: Final = (
    (GEOJSON, re.compile(rb"\s*\{")),
    (TAB, re.compile(rb"\s*!table", re.IGNORECASE)),
    (MIF, _MIF),
    (DXF, _DXF),
)
_ONE_OBJECT_A_LINE: Final = re.compile(rb"\s*\{[^\r\n]*\}[ \t]*\r?\n\s*\{")


def sniff(file: Path) -> Kind | None:
    """The format of one file, or None when it is none of those that geoplan reads."""
    with file.open("rb") as opened:
        head = opened.read(HEAD)
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    return _sniff_text(head.removeprefix(_BOM), file.suffix.casefold())


def _sniff_text(head: bytes, suffix: str) -> Kind | None:
    start = head.lstrip()[:1]
    if start == b"<":
        root = _XML_ROOT.match(head)
        if root is None:  # an XML with a document type is refused later, in words of its own
            return GML if b"<!DOCTYPE" in head else None
        return KML if root[2] == b"kml" else GML
    if start == b"\x1e" or (
        start == b"{" and (suffix in GEOJSONL.suffixes or _ONE_OBJECT_A_LINE.match(head))
    ):
        return GEOJSONL
    for kind, pattern in _TEXT:
        if pattern.match(head):
            return kind
    return CSV if suffix in CSV.suffixes and b"\x00" not in head else None


def by_suffix(name: str) -> Kind | None:
    """The format that a file name claims, or None."""
    lower = name.casefold()
    return next((kind for kind in KINDS if lower.endswith(kind.suffixes)), None)
