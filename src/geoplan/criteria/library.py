"""The rulebooks: those that come with geoplan and the user's own, by day and kind."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from geoplan.criteria.checks import problems, wholes
from geoplan.criteria.locate import line_of, lines
from geoplan.criteria.rulebook import Rulebook
from geoplan.errors import DataError
from geoplan.model import Words, words
from geoplan.text import date_text, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from pydantic_core import ErrorDetails

    from geoplan.criteria.locate import Path
    from geoplan.criteria.rulebook import Kind

_MOST_CHARACTERS: Final = 200_000
_LONGEST_LINE: Final = 2_000
_MOST_DOTS: Final = 200
"""Of a line. All three are far above any rulebook; what goes beyond would only be slow to read."""
_MOST_ERRORS: Final = 1_000
_TOO_DEEP: Final = words("lồng nhau quá nhiều cấp", "nested too deep")
_TOML_LINE: Final = re.compile(r"\(at line (\d+), column \d+\)")
_FORM: Final = {
    "missing": words("thiếu {key}", "{key} is missing"),
    "extra_forbidden": words("không có khóa {key} ở đây", "there is no key {key} here"),
    "finite_number": words("{key} phải là số hữu hạn", "{key} must be a finite number"),
    "float_type": words("{key} phải là số", "{key} must be a number"),
    "int_type": words("{key} phải là số nguyên", "{key} must be a whole number"),
    "string_type": words("{key} phải là chữ trong dấu ngoặc kép", "{key} must be text in quotation marks"),
    "string_too_short": words("{key} không được trống", "{key} must not be empty"),
    "string_pattern_mismatch": words(
        "{key} chỉ gồm chữ không dấu, số, gạch, chấm", "{key} takes letters, digits, hyphens and dots only"
    ),
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        words("{key} phải là ngày, viết như 2026-01-01", "{key} must be a day, written as 2026-01-01"),
    ),
    "tuple_type": words("{key} phải là danh sách", "{key} must be a list"),
    "model_type": words("{key} phải là bảng", "{key} must be a table"),
    "literal_error": words("{key} phải là một trong {expected}", "{key} must be one of {expected}"),
}


@dataclass(frozen=True)
class Loaded:
    """A rulebook with where it comes from: its file, the sha256 of its text, and whose it is."""

    rulebook: Rulebook
    name: str
    sha256: str
    users: bool
    line: int
    """Where its file says from when on it is in force."""
    id_line: int

    def holds(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        book = self.rulebook
        return book.in_force_from <= day and (book.in_force_to is None or day < book.in_force_to)


@dataclass(frozen=True)
class Library:
    """All rulebooks; the user's come first on the days they cover."""

    loaded: tuple[Loaded, ...]

    def find(self, day: dt.date, kind: Kind) -> Loaded | None:
        """The rulebook of a kind in force on a day, with its file; None when there is none."""
        holding = [x for x in self.loaded if x.rulebook.kind == kind and x.holds(day)]
        return next((x for x in holding if x.users), holding[0] if holding else None)

    def on(self, day: dt.date, kind: Kind) -> Rulebook | None:
        """The rulebook of a kind in force on a day; None when there is none."""
        found = self.find(day, kind)
        return None if found is None else found.rulebook

    def listing(self, on: dt.date | None = None) -> list[Loaded]:
        """All rulebooks by kind and time; only those that count on a day, when one is given."""
        chosen = [x for x in self.loaded if on is None or x is self.find(on, x.rulebook.kind)]
        return sorted(
            chosen, key=lambda x: (x.rulebook.kind, x.rulebook.in_force_from, x.users, x.rulebook.id)
        )


def load_library(user: Sequence[tuple[str, str]] = ()) -> Library:
    """The bundled rulebooks, and the user's.

    Parameters
    ----------
    user
        File names and texts. A user's rulebook counts before a bundled one on the days it covers;
        one with the id of a bundled one takes its place altogether.

    Raises
    ------
    DataError
        When a file is not a rulebook, or two of the user's have one id or are of one kind and in force
        on the same day; the sentence names the file, the line and what is wrong.
    """
    own = [_load(text, name=name, users=True) for name, text in user]
    _refuse_clashes(own)
    ids = {x.rulebook.id for x in own}
    return Library((*own, *(x for x in _bundled() if x.rulebook.id not in ids)))


@cache
def _bundled() -> tuple[Loaded, ...]:
    folder = resources.files("geoplan.criteria").joinpath("rulebooks")
    files = sorted((p for p in folder.iterdir() if p.name.endswith(".toml")), key=lambda p: p.name)
    found = tuple(_load(p.read_text("utf-8"), name=p.name, users=False) for p in files)
    _refuse_clashes(found)
    return found


def _refuse_clashes(found: Sequence[Loaded]) -> None:
    """Refuse two of one id, and two of one kind on the same day."""
    for i, second in enumerate(found):
        for first in found[:i]:
            here, there = second.rulebook, first.rulebook
            if here.id == there.id:
                what = f"{quoted(here.id)} ({quoted(first.name)})"
                raise _refused(
                    second.name, second.id_line, words(f"id {what} đã có", f"the id {what} is taken")
                )
            overlap = _overlap(here, there)
            if here.kind == there.kind and overlap is not None:
                raise _refused(second.name, second.line, _clash(here.kind, first, overlap))


