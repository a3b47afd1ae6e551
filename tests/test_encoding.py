"""Encodings of Vietnamese texts: found by evidence, restored, and written back byte for byte."""

from __future__ import annotations

import csv
import random
import subprocess
import unicodedata
from pathlib import Path

import geopandas as gpd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import Point

from geoplan.errors import DataError, UsageError
from geoplan.intake.encoding import CODES, ENCODINGS, Restored, normalise, restore, reverse, same_spelling
from geoplan.intake.legacy_tables import TCVN3, as_bytes, as_cp1252, decode, encode

ROOT = Path(__file__).parents[1]
ONE_BYTE = ("tcvn3", "cp1258", "vni")
MARKED = "áàảãạăắằẳẵặâấầẩẫậéèẻẽẹêếềểễệíìỉĩịóòỏõọôốồổỗộơớờởỡợúùủũụưứừửữựýỳỷỹỵđ"
LETTERS = MARKED + MARKED.upper() + "abcdeghiklmnopqrstuvxyABCDEGHIKLMNOPQRSTUVXY 0123456789-.,()"
vietnamese = st.text(LETTERS, max_size=40)
SENTENCES = {
    "tcvn3": "Céng hßa x· héi chñ nghÜa ViÖt Nam, §éc lËp - Tù do - H¹nh phóc",
    "vni": "Coäng hoøa xaõ hoäi chuû nghóa Vieät Nam, Ñoäc laäp - Töï do - Haïnh phuùc",
    "right": "Cộng hòa xã hội chủ nghĩa Việt Nam, Độc lập - Tự do - Hạnh phúc",
}


def codes(restored: Restored) -> set[str]:
    return {finding.kind.code for finding in restored.findings}


def latin1(names: list[str], encoding: str) -> list[str]:
    return [reverse(name, encoding).decode("latin-1") for name in names]


@pytest.fixture(scope="module")
def communes() -> list[str]:
    """The names of the 68 real units that the bundled cities are drawn from."""
    with (ROOT / "layers" / "draw" / "communes-2024.csv").open(encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) == 68
    return names


@pytest.fixture(scope="module")
def country(real_data: Path) -> list[str]:
    """A fifth of the names of all units before 2025, with their prefix."""
    with (real_data / "communes-old-to-new-2025.csv").open(encoding="utf-8") as file:
        return [normalise(row["old_name"]) for row in csv.DictReader(file)][::5]


# --- the tables, against others ---------------------------------------------------------------------------


def test_tcvn3_is_what_iconv_reads() -> None:
    # Behind each byte a stroke, so that no combining mark meets the next letter.
    data = b"".join(bytes([byte]) + b"|" for byte in range(256))
    run = subprocess.run(
        ["iconv", "-f", "TCVN5712-1", "-t", "UTF-8"], input=data, capture_output=True, check=True
    )
    assert "".join(TCVN3[byte] + "|" for byte in range(256)) == run.stdout.decode()


@pytest.mark.parametrize("encoding", ["tcvn3", "vni"])
def test_sentences_that_everyone_knows(encoding: str) -> None:
    data = SENTENCES[encoding].encode("latin-1")
    assert decode(data, encoding) == SENTENCES["right"]
    assert encode(SENTENCES["right"], encoding) == data


def test_cp1258_is_what_iconv_reads(communes: list[str]) -> None:
    text = "\n".join(communes) + "\n"
    run = subprocess.run(
        ["iconv", "-f", "CP1258", "-t", "UTF-8"],
        input=reverse(text, "cp1258"),
        capture_output=True,
        check=True,
    )
    assert normalise(run.stdout.decode()) == text


@pytest.mark.parametrize("encoding", ONE_BYTE)
def test_every_letter_has_a_code_and_comes_back(encoding: str) -> None:
    for letter in MARKED + MARKED.upper():
        data = reverse(letter, encoding)
        assert decode(data, encoding) == letter
        assert len(data) <= 2


def test_a_small_mark_behind_a_capital_is_vni_too() -> None:
    assert decode("Öùng Hoøa".encode("latin-1"), "vni") == "Ứng Hòa"


def test_every_byte_has_one_sign_as_cp1252_shows_it() -> None:
    data = bytes(range(256))
    assert as_bytes(as_cp1252(data)) == as_bytes(data.decode("latin-1")) == data
    assert as_cp1252(data).encode("cp1252", "ignore") == bytes(
        b for b in data if b not in b"\x81\x8d\x8f\x90\x9d"
    )


