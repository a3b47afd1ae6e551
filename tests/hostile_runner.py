"""Reads one hostile file after the other, each in a process of its own that may not take much.

Lines of JSON come in (a path), lines of JSON go out: what happened, and the most memory it took.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import warnings
from pathlib import Path

ADDRESS_SPACE = 4 << 30
SECONDS = 30


def read(path: str) -> dict[str, object]:
    """What the door says about one file."""
    from geoplan.errors import GeoplanError  # noqa: PLC0415 - after the limits are known
    from geoplan.intake.limits import parse_limits  # noqa: PLC0415
    from geoplan.intake.read import read_layer  # noqa: PLC0415

    path, _, limits = path.partition("\n")
    try:
        frame = read_layer(path, limits=parse_limits(limits.split()))
    except GeoplanError as error:
        return {"error": type(error).__name__, "vi": error.vi, "en": error.en}
    cells = [str(c) for c in frame.columns] + [str(v) for v in frame.drop(columns="geometry").to_numpy().flat]
    return {"rows": len(frame), "cells": cells[:1000], "vertices": int(frame.count_coordinates().sum())}


def child(path: str, out: int) -> None:
    """Run one case within its limits and leave at once."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.alarm(SECONDS)
    try:
        said = read(path)
    except BaseException as error:  # noqa: BLE001 - this is what the suite looks for
        said = {"crash": f"{type(error).__name__}: {error}"}
    os.write(out, json.dumps(said).encode())
    os._exit(0)


def main() -> None:
    """Import once, then fork for each path."""
    warnings.simplefilter("ignore")
    read(str(Path(__file__).parent / "none.shp"))
    for line in sys.stdin:
        get, put = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(get)
            child(json.loads(line), put)
        os.close(put)
        with os.fdopen(get, "rb") as pipe:
            said = pipe.read()
        _, status, usage = os.wait4(pid, 0)
        result = json.loads(said) if said else {"crash": f"status {status}"}
        result |= {"peak_mb": usage.ru_maxrss / 1024, "seconds": usage.ru_utime + usage.ru_stime}
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
