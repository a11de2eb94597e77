from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.draws import Draws
from features.example import Audio, Example
from features.signal.trim_silence import TrimSilence
from features.stage import AudioShape, Filtered, Rejected
from tests.features.examples import babble, run

NO_DRAWS = Draws(0, "trim_silence", 0, "key", 0)


def stage_for(rate: int, frame_length: int, hop_length: int, top_db: float) -> TrimSilence:
    """The stage whose frames have these lengths in samples."""
    return TrimSilence(top_db=top_db, frame_length_seconds=frame_length / rate, hop_seconds=hop_length / rate)


@pytest.mark.parametrize("lengths", [(2048, 512), (400, 160), (401, 100)])
@pytest.mark.parametrize("top_db", [60, 30, 15])
def test_equals_librosa_on_real_clips(
    lengths: tuple[int, int], top_db: float, real_clips: list[tuple[str, Audio]]
) -> None:
    trimmed = 0
    for name, audio in real_clips:
        wanted, _ = librosa.effects.trim(audio.samples, top_db=top_db, frame_length=lengths[0], hop_length=lengths[1])
        found = stage_for(audio.sample_rate, *lengths, top_db).transform(audio, NO_DRAWS)
        assert isinstance(found, Audio)
        assert np.array_equal(found.samples, wanted), name
        trimmed += found.samples.size < audio.samples.size
    assert trimmed


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", [8000, 22050])
def test_equals_librosa_on_a_voice_in_silence(rate: int, channels: int) -> None:
    quiet = np.random.default_rng(0).standard_normal((channels, rate)).astype(np.float32) * 1e-5
    quiet[:, rate // 3 : rate // 2] += babble(1.0, rate)[:, : rate // 2 - rate // 3]
    quiet[-1, rate // 4 : rate // 3] += 0.1
    wanted, (start, stop) = librosa.effects.trim(quiet, top_db=40, frame_length=512, hop_length=128)
    found = run(stage_for(rate, 512, 128, 40), quiet, rate)
    assert isinstance(found, Example)
    assert np.array_equal(found.audio().samples, wanted)
    assert 0 < start < rate // 4
    assert stop < rate


def trimmed_length(**parameters: Any) -> int:
    signal = np.zeros((1, 8000), np.float32)
    signal[:, 3000:5000] = 0.5
    found = run(TrimSilence(frame_length_seconds=0.01, hop_seconds=0.005, **parameters), signal, 8000)
    assert isinstance(found, Example)
    return found.audio().samples.shape[1]


def test_keep_seconds_widens_both_ends_as_far_as_there_is_audio() -> None:
    bare = trimmed_length()
    assert trimmed_length(keep_seconds=0.05) == bare + 2 * 400
    assert trimmed_length(keep_seconds=10) == 8000


@pytest.mark.parametrize("samples", [np.zeros((1, 4000)), np.full((2, 4000), 9e-6), np.zeros((1, 0))])
def test_nothing_but_silence_is_filtered(samples: np.ndarray) -> None:
    assert run(TrimSilence(), samples.astype(np.float32)) == Filtered("silence")


def test_the_quietest_sample_of_16_bits_is_no_silence() -> None:
    noise = np.random.default_rng(0).integers(-1, 2, (1, 4000)) / 32768
    assert isinstance(run(TrimSilence(), noise.astype(np.float32)), Example)


def test_samples_beyond_float32_are_rejected() -> None:
    assert run(TrimSilence(), np.full((1, 100), 1e30, np.float32)) == Rejected("samples beyond the range of float32")


def test_the_length_is_unknown_before_the_run() -> None:
    assert TrimSilence().shape(AudioShape(8000, 1, 8000)) == AudioShape(8000, 1, None)