# --- real names -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-twice", *ONE_BYTE])
@pytest.mark.parametrize("latin1_view", [True, False])
def test_real_names_through_every_encoding_and_back(
    communes: list[str], country: list[str], encoding: str, *, latin1_view: bool
) -> None:
    for names in (communes, country):
        data = [reverse(name, encoding) for name in names]
        read = [d.decode("latin-1") if latin1_view else as_cp1252(d) for d in data]
        restored = restore({"TEN_XA": read}, latin1_view=latin1_view)
        assert restored.encoding == encoding
        assert restored.columns == {"TEN_XA": names}
        assert restored.share_after > 0.9
        assert restored.share_before < 0.5
        assert restored.changed == sum(a != b for a, b in zip(read, names, strict=True))
        assert [reverse(str(name), encoding) for name in restored.columns["TEN_XA"]] == data
        assert "TEXT-05" not in codes(restored)


@pytest.mark.parametrize("encoding", ["utf-8", *ONE_BYTE])
@pytest.mark.parametrize("province", ["62", "64", "66"])  # Kon Tum, Gia Lai, Đắk Lắk
def test_names_of_other_languages_of_vietnam(real_data: Path, province: str, encoding: str) -> None:
    with (real_data / "communes-old-to-new-2025.csv").open(encoding="utf-8") as file:
        names = [normalise(row["old_name"]) for row in csv.DictReader(file) if row["l1"] == province]
    restored = restore({"TEN": latin1(names, encoding)}, latin1_view=True)
    assert (restored.encoding, restored.columns["TEN"]) == (encoding, names)
    assert restore({"TEN": names}).findings == []


def test_what_is_found_has_its_code(communes: list[str]) -> None:
    def found(encoding: str, *, latin1_view: bool) -> set[str]:
        return codes(restore({"TEN": latin1(communes, encoding)}, latin1_view=latin1_view)) - {
            "TEXT-06",
            "TEXT-09",
        }

    assert found("utf-8", latin1_view=True) == {"TEXT-01"}
    assert found("utf-8", latin1_view=False) == {"TEXT-02"}
    assert found("utf-8-twice", latin1_view=True) == {"TEXT-01", "TEXT-02"}
    assert found("tcvn3", latin1_view=True) == {"TEXT-03"}
    assert found("cp1258", latin1_view=True) == {"TEXT-04"}
    assert found("vni", latin1_view=True) == {"TEXT-11"}


def test_right_names_stay_as_they_are(communes: list[str], country: list[str]) -> None:
    for names in (communes, country, ["Nếnh"], ["Hà"], [name.upper() for name in communes]):
        restored = restore({"name": names})
        assert (restored.columns["name"], restored.encoding, restored.changed) == (names, "latin-1", 0)
        assert not restored.findings


@pytest.mark.parametrize("encoding", ["right", "utf-8", "utf-8-twice", *ONE_BYTE])
def test_few_names_are_restored_or_left_but_never_misread(country: list[str], encoding: str) -> None:
    draw = random.Random(encoding)  # noqa: S311 - a sample, the same each time
    done = dict.fromkeys(range(1, 9), 0)
    for count in done:
        for _ in range(12):
            names = draw.sample(country, count)
            read = names if encoding == "right" else latin1(names, encoding)
            restored = restore({"name": read})
            assert restored.columns["name"] in (names, read)
            assert restored.columns["name"] == names or "TEXT-07" in codes(restored) or count < 4
            done[count] += restored.columns["name"] == names
    assert done[8] == 12


def test_names_of_one_real_file(communes: list[str], tmp_path: Path) -> None:
    for encoding in ("utf-8", *ONE_BYTE):
        path = tmp_path / f"{encoding}.shp"
        frame = gpd.GeoDataFrame(
            {"TEN": latin1(communes, encoding)}, geometry=[Point(105, 21)] * len(communes), crs=4326
        )
        frame.to_file(path, engine="pyogrio", encoding="ISO-8859-1")
        path.with_suffix(".cpg").unlink()
        read = gpd.read_file(path, engine="pyogrio", encoding="ISO-8859-1")
        restored = restore({"TEN": list(read["TEN"])}, latin1_view=True)
        assert (restored.encoding, restored.columns["TEN"]) == (encoding, communes)


def test_gdal_cuts_cp1258_and_this_does_not(communes: list[str], tmp_path: Path) -> None:
    path = tmp_path / "cp1258.shp"
    frame = gpd.GeoDataFrame(
        {"TEN": latin1(communes, "cp1258")}, geometry=[Point(105, 21)] * len(communes), crs=4326
    )
    frame.to_file(path, engine="pyogrio", encoding="ISO-8859-1")
    cut = gpd.read_file(path, engine="pyogrio", encoding="CP1258")
    assert "TE" in cut.columns, "GDAL has been mended: reading CP1258 by it may be thought about again"
    read = gpd.read_file(path, engine="pyogrio", encoding="ISO-8859-1")
    assert restore({"TEN": list(read["TEN"])}, latin1_view=True).columns["TEN"] == communes


