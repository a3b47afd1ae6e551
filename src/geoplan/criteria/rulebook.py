"""What a rulebook is: one regime of the law as dated data; each figure has article, source, confidence."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from geoplan.city_file import FactorId  # noqa: TC001 - pydantic reads the annotations
from geoplan.model import Strict, Words
from geoplan.schema import Confidence  # noqa: TC001

Kind = Literal["class", "unit", "rearrangement"]
Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1)]
Number = Annotated[float, Field(strict=True)]
"""A number as TOML writes it: neither text nor true or false."""
Figure = Number | str
"""A number, or one of the standard's levels by name."""


class Standard(Strict):
    """One standard of a class or of a kind of unit.

    Attributes
    ----------
    metric, indicator
        What answers it: a quantity measured from layers, or a row of ``indicators.csv``. Neither: the
        standard is only named, and not assessable.
    scope
        ``city``, ``wards`` (the inner area) or ``unit`` (the unit that is judged).
    minimum
        The threshold (for ``<=`` and ``<``: the largest value that passes). None: not found.
    maximum
        The value from which on the standard has its full points. None: not found.
    confidence, maximum_confidence, points_confidence
        How far `minimum`, `maximum` and the points are to be trusted; the last two as the first when None.
    levels
        Names of levels from low to high, when the standard is one of degree; `minimum` and `maximum`
        are then names.
    points_min, points_max
        Points at the minimum and at the maximum.
    flag
        Failing is reported and does not decide.
    """

    id: Id
    title: Words
    group: Id | None = None
    metric: str | None = None
    indicator: str | None = None
    scope: Literal["city", "wards", "unit"] = "city"
    unit: str
    operator: Literal[">=", ">", "<=", "<"] = ">="
    minimum: Figure | None = None
    maximum: Figure | None = None
    maximum_confidence: Confidence | None = None
    levels: tuple[str, ...] = ()
    points_min: Number | None = None
    points_max: Number | None = None
    points_confidence: Confidence | None = None
    article: Text
    source: Text
    confidence: Confidence
    flag: bool = False
    note: Words | None = None


class Group(Strict):
    """A group of standards: its least and most points, or how many of its standards must pass.

    `confidence` is that of `points_max` or `needed`, and of `points_min` too unless it has its own.
    """

    id: Id
    title: Words
    points_min: Number | None = None
    points_max: Number | None = None
    needed: int | None = None
    article: Text
    source: Text
    confidence: Confidence
    points_min_confidence: Confidence | None = None


class UrbanClass(Strict):
    """The standards of one urban class.

    Attributes
    ----------
    variant
        ``central_city`` (of a centrally run city), ``provincial_city``, or None for all.
    rule
        ``points`` (total and each group), ``all`` (every standard), ``quota`` (so many of each group
        and in all).
    total
        Points needed in all, or standards needed in all (``quota``).
    full
        The points that all standards have at most, together (``points``).
    also
        What else the law asks of the class that this rulebook cannot assess, such as a table that was
        not found: the class is then never more than "not assessable".
    """

    id: Id
    title: Words
    variant: Literal["central_city", "provincial_city"] | None = None
    rule: Literal["points", "all", "quota"]
    total: Number | None = None
    full: Number | None = None
    total_article: str | None = None
    total_confidence: Confidence | None = None
    article: Text
    groups: tuple[Group, ...] = ()
    standards: tuple[Standard, ...] = ()
    also: tuple[Words, ...] = ()


class UnitKind(Strict):
    """The standards of one kind of unit.

    `of` names the kinds of city that the unit must lie in (``provincial_city``, ``town``,
    ``urban_district``); empty: any.
    """

    kind: Literal["ward", "commune", "township", "provincial_city", "town", "central_city", "province"]
    title: Words
    of: tuple[Literal["provincial_city", "town", "urban_district"], ...] = ()
    article: Text
    standards: tuple[Standard, ...] = ()
    also: tuple[Words, ...] = ()


class Shared(Strict):
    """Groups and standards that several classes, or kinds of unit, have in common.

    They are written once and put into each when the file is read (`shared` is then empty): groups
    before and standards after its own. `only` names the classes or kinds by id; empty: all.
    """

    only: tuple[Id, ...] = ()
    groups: tuple[Group, ...] = ()
    standards: tuple[Standard, ...] = ()


class Effect(Strict):
    """What a factor does to some standards.

    Exactly one of: `multiply` (the minimum times this), `replace` (another minimum),
    `not_considered` (the standard is set aside: it does not decide and gets its minimum points),
    `unknown` (the law changes it, the figure was not found: not assessable while the factor is claimed),
    `total` (another number of standards is needed in all, in a class by quota; it names no standard).
    With `from_value`, `step` and `less`, `multiply` falls by `less` for each full `step` of the factor's
    value above `from_value`; below that it does not hold. `whole`: what comes out counts things, so it
    is rounded to a whole number, one at least.
    """

    standards: tuple[str, ...] = ()
    all_others: bool = False
    multiply: Number | None = None
    replace: Figure | None = None
    not_considered: bool = False
    unknown: bool = False
    total: Number | None = None
    whole: bool = False
    from_value: Number | None = None
    step: Number | None = None
    less: Number | None = None


class Factor(Strict):
    """A regional or special factor that a city or unit may claim (`FactorHeld` in ``city.toml``).

    A factor may be there several times, for other classes or kinds of unit (`only`; empty: all) or
    with another confidence. Of several claimed factors on one standard, a replaced minimum comes
    first, then the one multiplication that asks least: reductions do not add up.
    """

    id: FactorId
    only: tuple[Id, ...] = ()
    title: Words
    article: Text
    source: Text
    confidence: Confidence
    effects: tuple[Effect, ...]


class MergedException(Strict):
    """Units made from at least so many others are not measured against some standards."""

    at_least: int
    standards: tuple[str, ...]
    article: Text
    source: Text
    confidence: Confidence


class Rulebook(Strict):
    """One regime. In force from a day until another (half-open; open when None)."""

    id: Id
    kind: Kind
    title: Words
    law: Text
    in_force_from: dt.date
    in_force_to: dt.date | None = None
    source: Text
    note: Words | None = None
    classes: tuple[UrbanClass, ...] = ()
    units: tuple[UnitKind, ...] = ()
    shared: tuple[Shared, ...] = ()
    factors: tuple[Factor, ...] = ()
    merged: MergedException | None = None

    def factors_of(self, owner: str) -> tuple[Factor, ...]:
        """The factors that concern a class or a kind of unit, by its id (``II``, ``ward``)."""
        return tuple(f for f in self.factors if not f.only or owner in f.only)
