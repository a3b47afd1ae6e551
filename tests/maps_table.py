"""Measures the maps and writes docs/maps.md: ``make maps-table``. Run by hand; not a test."""

from __future__ import annotations

import datetime as dt
import os
import platform
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import folium
from playwright.sync_api import sync_playwright

import geoplan
from conftest import CITIES
from large import large_assessment

RUNS = 5
LINE = "| {} | {} | {} | {} | {} | {} | {} |\n"


def by_folium(result: Any, path: Path) -> None:
    """The same layers as folium alone draws them: units by density with their figures, plans and zones."""
    city = result.city
    units = city.communes[["code", "name", "geometry"]].copy()
    units["density"] = result.density["density_per_km2"]
    plans = city.plans.loc[result.plans.index[result.plans["in_force"]], ["name", "kind", "geometry"]]
    page = units.explore("density", tooltip=["name", "density"], popup=True)
    for kind, frame in plans.groupby("kind"):
        fields = folium.GeoJsonTooltip(["name"])
        folium.GeoJson(frame.to_json(), name=str(kind), tooltip=fields, show=False).add_to(page)
    folium.LayerControl().add_to(page)
    page.save(path)


def opened(browser: Any, path: Path, ready: str) -> tuple[int, float | None, float, int]:
    """Requests beside the file's own, seconds until usable (None: never), seconds of work, shapes drawn."""
    seconds, work, requests, shapes = [], [], 0, 0
    for _ in range(RUNS):
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        asked: list[str] = []
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        inside = page.context.new_cdp_session(page)
        inside.send("Performance.enable", {"timeDomain": "threadTicks"})
        start = time.perf_counter()
        page.goto(path.as_uri())
        try:
            page.wait_for_selector(ready, timeout=60_000 if "geoplan" in ready else 3_000, state="attached")
            page.evaluate("new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
            seconds.append(time.perf_counter() - start)
        except Exception:  # noqa: BLE001 - without the network nothing ever appears
            seconds.append(float("nan"))
        measured = {m["name"]: m["value"] for m in inside.send("Performance.getMetrics")["metrics"]}
        work.append(measured["TaskDuration"])
        requests = len([url for url in asked if not url.startswith(("file:", "data:"))])
        shapes = page.locator("path.leaflet-interactive").count()
        page.close()
    usable = [s for s in seconds if s == s]  # noqa: PLR0124 - not a number
    return requests, statistics.median(usable) if usable else None, statistics.median(work), shapes


def row(browser: Any, what: str, how: str, path: Path, ready: str) -> str:
    requests, seconds, work, shapes = opened(browser, path, ready)
    took = "never, nothing is drawn" if seconds is None else f"{seconds:.2f} s"
    return LINE.format(
        what, how, f"{path.stat().st_size / 1e6:.2f} MB", requests, took, f"{work:.2f} s", shapes
    )


def main(target: Path) -> None:
    """Write the table."""
    text = (
        "# The maps, measured\n\nOne file each, opened from disk in headless Chromium at 1366 × 768 without a "
        "network; the median of "
        f"{RUNS} runs, from asking for the file until it can be used and two frames are painted. "
        "The work is the processor time of the page's main thread, which other programs do not lengthen.\n"
        f"Written by `make maps-table` on {dt.datetime.now().astimezone().date().isoformat()}, "
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores shared with other work (load average "
        f"{os.getloadavg()[0]:.1f}), Python {platform.python_version()}, "
        "Chromium {}.\n\n"
    )
    text += LINE.format(
        "City", "Made by", "Size", "Requests beside the file", "Usable after", "Work of the page", "Shapes"
    )
    text += "|---|---|---|---|---|---|---|\n"
    ready, shape = "html[data-geoplan=ready]", "path.leaflet-interactive"
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=os.environ["GEOPLAN_CHROMIUM"], args=["--no-sandbox"]
        )
        version = chromium.version
        for name in CITIES:
            result = geoplan.assess(geoplan.open_city(name))
            ours, theirs = Path(folder) / f"{name}.html", Path(folder) / f"{name}-folium.html"
            geoplan.explore(result).save(ours)
            by_folium(result, theirs)
            text += row(chromium, name, "geoplan", ours, ready) + row(
                chromium, name, "folium alone", theirs, shape
            )
        large = Path(folder) / "large.html"
        geoplan.explore(large_assessment(geoplan.open_city("hung-yen")), history=False).save(large)
        text += row(chromium, "10,000 synthetic communes, every figure and verdict", "geoplan", large, ready)
        chromium.close()
    target.write_text(text.format(version), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
