from __future__ import annotations

from typing import Any

import librosa
import numpy as np
import pytest
import torch
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.spectral.stft import Stft, power_blocks
from features.spectral.windows import hann, window
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run

PARAMETERS: list[dict[str, Any]] = [
    {},
    {"n_fft": 512, "win_length": 320, "hop_length": 128, "window": "hamming"},
    {"n_fft": 1024, "hop_length": 300, "window": "blackman", "pad_mode": "reflect"},
    {"n_fft": 401, "hop_length": 100, "window": "rectangular", "center": False},
]


def transformed(stage: Stft, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("stft").frames


def of_librosa(stage: Stft, samples: np.ndarray) -> np.ndarray:
    """librosa's transform, (frames, bins)."""
    shape = window(stage.window, stage.win_length or stage.n_fft, stage.n_fft)
    return librosa.stft(
        samples,
        n_fft=stage.n_fft,
        hop_length=stage.hop_length,
        window=shape,
        center=stage.center,
        pad_mode=stage.pad_mode,
    ).T


def of_torch(stage: Stft, samples: np.ndarray) -> np.ndarray:
    """torch's transform, (frames, bins)."""
    found = torch.stft(
        torch.from_numpy(samples),
        stage.n_fft,
        stage.hop_length,
        window=torch.from_numpy(window(stage.window, stage.win_length or stage.n_fft, stage.n_fft).copy()),
        center=stage.center,
        pad_mode=stage.pad_mode,
        return_complex=True,
    )
    return found.numpy().T


@pytest.mark.parametrize("reference", [of_librosa, of_torch])
@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_and_torch_on_a_synthetic_voice(parameters: dict[str, Any], reference: Any) -> None:
    stage, samples = Stft(**parameters), babble(1.3)
    found, wanted = transformed(stage, samples).view(np.complex64), reference(stage, samples[0])
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6 * np.abs(wanted).max())


@pytest.mark.parametrize("parameters", PARAMETERS, ids=str)
def test_equals_librosa_on_real_clips(parameters: dict[str, Any], real_clips: list[tuple[str, Audio]]) -> None:
    stage = Stft(**parameters)
    for name, audio in real_clips:
        wanted = of_librosa(stage, audio.samples[0])
        found = transformed(stage, audio.samples, audio.sample_rate).view(np.complex64)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6 * np.abs(wanted).max(), err_msg=name)


def test_the_other_outputs_are_made_of_the_complex_one() -> None:
    samples = babble(0.5)
    complex_ = transformed(Stft(), samples).view(np.complex64).astype(np.complex128)
    outputs = {name: transformed(Stft(output=name), samples) for name in ("magnitude", "power", "decibel", "phase")}
    np.testing.assert_allclose(outputs["magnitude"], np.abs(complex_), rtol=1e-5)
    np.testing.assert_allclose(outputs["power"], np.abs(complex_) ** 2, rtol=1e-5)
    np.testing.assert_allclose(outputs["decibel"], 20 * np.log10(np.abs(complex_)), atol=1e-4)
    np.testing.assert_allclose(np.exp(1j * outputs["phase"]), complex_ / np.abs(complex_), atol=1e-5)
    assert outputs["phase"].min() >= np.float32(-np.pi)
    assert outputs["phase"].max() <= np.float32(np.pi)


def test_exact_values_of_an_impulse() -> None:
    impulse = np.zeros((1, 8), np.float32)
    impulse[0, 4] = 2.0
    stage = Stft(n_fft=4, hop_length=2, window="rectangular")
    # frames begin at -2, 0, 2, 4, 6: the impulse is sample 2 of the third and sample 0 of the fourth
    wanted = np.zeros((5, 3), np.complex64)
    wanted[2], wanted[3] = [2, -2, 2], [2, 2, 2]
    assert np.array_equal(transformed(stage, impulse).view(np.complex64), wanted)
    assert np.array_equal(transformed(stage.model_copy(update={"output": "power"}), impulse), np.abs(wanted) ** 2)
    ahead = stage.model_copy(update={"center": False})
    assert np.array_equal(transformed(ahead, impulse).view(np.complex64), wanted[1:4])


def test_silence_has_no_power_and_no_angle() -> None:
    silence = np.zeros((1, 1000), np.float32)
    assert not transformed(Stft(), silence).any()
    assert not transformed(Stft(output="phase"), silence).any()
    assert transformed(Stft(output="decibel", floor=1e-8), silence) == pytest.approx(-80, abs=1e-4)


def test_a_sine_of_full_scale_is_the_sum_of_the_window_over_2() -> None:
    sine = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)[np.newaxis]
    magnitude = transformed(Stft(output="magnitude"), sine)[50]
    assert int(magnitude.argmax()) == 25  # 1000 Hz in bins of 40 Hz
    assert magnitude[25] == pytest.approx(100, rel=1e-4)


def test_one_sample_is_one_centred_frame_and_no_other() -> None:
    one = np.full((1, 1), 0.5, np.float32)
    assert transformed(Stft(output="magnitude"), one) == pytest.approx(0.5 * np.ones((1, 201)))
    assert transformed(Stft(pad_mode="reflect", output="magnitude"), one)[0, 0] == pytest.approx(100, rel=1e-5)
    assert run(Stft(center=False), one, 16000) == Rejected("1 samples are fewer than a frame of 400")


def test_what_cannot_be_is_rejected() -> None:
    assert run(Stft(), np.zeros((1, 0), np.float32)) == Rejected("no samples")
    assert run(Stft(), np.zeros((2, 9), np.float32)) == Rejected("2 channels, and stft reads one")
    for output in ("complex", "magnitude", "decibel"):
        verdict = run(Stft(output=output), np.full((1, 999), 3.4e38, np.float32))
        assert verdict == Rejected("samples too large for a spectrum in float32")
    with pytest.raises(ChainError, match="reads one channel, and 'audio' has 2") as caught:
        Stft().check({"audio": AudioShape(8000, 2)})
    assert caught.value.parameter == "of"
    with pytest.raises(ValidationError, match="win_length 500 is longer than n_fft 400"):
        Stft(win_length=500)


@pytest.mark.parametrize(
    ("stage", "bins", "frames"),
    [
        (Stft(), 402, 101),
        (Stft(output="power", center=False), 201, 98),
        (Stft(output="phase", n_fft=401, center=False, hop_length=16000), 201, 1),
        (Stft(output="phase", n_fft=16001, center=False), 8001, 0),
    ],
)
def test_the_shape_is_known_before_anything_runs(stage: Stft, bins: int, frames: int) -> None:
    after = stage.check({"audio": AudioShape(16000, 1, 16000)})["stft"]
    assert after == FeatureShape(bins, 16000 / stage.hop_length, frames)


@pytest.mark.parametrize(("n_fft", "win_length", "hop_length"), [(400, 400, 160), (512, 320, 128), (31, 31, 7)])
def test_power_is_that_of_the_definition_in_double_precision(n_fft: int, win_length: int, hop_length: int) -> None:
    signal = babble(0.3)[0]
    padded = np.pad(signal.astype(np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    n, k = np.arange(n_fft), np.arange(1 + n_fft // 2)
    basis = np.exp(-2j * np.pi * np.outer(n, k) / n_fft)
    wanted = np.abs((frames * hann(win_length, n_fft)) @ basis) ** 2
    found = np.concatenate([block.copy() for block in power_blocks(signal, n_fft, win_length, hop_length)])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-7 * wanted.max())
