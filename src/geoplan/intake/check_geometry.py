"""What is wrong with the geometry of a layer, whatever the layer is: GEOM findings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import shapely

from geoplan.crs import PLANE
from geoplan.intake.findings import Code, Finding
from geoplan.intake.rings import needles, read_rings
from geoplan.intake.shapes import (
    Report,
    Shapes,
    first_corners,
    in_lonlat,
    in_plane,
    metres_per_unit,
    ordered,
    polygon_parts,
    read_shapes,
    spot,
    title,
    vertices_in_plane,
    width_m,
)
from geoplan.text import listing, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray
    from pyproj import CRS

_REPAIR: Final = (
    "Nhập với --repair để sửa, rồi xem nhật ký; hoặc vẽ lại chỗ đó.",
    "Import with --repair to mend it and read the log; or redraw that spot.",
)
_BY_ITSELF: Final = ("Tự được bỏ khi nhập.", "Taken away on import.")
INVALID: Final = Code("GEOM-01", "error", ("Hình không hợp lệ", "Invalid geometry"), _REPAIR)
SPIKE: Final = Code(
    "GEOM-02",
    "warning",
    ("Gai nhọn", "Spike"),
    ("Xóa đỉnh ở đầu gai nếu nó không có thật.", "Delete the vertex at its tip unless it is real."),
)
REPEATED: Final = Code(
    "GEOM-03", "note", ("Đỉnh lặp hoặc phần suy biến", "Repeated vertices or a collapsed part"), _BY_ITSELF
)
DUPLICATE: Final = Code(
    "GEOM-04",
    "warning",
    ("Hai đối tượng cùng một hình", "Two features with one geometry"),
    ("Giữ một đối tượng, hoặc vẽ lại đối tượng kia.", "Keep one of them, or redraw the other."),
)
EMPTY: Final = Code(
    "GEOM-05",
    "error",
    ("Không có hình", "No geometry"),
    ("Vẽ vùng cho đối tượng, hoặc xóa dòng đó.", "Draw the polygon, or delete the row."),
)
HEIGHTS: Final = Code("GEOM-06", "note", ("Tọa độ có Z hoặc M", "Coordinates with Z or M"), _BY_ITSELF)
NOT_POLYGON: Final = Code(
    "GEOM-07",
    "error",
    ("Không phải vùng", "Not a polygon"),
    (
        "Chuyển thành vùng (polygon), hoặc để điểm và đường ở tệp khác.",
        "Make it a polygon, or keep points and lines in another file.",
    ),
)
SLIVER: Final = Code(
    "GEOM-08",
    "warning",
    ("Mảnh vụn", "Sliver"),
    ("Gộp mảnh vào vùng bên cạnh, hoặc xóa mảnh.", "Merge the piece with its neighbour, or delete it."),
)
NOT_FINITE: Final = Code(
    "GEOM-09",
    "error",
    ("Tọa độ không có trên mặt đất", "Coordinates that are no place"),
    (
        "Vẽ lại đối tượng; kiểm tra hệ tọa độ nếu nhiều đối tượng bị.",
        "Redraw the feature; check the coordinate system when many are hit.",
    ),
)
HUGE_RING: Final = Code(
    "GEOM-10",
    "warning",
    ("Đường biên quá nhiều đỉnh", "Ring with too many vertices"),
    ("Đơn giản hóa biên trước khi nhập.", "Simplify the border before import."),
)
NO_AREA: Final = Code(
    "GEOM-11",
    "error",
    ("Vùng không có diện tích", "Polygon without area"),
    ("Vẽ lại vùng, hoặc xóa dòng đó.", "Redraw the polygon, or delete the row."),
)
CODES: Final = (
    INVALID,
    SPIKE,
    REPEATED,
    DUPLICATE,
    EMPTY,
    HEIGHTS,
    NOT_POLYGON,
    SLIVER,
    NOT_FINITE,
    HUGE_RING,
    NO_AREA,
)

SPIKE_ANGLE_DEG: Final = 1.0
SPIKE_LEG_M: Final = 1.0
SLIVER_AREA_M2: Final = 10.0
SLIVER_WIDTH_M: Final = 0.5
MOST_VERTICES: Final = 1_000_000
_COLLAPSED_M: Final = 1e-6
_POLYGONS: Final = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
_REASONS: Final = {
    "Self-intersection": "biên tự cắt",
    "Ring Self-intersection": "biên tự chạm",
    "Hole lies outside shell": "lỗ nằm ngoài vùng",
    "Holes are nested": "lỗ nằm trong lỗ",
    "Nested shells": "phần nằm chồng trong phần khác",
    "Interior is disconnected": "lòng vùng bị cắt rời",
    "Duplicate Rings": "hai đường biên trùng nhau",
    "Too few points in geometry component": "đường biên quá ít đỉnh",
}
_REASON: Final = re.compile(r"^(?P<why>.*?)\s*\[(?P<x>\S+) (?P<y>\S+)\]$")
_TYPES_VI: Final = {
    shapely.GeometryType.POINT: "điểm",
    shapely.GeometryType.MULTIPOINT: "điểm",
    shapely.GeometryType.LINESTRING: "đường",
    shapely.GeometryType.LINEARRING: "đường",
    shapely.GeometryType.MULTILINESTRING: "đường",
}


def check_geometry(
    frame: gpd.GeoDataFrame,
    *,
    what: str,
    spike_angle_deg: float = SPIKE_ANGLE_DEG,
    spike_leg_m: float = SPIKE_LEG_M,
    sliver_area_m2: float = SLIVER_AREA_M2,
    sliver_width_m: float = SLIVER_WIDTH_M,
    most_vertices: int = MOST_VERTICES,
) -> list[Finding]:
    """What is wrong with the geometry of any polygon layer; nothing is changed.

    Parameters
    ----------
    frame
        The layer in its own coordinate system.
    what
        Its name for the sentences, such as a file name.
    spike_angle_deg, spike_leg_m
        A vertex is a spike when its angle is below this and both its sides are at least this long.
    sliver_area_m2, sliver_width_m
        A part of a feature is a sliver when it is smaller or narrower than this. The width is that of
        the rectangle with the part's area and perimeter.
    most_vertices
        A ring with more is reported.

    Returns
    -------
    list of Finding
        At most one per feature and code (GEOM-06: one for the layer), errors first, then by row. The
        place is a point, or the offending piece, in EPSG:4326.

    Raises
    ------
    CrsError
        When the layer has no coordinate system, or all its coordinates contradict it.

    Notes
    -----
    Angles, areas and widths are taken in the plane of `geoplan.crs.project`, where lengths are right
    within 14 % in Viet Nam. An invalid geometry is not searched for slivers: mend it first.
    """
    shapes = read_shapes(frame, what=what)
    report = Report(frame, what, shapes.crs)
    kinds = shapely.get_type_id(shapes.flat)
    sound = shapes.sound()
    polygons = np.isin(kinds, _POLYGONS) & ~shapely.is_empty(shapes.flat)
    drawn = polygons & (_widest_m(sound, shapes.crs) > _COLLAPSED_M)
    valid = shapely.is_valid(shapes.flat)
    outlines = np.where(drawn, shapes.flat, shapely.Polygon())
    limits = (spike_angle_deg, spike_leg_m, most_vertices)
    found = [
        *_absent(report, shapes),
        *_heights(report),
        *_not_polygons(report, shapes, kinds),
        *_without_area(report, shapes, polygons & ~drawn),
        *_invalid(report, shapes, drawn & ~valid),
        *_duplicates(report, shapes),
        *_on_rings(report, outlines, limits),
        *_slivers(report, np.where(drawn & valid, sound, shapely.Polygon()), sliver_area_m2, sliver_width_m),
    ]
    return ordered(found)


def _widest_m(shapes: NDArray[np.object_], crs: CRS) -> NDArray[np.float64]:
    """Width of the widest part of each shape, where edges are straight in the file's coordinates."""
    parts, feature = polygon_parts(shapes)
    widest = np.zeros(len(shapes))
    np.maximum.at(widest, feature, width_m(parts) * metres_per_unit(crs))
    return widest


