"""What the driver tells a builder: a Job once, then Tasks; and what it hears back: a Result.

All three travel as JSON, over a pipe or through Dask, and hold neither audio nor features.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

import xxhash

from manifests.credit import Credit
from manifests.generation import ShardEntry
from manifests.recording import Recording
from manifests.spec import ArraySpec


def digest(*parts: Any) -> str:
    """xxh3-128 over the JSON of the parts."""
    return xxhash.xxh3_128_hexdigest(json.dumps(parts, sort_keys=True, ensure_ascii=False).encode())


class Row(NamedTuple):
    """A recording to build, with the identity of its source file as of planning.

    `key` has the corpus in front. `size` and `identity`, a modification time or an ETag, are those of the file as
    it was listed; of several files, the sum, and the others with spaces between them. `text` is the recording as JSON,
    parsed only by who builds it; `digest` is over that text. `seconds` is an estimate. `origin` says where the row was
    read. `file` names the file of a recording that is a part of it, so that its parts are built one after the other.
    """

    key: str
    corpus: str
    split: str
    size: int
    identity: str
    digest: str
    seconds: float
    text: str
    origin: str = ""
    file: str = ""

    @property
    def recording(self) -> Recording:
        """The manifest row itself, parsed anew."""
        return Recording.from_json(json.loads(self.text))


@dataclass(frozen=True)
class Job:
    """What all tasks of a build have in common.

    `labels` maps each label to its type in the shards; `clips` lists, for each corpus that stages draw from,
    (key, split, path, offset, size); `resources` holds the content digests of those corpora, `listings` those of what
    was listed of them, and `mixed` says whose they are. `fitted` is what stages were fitted to, JSON text by the
    stage's label. `drift_of` stands for the probe where shards of other bits were accepted.
    """

    store: str
    format: str
    stages: list[dict[str, Any]]
    seed: int
    fingerprint: str
    probe: str
    arrays: list[ArraySpec]
    labels: dict[str, str]
    copies: dict[str, int]
    roots: dict[str, str]
    clips: dict[str, list[list[Any]]] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    fitted: dict[str, str] = field(default_factory=dict)
    listings: dict[str, str | None] = field(default_factory=dict)
    mixed: list[Credit] = field(default_factory=list)
    drift_of: str = ""
    plugins: list[str] = field(default_factory=list)
    memory_bytes: int = 4 << 30
    row_seconds: float = 120.0

    def identity(self) -> str:
        """A digest of what decides the bytes of every shard."""
        arrays = [spec.to_json() for spec in self.arrays]
        bits = self.drift_of or self.probe
        fitted = [self.fitted] if self.fitted else []
        return digest(self.format, self.fingerprint, bits, arrays, self.labels, self.copies, self.resources, *fitted)

    def encode(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Job:
        found = json.loads(text)
        arrays = [ArraySpec(**item) for item in found.pop("arrays")]
        return cls(arrays=arrays, mixed=[Credit.from_json(item) for item in found.pop("mixed")], **found)


@dataclass(frozen=True, slots=True)
class Task:
    """One shard to build. `id` is known when planning and names the receipt.

    `reuse` names old indexes whose rows may be copied when their source is unchanged; `quarantine` maps
    keys that must not be touched to the stage and the reason; with `checksum` every source is read.
    """

    id: str
    split: str
    rows: list[Row]
    reuse: list[dict[str, Any]] = field(default_factory=list)
    quarantine: Mapping[str, Sequence[str]] = field(default_factory=dict)
    checksum: bool = False

    def encode(self) -> str:
        parts = [self.id, self.split, self.rows, self.reuse, dict(self.quarantine), self.checksum]
        return json.dumps(parts, ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Task:
        identifier, split, rows, *rest = json.loads(text)
        return cls(identifier, split, [Row(*item) for item in rows], *rest)


class TaskId:
    """The id of a task, row by row: over what is built, from which files, by which chain."""

    def __init__(self, identity: str, split: str) -> None:
        """`identity` is that of the job."""
        self._state = xxhash.xxh3_128(f"{identity} {split}".encode())

    def add(self, row: Row) -> None:
        self._state.update(f"\x1e{row.key}\x1f{row.digest}\x1f{row.size}\x1f{row.identity}".encode())

    def __str__(self) -> str:
        return self._state.hexdigest()


@dataclass(frozen=True, slots=True)
class Result:
    """What a task made: the shard's entry, and what it took, counted where the work was done.

    `requests` are those to object stores, by kind, and their bytes; see manifests.requests. `restarts` counts the
    builders that recordings of this task brought down.
    """

    entry: ShardEntry
    decoded: int
    copied: int
    seconds: float
    requests: dict[str, int] = field(default_factory=dict)
    restarts: int = 0

    def encode(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def decode(cls, text: str) -> Result:
        found = json.loads(text)
        return cls(ShardEntry(**found.pop("entry")), **found)


def receipt_name(identifier: str) -> str:
    return f"tasks/{identifier}.json"
