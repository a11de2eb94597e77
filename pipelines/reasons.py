"""Reasons: why recordings were left out, counted. Those that differ in their numbers only are one reason."""

from __future__ import annotations

import re
from collections.abc import Iterator

EXAMPLES = 3
"""Recordings whose keys are kept for a reason."""
_NUMBER = re.compile(r"(?<![\w.])(-?\d[\d,]*(?:\.\d+)?)(?!\w)")


class Reasons:
    """Counts of reasons by who said so.

    >>> reasons = Reasons()
    >>> for seconds in ("0.25", "0.40"):
    ...     reasons.add("filtered", "filter_duration", f"{seconds} s; min_seconds is 1")
    >>> list(reasons)
    [(2, 'filtered', 'filter_duration', '0.25 to 0.40 s; min_seconds is 1')]
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, str, tuple[str, ...]], tuple[int, list[tuple[str, str]]]] = {}
        self._keys: dict[tuple[str, str, tuple[str, ...]], list[str]] = {}

    def add(self, fate: str, stage: str, reason: str, key: str | None = None) -> None:
        """Counts a reason; `key` is the recording's, of which each reason keeps the first few."""
        parts = _NUMBER.split(reason)
        words, numbers = tuple(parts[::2]), [(number, number) for number in parts[1::2]]
        count, ranges = self._found.get((fate, stage, words), (0, numbers))
        wider = [_wider(a, b) for a, b in zip(ranges, numbers, strict=True)]
        self._found[fate, stage, words] = (count + 1, wider)
        if key is not None and count < EXAMPLES:
            self._keys.setdefault((fate, stage, words), []).append(key)

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[tuple[int, str, str, str]]:
        """Count, fate, stage and reason, the most frequent first; numbers that differ are a range."""
        for count, fate, stage, reason, _ in self.with_keys():
            yield count, fate, stage, reason

    def with_keys(self) -> Iterator[tuple[int, str, str, str, list[str]]]:
        """The same, with the keys of a few recordings."""
        for place, (count, ranges) in sorted(self._found.items(), key=lambda found: -found[1][0]):
            fate, stage, words = place
            numbers = [low if low == high else f"{low} to {high}" for low, high in ranges]
            reason = "".join(a + b for a, b in zip(words, [*numbers, ""], strict=True))
            yield count, fate, stage, reason, self._keys.get(place, [])


def _wider(a: tuple[str, str], b: tuple[str, str]) -> tuple[str, str]:
    return min(a[0], b[0], key=_value), max(a[1], b[1], key=_value)


def _value(number: str) -> float:
    return float(number.replace(",", ""))
