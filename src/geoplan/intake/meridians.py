"""The central meridian of each province's VN-2000 system, on a date (`meridians.toml`)."""

from __future__ import annotations

import difflib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import UsageError
from geoplan.text import date_text, fold, listing

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from geoplan.errors import Lang
    from geoplan.schema import Confidence

_PREFIX: Final = re.compile(r"^(tinh|thanh pho|tp)[\s.]+")
_DEGREES: Final = re.compile(r"(\d+)°(\d+)′")


@dataclass(frozen=True)
class Meridian:
    """The VN-2000 TM-3 system of one province for a time.

    Attributes
    ----------
    province
        Its name, with diacritics.
    valid_from, valid_to
        Half-open: in force on `valid_from`, no longer on `valid_to`; None is without end.
    epsg
        Of the TM-3 system.
    meridian
        As people write it: ``105°30′``.
    source
        Where it was read, in Vietnamese and in English.
    confidence
        ``seen`` in that source, or ``secondary``: the source is unofficial.
    note
        What else is known, in Vietnamese and in English; None when nothing is.
    disputed
        Whether sources disagree; the note says how.
    keys
        The names it answers to, folded for comparing.
    """

    province: str
    valid_from: dt.date | None
    valid_to: dt.date | None
    epsg: int
    meridian: str
    source: tuple[str, str]
    confidence: Confidence
    note: tuple[str, str] | None
    disputed: bool
    keys: frozenset[str]

    @property
    def degrees(self) -> float:
        """The central meridian in degrees east."""
        found = _DEGREES.fullmatch(self.meridian)
        if found is None:
            raise ValueError(self.meridian)
        return int(found[1]) + int(found[2]) / 60

    def label(self, lang: Lang = "vi") -> str:
        """Province, meridian and when, for reading."""
        text = f"{self.province} {self.meridian}"
        if self.valid_to is not None:
            until = "trước" if lang == "vi" else "before"
            return f"{text} ({until} {date_text(self.valid_to, lang=lang)})"
        if self.valid_from is not None:
            since = "từ" if lang == "vi" else "from"
            return f"{text} ({since} {date_text(self.valid_from, lang=lang)})"
        return text

    def in_force(self, on: dt.date) -> bool:
        """Whether the row holds on a date."""
        return (self.valid_from is None or self.valid_from <= on) and (
            self.valid_to is None or on < self.valid_to
        )


def _key(name: str) -> str:
    """A province's name for comparing: no case, diacritics, prefix, spaces or punctuation."""
    return re.sub(r"[^a-z0-9]", "", _PREFIX.sub("", fold(name).strip()))


def _row(era: dict[str, Any], row: dict[str, Any], sources: dict[str, dict[str, str]]) -> Meridian:
    note = era.get("notes", {}).get(row["name"])
    source = sources[row["source"]]
    return Meridian(
        province=row["name"],
        valid_from=era.get("from"),
        valid_to=era.get("to"),
        epsg=row["epsg"],
        meridian=row["meridian"],
        source=(source["vi"], source["en"]),
        confidence=row["confidence"],
        note=(note["vi"], note["en"]) if note else None,
        disputed=bool(note and note["disputed"]),
        keys=frozenset(_key(name) for name in (row["name"], *row.get("also", []))),
    )


@cache
def meridians() -> tuple[Meridian, ...]:
    """The whole table: the 63 provinces until 2025-07-01, then the 34 since."""
    table = tomllib.loads(resources.files("geoplan.intake").joinpath("meridians.toml").read_text("utf-8"))
    return tuple(_row(era, row, table["sources"]) for era in table["era"] for row in era["provinces"])


def meridians_of(province: str) -> tuple[Meridian, ...]:
    """Every meridian a name ever had, oldest first.

    Raises
    ------
    UsageError
        When no province ever had the name, with the names that come near.
    """
    found = tuple(row for row in meridians() if _key(province) in row.keys)
    if not found:
        near = _near(province, meridians())
        raise UsageError(
            vi=f"Không có tỉnh nào tên “{province}”; gần giống: {listing(near)}.",
            en=f"No province is called “{province}”; near it: {listing(near, lang='en')}.",
        )
    return found


def meridian_of(province: str, *, on: dt.date) -> Meridian:
    """The VN-2000 TM-3 system that a province's files of a date should be in.

    Parameters
    ----------
    province
        Its name on that date, with or without diacritics and “tỉnh”, “thành phố”, “TP.”.
    on
        The date of the data (not of today).

    Raises
    ------
    UsageError
        When there was no province of that name on the date.

    Notes
    -----
    Compiled from public lists, not from the gazette: `Meridian.source`, `confidence` and `note` say
    how sure each row is. That a file really is in its province's system is not promised.
    """
    rows = meridians_of(province)
    for row in rows:
        if row.in_force(on):
            return row
    now = _near(province, tuple(row for row in meridians() if row.in_force(on)))
    row = rows[0]
    end = row.valid_to or on
    raise UsageError(
        vi=f"Ngày {date_text(on)} không có tỉnh {row.province} (chỉ đến {date_text(end)}); "
        f"hãy cho ngày của dữ liệu, hoặc tên tỉnh hiện nay, gần giống: {listing(now)}.",
        en=f"There was no province {row.province} on {date_text(on, lang='en')} (only until "
        f"{date_text(end, lang='en')}); give the date of the data, or the province of that date, "
        f"near it: {listing(now, lang='en')}.",
    )


def meridians_for(province: str | None, on: dt.date | None) -> tuple[Meridian, ...]:
    """The meridian of a province on a date; all it ever had without a date; none without a province."""
    if province is None:
        return ()
    return meridians_of(province) if on is None else (meridian_of(province, on=on),)


def labels(rows: Sequence[Meridian], lang: Lang = "vi") -> str:
    """Meridians for reading; one that never changed is said once, without dates."""
    if len({row.epsg for row in rows}) == 1:
        return f"{rows[-1].province} {rows[-1].meridian}"
    return listing((row.label(lang) for row in rows), lang=lang)


def _near(province: str, rows: tuple[Meridian, ...]) -> list[str]:
    """The names that look most like this one, at least one."""
    names = {_key(row.province): row.province for row in rows}
    keys = difflib.get_close_matches(_key(province), names, n=5, cutoff=0.5)
    return [names[key] for key in keys or difflib.get_close_matches(_key(province), names, n=3, cutoff=0.0)]
