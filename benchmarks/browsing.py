"""Browsing a store of a million rows: seconds to open it, to filter, to sort, to turn a page; and the memory of it.

    python -m benchmarks.browsing [--rows 1000000] [--store FOLDER]

The rows are made up (tests/explorer/browsing/many.py), and their store is kept where --store names a folder. Each line
has the time that passed and the CPU time, which counts where other things run on the machine, for the first request and
for the same one once more; then the memory of the process: resident by now, and at its peak. Opening and paging ask the
functions behind the server, as JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

MIB = 1 << 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--store", type=Path, help="where the store is kept, to be used again")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.store or Path(folder) / "store"
        if not (place / "generations").exists():
            _alone(_make, place, options.rows)
        _alone(browse, place)


def browse(place: Path) -> None:
    """Prints the figures of one store."""
    from explorer.browsing.distribution import distribution
    from explorer.browsing.left_out import ledger
    from explorer.browsing.rows import described
    from explorer.browsing.selection import Query
    from explorer.browsing.shelf import Shelf

    report("libraries", lambda: None)
    shelf = Shelf({"many": str(place)})

    def page(query: Query, first: int) -> Any:
        opened = shelf.open("many", 1)
        found = opened.selections.rows(query)
        return {"total": len(found), "rows": described(opened.columns, found[first : first + 100])}

    report("open: the summary", lambda: shelf.open("many").summary())
    rows = shelf.open("many").columns.rows
    report("open: the first page", lambda: page(Query(), 0))
    report("a page far below", lambda: page(Query(), rows // 2))
    report("durations", lambda: distribution(shelf.open("many").columns, "seconds", None))
    report("speakers", lambda: distribution(shelf.open("many").columns, "speaker", None))
    report("the ledger", lambda: ledger(shelf.open("many").columns))
    where = "seconds < 1 and speaker != 'speaker-001' and word in ['w01', 'w02']"
    report("filter: where", lambda: page(Query(where=where), 0))
    report("filter: find", lambda: page(Query(find="Kelp Iris"), 0))
    for name in ("seconds", "speaker", "word", "key", "text"):
        report(f"sort by {name}", lambda name=name: page(Query(sort=name, descending=True), 0))
    report("a page far below, sorted", lambda: page(Query(sort="text", descending=True), rows // 2))
    thumbnails = iter(range(0, rows, rows // 50))
    report("a thumbnail", lambda: shelf.open("many").look(next(thumbnails)).thumbnail())
    held = shelf.open("many").columns.nbytes
    print(f"columns that are held: {held / MIB:.0f} MiB")


def report(what: str, act: Callable[[], Any]) -> None:
    """Prints how long something took, and the memory of this process."""
    times = []
    for _ in range(2):
        wall, processor = time.perf_counter(), time.process_time()
        found = act()
        if not isinstance(found, bytes):
            json.dumps(found)
        times.append((time.perf_counter() - wall, time.process_time() - processor))
    (first, first_cpu), (again, again_cpu) = times
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{what:<26} first {1000 * first:8.1f} ms (CPU {1000 * first_cpu:8.1f})   "
        f"again {1000 * again:7.1f} ms (CPU {1000 * again_cpu:7.1f})   {_resident():5.0f} MiB, peak {peak:5.0f}",
        flush=True,
    )


def _resident() -> float:
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def _make(place: Path, rows: int) -> None:
    from tests.explorer.browsing.many import write_many

    write_many(place, rows)


def _alone(act: Callable[..., None], *arguments: Any) -> None:
    """Runs something in a process of its own, so that its memory is its own."""
    from multiprocessing import get_context

    process = get_context("spawn").Process(target=act, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


if __name__ == "__main__":
    main()
