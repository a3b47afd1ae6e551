"""What is written of a city: the map, the workbook, and the report formats that are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from geoplan.show import explore, write_workbook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from geoplan.assessment import Assessment
    from geoplan.batch.job import Options
    from geoplan.errors import Lang


@dataclass(frozen=True)
class Writer:
    """Files of a city, as paths in the folder of results, and what writes all of them into such a folder."""

    files: tuple[str, ...]
    write: Callable[[Assessment, Path, Lang], None]


MAP: Final = "{}.html"
WORKBOOK: Final = "reports/{}.xlsx"
"""Made for every city: the pages link them."""
_REPORT: Final = "reports/{}.{}"
REPORTS: Final = ("docx", "pdf", "html")
"""Made when ``--format`` names them."""


def report_files(city: str, options: Options) -> tuple[str, ...]:
    """The paths of a city's reports, one a format that is asked for."""
    return tuple(_REPORT.format(city, kind) for kind in REPORTS if kind in options.formats)


def writers(city: str, options: Options) -> Iterator[tuple[str, Writer]]:
    """Name and writer of a city's files, in the order in which they are written.

    The reports are one writer: what stands in them is worked out once, whatever the number of formats.
    """
    drawn, book, papers = MAP.format(city), WORKBOOK.format(city), report_files(city, options)

    def reports(result: Assessment, folder: Path, lang: Lang) -> None:
        from geoplan.show.report import report  # noqa: PLC0415 - Word and typst only where they are asked for

        kinds = [file.rsplit(".", 1)[-1] for file in papers]
        report(result, (folder / papers[0]).parent, formats=kinds, lang=lang)

    yield (
        "map",
        Writer((drawn,), lambda result, folder, lang: explore(result, lang=lang).save(folder / drawn)),
    )
    yield (
        "workbook",
        Writer((book,), lambda result, folder, lang: write_workbook(result, folder / book, lang=lang)),
    )
    if papers:
        yield "reports", Writer(papers, reports)
