"""The byte tables of the encodings that Vietnamese texts had before Unicode, as codecs both ways.

* TCVN3 is TCVN 5712:1993 (VN1), as glibc's iconv has it; fonts named ``.Vn…`` show it. Real texts use its
  lower half and seven capitals only, but the other capitals have codes too.
* VNI (VNI Windows, fonts named ``VNI-…``) writes a letter and then a mark. The table is the one that the
  free input method xvnkb (``vni.h``) and the npm package vietnamese-conversion agree on.
* CP1258 is Python's codec: letters with a tone are often two bytes, which NFC puts together.

A codec sees a value as bytes. A reader may have shown these bytes as ISO-8859-1 or as cp1252; `as_bytes`
takes either back, and the five bytes that cp1252 does not define as the control characters they are.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from geoplan.errors import DataError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ENCODINGS: Final = ("auto", "utf-8", "utf-8-twice", "tcvn3", "tcvn3-capitals", "cp1258", "vni", "latin-1")

STEPS: Final[dict[str, tuple[str, ...]]] = {
    "latin-1": (),
    "utf-8": ("utf-8",),
    "utf-8-twice": ("utf-8", "utf-8"),
    "tcvn3": ("tcvn3",),
    "tcvn3-capitals": ("tcvn3",),
    "cp1258": ("cp1258",),
    "vni": ("vni",),
}
"""How the texts of each encoding are read again, one codec after the other."""

TONES: Final = "\u0300\u0309\u0303\u0301\u0323"
"""Grave, hook, tilde, acute and dot below, in the order of Vietnamese dictionaries."""

_HIGH: Final = (
    "ÀẢÃÁẠẶẬÈẺẼÉẸỆÌỈĨÍỊÒỎÕÓỌỘỜỞỠỚỢÙỦŨ"  # 80-9F
    "\u00a0ĂÂÊÔƠƯĐăâêôơưđẰ\u0300\u0309\u0303\u0301\u0323àảãáạẲằẳẵắẴ"  # A0-BF
    "ẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíịò"  # C0-DF
    "ỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ"  # E0-FF
)
_LOW: Final = {
    0x01: "Ú",
    0x02: "Ụ",
    0x04: "Ừ",
    0x05: "Ử",
    0x06: "Ữ",
    0x11: "Ứ",
    0x12: "Ự",
    0x13: "Ỳ",
    0x14: "Ỷ",
    0x15: "Ỹ",
    0x16: "Ý",
    0x17: "Ỵ",
}
TCVN3: Final[dict[int, str]] = (
    {byte: chr(byte) for byte in range(0x80)}
    | _LOW
    | {0x80 + place: letter for place, letter in enumerate(_HIGH)}
)
_LETTER: Final = re.compile("[^\u0300-\u036f][\u0300-\u036f]*|[\u0300-\u036f]+")
_TO_TCVN3: Final = {letter: byte for byte, letter in TCVN3.items()}


def split_tone(letter: str) -> tuple[str, str]:
    """A letter without its tone, and the tone as a combining mark or nothing: ``ấ`` is ``â`` and acute."""
    marks = unicodedata.normalize("NFD", letter)
    tone = "".join(mark for mark in marks if mark in TONES)
    return unicodedata.normalize("NFC", "".join(mark for mark in marks if mark not in TONES)), tone


def _vni() -> dict[str, str]:
    """What VNI writes for each Vietnamese letter, as ISO-8859-1 shows it."""
    plain, circumflex, breve = "øûõùï", "âàåãáä", "êèúüéë"
    table: dict[str, str] = {"đ": "ñ", "ô": "oâ", "ơ": "ô", "ư": "ö", "â": "aâ", "ê": "eâ", "ă": "aê"}
    for letter, written in (
        ("a", "a"),
        ("e", "e"),
        ("o", "o"),
        ("u", "u"),
        ("ơ", "ô"),
        ("ư", "ö"),
        ("y", "y"),
    ):
        table |= {letter + tone: written + mark for tone, mark in zip(TONES, plain, strict=True)}
    for letter, written in (("â", "a"), ("ê", "e"), ("ô", "o")):
        table |= {letter + tone: written + mark for tone, mark in zip(TONES, circumflex[1:], strict=True)}
    table |= {"ă" + tone: "a" + mark for tone, mark in zip(TONES, breve[1:], strict=True)}
    table |= {"i" + tone: written for tone, written in zip(TONES, "ìæóíò", strict=True)}
    table["y\u0323"] = "î"
    lower = {unicodedata.normalize("NFC", letter): written for letter, written in table.items()}
    return lower | {letter.upper(): written.upper() for letter, written in lower.items()}


_TO_VNI: Final = _vni()
# A capital may carry the small mark ("Öùng"): spreadsheets that change case write it so.
_FROM_VNI: Final = {
    written[0] + mark: letter
    for letter, written in _TO_VNI.items()
    for mark in {written[1:], written[1:].lower()}
}

_CP1252: Final = {byte: bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in range(0x80, 0xA0)}
_TO_BYTE: Final = {ord(shown): byte for byte, shown in _CP1252.items()}


def as_bytes(text: str) -> bytes | None:
    """The bytes that a reader showed as ISO-8859-1 or cp1252; None when a character is in neither."""
    try:
        return text.translate(_TO_BYTE).encode("latin-1")
    except UnicodeEncodeError:
        return None


def as_cp1252(data: bytes) -> str:
    """What a cp1252 reader shows for these bytes; `as_bytes` is its inverse."""
    return data.decode("latin-1").translate(_CP1252)


def decode(data: bytes, encoding: str) -> str | None:
    """The text in NFC, or None when the bytes cannot be of this encoding.

    `encoding` is ``utf-8``, ``tcvn3``, ``cp1258`` or ``vni``.
    """
    if encoding == "tcvn3":
        text: str | None = "".join(TCVN3[byte] for byte in data)
    elif encoding == "vni":
        text = _decode_vni(data.decode("latin-1"))
    else:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            return None
    return None if text is None else unicodedata.normalize("NFC", text)


def encode(text: str, encoding: str) -> bytes | None:
    """The bytes of a text, the inverse of `decode`; None when a character has no code."""
    text = unicodedata.normalize("NFC", text)
    if encoding == "vni":
        if any(ord(letter) >= 0x80 and letter not in _TO_VNI for letter in text):  # noqa: PLR2004 - ASCII ends
            return None
        return "".join(_TO_VNI.get(letter, letter) for letter in text).encode("latin-1")
    whole = _codes(text, encoding)
    if whole is not None:
        return whole
    parts = [
        _codes(letter, encoding) or _codes("".join(split_tone(letter)), encoding)
        for letter in _LETTER.findall(text)
    ]
    return None if None in parts else b"".join(part for part in parts if part is not None)


def _codes(text: str, encoding: str) -> bytes | None:
    """The bytes of a text whose letters have a code each, as it is written."""
    if encoding == "tcvn3":
        codes = [_TO_TCVN3.get(letter) for letter in text]
        return None if None in codes else bytes(code for code in codes if code is not None)
    try:
        return text.encode(encoding)
    except UnicodeEncodeError:
        return None


def reverse(text: str, encoding: str) -> bytes:
    """The bytes from which `restore` makes this text, as a file in this encoding has them.

    A reader shows them as ISO-8859-1 or cp1252. With ``tcvn3-capitals`` letters that are not ASCII are
    written by their small codes, as texts for ``.VnTimeH`` fonts are.

    Raises
    ------
    UsageError
        When the encoding is not known; ``auto`` is none.
    DataError
        When the encoding has no code for a character.
    """
    require_encoding(encoding, tuple(STEPS))
    if encoding == "latin-1":
        data = as_bytes(text)
    elif encoding == "utf-8-twice":
        once = encode(text, "utf-8")
        data = None if once is None else encode(as_cp1252(once), "utf-8")
    else:
        small = encoding == "tcvn3-capitals"
        shown = (
            "".join(c if c.isascii() else c.lower() for c in unicodedata.normalize("NFC", text))
            if small
            else text
        )
        data = encode(shown, STEPS[encoding][0])
    if data is None:
        raise DataError(
            vi=f"“{text}” có ký tự mà bảng mã {encoding} không có; hãy chọn bảng mã khác.",
            en=f"“{text}” has a character that {encoding} does not have; choose another encoding.",
        )
    return data


def require_encoding(encoding: str, known: Sequence[str]) -> None:
    """Raise a UsageError that lists the known encodings when this is none of them."""
    if encoding not in known:
        raise UsageError(
            vi=f"Không có bảng mã “{encoding}”; hãy chọn: {', '.join(known)}.",
            en=f"No encoding “{encoding}”; choose one of: {', '.join(known)}.",
        )


def read(value: str, steps: Sequence[str]) -> str | None:
    """A value whose bytes are read again, step by step; None when one of the steps cannot."""
    for step in steps:
        data = as_bytes(value)
        text = None if data is None else decode(data, step)
        if text is None:
            return None
        value = text
    return unicodedata.normalize("NFC", value)


class Reading:
    """One way to read values: `first`, then `then`. Each different value is read once."""

    def __init__(self, first: tuple[str, ...], then: tuple[str, ...]) -> None:
        self.first = first
        self.steps = first + then
        self.known: dict[str, str | None] = {}

    @property
    def checks_itself(self) -> bool:
        """Whether right text cannot be mistaken for text to be read this way."""
        return all(step == "utf-8" for step in self.steps)

    def read(self, value: str) -> str | None:
        """The text, or None when it cannot be read this way."""
        if value not in self.known:
            self.known[value] = read(value, self.steps)
        return self.known[value]

    def texts(self, values: Iterable[str | None]) -> list[str | None]:
        """The texts; one that cannot be read stays as it was, or as `first` alone reads it."""
        return [None if value is None else self._or_kept(value) for value in values]

    def canonical(self, value: str) -> bool:
        """Whether writing the text again gives the very same value."""
        for step in self.steps:
            data = as_bytes(value)
            text = None if data is None else decode(data, step)
            if text is None or encode(text, step) != data:
                return False
            value = text
        return unicodedata.is_normalized("NFC", value)

    def _or_kept(self, value: str) -> str:
        for text in (self.read(value), read(value, self.first) if self.first else None):
            if text is not None:
                return text
        return unicodedata.normalize("NFC", value)


def _decode_vni(shown: str) -> str | None:
    """VNI is checked as it is read: a mark stands only behind a letter that takes it."""
    out: list[str] = []
    at = 0
    while at < len(shown):
        pair, single = shown[at : at + 2], shown[at]
        if len(pair) > 1 and pair in _FROM_VNI:
            out.append(_FROM_VNI[pair])
            at += 2
        elif single in _FROM_VNI or single.isascii():
            out.append(_FROM_VNI.get(single, single))
            at += 1
        else:
            return None
    return "".join(out)
