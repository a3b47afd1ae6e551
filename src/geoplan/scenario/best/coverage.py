"""The goal “coverage”: which uncovered parts to plan first so that so much of the land is covered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from geoplan.errors import UsageError
from geoplan.measures.overlay import NOTHING_KM2
from geoplan.measures.plan_records import DENOMINATORS
from geoplan.model import Words, words
from geoplan.scenario.best.model import Problem, Rule
from geoplan.scenario.best.parts import HA_PER_KM2, as_plans, gap_parts, neighbours
from geoplan.scenario.best.task import Task, kind_words, require_kind, whole_ares
from geoplan.text import listing, number, quoted

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.assessment import Assessment
    from geoplan.city_file import Document, Target
    from geoplan.errors import Lang
    from geoplan.quantity import Quantity
    from geoplan.schema import Confidence

SCOPES: Final = ("city", "wards", "candidates")
_DIGITS: Final = 6
_ROUNDING_SHARE: Final = 1e-5
"""What overlays may lose of the land: a thousandth of a percent, a hundred times what was measured."""


@dataclass(frozen=True, kw_only=True)
class Aim:
    """The coverage to reach: over what, where, how much, and who says so."""

    kind: str
    over: str
    among: str
    share: float
    operator: str = ">="
    title: Words | None = None
    article: str
    source: str
    confidence: Confidence | None = None

    @property
    def metric(self) -> tuple[str, str]:
        """Metric and scope of the number that is to reach the share."""
        return f"coverage.{self.kind}.{self.over}", self.among


def find_aim(
    before: Assessment, *, share: float | None, kind: str | None, over: str | None, among: str | None
) -> Aim:
    """The share that is given, else the first of the city's targets that fits what else is given.

    Raises
    ------
    UsageError
        When a choice does not exist, or no document sets a share.
    """
    _require(over, tuple(DENOMINATORS), "over")
    _require(among, SCOPES, "among")
    if share is not None:
        if not 0 < share <= 100:  # noqa: PLR2004 - percent
            raise UsageError(
                vi=f"Tỷ lệ {_figure(share)} % không hợp lệ: hãy chọn trên 0 đến 100.",
                en=f"A share of {_figure(share, 'en')} % is not valid: above 0, up to 100.",
            )
        said = "do người dùng nêu"
        return Aim(
            kind=kind or "zoning",
            over=over or "natural",
            among=among or "city",
            share=float(share),
            article=said,
            source=said,
        )
    held = before.city.targets
    documents = {} if held is None else {d.id: d for d in held.documents}
    for target in () if held is None else held.targets:
        aim = _of_target(target, documents[target.document])
        wanted = {"kind": kind, "over": over, "among": among}
        if aim is not None and all(v is None or getattr(aim, k) == v for k, v in wanted.items()):
            return aim
    raise UsageError(
        vi=f"{before.city.info.name}: không văn bản nào đặt độ phủ quy hoạch như vậy; hãy nêu share (%).",
        en=f"{before.city.info.name}: no document sets such a coverage; give share (percent).",
    )


def _figure(share: float, lang: Lang = "vi") -> str:
    """A share with all its decimals: 99.99 must not read as 100."""
    digits = next((d for d in range(_DIGITS) if round(share, d) == share), _DIGITS)
    return number(share, digits=digits, lang=lang)


def _require(value: str | None, known: tuple[str, ...], name: str) -> None:
    if value is not None and value not in known:
        raise UsageError(
            vi=f"{name}={quoted(value)} không có; hãy dùng {', '.join(known)}.",
            en=f"there is no {name}={quoted(value)}; use {', '.join(known)}.",
        )


def _of_target(target: Target, document: Document) -> Aim | None:
    """A target on coverage as an aim; None for any other."""
    head, *rest = (target.metric or "").split(".")
    if head != "coverage" or target.answered_by != "layers" or len(rest) != 2 or target.value is None:  # noqa: PLR2004
        return None
    if target.scope not in SCOPES or target.operator not in {">=", ">"}:
        return None
    return Aim(
        kind=rest[0],
        over=rest[1],
        among=target.scope,
        share=target.value,
        operator=target.operator,
        title=target.title,
        article=f"{document.title.vi}, mục {target.section}",
        source=f"“{target.quote}”",
        confidence="seen",
    )


def coverage_task(before: Assessment, aim: Aim, *, contiguous: bool, min_part_ha: float, dense: bool) -> Task:
    """The goal “coverage” made ready; see `geoplan.scenario.best.search.best`."""
    if not 0 <= min_part_ha < np.inf:
        raise UsageError(
            vi="Diện tích tối thiểu của một phần phải là số ha không âm.",
            en="The least size of a part must be a number of hectares, zero or more.",
        )
    require_kind(before, aim.kind)
    quantity = _quantity(before, aim)
    city = before.city
    urban = city.urban_land if aim.over == "urban_land" else None
    parts = gap_parts(_units(before, aim), plans=city.plans, kind=aim.kind, on=city.on, urban_land=urban)
    people = parts["people"].to_numpy(dtype=float)
    rule = _rule(aim, quantity, parts)
    small = (HA_PER_KM2 * parts["area_km2"] < min_part_ha).to_numpy()
    problem = Problem(
        costs=whole_ares(HA_PER_KM2 * parts["area_km2"]),
        rules=(rule,),
        possible=~np.isnan(people) if dense else np.ones(len(parts), dtype=bool),
        barred={"min_part": small} if min_part_ha > 0 else {},
        contiguous=contiguous,
        near=neighbours(parts.geometry.to_numpy()) if contiguous else (),
    )
    plan = kind_words(aim.kind)
    return Task(
        goal="coverage",
        title=_title(aim, len(parts), dense=dense),
        before=before,
        problem=problem,
        table=_table(parts),
        changed=lambda chosen: (
            city.with_plans(as_plans(parts[chosen]), kind=aim.kind) if chosen.any() else city
        ),
        hectares=HA_PER_KM2 * parts["area_km2"].to_numpy(dtype=float),
        people=people,
        objective_name=words(
            f"đất của các phần được chọn để lập {plan.vi}", f"land of the parts chosen for a {plan.en}"
        ),
        whole=HA_PER_KM2 * float(parts["area_km2"].sum()),
        whole_name=words(f"đất chưa có {plan.vi}", f"land without a {plan.en}"),
        notes=tuple(_notes(parts, small, dense=dense)),
    )


def _quantity(before: Assessment, aim: Aim) -> Quantity:
    """The coverage as it is; refused when it, or a part of it, is unknown."""
    found = before.quantities.get(aim.metric)
    if found is None or found.numerator is None or found.denominator is None or found.value is None:
        why = words("không có đơn vị nào trong phạm vi này", "there is no unit in this scope")
        why = why if found is None or not found.missing else found.missing[0]
        over, place = DENOMINATORS[aim.over], before.city.info.name
        raise UsageError(
            vi=f"{place}: không tính được độ phủ {kind_words(aim.kind).vi} trên {over.vi} "
            f"({quoted(aim.among)}): {why.vi}.",
            en=f"{place}: the coverage by {kind_words(aim.kind).en}s over {over.en} ({quoted(aim.among)}) "
            f"is unknown: {why.en}.",
        )
    return found


def _units(before: Assessment, aim: Aim) -> gpd.GeoDataFrame:
    """The units whose land counts; named candidates as they last were, without people once they are gone."""
    units = before.city.communes
    if aim.among == "city":
        return units
    if aim.among == "wards":
        return units[units["kind"] == "ward"]
    named = before.city.named_candidates
    return named.assign(population=named["code"].map(units.set_index("code")["population"]))


def _rule(aim: Aim, quantity: Quantity, parts: gpd.GeoDataFrame) -> Rule:
    assert quantity.numerator is not None  # noqa: S101 - `_quantity` has looked
    assert quantity.denominator is not None  # noqa: S101
    have, size = float(quantity.numerator.value or 0), float(quantity.denominator.value or 0)
    over, kind = DENOMINATORS[aim.over], kind_words(aim.kind)
    title = words(f"{kind.vi} phủ {over.vi}", f"{kind.en}s over {over.en}")
    rounding = NOTHING_KM2 * (len(parts) + 1) + _ROUNDING_SHARE * size
    return Rule(
        id=".".join(aim.metric),
        title=title if aim.title is None else aim.title,
        unit="percent",
        operator=aim.operator,
        threshold=aim.share,
        article=aim.article,
        source=aim.source,
        confidence=aim.confidence,
        gains=parts["gain_km2"].to_numpy(dtype=float),
        have=have,
        size=size,
        times=100.0,
        lack_unit="ha",
        lack_times=HA_PER_KM2,
        rounding=rounding,
        slack=rounding if aim.share >= 100 else 0.0,  # noqa: PLR2004 - percent
        quantity=aim.metric,
    )


def _table(parts: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The parts in hectares, with people per hectare."""
    out = parts.assign(
        area_ha=HA_PER_KM2 * parts["area_km2"],
        gain_ha=HA_PER_KM2 * parts["gain_km2"],
        people_per_ha=parts["people"] / (HA_PER_KM2 * parts["area_km2"]),
    )
    return out[["id", "code", "name", "area_ha", "gain_ha", "people", "people_per_ha", "geometry"]]


