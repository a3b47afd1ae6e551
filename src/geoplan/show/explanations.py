"""Explaining a number, a verdict or a target that a person names in his own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.evidence import Evidence, read_entries
from geoplan.criteria.indicators import catalogue
from geoplan.criteria.telling import enter_in
from geoplan.model import words
from geoplan.show.topics import NUMBERS, chosen
from geoplan.show.verdicts import class_lines, unit_lines
from geoplan.text import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.quantity import Quantity
    from geoplan.show.topics import Topic

    _Pairs = Callable[[Lang], list[tuple[str, str]]]

_UNUSED: Final = words("Không kết luận, chỉ tiêu nào dùng số này.", "No verdict and no target uses it.")


def explain_lines(
    result: Assessment, metric: str, *, scope: str | None = None, lang: Lang = "vi"
) -> list[str]:
    """The chain of a number, and every verdict and target that uses it; or one verdict or target.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    metric
        A metric (``density``, ``coverage.zoning.natural`` or its beginning), an indicator, a verdict
        (``class.II.density``), a target, or words of their names, with or without diacritics.
    scope
        ``city``, ``wards``, ``candidates``, ``zones``, ``zone:<id>``, a unit's code, or a name with or
        without diacritics. None: the city, else its wards, candidates or zones, else the only scope.

    Raises
    ------
    UsageError
        When nothing, or too much, is called so; the sentence lists what there is.
    """
    lines: list[str] = []
    for topic, at in chosen(result, metric, scope=scope):
        lines += [""] if lines else []
        lines += _explained(topic, at, result, lang)
    return [one_line(line) for line in lines]


def _explained(topic: Topic, at: str, result: Assessment, lang: Lang) -> Iterator[str]:
    thing = topic.by_scope[at]
    if topic.kind in {"class", "unit"}:
        lines = class_lines if topic.kind == "class" else unit_lines
        yield from (f"{'  ' * (depth - 1)}{text}" for depth, text in lines(thing, lang))
        return
    yield from thing.explain(lang).splitlines()
    number: Quantity | None = thing if topic.kind in NUMBERS else thing.quantity
    where = enter_in(number.metric) if number is not None and number.value is None else None
    if number is not None and where is not None:
        yield _entry_line(number, where, lang)
    if topic.kind not in NUMBERS:
        return
    yield from _all_years(thing, result, lang)
    used = [*_verdicts_on(thing, result), *_targets_on(thing, result)]
    if not used:
        yield _UNUSED.text(lang)
        return
    yield f"{'Used by' if lang == 'en' else 'Dùng trong'} ({len(used)}):"
    for id_, pairs in used:
        first, *rest = pairs(lang)
        yield f"  {first[1]} [{id_}]"
        yield from (f"    {label}: {text}" for label, text in rest)


def _entry_line(quantity: Quantity, where: Words, lang: Lang) -> str:
    """Where to enter the figure, and the row as it is to be written."""
    text = f"{'Enter it in' if lang == 'en' else 'Nhập vào'} {where.text(lang)}"
    if not where.vi.startswith("indicators"):
        return text
    row = words(
        f"<năm>,{quantity.scope.id},{quantity.metric},<giá trị>,,<nguồn>",
        f"<year>,{quantity.scope.id},{quantity.metric},<value>,,<source>",
    )
    return f"{text}: {row.text(lang)}"


def _all_years(quantity: Quantity, result: Assessment, lang: Lang) -> Iterator[str]:
    """The rows of an indicator, when there are several years of it."""
    if quantity.metric not in catalogue():
        return
    evidence = Evidence(result.city, result.quantities, read_entries(result.city.indicators))
    series = evidence.series(quantity.metric, quantity.scope.id)
    indicator = catalogue()[quantity.metric]
    if len(series) > 1:
        stated = (
            evidence.stated(e, name=indicator.title, unit=indicator.unit, levels=indicator.levels)
            for e in series
        )
        told = "; ".join(f"{e.year}: {q.text(lang)}" for e, q in zip(series, stated, strict=True))
        yield f"{'All years' if lang == 'en' else 'Các năm'}: {told}"


def _verdicts_on(quantity: Quantity, result: Assessment) -> list[tuple[str, _Pairs]]:
    return [(v.id, v.lines) for v in result.judgement.verdicts if v.quantity.key == quantity.key]


def _targets_on(quantity: Quantity, result: Assessment) -> list[tuple[str, _Pairs]]:
    key = (quantity.metric.removesuffix(".growth"), quantity.scope.id)
    return [
        (t.target.id, t.lines)
        for t in result.judgement.targets
        if (t.target.metric, t.target.scope) == key and t.target.answered_by in {"layers", "indicator"}
    ]
