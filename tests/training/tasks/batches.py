"""Batches without a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from manifests.spec import ArraySpec
from training.collate import Batch
from training.tasks.task import Material


def batch_of(
    arrays: Mapping[str, Sequence[NDArray[Any]]],
    labels: Sequence[dict[str, Any]] | None = None,
    speakers: Sequence[str | None] | None = None,
    padding: float = 0.0,
) -> Batch:
    """A batch of examples called 0, 1, ..; each array is (length, width), filled up with `padding`."""
    number = len(next(iter(arrays.values())))
    made = {
        name: torch.nn.utils.rnn.pad_sequence(
            [torch.from_numpy(np.asarray(value, np.float32)) for value in values], True, padding
        )
        for name, values in arrays.items()
    }
    return Batch(
        arrays=made,
        lengths={name: torch.tensor([len(value) for value in values]) for name, values in arrays.items()},
        weight=torch.ones(number),
        keys=[str(place) for place in range(number)],
        copies=[0] * number,
        parts=[0] * number,
        speakers=list(speakers or [None] * number),
        texts=[None] * number,
        labels=list(labels or [{}] * number),
    )


def material(
    specs: Sequence[ArraySpec] = (), rows: Sequence[dict[str, Any]] = (), chain: Sequence[dict[str, Any]] = ()
) -> Material:
    """What a task may look at before training. Rows are given whole, with `labels` as JSON."""

    def columns(names: Sequence[str]) -> list[dict[str, Any]]:
        return [{name: row[name] for name in names} for row in rows]

    return Material({spec.name: spec for spec in specs}, columns, {}, chain)
