"""A report: one content, read back from Word, PDF, Excel, HTML, the map and JSON."""

from __future__ import annotations

import datetime as dt
import re
import shutil
import subprocess
import zipfile
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm

import geoplan
from cities import tiny_indicators, tiny_layers, tiny_targets, write_city
from exporting import needs
from geoplan import cli
from geoplan.criteria.telling import threshold_text
from geoplan.criteria.wording import beside
from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.show.report import content, save_template
from geoplan.show.report.model import Grid, Heading, Letter, Paragraph, Picture
from geoplan.show.report.saying import NO_FIGURE, figure, long_date, unit_names
from geoplan.show.verdict_json import as_json
from geoplan.show.verdict_words import verdict_outcome
from geoplan.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geoplan.assessment import Assessment
    from geoplan.show.report.model import Report

FORMATS = ("docx", "pdf", "xlsx", "html")
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
HOSTILE = (
    'Xã {} {{{{7*7}}}} {{% x %}} <w:p/> ]]> #eval("1+1") \\input{{/etc/passwd}} $x$ &amp; \u202e \u0007 *b*'
)
BROKEN = HOSTILE.format(1).replace("\u202e", " ").replace("\u0007", " ")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], tuple[Assessment, Report, Path]]:
    """The reports of a bundled city in a language, made when they are first asked for."""
    folder, known = tmp_path_factory.mktemp("reports"), {}

    def reports(name: str, lang: Any) -> tuple[Assessment, Report, Path]:
        if (name, lang) not in known:
            result = geoplan.assess(geoplan.open_city(name))
            history = timeline(result.city, until=result.on)
            out = folder / lang
            geoplan.report(result, out, formats=FORMATS, lang=lang, history=history)
            known[name, lang] = result, content(result, history=history, lang=lang), out / name
        return known[name, lang]

    return reports


def texts(report: Report) -> Iterator[str]:
    """Every text of the body in order."""
    for block in report.blocks:
        if isinstance(block, Heading | Paragraph):
            yield block.text
        elif isinstance(block, Picture):
            yield block.caption
        else:
            yield block.caption
            yield from (column.head for column in block.columns)
            yield from (cell for row in block.rows for cell in row)
            yield block.note


def filled(given: Iterator[str]) -> list[str]:
    """Texts as a reader sees them: those that say something, blanks as one."""
    return [" ".join(text.split()) for text in given if text.strip()]


def word_texts(path: Path) -> Iterator[str]:
    """Every text between the report's first heading and the recipients, in order."""
    body = docx.Document(str(path)).element.body
    for element in body.iterchildren():
        paragraphs = [element] if element.tag == qn("w:p") else element.iter(qn("w:p"))
        for paragraph in paragraphs:
            yield "".join(text.text or "" for text in paragraph.iter(qn("w:t")))


