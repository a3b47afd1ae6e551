"""Layers and results into a PostGIS database: all of them in one transaction, or nothing (needs psycopg).

Every layer is a table of one schema with the key (``city``, ``assessed_on``, ``row_no``), so that cities and
dates lie side by side; an export replaces the rows of its own city and date and no other. What was
exported when, with its standing and source, is in the table ``geoplan_exports``. The address of the
database and who wrote into it are kept nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - a dataclass that typeguard reads
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import pandas as pd
import shapely
from psycopg import sql

from geoplan import crs as systems
from geoplan.changes import file_id
from geoplan.errors import DataError
from geoplan.exports import gpkg_file
from geoplan.exports.compare import OURS, losses_of
from geoplan.exports.export import PROVINCE, target_crs
from geoplan.exports.fields import known_fields
from geoplan.exports.layers import export_layers
from geoplan.exports.postgis_register import (
    KEY_TITLES,
    REGISTER_TITLE,
    DatabaseJob,
    drop_others,
    ensure_srid,
    enter,
    register_table,
    storable,
)
from geoplan.exports.postgis_table import (
    GEOMETRY,
    SYSTEM_COLUMNS,
    TYPES,
    Column,
    Table,
    comment_table,
    ensure,
    make_schema,
    number_of,
)
from geoplan.exports.shortened import cut
from geoplan.exports.vectors import as_multi, geometry_type, plain_values
from geoplan.exports.writing import DatabaseResult, Loss, Part, require_finite
from geoplan.intake.database import check_name, connected, parse_address
from geoplan.intake.postgis import KEY, describe_table, fetch
from geoplan.model import words
from geoplan.quantity import UNITS
from geoplan.text import number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from pyproj import CRS

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang
    from geoplan.exports.fields import Field
    from geoplan.exports.layers import ExportLayer

SCHEMA: Final = "geoplan"
_NAME_BYTES: Final = 63
_NO_NUL: Final = words(
    "{} chữ có ký tự mà PostgreSQL không chứa được (NUL hoặc nửa cặp thay thế): đã bỏ hoặc thay bằng \ufffd.",
    "{} texts hold characters that PostgreSQL cannot (NUL or lone surrogates): dropped or replaced by "
    "\ufffd.",
)


def export_postgis(
    result: Assessment,
    url: str,
    *,
    schema: str = SCHEMA,
    layers: Sequence[str] | None = None,
    crs: str = PROVINCE,
    lang: Lang = "vi",
) -> DatabaseResult:
    """Write the layers and results of a city into a PostGIS database, all of them or none.

    Parameters
    ----------
    result
        From `geoplan.assess`.
    url, schema, lang
        As `write_tables`; `lang` also of words among the values.
    layers
        Which layers and tables; all when None.
    crs
        ``province``, ``wgs84`` or ``EPSG:n``, as `geoplan.export`. One table has one system: the next
        province's cities go into another schema, or all of them in one system.

    Raises
    ------
    UsageError, DataError
        As `write_tables` and `geoplan.exports.layers.export_layers`.
    """
    return write_tables(
        export_layers(result, lang=lang, layers=layers),
        url,
        city=file_id(result.city),
        on=result.on,
        crs=target_crs(result.city, crs, gpkg_file.FORMAT),  # any system, as a GeoPackage
        schema=schema,
        lang=lang,
        complete=layers is None,
    )


def write_tables(
    layers: Sequence[ExportLayer],
    url: str,
    *,
    city: str,
    on: dt.date,
    crs: CRS,
    schema: str = SCHEMA,
    lang: Lang = "vi",
    complete: bool = False,
) -> DatabaseResult:
    """Write layers and tables into a PostGIS database, all of them or none.

    Parameters
    ----------
    layers
        From `geoplan.exports.layers.export_layers`.
    url
        ``postgresql://user@host:port/database``; the password rather in ``PGPASSWORD`` or ``~/.pgpass``.
    city, on
        Whose rows they are: those that are there of the same city and date are replaced.
    crs
        The system to write in, one with an EPSG code; VN-2000 by EPSG:6960. Where the database does not
        know it (PostGIS 3.3 has none of EPSG:9205–9218) its definition is added.
    schema
        Made when it is missing.
    lang
        Language of the comments.
    complete
        Whether these are all layers of the city: rows of earlier exports of layers that it no longer has
        then go too.

    Returns
    -------
    DatabaseResult
        The rows that were written, and what reading them back, before the transaction ended, gave
        otherwise.

    Raises
    ------
    UsageError
        A wrong address or name, or no connection.
    DataError
        A table of another shape is in the way, a value that cannot be held, or a refusal of the server;
        the database is then as it was.
    """
    address = parse_address(url)
    check_name(schema, what=("tên lược đồ", "the name of the schema"))
    srid = crs.to_epsg()
    if srid is None:
        raise DataError(
            vi=f"hệ tọa độ {crs.name} không có mã EPSG, không ghi vào PostGIS được; hãy chọn --crs EPSG:n.",
            en=f"the system {crs.name} has no EPSG code and cannot go into PostGIS; choose --crs EPSG:n.",
        )
    with connected(address) as connection:
        job = DatabaseJob(connection, schema, city, on, crs, srid, lang)
        make_schema(connection, schema)
        if any(layer.spatial for layer in layers):
            ensure_srid(job)
        register = register_table(job)
        ensure(connection, register)
        if complete:
            drop_others(job, [layer.name for layer in layers])
        losses = list(dict.fromkeys(loss for layer in layers for loss in _write(job, layer)))
        for layer in layers:
            enter(job, register, layer)
        comment_table(connection, register, REGISTER_TITLE.text(lang))
    rows = {layer.name: len(layer.frame) for layer in layers}
    return DatabaseResult((), tuple(losses), address.shown, schema, rows)


def _write(job: DatabaseJob, layer: ExportLayer) -> Iterator[Loss]:
    """One layer: its table, its rows, and what reading them back gives otherwise."""
    require_finite(layer)
    frame, cleaned = _placed(job, layer)
    if cleaned:
        text = words(*(t.format(number(cleaned)) for t in (_NO_NUL.vi, _NO_NUL.en)))
        yield Loss(layer.name, "text", text)
    names = column_names(layer.fields)
    geometry = None
    if isinstance(frame, gpd.GeoDataFrame):
        kind = geometry_type(frame.geometry.to_numpy()).removeprefix("Multi")
        geometry = f"geometry({'Geometry' if kind == 'Unknown' else f'Multi{kind}'},{job.srid})"
    table = Table(job.schema, layer.name, _columns(job, layer, frame, names), geometry=geometry)
    ensure(job.connection, table)
    job.connection.execute(sql.SQL("DELETE FROM {} WHERE {}").format(table.identifier, job.own))
    part = Part(layer, frame, Path(layer.name), names=names, read=lambda: _read(job, table, layer, names))
    _copy(job, table, part)
    yield from losses_of(part)


def _placed(job: DatabaseJob, layer: ExportLayer) -> tuple[pd.DataFrame, int]:
    """The frame in the system that is written, its texts such as a database holds, and how many changed."""
    frame = layer.frame.copy()
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = systems.from_lonlat(frame, job.crs)
        frame = gpd.GeoDataFrame(frame.assign(geometry=shapes), geometry="geometry", crs=job.crs)
    changed = 0
    for each in layer.fields:
        if each.kind == "text":
            before = frame[each.name].tolist()
            after = [None if v is None else storable(v) for v in before]
            changed += sum(a != b for a, b in zip(after, before, strict=True))
            frame[each.name] = pd.Series(after, index=frame.index, dtype=object)
    return frame, changed


def column_names(fields: Sequence[Field]) -> dict[str, str]:
    """What fields are called in the database where that is not their name: at most 63 bytes, all distinct."""
    used = {*KEY, GEOMETRY, *SYSTEM_COLUMNS}
    out: dict[str, str] = {}
    for each in fields:
        plain = storable(each.name) or "column"
        name, count = cut(plain, _NAME_BYTES), 2
        while name.casefold() in used:
            tail = f"_{count}"
            name, count = cut(plain, _NAME_BYTES - len(tail)) + tail, count + 1
        used.add(name.casefold())
        if name != each.name:
            out[each.name] = name
    return out


def _columns(
    job: DatabaseJob, layer: ExportLayer, frame: pd.DataFrame, names: Mapping[str, str]
) -> tuple[Column, ...]:
    """The columns of a layer's table: all that layers of this name may have, known in this city or not."""
    kinds = {"city": "text", "assessed_on": "date", "row_no": "integer"}
    out = [Column(k, TYPES[kind], KEY_TITLES[k].text(job.lang), needed=True) for k, kind in kinds.items()]
    have = {each.name for each in layer.fields}
    missing = [each for each in known_fields().get(layer.name, ()) if each.name not in have]
    for each in [*layer.fields, *missing]:
        used = each.name in have and bool(frame[each.name].notna().any())
        unit = "" if each.unit is None else UNITS[each.unit].words.text(job.lang)
        title = storable(each.title.text(job.lang))
        comment = f"{title} ({unit})" if unit else title
        out.append(Column(names.get(each.name, each.name), TYPES[each.kind], comment, used=used))
    return tuple(out)


