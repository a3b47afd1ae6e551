"""Every figure and verdict of a city as plain data in both languages: what two builds are compared by."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from geoplan.model import words
from geoplan.show.verdict_json import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import Judgement, TargetResult, Verdict
    from geoplan.model import Words
    from geoplan.quantity import Quantity

_CITY = words("toàn địa bàn", "whole city")


def records(result: Assessment) -> list[dict[str, Any]]:
    """Figures, verdicts on standards, on classes and units, and targets, a record each.

    A record says ``kind`` (``number``, ``verdict``, ``class``, ``unit``, ``target``), ``id`` and ``scope``,
    which tell it apart; ``name`` and ``where`` in both languages; and what may move: ``value`` in its
    ``unit``, ``said`` (a level in words), ``state`` (``pass``, ``fail``, ``open``, ``aside``, or the status
    of a target) and ``threshold``. What a record does not have is left out. A value that is among the
    figures is not said again with a verdict.
    """
    figures = result.quantities
    found = [
        _record("number", q.metric, q.scope.id, q.name, q.scope.name, **_value(q)) for q in figures.values()
    ]
    found += [_verdict(v, known=v.quantity.key in figures) for v in verdicts(result.judgement)]
    found += _results(result.judgement)
    found += [
        _target(t, known=t.quantity is not None and t.quantity.key in figures)
        for t in result.judgement.targets
    ]
    return found


def _record(kind: str, key: str, scope: str, name: Words, where: Words, **more: Any) -> dict[str, Any]:
    named = {"name": name.model_dump(), "where": where.model_dump()}
    return {
        "kind": kind,
        "id": key,
        "scope": scope,
        **named,
        **{k: v for k, v in more.items() if v is not None},
    }


def _value(quantity: Quantity | None) -> dict[str, Any]:
    if quantity is None:
        return {}
    said = None if quantity.said is None else quantity.said.model_dump()
    return {"value": finite(quantity.value), "unit": quantity.unit, "said": said}


def finite(value: float | None) -> float | None:
    """A number that JSON can hold; None when it is unknown."""
    return value if value is not None and math.isfinite(value) else None


def _state(passes: bool | None, *, considered: bool = True) -> str:  # noqa: FBT001 - three answers
    """One word for a verdict."""
    if not considered:
        return "aside"
    return "open" if passes is None else "pass" if passes else "fail"


def _verdict(verdict: Verdict, *, known: bool) -> dict[str, Any]:
    number = verdict.quantity
    more = {"unit": number.unit} if known else _value(number)
    state = _state(verdict.passes, considered=verdict.considered)
    return _record(
        "verdict", f"{verdict.rulebook}/{verdict.id}", verdict.scope.id, verdict.title, verdict.scope.name,
        **more, state=state, threshold=finite(verdict.threshold),
    )  # fmt: skip


def _results(judged: Judgement) -> Iterator[dict[str, Any]]:
    for found in judged.classes:
        points = None if found.points is None else finite(found.points.given)
        more = {} if points is None else {"value": points, "unit": "points"}
        yield _record(
            "class", found.urban_class, "city", found.title, _CITY, state=_state(found.passes), **more
        )
    for unit in (*(() if judged.city_unit is None else (judged.city_unit,)), *judged.units):
        yield _record(
            "unit", f"{unit.kind}/{unit.against}", unit.scope.id, unit.title, unit.scope.name,
            state=_state(unit.passes),
        )  # fmt: skip


def _target(found: TargetResult, *, known: bool) -> dict[str, Any]:
    target = found.target
    where = _CITY if found.quantity is None else found.quantity.scope.name
    more = {"unit": target.unit} if known else _value(found.quantity)
    return _record(
        "target", target.id, str(target.scope), target.title, where,
        **more, state=found.status, threshold=finite(target.value),
    )  # fmt: skip
