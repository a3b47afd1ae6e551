"""What in a city's own data says how fast its population grows: rows entered, counts compared, documents."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final

import pandas as pd

from geoplan.criteria.evidence import Evidence, read_entries, scopes_of
from geoplan.criteria.targets import due_day
from geoplan.errors import UsageError, tell
from geoplan.measures.spread import stated_for_this_land
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.scenario.projection.growth import (
    CITY,
    MOST,
    WARDS,
    Count,
    GrowthEvidence,
    between,
    total,
    years_between,
)
from geoplan.text import date_text, listing, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence

    from geoplan.city import City
    from geoplan.city_file import Document, Target
    from geoplan.scenario.projection.growth import Base

INDICATOR: Final = "population_growth"
"""The row of ``indicators.csv`` that states growth, percent a year."""
STATED: Final = "stated:"
"""What a figure stated for the whole city is called among the series, with its day."""
_SHORTEST: Final = 1.0
"""Years: figures closer together say nothing of a year's growth."""


def gather(city: City, units: Sequence[Base], *, alike: Sequence[str] = ()) -> tuple[GrowthEvidence, ...]:
    """Everything in the city's own data that says how fast its population grows.

    Parameters
    ----------
    city, units
        The city, and its units' base figures.
    alike
        Names of series that, as the user states, count people alike: only within one series, and between
        these, is growth observed. A figure of ``city.toml`` is called ``stated:<day>``.

    Raises
    ------
    UsageError
        When there is no such series.
    DataError
        When ``indicators.csv`` cannot be read.

    Warns
    -----
    DataWarning
        When a figure is no growth that a place could have: it is left out.
    """
    found = [*_entered(city, units), *_observed(city, units, alike), *_aimed(city, units)]
    wild = [e for e in found if not abs(e.percent) < MOST]
    for one in wild:
        vi, en = (one.text(lang) for lang in ("vi", "en"))
        tell(
            vi=f"Không dùng làm tốc độ tăng vì không nằm giữa -100 và 100 %/năm: {vi}.",
            en=f"Not used as growth, being not between -100 and 100 % a year: {en}.",
        )
    return tuple(e for e in found if e not in wild)


def series_of(city: City) -> dict[str, Words]:
    """The series that have figures of the city's units up to its date, each with how many and when."""
    found: dict[str, Words] = {}
    for name, rows in _figures(city).groupby("series"):
        many, days = rows["code"].nunique(), sorted({d.date() for d in rows["population_on"]})
        span = [
            " – ".join(dict.fromkeys(date_text(d, lang=x) for d in (days[0], days[-1]))) for x in ("vi", "en")
        ]
        found[str(name)] = words(f"{many} đơn vị, {span[0]}", f"{many} units, {span[1]}")
    for stated in _stated(city):
        people = [with_unit(stated.value, "person", lang) for lang in ("vi", "en")]
        found[f"{STATED}{stated.on}"] = words(f"cả thành phố, {people[0]}", f"whole city, {people[1]}")
    return found


def _figures(city: City) -> pd.DataFrame:
    """Rows of ``population.csv`` on the units in force, up to the date."""
    rows, units = city.populations, city.communes
    keys = pd.MultiIndex.from_frame(units[["code", "valid_from"]])
    mine = pd.MultiIndex.from_frame(rows[["code", "unit_from"]]).isin(keys)
    known = rows[mine & (rows["population"] >= 0) & (rows["population_on"] <= pd.Timestamp(city.on))]
    return known.sort_values("population_on", kind="stable")


def _stated(city: City) -> list[Count]:
    return [Count(value=s.population, on=s.on) for s in stated_for_this_land(city) if s.population]


def _entered(city: City, units: Sequence[Base]) -> Iterator[GrowthEvidence]:
    """Growth as ``indicators.csv`` has it: each year one; what is no more than a bound says nothing."""
    entries = Evidence(city, {}, read_entries(city.indicators, scopes=scopes_of(city)))
    for scope, name in _scopes(city, units).items():
        for entry in entries.series(INDICATOR, scope):
            if isinstance(entry.value, float) and entry.qualifier in {None, "about"}:
                title = words(f"số liệu năm {entry.year}", f"figure of {entry.year}")
                yield GrowthEvidence(
                    kind="entered",
                    scope=scope,
                    name=name,
                    percent=entry.value,
                    title=title,
                    source=entry.source,
                )


def _scopes(city: City, units: Sequence[Base]) -> dict[str, str]:
    names = {CITY: city.title(), WARDS: "nội thị"}
    return names | {unit.code: unit.name for unit in units}


