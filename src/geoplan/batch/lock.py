"""One run at a time in a folder of results.

The lock is the system's own on an open file: it ends with the process that holds it, however that
ends, so none is ever left behind and nothing has to be guessed from process numbers.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from geoplan.batch.state import FOLDER, LOCK
from geoplan.errors import UsageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def only_run(out: Path) -> Iterator[None]:
    """Hold the folder of results for one run; made when it is missing.

    Raises
    ------
    UsageError
        When another run holds it, or it cannot be written to.
    """
    path = out / FOLDER / LOCK
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        held = path.open("r+b" if path.exists() else "a+b")
    except OSError as error:
        raise UsageError(
            vi=f"{out}: không ghi được vào thư mục này ({error.strerror}).",
            en=f"{out}: cannot write into this folder ({error.strerror}).",
        ) from error
    with held:
        if not _take(held):
            raise _taken(out, path)
        _say(held, {"pid": os.getpid(), "host": platform.node(), "since": _now()})
        try:
            yield
        finally:
            _say(held, None)


def _now() -> str:
    return dt.datetime.now().astimezone().isoformat(timespec="seconds")


def _take(held: IO[bytes]) -> bool:
    try:
        if sys.platform == "win32":
            held.seek(1 << 30)  # a byte far behind the text, which others may then read
            msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _say(held: IO[bytes], who: dict[str, object] | None) -> None:
    """Who holds it, for the sentence that another run says; nothing when no one does."""
    held.seek(0)
    held.truncate()
    if who is not None:
        held.write(json.dumps(who).encode())
    held.flush()


def _taken(out: Path, path: Path) -> UsageError:
    try:
        who = json.loads(path.read_text(encoding="utf-8"))
        process, host, since = who["pid"], who["host"], who["since"]
    except (OSError, ValueError, KeyError, TypeError):
        process, host, since = "?", "?", "?"
    return UsageError(
        vi=f"{out}: một lượt chạy khác đang ghi vào thư mục này (tiến trình {process}, máy {host}, "
        f"từ {since}); hãy đợi lượt ấy xong hoặc chọn --out khác.",
        en=f"{out}: another run is writing into this folder (process {process} on {host}, since {since}); "
        "wait until it ends, or choose another --out.",
    )
