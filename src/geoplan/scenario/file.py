"""A scenario as a small TOML file that can be kept, shared and run again."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - pydantic reads the annotations
import tomllib
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import Field, ValidationError

from geoplan.errors import DataError, GeoplanError, MissingFileError, UsageError
from geoplan.intake.read import existing_file, read_layer
from geoplan.model import Strict
from geoplan.schema import Standing  # noqa: TC001 - pydantic reads the annotations
from geoplan.text import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geoplan.city import City

_MOST_BYTES: Final = 1 << 20
_MOST_CHANGES: Final = 500
_Name = Annotated[str, Field(min_length=1)]
_Names = Annotated[list[_Name], Field(min_length=1)]
_Amount = Annotated[float, Field(ge=0, strict=True)]
_UnitKind = Literal["ward", "commune", "township"]


class _Change(Strict):
    on: dt.date | None = None


class _OfFile(_Change):
    """A change with features: in which file, and which layer of it."""

    file: _Name | None = None
    layer: _Name | None = None


class Wards(_Change):
    """Communes that become wards."""

    what: Literal["wards"]
    units: _Names


class Plans(_OfFile):
    """Plans that are added."""

    what: Literal["plans"]
    file: _Name
    kind: Literal["general", "zoning", "detailed"] | None = None
    standing: Standing = "illustrative"


class Population(_Change):
    """Other numbers of people."""

    what: Literal["population"]
    people: Annotated[dict[str, _Amount], Field(min_length=1)]
    source: str | None = None


class Zone(_OfFile):
    """An industrial zone, new (then with a file) or changed."""

    what: Literal["zone"]
    name: _Name
    kind: str | None = None
    status: str | None = None
    established_on: dt.date | None = None
    area_declared_ha: _Amount | None = None
    leased_ha: _Amount | None = None


class Without(_Change):
    """Plans, zones or units that are left out."""

    what: Literal["without"]
    names: _Names


class Merge(_Change):
    """Units merged into one."""

    what: Literal["merge"]
    units: Annotated[list[_Name], Field(min_length=2)]
    name: _Name
    kind: _UnitKind | None = None


Entry = Wards | Plans | Population | Zone | Without | Merge
_ENTRY: Final = {
    "wards": Wards, "plans": Plans, "population": Population, "zone": Zone, "without": Without,
    "merge": Merge,
}  # fmt: skip


class Head(Strict):
    """Of which city, seen on which date, what it is called."""

    city: _Name
    on: dt.date | None = None
    title: str = ""
    note: str = ""
    convert_temporary: bool = False


class ScenarioFile(Strict):
    """What a scenario file holds; the changes come one after the other."""

    scenario: Head
    changes: list[Annotated[Entry, Field(discriminator="what")]] = Field(
        default_factory=list, max_length=_MOST_CHANGES
    )


@dataclass(frozen=True)
class Scenario:
    """A scenario that was read: what its file says, and the features that it names.

    Attributes
    ----------
    name
        The file's name, for sentences.
    file
        What it says.
    features
        The layers that its changes name, by the change's number, counted from 0.
    """

    name: str
    file: ScenarioFile
    features: Mapping[int, gpd.GeoDataFrame]

    @property
    def city_id(self) -> str:
        """The city that it changes."""
        return self.file.scenario.city

    def apply(self, city: City) -> City:
        """The city with all changes, on the scenario's date when it has one.

        Raises
        ------
        UsageError
            When it is another city's, or a change does not fit this city; the sentence says which.
        DataError
            When features that it adds cannot be used.
        """
        head = self.file.scenario
        if head.city != city.id:
            raise UsageError(
                vi=f"{self.name}: phương án của thành phố {quoted(head.city)}, không phải {city.id}.",
                en=f"{self.name}: a scenario of the city {quoted(head.city)}, not of {city.id}.",
            )
        view = city if head.on is None else city.as_of(head.on)
        view = view.counting_temporary() if head.convert_temporary else view
        return reduce(self._changed, enumerate(self.file.changes), view)

    def _changed(self, city: City, numbered: tuple[int, Entry]) -> City:
        at, entry = numbered
        try:
            return _applied(city, entry, self.features.get(at))
        except GeoplanError as error:
            vi, en = f"{self.name}, thay đổi thứ {at + 1}", f"{self.name}, change {at + 1}"
            raise type(error)(vi=f"{vi}: {error.vi}", en=f"{en}: {error.en}") from error


def _applied(city: City, entry: Entry, features: gpd.GeoDataFrame | None) -> City:
    on = entry.on
    match entry:
        case Wards():
            return city.with_wards(entry.units, on=on)
        case Plans():
            assert features is not None  # noqa: S101 - the model asks for a file
            return city.with_plans(features, kind=entry.kind, on=on, standing=entry.standing)
        case Population():
            return city.with_population(entry.people, on=on, source=entry.source)
        case Zone():
            facts = entry.model_dump(exclude={"what", "on", "file", "layer", "name"}, exclude_none=True)
            return city.with_industrial_zone(entry.name, geometry=features, on=on, **facts)
        case Without():
            return city.without(entry.names, on=on)
        case Merge():
            return city.merge(entry.units, name=entry.name, kind=entry.kind, on=on)


def read_scenario(path: str | Path) -> Scenario:
    """Read a scenario and the layers that it names.

    Parameters
    ----------
    path
        A TOML file. The files that it names lie in its folder, or below it; each is read as any file
        of a stranger's is.

    Raises
    ------
    MissingFileError
        When it, or a file that it names, is not there.
    DataError
        When it is no scenario; the sentence says where. When a file lies elsewhere or cannot be read.
    """
    found = existing_file(path)
    try:
        file = ScenarioFile.model_validate(_toml(found))
    except ValidationError as error:
        raise _invalid(found.name, error) from error
    features = {
        at: _features(found, at, entry)
        for at, entry in enumerate(file.changes)
        if isinstance(entry, _OfFile) and entry.file is not None
    }
    return Scenario(found.name, file, features)


def _toml(path: Path) -> dict[str, Any]:
    if path.is_dir() or path.stat().st_size > _MOST_BYTES:
        raise DataError(
            vi=f"{path.name}: không phải tệp phương án (TOML dưới {_MOST_BYTES >> 10} kB).",
            en=f"{path.name}: not the file of a scenario (TOML below {_MOST_BYTES >> 10} kB).",
        )
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors put a mark in front
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or nested absurdly
        said = quoted(str(error))
        raise DataError(
            vi=f"{path.name}: không đúng TOML: {said}.", en=f"{path.name}: not TOML: {said}."
        ) from error


def _features(path: Path, at: int, entry: _OfFile) -> gpd.GeoDataFrame:
    """The layer that a change names, from the scenario's folder and no other."""
    vi, en = f"{path.name}, thay đổi thứ {at + 1}", f"{path.name}, change {at + 1}"
    said, folder = quoted(entry.file), path.resolve().parent
    try:
        found = (folder / str(entry.file)).resolve()
        there = found.exists()
    except (OSError, ValueError, RuntimeError):  # a null byte, a name too long, a loop of links
        found, there = folder, False
    if Path(str(entry.file)).is_absolute() or (there and folder not in found.parents):
        raise DataError(
            vi=f"{vi}: tệp {said} phải nằm trong thư mục của phương án.",
            en=f"{en}: the file {said} must lie in the scenario's folder.",
        )
    if not there:
        raise MissingFileError(
            vi=f"{vi}: không có tệp {said} trong thư mục của phương án.",
            en=f"{en}: no file {said} in the scenario's folder.",
        )
    try:
        return read_layer(found, layer=entry.layer)
    except GeoplanError as error:
        raise type(error)(vi=f"{vi}: {error.vi}", en=f"{en}: {error.en}") from error


