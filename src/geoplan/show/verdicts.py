"""An Assessment's verdicts as a person reads them: lines for a terminal, HTML for a notebook."""

from __future__ import annotations

import html
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from geoplan.criteria.telling import (
    MARKS,
    certainty_text,
    due_text,
    enter_in,
    flag_texts,
    gap_text,
    mark,
    points_text,
    target_headline,
    total_text,
)
from geoplan.model import words
from geoplan.show.labels import capital, word
from geoplan.show.page import headline, note_lines, standing_warnings
from geoplan.show.rules import days, regime
from geoplan.show.verdict_json import as_json
from geoplan.text import date_text, listing, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import (
        ClassResult,
        DataGap,
        GroupResult,
        TargetResult,
        UnitResult,
        Verdict,
    )
    from geoplan.errors import Lang
    from geoplan.model import Words

__all__ = ["as_json", "assessment_lines", "html_summary"]

Line = tuple[int, str]
"""A text and how deep it stands."""

_HEADINGS: Final[dict[str, Words]] = {
    "figures": words("Số liệu chính", "Main figures"),
    "regime": words("Quy định áp dụng", "Rules in force"),
    "classes": words("Loại đô thị", "Urban classes"),
    "city_unit": words("Cả thành phố là đơn vị hành chính", "The city as a unit"),
    "candidates": words("Các xã dự kiến lên phường", "Communes slated to become wards"),
    "units": words("Các đơn vị theo tiêu chuẩn của loại mình", "Units by the standards of their kind"),
    "targets": words("Chỉ tiêu của văn bản", "Targets of documents"),
    "missing": words(
        "Số liệu còn thiếu (số kết luận bị chặn)", "Missing figures (and how many verdicts they block)"
    ),
    "standing": words("Tính chất của dữ liệu", "Standing of the data"),
    "notes": words("Lưu ý", "Notes"),
}
_NO_THRESHOLD: Final = words("Không tìm thấy ngưỡng trong nguồn", "Threshold not found in a source")
_NO_REGIME: Final = words("không có bộ tiêu chuẩn nào cho ngày này", "no rulebook holds on this date")


def assessment_lines(result: Assessment, lang: Lang = "vi") -> list[str]:
    """Everything that was judged, for a terminal: nothing in it can forge a line or steer the screen.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    lang
        ``vi`` or ``en``.
    """
    return [f"{'  ' * depth}{one_line(text)}" for depth, text in _lines(result, lang)]


def html_summary(result: Assessment, lang: Lang = "vi") -> str:
    """The same lines as HTML for a notebook, everything escaped."""
    rows = (
        f"<div style='margin-left:{1.5 * depth}em'>"
        f"{'<b>' if not depth else ''}{html.escape(text)}{'</b>' if not depth else ''}</div>"
        for depth, text in _lines(result, lang)
    )
    return f"<div>{''.join(rows)}</div>"


def _lines(result: Assessment, lang: Lang) -> Iterator[Line]:
    judged = result.judgement
    yield 0, f"{result.city.title(lang)}, {date_text(result.on, lang=lang)}"
    sections = {
        "figures": [(1, text) for text in headline(result, lang=lang)],
        "regime": _regime(result, lang),
        "classes": [line for found in judged.classes for line in class_lines(found, lang)],
        "city_unit": [] if judged.city_unit is None else unit_lines(judged.city_unit, lang),
        "candidates": [line for unit in judged.candidates for line in unit_lines(unit, lang)],
        "units": [(1, _headline(unit, lang)) for unit in judged.units if not unit.candidate],
        "targets": [line for found in judged.targets for line in _target(found, lang)],
        "missing": _missing(judged.missing, lang),
        "standing": [(1, text) for text in standing_warnings(result, lang=lang)],
        "notes": [(1, text) for text in note_lines(result, lang=lang)],
    }
    for name, lines in sections.items():
        if lines:
            yield 0, _HEADINGS[name].text(lang)
            yield from lines


def _regime(result: Assessment, lang: Lang) -> list[Line]:
    found = regime(result)
    if not found:
        return [(1, _NO_REGIME.text(lang))]
    own = words(" – bộ tiêu chuẩn của bạn", " – your rulebook").text(lang)
    return [
        (1, f"{x.rulebook.law}, {days(x.rulebook, lang)} ({x.rulebook.id}){own if x.users else ''}")
        for x in found
    ]


