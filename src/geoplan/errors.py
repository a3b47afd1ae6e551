"""What geoplan says when it cannot go on: one sentence, in Vietnamese and in English.

Every error is also a builtin, so that code which knows nothing of geoplan can catch it. Each
carries both sentences; `str()` gives the Vietnamese one, the command line chooses by ``--lang``.
"""

from __future__ import annotations

from typing import ClassVar, Literal

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

    def sentence(self, lang: Lang = "vi") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.vi


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
