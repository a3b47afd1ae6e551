"""A difference of two builds in words, and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from geoplan.criteria.telling import MARKS, STATUS
from geoplan.model import words
from geoplan.quantity import UNITS, with_unit
from geoplan.show.labels import capital
from geoplan.show.verdict_words import OUTCOMES
from geoplan.text import UNKNOWN, number, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geoplan.batch.difference import Change, CityChanges, Difference
    from geoplan.errors import Lang

_STATES: Final = {
    "pass": (True, OUTCOMES[True]),
    "fail": (False, OUTCOMES[False]),
    "open": (None, OUTCOMES[None]),
}
_WORDS: Final = {
    "nothing": words("Không có gì thay đổi.", "Nothing changed."),
    "added_city": words("Thêm thành phố", "City added"),
    "removed_city": words("Bớt thành phố", "City removed"),
    "same": words("Không đổi", "Unchanged"),
    "added": words("thêm", "added"),
    "removed": words("không còn", "gone"),
    "threshold": words("ngưỡng", "threshold"),
    "aside": words("– không xét", "– set aside"),
    "on": words("Ngày đánh giá", "Date of assessment"),
    "lang": words("Ngôn ngữ", "Language"),
    "code": words("Phiên bản geoplan hoặc gói đi kèm đã đổi", "geoplan or a package below it is another"),
    "inputs": words("Dữ liệu đầu vào", "Input"),
    "standing": words("Tính chất của lớp", "Standing of the layer"),
    "changed": words("đã đổi", "changed"),
    "none": words("không có", "none"),
    "figures": words("Không số liệu hay kết luận nào thay đổi.", "No figure and no verdict moved."),
}
_KINDS: Final = {
    "number": words("Số liệu", "Figure"),
    "verdict": words("Tiêu chuẩn", "Standard"),
    "class": words("Loại đô thị", "Urban class"),
    "unit": words("Đơn vị", "Unit"),
    "target": words("Chỉ tiêu", "Target"),
}
_FINE: Final = 9


def difference_lines(found: Difference, lang: Lang = "vi") -> list[str]:
    """The difference as lines for a terminal."""
    return [one_line(line) for line in _lines(found, lang)]


def _lines(found: Difference, lang: Lang) -> Iterator[str]:
    say = {key: text.text(lang) for key, text in _WORDS.items()}
    if not (found.added or found.removed or found.changed):
        yield say["nothing"]
        return
    for key in ("added", "removed"):
        for city in getattr(found, key):
            yield f"{say[f'{key}_city']}: {city}"
    for one in found.changed:
        yield f"{one.city} – {one.title}"
        for name, pair in one.facts.items():
            yield f"  {_fact(name, pair, say)}"
        for change in one.changes:
            yield f"  {_change(change, lang)}"
        if not one.changes:
            yield f"  {say['figures']}"
    if found.same:
        yield f"{say['same']}: {', '.join(found.same)}"


def _fact(name: str, pair: tuple[Any, Any], say: Mapping[str, str]) -> str:
    table, _, inside = name.partition(".")
    if name == "code":
        return say["code"]
    old, new = (say["none"] if value is None else str(value) for value in pair)
    if table == "inputs":
        how = say["added"] if pair[0] is None else say["removed"] if pair[1] is None else say["changed"]
        return f"{say['inputs']} {inside}: {how}"
    return f"{say[table]}{f' {inside}' if inside else ''}: {old} → {new}"


def _change(change: Change, lang: Lang) -> str:
    record = change.record
    name, where = capital(record["name"][lang]), record["where"][lang]
    head = f"{_KINDS[record['kind']].text(lang)}: {name}" + (f" – {where}" if where else "")
    moved = [_moved(field, pair, change, lang) for field, pair in change.fields.items()]
    if change.how == "changed":
        return f"{head}: {'; '.join(moved)}"
    return f"{head}: {_WORDS[change.how].text(lang)} ({'; '.join(moved) or UNKNOWN[lang]})"


def _moved(field: str, pair: tuple[Any, Any], change: Change, lang: Lang) -> str:
    unit = str(change.record.get("unit", "count"))
    old, new = (_text(field, value, unit, lang) for value in pair)
    if old == new and field in {"value", "threshold"}:  # they differ behind what is shown
        old, new = (number(value, digits=_FINE, lang=lang) for value in pair)
    label = f"{_WORDS['threshold'].text(lang)} " if field == "threshold" else ""
    if change.how == "added":
        return f"{label}{new}"
    if change.how == "removed":
        return f"{label}{old}"
    return f"{label}{old} → {new}"


def _text(field: str, value: Any, unit: str, lang: Lang) -> str:
    if value is None:
        return UNKNOWN[lang]
    if field == "said":
        return str(value[lang])
    if field == "state":
        return _state(str(value), lang)
    return with_unit(value, unit if unit in UNITS else "count", lang)


def _state(value: str, lang: Lang) -> str:
    if value in _STATES:
        passes, text = _STATES[value]
        return f"{MARKS[passes]} {text.text(lang)}"
    if value == "aside":
        return _WORDS["aside"].text(lang)
    status = next((text for key, text in STATUS.items() if key == value), None)
    return value if status is None else status.text(lang)


def difference_json(found: Difference, lang: Lang = "vi") -> dict[str, Any]:
    """The difference as values that `json.dumps` takes with ``allow_nan=False``."""
    return {
        "added": list(found.added),
        "removed": list(found.removed),
        "same": list(found.same),
        "changed": [_city(one, lang) for one in found.changed],
    }


def _city(one: CityChanges, lang: Lang) -> dict[str, Any]:
    return {
        "city": one.city,
        "title": one.title,
        "facts": {name: {"old": old, "new": new} for name, (old, new) in one.facts.items()},
        "changes": [
            {
                "how": change.how,
                **{key: change.record[key] for key in ("kind", "id", "scope")},
                "name": change.record["name"][lang],
                "where": change.record["where"][lang],
                "unit": change.record.get("unit"),
                "fields": {name: {"old": old, "new": new} for name, (old, new) in change.fields.items()},
                "text": _change(change, lang),
            }
            for change in one.changes
        ],
    }
