"""Survey: what the indexes of a generation say, in one streamed pass; of each recording, nothing stays but counts.

Beside counts it keeps a sample of recordings, those with the lowest seeded hash of their key: the first of them are
listened to, and levels are taken of all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from manifests import index
from manifests.generation import ShardEntry
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.reasons import Reasons
from pipelines.report.tally import Durations, Tally

SAMPLE = 500
"""Recordings whose audio is looked at, of all splits together."""
SEED = 7
LANGUAGE = ("language", "lang", "locale")
_LEFT_OUT = ("key", "fate", "stage", "reason")
_COLUMNS = ("key", "copy", "part", "speaker", "text", "labels", "extra", "notes", "seconds", "checksum")

IndexRow = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sampled:
    """A recording whose audio is looked at: its first row, the shard that holds it, and what ranks it."""

    rank: int
    entry: ShardEntry
    row: IndexRow


@dataclass
class Split:
    """One split: recordings by fate, examples, hours of audio, durations of what was produced, and the sample."""

    fates: Counter[str] = field(default_factory=Counter)
    examples: int = 0
    seconds: float = 0.0
    durations: Durations = field(default_factory=Durations)
    sample: list[Sampled] = field(default_factory=list)

    @property
    def recordings(self) -> int:
        return self.fates.total()


@dataclass
class Survey:
    """What the indexes say. Tallies are of produced recordings, by split; `labels` has one for each label's name."""

    splits: dict[str, Split] = field(default_factory=dict)
    rates: Tally = field(default_factory=Tally)
    speakers: Tally = field(default_factory=Tally)
    labels: dict[str, Tally] = field(default_factory=dict)
    left_out: Reasons = field(default_factory=Reasons)

    def fate(self, name: str) -> int:
        return sum(split.fates[name] for split in self.splits.values())

    @property
    def recordings(self) -> int:
        return sum(split.recordings for split in self.splits.values())


def survey(store: Store, sample: int = SAMPLE, everywhere: bool = True) -> Survey:
    """Reads each index of a generation once. Without `everywhere`, one shard of each split is sampled, the first."""
    found = Survey({name: Split() for name in sorted(store.generation.splits(), key=_split_order)})
    heard = audio_of(store)
    each = sample // max(1, len(found.splits)) if heard else 0
    for entry in store.generation.shards:
        split = found.splits[entry.split]
        split.examples += entry.examples
        split.seconds += entry.seconds
        _count(found, entry.split, split, store.index(entry), entry, each if everywhere or not split.sample else 0)
    return found


def audio_of(store: Store) -> ArraySpec | None:
    """The audio that a store keeps, `audio` before others; None where it keeps none."""
    kept = [spec for spec in store.generation.arrays if spec.kind == "audio"]
    return min(kept, key=lambda spec: spec.name != "audio", default=None)


def _count(found: Survey, name: str, split: Split, table: pa.Table, entry: ShardEntry, each: int) -> None:
    rows = index.first_rows(table)
    for value in pc.value_counts(rows["fate"]).to_pylist():
        split.fates[value["values"]] += value["counts"]
    made = rows.filter(pc.equal(rows["fate"], index.PRODUCED))
    split.durations.add(made["seconds"].drop_null().to_numpy().astype(np.float64))
    for value in pc.value_counts(made["speaker"].drop_null()).to_pylist():
        found.speakers.add(name, value["values"], value["counts"])
    _count_labels(found, name, made)
    for notes in made["notes"].to_pylist():
        rate = json.loads(notes or "{}").get("decode", {}).get("sample_rate")
        if rate is not None:
            found.rates.add(name, str(rate))
    others = rows.filter(pc.not_equal(rows["fate"], index.PRODUCED)).select(_LEFT_OUT)
    for row in others.to_pylist():
        found.left_out.add(row["fate"], row["stage"] or "", row["reason"] or "", row["key"])
    if each:
        split.sample = _sampled(split.sample, made, entry, each)


def _split_order(name: str) -> tuple[int, str]:
    return ("train", "valid", "test").index(name) if name in ("train", "valid", "test") else 3, name


def _count_labels(found: Survey, split: str, made: pa.Table) -> None:
    for value in pc.value_counts(made["labels"]).to_pylist():
        for name, label in json.loads(value["values"] or "{}").items():
            tally = found.labels.setdefault(name, Tally())
            for one in label if isinstance(label, list) else [label]:
                tally.add(split, str(one), value["counts"])
    said = pc.match_substring_regex(made["extra"], f'"({"|".join(LANGUAGE)})": ')
    for extra in made["extra"].filter(pc.fill_null(said, False)).to_pylist():
        other = json.loads(extra)
        for name in LANGUAGE:
            if name in other:
                found.labels.setdefault(name, Tally()).add(split, str(other[name]))


def _sampled(before: list[Sampled], made: pa.Table, entry: ShardEntry, most: int) -> list[Sampled]:
    """The `most` recordings of the lowest hash, of those before and those of one more shard; the lowest first."""
    ranks = np.fromiter(_ranks(made["key"].to_pylist()), np.uint64, len(made))
    limit = before[-1].rank if len(before) >= most else 1 << 64
    places = [int(place) for place in np.argsort(ranks, kind="stable")[:most] if int(ranks[place]) < limit]
    columns = [*_COLUMNS, *(name for name in made.column_names if "." in name)]
    rows = made.select(columns).take(pa.array(places, pa.int64())).to_pylist()
    more = [Sampled(int(ranks[place]), entry, row) for place, row in zip(places, rows, strict=True)]
    return sorted([*before, *more], key=lambda one: one.rank)[:most]


def _ranks(keys: list[str]) -> Iterator[int]:
    return (xxhash.xxh3_64_intdigest(key.encode(), SEED) for key in keys)
