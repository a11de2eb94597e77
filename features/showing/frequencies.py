"""Frequencies: which frequency each bin of some features stands for, by the stage that made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from features.chain import Chain
from features.perceptual.gammatone import erb_centres
from features.perceptual.mel import MelScale, hz_to_mel, mel_to_hz
from features.stage import AudioShape, Shape, Transform

Hz = NDArray[np.float64]

_KEEP = frozenset({"pcen", "normalize_features", "standardize", "spec_augment"})
"""Stages that read features and leave the bins what they are."""


def frequencies(chain: Chain, name: str, frame_rate: float) -> Hz | None:
    """The centre in Hz of each bin of the features `name` behind a chain, rising; None where bins are no frequencies.

    `frame_rate` tells the sample rate where the chain leaves it to the recording.

    >>> chain = Chain.parse([{"decode": {}}, {"resample": {"sample_rate": 8000}}, {"stft": {"n_fft": 8}}])
    >>> frequencies(chain, "stft", 50.0).tolist()
    [0.0, 0.0, 1000.0, 1000.0, 2000.0, 2000.0, 3000.0, 3000.0, 4000.0, 4000.0]
    """
    now: dict[str, Shape] = {}
    known: dict[str, Hz | None] = {}
    for stage in chain.stages:
        if isinstance(stage, Transform):
            before = now.get(stage.of)
            if stage.name in _KEEP:
                known[stage.target] = known.get(stage.of)
            elif stage.name in _MADE and isinstance(before, AudioShape):
                rate = before.sample_rate or round(frame_rate * getattr(stage, "hop_length", 0))
                known[stage.target] = _MADE[stage.name](stage, rate) if rate else None
            else:
                known.pop(stage.target, None)
        now = stage.check(now)
    return known.get(name)


def _linear(stage: Any, rate: int) -> Hz:
    hz = np.arange(1 + stage.n_fft // 2) * (rate / stage.n_fft)
    return np.repeat(hz, 2) if stage.output == "complex" else hz


def _mel(stage: Any, rate: int) -> Hz:
    return _centres(stage.n_mels, stage.f_min, stage.f_max or rate / 2, stage.mel_scale)


def _kaldi(stage: Any, rate: int) -> Hz:
    return _centres(stage.n_mels, stage.f_min, stage.f_max or rate / 2, "htk")


def _whisper(stage: Any, rate: int) -> Hz:
    return _centres(stage.n_mels, 0.0, rate / 2, "slaney")


def _centres(n_mels: int, low: float, high: float, mel_scale: MelScale) -> Hz:
    """The middles of triangles whose corners lie evenly on a mel scale."""
    lowest, highest = hz_to_mel([low, high], mel_scale)
    return mel_to_hz(np.linspace(lowest, highest, n_mels + 2)[1:-1], mel_scale)


def _ear(stage: Any, rate: int) -> Hz:
    return erb_centres(stage.n_bands, stage.f_min, stage.f_max or rate / 2)


def _notes(stage: Any, rate: int) -> Hz:
    hz = stage.f_min * 2.0 ** (np.arange(stage.n_bins) / stage.bins_per_octave)
    return np.repeat(hz, 2) if stage.output == "complex" else hz


_MADE: dict[str, Callable[[Any, int], Hz]] = {
    "stft": _linear,
    "mel": _mel,
    "log_mel": _mel,
    "kaldi_fbank": _kaldi,
    "whisper_log_mel": _whisper,
    "gammatone": _ear,
    "cqt": _notes,
}
