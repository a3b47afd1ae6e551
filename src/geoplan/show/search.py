"""What can be found on a page, and by which words: units of any date, zones, plans in force.

The matching itself is done in the page, by ``assets/search.js``, which folds what is typed as
`geoplan.text.fold` folded the keys here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan.model import Words, words
from geoplan.show import labels
from geoplan.text import date_text, fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

_NUMBER: Final = re.compile(r"\d+(?:/[\w-]+)+")
"""The number of a decision, such as ``107/QĐ-UBND``."""
_WHOLE: Final = 0.95
"""Of a unit's area: what is missing then is how the outlines were drawn."""
_PART: Final = 0.05
"""Of either unit's area: less is not worth a line in a list of results."""


@dataclass(frozen=True)
class Entry:
    """Something that can be found.

    Attributes
    ----------
    label
        Its name.
    detail
        What it is, for the line under the name.
    target
        The feature that the page then shows: ``u``, ``p`` or ``z`` and its place in the layer.
    names
        What it goes by, folded: the name alone, and with its kind.
    exact
        Codes and numbers that mean it and nothing else, folded.
    keys
        All words that lead to it, folded.
    """

    label: str
    detail: Words
    target: str
    names: tuple[str, ...]
    exact: tuple[str, ...]
    keys: str


def search_entries(result: Assessment, *, successors: pd.DataFrame, lang: Lang) -> list[dict[str, Any]]:
    """The entries of a page in one language, as `geoplanSearch` of ``assets/search.js`` takes them.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    successors
        From `geoplan.timeline.successors` for the city of `result`: names of other dates.
    lang
        Of the details; keys lead to an entry in both languages.

    Returns
    -------
    list of dict
        ``label, detail, target, names, exact, keys`` (see `Entry`).
    """
    return [
        {
            "label": entry.label,
            "detail": entry.detail.text(lang),
            "target": entry.target,
            "names": list(entry.names),
            "exact": list(entry.exact),
            "keys": entry.keys,
        }
        for entry in entries(result, successors=successors)
    ]


def entries(result: Assessment, *, successors: pd.DataFrame) -> list[Entry]:
    """The same in both languages: units, units of other dates, zones, plans in force."""
    return [
        *_units(result.city.communes),
        *_of_other_dates(result, successors),
        *_zones(result.city.industrial_zones),
        *_plans(result),
    ]


def _units(units: gpd.GeoDataFrame) -> Iterator[Entry]:
    for i, unit in _drawn(units):
        code = str(unit["code"])
        yield _entry(
            f"u{i}",
            _name(unit),
            _kind(unit["kind"]),
            detail=[
                words(f"{labels.word('code')} {code}".lower(), f"{labels.word('code', 'en')} {code}".lower())
            ],
            exact=[code],
            more=[unit.get("formed_from")],
        )


def _of_other_dates(result: Assessment, successors: pd.DataFrame) -> Iterator[Entry]:
    """Former names and later ones, each for every unit of the date that it has a share in."""
    units = result.city.communes
    by_code = {str(unit["code"]): (i, unit) for i, unit in _drawn(units)}
    for row in successors.to_dict("records"):
        i, unit = by_code.get(str(row["code_now"]), (None, None))
        if unit is None or max(row["share"], row["share_now"]) < _PART:
            continue
        name = str(row["name_then"])
        if fold(name) == fold(_name(unit)):
            continue  # the unit itself is found by that name
        former = pd.notna(row["valid_to"]) and row["valid_to"].date() <= result.on
        yield _entry(
            f"u{i}",
            name,
            _kind(row["kind"]),
            detail=[_time(row, former=former), _share(row, unit, former=former)],
            exact=[str(row["code_then"])] if str(row["code_then"]) not in by_code else [],
            more=[row["code_then"]],
        )


def _time(row: dict[Any, Any], *, former: bool) -> Words:
    """Until when, or from when, a unit of another date bears its name."""
    day = pd.Timestamp(row["valid_to"] if former else row["valid_from"]).date()
    vi, en = date_text(day), date_text(day, lang="en")
    return words(f"trước {vi}", f"before {en}") if former else words(f"từ {vi}", f"from {en}")


def _share(row: dict[Any, Any], unit: pd.Series, *, former: bool) -> Words:
    """How a unit of another date and one of this date share their land."""
    here = _placed(unit)
    if former and row["share"] >= _WHOLE:
        return words(f"nay thuộc {here.vi}", f"now in {here.en}")
    if former:
        return words(f"một phần nay thuộc {here.vi}", f"now partly in {here.en}")
    if row["share_now"] >= _WHOLE:
        return words(f"gồm cả {here.vi}", f"with all of {here.en}")
    return words(f"gồm một phần {here.vi}", f"with a part of {here.en}")


def _placed(unit: pd.Series) -> Words:
    """A unit's kind and name in the middle of a sentence."""
    kind = _kind(unit["kind"])
    name = _name(unit)
    return words(f"{kind.vi} {name}".strip(), f"{name} {kind.en}".strip())


def _zones(zones: gpd.GeoDataFrame) -> Iterator[Entry]:
    for i, zone in _drawn(zones):
        decision = _text(zone.get("decision"))
        yield _entry(
            f"z{i}",
            _name(zone),
            _kind(zone["kind"]),
            detail=[words(decision, decision)],
            exact=[str(zone["id"]), *_NUMBER.findall(decision)],
            more=[decision, zone.get("host_communes")],
        )


def _plans(result: Assessment) -> Iterator[Entry]:
    layer = result.city.plans
    table = result.plans
    for i, plan in _drawn(layer.loc[table.index[table["in_force"]]]):
        decision = _text(plan.get("decision"))
        kind = str(table.loc[i, "plan_kind"])
        yield _entry(
            f"p{i}",
            _name(plan),
            words(labels.plan_kind(kind), labels.plan_kind(kind, "en")),
            detail=[words(decision, decision)],
            exact=[str(plan["id"]), *_NUMBER.findall(decision)],
            more=[decision, labels.plan_kind_short(kind)],
        )


def _drawn(layer: gpd.GeoDataFrame) -> Iterator[tuple[Any, pd.Series]]:
    """The features that have a shape: what has none is not on the map, and cannot be gone to."""
    there = ~(layer.geometry.isna() | layer.geometry.is_empty)
    yield from layer[there].iterrows()


def _name(feature: pd.Series) -> str:
    """The name; the code or id when there is none."""
    return _text(feature["name"]) or _text(feature.get("code")) or _text(feature.get("id"))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _kind(kind: Any) -> Words:
    text = _text(kind)
    return words(labels.word(text), labels.word(text, "en")) if text else words("", "")


def _entry(
    target: str,
    label: str,
    kind: Words,
    *,
    detail: Iterable[Words],
    exact: Iterable[str],
    more: Iterable[object],
) -> Entry:
    parts = [kind, *detail]
    names = [label, f"{kind.vi} {label}", f"{label} {kind.en}"]
    codes = tuple(dict.fromkeys(_plain(code) for code in exact))
    keys = _plain(" ".join([*names, *codes, *(_text(text) for text in more)]))
    return Entry(
        label=label,
        detail=words(_joined(p.vi for p in parts), _joined(p.en for p in parts)),
        target=target,
        names=tuple(dict.fromkeys(_plain(name) for name in names)),
        exact=codes,
        keys=" ".join(dict.fromkeys(keys.split(" "))),
    )


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)


def _plain(text: str) -> str:
    """Folded, with single spaces."""
    return " ".join(fold(text).split())
