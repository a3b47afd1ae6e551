"""What the criteria judge by: quantities measured from layers, and indicators that a person entered."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, cast

from geoplan.criteria.indicators import catalogue, level_title
from geoplan.criteria.telling import CONFIDENCE
from geoplan.errors import DataError
from geoplan.model import Words, words
from geoplan.quantity import Part, Quantity, Scope
from geoplan.schema import numbers
from geoplan.text import number, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    import pandas as pd

    from geoplan.city import City
    from geoplan.criteria.indicators import Indicator
    from geoplan.criteria.rulebook import Standard
    from geoplan.quantity import Qualifier
    from geoplan.schema import LayerName

_QUALIFIERS: Final = ("", "over", "under", "about")
_NOT_ENTERED: Final = words(
    "chưa có số liệu: hãy nhập vào indicators.csv", "nobody entered it: add it to indicators.csv"
)
_CLASSES: Final = "urban_class"
_SIGNED: Final = frozenset(
    {
        "percent_per_year",
        "percent_per_year_2",
        "billion_vnd",
        "thousand_billion_vnd",
        "million_vnd",
        "usd",
        "billion_usd",
    }
)
"""Units of growth and money: only there is less than nothing possible."""
_UNIT_LAYERS: Final[tuple[LayerName, ...]] = ("communes", "boundaries")
_INNER: Final = "wards"
_SCOPES: Final = {
    "city": words("toàn thành phố", "whole city"),
    _INNER: words("khu vực nội thị (các phường)", "inner area (the wards)"),
    "candidates": words("các đơn vị dự kiến lên phường", "units slated to become wards"),
    "zones": words("các khu công nghiệp", "industrial zones"),
}
"""Scopes that have no number yet, such as the inner area of a city without wards."""


@dataclass(frozen=True)
class Entry:
    """A row of ``indicators.csv``."""

    year: int
    scope: str
    indicator: str
    value: float | str
    qualifier: Qualifier | None
    source: str


@dataclass(frozen=True)
class Evidence:
    """Everything that is known about a city on a date, to be asked for by name.

    Attributes
    ----------
    city
        As of the date.
    quantities
        Measured, by metric and scope.
    entries
        Indicators, all years.
    """

    city: City
    quantities: Mapping[tuple[str, str], Quantity]
    entries: tuple[Entry, ...]

    def scope(self, scope_id: str) -> Scope:
        """The scope as measured quantities name it."""
        known = (q.scope for q in self.quantities.values() if q.scope.id == scope_id)
        return next(known, Scope(id=scope_id, name=_SCOPES.get(scope_id, words(scope_id, scope_id))))

    def measured(self, metric: str, scope: str) -> Quantity | None:
        """A measured quantity; None when nothing measures it."""
        return self.quantities.get((metric, scope))

    def answer(self, standard: Standard, *, scope: str) -> Quantity:
        """The number that answers a standard; its value is None when nobody gave it."""
        if standard.metric == _CLASSES:
            return self._class_held(standard)
        if standard.metric is not None:
            found = self.measured(standard.metric, scope)
            return found if found is not None else self.unknown(standard, scope, self._why(standard, scope))
        if standard.indicator is not None:
            entry = self.entry(standard.indicator, scope)
            if entry is not None:
                return self.stated(entry, name=standard.title, unit=standard.unit, levels=standard.levels)
        missing = _NOT_ENTERED if standard.indicator else words("không có chỉ số nào", "no indicator for it")
        return self.unknown(standard, scope, missing)

    def entry(self, indicator: str, scope: str) -> Entry | None:
        """The latest row of an indicator whose year is over by the date."""
        series = self.series(indicator, scope)
        return series[-1] if series else None

    def series(self, indicator: str, scope: str) -> list[Entry]:
        """All rows of an indicator whose years are over by the date, in order."""
        day = self.city.on
        found = [
            e
            for e in self.entries
            if e.indicator == indicator and e.scope == scope and dt.date(e.year, 12, 31) <= day
        ]
        return sorted(found, key=lambda e: e.year)

    def stated(self, entry: Entry, *, name: Words, unit: str, levels: tuple[str, ...] = ()) -> Quantity:
        """A row of ``indicators.csv`` as a quantity; a level counts by its place among the levels."""
        place = _place_of(entry.value, levels)
        value = float(entry.value if place is None else place)
        said = None if place is None else _said(entry.value, levels[place])
        return Quantity(
            metric=entry.indicator,
            name=name,
            value=value,
            unit=unit,
            scope=self.scope(entry.scope),
            on=self.city.on,
            numerator=Part(name=name, value=value, unit=unit),
            method=words(
                f"số liệu năm {entry.year} do người dùng nhập",
                f"figure of {entry.year} as entered by a person",
            ),
            sources=(entry.source,),
            qualifier=entry.qualifier,
            said=said,
        )

    def unknown(self, standard: Standard, scope: str, missing: Words) -> Quantity:
        """The number that a standard asks for and nobody gave."""
        metric = standard.metric or standard.indicator or standard.id
        return self.lacking(metric, scope, name=standard.title, unit=standard.unit, missing=missing)

    def lacking(
        self, metric: str, scope: str, *, name: Words, unit: str, missing: Words = _NOT_ENTERED
    ) -> Quantity:
        """A number that nobody gave, and why it is not there."""
        return Quantity(
            metric=metric,
            name=name,
            value=None,
            unit=unit,
            scope=self.scope(scope),
            on=self.city.on,
            missing=(missing,),
        )

    def _why(self, standard: Standard, scope: str) -> Words:
        """Why nothing measures what a standard asks for."""
        if scope == _INNER and not (self.city.communes["kind"] == "ward").any():
            return words("vào ngày này chưa có phường nào", "there is no ward on this date")
        what = standard.title
        return words(f"chưa có lớp dữ liệu để tính “{what.vi}”", f"no layer measures “{what.en}”")

    def _class_held(self, standard: Standard) -> Quantity:
        """The urban class that the city holds, as a level of the standard."""
        held = self.city.urban_class
        if held is None or held.class_ not in standard.levels:
            missing = words("chưa rõ loại đô thị", "the urban class is not known")
            return self.unknown(standard, "city", missing)
        bare = self.unknown(standard, "city", _NOT_ENTERED)
        value = float(standard.levels.index(held.class_))
        said = words(f"loại {held.class_}", f"class {held.class_}")
        trust = CONFIDENCE[held.confidence]
        if held.confidence in {"recalled", "derived"}:
            said = words(f"{said.vi} ({trust.vi})", f"{said.en} ({trust.en})")
        return replace(bare, value=value, missing=(), said=said, sources=(f"{held.source} ({trust.vi})",))


def _said(value: float | str, level: str) -> Words:
    """A level in words; a number, where the level is one, as the number that was entered."""
    if isinstance(value, str) or not level.isdigit():
        return level_title(level)
    return words(number(value), number(value, lang="en"))


def _place_of(value: float | str, levels: tuple[str, ...]) -> int | None:
    """The place among levels, of which some may be numbers themselves; None when there are no levels."""
    if not levels:
        return None
    if isinstance(value, str):
        return levels.index(value)
    reached = [i for i, level in enumerate(levels) if level.isdigit() and value >= int(level)]
    return max(reached, default=0)


def scopes_of(city: City) -> frozenset[str]:
    """What a row of ``indicators.csv`` may be about: groups, zones, and every unit there ever was."""
    units = (city.layers[name].frame["code"] for name in _UNIT_LAYERS if name in city.layers)
    zones = (f"zone:{zone}" for zone in city.layers["industrial_zones"].frame["id"])
    return frozenset((*_SCOPES, *zones, *(str(code) for codes in units for code in codes)))


def read_entries(table: pd.DataFrame, *, scopes: Collection[str] | None = None) -> tuple[Entry, ...]:
    """The rows of ``indicators.csv``, checked.

    Parameters
    ----------
    table
        As read, all text.
    scopes
        What there is to say something about, from `scopes_of`; None leaves that unchecked.

    Raises
    ------
    DataError
        When a year, a value or a qualifier cannot be read, a scope or an indicator does not exist, or a
        row is there twice.
    """
    known = catalogue()
    cells = (
        table["value"].str.strip().set_axis(table.index + 2)
    )  # lines of the file, the heading being the first
    figures = numbers(cells[cells.str.match(r"[+-]?[.\d]")], what="indicators.csv")
    out: dict[tuple[int, str, str], Entry] = {}
    for line, row in zip(cells.index, table.to_dict("records"), strict=True):
        entry = _entry({str(k): str(v).strip() for k, v in row.items()}, figures.get(line), line)
        _require_sense(entry, known, line)
        if scopes is not None and entry.scope not in scopes:
            name = quoted(entry.scope)
            raise _refused(
                line,
                f"không có phạm vi {name}; hãy dùng city, wards hoặc mã của một đơn vị",
                f"there is no scope {name}; use city, wards or the code of a unit",
            )
        key = (entry.year, entry.scope, entry.indicator)
        if key in out:
            raise _refused(
                line, "chỉ số này của năm này đã có ở trên", "this indicator of this year is there above"
            )
        out[key] = entry
    return tuple(out.values())


def _require_sense(entry: Entry, known: Mapping[str, Indicator], line: int) -> None:
    """Refuse an indicator that is not in the catalogue, or a value that is not of its kind."""
    indicator = known.get(entry.indicator)
    if indicator is None:
        name = quoted(entry.indicator)
        raise _refused(line, f"không có chỉ số {name}", f"no indicator {name}")
    _require_no_less_than_nothing(entry, indicator, line)
    levels, value = indicator.levels, entry.value
    fits = value in levels if isinstance(value, str) else not levels or any(x.isdigit() for x in levels)
    if not fits:
        said, allowed = quoted(value), ", ".join(levels)
        raise _refused(
            line,
            f"{indicator.id}: {said} không phải là {f'một trong các mức {allowed}' if levels else 'số'}",
            f"{indicator.id}: {said} is not {f'one of the levels {allowed}' if levels else 'a number'}",
        )


def _require_no_less_than_nothing(entry: Entry, indicator: Indicator, line: int) -> None:
    if isinstance(entry.value, float) and entry.value < 0 and indicator.unit not in _SIGNED:
        raise _refused(
            line,
            f"{indicator.id}: {quoted(entry.value)} không thể âm",
            f"{indicator.id}: {quoted(entry.value)} cannot be negative",
        )


def _entry(row: dict[str, str], figure: float | None, line: int) -> Entry:
    year, qualifier = row["year"], row["qualifier"]
    if not re.fullmatch(r"[12][0-9]{3}", year):
        raise _refused(line, f"{quoted(year)} không phải là năm", f"{quoted(year)} is not a year")
    if qualifier not in _QUALIFIERS:
        raise _refused(
            line,
            f"qualifier {quoted(qualifier)}: hãy dùng over, under, about hoặc để trống",
            f"qualifier {quoted(qualifier)}: use over, under, about or nothing",
        )
    if not row["value"]:
        raise _refused(line, "thiếu giá trị (value)", "the value is missing")
    return Entry(
        year=int(year),
        scope=row["scope"] or "city",
        indicator=row["indicator"],
        value=row["value"] if figure is None else float(figure),
        qualifier=cast("Qualifier | None", qualifier or None),
        source=row["source"],
    )


def _refused(line: int, vi: str, en: str) -> DataError:
    return DataError(vi=f"indicators.csv, dòng {line}: {vi}.", en=f"indicators.csv, line {line}: {en}.")
