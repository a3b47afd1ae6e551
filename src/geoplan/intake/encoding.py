"""How the texts of a layer are encoded, decided by evidence, and their restoration.

The evidence is the share of valid Vietnamese syllables among the words that carry more than ASCII letters,
each word counted once a column, over all text columns together. Words of ASCII letters alone say nothing.

A shapefile is to be read as ISO-8859-1, so that each character is one byte of its .dbf (the "latin-1
view"). Asked to decode CP1258 itself, GDAL loses the last character of each value and field name to which a
tone could still be added; this way nothing is lost.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from geoplan.intake import legacy_tables as tables
from geoplan.intake.findings import Code, Finding
from geoplan.intake.legacy_tables import ENCODINGS, STEPS, Reading, require_encoding, reverse
from geoplan.intake.names import font_habit, is_vietnamese, marked_words, normalise, same_spelling
from geoplan.text import listing, percent

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["CODES", "ENCODINGS", "Restored", "normalise", "restore", "reverse", "same_spelling"]

_CHOOSE: Final = (
    "Xem lại bảng thuộc tính; nếu sai hãy nhập lại với --encoding.",
    "Look at the table; if it is wrong, import again with --encoding.",
)
CODES: Final = (
    Code("TEXT-01", "note", ("Chữ UTF-8 không khai báo", "UTF-8 text without a declaration"), _CHOOSE),
    Code("TEXT-02", "warning", ("Chữ UTF-8 bị đọc nhầm", "UTF-8 text that was misread"), _CHOOSE),
    Code("TEXT-03", "warning", ("Chữ TCVN3 (ABC)", "TCVN3 (ABC) text"), _CHOOSE),
    Code("TEXT-04", "warning", ("Chữ CP1258", "CP1258 text"), _CHOOSE),
    Code(
        "TEXT-05",
        "warning",
        ("Giá trị không giải mã được", "A value that cannot be decoded"),
        ("Sửa giá trị này trong tệp gốc.", "Mend this value in the original file."),
    ),
    Code(
        "TEXT-06",
        "note",
        ("Chữ viết không theo dạng chuẩn", "Text not written in the canonical form"),
        ("Không cần làm gì: đã đưa về Unicode NFC.", "Nothing to do: it was brought to Unicode NFC."),
    ),
    Code(
        "TEXT-07",
        "note",
        ("Không đủ bằng chứng về bảng mã", "Too little evidence about the encoding"),
        ("Nếu chữ sai, nhập lại với --encoding.", "If the text is wrong, import again with --encoding."),
    ),
    Code(
        "TEXT-08",
        "note",
        ("Chữ hoa theo thói quen phông .VnTimeH", "Capitals by the habit of .VnTimeH fonts"),
        (
            "Chọn --encoding tcvn3-capitals (chữ hoa) hoặc tcvn3 (giữ như trong mã).",
            "Choose --encoding tcvn3-capitals (capitals) or tcvn3 (as the codes say).",
        ),
    ),
    Code(
        "TEXT-09",
        "warning",
        ("Ký tự điều khiển trong chữ", "Control characters in text"),
        ("Xóa ký tự này trong tệp gốc.", "Remove the character in the original file."),
    ),
    Code(
        "TEXT-10",
        "warning",
        ("Chữ đã bị mất trước khi đến đây", "Letters were lost before they came here"),
        (
            "Xin lại tệp gốc: chữ đã mất không khôi phục được.",
            "Ask for the original: lost letters stay lost.",
        ),
    ),
    Code("TEXT-11", "warning", ("Chữ VNI", "VNI text"), _CHOOSE),
    Code(
        "TEXT-12",
        "warning",
        ("Bảng mã được chọn không khớp", "The encoding that was asked for does not fit"),
        ("Nhập lại với --encoding auto.", "Import again with --encoding auto."),
    ),
)
_CODE: Final = {code.code: code for code in CODES}

_KINDS: Final = {"tcvn3": "TEXT-03", "tcvn3-capitals": "TEXT-03", "cp1258": "TEXT-04", "vni": "TEXT-11"}
# Bytes of another encoding hardly ever make whole UTF-8 characters: where there are few words, one is enough.
_CHECK_THEMSELVES: Final = ("utf-8", "utf-8-twice")
_MIN_WORDS: Final = 3
_MIN_MENDED: Final = 0.4  # of the words that are no syllables as they are; names in Đắk Lắk mend half
_MIN_LEAD: Final = 0.2  # before the next best reading
_LOW_SHARE: Final = 0.5
_LONG: Final = 60  # letters of a value that a sentence shows
_SHOWN: Final = 20  # findings of one kind and column that are told one by one

_CONTROL: Final = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_LOST: Final = re.compile(r"\ufffd|[^\W\d_]\?[^\W\d_]|\?\?[^\W\d_]")


@dataclass(frozen=True)
class Restored:
    """Text columns after restoration.

    Attributes
    ----------
    columns
        The texts, in NFC; None stays None. A value that could not be decoded is as it was.
    encoding
        What was decided or asked for, one of `ENCODINGS` but ``auto``; ``latin-1`` is "as it is".
    share_before, share_after
        Share (0 to 1) of valid Vietnamese syllables among the different words with more than ASCII letters;
        1 when there is no such word.
    changed
        How many values differ from what came in.
    findings
        What was done, and what was not.
    """

    columns: dict[str, list[str | None]]
    encoding: str
    share_before: float
    share_after: float
    changed: int
    findings: list[Finding] = field(default_factory=list)


def restore(
    columns: Mapping[str, Sequence[str | None]], *, encoding: str = "auto", latin1_view: bool = False
) -> Restored:
    """Find how the texts are encoded, and give them back readable.

    Parameters
    ----------
    columns
        Text columns as a reader gave them.
    encoding
        One of `ENCODINGS`. ``auto`` decides by evidence and leaves texts as they are when it is thin;
        ``latin-1`` leaves them as they are. ``utf-8`` is UTF-8 shown as ISO-8859-1 or cp1252,
        ``utf-8-twice`` the same done twice.
    latin1_view
        Whether each character is a byte of the file. Then texts of another encoding may themselves have
        been stored as UTF-8, and ``utf-8`` is decided by the bytes alone.

    Raises
    ------
    UsageError
        When the encoding is not known.

    Notes
    -----
    Right texts stay as they are but for NFC. `reverse` gives the bytes back. Not promised: two encodings
    mixed in one column, or a text misread more than twice.
    """
    require_encoding(encoding, ENCODINGS)
    below = latin1_view and encoding not in ("utf-8", "utf-8-twice", "latin-1") and _is_utf8(columns)
    first = ("utf-8",) if below else ()
    found: list[Finding] = []
    left: set[str] = set()
    if encoding == "auto":
        words = {name: marked_words(Reading(first, ()).texts(values)) for name, values in columns.items()}
        chosen, steps, found = _decide(words, below=below)
        left = {name for name, w in words.items() if _better_as_it_is(w, steps)}
    else:
        chosen, steps = encoding, STEPS[encoding]
    out: dict[str, list[str | None]] = {}
    for name, values in columns.items():
        reading = Reading(first, () if name in left else steps)
        out[name] = reading.texts(values)
        if name in left:
            found.append(_left(name, chosen))
        elif chosen in ("tcvn3", "tcvn3-capitals") and out[name] != Reading(first, ()).texts(values):
            shown = _with_capitals(name, out[name], chosen, found)
            out[name] = [
                kept if value is None or reading.read(value) is None else text
                for value, kept, text in zip(values, out[name], shown, strict=True)
            ]
        found += _of_values(name, values, out[name], reading)
    before, after = _share(columns), _share(out)
    if encoding != "auto" and after < before:
        found.append(_does_not_fit(chosen, before, after))
    changed = [(a, b) for name in out for a, b in zip(columns[name], out[name], strict=True) if a != b]
    if changed:
        found[:0] = _what_was_done(changed, chosen, below=below, latin1_view=latin1_view)
    return Restored(out, chosen, before, after, len(changed), found)


def _is_utf8(columns: Mapping[str, Sequence[str | None]]) -> bool:
    """Whether most values with more than ASCII are whole UTF-8 characters, byte by byte."""
    marked = {v for values in columns.values() for v in values if v is not None and not v.isascii()}
    return sum(tables.read(v, ("utf-8",)) is not None for v in marked) > len(marked) / 2


# --- the evidence ----------------------------------------------------------------------------------------


def _count(words: set[str], steps: tuple[str, ...]) -> tuple[int, int]:
    """How many words are Vietnamese when read by these steps, and minus how many are not."""
    reading = Reading((), steps)
    verdicts = [is_vietnamese(text) for text in reading.texts(list(words)) if text is not None]
    return verdicts.count(True), -verdicts.count(False)


def _better_as_it_is(words: set[str], steps: tuple[str, ...]) -> bool:
    """Whether a column is not of the encoding of the others; one that is right both ways is left alone."""
    now, then = _count(words, ()), _count(words, steps)
    right_now = now[0] > 0 and now[1] == 0 and "utf-8" not in steps
    return bool(steps) and (now > then or (right_now and now == then))


def _share(columns: Mapping[str, Sequence[str | None]]) -> float:
    counts = [_count(marked_words(values), ()) for values in columns.values()]
    good, bad = sum(c[0] for c in counts), -sum(c[1] for c in counts)
    return good / (good + bad) if good + bad else 1.0


def _decide(words: Mapping[str, set[str]], *, below: bool) -> tuple[str, tuple[str, ...], list[Finding]]:
    """The encoding, the steps to read it by, and what is doubtful about it."""
    stay = "utf-8" if below else "latin-1"
    options = {"utf-8-twice": ("utf-8",)} if below else {n: STEPS[n] for n in ("utf-8", "utf-8-twice")}
    options |= {name: STEPS[name] for name in ("tcvn3", "cp1258", "vni")}
    now = {name: _count(w, ()) for name, w in words.items()}
    good, bad = sum(c[0] for c in now.values()), -sum(c[1] for c in now.values())
    if not bad:
        return stay, (), []
    ranked = []
    for option, steps in options.items():
        # A column that reads better as it is will be left so.
        best = [max(now[name], _count(w, steps)) for name, w in words.items()]
        gained, mended = sum(c[0] for c in best) - good, 1 + sum(c[1] for c in best) / bad
        ranked.append((mended, gained, option))
    ranked.sort(reverse=True)
    (mended, gained, option), second = ranked[0], ranked[1][0]
    enough = 1 if option in _CHECK_THEMSELVES and good < _MIN_WORDS else _MIN_WORDS
    if mended >= _MIN_MENDED and mended - second >= _MIN_LEAD and gained >= enough:
        return option, options[option], []
    if mended >= _MIN_MENDED or good < _LOW_SHARE * (good + bad):
        likely = [name for m, g, name in ranked if m >= _MIN_MENDED and g > 0]
        doubtful = sorted(word for word in set().union(*words.values()) if is_vietnamese(word) is False)
        return stay, (), [_thin(doubtful, likely)]
    return stay, (), []


# --- what is said ----------------------------------------------------------------------------------------


def _thin(words: list[str], likely: list[str]) -> Finding:
    shown = [_quoted(word) for word in words]
    if likely:
        vi, en = f"có thể là {' hoặc '.join(likely)}", f"it may be {' or '.join(likely)}"
    else:
        vi, en = "không bảng mã nào cho chữ Việt", "no encoding makes it Vietnamese"
    return Finding(
        _CODE["TEXT-07"],
        vi=f"Chưa đủ bằng chứng về bảng mã ({listing(shown)}): {vi}; chữ được giữ nguyên.",
        en=f"Too little evidence about the encoding ({listing(shown, lang='en')}): {en}; it stays as it is.",
    )


def _left(name: str, chosen: str) -> Finding:
    return Finding(
        _CODE["TEXT-07"],
        vi=f"Cột {name}: giữ nguyên, vì đọc theo {chosen} như các cột khác thì ít chữ Việt hơn.",
        en=f"Column {name}: left as it is, being less Vietnamese when read as {chosen} like the others.",
    )


def _does_not_fit(chosen: str, before: float, after: float) -> Finding:
    return Finding(
        _CODE["TEXT-12"],
        vi=f"Đọc theo {chosen} thì tỷ lệ tiếng Việt đúng giảm từ {percent(100 * before)} "
        f"còn {percent(100 * after)}.",
        en=f"Read as {chosen}, the share of right Vietnamese words falls from "
        f"{percent(100 * before, lang='en')} to {percent(100 * after, lang='en')}.",
    )


def _what_was_done(
    changed: list[tuple[str | None, str | None]], chosen: str, *, below: bool, latin1_view: bool
) -> Iterator[Finding]:
    """What the layer was read as, with an example."""
    old, new = changed[0]
    shown = f"{_quoted(old or '')} → {_quoted(new or '')}"
    if below or (chosen == "utf-8" and latin1_view):
        yield Finding(
            _CODE["TEXT-01"],
            vi=f"Chữ là UTF-8 mà tệp không khai báo (thiếu .cpg): {len(changed)} giá trị, như {shown}.",
            en=f"The text is UTF-8, undeclared (no .cpg): {len(changed)} values, as {shown}.",
        )
    times = chosen.count("utf-8") + chosen.count("twice") - latin1_view
    if chosen.startswith("utf-8") and times > 0:
        yield Finding(
            _CODE["TEXT-02"],
            vi=f"Chữ UTF-8 đã bị đọc nhầm {times} lần; đã khôi phục {len(changed)} giá trị, như {shown}.",
            en=f"UTF-8 text had been misread {times}×; {len(changed)} values were restored, as {shown}.",
        )
    elif chosen in _KINDS:
        yield Finding(
            _CODE[_KINDS[chosen]],
            vi=f"Chữ theo bảng mã {chosen}; đã chuyển {len(changed)} giá trị sang Unicode, như {shown}.",
            en=f"The text is {chosen}; {len(changed)} values were brought to Unicode, as {shown}.",
        )


def _with_capitals(name: str, texts: list[str | None], chosen: str, found: list[Finding]) -> list[str | None]:
    """The column in capitals when that was chosen; a finding when it was, or when it may be meant."""
    if chosen == "tcvn3-capitals":
        found.append(
            Finding(
                _CODE["TEXT-08"],
                vi=f"Cột {name}: viết hoa toàn bộ theo lựa chọn tcvn3-capitals (phông .VnTimeH).",
                en=f"Column {name}: all in capitals, as tcvn3-capitals was chosen (.VnTimeH fonts).",
            )
        )
        return [None if text is None else text.upper() for text in texts]
    words = marked_words(texts)
    small = len(words) >= _MIN_WORDS and all(text is None or text == text.lower() for text in texts)
    if small or sum(font_habit(word) for word in words) > len(words) / 2:
        found.append(
            Finding(
                _CODE["TEXT-08"],
                vi=f"Cột {name}: có vẻ viết cho phông .VnTimeH, vốn hiện mã chữ thường thành chữ hoa; "
                "chữ được giữ như trong mã.",
                en=f"Column {name}: it seems written for .VnTimeH, which shows small codes as capitals; "
                "the text is as the codes say.",
            )
        )
    return texts


def _of_values(
    name: str, values: Sequence[str | None], texts: list[str | None], reading: Reading
) -> Iterator[Finding]:
    """What is to be said of single values of a column."""
    rows = [
        (row, v, t)
        for row, (v, t) in enumerate(zip(values, texts, strict=True))
        if v is not None and t is not None
    ]
    unread = [r for r in rows if reading.read(r[1]) is None and not (reading.checks_itself and _right(r[2]))]
    yield from _by_row(
        name, "TEXT-05", unread, "không giải mã được, giữ nguyên", "cannot be decoded, left as it is"
    )
    control = [r for r in rows if _CONTROL.search(r[2])]
    yield from _by_row(name, "TEXT-09", control, "có ký tự điều khiển", "has control characters")
    lost = [r for r in rows if _LOST.search(r[2]) and "/" not in r[2]]
    yield from _by_row(
        name, "TEXT-10", lost, "có chữ đã mất (? hoặc \ufffd)", "has lost letters (? or \ufffd)"
    )
    loose = [r for r in rows if reading.read(r[1]) is not None and not reading.canonical(r[1])]
    if loose:
        yield Finding(
            _CODE["TEXT-06"],
            vi=f"Cột {name}: {len(loose)} giá trị viết chữ có dấu theo cách khác dạng chuẩn, đã đưa về NFC.",
            en=f"Column {name}: {len(loose)} values spell marked letters in another form; brought to NFC.",
        )


def _right(value: str) -> bool:
    return all(is_vietnamese(word) is not False for word in marked_words([value]))


def _by_row(name: str, code: str, rows: list[tuple[int, str, str]], vi: str, en: str) -> Iterator[Finding]:
    for row, _, text in rows[:_SHOWN]:
        yield Finding(
            _CODE[code],
            vi=f"Cột {name}, dòng {row}: {_quoted(text)} {vi}.",
            en=f"Column {name}, row {row}: {_quoted(text)} {en}.",
            row=row,
        )
    if len(rows) > _SHOWN:
        more = len(rows) - _SHOWN
        yield Finding(
            _CODE[code],
            vi=f"Cột {name}: {more} giá trị nữa {vi}, ở các dòng {listing(r[0] for r in rows[_SHOWN:])}.",
            en=f"Column {name}: {more} more values: {en}, in rows "
            f"{listing((r[0] for r in rows[_SHOWN:]), lang='en')}.",
        )


def _quoted(text: str) -> str:
    """A value for a sentence: short, and what does not show spelled out."""
    short = text if len(text) <= _LONG else text[:_LONG] + "…"
    return "“" + _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", short) + "”"
