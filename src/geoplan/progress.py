"""Progress on the terminal for anything that takes over two seconds; silent elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import TaskID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.measures.overlay import Progress

PATIENCE_SECONDS: Final = 2.0


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A callback for long work; a bar appears on stderr when it has gone on for two seconds."""
    console = Console(stderr=True)
    bar = Bar(console=console, transient=True)
    started = time.monotonic()
    task: TaskID | None = None

    def report(done: int, total: int) -> None:
        nonlocal task
        if not sys.stderr.isatty():
            return
        if task is None:
            if time.monotonic() - started < PATIENCE_SECONDS:
                return
            bar.start()
            task = bar.add_task(title, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if task is not None:
            bar.stop()