class _Page(HTMLParser):
    """The texts of a page's sections, and its tags."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: set[str] = set()
        self._inside = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.tags.add(tag)
        self._inside += tag == "section"
        self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "section"

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.found[-1] += data


def pdf_text(path: Path) -> str:
    """What a reader of the PDF finds, without the places where words may be broken."""
    done = subprocess.run(["pdftotext", "-layout", path, "-"], check=True, capture_output=True)
    return done.stdout.decode().replace("\u200b", "")


def numbers(text: str) -> Counter[str]:
    return Counter(NUMBER.findall(text))


def rows_of(report: Report, caption: str) -> list[tuple[str, ...]]:
    return [row for b in report.blocks if isinstance(b, Grid) and caption in b.caption for row in b.rows]


CASES = [("hung-yen", "vi"), ("pho-yen", "en")]


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_tables_hold_the_quantities_and_verdicts_of_the_assessment(
    made: Callable[..., Any], name: str, lang: Any
) -> None:
    result, report, _ = made(name, lang)
    names = unit_names(result, lang)
    kinds = {
        "zoning": ("quy hoạch phân khu theo", "with zoning plans by unit"),
        "detailed": ("quy hoạch chi tiết theo", "with detailed plans by unit"),
    }
    checked = 0
    for (metric, scope), quantity in result.quantities.items():
        if scope not in names or quantity.value is None:
            continue
        if metric.startswith("coverage."):
            kind = metric.split(".")[1]
            if kind not in kinds:
                continue
            caption = kinds[kind][lang == "en"]
        elif metric == "zone_share":
            caption = ("Đất khu công nghiệp", "Industrial land")[lang == "en"]
        else:
            caption = ("Dân số, diện tích", "Population, area")[lang == "en"]
        (row,) = [row for row in rows_of(report, caption) if row[0] == names[scope]]
        assert figure(quantity, lang) in row, (metric, scope)
        checked += 1
    assert checked > 100
    told = [row for b in report.blocks if isinstance(b, Grid) for row in b.rows]
    judged = result.judgement
    for verdict in judged.verdicts:
        detailed = verdict.scope.id == "city" or any(u.scope == verdict.scope for u in judged.candidates)
        if verdict.threshold is None or not detailed or verdict.id.startswith("commune."):
            continue
        known = verdict.quantity.value is not None or verdict.quantity.said is not None
        shown = {
            verdict.title.text(lang),
            beside(verdict.quantity, verdict.threshold, lang) if known else NO_FIGURE,
            threshold_text(verdict, lang),
            verdict_outcome(verdict, lang),
        }
        assert any(shown <= set(row) for row in told), verdict.id


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_word_and_html_say_the_content_text_by_text(made: Callable[..., Any], name: str, lang: Any) -> None:
    _, report, path = made(name, lang)
    wanted = filled(texts(report))
    found = filled(word_texts(path.with_suffix(".docx")))
    first = found.index(wanted[0])
    assert found[first : first + len(wanted)] == wanted
    page = _Page(path.with_suffix(".html").read_text(encoding="utf-8"))
    assert filled(iter(page.found)) == wanted
    assert "script" not in page.tags


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_the_pdf_has_every_number_and_no_other(made: Callable[..., Any], name: str, lang: Any) -> None:
    _, report, path = made(name, lang)
    text = pdf_text(path.with_suffix(".pdf"))
    wanted, found = numbers(" \n".join(texts(report))), numbers(text)
    pages = text.count("\f")
    assert {n: c for n, c in wanted.items() if found[n] < c} == {}
    head = numbers(f"{report.subject} {report.number} {report.date}")
    assert set(found) - set(wanted) - set(head) <= {str(page) for page in range(2, pages + 1)}


@pytest.mark.parametrize(("name", "lang"), CASES)
def test_workbook_json_and_map_hold_the_same_quantities(
    made: Callable[..., Any], name: str, lang: Any
) -> None:
    result, _, path = made(name, lang)
    book = openpyxl.load_workbook(path.with_suffix(".xlsx"), data_only=True)
    sheet = book[("Số liệu", "Figures")[lang == "en"]]
    cells = {
        (row[-2], row[-1]): row[2]
        for row in sheet.iter_rows(values_only=True)
        if row[-2] is not None and row[-1] is not None
    }
    page = geoplan.explore(result, history=False, lang=lang)
    shown = "\n".join([*page.data["texts"][lang], *page.details["texts"][lang]])
    for key, quantity in result.quantities.items():
        if quantity.said is None:
            assert cells[key] == (
                None if quantity.value is None else pytest.approx(quantity.value, rel=1e-12)
            ), key
        if quantity.value is not None and quantity.scope.id in {"city", *unit_names(result, lang)}:
            assert quantity.text(lang) in shown, key
    plain = as_json(result, lang)
    by_key = {(v["id"], v["scope"]): v for v in plain["verdicts"]}
    for verdict in result.judgement.verdicts:
        found = by_key[verdict.id, verdict.scope.id]
        assert (found["value"], found["passes"]) == (verdict.quantity.value, verdict.passes)
        assert found["threshold_text"] == threshold_text(verdict, lang)


def test_the_answer_says_what_fails_and_by_how_much(made: Callable[..., Any]) -> None:
    _, report, _ = made("hung-yen", "vi")
    at = next(i for i, b in enumerate(report.blocks) if isinstance(b, Heading) and "Kết luận" in b.text)
    answer = report.blocks[at + 1]
    assert isinstance(answer, Paragraph)
    assert answer.text.startswith("Tại ngày 18 tháng 01 năm 2024, thành phố Hưng Yên có 17 đơn vị")
    assert "116.356 người, cần ≥ 200.000 người, thiếu 83.644 người" in answer.text
    assert "Trong 5 xã dự kiến lên phường có 0 xã đạt, 1 xã chưa đạt, 4 xã chưa đánh giá được." in answer.text
    assert "quy hoạch chỉ để minh họa, không có thật" in answer.text


@pytest.mark.parametrize(
    ("day", "vi", "en"),
    [
        (dt.date(2024, 1, 18), "ngày 18 tháng 01 năm 2024", "18 January 2024"),
        (dt.date(2025, 2, 3), "ngày 03 tháng 02 năm 2025", "3 February 2025"),
        (dt.date(2024, 3, 27), "ngày 27 tháng 3 năm 2024", "27 March 2024"),
        (dt.date(2025, 11, 9), "ngày 09 tháng 11 năm 2025", "9 November 2025"),
    ],
)
def test_dates_are_written_as_in_official_documents(day: dt.date, vi: str, en: str) -> None:
    assert (long_date(day, "vi"), long_date(day, "en")) == (vi, en)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    """The tiny city with targets and indicators, judged."""
    home = tmp_path_factory.mktemp("small")
    write_city(home, tiny_layers(), targets=tiny_targets(), indicators=tiny_indicators())
    return geoplan.assess(geoplan.open_city("tiny", workspace=home))


@pytest.fixture(scope="module")
def papers(small: Assessment, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Its reports on paper with nothing filled in."""
    made = geoplan.report(small, tmp_path_factory.mktemp("papers"), formats=("docx", "pdf"))
    return {path.suffix: path for path in made}


