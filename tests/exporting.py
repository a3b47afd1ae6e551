"""For the tests of exports: layers of nasty texts, numbers and shapes, and how other programs read files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from shapely.geometry import GeometryCollection, MultiPolygon, Point, Polygon

from cities import square, tiny_layers
from geoplan.exports.fields import fields_of, typed
from geoplan.exports.layers import ExportLayer
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LONGEST = "Đ" * 127 + "x"  # 255 bytes in UTF-8
TEXTS = (
    LONGEST,
    "dấu \" nháy, 'đơn', dấu ; phẩy\nxuống dòng",
    "=cmd|' /C calc'!A0",
    "e\u0302\u0323 tổ hợp 🏠 ă̆",
)
NUMBERS = (1e15, -1e15, float("nan"), 0.1 + 0.2)
WHOLE = (2**53, -(2**53), None, 7)
HUGE = (2**63 - 1, -(2**63), 0, 1)
DAYS = ("1899-12-31", None, "2024-02-29", "9999-12-31")
HOLE = Polygon(square(0, 0).exterior.coords, [square(0.25, 0.25, 0.5, 0.5).exterior.coords])
PARTS = MultiPolygon([square(1, 0, 0.25, 0.25), square(1.5, 0.5, 0.25, 0.25)])
SHAPES = (HOLE, PARTS, Polygon(), None)
READABLE = ("gpkg", "shp", "geojson", "fgb", "parquet", "tab", "mif", "fgdb", "csv")
"""Formats that geoplan reads back."""
CODES = {"pho-yen": 9213, "viet-yen": 9214, "hung-yen": 9209, "bac-giang": 9214}


def make_layer(name: str, columns: Mapping[str, Sequence[Any]], shapes: Sequence[Any] | None) -> ExportLayer:
    """A layer of any columns, a table when there are no shapes."""
    table = pd.DataFrame({k: pd.Series(list(v), dtype=object) for k, v in columns.items()})
    frame = table
    if shapes is not None:
        frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(list(shapes), crs=4326))
    fields = fields_of(name, frame)
    title = words(f"Lớp {name}", f"Layer {name}")
    return ExportLayer(
        name=name,
        title=title,
        frame=typed(frame, fields, what=name),
        fields=fields,
        standing=None if shapes is None else "illustrative",
        source=title,
        style=None,
    )


def nasty_layer(shapes: Sequence[Any] = SHAPES) -> ExportLayer:
    """Everything that has ever hurt somebody, but what a shapefile refuses."""
    days = [None if d is None else pd.Timestamp(d).date() for d in DAYS]
    columns = {
        "Ghi chú “dài”": TEXTS,
        "ghi chú dài hơn": [None, "", " khoảng trắng ", "01234"],
        "số": NUMBERS,
        "nguyên": WHOLE,
        "ngày": days,
        "đúng": [True, False, None, True],
        "FID": ["1", "2", "3", "4"],
    }
    return make_layer("nasty", columns, shapes)


def nasty_city() -> dict[str, gpd.GeoDataFrame]:
    """The tiny city with hostile names everywhere, and with columns of its own."""
    layers = tiny_layers("=HYPERLINK(\"http://x\")<script>alert('{}')</script> Đồng\u0301 🏠")
    layers["communes"] = layers["communes"].assign(
        **{"Ghi chú “dài”": list(TEXTS), "so_lon": [1e15, -1e15, None, 0.3], "ma_64": [1, 2, 3, 2**53]}
    )
    layers["plans"].geometry = [
        Polygon(square(0, 0, 1.5).exterior.coords, [square(0.25, 0.25, 0.25, 0.25).exterior.coords]),
        MultiPolygon([square(1.25, 0, 0.5), square(2.5, 0, 0.25)]),
        square(0, 0, 0.5, 0.5),
    ]
    return layers


MIXED = (HOLE, Point(105.85, 21.45), GeometryCollection([square(2, 0), Point(105.9, 21.4)]), None)


# --- other programs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What a program sees of a layer; the extent in degrees (WGS 84)."""

    count: int
    epsg: int | None
    fields: tuple[str, ...]
    extent: tuple[float, float, float, float] | None
    warnings: tuple[str, ...] = ()


