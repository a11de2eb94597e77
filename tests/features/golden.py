"""Digests of what each stage makes of one signal, by stage and version: `python -m tests.features.golden`.

Changed output without a new version fails tests/features/test_golden.py. After raising a stage's version,
run this module: it adds the digests of versions that golden.json lacks, and never alters one that is there.

Last bits differ between processors (matrix products, logarithms and soxr have kernels for each), so values
are put on a grid before they are digested. A value at an edge of the grid could still fall to either side;
therefore the grid is laid four times, a quarter of a step apart, and one that agrees is enough: a real
change disturbs all four.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.augment.add_noise import AddNoise
from features.augment.gain import Gain
from features.augment.speed import Speed
from features.augment.time_shift import TimeShift
from features.example import Audio, Example
from features.perceptual.log_mel import LogMel
from features.perceptual.mfcc import Mfcc
from features.signal.fix_length import FixLength
from features.signal.normalize import Normalize
from features.signal.resample import Resample
from features.signal.trim_silence import TrimSilence
from features.stage import Stage
from tests.features.examples import clips, run

PATH = Path(__file__).with_name("golden.json")
VALUES = 400  # how many values of the output are digested, spread evenly
GRIDS = 4

CASES: list[Stage] = [
    Resample(sample_rate=11025),
    TrimSilence(),
    FixLength(seconds=0.7, align="center"),
    Normalize(to="rms", level_db=-23),
    LogMel(n_fft=256, hop_length=80, n_mels=40),
    Mfcc(n_fft=256, hop_length=80, n_mels=40, n_mfcc=13),
    Gain(gain_db={"uniform": (-20, 20)}),
    Speed(factor={"choice": (0.9, 1.1)}),
    AddNoise(from_="noise", snr_db={"uniform": (0, 20)}),
    TimeShift(shift_seconds={"uniform": (-0.2, 0.2)}),
]


def signal(seed: int = 0) -> NDArray[np.float32]:
    """Half a second at 8 kHz of integers over 2^15: noise under a triangular envelope, the same on any machine."""
    noise = np.random.Generator(np.random.Philox(key=seed)).integers(-20000, 20000, 4000)
    envelope = np.minimum(np.arange(4000), np.arange(4000)[::-1])
    return (noise * envelope // 2000 / 32768).astype(np.float32)[np.newaxis]


def digests(stage: Stage) -> list[str]:
    """The digest of the stage's output on each of the grids: a step is 1e-3 for features and 1e-4 for samples."""
    outcome = run(stage, signal(), bound={"noise": clips(signal(1))})
    assert isinstance(outcome, Example), outcome
    value = outcome.arrays[stage.target]
    array, step = (value.samples, 1e-4) if isinstance(value, Audio) else (value.frames, 1e-3)
    picked = array.reshape(-1)[:: max(1, array.size // VALUES)].astype(np.float64)
    found = []
    for grid in range(GRIDS):
        state = hashlib.blake2b(repr(array.shape).encode(), digest_size=8)
        state.update(np.floor(picked / step + grid / GRIDS).astype("<i8").tobytes())
        found.append(state.hexdigest())
    return found


def stored() -> dict[str, dict[str, list[str]]]:
    """What golden.json holds: by stage, then by version."""
    found: dict[str, dict[str, list[str]]] = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    return found


def renew() -> list[str]:
    """Adds what is missing to golden.json; answers the stages and versions that were."""
    known, added = stored(), []
    for stage in CASES:
        versions = known.setdefault(stage.name, {})
        if str(stage.version) not in versions:
            versions[str(stage.version)] = digests(stage)
            added.append(f"{stage.name} {stage.version}")
    PATH.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")
    return added


if __name__ == "__main__":
    print("added:", ", ".join(renew()) or "nothing, every version is there")
