"""What a report is made of, as plain data in one language: every format prints these very texts."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from geoplan.text import one_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from geoplan.errors import Lang

_Record = TypeVar("_Record", bound=Any)
_LOOSE: Final = re.compile(r"(?<=[≥≤<>]) (?=[−+\d])|(?<=\d) (?=(?:%|ha\b|km²))")
_ROMAN: Final = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True)
class Heading:
    """A heading: 1 for a part, 2 for what is in it."""

    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    """A paragraph: plain, an item of a list, or in smaller letters; a note is about what stands before it."""

    text: str
    style: Literal["plain", "item", "small", "note"] = "plain"


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, its share of the width, and whether it holds numbers."""

    head: str
    width: float = 10.0
    numeric: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table. A wide one stands on a page turned on its side; `strong` rows are totals."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    wide: bool = False
    strong: int = 0


@dataclass(frozen=True)
class Picture:
    """A map or a chart, by the key that `geoplan.show.report.pictures` draws it by.

    `alt` says in words what is to be seen.
    """

    key: str
    caption: str
    alt: str


Block = Heading | Paragraph | Grid | Picture


@dataclass(frozen=True, kw_only=True)
class Letter:
    """Who writes, as the head of an official document has it; what is not given is left to be filled in.

    `signed_on` is the day of signing, not that of the assessment.
    """

    agency: str | None = None
    parent_agency: str | None = None
    place: str | None = None
    number: str | None = None
    signed_on: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report: its head as it is printed, and its blocks in order. No text holds a control character."""

    lang: Lang
    on: dt.date
    city: str
    nation: str
    motto: str
    parent_agency: str
    agency: str
    number: str
    date: str
    kind: str
    subject: str
    recipients: str
    signer: str
    blocks: tuple[Block, ...]


def cleaned(record: _Record) -> _Record:
    """A record whose texts are single lines without anything that does not show."""
    changed: _Record = _mapped(record, one_line)
    return changed


def tied(record: _Record) -> _Record:
    """A record whose numbers stay with their sign and unit when a line ends: by blanks that do not break."""
    changed: _Record = _mapped(record, lambda text: _LOOSE.sub("\u00a0", text))
    return changed


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """A value with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, tuple):
        return tuple(_mapped(each, change) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: _mapped(getattr(value, f.name), change) for f in fields(value)})
    return value


def numbered(blocks: tuple[Block, ...], lang: Lang) -> tuple[Block, ...]:
    """The blocks with their numbers: parts in Roman figures, what is in them, tables and pictures."""
    out: list[Block] = []
    part = sub = tables = pictures = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            part, sub = part + 1, 0
            out.append(replace(block, text=f"{_roman(part)}. {block.text}"))
        elif isinstance(block, Heading):
            sub += 1
            out.append(replace(block, text=f"{sub}. {block.text}"))
        elif isinstance(block, Grid):
            tables += 1
            out.append(replace(block, caption=f"{_named('table', tables, lang)}. {block.caption}"))
        elif isinstance(block, Picture):
            pictures += 1
            out.append(replace(block, caption=f"{_named('picture', pictures, lang)}. {block.caption}"))
        else:
            out.append(block)
    return tuple(out)


def pages(blocks: tuple[Block, ...]) -> list[tuple[bool, list[Block]]]:
    """The blocks in runs that stand upright (False) or on pages turned on their side (True).

    Text goes with the table or picture that it leads to, a note with what it is about.
    """
    turned = [isinstance(block, Grid) and block.wide for block in blocks]
    for at in reversed(range(len(blocks) - 1)):
        block = blocks[at]
        leads = isinstance(block, Heading) or (isinstance(block, Paragraph) and block.style != "note")
        turned[at] = turned[at + 1] if leads else turned[at]
    for at, block in enumerate(blocks):
        if isinstance(block, Paragraph) and block.style == "note" and at:
            turned[at] = turned[at - 1]
    runs: list[tuple[bool, list[Block]]] = []
    for wide, block in zip(turned, blocks, strict=True):
        if not runs or runs[-1][0] is not wide:
            runs.append((wide, []))
        runs[-1][1].append(block)
    return runs


def _named(what: str, number: int, lang: Lang) -> str:
    names = {"table": ("Bảng", "Table"), "picture": ("Hình", "Figure")}
    return f"{names[what][lang == 'en']} {number}"


def _roman(number: int) -> str:
    out = ""
    for value, sign in _ROMAN:
        while number >= value:
            out, number = out + sign, number - value
    return out
