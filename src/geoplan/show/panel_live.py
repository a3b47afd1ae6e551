"""Coverage in the what-if panel: by kind of plan, for the city, its wards and the units where it moved."""

from __future__ import annotations

import html
import math
from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan import schema
from geoplan.criteria.wording import apart
from geoplan.errors import listening
from geoplan.measures import coverage_totals, in_force
from geoplan.measures.live import LiveCoverage
from geoplan.measures.plan_records import DENOMINATORS, kind_words
from geoplan.model import words
from geoplan.text import date_text, number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator, Mapping

    from geoplan.city import City
    from geoplan.errors import Lang

    Shares = Mapping[tuple[object, str], float]

_TITLE: Final = words(
    "Tỷ lệ phủ kín quy hoạch ngày {day}, % {land}", "Plan coverage on {day}, % of the {land}"
)
_WHERE: Final = words("Phạm vi", "Where")
_GROUPS: Final = {"all": words("Toàn thành phố", "Whole city"), "wards": words("Các phường", "The wards")}
_STILL: Final = words("Tỷ lệ phủ không đổi ở đơn vị nào.", "Coverage moves in no unit.")
_ARROW: Final = words(
    "Trước mũi tên là hiện trạng ngày {day}; chỉ kê đơn vị có thay đổi.",
    "Before the arrow: as it stands on {day}; only units where it moves are listed.",
)
_MORE: Final = words(" Còn {} đơn vị nữa.", " There are {} more units.")
_ENDED_ON: Final = words("hết hạn {}", "expired on {}")
_MOST: Final = 12
_SAME: Final = 1e-7
"""Percentage points below which nothing moved: rounding."""


class CoverageTable:
    """What the plans cover, as a person changes which of them count; measured again only where they lie.

    Attributes
    ----------
    days
        The days on which other plans count than before, while the city has the units that it has, and
        its own.
    drafts
        The plans that do not count on the city's own day but can be taken for being in force, by id:
        those being drafted, then those that expired. One that another superseded is none of them.
    lands
        Of what coverage is a share: the denominators that the city has, the official one first.
    """

    def __init__(self, city: City) -> None:
        self._city, self._units = city, city.communes
        self._wards: dict[dt.date, frozenset[str]] = {}
        with listening():  # the assessment told what is odd
            self._live = LiveCoverage(self._units, plans=city.plans, on=city.on, urban_land=city.urban_land)
            self.days = _days(city)
            self.drafts = _drafts(city)
        table = self._live.table
        self._kinds = list(table["plan_kind"].unique())
        urban = (table["denominator"] == "urban_land") & (table["denominator_km2"] > 0)
        self.lands = ("urban_land", "natural") if urban.any() else ("natural",)
        self._day, self._ticked = city.on, frozenset[str]()
        self._first = {land: self._shares(self._wards_on(city.on), land) for land in self.lands}

    def label(self, plan: str, lang: Lang) -> str:
        """What stands beside a plan's box."""
        row = self.drafts.loc[plan].to_dict()
        name, ended = str(row["name"] or plan), row["expires_on"]
        if row["status"] == "drafting" or not isinstance(ended, pd.Timestamp):
            return name
        return f"{name} ({_ENDED_ON.text(lang).format(date_text(ended, lang=lang))})"

    def show(
        self, day: dt.date, *, plans: Collection[str], wards: Collection[str], land: str, lang: Lang
    ) -> str:
        """The table on a day with these plans in force and these units wards, beside what it was at first.

        Parameters
        ----------
        plans
            Ids of drafts that are taken for being in force.
        wards
            Codes of units that are taken for wards.
        land
            One of `lands`.
        """
        if day != self._day:
            self._live.on(day)
        for plan in self._ticked.symmetric_difference(plans):
            self._live.change(plan, in_force=True if plan in plans else "by_date")
        self._day, self._ticked = day, frozenset(plans)
        return self._html(self._shares(self._wards_on(day) | set(wards), land), land, lang)

    def _wards_on(self, day: dt.date) -> frozenset[str]:
        if day not in self._wards:
            units = self._city.as_of(day).communes
            self._wards[day] = frozenset(units.loc[units["kind"] == "ward", "code"])
        return self._wards[day]

    def _shares(self, wards: Collection[str], land: str) -> Shares:
        """The percentage for each group and unit (its label in the layer) and each kind."""
        table = self._live.table
        table = table[table["denominator"] == land]
        every = pd.Series(data=True, index=self._units.index)
        members = {"all": every, "wards": self._units["code"].isin(list(wards))}
        totals = coverage_totals(table, members=members)
        groups = zip(totals["group"], totals["plan_kind"], totals["coverage_pct"], strict=True)
        units = zip(table.index, table["plan_kind"], table["coverage_pct"], strict=True)
        return {(where, kind): share for where, kind, share in (*groups, *units)}

    def _html(self, shares: Shares, land: str, lang: Lang) -> str:
        kinds, first = self._kinds, self._first[land]
        title = _TITLE.text(lang).format(
            day=date_text(self._day, lang=lang), land=DENOMINATORS[land].text(lang)
        )
        named = (kind_words(kind).text(lang) for kind in kinds)
        head = [_WHERE.text(lang), *(name[:1].upper() + name[1:] for name in named)]
        rows = [(name.text(lang), group) for group, name in _GROUPS.items() if (group, kinds[0]) in shares]
        moved = [
            (str(unit.name or unit.code), unit.Index)
            for unit in self._units[["code", "name"]].itertuples()
            if any(_moved(first, shares, (unit.Index, kind)) for kind in kinds)
        ]
        cells = [
            [name, *(_cell(first, shares, (where, kind), lang) for kind in kinds)]
            for name, where in (*rows, *moved[:_MOST])
        ]
        said = _STILL.text(lang)
        if moved:
            said = _ARROW.text(lang).format(day=date_text(self._city.on, lang=lang))
            said += _MORE.text(lang).format(len(moved) - _MOST) if len(moved) > _MOST else ""
        table = f"<table><thead>{_row(head, 'th')}</thead>{''.join(_row(row, 'td') for row in cells)}</table>"
        return (
            f"<p style='margin:.2em 0'><b>{html.escape(title)}</b></p>{table}"
            f"<p style='margin:.2em 0 1em'>{html.escape(said)}</p>"
        )


