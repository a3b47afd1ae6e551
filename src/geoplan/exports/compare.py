"""What a file lost: what reading it back gives, against what was to be written.

The loss report is no list of what formats are known to be bad at: each file is read back, by the door
that import uses, and compared value by value.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd

from geoplan import intake
from geoplan.exports.compare_shapes import geometry_losses
from geoplan.exports.compare_values import differences, missing
from geoplan.exports.writing import Loss
from geoplan.intake.limits import Limits
from geoplan.model import words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from geoplan.exports.compare_values import Difference
    from geoplan.exports.writing import Part

_OWN_LIMIT: Final = 1 << 62
OURS: Final = Limits(*[_OWN_LIMIT] * len(Limits.__dataclass_fields__))
"""No limit: the file is our own."""


def losses_of(part: Part) -> Iterator[Loss]:
    """Everything that reading a part back gives otherwise than it was written.

    Raises
    ------
    DataError
        When it cannot be read back at all.
    """
    back = part.read() if part.read is not None else _read(part)
    layer = part.layer.name
    renamed = [f"{ours} → {theirs}" for ours, theirs in part.names.items() if ours != theirs]
    if renamed:
        names = ", ".join(renamed)
        yield Loss(layer, "name", words(f"tên trường đổi: {names}.", f"fields renamed: {names}."))
    if len(back) != len(part.frame):
        have, want = len(back), len(part.frame)
        vi = f"đọc lại được {number(have)} dòng trong {number(want)}."
        en = f"{number(have, lang='en')} of {number(want, lang='en')} rows read back."
        yield Loss(layer, "layer", words(vi, en))
        return
    order = _order(part, back)
    if order is not None:
        yield Loss(layer, "order", words("thứ tự các dòng thay đổi.", "the rows are in another order."))
        back = back.iloc[order].reset_index(drop=True)
    yield from _together(layer, list(_differences(part, back)))
    if isinstance(part.frame, gpd.GeoDataFrame) and isinstance(back, gpd.GeoDataFrame):
        yield from geometry_losses(layer, part.frame, back)


def _read(part: Part) -> pd.DataFrame:
    return intake.open_layer(part.path, layer=part.within, limits=OURS)[0]


def _order(part: Part, back: pd.DataFrame) -> list[int] | None:
    """The positions that bring rows back into order; None when they are, or when no text tells them apart."""
    names = [(f.name, part.names.get(f.name, f.name)) for f in part.layer.fields if f.kind == "text"]
    names = [(ours, theirs) for ours, theirs in names if theirs in back.columns]
    before = [tuple(map(_text, row)) for row in part.frame[[a for a, _ in names]].itertuples(index=False)]
    after = [tuple(map(_text, row)) for row in back[[b for _, b in names]].itertuples(index=False)]
    if before == after or Counter(before) != Counter(after):
        return None
    where: dict[tuple[str, ...], list[int]] = {}
    for i, key in enumerate(after):
        where.setdefault(key, []).append(i)
    return [where[key].pop(0) for key in before]


def _text(value: Any) -> str:
    return "" if missing(value) else str(value)


@dataclass(frozen=True)
class _Found:
    field: str
    difference: Difference


def _differences(part: Part, back: pd.DataFrame) -> Iterator[_Found]:
    for field in part.layer.fields:
        stored = part.names.get(field.name, field.name)
        theirs = back[stored] if stored in back.columns else None
        for difference in differences(field.kind, part.frame[field.name], theirs):
            yield _Found(field.name, difference)


def _together(layer: str, found: Iterable[_Found]) -> Iterator[Loss]:
    """One loss for all fields of a layer that differ in the same way, with the counts added."""
    groups: dict[tuple[str, str], list[_Found]] = {}
    for one in found:
        groups.setdefault((one.difference.kind, one.difference.vi), []).append(one)
    for members in groups.values():
        first = members[0].difference
        count = sum(m.difference.count for m in members)
        worst = max(m.difference.worst for m in members)
        text = words(
            first.vi.format(count=number(count), worst=f"{worst:.3g}"),
            first.en.format(count=number(count, lang="en"), worst=f"{worst:.3g}"),
        )
        yield Loss(layer, first.kind, text, tuple(m.field for m in members))
