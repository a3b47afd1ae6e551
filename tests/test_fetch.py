"""Real boundaries over HTTP: real servers on loopback, good and bad."""

from __future__ import annotations

import csv
import gc
import hashlib
import json
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import servers
from conftest import CITIES
from geoplan import schema
from geoplan.errors import DataError, UsageError
from geoplan.intake import download, fetch
from geoplan.text import fold

ONE = "11980"
"""The smallest file at hand: Phường Hồng Châu."""
AREA = "area_published_km2"
PROGRAM = (
    "import sys; from pathlib import Path; from geoplan.intake.fetch import fetch_units; "
    "fetch_units(sys.argv[3:], base_url=sys.argv[1], cache=Path(sys.argv[2]), connections=1)"
)


@pytest.fixture(scope="module")
def source(real_data: Path) -> Path:
    return real_data / "boundaries"


@pytest.fixture(scope="module")
def codes(source: Path) -> list[str]:
    return sorted(file.name[:5] for file in source.rglob("*.geojson"))


@pytest.fixture(autouse=True)
def nothing_left_open(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No thread and no socket outlives a test; a proxy of this machine is not asked."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    before = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= before
    gc.collect()


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses and patience of real life are for real life."""
    monkeypatch.setattr(download, "PAUSES", (0.01, 0.02))
    monkeypatch.setattr(download, "LEAST_RATE", 1_000_000)


def cached(cache: Path) -> list[str]:
    return sorted(file.name for file in cache.rglob("*") if file.is_file())


# What is registered


def test_the_registry_holds_every_unit_in_force(real_data: Path) -> None:
    country = pd.read_parquet(
        real_data / "vietnam-communes-2025.parquet", columns=["code", "name", "province"]
    )
    assert sorted(fetch.all_codes()) == sorted(country["code"])
    assert len(set(fetch.all_codes())) == 3321
    for province, units in country.groupby("province"):
        assert sorted(fetch.codes_of_province(str(province)[:2])) == sorted(units["code"])
        name = fold(fetch.province_names()[str(province)[:2]]).replace(" ", "_")
        assert f"{province}" == f"{str(province)[:2]}_{name}"
    assert len(fetch.province_names()) == 34
    kinds = tuple(fetch._KINDS)
    assert (
        country["name"]
        .map(lambda name: name.casefold().split(" "))
        .map(lambda words: words[0] in kinds or " ".join(words[:2]) in kinds)
        .all()
    )


def test_the_registry_is_that_of_the_files_at_hand(source: Path, codes: list[str]) -> None:
    assert len(codes) == 22
    for code in codes:
        entry = fetch._registry()[code]
        content = (source / entry.path).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (entry.size, entry.sha256)


def test_the_registry_is_small_and_diffable() -> None:
    file = Path(fetch.__file__).with_name("boundaries-2025.csv")
    assert file.stat().st_size < 350_000
    rows = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    assert [row["file"] for row in rows] == sorted(row["file"] for row in rows)
    assert fetch._registry()[ONE].label == "11980 hong chau"


def test_an_unknown_province_is_told_which_there_are() -> None:
    with pytest.raises(
        UsageError, match="mã “26” từ 01/07/2025; các mã có: 01 Hà Nội, 04 Cao Bằng, .*96 Cà Mau"
    ):
        fetch.codes_of_province("26")


# A good server


@pytest.mark.parametrize("answer", [servers.good, servers.zipped, servers.chunked])
def test_all_units_come_in_as_the_source_draws_them(
    source: Path, codes: list[str], real_data: Path, tmp_path: Path, answer: servers.Answer
) -> None:
    said: list[tuple[int, int]] = []
    with servers.serving(source, answer) as server:
        fetched = fetch.fetch_units(
            codes[::-1],
            base_url=server.url,
            cache=tmp_path,
            progress=lambda done, total: said.append((done, total)),
        )
        assert sorted(server.asked) == sorted(f"/{fetch._registry()[code].path}" for code in codes)
    assert said == [(done, 22) for done in range(1, 23)]
    assert (fetched.downloaded, fetched.reused) == (22, 0)
    frame = fetched.frame
    assert frame["code"].tolist() == codes[::-1]
    assert frame.crs == "EPSG:4326"
    assert frame.columns.tolist() == ["code", "name", "kind", "valid_from", AREA, "geometry"]
    country = pd.read_parquet(real_data / "vietnam-communes-2025.parquet", columns=["code", "name", AREA])
    expected = country.set_index("code").loc[codes[::-1]]
    words = frame["kind"].map({"ward": "Phường ", "commune": "Xã "})
    assert (words + frame["name"]).tolist() == expected["name"].tolist()
    assert frame[AREA].tolist() == expected[AREA].tolist()
    found = frame.set_index("code").geometry
    cities = pd.concat(gpd.read_file(real_data / f"{city}-communes-2025.geojson") for city in CITIES)
    same = cities.set_index("code").geometry
    assert len(same) == 18
    assert found.loc[same.index].geom_equals_exact(same, tolerance=0).all()
    for code in codes:
        (feature,) = json.loads((source / fetch._registry()[code].path).read_bytes())["features"]
        assert found[code].equals_exact(shapely.geometry.shape(feature["geometry"]))
    assert (
        fetched.files[ONE] == hashlib.sha256((source / fetch._registry()[ONE].path).read_bytes()).hexdigest()
    )


def test_the_frame_keeps_the_contract_of_communes(source: Path, codes: list[str], tmp_path: Path) -> None:
    with servers.serving(source, servers.good) as server:
        fetched = fetch.fetch_units(codes, base_url=server.url, cache=tmp_path)
        address = server.url[7:-1]
    communes = schema.conform(fetched.frame, "communes", what="fetch")
    assert (communes["valid_from"] == pd.Timestamp("2025-07-01")).all()
    assert communes["kind"].value_counts().to_dict() == {"ward": 18, "commune": 4}
    assert "MIT" in fetched.licence[0]
    assert "MIT" in fetched.licence[1]
    for sentence in fetched.source:
        assert "sapnhap.bando.com.vn" in sentence
        assert sentence.endswith(address)


def test_a_second_call_asks_for_nothing(source: Path, codes: list[str], tmp_path: Path) -> None:
    with servers.serving(source, servers.good) as server:
        first = fetch.fetch_units(codes, base_url=server.url, cache=tmp_path)
        again = fetch.fetch_units(codes, base_url=server.url, cache=tmp_path)
        assert len(server.asked) == 22
    offline = fetch.fetch_units(codes, base_url=servers.closed_port(), cache=tmp_path)
    for later in (again, offline):
        assert (later.downloaded, later.reused) == (0, 22)
        pd.testing.assert_frame_equal(later.frame, first.frame)


def test_a_damaged_file_of_the_cache_is_fetched_again(source: Path, codes: list[str], tmp_path: Path) -> None:
    with servers.serving(source, servers.good) as server:
        first = fetch.fetch_units(codes[:3], base_url=server.url, cache=tmp_path)
        (file,) = tmp_path.rglob(f"{codes[1]}_*.geojson")
        file.write_bytes(file.read_bytes()[:1000])
        again = fetch.fetch_units(codes[:3], base_url=server.url, cache=tmp_path)
        assert [path for path in server.asked[3:] if codes[1] in path] == server.asked[3:]
    assert (again.downloaded, again.reused) == (1, 2)
    pd.testing.assert_frame_equal(again.frame, first.frame)


@pytest.mark.parametrize("connections", [1, 2, 4])
def test_no_more_connections_than_allowed(
    source: Path, codes: list[str], tmp_path: Path, connections: int
) -> None:
    with servers.serving(source, servers.leisurely) as server:
        fetch.fetch_units(codes, base_url=server.url, cache=tmp_path, connections=connections)
        assert server.most_open == connections


def test_nothing_is_written_to_the_terminal(source: Path, tmp_path: Path) -> None:
    """In a process of its own: pooch logs to what was stderr when it was imported."""
    with servers.serving(source, servers.failing(1)) as server:
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, server.url, tmp_path, ONE], capture_output=True, check=True
        )
    assert len(cached(tmp_path)) == 1
    assert (done.stdout, done.stderr) == (b"", b"")


# Servers that fail


def test_errors_of_the_server_are_waited_out(source: Path, tmp_path: Path) -> None:
    with servers.serving(source, servers.failing(2)) as server:
        started = time.monotonic()
        fetched = fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path)
        assert len(server.asked) == 3
    assert time.monotonic() - started >= sum(download.PAUSES) == 2.5
    assert (fetched.downloaded, len(fetched.frame)) == (1, 1)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("answer", "requests", "reasons"),
    [
        (servers.failing(99), 3, ("trả lời lỗi 500", "answers with error 500")),
        (servers.failing(99, 429), 3, ("trả lời lỗi 429", "answers with error 429")),
        (servers.failing(99, 403), 1, ("trả lời lỗi 403", "answers with error 403")),
        (servers.failing(99, 404), 1, ("không có tệp này (404)", "does not have the file (404)")),
        (servers.failing(99, 206), 1, ("trả lời lỗi 206", "answers with error 206")),
        (servers.cut_off, 3, ("đường truyền đứt giữa chừng", "the transfer broke off")),
        (servers.cut_off_zipped, 3, ("đường truyền đứt giữa chừng", "the transfer broke off")),
        (servers.cut_off_chunked, 3, ("đường truyền đứt giữa chừng", "the transfer broke off")),
        (servers.hangs_up, 3, ("đường truyền đứt giữa chừng", "the transfer broke off")),
        (servers.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), 3, ("đường truyền đứt", "the transfer broke off")),
        (servers.raw(b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200), 3, ("đường truyền đứt", "broke off")),
        (servers.lies, 2, ("nội dung khác với bản đã đăng ký", "its content is not the registered one")),
        (
            servers.login_page,
            2,
            ("nội dung khác với bản đã đăng ký", "its content is not the registered one"),
        ),
        (
            servers.not_zipped,
            2,
            ("nội dung khác với bản đã đăng ký", "its content is not the registered one"),
        ),
        (servers.strange_encoding, 1, ("nội dung khác với bản đã đăng ký", "is not the registered one")),
        (servers.redirecting("/x"), 1, ("chuyển hướng sang 127.0.0.1", "redirects to 127.0.0.1")),
        (servers.redirecting("http://user:secret@b.vn/"), 1, ("chuyển hướng sang b.vn", "redirects to b.vn")),
        (servers.redirecting("http://["), 1, ("chuyển hướng sang 127.0.0.1", "redirects to 127.0.0.1")),
    ],
)
def test_one_sentence_says_what_happened_and_nothing_is_kept(
    source: Path, tmp_path: Path, answer: servers.Answer, requests: int, reasons: tuple[str, str]
) -> None:
    with servers.serving(source, answer) as server:
        with pytest.raises(DataError) as caught:
            fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path, timeout=5)
        assert len(server.asked) == requests
    error = caught.value
    assert error.vi.startswith("11980 hong chau: không tải được")
    assert reasons[0] in error.vi
    assert "hãy chạy lại sau (những tệp đã tải được giữ lại)" in error.vi
    assert error.en.startswith("11980 hong chau: not downloaded")
    assert reasons[1] in error.en
    assert "name a mirror with --base-url" in error.en
    assert "secret" not in error.vi
    assert (f"sau {requests} lần thử" in error.vi) == (requests > 1)
    assert cached(tmp_path) == []


@pytest.mark.usefixtures("hasty")
def test_a_server_that_is_down_is_unreachable(tmp_path: Path) -> None:
    address = servers.closed_port()
    with pytest.raises(DataError) as caught:
        fetch.fetch_units(["05860", ONE], base_url=address, cache=tmp_path)
    assert f"sau 3 lần thử: không kết nối được với {address[7:-1]} (mất mạng hoặc máy chủ" in caught.value.vi
    assert "cannot be reached (no network, or the server is down)" in caught.value.en
    assert cached(tmp_path) == []


@pytest.mark.usefixtures("hasty")
def test_a_name_that_nobody_knows_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="không kết nối được với khong-co.invalid"):
        fetch.fetch_units([ONE], base_url="http://khong-co.invalid/", cache=tmp_path)


@pytest.mark.usefixtures("hasty")
def test_a_certificate_is_asked_for(source: Path, tmp_path: Path) -> None:
    """A server that speaks no TLS where https is asked for."""
    with servers.serving(source, servers.good) as server:
        address = server.url.replace("http:", "https:")
        with pytest.raises(DataError, match="không thiết lập được kết nối an toàn"):
            fetch.fetch_units([ONE], base_url=address, cache=tmp_path, timeout=5)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "answer",
    [
        servers.silent,
        servers.dripping_body,
        servers.dripping_head,
        servers.always_continue,
        servers.endless_trailers,
    ],
)
def test_a_slow_server_is_given_up(source: Path, tmp_path: Path, answer: servers.Answer) -> None:
    """Whether it says nothing, or a little now and then, or much that is no answer."""
    started = time.monotonic()
    with servers.serving(source, answer) as server:
        with pytest.raises(DataError, match=r"sau 3 lần thử: .* quá chậm \(chờ tối đa 0,4 giây\)"):
            fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path, timeout=0.4)
        assert time.monotonic() - started < 15
    assert cached(tmp_path) == []


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "answer", [servers.endless, servers.endless_after_the_file, servers.bomb, servers.empty_blocks]
)
def test_an_endless_answer_is_cut_off(source: Path, tmp_path: Path, answer: servers.Answer) -> None:
    started = time.monotonic()
    with servers.serving(source, answer) as server:
        tracemalloc.start()
        try:
            with pytest.raises(DataError, match="nội dung khác với bản đã đăng ký"):
                fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert len(server.asked) == 1
        assert server.sent < 12_000_000  # what the kernel's buffers took in before the line was cut
    assert peak < 5_000_000
    assert time.monotonic() - started < 30
    assert cached(tmp_path) == []


@pytest.mark.usefixtures("hasty")
def test_what_was_fetched_is_kept_and_only_the_rest_is_asked_for(
    source: Path, codes: list[str], tmp_path: Path
) -> None:
    answer = servers.good_for(9, servers.failing(99, 503))
    with servers.serving(source, answer) as server:
        with pytest.raises(DataError, match=f"{codes[9]} .*trả lời lỗi 503"):
            fetch.fetch_units(codes, base_url=server.url, cache=tmp_path, connections=1)
        assert len(server.asked) == 9 + 3
    assert [name[:5] for name in cached(tmp_path)] == codes[:9]
    with servers.serving(source, servers.good) as server:
        fetched = fetch.fetch_units(codes, base_url=server.url, cache=tmp_path)
        assert sorted(path.rpartition("/")[2][:5] for path in server.asked) == codes[9:]
    assert (fetched.downloaded, fetched.reused) == (13, 9)
    assert fetched.frame["code"].tolist() == codes


def test_an_interruption_ends_at_once_and_keeps_what_is_there(
    source: Path, codes: list[str], tmp_path: Path
) -> None:
    """As Ctrl-C does, while other lines wait for a server that has fallen silent."""

    def interrupt(done: int, total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    started = time.monotonic()
    with servers.serving(source, servers.good_for(5, servers.silent)) as server:
        with pytest.raises(KeyboardInterrupt):
            fetch.fetch_units(codes, base_url=server.url, cache=tmp_path, progress=interrupt, timeout=60)
        assert time.monotonic() - started < 20
    assert len(cached(tmp_path)) == 5
    with servers.serving(source, servers.good) as server:
        assert fetch.fetch_units(codes, base_url=server.url, cache=tmp_path).reused == 5


def test_a_killed_process_leaves_nothing_that_is_taken_for_a_unit(
    source: Path, codes: list[str], tmp_path: Path
) -> None:
    with servers.serving(source, servers.good_for(6, servers.dripping_body)) as server:
        with subprocess.Popen([sys.executable, "-c", PROGRAM, server.url, tmp_path, *codes]) as process:
            for _ in range(600):
                if len(server.asked) > 6:
                    break
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        assert len(server.asked) == 7
    with servers.serving(source, servers.good) as server:
        fetched = fetch.fetch_units(codes, base_url=server.url, cache=tmp_path)
        assert len(server.asked) == fetched.downloaded == 16


@pytest.mark.usefixtures("hasty")
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    reply=st.one_of(
        st.binary(max_size=200),
        st.binary(max_size=200).map(lambda body: b"HTTP/1.1 200 OK\r\n\r\n" + body),
        st.binary(max_size=200).map(lambda body: b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + body),
        st.binary(max_size=200).map(
            lambda body: b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body
        ),
        st.binary(max_size=80).map(lambda head: b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n"),
    )
)
def test_whatever_a_server_says_is_one_sentence_and_no_file(
    source: Path, tmp_path_factory: pytest.TempPathFactory, reply: bytes
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    with servers.serving(source, servers.raw(reply)) as server, pytest.raises(DataError):
        fetch.fetch_units([ONE], base_url=server.url, cache=cache, timeout=2)
    assert cached(cache) == []


# Calls that are wrong


@pytest.mark.parametrize(
    ("codes", "sentence"),
    [
        (["05860", "99999"], "Không có đơn vị mã 99999 từ 01/07/2025; mã gồm năm chữ số như 05860."),
        (["../../etc/passwd"], "Không có đơn vị mã ../../etc/passwd"),
        ([], "(trống)"),
        (["05860", "05899", "05860"], "Mã 05860 được hỏi hai lần"),
    ],
)
def test_wrong_codes_are_refused_before_anything_is_asked(
    source: Path, tmp_path: Path, codes: list[str], sentence: str
) -> None:
    with servers.serving(source, servers.good) as server:
        with pytest.raises(UsageError) as caught:
            fetch.fetch_units(codes, base_url=server.url, cache=tmp_path / "c")
        assert server.asked == []
    assert sentence in caught.value.vi
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "address",
    [
        "ftp://example.vn/",
        "file:///etc/",
        "/srv/boundaries",
        "",
        "http://",
        "https:///x",
        "http://[::1",
        "http://a:b/",
        "https://example.vn/?to=",
        "https://example.vn/#x",
        "http://.../",
        "javascript:alert(1)",
    ],
)
def test_only_web_addresses_are_base_addresses(tmp_path: Path, address: str) -> None:
    with pytest.raises(UsageError, match="không phải địa chỉ http:// hay https://"):
        fetch.fetch_units([ONE], base_url=address, cache=tmp_path / "c")
    assert not (tmp_path / "c").exists()


@pytest.mark.parametrize(
    "options",
    [{"connections": 0}, {"connections": 5}, {"timeout": 0.0}, {"timeout": float("nan")}, {"timeout": 1e9}],
)
def test_limits_are_limits(tmp_path: Path, options: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="Số kết nối phải từ 1 đến 4, thời gian chờ trên 0 và tối đa 600"):
        fetch.fetch_units([ONE], cache=tmp_path, **options)


def test_a_cache_that_cannot_be_written_to_is_named(source: Path, tmp_path: Path) -> None:
    (tmp_path / "c").write_text("a file")
    with servers.serving(source, servers.good) as server:
        with pytest.raises(UsageError, match="không ghi được vào thư mục lưu tạm"):
            fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path / "c")
        folder = tmp_path / "d" / "boundaries" / fetch.COMMIT[:12] / fetch._registry()[ONE].path
        folder.mkdir(parents=True)
        with pytest.raises(UsageError, match="không ghi được vào thư mục lưu tạm"):
            fetch.fetch_units([ONE], base_url=server.url, cache=tmp_path / "d")
        assert server.asked == []


def test_the_default_cache_is_the_users(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with servers.serving(source, servers.good) as server:
        fetch.fetch_units([ONE], base_url=server.url.rstrip("/"))
    assert cached(tmp_path / "geoplan" / "boundaries") == ["11980_hong_chau.geojson"]
    (kept,) = tmp_path.rglob("*.geojson")
    assert json.loads(kept.read_bytes())["features"][0]["properties"]["code"] == ONE
