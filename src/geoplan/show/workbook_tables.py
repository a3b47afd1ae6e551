"""The sheets on what was measured, and on where every figure comes from."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.model import words
from geoplan.show import labels
from geoplan.show.labels import word
from geoplan.show.rules import regime
from geoplan.show.workbook_sheet import Column, Figure, Table, figure, unit_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.quantity import Part, Quantity
    from geoplan.show.workbook_sheet import Cell

_WORD_COLUMNS: Final = {"unit_kind", "denominator", "group", "status", "kind", "confidence"}
_UNITS: Final = {
    "km2": "km2",
    "ha": "ha",
    "pct": "percent",
    "population": "person",
    "density_per_km2": "person_per_km2",
    "density_urban_per_km2": "person_per_km2",
}
"""The unit of a column, by its whole name or by how that ends."""
SOURCE_WIDTHS: Final = (30, 14, 26, 30, 60, 68)
_WHOSE: Final = {True: words("của người dùng", "the user's"), False: words("có sẵn", "bundled")}
_FIGURES: Final = words(
    "Mỗi dòng là một số liệu kèm tử số, mẫu số, cách tính, lớp và nguồn. Ô trống: chưa có số liệu.",
    "A figure a line, with its parts, method, layers and sources. An empty cell: no data.",
)


def both(key: str) -> Words:
    """The words for a key of `labels` in both languages."""
    return words(word(key, "vi"), word(key, "en"))


def measured_tables(result: Assessment, lang: Lang) -> list[Table]:
    """Coverage, density, plans, zones, and industrial land by commune."""
    frames = [
        ("coverage", _coverage(result)),
        ("density", _density(result)),
        ("plans", _plans(result)),
        ("zones", _zones(result)),
        ("zones_by_commune", result.zones),
    ]
    return [frame_table(name, frame, lang) for name, frame in frames]


def _coverage(result: Assessment) -> pd.DataFrame:
    coverage = result.coverage.copy()
    coverage.insert(2, "unit_kind", result.city.communes["kind"].reindex(coverage.index))
    return coverage


def _density(result: Assessment) -> pd.DataFrame:
    units = result.city.communes
    density = result.density[["code", "name"]].copy()
    density["unit_kind"] = units["kind"]
    for column in ("ward_candidate", "population", "population_on", "population_source"):
        density[column] = units[column]
    density["area_km2"] = result.density["area_km2"]
    for column in ("area_published_km2", "area_source"):
        density[column] = units.get(column)
    for column in ("density_per_km2", "urban_land_km2", "density_urban_per_km2"):
        if column in result.density.columns:
            density[column] = result.density[column]
    return density


def _plans(result: Assessment) -> pd.DataFrame:
    plans = result.plans.rename(columns={"area_km2": "plan_area_km2"})
    known = result.city.plans
    for column in ("status", "scale", "decision", "approved_on", "expires_on", "superseded_on"):
        if column in known.columns:
            plans[column] = known[column]
    return plans


def _zones(result: Assessment) -> pd.DataFrame:
    zones = result.zone_table.copy()
    known = result.city.industrial_zones
    for column in ("kind", "status", "established_on", "decision", "host_communes", "note"):
        if column in known.columns:
            zones[column] = known[column]
    return zones


def frame_table(name: str, frame: pd.DataFrame, lang: Lang) -> Table:
    """A frame as a table: its columns' words, and its numbers in the unit that a column's name ends with."""
    names = [str(column) for column in frame.columns]
    cells = [[_cell(column, value, lang) for value in frame[column].tolist()] for column in names]
    headings = tuple(Column(both(column)) for column in names)
    return Table(both(name), headings, list(zip(*cells, strict=True)))


def _cell(column: str, value: Any, lang: Lang) -> Cell:
    """A value of a frame: a number with its unit, a date, or a text in the reader's language."""
    if value is None or value is pd.NaT or value != value:  # noqa: PLR0124 - NaN
        return None
    if isinstance(value, bool):
        return word("yes" if value else "no", lang)
    if isinstance(value, int | float):
        unit = _UNITS.get(column) or _UNITS.get(column.rsplit("_", 1)[-1], "count")
        return Figure(float(value), unit)
    if isinstance(value, dt.date):
        return pd.Timestamp(value).date()
    return _text(column, str(value), lang)


def _text(column: str, value: str, lang: Lang) -> str:
    """A text of a frame in the reader's language, when it is one of the contract's words."""
    if column == "plan_kind":
        return labels.plan_kind(value, lang)
    return word(value, lang) if column in _WORD_COLUMNS else value


