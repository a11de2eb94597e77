"""Enhancement: what is made small, and what is said of silence."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from pydantic import ValidationError

from manifests.spec import ArraySpec
from tests.training.tasks.batches import batch_of, material
from training.errors import DataError
from training.losses.si_sdr import negative_si_sdr
from training.losses.spectral import compressed_spectral
from training.metrics.enhancement import si_sdr
from training.tasks.enhancement import Enhancement, EnhancementConfig

RNG = np.random.default_rng(0)
CLEAN = [RNG.normal(size=(samples, 1)) * 0.1 for samples in (800, 500)]
NOISY = [clean + 0.05 * RNG.normal(size=clean.shape) for clean in CLEAN]


def task(**losses):
    config = EnhancementConfig.model_validate({"losses": losses} if losses else {})
    return Enhancement(config, {"sample_rate": 16000})


def spec(name, rate=16000.0, kind="audio"):
    return ArraySpec(name, kind, "flac", 1, rate)


@pytest.fixture
def batch():
    return batch_of({"noisy": NOISY, "audio": CLEAN}, padding=7.0)


@pytest.fixture
def outputs(batch):
    return batch.arrays["noisy"] * 0.5


def test_the_rate_is_learnt():
    found = Enhancement.learn(EnhancementConfig(), material([spec("noisy"), spec("audio")]))
    assert found == {"sample_rate": 16000}


@pytest.mark.parametrize("noisy", [spec("noisy", 8000.0), spec("noisy", None), spec("noisy", kind="features")])
def test_two_waveforms_of_one_rate_are_needed(noisy):
    with pytest.raises(
        DataError, match=r"two waveforms of one rate, got noisy \(.*\) and audio \(audio, 16000 a second\)"
    ):
        Enhancement.learn(EnhancementConfig(), material([noisy, spec("audio")]))


def test_losses_are_added_by_their_weights(batch, outputs):
    estimate, clean = outputs[:, :, 0], batch.arrays["audio"][:, :, 0]
    lengths = batch.lengths["audio"]
    ratio = negative_si_sdr(estimate, clean, lengths, limit_db=30)
    spectra = compressed_spectral(estimate, clean, lengths, 512, 256)
    torch.testing.assert_close(task(si_sdr=2, compressed=0).losses(outputs, batch), 2 * ratio)
    torch.testing.assert_close(task().losses(outputs, batch), 0.1 * ratio + spectra)
    both = task(si_sdr=0, compressed=0, resolutions=1).losses(outputs, batch)
    torch.testing.assert_close(task(resolutions=3).losses(outputs, batch), 0.1 * ratio + spectra + 3 * both)
    with pytest.raises(ValidationError, match="nothing is to be made small"):
        task(si_sdr=0, compressed=0)


def test_windows_follow_the_rate():
    half = Enhancement(EnhancementConfig(), {"sample_rate": 8000})
    assert half._window() == (256, 128)
    assert task()._window() == (512, 256)


def test_figures_leave_out_what_pads_a_batch(batch, outputs):
    answers = task().answers(outputs, batch)
    for answer, noisy, clean in zip(answers, NOISY, CLEAN, strict=True):
        expected = si_sdr(np.float32(noisy[:, 0]), np.float32(clean[:, 0]))
        assert answer["si_sdr_noisy"] == pytest.approx(expected, abs=1e-4)
        assert answer["si_sdr"] == pytest.approx(expected, abs=1e-4)  # half as loud is as good
        assert answer["si_sdr_improvement"] == pytest.approx(0, abs=1e-4)


def test_evaluation_adds_what_takes_longer():
    seconds = [RNG.normal(size=(16000, 1)) * 0.1 for _ in range(2)]
    batch = batch_of({"noisy": [one + 0.1 * RNG.normal(size=one.shape) for one in seconds], "audio": seconds})
    answers = [
        {**one, **more}
        for one, more in zip(
            task().answers(batch.arrays["audio"], batch), task().examine(batch.arrays["audio"], batch), strict=True
        )
    ]
    figures = task().metrics(answers)
    assert figures["stoi"] == figures["estoi"] == pytest.approx(1)
    assert 0 < figures["stoi_noisy"] < 1
    assert figures["si_sdr"] == 100
    assert all(figures[name] == pytest.approx(np.mean([a[name] for a in answers])) for name in figures)


def test_silence_has_no_figures():
    batch = batch_of({"noisy": NOISY, "audio": [CLEAN[0], np.zeros((500, 1))]})
    answers = task().answers(batch.arrays["noisy"], batch)
    assert answers[1] == {"si_sdr": None, "si_sdr_noisy": None, "si_sdr_improvement": None}
    assert task().metrics(answers)["si_sdr"] == answers[0]["si_sdr"]
    assert task().report(answers) == {"without_speech": 1, "made_worse": 0}
    assert task().explain(answers[1]) == "there is no speech in it"
    none = task().metrics(answers[1:])
    assert list(none) == ["si_sdr_improvement"]
    assert math.isnan(none["si_sdr_improvement"])


def test_what_became_worse_is_wrong():
    answers = [
        {"si_sdr_noisy": 3.0, "si_sdr": 5.0, "si_sdr_improvement": 2.0},
        {"si_sdr_noisy": 3.0, "si_sdr": 2.5, "si_sdr_improvement": -0.5},
    ]
    assert task().errors(answers) == answers[1:]
    assert task().report(answers)["made_worse"] == 1
    assert task().explain(answers[1]) == "SI-SDR 3.0 to 2.5 dB"
