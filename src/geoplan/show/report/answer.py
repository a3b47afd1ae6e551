"""The answer in one paragraph: how the city stands, what passes, fails and is open, and by how much."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.criteria.telling import STATUS, threshold_text
from geoplan.criteria.wording import beside, difference
from geoplan.show.labels import lowered, plan_kind, word
from geoplan.show.page import standing_warnings
from geoplan.show.report.saying import city_named, long_date, pick
from geoplan.show.verdict_words import OUTCOMES, count_outcomes, count_statuses
from geoplan.text import listing, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import ClassResult, UnitResult, Verdict
    from geoplan.errors import Lang

_MOST_OPEN = 4
"""Open standards that a sentence names; the tables name them all."""


def answer(result: Assessment, lang: Lang) -> str:
    """The paragraph; every number in it is in a table of the report too."""
    judged = result.judgement
    sentences = [_people(result, lang), _coverage(result, lang)]
    sentences += [_class(found, lang) for found in judged.classes]
    if judged.city_unit is not None:
        sentences.append(_whole(judged.city_unit, lang))
    sentences += [*_candidates(judged.candidates, lang), *_targets(result, lang), *_caution(result, lang)]
    return " ".join(sentence for sentence in sentences if sentence)


def _people(result: Assessment, lang: Lang) -> str:
    figures = result.quantities
    units = len(result.city.communes)
    wards = int((result.city.communes["kind"] == "ward").sum())
    many, area = (figures[metric, "city"].text(lang) for metric in ("population", "area"))
    dense = figures["density", "city"].text(lang)
    day, city = long_date(result.on, lang), city_named(result, lang)
    return pick(
        lang,
        f"Tại {day}, {city} có {number(units, lang=lang)} đơn vị hành chính cấp xã, trong đó có "
        f"{number(wards, lang=lang)} phường; dân số: {many}; diện tích tự nhiên đo trên lớp: {area}; "
        f"mật độ dân số: {dense}.",
        f"On {day}, {city} had {number(units, lang=lang)} units, {number(wards, lang=lang)} of them wards; "
        f"population: {many}; natural area as drawn: {area}; density: {dense}.",
    )


def _coverage(result: Assessment, lang: Lang) -> str:
    said = []
    for kind in ("zoning", "detailed"):
        shares = []
        for over in ("natural", "urban_land"):
            share = result.quantities.get((f"coverage.{kind}.{over}", "city"))
            if share is not None and share.value is not None:
                of = pick(lang, "", "of the ")
                shares.append(f"{share.text(lang)} {of}{word(over, lang)}")
        if shares:
            both = pick(lang, " và ", " and ").join(shares)
            said.append(pick(lang, f"{plan_kind(kind)} phủ {both}", f"{plan_kind(kind, lang)}s cover {both}"))
    text = "; ".join(said)
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def _class(found: ClassResult, lang: Lang) -> str:
    """A class: what follows, how many standards stand how, which fail and by how much."""
    considered = [v for v in found.verdicts if v.considered]
    failed = [_short(v, lang) for v in considered if v.passes is False]
    head = _counted(found.title.text(lang), found.passes, considered, lang)
    return " ".join([head, *_fails(failed, lang), *_opens(considered, lang)])


def _counted(
    name: str,
    passes: bool | None,  # noqa: FBT001 - three answers
    verdicts: Sequence[Verdict],
    lang: Lang,
) -> str:
    good, bad, gone = (sum(v.passes is answer for v in verdicts) for answer in (True, False, None))
    outcome = OUTCOMES[passes].text(lang)
    return pick(
        lang,
        f"{name}: {outcome}; trong {len(verdicts)} tiêu chuẩn được xét có {good} đạt, {bad} chưa đạt, "
        f"{gone} chưa đánh giá được.",
        f"{name}: {outcome}; of {len(verdicts)} standards considered {good} pass, {bad} fail, "
        f"{gone} cannot be assessed.",
    )


def _fails(failed: Sequence[str], lang: Lang) -> Iterator[str]:
    if failed:
        yield pick(lang, f"Chưa đạt: {'; '.join(failed)}.", f"Failing: {'; '.join(failed)}.")


def _opens(verdicts: Sequence[Verdict], lang: Lang) -> Iterator[str]:
    """Open for want of a figure; and, counted, for want of a threshold in the sources."""
    known = [lowered(v.title.text(lang)) for v in verdicts if v.passes is None and v.threshold is not None]
    bare = sum(v.threshold is None for v in verdicts)
    if known:
        names = listing(dict.fromkeys(known), limit=_MOST_OPEN, lang=lang)
        yield pick(lang, f"Chưa đủ số liệu để kết luận về: {names}.", f"Open for want of data: {names}.")
    if bare:
        yield pick(
            lang,
            f"Có {bare} tiêu chuẩn chưa tìm thấy ngưỡng trong nguồn nên để ngỏ.",
            f"For {bare} of them no threshold was found in a source; those are left open.",
        )


def _short(verdict: Verdict, lang: Lang) -> str:
    """A standard with its value, what the law asks, and by how much it is missed."""
    quantity = verdict.quantity
    parts = [beside(quantity, verdict.threshold, lang)]
    parts.append(f"{pick(lang, 'cần', 'needs')} {threshold_text(verdict, lang)}")
    if verdict.margin is not None and verdict.threshold_said is None:
        parts.append(difference(verdict.margin, quantity.unit, verdict.operator, lang))
    return f"{lowered(verdict.title.text(lang))} ({', '.join(parts)})"


def _whole(unit: UnitResult, lang: Lang) -> str:
    considered = [v for v in unit.verdicts if v.considered]
    if not considered:
        said = f"{OUTCOMES[unit.passes].text(lang)}, {unit.reason.text(lang)}"
        return pick(
            lang, f"Theo tiêu chuẩn đơn vị hành chính: {said}.", f"By the standards of units: {said}."
        )
    failed = [_short(v, lang) for v in considered if v.passes is False]
    name = pick(
        lang,
        f"Theo tiêu chuẩn đơn vị hành chính ({lowered(unit.title.text(lang))})",
        f"By the standards of units ({unit.title.text(lang)})",
    )
    return " ".join([_counted(name, unit.passes, considered, lang), *_fails(failed, lang)])


def _candidates(units: Sequence[UnitResult], lang: Lang) -> Iterator[str]:
    if units:
        counts = count_outcomes(units)
        yield pick(
            lang,
            f"Trong {len(units)} xã dự kiến lên phường có {counts[True]} xã đạt, "
            f"{counts[False]} xã chưa đạt, {counts[None]} xã chưa đánh giá được.",
            f"Of {len(units)} communes slated to become wards {counts[True]} pass, {counts[False]} fail, "
            f"{counts[None]} cannot be assessed.",
        )


def _targets(result: Assessment, lang: Lang) -> Iterator[str]:
    found = result.judgement.targets
    if found:
        counts = {s: n for s, n in count_statuses(found).items() if n}
        said = ", ".join(f"{n} {STATUS[status].text(lang)}" for status, n in counts.items())
        yield pick(
            lang,
            f"Trong {len(found)} chỉ tiêu của các văn bản: {said}.",
            f"Of {len(found)} targets of the documents: {said}.",
        )


def _caution(result: Assessment, lang: Lang) -> Iterator[str]:
    """What every reader has to know before the figures are used."""
    warnings = standing_warnings(result, lang=lang)
    if warnings:
        said = "; ".join(lowered(text) for text in warnings)
        yield pick(
            lang,
            f"Lưu ý khi sử dụng: {said}; các con số phụ thuộc những lớp này chỉ có tính tham khảo.",
            f"Before use: {said}; figures that rest on these layers are indicative only.",
        )
