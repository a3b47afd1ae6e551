"""What a layer of communes must be: a coverage without overlap or gap, each unit named once: COV findings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import shapely

from geoplan import crs as systems
from geoplan import schema
from geoplan.intake.borders import editions, gaps, mismatches, overlaps, rounded, unmatched_edges
from geoplan.intake.check_facts import AREA_TOLERANCE_PCT, DENSITIES, check_facts
from geoplan.intake.findings import Code, Finding
from geoplan.intake.readable import readable_dates
from geoplan.intake.shapes import Report, in_lonlat, in_plane, ordered, read_shapes, title, wide_parts
from geoplan.text import listing, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

_REPAIR: Final = (
    "Nhập với --repair để chia lại biên chung, hoặc sửa biên theo hồ sơ địa giới.",
    "Import with --repair to settle the shared border, or mend it from the boundary records.",
)
OVERLAP: Final = Code("COV-01", "error", ("Hai đơn vị chồng nhau", "Two units overlap"), _REPAIR)
GAP: Final = Code("COV-02", "warning", ("Khe hở giữa các đơn vị", "Gap between units"), _REPAIR)
PROTRUSION: Final = Code(
    "COV-03",
    "warning",
    ("Vượt ra ngoài ranh giới thành phố", "Outside the outline of the city"),
    ("Kiểm tra ranh giới thành phố và biên của đơn vị.", "Check the city's outline and the unit's border."),
)
MISMATCH: Final = Code(
    "COV-04", "warning", ("Biên chung không khớp đỉnh", "Shared border that does not match"), _REPAIR
)
REPEATED_CODE: Final = Code(
    "COV-05",
    "error",
    ("Mã lặp lại", "Repeated code"),
    (
        "Mỗi đơn vị một mã; sửa mã hoặc gộp các phần thành một.",
        "One code a unit; mend it, or merge the parts.",
    ),
)
NO_NAME: Final = Code(
    "COV-06",
    "error",
    ("Thiếu mã hoặc tên", "Missing code or name"),
    ("Điền mã và tên, hoặc chỉ cột bằng --map.", "Fill in code and name, or name the columns by --map."),
)
HOLE: Final = Code(
    "COV-07",
    "note",
    ("Khoảng trống lớn trong lớp", "Large hole in the layer"),
    (
        "Thêm đơn vị còn thiếu nếu đó không phải đất của nơi khác.",
        "Add the missing unit unless it is not part of it.",
    ),
)
BAD_DATE: Final = Code(
    "COV-08",
    "error",
    ("Ngày hiệu lực sai", "Wrong date of validity"),
    (
        "Viết như 2025-07-01; valid_from phải trước valid_to.",
        "Write it as 2025-07-01; valid_from comes first.",
    ),
)
CODES: Final = (OVERLAP, GAP, PROTRUSION, MISMATCH, REPEATED_CODE, NO_NAME, HOLE, BAD_DATE)

TOLERANCE_M: Final = 0.1
LARGEST_GAP_KM2: Final = 1.0


@dataclass(frozen=True)
class _Layer:
    """The communes while they are checked: valid shapes of the file's coordinates, empty where none."""

    report: Report
    shapes: NDArray[np.object_]
    tolerance_m: float


