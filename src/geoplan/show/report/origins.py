"""The parts of a report on where everything comes from: standing, sources, method, the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan import __about__
from geoplan.criteria.telling import CONFIDENCE
from geoplan.show import labels
from geoplan.show.labels import word
from geoplan.show.page import note_lines, standing_warnings
from geoplan.show.report.model import Block, Column, Grid, Heading, Paragraph
from geoplan.show.report.saying import NO_FIGURE, note_if_unknown, pick
from geoplan.show.rules import days, regime

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.quantity import Part

_SHOWN: Final = 12
"""Characters of a fingerprint that are printed; the workbook has all of it."""
_GROUPS: Final = ("city", "wards", "candidates", "zones")


def sources_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """Standing of the geometry, the layers with their sources and fingerprints, what was mended."""
    yield Heading(pick(lang, "Tính chất và nguồn dữ liệu", "Standing and sources of the data"))
    for text in standing_warnings(result, lang=lang):
        yield Paragraph(f"{text}.", "item")
    rows = tuple(
        (
            word("urban_land.layer" if name == "urban_land" else name, lang),
            labels.standing(layer.standing, lang),
            layer.source.text(lang),
            layer.licence,
            layer.file,
            layer.sha256[:_SHOWN],
        )
        for name, layer in result.city.in_use.items()
    )
    columns = (
        Column(pick(lang, "Lớp", "Layer"), 24),
        Column(pick(lang, "Tính chất", "Standing"), 16),
        Column(pick(lang, "Nguồn", "Source"), 70),
        Column(pick(lang, "Giấy phép", "Licence"), 24),
        Column(pick(lang, "Tệp", "File"), 32),
        Column("SHA-256", 26),
    )
    note = pick(
        lang,
        "SHA-256: 12 ký tự đầu của dấu vân tay tệp; sổ Excel có đủ 64 ký tự.",
        "SHA-256: the first 12 characters of the file's fingerprint; the workbook has all 64.",
    )
    caption = pick(lang, "Các lớp dữ liệu", "Layers")
    yield Grid(caption=caption, columns=columns, rows=rows, note=note, wide=True)
    for text in note_lines(result, lang=lang):
        yield Paragraph(text, "note")


def method_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """How it was worked out, and the figures of the whole with their parts."""
    yield Heading(pick(lang, "Cách tính", "Method"))
    yield Paragraph(word("method.area", lang))
    yield Paragraph(word("method.missing", lang))
    methods = dict.fromkeys(
        q.method.text(lang)
        for q in result.quantities.values()
        if q.method is not None and q.scope.id == "city" and _tells(q.metric)
    )
    for text in methods:
        yield Paragraph(f"{labels.capital(text).rstrip('.')}.", "item")
    made = pick(lang, "Lập bằng geoplan", "Made by geoplan")
    yield Paragraph(f"{made} {__about__.VERSION}.", "note")
    yield _figures(result, lang)


def _tells(metric: str) -> bool:
    """Whether the method of a metric is to be told: that of one coverage is that of all."""
    return not metric.startswith("coverage.") or metric == "coverage.zoning.natural"


def _figures(result: Assessment, lang: Lang) -> Grid:
    found = [q for q in result.quantities.values() if q.scope.id in _GROUPS]
    rows = tuple(
        (
            q.name.text(lang),
            q.scope.name.text(lang),
            NO_FIGURE if q.value is None and q.said is None else q.text(lang),
            *((_part(q.numerator, lang), _part(q.denominator, lang)) if q.denominator else ("", "")),
        )
        for q in found
    )
    columns = (
        Column(pick(lang, "Số liệu", "Figure"), 46),
        Column(pick(lang, "Phạm vi", "Scope"), 36),
        Column(pick(lang, "Giá trị", "Value"), 22, numeric=True),
        Column(pick(lang, "Tử số", "Numerator"), 44),
        Column(pick(lang, "Mẫu số", "Denominator"), 44),
    )
    caption = pick(lang, "Số liệu chung với tử số và mẫu số", "Figures of the whole with their parts")
    return Grid(caption=caption, columns=columns, rows=rows, note=note_if_unknown(rows, lang), wide=True)


def _part(part: Part | None, lang: Lang) -> str:
    return NO_FIGURE if part is None else part.text(lang)


def law_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """The rulebooks in force, and every article used with how far its figures are to be trusted."""
    yield Heading(pick(lang, "Căn cứ pháp lý và độ tin cậy", "Law and how far its figures are trusted"))
    books = tuple(
        (
            loaded.rulebook.law,
            days(loaded.rulebook, lang),
            loaded.rulebook.source,
            f"{loaded.name} ({loaded.sha256[:_SHOWN]})",
        )
        for loaded in regime(result)
    )
    if not books:
        none = ("Không có bộ tiêu chuẩn nào áp dụng cho ngày này.", "No rulebook holds on this date.")
        yield Paragraph(pick(lang, *none))
        return
    columns = (
        Column(pick(lang, "Văn bản", "Law"), 50),
        Column(pick(lang, "Hiệu lực", "In force"), 34),
        Column(pick(lang, "Nguồn", "Source"), 50),
        Column(pick(lang, "Tệp (SHA-256)", "File (SHA-256)"), 40),
    )
    yield Grid(caption=pick(lang, "Bộ tiêu chuẩn áp dụng", "Rulebooks in force"), columns=columns, rows=books)
    yield _articles(result, lang)


def _articles(result: Assessment, lang: Lang) -> Grid:
    counts: dict[tuple[str, str, str], int] = {}
    for verdict in result.judgement.verdicts:
        if verdict.threshold is not None:
            key = (verdict.article, verdict.source, CONFIDENCE[verdict.confidence].text(lang))
            counts[key] = counts.get(key, 0) + 1
    columns = (
        Column(pick(lang, "Điều khoản", "Article"), 50),
        Column(pick(lang, "Nguồn của ngưỡng", "Source of the threshold"), 60),
        Column(pick(lang, "Độ tin cậy", "Trust"), 30),
        Column(pick(lang, "Số lần dùng", "Times used"), 16, numeric=True),
    )
    caption = pick(lang, "Điều khoản đã dùng và độ tin cậy của ngưỡng", "Articles used and trust in them")
    rows = tuple((*key, str(many)) for key, many in counts.items())
    return Grid(caption=caption, columns=columns, rows=rows)
