"""What geoplan says when it cannot go on: one sentence, in Vietnamese and in English.

Every error is also a builtin, so that code which knows nothing of geoplan can catch it. Each
carries both sentences; `str()` gives the Vietnamese one, the command line chooses by ``--lang``.
"""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, ClassVar, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

Lang = Literal["vi", "en"]


class GeoplanError(Exception):
    """Base of all errors of geoplan.

    Parameters
    ----------
    vi, en
        One sentence each: what is wrong, where, and what to do.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, *, vi: str, en: str) -> None:
        super().__init__(vi)
        self.vi = vi
        self.en = en

    def __str__(self) -> str:
        return self.vi

    def __reduce__(self) -> tuple[Any, ...]:
        return _again, (type(self), self.vi, self.en)  # so that it comes whole from a worker

    def sentence(self, lang: Lang = "vi") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.vi


def _again(kind: type[GeoplanError], vi: str, en: str) -> GeoplanError:
    return kind(vi=vi, en=en)


class UsageError(GeoplanError, ValueError):
    """The call itself is wrong: an unknown city, a date that is no date, a column that is not there."""

    exit_code = 2


class MissingFileError(UsageError, FileNotFoundError):
    """A file or folder that was named does not exist."""

    def __str__(self) -> str:
        return self.vi


class DataError(GeoplanError, ValueError):
    """The call is right, but what the file holds cannot be used."""


class CrsError(DataError):
    """A layer says no coordinate system, or one that does not fit its coordinates."""


class DataWarning(UserWarning):
    """Something about the data that the reader of the result must know; nothing was lost."""

    def __init__(self, *, vi: str, en: str) -> None:
        super().__init__(vi)
        self.vi = vi
        self.en = en

    def sentence(self, lang: Lang = "vi") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.vi


_heard: ContextVar[list[DataWarning] | None] = ContextVar("geoplan_heard", default=None)


def tell(*, vi: str, en: str) -> None:
    """Let the reader of a result know something: a `DataWarning`, or a note where `listening` is."""
    note = DataWarning(vi=vi, en=en)
    heard = _heard.get()
    if heard is None:
        warnings.warn(note, stacklevel=3)
    elif note.vi not in {earlier.vi for earlier in heard}:
        heard.append(note)


@contextmanager
def listening() -> Iterator[list[DataWarning]]:
    """Collects what is told inside, each sentence once; safe in threads, unlike Python's warnings."""
    heard: list[DataWarning] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)
