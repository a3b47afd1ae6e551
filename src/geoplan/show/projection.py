"""A projection as people read it: lines for a terminal, JSON, and a chart of the paths for paper."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import pandas as pd
from matplotlib.patheffects import Normal, Stroke

from geoplan.criteria.telling import MARKS
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.scenario.projection.growth import VARIANT_NAMES, VARIANTS, percent_text
from geoplan.scenario.projection.project import PROJECTION, base_text, growth_texts, three
from geoplan.show.labels import capital
from geoplan.show.paper.ink import FAINT, INK, blank_page, drawable, font, press, shorten
from geoplan.text import number, one_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.axes import Axes

    from geoplan.errors import Lang
    from geoplan.model import Words
    from geoplan.scenario.projection.crossing import Crossing
    from geoplan.scenario.projection.project import FirstYear, Projection

Line = tuple[int, str]
"""A text and how deep it stands."""

_HEADINGS: Final[dict[str, Words]] = {
    "base": words("Số gốc", "Base"),
    "growth": words("Tốc độ tăng", "Growth"),
    "evidence": words("Căn cứ có trong số liệu của thành phố", "Evidence in the city's own data"),
    "crossings": words("Năm đạt ngưỡng", "Year in which thresholds are crossed"),
    "paths": words("Lấp đầy khu công nghiệp và lao động", "Occupancy of zones and labour"),
    "notes": words("Lưu ý", "Notes"),
}
_NO_EVIDENCE: Final = words(
    "không có: chưa có chỉ số population_growth, chưa có hai số liệu cùng một bộ, văn bản không nêu",
    "none: no indicator population_growth, no two figures of one series, nothing in the documents",
)
_YEAR: Final = words("năm", "year")
_GROUPS: Final = ("city", "wards", "candidates")
_WIDTH, _HEIGHT = 165.0, 110.0
_LEFT, _RIGHT, _BOTTOM, _TOP = 20.0, 4.0, 36.0, 12.0
_LOOKS: Final[dict[str, dict[str, Any]]] = {
    "city": {"color": "#1a1a1a", "linestyle": "solid", "linewidth": 2.0},
    "wards": {"color": "#5a5a5a", "linestyle": "dashed", "linewidth": 1.8},
    "candidates": {"color": "#1a1a1a", "linestyle": (0, (1, 1.5)), "linewidth": 1.8},
}
_BANDS: Final = {"city": ("#d0d0d0", None), "wards": ("#ffffff", "////"), "candidates": ("#ffffff", "....")}


def projection_lines(result: Projection, lang: Lang = "vi") -> list[str]:
    """A projection for a terminal: nothing in it can forge a line or steer the screen.

    Parameters
    ----------
    result
        From `geoplan.project`.
    lang
        ``vi`` or ``en``.
    """
    return [f"{'  ' * depth}{one_line(text)}" for depth, text in _lines(result, lang)]


def goal_lines(found: FirstYear, lang: Lang = "vi") -> list[str]:
    """When a goal is reached, and each of its tests."""
    head = words(
        f"{found.goal}: mọi tiêu chuẩn dân số, mật độ cùng đạt: {three(found)}",
        f"{found.goal}: all tests on people and density pass together: {three(found, 'en')}",
    )
    lines: list[Line] = [
        (0, head.text(lang)),
        *(line for c in found.crossings for line in _crossing(c, lang)),
    ]
    return [f"{'  ' * depth}{one_line(text)}" for depth, text in lines]


def _lines(result: Projection, lang: Lang) -> Iterator[Line]:
    city = result.city
    span = f"{result.years[0]} – {result.years[-1]}"
    yield 0, f"{city.title(lang)}, {span}: {PROJECTION.text(lang).upper()}"
    sections: dict[str, list[Line]] = {
        "base": [(1, base_text(result.bases, lang))],
        "growth": [(1, text) for text in growth_texts(result.growth, lang)],
        "evidence": [(1, e.text(lang)) for e in result.evidence] or [(1, _NO_EVIDENCE.text(lang))],
    }
    for name, lines in sections.items():
        yield 0, _HEADINGS[name].text(lang)
        yield from lines
    for scope in _GROUPS:
        yield from _people(result, scope, lang)
    yield 0, _HEADINGS["crossings"].text(lang)
    for crossing in result.crossings:
        if crossing.candidate or crossing.scope.id in _GROUPS:
            yield from _crossing(crossing, lang)
    yield 0, _HEADINGS["paths"].text(lang)
    for path in result.paths:
        yield 1, f"{path.title.text(lang)} – {path.scope.name.text(lang)}: {path.basis(lang)}"
        if path.lines:
            yield from _rows(result, path.metric, path.scope.id, lang)
    yield 0, _HEADINGS["notes"].text(lang)
    yield from ((1, note.text(lang)) for note in result.notes)


def _people(result: Projection, scope: str, lang: Lang) -> Iterator[Line]:
    rows = _of(result.table, "population", scope)
    if rows.empty or rows[list(VARIANTS)].isna().all(axis=None):
        return
    name = result.scopes[scope].name.text(lang)
    yield 0, f"{'Population' if lang == 'en' else 'Dân số'}, {name} ({PROJECTION.text(lang)})"
    yield from _rows(result, "population", scope, lang)


def _rows(result: Projection, metric: str, scope: str, lang: Lang) -> Iterator[Line]:
    """A small table: a row a year, the columns low, medium, high."""
    rows = _of(result.table, metric, scope)
    heads = [_YEAR.text(lang), *(VARIANT_NAMES[v].text(lang) for v in VARIANTS)]
    cells = [heads]
    for row in rows.to_dict("records"):
        values = (None if pd.isna(row[v]) else float(row[v]) for v in VARIANTS)
        cells.append([str(row["year"]), *(with_unit(v, str(row["unit"]), lang) for v in values)])
    wide = [max(len(row[i]) for row in cells) for i in range(len(heads))]
    for line in cells:
        yield 1, "  ".join(cell.rjust(width) for cell, width in zip(line, wide, strict=True))


def _of(table: pd.DataFrame, metric: str, scope: str) -> pd.DataFrame:
    return table[(table["metric"] == metric) & (table["scope"] == scope)]


def _crossing(crossing: Crossing, lang: Lang) -> Iterator[Line]:
    """When it passes; below it what is asked, by which law, and the growth that would be needed."""
    found = crossing.when()
    mark = MARKS[{"already": True, "crossed": True, "never": False, "unknown": None}[found.state]]
    mark = mark if found.lost is None else MARKS[False]
    name = f"{crossing.title.text(lang)} – {crossing.scope.name.text(lang)} ({crossing.against.text(lang)})"
    yield 1, f"{mark} {name}: {three(crossing, lang)}"
    asked = crossing.asked()
    details = [] if asked is None else [asked.need(lang)]
    if crossing.needed is not None:
        rate = percent_text(crossing.needed, lang)
        year = found.until
        text = words(f"cần tăng đều {rate} để đạt cuối {year}", f"needs an even {rate} by the end of {year}")
        last = crossing.asked_last()
        other = asked is not None and last is not None and last.threshold != asked.threshold
        details.append(text.text(lang) + (f" ({last.need(lang)})" if other and last is not None else ""))
    if details:
        yield 2, " · ".join(details)


def projection_json(result: Projection, lang: Lang = "vi") -> dict[str, Any]:
    """A projection as plain values: texts in one language, None for what is unknown."""
    return {
        "projection": PROJECTION.text(lang),
        "city": result.city.id,
        "on": result.city.on.isoformat(),
        "years": list(result.years),
        "base": [
            {
                "code": b.code, "name": b.name, "population": b.value,
                "on": None if b.on is None else b.on.isoformat(), "source": b.source,
            }
            for b in result.bases
        ],
        "growth": [
            {"code": g.code, "name": g.name, **{v: g.of(v) for v in VARIANTS}, "rule": g.rule.text(lang)}
            for g in result.growth
        ],
        "evidence": [
            {"kind": e.kind, "scope": e.scope, "percent": e.percent, "source": e.source, "text": e.text(lang)}
            for e in result.evidence
        ],
        "crossings": [_crossing_json(c, lang) for c in result.crossings],
        "paths": [
            {"metric": p.metric, "scope": p.scope.id, "known": p.missing is None, "text": p.basis(lang)}
            for p in result.paths
        ],
        "table": [
            {str(k): _plain(v) for k, v in row.items()} for row in result.table.to_dict("records")
        ],
        "notes": [note.text(lang) for note in result.notes],
    }  # fmt: skip


def goal_json(found: FirstYear, lang: Lang = "vi") -> dict[str, Any]:
    """When a goal is reached as plain values."""
    years: dict[str, Any] = {v: {"state": found.of(v).state, "year": found.of(v).year} for v in VARIANTS}
    tests = [_crossing_json(c, lang) for c in found.crossings]
    return {"goal": found.goal, **years, "text": found.text(lang), "tests": tests}


def _crossing_json(crossing: Crossing, lang: Lang) -> dict[str, Any]:
    asked, last = crossing.asked(), crossing.asked_last()
    out: dict[str, Any] = {
        "id": crossing.id,
        "scope": crossing.scope.id,
        "scope_name": crossing.scope.name.text(lang),
        "title": crossing.title.text(lang),
        "against": crossing.against.text(lang),
        "metric": crossing.metric,
        "unit": crossing.unit,
        "deciding": crossing.deciding,
        "threshold": None if asked is None else asked.threshold,
        "need": None if asked is None else asked.need(lang),
        "growth_needed": crossing.needed,
        "growth_needed_for": None if crossing.needed is None or last is None else last.threshold,
        "text": three(crossing, lang),
    }
    for variant in VARIANTS:
        found = crossing.when(variant)
        out[variant] = {"state": found.state, "year": found.year, "lost": found.lost, "gone": found.gone}
    return out


def _plain(value: Any) -> Any:
    if isinstance(value, pd.Timestamp):
        return value.date().isoformat()
    return None if pd.isna(value) else value


def save_chart(result: Projection, path: Path, *, lang: Lang = "vi") -> Path:
    """The projected population of the city, its inner area and its candidates with the thresholds, as PNG.

    Told apart in grey by dashes and hatching; the band is from low to high. The same bytes every time.

    Raises
    ------
    UsageError
        When the file is no PNG, cannot be written, or no population is projected.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(
            vi=f"{path.name}: biểu đồ được ghi dạng PNG; hãy đặt tên tệp kết thúc bằng .png.",
            en=f"{path.name}: the chart is written as PNG; give a name that ends in .png.",
        )
    groups = [g for g in _GROUPS if _of(result.table, "population", g)[list(VARIANTS)].notna().any(axis=None)]
    if not groups:
        raise UsageError(
            vi=f"{result.city.title()}: chưa rõ tốc độ tăng dân số nên không vẽ được; hãy nêu --growth.",
            en=f"{result.city.title('en')}: growth is not known, there is nothing to draw; state --growth.",
        )
    with press(), beside(path) as draft:
        draft.write_bytes(_drawn(result, groups, lang))
    return path


