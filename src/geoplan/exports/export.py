"""The way out: a city or its Assessment to files of one format, whole or not at all, with a loss report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan import crs as systems
from geoplan.assessment import Assessment, assess
from geoplan.changes import file_id
from geoplan.errors import UsageError
from geoplan.exports.atomic import together
from geoplan.exports.compare import losses_of
from geoplan.exports.formats import FORMATS
from geoplan.exports.layers import export_layers
from geoplan.exports.writing import ExportResult, Job, safe_name
from geoplan.intake.database import parse_address
from geoplan.intake.meridians import meridian_of
from geoplan.model import words
from geoplan.text import date_text, listing, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from geoplan.city import City
    from geoplan.errors import Lang
    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.writing import Format, Loss

PROVINCE: Final = "province"
_TITLE: Final = words(
    "Những gì định dạng {} không giữ được – {}, {}", "What the format {} could not hold – {}, {}"
)
_NOTHING: Final = words(
    "Không mất gì: đọc lại tệp thấy đúng như đã ghi.",
    "Nothing: reading the files back gives what was written.",
)


def export(
    city: City | Assessment,
    *,
    format: str | None = None,  # noqa: A002 - what the option is called
    out: Path | None = None,
    crs: str = PROVINCE,
    layers: Sequence[str] | None = None,
    lang: Lang = "vi",
    to: str | None = None,
    schema: str = "geoplan",
) -> ExportResult:
    """Write the layers and results of a city for other programs.

    Parameters
    ----------
    city
        A city, assessed on its date, or an Assessment.
    format
        One of `geoplan.exports.formats.FORMATS`: ``gpkg``, ``shp``, ``geojson``, ``fgb``, ``parquet``,
        ``tab``, ``mif``, ``csv``, ``xlsx`` …
    out
        A folder, made when it is missing. Files of the same names are replaced, all or none.
    crs
        ``province``: the VN-2000 TM-3 system of the city's province on the date; ``wgs84``; or
        ``EPSG:n``. Formats that are always WGS 84 take the first two as such and refuse the third.
    layers
        Which layers and tables (see `export_layers`); all when None.
    lang
        Language of words among the values, of metadata and of the loss report.
    to, schema
        Instead of `format` and `out`: the PostGIS database to write into (``postgresql://…``) and the
        schema there; see `geoplan.exports.postgis.export_postgis`.

    Returns
    -------
    ExportResult
        The files, and what the format could not hold; the same report lies beside them. Of a database
        the `geoplan.exports.writing.DatabaseResult`, with the rows of each table.

    Raises
    ------
    UsageError
        No such format, layer or system; a folder that cannot be written to.
    DataError
        A value that a field cannot hold: the sentence has both. The earlier files stay as they were.

    Notes
    -----
    VN-2000 always by EPSG:6960. Vertices are transformed, none are added: a straight edge of 20 km may
    lie 3 m beside the line that WGS 84 draws between its ends.
    """
    if to is not None and format is None and out is None:
        parse_address(to)  # says so when psycopg is missing
        from geoplan.exports.postgis import export_postgis  # noqa: PLC0415 - psycopg is an extra

        result = city if isinstance(city, Assessment) else assess(city)
        return export_postgis(result, to, schema=schema, layers=layers, crs=crs, lang=lang)
    if to is not None or format is None or out is None:
        raise UsageError(
            vi="hãy nêu định dạng và thư mục (--format, --out), hoặc chỉ cơ sở dữ liệu (--to).",
            en="name a format and a folder (--format, --out), or a database alone (--to).",
        )
    chosen = _format(format)
    result = city if isinstance(city, Assessment) else assess(city)
    system = target_crs(result.city, crs, chosen)
    made = export_layers(result, lang=lang, layers=layers)
    return deliver(made, result=result, chosen=chosen, out=out, crs=system, lang=lang)


def deliver(
    layers: Sequence[ExportLayer],
    *,
    result: Assessment,
    chosen: Format,
    out: Path,
    crs: CRS,
    lang: Lang = "vi",
) -> ExportResult:
    """Write layers in a format, read them back, and put the files and the loss report into a folder.

    Raises
    ------
    UsageError, DataError
        As `export`; the folder is then as it was.
    """
    stem = f"{safe_name(file_id(result.city))}-{result.on.isoformat()}"
    with together(out) as folder:
        job = Job(tuple(layers), folder, stem, crs, lang, result, out)
        written = chosen.write(job)
        losses = dict.fromkeys([*written.losses, *(one for part in written.parts for one in losses_of(part))])
        report = folder / f"{stem}-{chosen.name}.losses.txt"
        report.write_text(_report(list(losses), chosen, job), encoding="utf-8", newline="\n")
        names = [path.name for path in sorted(folder.iterdir()) if path != report]
    return ExportResult(tuple(out / name for name in [*names, report.name]), tuple(losses))


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UsageError(
            vi=f"không có định dạng {quoted(name)}; các định dạng: {listing(FORMATS, limit=30)}.",
            en=f"there is no format {quoted(name)}; there are: {listing(FORMATS, limit=30, lang='en')}.",
        )
    return FORMATS[name]


def province_crs(city: City) -> CRS:
    """The VN-2000 TM-3 system of the city's province on its date.

    That of ``city.toml`` when the province is not in the table of meridians.
    """
    try:
        return CRS.from_epsg(meridian_of(city.province, on=city.on).epsg)
    except UsageError:
        return CRS.from_user_input(city.info.crs)


def target_crs(city: City, name: str, chosen: Format) -> CRS:
    """The system that an option names, for a format.

    Raises
    ------
    UsageError
        When no system has the code, or the format is always in WGS 84.
    """
    wanted = name.strip().casefold()
    if wanted in {PROVINCE, "wgs84", "epsg:4326"}:
        return systems.WGS84 if chosen.lonlat or wanted != PROVINCE else province_crs(city)
    try:
        if not wanted.startswith("epsg:"):
            raise CRSError(name)  # noqa: TRY301 - one sentence for both
        system = CRS.from_user_input(wanted)
    except CRSError as error:
        raise UsageError(
            vi=f"{quoted(name)} không phải hệ tọa độ: hãy viết province, wgs84, hoặc EPSG:n như EPSG:9213.",
            en=f"{quoted(name)} is no coordinate system: write province, wgs84, or EPSG:n such as EPSG:9213.",
        ) from error
    if chosen.lonlat:
        raise UsageError(
            vi=f"định dạng {chosen.name} luôn ở WGS 84; hãy bỏ --crs, hoặc chọn định dạng khác.",
            en=f"the format {chosen.name} is always in WGS 84; leave --crs out, or choose another format.",
        )
    if not (system.is_projected or system.is_geographic):
        raise UsageError(
            vi=f"{name}: không phải hệ tọa độ phẳng hay kinh vĩ độ.",
            en=f"{name}: neither a projected nor a geographic system.",
        )
    return system


def _report(losses: Sequence[Loss], chosen: Format, job: Job) -> str:
    lang = job.lang
    head = _TITLE.text(lang).format(
        chosen.title.text(lang), job.result.city.title(lang), date_text(job.on, lang=lang)
    )
    lines = [loss.sentence(lang) for loss in losses] or [_NOTHING.text(lang)]
    return "\n".join([head, "", *lines]) + "\n"
