"""A private copy of exactly the files that make up one data set; nobody else's folder is touched.

GDAL looks for companions beside the file it opens and writes indexes there. So it is only ever shown
a temporary folder with the parts that belong to the format, under names of our own: no neighbour is
read, nothing is written beside the original, and what is checked is what is read. The folder is
deleted afterwards.
"""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from geoplan.errors import DataError, UsageError
from geoplan.intake import archive
from geoplan.intake.file_codes import OTHER_THINGS, WRONG_EXTENSION
from geoplan.intake.findings import Finding
from geoplan.intake.kinds import FILEGDB, GPKG, SHAPEFILE, ZIP, Kind, by_suffix, sniff
from geoplan.intake.limits import Limits, check
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE: Final = 1 << 20
STEM: Final = archive.STEM


@dataclass(frozen=True)
class Staged:
    """A data set in its private folder.

    Attributes
    ----------
    path
        The copy's main file (or FileGDB folder).
    kind
        What it is.
    name
        The data set's own name: the file's, without extension.
    layer
        The layer asked for; None when the name only chose among data sets.
    sha256
        Of the file; of several parts, see `digest`.
    findings
        What was found on the way: FILE-05, FILE-06.
    """

    path: Path
    kind: Kind
    name: str
    layer: str | None
    sha256: str
    findings: list[Finding] = field(default_factory=list)


def not_vector(what: str) -> DataError:
    """The sentence for whatever is no vector file."""
    return DataError(
        vi=f"{what}: không phải tệp véc-tơ đọc được; hãy dùng GeoPackage, GeoJSON, Shapefile "
        "hoặc định dạng tương tự.",
        en=f"{what}: not a vector file that can be read; use GeoPackage, GeoJSON or Shapefile.",
    )


def sha256(path: Path) -> str:
    """The sha256 of a file's bytes, in hexadecimal."""
    value = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_PIECE):
            value.update(block)
    return value.hexdigest()


def digest(parts: list[Path]) -> str:
    """The sha256 of one file, or, of several, of what ``sha256sum`` prints of them, sorted by name."""
    if len(parts) == 1:
        return sha256(parts[0])
    lines = "".join(f"{sha256(part)}  {part.name}\n" for part in sorted(parts, key=lambda p: p.name))
    return hashlib.sha256(lines.encode()).hexdigest()


@contextmanager
def staged(named: Path, layer: str | None, *, limits: Limits) -> Iterator[Staged]:
    """Copy one data set into a private folder for as long as it is read.

    Parameters
    ----------
    named
        An existing file or folder of this machine. A link that the user named is followed; parts
        beside it that are links to another folder are refused.
    layer
        Chooses among several data sets of one folder or archive.
    limits
        What it may hold.

    Raises
    ------
    DataError
        No file of a known format, a link among the parts, or over a limit.
    UsageError
        Several data sets and none chosen.
    """
    with tempfile.TemporaryDirectory(prefix="geoplan-") as made:
        folder = Path(made)
        if named.is_dir():
            yield _stage_folder(named, layer, folder, limits)
            return
        if not stat.S_ISREG(named.stat().st_mode):
            raise not_vector(named.name)
        check(named.name, limits, "file_bytes", named.stat().st_size)
        kind = sniff(named)
        if kind is None:
            raise not_vector(named.name)
        if kind is ZIP:
            yield _stage_archive(named, layer, folder, limits)
        else:
            yield _stage_file(named, kind, layer, folder, limits)


def _stage_file(named: Path, kind: Kind, layer: str | None, folder: Path, limits: Limits) -> Staged:
    parts = {kind.suffixes[0]: named, **_sidecars(named, kind)}
    size = sum(part.stat().st_size for part in parts.values())
    check(named.name, limits, "text_bytes" if kind.text else "file_bytes", size)
    main = folder / f"{archive.STEM}{kind.suffixes[0]}"
    for suffix, part in parts.items():
        shutil.copyfile(part, folder / f"{archive.STEM}{suffix}")
    return Staged(main, kind, named.stem, layer, digest(list(parts.values())), _extension(named, kind))


def _extension(named: Path, kind: Kind) -> list[Finding]:
    if named.suffix.casefold() in kind.suffixes or not named.suffix:
        return []
    claimed = by_suffix(named.name)
    if claimed is not None and claimed.driver and claimed.driver == kind.driver:
        return []
    return [
        Finding(
            WRONG_EXTENSION,
            vi=f"{named.name}: đuôi “{named.suffix}” nhưng nội dung là {kind.name}; đã đọc theo nội dung.",
            en=f"{named.name}: the extension is “{named.suffix}” but the content is {kind.name}; "
            "read by its content.",
        )
    ]


