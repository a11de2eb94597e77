"""duplicate_fingerprint: the same recording in two splits, in another encoding, rate or level, or cut otherwise.

The search of Haitsma and Kalker (ISMIR 2002), section 5: recordings that share a word are candidates, at the offset
that brings the words together; they are copies when few bits differ over all that they have in common.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pipelines.explain import counted
from pipelines.gates.gate import Look, Problem
from pipelines.gates.twins import NoTwins, Twins
from pipelines.units import Fraction


class DuplicateFingerprint(NoTwins):
    """No recording sounds like one of another split, by what the stage `fingerprint` noted.

    Unlike sentences of one voice differ in 30 % of the bits and more, copies at 12 kbit/s in 10 %.
    """

    name: ClassVar[str] = "duplicate_fingerprint"

    max_bit_errors: Fraction = Field(0.25, description="Copies differ in fewer of their bits than this.")
    min_seconds: float = Field(
        1.2, ge=0.5, description="Recordings that have less in common than this, pauses apart, are not compared."
    )

    def check(self, look: Look) -> Problem | None:
        if all(_words(row["notes"]) is None for row in look.examples(["notes"])):
            return Problem(self.name, "no recording has a fingerprint; put the stage fingerprint behind decode")
        if not any(np.count_nonzero(found) >= self._least for _, _, found in _prints(look)):
            return Problem(self.name, f"no recording is long enough: min_seconds is {self.min_seconds:g}, pauses apart")
        return super().check(look)

    def find(self, look: Look, twins: Twins) -> None:
        from pipelines.gates.matching import Prints

        prints = Prints(look.folder)
        for key, split, found in _prints(look):
            prints.add(key, split, found)
        for match in prints.matches(self.max_bit_errors, self._least):
            (key, split), (other, in_other) = match.first, match.second
            twins.add({split: [key], in_other: [other]}, f": {match.errors:.1%} of {match.bits} bits differ")

    @property
    def _least(self) -> int:
        """The fewest words that two recordings must have in common."""
        from features.filters.fingerprint import WORDS_PER_SECOND

        return round(self.min_seconds * WORDS_PER_SECOND)

    def words(self, groups: int) -> tuple[str, str]:
        return (
            f"{counted(groups, 'pair')} of recordings in different splits {'sounds' if groups == 1 else 'sound'} alike",
            "listen to some of them, remove the copies, or split by something that they share (split: {by: ..})",
        )


def _prints(look: Look) -> Iterator[tuple[str, str, NDArray[np.uint32]]]:
    """Key, split and words of each fingerprint."""
    from features.filters.fingerprint import decode  # brings scipy, which reading a recipe does without

    before = None
    for row in look.examples(["notes"]):
        words = _words(row["notes"])
        if words and (row["key"], words) != before:  # parts of a recording may share one
            yield row["key"], row["split"], decode(words)
        before = row["key"], words


def _words(notes: str | None) -> str | None:
    found: str | None = json.loads(notes or "{}").get("fingerprint", {}).get("words")
    return found
