"""Statistics of train against numpy, and scales that go there and back."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.training.tasks.batches import batch_of
from training.errors import DataError
from training.synthesis import statistics
from training.synthesis.scales import Scales
from training.synthesis.statistics import statistics_of

RNG = np.random.default_rng(0)
NAMES = ("log_mel", "pitch", "energy")


def example(frames: int, hz: float = 120.0) -> dict[str, np.ndarray]:
    voiced = RNG.random(frames) < 0.6
    pitch = np.stack([np.where(voiced, hz * np.exp(0.2 * RNG.normal(size=frames)), 0), voiced], 1)
    return {
        "log_mel": RNG.normal(size=(frames, 3)) * [1, 2, 3] - 5,
        "pitch": pitch,
        "energy": RNG.normal(size=(frames, 1)) - 30,
    }


EXAMPLES = [example(40), example(25), example(31, 200.0)]


def batches(padding: float = 7.0):
    for part in (EXAMPLES[:2], EXAMPLES[2:]):
        yield batch_of({name: [one[name] for one in part] for name in NAMES}, padding=padding)


def joined(name: str) -> np.ndarray:
    return np.concatenate([one[name] for one in EXAMPLES])


def test_they_are_those_of_all_frames_without_padding():
    found = statistics_of(batches(), *NAMES)
    np.testing.assert_allclose(found["mel"]["mean"], joined("log_mel").mean(0), rtol=1e-5)
    np.testing.assert_allclose(found["mel"]["deviation"], joined("log_mel").std(0), rtol=1e-5)
    pitch = joined("pitch")
    logs = np.log(pitch[pitch[:, 1] > 0, 0])
    assert found["log_pitch"]["mean"] == pytest.approx(logs.mean(), rel=1e-5)
    assert found["log_pitch"]["deviation"] == pytest.approx(logs.std(), rel=1e-4)
    assert found["energy"]["mean"] == pytest.approx(joined("energy").mean(), rel=1e-5)


def test_enough_is_enough(monkeypatch):
    monkeypatch.setattr(statistics, "ENOUGH", 2)
    found = statistics_of(batches(), *NAMES)
    np.testing.assert_allclose(
        found["energy"]["mean"], np.concatenate([one["energy"] for one in EXAMPLES[:2]]).mean(), rtol=1e-5
    )


def test_nothing_to_learn_from():
    with pytest.raises(DataError, match="no frames"):
        statistics_of([], *NAMES)
    silent = {**EXAMPLES[0], "pitch": np.zeros((40, 2))}
    with pytest.raises(DataError, match="no frame of train has a pitch in pitch"):
        statistics_of([batch_of({name: [silent[name]] for name in NAMES})], *NAMES)


def test_scales_go_there_and_back():
    scales, batch = Scales(statistics_of(batches(), *NAMES)), next(iter(batches(0.0)))
    mel = batch.arrays["log_mel"]
    torch.testing.assert_close(scales.mel(scales.normal(mel)), mel)
    tracks = scales.tracks(batch.arrays["pitch"], batch.arrays["energy"])
    voiced = batch.arrays["pitch"][0, :, 1] > 0
    torch.testing.assert_close(scales.hz(tracks[0, voiced, 0]), batch.arrays["pitch"][0, voiced, 0])
    assert not tracks[0, ~voiced, 0].any()
    octave = scales.hz(torch.tensor([0.3 + scales.shift(2.0)])) / scales.hz(torch.tensor([0.3]))
    assert octave.item() == pytest.approx(2)
    assert scales.semitones(torch.tensor(scales.shift(2.0))).item() == pytest.approx(12)
