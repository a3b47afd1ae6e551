"""What every peer's program does: read the layers once, then work when asked, with a clock around the work.

The driver (`contest.py`) starts one program for each peer in whatever Python it needs, so this file uses
only what every Python has. Asked by a line of JSON on the standard input, it answers with one; what libraries
print goes to the standard error.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

KINDS = ("detailed", "zoning")


def serve(
    load: Callable[[Path], Any],
    works: dict[str, tuple[Callable[[Any], Any], Callable[[Any, Any], list[Any]]]],
    versions: Callable[[Any], str],
) -> None:
    """Answer until the input ends.

    Parameters
    ----------
    load
        Reads the layers of a folder into the peer's best form: not timed with the work.
    works
        Name → what is timed, and what brings its result into the order of the communes, which is not.
    versions
        What took part, for the page.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    begun = time.perf_counter()
    state = load(Path(sys.argv[1]))
    _say(replies, {"versions": versions(state), "load": time.perf_counter() - begun})
    for line in sys.stdin:
        asked = json.loads(line)
        work, arrange = works[asked["work"]]
        begun = time.perf_counter()
        result = work(state)
        seconds = time.perf_counter() - begun
        if asked.get("answers"):
            Path(asked["answers"]).write_text(json.dumps(arrange(state, result)), encoding="utf-8")
        _say(
            replies,
            {"seconds": seconds, "peak_mb": peak_mb()},
        )


def peak_mb() -> float:
    """The most memory that this process had; `getrusage` would begin with its parent's."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


def _say(replies: Any, what: dict[str, Any]) -> None:
    replies.write(json.dumps(what) + "\n")
    replies.flush()


def by_commune(count: int, rows: Iterable[tuple[int, float]]) -> list[float]:
    """Areas in the order of the communes; 0 where nothing was found."""
    areas = [0.0] * count
    for commune, area in rows:
        areas[int(commune)] = float(area or 0)
    return areas


def by_kind(
    count: int, covered: Iterable[tuple[int, str, float]], twice: Iterable[tuple[int, str, float]]
) -> list[list[list[float]]]:
    """Areas: communes × kinds × (covered, under two plans or more)."""
    areas = [[[0.0, 0.0] for _ in KINDS] for _ in range(count)]
    for which, rows in enumerate((covered, twice)):
        for commune, kind, area in rows:
            areas[int(commune)][KINDS.index(kind)][which] = float(area or 0)
    return areas
