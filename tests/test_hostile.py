"""Files made to hurt: each is refused with one sentence or read harmlessly, within time and memory.

Every case runs in a process of its own (`hostile_runner`) with 4 GB of address space and 30 seconds.
"""

from __future__ import annotations

import http.server
import io
import json
import os
import re
import shutil
import sqlite3
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cities import square
from geoplan.errors import DataError, GeoplanError, UsageError
from geoplan.intake.kinds import KINDS, Kind
from geoplan.intake.limits import LIMITS, Limits, parse_limits
from geoplan.intake.read import open_layer, read_layer

CORPUS = Path(__file__).with_name("corpus")
PEAK_MB = 400
"""The most that refusing a file may take; the interpreter with its libraries takes about 100."""
CANARY = "CANARY-7f3a"
TRAPS = [
    "{{ 7*7 }}{% for x in [1] %}",
    "<script>alert(1)</script>",
    "${jndi:ldap://127.0.0.1/a}",
    "=1+1",
    "'; DROP TABLE xa; --",
    "../../etc/passwd",
    "%s%n{0}",
    "`id`$(id)",
    "\u202egnp.exe",
    "x" * 250,
]


@dataclass(frozen=True)
class Yard:
    """A folder to build hostile files in, beside a file that nothing may read."""

    folder: Path
    canary: Path
    port: int

    def put(self, name: str, data: bytes | str) -> Path:
        """Write a file, folders included."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path


def layer(n: int = 3) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"code": [f"0{i}" for i in range(n)], "name": ["Đồng Tiến"] * n},
        geometry=[square(i, 0) for i in range(n)],
        crs=4326,
    )


def shapefile(yard: Yard, name: str = "a") -> dict[str, bytes]:
    folder = yard.folder / f"{name}-made"
    folder.mkdir()
    layer().to_file(folder / f"{name}.shp", encoding="UTF-8")
    return {p.suffix: p.read_bytes() for p in folder.iterdir()}


def put_shapefile(yard: Yard, parts: dict[str, bytes]) -> Path:
    for suffix, data in parts.items():
        yard.put(f"x/a{suffix}", data)
    return yard.folder / "x" / "a.shp"


def vrt(yard: Yard) -> str:
    return (
        f'<OGRVRTDataSource><OGRVRTLayer name="canary"><SrcDataSource>{yard.canary}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    )


def zipped(
    yard: Yard, members: dict[str, bytes], name: str = "a.zip", method: int = zipfile.ZIP_DEFLATED
) -> Path:
    path = yard.folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, data in members.items():
            archive.writestr(zipfile.ZipInfo(member), data, method)
    return path


GEOJSON = '{"type":"FeatureCollection",%s"features":[{"type":"Feature","properties":{"a":%s},"geometry":%s}]}'
SQUARE = '{"type":"Polygon","coordinates":[[[105,21],[106,21],[106,22],[105,21]]]}'
KML = (
    '<?xml version="1.0" encoding="UTF-8"?>%s<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
    "<Placemark><name>%s</name><Polygon><outerBoundaryIs><LinearRing><coordinates>105,21 106,21 106,22 105,21"
    "</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>"
)
GML = (
    '<?xml version="1.0"?>%s<ogr:FeatureCollection xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:schemaLocation="http://ogr.maptools.org/ %s" xmlns:ogr="http://ogr.maptools.org/" '
    'xmlns:gml="http://www.opengis.net/gml" xmlns:xlink="http://www.w3.org/1999/xlink"><gml:featureMember>'
    '<ogr:a><ogr:g><gml:Polygon srsName="%s"><gml:outerBoundaryIs><gml:LinearRing><gml:coordinates>'
    "105,21 106,21 106,22 105,21</gml:coordinates></gml:LinearRing></gml:outerBoundaryIs></gml:Polygon></ogr:g>"
    '<ogr:ten>%s</ogr:ten><ogr:ref xlink:href="%s"/></ogr:a></gml:featureMember></ogr:FeatureCollection>'
)
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True)
)


def entity(yard: Yard) -> str:
    return f'<!DOCTYPE x [<!ENTITY e SYSTEM "file://{yard.canary}">]>'


def dxf_blocks(yard: Yard, depth: int) -> Path:
    """Blocks that each insert the next ten times: a drawing of a few kilobytes, 10^depth lines."""
    path = yard.folder / "a.dxf"
    gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (1, 1)])], crs=9213).to_file(
        path, engine="pyogrio"
    )
    blocks = []
    for i in range(depth):
        inner = f"  0\nINSERT\n  8\n0\n  2\nB{i + 1}\n 10\n0\n 20\n0\n" * 10
        last = "  0\nLINE\n  8\n0\n 10\n0\n 20\n0\n 11\n1\n 21\n1\n"
        body = inner if i < depth - 1 else last
        blocks.append(f"  0\nBLOCK\n  8\n0\n  2\nB{i}\n 10\n0\n 20\n0\n{body}  0\nENDBLK\n  8\n0\n")
    text = path.read_text()
    at = text.index("ENDSEC", text.index("BLOCKS"))
    at = text.rindex("  0\n", 0, at)
    text = text[:at] + "".join(blocks) + text[at:]
    at = text.index("ENTITIES\n") + len("ENTITIES\n")
    insert = "  0\nINSERT\n  8\n0\n  2\nB0\n 10\n0\n 20\n0\n"
    path.write_text(text[:at] + insert + text[at:])
    return path


def gpkg(yard: Yard, *statements: str, name: str = "a.gpkg") -> Path:
    path = yard.folder / name
    layer().to_file(path, layer="a")
    with sqlite3.connect(path) as base:
        base.execute("PRAGMA writable_schema=ON")
        for statement in statements:
            base.execute(statement)
    base.close()
    return path


def nested_wkb(levels: int) -> bytes:
    return struct.pack("<BII", 1, 7, 1) * levels + struct.pack("<BIdd", 1, 1, 0.0, 0.0)


def parquet(yard: Yard, geometries: pa.Array) -> Path:
    path = yard.folder / "a.parquet"
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({"geometry": geometries}).replace_schema_metadata({"geo": json.dumps(geo)})
    pq.write_table(table, path, compression="zstd")
    return path


def absurd(part: str, fmt: str, at: int, value: int) -> Callable[[Yard], Path]:
    """A shapefile with one number in a header replaced."""

    def build(yard: Yard) -> Path:
        parts = shapefile(yard)
        data = bytearray(parts[part])
        struct.pack_into(fmt, data, at, value)
        return put_shapefile(yard, parts | {part: bytes(data)})

    return build


def cut(part: str, keep: int) -> Callable[[Yard], Path]:
    def build(yard: Yard) -> Path:
        parts = shapefile(yard)
        return put_shapefile(yard, parts | {part: parts[part][:keep]})

    return build


def absurd_fgb(yard: Yard) -> Path:
    """A FlatGeobuf whose head claims more features than there are atoms in the file."""
    path = yard.folder / "a.fgb"
    layer().to_file(path, SPATIAL_INDEX="NO")
    data = path.read_bytes()
    assert data.count(struct.pack("<Q", 3)) >= 1
    return yard.put("a.fgb", data.replace(struct.pack("<Q", 3), struct.pack("<Q", 1 << 40)))


def linked_sidecar(yard: Yard) -> Path:
    path = put_shapefile(yard, shapefile(yard))
    path.with_suffix(".cpg").unlink()
    path.with_suffix(".cpg").symlink_to(yard.canary)
    return path


def linked_folder(yard: Yard) -> Path:
    for suffix, data in shapefile(yard).items():
        yard.put(f"far/a{suffix}", data)
    (yard.folder / "x").mkdir()
    (yard.folder / "x" / "a.shp").symlink_to(yard.folder / "far" / "a.shp")
    return yard.folder / "x"


def zip_with_link(yard: Yard) -> Path:
    path = yard.folder / "a.zip"
    info = zipfile.ZipInfo("a.geojson")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, str(yard.canary))
    return path


def encrypted(yard: Yard) -> Path:
    path = zipped(yard, {"a.geojson": b"{}"})
    data = bytearray(path.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    return yard.put("a.zip", bytes(data))


def lying_zip(yard: Yard) -> Path:
    """The table of contents says 10 bytes; a megabyte comes out."""
    path = zipped(yard, {"a.geojson": b" " * (1 << 20)})
    data = path.read_bytes()
    return yard.put("a.zip", data.replace(struct.pack("<L", 1 << 20), struct.pack("<L", 10)))


def many_members(yard: Yard) -> Path:
    return zipped(yard, {f"{i}.txt": b"" for i in range(1001)}, method=zipfile.ZIP_STORED)


def absurd_zip64(yard: Yard) -> Path:
    """A zip64 record that claims a table of contents of 4 exabytes."""
    end64 = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1 << 40, 1 << 40, 1 << 62, 0)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, 4, 1)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return yard.put("a.zip", b"PK\x03\x04" + end64 + locator + end)


def two_in_zip(yard: Yard) -> Path:
    parts = shapefile(yard)
    return zipped(yard, {f"{name}{s}": d for name in ("a", "b") for s, d in parts.items()})


def seamless_tab(yard: Yard) -> Path:
    layer().to_file(yard.folder / "real.tab", driver="MapInfo File")
    text = (yard.folder / "real.tab").read_text()
    return yard.put(
        "view.tab",
        text + f'\nbegin_metadata\n"\\IsSeamless" = "TRUE"\nend_metadata\nopen table "{yard.canary}"\n',
    )


def polyglot_kml(yard: Yard) -> Path:
    return yard.put("a.kml", KML % (f"<!-- {vrt(yard)} -->", "x"))


def gml_with_schema(yard: Yard) -> Path:
    yard.put(
        "a.xsd",
        f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="{yard.canary}"/></xs:schema>',
    )
    return yard.put("a.gml", GML % ("", "a.xsd", "EPSG:4326", "x", "#x"))


def vrt_named(name: str) -> Callable[[Yard], Path]:
    return lambda yard: yard.put(name, vrt(yard))


def empty(name: str) -> Callable[[Yard], Path]:
    return lambda yard: yard.put(name, b"")


def declared(name: str, text: str, head: Callable[[Yard], str]) -> Callable[[Yard], Path]:
    """XML that begins with a document type and then uses an entity wherever it can."""
    return lambda yard: yard.put(name, text % (head(yard), *["&e;"] * (text.count("%s") - 1)))


REFUSED: dict[str, tuple[Callable[[Yard], Path], str]] = {
    **{
        f"vrt named {name}": (vrt_named(name), "không phải tệp véc-tơ")
        for name in ("a.geojson", "a.shp", "a.gpkg", "a.tif", "a.kml", "a.gml", "a.csv", "a.tab", "a.zip", "a.vrt")
    },
    "vrt in a zip": (lambda y: zipped(y, {"a.shp": vrt(y).encode()}), "không phải tệp véc-tơ"),
    "kml that is a vrt in a comment": (polyglot_kml, "lấy dữ liệu từ nơi khác|đọc dữ liệu từ nơi khác"),
    "pipeline in json": (
        lambda y: y.put("a.json", json.dumps({"type": "gdal_streamed_alg", "command_line": f"gdal vector pipeline ! read {y.canary}"})),
        "không phải tệp véc-tơ",
    ),
    "zip traversal": (lambda y: zipped(y, {"../a.geojson": b"{}"}), "dẫn ra ngoài tệp nén"),
    "zip backslash traversal": (lambda y: zipped(y, {"..\\a.geojson": b"{}"}), "dẫn ra ngoài tệp nén"),
    "zip absolute": (lambda y: zipped(y, {"/a.geojson": b"{}"}), "dẫn ra ngoài tệp nén"),
    "zip drive": (lambda y: zipped(y, {"C:a.geojson": b"{}"}), "dẫn ra ngoài tệp nén"),
    "zip in zip": (lambda y: zipped(y, {"b.zip": b"PK\x05\x06" + bytes(18)}), "tệp nén khác bên trong"),
    "zip link": (zip_with_link, "là liên kết"),
    "zip encrypted": (encrypted, "có mật khẩu"),
    "zip of many": (many_members, "1.001 tệp trong tệp nén, quá giới hạn 1.000"),
    "zip ratio": (lambda y: zipped(y, {"a.geojson": b" " * 50_000_000}), "lần phình ra khi giải nén, quá giới hạn 200"),
    "zip lies": (lying_zip, "nói sai kích thước|tệp nén hỏng"),
    "zip64 absurd": (absurd_zip64, "tệp trong tệp nén, quá giới hạn"),
    "zip same name twice": (lambda y: zipped(y, {"a.geojson": b"{}", "A.geojson": b"{}"}), "hai tệp cùng tên"),
    "two shapefiles in a zip": (two_in_zip, r"có 2 lớp \(a, b\); hãy chọn một lớp"),
    "shp cut": (cut(".shp", 200), "tệp .shp bị cắt cụt"),
    "shp head only": (cut(".shp", 60), "tệp .shp bị cắt cụt"),
    "dbf cut": (cut(".dbf", 120), "tệp .dbf bị cắt cụt"),
    "dbf head cut": (cut(".dbf", 5), "tệp .dbf bị cắt cụt"),
    "shp length absurd": (absurd(".shp", ">i", 24, 0x7FFFFFFF), "tệp .shp bị cắt cụt"),
    "shp record absurd": (absurd(".shp", ">i", 104, 0x7FFFFFFF), "tệp .shp bị cắt cụt"),
    "shp record negative": (absurd(".shp", ">i", 104, -8), "tệp .shp bị cắt cụt"),
    "shp parts absurd": (absurd(".shp", "<i", 144, 0x7FFFFFFF), "tệp .shp bị cắt cụt"),
    "shp points absurd": (absurd(".shp", "<i", 148, 0x7FFFFFFF), "tệp .shp bị cắt cụt"),
    "dbf rows absurd": (absurd(".dbf", "<I", 4, 0xFFFFFFFF), "tệp .dbf bị cắt cụt"),
    "dbf header absurd": (absurd(".dbf", "<H", 8, 0xFFFF), r"quá giới hạn 500"),
    "dbf width zero": (absurd(".dbf", "<H", 10, 0), "tệp .dbf bị cắt cụt"),
    "fgb count absurd": (absurd_fgb, "không phải tệp véc-tơ|quá giới hạn"),
    "gpkg count too small": (lambda y: gpkg(y, "UPDATE gpkg_ogr_contents SET feature_count=1"), "ghi có 1 đối tượng nhưng thực có 3"),
    "gpkg count absurd": (lambda y: gpkg(y, "UPDATE gpkg_ogr_contents SET feature_count=4000000000000"), "quá giới hạn|không phải"),
    "gpkg endless view": (
        lambda y: gpkg(
            y,
            "CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x AS fid FROM c",
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('v', 'attributes', 'v')",
        ),
        "“v” được tính khi đọc",
    ),
    "gpkg virtual table": (
        lambda y: gpkg(
            y,
            f"INSERT INTO sqlite_master(type,name,tbl_name,rootpage,sql) VALUES('table','v','v',0,'CREATE VIRTUAL TABLE v USING VirtualOGR(''{y.canary}'') -- USING rtree(a)')",
        ),
        "“v” được tính khi đọc",
    ),
    "gpkg computed column": (
        lambda y: gpkg(y, "ALTER TABLE a ADD COLUMN big TEXT GENERATED ALWAYS AS (hex(zeroblob(100000000)))"),
        "“a” được tính khi đọc",
    ),
    "geojson not finite": (lambda y: y.put("a.geojson", GEOJSON % ("", "1", SQUARE.replace("106,21", "NaN,21"))), "không phải số (NaN"),
    "geojson infinite": (lambda y: y.put("a.geojson", GEOJSON % ("", "1", SQUARE.replace("106,21", "-Infinity,21"))), "không phải số (NaN"),
    "geojson deep": (lambda y: y.put("a.geojson", GEOJSON % ("", "[" * 10_000 + "]" * 10_000, SQUARE)), "65 cấp lồng nhau, quá giới hạn 64"),
    "geojson deep in keys": (lambda y: y.put("a.geojson", '{"a":' * 100_000), "cấp lồng nhau"),
    "geojson deep collection": (
        lambda y: y.put("a.geojson", GEOJSON % ("", "1", '{"type":"GeometryCollection","geometries":[' * 5000 + SQUARE + "]}" * 5000)),
        "cấp lồng nhau",
    ),
    "geojson huge numbers": (lambda y: y.put("a.geojson", GEOJSON % ("", "1e999999", SQUARE)), "không phải tệp véc-tơ"),
    "geojson comment": (lambda y: y.put("a.geojson", "/* */" + GEOJSON % ("", "1", SQUARE)), "không phải"),
    "geojson single quotes": (lambda y: y.put("a.geojson", (GEOJSON % ("", "1", SQUARE)).replace('"', "'")), "không phải JSON chuẩn"),
    "geojson crs is an address": (
        lambda y: y.put("a.geojson", GEOJSON % (f'"crs":{{"type":"link","properties":{{"href":"http://127.0.0.1:{y.port}/"}}}},', "1", SQUARE)),
        "hệ tọa độ là một địa chỉ mạng",
    ),
    "geojson crs hidden": (
        lambda y: y.put("a.geojson", GEOJSON % (f'"\\u0063rs":{{"type":"\\u006cink","properties":{{"href":"http://127.0.0.1:{y.port}/"}}}},', "1", SQUARE)),
        "hệ tọa độ là một địa chỉ mạng",
    ),
    **{
        f"{kind} {name}": (declared(f"a.{kind}", text, head), "DOCTYPE")
        for kind, text in (("kml", KML), ("gml", GML))
        for name, head in (("laughs", lambda _: LAUGHS + "]>"), ("entity", entity), ("remote dtd", lambda y: f'<!DOCTYPE x SYSTEM "http://127.0.0.1:{y.port}/x.dtd">'))
    },
    "kml utf-16": (lambda y: y.put("a.kml", (KML % (entity(y), "&e;")).encode("utf-16")), "không phải"),
    "kml deep": (lambda y: y.put("a.kml", "<kml>" * 100_000), "cấp lồng nhau"),
    "xml comments without end": (lambda y: y.put("a.kml", "<!--->-->" * 5000 + "<!--"), "không phải tệp véc-tơ"),
    "gml schema": (gml_with_schema, "lược đồ .xsd gọi tệp khác"),
    "tab that opens another": (seamless_tab, "chỉ gọi các bảng khác"),
    "parquet nested": (lambda y: parquet(y, pa.array([nested_wkb(200_000)])), "cấp lồng nhau, quá giới hạn 64"),
    "parquet bomb": (
        lambda y: parquet(y, pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, "int32")), pa.array([bytes(1 << 20)]))),
        "byte, quá giới hạn",
    ),
    "csv nested": (lambda y: y.put("a.csv", "wkt\n" + "GEOMETRYCOLLECTION(" * 200_000 + "POINT(0 0)" + ")" * 200_000), "cấp lồng nhau"),
    "csv not finite": (lambda y: y.put("a.csv", "lon,lat\ninf,21\n"), "không phải số độ"),
    "csv quote without end": (lambda y: y.put("a.csv", 'lon,lat\n"' + "x" * 10_000_000), "không phải bảng CSV"),
    "csv of many columns": (lambda y: y.put("a.csv", ",".join(f"c{i}" for i in range(1000)) + "\n"), "1.000 cột, quá giới hạn 500"),
    "geojson that is not utf-8": (
        lambda y: y.put("a.geojson", (GEOJSON % ("", '"Ph\\u00f4"', SQUARE)).encode().replace(b"\\u00f4", b"\xf4")),
        "không phải UTF-8|không phải tệp véc-tơ",
    ),
    "linked sidecar": (linked_sidecar, "“a.cpg” là liên kết tới nơi khác"),
    "linked shapefile in a folder": (linked_folder, "là liên kết tới nơi khác"),
    **{f"empty{k.suffixes[0]}": (empty(f"a{k.suffixes[0]}"), "không phải tệp véc-tơ") for k in KINDS},
    "empty.zip": (lambda y: y.put("a.zip", b""), "không phải tệp véc-tơ"),
    "many columns": (
        lambda y: y.put("a.geojson", GEOJSON.replace('"a":%s', "%s") % ("", ",".join(f'"c{i}":1' for i in range(20_000)), SQUARE)),
        "20.000 cột, quá giới hạn 500",
    ),
}  # fmt: skip


def million(yard: Yard) -> Path:
    angles = np.linspace(0, 2 * np.pi, 1_000_001)
    ring = np.column_stack([105 + np.cos(angles), 21 + np.sin(angles)])
    ring[-1] = ring[0]
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Polygon(ring)], crs=4326).to_file(
        yard.folder / "a.geojson"
    )
    return yard.folder / "a.geojson"


def named_link(yard: Yard) -> Path:
    layer().to_file(yard.folder / "real.gpkg")
    (yard.folder / "a.gpkg").symlink_to(yard.folder / "real.gpkg")
    return yard.folder / "a.gpkg"


def canary_beside(yard: Yard) -> Path:
    """Companions that GDAL would follow, with nothing to do with the data."""
    path = put_shapefile(yard, shapefile(yard))
    for suffix in (".shp.xml", ".qpj", ".vrt", ".gfs", ".shp.aux.xml"):
        yard.put(f"x/a{suffix}", vrt(yard))
    return path


READ: dict[str, tuple[Callable[[Yard], Path], int]] = {
    "a ring of a million vertices": (million, 1),
    "a link that the user named": (named_link, 3),
    "companions that point elsewhere": (canary_beside, 3),
    "gml that points elsewhere": (
        lambda y: y.put("a.gml", GML % ("", f"http://127.0.0.1:{y.port}/s.xsd", "EPSG:4326", "x", f"file://{y.canary}#x")),
        1,
    ),
    "gml system at an address": (
        lambda y: y.put("a.gml", GML % ("", "x.xsd", f"http://127.0.0.1:{y.port}/crs", "x", f"http://127.0.0.1:{y.port}/x.gml#x")),
        1,
    ),
    "kml with links": (
        lambda y: y.put("a.kml", (KML % ("", "x")).replace("<Document>", f"<Document><name>d</name><NetworkLink><Link><href>http://127.0.0.1:{y.port}/n.kml</href></Link></NetworkLink><Style id='s'><IconStyle><Icon><href>file://{y.canary}</href></Icon></IconStyle></Style>").replace("<name>x", f"<styleUrl>http://127.0.0.1:{y.port}/s.kml#a</styleUrl><name>x")),
        1,
    ),
    "geojson crs named like a file": (
        lambda y: y.put("a.geojson", GEOJSON % (f'"crs":{{"type":"name","properties":{{"name":"{y.canary}"}}}},', "1", SQUARE)),
        1,
    ),
    "dxf of blocks in blocks": (lambda y: dxf_blocks(y, 12), 2),
    "brackets and addresses in text": (
        lambda y: y.put("a.geojson", GEOJSON % ("", json.dumps("[{" * 500 + 'NaN "crs" <OGRVRTDataSource> // \' http://x'), SQUARE)),
        1,
    ),
}  # fmt: skip


class Handler(http.server.BaseHTTPRequestHandler):
    """Counts who asks; gives nothing."""

    asked: list[str] = []  # noqa: RUF012 - one server, one list

    def do_GET(self) -> None:
        """Note it and say no."""
        self.asked.append(self.path)
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server on this machine that nobody should ever ask."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    assert Handler.asked == []


@dataclass
class Runner:
    """The process that reads hostile files, watched by strace where that is possible."""

    process: subprocess.Popen[str]
    trace: Path | None

    def read(self, path: Path | str, limits: str = "") -> dict[str, object]:
        """What `read_layer` says about a file, and what it took."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(f"{path}\n{limits}") + "\n")
        self.process.stdin.flush()
        said: dict[str, object] = json.loads(self.process.stdout.readline())
        return said


