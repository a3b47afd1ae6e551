"""Tiles under the map: an address checked, and the hosts that the page's policy must then name."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from geoplan.errors import UsageError, tell
from geoplan.text import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

_URL: Final = re.compile(r"[A-Za-z0-9._~:/?@!$&()*+,;=%{}#-]{1,1000}", re.ASCII)
_PLACES: Final = re.compile(r"\{(s|z|x|y|-y|r)\}")
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST: Final = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_SECRET: Final = re.compile(r"[?&][^=&]*(?:key|token|secret|signature)[^=&]*=[^&]", re.IGNORECASE)
_EXAMPLE: Final = "https://tile.example.org/{z}/{x}/{y}.png"


@dataclass(frozen=True)
class TileSource:
    """Tiles that a page asks a host for.

    Attributes
    ----------
    url
        The template, as Leaflet takes it.
    subdomains
        What ``{s}`` stands for in turn; empty without ``{s}``.
    origins
        Every origin that the page then asks, for ``img-src`` of its Content-Security-Policy.
    """

    url: str
    subdomains: tuple[str, ...]
    origins: tuple[str, ...]


def tile_source(url: str, *, subdomains: Sequence[str] = ("a", "b", "c")) -> TileSource:
    """A template of tile addresses, checked, with the hosts that it names.

    Parameters
    ----------
    url
        Such as ``https://{s}.tile.example.org/{z}/{x}/{y}.png``; may have ``{-y}`` for ``{y}``, and ``{r}``.
    subdomains
        What ``{s}`` stands for: texts, or one text of single letters.

    Warns
    -----
    DataWarning
        When the address carries a key: whoever gets the page gets the key.

    Raises
    ------
    UsageError
        When it is no http(s) address of tiles, carries a user name and password, or names no host.
    """
    found = _PLACES.findall(url)
    if not _URL.fullmatch(url):
        raise _refused(url, "có ký tự không dùng được trong địa chỉ", "it has characters that no address has")
    if {"{", "}"} & set(_PLACES.sub("", url)) or not {"z", "x"} <= set(found) or not {"y", "-y"} & set(found):
        raise _refused(
            url, "phải có đúng {z}, {x} và {y}", "it must have {z}, {x} and {y}, and no other braces"
        )
    scheme, _, rest = url.partition("://")
    if scheme.casefold() not in {"http", "https"}:
        raise _refused(
            url, "phải bắt đầu bằng https:// hoặc http://", "it must begin with https:// or http://"
        )
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in host:
        raise _refused(url, "không được kèm tên và mật khẩu", "it must not carry a user name and password")
    names = tuple(subdomains) if "{s}" in host else ("",)
    origins = [_origin(f"{scheme}://{host.replace('{s}', name)}".casefold()) for name in names]
    if not origins or None in origins:
        raise _refused(url, "tên máy chủ không hợp lệ", "its host is not valid")
    known = tuple(dict.fromkeys(origin for origin in origins if origin is not None))
    if _SECRET.search(_PLACES.sub("", url)):
        tell(
            vi=f"Địa chỉ ảnh nền ở {known[0]} có khóa truy cập: ai nhận trang cũng thấy khóa này.",
            en=f"The address of the tiles at {known[0]} carries a key: whoever gets the page sees it.",
        )
    return TileSource(url=url, subdomains=names if "{s}" in host else (), origins=known)


def _origin(address: str) -> str | None:
    """Scheme, host and port, if nothing else is there: nothing else may get into a policy."""
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    origin = f"{parts.scheme}://{name}" + ("" if port is None else f":{port}")
    return origin if _HOST.fullmatch(name) and origin == address else None


def _refused(url: str, vi: str, en: str) -> UsageError:
    return UsageError(
        vi=f"{quoted(url)} không phải địa chỉ ảnh nền: {vi}, ví dụ {_EXAMPLE}.",
        en=f"{quoted(url)} is no address of tiles: {en}, such as {_EXAMPLE}.",
    )
