"""Writes docs/benchmarks.md from the figures of a run."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any, Final

from figures import (
    TOLERANCE,
    Results,
    against,
    edit_ratio,
    of_run,
    rasters_against,
    rounded,
    spread,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

TITLES: Final = {
    "union": "area under at least one plan",
    "kinds": "the same by kind, and area under two plans of a kind (conflict)",
}
MOST_MB: Final = 1_500
STARTERS: Final = {
    "geopandas": "geopandas: overlay, dissolve",
    "auto": 'geoplan: `coverage()`, what `engine="auto"` takes',
    "sweep": 'geoplan: `coverage(engine="sweep")`',
    "geos": 'geoplan: `coverage(engine="geos")`',
    "kernel": "geoplan: kernel on arrays, all kinds and conflict",
}


def table(head: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """A table; the first column is text, the others stand on the right."""
    head = list(head)
    lines = ["| " + " | ".join(head) + " |", "|---" + "|--:" * (len(head) - 1) + "|"]
    lines += [
        "| " + " | ".join(str(cell).replace("|", "/").replace("\n", " ") for cell in r) + " |" for r in rows
    ]
    return "\n".join(lines) + "\n\n"


def written(results: Results) -> str:
    """The page."""
    parts = [_head(results), _aims(results)]
    sections = {
        _contests: results.get("contests"),
        _start: results.get("start"),
        _growth: results.get("growth"),
        _edits: results.get("edits"),
        _memory: _processes(results),
        _rasters: results.get("rasters"),
        _stages: results.get("stages"),
    }
    parts += [section(results) for section, there in sections.items() if there]
    return "".join([*parts, _kept(results)]).rstrip() + "\n"


def _head(results: Results) -> str:
    m = results["machine"]
    sizes = "; ".join(
        f"*{s['size']}* {s['communes']:,} communes, {s['plans']:,} plans, {s['vertices']:,} vertices"
        for s in results["sizes"]
    )
    left = f" Left out of this run: {', '.join(results['left_out'])}." if results.get("left_out") else ""
    left += "".join(f" Failed: {part} ({why})." for part, why in results.get("failed", {}).items())
    return f"""# Speed and scale, measured

Written by `make bench` from one run on {results["date"]} of {results["minutes"]:.0f} minutes; the figures are
those of that run on that machine: {m["cores"]} cores ({m["model"]}), {m["memory_gb"]:.0f} GB,
{m["system"]}, shared with other work (load average {m["load"][0]:.1f} before and {m["load"][1]:.1f}
after).{left}

**Layers** are made from a seed by `benchmarks/generate.py`: {sizes}. Communes are a valid coverage with rough
borders; plans overlap, 3 % are exact copies, a sixth to a fifth cross a border.

**Turns.** A peer is a process of its own that has read its layers into its best form (shapely's objects,
indexed tables in memory or in the cache, indexed layers); reading is not counted, for anyone. In a round
geoplan's kernel, geoplan's public function and the peer work one after the other, and a ratio is that of a
round, so that what else the machine does meets all. Work under 0.3 s is done five times in a round, work
under 3 s three times, and the median counts. Every program has done the work once before; where that first
time took more than 3 s it is a round. Figures are medians, with the least and the most in brackets.

**The same start.** *Kernel* is `geoplan.measures.depth.covered`: from shapely's objects to areas on the
ellipsoid, validity tested, compiled code already loaded. `coverage()` is
`geoplan.coverage(engine="sweep")`: from frames to the table, with every check of the input, and always with
conflict. Peers measure on the plane, which is less work.

**The same answers.** The last column says how much an area differs from the kernel's at most, as a share of
its commune: for peers on the plane (square degrees), for geoplan's own forms on the ellipsoid.

