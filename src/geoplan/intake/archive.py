"""Zip archives from strangers: looked through first, then only what is needed is taken out.

GDAL never sees an archive. Its table of contents is read and judged as a whole; the parts of one
data set are then written, under names of our own, into a private folder, and the bytes are counted
while they come, whatever the table of contents said.
"""

from __future__ import annotations

import stat
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final, NoReturn

from geoplan.errors import DataError, UsageError
from geoplan.intake.kinds import FILEGDB, KINDS, KML, Kind, by_suffix
from geoplan.intake.limits import Limits, check
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Iterable

_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR: Final = struct.Struct("<4sLQL")
_END64: Final = struct.Struct("<4sQ2H2L4Q")
_COMMENT: Final = 1 << 16
_ENTRY_BYTES: Final = 1 << 12
"""Room for one entry in the table of contents: a name, an extra field, a comment."""
_ENCRYPTED: Final = 0x1
_ARCHIVES: Final = (".zip", ".kmz", ".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".tar", ".tgz", ".cab")
_RUBBISH: Final = ("__MACOSX/",)
_ABOUT_SHAPEFILE: Final = (".shp.xml", ".fields.csv")
"""Metadata and the table of field names beside a .shp: they describe it and are no data of their own."""
_PIECE: Final = 1 << 20
STEM: Final = "geoplan-door"
"""The parts of a data set are written as ``geoplan-door.shp``, ``geoplan-door.dbf`` and so on."""


@dataclass(frozen=True)
class DataSet:
    """One data set inside an archive.

    Attributes
    ----------
    name
        Its name inside the archive, without folder and extension.
    kind
        What its extension claims.
    members
        Its parts: the extension (or, in a FileGDB, the file name) and the entry.
    """

    name: str
    kind: Kind
    members: tuple[tuple[str, zipfile.ZipInfo], ...]

    @property
    def bytes(self) -> int:
        """What its parts say they become."""
        return sum(entry.file_size for _, entry in self.members)


@dataclass(frozen=True)
class Contents:
    """What an archive holds: its data sets, and the names of everything else."""

    sets: tuple[DataSet, ...]
    others: tuple[str, ...]


def _refuse(what: str, vi: str, en: str) -> NoReturn:
    raise DataError(
        vi=f"{what}: {vi}; hãy giải nén, kiểm tra rồi dùng tệp bên trong.",
        en=f"{what}: {en}; unpack it, look at it and use the file inside.",
    )


def inspect(path: Path, *, what: str, limits: Limits) -> Contents:
    """Look an archive through without unpacking anything.

    Parameters
    ----------
    path
        The archive.
    what
        Its name for the sentences.
    limits
        What it may hold.

    Raises
    ------
    DataError
        When it is no zip, is encrypted, holds links, archives, names that lead out of it, the same
        name twice, or more than `limits` allow.
    """
    _check_table_size(path, what=what, limits=limits)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, UnicodeDecodeError, OSError, ValueError, NotImplementedError) as error:
        raise _broken(what) from error
    check(what, limits, "zip_members", len(entries))
    for entry in entries:
        _check_entry(entry, what)
    files = [e for e in entries if not e.is_dir()]
    total = sum(e.file_size for e in files)
    check(what, limits, "zip_bytes", total)
    check(what, limits, "zip_ratio", total // max(1, path.stat().st_size))
    names = [_clean(e) for e in files]
    if len({n.casefold() for n in names}) != len(names):
        _refuse(what, "tệp nén có hai tệp cùng tên", "the archive has the same name twice")
    return _sort_out(dict(zip(names, files, strict=True)))


def without_index(path: Path, contents: Contents, *, limits: Limits) -> Contents:
    """The archive without the table of contents of a KMZ: a doc.kml that holds no place, only links."""
    index = next((s for s in contents.sets if s.kind is KML and s.name == "doc"), None)
    if index is None or len(contents.sets) == 1 or index.bytes > limits.text_bytes:
        return contents
    try:
        with zipfile.ZipFile(path) as archive, archive.open(index.members[0][1]) as file:
            places = b"Placemark" in file.read(limits.text_bytes)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError):
        return contents
    if places:
        return contents
    return Contents(tuple(s for s in contents.sets if s is not index), contents.others)


def choose(contents: Contents, layer: str | None, *, what: str) -> DataSet:
    """The one data set of an archive, or the one that `layer` names.

    Raises
    ------
    DataError
        When there is none.
    UsageError
        When there are several and `layer` names none of them.
    """
    sets = contents.sets
    if not sets:
        raise DataError(
            vi=f"{what}: không phải tệp véc-tơ đọc được; tệp nén không có lớp nào.",
            en=f"{what}: not a vector file that can be read; the archive holds no layer.",
        )
    if len(sets) == 1:
        return sets[0]
    found = [s for s in sets if s.name == layer]
    if len(found) == 1:
        return found[0]
    names = [s.name for s in sets]
    raise UsageError(
        vi=f"{what}: có {len(sets)} lớp ({listing(names)}); hãy chọn một lớp.",
        en=f"{what}: has {len(sets)} layers ({listing(names, lang='en')}); choose one.",
    )


