"""Styles and the QGIS project: one palette, the file's own field names, and what QGIS makes of them."""

from __future__ import annotations

import json
import math
import os
import re
import sqlite3
import subprocess
import tempfile
import xml.etree.ElementTree as ET
import zipfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.image import imread

from cities import square, tiny_layers, write_city
from exporting import needs, vector_path
from geoplan import assess, export, open_city, palette
from geoplan.errors import listening
from geoplan.exports.export import deliver, target_crs
from geoplan.exports.formats import FORMATS
from geoplan.exports.layers import export_layers
from geoplan.exports.looks import look_of
from geoplan.exports.markup import inert, legal
from geoplan.exports.qml import colour
from geoplan.exports.styles import style_of

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import ExportResult

SLD = "{http://www.opengis.net/sld}"
OGC = "{http://www.opengis.net/ogc}"
HOSTILE = ']]><script>alert("\'&\x00\x1f")</script> [% 1 + 1 %] Đồng'
DRAWN = (
    "communes", "plans", "industrial_zones", "urban_land", "gaps", "conflicts", "candidates", "neighbours",
)  # fmt: skip


def assessed(folder: Path, **more: Any) -> Assessment:
    write_city(folder, **more)
    with listening():
        return assess(open_city("tiny", workspace=folder))


@pytest.fixture(scope="module")
def tiny_result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    return assessed(tmp_path_factory.mktemp("tiny"), layers=tiny_layers())


