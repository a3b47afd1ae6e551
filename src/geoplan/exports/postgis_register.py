"""One export into a database while its transaction is open: its system, and the register of exports."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from psycopg import errors, sql

from geoplan.__about__ import VERSION
from geoplan.errors import DataError
from geoplan.exports import metadata
from geoplan.exports.layers import LAYERS
from geoplan.exports.mapinfo import with_shift
from geoplan.exports.postgis_table import TYPES, Column, Table, comment_table, number_of
from geoplan.model import words

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import psycopg
    from pyproj import CRS

    from geoplan.errors import Lang
    from geoplan.exports.layers import ExportLayer

REGISTER: Final = "geoplan_exports"
KEY_TITLES: Final = {
    "city": words("Mã đô thị (khóa)", "Id of the city (key)"),
    "assessed_on": words("Ngày đánh giá (khóa)", "Date of the assessment (key)"),
    "row_no": words("Số thứ tự dòng (khóa)", "Number of the row (key)"),
    "layer": words("Lớp hoặc bảng (khóa)", "Layer or table (key)"),
}
_REGISTERED: Final = {
    "title": ("text", words("Tên lớp", "Title of the layer")),
    "rows": ("integer", words("Số dòng", "Rows")),
    "standing": ("text", words("Tính chất của hình vẽ", "Standing of the geometry")),
    "source": ("text", words("Nguồn và giấy phép", "Source and licence")),
    "crs": ("text", words("Hệ tọa độ", "Coordinate system")),
    "made_by": ("text", words("Tạo bởi", "Made by")),
}
REGISTER_TITLE: Final = words("Những gì geoplan đã xuất vào đây", "What geoplan has exported into here")


@dataclass(frozen=True)
class DatabaseJob:
    """One export, while its transaction is open."""

    connection: psycopg.Connection[Any]
    schema: str
    city: str
    on: dt.date
    crs: CRS
    srid: int
    lang: Lang

    @property
    def own(self) -> sql.Composed:
        """The condition of the rows of this city and date."""
        mine = sql.Literal(self.city), sql.Literal(self.on.isoformat())
        return sql.SQL("city = {} AND assessed_on = {}::date").format(*mine)


def storable(text: str) -> str:
    """A text as PostgreSQL can hold it: no NUL, no half of a surrogate pair."""
    return text.replace("\x00", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def ensure_srid(job: DatabaseJob) -> None:
    """The system in the database's table of systems; its definition is added where it is missing."""
    row = job.connection.execute(
        "SELECT auth_name, auth_srid FROM spatial_ref_sys WHERE srid = %s", [job.srid]
    ).fetchone()
    if row is not None:
        if (str(row[0]).upper(), row[1]) != ("EPSG", job.srid):
            raise DataError(
                vi=f"SRID {job.srid} trong spatial_ref_sys của cơ sở dữ liệu không phải EPSG:{job.srid}; hãy "
                "nhờ "
                "quản trị viên sửa, hoặc xuất theo hệ khác (--crs wgs84).",
                en=f"SRID {job.srid} in the database's spatial_ref_sys is not EPSG:{job.srid}; have it "
                "corrected, "
                "or export in another system (--crs wgs84).",
            )
        return
    stated = with_shift(job.crs)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a PROJ string says less; PostGIS takes it last
        values = [job.srid, job.srid, stated.to_wkt("WKT1_GDAL"), stated.to_proj4()]
    try:
        with job.connection.transaction():
            job.connection.execute("INSERT INTO spatial_ref_sys VALUES (%s, 'EPSG', %s, %s, %s)", values)
    except errors.InsufficientPrivilege:
        raise DataError(
            vi=f"cơ sở dữ liệu chưa có hệ {job.crs.name} (EPSG:{job.srid}) và tài khoản này không được thêm; "
            "hãy nhờ "
            "quản trị viên thêm vào spatial_ref_sys, hoặc xuất --crs wgs84.",
            en=f"the database does not know {job.crs.name} (EPSG:{job.srid}) and this account may not add "
            "it; ask "
            "for it in spatial_ref_sys, or export with --crs wgs84.",
        ) from None


def register_table(job: DatabaseJob) -> Table:
    """The table of what was exported."""
    kinds = {"city": "text", "assessed_on": "date", "layer": "text"}
    key = [Column(k, TYPES[kind], KEY_TITLES[k].text(job.lang), needed=True) for k, kind in kinds.items()]
    more = [Column(n, TYPES[kind], title.text(job.lang)) for n, (kind, title) in _REGISTERED.items()]
    return Table(job.schema, REGISTER, (*key, *more), key=tuple(kinds))


def enter(job: DatabaseJob, register: Table, layer: ExportLayer) -> None:
    """Write down what was exported, and what the layer's table now holds into its comment."""
    standing = metadata.standing_text(layer, job.lang) or None
    source = None if layer.source is None else storable(layer.source.text(job.lang))
    system = f"EPSG:{job.srid}" if layer.spatial else None
    made_by, title = f"geoplan {VERSION}", layer.title.text(job.lang)
    values = [job.city, job.on, layer.name, title, len(layer.frame), standing, source, system, made_by]
    mine = sql.SQL("DELETE FROM {} WHERE {} AND layer = {}")
    job.connection.execute(mine.format(register.identifier, job.own, sql.Literal(layer.name)))
    insert = sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        register.identifier,
        sql.SQL(", ").join(sql.Identifier(column.name) for column in register.columns),
        sql.SQL(", ").join(map(sql.Literal, values)),  # a placeholder would look for % in the names
    )
    job.connection.execute(insert)
    query = sql.SQL(
        "SELECT DISTINCT ON (city) city, standing, source FROM {} WHERE layer = {} ORDER BY city, "
        "assessed_on DESC"
    )
    held = job.connection.execute(query.format(register.identifier, sql.Literal(layer.name))).fetchall()
    lines = [f"{city}: {'. '.join(filter(None, said))}" for city, *said in held if any(said)]
    table = Table(job.schema, layer.name, ())
    comment_table(job.connection, table, "\n".join([storable(title), *lines]))


def drop_others(job: DatabaseJob, written: Sequence[str]) -> None:
    """Rows of earlier exports of this city and date in layers that the city no longer has."""
    query = sql.SQL("SELECT layer FROM {} WHERE {}").format(sql.Identifier(job.schema, REGISTER), job.own)
    for (layer,) in job.connection.execute(query).fetchall():
        if layer in written or layer not in LAYERS:
            continue
        table = sql.Identifier(job.schema, layer)
        if number_of(job.connection, job.schema, layer) is not None:
            job.connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table, job.own))
        gone = sql.SQL("DELETE FROM {} WHERE {} AND layer = {}")
        register = sql.Identifier(job.schema, REGISTER)
        job.connection.execute(gone.format(register, job.own, sql.Literal(layer)))
