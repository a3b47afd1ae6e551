"""The words of exported values: the contract's codes as people read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.criteria.telling import MARKS, OUTCOMES, SET_ASIDE
from geoplan.model import words

if TYPE_CHECKING:
    from geoplan.criteria.verdict import UnitResult, Verdict
    from geoplan.errors import Lang
    from geoplan.model import Words

UNIT_KINDS: Final = {
    "ward": words("phường", "ward"),
    "commune": words("xã", "commune"),
    "township": words("thị trấn", "township"),
    "special_zone": words("đặc khu", "special zone"),
}
PLAN_KINDS: Final = {
    "general": words("quy hoạch chung", "general plan"),
    "zoning": words("quy hoạch phân khu", "zoning plan"),
    "detailed": words("quy hoạch chi tiết", "detailed plan"),
    "all": words("mọi quy hoạch", "all plans"),
    "unknown": words("chưa rõ loại", "kind not known"),
}
ZONE_KINDS: Final = {
    "park": words("khu công nghiệp", "industrial park"),
    "cluster": words("cụm công nghiệp", "industrial cluster"),
    "it_park": words("khu công nghệ thông tin", "IT park"),
}
STATUSES: Final = {
    "drafting": words("đang lập", "drafting"),
    "approved": words("đã phê duyệt", "approved"),
    "expired": words("hết hạn", "expired"),
    "superseded": words("đã bị thay thế", "superseded"),
    "established": words("đã thành lập", "established"),
    "planned": words("chưa thành lập tại ngày này", "not established on this date"),
}
_ASIDE: Final = words("không xét", "set aside")


def said(table: dict[str, Words], value: object, lang: Lang) -> str | None:
    """A code in words; a foreign one as it is, None when it is missing."""
    if not isinstance(value, str):
        return None
    return table[value].text(lang) if value in table else value


def outcome(result: UnitResult | Verdict, lang: Lang) -> str:
    """Passes, fails or not assessable, with its mark; or that the standard is set aside."""
    if not getattr(result, "considered", True):
        return f"{SET_ASIDE} {_ASIDE.text(lang)}"
    return f"{MARKS[result.passes]} {OUTCOMES[result.passes].text(lang)}"
