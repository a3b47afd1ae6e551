"""From a cell of a table to a record: what every `Quantity` that is measured has in common."""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from geoplan import schema
from geoplan.dated import in_force_rows
from geoplan.model import words
from geoplan.quantity import LayerUse, Part, Quantity, Scope
from geoplan.text import date_text

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Hashable, Iterable

    import pandas as pd

    from geoplan.city import City
    from geoplan.measures.spread import Spread
    from geoplan.model import Words
    from geoplan.schema import LayerName

Row = dict["Hashable", Any]
"""A row of a table, by column."""

_NOT_REAL: Final = {
    "schematic": (
        "Hình vẽ của lớp “{}” chỉ là sơ đồ, không phải đo đạc.",
        "The geometry of the layer “{}” is schematic, not surveyed.",
    ),
    "illustrative": (
        "Hình vẽ của lớp “{}” chỉ để minh họa, không có thật.",
        "The geometry of the layer “{}” is illustrative, not real.",
    ),
}


def record(
    metric: str,
    scope: Scope,
    on: dt.date,
    *,
    layers: Iterable[LayerUse] = (),
    notes: tuple[Words, ...] = (),
    **parts: Any,
) -> Quantity:
    """A Quantity whose notes name those of its layers that nobody may take for survey."""
    used = tuple(dict.fromkeys(layers))
    unreal = [(*_NOT_REAL[la.standing], la.name) for la in used if la.standing in schema.NOT_REAL]
    warned = tuple(words(vi.format(name.vi), en.format(name.en)) for vi, en, name in unreal)
    return Quantity(metric=metric, scope=scope, on=on, layers=used, notes=(*notes, *warned), **parts)


def bounded(name: Words, value: float | None, unit: str, span: Spread) -> Part:
    """A part with its bounds, which always hold the value."""
    if value is None or span.low is None or span.high is None:
        return Part(name=name, value=value, unit=unit)
    low, high = min(span.low, value), max(span.high, value)
    return Part(name=name, value=value, unit=unit, low=low, high=high, why=span.why)


def known(cell: Any) -> float | None:
    """A cell of a table as a float; None when it is empty."""
    return None if cell is None or not math.isfinite(cell) else float(cell)


def ratio(numerator: Part, denominator: Part, *, times: float = 1) -> float | None:
    """One part over the other; None when either is unknown, or there is nothing to divide by."""
    if numerator.value is None or not denominator.value:
        return None
    return times * numerator.value / denominator.value


def lacking(what: Words, names: Iterable[str]) -> tuple[Words, ...]:
    """“chưa có dân số của: Vạn Xuân, …”; nothing when there is no name."""
    listed = ", ".join(names)
    return (words(f"chưa có {what.vi} của: {listed}", f"no {what.en} for: {listed}"),) if listed else ()


def names(rows: pd.DataFrame) -> list[str]:
    """What rows are called: their name, their code when they have none."""
    code = "code" if "code" in rows.columns else "id"
    called = zip(schema.texts(rows["name"]), schema.texts(rows[code]), strict=True)
    return [str(name or code or "?") for name, code in called]


def distinct(ids: pd.Series) -> list[str]:
    """Ids that tell rows apart: a missing one is the row's number, which a repeated one gets added."""
    told = [text or str(i + 1) for i, text in enumerate(schema.texts(ids))]
    often = Counter(told)
    return [f"{text}#{i + 1}" if often[text] > 1 else text for i, text in enumerate(told)]


def days(*dates: dt.date) -> Words:
    """Days in a list."""
    vi = [date_text(day) for day in dates]
    return words(", ".join(vi), ", ".join(date_text(day, lang="en") for day in dates))


def layer_use(city: City, layer: LayerName) -> LayerUse:
    """A layer of the city as a record."""
    used = city.layers[layer]
    return LayerUse(layer=layer, standing=used.standing, file=used.file, sha256=used.sha256)


def ground_use(city: City) -> LayerUse:
    """The layer that outlines the units in force: fetched boundaries where they stand for the communes."""
    fetched = city.in_use["communes"] is city.layers.get("boundaries")
    return layer_use(city, "boundaries" if fetched else "communes")


def legal_use(city: City) -> LayerUse:
    """The layer that the published areas of the units in force come from."""
    ended = in_force_rows(city.layers["communes"].frame, city.on).empty
    return ground_use(city) if ended else layer_use(city, "communes")
