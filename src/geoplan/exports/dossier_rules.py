"""What the dossier of a plan must look like: read from ``dossier.toml``, checked when it is loaded."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib import resources
from typing import Final, Literal

from geoplan.model import Strict, Words, words
from geoplan.schema import Confidence  # noqa: TC001 - a field of a model
from geoplan.text import fold

Geometry = Literal["Point", "MultiLineString", "MultiPolygon"]
_GEOMETRIES: Final[dict[str, Geometry]] = {"P": "Point", "L": "MultiLineString", "A": "MultiPolygon"}


class DossierField(Strict):
    """One of the text fields: its width in characters; one that holds a code is never cut."""

    name: str
    width: int
    vi: str
    en: str
    code: bool = False

    @property
    def title(self) -> Words:
        """What it is called."""
        return words(self.vi, self.en)


class Code(Strict):
    """The pattern of a code, the columns of a plan layer that may hold it, the level by kind of plan."""

    columns: tuple[str, ...]
    pattern: str
    levels: dict[str, str]
    vi: str
    en: str

    def holds(self, text: str, kind: str | None) -> bool:
        """Whether a text is such a code, of a plan of that kind where the kind is known."""
        found = re.fullmatch(self.pattern, text, flags=re.ASCII)
        return found is not None and (kind not in self.levels or found["level"] in self.levels[str(kind)])


class DossierClass(Strict):
    """One feature class: the file and data set that it belongs to, and its name."""

    file: Literal["HienTrang", "QuyHoach", "MocGioi"]
    dataset: str
    name: str
    vi: str
    en: str

    @property
    def geometry(self) -> Geometry:
        """Its type of geometry, by the last letter of its name."""
        return _GEOMETRIES[self.name[-1]]

    @property
    def title(self) -> Words:
        """What it is called."""
        return words(self.vi, self.en)


class ToAdd(Strict):
    """One thing that the officer still has to add, and where."""

    where: str
    vi: str
    en: str


class DossierRules(Strict):
    """The whole of it, with its source and how far the source is trusted."""

    source: str
    confidence: Confidence
    folders: tuple[str, ...]
    fields: tuple[DossierField, ...]
    codes: dict[str, Code]
    classes: tuple[DossierClass, ...]
    add: tuple[ToAdd, ...]


@cache
def dossier_rules() -> DossierRules:
    """The rules that come with geoplan."""
    text = resources.files("geoplan.exports").joinpath("dossier.toml").read_text("utf-8")
    return DossierRules.model_validate(tomllib.loads(text))


def camel_case(name: str) -> str:
    """A name as the dossier has them: without accents and spaces, each word with a capital.

    >>> camel_case("Thành phố Phổ Yên")
    'ThanhPhoPhoYen'
    """
    parts = re.findall(r"[a-z0-9]+", fold(name))
    return "".join(part[:1].upper() + part[1:] for part in parts)[:60] or "DoAn"
