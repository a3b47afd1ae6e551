"""Real boundaries of the communes in force since 1 July 2025, from their public source.

Drawn by nobody here: thanglequoc/vietnamese-provinces-database (MIT licence), which digitised them
from sapnhap.bando.com.vn. ``boundaries-2025.csv`` registers size and sha256 of all 3,321 files at one
commit of that source; whatever a server sends is measured against it before it is opened.
"""

from __future__ import annotations

import csv
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache as remember
from importlib import resources
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import pooch

from geoplan.errors import UsageError
from geoplan.intake.download import Entry, Line, Stopped, Store, checked_base, host, quiet_pooch
from geoplan.intake.read import read_layer
from geoplan.text import listing

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

COMMIT: Final = "cd58063299585146ded3981f2272946ef19ced54"
SOURCE: Final = f"https://raw.githubusercontent.com/thanglequoc/vietnamese-provinces-database/{COMMIT}/"
LICENCE: Final = (
    "Giấy phép MIT, thanglequoc/vietnamese-provinces-database",
    "MIT licence, thanglequoc/vietnamese-provinces-database",
)
VALID_FROM: Final = "2025-07-01"
MOST_CONNECTIONS: Final = 4
MOST_SECONDS: Final = 600
_ORIGIN: Final = (
    f"thanglequoc/vietnamese-provinces-database (bản {COMMIT[:12]}), số hóa từ sapnhap.bando.com.vn",
    f"thanglequoc/vietnamese-provinces-database (commit {COMMIT[:12]}), digitised from sapnhap.bando.com.vn",
)
_KINDS: Final = {"phường": "ward", "xã": "commune", "đặc khu": "special_zone"}

_PROVINCES: Final = {
    "01": "Hà Nội",
    "04": "Cao Bằng",
    "08": "Tuyên Quang",
    "11": "Điện Biên",
    "12": "Lai Châu",
    "14": "Sơn La",
    "15": "Lào Cai",
    "19": "Thái Nguyên",
    "20": "Lạng Sơn",
    "22": "Quảng Ninh",
    "24": "Bắc Ninh",
    "25": "Phú Thọ",
    "31": "Hải Phòng",
    "33": "Hưng Yên",
    "37": "Ninh Bình",
    "38": "Thanh Hóa",
    "40": "Nghệ An",
    "42": "Hà Tĩnh",
    "44": "Quảng Trị",
    "46": "Huế",
    "48": "Đà Nẵng",
    "51": "Quảng Ngãi",
    "52": "Gia Lai",
    "56": "Khánh Hòa",
    "66": "Đắk Lắk",
    "68": "Lâm Đồng",
    "75": "Đồng Nai",
    "79": "Hồ Chí Minh",
    "80": "Tây Ninh",
    "82": "Đồng Tháp",
    "86": "Vĩnh Long",
    "91": "An Giang",
    "92": "Cần Thơ",
    "96": "Cà Mau",
}


@dataclass(frozen=True)
class Fetched:
    """Boundaries as they were fetched, and where they come from.

    Attributes
    ----------
    frame
        One row a unit, in the order of the codes asked for: ``code``, ``name`` (without Phường, Xã,
        Đặc khu), ``kind`` (``ward``, ``commune``, ``special_zone``), ``valid_from``,
        ``area_published_km2`` as the source prints it, and the geometry in EPSG:4326, unchanged.
    licence, source
        For people, in Vietnamese and in English.
    files
        The sha256 of each unit's file, by code.
    reused, downloaded
        How many units were on this machine already, and how many came from the server.
    """

    frame: gpd.GeoDataFrame
    licence: tuple[str, str]
    source: tuple[str, str]
    files: dict[str, str]
    reused: int
    downloaded: int


@remember
def _registry() -> dict[str, Entry]:
    """The file of each unit, by code, in the order of provinces and codes."""
    entries = {}
    with (resources.files("geoplan.intake") / "boundaries-2025.csv").open(encoding="utf-8") as opened:
        for row in csv.DictReader(opened):
            province, _, name = row["file"].partition("/")
            code, _, words = name.partition("_")
            entries[code] = Entry(
                label=f"{code} {words.replace('_', ' ')}",
                path=f"json/geojson/{province}/wards/{name}.geojson",
                size=int(row["bytes"]),
                sha256=row["sha256"],
            )
    return entries


def all_codes() -> list[str]:
    """The codes of all 3,321 units in force since 2025-07-01, by province."""
    return list(_registry())


def province_names() -> dict[str, str]:
    """The names of the 34 provinces and cities in force since 2025-07-01, by code (``19``: Thái Nguyên)."""
    return dict(_PROVINCES)


def codes_of_province(code: str) -> list[str]:
    """The codes of a province's units in force since 2025-07-01.

    Parameters
    ----------
    code
        Two digits of today's 34, such as ``19``.

    Raises
    ------
    UsageError
        When there is no such province; the sentence lists those there are.
    """
    if code not in _PROVINCES:
        known = listing((f"{key} {name}" for key, name in _PROVINCES.items()), limit=len(_PROVINCES))
        raise UsageError(
            vi=f"Không có tỉnh, thành phố mã “{code}” từ 01/07/2025; các mã có: {known}.",
            en=f"No province has the code “{code}” since 2025-07-01; there are: {known}.",
        )
    return [unit for unit, entry in _registry().items() if entry.path.startswith(f"json/geojson/{code}_")]


