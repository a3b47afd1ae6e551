"""Drawings: read back by ezdxf, and by the loss report; what a drawing cannot hold is said."""

from __future__ import annotations

import json
import math
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import ezdxf
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from cities import tiny_layers, write_city
from exporting import HOLE, PARTS, WHOLE, make_layer, nasty_layer, needs
from geoplan import assess, export, open_city, palette
from geoplan.errors import UsageError, listening
from geoplan.exports import dxf, dxf_texts
from geoplan.exports.dxf_read import read_drawing
from geoplan.exports.dxf_texts import (
    Origin,
    aci_of,
    aci_of_kind,
    attributes,
    label,
    paragraph,
    read_attributes,
)
from geoplan.exports.export import deliver, target_crs
from geoplan.exports.fields import Field
from geoplan.exports.formats import FORMATS
from geoplan.exports.layers import export_layers
from geoplan.exports.writing import Job
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ezdxf.document import Drawing

    from geoplan.assessment import Assessment
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import ExportResult

APP = dxf_texts.APP


@pytest.fixture(scope="module")
def tiny_result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    folder = tmp_path_factory.mktemp("tiny")
    layers = tiny_layers('Đồng "{}" 100%%d ^J \\P {{x}}')
    layers["plans"]["kind"] = ["zoning", "DAT_O_Nhomnhao", "dat o nhomnhao"]
    layers["plans"].geometry = [HOLE, PARTS, layers["plans"].geometry.iloc[2]]
    write_city(folder, layers)
    with listening():
        return assess(open_city("tiny", workspace=folder))


def drawing(made: ExportResult) -> Drawing:
    path = next(path for path in made.files if path.suffix == ".dxf")
    doc = ezdxf.readfile(path)
    found = doc.audit()
    assert found.errors == []
    assert found.fixes == []
    return doc


def send(layers: Sequence[ExportLayer], out: Path, result: Assessment) -> ExportResult:
    chosen = FORMATS["dxf"]
    system = target_crs(result.city, "province", chosen)
    return deliver(layers, result=result, chosen=chosen, out=out, crs=system)


def outlines(doc: Drawing, layer: str) -> dict[int, float]:
    """Area of each row of a layer by its outlines: those of holes are taken away."""
    out: dict[int, float] = {}
    for line in doc.modelspace().query("LWPOLYLINE"):
        origin, _ = read_attributes((tag.code, tag.value) for tag in line.get_xdata(APP))
        if origin.layer == layer:
            area = shapely.Polygon(list(line.get_points("xy"))).area  # type: ignore[attr-defined]
            out[origin.row] = out.get(origin.row, 0) + (-area if origin.hole else area)
    return out


def test_a_drawing_gives_areas_names_and_attributes_back(tmp_path: Path) -> None:
    with listening():
        result = assess(open_city("viet-yen"))
    made = export(result, format="dxf", out=tmp_path)
    doc = drawing(made)
    system = target_crs(result.city, "province", FORMATS["dxf"])
    job = Job((), tmp_path, "x", system, "vi", result)
    texts = {text.dxf.text for text in doc.modelspace().query("TEXT")}
    for layer in (one for one in export_layers(result) if one.spatial):
        placed = job.placed(layer)
        areas = outlines(doc, layer.name)
        assert set(areas) == set(range(len(placed)))
        for row, area in areas.items():
            assert math.isclose(area, placed.geometry.iloc[row].area, rel_tol=1e-6), layer.name
        if "name" in placed:
            assert set(placed["name"].dropna()) <= texts
    lost = {(loss.kind, loss.layer.split(",")[0]) for loss in made.losses if "coverage" not in loss.layer}
    tables = {"verdicts", "targets", "data_gaps", "quantities"}
    assert {kind for kind, layer in lost if layer not in tables} == {"type", "text", "crs", "style"}


