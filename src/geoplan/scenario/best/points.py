"""Points of a class for a choice of wards: the judge asked with the figures that the choice would give."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geoplan.criteria.classes import judge_class
from geoplan.criteria.evidence import Evidence, read_entries, scopes_of
from geoplan.errors import UsageError
from geoplan.model import words
from geoplan.quantity import Quantity, Scope
from geoplan.scenario.best.pareto import every_choice, select
from geoplan.scenario.best.task import rulebook_class
from geoplan.text import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from geoplan.criteria.verdict import Points
    from geoplan.scenario.best.model import Chosen, Rule
    from geoplan.scenario.best.task import Task


def best_by_points(task: Task) -> tuple[list[Chosen], list[Points]]:
    """The choices that no other betters in land and in points at worst and at best, and their points.

    Points only grow with the figures that they are of, so that a choice which another betters in land
    and in every figure need not be judged.
    """
    every, points = every_choice(task.problem), points_of(task)
    figures = [_figures(rule, every) for rule in task.problem.rules]
    chosen = select(task.problem, every, np.column_stack(figures))
    judged = [points(one) for one in chosen]
    kept = select(task.problem, np.array(chosen), np.array([[p.worst, p.best] for p in judged]))
    by_choice = {one.tobytes(): p for one, p in zip(chosen, judged, strict=True)}
    return kept, [by_choice[one.tobytes()] for one in kept]


def _figures(rule: Rule, every: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The figure of each choice; what has no denominator is less than any."""
    above = rule.have + every @ rule.gains
    below = np.full(len(every), rule.size) if rule.sizes is None else rule.size + every @ rule.sizes
    out = np.full(len(every), -np.inf)
    np.divide(rule.times * above, below, out=out, where=below > 0)
    return out


def points_of(task: Task) -> Callable[[Chosen], Points]:
    """What counts the points of a choice, by the rulebook in force and the judge's own rules.

    Raises
    ------
    UsageError
        When the class goes without points.
    """
    before, name = task.before, str(task.urban_class)
    found, rulebook = rulebook_class(before.city, name)
    city = before.city
    entries = read_entries(city.indicators, scopes=scopes_of(city))

    def judged(chosen: Chosen) -> Points | None:
        changed = {rule.quantity: _figure(task, rule, chosen) for rule in task.problem.rules}
        evidence = Evidence(city, {**before.quantities, **changed}, entries)
        return judge_class(found, rulebook=rulebook, evidence=evidence).points

    def points(chosen: Chosen) -> Points:
        given = judged(chosen)
        if given is None:
            raise UsageError(
                vi=f"Loại {quoted(name)} theo {rulebook.law} không tính điểm; hãy dùng gain=“people”.",
                en=f"Class {quoted(name)} by {rulebook.law} goes without points; use gain=“people”.",
            )
        return given

    return points


def _figure(task: Task, rule: Rule, chosen: Chosen) -> Quantity:
    """The number that a choice would give; without parts, whose bounds only say how firm a verdict is."""
    value = rule.value(chosen)
    known = None if np.isnan(value) else value
    old = task.before.quantities.get(rule.quantity)
    if old is not None:
        return replace(old, value=known, numerator=None, denominator=None)
    metric, scope = rule.quantity
    return Quantity(
        metric=metric,
        name=rule.title,
        value=known,
        unit=rule.unit,
        scope=Scope(id=scope, name=words("khu vực nội thị", "inner area")),
        on=task.before.on,
    )
