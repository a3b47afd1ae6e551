"""Whether the facts of communes fit their drawing: FACT findings on area, people and density."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import shapely

from geoplan import crs as systems
from geoplan.intake.findings import Code, Finding
from geoplan.intake.readable import readable_numbers
from geoplan.intake.shapes import in_lonlat
from geoplan.text import number, percent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from geoplan.intake.shapes import Report

_LOOK_UP: Final = (
    "So với nghị quyết thành lập đơn vị; sửa hình hoặc sửa con số.",
    "Compare with the resolution that set up the unit; mend the drawing or the number.",
)
AREA_NOTE: Final = Code(
    "FACT-01", "note", ("Diện tích vẽ lệch công bố", "Drawn area off the published"), _LOOK_UP
)
DENSITY: Final = Code("FACT-02", "warning", ("Mật độ khó tin", "Implausible density"), _LOOK_UP)
PEOPLE: Final = Code(
    "FACT-03",
    "error",
    ("Dân số không phải số nguyên", "Population not a whole number"),
    ("Viết số người, không dấu phân cách, không âm.", "Write people as digits only, not below zero."),
)
NO_AREA: Final = Code(
    "FACT-04",
    "note",
    ("Không có diện tích công bố", "No published area"),
    ("Thêm diện tích theo nghị quyết (km²).", "Add the area of the resolution (km²)."),
)
AREA_WARNING: Final = Code(
    "FACT-05", "warning", ("Diện tích vẽ lệch nhiều", "Drawn area far off the published"), _LOOK_UP
)
AREA_ERROR: Final = Code(
    "FACT-06", "error", ("Diện tích vẽ sai hẳn", "Drawn area cannot be that of the unit"), _LOOK_UP
)
BAD_AREA: Final = Code(
    "FACT-07",
    "error",
    ("Diện tích công bố không đọc được", "Published area cannot be read"),
    ("Viết số km² lớn hơn 0, như 12.34.", "Write km² above zero, such as 12.34."),
)
CODES: Final = (AREA_NOTE, DENSITY, PEOPLE, NO_AREA, AREA_WARNING, AREA_ERROR, BAD_AREA)

AREA_TOLERANCE_PCT: Final = 1.0
AREA_WARNING_PCT: Final = 5.0
AREA_ERROR_PCT: Final = 50.0
DENSITIES: Final = (5.0, 100_000.0)


def check_facts(
    report: Report,
    shapes: NDArray[np.object_],
    *,
    published_column: str,
    population_column: str,
    area_tolerance_pct: float = AREA_TOLERANCE_PCT,
    densities: tuple[float, float] = DENSITIES,
) -> list[Finding]:
    """Published areas and populations of communes against their drawing; see `check_communes`.

    Parameters
    ----------
    report
        The communes as the file has them.
    shapes
        Their valid polygons in the layer's coordinates.
    published_column, population_column, area_tolerance_pct, densities
        As in `check_communes`.

    Returns
    -------
    list of Finding
        By row within each kind of fact. Drawn areas are those on the WGS 84 ellipsoid.
    """
    units = _Units(
        report,
        systems.area_km2(in_lonlat(shapes, report.crs)),
        in_lonlat(shapely.point_on_surface(shapes), report.crs),
    )
    found = list(_areas(units, area_tolerance_pct, published_column))
    if population_column in report.frame.columns:
        found += _people(units, densities, population_column)
    return found


@dataclass(frozen=True)
class _Units:
    """The communes with their drawn area in km² and a point inside each (EPSG:4326), empty where none."""

    report: Report
    drawn: NDArray[np.float64]
    spots: NDArray[np.object_]

    def say(self, kind: Code, row: int, *, vi: str, en: str) -> Finding:
        spot = self.spots[row]
        return self.report.say(kind, row, vi=vi, en=en, place=None if spot.is_empty else spot)


def _areas(units: _Units, least: float, column: str) -> Iterator[Finding]:
    report = units.report
    if column not in report.frame.columns:
        vi = f"{report.what}: không có cột diện tích công bố ({column})."
        yield Finding(NO_AREA, vi=vi, en=f"{report.what}: no column with the published area ({column}).")
        return
    values, unread = readable_numbers(report.frame[column], what=report.what)
    for row, published in enumerate(values.tolist()):
        if row in unread or published <= 0:
            text = str(report.frame[column].iloc[row])[:40]
            vi, en = f"“{text}” không phải số km²", f"“{text}” is no number of km²"
            yield units.say(BAD_AREA, row, vi=f"diện tích công bố {vi}", en=f"the published area {en}")
        elif np.isnan(published):
            yield units.say(NO_AREA, row, vi="không có diện tích công bố", en="there is no published area")
        elif units.drawn[row] > 0:
            drawn = float(units.drawn[row])
            off = (drawn / published - 1) * 100
            if abs(off) > least:
                yield _off(units, row, drawn, published, off)


def _off(units: _Units, row: int, drawn: float, published: float, off: float) -> Finding:
    kind = AREA_NOTE
    if abs(off) > AREA_WARNING_PCT:
        kind = AREA_ERROR if abs(off) > AREA_ERROR_PCT else AREA_WARNING
    drawn_vi, drawn_en = number(drawn, digits=2), number(drawn, digits=2, lang="en")
    legal_vi, legal_en = number(published, digits=2), number(published, digits=2, lang="en")
    return units.say(
        kind,
        row,
        vi=f"vẽ {drawn_vi} km², công bố {legal_vi} km², lệch {percent(off)}",
        en=f"drawn {drawn_en} km², published {legal_en} km², off by {percent(off, lang='en')}",
    )


def _people(units: _Units, densities: tuple[float, float], column: str) -> Iterator[Finding]:
    report = units.report
    values, unread = readable_numbers(report.frame[column], what=report.what)
    for row, people in enumerate(values.tolist()):
        if row in unread or people < 0 or not (np.isnan(people) or people.is_integer()):
            text = str(report.frame[column].iloc[row])[:40]
            vi = f"dân số “{text}” không phải là số người"
            en = f"the population “{text}” is no number of people"
            yield units.say(PEOPLE, row, vi=vi, en=en)
            continue
        area = float(units.drawn[row])
        if area > 0 and not np.isnan(people) and not densities[0] <= people / area <= densities[1]:
            per, per_en = number(people / area, digits=1), number(people / area, digits=1, lang="en")
            vi = f"{number(people)} người trên {number(area, digits=2)} km² là {per} người/km²"
            en = f"{number(people, lang='en')} people on {number(area, digits=2, lang='en')} km²"
            yield units.say(DENSITY, row, vi=vi, en=f"{en} make {per_en} per km²")
