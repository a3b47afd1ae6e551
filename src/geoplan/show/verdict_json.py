"""An Assessment as plain data for JSON: texts in one language, None for whatever is unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoplan.criteria.telling import enter_in, flag_texts, threshold_text
from geoplan.show.rules import regime, rulebook_head

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import (
        Certainty,
        ClassResult,
        DataGap,
        GroupResult,
        Points,
        TargetResult,
        UnitResult,
        Verdict,
    )
    from geoplan.errors import Lang


def as_json(result: Assessment, lang: Lang = "vi") -> dict[str, Any]:
    """Everything that was judged, as values that `json.dumps` takes with ``allow_nan=False``.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    lang
        The language of titles and reasons.

    Returns
    -------
    dict
        ``city, title, on, regime, verdicts, targets, candidates, missing``, and beside them ``classes``,
        ``city_unit``, ``units``, ``layers``, ``notes``. ``verdicts`` holds every single one, of classes,
        units and candidates; ``id`` and ``scope`` together tell them apart. ``passes`` is True, False or
        None (not assessable, or set aside when ``considered`` is False). The order is that of the
        rulebook, the units' codes and the documents.
    """
    judged = result.judgement
    content = {
        "city": result.city.id,
        "title": result.city.title(lang),
        "on": result.on.isoformat(),
        "regime": [rulebook_head(found, lang) for found in regime(result)],
        "verdicts": [_verdict(v, lang) for v in judged.verdicts],
        "targets": [_target(t, lang) for t in judged.targets],
        "candidates": [_unit(u, lang, whole=True) for u in judged.candidates],
        "missing": [_gap(g, lang) for g in judged.missing],
        "classes": [_class(c, lang) for c in judged.classes],
        "city_unit": None if judged.city_unit is None else _unit(judged.city_unit, lang),
        "units": [_unit(u, lang) for u in judged.units if not u.candidate],
        "layers": [
            {"layer": name, "standing": la.standing, "file": la.file, "sha256": la.sha256}
            for name, la in result.city.in_use.items()
        ],
        "notes": [note.sentence(lang) for note in result.notes],
    }
    return {key: _finite(value) for key, value in content.items()}


def _verdict(verdict: Verdict, lang: Lang) -> dict[str, Any]:
    number = verdict.quantity
    return {
        "id": verdict.id,
        "title": verdict.title.text(lang),
        "scope": verdict.scope.id,
        "value": number.value,
        "unit": number.unit,
        "operator": verdict.operator,
        "threshold": verdict.threshold,
        "passes": verdict.passes,
        "margin": verdict.margin,
        "article": verdict.article,
        "confidence": verdict.confidence,
        "reason": verdict.reason.text(lang),
        "scope_name": verdict.scope.name.text(lang),
        "metric": number.metric,
        "value_text": number.text(lang),
        "qualifier": number.qualifier,
        "upper": verdict.upper,
        "threshold_text": threshold_text(verdict, lang),
        "source": verdict.source,
        "rulebook": verdict.rulebook,
        "group": verdict.group,
        "considered": verdict.considered,
        "flag": verdict.flag,
        "points": _points(verdict.points),
        "certainty": _certainty(verdict.certainty, lang),
    }


def _points(points: Points | None) -> dict[str, Any] | None:
    if points is None:
        return None
    return {
        "given": points.given,
        "worst": points.worst,
        "best": points.best,
        "minimum": points.minimum,
        "maximum": points.maximum,
    }


def _certainty(certainty: Certainty | None, lang: Lang) -> dict[str, Any] | None:
    if certainty is None:
        return None
    return {
        "borderline": certainty.borderline,
        "holds": certainty.holds,
        "flips": [{"input": f.input.text(lang), "percent": f.percent} for f in certainty.flips],
    }


def _class(found: ClassResult, lang: Lang) -> dict[str, Any]:
    return {
        "class": found.urban_class,
        "title": found.title.text(lang),
        "passes": found.passes,
        "reason": found.reason.text(lang),
        "rulebook": found.rulebook,
        "article": found.article,
        "confidence": found.confidence,
        "points": _points(found.points),
        "groups": [_group(g, lang) for g in found.groups],
        "verdicts": [v.id for v in found.verdicts],
    }


def _group(group: GroupResult, lang: Lang) -> dict[str, Any]:
    return {
        "id": group.id,
        "title": group.title.text(lang),
        "passes": group.passes,
        "points": _points(group.points),
        "passed": group.passed,
        "failed": group.failed,
        "unknown": group.unknown,
        "needed": group.needed,
    }


def _unit(unit: UnitResult, lang: Lang, *, whole: bool = False) -> dict[str, Any]:
    """A unit; its verdicts whole for a candidate, elsewhere by id (they are all in ``verdicts``)."""
    return {
        "scope": unit.scope.id,
        "name": unit.scope.name.text(lang),
        "kind": unit.kind,
        "against": unit.against,
        "title": unit.title.text(lang),
        "passes": unit.passes,
        "reason": unit.reason.text(lang),
        "flags": flag_texts(unit, lang),
        "rulebook": unit.rulebook,
        "verdicts": [_verdict(v, lang) if whole else v.id for v in unit.verdicts],
    }


def _target(found: TargetResult, lang: Lang) -> dict[str, Any]:
    target, number = found.target, found.quantity
    due = target.due
    return {
        "id": target.id,
        "title": target.title.text(lang),
        "scope": target.scope,
        "metric": target.metric,
        "answered_by": target.answered_by,
        "value": None if number is None else number.value,
        "unit": target.unit,
        "operator": target.operator,
        "threshold": target.value,
        "upper": target.upper,
        "passes": found.passes,
        "margin": found.margin,
        "status": found.status,
        "reason": found.reason.text(lang),
        "due": due if due is None or isinstance(due, int) else due.isoformat(),
        "yearly": target.yearly,
        "base": found.base,
        "base_on": None if found.base_on is None else found.base_on.isoformat(),
        "expected": found.expected,
        "gap": found.gap,
        "gap_unit": found.gap_unit,
        "places": [
            {"name": p.name.text(lang), "code": p.code, "value": p.value, "unit": p.unit}
            for p in found.places
        ],
        "document": target.document,
        "section": target.section,
        "quote": target.quote,
        "note": None if target.note is None else target.note.text(lang),
        "value_text": None if number is None else number.text(lang),
        "qualifier": None if number is None else number.qualifier,
    }


def _gap(gap: DataGap, lang: Lang) -> dict[str, Any]:
    where = enter_in(gap.metric)
    return {
        "metric": gap.metric,
        "name": gap.name.text(lang),
        "scope": gap.scope.id,
        "scope_name": gap.scope.name.text(lang),
        "count": len(gap.blocks),
        "blocks": list(gap.blocks),
        "enter_in": None if where is None else where.text(lang),
    }


def _finite(value: Any) -> Any:
    """The same without infinities and NaN, which JSON does not know: None in their place."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
