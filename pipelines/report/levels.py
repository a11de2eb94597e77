"""Levels: how loud the sampled recordings of a store are, and how many of them are clipped.

An index knows nothing of levels, so they are taken of the kept audio of a sample, of the first seconds of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from features.filters.filter_clipping import clipped_share
from features.signal.levels import amplitude, peak, rms
from manifests.errors import ManifestError
from manifests.shard import ShardReader
from manifests.spec import ArraySpec
from manifests.store import Store
from pipelines.report.listening import read_audio
from pipelines.report.survey import Sampled

FULL_SCALE_DB, RUN = -0.1, 3
"""A recording is clipped where so many samples in a row stand at full scale, as filter_clipping counts them."""
QUIETEST_DB = -120.0
"""Silence is shown here."""


@dataclass
class Levels:
    """Of each recording that was looked at, its RMS and its peak in dB of full scale; how many of them are clipped."""

    rms_db: list[float] = field(default_factory=list)
    peak_db: list[float] = field(default_factory=list)
    clipped: int = 0

    @property
    def count(self) -> int:
        return len(self.rms_db)

    def add(self, samples: np.ndarray[tuple[int, ...], np.dtype[np.float32]]) -> None:
        """Takes the levels of samples, (channels, samples)."""
        self.rms_db.append(decibels(rms(samples)))
        self.peak_db.append(decibels(peak(samples)))
        self.clipped += clipped_share(samples, amplitude(FULL_SCALE_DB), RUN) > 0


def decibels(value: float) -> float:
    """A magnitude in dB of full scale, not below QUIETEST_DB.

    >>> decibels(0.1), decibels(0.0)
    (-20.0, -120.0)
    """
    return max(QUIETEST_DB, float(20 * np.log10(value))) if value > 0 else QUIETEST_DB


def measure(store: Store, sample: Sequence[Sampled], spec: ArraySpec) -> Levels:
    """The levels of the sampled recordings; one that is damaged is passed over, since `verify` speaks of it."""
    found = Levels()
    readers: dict[str, ShardReader] = {}
    for one in sample:
        try:
            reader = readers.get(one.entry.index) or store.shard(one.entry)
            readers[one.entry.index] = reader
            found.add(read_audio(reader, one.row, spec).samples)
        except ManifestError:
            continue
    return found
