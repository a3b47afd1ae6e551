"""What can be explained about an assessment, and which of it a person means by a name of his own."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from geoplan.criteria.evidence import Evidence, read_entries
from geoplan.criteria.indicators import catalogue
from geoplan.errors import UsageError
from geoplan.model import words
from geoplan.quantity import Quantity, Scope
from geoplan.text import fold, listing, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import UnitResult, Verdict
    from geoplan.errors import Lang

Kind = Literal["measure", "class", "unit", "indicator", "verdict", "target"]

NUMBERS: Final = frozenset({"measure", "indicator"})
_ALL: Final = NUMBERS | {"class", "unit", "verdict", "target"}
_MOST: Final = 6
"""So many answers to one name are read; more are a list to choose from."""
_NOT_ENTERED: Final = words(
    "chưa có số liệu: hãy nhập vào indicators.csv", "nobody entered it: add it to indicators.csv"
)
_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")
_GROUPS: Final = {
    "city": ("toan dia ban", "toan thanh pho", "thanh pho", "whole city"),
    "wards": ("phuong", "cac phuong", "noi thi", "noi thanh", "khu vuc noi thi", "inner area"),
    "candidates": ("ung vien", "xa du kien", "xa du kien len phuong", "xa len phuong"),
    "zones": ("khu cong nghiep", "cac khu cong nghiep", "industrial zones"),
}
_PREFIX: Final = re.compile(r"^(phuong|xa|thi tran|dac khu|ward|commune|township) | (ward|commune|township)$")


@dataclass(frozen=True)
class Topic:
    """Something that can be explained: its id, what else it is called, and by scope the thing itself."""

    kind: Kind
    id: str
    names: tuple[str, ...]
    by_scope: Mapping[str, Any] = field(repr=False)


def chosen(result: Assessment, metric: str, *, scope: str | None = None) -> list[tuple[Topic, str]]:
    """What a person means by a name, each with the scope that is meant.

    Parameters
    ----------
    metric, scope
        As `geoplan.show.explanations.explain_lines` takes them.

    Raises
    ------
    UsageError
        When nothing, or too much, is called so; the sentence lists what there is.
    """
    topics = _topics(result)
    return _choose(metric, topics, None if scope is None else _scope(scope, topics))


# --- what there is ------------------------------------------------------------------------------


def _topics(result: Assessment) -> list[Topic]:
    numbers: dict[str, dict[str, Quantity]] = {}
    for quantity in _numbers(result):
        numbers.setdefault(quantity.metric, {}).setdefault(quantity.scope.id, quantity)
    judged: dict[str, dict[str, Verdict]] = {}
    for verdict in result.judgement.verdicts:
        judged.setdefault(verdict.id, {}).setdefault(verdict.scope.id, verdict)
    measured = {metric for metric, _ in result.quantities}
    out = [
        Topic("measure" if i in measured else "indicator", i, _named(q.name for q in by.values()), by)
        for i, by in numbers.items()
    ]
    out += [*_classes(result), *_units(result)]
    out += [Topic("verdict", i, _named(v.title for v in by.values()), by) for i, by in judged.items()]
    for found in result.judgement.targets:
        target = found.target
        names = (*_named([target.title]), _plain(f"target.{target.id}"))
        out.append(Topic("target", target.id, names, {target.scope: found}))
    return out


def _classes(result: Assessment) -> Iterator[Topic]:
    for found in result.judgement.classes:
        yield Topic("class", f"class.{found.urban_class}", _named([found.title]), {"city": found})


def _units(result: Assessment) -> Iterator[Topic]:
    """The kinds of unit that something was judged by, with the results by scope."""
    judged = result.judgement
    whole = [] if judged.city_unit is None else [judged.city_unit]
    by_kind: dict[str, dict[str, UnitResult]] = {}
    for unit in [*whole, *judged.units]:
        by_kind.setdefault(unit.against, {}).setdefault(unit.scope.id, unit)
    for kind, by in by_kind.items():
        yield Topic("unit", kind, _named(unit.title for unit in by.values()), by)


def _numbers(result: Assessment) -> Iterator[Quantity]:
    """Measured, then judged, then entered or still to be entered."""
    yield from result.quantities.values()
    yield from (v.quantity for v in result.judgement.verdicts)
    yield from (t.quantity for t in result.judgement.targets if t.quantity is not None)
    evidence = Evidence(result.city, result.quantities, read_entries(result.city.indicators))
    for indicator in catalogue().values():
        for scope in {"city": None} | {
            e.scope: None for e in evidence.entries if e.indicator == indicator.id
        }:
            entry = evidence.entry(indicator.id, scope)
            if entry is not None:
                yield evidence.stated(
                    entry, name=indicator.title, unit=indicator.unit, levels=indicator.levels
                )
            else:
                yield Quantity(
                    metric=indicator.id, name=indicator.title, value=None, unit=indicator.unit,
                    scope=evidence.scope(scope), on=result.on, missing=(_NOT_ENTERED,),
                )  # fmt: skip


def _named(names: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_plain(text) for name in names for text in (name.vi, name.en)))


def _plain(text: str) -> str:
    """A name or an id as words to compare: folded, signs and dots as spaces."""
    return " ".join(re.sub(r"[^\w:]+|_", " ", fold(text)).split())


# --- what is meant ------------------------------------------------------------------------------


def _choose(metric: str, topics: Sequence[Topic], wanted: str | None) -> list[tuple[Topic, str]]:
    """The topics that a name means, each at its scope: those that fit best and are there at the scope."""
    asked = _plain(metric)
    elsewhere: list[Topic] = []
    for fits, kinds in _WAYS:
        found = [topic for topic in topics if asked and topic.kind in kinds and fits(topic, asked)]
        here = [(t, at) for t in found if (at := _at(t, wanted)) is not None]
        mine = [(t, at) for t, at in here if t.kind == here[0][0].kind]
        if len(mine) > _MOST:
            raise _too_many(metric, [t for t, _ in mine])
        if mine:
            return mine
        elsewhere = elsewhere or found
        if elsewhere and fits in (_is, _is_called):
            break  # this and nothing else is meant
    if elsewhere:
        raise _not_there(elsewhere[0], wanted)
    raise _unknown(metric, asked, topics)


def _at(topic: Topic, wanted: str | None) -> str | None:
    """At which scope a topic is meant; None when it is not there, or at several and none was named."""
    if wanted is not None:
        return wanted if wanted in topic.by_scope else None
    usual = next((group for group in _GROUPS if group in topic.by_scope), None)
    return next(iter(topic.by_scope)) if usual is None and len(topic.by_scope) == 1 else usual


def _is(topic: Topic, asked: str) -> bool:
    return _plain(topic.id) == asked


def _is_called(topic: Topic, asked: str) -> bool:
    return asked in topic.names


def _begins(topic: Topic, asked: str) -> bool:
    """Whether the id goes on after a dot, as ``coverage.zoning.natural`` after ``coverage.zoning``."""
    parts = [_plain(part) for part in topic.id.split(".")]
    return asked in {" ".join(parts[:n]) for n in range(1, len(parts))}


def _is_called_in_part(topic: Topic, asked: str) -> bool:
    return any(name.startswith(f"{asked} ") for name in topic.names)


def _has_words(topic: Topic, asked: str) -> bool:
    return any(set(asked.split()) <= set(name.split()) for name in (*topic.names, _plain(topic.id)))


def _id_starts(topic: Topic, asked: str) -> bool:
    return _plain(topic.id).startswith(asked)


def _name_starts(topic: Topic, asked: str) -> bool:
    return any(name.startswith(asked) for name in topic.names)


_WAYS: Final = (
    (_is, _ALL),
    (_is_called, _ALL),
    (_begins, _ALL),
    (_is_called_in_part, NUMBERS),
    (_has_words, NUMBERS),
    (_is_called_in_part, _ALL),
    (_has_words, _ALL),
    (_id_starts, _ALL),
    (_name_starts, _ALL),
)
"""How a name may mean a topic, the surest first; of vague names, numbers come before what uses them."""


def _scope(text: str, topics: Sequence[Topic]) -> str:
    """The scope that a code or a name means."""
    scopes = {s.id: s for t in topics if t.kind not in {"target", "class"} for s in _scopes(t)}
    if text in scopes:
        return text
    asked = _plain(text)
    known = {_plain(i): i for i in scopes} | {
        alias: i for i, aliases in _GROUPS.items() for alias in aliases if i in scopes
    }
    if asked in known:
        return known[asked]
    called = [i for i, s in scopes.items() if asked in _names_of(s)]
    if len(called) == 1:
        return called[0]
    if called:
        vi, en = (_list([f"{i} ({scopes[i].name.text(lang)})" for i in called], lang) for lang in _LANGS)
        raise UsageError(
            vi=f"Có nhiều nơi tên {quoted(text)}: {vi}; hãy dùng mã.",
            en=f"Several places are called {quoted(text)}: {en}; use the code.",
        )
    raise _no_scope(text, asked, scopes)


def _scopes(topic: Topic) -> list[Scope]:
    return [thing.scope for thing in topic.by_scope.values()]


def _names_of(scope: Scope) -> set[str]:
    """A place's name, with and without “phường”, “xã”, “thị trấn”."""
    full = {_plain(scope.name.vi), _plain(scope.name.en)}
    return full | {_PREFIX.sub("", name) for name in full}


