"""What each layer must be, beyond sound geometry: PLAN, ZONE and LAND findings; the door to all checks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from geoplan import crs as systems
from geoplan import schema
from geoplan.errors import DataError
from geoplan.intake.borders import overlaps
from geoplan.intake.check_communes import CODES as COMMUNE_CODES
from geoplan.intake.check_communes import TOLERANCE_M, check_communes
from geoplan.intake.check_facts import AREA_TOLERANCE_PCT
from geoplan.intake.check_facts import CODES as FACT_CODES
from geoplan.intake.check_geometry import CODES as GEOMETRY_CODES
from geoplan.intake.check_geometry import check_geometry
from geoplan.intake.findings import Code, Finding
from geoplan.intake.readable import readable_dates, readable_numbers
from geoplan.intake.shapes import Report, in_lonlat, ordered, read_shapes, title
from geoplan.text import number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

_DATES: Final = (
    "Sửa ngày theo quyết định phê duyệt.",
    "Mend the dates from the decision that approved the plan.",
)
CONFLICT: Final = Code(
    "PLAN-01",
    "note",
    ("Hai đồ án cùng loại chồng nhau", "Two plans of one kind overlap"),
    (
        "Nếu đồ án sau thay đồ án trước, ghi superseded_on.",
        "Write superseded_on where one replaced the other.",
    ),
)
KIND: Final = Code(
    "PLAN-02",
    "warning",
    ("Loại đồ án lạ", "Unknown kind of plan"),
    (f"Dùng {', '.join(schema.PLAN_KINDS)}.", f"Use {', '.join(schema.PLAN_KINDS)}."),
)
STATUS: Final = Code(
    "PLAN-03",
    "error",
    ("Trạng thái đồ án lạ", "Unknown status of a plan"),
    (f"Dùng {', '.join(schema.PLAN_STATUSES)}.", f"Use {', '.join(schema.PLAN_STATUSES)}."),
)
ORDER: Final = Code("PLAN-04", "warning", ("Ngày sai thứ tự", "Dates out of order"), _DATES)
UNDATED: Final = Code("PLAN-05", "warning", ("Thiếu ngày phê duyệt", "No date of approval"), _DATES)
PLAN_ID: Final = Code(
    "PLAN-06",
    "error",
    ("Mã đồ án lặp hoặc thiếu", "Repeated or missing id of a plan"),
    ("Mỗi đồ án một mã riêng.", "Give each plan an id of its own."),
)
ENDLESS: Final = Code("PLAN-07", "warning", ("Thiếu ngày hết hiệu lực", "No end date"), _DATES)
BAD_DATE: Final = Code(
    "PLAN-08",
    "error",
    ("Ngày không đọc được", "Date that cannot be read"),
    ("Viết như 2024-01-18 hoặc 18/01/2024.", "Write it as 2024-01-18 or 18/01/2024."),
)
ZONE_AREA: Final = Code(
    "ZONE-01",
    "warning",
    ("Diện tích khu vẽ lệch quyết định", "Zone drawn off its declared area"),
    ("So ranh giới với quyết định thành lập.", "Compare the border with the decision."),
)
LEASED: Final = Code(
    "ZONE-02",
    "warning",
    ("Cho thuê nhiều hơn diện tích khu", "More leased than declared"),
    ("Kiểm tra hai con số; đơn vị là ha.", "Check both numbers; the unit is the hectare."),
)
ZONES_OVERLAP: Final = Code(
    "ZONE-03",
    "warning",
    ("Hai khu chồng nhau", "Two zones overlap"),
    ("Sửa ranh giới, hoặc bỏ khu vẽ hai lần.", "Mend the borders, or drop the one drawn twice."),
)
ZONE_NUMBER: Final = Code(
    "ZONE-04",
    "error",
    ("Số liệu khu không đọc được", "Number of a zone that cannot be read"),
    ("Viết số ha không âm, như 12.5.", "Write hectares not below zero, such as 12.5."),
)
LAND_OVERLAP: Final = Code(
    "LAND-01",
    "note",
    ("Đất xây dựng đô thị vẽ chồng", "Pieces of urban land overlap"),
    ("Không cần sửa: phần chồng chỉ tính một lần.", "No need to mend: what overlaps counts once."),
)
CODES: Final = (
    *(CONFLICT, KIND, STATUS, ORDER, UNDATED, PLAN_ID, ENDLESS, BAD_DATE),
    *(ZONE_AREA, LEASED, ZONES_OVERLAP, ZONE_NUMBER, LAND_OVERLAP),
)
ALL_CODES: Final = (*GEOMETRY_CODES, *COMMUNE_CODES, *FACT_CODES, *CODES)
"""Every kind of finding that `check_layer` makes."""
ZONE_TOLERANCE_PCT: Final = 5.0
_FOREVER: Final = np.iinfo("int64").max


def check_layer(
    frame: gpd.GeoDataFrame,
    layer: schema.LayerName | None,
    *,
    what: str,
    outline: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    area_tolerance_pct: float | None = None,
) -> list[Finding]:
    """Everything that is wrong with a layer: its geometry, and what the layer must be.

    Parameters
    ----------
    frame
        The layer, its columns already under the contract's names; nothing is changed.
    layer
        What it is meant to be; None, or ``neighbours``, for its geometry alone.
    what
        Its name for the sentences, such as a file name.
    outline
        Of the city, for communes; in any CRS.
    tolerance_m
        Overlaps and gaps up to this width are none.
    area_tolerance_pct
        For communes and industrial zones; the default of each check when None.

    Returns
    -------
    list of Finding
        Errors first, then by row. Places are in EPSG:4326.

    Raises
    ------
    CrsError
        When the layer has no coordinate system, or all its coordinates contradict it.
    """
    found = check_geometry(frame, what=what)
    if layer == "communes":
        pct = AREA_TOLERANCE_PCT if area_tolerance_pct is None else area_tolerance_pct
        found += check_communes(
            frame, what=what, outline=outline, tolerance_m=tolerance_m, area_tolerance_pct=pct
        )
    elif layer == "plans":
        found += check_plans(frame, what=what, tolerance_m=tolerance_m)
    elif layer == "industrial_zones":
        pct = ZONE_TOLERANCE_PCT if area_tolerance_pct is None else area_tolerance_pct
        found += check_zones(frame, what=what, tolerance_m=tolerance_m, area_tolerance_pct=pct)
    elif layer == "urban_land":
        found += check_urban_land(frame, what=what, tolerance_m=tolerance_m)
    return ordered(found)


def check_plans(frame: gpd.GeoDataFrame, *, what: str, tolerance_m: float = TOLERANCE_M) -> list[Finding]:
    """Plans whose facts contradict each other, and pairs of one kind in force together that overlap.

    Overlap is lawful: it is a note, with the hectares. A pair counts when there is a day on which both
    are in force: approved before, not yet expired or superseded, and no draft. Columns that the layer
    lacks are not checked, but a missing kind or id is said once.

    Parameters, returns and errors are those of `check_layer`.
    """
    read = read_shapes(frame, what=what)
    report = Report(frame, what, read.crs)
    statuses, found = _statuses(report)
    starts, ends, dated = _intervals(report, statuses)
    kinds, odd = _kinds(report)
    found += [*dated, *odd, *_plan_ids(report)]
    for pair in overlaps(read.sound(), read.crs, above_m=tolerance_m):
        i, j = pair.first, pair.second
        if kinds[i] is None or kinds[i] != kinds[j] or max(starts[i], starts[j]) >= min(ends[i], ends[j]):
            continue
        size, size_en = number(pair.size / 1e4, digits=2), number(pair.size / 1e4, digits=2, lang="en")
        other = title(frame, j)
        vi, en = (
            f"cùng loại và chồng lên {other} {size} ha",
            f"of one kind with {other} and overlaps it by {size_en} ha",
        )
        found.append(report.say(CONFLICT, i, vi=vi, en=en, place=report.places([pair.place])[0]))
    return ordered(found)


def _statuses(report: Report) -> tuple[list[str | None], list[Finding]]:
    """The contract's status of each plan, None when missing or unknown."""
    frame = report.frame
    if "status" not in frame.columns:
        return ["approved"] * len(frame), []
    known: list[str | None] = []
    found = []
    for row in range(len(frame)):
        try:
            known.append(schema.statuses(frame["status"].iloc[[row]], what=report.what).iloc[0])
        except DataError:
            text = str(frame["status"].iloc[row])[:40]
            vi, en = f"trạng thái “{text}” không rõ nghĩa", f"the status “{text}” is unknown"
            found.append(report.say(STATUS, row, vi=vi, en=en))
            known.append(None)
    return known, found


