"""Measures by parts, of files and on a Dask cluster: the table of one machine, to the last bit."""

from __future__ import annotations

import os
import signal
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask_geopandas
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

import geoplan
from cities import square, tiny_layers
from geoplan import measures
from geoplan.cli import main
from geoplan.errors import DataError, DataWarning, UsageError
from geoplan.intake.arrow_file import open_polygons
from geoplan.parts import cluster, layers, split
from geoplan.parts.cluster import done_there
from geoplan.parts.density import _held
from geoplan.parts.job import Job, Question, job_of, with_land
from geoplan.parts.source import bodies_of
from geoplan.parts.work import Task, measure
from geoplan.rings import boxes_of, rings_of

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import generate

if TYPE_CHECKING:
    from collections.abc import Iterator


ON = "2024-01-18"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes on this machine."""
    from distributed import Client, LocalCluster  # noqa: PLC0415 - takes a second

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as local,
        Client(local, set_as_default=False) as opened,
    ):
        yield opened


@pytest.fixture(scope="module")
def made() -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Sixteen communes with 160 plans: copies, plans over borders, plans cut at borders."""
    return generated(16, 160)


def generated(communes: int, plans: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    found = generate.layers(communes, plans, seed=3)
    kinds = np.array(["detailed", "zoning"], dtype=object)[found.kinds]
    codes = [f"{i:05d}" for i in range(len(found.communes))]
    ids = [f"P{i}" for i in range(len(found.plans))]
    return (
        gpd.GeoDataFrame({"code": codes}, geometry=found.communes, crs=4326),
        gpd.GeoDataFrame({"id": ids, "kind": kinds}, geometry=found.plans, crs=4326),
    )


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    """Equal to the last bit, in the same order, by the same engine."""
    pd.testing.assert_frame_equal(one, other, check_exact=True)
    assert one.attrs == other.attrs


def quiet(call: Any) -> tuple[Any, list[str]]:
    """What a call gives, and what it says."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always", DataWarning)
        result = call()
    return result, [str(w.message) for w in said if isinstance(w.message, DataWarning)]


# --- on one machine -----------------------------------------------------------------------------


@pytest.mark.parametrize("engine", ["geos", "sweep"])
def test_parts_give_the_bits_of_the_whole(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], engine: Any
) -> None:
    communes, plans = made
    whole = measures.coverage(communes, plans=plans, engine=engine)
    assert whole["conflict_km2"].max() > 0
    for parts in (1, 2, 7, 32):
        same(geoplan.coverage(communes, plans=plans, engine=engine, parts=parts), whole)


def test_a_bundled_city_with_urban_land_by_parts() -> None:
    city = geoplan.open_city("pho-yen")
    communes, plans, urban = city.communes, city.plans, city.urban_land
    call = {"plans": plans, "on": city.on, "urban_land": urban}
    whole, said = quiet(lambda: measures.coverage(communes, **call))
    parts, also_said = quiet(lambda: geoplan.coverage(communes, parts=5, **call))
    assert {"natural", "urban_land"} <= set(whole["denominator"])
    same(parts, whole)
    assert set(also_said) == set(said)


def question(communes: gpd.GeoDataFrame, plans: gpd.GeoDataFrame, urban: gpd.GeoDataFrame | None) -> Question:
    kinds = (plans["kind"] == "zoning").to_numpy().astype(np.int64)
    return Question(
        units=rings_of(communes.geometry.to_numpy()),
        plans=bodies_of(plans, what="plans"),
        kinds=kinds,
        count=2,
        engine="geos",
        urban=None if urban is None else bodies_of(urban, what="urban_land"),
    )


def done_in(job: Job, order: list[int] | None = None) -> Any:
    numbers = range(len(job.parts)) if order is None else order
    return job.gathered(
        (k, measure(job.task(k, job.question.plans.rings(job.parts[k].shapes)))) for k in numbers
    )


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=4, max_size=4), st.randoms(use_true_random=False))
def test_any_assignment_in_any_order_is_the_whole(assigned: list[int], chance: Any) -> None:
    tiny = tiny_layers()
    asked = question(tiny["communes"], tiny["plans"], tiny["urban_land"])
    whole = done_in(job_of(asked, parts=1))
    groups = [np.flatnonzero(np.array(assigned) == k) for k in sorted(set(assigned))]
    pairs = split.near(boxes_of(asked.units), asked.plans.boxes)
    job = with_land(asked, groups, split.with_shapes(groups, pairs, 4))
    order = chance.sample(range(len(groups)), len(groups))
    got = done_in(job, [*order, order[0]])  # the last comes twice, and counts once
    for one, other in ((got.land, whole.land), (got.towns[1], whole.towns[1])):
        np.testing.assert_array_equal(one.covered, other.covered)
        np.testing.assert_array_equal(one.twice, other.twice)
    assert shapely.equals_exact(got.towns[0], whole.towns[0]).all()


def test_parts_are_balanced_and_hold_each_unit_once() -> None:
    communes, plans = generated(100, 800)
    asked = question(communes, plans, None)
    job = job_of(asked, parts=8)
    assert sorted(np.concatenate([part.units for part in job.parts]).tolist()) == list(range(100))
    pairs = split.near(boxes_of(asked.units), asked.plans.boxes)
    weights = pairs.weights(shapely.get_num_coordinates(communes.geometry.to_numpy()), asked.plans.vertices)
    heavy = [weights[part.units].sum() for part in job.parts]
    assert max(heavy) < 1.5 * np.mean(heavy)
    sent = sum(len(part.shapes) for part in job.parts)
    assert len(plans) < sent < 2 * len(plans)  # those on a border of parts are sent twice, no more


def test_memory_decides_how_many_parts() -> None:
    communes, plans = generated(16, 160)
    asked = question(communes, plans, None)
    assert len(job_of(asked).parts) == 1
    assert len(job_of(asked, memory=10**9).parts) == 1
    few, many = (len(job_of(asked, memory=m).parts) for m in (10**6, 3 * 10**5))
    assert 1 < few < many <= 16


def test_hostile_layers_by_parts() -> None:
    """A plan over everything, plans without land, an invalid one, a commune without plans, one nowhere."""
    communes = gpd.GeoDataFrame(
        {"code": ["A", "B", "C", "D", "E"]},
        geometry=[square(0, 0), square(1, 0), square(2, 0), shapely.Polygon(), square(50, 0)],
        crs=4326,
    )
    bow = shapely.Polygon([(105.801, 21.401), (105.809, 21.409), (105.809, 21.401), (105.801, 21.409)])
    plans = gpd.GeoDataFrame(
        {"id": list("12345"), "kind": ["zoning", "zoning", "detailed", "detailed", None]},
        geometry=[square(-5, -5, 20, 20), None, shapely.Polygon(), bow, shapely.Point(105.8, 21.4)],
        crs=4326,
    )
    whole, said = quiet(lambda: measures.coverage(communes, plans=plans))
    for parts in (2, 5):
        table, also_said = quiet(lambda n=parts: geoplan.coverage(communes, plans=plans, parts=n))
        same(table, whole)
        assert also_said == said
    assert whole.set_index(["code", "plan_kind"]).loc[("E", "zoning"), "covered_km2"] == 0


def test_no_communes_and_no_plans() -> None:
    tiny = tiny_layers()
    for communes, plans in (
        (tiny["communes"].iloc[:0], tiny["plans"]),
        (tiny["communes"], tiny["plans"].iloc[:0]),
    ):
        same(
            geoplan.coverage(communes, plans=plans, on=ON, parts=3),
            measures.coverage(communes, plans=plans, on=ON),
        )


def test_a_call_by_parts_that_is_wrong_is_one_sentence() -> None:
    tiny = tiny_layers()
    communes, plans = tiny["communes"], tiny["plans"]
    with pytest.raises(UsageError, match="by=“plan” không tính được theo từng phần"):
        geoplan.coverage(communes, plans=plans, by="plan", parts=2)
    for wrong in ({"parts": 0}, {"memory": -1}):
        with pytest.raises(UsageError, match="phải là số nguyên từ 1 trở lên"):
            geoplan.coverage(communes, plans=plans, **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="scheduler phải là địa chỉ"):
        geoplan.coverage(communes, plans=plans, scheduler=8786)


# --- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["parquet", "gpkg"])
def test_plans_in_a_file_are_read_in_part(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], tmp_path: Path, suffix: str
) -> None:
    communes, plans = made
    plans = plans.assign(
        status=["approved", "drafting"] * 80, kind=plans["kind"].replace("detailed", "lập riêng")
    )
    path = tmp_path / f"plans.{suffix}"
    if suffix == "gpkg":
        plans.to_file(path)
    else:
        plans.to_parquet(path)
    whole = measures.coverage(communes, plans=plans, on=ON)
    same(geoplan.coverage(communes, plans=path, on=ON, memory=10**6), whole)
    with open_polygons(path) as opened:
        same(geoplan.coverage(communes, plans=opened, on=ON, parts=3), whole)


def test_what_is_wrong_in_a_file_is_said(tmp_path: Path) -> None:
    tiny = tiny_layers()
    plans = tiny["plans"].copy()
    west, south = 105.8, 21.4
    bow = [(west, south), (west + 0.01, south + 0.01), (west + 0.01, south), (west, south + 0.01)]
    plans.geometry = [shapely.Polygon(bow), shapely.Polygon(), plans.geometry[2]]
    plans.to_parquet(tmp_path / "p.parquet")
    whole, said = quiet(lambda: measures.coverage(tiny["communes"], plans=plans, on=ON))
    table, also_said = quiet(
        lambda: geoplan.coverage(tiny["communes"], plans=tmp_path / "p.parquet", on=ON, parts=2)
    )
    same(table, whole)
    assert sorted(also_said) == sorted(said)
    assert len(said) == 2


# --- Dask's frames ------------------------------------------------------------------------------


def test_frames_of_dask_without_a_cluster(made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]) -> None:
    communes, plans = made
    whole = measures.coverage(communes, plans=plans)
    lazy = dask_geopandas.from_geopandas(communes, npartitions=3, sort=False)
    same(geoplan.coverage(lazy, plans=plans), whole)
    lazy_plans = dask_geopandas.from_geopandas(plans, npartitions=4, sort=False)
    same(geoplan.coverage(lazy, plans=lazy_plans), whole)
    few = lazy_plans[lazy_plans["id"].isin(["P1", "P2"])]  # three of its partitions are empty
    same(geoplan.coverage(lazy, plans=few), measures.coverage(communes, plans=plans.iloc[1:3]))
    shuffled = lazy_plans.spatial_shuffle(npartitions=2)
    same(geoplan.coverage(lazy, plans=shuffled), measures.coverage(communes, plans=shuffled.compute()))
    people = communes.assign(population=range(16))
    same(
        geoplan.density(dask_geopandas.from_geopandas(people, npartitions=3, sort=False)),
        measures.density(people),
    )


def test_what_stands_in_two_partitions_counts_once() -> None:
    """As tiles with a margin give it: commune B and plan 2 in both; plan 3 twice in one, which is a conflict."""
    communes = gpd.GeoDataFrame(
        {"code": ["A", "B", "B", "C"], "name": ["A", "B", "B", "C"]},
        geometry=[square(0, 0), square(1, 0), square(1, 0), square(2, 0)],
        crs=4326,
    )
    plans = gpd.GeoDataFrame(
        {"id": ["0", "1", "2", "2", "3", "3"]},
        geometry=[square(0, 0), square(9, 9), square(1, 0), square(1, 0), square(2, 0), square(2, 0)],
        crs=4326,
    )
    tiles = dask_geopandas.from_geopandas(plans, npartitions=2, sort=False)
    lazy = dask_geopandas.from_geopandas(communes, npartitions=2, sort=False)
    table, said = quiet(lambda: geoplan.coverage(lazy, plans=tiles))
    assert [("1 xã nằm ở nhiều phân vùng" in s and "B" in s) for s in said] == [True, False]
    assert "1 đồ án nằm ở nhiều phân vùng" in said[1]
    assert table["code"].tolist() == ["A", "B", "C"]
    assert table["coverage_pct"].tolist() == pytest.approx([100, 100, 100])
    assert (table["conflict_km2"] > 0.1).tolist() == [False, False, True]


def test_a_partition_without_a_polygon_is_no_error_but_a_frame_without_is() -> None:
    tiny = tiny_layers()
    plans = tiny["plans"].copy()
    plans.geometry = [plans.geometry[0], None, None]
    lazy = dask_geopandas.from_geopandas(plans, npartitions=3, sort=False)
    table, _ = quiet(lambda: geoplan.coverage(tiny["communes"], plans=lazy, on=ON))
    whole, _ = quiet(lambda: measures.coverage(tiny["communes"], plans=plans, on=ON))
    same(table, whole)
    none = dask_geopandas.from_geopandas(plans.iloc[1:], npartitions=2, sort=False)
    with pytest.raises(DataError, match="không có đối tượng vùng nào"):
        quiet(lambda: geoplan.coverage(tiny["communes"], plans=none, on=ON))


# --- a cluster ----------------------------------------------------------------------------------


def test_a_cluster_gives_the_bits_of_one_machine(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], client: Any, tmp_path: Path
) -> None:
    communes, plans = made
    land = communes.assign(geometry=shapely.buffer(communes.geometry.representative_point().to_numpy(), 0.02))
    call = {"urban_land": land}
    whole = measures.coverage(communes, plans=plans, **call)
    for parts in (None, 5):
        same(geoplan.coverage(communes, plans=plans, scheduler=client, parts=parts, **call), whole)
    address = client.scheduler.address
    plans.to_parquet(tmp_path / "p.parquet")
    same(geoplan.coverage(communes, plans=tmp_path / "p.parquet", scheduler=address, parts=3, **call), whole)
    lazy = [dask_geopandas.from_geopandas(f, npartitions=3, sort=False) for f in (communes, plans)]
    same(geoplan.coverage(lazy[0], plans=lazy[1], scheduler=client, parts=3, **call), whole)
    with client.as_current():
        same(geoplan.coverage(lazy[0], plans=lazy[1], **call), whole)


@pytest.mark.parametrize("where", ["memory", "workers"])
def test_a_worker_killed_on_the_way_changes_nothing(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame], client: Any, where: str
) -> None:
    communes, plans = made
    whole = measures.coverage(communes, plans=plans)
    before = set(client.run(os.getpid).values())
    killed: list[int] = []

    def kill(done: int, total: int) -> None:
        if not killed and done < total:
            killed.append(min(before))
            os.kill(killed[0], signal.SIGKILL)

    given_plans = (
        dask_geopandas.from_geopandas(plans, npartitions=3, sort=False) if where == "workers" else plans
    )
    table = geoplan.coverage(communes, plans=given_plans, scheduler=client, parts=16, progress=kill)
    same(table, whole)
    client.wait_for_workers(2, timeout=30)
    assert killed
    assert killed[0] not in client.run(os.getpid).values()


def _die(_number: int) -> None:
    os._exit(1)


def test_workers_that_die_at_one_part_again_and_again_are_one_sentence(
    client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "TRIES", 1)
    with pytest.raises(DataError, match="chết 1 lần ở cùng một phần"):
        list(done_there(client, lambda n: client.submit(_die, client.scatter(n, hash=False), pure=False), 1))
    client.wait_for_workers(2, timeout=30)


def test_a_sentence_comes_whole_from_a_worker(client: Any) -> None:
    empty = rings_of(np.array([square(0, 0)], dtype=object))
    task = Task(empty, empty, np.zeros(1, np.int64), np.zeros(1, np.int64), 1, "geos", version="0.0")
    with pytest.raises(UsageError, match="máy thực hiện có geoplan") as caught:
        list(done_there(client, lambda _: client.submit(measure, task, pure=False), 1))
    assert "install the same version" in caught.value.sentence("en")
    with pytest.raises(DataError, match="cụm Dask không tính được.*ZeroDivisionError"):
        list(done_there(client, lambda n: client.submit(divmod, n, 0, pure=False), 1))


def test_no_dask_no_scheduler_no_worker_are_one_sentence_each(monkeypatch: pytest.MonkeyPatch) -> None:
    from distributed import LocalCluster  # noqa: PLC0415 - as above

    tiny = tiny_layers()
    call = {"plans": tiny["plans"], "on": ON}
    with pytest.raises(UsageError, match="không có bộ điều phối Dask nào trả lời"):
        geoplan.coverage(tiny["communes"], scheduler="nonsense://1", **call)
    monkeypatch.setattr(cluster, "PATIENCE_SECONDS", 0.5)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as local,
        pytest.raises(UsageError, match="chưa có máy thực hiện nào; hãy chạy: dask worker"),
    ):
        geoplan.coverage(tiny["communes"], scheduler=local.scheduler_address, **call)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r"pip install 'geoplan\[dask\]'"):
        geoplan.coverage(tiny["communes"], scheduler="tcp://127.0.0.1:8786", **call)


# --- people in a raster -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def raster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three arc seconds under the generated communes, but for the south-west corner."""
    path = tmp_path_factory.mktemp("raster") / "people.tif"
    cells = np.random.default_rng(1).gamma(2, 3, (500, 500))
    with rasterio.open(
        path, "w", driver="GTiff", width=500, height=500, count=1, dtype="float64", crs="EPSG:4326",
        transform=Affine(0.0009, 0, 102.5, 0, -0.0009, 8.95),
    ) as file:  # fmt: skip
        file.write(cells, 1)
    return path


@pytest.mark.parametrize("seen", [True, False])
def test_people_by_parts_are_those_of_the_whole(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    client: Any,
    raster: Path,
    seen: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    communes, _ = made
    people = geoplan.open_raster(raster)
    whole, said = quiet(lambda: measures.density(communes, raster=people))
    assert whole["population"].notna().any()
    assert said
    here, _ = quiet(lambda: geoplan.density(communes, raster=people, parts=5))
    same(here, whole)
    swept, _ = quiet(lambda: measures.density(communes, raster=people, engine="sweep"))
    here, _ = quiet(lambda: geoplan.density(communes, raster=people, parts=5, engine="sweep"))
    same(here, swept)
    some = communes.iloc[5:9]
    one, other = (
        quiet(lambda r=r: measures.people_in_raster(some, raster=r, engine="sweep"))[0]
        for r in (people, _held(some, people))
    )
    pd.testing.assert_series_equal(one, other, check_exact=True)
    if not seen:  # as on a machine that has no such file
        monkeypatch.setattr(layers, "stamp", lambda _: None)
    there, also_said = quiet(lambda: geoplan.density(communes, raster=people, scheduler=client, parts=3))
    same(there, whole)
    assert also_said


# --- the command line ---------------------------------------------------------------------------


def test_the_command_line_by_parts_and_on_a_cluster(
    made: tuple[gpd.GeoDataFrame, gpd.GeoDataFrame],
    client: Any,
    raster: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, frame in zip(("communes", "plans"), made, strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    ways = ([], ["--parts", "3"], ["--scheduler", client.scheduler.address, "--parts", "2"])
    coverage = [
        "coverage",
        "--communes",
        "communes.parquet",
        "--plans",
        "plans.parquet",
        "--kind-column",
        "kind",
    ]
    density = ["density", "--communes", "communes.parquet", "--raster", str(raster)]
    for call in (coverage, density):
        written = []
        for number, way in enumerate(ways):
            out = tmp_path / f"{call[0]}-{number}.csv"
            full = [str(tmp_path / a) if a.endswith(".parquet") else a for a in call]
            assert main([*full, *way, "--out", str(out)]) == 0
            written.append(out.read_bytes())
        assert written[0] == written[1] == written[2]
        assert len(written[0].splitlines()) > 16
    capsys.readouterr()
    full = [str(tmp_path / a) if a.endswith(".parquet") else a for a in coverage]
    assert main([*full, "--scheduler", "nonsense://1", "--lang", "en"]) == 2
    assert "no Dask scheduler answers" in capsys.readouterr().err
    assert main([*full[:-1], "loai", "--parts", "2"]) == 2
    assert "plans.parquet: không có cột “loai”" in capsys.readouterr().err
