"""Speed: how fast a build went from moment to moment, and how fast the builds before it were, from their notes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

PERIODS = 30
"""Columns of the picture of one build."""
BUILDS = 8
"""Builds that are listed."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Seconds of audio done in a second of each period of a build; `edges` in seconds since it began to build."""

    edges: Sequence[float]
    speeds: Sequence[float]


@dataclass(frozen=True, slots=True)
class Build:
    """One of the last builds. `speed` is audio seconds in a second of building, None where nothing was built."""

    started: str
    outcome: str
    generation: int | None
    decoded: int
    copied: int
    seconds: float
    speed: float | None


def throughput(note: Mapping[str, Any] | None) -> Throughput | None:
    """The speed of a build over time; None where its note does not know.

    A shard is noted when it is done, so what lies between two notes is taken as done evenly.
    """
    progress = (note or {}).get("progress") or []
    if not progress or progress[-1][0] <= 0:
        return None
    times, audio = (np.array([0.0, *(point[place] for point in progress)]) for place in (0, 2))
    edges = np.linspace(0.0, times[-1], min(PERIODS, len(progress)) + 1)
    speeds = np.diff(np.interp(edges, times, audio)) / np.diff(edges)
    return Throughput(edges.tolist(), speeds.tolist())


def builds(notes: Iterable[Mapping[str, Any]], most: int = BUILDS) -> list[Build]:
    """The last builds, the newest first, of notes in that order."""
    found = []
    for note in islice(notes, most):
        seconds = note["seconds"]
        building, audio = seconds.get("build", 0.0), note["builders"].get("audio_seconds", 0.0)
        found.append(
            Build(
                started=note["started"],
                outcome=note["outcome"],
                generation=note["generation_after"],
                decoded=note["decoded"],
                copied=note["copied"],
                seconds=sum(seconds.values()),
                speed=audio / building if building and audio else None,
            )
        )
    return found
