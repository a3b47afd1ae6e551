"""Words, numbers and dates as Vietnamese readers write them."""

from __future__ import annotations

import datetime as dt
import functools
import math
import re
import unicodedata
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.numbers import NumberPattern, parse_pattern

from geoplan.errors import Lang, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST: Final = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_LONG: Final = 60
_HUGE: Final = 1e18
"""Numbers from here on are written with an exponent: babel cannot round them."""
UNKNOWN: Final = {"vi": "chưa có số liệu", "en": "no data"}


def fold(text: str) -> str:
    """Lower case without diacritics, for comparing and searching names.

    >>> fold("Đồng Tiến")
    'dong tien'
    """
    decomposed = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(ch for ch in decomposed if not unicodedata.combining(ch))


def number(value: float | None, *, digits: int = 0, lang: Lang = "vi") -> str:
    """A number for reading: ``1.234,5`` in Vietnamese, ``1,234.5`` in English, words when unknown."""
    if value is None or math.isnan(value):
        return UNKNOWN[lang]
    if abs(value) >= _HUGE:
        return f"{value:.3g}"
    pattern, locale = _written(digits, lang)
    text: str = pattern.apply(value, locale)
    return text


@functools.cache
def _written(digits: int, lang: Lang) -> tuple[NumberPattern, Locale]:
    """How a number is written; read once, because a page of ten thousand units writes millions."""
    return parse_pattern("#,##0" + ("." + "0" * digits if digits else "")), Locale.parse(lang)


def percent(value: float | None, *, lang: Lang = "vi") -> str:
    """A share for reading, with one decimal: ``63,4 %``; words when unknown."""
    text = number(value, digits=1, lang=lang)
    return text if text == UNKNOWN[lang] else f"{text} %"


def date_text(date: dt.date, *, lang: Lang = "vi") -> str:
    """A date for reading: ``18/01/2024`` in Vietnamese, ``2024-01-18`` in English."""
    return (
        f"{date.day:02}/{date.month:02}/{date.year:04}"
        if lang == "vi"
        else f"{date.year:04}-{date.month:02}-{date.day:02}"
    )


def parse_date(text: str) -> dt.date:
    """A date from ``YYYY-MM-DD`` or ``DD/MM/YYYY`` and the like: day, month and year in no other order.

    Raises
    ------
    UsageError
        When the text is not a date of the calendar.
    """
    plain = text.strip()
    match = _YEAR_FIRST.fullmatch(plain)
    if match:
        year, month, day = (int(part) for part in match.groups())
    elif match := _DAY_FIRST.fullmatch(plain):
        day, month, year = (int(part) for part in match.groups())
    try:
        if match:
            return dt.date(year, month, day)
    except ValueError:
        pass  # such as 31/02
    raise UsageError(
        vi=f"{quoted(text)} không phải là ngày: hãy viết như 2024-01-18 hoặc 18/01/2024.",
        en=f"{quoted(text)} is not a date: write it as 2024-01-18 or 18/01/2024.",
    )


def as_date(on: dt.date | str | None) -> dt.date:
    """A day from a date, a text, or today when None."""
    if on is None:
        return dt.datetime.now().astimezone().date()
    if isinstance(on, str):
        return parse_date(on)
    if isinstance(on, dt.datetime):
        return on.date()
    if isinstance(on, dt.date):
        return on
    raise UsageError(
        vi=f"Ngày phải là chữ như 2024-01-18 hoặc datetime.date, không phải {type(on).__name__}.",
        en=f"A date must be text such as 2024-01-18 or a datetime.date, not {type(on).__name__}.",
    )


def quoted(value: object) -> str:
    """A foreign value for a sentence: short, what does not show spelled out, in quotation marks."""
    text = str(value)
    short = text if len(text) <= _LONG else text[:_LONG] + "…"
    return "“" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short) + "”"


def one_line(text: str) -> str:
    """The text as one line for a terminal: a name of the data cannot forge a line or steer the screen."""
    return "".join(c if c.isprintable() else " " for c in text)


def listing(items: Iterable[object], *, limit: int = 5, lang: Lang = "vi") -> str:
    """A short list for a sentence: the first few, and how many more there are."""
    words = [str(item) for item in items]
    if len(words) <= limit:
        return ", ".join(words)
    more = len(words) - limit
    tail = f"và {more} nữa" if lang == "vi" else f"and {more} more"
    return f"{', '.join(words[:limit])} {tail}"
