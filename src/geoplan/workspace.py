"""The folder that holds cities: the bundled one, or a workspace of the user's."""

from __future__ import annotations

import re
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd
import tomli_w
from pydantic import ValidationError

from geoplan import crs, schema
from geoplan.city import City, CityFile, Layer, in_force_rows, unit_table
from geoplan.errors import DataError, MissingFileError, UsageError, tell
from geoplan.intake import mend, read_layer
from geoplan.intake.read import existing_file, sha256
from geoplan.text import fold, listing

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    from geoplan.schema import LayerName, Standing

_PREFIXES: Final = {
    "ward": ("phường", "p."),
    "commune": ("xã", "x."),
    "township": ("thị trấn", "tt."),
}


_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_TABLES: Final = {
    "unit_kinds.csv": ("code", "unit_from", "kind", "valid_from", "valid_to"),
    "population.csv": ("code", "unit_from", "population", "population_on", "series", "source", "confidence"),
}


def bundled() -> Path:
    """The folder of the cities that come with geoplan."""
    inside = Path(__file__).parent / "layers"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "layers"


def list_cities(workspace: str | Path | None = None) -> list[str]:
    """The ids of the cities in a workspace (None: the bundled ones), in alphabetical order.

    Raises
    ------
    MissingFileError
        When the folder does not exist.
    """
    root = bundled() if workspace is None else existing_file(workspace)
    return sorted(p.parent.name for p in root.glob("*/city.toml"))


def open_city(city: str, *, on: dt.date | None = None, workspace: str | Path | None = None) -> City:
    """Open a city.

    Parameters
    ----------
    city
        Its id (``pho-yen``) or name (``Phổ Yên``, with or without diacritics).
    on
        The date of the view; the city's default date when None.
    workspace
        Folder that holds cities; the bundled ones when None.

    Raises
    ------
    UsageError
        When there is no such city (the sentence lists those there are), or no record for the date.
    DataError
        When one of its files is not what the contract says.
    """
    root = bundled() if workspace is None else existing_file(workspace)
    folder = root / _find(city, workspace)
    info = _read_info(folder / "city.toml")
    layers = {name: _read_layer(folder, name, info) for name in info.layers}
    for name in ("communes", "plans", "industrial_zones"):
        if name not in layers:
            raise DataError(
                vi=f"{info.id}/city.toml: thiếu lớp {name}; hãy khai báo [layers.{name}].",
                en=f"{info.id}/city.toml: the layer {name} is missing; declare [layers.{name}].",
            )
    opened = City(
        info=info,
        layers=layers,
        kinds=_read_table(folder / "unit_kinds.csv"),
        populations=_read_table(folder / "population.csv").rename(columns={"source": "population_source"}),
        on=info.default_on,
    )
    _require_one_unit_a_code(opened)
    return opened.as_of(info.default_on if on is None else on)


def _require_one_unit_a_code(city: City) -> None:
    """Refuse a record in which a code is in force, or of two kinds, twice on one date."""
    frame, kinds = city.layers["communes"].frame, city.kinds
    for table, what in ((frame, city.layers["communes"].file), (kinds, "unit_kinds.csv")):
        days = {d for c in ("valid_from", "valid_to") for d in table[c].dropna()} | {pd.Timestamp(city.on)}
        for on in sorted(days):
            codes = in_force_rows(table, on.date())["code"]
            doubled = codes[codes.duplicated()]
            if len(doubled):
                raise DataError(
                    vi=f"{city.id}/{what}: mã {doubled.iloc[0]} có hai dòng hiệu lực ngày {on.date()}.",
                    en=f"{city.id}/{what}: the code {doubled.iloc[0]} is in force twice on {on.date()}.",
                )


def input_files(city: City, *, workspace: str | Path | None = None) -> dict[str, str]:
    """The sha256 of every file that a city is made from, by file name."""
    folder = (bundled() if workspace is None else Path(workspace)) / city.id
    names = ["city.toml", "unit_kinds.csv", "population.csv", *(la.file for la in city.layers.values())]
    return {name: sha256(folder / name) for name in sorted(names)}


@dataclass(frozen=True)
class Replacement:
    """A layer of the user's own that takes the place of a bundled one."""

    layer: LayerName
    path: Path
    standing: Standing = "digitised"


