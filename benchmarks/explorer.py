"""The explorer, figures: `python -m benchmarks.explorer [ready] [slider] [rows] [report] [--work FOLDER]`.

Each starts `wavemill serve`, or a command, in a process of its own, and Debian's Chromium where a browser is meant:

- ready: seconds from typing `wavemill serve` until it answers, five times.
- slider: milliseconds from turning a control to the picture, as the page itself measures (window.wavemill.timings), on
  10 s at 16 kHz: 100 turns of `n_mels` and of `f_min` of a log-mel each, and what the server had of it.
- rows: a person browses a store of a million rows: seconds of each step, then the memory of the server at its peak.
- report: a build of 100,000 recordings (spans of 100 files that it makes), its report.html: size, seconds to write, and
  seconds until it is open in the browser.

Without a name, all four. --work keeps the stores.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import soundfile

from benchmarks.wavemill_runs import row

CHROMIUM = "/usr/bin/chromium"
WAVEMILL = [sys.executable, "-m", "wavemill"]
SOURCE = {"signal": "chirp", "seconds": 10, "sample_rate": 16000}
TURNS, ROUNDS, ROWS, RECORDINGS, FILES = 100, 5, 1_000_000, 100_000, 100
READY = "(document.querySelector('.table-bar .count')?.textContent ?? 'Reading …') !== 'Reading …'"
BROWSED = {
    "filter by an expression": {"where": "seconds < 1 and word in ['w01', 'w02']"},
    "find a text": {"find": "kelp iris"},
    "sort by duration": {"sort": "seconds"},
    "sort by text": {"sort": "text"},
    "what was left out": {"tab": "left-out"},
}
RECIPE = """\
name: many
corpora:
  spans: {{reader: table, root: {root}, path: {root}/spans.csv, labels: {{word: word}}}}
source: [spans]
split: {{by: speaker, valid: 0.1, test: 0.1, seed: 1}}
stages: [decode, log_mel]
store: {{path: {store}, keep: {{audio: flac, log_mel: float16}}}}
"""


@contextmanager
def serving(*arguments: str) -> Iterator[tuple[str, int]]:
    """The address of a server in a process of its own, and the number of the process."""
    process = subprocess.Popen([*WAVEMILL, "serve", *arguments], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield process.stdout.readline().split()[0], process.pid
    finally:
        process.terminate()
        process.wait()


@contextmanager
def window() -> Iterator[Any]:
    """A page of a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def until(page: Any, condition: str) -> None:
    """Waits for a condition in JavaScript; the pages' own policy forbids Playwright's way, which is eval."""
    end = time.monotonic() + 120
    while not page.evaluate(f"Boolean({condition})"):
        if time.monotonic() > end:
            raise SystemExit(f"this never came: {condition}")
        time.sleep(0.002)


def ready(work: Path) -> None:
    row("`wavemill serve`", "seconds until it answers")
    row("---", "---")
    for number in range(ROUNDS):
        begin = time.perf_counter()
        with serving() as (address, _):
            urllib.request.urlopen(address).read()
            row(f"round {number + 1}", f"{time.perf_counter() - begin:.2f}")


def slider(work: Path) -> None:
    row("control", "median, ms", "95 %, ms", "largest", "the server's part, median")
    row(*["---"] * 5)
    state = {"source": SOURCE, "stages": [{"log_mel": {}}], "at": 0}
    with serving() as (address, _), window() as page:
        page.goto(f"{address}explore#{quote(json.dumps(state))}")
        until(page, "window.wavemill?.explorer?.view.array")
        for name in ("n_mels", "f_min"):
            control = page.get_by_label(f"{name}, slider")
            for turn in range(TURNS):
                seen = page.evaluate("wavemill.timings.length")
                control.press("ArrowRight" if turn % 40 < 20 else "ArrowLeft")
                until(page, f"wavemill.timings.length > {seen} && wavemill.timings.at(-1).painted")
            timings = page.evaluate(f"wavemill.timings.slice(-{TURNS})")
            waits = np.array([one["milliseconds"] for one in timings])
            asked = np.array([one["answered"] - one["sent"] for one in timings])
            row(name, *(f"{np.percentile(waits, at):.1f}" for at in (50, 95, 100)), f"{np.median(asked):.1f}")


