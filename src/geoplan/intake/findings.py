"""What is wrong with a file: findings with stable codes, each a sentence that says what mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from geoplan.errors import Lang

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")


@dataclass(frozen=True)
class Code:
    """A kind of finding. Codes never change their meaning; retired ones are not used again.

    Attributes
    ----------
    code
        Such as ``GEOM-01``: the part before the dash says what it is about.
    severity
        ``error``: the layer cannot be used as it is; ``warning``: the result may be wrong;
        ``note``: worth knowing.
    title
        What it is, in Vietnamese and in English.
    mend
        What to do about it, in Vietnamese and in English.
    """

    code: str
    severity: Severity
    title: tuple[str, str]
    mend: tuple[str, str]


@dataclass(frozen=True)
class Finding:
    """One thing found in a file.

    Attributes
    ----------
    kind
        Its code.
    vi, en
        One sentence each: what, and where.
    row
        Position of the feature in the file, from 0; None when it is about the whole layer.
    feature
        What a person would call the feature: its name, code or row; empty for the whole layer.
    place
        Where, as a geometry in EPSG:4326; None when there is no place.
    """

    kind: Code
    vi: str
    en: str
    row: int | None = None
    feature: str = ""
    place: Any = None

    @property
    def severity(self) -> Severity:
        """The severity of its code."""
        return self.kind.severity

    def sentence(self, lang: Lang = "vi") -> str:
        """The sentence in one language."""
        return self.en if lang == "en" else self.vi

    def mend(self, lang: Lang = "vi") -> str:
        """What to do about it, in one language."""
        return self.kind.mend[1 if lang == "en" else 0]
