"""One registered file over HTTP: whole, of the registered content, within bounds, or not at all.

A server is believed in nothing but the sha256 of what it sends: how much is read, how long is waited
and how often is asked are bounded here. Kept in a cache by pooch, which moves a file into place only
when its checksum holds.
"""

from __future__ import annotations

import logging
import re
import socket
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pooch
import requests
import urllib3
from requests.adapters import HTTPAdapter

from geoplan.__about__ import VERSION
from geoplan.errors import DataError, UsageError
from geoplan.text import number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAUSES: Final = (0.5, 2.0)
"""Seconds before the second and the third attempt after an error of the server or the line."""
LEAST_RATE: Final = 10_000
"""Bytes a second that a line must carry at least; what is slower is given up as too slow."""
_PIECE: Final = 1 << 16
_OK: Final = 200
_REDIRECTS: Final = range(300, 400)
_MISSING: Final = (404, 410)
_BUSY: Final = 429
_SERVER_ERRORS: Final = range(500, 600)

_OFTEN: Final = len(PAUSES) + 1
"""Attempts when trying again may help."""
_TWICE: Final = 2
"""Attempts when the content was wrong: a cut line may look like that, a lie stays one."""
_ONCE: Final = 1


@dataclass(frozen=True)
class Entry:
    """A file that is known before it is fetched.

    Attributes
    ----------
    label
        What a person would call it.
    path
        Below the base address, and below the cache's folder.
    size
        In bytes.
    sha256
        Of its content, in hexadecimal.
    """

    label: str
    path: str
    size: int
    sha256: str


class Stopped(Exception):  # noqa: N818 - not an error: another file failed, or the user stopped it
    """The work was called off while this file was under way."""


class _FailedError(Exception):
    """One attempt failed; `attempts` is how many there may be in all."""

    def __init__(self, vi: str, en: str, *, attempts: int) -> None:
        super().__init__(en)
        self.vi = vi
        self.en = en
        self.attempts = attempts


def checked_base(base_url: str) -> str:
    """A base address that ends in a slash.

    Raises
    ------
    UsageError
        When it is not a plain ``http://`` or ``https://`` address.
    """
    try:
        parts = urlsplit(base_url)
        plain = (
            parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.query or parts.fragment)
        )
        requests.Request("GET", base_url).prepare()
    except ValueError:
        plain = False
    if not plain:
        raise UsageError(
            vi=f"“{base_url}” không phải địa chỉ http:// hay https://; hãy cho địa chỉ của máy chủ bản sao.",
            en=f"“{base_url}” is not an http:// or https:// address; give the address of a mirror.",
        )
    return base_url if base_url.endswith("/") else base_url + "/"


def host(url: str) -> str:
    """The server of an address, for a sentence: no password, nothing that is not part of a name."""
    try:
        place = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return re.sub(r"[^\w.:\[\]-]", "", place)[:80]


@contextmanager
def quiet_pooch() -> Iterator[None]:
    """Keep pooch's own messages, which are in English only, off the terminal."""
    logger = pooch.get_logger()
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)


class _Adapter(HTTPAdapter):
    """Remembers its connection, so that another thread can cut it at any moment."""

    connection: Any = None

    def get_connection_with_tls_context(self, *args: Any, **options: Any) -> urllib3.HTTPConnectionPool:
        pool = super().get_connection_with_tls_context(*args, **options)
        kind = type(pool).ConnectionCls

        def connect(*args: Any, **options: Any) -> Any:
            self.connection = kind(*args, **options)
            return self.connection

        pool.ConnectionCls = connect  # type: ignore[assignment]
        return pool


