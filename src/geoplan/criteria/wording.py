"""Why a verdict is what it is, in a sentence of each language."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.criteria.indicators import level_title
from geoplan.model import Words, words
from geoplan.quantity import QUALIFIERS, UNITS, with_unit
from geoplan.text import number, percent

if TYPE_CHECKING:
    from geoplan.criteria.rulebook import Standard
    from geoplan.criteria.verdict import Certainty
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity
    from geoplan.schema import Confidence

SIGNS: Final = {">=": "≥", ">": ">", "<=": "≤", "<": "<", "between": "≥"}
UNVERIFIED: Final = words("ngưỡng chưa kiểm chứng", "threshold not verified")
_DIGITS: Final = 9
"""Decimals at most: what is smaller is a rounding of the machine."""
_NOT_REAL: Final = {
    "illustrative": words("tính trên lớp minh họa", "measured on an illustrative layer"),
    "schematic": words("tính trên lớp sơ đồ", "measured on a schematic layer"),
}
_CAUTION: Final[dict[str, Words]] = {
    "recalled": UNVERIFIED,
    "secondary": words("ngưỡng theo nguồn thứ cấp", "threshold from a secondary source"),
    "derived": words("ngưỡng suy ra", "threshold derived"),
}
_WORDS: Final = {
    "passes": words("đạt", "passes"),
    "fails": words("chưa đạt", "fails"),
    "open": words("chưa kết luận được", "open"),
    "needs": words("cần", "needs"),
}


@dataclass(frozen=True)
class Finding:
    """What the sentence on one standard is made of."""

    standard: Standard
    quantity: Quantity
    minimum: float | None
    confidence: Confidence
    considered: bool
    why: Words | None
    passes: bool | None = None
    margin: float | None = None
    firm: Certainty | None = None


def both(*texts: Words) -> Words:
    """Several texts as one, with semicolons between."""
    return Words(vi="; ".join(t.vi for t in texts), en="; ".join(t.en for t in texts))


def reason(found: Finding) -> Words:
    """Value against threshold and by how much, or why there is no verdict; then the cautions."""
    tails = [] if found.why is None else [found.why]
    caution = _CAUTION.get(found.confidence)
    if caution is not None and found.minimum is not None:
        tails.append(caution)
    standings = {use.standing for use in found.quantity.layers}
    drawn = next((text for key, text in _NOT_REAL.items() if key in standings), None)
    if found.minimum is not None and drawn is not None:
        tails.append(drawn)
    if found.firm is not None and found.firm.borderline and found.firm.holds is not None:
        vi, en = (percent(100 * found.firm.holds, lang=lang) for lang in ("vi", "en"))
        tails.append(
            words(
                f"sát ngưỡng: chỉ giữ nguyên ở {vi} số lần thử sai số",
                f"borderline: holds in {en} of plausible errors",
            )
        )
    return both(_head(found), *tails)


def _head(found: Finding) -> Words:
    if not found.considered:
        return words("không xét", "set aside")
    if found.minimum is None:
        return words(
            "không đánh giá được: không tìm thấy ngưỡng", "not assessable: the threshold was not found"
        )
    if found.quantity.value is None:
        why = found.quantity.missing[0] if found.quantity.missing else words("chưa có số liệu", "no data")
        return words(f"không đánh giá được: {why.vi}", f"not assessable: {why.en}")
    return words(_compared(found, "vi"), _compared(found, "en"))


def _compared(found: Finding, lang: Lang) -> str:
    standard = found.standard
    level = said(standard, found.minimum)
    need = (
        level.text(lang)
        if level
        else f"{SIGNS[standard.operator]} {exact(found.minimum, standard.unit, lang)}"
    )
    key = {True: "passes", False: "fails", None: "open"}[found.passes]
    word, needs = _WORDS[key].text(lang), _WORDS["needs"].text(lang)
    text = f"{word}: {beside(found.quantity, found.minimum, lang)}, {needs} {need}"
    if level is not None or found.margin is None or found.passes is None:
        return text
    return f"{text}, {difference(found.margin, standard.unit, standard.operator, lang)}"


def said(standard: Standard, minimum: float | None) -> Words | None:
    """A threshold of degree in words; None when it is a number."""
    if not standard.levels or minimum is None:
        return None
    return level_title(standard.levels[int(minimum)])


def exact(value: float | None, unit: str, lang: Lang = "vi") -> str:
    """A threshold with its unit and all its decimals: 1.75 must not read as 1.8."""
    if value is None:
        return with_unit(value, unit, lang)
    usual = UNITS[unit].digits
    digits = next(
        (d for d in range(usual, _DIGITS) if math.isclose(round(value, d), value, rel_tol=1e-9)), _DIGITS
    )
    return _shown(value, unit, digits, lang)


def beside(quantity: Quantity, threshold: float | None, lang: Lang = "vi") -> str:
    """A quantity as text, with so many decimals that it does not read as the threshold unless it is it.

    5.4996 km² beside a threshold of 5.5 km² reads as 5.4996, not as 5.50.
    """
    plain, value = quantity.text(lang), quantity.value
    if quantity.said is not None or value is None or threshold is None or value == threshold:
        return plain
    digits = apart(value, threshold, digits=UNITS[quantity.unit].digits)
    if digits == UNITS[quantity.unit].digits:
        return plain
    shown = _shown(value, quantity.unit, digits, lang)
    return shown if quantity.qualifier is None else f"{QUALIFIERS[quantity.qualifier].text(lang)} {shown}"


def apart(value: float, other: float, *, digits: int) -> int:
    """With how many decimals two numbers do not read the same; `digits` when that is so, or they are."""
    if math.isclose(value, other, rel_tol=0, abs_tol=10**-_DIGITS):
        return digits
    return next((d for d in range(digits, _DIGITS) if round(value, d) != round(other, d)), _DIGITS)


def _shown(value: float, unit: str, digits: int, lang: Lang) -> str:
    return f"{number(value, digits=digits, lang=lang)} {UNITS[unit].words.text(lang)}".strip()


def difference(margin: float, unit: str, sign: str, lang: Lang) -> str:
    """A margin in words: how much to spare, or how much is missing."""
    if margin == 0:
        return "exactly that" if lang == "en" else "vừa bằng ngưỡng"
    size = abs_with_unit(margin, unit, lang)
    upward = sign in {">=", ">", "between"}
    if lang == "en":
        return f"{size} {'to spare' if margin >= 0 else 'short' if upward else 'too much'}"
    if upward:
        return f"{'dư' if margin >= 0 else 'thiếu'} {size}"
    return f"{'thấp hơn' if margin >= 0 else 'vượt'} {size}"


def abs_with_unit(value: float, unit: str, lang: Lang = "vi") -> str:
    """The size of a difference with its unit; with more decimals when it would read as nothing."""
    usual, size = UNITS[unit].digits, abs(value)
    digits = next((d for d in range(usual, _DIGITS) if round(size, d) > 0), usual if size == 0 else _DIGITS)
    if digits > usual:  # two figures of what is so small
        digits = min(digits + 1, _DIGITS)
    return _shown(size, unit, digits, lang)