def test_the_same_inputs_give_the_same_bytes(small: Assessment, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        made = geoplan.report(small, tmp_path / folder, formats="docx,pdf,xlsx,html", agency="Sở Xây dựng")
        assert [path.name for path in made] == ["tiny.docx", "tiny.pdf", "tiny.xlsx", "tiny.html"]
    for kind in FORMATS:
        first, second = ((tmp_path / folder / f"tiny.{kind}").read_bytes() for folder in ("a", "b"))
        assert first == second, kind
    stamps = {part.date_time for part in zipfile.ZipFile(tmp_path / "a" / "tiny.docx").infolist()}
    assert stamps == {(1980, 1, 1, 0, 0, 0)}
    created = docx.Document(str(tmp_path / "a" / "tiny.docx")).core_properties.created
    assert created is not None
    assert created.date() == small.on


def test_names_that_look_like_code_stay_names(tmp_path: Path) -> None:
    write_city(tmp_path / "w", tiny_layers(HOSTILE), title="Thử {{7*7}} <script>alert(1)</script> #eval")
    result = geoplan.assess(geoplan.open_city("tiny", workspace=tmp_path / "w"))
    letter = {"agency": "Sở {{ number }} <b>", "number": "{{ agency }}/{% if %}", "place": '#read("x")'}
    geoplan.report(result, tmp_path, formats=FORMATS, **letter)
    report = content(result, history=timeline(result.city, until=result.on), letter=Letter(**letter))
    wanted = filled(texts(report))
    named = " ".join(BROKEN.split())
    assert sum(named in text for text in wanted) > 5
    found = filled(word_texts(tmp_path / "tiny.docx"))
    first = found.index(wanted[0])
    assert found[first : first + len(wanted)] == wanted
    assert "Sở {{ number }} <b>" in found
    assert "Số: {{ agency }}/{% if %}" in found
    page = _Page((tmp_path / "tiny.html").read_text(encoding="utf-8"))
    assert filled(iter(page.found)) == wanted
    assert not {"script", "w:p", "b"} & page.tags
    plain = re.sub(r"\s+", "", pdf_text(tmp_path / "tiny.pdf"))
    for sign in (
        "{{7*7}}",
        '#eval("1+1")',
        "\\input{/etc/passwd}",
        "<w:p/>]]>",
        "$x$&amp;",
        "*b*",
        '#read("x")',
    ):
        assert sign in plain, sign


def test_head_and_pages_are_those_of_the_decree(small: Assessment, tmp_path: Path) -> None:
    path = tmp_path / "r.docx"
    geoplan.report(
        small, path, agency="SỞ XÂY DỰNG", parent_agency="UBND TỈNH", place="Hưng Yên",
        number="12/BC-SXD", signed_on="2024-01-08",
    )  # fmt: skip
    document = docx.Document(str(path))
    head = [p.text for row in document.tables[0].rows for c in row.cells for p in c.paragraphs if p.text]
    assert head == [
        "UBND TỈNH", "SỞ XÂY DỰNG", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc",
        "Số: 12/BC-SXD", "Hưng Yên, ngày 08 tháng 01 năm 2024",
    ]  # fmt: skip
    normal = document.styles["Normal"].font
    assert (normal.name, normal.size.pt) == ("Times New Roman", 13)
    turned = [s.page_width > s.page_height for s in document.sections]
    assert (turned[0], turned[-1], True in turned) == (False, False, True)
    for section, wide in zip(document.sections, turned, strict=True):
        sides = (section.left_margin, section.right_margin, section.top_margin, section.bottom_margin)
        assert [round(length.mm) for length in sides] == [30, 15, 20, 20]
        short = section.page_height if wide else section.page_width
        assert abs(short - Mm(210)) < Mm(1)
    assert "PAGE" in document.sections[0].header._element.xml
    assert [s.different_first_page_header_footer for s in document.sections] == [True] + [False] * (
        len(turned) - 1
    )
    for table in document.tables[1:-1]:
        first = table.rows[0]._tr
        assert first.find(qn("w:trPr")).find(qn("w:tblHeader")) is not None
    captions = [
        p.text for p in document.paragraphs if p.style.name == "Caption" and p.text.startswith("Bảng")
    ]
    assert [c.split(".")[0] for c in captions] == [f"Bảng {n}" for n in range(1, len(document.tables) - 1)]
    pictures = document.element.body.findall(f".//{qn('wp:docPr')}")
    assert pictures
    assert all(picture.get("descr") for picture in pictures)


def test_libreoffice_opens_the_word_document(
    small: Assessment, papers: dict[str, Path], tmp_path: Path
) -> None:
    soffice = needs("soffice")
    path = shutil.copy(papers[".docx"], tmp_path / "r.docx")
    call = [soffice, f"-env:UserInstallation=file://{tmp_path}/profile", "--headless", "--convert-to", "pdf"]
    subprocess.run(
        [*call, "--outdir", str(tmp_path), str(path)], check=True, capture_output=True, timeout=180
    )
    report = content(small, history=timeline(small.city, until=small.on))
    wanted, found = numbers(" \n".join(texts(report))), numbers(pdf_text(tmp_path / "r.pdf"))
    assert {n: c for n, c in wanted.items() if found[n] < c} == {}
    heads = subprocess.run(["pdftotext", "-raw", tmp_path / "r.pdf", "-"], check=True, capture_output=True)
    pages = heads.stdout.decode().split("\f")
    assert pages[0].lstrip().startswith("[TÊN CƠ QUAN")  # no number on the first page
    assert [page.split()[0] for page in pages[1:-1]] == [str(n) for n in range(2, len(pages))]


def test_what_is_unknown_is_said_to_be_unknown_and_not_drawn() -> None:
    early = geoplan.assess(geoplan.open_city("pho-yen", on="2015-05-15"))
    report = content(early)
    told = list(texts(report))
    (answer,) = [text for text in told if text.startswith("Tại ngày 15 tháng 5 năm 2015")]
    assert "dân số: chưa có số liệu;" in answer
    assert "mật độ dân số: chưa có số liệu." in answer
    assert "density" not in {block.key for block in report.blocks if isinstance(block, Picture)}
    people = rows_of(report, "Dân số, diện tích")
    assert len(people) > 15
    assert {row[1] for row in people} == {NO_FIGURE}


def test_what_is_not_given_is_left_to_be_filled_in(small: Assessment) -> None:
    report = content(small)
    assert report.number == "Số: …/BC-…"
    assert report.date == "…, ngày … tháng … năm …"
    assert content(small, lang="en").agency == "[AGENCY]"


def test_the_pdf_has_its_fonts_and_bookmarks(small: Assessment, papers: dict[str, Path]) -> None:
    path = papers[".pdf"]
    fonts = subprocess.run(
        ["pdffonts", path], check=True, capture_output=True, text=True
    ).stdout.splitlines()[2:]
    assert fonts
    assert all(re.search(r" yes (yes|no)  ?(yes|no) ", line) for line in fonts), fonts
    xml = subprocess.run(
        ["pdftohtml", "-xml", "-i", "-stdout", path], check=True, capture_output=True, text=True
    ).stdout
    outline = re.findall(r"<item page=\"\d+\">([^<]*)</item>", xml)
    assert [
        b.text
        for b in content(small, history=timeline(small.city, until=small.on)).blocks
        if isinstance(b, Heading)
    ] == outline
    assert "Độ phủ quy hoạch" in pdf_text(path)


def test_a_template_of_ones_own_is_filled_and_kept(small: Assessment, tmp_path: Path) -> None:
    own = tmp_path / "own.docx"
    document = docx.Document()
    document.styles["Normal"].font.name = "Arial"
    paragraph = document.add_paragraph("Của: ")
    for piece in ("{{ ag", "ency", " }} và {{number}}"):  # as Word cuts a field that was corrected
        paragraph.add_run(piece)
    document.add_paragraph("{{ body }}")
    document.add_paragraph("Hết.")
    document.save(str(own))
    path = tmp_path / "r.docx"
    geoplan.report(small, path, template=own, agency="{{ number }}", number="7", history=False)
    made = docx.Document(str(path))
    lines = [p.text for p in made.paragraphs if p.text]
    assert lines[0] == "Của: {{ number }} và Số: 7"
    assert lines[1] == "I. Nội dung đánh giá"
    assert lines[-1] == "Hết."
    assert made.styles["Normal"].font.name == "Arial"


def test_the_template_that_comes_with_it_can_be_saved_and_used(
    small: Assessment, papers: dict[str, Path], tmp_path: Path
) -> None:
    save_template(tmp_path / "t.docx")
    geoplan.report(small, tmp_path / "a.docx", template=tmp_path / "t.docx")
    assert filled(word_texts(tmp_path / "a.docx")) == filled(word_texts(papers[".docx"]))


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["{{ body }}", "{{ ten_co_quan }}"], "{{}} “ten_co_quan”".replace("{{}} ", "")),
        (["{{ agency }}"], "{{ body }}"),
    ],
)
def test_a_template_that_cannot_be_used_is_one_sentence(
    small: Assessment, tmp_path: Path, lines: list[str], sentence: str
) -> None:
    document = docx.Document()
    for line in lines:
        document.add_paragraph(line)
    document.save(str(tmp_path / "t.docx"))
    with pytest.raises(DataError, match=re.escape(sentence)):
        geoplan.report(small, tmp_path / "r.docx", template=tmp_path / "t.docx", history=False)
    assert not (tmp_path / "r.docx").exists()


