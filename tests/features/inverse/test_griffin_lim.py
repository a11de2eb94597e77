from __future__ import annotations

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.chain import Chain
from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example, Features
from features.inverse.griffin_lim import GriffinLim
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble

RATE, SIZES = 16000, {"n_fft": 512, "hop_length": 128}


def magnitude(samples: np.ndarray) -> np.ndarray:
    return np.abs(librosa.stft(samples, **SIZES)).T


def spectrogram(samples: np.ndarray) -> Features:
    return Features(np.ascontiguousarray(magnitude(samples)), RATE / 128)


def waveform(stage: GriffinLim, value: Features, key: str = "key") -> np.ndarray:
    found = stage.transform(value, Draws(0, "griffin_lim", 0, key, 0))
    assert isinstance(found, Audio), found
    assert found.sample_rate == RATE
    return found.samples[0]


def inconsistency(samples: np.ndarray, wanted: np.ndarray) -> float:
    """How far the spectrogram of the samples is from the one that was asked for, relative to it (spectral error)."""
    return float(np.linalg.norm(magnitude(samples)[: len(wanted)] - wanted) / np.linalg.norm(wanted))


@pytest.mark.parametrize(("rounds", "momentum"), [(0, 0.0), (4, 0.0), (1, 0.99), (2, 0.99), (3, 0.99)])
def test_the_first_rounds_are_librosas(rounds: int, momentum: float) -> None:
    wanted = magnitude(babble(0.7)[0])
    stage = GriffinLim(n_iter=rounds, momentum=momentum, **SIZES)
    of_librosa = librosa.griffinlim(wanted.T, n_iter=rounds, hop_length=128, momentum=momentum, init=None)
    found = stage.rounds(wanted, np.ones(wanted.shape, np.complex64))
    assert found.shape == of_librosa.shape
    np.testing.assert_allclose(found, of_librosa, atol=1e-4 * np.abs(of_librosa).max())


def test_it_arrives_where_librosa_does_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips[::12]:
        value = spectrogram(audio.samples[0, :16000])
        ours = [inconsistency(waveform(GriffinLim(**SIZES), value, key), value.frames) for key in "abc"]
        again = [librosa.griffinlim(value.frames.T, hop_length=128, random_state=seed) for seed in range(3)]
        theirs = [inconsistency(samples, value.frames) for samples in again]
        assert np.median(ours) < 1.4 * np.median(theirs), name  # the phases that they begin with differ


def test_more_rounds_and_momentum_come_nearer() -> None:
    value = spectrogram(babble(1.0)[0])
    off = {
        (rounds, momentum): inconsistency(
            waveform(GriffinLim(n_iter=rounds, momentum=momentum, **SIZES), value), value.frames
        )
        for rounds, momentum in [(0, 0.0), (8, 0.0), (32, 0.0), (32, 0.99)]
    }
    assert list(off.values()) == sorted(off.values(), reverse=True)
    assert off[32, 0.99] < 0.15


def test_the_key_decides_the_phases() -> None:
    value = spectrogram(babble(0.4)[0])
    first, again, other = (waveform(GriffinLim(n_iter=2, **SIZES), value, key) for key in ("a", "a", "b"))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=1e-3)


def test_the_power_of_a_spectrogram_is_undone() -> None:
    value = spectrogram(babble(0.4)[0])
    squared = Features(value.frames**2, value.frame_rate)
    found = waveform(GriffinLim(power=2, n_iter=0, **SIZES), squared)
    np.testing.assert_allclose(found, waveform(GriffinLim(n_iter=0, **SIZES), value), atol=1e-5)


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_the_scale_goes_through(scale: float) -> None:
    value = spectrogram(babble(0.3)[0])
    scaled = Features(value.frames * np.float32(scale), value.frame_rate)
    plain = waveform(GriffinLim(n_iter=4, **SIZES), value)
    found = waveform(GriffinLim(n_iter=4, **SIZES), scaled)
    np.testing.assert_allclose(found / np.float32(scale), plain, atol=1e-3 * np.abs(plain).max())


def test_silence_one_frame_and_what_is_no_magnitude() -> None:
    draws = Draws(0, "griffin_lim", 0, "key", 0)
    assert not waveform(GriffinLim(**SIZES), Features(np.zeros((5, 257), np.float32), RATE / 128)).any()
    one = Features(np.ones((1, 257), np.float32), RATE / 128)
    assert GriffinLim(**SIZES).transform(one, draws) == Rejected("1 frames are too few for a waveform")
    negative = Features(np.full((5, 257), -1, np.float32), RATE / 128)
    verdict = GriffinLim(**SIZES).transform(negative, draws)
    assert verdict == Rejected("linear has values below zero, and griffin_lim reads magnitudes")


def test_the_shape_is_known_before_the_run() -> None:
    stage = GriffinLim(**SIZES)
    assert stage.check({"linear": FeatureShape(257, RATE / 128, 11)})["audio"] == AudioShape(RATE, 1, 1280)
    with pytest.raises(ChainError, match="reads 257 numbers a frame with n_fft 512; 'linear' has 201"):
        stage.check({"linear": FeatureShape(201)})
    with pytest.raises(ValidationError, match="less than or equal to 1"):
        GriffinLim(momentum=1.2)


def mean_distance_db(first: np.ndarray, second: np.ndarray) -> float:
    """The log-spectral distance: the RMS over bins of the difference in dB, averaged over frames, from -100 dB on."""
    levels = [20 * np.log10(np.maximum(values, 1e-5)) for values in (first, second)]
    return float(np.sqrt(np.mean((levels[0] - levels[1]) ** 2, axis=1)).mean())


def test_mel_and_back_is_nearer_to_real_speech_than_librosas_vocoder(real_clips: list[tuple[str, Audio]]) -> None:
    mel = {"n_mels": 80, **SIZES}
    chain = Chain.parse(
        [{"log_mel": mel}, {"mel_to_linear": {"log_mel": mel}}, {"griffin_lim": {**SIZES, "as": "again"}}]
    )
    name, audio = next((name, audio) for name, audio in reversed(real_clips) if audio.sample_rate == RATE)
    (example,) = chain.run(Example(name, arrays={"audio": audio}))
    again = example.audio("again").samples[0]
    assert abs(len(again) - audio.samples.shape[1]) <= 128
    power = np.exp(example.features("log_mel").frames).T
    theirs = librosa.feature.inverse.mel_to_audio(power, sr=RATE, n_iter=32, **SIZES)
    wanted = magnitude(audio.samples[0, : len(again)])
    ours = mean_distance_db(magnitude(again), wanted)
    assert ours < 8
    assert ours < mean_distance_db(magnitude(theirs)[: len(wanted)], wanted)
