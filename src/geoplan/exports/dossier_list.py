"""The list of what an officer still has to add to a dossier, to read and to tick off."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.exports import metadata
from geoplan.exports.dossier_rules import dossier_rules
from geoplan.model import words
from geoplan.schema import NOT_REAL
from geoplan.text import date_text, listing, number, one_line, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from geoplan.exports.dossier_rows import BadCode, Filled
    from geoplan.exports.writing import Job, Loss
    from geoplan.model import Words

_TITLE: Final = words("Những gì còn phải bổ sung vào hồ sơ", "What this dossier still needs")
_MARKS: Final = {
    "seen": words("đã đối chiếu văn bản", "checked against the text"),
    "secondary": words(
        "nguồn thứ cấp, chưa đối chiếu với văn bản gốc", "secondary source, not checked against the text"
    ),
    "recalled": words("chưa kiểm chứng", "not verified"),
    "derived": words("suy ra", "derived"),
}
_BASIS: Final = words("Cấu trúc theo", "Structure by")
_HEADS: Final = (words("STT", "No."), words("Ở đâu", "Where"), words("Việc cần làm", "To do"))
_LAST: Final = words(
    "Xóa hai tệp CanBoSung này trước khi nộp.",
    "Delete these two files CanBoSung before handing the dossier in.",
)


@dataclass(frozen=True)
class _Item:
    where: str
    text: Words


def write_list(
    job: Job,
    home: Path,
    *,
    filled: Sequence[Filled],
    bad: Sequence[BadCode],
    losses: Sequence[Loss],
    names: tuple[str, str],
) -> None:
    """Write the list as text and as CSV, in the language of the export."""
    rules, lang = dossier_rules(), job.lang
    items = [
        *(_Item(each.where, words(each.vi, each.en)) for each in rules.add),
        *_empty(filled),
        *_codes(filled, bad),
        *_standing(job, {name for each in filled for name in each.layers}),
        *(_Item(f"HoSoGIS/{loss.layer}", _cut(loss)) for loss in losses if loss.kind == "cut"),
        _Item("CSDL_…", _LAST),
    ]
    head = f"{_TITLE.text(lang)} – {job.result.city.title(lang)}, {date_text(job.on, lang=lang)}"
    basis = f"{_BASIS.text(lang)} {rules.source} ({_MARKS[rules.confidence].text(lang)})."
    system = metadata.crs_text(job)
    lines = [head, "", basis, f"{'Hệ tọa độ' if lang == 'vi' else 'Coordinate system'}: {system}.", ""]
    lines += [f"[ ] {i}. {item.where}: {item.text.text(lang)}" for i, item in enumerate(items, start=1)]
    text = "\r\n".join(one_line(line) for line in lines) + "\r\n"
    (home / names[0]).write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8", "replace"))
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\r\n")
    writer.writerow([title.text(lang) for title in _HEADS])
    writer.writerows(
        [i, one_line(x.where), one_line(x.text.text(lang))] for i, x in enumerate(items, start=1)
    )
    (home / names[1]).write_bytes(b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace"))


def _empty(filled: Sequence[Filled]) -> Iterator[_Item]:
    for each in filled:
        if each.frame.empty:
            vi = f"Lớp trống, geoplan không có dữ liệu cho lớp này ({each.kind.vi}): hãy bổ sung."
            en = f"The class is empty, geoplan has nothing for it ({each.kind.en}): add it."
            yield _Item(_place(each), words(vi, en))


def _codes(filled: Sequence[Filled], bad: Sequence[BadCode]) -> Iterator[_Item]:
    """Codes that are missing, class by class, and those that do not follow their pattern."""
    for each in filled:
        missing = [name for name in dossier_rules().codes if each.frame[name].isna().any()]
        if missing:
            count = int(each.frame[missing].isna().any(axis=1).sum())
            vi = f"Điền {', '.join(missing)}: còn trống ở {number(count)} đối tượng."
            en = f"Fill {', '.join(missing)}: empty in {number(count, lang='en')} features."
            yield _Item(_place(each), words(vi, en))
    for one in bad:
        rule = dossier_rules().codes[one.field]
        vi = f"Đồ án {quoted(one.plan)}: {quoted(one.value)} không đúng mẫu {one.field} ({rule.vi}) hoặc "
        "không đúng "
        en = f"Plan {quoted(one.plan)}: {quoted(one.value)} is no {one.field} ({rule.en}), or not of "
        yield _Item(
            "HoSoGIS", words(f"{vi}cấp của đồ án: đã để trống.", f"{en}the plan's level: left empty.")
        )


def _standing(job: Job, used: set[str]) -> Iterator[_Item]:
    """Layers whose shapes nobody measured: they must not go in as they are."""
    drawn = [layer for layer in job.layers if layer.standing in NOT_REAL and layer.name in used]
    if drawn:
        names = {
            lang: listing((x.title.text(lang) for x in drawn), limit=20, lang=lang) for lang in ("vi", "en")
        }
        vi = f"Thay hình sơ đồ hoặc minh họa bằng hình đo đạc, công bố: {names['vi']}."
        en = f"Replace schematic and illustrative shapes by surveyed or published ones: {names['en']}."
        yield _Item("HoSoGIS", words(vi, en))


def _cut(loss: Loss) -> Words:
    where = ", ".join(loss.fields)
    return words(f"{where}: {loss.text.vi}", f"{where}: {loss.text.en}")


def _place(each: Filled) -> str:
    return f"HoSoGIS/{each.kind.file}.gpkg/{each.kind.name}"
