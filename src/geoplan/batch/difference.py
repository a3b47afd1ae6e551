"""What changed between two builds: cities, inputs, figures, verdicts, targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from geoplan.batch.state import read_json, read_state
from geoplan.errors import DataError, UsageError
from geoplan.intake.read import existing_file, sha256
from geoplan.scenario.records import FIELDS, by_key, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    Record = Mapping[str, Any]

_FACTS: Final = ("on", "lang", "code")


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that is otherwise.

    Attributes
    ----------
    record
        The figure or verdict, as the newer build has it (the older when it is gone); see
        `geoplan.scenario.records.entries`.
    how
        ``changed``, ``added`` or ``removed``.
    fields
        What of it moved, from which value to which.
    """

    record: Record
    how: Literal["changed", "added", "removed"]
    fields: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, kw_only=True)
class CityChanges:
    """What changed of one city; `facts` are date, language, code and, by file, inputs and standing."""

    city: str
    title: str
    facts: Mapping[str, tuple[Any, Any]]
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """What changed between two builds; `same` are the cities of which no figure or verdict moved."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[CityChanges, ...]
    same: tuple[str, ...]


def read_build(path: Path) -> dict[str, dict[str, Any]]:
    """The states of the cities in a folder of results, or of the one city that a file of it is about.

    A city that ``geoplan build`` made has no state; what its card says is then all that is compared.

    Raises
    ------
    MissingFileError
        When nothing is there.
    UsageError
        When the folder, or the one that the file is in, is no folder of results.
    DataError
        When the file is not the one that was built, so that its figures are not known.
    """
    found = existing_file(path).resolve()
    if found.is_dir():
        return {entry["city"]: _state(found, entry) for entry in _entries(found, path)}
    if found.suffix == ".json" and found.name != "manifest.json":
        state = read_json(found)
        if state is None or not {"city", "records"} <= set(state):
            raise UsageError(
                vi=f"{path}: không phải tệp trạng thái của geoplan batch (.state/<mã>.json).",
                en=f"{path}: not a state of geoplan batch (.state/<id>.json).",
            )
        return {state["city"]: state}
    root = next(
        (p for p in (found.parent, found.parent.parent) if (p / "manifest.json").is_file()), found.parent
    )
    if found.name == "manifest.json":
        return {entry["city"]: _state(root, entry) for entry in _entries(root, path)}
    name = found.relative_to(root).as_posix()
    for entry in _entries(root, path):
        if name in entry["files"]:
            if entry["files"][name] != sha256(found):
                raise DataError(
                    vi=f"{path}: đã bị sửa sau khi dựng, nên không biết số liệu của nó; hãy dựng lại.",
                    en=f"{path}: was changed after it was built, so what it says is not known; build it.",
                )
            return {entry["city"]: _state(root, entry)}
    raise UsageError(
        vi=f"{path}: manifest.json của thư mục này không có tệp ấy.",
        en=f"{path}: the manifest.json of its folder does not know it.",
    )


def _entries(folder: Path, said: Path) -> list[dict[str, Any]]:
    manifest = read_json(folder / "manifest.json")
    entries = None if manifest is None else manifest.get("cities")
    keys = {"city", "files", "card", "inputs"}
    if not isinstance(entries, list) or not all(isinstance(e, dict) and keys <= set(e) for e in entries):
        raise UsageError(
            vi=f"{said}: không phải kết quả của geoplan batch hay build (không đọc được manifest.json).",
            en=f"{said}: not results of geoplan batch or build (no manifest.json that can be read).",
        )
    return entries


def _state(folder: Path, entry: dict[str, Any]) -> dict[str, Any]:
    state = read_state(folder, entry["city"])
    if state is not None and state.get("files") == entry["files"] and "records" in state:
        return state
    return {**entry, "records": list(_card_records(entry["card"])), "partial": True}


def _card_records(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The figures and verdicts that the card of a city has, as `geoplan.scenario.records` would say them."""
    whole = {"vi": "toàn địa bàn", "en": "whole city"}
    figures = {f"coverage.{key}": (value, "percent") for key, value in card["coverage"].items()}
    figures |= {"density": (card["density"], "person_per_km2"), "population": (card["population"], "person")}
    for metric, (value, unit) in figures.items():
        named = {"vi": metric, "en": metric}
        yield {
            "kind": "number", "id": metric, "scope": "city", "name": named, "where": whole,
            "unit": unit, **({} if value is None else {"value": value}),
        }  # fmt: skip
    for found in card["classes"]:
        state = {True: "pass", False: "fail", None: "open"}[found["passes"]]
        named = {"vi": found["title"], "en": found["title"]}
        yield {
            "kind": "class", "id": found["urban_class"], "scope": "city", "name": named, "where": whole,
            "state": state,
        }  # fmt: skip


def compare_builds(old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]) -> Difference:
    """What changed from one build to another; both from `read_build`."""
    both = [_city(city, old[city], new[city]) for city in sorted(set(old) & set(new))]
    return Difference(
        added=tuple(sorted(set(new) - set(old))),
        removed=tuple(sorted(set(old) - set(new))),
        changed=tuple(c for c in both if c.changes or c.facts),
        same=tuple(c.city for c in both if not (c.changes or c.facts)),
    )


def _city(city: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> CityChanges:
    before, after = by_key(old["records"]), by_key(new["records"])
    whole = not (old.get("partial") or new.get("partial"))
    changes = []
    for key, record in after.items():
        if key in before:
            fields = _moved(before[key], record, whole=whole)
            if fields:
                changes.append(Change(record=record, how="changed", fields=fields))
        elif whole:
            changes.append(Change(record=record, how="added", fields=_all(record, new=True)))
    if whole:
        changes += [
            Change(record=record, how="removed", fields=_all(record, new=False))
            for key, record in before.items()
            if key not in after
        ]
    facts = {name: (old.get(name), new.get(name)) for name in _FACTS if old.get(name) != new.get(name)}
    if not whole:
        facts.pop("code", None)  # a build that says none
    facts |= _in("inputs", old, new) | _in("standing", old, new)
    return CityChanges(city=city, title=new["card"]["title"], facts=facts, changes=tuple(changes))


def _moved(old: Record, new: Record, *, whole: bool) -> dict[str, tuple[Any, Any]]:
    """What of a record moved; of cards only what both of them say."""
    return {name: pair for name, pair in moved(old, new).items() if whole or _said(name, old, new)}


def _said(name: str, old: Record, new: Record) -> bool:
    return (name == "value" and new["kind"] == "number") or (name in old and name in new)


def _all(record: Record, *, new: bool) -> dict[str, tuple[Any, Any]]:
    found = {name: record[name] for name in FIELDS if name in record}
    return {name: (None, value) if new else (value, None) for name, value in found.items()}


def _in(key: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What changed in a table of a state, such as the sha256 of an input file."""
    before, after = old.get(key, {}), new.get(key, {})
    names = sorted(set(before) | set(after))
    return {
        f"{key}.{name}": (before.get(name), after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    }
