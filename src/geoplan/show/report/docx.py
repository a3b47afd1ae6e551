"""The report as a Word document, from a template: by python-docx, with no template language."""

from __future__ import annotations

import copy
import datetime as dt
import io
import re
import zipfile
from typing import TYPE_CHECKING, Final

from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from geoplan import __about__
from geoplan.errors import DataError
from geoplan.show.report import model, template
from geoplan.show.report.docx_table import made_table
from geoplan.text import listing, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from docx.document import Document
    from docx.section import Section
    from docx.table import Table
    from docx.text.paragraph import Paragraph

    from geoplan.errors import Lang
    from geoplan.show.report.model import Grid, Picture, Report
    from geoplan.show.report.pictures import Drawing

_FIELD: Final = re.compile(r"\{\{\s*([a-z_]+)\s*\}\}")
_HEAD: Final = (
    "parent_agency", "agency", "nation", "motto", "number", "date",
    "kind", "subject", "city", "recipients", "signer",
)  # fmt: skip
_BODY: Final = "body"
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_NO_DAY: Final = dt.date(2020, 3, 5)
"""Of the template: the day of the decree that it follows."""
_LONGEST_PROPERTY: Final = 255
_UNPRINTED: Final = 0.5
"""Millimetres that a table stays away from both margins, for the width of its lines."""


def write_docx(
    report: Report, path: Path, *, drawings: Mapping[str, Drawing], own: Path | None = None
) -> None:
    """Write the report as a Word document.

    Parameters
    ----------
    report, drawings
        The content, and its pictures by their keys as PNG.
    path
        Where to.
    own
        A template of the user's; the one that comes with geoplan when None.

    Raises
    ------
    DataError
        When the template cannot be read, names a field that there is not, or has no place for the body.
    """
    document = template.default_template(report.lang) if own is None else template.open_template(own)
    name = "template" if own is None else own.name
    place = _fill(document, report, name)
    _Writer(document, place, report, drawings).all()
    properties = document.core_properties
    properties.author = properties.last_modified_by = _short(report.agency)
    properties.title, properties.subject = report.kind, _short(report.subject)
    path.write_bytes(_saved(document, report.on, report.lang))


def template_bytes(lang: Lang = "vi") -> bytes:
    """The template that comes with geoplan, as a file."""
    return _saved(template.default_template(lang), _NO_DAY, lang)


def _short(text: str) -> str:
    """As much of a text as a property of a document may hold."""
    return text[:_LONGEST_PROPERTY]


def _saved(document: Document, day: dt.date, lang: Lang) -> bytes:
    """The document as bytes that do not depend on when it is saved."""
    properties = document.core_properties
    properties.created = properties.modified = dt.datetime.combine(day, dt.time())
    properties.revision, properties.comments = 1, f"geoplan {__about__.VERSION}"
    properties.language = lang
    held = io.BytesIO()
    document.save(held)
    return _undated(held.getvalue())


def _undated(data: bytes) -> bytes:
    """The same parts without the time at which they were packed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            entry = zipfile.ZipInfo(part.filename, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, old.read(part))
    return out.getvalue()


def _fill(document: Document, report: Report, name: str) -> Paragraph:
    """Put the head's texts into their places; the paragraph that the body takes the place of."""
    place = None
    for paragraph in list(_paragraphs(document)):
        fields = _FIELD.findall(paragraph.text)
        for field in fields:
            if field not in _HEAD and field != _BODY:
                known = listing((*_HEAD, _BODY), limit=99)
                raise DataError(
                    vi=f"{name}: mẫu có trường {quoted(field)} không tồn tại; dùng được: {known}.",
                    en=f"{name}: the template names a field {quoted(field)} that there is not; use: {known}.",
                )
        if _BODY in fields and place is None and paragraph._parent is document._body:  # noqa: SLF001
            place = paragraph
        elif fields:
            _replace(paragraph, report)
    if place is None:
        raise DataError(
            vi=f"{name}: mẫu thiếu một đoạn chỉ có {{{{ body }}}}, nơi đặt nội dung báo cáo.",
            en=f"{name}: the template lacks a paragraph {{{{ body }}}}, where the report goes.",
        )
    return place


def _paragraphs(document: Document) -> Iterator[Paragraph]:
    """Every paragraph: of the body, of tables in it, of headers and footers."""
    yield from document.paragraphs
    yield from _in_tables(document.tables)
    for section in document.sections:
        for part in (section.header, section.first_page_header, section.footer, section.first_page_footer):
            if not part.is_linked_to_previous:
                yield from part.paragraphs
                yield from _in_tables(part.tables)


def _in_tables(tables: Sequence[Table]) -> Iterator[Paragraph]:
    for table in tables:
        for row in table.rows:
            for cell in row.cells:
                yield from cell.paragraphs
                yield from _in_tables(cell.tables)


