"""Mending a layer on its way in: what was done to which feature, and by how much its area moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs as systems
from geoplan.errors import DataError
from geoplan.intake.borders import editions, unmatched_edges
from geoplan.intake.check_communes import TOLERANCE_M
from geoplan.intake.readable import readable_dates
from geoplan.intake.repair import made_valid, polygonal
from geoplan.intake.shapes import (
    in_lonlat,
    in_plane,
    metres_per_unit,
    polygon_parts,
    read_shapes,
    title,
    width_m,
)
from geoplan.text import listing, number

if TYPE_CHECKING:
    from collections.abc import Hashable

    from numpy.typing import NDArray
    from pyproj import CRS

    from geoplan import schema

LIMIT_PCT: Final = 0.01
_ROUNDS: Final = 5
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)


@dataclass(frozen=True)
class Change:
    """One thing that was done to one feature.

    Attributes
    ----------
    row
        Its label in the index of the layer.
    feature
        What a person would call it.
    code
        The finding that this mends, such as ``GEOM-01``.
    method
        What was done, such as ``make_valid(structure)``.
    area_before_km2, area_after_km2
        On the ellipsoid. Before: of the outline as it was, which for a ring that crosses itself counts
        the parts on the wrong side as negative.
    """

    row: Hashable
    feature: str
    code: str
    method: str
    area_before_km2: float
    area_after_km2: float


@dataclass(frozen=True)
class Cleaned:
    """A mended layer, and what was done to it."""

    frame: gpd.GeoDataFrame
    log: list[Change]


@dataclass
class _Work:
    """The geometries while they are mended, and the log; `moved` is the share of area that moved, in %."""

    frame: gpd.GeoDataFrame
    crs: CRS
    shapes: NDArray[np.object_]
    log: list[Change]
    moved: dict[int, float]
    lost: list[int]

    def change(self, row: int, after: Any, code: str, method: str, *, moved: Any = None) -> None:
        """Put a new shape in place; `moved` is the land that changes hands when that is known."""
        pair = np.array([self.shapes[row], after, moved or shapely.Polygon()], dtype=object)
        before_km2, after_km2, moved_km2 = systems.area_km2(in_lonlat(pair, self.crs)).tolist()
        share = max(abs(after_km2 - before_km2), moved_km2)
        if share:
            self.moved[row] = self.moved.get(row, 0.0) + (share / before_km2 * 100 if before_km2 else np.inf)
        self.log.append(
            Change(self.frame.index[row], title(self.frame, row), code, method, before_km2, after_km2)
        )
        self.shapes[row] = after


def clean(
    frame: gpd.GeoDataFrame,
    *,
    layer: schema.LayerName | None,
    what: str,
    repair: bool = False,
    limit_pct: float = LIMIT_PCT,
    tolerance_m: float = TOLERANCE_M,
) -> Cleaned:
    """Mend what may be mended in a layer; drop nothing.

    In this order: Z and M go; lines and points that are mixed with polygons in one feature go; invalid
    polygons are mended by ``make_valid(method="structure", keep_collapsed=False)``; repeated vertices
    go; communes that are no coverage are made one by ``coverage_clean``, which snaps vertices closer
    than the tolerance, gives land of two to the one with the longer border, and closes gaps narrower
    than the tolerance. Plans may overlap: they are never made a coverage.

    Parameters
    ----------
    frame
        Any layer in its own coordinates; not changed.
    layer
        What it is; only ``communes`` are made a coverage, those in force together.
    what
        Its name for the sentences.
    repair
        Whether features may change by more than `limit_pct`.
    limit_pct
        The largest share of a feature's area, in %, that may change hands without `repair`.
    tolerance_m
        In metres on the ground (along a meridian when the coordinates are degrees).

    Returns
    -------
    Cleaned
        The layer with its index, columns, coordinate system and order; features that were not mended
        keep their geometry to the last bit. Features that have no polygon stay as they are.

    Raises
    ------
    CrsError
        When the layer has no coordinate system.
    DataError
        When a coordinate is no place on the earth; when a feature would change by more than
        `limit_pct` and `repair` is False; when a feature would vanish (always).

    Notes
    -----
    Borders are mended in the coordinates of the file, not in a plane: neighbours share vertices to the
    last bit only there. Where very much is wrong, borders may be left that do not match:
    `check_communes` tells. Spikes, slivers and duplicates are reported by the checks and left alone.
    """
    read = read_shapes(frame, what=what)
    if read.wild.any():
        names = [title(frame, row) for row in np.flatnonzero(read.wild).tolist()]
        raise DataError(
            vi=f"{what}: tọa độ không có trên mặt đất ở {listing(names)}; hãy vẽ lại các đối tượng đó.",
            en=f"{what}: coordinates that are no place on the earth in {listing(names, lang='en')}; redraw "
            "those features.",
        )
    original = np.array(frame.geometry.to_numpy(), dtype=object)
    work = _Work(frame, read.crs, original.copy(), [], {}, [])
    _flatten(work)
    _validate(work)
    _thin(work)
    if layer == "communes" and not work.lost:
        for rows in _together(frame, what):
            _cover(work, rows, tolerance_m)
    _refuse(work, what, repair=repair, limit_pct=limit_pct)
    shapes = gpd.GeoSeries(work.shapes, index=frame.index, crs=frame.crs, name=frame.geometry.name)
    return Cleaned(frame.set_geometry(shapes) if work.log else frame.copy(), work.log)


def _flatten(work: _Work) -> None:
    """Z and M go, and what is no polygon from features that have polygons too."""
    for row in np.flatnonzero(shapely.has_z(work.shapes) | shapely.has_m(work.shapes)).tolist():
        work.change(row, shapely.force_2d(work.shapes[row]), "GEOM-06", "force_2d")
    kinds = shapely.get_type_id(work.shapes)
    for row in np.flatnonzero(kinds == shapely.GeometryType.GEOMETRYCOLLECTION).tolist():
        mixed = work.shapes[row]
        faces = polygonal(work.shapes[[row]])[0] if mixed.is_valid else made_valid(mixed)
        if not faces.is_empty:
            work.change(row, faces, "GEOM-07", "polygons only")


def _validate(work: _Work) -> None:
    """Invalid polygons are made valid; one that would vanish is kept for the refusal."""
    drawn = np.isin(shapely.get_type_id(work.shapes), _POLYGONS)
    for row in np.flatnonzero(drawn & ~shapely.is_valid(work.shapes)).tolist():
        mended = made_valid(work.shapes[row])
        if mended.is_empty:
            work.lost.append(row)
        else:
            work.change(row, mended, "GEOM-01", "make_valid(structure)")


def _thin(work: _Work) -> None:
    """Repeated vertices go."""
    drawn = np.isin(shapely.get_type_id(work.shapes), _POLYGONS)
    drawn[work.lost] = False
    rows = np.flatnonzero(drawn & ~shapely.is_empty(work.shapes))
    thinner = shapely.remove_repeated_points(work.shapes[rows])
    fewer = shapely.get_num_coordinates(thinner) < shapely.get_num_coordinates(work.shapes[rows])
    for row, shape in zip(rows[fewer].tolist(), thinner[fewer], strict=True):
        work.change(row, shape, "GEOM-03", "remove_repeated_points")


def _together(frame: gpd.GeoDataFrame, what: str) -> list[NDArray[np.int64]]:
    """Positions of the units in force together."""
    none = pd.Series(None, index=frame.index, dtype=object)
    columns = (frame.get("valid_from", none), frame.get("valid_to", none))
    return editions(*(readable_dates(column, what=what)[0] for column in columns))


def _cover(work: _Work, rows: NDArray[np.int64], tolerance_m: float) -> None:
    """Make the units in force together a coverage, unless they are one."""
    drawn = np.isin(shapely.get_type_id(work.shapes[rows]), _POLYGONS)
    rows = rows[drawn & ~shapely.is_empty(work.shapes[rows])]
    before = work.shapes[rows]
    after = _coverage(before, work.crs, tolerance_m)
    for i in np.flatnonzero(~_same(before, after)).tolist():
        row = int(rows[i])
        if after[i].is_empty:
            work.lost.append(row)
            continue
        lost, won = shapely.difference(before[i], after[i]), shapely.difference(after[i], before[i])
        shape, code = after[i], "COV-04"
        if _wide(lost, work.crs, tolerance_m):
            code = "COV-01"
        elif _wide(won, work.crs, tolerance_m):
            code = "COV-02"
        if before[i].geom_type == "MultiPolygon" and shape.geom_type == "Polygon":
            shape = shapely.multipolygons([shape])
        work.change(row, shape, code, "coverage_clean", moved=polygonal(np.array([lost.union(won)]))[0])


def _coverage(shapes: NDArray[np.object_], crs: CRS, tolerance_m: float) -> NDArray[np.object_]:
    """The shapes as a coverage; themselves when they are one. Snapping can leave work for another round."""
    near = tolerance_m / metres_per_unit(crs)
    for _ in range(_ROUNDS):
        if shapely.is_empty(unmatched_edges(shapes, crs, within_m=tolerance_m)).all():
            break
        before = shapes
        shapes = np.asarray(
            shapely.coverage_clean(before, gap_width=near, snapping_distance=near), dtype=object
        )
        if shapely.is_empty(shapes).any() or _same(before, shapes).all():
            break
    return shapes


def _same(before: NDArray[np.object_], after: NDArray[np.object_]) -> NDArray[np.bool_]:
    """Whether shapes have the same rings, wherever these start and whether or not they are multipolygons."""
    one, other = (
        shapely.normalize([shapely.multipolygons(shapely.get_parts(s)) for s in shapes])
        for shapes in (before, after)
    )
    return np.asarray(shapely.equals_exact(one, other, tolerance=0.0))


def _wide(shape: Any, crs: CRS, above_m: float) -> bool:
    parts, _ = polygon_parts(np.array([shape], dtype=object))
    return bool((width_m(in_plane(parts, crs)) > above_m).any())


def _refuse(work: _Work, what: str, *, repair: bool, limit_pct: float) -> None:
    if work.lost:
        names = [title(work.frame, row) for row in sorted(work.lost)]
        raise DataError(
            vi=f"{what}: không tự sửa được, vì sẽ làm mất {len(names)} đối tượng "
            f"({listing(names)}); hãy vẽ lại hoặc xóa các đối tượng đó rồi nhập lại.",
            en=f"{what}: cannot be mended, for {len(names)} features would vanish "
            f"({listing(names, lang='en')}); redraw or delete them, then import again.",
        )
    far = sorted(row for row, share in work.moved.items() if share > limit_pct)
    if far and not repair:
        names = [title(work.frame, row) for row in far]
        limit, limit_en = number(limit_pct, digits=2), number(limit_pct, digits=2, lang="en")
        raise DataError(
            vi=f"{what}: sửa sẽ đổi quá {limit} % diện tích của {len(names)} đối tượng ({listing(names)}); "
            "hãy sửa tệp, hoặc nhập với --repair để chấp nhận.",
            en=f"{what}: mending would change {len(names)} features by more than {limit_en} % of their area "
            f"({listing(names, lang='en')}); mend the file, or import with --repair to accept it.",
        )
