"""Credits of a run: whose recordings a model has heard, from the store and in what stages at load draw from."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from manifests.credit import Credit, Share
from manifests.store import Store
from pipelines.credits import declared
from training.config import TrainConfig


def credits_of(store: Store, config: TrainConfig) -> list[dict[str, Any]]:
    """As JSON for run.json, without keys: a run's folder forgets nothing."""
    found = [credit.keyless() for credit in store.generation.corpora]
    for name in dict.fromkeys(name for stage in config.stages for name in stage.corpora()):
        found += [_drawn(credit.keyless()) for credit in declared(name, config.corpora[name])]
    return [asdict(credit) for credit in found]


def _drawn(credit: Credit) -> Credit:
    """A corpus that is drawn from; where it was not counted, all of it is under its own licence."""
    return replace(credit, mixed=True, shares=credit.shares or [Share(credit.licence, 0)])
