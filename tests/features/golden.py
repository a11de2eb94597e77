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
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from features.augment.add_noise import AddNoise
from features.augment.gain import Gain
from features.augment.speed import Speed
from features.augment.time_shift import TimeShift
from features.catalog import STAGES, stage_class
from features.chain import Stopped
from features.example import Array, Audio, Example, Features, Tokens
from features.perceptual.log_mel import LogMel
from features.perceptual.mfcc import Mfcc
from features.showcase import showcase
from features.signal.fix_length import FixLength
from features.signal.normalize import Normalize
from features.signal.resample import Resample
from features.signal.trim_silence import TrimSilence
from features.stage import Stage
from tests.features.examples import clips, run

PATH = Path(__file__).with_name("golden.json")
VALUES = 400  # how many values of the output are digested, spread evenly
GRIDS = 4

CASES: list[Stage] = [  # the first stages; every other is digested by its showcase
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
BY_NAME = {stage.name: stage for stage in CASES}


def signal(seed: int = 0) -> NDArray[np.float32]:
    """Half a second at 8 kHz of integers over 2^15: noise under a triangular envelope, the same on any machine."""
    noise = np.random.Generator(np.random.Philox(key=seed)).integers(-20000, 20000, 4000)
    envelope = np.minimum(np.arange(4000), np.arange(4000)[::-1])
    return (noise * envelope // 2000 / 32768).astype(np.float32)[np.newaxis]


def digests(stage: Stage) -> list[str]:
    """The digest of the stage's output on each of the grids."""
    outcome = run(stage, signal(), bound={"noise": clips(signal(1))})
    assert isinstance(outcome, Example), outcome
    return _digests([outcome.arrays[stage.target]])


def shown_digests(name: str) -> list[str]:
    """The same of what a stage makes of its showcase."""
    chain, example = showcase(name)
    outcome = chain.run(example)
    assert not isinstance(outcome, Stopped), outcome
    values = [
        value for made in outcome for key, value in sorted(made.arrays.items()) if value is not example.arrays.get(key)
    ]
    texts = [made.text or "" for made in outcome]
    only_looks = not values and texts == [example.text]
    noted = [json.dumps(dict(made.notes), sort_keys=True) for made in outcome if only_looks]
    return _digests(values, "".join([*texts, *noted]))


def _digests(values: Sequence[Array], text: str = "") -> list[str]:
    """A step is 1e-3 for features and 1e-4 for samples; tokens and texts are digested as they are."""
    found = []
    for grid in range(GRIDS):
        state = hashlib.blake2b(text.encode(), digest_size=8)
        for value in values:
            step = {Audio: 1e-4, Features: 1e-3, Tokens: 1}[type(value)]
            shift = 0 if isinstance(value, Tokens) else grid / GRIDS
            array = value.array
            picked = array.reshape(-1)[:: max(1, array.size // VALUES)].astype(np.float64)
            state.update(repr(array.shape).encode())
            state.update(np.floor(picked / step + shift).astype("<i8").tobytes())
        found.append(state.hexdigest())
    return found


def stored() -> dict[str, dict[str, list[str]]]:
    """What golden.json holds: by stage, then by version."""
    found: dict[str, dict[str, list[str]]] = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}
    return found


def renew() -> list[str]:
    """Adds what is missing to golden.json; answers the stages and versions that were."""
    known, added = stored(), []
    for name in sorted({*STAGES} - {"decode"}):
        stage, versions = BY_NAME.get(name), known.setdefault(name, {})
        version = str(stage_class(name).version)
        if version not in versions:
            versions[version] = digests(stage) if stage else shown_digests(name)
            added.append(f"{name} {version}")
    PATH.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", "utf-8")
    return added


if __name__ == "__main__":
    print("added:", ", ".join(renew()) or "nothing, every version is there")
