"""The depth-counting engine: against squares counted by hand, rational arithmetic, GEOS, and without the JIT."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon, affinity, box

import depth_reference
from geoplan import authalic
from geoplan.errors import DataError, UsageError
from geoplan.intake.repair import made_valid
from geoplan.measures import depth, sweep
from geoplan.measures.depth_edits import Edits
from geoplan.measures.engines import sums
from geoplan.rings import boxes_of, joined, rings_of, shapes_of, taken

GEOD = Geod(ellps="WGS84")
BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
import fuzz  # noqa: E402
import generate  # noqa: E402


def shapes(*some: Any) -> np.ndarray:
    out = np.empty(len(some), dtype=object)
    out[:] = some
    return out


def plane(units: list[Any], plans: list[Any], kinds: list[int], **options: Any) -> depth.DepthAreas:
    return depth.covered(shapes(*units), shapes(*plans), np.array(kinds), integrand="plane", **options)


def test_squares_counted_by_hand() -> None:
    units = [box(0, 0, 10, 10), box(10, 0, 20, 10)]
    pierced = Polygon(box(0, 0, 10, 10).exterior, [box(3, 3, 6, 6).exterior])
    plans = [box(1, 1, 4, 4), box(2, 2, 12, 5), box(2, 2, 12, 5), box(-5, -5, 30, 30), pierced]
    result = plane(units, plans, [0, 1, 1, 0, 0], depth=3)
    assert result.units.tolist() == [100, 100]
    assert result.together.tolist() == [[100, 97, 29], [100, 6, 6]]
    assert result.by_kind.tolist() == [[[100, 92, 8], [24, 24, 0]], [[100, 0, 0], [6, 6, 0]]]
    assert not len(result.suspect_plans)


@pytest.mark.parametrize("first", range(0, 200, 20))
def test_awkward_cases_agree_with_rational_arithmetic(first: int) -> None:
    """Shifted, turned, copied, snapped, flat, crossed, spiked, pierced, in parts: 20 cases each."""
    counts, families = fuzz.Counter(), fuzz.Counter()
    for seed in range(first, first + 20):
        rng = np.random.default_rng(90_000 + seed)
        assert fuzz.compare(rng, tiny=True, families=families, counts=counts) < 1e-12
    assert len(families) > 10


@pytest.mark.parametrize("shift", [0.0, 1e-15, 1e-12, 1e-10, 1e-7, 1e-4])
@pytest.mark.parametrize("turn", [0.0, 1e-12, 1e-8])
def test_near_copies_of_the_unit(shift: float, turn: float) -> None:
    unit = generate.layers(4, 1, seed=3).communes[1]
    unit = affinity.translate(shapely.simplify(unit, 0.006), -102, -8)
    moved = affinity.rotate(affinity.translate(unit, shift, -shift / 3), turn, use_radians=True)
    plans, kinds = [unit, moved, affinity.translate(unit, 0.01, 0.02), moved], [0, 1, 0, 1]
    expected = depth_reference.as_floats(depth_reference.depth_areas(unit, plans, kinds))
    result = plane([unit], plans, kinds, depth=3)
    mine = np.concatenate([result.by_kind[0], result.together])
    assert np.abs(mine - expected).max() < 1e-13 * unit.area


squares = st.tuples(*[st.integers(0, 5)] * 2, *[st.integers(1, 6)] * 2, st.integers(0, 1)).map(
    lambda s: (s[0], s[1], min(s[0] + s[2], 6), min(s[1] + s[3], 6), s[4])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(squares, min_size=1, max_size=9))
def test_boxes_on_a_grid_are_counted_to_the_last_bits(drawn: list[tuple[int, ...]]) -> None:
    """Borders shared, corners touching, copies: cells counted one by one."""
    result = plane([box(1, 1, 5, 5)], [box(*s[:4]) for s in drawn], [s[4] for s in drawn], depth=9)
    cover = np.zeros((2, 6, 6), int)
    for x0, y0, x1, y1, kind in drawn:
        cover[kind, x0:x1, y0:y1] += 1
    inside = cover[:, 1:5, 1:5]
    for d in range(9):
        assert result.together[0, d] == pytest.approx((inside.sum(axis=0) > d).sum(), abs=1e-14)
        for kind in range(result.by_kind.shape[1]):
            assert result.by_kind[0, kind, d] == pytest.approx((inside[kind] > d).sum(), abs=1e-14)


def test_a_plan_in_several_communes_with_parts_holes_and_either_direction() -> None:
    made = generate.layers(9, 40, seed=5)
    whole = shapely.union_all(made.communes[:5])
    holed = whole.difference(shapely.union_all(made.plans[:10]))
    plans = shapes(*made.plans[10:], holed, shapely.reverse(made.plans[11]), None, Polygon())
    kinds = np.r_[made.kinds[10:], 0, 0, 1, 1]
    result = depth.covered(made.communes, plans, kinds, integrand="plane")
    for u, unit in enumerate(made.communes):
        expected = fuzz.by_union(unit, [p or Polygon() for p in plans], kinds.tolist(), shapely.area)
        mine = np.concatenate([result.by_kind[u], result.together[u][None]])
        np.testing.assert_allclose(mine, expected, atol=1e-9 * unit.area, rtol=0)


def test_units_in_parts_and_with_lakes() -> None:
    lake = box(2, 2, 4, 4)
    unit = shapely.union_all([box(0, 0, 6, 6).difference(lake), box(10, 0, 12, 2), box(2.5, 2.5, 3.5, 3.5)])
    plans = [box(9, -1, 13, 3), lake, box(2.75, 2.75, 3, 3), box(-1, -1, 20, 20), box(1, 1, 11, 1.5)]
    plans += [
        box(1, 1, 5, 5),
        box(2.2, 2.2, 3.8, 3.8),
        box(1.5, 1.5, 5, 5).difference(box(1.9, 1.9, 4.1, 4.1)),
    ]
    result = plane([unit], plans, [0] * 8, depth=3)
    expected = depth_reference.as_floats(depth_reference.depth_areas(unit, plans, [0] * 8))
    assert unit.geom_type == "MultiPolygon"
    np.testing.assert_allclose(result.together[0], expected[-1], rtol=1e-14)


INVALID = {
    "bow-tie": Polygon([(1, 1), (3, 3), (3, 1), (1, 3)]),
    "crosses in a vertex": Polygon([(1, 1), (2, 2), (3, 1), (3, 3), (2, 2), (1, 3)]),
    "spike": Polygon([(1, 1), (3, 1), (3, 3), (4, 4), (3, 3), (1, 3)]),
    "hole outside": Polygon(box(1, 1, 2, 2).exterior, [box(3, 3, 4, 4).exterior]),
    "hole over the edge": Polygon(box(1, 1, 3, 3).exterior, [box(2, 2, 4, 2.5).exterior]),
    "hole as large as the shell": Polygon(box(1, 1, 3, 3).exterior, [box(1, 1, 3, 3).exterior]),
    "parts overlap": shapely.MultiPolygon([box(1, 1, 3, 3), box(2, 2, 4, 4)]),
    "part in a part": shapely.MultiPolygon([box(1, 1, 5, 5), box(2, 2, 4, 4)]),
    "twice the same": shapely.MultiPolygon([box(1, 1, 3, 3), box(1, 1, 3, 3)]),
    "round twice": Polygon([(1, 1), (3, 1), (3, 3), (1, 3), (1, 1), (3, 1), (3, 3), (1, 3)]),
    "flat": Polygon([(1, 1), (3, 1), (2, 1)]),
}


@pytest.mark.parametrize("name", INVALID)
def test_invalid_plans_are_named_and_mended(name: str) -> None:
    shape = INVALID[name]
    assert not shape.is_valid
    sound = shapely.MultiPolygon([box(0, 0, 1, 1), box(1, 1, 2, 2)])  # touch in a corner: suspect but valid
    result = plane([box(0, 0, 3, 9), box(3, 0, 9, 9)], [box(0, 0, 1, 1), shape, sound], [0, 0, 0])
    assert result.suspect_plans.tolist() == [1]
    mended = made_valid(shape)
    for u, unit in enumerate([box(0, 0, 3, 9), box(3, 0, 9, 9)]):
        expected = depth_reference.depth_areas(unit, [box(0, 0, 1, 1), mended, sound], [0, 0, 0], depth=2)
        np.testing.assert_allclose(result.together[u], [float(a) for a in expected[-1]], atol=1e-12)


def test_what_crosses_itself_far_from_every_unit_is_named_too() -> None:
    tie = Polygon([(0, 0), (40, 0), (40, 10), (20, -10), (0, 10)])
    assert plane([box(0, 0, 1, 1)], [tie], [0]).suspect_plans.tolist() == [0]


def test_an_invalid_unit_is_named() -> None:
    result = plane([INVALID["bow-tie"], box(0, 0, 1, 1)], [box(0, 0, 9, 9)], [0])
    assert result.suspect_units.tolist() == [0]
    np.testing.assert_allclose(result.together[:, 0], [2, 1])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_endless_coordinates_and_open_rings_are_refused(bad: float) -> None:
    units, plans = (
        rings_of(shapes(box(0, 0, 1, 1))),
        rings_of(shapes(box(0, 0, 1, 1), box(0, 0, 2, 2))),
    )
    xy = plans.xy.copy()
    xy[7, 1] = bad
    with pytest.raises(DataError) as refused:
        depth.depth_areas(units, plans._replace(xy=xy), np.zeros(2, int))
    assert "polygon number 2" in refused.value.en
    xy[7, 1], xy[9] = 1.0, 0.5
    with pytest.raises(DataError):
        depth.depth_areas(units, plans._replace(xy=xy), np.zeros(2, int))


def test_each_plan_needs_a_kind() -> None:
    with pytest.raises(UsageError, match="mỗi quy hoạch cần một loại"):
        plane([box(0, 0, 1, 1)], [box(0, 0, 1, 1)] * 3, [0, 1])


def test_nothing_to_do() -> None:
    result = plane([box(0, 0, 1, 1)], [], [])
    assert (result.together.tolist(), result.by_kind.shape, result.units.tolist()) == (
        [[0, 0]],
        (1, 0, 2),
        [1],
    )
    assert plane([], [box(0, 0, 1, 1)], [0]).together.shape == (0, 2)
    assert plane([Polygon(), None], [box(0, 0, 1, 1)], [0]).units.tolist() == [0, 0]
    assert plane([box(0, 0, 2, 2)], [box(0, 0, 1, 1)] * 2, [0, -1]).together.tolist() == [[1, 0]]


def test_a_part_of_the_country_gives_the_bits_of_the_whole() -> None:
    """Whatever else is in the layers: what a cluster's results rest upon."""
    made = generate.layers(48, 1500, seed=8)
    units, plans = rings_of(made.communes), rings_of(made.plans)
    whole = depth.depth_areas(units, plans, made.kinds)
    boxes = shapely.buffer(shapely.box(*shapely.bounds(made.communes).T), depth.BOX_MARGIN_DEGREES)
    rng = np.random.default_rng(3)
    for share in (0.03, 0.2, 0.7):
        some = np.flatnonzero(rng.random(48) < share)
        near = np.unique(shapely.STRtree(made.plans).query(boxes[some])[1])
        part = depth.depth_areas(taken(units, some), taken(plans, near), made.kinds[near])
        assert np.array_equal(part.by_kind, whole.by_kind[some])
        assert np.array_equal(part.together, whole.together[some])
        assert np.array_equal(part.units, whole.units[some])


