from __future__ import annotations

from functools import partial
from typing import get_args

import librosa
import numpy as np
import pytest
from pydantic import ValidationError

from features.errors import ChainError
from features.example import Audio, Example
from features.spectral.spectral_descriptors import Descriptor, SpectralDescriptors
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run

ALL = get_args(Descriptor)
FRAMES = [{"n_fft": 400, "hop_length": 160}, {"n_fft": 2048, "hop_length": 512, "window": "hamming"}]


@pytest.fixture
def _no_limit_of_80_db(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("librosa.feature.spectral.power_to_db", partial(librosa.power_to_db, top_db=None))


def described(stage: SpectralDescriptors, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    return found.features("spectral_descriptors").frames


def of_librosa(name: str, stage: SpectralDescriptors, samples: np.ndarray, rate: int) -> np.ndarray:
    """What librosa says, (frames, columns)."""
    frame = {"hop_length": stage.hop_length, "center": False}
    padded = np.pad(samples.astype(np.float64), stage.n_fft // 2)
    if name in ("zero_crossing_rate", "rms"):
        return getattr(librosa.feature, name)(y=padded, frame_length=stage.n_fft, **frame).T
    magnitude = np.abs(librosa.stft(padded, n_fft=stage.n_fft, window=stage.window, **frame))
    rate_too = {} if name == "flatness" else {"sr": rate}
    return getattr(librosa.feature, f"spectral_{name}")(S=magnitude, n_fft=stage.n_fft, **rate_too, **frame).T


def is_librosas(name: Descriptor, stage: SpectralDescriptors, samples: np.ndarray, rate: int) -> bool:
    """Whether it is what librosa says, but for rounding."""
    found, wanted = described(stage, samples, rate), of_librosa(name, stage, samples[0], rate)
    return bool(np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max())


@pytest.mark.usefixtures("_no_limit_of_80_db")
@pytest.mark.parametrize("frames", FRAMES, ids=str)
@pytest.mark.parametrize("name", [name for name in ALL if name != "flux"])
def test_equals_librosa(name: Descriptor, frames: dict[str, object]) -> None:
    assert is_librosas(name, SpectralDescriptors(descriptors=(name,), **frames), babble(1.3), 16000)


@pytest.mark.usefixtures("_no_limit_of_80_db")
@pytest.mark.parametrize("name", [name for name in ALL if name != "flux"])
def test_equals_librosa_on_real_clips(name: Descriptor, real_clips: list[tuple[str, Audio]]) -> None:
    stage = SpectralDescriptors(descriptors=(name,), n_fft=1024, hop_length=512)
    for clip, audio in real_clips:
        if name == "contrast" and audio.sample_rate < 12800:
            continue
        assert is_librosas(name, stage, audio.samples, audio.sample_rate), clip


def test_flux_is_the_distance_between_the_magnitudes_of_neighbours() -> None:
    stage, samples = SpectralDescriptors(descriptors=("flux",)), babble(3.0)
    magnitude = np.abs(librosa.stft(samples[0].astype(np.float64), n_fft=400, hop_length=160)).T
    wanted = np.linalg.norm(np.diff(magnitude, axis=0), axis=1)
    found = described(stage, samples)[:, 0]
    assert found[0] == 0
    np.testing.assert_allclose(found[1:], wanted, rtol=1e-4, atol=1e-6 * wanted.max())


def test_exact_values_of_two_tones() -> None:
    time = np.arange(16000) / 16000
    tones = (np.sin(2 * np.pi * hz * time)[np.newaxis].astype(np.float32) for hz in (1000, 3000))
    stage = SpectralDescriptors(descriptors=("rms", "centroid", "bandwidth", "rolloff"), window="rectangular")
    row = described(stage, sum(tones))[50]
    assert row == pytest.approx([1.0, 2000, 1000, 3000], rel=1e-5)


def test_a_tone_changes_its_sign_twice_in_a_period() -> None:
    tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000 + 0.1).astype(np.float32)[np.newaxis]
    rate = described(SpectralDescriptors(descriptors=("zero_crossing_rate",)), tone)[50]
    assert rate == pytest.approx(2000 / 16000, abs=1 / 400)  # one of them lies between two frames


def test_contrast_is_the_peak_above_the_valley() -> None:
    impulse, samples = np.zeros((1, 400), np.float32), 0.1 * np.sin(2 * np.pi * 1000 * np.arange(400) / 16000)
    impulse[0, 0] = 1.0
    stage = SpectralDescriptors(descriptors=("contrast",), window="rectangular", center=False)
    assert described(stage, impulse) == pytest.approx(np.zeros((1, 7)), abs=1e-5)  # flat
    found = described(stage, impulse + samples[np.newaxis].astype(np.float32))
    assert found[0] == pytest.approx([0, 0, 0, 10 * np.log10(np.hypot(20, 1)), 0, 0, 0], abs=1e-3)  # 1 - 20j at 1 kHz


def test_the_columns_come_in_the_order_asked_for() -> None:
    samples = babble(0.5)
    whole = described(SpectralDescriptors(descriptors=("rms", "contrast", "centroid")), samples)
    assert whole.shape[1] == 9
    for name, columns in (("rms", slice(0, 1)), ("contrast", slice(1, 8)), ("centroid", slice(8, 9))):
        assert np.array_equal(whole[:, columns], described(SpectralDescriptors(descriptors=(name,)), samples))


def test_silence() -> None:
    found = described(SpectralDescriptors(descriptors=ALL), np.zeros((1, 1000), np.float32))
    flat = ALL.index("flatness")
    assert found[:, flat] == pytest.approx(1)
    assert not np.delete(found, flat, axis=1).any()


@pytest.mark.parametrize("value", [1.0, -1.0, 1e-30, 1e17])
@pytest.mark.parametrize("samples", [1, 2, 500])
def test_any_level_is_finite(value: float, samples: int) -> None:
    found = described(SpectralDescriptors(descriptors=ALL), np.full((1, samples), value, np.float32))
    assert np.isfinite(found).all()


def test_what_cannot_be() -> None:
    with pytest.raises(ChainError, match="contrast needs frequencies above 6400 Hz"):
        SpectralDescriptors(descriptors=("contrast",)).check({"audio": AudioShape(8000, 1)})
    with pytest.raises(ChainError, match="contrast finds no bins from 0 to 200 Hz: raise n_fft"):
        SpectralDescriptors(descriptors=("contrast",), n_fft=64).check({"audio": AudioShape(16000, 1)})
    assert isinstance(run(SpectralDescriptors(descriptors=("contrast",)), babble(0.1), 8000), Rejected)
    with pytest.raises(ValidationError, match="each descriptor once; there is more than one rms"):
        SpectralDescriptors(descriptors=("rms", "flux", "rms"))
    with pytest.raises(ValidationError, match="at least 1 item"):
        SpectralDescriptors(descriptors=())
    loud = np.full((1, 999), 3e38, np.float32)
    verdict = Rejected("samples too large for a spectrum in float32")
    assert run(SpectralDescriptors(descriptors=("flux",)), loud) == verdict


def test_the_shape() -> None:
    after = SpectralDescriptors(descriptors=ALL).check({"audio": AudioShape(16000, 1, 16000)})
    assert after["spectral_descriptors"] == FeatureShape(14, 100.0, 101)
