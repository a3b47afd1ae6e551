"""The city against an urban class: every standard, points by group, and what total is still possible."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.standards import judge, least_trusted, threshold
from geoplan.criteria.verdict import ClassResult, GroupResult, Points
from geoplan.criteria.wording import UNVERIFIED, apart, both
from geoplan.model import Words, words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.city_file import FactorHeld
    from geoplan.criteria.evidence import Evidence
    from geoplan.criteria.rulebook import Group, Rulebook, UrbanClass
    from geoplan.criteria.verdict import Verdict

_TINY: Final = 1e-9
"""Points are sums of decimal fractions: 75 must not be missed by a rounding of the last bit."""


def judge_class(urban_class: UrbanClass, *, rulebook: Rulebook, evidence: Evidence) -> ClassResult:
    """The verdicts on all standards of a class, and what follows."""
    claimed = [held for held in evidence.city.factors if not held.units]
    urban_class = _with_total(urban_class, rulebook, claimed)
    verdicts = tuple(
        judge(
            standard,
            evidence.answer(standard, scope=standard.scope),
            threshold(
                standard,
                rulebook=rulebook,
                owner=urban_class.id,
                claimed=claimed,
                standards=urban_class.standards,
            ),
            id_=f"class.{urban_class.id}.{standard.id}",
            rulebook=rulebook.id,
        )
        for standard in urban_class.standards
    )
    groups = tuple(
        _group(g, [v for v in verdicts if v.group == g.id], rule=urban_class.rule) for g in urban_class.groups
    )
    points = _total([g.points for g in groups], urban_class) if urban_class.rule == "points" else None
    decided = _decide(urban_class, verdicts, groups, points)
    trust = least_trusted(
        [
            urban_class.total_confidence,
            *(g.points_min_confidence or g.confidence for g in urban_class.groups),
            *(v.confidence for v in verdicts if v.threshold is not None),
            *(trust for s in urban_class.standards for trust in (s.maximum_confidence, s.points_confidence)),
        ]
    )
    return ClassResult(
        urban_class=urban_class.id,
        title=urban_class.title,
        rulebook=rulebook.id,
        law=rulebook.law,
        article=urban_class.article,
        verdicts=verdicts,
        groups=groups,
        points=points,
        passes=decided,
        reason=_reason(urban_class, verdicts, points, decided, recalled=trust == "recalled"),
        confidence=trust,
    )


def _with_total(urban_class: UrbanClass, rulebook: Rulebook, claimed: Sequence[FactorHeld]) -> UrbanClass:
    """The class with the number of standards that a claimed factor asks for in all, where it says so."""
    held = {factor.id for factor in claimed}
    for factor in rulebook.factors_of(urban_class.id):
        for effect in factor.effects:
            if factor.id in held and effect.total is not None:
                article = f"{urban_class.total_article}; {factor.article}"
                trust = least_trusted((urban_class.total_confidence, factor.confidence))
                update = {"total": effect.total, "total_article": article, "total_confidence": trust}
                return urban_class.model_copy(update=update)
    return urban_class


def _group(group: Group, verdicts: Sequence[Verdict], *, rule: str) -> GroupResult:
    answers = [v.passes for v in verdicts if v.considered]
    passed, failed = answers.count(True), answers.count(False)
    unknown = len(answers) - passed - failed
    points = _group_points(group, verdicts) if rule == "points" else None
    decided: bool | None = None
    if points is not None and group.points_min is not None:
        decided = _between(points.worst, points.best, group.points_min)
    elif points is not None and points.best <= 0 < (points.maximum or 0):
        decided = False  # every group has a minimum of its own; where it was not found, nothing is too little
    elif group.needed is not None:
        decided = _between(passed, passed + unknown, group.needed)
    return GroupResult(
        id=group.id,
        title=group.title,
        points=points,
        passed=passed,
        failed=failed,
        unknown=unknown,
        needed=group.needed,
        passes=decided,
    )


def _between(worst: float, best: float, least: float) -> bool | None:
    """Whether enough is certain, out of reach, or open."""
    if worst >= least - _TINY:
        return True
    return False if best < least - _TINY else None


def _group_points(group: Group, verdicts: Sequence[Verdict]) -> Points:
    """The sum of the standards' points; between none and all where the law's split was not found."""
    parts = [v.points for v in verdicts]
    if parts and all(p is not None for p in parts):
        known = [p for p in parts if p is not None]
        return _sum(known, minimum=group.points_min, maximum=group.points_max)
    most = group.points_max or 0.0
    below_all = bool(verdicts) and all(v.passes is False for v in verdicts)  # below its minimum: no points
    return Points(
        given=0.0 if below_all else None,
        worst=0.0,
        best=0.0 if below_all else most,
        minimum=group.points_min,
        maximum=group.points_max,
    )


def _total(groups: Sequence[Points | None], urban_class: UrbanClass) -> Points | None:
    known = [p for p in groups if p is not None]
    if not known or any(p.maximum is None for p in known):
        return None
    return _sum(known, minimum=urban_class.total, maximum=sum(p.maximum or 0.0 for p in known))


def _sum(parts: Sequence[Points], *, minimum: float | None, maximum: float | None) -> Points:
    """Points given so far, and at worst and at best once the rest is known."""
    return Points(
        given=sum(p.given for p in parts if p.given is not None),
        worst=sum(p.worst for p in parts),
        best=sum(p.best for p in parts),
        minimum=minimum,
        maximum=maximum,
    )


def _decide(
    urban_class: UrbanClass,
    verdicts: Sequence[Verdict],
    groups: Sequence[GroupResult],
    points: Points | None,
) -> bool | None:
    """The class as a whole: fails as soon as it cannot be reached, passes only when nothing is open."""
    answers: list[bool | None] = [g.passes for g in groups if _asks(urban_class, g)]
    if urban_class.rule == "points" and points is not None and urban_class.total is not None:
        answers.append(_between(points.worst, points.best, urban_class.total))
    elif urban_class.rule == "quota" and urban_class.total is not None:
        passed, unknown = (sum(getattr(g, name) for g in groups) for name in ("passed", "unknown"))
        answers.append(_between(passed, passed + unknown, urban_class.total))
    elif urban_class.rule == "all":
        answers += [v.passes for v in verdicts if v.considered and not v.flag]
    if False in answers:
        return False
    if not answers or None in answers or urban_class.also:
        return None
    return True


def _asks(urban_class: UrbanClass, group: GroupResult) -> bool:
    """Whether a group has a minimum of its own; one whose minimum was not found leaves the class open."""
    return urban_class.rule == "points" or (urban_class.rule == "quota" and group.needed is not None)


def _reason(
    urban_class: UrbanClass,
    verdicts: Sequence[Verdict],
    points: Points | None,
    decided: bool | None,  # noqa: FBT001 - three answers, not a switch
    *,
    recalled: bool,
) -> Words:
    head = {
        True: words("đạt", "passes"),
        False: words("chưa đạt", "fails"),
        None: words("chưa đánh giá được trọn vẹn", "not fully assessable"),
    }[decided]
    texts = [head]
    failed = [v.title for v in verdicts if v.passes is False]
    if failed:
        vi, en = ("; ".join(getattr(t, lang) for t in failed) for lang in ("vi", "en"))
        texts.append(words(f"tiêu chuẩn chưa đạt: {vi}", f"standards that fail: {en}"))
    if points is not None:
        texts.append(_points_words(points))
    unknown = sum(v.passes is None and v.considered for v in verdicts)
    if unknown:
        texts.append(
            words(
                f"{unknown}/{len(verdicts)} tiêu chuẩn chưa đánh giá được",
                f"{unknown} of {len(verdicts)} standards not assessable",
            )
        )
    texts += urban_class.also if decided is not False else ()
    if recalled:
        texts.append(UNVERIFIED)
    return both(*texts)


def _points_words(points: Points) -> Words:
    figures = [
        (f, 2 if f is None or points.minimum is None else apart(f, points.minimum, digits=2))
        for f in (points.given, points.worst, points.best)
    ]
    vi_given, vi_worst, vi_best = (number(f, digits=d) for f, d in figures)
    en_given, en_worst, en_best = (number(f, digits=d, lang="en") for f, d in figures)
    text = words(
        f"điểm đã có {vi_given}, còn có thể từ {vi_worst} đến {vi_best}",
        f"{en_given} points given, {en_worst} to {en_best} possible",
    )
    if points.minimum is None:
        return text
    vi_least, en_least = number(points.minimum, digits=2), number(points.minimum, digits=2, lang="en")
    return words(f"{text.vi}, cần {vi_least}", f"{text.en}, {en_least} needed")
