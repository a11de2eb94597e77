"""Pairs of channels, as level_difference, phase_difference and gcc_phat compare them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from features.errors import ChainError


def _different(pair: tuple[int, int]) -> tuple[int, int]:
    if pair[0] == pair[1] or min(pair) < 0:
        raise ValueError(f"a pair is two different channels, counted from 0; got {list(pair)}")
    return pair


Pairs = Annotated[
    tuple[Annotated[tuple[int, int], AfterValidator(_different)], ...],
    Field(min_length=1, description="Which channels are compared, counted from 0: [[0, 1]] is left with right."),
]


def require_channels(pairs: Pairs, channels: int, stage: str, of: str) -> None:
    """ChainError where there are fewer channels than the pairs name."""
    highest = max(max(pair) for pair in pairs)
    if highest >= channels:
        raise ChainError(f"{stage} compares channel {highest}, and {of!r} has {channels} (counted from 0)", "pairs")