def _intervals(
    report: Report, statuses: list[str | None]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Finding]]:
    """When each plan is in force, in seconds, half-open and empty when never; and what its dates lack."""
    frame, found = report.frame, []
    stamps: dict[str, NDArray[np.int64]] = {}
    given: dict[str, NDArray[np.bool_]] = {}
    for column in schema.DATE_COLUMNS:
        empty = pd.Series(None, index=frame.index, dtype=object)
        values = frame[column] if column in frame.columns else empty
        dates, unread = readable_dates(values, what=report.what)
        stamps[column] = dates.to_numpy(dtype="datetime64[s]").astype("int64")
        given[column] = dates.notna().to_numpy()
        for row in unread:
            text = str(values.iloc[row])[:40]
            vi, en = f"{column}: “{text}” không phải là ngày", f"{column}: “{text}” is not a date"
            found.append(report.say(BAD_DATE, row, vi=vi, en=en))
    ends = np.full(len(frame), _FOREVER)
    for column in ("expires_on", "superseded_on"):
        ends = np.where(given[column], np.minimum(ends, stamps[column]), ends)
    starts = np.where(given["approved_on"], stamps["approved_on"], -_FOREVER)
    for row, status in enumerate(statuses):
        has_end = bool(ends[row] < _FOREVER)
        undated = "approved_on" in frame.columns and not given["approved_on"][row]
        found += _one_plan(
            report, row, status, undated=undated, has_end=has_end, empty=starts[row] >= ends[row]
        )
        if status not in schema.PLAN_STATUSES[1:] or undated or (status != "approved" and not has_end):
            ends[row] = starts[row]
    return starts, ends, found