def _observed(city: City, units: Sequence[Base], alike: Sequence[str]) -> Iterator[GrowthEvidence]:
    """Growth between two counts of one series, or of series that are stated to count alike."""
    known = series_of(city)
    for name in alike:
        if name not in known:
            have = listing(known, limit=12)
            raise UsageError(
                vi=f"Không có bộ số liệu {quoted(name)}; hãy chọn trong: {have}.",
                en=f"There is no series {quoted(name)}; choose among: {have}.",
            )
    figures = _figures(city)
    pooled = figures["series"].isin(list(alike))
    groups = [figures[pooled], *(rows for _, rows in figures[~pooled].groupby("series"))]
    names = {unit.code: unit.name for unit in units}
    for group in groups:
        for code, rows in group.groupby("code"):
            counts = {
                d.date(): float(p) for d, p in zip(rows["population_on"], rows["population"], strict=True)
            }
            yield from _steps(counts, str(code), names[str(code)], _sources(rows))
    yield from _observed_whole(city, figures[pooled], units, alike)


def _observed_whole(
    city: City, figures: pd.DataFrame, units: Sequence[Base], alike: Sequence[str]
) -> Iterator[GrowthEvidence]:
    """Growth of the whole city once a figure stated for all of it may be held against others."""
    stated = {s.on: s.value for s in _stated(city) if f"{STATED}{s.on}" in alike}
    if stated:
        sums = figures.groupby("population_on")["population"].agg(["sum", "count"])
        full = sums[sums["count"] == len(units)]["sum"]
        counts = {pd.Timestamp(str(day)).date(): float(people) for day, people in full.items()} | stated
        told = [s.source for s in city.info.stated if s.on in stated]
        source = "; ".join(dict.fromkeys([*([_sources(figures)] if len(full) else []), *told]))
        yield from _steps(counts, CITY, city.title(), source)


def _sources(rows: pd.DataFrame) -> str:
    return "; ".join(dict.fromkeys(str(s) for s in rows["population_source"]))


def _steps(counts: Mapping[dt.date, float], scope: str, name: str, source: str) -> Iterator[GrowthEvidence]:
    """Growth from each count to the next that is a year or more later."""
    days = sorted(counts)
    title = words("tăng giữa hai lần đếm", "growth between two counts")
    for first, last in pairwise(days):
        start, end = Count(value=counts[first], on=first), Count(value=counts[last], on=last)
        if years_between(first, last) >= _SHORTEST and start.value > 0:
            yield GrowthEvidence(
                kind="observed", scope=scope, name=name, percent=between(start, end),
                title=title, source=source, start=start, end=end,
            )  # fmt: skip


def _aimed(city: City, units: Sequence[Base]) -> Iterator[GrowthEvidence]:
    """Growth that documents set, or that leads to the population they aim at, while they still aim."""
    if city.targets is None:
        return
    documents = {d.id: d for d in city.targets.documents}
    for target in city.targets.targets:
        document, due = documents[target.document], due_day(target)
        if document.base_on > city.on or (due is not None and due <= city.on):
            continue
        if target.operator not in {">=", ">", "between"}:
            continue
        for value in (target.value, target.upper):
            if value is not None:
                yield from _aim(city, units, target, document, value)


def _aim(
    city: City, units: Sequence[Base], target: Target, document: Document, value: float
) -> Iterator[GrowthEvidence]:
    names, due = _scopes(city, units), due_day(target)
    name = names.get(target.scope)
    source = f"{document.title.vi}, mục {target.section}: “{target.quote}”"
    if name is None:
        return
    if target.metric == INDICATOR:
        title = words("tốc độ tăng mà văn bản đặt ra", "growth that a document sets")
        yield GrowthEvidence(
            kind="aimed", scope=target.scope, name=name, percent=value, title=title, source=source
        )
    if target.metric == "population" and target.answered_by == "layers" and due is not None:
        members = [u for u in units if target.scope in {CITY, u.code} or (target.scope == WARDS and u.ward)]
        start = total(members) if members else None
        if start is not None and start.value > 0 and years_between(start.on, due) > 0:
            end = Count(value=value, on=due)
            title = words(
                "mức tăng đều cần có để đạt dân số mà văn bản đặt ra (mục tiêu, không phải số đã đếm; văn "
                "bản có thể đếm khác số gốc)",
                "even growth that leads to the population a document aims at (an aim, no count; it may count "
                "differently from the base)",
            )
            yield GrowthEvidence(
                kind="aimed", scope=target.scope, name=name, percent=between(start, end),
                title=title, source=source, start=start, end=end,
            )  # fmt: skip
