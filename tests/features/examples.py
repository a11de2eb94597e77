"""What the tests of stages share: signals made on the spot, and a stage run the way a builder runs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from features.chain import Chain, Stopped
from features.example import Audio, Example
from features.perceptual.front_end import MelFrontEnd
from features.resources import Clip, Clips, Resources
from features.stage import Stage, Verdict

QUICK = settings(max_examples=40, deadline=None, derandomize=True)


def babble(seconds: float = 1.0, sample_rate: int = 16000, seed: int = 0, channels: int = 1) -> NDArray[np.float32]:
    """A gliding tone with overtones that comes and goes, in noise 50 dB below it: float32 (channels, samples)."""
    rng = np.random.default_rng(seed)
    time = np.arange(round(seconds * sample_rate)) / sample_rate
    phase = 2 * np.pi * (120 * time + 40 * np.sin(3 * time + seed))
    voice = sum(np.sin(k * phase) / k for k in range(1, 12)) * (0.55 + 0.45 * np.sin(7 * time))
    noise = rng.standard_normal((channels, len(time)))
    return (0.2 * voice + 0.001 * noise).astype(np.float32)


def clips(*noises: NDArray[np.float32], split: str = "") -> Clips:
    """A resource corpus of these noises, (1, samples) each, named n0, n1, .., at whatever rate is asked for."""
    found = [Clip(f"n{number}", split, noise.tobytes) for number, noise in enumerate(noises)]
    return Clips(found, lambda data, rate: Audio(np.frombuffer(data, np.float32)[np.newaxis], rate))


def run(
    stage: Stage,
    samples: NDArray[np.float32],
    sample_rate: int = 8000,
    *,
    bound: Mapping[str, Clips] | None = None,
    key: str = "a.wav",
    split: str = "train",
    copy: int = 1,
    seed: int = 0,
) -> Example | Verdict:
    """What the stage makes of a waveform: the example, or its verdict."""
    chain = Chain([stage], seed).bind(Resources(bound or {}))
    outcome = chain.run(Example(key, arrays={"audio": Audio(samples, sample_rate)}, split=split, copy=copy))
    if isinstance(outcome, Stopped):
        return outcome.verdict
    (example,) = outcome
    return example


def waveforms(max_channels: int = 2, max_samples: int = 600) -> st.SearchStrategy[NDArray[np.float32]]:
    """Any finite waveform: silence, full scale, one sample, the largest and the smallest floats."""
    shapes = st.tuples(st.integers(1, max_channels), st.integers(1, max_samples))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    usual = st.floats(-1, 1, width=32)
    wild = hnp.arrays(np.float32, shapes, elements=finite)
    tame = hnp.arrays(np.float32, shapes, elements=usual)
    same = st.builds(lambda shape, value: np.full(shape, value, np.float32), shapes, st.sampled_from([0, 1, -1, 1e-40]))
    return st.one_of(tame, wild, same)


def librosa_parameters(stage: MelFrontEnd, samples: NDArray[np.float32], rate: int) -> dict[str, Any]:
    """How librosa is asked for the mel spectrogram that a stage is built on."""
    return {
        "y": samples,
        "sr": rate,
        "n_fft": stage.n_fft,
        "win_length": stage.win_length,
        "hop_length": stage.hop_length,
        "n_mels": stage.n_mels,
        "fmin": stage.f_min,
        "fmax": stage.f_max,
        "power": stage.power,
        "htk": stage.mel_scale == "htk",
        "pad_mode": stage.pad_mode,
        "window": {"rectangular": "boxcar"}.get(stage.window, stage.window),
        "center": stage.center,
    }
