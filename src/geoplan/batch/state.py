"""The proof that a city is as it was: inputs, code, options and outputs, each by sha256.

``.state/<city>.json`` is moved into place after the city's files, so it never speaks of files that
are not there yet; whether those that are there are still the same, is looked at (`unchanged`).
"""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import json
import platform
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan import __about__, workspace
from geoplan.errors import GeoplanError
from geoplan.intake.read import sha256

if TYPE_CHECKING:
    from geoplan.batch.job import Job, Place

FOLDER: Final = ".state"
RUN: Final = "_run.json"
LOCK: Final = "_lock"
_REQUIREMENT: Final = re.compile(r"[A-Za-z0-9._-]+")


def state_path(out: Path, city: str) -> Path:
    """Where the state of a city is kept; ids of cities have no underscore, so no other file is met."""
    return out / FOLDER / f"{city}.json"


def read_state(out: Path, city: str) -> dict[str, Any] | None:
    """The state of a city in a folder of results; None when there is none that can be read."""
    return read_json(state_path(out, city))


def read_json(path: Path) -> dict[str, Any] | None:
    """An object of JSON in a file; None when there is none."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


@functools.cache
def code_version() -> str:
    """What decides on the bytes beside a city's data: geoplan's own files, and the packages below it."""
    package = Path(__about__.__file__).parent
    whole = hashlib.sha256()
    for path in sorted(p for p in package.rglob("*") if p.is_file()):
        inside = path.relative_to(package)
        if "__pycache__" not in inside.parts and inside.parts[0] != "layers":  # Numba keeps code there too
            whole.update(f"{inside.as_posix()} {sha256(path)}\n".encode())
    whole.update(f"python {platform.python_version()}\n".encode())
    for name, version in _packages():
        whole.update(f"{name} {version}\n".encode())
    return whole.hexdigest()


def _packages() -> list[tuple[str, str]]:
    """The packages that geoplan needs, with their versions here."""
    try:
        needed = importlib.metadata.requires("geoplan") or []
    except importlib.metadata.PackageNotFoundError:  # run from the source, not installed
        return []
    found = []
    for text in needed:
        match = _REQUIREMENT.match(text)
        if match is not None and "extra ==" not in text:
            found.append((match[0], importlib.metadata.version(match[0])))
    return sorted(found)


def city_folder(place: Place) -> Path:
    """The folder of a city's files."""
    return (workspace.bundled() if place.home is None else place.home) / place.city


def names_beside(place: Place) -> list[str]:
    """What lies in a city's folder, by name: a file that comes new may be one that counts."""
    return sorted(p.name for p in city_folder(place).iterdir())


def unchanged(job: Job) -> bool:
    """Whether building a city would give what is there: nothing that goes in changed, nor what came out."""
    state = read_state(job.out, job.city)
    if state is None:
        return False
    try:
        return (
            state["city"] == job.city
            and state["code"] == job.code
            and state["options"] == job.options.recorded()
            and state["beside"] == names_beside(job.place)
            and state["inputs"] == _inputs_now(job, state["inputs"])
            and outputs_stand(job.out, state["files"])
        )
    except (OSError, KeyError, TypeError, AttributeError, GeoplanError):
        return False  # whatever is wrong with it, building says so better


def outputs_stand(out: Path, files: dict[str, str]) -> bool:
    """Whether files of an earlier build are still what they were."""
    return all((out / file).is_file() and sha256(out / file) == sha for file, sha in files.items())


def _inputs_now(job: Job, before: dict[str, str]) -> dict[str, str]:
    """The sha256 now of the files that an earlier build read, and of the rulebooks that count now."""
    place, given = job.place, job.options.rulebooks
    root = workspace.bundled() if place.home is None else place.home
    rules = workspace.read_rules(root / "rulebooks" if given is None else given)
    own = {f"rulebooks/{r.name}": hashlib.sha256(r.text.encode()).hexdigest() for r in rules}
    folder = city_folder(place)
    return {name: sha256(folder / name) for name in before if not name.startswith("rulebooks/")} | own
