"""A changed city as a scenario file that can be kept, shared and run again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import tomli_w

from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.gpkg import write_gpkg

if TYPE_CHECKING:
    from geoplan.changes import Change
    from geoplan.city import City


def save_scenario(city: City, path: str | Path, *, title: str = "", note: str = "") -> tuple[Path, ...]:
    """Write the changes of a city as a scenario, and the features that came in beside it.

    The features go into a GeoPackage beside it, ``….scenario.gpkg``: a file of plans that has the name of the
    scenario is not touched. The same city gives the same bytes. Rulebooks of
    your own are not part of a scenario.

    Parameters
    ----------
    city
        A city with changes (`City.changes`).
    path
        A file ending in ``.toml``; an existing one is replaced whole.
    title, note
        What the scenario is called, and what is to be said of it.

    Returns
    -------
    tuple of Path
        The files written.

    Raises
    ------
    UsageError
        When the city was not changed, or the path does not end in ``.toml`` or cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".toml":
        raise UsageError(
            vi=f"{target.name}: tệp phương án phải có đuôi .toml.",
            en=f"{target.name}: a scenario's file ends in .toml.",
        )
    if not city.changes:
        raise UsageError(
            vi=f"{city.info.name}: chưa có thay đổi nào để lưu thành phương án.",
            en=f"{city.info.name}: nothing was changed, so that there is no scenario to save.",
        )
    layers = target.with_suffix(".scenario.gpkg")
    added = {
        f"{change.what}_{at}": change.added
        for at, change in enumerate(city.changes, start=1)
        if change.added is not None
    }
    head: dict[str, Any] = {"city": city.id, "on": city.on, "title": title, "note": note}
    head |= {"convert_temporary": True} if city.temporary_counted else {}
    content = {
        "scenario": {key: _whole(value) for key, value in head.items() if value != ""},
        "changes": [_entry(change, at, layers.name) for at, change in enumerate(city.changes, start=1)],
    }
    if added:
        with beside(layers) as draft:
            for name, frame in added.items():
                write_gpkg(frame, draft, layer=name, append=draft.exists())
    with beside(target) as draft:
        draft.write_text(tomli_w.dumps(content, multiline_strings=False), encoding="utf-8", newline="\n")
    return (target, layers) if added else (target,)


def _whole(value: Any) -> Any:
    """A text without broken letters, which a terminal may give and no file can hold."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _entry(change: Change, at: int, layers: str) -> dict[str, Any]:
    file = {} if change.added is None else {"file": layers, "layer": f"{change.what}_{at}"}
    return {"what": change.what, "on": change.on} | dict(change.entry) | file
