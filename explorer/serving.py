"""Serving: the explorer on a port of this machine, until it is stopped."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable, Sequence

import uvicorn

from explorer.app import make_app
from explorer.errors import ExplorerError
from explorer.guard import LOOPBACK
from explorer.world import World

ADDRESS = "127.0.0.1"


def serve(
    world: World,
    port: int = 0,
    hosts: Sequence[str] = (),
    base_url: str = "/",
    token: str | None = None,
    ready: Callable[[str], None] = print,
) -> None:
    """Serves until SIGINT or SIGTERM. `ready` hears the address as soon as it answers.

    It listens on loopback alone: whoever lets others in puts a proxy before it, names the host by which that is asked,
    and then a token is asked for. Port 0 is any free one. ExplorerError where the port is taken.
    """
    if hosts and token is None:
        token = secrets.token_urlsafe(24)
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((ADDRESS, port))
    except OSError as error:
        raise ExplorerError(f"port {port} cannot be had: {error.strerror}; name another one with --port") from error
    app = make_app(world, hosts, token, base_url)
    config = uvicorn.Config(app, log_level="warning", lifespan="off", server_header=False, proxy_headers=False)
    server = uvicorn.Server(config)
    bound.listen(128)
    path = "/" + base_url.strip("/") + "/" if base_url.strip("/") else "/"
    ready(f"http://{LOOPBACK[0]}:{bound.getsockname()[1]}{path}" + (f"?token={token}" if token else ""))
    server.run(sockets=[bound])
