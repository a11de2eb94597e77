"""Cost: what it takes to build a shard, estimated without opening audio."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

from manifests.address import scheme_of
from manifests.storage import Storage
from pipelines.estimate import bytes_per_second, source_bytes
from pipelines.runs import read_notes
from pipelines.task import Job, Row

PUTS, GETS = 3, 2
"""Requests for a shard in an object store: it, its index and its receipt; of the one that it replaces, two."""

SEARCHED_RUNS = 20


@dataclass(slots=True)
class Cost:
    """Of a shard, or of many: `decode` recordings of `seconds` of audio, the bytes that are read and kept, and the
    requests to object stores.
    """

    decode: int = 0
    seconds: float = 0.0
    read_bytes: int = 0
    written_bytes: int = 0
    requests: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(*(a + b for a, b in zip(asdict(self).values(), asdict(other).values(), strict=True)))

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"seconds": round(self.seconds, 3)}


@dataclass(slots=True)
class Prices:
    """What a row of a job costs. One request for each file that is read from an object store."""

    job: Job
    remote: frozenset[str] = field(init=False)
    _kept: dict[str, float] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.remote = frozenset(name for name, root in self.job.roots.items() if scheme_of(root))

    def kept_per_second(self, split: str) -> float:
        """What the store will keep of a second of audio, all copies together."""
        if split not in self._kept:
            self._kept[split] = bytes_per_second(self.job) * self.job.copies.get(split, 1)
        return self._kept[split]

    def decode(self, cost: Cost, row: Row) -> None:
        """Adds a recording that is read and decoded."""
        cost.decode += 1
        cost.seconds += row.seconds
        cost.read_bytes += source_bytes(row)
        cost.requests += (row.identity.count(" ") + 1) * (row.corpus in self.remote)

    def shard(self, cost: Cost, kept_bytes: float, reuse: bool) -> None:
        """Adds what is once for a shard."""
        cost.written_bytes += round(kept_bytes)
        if scheme_of(self.job.store):
            cost.requests += PUTS + GETS * reuse


def builder_seconds(storage: Storage, cost: Cost) -> float | None:
    """How long one builder would take, by the last run in this store that decoded anything; None where none did."""
    for note in islice(read_notes(storage), SEARCHED_RUNS):
        audio, spent = note["builders"].get("audio_seconds"), note["builders"].get("seconds")
        if note["decoded"] and audio and spent:
            decoded = float(audio * note["decoded"] / (note["decoded"] + note["copied"]))
            return cost.seconds * float(spent) / decoded
    return None
