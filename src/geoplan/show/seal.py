"""One page, one file: every asset inline, everything else forbidden.

A rendered page names its scripts and styles by URLs. Each must be in the registry below: its bytes
come from an installed Python package, are checked by sha256 when they are another project's, and
go into the page. A Content-Security-Policy then allows exactly those scripts by their hashes and
forbids every request. A page is sealed before any text of the data is in it (`embed` puts it in
afterwards, as JSON), so no script that comes with the data can have its hash there.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import zlib
from dataclasses import dataclass
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from geoplan.errors import GeoplanError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SCRIPT: Final = re.compile(r'<script src="([^"]*)"[^>]*>\s*</script>')
_STYLE: Final = re.compile(r'<link rel="stylesheet" href="([^"]*)"[^>]*/?>')
_INLINE: Final = re.compile(r"<script(?:\s[^>]*)?>(.*?)</script>", re.DOTALL)
_CSS_FETCH: Final = re.compile(r"url\((?![\"']?(?:data:|#))")
_CSS_URL: Final = re.compile(r"url\(([\"']?)([^)\"']+)\1\)")
_HEAD: Final = re.compile(r"<head(?:\s[^>]*)?>")
_BODY: Final = re.compile(r"<body(?:\s[^>]*)?>")
_SIGNS: Final = (
    ("&", "\\u0026"),
    ("<", "\\u003c"),
    (">", "\\u003e"),
    ("\u2028", "\\u2028"),
    ("\u2029", "\\u2029"),
)
_ASKS: Final = {
    "src",
    "srcset",
    "data",
    "poster",
    "background",
    "action",
    "formaction",
    "ping",
    "srcdoc",
    "xlink:href",
}


class SealError(GeoplanError, RuntimeError):
    """A page asks for something that is not in the registry, or that is not what it was."""


@dataclass(frozen=True)
class Asset:
    """A file that goes into pages: which package holds it, where, and its sha256 when it is foreign."""

    package: str
    path: str
    sha256: str | None = None

    def read(self) -> bytes:
        """Its bytes.

        Raises
        ------
        SealError
            When the installed package holds something else.
        """
        data = (_folder(self.package) / self.path).read_bytes()
        if self.sha256 is not None and hashlib.sha256(data).hexdigest() != self.sha256:
            raise SealError(
                vi=f"{self.package}: {self.path} không phải bản đã kiểm; hãy cài lại đúng phiên bản.",
                en=f"{self.package}: {self.path} is not the file that was checked; reinstall it.",
            )
        return data


ASSETS: Final = {
    "asset:leaflet.js": Asset(
        "xstatic.pkg.leaflet",
        "data/leaflet.js",
        "5819285cec137b229c94e1ee5ad73e8b6b84345a4367d60f75fe477fe0fb7b03",
    ),
    "asset:leaflet.css": Asset(
        "xstatic.pkg.leaflet",
        "data/leaflet.css",
        "90b693d86392a4779c861b28cf307e7e59c3fb35328c4d8b95f58f814d38c722",
    ),
    **{
        f"asset:{name}": Asset("geoplan.show", f"assets/{name}")
        for name in (
            "base.js", "draw.js", "panel.js", "legend.js", "search.js",
            "find.js", "time.js", "whatif.js", "print.js", "page.js",
            "geoplan.css", "print.css", "index.js", "index.css", "national.css",
        )
    },
}  # fmt: skip
PACK_FROM: Final = 1_000_000
"""Characters of JSON from which on a block is compressed; every browser since 2023 can unpack it."""


def embed(page: str, blocks: Mapping[str, Any], *, title: str) -> str:
    """A sealed page with its title and its data, which its script reads from blocks by their ids."""
    body = "".join(f"\n{_block(name, data)}" for name, data in blocks.items())
    for place, addition in ((_BODY, body), (_HEAD, f"<title>{html.escape(title)}</title>")):
        found = place.search(page)
        if found is None:
            raise SealError(vi="Trang không có <head> hoặc <body>.", en="The page has no <head> or <body>.")
        page = page[: found.end()] + addition + page[found.end() :]
    return page


def _block(name: str, data: Any) -> str:
    """Data as an element that no browser runs."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    if len(text) > PACK_FROM:
        packed = base64.b64encode(zlib.compress(text.encode("utf-8"), 9)).decode("ascii")
        return f'<script type="text/plain" id="{name}">{packed}</script>'
    for sign, escape in _SIGNS:
        text = text.replace(sign, escape)
    return f'<script type="application/json" id="{name}">{text}</script>'


