"""Fitting: what stages must know of the data before a chain can run: vocabularies, BPE models, means."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import cast

from features.chain import Chain, Stopped
from features.example import Example
from features.resources import Resources
from features.stage import FittedStage


def fit(chain: Chain, train: Callable[[], Iterable[Example]], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each stage that is fitted knows, by its label; `train` gives the recordings of train anew at each call.

    What is `known` already is not fitted again.
    """
    found: dict[str, str] = {}
    for label, position in chain.to_fit().items():
        if known and label in known:
            found[label] = known[label]
            continue
        stage = cast(FittedStage, chain.stages[position])
        before = _run(chain, position, found, train()) if stage.on_arrays else chain.texts(position, train())
        found[label] = stage.fit(before)
    return found


def _run(chain: Chain, position: int, found: Mapping[str, str], examples: Iterable[Example]) -> Iterator[Example]:
    """Examples with their arrays, as the stages before a position leave them; those they stop are left out."""
    before = Chain(chain.stages[:position], chain.seed).bind(Resources({}, found))
    for example in examples:
        made = before.run(example)
        if not isinstance(made, Stopped):
            yield from made
