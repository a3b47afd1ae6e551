"""The parts of a report on what was judged: what is asked, classes, units, targets, what is missing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geoplan.criteria.telling import (
    CONFIDENCE,
    certainty_text,
    due_text,
    enter_in,
    flag_texts,
    gap_text,
    points_text,
    threshold_text,
    total_text,
)
from geoplan.criteria.wording import SIGNS, beside, difference, exact
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.show.labels import capital, lowered
from geoplan.show.report.answer import answer
from geoplan.show.report.model import Block, Column, Grid, Heading, Paragraph, Picture
from geoplan.show.report.saying import NO_FIGURE, long_date, note_if_unknown, pick
from geoplan.show.rules import regime
from geoplan.show.verdict_words import (
    FACTORS,
    class_held,
    class_name,
    kind_of_unit,
    outcome,
    status_text,
    verdict_outcome,
)
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import ClassResult, DataGap, TargetResult, UnitResult, Verdict
    from geoplan.errors import Lang

_NO_THRESHOLD: Final = words("Không tìm thấy ngưỡng trong nguồn", "No threshold was found in a source")
_DONE: Final = words("hoàn thành", "done")
_MOST_PLACES: Final = 8


def asked_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """What is asked: the documents, the class aimed at, the date, the law in force."""
    city, info = result.city, result.city.info
    yield Heading(pick(lang, "Nội dung đánh giá", "What is asked"))
    day = long_date(result.on, lang)
    yield Paragraph(
        pick(
            lang,
            f"Đối tượng: {city.title(lang)}, {city.province}. Thời điểm đánh giá: {day}.",
            f"Subject: {city.title(lang)}, {city.province}. Date of assessment: {day}.",
        )
    )
    held = class_held(city.urban_class, lang)
    yield Paragraph(pick(lang, f"Loại đô thị hiện nay: {held}.", f"Urban class now: {held}."))
    for aim in info.class_aimed:
        named = class_name(aim.class_, lang)
        yield Paragraph(
            pick(
                lang,
                f"Loại đô thị hướng tới: {named}, thời hạn {aim.due} ({aim.document}).",
                f"Urban class aimed at: {named}, by {aim.due} ({aim.document}).",
            ),
            "item",
        )
    for factor in city.factors:
        title = FACTORS[factor.id].text(lang)
        label = pick(lang, "Yếu tố đặc thù", "Special factor")
        yield Paragraph(f"{label}: {title} ({factor.article}; {factor.source}).", "item")
    documents = () if city.targets is None else city.targets.documents
    for document in documents:
        label = pick(lang, "Văn bản đặt ra chỉ tiêu", "Document that sets targets")
        yield Paragraph(f"{label} ({document.id}): {document.title.text(lang)}.", "item")
    for loaded in regime(result):
        label = pick(lang, "Quy định áp dụng", "Law in force")
        yield Paragraph(f"{label}: {loaded.rulebook.law}.", "item")


def answer_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """The answer in one paragraph."""
    yield Heading(pick(lang, "Kết luận", "Answer"))
    yield Paragraph(answer(result, lang))


def classes_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """The city against each class, and as a unit."""
    judged = result.judgement
    if not judged.classes and judged.city_unit is None:
        return
    yield Heading(pick(lang, "Tiêu chuẩn của đô thị", "The city against its standards"))
    told: tuple[str, ...] = ()
    for found in judged.classes:
        yield Heading(found.title.text(lang), 2)
        yield Paragraph(f"{outcome(found.passes, lang)}. {_points(found, lang)}".strip())
        yield from _standards(_caption(found.title.text(lang), lang), found.verdicts, lang, told=told)
        told = told or _bare(found.verdicts, lang)
    if judged.city_unit is not None:
        unit = judged.city_unit
        title = pick(lang, "Cả thành phố là một đơn vị hành chính", "The city as a unit")
        yield Heading(title, 2)
        against = unit.title.text(lang) if unit.verdicts else capital(kind_of_unit(unit.against, lang))
        yield Paragraph(f"{against}: {outcome(unit.passes, lang)}.")
        yield from _standards(_caption(unit.title.text(lang), lang), unit.verdicts, lang)


def _caption(title: str, lang: Lang) -> str:
    return pick(lang, f"Các tiêu chuẩn: {lowered(title)}", f"Standards: {title}")


def _points(found: ClassResult, lang: Lang) -> str:
    if found.points is None:
        return ""
    return f"{pick(lang, 'Tổng điểm', 'Points in all')}: {total_text(found.points, lang)}."


def _standards(
    caption: str, verdicts: Sequence[Verdict], lang: Lang, *, named: bool = False, told: tuple[str, ...] = ()
) -> Iterator[Block]:
    """A line on the standards without a threshold, and a table of the others.

    With `named`, the unit that each is about stands in front; `told` are titles that were listed before.
    """
    known = [v for v in verdicts if v.threshold is not None or not v.considered]
    bare = [v for v in verdicts if v.threshold is None and v.considered]
    if bare:
        titles = _bare(verdicts, lang)
        same = pick(lang, "như các tiêu chuẩn đã nêu ở trên", "the same as those named above")
        articles = "; ".join(dict.fromkeys(v.article for v in bare))
        said = same if titles == told else "; ".join(titles)
        yield Paragraph(f"{_NO_THRESHOLD.text(lang)} ({len(bare)}): {said} ({articles}).", "small")
    if known:
        rows = tuple(
            (capital(v.scope.name.text(lang)) if named else "", v.title.text(lang), *_cells(v, lang))
            for v in known
        )
        yield _without_empty(
            Grid(
                caption=caption,
                columns=_columns(lang),
                rows=rows,
                note=note_if_unknown(rows, lang),
                wide=True,
            )
        )


def _bare(verdicts: Sequence[Verdict], lang: Lang) -> tuple[str, ...]:
    """The titles of the standards whose threshold was not found."""
    bare = (v.title.text(lang) for v in verdicts if v.threshold is None and v.considered)
    return tuple(dict.fromkeys(bare))


def _without_empty(grid: Grid) -> Grid:
    """The table without the columns that no row says anything in."""
    kept = [i for i in range(len(grid.columns)) if any(row[i] for row in grid.rows)]
    return replace(
        grid,
        columns=tuple(grid.columns[i] for i in kept),
        rows=tuple(tuple(row[i] for i in kept) for row in grid.rows),
    )


def _columns(lang: Lang) -> tuple[Column, ...]:
    return (
        Column(pick(lang, "Đơn vị", "Unit"), 26),
        Column(pick(lang, "Tiêu chuẩn", "Standard"), 40),
        Column(pick(lang, "Giá trị", "Value"), 20, numeric=True),
        Column(pick(lang, "Ngưỡng", "Threshold"), 20, numeric=True),
        Column(pick(lang, "Chênh lệch", "Margin"), 24, numeric=True),
        Column(pick(lang, "Kết quả", "Result"), 18),
        Column(pick(lang, "Điểm", "Points"), 12, numeric=True),
        Column(pick(lang, "Độ vững", "Certainty"), 42),
        Column(pick(lang, "Điều khoản; độ tin cậy của ngưỡng", "Article; trust in the threshold"), 38),
    )


def _cells(verdict: Verdict, lang: Lang) -> tuple[str, ...]:
    quantity = verdict.quantity
    known = quantity.value is not None or quantity.said is not None
    margin = verdict.margin if verdict.threshold_said is None else None
    trust = CONFIDENCE[verdict.confidence].text(lang)
    return (
        beside(quantity, verdict.threshold, lang) if known else NO_FIGURE,
        threshold_text(verdict, lang),
        "" if margin is None else difference(margin, quantity.unit, verdict.operator, lang),
        verdict_outcome(verdict, lang),
        "" if verdict.points is None or not verdict.considered else points_text(verdict.points, lang),
        ""
        if verdict.certainty is None or verdict.passes is None
        else certainty_text(verdict.certainty, lang),
        f"{verdict.article}; {trust}",
    )


def units_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """The candidates with each of their standards; the other units in a line each."""
    judged = result.judgement
    if not judged.units:
        return
    yield Heading(pick(lang, "Mức độ sẵn sàng của các đơn vị", "Readiness of the units"))
    if judged.candidates:
        title = pick(lang, "Các xã dự kiến lên phường", "Communes slated to become wards")
        yield Heading(title, 2)
        yield replace(_unit_table(title, judged.candidates, lang), wide=True)
        verdicts = [v for unit in judged.candidates for v in unit.verdicts]
        caption = pick(lang, "Từng tiêu chuẩn của các xã dự kiến lên phường", "The standards, one by one")
        yield from _standards(caption, verdicts, lang, named=True)
    else:
        none = ("Tại ngày này không có xã nào dự kiến lên phường.", "No commune is slated to become a ward.")
        yield Paragraph(pick(lang, *none))
    others = [unit for unit in judged.units if not unit.candidate]
    if others:
        title = pick(lang, "Các đơn vị theo tiêu chuẩn của loại mình", "Units by the standards of their kind")
        yield Heading(title, 2)
        yield _unit_table(title, others, lang)
    caption = pick(lang, "Mức độ sẵn sàng theo đơn vị hành chính", "Readiness by unit")
    counts = pick(lang, "Bản đồ kết quả của từng đơn vị, như bảng trên.", "Map of the results in the table.")
    yield Picture("readiness", caption, counts)


def _unit_table(caption: str, units: Sequence[UnitResult], lang: Lang) -> Grid:
    rows = []
    for unit in units:
        reason = "; ".join([unit.reason.text(lang), *(f"⚑ {flag}" for flag in flag_texts(unit, lang))])
        against = unit.title.text(lang) if unit.verdicts else capital(kind_of_unit(unit.against, lang))
        rows.append((capital(unit.scope.name.text(lang)), against, outcome(unit.passes, lang), reason))
    columns = (
        Column(pick(lang, "Đơn vị", "Unit"), 26),
        Column(pick(lang, "Tiêu chuẩn của", "Standards of"), 26),
        Column(pick(lang, "Kết quả", "Result"), 20),
        Column(pick(lang, "Lý do", "Reason"), 70),
    )
    flags = any("⚑" in row[3] for row in rows)
    meant = words("⚑: chỉ nêu để lưu ý, không quyết định kết luận.", "⚑: reported only, it does not decide.")
    note = meant.text(lang) if flags else ""
    return Grid(caption=caption, columns=columns, rows=tuple(rows), note=note)


def targets_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """Each target with its status, value, due date, and what is missing where."""
    found = result.judgement.targets
    if not found:
        return
    yield Heading(pick(lang, "Chỉ tiêu của các văn bản", "Targets of documents"))
    rows = tuple(_target(target, lang) for target in found)
    columns = (
        Column(pick(lang, "Văn bản, mục", "Document, section"), 18),
        Column(pick(lang, "Chỉ tiêu", "Target"), 40),
        Column(pick(lang, "Thời hạn", "Due"), 20),
        Column(pick(lang, "Giá trị", "Value"), 18, numeric=True),
        Column(pick(lang, "Phải đạt", "To reach"), 18, numeric=True),
        Column(pick(lang, "Theo lộ trình", "On the line"), 16, numeric=True),
        Column(pick(lang, "Tình trạng", "Status"), 20),
        Column(pick(lang, "Còn thiếu, ở đâu; lý do", "Missing, where; why"), 66),
    )
    caption = pick(lang, "Chỉ tiêu và tình trạng thực hiện", "Targets and their status")
    yield Grid(caption=caption, columns=columns, rows=rows, note=note_if_unknown(rows, lang), wide=True)


def _target(found: TargetResult, lang: Lang) -> tuple[str, ...]:
    target, quantity = found.target, found.quantity
    known = quantity is not None and (quantity.value is not None or quantity.said is not None)
    gap = gap_text(found, lang, limit=_MOST_PLACES)
    if target.operator == "done" or target.value is None:
        asked = _DONE.text(lang) if target.operator == "done" else ""
    elif target.upper is not None:
        asked = f"{exact(target.value, target.unit, lang)} – {exact(target.upper, target.unit, lang)}"
    else:
        asked = f"{SIGNS[target.operator]} {exact(target.value, target.unit, lang)}"
    return (
        f"{target.document}, {target.section}",
        target.title.text(lang),
        due_text(target.due, yearly=target.yearly, lang=lang),
        beside(quantity, target.value, lang) if known and quantity is not None else NO_FIGURE,
        asked,
        "" if found.expected is None else with_unit(found.expected, target.unit, lang),
        status_text(found.status, lang),
        "; ".join(text for text in (gap, found.reason.text(lang)) if text),
    )


def missing_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """The figures that nobody gave, the one that blocks most verdicts first."""
    yield Heading(pick(lang, "Số liệu còn thiếu", "Missing data"))
    gaps = _by_metric(result.judgement.missing)
    if not gaps:
        yield Paragraph(pick(lang, "Không thiếu số liệu nào.", "No figure is missing."))
        return
    rows = []
    for metric, found in gaps:
        where = enter_in(metric)
        rows.append(
            (
                found[0].name.text(lang),
                listing((g.scope.name.text(lang) for g in found), limit=_MOST_PLACES, lang=lang),
                str(len({b for g in found for b in g.blocks})),
                NO_FIGURE if where is None else where.text(lang),
            )
        )
    columns = (
        Column(pick(lang, "Số liệu", "Figure"), 45),
        Column(pick(lang, "Phạm vi", "Scope"), 50),
        Column(pick(lang, "Số kết luận bị vướng", "Verdicts blocked"), 18, numeric=True),
        Column(pick(lang, "Nơi nhập", "Where to enter it"), 40),
    )
    caption = pick(lang, "Số liệu còn thiếu và số kết luận bị vướng", "Missing figures and what they block")
    yield Grid(caption=caption, columns=columns, rows=tuple(rows))


def _by_metric(gaps: Sequence[DataGap]) -> list[tuple[str, list[DataGap]]]:
    found: dict[str, list[DataGap]] = {}
    for gap in gaps:
        found.setdefault(gap.metric, []).append(gap)

    def blocked(metric: str) -> int:
        return len({b for g in found[metric] for b in g.blocks})

    return sorted(found.items(), key=lambda pair: (-blocked(pair[0]), pair[0]))
