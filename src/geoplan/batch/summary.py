"""What is written over all cities of a folder: the list, the national table and map, the manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from geoplan import __about__
from geoplan.batch.build import kept_entries
from geoplan.batch.state import read_state
from geoplan.intake.read import sha256
from geoplan.show.index import index_page
from geoplan.show.national import NationalRow, national_frame, national_page, write_national_workbook

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.batch.job import Options, Outcome
    from geoplan.errors import Lang

_ONLY_IN_STATE: Final = ("records", "outline", "beside")
"""What of a state the manifest leaves out."""
_NATIONAL: Final = "national.html"


def write_summary(
    out: Path, *, outcomes: Sequence[Outcome], options: Options, staging: Path
) -> tuple[Path, ...]:
    """Write ``index.html``, ``national.html``, ``.xlsx``, ``.parquet`` and, last, ``manifest.json``.

    Cities of earlier runs that this one was not asked for stay in them while their files are what
    they were; a broken city is only named in the manifest. A file that would not change is not touched.

    Returns
    -------
    tuple of Path
        The files, ``index.html`` first.
    """
    entries, rows = _collected(out, outcomes)
    draft = staging / "summary"
    draft.mkdir(parents=True, exist_ok=True)
    lang = options.lang
    page = index_page([entry["card"] for entry in entries], glance=_NATIONAL, lang=lang)
    (draft / "index.html").write_text(page, encoding="utf-8", newline="\n")
    _write_national(draft, rows, lang)
    files = {path.name: sha256(path) for path in sorted(draft.iterdir())}
    broken = [
        {"city": o.city, **o.sentence.model_dump()}
        for o in outcomes
        if o.state == "broken" and o.sentence is not None
    ]
    manifest = {
        "geoplan": __about__.VERSION,
        "index": {"index.html": files.pop("index.html")},
        "national": files,
        "broken": broken,
        "cities": entries,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (draft / "manifest.json").write_text(text, encoding="utf-8", newline="\n")
    names = ("index.html", *files, "manifest.json")
    for name in names:
        _put(draft / name, out / name)
    return tuple(out / name for name in names)


def _collected(out: Path, outcomes: Sequence[Outcome]) -> tuple[list[dict[str, Any]], list[NationalRow]]:
    """What the manifest says of each city, and its row in the national table; both by id."""
    entries = kept_entries(out, built={o.city for o in outcomes})
    good = {o.city for o in outcomes if o.state in {"built", "kept"}}
    rows = []
    for city in sorted(good | set(entries)):
        state = read_state(out, city)
        if state is not None and (city in good or state.get("files") == entries[city]["files"]):
            entries[city] = {key: value for key, value in state.items() if key not in _ONLY_IN_STATE}
        entry = entries[city]
        outline = None if state is None else state.get("outline")
        rows.append(NationalRow(city, card=entry["card"], standing=entry["standing"], outline=outline))
    return [entries[city] for city in sorted(entries)], rows


def _write_national(folder: Path, rows: Sequence[NationalRow], lang: Lang) -> None:
    (folder / _NATIONAL).write_text(national_page(rows, lang=lang), encoding="utf-8", newline="\n")
    write_national_workbook(rows, folder / "national.xlsx", lang=lang)
    national_frame(rows).to_parquet(folder / "national.parquet", index=False)


def _put(draft: Path, final: Path) -> None:
    """Into its place, unless the same is there."""
    if not final.is_file() or final.read_bytes() != draft.read_bytes():
        draft.replace(final)
