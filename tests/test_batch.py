"""The batch as a program: what it leaves when cities are broken, when it is killed, and when nothing changed."""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import gc
import hashlib
import io
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

import geoplan
from cities import tiny_layers, write_city
from geoplan.batch.cluster import build_there
from geoplan.batch.job import Job, Options, Outcome, Place, Step
from geoplan.batch.lock import only_run
from geoplan.batch.pool import build_here
from geoplan.batch.state import code_version, state_path, unchanged
from geoplan.batch.work import build_city, hush
from geoplan.cli import main
from geoplan.errors import UsageError
from many_cities import alive, batch, command, killed, lines, many_cities, results, snapshot

CITIES, BROKEN = 12, 3


@dataclass(frozen=True)
class Run:
    """A batch that nothing disturbed."""

    workspace: Path
    out: Path
    broken: list[str]
    done: subprocess.CompletedProcess[str]
    log: Path
    files: dict[str, bytes]

    def same(self, out: Path) -> bool:
        """Whether another folder holds the same files with the same bytes, what a run keeps for itself too."""
        return snapshot(out) == self.files


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("batch")
    broken = many_cities(folder / "w", CITIES, broken=BROKEN)
    log = folder / "log.jsonl"
    done = batch(folder / "out", "--workspace", folder / "w", "--jobs", "2", "--json-log", log)
    return Run(folder / "w", folder / "out", broken, done, log, snapshot(folder / "out"))


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Six cities, all good, for what needs many runs; there is nothing yet that it could resume."""
    folder = tmp_path_factory.mktemp("few")
    broken = many_cities(folder / "w", 6)
    done = batch(folder / "out", "--workspace", folder / "w", "--jobs", "2", "--resume")
    return Run(folder / "w", folder / "out", broken, done, folder / "log", snapshot(folder / "out"))


def job(out: Path, city: str, home: Path, options: Options | None = None) -> Job:
    (out / ".state").mkdir(parents=True, exist_ok=True)
    staging = out / ".state" / "_work" / "test"
    place = Place(city=city, home=home)
    return Job(place=place, options=options or Options(), out=out, staging=staging, code=code_version())


# --- broken cities ------------------------------------------------------------------------------


def test_broken_cities_are_said_at_the_end_and_stop_nothing(undisturbed: Run) -> None:
    done, files = undisturbed.done, undisturbed.files
    assert done.returncode == 1
    last = done.stderr.splitlines()[-BROKEN:]
    assert [line.split(":")[0] for line in last] == undisturbed.broken
    assert "plans.geojson: không phải tệp véc-tơ" in last[0]
    assert "population.csv: thiếu cột population" in last[1]
    assert "city.toml: không đúng TOML" in last[2]
    good = [c for c in (f"city-{i:03}" for i in range(CITIES)) if c not in undisturbed.broken]
    pages = {"index.html", "national.html", "national.xlsx", "national.parquet", "manifest.json"}
    assert set(results(files)) == pages | {f"{c}.html" for c in good} | {f"reports/{c}.xlsx" for c in good}
    manifest = json.loads(files["manifest.json"])
    assert [entry["city"] for entry in manifest["cities"]] == good
    assert [b["city"] for b in manifest["broken"]] == undisturbed.broken
    for part in (manifest["index"], manifest["national"], *(e["files"] for e in manifest["cities"])):
        for name, sha in part.items():
            assert hashlib.sha256(files[name]).hexdigest() == sha
    assert b'"href":"national.html"' in files["index.html"].replace(b'": "', b'":"')
    assert files[".state/_lock"] == b""
    assert not [name for name in files if "_work" in name or "_run" in name or ".geoplan-" in name]


def test_the_manifest_proves_what_a_city_is_made_of(undisturbed: Run) -> None:
    (entry, *_) = json.loads(undisturbed.files["manifest.json"])["cities"]
    assert entry["code"] == code_version()
    assert entry["options"] == {"on": None, "lang": "vi", "formats": []}
    assert set(entry["inputs"]) == {p.name for p in (undisturbed.workspace / "city-000").iterdir()}
    for name, sha in entry["inputs"].items():
        data = (undisturbed.workspace / "city-000" / name).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha


def test_lines_and_log_tell_each_city(undisturbed: Run) -> None:
    said = undisturbed.done.stderr.splitlines()[:-BROKEN]
    assert len(said) == CITIES
    assert said[0].startswith("[ 1/12] city-0")
    assert "\x1b" not in undisturbed.done.stderr
    log = lines(undisturbed.log)
    assert log[0]["event"], log[-1]["event"] == ("start", "end")
    cities = [line for line in log if line["event"] == "city"]
    assert [line["done"] for line in cities] == list(range(1, CITIES + 1))
    assert {line["city"] for line in cities if line["state"] == "broken"} == set(undisturbed.broken)
    assert all(line["sentence"] for line in cities if line["state"] == "broken")
    assert all(line["peak_kb"] > 50_000 for line in cities if line["state"] == "built")
    steps = [line["step"] for line in log if line["event"] == "step" and line["city"] == "city-000"]
    assert steps == ["open", "assess", "map", "workbook"]


# --- nothing changed ----------------------------------------------------------------------------


def stamps(out: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file() and p.name != "_lock"}


def test_what_did_not_change_is_not_touched(undisturbed: Run) -> None:
    before = stamps(undisturbed.out)
    again = batch(undisturbed.out, "--workspace", undisturbed.workspace, "--json-log", "-")
    assert again.returncode == 1
    states = [json.loads(text)["state"] for text in again.stdout.splitlines() if '"state"' in text]
    assert sorted(states) == ["broken"] * BROKEN + ["kept"] * (CITIES - BROKEN)
    assert stamps(undisturbed.out) == before
    assert undisturbed.same(undisturbed.out)


def test_whatever_goes_into_a_city_makes_it_new(tmp_path: Path) -> None:
    many_cities(tmp_path / "w", 1)
    home, out, folder = tmp_path / "w", tmp_path / "out", tmp_path / "w" / "city-000"
    assert not unchanged(job(out, "city-000", home))
    assert build_city(job(out, "city-000", home)).state == "built"
    plain = job(out, "city-000", home)
    assert unchanged(plain)
    assert not unchanged(job(out, "city-000", home, Options(lang="en")))
    assert not unchanged(job(out, "city-000", home, Options(on=dt.date(2023, 1, 1))))
    assert not unchanged(Job(place=plain.place, options=plain.options, out=out, staging=out, code="0"))
    for name in ("city.toml", "plans.geojson", "population.csv"):
        was = (folder / name).read_bytes()
        (folder / name).write_bytes(was + b"\n")
        assert not unchanged(plain), name
        (folder / name).write_bytes(was)
    (folder / "indicators.csv").write_text("year,scope,indicator,value,qualifier,source\n", encoding="utf-8")
    assert not unchanged(plain)
    (folder / "indicators.csv").unlink()
    (home / "rulebooks").mkdir()
    (home / "rulebooks" / "mine.toml").write_text("", encoding="utf-8")
    assert not unchanged(plain)
    shutil.rmtree(home / "rulebooks")
    assert unchanged(plain)
    for name in ("city-000.html", "reports/city-000.xlsx"):
        was = (out / name).read_bytes()
        (out / name).write_bytes(was[:-1])
        assert not unchanged(plain), name
        assert build_city(plain).state == "built"
        assert (out / name).read_bytes() == was
    state_path(out, "city-000").write_text("[]", encoding="utf-8")
    assert not unchanged(plain)


def test_only_the_city_that_changed_is_built_and_the_pages_follow(few: Run, tmp_path: Path) -> None:
    shutil.copytree(few.workspace, tmp_path / "w")
    shutil.copytree(few.out, tmp_path / "out", copy_function=shutil.copy2)
    people = tmp_path / "w" / "city-003" / "population.csv"
    people.write_text(people.read_text(encoding="utf-8").replace("11030", "99030"), encoding="utf-8")
    before = stamps(tmp_path / "out")
    done = batch(tmp_path / "out", "--workspace", tmp_path / "w", "--jobs", "1")
    assert done.returncode == 0, done.stderr
    after = stamps(tmp_path / "out")
    moved = {name for name, at in after.items() if before[name] != at}
    assert moved >= {"city-003.html", "city-003.xlsx", "city-003.json", "manifest.json", "national.xlsx"}
    assert not {n for n in moved if n.startswith("city-") and not n.startswith("city-003")}


def test_a_city_of_an_earlier_run_stays_while_its_files_do(few: Run, tmp_path: Path) -> None:
    shutil.copytree(few.out, tmp_path / "out")
    (tmp_path / "two").write_text("city-001  # một\n\nThành-phố city-002\n", encoding="utf-8")
    (tmp_path / "out" / "city-005.html").unlink()
    done = batch(tmp_path / "out", "--workspace", few.workspace, "--cities", tmp_path / "two")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 đô thị")
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert [entry["city"] for entry in manifest["cities"]] == [f"city-{i:03}" for i in range(5)]


# --- a full disk, kills, a wrong call, and two at a time ----------------------------------------


@dataclass(frozen=True)
class Disturbed:
    """A batch of the same cities as `few`, until it was done at last: what was seen on the way."""

    out: Path
    full: subprocess.CompletedProcess[str]
    after_full: dict[str, bytes]
    reached: list[int]
    after_kill: list[dict[str, bytes]]
    workers: list[list[int]]
    other: tuple[int, str]
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def disturbed(few: Run, tmp_path_factory: pytest.TempPathFactory) -> Disturbed:
    """The disk is full; it resumes, and is killed; is called with other options; is killed again; ends."""
    folder = tmp_path_factory.mktemp("disturbed")
    out, log, given = folder / "out", folder / "log", ("--workspace", few.workspace)
    full = batch(out, *given, "--jobs", "2", limit="ulimit -f 300")
    after_full = snapshot(out)
    reached, after_kill, workers, said = [], [], list[list[int]](), io.StringIO()
    for after in (12, 15):
        workers.append([])
        how = ("--resume", "--jobs", "2")
        reached.append(killed(out, *how, after=after, log=log, workers=workers[-1]))
        after_kill.append(snapshot(out))
        if after == 12:
            with contextlib.redirect_stderr(said):
                other = main(["batch", "--out", str(out), *map(str, given), "--resume", "--lang", "en"])
    done = batch(out, *given, "--resume")
    return Disturbed(out, full, after_full, reached, after_kill, workers, (other, said.getvalue()), done)


def test_killed_twice_and_resumed_it_ends_with_the_same_bytes(few: Run, disturbed: Disturbed) -> None:
    for files in disturbed.after_kill:
        for name, data in results(files).items():
            assert data == few.files[name], name
        assert "manifest.json" not in files
    assert 0 < disturbed.reached[0] <= disturbed.reached[1] < 6
    assert disturbed.done.returncode == 0, disturbed.done.stderr
    kept = int(disturbed.done.stdout.split("thay đổi: ")[1].split(";")[0])
    assert 0 < kept < 6
    assert few.same(disturbed.out)


def test_workers_end_with_the_run_that_is_killed(disturbed: Disturbed) -> None:
    for workers in disturbed.workers:
        assert len(workers) >= 2
        deadline = time.monotonic() + 20
        while any(alive(pid) for pid in workers) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not [pid for pid in workers if alive(pid)]


def test_resume_takes_no_other_options_and_needs_no_earlier_run(few: Run, disturbed: Disturbed) -> None:
    code, said = disturbed.other
    assert code == 2
    assert said.startswith(f"{disturbed.out}: the run that was cut off was of other cities")
    assert "--resume" in few.done.args
    assert few.done.returncode == 0, few.done.stderr
    assert "--workspace" in disturbed.done.args  # the same options may be said again
    assert snapshot(disturbed.out) == few.files


def test_a_full_disk_is_one_sentence_and_the_run_goes_on_later(few: Run, disturbed: Disturbed) -> None:
    full = disturbed.full
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1, full.stderr
    assert full.stderr.startswith(f"{disturbed.out}: đĩa đã đầy")
    assert results(disturbed.after_full) == {}
    assert disturbed.done.returncode == 0
    assert few.same(disturbed.out)


def test_a_file_that_cannot_be_closed_on_a_full_disk_adds_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Held:
        def __init__(self, error: Exception) -> None:
            self.error = error

        def __del__(self) -> None:
            raise self.error

    monkeypatch.setattr(sys, "unraisablehook", hush)
    Held(OSError(errno.ENOSPC, "No space left on device"))
    gc.collect()
    assert capsys.readouterr().err == ""
    Held(ValueError("said as ever"))
    gc.collect()
    assert "ValueError: said as ever" in capsys.readouterr().err


def test_two_runs_on_one_folder_do_not_hurt_each_other(
    few: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    with only_run(out):
        assert main(["batch", "--out", str(out), "--workspace", str(few.workspace)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"một lượt chạy khác đang ghi vào thư mục này (tiến trình {os.getpid()}" in said
    assert snapshot(out) == {".state/_lock": b""}
    line = command(out, "--workspace", few.workspace, "--jobs", "1")
    both = [
        subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path)
        for _ in "12"
    ]
    codes = sorted(run.wait() for run in both)
    assert codes in ([0, 2], [0, 0])  # the second may come when the first is done
    assert few.same(out)


def test_the_lock_is_free_again_after_an_error(tmp_path: Path) -> None:
    with only_run(tmp_path), pytest.raises(UsageError, match=f"tiến trình {os.getpid()}"), only_run(tmp_path):
        pass
    with pytest.raises(KeyError), only_run(tmp_path):
        raise KeyError
    with only_run(tmp_path):
        assert json.loads((tmp_path / ".state" / "_lock").read_text(encoding="utf-8"))["pid"] == os.getpid()
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="không ghi được"), only_run(tmp_path / "file"):
        pass


# --- what the machine refuses -------------------------------------------------------------------


def test_a_worker_that_dies_costs_one_city(few: Run, tmp_path: Path) -> None:
    jobs = [job(tmp_path / "out", f"city-00{i}", few.workspace) for i in range(3)]
    found: list[Outcome] = []
    for what in build_here(jobs, processes=1):
        if isinstance(what, Step) and what.city == "city-001" and what.name == "assess":
            (worker,) = multiprocessing.active_children()
            worker.kill()
        if isinstance(what, Outcome):
            found.append(what)
    assert [o.state for o in found] == ["built", "broken", "built"]
    assert found[1].sentence is not None
    assert "mã -9" in found[1].sentence.vi
    assert multiprocessing.active_children() == []
    built = {name for name in snapshot(tmp_path / "out") if name.endswith(".html")}
    assert built == {"city-000.html", "city-002.html"}


def test_an_error_nobody_foresaw_is_a_broken_city_too(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    (tmp_path / "out" / "tiny.html").mkdir(parents=True)
    outcome = build_city(job(tmp_path / "out", "tiny", tmp_path / "w"))
    assert outcome.state == "broken"
    assert outcome.sentence is not None
    assert "IsADirectoryError" in outcome.sentence.en
    assert "Traceback" in outcome.trace
    assert not (tmp_path / "out" / "reports" / "tiny.xlsx").exists()


def test_a_worker_with_other_code_halts_the_run(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers())
    mine = job(tmp_path / "out", "tiny", tmp_path / "w")
    other = Job(place=mine.place, options=mine.options, out=mine.out, staging=mine.staging, code="0")
    outcome = build_city(other)
    assert outcome.state == "halted"
    assert not (tmp_path / "out" / "tiny.html").exists()


# --- a cluster ----------------------------------------------------------------------------------


def test_a_dask_cluster_that_loses_a_worker_gives_the_same_bytes(few: Run, tmp_path: Path) -> None:
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler"]
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path}
    started = [
        subprocess.Popen(
            [*dask, "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file], **quiet
        )
    ]
    try:
        while not file.exists() or not file.read_text(encoding="utf-8").endswith("}"):
            time.sleep(0.05)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1"]
        started += [subprocess.Popen([*worker, "--no-nanny", "--no-dashboard"], **quiet) for _ in range(2)]
        line = command(
            tmp_path / "out",
            "--workspace",
            few.workspace,
            "--scheduler",
            address,
            "--json-log",
            tmp_path / "log",
        )
        with subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, cwd=tmp_path) as run:
            while (
                sum(entry["event"] == "city" for entry in lines(tmp_path / "log")) < 2 and run.poll() is None
            ):
                time.sleep(0.02)
            started[1].kill()
            _, said = run.communicate()
        assert run.returncode == 0, said.decode()
        assert few.same(tmp_path / "out")
    finally:
        for process in started:
            process.kill()
            process.wait()


def test_no_scheduler_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_city(tmp_path / "w", tiny_layers())
    with pytest.raises(UsageError, match="không có bộ điều phối Dask nào trả lời"):
        list(build_there([job(tmp_path / "out", "tiny", tmp_path / "w")], scheduler="nonsense://1"))
    call = ["batch", "--workspace", str(tmp_path / "w"), "--out", str(tmp_path / "out")]
    assert main([*call, "--scheduler", "nonsense://1", "--lang", "en"]) == 2
    assert "no Dask scheduler answers" in capsys.readouterr().err


# --- which cities -------------------------------------------------------------------------------


def test_wrong_names_and_folders_are_said_before_any_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_city(tmp_path / "a", tiny_layers())
    write_city(tmp_path / "b", tiny_layers())
    (tmp_path / "list").write_text("tiny\nno-such\n", encoding="utf-8")
    (tmp_path / "none").write_text("# nothing\n", encoding="utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\x00")
    out = ["--out", str(tmp_path / "out")]
    a, b = str(tmp_path / "a"), str(tmp_path / "b")
    for call, code, sentence in (
        (["--workspace", a, b], 2, "Thành phố tiny có trong cả"),
        (
            ["--workspace", a, "--cities", str(tmp_path / "list")],
            2,
            "Không có thành phố “no-such”; có: tiny.",
        ),
        (["--workspace", a, "--cities", str(tmp_path / "none")], 2, "Không có thành phố nào để dựng"),
        (["--workspace", a, "--cities", str(tmp_path / "bytes")], 1, "không phải danh sách tên thành phố"),
        (["--workspace", str(tmp_path / "c")], 2, "không có tệp này"),
        (["--workspace", a, "--format", "odt"], 2, "--format odt: không có dạng này; hãy chọn: xlsx"),
        (["--workspace", a, "--json-log", str(tmp_path / "no" / "log")], 2, "không ghi được nhật ký"),
    ):
        assert main(["batch", *out, *call]) == code, sentence
        assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_what_python_and_numba_keep_beside_the_code_is_no_change_of_it() -> None:
    before = code_version.__wrapped__()
    kept = Path(geoplan.__file__).parent / "measures" / "__pycache__" / "sweep._none-1.py311.1.nbc"
    kept.parent.mkdir(exist_ok=True)
    kept.write_bytes(b"compiled")
    try:
        assert code_version.__wrapped__() == before
    finally:
        kept.unlink()