def test_bodies_taken_and_joined_are_the_bodies() -> None:
    made = generate.layers(9, 40, seed=5)
    pierced = shapely.difference(made.plans[0], shapely.buffer(shapely.centroid(made.plans[0]), 1e-4))
    drawn = np.array(
        [*made.plans[:5], pierced, shapely.MultiPolygon([pierced, made.plans[7]]), shapely.Polygon()]
    )
    rings = rings_of(drawn)
    which = np.array([6, 7, 0, 6, 5])
    assert shapely.equals(shapes_of(taken(rings, which)), drawn[which]).all()
    both = joined([rings, taken(rings, which)])
    assert shapely.equals(shapes_of(both), np.r_[drawn, drawn[which]]).all()
    boxes, expected = boxes_of(both), shapely.bounds(np.r_[drawn, drawn[which]])
    assert np.array_equal(boxes, expected, equal_nan=True)


def test_invalid_bodies_as_arrays_are_mended_and_named() -> None:
    bow = Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])
    drawn = shapes(box(1, 1, 3, 3), bow, box(0, 0, 1, 1))
    units = shapes(box(0, 0, 4, 4), bow)
    kinds = np.array([0, 1, 0])
    as_objects = depth.covered(units, drawn, kinds, integrand="plane")
    as_arrays = depth.covered(rings_of(units), rings_of(drawn), kinds, integrand="plane")
    assert as_arrays.suspect_plans.tolist() == as_objects.suspect_plans.tolist() == [1]
    assert as_arrays.suspect_units.tolist() == [1]
    assert np.array_equal(as_arrays.by_kind, as_objects.by_kind)
    assert as_arrays.by_kind[0, 1, 0] == pytest.approx(made_valid(bow).area)
    both = [sums(rings_of(units), rings_of(drawn), kinds, count=2, engine=e) for e in ("geos", "sweep")]
    assert both[0].covered == pytest.approx(both[1].covered, rel=1e-9)
    assert [b.mended.tolist() for b in both] == [[1], [1]]