@pytest.fixture(scope="module")
def hostile_result(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    layers = tiny_layers(HOSTILE.replace("\x00", "").replace("{", "") + " {}")
    layers["plans"]["kind"] = ["zoning", "zoning", HOSTILE.replace("\x00", "")]
    return assessed(tmp_path_factory.mktemp("hostile"), layers=layers, title="Thành phố [% 1 + 1 %] <b>&")


def parsed(text: str | bytes) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def layer_of(result: Assessment, name: str) -> ExportLayer:
    return export_layers(result, layers=[name])[0]


def unmeasured(layer: ExportLayer) -> ExportLayer:
    """The communes with the coverage of the last one unknown."""
    frame = layer.frame.copy()
    frame.loc[3, "coverage_zoning_natural_pct"] = float("nan")
    return replace(layer, frame=frame)


def in_qgis(**asked: Any) -> dict[str, Any]:
    """What QGIS sees, headless; one start for all."""
    needs("qgis")
    runner = Path(__file__).parent / "qgis_styles.py"
    with tempfile.TemporaryDirectory() as home:
        away = ("PROJ_", "GDAL_", "PYTHON", "VIRTUAL_ENV")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(away)}
        made = subprocess.run(
            ["/usr/bin/python3", str(runner)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            check=False,
            env=clean | {"QT_QPA_PLATFORM": "offscreen", "HOME": home, "XDG_RUNTIME_DIR": home},
            timeout=300,
        )
    assert made.returncode == 0, made.stderr[-2000:]
    seen: dict[str, Any] = json.loads(made.stdout.splitlines()[-1])
    return seen


# --- looks ------------------------------------------------------------------------------------------------


@given(st.floats(min_value=0, max_value=100))
def test_every_coverage_has_the_colour_of_the_palette(tiny_result: Assessment, value: float) -> None:
    look = look_of(layer_of(tiny_result, "communes"))
    assert look is not None
    assert look.entries[look.place(value)].symbol.fill == palette.COVERAGE.colour(value)


def test_the_unknown_is_hatched_and_never_a_class(tiny_result: Assessment) -> None:
    look = look_of(layer_of(tiny_result, "communes"))
    assert look is not None
    for value in (None, float("nan"), "12"):
        entry = look.entries[look.place(value)]
        assert entry is look.rest
        assert entry.symbol.hatch == palette.UNKNOWN_HATCH
        assert entry.label.vi == "chưa có số liệu"


def test_plans_have_the_colours_of_their_kinds(tiny_result: Assessment) -> None:
    look = look_of(layer_of(tiny_result, "plans"))
    assert look is not None
    assert {e.value: e.symbol.fill for e in look.classes} == {
        kind: palette.PLAN[kind] for kind in ("zoning", "detailed")
    }
    assert look.live == "in_force"


def test_every_layer_of_a_bundled_city_has_a_look() -> None:
    with listening():
        layers = export_layers(assess(open_city("viet-yen")))
    spatial = [layer for layer in layers if layer.spatial]
    assert {layer.name for layer in spatial} >= set(DRAWN) - {"neighbours"}
    assert all(look_of(layer) is not None for layer in spatial)
    assert all(look_of(layer) is None for layer in layers if not layer.spatial)


# --- XML --------------------------------------------------------------------------------------------------


def test_data_in_a_style_is_text_and_nothing_else(hostile_result: Assessment) -> None:
    layer = layer_of(hostile_result, "plans")
    kind = HOSTILE.replace("\x00", "")
    assert kind in set(layer.frame["kind"])
    style = style_of(layer, names={"kind": 'a "quoted" <field>', "name": "tên & tuổi"}, lang="vi")
    assert style is not None
    qml, sld = parsed(style.qml), parsed(style.sld)
    categories = {c.get("value"): c.get("label") for c in qml.iter("category")}
    assert categories[legal(kind)] == inert(kind)
    assert "[%" not in "".join(categories.values())  # type: ignore[arg-type]
    assert not [e for e in (*qml.iter(), *sld.iter()) if e.tag.endswith("}script") or e.tag == "script"]
    assert legal(kind) in [e.text for e in sld.iter(f"{OGC}Literal")]
    assert {e.text for e in sld.iter(f"{OGC}PropertyName")} == {'a "quoted" <field>', "tên & tuổi"}
    assert next(qml.iter("text-style")).get("fieldName") == "tên & tuổi"


@given(st.text())
def test_any_text_becomes_xml_that_can_be_read(text: str) -> None:
    root = ET.Element("a", {"b": inert(text)})
    root.text = legal(text)
    encodable = text.encode("utf-8", "ignore").decode("utf-8") == text
    if encodable:
        back = parsed(ET.tostring(root))
        assert (back.text or "").replace("\n", "") == legal(text).replace("\r", "").replace("\n", "")
    assert "[%" not in inert(text)


def test_colours_are_those_of_qgis() -> None:
    assert colour("#1f6fb4", 0.5) == "31,111,180,128"


def test_every_number_has_one_rule_of_the_sld(tiny_result: Assessment) -> None:
    style = style_of(layer_of(tiny_result, "communes"), names={}, lang="vi")
    assert style is not None
    rules = [r for r in parsed(style.sld).iter(f"{SLD}Rule") if r.find(f"{OGC}Filter") is not None]
    assert len(rules) == len(palette.COVERAGE.breaks) + 1
    for value in (None, 0.0, 0.05, 19.999, 20.0, 99.95, 100.0):
        taken = [i for i, rule in enumerate(rules) if all(_holds(test, value) for test in rule[2])]
        assert taken == [len(palette.COVERAGE.breaks) if value is None else palette.COVERAGE.place(value)]


def _holds(test: ET.Element, value: float | None) -> bool:
    """What an OGC filter says of a number; of a missing one, no comparison holds."""
    tag = test.tag.removeprefix(OGC)
    inside = [part for part in test if part.tag not in {f"{OGC}PropertyName", f"{OGC}Literal"}]
    if tag == "And":
        return all(_holds(part, value) for part in inside)
    if tag == "Or":
        return any(_holds(part, value) for part in inside)
    if tag == "Not":
        return not _holds(inside[0], value)
    if tag == "PropertyIsNull":
        return value is None
    limit = float(test.findtext(f"{OGC}Literal") or "")
    return value is not None and (
        value >= limit if tag == "PropertyIsGreaterThanOrEqualTo" else value < limit
    )


# --- beside the files -------------------------------------------------------------------------------------


def test_styles_lie_where_programs_look_and_name_the_fields_of_the_file(
    tiny_result: Assessment, tmp_path: Path
) -> None:
    made = export(tiny_result, format="shp", out=tmp_path / "shp", layers=["communes", "plans"])
    for path in (p for p in made.files if p.suffix == ".zip"):
        archive = zipfile.ZipFile(path)
        qml = archive.read(f"{path.stem}.qml").decode("utf-8")
        sld = archive.read(f"{path.stem}.sld").decode("utf-8")
        by, name = ("TL_QHPK", "TEN_XA") if "communes" in path.name else ("LOAI_QH", "TEN_QH")
        assert by in qml
        assert f'fieldName="{name}"' in qml
        assert {e.text for e in parsed(sld).iter(f"{OGC}PropertyName")} == {by, name}
    export(tiny_result, format="fgb", out=tmp_path / "fgb", layers=["communes"])
    for ending in (".qml", ".sld"):
        text = (tmp_path / "fgb" / f"tiny-2024-01-18-communes{ending}").read_text(encoding="utf-8")
        assert "coverage_zoning_natural_pct" in text


def test_the_geopackage_holds_a_style_for_each_layer(tiny_result: Assessment, tmp_path: Path) -> None:
    made = export(tiny_result, format="gpkg", out=tmp_path)
    with closing(sqlite3.connect(made.files[0])) as base:
        rows = base.execute("SELECT f_table_name, styleQML, styleSLD, useAsDefault FROM layer_styles")
        styles = {name: (qml, sld, default) for name, qml, sld, default in rows}
    assert set(styles) == set(DRAWN) - {"neighbours"}
    for qml, sld, default in styles.values():
        assert parsed(qml).tag == "qgis"
        assert parsed(sld).tag == f"{SLD}StyledLayerDescriptor"
        assert default == 1


# --- QGIS -------------------------------------------------------------------------------------------------


def test_qgis_draws_each_unit_in_the_colour_of_its_class(tiny_result: Assessment, tmp_path: Path) -> None:
    layer = unmeasured(layer_of(tiny_result, "communes"))
    points = [[square(i, 0).centroid.x, square(i, 0).centroid.y] for i in range(4)]
    asked: list[Any] = []
    for name in ("shp", "gpkg", "tab", "geojson"):
        system = target_crs(tiny_result.city, "wgs84", FORMATS[name])
        made = deliver([layer], result=tiny_result, chosen=FORMATS[name], out=tmp_path / name, crs=system)
        path = next(p for p in made.files if p.suffix in {".zip", ".gpkg", ".tab", ".geojson"})
        sld = None
        if name == "shp":
            zipfile.ZipFile(path).extractall(tmp_path / "open")
            path = tmp_path / "open" / f"{path.stem}.shp"
            sld = str(path.with_suffix(".sld"))
        asked.append([vector_path(path), None, points])
        if sld is not None:
            asked.append([vector_path(path), sld, points])
    seen = in_qgis(layers=asked)
    assert [text for text in seen["said"] if "MapInfo UTF-8" not in text] == []
    wanted = [palette.COVERAGE.colour(v) for v in layer.frame["coverage_zoning_natural_pct"][:3]]
    assert len(set(wanted)) > 1
    for (source, sld, _), found in zip(asked, seen["layers"], strict=True):
        assert [colours[0] for colours in found["pixels"][:3]] == wanted, (source, sld)
        if sld is None:
            assert found["renderer"] == "RuleRenderer"
            assert len(found["legend"]) == len(palette.COVERAGE.breaks) + 1
            assert found["halo"]
            assert found["labelled"]
            assert found["label"] in {"name", "TEN_XA"}
            assert found["fields"] in (["coverage_zoning_natural_pct"], ["TL_QHPK"])
            assert "#ffffff" in found["pixels"][3]  # and lines over it, of grey
            assert len(set(found["pixels"][3])) > 1
            assert all(c[1:3] == c[3:5] == c[5:7] for c in found["pixels"][3])


def _project(made: ExportResult) -> Path:
    return next(path for path in made.files if path.suffix == ".qgz")


def test_qgis_opens_the_project_without_a_word(hostile_result: Assessment, tmp_path: Path) -> None:
    with listening():
        city = export(open_city("viet-yen"), format="gpkg", out=tmp_path / "a")
    hostile = export(hostile_result, format="gpkg", out=tmp_path / "b")
    english = export(hostile_result, format="gpkg", out=tmp_path / "c", lang="en", crs="wgs84")
    (tmp_path / "a").rename(tmp_path / "moved")  # paths are relative
    asked = []
    for made, folder in ((city, "moved"), (hostile, "b"), (english, "c")):
        asked.append([str(tmp_path / folder / _project(made).name), str(tmp_path / folder)])
    seen = in_qgis(projects=asked)
    assert seen["said"] == []
    for project, code in zip(seen["projects"], ("EPSG:9214", "EPSG:9213", "EPSG:4326"), strict=True):
        assert project["read"]
        assert project["other_version"] == []
        assert project["crs"] == code
        assert all(layer["valid"] for layer in project["layers"].values())
        assert {layer["crs"] for layer in project["layers"].values()} == {code, None}
    first, second, third = seen["projects"]
    assert list(first["groups"]) == ["Kết quả", "Dữ liệu đầu vào", "Đơn vị hành chính và nền", "Bảng số liệu"]
    assert next(iter(third["groups"])) == "Results"
    shown = {name for name, layer in first["layers"].items() if layer["shown"] and layer["look"]}
    assert shown == {"communes", "industrial_zones", "candidates"}
    renderers = {name: layer["look"]["renderer"] for name, layer in first["layers"].items() if layer["look"]}
    assert renderers == {
        "communes": "RuleRenderer", "plans": "categorizedSymbol", "gaps": "categorizedSymbol",
        "conflicts": "categorizedSymbol", "industrial_zones": "singleSymbol", "urban_land": "singleSymbol",
        "candidates": "singleSymbol",
    }  # fmt: skip
    assert second["title"] == "Thành phố [ % 1 + 1 %] <b>&"


def test_the_page_says_what_a_map_has_to_say(hostile_result: Assessment, tmp_path: Path) -> None:
    with listening():
        made = export(open_city("pho-yen"), format="gpkg", out=tmp_path / "a")
    hostile = export(hostile_result, format="gpkg", out=tmp_path / "b", lang="en")
    asked = [[str(_project(one)), str(_project(one).parent)] for one in (made, hostile)]
    (page,), (other,) = (project["layouts"] for project in in_qgis(projects=asked)["projects"])
    kinds = {"Map", "Label", "Legend", "ScaleBar", "Picture", "Page"}
    assert {f"QgsLayoutItem{kind}" for kind in kinds} <= set(page["kinds"])
    assert page["bars"] == [["m", 2000, True]]
    assert page["printed"] == [0, 0]
    told = "\n".join(page["texts"])
    for text in ("Thành phố Phổ Yên", "27/03/2024", "EPSG:9213", "không phải đo đạc", "Nguồn: ", "EPSG:6960"):
        assert text in told
    assert "[ % 1 + 1 %]" in "\n".join(other["texts"])
    assert (tmp_path / "a" / "page.pdf").read_bytes().startswith(b"%PDF")
    picture = (imread(tmp_path / "a" / "page.png")[:, :, :3] * 255).round().astype(int)
    tall, wide, _ = picture.shape
    assert math.isclose(wide / tall, 297 / 210, rel_tol=0.01)
    drawn = {
        f"#{r:02x}{g:02x}{b:02x}"
        for r, g, b in np.unique(picture[:, : wide * 7 // 10].reshape(-1, 3), axis=0)
    }
    legend = {
        f"#{r:02x}{g:02x}{b:02x}"
        for r, g, b in np.unique(picture[:, wide * 7 // 10 :].reshape(-1, 3), axis=0)
    }
    communes = layer_of(assess(open_city("pho-yen")), "communes").frame["coverage_zoning_natural_pct"]
    assert {palette.COVERAGE.colour(value) for value in communes} <= drawn & legend


def test_projects_have_the_same_bytes_every_time(tiny_result: Assessment, tmp_path: Path) -> None:
    first = _project(export(tiny_result, format="gpkg", out=tmp_path / "a")).read_bytes()
    assert first == _project(export(tiny_result, format="gpkg", out=tmp_path / "b")).read_bytes()
    text = zipfile.ZipFile(tmp_path / "a" / "tiny-2024-01-18.qgz").read("tiny-2024-01-18.qgs").decode("utf-8")
    assert set(re.findall(r'source="([^"|]*)', text)) == {"./tiny-2024-01-18.gpkg"}
    assert str(tmp_path) not in text


def test_a_project_of_a_table_or_of_an_empty_layer_is_no_error(
    tiny_result: Assessment, tmp_path: Path
) -> None:
    layer = layer_of(tiny_result, "gaps")
    empty = replace(layer, frame=layer.frame.iloc[:0])
    system = target_crs(tiny_result.city, "province", FORMATS["gpkg"])
    asked = []
    for name, layers in (("empty", [empty]), ("table", [layer_of(tiny_result, "coverage")])):
        out = tmp_path / name
        made = deliver(layers, result=tiny_result, chosen=FORMATS["gpkg"], out=out, crs=system)
        asked.append([str(_project(made)), str(out)])
    seen = in_qgis(projects=asked)
    assert seen["said"] == []
    assert [set(project["layers"]) for project in seen["projects"]] == [{"gaps"}, {"coverage"}]
    assert all(layer["valid"] for project in seen["projects"] for layer in project["layers"].values())
