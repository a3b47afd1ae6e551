"""A city of the user's own, from files: not one of the bundled ones."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pandas as pd
import tomli_w

from geoplan import crs, importing, schema
from geoplan.errors import DataError, UsageError, tell
from geoplan.gpkg import write_gpkg
from geoplan.intake.meridians import meridian_of
from geoplan.intake.names import split_prefix
from geoplan.text import as_date, fold, listing, quoted
from geoplan.workspace import open_city

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from geoplan.city_file import CityKind
    from geoplan.importing import Source, Taken

_NEEDED: Final = ("communes", "plans")
_SERIES: Final = "user"
_LONGEST_ID: Final = 80
_TAKEN_IDS: Final = ("rulebooks", "boundaries")
"""Folders of a workspace that are no city."""
_USER: Final = {"vi": "Người dùng nhập", "en": "Entered by the user"}


@dataclass(frozen=True)
class Founded:
    """A new city: its id, its folder, and how many features each of its layers has."""

    id: str
    folder: Path
    features: dict[str, int]


def new_city(
    name: str,
    *,
    workspace: str | Path,
    sources: Sequence[Source],
    province: str,
    on: dt.date | str,
    title: str | None = None,
    kind: CityKind | None = None,
    urban_class: str | None = None,
    class_aimed: str | None = None,
    due: int | None = None,
) -> Founded:
    """Start a city of one's own in a workspace, from its communes and its plans.

    Parameters
    ----------
    name
        What the city is called, such as ``Sông Công``; its id is the name without diacritics.
    workspace
        The folder that holds cities.
    sources
        The files: ``communes`` and ``plans`` are needed, ``industrial_zones`` and ``urban_land`` may be
        given. Of the communes, ``population`` and ``kind`` are taken when they have such columns; a
        kind may also stand before the name (“Phường 1”, “Xã Tân Quang”).
    province
        The province on that date; it decides the VN-2000 system in which layers are exported.
    on
        The date of the data: when the record starts, and the day that is assessed.
    title
        The city in full, such as ``Thành phố Sông Công``; the name when None.
    kind
        What the whole city is as a unit; None when it is none.
    urban_class, class_aimed, due
        The class it holds (None when it is not known), the class it is to become, and by which year.

    Returns
    -------
    Founded
        To be opened by ``open_city(founded.id, workspace=workspace)``.

    Raises
    ------
    UsageError
        When the workspace holds a city of this id, a needed layer is missing, or there is no such province.
    DataError, CrsError
        When a file cannot serve as its layer; then nothing is written.

    Notes
    -----
    Indicators and targets are left empty: ``indicators.csv`` and ``targets.toml`` in the folder.
    """
    day, id_ = as_date(on), _id(name)
    _require_printable(title or name)
    target = Path(workspace) / id_
    if target.exists():
        raise UsageError(
            vi=f"{target}: đã có thành phố này; hãy chọn tên hoặc thư mục khác, hoặc xóa nó.",
            en=f"{target}: this city is there already; choose another name or folder, or delete it.",
        )
    _require_layers(name, sources)
    meridian = meridian_of(province, on=day)
    taken = [importing.take_in(source, None) for source in sources]
    communes = next(one.frame for one in taken if one.source.layer == "communes")
    units = _units(communes)
    communes = communes.assign(name=[split_prefix(name or "")[1] for name in communes["name"]])
    taken = [replace(one, frame=communes) if one.source.layer == "communes" else one for one in taken]
    _tell_system(taken, meridian.epsg)
    _tell_people(communes)
    info: dict[str, Any] = {
        "id": id_,
        "name": name,
        "titles": [_known({"vi": title or name, "en": title or name, "kind": kind})],
        "classes": [{"class": urban_class, "source": _USER["vi"], "confidence": "seen"}]
        if urban_class
        else [],
        "class_aimed": [{"class": class_aimed, "due": due or day.year, "document": _USER["vi"]}]
        if class_aimed
        else [],
        "crs": f"EPSG:{meridian.epsg}",
        "crs_source": meridian.source[0],
        "record_from": day,
        "default_on": day,
        "provinces": [{"name": province}],
        "layers": {},
    }

    def put(folder: Path) -> None:
        (folder / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")
        _zones_if_none(folder, taken, info)
        for one in taken:
            one.put(folder, None)
        _tables(folder, communes, units, day)
        _try_opening(folder, id_)

    importing.replace_folder(target, put)
    return Founded(id_, target, {one.source.layer: len(one.frame) for one in taken})


def _require_layers(name: str, sources: Sequence[Source]) -> None:
    missing = [layer for layer in _NEEDED if layer not in {source.layer for source in sources}]
    if missing:
        raise UsageError(
            vi=f"{name}: thiếu tệp cho lớp {listing(missing)}.",
            en=f"{name}: no file for the layer {listing(missing, lang='en')}.",
        )


def _id(name: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    if not plain:
        raise UsageError(
            vi="Tên thành phố phải có chữ cái hoặc chữ số.", en="A city's name needs letters or digits."
        )
    _require_printable(name)
    if plain in _TAKEN_IDS or len(plain) > _LONGEST_ID:
        raise UsageError(
            vi=f"Không dùng được {quoted(name)} làm tên thành phố (dành riêng, hoặc quá {_LONGEST_ID} chữ).",
            en=f"A city cannot be called {quoted(name)} (reserved, or over {_LONGEST_ID} letters).",
        )
    return plain


def _require_printable(name: str) -> None:
    """Refuse line breaks, control characters and broken letters in what a city is called."""
    if not name.isprintable():
        raise UsageError(
            vi=f"Tên thành phố {quoted(name)} có ký tự không in được; hãy gõ lại tên.",
            en=f"The city's name {quoted(name)} has characters that cannot be printed; type it again.",
        )


def _try_opening(folder: Path, id_: str) -> None:
    """Open the city before it takes its place: one that cannot be opened is not left behind."""
    with tempfile.TemporaryDirectory(prefix=".geoplan-", dir=folder.parent) as scratch:
        trial = folder.rename(Path(scratch) / id_)
        try:
            open_city(id_, workspace=scratch)
        finally:
            trial.rename(folder)


def _tell_people(communes: gpd.GeoDataFrame) -> None:
    """Say which figures are no numbers of people: negative ones count as unknown, fractions as they are."""
    if "population" not in communes.columns:
        return
    people = schema.numbers(communes["population"], what="communes")
    below = list(communes.loc[people < 0, "name"])
    broken = list(communes.loc[(people % 1) > 0, "name"])
    if below:
        tell(
            vi=f"communes: số dân âm của {listing(below)}, coi như chưa rõ.",
            en=f"communes: the population of {listing(below, lang='en')} is negative and counts as unknown.",
        )
    if broken:
        tell(
            vi=f"communes: số dân của {listing(broken)} có phần lẻ; dấu chấm có phải để ngăn nghìn không?",
            en=f"communes: the population of {listing(broken, lang='en')} has a fraction; was the point "
            "meant to separate thousands?",
        )


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value is not None}


def _units(communes: gpd.GeoDataFrame) -> pd.Series:
    """The kind of each unit: of its column, else of the prefix of its name; None when neither says."""
    known = ("ward", "commune", "township")
    stated = communes["kind"] if "kind" in communes.columns else pd.Series(None, index=communes.index)
    words = {"phuong": "ward", "xa": "commune", "thi tran": "township"}
    out = []
    strange = []
    for value, name in zip(stated, communes["name"], strict=True):
        plain = fold(str(value)).strip() if isinstance(value, str) else ""
        if plain and plain not in known and plain not in words:
            strange.append(str(value))
        out.append(plain if plain in known else words.get(plain) or split_prefix(name or "")[0])
    if strange:
        tell(
            vi=f"communes: loại đơn vị lạ ({listing(dict.fromkeys(strange))}); lấy theo tên nếu tên có nêu.",
            en=f"communes: strange kinds of unit ({listing(dict.fromkeys(strange), lang='en')}); the kind is "
            "that before the name, if there is one.",
        )
    doubled = communes["code"][communes["code"].duplicated()]
    if len(doubled):
        raise DataError(
            vi=f"communes: mã {doubled.iloc[0]} có hai dòng; mỗi đơn vị phải có một mã riêng.",
            en=f"communes: the code {doubled.iloc[0]} is there twice; every unit needs a code of its own.",
        )
    return pd.Series(out, index=communes.index, dtype=object)


def _tell_system(taken: Sequence[Taken], epsg: int) -> None:
    """Say when a file's VN-2000 zone is not that of the province: the figures are then far away."""
    for one in taken:
        frame = one.checked.frame
        found = None if frame.crs is None else frame.crs.to_epsg()
        if frame.crs is not None and crs.is_vn2000(frame.crs) and frame.crs.is_projected and found != epsg:
            tell(
                vi=f"{one.source.path.name}: hệ tọa độ EPSG:{found} không phải hệ của tỉnh (EPSG:{epsg}); "
                "hãy xem bản đồ có đúng chỗ không.",
                en=f"{one.source.path.name}: the system EPSG:{found} is not the province's (EPSG:{epsg}); "
                "see whether the map lies in its place.",
            )


