"""One city in the tables and on the maps of all: what its card says, its layers' standing, its outline."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, get_args

import shapely

from geoplan.model import Words, words
from geoplan.quantity import STANDING_NAMES
from geoplan.schema import Standing
from geoplan.show.index import Card

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geoplan.errors import Lang

STANDINGS: Final[tuple[Standing, ...]] = get_args(Standing)
"""From the most to the least that one may rely on."""
STATUSES: Final = ("met", "on_track", "behind", "overdue", "not_assessable")
TITLE: Final = words("Toàn cảnh các đô thị", "All cities at a glance")
SHARES: Final = ("zoning.natural", "zoning.urban_land", "detailed.natural", "detailed.urban_land")


class NationalRow:
    """One city.

    Parameters
    ----------
    city
        Its id.
    card
        From `geoplan.show.index.index_card`.
    standing
        Of each layer in use, by the layer's name.
    outline
        A geometry of GeoJSON in EPSG:4326, for drawing; None when the city has none.
    """

    def __init__(
        self, city: str, *, card: Mapping[str, Any], standing: Mapping[str, str], outline: Any = None
    ) -> None:
        self.city = city
        self.card = Card.model_validate(card)
        self.standing = dict(standing)
        self.shape = None if outline is None else shapely.from_geojson(json.dumps(outline))

    @property
    def passes(self) -> bool | None:
        """The finding on the class that the city aims at first; None when open or when there is none."""
        return self.card.classes[0].passes if self.card.classes else None

    def standing_text(self, layer: str, lang: Lang) -> str:
        """The standing of a layer in words; empty when the city has none."""
        return standing_name(self.standing.get(layer), lang)


def standing_name(standing: str | None, lang: Lang) -> str:
    """A standing in words; nothing for none, and as it is for one that is not known."""
    known: Words | None = next((n for key, n in STANDING_NAMES.items() if key == standing), None)
    return (standing or "") if known is None else known.text(lang)
