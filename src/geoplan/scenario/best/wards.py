"""The goal “wards”: which communes to turn into wards so that the inner area meets its class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from geoplan import changes, crs
from geoplan.assessment import assess
from geoplan.errors import DataError, UsageError
from geoplan.model import Words, words
from geoplan.scenario.best.model import Problem, Rule
from geoplan.scenario.best.parts import HA_PER_KM2, neighbours, touching
from geoplan.scenario.best.task import Task, as_rule, class_result, kind_words, require_kind, whole_ares
from geoplan.text import date_text, listing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import geopandas as gpd

    from geoplan.assessment import Assessment
    from geoplan.criteria.verdict import ClassResult, UnitResult, Verdict

_UPWARD: Final = {">=", ">"}
_AREAS: Final = {"density": "area_km2", "density_urban": "urban_land_km2"}
"""What the people of the inner area are divided by, as columns of the table of density."""
_BARE_SHARE: Final = 0.01
"""A commune with less of its land drawn as urban is named: density gains by a gap in the layer."""


def wards_task(
    before: Assessment,
    *,
    urban_class: str | None,
    candidates: Iterable[str] | None,
    kind: str,
    contiguous: bool,
    ready: bool,
    ward_share: bool,
) -> Task:
    """The goal “wards” made ready; see `geoplan.scenario.best.search.best`."""
    require_kind(before, kind)
    judged = _aimed(before, urban_class)
    units = before.city.communes
    table = _table(before, _candidates(before, candidates), kind)
    rules = tuple(_rules(before, judged, table, ward_share=ward_share))
    if not rules:
        raise UsageError(
            vi=f"{judged.title.vi} ({judged.law}) không có ngưỡng nào về dân số, mật độ nội thị; "
            "hãy chọn loại hoặc ngày khác.",
            en=f"{judged.title.en} ({judged.law}) has no threshold on the people or density of the inner "
            "area; choose another class or date.",
        )
    results = _as_wards(before, table)
    failing = np.array([results[code].passes is False for code in table["code"]])
    shapes = crs.overlay_shapes(units, what="communes")
    mine = shapes[units.set_index("code").index.get_indexer(table["code"])]
    inner = shapes[(units["kind"] == "ward").to_numpy()]
    known = table["population"].notna()
    if any(rule.sizes is not None for rule in rules):
        known &= table["urban_land_ha"].notna()
    problem = Problem(
        costs=whole_ares(table["to_plan_ha"]),
        rules=rules,
        possible=known.to_numpy(dtype=bool),
        barred={"ready": failing} if ready else {},
        contiguous=contiguous,
        near=neighbours(mine) if contiguous else (),
        roots=touching(mine, inner) if contiguous and len(inner) else None,
    )
    codes = table["code"].to_numpy()
    plan = kind_words(kind)
    return Task(
        goal="wards",
        title=_title(judged, table),
        before=before,
        problem=problem,
        table=table.assign(ward_standards=[_state(results[code]) for code in codes]),
        changed=lambda chosen: before.city.with_wards(list(codes[chosen])) if chosen.any() else before.city,
        hectares=table["to_plan_ha"].to_numpy(dtype=float),
        people=table["population"].to_numpy(dtype=float),
        objective_name=words(
            f"đất tự nhiên của các xã được chọn chưa có {plan.vi} còn hiệu lực",
            f"natural land of the chosen communes without a {plan.en} in force",
        ),
        whole=float(table["area_ha"].sum()),
        whole_name=words("đất của các xã được xét", "land of the communes looked at"),
        urban_class=judged.urban_class,
        remarks={code: _failing(results[code]) for code in codes[failing]},
        notes=tuple(_notes(before, judged, table, rules, known)),
    )


def _aimed(before: Assessment, name: str | None) -> ClassResult:
    """The class that is named, else the nearest one aimed at, else the one held."""
    if name is not None:
        return class_result(before, name)
    if not before.judgement.classes:
        raise UsageError(
            vi=f"{before.city.info.name}: không rõ loại đô thị hướng tới; hãy nêu urban_class, như “II”.",
            en=f"{before.city.info.name}: no class aimed at is known; give urban_class, such as “II”.",
        )
    return before.judgement.classes[0]


def _candidates(before: Assessment, names: Iterable[str] | None) -> gpd.GeoDataFrame:
    """Units to choose from: those that documents name, all that are no wards, or the ones named here."""
    city, units = before.city, before.city.communes
    if names is None:
        found = units[units["ward_candidate"]]
    elif isinstance(names, str) and names == "all":
        found = units[units["kind"] != "ward"]
    else:
        found = changes.find_units(city, names)
        held = found.loc[found["kind"] == "ward", "name"]
        if len(held):
            raise UsageError(
                vi=f"{listing(held)} đã là phường ngày {date_text(city.on)}; hãy bỏ khỏi danh sách.",
                en=f"{listing(held, lang='en')} is a ward on {city.on} already; leave it out.",
            )
    if found.empty:
        raise UsageError(
            vi=f"{city.info.name}: ngày {date_text(city.on)} không văn bản nào nêu xã dự kiến lên phường; "
            "hãy nêu candidates (tên các xã, hoặc “all”).",
            en=f"{city.info.name}: no document names communes to become wards on {city.on}; "
            "give candidates (names, or “all”).",
        )
    return found.sort_values("code")


def _table(before: Assessment, found: gpd.GeoDataFrame, kind: str) -> pd.DataFrame:
    """The candidates with people, land, urban land, and land without a plan of the kind."""
    density = before.density.loc[found.index]
    cover = before.coverage
    gap = cover[(cover["plan_kind"] == kind) & (cover["denominator"] == "natural")].set_index("code")
    urban = density.get("urban_land_km2", pd.Series(np.nan, index=density.index))
    return pd.DataFrame(
        {
            "id": found["code"],
            "code": found["code"],
            "name": found["name"],
            "kind": found["kind"],
            "population": density["population"],
            "area_ha": HA_PER_KM2 * density["area_km2"],
            "urban_land_ha": HA_PER_KM2 * urban,
            "to_plan_ha": HA_PER_KM2 * found["code"].map(gap["gap_km2"]).astype(float),
        }
    ).reset_index(drop=True)


def _rules(
    before: Assessment, judged: ClassResult, table: pd.DataFrame, *, ward_share: bool
) -> Iterator[Rule]:
    """Standards of the class on the inner area, and the unit's share of wards when it is asked for."""
    wards = before.density[(before.city.communes["kind"] == "ward").to_numpy()]
    people = table["population"].fillna(0).to_numpy(dtype=float)
    for verdict in _standing(judged.verdicts):
        metric = verdict.quantity.metric
        common = as_rule(verdict, gains=people, quantity=(metric, "wards"), lack_unit="person")
        have = _known(wards["population"], wards["name"])
        if metric == "population":
            yield Rule(**common | {"have": have})  # type: ignore[arg-type]
        elif metric in _AREAS and _AREAS[metric] in wards.columns:
            sizes = table["area_ha" if metric == "density" else "urban_land_ha"].fillna(0)
            size = float(wards[_AREAS[metric]].sum())
            ratio = {"have": have, "sizes": sizes.to_numpy(dtype=float) / HA_PER_KM2, "size": size}
            yield Rule(**common | ratio)  # type: ignore[arg-type]
    for verdict in _on_share(before) if ward_share else ():
        ones, share = np.ones(len(table)), {"have": float(len(wards)), "times": 100.0}
        common = as_rule(verdict, gains=ones, quantity=("ward_share", "city"), lack_unit="unit")
        yield Rule(**common | share | {"size": float(len(before.city.communes))})  # type: ignore[arg-type]


