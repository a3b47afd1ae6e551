"""Population in the coming years, and the year in which each threshold is crossed: no fact, a projection."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan.assessment import measure
from geoplan.errors import UsageError, listening
from geoplan.model import Words, words
from geoplan.quantity import html_table
from geoplan.scenario.projection import table
from geoplan.scenario.projection.clues import gather, series_of
from geoplan.scenario.projection.crossing import Crossing, When, joint
from geoplan.scenario.projection.growth import (
    VARIANT_NAMES,
    VARIANTS,
    Asked,
    bases,
    growths,
    total,
    unit_called,
    year_end,
)
from geoplan.scenario.projection.paths import paths
from geoplan.scenario.projection.years import Years, city_at, held, people_on
from geoplan.text import date_text, listing, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from geoplan.city import City
    from geoplan.errors import Lang
    from geoplan.measures.overlay import Progress
    from geoplan.quantity import Scope
    from geoplan.scenario.projection.growth import Base, Growth, GrowthEvidence, Variant
    from geoplan.scenario.projection.paths import Path

PROJECTION: Final = words("dự báo, không phải số liệu thống kê", "a projection, not a statistic")
_MOST_YEARS: Final = 100
_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")


@dataclass(frozen=True, kw_only=True)
class FirstYear:
    """The first year at whose end all population and density tests of a goal pass together.

    Other standards of the goal, such as its infrastructure, are not looked at.
    """

    goal: str
    crossings: tuple[Crossing, ...]
    low: When
    medium: When
    high: When

    def of(self, variant: Variant) -> When:
        """When, by a variant."""
        return {"low": self.low, "medium": self.medium, "high": self.high}[variant]

    def text(self, lang: Lang = "vi") -> str:
        """The answers in a line."""
        return three(self, lang)

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """When, and when each of its tests, as pairs of a label and a text."""
        out = [(self.goal, f"{self.text(lang)} ({PROJECTION.text(lang)})")]
        return out + [(label_of(crossing, lang), three(crossing, lang)) for crossing in self.crossings]

    def _repr_html_(self) -> str:
        return html_table(self.lines())


def label_of(crossing: Crossing, lang: Lang = "vi") -> str:
    """What is asked, by whom, of which place."""
    against, scope = crossing.against.text(lang), crossing.scope.name.text(lang)
    return f"{crossing.title.text(lang)} ({against}, {scope})"


def three(found: FirstYear | Crossing, lang: Lang = "vi") -> str:
    """What low, medium and high growth say, in a line, as far as they are known; once when they agree."""
    crossings = found.crossings if isinstance(found, FirstYear) else (found,)
    known = [v for v in VARIANTS if v in crossings[0].paths] or ["medium"]
    texts = {v: (found.of(v) if isinstance(found, FirstYear) else found.when(v)).text(lang) for v in known}
    if len(set(texts.values())) == 1:
        return texts[known[0]]
    return "; ".join(f"{VARIANT_NAMES[v].text(lang)}: {text}" for v, text in texts.items())


@dataclass(frozen=True, kw_only=True)
class Projection:
    """A city's population in the coming years, and what follows for each threshold.

    Attributes
    ----------
    city
        The city as of the date of the view; its units, their kinds and its land stay as they are.
    years
        The years whose ends are projected, from that of the view on.
    bases, growth
        What each unit starts from, and how fast it grows.
    evidence
        Everything in the city's data that says how fast it grows, used or not.
    scopes
        What is projected, by id: the city, its wards, its candidates, each unit.
    crossings
        Each threshold on people and density, by law and by documents.
    paths
        Occupancy of zones, and labour.
    table
        ``metric, name, scope, scope_name, year, on, low, medium, high, unit, numerator, numerator_low,
        numerator_medium, numerator_high, denominator, denominator_value, base, base_on, growth_low,
        growth_medium, growth_high, source, method, kind``; what is unknown is empty.
    notes
        What a reader must know.
    """

    city: City
    years: tuple[int, ...]
    bases: tuple[Base, ...]
    growth: tuple[Growth, ...]
    evidence: tuple[GrowthEvidence, ...]
    scopes: Mapping[str, Scope]
    crossings: tuple[Crossing, ...]
    paths: tuple[Path, ...]
    table: pd.DataFrame
    notes: tuple[Words, ...]

    def __repr__(self) -> str:
        return f"<Projection {self.city.id} {self.years[0]}–{self.years[-1]}>"

    def people(self, on: dt.date, variant: Variant = "medium") -> dict[str, float | None]:
        """Projected people of each unit by code; None where the base or its growth is not known."""
        return people_on(self.bases, self.growth, on, variant)

    def city_at(self, year: int, variant: Variant = "medium") -> City:
        """The city at a year's end with the projected figures, its units and land as they are."""
        day = year_end(year)
        return city_at(held(self.city), day, self.people(day, variant))

    def first_year(self, goal: str) -> FirstYear:
        """The first year at whose end all population and density tests of a goal pass.

        Parameters
        ----------
        goal
            ``II`` or ``class.II``: an urban class. ``ward``: every unit slated to become one; ``ward@<code or
            name>``: that unit. ``target.<id>``: a document's target. Any id of a crossing: that one.

        Raises
        ------
        UsageError
            When nothing on people or density is asked for that goal.
        """
        chosen = self._chosen(goal)
        low, medium, high = (joint(chosen, v) for v in VARIANTS)
        return FirstYear(goal=goal, crossings=chosen, low=low, medium=medium, high=high)

    def _chosen(self, goal: str) -> tuple[Crossing, ...]:
        name, _, place = goal.partition("@")
        scope = unit_called(self.bases, place).code if place and place != "city" else place
        names = (name, f"class.{name}")
        heads = tuple(f"{head}." for head in names)
        chosen = [
            c
            for c in self.crossings
            if c.deciding
            and (c.id in names or c.id.startswith(heads))
            and (
                c.scope.id == scope if scope else c.candidate or c.scope.id in {"city", "wards", "candidates"}
            )
        ]
        if not chosen:
            goals = dict.fromkeys(c.id.rpartition(".")[0] for c in self.crossings)
            have = listing((g for g in goals if not g.startswith("target")), limit=12)
            raise UsageError(
                vi=f"Không có tiêu chuẩn nào về dân số, mật độ cho {quoted(goal)}; hãy chọn: {have}.",
                en=f"Nothing on people or density is asked for {quoted(goal)}; choose among: {have}.",
            )
        return tuple(chosen)

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """Base, growth, people at the end and every threshold still open, as pairs of a label and a text."""
        vi = lang == "vi"
        out = [("", f"{self.city.title(lang)}: {PROJECTION.text(lang)}, {self.years[0]} – {self.years[-1]}")]
        out.append(("Số gốc" if vi else "Base", base_text(self.bases, lang)))
        out += [("Tốc độ tăng" if vi else "Growth", text) for text in growth_texts(self.growth, lang)]
        for crossing in self.crossings:
            if crossing.candidate or crossing.scope.id in {"city", "wards", "candidates"}:
                out.append((label_of(crossing, lang), three(crossing, lang)))
        for path in self.paths:
            out.append((f"{path.title.text(lang)} ({path.scope.name.text(lang)})", path.basis(lang)))
        return out + [("Lưu ý" if vi else "Note", note.text(lang)) for note in self.notes]

    def _repr_html_(self) -> str:
        return html_table(self.lines())


