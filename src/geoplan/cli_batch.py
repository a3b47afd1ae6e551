"""The commands on many cities: batch, diff. Parse, call, print."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan import cli_city, cli_cluster
from geoplan.batch import choose, difference, difference_words, watching, writers
from geoplan.batch import run as running
from geoplan.batch.job import Options
from geoplan.errors import UsageError
from geoplan.text import one_line

if TYPE_CHECKING:
    import argparse

    from geoplan.batch.job import Place

_EXIT = "Mã thoát: 0 mọi thành phố đều xong, 1 có thành phố hỏng hoặc máy không ghi được nữa, 2 gọi sai."
_EXIT_DIFF = "Mã thoát: 0 đã so xong (có khác nhau vẫn là 0), 1 kết quả không đọc được, 2 gọi sai."


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parsers of these commands; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "batch", parents=[common], epilog=_EXIT, help="nhiều thành phố: chỉ dựng lại thành phố có thay đổi"
    )
    command.add_argument(
        "--workspace",
        type=Path,
        nargs="+",
        action="extend",
        metavar="THƯ_MỤC",
        help="các thư mục chứa thành phố (mặc định: bộ có sẵn và workspace/ nếu có)",
    )
    command.add_argument(
        "--cities", type=Path, metavar="TỆP", help="danh sách mã hoặc tên, mỗi dòng một thành phố"
    )
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của từng thành phố)")
    command.add_argument(
        "--format",
        metavar="DẠNG",
        help=f"báo cáo kèm theo, cách nhau dấu phẩy: {', '.join(_formats())}",
    )
    command.add_argument("--rulebooks", type=Path, metavar="THƯ_MỤC", help="bộ tiêu chuẩn của bạn, *.toml")
    command.add_argument("--out", type=Path, default=Path("maps"), help="thư mục kết quả (maps/)")
    command.add_argument(
        "--jobs",
        type=cli_cluster.count,
        metavar="SỐ",
        help="dựng cùng lúc bao nhiêu thành phố (mặc định: số bộ xử lý)",
    )
    cli_cluster.add_scheduler(command)
    command.add_argument(
        "--resume", action="store_true", help="chạy tiếp lượt bị ngắt, với đúng các lựa chọn của lượt ấy"
    )
    command.add_argument(
        "--json-log", metavar="TỆP", help="thêm nhật ký JSON, mỗi dòng một việc; - là stdout"
    )
    command.set_defaults(run=_batch, own=own)

    command = commands.add_parser(
        "diff", parents=[common], epilog=_EXIT_DIFF, help="hai lần dựng khác nhau ở đâu: số liệu, kết luận"
    )
    for name, metavar in (("old", "CŨ"), ("new", "MỚI")):
        command.add_argument(name, type=Path, metavar=metavar, help="thư mục kết quả, hoặc một tệp trong đó")
    command.add_argument("--json", action="store_true", help="in ra JSON")
    command.set_defaults(run=_diff)


def _formats() -> list[str]:
    return ["xlsx", *writers.REPORTS]


def _batch(options: argparse.Namespace) -> int:
    places, how = _asked(options)
    steps = 2 + sum(1 for _ in writers.writers("", how))
    with watching.watching(lang=options.lang, steps=steps, log=options.json_log) as watch:
        report = running.run(
            places,
            out=options.out,
            options=how,
            processes=options.jobs,
            scheduler=options.scheduler,
            watch=watch,
        )
    for outcome in report.broken:
        sentence = "" if outcome.sentence is None else outcome.sentence.text(options.lang)
        print(one_line(f"{outcome.city}: {sentence}"), file=sys.stderr)
    if options.json_log != "-":
        print(watching.total(report.outcomes, options.lang))
        for path in report.files:
            print(options.out / path.name)
    return 1 if report.broken else 0


def _asked(options: argparse.Namespace) -> tuple[tuple[Place, ...], Options]:
    """The cities and options of the call; with --resume those of a run that was cut off."""
    given = (options.workspace, options.cities, options.on, options.format, options.rulebooks)
    earlier = running.unfinished(options.out) if options.resume else None
    if earlier is not None and not any(each is not None for each in given):
        return earlier
    own = options.own if options.own.is_dir() else None
    names = None if options.cities is None else choose.names_in(options.cities)
    places = choose.choose(options.workspace or (), own=own, names=names)
    rulebooks = cli_city.rule_folder(options)
    how = Options(
        on=options.on,
        lang=options.lang,
        formats=_named_formats(options.format),
        rulebooks=None if rulebooks is None else rulebooks.resolve(),
    )
    if earlier is not None and (places, how) != earlier:
        raise UsageError(
            vi=f"{options.out}: lượt bị ngắt dựng các thành phố hoặc với các lựa chọn khác; hãy gọi --resume "
            "mà không kèm lựa chọn nào, hoặc bỏ --resume để bắt đầu lượt mới.",
            en=f"{options.out}: the run that was cut off was of other cities or options; give --resume by "
            "itself, or leave it out to begin a new run.",
        )
    return places, how


def _named_formats(text: str | None) -> tuple[str, ...]:
    """The report formats of ``--format``; the workbook is made in any case."""
    names = [] if text is None else [name.strip().casefold() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in _formats():
            raise UsageError(
                vi=f"--format {name}: không có dạng này; hãy chọn: {', '.join(_formats())}.",
                en=f"--format {name}: no such format; choose from: {', '.join(_formats())}.",
            )
    return tuple(name for name in writers.REPORTS if name in names)


def _diff(options: argparse.Namespace) -> int:
    old, new = (difference.read_build(path) for path in (options.old, options.new))
    found = difference.compare_builds(old, new)
    if options.json:
        content = difference_words.difference_json(found, options.lang)
        print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        print("\n".join(difference_words.difference_lines(found, options.lang)))
    return 0
