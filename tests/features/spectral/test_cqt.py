from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest

from features.errors import ChainError
from features.example import Audio, Example
from features.spectral.cqt import Cqt
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run

PARAMETERS: list[dict[str, Any]] = [
    {"n_bins": 72},
    {"n_bins": 50, "bins_per_octave": 24, "hop_length": 256, "f_min": 220.0},
    {"n_bins": 30, "hop_length": 160, "f_min": 65.4},  # the hop can be halved five times
    {"n_bins": 40, "hop_length": 77, "f_min": 110.0},  # and this one never
    {"n_bins": 12, "hop_length": 4096, "f_min": 41.2},  # the signal is resampled before the first octave
    {"n_bins": 1, "f_min": 110.0},
]


def transformed(stage: Cqt, audio: Audio) -> np.ndarray:
    found = run(stage, audio.samples, audio.sample_rate)
    assert isinstance(found, Example), found
    return found.features("cqt").frames


def of_librosa(stage: Cqt, audio: Audio) -> np.ndarray:
    """librosa's transform, (frames, n_bins)."""
    return librosa.cqt(
        audio.samples[0],
        sr=audio.sample_rate,
        hop_length=stage.hop_length,
        fmin=stage.f_min,
        n_bins=stage.n_bins,
        bins_per_octave=stage.bins_per_octave,
    ).T


def difference(stage: Cqt, audio: Audio) -> float:
    """The largest difference from librosa, relative to the largest number."""
    found, wanted = transformed(stage, audio).view(np.complex64), of_librosa(stage, audio)
    assert len(wanted) - len(found) in (0, 1)  # librosa may have one more, where halving rounds up
    return float(np.abs(found - wanted[: len(found)]).max() / np.abs(wanted).max())


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_a_synthetic_voice(parameters: dict[str, Any], rate: int) -> None:
    assert difference(Cqt(output="complex", **parameters), Audio(babble(1.2, rate), rate)) <= 1e-4


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
def test_equals_librosa_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in real_clips:
        assert difference(Cqt(output="complex", n_bins=72), audio) <= 1e-4, name


@pytest.mark.filterwarnings("ignore:n_fft=.* is too large")
@pytest.mark.parametrize("samples", [2, 3, 100, 511, 512, 513, 1023])
def test_short_signals_are_as_in_librosa(samples: int) -> None:
    assert difference(Cqt(output="complex", n_bins=60), Audio(babble(1.0)[:, 3000 : 3000 + samples], 16000)) <= 1e-4


def test_a_tone_lies_in_its_bin_and_nowhere_else() -> None:
    tone = np.sin(2 * np.pi * 440 * np.arange(32000) / 16000).astype(np.float32)[np.newaxis]
    found = transformed(Cqt(), Audio(tone, 16000))[32]
    assert int(found.argmax()) == 45  # semitones from C1 to A4
    assert found[[43, 44, 46, 47]].max() < 0.7 * found[45]
    assert np.delete(found, range(42, 49)).max() < 1e-2 * found[45]


def test_the_outputs_are_made_of_the_complex_one() -> None:
    audio = Audio(babble(0.5), 16000)
    complex_ = transformed(Cqt(output="complex"), audio).view(np.complex64)
    assert np.array_equal(transformed(Cqt(), audio), np.abs(complex_))
    decibel = transformed(Cqt(output="decibel"), audio)
    np.testing.assert_allclose(decibel, 20 * np.log10(np.maximum(np.abs(complex_), 1e-5)), atol=1e-4)


def test_silence_and_the_largest_floats() -> None:
    assert not transformed(Cqt(), Audio(np.zeros((1, 2000), np.float32), 16000)).any()
    silence = transformed(Cqt(output="decibel", floor=1e-8), Audio(np.zeros((1, 2000), np.float32), 16000))
    assert silence == pytest.approx(-80, abs=1e-4)
    loud = (np.finfo(np.float32).max * np.sign(babble(0.2))).astype(np.float32)
    verdict = run(Cqt(), loud, 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")


def test_one_sample_is_one_frame() -> None:
    one = np.full((1, 1), 0.5, np.float32)
    found = transformed(Cqt(), Audio(one, 16000))
    assert found.shape == (1, 84)
    assert 0 < found.max() < 0.5


def test_the_shape_and_what_cannot_be() -> None:
    assert Cqt(hop_length=160).check({"audio": AudioShape(16000, 1, 1600)})["cqt"] == FeatureShape(84, 100.0, 11)
    assert Cqt(output="complex").check({"audio": AudioShape()})["cqt"] == FeatureShape(168)
    with pytest.raises(ChainError, match="hears up to 4122 Hz, above half the sample rate") as caught:
        Cqt().check({"audio": AudioShape(8000, 1)})
    assert caught.value.parameter == "n_bins"
    assert isinstance(run(Cqt(), babble(0.1), 8000), Rejected)
    assert run(Cqt(), np.zeros((2, 9), np.float32), 16000) == Rejected("2 channels, and cqt reads one")
    assert run(Cqt(), np.zeros((1, 0), np.float32), 16000) == Rejected("no samples")
