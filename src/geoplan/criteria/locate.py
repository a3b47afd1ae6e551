"""On which line of a TOML text a table, key or entry stands: Python's reader does not tell."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Path = tuple[str | int, ...]

_TOKEN: Final = re.compile(
    r"""
    (?P<text>\"{3}(?:[^\\]|\\.)*?\"{3,5}|'{3}.*?'{3,5}|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')
    |(?P<gap>\#[^\n]*|[ \t\r]+)
    |(?P<mark>[\[\]{}=,.\n])
    |(?P<bare>[^\s\[\]{}=,."'\#]+)
    """,
    re.VERBOSE | re.DOTALL,
)


class _Token(NamedTuple):
    kind: str
    text: str
    line: int


def lines(text: str) -> dict[Path, int]:
    """The line (from 1) of every table, key and array entry of a text that `tomllib` accepts.

    Raises
    ------
    RecursionError
        When it is nested about as deep as `tomllib` itself can go.
    """
    return _Walk(text).found


def line_of(path: Path, known: Mapping[Path, int]) -> int:
    """The line of what is at the path, or of the nearest thing around it that is in the text."""
    around = (known.get(path[:length]) for length in range(len(path), 0, -1))
    return next((line for line in around if line is not None), 1)


def _tokens(text: str) -> Iterator[_Token]:
    line = 1
    for match in _TOKEN.finditer(text):
        kind, token = str(match.lastgroup), match.group()
        if kind != "gap":
            yield _Token(kind, token, line)
        line += token.count("\n")


class _Walk:
    """Goes over the tokens once; `found` is what it met."""

    def __init__(self, text: str) -> None:
        self._tokens = [*_tokens(text), _Token("mark", "\n", 0)]
        self._at = 0
        self._counts: dict[Path, int] = {}
        self.found: dict[Path, int] = {}
        table: Path = ()
        while self._at < len(self._tokens):
            if self._here == "\n":
                self._at += 1
            elif self._here == "[":
                table = self._header()
            else:
                self._pair(table)

    @property
    def _here(self) -> str:
        return self._tokens[self._at].text

    def _keys(self) -> Path:
        """The parts of a key, up to the sign after it."""
        parts: list[str] = []
        while self._here not in {"=", "]"}:
            token = self._tokens[self._at]
            if token.kind != "mark":
                parts.append(_plain(token))
            self._at += 1
        return tuple(parts)

    def _header(self) -> Path:
        line = self._tokens[self._at].line
        repeated = self._tokens[self._at + 1].text == "["
        self._at += 2 if repeated else 1
        keys = self._keys()
        self._at += 2 if repeated else 1
        path: Path = ()
        for place, key in enumerate(keys):
            path = (*path, key)
            self.found.setdefault(path, line)
            if repeated and place == len(keys) - 1:
                self._counts[path] = self._counts.get(path, 0) + 1
            if path in self._counts:
                path = (*path, self._counts[path] - 1)
                self.found.setdefault(path, line)
        return path

    def _pair(self, table: Path) -> None:
        line = self._tokens[self._at].line
        path = table
        for key in self._keys():
            path = (*path, key)
            self.found.setdefault(path, line)
        self._at += 1
        self._value(path)

    def _value(self, path: Path) -> None:
        opening = self._here
        if opening not in {"[", "{"}:
            while self._here not in {",", "]", "}", "\n"}:
                self._at += 1
            return
        self._at += 1
        count = 0
        while self._here not in {"]", "}"}:
            if self._here in {",", "\n"}:
                self._at += 1
            elif opening == "{":
                self._pair(path)
            else:
                self.found[(*path, count)] = self._tokens[self._at].line
                self._value((*path, count))
                count += 1
        self._at += 1


def _plain(token: _Token) -> str:
    """A part of a key without its quotation marks."""
    if token.kind != "text":
        return token.text
    return str(tomllib.loads(f"key = {token.text}")["key"])
