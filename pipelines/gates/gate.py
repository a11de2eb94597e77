"""Gate: looks at a proposed generation through its indexes, as a stream, and answers a problem or nothing.

That no stored sample is NaN or infinite needs no gate: decode, the stages and the encoding of what is kept reject the
recording.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pyarrow.compute as pc
from pydantic import BaseModel, ConfigDict

from manifests.index import PRODUCED
from manifests.store import Store

EXAMPLES = 5
"""How many recordings a problem names."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a gate refuses a generation: in one line, in numbers, by examples, and what to do about it.

    `table` has its header in the first row.
    """

    gate: str
    summary: str
    table: Sequence[Sequence[str]] = ()
    examples: Sequence[str] = ()
    remedy: str = ""

    @property
    def line(self) -> str:
        return f"gates.{self.gate}: {self.summary}"

    def __str__(self) -> str:
        lines = [self.line, *(f"  {row}" for row in _aligned(self.table))]
        lines += [f"  such as {example}" for example in self.examples]
        return "\n".join(lines + [f"  {self.remedy}"] * bool(self.remedy))


@dataclass(frozen=True)
class Look:
    """What a gate sees: a generation, and an empty folder for what is too much for memory."""

    store: Store
    folder: Path

    @cached_property
    def counts(self) -> dict[str, int]:
        """How many recordings were produced, by split; no split without any."""
        counts: Counter[str] = Counter()
        for entry in self.store.generation.shards:
            counts[entry.split] += entry.produced
        return dict(+counts)

    def examples(self, columns: Sequence[str], fate: str = PRODUCED) -> Iterator[dict[str, Any]]:
        """The index rows of that fate, of copy 0: `columns`, and always key and split."""
        for entry in self.store.generation.shards:
            table = self.store.index(entry, sorted({"key", "split", "fate", "copy", *columns}))
            wanted = pc.and_(pc.equal(table["fate"], fate), pc.equal(table["copy"], 0))
            for batch in table.filter(wanted).to_batches(max_chunksize=1024):
                yield from batch.to_pylist()

    def recordings(self, columns: Sequence[str], fate: str = PRODUCED) -> Iterator[dict[str, Any]]:
        """The same, with the first row only of a recording that became several examples."""
        before = None
        for row in self.examples(columns, fate):
            if row["key"] != before:
                yield row
            before = row["key"]


class Gate(BaseModel):
    """Base of the gates; its fields are what a recipe says of it, `name` is its own in the recipe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: ClassVar[str]

    def check(self, look: Look) -> Problem | None:
        """What is wrong with the generation; None where nothing is."""
        raise NotImplementedError


def share(part: int, whole: int) -> str:
    """A part of a whole as problems write it.

    >>> share(1, 8)
    '12.50%'
    """
    return f"{part / whole:.2%}" if whole else "0.00%"


def _aligned(table: Sequence[Sequence[str]]) -> Iterator[str]:
    """The rows with columns below each other, numbers and shares to the right."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = zip(row, widths, strict=True)
        yield "  ".join(c.rjust(w) if c[:1].isdigit() else c.ljust(w) for c, w in cells).rstrip()
