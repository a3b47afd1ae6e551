"""The report as PDF: by typst, whose compiler and fonts are inside its package, without a network."""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typst

from geoplan.show.report import model
from geoplan.show.report.saying import pick

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.show.report.model import Report
    from geoplan.show.report.pictures import Drawing

_SOURCE: Final = Path(__file__).with_name("report.typ")


def write_pdf(report: Report, path: Path, *, drawings: Mapping[str, Drawing]) -> None:
    """Write the report as PDF: fonts inside, bookmarks from the headings, the same bytes every time.

    Parameters
    ----------
    report, drawings
        The content, and its pictures by their keys as SVG.
    path
        Where to.

    Notes
    -----
    The texts reach typst as strings of a JSON file beside the source; typst evaluates none of them.
    The folder is a private one: the source can read nothing else.
    """
    with tempfile.TemporaryDirectory(prefix="geoplan-") as name:
        folder = Path(name)
        files = {}
        for at, (key, drawing) in enumerate(drawings.items()):
            files[key] = f"picture-{at}.svg"
            (folder / files[key]).write_bytes(drawing.files["svg"])
        data = json.dumps(_data(report, files, drawings), ensure_ascii=False, sort_keys=True)
        (folder / "data.json").write_text(data, encoding="utf-8")
        source = folder / "report.typ"
        source.write_bytes(_SOURCE.read_bytes())
        made = dt.datetime.combine(report.on, dt.time(), dt.UTC)
        typst.compile(
            source, output=path, root=folder, ignore_system_fonts=True, format="pdf", timestamp=made
        )


def _data(report: Report, files: Mapping[str, str], drawings: Mapping[str, Drawing]) -> dict[str, Any]:
    """The report as plain values."""
    head = {key: value for key, value in vars(report).items() if key not in {"on", "blocks"}}
    runs = [
        {"wide": wide, "blocks": [_block(block, files, drawings) for block in blocks]}
        for wide, blocks in model.pages(report.blocks)
    ]
    archive = pick(report.lang, "- Lưu: VT, ….", "- File.")
    on = [report.on.year, report.on.month, report.on.day]
    return head | {"on": on, "runs": runs, "archive": archive}


def _block(block: model.Block, files: Mapping[str, str], drawings: Mapping[str, Drawing]) -> dict[str, Any]:
    data = asdict(block) | {"type": type(block).__name__.lower()}
    if isinstance(block, model.Picture):
        there = block.key in drawings
        data |= {"file": files.get(block.key), "width": drawings[block.key].width if there else 0}
    return data
