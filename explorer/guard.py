"""Guard: who may ask, and what an answer may do.

Pages of other sites can make a browser ask a server on this machine. So a request must name this server in `Host`
(against DNS rebinding), and where it says where it comes from (`Origin`, `Sec-Fetch-Site`), that must be here. What is
not GET or HEAD must say it. Answers forbid the browser to load or run anything from elsewhere, or anything that stands
in a page. With a token, a visitor shows it once in the address, and then in a cookie that scripts cannot read.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
COOKIE = "wavemill"
SAFE = ("GET", "HEAD")


@dataclass(frozen=True)
class Guard:
    """The application behind the checks. `hosts` are the names, without a port, by which the server may be asked."""

    app: ASGIApp
    hosts: frozenset[str]
    token: str | None = None

    @classmethod
    def around(cls, app: ASGIApp, hosts: Iterable[str] = (), token: str | None = None) -> Guard:
        """For loopback, and for more hosts where they are named."""
        return cls(app, frozenset((*LOOPBACK, *(host.lower() for host in hosts))), token)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        refused = self.refuse(scope)
        if refused:
            return await JSONResponse({"error": refused, "field": None}, 403)(scope, receive, guarded)
        if self.token is not None:
            answer = self._ask_for_token(scope, self.token)
            if answer is not None:
                return await answer(scope, receive, guarded)
        return await self.app(scope, receive, guarded)

    def refuse(self, scope: Scope) -> str:
        """Why a request is refused; empty where it is not."""
        headers = Headers(scope=scope)
        if name_of(headers.get("host", "")) not in self.hosts:
            return "this server is asked by another name than its own; start it with --allow-host NAME"
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower():
            return "this request comes from a page of another site"
        site = headers.get("sec-fetch-site", "same-origin")
        opened = scope["method"] in SAFE and headers.get("sec-fetch-mode") == "navigate"
        if site not in ("same-origin", "none") and not opened:
            return "this request comes from a page of another site"
        if scope["method"] not in SAFE and origin is None:
            return "a request that changes or sends something must say where it comes from (Origin)"
        return ""

    def _ask_for_token(self, scope: Scope, token: str) -> ASGIApp | None:
        """None where the visitor has shown the token before; the answer otherwise."""
        asked = HTTPConnection(scope)
        if same(asked.cookies.get(COOKIE, ""), token):
            return None
        if not same(asked.query_params.get("token", ""), token):
            return JSONResponse(
                {"error": "this server wants a token: open the address that it printed", "field": None}, 401
            )
        left = urlencode([pair for pair in parse_qsl(scope["query_string"].decode()) if pair[0] != "token"])
        answer = RedirectResponse(asked.url.path + (f"?{left}" if left else ""), 303)
        path = scope.get("root_path") or "/"
        answer.set_cookie(COOKIE, token, path=path, httponly=True, samesite="strict")
        return answer


def name_of(host: str) -> str:
    """The name in a `Host` header, without the port.

    >>> name_of("Localhost:8080"), name_of("[::1]:80"), name_of("[::1]")
    ('localhost', '[::1]', '[::1]')
    """
    name = host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name.lower()


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing."""
    return secrets.compare_digest(one.encode(), other.encode())
