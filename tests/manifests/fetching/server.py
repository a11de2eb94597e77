"""A web server that hands out files as badly as a test wants: for downloads."""

from __future__ import annotations

import http.server
import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple


class Asked(NamedTuple):
    """A request, and the status that was its answer."""

    path: str
    range: str | None
    if_range: str | None
    status: int


@dataclass
class Shelf:
    """What the server has, and its manners. `url` is where it listens."""

    files: dict[str, bytes] = field(default_factory=dict)
    url: str = ""
    ranges: bool = True
    etags: dict[str, str] = field(default_factory=dict)
    """The validator of each file; one that has none gets none."""
    cuts: list[int] = field(default_factory=list)
    """The next replies end after so many bytes, the last first; a negative number: with a reset."""
    answers: dict[str, list[tuple[int, dict[str, str]]]] = field(default_factory=dict)
    """What the next requests for a path are answered with instead, the last first."""
    chunked: bool = False
    pause: int | None = None
    """The next reply stops after so many bytes, says so in `paused`, and ends when the client has left."""
    paused: threading.Event = field(default_factory=threading.Event)
    asked: list[Asked] = field(default_factory=list)
    sent: int = 0

    def reply(self, path: str, wanted: str | None, condition: str | None) -> tuple[int, dict[str, str], bytes]:
        if self.answers.get(path):
            status, headers = self.answers[path].pop()
            return status, {**headers, "Content-Length": "0"}, b""
        if path not in self.files:
            return 404, {"Content-Length": "0"}, b""
        content, etag = self.files[path], self.etags.get(path)
        headers = {"ETag": etag} if etag else {}
        found = re.fullmatch(r"bytes=(\d+)-", wanted or "")
        if not self.ranges or found is None or (condition is not None and condition != etag):
            length = {} if self.chunked else {"Content-Length": str(len(content))}
            return 200, headers | length, content
        start = int(found[1])
        if start >= len(content):
            return 416, {"Content-Range": f"bytes */{len(content)}", "Content-Length": "0"}, b""
        headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        return 206, headers | {"Content-Length": str(len(content) - start)}, content[start:]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def log_message(self, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        wanted, condition = self.headers.get("Range"), self.headers.get("If-Range")
        status, headers, body = self.shelf.reply(self.path, wanted, condition)
        self.shelf.asked.append(Asked(self.path, wanted, condition, status))
        cut = self.shelf.cuts.pop() if body and self.shelf.cuts else None
        chunked = status == 200 and "Content-Length" not in headers
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        self.close_connection = True
        self.send_header("Connection", "close")
        self.end_headers()
        if body and self.shelf.pause is not None:
            self._pause(body, self.shelf.pause)
            return
        part = body if cut is None else body[: abs(cut)]
        self.shelf.sent += len(part)
        self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        if cut is None and chunked:
            self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()
        if cut is not None and cut < 0:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()

    def _pause(self, body: bytes, size: int) -> None:
        self.shelf.pause = None
        self.wfile.write(body[:size])
        self.wfile.flush()
        self.shelf.paused.set()
        with suppress(ConnectionError):
            self.connection.recv(1)


@contextmanager
def serving(shelf: Shelf, certificate: Path | None = None) -> Iterator[Shelf]:
    """The server at work; with a certificate (and its key, in one file), over TLS."""
    handler = type("Handler", (_Handler,), {"shelf": shelf})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.handle_error = lambda *arguments: None  # type: ignore[method-assign]  # clients that leave
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        shelf.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_address[1]}"
        yield shelf
        server.shutdown()
        thread.join()
