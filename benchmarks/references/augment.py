"""Augmentations, beside audiomentations, librosa and scipy.

Where a parameter is given and the formula is the same, so are the samples. The rest is drawn, or done in another way,
and only its speed is compared.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.references.reference import Values, reference

LIBRARY = "audiomentations"
DRAWN = {"measure": None, "remark": "both draw what they do"}
VOCODER = {"measure": None, "remark": "another phase vocoder"}


@reference(LIBRARY, {"gain": {"gain_db": -7, "act_on": "all"}})
def gain(samples: Values, rate: float) -> Values:
    return _fixed("Gain", samples, rate, gain_db=-7.0)


@reference(LIBRARY, {"polarity": {"act_on": "all"}})
def polarity(samples: Values, rate: float) -> Values:
    return _fixed("PolarityInversion", samples, rate)


@reference("librosa", {"speed": {"factor": 1.1, "act_on": "all"}})
def speed(samples: Values, rate: float) -> Values:
    import librosa

    found = librosa.resample(samples, orig_sr=1100, target_sr=1000, res_type="soxr_hq")
    return found[:, : round(samples.shape[1] / 1.1)]  # librosa rounds up


@reference(LIBRARY, {"add_noise": {"color": "white", "snr_db": 10, "act_on": "all"}}, **DRAWN)
def add_white_noise(samples: Values, rate: float) -> Values:
    return _fixed("AddGaussianSNR", samples, rate, snr_db=10.0)


@reference(LIBRARY, {"add_noise": {"color": "pink", "snr_db": 10, "act_on": "all"}}, **DRAWN)
def add_pink_noise(samples: Values, rate: float) -> Values:
    return _fixed("AddColorNoise", samples, rate, snr_db=10.0, f_decay=-3.01)


@reference("scipy", {"reverberate": {"from": "rooms", "act_on": "all"}}, **DRAWN)
def reverberate(samples: Values, rate: float) -> Values:
    import scipy.signal

    return scipy.signal.fftconvolve(samples, _room(round(rate / 4)), axes=1)[:, : samples.shape[1]]


@reference("librosa", {"time_stretch": {"factor": 1.25, "act_on": "all"}}, **VOCODER)
def time_stretch(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.effects.time_stretch(samples, rate=1.25)


@reference("librosa", {"pitch_shift": {"semitones": 4, "act_on": "all"}}, **VOCODER)
def pitch_shift(samples: Values, rate: float) -> Values:
    import librosa

    return librosa.effects.pitch_shift(samples, sr=rate, n_steps=4)


@reference(LIBRARY, {"time_shift": {"shift_seconds": 0.2, "act_on": "all"}})
def time_shift(samples: Values, rate: float) -> Values:
    told: dict[str, Any] = {"shift_unit": "seconds", "rollover": False, "fade_duration": 0.0}
    return _transformed("Shift", samples, rate, min_shift=0.2, max_shift=0.2, **told)


@reference(LIBRARY, {"time_mask": {"fraction": 0.2, "act_on": "all"}}, **DRAWN)
def time_mask(samples: Values, rate: float) -> Values:
    return _fixed("TimeMask", samples, rate, band_part=0.2)


@reference(LIBRARY, {"low_pass": {"cutoff_hz": 1000, "act_on": "all"}})
def low_pass(samples: Values, rate: float) -> Values:
    return _fixed("LowPassFilter", samples, rate, cutoff_freq=1000.0, rolloff=24)


@reference(LIBRARY, {"high_pass": {"cutoff_hz": 1000, "act_on": "all"}})
def high_pass(samples: Values, rate: float) -> Values:
    return _fixed("HighPassFilter", samples, rate, cutoff_freq=1000.0, rolloff=24)


@reference(
    "scipy",
    {"band_pass": {"low_hz": 300, "high_hz": 3400, "act_on": "all"}},
    remark="ours designs a filter once for all recordings, where nothing is drawn",
)
def band_pass(samples: Values, rate: float) -> Values:
    import scipy.signal

    sections = scipy.signal.butter(4, (300, 3400), "bandpass", fs=rate, output="sos")
    return scipy.signal.sosfilt(sections, samples, axis=1).astype(np.float32)


@reference(LIBRARY, {"shelf": {"side": "low", "cutoff_hz": 500, "gain_db": -9, "act_on": "all"}})
def low_shelf(samples: Values, rate: float) -> Values:
    return _fixed("LowShelfFilter", samples, rate, center_freq=500.0, gain_db=-9.0, q=2**-0.5)


@reference(LIBRARY, {"shelf": {"side": "high", "cutoff_hz": 2000, "gain_db": 6, "act_on": "all"}})
def high_shelf(samples: Values, rate: float) -> Values:
    return _fixed("HighShelfFilter", samples, rate, center_freq=2000.0, gain_db=6.0, q=2**-0.5)


@reference(LIBRARY, {"clip": {"level_db": -20, "act_on": "all"}})
def clip_at_a_level(samples: Values, rate: float) -> Values:
    return _transformed("Clip", samples, rate, a_min=-0.1, a_max=0.1)


@reference(
    LIBRARY,
    {"clip": {"percent": 20, "act_on": "all"}},
    measure=None,
    remark="theirs cuts as many samples at either side; ours cuts both at one magnitude",
)
def clip_a_share(samples: Values, rate: float) -> Values:
    return _fixed("ClippingDistortion", samples, rate, percentile_threshold=20)


@reference(
    LIBRARY, {"distort": {"drive_db": 20, "act_on": "all"}}, measure=None, remark="theirs drives by a percentile"
)
def distort(samples: Values, rate: float) -> Values:
    return _fixed("TanhDistortion", samples, rate, distortion=0.5)


def _fixed(name: str, samples: Values, rate: float, **parameters: float) -> Values:
    """Their transform, with the smallest and the largest value of each parameter alike."""
    ends = {f"{end}_{key}": value for key, value in parameters.items() for end in ("min", "max")}
    return _transformed(name, samples, rate, **ends)


def _transformed(name: str, samples: Values, rate: float, **parameters: Any) -> Values:
    import audiomentations

    found: Values = getattr(audiomentations, name)(p=1.0, **parameters)(samples, round(rate))
    return found


@lru_cache(maxsize=2)
def _room(samples: int) -> Values:
    """A response like the built-in ones: noise that decays."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((1, samples)) * np.exp(-np.arange(samples) / (0.12 * samples))).astype(np.float32)
