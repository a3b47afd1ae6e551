"""What is wrong with a layer's coordinate system, and what `crs_fit.fit` found, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from pyproj import CRS, Geod

from geoplan.intake.crs_fit import Fit, placed, whereabouts
from geoplan.intake.crs_systems import TM3, Sample, take
from geoplan.intake.findings import Code, Finding
from geoplan.intake.meridians import labels, meridians_for
from geoplan.text import listing, number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.errors import Lang

NONE_STATED: Final = Code(
    "CRS-01",
    "error",
    ("Không ghi hệ tọa độ", "No coordinate system stated"),
    (
        "Chọn hệ đúng bằng `geoplan crs`, rồi nhập với --crs EPSG:n.",
        "Find the right one with `geoplan crs`, then import with --crs EPSG:n.",
    ),
)
CONTRADICTED: Final = Code(
    "CRS-02",
    "error",
    ("Hệ tọa độ ghi trong tệp trái với vị trí", "The stated coordinate system contradicts the place"),
    (
        "Nhập với --crs của hệ phù hợp, hoặc hỏi nơi gửi tệp.",
        "Import with --crs and the system that fits, or ask the sender.",
    ),
)
SWAPPED: Final = Code(
    "CRS-03",
    "error",
    ("Đảo trục x, y", "Axes swapped"),
    (
        "Xuất lại với x là hướng đông, y là hướng bắc (trong QGIS: Swap X and Y coordinates).",
        "Export again with x to the east and y to the north (in QGIS: Swap X and Y coordinates).",
    ),
)
UNIT: Final = Code(
    "CRS-04",
    "error",
    ("Nhầm độ với mét", "Degrees and metres confused"),
    (
        "Nhập với --crs của hệ phù hợp: hệ địa lý nếu là độ, hệ phẳng nếu là mét.",
        "Import with --crs and the system that fits: geographic for degrees, projected for metres.",
    ),
)
DATUM: Final = Code(
    "CRS-05",
    "error",
    ("Nghi thiếu 7 tham số chuyển datum", "Datum shift (7 parameters) suspected missing"),
    (
        "Nhập với --crs của hệ phù hợp; nếu không có hệ nào, chuyển lại từ dữ liệu gốc bằng EPSG:6960.",
        "Import with --crs and the system that fits; else convert the original again by EPSG:6960.",
    ),
)
SEVERAL: Final = Code(
    "CRS-06",
    "warning",
    ("Nhiều hệ tọa độ cùng phù hợp", "Several coordinate systems fit"),
    (
        "Kinh tuyến trục của tỉnh vào ngày của dữ liệu quyết định: thêm --province và --on, hoặc hỏi.",
        "The province's central meridian on the date of the data decides: give --province and --on, or ask.",
    ),
)
NOTHING: Final = Code(
    "CRS-07",
    "error",
    ("Không hệ tọa độ nào phù hợp", "No coordinate system fits"),
    (
        "Kiểm tra tọa độ gốc: bản vẽ có thể ở hệ tự do (CAD) và cần nắn theo điểm khống chế.",
        "Check the original coordinates: a drawing may be in a free (CAD) system and need control points.",
    ),
)
MERIDIAN: Final = Code(
    "CRS-08",
    "warning",
    ("Kinh tuyến trục không phải của tỉnh", "Not the province's central meridian"),
    (
        "Kiểm tra ngày của dữ liệu và tỉnh vào ngày đó; tệp cũ giữ kinh tuyến trục của tỉnh cũ.",
        "Check the date of the data and its province then; old files keep the old province's meridian.",
    ),
)
ELSEWHERE: Final = Code(
    "CRS-09",
    "note",
    ("Không nằm trên các xã đã biết", "Not on known communes"),
    (
        "Đối chiếu với các xã ở nơi đó: dùng --near, hoặc tải ranh giới bằng `geoplan fetch`.",
        "Compare with communes of that place: use --near, or fetch boundaries with `geoplan fetch`.",
    ),
)
CODES: Final = (NONE_STATED, CONTRADICTED, SWAPPED, UNIT, DATUM, SEVERAL, NOTHING, MERIDIAN, ELSEWHERE)

SAME_METRES: Final = 25.0
"""Two systems that place a layer this near to each other are not told apart."""
_SHIFT_METRES: Final = (150.0, 300.0)
"""What a missing datum shift moves a layer in Vietnam: 223 to 226 m, with room for other origins."""
_MAX_DEGREES: Final = 360.0
_GEOD: Final = Geod(ellps="WGS84")
_LISTED: Final = 6


def findings(
    frame: gpd.GeoDataFrame,
    fits: Sequence[Fit],
    *,
    what: str,
    province: str | None = None,
    on: dt.date | None = None,
) -> list[Finding]:
    """What is wrong with the coordinate system a layer states, or does not state.

    Parameters
    ----------
    frame
        The layer, as `crs_fit.fit` was given it.
    fits
        What `crs_fit.fit` returned.
    what
        The layer's name for the sentences, such as a file name.
    province, on
        As `crs_fit.fit` was given them.

    Raises
    ------
    UsageError
        When no province has that name on the date.

    Notes
    -----
    A wrong shift of less than 25 m, such as the 0.7 m between the two sets of parameters in use,
    cannot be seen. A layer without a usable coordinate gives no finding but CRS-01.
    """
    sample = take(frame)
    stated = None if frame.crs is None else CRS.from_user_input(frame.crs)
    out = [] if stated is not None else [_none_stated(what)]
    if not sample.inner:
        return out
    fitting = [f for f in fits if f.verdict == "fits"]
    open_ = [f for f in fits if f.verdict != "impossible"]
    if not open_:
        return [*out, _nothing(what)]
    if not fitting and any(f.overlap_pct is not None for f in open_):
        out.append(_elsewhere(what))
    if stated is not None:
        used, wrong = _judge(sample, stated, fitting, open_, what)
    else:
        used = fitting[0] if fitting else None
        wrong = _odd(used, what) if used else []
    out += wrong
    unsure = fitting or open_
    if (stated is None or wrong) and len(unsure) > 1:
        out.append(_several(unsure, what))
    return out + _meridian(used, what, province, on)


def _judge(
    sample: Sample, stated: CRS, fitting: list[Fit], open_: list[Fit], what: str
) -> tuple[Fit | None, list[Finding]]:
    """The system to go on with, and what is wrong with the stated one."""
    there = placed(sample, stated)
    if not fitting and not whereabouts(*there, None):
        return None, []
    group = fitting or open_
    metres = [_apart(there, _placed(sample, f)) for f in group]
    nearest = group[int(np.argmin(metres))]
    if min(metres) <= SAME_METRES:
        return nearest, _odd(nearest, what)
    best = group[0]
    if stated.is_geographic != sample.in_degrees:
        return best, [_unit(stated, best, what)]
    if best.swapped:
        return best, _odd(best, what)
    if _SHIFT_METRES[0] <= min(metres) <= _SHIFT_METRES[1]:
        return nearest, [_datum(what, min(metres), nearest, stated)]
    return best, [_contradicted(stated, best, metres[0], what)]


def _placed(sample: Sample, fit: Fit) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    system = CRS.from_epsg(fit.epsg)
    return placed(sample, system, swapped=fit.swapped, datum_shift=not fit.no_datum_shift)


def _apart(
    one: tuple[NDArray[np.float64], NDArray[np.float64]], two: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> float:
    """Median distance in metres between two placements of a layer; infinite when one is nowhere."""
    places = np.column_stack([*one, *two])
    step = max(1, len(places) // 200)
    lon, lat, to_lon, to_lat = places[::step][np.isfinite(places[::step]).all(axis=1)].T
    if not len(lon) or max(np.abs(lat).max(), np.abs(to_lat).max()) > _MAX_DEGREES / 4:
        return float("inf")
    return float(np.median(_GEOD.inv(lon, lat, to_lon, to_lat)[2]))


def _none_stated(what: str) -> Finding:
    return Finding(
        NONE_STATED,
        vi=f"{what}: không ghi hệ tọa độ (thiếu .prj?).",
        en=f"{what}: states no coordinate system (a missing .prj?).",
    )


def _nothing(what: str) -> Finding:
    return Finding(
        NOTHING,
        vi=f"{what}: không hệ tọa độ nào đang xét đặt lớp này vào Việt Nam.",
        en=f"{what}: none of the systems tried puts this layer in Vietnam.",
    )


def _elsewhere(what: str) -> Finding:
    return Finding(
        ELSEWHERE,
        vi=f"{what}: không hệ tọa độ nào đặt lớp này lên các xã đã biết, nên không đối chiếu được.",
        en=f"{what}: no system puts this layer on the known communes, so it cannot be compared.",
    )


def _several(fits: list[Fit], what: str) -> Finding:
    vi, en = (listing((f.label(lang) for f in fits), limit=_LISTED, lang=lang) for lang in ("vi", "en"))
    return Finding(
        SEVERAL,
        vi=f"{what}: {len(fits)} hệ cùng phù hợp, tọa độ không phân biệt được: {vi}.",
        en=f"{what}: {len(fits)} systems fit and the coordinates cannot tell them apart: {en}.",
    )


def _named(best: Fit) -> tuple[str, str]:
    """The system to name in a sentence, with how sure it is."""
    if best.verdict == "fits":
        return f"hệ phù hợp: {best.label('vi')}", f"what fits: {best.label('en')}"
    return f"hệ có thể, chưa xác nhận: {best.label('vi')}", f"possible, not confirmed: {best.label('en')}"


def _contradicted(stated: CRS, best: Fit, metres: float, what: str) -> Finding:
    named = _named(best)
    vi, en = "trái với vị trí", "contradicted by the place"
    if np.isfinite(metres):
        km = metres / 1000
        vi, en = f"lệch {number(km, digits=1)} km", f"{number(km, digits=1, lang='en')} km off"
    return Finding(
        CONTRADICTED,
        vi=f"{what}: ghi {stated.name}, {vi}; {named[0]}.",
        en=f"{what}: states {stated.name}, {en}; {named[1]}.",
    )


def _unit(stated: CRS, best: Fit, what: str) -> Finding:
    has = ("mét", "metres") if stated.is_geographic else ("độ", "degrees")
    says = ("độ", "degrees") if stated.is_geographic else ("mét", "metres")
    named = _named(best)
    return Finding(
        UNIT,
        vi=f"{what}: ghi {says[0]} ({stated.name}) nhưng tọa độ là {has[0]}; {named[0]}.",
        en=f"{what}: says {says[1]} ({stated.name}) but the coordinates are {has[1]}; {named[1]}.",
    )


def _odd(fit: Fit, what: str) -> list[Finding]:
    """What is odd about a system although it fits."""
    out = []
    if fit.swapped:
        out.append(
            Finding(
                SWAPPED,
                vi=f"{what}: x và y bị đảo; đúng vị trí khi đổi lại: {fit.label('vi')}.",
                en=f"{what}: x and y are swapped; in place when exchanged: {fit.label('en')}.",
            )
        )
    if fit.no_datum_shift:
        out.append(_datum(what, None, fit, None))
    return out


def _datum(what: str, metres: float | None, fit: Fit, stated: CRS | None) -> Finding:
    vi, en = what + ":", what + ":"
    if stated is not None and metres is not None:
        vi += f" ghi {stated.name}, lệch {number(metres)} m so với ranh giới xã;"
        en += f" states {stated.name}, {number(metres, lang='en')} m off the commune borders;"
    return Finding(
        DATUM,
        vi=f"{vi} như thể thiếu phép chuyển VN-2000 ↔ WGS 84 (khoảng 220 m); phù hợp: {fit.label('vi')}.",
        en=f"{en} as if the shift VN-2000 ↔ WGS 84 (about 220 m) were left out; "
        f"what fits: {fit.label('en')}.",
    )


def _meridian(used: Fit | None, what: str, province: str | None, on: dt.date | None) -> list[Finding]:
    rows = meridians_for(province, on)
    if used is None or not rows or used.epsg not in TM3 or used.epsg in {row.epsg for row in rows}:
        return []
    vi, en = labels(rows, "vi"), labels(rows, "en")
    return [
        Finding(
            MERIDIAN,
            vi=f"{what}: hệ phù hợp là {used.label('vi')}, không phải kinh tuyến trục của tỉnh ({vi}).",
            en=f"{what}: the system that fits is {used.label('en')}, not the province's meridian ({en}).",
        )
    ]


def explain(fits: Sequence[Fit], *, lang: Lang = "vi") -> list[str]:
    """The fits as lines for reading: the best first, at the end why the others cannot be."""
    vi = lang == "vi"
    fitting = [f for f in fits if f.verdict == "fits"]
    open_ = [f for f in fits if f.verdict == "possible"]
    out = []
    if len(fitting) > 1:
        out.append(
            f"{len(fitting)} hệ cùng phù hợp; kinh tuyến trục của tỉnh vào ngày của dữ liệu quyết định."
            if vi
            else f"Several fit ({len(fitting)}); the province's meridian on the date of the data decides."
        )
    elif not fitting and open_:
        out.append(
            f"{len(open_)} hệ có thể, chưa hệ nào được các xã đã biết xác nhận."
            if vi
            else f"Possible: {len(open_)}; known communes confirm none of them."
        )
    if not fitting and not open_:
        out.append("Không hệ nào phù hợp." if vi else "No system fits.")
    word = {"fits": "phù hợp" if vi else "fits", "possible": "có thể" if vi else "possible"}
    for fit in (*fitting, *open_):
        reasons = "; ".join(reason[0 if vi else 1] for reason in fit.reasons)
        out.append(f"{word[fit.verdict]}: {fit.label(lang)}: {reasons}")
    return out + _impossible(fits, vi=vi)


def _impossible(fits: Sequence[Fit], *, vi: bool) -> list[str]:
    groups: dict[str, list[Fit]] = {}
    for fit in fits:
        if fit.verdict == "impossible":
            groups.setdefault(fit.reasons[0][0 if vi else 1], []).append(fit)
    out = []
    for reason, group in groups.items():
        codes = ", ".join(str(f.epsg) for f in group if not f.swapped)
        swapped = sum(f.swapped for f in group)
        tail = (f"{swapped} hệ khi đảo trục" if vi else f"{swapped} with axes swapped") if swapped else ""
        names = "; ".join(part for part in (f"EPSG {codes}" if codes else "", tail) if part)
        out.append(f"{'không thể' if vi else 'impossible'} ({reason}): {names}")
    return out
