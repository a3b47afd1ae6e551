"""Other programs open what geoplan writes: GDAL's command line, QGIS, LibreOffice, and see the same."""

from __future__ import annotations

import csv
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from cities import write_city
from exporting import CODES, by_ogrinfo, by_qgis, extent_of, nasty_city, needs
from exports_table import MATRIX_END, MATRIX_START, NO_CODE, matrix
from geoplan import assess, export, open_city
from geoplan.errors import listening
from geoplan.exports.layers import export_layers

if TYPE_CHECKING:
    from exporting import Seen
    from geoplan.exports.layers import ExportLayer

DOCS = Path(__file__).parents[1] / "docs" / "exports.md"
ENDINGS = {
    "gpkg": ".gpkg", "fgdb": ".gdb", "shp": "-{}.zip", "geojson": "-{}.geojson", "fgb": "-{}.fgb",
    "tab": "-{}.tab", "mif": "-{}.mif",
}  # fmt: skip
SHORT = ("shp", "tab", "mif")
OWN = {"gpkg": ["fid"], "fgdb": ["OBJECTID"]}
"""Fields that the format has of its own, as QGIS shows them."""


def sent(city_id: str, out: Path) -> list[tuple[str, Path, ExportLayer]]:
    """Every layer of a city in every format: format, file, layer."""
    with listening():
        result = assess(open_city(city_id))
    layers = [layer for layer in export_layers(result) if layer.spatial]
    found = []
    for name, ending in ENDINGS.items():
        made = export(result, format=name, out=out / name)
        for layer in layers:
            path = next(p for p in made.files if p.name.endswith(ending.format(layer.name)))
            found.append((name, path, layer))
    return found


def code_of(name: str, city_id: str) -> int | None:
    """The EPSG code that a program should tell."""
    if name in NO_CODE:
        return None
    return 4326 if name == "geojson" else CODES[city_id]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, Path, ExportLayer]]]:
    """The bundled cities in every format."""
    folder = tmp_path_factory.mktemp("every")
    return {city_id: sent(city_id, folder / city_id) for city_id in CODES}


@pytest.fixture(scope="module")
def in_qgis(every: dict[str, list[tuple[str, Path, ExportLayer]]]) -> dict[tuple[Path, str], Seen]:
    """What QGIS sees of each, in one session."""
    asked = [(path, layer.name) for files in every.values() for _, path, layer in files]
    return dict(zip(asked, by_qgis(asked), strict=True))


@pytest.mark.parametrize("city_id", list(CODES))
def test_qgis_sees_every_layer_in_its_place_without_a_warning(
    city_id: str,
    every: dict[str, list[tuple[str, Path, ExportLayer]]],
    in_qgis: dict[tuple[Path, str], Seen],
) -> None:
    for name, path, layer in every[city_id]:
        seen = in_qgis[path, layer.name]
        what = f"{path.name} {layer.name}"
        names = [f.short if name in SHORT else f.name for f in layer.fields]
        assert seen.warnings == (), what
        assert seen.count == len(layer.frame), what
        if name != "geojson" or len(layer.frame):  # without a feature it says nothing
            assert seen.fields == (*OWN.get(name, []), *names), what
            assert seen.epsg == code_of(name, city_id), what
        if len(layer.frame):  # within a millimetre, by QGIS's own transformation
            assert seen.extent == pytest.approx(extent_of(layer.frame), abs=1e-8), what  # type: ignore[arg-type]


def test_gdals_command_line_sees_every_layer_in_its_place(
    every: dict[str, list[tuple[str, Path, ExportLayer]]],
) -> None:
    city_id = "hung-yen"  # one of its layers is empty
    for name, path, layer in every[city_id]:
        what = f"{path.name} {layer.name}"
        seen = by_ogrinfo(path, layer.name)
        names = [f.short if name in SHORT else f.name for f in layer.fields]
        assert seen.warnings == (), what
        assert seen.count == len(layer.frame), what
        if name != "geojson" or len(layer.frame):
            assert list(seen.fields) == names, what
        if name not in NO_CODE:
            assert seen.epsg == code_of(name, city_id), what
        if len(layer.frame):
            assert seen.extent == pytest.approx(extent_of(layer.frame), abs=1e-8), what  # type: ignore[arg-type]


def test_hostile_names_reach_qgis_whole(tmp_path: Path) -> None:
    write_city(tmp_path / "w", nasty_city())
    with listening():
        made = export(open_city("tiny", workspace=tmp_path / "w"), format="gpkg", out=tmp_path / "out")
    (seen,) = by_qgis([(made.files[0], "communes")])
    assert seen.count == 4
    assert "Ghi chú “dài”" in seen.fields
    assert seen.warnings == ()


def test_libreoffice_reads_the_tables_as_they_are(tmp_path: Path) -> None:
    """CSV and XLSX through LibreOffice: texts stay texts, nothing is calculated, nothing is lost."""
    soffice = needs("soffice")
    write_city(tmp_path / "w", nasty_city())
    with listening():
        result = assess(open_city("tiny", workspace=tmp_path / "w"))
    layer = export_layers(result, layers=["communes"])[0]
    for name, ending in (("csv", "-communes.csv"), ("xlsx", ".xlsx")):
        made = export(result, format=name, out=tmp_path / name, layers=["communes"])
        path = next(p for p in made.files if p.name.endswith(ending))
        source = ["--infilter=CSV:44,34,76,1,,0,true"] if name == "csv" else []
        call = [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", *source]
        subprocess.run(
            [*call, "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(tmp_path / "back"), str(path)],
            check=True, capture_output=True, timeout=180,
        )  # fmt: skip
        sheet = load_workbook(tmp_path / "back" / f"{path.stem}.xlsx").worksheets[0]
        rows = list(sheet.iter_rows())
        heads = [cell.value for cell in rows[0]]
        assert heads[: len(layer.fields)] == [f.name for f in layer.fields]
        assert len(rows) == 1 + len(layer.frame)
        formulas = [cell.value for row in rows for cell in row if cell.data_type == "f"]
        assert set(formulas) <= {"=TRUE()", "=FALSE()"}, name  # how LibreOffice itself writes true and false
        texts = [row[heads.index("name")].value for row in rows[1:]]
        assert [t.lstrip("'") for t in texts] == layer.frame["name"].tolist()
        notes = [row[heads.index("Ghi chú “dài”")].value.lstrip("'") for row in rows[1:]]
        assert notes == layer.frame["Ghi chú “dài”"].tolist()


def test_the_table_in_the_documentation_is_what_was_found(tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    held = text[text.index(MATRIX_START) : text.index(MATRIX_END)]
    assert matrix(tmp_path) in held


def test_csv_of_python_is_the_same_table(tmp_path: Path) -> None:
    with listening():
        result = assess(open_city("pho-yen"))
    made = export(result, format="csv", out=tmp_path, layers=["verdicts"])
    with made.files[0].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    layer = export_layers(result, layers=["verdicts"])[0]
    assert [row["reason"] for row in rows] == layer.frame["reason"].tolist()
    assert [row["value"] for row in rows] == ["" if v != v else repr(v) for v in layer.frame["value"]]  # noqa: PLR0124
