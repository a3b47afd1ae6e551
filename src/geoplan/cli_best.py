"""The search for the best change, as options of ``geoplan scenario``. Parse, call, print."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan.assessment import assess
from geoplan.errors import UsageError
from geoplan.exports.scenario_file import save_scenario
from geoplan.progress import progress_bar
from geoplan.scenario.best.front import front
from geoplan.scenario.best.search import best, require_goal
from geoplan.show.best import best_lines, front_lines, save_front
from geoplan.text import quoted

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from geoplan.city import City

_OPTIONS: Final = (
    "urban_class", "among", "plan_kind", "over", "share", "min_part_ha", "most", "contiguous", "ready",
    "ward_share", "front", "gain", "chart", "until", "growth",
)  # fmt: skip
_OF_YEAR: Final = frozenset({"urban_class", "until", "growth"})
_NUMBER: Final = re.compile(r"\d+([.,]\d+)?", re.ASCII)
_PERCENT: Final = re.compile(r"[+-]?\d+([.,]\d+)?", re.ASCII)


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the options of the search to a command."""
    add = command.add_argument_group("tìm phương án tốt nhất (--best)").add_argument
    add(
        "--best", metavar="MỤC_TIÊU",
        help="wards (xã nào lên phường), coverage (quy hoạch phần nào trước), year (năm nào đạt)",
    )  # fmt: skip
    add("--class", dest="urban_class", metavar="LOẠI", help="loại đô thị: II… (mặc định: loại hướng tới)")
    add(
        "--among", metavar='"A, B"', help="wards: xét các xã này, hoặc all; coverage: city, wards, candidates"
    )
    add("--plan-kind", metavar="LOẠI", help="loại quy hoạch phải lập (zoning)")
    add("--over", metavar="MẪU_SỐ", help="coverage: natural, urban_land hoặc published (natural)")
    add("--share", metavar="%", help="coverage: phải phủ bao nhiêu phần trăm (mặc định: chỉ tiêu văn bản)")
    add("--min-part-ha", metavar="HA", help="coverage: không chọn phần nhỏ hơn")
    add(
        "--most",
        choices=("land", "people"),
        help="coverage: ít đất nhất (land), đông dân mỗi ha nhất (people)",
    )
    add("--contiguous", action="store_true", help="những gì được chọn phải liền nhau")
    add("--ready", action="store_true", help="wards: chỉ các xã không trượt tiêu chuẩn phường")
    add("--ward-share", action="store_true", help="wards: tỷ lệ phường của thành phố cũng phải đạt")
    add("--front", action="store_true", help="bảng đánh đổi giữa đất phải lập quy hoạch và cái được")
    add("--gain", metavar="CÁI_ĐƯỢC", help="với --front: people, points (wards), coverage (people)")
    add("--chart", type=Path, metavar="TỆP.png", help="với --front: vẽ biểu đồ ra tệp PNG")
    add("--until", type=int, metavar="NĂM", help="year: năm cuối của dự báo")
    add("--growth", metavar="%", help="year: tốc độ tăng dân số, %%/năm")


def require_goal_for(options: argparse.Namespace) -> None:
    """Refuse options of the search where nothing is searched: they would be ignored unnoticed.

    Raises
    ------
    UsageError
        With the options that need --best.
    """
    named = _named(name for name in _OPTIONS if getattr(options, name) not in {None, False})
    if named:
        raise UsageError(
            vi=f"{named} chỉ dùng khi tìm phương án tốt nhất: hãy thêm --best.",
            en=f"{named} belongs to the search for the best change: add --best.",
        )


