"""Which figures nobody gave, and how many verdicts each of them blocks."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

from geoplan.criteria.verdict import DataGap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geoplan.criteria.evidence import Evidence
    from geoplan.criteria.verdict import TargetResult, Verdict
    from geoplan.quantity import Quantity

_SUMS: Final = frozenset({"population", "density", "density_urban", "inner_population_share"})
"""Metrics that need the population of every unit of their scope."""
_GROUPS: Final = frozenset({"city", "wards", "candidates"})


def data_gaps(
    evidence: Evidence, *, verdicts: Iterable[Verdict], targets: Iterable[TargetResult]
) -> tuple[DataGap, ...]:
    """Missing figures, the one that blocks most verdicts first.

    A sum that fails for want of some units' population is put down to those units. Thresholds that
    were not found are no data gap: no figure would help.
    """
    blocked: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    wanted: dict[tuple[str, str], Quantity] = {}
    for name, quantity in _unanswered(verdicts, targets):
        for root in _roots(quantity, evidence):
            blocked[root.key][name] = None
            wanted.setdefault(root.key, root)
    gaps = [
        DataGap(
            metric=metric,
            name=wanted[metric, scope].name,
            scope=wanted[metric, scope].scope,
            blocks=tuple(by),
        )
        for (metric, scope), by in blocked.items()
    ]
    return tuple(sorted(gaps, key=lambda g: (-len(g.blocks), g.metric, g.scope.id)))


def _unanswered(
    verdicts: Iterable[Verdict], targets: Iterable[TargetResult]
) -> Iterator[tuple[str, Quantity]]:
    for v in verdicts:
        if v.passes is None and v.considered and v.threshold is not None and v.quantity.value is None:
            yield f"{v.id}@{v.scope.id}", v.quantity
    for t in targets:
        if t.passes is None and t.quantity is not None and t.quantity.value is None:
            yield f"target.{t.target.id}", t.quantity


def _roots(quantity: Quantity, evidence: Evidence) -> list[Quantity]:
    """The quantities whose figures are missing: those of units under a sum, else the quantity itself."""
    if quantity.metric not in _SUMS:
        return [quantity]
    if quantity.scope.id not in _GROUPS:
        own = evidence.measured("population", quantity.scope.id)
        return [own] if own is not None and own.value is None else [quantity]
    units = evidence.city.communes
    if quantity.scope.id == "wards":
        units = units[units["kind"] == "ward"]
    found = (evidence.measured("population", str(code)) for code in units["code"])
    lacking = [q for q in found if q is not None and q.value is None]
    return lacking or [quantity]