def figures_table(quantities: Iterable[Quantity], lang: Lang) -> Table:
    """Every number as a record: what it is made of, how, on which layers, and what is missing."""
    part = (("Tử số", "Numerator"), ("Mẫu số", "Denominator"))
    columns = (
        Column(words("Phạm vi", "Scope"), 22),
        Column(words("Số liệu", "Figure"), 34),
        Column(words("Giá trị", "Value"), 13),
        Column(words("Đơn vị đo", "Unit"), 11),
        *(c for vi, en in part for c in _part_columns(vi, en)),
        Column(words("Cách tính", "Method"), 40),
        Column(words("Lớp dữ liệu", "Layers"), 30),
        Column(words("Nguồn", "Sources"), 34),
        Column(words("Căn cứ", "Basis"), 30),
        Column(words("Còn thiếu", "Missing"), 34),
        Column(words("Lưu ý", "Notes"), 34),
        Column(words("Mã số liệu", "Id of the figure"), 26),
        Column(words("Mã phạm vi", "Id of the scope"), 12),
    )
    rows = [_figure_row(quantity, lang) for quantity in quantities]
    return Table(words("Số liệu", "Figures"), columns, rows, note=_FIGURES)


def _part_columns(vi: str, en: str) -> tuple[Column, ...]:
    return (
        Column(words(vi, en), 28),
        Column(words(f"{vi}: giá trị", f"{en}: value"), 15),
        Column(words(f"{vi}: đơn vị", f"{en}: unit"), 15),
        Column(words(f"{vi}: thấp nhất", f"{en}: low"), 15),
        Column(words(f"{vi}: cao nhất", f"{en}: high"), 15),
    )


def _figure_row(quantity: Quantity, lang: Lang) -> Sequence[Cell]:
    ratio = quantity.denominator is not None
    shown = quantity.numerator if ratio or _has_bounds(quantity.numerator) else None
    used = [f"{layer.name.text(lang)} ({layer.standing_name.text(lang)})" for layer in quantity.layers]
    return [
        quantity.scope.name.text(lang),
        quantity.name.text(lang),
        figure(quantity, lang),
        unit_text(quantity.unit, lang),
        *_part(shown, lang),
        *_part(quantity.denominator, lang),
        None if quantity.method is None else quantity.method.text(lang),
        "; ".join(used) or None,
        "; ".join(quantity.sources) or None,
        quantity.article,
        "; ".join(text.text(lang) for text in quantity.missing) or None,
        "; ".join(text.text(lang) for text in quantity.notes) or None,
        quantity.metric,
        quantity.scope.id,
    ]


def _has_bounds(part: Part | None) -> bool:
    """Whether sources differ: a plain figure is only then worth showing as a part of itself."""
    return part is not None and part.low != part.high


def _part(part: Part | None, lang: Lang) -> list[Cell]:
    if part is None:
        return [None] * 5
    unit = unit_text(part.unit, lang)
    low, value, high = (Figure(number, part.unit) for number in (part.low, part.value, part.high))
    return [part.name.text(lang), value, unit, low, high]


def sources_table(result: Assessment, lang: Lang) -> Table:
    """Every layer with its standing, file, licence, source and fingerprint."""
    rows = [
        [
            word("urban_land.layer" if name == "urban_land" else name, lang),
            labels.standing(layer.standing, lang),
            layer.file,
            layer.licence,
            layer.source.text(lang),
            layer.sha256,
        ]
        for name, layer in result.city.in_use.items()
    ]
    headings = ("layer", "standing", "file", "licence", "source", "sha256")
    sized = zip(headings, SOURCE_WIDTHS, strict=True)
    return Table(both("sources"), tuple(Column(both(key), width) for key, width in sized), rows, frozen=1)


def rulebooks_table(result: Assessment, lang: Lang) -> Table:
    """The rulebooks in force on the date: days, file, law and source, fingerprint; below the layers."""
    rows: list[Sequence[Cell]] = []
    for loaded in regime(result):
        book = loaded.rulebook
        title = f"{book.title.text(lang)} ({_WHOSE[loaded.users].text(lang)})"
        days = [book.in_force_from, book.in_force_to]
        rows.append([title, *days, loaded.name, f"{book.law}; {book.source}", loaded.sha256])
    headings = (
        words("Bộ tiêu chuẩn có hiệu lực", "Rulebook in force"),
        words("Hiệu lực từ", "In force from"),
        words("Đến trước ngày", "Until before"),
        both("file"),
        words("Văn bản; nguồn", "Law; source"),
        both("sha256"),
    )
    return Table(both("sources"), tuple(Column(text) for text in headings), rows)