def _replace(paragraph: Paragraph, report: Report) -> None:
    """Fields by their texts, once; Word may have cut a field into several runs."""
    runs = paragraph.runs
    if not any(_FIELD.search(run.text) for run in runs) or len(_FIELD.findall(paragraph.text)) > 1:
        whole = paragraph.text
        for run in runs[1:]:
            run._r.getparent().remove(run._r)  # noqa: SLF001
        runs[0].text = whole
    for run in paragraph.runs:
        if _FIELD.search(run.text):
            run.text = _FIELD.sub(lambda found: str(getattr(report, found[1], "")), run.text)
    if not paragraph.text and _is_spare(paragraph):
        paragraph._p.getparent().remove(paragraph._p)  # noqa: SLF001


def _is_spare(paragraph: Paragraph) -> bool:
    """Whether an empty line may go: a cell needs one paragraph."""
    parent = paragraph._p.getparent()  # noqa: SLF001
    return parent is not None and len(parent.findall(qn("w:p"))) > 1


class _Writer:
    """Writes blocks before a paragraph, which goes away at the end."""

    def __init__(
        self, document: Document, place: Paragraph, report: Report, drawings: Mapping[str, Drawing]
    ) -> None:
        self.place = place
        self.report = report
        self.drawings = drawings
        self.styles = {style.name: style.style_id for style in document.styles}
        section = _last_section(document)
        self.last = section._sectPr  # noqa: SLF001 - python-docx only adds sections at the end
        self.upright = copy.deepcopy(self.last)
        self.room = {wide: _room(section, wide=wide) for wide in (False, True)}
        self.first = True

    def all(self) -> None:
        """Every block; wide tables on pages turned on their side."""
        runs = model.pages(self.report.blocks)
        for at, (wide, blocks) in enumerate(runs):
            for block in blocks:
                self._block(block, wide=wide)
            if at + 1 < len(runs) or wide:
                self._end_section(wide=wide)
        element = self.place._p  # noqa: SLF001
        element.getparent().remove(element)

    def _block(self, block: model.Block, *, wide: bool) -> None:
        if isinstance(block, model.Heading):
            self._paragraph(block.text, f"Heading {block.level}")
        elif isinstance(block, model.Paragraph):
            styles = {"plain": "Normal", "item": "List Bullet", "small": template.NOTE, "note": template.NOTE}
            self._paragraph(block.text, styles[block.style])
        elif isinstance(block, model.Grid):
            self._grid(block, wide=wide)
        else:
            self._picture(block, self.drawings.get(block.key))

    def _paragraph(self, text: str, style: str) -> Paragraph:
        return self.place.insert_paragraph_before(text, style=style if style in self.styles else "Normal")

    def _end_section(self, *, wide: bool) -> None:
        """End a section here; only the first page of the first has no number."""
        last = self.place._p.getprevious()  # noqa: SLF001 - a paragraph: after a table there is one too
        ending = copy.deepcopy(self.upright)
        if wide:
            size = ending.find(qn("w:pgSz"))
            size.attrib[qn("w:w")], size.attrib[qn("w:h")] = size.attrib[qn("w:h")], size.attrib[qn("w:w")]
            size.set(qn("w:orient"), "landscape")
        for later in (self.last, *(() if self.first else (ending,))):
            for first_page in later.findall(qn("w:titlePg")):
                later.remove(first_page)
        last.get_or_add_pPr().append(ending)
        self.first = False

    def _grid(self, grid: Grid, *, wide: bool) -> None:
        self._paragraph(grid.caption, "Caption").paragraph_format.keep_with_next = True
        text_style = self.styles.get(template.TABLE_TEXT)
        style = self.styles.get("Table Grid")
        table = made_table(grid, room=self.room[wide], text_style=text_style, table_style=style)
        self.place._p.addprevious(table)  # noqa: SLF001
        below = self._paragraph(grid.note, template.NOTE if grid.note else template.TABLE_TEXT)
        if not grid.note:  # so low that it never needs a page of its own
            below.paragraph_format.line_spacing = Pt(2)

    def _picture(self, picture: Picture, drawing: Drawing | None) -> None:
        paragraph = self._paragraph("", template.PICTURE)
        if drawing is None:
            paragraph.add_run(picture.alt)
        else:
            width = min(drawing.width, self.room[False])
            shape = paragraph.add_run().add_picture(io.BytesIO(drawing.files["png"]), width=Mm(width))
            shape._inline.docPr.set("descr", picture.alt)  # noqa: SLF001 - python-docx cannot
        self._paragraph(picture.caption, "Caption")


def _last_section(document: Document) -> Section:
    """The section that the report stands in; A4 by the decree where a template does not say."""
    document.element.body.get_or_add_sectPr()
    section = document.sections[-1]
    if section.page_width is None or section.page_height is None:
        section.page_width, section.page_height = Mm(210), Mm(297)
    if section.left_margin is None or section.right_margin is None:
        section.left_margin, section.right_margin = (Mm(template.MARGINS[s]) for s in ("left", "right"))
    return section


def _room(section: Section, *, wide: bool) -> float:
    """Millimetres between the margins."""
    across = section.page_height if wide else section.page_width
    lengths = (across, section.left_margin, section.right_margin)
    page, left, right = (float(each.mm) if each is not None else 0.0 for each in lengths)
    return page - left - right - 2 * _UNPRINTED
