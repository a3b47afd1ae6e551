"""A boundary reform as a person or a program reads it: lines for a terminal, records for a file."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from geoplan import schema
from geoplan.measures.crosswalk import factor
from geoplan.measures.reform import PEOPLE
from geoplan.model import words
from geoplan.show.labels import capital, standing, word
from geoplan.text import UNKNOWN, date_text, listing, number, one_line, percent

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from geoplan.city import City
    from geoplan.errors import Lang
    from geoplan.measures.reform import Reform
    from geoplan.model import Words

_METHODS: Final = {
    "areal": words("theo diện tích (dân rải đều)", "by area (people spread evenly)"),
    "urban": words("theo đất xây dựng đô thị", "by urban construction land"),
    "raster": words("theo raster dân số", "by a population raster"),
    "official": words("theo bảng chính thức", "by the official table"),
}
_HEADS: Final = {
    "code": words("mã", "code"),
    "name": words("tên", "name"),
    "people": words("dân số chuyển về", "people moved here"),
    "span": words("khoảng", "interval"),
    "covered": words("đất có nguồn", "land with a source"),
    "published": words("số công bố", "published"),
    "remark": words("ghi chú", "remark"),
    "code_to": words("mã mới", "new code"),
    "name_to": words("đơn vị mới", "new unit"),
    "how": words("cách", "how"),
    "share": words("phần dân số", "share of people"),
    "area": words("phần diện tích", "share of area"),
    "target": words("trong đơn vị mới", "share of the new unit"),
}
_HOW: Final = {
    "official": words("nguyên vẹn (chính thức)", "whole (official)"),
    "whole": words("nguyên vẹn", "whole"),
    "part": words("một phần", "part"),
}
_OUTSIDE: Final = words("ngoài các đơn vị này", "outside these units")
_WHOLE: Final = 0.9995
"""A share that is written as 100,0 %."""
_FACTOR_DIGITS: Final = 2


def reform_lines(result: Reform, *, moves: bool = False, lang: Lang = "vi") -> list[str]:
    """What was moved, by what means, and the table: of the new units, or of each move."""
    rows = _move_rows(result.crosswalk.moves, lang) if moves else _unit_rows(result, lang)
    return [one_line(line) for line in (*_head(result, lang), "", *_aligned(rows), "", _total(result, lang))]


def follow_lines(found: pd.DataFrame, *, city: City, after: City, lang: Lang = "vi") -> list[str]:
    """Where the units that documents want to become wards went."""
    day = date_text(after.on, lang=lang)
    many = found["code"].nunique()
    if not many:
        none = words("không văn bản nào nêu tên đơn vị dự kiến lên phường", "no document names a candidate")
        return [one_line(f"{city.info.name}: {none.text(lang)}.")]
    head = words(
        f"{city.info.name}: {many} đơn vị dự kiến lên phường, theo về các đơn vị ngày {day}",
        f"{city.info.name}: {many} units slated to become wards, followed into the units of {day}",
    )
    named = found.rename(columns={"code": "code_from", "name": "name_from"})
    return [one_line(line) for line in (head.text(lang), *_unreal(city, after, lang), "", *_aligned(
        _move_rows(named, lang)
    ))]  # fmt: skip


def reform_records(result: Reform, *, moves: bool = False) -> pd.DataFrame:
    """The table for a file: plain values, and in every row the dates, source, method and standing."""
    table = result.crosswalk.moves.reset_index(drop=True) if moves else result.table()
    out = table.copy()
    for column in out.columns:
        if out[column].dtype.kind == "M":
            out[column] = [None if pd.isna(day) else day.date().isoformat() for day in out[column]]
    for name, value in _about(result).items():
        out[name] = value
    return out


def reform_json(result: Reform) -> dict[str, Any]:
    """Everything of a reform as plain values; unknown is null."""
    moved = result.crosswalk
    return {
        "city": result.before.id,
        **_about(result),
        "level": moved.level,
        "factors": {
            basis: _plain(factor(moved.errors, PEOPLE, basis, moved.level)) for basis in _bases(result)
        },
        "units": plain_rows(result.table().iloc[: len(moved.units)]),
        "outside": plain_rows(moved.outside)[0],
        "moves": plain_rows(moved.moves),
        "leave_one_out": plain_rows(moved.errors),
    }


def plain_rows(table: pd.DataFrame) -> list[dict[Hashable, Any]]:
    """Rows as plain values; unknown is None, a date is text."""
    rows = table.astype(object).to_dict("records")
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if value is None or value is pd.NaT or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return value.date().isoformat() if isinstance(value, pd.Timestamp) else value


def _about(result: Reform) -> dict[str, str | None]:
    """What every output of a reform says of itself."""
    before, after = result.before, result.after
    people = before.communes
    days = people["population_on"].dropna()
    return {
        "date_from": before.on.isoformat(),
        "date_to": after.on.isoformat(),
        "method": result.crosswalk.method,
        "population_on": None if days.empty else ", ".join(sorted({d.date().isoformat() for d in days})),
        "population_source": "; ".join(people["population_source"].dropna().drop_duplicates()) or None,
        "standing_from": before.in_use["communes"].standing,
        "standing_to": after.in_use["communes"].standing,
    }


def _head(result: Reform, lang: Lang) -> list[str]:
    before, after, moved = result.before, result.after, result.crosswalk
    start, end = (date_text(city.on, lang=lang) for city in (before, after))
    people = before.communes
    lack = people["name"][people[PEOPLE].isna()].tolist()
    counted = _source(people, lang)
    how = moved.moves.drop_duplicates(["code_from", "how"])["how"].value_counts()
    counts = {name: int(how.get(name, 0)) for name in _HOW}
    told = ", ".join(f"{many} {_HOW[name].text(lang)}" for name, many in counts.items() if many)
    lines = [
        words(
            f"{before.info.name}: dân số {len(people)} đơn vị ngày {start} "
            f"chuyển về {len(moved.units)} đơn vị ngày {end}",
            f"{before.info.name}: people of {len(people)} units of {start} "
            f"on {len(moved.units)} units of {end}",
        ),
        words(f"Dân số: {counted.vi}", f"Population: {counted.en}"),
        words(f"Đơn vị cũ: {told}", f"Source units: {told}"),
    ]
    if counts["part"]:
        lines += [_means(result, lang)]
    if lack:
        lines.append(
            words(
                f"Chưa có dân số của {len(lack)} đơn vị: {listing(lack)}; "
                "đơn vị mới nhận chúng cũng là chưa biết",
                f"No population for {len(lack)} units: {listing(lack, lang='en')}; "
                "the units they go into are unknown too",
            )
        )
    published = after.communes
    if published[PEOPLE].notna().any():
        source = _source(published, lang)
        lines.append(
            words(
                f"Cột số công bố: {source.vi}; đếm vào ngày khác, có thể theo cách khác",
                f"The column published: {source.en}; counted on another day, maybe in another way",
            )
        )
    return [capital(line.text(lang)) for line in lines] + _unreal(before, after, lang)


def _source(people: pd.DataFrame, lang: Lang) -> Words:
    sources = people["population_source"].dropna().drop_duplicates().tolist()
    days = sorted({day.date() for day in people["population_on"].dropna()})
    dated = ", ".join(date_text(day, lang=lang) for day in days) or UNKNOWN[lang]
    named = "; ".join(sources) or UNKNOWN[lang]
    return words(f"{named}; ngày {dated}", f"{named}; of {dated}")


def _means(result: Reform, lang: Lang) -> Words:
    """How parts were split, and how far that may be off."""
    moved = result.crosswalk
    texts = []
    for basis in _bases(result):
        known = int((moved.errors["basis"] == basis).sum())
        off = factor(moved.errors, PEOPLE, basis, moved.level)
        far = number(off, digits=_FACTOR_DIGITS, lang=lang)
        level = number(100 * moved.level, lang=lang)
        means = _METHODS[basis]
        if math.isinf(off):
            texts.append(
                words(
                    f"{means.vi}; {known} đơn vị đã biết là quá ít để thử, khoảng từ không ai đến tất cả",
                    f"{means.en}; {known} known units are too few to try it, from nobody to all",
                )
            )
        else:
            texts.append(
                words(
                    f"{means.vi}; thử bỏ từng đơn vị trong {known} đơn vị đã biết: mật độ khác vùng quanh "
                    f"tới {far} lần (mức {level} %), khoảng tính theo đó",
                    f"{means.en}; leaving out each of {known} known units: up to {far} times denser or "
                    f"thinner than the land around it (level {level} %), which the interval follows",
                )
            )
    vi, en = ("; ".join(text.text(each) for text in texts) for each in ("vi", "en"))
    return words(
        f"Chia phần: {vi}. Mẫu số: tổng trọng số của đơn vị cũ",
        f"Split: {en}. Denominator: the source unit's total weight",
    )


def _bases(result: Reform) -> Sequence[str]:
    """What the parts were split by, the method first."""
    moves = result.crosswalk.moves
    found = set(moves["basis"][moves["how"] == "part"])
    return [basis for basis in (result.crosswalk.method, "areal") if basis in found][: len(found)]


def _unreal(before: City, after: City, lang: Lang) -> list[str]:
    """The standing of both outlines, and a warning where they are no survey."""
    kinds = [city.in_use["communes"].standing for city in (before, after)]
    told = [standing(kind, lang) for kind in kinds]
    text = words(f"Ranh giới: cũ {told[0]}, mới {told[1]}", f"Boundaries: old {told[0]}, new {told[1]}")
    if not set(kinds) & set(schema.NOT_REAL):
        return [text.text(lang)]
    warning = words(
        "chỉ phần chuyển nguyên vẹn là chắc chắn; tỷ lệ diện tích và phần chia theo hình vẽ không phải số đo",
        "only whole moves are sure; shares of area and parts split as drawn are no measurement",
    )
    return [f"{text.text(lang)}: {warning.text(lang)}"]


def _unit_rows(result: Reform, lang: Lang) -> list[list[str]]:
    """The new units, and a last row for what lies outside them."""
    rows = [
        [_HEADS[h].text(lang) for h in ("code", "name", "people", "span", "covered", "published", "remark")]
    ]
    for row in result.table().to_dict("records"):
        low, high = row[f"{PEOPLE}_low"], row[f"{PEOPLE}_high"]
        inside = row["code"] is not None
        rows.append(
            [
                row["code"] or "",
                str(row["name"] or row["code"]) if inside else _OUTSIDE.text(lang),
                number(row[PEOPLE], lang=lang),
                "" if math.isnan(high) else _span(low, high, lang),
                percent(100 * row["covered_share"], lang=lang) if inside else "",
                number(row["population_published"], lang=lang) if inside else "",
                _remark(row, lang),
            ]
        )
    return rows


def _span(low: float, high: float, lang: Lang) -> str:
    if low == high:
        return words("không chia", "not split").text(lang)
    return f"{number(low, lang=lang)} – {number(high, lang=lang)}"


def _remark(row: dict[Hashable, Any], lang: Lang) -> str:
    known = number(row[f"{PEOPLE}_known"], lang=lang)
    missing = row[f"{PEOPLE}_missing"]
    texts = []
    if missing:
        names = listing(missing.split(", "), lang=lang)
        texts.append(
            words(f"chưa có dân số: {names}; đã biết {known}", f"no population: {names}; known {known}")
        )
    elif math.isnan(row[PEOPLE]):
        texts.append(words("không đơn vị cũ nào chuyển về", "no source unit goes here"))
    if row["covered_share"] < _WHOLE and not math.isnan(row[PEOPLE]):
        texts.append(words("chỉ phần đất có nguồn, không phải cả đơn vị", "only of the land with a source"))
    return "; ".join(text.text(lang) for text in texts)


def _move_rows(moves: pd.DataFrame, lang: Lang) -> list[list[str]]:
    columns = ("code", "name", "code_to", "name_to", "how", "area", "target", "people", "span")
    rows = [[_HEADS[h].text(lang) for h in columns]]
    for row in moves.to_dict("records"):
        to = row["code_to"]
        low, high = row[f"{PEOPLE}_low"], row[f"{PEOPLE}_high"]
        name = _OUTSIDE.text(lang) if to is None else str(row["name_to"] or to)
        kind = row.get("kind_to")
        rows.append(
            [
                str(row["code_from"] or ""),
                str(row["name_from"] or row["code_from"]),
                to or "",
                f"{capital(word(kind, lang))} {name}" if isinstance(kind, str) else name,
                _HOW[row["how"]].text(lang),
                percent(100 * row["share_of_area"], lang=lang),
                "" if to is None else percent(100 * row["share_of_target"], lang=lang),
                number(row[PEOPLE], lang=lang),
                "" if math.isnan(high) else _span(low, high, lang),
            ]
        )
    return rows


def _total(result: Reform, lang: Lang) -> str:
    """The sum before and after: what is known on both sides is the same number."""
    moved = result.crosswalk
    column = f"{PEOPLE}_known"
    sums = result.before.communes[PEOPLE].sum(), moved.units[column].sum(), moved.outside[column].sum()
    total, inside, outside = (number(float(each), lang=lang) for each in sums)
    text = words(
        f"Tổng dân số đã biết: {total} = {inside} trong các đơn vị này + {outside} ở ngoài",
        f"Known people in all: {total} = {inside} in these units + {outside} outside",
    )
    return text.text(lang)


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Rows as columns of text, numbers to the right."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    right = [all(row[k][:1].isdigit() or not row[k] for row in rows[1:]) for k in range(len(widths))]
    return [
        "  ".join(
            cell.rjust(wide) if to_right else cell.ljust(wide)
            for cell, wide, to_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    ]