# --- small cases ------------------------------------------------------------------------------------------


def test_the_examples_of_the_traps() -> None:
    restored = restore({"name": ["Mü Xuyªn", "Phæ Yªn", "B¾c S¬n"]})
    assert restored.columns["name"] == ["Mỹ Xuyên", "Phổ Yên", "Bắc Sơn"]
    restored = restore({"name": ["Thá»‹ tráº¥n"]})
    assert (restored.columns["name"], restored.encoding) == (["Thị trấn"], "utf-8")
    twice = restore({"name": ["Thá»‹ tráº¥n".encode().decode("cp1252")]})
    assert (twice.columns["name"], twice.encoding) == (["Thị trấn"], "utf-8-twice")


def test_capitals_that_came_as_cp1252_signs_go_back_to_bytes() -> None:
    names = ["TỈNH ĐẮK LẮK", "HUYỆN MỸ XUYÊN", "XÃ ÚC KỲ", "HỘI AN"]
    read = [as_cp1252(reverse(name, "tcvn3")) for name in names]
    assert any(sign in "".join(read) for sign in "‰Š‹ŽŒ—")
    assert restore({"name": read}).columns["name"] == names


def test_tcvn3_that_was_stored_as_utf8(communes: list[str]) -> None:
    stored = [as_cp1252(reverse(name, "tcvn3")).encode().decode("latin-1") for name in communes]
    for encoding in ("auto", "tcvn3"):
        restored = restore({"name": stored}, encoding=encoding, latin1_view=True)
        assert (restored.encoding, restored.columns["name"]) == ("tcvn3", communes)
        assert {"TEXT-01", "TEXT-03"} <= codes(restored)


def test_one_utf8_word_is_enough_and_one_tcvn3_word_is_not() -> None:
    assert restore({"name": [None, "Náº¿nh"]}, latin1_view=False).columns["name"] == [None, "Nếnh"]
    thin = restore({"name": ["NÕnh"]}, latin1_view=True)
    assert (thin.columns["name"], thin.encoding, codes(thin)) == (["NÕnh"], "latin-1", {"TEXT-07"})
    assert "tcvn3" in thin.findings[0].vi
    assert restore({"name": ["NÕnh"]}, encoding="tcvn3").columns["name"] == ["Nếnh"]


@pytest.mark.parametrize("latin1_view", [True, False])
def test_texts_of_other_languages_stay(*, latin1_view: bool) -> None:
    columns: dict[str, list[str | None]] = {
        "english": ["Industrial park", "of 2019", "", None, "don't"],
        "german": ["Straße", "Müllheim", "Döbeln", "Größe"],
        "french": ["Château", "forêt", "à côté", "où", "Besançon", "Nîmes", "Corrèze", "père", "mère", "été"],
    }
    restored = restore(columns, latin1_view=latin1_view)
    assert (restored.columns, restored.changed, restored.encoding) == (columns, 0, "latin-1")
    assert codes(restored) == {"TEXT-07"}
    ascii_only = restore({"english": columns["english"]}, latin1_view=latin1_view)
    assert (ascii_only.findings, ascii_only.share_before, ascii_only.share_after) == ([], 1.0, 1.0)


def test_columns_of_different_kinds_in_one_layer(communes: list[str]) -> None:
    columns: dict[str, list[str | None]] = {
        "MA": ["00001"] * 68,
        "TEN": [*latin1(communes, "tcvn3")],
        "GHI_CHU": ["Tân Hòa", "Xã Sáng", "Cà Mau", "Hà Nội"] * 17,
        "NOTE": ["none"] * 67 + [None],
    }
    restored = restore(columns)
    assert restored.columns == columns | {"TEN": communes}
    assert restored.encoding == "tcvn3"
    assert codes(restored) == {"TEXT-03", "TEXT-07"}
    (left,) = [finding for finding in restored.findings if finding.kind.code == "TEXT-07"]
    assert left.en.startswith("Column GHI_CHU")


