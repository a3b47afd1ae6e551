"""The commands that take foreign files in: check, crs, import, init, new, fetch. Parse, call, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import geopandas as gpd
import pandas as pd

from geoplan import founding, importing, intake, schema, workspace
from geoplan.city_file import CityKind
from geoplan.errors import DataError, UsageError
from geoplan.exports.atomic import beside
from geoplan.exports.findings import write_findings
from geoplan.gpkg import write_gpkg
from geoplan.intake import crs_findings, crs_fit, fetch
from geoplan.intake.check import check_file
from geoplan.intake.columns import parse_mapping
from geoplan.intake.database import DatabaseTable, is_database, parse_address
from geoplan.progress import progress_bar

if TYPE_CHECKING:
    import argparse

    from geoplan.intake.findings import Finding

DEFAULT_WORKSPACE = Path("workspace")
_ENCODINGS = "auto, utf-8, utf-8-twice, tcvn3, tcvn3-capitals, cp1258, vni, latin-1"


def add_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    """Add the parsers of these commands."""
    source = {"type": Path, "metavar": "TỆP", "help": "tệp véc-tơ (thư mục, .zip cũng được)"}

    command = commands.add_parser(
        "check", parents=[common], help="tệp này có gì sai: danh sách lỗi và cách sửa"
    )
    command.add_argument("file", **source)
    command.add_argument("--as", dest="layer", choices=schema.USER_LAYERS, help="lớp này là lớp gì")
    command.add_argument("--near", metavar="THÀNH_PHỐ", help="so vị trí với thành phố này (mặc định: cả bốn)")
    command.add_argument("--on", metavar="NGÀY", help="ngày của dữ liệu")
    command.add_argument(
        "--map", action="append", default=[], metavar="của_bạn=của_geoplan", help="đổi tên cột"
    )
    command.add_argument(
        "--outline", type=Path, metavar="TỆP", help="đường bao thành phố: xã nào lấn ra ngoài"
    )
    command.add_argument("--tolerance", type=float, default=0.1, metavar="MÉT", help="dung sai biên (0.1)")
    command.add_argument("--area-tolerance", type=float, metavar="%", help="dung sai diện tích (1 %%)")
    command.add_argument("--json", action="store_true", help="in ra JSON")
    command.add_argument("--out", type=Path, metavar="TỆP", help="ghi ra GeoPackage mở được ngay trong QGIS")
    command.add_argument("--encoding", default="auto", metavar="MÃ", help=_ENCODINGS)
    _reading(command)
    command.set_defaults(run=_check)

    command = commands.add_parser("crs", parents=[common], help="tệp này thuộc hệ tọa độ nào")
    command.add_argument("file", **source)
    place = command.add_mutually_exclusive_group()
    place.add_argument("--near", metavar="THÀNH_PHỐ", help="so với thành phố này (mặc định: cả bốn)")
    place.add_argument("--province", metavar="TỈNH", help="tỉnh, để biết kinh tuyến trục")
    command.add_argument("--on", metavar="NGÀY", help="ngày của dữ liệu (tỉnh cũ hay tỉnh mới)")
    _reading(command)
    command.set_defaults(run=_crs)

    command = commands.add_parser("import", parents=[common], help="đưa tệp vào không gian làm việc")
    command.add_argument(
        "file", metavar="TỆP", help="tệp véc-tơ, hoặc postgresql://… (mật khẩu nên để ở PGPASSWORD)"
    )
    command.add_argument("--table", metavar="BẢNG", help="bảng nào của cơ sở dữ liệu: tên, hoặc lược_đồ.tên")
    command.add_argument("--on", metavar="NGÀY", help="ngày nào, khi bảng do geoplan ghi có nhiều ngày")
    command.add_argument("--city", required=True, help="mã hoặc tên thành phố")
    command.add_argument(
        "--as", dest="layer", choices=schema.USER_LAYERS, required=True, help="thành lớp nào"
    )
    command.add_argument("--crs", metavar="EPSG:n", help="hệ tọa độ đúng, dù tệp ghi gì")
    command.add_argument(
        "--map", action="append", default=[], metavar="của_bạn=của_geoplan", help="đổi tên cột"
    )
    command.add_argument("--repair", action="store_true", help="cho phép sửa hình quá 0,01 %% diện tích")
    command.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, help="thư mục (workspace/)")
    command.add_argument("--encoding", default="auto", metavar="MÃ", help=_ENCODINGS)
    _reading(command)
    command.set_defaults(run=_import)

    _add_workspace_commands(commands, common)


def _add_workspace_commands(commands: Any, common: argparse.ArgumentParser) -> None:
    command = commands.add_parser("init", parents=[common], help="mở không gian làm việc từ thành phố có sẵn")
    command.add_argument("city", help="mã hoặc tên thành phố")
    command.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, help="thư mục (workspace/)")
    for layer in schema.USER_LAYERS:
        name = layer.replace("_", "-")
        command.add_argument(f"--{name}", type=Path, metavar="TỆP", help="thay lớp này bằng tệp của bạn")
    command.set_defaults(run=_init)

    command = commands.add_parser("new", parents=[common], help="thành phố của bạn, từ các tệp của bạn")
    command.add_argument("name", metavar="TÊN", help="tên thành phố, ví dụ “Sông Công”")
    command.add_argument("--province", required=True, metavar="TỈNH", help="tỉnh vào ngày đó")
    command.add_argument("--on", required=True, metavar="NGÀY", help="ngày của dữ liệu")
    command.add_argument("--title", metavar="TÊN", help="tên đầy đủ, ví dụ “Thành phố Sông Công”")
    command.add_argument("--kind", choices=get_args(CityKind), help="cả thành phố là đơn vị gì")
    command.add_argument("--class", dest="urban_class", metavar="LOẠI", help="loại đô thị hiện nay: I, II…")
    command.add_argument("--class-aimed", metavar="LOẠI", help="loại đô thị hướng tới")
    command.add_argument("--due", type=int, metavar="NĂM", help="năm phải đạt")
    command.add_argument("--crs", metavar="EPSG:n", help="hệ tọa độ đúng của mọi tệp, dù tệp ghi gì")
    command.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="[lớp:]của_bạn=của_geoplan",
        help="đổi tên cột của một lớp (communes khi không nêu lớp)",
    )
    command.add_argument("--repair", action="store_true", help="cho phép sửa hình quá 0,01 %% diện tích")
    command.add_argument("--encoding", default="auto", metavar="MÃ", help=_ENCODINGS)
    command.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, help="thư mục (workspace/)")
    for layer in schema.USER_LAYERS:
        needed = layer in {"communes", "plans"}
        command.add_argument(
            f"--{layer.replace('_', '-')}", type=Path, metavar="TỆP", required=needed, help=f"lớp {layer}"
        )
    command.set_defaults(run=_new)

    command = commands.add_parser("fetch", parents=[common], help="tải ranh giới thật (từ 01/7/2025)")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("city", nargs="?", help="mã hoặc tên thành phố")
    what.add_argument("--province", metavar="MÃ", help="cả tỉnh, mã hai chữ số")
    what.add_argument("--all", action="store_true", help="cả nước, 3.321 đơn vị")
    command.add_argument("--workspace", type=Path, default=DEFAULT_WORKSPACE, help="thư mục (workspace/)")
    command.add_argument("--base-url", default=fetch.SOURCE, metavar="URL", help="địa chỉ bản sao")
    command.add_argument("--cache", type=Path, metavar="THƯ_MỤC", help="nơi giữ tệp đã tải")
    command.set_defaults(run=_fetch)


def _reading(command: argparse.ArgumentParser) -> None:
    command.add_argument("--layer", dest="source_layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    command.add_argument("--limit", action="append", default=[], metavar="TÊN=SỐ", help="nới một giới hạn")


def _known(near: str | None) -> gpd.GeoDataFrame:
    """Known communes to compare with: of one city, or of all bundled ones, of all dates.

    Boundaries that were fetched into the workspace are taken where there are any.
    """
    names = workspace.list_cities() if near is None else [workspace.open_city(near).id]
    frames = [_fetched(name) for name in names]
    known = [
        workspace.open_city(name).layers["communes"].frame if frame is None else frame
        for name, frame in zip(names, frames, strict=True)
    ]
    return gpd.GeoDataFrame(pd.concat(known, ignore_index=True), crs=known[0].crs)


def _fetched(name: str) -> gpd.GeoDataFrame | None:
    if not (DEFAULT_WORKSPACE / name / "boundaries.gpkg").is_file():
        return None
    return workspace.open_city(name, workspace=DEFAULT_WORKSPACE).layers["boundaries"].frame


def _check(options: argparse.Namespace) -> int:
    if options.out is not None and options.out.suffix.casefold() != ".gpkg":
        raise UsageError(
            vi=f"{options.out.name}: danh sách lỗi ghi ra GeoPackage; hãy đặt đuôi .gpkg.",
            en=f"{options.out.name}: findings are written as GeoPackage; use the extension .gpkg.",
        )
    province = None if options.near is None else workspace.open_city(options.near).province
    with progress_bar("check"):
        checked = check_file(
            options.file,
            layer=options.layer,
            source_layer=options.source_layer,
            encoding=options.encoding,
            mapping=parse_mapping(options.map),
            known=_known(options.near),
            province=province,
            on=options.on,
            limits=intake.parse_limits(options.limit),
            outline=None if options.outline is None else intake.read_layer(options.outline),
            tolerance_m=options.tolerance,
            area_tolerance_pct=options.area_tolerance,
        )
        if options.out is not None:
            write_findings(checked.findings, options.out, lang=options.lang)
    if options.json:
        print(json.dumps([_plain(f, options) for f in checked.findings], ensure_ascii=False, indent=1))
    else:
        for finding in checked.findings:
            print(f"{finding.kind.code} {finding.severity}: {finding.sentence(options.lang)}")
            print(f"    → {finding.mend(options.lang)}")
        print(_summary(checked.findings, options))
    return int(any(f.severity == "error" for f in checked.findings))


def _plain(finding: Finding, options: argparse.Namespace) -> dict[str, Any]:
    place = None if finding.place is None else finding.place.representative_point()
    return {
        "code": finding.kind.code,
        "severity": finding.severity,
        "row": finding.row,
        "feature": finding.feature,
        "place": None if place is None or place.is_empty else [round(place.x, 7), round(place.y, 7)],
        "sentence": finding.sentence(options.lang),
        "mend": finding.mend(options.lang),
    }


def _summary(findings: tuple[Finding, ...], options: argparse.Namespace) -> str:
    errors, warnings, notes = (sum(f.severity == s for f in findings) for s in ("error", "warning", "note"))
    if options.lang == "en":
        return f"{options.file.name}: {errors} errors, {warnings} warnings, {notes} notes."
    return f"{options.file.name}: {errors} lỗi, {warnings} cảnh báo, {notes} ghi chú."


def _crs(options: argparse.Namespace) -> int:
    limits = intake.parse_limits(options.limit)
    frame, _ = intake.open_layer(options.file, layer=options.source_layer, limits=limits)
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise DataError(
            vi=f"{options.file.name}: không có hình học, không xét được hệ tọa độ.",
            en=f"{options.file.name}: no geometry, so no coordinate system can be told.",
        )
    province = options.province
    if province is None and options.near is not None:
        province = workspace.open_city(options.near).province
    fits = crs_fit.fit(frame, known=_known(options.near), on=options.on, province=province)
    for line in crs_findings.explain(fits, lang=options.lang):
        print(line)
    found = crs_findings.findings(frame, fits, what=options.file.name, province=province, on=options.on)
    for finding in found:
        print(f"{finding.kind.code} {finding.severity}: {finding.sentence(options.lang)}")
    return int(any(f.severity == "error" for f in found))


def _table(options: argparse.Namespace) -> DatabaseTable:
    """The table of a database that is meant, and whose rows of it when geoplan wrote it."""
    address = parse_address(options.file)
    if options.table is None:
        raise UsageError(
            vi="hãy nêu bảng của cơ sở dữ liệu: --table lược_đồ.tên.",
            en="name the table of the database: --table schema.name.",
        )
    return DatabaseTable(address, options.table, workspace.open_city(options.city).id, options.on)


def _import(options: argparse.Namespace) -> int:
    source = importing.Source(
        path=_table(options) if is_database(options.file) else Path(options.file),
        layer=options.layer,
        source_layer=options.source_layer,
        crs=options.crs,
        encoding=options.encoding,
        mapping=parse_mapping(options.map),
        repair=options.repair,
        limits=intake.parse_limits(options.limit),
    )
    with progress_bar("import"):
        done = importing.import_layer(source, city=options.city, workspace=options.workspace)
    for finding in done.checked.findings:
        if finding.severity != "note":
            print(
                f"{finding.kind.code} {finding.severity}: {finding.sentence(options.lang)}", file=sys.stderr
            )
    count = len(done.changes)
    said = f"{count} hình đã sửa" if options.lang == "vi" else f"{count} features mended"
    print(f"{done.folder / (options.layer + '.gpkg')} ({said})")
    return 0


def _init(options: argparse.Namespace) -> int:
    files = {layer: getattr(options, layer) for layer in schema.USER_LAYERS}
    sources = [importing.Source(path, layer) for layer, path in files.items() if path is not None]
    print(importing.init_city(options.city, workspace=options.workspace, sources=sources))
    return 0


def _new(options: argparse.Namespace) -> int:
    files = {layer: getattr(options, layer) for layer in schema.USER_LAYERS}
    pairs: dict[str, list[str]] = {layer: [] for layer in schema.USER_LAYERS}
    for text in options.map:
        layer, colon, pair = text.partition(":")
        named = bool(colon) and layer in pairs
        pairs[layer if named else "communes"].append(pair if named else text)
    sources = [
        importing.Source(
            path,
            layer,
            crs=options.crs,
            encoding=options.encoding,
            mapping=parse_mapping(pairs[layer]),
            repair=options.repair,
        )
        for layer, path in files.items()
        if path is not None
    ]
    with progress_bar("new"):
        made = founding.new_city(
            options.name,
            workspace=options.workspace,
            sources=sources,
            province=options.province,
            on=options.on,
            title=options.title,
            kind=options.kind,
            urban_class=options.urban_class,
            class_aimed=options.class_aimed,
            due=options.due,
        )
    print(made.folder)
    return 0


def _fetch(options: argparse.Namespace) -> int:
    print(fetch.LICENCE[options.lang == "en"], file=sys.stderr)
    with progress_bar("fetch") as progress:
        if options.city is not None:
            made = importing.fetch_city(
                options.city,
                workspace=options.workspace,
                base_url=options.base_url,
                cache=options.cache,
                progress=progress,
            )
        else:
            codes = fetch.all_codes() if options.all else fetch.codes_of_province(options.province)
            fetched = fetch.fetch_units(
                codes, base_url=options.base_url, cache=options.cache, progress=progress
            )
            made = options.workspace / "boundaries" / f"{'all' if options.all else options.province}.gpkg"
            with beside(made) as draft:
                write_gpkg(fetched.frame, draft)
    print(made)
    return 0