def _absent(report: Report, shapes: Shapes) -> Iterator[Finding]:
    for row in np.flatnonzero(shapes.absent).tolist():
        yield report.say(EMPTY, row, vi="không có hình", en="there is no geometry")
    for row in np.flatnonzero(shapes.wild).tolist():
        yield report.say(
            NOT_FINITE,
            row,
            vi="có tọa độ không phải số hữu hạn hoặc không nằm trên trái đất",
            en="has coordinates that are not finite numbers or no place on the earth",
        )


def _heights(report: Report) -> Iterator[Finding]:
    geometries = report.frame.geometry.to_numpy()
    rows = np.flatnonzero(shapely.has_z(geometries) | shapely.has_m(geometries))
    if len(rows):
        names = [title(report.frame, row) for row in rows.tolist()]
        yield Finding(
            HEIGHTS,
            vi=f"{report.what}: {len(rows)} đối tượng có Z hoặc M, sẽ bỏ khi nhập: {listing(names)}.",
            en=f"{report.what}: {len(rows)} features have Z or M, dropped on import: "
            f"{listing(names, lang='en')}.",
        )


def _not_polygons(report: Report, shapes: Shapes, kinds: NDArray[np.int64]) -> Iterator[Finding]:
    rows = np.flatnonzero(~np.isin(kinds, _POLYGONS))
    for row, place in zip(rows.tolist(), report.places([shapes.flat[row] for row in rows]), strict=True):
        vi = _TYPES_VI.get(shapely.GeometryType(kinds[row]), "hình hỗn hợp")
        en = shapes.flat[row].geom_type
        yield report.say(
            NOT_POLYGON, row, vi=f"là {vi}, không phải vùng", en=f"is a {en}, not a polygon", place=place
        )


