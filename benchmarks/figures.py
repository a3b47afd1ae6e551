"""Figures of a run: how they are written, what they are held against, and which of them are kept."""

from __future__ import annotations

import json
import statistics
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TOLERANCE: Final = 0.35
"""A kept ratio may be worse by this share: the same program differs by a fifth or more between two runs on a
shared machine, and a regression worth a name is larger."""

Results = dict[str, Any]


def rounded(value: float) -> str:
    """Three significant digits, without a power of ten."""
    if value == 0:
        return "0"
    digits = 2
    size = abs(value)
    while size >= 10:
        size, digits = size / 10, digits - 1
    while size < 1:
        size, digits = size * 10, digits + 1
    return f"{round(value, digits):,.{max(digits, 0)}f}"


def spread(values: list[float], unit: str = "") -> str:
    """Median (least–most); the one value when there is one."""
    middle = rounded(statistics.median(values)) + unit
    return middle if len(values) == 1 else f"{middle} ({rounded(min(values))}–{rounded(max(values))})"


def against(
    results: Results, size: str, work: str, who: str, to: str = "kernel", *, best: bool = True
) -> float | None:
    """How many times geoplan's seconds a peer takes; the peer's best form when it has several."""
    found = [
        statistics.median(row[f"to_{to}"])
        for row in results.get("contests", [])
        if (row["size"], row["work"]) == (size, work) and row["who"].startswith(who) and "seconds" in row
    ]
    if not found:
        return None
    return min(found) if best else max(found)


def started(results: Results, who: str, of: str) -> float | None:
    """Geopandas' seconds over geoplan's from the start of a process: `first`, `second`, `whole`."""
    rows = results.get("start", {}).get("rows")
    if not rows:
        return None
    return statistics.median(
        _part(a, of) / _part(b, of) for a, b in zip(rows["geopandas"], rows[who], strict=True)
    )


def _part(row: dict[str, float], of: str) -> float:
    return row["import"] + row["first"] if of == "import and first" else row[of]


def rasters_against(results: Results, who: str) -> float | None:
    """The least ratio of a peer of the rasters to geoplan, over the works that both did."""
    ratios = []
    for row in results.get("rasters", []):
        if row["who"].startswith(who):
            ours = [
                r for r in results["rasters"] if r["work"] == row["work"] and r["who"].startswith("geoplan")
            ]
            if ours:
                ratios.append(statistics.median(row["seconds"]) / statistics.median(ours[0]["seconds"]))
    return min(ratios) if ratios else None


def _yardstick(results: Results) -> float | None:
    """A fixed sort over a million vertices of the province, by one thread."""
    found = [s["yardstick"] for s in results.get("stages", []) if s["size"] == "province"]
    return found[0] if found else None


def edit_ratio(results: Results, full: str = "full", one: str = "put") -> float | None:
    """A full pass over one changed plan; of the public functions: ``coverage`` over ``change``."""
    found = results.get("edits")
    return None if not found else statistics.median(found[full]) / statistics.median(found[one])


def of_run(results: Results) -> dict[str, float]:
    """The ratios that are kept; the higher the better, all of them."""
    found = {
        "geopandas / kernel, city, union": against(results, "city", "union", "geopandas"),
        "geopandas / kernel, province, union": against(results, "province", "union", "geopandas"),
        "geopandas / kernel, province, kinds": against(results, "province", "kinds", "geopandas"),
        "geopandas / coverage(), province, kinds": against(
            results, "province", "kinds", "geopandas", "public"
        ),
        "GEOS by hand / kernel, province, union": against(results, "province", "union", "GEOS by hand"),
        "a sort of 4 million numbers / a million vertices of the province, 1 thread": _yardstick(results),
        "full pass / one changed plan": edit_ratio(results),
        "geopandas / coverage() with auto, city, first answer": started(results, "auto", "first"),
        "exactextract / zonal sums": rasters_against(results, "exactextract"),
    }
    return {name: float(f"{value:.4g}") for name, value in found.items() if value is not None}


def worse(kept: dict[str, float], now: dict[str, float], *, whole: bool) -> Iterator[str]:
    """A clause for each ratio that is worse than the kept one by more than `TOLERANCE`.

    Parameters
    ----------
    whole
        Whether the run was to measure everything: a kept figure that it lacks is then worse too.
    """
    for name, before in kept.items():
        if name not in now:
            if whole:
                yield f"“{name}” was not measured, {rounded(before)} is kept"
        elif now[name] < before * (1 - TOLERANCE):
            yield f"“{name}” is {rounded(now[name])}, {rounded(before)} is kept"


def kept_in(path: Path) -> dict[str, float]:
    """The kept ratios; none when there is no file yet."""
    if not path.is_file():
        return {}
    return {str(k): float(v) for k, v in json.loads(path.read_text(encoding="utf-8"))["ratios"].items()}


def keep(path: Path, now: dict[str, float], *, on: str) -> None:
    """Write the ratios of a run over those of earlier ones."""
    ratios = kept_in(path) | now
    text = json.dumps({"kept_on": on, "tolerance": TOLERANCE, "ratios": ratios}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