def init_city(city: str, *, workspace: str | Path, replacements: tuple[Replacement, ...] = ()) -> Path:
    """Start a city in a workspace from the bundled one, with the user's own layers in place of some.

    Communes that come without ``valid_from`` take the validity, kind and candidacy of the bundled
    unit of the same code and name (the latest one), names lose their Phường/Xã prefix, and the
    default date moves to one on which they are all in force.

    Returns
    -------
    Path
        The city's folder.

    Raises
    ------
    UsageError
        When there is no such bundled city, or the workspace already holds it.
    DataError, CrsError
        When a file cannot serve as the layer.
    """
    known = open_city(city)
    target = Path(workspace) / known.id
    if target.exists():
        raise UsageError(
            vi=f"{target}: đã có thành phố này trong không gian làm việc; hãy chọn thư mục khác hoặc xóa nó.",
            en=f"{target}: the workspace already holds this city; choose another folder or delete it.",
        )
    frames = {r: _own_layer(r, known) for r in replacements}
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".init-", dir=target.parent) as scratch:
        made = Path(scratch) / known.id
        shutil.copytree(bundled() / known.id, made)
        info = tomllib.loads((made / "city.toml").read_text(encoding="utf-8"))
        for replacement, frame in frames.items():
            file = f"{replacement.layer}.gpkg"
            (made / info["layers"][replacement.layer]["file"]).unlink()
            frame.to_file(made / file, driver="GPKG", engine="pyogrio", dataset_options={"VERSION": "1.2"})
            origin = f"{replacement.path.name}, sha256 {sha256(replacement.path)}"
            info["layers"][replacement.layer] = {
                "file": file,
                "standing": replacement.standing,
                "source": {"vi": f"Tệp của người dùng: {origin}", "en": f"The user's file: {origin}"},
                "licence": "as the source states",
            }
            if replacement.layer == "communes":
                info["default_on"] = _first_common_date(frame, known)
        (made / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")
        made.rename(target)
    return target


def split_prefix(name: str) -> tuple[str | None, str]:
    """Kind and bare name of a unit: ``("ward", "Phổ Yên")`` from ``Phường Phổ Yên``."""
    for kind, prefixes in _PREFIXES.items():
        for prefix in prefixes:
            match = re.match(rf"{re.escape(prefix)}\s+(.+)$", name.strip(), flags=re.IGNORECASE)
            if match:
                return kind, match[1]
    return None, name.strip()


def _find(city: str, workspace: str | Path | None) -> str:
    ids = list_cities(workspace)
    wanted = re.sub(r"[^a-z0-9]+", "-", fold(city)).strip("-")
    for prefix in ("", "thanh-pho-", "thi-xa-", "huyen-"):
        if wanted.removeprefix(prefix) in ids:
            return wanted.removeprefix(prefix)
    raise UsageError(
        vi=f"Không có thành phố “{city}”; hãy chọn: {', '.join(ids) or 'thư mục này trống'}.",
        en=f"No city “{city}”; choose one of: {', '.join(ids) or 'the folder is empty'}.",
    )


def _read_info(path: Path) -> CityFile:
    try:
        info = CityFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DataError(
            vi=f"{path.parent.name}/city.toml: không đúng TOML: {error}.",
            en=f"{path.parent.name}/city.toml: not TOML: {error}.",
        ) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise DataError(
            vi=f"{path.parent.name}/city.toml: mục {where} không hợp lệ: {first['msg']}.",
            en=f"{path.parent.name}/city.toml: {where} is not valid: {first['msg']}.",
        ) from error
    if info.id != path.parent.name or not _ID.fullmatch(info.id):
        raise DataError(
            vi=f"{path.parent.name}/city.toml: id “{info.id}” phải trùng tên thư mục (a-z, 0-9, gạch nối).",
            en=f"{path.parent.name}/city.toml: the id “{info.id}” must be the folder's name.",
        )
    return info


def _read_layer(folder: Path, name: LayerName, info: CityFile) -> Layer:
    entry = info.layers[name]
    path = folder / entry.file
    if path.resolve().parent != folder.resolve():
        raise DataError(
            vi=f"{info.id}/city.toml: tệp {entry.file} phải nằm trong thư mục của thành phố.",
            en=f"{info.id}/city.toml: the file {entry.file} must lie in the city's folder.",
        )
    if not path.is_file():
        raise MissingFileError(
            vi=f"{info.id}: không có tệp {entry.file} mà city.toml nêu.",
            en=f"{info.id}: the file {entry.file} that city.toml names does not exist.",
        )
    frame = read_layer(path, may_be_empty=name == "industrial_zones")
    frame = crs.to_lonlat(schema.conform(frame, name, what=f"{info.id}/{entry.file}"), what=entry.file)
    return Layer(frame, entry.standing, entry.source, entry.licence, entry.file, sha256(path))


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingFileError(
            vi=f"{path.parent.name}: không có tệp {path.name}.",
            en=f"{path.parent.name}: the file {path.name} does not exist.",
        )
    what = f"{path.parent.name}/{path.name}"
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
    except (ValueError, UnicodeError) as error:
        raise DataError(
            vi=f"{what}: không phải bảng CSV mã UTF-8.", en=f"{what}: not a CSV table in UTF-8."
        ) from error
    missing = [c for c in _TABLES[path.name] if c not in table.columns]
    if missing:
        raise DataError(
            vi=f"{what}: thiếu cột {', '.join(missing)}.", en=f"{what}: no column {', '.join(missing)}."
        )
    return unit_table(table, what=what)


def _own_layer(replacement: Replacement, known: City) -> gpd.GeoDataFrame:
    what = replacement.path.name
    frame = read_layer(replacement.path)
    crs.require_crs(frame, what=what)
    frame, _ = mend(frame, what=what)
    if replacement.layer == "communes":
        frame = _as_communes(frame, known)
    return crs.to_lonlat(schema.conform(frame, replacement.layer, what=what), what=what)


def _as_communes(frame: gpd.GeoDataFrame, known: City) -> gpd.GeoDataFrame:
    """Communes of a foreign file with the validity of the bundled units that they are.

    Codes are used again by other units later, so the units are those of one day: the day whose units
    match most of the file's codes and names, the latest of equally good ones.

    Raises
    ------
    DataError
        When no unit of the city matches.
    """
    out = schema.conform(frame, "communes", what="communes")
    out["name"] = [split_prefix(name or "")[1] for name in out["name"]]
    if "valid_from" in frame.columns:
        return out
    record = known.layers["communes"].frame
    days = sorted({known.info.record_from, *(d.date() for d in record["valid_from"].dropna())})
    names = [(code, fold(name)) for code, name in zip(out["code"], out["name"], strict=True)]
    eras = [{(u.code, fold(u.name)): u for u in in_force_rows(record, day).itertuples()} for day in days]
    best = max(range(len(eras)), key=lambda i: (sum(name in eras[i] for name in names), i))
    strangers = [out["name"].iloc[i] for i, name in enumerate(names) if name not in eras[best]]
    if len(strangers) == len(names):
        raise DataError(
            vi=f"communes: không đơn vị nào là của {known.info.name} (so mã và tên): {listing(strangers)}.",
            en=f"communes: no unit is one of {known.info.name} (by code and name): {listing(strangers)}.",
        )
    if strangers:
        tell(
            vi=f"communes: {len(strangers)} đơn vị không có trong hồ sơ {known.info.name}, coi như luôn có "
            f"hiệu lực và chưa rõ loại: {listing(strangers)}.",
            en=f"communes: {len(strangers)} units are not on record for {known.info.name}, count as always "
            f"in force, of unknown kind: {listing(strangers, lang='en')}.",
        )
    for i, name in enumerate(names):
        unit = eras[best].get(name)
        for column in ("valid_from", "valid_to", "ward_candidate"):
            if unit is not None:
                out.loc[out.index[i], column] = getattr(unit, column)
    return out


def _first_common_date(frame: gpd.GeoDataFrame, known: City) -> dt.date:
    """The city's default date when all units are in force on it, else the first date on which they are."""
    if len(in_force_rows(frame, known.info.default_on)) == len(frame):
        return known.info.default_on
    latest, end = frame["valid_from"].max(), frame["valid_to"].min()
    start = known.info.record_from if pd.isna(latest) else latest.date()
    later = [d.on for d in known.info.dates if d.on >= start and (pd.isna(end) or d.on < end.date())]
    return min(later, default=start)
