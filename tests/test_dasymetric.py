"""People put on urban land: small exact cases, and nobody lost."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from geoplan.errors import DataWarning, UsageError
from geoplan.measures import crosswalk, dasymetric, grid_cells


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    columns = columns or {"code": [str(i) for i in range(len(shapes))]}
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=4326)


def square(x: float, y: float, width: float = 1, height: float = 1, *, of: float = 0.01) -> Any:
    """A rectangle in hundredths of a degree at the equator, where columns side by side are alike."""
    return box(x * of, y * of, (x + width) * of, (y + height) * of)


def test_weights_of_nine_to_one() -> None:
    """20 people over 2 × 2 with weights 9 : 1 are 18 and 2."""
    land = layer(square(0, 0, 1, 2), square(0, 0, 2, 2), weight=[9, 1])
    communes = layer(square(0, 0, 2, 2), code=["A"], population=[20])
    targets = layer(square(0, 0, 1, 2), square(1, 0, 1, 2))
    table = dasymetric(communes, targets=targets, urban_land=land, weight_column="weight")
    assert table["people"].tolist() == pytest.approx([18, 2], abs=1e-6)
    assert table["people"].sum() == 20
    assert table.attrs["outside"] == 0
    cells = grid_cells(communes, step=0.01)
    assert cells["code"].tolist() == ["0/0", "0/1", "1/0", "1/1"]
    people = dasymetric(communes, targets=cells, urban_land=land, weight_column="weight", whole=True)[
        "people"
    ]
    assert people.tolist() == [9, 1, 9, 1]


def test_only_urban_land_counts_and_overlapping_land_once() -> None:
    communes = layer(square(0, 0, 4, 1), square(0, 1, 4, 1), code=["A", "B"], population=[90, 8])
    land = layer(square(0, 0, 1, 1), square(0.5, 0, 0.5, 1), square(3, 0, 0.5, 2))
    targets = layer(square(0, 0, 2, 2), square(2, 0, 1, 2), square(3, 0, 0.25, 2))
    table = dasymetric(communes, targets=targets, urban_land=land, whole=True)
    assert table["people"].tolist() == [60, 0, 15 + 4]
    assert table.attrs["outside"] == 15 + 4
    moved = crosswalk(communes, targets=targets, method="urban", urban_land=land, whole=True)
    assert moved.units["population"].tolist() == table["people"].tolist()
    assert moved.outside["population"].tolist() == [19]


def test_a_commune_without_urban_land_is_named_and_loses_nobody() -> None:
    communes = layer(
        square(0, 0, 2, 1), square(0, 1, 2, 1), code=["A", "B"], name=["An", "Bình"], population=[7, 10]
    )
    targets = layer(square(0, 0, 1, 2), square(1, 0, 1, 2))
    with pytest.warns(DataWarning, match="1 xã không có đất đô thị nên rải dân đều trên cả xã: Bình"):
        table = dasymetric(
            communes, targets=targets, urban_land=layer(square(0.2, 0.2, 0.5, 0.5)), whole=True
        )
    assert table["people"].tolist() == [12, 5]
    assert table.attrs == {"outside": 0.0, "by_area": ["Bình"]}


def test_what_is_unknown_stays_unknown_where_it_matters() -> None:
    communes = layer(square(0, 0), square(1, 0), square(3, 0), code=["A", "B", "C"], population=[10, None, 4])
    targets = layer(square(0, 0, 0.5, 1), square(0.5, 0, 1, 1), square(3, 0))
    table = dasymetric(communes, targets=targets, urban_land=layer(square(0, 0, 9, 9)))
    assert table["people"].tolist() == pytest.approx([5, np.nan, 4], nan_ok=True)
    assert table["people_known"].tolist() == pytest.approx([5, 5, 4])
    assert table["missing"].tolist() == ["", "B", ""]


@settings(max_examples=25, deadline=None)
@given(
    counts=st.lists(st.integers(0, 10**7), min_size=3, max_size=3),
    land=st.lists(st.tuples(*[st.floats(0, 3)] * 2, *[st.floats(0.1, 2)] * 2, st.integers(1, 9)), min_size=1, max_size=5),
    targets=st.lists(st.tuples(*[st.integers(0, 3)] * 2), min_size=1, max_size=5),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::geoplan.errors.DataWarning")
def test_nobody_is_lost_and_nobody_doubled(
    counts: list[int], land: list[tuple[float, ...]], targets: list[tuple[int, int]]
) -> None:
    """Whatever the land and the targets, overlapping ones too."""
    communes = layer(square(0, 0, 1.5, 3), square(1.5, 0, 1.5, 2), square(1.5, 2, 1.5, 1), population=counts,
                     code=list("ABC"))  # fmt: skip
    urban = layer(*(square(*piece[:4]) for piece in land), weight=[piece[4] for piece in land])
    places = layer(*(square(*place) for place in targets))
    table = dasymetric(communes, targets=places, urban_land=urban, weight_column="weight", whole=True)
    assert table["people"].sum() + table.attrs["outside"] == sum(counts)
    assert (table["people"] == np.round(table["people"])).all()


def test_calls_that_cannot_be_meant() -> None:
    communes = layer(square(0, 0), code=["A"], population=[3])
    land = layer(square(0, 0), weight=[-1])
    with pytest.raises(UsageError, match="trọng số ở cột weight trống hoặc âm ở dòng 0"):
        dasymetric(communes, targets=communes, urban_land=land, weight_column="weight")
    with pytest.raises(UsageError, match="step=0 độ không dùng được"):
        grid_cells(communes, step=0)
    with pytest.raises(UsageError, match="4 triệu ô"):
        grid_cells(communes, step=1e-7)
    lost = layer(square(0, 0), None, code=["A", "B"], population=[3, 4])
    with pytest.warns(DataWarning), pytest.raises(UsageError, match="có dân mà không có hình vùng: B"):
        dasymetric(lost, targets=communes, urban_land=communes)
