"""The screenshots of the README: `python -m benchmarks.screenshots [--out docs] [--looks]`.

Speaks the corpus of `make demo`, builds its store, starts `wavemill serve` on it, and photographs the explorer with A
and B and the shard browser with one recording unfolded, in Debian's Chromium. --looks adds every page, wide and narrow,
light and dark, to be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from benchmarks.explorer import CHROMIUM, READY, WAVEMILL, serving, until
from training.demo import SPOKEN_RECIPE, speak

WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
EXPLORED = {"source": {"signal": "speech", "said": "sentence"}, "stages": [{"log_mel": {"n_mels": 96}}], "at": 0}
PAGES = {
    "home": "",
    "explore": "explore",
    "browser": "stores/store",
    **{f"chapter{n}": f"chapters/{n}" for n in range(6)},
}


@contextmanager
def browsers(address: str) -> Iterator[Any]:
    """A function that opens a page of the server as a window of some size and scheme."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def opened(path: str, state: Mapping[str, Any] | None = None, scheme: str = "light", size: Any = WIDE) -> Any:
            page = browser.new_context(viewport=size, color_scheme=scheme, device_scale_factor=1).new_page()
            page.goto(f"{address}{path}{'#' + quote(json.dumps(state)) if state else ''}")
            page.wait_for_load_state("networkidle")
            return page

        yield opened
        browser.close()


def demo_store(work: Path) -> Path:
    """The store of `make demo`."""
    if not (work / "store").exists():
        speak(work / "corpus")
        environment = {**os.environ, "DATA": str(work / "corpus")}
        subprocess.run([*WAVEMILL, "build", SPOKEN_RECIPE, "--out", work / "store"], check=True, env=environment)
    return work / "store"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--out", type=Path, default=Path("docs"))
    options.add_argument("--work", type=Path, help="Where the corpus and the store are kept, to be used again.")
    options.add_argument("--looks", action="store_true", help="Every page in every look, too.")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = demo_store(chosen.work or Path(folder))
        with serving(str(store), "--port", "0") as (address, _), browsers(address) as opened:
            page = opened("explore", EXPLORED)
            until(page, "window.wavemill?.explorer?.view.array")
            page.wait_for_timeout(500)
            page.screenshot(path=chosen.out / "explorer.png")
            page = opened("stores/store", {"at": 3, "row": 1})
            until(page, f"{READY} && document.querySelector('.row-panel .view')")
            page.wait_for_timeout(1500)
            page.screenshot(path=chosen.out / "browser.png")
            for name, path in PAGES.items() if chosen.looks else ():
                for scheme in ("light", "dark"):
                    for look, size in (("wide", WIDE), ("narrow", NARROW)):
                        page = opened(path, None, scheme, size)
                        page.wait_for_timeout(1500)
                        page.screenshot(path=chosen.out / f"{name}-{look}-{scheme}.png", full_page=True)


if __name__ == "__main__":
    main()
