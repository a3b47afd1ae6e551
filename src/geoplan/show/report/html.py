"""The report as one HTML file: printable, without any script, and it asks for nothing."""

from __future__ import annotations

import base64
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geoplan.show.report import model
from geoplan.show.report.saying import pick
from geoplan.show.seal import seal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.show.report.model import Report
    from geoplan.show.report.pictures import Drawing

_STYLE: Final = Path(__file__).with_name("report.css")


def write_html(report: Report, path: Path, *, drawings: Mapping[str, Drawing]) -> None:
    """Write the report as one sealed page.

    Parameters
    ----------
    report, drawings
        The content, and its pictures by their keys as PNG.
    path
        Where to.
    """
    path.write_text(html_page(report, drawings=drawings), encoding="utf-8", newline="\n")


def html_page(report: Report, *, drawings: Mapping[str, Drawing]) -> str:
    """The page as text; every text of the report is escaped where it is put in."""
    style = _STYLE.read_text(encoding="utf-8")
    parts = []
    for wide, blocks in model.pages(report.blocks):
        inside = "\n".join(_block(block, drawings) for block in blocks)
        parts.append(f'<section class="{"wide" if wide else "upright"}">\n{inside}\n</section>')
    body = "\n".join(parts)
    page = (
        f'<!DOCTYPE html>\n<html lang="{report.lang}">\n<head>\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(report.subject)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"{_head(report)}\n{_contents(report)}\n{body}\n{_foot(report)}\n</main>\n</body>\n</html>\n"
    )
    return seal(page, scripts=False)


def _head(report: Report) -> str:
    parent = f"<p>{escape(report.parent_agency)}</p>" if report.parent_agency else ""
    return (
        f'<header>\n<div class="who">{parent}<p class="strong ruled">{escape(report.agency)}</p>'
        f"<p>{escape(report.number)}</p></div>\n"
        f'<div class="nation"><p class="strong">{escape(report.nation)}</p>'
        f'<p class="strong ruled">{escape(report.motto)}</p>'
        f'<p class="slanted">{escape(report.date)}</p></div>\n'
        f"</header>\n<h1><span>{escape(report.kind)}</span> {escape(report.subject)}</h1>"
    )


def _contents(report: Report) -> str:
    """Links to the parts, for the screen only."""
    parts = [b for b in report.blocks if isinstance(b, model.Heading) and b.level == 1]
    label = pick(report.lang, "Mục lục", "Contents")
    links = "".join(f'<li><a href="#{_anchor(part)}">{escape(part.text)}</a></li>' for part in parts)
    return f'<nav aria-label="{label}"><ul>{links}</ul></nav>'


def _anchor(part: model.Heading) -> str:
    return f"part-{part.text.split('.')[0].lower()}"


def _foot(report: Report) -> str:
    return (
        f'<footer><p class="strong slanted">{escape(report.recipients)}</p>'
        f'<p class="strong">{escape(report.signer)}</p></footer>'
    )


def _block(block: model.Block, drawings: Mapping[str, Drawing]) -> str:
    if isinstance(block, model.Heading):
        if block.level == 1:
            return f'<h2 id="{_anchor(block)}">{escape(block.text)}</h2>'
        return f"<h3>{escape(block.text)}</h3>"
    if isinstance(block, model.Paragraph):
        return f'<p class="{block.style}">{escape(block.text)}</p>'
    if isinstance(block, model.Grid):
        return _grid(block)
    return _figure(block, drawings.get(block.key))


def _figure(block: model.Picture, drawing: Drawing | None) -> str:
    """The picture with its caption; what it would show in words when it could not be drawn."""
    shown = f"<p>{escape(block.alt)}</p>"
    if drawing is not None:
        data = base64.b64encode(drawing.files["png"]).decode("ascii")
        shown = f'<img alt="{escape(block.alt)}" src="data:image/png;base64,{data}">'
    return f"<figure>{shown}<figcaption>{escape(block.caption)}</figcaption></figure>"


def _grid(grid: model.Grid) -> str:
    def cells(tag: str, texts: tuple[str, ...]) -> str:
        look = [' class="number"' if column.numeric else "" for column in grid.columns]
        scope = ' scope="col"' if tag == "th" else ""
        return "".join(
            f"<{tag}{scope}{each}>{escape(text)}</{tag}>" for text, each in zip(texts, look, strict=True)
        )

    strong = len(grid.rows) - grid.strong
    rows = "\n".join(
        f"<tr{' class=strong' if at >= strong else ''}>{cells('td', row)}</tr>"
        for at, row in enumerate(grid.rows)
    )
    heads = cells("th", tuple(column.head for column in grid.columns))
    whole = sum(column.width for column in grid.columns)
    widths = "".join(f'<col style="width:{100 * c.width / whole:.1f}%">' for c in grid.columns)
    note = f'\n<p class="note">{escape(grid.note)}</p>' if grid.note else ""
    return (
        f'<div class="table"><table><caption>{escape(grid.caption)}</caption>\n'
        f"<colgroup>{widths}</colgroup>\n<thead><tr>{heads}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></div>{note}"
    )
