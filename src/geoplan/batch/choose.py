"""Which cities a batch builds, and from where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan import workspace
from geoplan.batch.job import Place
from geoplan.errors import DataError, UsageError, tell
from geoplan.intake.read import existing_file
from geoplan.text import listing, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_MOST_LIST_BYTES: Final = 1 << 20


def choose(
    workspaces: Sequence[Path], *, own: Path | None = None, names: Sequence[str] | None = None
) -> tuple[Place, ...]:
    """The cities of some workspaces, in the order of their ids, each once.

    Parameters
    ----------
    workspaces
        Folders that hold cities; when there are none, the bundled cities and those in `own`.
    own
        The user's workspace, whose cities take the place of bundled ones.
    names
        Ids or names of those to take; all when None.

    Raises
    ------
    UsageError
        When there is no city, a name is not among them, or two workspaces hold the same id.
    MissingFileError
        When a workspace does not exist.
    """
    found = _all(workspaces) if workspaces else _usual(own)
    if names is not None:
        found = {city: found[city] for city in (_named(name, found) for name in names)}
    if not found:
        raise UsageError(
            vi="Không có thành phố nào để dựng; hãy kiểm tra --workspace hoặc tệp --cities.",
            en="There is no city to build; look at --workspace, or at the file of --cities.",
        )
    return tuple(found[city] for city in sorted(found))


def _all(workspaces: Sequence[Path]) -> dict[str, Place]:
    found: dict[str, Place] = {}
    for folder in workspaces:
        home = existing_file(folder).resolve()
        for city in workspace.list_cities(home):
            there = found.get(city)
            if there is not None and there.home != home:
                raise UsageError(
                    vi=f"Thành phố {city} có trong cả {there.home} và {home}; hãy đổi mã một bên hoặc bỏ một "
                    "--workspace.",
                    en=f"The city {city} is in {there.home} and in {home}; rename one, or leave out one "
                    "--workspace.",
                )
            found[city] = Place(city=city, home=home)
    return found


def _usual(own: Path | None) -> dict[str, Place]:
    found = {city: Place(city=city, home=None) for city in workspace.list_cities()}
    if own is not None:
        mine = {city: Place(city=city, home=own.resolve()) for city in workspace.list_cities(own)}
        if mine:
            tell(
                vi=f"Dùng dữ liệu trong {own}/ cho: {listing(mine)}.",
                en=f"The data in {own}/ are used for: {listing(mine, lang='en')}.",
            )
        found |= mine
    return found


def _named(name: str, found: dict[str, Place]) -> str:
    city = name if name in found else workspace.find_city(name, list(found))
    if city is None:
        raise UsageError(
            vi=f"Không có thành phố {quoted(name)}; có: {listing(sorted(found), limit=12)}.",
            en=f"No city {quoted(name)}; there are: {listing(sorted(found), limit=12, lang='en')}.",
        )
    return city


def names_in(path: Path) -> list[str]:
    """The names in a text file, one a line; empty lines and what follows ``#`` do not count.

    Raises
    ------
    MissingFileError
        When the file does not exist.
    DataError
        When it is no text in UTF-8, or far too large for a list of names.
    """
    found = existing_file(path)
    try:
        if found.stat().st_size > _MOST_LIST_BYTES:
            raise ValueError(path)  # noqa: TRY301 - one sentence for both
        lines = found.read_text(encoding="utf-8-sig").splitlines()
    except (ValueError, OSError) as error:
        raise DataError(
            vi=f"{path}: không phải danh sách tên thành phố (chữ UTF-8, mỗi dòng một tên).",
            en=f"{path}: not a list of cities (text in UTF-8, a name a line).",
        ) from error
    names = (line.split("#")[0].strip() for line in lines)
    return [name for name in names if name]
