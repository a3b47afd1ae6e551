"""A city's timeline as a page holds it: what holds from each date on, written as changes only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.show import choropleth, palette
from geoplan.show.cards import both
from geoplan.show.panels import unit_title
from geoplan.show.shapes import encode, for_display, label_point
from geoplan.text import date_text, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.assessment import Assessment
    from geoplan.show.texts import Texts
    from geoplan.timeline import Timeline

Key = tuple[str, pd.Timestamp | None]
_ALL: Final = "all"
_PERCENT: Final = "percent"


def moments(result: Assessment, history: Timeline, texts: Texts) -> dict[str, Any]:
    """The dates, the units and plans of each, the coverage of each unit and of the whole, the targets.

    Parts that last are written once: a unit's coverage as pairs of a step and what holds from it on.
    """
    days = list(history.steps["date"])
    kinds = list(_pairs(history))
    metrics = [f"coverage.{kind}.{den}" for kind, den in kinds]
    rows = [(_key(row), row) for _, row in _units(result, history).iterrows()]
    keys = {key: at for at, (key, _) in enumerate(rows)}
    shown = {key: at for at, key in enumerate(unit_keys(result.city.communes))}
    return {
        "dates": [int(day.timestamp() * 1000) for day in days],
        "days": texts.all(_day(day) for day in days),
        "whys": texts.all(history.steps["why"]),
        "now": max(0, sum(day.date() <= result.on for day in days) - 1),
        "assessed": texts.add(both(lambda lang: date_text(result.on, lang=lang))),
        "kinds": [
            {"key": metric, "title": texts.add(choropleth.title_of(metric, _PERCENT))} for metric in metrics
        ],
        "bands": choropleth.packed_bands(choropleth.coverage_bands(), texts),
        "units": [_unit(row, shown.get(key), texts) for key, row in rows],
        "there": _there(history, days, keys),
        "coverage": [_coverage(history, days, keys, pair, texts) for pair in kinds],
        "totals": [_totals(history, days, pair, texts) for pair in kinds],
        "targets": [_targets(result, metric, texts) for metric in metrics],
        "plans": {f"p{i}": spans for i, spans in plan_spans(history).items()},
    }  # fmt: skip


def _day(day: pd.Timestamp) -> Words:
    return both(lambda lang: date_text(day.date(), lang=lang))


def _share(value: float | None) -> Words:
    return both(lambda lang: percent(value, lang=lang))


def plan_spans(history: Timeline) -> dict[Any, list[list[int]]]:
    """For each plan that ever is in force: from which step to before which other (−1: to the end)."""
    days = {day: at for at, day in enumerate(history.steps["date"])}
    found = {}
    for plan, rows in history.plans.groupby("plan", sort=False):
        at = [days[day] for day in rows["date"]]
        on = dict(zip(at, rows["in_force"].to_numpy(dtype=bool), strict=True))
        spans = _spans([bool(on.get(i, False)) for i in range(len(days))])
        if spans:
            found[plan] = spans
    return found


def _spans(marks: list[bool]) -> list[list[int]]:
    spans: list[list[int]] = []
    for at, mark in enumerate(marks):
        before = at > 0 and marks[at - 1]
        if mark and not before:
            spans.append([at, -1])
        elif before and not mark:
            spans[-1][1] = at
    return spans


def _pairs(history: Timeline) -> Iterator[tuple[str, str]]:
    """Kind of plan and denominator, those of the law's statistics first."""
    found = history.totals[["plan_kind", "denominator"]].drop_duplicates().itertuples(index=False)
    there = [(str(kind), str(den)) for kind, den in found]
    order = ("zoning", "detailed", "general")
    yield from sorted(there, key=lambda p: (p[1] != "natural", order.index(p[0]) if p[0] in order else 9))


def _key(row: Any) -> Key:
    since = row["valid_from"] if "valid_from" in row else row["unit_from"]
    return str(row["code"]), None if pd.isna(since) else pd.Timestamp(since)


def unit_keys(units: pd.DataFrame) -> list[Key]:
    """Each unit by its code and the day from which it is one."""
    return [_key(row) for row in units[["code", "valid_from"]].to_dict("records")]


