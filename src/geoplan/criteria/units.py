"""Each unit against the standards of its kind, and each candidate against those of a ward."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.criteria.standards import Threshold, judge, threshold
from geoplan.criteria.verdict import UnitResult
from geoplan.criteria.wording import both
from geoplan.model import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.city import City
    from geoplan.criteria.evidence import Evidence
    from geoplan.criteria.library import Library
    from geoplan.criteria.rulebook import MergedException, Rulebook, UnitKind
    from geoplan.criteria.verdict import Verdict
    from geoplan.quantity import Scope

_PARTS: Final = re.compile(r",(?![^(]*\))")
"""Commas between the parts a unit was formed from, not those inside brackets."""


def judge_units(evidence: Evidence, *, library: Library) -> Iterator[UnitResult]:
    """A result for each unit by its own kind, and one more for each candidate as a ward."""
    for row in evidence.city.communes.to_dict("records"):
        unit = {str(key): value for key, value in row.items()}
        kind = unit["kind"] if isinstance(unit["kind"], str) else None
        if kind is not None:
            yield _judge(unit, kind, against=kind, evidence=evidence, library=library)
        if unit["ward_candidate"]:
            yield _judge(unit, kind or "", against="ward", evidence=evidence, library=library)


def judge_city_unit(evidence: Evidence, *, library: Library) -> UnitResult | None:
    """The whole city against the kind of unit that it is, or is to become; None when it is no unit."""
    city = evidence.city
    against = city.kind
    aims = [aim.kind for aim in city.info.unit_aimed]
    if against == "district" and aims:
        against = aims[0]
    if against in {None, "former", "district"}:
        return None
    rulebook = library.on(city.on, "unit")
    scope = evidence.scope("city")
    kind = city.kind or ""
    if rulebook is None:
        return _no_rulebook(scope, kind, str(against), candidate=False)
    standards = next((u for u in rulebook.units if u.kind == against), None)
    if standards is None:
        return _no_standards(scope, kind, str(against), rulebook, candidate=False)
    verdicts = _verdicts(standards, scope_id="city", merged=0, rulebook=rulebook, evidence=evidence)
    return _result(scope, kind, standards, rulebook, verdicts, candidate=kind == "district")


def _judge(
    unit: dict[str, Any], kind: str, *, against: str, evidence: Evidence, library: Library
) -> UnitResult:
    city, code = evidence.city, str(unit["code"])
    scope = evidence.scope(code)
    candidate = against != kind
    rulebook = _rulebook(city, unit, library)
    if rulebook is None:
        return _no_rulebook(scope, kind, against, candidate=candidate)
    standards = _standards(rulebook, against, city)
    if standards is None:
        return _no_standards(scope, kind, against, rulebook, candidate=candidate)
    merged = _merged_from(unit.get("formed_from"))
    verdicts = _verdicts(standards, scope_id=code, merged=merged, rulebook=rulebook, evidence=evidence)
    return _result(scope, kind, standards, rulebook, verdicts, candidate=candidate)


def _rulebook(city: City, unit: dict[str, Any], library: Library) -> Rulebook | None:
    """The regime for a unit: that of a re-arrangement for those which it made, while it lasts."""
    special = library.on(city.on, "rearrangement")
    born = unit["valid_from"]
    if (
        special is not None
        and born is not None
        and not pd.isna(born)
        and born.date() >= special.in_force_from
    ):
        return special
    return library.on(city.on, "unit")


def _standards(rulebook: Rulebook, kind: str, city: City) -> UnitKind | None:
    """The standards of a kind of unit in this kind of city; in a district, of what it is to become."""
    place: str | None = city.kind
    aims = [aim.kind for aim in city.info.unit_aimed]
    if place == "district" and aims:
        place = aims[0]
    fitting = (u for u in rulebook.units if u.kind == kind and (not u.of or place in u.of))
    return next(fitting, None)


def _merged_from(formed_from: object) -> int:
    """How many units a unit was formed from, as its record says; 0 when it does not say."""
    return len(_PARTS.split(formed_from)) if isinstance(formed_from, str) and formed_from else 0


def _verdicts(
    standards: UnitKind, *, scope_id: str, merged: int, rulebook: Rulebook, evidence: Evidence
) -> tuple[Verdict, ...]:
    claimed = [h for h in evidence.city.factors if not h.units or scope_id in h.units]
    out = []
    for standard in standards.standards:
        asked = scope_id if standard.scope == "unit" else standard.scope
        least = threshold(
            standard,
            rulebook=rulebook,
            owner=standards.kind,
            claimed=claimed,
            standards=standards.standards,
        )
        if rulebook.merged is not None and merged >= rulebook.merged.at_least:
            least = _set_aside(least, standard.id, rulebook.merged, merged)
        quantity = evidence.answer(standard, scope=asked)
        id_ = f"{standards.kind}.{standard.id}"
        out.append(judge(standard, quantity, least, id_=id_, rulebook=rulebook.id))
    return tuple(out)


def _set_aside(least: Threshold, standard: str, exception: MergedException, merged: int) -> Threshold:
    if standard not in exception.standards:
        return least
    why = words(
        f"hình thành từ {merged} đơn vị ({exception.article})",
        f"made from {merged} units ({exception.article})",
    )
    article = f"{least.article}; {exception.article}"
    return Threshold(least.minimum, least.maximum, article, exception.confidence, considered=False, why=why)


def _result(
    scope: Scope,
    kind: str,
    standards: UnitKind,
    rulebook: Rulebook,
    verdicts: Sequence[Verdict],
    *,
    candidate: bool,
) -> UnitResult:
    deciding = [v for v in verdicts if v.considered and not v.flag]
    answers = [v.passes for v in deciding]
    flags = tuple(v.reason for v in verdicts if v.flag and v.passes is False)
    decided: bool | None = True
    if False in answers:
        decided = False
    elif None in answers or standards.also or not (deciding or any(not v.considered for v in verdicts)):
        decided = None
    return UnitResult(
        scope=scope,
        kind=kind,
        against=standards.kind,
        candidate=candidate,
        title=standards.title,
        rulebook=rulebook.id,
        verdicts=tuple(verdicts),
        passes=decided,
        reason=_reason(verdicts, deciding, standards, decided),
        flags=flags,
    )


def _reason(
    verdicts: Sequence[Verdict],
    deciding: Sequence[Verdict],
    standards: UnitKind,
    decided: bool | None,  # noqa: FBT001 - three answers, not a switch
) -> Words:
    if decided is False:
        failed = [v for v in deciding if v.passes is False]
        return both(*(words(f"{v.title.vi}: {v.reason.vi}", f"{v.title.en}: {v.reason.en}") for v in failed))
    if decided is None:
        open_ = [v for v in deciding if v.passes is None]
        vi, en = (", ".join(getattr(v.title, lang) for v in open_) for lang in ("vi", "en"))
        texts = [words(f"chưa đánh giá được: {vi}", f"not assessable: {en}")] if open_ else []
        return both(*texts, *standards.also)
    if not deciding and any(not v.considered for v in verdicts):
        return both(words("đạt, vì không xét tiêu chuẩn", "passes, its standards being set aside"),
                    *(v.reason for v in verdicts if not v.considered))  # fmt: skip
    return words("đạt mọi tiêu chuẩn đã xét", "meets every standard that is considered")


def _no_rulebook(scope: Scope, kind: str, against: str, *, candidate: bool) -> UnitResult:
    why = words("không có bộ tiêu chuẩn nào cho ngày này", "no rulebook holds on this date")
    return _open(scope, kind, against, "", why, candidate=candidate)


def _no_standards(
    scope: Scope, kind: str, against: str, rulebook: Rulebook, *, candidate: bool
) -> UnitResult:
    why = words(
        f"{rulebook.law} không có tiêu chuẩn cho loại đơn vị này ở đây vào ngày này",
        f"{rulebook.law} has no standards for this kind of unit here on this date",
    )
    return _open(scope, kind, against, rulebook.id, why, candidate=candidate)


def _open(scope: Scope, kind: str, against: str, rulebook: str, why: Words, *, candidate: bool) -> UnitResult:
    return UnitResult(
        scope=scope,
        kind=kind,
        against=against,
        candidate=candidate,
        title=words(against, against),
        rulebook=rulebook,
        verdicts=(),
        passes=None,
        reason=why,
    )
