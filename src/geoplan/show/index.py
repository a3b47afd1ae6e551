"""The page that lists the cities of one build."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from geoplan.show.labels import word
from geoplan.show.page import headline, standing_warnings
from geoplan.show.seal import seal
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang


@dataclass(frozen=True)
class Entry:
    """One city on the page: its assessment and the files beside the page."""

    result: Assessment
    map: str
    workbook: str


def index_page(entries: Sequence[Entry], *, lang: Lang = "vi") -> str:
    """The page as text: sealed, without a script; every text of a city is escaped."""
    environment = Environment(
        loader=PackageLoader("geoplan.show", "assets"), autoescape=True, undefined=StrictUndefined
    )
    cities = [
        {
            "title": entry.result.city.title(lang),
            "province": entry.result.city.province,
            "date": date_text(entry.result.on, lang=lang),
            "units": len(entry.result.city.communes),
            "figures": headline(entry.result, lang=lang),
            "warnings": standing_warnings(entry.result, lang=lang),
            "map": entry.map,
            "workbook": entry.workbook,
        }
        for entry in entries
    ]
    page = environment.get_template("index.html").render(
        lang=lang, title=word("index.title", lang), cities=cities, word=lambda key: word(key, lang)
    )
    return seal(page, scripts=False)
