"""An object store for tests: moto's server over real HTTP, behind a proxy that fails as networks and servers do.

The proxy passes PUTs on one at a time: moto looks whether an object is there and then writes it, and two writers
that come between the two would both be told that they were first.
"""

from __future__ import annotations

import http.client
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Fault = str | None
"""error-500, error-503, reset (before it takes effect), reset-after, cut (an answer that breaks off), silence; None
where nothing goes wrong."""
SILENCE_SECONDS = 3.0

FAULTS = ("error-500", "error-503", "reset", "reset-after", "cut")


class Proxy(ThreadingHTTPServer):
    """Passes requests on to `target`. `asked` lists what came, as (method, path); `fault` says what goes wrong."""

    daemon_threads = True

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.bucket = ""
        self.asked: list[tuple[str, str]] = []
        self.faults: Counter[str] = Counter()
        self.silence_seconds = SILENCE_SECONDS
        self.fault: Callable[[str, str], Fault] = lambda method, path: None
        self.one_put = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def failed(self) -> int:
        return self.faults.total()

    def environment(self, cache: Path) -> dict[str, str]:
        """The variables that lead a process here, and to a cache of its own."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "WAVEMILL_CACHE": str(cache),
        }

    def fail_some(self, share: float, seed: int = 0, ways: Sequence[str] = FAULTS) -> None:
        """From now on this share of the requests fails, in one of these ways."""
        rng, lock = random.Random(seed), threading.Lock()

        def fault(method: str, path: str) -> Fault:
            with lock:
                return rng.choice(ways) if rng.random() < share else None

        self.fault = fault

    def fail_once(self, method: str, fault: Fault, times: int = 1) -> None:
        """The next `times` requests of this method fail."""
        left = [fault] * times
        self.fault = lambda asked, path: left.pop() if asked == method and left else None

    def send(self, method: str, path: str, content: bytes = b"") -> None:
        """Writes or deletes an object, or makes a bucket, past the proxy, and quickly."""
        connection = http.client.HTTPConnection(*self.target, timeout=30)
        credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"
        connection.request(method, path, content, {"Authorization": f"{credential}, SignedHeaders=host, Signature=0"})
        assert connection.getresponse().status in (200, 204)
        connection.close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gave up is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    server: Proxy

    def _pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.fault(self.command, self.path)
        self.server.asked.append((self.command, self.path))
        if fault is not None:
            self.server.faults[fault] += 1
        if fault == "reset":
            self._reset()
        elif fault == "silence":
            time.sleep(self.server.silence_seconds)
            self._reset()
        elif fault in ("error-500", "error-503"):
            self._answer(int(fault[-3:]), [("Content-Type", "application/xml")], _xml(fault))
        else:
            status, headers, answer = self._forward(body)
            if fault == "reset-after" or (fault == "cut" and not answer):
                self._reset()
            elif fault == "cut":
                self._answer(status, headers, answer, answer[: len(answer) // 2])
                self._reset()
            else:
                self._answer(status, headers, answer)

    do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = _pass_on

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection(*self.server.target, timeout=30)
        try:
            if self.command != "PUT":
                return self._exchange(connection, body)
            with self.server.one_put:
                return self._exchange(connection, body)
        finally:
            connection.close()

    def _exchange(
        self, connection: http.client.HTTPConnection, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                connection.putheader(name, value)
        connection.endheaders(body)
        found = connection.getresponse()
        return found.status, found.getheaders(), found.read()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes, sent: bytes | None = None) -> None:
        """Answers with a body, of which only `sent` goes out where that is given."""
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body if sent is None else sent)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Nothing: the tests look at `asked`."""


def _xml(fault: str) -> bytes:
    code = {"error-500": "InternalError", "error-503": "SlowDown"}[fault]
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>injected</Message></Error>".encode()


@contextmanager
def object_store() -> Iterator[Proxy]:
    """A proxy in front of a moto server."""
    from moto.server import ThreadedMotoServer

    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    host, port = moto.get_host_and_port()
    proxy = Proxy((host, port))
    thread = threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.shutdown()
        proxy.server_close()
        thread.join()
        moto.stop()