def _copy(job: DatabaseJob, table: Table, part: Part) -> None:
    """The rows, by COPY; empty shapes as NULL, single ones as those of many parts."""
    fields, frame = part.layer.fields, part.frame
    values = [plain_values(frame[each.name], each) for each in fields]
    targets = [*KEY, *(part.names.get(each.name, each.name) for each in fields)]
    if isinstance(frame, gpd.GeoDataFrame):
        shapes = frame.geometry.to_numpy()
        if table.geometry is not None and "Multi" in table.geometry:
            shapes = as_multi(shapes)
        texts = shapely.to_wkb(shapely.set_srid(shapes, job.srid), hex=True, include_srid=True).tolist()
        targets.append(GEOMETRY)
        values.append([None if s is None or s.is_empty else t for s, t in zip(shapes, texts, strict=True)])
    names = sql.SQL(", ").join(map(sql.Identifier, targets))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(table.identifier, names)
    with job.connection.cursor() as cursor, cursor.copy(statement) as copy:
        for i in range(len(frame)):
            copy.write_row((job.city, job.on, i + 1, *(column[i] for column in values)))


def _read(job: DatabaseJob, table: Table, layer: ExportLayer, names: Mapping[str, str]) -> pd.DataFrame:
    """The rows as an import would read them."""
    oid = number_of(job.connection, table.schema, table.name) or 0
    found = describe_table(job.connection, table.schema, table.name, oid)
    kept = {names.get(each.name, each.name) for each in layer.fields} | {GEOMETRY, *KEY}
    found = replace(found, columns=tuple(c for c in found.columns if c[0] in kept))
    geometry = GEOMETRY if layer.spatial else None
    frame, _ = fetch(job.connection, found, geometry, (job.city, job.on), limits=OURS)
    return frame
