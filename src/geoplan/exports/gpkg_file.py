"""GeoPackage, the master: every layer and table, comments on columns, metadata, styles."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Final

from geoplan.exports import metadata
from geoplan.exports.qgis_project import write_project
from geoplan.exports.styles import style_of
from geoplan.exports.vectors import distinct_names, write_vector
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.gpkg import STAMP, VERSION
from geoplan.model import words
from geoplan.quantity import UNITS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from geoplan.exports.layers import ExportLayer
    from geoplan.exports.styles import Style

_GEOMETRY: Final = "geom"
_OWN: Final = ("fid", _GEOMETRY)
_SCHEMA: Final = """
CREATE TABLE gpkg_data_columns (
    table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
    mime_type TEXT, constraint_name TEXT,
    CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
    CONSTRAINT gdc_tn UNIQUE (table_name, name)
);
CREATE TABLE gpkg_data_column_constraints (
    constraint_name TEXT NOT NULL, constraint_type TEXT NOT NULL, value TEXT, min NUMERIC,
    min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, description TEXT,
    CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value)
);
CREATE TABLE gpkg_metadata (
    id INTEGER CONSTRAINT m_pk PRIMARY KEY ASC NOT NULL, md_scope TEXT NOT NULL DEFAULT 'dataset',
    md_standard_uri TEXT NOT NULL, mime_type TEXT NOT NULL DEFAULT 'text/xml',
    metadata TEXT NOT NULL DEFAULT ''
);
CREATE TABLE gpkg_metadata_reference (
    reference_scope TEXT NOT NULL, table_name TEXT, column_name TEXT, row_id_value INTEGER,
    timestamp DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), md_file_id INTEGER NOT NULL,
    md_parent_id INTEGER,
    CONSTRAINT crmr_mfi_fk FOREIGN KEY (md_file_id) REFERENCES gpkg_metadata(id),
    CONSTRAINT crmr_mpi_fk FOREIGN KEY (md_parent_id) REFERENCES gpkg_metadata(id)
);
CREATE TABLE IF NOT EXISTS gpkg_extensions (
    table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, definition TEXT NOT NULL,
    scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name)
);
"""
_EXTENSIONS: Final = (
    ("gpkg_data_columns", "gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema"),
    ("gpkg_data_column_constraints", "gpkg_schema", "http://www.geopackage.org/spec121/#extension_schema"),
    ("gpkg_metadata", "gpkg_metadata", "http://www.geopackage.org/spec121/#extension_metadata"),
    ("gpkg_metadata_reference", "gpkg_metadata", "http://www.geopackage.org/spec121/#extension_metadata"),
)
_STYLES: Final = """
CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256),
    styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30),
    ui TEXT(30), update_time DATETIME
);
"""
_STYLE_CONTENTS: Final = (
    "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) "
    "VALUES ('layer_styles', 'attributes', 'layer_styles', ?)"
)
_STYLE_ROW: Final = """
INSERT INTO layer_styles (
    f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD,
    useAsDefault, description, owner, update_time
) VALUES ('', '', ?, 'geom', ?, ?, ?, 1, 'geoplan', '', ?)
"""


def write(job: Job) -> Written:
    """All layers and tables into ``<stem>.gpkg``, version 1.2, which QGIS 3.22 opens without a word."""
    path = job.folder / f"{job.stem}.gpkg"
    parts = []
    for layer in job.layers:
        require_finite(layer)
        frame = job.placed(layer)
        names = distinct_names(layer.fields, taken=_OWN)
        described = {
            "IDENTIFIER": metadata.title(job, layer, job.lang),
            "DESCRIPTION": metadata.standing_text(layer, job.lang),
        }
        write_vector(
            frame,
            path,
            fields=layer.fields,
            names=names,
            driver="GPKG",
            layer=layer.name,
            layer_options={k: v for k, v in described.items() if v},
            dataset_options={} if path.exists() else {"VERSION": VERSION},
            append=path.exists(),
        )
        parts.append(Part(layer, frame, path, within=layer.name, names=names))
    with closing(sqlite3.connect(path)) as base:
        _describe(base, job, parts)
        base.commit()
    styles = {p.layer.name: style_of(p.layer, names=p.names, lang=job.lang) for p in parts}
    add_styles(path, {name: style for name, style in styles.items() if style is not None})
    write_project(job, parts)
    return Written(tuple(parts))


def _describe(base: sqlite3.Connection, job: Job, parts: list[Part]) -> None:
    """Comments on columns and metadata of layers, as the standard's extensions have them."""
    base.executescript(_SCHEMA)
    for table, extension, definition in _EXTENSIONS:
        base.execute(
            "INSERT INTO gpkg_extensions VALUES (?, NULL, ?, ?, 'read-write')", (table, extension, definition)
        )
    for number, part in enumerate(parts, start=1):
        layer = part.layer
        base.executemany(
            "INSERT INTO gpkg_data_columns (table_name, column_name, name, title, description) "
            "VALUES (?, ?, ?, ?, ?)",
            [(layer.name, *row) for row in _comments(layer, part.names, job)],
        )
        base.execute(
            "INSERT INTO gpkg_metadata VALUES (?, 'dataset', ?, 'text/xml', ?)",
            (number, metadata.STANDARD_URI, metadata.iso_xml(job, layer)),
        )
        base.execute(
            "INSERT INTO gpkg_metadata_reference VALUES ('table', ?, NULL, NULL, ?, ?, NULL)",
            (layer.name, STAMP, number),
        )


def _comments(layer: ExportLayer, names: Mapping[str, str], job: Job) -> list[tuple[str, str, str, str]]:
    """Column, short name, title, and title with the unit, of each field."""
    rows = []
    for field in layer.fields:
        title = field.title.text(job.lang)
        unit = "" if field.unit is None else UNITS[field.unit].words.text(job.lang)
        rows.append(
            (names.get(field.name, field.name), field.short, title, f"{title} ({unit})" if unit else title)
        )
    return rows


def add_styles(path: Path, styles: Mapping[str, Style], *, name: str = "geoplan") -> None:
    """Put styles into a GeoPackage, by layer, where QGIS finds them; each is its layer's default."""
    if not styles:
        return
    with closing(sqlite3.connect(path)) as base:
        base.executescript(_STYLES)
        base.execute(_STYLE_CONTENTS, (STAMP,))
        for layer, style in styles.items():
            base.execute(_STYLE_ROW, (layer, name, style.qml, style.sld, STAMP))
        base.commit()


FORMAT: Final = Format("gpkg", words("GeoPackage", "GeoPackage"), write)
