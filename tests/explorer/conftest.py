"""A browser for the tests of pages; they are skipped where there is none."""

from __future__ import annotations

import pytest

from tests.explorer.in_browser import CHROMIUM, Visits


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    pytest.importorskip("uvicorn")
    if not CHROMIUM.exists():
        pytest.skip("needs Debian's chromium")
    with playwright.sync_playwright() as started:
        made = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def visits(browser):
    """Opens pages. At the end: no error was written, and nothing was asked of another server."""
    made = Visits(browser)
    yield made
    made.end()