"""


def _times(value: float | None) -> str:
    return "not measured" if value is None else f"{rounded(value)}×"


def _aims(results: Results) -> str:
    others = ("PostGIS", "QGIS", "SedonaDB", "DuckDB")

    def least(work: str, names: tuple[str, ...], to: str) -> float | None:
        found = [against(results, "province", work, name, to) for name in names]
        return min((f for f in found if f is not None), default=None)

    rows: list[tuple[str, float, float | None, float | None]] = []
    for text, aim, names, size, work in (
        ("province, union: geopandas", 25, ("geopandas",), "province", "union"),
        (f"province, union: the quickest of {', '.join(others)}", 15, others, "province", "union"),
        ("province, kinds and conflict: PostGIS", 200, ("PostGIS",), "province", "kinds"),
        ("province, kinds and conflict: geopandas", 200, ("geopandas",), "province", "kinds"),
        ("nation, union: geopandas", 45, ("geopandas",), "nation", "union"),
    ):
        if size == "nation":
            found = [against(results, size, work, names[0], to) for to in ("kernel", "public")]
        else:
            found = [least(work, names, to) for to in ("kernel", "public")]
        rows.append((text, aim, found[0], found[1]))
    rows += [
        *(
            (
                f"city, {what}: geopandas",
                5,
                started(results, "kernel", of),
                started(results, "auto", of),
            )
            for what, of in (
                ("first answer of a process, compiled code read from disk (`auto`)", "first"),
                ("a later answer (`auto`)", "second"),
            )
        ),
        (
            "province, one changed plan: a full pass",
            50,
            edit_ratio(results),
            edit_ratio(results, "coverage", "change"),
        ),
        ("nation raster: exactextract", 8, rasters_against(results, "exactextract"), None),
    ]
    lines = [
        (
            text,
            f"≥ {aim:.0f}×",
            _times(kernel),
            "" if public is None else _times(public),
            "" if kernel is None else ("yes" if kernel >= aim else "no"),
        )
        for text, aim, kernel, public in rows
    ]
    peaks = [r for r in _processes(results) if r["who"] == "files" and "first" in r]
    for text, size in (
        ("nation from GeoParquet", "nation"),
        ("1,000,000 plans from GeoParquet", "1,000,000"),
    ):
        peak = next((r["peak_mb"] for r in peaks if size in r["size"]), None)
        said = "not measured" if peak is None else f"{peak:,.0f} MB"
        reached = "" if peak is None else ("yes" if peak <= MOST_MB else "no")
        lines.append((f"{text}: peak memory", f"≤ {MOST_MB:,} MB", said, "", reached))
    head = (
        "What was aimed at, in times of geoplan's seconds",
        "aim",
        "kernel",
        "`coverage()`",
        "kernel reaches it",
    )
    return "## Aims\n\n" + table(head, lines)


def _contests(results: Results) -> str:
    text = "## Against others\n\n"
    groups = dict.fromkeys((row["size"], row["work"]) for row in results["contests"])
    for size, work in groups:
        rows = [r for r in results["contests"] if (r["size"], r["work"]) == (size, work)]
        done = [r for r in rows if "seconds" in r]
        text += f"### {size.capitalize()}: {TITLES[work]}\n\n"
        lines = []
        if done:
            for name, key in (("geoplan: kernel", "kernel"), ("geoplan: `coverage()`", "public")):
                every = [s for r in done for s in r[key]]
                lines.append((name, spread(every, " s"), len(every), "", "", ""))
        lines += [
            (
                row["who"],
                spread(row["seconds"], " s"),
                len(row["seconds"]),
                spread(row["to_kernel"], "×"),
                spread(row["to_public"], "×"),
                f"{row['difference']:.1e}",
            )
            for row in done
        ]
        text += table(("", "seconds", "rounds", "× kernel", "× `coverage()`", "difference"), lines)
        text += "".join(f"{r['who']}: not measured: {r['missing']}\n\n" for r in rows if "missing" in r)
    versions = dict.fromkeys(r["versions"] for r in results["contests"] if "versions" in r)
    text += "Versions: " + "; ".join(versions) + ".\n\n"
    return text + _forms(results)


FORMS: Final = {
    "geopandas": """\
- geopandas: `overlay(how="intersection")`, `dissolve`, `area`; for conflict the pairs of parts that meet,
  from the spatial index, cut and dissolved. “Overlay twice”: the parts overlaid with themselves instead.
""",
    "GEOS by hand": """\
- GEOS by hand: tree query, `contains_properly` leaves whole plans whole, `union_all` for each commune, a
  thread for each core.
""",
    "PostGIS": """\
- PostGIS: clustered tables with GiST indexes, shapes stored uncompressed, a union for each commune and one
  cut, a connection for each core, 24 portions of communes between them.
""",
    "QGIS": """\
- QGIS: `native:calculatevectoroverlaps`, called in one process by QGIS's own Python on indexed layers in
  memory: the clock is round the algorithm alone, without QGIS's start. It offers no area under two plans.
""",
    "SedonaDB": """\
- SedonaDB and DuckDB: spatial join of tables in memory, a union for each commune and one cut. The kinds are
  compared after the join: as a key of the join they cost twenty times as much.
""",
}
"""What each peer was asked."""


def _forms(results: Results) -> str:
    took_part = {row["who"] for row in results["contests"]}
    said = [text for who, text in FORMS.items() if any(name.startswith(who) for name in took_part)]
    return "".join(said) + "\n"


def _start(results: Results) -> str:
    found = results["start"]
    lines = []
    for who, title in STARTERS.items():
        rows = found["rows"].get(who)
        if rows:
            cells = [
                statistics.median(r[k] for r in rows) for k in ("import", "read", "first", "second", "whole")
            ]
            ratios = [started(results, who, of) for of in ("first", "second", "whole")]
            lines.append((title, *(f"{rounded(c)} s" for c in cells), *(_times(r) for r in ratios)))
    head = ("", "import", "read", "first", "second", "whole", "to first", "to second", "to whole")
    return f"""## A city from the start of a process

300 plans; each row is a process of its own, in turns, compiled code on disk from an earlier one. *First*
is the first answer of the process, with loading Numba and the compiled code where they are used; *second* the
next one; *whole* the process as its parent sees it. The last columns are geopandas' seconds over the row's.

{table(head, lines)}Compiling, once on a machine: {rounded(found["compile"])} s with the first answer.

