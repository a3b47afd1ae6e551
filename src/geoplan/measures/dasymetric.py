"""Dasymetric redistribution: people of a unit put on its urban land, and counted in other units or a grid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geoplan import crs, schema
from geoplan.errors import UsageError, tell
from geoplan.intake.repair import mend, polygonal
from geoplan.measures import overlay
from geoplan.measures.apportion import STEP, apportion
from geoplan.measures.units import Units, read_units
from geoplan.text import listing

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS: Final = ["code", "name", "people", "people_known", "missing"]
_MOST_CELLS: Final = 4_000_000
_ROUNDING: Final = 1e-9


class _Land(NamedTuple):
    """Pieces of land on which people of a unit are put, each with its weight."""

    shapes: NDArray[np.object_]
    unit: NDArray[np.int64]
    weight: NDArray[np.float64]


class _Pieces(NamedTuple):
    """Land of a unit in a target: which unit, which target, and weighted km²."""

    unit: NDArray[np.int64]
    target: NDArray[np.int64]
    amount: NDArray[np.float64]


def dasymetric(
    communes: gpd.GeoDataFrame,
    *,
    targets: gpd.GeoDataFrame,
    urban_land: gpd.GeoDataFrame,
    population_column: str = "population",
    weight_column: str | None = None,
    id_column: str | None = None,
    whole: bool = False,
) -> pd.DataFrame:
    """People of targets, when the people of each commune live on its urban land only, evenly.

    Parameters
    ----------
    communes
        Polygons in any CRS, not changed, with the number of people.
    targets
        Polygons in any CRS: other units, or `grid_cells`. Where targets overlap, land counts for both and
        its people are divided between them.
    urban_land
        Polygons in any CRS; overlapping ones count once.
    population_column
        Column of the communes; empty or negative is unknown.
    weight_column
        Column of `urban_land` with how densely people live on it, in any unit (9 and 1 for a core and its
        outskirts); where pieces overlap the larger holds. Without it all urban land is alike.
    id_column
        Column of the communes with their code; found when None.
    whole
        Only whole persons, by largest remainders; else in steps of 2⁻²⁰.

    Returns
    -------
    pandas.DataFrame
        Aligned on the targets: ``code, name, people, people_known, missing``. ``people`` is NaN where a
        commune with land in the target has no count (named in ``missing``); ``people_known`` leaves it
        out. ``table.attrs["outside"]`` is the number of people on land in no target: nobody is lost, the
        known people and the outside add up to the communes' counts. ``table.attrs["by_area"]`` names the
        communes without urban land.

    Warns
    -----
    DataWarning
        When a commune has no urban land (or none with a weight): its people are spread over its whole
        area. And as `coverage`.

    Raises
    ------
    CrsError, DataError, UsageError
        As `coverage`; and when a named column is missing, a weight is negative or not a number, or a
        commune has people and no polygon.

    Notes
    -----
    Binary (or weighted) dasymetric mapping (J. Mennis, Generating surface models of population using
    dasymetric mapping, The Professional Geographer 55, 2003); areas on the WGS 84 ellipsoid. How far such
    figures may be off `crosswalk` says, with ``method="urban"``.
    """
    then, now = read_units(communes, id_column=id_column), read_units(targets)
    counts = _counts(communes, population_column)
    titles = np.array([str(name or code) for name, code in zip(then.names, then.codes, strict=True)])
    _require_land(then, counts, titles)
    land, bare = _land_of(then, urban_land, weight_column)
    if len(bare):
        tell(
            vi=f"communes: {len(bare)} xã không có đất đô thị nên rải dân đều trên cả xã: "
            f"{listing(titles[bare])}.",
            en=f"communes: {len(bare)} communes without urban land have their people spread over all of "
            f"their area: {listing(titles[bare], lang='en')}.",
        )
    pieces = _pieces(land, now)
    known, outside = _shared_out(counts, land, pieces, len(now.codes), step=1 if whole else STEP)
    missing = np.full(len(now.codes), "", dtype=object)
    lacking = np.isnan(counts[pieces.unit]) & (pieces.amount > 0)
    for k in np.unique(pieces.target[lacking]).tolist():
        missing[k] = ", ".join(np.unique(titles[pieces.unit[lacking & (pieces.target == k)]]))
    table = pd.DataFrame(
        {
            "code": now.codes,
            "name": now.names,
            "people": np.where(missing != "", np.nan, known),
            "people_known": known,
            "missing": missing,
        },
        index=targets.index,
        columns=COLUMNS,
    )
    table.attrs |= {"outside": outside, "by_area": titles[bare].tolist()}
    return table


def grid_cells(communes: gpd.GeoDataFrame, *, step: float) -> gpd.GeoDataFrame:
    """Squares of `step` degrees that meet the communes: targets for `dasymetric`, in EPSG:4326.

    Returns
    -------
    geopandas.GeoDataFrame
        ``code`` (row and column from the equator and Greenwich, such as ``2105/10580``) and geometry; the
        same place has the same cell whatever the communes.

    Raises
    ------
    UsageError
        When the step is not positive, or gives more than 4 million cells.
    CrsError, DataError
        As `coverage`.
    """
    sound, _ = mend(communes, what="communes")
    shapes = crs.overlay_shapes(sound, what="communes")
    shapes = shapes[~shapely.is_empty(shapes)]
    ends = np.zeros(4, dtype=np.int64)
    if step > 0:
        bounds = shapely.total_bounds(shapes) / step
        ends = np.r_[np.floor(bounds[:2]), np.ceil(bounds[2:])].astype(np.int64)
    if not step > 0 or int(ends[2] - ends[0]) * int(ends[3] - ends[1]) > _MOST_CELLS:
        raise UsageError(
            vi=f"step={step} độ không dùng được: phải lớn hơn 0 và cho không quá 4 triệu ô.",
            en=f"step={step} degrees cannot be used: it must be above 0 and give 4 million cells at most.",
        )
    column, row = (a.ravel() for a in np.meshgrid(np.arange(ends[0], ends[2]), np.arange(ends[1], ends[3])))
    cells = shapely.box(column * step, row * step, (column + 1) * step, (row + 1) * step)
    met = np.unique(shapely.STRtree(cells).query(shapes, predicate="intersects")[1])
    codes = [f"{r}/{c}" for r, c in zip(row[met].tolist(), column[met].tolist(), strict=True)]
    return gpd.GeoDataFrame({"code": codes}, geometry=cells[met], crs=crs.WGS84)


def _counts(communes: gpd.GeoDataFrame, column: str) -> NDArray[np.float64]:
    layer = schema.aligned(communes, "communes", what="communes")
    found = schema.numbers(layer[schema.named_column(layer, column, what="communes")], what="communes")
    negative = found < 0
    if negative.any():
        rows = listing(found.index[negative])
        tell(
            vi=f"communes: dân số âm ở dòng {rows}, coi như chưa có số liệu.",
            en=f"communes: a negative population in row {rows} counts as unknown.",
        )
    return found.where(~negative).to_numpy(dtype="float64")


def _require_land(then: Units, counts: NDArray[np.float64], titles: NDArray[Any]) -> None:
    """Refuse people without a place: they would be lost."""
    lost = shapely.is_empty(then.shapes) & (np.nan_to_num(counts) > 0)
    if lost.any():
        raise UsageError(
            vi=f"communes: có dân mà không có hình vùng: {listing(titles[lost])}; hãy thêm ranh giới.",
            en=f"communes: people but no polygon: {listing(titles[lost], lang='en')}; add the outline.",
        )


def _land_of(
    then: Units, urban_land: gpd.GeoDataFrame, weight_column: str | None
) -> tuple[_Land, NDArray[np.intp]]:
    """The land of each unit with weights, none of it twice; and units that have none, with all their area."""
    schema.require_layer(urban_land, what="urban_land")
    crs.require_crs(urban_land, what="urban_land")
    sound, _ = mend(urban_land, what="urban_land")
    weights = _weights(urban_land, weight_column)
    inside = overlay.Inside(then.shapes, crs.overlay_shapes(sound, what="urban_land"))
    shapes: list[Any] = []
    unit: list[int] = []
    weight: list[float] = []
    bare = []
    for i, outline in enumerate(then.shapes):
        which, parts = inside.parts(i)
        taken, before = overlay.EMPTY, len(shapes)
        for w in sorted({float(v) for v in weights[which] if v > 0}, reverse=True):
            here = overlay.union(parts[weights[which] == w])
            fresh = here if taken.is_empty else polygonal(np.array([shapely.difference(here, taken)]))[0]
            if overlay.km2(fresh) > overlay.NOTHING_KM2:
                shapes.append(fresh)
                unit.append(i)
                weight.append(w)
            taken = overlay.union(np.array([taken, here], dtype=object))
        if len(shapes) == before and not shapely.is_empty(outline):
            bare.append(i)
            shapes.append(outline)
            unit.append(i)
            weight.append(1.0)
    land = _Land(np.array(shapes, dtype=object), np.array(unit, np.int64), np.array(weight))
    return land, np.array(bare, np.intp)


def _weights(urban_land: gpd.GeoDataFrame, column: str | None) -> NDArray[np.float64]:
    if column is None:
        return np.ones(len(urban_land))
    named = urban_land[schema.named_column(urban_land, column, what="urban_land")]
    weights = schema.numbers(named, what="urban_land")
    wrong = ~(weights >= 0)
    if wrong.any():
        rows = listing(weights.index[wrong])
        raise UsageError(
            vi=f"urban_land: trọng số ở cột {column} trống hoặc âm ở dòng {rows}; hãy sửa.",
            en=f"urban_land: a weight in column {column} is empty or negative in row {rows}; mend it.",
        )
    return weights.to_numpy(dtype="float64")


def _pieces(land: _Land, now: Units) -> _Pieces:
    inside = overlay.Inside(now.shapes, land.shapes)
    unit, target, amount = [np.empty(0, np.int64)], [np.empty(0, np.int64)], [np.empty(0)]
    for k in range(len(now.codes)):
        which, parts = inside.parts(k)
        unit.append(land.unit[which])
        target.append(np.full(len(which), k))
        amount.append(crs.area_km2(parts) * land.weight[which])
    return _Pieces(np.concatenate(unit), np.concatenate(target), np.concatenate(amount))


def _shared_out(
    counts: NDArray[np.float64], land: _Land, pieces: _Pieces, targets: int, *, step: float
) -> tuple[NDArray[np.float64], float]:
    """People of each target and of the outside; those of a unit add up to its count."""
    every = np.bincount(land.unit, crs.area_km2(land.shapes) * land.weight, minlength=len(counts))
    order = np.argsort(pieces.unit, kind="stable")
    first = np.searchsorted(pieces.unit[order], np.arange(len(counts) + 1))
    known = np.zeros(targets + 1)
    for i in np.flatnonzero(counts > 0).tolist():
        mine = order[first[i] : first[i + 1]]
        there, of = np.unique(pieces.target[mine], return_inverse=True)
        parts = np.bincount(of, pieces.amount[mine], minlength=len(there))
        rest = every[i] - parts.sum()
        if rest > _ROUNDING * every[i]:
            there, parts = np.append(there, targets), np.append(parts, rest)
        known[there] += apportion(float(counts[i]), shares=parts / parts.sum(), step=step)
    return known[:targets], float(known[targets])
