"""What a rulebook must keep to beyond its form: units, levels, sums of points, effects that exist."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.criteria.indicators import catalogue
from geoplan.criteria.locate import Path
from geoplan.model import Words, words
from geoplan.quantity import UNITS
from geoplan.text import listing, number, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from geoplan.criteria.rulebook import (
        Effect,
        Factor,
        Figure,
        Group,
        Rulebook,
        Standard,
        UnitKind,
        UrbanClass,
    )

METRICS: Final[dict[str, tuple[str, frozenset[str]]]] = {
    "population": ("person", frozenset({"city", "wards", "unit"})),
    "area": ("km2", frozenset({"city", "wards", "unit"})),
    "area_legal": ("km2", frozenset({"city", "unit"})),
    "density": ("person_per_km2", frozenset({"city", "wards", "unit"})),
    "density_urban": ("person_per_km2", frozenset({"wards", "unit"})),
    "units": ("unit", frozenset({"city"})),
    "ward_share": ("percent", frozenset({"city"})),
    "inner_population_share": ("percent", frozenset({"city"})),
    "urban_class": ("class", frozenset({"city"})),
}
"""What layers can answer: the unit, and over which scopes."""

Problem = tuple[Path, Words]
"""Where in the file, and what is wrong there."""


@dataclass(frozen=True)
class Whole:
    """A class or a kind of unit with what it shares with others, each part with its place in the file."""

    at: Path
    id: str
    owner: UrbanClass | UnitKind
    groups: tuple[tuple[Path, Group], ...]
    standards: tuple[tuple[Path, Standard], ...]


def wholes(book: Rulebook) -> list[Whole]:
    """Every class and kind of unit of a rulebook, what is shared put into each."""
    owners: list[tuple[Path, str, UrbanClass | UnitKind]] = [
        *((("classes", i), c.id, c) for i, c in enumerate(book.classes)),
        *((("units", i), u.kind, u) for i, u in enumerate(book.units)),
    ]
    return [Whole(at, id_, owner, *_parts(book, at, id_, owner)) for at, id_, owner in owners]


def _parts(
    book: Rulebook, at: Path, id_: str, owner: UrbanClass | UnitKind
) -> tuple[tuple[tuple[Path, Group], ...], tuple[tuple[Path, Standard], ...]]:
    shared = [(("shared", i), s) for i, s in enumerate(book.shared) if not s.only or id_ in s.only]
    groups: list[tuple[Path, Group]] = [
        ((*path, "groups", i), g) for path, part in shared for i, g in enumerate(part.groups)
    ]
    groups += [((*at, "groups", i), g) for i, g in enumerate(getattr(owner, "groups", ()))]
    standards: list[tuple[Path, Standard]] = [
        ((*at, "standards", i), s) for i, s in enumerate(owner.standards)
    ]
    standards += [((*path, "standards", i), s) for path, part in shared for i, s in enumerate(part.standards)]
    place = {g.id: i for i, (_, g) in enumerate(groups)}
    standards.sort(key=lambda pair: place.get(pair[1].group or "", -1))
    return tuple(groups), tuple(standards)


def problems(book: Rulebook) -> Iterator[Problem]:
    """Everything that is wrong with a rulebook whose form is right, causes before what follows from them."""
    if book.in_force_to is not None and book.in_force_to <= book.in_force_from:
        yield ("in_force_to",), words("phải sau in_force_from", "must be after in_force_from")
    yield from _owners(book)
    known = wholes(book)
    for path, standard in dict(pair for whole in known for pair in whole.standards).items():
        yield from ((path + at, what) for at, what in _standard(standard))
    for whole in known:
        yield from _members(whole)
    for i, urban_class in enumerate(book.classes):
        yield from _class(urban_class, known[i])
    for i, factor in enumerate(book.factors):
        yield from _factor(("factors", i), factor, known)
    if book.merged is not None:
        yield from _named(("merged", "standards"), book.merged.standards, known)


def _owners(book: Rulebook) -> Iterator[Problem]:
    """Classes in a rulebook of classes, kinds of unit in one of units, none of them twice."""
    has, lacks = ("classes", "units") if book.kind == "class" else ("units", "classes")
    if getattr(book, lacks) or not getattr(book, has):
        yield (
            (lacks if getattr(book, lacks) else "kind",),
            words(
                f"bộ tiêu chuẩn loại “{book.kind}” phải có [[{has}]] và không có [[{lacks}]]",
                f"a rulebook of the kind “{book.kind}” has [[{has}]] and no [[{lacks}]]",
            ),
        )
    yield from _twice(((("classes", i), (c.id, c.variant or "")) for i, c in enumerate(book.classes)))
    variants = {c.id for c in book.classes if c.variant is not None}
    for i, c in enumerate(book.classes):
        if c.variant is None and c.id in variants:
            yield ("classes", i), words("thiếu variant như mục cùng id", "needs a variant as its namesake")
    places = ((("units", i), (u.kind, of)) for i, u in enumerate(book.units) for of in (u.of or ("",)))
    yield from _twice(places)
    for i, u in enumerate(book.units):
        if not u.of and any(o.of and o.kind == u.kind for o in book.units):
            yield ("units", i), words("thiếu of như mục cùng kind", "needs an “of” as its namesake")
    ids = {w.id for w in wholes(book)}
    named = [(("shared", i), s.only) for i, s in enumerate(book.shared)]
    named += [(("factors", i), f.only) for i, f in enumerate(book.factors)]
    for path, only in named:
        for unknown in sorted(set(only) - ids):
            yield (*path, "only"), _no("loại", "class or kind of unit", unknown, ids)


def _twice(found: Iterable[tuple[Path, object]]) -> Iterator[Problem]:
    seen: set[object] = set()
    for path, key in found:
        if key in seen:
            said = " ".join(filter(None, key)) if isinstance(key, tuple) else str(key)
            yield path, words(f"{quoted(said)} lặp lại", f"{quoted(said)} is there twice")
        seen.add(key)


def _no(vi: str, en: str, what: str, known: Iterable[str]) -> Words:
    have = sorted(known)
    return words(
        f"không có {vi} {quoted(what)}; có: {listing(have, limit=12)}",
        f"no {en} {quoted(what)}; there are: {listing(have, limit=12, lang='en')}",
    )


def _members(whole: Whole) -> Iterator[Problem]:
    """Ids of groups and standards, and that each standard's group exists."""
    yield from _twice((path, g.id) for path, g in whole.groups)
    yield from _twice((path, s.id) for path, s in whole.standards)
    groups = {g.id for _, g in whole.groups}
    for path, standard in whole.standards:
        if groups and standard.group is None:
            yield path, words("thiếu group: loại này có nhóm", "needs a group: the class has groups")
        elif standard.group is not None and standard.group not in groups:
            yield (*path, "group"), _no("nhóm", "group", standard.group, groups)
        if whole.at[0] == "classes" and standard.scope == "unit":
            yield (
                (*path, "scope"),
                words("“unit” chỉ dùng cho đơn vị hành chính", "“unit” is for the standards of units"),
            )


