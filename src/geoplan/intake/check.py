"""One look at a foreign file: opened, its texts restored, and everything that is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan.errors import DataError, UsageError
from geoplan.intake import check_layers, columns, crs_findings, file_codes
from geoplan.intake import encoding as texts_of
from geoplan.intake.check_communes import TOLERANCE_M
from geoplan.intake.crs_fit import fit
from geoplan.intake.database import DatabaseTable
from geoplan.intake.findings import SEVERITIES, Code, Finding
from geoplan.intake.limits import LIMITS, Limits
from geoplan.intake.read import Opened, open_layer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from pathlib import Path

    from geoplan.schema import LayerName

ALL_CODES: Final[tuple[Code, ...]] = (
    *file_codes.CODES,
    *texts_of.CODES,
    *crs_findings.CODES,
    *columns.CODES,
    *check_layers.ALL_CODES,
)
"""Every code that a check may find, in the order of the documentation."""
_BYTES: Final = "ISO-8859-1"
"""Reads every byte of a .dbf as the character of its number, so that the encoding can be told."""


@dataclass(frozen=True)
class Checked:
    """A foreign layer after a look at it.

    Attributes
    ----------
    opened
        What the file is.
    frame
        Its features: texts restored, columns under the names that the user mapped, in the coordinate
        system that it states or the user named; geometry as it came.
    encoding
        How its texts were read.
    crs_stated
        What the file says of its coordinate system; None when it says nothing.
    findings
        Everything that is wrong with it, errors first.
    """

    opened: Opened
    frame: gpd.GeoDataFrame
    encoding: str
    crs_stated: str | None
    findings: tuple[Finding, ...]


def check_file(
    path: str | Path | DatabaseTable,
    *,
    layer: LayerName | None = None,
    source_layer: str | None = None,
    encoding: str = "auto",
    mapping: Mapping[str, str] | None = None,
    crs: str | None = None,
    known: gpd.GeoDataFrame | None = None,
    province: str | None = None,
    on: dt.date | None = None,
    limits: Limits = LIMITS,
    outline: gpd.GeoDataFrame | None = None,
    tolerance_m: float = TOLERANCE_M,
    area_tolerance_pct: float | None = None,
) -> Checked:
    """Open a file and say everything that is wrong with it.

    Parameters
    ----------
    path
        As `geoplan.read_layer`; or a table of a PostGIS database.
    layer
        What it is meant to be; None checks its texts, coordinates and geometry only.
    source_layer
        Which layer of the file, when it has several.
    encoding
        How its texts are to be read: ``auto`` decides by evidence, see `geoplan.intake.encoding`.
    mapping
        Its columns under the contract's names: theirs to ours.
    crs
        The coordinate system to take it in, such as ``EPSG:9213``, whatever the file says.
    known
        Known communes in EPSG:4326; where the layer lies is compared with them when given.
    province, on
        Whose central meridian to expect, and when.
    limits
        What the file may hold.
    outline
        Of the city, for communes: what lies beyond it is found.
    tolerance_m
        Overlaps and gaps up to this width are none.
    area_tolerance_pct
        How far drawn and published (or declared) area may differ; the default of each check when None.

    Raises
    ------
    MissingFileError, UsageError, DataError
        When it cannot be opened at all, or an argument is wrong.
    """
    frame, opened, read_as, findings = _read(path, source_layer, encoding, limits)
    what = opened.path.name
    crs_stated = None if frame.crs is None else CRS.from_user_input(frame.crs).to_string()
    frame = columns.rename(frame, mapping or {}, what=what)
    if crs is not None:
        frame = frame.set_crs(_system(crs), allow_override=True)
    if known is not None:
        fits = fit(frame, known=known, on=on, province=province)
        findings += crs_findings.findings(frame, fits, what=what, province=province, on=on)
    if layer is not None:
        findings += columns.check_columns(frame, layer, what=what)
    if frame.crs is not None:
        findings += check_layers.check_layer(
            _presumed(frame, layer),
            layer,
            what=what,
            outline=outline,
            tolerance_m=tolerance_m,
            area_tolerance_pct=area_tolerance_pct,
        )
    rank = {severity: i for i, severity in enumerate(SEVERITIES)}
    findings.sort(key=lambda f: (rank[f.severity], f.kind.code, -1 if f.row is None else f.row))
    return Checked(opened, frame, read_as, crs_stated, tuple(findings))


def _read(
    path: str | Path | DatabaseTable, source_layer: str | None, encoding: str, limits: Limits
) -> tuple[gpd.GeoDataFrame, Opened, str, list[Finding]]:
    """The layer with its texts restored."""
    if isinstance(path, DatabaseTable):
        from geoplan.intake.postgis import read_table  # noqa: PLC0415 - psycopg is an extra

        frame, opened = read_table(path, geometry=source_layer, limits=limits)
    else:
        frame, opened = open_layer(path, layer=source_layer, limits=limits)
    shapefile = opened.driver == "ESRI Shapefile"
    if shapefile and not isinstance(path, DatabaseTable):
        frame, opened = open_layer(path, layer=source_layer, encoding=_BYTES, limits=limits)
    what = opened.path.name
    if not isinstance(frame, gpd.GeoDataFrame) or len(frame) == 0 or frame.geometry.isna().all():
        raise DataError(
            vi=f"{what}: không có đối tượng nào có hình học; cần một lớp vùng.",
            en=f"{what}: no feature with a geometry; a polygon layer is needed.",
        )
    texts = {str(c): _texts(frame[c]) for c in frame.columns if _is_text(frame[c])}
    restored = texts_of.restore(texts, encoding=encoding, latin1_view=shapefile)
    frame = frame.copy()
    for name, values in restored.columns.items():
        frame[name] = pd.Series(values, index=frame.index, dtype=object)
    named = [str(c) for c in frame.columns]
    if shapefile:
        as_read = texts_of.restore({"": named}, encoding=restored.encoding, latin1_view=True).columns[""]
        frame.columns = pd.Index([new or old for new, old in zip(as_read, named, strict=True)])
    read_as = restored.encoding
    if read_as == "latin-1" and not shapefile:
        read_as = "utf-8"  # as every format but a .dbf says of itself
    return frame, opened, read_as, [*opened.findings, *restored.findings]


def _is_text(values: pd.Series) -> bool:
    return bool(values.map(lambda v: isinstance(v, str)).any())


def _texts(values: pd.Series) -> list[str | None]:
    return [v if isinstance(v, str) else None for v in values]


def _system(text: str) -> CRS:
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise UsageError(
            vi=f"“{text}” không phải hệ tọa độ; hãy viết như EPSG:9213.",
            en=f"“{text}” is no coordinate system; write it as EPSG:9213.",
        ) from error


def _presumed(frame: gpd.GeoDataFrame, layer: LayerName | None) -> gpd.GeoDataFrame:
    """The layer with the columns that it probably has under the contract's names, for checking only."""
    if layer is None:
        return frame
    proposals = columns.propose(columns.filled(frame), layer)
    return frame.rename(columns={p.theirs: p.ours for p in proposals if not p.others})
