"""Groups of examples: by their speaker, by a label, or by what a stage noted when it was built or read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from training.collate import Batch

MOST_NUMBERS = 10
"""Different numbers that are groups of their own; where there are more, intervals are."""


def group_of(batch: Batch, by: str) -> list[Any]:
    """The group of each example of a batch; None where it has none. A label goes before a note of its name."""
    if by == "speaker":
        return list(batch.speakers)
    found = [labels.get(by) for labels in batch.labels]
    if batch.notes:
        stage, _, name = by.rpartition(".")
        noted = [notes.get(stage, {}).get(name) for notes in batch.notes]
        found = [note if label is None else label for label, note in zip(found, noted, strict=True)]
    return found


def named(groups: Sequence[Any]) -> dict[str, list[int]]:
    """The groups by name, in order, with the places of their members.

    More than ten different numbers are put into intervals, from its lower end on to below its upper one, of a width
    that is 1, 2 or 5 times a power of ten. What has no group comes last, as `none`.

    >>> named(["b", "a", None, "b"])
    {'a': [1], 'b': [0, 3], 'none': [2]}
    >>> named([-4.5, 0, 19.5, 2, 3, 5, 6, 7, 8, 9, 10])
    {'-5 to 0': [0], '0 to 5': [1, 3, 4], '5 to 10': [5, 6, 7, 8, 9], '10 to 15': [10], '15 to 20': [2]}
    """
    numbers = {group for group in groups if isinstance(group, int | float) and not isinstance(group, bool)}
    width = interval_width(min(numbers), max(numbers)) if len(numbers) > MOST_NUMBERS else None
    members: dict[tuple[int, float, str], list[int]] = {}
    for place, group in enumerate(groups):
        members.setdefault(_order(group, width), []).append(place)
    found: dict[str, list[int]] = {}
    for order in sorted(members):
        found.setdefault(order[-1], []).extend(members[order])
    return found


def interval_width(low: float, high: float) -> float:
    """The least width, 1, 2 or 5 times a power of ten, of which ten intervals hold all from `low` to `high`."""
    exponent = math.floor(math.log10((high - low) / MOST_NUMBERS))
    widths = (step * 10.0**power for power in range(exponent, exponent + 3) for step in (1, 2, 5))
    return next(width for width in widths if high // width - low // width < MOST_NUMBERS)


def _order(group: Any, width: float | None) -> tuple[int, float, str]:
    """What sorts a group, and its name: numbers by size, then words, then what has none."""
    if group is None:
        return 2, 0.0, "none"
    if isinstance(group, bool) or not isinstance(group, int | float):
        return 1, 0.0, ", ".join(sorted(group)) if isinstance(group, list) else str(group)
    if width is None:
        return 0, group, f"{group:.10g}"
    low = group // width * width
    return 0, low, f"{low:.10g} to {low + width:.10g}"
