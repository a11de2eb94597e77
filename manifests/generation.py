"""Generation: which shards make up the store now. One file, written in one step; readers never see a half."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from manifests.credit import Credit
from manifests.errors import StoreError
from manifests.sealed import seal, unseal
from manifests.spec import ArraySpec
from manifests.storage import Storage

FOLDER = "generations"
CANDIDATE = f"{FOLDER}/candidate-"
_NAME = re.compile(rf"{FOLDER}/(\d{{8}})\.json")


@dataclass(frozen=True, slots=True)
class ShardEntry:
    """One shard of a generation, and what a reader must know before opening it.

    `shard` and `index` are names in the store (`shard` None when no row of it was produced); digests are
    xxh3-128 of the whole file. `task` is the receipt's id; `quarantined` maps the keys that brought a
    builder down to the stage and the reason.
    """

    split: str
    lineage: str
    task: str
    shard: str | None
    shard_bytes: int
    index: str
    index_digest: str
    recordings: int
    produced: int
    filtered: int
    rejected: int
    examples: int
    seconds: float
    shard_digest: str = ""
    quarantined: dict[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Generation:
    """What a store holds as of one build. `number` counts from 1; the highest one is the current one.

    `chain` is the list of stages with every parameter, `fingerprint` its digest, `probe` what it made of the
    built-in signal, and `identity` a digest of all that decides the bytes of every shard. `drift_of` is the probe
    of the oldest shards, where libraries that give other bits were accepted. `resources` are digests of the corpora
    that stages draw from, by content, and `listings` by what was listed of them. `fitted` is what stages were fitted
    to on the data of train, JSON text by the stage's label, and `statistics` those of arrays of train
    (features.moments), by the array's name. `recipe_text` is the recipe as built, variables unexpanded; `labels` maps
    each label to its type in the shards. `parent` is the generation that this one took the place of, and `reason` says
    why it did. `run` names the note of the build that made it. `corpora` says whose recordings these are; generations
    of before it was kept have none.
    """

    number: int
    recipe: str
    format: str
    chain: list[dict[str, Any]]
    seed: int
    fingerprint: str
    probe: str
    identity: str
    arrays: list[ArraySpec]
    shards: list[ShardEntry]
    drift_of: str = ""
    resources: dict[str, str] = field(default_factory=dict)
    fitted: dict[str, str] = field(default_factory=dict)
    statistics: dict[str, str] = field(default_factory=dict)
    listings: dict[str, str | None] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    created: str = ""
    description: str = ""
    recipe_text: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    parent: int | None = None
    reason: str = ""
    run: str = ""
    corpora: list[Credit] = field(default_factory=list)

    def count(self, name: str) -> Any:
        """The sum over the shards of a number in their entries: recordings, produced, examples, seconds, .."""
        return sum(getattr(entry, name) for entry in self.shards)

    def quarantine(self) -> dict[str, Sequence[str]]:
        """The recordings that no builder may touch again, each with the stage and the reason."""
        return {key: found for entry in self.shards for key, found in entry.quarantined.items()}

    def splits(self) -> list[str]:
        return sorted({entry.split for entry in self.shards})

    def encode(self) -> bytes:
        """JSON, whose last key is the digest of everything before it."""
        return seal(asdict(self))

    @classmethod
    def decode(cls, content: bytes, name: str) -> Generation:
        """The generation in such bytes; DamagedError when a bit of them is not as it was written.

        StoreError for one that another version of wavemill wrote, with fields that are not known here.
        """
        found = unseal(content, name)
        try:
            specs = [ArraySpec(**item) for item in found.pop("arrays")]
            entries = [ShardEntry(**item) for item in found.pop("shards")]
            credits = [Credit.from_json(item) for item in found.pop("corpora", [])]
            return cls(arrays=specs, shards=entries, corpora=credits, **found)
        except (KeyError, TypeError) as error:
            raise StoreError(f"{name}: written by another version of wavemill: {error}") from error


def numbers(storage: Storage) -> list[int]:
    """The numbers of the generations that are there, ascending."""
    return [int(m[1]) for name in storage.names(FOLDER) if (m := _NAME.fullmatch(name))]


def candidates(storage: Storage) -> list[str]:
    """The names of generations that a gate refused; no reader sees them."""
    return [name for name in storage.names(FOLDER) if name.startswith(CANDIDATE)]


def name_of(number: int) -> str:
    return f"{FOLDER}/{number:08d}.json"


def current(storage: Storage) -> Generation | None:
    """The newest generation, None in a store without any."""
    found = numbers(storage)
    return load(storage, found[-1]) if found else None


def load(storage: Storage, number: int | None = None) -> Generation:
    """The generation of that number, by default the newest; StoreError when there is none."""
    there = numbers(storage)
    if not there:
        raise StoreError(f"{storage.root}: no store here (no generation); build one first")
    number = there[-1] if number is None else number
    if number not in there:
        raise StoreError(f"{storage.root}: no generation {number}; there are {there[0]} to {there[-1]}")
    return read(storage, name_of(number))


def read(storage: Storage, name: str) -> Generation:
    """The generation, or the candidate, of that name; DamagedError when it is not as it was written."""
    return Generation.decode(storage.read(name), f"{storage.root}/{name}")


def labels_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """The labels of an index row."""
    found: dict[str, Any] = json.loads(row["labels"] or "{}")
    return found
