"""What answers a target: a measured quantity, an indicator, a class, a unit, a fact."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from geoplan.criteria.certainty import passes
from geoplan.criteria.indicators import catalogue
from geoplan.criteria.telling import CONFIDENCE
from geoplan.criteria.verdict import Place
from geoplan.criteria.wording import SIGNS, beside, difference, exact
from geoplan.model import Words, words
from geoplan.quantity import Part, Quantity
from geoplan.text import date_text, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from geoplan.city_file import Document, Target
    from geoplan.criteria.evidence import Entry, Evidence
    from geoplan.criteria.verdict import ClassResult, UnitResult
    from geoplan.errors import Lang

    Base = Callable[[dt.date], Mapping[tuple[str, str], Quantity] | None]

_CLASSES: Final = ("V", "IV", "III", "II", "I", "special")
_HA_PER_KM2: Final = 100
_ONE_YEAR: Final = words(
    "mới có số liệu một năm, tính tăng trưởng cần từ hai năm: hãy nhập thêm vào indicators.csv",
    "there is a figure for one year only, growth takes two: add another to indicators.csv",
)
_NO_GROWTH: Final = words(
    "không tính được tăng trưởng từ số liệu ước chừng, bằng không hoặc âm trong indicators.csv",
    "no growth can be worked out from bounds, zero or negative figures in indicators.csv",
)


@dataclass(frozen=True)
class Answer:
    """What answers a target before its date is looked at.

    `figure_on` is the day that its figure is for, when that is not the date itself.
    """

    passes: bool | None
    reason: Words
    quantity: Quantity | None = None
    base: tuple[float, dt.date] | None = None
    gap: float | None = None
    gap_unit: str | None = None
    places: tuple[Place, ...] = ()
    figure_on: dt.date | None = None


@dataclass(frozen=True)
class Judged:
    """What was judged before the targets, which some of them ask for."""

    classes: tuple[ClassResult, ...]
    units: tuple[UnitResult, ...]
    city_unit: UnitResult | None


def answer(target: Target, document: Document, evidence: Evidence, *, judged: Judged, base: Base) -> Answer:
    """What answers a target, before its due date is looked at."""
    if target.answered_by == "layers":
        return _by_layers(target, document, evidence, base)
    if target.answered_by == "indicator":
        return _by_indicator(target, evidence)
    if target.answered_by == "class":
        return _by_class(target, evidence, judged.classes)
    if target.answered_by == "unit":
        return _by_unit(target, evidence, judged)
    if target.answered_by == "fact":
        return _by_fact(target, evidence.city.on)
    return Answer(None, words("văn bản không nêu số liệu", "the document gives no figure"))


def margin(target: Target, quantity: Quantity | None) -> float | None:
    """By how much a value is on the good side of a target; None when no more than a bound is known."""
    value = None if quantity is None or quantity.qualifier in {"over", "under"} else quantity.value
    if value is None or target.value is None:
        return None
    return value - target.value if upward(target) else target.value - value


def upward(target: Target) -> bool:
    """Whether more is better."""
    return target.operator in {">=", ">", "between"}


def _compare(target: Target, quantity: Quantity) -> bool | None:
    value = quantity.value
    if value is None or target.value is None:
        return None
    more = upward(target)
    if quantity.qualifier == "over":
        return more if value >= target.value else None
    if quantity.qualifier == "under":
        return not more if value <= target.value else None
    return passes(value, target.operator, target.value)


def _sentence(target: Target, quantity: Quantity, verdict: bool | None) -> Words:  # noqa: FBT001 - three answers
    if quantity.value is None:
        why = quantity.missing[0] if quantity.missing else words("chưa có số liệu", "no data")
        return words(f"không đánh giá được: {why.vi}", f"not assessable: {why.en}")

    def say(lang: Lang) -> str:
        least = exact(target.value, target.unit, lang)
        need = f"{SIGNS[target.operator]} {least}"
        if target.upper is not None:
            need = f"{least} – {exact(target.upper, target.unit, lang)}"
        text = f"{beside(quantity, target.value, lang)}, {'cần' if lang == 'vi' else 'needs'} {need}"
        spare = margin(target, quantity)
        if spare is None or verdict is None:
            return text
        return f"{text}, {difference(spare, target.unit, target.operator, lang)}"

    return words(say("vi"), say("en"))


def _by_layers(target: Target, document: Document, evidence: Evidence, base: Base) -> Answer:
    metric, scope = str(target.metric), target.scope
    quantity = evidence.measured(metric, scope)
    if quantity is None:
        why = words("lớp dữ liệu cần cho chỉ tiêu này chưa có", "the layer that answers it is not there")
        lacking = evidence.lacking(metric, scope, name=target.title, unit=target.unit, missing=why)
        return Answer(None, _sentence(target, lacking, None), lacking)
    if quantity.unit.removesuffix("_2") != target.unit.removesuffix("_2"):
        vi = f"chỉ tiêu tính bằng {quoted(target.unit)}, số đo bằng {quoted(quantity.unit)}"
        en = f"the target is in {quoted(target.unit)}, what is measured in {quoted(quantity.unit)}"
        return Answer(None, words(f"không đánh giá được: {vi}", f"not assessable: {en}"))
    verdict = _compare(target, quantity)
    found = Answer(verdict, _sentence(target, quantity, verdict), quantity)
    earlier = base(document.base_on) if evidence.city.on >= document.base_on and target.due else None
    then = None if earlier is None else earlier.get((metric, scope))
    if then is not None and then.value is not None:
        found = replace(found, base=(then.value, document.base_on))
    return _with_gap(target, quantity, evidence, found) if verdict is False else found


def _with_gap(target: Target, quantity: Quantity, evidence: Evidence, found: Answer) -> Answer:
    """What is missing in the unit people act on: hectares and where, people, or communes."""
    whole, part = quantity.denominator, quantity.numerator
    if target.value is None or part is None or part.value is None or not upward(target):
        return found
    if part.unit == quantity.unit:
        return replace(found, gap=target.value - part.value, gap_unit=part.unit)
    if whole is None or whole.value is None:
        return found
    share = quantity.unit == "percent"
    missing = target.value / (100 if share else 1) * whole.value - part.value
    if share and part.unit == "km2":
        return replace(found, gap=missing * _HA_PER_KM2, gap_unit="ha", places=_where(target, evidence))
    return replace(found, gap=missing, gap_unit=part.unit)


def _where(target: Target, evidence: Evidence) -> tuple[Place, ...]:
    """Hectares still to be planned by unit, the most first."""
    city = evidence.city
    scopes = set(city.communes["code"])
    if target.scope == "candidates":
        named = city.named_candidates
        merged = "merged:" + named["code"]
        scopes = set(named["code"].where(named["in_force"], merged))
    found = []
    for (metric, scope), quantity in evidence.quantities.items():
        whole, part = quantity.denominator, quantity.numerator
        if metric != target.metric or scope not in scopes or whole is None or part is None:
            continue
        if whole.value is not None and part.value is not None and whole.value > part.value:
            hectares = _HA_PER_KM2 * (whole.value - part.value)
            code = scope.removeprefix("merged:")
            found.append(Place(name=quantity.scope.name, code=code, value=hectares, unit="ha"))
    return tuple(sorted(found, key=lambda p: (-p.value, p.code)))


def _by_indicator(target: Target, evidence: Evidence) -> Answer:
    known = catalogue().get(str(target.metric))
    name = target.title if known is None else known.title
    rows = [e for e in evidence.series(str(target.metric), target.scope) if isinstance(e.value, float)]
    unit = target.unit if target.growth is None or known is None else known.unit
    stated = [evidence.stated(e, name=name, unit=unit) for e in rows]
    quantity = stated[-1] if stated else None
    if target.growth is not None:
        quantity = _growth(target, rows, stated)
    if quantity is None:
        lacking = evidence.lacking(str(target.metric), target.scope, name=name, unit=unit)
        if rows:
            lacking = replace(lacking, missing=(_NO_GROWTH if len(rows) > 1 else _ONE_YEAR,))
        return Answer(None, _sentence(target, lacking, None), lacking)
    verdict = _compare(target, quantity)
    said, year = _sentence(target, quantity, verdict), rows[-1].year
    reason = words(f"năm {year}: {said.vi}", f"{year}: {said.en}")
    found = Answer(verdict, reason, quantity, figure_on=dt.date(year, 12, 31))
    first = stated[0].value
    if target.growth is None and len(rows) > 1 and first is not None:
        found = replace(found, base=(first, dt.date(rows[0].year, 12, 31)))
    return found


def _growth(target: Target, rows: Sequence[Entry], stated: Sequence[Quantity]) -> Quantity | None:
    """Growth per year between two values: the last two, or the first and the last."""
    if len(rows) < 2:  # noqa: PLR2004 - growth takes two values
        return None
    start = -2 if target.growth == "yearly" else 0
    old, new = stated[start], stated[-1]
    first, last = rows[start].year, rows[-1].year
    if old.value is None or new.value is None or old.qualifier or new.qualifier:
        return None
    if old.value <= 0 or new.value < 0 or not math.isfinite(new.value / old.value):
        return None
    return replace(
        new,
        metric=f"{new.metric}.growth",
        name=target.title,
        value=round(100 * ((new.value / old.value) ** (1 / (last - first)) - 1), 9),  # 10 % is 10 %
        unit=target.unit,
        numerator=_part(new, last),
        denominator=_part(old, first),
        method=words(
            f"tăng bình quân mỗi năm từ {first} đến {last}", f"growth per year from {first} to {last}"
        ),
        sources=tuple(dict.fromkeys((*old.sources, *new.sources))),
    )


def _part(quantity: Quantity, year: int) -> Part:
    name = words(f"{quantity.name.vi}, năm {year}", f"{quantity.name.en}, {year}")
    return Part(name=name, value=quantity.value, unit=quantity.unit)


def _by_class(target: Target, evidence: Evidence, classes: Sequence[ClassResult]) -> Answer:
    """Met when the class was recognised by decision up to the date, or when its standards are all met."""
    wanted, on = str(target.metric), evidence.city.on
    for held in evidence.city.info.classes:
        reached = held.confidence != "derived" and _rank(held.class_) >= _rank(wanted) >= 0
        if reached and (held.valid_from is None or held.valid_from <= on):
            trust = CONFIDENCE[held.confidence]
            vi = f"đã là đô thị loại {held.class_}: {held.source} ({trust.vi})"
            return Answer(True, words(vi, f"has been of class {held.class_}: {held.source} ({trust.en})"))
    found = next((c for c in classes if c.urban_class == wanted), None)
    if found is None:
        why = words(
            f"quy định hiện hành không có loại {wanted}", f"the rules in force have no class {wanted}"
        )
        return Answer(None, words(f"không đánh giá được: {why.vi}", f"not assessable: {why.en}"))
    law = words(f"theo {found.law}: {found.reason.vi}", f"by {found.law}: {found.reason.en}")
    return Answer(found.passes, law)


def _rank(urban_class: str) -> int:
    return _CLASSES.index(urban_class) if urban_class in _CLASSES else -1


def _by_unit(target: Target, evidence: Evidence, judged: Judged) -> Answer:
    """Every member of the scope against the standards of a kind of unit."""
    wanted = str(target.metric)
    if target.scope == "city":
        if evidence.city.kind == wanted:
            return Answer(True, words(f"đã là {evidence.city.title()}", f"is {evidence.city.title('en')}"))
        found = judged.city_unit
        if found is None or found.against != wanted:
            why = words("không đánh giá được vào ngày này", "not assessable on this date")
            return Answer(None, why)
        return Answer(found.passes, found.reason)
    named = evidence.city.named_candidates
    codes = list(named["code"][named["in_force"]])
    mine = [u for u in judged.units if u.scope.id in codes and u.against == wanted]
    if len(mine) < len(named) or not mine:
        gone = ", ".join(named["name"][~named["in_force"]])
        why = words(f"không còn là đơn vị: {gone}", f"no longer units: {gone}")
        return Answer(None, words(f"không đánh giá được: {why.vi}", f"not assessable: {why.en}"))
    short = [u for u in mine if u.passes is False]
    done = sum(u.passes is True for u in mine)
    verdict = False if short else (True if done == len(mine) else None)
    places = tuple(Place(name=u.scope.name, code=u.scope.id, value=1, unit="unit") for u in short)
    rest = len(mine) - done - len(short)
    text = words(
        f"{done}/{len(mine)} đơn vị đạt, {len(short)} chưa đạt, {rest} chưa đánh giá được",
        f"{done} of {len(mine)} units pass, {len(short)} fail, {rest} are not assessable",
    )
    return Answer(verdict, text, gap=float(len(short)) or None, gap_unit="unit", places=places)


def _by_fact(target: Target, on: dt.date) -> Answer:
    fact = target.fact
    if fact is None:
        return Answer(
            None, words("chưa có ai ghi nhận đã thực hiện hay chưa", "nobody recorded whether it was done")
        )
    if fact.done_on > on:
        return Answer(False, words("chưa thực hiện", "not done"))
    day = date_text(fact.done_on)
    return Answer(
        True, words(f"đã thực hiện ngày {day}: {fact.decision}", f"done on {fact.done_on}: {fact.decision}")
    )