def extract(path: Path, chosen: DataSet, folder: Path, *, what: str, limits: Limits) -> Path:
    """Write the parts of one data set into a folder; the path of its main file.

    Raises
    ------
    DataError
        When a part is damaged or becomes larger than the archive said.
    """
    if chosen.kind is FILEGDB:
        home = folder / f"{STEM}.gdb"
        home.mkdir()
        targets = [(home / name, entry) for name, entry in chosen.members]
        main = home
    else:
        targets = [(folder / f"{STEM}{suffix}", entry) for suffix, entry in chosen.members]
        main = targets[0][0]
    left = limits.zip_bytes
    try:
        with zipfile.ZipFile(path) as archive:
            for target, entry in targets:
                left -= _write(archive, entry, target, min(left, entry.file_size), what)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        raise _broken(what) from error
    return main


def _broken(what: str) -> DataError:
    return DataError(
        vi=f"{what}: không phải tệp véc-tơ đọc được; tệp nén hỏng, hãy xin lại tệp.",
        en=f"{what}: not a vector file that can be read; the archive is damaged, ask for it again.",
    )


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, allowed: int, what: str) -> int:
    written = 0
    with archive.open(entry) as source, target.open("xb") as out:
        while piece := source.read(_PIECE):
            written += len(piece)
            if written > allowed:
                _refuse(what, "tệp nén nói sai kích thước", "the archive lies about its sizes")
            out.write(piece)
    return written


def _check_table_size(path: Path, *, what: str, limits: Limits) -> None:
    """Bound the table of contents before `zipfile` reads all of it into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        start = max(0, size - _END.size - _COMMENT - _LOCATOR.size)
        file.seek(start)
        tail = file.read()
        at = tail.rfind(b"PK\x05\x06")
        if at < 0 or at + _END.size > len(tail):
            raise _broken(what)
        table = _END.unpack_from(tail, at)[5]
        if at >= _LOCATOR.size and tail.startswith(b"PK\x06\x07", at - _LOCATOR.size):
            file.seek(max(0, start + at - _LOCATOR.size - _END64.size))
            record = file.read(_END64.size)
            if len(record) < _END64.size or not record.startswith(b"PK\x06\x06"):
                raise _broken(what)
            table = max(table, _END64.unpack(record)[8])
    if table > limits.zip_members * _ENTRY_BYTES:
        check(what, limits, "zip_members", max(limits.zip_members + 1, table // _ENTRY_BYTES))


def _clean(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/")


def _check_entry(entry: zipfile.ZipInfo, what: str) -> None:
    name = _clean(entry)
    path = PurePosixPath(name)
    drive = len(name) > 1 and name[1] == ":"
    if path.is_absolute() or drive or ".." in path.parts or not path.parts:
        _refuse(what, f"tên “{name}” dẫn ra ngoài tệp nén", f"the name “{name}” leads out of the archive")
    if stat.S_IFMT(entry.external_attr >> 16) not in {0, stat.S_IFREG, stat.S_IFDIR}:
        _refuse(what, f"“{name}” là liên kết, không phải tệp", f"“{name}” is a link, not a file")
    if entry.flag_bits & _ENCRYPTED:
        _refuse(what, "tệp nén có mật khẩu", "the archive is encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        _refuse(what, "kiểu nén lạ", "a compression that is not read here")
    if name.casefold().endswith(_ARCHIVES) and not name.startswith(_RUBBISH):
        _refuse(what, f"có tệp nén khác bên trong (“{name}”)", f"another archive inside (“{name}”)")


def _sort_out(files: dict[str, zipfile.ZipInfo]) -> Contents:
    sets: list[DataSet] = []
    used: set[str] = set()
    for name in files:
        home = next((p for p in PurePosixPath(name).parents if p.suffix.casefold() == ".gdb"), None)
        if home is None or name in used or name.startswith(_RUBBISH):
            continue
        inside = [n for n in files if PurePosixPath(n).parent == home]
        used.update(inside)
        sets.append(DataSet(home.stem, FILEGDB, tuple((PurePosixPath(n).name, files[n]) for n in inside)))
    used.update(name for name in files if _describes(name, files))
    for name, entry in files.items():
        kind = by_suffix(name)
        if kind is None or kind is FILEGDB or name in used or name.startswith(_RUBBISH):
            continue
        if any(name.casefold().endswith(s) for k in KINDS for s in k.sidecars):
            continue
        stem = str(PurePosixPath(name).with_suffix("")).casefold()
        parts = [(kind.suffixes[0], entry)]
        for suffix in kind.sidecars:
            part = next((n for n in files if n.casefold() == stem + suffix), None)
            if part is not None:
                parts.append((suffix, files[part]))
                used.add(part)
        used.add(name)
        sets.append(DataSet(PurePosixPath(name).stem, kind, tuple(parts)))
    return Contents(tuple(sets), _others(files, used))


def _describes(name: str, files: Iterable[str]) -> bool:
    """Whether a file only describes a shapefile of the archive."""
    lower = name.casefold()
    ending = next((e for e in _ABOUT_SHAPEFILE if lower.endswith(e)), None)
    return ending is not None and any(f.casefold() == lower.removesuffix(ending) + ".shp" for f in files)


def _others(files: Iterable[str], used: set[str]) -> tuple[str, ...]:
    return tuple(n for n in files if n not in used and not n.startswith(_RUBBISH))
