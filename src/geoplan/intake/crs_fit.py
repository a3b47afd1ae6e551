"""Which coordinate system a layer's raw coordinates are in, judged by where each would put it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import shapely
from pyproj import CRS, Transformer

from geoplan import crs
from geoplan.intake.crs_systems import (
    Sample,
    System,
    on_vietnam,
    place,
    shift_is_known,
    systems,
    take,
    within,
)
from geoplan.intake.meridians import Meridian, labels, meridians_for
from geoplan.text import number, percent

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd
    from numpy.typing import NDArray

    from geoplan.errors import Lang

Verdict = Literal["fits", "possible", "impossible"]
Words = tuple[str, str]

_RULER: Final = CRS.from_epsg(32648)
"""A conformal plane for distances: within 0.3 % over the whole country."""
_TO_RULER: Final = Transformer.from_crs(crs.WGS84, _RULER, always_xy=True)
BORDER_METRES: Final = 25.0
"""Outlines this near to a known border follow it: more than drawing differs, far less than 220 m."""
_BORDER_SHARE: Final = 0.3
_LEAST_OVERLAP: Final = 10.0
_TOUCH: Final = 1.0
_ALIKE: Final = 5.0
_FEW: Final = 20
_WHERE: Final[dict[str, Words]] = {
    "nowhere": ("không có vị trí hợp lệ trong hệ này", "no valid place in this system"),
    "abroad": ("rơi ra ngoài Việt Nam", "falls outside Vietnam"),
    "area": ("rơi ra ngoài vùng áp dụng của hệ", "falls outside the system's area of use"),
}


@dataclass(frozen=True)
class Fit:
    """What comes of reading a layer's coordinates in one coordinate system.

    Attributes
    ----------
    epsg, name
        The system.
    swapped
        Whether x and y are exchanged.
    verdict
        ``impossible``: most of the layer lies outside Vietnam, or outside the system's area of use
        and follows no known border there;
        ``fits``: no other system fits the known communes clearly better (several may fit);
        ``possible``: neither.
    overlap_pct
        Share of the layer (of its area; of its points when it has no polygon) on known communes;
        None when it is impossible or no commune is known.
    distance_km
        Median distance from the layer's outline (its points when it has none) to the nearest border
        of a known commune, in kilometres; None likewise.
    reasons
        In Vietnamese and in English.
    no_datum_shift
        The system fits when VN-2000 is taken for WGS 84: the seven parameters were left out.
    """

    epsg: int
    name: str
    swapped: bool
    verdict: Verdict
    overlap_pct: float | None
    distance_km: float | None
    reasons: tuple[Words, ...]
    no_datum_shift: bool = False

    def label(self, lang: Lang = "vi") -> str:
        """The system for reading: code, name, and what is unusual."""
        text = f"EPSG:{self.epsg} {self.name}"
        if self.swapped:
            text += " (đảo trục x, y)" if lang == "vi" else " (axes x, y swapped)"
        if self.no_datum_shift:
            text += " (thiếu 7 tham số)" if lang == "vi" else " (without the 7 parameters)"
        return text


@dataclass(frozen=True)
class _Trial:
    """One system tried, with what was measured."""

    system: System
    swapped: bool
    shift: bool
    where: str = ""
    overlap: float | None = None
    borders: float = 0.0
    distance: float | None = None
    ballpark: bool = False
    strayed: bool = False


class _Ground:
    """The known communes, ready to be laid under many trials."""

    def __init__(self, known: gpd.GeoDataFrame) -> None:
        shapes = crs.from_lonlat(crs.to_lonlat(known, what="known"), _RULER) if len(known) else np.array([])
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        parts = shapely.get_parts(shapes) if len(shapes) else shapes
        self.communes = parts[shapely.get_dimensions(parts) == 2] if len(parts) else parts  # noqa: PLR2004
        shapely.prepare(self.communes)
        self._borders = shapely.STRtree(_pieces(shapely.get_rings(self.communes)) if len(parts) else [])

    def covers(self, points: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which points lie on a known commune."""
        hit = np.zeros(len(points), dtype=bool)
        hit[shapely.STRtree(points).query(self.communes, predicate="intersects")[1]] = True
        return hit

    def follows(self, points: NDArray[np.object_]) -> NDArray[np.bool_]:
        """Which points lie along a border."""
        hit = np.zeros(len(points), dtype=bool)
        hit[self._borders.query(points, predicate="dwithin", distance=BORDER_METRES)[0]] = True
        return hit

    def kilometres(self, points: NDArray[np.object_]) -> float:
        """Median distance to the nearest border, of a hundred points."""
        some = points[:: max(1, len(points) // 100)]
        _, metres = self._borders.query_nearest(some, return_distance=True, all_matches=False)
        return float(np.median(metres)) / 1000


def _pieces(rings: NDArray[np.object_], *, size: int = 50) -> NDArray[np.object_]:
    """Rings as lines of at most `size` edges: the nearest of many short lines is found fast."""
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    rows = np.arange(len(ring))
    first = np.append(True, ring[1:] != ring[:-1])
    begins = (rows - np.maximum.accumulate(np.where(first, rows, 0))) % size == 0
    begins &= ~np.append(first[1:], True)
    piece = np.cumsum(begins) - 1
    joint = begins & ~first  # ends the piece before as well
    row = np.append(rows, rows[joint])
    member = np.append(piece, piece[joint] - 1)
    order = np.lexsort((row, member))
    return np.asarray(shapely.linestrings(coordinates[row[order]], indices=member[order]))


def placed(
    sample: Sample, system: CRS, *, swapped: bool = False, datum_shift: bool = True
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where a system puts the points of a sample: longitude and latitude."""
    x, y = (sample.y, sample.x) if swapped else (sample.x, sample.y)
    return place(x, y, system, datum_shift=datum_shift)


def whereabouts(
    lon: NDArray[np.float64], lat: NDArray[np.float64], area: tuple[float, float, float, float] | None
) -> str:
    """Why most of the places cannot be: a key of `_WHERE`; empty when they can."""
    if np.mean(np.isfinite(lon) & np.isfinite(lat)) < 0.5:  # noqa: PLR2004 - most of them
        return "nowhere"
    here = on_vietnam(lon, lat)
    if here.mean() < 0.5:  # noqa: PLR2004
        return "abroad"
    if area is not None and (here & within(lon, lat, area)).mean() < 0.5:  # noqa: PLR2004
        return "area"
    return ""


def _try(sample: Sample, ground: _Ground, system: System, *, swapped: bool, shift: bool) -> _Trial:
    lon, lat = placed(sample, system.crs, swapped=swapped, datum_shift=shift)
    where = whereabouts(lon, lat, system.area)
    trial = _Trial(system, swapped=swapped, shift=shift, where=where)
    if where and (where != "area" or not sample.outlined):
        return trial
    here = on_vietnam(lon, lat)
    sure = shift_is_known(system.crs, float(np.median(lon[here])), float(np.median(lat[here])))
    trial = replace(trial, ballpark=not sure)
    if not len(ground.communes):
        return trial
    points = np.full(len(lon), shapely.Point(), dtype=object)
    points[here] = shapely.points(*_TO_RULER.transform(lon[here], lat[here]))
    covered = ground.covers(points)
    overlap = 100.0 * float(np.average(covered[: sample.inner], weights=sample.weight))
    outline = slice(sample.inner, None) if sample.outlined else slice(0, sample.inner)
    borders = 0.0
    if sample.outlined and overlap >= _TOUCH:
        # Only what lies on the known communes can follow their borders: a layer may reach far beyond them.
        near = ground.follows(points[outline])
        about = covered[outline] | near
        borders = float(near.sum() / about.sum()) if about.sum() >= _FEW else 0.0
    if where and borders < _BORDER_SHARE:
        return trial
    return replace(
        trial,
        where="",
        strayed=bool(where),
        overlap=overlap,
        borders=borders,
        distance=ground.kilometres(points[outline][here[outline]]),
    )


def _best(trials: list[_Trial]) -> tuple[list[_Trial], bool]:
    """The trials that no other beats clearly, and whether borders decided it.

    Borders decide where an outline follows the known ones: they tell neighbouring zones and datums
    apart, an overlap may not. Without them nothing with half the best overlap is ruled out.
    """
    top = max((t.borders for t in trials), default=0.0)
    if top >= _BORDER_SHARE:
        return [t for t in trials if t.borders >= top / 2], True
    most = max((t.overlap or 0.0 for t in trials), default=0.0)
    if most < _LEAST_OVERLAP:
        return [], False
    return [t for t in trials if (t.overlap or 0.0) >= max(_LEAST_OVERLAP, most / 2)], False


def fit(
    frame: gpd.GeoDataFrame,
    *,
    known: gpd.GeoDataFrame,
    on: dt.date | None = None,
    province: str | None = None,
) -> list[Fit]:
    """Which Vietnamese coordinate systems the raw coordinates of a layer fit, best first.

    Parameters
    ----------
    frame
        Any layer. Its stated coordinate system is not looked at.
    known
        Polygons of known communes, of any number of cities; EPSG:4326 (others are transformed).
    on
        Date of the data; without it a province stands for all the meridians it ever had.
    province
        Whose central meridian is a reason, and goes first among systems that fit alike. No proof.

    Returns
    -------
    list of Fit
        Every system, each also with its axes swapped: those that fit, those that are possible, those
        that are not. All with the verdict ``fits`` explain the layer equally well. A TM-3 zone
        without the datum shift is listed only when borders show it.

    Raises
    ------
    UsageError
        When no province has that name on the date.
    CrsError
        When `known` states no coordinate system.

    Notes
    -----
    Works on at most some thousand points of the layer. Systems that put it within 25 m of each other
    are not told apart; nor are Hanoi 1972 and Indian 1960 in degrees from WGS 84 where PROJ knows no
    datum shift for them. A layer that lies on no known commune leaves all that is possible open.
    """
    lines = meridians_for(province, on)
    sample = take(frame)
    if not sample.inner:
        why = ("lớp không có tọa độ dùng được", "the layer has no usable coordinate")
        return [
            Fit(s.epsg, s.name, swapped, "impossible", None, None, (why,))
            for swapped in (False, True)
            for s in systems()
        ]
    ground = _Ground(known)
    trials = [
        _try(sample, ground, system, swapped=swapped, shift=True)
        for swapped in (False, True)
        for system in systems()
    ]
    open_ = [t for t in trials if not t.where]
    if sample.outlined and max((t.borders for t in trials), default=0.0) < _BORDER_SHARE:
        bare = [t for t in trials if t.system.meridian is not None and t.where in ("", "area")]
        without = [_try(sample, ground, t.system, swapped=t.swapped, shift=False) for t in bare]
        open_ += [t for t in without if not t.where and t.borders >= _BORDER_SHARE]
    best, by_borders = _best(open_)
    theirs = {line.epsg for line in lines}
    most = max((t.overlap or 0.0 for t in best), default=0.0)

    def order(trial: _Trial) -> tuple[float, ...]:
        lead = trial.borders if by_borders else 0.0
        if lead == 0.0 and trial not in best:
            lead = (trial.overlap or 0.0) / 100
        tied = trial in best
        return (
            float(not tied),
            -round(lead, 1),
            float(tied and (trial.overlap or 0.0) < most - _ALIKE),
            float(trial.system.epsg not in theirs),
            float(trial.swapped or not trial.shift),
            float(trial.ballpark),
            -round(trial.overlap or 0.0),
        )

    ranked = sorted(open_, key=order)
    fits = [_fit(t, sample, lines, fits=t in best) for t in ranked]
    return fits + [_fit(t, sample, lines, fits=False) for t in trials if t.where]


def _fit(trial: _Trial, sample: Sample, lines: tuple[Meridian, ...], *, fits: bool) -> Fit:
    if trial.where:
        verdict: Verdict = "impossible"
        reasons = [_WHERE[trial.where]]
    else:
        verdict = "fits" if fits else "possible"
        reasons = _reasons(trial, sample, lines)
    return Fit(
        epsg=trial.system.epsg,
        name=trial.system.name,
        swapped=trial.swapped,
        verdict=verdict,
        overlap_pct=trial.overlap,
        distance_km=trial.distance,
        reasons=tuple(reasons),
        no_datum_shift=not trial.shift,
    )


def _reasons(trial: _Trial, sample: Sample, lines: tuple[Meridian, ...]) -> list[Words]:
    out: list[Words] = []
    if trial.overlap is None:
        out.append(("chưa có xã nào để đối chiếu", "no known commune to compare with"))
    else:
        share = trial.overlap
        out.append(
            (
                f"{percent(share)} nằm trên các xã đã biết",
                f"{percent(share, lang='en')} lies on known communes",
            )
        )
    if trial.borders >= _BORDER_SHARE:
        share, near = 100 * trial.borders, number(BORDER_METRES)
        out.append(
            (
                f"{percent(share)} đường bao ở đó trùng ranh giới xã (trong {near} m)",
                f"{percent(share, lang='en')} of the outline there follows borders (within {near} m)",
            )
        )
    elif trial.distance is not None and (trial.overlap or 0.0) < _TOUCH:
        km = trial.distance
        out.append(
            (
                f"cách ranh giới xã đã biết {number(km, digits=1)} km",
                f"{number(km, digits=1, lang='en')} km from the known borders",
            )
        )
    if trial.strayed:
        out.append(("tuy ngoài vùng áp dụng của hệ", "although outside the system's area of use"))
    out += _meridian_reasons(trial, lines)
    if trial.ballpark:
        out.append(
            (
                "PROJ không có tham số chuyển datum cho vùng này: vị trí có thể lệch vài trăm mét",
                "PROJ has no datum shift for this area: the place may be some hundred metres off",
            )
        )
    if sample.left_out:
        out.append(
            (
                f"bỏ qua {sample.left_out}/{sample.features} đối tượng có tọa độ vô lý",
                f"{sample.left_out} of {sample.features} features left out: absurd coordinates",
            )
        )
    return out


def _meridian_reasons(trial: _Trial, lines: tuple[Meridian, ...]) -> list[Words]:
    if trial.system.meridian is None or not lines:
        return []
    mine = [line for line in lines if line.epsg == trial.system.epsg]
    vi, en = labels(mine or lines, "vi"), labels(mine or lines, "en")
    if mine:
        return [(f"đúng kinh tuyến trục của {vi}", f"the central meridian of {en}")]
    return [(f"khác kinh tuyến trục của {vi}", f"not the central meridian of {en}")]