def fetch_units(
    codes: Sequence[str],
    *,
    base_url: str = SOURCE,
    cache: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
    connections: int = MOST_CONNECTIONS,
    timeout: float = 30.0,
) -> Fetched:
    """Fetch the boundaries of units in force since 2025-07-01.

    What is in the cache with the registered sha256 is not asked for again; a damaged file is. After
    an error of the server, a broken line or a wait that was too long, a file is asked for up to
    three times, with pauses of 0.5 and 2 seconds; after wrong content once more at most. Redirects
    are not followed. No file is read beyond its registered size.

    Parameters
    ----------
    codes
        Codes of units (`all_codes`, `codes_of_province`), each once.
    base_url
        Where the source's files are: the source itself or a mirror of it.
    cache
        Folder for the files; the user's cache folder when None.
    progress
        Called in this thread with how many units are there and how many are wanted.
    connections
        From 1 to 4 at the same time.
    timeout
        Seconds to wait for a connection and for every answer, at most 600; a whole file may take as
        long as that and one second for each 10,000 bytes.

    Returns
    -------
    Fetched
        All of the units. The whole country is about 28 million vertices: 0.6 GB in the cache.

    Raises
    ------
    UsageError
        Unknown or repeated codes, an address that is not http, a cache that cannot be written to.
    DataError
        A unit could not be fetched: which, and why. What was fetched until then is in the cache.

    Notes
    -----
    Promises the bytes of the source and nothing about them: boundaries are digitised, not surveyed,
    neighbours need not meet, and rings may be invalid (see `geoplan.intake.mend`).
    """
    _check(codes, connections=connections, timeout=timeout)
    base = checked_base(base_url)
    entries = {code: _registry()[code] for code in codes}
    folder = (pooch.os_cache("geoplan") if cache is None else Path(cache)) / "boundaries" / COMMIT[:12]
    store = Store(base, folder, timeout=timeout)
    store.prepare(list(entries.values()))
    rows: dict[str, dict[str, Any]] = {}
    downloaded = 0
    with closing(_files(store, entries, min(connections, len(entries)))) as files:
        for code, file, asked in files:
            rows[code] = _row(file, code)
            downloaded += asked
            if progress is not None:
                progress(len(rows), len(entries))
    through = ("", "") if base == SOURCE else (f", qua {host(base)}", f", by way of {host(base)}")
    return Fetched(
        frame=gpd.GeoDataFrame([rows[code] for code in codes], geometry="geometry", crs=4326),
        licence=LICENCE,
        source=(_ORIGIN[0] + through[0], _ORIGIN[1] + through[1]),
        files={code: entry.sha256 for code, entry in entries.items()},
        reused=len(rows) - downloaded,
        downloaded=downloaded,
    )


def _files(
    store: Store, entries: dict[str, Entry], connections: int
) -> Generator[tuple[str, Path, bool], None, None]:
    """Code, file and whether it was downloaded, as they come in; the first failure calls off the rest."""
    with quiet_pooch(), ExitStack() as opened:
        lines = [opened.enter_context(Line()) for _ in range(connections)]
        free: SimpleQueue[Line] = SimpleQueue()
        for line in lines:
            free.put(line)
        pool = opened.enter_context(ThreadPoolExecutor(connections, thread_name_prefix="geoplan-fetch"))

        def get(entry: Entry) -> tuple[Path, bool]:
            line = free.get()
            try:
                return store.get(entry, line)
            finally:
                free.put(line)

        under_way: dict[Future[tuple[Path, bool]], str] = {
            pool.submit(get, entry): code for code, entry in entries.items()
        }
        try:
            for done in as_completed(under_way):
                if isinstance(done.exception(), Stopped):
                    continue  # the one that failed is among the others, and says why
                yield under_way[done], *done.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            store.stop(lines)


def _row(file: Path, code: str) -> dict[str, Any]:
    """What a unit's file says, in the contract's words. Its content is known: the checksum held."""
    (feature,) = read_layer(file).to_dict("records")
    full = str(feature["fullName"])
    prefix = next(words for words in _KINDS if full.casefold().startswith(f"{words} "))
    return {
        "code": code,
        "name": full[len(prefix) + 1 :],
        "kind": _KINDS[prefix],
        "valid_from": VALID_FROM,
        "area_published_km2": float(feature["areaKm2"]),
        "geometry": feature["geometry"],
    }


def _check(codes: Sequence[str], *, connections: int, timeout: float) -> None:
    unknown = [code for code in codes if code not in _registry()]
    if unknown or not codes:
        raise UsageError(
            vi=f"Không có đơn vị mã {listing(unknown) or '(trống)'} từ 01/07/2025; "
            "mã gồm năm chữ số như 05860.",
            en=f"No unit has the code {listing(unknown, lang='en') or '(none)'} since 2025-07-01; "
            "codes have five digits, such as 05860.",
        )
    twice = sorted({code for code in codes if codes.count(code) > 1}) if len(set(codes)) < len(codes) else []
    if twice:
        raise UsageError(
            vi=f"Mã {listing(twice)} được hỏi hai lần; hãy cho mỗi mã một lần.",
            en=f"The code {listing(twice, lang='en')} is asked for twice; give each code once.",
        )
    if not (1 <= connections <= MOST_CONNECTIONS and 0 < timeout <= MOST_SECONDS):
        raise UsageError(
            vi=f"Số kết nối phải từ 1 đến {MOST_CONNECTIONS}, thời gian chờ trên 0 và tối đa "
            f"{MOST_SECONDS} giây.",
            en=f"Between 1 and {MOST_CONNECTIONS} connections are allowed, and a timeout of more than 0 "
            f"and at most {MOST_SECONDS} seconds.",
        )
