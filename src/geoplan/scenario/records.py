"""Every figure and verdict of an assessment as plain data in both languages, and what of it moved.

What two builds, and a city and its scenarios, are compared by. Two figures are the same when they
differ by less than a billionth of themselves, which is what another order of sums may do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import ClassResult, Judgement, TargetResult, UnitResult, Verdict
    from geoplan.model import Words
    from geoplan.quantity import Quantity

    Record = Mapping[str, Any]
    Source = Quantity | Verdict | ClassResult | UnitResult | TargetResult
    Key = tuple[str, str, str, int]
    """Kind, id and scope of a record, and which of that name it is."""

FIELDS: Final = ("value", "said", "state", "threshold")
"""What of a record may move."""
WHOLE_CITY: Final = words("toàn địa bàn", "whole city")
_SAME: Final = 1e-9


@dataclass(frozen=True)
class Entry:
    """A record, and the figure or verdict that it is made of."""

    record: Record
    source: Source


def records(result: Assessment) -> list[Record]:
    """The records of `entries`."""
    return [entry.record for entry in entries(result)]


def entries(result: Assessment) -> list[Entry]:
    """Figures, verdicts on standards, on classes and units, and targets, a record each.

    A record says ``kind`` (``number``, ``verdict``, ``class``, ``unit``, ``target``), ``id`` and ``scope``,
    which tell it apart; ``name`` and ``where`` in both languages; and what may move: ``value`` in its
    ``unit``, ``said`` (a level in words), ``state`` (``pass``, ``fail``, ``open``, ``aside``, or the status
    of a target) and ``threshold``. What a record does not have is left out. A value that is among the
    figures is not said again with a verdict.
    """
    figures = result.quantities
    found = [
        _entry(q, "number", q.metric, q.scope.id, name=q.name, where=q.scope.name, **_value(q))
        for q in figures.values()
    ]
    found += [_verdict(v, known=v.quantity.key in figures) for v in result.judgement.verdicts]
    found += _results(result.judgement)
    found += [
        _target(t, known=t.quantity is not None and t.quantity.key in figures)
        for t in result.judgement.targets
    ]
    return found


def by_key(found: Iterable[Record]) -> dict[Key, Record]:
    """Records by what tells them apart; those of one name, such as a standard asked twice, by their order."""
    out: dict[Key, Record] = {}
    for record in found:
        key, nth = (record["kind"], record["id"], record["scope"]), 0
        while (*key, nth) in out:
            nth += 1
        out[*key, nth] = record
    return out


def moved(old: Record, new: Record) -> dict[str, tuple[Any, Any]]:
    """What of a record moved, from which value to which."""
    fields = {name: (old.get(name), new.get(name)) for name in FIELDS}
    return {name: pair for name, pair in fields.items() if not same(*pair)}


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same, but for how the machine rounds."""
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=_SAME, abs_tol=1e-12)
    return bool(one == other)


def _entry(
    source: Source, kind: str, key: str, scope: str, *, name: Words, where: Words, **more: Any
) -> Entry:
    named = {"name": name.model_dump(), "where": where.model_dump()}
    known = {k: v for k, v in more.items() if v is not None}
    return Entry({"kind": kind, "id": key, "scope": scope, **named, **known}, source)


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


def _verdict(verdict: Verdict, *, known: bool) -> Entry:
    number = verdict.quantity
    more = {"unit": number.unit} if known else _value(number)
    state = _state(verdict.passes, considered=verdict.considered)
    return _entry(
        verdict, "verdict", f"{verdict.rulebook}/{verdict.id}", verdict.scope.id,
        name=verdict.title, where=verdict.scope.name, **more, state=state,
        threshold=finite(verdict.threshold),
    )  # fmt: skip


def _results(judged: Judgement) -> Iterator[Entry]:
    for found in judged.classes:
        points = None if found.points is None else finite(found.points.given)
        more = {} if points is None else {"value": points, "unit": "points"}
        yield _entry(
            found, "class", found.urban_class, "city", name=found.title, where=WHOLE_CITY,
            state=_state(found.passes), **more,
        )  # fmt: skip
    for unit in (*(() if judged.city_unit is None else (judged.city_unit,)), *judged.units):
        yield _entry(
            unit, "unit", f"{unit.kind}/{unit.against}", unit.scope.id, name=unit.title,
            where=unit.scope.name, state=_state(unit.passes),
        )  # fmt: skip


def _target(found: TargetResult, *, known: bool) -> Entry:
    target = found.target
    where = WHOLE_CITY if found.quantity is None else found.quantity.scope.name
    more = {"unit": target.unit} if known else _value(found.quantity)
    return _entry(
        found, "target", target.id, str(target.scope), name=target.title, where=where,
        **more, state=found.status, threshold=finite(target.value),
    )  # fmt: skip
