"""One request for a file, from its start or from where it was left: HTTP ranges, and what may go wrong.

Made with the standard library: pooch, which checks digests, cannot resume, and a range is one header.
"""

from __future__ import annotations

import http.client
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

TIMEOUT_SECONDS = 60.0
"""A server that says nothing for this long counts as gone."""
BLOCK = 1 << 18
MAY_PASS = (408, 425, 429, 500, 502, 503, 504)
LONGEST_WAIT_SECONDS = 60.0

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_NO_RANGE = re.compile(r"bytes \*/(\d+)")


class MirrorError(Exception):
    """A mirror that does not have the file, or not this one."""


class PassingError(Exception):
    """What may go better the next time; `seconds` to wait for it, as the server asks."""

    def __init__(self, message: str, seconds: float = 0.0) -> None:
        super().__init__(message)
        self.seconds = seconds


class Reply(NamedTuple):
    """What a server sends: the bytes from `start` on, of `total` where it says; `validator` names this version."""

    response: http.client.HTTPResponse
    start: int
    total: int | None
    validator: str | None

    def blocks(self) -> Iterator[bytes]:
        """The bytes; PassingError when the connection breaks. One that merely ends early is for the caller to see."""
        while True:
            try:
                block = self.response.read1(BLOCK)
            except (OSError, http.client.HTTPException) as error:
                raise PassingError(f"the connection broke: {_words(error)}") from error
            if not block:
                return
            yield block


@contextmanager
def ask(url: str, offset: int, validator: str | None, checked: bool) -> Iterator[Reply]:
    """The reply to a request for a file from `offset` on, if it is still the one that `validator` names.

    A server that cannot do that sends the file from its start. `checked` says that a digest will tell whether it is
    the right one: then a redirect may lead from https to http. MirrorError; PassingError.
    """
    headers = {"User-Agent": "wavemill", "Accept-Encoding": "identity"}
    if offset:
        headers["Range"] = f"bytes={offset}-"
        if validator:
            headers["If-Range"] = validator
    try:
        response = _opener(checked).open(urllib.request.Request(url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        with error:
            if error.code == 416:
                raise _beyond(error, offset) from error
            if error.code in MAY_PASS:
                raise PassingError(_status(error), _wait(error)) from error
        raise MirrorError(_status(error)) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise MirrorError(f"its certificate is not good: {reason.verify_message}") from error
        raise PassingError(f"cannot be reached: {_words(reason)}") from error
    except ValueError as error:
        raise MirrorError(f"sends us to an address that is none: {error}") from error
    with response:
        yield _reply(response, offset)


def _reply(response: Any, offset: int) -> Reply:
    headers = response.headers
    etag = headers.get("ETag")
    validator = etag if etag and not etag.startswith("W/") else headers.get("Last-Modified")
    if response.status == 206:
        found = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if not offset or found is None or int(found[1]) != offset:
            raise MirrorError(f"sends another range than it was asked for: {headers.get('Content-Range')}")
        return Reply(response, offset, None if found[2] == "*" else int(found[2]), validator)
    if response.status != 200:
        raise MirrorError(f"answers with {response.status}")
    length = headers.get("Content-Length", "")
    return Reply(response, 0, int(length) if length.isdigit() else None, validator)


class BeyondError(PassingError):
    """There is nothing from the offset on: the file has `total` bytes, where the server says so."""

    def __init__(self, message: str, total: int | None) -> None:
        super().__init__(message)
        self.total = total


def _beyond(error: urllib.error.HTTPError, offset: int) -> BeyondError:
    found = _NO_RANGE.fullmatch(error.headers.get("Content-Range", ""))
    return BeyondError(f"has nothing from byte {offset} on", int(found[1]) if found else None)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but from https to http only where a digest tells what came."""

    def __init__(self, checked: bool) -> None:
        self.checked = checked

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        if req.type == "https" and not newurl.startswith("https:") and not self.checked:
            raise MirrorError(f"leads from https to {newurl}, and no digest is known to check what comes from there")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener(checked: bool) -> urllib.request.OpenerDirector:
    """Speaks http and https, through proxies as the environment says; no files, no FTP."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        _Redirects(checked),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _status(error: urllib.error.HTTPError) -> str:
    return f"answers with {error.code} {error.reason}"


def _wait(error: urllib.error.HTTPError) -> float:
    """The seconds that a server asks to wait; it may ask for a date as well, which is passed over."""
    text = error.headers.get("Retry-After", "")
    return min(float(text), LONGEST_WAIT_SECONDS) if text.isdigit() else 0.0


def _words(error: object) -> str:
    return str(error) or type(error).__name__
