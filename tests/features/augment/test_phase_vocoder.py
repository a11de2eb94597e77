"""time_stretch and pitch_shift: lengths, pitches and levels that are measured."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from features.augment.phase_vocoder import stretched
from features.augment.pitch_shift import PitchShift
from features.augment.time_stretch import TimeStretch
from features.example import Audio, Example
from features.stage import AudioShape, Rejected, Stage
from tests.features.examples import babble, run

RATE = 16000


def made(stage: Stage, samples: np.ndarray, rate: int = RATE) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.audio().samples


def tone(hz: float, seconds: float = 1.0, rate: int = RATE, overtones: int = 5) -> np.ndarray:
    time = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * hz * k * time + k) / k for k in range(1, overtones + 1))
    return np.asarray(wave * 0.2, np.float32)[np.newaxis]


def pitch(samples: np.ndarray, rate: int, low_hz: float, high_hz: float) -> float:
    """By autocorrelation: the lag of its highest peak, refined by a parabola."""
    middle = samples[0, len(samples[0]) // 4 : -len(samples[0]) // 4].astype(float)
    spectrum = np.abs(np.fft.rfft(middle, 2 * len(middle))) ** 2
    correlation = np.fft.irfft(spectrum)[: len(middle)] / np.arange(len(middle), 0, -1)
    first, last = int(rate / high_hz), int(rate / low_hz)
    at = first + int(np.argmax(correlation[first:last]))
    left, top, right = correlation[at - 1 : at + 2]
    return float(rate / (at + (left - right) / (2 * (left - 2 * top + right))))


@pytest.mark.parametrize("semitones", [-12, -5, -0.5, 0.3, 4, 12])
@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_the_pitch_moves_by_so_many_semitones_and_the_length_stays(semitones: float, rate: int) -> None:
    hz = 220.0
    samples = tone(hz, rate=rate, overtones=3)
    found = made(PitchShift(semitones=semitones), samples, rate)
    assert found.shape == samples.shape
    wanted = hz * 2 ** (semitones / 12)
    measured = pitch(found, rate, wanted / 1.4, wanted * 1.4)
    assert 1200 * abs(np.log2(measured / wanted)) < 5  # cents


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.1, 1.25, 2.0])
@pytest.mark.parametrize("hz", [110.0, 441.7])
def test_the_length_changes_by_the_factor_and_the_pitch_stays(factor: float, hz: float) -> None:
    samples = tone(hz, 1.5)
    found = made(TimeStretch(factor=factor), samples)
    assert found.shape == (1, round(samples.shape[1] / factor))
    assert 1200 * abs(np.log2(pitch(found, RATE, hz / 1.4, hz * 1.4) / hz)) < 5
    inside = slice(4000, -4000)
    before, after = (np.sqrt(np.mean(x[0, inside] ** 2)) for x in (samples, found))
    assert 20 * np.log10(after / before) == pytest.approx(0, abs=0.1)


@pytest.mark.parametrize("factor", [0.7, 1.4])
def test_what_happens_when_moves_with_the_factor(factor: float) -> None:
    """Bursts of a tone: each is heard where the factor puts it."""
    samples = np.zeros((1, 3 * RATE), np.float32)
    starts = np.array([8000, 20000, 36000])
    for start in starts:
        samples[:, start : start + 4000] = tone(300, 0.25)
    found = made(TimeStretch(factor=factor), samples)[0]
    energy = np.convolve(found.astype(float) ** 2, np.ones(200), "same")
    loud = energy > 0.25 * energy.max()
    onsets = np.flatnonzero(loud[1:] & ~loud[:-1])
    ends = np.flatnonzero(~loud[1:] & loud[:-1])
    assert (onsets + ends) / 2 == pytest.approx((starts + 2000) / factor, abs=0.01 * RATE)


def test_the_old_length_gives_the_old_samples() -> None:
    samples = babble(0.7, channels=2)
    assert np.abs(stretched(samples, RATE, samples.shape[1]) - samples).max() < 1e-6
    assert made(TimeStretch(factor=1.0), samples) is samples
    assert made(PitchShift(semitones=0), samples) is samples


def test_channels_stay_in_place() -> None:
    """Two channels in antiphase, and at half the level, stay so: they turn by the same phases."""
    left = babble(0.5)
    for factor in (0.8, 1.25):
        found = made(TimeStretch(factor=factor), np.concatenate([left, -0.5 * left]))
        assert np.abs(found[1] + 0.5 * found[0]).max() < 1e-5
        alone = made(TimeStretch(factor=factor), left)
        assert np.abs(found[0] - alone[0]).max() < 1e-3


def test_long_recordings_are_worked_on_in_blocks_that_fit() -> None:
    """A tone over many blocks: no seam is heard, the envelope stays level."""
    found = made(TimeStretch(factor=0.9), tone(437.0, 8.0, overtones=1))[0]
    envelope = np.abs(found[2000:-2000]).reshape(-1)
    peaks = envelope[: len(envelope) // 200 * 200].reshape(-1, 200).max(axis=1)
    assert peaks.min() > 0.98 * peaks.max()


@pytest.mark.parametrize("count", [1, 2, 7, 100, 1000])
def test_short_recordings(count: int) -> None:
    samples = np.random.default_rng(0).standard_normal((2, count)).astype(np.float32)
    for semitones in (-24, -3.3, 24):
        found = run(PitchShift(semitones=semitones), samples, RATE)
        assert isinstance(found, Rejected) or found.audio().samples.shape == samples.shape
    for factor in (0.25, 4):
        outcome = run(TimeStretch(factor=factor), samples, RATE)
        if round(count / factor):
            assert isinstance(outcome, Example)
            assert outcome.audio().samples.shape == (2, round(count / factor))
        else:
            assert isinstance(outcome, Rejected)
    assert run(TimeStretch(factor=4), samples[:, :1]) == Rejected("1 samples are too few to play 4 times as fast")


def test_silence_and_the_largest_floats() -> None:
    assert not made(TimeStretch(factor=1.5), np.zeros((1, 3000), np.float32)).any()
    half = made(TimeStretch(factor=1.5), np.concatenate([np.zeros((1, 8000), np.float32), tone(300, 0.5)], axis=1))
    assert np.abs(half[0, :4000]).max() < 1e-6
    assert np.abs(half[0, 7000:9000]).max() > 0.2
    huge = tone(300) * np.float32(1e38)
    assert np.isfinite(made(TimeStretch(factor=1.2), huge)).all()


def test_shapes_and_bounds() -> None:
    before = AudioShape(RATE, 2, 1000)
    assert TimeStretch(factor=1.2).shape(before) == AudioShape(RATE, 2, None)
    assert PitchShift(semitones=2).shape(before) == before
    with pytest.raises(ValidationError, match=r"must lie between 0\.25 and 4"):
        TimeStretch(factor=5)
    with pytest.raises(ValidationError, match="must lie between -24 and 24"):
        PitchShift.model_validate({"semitones": {"uniform": [-30, 0]}})


def test_real_clips_keep_their_level(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::5]:
        cut = audio.samples[:, : 3 * audio.sample_rate]
        for stage in (TimeStretch(factor=0.9), PitchShift(semitones=-2)):
            found = made(stage, cut, audio.sample_rate)
            before, after = (np.sqrt(np.mean(x.astype(float) ** 2)) for x in (cut, found))
            assert 20 * np.log10(after / before) == pytest.approx(0, abs=1.5), (name, stage.name)