def can_trace() -> bool:
    if shutil.which("strace") is None:
        return False
    done = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    folder = tmp_path_factory.mktemp("runner")
    trace = folder / "trace" if can_trace() else None
    watch = [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "trace=openat,open,creat,connect,rename,unlink,execve",
        "-o",
        str(trace),
    ]
    command = [*(watch if trace else []), sys.executable, str(Path(__file__).with_name("hostile_runner.py"))]
    with (folder / "stderr").open("w") as err:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, text=True, cwd=folder
        )
        yield Runner(process, trace)
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
    if trace:
        seen = trace.read_text(errors="replace")
        assert "canary" not in seen
        assert "sin_port=htons" not in seen
        written = re.findall(r'open(?:at)?\([^"]*"([^"]*)", [A-Z_|]*O_(?:WRONLY|RDWR)', seen)
        temporary = f"{tempfile.gettempdir()}/geoplan-"
        probes = re.compile(re.escape(tempfile.gettempdir()) + "/[a-z0-9_]{8}")  # tempfile looks for room
        allowed = (temporary, "/dev/", "/proc/")
        outside = [
            w for w in written if not (w.startswith(allowed) or probes.fullmatch(w) or "__pycache__" in w)
        ]
        assert written != []
        assert outside == []


@pytest.fixture
def yard(tmp_path: Path, port: int) -> Yard:
    folder = tmp_path / "yard"
    folder.mkdir()
    canary = tmp_path / "canary.geojson"
    layer(1).assign(name=CANARY).to_file(canary)
    return Yard(folder, canary, port)


