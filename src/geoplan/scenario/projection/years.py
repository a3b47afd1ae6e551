"""Each coming year's end judged: the city measured once, the figures on people varied."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, Literal

import pandas as pd

from geoplan.criteria.certainty import passes
from geoplan.criteria.judge import judge_city
from geoplan.criteria.library import load_library
from geoplan.dated import holds, in_force_rows
from geoplan.model import words
from geoplan.quantity import Part
from geoplan.scenario.projection.crossing import METRICS, Crossing, outcomes
from geoplan.scenario.projection.growth import VARIANTS, grown, year_end, years_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from geoplan.city import City
    from geoplan.city_file import Layer
    from geoplan.criteria.library import Library
    from geoplan.criteria.rulebook import Kind
    from geoplan.measures.overlay import Progress
    from geoplan.quantity import Quantity
    from geoplan.scenario.projection.crossing import Outcome
    from geoplan.scenario.projection.growth import Base, Growth, Variant

SERIES: Final = "projection"
"""The series of population figures that are projected."""
_SOURCE: Final = "dự báo từ số gốc theo tốc độ tăng nêu trong dự báo"
_DIGITS: Final = 6
"""Decimals of projected people: a target that growth leads to exactly must not be missed by the last bit."""
_PROJECTED: Final = words("dân số dự báo", "projected population")
_METHOD: Final = words(
    "số gốc tăng đều theo lãi kép, đất giữ nguyên", "the base figure with compound growth, land as it is"
)
_PEOPLE_MISSING: Final = words("chưa rõ số gốc hoặc tốc độ tăng", "the base figure or growth is not known")
_KINDS: Final[tuple[Kind, ...]] = ("class", "unit", "rearrangement")
_Law = tuple[str, ...]
_Sides = tuple[Literal["met", "short", "open"], ...]
_MOST_GROWTH: Final = 1000.0
"""Percent a year: where the search for the growth that is needed gives up."""
_FINE: Final = 1e-9


def held(city: City) -> City:
    """The city with its units, their kinds and its title as on its date for ever after."""
    layers = {
        name: _with_frame(layer, city.on) if name in {"communes", "boundaries"} else layer
        for name, layer in city.layers.items()
    }
    titles = tuple(
        t.model_copy(update={"valid_from": None, "valid_to": None})
        for t in city.info.titles
        if holds(t.valid_from, t.valid_to, city.on)
    )
    info = city.info.model_copy(update={"titles": titles})
    return replace(city, info=info, layers=layers, kinds=_held(city.kinds, city.on))


def _with_frame(layer: Layer, on: dt.date) -> Layer:
    return replace(layer, frame=_held(layer.frame, on))


def _held(rows: Any, on: dt.date) -> Any:
    """Rows that began by a day, those in force on it without an end."""
    begun = rows[~(rows["valid_from"] > pd.Timestamp(on))].copy()
    if "valid_to" not in begun.columns:  # fetched boundaries need not say when they end
        return begun
    now = in_force_rows(begun, on).index
    begun["valid_to"] = begun["valid_to"].mask(begun.index.isin(now))
    return begun


def city_at(fixed: City, day: dt.date, people: Mapping[str, float | None]) -> City:
    """The city on a day with other people in its units; unknown ones have no row."""
    units = fixed.communes
    found = units["code"].map(lambda code: people.get(str(code)))
    rows = pd.DataFrame(
        {
            "code": units["code"],
            "unit_from": units["valid_from"],
            "population": pd.to_numeric(found, errors="coerce").astype(float),
            "population_on": pd.Series(pd.Timestamp(day), index=units.index, dtype="datetime64[s]"),
            "series": SERIES,
            "population_source": _SOURCE,
            "confidence": "derived",
        }
    )
    known = rows[rows["population"].notna()].reset_index(drop=True)
    return replace(fixed, on=day, populations=known, temporary_counted=False)


def people_on(
    units: Sequence[Base], growth: Sequence[Growth], on: dt.date, variant: Variant
) -> dict[str, float | None]:
    """Projected people of each unit by code; None where the base or its growth is not known, or no number."""
    found: dict[str, float | None] = {}
    for unit, rate in zip(units, growth, strict=True):
        percent = rate.of(variant)
        if percent is None or unit.value is None or unit.on is None:
            found[unit.code] = None
        else:
            people = grown(unit.value, percent, years_between(unit.on, on))
            found[unit.code] = people if math.isfinite(people) else None
    return found


class Years:
    """Judges each year's end: measured once, the figures on people varied."""

    def __init__(
        self,
        city: City,
        units: Sequence[Base],
        growth: Sequence[Growth],
        years: Sequence[int],
        measured: Mapping[tuple[str, str], Quantity],
    ) -> None:
        self.city, self.units, self.growth, self.years = city, units, growth, tuple(years)
        self.fixed = held(city)
        self.measured = {key: q for key, q in measured.items() if key[0] in METRICS}
        self.members = _members(city, units)
        self.library: Library = load_library(tuple((file.name, file.text) for file in city.rule_files))
        self.figures: dict[tuple[Variant, int], dict[tuple[str, str], Quantity]] = {}
        self._asked: dict[_Law, dict[str, Outcome]] = {}
        self._judged: dict[tuple[_Law, _Sides], dict[str, Outcome]] = {}

    def crossings(self, progress: Progress | None) -> tuple[Crossing, ...]:
        """Every threshold on people and density that any year knows."""
        base = {unit.code: unit.value for unit in self.units}
        now = self._judge(self.city, self.measured)
        variants = [v for v in VARIANTS if any(rate.of(v) is not None for rate in self.growth)]
        steps = len(self.years) * (1 + len(variants))
        done = 0
        still: list[dict[str, Outcome]] = []
        found: dict[Variant, list[dict[str, Outcome]]] = {v: [] for v in variants}
        for year in self.years:
            day = year_end(year)
            still.append(self._on(day, _projected(self.measured, base, self.members, day)))
            for variant in variants:
                people = people_on(self.units, self.growth, day, variant)
                figures = _projected(self.measured, people, self.members, day)
                found[variant].append(self._on(day, figures))
                self.figures[variant, year] = figures
            done += 1 + len(variants)
            if progress is not None:
                progress(done, steps)
        keys = dict.fromkeys(key for judged in (now, *still) for key in judged)
        return tuple(self._crossing(key, now, still, found) for key in keys)

    def _on(self, day: dt.date, figures: Mapping[tuple[str, str], Quantity]) -> dict[str, Outcome]:
        """The verdicts on a day; those of a day of the same law whose figures lay on the same sides.

        A verdict hangs on the law and on the side of its threshold that a figure lies on, on nothing else.
        """
        law = self._law(day)
        known = self._asked.get(law)
        found = None if known is None else self._judged.get((law, _sides(known, figures)))
        if found is None:
            # The figures carry the people: those of the city itself are not asked for.
            found = self._judge(replace(self.fixed, on=day), figures)
            self._judged[law, _sides(self._asked.setdefault(law, found), figures)] = found
        return {key: _with_figure(outcome, figures) for key, outcome in found.items()}

    def _law(self, day: dt.date) -> _Law:
        """What may differ between two days: the rulebooks in force, and the class that the city holds."""
        books = (self.library.on(day, kind) for kind in _KINDS)
        held = replace(self.fixed, on=day).urban_class
        return (*("" if book is None else book.id for book in books), "" if held is None else held.class_)

    def _judge(self, city: City, figures: Mapping[tuple[str, str], Quantity]) -> dict[str, Outcome]:
        judged = judge_city(city, quantities=figures, library=self.library, base=lambda _: None)
        return outcomes(judged, self.library)

    def _crossing(
        self,
        key: str,
        now: Mapping[str, Outcome],
        still: Sequence[Mapping[str, Outcome]],
        found: Mapping[Variant, Sequence[Mapping[str, Outcome]]],
    ) -> Crossing:
        row = tuple(year.get(key) for year in still)
        one = next(o for o in (*reversed(row), now.get(key)) if o is not None)
        return Crossing(
            id=key.rpartition("@")[0],
            scope=one.scope,
            against=one.against,
            title=one.title,
            metric=one.metric,
            unit=one.unit,
            deciding=one.deciding,
            candidate=one.candidate,
            years=self.years,
            now=now.get(key),
            still=row,
            paths={variant: tuple(y.get(key) for y in years) for variant, years in found.items()},
            needed=self._needed(row),
        )

    def _needed(self, still: Sequence[Outcome | None]) -> float | None:
        """Even growth that reaches the threshold of the last year that has it."""
        last = next((i for i in reversed(range(len(still))) if still[i] is not None), None)
        outcome = None if last is None else still[last]
        if last is None or outcome is None or outcome.passes is not False or outcome.threshold is None:
            return None
        if outcome.operator not in {">=", ">", "between"} or outcome.metric == "inner_population_share":
            return None
        wanted = outcome.threshold * (1.0 if outcome.denominator is None else outcome.denominator)
        counted = [u for u in self.units if u.code in self.members.get(outcome.scope.id, ())]
        return _growth_to(wanted, counted, year_end(self.years[last]))


