"""The search for the best change: what is cheapest, proved by the solver and checked on the changed city."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, overload

import numpy as np

from geoplan.assessment import Assessment, assess
from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.scenario.best.coverage import coverage_task, find_aim
from geoplan.scenario.best.result import Best, Checked, Status
from geoplan.scenario.best.solve import cheapest, clashes, densest, nearest, shortfall
from geoplan.scenario.best.task import DEMANDS, class_result, require_agreement
from geoplan.scenario.best.wards import wards_task
from geoplan.text import as_date, number, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from geoplan.city import City
    from geoplan.criteria.verdict import Verdict
    from geoplan.errors import Lang
    from geoplan.scenario.best.model import Chosen
    from geoplan.scenario.best.solve import Solution
    from geoplan.scenario.best.task import Task
    from geoplan.scenario.projection.project import FirstYear

GOALS: Final[dict[str, Words]] = {
    "wards": words(
        "xã nào lên phường để nội thị đạt chuẩn với ít đất phải lập quy hoạch nhất",
        "which communes to turn into wards so that the inner area passes with the least land to plan",
    ),
    "coverage": words("lập quy hoạch phần nào trước để đạt độ phủ", "which parts to plan first"),
    "year": words("năm nào dân số, mật độ dự báo đạt chuẩn", "in which projected year the standards pass"),
}
_OPTIONS: Final = {
    "wards": {"urban_class", "candidates", "kind", "contiguous", "ready", "ward_share"},
    "coverage": {"share", "kind", "over", "among", "contiguous", "min_part_ha", "most"},
    "year": {"urban_class", "until", "growth"},
}


@overload
def best(
    city: City, *, goal: Literal["year"], on: dt.date | str | None = ..., **options: Any
) -> FirstYear: ...
@overload
def best(
    city: City | Assessment,
    *,
    goal: Literal["wards", "coverage"] = ...,
    on: dt.date | str | None = ...,
    **options: Any,
) -> Best: ...
def best(
    city: City | Assessment,
    *,
    goal: str = "wards",
    on: dt.date | str | None = None,
    **options: Any,
) -> Best | FirstYear:
    """The cheapest change of a city that reaches a goal, found exactly; or how far the best try falls short.

    Parameters
    ----------
    city
        From `geoplan.open_city`, or its assessment.
    goal
        ``wards``: which communes to turn into wards so that the people and density of the inner area meet
        the class aimed at, with the least land still to plan.
        ``coverage``: which parts without a plan to plan first, whole parts only, with the least land.
        ``year``: the first projected year in which the people and density tests pass
        (`geoplan.scenario.projection.project`).
    on
        The date; the city's own when None.
    **options
        For ``wards``: `urban_class` (such as ``II``; the nearest aim), `candidates` (codes or names, or
        ``all`` units that are no wards; those that documents name), `kind` of the plan that a commune
        needs (``zoning``), `contiguous` (each new ward borders on the inner area, directly or through
        other new ones), `ready` (only communes that fail no standard of a ward), `ward_share` (the
        city's share of wards must pass too).
        For ``coverage``: `share` in percent (of the city's targets the first that fits), `kind`
        (``zoning``), `over` (``natural``, ``urban_land``, ``published``), `among` (``city``, ``wards``,
        ``candidates``), `contiguous` (the chosen parts form one connected area), `min_part_ha` (no
        smaller part), `most` (``land``: least land; ``people``: most people per hectare).
        For ``year``: `until` (a year), `urban_class`, `growth` in percent a year.

    Returns
    -------
    Best
        What to choose, its cost in hectares, each demand before and after with its article and margin,
        which demands clash, and the changed city. It does not say what a plan costs in money, nor that
        an authority will agree. For ``year`` a `FirstYear`.

    Raises
    ------
    UsageError
        When the goal or an option does not exist, or nothing is there to choose from.
    DataError
        When a layer cannot be measured, or the changed city measures otherwise than was counted.

    Notes
    -----
    Thresholds are those of the rulebooks in force on the date. A ratio ``P / A ≥ t`` is searched as
    ``P ≥ t·A``, which is linear, so that mixed-integer programming (HiGHS) finds the optimum and
    proves it. Equal costs are settled by fewest choices, then by code.
    """
    require_goal(goal, options)
    if goal == "year":
        return _year(city, on, options)
    before = assessed(city, on)
    most = str(options.pop("most", "land"))
    if most not in {"land", "people"}:
        raise UsageError(
            vi=f"most={quoted(most)} không có; hãy dùng land (ít đất nhất), people (đông dân mỗi ha nhất).",
            en=f"there is no most={quoted(most)}; use land (least land) or people (most people per hectare).",
        )
    return answer(task_of(before, goal, options, dense=most == "people"), dense=most == "people")


def task_of(before: Assessment, goal: str, options: dict[str, Any], *, dense: bool = False) -> Task:
    """A goal with its options made ready for the search."""
    if goal == "wards":
        return wards_task(
            before,
            urban_class=options.get("urban_class"),
            candidates=options.get("candidates"),
            kind=options.get("kind") or "zoning",
            contiguous=bool(options.get("contiguous")),
            ready=bool(options.get("ready")),
            ward_share=bool(options.get("ward_share")),
        )
    aim = find_aim(before, **{name: options.get(name) for name in ("share", "kind", "over", "among")})
    return coverage_task(
        before,
        aim,
        contiguous=bool(options.get("contiguous")),
        min_part_ha=float(options.get("min_part_ha") or 0.0),
        dense=dense,
    )


def answer(task: Task, *, dense: bool = False) -> Best:
    """The task solved, carried out on the city, judged, and compared with what was counted.

    Raises
    ------
    DataError
        When the changed city measures otherwise.
    """
    problem = task.problem
    solution = densest(problem, task.people) if dense else cheapest(problem)
    met = solution is not None
    clash: tuple[tuple[str, ...], ...] = ()
    if solution is None:
        solution, clash = nearest(problem), clashes(problem)
    chosen = solution.chosen
    after = assess(task.changed(chosen)) if chosen.any() else task.before
    checked = tuple(_checked(task, after, chosen))
    names = {rule.id: rule.title for rule in problem.rules} | DEMANDS
    short = {} if met else shortfall(problem, chosen)
    return Best(
        goal=task.goal,
        title=task.title,
        status=_status(solution, met=met),
        choices=task.table.assign(chosen=chosen),
        objective=float(task.hectares[chosen].sum()),
        objective_name=task.objective_name,
        whole=task.whole,
        whole_name=task.whole_name,
        rules=checked,
        clashes=tuple(tuple(names[name] for name in one) for one in clash),
        shortfall=short,
        proof=solution.proof,
        open=_open(task, after),
        notes=(*_said(task, solution, dense=dense), *([] if met else _everything(task)), *task.notes),
        before=task.before,
        after=after,
    )


def _status(solution: Solution, *, met: bool) -> Status:
    if not met:
        return "infeasible"
    if not solution.chosen.any():
        return "nothing_needed"
    return "optimal" if solution.proof.gap == 0 else "not_proved"


def _checked(task: Task, after: Assessment, chosen: Chosen) -> Sequence[Checked]:
    """Each rule by what is measured before and after, once the measured agrees with the counted."""
    out = []
    for rule in task.problem.rules:
        old, new = (r.quantities.get(rule.quantity) for r in (task.before, after))
        value = None if new is None else new.value
        require_agreement(rule, chosen, value)
        out.append(
            Checked(
                rule=rule,
                before=None if old is None else old.value,
                after=value,
                passes=rule.met(chosen),
                lack=rule.lack(chosen),
            )
        )
    return out


def _open(task: Task, after: Assessment) -> tuple[Verdict, ...]:
    """Verdicts of the class that do not pass after the change, without those that were demanded."""
    if task.urban_class is None:
        return ()
    asked = {rule.id for rule in task.problem.rules}
    judged = class_result(after, task.urban_class)
    return tuple(v for v in judged.verdicts if v.passes is not True and v.considered and v.id not in asked)


def _said(task: Task, solution: Solution, *, dense: bool) -> list[Words]:
    """What is to be said of the chosen ones: people, standards of a ward that they fail."""
    chosen, out = solution.chosen, []
    people = task.people[chosen]
    if chosen.any() and not np.isnan(people).any():
        vi, en = (number(float(people.sum()), lang=lang) for lang in ("vi", "en"))
        out.append(words(f"các lựa chọn có {vi} người", f"the chosen ones have {en} people"))
    if dense and chosen.any():
        rate = float(people.sum()) / float(task.hectares[chosen].sum())
        vi, en = (number(rate, digits=2, lang=lang) for lang in ("vi", "en"))
        out.append(words(f"{vi} người trên mỗi ha, nhiều nhất có thể", f"{en} people per hectare, the most"))
    for row in task.table[chosen].to_dict("records"):
        remark = task.remarks.get(str(row["id"]))
        if remark is not None:
            out.append(words(f"{row['name']} {remark.vi}", f"{row['name']} {remark.en}"))
    return out


def _everything(task: Task) -> list[Words]:
    """What choosing everything that may be chosen would come to, when nothing is enough."""
    problem = task.problem
    chosen = problem.takeable()

    def say(lang: Lang) -> str:
        values = [
            f"{rule.title.text(lang)} {with_unit(rule.value(chosen), rule.unit, lang)}"
            for rule in problem.rules
        ]
        hectares = with_unit(float(task.hectares[chosen].sum()), "ha", lang)
        head = "all that may be chosen" if lang == "en" else "chọn tất cả"
        tail = f"{hectares} to plan" if lang == "en" else f"cần lập quy hoạch {hectares}"
        return f"{head} ({int(chosen.sum())}): {'; '.join([*values, tail])}"

    return [words(say("vi"), say("en"))]


def assessed(city: City | Assessment, on: dt.date | str | None) -> Assessment:
    """The assessment of a city on a date; the one that is given when it is of that date."""
    if isinstance(city, Assessment):
        same = on is None or as_date(on) == city.on
        return city if same else assess(city.city, on=on)
    return assess(city, on=on)


def require_goal(goal: str, options: Iterable[str]) -> None:
    """Refuse a goal that does not exist, or an option that is none of its own.

    Raises
    ------
    UsageError
        With those that there are.
    """
    if goal not in GOALS:
        vi, en = (
            "; ".join(f"{key} ({text.text(lang)})" for key, text in GOALS.items()) for lang in ("vi", "en")
        )
        raise UsageError(
            vi=f"Không có mục tiêu {quoted(goal)}; hãy chọn: {vi}.",
            en=f"There is no goal {quoted(goal)}; choose: {en}.",
        )
    strange = sorted(set(options) - _OPTIONS[goal])
    if strange:
        known = ", ".join(sorted(_OPTIONS[goal]))
        raise UsageError(
            vi=f"Mục tiêu {goal} không có tùy chọn {', '.join(strange)}; các tùy chọn: {known}.",
            en=f"The goal {goal} has no option {', '.join(strange)}; its options: {known}.",
        )


def _year(city: City | Assessment, on: dt.date | str | None, options: dict[str, Any]) -> FirstYear:
    from geoplan.scenario.projection.project import first_year  # noqa: PLC0415 - only this goal needs it

    base = city.city if isinstance(city, Assessment) else city
    view = base if on is None else base.as_of(on)
    until, named = options.get("until"), options.get("urban_class")
    if until is None:
        raise UsageError(
            vi="Mục tiêu year cần until, năm cuối của dự báo, như 2035.",
            en="The goal year needs until, the last year of the projection, such as 2035.",
        )
    aims = sorted(view.info.class_aimed, key=lambda aim: aim.due)
    if named is None and not aims:
        raise UsageError(
            vi=f"{view.info.name}: không rõ loại đô thị hướng tới; hãy nêu urban_class, như “II”.",
            en=f"{view.info.name}: no class aimed at is known; give urban_class, such as “II”.",
        )
    return first_year(view, goal=str(named or aims[0].class_), until=int(until), growth=options.get("growth"))
