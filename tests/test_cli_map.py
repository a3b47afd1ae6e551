"""`geoplan map`: a page, a PNG and a PDF from the command line; wrong calls are one sentence."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from cities import tiny_layers, write_city
from geoplan.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def workspace(tmp_path: Path) -> str:
    write_city(tmp_path / "w", tiny_layers())
    return str(tmp_path / "w")


def test_a_page_a_png_and_a_pdf(tmp_path: Path, workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
    page, png, pdf = (tmp_path / f"m.{kind}" for kind in ("html", "png", "pdf"))
    call = ["map", "tiny", "--workspace", workspace, "--out", str(page), "--png", str(png), "--pdf", str(pdf)]
    assert main([*call, "--dpi", "150", "--layers", "gaps"]) == 0
    assert capsys.readouterr().out.split() == [str(page), str(png), str(pdf)]
    assert "default-src 'none'" in page.read_text(encoding="utf-8")
    head = png.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    sides = {int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")}
    assert sides == {round(210 / 25.4 * 150), round(297 / 25.4 * 150)}
    said = subprocess.run(["pdftotext", str(pdf), "-"], check=True, capture_output=True, text=True).stdout
    assert "Thành phố Thử" in said
    assert "Chưa có quy hoạch" in said or "chưa có quy hoạch" in said.lower()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "--out bản_đồ.html"),
        (["--png", "x.jpg"], "phải có đuôi .png"),
        (["--png", "x.png", "--dpi", "72"], "150"),
        (["--png", "x.png", "--metric", "happiness"], "happiness"),
        (["--out", "x.html", "--tiles", "javascript:alert(1)"], "javascript"),
        (["--out", "x.html", "--raster", "none.tif"], "none.tif"),
    ],
)
def test_a_wrong_call_is_one_sentence_and_writes_nothing(  # noqa: PLR0917 - pytest's fixtures
    tmp_path: Path,
    workspace: str,
    options: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["map", "tiny", "--workspace", workspace, *options]) in {1, 2}
    said = capsys.readouterr()
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1
    assert sentence in said.err
    assert not list(tmp_path.glob("x.*"))