def snapshot(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_hurt_is_refused_in_one_sentence(case: str, yard: Yard, runner: Runner) -> None:
    build, sentence = REFUSED[case]
    path = build(yard)
    before = snapshot(yard.folder.parent)
    said = runner.read(path)
    assert "error" in said, said
    assert re.search(sentence.replace("(", r"\(") if "\\" not in sentence else sentence, str(said["vi"])), (
        said
    )
    assert said["error"] in {"DataError", "UsageError"}
    assert len(str(said["vi"]).splitlines()) == len(str(said["en"]).splitlines()) == 1
    assert str(said["vi"]).startswith(path.name)
    assert CANARY not in json.dumps(said)
    assert float(str(said["peak_mb"])) < PEAK_MB
    assert snapshot(yard.folder.parent) == before


@pytest.mark.parametrize("case", READ)
def test_what_looks_hostile_but_is_data_is_read(case: str, yard: Yard, runner: Runner) -> None:
    build, rows = READ[case]
    path = build(yard)
    before = snapshot(yard.folder.parent)
    said = runner.read(path)
    assert said.get("rows") == rows, said
    assert CANARY not in json.dumps(said)
    assert float(str(said["peak_mb"])) < PEAK_MB + 600
    assert float(str(said["seconds"])) < 10
    assert snapshot(yard.folder.parent) == before


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".shp", ".fgb", ".parquet", ".kml", ".csv"])
def test_script_and_template_text_comes_through_as_it_is(yard: Yard, runner: Runner, suffix: str) -> None:
    frame = gpd.GeoDataFrame({"name": TRAPS}, geometry=[square(i, 0) for i in range(len(TRAPS))], crs=4326)
    path = yard.folder / f"{{{{7*7}}}} <b>$(id)%n{suffix}"
    made = yard.folder / f"made{suffix}"
    if suffix == ".parquet":
        frame.to_parquet(made)
    elif suffix == ".csv":
        frame.assign(wkt=frame.geometry.to_wkt()).drop(columns="geometry").to_csv(made, index=False)
    elif suffix == ".geojson":
        frame.to_file(made, layer="{{7*7}}<script>", engine="pyogrio")
    else:
        frame.to_file(made, driver="KML" if suffix == ".kml" else None, engine="pyogrio", encoding="UTF-8")
    for part in sorted(yard.folder.glob("made.*")):
        part.rename(path.with_suffix(part.suffix))
    cells = runner.read(path)["cells"]
    assert isinstance(cells, list)
    assert set(TRAPS) <= set(cells)
    opened = open_layer(path)[1]
    assert opened.path == path
    if suffix in {".shp", ".csv", ".parquet"}:
        assert opened.layer == path.stem
    if suffix == ".geojson":
        assert opened.layer == "{{7*7}}<script>"


