"""Stores to browse in tests, and their rows as plain Python, to compare with."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from explorer.browsing.columns import Columns
from explorer.browsing.selection import Query, Selections
from explorer.browsing.shelf import Shelf
from manifests.store import Store
from tests.stores import AUDIO, LOG_MEL, Made, audio, log_mel, write_store

SPEAKERS = ("theo", "Lucas", None)


def varied(count: int = 30) -> list[Made]:
    """Examples that differ in all that rows are found by: texts, speakers, labels of each type, copies and parts."""
    rng = np.random.default_rng(0)
    return [
        Made(
            f"clip/{number:03}.wav",
            {"log_mel": log_mel(rng, 5 + (7 * number) % 30), "audio": audio(rng, 80 * (5 + (7 * number) % 30))},
            {
                "digit": str(number % 10),
                "level": number % 7 - 3,
                "loud": number % 2 == 0,
                "tags": ["cat", "Dog"] if number % 5 == 0 else ["bird"],
            },
            SPEAKERS[number % 3],
            None if number % 4 == 0 else f"Number {number}, écoutez",
            copy=number % 2,
            part=int(number % 6 == 3),
            notes={"decode": {"seconds": 0.5}},
        )
        for number in range(count)
    ]


def varied_store(folder: Path) -> Path:
    made = varied()
    return write_store(folder / "store", {"train": made[:20], "test": made[20:]}, (LOG_MEL, AUDIO), per_shard=7)


def rows_of(store: Store) -> list[dict[str, Any]]:
    """The rows of a store in their order, read without what is tested."""
    found = [row for entry in store.generation.shards for row in store.index(entry).to_pylist()]
    for row in found:
        row["labels"] = json.loads(row["labels"] or "{}")
    return found


def selected(store: Path, query: Query = Query(), **parts: Any) -> list[int]:  # noqa: B008
    """The numbers of the rows that are asked for."""
    columns = Columns(Store.open(store))
    return list(Selections(columns, no_score).rows(replace(query, **parts)))


def no_score(name: str) -> Any:
    raise AssertionError(name)


def shelf_of(*stores: Path, runs: Sequence[Path] = ()) -> Shelf:
    return Shelf({store.name: str(store) for store in stores}, {run.name: run for run in runs})


def damaged(path: Path, at: int = -20) -> None:
    """Turns a bit of a file."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.write_bytes(content)