def test_threads_and_parts_change_nothing() -> None:
    made = generate.layers(30, 1500, seed=2)
    units, plans = rings_of(made.communes), rings_of(made.plans)
    one = depth.Sweep(units, plans, threads=1).areas(made.kinds)
    two = depth.Sweep(units, plans, threads=3).areas(made.kinds)
    some = depth.Sweep(units, plans).areas(made.kinds, only=np.array([7, 3]))
    assert (one.together == two.together).all()
    assert (one.by_kind == two.by_kind).all()
    assert (some.by_kind == one.by_kind[[7, 3]]).all()
    assert one.crossings == two.crossings > 1000


def test_a_generated_city_agrees_with_geos() -> None:
    made = generate.generate("city", seed=4)
    assert shapely.coverage_is_valid(made.communes)
    assert shapely.is_valid(made.plans).all()
    result = depth.covered(made.communes, made.plans, made.kinds)
    tree = shapely.STRtree(made.plans)
    for u, unit in enumerate(made.communes):
        near = np.sort(tree.query(unit))
        expected = fuzz.by_union(
            unit,
            made.plans[near].tolist(),
            made.kinds[near].tolist(),
            lambda s: authalic.area_m2(shapes(fuzz.faces(s)))[0],
        )
        mine = np.concatenate([result.by_kind[u], result.together[u][None]])
        np.testing.assert_allclose(mine, expected, atol=1e-9 * result.units[u], rtol=0)
    np.testing.assert_allclose(result.units, authalic.area_m2(made.communes), rtol=1e-12)