def test_addresses_are_no_files(runner: Runner, yard: Yard, port: int) -> None:
    for address in (
        f"/vsicurl/http://127.0.0.1:{port}/a.geojson", f"http://127.0.0.1:{port}/a.shp", f"/vsizip/{yard.canary}",
        "/vsistdin/", "/vsigzip//etc/passwd", "\\\\may\\a\\b.shp", "//may/a/b.shp", f"GeoJSON:{yard.canary}",
        f"file://{yard.canary}", "s3://a/b", "PG:host=127.0.0.1", "a\x00b.shp",
    ):  # fmt: skip
        said = runner.read(address)
        assert said.get("error") in {"UsageError", "MissingFileError"}, (address, said)


def test_no_device_and_no_pipe_is_opened(yard: Yard) -> None:
    os.mkfifo(yard.folder / "a.geojson")
    for path in (yard.folder / "a.geojson", Path("/dev/zero")):
        with pytest.raises(DataError, match="không phải tệp véc-tơ"):
            read_layer(path)


def test_limits_are_stated_configurable_and_say_how(yard: Yard) -> None:
    layer().to_file(yard.folder / "a.gpkg")
    layer().to_parquet(yard.folder / "a.parquet")
    layer().to_file(yard.folder / "a.geojson")
    parts = shapefile(yard)
    files = [yard.folder / f"a.{s}" for s in ("gpkg", "parquet", "geojson")] + [
        put_shapefile(yard, parts),
        zipped(yard, {f"a{s}": d for s, d in parts.items()}),
    ]
    for path in files:
        for name, value in (("features", 2), ("vertices", 14), ("columns", 1), ("file_bytes", 50)):
            if (name, path.suffix) == ("vertices", ".parquet"):
                continue
            with pytest.raises(DataError, match=f"--limit {name}=") as caught:
                read_layer(path, limits=Limits(**{name: value}))
            assert f"--limit {name}=" in caught.value.en
            wanted = re.search(r"--limit (\w+=\d+)", caught.value.vi)
            assert wanted is not None
            if name != "file_bytes":
                assert len(read_layer(path, limits=parse_limits([wanted[1]]))) == 3
    with pytest.raises(DataError, match="--limit text_bytes="):
        read_layer(yard.folder / "a.geojson", limits=Limits(text_bytes=100))
    assert parse_limits([]) == LIMITS
    for wrong in ("features", "features=", "features=-1", "features=0", "dance=1", "features=²"):
        with pytest.raises(UsageError, match="không phải giới hạn"):
            parse_limits([wrong])


