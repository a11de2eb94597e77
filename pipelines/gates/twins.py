"""Twins: recordings of different splits that have something in common, counted in bounded memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from pydantic import Field

from pipelines.gates.gate import EXAMPLES, Gate, Look, Problem, share
from pipelines.spill import Spill, place_of
from pipelines.units import Fraction


class Twins:
    """Groups of recordings that belong together, though they are in different splits."""

    def __init__(self, folder: Path) -> None:
        self._spill = Spill(folder, "twins")
        self.groups = 0
        self.examples: list[str] = []

    def add(self, members: Mapping[str, Sequence[str]], note: str) -> None:
        """A group: its keys by split, of which there are two at least. A recording may be in several groups."""
        self.groups += 1
        if len(self.examples) < EXAMPLES:
            named = [f"{keys[0]} ({split})" for split, keys in sorted(members.items())]
            self.examples.append(f"{' = '.join(named)}{note}")
        for split, keys in members.items():
            others = [other for other in sorted(members) if other != split]
            self._spill.extend((place_of(key, 0), key, split, other) for key in keys for other in others)

    def count(self) -> dict[str, tuple[int, list[str]]]:
        """For each split, how many of its recordings have a twin in another one, and in which."""
        counts: Counter[str] = Counter()
        others: dict[str, set[str]] = {}
        for part in self._spill.parts():
            for (_, _, split), rows in groupby(part, itemgetter(0, 1, 2)):
                counts[split] += 1
                others.setdefault(split, set()).update(row[3] for row in rows)
        return {split: (count, sorted(others[split])) for split, count in sorted(counts.items())}


class NoTwins(Gate):
    """Base of the gates that forbid twins; subclasses implement `find`."""

    max_share: Fraction = Field(0.0, description="Share of the recordings of any split that may have such a twin.")

    def find(self, look: Look, twins: Twins) -> None:
        """Adds every group of twins."""
        raise NotImplementedError

    def words(self, groups: int) -> tuple[str, str]:
        """What is wrong, and what to do about it."""
        raise NotImplementedError

    def check(self, look: Look) -> Problem | None:
        if len(look.counts) < 2:
            return None
        twins = Twins(look.folder)
        self.find(look, twins)
        found = twins.count()
        if all(count <= self.max_share * look.counts[split] for split, (count, _) in found.items()):
            return None
        wrong, remedy = self.words(twins.groups)
        table = [("split", "recordings", "with twins", "share", "in")]
        for split, (count, others) in found.items():
            whole = look.counts[split]
            table.append((split, str(whole), str(count), share(count, whole), ", ".join(others)))
        return Problem(self.name, f"{wrong} ({self.max_share:.2%} of a split allowed)", table, twins.examples, remedy)


def across(folder: Path, rows: Iterable[tuple[str, str, str, str]]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """What occurs in more than one split: (how it is shown, its keys by split), of rows (value, shown, split, key).

    Equal values are brought together on disk.
    """
    spill = Spill(folder, "across")
    spill.extend((place_of(value, 0), value, split, key, shown) for value, shown, split, key in rows)
    for part in spill.parts():
        for _, found in groupby(part, itemgetter(1)):
            equal = list(found)
            members: dict[str, dict[str, None]] = {}
            for _, _, split, key, _ in equal:
                members.setdefault(split, {})[key] = None
            if len(members) > 1:
                yield equal[0][4], {split: list(keys) for split, keys in members.items()}