def project(
    city: City,
    *,
    until: int,
    growth: float | Mapping[str, float] | None = None,
    low: float | None = None,
    high: float | None = None,
    spread: float | None = None,
    alike: Sequence[str] = (),
    progress: Progress | None = None,
) -> Projection:
    """Project the population of a city and its units, and find the year in which each threshold is crossed.

    Population grows at a compound rate from each unit's figure on its day: ``P(t) = P₀·(1 + r)^(t − t₀)``, in
    years, from year end to year end exactly one. Units, their kinds and all land stay as on the city's date.
    Each year's end is judged by the law in force on it, as far as that is known today, and by the city's
    documents.

    Parameters
    ----------
    city
        From `geoplan.open_city`, as of the date of the view.
    until
        The last year.
    growth
        Percent a year for all units, or by code or name (``city``: all others). Where nothing is stated, the
        evidence in the city's own data counts: rows ``population_growth`` of ``indicators.csv``, two counts
        of one series, what documents aim at. Without any, the projection is unknown.
    low, high, spread
        Percent a year, or percentage points either way of the medium. Without them low and high are the least
        and the greatest of several pieces of evidence; of one there is no low and no high.
    alike
        Names of population series that count people alike, as you state; see `Projection.evidence`.
    progress
        Called with steps done and in all.

    Returns
    -------
    Projection
        It does not foresee births, deaths, migration or new boundaries, and says nothing on what an authority
        will decide.

    Raises
    ------
    UsageError
        When the years, a rate or a name is wrong.
    DataError
        When a layer cannot be measured, or an indicator or rulebook cannot be read.
    """
    years = _years(city, until)
    units = bases(city)
    evidence = gather(city, units, alike=alike)
    asked = Asked(growth=growth, low=low, high=high, spread=spread)
    rates = growths(units, evidence, asked)
    with listening():  # what is odd about the layers is told when the city is assessed
        measured = measure(city).quantities
        judged = Years(city, units, rates, years, measured)
        crossings = judged.crossings(progress)
        lines = paths(city, measured)
    return Projection(
        city=city,
        years=years,
        bases=units,
        growth=rates,
        evidence=evidence,
        scopes={q.scope.id: q.scope for (metric, _), q in measured.items() if metric == "population"},
        crossings=crossings,
        paths=lines,
        table=table.frame(units, rates, judged.figures, paths=lines, years=years, members=judged.members),
        notes=_notes(city, rates, years[-1], alike),
    )


