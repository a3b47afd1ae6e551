"""What the commands that can work on a cluster share."""

from __future__ import annotations

import argparse


def add_scheduler(command: argparse.ArgumentParser) -> None:
    """The option that names a Dask scheduler."""
    command.add_argument(
        "--scheduler", metavar="ĐỊA_CHỈ", help="cụm Dask, ví dụ tcp://10.0.0.1:8786 (cần geoplan[dask])"
    )


def count(text: str) -> int:
    """A whole number from 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("phải là số nguyên từ 1 trở lên / must be a whole number from 1")
    return int(text)
