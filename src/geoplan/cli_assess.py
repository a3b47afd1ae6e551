"""The commands that judge: assess, explain, rules. Parse, call, print."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geoplan import cli_city, workspace
from geoplan.assessment import assess
from geoplan.criteria.library import load_library
from geoplan.intake.read import existing_file
from geoplan.progress import progress_bar
from geoplan.show import rules
from geoplan.show.explanations import explain_lines
from geoplan.show.verdicts import as_json, assessment_lines

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from geoplan.assessment import Assessment

_EXIT = (
    "Mã thoát: 0 đã đánh giá (không đạt vẫn là 0, vì đó không phải lỗi dữ liệu), 1 dữ liệu có lỗi, 2 gọi sai."
)


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parsers of these commands; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "assess", parents=[common], epilog=_EXIT, help="đã đủ tiêu chuẩn chưa: loại đô thị, đơn vị, chỉ tiêu"
    )
    cli_city.add_city(command, own)
    command.add_argument("--json", action="store_true", help="in ra JSON")
    command.set_defaults(run=_assess)

    command = commands.add_parser(
        "explain", parents=[common], help="một con số hay kết luận từ đâu ra, dùng vào đâu"
    )
    cli_city.add_city(command, own)
    command.add_argument(
        "metric",
        metavar="CHỈ_SỐ",
        help="mã hoặc tên: population, “mật độ”, “quy hoạch phân khu”, class.II.density…",
    )
    command.add_argument(
        "--scope", metavar="PHẠM_VI", help="city, wards, candidates, zones, mã hoặc tên đơn vị (city)"
    )
    command.set_defaults(run=_explain)

    command = commands.add_parser("rules", parents=[common], help="các bộ tiêu chuẩn và từng con số trong đó")
    command.add_argument("id", nargs="?", metavar="MÃ", help="bộ tiêu chuẩn nào (mặc định: kê tất cả)")
    command.add_argument("--on", metavar="NGÀY", help="chỉ các bộ áp dụng trong ngày này")
    command.add_argument("--json", action="store_true", help="in ra JSON")
    cli_city.add_places(command, own)
    command.set_defaults(run=_rules)


def _assess(options: argparse.Namespace) -> int:
    result = _assessed(options)
    if options.json:
        _print_json(as_json(result, options.lang))
    else:
        print("\n".join(assessment_lines(result, options.lang)))
    return 0


def _explain(options: argparse.Namespace) -> int:
    lines = explain_lines(_assessed(options), options.metric, scope=options.scope, lang=options.lang)
    print("\n".join(lines))
    return 0


def _rules(options: argparse.Namespace) -> int:
    if options.workspace is not None:
        existing_file(options.workspace)
    files = workspace.read_rules(
        cli_city.rule_folder(options) or (options.workspace or options.own) / "rulebooks"
    )
    cli_city.say_own(options, files)
    library = load_library(tuple((file.name, file.text) for file in files))
    if options.id is None:
        found = library.listing(options.on)
        if options.json:
            _print_json([rules.rulebook_head(each, options.lang) for each in found])
        else:
            print("\n".join(rules.listing_lines(found, options.lang)))
        return 0
    one = rules.rulebook_named(library, options.id)
    if options.json:
        _print_json(rules.rulebook_json(one, options.lang))
    else:
        print("\n".join(rules.rulebook_lines(one, options.lang)))
    return 0


def _assessed(options: argparse.Namespace) -> Assessment:
    """The city of the call, judged."""
    city = cli_city.opened(options)
    with progress_bar("assess") as progress:
        return assess(city, progress=progress)


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
