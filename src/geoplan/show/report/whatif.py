"""The part of a report on a what-if scenario: what was changed, and what moves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.scenario.moves import MOVE_KINDS
from geoplan.scenario.saying import change_text, side_text
from geoplan.show.choropleth import by_kind, choropleths
from geoplan.show.labels import capital
from geoplan.show.report.model import Block, Column, Grid, Heading, Paragraph, Picture
from geoplan.show.report.saying import long_date, note_if_unknown, pick

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.scenario.compare import Comparison
    from geoplan.scenario.moves import Move
    from geoplan.show.choropleth import Band, Choropleth


def whatif_part(result: Assessment, comparison: Comparison | None, lang: Lang) -> Iterator[Block]:
    """What was changed, step by step, and what moves; nothing for a city as it is on record."""
    if not result.city.changes and comparison is None:
        return
    yield Heading(pick(lang, "Phương án giả định", "What-if scenario"))
    if result.city.changes:
        yield Paragraph(
            pick(
                lang,
                "Báo cáo này tính cho một phương án giả định, không phải hiện trạng; các thay đổi giả định:",
                "This report is on a what-if scenario, not on the city as it is; what was changed:",
            )
        )
    for change in result.city.changes:
        day = long_date(change.on, lang)
        text = change.words.text(lang)
        yield Paragraph(pick(lang, f"Từ {day}: {text}.", f"From {day}: {text}."), "item")
    if comparison is None:
        return
    yield Paragraph(comparison.summary(lang))
    yield from _maps(comparison, lang)
    moved = [m for m in comparison.told if m.moved]
    verdicts = [m for m in moved if m.what != "number"]
    numbers = [m for m in moved if m.what == "number"]
    if verdicts:
        yield _verdicts(verdicts, comparison, lang)
    if numbers:
        yield _numbers(numbers, comparison, lang)
    silent = sum(m.moved for m in comparison.moves) - len(moved)
    if silent:
        yield Paragraph(
            pick(
                lang,
                f"Không kê trong các bảng trên: {silent} số liệu và tiêu chuẩn của các đơn vị mới lập hoặc "
                "không còn.",
                f"Not in these tables: {silent} figures and standards of units that are new or gone.",
            ),
            "note",
        )


def _maps(comparison: Comparison, lang: Lang) -> Iterator[Block]:
    """The units before and after, coloured by what moves most plainly; none when no unit moves."""
    first, last = comparison.results[0], comparison.results[-1]
    later = {c.key: c for c in (*choropleths(last), by_kind(last))}
    before = (*choropleths(first), by_kind(first))
    key = next((c.key for c in before if c.key in later and _differ(c, later[c.key])), None)
    if key is None:
        return
    title = later[key].title.text(lang)
    for side, name in (("before", comparison.names[0]), ("after", comparison.names[-1])):
        called = capital(name.text(lang))
        alt = pick(lang, "Bản đồ các đơn vị tô theo", "Map of the units by")
        yield Picture(f"{side}/{key}", f"{called}: {title}", f"{alt}: {title} ({called}).")


def _differ(one: Choropleth, other: Choropleth) -> bool:
    """Whether the two maps look different: other classes, or other units."""
    return [c.label for c in _bands(one)] != [c.label for c in _bands(other)]


def _bands(shown: Choropleth) -> list[Band]:
    return [shown.bands[at] for at in shown.classes if at is not None]


def _verdicts(moves: Sequence[Move], comparison: Comparison, lang: Lang) -> Grid:
    rows = tuple(
        (
            _named(move, lang),
            capital(move.where.text(lang)),
            *(side_text(move, side, lang) for side in move.sides),
        )
        for move in moves
    )
    return Grid(
        caption=pick(lang, "Kết luận và chỉ tiêu thay đổi", "Verdicts and targets that move"),
        columns=(*_heads(lang), *(Column(capital(name.text(lang)), 22) for name in comparison.names)),
        rows=rows,
        wide=len(comparison.names) > 2,  # noqa: PLR2004 - before and after fit an upright page
    )


def _numbers(moves: Sequence[Move], comparison: Comparison, lang: Lang) -> Grid:
    rows = tuple(
        (
            capital(move.name.text(lang)),
            capital(move.where.text(lang)),
            *(side_text(move, side, lang) for side in move.sides),
            change_text(move, lang) or "–",
        )
        for move in moves
    )
    names = (Column(capital(name.text(lang)), 18, numeric=True) for name in comparison.names)
    return Grid(
        caption=pick(lang, "Số liệu thay đổi", "Figures that move"),
        columns=(*_heads(lang), *names, Column(pick(lang, "Chênh lệch", "Change"), 18, numeric=True)),
        rows=rows,
        note=note_if_unknown(rows, lang),
        wide=len(comparison.names) > 2,  # noqa: PLR2004
    )


def _heads(lang: Lang) -> tuple[Column, Column]:
    return Column(pick(lang, "Nội dung", "Item"), 32), Column(pick(lang, "Phạm vi", "Scope"), 24)


def _named(move: Move, lang: Lang) -> str:
    """What moves, with its kind in front where the name alone does not tell it."""
    name = move.name.text(lang)
    return name if move.what in {"kind", "target", "class"} else f"{MOVE_KINDS[move.what].text(lang)}: {name}"
