"""A foreign file into a city of a workspace: checked, mapped, placed, mended, and logged."""

from __future__ import annotations

import csv
import shutil
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import tomli_w

from geoplan import crs, schema
from geoplan.dated import in_force_rows
from geoplan.errors import DataError, UsageError, tell
from geoplan.gpkg import write_gpkg
from geoplan.intake.check import Checked, check_file
from geoplan.intake.check_communes import NO_NAME
from geoplan.intake.clean import Change, clean
from geoplan.intake.columns import MISSING, restore_zeros
from geoplan.intake.database import DatabaseTable
from geoplan.intake.fetch import SOURCE, VALID_FROM, fetch_units
from geoplan.intake.limits import LIMITS, Limits
from geoplan.intake.names import match_names, split_prefix
from geoplan.text import fold, listing
from geoplan.workspace import bundled, open_city

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from geoplan.city import City
    from geoplan.schema import LayerName

_PASSING: Final = ("GEOM-01", "COV-01", "FACT")
"""Errors that do not stop a layer: what `clean` mends or refuses, and facts that stand beside the drawing."""


@dataclass(frozen=True)
class Source:
    """A foreign file, or table, that is to be a layer, and how it is to be read (see `check_file`)."""

    path: Path | DatabaseTable
    layer: LayerName
    source_layer: str | None = None
    crs: str | None = None
    encoding: str = "auto"
    mapping: Mapping[str, str] | None = None
    repair: bool = False
    limits: Limits = LIMITS


@dataclass(frozen=True)
class Imported:
    """What came of an import: the city's folder, what was found, and what was changed."""

    folder: Path
    checked: Checked
    changes: Sequence[Change]


def init_city(city: str, *, workspace: str | Path, sources: Sequence[Source] = ()) -> Path:
    """Start a city in a workspace from the bundled one, with the user's own layers in place of some.

    Returns
    -------
    Path
        The city's folder.

    Raises
    ------
    UsageError
        When there is no such bundled city, or the workspace already holds it.
    DataError, CrsError
        When a file cannot serve as the layer; then nothing is written.
    """
    known = open_city(city)
    target = Path(workspace) / known.id
    if target.exists():
        raise UsageError(
            vi=f"{target}: đã có thành phố này trong không gian làm việc; hãy chọn thư mục khác hoặc xóa nó.",
            en=f"{target}: the workspace already holds this city; choose another folder or delete it.",
        )
    taken = [take_in(source, known) for source in sources]

    def put(folder: Path) -> None:
        shutil.copytree(bundled() / known.id, folder, dirs_exist_ok=True)
        for one in taken:
            one.put(folder, known)

    replace_folder(target, put)
    return target


def import_layer(source: Source, *, city: str, workspace: str | Path) -> Imported:
    """Make a foreign file a layer of a city in a workspace, which is started when it is missing.

    Texts are restored, columns mapped, the layer cleaned (see `geoplan.intake.clean`); what was changed
    is kept in ``<layer>.changes.csv``, where the file came from in ``city.toml``. The workspace is
    byte for byte as it was when anything is refused.

    Raises
    ------
    DataError
        When something must be settled first: the coordinate system, a required column, a value that
        cannot be read, or a repair larger than 0.01 % of a feature without ``repair``.
    UsageError
        When there is no such city.
    """
    target = Path(workspace) / open_city(city).id
    known = open_city(city)  # the record of units is the bundled one, whatever was imported before
    taken = take_in(source, known)

    def put(folder: Path) -> None:
        origin = target if target.exists() else bundled() / known.id
        shutil.copytree(origin, folder, dirs_exist_ok=True)
        taken.put(folder, known)

    replace_folder(target, put)
    return Imported(target, taken.checked, taken.changes)


