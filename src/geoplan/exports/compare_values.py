"""The values of one column against what reading it back gave."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.exports.fields import FieldKind
    from geoplan.exports.writing import LossKind

_KINDS: Final = {
    "text": ("chữ", "text"),
    "integer": ("số nguyên", "whole number"),
    "number": ("số", "number"),
    "date": ("ngày", "date"),
    "boolean": ("đúng/sai", "true or false"),
}
_SAYS: Final = {"true": True, "1": True, "false": False, "0": False}


@dataclass(frozen=True)
class Difference:
    """One way in which a column differs: how many values do, and by how much at most.

    `vi` and `en` are the sentence, with ``{count}`` and ``{worst}`` for the figures.
    """

    kind: LossKind
    vi: str
    en: str
    count: int = 0
    worst: float = 0.0


def differences(kind: FieldKind, ours: pd.Series, theirs: pd.Series | None) -> Iterator[Difference]:
    """In which ways a column read back differs; `theirs` is None when it is not in the file."""
    if theirs is None:
        yield Difference("layer", "trường không có trong tệp.", "the field is not in the file.")
        return
    found = kind_of(theirs)
    if found is not None and not _holds(found, kind):
        (was, was_en), (now, now_en) = _KINDS[kind], _KINDS[found]
        yield Difference("type", f"kiểu {was} thành {now}.", f"{was_en} became {now_en}.")
    pairs = [(_plain(a), _plain(b)) for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)]
    yield from _null_differences(pairs)
    known = [(a, b) for a, b in pairs if a not in (None, "") and b not in (None, "")]
    if kind == "text":
        yield from _text_differences([(str(a), str(b)) for a, b in known])
    else:
        yield from _number_differences(kind, known)


def missing(value: Any) -> bool:
    """Whether a value is unknown: None, NaN, NaT, NA."""
    return value is None or (bool(pd.api.types.is_scalar(value)) and bool(pd.isna(value)))


def kind_of(values: pd.Series) -> FieldKind | None:
    """The type that reading back gave; None when no value tells."""
    plain: dict[str, FieldKind] = {"M": "date", "b": "boolean", "i": "integer", "u": "integer"}
    letter = values.dtype.kind
    if letter in plain:
        return plain[letter]
    given = [v for v in values.tolist() if not missing(v)]
    if not given:
        return None
    types: tuple[tuple[type | tuple[type, ...], FieldKind], ...] = (
        ((bool, np.bool_), "boolean"),
        ((int, np.integer), "integer"),
        ((float, np.floating, int), "number"),
        (dt.date, "date"),
    )
    return next((kind for type_, kind in types if all(isinstance(v, type_) for v in given)), "text")


def _holds(found: FieldKind, wanted: FieldKind) -> bool:
    """Whether a column read as one type can be a field of another: nulls make floats of whole numbers."""
    numeric = {"integer", "number"}
    return found == wanted or {found, wanted} <= numeric or (found == "number" and wanted == "boolean")


def _plain(value: Any) -> Any:
    if missing(value):
        return None
    if isinstance(value, dt.datetime):
        return value.date() if value.time() == dt.time() else value
    return value.item() if isinstance(value, np.generic) else value


def _null_differences(pairs: list[tuple[Any, Any]]) -> Iterator[Difference]:
    empty = sum({type(a), type(b)} == {str, type(None)} and (a or b or "") == "" for a, b in pairs)
    if empty:
        yield Difference(
            "null",
            "{count} chữ rỗng và ô trống bị lẫn.",
            "{count} empty texts and nulls confused.",
            empty,
        )
    nulls = sum((a is None) != (b is None) and a != "" and b != "" for a, b in pairs)
    if nulls:
        yield Difference(
            "null",
            "{count} giá trị chưa biết và đã biết bị lẫn.",
            "{count} values known and unknown confused.",
            nulls,
        )


def _text_differences(known: list[tuple[str, str]]) -> Iterator[Difference]:
    cut = [(a, b) for a, b in known if a != b and a.startswith(b)]
    if cut:
        most = max(len(a.encode("utf-8", "replace")) - len(b.encode("utf-8", "replace")) for a, b in cut)
        yield Difference(
            "cut",
            "{count} chữ bị cắt, nhiều nhất {worst} byte.",
            "{count} texts cut, by {worst} bytes at most.",
            len(cut),
            most,
        )
    other = sum(a != b and not a.startswith(b) for a, b in known)
    if other:
        yield Difference("text", "{count} chữ thay đổi.", "{count} texts changed.", other)


def _number_differences(kind: FieldKind, known: list[tuple[Any, Any]]) -> Iterator[Difference]:
    """Numbers less precise; dates and booleans that changed."""
    apart = [d for d in (_apart(kind, a, b) for a, b in known) if d > 0]
    changed = [d for d in apart if math.isinf(d)]
    if changed:
        yield Difference("text", "{count} giá trị thay đổi.", "{count} values changed.", len(changed))
    if len(apart) > len(changed):
        worst = max(d for d in apart if math.isfinite(d))
        yield Difference(
            "precision",
            "{count} số kém chính xác, lệch nhiều nhất {worst}.",
            "{count} numbers less precise, by {worst} at most.",
            len(apart) - len(changed),
            worst,
        )


def _apart(kind: FieldKind, ours: Any, theirs: Any) -> float:
    """How far two known values are apart: 0 when they are the same, infinite when that is no number."""
    if kind in {"integer", "number"}:
        try:
            found = int(theirs) if isinstance(ours, int) else float(theirs)
        except (ValueError, OverflowError):
            return math.inf
        return 0.0 if found == ours else float(abs(found - ours))
    if kind == "boolean":
        theirs = _SAYS.get(theirs.casefold()) if isinstance(theirs, str) else bool(theirs)
    elif isinstance(theirs, str):
        ours = ours.isoformat()
    return 0.0 if ours == theirs else math.inf