def _without_area(report: Report, shapes: Shapes, flat: NDArray[np.bool_]) -> Iterator[Finding]:
    rows = np.flatnonzero(flat)
    for row, place in zip(rows.tolist(), report.places(first_corners(shapes.flat[rows])), strict=True):
        yield report.say(
            NO_AREA, row, vi="vùng không có diện tích", en="the polygon has no area", place=place
        )


def _invalid(report: Report, shapes: Shapes, bad: NDArray[np.bool_]) -> Iterator[Finding]:
    rows = np.flatnonzero(bad)
    reasons = [_reason(shapes.flat[row]) for row in rows]
    points = report.places([point for _, point in reasons])
    for row, (why, _), point in zip(rows.tolist(), reasons, points, strict=True):
        yield report.say(
            INVALID,
            row,
            vi=f"{_REASONS.get(why, why)} tại {spot(point)}",
            en=f"{why} at {spot(point, 'en')}",
            place=point,
        )


def _reason(shape: Any) -> tuple[str, Any]:
    """Why GEOS calls a shape invalid, and where."""
    text = shapely.is_valid_reason(shape)
    found = _REASON.match(text)
    if found is None:
        return text, first_corners(np.array([shape], dtype=object))[0]
    return found["why"], shapely.Point(float(found["x"]), float(found["y"]))


def _duplicates(report: Report, shapes: Shapes) -> Iterator[Finding]:
    rows = np.flatnonzero(~shapely.is_empty(shapes.flat))
    keys = pd.DataFrame(shapely.bounds(shapes.flat[rows]), index=rows)
    keys["n"] = shapely.get_num_coordinates(shapes.flat[rows])
    rows = keys.index[keys.duplicated(keep=False)].to_numpy()
    first: dict[bytes, int] = {}
    for row, shape in zip(rows.tolist(), shapely.to_wkb(shapely.normalize(shapes.flat[rows])), strict=True):
        before = first.setdefault(shape, row)
        if before == row:
            continue
        other, place = (
            title(report.frame, before),
            report.places([shapely.point_on_surface(shapes.flat[row])])[0],
        )
        yield report.say(
            DUPLICATE,
            row,
            vi=f"trùng khít hình với {other} (đối tượng thứ {before + 1})",
            en=f"has exactly the geometry of {other} (feature {before + 1})",
            place=place,
        )


