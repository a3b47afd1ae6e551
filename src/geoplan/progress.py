"""Progress on the terminal for anything that takes over two seconds; silent elsewhere."""

from __future__ import annotations

import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.progress import Progress as Bar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geoplan.measures.overlay import Progress

PATIENCE_SECONDS: Final = 2.0


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """A callback for long work; a bar appears on stderr when the work has gone on for two seconds.

    It appears by a timer, so that work which says nothing of its steps, such as reading a large
    file, shows that it goes on too.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total, /: None
        return
    bar = Bar(console=Console(stderr=True), transient=True)
    task = bar.add_task(title, total=None)
    timer = threading.Timer(PATIENCE_SECONDS, bar.start)
    timer.daemon = True
    timer.start()
    try:
        yield lambda done, total: bar.update(task, completed=done, total=total)
    finally:
        timer.cancel()
        timer.join()
        bar.stop()