def _one_plan(
    report: Report, row: int, status: str | None, *, undated: bool, has_end: bool, empty: bool | np.bool_
) -> Iterator[Finding]:
    if empty:
        vi, en = "hết hiệu lực trước hoặc đúng ngày phê duyệt", "ends on or before the day it was approved"
        yield report.say(ORDER, row, vi=vi, en=en)
    if status == "approved" and undated:
        vi, en = "đã phê duyệt nhưng thiếu approved_on", "is approved but has no approved_on"
        yield report.say(UNDATED, row, vi=vi, en=en)
    if status in {"expired", "superseded"} and not has_end:
        column = "expires_on" if status == "expired" else "superseded_on"
        vi, en = f"hết hiệu lực nhưng thiếu {column}", f"is {status} but has no {column}"
        yield report.say(ENDLESS, row, vi=vi, en=en)


def _kinds(report: Report) -> tuple[list[str | None], list[Finding]]:
    """The kind of each plan, None when it has none."""
    frame, what = report.frame, report.what
    if "kind" not in frame.columns:
        found = [
            Finding(KIND, vi=f"{what}: không có cột loại (kind).", en=f"{what}: no column with the kind.")
        ]
        return [schema.ALL_KINDS] * len(frame), found
    kinds = [text.strip() if text and text.strip() else None for text in schema.texts(frame["kind"])]
    found = [
        report.say(
            KIND,
            row,
            vi=f"loại “{kind[:40]}” không rõ" if kind else "thiếu loại",
            en=f"the kind “{kind[:40]}” is unknown" if kind else "the kind is missing",
        )
        for row, kind in enumerate(kinds)
        if kind not in schema.PLAN_KINDS
    ]
    return kinds, found


def _plan_ids(report: Report) -> Iterator[Finding]:
    frame, what = report.frame, report.what
    if "id" not in frame.columns:
        yield Finding(PLAN_ID, vi=f"{what}: không có cột mã (id).", en=f"{what}: no column with the id.")
        return
    first: dict[str, int] = {}
    for row, text in enumerate(schema.texts(frame["id"])):
        if not (text and text.strip()):
            yield report.say(PLAN_ID, row, vi="thiếu mã", en="the id is missing")
        elif first.setdefault(text.strip(), row) != row:
            other = first[text.strip()] + 1
            vi, en = (
                f"mã {text} đã dùng ở đối tượng thứ {other}",
                f"the id {text} is already that of feature {other}",
            )
            yield report.say(PLAN_ID, row, vi=vi, en=en)