class Line(requests.Session):
    """A session of one connection at a time, for one thread at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.headers.update({"Accept-Encoding": "gzip", "User-Agent": f"geoplan/{VERSION}"})
        self._adapter = _Adapter()
        self.mount("http://", self._adapter)
        self.mount("https://", self._adapter)

    def get_redirect_target(self, _: requests.Response) -> None:
        """Nowhere: redirects are not followed, nor are their addresses looked into."""

    def cut(self) -> None:
        """End whatever the line is waiting for; called from another thread."""
        sock = getattr(self._adapter.connection, "sock", None)
        if sock is not None:
            with suppress(OSError):  # it was closed already
                sock.shutdown(socket.SHUT_RDWR)


class Store:
    """Files of one server in one folder of this machine.

    Parameters
    ----------
    base_url
        As `checked_base` gives it.
    folder
        Where the files are kept.
    timeout
        Seconds for a connection, and for every wait for the server's next bytes; a whole file may
        take this long plus its size at `LEAST_RATE`, then the line is cut.
    """

    def __init__(self, base_url: str, folder: Path, *, timeout: float) -> None:
        self.base_url = base_url
        self.folder = folder
        self.timeout = timeout
        self._stop = threading.Event()

    def stop(self, lines: list[Line]) -> None:
        """Call off what is under way on these lines, in other threads."""
        self._stop.set()
        for line in lines:
            line.cut()

    def prepare(self, entries: list[Entry]) -> None:
        """Make the folders, before several threads want to.

        Raises
        ------
        UsageError
            When they cannot be made.
        """
        try:
            for parent in {(self.folder / entry.path).parent for entry in entries}:
                parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._no_room(error) from error

    def get(self, entry: Entry, line: Line) -> tuple[Path, bool]:
        """The file on this machine, and whether it had to be downloaded.

        Raises
        ------
        DataError
            When the server does not give it: why, and what to do.
        UsageError
            When the folder cannot be written to.
        Stopped
            When `stop` was called, or another file failed.
        """
        asked = False

        def download(url: str, output_file: str, _: object) -> None:
            nonlocal asked
            asked = True
            self._download(url, Path(output_file), entry, line)

        for attempt in range(1, _OFTEN + 1):
            if self._stop.is_set():
                raise Stopped
            try:
                return self._retrieve(entry, download), asked
            except _FailedError as failure:
                if attempt >= failure.attempts:
                    self._stop.set()
                    raise self._sentence(entry, failure, attempt) from failure
            except OSError as error:
                self._stop.set()
                raise self._no_room(error) from error
            self._stop.wait(PAUSES[attempt - 1])
        raise AssertionError  # the last attempt returns or raises

    def _retrieve(self, entry: Entry, download: Callable[[str, str, Any], None]) -> Path:
        try:
            found = pooch.retrieve(
                self.base_url + entry.path,
                known_hash=entry.sha256,
                fname=entry.path,
                path=self.folder,
                downloader=download,
            )
        except ValueError as error:  # pooch's word for a wrong checksum
            raise _other_content(attempts=_TWICE) from error
        return Path(found)

    def _download(self, url: str, target: Path, entry: Entry, line: Line) -> None:
        late = threading.Event()

        def ring() -> None:
            late.set()
            line.cut()

        clock = threading.Timer(self.timeout + entry.size / LEAST_RATE, ring)
        clock.start()
        try:
            with (
                line.get(url, timeout=self.timeout, stream=True, allow_redirects=False) as answer,
                target.open("wb") as out,
            ):
                self._check_status(answer)
                for piece in self._pieces(answer, entry):
                    out.write(piece)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            if not late.is_set():
                raise self._why(error) from error
        finally:
            clock.cancel()
            clock.join()
        if self._stop.is_set():
            raise Stopped
        if late.is_set():
            raise self._too_slow()

    def _why(self, error: Exception) -> _FailedError:
        server = host(self.base_url)
        if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
            return self._too_slow()
        if isinstance(error, requests.exceptions.SSLError | urllib3.exceptions.SSLError):
            return _FailedError(
                f"không thiết lập được kết nối an toàn với {server} (chứng chỉ)",
                f"no secure connection to {server} (its certificate)",
                attempts=_ONCE,
            )
        reason = error.args[0] if error.args else None
        if isinstance(error, urllib3.exceptions.HTTPError) or isinstance(
            reason, urllib3.exceptions.ProtocolError
        ):
            return _cut()
        return _FailedError(
            f"không kết nối được với {server} (mất mạng hoặc máy chủ không chạy)",
            f"{server} cannot be reached (no network, or the server is down)",
            attempts=_OFTEN,
        )

    def _check_status(self, answer: requests.Response) -> None:
        status, server = answer.status_code, host(self.base_url)
        if status == _OK:
            return
        if status in _REDIRECTS:
            to = host(answer.headers.get("Location", "")) or server
            raise _FailedError(
                f"{server} chuyển hướng sang {to}, geoplan không đi theo",
                f"{server} redirects to {to}, which geoplan does not follow",
                attempts=_ONCE,
            )
        if status in _MISSING:
            raise _FailedError(
                f"{server} không có tệp này ({status})",
                f"{server} does not have the file ({status})",
                attempts=_ONCE,
            )
        again = status == _BUSY or status in _SERVER_ERRORS
        raise _FailedError(
            f"{server} trả lời lỗi {status}",
            f"{server} answers with error {status}",
            attempts=_OFTEN if again else _ONCE,
        )

    def _pieces(self, answer: requests.Response, entry: Entry) -> Iterator[bytes]:
        """The body piece by piece as it comes in, unzipped; never more than is registered.

        Unzipped here, because not every version of the library bounds what a small piece unzips to.
        """
        encoding = answer.headers.get("Content-Encoding", "identity").strip().casefold()
        if encoding not in ("identity", "gzip"):
            raise _other_content(attempts=_ONCE)
        unzip = zlib.decompressobj(zlib.MAX_WBITS | 16) if encoding == "gzip" else None
        came = given = 0
        while piece := answer.raw.read1(_PIECE, decode_content=False):
            if self._stop.is_set():
                raise Stopped
            came += len(piece)
            try:
                data = unzip.decompress(piece, entry.size + 1 - given) if unzip else piece
            except zlib.error as error:
                raise _other_content(attempts=_TWICE) from error
            given += len(data)
            if given > entry.size or came > entry.size + _PIECE:
                raise _other_content(attempts=_ONCE)
            yield data
        if unzip and not unzip.eof:
            raise _cut()

    def _too_slow(self) -> _FailedError:
        server = host(self.base_url)
        return _FailedError(
            f"{server} quá chậm (chờ tối đa {number(self.timeout, digits=1)} giây)",
            f"{server} is too slow (it has {number(self.timeout, digits=1, lang='en')} seconds to answer)",
            attempts=_OFTEN,
        )

    def _sentence(self, entry: Entry, failure: _FailedError, attempts: int) -> DataError:
        tried = (f" sau {attempts} lần thử", f" after {attempts} attempts") if attempts > 1 else ("", "")
        return DataError(
            vi=f"{entry.label}: không tải được{tried[0]}: {failure.vi}; hãy chạy lại sau "
            "(những tệp đã tải được giữ lại), hoặc chỉ máy chủ bản sao bằng --base-url.",
            en=f"{entry.label}: not downloaded{tried[1]}: {failure.en}; run it again later "
            "(what was downloaded is kept), or name a mirror with --base-url.",
        )

    def _no_room(self, error: OSError) -> UsageError:
        return UsageError(
            vi=f"{self.folder}: không ghi được vào thư mục lưu tạm ({error.strerror}); "
            "hãy giải phóng chỗ hoặc chọn thư mục khác.",
            en=f"{self.folder}: cannot write into the cache ({error.strerror}); "
            "make room or choose another folder.",
        )


def _cut() -> _FailedError:
    return _FailedError("đường truyền đứt giữa chừng", "the transfer broke off", attempts=_OFTEN)


def _other_content(*, attempts: int) -> _FailedError:
    return _FailedError(
        "nội dung khác với bản đã đăng ký (kích thước hoặc sha256 không khớp)",
        "its content is not the registered one (size or sha256 differ)",
        attempts=attempts,
    )