# --- one sentence when nothing is ---------------------------------------------------------------


def _no_scope(text: str, asked: str, scopes: Mapping[str, Scope]) -> UsageError:
    names = {name: i for i, s in scopes.items() for name in sorted(_names_of(s))}
    near = [names[n] for n in difflib.get_close_matches(asked, names, n=3, cutoff=0.6)]
    ranked = dict.fromkeys([*near, *(i for i in scopes if i in _GROUPS), *scopes])

    def told(lang: Lang) -> str:
        named = (i if i in _GROUPS else f"{i} ({scopes[i].name.text(lang)})" for i in ranked)
        return listing(map(one_line, named), limit=30, lang=lang)

    return UsageError(
        vi=f"Không có phạm vi {quoted(text)}; có: {told('vi')}.",
        en=f"No scope {quoted(text)}; there are: {told('en')}.",
    )


def _not_there(topic: Topic, wanted: str | None) -> UsageError:
    what = quoted(topic.id)
    vi, en = (_list([_place(topic, at, lang) for at in topic.by_scope], lang) for lang in _LANGS)
    if wanted is None:
        return UsageError(
            vi=f"{what} có ở nhiều nơi; hãy chọn bằng --scope: {vi}.",
            en=f"{what} is there for several scopes; choose one with --scope: {en}.",
        )
    return UsageError(
        vi=f"{what} không có ở phạm vi {quoted(wanted)}; có ở: {vi}.",
        en=f"{what} is not there for the scope {quoted(wanted)}; it is for: {en}.",
    )


