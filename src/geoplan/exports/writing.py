"""What a writer of one format gets and gives back; the words that every writer uses.

A format is a module with one ``FORMAT: Format``; `geoplan.exports.formats` lists them. Its `write` puts
files into `Job.folder`, a private folder that is moved into place when all went well, and says which
layer became which file (`Part`), so that the files can be read back and compared, and what it knows to
be lost (`Loss`).
"""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - a dataclass that typeguard reads
import re
from collections.abc import Callable, Mapping  # noqa: TC003
from dataclasses import dataclass, field
from pathlib import Path  # noqa: TC003
from typing import TYPE_CHECKING, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd  # noqa: TC002 - a dataclass that typeguard reads

from geoplan import crs
from geoplan.errors import DataError
from geoplan.exports.layers import ExportLayer  # noqa: TC001
from geoplan.exports.styles import style_of
from geoplan.model import Words  # noqa: TC001
from geoplan.text import fold, quoted

if TYPE_CHECKING:
    from pyproj import CRS

    from geoplan.assessment import Assessment
    from geoplan.errors import Lang

LossKind = Literal[
    "layer", "name", "type", "cut", "text", "precision", "null", "order", "geometry", "crs", "style"
]
_NAME_LENGTH: Final = 60
_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{i}" for i in range(10)), *(f"lpt{i}" for i in range(10))}
)
"""Names that no file may have on Windows."""


@dataclass(frozen=True)
class Loss:
    """One thing that a format could not hold.

    Attributes
    ----------
    layer, fields
        Where; no field when it is the layer as a whole.
    kind
        ``layer`` (left out), ``name`` (renamed), ``type``, ``cut`` (a text shortened), ``text`` (otherwise
        changed), ``precision``, ``null`` (unknown and empty confused), ``order``, ``geometry``, ``crs``,
        ``style``.
    text
        What exactly, with the counts, in one sentence without the layer's name.
    """

    layer: str
    kind: LossKind
    text: Words
    fields: tuple[str, ...] = ()

    def sentence(self, lang: Lang = "vi") -> str:
        """Layer, fields and what is lost."""
        where = f" ({', '.join(self.fields)})" if self.fields else ""
        return f"{self.layer}{where}: {self.text.text(lang)}"


@dataclass(frozen=True)
class Job:
    """One export, as a writer gets it.

    Attributes
    ----------
    layers
        In order; frames in EPSG:4326. `placed` gives them in `crs`.
    folder
        Where to write; empty, private.
    stem
        A safe beginning for file names, such as ``pho-yen-2024-03-27``.
    crs
        The system that was asked for.
    result
        What is exported.
    out
        The folder that the files will be moved into, for who must know what is there already.
    """

    layers: tuple[ExportLayer, ...]
    folder: Path
    stem: str
    crs: CRS
    lang: Lang
    result: Assessment
    out: Path | None = None

    @property
    def on(self) -> dt.date:
        """The date of the assessment."""
        return self.result.on

    def placed(self, layer: ExportLayer) -> pd.DataFrame:
        """The frame of a layer in the job's system; VN-2000 by EPSG:6960. A table is itself."""
        frame = layer.frame
        if isinstance(frame, gpd.GeoDataFrame):
            shapes = gpd.GeoSeries(crs.from_lonlat(frame, self.crs), index=frame.index, crs=self.crs)
            frame = gpd.GeoDataFrame(frame.assign(geometry=shapes), geometry="geometry", crs=self.crs)
        return frame

    def path(self, layer: ExportLayer, suffix: str) -> Path:
        """Where the file of one layer goes: ``pho-yen-2024-03-27-communes.fgb``."""
        return self.folder / f"{self.stem}-{safe_name(layer.name)}{suffix}"

    def write_style(
        self, layer: ExportLayer, beside: Path, *, names: Mapping[str, str] | None = None
    ) -> None:
        """The style of a layer beside its file, where QGIS and GeoServer look for it.

        `names` are the fields' names in the file by their full ones.
        """
        style = style_of(layer, names=names or {}, lang=self.lang)
        if style is not None:
            beside.with_suffix(".qml").write_text(style.qml, encoding="utf-8", newline="\n")
            beside.with_suffix(".sld").write_text(style.sld, encoding="utf-8", newline="\n")


@dataclass(frozen=True)
class Part:
    """One file, or layer of a file, that can be read back.

    Attributes
    ----------
    layer
        Whose.
    frame
        The rows that were written, in the written system: what reading back should give.
    path, within
        The file, and the layer in it when it holds several.
    names
        What the fields are called there, by their full name; those not named are called as they are.
    read
        Reads it back; `geoplan.intake.open_layer` when None.
    """

    layer: ExportLayer
    frame: pd.DataFrame
    path: Path
    within: str | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    read: Callable[[], pd.DataFrame] | None = None


@dataclass(frozen=True)
class Written:
    """What a writer gives back: what can be read back, and what it knows to be lost."""

    parts: tuple[Part, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name
        As ``--format`` takes it.
    title
        What people call it.
    write
        Writes a job.
    lonlat
        Whether the format is in WGS 84 longitude and latitude whatever is asked for.
    """

    name: str
    title: Words
    write: Callable[[Job], Written]
    lonlat: bool = False


@dataclass(frozen=True)
class ExportResult:
    """What an export made: its files (the loss report last), and what the format could not hold."""

    files: tuple[Path, ...]
    losses: tuple[Loss, ...]


@dataclass(frozen=True)
class DatabaseResult(ExportResult):
    """What an export into a database made; `files` is empty.

    Attributes
    ----------
    where
        Host, port and database: no account, no password.
    schema
        The schema that the tables are in.
    rows
        How many rows of this city and date each table has.
    """

    where: str = ""
    schema: str = ""
    rows: Mapping[str, int] = field(default_factory=dict)


def safe_name(name: str) -> str:
    """A file name that every system takes: lower-case ASCII letters, digits, ``-`` and ``_``.

    >>> safe_name("../Quy hoạch: “phân khu”")
    'quy-hoach-phan-khu'
    """
    plain = re.sub(r"[^a-z0-9_]+", "-", fold(name)).strip("-_")[:_NAME_LENGTH].rstrip("-_")
    if not plain:
        return "layer"
    return f"{plain}_" if plain in _RESERVED else plain


def require_finite(layer: ExportLayer) -> None:
    """Refuse numbers that no reader can be trusted with.

    Raises
    ------
    DataError
        Naming the field, the row and the value.
    """
    for known in layer.fields:
        if known.kind == "number":
            values = layer.frame[known.name].to_numpy(dtype=float)
            bad = np.flatnonzero(np.isinf(values))
            if len(bad):
                raise overflow(layer, known.name, int(bad[0]), values[bad[0]])


def overflow(layer: ExportLayer, name: str, row: int, value: object) -> DataError:
    """The refusal of a value that a field cannot hold."""
    return DataError(
        vi=f"{layer.name}.{name}, dòng {row + 1}: giá trị {quoted(value)} vượt quá sức chứa của trường; "
        "hãy sửa giá trị, hoặc xuất định dạng khác (gpkg).",
        en=f"{layer.name}.{name}, row {row + 1}: the value {quoted(value)} is more than the field can hold; "
        "mend the value, or export another format (gpkg).",
    )
