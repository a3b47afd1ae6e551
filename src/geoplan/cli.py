"""The command line: parses, calls, prints. No logic."""

from __future__ import annotations

import argparse
import sys
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import geoplan
from geoplan import (
    batch,
    cli_assess,
    cli_batch,
    cli_city,
    cli_cluster,
    cli_crosswalk,
    cli_export,
    cli_intake,
    cli_map,
    cli_project,
    cli_report,
    cli_scenario,
    crs,
    importing,
    intake,
    measures,
    parts,
    schema,
    workspace,
)
from geoplan.dated import in_force_rows
from geoplan.errors import DataWarning, GeoplanError, UsageError
from geoplan.exports import tables
from geoplan.intake.arrow_file import open_polygons
from geoplan.progress import progress_bar
from geoplan.text import as_date, date_text, number, parse_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    import pandas as pd

    from geoplan.errors import Lang
    from geoplan.intake.arrow_file import PolygonFile


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, without the wall of usage."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} ({self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 good, 1 findings in the data, 2 a wrong call."""
    _speak_utf8()
    options = _parser().parse_args(arguments)
    said: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *_: object) -> None:
        text = message.sentence(options.lang) if isinstance(message, DataWarning) else str(message)
        if text not in said and issubclass(category, DataWarning):
            said.add(text)
            print(text, file=sys.stderr)

    with warnings.catch_warnings():
        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = show  # type: ignore[assignment]
        try:
            if getattr(options, "on", None) is not None:
                options.on = parse_date(options.on)
            return int(options.run(options))
        except GeoplanError as error:
            print(error.sentence(options.lang), file=sys.stderr)
            return error.exit_code
        except KeyboardInterrupt:
            return 130
        except BrokenPipeError:
            sys.stderr.close()
            return 0
        except OSError as error:
            print(_system_sentence(error, options.lang), file=sys.stderr)
            return 1


def _system_sentence(error: OSError, lang: Lang) -> str:
    """What the machine refused: a full disk, a name too long, a folder that may not be written."""
    where = f" ({error.filename})" if error.filename else ""
    if lang == "en":
        return f"The machine refused{where}: {error.strerror or error}; nothing was half written."
    return f"Máy từ chối{where}: {error.strerror or error}; không có tệp nào bị ghi dở."


def _speak_utf8() -> None:
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")


def _parser() -> _Parser:
    common = _Parser(add_help=False)
    common.add_argument("--lang", choices=("vi", "en"), default="vi", help="ngôn ngữ / language (vi)")
    parser = _Parser(
        prog="geoplan", description="Độ phủ quy hoạch, mật độ dân số và báo cáo cho đô thị Việt Nam."
    )
    parser.add_argument("--version", action="version", version=f"geoplan {geoplan.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="LỆNH", parser_class=_Parser)

    command = commands.add_parser("list", parents=[common], help="các thành phố có sẵn")
    command.add_argument("--workspace", type=Path, help="thư mục chứa các thành phố (mặc định: bộ có sẵn)")
    command.set_defaults(run=_list)

    cli_intake.add_commands(commands, common)

    cli_assess.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_map.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_report.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_scenario.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_export.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_batch.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_project.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)
    cli_crosswalk.add_commands(commands, common, own=cli_intake.DEFAULT_WORKSPACE)

    command = commands.add_parser("build", parents=[common], help="bản đồ, sổ Excel và trang mục lục")
    command.add_argument("cities", nargs="*", metavar="city", help="mã hoặc tên thành phố (mặc định: tất cả)")
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của thành phố)")
    command.add_argument("--out", type=Path, default=Path("maps"), help="thư mục kết quả (maps/)")
    cli_city.add_places(command, cli_intake.DEFAULT_WORKSPACE)
    command.add_argument("--communes", type=Path, metavar="TỆP", help="ranh giới của bạn cho thành phố này")
    command.set_defaults(run=_build)

    _add_tables(commands, common)
    return parser