def seal(page: str, *, scripts: bool = True, images: Sequence[str] = ()) -> str:
    """The page as one file that makes no request.

    Parameters
    ----------
    page
        Rendered HTML whose external scripts and styles all name keys of `ASSETS`. Its inline scripts
        will run: it must hold no text of the data yet.
    scripts
        False for a page that has none of its own and whose text is already in it: then none runs.
    images
        Origins that the page may ask for images, such as ``https://tile.example.org``; see
        `geoplan.show.tiles`.

    Returns
    -------
    str
        The page with everything inline and a Content-Security-Policy as the first thing in its head.

    Raises
    ------
    SealError
        When the page names a script, style, image or frame that is not in the registry.
    """
    page = _SCRIPT.sub(lambda m: f"<script>{_text(m[1])}</script>", page)
    page = _STYLE.sub(lambda m: f"<style>{_css(m[1])}</style>", page)
    _refuse_requests(page)
    head = _HEAD.search(page)
    if head is None:
        raise SealError(vi="Trang không có <head>.", en="The page has no <head>.")
    return page[: head.end()] + _policy(page if scripts else "", images) + page[head.end() :]


def _folder(package: str) -> Path:
    module = import_module(package)
    return Path(module.__path__[0])


def _asset(url: str) -> Asset:
    if url not in ASSETS:
        raise SealError(
            vi=f"Trang cần {url}, không có trong danh mục tài nguyên.",
            en=f"The page asks for {url}, which is not in the registry of assets.",
        )
    return ASSETS[url]


def _text(url: str) -> str:
    text = _asset(url).read().decode("utf-8")
    text = re.sub(r"\n?//# sourceMappingURL=\S*\s*$", "\n", text)
    if "</script" in text.casefold():
        raise SealError(vi=f"{url} chứa thẻ đóng script.", en=f"{url} holds a closing script tag.")
    return text


def _css(url: str) -> str:
    """A style sheet whose images are inside it."""
    asset = _asset(url)

    def inline(match: re.Match[str]) -> str:
        target = match[2]
        if target.startswith(("data:", "#")):
            return match[0]
        image = (_folder(asset.package) / asset.path).parent / target
        return f"url(data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()})"

    return _CSS_URL.sub(inline, asset.read().decode("utf-8"))


class _Requests(HTMLParser):
    """Collects what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        for name, value in given.items():
            asks = name in _ASKS or (name == "href" and tag != "a")
            if asks and not value.startswith(("data:", "#")):
                self.found.append(f"<{tag} {name}={value!r}>")
        if tag == "a" and ":" in given.get("href", "").split("/")[0]:
            self.found.append(f"<a href={given['href']!r}>")
        if tag == "meta" and given.get("http-equiv", "").casefold() == "refresh":
            self.found.append("<meta http-equiv=refresh>")
        self._in_style = tag == "style"

    def handle_data(self, data: str) -> None:
        """Style sheets may fetch too."""
        if self._in_style and ("@import" in data or _CSS_FETCH.search(data)):
            self.found.append("<style> @import or url()")
        self._in_style = False


def _refuse_requests(page: str) -> None:
    parser = _Requests()
    parser.feed(page)
    if parser.found:
        raise SealError(
            vi=f"Trang còn gọi ra ngoài: {parser.found[0]}.",
            en=f"The page still asks for something outside: {parser.found[0]}.",
        )


def _policy(page: str, images: Sequence[str]) -> str:
    digests = [hashlib.sha256(script.encode("utf-8")).digest() for script in _INLINE.findall(page)]
    hashes = " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in dict.fromkeys(digests))
    return (
        '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="'
        f"default-src 'none'; script-src {hashes or chr(39) + 'none' + chr(39)}; style-src 'unsafe-inline'; "
        f"img-src {' '.join(['data:', *images])}; base-uri 'none'; form-action 'none'\">"
    )
