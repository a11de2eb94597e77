"""Store: one generation of a store, open for reading."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import pyarrow as pa
import xxhash

from manifests import generation, index
from manifests.errors import DamagedError, StoreError
from manifests.generation import Generation, ShardEntry
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.storage import Storage, open_storage

_ADDRESS = re.compile(r"(.+)@(\d+)", re.DOTALL)


@dataclass(frozen=True)
class Store:
    """A generation with the place that its files are read from. Generations never change, so neither does this."""

    storage: Storage
    generation: Generation

    @classmethod
    def open(cls, address: str | Path) -> Store:
        """The store at `path`, as of its current generation, or at `path@12` as of generation 12.

        StoreError when there is no store, or no such generation.
        """
        storage, number = parse_address(address)
        return cls(storage, generation.load(storage, number))

    def entries(self, split: str) -> list[ShardEntry]:
        """The shards of a split; StoreError, naming the splits there are, when it is none of them."""
        known = self.generation.splits()
        if split not in known:
            raise StoreError(f"{self.storage.root}: no split {split!r}{_choices(split, known)}")
        return [entry for entry in self.generation.shards if entry.split == split]

    def array(self, name: str) -> ArraySpec:
        """The spec of a kept array; StoreError, naming the arrays there are, when it is none of them."""
        specs = {spec.name: spec for spec in self.generation.arrays}
        if name not in specs:
            raise StoreError(f"{self.storage.root}: no array {name!r}{_choices(name, list(specs))}")
        return specs[name]

    def index(self, entry: ShardEntry, columns: Sequence[str] | None = None) -> pa.Table:
        """The index of a shard, or some of its columns; DamagedError unless the file is the one that was committed."""
        place = f"{self.storage.root}/{entry.index}"
        try:
            content = self.storage.fetch(entry.index, entry.index_digest).read_bytes()
        except FileNotFoundError as error:
            raise StoreError(f"{self.storage.root}: {entry.index} is missing") from error
        if xxhash.xxh3_128_hexdigest(content) != entry.index_digest:
            raise DamagedError(f"{place}: its digest is not the one in generation {self.generation.number}")
        return index.decode(content, place, columns)

    def shard(self, entry: ShardEntry) -> ShardReader:
        """A reader of the arrays of a shard; DamagedError when its file is missing."""
        if entry.shard is None:
            raise StoreError(f"{self.storage.root}: {entry.index} has no shard, since it produced no example")
        return ShardReader(self.storage.fetch(entry.shard, entry.shard_digest), self.generation.arrays)


def parse_address(address: str | Path) -> tuple[Storage, int | None]:
    """The storage and the generation that `path@12` names; None where it names no generation."""
    pinned = _ADDRESS.fullmatch(str(address))
    return open_storage(pinned[1] if pinned else address), int(pinned[2]) if pinned else None


def _choices(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, 1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"{hint} (there: {', '.join(known) or 'none'})"
