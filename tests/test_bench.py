"""The benchmark's own logic: what is compared, what is kept, and what is written; at tiny sizes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import alone  # noqa: E402
import bench  # noqa: E402
import contest  # noqa: E402
import figures  # noqa: E402
import generate  # noqa: E402
import page  # noqa: E402
import stages  # noqa: E402


def row(
    size: str, work: str, who: str, seconds: list[float], ours: list[float], **more: Any
) -> dict[str, Any]:
    ratios = [s / o for s, o in zip(seconds, ours, strict=True)]
    found = {"seconds": seconds, "kernel": ours, "public": ours, "to_kernel": ratios, "to_public": ratios}
    return (
        {"size": size, "work": work, "who": who, "versions": "one 1.0", "peak_mb": 9.0, "difference": 2e-15}
        | found
        | more
    )


def results() -> dict[str, Any]:
    once = {"import": 0.5, "read": 0.1, "first": 0.2, "second": 0.1, "whole": 1.0, "peak_mb": 300.0}
    quick = once | {"first": 0.02}
    return {
        "date": "2026-01-02",
        "minutes": 20.4,
        "machine": {"cores": 2, "model": "A|B", "memory_gb": 8.0, "system": "Linux", "load": [0.1, 0.2]},
        "sizes": [{"size": "city", "communes": 18, "plans": 300, "vertices": 25_000}],
        "contests": [
            row("province", "union", "geopandas", [3.0, 2.0, 4.0], [0.1, 0.05, 0.1]),
            row("province", "union", "PostGIS", [0.5, 1.0], [0.1, 0.1]),
            row("province", "union", "QGIS", [9.0], [0.1]),
            {"size": "province", "work": "union", "who": "DuckDB", "missing": "no answer in 9 s"},
        ],
        "start": {"rows": {"geopandas": [once, once], "auto": [quick, quick], "kernel": [once, once]}, "compile": 14.0},
        "growth": [{"what": "plans", "exponent": 0.5, "rows": [{"communes": 1, "plans": 1_000, "seconds": [1.0]}]}],
        "edits": {"size": "city", "put": [0.001, 0.002, 0.003], "full": [0.2], "change": [0.01], "coverage": [0.6], "communes": 1.5, "difference": 0.0},
        "memory": [{"size": "nation", "who": "files", "file_mb": 285.0, **once, "peak_mb": 1501.0}],
        "streaming": [{"size": "10 communes", "who": "files", "file_mb": 900.0, "missing": "no room"}],
        "rasters": [
            {"work": "sums", "who": "geoplan", "seconds": [0.5], "peak_mb": 90.0, "difference": None},
            {"work": "sums", "who": "exactextract", "seconds": [5.0], "peak_mb": 700.0, "median": 1e-10, "difference": 4e-9},
        ],
        "stages": [
            {"size": "province", "rows": [{"stage": "read", "seconds": 0.3}], "whole": 0.4, "plain": 0.39,
             "once": 0.01, "vertices": 600_000, "yardstick": 2.0},
        ],
        "kept": {"exactextract / zonal sums": 12.0},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.00123456, "0.00123"), (0.1, "0.100"), (1.239, "1.24"), (12.35, "12.3"), (99_999, "100,000"), (-3.14159, "-3.14")],
)  # fmt: skip
def test_figures_have_three_digits(value: float, text: str) -> None:
    assert figures.rounded(value) == text


def test_the_median_stands_with_its_spread() -> None:
    assert figures.spread([3.0, 1.0, 2.0], " s") == "2.00 s (1.00–3.00)"
    assert figures.spread([0.5], "×") == "0.500×"


def test_ratios_are_those_of_the_rounds_and_of_the_best_form() -> None:
    found = results()
    assert figures.against(found, "province", "union", "geopandas") == 40  # of 30, 40, 40: not of the medians
    found["contests"].append(row("province", "union", "geopandas, otherwise", [1.0], [0.1]))
    assert figures.against(found, "province", "union", "geopandas") == 10
    assert figures.against(found, "province", "union", "DuckDB") is None
    kept = figures.of_run(found)
    assert kept["exactextract / zonal sums"] == 10
    assert kept["full pass / one changed plan"] == 100
    assert kept["geopandas / coverage() with auto, city, first answer"] == 10
    assert not any("nation" in name for name in kept)
    assert figures.of_run({}) == {}


def test_only_what_is_worse_beyond_the_tolerance_fails() -> None:
    kept = {"a": 100.0, "b": 10.0, "c": 5.0}
    least = 100 * (1 - figures.TOLERANCE)
    assert list(figures.worse(kept, {"a": least, "b": 30.0, "c": 5.0}, whole=True)) == []
    assert list(figures.worse(kept, {"a": least - 1, "b": 10.0, "c": 5.0}, whole=True)) == [
        "“a” is 64.0, 100 is kept"
    ]
    assert list(figures.worse(kept, {"a": 100.0}, whole=False)) == []
    missing = ["“b” was not measured, 10.0 is kept", "“c” was not measured, 5.00 is kept"]
    assert list(figures.worse(kept, {"a": 100.0}, whole=True)) == missing


def test_kept_ratios_are_written_over_and_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    assert figures.kept_in(path) == {}
    figures.keep(path, {"a": 1.5, "b": 2.0}, on="2026-01-02")
    figures.keep(path, {"b": 3.0}, on="2026-01-03")
    assert figures.kept_in(path) == {"a": 1.5, "b": 3.0}
    assert json.loads(path.read_text(encoding="utf-8"))["kept_on"] == "2026-01-03"


def test_the_kept_figures_are_ratios_of_this_program() -> None:
    known = set(figures.of_run(bench_results()))
    assert set(figures.kept_in(bench.KEPT)) <= known


def bench_results() -> dict[str, Any]:
    """Results in which every kept figure can be found."""
    found = results()
    for size, work, who in (
        ("city", "union", "geopandas"),
        ("province", "kinds", "geopandas"),
        ("province", "union", "GEOS by hand"),
    ):
        found["contests"].append(row(size, work, who, [1.0], [0.1]))
    return found


def test_the_page_says_what_was_reached_what_was_not_and_what_was_not_measured() -> None:
    text = page.written(results() | {"left_out": ["nation"], "failed": {"growth": "OSError: full"}})
    lines = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("|")}
    assert (
        lines["province, union: geopandas"] == "| province, union: geopandas | ≥ 25× | 40.0× | 40.0× | yes |"
    )
    quickest = lines["province, union: the quickest of PostGIS, QGIS, SedonaDB, DuckDB"]
    assert quickest.endswith("| ≥ 15× | 7.50× | 7.50× | no |")
    assert lines["nation, union: geopandas"].endswith("| ≥ 45× | not measured |  |  |")
    assert lines["nation from GeoParquet: peak memory"].endswith("| 1,501 MB |  | no |")
    assert (
        lines["geopandas"]
        == "| geopandas | 3.00 s (2.00–4.00) | 3 | 40.0× (30.0–40.0) | 40.0× (30.0–40.0) | 2.0e-15 |"
    )
    assert "DuckDB: not measured: no answer in 9 s" in text
    assert "not measured: no room" in text
    assert "Left out of this run: nation. Failed: growth (OSError: full)." in " ".join(text.split())
    assert lines["exactextract / zonal sums"].endswith("| 10.0 | 12.0 |")
    cells = {line.count(" | ") for line in text.splitlines() if line.startswith("| geopandas |")}
    assert cells == {5}


def test_a_page_of_a_part_of_the_work_has_no_empty_sections() -> None:
    whole = results()
    text = page.written({k: whole[k] for k in ("date", "minutes", "machine", "sizes", "edits")})
    assert "## One changed plan" in text
    assert not any(
        head in text for head in ("## Against", "## Growth", "## Memory", "## Density", "## Where")
    )


def test_differences_are_shares_of_the_commune() -> None:
    expected = np.array([[[1.0, 0.5]], [[4.0, 0.0]]])
    found = expected + np.array([[[0.0, 0.1]], [[0.2, 0.0]]])
    assert contest.difference(found, expected, np.array([2.0, 8.0])) == pytest.approx(0.05)
    with pytest.raises(contest.Failed, match="another form"):
        contest.difference(found[:, :, 0], expected, np.array([2.0, 8.0]))


def test_the_exponent_is_that_of_what_grows() -> None:
    rows = [{"communes": 180, "plans": n, "seconds": [9.0, 2e-6 * n**1.5, 0.0]} for n in (10, 100, 1_000)]
    assert alone.exponent(rows) == pytest.approx(1.5)
    rows = [{"communes": n, "plans": 7, "seconds": [3.0 * n]} for n in (1, 2, 4)]
    assert alone.exponent(rows) == pytest.approx(1.0)


def test_the_clocks_follow_the_kernel() -> None:
    _, labels = stages._clocked()
    assert labels == ["others", "_near", "_gather", "_grid", "_cross", "_walk_unit", "_walk_plans"]


def test_options_keep_the_order_of_work() -> None:
    options = bench.arguments(["--only", "stages", "start", "--sizes", "province", "city"])
    assert (options.only, options.sizes) == (["start", "stages"], ["city", "province"])
    assert options.out == BENCHMARKS.parent / "docs" / "benchmarks.md"


def test_peers_are_timed_in_turns_and_their_answers_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "SEVERAL", (1, 1))
    generate.write(generate.layers(2, 12, seed=5), tmp_path)
    told: list[str] = []
    peers = [
        contest.Peer("GEOS by hand", "by_shapely"),
        contest.Peer("nobody", "by_nobody"),
        contest.Peer("absent", "by_qgis", missing="there is none"),
    ]
    rows = list(
        contest.contest(
            peers, size="city", work="kinds", folder=tmp_path, rounds=2, timeout=60, tell=told.append
        )
    )
    assert [r["who"] for r in rows] == ["GEOS by hand", "nobody", "absent"]
    assert told == ["city, kinds: GEOS by hand", "city, kinds: nobody"]
    assert len(rows[0]["seconds"]) == len(rows[0]["to_kernel"]) == len(rows[0]["to_public"]) == 2
    assert rows[0]["difference"] < 1e-13
    assert rows[0]["versions"].startswith("shapely ")
    assert "by_nobody.py" in rows[1]["missing"]
    assert rows[2]["missing"] == "there is none"