def check_zones(
    frame: gpd.GeoDataFrame,
    *,
    what: str,
    tolerance_m: float = TOLERANCE_M,
    area_tolerance_pct: float = ZONE_TOLERANCE_PCT,
) -> list[Finding]:
    """Industrial zones whose areas contradict each other, and zones that overlap.

    Drawn areas are those on the ellipsoid. A zone without a declared or leased area is not compared.

    Parameters, returns and errors are those of `check_layer`.
    """
    read = read_shapes(frame, what=what)
    report, shapes = Report(frame, what, read.crs), read.sound()
    found = _overlapping(report, shapes, ZONES_OVERLAP, tolerance_m)
    declared, leased = (_hectares(report, column, found) for column in ("area_declared_ha", "leased_ha"))
    drawn = systems.area_km2(in_lonlat(shapes, read.crs)) * 100
    off = (drawn / np.where(declared > 0, declared, np.nan) - 1) * 100
    for row in np.flatnonzero((drawn > 0) & (np.abs(off) > area_tolerance_pct)).tolist():
        vi = f"vẽ {number(drawn[row], digits=2)} ha, quyết định {number(declared[row], digits=2)} ha"
        en = f"drawn {number(drawn[row], digits=2, lang='en')} ha, declared "
        en += f"{number(declared[row], digits=2, lang='en')} ha, off by {percent(off[row], lang='en')}"
        found.append(report.say(ZONE_AREA, row, vi=f"{vi}, lệch {percent(off[row])}", en=en))
    for row in np.flatnonzero(leased > declared).tolist():
        vi = f"cho thuê {number(leased[row], digits=2)} ha, cả khu {number(declared[row], digits=2)} ha"
        en = f"{number(leased[row], digits=2, lang='en')} ha leased of "
        en += f"{number(declared[row], digits=2, lang='en')} ha declared"
        found.append(report.say(LEASED, row, vi=vi, en=en))
    return ordered(found)


def _hectares(report: Report, column: str, found: list[Finding]) -> NDArray[np.float64]:
    """A column of hectares, NaN where missing; what cannot be read is added to `found`."""
    if column not in report.frame.columns:
        return np.full(len(report.frame), np.nan)
    values, unread = readable_numbers(report.frame[column], what=report.what)
    for row in sorted({*unread, *np.flatnonzero(values < 0).tolist()}):
        text = str(report.frame[column].iloc[row])[:40]
        vi, en = f"{column}: “{text}” không phải số ha", f"{column}: “{text}” is no number of hectares"
        found.append(report.say(ZONE_NUMBER, row, vi=vi, en=en))
    return values.where(values >= 0).to_numpy(dtype="float64")


def check_urban_land(
    frame: gpd.GeoDataFrame, *, what: str, tolerance_m: float = TOLERANCE_M
) -> list[Finding]:
    """Pieces of urban construction land that overlap: a note, for overlapping land counts once.

    Parameters, returns and errors are those of `check_layer`.
    """
    read = read_shapes(frame, what=what)
    return ordered(_overlapping(Report(frame, what, read.crs), read.sound(), LAND_OVERLAP, tolerance_m))


def _overlapping(
    report: Report, shapes: NDArray[np.object_], kind: Code, tolerance_m: float
) -> list[Finding]:
    pairs = overlaps(shapes, report.crs, above_m=tolerance_m)
    places = report.places([pair.place for pair in pairs])
    found = []
    for pair, place in zip(pairs, places, strict=True):
        size, size_en = number(pair.size / 1e4, digits=2), number(pair.size / 1e4, digits=2, lang="en")
        other = title(report.frame, pair.second)
        vi, en = f"chồng lên {other} {size} ha", f"overlaps {other} by {size_en} ha"
        found.append(report.say(kind, pair.first, vi=vi, en=en, place=place))
    return found
