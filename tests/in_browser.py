"""Pages in a real browser: a server of a world, and what every visit promises."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from explorer.world import World

CHROMIUM = Path("/usr/bin/chromium")
WAIT = 120_000
"""Milliseconds until a visit gives up, on a machine that has other things to do."""
needs_axe = pytest.mark.skipif("WAVEMILL_AXE" not in os.environ, reason="WAVEMILL_AXE names no axe.min.js")


@contextmanager
def served(world: World) -> Iterator[str]:
    """The address of a server of a world, while it runs."""
    import uvicorn

    from explorer.app import make_app

    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    running = uvicorn.Server(uvicorn.Config(make_app(world), log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=running.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{bound.getsockname()[1]}/"
    running.should_exit = True
    thread.join(10)
    bound.close()


class Visits:
    """Windows that are opened on pages of a server, and what went wrong in them: errors, warnings and dialogs, but for
    those whose text has a part in `page.fine`, and whatever was asked of another server.
    """

    def __init__(self, browser: Any) -> None:
        self.browser, self.contexts, self.wrong = browser, list[Any](), list[str]()

    def open(self, server: str, path: str, prepare: Any = None, **looks: Any) -> Any:
        """A page; `prepare` is called with it before it is loaded, `looks` are options of the window."""
        context = self.browser.new_context(**{"viewport": {"width": 1440, "height": 900}, **looks})
        self.contexts.append(context)
        context.set_default_timeout(WAIT)
        page = context.new_page()
        page.fine = []

        def said(one: Any) -> None:
            if one.type in ("error", "warning") and not any(part in one.text for part in page.fine):
                self.wrong.append(one.text)

        def asked(one: Any) -> None:
            if not one.url.startswith((server, "blob:", "data:")):
                self.wrong.append(one.url)

        page.on("console", said)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        page.on("request", asked)
        if prepare:
            prepare(page)
        page.goto(f"{server}{path}")
        return page

    def end(self) -> None:
        """Closes the windows; nothing may have gone wrong."""
        for context in self.contexts:
            context.close()
        assert not self.wrong, self.wrong


def until(page: Any, condition: str) -> None:
    """Waits for a condition in JavaScript, also while the page is loaded anew; the page's own policy forbids
    Playwright's way, which is eval."""
    from playwright.sync_api import Error

    for _ in range(WAIT // 20):
        try:
            if page.evaluate(f"Boolean({condition})"):
                return
        except Error as error:
            if "navigation" not in str(error):
                raise
        page.wait_for_timeout(20)
    raise AssertionError(f"this never came: {condition}")


def violations(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core finds on a page."""
    page.evaluate(Path(os.environ["WAVEMILL_AXE"]).read_text("utf-8"))
    found = page.evaluate("axe.run()")["violations"]
    return [(one["id"], [node["html"] for node in one["nodes"]]) for one in found]
