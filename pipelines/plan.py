"""Plan: what a build will do, and what a person may ask of it beyond the recipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from manifests.generation import ShardEntry
from pipelines.cost import Cost
from pipelines.spill import Item
from pipelines.task import Job, Row, Task


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a person asks of a plan beyond the recipe.

    `limit` takes the first recordings in build order; `rebuild` builds every shard again; `retry_quarantined`
    touches again what brought builders down; `checksum` reads every source and believes no modification time;
    `refit` fits vocabularies, statistics and the like again on what train holds now; `accept_drift` keeps what was
    built by libraries that gave other bits; `max_rebuild` is the share of the store's recordings that may be decoded
    again.
    """

    limit: int | None = None
    rebuild: bool = False
    retry_quarantined: bool = False
    checksum: bool = False
    refit: bool = False
    accept_drift: bool = False
    max_rebuild: float | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """A shard to build, and why. Its rows wait on disk until the task is `load`ed."""

    id: str
    split: str
    recordings: int
    seconds: float
    reason: str
    reuse: ShardEntry | None
    rows: Iterable[Item]
    quarantine: Mapping[str, Sequence[str]]
    checksum: bool = False
    cost: Cost = field(default_factory=Cost)

    def load(self) -> Task:
        rows = [Row(*row[1:]) for row in self.rows]
        quarantine = {row.key: self.quarantine[row.key] for row in rows if row.key in self.quarantine}
        reuse = [asdict(self.reuse)] if self.reuse else []
        return Task(self.id, self.split, rows, reuse, quarantine, self.checksum)


@dataclass
class Plan:
    """What a build will do. `kept` shards stay as they are; `found` were built by a build that did not end."""

    job: Job
    recordings: int
    build: list[Planned] = field(default_factory=list)
    kept: list[ShardEntry] = field(default_factory=list)
    found: list[ShardEntry] = field(default_factory=list)
    dropped_shards: int = 0
    previous_recordings: int = 0
    dropped_recordings: int = 0
    again: int = 0
    """Recordings of the store that are to be decoded again."""
    statistics: list[str] = field(default_factory=list)
    """Arrays of which statistics are to be taken over train."""
    credits: bool = False
    """Whether something else is said of the corpora than in the last generation: licence, attribution, page."""

    @property
    def cost(self) -> Cost:
        """What all of it takes."""
        return sum((planned.cost for planned in self.build), Cost())

    @property
    def changes(self) -> bool:
        """Whether a build would make a new generation."""
        return bool(self.build or self.found or self.dropped_shards or self.statistics or self.credits)
