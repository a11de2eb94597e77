"""Differences: what has changed between two generations of a store. Shards that both have are not read."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from manifests.generation import Generation, ShardEntry
from manifests.store import Store

SHOWN = 100
"""Keys that are named of each kind."""
COUNTS = ("recordings", "produced", "filtered", "rejected", "examples", "seconds")
_ABOUT = ("key", "copy", "part", "split", "fate", "stage", "reason", "row", "checksum")
_SCHEMA = pa.schema([("key", pa.string()), ("about", pa.string())])


def differences(old: Store, new: Store) -> dict[str, Any]:
    """Recordings that were added, removed or changed, counted and the first of each by key; the parameters of stages
    that differ; and what each generation counts, as [old, new].

    A recording has changed where its fate, its reason, its split, its manifest row or a checksum is another one.
    """
    before, after = old.generation, new.generation
    one, other = _rows(old, _only(before, after)), _rows(new, _only(after, before))
    gone, come = _without(one, other), _without(other, one)
    there, now = pc.unique(one["key"]), pc.unique(other["key"])
    added = come.filter(pc.invert(pc.is_in(come, value_set=there)))
    removed = gone.filter(pc.invert(pc.is_in(gone, value_set=now)))
    both = pa.concat_arrays([come.filter(pc.is_in(come, value_set=there)), gone.filter(pc.is_in(gone, value_set=now))])
    found = {"added": added, "removed": removed, "changed": pc.unique(both)}
    return {
        **{name: {"count": len(keys), "keys": keys.sort()[:SHOWN].to_pylist()} for name, keys in found.items()},
        "stages": parameters(before.chain, after.chain),
        "counts": {name: [_sum(before, name), _sum(after, name)] for name in COUNTS},
    }


def parameters(old: Iterable[dict[str, Any]], new: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each stage or parameter that differs: `at`, and what it was and is, null where it is not there.

    >>> parameters([{"log_mel": {"n_mels": 64}}], [{"log_mel": {"n_mels": 80}}, {"deltas": {}}])
    [{'at': 'log_mel.n_mels', 'old': 64, 'new': 80}, {'at': 'deltas', 'old': None, 'new': {}}]
    """
    before, after = _named(old), _named(new)
    found = []
    for label in dict.fromkeys((*before, *after)):
        if label not in before or label not in after:
            found.append({"at": label, "old": before.get(label), "new": after.get(label)})
            continue
        was, now = before[label], after[label]
        for name in dict.fromkeys((*was, *now)):
            if was.get(name) != now.get(name):
                found.append({"at": f"{label}.{name}", "old": was.get(name), "new": now.get(name)})
    return found


def _named(chain: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The stages by their labels: the name, with a number where it comes again."""
    found: dict[str, dict[str, Any]] = {}
    counts: dict[str, int] = {}
    for stage in chain:
        ((name, values),) = stage.items()
        number = counts[name] = counts.get(name, -1) + 1
        found[name if not number else f"{name}.{number}"] = values
    return found


def _only(one: Generation, other: Generation) -> list[ShardEntry]:
    """The shards of a generation that the other does not have."""
    known = {entry.index_digest for entry in other.shards}
    return [entry for entry in one.shards if entry.index_digest not in known]


def _rows(store: Store, entries: Iterable[ShardEntry]) -> pa.Table:
    """For each row of some shards its key, and in one text all that would make it another one."""
    return pa.concat_tables([_SCHEMA.empty_table(), *(_about(store.index(entry, _ABOUT)) for entry in entries)])


def _about(table: pa.Table) -> pa.Table:
    parts = [pc.fill_null(table[name].cast(pa.string()), "") for name in _ABOUT[1:]]
    about = pc.binary_join_element_wise(*parts, "\x1f")
    return pa.table({"key": table["key"], "about": about}, _SCHEMA)


def _without(one: pa.Table, other: pa.Table) -> pa.Array:
    """The keys of rows that the other table has not, each once."""
    left = one.join(other, ["key", "about"], join_type="left anti")
    found = pc.unique(left["key"].cast(pa.large_string()))
    return found.cast(pa.string())


def _sum(made: Generation, name: str) -> float:
    found = made.count(name)
    return round(float(found), 3) if isinstance(found, float) else int(found)
