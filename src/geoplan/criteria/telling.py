"""A verdict or a target as a person reads it: its mark, and what it rests on as lines of label and text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.indicators import catalogue
from geoplan.criteria.wording import SIGNS, abs_with_unit, apart, difference, exact
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.text import date_text, number, percent

if TYPE_CHECKING:
    import datetime as dt

    from geoplan.criteria.verdict import Certainty, Points, Status, TargetResult, UnitResult, Verdict
    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.schema import Confidence

MARKS: Final[dict[bool | None, str]] = {True: "✓", False: "✗", None: "?"}
OUTCOMES: Final[dict[bool | None, Words]] = {
    True: words("đạt", "passes"),
    False: words("chưa đạt", "fails"),
    None: words("chưa đánh giá được", "not assessable"),
}
SET_ASIDE: Final = "–"
CONFIDENCE: Final[dict[Confidence, Words]] = {
    "seen": words("đã đọc trong nguồn", "seen in the source"),
    "secondary": words("theo nguồn thứ cấp", "from a secondary source"),
    "recalled": words("chưa kiểm chứng", "not verified"),
    "derived": words("suy ra từ số khác", "derived from other figures"),
}
STATUS: Final[dict[Status, Words]] = {
    "met": words("đạt", "met"),
    "on_track": words("đúng tiến độ", "on track"),
    "behind": words("chậm tiến độ", "behind"),
    "overdue": words("quá hạn", "overdue"),
    "not_assessable": words("chưa đánh giá được", "not assessable"),
}
_TARGET_MARKS: Final[dict[Status, str]] = {
    "met": "✓",
    "on_track": "↗",
    "behind": "✗",
    "overdue": "✗",
    "not_assessable": "?",
}
_LABELS: Final = {
    "threshold": words("Ngưỡng", "Threshold"),
    "margin": words("Chênh lệch", "Margin"),
    "article": words("Điều khoản", "Article"),
    "source": words("Nguồn của ngưỡng", "Source of the threshold"),
    "confidence": words("Độ tin cậy của ngưỡng", "Trust in the threshold"),
    "rulebook": words("Bộ tiêu chuẩn", "Rulebook"),
    "points": words("Điểm", "Points"),
    "certainty": words("Độ vững", "Certainty"),
    "flag": words("Lưu ý", "Note"),
    "due": words("Thời hạn", "Due"),
    "document": words("Văn bản", "Document"),
    "quote": words("Nguyên văn", "Quotation"),
    "base": words("Giá trị gốc", "Base value"),
    "expected": words("Theo lộ trình phải đạt", "The straight line asks"),
    "gap": words("Còn thiếu", "Still missing"),
    "note": words("Ghi chú", "Note"),
}
_NOT_FOUND: Final = words("không tìm thấy trong nguồn", "not found in a source")
_FLAGGED: Final = words(
    "chỉ nêu để lưu ý, không quyết định kết luận chung", "reported only, it does not decide the whole"
)
_NO_ERRORS: Final = words("chưa rõ sai số của số liệu", "the errors of the inputs are not known")
_YEARLY: Final = words("hằng năm", "every year")
_NO_DUE: Final = words("văn bản không nêu hạn", "the document gives no due date")


def mark(verdict: Verdict) -> str:
    """✓, ✗, ?, or – when the standard is set aside."""
    return MARKS[verdict.passes] if verdict.considered else SET_ASIDE


def target_mark(status: Status) -> str:
    """✓ when met, ↗ when on track, ✗ when behind or overdue, else ?."""
    return _TARGET_MARKS[status]


def verdict_lines(verdict: Verdict, lang: Lang = "vi") -> list[tuple[str, str]]:
    """A verdict as pairs of label and text, the headline first with an empty label.

    The number's own chain is not among them: see `geoplan.quantity.Quantity.lines`.
    """
    label = {key: pair.text(lang) for key, pair in _LABELS.items()}
    title, scope = verdict.title.text(lang), verdict.scope.name.text(lang)
    out = [
        ("", f"{mark(verdict)} {title} – {scope}: {verdict.reason.text(lang)}"),
        (label["threshold"], threshold_text(verdict, lang)),
    ]
    if verdict.margin is not None and verdict.threshold_said is None:
        spare = difference(verdict.margin, verdict.quantity.unit, verdict.operator, lang)
        out.append((label["margin"], spare))
    out.append((label["article"], verdict.article))
    if verdict.threshold is not None:
        out.append((label["source"], verdict.source))
        out.append((label["confidence"], CONFIDENCE[verdict.confidence].text(lang)))
    if verdict.rulebook:
        out.append((label["rulebook"], verdict.rulebook))
    if verdict.points is not None:
        out.append((label["points"], points_text(verdict.points, lang)))
    if verdict.certainty is not None:
        out.append((label["certainty"], certainty_text(verdict.certainty, lang)))
    if verdict.flag:
        out.append((label["flag"], _FLAGGED.text(lang)))
    return out


def threshold_text(verdict: Verdict, lang: Lang = "vi") -> str:
    """What the law asks, with its sign: ``≥ 21.000 người``; words when it was not found."""
    if verdict.threshold is None:
        return _NOT_FOUND.text(lang)
    if verdict.threshold_said is not None:  # a degree has no sign: "có", "cấp tỉnh"
        return verdict.threshold_said.text(lang)
    return f"{SIGNS[verdict.operator]} {exact(verdict.threshold, verdict.quantity.unit, lang)}"


def points_text(points: Points, lang: Lang = "vi") -> str:
    """Points of one standard: given, or between which they lie, of how many."""
    low, high = _points(points.worst, lang), _points(points.best, lang)
    given = low if points.worst == points.best else f"{low} – {high}"
    return given if points.maximum is None else f"{given} / {_points(points.maximum, lang)}"


def total_text(points: Points, lang: Lang = "vi") -> str:
    """Points of a group or a class: given, the least and the most still possible, needed, in all."""
    vi = lang == "vi"
    least, most = (_points(p, lang, beside=points.minimum) for p in (points.worst, points.best))
    if points.given is None:
        parts = ["chưa tính được" if vi else "not known yet"]
    else:
        given = _points(points.given, lang, beside=points.minimum)
        parts = [f"đã có {given}" if vi else f"{given} given"]
    parts.append(f"còn có thể từ {least} đến {most}" if vi else f"{least} to {most} possible")
    if points.minimum is None:
        parts.append("không tìm thấy mức tối thiểu" if vi else "the least asked was not found")
    else:
        needed = _points(points.minimum, lang)
        parts.append(f"cần {needed}" if vi else f"{needed} needed")
    if points.maximum is not None:
        full = _points(points.maximum, lang)
        parts.append(f"tối đa {full}" if vi else f"at most {full}")
    return ", ".join(parts)


def _points(value: float, lang: Lang, *, beside: float | None = None) -> str:
    """Points with the decimals they have, two at most; more where it would read as what is asked."""
    digits = 0 if round(value, 2) == int(value) else 2
    if beside is not None:
        digits = max(digits, apart(value, beside, digits=digits))
    return number(value, digits=digits, lang=lang)


def certainty_text(certainty: Certainty, lang: Lang = "vi") -> str:
    """Whether the verdict is borderline, how often it holds, and what turns it."""
    parts = []
    if certainty.borderline:
        parts.append("borderline" if lang == "en" else "sát ngưỡng")
    if certainty.holds is None:
        parts.append(_NO_ERRORS.text(lang))
    else:
        share = percent(100 * certainty.holds, lang=lang)
        parts.append(
            f"holds in {share} of plausible errors"
            if lang == "en"
            else f"giữ nguyên ở {share} số lần thử sai số"
        )
    turns = [f"{f.input.text(lang)} {_signed(f.percent, lang)}" for f in certainty.flips]
    if turns:
        head, join = ("turns at", " or ") if lang == "en" else ("đổi kết luận khi", " hoặc ")
        parts.append(f"{head} {join.join(turns)}")
    return "; ".join(parts)


def _signed(change: float, lang: Lang) -> str:
    return f"{'+' if change >= 0 else '−'}{abs_with_unit(change, 'percent', lang)}"


def target_lines(result: TargetResult, lang: Lang = "vi") -> list[tuple[str, str]]:
    """A target on the date as pairs of label and text, the headline first with an empty label."""
    label = {key: pair.text(lang) for key, pair in _LABELS.items()}
    target = result.target
    out = [
        ("", target_headline(result, lang)),
        (label["due"], due_text(target.due, yearly=target.yearly, lang=lang)),
    ]
    if result.base is not None and result.base_on is not None:
        base = with_unit(result.base, target.unit, lang)
        out.append((label["base"], f"{base} ({date_text(result.base_on, lang=lang)})"))
    if result.expected is not None:
        out.append((label["expected"], with_unit(result.expected, target.unit, lang)))
    if result.gap is not None:
        out.append((label["gap"], gap_text(result, lang)))
    out.append((label["document"], f"{target.document}, {_section(target.section, lang)}"))
    out.append((label["quote"], f"“{target.quote}”"))
    if target.note is not None:
        out.append((label["note"], target.note.text(lang)))
    return out


def _section(section: str, lang: Lang) -> str:
    return f"section {section}" if lang == "en" else f"mục {section}"


def target_headline(result: TargetResult, lang: Lang = "vi") -> str:
    """Mark, title, status and why, in one line."""
    status = STATUS[result.status].text(lang)
    head = f"{target_mark(result.status)} {result.target.title.text(lang)}"
    why = result.reason.text(lang)
    if result.status == "not_assessable" and why:  # the reason says the same and more
        return f"{head}: {why}"
    return f"{head}: {status} ({why})" if why else f"{head}: {status}"


def due_text(due: int | dt.date | None, *, yearly: bool, lang: Lang = "vi") -> str:
    """By when a target is to be met."""
    if due is None:
        return _YEARLY.text(lang) if yearly else _NO_DUE.text(lang)
    if isinstance(due, int):
        day = f"the end of {due}" if lang == "en" else f"hết năm {due}"
    else:
        day = date_text(due, lang=lang)
    return f"{day}, {_YEARLY.text(lang)}" if yearly else day


def gap_text(result: TargetResult, lang: Lang = "vi", *, limit: int = 3) -> str:
    """What is missing in the unit people act on, and where most of it; empty when nothing is known."""
    if result.gap is None or result.gap_unit is None:
        return ""
    text = abs_with_unit(result.gap, result.gap_unit, lang)
    places = result.places
    if not places:
        return text
    # A unit that is to be done counts as one: then the name says it all.
    named = [
        p.name.text(lang) if p.unit == "unit" else f"{p.name.text(lang)} {with_unit(p.value, p.unit, lang)}"
        for p in places
    ]
    if len(named) > limit:
        more = len(named) - limit
        tail = f"and {more} more" if lang == "en" else f"và {more} nơi nữa"
        return f"{text}: {', '.join(named[:limit])} {tail}"
    return f"{text}: {', '.join(named)}"


def flag_texts(unit: UnitResult, lang: Lang = "vi") -> list[str]:
    """What a unit fails that is reported and does not decide."""
    return [
        f"{v.title.text(lang)}: {v.reason.text(lang)}" for v in unit.verdicts if v.flag and v.passes is False
    ]


def enter_in(metric: str) -> Words | None:
    """Where a person enters a missing figure; None when a layer has to answer it."""
    if metric in catalogue():
        return words(f"indicators.csv, chỉ số {metric}", f"indicators.csv, indicator {metric}")
    if metric == "population":
        return words("population.csv", "population.csv")
    return None
