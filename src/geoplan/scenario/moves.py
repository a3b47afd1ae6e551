"""What moves between assessments of one city: records matched by kind, id and scope."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.criteria.verdict import TargetResult, UnitResult, Verdict
from geoplan.model import Words, words
from geoplan.quantity import Quantity
from geoplan.scenario.records import entries, finite, same
from geoplan.timeline import UNIT_KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import Certainty
    from geoplan.quantity import Part
    from geoplan.scenario.records import Entry, Record

    Key = tuple[str, str, str, int]

MOVE_KINDS: Final[dict[str, Words]] = {
    "class": words("Loại đô thị", "Urban class"),
    "kind": words("Loại đơn vị", "Kind of unit"),
    "unit": words("Tiêu chuẩn đơn vị", "Standards of a unit"),
    "verdict": words("Tiêu chuẩn", "Standard"),
    "target": words("Chỉ tiêu", "Target"),
    "number": words("Số liệu", "Figure"),
}
"""What may move, in the order in which it is told."""
_GROUPS: Final = ("city", "wards", "candidates", "zones")
_MEASURED: Final = 1e-6
"""Areas are measured within a millionth: two figures that differ by less are one."""


@dataclass(frozen=True, kw_only=True)
class Side:
    """One figure or verdict in one of the cities compared.

    `state` is ``pass, fail, open, aside``, the status of a target, or the kind of a unit; None for a
    figure. `threshold` is what the law or the document asks there.
    """

    value: float | None = None
    said: Words | None = None
    state: str | None = None
    threshold: float | None = None
    quantity: Quantity | None = None
    certainty: Certainty | None = None
    article: str | None = None

    @property
    def numerator(self) -> Part | None:
        """The upper part of a ratio."""
        return None if self.quantity is None else self.quantity.numerator

    @property
    def denominator(self) -> Part | None:
        """The lower part of a ratio, with its name."""
        return None if self.quantity is None else self.quantity.denominator


@dataclass(frozen=True, kw_only=True)
class Move:
    """One figure or verdict in all cities compared; a side is None where it is not asked."""

    what: str
    id: str
    scope: str
    name: Words
    where: Words
    unit: str | None
    sides: tuple[Side | None, ...]
    moved: bool

    @property
    def article(self) -> str | None:
        """The article or source of the threshold or the ratio, as the last city that has one says it."""
        return next((s.article for s in reversed(self.sides) if s is not None and s.article), None)


def find_moves(results: Sequence[Assessment], *, everything: bool) -> tuple[Move, ...]:
    """The moves, verdicts on the whole first; all figures and verdicts when asked."""
    found = [_by_key(result) for result in results]
    keys = dict.fromkeys(key for one in found for key in one)
    kinds, groups = list(MOVE_KINDS), {scope: at for at, scope in enumerate(_GROUPS)}
    ordered = sorted(keys, key=lambda k: (kinds.index(k[0]), groups.get(k[2], len(groups))))
    moves = (_move(key, [one.get(key) for one in found]) for key in ordered)
    return tuple(move for move in moves if move.moved or everything)


def _by_key(result: Assessment) -> dict[Key, tuple[Record, Side]]:
    """Records with their sides; a unit's by what it is judged against, whatever kind it is."""
    out: dict[Key, tuple[Record, Side]] = {}
    for record, side in _sides(result):
        name = record["id"].partition("/")[2] if record["kind"] == "unit" else record["id"]
        key, nth = (record["kind"], name, record["scope"]), 0
        while (*key, nth) in out:
            nth += 1
        out[*key, nth] = (record, side)
    return out


def _sides(result: Assessment) -> Iterator[tuple[Record, Side]]:
    for entry in entries(result):
        yield entry.record, _side(entry)
    units = result.city.communes
    for code, name, kind in zip(units["code"], units["name"], units["kind"], strict=True):
        said = UNIT_KINDS.get(kind, words(str(kind), str(kind)))
        record = {
            "kind": "kind", "id": "kind", "scope": str(code), "name": MOVE_KINDS["kind"].model_dump(),
            "where": {"vi": str(name), "en": str(name)},
        }  # fmt: skip
        yield record, Side(state=str(kind), said=said)


def _side(entry: Entry) -> Side:
    record, source = entry.record, entry.source
    quantity: Quantity | None = None
    certainty, article = None, None
    if isinstance(source, Quantity):
        quantity, article = source, source.article
    elif isinstance(source, Verdict):
        quantity, certainty, article = source.quantity, source.certainty, source.article
    elif isinstance(source, TargetResult):
        quantity, certainty = source.quantity, source.certainty
        article = f"{source.target.document}, {source.target.section}"
    elif not isinstance(source, UnitResult):
        article = source.article
    value = record.get("value")
    if value is None and quantity is not None:
        value = finite(quantity.value)
    said = quantity.said if quantity is not None else None
    return Side(
        value=value, said=said, state=record.get("state"), threshold=record.get("threshold"),
        quantity=quantity, certainty=certainty, article=article,
    )  # fmt: skip


def _move(key: Key, found: Sequence[tuple[Record, Side] | None]) -> Move:
    record = next(one[0] for one in found if one is not None)
    sides = tuple(None if one is None else one[1] for one in found)
    first = None if found[0] is None else _told(*found[0])
    return Move(
        what=key[0],
        id=key[1],
        scope=key[2],
        name=Words(**record["name"]),
        where=Words(**record["where"]),
        unit=record.get("unit"),
        sides=sides,
        moved=any(_differ(first, None if one is None else _told(*one)) for one in found[1:]),
    )


def _told(record: Record, side: Side) -> tuple[Any, ...]:
    """What of a record decides whether it moved: a figure that stands for itself is not told again."""
    firm = side.certainty is not None and side.certainty.borderline
    said = None if side.said is None else side.said.vi
    own = record["kind"] == "kind" or "value" in record
    return (
        record.get("value"),
        said if own else None,
        record.get("state"),
        record.get("threshold"),
        firm,
    )


def _differ(one: tuple[Any, ...] | None, other: tuple[Any, ...] | None) -> bool:
    if one is None or other is None:
        return one is not other
    return not all(_alike(*pair) for pair in zip(one, other, strict=True))


def _alike(one: Any, other: Any) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_MEASURED, abs_tol=_MEASURED)
    return same(one, other)
