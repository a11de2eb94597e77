"""History: which generation is the current one. Generations never change; the next one may repeat an older one."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath

from manifests import generation
from manifests.errors import DamagedError, StoreError
from manifests.generation import Generation
from manifests.sealed import seal, unseal
from manifests.storage import Storage
from pipelines.commit import commit, now
from pipelines.report.writing import write_report
from pipelines.small_files import TAGS, spare_of, write_spare


def successor(storage: Storage, content: Generation, reason: str) -> Generation:
    """Commits the next generation with the content of `content`, for readers from now on."""
    last = max(generation.numbers(storage), default=None)
    number = 1 if last is None else last + 1
    made = commit(storage, replace(content, number=number, parent=last, reason=reason, created=now()))
    write_report(storage, generation.name_of(number))
    return made


def publish(storage: Storage, name: str | None = None) -> Generation:
    """Accepts what a gate refused, without building again; the generation that comes of it.

    `name` is the candidate's short name; without it there must be one only. StoreError when there is none, or
    when the store has moved on since: then the candidate would take back what came in between.
    """
    found = {short_name(candidate): candidate for candidate in generation.candidates(storage)}
    if name is None and len(found) != 1:
        listed = f"say which: {', '.join(found)}" if found else "no gate has refused a build of it"
        raise StoreError(f"{storage.root}: {len(found)} candidates; {listed}")
    name = name or next(iter(found))
    if name not in found:
        raise StoreError(f"{storage.root}: no candidate {name!r}; there are {', '.join(found) or 'none'}")
    candidate = generation.read(storage, found[name])
    last = max(generation.numbers(storage), default=None)
    if candidate.parent != last:
        raise StoreError(
            f"{storage.root}: candidate {name} was built upon generation {candidate.parent}, and the store is at "
            f"generation {last} by now; build again, which costs little: finished shards are found"
        )
    _require_files(storage, candidate, f"candidate {name}")
    made = successor(storage, candidate, f"published, though {candidate.reason}")
    storage.delete(found[name])
    return made


def rollback(storage: Storage, number: int | None = None) -> Generation:
    """Makes an older generation current again, by default the newest sound one before the current one.

    A new generation repeats it, so readers of every other one go on undisturbed. The next build compares the
    sources with it, and finds the shards that it takes back.
    """
    numbers = generation.numbers(storage)
    if number is None:
        number = _before(storage, numbers)
    elif numbers and number == numbers[-1]:
        raise StoreError(f"{storage.root}: generation {number} is the current one")
    content = generation.load(storage, number)
    _require_files(storage, content, f"generation {number}")
    return successor(storage, content, f"rolled back to generation {number}")


def tag(storage: Storage, name: str, number: int | None = None) -> int:
    """Names a generation, by default the current one, so that gc keeps it; its number. A tag does not move."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise StoreError(f"{name!r}: a tag has letters, digits and . _ - only")
    number = generation.load(storage, number).number
    found = tags(storage).get(name, number)
    if found != number:
        raise StoreError(f"{storage.root}: tag {name} stands for generation {found}; remove it first (--delete)")
    path = f"{TAGS}/{name}.json"
    if not storage.exists(path):
        storage.put_if_absent(path, seal({"generation": number, "created": now()}))
    write_spare(storage, path)
    return number


def untag(storage: Storage, name: str) -> None:
    """Takes a tag away; StoreError when there is no such tag."""
    if name not in tags(storage):
        raise StoreError(f"{storage.root}: no tag {name!r}; there are {', '.join(tags(storage)) or 'none'}")
    storage.delete(spare_of(f"{TAGS}/{name}.json"))
    storage.delete(f"{TAGS}/{name}.json")


def tags(storage: Storage) -> dict[str, int]:
    """The generation that each tag stands for; DamagedError for a tag that does not say."""
    return {
        PurePosixPath(path).stem: unseal(storage.read(path), f"{storage.root}/{path}")["generation"]
        for path in storage.names(TAGS)
        if path.endswith(".json")
    }


def short_name(candidate: str) -> str:
    """The name of a candidate as `publish` takes it."""
    return candidate.removeprefix(generation.CANDIDATE).removesuffix(".json")


def _before(storage: Storage, numbers: list[int]) -> int:
    for number in reversed(numbers[:-1]):
        try:
            return generation.load(storage, number).number
        except DamagedError:
            continue
    raise StoreError(f"{storage.root}: no sound generation before the current one")


def _require_files(storage: Storage, made: Generation, what: str) -> None:
    """StoreError unless every file that a generation names is there."""
    there = {*storage.names("shards"), *storage.names("index")}
    named = [name for entry in made.shards for name in (entry.shard, entry.index) if name]
    gone = [name for name in named if name not in there]
    if gone:
        raise StoreError(f"{storage.root}: {what} names files that are gone: {gone[0]} (of {len(gone)})")
