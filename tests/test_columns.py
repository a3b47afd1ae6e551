"""Foreign column names: proposed, confirmed, never guessed silently."""

from __future__ import annotations

import geopandas as gpd
import pytest

from cities import square
from geoplan.errors import UsageError
from geoplan.intake import columns


def frame(**values: list[object]) -> gpd.GeoDataFrame:
    count = len(next(iter(values.values())))
    return gpd.GeoDataFrame(values, geometry=[square(i, 0) for i in range(count)], crs=4326)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("MA_XA", "code"),
        ("Tên xã", "name"),
        ("DAN_SO", "population"),
        ("DTICH", "area_published_km2"),
        ("Dân số", "population"),
    ],
)
def test_the_habits_of_offices_are_recognised(theirs: str, ours: str) -> None:
    assert [(p.ours, p.theirs) for p in columns.propose([theirs, "geometry"], "communes")] == [(ours, theirs)]


def test_plans_of_an_office() -> None:
    found = columns.propose(["LOAI_QH", "SO_QD", "NGAY_QD", "TEN_DO_AN", "MA_QH"], "plans")
    assert {p.theirs: p.ours for p in found} == {
        "LOAI_QH": "kind", "SO_QD": "decision", "NGAY_QD": "approved_on", "TEN_DO_AN": "name", "MA_QH": "id",
    }  # fmt: skip


def test_a_column_of_the_right_name_is_not_proposed_again() -> None:
    assert columns.propose(["code", "name", "MA_XA"], "communes") == []


def test_competing_columns_are_named() -> None:
    findings = columns.check_columns(
        frame(code=["1"], name=["a"], DAN_SO=[1], DANSO=[2]), "communes", what="xa.shp"
    )
    assert [f.kind.code for f in findings if f.kind.code != "COL-04"] == ["COL-01", "COL-03"]
    assert "DAN_SO, DANSO" in findings[1].vi


def test_a_missing_column_says_which_one_it_probably_is() -> None:
    findings = columns.check_columns(frame(MA_XA=["00001"], ten=["a"]), "communes", what="xa.shp")
    missing = {f.vi for f in findings if f.kind is columns.MISSING}
    assert missing == {
        "xa.shp: lớp communes cần cột “code” (có lẽ là “MA_XA”).",
        "xa.shp: lớp communes cần cột “name” (có lẽ là “ten”).",
    }
    assert all(f.severity == "error" for f in findings if f.kind is columns.MISSING)


def test_codes_that_lost_their_zeros_are_found_and_restored() -> None:
    lost = frame(code=[5860, 11983], name=["a", "b"])
    assert [f.kind.code for f in columns.check_columns(lost, "communes", what="x")] == ["COL-04"]
    restored = columns.restore_zeros(lost)
    assert restored["code"].tolist() == ["05860", "11983"]
    assert columns.check_columns(restored, "communes", what="x") == []
    assert columns.restore_zeros(frame(code=["A1", "7"], name=["a", "b"]))["code"].tolist() == ["A1", "00007"]


def test_values_that_cannot_be_read_are_found() -> None:
    bad = frame(code=["00001"], name=["a"], area_published_km2=["mười"], valid_from=["2024-02-31"])
    findings = columns.check_columns(bad, "communes", what="x")
    assert [f.kind.code for f in findings] == ["COL-05", "COL-05"]
    assert "mười" in findings[1].vi + findings[0].vi


def test_mapping_renames_and_refuses_what_cannot_be() -> None:
    layer = frame(MA=["1"], TEN=["a"], name=["b"])
    assert columns.parse_mapping(["MA=code", "a=b=c"]) == {"MA": "code", "a=b": "c"}
    assert columns.rename(layer, {"MA": "code"}, what="x").columns.tolist() == [
        "code",
        "TEN",
        "name",
        "geometry",
    ]
    with pytest.raises(UsageError, match="trùng tên cột name"):
        columns.rename(layer, {"TEN": "name"}, what="x")
    with pytest.raises(UsageError, match="không có cột “KHONG”"):
        columns.rename(layer, {"KHONG": "code"}, what="x")
    for wrong in ("MA", "=code", "MA=", ""):
        with pytest.raises(UsageError, match="không đúng dạng"):
            columns.parse_mapping([wrong])
