"""Verdicts and targets in a cell or a row: a mark and a word, and how many there are of each.

The mark comes first and says what the colour says, so that a page in grey, or read out, loses nothing.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from geoplan.criteria import telling
from geoplan.criteria.telling import CONFIDENCE, MARKS, SET_ASIDE, STATUS, target_mark
from geoplan.model import Words, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.city_file import CityKind, ClassHeld, FactorId
    from geoplan.criteria.verdict import Status, TargetResult, UnitResult, Verdict
    from geoplan.errors import Lang

OUTCOMES: Final = telling.OUTCOMES
FACTORS: Final[dict[FactorId, Words]] = {
    "mountain": words("miền núi", "mountainous"),
    "highland": words("vùng cao", "highland"),
    "border": words("biên giới", "border"),
    "island": words("hải đảo", "island"),
    "coastal": words("ven biển", "coastal"),
    "heritage": words("đô thị di sản", "heritage city"),
    "minority": words("tỷ lệ người dân tộc thiểu số", "share of ethnic minorities"),
}
_KINDS: Final[dict[CityKind | str, Words]] = {
    "provincial_city": words("thành phố thuộc tỉnh", "city under a province"),
    "town": words("thị xã", "town"),
    "district": words("huyện", "district"),
    "ward": words("phường", "ward"),
    "commune": words("xã", "commune"),
    "township": words("thị trấn", "township"),
    "special_zone": words("đặc khu", "special zone"),
}
_ASIDE: Final = words("không xét", "set aside")
_CLASS: Final = words("loại", "class")
_SPECIAL: Final = words("loại đặc biệt", "special class")
_UNKNOWN_CLASS: Final = words("chưa rõ", "not known")
_SOURCE: Final = words("nguồn", "source")


def outcome(passes: bool | None, lang: Lang = "vi") -> str:  # noqa: FBT001 - three answers, not a switch
    """Passes, fails or not assessable, with its mark: ``✓ đạt``."""
    return f"{MARKS[passes]} {OUTCOMES[passes].text(lang)}"


def verdict_outcome(verdict: Verdict, lang: Lang = "vi") -> str:
    """The same for one standard, which an exception may have set aside."""
    return outcome(verdict.passes, lang) if verdict.considered else f"{SET_ASIDE} {_ASIDE.text(lang)}"


def status_text(status: Status, lang: Lang = "vi") -> str:
    """Where a target stands, with its mark: ``✗ quá hạn``."""
    return f"{target_mark(status)} {STATUS[status].text(lang)}"


def kind_of_unit(kind: str, lang: Lang = "vi") -> str:
    """The words for a kind of unit; a foreign kind stays as it is."""
    return _KINDS[kind].text(lang) if kind in _KINDS else kind


def class_name(urban_class: str, lang: Lang = "vi") -> str:
    """An urban class in words, such as ``loại II``."""
    return _SPECIAL.text(lang) if urban_class == "special" else f"{_CLASS.text(lang)} {urban_class}"


def class_held(held: ClassHeld | None, lang: Lang = "vi") -> str:
    """The class that a city holds, with its source and how far that is to be trusted."""
    if held is None:
        return _UNKNOWN_CLASS.text(lang)
    trust = CONFIDENCE[held.confidence].text(lang)
    return f"{class_name(held.class_, lang)} ({_SOURCE.text(lang)}: {held.source}; {trust})"


def count_outcomes(results: Iterable[UnitResult]) -> dict[bool | None, int]:
    """How many units pass, fail and are open."""
    found = Counter(result.passes for result in results)
    return {key: found[key] for key in OUTCOMES}


def count_statuses(results: Iterable[TargetResult]) -> dict[Status, int]:
    """How many targets there are of each status."""
    found = Counter(result.status for result in results)
    return {key: found[key] for key in STATUS}
