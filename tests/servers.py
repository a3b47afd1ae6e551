"""Real HTTP servers on loopback: a good one, and those that break, lie, dawdle and never end."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MOST_SENT = 300_000_000
"""An endless answer ends here if nobody cuts it, so that a failing test ends too."""
BOMB = gzip.compress(bytes(50_000_000))


class Server(ThreadingHTTPServer):
    """Serves a folder on a free port of 127.0.0.1, in the way that `answer` does."""

    daemon_threads = False
    block_on_close = True

    def __init__(self, root: Path, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.root = root
        self.answer = answer
        self.asked: list[str] = []
        self.open = self.most_open = self.sent = 0
        self.lock = threading.Lock()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """The address of its root."""
        return f"http://127.0.0.1:{self.server_port}/"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many of these servers are there for."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    timeout = 20
    number = 0
    server: Server

    def setup(self) -> None:
        """Count the connection in."""
        super().setup()
        with self.server.lock:
            self.server.open += 1
            self.server.most_open = max(self.server.most_open, self.server.open)

    def finish(self) -> None:
        """Count the connection out."""
        with self.server.lock:
            self.server.open -= 1
        super().finish()

    def do_GET(self) -> None:
        """Note what is asked for, and answer in the server's way."""
        with self.server.lock:
            self.server.asked.append(self.path)
            self.number = len(self.server.asked)
        file = self.server.root / self.path.lstrip("/")
        self.server.answer(self, file.read_bytes() if file.is_file() else None)

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def head(self, status: int, **headers: object) -> None:
        """Status and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def whole(self, body: bytes, **headers: object) -> None:
        """A full answer."""
        self.head(200, Content_Length=len(body), **headers)
        self.wfile.write(body)

    def hang_up(self) -> None:
        """Close the connection when this answer is over."""
        self.close_connection = True

    def pour(self, piece: bytes) -> None:
        """Send the same bytes until the client has enough."""
        self.hang_up()
        while self.server.sent < MOST_SENT and not self.server.closing.is_set():
            self.wfile.write(piece)
            self.server.sent += len(piece)

    def drip(self, body: bytes, *, every: float) -> None:
        """Send one byte at a time, none of them late in itself."""
        self.hang_up()
        for byte in body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.closing.wait(every):
                return


Answer = Callable[[Handler, bytes | None], None]


@contextmanager
def serving(root: Path, answer: Answer) -> Iterator[Server]:
    """A running server; when the block ends, so have its threads and sockets."""
    server = Server(root, answer)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


def closed_port() -> str:
    """The address of a port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def good(to: Handler, body: bytes | None) -> None:
    if body is None:
        to.head(404, Content_Length=0)
    else:
        to.whole(body)


def zipped(to: Handler, body: bytes | None) -> None:
    to.whole(gzip.compress(body or b""), Content_Encoding="gzip")


def chunked(to: Handler, body: bytes | None) -> None:
    to.head(200, Transfer_Encoding="chunked")
    for at in range(0, len(body or b""), 5000):
        piece = (body or b"")[at : at + 5000]
        to.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
    to.wfile.write(b"0\r\n\r\n")


def leisurely(to: Handler, body: bytes | None) -> None:
    to.server.closing.wait(0.05)
    good(to, body)


def cut_off(to: Handler, body: bytes | None) -> None:
    """Announces all of the file, sends half."""
    to.head(200, Content_Length=len(body or b""))
    to.wfile.write((body or b"")[: len(body or b"") // 2])
    to.hang_up()


def cut_off_zipped(to: Handler, body: bytes | None) -> None:
    """Half of a gzip stream, with a length that fits."""
    packed = gzip.compress(body or b"")
    to.whole(packed[: len(packed) // 2], Content_Encoding="gzip")


def cut_off_chunked(to: Handler, body: bytes | None) -> None:
    to.head(200, Transfer_Encoding="chunked")
    to.wfile.write(b"ffff\r\n" + (body or b"")[:100])
    to.hang_up()


def hangs_up(to: Handler, body: bytes | None) -> None:
    to.hang_up()


def lies(to: Handler, body: bytes | None) -> None:
    """The right length, one byte changed."""
    to.whole((body or b"").replace(b"105", b"106", 1).replace(b"106", b"107", 1))


def login_page(to: Handler, body: bytes | None) -> None:
    to.whole(b"<html><body>Wi-Fi</body></html>", Content_Type="text/html")


def not_zipped(to: Handler, body: bytes | None) -> None:
    to.whole(body or b"", Content_Encoding="gzip")


def strange_encoding(to: Handler, body: bytes | None) -> None:
    to.whole(body or b"", Content_Encoding="gzip, gzip")


def silent(to: Handler, body: bytes | None) -> None:
    to.server.closing.wait(60)
    to.hang_up()


def dripping_body(to: Handler, body: bytes | None) -> None:
    to.head(200, Content_Length=len(body or b""))
    to.drip(body or b"", every=0.05)


def dripping_head(to: Handler, body: bytes | None) -> None:
    to.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Drip: drip\r\n" * 10_000, every=0.05)


def always_continue(to: Handler, body: bytes | None) -> None:
    """Interim answers without end."""
    to.hang_up()
    while not to.server.closing.wait(0.001):
        to.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def endless_trailers(to: Handler, body: bytes | None) -> None:
    to.head(200, Transfer_Encoding="chunked")
    to.wfile.write(b"1\r\n{\r\n0\r\n")
    to.hang_up()
    while not to.server.closing.wait(0.001):
        to.wfile.write(b"X-More: more\r\n")


def endless(to: Handler, body: bytes | None) -> None:
    to.head(200)
    to.pour(b" " * 65_536)


def endless_after_the_file(to: Handler, body: bytes | None) -> None:
    to.head(200)
    to.wfile.write(body or b"")
    to.pour(b" " * 65_536)


def bomb(to: Handler, body: bytes | None) -> None:
    """50 MB in 50 kB."""
    to.whole(BOMB, Content_Encoding="gzip")


def empty_blocks(to: Handler, body: bytes | None) -> None:
    """A gzip stream of stored blocks of length nothing, without end."""
    to.head(200, Content_Encoding="gzip")
    to.wfile.write(gzip.compress(b"")[:10])
    to.pour(b"\x00\x00\x00\xff\xff" * 10_000)


def failing(times: int, status: int = 500) -> Answer:
    """Errors for the first so many requests, then good."""

    def answer(to: Handler, body: bytes | None) -> None:
        if to.number <= times:
            to.head(status, Content_Length=0)
        else:
            good(to, body)

    return answer


def good_for(times: int, then: Answer) -> Answer:
    """Good for so many requests, then something else."""

    def answer(to: Handler, body: bytes | None) -> None:
        (good if to.number <= times else then)(to, body)

    return answer


def redirecting(target: str) -> Answer:
    """Sends everybody elsewhere."""

    def answer(to: Handler, body: bytes | None) -> None:
        to.head(302, Location=target, Content_Length=0)

    return answer


def raw(reply: bytes) -> Answer:
    """These bytes instead of an HTTP answer."""

    def answer(to: Handler, body: bytes | None) -> None:
        to.wfile.write(reply)
        to.hang_up()

    return answer
