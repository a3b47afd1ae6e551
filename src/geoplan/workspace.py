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
from geoplan.city import City, CityFile, Layer, unit_table
from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.intake import mend, read_layer
from geoplan.intake.read import existing_file, sha256
from geoplan.text import fold

if TYPE_CHECKING:
    import datetime as dt

    import geopandas as gpd

    from geoplan.schema import LayerName, Standing

_PREFIXES: Final = {
    "ward": ("phường", "p."),
    "commune": ("xã", "x."),
    "township": ("thị trấn", "tt."),
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
    return opened.as_of(on or info.default_on)


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
    wanted = fold(city).strip().replace(" ", "-")
    if wanted in ids:
        return wanted
    raise UsageError(
        vi=f"Không có thành phố “{city}”; hãy chọn: {', '.join(ids) or 'thư mục này trống'}.",
        en=f"No city “{city}”; choose one of: {', '.join(ids) or 'the folder is empty'}.",
    )


def _read_info(path: Path) -> CityFile:
    try:
        return CityFile.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
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
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    return unit_table(table, what=f"{path.parent.name}/{path.name}")


def _own_layer(replacement: Replacement, known: City) -> gpd.GeoDataFrame:
    what = replacement.path.name
    frame = read_layer(replacement.path)
    crs.require_crs(frame, what=what)
    frame, _ = mend(frame, what=what)
    if replacement.layer == "communes":
        frame = _as_communes(frame, known)
    return crs.to_lonlat(schema.conform(frame, replacement.layer, what=what), what=what)


def _as_communes(frame: gpd.GeoDataFrame, known: City) -> gpd.GeoDataFrame:
    """Communes of a foreign file with the validity that the bundled units of their code have."""
    out = schema.conform(frame, "communes", what="communes")
    out["name"] = [split_prefix(name or "")[1] for name in out["name"]]
    if "valid_from" in frame.columns:
        return out
    units = known.layers["communes"].frame.sort_values("valid_from", na_position="first")
    latest = {(row.code, fold(row.name)): row for row in units.itertuples(index=False)}
    for i in out.index:
        unit = latest.get((out.loc[i, "code"], fold(out.loc[i, "name"])))
        if unit is not None:
            for column in ("valid_from", "valid_to", "ward_candidate"):
                out.loc[i, column] = getattr(unit, column)
    return out


def _first_common_date(frame: gpd.GeoDataFrame, known: City) -> dt.date:
    """The bundled city's first date to assess on which all units are in force."""
    latest = frame["valid_from"].max()
    if pd.isna(latest):
        return known.info.default_on
    later = [d.on for d in known.info.dates if pd.Timestamp(d.on) >= latest]
    return max(min(later, default=latest.date()), known.info.default_on)
