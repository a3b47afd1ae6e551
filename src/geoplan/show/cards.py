"""Quantities and verdicts as the panel of a page shows them: their own words, nothing worked out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geoplan.criteria import telling
from geoplan.criteria.wording import SIGNS, difference
from geoplan.model import Words, words
from geoplan.quantity import with_unit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from geoplan.criteria.verdict import (
        ClassResult,
        DataGap,
        GroupResult,
        Place,
        TargetResult,
        UnitResult,
        Verdict,
    )
    from geoplan.errors import Lang
    from geoplan.quantity import Part, Quantity
    from geoplan.show.texts import Texts

Card = dict[str, Any]

_CAUTION: Final = {
    "recalled": words("ngưỡng chưa kiểm chứng", "threshold not verified"),
    "secondary": words("ngưỡng theo nguồn thứ cấp", "threshold from a secondary source"),
    "derived": words("ngưỡng suy ra", "threshold derived"),
}
_COUNTS: Final = words("{} đạt, {} chưa đạt, {} chưa rõ", "{} pass, {} fail, {} open")


def both(say: Callable[[Lang], str]) -> Words:
    """What a function says in each language."""
    return Words(vi=say("vi"), en=say("en"))


def state(passes: bool | None, *, considered: bool = True) -> str:  # noqa: FBT001 - three answers
    """How a verdict is marked: ``pass``, ``fail``, ``open``, or ``aside``."""
    if not considered:
        return "aside"
    return {True: "pass", False: "fail", None: "open"}[passes]


def figure(quantity: Quantity, texts: Texts) -> Card:
    """A quantity: name, value, its parts, and the chain it comes from."""
    chain = zip(quantity.lines("vi")[1:], quantity.lines("en")[1:], strict=True)
    shown = (quantity.numerator, quantity.denominator) if quantity.denominator is not None else ()
    card: Card = {
        "name": texts.add(quantity.name),
        "value": texts.add(both(quantity.text)),
        "parts": [texts.add(_part(part)) for part in shown if part is not None],
        "chain": [[texts.pair(vi[0], en[0]), texts.pair(vi[1], en[1])] for vi, en in chain],
    }
    if quantity.value is None:
        card["unknown"] = True
        card["why"] = texts.all(quantity.missing)
    return card


def _part(part: Part) -> Words:
    return both(lambda lang: f"{part.name.text(lang)}: {with_unit(part.value, part.unit, lang)}")


def verdict(judged: Verdict, texts: Texts) -> Card:
    """A verdict: mark, value, threshold, margin, article, confidence, certainty."""
    card: Card = {
        "state": state(judged.passes, considered=judged.considered),
        "title": texts.add(judged.title),
        "value": texts.add(both(judged.quantity.text)),
        "threshold": texts.add(both(lambda lang: telling.threshold_text(judged, lang))),
        "reason": texts.add(judged.reason),
        "article": texts.add(judged.article),
        "source": texts.add(judged.source),
    }
    margin = judged.margin
    if margin is not None and judged.threshold_said is None and judged.considered:
        unit, sign = judged.quantity.unit, judged.operator
        card["margin"] = texts.add(both(lambda lang: difference(margin, unit, sign, lang)))
    if judged.confidence in _CAUTION and judged.threshold is not None:
        card["caution"] = texts.add(_CAUTION[judged.confidence])
    if judged.points is not None:
        points = judged.points
        card["points"] = texts.add(both(lambda lang: telling.points_text(points, lang)))
    if judged.certainty is not None:
        firm = judged.certainty
        card["borderline"] = firm.borderline
        card["certainty"] = texts.add(both(lambda lang: telling.certainty_text(firm, lang)))
    if judged.flag:
        card["flag"] = True
    return card


def unit_result(result: UnitResult, texts: Texts) -> Card:
    """A unit against the standards of a kind: the mark, the reason, each verdict."""
    return {
        "state": state(result.passes),
        "title": texts.add(result.title),
        "reason": texts.add(result.reason),
        "flags": texts.all(result.flags),
        "verdicts": [verdict(v, texts) for v in result.verdicts],
    }


def class_result(result: ClassResult, texts: Texts) -> Card:
    """An urban class: the mark, points, groups, each verdict in its group."""
    grouped = {g.id for g in result.groups}
    card: Card = {
        "state": state(result.passes),
        "title": texts.add(result.title),
        "reason": texts.add(result.reason),
        "article": texts.add(result.article),
        "groups": [_group(g, result.verdicts, texts) for g in result.groups],
        "verdicts": [verdict(v, texts) for v in result.verdicts if v.group not in grouped],
    }
    if result.confidence in _CAUTION:
        card["caution"] = texts.add(_CAUTION[result.confidence])
    points = result.points
    if points is not None:
        card["points"] = texts.add(both(lambda lang: telling.total_text(points, lang)))
        card["bar"] = [points.worst, points.best, points.minimum, points.maximum]
    return card


def _group(group: GroupResult, verdicts: Iterable[Verdict], texts: Texts) -> Card:
    counts = (group.passed, group.failed, group.unknown)
    card: Card = {
        "state": state(group.passes),
        "title": texts.add(group.title),
        "counts": texts.pair(_COUNTS.vi.format(*counts), _COUNTS.en.format(*counts)),
        "verdicts": [verdict(v, texts) for v in verdicts if v.group == group.id],
    }
    points = group.points
    if points is not None:
        card["points"] = texts.add(both(lambda lang: telling.total_text(points, lang)))
    return card


def target(result: TargetResult, texts: Texts, *, documents: Mapping[str, Words]) -> Card:
    """A target: status, value against what is wanted, gap, where, and the document's words."""
    asked = result.target
    title = documents.get(asked.document, words(asked.document, asked.document))
    card: Card = {
        "status": result.status,
        "said": texts.add(telling.STATUS[result.status]),
        "title": texts.add(asked.title),
        "reason": texts.add(result.reason),
        "due": texts.add(both(lambda lang: telling.due_text(asked.due, yearly=asked.yearly, lang=lang))),
        "document": texts.pair(f"{title.vi}, mục {asked.section}", f"{title.en}, section {asked.section}"),
        "quote": texts.add(asked.quote),
    }
    if result.quantity is not None:
        card["value"] = texts.add(both(result.quantity.text))
        card["figure"] = figure(result.quantity, texts)
    if asked.value is not None:
        card["wanted"] = texts.add(both(lambda lang: _wanted(result, lang)))
    if result.gap is not None:
        card["gap"] = texts.add(both(lambda lang: telling.gap_text(result, lang)))
        card["places"] = texts.all(_place(place) for place in result.places)
    if asked.note is not None:
        card["note"] = texts.add(asked.note)
    return card


def _place(place: Place) -> Words:
    return both(lambda lang: f"{place.name.text(lang)}: {with_unit(place.value, place.unit, lang)}")


def _wanted(result: TargetResult, lang: Lang) -> str:
    asked = result.target
    least = with_unit(asked.value, asked.unit, lang)
    if asked.upper is not None:
        return f"{least} – {with_unit(asked.upper, asked.unit, lang)}"
    return f"{SIGNS[asked.operator]} {least}"


def data_gap(gap: DataGap, texts: Texts) -> Card:
    """A figure that nobody gave, and how many verdicts it blocks."""
    return {
        "name": texts.add(gap.name),
        "scope": texts.add(gap.scope.name),
        "id": gap.scope.id,
        "blocks": len(gap.blocks),
    }
