"""Figures of enhancement against values worked by hand, pystoi and pesq; and what they say of silence."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from numpy.typing import NDArray

from training.errors import TrainingError
from training.metrics.enhancement import ScoringError, pesq, si_sdr, stoi


def speech_like(seconds: float = 3.0, rate: int = 16000, seed: int = 0) -> NDArray[np.float64]:
    """Noise whose level moves at four syllables a second."""
    time = np.arange(round(seconds * rate)) / rate
    return 0.1 * np.random.default_rng(seed).standard_normal(len(time)) * (1.05 + np.sin(8 * np.pi * time))


def orthogonal(target: NDArray[np.float64], level_db: float) -> NDArray[np.float64]:
    """Noise without mean and without part in the target, so many dB below it."""
    noise = np.random.default_rng(9).standard_normal(len(target))
    basis, _ = np.linalg.qr(np.stack([np.ones(len(target)), target - target.mean(), noise], 1))
    return basis[:, 2] * np.linalg.norm(target - target.mean()) * 10 ** (-level_db / 20)


@pytest.mark.parametrize("level_db", [-20.0, 0.0, 12.5, 60.0])
@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (0.01, 0.0), (-3.0, 0.5)])
def test_noise_of_a_known_level(level_db: float, scale: float, offset: float) -> None:
    target = speech_like() + 0.2
    estimate = scale * (target + orthogonal(target, level_db)) + offset
    assert si_sdr(estimate, target) == pytest.approx(level_db, abs=1e-6)
    assert si_sdr(estimate.astype(np.float32), target.astype(np.float32)) == pytest.approx(level_db, abs=0.01)


def test_si_sdr_stays_finite() -> None:
    target = speech_like()
    assert si_sdr(target, target) == 100
    assert si_sdr(0.5 * target, target) == 100
    assert si_sdr(orthogonal(target, 0), target) == pytest.approx(-100)
    for silent in (np.zeros_like(target), np.full_like(target, 0.1)):
        assert si_sdr(silent, target) == -100
        assert si_sdr(target, silent) is None
        assert si_sdr(silent, silent) is None
    assert si_sdr(np.array([]), np.array([])) is None


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("rate", [8000, 10000, 16000, 44100])
def test_stoi_as_pystoi(extended: bool, rate: int) -> None:
    pystoi = pytest.importorskip("pystoi")
    target = speech_like(2.0, rate)
    estimate = target + 0.1 * np.random.default_rng(1).standard_normal(len(target))
    expected = pystoi.stoi(target, estimate, rate, extended)
    assert 0.2 < expected < 0.99
    assert stoi(estimate, target, rate, extended) == pytest.approx(expected, abs=1e-9)
    assert stoi(target, target, rate, extended) == pytest.approx(1)


@pytest.mark.parametrize("extended", [False, True])
def test_stoi_of_silence_and_of_little_speech(extended: bool) -> None:
    pytest.importorskip("pystoi")
    target = speech_like()
    silent = np.zeros_like(target)
    assert stoi(silent, target, 16000, extended) == 0
    assert stoi(target, silent, 16000, extended) is None
    for samples in (0, 1, 400, 6000):
        assert stoi(target[:samples], target[:samples], 16000, extended) is None
    mostly_silent = np.concatenate([target[:3200], silent])  # 0.2 s of speech in 3.2 s
    assert stoi(mostly_silent, mostly_silent, 16000, extended) is None


def test_estoi_is_the_same_each_time_and_leaves_the_global_generator_alone() -> None:
    pytest.importorskip("pystoi")
    target = speech_like()
    estimate = np.where(np.arange(len(target)) % 16000 < 8000, target, 0)  # silence, where dither alone is correlated
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first = stoi(estimate, target, 16000, extended=True)
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    np.random.standard_normal(7)  # noqa: NPY002
    assert stoi(estimate, target, 16000, extended=True) == first


def test_without_pystoi_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pystoi", None)
    with pytest.raises(ScoringError, match=r"pip install 'wavemill\[scoring\]'") as caught:
        stoi(speech_like(), speech_like(), 16000)
    assert isinstance(caught.value, TrainingError)


def test_without_pesq_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pesq", None)
    assert pesq(speech_like(), speech_like(), 16000) is None


@pytest.mark.parametrize(("rate", "mode"), [(8000, "nb"), (16000, "wb")])
def test_pesq_as_its_package(rate: int, mode: str) -> None:
    package = pytest.importorskip("pesq")
    target = speech_like(rate=rate)
    noise = 0.03 * np.random.default_rng(1).standard_normal(len(target))
    assert pesq(target + noise, target, rate) == package.pesq(rate, target, target + noise, mode)
    assert pesq(target, target, rate) > pesq(target + noise, target, rate)


def test_pesq_of_silence_and_of_other_rates() -> None:
    pytest.importorskip("pesq")
    target = speech_like()
    silent = np.zeros_like(target)
    assert pesq(silent, target, 16000) == 1
    assert pesq(target, silent, 16000) is None
    assert pesq(target[:2000], target[:2000], 16000) is None
    assert pesq(target, target, 44100) is None