def test_rings_in_rings_are_bounded(yard: Yard) -> None:
    """Which ring lies in which is found out each against each."""
    rings = [shapely.box(-i, -i, i, i).exterior.coords for i in range(1, 101)]
    shape = shapely.MultiPolygon([shapely.Polygon(rings[i + 1], [rings[i]]) for i in range(0, 100, 2)])
    gpd.GeoDataFrame({"a": [1]}, geometry=[shape], crs=9213).to_file(yard.folder / "a.shp", encoding="UTF-8")
    with pytest.raises(DataError, match="100 vòng trong một hình, quá giới hạn 99.*--limit rings=100"):
        read_layer(yard.folder / "a.shp", limits=Limits(rings=99))
    read = read_layer(yard.folder / "a.shp", limits=parse_limits(["rings=100"]))
    assert read.geometry.iloc[0].area == pytest.approx(shape.area)


def test_rows_used_many_times_are_counted_before_they_are_held(yard: Yard) -> None:
    """A FileGDB of 200 rows whose index gives the largest of them for each."""
    angles = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    large = shapely.Polygon(np.column_stack([105 + np.cos(angles), 21 + np.sin(angles)]))
    path = yard.folder / "a.gdb"
    frame = gpd.GeoDataFrame({"ma": ["1"] * 200}, geometry=[large] + [square(0, 0)] * 199, crs=4326)
    frame.to_file(path, driver="OpenFileGDB", engine="pyogrio")
    index = max(path.glob("*.gdbtablx"), key=lambda p: p.with_suffix(".gdbtable").stat().st_size)
    data = bytearray(index.read_bytes())
    width = data[12]
    for i in range(1, 200):
        data[16 + width * i : 16 + width * (i + 1)] = data[16 : 16 + width]
    assert len(read_layer(path)) == 200
    index.write_bytes(data)
    with pytest.raises(DataError, match="đỉnh, quá giới hạn 1.000.000"):
        read_layer(path, limits=Limits(vertices=1_000_000))