def _on_share(before: Assessment) -> list[Verdict]:
    """What the law in force asks of the share of wards; refused when it asks nothing, not passed over."""
    whole, city = before.judgement.city_unit, before.city
    found = [
        v
        for v in (() if whole is None else whole.verdicts)
        if v.quantity.metric == "ward_share" and v.threshold is not None and v.considered
    ]
    if not found:
        raise UsageError(
            vi=f"{city.info.name}: ngày {date_text(city.on)} không quy định nào đặt tỷ lệ phường; "
            "hãy bỏ ward_share.",
            en=f"{city.info.name}: no rule in force on {city.on} sets a share of wards; omit ward_share.",
        )
    return found


def _standing(verdicts: Iterable[Verdict]) -> list[Verdict]:
    """Verdicts on the inner area that have a threshold to reach."""
    return [
        v
        for v in verdicts
        if v.quantity.scope.id == "wards"
        and v.quantity.metric in {"population", *_AREAS}
        and v.threshold is not None
        and v.considered
        and v.operator in _UPWARD
    ]


def _known(people: pd.Series, names: pd.Series) -> float:
    unknown = names[people.isna()]
    if len(unknown):
        raise DataError(
            vi=f"Chưa có số dân của phường {listing(unknown)} nên không tính được dân số nội thị; "
            "hãy nhập vào population.csv.",
            en=f"The people of the wards {listing(unknown, lang='en')} are unknown, so that the inner area "
            "cannot be counted; add them to population.csv.",
        )
    return float(people.sum())


