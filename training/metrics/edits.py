"""Edits: what turns one sequence into another at the least cost, and error rates from their number.

Levenshtein, "Binary codes capable of correcting deletions, insertions, and reversals", Soviet Physics Doklady 10(8),
1966; the table of costs is that of Wagner and Fischer, "The string-to-string correction problem", JACM 21(1), 1974,
filled row by row. Insertions, deletions and substitutions cost 1 each.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Item = TypeVar("Item", bound=Hashable)


class Edits(NamedTuple):
    """How often what was there was left out, changed, or added to, of `total` items that are in the reference."""

    insertions: int
    deletions: int
    substitutions: int
    total: int

    @property
    def errors(self) -> int:
        return self.insertions + self.deletions + self.substitutions

    @property
    def rate(self) -> float:
        """Errors over the items of the reference: above 1 where much was added; nan without a reference."""
        return self.errors / self.total if self.total else float("nan")


def align(reference: Sequence[Item], hypothesis: Sequence[Item]) -> list[tuple[Item | None, Item | None]]:
    """Pairs of what was said and what was heard, in order; None stands for nothing on either side.

    Of several ways of the same cost, a pair goes before a deletion, and that before an insertion, from the end on.

    >>> align("kitten", "sitting")[-3:]
    [('e', 'i'), ('n', 'n'), (None, 'g')]
    """
    costs = _costs(reference, hypothesis)
    row, column = len(reference), len(hypothesis)
    pairs: list[tuple[Item | None, Item | None]] = []
    while row or column:
        cost = costs[row, column]
        same = bool(row and column) and reference[row - 1] == hypothesis[column - 1]
        if row and column and cost == costs[row - 1, column - 1] + (not same):
            row, column = row - 1, column - 1
            pairs.append((reference[row], hypothesis[column]))
        elif row and cost == costs[row - 1, column] + 1:
            row -= 1
            pairs.append((reference[row], None))
        else:
            column -= 1
            pairs.append((None, hypothesis[column]))
    return pairs[::-1]


def count(pairs: Iterable[tuple[Hashable, Hashable]]) -> Edits:
    """The edits that these pairs of `align` stand for.

    >>> count(align("three four".split(), "tree four four".split()))
    Edits(insertions=1, deletions=0, substitutions=1, total=2)
    """
    insertions = deletions = substitutions = total = 0
    for said, heard in pairs:
        total += said is not None
        insertions += said is None
        deletions += heard is None
        substitutions += said is not None and heard is not None and said != heard
    return Edits(insertions, deletions, substitutions, total)


def summed(found: Iterable[Sequence[int]]) -> Edits:
    """The edits of several pairs of sequences together."""
    return Edits(*np.sum([[0, 0, 0, 0], *found], axis=0).tolist())


def _costs(reference: Sequence[Item], hypothesis: Sequence[Item]) -> NDArray[np.int32]:
    """The least cost between each beginning of the one and each of the other: (1 + reference, 1 + hypothesis)."""
    numbers = {item: number for number, item in enumerate(dict.fromkeys([*reference, *hypothesis]))}
    heard = np.array([numbers[item] for item in hypothesis], np.int64)
    places = np.arange(len(hypothesis) + 1, dtype=np.int32)
    costs = np.empty((len(reference) + 1, len(hypothesis) + 1), np.int32)
    costs[0] = places
    for row, item in enumerate(reference, 1):
        before, now = costs[row - 1], costs[row]
        now[0] = row
        np.minimum(before[1:] + 1, before[:-1] + (heard != numbers[item]), out=now[1:])
        # What insertions bring: the cost of some earlier place, and one for each item since.
        now[:] = np.minimum.accumulate(now - places) + places
    return costs
