"""The Word template: the one that comes with geoplan is made here, a person's own is read and checked."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, Final

import docx
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.text.paragraph import Paragraph

from geoplan.errors import DataError
from geoplan.show.report.saying import pick
from geoplan.text import number

if TYPE_CHECKING:
    from pathlib import Path

    from docx.document import Document
    from docx.styles.style import ParagraphStyle
    from docx.table import Table, _Cell

    from geoplan.errors import Lang

FONT: Final = "Times New Roman"
MARGINS: Final = {"top": 20, "bottom": 20, "left": 30, "right": 15}
"""Millimetres, within what NĐ 30/2020/NĐ-CP allows: 20–25 above and below, 30–35 left, 15–20 right."""
TABLE_TEXT: Final = "Table Text"
NOTE: Final = "Note"
PICTURE: Final = "Picture"
_LARGEST: Final = 100_000_000
"""Bytes that a template may hold unpacked: a person's is a hundredth of that."""
_CENTRE: Final = WD_ALIGN_PARAGRAPH.CENTER


def open_template(path: Path) -> Document:
    """A person's own template.

    Raises
    ------
    DataError
        When it is not a Word document, or holds far more than a template does.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
        document = docx.Document(str(path)) if size <= _LARGEST else None
    except (zipfile.BadZipFile, OSError, KeyError, ValueError, SyntaxError) as error:
        raise DataError(
            vi=f"{path.name}: không phải tệp Word (.docx) đọc được; hãy lưu lại mẫu bằng Word.",
            en=f"{path.name}: not a Word document (.docx) that can be read; save the template again in Word.",
        ) from error
    if document is None:
        raise DataError(
            vi=f"{path.name}: quá lớn để là một mẫu Word ({number(size)} byte khi giải nén).",
            en=f"{path.name}: too large for a Word template ({number(size, lang='en')} bytes unpacked).",
        )
    return document


def default_template(lang: Lang = "vi") -> Document:
    """The template that comes with geoplan, by NĐ 30/2020/NĐ-CP; a person may save and edit it.

    Where ``{{ name }}`` stands a text of the report's head is put in, and in the place of the paragraph
    ``{{ body }}`` the whole report. Nothing else is read as a command.
    """
    document = docx.Document()
    _page(document)
    _styles(document)
    _head(document)
    _line(document, "{{ kind }}", bold=True, size=14, before=14)
    _line(document, "{{ subject }}", bold=True, size=14)
    _rule(document.add_paragraph(style="Normal"))
    document.add_paragraph("{{ body }}", style="Normal")
    _foot(document, lang)
    return document


def _page(document: Document) -> None:
    """A4 with the margins; the page number in the middle of the top margin, from the second page on."""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(MARGINS["top"]), Mm(MARGINS["bottom"])
    section.left_margin, section.right_margin = Mm(MARGINS["left"]), Mm(MARGINS["right"])
    section.header_distance = section.footer_distance = Mm(10)
    section.different_first_page_header_footer = True
    paragraph = section.header.paragraphs[0]
    paragraph.alignment = _CENTRE
    run = paragraph.add_run()
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        element = OxmlElement("w:instrText" if kind is None else "w:fldChar")
        if kind is None:
            element.set(qn("xml:space"), "preserve")
            element.text = text
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)  # noqa: SLF001 - python-docx has no fields
    run.font.size = Pt(13)


def _styles(document: Document) -> None:
    normal = _style(document, "Normal", size=13)
    normal.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
    normal.paragraph_format.space_after = Pt(6)
    normal.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    normal.paragraph_format.widow_control = True
    _style(document, "Header", size=13)
    for name, size in (("Heading 1", 14), ("Heading 2", 13)):
        style = _style(document, name, size=size, bold=True)
        style.paragraph_format.space_before, style.paragraph_format.space_after = Pt(12), Pt(6)
        style.paragraph_format.keep_with_next = True
    caption = _style(document, "Caption", size=12, bold=True)
    caption.paragraph_format.alignment = _CENTRE
    caption.paragraph_format.space_before, caption.paragraph_format.space_after = Pt(8), Pt(4)
    _style(document, "List Bullet", size=13)
    for name, small in ((TABLE_TEXT, 10.5), (NOTE, 11.0), (PICTURE, 12.0)):
        document.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        style = _style(document, name, size=small)
        style.base_style = normal
        style.paragraph_format.alignment = WD_ALIGN_PARAGRAPH.LEFT
        style.paragraph_format.space_after = Pt(0 if name == TABLE_TEXT else 6)
    document.styles[NOTE].font.italic = True
    picture = document.styles[PICTURE].paragraph_format
    picture.alignment, picture.keep_with_next, picture.space_after = _CENTRE, True, Pt(0)


def _style(document: Document, name: str, *, size: float, bold: bool = False) -> ParagraphStyle:
    """A style in the font of the decree, black."""
    style: Any = document.styles[name]
    style.font.name, style.font.size, style.font.bold = FONT, Pt(size), bold
    style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), FONT)
    for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
        fonts.attrib.pop(qn(theme), None)
    return style  # type: ignore[no-any-return]


def _head(document: Document) -> None:
    """Agency on the left; on the right the country's name and motto; below number, place and date."""
    table = document.add_table(rows=2, cols=2)
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _wide(table, (64, 104))
    left, right = table.rows[0].cells
    _cell(left, "{{ parent_agency }}", size=12)
    _rule(_cell(left, "{{ agency }}", size=12, bold=True), share=(22, 22))
    _cell(right, "{{ nation }}", size=12, bold=True)
    _rule(_cell(right, "{{ motto }}", size=13, bold=True), share=(19, 19))
    left, right = table.rows[1].cells
    _cell(left, "{{ number }}", size=13)
    _cell(right, "{{ date }}", size=13, italic=True)
    for cell in (left, right):
        cell.paragraphs[0].paragraph_format.space_before = Pt(8)