def run_best(options: argparse.Namespace, city: City) -> int:
    """Search, print, and save the scenario or the chart that is asked for."""
    if options.chart is not None and not options.front:
        raise UsageError(
            vi="--chart vẽ bảng đánh đổi: hãy thêm --front.", en="--chart draws the trade-off: add --front."
        )
    if options.gain is not None and not options.front:
        raise UsageError(
            vi="--gain chọn cái được của bảng đánh đổi: hãy thêm --front.",
            en="--gain chooses what the trade-off gains: add --front.",
        )
    if options.out is not None:
        raise UsageError(
            vi="--best không ghi ra thư mục: hãy lưu phương án bằng --save rồi chạy lại với --file và --out.",
            en="--best writes no folder: keep the scenario by --save, then run it by --file and --out.",
        )
    require_goal(options.best, ())
    _require_used(options)
    if options.best == "year":
        return _year(options, city)
    given = _given(options)
    with progress_bar("best") as progress:
        before = assess(city, progress=progress)
        if options.front:
            return _front(options, front(before, goal=options.best, gain=options.gain or "people", **given))
        found = best(before, goal=options.best, **given)
    if options.json:
        _print_json(found.as_json(options.lang))
    else:
        print("\n".join(best_lines(found, options.lang)))
    if options.save is not None:
        made = save_scenario(found.city, options.save, title=options.title)
        if not options.json:
            print("\n".join(map(str, made)))
    return 0


def _require_used(options: argparse.Namespace) -> None:
    """Refuse what the goal or the trade-off would ignore unnoticed; other options the search refuses."""
    year = options.best == "year"
    idle = {*_OPTIONS, "save"} - _OF_YEAR if year else {"until", "growth"}
    idle |= {"save", "most"} if options.front else set()
    given = [name for name in (*_OPTIONS, "save") if name in idle]
    named = _named(name for name in given if getattr(options, name) not in {None, False})
    if named:
        where = f"--best {options.best}{' --front' if options.front and not year else ''}"
        raise UsageError(
            vi=f"{named} không có tác dụng với {where}: hãy bỏ.",
            en=f"{named} has no use with {where}: leave it out.",
        )


def _named(names: Iterable[str]) -> str:
    """Options as they are written on the command line."""
    return ", ".join("--" + ("class" if name == "urban_class" else name.replace("_", "-")) for name in names)


def _front(options: argparse.Namespace, found: Any) -> int:
    if options.json:
        _print_json(found.as_json(options.lang))
    else:
        print("\n".join(front_lines(found, options.lang)))
    if options.chart is not None:
        path = save_front(found, options.chart, lang=options.lang)
        if not options.json:
            print(path)
    return 0


def _year(options: argparse.Namespace, city: City) -> int:
    growth = _figure(options.growth, "--growth", _PERCENT)
    named = {} if options.urban_class is None else {"urban_class": options.urban_class}
    found = best(city, goal="year", until=options.until, growth=growth, **named)
    if options.json:
        years = {
            name: {"state": w.state, "year": w.year}
            for name in ("low", "medium", "high")
            for w in [found.of(name)]
        }
        _print_json({"goal": found.goal, **years, "text": found.text(options.lang)})
    else:
        print(f"{found.goal}: {found.text(options.lang)}")
    return 0


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """What was said on the command line; what was not is left to the search."""
    given: dict[str, Any] = {
        "urban_class": options.urban_class,
        "kind": options.plan_kind,
        "over": options.over,
        "share": _figure(options.share, "--share"),
        "min_part_ha": _figure(options.min_part_ha, "--min-part-ha"),
        "most": options.most,
        "contiguous": options.contiguous or None,
        "ready": options.ready or None,
        "ward_share": options.ward_share or None,
    }
    if options.among is not None:
        names = [name.strip() for name in options.among.split(",") if name.strip()]
        wards = {"candidates": "all" if names == ["all"] else names}
        given |= wards if options.best == "wards" else {"among": options.among}
    return {name: value for name, value in given.items() if value is not None}


def _figure(text: str | None, option: str, form: re.Pattern[str] = _NUMBER) -> float | None:
    if text is None:
        return None
    plain = text.strip().removesuffix("%").strip()
    if not form.fullmatch(plain):
        raise UsageError(
            vi=f"{option} {quoted(text)}: hãy viết một số như 85 hoặc 2,5.",
            en=f"{option} {quoted(text)}: write a number such as 85 or 2.5.",
        )
    return float(plain.replace(",", "."))


def _print_json(content: Any) -> None:
    print(json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False))
