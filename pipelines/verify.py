"""Verify: the bytes of a store against the digests that were written with them.

Shards and indexes have their digests in a generation; the small files (generations, receipts, tags) carry their
own. Files are hashed by threads, since neither reading nor hashing holds Python's lock.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import xxhash

from manifests import generation
from manifests.errors import DamagedError, StoreError
from manifests.generation import Generation, ShardEntry
from manifests.index import PRODUCED
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.storage import Storage, file_digest
from manifests.store import Store
from pipelines.damage import Damage
from pipelines.receipts import receipts
from pipelines.small_files import damaged_small_files

NAMED = 5
"""How many damaged examples a message names."""


@dataclass(frozen=True, slots=True)
class Part:
    """A shard with its index; `made` is a generation that lists them, None where only a receipt does."""

    entry: ShardEntry
    made: Generation | None

    def files(self) -> Iterator[tuple[str, str]]:
        """The names of its files, each with its digest."""
        yield self.entry.index, self.entry.index_digest
        if self.entry.shard:
            yield self.entry.shard, self.entry.shard_digest

    def names(self) -> set[str]:
        return {name for name, _ in self.files()}


@dataclass
class Report:
    """What was looked at, and what is damaged. `bytes` are those of shards and indexes."""

    generations: list[int]
    shards: int
    bytes: int
    damages: list[Damage]


def verify(
    storage: Storage, number: int | None = None, everything: bool = False, share: float = 1.0, seed: int = 0
) -> Report:
    """Checks the shards and indexes of one generation, by default the current one, and every small file.

    With `everything`, those of all generations and candidates, and the finished tasks that no generation lists.
    A `share` of the shards is another one for each `seed`: see `due`. StoreError when there is no store.
    """
    generations = chosen(storage, number, everything)
    looked_at = due(parts_of(storage, generations, everything), share, seed)
    size, damages = check(storage, looked_at)
    numbers = sorted(made.number for made in generations)
    return Report(numbers, len(looked_at), size, [*damaged_small_files(storage), *damages])


def chosen(storage: Storage, number: int | None = None, everything: bool = False) -> list[Generation]:
    """The generation of that number, by default the newest sound one, or every sound one and every candidate."""
    if number is not None or not (generation.numbers(storage) or generation.candidates(storage)):
        return [generation.load(storage, number)]
    there = sound_generations(storage)
    return [*there, *_sound_candidates(storage)] if everything else there[:1]


def parts_of(storage: Storage, generations: Sequence[Generation], everything: bool = False) -> list[Part]:
    """The shards of some generations, each once; with `everything` also the work that no generation lists."""
    parts = {entry.index: Part(entry, made) for made in reversed(generations) for entry in made.shards}
    if everything:
        parts = {entry.index: Part(entry, None) for entry in receipts(storage)} | parts
    return list(parts.values())


def check(storage: Storage, parts: Iterable[Part]) -> tuple[int, list[Damage]]:
    """The bytes that were read, and what of these shards and indexes is damaged; each file is read once."""
    files = {name: (digest, part) for part in parts for name, digest in part.files()}
    total, damages = 0, []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for size, found in pool.map(lambda name: _check(storage, name, *files[name]), files):
            total += size
            damages += found
    return total, damages


def sound_generations(storage: Storage) -> list[Generation]:
    """The generations that can be read, the newest first."""
    found = []
    for number in reversed(generation.numbers(storage)):
        try:
            found.append(generation.load(storage, number))
        except DamagedError:
            continue
    return found


def due(parts: Sequence[Part], share: float, seed: int) -> list[Part]:
    """The parts whose turn it is; over 1 / share seeds that follow each other, every part has its turn.

    Names are hashed onto a ring, and a window of it moves on with the seed. So a store that grows in between
    leaves none out. At least one part is looked at.
    """
    if share >= 1 or not parts:
        return list(parts)
    turns = {part.entry.index: (_place(part.entry.index) - seed * share) % 1 for part in parts}
    first = min(turns, key=turns.__getitem__)
    return [part for part in parts if turns[part.entry.index] < share or part.entry.index == first]


def damages(store: Store) -> list[Damage]:
    """What of the shards and indexes of a generation is damaged; nothing of a sound one."""
    return check(store.storage, parts_of(store.storage, [store.generation]))[1]


def damaged_examples(rows: Sequence[dict[str, object]], shard: Path, arrays: Sequence[ArraySpec]) -> list[str]:
    """The keys of examples of a shard whose bytes are not those of their index rows; DamagedError without a shard."""
    reader, found = ShardReader(shard, arrays), {}
    for row in rows:
        if row["fate"] == PRODUCED:
            try:
                reader.check(row)
            except DamagedError:
                found[str(row["key"])] = True
    return list(found)


def _sound_candidates(storage: Storage) -> Iterator[Generation]:
    for name in generation.candidates(storage):
        try:
            yield generation.read(storage, name)
        except DamagedError:  # listed among the small files
            continue


def _check(storage: Storage, name: str, digest: str, part: Part) -> tuple[int, list[Damage]]:
    """The bytes that were read of a file, and its damage, if there is any."""
    size, problem = _hash(storage, name, digest)
    if problem is None:
        return size, []
    named = _named(storage, part) if size and name == part.entry.shard else ""
    return size, [Damage(name, problem + named, f"wavemill repair {storage.root} makes it again")]


def _hash(storage: Storage, name: str, digest: str) -> tuple[int, str | None]:
    """The size of a file, and what is wrong with it."""
    try:
        with storage.local(name) as path:
            size = path.stat().st_size
            return size, None if file_digest(path) == digest else "its bytes are not those that were written"
    except (FileNotFoundError, StoreError):
        return 0, "missing"
    except OSError as error:
        return 0, f"cannot be read: {error.strerror}"


def _named(storage: Storage, part: Part) -> str:
    """Which examples of a damaged shard are, where its index can tell."""
    if part.made is None:
        return ""
    try:
        rows = Store(storage, part.made).index(part.entry).to_pylist()
        with storage.local(str(part.entry.shard)) as path:
            keys = damaged_examples(rows, path, part.made.arrays)
    except (StoreError, OSError):
        return ""
    more = f" and {len(keys) - NAMED} more" if len(keys) > NAMED else ""
    return f" (in {', '.join(keys[:NAMED])}{more})" if keys else " (outside of any example)"


def _place(name: str) -> float:
    return xxhash.xxh3_64_intdigest(name.encode()) / 2.0**64