def _invalid(name: str, error: ValidationError) -> DataError:
    """The first thing that is wrong, and where."""
    first = error.errors()[0]
    where = [part for part in first["loc"] if part not in _ENTRY]
    vi, en = name, name
    if where[:1] == ["changes"] and len(where) > 1 and isinstance(where[1], int):
        vi, en = f"{name}, thay đổi thứ {where[1] + 1}", f"{name}, change {where[1] + 1}"
        where = where[2:]
    key = ".".join(quoted(part)[1:-1] for part in where)
    says_vi, says_en = _said(first["type"], first["msg"])
    place_vi, place_en = (f"mục {key} ", f"{key} ") if key else ("", "")
    return DataError(vi=f"{vi}: {place_vi}{says_vi}.", en=f"{en}: {place_en}{says_en}.")


def _said(kind: str, message: str) -> tuple[str, str]:
    """What is wrong in words; the checker's own where there are none."""
    known = {
        "missing": ("còn thiếu", "is missing"),
        "extra_forbidden": ("không thuộc tệp phương án", "does not belong into a scenario"),
        "union_tag_invalid": (
            f"có what lạ; hãy chọn: {', '.join(_ENTRY)}", f"has a strange what; choose: {', '.join(_ENTRY)}",
        ),
        "union_tag_not_found": (
            f"thiếu what; hãy chọn: {', '.join(_ENTRY)}", f"has no what; choose: {', '.join(_ENTRY)}",
        ),
        "too_short": ("phải có thêm giá trị", "needs more values"),
        "too_long": ("có quá nhiều giá trị", "has too many values"),
        "string_too_short": ("để trống", "is empty"),
        "string_type": ("phải là chữ", "must be text"),
        "float_type": ("phải là số, không trong dấu nháy", "must be a number, not in quotation marks"),
        "list_type": ("phải là danh sách [ ]", "must be a list [ ]"),
        "greater_than_equal": ("phải từ 0 trở lên", "must be zero or more"),
    }  # fmt: skip
    return known.get(kind, (f"không hợp lệ: {quoted(message)}", f"is not valid: {quoted(message)}"))
