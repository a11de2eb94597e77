"""Fitting the stages of a recipe on its train split: once, and again only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from features.chain import Chain
from features.example import Example
from features.fitting import fit
from manifests.generation import Generation
from manifests.splits import TRAIN
from pipelines.errors import BuildError
from pipelines.task import Row


def fitted(chain: Chain, rows: Callable[[], Iterable[Row]], previous: Generation | None, refit: bool) -> dict[str, str]:
    """What the stages were fitted to, by their labels; kept from the previous generation where they are the same.

    BuildError where nothing in train can be fitted on.
    """
    known = {} if previous is None or refit else _known(chain, previous)
    try:
        return fit(chain, lambda: _examples(rows()), known)
    except ValueError as error:
        raise BuildError(f"a stage cannot be fitted on train: {error}") from error


def _known(chain: Chain, previous: Generation) -> dict[str, str]:
    """What is known of stages that were fitted the same way."""
    before = Chain.parse(previous.chain)
    at = before.to_fit()
    same = {
        label: previous.fitted[label]
        for label, position in chain.to_fit().items()
        if label in at and label in previous.fitted and before.made_for(at[label]) == chain.made_for(position)
    }
    return same


def _examples(rows: Iterable[Row]) -> Iterator[Example]:
    """The recordings of train, as stages are fitted on them: no audio."""
    for row in rows:
        if row.split == TRAIN:
            found = row.recording
            yield Example(row.key, None, {}, found.text, found.speaker, found.labels, row.split)
