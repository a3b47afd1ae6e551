"""The page that lists the cities of one build."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from geoplan.show.labels import word
from geoplan.show.page import headline, standing_warnings
from geoplan.show.seal import seal
from geoplan.text import date_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang


INDEX_CARD_KEYS: Final = {"title", "province", "date", "units", "figures", "warnings", "map", "workbook"}


def index_card(result: Assessment, *, map_file: str, workbook: str, lang: Lang = "vi") -> dict[str, Any]:
    """What the page says of one city, as plain data that a manifest can keep."""
    return {
        "title": result.city.title(lang),
        "province": result.city.province,
        "date": date_text(result.on, lang=lang),
        "units": f"{len(result.city.communes)} {word('unit_count', lang)}",
        "figures": headline(result, lang=lang),
        "warnings": standing_warnings(result, lang=lang),
        "map": map_file,
        "workbook": workbook,
    }


def index_page(cards: Sequence[dict[str, Any]], *, lang: Lang = "vi") -> str:
    """The page as text: sealed, without a script; every text of a city is escaped."""
    environment = Environment(
        loader=PackageLoader("geoplan.show", "assets"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("index.html").render(
        lang=lang, title=word("index.title", lang), cities=cards, word=lambda key: word(key, lang)
    )
    return seal(page, scripts=False)