def test_a_geopackage_that_is_still_being_written_is_read_and_left_alone(yard: Yard) -> None:
    path = yard.folder / "a.gpkg"
    layer().to_file(path)
    base = sqlite3.connect(path)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("UPDATE gpkg_contents SET description='x'")
    base.commit()
    before = snapshot(yard.folder)
    assert len(read_layer(path)) == 3
    assert snapshot(yard.folder) == before
    base.close()


ANYTHING = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.name)
@ANYTHING
@given(data=st.binary(max_size=400), start=st.booleans())
def test_random_bytes_are_read_or_refused(tmp_path: Path, kind: Kind, data: bytes, start: bool) -> None:
    heads = {".shp": b"\x00\x00\x27\x0a", ".gpkg": b"SQLite format 3\x00", ".fgb": b"fgb\x03fgb\x00", ".parquet": b"PAR1",
             ".dgn": b"\x08\x09\xfe\x02", ".kml": b"<kml>", ".gml": b"<gml>", ".geojson": b'{"type":', ".tab": b"!table\n",
             ".mif": b"version 300\n", ".dxf": b"0\nSECTION\n"}  # fmt: skip
    path = tmp_path / f"a{kind.suffixes[0]}"
    if path.suffix == ".gdb":
        path.mkdir(exist_ok=True)
        path = path / "a00000001.gdbtable"
    path.write_bytes((heads.get(path.suffix, b"") if start else b"") + data)
    with_errors(path.parent if path.suffix == ".gdbtable" else path)


