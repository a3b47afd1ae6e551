"""The one place where GDAL reads vectors: fiona opens with one driver allowed, pyogrio reads after it."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import fiona
import geopandas as gpd
import pyogrio
import shapely
from fiona.errors import FionaError

from geoplan.errors import DataError
from geoplan.intake.file_codes import GDAL_SAYS, NOT_AS_STATED, RINGS_OPEN
from geoplan.intake.findings import Finding
from geoplan.intake.kinds import FILEGDB, GPKG, KML, MIF, SHAPEFILE, TAB
from geoplan.intake.limits import Limits, check
from geoplan.intake.precheck import gpkg_count
from geoplan.intake.staging import STEM, Staged, not_vector
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

_ENCODED: Final = (SHAPEFILE, TAB, MIF)
_LATIN1: Final = "ISO-8859-1"
_BATCH: Final = 256
_VERTEX_BYTES: Final = 16
_MOST_SAID: Final = 5


def layers(source: Staged, *, what: str, limits: Limits) -> dict[str, str]:
    """The layers as fiona sees them with one driver allowed: what does not open here is not read.

    Returns
    -------
    dict
        By the name for people; the value is GDAL's name, which may be that of the private copy.

    Raises
    ------
    DataError
        When the driver does not take the file, or a limit is broken.
    """
    kind = source.kind
    with _sentences(what):
        if kind.prefix:  # these are parsed whole each time they are opened: once is enough
            with fiona.open(str(source.path), enabled_drivers=[kind.driver]) as opened:
                names = [opened.name]
                _check_size(what, limits, len(opened.schema["properties"]), _length(opened))
        else:
            names = fiona.listlayers(str(source.path), enabled_drivers=[kind.driver], **dict(kind.options))
        if kind is KML:
            names = [str(name) for name in pyogrio.list_layers(source.path)[:, 0]]
    if not names:
        raise not_vector(what)
    return {source.name if name == STEM else name: name for name in names}


def info(source: Staged, layer: str, *, what: str, limits: Limits) -> dict[str, Any]:
    """What pyogrio sees of a layer; it must be the format that passed the door, within the limits.

    Raises
    ------
    DataError
        When it is another format, or a limit is broken.
    """
    kind = source.kind
    with _sentences(what):
        found: dict[str, Any] = pyogrio.read_info(
            f"{kind.prefix}{source.path}",
            layer=layer,
            encoding=_LATIN1 if kind in _ENCODED else None,
            **dict(kind.options),
        )
    if found["driver"] not in kind.reads_as:
        raise not_vector(what)
    _check_size(what, limits, len(found["fields"]), int(found["features"]))
    return found


def read(
    source: Staged, layer: str, encoding: str | None, *, what: str, limits: Limits
) -> tuple[gpd.GeoDataFrame | pd.DataFrame, list[Finding]]:
    """All features of a layer that passed the door.

    Returns
    -------
    frame
        As pyogrio gives it; without geometry when the layer has none.
    findings
        FILE-11 when the text is not in the encoding that the file states, FILE-12 for what GDAL says,
        FILE-13 when rings had to be closed.

    Raises
    ------
    DataError
        When it cannot be read, the file lies about its number of features, or a limit is broken.
    """
    kind = source.kind
    findings: list[Finding] = []
    with warnings.catch_warnings(record=True) as said, _sentences(what):
        warnings.simplefilter("always")
        if not kind.prefix:
            info(source, layer, what=what, limits=limits)
        if kind.indirect:
            _measure(source, layer, what, limits)
        frame = _frame(source, layer, encoding if kind in _ENCODED else None, what, findings)
    if kind is GPKG:
        check_count(what, len(frame), gpkg_count(source.path, layer, what=what))
    if isinstance(frame, gpd.GeoDataFrame):
        check(what, limits, "vertices", int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum()))
    texts = dict.fromkeys(str(w.message).replace(str(source.path), what) for w in said)
    findings += [
        Finding(GDAL_SAYS, vi=f"{what}: GDAL báo: {text}", en=f"{what}: GDAL says: {text}")
        for text in list(texts)[:_MOST_SAID]
    ]
    return frame, findings


def stream(
    path: Path,
    layer: str,
    *,
    what: str,
    limits: Limits,
    columns: list[str],
    geometry: bool = True,
    bbox: tuple[float, ...] | None = None,
) -> Iterator[Any]:
    """Record batches of a layer that passed the door, none larger than a few hundred rows.

    Parameters
    ----------
    path, layer
        Of a staged file whose driver `info` has seen.
    columns
        Which; the fid comes first, the geometry (WKB) last.
    bbox
        Only what meets this window, in the layer's own coordinates.

    Yields
    ------
    pyarrow.RecordBatch

    Raises
    ------
    DataError
        When it cannot be read, or a limit is broken.
    """
    size = features = 0
    with (
        _sentences(what),
        pyogrio.open_arrow(
            path,
            layer=layer,
            columns=columns,
            read_geometry=geometry,
            bbox=bbox,
            return_fids=True,
            batch_size=_BATCH,
            use_pyarrow=True,
        ) as (_, batches),
    ):
        for batch in batches:
            features += batch.num_rows
            size += batch.nbytes
            check(what, limits, "features", features)
            if size > limits.vertices * _VERTEX_BYTES:
                check(what, limits, "vertices", size // _VERTEX_BYTES)
            yield batch


def _frame(
    source: Staged, layer: str, encoding: str | None, what: str, findings: list[Finding]
) -> gpd.GeoDataFrame | pd.DataFrame:
    """The features; text in another encoding than stated and open rings are read all the same and said."""
    kind = source.kind
    settings: dict[str, Any] = {"layer": layer, "encoding": encoding, **dict(kind.options)}
    while True:
        try:
            frame = pyogrio.read_dataframe(f"{kind.prefix}{source.path}", **settings)
        except UnicodeDecodeError:
            if kind not in _ENCODED or settings["encoding"] is not None:
                raise
            settings["encoding"] = _LATIN1
            findings.append(_not_as_stated(what))
        except shapely.errors.ShapelyError:
            if "on_invalid" in settings:
                raise
            settings["on_invalid"] = "fix"
        else:
            if "on_invalid" in settings:
                findings.append(_rings_open(what, int(frame.geometry.isna().sum())))
            return frame


@contextmanager
def _sentences(what: str) -> Iterator[None]:
    """Whatever the libraries raise about a file is one sentence."""
    try:
        yield
    except DataError:
        raise
    except UnicodeDecodeError as error:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; có chữ không phải UTF-8 như định dạng này phải có.",
            en=f"{what}: not a vector file that can be read; it has text that is not UTF-8, which "
            "the format asks for.",
        ) from error
    except (
        FionaError,
        RuntimeError,
        ValueError,
        TypeError,
        OverflowError,
        shapely.errors.ShapelyError,
    ) as error:
        raise not_vector(what) from error


def _length(opened: Any) -> int:
    try:
        return len(opened)
    except TypeError:
        return -1


def _check_size(what: str, limits: Limits, columns: int, features: int) -> None:
    check(what, limits, "columns", columns)
    check(what, limits, "features", features)
    check(what, limits, "cells", features * columns)


def _not_as_stated(what: str) -> Finding:
    return Finding(
        NOT_AS_STATED,
        vi=f"{what}: chữ không đúng bảng mã mà tệp ghi; đã đọc từng byte theo {_LATIN1}.",
        en=f"{what}: text that is not in the encoding the file states; read byte by byte as {_LATIN1}.",
    )


def _rings_open(what: str, without: int) -> Finding:
    return Finding(
        RINGS_OPEN,
        vi=f"{what}: có vòng không khép kín, đã khép bằng đoạn thẳng; "
        f"{number(without)} đối tượng không có hình.",
        en=f"{what}: rings that do not end where they begin, closed by a straight line; "
        f"{number(without, lang='en')} features have no shape.",
    )


def _measure(source: Staged, layer: str, what: str, limits: Limits) -> None:
    """Count the bytes of geometry as they come: parts used many times make a small file large."""
    kind = source.kind
    columns: list[str] | None = None if kind is FILEGDB else []
    allowed = limits.vertices * _VERTEX_BYTES
    size = features = 0
    with pyogrio.open_arrow(
        source.path, layer=layer, columns=columns, batch_size=_BATCH, use_pyarrow=True, **dict(kind.options)
    ) as (_, batches):
        for batch in batches:
            size += batch.nbytes
            features += batch.num_rows
            check(what, limits, "features", features)
            if size > allowed:
                check(what, limits, "vertices", size // _VERTEX_BYTES)


def check_count(what: str, read_rows: int, held: int) -> None:
    """Refuse a file that gives another number of rows than it holds.

    Raises
    ------
    DataError
        With both numbers.
    """
    if read_rows != held:
        raise DataError(
            vi=f"{what}: tệp ghi có {number(read_rows)} đối tượng nhưng thực có {number(held)}; "
            "hãy xuất lại tệp.",
            en=f"{what}: the file says {number(read_rows, lang='en')} features but holds "
            f"{number(held, lang='en')}; export it again.",
        )