def _place(topic: Topic, at: str, lang: Lang) -> str:
    """A scope by its id, and its name when it is a unit or a zone."""
    scope: Scope | None = getattr(topic.by_scope[at], "scope", None)
    return at if at in _GROUPS or scope is None else f"{at} ({scope.name.text(lang)})"


def _too_many(metric: str, found: Sequence[Topic]) -> UsageError:
    ids = [t.id for t in found]
    return UsageError(
        vi=f"{quoted(metric)} là tên chung của nhiều thứ; hãy chọn: {_list(ids, 'vi')}.",
        en=f"{quoted(metric)} means several things; choose one of: {_list(ids, 'en')}.",
    )


def _unknown(metric: str, asked: str, topics: Sequence[Topic]) -> UsageError:
    by_name: dict[str, str] = {}
    for topic in topics:
        for name in (_plain(topic.id), *topic.names):
            by_name.setdefault(name, topic.id)
    near = [by_name[n] for n in difflib.get_close_matches(asked, by_name, n=6, cutoff=0.6)]
    ids = list(dict.fromkeys([*near, *(t.id for t in topics)]))
    return UsageError(
        vi=f"Không có gì tên {quoted(metric)}; có: {_list(ids, 'vi')}.",
        en=f"Nothing is called {quoted(metric)}; there are: {_list(ids, 'en')}.",
    )


def _list(ids: Sequence[str], lang: Lang) -> str:
    return listing(map(one_line, ids), limit=30, lang=lang)