def _foot(document: Document, lang: Lang) -> None:
    """Recipients on the left; on the right who signs."""
    document.add_paragraph(style="Normal")
    table = document.add_table(rows=1, cols=2)
    table.autofit = False
    left, right = table.rows[0].cells
    _wide(table, (62, 104))
    heading = _cell(left, "{{ recipients }}", size=12, bold=True, italic=True)
    heading.alignment = WD_ALIGN_PARAGRAPH.LEFT
    for text in pick(lang, "- …;|- Lưu: VT, ….", "- …;|- File.").split("|"):
        _cell(left, text, size=11).alignment = WD_ALIGN_PARAGRAPH.LEFT
    _cell(right, "{{ signer }}", size=13, bold=True)
    for _ in range(4):
        _cell(right, "", size=13)
    _cell(right, pick(lang, "Họ và tên", "Full name"), size=13, bold=True)


def _wide(table: Table, widths: tuple[float, float]) -> None:
    """The columns in millimetres, for Word (cells) and LibreOffice (columns) alike."""
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)


def _line(document: Document, text: str, *, size: float, bold: bool = False, before: float = 0) -> None:
    paragraph = document.add_paragraph(style="Normal")
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_before = Pt(before)
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.font.size, run.bold = Pt(size), bold


def _cell(cell: _Cell, text: str, *, size: float, bold: bool = False, italic: bool = False) -> Paragraph:
    """A centred line in a cell; the first takes the place of the empty one."""
    empty = len(cell.paragraphs) == 1 and not cell.paragraphs[0].runs
    paragraph: Paragraph = cell.paragraphs[0] if empty else cell.add_paragraph()
    paragraph.style = "Normal"
    paragraph.alignment = _CENTRE
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold, italic
    return paragraph


def _rule(paragraph: Paragraph, share: tuple[float, float] = (60, 60)) -> None:
    """A line under a paragraph, so many millimetres shorter on each side."""
    below = OxmlElement("w:p")
    paragraph._p.addnext(below)  # noqa: SLF001 - python-docx has no borders
    made = Paragraph(below, paragraph._parent)  # noqa: SLF001
    made.paragraph_format.left_indent, made.paragraph_format.right_indent = Mm(share[0]), Mm(share[1])
    made.paragraph_format.space_after = Pt(0)
    made.paragraph_format.line_spacing = Pt(3)
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    properties = made._p.get_or_add_pPr()  # noqa: SLF001
    properties.insert_element_before(borders, "w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc", "w:rPr")
