"""DXF for CAD: outlines, hatching and names in metres of VN-2000, a layer a kind, attributes attached.

R2010, so that texts are UTF-8. Needs ezdxf (``pip install 'geoplan[cad]'``).
"""

from __future__ import annotations

from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from geoplan.errors import UsageError
from geoplan.exports import metadata
from geoplan.exports.csv_file import write_tables
from geoplan.exports.writing import Format, Job, Loss, Part, Written, require_finite
from geoplan.model import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geoplan.exports.layers import ExportLayer

_ATTACHED: Final = words(
    "các trường gắn vào đường bao bằng XDATA (ứng dụng GEOPLAN); phần mềm không đọc XDATA thì không thấy.",
    "fields are attached to the outlines as XDATA (application GEOPLAN); not every program reads it.",
)
_UNSAID: Final = words(
    "tệp chỉ ghi hệ tọa độ bằng chữ ({}); phần mềm không tự nhận ra.",
    "the file states its system in words only ({}); programs do not know it by themselves.",
)
_GARBLED: Final = words(
    "chữ là UTF-8 như R2010 quy định; GDAL và QGIS chỉ đọc đúng khi đặt DXF_ENCODING=UTF-8.",
    "texts are UTF-8, as R2010 has them; GDAL and QGIS read them right only with DXF_ENCODING=UTF-8.",
)
_COLOURS: Final = words(
    "màu là số màu AutoCAD (ACI) gần nhất với bảng màu của geoplan.",
    "colours are the AutoCAD numbers (ACI) nearest to geoplan's palette.",
)


def write(job: Job) -> Written:
    """``<stem>.dxf`` with everything that has a place; tables as CSV.

    Raises
    ------
    UsageError
        When ezdxf is not installed, or the system is not in metres.
    """
    _require(job)
    from geoplan.exports.dxf_draw import write_drawing  # noqa: PLC0415 - of the extra "cad"
    from geoplan.exports.dxf_read import read_drawing  # noqa: PLC0415

    layers = [layer for layer in job.layers if layer.spatial]
    for layer in layers:
        require_finite(layer)
    frames = {layer.name: job.placed(layer) for layer in layers}
    path = job.folder / f"{job.stem}.dxf"
    write_drawing(job, frames, layers, path)
    tables = write_tables(job)
    parts = [
        Part(layer, frames[layer.name], path, read=partial(read_drawing, path, layer)) for layer in layers
    ]
    return Written((*parts, *tables.parts), (*_losses(job, layers), *tables.losses))


def _require(job: Job) -> None:
    if find_spec("ezdxf") is None:
        raise UsageError(
            vi="xuất DXF cần gói ezdxf; hãy cài: pip install 'geoplan[cad]'.",
            en="DXF needs the package ezdxf; install it: pip install 'geoplan[cad]'.",
        )
    if job.crs.is_geographic or job.crs.axis_info[0].unit_conversion_factor != 1:
        raise UsageError(
            vi=f"bản vẽ DXF tính bằng mét, hệ {job.crs.name} thì không; hãy bỏ --crs để dùng VN-2000.",
            en=f"a DXF drawing is in metres, {job.crs.name} is not; leave --crs out to have VN-2000.",
        )


def _losses(job: Job, layers: Sequence[ExportLayer]) -> list[Loss]:
    """What no drawing holds, of all layers at once."""
    if not layers:
        return []
    names, system = ", ".join(layer.name for layer in layers), metadata.crs_text(job)
    unsaid = words(_UNSAID.vi.format(system), _UNSAID.en.format(system))
    return [
        Loss(names, "type", _ATTACHED),
        Loss(names, "text", _GARBLED),
        Loss(names, "crs", unsaid),
        Loss(names, "style", _COLOURS),
    ]


FORMAT: Final = Format("dxf", words("DXF (AutoCAD)", "DXF (AutoCAD)"), write)
