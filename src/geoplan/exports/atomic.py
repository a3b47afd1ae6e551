"""Writing a file, or several that belong together, whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from geoplan.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A path to write to, in a folder of its own beside the target; moved into place when all went well.

    The folder of the target is made when it is missing. When the block raises, the target is as it
    was and nothing is left behind.

    Raises
    ------
    UsageError
        When the target is a folder, or its folder cannot be written to.
    """
    if target.is_dir():
        raise UsageError(
            vi=f"{target}: là một thư mục; hãy cho tên tệp.",
            en=f"{target}: is a folder; give a file name.",
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".geoplan-", dir=target.parent))
    except OSError as error:
        raise UsageError(
            vi=f"{target.parent}: không ghi được vào thư mục này ({error.strerror}).",
            en=f"{target.parent}: cannot write into this folder ({error.strerror}).",
        ) from error
    try:
        draft = folder / target.name
        yield draft
        draft.replace(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def together(target: Path) -> Iterator[Path]:
    """An empty folder to write into, beside the target folder; what is in it then moves into the target.

    Files and folders of the same names are replaced, all of them or none; others in the target stay.
    When the block raises, the target is as it was and nothing is left behind.

    Raises
    ------
    UsageError
        When the target is a file, or cannot be written to.
    """
    if target.exists() and not target.is_dir():
        raise UsageError(
            vi=f"{target}: là một tệp; hãy cho tên thư mục.", en=f"{target}: is a file; give a folder."
        )
    missing = [p for p in (target, *target.parents) if not p.exists()]
    try:
        target.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".geoplan-", dir=target))
    except OSError as error:
        raise UsageError(
            vi=f"{target}: không ghi được vào thư mục này ({error.strerror}).",
            en=f"{target}: cannot write into this folder ({error.strerror}).",
        ) from error
    done = False
    try:
        new, old = folder / "new", folder / "old"
        new.mkdir()
        old.mkdir()
        yield new
        _swap(new, old, target)
        done = True
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if not done:
            for made in missing:
                made.rmdir()


def _swap(new: Path, old: Path, target: Path) -> None:
    """Move everything from `new` into the target, what it replaces into `old`; back again when one fails."""
    moved: list[Path] = []
    try:
        for draft in sorted(new.iterdir()):
            final = target / draft.name
            if final.exists() or final.is_symlink():
                final.rename(old / draft.name)
            moved.append(final)
            draft.rename(final)
    except OSError:
        for final in moved:
            if final.exists():
                final.rename(new / final.name)
            if (old / final.name).exists():
                (old / final.name).rename(final)
        raise
