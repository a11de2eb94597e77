"""App: the routes of the explorer, behind its guard."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from explorer import api, pages
from explorer.browsing.routes import routes as browsing_routes
from explorer.chapters import CHAPTERS, rendering
from explorer.errors import ExplorerError
from explorer.guard import Guard
from explorer.world import World


def make_app(world: World, hosts: Iterable[str] = (), token: str | None = None, base_url: str = "/") -> ASGIApp:
    """The application for what a server was opened on. `base_url` is the path that a proxy puts before everything."""
    app = Starlette(
        routes=[*api.routes(world), *browsing_routes(world), *page_routes(world)],
        exception_handlers={ExplorerError: told, 404: missing},
    )
    return Guard.around(_Below(app, "/" + base_url.strip("/")), hosts, token)


def page_routes(world: World) -> list[Route]:
    """The pages, and the files that they load."""

    def home(request: Request) -> Response:
        return pages.page(request, "home")

    def explore(request: Request) -> Response:
        return pages.page(request, "explore")

    def chapter(request: Request) -> Response:
        number = request.path_params["number"]
        if number not in {one.number for one in CHAPTERS}:
            raise ExplorerError("there is no such chapter", None, 404)
        return pages.page(request, "chapter", **rendering.parts(number))

    def store(request: Request) -> Response:
        world.store(request.path_params["name"])
        return pages.page(request, "stores")

    return [
        Route("/", home),
        Route("/explore", explore),
        Route("/chapters/{number:int}", chapter),
        Route("/stores/{name}", store),
        Route("/static/{name}", pages.static),
    ]


async def told(request: Request, error: Exception) -> Response:
    """An error made for people, as JSON."""
    assert isinstance(error, ExplorerError)
    return JSONResponse({"error": str(error), "field": error.field}, error.status)


async def missing(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": "there is no such page", "field": None}, 404)


class _Below:
    """The application below a path; a proxy may pass the path on, or take it away."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self.app, self.path = app, path.rstrip("/")

    async def __call__(self, scope, receive, send) -> None:  # type: ignore[no-untyped-def]
        if scope["type"] == "http" and self.path:
            asked = scope["path"]
            below = asked[len(self.path) :] or "/" if asked == self.path or asked.startswith(self.path + "/") else asked
            scope = {**scope, "root_path": self.path, "path": self.path + below}
        await self.app(scope, receive, send)