def test_edits_are_what_a_full_pass_gives() -> None:
    made = generate.layers(20, 400, seed=8)
    edits = Edits(made.communes, made.plans, made.kinds)
    plans, kinds = made.plans.copy(), made.kinds.copy()
    rng = np.random.default_rng(1)
    for _ in range(80):
        k = int(rng.integers(len(plans)))
        plans[k] = affinity.translate(affinity.scale(plans[k], 1.3, 0.8), *rng.normal(0, 0.01, 2))
        kinds[k] = rng.integers(-1, 2)
        done = edits.put(k, plans[k], kind=int(kinds[k]))
        assert len(done) < 15
    expected = depth.covered(made.communes, plans, kinds)
    np.testing.assert_allclose(edits.together, expected.together, rtol=1e-11, atol=1e-3)
    np.testing.assert_allclose(edits.by_kind, expected.by_kind, rtol=1e-11, atol=1e-3)
    with pytest.raises(DataError):
        edits.put(0, box(5000, 0, 5001, 1), kind=0)
    with pytest.raises(UsageError):
        edits.put(0, plans[0], kind=2)


def test_the_ellipsoid_against_geodesics_and_itself() -> None:
    """With vertices every 5 m or so geodesic and straight edges are one; cut in two nothing is lost."""
    shape = box(105.8, 21.0, 105.83, 21.02).difference(box(105.81, 21.005, 105.815, 21.01))
    fine = shapely.segmentize(shape, 5e-5)
    mine = authalic.area_m2(shapes(shape, fine, shapely.reverse(shape), None, Polygon()))
    assert mine[0] == pytest.approx(mine[1], rel=1e-14)
    assert mine[0] == mine[2]
    assert mine[3:].tolist() == [0, 0]
    assert mine[0] == pytest.approx(abs(GEOD.geometry_area_perimeter(fine)[0]), rel=1e-8)
    line = Polygon([(0, 0), (106, 21.0031), (105.8123, 30), (0, 30)])
    halves = authalic.area_m2(shapes(shape.intersection(line), shape.difference(line)))
    assert halves.sum() == pytest.approx(mine[0], rel=1e-12)


def test_the_whole_ellipsoid() -> None:
    """510,065,621.724 km²: the surface of WGS 84 (NGA.STND.0036, derived constants)."""
    assert authalic.area_m2(shapes(box(-180, -90, 180, 90)))[0] == pytest.approx(510_065_621.724e6, rel=1e-11)


