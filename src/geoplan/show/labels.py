"""The words of maps, workbooks and pages, in Vietnamese and in English."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from geoplan.errors import Lang

_AREA_VI: Final = (
    "Diện tích tính trên elipxoit WGS 84; quy hoạch cùng loại chồng nhau chỉ tính một lần; "
    "VN-2000 chuyển theo EPSG:6960."
)
_AREA_EN: Final = (
    "Areas on the WGS 84 ellipsoid; overlapping plans of one kind count once; VN-2000 by EPSG:6960."
)
_MISSING_VI: Final = "Tổng có đơn vị thiếu số liệu thì để trống và nêu tên đơn vị thiếu."
_MISSING_EN: Final = "A sum over a unit without a figure is left empty and names the unit."

_WORDS: Final[dict[str, tuple[str, str]]] = {
    # kinds
    "ward": ("phường", "ward"),
    "commune": ("xã", "commune"),
    "township": ("thị trấn", "township"),
    "special_zone": ("đặc khu", "special zone"),
    "general": ("quy hoạch chung", "general plan"),
    "zoning": ("quy hoạch phân khu", "zoning plan"),
    "detailed": ("quy hoạch chi tiết", "detailed plan"),
    "short.general": ("QH chung", "General"),
    "short.zoning": ("QH phân khu", "Zoning"),
    "short.detailed": ("QH chi tiết", "Detailed"),
    "all_plans": ("mọi quy hoạch", "all plans"),
    "park": ("khu công nghiệp", "industrial park"),
    "cluster": ("cụm công nghiệp", "industrial cluster"),
    "it_park": ("khu công nghệ thông tin", "IT park"),
    "drafting": ("đang lập", "drafting"),
    "approved": ("đã phê duyệt", "approved"),
    "expired": ("hết hạn", "expired"),
    "superseded": ("đã bị thay thế", "superseded"),
    "established": ("đã thành lập", "established"),
    "planned": ("chưa thành lập tại ngày này", "not established on this date"),
    # denominators and groups
    "natural": ("diện tích tự nhiên", "natural area"),
    "urban_land": ("đất xây dựng đô thị", "urban construction land"),
    "published": ("diện tích công bố", "published area"),
    "all": ("toàn địa bàn", "whole city"),
    "wards": ("các phường", "the wards"),
    "candidates": ("các xã dự kiến lên phường", "communes slated to become wards"),
    # standing
    "surveyed": ("đo đạc", "surveyed"),
    "digitised": ("số hóa", "digitised"),
    "schematic": ("sơ đồ", "schematic"),
    "illustrative": ("minh họa", "illustrative"),
    "standing.published": ("công bố", "published"),
    "not_real.communes.schematic": (
        "Ranh giới là sơ đồ, không phải bản đồ đo đạc",
        "Boundaries are schematic, not surveyed",
    ),
    "not_real.industrial_zones.schematic": (
        "Khu công nghiệp vẽ theo sơ đồ, không đúng vị trí",
        "Industrial zones are schematic, not in their place",
    ),
    "not_real.plans.illustrative": (
        "Quy hoạch chỉ để minh họa, không có thật",
        "Plans are illustrative, not real",
    ),
    "not_real.urban_land.illustrative": (
        "Đất xây dựng đô thị chỉ để minh họa, không có thật",
        "Urban construction land is illustrative, not real",
    ),
    # layers
    "communes": ("Đơn vị hành chính", "Administrative units"),
    "industrial_zones": ("Khu công nghiệp", "Industrial zones"),
    "plans": ("Quy hoạch", "Plans"),
    "urban_land.layer": ("Đất xây dựng đô thị", "Urban construction land"),
    "neighbours": ("Đơn vị lân cận", "Neighbouring units"),
    "gap.zoning": ("Chưa có quy hoạch phân khu", "Without a zoning plan"),
    "gap.detailed": ("Chưa có quy hoạch chi tiết", "Without a detailed plan"),
    "conflicts": ("Quy hoạch cùng loại chồng lấn", "Overlapping plans of one kind"),
    "candidate_outline": ("Xã dự kiến lên phường", "Slated to become a ward"),
    # columns and headings
    "summary": ("Tóm tắt", "Summary"),
    "coverage": ("Độ phủ", "Coverage"),
    "density": ("Mật độ", "Density"),
    "zones": ("Khu công nghiệp", "Industrial zones"),
    "zones_by_commune": ("Đất công nghiệp theo xã", "Industrial land"),
    "sources": ("Nguồn", "Sources"),
    "code": ("Mã", "Code"),
    "id": ("Mã", "Id"),
    "name": ("Tên", "Name"),
    "unit_kind": ("Loại đơn vị", "Kind of unit"),
    "plan_kind": ("Loại quy hoạch", "Kind of plan"),
    "denominator": ("Mẫu số", "Denominator"),
    "denominator_km2": ("Mẫu số (km²)", "Denominator (km²)"),
    "covered_km2": ("Đã phủ (km²)", "Covered (km²)"),
    "coverage_pct": ("Độ phủ (%)", "Coverage (%)"),
    "gap_km2": ("Chưa có quy hoạch (km²)", "Gap (km²)"),
    "conflict_km2": ("Chồng lấn (km²)", "Conflict (km²)"),
    "group": ("Phạm vi", "Scope"),
    "unit_count": ("đơn vị", "units"),
    "units": ("Số đơn vị", "Units"),
    "missing": ("Thiếu số liệu", "Missing"),
    "population": ("Dân số (người)", "Population"),
    "population_on": ("Dân số tại ngày", "Population on"),
    "population_source": ("Nguồn dân số", "Source of population"),
    "area_km2": ("Diện tích đo trên lớp (km²)", "Drawn area (km²)"),
    "area_published_km2": ("Diện tích công bố (km²)", "Published area (km²)"),
    "area_source": ("Nguồn diện tích", "Source of area"),
    "density_per_km2": ("Mật độ (người/km²)", "Density (people/km²)"),
    "urban_land_km2": ("Đất xây dựng đô thị (km²)", "Urban land (km²)"),
    "density_urban_per_km2": ("Mật độ trên đất đô thị (người/km²)", "Density on urban land (people/km²)"),
    "ward_candidate": ("Dự kiến lên phường", "Slated to become a ward"),
    "kind": ("Loại", "Kind"),
    "status": ("Tình trạng", "Status"),
    "scale": ("Tỷ lệ", "Scale"),
    "decision": ("Quyết định", "Decision"),
    "approved_on": ("Ngày phê duyệt", "Approved on"),
    "expires_on": ("Hết hạn từ ngày", "Expires on"),
    "superseded_on": ("Bị thay thế từ ngày", "Superseded on"),
    "in_force": ("Có hiệu lực", "In force"),
    "inside_km2": ("Trong địa bàn (km²)", "Inside (km²)"),
    "plan_area_km2": ("Diện tích đồ án (km²)", "Plan area (km²)"),
    "established_on": ("Ngày thành lập", "Established on"),
    "area_declared_ha": ("Diện tích theo quyết định (ha)", "Declared area (ha)"),
    "area_drawn_ha": ("Diện tích đo trên lớp (ha)", "Drawn area (ha)"),
    "drawn_less_declared_pct": ("Chênh lệch (%)", "Difference (%)"),
    "inside_ha": ("Trong địa bàn (ha)", "Inside (ha)"),
    "leased_ha": ("Đã cho thuê (ha)", "Leased (ha)"),
    "occupancy_pct": ("Tỷ lệ lấp đầy (%)", "Occupancy (%)"),
    "host_communes": ("Xã, phường", "Host communes"),
    "planned_km2": ("Khu chưa thành lập (km²)", "Zones not yet established (km²)"),
    "zone_km2": ("Đất khu công nghiệp (km²)", "Industrial zones (km²)"),
    "zone_share_pct": ("Tỷ trọng đất khu công nghiệp (%)", "Share of industrial land (%)"),
    "note": ("Ghi chú", "Note"),
    "layer": ("Lớp", "Layer"),
    "standing": ("Tính chất", "Standing"),
    "file": ("Tệp", "File"),
    "source": ("Nguồn", "Source"),
    "licence": ("Giấy phép", "Licence"),
    "confidence": ("Độ tin cậy", "Confidence"),
    "seen": ("đã đọc nguồn", "seen in a source"),
    "secondary": ("nguồn thứ cấp", "secondary source"),
    "recalled": ("nhớ lại, chưa kiểm chứng", "recalled, not verified"),
    "derived": ("suy ra từ số khác", "derived"),
    "yes": ("có", "yes"),
    "no": ("không", "no"),
    # page
    "layers": ("Lớp", "Layers"),
    "colour_by": ("Tô màu theo", "Colour by"),
    "on_date": ("Ngày", "On"),
    "no_data": ("chưa có số liệu", "no data"),
    "no_data.legend": ("chưa có số liệu hoặc không áp dụng", "no data or not applicable"),
    "none": ("không có", "none"),
    "whole": ("phủ kín", "whole"),
    "over": ("trên", "over"),
    "and_more": ("trở lên", "and more"),
    "class_now": ("Loại đô thị hiện nay", "Urban class now"),
    "class_aimed": ("Loại đô thị hướng tới", "Urban class aimed at"),
    "province": ("Tỉnh", "Province"),
    "date": ("Ngày đánh giá", "Date of assessment"),
    "crs": ("Hệ tọa độ xuất", "Output CRS"),
    "notes": ("Lưu ý", "Notes"),
    "stated": ("Số liệu nguồn nêu cho toàn địa bàn", "Figures that sources state for the whole city"),
    "method": ("Cách tính", "Method"),
    "method.area": (_AREA_VI, _AREA_EN),
    "method.missing": (_MISSING_VI, _MISSING_EN),
    "map": ("Bản đồ", "Map"),
    "workbook": ("Sổ Excel", "Workbook"),
    "index.title": ("Độ phủ quy hoạch và mật độ dân số", "Planning coverage and population density"),
    "map.title": ("Độ phủ quy hoạch và mật độ", "Planning coverage and density"),
    "city": ("Thành phố", "City"),
    "people_of": ("dân số ngày", "population of"),
    "reset": ("Toàn cảnh", "Whole city"),
    "zoom_in": ("Phóng to", "Zoom in"),
    "zoom_out": ("Thu nhỏ", "Zoom out"),
    "close": ("Đóng", "Close"),
}


def word(key: str, lang: Lang = "vi") -> str:
    """The word for a key; the key itself when it is a foreign value, such as a kind of the user's."""
    pair = _WORDS.get(key)
    if pair is None:
        return key
    return pair[1] if lang == "en" else pair[0]


def bare(key: str, lang: Lang = "vi") -> str:
    """The word for a column without the unit in brackets, for a value that carries its unit."""
    return word(key, lang).split(" (")[0]


def plan_kind(kind: str, lang: Lang = "vi") -> str:
    """The words for a kind of plan, such as ``zoning``; a foreign kind stays as it is."""
    return word("all_plans" if kind == "all" else kind, lang)


def plan_kind_short(kind: str, lang: Lang = "vi") -> str:
    """The same, short enough for a legend: ``QH phân khu``."""
    short = word(f"short.{kind}", lang)
    return capital(plan_kind(kind, lang)) if short == f"short.{kind}" else short


def standing(value: str, lang: Lang = "vi") -> str:
    """The words for a layer's standing."""
    return word("standing.published" if value == "published" else value, lang)


def capital(text: str) -> str:
    """The text with its first letter capital."""
    return text[:1].upper() + text[1:]


def lowered(text: str) -> str:
    """The text with its first letter small, for the middle of a sentence; abbreviations stay."""
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]
