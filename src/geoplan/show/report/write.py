"""A report as files: what is asked for, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from geoplan.assessment import Assessment, assess
from geoplan.changes import file_id
from geoplan.city import City
from geoplan.errors import UsageError
from geoplan.exports.atomic import beside
from geoplan.intake.read import existing_file
from geoplan.scenario.compare import Comparison
from geoplan.scenario.compare import beside as compared
from geoplan.show.report.content import content
from geoplan.show.report.model import Letter, Picture, tied
from geoplan.text import as_date, listing, quoted
from geoplan.timeline import Timeline, timeline

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from geoplan.errors import Lang
    from geoplan.show.report.model import Report
    from geoplan.show.report.pictures import Drawing

Format = Literal["docx", "pdf", "xlsx", "html"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)
_PICTURES: Final = {"docx": "png", "html": "png", "pdf": "svg"}
"""Letters stay letters in PDF; the other two show pictures made of dots."""
MOST_UNITS: Final = 500
"""Units of a city up to which its timeline is worked out when nobody gives one."""


def report(
    city: City | Assessment,
    out: Path | str,
    *,
    formats: Sequence[str] | str | None = None,
    lang: Lang = "vi",
    history: Timeline | bool = True,
    against: City | Assessment | Comparison | None = None,
    agency: str | None = None,
    parent_agency: str | None = None,
    place: str | None = None,
    number: str | None = None,
    signed_on: dt.date | str | None = None,
    template: Path | str | None = None,
) -> tuple[Path, ...]:
    """Write the report of a city: Word, PDF, Excel, HTML, all from the same numbers.

    Parameters
    ----------
    city
        A city (assessed on its date) or an assessment.
    out
        A file whose suffix is the format, or with `formats` a folder: the files are then called after
        the city, such as ``pho-yen.docx``. Files that exist are replaced whole.
    formats
        ``docx``, ``pdf``, ``xlsx``, ``html``: one of them or several.
    lang
        ``vi`` or ``en``.
    history
        The city's timeline, for the part on the years; True: worked out now, for a city of up to
        `MOST_UNITS` units; False: none.
    against
        What to compare with, for the part on a what-if scenario: the city as it is, or a comparison that
        ends in this assessment.
    agency, parent_agency, place, number, signed_on
        Who writes, above it who is over them, where, under which number, and the day of signing. What
        is not given is left to be filled in.
    template
        A Word template of your own for DOCX; see `save_template`.

    Returns
    -------
    tuple of Path
        The files, in the order of the formats.

    Raises
    ------
    UsageError
        When it is neither a city nor an assessment, or a format or language is not known; when `against`
        is another city.
    MissingFileError
        When there is no template at its path.
    DataError
        When the city cannot be measured, or the template cannot be used.

    Notes
    -----
    The head follows Nghị định 30/2020/NĐ-CP. The same inputs give the same bytes: files bear the date of
    assessment, never that of writing.
    """
    _check(city, lang)
    targets = _targets(city, Path(out), formats)
    own = None if template is None else existing_file(template)
    result = assess(city) if isinstance(city, City) else city
    comparison = compared(against, result)
    if set(targets) == {"xlsx"}:
        history = False
    if history is True:
        few = len(result.city.communes) <= MOST_UNITS
        history = few and timeline(result.city, until=result.on)
    years = history or None
    head = Letter(
        agency=agency,
        parent_agency=parent_agency,
        place=place,
        number=number,
        signed_on=None if signed_on is None else as_date(signed_on),
    )
    made = tied(content(result, history=years, lang=lang, letter=head, comparison=comparison))
    earlier = None if comparison is None else comparison.results[0]
    pictures = _pictures(result, made, list(targets), history=years, earlier=earlier)
    for kind, path in targets.items():
        with beside(path) as draft:
            if kind == "xlsx":
                _write_workbook(result, draft, lang=lang, comparison=comparison)
            else:
                _write(kind, draft, made=made, pictures=pictures, template=own)
    return tuple(targets.values())


def save_template(path: Path | str, *, lang: Lang = "vi") -> None:
    """Write the Word template that comes with geoplan, to be edited in Word and given as ``template``.

    Fields such as ``{{ agency }}`` may be moved or left out; the paragraph ``{{ body }}`` must stay. The
    looks are those of the styles Normal, Heading 1, Heading 2, Caption, Table Text, Note and Picture.

    Raises
    ------
    UsageError
        When the path does not end in ``.docx`` or cannot be written.
    """
    target = Path(path)
    if target.suffix.lower() != ".docx":
        raise UsageError(
            vi=f"{target.name}: mẫu Word phải có đuôi .docx.",
            en=f"{target.name}: a Word template ends in .docx.",
        )
    from geoplan.show.report.docx import template_bytes  # noqa: PLC0415 - slow to load, seldom needed

    with beside(target) as draft:
        draft.write_bytes(template_bytes(lang))


def _check(city: object, lang: str) -> None:
    if not isinstance(city, City | Assessment) or lang not in {"vi", "en"}:
        raise UsageError(
            vi="report cần một City hoặc Assessment, và lang là “vi” hoặc “en”.",
            en="report takes a City or an Assessment, and lang is “vi” or “en”.",
        )


def _targets(city: City | Assessment, out: Path, formats: Sequence[str] | str | None) -> dict[Format, Path]:
    """Which file for which format, each once."""
    if formats is None:
        (kind,) = _known([out.suffix.lower().removeprefix(".")])
        return {kind: out}
    asked = _known(formats.split(",") if isinstance(formats, str) else formats)
    name = file_id(city if isinstance(city, City) else city.city)
    return {kind: out / f"{name}.{kind}" for kind in asked}


def _known(asked: Sequence[str]) -> list[Format]:
    known: dict[str, Format] = {kind: kind for kind in FORMATS}
    cleaned = [text.strip().lower() for text in asked]
    for text in cleaned or [""]:
        if text not in known:
            have = listing(FORMATS, limit=9)
            raise UsageError(
                vi=f"Báo cáo không có định dạng {quoted(text)}; hãy chọn: {have}.",
                en=f"A report has no format {quoted(text)}; choose one of: {have}.",
            )
    return [known[text] for text in dict.fromkeys(cleaned)]


def _pictures(
    result: Assessment,
    made: Report,
    formats: Sequence[Format],
    *,
    history: Timeline | None,
    earlier: Assessment | None,
) -> Mapping[str, Drawing]:
    """The pictures, each drawn once, as the formats need them."""
    kinds = sorted({_PICTURES[kind] for kind in formats if kind in _PICTURES})
    if not kinds:
        return {}
    from geoplan.show.report.pictures import drawings  # noqa: PLC0415 - matplotlib is slow to load

    keys = [block.key for block in made.blocks if isinstance(block, Picture)]
    return drawings(result, keys, kinds=kinds, history=history, earlier=earlier, lang=made.lang)


def _write(
    kind: Format,
    draft: Path,
    *,
    made: Report,
    pictures: Mapping[str, Drawing],
    template: Path | None,
) -> None:
    """One file. Each writer is loaded when it is first needed: together they take as long as a report."""
    if kind == "docx":
        from geoplan.show.report.docx import write_docx  # noqa: PLC0415

        write_docx(made, draft, drawings=pictures, own=template)
    elif kind == "pdf":
        from geoplan.show.report.pdf import write_pdf  # noqa: PLC0415

        write_pdf(made, draft, drawings=pictures)
    else:
        from geoplan.show.report.html import write_html  # noqa: PLC0415

        write_html(made, draft, drawings=pictures)


def _write_workbook(result: Assessment, draft: Path, *, lang: Lang, comparison: Comparison | None) -> None:
    from geoplan.show.workbook import write_workbook  # noqa: PLC0415

    write_workbook(result, draft, lang=lang, comparison=comparison)