def _overlap(one: Rulebook, other: Rulebook) -> tuple[dt.date, dt.date | None] | None:
    """The days on which both are in force (half-open); None when there are none."""
    ends = [end for end in (one.in_force_to, other.in_force_to) if end is not None]
    start, end = max(one.in_force_from, other.in_force_from), min(ends, default=None)
    return (start, end) if end is None or start < end else None


def _clash(kind: Kind, first: Loaded, days: tuple[dt.date, dt.date | None]) -> Words:
    start, end = days
    vi = f"từ {date_text(start)}" + ("" if end is None else f" đến trước {date_text(end)}")
    en = f"from {start}" + ("" if end is None else f" until before {end}")
    place = quoted(first.name)
    return words(
        f"trùng thời gian hiệu lực ({vi}) với {place}, dòng {first.line}, cùng loại “{kind}”",
        f"in force at the same time ({en}) as {place}, line {first.line}, of the same kind “{kind}”",
    )


def parse_rulebook(text: str, *, name: str) -> Rulebook:
    """A rulebook from the text of its file, shared parts put into each class and kind of unit.

    Parameters
    ----------
    name
        Of the file, for the sentence when it is refused.

    Raises
    ------
    DataError
        When it is no TOML, not in the form of a rulebook, or contradicts itself; the sentence names the
        file, the line and what is wrong.
    """
    return _load(text, name=name, users=True).rulebook


def _load(text: str, *, name: str, users: bool) -> Loaded:
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    data = _toml(plain, name)
    try:
        places = lines(plain)
        book = Rulebook.model_validate(data)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)[:_MOST_ERRORS]
        found = [(line_of(e["loc"], places), _wrong(e)) for e in errors]
        raise _refused(name, *min(found, key=lambda pair: pair[0])) from error
    except RecursionError as error:
        raise _refused(name, 1, _TOO_DEEP) from error
    wrong = next(problems(book), None)
    if wrong is not None:
        path, what = wrong
        said = words(f"{_key(path)}: {what.vi}", f"{_key(path)}: {what.en}")
        raise _refused(name, line_of(path, places), said)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    from_line, id_line = (line_of((key,), places) for key in ("in_force_from", "id"))
    return Loaded(_completed(book), name, digest, users, line=from_line, id_line=id_line)


def _toml(text: str, name: str) -> dict[str, Any]:
    rows = text.split("\n")
    if len(text) > _MOST_CHARACTERS:
        raise _refused(name, 1, words("tệp quá lớn so với một bộ tiêu chuẩn", "too large for a rulebook"))
    for line, row in enumerate(rows, start=1):
        if len(row) > _LONGEST_LINE or row.count(".") > _MOST_DOTS:
            raise _refused(name, line, words("dòng quá dài", "the line is too long"))
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _refused(name, 1, _TOO_DEEP) from error
    except ValueError as error:  # tomllib's own, or of a number it cannot read
        at = _TOML_LINE.search(str(error))
        line = int(at.group(1)) if at else len(rows)
        said = quoted(_TOML_LINE.sub("", str(error)).strip())
        raise _refused(name, line, words(f"không đúng TOML: {said}", f"not TOML: {said}")) from error


def _wrong(error: ErrorDetails) -> Words:
    """What pydantic found, in both languages; its own words when it is something rare."""
    key = quoted(_key(tuple(part for part in error["loc"] if part not in {"float", "str"})))
    known = _FORM.get(error["type"], _FORM["float_type"] if "float" in error["loc"] else None)
    if known is None:
        return words(f"{key} không hợp lệ: {error['msg']}", f"{key} is not valid: {error['msg']}")
    expected = str(error.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
    return words(*(text.format(key=key, expected=expected) for text in (known.vi, known.en)))


def _key(path: Path) -> str:
    """The name nearest to what is wrong: the last key of a path."""
    return next((part for part in reversed(path) if isinstance(part, str)), "toml")


def _refused(name: str, line: int, what: Words) -> DataError:
    file = quoted(name)
    return DataError(
        vi=f"{file}, dòng {line}: {what.vi}; hãy sửa bộ tiêu chuẩn này.",
        en=f"{file}, line {line}: {what.en}; mend this rulebook.",
    )


def _completed(book: Rulebook) -> Rulebook:
    """The rulebook with what is shared put into each class and kind of unit."""
    whole = [
        w.owner.model_copy(
            update={
                "standards": tuple(s for _, s in w.standards),
                **({"groups": tuple(g for _, g in w.groups)} if w.at[0] == "classes" else {}),
            }
        )
        for w in wholes(book)
    ]
    classes, units = whole[: len(book.classes)], whole[len(book.classes) :]
    return book.model_copy(update={"classes": tuple(classes), "units": tuple(units), "shared": ()})
