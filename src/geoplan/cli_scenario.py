"""The command that asks “what if”. Parse, call, print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan import cli_best, cli_city, intake
from geoplan.assessment import assess
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside, together
from geoplan.exports.scenario_file import save_scenario
from geoplan.progress import progress_bar
from geoplan.scenario.compare import compare
from geoplan.scenario.file import read_scenario
from geoplan.show import explore
from geoplan.show.comparison import write_comparison
from geoplan.show.report import FORMATS, report
from geoplan.text import one_line, parse_date, quoted

if TYPE_CHECKING:
    import argparse

    from geoplan.city import City
    from geoplan.scenario.compare import Comparison

_EXIT: Final = "Mã thoát: 0 đã so sánh, 1 dữ liệu có lỗi, 2 gọi sai."
_PEOPLE: Final = re.compile(r"\d+|\d{1,3}(\.\d{3})+", re.ASCII)
_STEPS: Final = 5


def add_commands(commands: Any, common: argparse.ArgumentParser, *, own: Path) -> None:
    """Add the parser of the command; `own` is the workspace that is looked at without --workspace."""
    command = commands.add_parser(
        "scenario", parents=[common], epilog=_EXIT,
        help="phương án giả định: nếu thành lập phường, thêm quy hoạch, nhập xã… thì những gì thay đổi",
    )  # fmt: skip
    command.add_argument("city", nargs="?", metavar="THÀNH_PHỐ", help="mã hoặc tên (mặc định: theo --file)")
    command.add_argument("--on", metavar="NGÀY", help="ngày đánh giá (mặc định: ngày của thành phố)")
    _add_changes(command)
    _add_results(command)
    cli_best.add_arguments(command)
    command.add_argument(
        "--convert-temporary", action="store_true",
        help="quy đổi tạm trú trong population.csv theo N0 = 2·Nt·m/365 (công thức chưa kiểm chứng)",
    )  # fmt: skip
    cli_city.add_places(command, own)
    command.set_defaults(run=_scenario, note="")


def _add_changes(command: argparse.ArgumentParser) -> None:
    """What is to be changed."""
    add = command.add_argument
    add("--from", dest="since", metavar="NGÀY", help="các thay đổi có từ ngày nào (mặc định: ngày đánh giá)")
    add("--file", type=Path, metavar="TỆP.toml", help="phương án đã lưu; thay đổi khác của lệnh thêm vào sau")
    add("--without", action="append", default=[], metavar="TÊN", help="bỏ một đồ án, khu hay đơn vị")
    add("--merge", action="append", default=[], metavar='"A + B = TÊN"', help="nhập các đơn vị thành một")
    add("--wards", action="append", default=[], metavar='"A, B"', help="các xã thành phường, cách bằng phẩy")
    add("--population", action="append", default=[], metavar='"A=7500, B=8000"', help="dân số của đơn vị")
    add("--plans", type=Path, metavar="TỆP", help="thêm các đồ án của một lớp vùng")
    add("--plans-layer", metavar="LỚP", help="lớp nào, khi tệp có nhiều lớp")
    kinds = ("general", "zoning", "detailed")
    add("--kind", choices=kinds, help="loại quy hoạch của lớp ấy, khi nó không ghi")


def _add_results(command: argparse.ArgumentParser) -> None:
    """What is to be printed and written."""
    add = command.add_argument
    add("--save", type=Path, metavar="TỆP.toml", help="lưu phương án để dùng lại")
    add("--title", default="", metavar="TÊN", help="tên phương án, ghi vào tệp")
    add(
        "--out", type=Path, metavar="THƯ_MỤC",
        help="ghi bảng so sánh (xlsx, json), bản đồ trước – sau, báo cáo và tệp phương án",
    )  # fmt: skip
    add("--format", default="docx,pdf,html", metavar="ĐỊNH_DẠNG", help=f"báo cáo: {','.join(FORMATS)}")
    add("--all", action="store_true", help="cả những gì không thay đổi")
    add("--json", action="store_true", help="in ra JSON")


def _scenario(options: argparse.Namespace) -> int:
    if options.best is not None:
        return cli_best.run_best(options, changed_city(options, needed=False)[1])
    cli_best.require_goal_for(options)
    base, city = changed_city(options)
    with progress_bar("scenario") as progress:
        results = assess(base), assess(city, progress=progress)
    comparison = compare(*results, names=(None, options.title or None), everything=options.all)
    if options.json:
        print(json.dumps(comparison.as_json(options.lang), ensure_ascii=False, indent=1, allow_nan=False))
    else:
        lines = (f"{label}: {text}" if label else text for label, text in comparison.lines(options.lang))
        print("\n".join(map(one_line, lines)))
    if options.save is not None:
        made = save_scenario(city, options.save, title=options.title, note=options.note)
        _say(options, made)
    if options.out is not None:
        _say(options, _write(comparison, options))
    return 0


def changed_city(options: argparse.Namespace, *, needed: bool = True) -> tuple[City, City]:
    """The city of the call as it is, and with the changes of the file and of the call, in this order.

    Parameters
    ----------
    needed
        Whether something must be changed.

    Raises
    ------
    UsageError
        When nothing is to be changed, or no city is named.
    """
    scenario = None if options.file is None else read_scenario(options.file)
    if options.city is None and scenario is None:
        raise UsageError(
            vi="Hãy nêu thành phố, ví dụ: geoplan scenario hung-yen --wards “Bảo Khê, Liên Phương”.",
            en="Name a city, such as: geoplan scenario hung-yen --wards “Bảo Khê, Liên Phương”.",
        )
    if scenario is not None:
        options.city = options.city or scenario.city_id
        options.on = options.on or scenario.file.scenario.on
        options.title = options.title or scenario.file.scenario.title
        options.note = scenario.file.scenario.note
        options.convert_temporary |= scenario.file.scenario.convert_temporary
    base = cli_city.opened(options)
    city = base if scenario is None else scenario.apply(base).as_of(base.on)
    city = _changed(city, options)
    if needed and not city.changes:
        raise UsageError(
            vi="Hãy nêu một thay đổi: --wards, --plans, --merge, --population, --without hoặc --file.",
            en="Name a change: --wards, --plans, --merge, --population, --without or --file.",
        )
    return base, city


def _changed(city: City, options: argparse.Namespace) -> City:
    """The changes of the call; mergers come before wards, so that what was merged can become one."""
    on = None if options.since is None else parse_date(options.since)
    if options.without:
        city = city.without(options.without, on=on)
    for text in options.merge:
        units, name = _merger(text)
        city = city.merge(units, name=name, on=on)
    wards = _names(options.wards)
    if wards:
        city = city.with_wards(wards, on=on)
    people = _people(options.population)
    if people:
        city = city.with_population(people, on=on)
    if options.plans is not None:
        added = intake.read_layer(options.plans, layer=options.plans_layer)
        city = city.with_plans(added, kind=options.kind, on=on)
    return city


def _names(texts: list[str]) -> list[str]:
    return [name.strip() for text in texts for name in text.split(",") if name.strip()]


def _merger(text: str) -> tuple[list[str], str]:
    left, sign, name = text.partition("=")
    units = [unit.strip() for unit in left.split("+") if unit.strip()]
    if not sign or not name.strip():
        raise UsageError(
            vi=f"--merge {quoted(text)}: hãy viết như “Phú Cường + Hùng Cường = Tên mới”.",
            en=f"--merge {quoted(text)}: write it as “Phú Cường + Hùng Cường = New name”.",
        )
    return units, name.strip()


def _people(texts: list[str]) -> dict[str, float]:
    people: dict[str, float] = {}
    for pair in _names(texts):
        name, _, figure = (part.strip() for part in pair.partition("="))
        if not name or not _PEOPLE.fullmatch(figure) or name in people:
            raise UsageError(
                vi=f"--population {quoted(pair)}: hãy viết mỗi đơn vị một lần, như “Phú Cường=7500”.",
                en=f"--population {quoted(pair)}: write each unit once, as “Phú Cường=7500”.",
            )
        people[name] = float(figure.replace(".", ""))
    return people


def _write(comparison: Comparison, options: argparse.Namespace) -> list[Path]:
    """Everything about the scenario into one folder, or nothing."""
    result = comparison.results[-1]
    city, lang = result.city, options.lang
    with progress_bar("scenario") as progress, together(options.out) as folder:
        write_comparison(comparison, folder / f"{city.id}-comparison.xlsx", lang=lang)
        content = json.dumps(comparison.as_json(lang), ensure_ascii=False, indent=1, allow_nan=False)
        with beside(folder / f"{city.id}-comparison.json") as draft:
            draft.write_text(content + "\n", encoding="utf-8", newline="\n")
        progress(1, _STEPS)
        explore(result, against=comparison, lang=lang).save(folder / f"{city.id}-map.html")
        progress(2, _STEPS)
        report(result, folder / "report", formats=options.format, against=comparison, lang=lang)
        progress(4, _STEPS)
        save_scenario(city, folder / f"{city.id}-scenario.toml", title=options.title, note=options.note)
        made = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return [options.out / path for path in made]


def _say(options: argparse.Namespace, made: list[Path] | tuple[Path, ...]) -> None:
    """The files written; not into the JSON on standard output."""
    if not options.json:
        print("\n".join(map(str, made)))