"""


def _growth(results: Results) -> str:
    text = (
        "## Growth\n\nThe kernel, all threads; the exponent is the slope in logarithms by least squares.\n\n"
    )
    for series in results["growth"]:
        text += f"With {series['what']}: seconds grow as the power **{series['exponent']:.2f}**.\n\n"
        text += table(
            ("communes", "plans", "seconds"),
            ((f"{r['communes']:,}", f"{r['plans']:,}", spread(r["seconds"])) for r in series["rows"]),
        )
    return text


def _edits(results: Results) -> str:
    found = results["edits"]
    lines = (
        ("`Edits.put`", spread(found["put"], " s")),
        ("a full pass of the kernel", spread(found["full"], " s")),
        ("`LiveCoverage.change`", spread(found["change"], " s")),
        ("`coverage()`", spread(found["coverage"], " s")),
    )
    return f"""## One changed plan

{len(found["put"])} plans of the {found["size"]}, each moved by some ten metres, one after the other, in turns
with full passes; {found["communes"]:.1f} communes on average are done again. In the end the areas differ from
a full pass by {found["difference"]:.1e} of a commune at most.

{table(("", "seconds"), lines)}By the medians a full pass takes {_times(edit_ratio(results))} as long for the
kernel, and {_times(edit_ratio(results, "coverage", "change"))} for the public functions.

"""


def _processes(results: Results) -> list[dict[str, Any]]:
    """The rows of memory and streaming."""
    return [*results.get("memory", []), *results.get("streaming", [])]


def _memory(results: Results) -> str:
    who = {
        "files": "`geoplan.parts.coverage(FILE, plans=FILE)`, read in part, plans in no order",
        "sorted": "the same, plans in order of space",
        "sweep": '`geopandas.read_parquet`, `geoplan.coverage(engine="sweep")`',
    }
    lines = []
    for r in _processes(results):
        if "first" in r:
            cells = (f"{r['peak_mb']:,.0f} MB", *(f"{rounded(r[k])} s" for k in ("first", "whole")))
        else:
            cells = (f"not measured: {r['missing']}", "", "")
        lines.append((r["size"], who[r["who"]], f"{r['file_mb']:,.0f} MB", *cells))
    return f"""## Memory

A process of its own each, from GeoParquet to the table; the peak is what the system counted for the process,
with everything in it.

{table(("", "by", "files", "peak", "answer", "process"), lines)}"""


def _rasters(results: Results) -> str:
    found = results["rasters"]
    ours = {r["work"]: r for r in found if r["who"].startswith("geoplan")}
    lines = []
    for r in found:
        mine = ours.get(r["work"])
        ratio = (
            None
            if mine is None or mine is r
            else statistics.median(r["seconds"]) / statistics.median(mine["seconds"])
        )
        cells = [
            spread(r["seconds"], " s"),
            "" if ratio is None else _times(ratio),
            f"{r['peak_mb']:,.0f} MB",
        ]
        off = [r.get(key) for key in ("median", "difference")]
        lines.append((r["work"], r["who"], *cells, *("" if o is None else f"{o:.1e}" for o in off)))
    head = ("", "by", "seconds", "× geoplan", "peak", "median difference", "worst")
    return f"""## Density

Zonal sums of a raster of people by commune (`benchmarks/rasters.py`), a process of its own each, one after
the other; communes are read before the clock starts, the raster by the program itself. A peer's differences
are from geoplan's sums, geoplan's from a count cell by cell of some communes.

{table(head, lines)}"""


def _stages(results: Results) -> str:
    text = """## Where the time goes

The kernel on **one** thread, from shapely's objects to areas by kind and depth. A clock is round each
function, and the processor's counter is read between the steps of the loop over the communes
(`benchmarks/stages.py`); nothing is sampled. Against the limit: a sum of all coordinates by NumPy, which
reads every vertex once.

"""
    for found in results["stages"]:
        once = found["once"]
        lines = [
            (
                r["stage"],
                f"{rounded(r['seconds'])} s",
                f"{100 * r['seconds'] / found['whole']:.0f} %",
                f"{r['seconds'] / once:.1f}",
            )
            for r in found["rows"]
        ]
        lines.append(("all", f"{rounded(found['whole'])} s", "100 %", f"{found['whole'] / once:.0f}"))
        lines.append(
            ("without the clocks", f"{rounded(found['plain'])} s", "", f"{found['plain'] / once:.0f}")
        )
        lines.append(("reading the vertices once", f"{rounded(once)} s", "", "1"))
        text += f"{found['size'].capitalize()}, {found['vertices']:,} vertices:\n\n"
        text += table(("", "seconds", "share", "times reading"), lines)
    return text


def _kept(results: Results) -> str:
    now, kept = of_run(results), results.get("kept", {})
    if not now:
        return ""
    lines = [(n, rounded(v), rounded(kept[n]) if n in kept else "") for n, v in now.items()]
    return f"""## Kept figures

Ratios, since they say more than seconds on another machine; the higher the better. `make bench` fails when
one is worse than the kept one by more than {100 * TOLERANCE:.0f} %; `--keep` keeps those of the run.

{table(("", "this run", "kept"), lines)}"""