def _drawn(result: Projection, groups: list[str], lang: Lang) -> bytes:
    mpl.rcParams["hatch.linewidth"] = 0.5
    mpl.rcParams["text.parse_math"] = False  # a name with $ is a name
    figure, page = blank_page(_WIDTH, _HEIGHT, dpi=200)
    page.set_visible(False)
    wide, tall = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _BOTTOM - _TOP
    axes = figure.add_axes((_LEFT / _WIDTH, _BOTTOM / _HEIGHT, wide / _WIDTH, tall / _HEIGHT))
    for scope in groups:
        _band(axes, result, scope, lang)
    _thresholds(axes, result, groups, lang)
    _dress(axes, result, lang)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=200, metadata={"Software": None})
    return buffer.getvalue()


def _band(axes: Axes, result: Projection, scope: str, lang: Lang) -> None:
    rows = _of(result.table, "population", scope)
    years, look = rows["year"].astype(int).tolist(), _LOOKS[scope]
    name = drawable(capital(result.scopes[scope].name.text(lang)))
    low, medium, high = (rows[v].astype(float).tolist() for v in VARIANTS)
    fill, hatch = _BANDS[scope]
    if rows["low"].notna().any() and rows["high"].notna().any():
        axes.fill_between(years, low, high, facecolor=fill, hatch=hatch, edgecolor=FAINT, linewidth=0.4)
    if rows["medium"].notna().any():
        label = (
            f"{name} ({', '.join(VARIANT_NAMES[v].text(lang) for v in VARIANTS if rows[v].notna().any())})"
        )
        axes.plot(years, medium, label=drawable(label), **look)
    else:
        axes.plot(years, low if rows["low"].notna().any() else high, label=name, **look)


