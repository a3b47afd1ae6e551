"""FileGDB for ArcGIS: one ``.gdb`` folder with every layer and table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from geoplan.exports.vectors import distinct_names, write_vector
from geoplan.exports.writing import Format, Job, Part, Written, require_finite
from geoplan.model import words

if TYPE_CHECKING:
    from geoplan.exports.layers import ExportLayer

_OWN: Final = ("objectid", "fid", "shape", "shape_length", "shape_area")
_INT32: Final = 2**31


def write(job: Job) -> Written:
    """All layers and tables into ``<stem>.gdb``, in the types that every ArcGIS 10 and Pro reads."""
    path = job.folder / f"{job.stem}.gdb"
    parts = []
    for layer in job.layers:
        require_finite(layer)
        frame = job.placed(layer)
        names = distinct_names(layer.fields, taken=_OWN, plain=True)
        write_vector(
            frame,
            path,
            fields=layer.fields,
            names=names,
            types=_types(layer),
            driver="OpenFileGDB",
            layer=layer.name,
            layer_options={"LAYER_ALIAS": layer.title.text(job.lang)},
            append=path.exists(),
        )
        parts.append(Part(layer, frame, path, within=layer.name, names=names))
    return Written(tuple(parts))


def _types(layer: ExportLayer) -> dict[str, pa.DataType]:
    """Types of before ArcGIS Pro 3.2: no 64-bit whole numbers, no plain dates, no booleans."""
    out: dict[str, pa.DataType] = {}
    for field in layer.fields:
        if field.kind == "date":
            out[field.name] = pa.timestamp("ms")
        elif field.kind == "boolean":
            out[field.name] = pa.int16()
        elif field.kind == "integer":
            small = bool((layer.frame[field.name].dropna().abs() < _INT32).all())
            out[field.name] = pa.int32() if small else pa.float64()
    return out


FORMAT: Final = Format("fgdb", words("FileGDB", "FileGDB"), write)
