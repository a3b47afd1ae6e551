"""The catalogue of indicators: what a row of ``indicators.csv`` may be about, its unit, its levels."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Self

from pydantic import ValidationError, model_validator

from geoplan.errors import DataError
from geoplan.model import Strict, Words, words
from geoplan.quantity import UNITS
from geoplan.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Level(Strict):
    """A degree that a figure may have, such as ``provincial``, and what it is called."""

    id: str
    title: Words


class Indicator(Strict):
    """A figure that a person enters, for it is not measured on layers.

    Attributes
    ----------
    unit
        A key of `UNITS`; ``level`` when the value is one of `levels`.
    levels
        Ids of levels from low to high; one that is a whole number needs no title and stands for
        that many or more.
    """

    id: str
    title: Words
    unit: str
    levels: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.unit not in UNITS:
            raise ValueError(f"{self.id}: no unit {self.unit}")
        if (self.unit == "level") != bool(self.levels):
            raise ValueError(f"{self.id}: the unit “level” goes with levels, and no other unit does")
        return self


class _File(Strict):
    indicators: tuple[Indicator, ...] = ()
    levels: tuple[Level, ...] = ()


def read_catalogue(texts: Iterable[tuple[str, str]]) -> tuple[dict[str, Indicator], dict[str, Level]]:
    """The indicators and the levels of several files (name and text), each by id.

    Raises
    ------
    DataError
        When a file is not what the model says, an id is there twice, or a level has no title.
    """
    indicators: dict[str, Indicator] = {}
    levels: dict[str, Level] = {}
    for name, text in texts:
        try:
            file = _File.model_validate(tomllib.loads(text))
        except (ValueError, RecursionError) as error:
            first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise _refused(name, quoted(first)) from error
        for indicator in file.indicators:
            if indicators.setdefault(indicator.id, indicator) is not indicator:
                raise _refused(name, f"{quoted(indicator.id)} × 2")
        for level in file.levels:
            if levels.setdefault(level.id, level) is not level:
                raise _refused(name, f"{quoted(level.id)} × 2")
    for indicator in indicators.values():
        for level_id in indicator.levels:
            if level_id not in levels and not level_id.isdigit():
                raise _refused(indicator.id, f"{quoted(level_id)}: [[levels]]?")
    return indicators, levels


def _refused(name: str, what: str) -> DataError:
    return DataError(
        vi=f"{name}: danh mục chỉ tiêu không hợp lệ: {what}.",
        en=f"{name}: the catalogue of indicators is not valid: {what}.",
    )


@cache
def _bundled() -> tuple[dict[str, Indicator], dict[str, Level]]:
    folder = resources.files("geoplan.criteria").joinpath("indicators")
    files = sorted((p for p in folder.iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    return read_catalogue((p.name, p.read_text("utf-8")) for p in files)


def catalogue() -> Mapping[str, Indicator]:
    """Every indicator that comes with geoplan, by id: all files of ``criteria/indicators``."""
    return _bundled()[0]


def level_title(level: str) -> Words:
    """What a level is called; its own name when it is a number."""
    known = _bundled()[1].get(level)
    return words(level, level) if known is None else known.title
