"""Status: whether a store is as fresh as it should be, from its generations and the notes of its runs."""

from __future__ import annotations

import calendar
import time
from dataclasses import dataclass
from itertools import islice
from typing import Any

from manifests import generation
from manifests.generation import Generation
from manifests.storage import Storage
from pipelines.runs import FAILED, RUNNING, SUCCEEDED, TIME, read_notes
from pipelines.units import format_duration

LAST_RUNS = 5
SEARCHED_RUNS = 1000
"""How far back a success is looked for; older than that it is none to speak of."""


@dataclass(frozen=True, slots=True)
class Status:
    """A store at a moment. `runs` are the last ones, the newest first; `problems` is empty when all is well."""

    generation: Generation | None
    runs: list[dict[str, Any]]
    problems: list[str]

    def to_json(self) -> dict[str, Any]:
        current = self.generation
        counts = ("recordings", "produced", "filtered", "rejected", "examples", "seconds")
        found = {"number": current.number, "created": current.created} if current else None
        if current and found:
            found |= {name: current.count(name) for name in counts} | {"shards": len(current.shards)}
        return {"generation": found, "runs": self.runs, "problems": self.problems}


def status(storage: Storage, max_age: int | None, now: float) -> Status:
    """The state of a store at `now` (seconds since 1970). StoreError where there is none.

    Problems are a last run that did not succeed, and a newest success that ended more than `max_age` seconds ago.
    """
    notes = list(islice(read_notes(storage), SEARCHED_RUNS))
    current = generation.current(storage) if notes else generation.load(storage)
    problems = []
    ended = [note for note in notes if note["outcome"] != RUNNING]
    if ended and ended[0]["outcome"] != SUCCEEDED:
        last = ended[0]
        why = f": {last['error'].splitlines()[0]}" if last["error"] else ""
        was = "failed" if last["outcome"] == FAILED else f"was {last['outcome']}"
        problems.append(f"the last run {was} ({last['name']}){why}")
    if max_age is not None:
        problems += _stale([note for note in ended if note["outcome"] == SUCCEEDED], current, max_age, now)
    return Status(current, notes[:LAST_RUNS], problems)


def _stale(succeeded: list[dict[str, Any]], current: Generation | None, max_age: int, now: float) -> list[str]:
    """A store without notes was built before there were any: then its generation counts."""
    newest = succeeded[0]["ended"] if succeeded else current.created if current else None
    if newest is None:
        return ["no build has succeeded yet"]
    age = now - calendar.timegm(time.strptime(newest, TIME))
    if age <= max_age:
        return []
    return [
        f"the newest successful build ended {format_duration(age)} ago ({newest}), {format_duration(max_age)} allowed"
    ]
