"""The table of all cities: plain columns for programs, a workbook for readers."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import xlsxwriter

from geoplan import __about__
from geoplan.criteria.telling import STATUS
from geoplan.exports.atomic import beside
from geoplan.model import words
from geoplan.show.labels import plan_kind_short, word
from geoplan.show.national.rows import SHARES, STATUSES, TITLE
from geoplan.show.verdict_words import OUTCOMES, class_name, outcome
from geoplan.show.workbook_sheet import Column, Figure, Sheets, Table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.show.national.rows import NationalRow
    from geoplan.show.workbook_sheet import Cell

_LAYERS: Final = ("communes", "plans", "industrial_zones", "urban_land")
_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True}
_CANDIDATES: Final = words("Xã dự kiến lên phường", "Communes slated to become wards")
_TARGETS: Final = words("Chỉ tiêu", "Targets")
_NOTE: Final = words(
    "Mỗi dòng là một đô thị, lấy từ đúng các số liệu của bản đồ và sổ Excel của đô thị ấy. "
    "Ô trống: chưa có số liệu.",
    "A city a line, from the very figures of that city's map and workbook. An empty cell: no data.",
)
_SOURCE: Final = words("Nguồn dân số", "Source of population")
_REASON: Final = words("Vì sao", "Why")
_CLASS_AIMED: Final = words("Loại đô thị xét", "Class examined")
_CLASS_FINDING: Final = words("Kết luận về loại đô thị", "Finding on the class")


def national_frame(rows: Sequence[NationalRow]) -> gpd.GeoDataFrame:
    """A row a city with its simplified outline (EPSG:4326); what is unknown is missing, never 0.

    Shares are in percent, density in people per km²; ``class_passes`` is True, False or missing.
    """
    records = [_record(row) for row in rows]
    frame = pd.DataFrame.from_records(records, columns=list(records[0]) if records else ["city"])
    for column in frame.columns:
        if column == "class_passes":
            frame[column] = frame[column].astype("boolean")
        elif column.startswith(("coverage_", "density", "population")) and column != "population_source":
            frame[column] = frame[column].astype("float64")
        elif column.startswith(("candidates_", "targets_", "units")):
            frame[column] = frame[column].astype("int64")
        elif column != "on":
            frame[column] = frame[column].astype("string")
    return gpd.GeoDataFrame(frame, geometry=[row.shape for row in rows], crs=4326)


def _record(row: NationalRow) -> dict[str, Any]:
    card = row.card
    first = card.classes[0] if card.classes else None
    return {
        "city": row.city,
        "title": card.title,
        "province": card.province,
        "on": card.on,
        "class_now": card.class_now,
        "units": card.units,
        "population": card.population,
        "population_source": card.people,
        "density_per_km2": card.density,
        **{f"coverage_{key.replace('.', '_')}_pct": card.coverage.get(key) for key in SHARES},
        "class_examined": None if first is None else first.urban_class,
        "class_passes": None if first is None else first.passes,
        "class_reason": None if first is None else first.reason,
        "candidates_pass": card.candidates.passes,
        "candidates_fail": card.candidates.fails,
        "candidates_open": card.candidates.open,
        **{f"targets_{key}": card.targets.get(key, 0) for key in STATUSES},
        **{f"standing_{layer}": row.standing.get(layer) for layer in _LAYERS},
        "map": card.map,
        "workbook": card.workbook,
    }


def write_national_workbook(rows: Sequence[NationalRow], path: Path, *, lang: Lang = "vi") -> None:
    """Write the table of all cities as a workbook with one sheet, one line a city.

    Parameters
    ----------
    rows
        The cities in the order to show.
    path
        Where to; an existing file is replaced whole.
    lang
        Of headings and words.
    """
    latest = max((row.card.on for row in rows), default=dt.date(2000, 1, 1))
    with beside(path) as draft, xlsxwriter.Workbook(str(draft), _OPTIONS) as book:
        created = dt.datetime.combine(latest, dt.time())
        book.set_properties(
            {"title": TITLE.text(lang), "created": created, "comments": f"geoplan {__about__.VERSION}"}
        )
        sheets = Sheets(book, lang)
        said = dict.fromkeys(text for row in rows for text in row.card.warnings)
        lines = [(TITLE.text(lang), sheets.title), *((text, sheets.standing) for text in said)]
        sheets.table(national_table(rows, lang), lines)


def national_table(rows: Sequence[NationalRow], lang: Lang = "vi") -> Table:
    """The table as a reader sees it."""
    return Table(TITLE, tuple(_columns()), [_cells(row, lang) for row in rows], note=_NOTE, frozen=1)


def _columns() -> list[Column]:
    plain = [Column(_both(key)) for key in ("city", "province", "date", "class_now", "units")]
    people = [Column(_both("population")), Column(_SOURCE), Column(_both("density_per_km2"))]
    shares = [Column(share_name(key)) for key in SHARES]
    found = [Column(_CLASS_AIMED), Column(_CLASS_FINDING, marked=True), Column(_REASON, width=60)]
    ready = [Column(_joined(_CANDIDATES, OUTCOMES[key])) for key in (True, False, None)]
    targets = [Column(_joined(_TARGETS, STATUS[key])) for key in STATUSES]
    standing = [Column(_joined(_both("standing"), _both(_layer(layer)))) for layer in _LAYERS]
    return [*plain, *people, *shares, *found, *ready, *targets, *standing]


def _cells(row: NationalRow, lang: Lang) -> list[Cell]:
    card = row.card
    first = card.classes[0] if card.classes else None
    found: list[Cell] = [None, None, None]
    if first is not None:
        found = [class_name(first.urban_class, lang), outcome(first.passes, lang), first.reason]
    counts = (card.candidates.passes, card.candidates.fails, card.candidates.open)
    return [
        card.title, card.province, card.on, card.class_now, Figure(card.units, "count"),
        Figure(card.population, "person"), card.people, Figure(card.density, "person_per_km2"),
        *(Figure(card.coverage.get(key), "percent") for key in SHARES),
        *found,
        *(Figure(count, "count") for count in counts),
        *(Figure(card.targets.get(key, 0), "count") for key in STATUSES),
        *(row.standing_text(layer, lang) or None for layer in _LAYERS),
    ]  # fmt: skip


def share_name(key: str) -> Words:
    """What a share is of: the kind of plan and its denominator."""
    kind, over = key.split(".")
    return words(*(f"{plan_kind_short(kind, la)} / {word(over, la)} (%)" for la in ("vi", "en")))


def _layer(layer: str) -> str:
    return "urban_land.layer" if layer == "urban_land" else layer


def _both(key: str) -> Words:
    return words(word(key, "vi"), word(key, "en"))


def _joined(one: Words, other: Words) -> Words:
    return words(f"{one.vi}: {other.vi}", f"{one.en}: {other.en}")
