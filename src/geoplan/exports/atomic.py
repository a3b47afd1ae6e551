"""Writing a file whole or not at all."""

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