def _zones_if_none(folder: Path, taken: Sequence[Taken], info: dict[str, Any]) -> None:
    """An empty layer of zones, shown as unknown, when the user has none."""
    if any(one.source.layer == "industrial_zones" for one in taken):
        return
    columns: dict[str, list[Any]] = {column.name: [] for column in schema.LAYERS["industrial_zones"]}
    empty = gpd.GeoDataFrame(columns, geometry=[], crs=crs.WGS84)
    write_gpkg(empty, folder / "industrial_zones.gpkg")
    info["layers"]["industrial_zones"] = {
        "file": "industrial_zones.gpkg",
        "standing": "digitised",
        "source": {"vi": "Chưa có lớp khu công nghiệp", "en": "No layer of industrial zones"},
        "licence": "–",
    }
    (folder / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")


def _tables(folder: Path, communes: gpd.GeoDataFrame, kinds: pd.Series, day: dt.date) -> None:
    """``unit_kinds.csv`` and ``population.csv``; units and figures that are not known have no row."""
    start = communes["valid_from"].dt.strftime("%Y-%m-%d").fillna("")
    end = communes["valid_to"].dt.strftime("%Y-%m-%d").fillna("")
    units = pd.DataFrame({"code": communes["code"], "unit_from": start, "name": communes["name"]})
    table = units.assign(kind=kinds, valid_from=start, valid_to=end, source=_USER["vi"])
    table[kinds.notna()].to_csv(folder / "unit_kinds.csv", index=False)
    if "population" in communes.columns:
        people = schema.numbers(communes["population"], what="communes")
    else:
        people = pd.Series(float("nan"), index=communes.index)
    figures = units.assign(
        population=people,
        population_on=day.isoformat(),
        series=_SERIES,
        source=_USER["vi"],
        confidence="seen",
    )
    figures[people >= 0].to_csv(folder / "population.csv", index=False)