def check_communes(
    frame: gpd.GeoDataFrame,
    *,
    what: str,
    outline: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    area_tolerance_pct: float = AREA_TOLERANCE_PCT,
    largest_gap_km2: float = LARGEST_GAP_KM2,
    densities: tuple[float, float] = DENSITIES,
    published_column: str = "area_published_km2",
    population_column: str = "population",
) -> list[Finding]:
    """What keeps a layer of communes from being a coverage, and which facts do not fit its drawing.

    Parameters
    ----------
    frame
        Communes with the contract's columns as far as known; nothing is changed. Units are compared
        with those in force at the same time (``valid_from``, ``valid_to``) only.
    what
        The layer's name for the sentences.
    outline
        Polygons of the city, in any CRS: communes outside them are reported. None: not checked.
    tolerance_m
        Overlaps, gaps and protrusions up to this width are not reported as such; borders that run
        closer than this without matching are COV-04.
    area_tolerance_pct
        Drawn and published area may differ by this share of the published one. Above 5 % it is a
        warning, above 50 % an error.
    largest_gap_km2
        A larger hole is taken for land of another unit, and only noted.
    densities
        People per km² of drawn area below and above which a population is implausible.
    published_column, population_column
        The columns with the legal area in km² and with people; a layer may lack them.

    Returns
    -------
    list of Finding
        Errors first, then by row; a pair of units is reported at the first of the two. Places are in
        EPSG:4326.

    Raises
    ------
    CrsError
        When a layer has no coordinate system.

    Notes
    -----
    An invalid geometry is compared as a repair would make it; `check_geometry` reports it. A gap that
    is open to the outside of the layer is found only when it is narrower than the tolerance.
    """
    read = read_shapes(frame, what=what)
    report = Report(frame, what, read.crs)
    layer = _Layer(report, read.sound(), tolerance_m)
    together, found = _dates(report)
    seen: set[tuple[Code, int, int]] = set()
    for rows in together:
        found += _coverage(layer, rows, seen)
        found += _gaps(layer, rows, largest_gap_km2 * 1e6)
        found += _codes(report, rows, seen)
    found += _missing(report)
    found += check_facts(
        report,
        layer.shapes,
        published_column=published_column,
        population_column=population_column,
        area_tolerance_pct=area_tolerance_pct,
        densities=densities,
    )
    if outline is not None:
        found += _protrusions(layer, outline)
    return ordered(list(dict.fromkeys(found)))


def _dates(report: Report) -> tuple[list[NDArray[np.int64]], list[Finding]]:
    """The rows in force together, and what is wrong with their dates."""
    ends, found = [], []
    frame = report.frame
    for column in ("valid_from", "valid_to"):
        values = (
            frame[column] if column in frame.columns else pd.Series(None, index=frame.index, dtype=object)
        )
        stamps, unread = readable_dates(values, what=report.what)
        ends.append(stamps.reset_index(drop=True))
        for row in unread:
            value = str(values.iloc[row])[:40]
            vi, en = f"{column}: “{value}” không phải là ngày", f"{column}: “{value}” is not a date"
            found.append(report.say(BAD_DATE, row, vi=vi, en=en))
    for row in np.flatnonzero(ends[1] <= ends[0]).tolist():
        vi = "valid_to không sau valid_from: đơn vị không bao giờ có hiệu lực"
        en = "valid_to is not after valid_from: the unit is never in force"
        found.append(report.say(BAD_DATE, row, vi=vi, en=en))
    return editions(*ends), found


def _coverage(layer: _Layer, rows: NDArray[np.int64], seen: set[tuple[Code, int, int]]) -> Iterator[Finding]:
    """Overlaps and borders that do not match, of units in force together."""
    shapes, report, width = layer.shapes[rows], layer.report, layer.tolerance_m
    even = rounded(shapes, report.crs)
    edges = unmatched_edges(even, report.crs, within_m=width)
    shared = overlaps(shapes, report.crs, above_m=width, suspects=~shapely.is_empty(edges))
    apart = {(pair.first, pair.second) for pair in shared}
    beside = mismatches(even, edges, report.crs, within_m=width)
    pairs = [(OVERLAP, pair) for pair in shared]
    pairs += [(MISMATCH, pair) for pair in beside if (pair.first, pair.second) not in apart]
    places = report.places([pair.place for _, pair in pairs])
    for (kind, pair), place in zip(pairs, places, strict=True):
        key = (kind, int(rows[pair.first]), int(rows[pair.second]))
        if key in seen:
            continue
        seen.add(key)
        other = title(report.frame, key[2])
        size, size_en = number(pair.size, digits=1), number(pair.size, digits=1, lang="en")
        if kind is OVERLAP:
            vi, en = f"chồng lên {other} {size} m²", f"overlaps {other} by {size_en} m²"
        else:
            vi = f"biên chung với {other} không khớp trên {size} m"
            en = f"its border with {other} does not match along {size_en} m"
        yield report.say(kind, key[1], vi=vi, en=en, place=place)