@ANYTHING
@given(
    at=st.integers(0, 4000),
    value=st.binary(min_size=1, max_size=8),
    suffix=st.sampled_from([".shp", ".shx", ".dbf"]),
)
def test_a_shapefile_with_bytes_changed(tmp_path: Path, at: int, value: bytes, suffix: str) -> None:
    original, path = tmp_path / "original.shp", tmp_path / "a.shp"
    if not original.exists():
        layer().to_file(original, encoding="UTF-8")
    for part in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
        shutil.copy(original.with_suffix(part), path.with_suffix(part))
    data = path.with_suffix(suffix).read_bytes()
    at %= len(data)
    path.with_suffix(suffix).write_bytes((data[:at] + value + data[at + len(value) :])[: len(data)])
    with_errors(path)


def test_text_that_is_not_what_the_cpg_says_is_read_byte_by_byte(yard: Yard) -> None:
    parts = shapefile(yard)
    dbf = parts[".dbf"].replace("Đồng Tiến".encode(), b"\xa7\xe5ng TiOn".ljust(len("Đồng Tiến".encode())))
    path = put_shapefile(yard, parts | {".dbf": dbf})
    frame, opened = open_layer(path)
    assert [f.kind.code for f in opened.findings] == ["FILE-11"]
    assert frame["name"].iloc[0].encode("latin-1").startswith(b"\xa7\xe5ng")
    broken = bytearray(parts[".dbf"])
    broken[32] = 0x80  # found by the test above: a column name that is no UTF-8
    assert len(read_layer(put_shapefile(yard, parts | {".dbf": bytes(broken)}))) == 3


