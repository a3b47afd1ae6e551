"""Trade-offs: how much more is gained for more land to plan, point by point, none of them bettered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.quantity import UNITS, html_table, with_unit
from geoplan.scenario.best.pareto import BUDGETS, MOST_TRIED, by_budgets, by_trying
from geoplan.scenario.best.parts import HA_PER_KM2
from geoplan.scenario.best.points import best_by_points
from geoplan.scenario.best.result import json_rows
from geoplan.scenario.best.search import assessed, require_goal, task_of
from geoplan.scenario.best.task import rulebook_class
from geoplan.text import date_text, listing, number, one_line, quoted

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.city import City
    from geoplan.errors import Lang
    from geoplan.scenario.best.model import Chosen
    from geoplan.scenario.best.task import Task

GAINS: Final[dict[str, dict[str, tuple[Words, str]]]] = {
    "wards": {
        "people": (words("người thêm vào khu vực nội thị", "people added to the inner area"), "person"),
        "points": (words("điểm phân loại đô thị", "points of the urban class"), "points"),
    },
    "coverage": {
        "people": (
            words("người trên đất được phủ thêm (ước tính)", "people on the land added (estimated)"),
            "person",
        ),
        "coverage": (words("đất được tính thêm vào độ phủ", "land added to coverage"), "ha"),
    },
}
"""What can be gained for each goal: what it is called, and its unit."""


@dataclass(frozen=True, kw_only=True)
class Front:
    """Choices that none betters: less land to plan gains less.

    Attributes
    ----------
    goal, gain, title
        What is changed and what is gained; both in words.
    gain_name, unit
        What the gain is called, and its unit.
    table
        A row each, the least land first: ``choices`` (names), ``count``, ``to_plan_ha``, ``low`` and
        ``high`` (the gain; they differ where only bounds of the points are known) and ``met`` (whether the
        thresholds of the goal pass too).
    asked
        What the gain must reach by the goal's own threshold; None when it has none.
    tried
        Whether every subset was tried; else the front is sampled at budgets of land, each point exact.
    """

    goal: Literal["wards", "coverage"]
    gain: str
    title: Words
    gain_name: Words
    unit: str
    table: pd.DataFrame
    asked: float | None
    tried: bool
    notes: tuple[Words, ...]
    before: Assessment

    def __repr__(self) -> str:
        return f"<Front {self.goal} {self.before.city.id}: {len(self.table)} points by {self.gain}>"

    @property
    def bounded(self) -> bool:
        """Whether only bounds of some gain are known."""
        return bool((self.table["low"] != self.table["high"]).any())

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """The front as pairs of a label and a text, a point each."""
        out = [("", f"{self.before.city.title(lang)}, {date_text(self.before.on, lang=lang)}")]
        out.append(("", self.title.text(lang)))
        for row in self.table.to_dict("records"):
            names = listing(row["choices"], limit=6, lang=lang) or _NOTHING.text(lang)
            met = f"; {_MET.text(lang)}" if row["met"] else ""
            out.append(
                (with_unit(row["to_plan_ha"], "ha", lang), f"{self.gain_text(row, lang)}{met}: {names}")
            )
        if self.asked is not None:
            out.append((_ASKED.text(lang), with_unit(self.asked, self.unit, lang)))
        return [
            (head, one_line(text))
            for head, text in out + [(_NOTE.text(lang), n.text(lang)) for n in self.notes]
        ]

    def gain_text(self, row: dict[Any, Any], lang: Lang = "vi") -> str:
        """The gain of a row; both bounds where no more is known."""
        low, high = float(row["low"]), float(row["high"])
        if low == high:
            return with_unit(low, self.unit, lang)
        digits = UNITS[self.unit].digits
        return _BOUNDS.text(lang).format(
            number(low, digits=digits, lang=lang), with_unit(high, self.unit, lang)
        )

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """The front as values that `json.dumps` takes with ``allow_nan=False``."""
        rows = json_rows(self.table.drop(columns="choices"))
        names = self.table["choices"].tolist()
        return {
            "goal": self.goal,
            "gain": self.gain,
            "title": self.title.text(lang),
            "city": self.before.city.id,
            "on": self.before.on.isoformat(),
            "gain_name": self.gain_name.text(lang),
            "unit": self.unit,
            "asked": self.asked,
            "tried": self.tried,
            "points": [row | {"choices": list(n)} for row, n in zip(rows, names, strict=True)],
            "notes": [note.text(lang) for note in self.notes],
        }

    def _repr_html_(self) -> str:
        return html_table(self.lines())


_NOTHING: Final = words("không chọn gì", "nothing")
_MET: Final = words("đạt các ngưỡng", "meets the thresholds")
_ASKED: Final = words("Cần", "Needed")
_NOTE: Final = words("Lưu ý", "Note")
_BOUNDS: Final = words("ít nhất {}, nhiều nhất {}", "at least {}, at most {}")


def front(
    city: City | Assessment,
    *,
    goal: Literal["wards", "coverage"] = "wards",
    gain: str = "people",
    on: dt.date | str | None = None,
    **options: Any,
) -> Front:
    """The trade-off between land to plan and what it gains: every choice that none betters.

    Parameters
    ----------
    city
        From `geoplan.open_city`, or its assessment.
    goal, options
        As for `geoplan.best`; the goal's thresholds are not demanded here, only told.
    gain
        For ``wards``: ``people`` (added to the inner area) or ``points`` (of the urban class, by the
        rulebook in force; bounds where it does not give the points of a standard). For ``coverage``:
        ``people`` (an estimate) or ``coverage`` (hectares).
    on
        The date; the city's own when None.

    Returns
    -------
    Front
        Exact: up to 16 choices by trying every subset; with more by programmes at evenly spaced budgets
        of land, so that each point is exact and there may be others between.

    Raises
    ------
    UsageError
        As `geoplan.best`; when the gain does not exist, or there are more than 16 choices for points.
    DataError
        When a layer cannot be measured.
    """
    if goal not in GAINS or gain not in GAINS[goal]:
        known = "; ".join(f"{g}: {', '.join(names)}" for g, names in GAINS.items())
        raise UsageError(
            vi=f"Không có đánh đổi {quoted(gain)} cho mục tiêu {quoted(goal)}; hãy chọn: {known}.",
            en=f"There is no trade-off {quoted(gain)} for the goal {quoted(goal)}; choose: {known}.",
        )
    require_goal(goal, options)
    if "most" in options:
        raise UsageError(
            vi="Bảng đánh đổi không dùng most: hãy bỏ, và chọn cái được bằng gain.",
            en="The trade-off has no use for most: leave it out, and choose the gain by gain.",
        )
    if goal == "coverage":
        options = {"share": _WHOLE} | options
        _require_price(gain, options)
    before = assessed(city, on)
    # what has no known people is left out where people are sought: it must not count as nobody
    task = task_of(before, goal, options, dense=gain == "people")
    count = int(task.problem.takeable().sum())
    if gain == "points" and count > MOST_TRIED:
        raise UsageError(
            vi=f"Đánh đổi theo điểm xét tối đa {MOST_TRIED} xã ({count} xã được nêu); hãy nêu ít hơn.",
            en=f"The trade-off by points takes at most {MOST_TRIED} communes ({count} given); name fewer.",
        )
    if gain == "points":
        chosen, points = best_by_points(task)
        bounds = [(p.worst, p.best) for p in points]
    else:
        gains = _gains(task, gain)
        tried = count <= MOST_TRIED
        chosen = by_trying(task.problem, gains[None, :]) if tried else list(by_budgets(task.problem, gains))
        bounds = [(float(gains[one].sum()),) * 2 for one in chosen]
    table = _table(task, chosen, bounds)
    name, unit = GAINS[goal][gain]
    return Front(
        goal=goal,
        gain=gain,
        title=_title(name),
        gain_name=name,
        unit=unit,
        table=table,
        asked=_asked(task, gain),
        tried=count <= MOST_TRIED,
        notes=(*_sampled(count), *_known(table, gain), *task.notes),
        before=before,
    )


_WHOLE: Final = 100.0


def _require_price(gain: str, options: dict[str, Any]) -> None:
    """Refuse a front that is a straight line: natural land costs what it gains."""
    if gain == "coverage" and options.setdefault("over", "urban_land") != "urban_land":
        raise UsageError(
            vi="Độ phủ trên diện tích tự nhiên tăng đúng bằng đất lập quy hoạch, không có gì để đánh đổi; "
            "hãy dùng over=“urban_land” hoặc gain=“people”.",
            en="Coverage of natural land gains just what it costs, there is nothing to trade; use "
            "over=“urban_land” or gain=“people”.",
        )


def _gains(task: Task, gain: str) -> NDArray[np.float64]:
    """What each choice gains; one whose people are unknown gains none that are known."""
    return HA_PER_KM2 * task.problem.rules[0].gains if gain == "coverage" else np.nan_to_num(task.people)


def _table(task: Task, chosen: list[Chosen], bounds: list[tuple[float, float]]) -> pd.DataFrame:
    rows = [
        {
            "choices": tuple(task.table.loc[one, "name"]),
            "count": int(one.sum()),
            "to_plan_ha": float(task.hectares[one].sum()),
            "low": low,
            "high": high,
            "met": all(rule.met(one) for rule in task.problem.rules),
        }
        for one, (low, high) in zip(chosen, bounds, strict=True)
    ]
    return pd.DataFrame(rows)


def _asked(task: Task, gain: str) -> float | None:
    """What the gain must reach for the goal's own threshold on it."""
    if gain == "points":
        found, _ = rulebook_class(task.before.city, str(task.urban_class))
        return found.total
    if gain == "coverage":
        rule = task.problem.rules[0]
        return max(rule.row()[1], 0.0)
    plain = (r for r in task.problem.rules if task.goal == "wards" and r.quantity == ("population", "wards"))
    rule_or_none = next(plain, None)
    return None if rule_or_none is None else max(rule_or_none.row()[1], 0.0)


def _title(name: Words) -> Words:
    return words(
        f"Đánh đổi giữa đất phải lập quy hoạch và {name.vi}",
        f"Trade-off between land to plan and {name.en}",
    )


def _sampled(count: int) -> list[Words]:
    if count <= MOST_TRIED:
        return [
            words(
                f"đã xét mọi tập con của {count} lựa chọn: không lựa chọn nào hơn các điểm này",
                f"every subset of the {count} choices was tried: none betters these points",
            )
        ]
    return [
        words(
            f"{count} lựa chọn: lấy {BUDGETS} mức đất cách đều, mỗi điểm là tối ưu, giữa các điểm có thể còn "
            "điểm khác",
            f"{count} choices: {BUDGETS} even budgets of land, each point optimal, others may lie between",
        )
    ]


def _known(table: pd.DataFrame, gain: str) -> list[Words]:
    if gain != "points" or bool((table["low"] == table["high"]).all()):
        return []
    return [
        words(
            "điểm chỉ biết “ít nhất” và “nhiều nhất”: còn tiêu chuẩn chưa có số liệu, ngưỡng hoặc thang điểm",
            "points are known “at least” and “at most” only: figures, thresholds or scales are missing",
        )
    ]
