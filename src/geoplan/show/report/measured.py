"""The parts of a report on what was measured: coverage, gaps and conflicts, density, zones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.quantity import UNITS
from geoplan.show.labels import capital, plan_kind, word
from geoplan.show.report.model import Block, Column, Grid, Heading, Paragraph, Picture
from geoplan.show.report.saying import NO_FIGURE, cell, figure, hectares, note_if_unknown, pick, unit_names
from geoplan.text import date_text, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

_OVER: Final = ("natural", "urban_land", "published")
_JUDGED: Final = ("zoning", "detailed")
_MOST_NAMED: Final = 6


def coverage_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """Coverage by group and denominator, by unit, the plans in force, and two maps."""
    yield Heading(pick(lang, "Độ phủ quy hoạch", "Planning coverage"))
    yield Heading(pick(lang, "Toàn địa bàn và từng nhóm đơn vị", "The whole city and groups of units"), 2)
    yield _totals(result, lang)
    for kind in _kinds(result):
        key = f"coverage.{kind}.natural"
        if kind in _JUDGED:
            title = plan_kind(kind, lang)
            share = result.quantities[key, "city"].text(lang)
            yield Picture(
                key,
                pick(lang, f"Độ phủ {title} theo đơn vị hành chính", f"Coverage by {title}s, by unit"),
                pick(
                    lang,
                    f"Bản đồ các đơn vị tô theo độ phủ {title}; toàn địa bàn {share}.",
                    f"Map of the units by their coverage with {title}s; {share} of the whole city.",
                ),
            )
    yield Heading(pick(lang, "Theo từng đơn vị hành chính", "By administrative unit"), 2)
    for kind in _kinds(result):
        yield _by_unit(result, kind, lang)
    yield _plans_in_force(result, lang)


def _kinds(result: Assessment) -> list[str]:
    return [str(kind) for kind in dict.fromkeys(result.coverage["plan_kind"])]


def _totals(result: Assessment, lang: Lang) -> Grid:
    rows = [
        (
            capital(word(row["group"], lang)),
            capital(plan_kind(row["plan_kind"], lang)),
            capital(word(row["denominator"], lang)),
            cell(row["denominator_km2"], "km2", lang),
            cell(row["covered_km2"], "km2", lang),
            cell(row["coverage_pct"], "percent", lang),
            hectares(row["gap_km2"], lang),
            hectares(row["conflict_km2"], lang),
        )
        for row in result.coverage_totals.to_dict("records")
        if row["units"]
    ]
    columns = (
        Column(pick(lang, "Phạm vi", "Scope"), 21),
        Column(pick(lang, "Loại quy hoạch", "Kind of plan"), 18),
        Column(pick(lang, "Mẫu số", "Denominator"), 18),
        Column(pick(lang, "Mẫu số (km²)", "Of (km²)"), 13, numeric=True),
        Column(pick(lang, "Đã phủ (km²)", "Covered (km²)"), 13, numeric=True),
        Column(pick(lang, "Độ phủ (%)", "Share (%)"), 11, numeric=True),
        Column(pick(lang, "Chưa có (ha)", "Without (ha)"), 14, numeric=True),
        Column(pick(lang, "Chồng lấn (ha)", "Overlap (ha)"), 13, numeric=True),
    )
    caption = pick(lang, "Độ phủ quy hoạch theo nhóm và mẫu số", "Coverage by group and denominator")
    return Grid(caption=caption, columns=columns, rows=tuple(rows), note=note_if_unknown(tuple(rows), lang))


def _by_unit(result: Assessment, kind: str, lang: Lang) -> Grid:
    """One kind of plan: for each unit what is covered over each denominator that anything is known of."""
    table = result.coverage[result.coverage["plan_kind"] == kind]
    known = [d for d in _OVER if table.loc[table["denominator"] == d, "coverage_pct"].notna().any()]
    shown = known or ["natural"]
    names = unit_names(result, lang)
    rows = []
    for code, unit in table.groupby("code", sort=False):
        by = {row["denominator"]: row for row in unit.to_dict("records")}
        cells = [names[str(code)]]
        for over in shown:
            share = result.quantities.get((f"coverage.{kind}.{over}", str(code)))
            row = by.get(over, {"denominator_km2": None, "covered_km2": None})
            cells += [
                cell(row["denominator_km2"], "km2", lang),
                cell(row["covered_km2"], "km2", lang),
                figure(share, lang),
            ]
        natural = by["natural"]
        cells += [hectares(natural["gap_km2"], lang), hectares(natural["conflict_km2"], lang)]
        rows.append(tuple(cells))
    columns = [Column(pick(lang, "Đơn vị", "Unit"), 26)]
    for over in shown:
        columns += [
            Column(f"{capital(word(over, lang))} (km²)", 14, numeric=True),
            Column(pick(lang, "Đã phủ (km²)", "Covered (km²)"), 11, numeric=True),
            Column(pick(lang, "Độ phủ (%)", "Share (%)"), 11, numeric=True),
        ]
    columns += [
        Column(pick(lang, "Chưa có quy hoạch (ha)", "Without a plan (ha)"), 12, numeric=True),
        Column(pick(lang, "Chồng lấn (ha)", "Overlap (ha)"), 11, numeric=True),
    ]
    left_out = [word(d, lang) for d in _OVER if d not in shown]
    notes = [note_if_unknown(tuple(rows), lang)]
    if left_out:
        which = ", ".join(left_out)
        notes.append(pick(lang, f"Trên {which}: chưa có số liệu.", f"Over {which}: no data."))
    title = plan_kind(kind, lang)
    return Grid(
        caption=pick(lang, f"Độ phủ {title} theo đơn vị hành chính", f"Coverage with {title}s by unit"),
        columns=tuple(columns),
        rows=tuple(rows),
        note=" ".join(note for note in notes if note),
        wide=True,
    )


def _plans_in_force(result: Assessment, lang: Lang) -> Grid:
    table = result.plans[result.plans["in_force"]]
    known = result.city.plans
    rows = []
    for at, row in table.iterrows():
        decision = known.loc[at, "decision"] if "decision" in known.columns else None
        approved = known.loc[at, "approved_on"] if "approved_on" in known.columns else None
        day = "" if approved is None or approved != approved else date_text(approved, lang=lang)  # noqa: PLR0124 - NaT
        said = "; ".join(text for text in (decision if isinstance(decision, str) else "", day) if text)
        rows.append(
            (
                str(row["id"]),
                str(row["name"]),
                capital(plan_kind(row["plan_kind"], lang)),
                said or NO_FIGURE,
                hectares(row["inside_km2"], lang),
                hectares(row["conflict_km2"], lang),
            )
        )
    columns = (
        Column(pick(lang, "Mã", "Id"), 14),
        Column(pick(lang, "Tên đồ án", "Plan"), 48),
        Column(pick(lang, "Loại", "Kind"), 18),
        Column(pick(lang, "Quyết định; ngày phê duyệt", "Decision; approved on"), 24),
        Column(pick(lang, "Trong địa bàn (ha)", "Inside the city (ha)"), 14, numeric=True),
        Column(pick(lang, "Chồng lấn cùng loại (ha)", "Overlap of one kind (ha)"), 14, numeric=True),
    )
    caption = pick(lang, "Đồ án có hiệu lực tại ngày đánh giá", "Plans in force on the date")
    return Grid(
        caption=caption, columns=columns, rows=tuple(rows), note=note_if_unknown(tuple(rows), lang), wide=True
    )


def gaps_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """Where no plan of a kind, or more than one, is in force: hectares by unit, a map for each."""
    yield Heading(pick(lang, "Nơi chưa có quy hoạch và nơi quy hoạch chồng lấn", "Gaps and conflicts"))
    found = [("gaps", kind, result.gaps[result.gaps["plan_kind"] == kind]) for kind in _JUDGED]
    kinds = dict.fromkeys(result.conflicts["plan_kind"])
    found += [("conflicts", kind, result.conflicts[result.conflicts["plan_kind"] == kind]) for kind in kinds]
    for what, kind, whole in found:
        frame = whole[[_shows(area) for area in whole["area_km2"]]]
        yield Heading(_gap_title(what, str(kind), lang), 2)
        yield Paragraph(_gap_sentence(frame, lang))
        if len(frame):
            yield _areas(result, frame, _gap_title(what, str(kind), lang), lang)
            yield Picture(f"{what}.{kind}", _gap_title(what, str(kind), lang), _gap_sentence(frame, lang))
    if not kinds:
        yield Paragraph(
            pick(
                lang,
                "Không có nơi nào hai đồ án cùng loại có hiệu lực chồng lấn nhau.",
                "Nowhere do two plans of one kind in force overlap.",
            )
        )


def _shows(km2: float) -> bool:
    """Whether an area is more than the 0,0 ha that rounding in the layers leaves along a boundary."""
    return hectares(km2, "en") != hectares(0.0, "en")


def _gap_title(what: str, kind: str, lang: Lang) -> str:
    named = plan_kind(kind, lang)
    if what == "gaps":
        return pick(lang, f"Nơi chưa có {named}", f"Without a {named}")
    return pick(lang, f"Nơi {named} chồng lấn", f"Where {named}s overlap")


def _gap_sentence(frame: pd.DataFrame, lang: Lang) -> str:
    """How many hectares, in how many units, and where most of it is."""
    if not len(frame):
        return pick(lang, "Không có.", "None.")
    largest = frame.sort_values("area_km2", ascending=False, kind="stable").to_dict("records")
    named = [f"{row['name']} {hectares(row['area_km2'], lang)} ha" for row in largest]
    if len(named) == 1:
        return pick(lang, f"Chỉ tại {named[0]}.", f"Only in {named[0]}.")
    total = hectares(float(frame["area_km2"].sum()), lang)
    places = listing(named, limit=_MOST_NAMED, lang=lang)
    return pick(
        lang,
        f"Tổng cộng {total} ha tại {len(frame)} đơn vị, nhiều nhất: {places}.",
        f"{total} ha in {len(frame)} units, most of it in: {places}.",
    )


def _areas(result: Assessment, frame: pd.DataFrame, caption: str, lang: Lang) -> Grid:
    names = unit_names(result, lang)
    ordered = frame.sort_values("area_km2", ascending=False, kind="stable").to_dict("records")
    rows = [
        (str(n), names.get(str(row["code"]), str(row["name"])), hectares(row["area_km2"], lang))
        for n, row in enumerate(ordered, start=1)
    ]
    total = (
        "", pick(lang, "Tổng cộng", "Total"), hectares(float(frame["area_km2"].sum()), lang),
    )  # fmt: skip
    columns = (
        Column(pick(lang, "TT", "No."), 8),
        Column(pick(lang, "Đơn vị", "Unit"), 60),
        Column(pick(lang, "Diện tích (ha)", "Area (ha)"), 30, numeric=True),
    )
    return Grid(caption=caption, columns=columns, rows=(*rows, total), strong=1)


def density_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """People, areas and density of each unit, and of the city and its wards."""
    yield Heading(pick(lang, "Mật độ dân số", "Population density"))
    names = unit_names(result, lang)
    scopes = {code: names[code] for code in names}
    totals = {"city": capital(word("all", lang)), "wards": capital(word("wards", lang))}
    metrics = ("population", "area", "area_legal", "density", "density_urban")
    rows = [
        (name, *(figure(result.quantities.get((metric, scope)), lang) for metric in metrics))
        for scope, name in (scopes | totals).items()
    ]
    unit = {m: UNITS[u].words.text(lang) for m, u in (("density", "person_per_km2"),)}
    columns = (
        Column(pick(lang, "Đơn vị", "Unit"), 36),
        Column(pick(lang, "Dân số (người)", "Population"), 17, numeric=True),
        Column(pick(lang, "Diện tích đo trên lớp (km²)", "Drawn area (km²)"), 18, numeric=True),
        Column(pick(lang, "Diện tích công bố (km²)", "Published area (km²)"), 18, numeric=True),
        Column(pick(lang, f"Mật độ ({unit['density']})", f"Density ({unit['density']})"), 17, numeric=True),
        Column(
            pick(lang, f"Mật độ trên đất xây dựng đô thị ({unit['density']})",
                 f"Density on urban land ({unit['density']})"), 22, numeric=True,
        ),
    )  # fmt: skip
    yield Grid(
        caption=pick(lang, "Dân số, diện tích và mật độ dân số", "Population, area and density"),
        columns=columns,
        rows=tuple(rows),
        note=note_if_unknown(tuple(rows), lang),
        strong=len(totals),
    )
    known = (result.quantities.get(("density", scope)) for scope in names)
    if not any(density is not None and density.value is not None for density in known):
        return
    whole = result.quantities.get(("density", "city"))
    said = NO_FIGURE if whole is None else whole.text(lang)
    yield Picture(
        "density",
        pick(lang, "Mật độ dân số theo đơn vị hành chính", "Population density by unit"),
        pick(
            lang, f"Bản đồ mật độ dân số; toàn địa bàn {said}.", f"Map of density; {said} in the whole city."
        ),
    )


def zones_part(result: Assessment, lang: Lang) -> Iterator[Block]:
    """Industrial zones with their occupancy, and industrial land by unit."""
    yield Heading(pick(lang, "Khu công nghiệp", "Industrial zones"))
    if result.zone_table.empty:
        yield Paragraph(
            pick(lang, "Lớp khu công nghiệp không có khu nào.", "The layer of industrial zones is empty.")
        )
        return
    status = result.city.industrial_zones["status"]
    rows = []
    for at, row in result.zone_table.iterrows():
        scope = f"zone:{row['id']}"
        rows.append(
            (
                str(row["name"]),
                word(str(status.loc[at]), lang),
                cell(row["area_declared_ha"], "ha", lang),
                cell(row["area_drawn_ha"], "ha", lang),
                cell(row["inside_ha"], "ha", lang),
                cell(row["leased_ha"], "ha", lang),
                figure(result.quantities.get(("occupancy", scope)), lang),
                figure(result.quantities.get(("zone_coverage", scope)), lang),
            )
        )
    columns = (
        Column(pick(lang, "Khu, cụm", "Zone"), 34),
        Column(pick(lang, "Tình trạng", "Status"), 18),
        Column(pick(lang, "Theo quyết định (ha)", "Declared (ha)"), 14, numeric=True),
        Column(pick(lang, "Đo trên lớp (ha)", "Drawn (ha)"), 13, numeric=True),
        Column(pick(lang, "Trong địa bàn (ha)", "Inside (ha)"), 13, numeric=True),
        Column(pick(lang, "Đã cho thuê (ha)", "Leased (ha)"), 13, numeric=True),
        Column(pick(lang, "Lấp đầy (%)", "Occupancy (%)"), 13, numeric=True),
        Column(pick(lang, "Có quy hoạch (%)", "Planned (%)"), 13, numeric=True),
    )
    yield Grid(
        caption=pick(lang, "Khu, cụm công nghiệp và tỷ lệ lấp đầy", "Zones and their occupancy"),
        columns=columns,
        rows=tuple(rows),
        note=note_if_unknown(tuple(rows), lang),
    )
    whole = result.quantities.get(("occupancy", "zones"))
    if whole is not None:
        why = "; ".join(text.text(lang) for text in whole.missing)
        tail = f" ({why})" if whole.value is None and why else ""
        name = whole.name.text(lang)
        yield Paragraph(f"{name}, {whole.scope.name.text(lang)}: {whole.text(lang)}{tail}.")
    yield _zone_land(result, lang)


def _zone_land(result: Assessment, lang: Lang) -> Grid:
    names = unit_names(result, lang)
    rows = [
        (
            names[str(row["code"])],
            cell(row["area_km2"], "km2", lang),
            cell(row["zone_km2"], "km2", lang),
            figure(result.quantities.get(("zone_share", str(row["code"]))), lang),
            cell(row["planned_km2"], "km2", lang),
        )
        for row in result.zones.to_dict("records")
    ]
    columns = (
        Column(pick(lang, "Đơn vị", "Unit"), 40),
        Column(pick(lang, "Diện tích (km²)", "Area (km²)"), 18, numeric=True),
        Column(pick(lang, "Đất khu công nghiệp (km²)", "Industrial land (km²)"), 22, numeric=True),
        Column(pick(lang, "Tỷ trọng (%)", "Share (%)"), 18, numeric=True),
        Column(pick(lang, "Khu chưa thành lập (km²)", "Zones not established (km²)"), 22, numeric=True),
    )
    caption = pick(lang, "Đất khu công nghiệp theo đơn vị hành chính", "Industrial land by unit")
    return Grid(caption=caption, columns=columns, rows=tuple(rows), note=note_if_unknown(tuple(rows), lang))
