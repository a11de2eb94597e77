from __future__ import annotations

from typing import Literal

import librosa
import numpy as np
import pytest

from features.errors import ChainError
from features.example import Audio, Example
from features.showcase import recording
from features.spatial.intensity_vectors import IntensityVectors
from features.stage import AudioShape, FeatureShape, Rejected
from tests.features.examples import babble, run
from tests.features.spatial.scenes import begun, heard, plane_wave, stft


def vectors(stage: IntensityVectors, samples: np.ndarray, rate: int = 16000) -> np.ndarray:
    """(frames, 3, bands)."""
    found = run(stage, samples, rate)
    assert isinstance(found, Example), found
    frames = found.features("intensity_vectors").frames
    return frames.reshape(len(frames), 3, -1)


def assert_equals_definition(stage: IntensityVectors, samples: np.ndarray, rate: int, name: str = "") -> None:
    """The definition, on librosa's spectra of W, Y, Z, X."""
    w, y, z, x = stft(samples.astype(np.float64), stage)
    axes = np.stack([x, y, z])
    intensity = (w.conj() * axes).real
    energy = (np.abs(w) ** 2 + (np.abs(axes) ** 2).sum(axis=0)) / 2
    if stage.n_mels:
        bank = librosa.filters.mel(sr=rate, n_fft=stage.n_fft, n_mels=stage.n_mels).T
        intensity, energy = intensity @ bank, energy @ bank
    loud = heard(energy)
    assert loud.mean() > 0.1, name
    found = vectors(stage, samples, rate)
    for axis in range(3):
        wanted = intensity[axis][loud] / energy[loud]
        np.testing.assert_allclose(found[:, axis][loud], wanted, atol=5e-4, err_msg=name)


@pytest.mark.parametrize("n_mels", [None, 32])
def test_equals_the_definition(n_mels: int | None) -> None:
    samples = np.concatenate([babble(0.7, seed=seed) for seed in range(4)])
    assert_equals_definition(IntensityVectors(n_fft=512, n_mels=n_mels), samples, 16000)


def test_equals_the_definition_on_real_clips(real_clips: list[tuple[str, Audio]]) -> None:
    for name, audio in begun(real_clips):
        samples = plane_wave(audio.samples[0], 1.0, -0.3)
        samples[1:] += np.roll(samples[:3], 50, axis=1)
        assert_equals_definition(
            IntensityVectors(n_fft=audio.sample_rate // 20, n_mels=32), samples, audio.sample_rate, name
        )


@pytest.mark.parametrize("layout", ["ambix", "fuma"])
@pytest.mark.parametrize(("azimuth", "elevation"), [(0, 0), (90, 0), (-45, 30), (180, -60), (0, 90)])
def test_a_plane_wave_is_a_unit_vector_to_its_source(
    layout: Literal["ambix", "fuma"], azimuth: float, elevation: float
) -> None:
    noise = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    across, up = np.deg2rad([azimuth, elevation])
    samples = plane_wave(noise, across, up)
    if layout == "fuma":
        w, y, z, x = samples
        samples = np.stack([w / np.float32(np.sqrt(2)), x, y, z])
    towards = [np.cos(across) * np.cos(up), np.sin(across) * np.cos(up), np.sin(up)]
    found = vectors(IntensityVectors(layout=layout, n_mels=20), samples)
    np.testing.assert_allclose(found, np.broadcast_to(np.array(towards)[:, np.newaxis], found.shape), atol=1e-5)


def test_the_showcase_comes_from_the_left_front() -> None:
    found = vectors(IntensityVectors(), recording().audio("ambisonics").samples)[30]
    np.testing.assert_allclose(found[:, 10], [np.sqrt(0.5), np.sqrt(0.5), 0], atol=1e-5)


def test_waves_from_all_sides_cancel() -> None:
    rng = np.random.default_rng(2)
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    field = sum(plane_wave(rng.standard_normal(8000).astype(np.float32), angle, 0) for angle in angles)
    found = vectors(IntensityVectors(n_mels=4), np.asarray(field))
    assert np.linalg.norm(found.mean(axis=0), axis=0).max() < 0.1


def test_silence_has_no_direction_and_too_large_is_rejected() -> None:
    assert not vectors(IntensityVectors(), np.zeros((4, 1), np.float32)).any()
    verdict = run(IntensityVectors(), np.full((4, 1000), 1e30, np.float32), 16000)
    assert verdict == Rejected("samples too large for a spectrum in float32")


def test_the_shape_and_what_does_not_fit() -> None:
    before = AudioShape(16000, 4, 16000)
    assert IntensityVectors().check({"audio": before})["intensity_vectors"] == FeatureShape(603, 100.0, 101)
    with pytest.raises(ChainError, match="reads the 4 channels of first order, and 'audio' has 2") as caught:
        IntensityVectors().check({"audio": AudioShape(16000, 2)})
    assert caught.value.parameter == "of"
    assert isinstance(run(IntensityVectors(), np.zeros((2, 99), np.float32)), Rejected)
