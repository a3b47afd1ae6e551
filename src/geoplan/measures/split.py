"""Cutting source units by target units: which part goes where, and with which share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geoplan import crs
from geoplan.errors import DataError, UsageError, listening, tell
from geoplan.intake.repair import polygonal
from geoplan.measures import overlay
from geoplan.measures.plan_layer import read_urban_land
from geoplan.measures.population import people_in_raster
from geoplan.measures.succession import LEAST_SHARE
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from geoplan.intake.raster import Raster
    from geoplan.measures.units import Units

Method = Literal["areal", "urban", "raster"]
METHODS: Final[tuple[Method, ...]] = ("areal", "urban", "raster")
OUTSIDE: Final = -1
_HALF: Final = 0.5
_ROUNDING: Final = 1e-9


class Part(NamedTuple):
    """What of a source lies in one target; `even` is its share if people were spread evenly."""

    source: int
    target: int
    how: Literal["official", "whole", "part"]
    basis: str
    share: float
    even: float
    km2: float


class Weigher:
    """What people are spread over: weights of polygons, and which of the methods it is."""

    basis: Method = "areal"

    def of(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        """Weights of the parts of one unit; all 0 where the method has nothing to say of the unit."""
        return crs.area_km2(shapes)

    def each(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        """Weights of several units, each by itself."""
        return self.of(shapes)


class _Urban(Weigher):
    basis = "urban"

    def __init__(self, land: NDArray[np.object_]) -> None:
        self._land = land

    def of(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        inside = overlay.Inside(shapes, self._land)
        land = np.array([overlay.km2(overlay.union(inside.parts(i)[1])) for i in range(len(shapes))])
        # a sliver along a border is no urban land: people would stand there by the thousand
        return np.where(land > LEAST_SHARE * crs.area_km2(shapes), land, 0.0)


class _Cells(Weigher):
    basis = "raster"

    def __init__(self, raster: Raster) -> None:
        self._raster = raster

    def of(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        layer = gpd.GeoDataFrame(
            {"code": [str(i) for i in range(len(shapes))]}, geometry=shapes, crs=crs.WGS84
        )
        with listening() as heard:
            people = people_in_raster(layer, raster=self._raster).to_numpy()
        # beyond the raster's edge nobody was counted: a part that reaches there spoils the whole unit
        return np.zeros(len(shapes)) if heard else np.nan_to_num(people)

    def each(self, shapes: NDArray[Any]) -> NDArray[np.float64]:
        return np.concatenate([[0.0] if shapely.is_empty(s) else self.of(_one(s)) for s in shapes])


def _one(shape: Any) -> NDArray[np.object_]:
    return np.array([shape], dtype=object)


def weigher_of(method: Method, urban_land: gpd.GeoDataFrame | None, raster: Raster | None) -> Weigher:
    """The weigher of a method, with its layer."""
    if method == "urban" and urban_land is not None:
        return _Urban(read_urban_land(urban_land))
    if method == "raster" and raster is not None:
        return _Cells(raster)
    return Weigher()


def official_targets(
    official: Mapping[str, str | Sequence[str]] | None, then: Units, now: Units
) -> dict[int, list[int]]:
    """Positions of sources and of the targets that the official table names; `OUTSIDE` for what is no target.

    Raises
    ------
    UsageError
        When codes repeat: the table could mean either unit.
    """
    if not official:
        return {}
    for units, what in ((then, "sources"), (now, "targets")):
        codes, times = np.unique(units.codes.astype(str), return_counts=True)
        if (times > 1).any():
            names = listing(codes[times > 1])
            raise UsageError(
                vi=f"{what}: mã lặp lại ({names}) nên không dùng được bảng chính thức; mỗi đơn vị một mã.",
                en=f"{what}: repeated codes ({names}), so that no official table can be used; one code each.",
            )
    place = {code: k for k, code in enumerate(now.codes)}
    named = {
        i: [to] if isinstance(to := official[code], str) else list(to)
        for i, code in enumerate(then.codes)
        if code in official
    }
    if not named:
        tell(
            vi="Bảng chính thức không nêu đơn vị cũ nào của lớp này; hãy kiểm tra mã (mất số 0 ở đầu?).",
            en="The official table names no source unit of this layer; check the codes (zeros lost?).",
        )
    strange = sorted({code for codes in named.values() for code in codes if code not in place})
    if strange:
        tell(
            vi=f"Bảng chính thức nêu đơn vị mới không có trong lớp: {listing(strange)}; "
            "phần chuyển về đó tính là ở ngoài.",
            en=f"The official table names new units that the layer lacks: {listing(strange, lang='en')}; "
            "what goes there counts as outside.",
        )
    return {i: sorted({place.get(code, OUTSIDE) for code in codes}) for i, codes in named.items() if codes}


def split(
    then: Units, now: Units, *, weigher: Weigher, official: Mapping[int, Collection[int]]
) -> list[Part]:
    """The parts of all sources, in the order of the sources, the largest share first.

    Raises
    ------
    DataError
        When a source has neither a polygon nor one target in the official table.
    """
    inside = overlay.Inside(then.shapes, now.shapes)
    bare = [
        i for i, shape in enumerate(then.shapes) if shapely.is_empty(shape) and len(official.get(i, ())) != 1
    ]
    if bare:
        names = listing(title(then, i) for i in bare)
        raise DataError(
            vi=f"Đơn vị cũ không có hình và không có trong bảng chính thức: {names}; hãy thêm một trong hai.",
            en=f"Source units with neither a polygon nor a place in the official table: {names}; add either.",
        )
    notes = _Notes([], [], [])
    parts: list[Part] = []
    for i in range(len(then.shapes)):
        cut = _cut(then.shapes[i], then.area_km2[i], *inside.parts(i))
        named = list(official.get(i, ()))
        if len(named) == 1:
            parts.append(_moved_whole(i, named[0], cut, then, notes))
        else:
            keep = _kept(cut, then.area_km2[i], now)
            if named and (keep & np.isin(cut.targets, named)).any():
                keep &= np.isin(cut.targets, named)
            elif named:
                notes.elsewhere.append(i)
            parts += _shared(i, cut.only(keep), weigher, notes)
    _tell(notes, then, weigher)
    return parts


class _Cut(NamedTuple):
    """A source cut by the targets; the last piece is outside them all."""

    targets: NDArray[np.intp]
    shapes: NDArray[np.object_]
    km2: NDArray[np.float64]

    def only(self, keep: NDArray[np.bool_]) -> _Cut:
        """Some of the pieces."""
        return _Cut(self.targets[keep], self.shapes[keep], self.km2[keep])


class _Notes(NamedTuple):
    """Sources split by area after all, moved against the drawing, or drawn elsewhere than named."""

    by_area: list[int]
    against: list[int]
    elsewhere: list[int]


def _cut(outline: Any, area_km2: float, which: NDArray[np.intp], pieces: NDArray[np.object_]) -> _Cut:
    km2 = crs.area_km2(pieces)
    if len(pieces) == 1 and km2[0] >= area_km2 * (1 - _ROUNDING):
        rest = _one(overlay.EMPTY)  # the usual case: all of it lies in one target
    else:
        rest = polygonal(_one(shapely.difference(outline, overlay.union(pieces))))
    shapes = np.concatenate([pieces, rest])
    return _Cut(np.append(which, OUTSIDE), shapes, np.append(km2, crs.area_km2(rest)))


def _moved_whole(i: int, to: int, cut: _Cut, then: Units, notes: _Notes) -> Part:
    """A source as the official table has it, with how much of it is drawn there."""
    km2 = float(cut.km2[cut.targets == to].sum())
    if km2 < _HALF * then.area_km2[i]:
        notes.against.append(i)
    return Part(i, to, "official", "official", 1.0, 1.0, km2)


def _shared(i: int, cut: _Cut, weigher: Weigher, notes: _Notes) -> list[Part]:
    """The pieces of a source with their shares of its count."""
    even = cut.km2 / cut.km2.sum()
    if len(even) == 1:
        return [Part(i, int(cut.targets[0]), "whole", "areal", 1.0, 1.0, float(cut.km2[0]))]
    weights, basis = weigher.of(cut.shapes), weigher.basis
    if not weights.sum() > 0:
        weights, basis = cut.km2, "areal"
        notes.by_area.append(i)
    shares = weights / weights.sum()
    order = np.lexsort((cut.targets, -even, -shares)).tolist()
    rows = zip(cut.targets.tolist(), shares.tolist(), even.tolist(), cut.km2.tolist(), strict=True)
    parts = [Part(i, to, "part", basis, share, evenly, km2) for to, share, evenly, km2 in rows]
    return [parts[k] for k in order]


def _kept(cut: _Cut, area_km2: float, now: Units) -> NDArray[np.bool_]:
    """Which pieces are land that changed hands, and not two outlines drawn apart."""
    of_target = np.append(cut.km2[:-1] / now.area_km2[cut.targets[:-1]], 0.0)
    keep = np.maximum(cut.km2 / area_km2, of_target) > LEAST_SHARE
    return keep if keep.any() else cut.km2 > 0


def _tell(notes: _Notes, then: Units, weigher: Weigher) -> None:
    by_area, against, elsewhere = ([title(then, i) for i in found] for found in notes)
    if by_area:
        lack = ("không có đất đô thị", "no urban land") if weigher.basis == "urban" else _NO_CELLS
        tell(
            vi=f"{len(by_area)} đơn vị cũ {lack[0]} nên chia theo diện tích: {listing(by_area)}.",
            en=f"{len(by_area)} source units with {lack[1]} were split by area: "
            f"{listing(by_area, lang='en')}.",
        )
    if against:
        tell(
            vi="Bảng chính thức khác hình vẽ (dưới một nửa diện tích nằm trong đơn vị mới), vẫn theo bảng: "
            f"{listing(against)}.",
            en="The official table was followed against the drawing (less than half lies in the new unit): "
            f"{listing(against, lang='en')}.",
        )
    if elsewhere:
        tell(
            vi="Hình vẽ không chạm đơn vị nào mà bảng chính thức nêu nên chia theo hình vẽ: "
            f"{listing(elsewhere)}.",
            en="Drawn in none of the units that the official table names, so split as drawn: "
            f"{listing(elsewhere, lang='en')}.",
        )


_NO_CELLS: Final = ("không có ai trong raster (hoặc vượt ra ngoài)", "nobody in the raster (or beyond it)")


def title(units: Units, i: int) -> str:
    """What a person would call a unit."""
    return str(units.names[i] or units.codes[i])
