"""The one model of a report: every format prints what stands here and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from geoplan.model import words
from geoplan.show.report.judged import (
    answer_part,
    asked_part,
    classes_part,
    missing_part,
    targets_part,
    units_part,
)
from geoplan.show.report.measured import coverage_part, density_part, gaps_part, zones_part
from geoplan.show.report.model import Letter, Report, cleaned, numbered
from geoplan.show.report.origins import law_part, method_part, sources_part
from geoplan.show.report.saying import city_named, long_date, pick
from geoplan.show.report.whatif import whatif_part
from geoplan.show.report.years import years_part

if TYPE_CHECKING:
    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.scenario.compare import Comparison
    from geoplan.timeline import Timeline

_NATION: Final = words("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "SOCIALIST REPUBLIC OF VIET NAM")
_MOTTO: Final = words("Độc lập - Tự do - Hạnh phúc", "Independence - Freedom - Happiness")
_AGENCY: Final = words("[TÊN CƠ QUAN, TỔ CHỨC]", "[AGENCY]")
_NUMBER: Final = words("Số: …/BC-…", "No.: …/BC-…")
_KIND: Final = words("BÁO CÁO", "REPORT")
_RECIPIENTS: Final = words("Nơi nhận:", "Recipients:")
_SIGNER: Final = words("QUYỀN HẠN, CHỨC VỤ CỦA NGƯỜI KÝ", "TITLE OF THE SIGNATORY")


def content(
    result: Assessment,
    *,
    history: Timeline | None = None,
    lang: Lang = "vi",
    letter: Letter | None = None,
    comparison: Comparison | None = None,
) -> Report:
    """The report of an assessment, in one language.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    history
        The city's timeline up to the date; without it the part on the years is left out.
    lang
        ``vi`` or ``en``.
    letter
        Who writes; what it does not say is left to be filled in.
    comparison
        What the assessment is compared with, for the part on a scenario.
    """
    head = letter or Letter()
    subject = pick(
        lang,
        f"Độ phủ quy hoạch, mật độ dân số và mức độ đáp ứng tiêu chuẩn của {city_named(result, lang)} "
        f"tại {long_date(result.on, lang)}",
        f"Planning coverage, population density and readiness of {city_named(result, lang)} "
        f"on {long_date(result.on, lang)}",
    )
    blocks = (
        *asked_part(result, lang),
        *answer_part(result, lang),
        *whatif_part(result, comparison, lang),
        *coverage_part(result, lang),
        *gaps_part(result, lang),
        *density_part(result, lang),
        *zones_part(result, lang),
        *classes_part(result, lang),
        *units_part(result, lang),
        *targets_part(result, lang),
        *years_part(result, history, lang),
        *missing_part(result, lang),
        *sources_part(result, lang),
        *method_part(result, lang),
        *law_part(result, lang),
    )
    report = Report(
        lang=lang,
        on=result.on,
        city=result.city.title(lang),
        nation=_NATION.text(lang),
        motto=_MOTTO.text(lang),
        parent_agency=head.parent_agency or "",
        agency=head.agency or _AGENCY.text(lang),
        number=_number(head, lang),
        date=_date(head, lang),
        kind=_KIND.text(lang),
        subject=subject,
        recipients=_RECIPIENTS.text(lang),
        signer=_SIGNER.text(lang),
        blocks=numbered(blocks, lang),
    )
    return cleaned(report)


def _number(letter: Letter, lang: Lang) -> str:
    if letter.number is None:
        return _NUMBER.text(lang)
    return f"{pick(lang, 'Số', 'No.')}: {letter.number}"


def _date(letter: Letter, lang: Lang) -> str:
    """Place and day of signing; dots where the office fills them in."""
    place = letter.place or "…"
    if letter.signed_on is not None:
        return f"{place}, {long_date(letter.signed_on, lang)}"
    return f"{place}, {pick(lang, 'ngày … tháng … năm …', '… … …')}"
