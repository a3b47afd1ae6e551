"""How each exported layer looks: classes, colours and labels, from the one palette, for every format.

QML, SLD, KML and DXF are written from these records, so that they cannot differ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from geoplan import palette
from geoplan.exports.words import PLAN_KINDS
from geoplan.model import Words, words
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from geoplan.errors import Lang
    from geoplan.exports.layers import ExportLayer

_COVERED_BY: Final = (
    "coverage_zoning_natural_pct",
    "coverage_detailed_natural_pct",
    "coverage_general_natural_pct",
)
"""Which column the units are coloured by: the first that is there."""
_STRIPES: Final = (45,)
_CROSS: Final = (45, 135)


@dataclass(frozen=True)
class Symbol:
    """How an area is drawn.

    Attributes
    ----------
    fill
        As ``#rrggbb``; None leaves it open. `opacity` of it, 0 to 1.
    edge
        Colour of the outline, `width` millimetres wide.
    hatch
        Colour of hatching over the fill, its lines at `angles` (degrees).
    """

    fill: str | None = None
    opacity: float = 1.0
    edge: str = palette.UNIT_EDGE
    width: float = 0.2
    dashed: bool = False
    hatch: str | None = None
    angles: tuple[int, ...] = ()


@dataclass(frozen=True)
class LookClass:
    """One entry of a legend: numbers from `low` to below `high`, or one `value`; neither takes the rest."""

    label: Words
    symbol: Symbol
    low: float | None = None
    high: float | None = None
    value: str | None = None

    def takes(self, value: Any) -> bool:
        """Whether a value belongs to this class."""
        if self.value is not None:
            return bool(value == self.value)
        if self.low is None or not isinstance(value, int | float) or math.isnan(value):
            return False
        return self.low <= value and (self.high is None or value < self.high)


@dataclass(frozen=True)
class Look:
    """How a layer is drawn.

    Attributes
    ----------
    title
        What the legend calls it.
    classes, rest
        The classes, and the one of everything that none of them takes.
    by
        The field that decides; None when all is drawn as `rest`.
    label
        The field that is written over the shapes; `labelled`, whether at once.
    live
        A field of yes and no: where it says no, only a dashed outline is drawn.
    shown
        Whether it is to be seen when the file is opened.
    """

    title: Words
    classes: tuple[LookClass, ...]
    rest: LookClass
    by: str | None = None
    label: str | None = None
    labelled: bool = True
    live: str | None = None
    shown: bool = True

    @property
    def entries(self) -> tuple[LookClass, ...]:
        """All classes, the rest last."""
        return (*self.classes, self.rest)

    def place(self, value: Any) -> int:
        """Which of `entries` a value of the field `by` belongs to."""
        return next((i for i, c in enumerate(self.classes) if c.takes(value)), len(self.classes))


def look_of(layer: ExportLayer) -> Look | None:
    """How a layer looks; None when it has no style."""
    names = {field.name for field in layer.fields}
    label = "name" if "name" in names else None
    made = {
        "communes": _communes,
        "plans": _plans,
        "gaps": _gaps,
        "conflicts": _conflicts,
    }.get(layer.style or "")
    if made is not None:
        return made(layer, label, names)
    if layer.style not in _SINGLE:
        return None
    symbol, labelled, shown = _SINGLE[layer.style]
    rest = LookClass(layer.title, symbol)
    return Look(layer.title, (), rest, label=label, labelled=labelled, shown=shown)


_SINGLE: Final = {
    "industrial_zones": (Symbol(palette.ZONE, 0.28, palette.ZONE, 0.5), True, True),
    "urban_land": (Symbol(palette.URBAN_LAND, 0.3, palette.URBAN_LAND), False, False),
    "candidates": (Symbol(None, 1, palette.CANDIDATE, 0.6, dashed=True), False, True),
    "neighbours": (Symbol(palette.NEIGHBOUR, 1, palette.NEIGHBOUR_EDGE, 0.2, dashed=True), True, True),
}  # fmt: skip
"""Layers of one symbol: it, whether names are shown, whether the layer is."""


def _communes(layer: ExportLayer, label: str | None, names: set[str]) -> Look:
    """Units by the share that zoning plans cover; hatched where it is unknown."""
    unknown = Symbol("#ffffff", hatch=palette.UNKNOWN_HATCH, angles=_STRIPES)
    rest = LookClass(words("chưa có số liệu", "no data"), unknown)
    by = next((name for name in _COVERED_BY if name in names), None)
    if by is None:
        return Look(layer.title, (), rest, label=label)
    scale = palette.COVERAGE
    bounds = [*scale.breaks, None]
    classes = tuple(
        LookClass(_band(low, bounds[i + 1]), Symbol(scale.colours[i]), low, bounds[i + 1])
        for i, low in enumerate(scale.breaks)
    )
    about = layer.field(by).title
    title = words(
        f"{layer.title.vi}: {_lowered(about.vi)} (%)", f"{layer.title.en}: {_lowered(about.en)} (%)"
    )
    return Look(title, classes, rest, by=by, label=label)


def _band(low: float, high: float | None) -> Words:
    if high is None:
        return words("phủ kín", "whole")
    if high < 1:
        return words("không có", "none")
    start = 0 if low < 1 else low

    def say(lang: Lang) -> str:
        return f"{number(start, lang=lang)} – {number(high, lang=lang)} %"

    return words(say("vi"), say("en"))


def _plans(layer: ExportLayer, label: str | None, names: set[str]) -> Look:
    """Plans by their kind; what is not in force is a dashed outline."""
    kinds = layer.frame["kind"] if "kind" in names else ()
    known = [kind for kind in palette.PLAN if kind in set(kinds)]
    classes = []
    for kind in (*known, *_others(kinds, palette.PLAN)):
        colour = palette.plan_colour(kind)
        classes.append(LookClass(_kind(kind), Symbol(colour, 0.18, colour, 0.4), value=kind))
    rest = LookClass(
        words("Chưa rõ loại", "Kind not known"), Symbol(palette.PLAN_OTHER, 0.18, palette.PLAN_OTHER, 0.4)
    )
    live = "in_force" if "in_force" in names else None
    return Look(
        layer.title,
        tuple(classes),
        rest,
        by="kind" if "kind" in names else None,
        label=label,
        live=live,
        shown=False,
    )


def _gaps(layer: ExportLayer, label: str | None, names: set[str]) -> Look:  # noqa: ARG001 - one signature
    classes = []
    for kind in _others(layer.frame["plan_kind"], ()):
        colour = palette.GAP.get(kind, palette.plan_colour(kind))
        said = PLAN_KINDS.get(kind, words(kind, kind))
        title = words(f"Chưa có {said.vi}", f"Without a {said.en}")
        symbol = Symbol(colour, 0.15, colour, 0.2, hatch=colour, angles=_STRIPES)
        classes.append(LookClass(title, symbol, value=kind))
    return _places(layer, label, classes, next(iter(palette.GAP.values())), _STRIPES)


def _conflicts(layer: ExportLayer, label: str | None, names: set[str]) -> Look:  # noqa: ARG001
    colour = palette.CONFLICT
    classes = []
    for kind in _others(layer.frame["plan_kind"], ()):
        symbol = Symbol(colour, 0.15, palette.plan_colour(kind), 0.4, hatch=colour, angles=_CROSS)
        classes.append(LookClass(_kind(kind), symbol, value=kind))
    return _places(layer, label, classes, colour, _CROSS)


def _places(
    layer: ExportLayer,
    label: str | None,
    classes: Sequence[LookClass],
    colour: str,
    angles: tuple[int, ...],
) -> Look:
    rest = LookClass(
        words("Loại khác", "Another kind"), Symbol(colour, 0.15, colour, hatch=colour, angles=angles)
    )
    return Look(layer.title, tuple(classes), rest, by="plan_kind", label=label, labelled=False, shown=False)


def _others(values: Iterable[Any], known: Iterable[str]) -> list[str]:
    """Texts that occur, in order, without those that are known."""
    there = dict.fromkeys(v for v in values if isinstance(v, str))
    taken = set(known)
    return [v for v in there if v not in taken]


def _kind(kind: str) -> Words:
    said = PLAN_KINDS.get(kind)
    return words(kind, kind) if said is None else words(_capital(said.vi), _capital(said.en))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _lowered(text: str) -> str:
    return text[:1].lower() + text[1:]
