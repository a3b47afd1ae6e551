"""Opening a vector file that somebody else made: the door of the house.

What the content is, is told by its bytes (`kinds`); exactly its parts are copied into a private
folder (`staging`); what could hurt is refused (`precheck`, `shapefile`, `archive`, `limits`); fiona
opens it with one driver allowed and no other, and what passed is read by pyogrio with that driver.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd

from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.intake import gdal
from geoplan.intake.csv_table import read_csv
from geoplan.intake.database import without_credentials
from geoplan.intake.drawing import close_lines
from geoplan.intake.file_codes import COUNTS_DIFFER, CRS_BY_HABIT, NO_CPG, NO_PRJ
from geoplan.intake.findings import Finding
from geoplan.intake.kinds import CSV, KINDS, PARQUET, SHAPEFILE
from geoplan.intake.limits import LIMITS, Limits
from geoplan.intake.parquet import read_parquet
from geoplan.intake.precheck import precheck
from geoplan.intake.shapefile import check_shapefile
from geoplan.intake.staging import Staged, sha256, staged
from geoplan.text import listing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DRIVERS", "Opened", "describe", "existing_file", "open_layer", "read_layer", "sha256"]

DRIVERS: Final = tuple(dict.fromkeys(k.driver for k in KINDS if k.driver))
"""The only GDAL drivers that may open a file. A VRT, for one, may not: it can name any other file."""

_QGIS_TABLES: Final = ("layer_styles", "qgis_projects")
_NOT_A_PATH: Final = re.compile(r"^(/vsi|[a-z][a-z0-9+.-]+:/|\\\\|//)", re.IGNORECASE)


@dataclass(frozen=True)
class Opened:
    """What a file is, without its features.

    Attributes
    ----------
    path
        As the user named it.
    driver
        The GDAL driver that reads it, or ``GeoParquet`` or ``CSV``.
    layer
        The layer that is meant; None when there are several and none was named.
    layers
        All layers.
    sha256
        Of the file's bytes; when it is several files, of the lines that ``sha256sum`` prints of them
        (sorted by name).
    encoding_stated
        What the .cpg says; None without one, and for formats that are always UTF-8.
    crs_stated
        Whether the file itself says a coordinate system.
    findings
        FILE-01 and following.
    """

    path: Path
    driver: str
    layer: str | None
    layers: tuple[str, ...]
    sha256: str
    encoding_stated: str | None
    crs_stated: bool
    findings: tuple[Finding, ...]


def existing_file(path: str | Path) -> Path:
    """A file or folder on this machine.

    Raises
    ------
    UsageError
        When it is an address on a network or a GDAL virtual path.
    MissingFileError
        When nothing is there.
    """
    if _NOT_A_PATH.match(str(path)) or "\x00" in str(path):
        shown = without_credentials(str(path))
        raise UsageError(
            vi=f"{shown}: chỉ đọc tệp trên máy này; hãy tải về rồi chỉ đường dẫn.",
            en=f"{shown}: only files on this machine are read; download it and give its path.",
        )
    found = Path(path)
    try:
        there = found.exists()
    except OSError:
        there = False
    if not there:
        raise MissingFileError(
            vi=f"{path}: không có tệp này; hãy kiểm tra đường dẫn.",
            en=f"{path}: no such file; check the path.",
        )
    return found


def read_layer(
    path: str | Path,
    *,
    layer: str | None = None,
    may_be_empty: bool = False,
    encoding: str | None = None,
    limits: Limits = LIMITS,
) -> gpd.GeoDataFrame:
    """Read one layer of a vector file: no column renamed, no geometry changed but closed lines.

    Parameters
    ----------
    path
        A file (or a folder with one shapefile, or a FileGDB folder, or a zip of one of these) of this
        machine, in a format of `DRIVERS`, GeoParquet, or CSV with WKT or longitude and latitude. The
        format is told by the content, not by the extension.
    layer
        Which layer, when the file has several.
    may_be_empty
        Whether a layer without a feature is an answer (no zone is known) and not a mistake.
    encoding
        How the texts of a .dbf, a MapInfo file or a CSV are read, whatever the file says;
        ``ISO-8859-1`` gives every byte as the character of its number. Other formats are always
        UTF-8 and ignore it.
    limits
        What it may hold.

    Returns
    -------
    geopandas.GeoDataFrame
        With the file's columns and coordinate system (which may be None). In drawings (DXF, DGN)
        closed lines have become polygons.

    Raises
    ------
    MissingFileError, UsageError
        No such file; an address; several layers and none named.
    DataError
        Not a vector file of a known format, no geometry, no feature at all, a .dbf that does not fit
        its .shp, over a limit, or something that tells the reader to look elsewhere.

    Notes
    -----
    Promises nothing about validity: `geoplan.intake.mend` does that. What else is odd about the file
    is told by `open_layer`.
    """
    frame, opened = open_layer(path, layer=layer, encoding=encoding, limits=limits)
    for finding in opened.findings:
        if finding.kind is COUNTS_DIFFER:
            raise DataError(vi=finding.vi, en=finding.en)
    name = Path(path).name
    if len(frame) == 0:
        if may_be_empty and isinstance(frame, gpd.GeoDataFrame):
            return frame
        raise DataError(
            vi=f"{name}: lớp trống, không có đối tượng nào.",
            en=f"{name}: the layer is empty, it has no feature.",
        )
    if not isinstance(frame, gpd.GeoDataFrame) or frame.geometry.isna().all():
        raise DataError(
            vi=f"{name}: không có hình học (chỉ là bảng); cần một lớp vùng.",
            en=f"{name}: no geometry (only a table); a polygon layer is needed.",
        )
    return frame


def open_layer(
    path: str | Path, *, layer: str | None = None, encoding: str | None = None, limits: Limits = LIMITS
) -> tuple[gpd.GeoDataFrame | pd.DataFrame, Opened]:
    """Read one layer as it is and say what is odd about the file, in one go; may be empty.

    Raises
    ------
    MissingFileError, UsageError, DataError
        As `read_layer`, but neither an empty layer nor a table nor differing counts are errors here.
    """
    named = existing_file(path)
    with staged(named, layer, limits=limits) as source:
        return _open(named, source, encoding, limits)


def describe(path: str | Path, *, layer: str | None = None, limits: Limits = LIMITS) -> Opened:
    """What a file is and what is odd about it, without reading its features where that is possible.

    A file with several layers is no error here: `Opened.layer` is then None.

    Raises
    ------
    MissingFileError, UsageError, DataError
        As `read_layer`, for what cannot be opened at all.
    """
    named = existing_file(path)
    with staged(named, layer, limits=limits) as source:
        if source.kind in {CSV, PARQUET} or source.kind.drawing:
            return _open(named, source, None, limits)[1]
        findings = _checked(named, source, limits)
        names = data_layers(gdal.layers(source, what=named.name, limits=limits))
        layers = tuple(names)
        chosen = layers[0] if len(layers) == 1 else layer if layer in layers else None
        crs = gdal.info(source, names[chosen or layers[0]], what=named.name, limits=limits)["crs"]
        return _opened(named, source, chosen, layers, findings, crs_stated=crs is not None)


def _open(
    named: Path, source: Staged, encoding: str | None, limits: Limits
) -> tuple[gpd.GeoDataFrame | pd.DataFrame, Opened]:
    what = named.name
    findings = _checked(named, source, limits)
    layers: tuple[str, ...] = (source.name,)
    if source.kind is PARQUET:
        frame = read_parquet(source.path, what=what, limits=limits)
        crs_stated = frame.crs is not None
    elif source.kind is CSV:
        table = read_csv(source.path, what=what, encoding=encoding, limits=limits)
        frame, crs_stated = table.frame, table.crs_stated
        findings += _by_habit(what) if table.lonlat else []
    else:
        names = data_layers(gdal.layers(source, what=what, limits=limits))
        layers = tuple(names)
        chosen = choose_layer(what, layers, source.layer)
        frame, said = gdal.read(source, names[chosen], encoding, what=what, limits=limits)
        findings += said
        crs_stated = getattr(frame, "crs", None) is not None
        if source.kind.drawing and isinstance(frame, gpd.GeoDataFrame):
            frame, said = close_lines(frame, what=what)
            findings += said
        return frame, _opened(named, source, chosen, layers, findings, crs_stated=crs_stated)
    return frame, _opened(named, source, layers[0], layers, findings, crs_stated=crs_stated)


def _opened(
    named: Path,
    source: Staged,
    layer: str | None,
    layers: tuple[str, ...],
    findings: list[Finding],
    *,
    crs_stated: bool,
) -> Opened:
    what, kind = named.name, source.kind
    stated = _cpg(source.path) if kind is SHAPEFILE else None
    said = list(findings)
    if not crs_stated and kind is not CSV:
        part = ".prj" if kind is SHAPEFILE else ""
        said.append(
            Finding(
                NO_PRJ,
                vi=f"{what}: không ghi hệ tọa độ{f' (thiếu {part})' if part else ''}.",
                en=f"{what}: no coordinate system stated{f' (no {part})' if part else ''}.",
            )
        )
    if kind is SHAPEFILE and stated is None:
        said.append(
            Finding(NO_CPG, vi=f"{what}: không ghi bảng mã chữ (thiếu .cpg).", en=f"{what}: no .cpg.")
        )
    return Opened(
        path=named,
        driver=kind.driver or kind.name,
        layer=layer,
        layers=layers,
        sha256=source.sha256,
        encoding_stated=stated,
        crs_stated=crs_stated,
        findings=tuple(sorted(said, key=lambda f: f.kind.code)),
    )


def _cpg(shp: Path) -> str | None:
    file = shp.with_suffix(".cpg")
    if not file.exists():
        return None
    with file.open("rb") as opened:
        return opened.read(64).decode("ascii", errors="replace").strip() or None


def _by_habit(what: str) -> list[Finding]:
    vi = f"{what}: kinh độ, vĩ độ không ghi hệ, được hiểu là WGS 84."
    en = f"{what}: longitude and latitude of no stated system, taken as WGS 84."
    return [Finding(CRS_BY_HABIT, vi=vi, en=en)]


def _checked(named: Path, source: Staged, limits: Limits) -> list[Finding]:
    findings = list(source.findings)
    if source.kind is SHAPEFILE:
        findings += check_shapefile(source.path, what=named.name, limits=limits)
    precheck(source.path, source.kind, what=named.name, limits=limits)
    return findings


def data_layers(names: dict[str, str]) -> dict[str, str]:
    """The layers that a person means: QGIS keeps styles and projects in tables beside them."""
    meant = {name: value for name, value in names.items() if name not in _QGIS_TABLES}
    return meant or names


def choose_layer(what: str, layers: tuple[str, ...], layer: str | None) -> str:
    """The layer that is meant.

    Raises
    ------
    UsageError
        When there are several and none was named, or the named one is not there.
    """
    if layer is None and len(layers) > 1:
        raise UsageError(
            vi=f"{what}: có {len(layers)} lớp ({listing(layers)}); hãy chọn một lớp (--layer…).",
            en=f"{what}: has {len(layers)} layers ({listing(layers, lang='en')}); choose one (--layer…).",
        )
    if layer is None or layer in layers:
        return layers[0] if layer is None else layer
    raise UsageError(
        vi=f"{what}: không có lớp “{layer}”; các lớp có: {listing(layers)}.",
        en=f"{what}: no layer “{layer}”; it has: {listing(layers, lang='en')}.",
    )