def fetch_city(
    city: str,
    *,
    workspace: str | Path,
    base_url: str = SOURCE,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Path:
    """Real boundaries of a city's units in force since 2025-07-01, into its folder in a workspace.

    They stand for the schematic ones on dates on which they hold every unit; the city's default date
    becomes the first of its dates on which they do. Where they come from, their licence and the sha256
    of the fetched files go into ``city.toml``.

    Raises
    ------
    DataError
        When something could not be fetched; the workspace is then as it was.
    UsageError
        When there is no such city, or the address is wrong.
    """
    target = Path(workspace) / open_city(city).id
    known = open_city(city)
    units = known.layers["communes"].frame
    start = pd.Timestamp(VALID_FROM)
    current = units[(units["valid_from"] == start) & units["valid_to"].isna()]
    fetched = fetch_units(list(current["code"]), base_url=base_url, cache=cache, progress=progress)

    def put(folder: Path) -> None:
        shutil.copytree(target if target.exists() else bundled() / known.id, folder, dirs_exist_ok=True)
        write_gpkg(fetched.frame.assign(valid_to=None, ward_candidate=False), folder / "boundaries.gpkg")
        info = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
        info["layers"]["boundaries"] = {
            "file": "boundaries.gpkg",
            "standing": "digitised",
            "source": {"vi": fetched.source[0], "en": fetched.source[1]},
            "licence": " / ".join(fetched.licence),
            "fetched": dict(fetched.files),
        }
        later = [d.on for d in known.info.dates if d.on >= start.date()]
        info["default_on"] = min(later, default=start.date())
        (folder / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")

    replace_folder(target, put)
    return target


@dataclass(frozen=True)
class Taken:
    """A layer that is ready to be written into a city's folder."""

    source: Source
    checked: Checked
    changes: list[Change]
    frame: gpd.GeoDataFrame

    def put(self, folder: Path, known: City | None) -> None:
        """Write the layer, its log and its provenance."""
        layer, opened = self.source.layer, self.checked.opened
        info = tomllib.loads((folder / "city.toml").read_text(encoding="utf-8"))
        earlier = info["layers"].get(layer, {}).get("file")
        if earlier is not None:
            (folder / earlier).unlink(missing_ok=True)
        file = f"{layer}.gpkg"
        write_gpkg(_distinct(self.frame), folder / file)
        _write_changes(folder / f"{layer}.changes.csv", self.changes)
        stated = self.checked.crs_stated or ""
        used = self.source.crs or stated
        origin = f"{opened.path.name}, sha256 {opened.sha256}"
        vi, en = "Tệp của người dùng", "The user's file"
        if isinstance(self.source.path, DatabaseTable):
            vi, en = "Bảng PostgreSQL của người dùng", "The user's PostgreSQL table"
        info["layers"][layer] = {
            "file": file,
            "standing": "digitised",
            "source": {"vi": f"{vi}: {origin}", "en": f"{en}: {origin}"},
            "licence": "as the source states",
            "imported": {
                "name": opened.path.name,
                "sha256": opened.sha256,
                "crs_stated": stated,
                "crs_used": used,
                "encoding": self.checked.encoding,
                "changes": len(self.changes),
            },
        }
        if layer == "communes" and known is not None:
            info["default_on"] = _first_common_date(self.frame, known)
        (folder / "city.toml").write_text(tomli_w.dumps(info), encoding="utf-8")


def _distinct(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Columns that differ in more than case, as a GeoPackage must have them; empty doubles go."""
    names: dict[str, str] = {}
    seen: set[str] = set()
    wanted = {c.name for columns in schema.LAYERS.values() for c in columns}
    for name in sorted(map(str, frame.columns), key=lambda n: n not in wanted):
        plain, number = name.casefold(), 2
        if plain in seen and frame[name].isna().all():
            continue
        while plain in seen:
            plain, number = f"{name.casefold()}_{number}", number + 1
        seen.add(plain)
        names[name] = name if plain == name.casefold() else plain
    return frame[[c for c in frame.columns if c in names]].rename(columns=names)


def take_in(source: Source, known: City | None) -> Taken:
    """A foreign file ready to be a layer: of a city on record, or of a new one when None.

    Raises
    ------
    DataError, CrsError
        When something must be settled first; the sentence names it.
    """
    checked = check_file(
        source.path,
        layer=source.layer,
        source_layer=source.source_layer,
        encoding=source.encoding,
        mapping=source.mapping,
        crs=source.crs,
        known=None if known is None else known.layers["communes"].frame,
        limits=source.limits,
    )
    what = source.path.name
    stops = [f for f in checked.findings if f.severity == "error" and not f.kind.code.startswith(_PASSING)]
    codes = _codes_by_name(checked, known) if source.layer == "communes" and known else None
    if codes is not None:
        stops = [f for f in stops if f.kind is not NO_NAME and not (f.kind is MISSING and "“code”" in f.vi)]
    if stops:
        first, rest = stops[0], len(stops) - 1
        also = (
            (f" (và {rest} lỗi nữa: geoplan check)", f" ({rest} more: geoplan check)") if rest else ("", "")
        )
        raise DataError(
            vi=f"{first.vi} {first.mend('vi')}{also[0]}", en=f"{first.en} {first.mend('en')}{also[1]}"
        )
    frame = checked.frame if codes is None else checked.frame.assign(code=codes)
    if source.layer == "communes":
        frame = restore_zeros(frame)
    cleaned = clean(frame, layer=source.layer, what=what, repair=source.repair)
    frame = schema.conform(cleaned.frame, source.layer, what=what)
    if source.layer == "communes" and known is not None:
        frame = as_units(frame, known, dated="valid_from" in checked.frame.columns)
    return Taken(source, checked, list(cleaned.log), crs.to_lonlat(frame, what=what))


def _codes_by_name(checked: Checked, known: City) -> list[str] | None:
    """Codes of communes that come with names only, when every name is that of one unit of one day."""
    if "code" in checked.frame.columns or "name" not in checked.frame.columns:
        return None
    record = known.layers["communes"].frame
    days = {known.info.record_from, *(d.date() for d in record["valid_from"].dropna())}
    for day in sorted(days, reverse=True):
        units = in_force_rows(record, day)
        matches = match_names(
            list(checked.frame["name"]), dict(zip(units["code"], units["name"], strict=True))
        )
        codes = [m.code for m in matches if m.code is not None]
        if len(codes) == len(matches) and len(set(codes)) == len(codes):
            tell(
                vi=f"{checked.opened.path.name}: không có cột mã; {len(codes)} mã lấy theo tên đơn vị.",
                en=f"{checked.opened.path.name}: no code column; {len(codes)} codes taken by name.",
            )
            return codes
    return None


def as_units(frame: gpd.GeoDataFrame, known: City, *, dated: bool) -> gpd.GeoDataFrame:
    """Communes of a foreign file with the validity of the units on record that they are.

    Codes are used again by other units later, so the units are those of one day: the day whose units
    match most of the file's codes and names, the latest of equally good ones. Names lose their prefix.

    Raises
    ------
    DataError
        When no unit of the city matches.
    """
    out = frame.copy()
    out["name"] = [split_prefix(name or "")[1] for name in out["name"]]
    if dated:
        return out
    record = known.layers["communes"].frame
    days = sorted({known.info.record_from, *(d.date() for d in record["valid_from"].dropna())})
    names = [(code, fold(name)) for code, name in zip(out["code"], out["name"], strict=True)]
    eras = [{(u.code, fold(u.name)): u for u in in_force_rows(record, day).itertuples()} for day in days]
    best = max(range(len(eras)), key=lambda i: (sum(name in eras[i] for name in names), i))
    strangers = [out["name"].iloc[i] for i, name in enumerate(names) if name not in eras[best]]
    _tell_strangers(strangers, len(names), known)
    for i, name in enumerate(names):
        unit = eras[best].get(name)
        for column in ("valid_from", "valid_to", "ward_candidate"):
            if unit is not None:
                out.loc[out.index[i], column] = getattr(unit, column)
    return out


def _tell_strangers(strangers: list[str], count: int, known: City) -> None:
    name = known.info.name
    if strangers and len(strangers) == count:
        raise DataError(
            vi=f"communes: không đơn vị nào là của {name} (so mã và tên): {listing(strangers)}.",
            en=f"communes: no unit is one of {name} (by code and name): {listing(strangers)}.",
        )
    if strangers:
        tell(
            vi=f"communes: {len(strangers)} đơn vị không có trong hồ sơ {name}, coi như luôn có hiệu lực và "
            f"chưa rõ loại: {listing(strangers)}.",
            en=f"communes: {len(strangers)} units are not on record for {name}, count as always in force, of "
            f"unknown kind: {listing(strangers, lang='en')}.",
        )


def _first_common_date(frame: gpd.GeoDataFrame, known: City) -> dt.date:
    """The city's default date when all units are in force on it, else the first date on which they are."""
    if len(in_force_rows(frame, known.info.default_on)) == len(frame):
        return known.info.default_on
    latest, end = frame["valid_from"].max(), frame["valid_to"].min()
    start = known.info.record_from if pd.isna(latest) else latest.date()
    later = [d.on for d in known.info.dates if d.on >= start and (pd.isna(end) or d.on < end.date())]
    return min(later, default=start)


def _write_changes(path: Path, changes: Sequence[Change]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["row", "feature", "code", "method", "area_before_km2", "area_after_km2"])
        for c in changes:
            writer.writerow([c.row, c.feature, c.code, c.method, c.area_before_km2, c.area_after_km2])


def replace_folder(target: Path, put: Callable[[Path], Any]) -> None:
    """Make a folder beside the target and move it into its place, the earlier one out of the way.

    When making it fails, the target is as it was and nothing is left behind.
    """
    missing = [p for p in (target.parent, *target.parent.parents) if not p.exists()]
    target.parent.mkdir(parents=True, exist_ok=True)
    done = False
    try:
        with tempfile.TemporaryDirectory(prefix=".geoplan-", dir=target.parent) as scratch:
            made = Path(scratch) / "new"
            made.mkdir()
            put(made)
            old = Path(scratch) / "old"
            if target.exists():
                target.rename(old)
            try:
                made.rename(target)
            except OSError:
                if old.exists():
                    old.rename(target)
                raise
            done = True
    finally:
        if not done:
            for folder in missing:
                folder.rmdir()
