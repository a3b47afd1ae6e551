"""`geoplan batch --format`: real reports, worked out once a city, kept while nothing changes, resumed after a kill."""

from __future__ import annotations

import json
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from exporting import needs
from geoplan.batch.job import Job, Options, Place
from geoplan.batch.state import code_version, unchanged
from geoplan.batch.work import build_city
from geoplan.show.report import write
from many_cities import batch, killed, lines, results, snapshot

if TYPE_CHECKING:
    from pathlib import Path

CITIES = ("a-one", "b-two")
KINDS = ("docx", "pdf", "html")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace of two cities and a batch of them: killed when the first report was begun, then resumed."""
    folder = tmp_path_factory.mktemp("formats")
    for name in CITIES:
        write_city(
            folder / "w", tiny_layers(), city_id=name, title=f"Đô thị {name}",
            targets=tiny_targets(), indicators=tiny_indicators(),
        )  # fmt: skip
    out, log = folder / "out", folder / "log"
    asked = ("--workspace", folder / "w", "--format", "html, PDF,xlsx,docx,pdf", "--jobs", "1")
    killed(out, *asked, after=6, log=log)  # the start and five steps
    assert [line.get("step") for line in lines(log)] == [
        None, "open", "assess", "map", "workbook", "reports"
    ]  # fmt: skip
    assert results(snapshot(out)) == {}
    done = batch(out, "--resume")
    assert done.returncode == 0, done.stderr
    return folder


def job(home: Path, out: Path, city: str, formats: tuple[str, ...] = KINDS) -> Job:
    (out / ".state").mkdir(parents=True, exist_ok=True)
    place, staging = Place(city=city, home=home), out / ".state" / "_work"
    options = Options(formats=formats)
    return Job(place=place, options=options, out=out.resolve(), staging=staging, code=code_version())


def test_the_files_are_the_reports_of_each_city(made: Path, tmp_path: Path) -> None:
    files = results(snapshot(made / "out"))
    page = files["index.html"].decode()
    manifest = json.loads(files["manifest.json"])
    assert [entry["city"] for entry in manifest["cities"]] == list(CITIES)
    for entry in manifest["cities"]:
        name = entry["city"]
        own = [f"reports/{name}.{kind}" for kind in KINDS]
        assert set(entry["files"]) == {f"{name}.html", f"reports/{name}.xlsx", *own}
        assert entry["card"]["reports"] == own
        assert entry["options"]["formats"] == list(KINDS)
        assert all(file in page for file in own)
        assert f"Đô thị {name}" in files[f"reports/{name}.html"].decode()
        with zipfile.ZipFile(made / "out" / "reports" / f"{name}.docx") as word:
            assert f"Đô thị {name}" in word.read("word/document.xml").decode()
    result = geoplan.assess(geoplan.open_city("b-two", workspace=made / "w"))
    for path in geoplan.report(result, tmp_path, formats=KINDS):
        assert path.read_bytes() == files[f"reports/{path.name}"]


def test_the_pdf_is_one_that_others_read(made: Path) -> None:
    for name in CITIES:
        pdf = made / "out" / "reports" / f"{name}.pdf"
        call = [needs("pdftotext"), str(pdf), "-"]
        said = subprocess.run(call, check=True, capture_output=True, text=True).stdout
        assert f"Đô thị {name}" in " ".join(said.split())
        assert "Độc lập - Tự do - Hạnh phúc" in said


def test_a_city_is_worked_out_once_for_all_formats(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    for name in ("timeline", "content", "_pictures"):
        real = getattr(write, name)

        def counted(*given: Any, _name: str = name, _real: Any = real, **more: Any) -> Any:
            calls.append(_name)
            return _real(*given, **more)

        monkeypatch.setattr(write, name, counted)
    steps: list[str] = []
    outcome = build_city(job(made / "w", tmp_path / "out", "a-one"), steps.append)
    assert outcome.state == "built", outcome.trace
    assert calls == ["timeline", "content", "_pictures"]
    assert steps == ["open", "assess", "map", "workbook", "reports"]
    whole = results(snapshot(made / "out"))
    assert results(snapshot(tmp_path / "out")) == {n: data for n, data in whole.items() if "a-one" in n}


def test_reports_are_kept_until_they_or_the_formats_change(made: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for name, data in snapshot(made / "out").items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(data)
    plain = job(made / "w", out, "b-two")
    assert unchanged(plain)
    assert unchanged(job(made / "w", out, "a-one"))
    assert not unchanged(replace(plain, options=Options(formats=("pdf",))))
    assert not unchanged(replace(plain, options=Options()))
    for kind in KINDS:
        path = out / "reports" / f"b-two.{kind}"
        was = path.read_bytes()
        path.write_bytes(was[:-1])
        assert not unchanged(plain), kind
        path.unlink()
        assert not unchanged(plain), kind
        path.write_bytes(was)
    assert unchanged(plain)
