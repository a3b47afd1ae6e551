"""What the files of a city hold: ``city.toml``, ``targets.toml``, ``indicators.csv``, and its layers."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from pydantic import ConfigDict, model_validator

from geoplan.model import Strict, Words
from geoplan.schema import Confidence, LayerName, Standing  # noqa: TC001 - pydantic reads the annotations

if TYPE_CHECKING:
    import geopandas as gpd

CityKind = Literal["provincial_city", "town", "district", "former"]
"""What the whole city is as a unit: thành phố thuộc tỉnh, thị xã, huyện; former: no unit any more."""

FactorId = Literal["mountain", "highland", "border", "island", "coastal", "heritage", "minority"]


class Aim(Strict):
    """The urban class that a document sets for the city, with its due year."""

    class_: str
    due: int
    document: str

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.rstrip("_"))


class UnitAim(Strict):
    """The kind of unit that a document wants the whole city to become."""

    kind: CityKind
    due: int
    document: str


class ClassHeld(Strict):
    """The urban class that the city holds, from a date until another (half-open)."""

    class_: str
    source: str
    confidence: Confidence
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None

    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.rstrip("_"))


class Title(Strict):
    """What the city is called in full, and what unit it is, from a date until another (half-open)."""

    vi: str
    en: str
    kind: CityKind | None = None
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class Province(Strict):
    """The province that the city lies in, from a date until another (half-open)."""

    name: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None


class DateOfInterest(Strict):
    """A date to assess, and why."""

    on: dt.date
    why: Words


class Stated(Strict):
    """A figure for the whole city as a source states it."""

    on: dt.date
    source: str
    confidence: Confidence
    population: int | None = None
    area_km2: float | None = None


class FactorHeld(Strict):
    """A regional or special factor of the law that the city, or some of its units, may claim.

    `value` is for factors by degree, such as the share of ethnic minorities in percent; `units` are
    the codes of the units it holds for, all when empty.
    """

    id: FactorId
    article: str
    source: str
    confidence: Confidence
    value: float | None = None
    units: tuple[str, ...] = ()


class ImportRecord(Strict):
    """How a layer came in from a foreign file."""

    name: str
    sha256: str
    crs_stated: str
    crs_used: str
    encoding: str
    changes: int


class LayerFile(Strict):
    """Where a layer's file is and where it comes from; how far its lines may be off, when known."""

    file: str
    standing: Standing
    source: Words
    licence: str
    accuracy_m: float | None = None
    imported: ImportRecord | None = None
    fetched: dict[str, str] | None = None


class CityFile(Strict):
    """What ``city.toml`` holds."""

    id: str
    name: str
    titles: tuple[Title, ...]
    classes: tuple[ClassHeld, ...]
    class_aimed: tuple[Aim, ...] = ()
    unit_aimed: tuple[UnitAim, ...] = ()
    factors: tuple[FactorHeld, ...] = ()
    crs: str
    crs_source: str
    record_from: dt.date
    default_on: dt.date
    provinces: tuple[Province, ...]
    dates: tuple[DateOfInterest, ...] = ()
    stated: tuple[Stated, ...] = ()
    layers: dict[LayerName, LayerFile]


class Document(Strict):
    """A document that sets targets.

    A linear path to a target starts on `base_on`; `base_why` says why that day.
    """

    id: str
    title: Words
    base_on: dt.date
    base_why: Words


class Fact(Strict):
    """Something that is done or not: the day on which it took effect, and the decision."""

    done_on: dt.date
    decision: str


class Target(Strict):
    """One target of a document.

    Attributes
    ----------
    answered_by
        ``layers`` (the quantity `metric` over `scope`), ``class`` (the urban class `metric`), ``unit``
        (every member of `scope` meets the standards of the kind of unit `metric`), ``indicator`` (the
        row `metric` of ``indicators.csv``), ``fact`` (`fact`), ``nothing`` (the document gives no figure).
    scope
        ``city``, ``wards`` (the inner area), ``candidates`` (the units that the document names, whatever
        they are on the date), ``zones``, or ``zone:<id>``.
    operator, value, upper
        ``>=``, ``>``, ``<=``, ``<``, or ``between`` (`value` to `upper`; more than `upper` meets it too);
        ``done`` without a value.
    growth
        The value is growth per year: of the indicator's own values (``yearly``: over the year before;
        ``mean``: a year on average since the first).
    quote
        The words of the document that hold the figure.
    due
        A year (its last day) or a day; None when the document gives none. `yearly`: every year.
    """

    id: str
    title: Words
    answered_by: Literal["layers", "class", "unit", "indicator", "fact", "nothing"]
    metric: str | None = None
    scope: str = "city"
    operator: Literal[">=", ">", "<=", "<", "between", "done"]
    value: float | None = None
    upper: float | None = None
    unit: str
    growth: Literal["yearly", "mean"] | None = None
    due: int | dt.date | None = None
    yearly: bool = False
    document: str
    section: str
    quote: str
    note: Words | None = None
    fact: Fact | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.value is None) != (self.operator == "done") and self.answered_by != "nothing":
            raise ValueError("operator “done” goes without a value, every other one with a value")
        if (self.upper is None) == (self.operator == "between"):
            raise ValueError("“between” needs an upper value, and no other operator has one")
        if self.metric is None and self.answered_by not in {"fact", "nothing"}:
            raise ValueError(f"answered_by “{self.answered_by}” needs a metric")
        return self


class TargetFile(Strict):
    """What ``targets.toml`` holds."""

    documents: tuple[Document, ...]
    targets: tuple[Target, ...]

    @model_validator(mode="after")
    def _known(self) -> Self:
        ids = [t.id for t in self.targets]
        known = {d.id for d in self.documents}
        for target in self.targets:
            if ids.count(target.id) > 1:
                raise ValueError(f"the target {target.id} is there twice")
            if target.document not in known:
                raise ValueError(f"{target.id}: no document {target.document}")
        return self


INDICATOR_COLUMNS = ("year", "scope", "indicator", "value", "qualifier", "source")
"""Of ``indicators.csv``. `scope`: city, wards, or a unit's code; `qualifier`: over, under, about or empty."""


@dataclass(frozen=True)
class Layer:
    """One layer of a city: its features, their standing, and where the file comes from."""

    frame: gpd.GeoDataFrame
    standing: Standing
    source: Words
    licence: str
    file: str
    sha256: str
    accuracy_m: float | None = None


@dataclass(frozen=True)
class RuleFile:
    """A rulebook of the user's, as read: `geoplan.criteria` makes law of it."""

    name: str
    text: str
