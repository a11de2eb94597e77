"""Ledger: what became of every recording. A query over the indexes of a generation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from manifests import index
from manifests.credit import Credit
from manifests.provenance import origin_of
from manifests.store import Store
from pipelines.reasons import Reasons
from pipelines.report.licences import UNKNOWN

FATE_COLUMNS = ["key", "split", "fate", "stage", "reason"]


@dataclass
class Ledger:
    """Counts of recordings by split and fate, and those that were left out, with who said so and why.

    `quarantined` counts those of them that brought a builder down.
    """

    counts: dict[str, Counter[str]] = field(default_factory=dict)
    reasons: Reasons = field(default_factory=Reasons)
    left_out: list[dict[str, str]] = field(default_factory=list)
    quarantined: int = 0

    @property
    def totals(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())

    def to_json(self) -> dict[str, Any]:
        splits = {split: {fate: found[fate] for fate in index.FATES} for split, found in self.counts.items()}
        names = ("count", "fate", "stage", "reason")
        reasons = [dict(zip(names, found, strict=True)) for found in self.reasons]
        return {"splits": splits, "quarantined": self.quarantined, "reasons": reasons, "left_out": self.left_out}


def read_ledger(store: Store) -> Ledger:
    """The ledger of a generation."""
    ledger = Ledger()
    for entry in store.generation.shards:
        seen = set()
        ledger.quarantined += len(entry.quarantined)
        counts = ledger.counts.setdefault(entry.split, Counter())
        for row in store.index(entry, FATE_COLUMNS).to_pylist():
            if row["key"] in seen:
                continue
            seen.add(row["key"])
            counts[row["fate"]] += 1
            if row["fate"] != index.PRODUCED:
                ledger.reasons.add(row["fate"], row["stage"], row["reason"])
                ledger.left_out.append(row)
    ledger.left_out.sort(key=lambda row: row["key"])
    return ledger


def described(row: dict[str, Any], credits: Sequence[Credit] = ()) -> dict[str, Any]:
    """An index row as a person wants to read it: without what is not set, JSON columns parsed.

    By the credits of its generation it says under which licences the recording is, and where it is from.
    """
    found = {name: value for name, value in row.items() if value is not None}
    for name in ("labels", "extra", "notes"):
        if name in found:
            found[name] = json.loads(found[name])
    origin = origin_of(credits, row["key"], found.get("extra") or {})
    if origin is not None:
        found["licence"] = ", ".join(licence or UNKNOWN for licence in origin.licences)
        found |= {"source": origin.source} if origin.source else {}
    return found