def _as_wards(before: Assessment, table: pd.DataFrame) -> dict[str, UnitResult]:
    """Each candidate against the standards of a ward."""
    known = {u.scope.id: u for u in before.judgement.candidates if u.against == "ward"}
    if set(table["code"]) <= set(known):
        return known
    judged = assess(before.city.with_wards(list(table["code"]))).judgement
    return {u.scope.id: u for u in judged.units if u.against == "ward"}


def _state(result: UnitResult) -> str:
    return {True: "pass", False: "fail", None: "open"}[result.passes]


def _failing(result: UnitResult) -> Words:
    failed = [v.title for v in result.verdicts if v.passes is False and v.considered and not v.flag]
    vi, en = (listing((getattr(t, lang) for t in failed), limit=3) for lang in ("vi", "en"))
    return words(f"chưa đạt tiêu chuẩn phường: {vi}", f"fails the standards of a ward: {en}")


def _title(judged: ClassResult, table: pd.DataFrame) -> Words:
    vi, en = (text[:1].lower() + text[1:] for text in (judged.title.vi, judged.title.en))
    return words(
        f"Chọn trong {len(table)} xã để lên phường: khu vực nội thị đạt {vi}, ít đất phải lập quy hoạch nhất",
        f"Which of {len(table)} communes to turn into wards: the inner area meets {en} "
        "with the least land still to plan",
    )


def _notes(
    before: Assessment, judged: ClassResult, table: pd.DataFrame, rules: tuple[Rule, ...], known: pd.Series
) -> Iterator[Words]:
    unknown = table.loc[~known, "name"]
    if len(unknown):
        yield words(
            f"không xét {listing(unknown)}: chưa có số dân hoặc đất xây dựng đô thị",
            f"left out: {listing(unknown, lang='en')}, whose people or urban land are unknown",
        )
    asked = {rule.id for rule in rules}
    left = [v.title for v in _standing(judged.verdicts) if v.id not in asked]
    if left:
        vi, en = (listing(getattr(t, lang) for t in left) for lang in ("vi", "en"))
        yield words(
            f"chưa đưa vào tìm kiếm vì thiếu lớp đất xây dựng đô thị: {vi}",
            f"not in the search for want of urban land: {en}",
        )
    dense = any(rule.quantity[0] == "density_urban" for rule in rules)
    bare = table.loc[known & (table["urban_land_ha"] < _BARE_SHARE * table["area_ha"]), "name"]
    if dense and len(bare):
        yield words(
            f"lớp đất xây dựng đô thị hầu như không có gì ở {listing(bare)}: người ở đó làm mật độ nội thị "
            "tăng mà không thêm đất; hãy kiểm tra lớp này trước khi tin kết quả",
            f"the layer has almost no urban land in {listing(bare, lang='en')}: their people raise the "
            "density of the inner area without adding land; check the layer before trusting the result",
        )
    days = before.city.communes["population_on"].dropna().unique()
    if len(days) == 1:
        day: Any = pd.Timestamp(days[0]).date()
        yield words(f"dân số ngày {date_text(day)}", f"population of {day}")