def class_lines(found: ClassResult, lang: Lang = "vi") -> Iterator[Line]:
    """A class with its groups, their points and each of their standards."""
    yield 1, f"{MARKS[found.passes]} {found.title.text(lang)}: {found.reason.text(lang)}"
    grouped = {g.id for g in found.groups}
    yield from _standards([v for v in found.verdicts if v.group not in grouped], 2, lang)
    for group in found.groups:
        yield 2, _group(group, lang)
        yield from _standards([v for v in found.verdicts if v.group == group.id], 3, lang)


def _group(group: GroupResult, lang: Lang) -> str:
    text = f"{MARKS[group.passes]} {group.title.text(lang)}"
    if group.points is not None:
        return f"{text}: {total_text(group.points, lang)}"
    counts = words(
        f"{group.passed} đạt, {group.failed} chưa đạt, {group.unknown} chưa đánh giá được",
        f"{group.passed} pass, {group.failed} fail, {group.unknown} not assessable",
    ).text(lang)
    if group.needed is None:
        return f"{text}: {counts}"
    return f"{text}: {counts}, {'needed' if lang == 'en' else 'cần'} {group.needed}"


def _standards(verdicts: Sequence[Verdict], depth: int, lang: Lang) -> Iterator[Line]:
    """Each verdict; those without a threshold named together, for there is nothing else to say."""
    bare = [v for v in verdicts if v.threshold is None and v.considered]
    for verdict in verdicts:
        if verdict not in bare:
            yield from _verdict(verdict, depth, lang)
    if bare:
        titles = "; ".join(v.title.text(lang) for v in bare)
        yield depth, f"{MARKS[None]} {_NO_THRESHOLD.text(lang)} ({len(bare)}): {titles}"
        yield depth + 1, "; ".join(dict.fromkeys(v.article for v in bare))


def _verdict(verdict: Verdict, depth: int, lang: Lang) -> Iterator[Line]:
    """The verdict with its reason; below it the article, the points and how firm it is."""
    yield depth, f"{mark(verdict)} {verdict.title.text(lang)}: {verdict.reason.text(lang)}"
    details = [verdict.article]
    if verdict.points is not None and verdict.considered:
        details.append(f"{'points' if lang == 'en' else 'điểm'} {points_text(verdict.points, lang)}")
    if verdict.certainty is not None and verdict.passes is not None:
        details.append(certainty_text(verdict.certainty, lang))
    yield depth + 1, " · ".join(details)


def unit_lines(unit: UnitResult, lang: Lang = "vi") -> Iterator[Line]:
    """A unit with each of its standards."""
    yield 1, _headline(unit, lang)
    yield from _standards(unit.verdicts, 2, lang)


def _headline(unit: UnitResult, lang: Lang) -> str:
    """A unit in one line; that it fails is said by what it fails."""
    name, against = unit.scope.name.text(lang), unit.title.text(lang)
    if not unit.rulebook or not unit.verdicts:
        against = capital(word(unit.against, lang))
    flags = "".join(f"; ⚑ {flag}" for flag in flag_texts(unit, lang))
    return f"{MARKS[unit.passes]} {capital(name)} ({against}): {unit.reason.text(lang)}{flags}"


def _target(found: TargetResult, lang: Lang) -> Iterator[Line]:
    yield 1, target_headline(found, lang)
    target = found.target
    due = due_text(target.due, yearly=target.yearly, lang=lang)
    where = f"{target.document}, {'section' if lang == 'en' else 'mục'} {target.section}"
    if target.due is not None:
        due = f"{'due' if lang == 'en' else 'hạn'} {due}"
    details = [due, where, target.id]
    gap = gap_text(found, lang)
    if gap:
        details.insert(0, f"{'still missing' if lang == 'en' else 'còn thiếu'} {gap}")
    yield 2, " · ".join(details)


def _missing(gaps: tuple[DataGap, ...], lang: Lang) -> list[Line]:
    """A line for each figure, its places together, the one that blocks most verdicts first."""
    by_metric: dict[str, list[DataGap]] = defaultdict(list)
    for gap in gaps:
        by_metric[gap.metric].append(gap)
    counts = {metric: len({b for g in found for b in g.blocks}) for metric, found in by_metric.items()}
    lines = []
    for metric in sorted(by_metric, key=lambda m: (-counts[m], m)):
        found = by_metric[metric]
        places = listing((g.scope.name.text(lang) for g in found), lang=lang)
        where = enter_in(metric)
        tail = "" if where is None else f" → {where.text(lang)}"
        lines.append((1, f"{counts[metric]}: {found[0].name.text(lang)} ({places}){tail}"))
    return lines