def test_what_the_drawing_says_of_itself(tiny_result: Assessment, tmp_path: Path) -> None:
    doc = drawing(export(tiny_result, format="dxf", out=tmp_path))
    assert doc.dxfversion == "AC1024"  # R2010
    path = next(tmp_path.glob("*.dxf"))
    assert 'Đồng "0"' in path.read_bytes().decode("utf-8")
    assert doc.header["$INSUNITS"] == 6  # metres
    said = dict(doc.header.custom_vars)
    assert said["EPSG"] == "9213"
    assert said["Shift"] == "EPSG:6960"
    assert said["Standing plans"].startswith("minh họa: không phải đo đạc")
    (note,) = doc.modelspace().query("MTEXT")
    text = note.plain_text()  # type: ignore[attr-defined]
    assert "EPSG:9213" in text
    assert "không dùng làm căn cứ pháp lý" in text
    assert "ACI" in text
    box = doc.modelspace().query("LWPOLYLINE")
    x, y = box[0].get_points("xy")[0]  # type: ignore[attr-defined]
    assert 400_000 < x < 600_000
    assert 2_300_000 < y < 2_500_000


def test_each_kind_of_plan_has_its_layer_and_its_colour_number(
    tiny_result: Assessment, tmp_path: Path
) -> None:
    doc = drawing(export(tiny_result, format="dxf", out=tmp_path))
    layers = {one.dxf.name: one for one in doc.layers}
    assert {"PLANS_ZONING", "PLANS_DAT_O_NHOMNHAO", "PLANS_DAT_O_NHOMNHAO_2", "COMMUNES"} <= set(layers)
    assert layers["PLANS_DAT_O_NHOMNHAO"].color == palette.LAND_USE_ACI["DAT_O_Nhomnhao"] == 42
    assert layers["PLANS_ZONING"].color == aci_of(palette.PLAN["zoning"])
    assert layers["PLANS_ZONING"].description == "Quy hoạch phân khu"
    hatches = [h for h in doc.modelspace().query("HATCH") if h.dxf.layer == "PLANS_ZONING_HATCH"]
    (hatch,) = hatches
    assert len(hatch.paths.paths) == 2  # type: ignore[attr-defined] - the outline and its hole


def test_what_is_not_in_force_is_a_dashed_outline(tmp_path: Path) -> None:
    layers = tiny_layers()
    layers["plans"]["status"] = ["approved", "drafting", "approved"]
    write_city(tmp_path / "w", layers)
    with listening():
        made = export(open_city("tiny", workspace=tmp_path / "w"), format="dxf", out=tmp_path / "out")
    space = drawing(made).modelspace()
    lines = {}
    for line in space.query("LWPOLYLINE"):
        origin, values = read_attributes((tag.code, tag.value) for tag in line.get_xdata(APP))
        if origin.layer == "plans":
            lines[values["id"]] = line.dxf.linetype
    assert {name for name, kind in lines.items() if kind == "GEOPLAN_DASHED"} == {"P2"}
    assert len([h for h in space.query("HATCH") if h.dxf.layer.startswith("PLANS")]) == 2


def test_nasty_values_come_back_or_are_told(tiny_result: Assessment, tmp_path: Path) -> None:
    layer = nasty_layer(
        shapes=(HOLE, PARTS, shapely.Point(105.85, 21.45), shapely.LineString([(105.8, 21.4), (105.9, 21.5)]))
    )
    made = send([layer], tmp_path, tiny_result)
    drawing(made)
    path = next(path for path in made.files if path.suffix == ".dxf")
    back = read_drawing(path, layer)
    for field in layer.fields:
        ours, theirs = layer.frame[field.name], back[field.name]
        for a, b in zip(ours, theirs, strict=True):
            assert (pd.isna(a) and pd.isna(b)) or a == b, field.name
    assert list(back["nguyên"].dropna()) == [v for v in WHOLE if v is not None]
    assert list(back.geom_type) == ["Polygon", "MultiPolygon", "Point", "LineString"]
    assert {loss.kind for loss in made.losses} == {"type", "text", "crs", "style"}


def test_rows_without_a_shape_are_told(tiny_result: Assessment, tmp_path: Path) -> None:
    made = send([nasty_layer()], tmp_path, tiny_result)
    (loss,) = (loss for loss in made.losses if loss.kind == "layer")
    assert loss.text.vi == "đọc lại được 2 dòng trong 4."


