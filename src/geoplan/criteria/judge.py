"""All verdicts on one city and date: classes, units, targets, and what data they lack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.answers import Judged
from geoplan.criteria.classes import judge_class
from geoplan.criteria.evidence import Evidence, read_entries, scopes_of
from geoplan.criteria.missing import data_gaps
from geoplan.criteria.targets import judge_targets
from geoplan.criteria.units import judge_city_unit, judge_units
from geoplan.criteria.verdict import Judgement

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geoplan.city import City
    from geoplan.criteria.answers import Base
    from geoplan.criteria.library import Library
    from geoplan.criteria.rulebook import Rulebook, UrbanClass
    from geoplan.criteria.verdict import ClassResult
    from geoplan.quantity import Quantity

_KINDS: Final = ("class", "unit", "rearrangement")


def judge_city(
    city: City, *, quantities: Mapping[tuple[str, str], Quantity], library: Library, base: Base
) -> Judgement:
    """Judge a city as of its date.

    Parameters
    ----------
    city
        As of the date.
    quantities
        What was measured, by metric and scope.
    library
        The rulebooks.
    base
        Gives the quantities on an earlier date; None when the record does not reach back to it.

    Returns
    -------
    Judgement
        Verdicts for the classes that the city holds or that a document aims at, for the city as a
        unit, for each unit and candidate, and the state of each target. It says nothing on what an
        authority will decide.

    Raises
    ------
    DataError
        When ``indicators.csv`` or a rulebook cannot be read.
    """
    evidence = Evidence(city, quantities, read_entries(city.indicators, scopes=scopes_of(city)))
    rulebook = library.on(city.on, "class")
    classes = tuple(_classes(city, rulebook, evidence)) if rulebook is not None else ()
    units = tuple(judge_units(evidence, library=library))
    city_unit = judge_city_unit(evidence, library=library)
    judged = Judged(classes, units, city_unit)
    targets = judge_targets(evidence, judged=judged, base=base)
    verdicts = [v for c in classes for v in c.verdicts]
    verdicts += [v for u in (*units, city_unit) if u is not None for v in u.verdicts]
    in_force = (library.on(city.on, kind) for kind in _KINDS)
    return Judgement(
        regime=tuple(book.id for book in in_force if book is not None),
        classes=classes,
        city_unit=city_unit,
        units=units,
        targets=targets,
        missing=data_gaps(evidence, verdicts=verdicts, targets=targets),
    )


def _classes(city: City, rulebook: Rulebook, evidence: Evidence) -> Iterator[ClassResult]:
    """The class held and those aimed at, the nearest aim first, as far as the rulebook has them."""
    held = [city.urban_class.class_] if city.urban_class is not None else []
    aims = [aim.class_ for aim in sorted(city.info.class_aimed, key=lambda aim: aim.due)]
    targets = (
        [] if city.targets is None else [t.metric for t in city.targets.targets if t.answered_by == "class"]
    )
    for name in dict.fromkeys([*aims, *targets, *held]):
        found = _variant(rulebook, str(name))
        if found is not None:
            yield judge_class(found, rulebook=rulebook, evidence=evidence)


def _variant(rulebook: Rulebook, name: str) -> UrbanClass | None:
    """The class for a city under a province, where the law tells it from a centrally run one."""
    fitting = [c for c in rulebook.classes if c.id == name and c.variant != "central_city"]
    return fitting[0] if fitting else None
