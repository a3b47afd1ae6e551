"""The dossier of a plan's database: the folders, classes and fields of TT 16/2025/TT-BXD, as far as they go.

What the city's layers can fill is filled; what an officer still has to add is in ``CanBoSung.txt`` and
``.csv``. The structure is from the templates, a secondary source, and the list says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import fiona
import geopandas as gpd
import shapely.geometry
from pyproj import CRS

from geoplan import crs as systems
from geoplan.errors import UsageError
from geoplan.exports.dossier_list import write_list
from geoplan.exports.dossier_rows import fill
from geoplan.exports.dossier_rules import camel_case, dossier_rules
from geoplan.exports.fields import Field
from geoplan.exports.layers import ExportLayer
from geoplan.exports.vectors import as_multi
from geoplan.exports.writing import Format, Job, Loss, Part, Written, require_finite
from geoplan.gpkg import STAMP, VERSION
from geoplan.model import words
from geoplan.text import listing, number

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pandas as pd

    from geoplan.exports.dossier_rows import Filled

LISTS: Final = ("CanBoSung.txt", "CanBoSung.csv")


def write(job: Job) -> Written:
    """The dossier's tree into ``CSDL_<city>``."""
    rules = dossier_rules()
    for layer in job.layers:
        require_finite(layer)
    home = job.folder / f"CSDL_{camel_case(job.result.city.title('vi'))}"
    _refuse_others(job, home)
    for folder in rules.folders:
        (home / folder).mkdir(parents=True)
    layers = {layer.name: layer for layer in job.layers}
    filled, bad = fill(layers)
    parts = [_write_class(job, each, home / "HoSoGIS" / f"{each.kind.file}.gpkg") for each in filled]
    losses = [*_left_out(job, filled), *(loss for each in filled for loss in each.losses)]
    write_list(job, home, filled=filled, bad=bad, losses=losses, names=LISTS)
    return Written(tuple(parts), tuple(losses))


def _refuse_others(job: Job, home: Path) -> None:
    """Refuse to replace a dossier that somebody has worked on: what was added would be gone."""
    there = None if job.out is None else job.out / home.name
    if there is None or not there.is_dir():
        return
    ours = {f"HoSoGIS/{kind.file}.gpkg" for kind in dossier_rules().classes} | set(LISTS)
    found = sorted(p.relative_to(there).as_posix() for p in there.rglob("*") if not p.is_dir())
    added = [name for name in found if name not in ours]
    if added:
        raise UsageError(
            vi=f"{there}: hồ sơ này đã có tệp được thêm vào ({listing(added)}); hãy xuất sang thư mục khác "
            "(--out) rồi "
            "chép các lớp sang.",
            en=f"{there}: files have been added to this dossier ({listing(added, lang='en')}); export into "
            "another "
            "folder (--out) and copy the classes over.",
        )


def _write_class(job: Job, filled: Filled, path: Path) -> Part:
    """One class as a layer of a GeoPackage, its text columns with their widths."""
    rules, kind = dossier_rules(), filled.kind
    shapes = (
        systems.from_lonlat(filled.frame, job.crs) if len(filled.frame) else filled.frame.geometry.to_numpy()
    )
    if kind.geometry.startswith("Multi"):
        shapes = as_multi(shapes)
    names = [field.name for field in rules.fields]
    frame = gpd.GeoDataFrame(
        filled.frame[names], geometry=gpd.GeoSeries(shapes, index=filled.frame.index, crs=job.crs)
    )
    code = job.crs.to_epsg()
    schema = {"geometry": kind.geometry, "properties": {f.name: f"str:{f.width}" for f in rules.fields}}
    with (
        fiona.Env(OGR_CURRENT_DATE=STAMP),
        fiona.open(
            str(path),
            "w",
            driver="GPKG",
            layer=kind.name,
            schema=schema,
            crs_wkt=CRS.from_user_input(job.crs).to_wkt() if code is None else None,
            crs=None if code is None else f"EPSG:{code}",
            VERSION=VERSION,
            IDENTIFIER=f"{kind.dataset}/{kind.name}",
            DESCRIPTION=kind.title.text("vi"),
        ) as file,
    ):
        file.writerecords(_records(frame, names))
    return Part(_as_layer(filled, frame), frame, path, within=kind.name)


def _records(frame: gpd.GeoDataFrame, names: list[str]) -> Iterator[dict[str, Any]]:
    rows = frame[names].to_dict("records")
    for row, shape in zip(rows, frame.geometry, strict=True):
        yield {"geometry": shapely.geometry.mapping(shape), "properties": row}


def _as_layer(filled: Filled, frame: pd.DataFrame) -> ExportLayer:
    fields = tuple(Field(f.name, f.name[:10], f.title, "text") for f in dossier_rules().fields)
    return ExportLayer(f"{filled.kind.file}.{filled.kind.name}", filled.kind.title, frame, fields)


def _left_out(job: Job, filled: list[Filled]) -> Iterator[Loss]:
    """What a dossier has no place for: whole layers and tables, and the other fields of those that go in."""
    used = {name for each in filled for name in each.layers}
    for layer in job.layers:
        if layer.name in used:
            vi = "chỉ mã, tên, loại và ghi chú vào hồ sơ; các trường khác không có chỗ."
            en = "only code, name, class and note go into the dossier; it has no place for the other fields."
        else:
            vi, en = "hồ sơ không có lớp cho phần này.", "the dossier has no class for this."
        yield Loss(layer.name, "layer", words(vi, en))
        if layer.name in used and isinstance(layer.frame, gpd.GeoDataFrame):
            count = int((layer.frame.geometry.isna() | layer.frame.geometry.is_empty).sum())
            if count:
                vi = f"{number(count)} đối tượng không có hình: không vào hồ sơ."
                en = f"{number(count, lang='en')} features without a shape: not in the dossier."
                yield Loss(layer.name, "geometry", words(vi, en))


FORMAT: Final = Format("dossier", words("hồ sơ CSDL quy hoạch", "planning dossier"), write)
