"""The sheets on what the criteria say: classes, units, targets, and the figures that nobody gave."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.targets import due_day
from geoplan.criteria.telling import CONFIDENCE, certainty_text, enter_in, flag_texts
from geoplan.criteria.wording import SIGNS
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.show.rules import regime
from geoplan.show.verdict_words import kind_of_unit, outcome, status_text, verdict_outcome
from geoplan.show.workbook_sheet import Column, Figure, Table, figure, limit, unit_text
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import (
        ClassResult,
        Judgement,
        Points,
        TargetResult,
        UnitResult,
        Verdict,
    )
    from geoplan.errors import Lang
    from geoplan.show.workbook_sheet import Cell

_MOST_PLACES: Final = 20
"""Places and blocked verdicts that one cell names; what is left is counted."""
_MARKS: Final = words(
    "✓ đạt; ✗ chưa đạt; ? chưa đánh giá được (lý do ở cột cuối); – không xét. "
    "Chênh lệch dương: tốt hơn ngưỡng. Ô trống: chưa có số liệu.",
    "✓ passes; ✗ fails; ? not assessable (the last column says why); – set aside. "
    "A positive margin is better than the threshold. An empty cell: no data.",
)
_POINTS: Final = words(
    "Thấp nhất, cao nhất: tổng điểm còn có thể khi bổ sung số liệu đang thiếu; "
    "chỉ kết luận đạt hay chưa đạt khi cả hai cho cùng kết quả.",
    "Worst, best: the totals still possible once what is missing is known; "
    "it passes or fails only when both agree.",
)
_TARGETS: Final = words(
    "Đúng tiến độ: giá trị hiện tại không kém đường thẳng từ giá trị gốc đến hạn. Ô trống: chưa có số liệu.",
    "On track: the value is no worse than the straight line from the base value to the due date. "
    "An empty cell: no data.",
)
_GAPS: Final = words(
    "Xếp theo số kết luận bị vướng: số liệu ở trên cùng giúp kết luận được nhiều nhất.",
    "Ranked by how many verdicts each blocks: the first lets most of them be decided.",
)
_WHOLE: Final = words("Toàn bộ", "Whole class")
_FLAG: Final = words("chỉ nêu", "reported only")
_BORDERLINE: Final = words("sát ngưỡng", "borderline")
_CANDIDATE: Final = words("dự kiến", "candidate")
_DONE: Final = words("hoàn thành", "done")
_YEARLY: Final = words("hằng năm", "every year")
_RESULT: Final = Column(words("Kết quả", "Result"), 23, marked=True)
_REASON: Final = Column(words("Lý do", "Reason"), 42)
_VERDICT: Final = (
    _RESULT,
    Column(words("Giá trị", "Value"), 13),
    Column(words("Đơn vị đo", "Unit"), 11),
    Column(words("Phép so", "Sign"), 6),
    Column(words("Ngưỡng", "Threshold"), 12),
    Column(words("Chênh lệch", "Margin"), 12),
    Column(words("Giữ nguyên khi thử sai số (%)", "Holds under plausible errors (%)"), 11),
    Column(words("Sát ngưỡng", "Borderline"), 11),
)
_BASIS: Final = (
    Column(words("Độ vững", "Certainty"), 28),
    Column(words("Độ tin cậy của ngưỡng", "Trust in the threshold"), 14),
    Column(words("Điều khoản", "Article"), 22),
    Column(words("Nguồn của ngưỡng", "Source of the threshold"), 22),
    _REASON,
)


def verdict_tables(result: Assessment, lang: Lang) -> list[Table]:
    """The sheets, in order; those without a row stay out, but for the data gaps."""
    judged = result.judgement
    units = [*([judged.city_unit] if judged.city_unit else []), *judged.units]
    tables = [
        _classes(result, lang),
        _class_verdicts(judged.classes, lang),
        _units(units, lang),
        _unit_verdicts(units, lang),
        _targets(result, lang),
    ]
    return [*(table for table in tables if table.rows), _gaps(judged, lang)]


def _classes(result: Assessment, lang: Lang) -> Table:
    laws = {loaded.rulebook.id: loaded.rulebook.law for loaded in regime(result)}
    rows: list[Sequence[Cell]] = []
    for found in result.judgement.classes:
        title = found.title.text(lang)
        considered = [v.passes for v in found.verdicts if v.considered]
        counts: list[Cell] = [considered.count(answer) for answer in (True, False, None)]
        trust = CONFIDENCE[found.confidence].text(lang)
        head: list[Cell] = [title, _WHOLE.text(lang), outcome(found.passes, lang)]
        tail: list[Cell] = [None, trust, laws.get(found.rulebook), found.article, found.reason.text(lang)]
        rows.append([*head, *_points(found.points), *counts, *tail])
        for group in found.groups:
            head = [title, group.title.text(lang), outcome(group.passes, lang)]
            counts = [group.passed, group.failed, group.unknown, group.needed]
            rows.append([*head, *_points(group.points), *counts, None, None, None, None])
    columns = (
        Column(words("Loại đô thị", "Urban class"), 18),
        Column(words("Nhóm tiêu chuẩn", "Group of standards"), 32),
        _RESULT,
        Column(words("Điểm đã có", "Points given"), 9),
        Column(words("Điểm thấp nhất", "Worst"), 9),
        Column(words("Điểm cao nhất", "Best"), 9),
        Column(words("Điểm tối thiểu", "Minimum"), 12),
        Column(words("Điểm tối đa", "Maximum"), 12),
        Column(words("Số tiêu chuẩn đạt", "Standards that pass"), 10),
        Column(words("Chưa đạt", "Fail"), 9),
        Column(words("Chưa đánh giá được", "Not assessable"), 13),
        Column(words("Số phải đạt", "Needed"), 9),
        Column(words("Độ tin cậy", "Trust"), 16),
        Column(words("Văn bản", "Law"), 28),
        Column(words("Điều khoản", "Article"), 24),
        Column(words("Lý do", "Reason"), 60),
    )
    return Table(words("Loại đô thị", "Urban class"), columns, rows, note=_POINTS)


def _class_verdicts(classes: Sequence[ClassResult], lang: Lang) -> Table:
    rows: list[Sequence[Cell]] = []
    for found in classes:
        groups = {g.id: g.title.text(lang) for g in found.groups}
        for v in found.verdicts:
            head: list[Cell] = [found.title.text(lang), groups.get(v.group or ""), v.title.text(lang)]
            points = (
                [None, None, None]
                if v.points is None
                else [v.points.given, v.points.minimum, v.points.maximum]
            )
            given: list[Cell] = [Figure(p, "points") for p in points]
            rows.append([*head, v.scope.name.text(lang), *_compared(v, lang), *given, *_basis(v, lang)])
    columns = (
        Column(words("Loại đô thị", "Urban class"), 14),
        Column(words("Nhóm", "Group"), 20),
        Column(words("Tiêu chuẩn", "Standard"), 30),
        Column(words("Phạm vi", "Scope"), 16),
        *_VERDICT,
        Column(words("Điểm đã có", "Points given"), 8),
        Column(words("Điểm tối thiểu", "Least points"), 8),
        Column(words("Điểm tối đa", "Most points"), 8),
        *_BASIS,
    )
    return Table(words("Đánh giá", "Verdicts"), columns, rows, note=_MARKS, frozen=3)


def _units(units: Sequence[UnitResult], lang: Lang) -> Table:
    rows: list[Sequence[Cell]] = []
    for unit in units:
        answers = [v.passes for v in unit.verdicts if v.considered]
        counts: list[Cell] = [answers.count(answer) for answer in (True, False, None)]
        flags = "; ".join(flag_texts(unit, lang)) or None
        rows.append([*_unit(unit, lang), outcome(unit.passes, lang), *counts, flags, unit.reason.text(lang)])
    columns = (
        *_UNIT,
        _RESULT,
        Column(words("Số tiêu chuẩn đạt", "Standards that pass"), 11),
        Column(words("Chưa đạt", "Fail"), 9),
        Column(words("Chưa đánh giá được", "Not assessable"), 13),
        Column(words("Lưu ý (không quyết định)", "Flags (they do not decide)"), 40),
        Column(words("Lý do", "Reason"), 60),
    )
    return Table(words("Đơn vị", "Units"), columns, rows, note=_MARKS)


def _unit_verdicts(units: Sequence[UnitResult], lang: Lang) -> Table:
    rows: list[Sequence[Cell]] = []
    for unit in units:
        for v in unit.verdicts:
            flag = _FLAG.text(lang) if v.flag else None
            head: list[Cell] = [*_unit(unit, lang), v.title.text(lang), v.scope.name.text(lang)]
            rows.append([*head, *_compared(v, lang), flag, *_basis(v, lang)])
    columns = (
        *_UNIT,
        Column(words("Tiêu chuẩn", "Standard"), 26),
        Column(words("Phạm vi", "Scope"), 16),
        *_VERDICT,
        Column(words("Không quyết định", "Does not decide"), 11),
        *_BASIS,
    )
    return Table(words("Tiêu chuẩn đơn vị", "Standards of units"), columns, rows, note=_MARKS)


_UNIT: Final = (
    Column(words("Mã", "Code"), 9),
    Column(words("Đơn vị", "Unit"), 20),
    Column(words("Hiện là", "Now a"), 12),
    Column(words("Xét theo tiêu chuẩn", "Measured as"), 22),
    Column(words("Dự kiến lên phường", "Slated to become a ward"), 10),
)


def _unit(unit: UnitResult, lang: Lang) -> list[Cell]:
    """Which unit, what it is, and against what it is judged."""
    code = None if unit.scope.id == "city" else unit.scope.id
    judged_as = kind_of_unit(unit.against, lang) if unit.title.vi == unit.against else unit.title.text(lang)
    candidate = _CANDIDATE.text(lang) if unit.candidate else None
    return [code, unit.scope.name.text(lang), kind_of_unit(unit.kind, lang) or None, judged_as, candidate]


def _compared(verdict: Verdict, lang: Lang) -> list[Cell]:
    """The cells of `_VERDICT`: the quantity itself against the threshold."""
    unit, firm = verdict.quantity.unit, verdict.certainty
    margin = None if verdict.threshold_said is not None else Figure(verdict.margin, unit, signed=True)
    holds = None if firm is None or firm.holds is None else Figure(100 * firm.holds, "percent")
    return [
        verdict_outcome(verdict, lang),
        figure(verdict.quantity, lang),
        unit_text(unit, lang),
        None if verdict.threshold is None else SIGNS[verdict.operator],
        limit(verdict, lang),
        margin,
        holds,
        _BORDERLINE.text(lang) if firm is not None and firm.borderline else None,
    ]


def _basis(verdict: Verdict, lang: Lang) -> list[Cell]:
    """The cells of `_BASIS`: how firm it is, and what it rests on."""
    return [
        None if verdict.certainty is None else certainty_text(verdict.certainty, lang),
        None if verdict.threshold is None else CONFIDENCE[verdict.confidence].text(lang),
        verdict.article,
        verdict.source,
        verdict.reason.text(lang),
    ]


def _points(points: Points | None) -> list[Cell]:
    if points is None:
        return [None] * 5
    figures = (points.given, points.worst, points.best, points.minimum, points.maximum)
    return [Figure(value, "points") for value in figures]


def _targets(result: Assessment, lang: Lang) -> Table:
    file = result.city.targets
    titles = {} if file is None else {d.id: d.title.text(lang) for d in file.documents}
    rows = [_target(found, titles.get(found.target.document, ""), lang) for found in result.judgement.targets]
    columns = (
        Column(words("Văn bản", "Document"), 25),
        Column(words("Mục", "Section"), 9),
        Column(words("Chỉ tiêu", "Target"), 34),
        Column(words("Tình trạng", "Status"), 23, marked=True),
        Column(words("Giá trị hiện tại", "Value now"), 12),
        Column(words("Phép so", "Sign"), 11),
        Column(words("Giá trị phải đạt", "Value to reach"), 12),
        Column(words("Đến", "Up to"), 9),
        Column(words("Đơn vị đo", "Unit"), 12),
        Column(words("Chênh lệch", "Margin"), 12),
        Column(words("Hạn", "Due"), 12),
        Column(words("Hằng năm", "Yearly"), 9),
        Column(words("Giá trị gốc", "Base value"), 12),
        Column(words("Ngày gốc", "Base date"), 12),
        Column(words("Theo lộ trình phải đạt", "The line asks"), 12),
        Column(words("Còn thiếu", "Gap"), 11),
        Column(words("Đơn vị còn thiếu", "Unit of the gap"), 9),
        Column(words("Nơi còn thiếu", "Where"), 36),
        _REASON,
        Column(words("Nguyên văn", "Quotation"), 36),
    )
    return Table(words("Chỉ tiêu", "Targets"), columns, rows, note=_TARGETS, frozen=3)


def _target(found: TargetResult, title: str, lang: Lang) -> list[Cell]:
    target, unit = found.target, found.target.unit
    places = [
        p.name.text(lang) if p.unit == "unit" else f"{p.name.text(lang)}: {with_unit(p.value, p.unit, lang)}"
        for p in found.places
    ]
    levels = found.quantity is not None and found.quantity.said is not None
    return [
        f"{target.document}: {title}" if title else target.document,
        target.section,
        target.title.text(lang),
        status_text(found.status, lang),
        figure(found.quantity, lang),
        _DONE.text(lang) if target.operator == "done" else SIGNS[target.operator],
        Figure(target.value, unit),
        Figure(target.upper, unit),
        unit_text(unit, lang),
        None if levels else Figure(found.margin, unit, signed=True),
        due_day(target),
        _YEARLY.text(lang) if target.yearly else None,
        Figure(found.base, unit),
        found.base_on,
        Figure(found.expected, unit),
        *_gap(found, lang),
        listing(places, limit=_MOST_PLACES, lang=lang) or None,
        found.reason.text(lang),
        f"“{target.quote}”",
    ]


def _gap(found: TargetResult, lang: Lang) -> list[Cell]:
    """What is missing, with its unit; both empty when nothing is known to be."""
    if found.gap is None or found.gap_unit is None:
        return [None, None]
    return [Figure(found.gap, found.gap_unit), unit_text(found.gap_unit, lang)]


def _gaps(judged: Judgement, lang: Lang) -> Table:
    names = _names(judged, lang)
    rows: list[Sequence[Cell]] = [
        [
            rank,
            gap.name.text(lang),
            gap.scope.name.text(lang),
            len(gap.blocks),
            listing([names.get(b, b) for b in gap.blocks], limit=_MOST_PLACES, lang=lang),
            None if (where := enter_in(gap.metric)) is None else where.text(lang),
            gap.metric,
        ]
        for rank, gap in enumerate(judged.missing, start=1)
    ]
    columns = (
        Column(words("Hạng", "Rank"), 7),
        Column(words("Số liệu còn thiếu", "Missing figure"), 40),
        Column(words("Phạm vi", "Scope"), 24),
        Column(words("Số kết luận bị vướng", "Verdicts blocked"), 11),
        Column(words("Các kết luận bị vướng", "Which verdicts"), 60),
        Column(words("Nhập ở đâu", "Where to enter it"), 34),
        Column(words("Mã số liệu", "Id of the figure"), 28),
    )
    return Table(words("Thiếu số liệu", "Missing data"), columns, rows, note=_GAPS)


def _names(judged: Judgement, lang: Lang) -> dict[str, str]:
    """What is blocked, in words, by the name that the judgement gives it."""
    units = [*([judged.city_unit] if judged.city_unit else []), *judged.units]
    owned = [(c.title.text(lang), c.verdicts) for c in judged.classes]
    owned += [(u.scope.name.text(lang), u.verdicts) for u in units]
    names = {
        f"{v.id}@{v.scope.id}": f"{owner} – {v.title.text(lang)}"
        for owner, verdicts in owned
        for v in verdicts
    }
    return names | {f"target.{t.target.id}": t.target.title.text(lang) for t in judged.targets}