def _thresholds(axes: Axes, result: Projection, groups: list[str], lang: Lang) -> None:
    """What is asked of the population of each group, each year by its law: a line ends where the law does."""
    top = axes.get_ylim()[1]
    labels: dict[tuple[int, float], list[str]] = {}
    for crossing in result.crossings:
        if crossing.metric != "population" or crossing.scope.id not in groups:
            continue
        asked = [None if o is None else o.threshold for o in crossing.still]
        known = [(year, v) for year, v in zip(crossing.years, asked, strict=True) if v is not None]
        if not known or min(v for _, v in known) > 2 * top:  # so far above that the paths would be flat
            continue
        values = [float("nan") if v is None else v for v in asked]
        axes.step(crossing.years, values, where="mid", color=FAINT, linewidth=0.9, linestyle=(0, (4, 2)))
        text = f"{crossing.against.text(lang)}, {crossing.scope.name.text(lang)}"
        labels.setdefault(known[0], []).append(text)
    for (year, value), texts in labels.items():
        axes.annotate(
            shorten(drawable(f"{number(value, lang=lang)}: {'; '.join(dict.fromkeys(texts))}"), 130, 6.5),
            (year, value), xytext=(0, 2.5), textcoords="offset points", fontproperties=font(6.5), color=INK,
            parse_math=False, path_effects=[Stroke(linewidth=2.2, foreground="white"), Normal()],
        )  # fmt: skip