def _standard(standard: Standard) -> Iterator[Problem]:
    if standard.unit not in UNITS:
        yield ("unit",), _no("đơn vị", "unit", standard.unit, UNITS)
    if standard.metric is not None and standard.indicator is not None:
        yield ("indicator",), words("chỉ dùng metric hoặc indicator", "either a metric or an indicator")
    elif standard.metric is not None:
        yield from _metric(standard, standard.metric)
    elif standard.indicator is not None:
        yield from _indicator(standard, standard.indicator)
    if standard.maximum is not None and standard.minimum is None:
        yield ("maximum",), words("có maximum mà thiếu minimum", "a maximum needs a minimum")
    ranks = {key: _rank(standard, getattr(standard, key)) for key in ("minimum", "maximum")}
    for key, rank in ranks.items():
        if isinstance(rank, Words):
            yield (key,), rank
    low, high = ranks.values()
    if isinstance(low, float) and isinstance(high, float):
        upward = standard.operator in {">=", ">"}
        if (low > high) if upward else (low < high):
            yield (
                ("maximum",),
                words(
                    f"maximum phải {'từ minimum trở lên' if upward else 'không quá minimum'} "
                    f"vì operator là “{standard.operator}”",
                    f"the maximum must be {'at least' if upward else 'at most'} the minimum, "
                    f"the operator being “{standard.operator}”",
                ),
            )
    yield from _points_of(standard)


