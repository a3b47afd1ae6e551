"""The texts of a page in both languages, each stored once and named by its number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from geoplan.model import Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geoplan.errors import Lang


class Texts:
    """Collects texts; a page holds their numbers, and its script looks them up in its language."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def add(self, text: Words | str) -> int:
        """The number of a text; one that has no languages, such as a name, is the same in both."""
        key = (text.vi, text.en) if isinstance(text, Words) else (text, text)
        return self._numbers.setdefault(key, len(self._numbers))

    def all(self, texts: Iterable[Words | str]) -> list[int]:
        """The numbers of several texts."""
        return [self.add(text) for text in texts]

    def pair(self, vi: object, en: object) -> int:
        """The number of a text given in both languages."""
        return self._numbers.setdefault((str(vi), str(en)), len(self._numbers))

    def listed(self, lang: Lang) -> list[str]:
        """All texts of one language by their numbers."""
        return [en if lang == "en" else vi for vi, en in self._numbers]
