"""The command that draws one city: a page, or a sheet of paper without a browser. Parse, call, print."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan import cli_city
from geoplan.assessment import assess
from geoplan.errors import UsageError
from geoplan.progress import progress_bar
from geoplan.show import explore

if TYPE_CHECKING:
    import argparse

    from geoplan.assessment import Assessment

_DPI = 200
_LAYERS = ("zones", "gaps", "conflicts", "candidates", "plans")


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of the command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser("map", parents=[common], help="bản đồ một thành phố: trang web hay bản in")
    cli_city.add_city(command, own)
    command.add_argument(
        "--out", type=Path, metavar="TỆP.html", help="trang web một tệp, mở được không cần mạng"
    )
    command.add_argument("--png", type=Path, metavar="TỆP", help="bản in, ảnh PNG")
    command.add_argument("--pdf", type=Path, metavar="TỆP", help="bản in, PDF")
    command.add_argument(
        "--metric", metavar="MÃ", help="tô màu theo: coverage.zoning.natural, density, readiness…"
    )
    command.add_argument("--paper", choices=("a4", "a3"), default="a4", help="khổ giấy của bản in (a4)")
    command.add_argument("--dpi", type=int, default=_DPI, help=f"độ mịn của PNG, 150–300 ({_DPI})")
    command.add_argument(
        "--layers", nargs="*", choices=_LAYERS, default=("zones", "candidates"), metavar="LỚP",
        help=f"lớp vẽ thêm trên bản in: {', '.join(_LAYERS)}",
    )  # fmt: skip
    command.add_argument("--tiles", metavar="ĐỊA_CHỈ", help="nền bản đồ từ mạng: https://…/{z}/{x}/{y}.png")
    command.add_argument("--raster", type=Path, metavar="TỆP", help="ảnh nền: GeoTIFF hoặc ảnh có tệp world")
    command.set_defaults(run=_map)


def _map(options: argparse.Namespace) -> int:
    if options.out is None and options.png is None and options.pdf is None:
        raise UsageError(
            vi="Hãy nêu tệp kết quả: --out bản_đồ.html, --png bản_in.png hoặc --pdf bản_in.pdf.",
            en="Name a result: --out map.html, --png sheet.png or --pdf sheet.pdf.",
        )
    city = cli_city.opened(options)
    with progress_bar("map") as progress:
        result = assess(city, progress=progress)
    if options.out is not None:
        page = explore(
            result, lang=options.lang, column=options.metric, tiles=options.tiles, raster=options.raster
        )
        page.save(str(options.out))
        print(options.out)
    _sheets(result, options)
    return 0


def _sheets(result: Assessment, options: argparse.Namespace) -> None:
    sheets = [path for path in (options.png, options.pdf) if path is not None]
    if not sheets:
        return
    from geoplan.show import paper  # noqa: PLC0415 - matplotlib is slow to load and only needed here

    for kind, path in (("png", options.png), ("pdf", options.pdf)):
        if path is not None and path.suffix.lower() != f".{kind}":
            raise UsageError(
                vi=f"{path}: tệp của --{kind} phải có đuôi .{kind}.",
                en=f"{path}: the file of --{kind} must end in .{kind}.",
            )
    for path in sheets:
        paper.print_map(
            result,
            path,
            metric=options.metric,
            paper=options.paper,
            dpi=options.dpi,
            lang=options.lang,
            layers=tuple(options.layers),
        )
        print(path)
