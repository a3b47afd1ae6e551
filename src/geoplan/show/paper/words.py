"""The words that only paper has; the others are those of `geoplan.show.labels`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.model import Words, words

if TYPE_CHECKING:
    from geoplan.errors import Lang

_WORDS: Final[dict[str, Words]] = {
    "coverage_of": words("Độ phủ: {0}", "Coverage: {0}"),
    "legend": words("Chú giải", "Legend"),
    "scale": words("Tỷ lệ {0}", "Scale {0}"),
    "true_when": words("khi in đúng khổ {0}, không co giãn", "when printed on {0}, actual size"),
    "north": words("B", "N"),
    "grid_north": words("Bắc lưới tọa độ", "Grid north"),
    "ticks": words("Vạch khung: tọa độ, mét", "Ticks on the frame: coordinates in metres"),
    "unit_border": words("Ranh giới đơn vị hành chính", "Boundary of a unit"),
    "none_here": words("{0} (không có)", "{0} (none)"),
    "plan_outline": words("{0}, phạm vi đồ án", "{0}, outline"),
    "whole_city": words("Toàn địa bàn", "Whole city"),
    "assessed_on": words("Ngày đánh giá: {0}", "Date of assessment: {0}"),
    "made_by": words("Lập bằng geoplan {0}", "Made by geoplan {0}"),
    "cut": words("… còn {0} dòng nữa, xem trong sổ Excel", "… {0} more lines, see the workbook"),
    "unnamed": words("Không đủ chỗ ghi tên: {0}", "No room for the names of: {0}"),
    "real.schematic": words("SƠ ĐỒ – không phải ranh giới thật", "SCHEMATIC – not the real boundaries"),
    "real.illustrative": words(
        "MINH HỌA – không phải ranh giới thật", "ILLUSTRATIVE – not the real boundaries"
    ),
    "real.partly": words(
        "LƯU Ý – có lớp chỉ là sơ đồ hoặc minh họa", "NOTE – some layers are only schematic or illustrative"
    ),
}


def paper_word(key: str, lang: Lang, *parts: object) -> str:
    """The words for a key, with the parts put in their places."""
    text = _WORDS[key].text(lang)
    for i, part in enumerate(parts):
        text = text.replace(f"{{{i}}}", str(part))
    return text
