"""How a report says dates and numbers, and the cells of its tables."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from geoplan.model import words
from geoplan.quantity import UNITS
from geoplan.show.labels import capital, word
from geoplan.text import UNKNOWN, number

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity

NO_FIGURE: Final = "…"
UNKNOWN_NOTE: Final = words("Ghi chú: “…” là chưa có số liệu.", "Note: “…” means no data.")
_HECTARES: Final = 100.0
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_PADDED_MONTHS: Final = 2


def pick(lang: Lang, vi: str, en: str) -> str:
    """One of two texts by the language."""
    return en if lang == "en" else vi


def long_date(day: dt.date, lang: Lang) -> str:
    """A date as official documents write it: ``ngày 18 tháng 01 năm 2024``, ``18 January 2024``.

    Days below 10 and the months January and February have a leading zero (NĐ 30/2020/NĐ-CP).
    """
    if lang == "en":
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"
    month = f"{day.month:02}" if day.month <= _PADDED_MONTHS else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def cell(value: float | None, unit: str, lang: Lang) -> str:
    """A number for a cell whose heading names the unit; ``…`` when it is unknown."""
    text = number(value, digits=UNITS[unit].digits, lang=lang)
    return NO_FIGURE if text == UNKNOWN[lang] else text


def figure(quantity: Quantity | None, lang: Lang) -> str:
    """A record's value for a cell whose heading names the unit."""
    if quantity is None:
        return NO_FIGURE
    plain = quantity.said is None and quantity.qualifier is None
    return cell(quantity.value, quantity.unit, lang) if plain else quantity.text(lang)


def hectares(km2: float | None, lang: Lang) -> str:
    """An area in km² as hectares, for a cell."""
    return cell(None if km2 is None or math.isnan(km2) else _HECTARES * km2, "ha", lang)


def unit_names(result: Assessment, lang: Lang) -> dict[str, str]:
    """Each unit by its code, with its kind in front: ``Phường Ba Hàng``."""
    units: gpd.GeoDataFrame = result.city.communes
    named = {}
    for code, name, kind in zip(units["code"], units["name"], units["kind"], strict=True):
        known = isinstance(kind, str)
        vi = capital(f"{word(kind, 'vi')} {name}") if known else str(name)
        en = f"{name} {word(kind, 'en')}" if known else str(name)
        named[str(code)] = pick(lang, vi, en)
    return named


def city_named(result: Assessment, lang: Lang) -> str:
    """The city's title for the middle of a sentence."""
    title = result.city.title(lang)
    return title if lang == "en" else title[:1].lower() + title[1:]


def note_if_unknown(rows: tuple[tuple[str, ...], ...], lang: Lang) -> str:
    """The note on what ``…`` means, when one is in the table."""
    return UNKNOWN_NOTE.text(lang) if any(NO_FIGURE in row for row in rows) else ""
