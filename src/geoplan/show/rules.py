"""The rulebooks as lines for a terminal and as plain data: which hold when, and every figure in them."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

from geoplan.criteria.indicators import level_title
from geoplan.criteria.library import load_library
from geoplan.criteria.telling import CONFIDENCE
from geoplan.criteria.wording import SIGNS
from geoplan.errors import UsageError
from geoplan.model import words
from geoplan.quantity import with_unit
from geoplan.text import date_text, fold, number, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from geoplan.assessment import Assessment
    from geoplan.criteria.library import Library, Loaded
    from geoplan.criteria.rulebook import (
        Effect,
        Factor,
        Figure,
        Group,
        Rulebook,
        Standard,
        UnitKind,
        UrbanClass,
    )
    from geoplan.errors import Lang
    from geoplan.schema import Confidence

_KINDS: Final = {
    "class": words("phân loại đô thị", "urban classes"),
    "unit": words("tiêu chuẩn đơn vị hành chính", "standards of units"),
    "rearrangement": words("sắp xếp đơn vị hành chính", "re-arrangement of units"),
}
_RULES: Final = {
    "points": words("theo điểm", "by points"),
    "all": words("phải đạt mọi tiêu chuẩn", "every standard must pass"),
    "quota": words("theo số tiêu chuẩn đạt", "by the number of standards that pass"),
}
_OWN: Final = words("của bạn", "yours")
_BUNDLED: Final = words("có sẵn", "bundled")


def regime(result: Assessment) -> tuple[Loaded, ...]:
    """The rulebooks that an assessment was judged by, with their files."""
    library = load_library(tuple((file.name, file.text) for file in result.city.rule_files))
    by_id = {found.rulebook.id: found for found in library.listing(result.on)}
    return tuple(by_id[name] for name in result.judgement.regime)


def rulebook_named(library: Library, name: str) -> Loaded:
    """The rulebook with an id.

    Raises
    ------
    UsageError
        When there is none; the sentence lists those there are, the nearest first.
    """
    ids = {found.rulebook.id: found for found in library.listing()}
    folded = {fold(id_): found for id_, found in ids.items()}
    if fold(name) in folded:
        return folded[fold(name)]
    near = difflib.get_close_matches(fold(name), ids, n=3, cutoff=0.5)
    have = ", ".join([*near, *(i for i in ids if i not in near)])
    raise UsageError(
        vi=f"Không có bộ tiêu chuẩn {quoted(name)}; hãy chọn: {have}.",
        en=f"No rulebook {quoted(name)}; choose one of: {have}.",
    )


def rulebook_head(found: Loaded, lang: Lang = "vi") -> dict[str, Any]:
    """What a rulebook is, as plain data; ``in_force_to`` is the first day it no longer holds."""
    book = found.rulebook
    return {
        "id": book.id,
        "kind": book.kind,
        "title": book.title.text(lang),
        "law": book.law,
        "in_force_from": book.in_force_from.isoformat(),
        "in_force_to": None if book.in_force_to is None else book.in_force_to.isoformat(),
        "source": book.source,
        "users": found.users,
        "file": found.name,
        "sha256": found.sha256,
        "not_found": list(not_found(book, lang)),
    }


def rulebook_json(found: Loaded, lang: Lang = "vi") -> dict[str, Any]:
    """The head of a rulebook and, under ``rulebook``, all its figures with both languages."""
    return rulebook_head(found, lang) | {"rulebook": found.rulebook.model_dump(mode="json")}


def days(book: Rulebook, lang: Lang = "vi") -> str:
    """From when until when a rulebook holds."""
    start = date_text(book.in_force_from, lang=lang)
    if book.in_force_to is None:
        return f"from {start}" if lang == "en" else f"từ {start}"
    end = date_text(book.in_force_to, lang=lang)
    return f"from {start} until before {end}" if lang == "en" else f"từ {start} đến trước {end}"


def listing_lines(found: Sequence[Loaded], lang: Lang = "vi") -> list[str]:
    """Three lines for each rulebook: id and law, what it is about and when, where it comes from."""
    lines = []
    for each in found:
        book = each.rulebook
        owner = (_OWN if each.users else _BUNDLED).text(lang)
        gone = sum(1 for _ in not_found(book, lang))
        lacking = f"{gone} not found" if lang == "en" else f"{gone} mục không tìm thấy"
        file = f"{owner}: {each.name}, sha256 {each.sha256[:12]}"
        label = "source" if lang == "en" else "nguồn"
        lines += [
            f"{book.id}: {book.law}",
            f"  {_KINDS[book.kind].text(lang)}, {days(book, lang)} ({lacking})",
            f"  {file}; {label}: {book.source}",
        ]
    return [one_line(line) for line in lines]


def rulebook_lines(found: Loaded, lang: Lang = "vi") -> list[str]:
    """Every figure of a rulebook with article, source and trust, and what was not found."""
    book = found.rulebook
    out = [*listing_lines([found], lang), f"  {book.title.text(lang)}"]
    if book.note is not None:
        out.append(f"  {book.note.text(lang)}")
    for urban_class in book.classes:
        out += _class_lines(urban_class, lang)
    for kind in book.units:
        out.append(f"{kind.title.text(lang)} [{kind.article}]")
        out += [f"  {_standard(s, lang)}" for s in kind.standards]
    if book.factors:
        out.append("Factors" if lang == "en" else "Yếu tố đặc thù, vùng")
        out += [f"  {_factor(f, lang)}" for f in book.factors]
    if book.merged is not None:
        m = book.merged
        head = (
            f"Units made from {m.at_least} and more: set aside"
            if lang == "en"
            else f"Đơn vị hình thành từ {m.at_least} đơn vị trở lên: không xét"
        )
        out.append(f"{head} {', '.join(m.standards)} {_origin(m.article, m.source, m.confidence, lang)}")
    gone = list(not_found(book, lang))
    if gone:
        out.append("Not found in a source" if lang == "en" else "Không tìm thấy trong nguồn")
        out += [f"  {text}" for text in gone]
    return [one_line(line) for line in out]


def not_found(book: Rulebook, lang: Lang = "vi") -> Iterator[str]:
    """What the rulebook says the law asks, and has no figure for."""
    owners: list[UrbanClass | UnitKind] = [*book.classes, *book.units]
    for owner in owners:
        name = owner.title.text(lang)
        for standard in owner.standards:
            lacking = _lacking(standard, lang)
            if lacking:
                yield f"{name}: {standard.title.text(lang)}: {', '.join(lacking)}"
        yield from (f"{name}: {text.text(lang)}" for text in owner.also)
    for factor in book.factors:
        unknown = [_names(e, lang) for e in factor.effects if e.unknown]
        if unknown:
            what = "coefficient" if lang == "en" else "hệ số"
            yield f"{factor.title.text(lang)}: {what} ({', '.join(unknown)})"


def _lacking(standard: Standard, lang: Lang) -> list[str]:
    if standard.minimum is None:
        return ["threshold" if lang == "en" else "ngưỡng"]
    if standard.points_max is not None and standard.maximum is None and standard.points_min is not None:
        return ["figure for full points" if lang == "en" else "mức được điểm tối đa"]
    return []


def _class_lines(urban_class: UrbanClass, lang: Lang) -> Iterator[str]:
    asks = _RULES[urban_class.rule].text(lang)
    if urban_class.total is not None:
        needed = "needed" if lang == "en" else "cần"
        asks += f", {needed} {number(urban_class.total, digits=0, lang=lang)}"
        asks += "" if urban_class.full is None else f" / {number(urban_class.full, digits=0, lang=lang)}"
        if urban_class.total_confidence is not None:
            trust = CONFIDENCE[urban_class.total_confidence].text(lang)
            asks += f" ({'; '.join(filter(None, [urban_class.total_article, trust]))})"
    yield f"{urban_class.title.text(lang)}: {asks} [{urban_class.article}]"
    for standard in urban_class.standards:
        if standard.group is None:
            yield f"  {_standard(standard, lang)}"
    for group in urban_class.groups:
        yield f"  {_group(group, lang)}"
        mine = (s for s in urban_class.standards if s.group == group.id)
        yield from (f"    {_standard(s, lang)}" for s in mine)


def _group(group: Group, lang: Lang) -> str:
    text = group.title.text(lang)
    if group.needed is not None:
        text += f": {'needed' if lang == 'en' else 'cần'} {group.needed}"
    elif group.points_max is not None:
        least = "?" if group.points_min is None else number(group.points_min, digits=2, lang=lang)
        text += f": {least} – {with_unit(group.points_max, 'points', lang)}"
    return f"{text} {_origin(group.article, group.source, group.confidence, lang)}"


def _standard(standard: Standard, lang: Lang) -> str:
    text = f"{standard.title.text(lang)} ({standard.id}): "
    if standard.minimum is None:
        text += "not found" if lang == "en" else "không tìm thấy ngưỡng"
    else:
        yes_or_no = len(standard.levels) == 2  # noqa: PLR2004 - then one is asked for, and "≥" says nothing
        text += "" if yes_or_no else f"{SIGNS[standard.operator]} "
        text += _figure(standard.minimum, standard, lang)
    if standard.maximum is not None:
        most = _figure(standard.maximum, standard, lang)
        text += f", full points at {most}" if lang == "en" else f", điểm tối đa từ {most}"
        text += _other(standard.maximum_confidence, standard.confidence, lang)
    if standard.points_min is not None and standard.points_max is not None:
        low = number(standard.points_min, digits=2, lang=lang)
        text += f", {low} – {with_unit(standard.points_max, 'points', lang)}"
        text += _other(standard.points_confidence, standard.confidence, lang)
    if standard.flag:
        text += ", reported only" if lang == "en" else ", chỉ nêu để lưu ý"
    note = "" if standard.note is None else f"; {standard.note.text(lang)}"
    return f"{text} {_origin(standard.article, standard.source, standard.confidence, lang)}{note}"


def _figure(figure: Figure, standard: Standard, lang: Lang) -> str:
    if isinstance(figure, str):
        return level_title(figure).text(lang)
    return with_unit(figure, standard.unit, lang)


def _other(trust: Confidence | None, usual: Confidence, lang: Lang) -> str:
    """The trust in one figure when it is not that of the standard's threshold."""
    return "" if trust is None or trust == usual else f" ({CONFIDENCE[trust].text(lang)})"


