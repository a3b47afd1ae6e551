"""The site in Vietnamese: what Sphinx and the theme show, and a search that knows compound words.

Words of Vietnamese are often two syllables with a space between. The index has every syllable and every
pair of neighbours, both without diacritics; a query takes the pairs that the index knows, and what is left
over as single syllables. So “do phu” finds the pages on “độ phủ”, and not all that have “do” and “phú”.
"""

from __future__ import annotations

import gettext
import itertools
import unicodedata
from typing import TYPE_CHECKING, Any, Final

from sphinx.locale import translators
from sphinx.search import SearchLanguage

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WORDS: Final = {
    "Back to top": "Về đầu trang",
    "Copyright": "Bản quyền",
    "Home": "Trang đầu",
    "Index": "Bảng tra",
    "Made with ": "Dựng bằng ",
    "Next": "Tiếp",
    "On this page": "Trong trang này",
    "Previous": "Trước",
    "Search": "Tìm",
    # the functions of Python are documented in English: so are the words around them
    **dict.fromkeys(
        ("Parameters", "Raises", "Returns", "Return type", "Type", "Variables", "Warns", "Yields")
    ),
}
"""What the pages show, by what Sphinx calls it; None: as it is."""


class _Words(gettext.NullTranslations):
    """The words above, before those of Sphinx's own catalogue."""

    def gettext(self, message: str) -> str:
        return (WORDS[message] or message) if message in WORDS else super().gettext(message)


class Vietnamese(SearchLanguage):
    """Syllables and pairs of them, found with and without diacritics."""

    lang = "vi"
    language_name = "Vietnamese"
    js_stemmer_code = """
class Stemmer {
  stemWord(word) {
    return word.normalize("NFD").replace(/[\\u0300-\\u036f]/g, "").replace(/[đĐ]/g, "d").toLowerCase();
  }
}
"""
    js_splitter_code = """
var splitQuery = (query) => {
  const words = query.split(/[^\\p{Letter}\\p{Number}_]+/gu).filter((word) => word);
  const fold = (word) => new Stemmer().stemWord(word);
  const index = [Search._index?.terms, Search._index?.titleterms];
  const known = new Set(index.flatMap((terms) => Object.keys(terms ?? {})));
  const used = new Set();
  const pairs = words.slice(1).flatMap((word, i) => {
    const pair = `${words[i]} ${word}`;
    if (!known.has(fold(pair))) return [];
    used.add(i).add(i + 1);
    return [pair];
  });
  return [...pairs, ...words.filter((_, i) => !used.has(i))];
};
"""

    def split(self, input: str) -> list[str]:  # noqa: A002 - its name in Sphinx
        """Syllables, and pairs of those that stand side by side."""
        words = super().split(input)
        return words + [f"{first} {second}" for first, second in itertools.pairwise(words)]

    def stem(self, word: str) -> str:
        """The word without its diacritics."""
        plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
        return plain.replace("đ", "d").replace("Đ", "d").lower()


translators["general", "sphinx"] = _Words()
"""There before Sphinx begins, which adds its own catalogue as the fallback."""


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the language of the search to Sphinx."""
    app.add_search_language(Vietnamese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
