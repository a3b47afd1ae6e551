"""What the commands on one city share: which city, which date, whose workspace, whose rulebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geoplan import batch, workspace
from geoplan.errors import UsageError, tell
from geoplan.intake.read import existing_file

if TYPE_CHECKING:
    import argparse

    from geoplan.city import City
    from geoplan.city_file import RuleFile


def add_city(command: argparse.ArgumentParser, own: Path) -> None:
    """The options that say which city, on which date, from which folders."""
    command.add_argument("city", metavar="THÀNH_PHỐ", help="mã hoặc tên thành phố")
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của thành phố)")
    command.add_argument(
        "--convert-temporary",
        action="store_true",
        help="quy đổi tạm trú trong population.csv theo N0 = 2·Nt·m/365 (công thức chưa kiểm chứng)",
    )
    add_places(command, own)


def add_places(command: argparse.ArgumentParser, own: Path) -> None:
    """The folders; `own` is the workspace that is looked at without --workspace."""
    command.add_argument("--workspace", type=Path, help="thư mục (mặc định: workspace/ nếu có)")
    command.add_argument(
        "--rulebooks",
        type=Path,
        metavar="THƯ_MỤC",
        help="bộ tiêu chuẩn của bạn, *.toml (rulebooks/ trong workspace)",
    )
    command.set_defaults(own=own)


def opened(options: argparse.Namespace) -> City:
    """The city of the call: from the workspace, from one's own if it is there, or the bundled one."""
    folder = rule_folder(options)
    own = options.own if options.own.is_dir() else None
    home = options.workspace or batch.home_of(options.city, own)
    city = workspace.open_city(options.city, on=options.on, workspace=home, rulebooks=folder)
    say_own(options, city.rule_files)
    return city.counting_temporary() if options.convert_temporary else city


def rule_folder(options: argparse.Namespace) -> Path | None:
    """The folder of rulebooks that is named, else the one in one's own workspace when there is one.

    Raises
    ------
    UsageError
        When the folder that is named holds no rulebook: the bundled law would count unnoticed.
    """
    named: Path | None = options.rulebooks
    if named is None:
        usual: Path = options.own / "rulebooks"
        return usual if options.workspace is None and usual.is_dir() else None
    if not any(existing_file(named).glob("*.toml")):
        raise UsageError(
            vi=f"{named}: không phải thư mục có bộ tiêu chuẩn (*.toml).",
            en=f"{named}: not a folder with rulebooks (*.toml).",
        )
    return named


def say_own(options: argparse.Namespace, files: tuple[RuleFile, ...]) -> None:
    """Say that rulebooks of the user's count though the call names no folder."""
    if files and options.rulebooks is None and options.workspace is None:
        names = ", ".join(file.name for file in files)
        tell(
            vi=f"Dùng bộ tiêu chuẩn của bạn trong {options.own}/rulebooks/: {names}.",
            en=f"Your rulebooks in {options.own}/rulebooks/ are used: {names}.",
        )