def _points_of(standard: Standard) -> Iterator[Problem]:
    low, high = standard.points_min, standard.points_max
    if (low is None) != (high is None):
        key = "points_min" if high is None else "points_max"
        yield (key,), words("points_min và points_max đi đôi", "points_min and points_max go together")
    if low is not None and high is not None and not 0 <= low <= high:
        yield ("points_max",), words("cần 0 ≤ points_min ≤ points_max", "needs 0 ≤ points_min ≤ points_max")


def _rank(standard: Standard, figure: Figure | None) -> float | Words | None:
    """A figure as a number, a level by its place; or what is wrong with it."""
    if figure is None:
        return None
    if isinstance(figure, str):
        if figure in standard.levels:
            return float(standard.levels.index(figure))
        if not standard.levels:
            return words(
                f"phải là số, không phải {quoted(figure)}", f"must be a number, not {quoted(figure)}"
            )
        return _no("mức", "level", figure, standard.levels)
    if standard.levels:
        return words("phải là một trong các mức (levels)", "must be one of the levels")
    return figure


def _metric(standard: Standard, metric: str) -> Iterator[Problem]:
    if metric not in METRICS:
        yield ("metric",), _no("số đo", "metric", metric, METRICS)
        return
    unit, scopes = METRICS[metric]
    if standard.scope not in scopes:
        yield (
            ("scope",),
            words(
                f"số đo {metric} chỉ có cho {', '.join(sorted(scopes))}",
                f"the metric {metric} is there only for {', '.join(sorted(scopes))}",
            ),
        )
    yield from _agrees(standard, unit, levelled=unit == "class")


def _indicator(standard: Standard, indicator: str) -> Iterator[Problem]:
    known = catalogue()
    if indicator not in known:
        yield ("indicator",), words(
            f"không có chỉ tiêu {quoted(indicator)} trong danh mục (criteria/indicators)",
            f"no indicator {quoted(indicator)} in the catalogue (criteria/indicators)",
        )  # fmt: skip
        return
    levels = known[indicator].levels
    yield from _agrees(standard, known[indicator].unit, levelled=bool(levels))
    if standard.levels and levels and standard.levels != levels:
        yield ("levels",), words(f"phải là {', '.join(levels)}", f"must be {', '.join(levels)}")


def _agrees(standard: Standard, unit: str, *, levelled: bool) -> Iterator[Problem]:
    """Whether a standard has the unit of what answers it, and levels when that has levels."""
    if standard.unit != unit and standard.unit in UNITS:
        yield ("unit",), words(f"phải là {quoted(unit)}", f"must be {quoted(unit)}")
    if levelled != bool(standard.levels):
        yield ("levels",), words(
            "phải liệt kê các mức" if levelled else "chỉ tiêu này không có mức",
            "the levels must be listed" if levelled else "it has no levels",
        )  # fmt: skip


def _class(urban_class: UrbanClass, whole: Whole) -> Iterator[Problem]:
    """Whether the rule has what it needs and its sums are right."""
    groups, standards = [g for _, g in whole.groups], [s for _, s in whole.standards]
    scored = next((path for path, s in whole.standards if s.points_min is not None), None)
    if urban_class.rule != "all" and (urban_class.total is None or not groups):
        yield (*whole.at, "rule"), words(
            f"“{urban_class.rule}” cần total và các nhóm (groups)",
            f"“{urban_class.rule}” needs a total and groups",
        )  # fmt: skip
    if urban_class.rule == "points":
        yield from _points_class(urban_class, whole)
    elif scored is not None:
        yield (*scored, "points_min"), words("chỉ loại tính điểm mới có điểm", "points are for rule “points”")
    if urban_class.rule == "quota" and urban_class.total is not None:
        needed = [(path, g, sum(s.group == g.id for s in standards)) for path, g in whole.groups]
        for path, group, many in needed:
            if group.needed is None or not 0 <= group.needed <= many:
                yield (*path, "needed"), words(
                    f"cần từ 0 đến {many}, số tiêu chuẩn của nhóm",
                    f"needs 0 to {many}, the group's number of standards",
                )  # fmt: skip
        least = sum(g.needed or 0 for g in groups)
        if not least <= urban_class.total <= len(standards):
            yield (*whole.at, "total"), words(
                f"cần từ {least} (tổng của các nhóm) đến {len(standards)} tiêu chuẩn",
                f"needs {least} (the groups' sum) to {len(standards)} standards",
            )  # fmt: skip


