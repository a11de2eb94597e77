from __future__ import annotations

import librosa
import numpy as np
import pytest
import torch

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.whisper_log_mel import WhisperLogMel
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run


def published(samples: np.ndarray, n_mels: int) -> np.ndarray:
    """The formula of Whisper's log_mel_spectrogram, with torch and librosa: (frames, n_mels)."""
    spectrum = torch.stft(torch.from_numpy(samples), 400, 160, window=torch.hann_window(400), return_complex=True)
    filters = torch.from_numpy(librosa.filters.mel(sr=16000, n_fft=400, n_mels=n_mels))
    logarithm = (filters @ spectrum[:, :-1].abs() ** 2).clamp(min=1e-10).log10()
    return ((torch.maximum(logarithm, logarithm.max() - 8.0) + 4.0) / 4.0).numpy().T


def features(samples: np.ndarray, n_mels: int = 80) -> np.ndarray:
    found = run(WhisperLogMel(n_mels=n_mels), samples, 16000)
    assert isinstance(found, Example), found
    return found.features("whisper_log_mel").frames


@pytest.mark.parametrize("n_mels", [80, 128])
@pytest.mark.parametrize("samples", [201, 16000, 27123])
def test_equals_the_published_formula(samples: int, n_mels: int) -> None:
    audio = babble(2.0)[:, :samples]
    np.testing.assert_allclose(features(audio, n_mels), published(audio[0], n_mels), atol=1e-4)


def test_equals_the_published_formula_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    compared = 0
    for name, audio in real_clips:
        if audio.sample_rate == 16000:
            wanted = published(audio.samples[0], 80)
            np.testing.assert_allclose(features(audio.samples), wanted, atol=1e-4, err_msg=name)
            compared += 1
    assert compared


def test_silence_is_the_logarithm_of_the_floor() -> None:
    assert features(np.zeros((1, 1600), np.float32)) == pytest.approx((-10 + 4) / 4)


def test_nothing_lies_more_than_8_decades_below_the_loudest() -> None:
    loud_then_silent = np.concatenate([babble(0.5), np.zeros((1, 8000), np.float32)], axis=1)
    found = features(loud_then_silent)
    assert found.max() - found.min() == pytest.approx(2, abs=1e-6)


def test_30_seconds_are_3000_frames_and_less_than_a_hop_is_none() -> None:
    assert features(np.zeros((1, 480_000), np.float32)).shape == (3000, 80)
    assert features(np.ones((1, 160), np.float32)).shape == (1, 80)
    assert run(WhisperLogMel(), np.ones((1, 159), np.float32), 16000) == Rejected(
        "159 samples are fewer than a frame of 400"
    )


def test_the_shape_and_the_rate() -> None:
    after = WhisperLogMel(n_mels=128).check({"audio": AudioShape(16000, 1, 480_000)})
    assert after["whisper_log_mel"] == FeatureShape(128, 100.0, 3000)
    with pytest.raises(ChainError, match="hears 16000 Hz, and 'audio' has 8000: resample it"):
        WhisperLogMel().check({"audio": AudioShape(8000, 1)})
    assert isinstance(run(WhisperLogMel(), babble(), 8000), Rejected)


def test_it_does_not_stream() -> None:
    assert WhisperLogMel().stream(AudioShape(16000, 1), Draws(0, "whisper_log_mel", 0, "key", 0)) is None
