"""Left out: the ledger of a generation, each reason with the expression that finds its rows."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from explorer.browsing.columns import Columns, plain
from manifests.index import PRODUCED
from pipelines.reasons import Reasons

MOST = 200
"""Reasons that are listed."""
_RANGE = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?: to -?\d[\d,]*(?:\.\d+)?)?")
_SHORTEST = 3
"""Letters of a part of a reason that is worth asking for."""


def ledger(columns: Columns) -> dict[str, Any]:
    """Why recordings were left out: counts by reason, the most frequent first; those that differ in their numbers only
    are one reason. `others` counts the recordings of reasons that are not listed, `problems` are damaged indexes.
    """
    held = columns.load(["fate", "stage", "reason"])
    reasons = Reasons()
    for fate, stage, reason in _rows_left_out(held):
        reasons.add(fate, stage or "", reason or "")
    found: list[dict[str, Any]] = [
        {"count": count, "fate": fate, "stage": stage, "reason": reason, "where": expression(fate, stage, reason)}
        for count, fate, stage, reason in reasons
    ]
    others = sum(int(one["count"]) for one in found[MOST:])
    return {"reasons": found[:MOST], "others": others, "problems": sorted(columns.problems.values())}


def expression(fate: str, stage: str, reason: str) -> str:
    """What finds the rows of a reason: its stage, and the words between its numbers.

    >>> expression("filtered", "filter_duration", "0.25 to 0.40 s; min_seconds is 1")
    "fate == 'filtered' and stage == 'filter_duration' and ' s; min_seconds is ' in reason"
    """
    parts = [f"fate == {quoted(fate)}"]
    if stage:
        parts.append(f"stage == {quoted(stage)}")
    words = [part for part in _RANGE.split(reason) if len(part) >= _SHORTEST]
    return " and ".join([*parts, *(f"{quoted(part)} in reason" for part in words)])


def quoted(text: str) -> str:
    """Text as an expression writes it."""
    return repr(text)


def _rows_left_out(held: dict[str, pa.Array]) -> list[tuple[str, str | None, str | None]]:
    """Fate, stage and reason of each row that was not produced; rows of damaged indexes have no fate."""
    out = pc.fill_null(pc.not_equal(plain(held["fate"]), PRODUCED), False)
    rows = pa.array(np.flatnonzero(out.to_numpy(zero_copy_only=False)))
    fate, stage, reason = (plain(held[name].take(rows)).to_pylist() for name in ("fate", "stage", "reason"))
    return list(zip(fate, stage, reason, strict=True))
