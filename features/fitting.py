"""Fitting: what stages must know of the data before a chain can run: vocabularies, BPE models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from features.chain import Chain
from features.example import Example
from features.stage import FittedStage


def fit(chain: Chain, train: Callable[[], Iterable[Example]], known: Mapping[str, str] | None = None) -> dict[str, str]:
    """What each stage that is fitted knows, by its label; `train` gives the recordings of train anew at each call.

    What is `known` already is not fitted again.
    """
    found = {}
    for label, position in chain.to_fit().items():
        stage = cast(FittedStage, chain.stages[position])
        found[label] = known[label] if known and label in known else stage.fit(chain.texts(position, train()))
    return found
