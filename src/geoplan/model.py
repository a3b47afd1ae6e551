"""What the TOML files of geoplan are checked by: no unknown key, no infinite number, nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from geoplan.errors import Lang


class Strict(BaseModel):
    """A frozen record that refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Words(Strict):
    """One text in both languages."""

    vi: str
    en: str

    def text(self, lang: Lang = "vi") -> str:
        """The text in one language."""
        return self.en if lang == "en" else self.vi


def words(vi: str, en: str) -> Words:
    """A text in both languages, in short."""
    return Words(vi=vi, en=en)