def _title(aim: Aim, count: int, *, dense: bool) -> Words:
    kind, over = kind_words(aim.kind), DENOMINATORS[aim.over]
    places = {
        "city": words("toàn thành phố", "the whole city"),
        "wards": words("khu vực nội thị", "the inner area"),
        "candidates": words("các xã dự kiến lên phường", "the communes slated to become wards"),
    }
    place = places[aim.among]
    vi, en = _figure(aim.share), _figure(aim.share, "en")
    most = words("nhiều dân trên mỗi ha nhất", "most people per hectare") if dense else _LEAST
    return words(
        f"Chọn trong {count} phần đất chưa có {kind.vi} để phủ {vi} % {over.vi} của {place.vi}, {most.vi}",
        f"Which of {count} parts without a {kind.en} to plan so that {en} % of the {over.en} of {place.en} "
        f"is covered, with {most.en}",
    )


_LEAST: Final = words("ít đất nhất", "least land")


def _notes(parts: gpd.GeoDataFrame, small: NDArray[np.bool_], *, dense: bool) -> list[Words]:
    out = [
        words(
            "dân số của một phần là ước tính: dân số của xã chia đều theo đất tự nhiên",
            "people of a part are an estimate: those of its commune spread evenly over its land",
        )
    ]
    unknown = list(dict.fromkeys(parts.loc[parts["people"].isna(), "name"]))
    if unknown:
        left = words("không tính là 0", "not counted as 0")
        if dense:
            left = words("không xét khi tìm nơi đông dân nhất", "left out where most people are sought")
        out.append(
            words(
                f"chưa rõ số dân của: {listing(unknown)}; {left.vi}",
                f"people unknown: {listing(unknown, lang='en')}; {left.en}",
            )
        )
    if small.any():
        hectares = HA_PER_KM2 * float(parts.loc[small, "area_km2"].sum())
        vi, en = (number(hectares, digits=1, lang=lang) for lang in ("vi", "en"))
        out.append(
            words(
                f"{int(small.sum())} phần nhỏ hơn mức tối thiểu không được chọn ({vi} ha)",
                f"{int(small.sum())} parts under the minimum size are not chosen ({en} ha)",
            )
        )
    return out
