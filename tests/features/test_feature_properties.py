"""What stages that read features, or four channels, promise: the shape that `check` told, finite, or a verdict."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from features.draws import Draws
from features.errors import ChainError
from features.example import Audio, Features
from features.inverse.griffin_lim import GriffinLim
from features.inverse.istft import Istft
from features.inverse.mel_to_linear import MelToLinear
from features.neural.patches import Patches
from features.perceptual.log_mel import LogMel
from features.perceptual.normalize_features import NormalizeFeatures
from features.perceptual.pcen import Pcen
from features.spatial.intensity_vectors import IntensityVectors
from features.stage import AudioShape, FeatureShape, Rejected, Shape, Transform
from tests.features.examples import QUICK

BINS = 34  # a complex spectrum of n_fft 32, a magnitude spectrum of 66, and so many mel bands

STAGES: list[Transform] = [
    Pcen(),
    Pcen(time_constant_seconds=0.001, gain=0, power=1, floor=1e-30),
    NormalizeFeatures(),
    NormalizeFeatures(mean=False, window_seconds=0.03),
    NormalizeFeatures(variance=False, window_seconds=0.001),
    Patches(patch_frames=3, patch_bins=5, stride_frames=1),
    Istft(n_fft=32, hop_length=10),
    Istft(n_fft=32, hop_length=16, center=False),
    GriffinLim(n_fft=66, hop_length=20, n_iter=3),
    GriffinLim(n_fft=66, hop_length=20, power=0.5, n_iter=1),
    MelToLinear(log_mel=LogMel(n_fft=512, hop_length=80, n_mels=BINS)),
    MelToLinear(log_mel=LogMel(n_fft=512, hop_length=80, n_mels=BINS, log="db", power=0.1)),
]


def spectra() -> st.SearchStrategy[NDArray[np.float32]]:
    """Any finite features: the largest and the smallest floats, magnitudes, and the same value throughout."""
    shapes = st.tuples(st.integers(0, 12), st.just(BINS))
    finite = st.floats(width=32, allow_nan=False, allow_infinity=False)
    wild = hnp.arrays(np.float32, shapes, elements=finite)
    magnitudes = hnp.arrays(np.float32, shapes, elements=st.floats(0, 100, width=32))
    same = st.builds(np.full, shapes, st.sampled_from(np.float32([0, 1, -23.03, 1e-40, 3.4e38])))
    return st.one_of(wild, magnitudes, same)


def agrees(promised: Shape, found: Audio | Features) -> None:
    assert found.array.dtype == np.float32
    assert found.array.flags.c_contiguous
    assert np.isfinite(found.array).all()
    if isinstance(found, Audio):
        assert promised == AudioShape(found.sample_rate, *found.samples.shape)
    else:
        assert isinstance(promised, FeatureShape)
        assert (promised.frames, promised.bins) == found.frames.shape
        assert promised.frame_rate == pytest.approx(found.frame_rate)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@given(frames=spectra())
@QUICK
def test_a_finite_array_of_the_promised_shape_or_a_verdict(stage: Transform, frames: NDArray[np.float32]) -> None:
    value, before = Features(frames, 100.0), frames.copy()
    found = stage.transform(value, Draws(0, stage.name, 0, "key", 0))
    again = stage.transform(value, Draws(0, stage.name, 0, "key", 0))
    assert np.array_equal(frames, before), "a stage changed its input"
    if isinstance(found, Rejected):
        assert found.reason
        assert found == again
        return
    assert isinstance(found, Audio | Features)
    assert isinstance(again, Audio | Features)
    assert found.array.tobytes() == again.array.tobytes()
    agrees(stage.shape(FeatureShape(BINS, 100.0, len(frames))), found)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_ordinary_features_are_never_refused(stage: Transform) -> None:
    frames = np.random.default_rng(1).uniform(0, 1, (20, BINS)).astype(np.float32)
    found = stage.transform(Features(frames, 100.0), Draws(0, stage.name, 0, "key", 0))
    assert isinstance(found, Audio | Features)


@given(
    samples=hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 5), st.integers(0, 200)),
        elements=st.floats(width=32, allow_nan=False, allow_infinity=False),
    )
)
@QUICK
def test_intensity_vectors_are_finite_or_there_are_none(samples: NDArray[np.float32]) -> None:
    stage = IntensityVectors(n_fft=64, hop_length=30)
    found = stage.transform(Audio(samples, 8000), Draws(0, stage.name, 0, "key", 0))
    try:
        promised = stage.shape(AudioShape(8000, *samples.shape))
    except ChainError:
        assert isinstance(found, Rejected)
        return
    if not isinstance(found, Rejected):
        assert isinstance(found, Features)
        agrees(promised, found)
