"""Where a picture lies: the few numbers and the one coordinate system that are written beside it."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING, Final

from affine import Affine
from pyproj import CRS
from pyproj.exceptions import CRSError

from geoplan import crs
from geoplan.errors import CrsError, DataError, UsageError, tell
from geoplan.text import quoted

if TYPE_CHECKING:
    from pathlib import Path

WORLD: Final = {
    "GTiff": (".tfwx", ".tfw", ".tifw", ".tiffw", ".wld"),
    "PNG": (".pgwx", ".pgw", ".pngw", ".wld"),
    "JPEG": (".jgwx", ".jgw", ".jpgw", ".jpegw", ".wld"),
}
"""Extensions of world files by GDAL driver, the more exact ones of ArcGIS (``x``) first."""
_BY_SUFFIX: Final = {".tif": "GTiff", ".tiff": "GTiff", ".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
_BYTES: Final = 1 << 20
_SIX: Final = 6
_AUX_SRS: Final = re.compile(r"<SRS\b[^>]*>([^<]*)</SRS>")
_AUX_TRANSFORM: Final = re.compile(r"<GeoTransform\b[^>]*>([^<]*)</GeoTransform>")
_GRID_FILE: Final = re.compile(r"grids=(?!@null\b)", re.IGNORECASE)


def companions(file: Path, driver: str) -> dict[str, Path]:
    """The files beside a picture that say where it lies: ``world``, ``.prj``, ``.aux.xml``.

    Capitals in their names do not matter.
    """
    claimed = _BY_SUFFIX.get(file.suffix.casefold(), driver)
    there = {p.name.casefold(): p for p in sorted(file.parent.iterdir(), reverse=True) if p.is_file()}
    wanted = {
        "world": [file.stem + suffix for suffix in dict.fromkeys((*WORLD[driver], *WORLD[claimed]))],
        ".prj": [file.stem + ".prj"],
        ".aux.xml": [file.name + ".aux.xml"],
    }
    found: dict[str, Path] = {}
    for kind, names in wanted.items():
        beside = next((there[n.casefold()] for n in names if n.casefold() in there), None)
        if beside is not None:
            found[kind] = beside
    return found


def transform_beside(beside: dict[str, Path], *, what: str) -> Affine | None:
    """Pixel (column, row) to coordinates, as a companion has it; None when none has.

    Raises
    ------
    DataError
        When there is a world file that is none.
    """
    aux = _AUX_TRANSFORM.search(_text(beside, ".aux.xml"))
    values = _numbers(re.split(r"[,\s]+", aux[1].strip())) if aux else None
    if values is not None:
        return Affine.from_gdal(*values)
    if "world" not in beside:
        return None
    values = _numbers(_text(beside, "world").split()[:_SIX])
    if values is None or values[0] * values[3] == values[1] * values[2]:
        raise DataError(
            vi=f"{beside['world'].name}: không phải tệp world (phải có sáu số, mỗi số một dòng); "
            f"hãy xuất lại ảnh {what}.",
            en=f"{beside['world'].name}: not a world file (six numbers, one a line); export {what} again.",
        )
    a, d, b, e, c, f = values
    # It names the middle of the first pixel, an affine transform here its corner.
    return Affine(a, b, c - (a + b) / 2, d, e, f - (d + e) / 2)


def given_system(text: str) -> CRS:
    """The system that the user names.

    Raises
    ------
    UsageError
        When it is none.
    """
    try:
        return CRS.from_user_input(text)
    except CRSError as error:
        raise UsageError(
            vi=f"{quoted(text)} không phải hệ tọa độ; hãy viết như EPSG:9213.",
            en=f"{quoted(text)} is no coordinate system; write it as EPSG:9213.",
        ) from error


def stated_system(inner: str | None, beside: dict[str, Path], *, what: str) -> CRS:
    """The system that the picture states (`inner`, as WKT), else its ``.aux.xml``, else its ``.prj``.

    Raises
    ------
    CrsError
        When none does.
    """
    aux = _AUX_SRS.search(_text(beside, ".aux.xml"))
    texts = (inner, html.unescape(aux[1]) if aux else None, _text(beside, ".prj"))
    wkt = next((text.strip() for text in texts if text and text.strip()), None)
    try:  # a system may name a grid of shifts, which is another file
        system = None if wkt is None or _GRID_FILE.search(wkt) else CRS.from_wkt(wkt)
    except CRSError:
        system = None
    if system is None:
        raise CrsError(
            vi=f"{what}: ảnh không ghi hệ tọa độ hiểu được (thiếu .prj?); hãy chỉ rõ hệ, ví dụ EPSG:9213.",
            en=f"{what}: no coordinate system stated that is understood (a missing .prj?); name it, such as "
            "EPSG:9213.",
        )
    if crs.mistaken_for_wgs84(system):
        tell(
            vi=f"{what}: hệ tọa độ ghi múi 3° trên WGS 84; nếu thật ra là VN-2000 thì ảnh lệch khoảng 225 m: "
            "hãy chỉ rõ hệ VN-2000.",
            en=f"{what}: the system is a 3° zone on WGS 84; if it is VN-2000 in truth, the picture is about "
            "225 m off: name the VN-2000 system.",
        )
    return system


def _text(beside: dict[str, Path], kind: str) -> str:
    if kind not in beside:
        return ""
    with beside[kind].open("rb") as file:
        return file.read(_BYTES).decode("utf-8-sig", errors="replace")


def _numbers(words: list[str]) -> list[float] | None:
    """Six finite numbers, with a point or a comma for the decimals."""
    try:
        values = [float(word.replace(",", ".")) for word in words]
    except ValueError:
        return None
    return values if len(values) == _SIX and all(math.isfinite(v) for v in values) else None
