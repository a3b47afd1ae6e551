"""The best change and its trade-offs as people read them: lines for a terminal, and a chart for paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl

from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.model import words
from geoplan.quantity import UNITS
from geoplan.show.labels import capital
from geoplan.show.paper.ink import FAINT, INK, blank_page, drawable, font, press, shorten, wrap
from geoplan.text import listing, number, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from geoplan.errors import Lang
    from geoplan.scenario.best.front import Front
    from geoplan.scenario.best.result import Best

_WIDTH, _HEIGHT = 165.0, 105.0
_LEFT, _RIGHT, _BOTTOM, _TOP = 22.0, 6.0, 24.0, 18.0
_MOST_NAMED: Final = 12
_NAMES_MM: Final = 42.0
_FAR: Final = 0.6
"""Beyond this share of the axis a name stands to the left of its point."""
_ROOM: Final = 1.12
"""The axes go on a little past the last point, so that its name has room."""
_LAND: Final = words("đất phải lập quy hoạch (ha)", "land still to plan (ha)")
_NEEDED: Final = words("mức cần đạt", "needed")
_BETWEEN: Final = words("ít nhất – nhiều nhất", "at least – at most")
_MEETS: Final = words("đạt các ngưỡng", "meets the thresholds")
_FALLS: Final = words("chưa đạt các ngưỡng", "does not meet the thresholds")


def best_lines(found: Best, lang: Lang = "vi") -> list[str]:
    """The best change for a terminal: nothing in it can forge a line or steer the screen."""
    return _lines(found.lines(lang))


def front_lines(found: Front, lang: Lang = "vi") -> list[str]:
    """The trade-off for a terminal, a point a line."""
    return _lines(found.lines(lang))


def _lines(pairs: list[tuple[str, str]]) -> list[str]:
    return [one_line(f"{label}: {text}" if label else text) for label, text in pairs]


def save_front(found: Front, path: Path, *, lang: Lang = "vi") -> Path:
    """The trade-off as a chart in PNG; told apart in grey by shape and dash. The same bytes every time.

    Raises
    ------
    UsageError
        When the file is no PNG, or cannot be written.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(
            vi=f"{path.name}: biểu đồ được ghi dạng PNG; hãy đặt tên tệp kết thúc bằng .png.",
            en=f"{path.name}: the chart is written as PNG; give a name that ends in .png.",
        )
    with press(), beside(path) as draft:
        draft.write_bytes(_drawn(found, lang))
    return path


def _drawn(found: Front, lang: Lang) -> bytes:
    mpl.rcParams["text.parse_math"] = False  # a name with $ is a name
    figure, page = blank_page(_WIDTH, _HEIGHT, dpi=200)
    title = f"{found.before.city.title(lang)}: {found.title.text(lang)}"
    for i, line in enumerate(wrap(title, _WIDTH - 8, 9.5, bold=True, most=2)):
        page.text(
            4, _HEIGHT - 5 - 4.6 * i, drawable(line), fontproperties=font(9.5, bold=True), color=INK, va="top"
        )
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM - _TOP
    axes = figure.add_axes((_LEFT / _WIDTH, _BOTTOM / _HEIGHT, wide / _WIDTH, tall / _HEIGHT))
    _points(axes, found, lang)
    _dress(axes, found, lang)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()


def _points(axes: Axes, found: Front, lang: Lang) -> None:
    """Steps between the points, because what lies between two of them gains no more than the cheaper one."""
    table = found.table
    land, low, high = (table[name].to_numpy(dtype=float) for name in ("to_plan_ha", "low", "high"))
    axes.step(land, low, where="post", color=FAINT, linewidth=1.0, zorder=1)
    if found.bounded:
        axes.fill_between(
            land, low, high, step="post", color="#e6e6e6", linewidth=0, label=_BETWEEN.text(lang)
        )
        axes.step(land, high, where="post", color=FAINT, linewidth=1.0, linestyle=(0, (1, 1.5)), zorder=1)
    for met, face, name in ((True, INK, _MEETS), (False, "#ffffff", _FALLS)):
        mine = table["met"].to_numpy(dtype=bool) == met
        if mine.any():
            axes.plot(
                land[mine], low[mine], linestyle="none", marker="o", markersize=5.5, color=INK,
                markerfacecolor=face, label=name.text(lang), zorder=4,
            )  # fmt: skip
    if len(table) <= _MOST_NAMED:
        far = _FAR * float(land.max())
        for row in table.to_dict("records"):
            at, left = float(row["to_plan_ha"]), float(row["to_plan_ha"]) > max(far, 0.0)
            names = shorten(listing(row["choices"], limit=3, lang=lang), _NAMES_MM, 6.5)
            axes.annotate(
                drawable(names), (at, float(row["low"])), xytext=(-5, 5) if left else (5, -9),
                ha="right" if left else "left", textcoords="offset points", color=INK,
                fontproperties=font(6.5),
            )  # fmt: skip


def _dress(axes: Axes, found: Front, lang: Lang) -> None:
    table, digits = found.table, UNITS[found.unit].digits
    if found.asked is not None:
        axes.axhline(found.asked, color=INK, linewidth=1.0, linestyle=(0, (5, 3)), label=_NEEDED.text(lang))
    right = max(float(table["to_plan_ha"].max()), 1.0) * _ROOM
    top = max(float(table["high"].max()), found.asked or 0.0, 1.0) * _ROOM
    axes.set_xlim(-0.02 * right, right)
    axes.set_ylim(0, top)
    axes.set_xlabel(_LAND.text(lang), fontproperties=font(8), color=INK)
    unit = UNITS[found.unit].words.text(lang)
    label = shorten(f"{capital(found.gain_name.text(lang))} ({unit})", _HEIGHT - _BOTTOM - _TOP, 8)
    axes.set_ylabel(drawable(label), fontproperties=font(8), color=INK)
    for ticks, show, limit, keep in (
        (axes.get_xticks(), axes.set_xticks, right, 0),
        (axes.get_yticks(), axes.set_yticks, top, digits if top < 10 else 0),  # noqa: PLR2004 - short numbers
    ):
        inside = [float(t) for t in ticks if 0 <= t <= limit]
        show(inside, [number(t, digits=keep, lang=lang) for t in inside])
    for text in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        text.set_fontproperties(font(7.5))
    axes.grid(color="#d9d9d9", linewidth=0.5)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    style: dict[str, Any] = {"prop": font(7.2), "frameon": False, "ncols": 3, "handlelength": 2.6}
    axes.legend(loc="upper center", bbox_to_anchor=(0.48, -0.16), **style)
