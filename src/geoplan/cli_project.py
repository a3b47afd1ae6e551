"""The command that looks ahead: project. Parse, call, print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan import cli_city
from geoplan.errors import UsageError
from geoplan.progress import progress_bar
from geoplan.scenario.projection.project import project
from geoplan.show.projection import goal_json, goal_lines, projection_json, projection_lines, save_chart
from geoplan.text import quoted

if TYPE_CHECKING:
    import argparse

_AHEAD: Final = 10
"""Years that are projected when nobody says how many."""
_EXIT: Final = "Dự báo không phải số liệu thống kê. Mã thoát: 0 đã dự báo, 1 dữ liệu có lỗi, 2 gọi sai."
_NUMBER: Final = re.compile(r"[+-]?\d+([.,]\d+)?")


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of this command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "project", parents=[common], epilog=_EXIT, help="dự báo dân số và năm đạt từng ngưỡng"
    )
    cli_city.add_city(command, own)
    command.add_argument("--until", type=int, metavar="NĂM", help="năm cuối (mặc định: 10 năm tới)")
    command.add_argument(
        "--growth",
        action="append",
        default=[],
        metavar="SỐ|TÊN=SỐ",
        help="tốc độ tăng dân số, %%/năm; của một đơn vị: “Bảo Khê=2” (mặc định: theo số liệu của thành phố)",
    )
    command.add_argument("--low", metavar="SỐ", help="mức thấp, %%/năm")
    command.add_argument("--high", metavar="SỐ", help="mức cao, %%/năm")
    command.add_argument("--spread", metavar="SỐ", help="thấp và cao cách mức vừa bao nhiêu điểm phần trăm")
    command.add_argument(
        "--alike",
        action="append",
        default=[],
        metavar="BỘ",
        help="bộ số liệu dân số mà bạn biết là đếm như nhau (nêu nhiều lần)",
    )
    command.add_argument(
        "--goal", metavar="MỤC_TIÊU", help="chỉ nêu năm đạt: II, ward, “ward@Bảo Khê”, target.002.population"
    )
    command.add_argument("--json", action="store_true", help="in ra JSON")
    command.add_argument("--chart", type=Path, metavar="TỆP.png", help="vẽ biểu đồ ra tệp PNG")
    command.set_defaults(run=_project)


def _project(options: argparse.Namespace) -> int:
    city = cli_city.opened(options)
    with progress_bar("project") as progress:
        result = project(
            city,
            until=city.on.year + _AHEAD if options.until is None else options.until,
            growth=_growth(options.growth),
            low=_number(options.low),
            high=_number(options.high),
            spread=_number(options.spread),
            alike=options.alike,
            progress=progress,
        )
    goal = None if options.goal is None else result.first_year(options.goal)
    if options.chart is not None:
        save_chart(result, options.chart, lang=options.lang)
    if options.json:
        content = projection_json(result, options.lang) if goal is None else goal_json(goal, options.lang)
        print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
    else:
        lines = projection_lines(result, options.lang) if goal is None else goal_lines(goal, options.lang)
        print("\n".join(lines))
    return 0


def _growth(given: list[str]) -> float | dict[str, float] | None:
    """Growth for all, for some, or both; None when none is given."""
    found: dict[str, float] = {}
    for text in given:
        name, _, figure = text.rpartition("=")
        found[name.strip() or "city"] = _read(figure)
    if list(found) == ["city"]:
        return found["city"]
    return found or None


def _number(text: str | None) -> float | None:
    return None if text is None else _read(text)


def _read(text: str) -> float:
    """A number with a point or a comma, with or without %."""
    plain = text.strip().removesuffix("%").strip()
    if not _NUMBER.fullmatch(plain):
        raise UsageError(
            vi=f"{quoted(text)} không phải là số: hãy viết như 1.2 hoặc 1,2 (%/năm).",
            en=f"{quoted(text)} is not a number: write it as 1.2 or 1,2 (% a year).",
        )
    return float(plain.replace(",", "."))
