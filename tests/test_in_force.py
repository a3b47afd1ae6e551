"""Which plans count on a date."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from cities import square
from geoplan.errors import DataError, DataWarning, UsageError
from geoplan.measures import in_force


def plans(**columns: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[square(0, 0)] * count, crs=4326)


def counted(frame: gpd.GeoDataFrame, on: str) -> list[bool]:
    return in_force(frame, on=on).tolist()


def test_without_dates_and_status_every_plan_counts() -> None:
    assert counted(plans(name=["a", "b"]), "2024-01-01") == [True, True]


@pytest.mark.parametrize(
    ("on", "expected"),
    [("2015-12-31", False), ("2016-01-01", True), ("2019-12-31", True), ("2020-01-01", False)],
)
@pytest.mark.parametrize("end", ["expires_on", "superseded_on"])
def test_from_the_day_of_approval_until_the_day_it_ends(on: str, expected: bool, end: str) -> None:
    frame = plans(status=["approved"], approved_on=["2016-01-01"], **{end: ["2020-01-01"]})
    assert counted(frame, on) == [expected]


def test_the_earlier_end_decides() -> None:
    frame = plans(approved_on=["2010-01-01"], expires_on=["2030-01-01"], superseded_on=["2015-01-01"])
    assert counted(frame, "2016-01-01") == [False]


def test_what_is_being_drafted_never_counts() -> None:
    frame = plans(status=["drafting", "approved"], approved_on=["2010-01-01", "2010-01-01"])
    assert counted(frame, "2024-01-01") == [False, True]


def test_a_superseded_plan_was_in_force_before() -> None:
    frame = plans(status=["superseded"], approved_on=["2014-01-01"], superseded_on=["2020-06-01"])
    assert counted(frame, "2018-01-01") == [True]
    assert counted(frame, "2021-01-01") == [False]


def test_an_ended_plan_without_its_end_never_counts() -> None:
    frame = plans(status=["expired"], approved_on=["2014-01-01"], expires_on=[None])
    assert counted(frame, "2018-01-01") == [False]


def test_status_alone_decides_when_there_are_no_dates() -> None:
    frame = plans(status=["approved", "drafting", "expired", None])
    with pytest.warns(DataWarning, match="1 đồ án không tính vì không rõ tình trạng"):
        assert counted(frame, "2024-01-01") == [True, False, False, False]


def test_vietnamese_statuses_and_dates_are_understood() -> None:
    frame = plans(status=["Đã phê duyệt", "Đang lập"], approved_on=["18/01/2024", None])
    assert counted(frame, "2024-01-18") == [True, False]
    assert counted(frame, "2024-01-17") == [False, False]


def test_an_approved_plan_without_date_is_named_and_does_not_count() -> None:
    frame = plans(id=["P7", "P8"], status=["approved", "approved"], approved_on=[None, "2020-01-01"])
    with pytest.warns(DataWarning, match="P7"):
        assert counted(frame, "2024-01-01") == [False, True]


def test_an_unknown_status_is_refused_by_name() -> None:
    with pytest.raises(DataError, match="chờ ký"):
        in_force(plans(status=["chờ ký"]), on="2024-01-01")


def test_a_date_that_is_no_date_is_refused_with_its_row() -> None:
    with pytest.raises(DataError, match="dòng 0.*31/02/2024"):
        in_force(plans(approved_on=["31/02/2024"]), on="2024-01-01")
    with pytest.raises(UsageError, match="không phải là ngày"):
        in_force(plans(name=["a"]), on="2024-13-01")


def test_timestamps_keep_their_day() -> None:
    stamps = pd.to_datetime(["2020-05-01T13:00:00", "2020-05-02T00:00:00"])
    assert counted(plans(approved_on=list(stamps)), "2020-05-01") == [True, False]