def first_year(city: City, *, goal: str, until: int, **growth: Any) -> FirstYear:
    """The first year at whose end all population and density tests of a goal pass.

    Parameters
    ----------
    city, until, growth
        As for `project`.
    goal
        As for `Projection.first_year`.

    Raises
    ------
    UsageError, DataError
        As both.
    """
    return project(city, until=until, **growth).first_year(goal)


def base_text(units: Sequence[Base], lang: Lang = "vi") -> str:
    """All people the projection starts from, with day and source, and who is missing."""
    known = [u for u in units if u.value is not None]
    whole = total(known) if known else None
    parts = [] if whole is None else [whole.text(lang)]
    if known and whole is None:
        days = sorted({u.on for u in known if u.on is not None})
        parts.append(", ".join(date_text(day, lang=lang) for day in days))
    parts += list(dict.fromkeys(u.source for u in known))
    lacking = listing((u.name for u in units if u.value is None), lang=lang)
    if lacking:
        parts.append(words(f"chưa có số liệu của: {lacking}", f"no figure for: {lacking}").text(lang))
    return "; ".join(parts)


def growth_texts(growth: Sequence[Growth], lang: Lang = "vi") -> list[str]:
    """Growth in words: once for all units that share it."""
    by_text: dict[str, list[str]] = {}
    for unit in growth:
        by_text.setdefault(unit.text(lang), []).append(unit.name)
    if len(by_text) == 1:
        return list(by_text)
    return [f"{listing(names, limit=4, lang=lang)}: {text}" for text, names in by_text.items()]


def _years(city: City, until: int) -> tuple[int, ...]:
    first = city.on.year
    last = min(first + _MOST_YEARS, dt.MAXYEAR)
    if not first <= until <= last:
        raise UsageError(
            vi=f"Năm cuối {until} không hợp lệ: hãy chọn từ {first} đến {last}.",
            en=f"The last year {until} is not valid: choose from {first} to {last}.",
        )
    return tuple(range(first, until + 1))


def _notes(city: City, growth: Sequence[Growth], last: int, alike: Sequence[str]) -> tuple[Words, ...]:
    on = [date_text(city.on, lang=lang) for lang in _LANGS]
    notes = [
        words(
            f"Dự báo giữ nguyên đơn vị, loại đơn vị, ranh giới và đất xây dựng đô thị như ngày {on[0]}; "
            "không tính sinh, tử, di cư riêng và không tính sắp xếp đơn vị về sau.",
            f"Units, their kinds, boundaries and urban land stay as on {on[1]}; births, deaths, migration "
            "and later mergers are not modelled.",
        ),
        words(
            "Mỗi năm xét theo quy định có hiệu lực ngày 31/12 năm đó; các năm tới theo quy định mới nhất đã "
            "biết.",
            "Each year is judged by the law in force on its 31 December; years to come by the latest known.",
        ),
    ]
    used = [e for rate in growth for e in rate.evidence if e.kind == "aimed" and e.end is not None]
    due = min((e.end.on.year for e in used if e.end is not None), default=last)
    if due < last:
        notes.append(
            words(
                f"Văn bản đặt mục tiêu đến năm {due}; các năm sau đó dự báo vẫn dùng tốc độ ấy.",
                f"The document aims at {due}; the years after it are projected with the same growth.",
            )
        )
    series = {name: text for name, text in series_of(city).items() if name not in alike}
    if len(series) > 1 or (series and alike):
        vi, en = ("; ".join(f"{n} ({t.text(x)})" for n, t in series.items()) for x in _LANGS)
        notes.append(
            words(
                "Các bộ số liệu dân số đếm theo cách khác nhau nên không so với nhau để suy ra tốc độ tăng; "
                f"nếu biết chúng đếm như nhau, hãy nêu tên (--alike): {vi}.",
                "Series of population figures count people in different ways and are not held against each "
                f"other for growth; when you know that they count alike, name them (--alike): {en}.",
            )
        )
    return tuple(notes)