def test_small_codes_for_fonts_of_capitals_are_offered_and_chosen_never_guessed() -> None:
    names = ["XÃ HỒNG TIẾN", "PHƯỜNG ĐỒNG TIẾN", "THỊ TRẤN BA HÀNG", "PHUC TAN"]
    read = latin1(names, "tcvn3-capitals")
    assert read[0] == "X· HåNG TIÕN"
    auto = restore({"TEN": read})
    assert (auto.encoding, auto.columns["TEN"][0]) == ("tcvn3", "Xã HồNG TIếN")
    assert "TEXT-08" in codes(auto)
    asked = restore({"TEN": read}, encoding="tcvn3-capitals")
    assert (asked.encoding, asked.columns["TEN"]) == ("tcvn3-capitals", names)
    assert "TEXT-08" in codes(asked)
    small = restore({"TEN": latin1([n.lower() for n in names], "tcvn3"), "NOTE": ["a"] * 4})
    assert "TEXT-08" in codes(small)
    assert restore({"TEN": read, "NOTE": ["a"] * 4}, encoding="tcvn3-capitals").columns["NOTE"] == ["a"] * 4


def test_a_forged_value_stays_and_is_told(communes: list[str]) -> None:
    forged = "Xã \u6f22\u5b57"
    restored = restore({"TEN": [*latin1(communes, "tcvn3"), forged]})
    assert restored.columns["TEN"] == [*communes, forged]
    (finding,) = [f for f in restored.findings if f.kind.code == "TEXT-05"]
    assert (finding.row, forged in finding.vi, forged in finding.en) == (68, True, True)

    broken = reverse("Xã Thuận", "utf-8")[:-2].decode("latin-1")  # cut within a letter, as 254 bytes do
    restored = restore({"TEN": [*latin1(communes, "utf-8"), broken]}, latin1_view=True)
    assert restored.columns["TEN"] == [*communes, broken]
    assert [f.row for f in restored.findings if f.kind.code == "TEXT-05"] == [68]


def test_a_right_value_among_misread_ones_is_no_finding(communes: list[str]) -> None:
    restored = restore({"TEN": [*(as_cp1252(name.encode()) for name in communes), "Hà Nội", "Xã"]})
    assert restored.columns["TEN"] == [*communes, "Hà Nội", "Xã"]
    assert "TEXT-05" not in codes(restored)


def test_one_misread_value_among_right_ones_is_left_and_told(communes: list[str]) -> None:
    columns = {"TEN": [*communes, "Náº¿nh"]}
    restored = restore(columns)
    assert (restored.columns, restored.encoding) == (columns, "latin-1")
    (finding,) = restored.findings
    assert (finding.kind.code, "“Náº¿nh”" in finding.vi, "utf-8" in finding.vi) == ("TEXT-07", True, True)
    assert restore(columns, encoding="utf-8").columns == {"TEN": [*communes, "Nếnh"]}


def test_many_forged_values_are_summed_up(communes: list[str]) -> None:
    restored = restore({"TEN": latin1(communes, "tcvn3") + [f"\u6f22{i}" for i in range(50)]})
    found = [f for f in restored.findings if f.kind.code == "TEXT-05"]
    assert len(found) == 21
    assert (found[-1].row, "30" in found[-1].vi) == (None, True)


def test_lost_letters_and_control_characters_are_told() -> None:
    restored = restore(
        {"TEN": ["Ph?c Tân", "??ng Tiến", "a\x07b", "Ba \u202eHàng", "Tân\ufffd", "Có gì?", "Hà\nNội"]}
    )
    rows = {
        code: [f.row for f in restored.findings if f.kind.code == code] for code in ("TEXT-09", "TEXT-10")
    }
    assert rows == {"TEXT-09": [2, 3], "TEXT-10": [0, 1, 4]}
    assert restored.changed == 0
    assert not any(ord(sign) < 32 or sign == "\u202e" for f in restored.findings for sign in f.vi + f.en)


def test_decomposed_text_is_composed_and_told(communes: list[str]) -> None:
    apart = [unicodedata.normalize("NFD", name) for name in communes]
    restored = restore({"TEN": apart})
    assert restored.columns["TEN"] == communes
    assert codes(restored) == {"TEXT-06"}
    undeclared = restore({"TEN": [name.encode().decode("latin-1") for name in apart]}, latin1_view=True)
    assert undeclared.columns["TEN"] == communes
    assert codes(undeclared) == {"TEXT-01", "TEXT-06"}


def test_an_encoding_that_does_not_fit_is_told(communes: list[str]) -> None:
    restored = restore({"TEN": latin1(communes, "tcvn3")}, encoding="vni")
    assert "TEXT-05" in codes(restored)
    spoiled = restore({"TEN": ["Hà", "Cà", "Tân", "Xá", "Lò", "Bún"]}, encoding="tcvn3")
    assert "TEXT-12" in codes(spoiled)


