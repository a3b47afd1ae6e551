"""What goes to a worker and what comes back: names, paths and sentences, never data."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from geoplan.errors import Lang
    from geoplan.model import Words

State = Literal["built", "kept", "broken", "halted"]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is the same for every city of a run.

    Attributes
    ----------
    on
        The date for all; each city's own default date when None.
    lang
        Of maps, workbooks and reports.
    formats
        Report formats beside map and workbook; some of `geoplan.batch.writers.REPORTS`.
    rulebooks
        Folder of rulebooks that take precedence; that of each workspace when None.
    """

    on: dt.date | None = None
    lang: Lang = "vi"
    formats: tuple[str, ...] = ()
    rulebooks: Path | None = None

    def recorded(self) -> dict[str, Any]:
        """What of them decides on the bytes of a city, the rulebooks' content being among its inputs."""
        on = None if self.on is None else self.on.isoformat()
        return {"on": on, "lang": self.lang, "formats": list(self.formats)}


@dataclass(frozen=True, kw_only=True)
class Place:
    """A city and the folder that holds it; None for the bundled ones."""

    city: str
    home: Path | None


@dataclass(frozen=True, kw_only=True)
class Job:
    """One city to build.

    Attributes
    ----------
    place, options
        Which city, and how.
    out
        The folder of all results; absolute, and the same for every worker.
    staging
        A folder of this run in it: what is written there is moved out when the city is whole.
    code
        `geoplan.batch.state.code_version` of whoever gave the job.
    """

    place: Place
    options: Options
    out: Path
    staging: Path
    code: str

    @property
    def city(self) -> str:
        """The id of the city."""
        return self.place.city


@dataclass(frozen=True, kw_only=True)
class Step:
    """A worker has come to a step of a city: ``open``, ``assess``, or the name of a writer."""

    city: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a city.

    Attributes
    ----------
    state
        ``built``; ``kept`` as it was because nothing changed; ``broken``; ``halted`` when what stopped it
        stops every other city too, such as a full disk.
    seconds, peak_kb
        How long it took; the most memory that its worker has had so far, in kB (0 where it is not known).
    sentence
        Why it is broken or halted.
    trace
        Where, when the error is none that geoplan foresaw.
    notes
        What was told on the way.
    """

    city: str
    state: State
    seconds: float = 0.0
    peak_kb: int = 0
    sentence: Words | None = None
    trace: str = ""
    notes: tuple[Words, ...] = ()


def plan_of(places: tuple[Place, ...], options: Options) -> dict[str, Any]:
    """A run as plain data, to be resumed from."""
    homes = [{"city": p.city, "home": None if p.home is None else str(p.home)} for p in places]
    rulebooks = None if options.rulebooks is None else str(options.rulebooks)
    return {"cities": homes, **options.recorded(), "rulebooks": rulebooks}


def planned(plan: dict[str, Any]) -> tuple[tuple[Place, ...], Options]:
    """The run that `plan_of` made plain.

    Raises
    ------
    KeyError, TypeError, ValueError
        When the data are not what `plan_of` writes.
    """
    places = tuple(Place(city=c["city"], home=_path(c["home"])) for c in plan["cities"])
    on = None if plan["on"] is None else dt.date.fromisoformat(plan["on"])
    options = Options(
        on=on, lang=plan["lang"], formats=tuple(plan["formats"]), rulebooks=_path(plan["rulebooks"])
    )
    return places, options


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def plain(outcome: Outcome, lang: Lang) -> dict[str, Any]:
    """An outcome for a log, its texts in one language."""
    content = asdict(outcome)
    content["sentence"] = None if outcome.sentence is None else outcome.sentence.text(lang)
    content["notes"] = [note.text(lang) for note in outcome.notes]
    return content
