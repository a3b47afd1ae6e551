"""Syllables, prefixes, and names of units matched with known ones."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoplan.intake.names import (
    Match,
    font_habit,
    is_syllable,
    is_vietnamese,
    marked_words,
    match_names,
    normalise,
    split_prefix,
)
from geoplan.text import fold

ROOT = Path(__file__).parents[1]
KNOWN = {
    "1": "Phường Đồng Tiến",
    "2": "Đông Tiến",
    "3": "Xã Phúc Thuận",
    "4": "Thị trấn Nếnh",
    "5": "Hòa Bình",
    "6": "Xã Tân Phú",
    "7": "Phường Tân Phú",
    "8": "Phường 1",
    "9": "Phương Liễu",
    "10": "Đặc khu Phú Quốc",
    "11": "Phường Liễu",
}


@pytest.fixture(scope="module")
def country(real_data: Path) -> dict[str, str]:
    """All units before 2025: code to name with prefix."""
    with (real_data / "communes-old-to-new-2025.csv").open(encoding="utf-8") as file:
        return {row["old_id"]: row["old_name"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def communes() -> dict[str, str]:
    with (ROOT / "layers" / "draw" / "communes-2024.csv").open(encoding="utf-8") as file:
        return {row["code"]: row["name"] for row in csv.DictReader(file) if row["city"] == "pho-yen"}


# --- syllables --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "word",
    [
        "Nghĩa",
        "nghiêng",
        "khuya",
        "Nguyễn",
        "Quốc",
        "quý",
        "Quỳnh",
        "giếng",
        "gì",
        "giặt",
        "giữa",
        "ghế",
        "Huỳnh",
        "yến",
        "ý",
        "hoà",
        "hòa",
        "hoàng",
        "xoong",
        "boóng",
        "thuở",
        "KHOẺ",
        "Khoẻ",
        "uỷ",
        "ủy",
        "tuýp",
        "đường",
        "Đắc",
        "mỹ",
        "kỷ",
        "sỹ",
        "Thượng",
        "rượu",
        "hươu",
        "khuỷu",
        "ngoéo",
        "loắt",
        "HOà",
    ],
)
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize(
    "word",
    [
        "Mü",
        "Xuyªn",
        "Thá»",
        "ngế",
        "ghà",
        "cí",
        "kà",
        "hòang",
        "đac",
        "bằch",
        "bâc",
        "nà́",
        "xăq",
        "zà",
        "wã",
        "fỏ",
        "Krông",
        "Đắk",
        "tỏc",
        "mìp",
        "quố",
        "giì",
        "yề",
        "XuyêN",
        "hOÀ",
    ],
)
def test_what_is_no_syllable(word: str) -> None:
    assert not is_syllable(word)


def test_capitals_by_font_habit() -> None:
    assert font_habit("HOà")
    assert not any(font_habit(word) for word in ("Hà", "HOÀ", "hoà", "Hoà", "à"))


def test_words_that_are_evidence() -> None:
    words = marked_words(["Xã “Tân Hòa” – m² 12", None, "abc"])
    assert words == {"Xã", "“Tân", "Hòa”", "–", "m²"}
    assert {word: is_vietnamese(word) for word in words} == {
        "Xã": True,
        "“Tân": True,
        "Hòa”": True,
        "–": None,
        "m²": None,
    }
    assert is_vietnamese("HÃ\u00a0") is False
    assert is_vietnamese("Hà\u00a0Nội") is True


def test_names_of_the_country_are_made_of_syllables(country: dict[str, str]) -> None:
    words = Counter(
        word for name in country.values() for word in normalise(name).split() if not word.isascii()
    )
    valid = sum(count for word, count in words.items() if is_vietnamese(word))
    assert valid / words.total() > 0.98


# --- prefixes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Phường Phổ Yên", ("ward", "Phổ Yên")),
        ("P. Phổ Yên", ("ward", "Phổ Yên")),
        ("P.Phổ Yên", ("ward", "Phổ Yên")),
        ("P Phổ Yên", ("ward", "Phổ Yên")),
        ("p1", ("ward", "1")),
        ("P.12", ("ward", "12")),
        ("X.Đại Phúc", ("commune", "Đại Phúc")),
        ("XÃ  ĐẠI PHÚC ", ("commune", "ĐẠI PHÚC")),
        (unicodedata.normalize("NFD", "Xã Đại Phúc"), ("commune", "Đại Phúc")),
        ("TT Nếnh", ("township", "Nếnh")),
        ("T.T. Nếnh", ("township", "Nếnh")),
        ("Thị  trấn Nếnh", ("township", "Nếnh")),
        ("Đặc khu Phú Quốc", (None, "Phú Quốc")),
        ("Phương Liễu", (None, "Phương Liễu")),
        ("Phường", (None, "Phường")),
        ("Phú Xã", (None, "Phú Xã")),
        ("", (None, "")),
    ],
)
def test_prefixes(text: str, expected: tuple[str | None, str]) -> None:
    assert split_prefix(text) == expected


# --- matching ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code", "how", "candidates"),
    [
        ("Phường Đồng Tiến", "1", "exact", ("1",)),
        ("phường  đồng tiến", "1", "exact", ("1",)),
        ("Đồng Tiến", "1", "prefix", ("1",)),
        ("P. Đồng Tiến", "1", "prefix", ("1",)),
        ("Đông Tiến", "2", "exact", ("2",)),
        ("Xã Đông Tiến", "2", "prefix", ("2",)),
        ("Dong Tien", None, "ambiguous", ("1", "2")),
        ("Đòng Tiến", None, "none", ("1", "2")),
        ("Đồng Tien", "1", "folded", ("1",)),
        ("PHUC THUAN", "3", "folded", ("3",)),
        ("Xa Phuc Thuan", "3", "folded", ("3",)),
        ("Phúc-Thuận", "3", "prefix", ("3",)),
        (unicodedata.normalize("NFD", "Phúc Thuận"), "3", "prefix", ("3",)),
        ("Nếnh", "4", "prefix", ("4",)),
        ("Xã Nếnh", "4", "prefix", ("4",)),
        ("Hoà Bình", "5", "exact", ("5",)),
        ("Ðồng Tiến", "1", "prefix", ("1",)),
        ("Tân Phú", None, "ambiguous", ("6", "7")),
        ("X. Tân Phú", "6", "prefix", ("6",)),
        ("Phuong Tan Phu", "7", "folded", ("7",)),
        ("TT Tân Phú", None, "ambiguous", ("6", "7")),
        ("P01", "8", "prefix", ("8",)),
        ("Phường 01", "8", "exact", ("8",)),
        ("Phuong Lieu", None, "ambiguous", ("11", "9")),
        ("Phương Liễu", "9", "exact", ("9",)),
        ("Phú Quốc", "10", "prefix", ("10",)),
        ("Tân Hưng", None, "none", ()),
        ("", None, "none", ()),
        (None, None, "none", ()),
    ],
)
def test_matching(name: str | None, code: str | None, how: str, candidates: tuple[str, ...]) -> None:
    (match,) = match_names([name], KNOWN)
    assert (match.code, match.how, match.candidates) == (code, how, candidates)


def test_communes_however_they_are_written(communes: dict[str, str]) -> None:
    ways = {
        "exact": [str, str.upper, lambda n: unicodedata.normalize("NFD", n), lambda n: f" {n} "],
        "prefix": [lambda n: f"Phường {n}", lambda n: f"X.{n}", lambda n: f"TT {n}"],
        "folded": [fold, lambda n: fold(n).upper(), lambda n: f"Xa {fold(n)}"],
    }
    for how, writings in ways.items():
        for write in writings:
            matches = match_names([write(name) for name in communes.values()], communes)
            assert [m.code for m in matches] == list(communes)
            assert {m.how for m in matches} <= ({how, "exact"} if how == "folded" else {how})


def test_the_whole_country_is_never_guessed(country: dict[str, str]) -> None:
    times = Counter(normalise(name).casefold() for name in country.values())
    for (code, name), match in zip(
        country.items(), match_names(list(country.values()), country), strict=True
    ):
        assert code in match.candidates
        if times[normalise(name).casefold()] > 1:
            assert (match.how, match.code) == ("ambiguous", None)
        else:
            assert match.code == code or match.how == "ambiguous"
    without = match_names([fold(name) for name in list(country.values())[::5]], country)
    assert all(code in match.candidates for code, match in zip(list(country)[::5], without, strict=True))


names = st.text(max_size=20) | st.text("PpXxTt. ĐđồngTiếnáà1-'", max_size=12)


@given(
    st.lists(names | st.none(), max_size=6), st.dictionaries(st.text("0123", min_size=1, max_size=3), names)
)
def test_matches_are_known_and_honest(given_names: list[str | None], known: dict[str, str]) -> None:
    matches = match_names(given_names, known)
    assert len(matches) == len(given_names)
    for match in matches:
        assert isinstance(match, Match)
        assert set(match.candidates) <= set(known)
        assert (match.code is None) == (match.how in ("none", "ambiguous"))
        assert match.code is None or match.candidates == (match.code,)
        assert match.how != "ambiguous" or len(match.candidates) > 1


@given(names)
def test_a_prefix_taken_off_is_off(name: str) -> None:
    kind, bare = split_prefix(name)
    assert bare == bare.strip() or kind
    assert normalise(name).strip().endswith(bare)
