"""Where a document's targets stand: met, on track, behind, overdue, or not assessable."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from geoplan.criteria.answers import answer, margin, upward
from geoplan.criteria.certainty import certainty
from geoplan.criteria.indicators import catalogue
from geoplan.criteria.verdict import TargetResult
from geoplan.criteria.wording import apart
from geoplan.errors import DataError
from geoplan.model import Words, words
from geoplan.quantity import UNITS
from geoplan.text import date_text, number, quoted

if TYPE_CHECKING:
    from geoplan.city_file import Document, Target
    from geoplan.criteria.answers import Answer, Base, Judged
    from geoplan.criteria.evidence import Evidence
    from geoplan.criteria.verdict import Certainty, Status
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity


def judge_targets(evidence: Evidence, *, judged: Judged, base: Base) -> tuple[TargetResult, ...]:
    """Every target of the city's documents on the date.

    Parameters
    ----------
    evidence, judged
        What is known, and what follows for classes and units.
    base
        The quantities on an earlier date, for the straight line of targets that layers answer; None
        when the city's record does not reach back to it.

    Raises
    ------
    DataError
        When a target cannot mean anything: an unknown unit or indicator, no figure to compare with, a
        range upside down, a year that is none.
    """
    file = evidence.city.targets
    if file is None:
        return ()
    documents = {d.id: d for d in file.documents}
    for target in file.targets:
        _require_sense(target, evidence.city.id)
    return tuple(_judge(t, documents[t.document], evidence, judged, base) for t in file.targets)


def _require_sense(target: Target, city: str) -> None:
    """Refuse a target that could only be misread."""
    measured = target.answered_by in {"layers", "indicator"}
    indicator = catalogue().get(str(target.metric)) if target.answered_by == "indicator" else None
    wrong: Words | None = None
    if target.unit not in UNITS:
        wrong = words(f"không có đơn vị {quoted(target.unit)}", f"no unit {quoted(target.unit)}")
    elif target.answered_by == "indicator" and indicator is None:
        wrong = words(f"không có chỉ số {quoted(target.metric)}", f"no indicator {quoted(target.metric)}")
    elif indicator is not None and target.growth is None and target.unit != indicator.unit:
        vi, en = f"đơn vị phải là {quoted(indicator.unit)}", f"the unit must be {quoted(indicator.unit)}"
        wrong = words(vi, en)
    elif measured and target.value is None:
        wrong = words("cần một dấu so sánh và value", "needs a sign to compare with and a value")
    elif target.upper is not None and target.value is not None and target.upper < target.value:
        wrong = words("upper nhỏ hơn value", "upper is less than value")
    elif isinstance(target.due, int) and not dt.MINYEAR <= target.due <= dt.MAXYEAR:
        wrong = words(f"{target.due} không phải là năm", f"{target.due} is not a year")
    if wrong is not None:
        where, name = f"{city}/targets.toml", quoted(target.id)
        raise DataError(
            vi=f"{where}, chỉ tiêu {name}: {wrong.vi}; hãy sửa lại.",
            en=f"{where}, target {name}: {wrong.en}; mend it.",
        )


def due_day(target: Target) -> dt.date | None:
    """The last day on which a target is in time."""
    return dt.date(target.due, 12, 31) if isinstance(target.due, int) else target.due


def _judge(
    target: Target, document: Document, evidence: Evidence, judged: Judged, base: Base
) -> TargetResult:
    on, due = evidence.city.on, due_day(target)
    found = answer(target, document, evidence, judged=judged, base=base)
    expected = _expected(target, found.base, found.figure_on or on, due)
    status, why = _status(target, found, expected, on, due)
    return TargetResult(
        target=target,
        quantity=found.quantity,
        passes=found.passes,
        margin=margin(target, found.quantity),
        status=status,
        reason=words(
            "; ".join(text for text in (found.reason.vi, why.vi) if text),
            "; ".join(text for text in (found.reason.en, why.en) if text),
        ),
        base=None if found.base is None else found.base[0],
        base_on=None if found.base is None else found.base[1],
        expected=expected,
        gap=found.gap,
        gap_unit=found.gap_unit,
        places=found.places,
        certainty=_certainty(target, found.quantity),
    )


def _certainty(target: Target, quantity: Quantity | None) -> Certainty | None:
    if quantity is None or target.value is None or target.growth is not None:
        return None
    return certainty(quantity, sign=target.operator, threshold=target.value)


_LANGS: Final[tuple[Lang, ...]] = ("vi", "en")
_NOTHING: Final = words("", "")
_DUE_OVER: Final = words("đã quá hạn", "the due date is over")
_NOT_DUE: Final = words("chưa đến hạn", "not due yet")
_NO_LINE: Final = words(
    "chưa đến hạn; không có giá trị gốc nên không so được với lộ trình",
    "not due yet; without a base value there is no line to compare with",
)


def _status(
    target: Target, found: Answer, expected: float | None, on: dt.date, due: dt.date | None
) -> tuple[Status, Words]:
    """Where a target stands, and what that rests on beside the figure itself."""
    late = due is not None and on > due
    status: Status = "behind"
    why = _NOTHING
    if found.passes:
        status = "met"
    elif found.passes is None:
        status, why = "not_assessable", _DUE_OVER if late else _NOTHING
    elif due is not None and late and not target.yearly and found.figure_on and found.figure_on < due:
        status, why = (
            "not_assessable",
            words(
                f"{_DUE_OVER.vi}, chưa có số liệu đến hạn (năm {due.year})",
                f"{_DUE_OVER.en}, there is no figure for it yet ({due.year})",
            ),
        )
    elif due is not None and late:
        status, why = "overdue", words(f"hạn {date_text(due)} đã qua", f"was due on {due.isoformat()}")
    elif target.yearly or due is None:
        pass
    elif found.quantity is None or found.quantity.value is None or target.operator == "done":
        why = _NOT_DUE
    elif expected is None:
        status, why = "not_assessable", _NO_LINE
    else:
        status = _against_line(target, found.quantity, expected)
        line = [_line_text(expected, found.quantity.value, target.unit, lang) for lang in _LANGS]
        day = found.figure_on
        vi, en = ("nay", "") if day is None else (f"đến {date_text(day)}", f" on {day.isoformat()}")
        why = words(
            f"theo đường thẳng đến hạn thì {vi} phải đạt {line[0]}",
            f"the straight line to the due date stands at {line[1]}{en}",
        )
    return status, why


def _line_text(expected: float, value: float, unit: str, lang: Lang) -> str:
    """Where the line stands, with so many decimals that it does not read as the value it is held against."""
    digits = apart(value, expected, digits=UNITS[unit].digits)
    return f"{number(expected, digits=digits, lang=lang)} {UNITS[unit].words.text(lang)}".strip()


def _against_line(target: Target, quantity: Quantity, expected: float) -> Status:
    """On track when at the line or on its good side; a bound may not settle which."""
    value, more = quantity.value, upward(target)
    if value is None:
        return "not_assessable"
    ahead = value >= expected if more else value <= expected
    bound = quantity.qualifier in {"over", "under"}
    if bound and (quantity.qualifier == "over") != (more == ahead):
        return "not_assessable"
    return "on_track" if ahead else "behind"


def _expected(
    target: Target, base: tuple[float, dt.date] | None, on: dt.date, due: dt.date | None
) -> float | None:
    """Where the straight line from the base value to the target is on the date."""
    if base is None or due is None or target.value is None or target.yearly:
        return None
    value, since = base
    if due <= since or on < since:
        return None
    share = min((on - since).days / (due - since).days, 1.0)
    return value + share * (target.value - value)
