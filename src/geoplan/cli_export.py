"""The command that sends layers and results out: export. Parse, call, print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan import batch, workspace
from geoplan.assessment import assess
from geoplan.exports.export import PROVINCE, export
from geoplan.exports.formats import FORMATS
from geoplan.exports.writing import DatabaseResult
from geoplan.progress import progress_bar
from geoplan.text import one_line

if TYPE_CHECKING:
    import argparse

    from geoplan.errors import Lang
    from geoplan.exports.writing import Loss

_MOST_SHOWN = 160
"""Characters of a loss that the screen shows; the report beside the files has all of it."""


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of the command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "export", parents=[common], help="xuất lớp và kết quả cho QGIS, MapInfo, ArcGIS, Excel…"
    )
    command.add_argument("city", metavar="THÀNH_PHỐ", help="mã hoặc tên thành phố")
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của thành phố)")
    command.add_argument("--format", choices=tuple(FORMATS), help="định dạng")
    command.add_argument(
        "--layers", nargs="+", metavar="LỚP", help="những lớp nào (mặc định: tất cả): communes plans …"
    )
    command.add_argument(
        "--crs", default=PROVINCE, help="EPSG:n, wgs84, hoặc province: VN-2000 của tỉnh (mặc định)"
    )
    command.add_argument("--out", type=Path, metavar="THƯ_MỤC", help="thư mục kết quả")
    command.add_argument(
        "--to", metavar="postgresql://…", help="thay cho tệp: ghi vào PostGIS (mật khẩu nên để ở PGPASSWORD)"
    )
    command.add_argument("--schema", default="geoplan", metavar="TÊN", help="lược đồ trong đó (geoplan)")
    command.add_argument("--workspace", type=Path, help="thư mục (mặc định: workspace/ nếu có)")
    command.set_defaults(run=_export, own=own)


def _export(options: argparse.Namespace) -> int:
    own = options.own if options.own.is_dir() else None
    home = options.workspace or batch.home_of(options.city, own)
    city = workspace.open_city(options.city, on=options.on, workspace=home)
    with progress_bar("export") as progress:
        made = export(
            assess(city, progress=progress),
            format=options.format,
            out=options.out,
            crs=options.crs,
            layers=options.layers,
            lang=options.lang,
            to=options.to,
            schema=options.schema,
        )
    if isinstance(made, DatabaseResult):
        for table, rows in made.rows.items():
            print(one_line(f"{made.where} {made.schema}.{table}: {rows}"))
    for path in made.files:
        print(path)
    for loss in made.losses:
        print(_shown(loss, options.lang), file=sys.stderr)
    return 0


def _shown(loss: Loss, lang: Lang) -> str:
    text = one_line(loss.sentence(lang))
    return text if len(text) <= _MOST_SHOWN else text[:_MOST_SHOWN] + "…"
