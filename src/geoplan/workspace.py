"""The folder that holds cities: the bundled one, or a workspace of the user's."""

from __future__ import annotations

import hashlib
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import pandas as pd
from pydantic import BaseModel, ValidationError

from geoplan import crs, schema
from geoplan.city import City
from geoplan.city_file import INDICATOR_COLUMNS, CityFile, Layer, RuleFile, TargetFile
from geoplan.dated import in_force_rows, unit_table
from geoplan.errors import DataError, MissingFileError, UsageError
from geoplan.intake import read_layer
from geoplan.intake.read import existing_file, sha256
from geoplan.text import fold, quoted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from geoplan.schema import LayerName

_Model = TypeVar("_Model", bound=BaseModel)
_MOST_RULE_BYTES: Final = 1 << 20
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


def open_city(
    city: str,
    *,
    on: dt.date | None = None,
    workspace: str | Path | None = None,
    rulebooks: str | Path | None = None,
) -> City:
    """Open a city.

    Parameters
    ----------
    city
        Its id (``pho-yen``) or name (``Phổ Yên``, with or without diacritics).
    on
        The date of the view; the city's default date when None.
    workspace
        Folder that holds cities; the bundled ones when None.
    rulebooks
        Folder of rulebooks (``*.toml``) that take precedence over the bundled ones;
        ``<workspace>/rulebooks`` when None and there is one.

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
        indicators=_read_indicators(folder / "indicators.csv"),
        targets=_read_toml(folder / "targets.toml", TargetFile)
        if (folder / "targets.toml").exists()
        else None,
        rule_files=read_rules(root / "rulebooks" if rulebooks is None else existing_file(rulebooks)),
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
    names += [name for name in ("targets.toml", "indicators.csv") if (folder / name).exists()]
    own = {f"rulebooks/{r.name}": hashlib.sha256(r.text.encode()).hexdigest() for r in city.rule_files}
    return {name: sha256(folder / name) for name in sorted(names)} | own


def find_city(name: str, ids: Sequence[str]) -> str | None:
    """Which of these cities is meant by an id or a name, with or without diacritics; None when none is."""
    wanted = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    plain = (wanted.removeprefix(prefix) for prefix in ("", "thanh-pho-", "thi-xa-", "huyen-"))
    return next((city for city in plain if city in ids), None)


def _find(city: str, workspace: str | Path | None) -> str:
    ids = list_cities(workspace)
    found = find_city(city, ids)
    if found is None:
        raise UsageError(
            vi=f"Không có thành phố “{city}”; hãy chọn: {', '.join(ids) or 'thư mục này trống'}.",
            en=f"No city “{city}”; choose one of: {', '.join(ids) or 'the folder is empty'}.",
        )
    return found


def _read_info(path: Path) -> CityFile:
    info = _read_toml(path, CityFile)
    if info.id != path.parent.name or not _ID.fullmatch(info.id):
        raise DataError(
            vi=f"{path.parent.name}/city.toml: id “{info.id}” phải trùng tên thư mục (a-z, 0-9, gạch nối).",
            en=f"{path.parent.name}/city.toml: the id “{info.id}” must be the folder's name.",
        )
    return info


def _read_toml(path: Path, model: type[_Model]) -> _Model:
    """A TOML file of a city as what it must be; a sentence with the place when it is not."""
    what = f"{path.parent.name}/{path.name}"
    try:
        return model.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "–"
        raise DataError(
            vi=f"{what}: mục {where} không hợp lệ: {first['msg']}.",
            en=f"{what}: {where} is not valid: {first['msg']}.",
        ) from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or nested and numbered absurdly
        said = quoted(str(error))
        raise DataError(vi=f"{what}: không đúng TOML: {said}.", en=f"{what}: not TOML: {said}.") from error


def read_rules(folder: Path) -> tuple[RuleFile, ...]:
    """The rulebooks in a folder, by name; none when there is no folder."""
    found = []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        if path.stat().st_size > _MOST_RULE_BYTES:
            raise DataError(
                vi=f"{path.name}: lớn hơn {_MOST_RULE_BYTES // 1024} kB, không phải bộ tiêu chuẩn.",
                en=f"{path.name}: larger than {_MOST_RULE_BYTES // 1024} kB, not a rulebook.",
            )
        try:
            found.append(RuleFile(path.name, path.read_text(encoding="utf-8")))
        except UnicodeError as error:
            raise DataError(
                vi=f"{path.name}: không phải chữ mã UTF-8.", en=f"{path.name}: not text in UTF-8."
            ) from error
    return tuple(found)


def _read_indicators(path: Path) -> pd.DataFrame:
    """``indicators.csv`` as text; an empty table when the city has none."""
    if not path.is_file():
        return pd.DataFrame({name: pd.Series(dtype=str) for name in INDICATOR_COLUMNS})
    return _read_csv(path, INDICATOR_COLUMNS)


def _read_layer(folder: Path, name: LayerName, info: CityFile) -> Layer:
    entry = info.layers[name]
    path = folder / entry.file
    if "\0" in entry.file or path.resolve().parent != folder.resolve():
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
    fingerprint = sha256(path)
    return Layer(
        frame, entry.standing, entry.source, entry.licence, entry.file, fingerprint, entry.accuracy_m
    )


def _read_table(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise MissingFileError(
            vi=f"{path.parent.name}: không có tệp {path.name}.",
            en=f"{path.parent.name}: the file {path.name} does not exist.",
        )
    return unit_table(_read_csv(path, _TABLES[path.name]), what=f"{path.parent.name}/{path.name}")


def _read_csv(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    """A CSV table as text, which must have some columns."""
    what = f"{path.parent.name}/{path.name}"
    try:
        table = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8")
        if not isinstance(table.index, pd.RangeIndex):
            raise ValueError("more fields in a row than headings")  # noqa: TRY004, TRY301 - one sentence for both
    except (ValueError, UnicodeError) as error:
        raise DataError(
            vi=f"{what}: không phải bảng CSV mã UTF-8.", en=f"{what}: not a CSV table in UTF-8."
        ) from error
    missing = [c for c in columns if c not in table.columns]
    if missing:
        raise DataError(
            vi=f"{what}: thiếu cột {', '.join(missing)}.", en=f"{what}: no column {', '.join(missing)}."
        )
    return table
