"""Changes: what is different in a generation from the one before, recording by recording and parameter by parameter.

Shards that both generations name are not read. Of every other recording 16 bytes are held: a hash of its key, and one
of its split, its manifest row and the bytes of its file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

import numpy as np
import xxhash
from numpy.typing import NDArray

from manifests import generation
from manifests.errors import ManifestError
from manifests.generation import ShardEntry
from manifests.store import Store
from pipelines.yaml_nodes import parse

PASSED_OVER = ("stages", "notify", "name", "description", "schedule")
"""Sections of a recipe: stages are compared as they were resolved, and whom a build tells is nobody's business."""
COUNTED = ("recordings", "produced", "filtered", "rejected", "examples", "seconds", "shard_bytes")

Chain = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Difference:
    """One setting that differs; `was` or `now` is None where there was, or is, none."""

    name: str
    was: str | None
    now: str | None


@dataclass
class Changes:
    """What is different since generation `number`.

    Recordings are `changed` whose file, labels, text or split is another. `counts` are sums over both generations,
    before and now, by name.
    """

    number: int
    added: int
    removed: int
    changed: int
    stages: list[Difference] = field(default_factory=list)
    recipe: list[Difference] = field(default_factory=list)
    libraries: list[Difference] = field(default_factory=list)
    counts: dict[str, tuple[float, float]] = field(default_factory=dict)


def changes(store: Store) -> Changes | None:
    """What is different from the parent of a generation; None where it has none, or where that cannot be read."""
    now, parent = store.generation, store.generation.parent
    if parent is None or parent not in generation.numbers(store.storage):
        return None
    try:
        before = Store(store.storage, generation.load(store.storage, parent))
        added, removed, changed = recordings(before, store)
    except ManifestError:
        return None
    return Changes(
        number=parent,
        added=added,
        removed=removed,
        changed=changed,
        stages=stage_differences(before.generation.chain, now.chain),
        recipe=recipe_differences(before.generation.recipe_text, now.recipe_text),
        libraries=differences(before.generation.environment, now.environment),
        counts={name: (before.generation.count(name), now.count(name)) for name in COUNTED},
    )


def recordings(before: Store, now: Store) -> tuple[int, int, int]:
    """How many recordings were added, removed, and changed."""
    shared = {entry.index for entry in before.generation.shards} & {entry.index for entry in now.generation.shards}
    old, new = (_states(store, shared) for store in (before, now))
    both, places, others = np.intersect1d(old[0], new[0], assume_unique=True, return_indices=True)
    changed = int(np.count_nonzero(old[1][places] != new[1][others]))
    return len(new[0]) - len(both), len(old[0]) - len(both), changed


def stage_differences(before: Chain, now: Chain) -> list[Difference]:
    """Which stages came and went, and which of their parameters differ.

    >>> for found in stage_differences([{"gain": {"gain_db": 3}}], [{"gain": {"gain_db": 6}}, {"dc_offset": {}}]):
    ...     print(found.name, found.was, found.now)
    gain.gain_db 3 6
    dc_offset None added
    """
    old, new = _labels(before), _labels(now)
    found = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            for place, other in zip(range(a, b), range(c, d), strict=True):
                parameters = (next(iter(chain[at].values())) or {} for chain, at in ((before, place), (now, other)))
                found += [Difference(f"{new[other]}.{one.name}", one.was, one.now) for one in differences(*parameters)]
        else:
            found += [Difference(name, "removed", None) for name in old[a:b]]
            found += [Difference(name, None, "added") for name in new[c:d]]
    return found


def recipe_differences(before: str, now: str) -> list[Difference]:
    """Which other settings of a recipe differ, as typed; none where one of the two was made in Python."""
    if not (before and now):
        return []
    flat = []
    for text in (before, now):
        plain = parse(text, "recipe.yaml")[0].plain()
        flat.append(dict(_flat({name: value for name, value in plain.items() if name not in PASSED_OVER})))
    return differences(*flat)


def differences(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Which values differ, in the order of their names."""
    return [
        Difference(name, *(None if name not in one else _words(one[name]) for one in (before, now)))
        for name in sorted({*before, *now})
        if before.get(name) != now.get(name) or (name in before) != (name in now)
    ]


def _states(store: Store, shared: set[str]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of the keys of all recordings in shards that are not shared, and hashes of what they are made from."""
    entries = [entry for entry in store.generation.shards if entry.index not in shared]
    count = sum(entry.recordings for entry in entries)
    pairs = (number for entry in entries for pair in _hashes(store, entry) for number in pair)
    found = np.fromiter(pairs, np.uint64, 2 * count).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def _hashes(store: Store, entry: ShardEntry) -> Iterator[tuple[int, int]]:
    table = store.index(entry, ["key", "row", "content"])
    before = None
    for key, row, content in zip(*(column.to_pylist() for column in table.itercolumns()), strict=True):
        if key != before:
            state = f"{entry.split}\x1f{row}\x1f{content}"
            yield xxhash.xxh3_64_intdigest(key.encode()), xxhash.xxh3_64_intdigest(state.encode())
        before = key


def _labels(chain: Chain) -> list[str]:
    """The names of stages; one that occurs again gets its number.

    >>> _labels([{"gain": {}}, {"gain": {}}])
    ['gain', 'gain (2)']
    """
    seen: Counter[str] = Counter()
    found = []
    for stage in chain:
        name = next(iter(stage))
        seen[name] += 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _flat(inner, f"{name}.{key}" if name else str(key))
    else:
        yield name, value


def _words(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