def _on_rings(
    report: Report, outlines: NDArray[np.object_], limits: tuple[float, float, int]
) -> Iterator[Finding]:
    """Spikes, repeated vertices, collapsed parts and huge rings."""
    angle, leg, most = limits
    rings = read_rings(vertices_in_plane(outlines, report.crs))
    sizes = np.bincount(rings.ring, minlength=len(rings.feature)) + 1
    for ring in np.flatnonzero(sizes > most):
        count = int(sizes[ring])
        yield report.say(
            HUGE_RING,
            int(rings.feature[ring]),
            vi=f"một đường biên có {number(count)} đỉnh",
            en=f"a ring has {number(count, lang='en')} vertices",
        )
    still = np.flatnonzero(~rings.run.any(axis=1))
    parts, feature = polygon_parts(outlines)
    thin = np.flatnonzero(width_m(parts) * metres_per_unit(report.crs) <= _COLLAPSED_M)
    rest = shapely.make_valid(parts[thin], method="structure", keep_collapsed=False)
    collapsed = thin[_widest_m(rest, report.crs) <= _COLLAPSED_M]
    corners = vertices_in_plane(first_corners(parts[collapsed]), report.crs)
    yield from _at_points(
        report,
        REPEATED,
        np.append(rings.feature[rings.ring[still]], feature[collapsed]),
        np.vstack([rings.end[still], shapely.get_coordinates(corners)]),
        ("đỉnh lặp hoặc phần suy biến", "repeated vertices or collapsed parts"),
    )
    sharp = needles(rings, angle, leg)
    rows = rings.feature[rings.ring[sharp]]
    yield from _at_points(report, SPIKE, rows, rings.end[sharp], ("gai nhọn", "spikes"))


def _at_points(
    report: Report, kind: Code, rows: NDArray[np.int64], points: NDArray[np.float64], words: tuple[str, str]
) -> Iterator[Finding]:
    """One finding per feature for points of the plane; the place is the first."""
    named, first, counts = np.unique(rows, return_index=True, return_counts=True)
    places = in_lonlat(shapely.points(points[first]), PLANE)
    for row, count, place in zip(named.tolist(), counts, places, strict=True):
        yield report.say(
            kind,
            row,
            vi=f"{words[0]} ({count}), chỗ đầu tại {spot(place)}",
            en=f"{words[1]} ({count}), the first at {spot(place, 'en')}",
            place=place,
        )


def _slivers(
    report: Report, shapes: NDArray[np.object_], least_area: float, least_width: float
) -> Iterator[Finding]:
    parts, feature = polygon_parts(shapes)
    flat = in_plane(parts, report.crs)
    area, width = shapely.area(flat), width_m(flat)
    thin = np.flatnonzero((area < least_area) | (width < least_width))
    thin = thin[np.argsort(area[thin], kind="stable")]
    rows, first, counts = np.unique(feature[thin], return_index=True, return_counts=True)
    places = report.places([parts[thin[i]] for i in first])
    for row, i, count, place in zip(rows.tolist(), thin[first], counts, places, strict=True):
        yield report.say(
            SLIVER,
            row,
            vi=f"mảnh vụn ({count}); mảnh nhỏ nhất {number(area[i], digits=2)} m², rộng "
            f"{number(width[i], digits=2)} m",
            en=f"slivers ({count}); the smallest has {number(area[i], digits=2, lang='en')} m² and is "
            f"{number(width[i], digits=2, lang='en')} m wide",
            place=place,
        )
