"""KML and KMZ: placed right, every field in them, and no text of data becomes anything but text."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from cities import tiny_layers, write_city
from exporting import HOLE, PARTS, TEXTS, by_ogrinfo, extent_of, make_layer, nasty_layer
from geoplan import assess, export, open_city, palette
from geoplan.errors import UsageError, listening
from geoplan.exports.export import deliver
from geoplan.exports.fields import full_names
from geoplan.exports.formats import FORMATS
from geoplan.exports.layers import export_layers
from geoplan.exports.looks import look_of
from geoplan.intake import open_layer

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import ExportResult

IN = "{http://www.opengis.net/kml/2.2}"
HOSTILE = "]]><script>alert('{}')</script>&amp;<![CDATA[ Đồng"


@pytest.fixture(scope="module")
def tiny_result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("tiny")
    write_city(folder, tiny_layers(HOSTILE), title=HOSTILE.format(0))
    with listening():
        return assess(open_city("tiny", workspace=folder))


def file_of(made: ExportResult) -> Path:
    return next(path for path in made.files if path.suffix in {".kml", ".kmz"})


def parsed(path: Path) -> ET.Element:
    data = zipfile.ZipFile(path).read("doc.kml") if path.suffix == ".kmz" else path.read_bytes()
    return ET.fromstring(data)  # noqa: S314 - our own


def send(layer: ExportLayer, out: Path, result: Assessment, name: str = "kml") -> ExportResult:
    chosen = FORMATS[name]
    return deliver([layer], result=result, chosen=chosen, out=out, crs=layer.frame.crs)


def folders(root: ET.Element) -> dict[str | None, ET.Element]:
    return {each.get("id"): each for each in root.findall(f"{IN}Document/{IN}Document")}


@pytest.mark.parametrize("name", ["kml", "kmz"])
def test_gdal_reads_every_field_of_a_bundled_city_in_its_place(name: str, tmp_path: Path) -> None:
    with listening():
        result = assess(open_city("hung-yen"))
    made = export(result, format=name, out=tmp_path)
    for layer in (one for one in export_layers(result) if one.spatial and len(one.frame)):
        read = pyogrio.read_dataframe(file_of(made), layer=layer.title.vi)
        assert read.crs.to_epsg() == 4326
        for field in layer.fields:
            theirs = read[field.short] if field.short in read else pd.Series([None] * len(read))
            for a, b in zip(layer.frame[field.name], theirs, strict=True):
                same = str(a.date()) == b if field.kind == "date" and pd.notna(a) else a == b
                assert (pd.isna(a) and pd.isna(b)) or same, (layer.name, field.name)
        far = shapely.hausdorff_distance(read.geometry.to_numpy(), layer.frame.geometry.to_numpy())
        assert far.max() == 0, layer.name
        assert set(full_names(layer.name)) >= {field.short for field in layer.fields}


def test_geoplan_and_debians_gdal_read_it_too(tiny_result: Assessment, tmp_path: Path) -> None:
    made = export(tiny_result, format="kml", out=tmp_path, layers=["communes"])
    layer = export_layers(tiny_result, layers=["communes"])[0]
    frame = open_layer(file_of(made), layer=layer.title.vi)[0]
    assert list(frame["TEN_XA"]) == list(layer.frame["name"])
    seen = by_ogrinfo(file_of(made), layer.title.vi)
    assert seen.count == 4
    assert seen.epsg == 4326
    assert {"MA_XA", "TL_QHPK"} <= set(seen.fields)
    assert np.allclose(seen.extent, extent_of(layer.frame), rtol=0, atol=1e-9)


def test_hostile_text_is_text(tiny_result: Assessment, tmp_path: Path) -> None:
    made = export(tiny_result, format="kml", out=tmp_path)
    root = parsed(file_of(made))
    assert not [e for e in root.iter() if e.tag.endswith("}script")]
    names = [e.text for e in folders(root)["communes"].iter(f"{IN}name")][1:]
    assert names == [HOSTILE.format(i) for i in range(4)]
    for said in root.iter(f"{IN}description"):  # programs take these for HTML
        assert re.findall(r"<(?!br/>)", said.text or "") == []


def test_it_says_what_its_geometry_is(tiny_result: Assessment, tmp_path: Path) -> None:
    root = parsed(file_of(export(tiny_result, format="kml", out=tmp_path)))
    told = root.findtext(f"{IN}Document/{IN}description") or ""
    assert "minh họa: không phải đo đạc" in told
    assert "EPSG:6960" in told
    for folder in folders(root).values():
        assert "minh họa" in (folder.findtext(f"{IN}description") or "")


def test_areas_have_the_colours_of_the_palette(tiny_result: Assessment, tmp_path: Path) -> None:
    root = parsed(file_of(export(tiny_result, format="kml", out=tmp_path)))
    fills = {
        f"#{style.get('id')}": style.findtext(f"{IN}PolyStyle/{IN}color") for style in root.iter(f"{IN}Style")
    }
    layer = export_layers(tiny_result, layers=["communes"])[0]
    used = [fills[url.text or ""] for url in folders(root)["communes"].iter(f"{IN}styleUrl")]
    wanted = [palette.COVERAGE.colour(v) for v in layer.frame["coverage_zoning_natural_pct"]]
    assert used == [f"ff{c[5:7]}{c[3:5]}{c[1:3]}" for c in wanted]
    assert all(url.text in fills for url in root.iter(f"{IN}styleUrl"))
    for one in export_layers(tiny_result):
        look = look_of(one)
        if look is not None:
            assert folders(root)[one.name].findtext(f"{IN}visibility") == str(int(look.shown))


def test_what_is_not_in_force_is_an_outline(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["plans"]["status"] = ["approved", "drafting", "approved"]
    write_city(tmp_path / "w", layers)
    with listening():
        made = export(open_city("tiny", workspace=tmp_path / "w"), format="kml", out=tmp_path / "out")
    root = parsed(file_of(made))
    filled = {f"#{s.get('id')}": s.findtext(f"{IN}PolyStyle/{IN}fill") for s in root.iter(f"{IN}Style")}
    used = [filled[url.text or ""] for url in folders(root)["plans"].iter(f"{IN}styleUrl")]
    assert used == ["1", "0", "1"]


@pytest.mark.parametrize("name", ["kml", "kmz"])
def test_nasty_values_come_back_or_are_told(name: str, tiny_result: Assessment, tmp_path: Path) -> None:
    layer = nasty_layer()
    made = send(layer, tmp_path, tiny_result, name)
    told = {(f, loss.kind) for loss in made.losses for f in loss.fields}
    assert told == {("ngày", "type"), ("nguyên", "type")}
    (note,) = {field.short for field in layer.fields if field.name == "Ghi chú “dài”"}
    data = [e.text for e in parsed(file_of(made)).iter(f"{IN}SimpleData") if e.get("name") == note]
    assert data == list(TEXTS)
    (loss,) = (loss for loss in made.losses if loss.kind == "null")
    assert "1 hình rỗng" in loss.text.vi


def test_what_xml_cannot_hold_is_told(tiny_result: Assessment, tmp_path: Path) -> None:
    made = send(make_layer("odd", {"a": ["x\x00y", "p\r\nq"]}, [HOLE, PARTS]), tmp_path, tiny_result)
    (loss,) = (loss for loss in made.losses if "a" in loss.fields and loss.kind != "name")
    assert "2" in loss.text.vi
    assert [e.text for e in parsed(file_of(made)).iter(f"{IN}SimpleData")] == ["x�y", "p\nq"]


def test_shapes_of_every_type_come_back(tiny_result: Assessment, tmp_path: Path) -> None:
    shapes: list[Any] = [
        HOLE, PARTS, shapely.Point(105.8, 21.4), shapely.LineString([(105.8, 21.4), (105.9, 21.5)]),
        shapely.GeometryCollection([HOLE, shapely.Point(105.8, 21.4)]),
    ]  # fmt: skip
    made = send(make_layer("mixed", {"a": list("12345")}, shapes), tmp_path, tiny_result)
    assert not [loss for loss in made.losses if loss.kind in {"geometry", "precision", "layer"}]
    rings = [e.text for e in parsed(file_of(made)).iter(f"{IN}coordinates")]
    assert len(rings) == 2 + 2 + 1 + 1 + 3


def test_degrees_only_and_the_same_bytes(tiny_result: Assessment, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as error:
        export(tiny_result, format="kml", out=tmp_path / "no", crs="EPSG:9213")
    assert "WGS 84" in error.value.vi
    for name in ("kml", "kmz"):
        first = file_of(export(tiny_result, format=name, out=tmp_path / "a")).read_bytes()
        assert first == file_of(export(tiny_result, format=name, out=tmp_path / "b")).read_bytes()