def needs(program: str) -> str:
    """The path of a program from Debian; `make test` installs it when it may."""
    found = shutil.which(program)
    if found is None:
        message = f"{program} is not installed (Debian: sh .ci/qgis as root)"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


def vector_path(path: Path) -> str:
    """What GDAL and QGIS open: shapefiles from inside their zip."""
    return f"/vsizip/{path}/{path.stem}.shp" if path.suffix == ".zip" else str(path)


_UNICODE_TAB = "Cannot find iconv encoding corresponding to MapInfo UTF-8"
"""GDAL before 3.7 says so of tables in UTF-8, and reads them right."""


def by_ogrinfo(path: Path, layer: str) -> Seen:
    """What GDAL's own command line sees (Debian's GDAL, another one than that of the wheels)."""
    source = [vector_path(path), *([layer] if path.suffix in {".gpkg", ".gdb"} else [])]
    call = [needs("ogr2ogr"), "-f", "GeoJSON", "/vsistdout/", *source, "-t_srs", "EPSG:4326"]
    clean = {k: v for k, v in os.environ.items() if k not in {"PROJ_LIB", "PROJ_DATA", "GDAL_DATA"}}
    made = subprocess.run(call, capture_output=True, text=True, check=True, env=clean)
    content = json.loads(made.stdout)
    say = [needs("ogrinfo"), "-so", *(source if len(source) > 1 else ["-al", *source])]
    said = subprocess.run(say, capture_output=True, text=True, check=True, env=clean)
    shapes = [shapely.geometry.shape(f["geometry"]) for f in content["features"] if f["geometry"]]
    code = re.findall(r'ID\["EPSG",(\d+)\]\]', said.stdout.split("Data axis")[0])
    fields = re.findall(
        r"^(\S[^:\n]*): (?:String|Integer|Integer64|Real|Date|DateTime)\b", said.stdout, re.MULTILINE
    )
    lines = dict.fromkeys(said.stderr.splitlines() + made.stderr.splitlines())
    warnings = tuple(line for line in lines if _UNICODE_TAB not in line)
    return Seen(
        len(content["features"]),
        int(code[-1]) if code else None,
        tuple(fields),
        None if not shapes else tuple(shapely.total_bounds(shapes).tolist()),  # type: ignore[arg-type]
        warnings,
    )


def by_qgis(asked: Sequence[tuple[Path, str]]) -> list[Seen]:
    """What QGIS sees, headless, with what it warns of; one start for all files."""
    needs("qgis")
    runner = Path(__file__).parent / "qgis_reader.py"
    jobs = [[qgis_source(path, layer), layer] for path, layer in asked]
    with tempfile.TemporaryDirectory() as home:
        clean = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("PROJ_", "GDAL_", "PYTHON", "VIRTUAL_ENV"))
        }
        env = clean | {"QT_QPA_PLATFORM": "offscreen", "HOME": home, "XDG_RUNTIME_DIR": home}
        made = subprocess.run(
            ["/usr/bin/python3", str(runner)], input=json.dumps(jobs), capture_output=True, text=True, check=False,
            env=env, timeout=300,
        )  # fmt: skip
    assert made.returncode == 0, made.stderr[-2000:]
    return [
        Seen(s["count"], s["epsg"], tuple(s["fields"]), None if s["extent"] is None else tuple(s["extent"]),
             tuple(s["warnings"]))
        for s in json.loads(made.stdout.splitlines()[-1])
    ]  # fmt: skip


def qgis_source(path: Path, layer: str) -> str:
    """How QGIS names a layer of a file."""
    return f"{vector_path(path)}|layername={layer}" if path.suffix in {".gpkg", ".gdb"} else vector_path(path)


def extent_of(frame: gpd.GeoDataFrame) -> tuple[float, float, float, float]:
    """West, south, east, north of a layer in degrees."""
    west, south, east, north = (float(v) for v in np.asarray(frame.total_bounds))
    return west, south, east, north