def _sidecars(named: Path, kind: Kind) -> dict[str, Path]:
    """The parts beside a file that belong to it, by lower-case extension; capitals do not matter."""
    if kind is GPKG:
        wanted = {(named.name + "-wal").casefold(): ".gpkg-wal"}
    else:
        wanted = {(named.stem + suffix).casefold(): suffix for suffix in kind.sidecars}
    if not wanted:
        return {}
    found: dict[str, Path] = {}
    for part in sorted(named.parent.iterdir()):
        suffix = wanted.get(part.name.casefold())
        if suffix is None or part == named:
            continue
        _check_part(part, named.resolve().parent, named.name)
        found.setdefault(suffix, part)
    return found


def _check_part(part: Path, home: Path, what: str) -> None:
    """A part may be a link only to where the file itself lives."""
    if not part.is_file() or (part.is_symlink() and part.resolve().parent != home):
        raise DataError(
            vi=f"{what}: “{part.name}” là liên kết tới nơi khác hoặc không phải tệp; "
            "hãy thay bằng chính tệp đó.",
            en=f"{what}: “{part.name}” is a link to elsewhere or no file; put the file itself there.",
        )


def _stage_folder(named: Path, layer: str | None, folder: Path, limits: Limits) -> Staged:
    if any(p.suffix.casefold() == ".gdbtable" for p in named.iterdir()):
        return _stage_filegdb(named, layer, folder, limits)
    shapes = sorted(p for p in named.iterdir() if p.suffix.casefold() == ".shp")
    if not shapes:
        raise not_vector(named.name)
    chosen = [p for p in shapes if len(shapes) == 1 or p.stem == layer]
    if not chosen:
        names = [p.stem for p in shapes]
        raise UsageError(
            vi=f"{named.name}: có {len(names)} lớp ({listing(names)}); hãy chọn một lớp.",
            en=f"{named.name}: has {len(names)} layers ({listing(names, lang='en')}); choose one.",
        )
    shp = chosen[0]
    _check_part(shp, named.resolve(), named.name)
    if sniff(shp) is not SHAPEFILE:
        raise not_vector(shp.name)
    return _stage_file(shp, SHAPEFILE, layer if len(shapes) == 1 else None, folder, limits)


def _stage_filegdb(named: Path, layer: str | None, folder: Path, limits: Limits) -> Staged:
    parts = sorted(p for p in named.iterdir() if not p.name.endswith(".lock"))
    for part in parts:
        _check_part(part, named.resolve(), named.name)
    check(named.name, limits, "file_bytes", sum(p.stat().st_size for p in parts))
    main = folder / f"{archive.STEM}.gdb"
    main.mkdir()
    for part in parts:
        shutil.copyfile(part, main / part.name)
    return Staged(main, FILEGDB, named.stem, layer, digest(parts))


def _stage_archive(named: Path, layer: str | None, folder: Path, limits: Limits) -> Staged:
    what = named.name
    contents = archive.inspect(named, what=what, limits=limits)
    contents = archive.without_index(named, contents, limits=limits)
    chosen = archive.choose(contents, layer, what=what)
    check(what, limits, "text_bytes" if chosen.kind.text else "file_bytes", chosen.bytes)
    main = archive.extract(named, chosen, folder, what=what, limits=limits)
    if chosen.kind is not FILEGDB and sniff(main) is not chosen.kind:
        raise not_vector(f"{what}/{chosen.members[0][1].filename}")
    others = [*contents.others, *(s.name for s in contents.sets if s is not chosen)]
    findings = []
    if others and named.suffix.casefold() != ".kmz":
        findings.append(
            Finding(
                OTHER_THINGS,
                vi=f"{what}: ngoài lớp “{chosen.name}” còn {len(others)} thứ khác "
                f"({listing(others)}), đã bỏ qua.",
                en=f"{what}: besides the layer “{chosen.name}” it holds {len(others)} other things "
                f"({listing(others, lang='en')}), which were left alone.",
            )
        )
    inner = layer if len(contents.sets) == 1 else None
    return Staged(main, chosen.kind, chosen.name, inner, sha256(named), findings)