def _gaps(layer: _Layer, rows: NDArray[np.int64], largest_m2: float) -> Iterator[Finding]:
    report = layer.report
    found = gaps(layer.shapes[rows], report.crs, above_m=layer.tolerance_m)
    for gap, place in zip(found, report.places([gap.place for gap in found]), strict=True):
        names = [title(report.frame, int(rows[i])) for i in gap.around]
        size, wide = number(gap.area_m2, digits=1), number(gap.width_m, digits=1)
        size_en, wide_en = number(gap.area_m2, digits=1, lang="en"), number(gap.width_m, digits=1, lang="en")
        yield Finding(
            GAP if gap.area_m2 <= largest_m2 else HOLE,
            vi=f"{report.what}: khoảng trống {size} m², rộng {wide} m, giữa {listing(names)}.",
            en=f"{report.what}: a gap of {size_en} m², {wide_en} m wide, "
            f"between {listing(names, lang='en')}.",
            place=place,
        )


def _codes(report: Report, rows: NDArray[np.int64], seen: set[tuple[Code, int, int]]) -> Iterator[Finding]:
    """Codes that another unit in force at the same time has."""
    column = schema.find_code_column(report.frame)
    if column is None:
        return
    first: dict[str, int] = {}
    for row, code in zip(rows.tolist(), schema.texts(report.frame[column].iloc[rows]), strict=True):
        before = first.setdefault(code, row) if code and code.strip() else row
        if before != row and (REPEATED_CODE, before, row) not in seen:
            seen.add((REPEATED_CODE, before, row))
            other = title(report.frame, before)
            vi, en = f"mã {code} đã dùng cho {other}", f"the code {code} is already that of {other}"
            yield report.say(REPEATED_CODE, row, vi=vi, en=en)


def _missing(report: Report) -> Iterator[Finding]:
    frame = report.frame
    columns = (
        (schema.find_code_column(frame), "mã", "code"),
        (schema.find_name_column(frame), "tên", "name"),
    )
    for column, vi, en in columns:
        if column is None:
            yield Finding(
                NO_NAME,
                vi=f"{report.what}: không thấy cột {vi}.",
                en=f"{report.what}: no column with the {en}.",
            )
            continue
        for row, text in enumerate(schema.texts(frame[column])):
            if not (text and text.strip()):
                yield report.say(NO_NAME, row, vi=f"thiếu {vi}", en=f"the {en} is missing")


def _protrusions(layer: _Layer, outline: gpd.GeoDataFrame) -> Iterator[Finding]:
    report = layer.report
    city = read_shapes(outline, what=f"{report.what} (outline)")
    inside = shapely.union_all(in_plane(city.sound(), city.crs))
    units = in_plane(layer.shapes, report.crs)
    shapely.prepare(inside)
    rows = np.flatnonzero(~shapely.covers(inside, units))
    beyond = shapely.difference(units[rows], inside)
    for at, piece, area in wide_parts(beyond, systems.PLANE, above_m=layer.tolerance_m):
        size, size_en = number(area, digits=1), number(area, digits=1, lang="en")
        vi, en = f"vượt ra ngoài ranh giới thành phố {size} m²", f"is {size_en} m² outside the city's outline"
        place = in_lonlat(np.array([piece], dtype=object), systems.PLANE)[0]
        yield report.say(PROTRUSION, int(rows[at]), vi=vi, en=en, place=place)