def rows(work: Path) -> None:
    from tests.explorer.browsing.many import write_many

    store = work / "million"
    if not store.exists():
        write_many(store, ROWS)
    row("browsing a million rows", "seconds")
    row("---", "---")
    settled = f"{READY} && !document.querySelector('.grid-row .blank')"
    with serving(str(store)) as (address, process), window() as page:

        def visit(state: dict[str, Any]) -> None:
            page.goto("about:blank")
            page.goto(f"{address}stores/million#{quote(json.dumps(state))}")
            until(page, settled)

        def scroll(place: float) -> None:
            page.evaluate(
                "to => { const at = document.querySelector('.grid'); at.scrollTop = at.scrollHeight * to; }", place
            )
            page.wait_for_timeout(50)
            until(page, settled)

        timed("open the page", lambda: visit({}))
        for place in (0.25, 0.5, 0.75, 1.0):
            timed(f"scroll to {place:.0%}", partial(scroll, place))
        for what, state in BROWSED.items():
            timed(what, partial(visit, state))
        print(f"\nThe server's memory at its peak: {peak(process):.0f} MiB")


def report(work: Path) -> None:
    corpus, store = work / "spans", work / "spans-store"
    if not store.exists():
        write_spans(corpus)
        recipe = work / "many.yaml"
        recipe.write_text(RECIPE.format(root=corpus, store=store), "utf-8")
        begin = time.perf_counter()
        subprocess.run([*WAVEMILL, "build", str(recipe)], check=True, stdout=subprocess.DEVNULL)
        print(f"The build of {RECORDINGS:,} recordings took {time.perf_counter() - begin:.0f} s.\n")
    row("report.html of 100,000 recordings", "")
    row("---", "---")
    begin = time.perf_counter()
    subprocess.run([*WAVEMILL, "report", str(store)], check=True, stdout=subprocess.DEVNULL)
    row("`wavemill report`, imports and all", f"{time.perf_counter() - begin:.1f} s")
    page_file = store / "report.html"
    row("size", f"{page_file.stat().st_size / 1e6:.2f} MB")
    opened = []
    with window() as page:
        for _ in range(ROUNDS):
            page.goto("about:blank")
            begin = time.perf_counter()
            page.goto(page_file.resolve().as_uri(), wait_until="load")
            opened.append(time.perf_counter() - begin)
        audios = page.locator("audio").count()
    row(f"open in the browser, median of {ROUNDS}", f"{statistics.median(opened):.2f} s")
    row("clips to hear", audios)


def write_spans(corpus: Path) -> None:
    """Files of 200 s of noise bursts, and a table that cuts each into 1,000 recordings."""
    corpus.mkdir(parents=True, exist_ok=True)
    rng, each = np.random.default_rng(0), RECORDINGS // FILES
    lines = ["path,start,seconds,speaker,text,word"]
    for number in range(FILES):
        bursts = rng.normal(0, 0.05, (each, 1600)) * rng.uniform(0.1, 1, (each, 1))
        wave = np.concatenate([bursts, np.zeros((each, 1600))], axis=1).ravel()
        soundfile.write(corpus / f"{number:03}.flac", wave.astype(np.float32), 16000)
        lines += [f"{number:03}.flac,{at * 0.2:.1f},0.2,speaker-{number},burst {at},w{at % 50}" for at in range(each)]
    (corpus / "spans.csv").write_text("\n".join(lines) + "\n", "utf-8")


def timed(what: str, act: Callable[[], Any]) -> None:
    begin = time.perf_counter()
    act()
    row(what, f"{time.perf_counter() - begin:.2f}")


def peak(process: int) -> float:
    """MiB that a process had resident at most."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text("ascii"))
    assert found is not None
    return int(found[1]) / 1024


FIGURES = {"ready": ready, "slider": slider, "rows": rows, "report": report}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("figures", nargs="*", choices=[*FIGURES, []], help="Which ones; all by default.")
    options.add_argument("--work", type=Path, help="Where stores are kept, to be used again.")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = chosen.work or Path(folder)
        work.mkdir(parents=True, exist_ok=True)
        for name in chosen.figures or FIGURES:
            FIGURES[name](work)
            print()


if __name__ == "__main__":
    main()