def test_a_template_that_says_nothing_of_its_page_gets_that_of_the_decree(
    small: Assessment, tmp_path: Path
) -> None:
    document = docx.Document()
    document.add_paragraph("{{ body }}")
    body = document.element.body
    body.remove(body.find(qn("w:sectPr")))
    document.save(str(tmp_path / "t.docx"))
    geoplan.report(small, tmp_path / "r.docx", template=tmp_path / "t.docx", history=False)
    made = docx.Document(str(tmp_path / "r.docx"))
    assert made.sections[-1].page_width is not None
    assert round(made.sections[-1].page_width.mm) == 210
    assert len(made.tables) > 10


def test_a_template_that_is_no_word_file_is_refused(small: Assessment, tmp_path: Path) -> None:
    (tmp_path / "t.docx").write_text("không phải Word", encoding="utf-8")
    with pytest.raises(DataError, match="t.docx"):
        geoplan.report(small, tmp_path / "r.docx", template=tmp_path / "t.docx", history=False)
    with pytest.raises(MissingFileError, match="none.docx"):
        geoplan.report(small, tmp_path / "r.docx", template=tmp_path / "none.docx")


def test_a_format_that_there_is_not_is_named(small: Assessment, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="“odt”"):
        geoplan.report(small, tmp_path, formats="docx,odt")
    with pytest.raises(UsageError, match="docx, pdf, xlsx, html"):
        geoplan.report(small, tmp_path / "r.txt")
    assert list(tmp_path.glob("*.docx")) == []


def test_the_command_writes_reports_and_one_broken_city_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("good", "ill"):
        write_city(tmp_path / "w", tiny_layers(), city_id=name)
    (tmp_path / "w" / "ill" / "plans.geojson").write_text("{", encoding="utf-8")
    arguments = [
        "report",
        "--workspace",
        str(tmp_path / "w"),
        "--out",
        str(tmp_path / "out"),
        "--format",
        "html,xlsx",
    ]
    assert cli.main([*arguments, "--lang", "en"]) == 1
    said = capsys.readouterr()
    assert said.out.splitlines() == [str(tmp_path / "out" / f"good.{kind}") for kind in ("html", "xlsx")]
    assert said.err.startswith("ill: ")
    page = (tmp_path / "out" / "good.html").read_text(encoding="utf-8")
    assert "Planning coverage" in page
    assert cli.main(["report", "--save-template", str(tmp_path / "t.docx")]) == 0
    assert "{{ body }}" in [p.text for p in docx.Document(str(tmp_path / "t.docx")).paragraphs]
