"""Moves in words: before → after, and by how much."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, Final

from geoplan.criteria.telling import MARKS, OUTCOMES, SET_ASIDE, STATUS, target_mark
from geoplan.criteria.wording import abs_with_unit, apart
from geoplan.model import words
from geoplan.quantity import QUALIFIERS, UNITS
from geoplan.scenario.moves import MOVE_KINDS
from geoplan.text import UNKNOWN, number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.scenario.moves import Move, Side

_PASSES: Final = {"pass": True, "fail": False, "open": None}
_ASIDE: Final = words("không xét", "set aside")
_NOT_ASKED: Final = words("không còn xét", "no longer asked")
_NOT_YET: Final = words("chưa xét", "not asked yet")
_GONE: Final = words("không còn", "gone")
_NOT_THERE: Final = words("chưa có", "not there yet")
_BORDERLINE: Final = words("sát ngưỡng", "borderline")
_PERCENT: Final = ("percent", "percent_2")
_POINTS: Final = words("điểm %", "points")
"""What shares differ by."""
_HEADS: Final = (
    words("Loại", "What"), words("Nội dung", "Item"), words("Phạm vi", "Scope"),
    words("Chênh lệch", "Change"),
)  # fmt: skip


def move_line(move: Move, lang: Lang = "vi") -> tuple[str, str]:
    """A move as a label and a text: ``Mật độ dân số – nội thành``, ``2.801 → 2.439 người/km² (−362)``."""
    name, where = move.name.text(lang), move.where.text(lang)
    label = f"{MOVE_KINDS[move.what].text(lang)}: {name}"
    if move.what == "kind":
        label = MOVE_KINDS[move.what].text(lang)
    text = " → ".join(side_text(move, side, lang) for side in move.sides)
    more = change_text(move, lang)
    return (f"{label} – {where}" if where else label, f"{text} ({more})" if more else text)


def side_text(move: Move, side: Side | None, lang: Lang = "vi") -> str:
    """One side of a move: a value, or a verdict with its mark; words where it is not asked."""
    if side is None:
        there = move.what in {"kind", "number"}
        later, before = (_GONE, _NOT_THERE) if there else (_NOT_ASKED, _NOT_YET)
        gone = before if move.sides[0] is None else later
        return gone.text(lang)
    if move.what == "kind" and side.said is not None:
        return side.said.text(lang)
    if side.state is None:
        return value_text(move, side, lang)
    text = state_text(side.state, lang)
    if side.certainty is not None and side.certainty.borderline:
        text = f"{text}, {_BORDERLINE.text(lang)}"
    known = move.what in {"verdict", "target"} and (side.value is not None or side.said is not None)
    points = move.what == "class" and side.value is not None
    return f"{text} ({value_text(move, side, lang)})" if known or points else text


def state_text(state: str, lang: Lang = "vi") -> str:
    """A verdict or the status of a target in words, with its mark."""
    if state in _PASSES:
        passes = _PASSES[state]
        return f"{MARKS[passes]} {OUTCOMES[passes].text(lang)}"
    if state == "aside":
        return f"{SET_ASIDE} {_ASIDE.text(lang)}"
    found = next((key for key in STATUS if key == state), None)
    return state if found is None else f"{target_mark(found)} {STATUS[found].text(lang)}"


def value_text(move: Move, side: Side, lang: Lang = "vi") -> str:
    """A value with its unit, with so many decimals that two that differ do not read the same."""
    if side.said is not None:
        return side.said.text(lang)
    if side.value is None:
        return UNKNOWN[lang]
    unit = move.unit if move.unit in UNITS else "count"
    digits = max(
        [UNITS[unit].digits]
        + [
            apart(side.value, s.value, digits=UNITS[unit].digits)
            for s in move.sides
            if s is not None and s.value is not None
        ]
    )
    text = f"{number(side.value, digits=digits, lang=lang)} {UNITS[unit].words.text(lang)}".strip()
    given = None if side.quantity is None else side.quantity.qualifier
    return text if given is None else f"{QUALIFIERS[given].text(lang)} {text}"


def change_text(move: Move, lang: Lang = "vi") -> str:
    """After less before, signed, for each city but the first; empty when there is no number."""
    first, unit = move.sides[0], move.unit if move.unit in UNITS else "count"
    told = []
    for side in move.sides[1:]:
        if first is None or side is None or first.value is None or side.value is None:
            told.append("–")
        elif first.value == side.value:
            told.append("0")
        else:
            change = side.value - first.value
            size = abs_with_unit(change, unit, lang)
            size = size.removesuffix("%") + _POINTS.text(lang) if unit in _PERCENT else size
            told.append(f"{'+' if change > 0 else '−'}{size}")
    return "; ".join(told) if any(text not in {"–", "0"} for text in told) else ""


def html_moves(
    head: Sequence[tuple[str, str]], names: Sequence[Words], moves: Sequence[Move], lang: Lang = "vi"
) -> str:
    """Lines and a table of moves for a notebook, everything escaped."""
    lines = "".join(
        f"<p style='margin:.2em 0'>{html.escape(f'{label}: {text}' if label else text)}</p>"
        for label, text in head
    )
    what, item, where, change = (text.text(lang) for text in _HEADS)
    heads = [what, item, where, *(name.text(lang) for name in names), change]
    rows = "".join(_row([MOVE_KINDS[m.what].text(lang), *_cells(m, lang)], "td") for m in moves)
    return f"{lines}<table><thead>{_row(heads, 'th')}</thead><tbody>{rows}</tbody></table>"


def _cells(move: Move, lang: Lang) -> list[str]:
    sides = [side_text(move, side, lang) for side in move.sides]
    return [move.name.text(lang), move.where.text(lang), *sides, change_text(move, lang)]


def _row(cells: Sequence[str], tag: str) -> str:
    inner = "".join(f"<{tag} style='text-align:left'>{html.escape(text)}</{tag}>" for text in cells)
    return f"<tr>{inner}</tr>"
