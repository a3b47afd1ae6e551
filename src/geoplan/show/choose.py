"""What `explore` colours by when it is asked for something: a column, a scheme of classes, colours."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan.errors import UsageError
from geoplan.model import Words, words
from geoplan.show import choropleth, palette
from geoplan.show.cards import both
from geoplan.show.choropleth import Band, Choropleth
from geoplan.text import date_text, number, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

COLOURS: Final = {
    "coverage": palette.COVERAGE.colours,
    "density": palette.DENSITY.colours,
    "zone_share": palette.ZONE_SHARE.colours,
    "population": palette.POPULATION.colours,
    "area": palette.AREA.colours,
}
"""Palettes by name, light to dark, that colour-blind readers can follow."""
DEFAULT_CLASSES: Final = 5
_MOST_CLASSES: Final = 9
_NO_K: Final = {"boxplot", "stdmean", "maximumbreaks", "headtailbreaks", "percentiles", "prettybreaks"}
_TIPS: Final = 8


def chosen(
    result: Assessment,
    *,
    column: str | None,
    scheme: str | None,
    k: int | None,
    cmap: str | Sequence[str] | None,
) -> list[Choropleth]:
    """All that the units can be coloured by, what was asked for first.

    Raises
    ------
    UsageError
        When the column, the scheme or the palette is not known, or `k` is not a number of classes.
    """
    known = choropleth.choropleths(result)
    if column is None and scheme is None and k is None and cmap is None:
        return known
    colours = _colours(cmap)
    first = _asked(result, known, column or known[0].key, scheme=scheme, k=k, colours=colours)
    return [first, *(c for c in known if c.key != first.key)]


def tips(result: Assessment, tooltip: bool | Sequence[str]) -> list[Words] | bool:  # noqa: FBT001 - as geopandas has it
    """What pointing at each unit shows: its figure (True), nothing, or the columns asked for.

    Raises
    ------
    UsageError
        When there is no such column.
    """
    if isinstance(tooltip, bool):
        return tooltip
    names = [tooltip] if isinstance(tooltip, str) else list(tooltip)[:_TIPS]
    for name in names:
        _require_column(result, name)
    rows = result.city.communes[names].to_dict("records")
    return [_row_words(row, names) for row in rows]


def _row_words(row: dict[Any, Any], names: Sequence[str]) -> Words:
    return both(lambda lang: "; ".join(f"{name}: {_cell(row[name], lang)}" for name in names))


def _asked(
    result: Assessment,
    known: list[Choropleth],
    column: str,
    *,
    scheme: str | None,
    k: int | None,
    colours: Sequence[str] | None,
) -> Choropleth:
    found = next((c for c in known if c.key == column), None)
    if found is None:
        return _column(result, known, column, scheme=scheme, k=k, colours=colours)
    if column == "readiness":
        if scheme is not None or k is not None or colours is not None:
            raise UsageError(
                vi="readiness không phải là số: không dùng được với scheme, k hay cmap.",
                en="readiness is no number: it takes no scheme, k or cmap.",
            )
        return found
    if scheme is not None or k is not None:
        scopes = choropleth.scope_ids(result)
        quantities = [result.quantities.get((column, scope)) for scope in scopes]
        values = np.array([np.nan if q is None or q.value is None else q.value for q in quantities])
        scale = _scale(values, scheme, k, colours or choropleth.scale_of(column).colours)
        return choropleth.from_quantities(result, column, scale)
    if colours is not None:
        bands = palette.ramp(colours, len(found.bands))
        return replace(
            found, bands=tuple(replace(b, colour=c) for b, c in zip(found.bands, bands, strict=True))
        )
    return found


def _column(
    result: Assessment,
    known: list[Choropleth],
    column: str,
    *,
    scheme: str | None,
    k: int | None,
    colours: Sequence[str] | None,
) -> Choropleth:
    """Units coloured by a column of theirs: by classes when it holds numbers, else by its values."""
    _require_column(result, column, [c.key for c in known])
    cells = result.city.communes[column]
    if pd.api.types.is_numeric_dtype(cells) and not pd.api.types.is_bool_dtype(cells):
        values = cells.to_numpy(dtype="float64", na_value=np.nan)
        scale = _scale(values, scheme or "quantiles", k, colours or palette.COVERAGE.colours)
        return Choropleth(
            key=f"column:{column}",
            title=words(column, column),
            bands=tuple(choropleth.number_bands(scale)),
            classes=tuple(scale.place(v) for v in values),
            briefs=tuple(_named(column, v) for v in cells),
        )
    kinds = [None if pd.isna(v) else _cell(v, "vi") for v in cells]
    order = sorted({v for v in kinds if v is not None})
    shades = colours or palette.CATEGORIES
    return Choropleth(
        key=f"column:{column}",
        title=words(column, column),
        bands=tuple(Band(shades[i % len(shades)], words(v, v)) for i, v in enumerate(order)),
        classes=tuple(None if v is None else order.index(v) for v in kinds),
        briefs=tuple(_named(column, v) for v in cells),
    )


def _scale(
    values: NDArray[np.float64], scheme: str | None, k: int | None, colours: Sequence[str]
) -> palette.Scale:
    """Class breaks of known values by a scheme of mapclassify."""
    import mapclassify  # noqa: PLC0415 - slow to load, and seldom asked for

    known = {s.casefold(): s for s in mapclassify.CLASSIFIERS if s != "UserDefined"}
    name = (scheme or "quantiles").replace("_", "").casefold()
    schemes = ", ".join(sorted(known.values()))
    if name not in known:
        raise UsageError(
            vi=f"scheme: không có {quoted(scheme)}; hãy chọn: {schemes}.",
            en=f"scheme: there is no {quoted(scheme)}; choose of: {schemes}.",
        )
    if k is not None and not 1 <= k <= _MOST_CLASSES:
        raise UsageError(
            vi=f"k: {k} không phải số lớp từ 1 đến {_MOST_CLASSES}.",
            en=f"k: {k} is not a number of classes from 1 to {_MOST_CLASSES}.",
        )
    there = np.unique(values[np.isfinite(values)])
    if there.size == 0:
        return palette.Scale(breaks=(0.0,), colours=palette.ramp(colours, 1))
    wanted = min(k or DEFAULT_CLASSES, there.size)
    if wanted == 1 or there.size == 1:
        return palette.Scale(breaks=(float(there[0]),), colours=palette.ramp(colours, 1))
    options = {} if name in _NO_K else {"k": wanted}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of fewer classes than asked, which the legend shows
        tops = mapclassify.classify(values[np.isfinite(values)], known[name], **options).bins
    inner = [float(b) for b in tops[:-1] if there[0] <= b < there[-1]]
    # mapclassify's classes hold their upper bound, a Scale's their lower one: begin at the next value.
    starts = [float(there[np.searchsorted(there, b, side="right")]) for b in inner]
    breaks = tuple(dict.fromkeys([float(there[0]), *starts]))
    return palette.Scale(breaks=breaks, colours=palette.ramp(colours, len(breaks)))


def _colours(cmap: str | Sequence[str] | None) -> Sequence[str] | None:
    if cmap is None:
        return None
    if isinstance(cmap, str):
        names = ", ".join(COLOURS)
        if cmap not in COLOURS:
            raise UsageError(
                vi=f"cmap: không có {quoted(cmap)}; hãy chọn {names} hoặc cho danh sách màu #rrggbb.",
                en=f"cmap: there is no {quoted(cmap)}; choose {names}, or list #rrggbb colours.",
            )
        return COLOURS[cmap]
    colours = [str(c) for c in cmap]
    bad = [c for c in colours if not palette.is_colour(c)]
    if bad or len(colours) < 2:  # noqa: PLR2004 - a ramp has two ends
        raise UsageError(
            vi="cmap: cần ít nhất hai màu viết như #1f6fb4.", en="cmap: give two colours or more, as #1f6fb4."
        )
    return colours


def _require_column(result: Assessment, column: str, more: Sequence[str] = ()) -> None:
    names = [c for c in result.city.communes.columns if c != result.city.communes.geometry.name]
    if column not in names:
        every = ", ".join([*more, *names])
        raise UsageError(
            vi=f"explore: không có cột {quoted(column)}; hãy chọn: {every}.",
            en=f"explore: there is no column {quoted(column)}; choose of: {every}.",
        )


def _named(column: str, value: object) -> Words:
    return both(lambda lang: f"{column}: {_cell(value, lang)}")


def _cell(value: object, lang: Lang) -> str:
    """A cell of a table as a reader sees it."""
    if value is None or value is pd.NaT or (isinstance(value, float) and np.isnan(value)):
        return {"vi": "chưa có số liệu", "en": "no data"}[lang]
    if isinstance(value, pd.Timestamp):
        return date_text(value.date(), lang=lang)
    if isinstance(value, float | np.floating):
        return number(float(value), digits=0 if float(value).is_integer() else 2, lang=lang)
    return str(value)
