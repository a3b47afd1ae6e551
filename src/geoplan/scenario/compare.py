"""A city and its scenarios side by side: every figure and verdict that moves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.assessment import Assessment, assess
from geoplan.city import City
from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.scenario.moves import MOVE_KINDS, Move, Side, find_moves
from geoplan.scenario.records import finite
from geoplan.scenario.saying import change_text, html_moves, move_line, side_text
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.errors import Lang

_NOTHING: Final = words("Không số liệu hay kết luận nào thay đổi.", "No figure and no verdict moved.")
_COUNT: Final = words(
    "{verdicts} kết luận và chỉ tiêu thay đổi, {numbers} số liệu thay đổi",
    "{verdicts} verdicts and targets moved, {numbers} figures moved",
)
_NEW_OR_GONE: Final = words(
    "Ngoài ra có {} dòng số liệu và tiêu chuẩn của các đơn vị mới lập hoặc không còn (xem bảng).",
    "Besides, {} figures and standards of units that are new or gone (see the table).",
)
_AS_IT_IS: Final = words("hiện trạng", "as it is")
_SCENARIO: Final = words("phương án giả định", "what-if scenario")


@dataclass(frozen=True)
class Comparison:
    """A city's assessments side by side; the first is what the others are compared with.

    Attributes
    ----------
    results
        The assessments.
    names
        What each is called.
    moves
        What moves, verdicts first; everything when that was asked for.
    """

    results: tuple[Assessment, ...]
    names: tuple[Words, ...]
    moves: tuple[Move, ...]

    def __repr__(self) -> str:
        return f"<Comparison {self.results[0].city.id}: {sum(m.moved for m in self.moves)} moved>"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the columns of each city end in `table`: ``before, after``; ``after_1 …`` for more."""
        if len(self.results) == 2:  # noqa: PLR2004 - before and after
            return ("before", "after")
        return ("before", *(f"after_{n}" for n in range(1, len(self.results))))

    @property
    def verdicts(self) -> tuple[Move, ...]:
        """Moves of verdicts, results and targets."""
        return tuple(m for m in self.moves if m.what not in {"number", "kind"})

    @cached_property
    def _table(self) -> pd.DataFrame:
        return pd.DataFrame([self._row(move) for move in self.moves], columns=self._columns())

    @property
    def table(self) -> pd.DataFrame:
        """A row for each move.

        Columns: ``what`` (``class, unit, kind, verdict, target, number``), ``id, scope, name, where,
        unit``; for each city ``before``, ``after`` the value and ``state_…`` the verdict (``pass, fail,
        open, aside``, the status of a target, the kind of a unit), ``threshold_…``, ``denominator_…``
        (value) and ``denominator`` (its name), ``certain_…`` (share of plausible inputs for which the
        verdict stays); ``change`` (after less before) for each but the first; ``article, moved``.
        Unknown is missing. Names are Vietnamese.
        """
        return self._table.copy()

    def _columns(self) -> list[str]:
        ends = self.suffixes
        changes = ["change"] if len(ends) == 2 else [f"change_{n}" for n in range(1, len(ends))]  # noqa: PLR2004
        fields = [
            f"{name}_{end}" for name in ("state", "threshold", "denominator", "certain") for end in ends
        ]
        head = ["what", "id", "scope", "name", "where", "unit"]
        return [*head, *ends, *changes, "denominator", *fields, "article", "moved"]

    def _row(self, move: Move) -> list[Any]:
        sides = move.sides
        first = sides[0]
        parts = [None if s is None else s.denominator for s in sides]
        named = next((p.name.vi for p in reversed(parts) if p is not None), None)
        cells: list[Any] = [move.what, move.id, move.scope, move.name.vi, move.where.vi, move.unit]
        cells += [None if s is None else s.value for s in sides]
        cells += [_change(first, s) for s in sides[1:]]
        cells.append(named)
        cells += [None if s is None else s.state for s in sides]
        cells += [None if s is None else s.threshold for s in sides]
        cells += [None if p is None else finite(p.value) for p in parts]
        cells += [None if s is None or s.certainty is None else s.certainty.holds for s in sides]
        return [*cells, move.article, move.moved]

    def lines(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """What is compared, how much moves and each move, as pairs of a label and a text."""
        told = self.told
        out = [*self.head(lang), *(move_line(move, lang) for move in told)]
        if len(told) < len(self.moves):
            out.append(("", _NEW_OR_GONE.text(lang).format(len(self.moves) - len(told))))
        return out

    def head(self, lang: Lang = "vi") -> list[tuple[str, str]]:
        """What is compared, what was changed, and how much moves, as pairs of a label and a text."""
        first = self.results[0]
        out = [("", f"{first.city.info.name}: {' → '.join(name.text(lang) for name in self.names)}")]
        label = "What if" if lang == "en" else "Giả định"
        for result, name in zip(self.results, self.names, strict=True):
            where = f"{label} – {name.text(lang)}" if len(self.results) > 2 else label  # noqa: PLR2004
            out += [
                (where, f"{date_text(c.on, lang=lang)}: {c.words.text(lang)}") for c in result.city.changes
            ]
        return [*out, ("", self.summary(lang))]

    @property
    def told(self) -> tuple[Move, ...]:
        """The moves, but for figures and standards of units that came or went: nothing stands beside them."""
        gone = {m.scope for m in self.moves if m.what == "kind" and None in m.sides}
        return tuple(m for m in self.moves if m.scope not in gone or m.what in {"kind", "unit"})

    def summary(self, lang: Lang = "vi") -> str:
        """How many verdicts and figures move, in a sentence."""
        count = sum(m.moved for m in self.verdicts)
        numbers = sum(m.moved for m in self.moves) - count
        if not count + numbers:
            return _NOTHING.text(lang)
        return _COUNT.text(lang).format(verdicts=count, numbers=numbers) + "."

    def as_json(self, lang: Lang = "vi") -> dict[str, Any]:
        """The comparison as values that `json.dumps` takes with ``allow_nan=False``."""
        return {
            "city": self.results[0].city.id,
            "cities": [
                {
                    "name": name.text(lang),
                    "title": result.city.title(lang),
                    "on": result.on.isoformat(),
                    "what_if": bool(result.city.changes),
                    "changes": [
                        {"what": c.what, "on": c.on.isoformat(), "text": c.words.text(lang)}
                        for c in result.city.changes
                    ],
                }
                for result, name in zip(self.results, self.names, strict=True)
            ],
            "summary": self.summary(lang),
            "moves": [_move_json(move, lang) for move in self.moves],
        }

    def _repr_html_(self) -> str:
        return html_moves(self.head(), self.names, self.told)


def compare(
    city: City | Assessment,
    other: City | Assessment,
    *more: City | Assessment,
    names: Sequence[str | Words | None] | None = None,
    everything: bool = False,
) -> Comparison:
    """Compare a city with its scenarios, or with itself on another date.

    Parameters
    ----------
    city
        What the others are compared with: a city (assessed on its date) or an assessment.
    other, more
        The scenarios.
    names
        What to call each; None: “as it is” or “what-if scenario”, with a number where there are several.
    everything
        Whether what does not move is kept too.

    Returns
    -------
    Comparison
        Shows itself in a notebook; `Comparison.table` has a row for each figure and verdict.

    Raises
    ------
    UsageError
        When they are not of one city, or the names are not as many as the cities.
    """
    cities = (city, other, *more)
    if any(not isinstance(one, City | Assessment) for one in cities):
        raise UsageError(
            vi="compare cần các City hoặc Assessment.", en="compare takes Cities or Assessments."
        )
    results = tuple(assess(one) if isinstance(one, City) else one for one in cities)
    ids = sorted({result.city.id for result in results})
    if len(ids) > 1:
        raise UsageError(
            vi=f"Chỉ so sánh các phương án của một thành phố, không phải của {', '.join(ids)}.",
            en=f"Only scenarios of one city can be compared, not those of {', '.join(ids)}.",
        )
    if names is not None and (isinstance(names, str) or len(names) != len(results)):
        raise UsageError(
            vi=f"Cần {len(results)} tên, mỗi phương án một tên.",
            en=f"Give {len(results)} names, one for each.",
        )
    named = zip(names or [None] * len(results), _names(results), strict=True)
    called = tuple(usual if name is None else _words(name) for name, usual in named)
    return Comparison(results, called, find_moves(results, everything=everything))


def beside(against: City | Assessment | Comparison | None, result: Assessment) -> Comparison | None:
    """The comparison that an output shows: the one that is given, or one with what is given.

    Raises
    ------
    UsageError
        When it is another city, or a comparison whose last city is not this one.
    """
    if against is None or not isinstance(against, Comparison):
        return None if against is None else compare(against, result)
    if against.results[-1] is not result:
        raise UsageError(
            vi="Phép so sánh phải kết thúc bằng chính kết quả đánh giá này.",
            en="The comparison must end in this very assessment.",
        )
    return against


def _words(name: str | Words) -> Words:
    return name if isinstance(name, Words) else words(name, name)


def _names(results: Sequence[Assessment]) -> tuple[Words, ...]:
    """Each by what it is, by its number when several are that, by its date when the dates differ."""
    changed = [bool(result.city.changes) for result in results]
    dated = len({result.on for result in results}) > 1
    out = []
    for at, result in enumerate(results):
        kind = _SCENARIO if changed[at] else _AS_IT_IS
        tail = f" {sum(changed[: at + 1])}" if changed[at] and sum(changed) > 1 else ""
        vi, en = (f"{date_text(result.on, lang=la)}" if dated else "" for la in ("vi", "en"))
        out.append(words(f"{kind.vi}{tail} {vi}".strip(), f"{kind.en}{tail} {en}".strip()))
    return tuple(out)


def _change(before: Side | None, after: Side | None) -> float | None:
    if before is None or after is None or before.value is None or after.value is None:
        return None
    return after.value - before.value


def _move_json(move: Move, lang: Lang) -> dict[str, Any]:
    return {
        "what": move.what,
        "id": move.id,
        "scope": move.scope,
        "name": move.name.text(lang),
        "where": move.where.text(lang),
        "unit": move.unit,
        "moved": move.moved,
        "article": move.article,
        "change": change_text(move, lang),
        "sides": [None if side is None else _side_json(side, move, lang) for side in move.sides],
    }


def _side_json(side: Side, move: Move, lang: Lang) -> dict[str, Any]:
    top, bottom = (None if p is None else p.as_json(lang) for p in (side.numerator, side.denominator))
    return {
        "text": side_text(move, side, lang),
        "value": side.value,
        "state": side.state,
        "threshold": side.threshold,
        "numerator": top,
        "denominator": bottom,
        "certain": None if side.certainty is None else side.certainty.holds,
    }


__all__ = ["MOVE_KINDS", "Comparison", "Move", "Side", "compare"]