def test_more_than_a_drawing_holds_is_cut_and_told(tiny_result: Assessment, tmp_path: Path) -> None:
    layer = make_layer("long", {"a": ["ă" * 20_000], "b": ["sau"]}, [HOLE])
    made = send([layer], tmp_path, tiny_result)
    doc = drawing(made)
    tags = doc.modelspace().query("LWPOLYLINE")[0].get_xdata(APP)
    assert all(len(tag.value.encode()) <= 250 for tag in tags if tag.code == 1000)
    assert sum(len(str(tag.value).encode()) + 8 for tag in tags) < 16_383
    assert {field for loss in made.losses for field in loss.fields} == {"a", "b"}


@given(st.dictionaries(st.text(min_size=1, max_size=30), st.text(max_size=600), max_size=5))
def test_any_text_comes_back_from_the_attributes(given_texts: dict[str, str]) -> None:
    texts = {
        k.encode("utf-8", "replace").decode(): v.encode("utf-8", "replace").decode()
        for k, v in given_texts.items()
    }
    fields = [Field(name, "X", words(name, name), "text") for name in texts]
    tags = attributes(Origin("plans", 3, hole=False), fields, list(texts.values()))
    assert all(len(str(value).encode()) <= 250 for _, value in tags)
    assert all("\n" not in str(value) and "\r" not in str(value) for _, value in tags)
    origin, back = read_attributes(tags)
    assert origin == Origin("plans", 3, hole=False)
    assert back == texts


def test_codes_of_drawings_in_names_are_no_codes() -> None:
    assert label("100%%d ^J\nx") == "100% %d ^ J x"
    assert paragraph([r"\P {\fArial;x}"]) == r"\\P \{\\fArial;x\}"


def test_the_nearest_colour_number() -> None:
    assert aci_of("#ff0000") == 1
    assert aci_of("#0000ff") == 5
    assert aci_of_kind("NN_Nongnghiep", "#123456") == 3
    assert aci_of_kind("zoning", "#ff0000") == 1
    steps = [aci_of(each) for each in palette.COVERAGE.colours]
    assert len(set(steps)) == len(steps)


def test_the_same_bytes_every_time(tiny_result: Assessment, tmp_path: Path) -> None:
    first = export(tiny_result, format="dxf", out=tmp_path / "a").files
    second = export(tiny_result, format="dxf", out=tmp_path / "b").files
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes(), a.name


def test_degrees_and_a_missing_package_are_refused(
    tiny_result: Assessment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError) as degrees:
        export(tiny_result, format="dxf", out=tmp_path / "a", crs="wgs84")
    assert "mét" in degrees.value.vi
    monkeypatch.setattr(dxf, "find_spec", lambda _: None)
    with pytest.raises(UsageError) as missing:
        export(tiny_result, format="dxf", out=tmp_path / "a")
    assert "pip install 'geoplan[cad]'" in missing.value.vi
    assert not (tmp_path / "a").exists()


def test_gdal_reads_true_names_from_the_drawing(tiny_result: Assessment, tmp_path: Path) -> None:
    made = export(tiny_result, format="dxf", out=tmp_path, layers=["communes"])
    path = next(path for path in made.files if path.suffix == ".dxf")
    call = [needs("ogr2ogr"), "-f", "GeoJSON", "/vsistdout/", path, "--config", "DXF_ENCODING", "UTF-8"]
    clean = {k: v for k, v in os.environ.items() if k not in {"PROJ_LIB", "PROJ_DATA", "GDAL_DATA"}}
    said = subprocess.run(call, capture_output=True, text=True, check=True, env=clean).stdout
    seen = [feature["properties"] for feature in json.loads(said)["features"]]
    assert len([one for one in seen if one["Layer"] == "COMMUNES"]) == 4
    names = {one["Text"].replace("^ ", "^") for one in seen if one["Layer"] == "COMMUNES_TEXT"}
    assert names == {str(name).replace("%%", "% %") for name in tiny_result.city.communes["name"]}