def _points_class(urban_class: UrbanClass, whole: Whole) -> Iterator[Problem]:
    if urban_class.full is None:
        yield (*whole.at, "rule"), words("“points” cần full", "“points” needs full")
    for path, group in whole.groups:
        mine = [s for _, s in whole.standards if s.group == group.id]
        for key in ("points_min", "points_max"):
            yield from _sum((*path, key), getattr(group, key), [getattr(s, key) for s in mine])
        if (
            group.points_min is not None
            and group.points_max is not None
            and group.points_min > group.points_max
        ):
            yield (*path, "points_min"), words("lớn hơn points_max", "larger than points_max")
    for key, total in (("points_min", urban_class.total), ("points_max", urban_class.full)):
        at = (*whole.at, "total" if key == "points_min" else "full")
        yield from _sum(at, total, [getattr(g, key) for _, g in whole.groups])


def _sum(at: Path, given: float | None, parts: list[float | None]) -> Iterator[Problem]:
    """Whether the parts add up to what is given; nothing to say while one of them is not known."""
    known = [p for p in parts if p is not None]
    if given is None or not parts or len(known) < len(parts):
        return
    total = math.fsum(known)
    if not math.isclose(total, given, abs_tol=1e-9):
        vi = f"các phần cộng lại là {number(total, digits=2)}, không phải {number(given, digits=2)}"
        en = (
            f"the parts add up to {number(total, digits=2, lang='en')}, "
            f"not {number(given, digits=2, lang='en')}"
        )
        yield at, words(vi, en)


def _factor(at: Path, factor: Factor, known: list[Whole]) -> Iterator[Problem]:
    """Whether each effect does one thing, to standards that exist and can bear it."""
    mine = [whole for whole in known if not factor.only or whole.id in factor.only]
    for i, effect in enumerate(factor.effects):
        path = (*at, "effects", i)
        acts = (effect.multiply, effect.replace, effect.total)
        if sum(a is not None for a in acts) + effect.not_considered + effect.unknown != 1:
            yield (
                path,
                words(
                    "cần đúng một trong multiply, replace, not_considered, unknown, total",
                    "needs exactly one of multiply, replace, not_considered, unknown, total",
                ),
            )
        degrees = (effect.from_value, effect.step, effect.less)
        if any(d is not None for d in degrees) and (None in degrees or effect.multiply is None):
            yield path, words("from_value, step, less đi cùng nhau và với multiply",
                              "from_value, step and less go together and with multiply")  # fmt: skip
        if (effect.multiply is not None and effect.multiply < 0) or (
            effect.step is not None and effect.step <= 0
        ):
            yield (
                path,
                words("multiply không được âm, step phải dương", "multiply is not negative, step positive"),
            )
        if effect.total is not None:
            if (
                effect.standards
                or effect.all_others
                or any(getattr(w.owner, "rule", "") != "quota" for w in mine)
            ):
                yield (*path, "total"), words("chỉ cho loại “quota” và không nêu tiêu chuẩn",
                                              "only for rule “quota”, naming no standard")  # fmt: skip
        elif bool(effect.standards) == effect.all_others:
            yield path, words("cần standards hoặc all_others", "needs either standards or all_others")
        yield from _named((*path, "standards"), effect.standards, mine)
        yield from _bears(path, effect, mine)
    doubled = [(at, name) for effect in factor.effects for name in effect.standards]
    yield from _twice(doubled)


def _named(at: Path, names: Iterable[str], known: list[Whole]) -> Iterator[Problem]:
    ids = {s.id for whole in known for _, s in whole.standards}
    for i, name in enumerate(names):
        if name not in ids:
            yield (*at, i), _no("tiêu chuẩn", "standard", name, ids)


def _bears(path: Path, effect: Effect, known: list[Whole]) -> Iterator[Problem]:
    """A level cannot be multiplied, and is replaced by a level only."""
    for whole in known:
        for _, standard in whole.standards:
            if standard.id not in effect.standards:
                continue
            if effect.multiply is not None and standard.levels:
                yield path, words(f"{standard.id} tính theo mức, không nhân được",
                                  f"{standard.id} has levels and cannot be multiplied")  # fmt: skip
            wrong = _rank(standard, effect.replace)
            if isinstance(wrong, Words):
                yield (*path, "replace"), words(f"{standard.id}: {wrong.vi}", f"{standard.id}: {wrong.en}")
