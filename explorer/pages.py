"""Pages: what a browser is given first, each page in one frame, and the files that they load."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from explorer.errors import ExplorerError

HERE = Path(__file__).parent
STATIC = HERE / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
FILES = frozenset(path.name for path in STATIC.iterdir() if path.suffix in TYPES)
"""What is handed out: known when the server starts, so that no name in a request is ever a path."""
PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(HERE / "pages"), autoescape=True, undefined=jinja2.StrictUndefined
)


def page(request: Request, name: str, **parts: Any) -> Response:
    """A page of explorer/pages, below the address that the server is asked under; `parts` is what it is made of."""
    return HTMLResponse(PAGES.get_template(f"{name}.html").render(base=base(request), **parts))


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
