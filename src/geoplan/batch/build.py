"""Many cities: their maps and workbooks, the page that lists them, and the manifest."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from geoplan import __about__, workspace
from geoplan.assessment import assess
from geoplan.batch.lock import only_run
from geoplan.batch.state import FOLDER
from geoplan.errors import UsageError, tell
from geoplan.exports.atomic import beside
from geoplan.intake.read import sha256
from geoplan.show import explore, write_workbook
from geoplan.show.index import index_card, index_page, is_index_card

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.measures.overlay import Progress


def build(
    cities: Sequence[str],
    *,
    out: Path,
    on: dt.date | None = None,
    lang: Lang = "vi",
    workspace_folder: Path | None = None,
    own: Path | None = None,
    rulebooks: Path | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Build cities: ``<city>.html``, ``reports/<city>.xlsx``, ``index.html`` and ``manifest.json``.

    Cities that an earlier build left in the folder, unchanged, stay in the page and the manifest.
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
    own
        Without `workspace_folder`: a workspace whose cities take the place of the bundled ones.
    rulebooks
        Folder of rulebooks that take precedence; that of the workspace when None.
    progress
        Called with steps done and in all.

    Returns
    -------
    list of Path
        The files written, the page first.

    Raises
    ------
    GeoplanError
        The first that opening or measuring a city raises; or when a batch is writing into the folder.
    """
    if not cities:
        raise UsageError(
            vi="Không có thành phố nào để dựng; hãy nêu tên hoặc kiểm tra không gian làm việc.",
            en="There is no city to build; name one, or look at the workspace.",
        )
    opened, inputs = {}, {}
    for name in cities:
        home = workspace_folder or home_of(name, own)
        city = workspace.open_city(name, on=on, workspace=home, rulebooks=rulebooks)
        opened[city.id] = city
        inputs[city.id] = workspace.input_files(city, workspace=home)
    steps, done = 2 * len(opened), 0
    results = []
    for city in opened.values():
        results.append(assess(city))
        done = _step(progress, done, steps)
    with only_run(out) if (out / FOLDER).is_dir() else nullcontext():  # a batch may be at work there
        entries = kept_entries(out, built=set(opened))
        made = []
        for result in results:
            entry = _write_city(result, out, lang=lang)
            entries[result.city.id] = {**entry, "inputs": inputs[result.city.id]}
            made += [out / file for file in entry["files"]]
            done = _step(progress, done, steps)
        ordered = [entries[name] for name in sorted(entries)]
        page = out / "index.html"
        with beside(page) as draft:
            draft.write_text(
                index_page([e["card"] for e in ordered], lang=lang), encoding="utf-8", newline="\n"
            )
        _write_manifest(out / "manifest.json", ordered, page)
    return [page, *made]


def home_of(name: str, own: Path | None) -> Path | None:
    """The user's workspace when it holds the city, which is then said; None for the bundled one."""
    if own is None:
        return None
    city = workspace.find_city(name, workspace.list_cities(own))
    if city is not None:
        tell(
            vi=f"{city}: dùng dữ liệu trong {own}/, không dùng bộ có sẵn.",
            en=f"{city}: the data in {own}/ are used, not the bundled ones.",
        )
    return None if city is None else own


def _write_city(result: Assessment, out: Path, *, lang: Lang) -> dict[str, Any]:
    """Map and workbook of one city; its entry for the manifest."""
    name = result.city.id
    papers = (f"{name}.pdf", *(f"reports/{name}.{kind}" for kind in ("html", "pdf", "docx")))
    reports = [file for file in papers if (out / file).is_file()]
    files = {"map_file": f"{name}.html", "workbook": f"reports/{name}.xlsx"}
    card = index_card(result, **files, reports=reports, lang=lang)
    explore(result, lang=lang).save(out / card["map"])
    write_workbook(result, out / card["workbook"], lang=lang)
    return {
        "city": name,
        "on": result.on.isoformat(),
        "lang": lang,
        "standing": {key: layer.standing for key, layer in result.city.in_use.items()},
        "files": {file: sha256(out / file) for file in (card["map"], card["workbook"])},
        "card": card,
    }


def kept_entries(out: Path, *, built: set[str]) -> dict[str, dict[str, Any]]:
    """Entries of an earlier build in the folder whose files are still what they were."""
    try:
        earlier = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["cities"]
        return {
            entry["city"]: entry
            for entry in earlier
            if entry["city"] not in built
            and is_index_card(entry["card"])
            and all((out / f).is_file() and sha256(out / f) == sha for f, sha in entry["files"].items())
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}  # no build before this one, or not one of ours


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
