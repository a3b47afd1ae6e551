"""The notebooks: kept without outputs, run from a clean kernel, and what they show works offline."""

from __future__ import annotations

import html
import re
import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbclient import NotebookClient

import geoplan
from geoplan.intake.legacy_tables import reverse

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
"""All of them, 01 to 05."""


def run(name: str, folder: Path, settings: Mapping[str, str] | None = None) -> Any:
    """A notebook run from a clean kernel in an empty folder, some of its settings filled in."""
    (path,) = (p for p in NOTEBOOKS if p.name.startswith(name))
    book = nbformat.read(path, as_version=4)
    for variable, value in (settings or {}).items():
        cells = [c for c in book.cells if re.search(rf"^{variable} = ", c.source, flags=re.MULTILINE)]
        assert cells, variable
        cells[0].source = re.sub(
            rf"^{variable} = [^#\n]*", lambda _, v=variable, x=value: f"{v} = {x!r}  ", cells[0].source,
            flags=re.MULTILINE, count=1,
        )  # fmt: skip
    NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": folder}}
    ).execute()
    return book


def shown(book: Any, kind: str) -> str:
    """Everything that the cells put out in one form, one after another."""
    outputs = [o for cell in book.cells if cell.cell_type == "code" for o in cell.outputs]
    texts = [
        o.text for o in outputs if o.output_type == "stream" and o.name == "stdout" and kind == "text/plain"
    ]
    return "\n".join([*texts, *(o.data[kind] for o in outputs if kind in o.get("data", {}))])


def test_there_are_five_and_they_are_kept_without_outputs() -> None:
    assert [p.name[:3] for p in NOTEBOOKS] == [f"0{n}-" for n in range(1, 6)]
    for path in NOTEBOOKS:
        book = nbformat.read(path, as_version=4)
        nbformat.validate(book)
        code = [cell for cell in book.cells if cell.cell_type == "code"]
        assert all(not cell.outputs and cell.execution_count is None for cell in code), path.name
        assert book.cells[0].source.startswith(f"# {int(path.name[:2])}. ")


@pytest.mark.parametrize("name", ["01", "02", "03"])
def test_it_runs_and_its_maps_ask_for_nothing(name: str, tmp_path: Path) -> None:
    book = run(name, tmp_path)
    errors = [o for c in book.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "error"]
    assert not errors
    pages = shown(book, "text/html")
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=[\"']?https?:", html.unescape(pages))
    if name != "02":
        assert "<iframe sandbox=" in pages


def tcvn3_zip(folder: Path) -> Path:
    """Hưng Yên's units as offices keep them: a zipped shapefile, VN-2000, names in TCVN3, no .cpg."""
    units = geoplan.open_city("hung-yen", on="2024-01-18").communes
    prefix = units["kind"].map({"ward": "Phường ", "commune": "Xã "})
    table = units[["code", "population", "geometry"]].rename(
        columns={"code": "MA_XA", "population": "DAN_SO"}
    )
    table["TEN_XA"] = [reverse(name, "tcvn3").decode("latin-1") for name in prefix + units["name"]]
    inside = folder / "xa"
    inside.mkdir()
    table.to_crs(9209).to_file(inside / "xa.shp", encoding="ISO-8859-1")
    (inside / "xa.cpg").unlink()
    with zipfile.ZipFile(folder / "xa.zip", "w") as archive:
        for file in sorted(inside.iterdir()):
            archive.write(file, file.name)
    return folder / "xa.zip"


def test_a_zipped_shapefile_with_old_letters_becomes_a_report(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    plans = geoplan.open_city("hung-yen").plans.dropna(subset="approved_on")
    named = {
        "id": "MA_QH",
        "name": "TEN_QH",
        "kind": "LOAI_QH",
        "status": "TINH_TRANG",
        "approved_on": "NGAY_DUYET",
    }
    plans["approved_on"] = plans["approved_on"].dt.strftime("%d/%m/%Y")
    plans[[*named, "geometry"]].rename(columns=named).to_file(tmp_path / "qh.gpkg")
    settings = {"XA": str(tcvn3_zip(tmp_path)), "QUY_HOACH": str(tmp_path / "qh.gpkg"), "RA": "ra"}
    book = run("04", folder, settings)
    assert "tcvn3" in shown(book, "text/plain")
    city = geoplan.open_city("hung-yen-cua-toi", workspace=folder / "ra" / "workspace")
    known = geoplan.open_city("hung-yen", on="2024-01-18").communes
    pairs = city.communes.set_index("code")
    assert pairs.loc[known["code"], "name"].tolist() == known["name"].tolist()
    assert pairs.loc[known["code"], "kind"].tolist() == known["kind"].tolist()
    assert pairs.loc[known["code"], "population"].tolist() == known["population"].tolist()
    for suffix in ("html", "docx", "pdf"):
        assert (folder / "ra" / f"hung-yen-cua-toi.{suffix}").stat().st_size > 10_000


def test_without_files_it_takes_its_sample(tmp_path: Path) -> None:
    run("04", tmp_path)
    assert (tmp_path / "ket-qua" / "hung-yen-cua-toi.pdf").read_bytes().startswith(b"%PDF")


def test_the_national_picture_with_and_without_the_nation(tmp_path: Path, real_data: Path) -> None:
    shutil.copy(real_data / "vietnam-communes-2025.parquet", tmp_path / "ca-nuoc.parquet")
    said = shown(run("05", tmp_path, {"CA_NUOC": "ca-nuoc.parquet"}), "text/plain")
    assert "3.321 đơn vị" in said
    assert "Lệch trên 5 %: 189 đơn vị" in said
    bare = tmp_path / "bare"
    bare.mkdir()
    assert "Chưa tải ranh giới cả nước" in shown(run("05", bare), "text/plain")
    assert not list(bare.iterdir())