def _add_tables(commands: Any, common: argparse.ArgumentParser) -> None:
    """The commands that measure layers of any files."""
    table = _Parser(add_help=False, parents=[common])
    table.add_argument("--communes", type=Path, required=True, metavar="TỆP", help="lớp vùng các xã, phường")
    table.add_argument("--on", metavar="NGÀY", help="ngày tính (mặc định: hôm nay)")
    table.add_argument("--communes-layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    table.add_argument("--limit", action="append", default=[], metavar="TÊN=SỐ", help="nới một giới hạn")
    table.add_argument("--id-column", metavar="CỘT", help="cột mã của xã (mặc định: tự tìm)")
    table.add_argument(
        "--out", type=Path, metavar="TỆP", help=f"ghi ra tệp: {', '.join(tables.TABLE_FORMATS)}"
    )

    command = commands.add_parser("coverage", parents=[table], help="độ phủ quy hoạch theo xã")
    command.add_argument("--plans", type=Path, required=True, metavar="TỆP", help="lớp vùng các đồ án")
    command.add_argument("--plans-layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    command.add_argument("--urban-land", type=Path, metavar="TỆP", help="lớp đất xây dựng đô thị")
    command.add_argument("--urban-land-layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    command.add_argument("--kind-column", metavar="CỘT", help="cột loại quy hoạch (mặc định: kind nếu có)")
    _add_engine(command)
    _add_parts(command, "tính theo từng phần để đỡ tốn bộ nhớ; --plans đọc dần (GeoParquet, GeoPackage)")
    command.set_defaults(run=_coverage)

    command = commands.add_parser("density", parents=[table], help="mật độ dân số theo xã")
    people = command.add_mutually_exclusive_group()
    people.add_argument(
        "--population-column", default="population", metavar="CỘT", help="cột dân số (population)"
    )
    people.add_argument("--raster", type=Path, metavar="TỆP", help="raster dân số (GeoTIFF, người/ô)")
    command.add_argument(
        "--plans", type=Path, metavar="TỆP", help="lớp đồ án: người ở trong vùng có quy hoạch (với --raster)"
    )
    command.add_argument("--plans-layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    command.add_argument("--kind-column", metavar="CỘT", help="cột loại quy hoạch (mặc định: kind nếu có)")
    _add_engine(command)
    _add_parts(command, "đếm raster theo từng phần")
    command.set_defaults(run=_density)


def _add_engine(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--engine",
        choices=("auto", "geos", "sweep"),
        default="auto",
        help="cách tính (auto); sweep cần numba",
    )


def _add_parts(command: argparse.ArgumentParser, what: str) -> None:
    command.add_argument("--parts", type=cli_cluster.count, metavar="SỐ", help=what)
    cli_cluster.add_scheduler(command)


def _list(options: argparse.Namespace) -> int:
    for city_id in workspace.list_cities(options.workspace):
        city = workspace.open_city(city_id, workspace=options.workspace)
        words = ("đơn vị", "ngày") if options.lang == "vi" else ("units", "on")
        title = city.title(options.lang)
        day = date_text(city.on, lang=options.lang)
        print(f"{city.id:<12} {title}, {city.province}: {len(city.communes)} {words[0]}, {words[1]} {day}")
    return 0


def _build(options: argparse.Namespace) -> int:
    if options.communes is not None:
        _take_communes(options)
    own = cli_intake.DEFAULT_WORKSPACE if cli_intake.DEFAULT_WORKSPACE.is_dir() else None
    cities = options.cities or workspace.list_cities(options.workspace)
    with progress_bar("build") as progress:
        made = batch.build(
            cities,
            out=options.out,
            on=options.on,
            lang=options.lang,
            workspace_folder=options.workspace,
            own=own,
            rulebooks=cli_city.rule_folder(options),
            progress=progress,
        )
    for path in made:
        print(path)
    return 0


def _take_communes(options: argparse.Namespace) -> None:
    """The user's communes into the workspace of one city, before it is built; again when they changed."""
    if len(options.cities) != 1:
        raise UsageError(
            vi="--communes đi với đúng một thành phố, ví dụ: geoplan build pho-yen --communes xa.geojson.",
            en="--communes goes with one city, such as: geoplan build pho-yen --communes xa.geojson.",
        )
    options.workspace = options.workspace or cli_intake.DEFAULT_WORKSPACE
    source = importing.Source(path=options.communes, layer="communes")
    importing.import_layer(source, city=options.cities[0], workspace=options.workspace)


def _coverage(options: argparse.Namespace) -> int:
    _check_out(options, options.communes, options.plans, options.urban_land)
    with progress_bar("coverage") as progress, ExitStack() as files:
        communes = _communes(options)
        plans = _plans(options, files)
        urban_land = None
        if options.urban_land is not None:
            urban_land = _layer(options, options.urban_land, options.urban_land_layer)
        table = parts.coverage(
            communes,
            plans=plans,
            on=options.on,
            urban_land=urban_land,
            kind_column=options.kind_column or "kind",
            id_column=options.id_column,
            engine=options.engine,
            progress=progress,
            parts=options.parts,
            scheduler=options.scheduler,
        )
    return _deliver(table, communes, options)


def _plans(options: argparse.Namespace, files: ExitStack) -> gpd.GeoDataFrame | PolygonFile:
    """The plans: read whole, or a file to be read in part for a measure by parts."""
    columns: pd.DataFrame
    plans: gpd.GeoDataFrame | PolygonFile
    if options.parts is None and options.scheduler is None:
        plans = columns = _layer(options, options.plans, options.plans_layer)
    else:
        limits = intake.parse_limits(options.limit)
        plans = files.enter_context(open_polygons(options.plans, layer=options.plans_layer, limits=limits))
        columns = plans.attributes
    if options.kind_column is not None:
        schema.named_column(columns, options.kind_column, what=options.plans.name)
    return plans


def _density(options: argparse.Namespace) -> int:
    _check_out(options, options.communes, options.raster, options.plans)
    if options.plans is not None:
        return _people_under_plans(options)
    with progress_bar("density") as progress:
        communes = _communes(options)
        raster = None if options.raster is None else intake.open_raster(options.raster)
        table = parts.density(
            communes,
            population_column=options.population_column,
            raster=raster,
            id_column=options.id_column,
            engine=options.engine,
            progress=progress,
            parts=options.parts,
            scheduler=options.scheduler,
        )
    return _deliver(table, communes, options)


def _people_under_plans(options: argparse.Namespace) -> int:
    if options.raster is None or options.parts is not None or options.scheduler is not None:
        raise UsageError(
            vi="--plans của lệnh density cần --raster, và không đi với --parts hay --scheduler.",
            en="--plans of density needs --raster, and does not go with --parts or --scheduler.",
        )
    with progress_bar("density") as progress:
        communes = _communes(options)
        table = measures.people_under_plans(
            communes,
            plans=_layer(options, options.plans, options.plans_layer),
            raster=intake.open_raster(options.raster),
            on=options.on,
            kind_column=options.kind_column or "kind",
            id_column=options.id_column,
            engine=options.engine,
            progress=progress,
        )
    return _deliver(table, communes, options)


def _check_out(options: argparse.Namespace, *inputs: Path | None) -> None:
    """Refuse an output that has no format, or would replace one of the inputs, before any work."""
    if options.out is None:
        return
    tables.check_format(options.out)
    if any(path is not None and path.resolve() == options.out.resolve() for path in inputs):
        raise UsageError(
            vi=f"{options.out}: là tệp đầu vào; hãy ghi ra tệp khác để không mất dữ liệu.",
            en=f"{options.out}: is an input; write to another file, so that nothing is lost.",
        )


def _layer(options: argparse.Namespace, path: Path, name: str | None) -> gpd.GeoDataFrame:
    frame = intake.read_layer(path, layer=name, limits=intake.parse_limits(options.limit))
    crs.require_crs(frame, what=path.name)
    return intake.mend(frame, what=path.name)[0]


def _communes(options: argparse.Namespace) -> gpd.GeoDataFrame:
    """Communes of a file; when it carries validity, those in force on the date."""
    what = options.communes.name
    communes = schema.aligned(
        _layer(options, options.communes, options.communes_layer), "communes", what=options.communes.name
    )
    if not {"valid_from", "valid_to"} <= set(communes.columns):
        return communes
    for column in ("valid_from", "valid_to"):
        communes[column] = schema.dates(communes[column], what=what)
    on = as_date(options.on)
    current = in_force_rows(communes, on)
    if current.empty:
        raise UsageError(
            vi=f"{what}: không có xã nào có hiệu lực ngày {date_text(on)}; hãy chọn ngày khác bằng --on.",
            en=f"{what}: no commune is in force on {on}; choose another date with --on.",
        )
    return current


def _deliver(table: pd.DataFrame, communes: gpd.GeoDataFrame, options: argparse.Namespace) -> int:
    if options.out is None:
        print(_on_screen(table, options.lang))
    else:
        tables.write_table(table, options.out, units=communes)
    return 0


def _on_screen(table: pd.DataFrame, lang: Lang) -> str:
    shown = table.copy()
    for column in shown.columns:
        if shown[column].dtype.kind == "f":
            digits = 0 if column == "population" else 2
            shown[column] = [number(v, digits=digits, lang=lang) for v in shown[column]]
    return str(shown.fillna("").to_string(index=False))
