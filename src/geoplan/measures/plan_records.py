"""Records about plans: how much of a place they cover, over which denominator."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from geoplan import schema
from geoplan.measures.records import bounded, days, known, layer_use, legal_use
from geoplan.measures.spread import Spread
from geoplan.model import words
from geoplan.text import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from geoplan.city import City
    from geoplan.measures.places import Place
    from geoplan.measures.records import Row
    from geoplan.measures.sharpness import Sharpness
    from geoplan.model import Words
    from geoplan.quantity import LayerUse, Part, Quantity
    from geoplan.schema import LayerName

DENOMINATORS: Final = {
    "natural": words("diện tích tự nhiên", "natural area"),
    "urban_land": words("đất xây dựng đô thị", "urban construction land"),
    "published": words("diện tích công bố", "published area"),
}
_KINDS: Final = {
    "general": words("quy hoạch chung", "general plans"),
    "zoning": words("quy hoạch phân khu", "zoning plans"),
    "detailed": words("quy hoạch chi tiết", "detailed plans"),
    schema.ALL_KINDS: words("quy hoạch các loại", "plans of all kinds"),
    schema.UNKNOWN_KIND: words("quy hoạch chưa rõ loại", "plans of unknown kind"),
}
_ARTICLE: Final = (
    "Thống kê của Bộ Xây dựng năm 2013: “tỷ lệ phủ kín quy hoạch chi tiết 1/2000 (quy hoạch phân khu) so với "
    "diện tích đất xây dựng đô thị” (kinhtedothi.vn, 06/01/2014)"
)
_UNDEFINED: Final = words(
    "Chưa tìm được định nghĩa chính thức của tử số và mẫu số (phụ lục Thông tư 13/2023/TT-BXD); cũng chưa rõ "
    "đất xây dựng đô thị là đất hiện trạng hay đất theo quy hoạch chung.",
    "The official definition of both parts (annex of circular 13/2023/TT-BXD) was not found; nor is it clear "
    "whether urban construction land means the existing or the planned one.",
)
_OWN: Final = words(
    "Tỷ lệ bổ trợ của geoplan; thống kê của Bộ Xây dựng tính trên đất xây dựng đô thị.",
    "An auxiliary ratio of geoplan's; the Ministry of Construction's takes urban construction land.",
)


def coverages(
    city: City, places: Iterable[Place], *, kinds: Sequence[str], sharpness: Sharpness
) -> Iterator[Quantity]:
    """Coverage of each place by each kind of plan, over each denominator.

    Kinds of the contract that the layer has no plan of are there too, as unknown: nobody entered any.
    """
    plans = layer_use(city, "plans")
    urban = layer_use(city, "urban_land") if city.urban_land is not None else None
    legal = legal_use(city)
    wanted = [*kinds, *(kind for kind in schema.PLAN_KINDS if kind not in kinds)]
    for place in places:
        own = layer_use(city, "communes") if place.scope.id == "candidates" else legal
        more = {"natural": (), "urban_land": () if urban is None else (urban,), "published": (own,)}
        for kind in wanted:
            for denominator, layers in more.items():
                used = (place.land.layer, plans, *layers)
                row = place.coverage.get((kind, denominator))
                reason = _reason(row, entered=kind in kinds, denominator=denominator)
                parts = _parts(place, kind, denominator, row=row or {}, sharpness=sharpness)
                yield _coverage(
                    place, kind, denominator, row=row or {}, parts=parts, missing=reason, layers=used
                )


def kind_words(kind: str) -> Words:
    """The words for a kind of plan; a kind of the user's own in quotation marks."""
    own = quoted(kind)
    return _KINDS.get(kind) or words(f"quy hoạch loại {own}", f"plans of the kind {own}")


def _reason(row: Row | None, *, entered: bool, denominator: str) -> tuple[Words, ...]:
    """Why a percentage is unknown; nothing when it is known."""
    if not entered:
        return (
            words("lớp quy hoạch không có đồ án nào thuộc loại này", "the layer has no plan of this kind"),
        )
    if row is None:
        return (
            words("chưa có lớp đất xây dựng đô thị", "there is no layer of urban construction land")
            if denominator == "urban_land"
            else words("chưa có diện tích công bố", "no area is published"),
        )
    if known(row["denominator_km2"]) is None:
        what = DENOMINATORS[denominator]
        units = row.get("missing") or row.get("name") or row.get("code")
        return (words(f"chưa có {what.vi} của: {units}", f"no {what.en} for: {units}"),)
    if known(row["coverage_pct"]) is None:
        what = DENOMINATORS[denominator]
        return (words(f"không có {what.vi} ở đây", f"there is no {what.en} here"),)
    return ()


def _parts(place: Place, kind: str, denominator: str, *, row: Row, sharpness: Sharpness) -> tuple[Part, Part]:
    """Covered area and what it is of; what lies inside its denominator cannot be larger."""
    urban, plan, drawn = denominator == "urban_land", kind_words(kind), place.land.part
    covered, whole = known(row.get("covered_km2")), known(row.get("denominator_km2"))
    layers: tuple[LayerName, ...] = ("plans", "urban_land") if urban else ("plans",)
    reach = sharpness.of(covered, *layers, scope=place.scope, rows=place.units, kind=kind)
    span = Spread(drawn.low, drawn.high, drawn.why)
    if urban:
        span = sharpness.of(whole, "urban_land", scope=place.scope, rows=place.units)
    under = bounded(DENOMINATORS[denominator], whole, "km2", span)
    most = under.value if under.high is None else under.high
    if reach.high is not None and most is not None and denominator != "published":
        reach = replace(reach, high=min(reach.high, most))
    vi, en = ("đất xây dựng đô thị", "urban construction land") if urban else ("diện tích", "area")
    name = words(f"{vi} có {plan.vi} còn hiệu lực", f"{en} under {plan.en} in force")
    return bounded(name, covered, "km2", reach), under


def _coverage(
    place: Place,
    kind: str,
    denominator: str,
    *,
    row: Row,
    parts: tuple[Part, Part],
    missing: tuple[Words, ...],
    layers: tuple[LayerUse, ...],
) -> Quantity:
    over, plan, day = DENOMINATORS[denominator], kind_words(kind), days(place.on)
    official = denominator == "urban_land" and kind in {"zoning", "detailed"}
    return place.record(
        f"coverage.{kind}.{denominator}",
        name=words(f"Tỷ lệ phủ kín {plan.vi} so với {over.vi}", f"Coverage of {over.en} by {plan.en}"),
        value=known(row.get("coverage_pct")),
        unit="percent",
        numerator=parts[0],
        denominator=parts[1],
        method=words(
            f"gộp các đồ án {plan.vi} có hiệu lực ngày {day.vi} trong phạm vi này (phần chồng nhau chỉ tính "
            f"một lần), chia cho {over.vi}; diện tích đo trên elipxoit WGS 84",
            f"union of the {plan.en} in force on {day.en} inside (overlaps count once) over {over.en}; areas "
            "on the WGS 84 ellipsoid",
        ),
        layers=layers,
        article=_ARTICLE if official else None,
        missing=missing,
        notes=(_UNDEFINED,) if official else (_OWN,),
    )
