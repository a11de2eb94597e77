"""One of each augmentation of waveforms, with everything random that can be, and the corpora that they draw from."""

from __future__ import annotations

import numpy as np

from features.chain import Chain
from features.resources import Clips
from features.stage import Augmentation
from tests.features.examples import clips

RNG = np.random.default_rng(5)
CORPORA: dict[str, Clips] = {
    "noise": clips(RNG.standard_normal((1, 977)).astype(np.float32), RNG.standard_normal((1, 77)).astype(np.float32)),
    "rooms": clips(*(np.float32([[0, 1, 0.5, 0, -0.3 * n]]) for n in range(1, 4))),
}

PARAMETERS = [
    {"gain": {"gain_db": {"uniform": [-30, 30]}}},
    {"polarity": {"probability": 0.5}},
    {"speed": {"factor": {"uniform": [0.9, 1.1]}}},
    {"add_noise": {"from": "noise", "snr_db": {"uniform": [-5, 20]}}},
    {"add_noise": {"color": {"uniform": [-2, 2]}, "snr_db": {"uniform": [-5, 20]}}},
    {"reverberate": {"from": "rooms"}},
    {"simulate_room": {"length_m": {"uniform": [3, 5]}, "rt60_seconds": {"uniform": [0.1, 0.15]}}},
    {"mix_speakers": {"from": "noise", "sir_db": {"uniform": [0, 20]}, "voices": {"choice": [1, 2, 3]}}},
    {"time_stretch": {"factor": {"uniform": [0.8, 1.25]}}},
    {"pitch_shift": {"semitones": {"uniform": [-4, 4]}}},
    {"time_shift": {"shift_seconds": {"uniform": [-0.1, 0.1]}}},
    {"time_mask": {"fraction": {"uniform": [0, 0.3]}}},
    {"low_pass": {"cutoff_hz": {"log_uniform": [100, 3500]}}},
    {"high_pass": {"cutoff_hz": {"log_uniform": [100, 3500]}, "order": 7}},
    {"band_pass": {"low_hz": {"uniform": [50, 400]}, "high_hz": {"uniform": [500, 3500]}}},
    {"shelf": {"side": "high", "cutoff_hz": {"log_uniform": [100, 3500]}, "gain_db": {"uniform": [-20, 20]}}},
    {"telephone": {"probability": 0.5}},
    {"codec": {"format": "mu_law", "probability": 0.5}},
    {"clip": {"percent": {"uniform": [0, 40]}}},
    {"clip": {"level_db": {"uniform": [-40, 0]}}},
    {"distort": {"drive_db": {"uniform": [-20, 40]}}},
    {"audiomentations": {"transform": "TanhDistortion"}},
]
STAGES = [stage for stage in Chain.parse(PARAMETERS).stages if isinstance(stage, Augmentation)]
assert len(STAGES) == len(PARAMETERS)
