"""Pages: the shells of the pages, with the address of the server in them, and the files that they load."""

from __future__ import annotations

import html
from collections.abc import Mapping
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from explorer.errors import ExplorerError

HERE = Path(__file__).parent
SHELLS, STATIC = HERE / "pages", HERE / "static"
TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
FILES = frozenset(path.name for path in STATIC.iterdir() if path.suffix in TYPES)
"""What is handed out: known when the server starts, so that no name in a request is ever a path."""


def shell(request: Request, name: str, status: int = 200, parts: Mapping[str, str] | None = None) -> Response:
    """A page, with `{{base}}` replaced by the address that the server is asked under.

    `parts` are HTML by the names of the places that the shell has for them.
    """
    text = (SHELLS / f"{name}.html").read_text("utf-8")
    for place, content in (parts or {}).items():
        text = text.replace(f"{{{{{place}}}}}", content)
    return HTMLResponse(text.replace("{{base}}", html.escape(base(request), quote=True)), status)


def base(request: Request) -> str:
    """The path that everything lies below, with a slash at its end."""
    return str(request.scope.get("root_path", "")).rstrip("/") + "/"


def static(request: Request) -> Response:
    """A file beside the pages."""
    name = request.path_params["name"]
    if name not in FILES:
        raise ExplorerError("there is no such file", None, 404)
    path = STATIC / name
    return Response(path.read_bytes(), media_type=f"{TYPES[path.suffix]}; charset=utf-8")