def _moved(first: Shares, shares: Shares, key: tuple[object, str]) -> bool:
    """Whether it is another than at first; what was not there at first did not move."""
    before, after = first.get(key, shares[key]), shares[key]
    return abs(after - before) > _SAME or math.isnan(before) != math.isnan(after)


def _cell(first: Shares, shares: Shares, key: tuple[object, str], lang: Lang) -> str:
    after = shares[key]
    if not _moved(first, shares, key):
        return number(after, digits=1, lang=lang)
    before = first[key]
    if math.isnan(before) or math.isnan(after):
        return f"{number(before, digits=1, lang=lang)} → {number(after, digits=1, lang=lang)}"
    digits = apart(before, after, digits=1)
    old, new, change = (number(v, digits=digits, lang=lang) for v in (before, after, abs(after - before)))
    return f"{old} → {new} ({'+' if after > before else '−'}{change})"


def _row(cells: list[str], tag: str) -> str:
    inner = "".join(
        f"<{tag} style='text-align:left;padding:.1em 1em .1em 0'>{html.escape(text)}</{tag}>"
        for text in cells
    )
    return f"<tr>{inner}</tr>"


def _days(city: City) -> list[dt.date]:
    """The days on which other plans count than before, while the units are the same; and the city's own."""
    plans, units = city.plans, city.communes
    first = max([pd.Timestamp(city.info.record_from), *units["valid_from"].dropna()])
    last = min([pd.Timestamp.max, *units["valid_to"].dropna()])
    named = {day for name in schema.DATE_COLUMNS if name in plans.columns for day in plans[name].dropna()}
    days = [first, *sorted(day for day in named if first < day < last)]
    return sorted({city.on, *(day.date() for day in _changing(city, days))})


def _changing(city: City, days: list[pd.Timestamp]) -> Iterator[pd.Timestamp]:
    before = None
    for day in days:
        counts = tuple(in_force(city.plans, on=day.date()))
        if counts != before:
            yield day
        before = counts


def _drafts(city: City) -> pd.DataFrame:
    plans = city.plans
    status = schema.statuses(plans["status"], what="plans")
    on = pd.Timestamp(city.on)
    gone = (status == "superseded") | (plans["superseded_on"] <= on)
    ended = (plans["expires_on"] <= on) | ((status == "expired") & plans["expires_on"].isna())
    wanted = ((status == "drafting") | ended) & ~gone & ~plans["id"].duplicated(keep=False)
    wanted &= ~in_force(plans, on=city.on)
    found = pd.DataFrame(plans.drop(columns="geometry")).assign(status=status)[wanted].set_index("id")
    sorted_: pd.DataFrame = found.sort_values("status", key=lambda s: s != "drafting", kind="stable")
    return sorted_
