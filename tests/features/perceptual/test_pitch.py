from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import scipy.stats
from pydantic import ValidationError

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Example
from features.perceptual.log_mel import LogMel
from features.perceptual.pitch import Pitch
from features.perceptual.pyin import best_path, trough_probabilities
from features.perceptual.yin import normalized_difference
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run


def pitch(stage: Pitch, samples: np.ndarray, rate: int = 16000) -> tuple[np.ndarray, np.ndarray]:
    """The frequencies, and whether a frame is voiced."""
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    frames = found.features("pitch").frames
    assert set(np.unique(frames[:, 1])) <= {0, 1}
    assert np.array_equal(frames[:, 0] > 0, frames[:, 1] == 1)
    return frames[:, 0], frames[:, 1] == 1


def harmonic(hz: np.ndarray | float, seconds: float = 1.0, rate: int = 16000) -> np.ndarray:
    """Ten harmonics of a pitch that may glide, (1, samples)."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, round(seconds * rate))) / rate
    return (0.1 * sum(np.sin(k * phase) / k for k in range(1, 11))).astype(np.float32)[np.newaxis]


def cents(found: np.ndarray, wanted: np.ndarray | float) -> np.ndarray:
    return 1200 * np.log2(found / wanted)


def test_the_difference_is_what_its_definition_says() -> None:
    frames = babble(0.2).reshape(1, -1)[:, :600].reshape(2, 300)
    difference = np.zeros((2, 81))
    for lag in range(1, 81):
        difference[:, lag] = np.mean((frames[:, lag:].astype(np.float64) - frames[:, :-lag]) ** 2, axis=1)
    wanted = difference[:, 1:] / (np.cumsum(difference[:, 1:], axis=1) / np.arange(1, 81))
    found = normalized_difference(frames, 80)
    assert np.all(found[:, 0] == 1)
    np.testing.assert_allclose(found[:, 1:], wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("scale", [1e-42, 1e-20, 1.0, 1e36])
def test_the_scale_does_not_matter(scale: float) -> None:
    frame = np.round(babble(0.05)[:, :512] * 100)
    with np.errstate(under="ignore"):
        scaled = frame * np.float32(scale)
    exact = np.ldexp(np.float32(1), round(np.log2(scale)))
    assert np.array_equal(normalized_difference(frame * exact, 90), normalized_difference(frame, 90))
    assert np.isfinite(normalized_difference(scaled, 90)).all()


@pytest.mark.parametrize("method", ["yin", "pyin"])
@pytest.mark.parametrize("hz", [70.0, 123.4, 220.0, 440.0])
def test_a_steady_pitch_is_found_within_five_cents(method: str, hz: float) -> None:
    found, voiced = pitch(Pitch.model_validate({"method": method}), harmonic(hz))
    inside = slice(5, -5)
    assert voiced[inside].all()
    assert np.abs(cents(found[inside], hz)).max() < 5.1


@pytest.mark.parametrize("method", ["yin", "pyin"])
def test_a_glide_is_where_it_is_heard(method: str) -> None:
    time = np.arange(32000) / 16000
    glide = 100 * 2 ** (time / 2)
    found, voiced = pitch(Pitch.model_validate({"method": method}), harmonic(glide, 2.0))
    inside = slice(5, -5)
    assert voiced[inside].all()
    off = cents(found[inside], glide[np.minimum(np.arange(201) * 160, 31999)][inside])
    assert np.abs(off).max() < (3 if method == "yin" else 12)
    assert abs(off.mean()) < 1  # a frame early would be 6 cents


@pytest.mark.parametrize("method", ["yin", "pyin"])
@pytest.mark.parametrize("kind", ["silence", "noise", "constant", "one sample"])
def test_what_has_no_pitch_is_unvoiced(method: str, kind: str) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 8000)).astype(np.float32)
    samples = {"silence": 0 * noise, "noise": noise, "constant": 0 * noise + 1, "one sample": noise[:, :1]}[kind]
    _, voiced = pitch(Pitch.model_validate({"method": method, "pad_mode": "reflect"}), samples)
    assert voiced.mean() < 0.1 if kind == "noise" else not voiced.any()


def compare(method: str, audio: Audio) -> tuple[np.ndarray, np.ndarray, int]:
    """Our pitch beside librosa's in cents where both are voiced, frames where they agree on that, and all frames."""
    rate = audio.sample_rate
    parameters: dict[str, Any] = {"frame_length": 2 * (rate // 30), "hop_length": rate // 100}
    stage = Pitch.model_validate({"method": method, **parameters})
    found, voiced = pitch(stage, audio.samples, rate)
    arguments = {"y": audio.samples[0], "sr": rate, "fmin": stage.f_min, "fmax": stage.f_max, **parameters}
    if method == "yin":
        wanted, also = librosa.yin(**arguments), voiced
    else:
        wanted, also, _ = librosa.pyin(**arguments)
    both = voiced & also
    return cents(found[both], wanted[both]), voiced == also, len(voiced)


@pytest.mark.parametrize("method", ["yin", "pyin"])
def test_real_voices_have_the_pitch_that_librosa_finds(method: str, real_clips: list[tuple[str, Audio]]) -> None:
    voices = [(name, audio) for name, audio in real_clips if audio.sample_rate != 44100]  # those are instruments
    if method == "pyin":
        voices = [(name, Audio(audio.samples[:, : 2 * audio.sample_rate], audio.sample_rate)) for name, audio in voices]
        voices = voices[::6]  # librosa takes its time
    compared = [compare(method, audio) for _, audio in voices]
    off = np.abs(np.concatenate([found for found, _, _ in compared]))
    assert len(off) > 0.2 * sum(frames for _, _, frames in compared)
    assert np.median(off) < 3
    assert np.mean(off > 50) < 0.01  # gross errors, by the measure of the paper
    assert np.mean(np.concatenate([agree for _, agree, _ in compared])) > 0.9


def test_the_probability_of_a_trough_is_that_of_the_thresholds_that_pick_it() -> None:
    depths = np.ones((1, 12), np.float32)
    depths[0, [2, 5, 6, 9]] = [0.3, 0.12, 0.2, 0.07]
    thresholds = (np.arange(200_000) + 0.5) / 200_000
    weights = scipy.stats.beta.pdf(thresholds, 2, 18) / len(thresholds)
    wanted = np.zeros(12)
    for lag, deepest, before in [(2, 0.3, 1), (5, 0.12, 0.3), (9, 0.07, 0.12)]:
        wanted[lag] = weights[(thresholds > deepest) & (thresholds <= before)].sum()
    wanted[9] += 0.01 * weights[thresholds <= 0.07].sum()
    np.testing.assert_allclose(trough_probabilities(depths)[0], wanted, atol=1e-4)
    assert not trough_probabilities(np.ones((2, 12), np.float32)).any()


def test_the_path_is_librosas_viterbi() -> None:
    rng = np.random.default_rng(3)
    frames, bins, rate = 60, 50, 431.0  # five steps a frame at most
    seen = rng.random((frames, bins)).astype(np.float32) ** 20
    seen *= rng.random((frames, 1), np.float32) / seen.sum(axis=1, keepdims=True)
    seen[20:40] *= 1e-3
    moves = librosa.sequence.transition_local(bins, 11, window="triangle", wrap=False)
    transition = np.kron(librosa.sequence.transition_loop(2, 0.99), moves)
    unseen = np.repeat((1 - seen.sum(axis=1, keepdims=True)) / bins, bins, axis=1)
    states = librosa.sequence.viterbi(np.concatenate([seen, unseen], axis=1).T.astype(np.float64), transition)
    path, voiced = best_path(seen, rate)
    assert 5 < voiced.sum() < 55
    assert np.array_equal(path, states % bins)
    assert np.array_equal(voiced, states < bins)


@pytest.mark.parametrize("samples", [1, 160, 16001])
def test_the_frames_are_those_of_log_mel(samples: int) -> None:
    before = {"audio": AudioShape(16000, 1, samples)}
    mel = LogMel().check(before)["log_mel"]
    assert isinstance(mel, FeatureShape)
    assert Pitch().check(before)["pitch"] == FeatureShape(2, mel.frame_rate, mel.frames)
    assert len(pitch(Pitch(), babble(2.0)[:, :samples])[0]) == mel.frames


@pytest.mark.parametrize(
    ("parameters", "rate", "message", "parameter"),
    [
        ({"f_max": 5000}, 8000, "f_max 5000 Hz lies above half the sample rate", "f_max"),
        ({"frame_length": 400}, 16000, "two periods of f_min 65 Hz are 494 samples", "frame_length"),
    ],
)
@pytest.mark.parametrize("method", ["yin", "pyin"])
def test_what_cannot_be_is_found_before_the_run_and_in_it(
    method: str, parameters: dict[str, Any], rate: int, message: str, parameter: str
) -> None:
    stage = Pitch.model_validate({"method": method, **parameters})
    with pytest.raises(ChainError, match=message) as caught:
        stage.check({"audio": AudioShape(rate, 1)})
    assert caught.value.parameter == parameter
    assert isinstance(run(stage, babble(0.1), rate), Rejected)


def test_the_edge_of_what_fits() -> None:
    assert pitch(Pitch(f_max=4000, f_min=3000, frame_length=8), babble(0.1, 8000), 8000)[0].size
    with pytest.raises(ValidationError, match="f_max 50 Hz must lie above f_min 65 Hz"):
        Pitch(f_max=50)


def test_only_yin_streams() -> None:
    before, draws = AudioShape(16000, 1), Draws(0, "pitch", 0, "key", 0)
    assert Pitch().stream(before, draws) is not None
    assert Pitch(method="pyin").stream(before, draws) is None
