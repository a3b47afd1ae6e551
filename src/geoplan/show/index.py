"""The page that lists the cities of one build: their state, a search, sorting, links."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
import re
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError

from geoplan.criteria.telling import MARKS, STATUS, target_mark
from geoplan.model import Strict, words
from geoplan.quantity import with_unit
from geoplan.show.labels import capital, plan_kind_short, word
from geoplan.show.page import people_source, standing_warnings
from geoplan.show.seal import embed, seal
from geoplan.show.verdict_words import OUTCOMES, class_held, class_name, count_outcomes, count_statuses
from geoplan.text import date_text, fold, number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.model import Words

_KINDS: Final = ("zoning", "detailed")
_OVER: Final = ("natural", "urban_land")
_TONES: Final[dict[bool | None, str]] = {True: "pass", False: "fail", None: "open"}
_STATUS_TONES: Final = {
    "met": "pass",
    "on_track": "ahead",
    "behind": "fail",
    "overdue": "fail",
    "not_assessable": "open",
}
_LINK: Final = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)*[a-z0-9][a-z0-9_-]*\.(?P<kind>html|xlsx|pdf|docx|png)")
"""A file beside the page or below it; nothing else is linked."""
_WORDS: Final = {
    "search": words(
        "Tìm đô thị, xã, phường hoặc mã (không cần dấu)", "Find a city, unit or code (no diacritics needed)"
    ),
    "sort": words("Sắp xếp theo", "Sort by"),
    "up": words("Tăng dần ▲", "Ascending ▲"),
    "down": words("Giảm dần ▼", "Descending ▼"),
    "cities": words("đô thị", "cities"),
    "nothing": words("Không có đô thị nào khớp.", "No city matches."),
    "holds": words("có", "holds"),
    "none": words("không có", "none"),
}
_NO_SCRIPT: Final = words(
    "Trang này cần JavaScript để hiện danh sách; cũng có thể mở thẳng tệp bản đồ của từng đô thị.",
    "This page needs JavaScript to show the list; each city's map file can also be opened by itself.",
)
_GLANCE: Final = words(
    "Toàn cảnh các đô thị: bản đồ và bảng so sánh", "All cities at a glance: maps and one table"
)
_COLUMNS: Final = (
    ("city", words("Đô thị", "City"), "city"),
    ("classes", words("Loại đô thị", "Urban class"), "classes"),
    ("candidates", words("Xã dự kiến lên phường", "Slated to become wards"), "candidates"),
    ("targets", words("Chỉ tiêu", "Targets"), "met"),
    *((kind, words(plan_kind_short(kind), plan_kind_short(kind, "en")), kind) for kind in _KINDS),
    ("density", words("Mật độ dân số", "Population density"), "density"),
    ("links", words("Mở", "Open"), None),
)
"""Key, heading, and the criterion that a press on the heading sorts by."""
_CRITERIA: Final = {
    "city": words("Tên đô thị", "Name of the city"),
    "classes": words("Kết luận về loại đô thị", "Finding on the urban class"),
    "candidates": words("Số xã đạt tiêu chuẩn phường", "Candidates that pass"),
    "failing": words("Số xã chưa đạt tiêu chuẩn phường", "Candidates that fail"),
    "met": words("Số chỉ tiêu đã đạt", "Targets met"),
    "overdue": words("Số chỉ tiêu quá hạn", "Targets overdue"),
    "zoning": words("Phủ quy hoạch phân khu, diện tích tự nhiên", "Zoning coverage, natural area"),
    "zoning_urban": words("Phủ quy hoạch phân khu, đất đô thị", "Zoning coverage, urban land"),
    "detailed": words("Phủ quy hoạch chi tiết, diện tích tự nhiên", "Detailed coverage, natural area"),
    "detailed_urban": words("Phủ quy hoạch chi tiết, đất đô thị", "Detailed coverage, urban land"),
    "density": words("Mật độ dân số", "Population density"),
    "population": words("Dân số", "Population"),
    "units": words("Số đơn vị hành chính", "Administrative units"),
    "on": words("Ngày đánh giá", "Date of assessment"),
}


class Finding(Strict):
    """What was found on one urban class."""

    urban_class: str
    title: str
    passes: bool | None
    reason: str


class Counts(Strict):
    """How many units pass, fail and are open."""

    passes: int
    fails: int
    open: int


class Card(Strict):
    """What the page says of one city; texts are in the language of its map and workbook."""

    name: str
    title: str
    province: str
    class_now: str
    on: dt.date
    units: int
    classes: tuple[Finding, ...]
    candidates: Counts
    targets: dict[str, int]
    coverage: dict[str, float | None]
    density: float | None
    population: float | None
    people: str
    names: tuple[str, ...]
    warnings: tuple[str, ...]
    map: str
    workbook: str
    reports: tuple[str, ...]


def index_card(
    result: Assessment, *, map_file: str, workbook: str, reports: Sequence[str] = (), lang: Lang = "vi"
) -> dict[str, Any]:
    """What the page says of one city, as plain data that a manifest can keep.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    map_file, workbook, reports
        Files to link, as paths from the page.
    lang
        The language of its texts.
    """
    city, judged = result.city, result.judgement
    units = city.communes
    counts = count_outcomes(judged.candidates)
    card = Card(
        name=city.info.name,
        title=city.title(lang),
        province=city.province,
        class_now=class_held(city.urban_class, lang),
        on=result.on,
        units=len(units),
        classes=tuple(
            Finding(
                urban_class=c.urban_class,
                title=c.title.text(lang),
                passes=c.passes,
                reason=c.reason.text(lang),
            )
            for c in judged.classes
        ),
        candidates=Counts(passes=counts[True], fails=counts[False], open=counts[None]),
        targets={str(key): n for key, n in count_statuses(judged.targets).items()},
        coverage={
            f"{kind}.{over}": _figure(result, f"coverage.{kind}.{over}") for kind in _KINDS for over in _OVER
        },
        density=_figure(result, "density"),
        population=_figure(result, "population"),
        people=people_source(result, lang=lang),
        names=tuple(f"{name} ({code})" for name, code in zip(units["name"], units["code"], strict=True)),
        warnings=tuple(standing_warnings(result, lang=lang)),
        map=map_file,
        workbook=workbook,
        reports=tuple(reports),
    )
    return card.model_dump(mode="json")


def _figure(result: Assessment, metric: str) -> float | None:
    """A number of the whole city; None when it is unknown."""
    found = result.quantities.get((metric, "city"))
    return None if found is None else found.value


def is_index_card(data: object) -> bool:
    """Whether plain data, such as an older manifest holds, is a card that `index_page` can show."""
    try:
        Card.model_validate(data)
    except ValidationError:
        return False
    return True


def index_page(cards: Sequence[dict[str, Any]], *, glance: str | None = None, lang: Lang = "vi") -> str:
    """The page as text: sealed before any text of a city is in it.

    Parameters
    ----------
    cards
        From `index_card`, in the order to show.
    glance
        The page of all cities on maps, as a path from this one; None when there is none.
    lang
        The language of the page's own words and numbers.
    """
    environment = Environment(
        loader=PackageLoader("geoplan.show", "assets"), autoescape=True, undefined=StrictUndefined
    )
    template = environment.get_template("index.html")
    page = seal(template.render(lang=lang, noscript=_NO_SCRIPT.text(lang)))
    title = word("index.title", lang)
    known = [Card.model_validate(card) for card in cards]
    shared = [text for text in (known[0].warnings if known else ()) if all(text in c.warnings for c in known)]
    data = {
        "title": title,
        "words": {key: text.text(lang) for key, text in _WORDS.items()},
        "columns": [{"key": key, "title": text.text(lang), "sort": sort} for key, text, sort in _COLUMNS],
        "criteria": [{"key": key, "title": text.text(lang)} for key, text in _CRITERIA.items()],
        "warnings": shared,
        "glance": None if glance is None else {"text": _GLANCE.text(lang), "href": glance},
        "cities": [_city(card, shared, lang) for card in known],
    }
    return embed(page, {"geoplan-index": data}, title=title)


def _city(card: Card, shared: Sequence[str], lang: Lang) -> dict[str, Any]:
    """One row: texts as they are read, and what it is sorted by."""
    units = f"{number(card.units, lang=lang)} {word('unit_count', lang)}"
    assessed = f"{word('date', lang)}: {date_text(card.on, lang=lang)}"
    held = f"{word('class_now', lang)}: {card.class_now}"
    return {
        "title": card.title,
        "lines": [f"{card.province}, {units}" if card.province else units, held, assessed],
        "warnings": [text for text in card.warnings if text not in shared],
        "classes": [_class(found, lang) for found in card.classes],
        "candidates": _candidates(card.candidates, lang),
        "targets": _targets(card.targets, lang),
        **{kind: [_share(card, kind, over, lang) for over in _OVER] for kind in _KINDS},
        "density": _density(card, lang),
        "links": _links(card, lang),
        "head": fold(f"{card.title} {card.name} {card.province}"),
        "names": list(card.names),
        "sort": _sort(card),
    }


def _class(found: Finding, lang: Lang) -> dict[str, str]:
    name = capital(class_name(found.urban_class, lang))
    text = f"{MARKS[found.passes]} {name}: {OUTCOMES[found.passes].text(lang)}"
    return {"tone": _TONES[found.passes], "text": text, "title": found.title, "reason": found.reason}


def _candidates(counts: Counts, lang: Lang) -> list[dict[str, str]]:
    found: dict[bool | None, int] = {True: counts.passes, False: counts.fails, None: counts.open}
    return [
        {"tone": _TONES[key], "text": f"{MARKS[key]} {n} {OUTCOMES[key].text(lang)}"}
        for key, n in found.items()
        if n
    ]


def _targets(counts: dict[str, int], lang: Lang) -> list[dict[str, str]]:
    return [
        {"tone": _STATUS_TONES[key], "text": f"{target_mark(key)} {counts[key]} {text.text(lang)}"}
        for key, text in STATUS.items()
        if counts.get(key)
    ]


def _share(card: Card, kind: str, over: str, lang: Lang) -> dict[str, Any]:
    value = card.coverage.get(f"{kind}.{over}")
    return _item(percent(value, lang=lang), word(over, lang), share=value, known=value is not None)


def _density(card: Card, lang: Lang) -> list[dict[str, Any]]:
    people = with_unit(card.population, "person", lang)
    note = f"{people}, {card.people}" if card.population is not None else card.people
    text = with_unit(card.density, "person_per_km2", lang)
    return [_item(text, note, share=None, known=card.density is not None)]


def _item(text: str, note: str, *, share: float | None, known: bool) -> dict[str, Any]:
    return {"text": text, "note": note, "share": share, "known": known}


def _links(card: Card, lang: Lang) -> list[dict[str, str]]:
    """Links to files in this folder or below; whatever else a manifest holds is left out."""
    named: list[tuple[Words, str]] = [
        (words(word("map"), word("map", "en")), card.map),
        (words(word("workbook"), word("workbook", "en")), card.workbook),
    ]
    for file in card.reports:
        kind = file.rsplit(".", 1)[-1].upper()
        named.append((words(f"Báo cáo {kind}", f"Report, {kind}"), file))
    return [{"text": text.text(lang), "href": file} for text, file in named if _LINK.fullmatch(file)]


def _sort(card: Card) -> dict[str, float | str | None]:
    """What the row counts as under each criterion; None when it is unknown."""
    ranks: dict[bool | None, float] = {True: 2, None: 1, False: 0}
    some = any((card.candidates.passes, card.candidates.fails, card.candidates.open))
    targets = any(card.targets.values())
    return {
        "city": card.name,
        "classes": ranks[card.classes[0].passes] if card.classes else None,
        "candidates": card.candidates.passes if some else None,
        "failing": card.candidates.fails if some else None,
        "met": card.targets.get("met", 0) if targets else None,
        "overdue": card.targets.get("overdue", 0) if targets else None,
        **{kind: card.coverage.get(f"{kind}.natural") for kind in _KINDS},
        **{f"{kind}_urban": card.coverage.get(f"{kind}.urban_land") for kind in _KINDS},
        "density": card.density,
        "population": card.population,
        "units": card.units,
        "on": card.on.isoformat(),
    }