def test_what_gdal_says_is_passed_on(yard: Yard) -> None:
    parts = shapefile(yard)
    shp = bytearray(parts[".shp"])
    struct.pack_into("<d", shp, 108 + 44 + 4, 99.0)  # the first vertex of the first ring is not the last
    frame, opened = open_layer(put_shapefile(yard, parts | {".shp": bytes(shp)}))
    assert [f.kind.code for f in opened.findings] == ["FILE-12", "FILE-13"]
    assert "Non closed ring" in opened.findings[0].en
    assert "0 đối tượng không có hình" in opened.findings[1].vi
    assert frame.geometry.notna().all()


@ANYTHING
@given(at=st.integers(0, 10_000), value=st.binary(min_size=1, max_size=4))
def test_a_zip_with_bytes_changed(tmp_path: Path, at: int, value: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", GEOJSON % ("", "1", SQUARE))
    data = out.getvalue()
    at %= len(data)
    (tmp_path / "a.zip").write_bytes(data[:at] + value + data[at + len(value) :])
    with_errors(tmp_path / "a.zip")


@pytest.mark.parametrize("name", sorted(p.name for p in CORPUS.iterdir()))
def test_what_fuzzing_found_stays_found(name: str) -> None:
    """Each file of the corpus once ended in a traceback; see its name."""
    with_errors(CORPUS / name)


def with_errors(path: Path) -> None:
    """Read it or be refused in both languages; anything else fails the test."""
    try:
        open_layer(path)
    except GeoplanError as error:
        said = (error.vi, error.en)
    else:
        said = ("", "")
    assert all(said) or not any(said)
