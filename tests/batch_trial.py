"""The batch in earnest, run by hand: `python tests/batch_trial.py --cities 300 --broken 10 --kills 5`.

Generates cities, builds them undisturbed; again with SIGKILL at random moments, resumed each time; again
on a Dask cluster of two workers of which one is killed; and, as root, on a disk that is full. Every
folder must hold the same bytes. Prints the figures; the exit code is 1 when anything differs.
With `--format docx,pdf,html` the reports are written too.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from many_cities import batch, command, killed, lines, many_cities, results, snapshot


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cities", type=int, default=300)
    parser.add_argument("--broken", type=int, default=10)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--jobs", default="2")
    parser.add_argument("--format", default="xlsx")
    parser.add_argument("--seed", type=int, default=20240118)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory(prefix="geoplan-trial-") as folder:
        root = Path(folder)
        bad = many_cities(root / "w", options.cities, broken=options.broken)
        good = [
            undisturbed(root, options, bad),
            *(trial(root, options, chance) for trial in (kill_and_resume, on_a_cluster, on_a_full_disk)),
        ]
    return 0 if all(good) else 1


def say(what: str, **figures: Any) -> None:
    print(json.dumps({"trial": what, **figures}, ensure_ascii=False), flush=True)  # noqa: T201


def asked(root: Path, options: argparse.Namespace) -> tuple[str | Path, ...]:
    """What is built, and how: the same in every run."""
    return ("--workspace", root / "w", "--format", options.format)


def undisturbed(root: Path, options: argparse.Namespace, bad: list[str]) -> bool:
    """The run that all others are compared with."""
    call = (*asked(root, options), "--jobs", options.jobs)
    began = time.monotonic()
    done = batch(root / "out", *call, "--json-log", root / "log")
    seconds = time.monotonic() - began
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    cities = [line for line in lines(root / "log") if line["event"] == "city"]
    built = [line for line in cities if line["state"] == "built"]
    broken = sorted(line["city"] for line in cities if line["state"] == "broken")
    half = len(built) // 2
    say(
        "undisturbed", cities=len(cities), built=len(built), broken=len(broken), seconds=round(seconds, 1),
        seconds_a_city=round(sum(line["seconds"] for line in built) / len(built), 2),
        peak_mb_of_workers=max(line["peak_kb"] for line in built) // 1024,
        peak_mb_first_half=max(line["peak_kb"] for line in built[:half]) // 1024,
        peak_mb_of_any_process=most // 1024,
    )  # fmt: skip
    began = time.monotonic()
    again = batch(root / "out", *call)
    say("nothing changed", seconds=round(time.monotonic() - began, 1), last=again.stdout.splitlines()[0])
    return done.returncode == again.returncode == (1 if bad else 0) and broken == bad


def kill_and_resume(root: Path, options: argparse.Namespace, chance: random.Random) -> bool:
    """SIGKILL at random moments; after each only whole files, in the end the same bytes."""
    out, whole, reached = root / "killed", snapshot(root / "out"), []
    for _ in range(options.kills):
        call = ("--resume",) if reached else asked(root, options)
        kept = reached[-1] if reached else 0  # each a line of the log before anything is built
        after = kept + chance.randint(2, max(3, 4 * (options.cities - kept) // options.kills))
        wait = chance.random() * 2
        done = killed(out, *call, "--jobs", options.jobs, after=after, log=root / "log", wait=wait)
        reached.append(done)
        torn = [name for name, data in results(snapshot(out)).items() if whole.get(name) != data]
        if torn:
            say("killed", torn=torn)
            return False
    batch(out, "--resume")
    same = snapshot(out) == whole
    say("killed and resumed", kills=options.kills, cities_done_at_each=reached, same_bytes=same)
    return same


def on_a_cluster(root: Path, options: argparse.Namespace, _chance: random.Random) -> bool:
    """A local Dask cluster of two workers, one of which is killed on the way."""
    file, quiet = root / "scheduler.json", {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    python = [sys.executable, "-m"]
    head = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    started = [subprocess.Popen([*python, *head, "--scheduler-file", str(file)], **quiet)]
    try:
        while not file.exists() or not file.read_text(encoding="utf-8").endswith("}"):
            time.sleep(0.1)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        tail = ["distributed.cli.dask_worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]
        started += [subprocess.Popen([*python, *tail], **quiet) for _ in range(2)]
        began, log = time.monotonic(), root / "log-dask"
        how = (*asked(root, options), "--scheduler", address, "--json-log", log)
        line = command(root / "dask", *how)
        with subprocess.Popen(line, **quiet, cwd=root) as run:
            while (before := cities_of(log)) < 5 and run.poll() is None:
                time.sleep(0.05)
            on_the_way = run.poll() is None
            started[1].kill()
            run.wait()
    finally:
        for process in started:
            process.kill()
            process.wait()
    same = snapshot(root / "dask") == snapshot(root / "out")
    seconds = round(time.monotonic() - began, 1)
    say("dask, one of two workers killed", at_city=before, seconds=seconds, same_bytes=same)
    return same and on_the_way


def cities_of(log: Path) -> int:
    """How many cities a log says are done."""
    return sum(entry["event"] == "city" for entry in lines(log))


def on_a_full_disk(root: Path, options: argparse.Namespace, _chance: random.Random) -> bool:
    """A file system in memory, too small for half of it: one sentence, only whole files."""
    disk, whole = root / "disk", snapshot(root / "out")
    disk.mkdir()
    size = sum(map(len, whole.values())) // 2048
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        say("full disk", mounted=False)
        return True
    try:
        done = batch(disk / "out", *asked(root, options), "--jobs", options.jobs)
        files = results(snapshot(disk / "out"))
        torn = [name for name, data in files.items() if whole.get(name) != data]
        said = [line for line in done.stderr.splitlines() if not line.startswith("[")]
        say("full disk", exit=done.returncode, said=said, whole_files=len(files), torn=torn)
        return done.returncode == 1 and len(said) == 1 and "đĩa đã đầy" in said[0] and not torn
    finally:
        shutil.rmtree(disk / "out", ignore_errors=True)
        subprocess.run(["umount", str(disk)], check=False)


if __name__ == "__main__":
    sys.exit(main())
