"""The chart of a report: coverage over the years as steps, and the lines that targets ask for."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from geoplan.show import palette
from geoplan.show.labels import capital, plan_kind, word
from geoplan.show.paper.ink import FAINT, INK, blank_page, drawable, font
from geoplan.show.report.saying import pick
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import TargetResult
    from geoplan.errors import Lang
    from geoplan.timeline import Timeline

_WIDTH, _TALL = 165.0, 58.0
_LEFT, _TOP = 14.0, 4.0
_YEARS, _LINE = 12.0, 4.2
"""Millimetres below the axes: of the years, and of each line of the legend."""
_SERIES: Final = (
    ("zoning", "natural", "solid", 2.6),
    ("zoning", "urban_land", "dashed", 2.2),
    ("detailed", "natural", "solid", 1.1),
    ("detailed", "urban_land", "dashed", 1.0),
)
_MOST_TARGETS: Final = 4
_MARKERS: Final = "osD^"


def draw_chart(result: Assessment, history: Timeline, lang: Lang) -> Figure:
    """Percent of the whole city by date up to the date of assessment; targets until they are due."""
    targets = _asked(result)
    entries = len(_SERIES) + sum(1 if t.quantity is None or t.quantity.value is None else 2 for t in targets)
    bottom = _YEARS + _LINE * -(-entries // 2)
    height = bottom + _TALL + _TOP
    figure, page = blank_page(_WIDTH, height, dpi=200)
    page.set_visible(False)
    axes = figure.add_axes((_LEFT / _WIDTH, bottom / height, (_WIDTH - _LEFT - 3) / _WIDTH, _TALL / height))
    first = _series(axes, result, history, lang)
    last = max([result.on, *_targets(axes, targets, result.on, lang)])
    _dress(axes, first, last, result.on, lang)
    return figure


def _series(axes: Axes, result: Assessment, history: Timeline, lang: Lang) -> dt.date:
    """The steps of each series, and the day on which the first begins."""
    totals = history.totals
    whole = totals[(totals["group"] == "all") & (totals["date"].dt.date <= result.on)]
    first = result.on
    for kind, over, style, width in _SERIES:
        chosen = whole[(whole["plan_kind"] == kind) & (whole["denominator"] == over)]
        if chosen.empty:
            continue
        days = [_year(day.date()) for day in chosen["date"]]
        values = [float(v) for v in chosen["coverage_pct"]]
        first = min(first, chosen["date"].iloc[0].date())
        name = f"{capital(plan_kind(kind, lang))}, {word(over, lang)}"
        axes.step(
            [*days, _year(result.on)], [*values, values[-1]], where="post",
            color=palette.plan_colour(kind), linestyle=style, linewidth=width, label=drawable(name),
        )  # fmt: skip
    return first


def _asked(result: Assessment) -> list[TargetResult]:
    """The first targets of coverage that have a value and a day."""
    found = [t for t in result.judgement.targets if (t.target.metric or "").startswith("coverage.")]
    return [t for t in found[:_MOST_TARGETS] if _due(t) is not None and t.target.value is not None]


def _targets(axes: Axes, found: Sequence[TargetResult], on: dt.date, lang: Lang) -> list[dt.date]:
    """The line of each coverage that is to be reached, from its base value; the days they are due."""
    ends = []
    for marker, target in zip(_MARKERS, found, strict=False):
        due = _due(target)
        if due is None or target.target.value is None:
            continue
        ends.append(due)
        days, values = [_year(due)], [target.target.value]
        if target.base is not None and target.base_on is not None:
            days, values = [_year(target.base_on), *days], [target.base, *values]
        name = pick(lang, "Chỉ tiêu", "Target")
        title = drawable(f"{name}: {target.target.title.text(lang)}")
        axes.plot(days, values, color=INK, linestyle=(0, (1, 1.5)), linewidth=1.3, marker=marker, label=title)
        if target.quantity is not None and target.quantity.value is not None:
            now = pick(lang, "giá trị hiện tại của chỉ tiêu này", "this target's value now")
            axes.plot(
                [_year(on)], [target.quantity.value], color=INK, linestyle="none",
                marker=marker, markerfacecolor="white", label=now,
            )  # fmt: skip
    return ends


def _due(found: TargetResult) -> dt.date | None:
    due = found.target.due
    return dt.date(due, 12, 31) if isinstance(due, int) else due


def _year(day: dt.date) -> float:
    start, end = dt.date(day.year, 1, 1), dt.date(day.year + 1, 1, 1)
    return day.year + (day - start).days / (end - start).days


def _dress(axes: Axes, first: dt.date, last: dt.date, on: dt.date, lang: Lang) -> None:
    axes.set_xlim(_year(first) - 0.1, _year(last) + 0.3)
    axes.set_ylim(0, 104)
    years = range(first.year, last.year + 2)
    step = max(1, -(-len(years) // 14))
    shown = [year for year in years if (year - first.year) % step == 0 and year <= _year(last) + 0.3]
    axes.set_xticks(shown, [str(year) for year in shown])
    ticks = range(0, 101, 20)
    axes.set_yticks(list(ticks), [number(tick, lang=lang) for tick in ticks])
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(font(7.5))
    axes.set_ylabel(word("coverage_pct", lang), fontproperties=font(8), color=INK)
    axes.grid(axis="y", color="#d5d5d5", linewidth=0.5)
    axes.axvline(_year(on), color=FAINT, linewidth=0.8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.48, -0.12), ncols=2, frameon=False,
        prop=font(7.2), handlelength=3.2, columnspacing=1.5,
    )  # fmt: skip