@pytest.mark.parametrize("encoding", ["utf-16", "TCVN3", ""])
def test_an_unknown_encoding(encoding: str) -> None:
    with pytest.raises(UsageError, match="bảng mã"):
        restore({}, encoding=encoding)
    with pytest.raises(UsageError):
        reverse("a", encoding)


@pytest.mark.parametrize("encoding", ["tcvn3", "cp1258", "vni", "latin-1"])
def test_a_letter_without_a_code(encoding: str) -> None:
    with pytest.raises(DataError, match="漢"):
        reverse("漢", encoding)


def test_codes_are_stable_and_said_in_two_languages() -> None:
    assert [code.code for code in CODES] == [f"TEXT-{i:02d}" for i in range(1, 13)]
    assert all(len({*code.title}) == len({*code.mend}) == 2 for code in CODES)


def test_hoa_and_hoa() -> None:
    assert same_spelling("Hoà Bình", "Hòa Bình")
    assert same_spelling("Thuý Lĩnh", unicodedata.normalize("NFD", "Thúy Lĩnh"))
    assert same_spelling("KHOẺ", "KHỎE")
    assert not same_spelling("Hoà", "Hoá")
    assert not same_spelling("Hoà", "hoà")
    assert not same_spelling("Hoa", "Hòa")


# --- any text ---------------------------------------------------------------------------------------------


@given(vietnamese, st.sampled_from(["utf-8", "utf-8-twice", *ONE_BYTE]), st.booleans())
def test_text_to_bytes_and_back(text: str, encoding: str, latin1_view: bool) -> None:
    data = reverse(text, encoding)
    shown = data.decode("latin-1") if latin1_view else as_cp1252(data)
    assert restore({"a": [shown]}, encoding=encoding).columns["a"] == [text]


@given(vietnamese)
def test_capitals_to_bytes_and_back(text: str) -> None:
    data = reverse(text.upper(), "tcvn3-capitals")
    back = restore({"a": [data.decode("latin-1")]}, encoding="tcvn3-capitals").columns["a"][0]
    assert back is not None
    assert back.upper() == text.upper()


@given(st.binary(max_size=60), st.sampled_from([*ONE_BYTE, "utf-8"]))
@example(b"\xfb\xf2", "cp1258")  # û with a dot below: letters of no language, but composed by NFC
@example(b"n\xb2", "tcvn3")
def test_bytes_to_text_and_back(data: bytes, encoding: str) -> None:
    text = decode(data, encoding)
    if text is not None:
        again = encode(text, encoding)
        assert again is not None
        assert decode(again, encoding) == text


columns_of_anything = st.dictionaries(
    st.text(max_size=5), st.lists(st.none() | st.text(max_size=30), max_size=8), max_size=3
)
columns_of_bytes = st.dictionaries(
    st.text(max_size=5),
    st.lists(st.none() | st.binary(max_size=30).map(lambda data: data.decode("latin-1")), max_size=8),
    max_size=3,
)


@given(columns_of_anything | columns_of_bytes, st.sampled_from(ENCODINGS), st.booleans())
def test_nothing_is_lost_and_nothing_crashes(
    columns: dict[str, list[str | None]], encoding: str, latin1_view: bool
) -> None:
    before = {name: list(values) for name, values in columns.items()}
    restored = restore(columns, encoding=encoding, latin1_view=latin1_view)
    assert columns == before
    assert {n: len(v) for n, v in restored.columns.items()} == {n: len(v) for n, v in columns.items()}
    assert 0 <= restored.share_before <= 1
    assert 0 <= restored.share_after <= 1
    assert restored.encoding in ENCODINGS
    pairs = [(a, b) for n in columns for a, b in zip(columns[n], restored.columns[n], strict=True)]
    assert all((a is None) == (b is None) and bool(a) == bool(b) for a, b in pairs)
    assert restored.changed == sum(a != b for a, b in pairs)
    for finding in restored.findings:
        assert finding.vi
        assert finding.en
        assert finding.vi != finding.en


@given(
    st.lists(st.text(st.characters(max_codepoint=127, exclude_categories=["Cc"])), max_size=10), st.booleans()
)
def test_ascii_is_untouched(values: list[str], latin1_view: bool) -> None:
    restored = restore({"a": values}, latin1_view=latin1_view)
    assert (restored.columns["a"], restored.encoding) == (values, "latin-1")
    assert codes(restored) <= {"TEXT-10"}


@given(st.lists(st.text(max_size=20), max_size=6))
def test_what_was_restored_stays(values: list[str]) -> None:
    once = restore({"a": values}, encoding="latin-1").columns
    assert restore(once, encoding="latin-1").columns == once
    assert once["a"] == [normalise(value) for value in values]