def _dress(axes: Axes, result: Projection, lang: Lang) -> None:
    first, last = result.years[0], result.years[-1]
    step = max(1, -(-len(result.years) // 14))
    shown = list(range(first, last + 1, step))
    axes.set_xlim(first - 0.2, last + 0.3)
    axes.set_xticks(shown, [str(year) for year in shown])
    axes.set_ylim(0, axes.get_ylim()[1] * 1.05)
    ticks = [tick for tick in axes.get_yticks() if tick >= 0]
    axes.set_yticks(ticks, [number(tick, lang=lang) for tick in ticks])
    for label in [*axes.get_xticklabels(), *axes.get_yticklabels()]:
        label.set_fontproperties(font(7))
    title = f"{result.city.title(lang)}: {PROJECTION.text(lang)}"
    axes.set_title(
        drawable(title), fontproperties=font(9, bold=True), color=INK, loc="left", parse_math=False
    )
    unit = words("người, cuối năm", "people, end of year").text(lang)
    axes.set_ylabel(unit, fontproperties=font(7.5), color=INK)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color="#d5d5d5", linewidth=0.5)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(
        loc="upper left", bbox_to_anchor=(0, -0.1), ncols=1, frameon=False, prop=font(7), handlelength=3.4
    )
    rates = growth_texts(result.growth, lang)
    foot = [
        f"{_HEADINGS['base'].text(lang)}: {base_text(result.bases, lang)}",
        f"{_HEADINGS['growth'].text(lang)}: {'; '.join(rates)}",
    ]
    for i, text in enumerate(foot):
        axes.figure.text(
            _LEFT / _WIDTH, (8.5 - 4 * i) / _HEIGHT, shorten(drawable(text), _WIDTH - _LEFT - _RIGHT, 6.5),
            fontproperties=font(6.5), color=FAINT, parse_math=False,
        )  # fmt: skip