def _sides(asked: Mapping[str, Outcome], figures: Mapping[tuple[str, str], Quantity]) -> _Sides:
    """On which side of its threshold each figure lies; open when one of the two is unknown."""
    return tuple(_side(_with_figure(outcome, figures)) for outcome in asked.values())


def _side(outcome: Outcome) -> Literal["met", "short", "open"]:
    if outcome.value is None or outcome.threshold is None:
        return "open"
    return "met" if passes(outcome.value, outcome.operator, outcome.threshold) else "short"


def _with_figure(outcome: Outcome, figures: Mapping[tuple[str, str], Quantity]) -> Outcome:
    found = figures.get((outcome.metric, outcome.scope.id))
    below = None if found is None else found.denominator
    value = None if found is None else found.value
    return replace(outcome, value=value, denominator=None if below is None else below.value)


def _growth_to(wanted: float, units: Sequence[Base], day: dt.date) -> float | None:
    """Percent a year that leads some units from their own days to so many people together."""
    counts = [(u.value, years_between(u.on, day)) for u in units if u.value is not None and u.on is not None]
    if len(counts) < len(units) or not any(value > 0 and years > 0 for value, years in counts):
        return None

    def short(percent: float) -> float:
        return sum(grown(value, percent, years) for value, years in counts) - wanted

    least, most = 0.0, _MOST_GROWTH
    if not short(least) < 0 < short(most):
        return None
    while most - least > _FINE:
        middle = (least + most) / 2
        least, most = (middle, most) if short(middle) < 0 else (least, middle)
    return most


