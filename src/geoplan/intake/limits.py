"""How much a file may hold: stated numbers, so that nobody's file can take the machine down."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

from geoplan.errors import DataError, UsageError
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Limits:
    """The most that one file may hold. Breaking one is a `DataError` that names it.

    Attributes
    ----------
    file_bytes
        Bytes of a data set, all its parts together.
    text_bytes
        Bytes of a data set written as text (GeoJSON, KML, GML, DXF, MIF, CSV): reading those takes
        about ten times their size in memory.
    zip_members, zip_ratio, zip_bytes
        Files in an archive; how many times larger it may become; bytes it may become.
    features, columns, cells
        Features of a layer, columns, and the two multiplied.
    vertices
        Vertices of all geometries of a layer.
    rings
        Rings of one shape of a shapefile: GDAL sorts out which lies in which, in the worst case
        each against each (50,000 take about ten seconds).
    nesting
        Levels of GeoJSON, XML or geometry collections inside each other.
    """

    file_bytes: int = 1 << 30
    text_bytes: int = 1 << 28
    zip_members: int = 1_000
    zip_ratio: int = 200
    zip_bytes: int = 2_000_000_000
    features: int = 2_000_000
    columns: int = 500
    cells: int = 50_000_000
    vertices: int = 50_000_000
    rings: int = 50_000
    nesting: int = 64


LIMITS: Final = Limits()
"""The defaults: the whole country's communes, with two orders of magnitude to spare."""

_WORDS: Final = {
    "file_bytes": ("byte", "bytes"),
    "text_bytes": ("byte văn bản", "bytes of text"),
    "zip_members": ("tệp trong tệp nén", "files in the archive"),
    "zip_ratio": ("lần phình ra khi giải nén", "times larger when unpacked"),
    "zip_bytes": ("byte khi giải nén", "bytes when unpacked"),
    "features": ("đối tượng", "features"),
    "columns": ("cột", "columns"),
    "cells": ("ô thuộc tính", "attribute cells"),
    "vertices": ("đỉnh", "vertices"),
    "rings": ("vòng trong một hình", "rings in one shape"),
    "nesting": ("cấp lồng nhau", "levels inside each other"),
}


def check(what: str, limits: Limits, name: str, found: int) -> None:
    """Say no when `found` is more than the limit called `name`.

    Raises
    ------
    DataError
        With both numbers and how to raise the limit.
    """
    allowed = int(getattr(limits, name))
    if found <= allowed:
        return
    vi, en = _WORDS[name]
    raise DataError(
        vi=f"{what}: {number(found)} {vi}, quá giới hạn {number(allowed)}; nếu tin tệp này, "
        f"hãy nâng giới hạn: --limit {name}={found}.",
        en=f"{what}: {number(found, lang='en')} {en}, over the limit of {number(allowed, lang='en')}; "
        f"if you trust the file, raise the limit: --limit {name}={found}.",
    )


def parse_limits(settings: Iterable[str], *, base: Limits = LIMITS) -> Limits:
    """Limits with some changed, each setting written as ``name=number``.

    Raises
    ------
    UsageError
        When a name is unknown or a number is not a positive whole number.
    """
    known = [f.name for f in fields(Limits)]
    changed: dict[str, int] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in known or not (value.isascii() and value.isdigit()) or int(value) == 0:
            raise UsageError(
                vi=f"“{setting}” không phải giới hạn; hãy viết tên=số, tên là {', '.join(known)}.",
                en=f"“{setting}” is no limit; write name=number, the name one of {', '.join(known)}.",
            )
        changed[name] = int(value)
    return replace(base, **changed)
