"""Addresses of tiles: which are taken, which hosts the policy then names, and what Chromium makes of it."""

from __future__ import annotations

import base64
import re
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import servers
from geoplan.errors import DataWarning, UsageError
from geoplan.show.tiles import TileSource, tile_source

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.mark.parametrize(
    ("url", "origins"),
    [
        ("https://tile.openstreetmap.org/{z}/{x}/{y}.png", ("https://tile.openstreetmap.org",)),
        ("http://127.0.0.1:8080/{z}/{x}/{y}@2x.png?v=1", ("http://127.0.0.1:8080",)),
        ("HTTPS://Tile.Example.org/{z}/{x}/{-y}{r}.webp", ("https://tile.example.org",)),
        (
            "https://{s}.tile.example.org:8443/a/{z}/{x}/{y}.png#f",
            tuple(f"https://{s}.tile.example.org:8443" for s in "abc"),
        ),
        ("http://localhost/wmts/{z}/{y}/{x}", ("http://localhost",)),
    ],
)
def test_good_addresses(url: str, origins: tuple[str, ...]) -> None:
    assert tile_source(url) == TileSource(url, ("a", "b", "c") if "{s}" in url else (), origins)


def test_subdomains_of_ones_own() -> None:
    source = tile_source("https://mt{s}.example.org/{z}/{x}/{y}", subdomains="01")
    assert source.subdomains == ("0", "1")
    assert source.origins == ("https://mt0.example.org", "https://mt1.example.org")
    named = tile_source("https://{s}.example.org/{z}/{x}/{y}", subdomains=["bac", "nam"])
    assert named.origins == ("https://bac.example.org", "https://nam.example.org")
    for bad in ((), ("a b",), ("a;script-src *",), ("a/",), ("*",), ("a.evil.org#",), ("",)):
        with pytest.raises(UsageError, match="tên máy chủ"):
            tile_source("https://{s}.example.org/{z}/{x}/{y}", subdomains=bad)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("https://tile.example.org/{z}/{x}.png", r"\{z\}, \{x\} và \{y\}"),
        ("https://tile.example.org/{z}/{x}/{y}/{apikey}.png", r"\{z\}, \{x\} và \{y\}"),
        ("https://tile.example.org/{{z}}/{x}/{y}.png", r"\{z\}, \{x\} và \{y\}"),
        ("https://tile.example.org/{{ 7*7 }}/{z}/{x}/{y}.png", "ký tự"),
        ("javascript:alert(1)//{z}/{x}/{y}", "https://"),
        ("data:image/png;base64,{z}{x}{y}", "https://"),
        ("file:///etc/{z}/{x}/{y}", "https://"),
        ("//tile.example.org/{z}/{x}/{y}", "https://"),
        ("tiles/{z}/{x}/{y}.png", "https://"),
        ("https://user:secret@tile.example.org/{z}/{x}/{y}", "mật khẩu"),
        ("https://user@tile.example.org/{z}/{x}/{y}", "mật khẩu"),
        ("https:///{z}/{x}/{y}", "máy chủ"),
        ("https://*/{z}/{x}/{y}", "máy chủ"),
        ("https://*.example.org/{z}/{x}/{y}", "máy chủ"),
        ("https://{x}.example.org/{z}/{x}/{y}", "máy chủ"),
        ("https://tile.example.org;script-src/{z}/{x}/{y}", "máy chủ"),
        ("https://tile.example.org:99999/{z}/{x}/{y}", "máy chủ"),
        ("https://tile.example.org:/{z}/{x}/{y}", "máy chủ"),
        ("https://[::1]/{z}/{x}/{y}", "ký tự"),
        ("https://-a.example.org/{z}/{x}/{y}", "máy chủ"),
        ("https://tile.example.org'/{z}/{x}/{y}", "ký tự"),
        ('https://tile.example.org/"><script>/{z}/{x}/{y}', "ký tự"),
        ("https://tile.example.org/ {z}/{x}/{y}", "ký tự"),
        ("https://tile.example.org\\@evil.org/{z}/{x}/{y}", "ký tự"),
        ("https://bản-đồ.vn/{z}/{x}/{y}", "ký tự"),
        ("https://tile.example.org/{z}/{x}/{y}\n", "ký tự"),
        ("", "ký tự"),
        ("https://tile.example.org/{z}/{x}/{y}" + "a" * 2000, "ký tự"),
    ],
)
def test_bad_addresses_get_one_sentence(url: str, why: str) -> None:
    with pytest.raises(UsageError, match=f"không phải địa chỉ ảnh nền: .*{why}") as error:
        tile_source(url)
    assert "\n" not in error.value.vi
    assert "is no address of tiles" in error.value.en


def test_a_key_in_the_address_is_said() -> None:
    with pytest.warns(DataWarning, match=r"https://tile\.example\.org có khóa truy cập"):
        tile_source("https://tile.example.org/{z}/{x}/{y}.png?apikey=abc123")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tile_source("https://tile.example.org/{z}/{x}/{y}.png?layer=base")


@given(st.text(alphabet=st.sampled_from("htps:/{}szxy-@.;' \"*a1[]%#?,&=\\"), max_size=60), st.booleans())
def test_whatever_is_taken_gives_bare_origins(text: str, whole: bool) -> None:
    """Nothing that ends a source or a directive of a policy ever gets into an origin."""
    url = f"https://{text}/{{z}}/{{x}}/{{y}}" if whole else text
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DataWarning)
            source = tile_source(url)
    except UsageError as error:
        assert error.en  # noqa: PT017 - either is right, which one is the other tests' business
        return
    for origin in source.origins:
        assert re.fullmatch(r"https?://[a-z0-9.-]+(:\d{1,5})?", origin)
        asked = urlsplit(source.url.replace("{s}", (source.subdomains or ("",))[0]))
        assert asked.hostname in {urlsplit(o).hostname for o in source.origins}


def test_chromium_asks_the_named_host_and_no_other(tmp_path: Path, browser: Browser) -> None:
    (tmp_path / "9").mkdir()
    (tmp_path / "9" / "1.png").write_bytes(PIXEL)
    with servers.serving(tmp_path, servers.good) as named, servers.serving(tmp_path, servers.good) as other:
        source = tile_source(f"{named.url}{{z}}/{{x}}/{{y}}.png")
        policy = f"default-src 'none'; img-src data: {' '.join(source.origins)}"
        page = tmp_path / "page.html"
        page.write_text(
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
            f'<img id="a" src="{named.url}9/1.png"><img id="b" src="{other.url}9/1.png">',
            encoding="utf-8",
        )
        opened = browser.new_page()
        opened.goto(page.as_uri())
        opened.wait_for_function(
            "document.getElementById('a').complete && document.getElementById('b').complete"
        )
        widths = opened.evaluate("['a', 'b'].map(i => document.getElementById(i).naturalWidth)")
        opened.close()
        assert widths == [1, 0]
        assert other.asked == []
