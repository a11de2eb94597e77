"""Statistics of what speech is made of, from train: they bring features, pitch and energy to one scale."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from features.moments import Moments
from training.errors import DataError
from training.models.masked import within

if TYPE_CHECKING:
    from training.collate import Batch

ENOUGH = 4096
"""Examples, after which statistics are known well enough."""
LEAST_DEVIATION = 1e-3


def statistics_of(batches: Iterable[Batch], mel: str, pitch: str, energy: str) -> dict[str, Any]:
    """Mean and deviation as JSON: of each mel bin, of the logarithm of the pitch in voiced frames, of the energy.

    The first `ENOUGH` examples count. DataError where there are none, or no frame is voiced.
    """
    sums, examples = [Moments(), Moments(), Moments()], 0
    for batch in batches:
        real = within(batch.arrays[mel].shape[1], batch.lengths[mel])
        sums[0].add(batch.arrays[mel][real].numpy())
        pitches = batch.arrays[pitch][within(batch.arrays[pitch].shape[1], batch.lengths[pitch])]
        sums[1].add(pitches[pitches[:, 1] > 0, :1].log().numpy())
        energies = batch.arrays[energy][within(batch.arrays[energy].shape[1], batch.lengths[energy])]
        sums[2].add(energies.numpy())
        examples += len(batch)
        if examples >= ENOUGH:
            break
    if not sums[0].frames:
        raise DataError("train holds no frames to learn the scale of features from")
    if not sums[1].frames:
        raise DataError(f"no frame of train has a pitch in {pitch}; its f_min and f_max should hold the voices")
    names = ("mel", "log_pitch", "energy")
    return {name: _described(each, name != "mel") for name, each in zip(names, sums, strict=True)}


def _described(found: Moments, one: bool) -> dict[str, Any]:
    """Means and deviations of all bins, or those of the only one."""
    deviation = np.maximum(found.deviation, LEAST_DEVIATION)
    told = {"mean": found.mean.tolist(), "deviation": deviation.tolist()}
    return {name: values[0] for name, values in told.items()} if one else told