def _origin(article: str, source: str, trust: Confidence, lang: Lang) -> str:
    return f"[{article}; {source}; {CONFIDENCE[trust].text(lang)}]"


def _factor(factor: Factor, lang: Lang) -> str:
    only = f" ({', '.join(factor.only)})" if factor.only else ""
    effects = "; ".join(_effect(e, lang) for e in factor.effects)
    origin = _origin(factor.article, factor.source, factor.confidence, lang)
    return f"{factor.title.text(lang)} ({factor.id}){only}: {effects} {origin}"


def _effect(effect: Effect, lang: Lang) -> str:
    vi = lang == "vi"
    what = ""
    if effect.not_considered:
        what = "không xét" if vi else "set aside"
    elif effect.unknown:
        what = "không tìm thấy hệ số" if vi else "coefficient not found"
    elif effect.replace is not None:
        least = effect.replace if isinstance(effect.replace, str) else _plain(effect.replace, lang)
        what = f"mức tối thiểu {least}" if vi else f"minimum {least}"
    elif effect.total is not None:
        return f"cần {_plain(effect.total, lang)}" if vi else f"{_plain(effect.total, lang)} needed"
    elif effect.multiply is not None:
        what = f"mức tối thiểu × {_plain(effect.multiply, lang)}"
        what = what if vi else f"minimum × {_plain(effect.multiply, lang)}"
        if effect.from_value is not None and effect.step is not None and effect.less is not None:
            start, step, less = (_plain(n, lang) for n in (effect.from_value, effect.step, effect.less))
            what += (
                f" từ {start}, mỗi {step} giảm thêm {less}"
                if vi
                else f" from {start}, {less} less per {step}"
            )
    return f"{_names(effect, lang)}: {what}"


def _names(effect: Effect, lang: Lang) -> str:
    if effect.standards:
        return ", ".join(effect.standards)
    if effect.all_others:
        return "all other standards" if lang == "en" else "các tiêu chuẩn còn lại"
    return "total" if lang == "en" else "toàn bộ"


def _plain(value: float, lang: Lang) -> str:
    """A number with the decimals it has, two at most."""
    return number(value, digits=0 if value == int(value) else 2, lang=lang)
