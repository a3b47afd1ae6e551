"""What is searched: choices with their figures, the problem they make, and how to change the city."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from geoplan.criteria.certainty import passes
from geoplan.criteria.classes import judge_class
from geoplan.criteria.evidence import Evidence, read_entries, scopes_of
from geoplan.criteria.library import load_library
from geoplan.errors import DataError, UsageError
from geoplan.model import Words, words
from geoplan.quantity import with_unit
from geoplan.scenario.best.model import ARES_PER_HA, CONTIGUOUS
from geoplan.text import date_text, listing, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.city import City
    from geoplan.criteria.rulebook import Rulebook, UrbanClass
    from geoplan.criteria.verdict import ClassResult, Verdict
    from geoplan.scenario.best.model import Chosen, Problem, Rule

_ALIKE: Final = 1e-9
"""Sums of the same figures in another order differ by less than this share."""
DEMANDS: Final = {
    CONTIGUOUS: words("phải liền nhau", "must hang together"),
    "min_part": words("phần không nhỏ hơn mức tối thiểu", "no part under the minimum size"),
    "ready": words("chỉ xã không trượt tiêu chuẩn phường", "only communes that fail no standard of a ward"),
}
PLAN_KINDS: Final = {
    "general": words("quy hoạch chung", "general plan"),
    "zoning": words("quy hoạch phân khu", "zoning plan"),
    "detailed": words("quy hoạch chi tiết", "detailed plan"),
}


@dataclass(frozen=True, kw_only=True)
class Task:
    """A goal made ready for the search.

    Attributes
    ----------
    goal, title
        Which goal; what is asked, in words.
    before
        The assessment of the city as it is.
    table
        The choices in the order of the problem.
    changed
        The city with a choice carried out.
    hectares
        Land of each choice that counts as its cost, unrounded.
    people
        People of each choice; NaN when unknown.
    objective_name, whole, whole_name
        What the cost is, and what it is a part of, in hectares.
    urban_class
        The class whose other standards are told as still open; None for none.
    remarks
        What is to be said of a choice, by its id.
    """

    goal: Literal["wards", "coverage"]
    title: Words
    before: Assessment
    problem: Problem
    table: pd.DataFrame
    changed: Callable[[Chosen], City]
    hectares: NDArray[np.float64]
    people: NDArray[np.float64]
    objective_name: Words
    whole: float
    whole_name: Words
    urban_class: str | None = None
    remarks: Mapping[str, Words] = field(default_factory=dict)
    notes: tuple[Words, ...] = ()


def whole_ares(hectares: Iterable[float]) -> NDArray[np.int64]:
    """Areas in whole ares: equal costs are then equal, and sums exact."""
    out: NDArray[np.int64] = np.rint(ARES_PER_HA * np.asarray(list(hectares), dtype=float)).astype(np.int64)
    return out


def kind_words(kind: str) -> Words:
    """A kind of plan in words; a kind of the user's as it is written."""
    return PLAN_KINDS.get(kind, words(kind, kind))


def require_kind(result: Assessment, kind: str) -> None:
    """Refuse a kind of plan that the city has no plan of: nobody knows whether there is none.

    Raises
    ------
    UsageError
        With the kinds that there are.
    """
    have = list(dict.fromkeys(result.coverage["plan_kind"]))
    if kind not in have:
        city = result.city.info.name
        raise UsageError(
            vi=f"{city}: lớp quy hoạch không có đồ án loại {quoted(kind)}; hãy chọn: {listing(have)}.",
            en=f"{city}: the plans have none of the kind {quoted(kind)}; choose: {listing(have, lang='en')}.",
        )


def class_result(result: Assessment, name: str) -> ClassResult:
    """The city against one urban class, also one that it neither holds nor aims at.

    Raises
    ------
    UsageError
        When the rules in force have no such class.
    """
    known = next((c for c in result.judgement.classes if c.urban_class == name), None)
    if known is not None:
        return known
    city = result.city
    wanted, rulebook = rulebook_class(city, name)
    evidence = Evidence(city, result.quantities, read_entries(city.indicators, scopes=scopes_of(city)))
    return judge_class(wanted, rulebook=rulebook, evidence=evidence)


def rulebook_class(city: City, name: str) -> tuple[UrbanClass, Rulebook]:
    """An urban class as the rulebook in force on the city's date has it, and that rulebook.

    Raises
    ------
    UsageError
        When the rules in force have no such class.
    """
    library = load_library(tuple((file.name, file.text) for file in city.rule_files))
    rulebook = library.on(city.on, "class")
    classes = () if rulebook is None else rulebook.classes
    found = next((c for c in classes if c.id == name and c.variant != "central_city"), None)
    if rulebook is None:
        raise UsageError(
            vi=f"Ngày {date_text(city.on)} chưa có bộ tiêu chuẩn phân loại đô thị nào; hãy chọn ngày khác.",
            en=f"No rules on urban classes are known for {city.on}; choose another date.",
        )
    if found is None:
        have = listing(dict.fromkeys(c.id for c in classes))
        raise UsageError(
            vi=f"Quy định ngày {date_text(city.on)} không có đô thị loại {quoted(name)}; hãy chọn: {have}.",
            en=f"The rules of {city.on} have no urban class {quoted(name)}; choose: {have}.",
        )
    return found, rulebook


def as_rule(verdict: Verdict, **parts: object) -> dict[str, object]:
    """What a rule takes over from the verdict that it comes from."""
    return {
        "id": verdict.id,
        "title": verdict.title,
        "unit": verdict.quantity.unit,
        "operator": verdict.operator,
        "threshold": verdict.threshold,
        "article": verdict.article,
        "source": verdict.source,
        "confidence": verdict.confidence,
        **parts,
    }


def require_agreement(rule: Rule, chosen: Chosen, after: float | None) -> None:
    """Refuse an answer that the city, really changed and judged, does not confirm.

    Raises
    ------
    DataError
        When the search counted otherwise than the judge: the layers overlap, or there is a fault.
    """
    counted = rule.value(chosen)
    if after is None and not counted > 0:  # without a ward there is no inner area to measure
        return
    if after is not None:
        allowed = _ALIKE * abs(counted) + rule.times * rule.rounding / rule.parts(chosen)[1]
        same = rule.slack > 0 or passes(after, rule.operator, rule.threshold) == rule.met(chosen)
        if same and abs(after - counted) <= allowed:
            return
    vi, en = (with_unit(counted, rule.unit, lang) for lang in ("vi", "en"))
    now_vi, now_en = (with_unit(after, rule.unit, lang) for lang in ("vi", "en"))
    raise DataError(
        vi=f"{rule.title.vi}: tìm kiếm tính {vi}, thành phố đã đổi đo được {now_vi}; "
        "hãy chạy “geoplan check” để tìm chỗ các lớp chồng lấn.",
        en=f"{rule.title.en}: the search counted {en}, the changed city measures {now_en}; "
        "run “geoplan check” to find where layers overlap.",
    )