def _members(city: City, units: Sequence[Base]) -> dict[str, tuple[str, ...]]:
    """The codes of the units in each scope; named candidates only while all of them are units."""
    named = city.named_candidates
    groups = {
        "city": tuple(u.code for u in units),
        "wards": tuple(u.code for u in units if u.ward),
    }
    if len(named) and bool(named["in_force"].all()):
        groups["candidates"] = tuple(str(code) for code in named["code"])
    return groups | {u.code: (u.code,) for u in units}


def _projected(
    measured: Mapping[tuple[str, str], Quantity],
    people: Mapping[str, float | None],
    members: Mapping[str, tuple[str, ...]],
    day: dt.date,
) -> dict[tuple[str, str], Quantity]:
    """The measured figures with other people in them; what they are divided by stays, except people."""

    def count(scope: str) -> float | None:
        found = [people.get(code) for code in members.get(scope, ())]
        known = [value for value in found if value is not None]
        return round(sum(known), _DIGITS) if scope in members and len(known) == len(found) else None

    out = {}
    for (metric, scope), quantity in measured.items():
        if quantity.numerator is None:
            continue
        share = metric == "inner_population_share"
        above = count("wards" if share else scope)
        below = quantity.denominator
        if share and below is not None:
            below = Part(name=below.name, value=count(scope), unit=below.unit)
        value = above
        if below is not None:
            times = 100 if share else 1
            value = times * above / below.value if above is not None and below.value else None
        name = quantity.numerator.name if share else _PROJECTED
        out[metric, scope] = replace(
            quantity,
            value=value,
            on=day,
            numerator=Part(name=name, value=above, unit=quantity.numerator.unit),
            denominator=below,
            method=_METHOD,
            sources=(_SOURCE,),
            missing=() if value is not None else (quantity.missing or (_PEOPLE_MISSING,)),
        )
    return out
