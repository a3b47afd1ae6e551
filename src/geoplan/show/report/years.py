"""The part of a report on the years: coverage at the end of each, and the chart."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from geoplan.show.labels import capital, plan_kind, word
from geoplan.show.report.model import Block, Column, Grid, Heading, Picture
from geoplan.show.report.saying import NO_FIGURE, cell, note_if_unknown, pick
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.timeline import Timeline

_JUDGED: Final = ("zoning", "detailed")


def years_part(result: Assessment, history: Timeline | None, lang: Lang) -> Iterator[Block]:
    """Coverage at the end of each year up to the date, and the chart with the targets' lines."""
    if history is None:
        return
    rows = tuple(_year_rows(result, history, lang))
    if not rows:
        return
    yield Heading(pick(lang, "Diễn biến qua các năm", "Progress over the years"))
    columns = [Column(pick(lang, "Thời điểm", "Date"), 20)]
    for kind in _JUDGED:
        title = capital(plan_kind(kind, lang))
        for over in ("natural", "urban_land"):
            text = pick(lang, f"{title} trên {word(over, lang)} (%)", f"{title}, {word(over, lang)} (%)")
            columns.append(Column(text, 22, numeric=True))
    yield Grid(
        caption=pick(lang, "Độ phủ toàn địa bàn qua các năm", "Coverage of the whole city over the years"),
        columns=tuple(columns),
        rows=rows,
        note=note_if_unknown(rows, lang),
    )
    yield Picture(
        "progress",
        pick(lang, "Độ phủ qua các năm và chỉ tiêu", "Coverage over the years, and targets"),
        pick(
            lang,
            "Biểu đồ độ phủ quy hoạch phân khu và chi tiết theo thời gian; số liệu ở bảng trên.",
            "Chart of coverage over time; the table above has the figures.",
        ),
    )


def _year_rows(result: Assessment, history: Timeline, lang: Lang) -> Iterator[tuple[str, ...]]:
    totals = history.totals[history.totals["group"] == "all"]
    if totals.empty:
        return
    for day in year_ends(totals["date"].min().date(), result.on):
        before = totals[totals["date"].dt.date <= day]
        if before.empty:
            continue
        last = before[before["date"] == before["date"].max()]
        yield (
            date_text(day, lang=lang),
            *(_share(last, kind, over, lang) for kind in _JUDGED for over in ("natural", "urban_land")),
        )


def _share(rows: pd.DataFrame, kind: str, over: str, lang: Lang) -> str:
    found = rows[(rows["plan_kind"] == kind) & (rows["denominator"] == over)]["coverage_pct"]
    return cell(float(found.iloc[0]), "percent", lang) if len(found) else NO_FIGURE


def year_ends(first: dt.date, last: dt.date) -> Sequence[dt.date]:
    """The last day of each year from one day until another, and that other day."""
    ends = [dt.date(year, 12, 31) for year in range(first.year, last.year)]
    return [*ends, last]
