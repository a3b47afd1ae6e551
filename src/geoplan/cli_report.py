"""The command that writes reports. Parse, call, print."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geoplan import cli_city, workspace
from geoplan.assessment import assess
from geoplan.errors import GeoplanError
from geoplan.progress import progress_bar
from geoplan.show.report import FORMATS, report, save_template
from geoplan.text import parse_date

if TYPE_CHECKING:
    import argparse


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of the command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "report", parents=[common], help="báo cáo theo thể thức văn bản: Word, PDF, Excel, HTML"
    )
    command.add_argument(
        "cities", nargs="*", metavar="THÀNH_PHỐ", help="mã hoặc tên thành phố (mặc định: tất cả)"
    )
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của thành phố)")
    command.add_argument(
        "--format", default=",".join(FORMATS), metavar="ĐỊNH_DẠNG",
        help=f"một hay nhiều, cách nhau bằng dấu phẩy: {','.join(FORMATS)} (mặc định: cả bốn)",
    )  # fmt: skip
    command.add_argument("--out", type=Path, default=Path("reports"), help="thư mục kết quả (reports/)")
    command.add_argument("--agency", metavar="TÊN", help="cơ quan ban hành báo cáo")
    command.add_argument("--parent-agency", metavar="TÊN", help="cơ quan chủ quản trực tiếp")
    command.add_argument("--place", metavar="ĐỊA_DANH", help="địa danh ghi trước ngày ký")
    command.add_argument("--number", metavar="SỐ", help="số, ký hiệu văn bản, ví dụ 12/BC-SXD")
    command.add_argument("--signed-on", metavar="NGÀY", help="ngày ký (mặc định: để trống)")
    command.add_argument("--template", type=Path, metavar="TỆP.docx", help="mẫu Word của bạn")
    command.add_argument(
        "--save-template", type=Path, metavar="TỆP.docx", help="chỉ ghi mẫu Word có sẵn ra để sửa"
    )
    command.add_argument(
        "--convert-temporary",
        action="store_true",
        help="quy đổi tạm trú trong population.csv theo N0 = 2·Nt·m/365 (công thức chưa kiểm chứng)",
    )
    cli_city.add_places(command, own)
    command.set_defaults(run=_report)


def _report(options: argparse.Namespace) -> int:
    if options.save_template is not None:
        save_template(options.save_template, lang=options.lang)
        print(options.save_template)
        return 0
    signed = None if options.signed_on is None else parse_date(options.signed_on)
    names = options.cities or workspace.list_cities(options.workspace)
    failed = 0
    for name in dict.fromkeys(names):
        options.city = name
        try:
            with progress_bar(f"report {name}") as progress:
                result = assess(cli_city.opened(options), progress=progress)
            made = report(
                result,
                options.out,
                formats=options.format,
                lang=options.lang,
                agency=options.agency,
                parent_agency=options.parent_agency,
                place=options.place,
                number=options.number,
                signed_on=signed,
                template=options.template,
            )
        except GeoplanError as error:
            if len(names) == 1:
                raise
            failed = max(failed, error.exit_code)  # one broken city does not stop the others
            print(f"{name}: {error.sentence(options.lang)}", file=sys.stderr)
            continue
        for path in made:
            print(path)
    return failed