def _units(result: Assessment, history: Timeline) -> pd.DataFrame:
    """A row for each unit that the timeline knows, with its shape; looked up date by date."""
    wanted = {
        _key(row) for row in history.coverage[["code", "unit_from"]].drop_duplicates().to_dict("records")
    }
    now = result.city.communes
    frames: list[pd.DataFrame] = []
    have: set[Key] = set()
    views = [now]
    for day in history.steps["date"]:
        if wanted <= have:
            break
        if not views:
            views.append(result.city.as_of(day.date()).communes)
        frame = views.pop()
        new = [key in wanted and key not in have for key in unit_keys(frame)]
        have |= set(unit_keys(frame))
        frames.append(frame[new])
    return pd.DataFrame(pd.concat(frames, ignore_index=True))


def _unit(row: pd.Series, shown: int | None, texts: Texts) -> dict[str, Any]:
    """A unit of some date; one that the page draws anyway is named by its place there."""
    unit = {"title": texts.add(unit_title(dict(row))), "name": texts.add(str(row["name"]))}
    if shown is not None:
        return unit | {"shown": shown}
    shapes, places = for_display(np.array([row["geometry"]], dtype=object))
    point = label_point(row["geometry"])
    return unit | {
        "shape": encode(shapes[0], places),
        "places": places,
        "at": None if point is None else [point[1], point[0]],
    }


def _there(history: Timeline, days: list[pd.Timestamp], keys: dict[Key, int]) -> list[list[Any]]:
    """From which step on which units are there."""
    found: list[list[Any]] = []
    groups = dict(iter(history.coverage[["date", "code", "unit_from"]].drop_duplicates().groupby("date")))
    for at, day in enumerate(days):
        rows = groups[day].to_dict("records") if day in groups else []
        units = sorted(keys[_key(row)] for row in rows)
        if not found or found[-1][1] != units:
            found.append([at, units])
    return found


def _coverage(
    history: Timeline, days: list[pd.Timestamp], keys: dict[Key, int], pair: tuple[str, str], texts: Texts
) -> list[list[list[int]]]:
    """For each unit: step, class (−1 unknown), text, whenever they change."""
    step = {day: at for at, day in enumerate(days)}
    rows = _of(history.coverage, pair)
    found: list[list[list[int]]] = [[] for _ in keys]
    for row in rows.to_dict("records"):
        value = None if pd.isna(row["coverage_pct"]) else float(row["coverage_pct"])
        at = palette.COVERAGE.place(value)
        change = [
            step[row["date"]],
            -1 if at is None else at,
            texts.add(_share(value)),
        ]
        changes = found[keys[_key(row)]]
        if not changes or changes[-1][1:] != change[1:]:
            changes.append(change)
    return found


def _totals(
    history: Timeline, days: list[pd.Timestamp], pair: tuple[str, str], texts: Texts
) -> list[list[Any]]:
    """The whole city on each step: percent for the chart (None unknown) and text."""
    rows = _of(history.totals[history.totals["group"] == _ALL], pair).set_index("date")["coverage_pct"]
    values = [None if day not in rows.index or pd.isna(rows[day]) else float(rows[day]) for day in days]
    return [[None if v is None else round(v, 2), texts.add(_share(v))] for v in values]


def _of(table: pd.DataFrame, pair: tuple[str, str]) -> pd.DataFrame:
    return table[(table["plan_kind"] == pair[0]) & (table["denominator"] == pair[1])]


def _targets(result: Assessment, metric: str, texts: Texts) -> list[dict[str, Any]]:
    """The documents' targets for a coverage of the whole city, as lines of the chart."""
    if result.city.targets is None:
        return []
    asked = (
        t
        for t in result.city.targets.targets
        if t.metric == metric and t.scope == "city" and t.value is not None
    )
    return [
        {"value": t.value, "text": texts.add(_target_words(t.title, t.value or 0.0, t.due))} for t in asked
    ]


def _target_words(title: Words, value: float, due: Any) -> Words:
    def say(text: str, day: str, wanted: str) -> str:
        return f"{text}: {wanted}" + (f" ({day})" if day else "")

    day_vi = day_en = "" if due is None else str(due)
    if due is not None and not isinstance(due, int):
        day_vi, day_en = date_text(due), date_text(due, lang="en")
    return words(
        say(title.vi, day_vi, with_unit(value, _PERCENT)),
        say(title.en, day_en, with_unit(value, _PERCENT, "en")),
    )
