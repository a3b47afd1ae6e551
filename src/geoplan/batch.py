"""Many cities: their maps and workbooks, the page that lists them, and the manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geoplan import __about__, workspace
from geoplan.assessment import assess
from geoplan.exports.atomic import beside
from geoplan.intake.read import sha256
from geoplan.show import explore, write_workbook
from geoplan.show.index import Entry, index_page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.errors import Lang
    from geoplan.measures.overlay import Progress


def build(
    cities: Sequence[str],
    *,
    out: Path,
    on: dt.date | None = None,
    lang: Lang = "vi",
    workspace_folder: Path | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Build cities: ``<city>.html``, ``reports/<city>.xlsx``, ``index.html`` and ``manifest.json``.

    All cities are opened and measured before the first file is written, so that a wrong name or a
    broken layer leaves the folder as it was.

    Parameters
    ----------
    cities
        Ids or names; each is built once.
    out
        The folder; made when it is missing.
    on
        The date for all; each city's own default date when None.
    lang
        ``vi`` or ``en``.
    workspace_folder
        Folder that holds the cities; the bundled ones when None.
    progress
        Called with steps done and in all.

    Returns
    -------
    list of Path
        The files written, the page first.

    Raises
    ------
    GeoplanError
        The first that opening or measuring a city raises.
    """
    opened = {
        city.id: city for city in (workspace.open_city(c, on=on, workspace=workspace_folder) for c in cities)
    }
    steps, done = 2 * len(opened), 0
    results = []
    for city in opened.values():
        results.append(assess(city))
        done = _step(progress, done, steps)
    entries, manifest = [], []
    for result in results:
        name = result.city.id
        entry = Entry(result, map=f"{name}.html", workbook=f"reports/{name}.xlsx")
        explore(result, lang=lang).save(out / entry.map)
        write_workbook(result, out / entry.workbook, lang=lang)
        inputs = workspace.input_files(result.city, workspace=workspace_folder)
        manifest.append(
            {
                "city": name,
                "on": result.on.isoformat(),
                "lang": lang,
                "inputs": inputs,
                "files": {file: sha256(out / file) for file in (entry.map, entry.workbook)},
            }
        )
        entries.append(entry)
        done = _step(progress, done, steps)
    page = out / "index.html"
    with beside(page) as draft:
        draft.write_text(index_page(entries, lang=lang), encoding="utf-8", newline="\n")
    _write_manifest(out / "manifest.json", manifest, page)
    return [page, *(out / file for entry in entries for file in (entry.map, entry.workbook))]


def _step(progress: Progress | None, done: int, total: int) -> int:
    if progress is not None:
        progress(done + 1, total)
    return done + 1


def _write_manifest(path: Path, cities: list[dict[str, Any]], page: Path) -> None:
    content = {
        "geoplan": __about__.VERSION,
        "index": {page.name: sha256(page)},
        "cities": cities,
    }
    with beside(path) as draft:
        draft.write_text(
            json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8", newline="\n"
        )
