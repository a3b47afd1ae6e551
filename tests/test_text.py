"""Words, numbers and dates."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan import schema
from geoplan.errors import DataError, UsageError
from geoplan.intake.names import split_prefix
from geoplan.text import date_text, fold, listing, number, parse_date, percent, quoted


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Đồng Tiến", "dong tien"), ("ĐẮC SƠN", "dac son"), ("Hưng Yên", "hung yen"), ("Bảo Khê", "bao khe")],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


def test_numbers_as_vietnamese_readers_write_them() -> None:
    assert number(1234.5, digits=1) == "1.234,5"
    assert number(1234.5, digits=1, lang="en") == "1,234.5"
    assert number(231363) == "231.363"
    assert number(float("nan")) == number(None) == "chưa có số liệu"
    assert percent(63.44) == "63,4 %"
    assert percent(None, lang="en") == "no data"


def test_dates() -> None:
    assert date_text(dt.date(2024, 1, 18)) == "18/01/2024"
    for text in ("18/01/2024", " 2024-01-18 ", "2024/01/18", "18.1.2024", "18-01-2024"):
        assert parse_date(text) == dt.date(2024, 1, 18)
    for wrong in ("2024-02-30", "hôm nay", "", "20240118", "2024-1", "1-2-3", "12/2024"):
        with pytest.raises(UsageError, match="không phải là ngày"):
            parse_date(wrong)


@given(st.dates(min_value=dt.date(1000, 1, 1)))
def test_every_date_is_read_back(day: dt.date) -> None:
    assert parse_date(date_text(day)) == parse_date(day.isoformat()) == day


def test_listing_is_short() -> None:
    assert listing(range(3)) == "0, 1, 2"
    assert listing(range(9), limit=2) == "0, 1 và 7 nữa"
    assert listing(range(9), limit=2, lang="en") == "0, 1 and 7 more"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Phường Phổ Yên", ("ward", "Phổ Yên")),
        ("Xã Đại Phúc", ("commune", "Đại Phúc")),
        ("TT. Bích Động", ("township", "Bích Động")),
        ("thị trấn Nếnh", ("township", "Nếnh")),
        ("Xãlạ", (None, "Xãlạ")),
        ("Ba Hàng", (None, "Ba Hàng")),
    ],
)
def test_prefixes(text: str, expected: tuple[str | None, str]) -> None:
    assert split_prefix(text) == expected


@pytest.mark.parametrize("text", ["1_000", "nan", "٣", "１２", "0x10", "1 2,3.4", "--1", "1e999"])
def test_text_that_is_no_written_number_is_refused(text: str) -> None:
    with pytest.raises(DataError, match="không phải là số"):
        schema.numbers(pd.Series([text], dtype=object), what="x")


@pytest.mark.parametrize("text", ["2024-01-18 đến 2025-01-01", "2024-01-18Trubbish", "2024-01-18 hoặc sau"])
def test_what_follows_a_date_is_not_overlooked(text: str) -> None:
    with pytest.raises(DataError, match="không phải là ngày"):
        schema.dates(pd.Series([text], dtype=object), what="x")


@pytest.mark.parametrize(
    "text", ["2024-01-18", "2024-01-18 13:05:00", "2024-01-18T00:00:00Z", "2024/01/18 00:00:00+07"]
)
def test_times_of_a_date_are_cut(text: str) -> None:
    assert schema.dates(pd.Series([text], dtype=object), what="x").iloc[0] == pd.Timestamp("2024-01-18")


def test_missing_values_are_no_text() -> None:
    values = pd.Series(
        [None, float("nan"), pd.NaT, pd.NA, np.datetime64("NaT"), np.float32("nan")], dtype=object
    )
    assert schema.texts(values).tolist() == [None] * 6
    assert schema.dates(values.iloc[:5], what="x").isna().all()


def test_foreign_values_are_quoted_short_and_harmless() -> None:
    assert quoted("\x1b[2J") == "“\\u001b[2J”"
    assert len(quoted("x" * 5000)) < 70