def test_tall_units_stay_exact() -> None:
    tall = shapes(box(102, 8, 110, 24), Polygon([(102, 8), (110, 15), (104, 24)]))
    plans = shapes(box(103, 9, 104, 23), Polygon([(102, 8), (109, 20), (104, 22)]))
    result = depth.covered(tall, plans, np.zeros(2, int))
    expected = [authalic.area_m2(shapes(shapely.intersection(t, shapely.union_all(plans))))[0] for t in tall]
    np.testing.assert_allclose(result.together[:, 0], expected, rtol=1e-11)
    np.testing.assert_allclose(result.units, authalic.area_m2(tall), rtol=1e-11)


def test_orientation_is_exact() -> None:
    """Against integers, for points so nearly on a line that doubles cannot tell."""
    rng = np.random.default_rng(6)
    for _ in range(3000):
        a, b = rng.integers(0, 2**50, (2, 2)).tolist()
        t = int(rng.integers(0, 2**20))
        c = [p + (q - p) * t // 2**20 + int(rng.integers(-1, 2)) for p, q in zip(a, b, strict=True)]
        exact = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
        mine = sweep._orientation(*map(float, (*a, *b, *c)))
        assert np.sign(mine) == np.sign(exact)
        assert mine == pytest.approx(exact, rel=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_intrinsics_and_their_plain_forms_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    boxes = rng.integers(0, 5, (3, 4, 8)).astype(np.float32)
    boxes[1, 0, 3] = np.inf
    for _ in range(200):
        corners = rng.integers(0, 5, 4).astype(np.float32)
        group = int(rng.integers(3))
        assert compiled_meets(boxes, group, corners) == sweep._meets_plain(boxes, group, *corners)
    for bits in rng.integers(1, 2**62, 100).tolist():
        assert compiled_first_bit(bits) == sweep._first_bit_plain(bits)


from numba import njit  # noqa: E402


@njit
def compiled_meets(boxes: Any, group: int, corners: Any) -> int:
    return sweep._meets(boxes, group, corners[0], corners[1], corners[2], corners[3])


@njit
def compiled_first_bit(bits: int) -> int:
    return sweep._first_bit(bits)


SMALL = """
import json, sys
sys.path[:0] = sys.argv[1:]
import numpy as np
import fuzz, generate
from geoplan.measures import depth
out = []
for seed in range(6):
    units, plans, kinds, _ = fuzz.case(np.random.default_rng(seed), plans=5, vertices=9)
    r = depth.covered(np.array(units, dtype=object), np.array(plans, dtype=object), np.array(kinds), depth=3, integrand="plane")
    out.append([r.together.tolist(), r.by_kind.tolist(), r.crossings, r.suspect_plans.tolist()])
print(json.dumps(out))
"""


def run(code: str, **environment: str) -> str:
    arguments = [sys.executable, "-W", "ignore", "-c", code, str(BENCHMARKS), str(Path(__file__).parent)]
    done = subprocess.run(
        arguments, capture_output=True, text=True, env=os.environ | environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_kernel_as_plain_python_gives_the_same() -> None:
    """No compiler, no intrinsic, indices checked: any index beyond an array would raise."""
    plain = json.loads(run(SMALL, NUMBA_DISABLE_JIT="1", GEOPLAN_PLAIN_KERNEL="1"))
    fast = json.loads(run(SMALL))
    assert sum(case[2] for case in fast) > 100
    for one, other in zip(plain, fast, strict=True):
        assert one[2:] == other[2:]
        np.testing.assert_allclose(np.array(one[0]), np.array(other[0]), atol=1e-12)
        np.testing.assert_allclose(np.array(one[1]), np.array(other[1]), atol=1e-12)


def test_no_folder_for_the_cache_is_no_reason_to_stop() -> None:
    space: dict[str, Any] = {}
    exec("def twice(x):\n    return 2 * x", space)  # noqa: S102 - has no file, so Numba finds no place for its cache
    assert sweep._compiled(space["twice"])(21) == 42


def test_importing_geoplan_does_not_load_the_kernel() -> None:
    loaded = run(
        "import sys, geoplan, geoplan.measures.depth_edits; print('geoplan.measures.sweep' in sys.modules)"
    )
    assert loaded.strip() == "False"
