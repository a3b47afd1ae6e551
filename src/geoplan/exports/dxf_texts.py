"""Colour numbers, layer names, texts and attributes as a drawing (DXF) takes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from ezdxf.colors import DXF_DEFAULT_COLORS, int2rgb

from geoplan import palette
from geoplan.exports.shortened import cut
from geoplan.exports.writing import safe_name
from geoplan.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geoplan.exports.fields import Field

APP: Final = "GEOPLAN"
"""Under which name attributes are attached (XDATA)."""
EPSG: Final = "EPSG"
"""The property of the drawing that has the code of its system."""
_FOREGROUND: Final = 7
"""ACI 7 is black or white, as the background is not: no colour of a legend."""
_STRING: Final = 250
"""Bytes of one text of XDATA."""
_ROOM: Final = 15_000
"""Bytes of all attributes of one object; the format has 16 KB."""
_TAG: Final = 12
_CONTROL: Final = re.compile(r"[\x00-\x1f]")
_CARET: Final = re.compile(r"\^(.)", re.DOTALL)
_NAME_OR_VALUE: Final = 1000
_GROUP: Final = 1002

Tags = list[tuple[int, Any]]


@dataclass(frozen=True)
class Origin:
    """To which row of which layer an object belongs, and whether it is a hole of the area before it."""

    layer: str
    row: int
    hole: bool


@cache
def aci_of(colour: str) -> int:
    """The colour number nearest to ``#rrggbb``: by plain distance in red, green and blue."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]

    def away(number: int) -> int:
        return sum((a - b) ** 2 for a, b in zip(int2rgb(DXF_DEFAULT_COLORS[number]), wanted, strict=True))

    return min((n for n in range(1, 256) if n != _FOREGROUND), key=away)


def aci_of_kind(kind: str | None, colour: str) -> int:
    """The colour number of a land use by circular 16/2025/TT-BXD when the kind is one; else the nearest."""
    return palette.LAND_USE_ACI.get(kind or "", aci_of(colour))


def layer_name(layer: str, kind: str | None, taken: dict[tuple[str, str | None], str]) -> str:
    """A layer of the drawing for a layer and a kind: ``PLANS_ZONING``; distinct for distinct kinds."""
    key = (layer, kind)
    if key not in taken:
        plain = "_".join(safe_name(part).replace("-", "_") for part in (layer, kind) if part is not None)
        name, count = plain.upper(), 2
        while name in taken.values():
            name, count = f"{plain.upper()}_{count}", count + 1
        taken[key] = name
    return taken[key]


def label(text: str) -> str:
    """A text as one line of a drawing: ``%%`` and ``^`` begin codes there."""
    return cut(one_line(text).replace("%%", "% %").replace("^", "^ "), _STRING)


def paragraph(lines: Iterable[str]) -> str:
    r"""Lines as one MTEXT, in which ``\``, braces, ``%%`` and ``^`` begin codes."""
    out = []
    for line in lines:
        plain = one_line(line).replace("%%", "% %").replace("^", "^ ")
        out.append(re.sub(r"([\\{}])", r"\\\1", plain))
    return r"\P".join(out)


def attributes(origin: Origin, fields: Sequence[Field], values: Sequence[Any]) -> Tags:
    """A row as XDATA: layer, row, hole; then, each in braces, the name of a field and its value.

    Unknown values are left out. Texts longer than 250 bytes go on in the next; what goes beyond 15,000
    bytes in all is cut.
    """
    tags: Tags = [(_NAME_OR_VALUE, origin.layer), (1071, origin.row), (1070, int(origin.hole))]
    room = _ROOM
    for field, value in zip(fields, values, strict=True):
        if value is None or room <= _STRING:
            continue
        mine = [(_GROUP, "{"), (_NAME_OR_VALUE, cut(_escaped(field.name), _STRING))]
        mine += _value(value, room - _STRING - 4 * _TAG)
        mine.append((_GROUP, "}"))
        room -= sum(_TAG + (len(v.encode()) if isinstance(v, str) else 8) for _, v in mine)
        tags += mine
    return tags


def _value(value: Any, room: int) -> Tags:
    if isinstance(value, bool):
        return [(1070, int(value))]
    if isinstance(value, float):
        return [(1040, value)]
    rest = cut(_escaped(str(value)), max(room, 0))
    tags: Tags = []
    while rest or not tags:
        piece = cut(rest, _STRING)
        if piece.endswith("^") and len(rest) > len(piece):
            piece = piece[:-1]
        tags.append((_NAME_OR_VALUE, piece))
        rest = rest[len(piece) :]
    return tags


def _escaped(text: str) -> str:
    """Control characters as AutoCAD writes them: ``^J`` is a new line, ``^ `` the caret itself."""
    plain = text.encode("utf-8", "replace").decode("utf-8").replace("^", "^ ")
    return _CONTROL.sub(lambda found: "^" + chr(ord(found[0]) + 64), plain)


def _unescaped(text: str) -> str:
    return _CARET.sub(lambda found: "^" if found[1] == " " else chr(ord(found[1]) - 64), text)


def read_attributes(tags: Iterable[tuple[int, Any]]) -> tuple[Origin, dict[str, Any]]:
    """What `attributes` attached; values as text, float or int."""
    given = list(tags)
    origin = Origin(str(given[0][1]), int(given[1][1]), bool(given[2][1]))
    out: dict[str, Any] = {}
    group: list[Any] = []
    for code, value in given[3:]:
        if code != _GROUP:
            group.append(value)
        elif value == "{":
            group = []
        elif len(group) > 1:
            texts = all(isinstance(v, str) for v in group[1:])
            out[_unescaped(group[0])] = _unescaped("".join(group[1:])) if texts else group[1]
    return origin, out
