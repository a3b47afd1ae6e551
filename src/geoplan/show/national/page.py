"""The page of all cities: small maps beside one another and a table, without any script.

Every text of the data goes in escaped, and the page is sealed so that no script runs in it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from geoplan.criteria.telling import STATUS, target_mark
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.show import labels
from geoplan.show.labels import word
from geoplan.show.national.drawing import Area, Canvas, canvas_for, svg, swatch
from geoplan.show.national.rows import SHARES, STANDINGS, STATUSES, TITLE, standing_name
from geoplan.show.national.tables import share_name
from geoplan.show.palette import COVERAGE, DENSITY, READINESS, Scale, ramp
from geoplan.show.seal import seal
from geoplan.show.verdict_words import OUTCOMES, class_name, outcome
from geoplan.text import date_text, number, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from geoplan.errors import Lang
    from geoplan.show.national.rows import NationalRow

_CLASS: Final = words("Kết luận về loại đô thị", "Finding on the urban class")
_STANDING: Final = words("Tính chất của ranh giới", "Standing of the boundaries")
_CANDIDATES: Final = words("Xã dự kiến lên phường", "Slated to become wards")
_TARGETS: Final = words("Chỉ tiêu", "Targets")
_OF: Final = words("đô thị", "cities")
_LIST: Final = words("Danh mục, tìm kiếm và báo cáo", "List, search and reports")
_NOT_DRAWN: Final = words("Không vẽ được vì chưa có ranh giới: {}.", "Not drawn, for want of boundaries: {}.")
_OUTLINES: Final = words(
    "Đường bao đã giản lược để xem; đô thị quá nhỏ trên bản đồ được đánh dấu bằng chấm tròn.",
    "Outlines are simplified for display; a city too small for the map is shown by a dot.",
)
_STANDING_COLOURS: Final = dict(zip(STANDINGS, ramp(("#22306b", "#68b8ae", "#f2efe6"), 5), strict=True))
_KEYS: Final[dict[bool | None, str]] = {True: "pass", False: "fail", None: "open"}


@dataclass(frozen=True)
class _Band:
    """One class of a map: fill, pattern over it, sign, words."""

    colour: str | None
    text: str
    pattern: str | None = None
    sign: str = ""


@dataclass(frozen=True)
class _Map:
    """What one map shows: its title, its classes, and which of them a city is in (None: not known)."""

    title: str
    bands: tuple[_Band, ...]
    place: Callable[[NationalRow], int | None]
    brief: Callable[[NationalRow], str]


def national_page(rows: Sequence[NationalRow], *, lang: Lang = "vi") -> str:
    """The page as text.

    Parameters
    ----------
    rows
        The cities in the order to show.
    lang
        Of the page's own words and numbers.
    """
    canvas = canvas_for([row.shape for row in rows if row.shape is not None])
    said = Counter(text for row in rows for text in row.card.warnings)
    standing = [f"<p>{escape(text)} ({n}/{len(rows)} {_OF.text(lang)})</p>" for text, n in said.items()]
    undrawn = [row.card.title for row in rows if row.shape is None]
    notes = [_OUTLINES.text(lang), *([_NOT_DRAWN.text(lang).format(", ".join(undrawn))] if undrawn else [])]
    maps = "".join(_figure(one, rows, canvas, lang) for one in _maps(lang))
    page = (
        f'<!DOCTYPE html><html lang="{lang}"><head><title>{escape(TITLE.text(lang))}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="stylesheet" href="asset:national.css"></head><body><main>'
        f"<h1>{escape(TITLE.text(lang))}</h1>"
        f'<div class="standing">{"".join(standing)}</div>'
        f'<p>{len(rows)} {_OF.text(lang)} · <a href="index.html">{_LIST.text(lang)}</a></p>'
        f'<section class="maps">{maps}</section>'
        + "".join(f"<p>{escape(note)}</p>" for note in notes)
        + f'<div class="scroll">{_table(rows, lang)}</div></main></body></html>\n'
    )
    return seal(page, scripts=False)


def _maps(lang: Lang) -> list[_Map]:
    states = tuple(
        _Band(mark.colour, f"{mark.sign} {OUTCOMES[key].text(lang)}", mark.pattern, mark.sign)
        for key, mark in ((key, READINESS[name]) for key, name in _KEYS.items())
    )
    held = list(_KEYS)
    found = _Map(
        _CLASS.text(lang), states,
        lambda row: held.index(row.passes) if row.card.classes else None, lambda row: _class(row, lang),
    )  # fmt: skip
    shares = [_share(key, lang) for key in (SHARES[0], SHARES[2])]
    density = _Map(
        word("density_per_km2", lang), _scale(DENSITY, lang), lambda row: DENSITY.place(row.card.density),
        lambda row: with_unit(row.card.density, "person_per_km2", lang),
    )  # fmt: skip
    bands = tuple(_Band(colour, standing_name(key, lang)) for key, colour in _STANDING_COLOURS.items())
    standing = _Map(
        _STANDING.text(lang), bands, _standing_place, lambda row: row.standing_text("communes", lang)
    )
    return [found, *shares, density, standing]


def _share(key: str, lang: Lang) -> _Map:
    """The map of one share."""

    def value(row: NationalRow) -> float | None:
        return row.card.coverage.get(key)

    return _Map(
        share_name(key).text(lang),
        _scale(COVERAGE, lang, exact=1),
        lambda row: COVERAGE.place(value(row)),
        lambda row: percent(value(row), lang=lang),
    )


def _standing_place(row: NationalRow) -> int | None:
    standing = row.standing.get("communes")
    return next((i for i, known in enumerate(STANDINGS) if known == standing), None)


def _scale(scale: Scale, lang: Lang, *, exact: int = 0) -> tuple[_Band, ...]:
    """The classes of a scale; with `exact`, so many lowest ones are "none", and the last is "whole"."""
    bands = []
    for i, (low, colour) in enumerate(zip(scale.breaks, scale.colours, strict=True)):
        high = scale.breaks[i + 1] if i + 1 < len(scale.breaks) else None
        if exact and i < exact:
            text = word("none", lang)
        elif high is None:
            text = word("whole", lang) if exact else f"≥ {number(low, lang=lang)}"
        else:
            text = f"{number(low, lang=lang)}–{number(high, lang=lang)}"
        bands.append(_Band(colour, text))
    return tuple(bands)


def _figure(one: _Map, rows: Sequence[NationalRow], canvas: Canvas, lang: Lang) -> str:
    areas = []
    for row in rows:
        if row.shape is None:
            continue
        at = one.place(row)
        band = _Band(None, word("no_data", lang)) if at is None else one.bands[at]
        tip = f"{row.card.title}: {one.brief(row) if at is not None else band.text}"
        areas.append(Area(row.shape, band.colour, band.pattern, band.sign, tip, row.card.map))
    counts = Counter(one.place(row) for row in rows)
    legend = [(band, counts[i]) for i, band in enumerate(one.bands) if counts[i]]
    if counts[None]:
        legend.append((_Band(None, word("no_data", lang)), counts[None]))
    items = "".join(
        f"<li>{swatch(band.colour, band.pattern)}{escape(band.text)} ({n})</li>" for band, n in legend
    )
    drawing = svg(areas, canvas, title=one.title)
    return f'<figure><h2>{escape(one.title)}</h2>{drawing}<ul class="legend">{items}</ul></figure>'


def _class(row: NationalRow, lang: Lang) -> str:
    first = row.card.classes[0]
    return f"{labels.capital(class_name(first.urban_class, lang))}: {outcome(first.passes, lang)}"


def _table(rows: Sequence[NationalRow], lang: Lang) -> str:
    heads = [
        word("city", lang), word("province", lang), word("date", lang), _CLASS.text(lang),
        _CANDIDATES.text(lang), _TARGETS.text(lang), *(share_name(key).text(lang) for key in SHARES),
        word("density_per_km2", lang), _STANDING.text(lang),
    ]  # fmt: skip
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in heads)
    body = "".join(_row(row, lang) for row in rows)
    caption = f"<caption>{escape(TITLE.text(lang))}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _row(row: NationalRow, lang: Lang) -> str:
    card = row.card
    counts: dict[bool | None, int] = {
        True: card.candidates.passes, False: card.candidates.fails, None: card.candidates.open,
    }  # fmt: skip
    ready = [f"{outcome(key, lang)}: {n}" for key, n in counts.items() if n]
    targets = [
        f"{target_mark(key)} {STATUS[key].text(lang)}: {card.targets[key]}"
        for key in STATUSES
        if card.targets.get(key)
    ]
    figures = [number(card.coverage.get(key), digits=1, lang=lang) for key in SHARES]
    figures.append(number(card.density, lang=lang))
    cells = [
        f'<th scope="row"><a href="{escape(card.map)}">{escape(card.title)}</a></th>',
        _cell(card.province),
        _cell(date_text(card.on, lang=lang)),
        _cell(_class(row, lang) if card.classes else word("none", lang)),
        _list(ready, lang),
        _list(targets, lang),
        *(f'<td class="n">{escape(text)}</td>' for text in figures),
        _cell(row.standing_text("communes", lang)),
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _list(items: Sequence[str], lang: Lang) -> str:
    if not items:
        return _cell(word("none", lang))
    return "<td><ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul></td>"
