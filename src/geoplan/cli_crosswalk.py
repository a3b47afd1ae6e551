"""The command that moves people between the units of two dates: crosswalk. Parse, call, print."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan import batch, workspace
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.exports.tables import write_table
from geoplan.intake import open_raster
from geoplan.intake.official import read_official
from geoplan.measures.crosswalk import LEVEL
from geoplan.measures.reform import follow, reform
from geoplan.measures.split import METHODS
from geoplan.show.reform import follow_lines, plain_rows, reform_json, reform_lines, reform_records
from geoplan.text import parse_date

if TYPE_CHECKING:
    import argparse

    import pandas as pd

    from geoplan.city import City

FORMATS: Final = (".csv", ".xlsx", ".json")


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of the command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "crosswalk", parents=[common], help="chuyển dân số giữa đơn vị của hai ngày (trước và sau sắp xếp)"
    )
    command.add_argument("city", metavar="THÀNH_PHỐ", help="mã hoặc tên thành phố")
    command.add_argument(
        "--from",
        dest="start",
        metavar="NGÀY",
        help="ngày của đơn vị và dân số cũ (mặc định: ngày của thành phố)",
    )
    command.add_argument("--to", dest="end", metavar="NGÀY", required=True, help="ngày của đơn vị mới")
    command.add_argument(
        "--method", choices=METHODS, default="areal",
        help="đơn vị bị chia thì chia theo: diện tích, đất xây dựng đô thị, raster dân số (areal)",
    )  # fmt: skip
    command.add_argument("--raster", type=Path, metavar="TỆP", help="raster dân số (GeoTIFF, người/ô)")
    command.add_argument(
        "--official", type=Path, metavar="TỆP.csv",
        help="bảng mã cũ → mã mới (mặc định: theo nghị quyết ghi trong lớp xã)",
    )  # fmt: skip
    command.add_argument("--level", type=float, default=LEVEL, help=f"mức của khoảng, 0–1 ({LEVEL})")
    what = command.add_mutually_exclusive_group()
    what.add_argument("--moves", action="store_true", help="kê từng lần chuyển thay cho đơn vị mới")
    what.add_argument("--candidates", action="store_true", help="các xã dự kiến lên phường nay ở đâu")
    command.add_argument("--out", type=Path, metavar="TỆP", help=f"ghi ra tệp: {', '.join(FORMATS)}")
    command.add_argument("--workspace", type=Path, help="thư mục (mặc định: workspace/ nếu có)")
    command.set_defaults(run=_crosswalk, own=own)


def _crosswalk(options: argparse.Namespace) -> int:
    _check(options)
    start = None if options.start is None else parse_date(options.start)
    end = parse_date(options.end)
    own = options.own if options.own.is_dir() else None
    home = options.workspace or batch.home_of(options.city, own)
    city = workspace.open_city(options.city, on=start, workspace=home)
    raster = None if options.raster is None else open_raster(options.raster)
    means = {
        "method": options.method,
        "raster": raster,
        "official": None if options.official is None else read_official(options.official),
        "level": options.level,
    }
    if options.candidates:
        found = follow(city, on=end, **means)
        if options.out is None:
            print("\n".join(follow_lines(found, city=city, after=city.as_of(end), lang=options.lang)))
        else:
            _write(found, options.out, city, plain_rows(found))
        return 0
    result = reform(city, start=city.on, end=end, **means)
    if options.out is None:
        print("\n".join(reform_lines(result, moves=options.moves, lang=options.lang)))
    else:
        _write(reform_records(result, moves=options.moves), options.out, city, reform_json(result))
    return 0


def _check(options: argparse.Namespace) -> None:
    """Refuse what has no meaning or cannot be written, before any work."""
    if options.raster is not None and options.method != "raster":
        raise UsageError(
            vi="--raster chỉ đi với --method raster; hãy thêm --method raster hoặc bỏ --raster.",
            en="--raster goes with --method raster only; add --method raster or leave --raster out.",
        )
    if options.out is None:
        return
    if options.out.suffix.casefold() not in FORMATS:
        raise UsageError(
            vi=f"{options.out.name}: không biết định dạng “{options.out.suffix}”; dùng {', '.join(FORMATS)}.",
            en=f"{options.out.name}: unknown format “{options.out.suffix}”; use {', '.join(FORMATS)}.",
        )
    inputs = [path.resolve() for path in (options.official, options.raster) if path is not None]
    if options.out.resolve() in inputs:
        raise UsageError(
            vi=f"{options.out}: là tệp đầu vào; hãy ghi ra tệp khác để không mất dữ liệu.",
            en=f"{options.out}: is an input; write to another file, so that nothing is lost.",
        )


def _write(table: pd.DataFrame, path: Path, city: City, content: Any) -> None:
    """The table as CSV or XLSX, everything as JSON."""
    if path.suffix.casefold() != ".json":
        write_table(table, path, units=city.communes)
        return
    text = json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)
    with beside(path) as draft:
        draft.write_text(text + "\n", encoding="utf-8")
